"""Reports for a person: plain text of a given width, with or without colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from advisory.bug import Kind, Severity, Tier
from advisory.finding import Finding, FixState, Verdict
from advisory.formats.links import commit_url, tarball_url
from advisory.plan import Candidate, Recommendation
from advisory.regressions import BadWindow
from advisory.report import Report, SetAside, growth_class
from advisory.unfixed import Missing, NeverFixed

if TYPE_CHECKING:
    from advisory.pools import PoolGrowth
    from advisory.suspects import Suspect

MIN_WIDTH = 40
MAX_WIDTH = 120
MOST_SUSPECTS = 3
MOST_NEVER_FIXED = 20
_COMMANDS = ("echo ", "grep ", "ps ")
_BOLD = "1"
_DIM = "2"
_COLOURS = {
    Severity.CRITICAL: "1;31",
    Severity.MAJOR: "31",
    Severity.MEDIUM: "33",
    Severity.MINOR: "36",
    Severity.UNKNOWN: "0",
}
_CLASSES = (
    "grow in a running process",
    "may grow in a running process (nobody has reviewed these)",
    "grow in a running process, but end by themselves or need memory to have run out",
    "happen only while the configuration is read, at start or at exit",
)
GROWTHS = {
    "per-request": "with each request",
    "per-connection": "with each connection",
    "periodic": "with time",
    "per-cli-command": "with each CLI command",
    "per-reload": "with each reload",
    "on-error-path": "when an error is handled",
    "per-config-parse": "while the configuration is read",
    "at-exit": "at exit",
}
TIERS = {
    Tier.VERIFIED: "reviewed",
    Tier.SUBJECT: "not reviewed: classed by the words of the fix's subject",
    Tier.MESSAGE: "not reviewed: classed by the words of the fix's message",
    Tier.NONE: "not classed",
}
_ORIGINS = {
    "official": "upstream's own release (commit {commit})",
    "commit": "built from commit {commit}",
    "snapshot": "a snapshot (commit {commit})",
    "package": "a package of {vendor}",
    "development": "a development version",
    "enterprise": "{vendor}",
}


def render_text(reports: Sequence[Report], *, width: int, colour: bool) -> str:
    """The reports one after the other, no line wider than ``width`` (but a link may be)."""
    width = max(MIN_WIDTH, min(width, MAX_WIDTH))
    bodies: dict[Report, str] = {}
    pages = []
    for report in reports:
        page = _Page(report, width, colour)
        if report.examination is not None:
            pages.append(page.head() + page.body())
            continue
        alike = report._replace(target=report.target._replace(source=""))
        if alike not in bodies:
            bodies[alike] = page.body()
        pages.append(page.head() + bodies[alike])
    return "\n".join(pages)


def wrap(text: str, width: int, *, first: str = "", rest: str = "") -> Iterator[str]:
    """The text in lines of a width, broken at spaces; a longer word has a line of its own."""
    start, words = first, ""
    for word in _plain(text).split():
        if words and len(start) + len(words) + 1 + len(word) > width:
            yield start + words
            start, words = rest, word
        else:
            words = f"{words} {word}" if words else word
    if words:
        yield start + words


def _plain(text: str) -> str:
    """The text without what a terminal might obey: names and lines come from what was passed."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text)


class _Page:
    """One report's text, block by block."""

    def __init__(self, report: Report, width: int, colour: bool) -> None:
        self.report = report
        self.width = width
        self.colour = colour

    def head(self) -> str:
        return "\n".join(self.build()) + "\n"

    def body(self) -> str:
        blocks = (
            *(self.diagnosis(), self.answer(), self.warnings()),
            *(self.bugs(), self.never_fixed(), self.upgrade()),
        )
        return "".join(f"\n{text}\n" for text in map("\n".join, blocks) if text)

    def style(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def wrap(self, text: str, *, first: str = "", rest: str = "") -> Iterator[str]:
        return wrap(text, self.width, first=first, rest=rest)

    def build(self) -> Iterator[str]:
        target, provenance = self.report.target, self.report.provenance
        yield self.style(f"HAProxy {target.printed}", _BOLD)
        facts = [f"branch {target.branch}"]
        if target.released_on:
            facts.append(f"{target.version} was released on {target.released_on}")
        if target.origin in _ORIGINS:
            vendor = target.vendor or "an unnamed packager"
            facts.append(_ORIGINS[target.origin].format(commit=target.commit, vendor=vendor))
        yield from self.wrap("; ".join(facts))
        yield from self.wrap(
            f"read from {target.source}; {provenance.source} data as of {provenance.data_as_of} "
            f"({self._age()})"
        )

    def _age(self) -> str:
        days = self.report.age_days
        return "of a day yet to come" if days is None else f"{_many(days, 'day')} old"

    def answer(self) -> Iterator[str]:
        report = self.report
        if report.known_bugs is not None and report.newest is not None:
            target = report.target
            yield from self.wrap(
                f"{target.version} is affected by {_many(report.known_bugs, 'known bug')}"
                f"{_by_severity(report)} as of {report.as_of}; "
                f"the newest {target.branch} release is {report.newest.version}."
            )
        if report.set_aside.known or report.set_aside.fixed:
            yield from self.wrap(_set_aside(report.set_aside))
        if report.taken_back:
            yield from self.wrap(
                f"{_many(report.taken_back, 'more bug')} may be open: "
                "the fix was merged and taken back."
            )
        if report.verdict is Verdict.UNKNOWN:
            yield from self.wrap(f"UNKNOWN: {report.reason}.")
        if report.verdict is Verdict.NOT_AFFECTED:
            yield from self.wrap(
                f"Nothing of what was asked for is known as of {report.as_of}"
                + (
                    f", beside what was not fixed in {report.target.branch}."
                    if any(one.proven for one in report.never_fixed)
                    else "."
                )
            )

    def warnings(self) -> Iterator[str]:
        for warning in self.report.warnings:
            yield from self.wrap(f"{warning}.", first="! ", rest="  ")

    def diagnosis(self) -> Iterator[str]:
        """What was measured, and what it points to."""
        examination = self.report.examination
        if examination is None:
            return
        evidence, diagnosis = examination.evidence, examination.diagnosis
        title = f"Diagnosis: {diagnosis.verdict.replace('-', ' ')}"
        yield self.style(title, _BOLD)
        yield from self.wrap(diagnosis.explanation)
        for step in diagnosis.next_steps:
            yield from self.step(step)
        yield ""
        yield from self.wrap(f"Measured: {'; '.join(evidence.notes)}.")
        for line in examination.lines:
            row = line.grown
            yield from self.wrap(_grown(line.hidden.names, line.hidden.certain, row, line.share))
        for number, suspect in enumerate(examination.suspects[:MOST_SUSPECTS], 1):
            yield ""
            yield from self.suspect(number, suspect)
        more = len(examination.suspects) - MOST_SUSPECTS
        if more > 0:
            yield ""
            yield f"{_many(more, 'more suspect')} with lower scores: --format json"

    def step(self, step: str) -> Iterator[str]:
        """What to do next; a command stands on a line of its own, to be copied."""
        text, _, command = step.partition(": ")
        if not command.startswith(_COMMANDS):
            yield from self.wrap(step, first="- ", rest="  ")
            return
        yield from self.wrap(f"{text}:", first="- ", rest="  ")
        for line in command.split(" ; "):
            yield f"    {_plain(line)}"

    def suspect(self, number: int, suspect: Suspect) -> Iterator[str]:
        from advisory.examination import citation_of

        finding = suspect.finding
        title = (
            f"Suspect {number}: {finding.bug.id}, {finding.bug.subsystem}, {_fate(finding)}, "
            f"score {suspect.score}"
        )
        for line in self.wrap(title, rest="  "):
            yield self.style(line, _BOLD)
        for part in suspect.parts:
            yield from self.wrap(
                part.text, first=f"  {part.points:+4d}  {part.name:<8} ", rest=" " * 17
            )
        for source, number, text in map(citation_of, suspect.relevance.citations):
            yield from self.wrap(f"{source}, line {number}: {text}", first=" " * 8, rest=" " * 10)

    def bugs(self) -> Iterator[str]:
        report = self.report
        if report.known_bugs is None:
            return
        count = len(report.findings)
        title = f"{_many(count, _name_of_kinds(report))} in {report.target.version}"
        if report.not_affected:
            title += f" ({len(report.not_affected)} more set aside: {_aside(report)})"
        yield from (self.style(line, _BOLD) for line in self.wrap(title))
        if report.related:
            also = " and ".join(
                f"{_many(count, kind.value.replace('-', ' '))} (--kind {kind.value})"
                for kind, count in report.related
            )
            yield from self.wrap(f"Not listed here: {also}.")
        classes = [growth_class(finding) for finding in report.findings]
        shown = -1
        for number, finding in enumerate(report.findings, 1):
            place = classes[number - 1]
            if place != shown and report.kinds == (Kind.MEMORY_LEAK.value,):
                shown = place
                heading = f"{classes.count(place)} {_CLASSES[place]}"
                yield ""
                yield from (self.style(line, _BOLD) for line in self.wrap(heading))
            yield ""
            yield from self.finding(number, finding)

    def finding(self, number: int, finding: Finding) -> Iterator[str]:
        bug, fix, advisory = finding.bug, finding.fix, finding.bug.advisory
        where = bug.subsystem or "(subsystem not named)"
        severity = self.style(fix.severity.value.upper(), _COLOURS[fix.severity])
        fate = self.style(_fate(finding), _BOLD)
        yield f"{number:>3}. {severity}  {where}  {fate}"
        indent, hanging = " " * 5, " " * 11
        yield from self.wrap(_what(finding, where), first=indent, rest=indent)
        if advisory is not None and advisory.trigger:
            yield from self.wrap(f"When: {advisory.trigger}", first=indent, rest=hanging)
        if advisory is not None and advisory.workaround:
            yield from self.wrap(f"Until then: {advisory.workaround}", first=indent, rest=hanging)
        if finding.configured is not None:
            sure = "Here" if finding.configured is Verdict.AFFECTED else "Here perhaps"
            yield from self.wrap(
                f"{sure}: {'; '.join(finding.because)}.", first=indent, rest=hanging
            )
        if finding.fix_state is not FixState.RELEASED or finding.verdict is Verdict.POSSIBLE:
            reasons = "; ".join(finding.reasons)
            if finding.fix_state is FixState.REVERTED:
                reasons += "; perhaps the branch does not have the bug, the link tells why"
            yield from self.wrap(f"Note: {reasons}.", first=indent, rest=hanging)
        for line in self.wrap("; ".join(_facts(finding)), first=indent, rest=indent):
            yield self.style(line, _DIM)
        yield self.style(f"{indent}{commit_url(fix)}", _DIM)

    def never_fixed(self) -> Iterator[str]:
        """What the branch still has for want of a fix, apart from what its page counts."""
        report = self.report
        proven = [one for one in report.never_fixed if one.proven and not one.pending]
        if not proven:
            return
        branch, whole = report.target.branch, proven[0].missing.checked_in
        worst = _counted(one.missing.severity for one in proven)
        it = "it" if len(proven) == 1 else "them"
        maintained = report.support is not None and report.support.ended is False
        yield self.style(
            f"Not fixed in {branch} so far" if maintained else f"Never fixed in {branch}", _BOLD
        )
        yield from self.wrap(
            f"{_many(len(proven), 'more bug')} ({worst}) that other branches got fixed: the code "
            f"of {whole} still has {it}. No page counts {it}."
        )
        asked = [one for one in proven if one.missing.kind.value in report.kinds]
        named = [one for one in asked if one.missing.runtime is not False]
        for one in named[:MOST_NEVER_FIXED]:
            yield from self.wrap(_missed(one), first="  ", rest="    ")
        if len(named) > MOST_NEVER_FIXED:
            yield f"  and {len(named) - MOST_NEVER_FIXED} more: --format json"
        if others := len(asked) - len(named):
            yield from self.wrap(
                f"{_many(others, 'leak')} of them {_happens(others)} only while the "
                "configuration is read, at start or at exit."
            )

    def upgrade(self) -> Iterator[str]:
        report = self.report
        newest, choice = report.newest, report.recommendation
        if newest is None or choice is None:
            return
        yield self.style("Upgrade", _BOLD)
        branch = report.target.branch
        if report.known_bad:
            yield from self.wrap(
                f"{report.target.version} has {_regressions(report.known_bad)} of its own: bugs "
                "that came with a release of the branch.",
            )
        if choice.minimal is not None:
            yield from self.wrap(_minimal(choice.minimal, report))
            yield from self.wrap(_enough(report))
            yield from self.recommended(choice)
            yield ""
            yield from self.way(choice)
            yield ""
        elif report.findings:
            yield from self.wrap(f"No release of {branch} cures any of what is listed.")
        else:
            kinds = _name_of_kinds(report)
            yield from self.wrap(
                f"No {kinds} is listed that an upgrade would cure."
                + (
                    " For the other known bugs see --all."
                    if report.known_bugs and report.kinds
                    else ""
                )
            )
        if choice.minimal is None and report.known_bad:
            yield from self.recommended(choice)
        yield from self.wrap(
            f"The newest {branch} release is {newest.version} ({newest.released_on})"
            + (", this one." if newest.version == report.target.version else ".")
        )
        if choice.elsewhere is not None:
            other = choice.elsewhere
            cures = f", which cures {len(other.cures)} of those listed" if other.cures else ""
            yield from self.wrap(
                f"{other.reason[0].upper()}{other.reason[1:]}: go to {other.release.version} "
                f"({other.release.released_on}){cures}."
            )
            yield from self.tarball(other)

    def recommended(self, choice: Recommendation) -> Iterator[str]:
        """The release to choose, and why; or why there is none."""
        one, latest = choice.recommended, choice.latest
        if one is not None:
            yield from self.wrap(f"Recommended: {one.release.version}. {one.reason}.")
            yield from self.tarball(one)
        elif latest is not None:
            yield from self.wrap(f"None of them can be recommended yet: {latest.against}.")

    def tarball(self, one: Candidate) -> Iterator[str]:
        """Where a release is, and what it must hash to where that is known."""
        yield self.style(f"  {tarball_url(one.branch, one.release.version)}", _DIM)
        if one.release.sha256:
            for line in self.wrap(f"SHA-256 {one.release.sha256}", first="  ", rest="  "):
                yield self.style(line, _DIM)

    def way(self, choice: Recommendation) -> Iterator[str]:
        """The releases that cure something, a line each."""
        shown = list(self.report.way)
        if choice.recommended is not None and choice.recommended.release not in [
            one.release for one in shown
        ]:
            shown.append(choice.recommended)
        shown.sort(key=lambda one: one.release.order)
        wide = max(len(one.release.version) for one in shown)
        for one in shown:
            marks = []
            if choice.minimal is not None and one.release == choice.minimal.release:
                marks.append("the smallest")
            if choice.recommended is not None and one.release == choice.recommended.release:
                marks.append("recommended")
            if one.brings_in:
                marks.append(_regressions(_gravest(one.brings_in)))
            line = (
                f"  {one.release.version:<{wide}}  {one.release.released_on}  "
                f"cures {len(one.cures):>3}, leaves {len(one.leaves):>3}"
            )
            mark = f"  <- {', '.join(marks)}" if marks else ""
            if len(line + mark) <= self.width:
                yield line + mark
            else:
                yield line
                yield from self.wrap(", ".join(marks), first=" " * 10 + "<- ", rest=" " * 13)


def _missed(one: NeverFixed) -> str:
    """A bug that was never fixed, and why that is said."""
    missing = one.missing
    return (
        f"{missing.bug_id}  {missing.severity.value} {missing.subsystem or 'no subsystem'}: "
        f"{_words(missing)} {one.reason[0].upper()}{one.reason[1:]}."
    )


def _words(missing: Missing) -> str:
    words = missing.words or f"{missing.kind.value.replace('-', ' ')}, not described yet"
    return words if words.endswith(".") else f"{words}."


def _regressions(windows: Sequence[BadWindow]) -> str:
    """How many, by severity."""
    return f"{_counted(window.severity for window in windows)} regression{'s'[len(windows) == 1 :]}"


def _gravest(windows: Sequence[BadWindow]) -> Sequence[BadWindow]:
    """Those that speak against a release, or all where none does."""
    grave = [window for window in windows if window.severity.rank <= Severity.MEDIUM.rank]
    return grave or windows


def _counted(severities: Iterable[Severity]) -> str:
    """How many of each severity, the worst first."""
    counts = Counter(severities)
    text = ", ".join(
        f"{counts[severity]} {severity.value}" for severity in Severity if counts[severity]
    )
    return text.replace("unknown", "unrated")


def _happens(count: int) -> str:
    return "happens" if count == 1 else "happen"


def _grown(names: Sequence[str], certain: bool, row: PoolGrowth, share: float) -> str:
    """One pool that grew, and what may hide in it."""
    counts = " -> ".join("?" if count is None else f"{count:,}" for count in row.counts)
    text = f"{row.name} ({row.size} bytes): {counts} objects in use, {share:.0%} of all growth"
    if row.per_hour is not None:
        text += f", {row.per_hour:,.0f} per hour"
    if len(names) > 1 and not certain:
        text += f"; may hold {', '.join(names)}"
    return f"{text}."


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _by_severity(report: Report) -> str:
    counted = [f"{count} {severity.value}" for severity, count in report.by_severity if count]
    return f" ({', '.join(counted)})".replace("unknown", "unrated") if counted else ""


def _name_of_kinds(report: Report) -> str:
    if len(report.kinds) == 1:
        return report.kinds[0].replace("-", " ")
    return "listed bug" if report.kinds else "bug"


def _aside(report: Report) -> str:
    later = sum(item.reasons[0].startswith("entered later") for item in report.not_affected)
    other = len(report.not_affected) - later
    parts = (
        (later, f"{later} entered later"),
        (other, f"{other} cannot concern this build"),
    )
    return ", ".join(text for count, text in parts if count)


def _fate(finding: Finding) -> str:
    return {
        FixState.RELEASED: f"fixed in {finding.fixed_in}",
        FixState.MERGED: "fixed, not released yet",
        FixState.REVERTED: "not cured by any release",
    }[finding.fix_state]


def _what(finding: Finding, where: str) -> str:
    bug = finding.bug
    if bug.advisory is not None:
        return bug.advisory.summary
    if bug.title:
        return bug.title
    if bug.kind is Kind.OTHER:
        return f"A bug in {where}; the catalogue does not say what it does, the link does."
    return f"{bug.kind.value.replace('-', ' ').capitalize()} in {where}; more behind the link."


def _facts(finding: Finding) -> Iterator[str]:
    bug, fix, advisory = finding.bug, finding.fix, finding.bug.advisory
    if advisory is not None and advisory.growth:
        yield ("grows " if bug.runtime else "") + GROWTHS[advisory.growth]
    if fix.introduced_in:
        yield f"since {fix.introduced_in}" + (
            " or before" if fix.introduced_in == f"{fix.branch}.0" else ""
        )
    elif advisory is not None and advisory.since_version:
        yield f"since {advisory.since_version}"
    else:
        yield "since when is not known"
    if bug.issues:
        yield "issue " + ", ".join(map(str, bug.issues))
    no_leak = bug.tier is Tier.VERIFIED and advisory is None
    yield "reviewed: no leak" if no_leak else TIERS[bug.tier]


def _set_aside(aside: SetAside) -> str:
    """How many bugs were set aside, and why."""
    parts = (
        (aside.entered_later, "entered later"),
        (aside.feature_missing, f"need{'s'[aside.feature_missing > 1 :]} a feature that it lacks"),
        (aside.elsewhere, f"concern{'s'[aside.elsewhere > 1 :]} another program or target"),
        (aside.patched, f"{'are' if aside.patched > 1 else 'is'} patched in the package"),
        (
            aside.not_configured,
            f"need{'s'[aside.not_configured > 1 :]} what the configuration lacks",
        ),
    )
    text = ", ".join(f"{count} {what}" for count, what in parts if count)
    fixes = "fix of the branch is" if aside.fixed == 1 else "fixes of the branch are"
    held = f"{aside.fixed} {fixes} in it."
    return (f"{aside.known} of these cannot bite this build: {text}. " if text else "") + held


def _enough(report: Report) -> str:
    """The smallest release for those leaks that a serving process has, if a smaller one will do."""
    if report.kinds != (Kind.MEMORY_LEAK.value,):
        return ""
    growing = [item.fixed_in for item in report.findings if growth_class(item) < 2]
    curing = [one for one in report.way if one.release.version in growing]
    minimal = report.recommendation.minimal if report.recommendation else None
    if not curing or minimal is None or curing[-1].release == minimal.release:
        return ""
    count = sum(map(bool, growing))
    release = curing[-1].release
    return (
        f"{release.version} ({release.released_on}) is enough for the {count} of them that "
        "grow in a running process, or may."
    )


def _minimal(one: Candidate, report: Report) -> str:
    total, name = len(report.findings), _name_of_kinds(report)
    release = one.release
    start = f"{release.version} ({release.released_on}) is the smallest release that cures "
    if not one.leaves:
        return start + (f"all {total} {name}s listed." if total > 1 else f"the {name} listed.")
    return (
        f"{start}{len(one.cures)} of the {_many(total, name)} listed; "
        f"no release of {report.target.branch} cures the other {len(one.leaves)}."
    )
