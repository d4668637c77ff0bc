"""Which release to move to: the first that cures, the one to choose, the last."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import NamedTuple

from advisory.bug import Severity
from advisory.finding import Finding
from advisory.history import BranchHistory, PublishedRelease, age_of
from advisory.regressions import BadWindow, bad_at

SETTLE_DAYS = 7
SOON = 180
"""Days before the end of a branch's maintenance from which on it is said to be near."""
_SILENT = 365  # days without a release: a branch that does not say how long it lives is over


class Candidate(NamedTuple):
    """One release that a build can move to.

    ``days_out`` counts from its date. ``cures`` and ``leaves`` are the listed bugs, ``brings_in``
    the bad windows that it lies in and the present release does not. ``bugs_left`` counts as the
    public page of the release does. ``against`` says why it is not fit, "" where it is; ``reason``
    why it is the one that was asked for.
    """

    branch: str
    release: PublishedRelease
    days_out: int
    cures: tuple[Finding, ...]
    leaves: tuple[Finding, ...]
    brings_in: tuple[BadWindow, ...]
    bugs_left: tuple[tuple[Severity, int], ...]
    against: str = ""
    reason: str = ""


class Recommendation(NamedTuple):
    """Where to go, within the branch and beyond it.

    ``minimal`` is the first release that cures every listed bug that one cures; ``recommended`` the
    first from there on that is fit, or the last fit one where nothing listed is to be cured;
    ``latest`` the last. Each is None where there is none. ``elsewhere`` is the release of another
    branch to go to, where this one is over or leaves something uncured.
    """

    minimal: Candidate | None
    recommended: Candidate | None
    latest: Candidate | None
    elsewhere: Candidate | None = None


class Support(NamedTuple):
    """How a branch is maintained; ``until`` is a quarter (``2025-Q2``) and "" if nobody says.

    ``ended`` is None where it is not known; ``soon``: it ends within half a year.
    """

    long_term: bool | None
    until: str
    ended: bool | None
    soon: bool


def support_of(history: BranchHistory, today: str) -> Support:
    """How a branch is maintained on an ISO day."""
    ended = history.maintenance_ended(today)
    then = datetime.date.fromisoformat(today) + datetime.timedelta(days=SOON)
    soon = ended is False and history.maintenance_ended(then.isoformat()) is True
    return Support(history.long_term_support, history.maintained_until, ended, soon)


def branch_to_go_to(
    histories: Iterable[BranchHistory], branch: str, today: str
) -> BranchHistory | None:
    """The nearest newer branch with long-term support that is maintained on that day.

    Args:
        histories: every branch, oldest first.
        branch: the one to leave.
        today: ISO day.
    """
    newer = False
    for history in histories:
        if newer and history.long_term_support and history.maintenance_ended(today) is False:
            return history
        newer = newer or history.branch == branch
    return None


def the_way(
    history: BranchHistory,
    here: PublishedRelease | None,
    findings: Sequence[Finding],
    windows: Sequence[BadWindow],
    today: str,
    settle_days: int = SETTLE_DAYS,
) -> tuple[Candidate, ...]:
    """Every later release of the branch, oldest first.

    A release is fit if it lies in no bad window of medium severity or worse and has been out long
    enough, or cures a major bug or regression.

    Args:
        history: the branch as of today.
        here: the present release; None for every release of the branch.
        findings: the bugs that are to be cured, as the matcher found them.
        windows: the branch's bad windows that concern the build.
        today: ISO day.
        settle_days: how long a release must have been out.
    """
    present = set(bad_at(windows, here.version)) if here is not None else set()
    orders = {release.version: release.order for release in history.releases}
    held: dict[str, Counter[Severity]] = defaultdict(Counter)
    for fix in history.fixes:
        held[fix.fixed_in][fix.severity] += 1
    left = sum(held.values(), Counter())
    found = []
    for release in history.releases:
        left -= held[release.version]
        if here is not None and release.order <= here.order:
            continue
        cured = [bool(one.fixed_in) and orders[one.fixed_in] <= release.order for one in findings]
        candidate = Candidate(
            branch=history.branch,
            release=release,
            days_out=age_of(release.released_on, today) or 0,
            cures=tuple(compress(findings, cured)),
            leaves=tuple(one for one, gone in zip(findings, cured, strict=True) if not gone),
            brings_in=tuple(one for one in bad_at(windows, release.version) if one not in present),
            bugs_left=tuple((severity, left[severity]) for severity in Severity),
        )
        found.append(candidate._replace(against=_against(candidate, windows, settle_days)))
    return tuple(found)


def recommend(
    history: BranchHistory,
    here: PublishedRelease,
    findings: Sequence[Finding],
    windows: Sequence[BadWindow],
    today: str,
    settle_days: int = SETTLE_DAYS,
    elsewhere: tuple[BranchHistory, Sequence[BadWindow]] | None = None,
) -> Recommendation:
    """Choose among the releases that a build can move to.

    Args:
        history: the branch as of today.
        here: the present release.
        findings: the bugs that are to be cured, as the matcher found them.
        windows: the branch's bad windows that concern the build.
        today: ISO day.
        settle_days: how long a release must have been out.
        elsewhere: the branch to go to, as of today, with its windows, if there is one.
    """
    way = the_way(history, here, findings, windows, today, settle_days)
    curable = sum(1 for one in findings if one.fixed_in)
    minimal = next((one for one in way if curable and len(one.cures) == curable), None)
    ahead = way[way.index(minimal) :] if minimal is not None else way
    fit = [one for one in ahead if not one.against]
    recommended = (fit[0] if minimal is not None else fit[-1]) if fit else None
    if recommended is not None:
        recommended = recommended._replace(reason=_why(recommended, ahead))
    if minimal is not None:
        bugs = "the bug" if curable == 1 else f"all {curable} bugs that a release cures"
        cured = f"the first release that cures {bugs}"
        minimal = minimal._replace(reason="; ".join(filter(None, (cured, minimal.against))))
    return Recommendation(
        minimal=minimal,
        recommended=recommended,
        latest=way[-1] if way else None,
        elsewhere=_beyond(history, findings, today, settle_days, elsewhere),
    )


def _against(candidate: Candidate, windows: Sequence[BadWindow], settle_days: int) -> str:
    version = candidate.release.version
    worst = min(bad_at(windows, version), key=lambda one: one.severity.rank, default=None)
    if worst is not None and worst.severity.rank <= Severity.MEDIUM.rank:
        end = f"{worst.fixed_in} answers it" if worst.fixed_in else "no release answers it yet"
        return (
            f"{version} has a {worst.severity} bug that came with {worst.first} "
            f"(commit {worst.introduced_by}); {end} (commit {worst.fix_commit})"
        )
    cured = [one.severity for one in windows if one.fixed_in == version]
    cured += [one.fix.severity for one in candidate.cures if one.fixed_in == version]
    major = any(severity.rank <= Severity.MAJOR.rank for severity in cured)
    if candidate.days_out < settle_days and not major:
        return f"{version} has been out for {candidate.days_out} of {settle_days} days"
    return ""


def _why(chosen: Candidate, ahead: Sequence[Candidate]) -> str:
    """Why a release is the one, and why the first two before it are not."""
    version, day = chosen.release.version, chosen.release.released_on
    reasons = [f"{version} is out since {day}, and no grave regression is known in it"]
    before = [one.against for one in ahead[: ahead.index(chosen)] if one.against]
    reasons += before[:2]
    if before[2:]:
        reasons.append(f"{len(before[2:])} more are passed over likewise")
    return "; ".join(reasons)


def _beyond(
    history: BranchHistory,
    findings: Sequence[Finding],
    today: str,
    settle_days: int,
    elsewhere: tuple[BranchHistory, Sequence[BadWindow]] | None,
) -> Candidate | None:
    """The newest fit release of the other branch, if this one is over or leaves a bug uncured."""
    if elsewhere is None:
        return None
    over = history.maintenance_ended(today)
    if over is None:
        over = (age_of(history.newest.released_on, today) or 0) > _SILENT
    if not over and all(one.fixed_in for one in findings):
        return None
    other, windows = elsewhere
    way = the_way(other, None, (), windows, today, settle_days)
    fit = [one for one in way if not one.against]
    if not fit:
        return None
    # An old release may be fit only because it came before all that is known to be bad.
    near = [one for one in fit if one.days_out - way[-1].days_out <= SOON]
    chosen = near[-1] if near else way[-1]
    cures = tuple(one for one in findings if _cured_there(one, other, chosen.release))
    why = "is over" if over else "does not cure everything"
    reason = (
        f"branch {history.branch} {why}; {other.branch} is the nearest branch with long-term "
        "support that is maintained"
    )
    return chosen._replace(
        cures=cures,
        leaves=tuple(one for one in findings if one not in cures),
        reason="; ".join(filter(None, (reason, chosen.against))),
    )


def _cured_there(finding: Finding, other: BranchHistory, release: PublishedRelease) -> bool:
    """Whether a release of a newer branch is known to hold the fix of a bug."""
    fixes = [fix for fix in other.fixes if fix.bug.id == finding.bug.id]
    if not fixes:
        # Upstream fixes the mainline first: a fix older than the branch was there from its start.
        fix = finding.fix
        began = other.releases[0].released_on
        return bool(fix.mainline_commit) and fix.merged_on < began and not fix.reverted_by
    until = fixes[-1].reapplied_in if fixes[-1].reverted_by else fixes[-1].fixed_in
    held = other.release(until)
    return held is not None and held.order <= release.order
