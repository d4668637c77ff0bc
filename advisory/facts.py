"""The facts that a catalogue is made of, and how those of two catalogues are put together; pure.

Rows are dictionaries of text, as ``data/*.csv`` holds them; "" stands for what is not known.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from advisory.bug import Advisory
from advisory.errors import CatalogueError
from advisory.identity import bug_ids
from advisory.release import Release, branch_order

Row = dict[str, str]
_Part = tuple[Row, list[Row], list[Row]]  # a branch, its releases, its fixes

# What scripts/facts_from_git.py writes, by the file's name.
COLUMNS = {
    "branches": (
        *("branch", "first_release_on", "long_term_support", "maintained_until", "stated_in"),
    ),
    "releases": ("branch", "version", "released_on", "commit_id"),
    "fixes": (
        *("branch", "commit_id", "mainline_commit", "subject_key", "merged_on", "severity"),
        *("subsystem", "issues", "introduced_by", "introduced_in", "reverted_by", "reverted_in"),
        *("reapplied_by", "reapplied_in", "backport_to", "fixed_in", "subject_kind"),
        *("message_kind", "runtime"),
    ),
    "reviewed": ("bug_id",),
    "never_fixed": (
        *("branch", "bug_id", "severity", "claim", "older_branch", "older_commit"),
        *("newer_branch", "newer_commit", "newer_merged_on", "backport_to", "introduced_in"),
        *("checked_in", "evidence"),
    ),
    "pools": (
        *("branch", "version", "build", "pool", "size", "size_untagged", "merged_into"),
        *("merged_size", "merges", "configured"),
    ),
}
# What a refresh adds to them.
LEARNED = {
    "branches": ("checked_on",),
    "releases": ("sha256", "vanished_on"),
    "fixes": ("title", "vanished_on"),
}
FIX_COLUMNS = COLUMNS["fixes"] + LEARNED["fixes"]
RELEASE_COLUMNS = COLUMNS["releases"] + LEARNED["releases"]


class Validators(NamedTuple):
    """What a server knows a version of a page by; "" for what it did not say."""

    etag: str = ""
    last_modified: str = ""


class Run(NamedTuple):
    """One run of a command that updates the catalogue.

    ``origin`` is the address or file that was read, times are ISO and UTC. ``outcome`` is
    ``complete``, ``partial`` where some branch kept what it had, or ``failed``; ``messages`` say
    why, a line each. The numbers are of requests sent and of what was learned.
    """

    command: str
    origin: str
    started_at: str
    ended_at: str
    outcome: str
    requests: int = 0
    new_releases: int = 0
    new_fixes: int = 0
    newly_released: int = 0
    taken_back: int = 0
    vanished: int = 0
    messages: str = ""


NUMBERS = (*("requests", "new_releases", "new_fixes", "newly_released", "taken_back", "vanished"),)


def run_of(row: Row) -> Run:
    """A run that is given as text.

    Raises:
        CatalogueError: what should be a number or a time is none.
    """
    try:
        numbers = {name: int(row[name]) for name in NUMBERS}
        for time in ("started_at", "ended_at"):
            datetime.datetime.fromisoformat(row[time])
    except ValueError as error:
        raise CatalogueError(
            f"the catalogue is damaged (a run that it records: {error}); "
            "install hapadvise again, or name another with --db FILE"
        ) from error
    return Run(**{**row, **numbers})  # type: ignore[arg-type]


class Facts(NamedTuple):
    """All that a catalogue is made of.

    ``branches``, ``releases`` and ``fixes`` are rows with the columns above, branches and releases
    oldest first, the fixes of a branch in the order of their merge; ``advisories`` are by bug,
    ``reviewed`` the bugs whose fixes a person read. ``pools`` are the kinds of objects that were
    measured on builds, ``never_fixed`` the bugs that a branch has no fix of. ``pages`` are the
    validators of pages that were read, by their path; ``runs`` the runs so far, oldest first.
    """

    branches: tuple[Row, ...] = ()
    releases: tuple[Row, ...] = ()
    fixes: tuple[Row, ...] = ()
    advisories: Mapping[str, Advisory] = {}
    reviewed: frozenset[str] = frozenset()
    pools: tuple[Row, ...] = ()
    never_fixed: tuple[Row, ...] = ()
    pages: Mapping[str, Validators] = {}
    runs: tuple[Run, ...] = ()

    @property
    def newest_day(self) -> str:
        """The last day of which they tell; "" if there is none."""
        days = [row["merged_on"] for row in self.fixes]
        days += [row["released_on"] for row in self.releases]
        return max(days, default="")

    def with_branch(self, branch: Row, releases: Iterable[Row], fixes: Iterable[Row]) -> Facts:
        """The facts with those of one branch replaced, or added."""
        name = branch["branch"]

        def others(rows: Iterable[Row]) -> list[Row]:
            return [row for row in rows if row["branch"] != name]

        return self._replace(
            branches=_sorted([*others(self.branches), branch]),
            releases=_sorted([*others(self.releases), *releases]),
            fixes=_sorted([*others(self.fixes), *fixes]),
        )


def _sorted(rows: list[Row]) -> tuple[Row, ...]:
    """By branch; the rows of a branch stay in their order."""
    orders = {name: branch_order(name) for name in {row["branch"] for row in rows}}
    return tuple(sorted(rows, key=lambda row: orders[row["branch"]]))


def combine(curated: Facts, learned: Facts) -> Facts:
    """What came with the package, and what the user's own catalogue knows besides.

    Of a fix that both know the package's row counts, with the title and the marks of the other; of
    the release that holds it, and of its being taken back, what was told last. A judgement that the
    package has withdrawn is not kept.
    """
    ours, theirs = _by_branch(curated), _by_branch(learned)
    parts = [
        _both(ours[name], theirs[name])
        if name in ours and name in theirs
        else ours.get(name) or theirs[name]
        for name in sorted({*ours, *theirs}, key=branch_order)
    ]
    fixes = tuple(row for part in parts for row in part[2])
    unjudged = set(bug_ids(fixes).values()) - curated.reviewed
    kept = {bug: found for bug, found in learned.advisories.items() if bug in unjudged}
    return Facts(
        branches=tuple(part[0] for part in parts),
        releases=tuple(row for part in parts for row in part[1]),
        fixes=fixes,
        advisories={**kept, **curated.advisories},
        reviewed=curated.reviewed | (learned.reviewed & unjudged),
        pools=curated.pools or learned.pools,
        never_fixed=curated.never_fixed or learned.never_fixed,
        pages=learned.pages,
        runs=learned.runs,
    )


def _by_branch(facts: Facts) -> dict[str, _Part]:
    found: dict[str, _Part] = {row["branch"]: (row, [], []) for row in facts.branches}
    for row in facts.releases:
        found[row["branch"]][1].append(row)
    for row in facts.fixes:
        found[row["branch"]][2].append(row)
    return found


def _both(ours: _Part, theirs: _Part) -> _Part:
    checked = {"checked_on": max(ours[0]["checked_on"], theirs[0]["checked_on"])}
    return ours[0] | checked, _releases(ours[1], theirs[1]), _fixes(ours[2], theirs[2])


def _releases(ours: Iterable[Row], theirs: Iterable[Row]) -> list[Row]:
    rows = {row["version"]: row for row in ours}
    for row in theirs:
        own = rows.get(row["version"])
        rows[row["version"]] = (
            own | {name: row[name] for name in LEARNED["releases"]} if own else row
        )
    return sorted(rows.values(), key=lambda row: _order(row["version"]))


def _fixes(ours: list[Row], theirs: list[Row]) -> list[Row]:
    """Both, in an order that keeps that of each; where they differ, that of their releases."""
    by_start = defaultdict(list)
    for row in ours:
        by_start[row["commit_id"][:7]].append(row)
    rows: list[Row] = []
    places: dict[str, int] = {}
    for row in theirs:
        same = [own for own in by_start[row["commit_id"][:7]] if same_commit(own, row)]
        if len(same) == 1:
            places[same[0]["commit_id"]] = len(rows)
            row = _fix(same[0], row)
        rows.append(row)
    placed: list[tuple[float, Row]] = list(enumerate(rows))
    last = -1.0
    for row in ours:
        if row["commit_id"] in places:
            last = places[row["commit_id"]]
        else:
            placed.append((last + 0.5, row))
    placed.sort(key=lambda pair: (_order(pair[1]["fixed_in"]), pair[0]))
    return [row for _, row in placed]


def _fix(own: Row, row: Row) -> Row:
    held = filter(None, (own["fixed_in"], row["fixed_in"]))
    merged = own | {
        "title": row["title"] or own["title"],
        "vanished_on": row["vanished_on"],
        "fixed_in": max(held, key=_order, default=""),
        **_told(own, row, "reverted"),
    }
    again = _told(own, row, "reapplied")
    # What came back before it was taken back is gone again.
    came_after = _order(again["reapplied_in"]) >= _order(merged["reverted_in"])
    return merged | again if came_after else merged


def _told(own: Row, row: Row, what: str) -> Row:
    """Commit and release of what became of a fix: the package's, its release once there is one."""
    by, release = f"{what}_by", f"{what}_in"
    if not own[by]:
        return {by: row[by], release: row[release]}
    return {by: own[by], release: own[release] or row[release]}


def same_commit(one: Row, other: Row) -> bool:
    """Whether two rows are of one commit, though its id may be cut at different lengths."""
    ids = one["commit_id"], other["commit_id"]
    return ids[0].startswith(ids[1]) or ids[1].startswith(ids[0])


def _order(version: str) -> float:
    """Where a release stands among the others; what awaits a release comes after all."""
    return Release(version).order if version else float("inf")
