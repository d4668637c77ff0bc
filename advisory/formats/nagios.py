"""Reports as a plugin of Nagios or Icinga prints them: one line with performance data, a status.

https://www.monitoring-plugins.org/doc/guidelines.html
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from advisory.bug import Severity
from advisory.finding import Verdict
from advisory.formats.rows import recommended_release, visible
from advisory.report import Report, growth_class

LONGEST = 1024
"""Characters of the text before the performance data; Nagios cuts an answer at 8 kB."""
_MOST_NAMED = 5


class State(IntEnum):
    """What a plugin exits with."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


_WORST_FIRST = (State.CRITICAL, State.WARNING, State.UNKNOWN, State.OK)


def render_nagios(reports: Sequence[Report]) -> tuple[str, int]:
    """The line, and what to exit with.

    CRITICAL: a bug that is listed is major or worse, or a process suffers from a known one.
    WARNING: another bug is listed. UNKNOWN: a build cannot be judged. Of several builds the worst
    state counts.
    """
    states = [state_of(report) for report in reports]
    worst = next(state for state in _WORST_FIRST if state in states)
    told = [_told(report) for report in reports if state_of(report) is worst]
    text = "; ".join(told[:_MOST_NAMED])
    if len(told) > _MOST_NAMED:
        text += f"; and {len(told) - _MOST_NAMED} more"
    if len(reports) > 1:
        text = f"{len(told)} of {len(reports)} builds: {text}"
    text = visible(text).replace("|", "/")  # which begins the performance data
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}..."
    return f"HAPROXY {worst.name} - {text} | {_performance(reports)}\n", int(worst)


def state_of(report: Report) -> State:
    """The state of one build."""
    if report.verdict is Verdict.UNKNOWN:
        return State.UNKNOWN
    if report.verdict is Verdict.NOT_AFFECTED:
        return State.OK
    grave = any(one.fix.severity.rank <= Severity.MAJOR.rank for one in report.findings)
    return State.CRITICAL if grave or _suffers(report) else State.WARNING


def _suffers(report: Report) -> bool:
    return report.examination is not None and report.examination.diagnosis.verdict == "known-bug"


def _told(report: Report) -> str:
    version = report.target.version
    if report.verdict is Verdict.UNKNOWN:
        return f"{version}: {report.reason}"
    if report.verdict is Verdict.NOT_AFFECTED:
        return f"{version}: nothing of what was asked for is known as of {report.as_of}"
    listed = len(report.findings)
    parts = [f"{version}: {listed} {_kinds(report)}{'' if listed == 1 else 's'} listed"]
    growing = sum(growth_class(one) == 0 for one in report.findings)
    if growing:
        parts.append(f"{growing} without end")
    if report.examination is not None and _suffers(report):
        finding = report.examination.suspects[0].finding
        parts.append(f"suspected is {finding.bug.id} ({finding.bug.subsystem})")
    chosen = recommended_release(report)
    parts.append(f"go to {chosen}" if chosen else "no release to go to")
    return ", ".join(parts)


def _kinds(report: Report) -> str:
    return report.kinds[0].replace("-", " ") if len(report.kinds) == 1 else "bug"


def _performance(reports: Sequence[Report]) -> str:
    """``label=value`` for each sum over the builds that could be judged; none that is not known.

    The guidelines have a U for that, but Icinga 2 takes it for an error.
    """
    judged = [report for report in reports if report.known_bugs is not None]
    findings = [one for report in judged for one in report.findings]
    severities = [one.fix.severity for one in findings]
    sums = {
        "bugs": len(findings),
        **{item.value: severities.count(item) for item in Severity if item.value != "unknown"},
        "unrated": severities.count(Severity.UNKNOWN),
        "growing": sum(growth_class(one) == 0 for one in findings),
        "known_bugs": sum(report.known_bugs or 0 for report in judged),
    }
    counts = {"builds": len(reports), "judged": len(judged), **(sums if judged else {})}
    ages = [report.age_days for report in reports if report.age_days is not None]
    if len(ages) == len(reports):
        counts["data_age_days"] = max(ages)
    return " ".join(f"{label}={count};;;0" for label, count in counts.items())
