"""Which flaws a branch never got fixed, though its neighbours did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from advisory.bug import Kind, Severity
from advisory.history import BranchHistory
from advisory.identity import bug_ids
from advisory.release import branch_order

Row = Mapping[str, str]
_FACTS = 13  # fields that the file has


class Claim(StrEnum):
    """Why a fix is missed in a branch: its neighbours have it, or its message asks for it."""

    BETWEEN = "between"
    ASKED = "asked"


class Evidence(StrEnum):
    """What the branch's code at its last release says of the flaw."""

    HAS_FLAW = "code-has-flaw"
    LACKS_FLAW = "code-lacks-flaw"
    UNDECIDED = "undecided"


class Missing(NamedTuple):
    """A bug that has no fix in a branch; a row of ``data/never_fixed.csv``.

    ``older_*`` is the fix in the nearest older branch ("" where only newer ones have it),
    ``newer_*`` that in the nearest newer one. ``backport_to`` is the oldest branch that a message
    asks for, or ``all``. ``introduced_in`` is the release of this branch that the bug came with,
    "" where it is not known. The code was read at ``checked_in``. What is known of the bug comes
    last: ``words`` are those of its advisory, else its title.
    """

    branch: str
    bug_id: str
    severity: Severity
    claim: Claim
    older_branch: str
    older_commit: str
    newer_branch: str
    newer_commit: str
    newer_merged_on: str
    backport_to: str
    introduced_in: str = ""
    checked_in: str = ""
    evidence: Evidence = Evidence.UNDECIDED
    kind: Kind = Kind.OTHER
    runtime: bool | None = None
    subsystem: str = ""
    words: str = ""


def read_missing(row: Row) -> Missing:
    """Read a row of ``data/never_fixed.csv``.

    Raises:
        ValueError: it holds a word that stands for nothing.
    """
    return missing_of(tuple(row[name] for name in Missing._fields[:_FACTS]))


def missing_of(values: Sequence[Any]) -> Missing:
    """Read the fields of a row, as a catalogue has them: text, but for ``runtime``.

    Raises:
        ValueError: one holds a word that stands for nothing.
    """
    one = Missing(*values)
    return one._replace(
        severity=Severity(one.severity),
        claim=Claim(one.claim),
        evidence=Evidence(one.evidence),
        kind=Kind(one.kind),
        runtime=None if one.runtime is None else bool(one.runtime),
    )


class NeverFixed(NamedTuple):
    """One bug that a branch still has or may have.

    ``proven``: the code of its last release has the flaw. ``pending``: the branch is maintained and
    has had no release since a newer branch got the fix.
    """

    missing: Missing
    proven: bool
    pending: bool
    reason: str


def missing_fixes(fixes: Sequence[Row], last_release_on: Mapping[str, str]) -> tuple[Missing, ...]:
    """Every bug that a branch has no fix of and by rights should have.

    That is one that is fixed in an older and in a newer branch, or one that is fixed in a newer
    branch with a message that asks for this branch too. A request for every branch counts for those
    that still got releases when the fix was merged first. A branch that has a fix of the same
    subject is passed over, and so is a fix that no branch kept.

    Whether the branch had the fix from its ``.0`` on no row tells: who has a clone asks git.

    Args:
        fixes: the rows of ``data/fixes.csv``, of all branches.
        last_release_on: the branches to judge, each with the date of its last release.

    Returns:
        By branch, oldest first, and bug.
    """
    ids = bug_ids(fixes)
    by_bug: dict[str, list[Row]] = defaultdict(list)
    subjects: dict[str, set[str]] = defaultdict(set)
    for row in fixes:
        by_bug[ids[row["branch"], row["commit_id"]]].append(row)
        subjects[row["branch"]].add(row["subject_key"])
    found = []
    for branch in sorted(last_release_on, key=branch_order):
        for bug in sorted(by_bug):
            rows = by_bug[bug]
            if not subjects[branch].isdisjoint(row["subject_key"] for row in rows):
                continue
            missing = _missing(branch, bug, rows, last_release_on[branch])
            if missing is not None:
                found.append(missing)
    return tuple(found)


def _missing(branch: str, bug: str, rows: Sequence[Row], last_release_on: str) -> Missing | None:
    here = branch_order(branch)
    standing = [row for row in rows if not row["reverted_by"] or row["reapplied_by"]]
    newer = min(
        (row for row in standing if branch_order(row["branch"]) > here),
        key=lambda row: branch_order(row["branch"]),
        default=None,
    )
    older = max(
        (row for row in standing if branch_order(row["branch"]) < here),
        key=lambda row: branch_order(row["branch"]),
        default=None,
    )
    if newer is None:
        return None
    asked = _asked(rows)
    if older is None:
        if not asked:
            return None
        first = min(row["merged_on"] for row in rows)
        wanted = first <= last_release_on if asked == "all" else branch_order(asked) <= here
        if not wanted:
            return None
    return Missing(
        branch=branch,
        bug_id=bug,
        severity=min((Severity(row["severity"]) for row in standing), key=lambda word: word.rank),
        claim=Claim.BETWEEN if older is not None else Claim.ASKED,
        older_branch=older["branch"] if older is not None else "",
        older_commit=older["commit_id"] if older is not None else "",
        newer_branch=newer["branch"],
        newer_commit=newer["commit_id"],
        newer_merged_on=newer["merged_on"],
        backport_to=asked,
    )


def _asked(rows: Iterable[Row]) -> str:
    """The oldest branch that a message names, else ``all`` or ""."""
    words = {row["backport_to"] for row in rows} - {""}
    named = words - {"all"}
    return min(named, key=branch_order) if named else "".join(words)


def never_fixed(
    history: BranchHistory, missing: Iterable[Missing], today: str, version: str = ""
) -> tuple[NeverFixed, ...]:
    """What a branch, or one release of it, still has for want of a fix; the worst first.

    What the code lacks is left out, what the branch has got a fix of since, and what entered the
    branch after the release.

    Args:
        history: the branch.
        missing: what it misses; rows of other branches are passed over.
        today: ISO day, against which its maintenance is held.
        version: one of its releases; the last where none is named.
    """
    fixed = {fix.bug.id for fix in history.fixes}
    orders = {release.version: release.order for release in history.releases}
    here = orders[version] if version else history.newest.order
    maintained = history.maintenance_ended(today) is False
    found = []
    for item in missing:
        if item.branch != history.branch or item.bug_id in fixed:
            continue
        if item.evidence is Evidence.LACKS_FLAW or orders.get(item.introduced_in, 0) > here:
            continue
        found.append(
            NeverFixed(
                missing=item,
                proven=item.evidence is Evidence.HAS_FLAW,
                pending=maintained and item.newer_merged_on > history.newest.released_on,
                reason=_reason(item),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.missing.severity.rank, one.missing.bug_id)))


def _reason(item: Missing) -> str:
    newer = f"{item.newer_branch} (commit {item.newer_commit})"
    if item.claim is Claim.BETWEEN:
        older = f"{item.older_branch} (commit {item.older_commit})"
        return f"fixed in {older} and in {newer}, but not in {item.branch}"
    wanted = "every branch" if item.backport_to == "all" else f"{item.backport_to} and later"
    return f"fixed in {newer}; its message asks for {wanted}, but {item.branch} has no fix"
