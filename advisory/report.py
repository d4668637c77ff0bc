"""What hapadvise says of one build: one value, from which every output format is made."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

from advisory.bug import Kind, Severity
from advisory.build import Build, Origin
from advisory.finding import Finding, Verdict
from advisory.history import BranchHistory, Provenance, PublishedRelease
from advisory.matcher import Match, Place, match, place_commit, place_release


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a build.

    Args:
        today: the day on which it is asked, ISO.
        as_of: the day as of which to answer, ISO; "" for all that is known.
        kinds: list bugs of these kinds; empty for every kind.
        least_severity: list bugs at least as severe.
        narrowed: kinds or severity were asked for, so that other bugs are no answer.
        max_age: days after which data is too old to say that there is nothing.
    """

    today: str
    as_of: str = ""
    kinds: frozenset[Kind] = frozenset({Kind.MEMORY_LEAK})
    least_severity: Severity = Severity.UNKNOWN
    narrowed: bool = False
    max_age: int = 7

    def selects(self, finding: Finding) -> bool:
        return (not self.kinds or finding.bug.kind in self.kinds) and (
            finding.fix.severity.rank <= self.least_severity.rank
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The build that is judged; empty texts stand for what is not known."""

    source: str
    printed: str
    version: str
    branch: str
    released_on: str
    commit: str
    origin: str
    vendor: str
    status: str
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A release on the way: how many of the listed bugs it cures and leaves, counted from the target."""

    version: str
    released_on: str
    cures: int
    leaves: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The answer for one build.

    ``reason`` says why a verdict is unknown. ``known_bugs`` is None where they cannot be counted.
    ``findings`` and ``not_affected`` hold what was selected; the counts hold for all. ``steps`` are
    the releases that cure a listed bug, oldest first; ``minimal`` is the smallest that cures every
    one that any release cures, ``latest`` the branch's newest.
    """

    target: Target
    provenance: Provenance
    age_days: int
    as_of: str
    verdict: Verdict
    reason: str = ""
    known_bugs: int | None = None
    by_severity: tuple[tuple[Severity, int], ...] = ()
    excluded: int = 0
    memory_leaks: int | None = None
    runtime_leaks: int | None = None
    kinds: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    not_affected: tuple[Finding, ...] = ()
    steps: tuple[Step, ...] = ()
    minimal: Step | None = None
    latest: Step | None = None
    newest: str = ""
    warnings: tuple[str, ...] = ()


_GROWTH_RANK = {
    growth: rank
    for rank, growth in enumerate(
        (
            "per-connection",
            "per-request",
            "periodic",
            "per-cli-command",
            "per-reload",
            "on-error-path",
        )
    )
}


def growth_class(finding: Finding) -> int:
    """0 for a leak that grows in a serving process without end, 1 where that is not known, 2 for one
    that ends by itself or needs memory to have run out, 3 for one that no serving process has.
    """
    advisory = finding.bug.advisory
    if finding.bug.runtime is False:
        return 3
    if advisory is not None and (advisory.bounded or advisory.needs_oom):
        return 2
    return 0 if finding.bug.runtime else 1


def _rank(finding: Finding) -> tuple[int, int, int, int]:
    advisory = finding.bug.advisory
    growth = _GROWTH_RANK.get(advisory.growth, 9) if advisory is not None else 9
    return (growth_class(finding), finding.fix.severity.rank, growth, finding.fix.position)


def advise(
    build: Build, history: BranchHistory | None, provenance: Provenance, question: Question
) -> Report:
    """Judge one build.

    Args:
        build: what the binary says of itself.
        history: its branch's releases and fixes; None where the catalogue does not cover it.
        provenance: the catalogue's.
        question: the days, kinds and severities that are asked for.

    Returns:
        A report; its verdict is unknown, with the reason, where the build cannot be judged.
    """
    day = min(question.as_of or provenance.data_as_of, provenance.data_as_of)
    known = history.as_of(day) if history is not None else None
    release = known.release(build.version.release.text) if known is not None else None
    report = Report(
        target=_target(build, release),
        provenance=provenance,
        age_days=_days(provenance.data_as_of, question.as_of or question.today),
        as_of=day,
        verdict=Verdict.UNKNOWN,
        newest=known.newest.version if known is not None else "",
    )
    reason = _why_unknown(build, history, known, release, day)
    if reason or known is None or release is None:
        return replace(report, reason=reason)
    place, notes = _place(build, known, release)
    return _filled(
        report, build, known, match(known, place, build.features, build.target), question, notes
    )


def _days(since: str, until: str) -> int:
    return max(0, (datetime.date.fromisoformat(until) - datetime.date.fromisoformat(since)).days)


def _target(build: Build, release: PublishedRelease | None) -> Target:
    version = build.version
    origin = version.origin.value
    if version.origin is Origin.COMMIT and release is not None:
        # The hash of a release's own commit is what upstream's tarballs carry.
        origin = (
            "official" if release.commit.startswith(version.commit[:12]) else Origin.COMMIT.value
        )
    return Target(
        source=build.source,
        printed=version.text,
        version=version.release.text,
        branch=version.release.branch,
        released_on=release.released_on if release is not None else "",
        commit=version.commit,
        origin=origin,
        vendor=version.vendor,
        status=build.status,
        features=build.features,
    )


def _why_unknown(
    build: Build,
    history: BranchHistory | None,
    known: BranchHistory | None,
    release: PublishedRelease | None,
    day: str,
) -> str:
    """Why a build cannot be judged; "" if it can."""
    version = build.version
    text = version.release.text
    if version.origin is Origin.ENTERPRISE:
        return f"{version.text} is a build of {version.vendor}, whose level of fixes cannot be read off its number"
    if version.origin is Origin.DEVELOPMENT:
        return f"{text} is a development version; the pages of known bugs cover releases only"
    if history is None:
        return f"branch {version.release.branch} is not in the catalogue (as of {day})"
    if known is None:
        return f"branch {history.branch} had no release yet on {day}"
    if release is None and version.release.order > known.newest.order:
        return (
            f"{text} is newer than what the catalogue knows; as of {day} the newest {known.branch} release was "
            f"{known.newest.version}; what was found since is not known"
        )
    if release is None:
        return f"the catalogue knows no release {text} of branch {known.branch}"
    return ""


def _place(
    build: Build, history: BranchHistory, release: PublishedRelease
) -> tuple[Place, tuple[str, ...]]:
    """Where on its branch a build stands, and what has to be said about that."""
    version = build.version
    if version.origin is Origin.PACKAGE:
        who = version.vendor or "a packager"
        return place_release(history, release), (
            f"{version.text} carries a revision of {who}: it is judged by its upstream version {release.version}; "
            "fixes that the packager added are not known",
        )
    if version.origin is Origin.UNRECOGNISED and version.text != release.version:
        return place_release(history, release), (
            f"what follows {release.version} in {version.text} is of no known form; judged as {release.version}",
        )
    if version.commit and not release.commit.startswith(version.commit[:12]):
        place = place_commit(history, release, version.commit, version.commits_past)
        if not place.doubtful:
            return place, (
                f"built from commit {version.commit} after {release.version}: judged as of that commit",
            )
        return place, (
            f"built from commit {version.commit}, which is not {release.version}'s own and no known fix: it may hold up "
            f"to {len(place.doubtful)} fixes that were merged after {release.version}",
        )
    return place_release(history, release), ()


def _filled(
    report: Report,
    build: Build,
    history: BranchHistory,
    found: Match,
    question: Question,
    notes: tuple[str, ...],
) -> Report:
    selected = tuple(sorted(filter(question.selects, found.findings), key=_rank))
    leaks = [finding for finding in found.findings if finding.bug.kind is Kind.MEMORY_LEAK]
    steps, minimal, latest = _upgrade(history, build, selected)
    verdict, reason = _verdict(report, history, found, selected, question)
    return replace(
        report,
        verdict=verdict,
        reason=reason,
        known_bugs=found.known_bugs,
        by_severity=found.by_severity,
        excluded=len(found.not_affected),
        memory_leaks=len(leaks),
        runtime_leaks=sum(finding.bug.runtime is True for finding in leaks),
        kinds=tuple(sorted(kind.value for kind in question.kinds)),
        findings=selected,
        not_affected=tuple(sorted(filter(question.selects, found.not_affected), key=_rank)),
        steps=steps,
        minimal=minimal,
        latest=latest,
        warnings=notes + _warnings(report, history, question),
    )


def _verdict(
    report: Report,
    history: BranchHistory,
    found: Match,
    selected: tuple[Finding, ...],
    question: Question,
) -> tuple[Verdict, str]:
    """Affected if something is found; not affected only if the data would show it."""
    if selected or (not question.narrowed and found.findings):
        return Verdict.AFFECTED, ""
    if history.maintenance_ended(report.as_of if question.as_of else question.today):
        return Verdict.UNKNOWN, (
            f"no bug is listed, but branch {history.branch} was to be maintained until {history.maintained_until}: "
            "later fixes were not merged into it"
        )
    if report.age_days > question.max_age:
        return Verdict.UNKNOWN, (
            f"no bug was known on {report.as_of}, {report.age_days} days ago; what was found since is not known"
        )
    return Verdict.NOT_AFFECTED, ""


def _warnings(report: Report, history: BranchHistory, question: Question) -> tuple[str, ...]:
    warnings = []
    if report.age_days > question.max_age:
        warnings.append(
            f"the data is {report.age_days} days old: bugs and releases since {report.provenance.data_as_of} are not in it"
        )
    day = report.as_of if question.as_of else question.today
    if history.maintenance_ended(day):
        warnings.append(
            f"branch {history.branch} was to be maintained until {history.maintained_until}: bugs found since are not "
            "counted here, and were not fixed in it"
        )
    elif history.maintenance_ended(day) is None and _days(history.newest.released_on, day) > 365:
        warnings.append(
            f"branch {history.branch} has had no release since {history.newest.released_on}: bugs found since are "
            "not counted here"
        )
    return tuple(warnings)


def _upgrade(
    history: BranchHistory, build: Build, findings: tuple[Finding, ...]
) -> tuple[tuple[Step, ...], Step | None, Step | None]:
    """The releases that cure listed bugs, the smallest that cures all that can be, and the newest."""
    orders = {release.version: release.order for release in history.releases}
    here = orders[build.version.release.text]
    cured_at = [orders[finding.fixed_in] for finding in findings if finding.fixed_in]

    def step(release: PublishedRelease) -> Step:
        cures = sum(order <= release.order for order in cured_at)
        return Step(
            version=release.version,
            released_on=release.released_on,
            cures=cures,
            leaves=len(findings) - cures,
        )

    later = [release for release in history.releases if release.order > here]
    steps = tuple(step(release) for release in later if release.order in cured_at)
    return steps, steps[-1] if steps else None, step(history.newest)
