"""Which bugs concern a release, and why."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from advisory.bug import Fix, Severity
from advisory.conditions import contradiction
from advisory.finding import Finding, FixState, Verdict
from advisory.history import BranchHistory, PublishedRelease
from advisory.release import Release
from advisory.requirements import requirements_of


class Place(NamedTuple):
    """Where a build stands on its branch: at a release, and up to which fix.

    ``position`` is that of the last fix known to be in; ``doubtful`` are those that may be in too,
    because the build was made from a commit between this release and the next. ``until`` is the
    order of the last release whose commits may be in.
    """

    release: PublishedRelease
    position: int
    until: int
    doubtful: frozenset[int] = frozenset()


class Match(NamedTuple):
    """The bugs of one branch seen from one place on it.

    ``known_bugs`` and ``by_severity`` count as the public page of the release does: every fix that
    was merged later, whether or not it can concern the build.
    """

    known_bugs: int
    by_severity: tuple[tuple[Severity, int], ...]
    findings: tuple[Finding, ...]
    not_affected: tuple[Finding, ...]


def place_release(history: BranchHistory, release: PublishedRelease) -> Place:
    """A build of exactly this release."""
    orders = _orders(history)
    held = (
        fix.position
        for fix in history.fixes
        if fix.fixed_in and orders[fix.fixed_in] <= release.order
    )
    return Place(release=release, position=max(held, default=0), until=release.order)


def place_commit(
    history: BranchHistory, release: PublishedRelease, commit: str, past: int | None
) -> Place:
    """A build of a commit after the release: at the fix that it is, else before the next release.

    Args:
        history: the branch.
        release: the release that the build names as its base.
        commit: its hash, 6 to 40 hex.
        past: how many commits lie between, where the build tells; it bounds how many fixes are in.
    """
    base = place_release(history, release)
    later = [fix for fix in history.fixes if fix.position > base.position]
    for fix in later:
        if fix.commit.startswith(commit[:12]):
            until = _orders(history).get(fix.fixed_in, history.newest.order + 1)
            return base._replace(position=fix.position, until=until)
    following = next((other for other in history.releases if other.order > release.order), None)
    awaited = following.version if following is not None else ""
    doubtful = [fix.position for fix in later if fix.fixed_in == awaited][:past]
    return base._replace(
        until=following.order if following is not None else release.order + 1,
        doubtful=frozenset(doubtful),
    )


def match(
    history: BranchHistory, place: Place, features: Iterable[str] = (), target: str = ""
) -> Match:
    """Judge every bug of the branch for a build.

    A bug affects it when its fix came later, unless it entered later still or the build lacks what
    the bug needs; and when its fix was taken back.

    Args:
        history: the branch as of the day that matters.
        place: where the build stands.
        features: what the build lists, as ``+NAME`` and ``-NAME``.
        target: the TARGET that it was made for, "" where that is not known.
    """
    orders = _orders(history)
    build = _Build(
        place=place,
        orders=orders,
        off=frozenset(feature[1:] for feature in features if feature.startswith("-")),
        target=target,
        taken_back=_taken_back(history.fixes, place, orders),
    )
    later = [fix for fix in history.fixes if fix.position > place.position]
    counts = Counter([fix.severity for fix in later])
    findings: list[Finding] = []
    not_affected: list[Finding] = []
    for fix in _deciding(history.fixes):
        finding = _judge(fix, build)
        if finding is not None:
            (not_affected if finding.verdict is Verdict.NOT_AFFECTED else findings).append(finding)
    return Match(
        known_bugs=len(later),
        by_severity=tuple((severity, counts[severity]) for severity in Severity),
        findings=tuple(findings),
        not_affected=tuple(not_affected),
    )


_AWAITED = "the fix is merged and awaits a release"


class _Build(NamedTuple):
    """What a bug is held against.

    ``orders`` are those of the branch's releases, ``off`` the features that the build lacks.
    ``taken_back`` are the fixes, by bug, that it holds or may hold and that the branch lost later.
    """

    place: Place
    orders: dict[str, int]
    off: frozenset[str]
    target: str
    taken_back: dict[str, Fix]


def _orders(history: BranchHistory) -> dict[str, int]:
    return {release.version: release.order for release in history.releases}


def _taken_back(fixes: tuple[Fix, ...], place: Place, orders: dict[str, int]) -> dict[str, Fix]:
    here = place.release.order
    return {
        fix.bug.id: fix
        for fix in fixes
        if fix.reverted_by
        and (fix.position <= place.position or fix.position in place.doubtful)
        and orders.get(fix.reverted_in, here + 1) > here
    }


def _deciding(fixes: tuple[Fix, ...]) -> Iterable[Fix]:
    """Of several fixes of one flaw the last that stands, or the last where none does."""
    chosen: dict[str, Fix] = {}
    for fix in fixes:
        known = chosen.get(fix.bug.id)
        if known is None or _stands(fix) >= _stands(known):
            chosen[fix.bug.id] = fix
    return chosen.values()


def _stands(fix: Fix) -> bool:
    return not fix.reverted_by or bool(fix.reapplied_by)


def _judge(fix: Fix, build: _Build) -> Finding | None:
    """One bug for one build; None where the build holds its fix for good."""
    cured = fix.fixed_in
    stands = not fix.reverted_by
    if not stands and fix.reapplied_by:
        cured, stands = fix.reapplied_in, True
    elif not stands:
        cured = ""
    if cured and build.orders[cured] <= build.place.release.order:
        return None
    if fix.position <= build.place.position and not fix.reverted_by:
        return None  # a snapshot that holds it already
    state = FixState.RELEASED if cured else FixState.MERGED if stands else FixState.REVERTED
    excluded = _excluded(fix, build)
    if excluded:
        return Finding(fix.bug, fix, cured, state, Verdict.NOT_AFFECTED, (excluded,))
    verdict, reason = _relevance(fix, cured, build)
    return Finding(fix.bug, fix, cured, state, verdict, (reason,))


def _excluded(fix: Fix, build: _Build) -> str:
    """Why the bug cannot be in this build; "" where nothing rules it out."""
    if fix.introduced_in:
        until = build.place.until
        if build.orders.get(fix.introduced_in, until + 1) > until:
            return f"entered later, in {fix.introduced_in} (commit {fix.introduced_by})"
    advisory = fix.bug.advisory
    since = advisory.since_version if advisory is not None and not _stands(fix) else ""
    if since and Release(since).order > build.place.until:
        return f"entered later, in {since}; that is why its fix was taken back"
    program, needs = requirements_of(fix.bug.subsystem)
    if program:
        return f"concerns a program of its own, {program}"
    for group in needs:
        if build.off.issuperset(group):
            return f"needs {' or '.join(group)}, which this build lacks"
    return contradiction(advisory, build.off, build.target) if advisory is not None else ""


def _relevance(fix: Fix, cured: str, build: _Build) -> tuple[Verdict, str]:
    """Whether a bug that nothing rules out is in the build, and why."""
    place = build.place
    lost = build.taken_back.get(fix.bug.id)
    if lost is not None:
        # A snapshot may hold what its base release does not.
        holder = place.release.version if place.until == place.release.order else "this build"
        holds = "may hold" if lost.position in place.doubtful else "holds"
        fate = f"{lost.reverted_in} took it back" if lost.reverted_in else "it was taken back since"
        return Verdict.POSSIBLE, (
            f"{holder} {holds} the fix, but {fate} (commit {lost.reverted_by}): do not count on it"
        )
    if fix.position in place.doubtful:
        return (
            Verdict.POSSIBLE,
            "the fix was merged before the next release; this build may hold it already",
        )
    return Verdict.AFFECTED, _fate(fix, cured)


def _fate(fix: Fix, cured: str) -> str:
    """What became of a fix that the build lacks."""
    if not fix.reverted_by:
        return f"the fix came later, in {cured}" if cured else _AWAITED
    taken_back = f"its fix was taken back {f'in {fix.reverted_in}' if fix.reverted_in else 'later'}"
    if not fix.reapplied_by:
        return f"{taken_back} (commit {fix.reverted_by})"
    if cured:
        return f"{taken_back} and came again in {cured}"
    return f"{taken_back}; it is merged again and awaits a release"
