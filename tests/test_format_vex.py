"""A build's bugs as VEX documents: OpenVEX 0.2.0 and CycloneDX 1.6 say the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from advisory.bug import Kind, Severity
from advisory.catalogue import Catalogue
from advisory.errors import NotKnownError
from advisory.finding import FixState, Verdict
from advisory.formats.cyclonedx import render_cyclonedx
from advisory.formats.openvex import render_openvex
from advisory.history import BranchHistory, PublishedRelease
from advisory.report import Report
from advisory.unfixed import Claim, Missing, NeverFixed
from tests.conftest import make_bug, make_fix, make_history
from tests.format_cases import (
    BUG,
    CLEAN,
    FINDING,
    NOW,
    REPORT,
    UNKNOWN,
    every_report,
    harmless,
    hostile,
    published,
    texts_in,
)

STATES = {
    "affected": "exploitable",
    "not_affected": "not_affected",
    "fixed": "resolved",
    "under_investigation": "in_triage",
}


def openvex_of(report: Report, history: BranchHistory | None = None) -> dict[str, Any]:
    text = render_openvex(report, history, tool_version="1.2", now=NOW)
    assert text.isascii()
    assert harmless(text)
    document: dict[str, Any] = json.loads(text)
    return document


def cyclonedx_of(report: Report, history: BranchHistory | None = None) -> dict[str, Any]:
    text = render_cyclonedx(report, history, tool_version="1.2", now=NOW)
    assert text.isascii()
    assert harmless(text)
    document: dict[str, Any] = json.loads(text)
    return document


def statement_of(report: Report, history: BranchHistory | None = None) -> dict[str, Any]:
    (statement,) = openvex_of(report, history)["statements"]
    found: dict[str, Any] = statement
    return found


def test_a_bug_that_the_build_has_comes_with_what_to_do() -> None:
    document = openvex_of(REPORT)
    (statement,) = document["statements"]

    assert document.keys() == {
        *("@context", "@id", "author", "role", "timestamp", "version", "tooling", "statements")
    }
    assert (document["timestamp"], document["tooling"]) == (
        NOW,
        "hapadvise 1.2, data as of 2026-07-01",
    )
    assert statement == {
        "vulnerability": {
            "@id": "https://git.haproxy.org/?p=haproxy-2.2.git;a=commitdiff;h=bbbbbbbbbbbb",
            "name": "x_HAPROXY-aaaaaaaaaaaa",
            "description": "One kettle is lost per cup.",
        },
        "products": [
            {
                "@id": "pkg:generic/haproxy@2.2.4",
                "identifiers": {
                    "purl": "pkg:generic/haproxy@2.2.4",
                    "cpe23": "cpe:2.3:a:haproxy:haproxy:2.2.4:*:*:*:*:*:*:*",
                },
            }
        ],
        "status": "affected",
        "status_notes": "the fix came later, in 2.2.5; two cups are poured",
        "action_statement": "Upgrade to 2.2.5 or later. Until then: Drink coffee.",
    }


def test_the_same_for_cyclonedx() -> None:
    document = cyclonedx_of(REPORT)
    (bug,) = document["vulnerabilities"]

    assert document["metadata"]["component"]["bom-ref"] == "pkg:generic/haproxy@2.2.4"
    assert bug == {
        "bom-ref": "x_HAPROXY-aaaaaaaaaaaa",
        "id": "x_HAPROXY-aaaaaaaaaaaa",
        "source": {
            "name": "hapadvise",
            "url": "https://git.haproxy.org/?p=haproxy-2.2.git;a=commitdiff;h=bbbbbbbbbbbb",
        },
        "ratings": [{"severity": "medium", "method": "other"}],
        "description": "One kettle is lost per cup.",
        "recommendation": "Upgrade to 2.2.5 or later. Until then: Drink coffee.",
        "workaround": "Drink coffee.",
        "advisories": [
            {"url": "https://git.haproxy.org/?p=haproxy-2.2.git;a=commitdiff;h=bbbbbbbbbbbb"},
            {"url": "https://github.com/haproxy/haproxy/issues/935"},
        ],
        "published": "2020-10-02T00:00:00Z",
        "analysis": {
            "state": "exploitable",
            "detail": "the fix came later, in 2.2.5; two cups are poured",
            "response": ["update", "workaround_available"],
        },
        "affects": [
            {
                "ref": "pkg:generic/haproxy@2.2.4",
                "versions": [{"version": "2.2.4", "status": "affected"}],
            }
        ],
        "properties": [
            {"name": "hapadvise:kind", "value": "memory-leak"},
            {"name": "hapadvise:severity", "value": "medium"},
        ],
    }


def test_without_a_configuration_it_is_said_that_its_effect_is_not_known() -> None:
    plain = FINDING._replace(configured=None, because=(), citations=())
    statement = statement_of(REPORT._replace(findings=(plain,)))

    assert statement["status"] == "affected"
    assert statement["status_notes"] == (
        "the fix came later, in 2.2.5; whether its configuration sets it off is not known"
    )


@pytest.mark.parametrize("verdict", [Verdict.POSSIBLE, Verdict.UNKNOWN])
def test_a_bug_that_the_build_may_have_is_under_investigation(verdict: Verdict) -> None:
    doubtful = FINDING._replace(verdict=verdict, configured=None, because=())
    report = REPORT._replace(findings=(doubtful,))
    (bug,) = cyclonedx_of(report)["vulnerabilities"]

    assert statement_of(report)["status"] == "under_investigation"
    assert "action_statement" not in statement_of(report)
    assert bug["analysis"]["state"] == "in_triage"
    assert "versions" not in bug["affects"][0]


@pytest.mark.parametrize(
    ("reasons", "configured", "because", "openvex", "cyclonedx"),
    [
        (
            ("entered later, in 2.2.9 (commit ffffffffffff)",),
            None,
            (),
            "vulnerable_code_not_present",
            "code_not_present",
        ),
        (
            ("needs QUIC, which this build lacks",),
            None,
            (),
            "vulnerable_code_not_present",
            "code_not_present",
        ),
        (
            ("concerns a program of its own, halog",),
            None,
            (),
            "component_not_present",
            "code_not_present",
        ),
        (
            ("the fix came later, in 2.2.5",),
            Verdict.NOT_AFFECTED,
            ("no cup is poured",),
            "vulnerable_code_not_in_execute_path",
            "requires_configuration",
        ),
    ],
)
def test_what_does_not_concern_the_build_comes_with_its_justification(
    reasons: tuple[str, ...],
    configured: Verdict | None,
    because: tuple[str, ...],
    openvex: str,
    cyclonedx: str,
) -> None:
    aside = FINDING._replace(
        verdict=Verdict.AFFECTED if configured else Verdict.NOT_AFFECTED,
        reasons=reasons,
        configured=configured,
        because=because,
    )
    report = CLEAN._replace(not_affected=(aside,))
    statement = statement_of(report)
    (bug,) = cyclonedx_of(report)["vulnerabilities"]

    assert (statement["status"], statement["justification"]) == ("not_affected", openvex)
    assert statement["impact_statement"] == "; ".join((*reasons, *because))
    assert (bug["analysis"]["state"], bug["analysis"]["justification"]) == (
        "not_affected",
        cyclonedx,
    )
    assert bug["affects"][0]["versions"] == [{"version": "2.2.4", "status": "unaffected"}]


def test_a_fix_that_is_not_released_or_was_taken_back_is_no_update() -> None:
    found = []
    for state in (FixState.MERGED, FixState.REVERTED):
        bug = BUG._replace(advisory=None, title="Tea is cold.")
        finding = FINDING._replace(bug=bug, fixed_in="", fix_state=state)
        (document,) = cyclonedx_of(REPORT._replace(findings=(finding,)))["vulnerabilities"]
        assert "response" not in document["analysis"]
        found.append((document["description"], document["recommendation"]))

    assert found == [
        ("Tea is cold.", "Upgrade to the next release, which will have the fix."),
        ("Tea is cold.", "No release of 2.2 cures it: its fix was taken back."),
    ]


MISSING = Missing(
    branch="2.2",
    bug_id="eeeeeeeeeeee",
    severity=Severity.MAJOR,
    claim=Claim.ASKED,
    older_branch="",
    older_commit="",
    newer_branch="2.4",
    newer_commit="abcabcabcabc",
    newer_merged_on="2021-10-02",
    backport_to="all",
    kind=Kind.MEMORY_LEAK,
    subsystem="stove",
)
NEVER = NeverFixed(MISSING, proven=True, pending=False, reason="fixed in 2.4 only")


@pytest.mark.parametrize(
    ("never", "status"),
    [
        (NEVER, "affected"),
        (NEVER._replace(pending=True), "affected"),
        (NEVER._replace(proven=False), "under_investigation"),
    ],
)
def test_what_the_branch_got_no_fix_of_is_stated_too(never: NeverFixed, status: str) -> None:
    statement = statement_of(CLEAN._replace(never_fixed=(never,)))

    assert statement["status"] == status
    assert statement["vulnerability"] == {
        "@id": "https://git.haproxy.org/?p=haproxy-2.4.git;a=commitdiff;h=abcabcabcabc",
        "name": "x_HAPROXY-eeeeeeeeeeee",
        "description": "Memory leak in stove.",
    }
    if status == "affected":
        assert statement["action_statement"] == "No release of 2.2 cures it; 2.4 has a fix."


def test_a_bug_of_a_kind_that_was_not_asked_for_is_left_out() -> None:
    crash = NEVER._replace(missing=MISSING._replace(kind=Kind.CRASH, subsystem=""))
    words = [
        statement["vulnerability"]["description"]
        for statement in openvex_of(CLEAN._replace(never_fixed=(NEVER, crash), kinds=()))[
            "statements"
        ]
    ]

    assert words == ["Memory leak in stove."]  # each bug once
    with pytest.raises(NotKnownError):
        openvex_of(CLEAN._replace(never_fixed=(crash,)))


def test_what_the_release_holds_the_fix_of_is_fixed() -> None:
    history = make_history(
        make_fix(1, "2.2.1"),
        make_fix(2, "2.2.1", bug=make_bug("b2", kind=Kind.CRASH)),
        make_fix(3, "2.2.2", reverted_by="e3" * 6, reverted_in="2.2.3"),
        make_fix(
            4,
            "2.2.2",
            reverted_by="e4" * 6,
            reverted_in="2.2.2",
            reapplied_by="d4" * 6,
            reapplied_in="2.2.3",
        ),
        make_fix(5, "2.2.10"),
        make_fix(6),
    )
    target = REPORT.target._replace(version="2.2.3")
    report = CLEAN._replace(target=target)
    statements = openvex_of(report, history)["statements"]

    assert [
        (one["status"], one["vulnerability"]["name"], one["status_notes"]) for one in statements
    ] == [
        ("fixed", f"x_HAPROXY-{'b1' * 6}", "the fix is in 2.2.1"),
        ("fixed", f"x_HAPROXY-{'b4' * 6}", "the fix is in 2.2.3"),
    ]
    every = openvex_of(report._replace(kinds=()), history)["statements"]
    assert len(every) == 3


def test_a_release_that_its_branch_does_not_know_holds_nothing() -> None:
    assert statement_of(REPORT, make_history(make_fix(1, "2.2.1")))["status"] == "affected"


def test_where_nothing_can_be_stated_openvex_is_refused() -> None:
    with pytest.raises(NotKnownError, match=r"^2\.9\.1: nobody knows its fixes; OpenVEX cannot"):
        openvex_of(UNKNOWN)
    with pytest.raises(NotKnownError, match=r"^2\.2\.4: no bug of what was asked for is known"):
        openvex_of(CLEAN)


def test_cyclonedx_tells_nothing_known_from_none_known() -> None:
    unknown, clean = cyclonedx_of(UNKNOWN), cyclonedx_of(CLEAN)

    assert "vulnerabilities" not in unknown
    assert {"name": "hapadvise:reason", "value": "nobody knows its fixes"} in unknown["metadata"][
        "properties"
    ]
    assert clean["vulnerabilities"] == []


def test_a_document_is_named_by_its_content() -> None:
    names = {openvex_of(report)["@id"] for report in (REPORT, REPORT, hostile())}
    serials = {cyclonedx_of(report)["serialNumber"] for report in (REPORT, REPORT, hostile())}

    assert len(names) == len(serials) == 2


def test_both_forms_say_the_same_of_every_sample(catalogue: Catalogue) -> None:
    stated = 0
    for report in every_report(catalogue).values():
        history = catalogue.history(report.target.branch)
        bugs = cyclonedx_of(report, history).get("vulnerabilities", [])
        if not bugs:
            continue
        statements = openvex_of(report, history)["statements"]
        assert [(one["vulnerability"]["name"], STATES[one["status"]]) for one in statements] == [
            (bug["id"], bug["analysis"]["state"]) for bug in bugs
        ]
        names = [bug["id"] for bug in bugs]
        assert len(names) == len(set(names))
        for one in statements:
            assert ("justification" in one) is (one["status"] == "not_affected")
            assert ("action_statement" in one) is (one["status"] == "affected")
        stated += 1

    assert stated > 90


def documents(catalogue: Catalogue, form: str) -> list[dict[str, Any]]:
    """Those of every sample, and of a hostile one, which can be made at all.

    Of the long ones, of all kinds of bugs, there are two: their validators are slow.
    """
    make = openvex_of if form == "openvex" else cyclonedx_of
    made = []
    reports = every_report(catalogue)
    long = [name for name in reports if name.startswith("all ")]
    chosen = [one for name, one in reports.items() if name not in long[2:]]
    for report in (*chosen, hostile(), CLEAN, UNKNOWN):
        try:
            made.append(make(report, catalogue.history(report.target.branch)))
        except NotKnownError:
            continue
    return made


def test_every_cyclonedx_document_passes_their_own_validator(catalogue: Catalogue) -> None:
    schema = pytest.importorskip("cyclonedx.schema", reason="PyPI's cyclonedx-python-lib")
    validation = pytest.importorskip("cyclonedx.validation.json", reason="its json-validation")
    validator = validation.JsonStrictValidator(schema.SchemaVersion.V1_6)

    for document in documents(catalogue, "cyclonedx"):
        assert validator.validate_str(json.dumps(document)) is None


def test_every_openvex_document_is_one_for_another_reader(catalogue: Catalogue) -> None:
    vexipy = pytest.importorskip("vexipy", reason="PyPI's vexipy reads OpenVEX")

    for document in documents(catalogue, "openvex"):
        read = vexipy.Document.model_validate(document)
        assert len(read.statements) == len(document["statements"])


def test_every_openvex_document_fits_the_published_schema(catalogue: Catalogue) -> None:
    validator = published("openvex-0.2.0.schema.json")

    for document in documents(catalogue, "openvex"):
        assert [error.message for error in validator.iter_errors(document)] == []


def test_hostile_texts_become_harmless() -> None:
    assert all(map(harmless, texts_in(openvex_of(hostile()))))
    assert all(map(harmless, texts_in(cyclonedx_of(hostile()))))


def test_a_release_of_the_history_need_not_be_there() -> None:
    history = make_history(releases=(PublishedRelease("2.2.0", 1, "2020-07-07", ""),))

    assert len(openvex_of(REPORT, history)["statements"]) == 1
