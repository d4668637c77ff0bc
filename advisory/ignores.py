"""Bugs that are left out of a report, because the user ignores them or knew them before; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from advisory.finding import Finding
from advisory.plan import Candidate, Recommendation
from advisory.report import Report


class Ignore(NamedTuple):
    """A bug that somebody decided to live with, why, and up to which ISO day ("" for ever).

    ``bug`` is six hex digits or more of its id or of a fix, or the number of an issue; ``source``
    the file that says so.
    """

    bug: str
    reason: str
    until: str = ""
    source: str = "hapadvise.toml"

    def is_over(self, today: str) -> bool:
        """Whether the day is past."""
        return bool(self.until) and self.until < today

    def names(self, finding: Finding) -> bool:
        """Whether a finding is of this bug."""
        number = self.bug.removeprefix("#")
        if number.isdecimal() and len(number) < 6:
            return int(number) in finding.bug.issues
        commits = (finding.bug.id, finding.fix.commit, finding.fix.mainline_commit)
        # One may be given longer than the catalogue keeps it.
        return any(
            commit and (commit.startswith(self.bug.lower()) or self.bug.lower().startswith(commit))
            for commit in commits
        )


class Applied(NamedTuple):
    """A report without the ignored bugs, how many these are, and which entries named them."""

    report: Report
    removed: int
    used: frozenset[Ignore]


def apply_ignores(report: Report, ignores: Sequence[Ignore], today: str) -> Applied:
    """Leave the ignored bugs out of a report; what is measured, and its suspects, stay.

    Args:
        report: as ``advise`` made it.
        ignores: those whose day is past do nothing.
        today: ISO day.
    """
    chosen: dict[str, Ignore] = {}
    for ignore in ignores:
        if not ignore.is_over(today):
            for item in report.findings:
                if ignore.names(item):
                    chosen.setdefault(item.bug.id, ignore)
    if not chosen:
        return Applied(report, 0, frozenset())
    notes = tuple(
        f"bug {bug} is not listed, {ignore.source} ignores it: {ignore.reason}"
        + (f" (until {ignore.until})" if ignore.until else "")
        for bug, ignore in chosen.items()
    )
    reduced = without(report, frozenset(chosen))
    return Applied(
        reduced._replace(warnings=reduced.warnings + notes),
        len(report.findings) - len(reduced.findings),
        frozenset(chosen.values()),
    )


def notes_on(ignores: Sequence[Ignore], used: Collection[Ignore], today: str) -> tuple[str, ...]:
    """What is to be told of the entries that do nothing, after all reports.

    Args:
        ignores: all entries.
        used: those that named a bug of some report.
        today: ISO day.
    """
    notes = []
    for ignore in ignores:
        what = f"{ignore.source}: the entry for bug {ignore.bug}"
        if ignore.is_over(today):
            notes.append(f"{what} ended on {ignore.until}: the bug counts again")
        elif ignore not in used:
            notes.append(f"{what} is not used: no such bug is among those listed")
    return tuple(notes)


def without(report: Report, bugs: frozenset[str]) -> Report:
    """The report with these bugs neither listed nor counted on the way to a release.

    The verdict stays, and what is said of the build as a whole. So does the recommended release: it
    cures what is left, if not always as the first.
    """
    kept = tuple(item for item in report.findings if item.bug.id not in bugs)
    curing = {item.fixed_in for item in kept}
    way = tuple(_left(one, bugs) for one in report.way if one.release.version in curing)
    choice = report.recommendation
    if choice is not None:
        minimal = way[-1] if way else None
        if minimal is not None:
            curable = len(minimal.cures)
            what = "the bug" if curable == 1 else f"all {curable} bugs that a release cures"
            reasons = (f"the first release that cures {what}", minimal.against)
            minimal = minimal._replace(reason="; ".join(filter(None, reasons)))
        choice = Recommendation(
            minimal,
            *(_left(one, bugs) if one is not None else None for one in choice[1:]),
        )
        over = report.support is None or report.support.ended is not False
        if not over and all(item.fixed_in for item in kept):
            choice = choice._replace(elsewhere=None)
    return report._replace(findings=kept, way=way, recommendation=choice)


def _left(one: Candidate, bugs: frozenset[str]) -> Candidate:
    return one._replace(
        cures=tuple(item for item in one.cures if item.bug.id not in bugs),
        leaves=tuple(item for item in one.leaves if item.bug.id not in bugs),
    )
