"""A report as an OpenVEX 0.2.0 document: https://github.com/openvex/spec.

It speaks of one build, as its features and configuration are; it is no statement on the release.
"""

from __future__ import annotations

from typing import Any

from advisory.errors import NotKnownError
from advisory.formats.rows import json_text, name_of, purl_of, visible
from advisory.formats.vex import Statement, identity_of, statements_of
from advisory.history import BranchHistory
from advisory.report import Report


def render_openvex(
    report: Report, history: BranchHistory | None, *, tool_version: str, now: str
) -> str:
    """One document.

    Args:
        report: the build.
        history: its branch, which tells what is fixed in it; None where that is not known.
        tool_version: of hapadvise.
        now: when it is issued, an ISO time with its zone.

    Raises:
        NotKnownError: there is no bug to state anything of, which such a document cannot say.
    """
    product = _product(report)
    statements = [_statement(one, product) for one in statements_of(report, history)]
    if not statements:
        what = report.reason or "no bug of what was asked for is known in its branch"
        raise NotKnownError(
            f"{report.target.version}: {what}; OpenVEX cannot say that, use --format json"
        )
    return json_text(
        {
            "@context": "https://openvex.dev/ns/v0.2.0",
            "@id": f"urn:uuid:{identity_of((now, statements))}",
            "author": "hapadvise",
            "role": "Document Creator",
            "timestamp": now,
            "version": 1,
            "tooling": f"hapadvise {tool_version}, data as of {report.as_of}",
            "statements": statements,
        }
    )


def _product(report: Report) -> dict[str, Any]:
    version = report.target.version
    return {
        "@id": purl_of(version),
        "identifiers": {
            "purl": purl_of(version),
            "cpe23": f"cpe:2.3:a:haproxy:haproxy:{version}:*:*:*:*:*:*:*",
        },
    }


def _statement(one: Statement, product: dict[str, Any]) -> dict[str, Any]:
    row = one.row
    document: dict[str, Any] = {
        "vulnerability": {
            "@id": row.url,
            "name": name_of(row.bug),
            "description": visible(row.words),
        },
        "products": [product],
        "status": one.status.value,
        "status_notes": one.notes,
    }
    if one.why is not None:
        document |= {"justification": one.why.value, "impact_statement": one.notes}
    if one.action:
        document["action_statement"] = one.action
    return document
