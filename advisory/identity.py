"""Which fixes of different branches cure the same flaw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping


def bug_ids(fixes: Iterable[Mapping[str, str]]) -> dict[tuple[str, str], str]:
    """Give every fix the id of its bug.

    Fixes with one mainline commit cure one bug. A fix that names none joins the bug that alone has
    its subject, unless that bug already has a fix in the same branch that stands; failing that, it
    begins a bug of its own, which fixes of other branches may join in the same way.

    Args:
        fixes: rows with ``branch``, ``commit_id``, ``mainline_commit``, ``subject_key``,
            ``merged_on`` and ``reverted_by``, of every branch.

    Returns:
        (branch, commit) to the bug's id: the mainline commit, else the commit merged first.
    """
    rows = sorted(fixes, key=lambda row: (row["merged_on"], row["commit_id"]))
    named = {row["mainline_commit"] for row in rows} - {""}
    ids: dict[tuple[str, str], str] = {}
    standing: set[tuple[str, str]] = set()
    by_subject: dict[str, set[str]] = defaultdict(set)
    orphans = []
    for row in rows:
        bug = row["mainline_commit"] or (row["commit_id"] if row["commit_id"] in named else "")
        if not bug:
            orphans.append(row)
            continue
        ids[row["branch"], row["commit_id"]] = bug
        by_subject[row["subject_key"]].add(bug)
        if not row["reverted_by"]:
            standing.add((bug, row["branch"]))
    for row in orphans:
        known = by_subject[row["subject_key"]]
        bug = next(iter(known)) if len(known) == 1 else ""
        if not bug or (bug, row["branch"]) in standing:
            bug = row["commit_id"]
            known.add(bug)
        ids[row["branch"], row["commit_id"]] = bug
        if not row["reverted_by"]:
            standing.add((bug, row["branch"]))
    return ids
