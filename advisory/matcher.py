"""Which bugs concern a release, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from advisory.bug import Fix, Severity
from advisory.finding import Finding, FixState, Verdict
from advisory.history import BranchHistory, PublishedRelease
from advisory.requirements import needs_of, program_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a build stands on its branch: at a release, and up to which fix.

    ``position`` is that of the last fix known to be in; ``doubtful`` are those that may be in too,
    because the build was made from a commit between this release and the next.
    """

    release: PublishedRelease
    position: int
    doubtful: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
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
    return Place(release=release, position=max(held, default=0))


def place_commit(
    history: BranchHistory, release: PublishedRelease, commit: str, past: int | None
) -> Place:
    """A build of a commit after the release: at the fix that the commit is, else somewhere before the next.

    Args:
        history: the branch.
        release: the release that the build names as its base.
        commit: its hash, 6 to 40 hex.
        past: how many commits lie between, where the build tells; it bounds how many fixes are in.
    """
    base = place_release(history, release)
    for fix in history.fixes:
        if fix.commit.startswith(commit[:12]) and fix.position > base.position:
            return Place(release=release, position=fix.position)
    later = [fix for fix in history.fixes if fix.position > base.position]
    until = later[0].fixed_in if later else ""
    doubtful = [fix.position for fix in later if fix.fixed_in == until]
    if past is not None:
        doubtful = doubtful[:past]
    return Place(release=release, position=base.position, doubtful=frozenset(doubtful))


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
    off = {feature[1:] for feature in features if feature.startswith("-")}
    later = [fix for fix in history.fixes if fix.position > place.position]
    counts = Counter(fix.severity for fix in later)
    findings: list[Finding] = []
    not_affected: list[Finding] = []
    for fix in _deciding(history.fixes):
        finding = _judge(fix, place, orders, off, target)
        if finding is not None:
            (not_affected if finding.verdict is Verdict.NOT_AFFECTED else findings).append(finding)
    return Match(
        known_bugs=len(later),
        by_severity=tuple((severity, counts[severity]) for severity in Severity),
        findings=tuple(findings),
        not_affected=tuple(not_affected),
    )


def _orders(history: BranchHistory) -> dict[str, int]:
    return {release.version: release.order for release in history.releases}


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


def _judge(
    fix: Fix, place: Place, orders: dict[str, int], off: set[str], target: str
) -> Finding | None:
    """One bug for one build; None where the build holds its fix for good."""
    here = place.release
    cured = (fix.reapplied_in if fix.reapplied_by else fix.fixed_in) if _stands(fix) else ""
    if cured and orders[cured] <= here.order:
        return None
    if fix.position <= place.position and _stands(fix) and not fix.reapplied_by:
        return None  # a snapshot that holds it already
    state = (
        FixState.RELEASED if cured else FixState.REVERTED if fix.reverted_by else FixState.MERGED
    )
    excluded = _excluded(fix, here, orders, off, target)
    if excluded:
        verdict, reasons = Verdict.NOT_AFFECTED, (excluded,)
    else:
        verdict, reason = _relevance(fix, place, orders, cured)
        reasons = (reason,)
    return Finding(
        bug=fix.bug, fix=fix, fixed_in=cured, fix_state=state, verdict=verdict, reasons=reasons
    )


def _excluded(
    fix: Fix, here: PublishedRelease, orders: dict[str, int], off: set[str], target: str
) -> str:
    """Why the bug cannot be in this build; "" where nothing rules it out."""
    if fix.introduced_in and orders.get(fix.introduced_in, here.order + 1) > here.order:
        return f"entered later, in {fix.introduced_in} (commit {fix.introduced_by})"
    program = program_of(fix.bug.subsystem)
    if program:
        return f"concerns a program of its own, {program}"
    needs = needs_of(fix.bug.subsystem)
    advisory = fix.bug.advisory
    if advisory is not None:
        needs += tuple((feature[1:],) for feature in advisory.features if feature[0] == "+")
        if advisory.target and target and target not in advisory.target:
            return f"concerns {' and '.join(advisory.target)}; this build's TARGET is {target}"
    for group in needs:
        if off.issuperset(group):
            return f"needs {' or '.join(group)}, which this build lacks"
    return ""


def _relevance(fix: Fix, place: Place, orders: dict[str, int], cured: str) -> tuple[Verdict, str]:
    here = place.release
    if (
        fix.reverted_by
        and fix.fixed_in
        and orders[fix.fixed_in] <= here.order < orders.get(fix.reverted_in, 0)
    ):
        return Verdict.POSSIBLE, (
            f"{here.version} holds the fix, but {fix.reverted_in} took it back (commit {fix.reverted_by}): "
            "do not count on it"
        )
    if fix.position in place.doubtful:
        return (
            Verdict.POSSIBLE,
            "the fix was merged before the next release; this build may hold it already",
        )
    if not cured and fix.reverted_by:
        when = f"in {fix.reverted_in}" if fix.reverted_in else "later"
        return Verdict.AFFECTED, f"its fix was taken back {when} (commit {fix.reverted_by})"
    if not cured:
        return Verdict.AFFECTED, "the fix is merged and awaits a release"
    if fix.reapplied_by:
        return (
            Verdict.AFFECTED,
            f"its fix was taken back in {fix.reverted_in} and came again in {cured}",
        )
    return Verdict.AFFECTED, f"the fix came later, in {cured}"
