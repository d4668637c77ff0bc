"""Reports for a person: plain text of a given width, with or without colours."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence

from advisory.bug import Kind, Severity, Tier
from advisory.finding import Finding, FixState, Verdict
from advisory.formats.links import commit_url
from advisory.report import Report, Step, growth_class

_COLOURS = {
    Severity.CRITICAL: "1;31",
    Severity.MAJOR: "31",
    Severity.MEDIUM: "33",
    Severity.MINOR: "36",
    Severity.UNKNOWN: "0",
}
_BOLD = "1"
_DIM = "2"
_GROUPS = (
    "grow in a running process",
    "may grow in a running process (nobody has read these fixes yet)",
    "stop by themselves, or need memory to have run out",
    "happen only while the configuration is read, or at exit",
)
_GROWTHS = {
    "per-request": "with each request",
    "per-connection": "with each connection",
    "periodic": "with time",
    "per-cli-command": "with each CLI command",
    "per-reload": "with each reload",
    "on-error-path": "when an error is handled",
    "per-config-parse": "while the configuration is read",
    "at-exit": "at exit",
}
_TIERS = {
    Tier.VERIFIED: "verified: the fix was read",
    Tier.SUBJECT: "not reviewed: by its subject's words",
    Tier.MESSAGE: "not reviewed: by its message's words",
    Tier.NONE: "not classified",
}
MIN_WIDTH = 40
MAX_WIDTH = 120


def render_text(reports: Sequence[Report], *, width: int, colour: bool) -> str:
    """The reports, one after the other, each line at most ``width`` wide (links may be longer)."""
    return "\n".join(_Page(report, width, colour).text() for report in reports)


class _Page:
    def __init__(self, report: Report, width: int, colour: bool) -> None:
        self.report = report
        self.width = max(MIN_WIDTH, min(width, MAX_WIDTH))
        self.colour = colour

    def text(self) -> str:
        parts: tuple[Callable[[], Iterator[str]], ...] = (
            self.head,
            self.answer,
            self.warnings,
            self.bugs,
            self.upgrade,
        )
        blocks = ["\n".join(part()) for part in parts]
        return "\n\n".join(block for block in blocks if block) + "\n"

    def style(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def wrap(self, text: str, indent: str = "", first: str | None = None) -> list[str]:
        return textwrap.wrap(
            text,
            self.width,
            initial_indent=indent if first is None else first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def head(self) -> Iterator[str]:
        target = self.report.target
        origin = {
            "official": f"upstream's own release (commit {target.commit})",
            "release": "",
            "commit": f"built from commit {target.commit}",
            "snapshot": f"snapshot, commit {target.commit}",
            "package": target.vendor or "packaged",
            "development": "development version",
            "enterprise": target.vendor,
            "unrecognised": "",
        }[target.origin]
        facts = [f"branch {target.branch}"]
        if target.released_on:
            facts.append(f"{target.version} was released on {target.released_on}")
        if origin:
            facts.append(origin)
        yield self.style(f"HAProxy {target.printed}", _BOLD)
        yield from self.wrap("; ".join(facts))
        provenance = self.report.provenance
        yield from self.wrap(
            f"read from {target.source}; {provenance.source} data as of {provenance.data_as_of}"
            f" ({_many(self.report.age_days, 'day')} old)"
        )

    def answer(self) -> Iterator[str]:
        report = self.report
        if report.known_bugs is not None:
            yield from self.wrap(
                f"{report.target.version} is affected by {_many(report.known_bugs, 'known bug')}"
                f"{_counts(report)} as of {report.as_of}; the newest {report.target.branch} release is {report.newest}."
            )
            if report.excluded:
                yield from self.wrap(
                    f"{report.excluded} of these cannot bite this build (they entered later, need a feature that it "
                    "lacks, or concern another program); list them with --format json."
                    if not report.kinds
                    else f"{report.excluded} of these cannot bite this build (they entered later, need a feature that "
                    "it lacks, or concern another program)."
                )
        if report.verdict is Verdict.UNKNOWN:
            yield from self.wrap(f"{self.style('UNKNOWN', _BOLD)}: {report.reason}.")

    def warnings(self) -> Iterator[str]:
        for warning in self.report.warnings:
            yield from self.wrap(f"{warning}.", indent="  ", first="! ")

    def bugs(self) -> Iterator[str]:
        report = self.report
        if report.known_bugs is None:
            return
        name = _name_of_kinds(report)
        title = f"{_many(len(report.findings), name)} in {report.target.version}"
        aside = len(report.not_affected)
        if aside:
            title += f" ({aside} more set aside: {_aside(report)})"
        yield from (self.style(line, _BOLD) for line in self.wrap(title))
        group = -1
        for number, finding in enumerate(report.findings, 1):
            place = growth_class(finding)
            if place != group and report.kinds == (Kind.MEMORY_LEAK.value,):
                group = place
                count = sum(growth_class(other) == group for other in report.findings)
                yield ""
                yield self.style(f"{count} {_GROUPS[group]}", _BOLD)
            yield ""
            yield from self.finding(number, finding)

    def finding(self, number: int, finding: Finding) -> Iterator[str]:
        bug, fix, advisory = finding.bug, finding.fix, finding.bug.advisory
        severity = fix.severity.value.upper()
        lead = f"{number:>3}. "
        indent = " " * len(lead)
        where = bug.subsystem or "subsystem not named"
        yield (
            lead
            + self.style(severity, _COLOURS[fix.severity])
            + f"  {where}  "
            + self.style(_fate(finding), _BOLD)
        )
        what = (
            advisory.summary
            if advisory
            else bug.title or f"{_kind_name(bug.kind).capitalize()} in {where}."
        )
        yield from self.wrap(what, indent=indent)
        if advisory is not None and advisory.trigger:
            yield from self.wrap(f"When: {advisory.trigger}", indent=indent + "  ", first=indent)
        if advisory is not None and advisory.workaround:
            yield from self.wrap(
                f"Until then: {advisory.workaround}", indent=indent + "  ", first=indent
            )
        facts = []
        if advisory is not None and advisory.growth:
            facts.append(
                f"grows {_GROWTHS[advisory.growth]}" if bug.runtime else _GROWTHS[advisory.growth]
            )
        facts.append(_since(finding))
        if bug.issues:
            facts.append("issue " + ", ".join(map(str, bug.issues)))
        facts.append(_TIERS[bug.tier])
        yield from (self.style(line, _DIM) for line in self.wrap("; ".join(facts), indent=indent))
        if finding.fix_state is not FixState.RELEASED or finding.verdict is Verdict.POSSIBLE:
            yield from self.wrap("; ".join(finding.reasons), indent=indent)
        yield indent + self.style(commit_url(fix), _DIM)

    def upgrade(self) -> Iterator[str]:
        report = self.report
        latest = report.latest
        if latest is None:
            return
        name = _name_of_kinds(report)
        yield self.style("Upgrade", _BOLD)
        if report.minimal is None:
            if not report.findings:
                yield from self.wrap(
                    f"Nothing is listed that an upgrade within {report.target.branch} would cure."
                )
            else:
                yield from self.wrap(
                    f"No release of {report.target.branch} cures any of what is listed."
                )
        else:
            yield from self.wrap(self.minimal(report.minimal, len(report.findings), name))
            yield ""
            wide = max(len(step.version) for step in report.steps)
            for step in report.steps:
                mark = "  <- cures all that a release cures" if step is report.steps[-1] else ""
                yield f"  {step.version:<{wide}}  {step.released_on}  cures {step.cures:>3}, leaves {step.leaves:>3}{mark}"
        if report.target.version == latest.version:
            yield from self.wrap(f"{latest.version} is the newest {report.target.branch} release.")
        elif report.minimal is None or report.minimal.version != latest.version:
            yield from self.wrap(
                f"The newest release is {latest.version} ({latest.released_on}): cures {latest.cures}, leaves {latest.leaves}."
            )

    def minimal(self, step: Step, total: int, name: str) -> str:
        if not step.leaves:
            whole = f"all {total} listed {name}s" if total > 1 else f"the listed {name}"
            return (
                f"{step.version} ({step.released_on}) is the smallest release that cures {whole}."
            )
        return (
            f"{step.version} ({step.released_on}) is the smallest release that cures {step.cures} of the {total} listed "
            f"{name}s; no release of {self.report.target.branch} cures the other {step.leaves}."
        )


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _counts(report: Report) -> str:
    counted = [f"{count} {severity.value}" for severity, count in report.by_severity if count]
    if not counted:
        return ""
    text = ", ".join(counted).replace("unknown", "of unknown severity")
    return f" ({text})"


def _kind_name(kind: Kind) -> str:
    return kind.value.replace("-", " ")


def _name_of_kinds(report: Report) -> str:
    if len(report.kinds) == 1:
        return report.kinds[0].replace("-", " ")
    return "listed bug" if report.kinds else "known bug"


def _aside(report: Report) -> str:
    later = sum(finding.reasons[0].startswith("entered later") for finding in report.not_affected)
    lacking = len(report.not_affected) - later
    parts = []
    if later:
        parts.append(f"{later} entered later")
    if lacking:
        parts.append(f"{lacking} cannot concern this build")
    return ", ".join(parts)


def _fate(finding: Finding) -> str:
    if finding.fix_state is FixState.RELEASED:
        return f"fixed in {finding.fixed_in}"
    if finding.fix_state is FixState.MERGED:
        return "fix merged, not released"
    return "not cured: its fix was taken back"


def _since(finding: Finding) -> str:
    fix, advisory = finding.fix, finding.bug.advisory
    if fix.introduced_in:
        first = fix.introduced_in == f"{fix.branch}.0"
        return f"since {fix.introduced_in}{' or before' if first else ''}"
    if advisory is not None and advisory.since_version:
        return f"since {advisory.since_version}"
    return "since when: unknown"
