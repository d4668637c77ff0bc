"""What a branch's pages and CHANGELOG add to the facts that are known of it; pure.

Facts are rows as ``data/*.csv`` holds them: dictionaries of text, "" for what is not known. A fix
has two columns more, ``title`` and ``vanished_on``, a release the latter.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from advisory.bug import Kind
from advisory.classify import grows_at_run_time, kind_of_subject
from advisory.errors import ParseError
from advisory.facts import FIX_COLUMNS, Row
from advisory.pages import BugPage, ChangelogRelease, CommitList
from advisory.release import Release
from advisory.subject import read_subject, subject_key

UNKNOWN = "unknown"
"""The commit of a revert of which the CHANGELOG tells no more than the release."""

_REVERT = re.compile(r"\W*revert\b", re.IGNORECASE)


class Change(NamedTuple):
    """What one branch's update changed: versions, and the rows of fixes as they are now.

    ``doubts`` are lines that say where the sources disagree, and what was made of it.
    """

    branch: str
    new_releases: tuple[str, ...] = ()
    new_fixes: tuple[Row, ...] = ()
    newly_released: tuple[Row, ...] = ()
    taken_back: tuple[Row, ...] = ()
    vanished: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    brought_back: tuple[Row, ...] = ()
    returned: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was learned."""
        return self == Change(self.branch, doubts=self.doubts)


class Branch(NamedTuple):
    """The rows of one branch: releases in their order, fixes in the order of their merge."""

    releases: tuple[Row, ...]
    fixes: tuple[Row, ...]


def order_of(version: str) -> float:
    """Where a release stands among the others; what awaits a release comes after all."""
    return Release(version).order if version else float("inf")


def assumed_pages(
    known: Branch, oldest: BugPage, read: Mapping[str, CommitList]
) -> dict[str, CommitList]:
    """The pages that nest below the oldest one: those read, and for the others what is known.

    A release that is known needs no page of its own: what was merged after it is what is known to
    have come with a later one, and what is new.

    Raises:
        ParseError: a commit of the page may be more than one of those known.
    """
    listed = [fix.commit for fix in oldest.fixes]
    matches = _matches(known.fixes, oldest)
    orders = {commit: order_of(row["fixed_in"]) for commit, row in matches.items()}
    pages = {}
    for release in oldest.releases:
        order = order_of(release.version)
        after = [commit for commit in listed if commit not in orders or orders[commit] > order]
        pages[release.version] = (len(after), tuple(after))
    return {**pages, **read}


def merge(
    known: Branch,
    oldest: BugPage,
    fixed_in: Mapping[str, str],
    changelog: Iterable[ChangelogRelease],
    *,
    today: str,
) -> tuple[Branch, Change]:
    """Bring a branch's rows up to date.

    Args:
        known: its rows so far; empty for a branch that is new.
        oldest: the page of its oldest release, which lists every fix.
        fixed_in: for each commit of that page the release that it came with, "" for none yet.
        changelog: the releases of its CHANGELOG; none where it could not be had. Those that the
            page has never listed count for nothing, development versions among them.
        today: the ISO day to note on what has vanished.

    Returns:
        The rows, nothing missing from them that was there, and what has changed.

    Raises:
        ParseError: a commit of the page may be more than one of those known, or the fixes would
            no longer stand in the order of the releases that hold them.
    """
    matches = _matches(known.fixes, oldest)
    releases = _merged_releases(known.releases, oldest, today)
    lost = _lost(known.fixes, matches.values(), today)
    log = Log({row["version"] for row in releases}, changelog)
    pages: list[tuple[Row, str]] = []
    for fix in reversed(oldest.fixes):
        row = matches.get(fix.commit)
        if row is None:
            row = _new_row(oldest.branch, fix.commit, fix.merged_on, fix.subject)
        else:
            row = {**row, "title": fix.subject, "vanished_on": ""}
        pages.append((row, fixed_in[fix.commit]))
    waiting = {row["commit_id"] for row in matches.values() if not row["fixed_in"]}
    doubts = _settle(pages, lost, log)
    rows = _in_order(known.fixes, [row for row, _ in pages], lost)
    taken_back, brought_back = apply_reverts(rows, log.reverts, doubts)
    ids = {row["commit_id"] for row in matches.values()}
    were_lost = _marked(known)
    are_lost = _marked(Branch(releases, tuple(rows)))
    versions = {row["version"] for row in known.releases}
    return Branch(releases, tuple(rows)), Change(
        branch=oldest.branch,
        new_releases=tuple(row["version"] for row in releases if row["version"] not in versions),
        new_fixes=tuple(row for row, _ in pages if row["commit_id"] not in ids),
        newly_released=tuple(
            row for row, _ in pages if row["commit_id"] in waiting and row["fixed_in"]
        ),
        taken_back=tuple(taken_back),
        vanished=tuple(name for name in are_lost if name not in were_lost),
        doubts=tuple(doubts),
        brought_back=tuple(brought_back),
        returned=tuple(name for name in were_lost if name not in are_lost),
    )


def _matches(rows: Iterable[Row], oldest: BugPage) -> dict[str, Row]:
    """The known row of each commit: pages and facts cut the ids at different lengths."""
    by_prefix = defaultdict(list)
    for row in rows:
        by_prefix[row["commit_id"][:7]].append(row)
    found: dict[str, Row] = {}
    taken: set[str] = set()
    for fix in oldest.fixes:
        same = [row for row in by_prefix[fix.commit[:7]] if _same(row["commit_id"], fix.commit)]
        if len(same) > 1 or any(row["commit_id"] in taken for row in same):
            raise _fault(oldest.branch, f"commit {fix.commit} may be more than one that is known")
        for row in same:
            found[fix.commit] = row
            taken.add(row["commit_id"])
    return found


def _same(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _fault(branch: str, message: str) -> ParseError:
    return ParseError(message, source=f"branch {branch}")


def _new_row(branch: str, commit: str, merged_on: str, subject: str) -> Row:
    severity, subsystem = read_subject(subject)
    runtime = grows_at_run_time(subject)
    return dict.fromkeys(FIX_COLUMNS, "") | {
        "branch": branch,
        "commit_id": commit[:12],
        "subject_key": subject_key(subject),
        "merged_on": merged_on,
        "severity": severity.value,
        "subsystem": subsystem,
        "subject_kind": kind_of_subject(subject).value,
        "message_kind": Kind.OTHER.value,
        "runtime": "" if runtime is None else str(int(runtime)),
        "title": subject,
    }


def _merged_releases(known: Iterable[Row], oldest: BugPage, today: str) -> tuple[Row, ...]:
    """The releases known and listed, in their order."""
    listed = {release.version for release in oldest.releases}
    rows = {
        release.version: {
            "branch": oldest.branch,
            "version": release.version,
            "released_on": release.released_on,
            "commit_id": "",
            "sha256": "",
            "vanished_on": "",
        }
        for release in oldest.releases
    }
    for row in known:
        is_listed = row["version"] in listed
        mark = "" if is_listed else row["vanished_on"] or today
        rows[row["version"]] = {**row, "vanished_on": mark}
    return tuple(sorted(rows.values(), key=lambda row: order_of(row["version"])))


def _lost(known: Iterable[Row], found: Iterable[Row], today: str) -> list[Row]:
    """The known fixes that are listed no more, marked with the day since when."""
    listed = {row["commit_id"] for row in found}
    return [
        {**row, "vanished_on": row["vanished_on"] or today}
        for row in known
        if row["commit_id"] not in listed
    ]


def _marked(branch: Branch) -> tuple[str, ...]:
    """What bears the mark of having vanished."""
    return (
        *(f"release {row['version']}" for row in branch.releases if row["vanished_on"]),
        *(f"fix {row['commit_id']}" for row in branch.fixes if row["vanished_on"]),
    )


class _Revert(NamedTuple):
    """A line that takes a fix back or brings it back.

    ``later`` is how many lines after it in the same release have the fix's own subject.
    """

    version: str
    key: str
    brings_back: bool
    later: int


class Log:
    """A CHANGELOG by subjects: the releases that list them, and the reverts in their order."""

    def __init__(self, versions: set[str], changelog: Iterable[ChangelogRelease]) -> None:
        self.held: dict[str, set[str]] = defaultdict(set)
        self.reverts: list[_Revert] = []
        told = [
            release
            for release in changelog
            if release.version in versions and not Release(release.version).is_development
        ]
        for version, _, subjects in sorted(told, key=lambda release: order_of(release.version)):
            lines = [_unquoted(subject) for subject in subjects]
            fixes = [key for depth, key in lines if not depth]
            for depth, key in lines:
                if depth:
                    self.reverts.append(_Revert(version, key, depth % 2 == 0, fixes.count(key)))
                else:
                    self.held[key].add(version)
                    fixes.remove(key)


def _unquoted(subject: str) -> tuple[int, str]:
    """How many times over a subject reverts, and the key of what it quotes."""
    depth = 0
    while revert := _REVERT.match(subject):
        subject = subject[revert.end() :]
        depth += 1
    return depth, subject_key(subject)


def _settle(pages: Sequence[tuple[Row, str]], lost: Iterable[Row], log: Log) -> list[str]:
    """Set the release of each fix: the latest of those that page, CHANGELOG and facts tell.

    Returns:
        Where they disagree.
    """
    told = defaultdict(set)
    for row, page in (*pages, *((row, row["fixed_in"]) for row in lost)):
        told[row["subject_key"]].add(page)
    doubts = []
    for row, page in pages:
        key, before, now = row["subject_key"], row["fixed_in"], page
        listed = log.held.get(key, set())
        # What lists another fix of the same subject says nothing of this one.
        if page not in listed and listed - told[key]:
            now = max(page, *listed, key=order_of)
            doubts.append(
                f"{row['branch']}: the page puts {row['commit_id']} into {_named(page)}, the "
                f"CHANGELOG into {' and '.join(sorted(listed, key=order_of))}; "
                f"taken as fixed in {_named(now)}"
            )
        if before and before != now:
            now = max(before, now, key=order_of)
            doubts.append(
                f"{row['branch']}: {row['commit_id']} was in {before}, the page puts it into "
                f"{_named(page)}; taken as fixed in {_named(now)}"
            )
        row["fixed_in"] = now
    return doubts


def _named(version: str) -> str:
    return version or "no release yet"


def _in_order(known: Sequence[Row], listed: Sequence[Row], lost: Iterable[Row]) -> list[Row]:
    """The listed fixes in the page's order, those that vanished where they stood before.

    What vanished while it awaited a release stands with those that await one, so that the fixes
    remain in the order of the releases that hold them.
    """
    for row, after in pairwise(listed):
        if order_of(row["fixed_in"]) > order_of(after["fixed_in"]):
            raise _fault(
                row["branch"],
                f"commit {row['commit_id']} would be fixed in {_named(row['fixed_in'])}, though "
                f"{after['commit_id']}, merged after it, is in {after['fixed_in']}",
            )
    places = {row["commit_id"]: place for place, row in enumerate(known)}
    rows = list(listed)
    for row in lost:
        orders = [order_of(other["fixed_in"]) for other in rows]
        own = order_of(row["fixed_in"])
        before = (
            place
            for place, other in enumerate(rows, 1)
            if places.get(other["commit_id"], len(places)) < places[row["commit_id"]]
        )
        place = max(before, default=0)
        rows.insert(min(max(place, bisect_left(orders, own)), bisect_right(orders, own)), row)
    return rows


def apply_reverts(
    rows: Sequence[Row], reverts: Iterable[_Revert], doubts: list[str]
) -> tuple[list[Row], list[Row]]:
    """Mark the fixes that a release took back or brought back; the rows that it is new to.

    What is known of a revert stays. Only one that the CHANGELOG alone told of gives way to one
    that came after it.
    """
    taken_back, brought_back = [], []
    states = _states(rows, reverts)
    for row in rows:
        taken_in, back_in = states.get(row["commit_id"], ("", ""))
        if not taken_in:
            continue
        known = row["reverted_in"]
        is_later = order_of(taken_in) > order_of(known)
        if not known or (is_later and row["reverted_by"] == UNKNOWN):
            if known:
                row["reapplied_by"] = row["reapplied_in"] = ""
            row["reverted_by"], row["reverted_in"] = row["reverted_by"] or UNKNOWN, taken_in
            taken_back.append(row)
        elif is_later and row["reapplied_in"]:
            doubts.append(
                f"{row['branch']}: the CHANGELOG takes {row['commit_id']} back in {taken_in}; "
                f"left as taken back in {known} and brought back in {row['reapplied_in']}"
            )
        comes_after = order_of(row["reverted_in"]) <= order_of(back_in)
        if back_in and comes_after and not row["reapplied_in"]:
            row["reapplied_by"], row["reapplied_in"] = row["reapplied_by"] or UNKNOWN, back_in
            brought_back.append(row)
    return taken_back, brought_back


def _states(rows: Iterable[Row], reverts: Iterable[_Revert]) -> dict[str, tuple[str, str]]:
    """Where a CHANGELOG takes fixes back, and where back in after that ("" for nowhere), by ids."""
    by_key = defaultdict(list)
    for row in rows:
        by_key[row["subject_key"]].append(row)
    states: dict[str, tuple[str, str]] = {}
    for version, key, brings_back, later in reverts:
        order = order_of(version)
        held = [row for row in by_key[key] if order_of(row["fixed_in"]) <= order]
        here = sum(row["fixed_in"] == version for row in held)
        held = held[: len(held) - min(here, later)]
        if not brings_back:
            for row in held[-1:]:
                taken_in, back_in = states.get(row["commit_id"], ("", ""))
                if not taken_in or back_in:
                    states[row["commit_id"]] = version, ""
            continue
        for row in reversed(held):
            known = row["reverted_in"], ""
            if not row["reverted_in"] or order_of(row["reverted_in"]) > order:
                known = "", ""
            taken_in, back_in = states.get(row["commit_id"], known)
            if taken_in and not back_in:
                states[row["commit_id"]] = taken_in, version
                break
    return states
