"""What programs get: a bug as JSON, and the description of the service in OpenAPI 3.1; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisory.formats.links import references
from advisory.service.answers import MOST_BUILDS, BugPage
from advisory.service.pasted import LARGEST_BODY

_OF_DOCUMENT = {"$schema", "$id", "$defs"}
_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_TEXTS = {"type": "array", "items": _TEXT}
_TEXT_OR_TEXTS = {"oneOf": [_TEXT, _TEXTS]}


def bug_document(page: BugPage) -> dict[str, Any]:
    """A bug and its fixes, as the schema ``Bug`` of the description says."""
    bug, advisory = page.bug, page.bug.advisory
    return {
        "id": bug.id,
        "kind": bug.kind.value,
        "subsystem": bug.subsystem,
        "runtime": bug.runtime,
        "evidence_tier": bug.tier.value,
        "reviewed": bug.reviewed,
        "title": bug.title or None,
        "issues": list(bug.issues),
        "advisory": None
        if advisory is None
        else {
            "summary": advisory.summary,
            "trigger": advisory.trigger or None,
            "workaround": advisory.workaround or None,
            "growth": advisory.growth or None,
            "needs_oom": advisory.needs_oom,
            "bounded": advisory.bounded,
            "confidence": advisory.confidence,
            "objects": [
                {"name": lost.name, "pool": lost.pool or None, "size": lost.size}
                for lost in advisory.objects
            ],
        },
        "fixes": [
            {
                "branch": fix.branch,
                "commit": fix.commit,
                "mainline_commit": fix.mainline_commit or None,
                "merged_on": fix.merged_on,
                "severity": fix.severity.value,
                "fixed_in": fix.fixed_in or None,
                "introduced_in": fix.introduced_in or None,
                "reverted_in": fix.reverted_in or None,
                "taken_back": bool(fix.reverted_by) and not fix.reapplied_by,
                "references": list(references(fix)),
            }
            for fix in page.fixes
        ],
        "never_fixed": [
            {"branch": one.missing.branch, "proven": one.proven, "reason": one.reason}
            for one in page.never_fixed
        ],
    }


def _object(properties: Mapping[str, Any], *optional: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in properties if name not in optional],
        "properties": dict(properties),
    }


_BUG = _object(
    {
        "id": _TEXT,
        "kind": _TEXT,
        "subsystem": _TEXT,
        "runtime": {"type": ["boolean", "null"]},
        "evidence_tier": {"enum": ["verified", "subject", "message", "none"]},
        "reviewed": {"type": "boolean"},
        "title": _MAYBE_TEXT,
        "issues": {"type": "array", "items": {"type": "integer"}},
        "advisory": {
            "oneOf": [
                {"type": "null"},
                _object(
                    {
                        "summary": _TEXT,
                        "trigger": _MAYBE_TEXT,
                        "workaround": _MAYBE_TEXT,
                        "growth": _MAYBE_TEXT,
                        "needs_oom": {"type": "boolean"},
                        "bounded": {"type": "boolean"},
                        "confidence": _TEXT,
                        "objects": {
                            "type": "array",
                            "items": _object(
                                {
                                    "name": _TEXT,
                                    "pool": _MAYBE_TEXT,
                                    "size": {"type": ["integer", "null"]},
                                }
                            ),
                        },
                    }
                ),
            ]
        },
        "fixes": {
            "type": "array",
            "items": _object(
                {
                    "branch": _TEXT,
                    "commit": _TEXT,
                    "mainline_commit": _MAYBE_TEXT,
                    "merged_on": {"type": "string", "format": "date"},
                    "severity": {"enum": ["critical", "major", "medium", "minor", "unknown"]},
                    "fixed_in": _MAYBE_TEXT,
                    "introduced_in": _MAYBE_TEXT,
                    "reverted_in": _MAYBE_TEXT,
                    "taken_back": {"type": "boolean"},
                    "references": {"type": "array", "items": {"type": "string", "format": "uri"}},
                }
            ),
        },
        "never_fixed": {
            "type": "array",
            "items": _object({"branch": _TEXT, "proven": {"type": "boolean"}, "reason": _TEXT}),
        },
    }
)
_QUESTION = _object(
    {
        "vv": {"type": "string", "description": "Output of 'haproxy -vv', or a version (2.2.4)."},
        "target": {"type": "string", "description": "Name of the host, repeated in the report."},
        "pools": {**_TEXT_OR_TEXTS, "description": "Answers to 'show pools', the oldest first."},
        "info": {**_TEXT_OR_TEXTS, "description": "Answers to 'show info', the oldest first."},
        "config": {**_TEXT_OR_TEXTS, "description": "The configuration, file by file."},
        "kind": {**_TEXT_OR_TEXTS, "description": "Kinds of bugs to list, or 'all'."},
    },
    *("target", "pools", "info", "config", "kind"),
)


def _of_report(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a report as components, its own definitions as ``Report.<name>``."""

    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: inner.replace("#/$defs/", "#/components/schemas/Report.")
                if name == "$ref"
                else moved(inner)
                for name, inner in value.items()
            }
        return [moved(inner) for inner in value] if isinstance(value, list) else value

    whole = {name: value for name, value in schema.items() if name not in _OF_DOCUMENT}
    definitions = {f"Report.{name}": moved(inner) for name, inner in schema["$defs"].items()}
    return {"Report": moved(whole), **definitions}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _response(description: str, kind: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {kind: {"schema": dict(schema)}}}


def _parameter(name: str, place: str, description: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": description,
        "schema": _TEXT,
        "example": example,
    }


def _error(description: str) -> dict[str, Any]:
    return _response(description, "application/json", _reference("Error"))


def description(base: str, tool_version: str, report_schema: Mapping[str, Any]) -> dict[str, Any]:
    """The service in OpenAPI 3.1.

    Args:
        base: path that the service is under, with a slash at its end.
        tool_version: of hapadvise.
        report_schema: JSON Schema of a report.
    """
    report = _response("The report.", "application/json", _reference("Report"))
    kind = _parameter("kind", "query", "Kind of bugs to list, or 'all'; may be repeated.", "all")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "hapadvise",
            "version": tool_version,
            "summary": "Known bugs of HAProxy: which bite a build, and which release cures them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base.rstrip("/") or "/"}],
        "paths": {
            "/advise.json": {
                "post": {
                    "operationId": "advise",
                    "summary": "Report on what was measured; nothing of it is stored or logged.",
                    "parameters": [kind],
                    "requestBody": {
                        "required": True,
                        "description": f"At most {LARGEST_BODY} bytes.",
                        "content": {
                            "application/json": {"schema": _reference("Question")},
                            "text/plain": {
                                "schema": {
                                    "type": "string",
                                    "description": "Outputs and configuration in any mixture, of "
                                    f"at most {MOST_BUILDS} builds.",
                                }
                            },
                        },
                    },
                    "responses": {
                        "200": _response(
                            "The report; an array of them for several builds.",
                            "application/json",
                            _reference("Report"),
                        ),
                        "400": _error("The body is no JSON."),
                        "408": _error("The body did not come in time."),
                        "413": _error("The body is too large."),
                        "422": _error("Nothing in the body can be reported on."),
                    },
                }
            },
            "/release/{version}.json": {
                "get": {
                    "operationId": "release",
                    "summary": "Report on a release.",
                    "parameters": [_parameter("version", "path", "The release.", "2.2.4"), kind],
                    "responses": {"200": report, "404": _error("There is no such release.")},
                }
            },
            "/bug/{id}.json": {
                "get": {
                    "operationId": "bug",
                    "summary": "What is known of a bug.",
                    "parameters": [_parameter("id", "path", "Id of the bug.", "84cdbe478a82")],
                    "responses": {
                        "200": _response("The bug.", "application/json", _reference("Bug")),
                        "404": _error("There is no such bug."),
                    },
                }
            },
            "/feed/{branch}.atom": {
                "get": {
                    "operationId": "feed",
                    "summary": "The newest fixes of leaks in a branch.",
                    "parameters": [_parameter("branch", "path", "The branch.", "2.2")],
                    "responses": {
                        "200": _response("Atom 1.0.", "application/atom+xml", _TEXT),
                        "404": _response("There is no such branch.", "text/html", _TEXT),
                    },
                }
            },
        },
        "components": {
            "schemas": {
                "Bug": _BUG,
                "Error": _object({"error": {"type": "string", "description": "One line."}}),
                "Question": _QUESTION,
                **_of_report(report_schema),
            }
        },
    }
