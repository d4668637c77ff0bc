"""A report as a CycloneDX 1.6 document: one component, its bugs, and whether each concerns it.

https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

from typing import Any

from advisory.bug import Severity
from advisory.finding import Verdict
from advisory.formats.rows import Row, json_text, name_of, purl_of, visible
from advisory.formats.vex import Statement, Status, Why, identity_of, statements_of
from advisory.history import BranchHistory
from advisory.report import Report

_STATES = {
    Status.AFFECTED: "exploitable",
    Status.NOT_AFFECTED: "not_affected",
    Status.FIXED: "resolved",
    Status.INVESTIGATED: "in_triage",
}
_JUSTIFICATIONS = {
    Why.NO_PART: "code_not_present",
    Why.NO_CODE: "code_not_present",
    Why.NOT_RUN: "requires_configuration",
}
_RATINGS = {
    Severity.CRITICAL: "critical",
    Severity.MAJOR: "high",
    Severity.MEDIUM: "medium",
    Severity.MINOR: "low",
    Severity.UNKNOWN: "unknown",
}


def render_cyclonedx(
    report: Report, history: BranchHistory | None, *, tool_version: str, now: str
) -> str:
    """One document.

    Args:
        report: the build.
        history: its branch, which tells what is fixed in it; None where that is not known.
        tool_version: of hapadvise.
        now: when it is made, an ISO time with its zone.
    """
    bugs = [_vulnerability(one, report) for one in statements_of(report, history)]
    return json_text(
        {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{identity_of((now, bugs))}",
            "version": 1,
            "metadata": {
                "timestamp": now,
                "tools": {
                    "components": [
                        {"type": "application", "name": "hapadvise", "version": tool_version}
                    ]
                },
                "component": _component(report),
                "properties": [
                    {"name": f"hapadvise:{name}", "value": visible(value)}
                    for name, value in (
                        ("data_as_of", report.as_of),
                        ("verdict", report.verdict.value),
                        ("reason", report.reason),
                        ("printed_version", report.target.printed),
                    )
                    if value
                ],
            },
            **({"vulnerabilities": bugs} if report.verdict is not Verdict.UNKNOWN or bugs else {}),
        }
    )


def _component(report: Report) -> dict[str, Any]:
    version = report.target.version
    return {
        "type": "application",
        "bom-ref": purl_of(version),
        "name": "haproxy",
        "version": version,
        "purl": purl_of(version),
        "cpe": f"cpe:2.3:a:haproxy:haproxy:{version}:*:*:*:*:*:*:*",
    }


def _vulnerability(one: Statement, report: Report) -> dict[str, Any]:
    row, version = one.row, report.target.version
    analysis: dict[str, Any] = {"state": _STATES[one.status], "detail": one.notes}
    affects: dict[str, Any] = {"ref": purl_of(version)}
    if one.why is not None:
        analysis["justification"] = _JUSTIFICATIONS[one.why]
    if one.status is not Status.INVESTIGATED:
        here = "affected" if one.status is Status.AFFECTED else "unaffected"
        affects["versions"] = [{"version": version, "status": here}]
    if one.status is Status.AFFECTED:
        analysis |= {"response": list(_responses(row))} if _responses(row) else {}
    document = {
        "bom-ref": name_of(row.bug),
        "id": name_of(row.bug),
        "source": {"name": "hapadvise", "url": row.url},
        "ratings": [{"severity": _RATINGS[row.severity], "method": "other"}],
        "description": visible(row.words),
        "recommendation": one.action,
        "workaround": visible(row.workaround),
        "advisories": [{"url": address} for address in row.references],
        "published": f"{row.merged_on}T00:00:00Z",
        "analysis": analysis,
        "affects": [affects],
        "properties": [
            {"name": "hapadvise:kind", "value": row.kind.value},
            {"name": "hapadvise:severity", "value": row.severity.value},
        ],
    }
    return {name: value for name, value in document.items() if value}


def _responses(row: Row) -> tuple[str, ...]:
    """What can be done about it."""
    known = (("update", row.fixed_in), ("workaround_available", row.workaround))
    return tuple(response for response, there in known if there)
