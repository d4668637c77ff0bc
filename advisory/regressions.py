"""Releases that a fix made worse, and the release that answers each."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from advisory.bug import Bug, Fix, Severity
from advisory.conditions import contradiction
from advisory.history import BranchHistory
from advisory.requirements import requirements_of


class WindowKind(StrEnum):
    """What tells that releases are bad.

    ``REGRESSION``: a fix names a commit that came with a release of the branch as what brought the
    bug in. ``TAKEN_BACK``: a fix was released and taken back.
    """

    REGRESSION = "regression"
    TAKEN_BACK = "taken-back"


class BadWindow(NamedTuple):
    """The releases of a branch from ``first`` to ``last`` that have a bug which came with one.

    ``fixed_in`` is the release that ends it, "" where none does yet; ``severity`` that of the fix
    which ends it, or of the fix that was taken back where the revert names none. ``introduced_by``
    and ``fix_commit`` are the commits that prove it, and ``releases`` every version in it.
    """

    first: str
    last: str
    fixed_in: str
    severity: Severity
    bug: Bug
    introduced_by: str
    fix_commit: str
    kind: WindowKind
    releases: tuple[str, ...]


def known_bad(history: BranchHistory) -> tuple[BadWindow, ...]:
    """The bad windows of a branch, by their first release, the worst first.

    What the branch had from its ``.0`` on is no window, and neither is what came and went between
    two releases. A fix that was taken back for its harm stands once: as the regression, where the
    fix of that is known.
    """
    windows = [window for fix in history.fixes for window in _regression(fix, history)]
    blamed = {window.introduced_by for window in windows}
    severities = {fix.commit: fix.severity for fix in history.fixes}
    for fix in history.fixes:
        if blamed.isdisjoint((fix.commit, fix.mainline_commit or fix.commit)):
            windows += _taken_back(fix, history, severities)
    orders = {release.version: release.order for release in history.releases}
    return tuple(sorted(windows, key=lambda one: (orders[one.first], one.severity.rank)))


def _regression(fix: Fix, history: BranchHistory) -> Iterable[BadWindow]:
    versions = {release.version for release in history.releases[1:]}
    if fix.introduced_in not in versions:  # from the start, or with a release yet to come
        return ()
    until, commit = fix.fixed_in, fix.commit
    if fix.reverted_by:
        if not fix.reapplied_by:  # given up for good, often because there was no such bug
            return ()
        until, commit = fix.reapplied_in, fix.reapplied_by
    window = BadWindow(
        first=fix.introduced_in,
        last="",
        fixed_in=until,
        severity=fix.severity,
        bug=fix.bug,
        introduced_by=fix.introduced_by,
        fix_commit=commit,
        kind=WindowKind.REGRESSION,
        releases=(),
    )
    return _with_releases(window, history)


def _taken_back(
    fix: Fix, history: BranchHistory, severities: dict[str, Severity]
) -> Iterable[BadWindow]:
    if not fix.reverted_by or not fix.fixed_in:
        return ()
    window = BadWindow(
        first=fix.fixed_in,
        last="",
        fixed_in=fix.reverted_in,
        severity=severities.get(fix.reverted_by, fix.severity),
        bug=fix.bug,
        introduced_by=fix.commit,
        fix_commit=fix.reverted_by,
        kind=WindowKind.TAKEN_BACK,
        releases=(),
    )
    return _with_releases(window, history)


def _with_releases(window: BadWindow, history: BranchHistory) -> Iterable[BadWindow]:
    versions = [release.version for release in history.releases]
    begin = versions.index(window.first)
    end = versions.index(window.fixed_in) if window.fixed_in else len(versions)
    held = tuple(versions[begin:end])
    return (window._replace(last=held[-1], releases=held),) if held else ()


def bad_at(windows: Iterable[BadWindow], version: str) -> tuple[BadWindow, ...]:
    """The windows that a release lies in."""
    return tuple(window for window in windows if version in window.releases)


def concerning(
    windows: Iterable[BadWindow], features: Iterable[str] = (), target: str = ""
) -> tuple[BadWindow, ...]:
    """The windows that can concern a build; what it lists as off rules a bug out, and no more.

    Args:
        windows: of one branch.
        features: what the build lists, as ``+NAME`` and ``-NAME``.
        target: the TARGET that it was made for, "" where that is not known.
    """
    off = frozenset(feature[1:] for feature in features if feature.startswith("-"))
    return tuple(window for window in windows if not _ruled_out(window.bug, off, target))


def _ruled_out(bug: Bug, off: frozenset[str], target: str) -> bool:
    program, needs = requirements_of(bug.subsystem)
    if program or any(off.issuperset(group) for group in needs):
        return True
    return bug.advisory is not None and bool(contradiction(bug.advisory, off, target))
