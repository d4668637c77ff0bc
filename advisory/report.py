"""What hapadvise says of one build: one value, from which every output format is made."""

import datetime
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from advisory.bug import Kind, Severity
from advisory.build import Build, Origin
from advisory.finding import Finding, FixState, Verdict
from advisory.history import BranchHistory, Provenance, PublishedRelease
from advisory.matcher import Match, Place, match, place_commit, place_release


class Question(NamedTuple):
    """What is asked of a build.

    ``today`` is the day on which it is asked, ``as_of`` the day as of which to answer ("" for all
    that is known), both ISO. ``kinds`` (empty: every kind) and ``least_severity`` select what is
    listed; ``narrowed`` says that the user chose them, so that other bugs are no answer. Data older
    than ``max_age`` days cannot show that there is nothing.
    """

    today: str
    as_of: str = ""
    kinds: frozenset[Kind] = frozenset({Kind.MEMORY_LEAK})
    least_severity: Severity = Severity.UNKNOWN
    narrowed: bool = False
    max_age: int = 7

    @property
    def day(self) -> str:
        """The day that the answer is for."""
        return self.as_of or self.today

    def selects(self, finding: Finding) -> bool:
        """Whether a finding is of the kinds and severities that are asked for."""
        if self.kinds and finding.bug.kind not in self.kinds:
            return False
        return finding.fix.severity.rank <= self.least_severity.rank


class Target(NamedTuple):
    """The build that is judged; empty texts stand for what is not known.

    ``printed`` is the version as the binary prints it, ``version`` the release in it. ``origin`` is
    ``official`` where the build names the release's own commit, else one of ``build.Origin``.
    """

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


class Step(NamedTuple):
    """A release on the way: how many of the listed bugs it cures, and leaves."""

    version: str
    released_on: str
    cures: int
    leaves: int


class SetAside(NamedTuple):
    """How many bugs of the branch cannot concern the build, by the reason.

    All but the ``fixed`` ones are among the known bugs that its page counts.
    """

    entered_later: int = 0
    feature_missing: int = 0
    elsewhere: int = 0
    fixed: int = 0

    @property
    def known(self) -> int:
        """How many of the known bugs."""
        return self.entered_later + self.feature_missing + self.elsewhere


class Report(NamedTuple):
    """The answer for one build.

    ``reason`` says why a verdict is unknown. ``known_bugs`` is None where they cannot be counted;
    ``set_aside`` tells how many of the branch's bugs cannot concern the build, and ``taken_back``
    how many more are open because their fixes were taken back. ``related`` counts the bugs of other
    kinds that eat memory as well and were not asked for. ``findings`` and ``not_affected`` hold
    what was selected. ``steps`` are the releases that cure a listed bug, oldest first; ``minimal``
    is the smallest that cures every one that any release cures, ``latest`` the branch's newest.
    """

    target: Target
    provenance: Provenance
    age_days: int
    as_of: str
    verdict: Verdict
    reason: str = ""
    known_bugs: int | None = None
    by_severity: tuple[tuple[Severity, int], ...] = ()
    set_aside: SetAside = SetAside()
    taken_back: int = 0
    memory_leaks: int | None = None
    runtime_leaks: int | None = None
    kinds: tuple[str, ...] = ()
    related: tuple[tuple[Kind, int], ...] = ()
    findings: tuple[Finding, ...] = ()
    not_affected: tuple[Finding, ...] = ()
    steps: tuple[Step, ...] = ()
    minimal: Step | None = None
    latest: Step | None = None
    warnings: tuple[str, ...] = ()


_GROWTHS = (
    "per-connection",
    "per-request",
    "periodic",
    "per-cli-command",
    "per-reload",
    "on-error-path",
)
_GROWTH_RANK = {growth: rank for rank, growth in enumerate(_GROWTHS)}


def growth_class(finding: Finding) -> int:
    """How much a leak matters to a serving process.

    Returns:
        0 if it grows in one without end, 1 where that is not known, 2 if it ends by itself or needs
        memory to have run out, 3 if no serving process has it.
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
    day = provenance.data_as_of
    known = history
    if question.as_of and question.as_of < day:
        day = question.as_of
        known = history.as_of(day) if history is not None else None
    release = known.release(build.version.release.text) if known is not None else None
    report = Report(
        target=_target(build, release),
        provenance=provenance,
        age_days=_days(provenance.data_as_of, question.day),
        as_of=day,
        verdict=Verdict.UNKNOWN,
    )
    reason = _why_unknown(build, history, known, release, day)
    if reason or known is None or release is None:
        return report._replace(reason=reason)
    place, notes = _place(build, known, release)
    found = match(known, place, build.features, build.target)
    return _filled(report, known, found, question, notes)


class Adviser:
    """Judges many builds: each branch is read once, and equal builds are judged once.

    Args:
        history_of: gives a branch's releases and fixes; None where they are not known.
        provenance: of what ``history_of`` gives.
        question: the days, kinds and severities that are asked for.
    """

    def __init__(
        self,
        history_of: Callable[[str], BranchHistory | None],
        provenance: Provenance,
        question: Question,
    ) -> None:
        self._history_of = cache(history_of)
        self._provenance = provenance
        self._question = question
        self._reports: dict[tuple[object, ...], Report] = {}

    def advise(self, build: Build) -> Report:
        """Judge one build, as ``advise`` does."""
        key = (build.version.text, build.version.origin, *build[2:])  # all but the source
        report = self._reports.get(key)
        if report is None:
            history = self._history_of(build.version.release.branch)
            report = advise(build, history, self._provenance, self._question)
            self._reports[key] = report
        return report._replace(target=report.target._replace(source=build.source))


def _days(since: str, until: str) -> int:
    span = datetime.date.fromisoformat(until) - datetime.date.fromisoformat(since)
    return max(0, span.days)


def _target(build: Build, release: PublishedRelease | None) -> Target:
    version = build.version
    origin = version.origin.value
    if version.origin is Origin.COMMIT and release is not None and _is_own(version.commit, release):
        origin = "official"
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


def _is_own(commit: str, release: PublishedRelease) -> bool:
    """Whether this is the release's own commit, which upstream's tarballs carry in the version."""
    return release.commit.startswith(commit[:12])


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
        return (
            f"{version.text} is a build of {version.vendor}, "
            "whose level of fixes cannot be read off its number"
        )
    if version.origin is Origin.DEVELOPMENT:
        what = "a development version" if version.release.is_development else "a branch"
        return f"{text} is {what}; the pages of known bugs cover releases only, such as 2.2.4"
    if history is None:
        return f"branch {version.release.branch} is not in the catalogue (data as of {day})"
    if known is None:
        return f"branch {history.branch} had no release yet on {day}"
    if release is not None:
        return ""
    newest = known.newest
    if version.release.order > newest.order:
        return (
            f"{text} is newer than the data: on {day} the newest {known.branch} release was "
            f"{newest.version}; it holds the fixes of that one, what came since is not known"
        )
    return f"branch {known.branch} has no release {text} (data as of {day})"


def _place(
    build: Build, history: BranchHistory, release: PublishedRelease
) -> tuple[Place, tuple[str, ...]]:
    """Where on its branch a build stands, and what has to be said about that."""
    version = build.version
    here = place_release(history, release)
    if version.origin is Origin.PACKAGE:
        who = version.vendor or "a packager"
        return here, (
            f"{version.text} carries a revision of {who}: it is judged by its upstream version "
            f"{release.version}; fixes that were added to the package are not known",
        )
    if version.origin is Origin.UNRECOGNISED:
        rest = (
            "what the packager may have added to the version is cut off"
            if version.text == release.version
            else f"what follows the number in {version.text} is of no known form"
        )
        return here, (f"{rest}; it is judged as {release.version}",)
    if not version.commit or _is_own(version.commit, release):
        return here, ()
    place = place_commit(history, release, version.commit, version.commits_past)
    if place.position > here.position:
        return place, (
            f"built from commit {version.commit}, a fix merged after {release.version}: "
            "it is judged as of that commit",
        )
    return place, (
        f"built from commit {version.commit}, which is neither {release.version}'s own nor a known "
        f"fix: {len(place.doubtful)} fixes that were merged after {release.version} may be in it",
    )


def _filled(
    report: Report,
    history: BranchHistory,
    found: Match,
    question: Question,
    notes: tuple[str, ...],
) -> Report:
    """The report with what was found."""
    selected = tuple(sorted(filter(question.selects, found.findings), key=_rank))
    leaks = [item for item in found.findings if item.bug.kind is Kind.MEMORY_LEAK]
    steps = _steps(history, report.target.version, selected)
    verdict, reason = _verdict(report, history, found, selected, question)
    return report._replace(
        verdict=verdict,
        reason=reason,
        known_bugs=found.known_bugs,
        by_severity=found.by_severity,
        set_aside=_set_aside(history, found),
        taken_back=sum(item.fix_state is FixState.REVERTED for item in found.findings),
        memory_leaks=len(leaks),
        runtime_leaks=sum(item.bug.runtime is True for item in leaks),
        kinds=tuple(sorted(kind.value for kind in question.kinds)),
        related=_related(found, question),
        findings=selected,
        not_affected=tuple(sorted(filter(question.selects, found.not_affected), key=_rank)),
        steps=steps,
        minimal=steps[-1] if steps else None,
        latest=_step(history.newest, selected, _orders(history)),
        warnings=notes + _warnings(report, history, question),
    )


def _set_aside(history: BranchHistory, found: Match) -> SetAside:
    known = [item for item in found.not_affected if item.fix_state is not FixState.REVERTED]
    reasons = [item.reasons[0] for item in known]
    later = sum(reason.startswith("entered later") for reason in reasons)
    missing = sum(reason.startswith("needs ") for reason in reasons)
    return SetAside(
        entered_later=later,
        feature_missing=missing,
        elsewhere=len(reasons) - later - missing,
        fixed=len(history.fixes) - found.known_bugs,
    )


def _related(found: Match, question: Question) -> tuple[tuple[Kind, int], ...]:
    """How many bugs of the other kinds there are that make a process grow."""
    counts = Counter(item.bug.kind for item in found.findings)
    return tuple(
        (kind, counts[kind])
        for kind in (Kind.MEMORY_LEAK, Kind.STUCK_OBJECT, Kind.FD_LEAK)
        if question.kinds and kind not in question.kinds and counts[kind]
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
    end = _end_of(history, question.day)
    if end:
        return Verdict.UNKNOWN, f"nothing is listed, but {end}: later fixes were not merged into it"
    if report.age_days > question.max_age:
        return Verdict.UNKNOWN, (
            f"nothing was known on {report.as_of}, {report.age_days} days ago; "
            "what was found since is not known"
        )
    return Verdict.NOT_AFFECTED, ""


def _warnings(report: Report, history: BranchHistory, question: Question) -> tuple[str, ...]:
    warnings = []
    if report.age_days > question.max_age:
        warnings.append(
            f"the data is {report.age_days} days old: bugs and releases since "
            f"{report.provenance.data_as_of} are not in it"
        )
    end = _end_of(history, question.day)
    if end:
        warnings.append(f"{end}: bugs found since are not counted here, and were not fixed in it")
    return tuple(warnings)


def _end_of(history: BranchHistory, day: str) -> str:
    """What tells that the branch's maintenance had ended by that day; "" if nothing does."""
    ended = history.maintenance_ended(day)
    if ended:
        return f"branch {history.branch} was to be maintained until {history.maintained_until}"
    if ended is None and _days(history.newest.released_on, day) > 365:
        return f"branch {history.branch} has had no release since {history.newest.released_on}"
    return ""


def _orders(history: BranchHistory) -> dict[str, int]:
    return {release.version: release.order for release in history.releases}


def _step(release: PublishedRelease, findings: tuple[Finding, ...], orders: dict[str, int]) -> Step:
    cures = sum(
        bool(finding.fixed_in) and orders[finding.fixed_in] <= release.order for finding in findings
    )
    return Step(
        version=release.version,
        released_on=release.released_on,
        cures=cures,
        leaves=len(findings) - cures,
    )


def _steps(history: BranchHistory, here: str, findings: tuple[Finding, ...]) -> tuple[Step, ...]:
    """The releases after this one that cure a listed bug, oldest first."""
    orders = _orders(history)
    curing = {finding.fixed_in for finding in findings}
    return tuple(
        _step(release, findings, orders)
        for release in history.releases
        if release.order > orders[here] and release.version in curing
    )
