"""Reports for a person: plain text of a given width, with or without colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisory.bug import Kind, Severity, Tier
from advisory.finding import Finding, FixState, Verdict
from advisory.formats.links import commit_url
from advisory.report import Report, SetAside, Step, growth_class

MIN_WIDTH = 40
MAX_WIDTH = 120
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
        alike = report._replace(target=report.target._replace(source=""))
        if alike not in bodies:
            bodies[alike] = page.body()
        pages.append(page.head() + bodies[alike])
    return "\n".join(pages)


def wrap(text: str, width: int, *, first: str = "", rest: str = "") -> Iterator[str]:
    """The text in lines of a width, broken at spaces; a longer word has a line of its own."""
    start, words = first, ""
    for word in text.split():
        if words and len(start) + len(words) + 1 + len(word) > width:
            yield start + words
            start, words = rest, word
        else:
            words = f"{words} {word}" if words else word
    if words:
        yield start + words


class _Page:
    """One report's text, block by block."""

    def __init__(self, report: Report, width: int, colour: bool) -> None:
        self.report = report
        self.width = width
        self.colour = colour

    def head(self) -> str:
        return "\n".join(self.build()) + "\n"

    def body(self) -> str:
        blocks = (self.answer(), self.warnings(), self.bugs(), self.upgrade())
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
            f"({_many(self.report.age_days, 'day')} old)"
        )

    def answer(self) -> Iterator[str]:
        report = self.report
        if report.known_bugs is not None and report.latest is not None:
            target = report.target
            yield from self.wrap(
                f"{target.version} is affected by {_many(report.known_bugs, 'known bug')}"
                f"{_by_severity(report)} as of {report.as_of}; "
                f"the newest {target.branch} release is {report.latest.version}."
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
            yield from self.wrap(f"Nothing of what was asked for is known as of {report.as_of}.")

    def warnings(self) -> Iterator[str]:
        for warning in self.report.warnings:
            yield from self.wrap(f"{warning}.", first="! ", rest="  ")

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
        if finding.fix_state is not FixState.RELEASED or finding.verdict is Verdict.POSSIBLE:
            reasons = "; ".join(finding.reasons)
            if finding.fix_state is FixState.REVERTED:
                reasons += "; perhaps the branch does not have the bug, the link tells why"
            yield from self.wrap(f"Note: {reasons}.", first=indent, rest=hanging)
        for line in self.wrap("; ".join(_facts(finding)), first=indent, rest=indent):
            yield self.style(line, _DIM)
        yield self.style(f"{indent}{commit_url(fix)}", _DIM)

    def upgrade(self) -> Iterator[str]:
        report = self.report
        latest, minimal = report.latest, report.minimal
        if latest is None:
            return
        yield self.style("Upgrade", _BOLD)
        branch = report.target.branch
        if minimal is not None:
            yield from self.wrap(_minimal(minimal, report))
            yield from self.wrap(_enough(report))
            yield ""
            wide = max(len(step.version) for step in report.steps)
            for step in report.steps:
                mark = "  <- the smallest" if step is minimal else ""
                yield (
                    f"  {step.version:<{wide}}  {step.released_on}  cures {step.cures:>3}, "
                    f"leaves {step.leaves:>3}{mark}"
                )
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
        yield from self.wrap(
            f"The newest {branch} release is {latest.version} ({latest.released_on})"
            + (", this one." if latest.version == report.target.version else ".")
        )


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
    curing = [step for step in report.steps if step.version in growing]
    if not curing or curing[-1] is report.minimal:
        return ""
    count = sum(map(bool, growing))
    return (
        f"{curing[-1].version} ({curing[-1].released_on}) is enough for the {count} of them that "
        "grow in a running process, or may."
    )


def _minimal(step: Step, report: Report) -> str:
    total, name = len(report.findings), _name_of_kinds(report)
    start = f"{step.version} ({step.released_on}) is the smallest release that cures "
    if not step.leaves:
        return start + (f"all {total} {name}s listed." if total > 1 else f"the {name} listed.")
    return (
        f"{start}{step.cures} of the {_many(total, name)} listed; "
        f"no release of {report.target.branch} cures the other {step.leaves}."
    )
