"""Reports for Prometheus, in its text format 0.0.4, as node_exporter's textfile collector reads it.

No label is without bound: a bug has none. With several builds every number is a sum over those of
the same labels.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from advisory.report import Report, growth_class

Labels = tuple[tuple[str, str], ...]


def render_prometheus(reports: Sequence[Report]) -> str:
    """Gauges, each with its help, its type and its samples."""
    return "".join(_metrics(reports))


def _metrics(reports: Sequence[Report]) -> Iterator[str]:
    yield from _gauge("builds", "Builds that were judged, by verdict.", _builds(reports))
    yield from _gauge("bugs", "Bugs that are listed.", _bugs(reports))
    yield from _gauge(
        "growing_leaks",
        "Listed bugs that grow in a running process without end.",
        _growing(reports),
    )
    yield from _gauge(
        "known_bugs", "Known bugs as the public page of the release counts them.", _known(reports)
    )
    yield from _gauge(
        "never_fixed", "Bugs that the code has and its branch got no fix of.", _never(reports)
    )
    yield from _gauge("diagnoses", "Processes that were examined, by verdict.", _examined(reports))
    yield from _gauge(
        "data_timestamp_seconds", "Day as of which the data is, the oldest.", _oldest(reports)
    )


def _gauge(name: str, text: str, samples: Mapping[Labels, int]) -> Iterator[str]:
    if not samples:
        return
    full = f"hapadvise_{name}"
    yield f"# HELP {full} {text}\n# TYPE {full} gauge\n"
    for labels, value in sorted(samples.items()):
        written = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
        yield f"{full}{{{written}}} {value}\n" if written else f"{full} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _of(report: Report) -> Labels:
    return (("branch", report.target.branch), ("version", report.target.version))


def _builds(reports: Sequence[Report]) -> Mapping[Labels, int]:
    return Counter((*_of(report), ("verdict", report.verdict.value)) for report in reports)


def _bugs(reports: Sequence[Report]) -> Mapping[Labels, int]:
    return Counter(
        (
            *_of(report),
            ("kind", finding.bug.kind.value),
            ("severity", finding.fix.severity.value),
        )
        for report in reports
        for finding in report.findings
    )


def _growing(reports: Sequence[Report]) -> Mapping[Labels, int]:
    counts: Counter[Labels] = Counter()
    for report in reports:
        if report.known_bugs is not None:
            counts[_of(report)] += sum(growth_class(one) == 0 for one in report.findings)
    return counts


def _known(reports: Sequence[Report]) -> Mapping[Labels, int]:
    counts: Counter[Labels] = Counter()
    for report in reports:
        for severity, count in report.by_severity:
            counts[(*_of(report), ("severity", severity.value))] += count
    return counts


def _never(reports: Sequence[Report]) -> Mapping[Labels, int]:
    return Counter(
        (
            *_of(report),
            ("kind", one.missing.kind.value),
            ("severity", one.missing.severity.value),
        )
        for report in reports
        for one in report.never_fixed
        if one.proven
    )


def _examined(reports: Sequence[Report]) -> Mapping[Labels, int]:
    return Counter(
        (*_of(report), ("verdict", report.examination.diagnosis.verdict))
        for report in reports
        if report.examination is not None
    )


def _oldest(reports: Sequence[Report]) -> Mapping[Labels, int]:
    """Midnight of the day as of which the oldest report answers, in seconds since 1970."""
    days = [datetime.date.fromisoformat(report.as_of) for report in reports]
    return {(): (min(days) - datetime.date(1970, 1, 1)).days * 86400} if days else {}
