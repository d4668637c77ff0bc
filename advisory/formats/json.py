"""Reports as JSON; ``advisory/report.schema.json`` is its published schema.

One report gives one object, several give an array of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from advisory.finding import Finding
from advisory.formats.links import references
from advisory.report import Report, Step

SCHEMA_VERSION = 1


def render_json(reports: Sequence[Report], *, tool_version: str, several: bool = False) -> str:
    """The reports, indented, with one newline at the end.

    ``several`` gives an array even of one report: more inputs than that were named.
    """
    documents = [document(report, tool_version=tool_version) for report in reports]
    whole = documents if several or len(documents) > 1 else documents[0]
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def document(report: Report, *, tool_version: str) -> dict[str, Any]:
    """One report as the schema describes it."""
    target, provenance = report.target, report.provenance
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "hapadvise", "version": tool_version},
        "catalogue": {
            "data_as_of": provenance.data_as_of,
            "built_at": provenance.built_at,
            "age_days": report.age_days,
            "source": provenance.source,
        },
        "target": {
            "source": target.source,
            "printed": target.printed,
            "version": target.version,
            "branch": target.branch,
            "released_on": target.released_on or None,
            "commit": target.commit or None,
            "origin": target.origin,
            "vendor": target.vendor or None,
            "status": target.status or None,
            "features": list(target.features),
        },
        "as_of": report.as_of,
        "summary": {
            "verdict": report.verdict.value,
            "reason": report.reason or None,
            "known_bugs": report.known_bugs,
            "by_severity": {severity.value: count for severity, count in report.by_severity},
            "set_aside": report.set_aside._asdict(),
            "taken_back": report.taken_back,
            "memory_leaks": report.memory_leaks,
            "runtime_leaks": report.runtime_leaks,
        },
        "findings": [_finding(finding) for finding in report.findings],
        "not_affected": [_finding(finding) for finding in report.not_affected],
        "recommendation": {"minimal": _step(report.minimal), "latest": _step(report.latest)},
        "warnings": list(report.warnings),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    bug, fix, advisory = finding.bug, finding.fix, finding.bug.advisory
    return {
        "id": bug.id,
        "kind": bug.kind.value,
        "runtime": bug.runtime,
        "growth": (advisory.growth or None) if advisory else None,
        "needs_oom": advisory.needs_oom if advisory else None,
        "bounded": advisory.bounded if advisory else None,
        "evidence_tier": bug.tier.value,
        "reviewed": bug.reviewed,
        "severity": fix.severity.value,
        "subsystem": bug.subsystem,
        "title": bug.title or None,
        "summary": advisory.summary if advisory else None,
        "trigger": (advisory.trigger or None) if advisory else None,
        "workaround": (advisory.workaround or None) if advisory else None,
        "objects": [
            {"name": lost.name, "pool": lost.pool or None, "size": lost.size}
            for lost in (advisory.objects if advisory else ())
        ],
        "commit": fix.commit,
        "mainline_commit": fix.mainline_commit or None,
        "merged_on": fix.merged_on,
        "introduced_in": fix.introduced_in or None,
        "introduced_by": fix.introduced_by or None,
        "fixed_in": finding.fixed_in or None,
        "fix_state": finding.fix_state.value,
        "relevance": {"verdict": finding.verdict.value, "reasons": list(finding.reasons)},
        "references": list(references(fix)),
    }


def _step(step: Step | None) -> dict[str, Any] | None:
    if step is None:
        return None
    return {
        "version": step.version,
        "released_on": step.released_on,
        "cures": step.cures,
        "leaves": step.leaves,
    }
