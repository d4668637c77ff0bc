"""Reports as JSON; ``advisory/report.schema.json`` is its published schema.

One report gives one object, several give an array of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from advisory.difference import Difference, HeldBug
from advisory.finding import Finding, Verdict
from advisory.formats.links import references, tarball_url
from advisory.plan import Candidate, Recommendation
from advisory.regressions import BadWindow
from advisory.report import Report
from advisory.unfixed import NeverFixed

SCHEMA_VERSION = 1


def render_json(reports: Sequence[Report], *, tool_version: str, several: bool = False) -> str:
    """The reports, indented, with one newline at the end.

    ``several`` gives an array even of one report: more inputs than that were named.
    """
    documents = [document(report, tool_version=tool_version) for report in reports]
    whole = documents if several or len(documents) > 1 else documents[0]
    return _printed(whole)


def _printed(whole: object) -> str:
    """A value, indented, with one newline at the end."""
    text = json.dumps(whole, indent=2, ensure_ascii=False)
    return "".join(f"{_visible(line)}\n" for line in text.split("\n"))


def _visible(line: str) -> str:
    """The line with those characters escaped that JSON lets stand and a terminal might obey."""
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)


def document(report: Report, *, tool_version: str) -> dict[str, Any]:
    """One report as the schema describes it."""
    target, provenance = report.target, report.provenance
    missed = [one for one in report.never_fixed if not one.pending]
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
            "never_fixed": {
                "proven": sum(one.proven for one in missed),
                "undecided": sum(not one.proven for one in missed),
                "pending": len(report.never_fixed) - len(missed),
            },
        },
        **examined(report),
        "findings": [_finding(finding) for finding in report.findings],
        "not_affected": [_finding(finding) for finding in report.not_affected],
        "never_fixed": [_never_fixed(one) for one in report.never_fixed],
        "known_bad": [_window(window) for window in report.known_bad],
        "recommendation": _recommendation(report),
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
        "relevance": _relevance(finding),
        "references": list(references(fix)),
    }


def _relevance(finding: Finding) -> dict[str, Any]:
    """At most possible where no configuration shows that the bug's conditions hold."""
    verdict = finding.verdict
    if verdict is Verdict.AFFECTED or finding.configured is Verdict.NOT_AFFECTED:
        verdict = finding.configured or Verdict.POSSIBLE
    return {
        "verdict": verdict.value,
        "reasons": [*finding.reasons, *finding.because],
        "citations": [citation._asdict() for citation in finding.citations],
    }


def examined(report: Report) -> dict[str, Any]:
    """What was measured on a process, the suspects, and the diagnosis."""
    examination = report.examination
    if examination is None:
        return {"evidence": None, "suspects": [], "diagnosis": None}
    from advisory.examination import citation_of, explanation_of

    evidence, diagnosis = examination.evidence, examination.diagnosis
    passed = evidence.passed
    cited = dict.fromkeys(
        line for suspect in examination.suspects for line in suspect.relevance.citations
    )
    return {
        "evidence": {
            "pools": [
                {
                    "name": line.grown.name,
                    "size": line.grown.size,
                    "kinds": list(line.hidden.names),
                    "kinds_if_configured": list(line.hidden.configured),
                    "kinds_certain": line.hidden.certain,
                    "counts": list(line.grown.counts),
                    "gained": line.grown.gained,
                    "gained_bytes": line.grown.gained_bytes,
                    "share": round(line.share, 4),
                    "per_hour": line.grown.per_hour,
                    "per_request": line.grown.per_request,
                    "per_connection": line.grown.per_connection,
                    "maybe_caches": line.grown.maybe_caches,
                }
                for line in examination.lines
            ],
            "config": [citation_of(line)._asdict() for line in cited],
            "info": {
                "answers": len(evidence.infos),
                "dumps": len(evidence.dumps),
                "from_start": evidence.from_start,
                "seconds": evidence.seconds,
                "requests": passed.requests if passed else None,
                "connections": passed.connections if passed else None,
            },
            "notes": list(evidence.notes),
        },
        "suspects": [
            {
                "finding_id": suspect.finding.bug.id,
                "rank": rank,
                "score": suspect.score,
                "parts": [part._asdict() for part in suspect.parts],
                "explanation": explanation_of(suspect),
                "workaround": (
                    suspect.finding.bug.advisory.workaround or None
                    if suspect.finding.bug.advisory
                    else None
                ),
            }
            for rank, suspect in enumerate(examination.suspects, 1)
        ],
        "diagnosis": {
            "verdict": diagnosis.verdict,
            "explanation": diagnosis.explanation,
            "next_steps": list(diagnosis.next_steps),
        },
    }


def _recommendation(report: Report) -> dict[str, Any]:
    found = report.recommendation
    if found is None:
        return dict.fromkeys(("minimal", "recommended", "latest", "elsewhere"))
    return {name: _candidate(one) for name, one in found._asdict().items()}


def _candidate(one: Candidate | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "branch": one.branch,
        "version": one.release.version,
        "released_on": one.release.released_on,
        "days_out": one.days_out,
        "cures": len(one.cures),
        "leaves": len(one.leaves),
        "bugs_left": {severity.value: count for severity, count in one.bugs_left},
        "brings_in": [_window(window) for window in one.brings_in],
        "against": one.against or None,
        "reason": one.reason or None,
        "tarball": tarball_url(one.branch, one.release.version),
        "sha256": one.release.sha256 or None,
    }


def _window(window: BadWindow) -> dict[str, Any]:
    return {
        "kind": window.kind.value,
        "bug": window.bug.id,
        "severity": window.severity.value,
        "first": window.first,
        "last": window.last,
        "fixed_in": window.fixed_in or None,
        "introduced_by": window.introduced_by or None,
        "fix_commit": window.fix_commit,
    }


def _never_fixed(one: NeverFixed) -> dict[str, Any]:
    missing = one.missing
    return {
        "id": missing.bug_id,
        "severity": missing.severity.value,
        "kind": missing.kind.value,
        "runtime": missing.runtime,
        "subsystem": missing.subsystem,
        "summary": missing.words or None,
        "proven": one.proven,
        "pending": one.pending,
        "reason": one.reason,
        "older": _where(missing.older_branch, missing.older_commit),
        "newer": _where(missing.newer_branch, missing.newer_commit),
    }


def _where(branch: str, commit: str) -> dict[str, str] | None:
    return {"branch": branch, "commit": commit} if branch else None


def render_plan_json(
    version: str, as_of: str, way: Sequence[Candidate], choice: Recommendation
) -> str:
    """The way from a release, as of an ISO day."""
    whole = {
        "from": version,
        "as_of": as_of,
        "way": [_candidate(one) for one in way],
        "recommendation": {name: _candidate(one) for name, one in choice._asdict().items()},
    }
    return _printed(whole)


def render_difference_json(old: str, new: str, found: Difference) -> str:
    """What a move changes."""
    whole = {
        "from": old,
        "to": new,
        **{name: [_held(item) for item in items] for name, items in found._asdict().items()},
    }
    return _printed(whole)


def _held(item: HeldBug) -> dict[str, Any]:
    return {
        "id": item.id,
        "severity": item.severity.value,
        "kind": item.kind.value,
        "runtime": item.runtime,
        "subsystem": item.subsystem,
        "summary": item.words or None,
        "fixed_in": item.fixed_in or None,
        "never_fixed": item.never_fixed,
        "certain": item.certain,
    }
