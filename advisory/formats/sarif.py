"""Reports as SARIF 2.1.0: a run for each build, a rule for each bug, a result for each listed one.

A result points at the lines of the configuration that set the bug off, else at what the build was
read from. What was set aside is left out: viewers show every result as an alert.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from advisory.bug import Severity
from advisory.finding import Citation
from advisory.formats.rows import Row, json_text, never_fixed_of, rows_of, visible
from advisory.report import Report

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.MAJOR: "error",
    Severity.MEDIUM: "warning",
    Severity.MINOR: "note",
    Severity.UNKNOWN: "note",
}


def render_sarif(reports: Sequence[Report], *, tool_version: str) -> str:
    """One log."""
    return json_text(
        {
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [_run(report, tool_version) for report in reports],
        }
    )


def _run(report: Report, tool_version: str) -> dict[str, Any]:
    rows = (*rows_of(report), *never_fixed_of(report, proven=True))
    target = report.target
    return {
        "tool": {
            "driver": {
                "name": "hapadvise",
                "version": tool_version,
                "rules": [_rule(row) for row in rows],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": list(_notifications(report)),
            }
        ],
        "results": [_result(row, number, report) for number, row in enumerate(rows)],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "version": target.version,
            "branch": target.branch,
            "verdict": report.verdict.value,
            "asOf": report.as_of,
        },
    }


def _notifications(report: Report) -> Iterator[dict[str, Any]]:
    """What has to be said of the whole."""
    if report.reason:
        yield {"level": "warning", "message": {"text": visible(report.reason)}}
    for warning in report.warnings:
        yield {"level": "note", "message": {"text": visible(warning)}}


def _rule(row: Row) -> dict[str, Any]:
    text = [row.words, f"When: {row.trigger}" if row.trigger else "", row.cure]
    return {
        "id": row.bug,
        "name": visible(f"{row.kind.value} in {row.subsystem or 'haproxy'}"),
        "shortDescription": {"text": visible(row.words)},
        "fullDescription": {"text": visible(" ".join(filter(None, text)))},
        "help": {"text": visible(row.cure)},
        "helpUri": row.url,
        "defaultConfiguration": {"level": _LEVELS[row.severity]},
        "properties": {"tags": [row.kind.value, row.severity.value]},
    }


def _result(row: Row, number: int, report: Report) -> dict[str, Any]:
    source = report.target.source
    message = f"{report.target.version}: {row.words} {'; '.join(row.reasons)}. {row.cure}"
    properties: dict[str, Any] = {"relevance": row.relevance.value, "severity": row.severity.value}
    suspects = report.examination.suspects if report.examination else ()
    for place, suspect in enumerate(suspects, 1):
        if suspect.finding.bug.id == row.bug:
            properties |= {"suspect": place, "score": suspect.score}
    places = [_line_place(line) for line in row.citations]
    return {
        "ruleId": row.bug,
        "ruleIndex": number,
        "level": _LEVELS[row.severity],
        "message": {"text": visible(message)},
        "locations": places or [_place(source)],
        "partialFingerprints": {"hapadviseBug/v1": _fingerprint(row, source)},
        "properties": properties,
    }


def _place(source: str, **region: Any) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _address(source)},
            "region": {"startLine": 1, **region},
        }
    }


def _line_place(line: Citation) -> dict[str, Any]:
    return _place(line.source, startLine=line.line, snippet={"text": visible(line.text)})


def _address(source: str) -> str:
    """A file's name as a URI, relative where the name is."""
    path = quote(source.encode("utf-8", "replace"))
    return f"file://{path}" if path.startswith("/") else path


def _fingerprint(row: Row, source: str) -> str:
    """The same for the same bug in the same place, whatever line and release that is now."""
    where = [(line.source, line.text) for line in row.citations[:1]] or [(source, "")]
    return hashlib.sha256(repr((row.bug, *where)).encode()).hexdigest()[:32]
