"""What hapadvise says of one build: one value, from which every output format is made."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from advisory.bug import Kind, Severity
from advisory.build import Build, Origin
from advisory.finding import Finding, FixState, Verdict
from advisory.history import BranchHistory, Provenance, PublishedRelease, age_of, neglected
from advisory.matcher import Match, Place, match, place_commit, place_release
from advisory.plan import (
    SETTLE_DAYS,
    Candidate,
    Recommendation,
    Support,
    branch_to_go_to,
    recommend,
    support_of,
    the_way,
)
from advisory.regressions import BadWindow, bad_at, concerning, known_bad
from advisory.requirements import needs_of
from advisory.unfixed import Missing, NeverFixed, never_fixed

if TYPE_CHECKING:
    from advisory.examination import Examination, Examiner


class Beyond(NamedTuple):
    """What is known beyond a branch that a report on it needs.

    ``missing`` gives what a branch has no fix of, ``outlines`` every branch without its content,
    ``history_of`` one with it.
    """

    missing: Callable[[str], Sequence[Missing]]
    outlines: Callable[[], Sequence[BranchHistory]]
    history_of: Callable[[str], BranchHistory | None]


class Question(NamedTuple):
    """What is asked of a build.

    ``today`` is the day on which it is asked, ``as_of`` the day as of which to answer ("" for all
    that is known), both ISO. ``kinds`` (empty: every kind) and ``least_severity`` select what is
    listed; ``narrowed`` says that the user chose them, so that other bugs are no answer. Data older
    than ``max_age`` days cannot show that there is nothing. A release that has not been out for
    ``settle_days`` is not recommended. ``patched`` are the bugs that the package has a patch for,
    with its name; None if its patches are not known. ``added`` are the commits of all its patches.
    """

    today: str
    as_of: str = ""
    kinds: frozenset[Kind] = frozenset({Kind.MEMORY_LEAK})
    least_severity: Severity = Severity.UNKNOWN
    narrowed: bool = False
    max_age: int = 7
    settle_days: int = SETTLE_DAYS
    patched: Mapping[str, str] | None = None
    added: tuple[str, ...] = ()

    @property
    def day(self) -> str:
        """The day that the answer is for."""
        return self.as_of or self.today

    def selects(self, finding: Finding) -> bool:
        """Whether a finding is of the kinds and severities that are asked for."""
        if self.kinds and finding.bug.kind not in self.kinds:
            return False
        return finding.fix.severity.rank <= self.least_severity.rank

    def asks_for(self, missing: Missing) -> bool:
        """Whether a bug that was never fixed is of the kinds and severities that are asked for."""
        if self.kinds and missing.kind not in self.kinds:
            return False
        return missing.severity.rank <= self.least_severity.rank


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


class SetAside(NamedTuple):
    """How many bugs of the branch cannot concern the build, by the reason.

    All but the ``fixed`` ones are among the known bugs that its page counts.
    """

    entered_later: int = 0
    feature_missing: int = 0
    elsewhere: int = 0
    fixed: int = 0
    not_configured: int = 0
    patched: int = 0

    @property
    def known(self) -> int:
        """How many of the known bugs."""
        mine = self.entered_later + self.feature_missing + self.elsewhere
        return mine + self.not_configured + self.patched


class Report(NamedTuple):
    """The answer for one build.

    ``reason`` says why a verdict is unknown. ``known_bugs`` is None where they cannot be counted;
    ``set_aside`` tells how many of the branch's bugs cannot concern the build, and ``taken_back``
    how many more are open because their fixes were taken back. ``related`` counts the bugs of other
    kinds that eat memory as well and were not asked for. ``findings`` and ``not_affected`` hold
    what was selected. ``way`` holds the releases that cure a listed bug, oldest first, and
    ``recommendation`` those to choose from. ``known_bad`` are the regressions that the release
    itself has, ``never_fixed`` the bugs that it has and that its branch got no fix of; ``support``
    tells how the branch is maintained.
    ``examination`` is what was measured on a process and what it shows, if anything was.
    """

    target: Target
    provenance: Provenance
    age_days: int | None
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
    newest: PublishedRelease | None = None
    way: tuple[Candidate, ...] = ()
    recommendation: Recommendation | None = None
    known_bad: tuple[BadWindow, ...] = ()
    never_fixed: tuple[NeverFixed, ...] = ()
    support: Support | None = None
    warnings: tuple[str, ...] = ()
    examination: Examination | None = None

    def is_old(self, max_age: int) -> bool:
        """Whether the data is older than so many days, or may be."""
        unsure = self.age_days is None or bool(neglected(self.provenance))
        return unsure or (self.age_days or 0) > max_age


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
    build: Build,
    history: BranchHistory | None,
    provenance: Provenance,
    question: Question,
    examiner: Examiner | None = None,
    beyond: Beyond | None = None,
) -> Report:
    """Judge one build.

    Args:
        build: what the binary says of itself.
        history: its branch's releases and fixes; None where the catalogue does not cover it.
        provenance: the catalogue's.
        question: the days, kinds and severities that are asked for.
        examiner: knows what was measured on a process of this build.
        beyond: what is known beyond the branch.

    Returns:
        A report; its verdict is unknown, with the reason, where the build cannot be judged.
    """
    if history is not None and history.checked_on:
        provenance = provenance._replace(data_as_of=history.checked_on)
    day = provenance.data_as_of
    known = history
    if question.as_of and question.as_of < day:
        day = question.as_of
        known = history.as_of(day) if history is not None else None
    release = known.release(build.version.release.text) if known is not None else None
    report = Report(
        target=_target(build, release),
        provenance=provenance,
        age_days=_age(provenance.data_as_of, question),
        as_of=day,
        verdict=Verdict.UNKNOWN,
    )
    reason = why_unknown(build, history, known, release, day)
    if reason or known is None or release is None:
        return report._replace(reason=reason)
    place, notes = place_of(build, known, release, question.patched)
    found = _as_patched(match(known, place, build.features, build.target), question)
    windows = windows_of(known, build)
    if examiner is not None:
        found = _judged(found, examiner)

        def advice_on(finding: Finding) -> str:
            return _advice(recommend(known, release, [finding], windows, question.day))

        report = report._replace(examination=examiner.conclude(found.findings, advice_on))
    report = _filled(report, known, found, question, notes)
    return _led_on(report, build, known, release, windows, question, beyond)


def _advice(choice: Recommendation) -> str:
    """Which release to choose, where that is not the one that cures first."""
    minimal, recommended = choice.minimal, choice.recommended
    if minimal is None or recommended is None or recommended.release == minimal.release:
        return ""
    return f"better {recommended.release.version}, since {minimal.against}"


def _as_patched(found: Match, question: Question) -> Match:
    """What was found, less what the package has patches for, and with what these may bring in."""
    patched = question.patched
    if patched is None:
        return found
    cured = [
        item._replace(
            verdict=Verdict.NOT_AFFECTED,
            reasons=(f"the package has it: {patched[item.bug.id]}",),
        )
        for item in found.findings
        if item.bug.id in patched
    ]
    brought = {
        item.bug.id: item._replace(
            verdict=Verdict.POSSIBLE,
            reasons=(f"it came with commit {item.fix.introduced_by}, which the package has added",),
        )
        for item in found.not_affected
        if _is_among(item.fix.introduced_by, question.added)
    }
    kept = [item for item in found.findings if item.bug.id not in patched]
    aside = [item for item in found.not_affected if item.bug.id not in brought]
    return found._replace(findings=(*kept, *brought.values()), not_affected=(*aside, *cured))


def _is_among(commit: str, commits: Iterable[str]) -> bool:
    return bool(commit) and any(
        commit.startswith(other) or other.startswith(commit) for other in commits
    )


def _judged(found: Match, examiner: Examiner) -> Match:
    """What was found, held against the configuration."""
    judged = [examiner.judge(finding) for finding in found.findings]
    ruled_out = [item for item in judged if item.configured is Verdict.NOT_AFFECTED]
    return found._replace(
        findings=tuple(item for item in judged if item.configured is not Verdict.NOT_AFFECTED),
        not_affected=(*found.not_affected, *ruled_out),
    )


class Adviser:
    """Judges many builds: each branch is read once, and equal builds are judged once.

    Args:
        history_of: gives a branch's releases and fixes; None where they are not known.
        provenance: of what ``history_of`` gives.
        question: the days, kinds and severities that are asked for.
        beyond: what is known beyond a branch.
    """

    def __init__(
        self,
        history_of: Callable[[str], BranchHistory | None],
        provenance: Provenance,
        question: Question,
        beyond: Beyond | None = None,
    ) -> None:
        self._history_of = cache(history_of)
        self._beyond = (
            Beyond(cache(beyond.missing), cache(beyond.outlines), cache(beyond.history_of))
            if beyond is not None
            else None
        )
        self._provenance = provenance
        self._question = question
        self._reports: dict[tuple[object, ...], Report] = {}

    def advise(self, build: Build, examiner: Examiner | None = None) -> Report:
        """Judge one build, as ``advise`` does."""
        if examiner is not None:
            history = self._history_of(build.version.release.branch)
            return advise(build, history, self._provenance, self._question, examiner, self._beyond)
        key = (build.version.text, build.version.origin, *build[2:])  # all but the source
        report = self._reports.get(key)
        if report is None:
            history = self._history_of(build.version.release.branch)
            report = advise(build, history, self._provenance, self._question, beyond=self._beyond)
            self._reports[key] = report
        return report._replace(target=report.target._replace(source=build.source))


def _age(day: str, question: Question) -> int | None:
    """How old data of that day is; None if it is of the future, so that a clock must be wrong."""
    if question.as_of and question.as_of <= day:
        return 0
    return age_of(day, question.day)


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
    return bool(release.commit) and release.commit.startswith(commit[:12])


def why_unknown(
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


def place_of(
    build: Build,
    history: BranchHistory,
    release: PublishedRelease,
    patched: Mapping[str, str] | None = None,
) -> tuple[Place, tuple[str, ...]]:
    """Where on its branch a build stands, and what has to be said about that."""
    version = build.version
    here = place_release(history, release)
    if version.origin is Origin.PACKAGE:
        who = version.vendor or "a packager"
        return here, (
            f"{version.text} carries a revision of {who}: it is judged by its upstream version "
            f"{release.version}; "
            + (
                "fixes that were added to the package are not known"
                if patched is None
                else f"{len(patched)} of its bugs are fixed by patches of the package"
            ),
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
    if not release.commit and not version.commits_past:
        return here, (
            f"built from commit {version.commit}; whether that is {release.version}'s own is not "
            f"known, as the catalogue has that release from its pages: it is judged as "
            f"{release.version}",
        )
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
        newest=history.newest,
        warnings=notes + _warnings(report, history, question),
    )


def _set_aside(history: BranchHistory, found: Match) -> SetAside:
    known = [item for item in found.not_affected if item.fix_state is not FixState.REVERTED]
    reasons = [item.reasons[0] for item in known if item.configured is None]
    later = sum(reason.startswith("entered later") for reason in reasons)
    missing = sum(reason.startswith("needs ") for reason in reasons)
    patched = sum(reason.startswith("the package has it") for reason in reasons)
    return SetAside(
        entered_later=later,
        feature_missing=missing,
        elsewhere=len(reasons) - later - missing - patched,
        fixed=len(history.fixes) - found.known_bugs,
        not_configured=len(known) - len(reasons),
        patched=patched,
    )


def _related(found: Match, question: Question) -> tuple[tuple[Kind, int], ...]:
    """How many bugs of the other kinds there are that make a process grow."""
    counts = Counter(item.bug.kind for item in found.findings)
    return tuple(
        (kind, counts[kind])
        for kind in (Kind.MEMORY_LEAK, Kind.STUCK_OBJECT, Kind.FD_LEAK)
        if question.kinds and kind not in question.kinds and counts[kind]
    )


_FUTURE = "the data is of {}, which is yet to come: the clock is wrong, or was; its age is unknown"


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
    if report.age_days is None:
        return Verdict.UNKNOWN, f"nothing is listed, but {_FUTURE.format(report.as_of)}"
    if neglected(report.provenance):
        return Verdict.UNKNOWN, f"nothing is listed, but {neglected(report.provenance)}"
    if report.age_days > question.max_age:
        return Verdict.UNKNOWN, (
            f"nothing was known on {report.as_of}, {report.age_days} days ago; "
            "what was found since is not known"
        )
    return Verdict.NOT_AFFECTED, ""


def _warnings(report: Report, history: BranchHistory, question: Question) -> tuple[str, ...]:
    warnings = []
    if neglected(report.provenance):
        warnings.append(neglected(report.provenance))
    if report.age_days is None:
        warnings.append(_FUTURE.format(report.provenance.data_as_of))
    elif report.age_days > question.max_age:
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


def _led_on(
    report: Report,
    build: Build,
    history: BranchHistory,
    release: PublishedRelease,
    windows: tuple[BadWindow, ...],
    question: Question,
    beyond: Beyond | None,
) -> Report:
    """The report with where to go from here."""
    day, patched = question.day, question.patched or {}
    missing: Sequence[Missing] = ()
    if beyond is not None:
        missing = missing_for(
            (one for one in beyond.missing(history.branch) if one.bug_id not in patched),
            history,
            build.features,
            report.as_of,
        )
    support = support_of(history, day)
    elsewhere = None
    uncured = any(not finding.fixed_in for finding in report.findings)
    if beyond is not None and (support.ended is not False or uncured):
        elsewhere = _elsewhere(history, build, day, beyond)
    way = the_way(history, release, report.findings, windows, day, question.settle_days)
    curing = {finding.fixed_in for finding in report.findings}
    never = never_fixed(history, missing, day, release.version)
    if any(one.proven and not one.pending and question.asks_for(one.missing) for one in never):
        report = report._replace(verdict=Verdict.AFFECTED, reason="")
    return report._replace(
        way=tuple(one for one in way if one.release.version in curing),
        recommendation=recommend(
            history,
            release,
            report.findings,
            windows,
            day,
            settle_days=question.settle_days,
            elsewhere=elsewhere,
        ),
        known_bad=bad_at(windows, release.version),
        never_fixed=never,
        support=support,
        warnings=report.warnings + _ends_soon(history, support, day, beyond),
    )


def windows_of(history: BranchHistory, build: Build) -> tuple[BadWindow, ...]:
    """The bad windows of a branch, as it stands or stood, that can concern a build."""
    return concerning(known_bad(history), build.features, build.target)


def missing_for(
    missing: Iterable[Missing], history: BranchHistory, features: Iterable[str], day: str
) -> tuple[Missing, ...]:
    """What a branch had no fix of on an ISO day, and what can concern a build.

    Args:
        missing: of one branch.
        history: that branch on that day; what entered it later is left out.
        features: what the build lists, as ``+NAME`` and ``-NAME``; what is off rules a bug out.
        day: a fix that a newer branch got later was not missed yet.
    """
    off = frozenset(feature[1:] for feature in features if feature.startswith("-"))
    known = {"", *(release.version for release in history.releases)}
    return tuple(
        one
        for one in missing
        if one.newer_merged_on <= day
        and one.introduced_in in known
        and not any(off.issuperset(group) for group in needs_of(one.subsystem))
    )


def _ends_soon(
    history: BranchHistory, support: Support, day: str, beyond: Beyond | None
) -> tuple[str, ...]:
    """A warning where the branch's maintenance is about to end, with the branch to go to."""
    if not support.soon:
        return ()
    other = branch_to_go_to(beyond.outlines(), history.branch, day) if beyond is not None else None
    then = f": plan the move to {other.branch}" if other is not None else ""
    return (f"branch {history.branch} is to be maintained until {support.until} only{then}",)


def _elsewhere(
    history: BranchHistory, build: Build, day: str, beyond: Beyond
) -> tuple[BranchHistory, tuple[BadWindow, ...]] | None:
    """The branch to go to, as of a day, and its regressions."""
    chosen = branch_to_go_to(beyond.outlines(), history.branch, day)
    whole = beyond.history_of(chosen.branch) if chosen is not None else None
    other = whole.as_of(day) if whole is not None else None
    if other is None:
        return None
    return other, windows_of(other, build)
