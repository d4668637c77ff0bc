"""Reports as comma-separated values: a line for each bug, as RFC 4180 has them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from advisory.formats.rows import (
    Row,
    aside_of,
    never_fixed_of,
    recommended_release,
    rows_of,
    visible,
)
from advisory.report import Report

COLUMNS = (
    "target",
    "version",
    "branch",
    "verdict",
    "as_of",
    "list",
    "bug",
    "relevance",
    "kind",
    "severity",
    "subsystem",
    "fixed_in",
    "since",
    "growth",
    "suspect",
    "score",
    "summary",
    "reason",
    "commit",
    "merged_on",
    "url",
    "recommended",
)
_FORMULA = ("=", "+", "-", "@")


def render_csv(reports: Sequence[Report]) -> str:
    """A header, and a line for each bug of each report; a report without one has a line as well.

    ``list`` tells where the bug stands: ``listed``, ``set-aside`` or ``never-fixed``.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)  # its default is RFC 4180: CRLF, quotes where they are needed
    writer.writerow(COLUMNS)
    for report in reports:
        writer.writerows(_lines(report))
    return buffer.getvalue()


def _lines(report: Report) -> Iterator[list[str]]:
    target = report.target
    head = [target.source, target.version, target.branch, report.verdict.value, report.as_of]
    suspects = report.examination.suspects if report.examination else ()
    places = {one.finding.bug.id: (str(n), str(one.score)) for n, one in enumerate(suspects, 1)}
    lists = (
        ("listed", rows_of(report)),
        ("set-aside", aside_of(report)),
        ("never-fixed", never_fixed_of(report)),
    )
    chosen = recommended_release(report)
    found = [(name, row) for name, rows in lists for row in rows]
    for name, row in found:
        place = places.get(row.bug, ("", ""))
        yield list(map(_safe, (*head, name, *_cells(row, place), chosen)))
    if not found:
        empty = [""] * (len(COLUMNS) - len(head) - 1)
        yield list(map(_safe, (*head, *empty, chosen)))


def _cells(row: Row, place: tuple[str, str]) -> tuple[str, ...]:
    return (
        *(row.bug, row.relevance.value, row.kind.value, row.severity.value, row.subsystem),
        *(row.fixed_in, row.since, row.growth, *place, row.words, "; ".join(row.reasons)),
        *(row.commit, row.merged_on, row.url),
    )


def _safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = visible(text)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
