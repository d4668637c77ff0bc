"""Only what is new since an older report."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.baseline import Baseline, Known, only_new, read_baseline
from advisory.build import read_builds
from advisory.errors import ParseError
from advisory.formats.json import document, render_json
from advisory.history import Provenance
from advisory.report import Question, Report, advise
from tests.conftest import make_fix, make_history

PROVENANCE = Provenance("bundled", "2020-12-01", "2020-12-01T00:00:00Z")
HISTORY = make_history(make_fix(1, "2.2.1"), make_fix(2, "2.2.3"), make_fix(3))


def report_on(version: str, source: str = "lb1") -> Report:
    (build,) = read_builds(version, source=source)
    return advise(build, HISTORY, PROVENANCE, Question(today="2020-12-01"))


OLD, LATER = report_on("2.2.0"), report_on("2.2.1")
B1, B2, B3 = (f"b{number}" * 6 for number in (1, 2, 3))


def ids(report: Report) -> list[str]:
    return [finding.bug.id for finding in report.findings]


def baseline(**reports: Known) -> Baseline:
    return Baseline("old.json", reports)


@pytest.mark.parametrize(
    "text",
    [
        render_json([OLD], tool_version="1"),
        render_json([OLD], tool_version="1", several=True),
        json.dumps(document(OLD, tool_version="1")) + "\n\n",
    ],
)
def test_what_was_printed_is_read(text: str) -> None:
    assert read_baseline(text, source="old.json") == baseline(
        lb1=Known("2.2.0", frozenset({B1, B2, B3}))
    )


def test_several_reports_are_read_by_their_names() -> None:
    others = [OLD, report_on("2.2.1", "lb2")]
    known = baseline(
        lb1=Known("2.2.0", frozenset({B1, B2, B3})), lb2=Known("2.2.1", frozenset({B2, B3}))
    )
    lines = "".join(f"{json.dumps(document(one, tool_version='1'))}\n" for one in others)

    assert read_baseline(render_json(others, tool_version="1"), source="old.json") == known
    assert read_baseline(lines, source="old.json") == known


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "holds no report"),
        ("[]", "holds no report"),
        ("HAProxy 2.2.4", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("{}", "is JSON, but no report"),
        ("3", "is JSON, but no report"),
        ('[{"target": {"source": "x", "printed": "y"}, "findings": [{}]}]', "is JSON, but no"),
        ('{"target": {"source": 3, "printed": "y"}, "findings": []}', "is JSON, but no report"),
        ('{"target": [], "findings": {"id": 3}}', "is JSON, but no report"),
    ],
)
def test_anything_else_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_baseline(text, source="old.json")

    assert str(caught.value).startswith(f"old.json: {wrong}")
    assert str(caught.value).endswith("hapadvise fleet --each' printed")


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found: object = read_baseline(text, source="old.json")
    except ParseError as error:
        found = str(error)

    assert isinstance(found, Baseline) or str(found).startswith("old.json: ")


def test_what_was_known_is_left_out() -> None:
    report, removed, notes = only_new(OLD, baseline(lb1=Known("2.2.0", frozenset({B1, B2, "x"}))))

    assert (ids(report), removed, notes) == ([B3], 2, ())
    assert report.warnings[-1] == (
        "only what is new since old.json: 2 bugs that it lists are left out here"
    )
    assert report.verdict is OLD.verdict


def test_a_report_against_itself_has_nothing_new() -> None:
    itself = read_baseline(render_json([OLD], tool_version="1"), source="old.json")

    assert ids(only_new(OLD, itself).report) == []


def test_a_baseline_of_another_version_is_told_of() -> None:
    report, removed, notes = only_new(LATER, baseline(lb1=Known("2.2.0", frozenset({B2}))))

    assert (ids(report), removed) == ([B3], 1)
    assert notes == (
        "old.json: is of 2.2.0, and lb1 is 2.2.1: new is what the other one did not list",
    )
    assert report.warnings[-1].endswith("1 bug that it lists is left out here")


def test_one_older_report_is_taken_whatever_its_name() -> None:
    assert only_new(OLD, baseline(other=Known("2.2.0", frozenset({B1})))).removed == 1


def test_of_several_older_reports_the_one_of_the_same_name_is_taken() -> None:
    known = baseline(
        lb1=Known("2.2.0", frozenset({B1})), lb2=Known("2.2.0", frozenset({B1, B2, B3}))
    )
    missing = only_new(report_on("2.2.0", "lb3"), known)

    assert ids(only_new(OLD, known).report) == [B2, B3]
    assert (len(missing.report.findings), missing.removed) == (3, 0)
    assert missing.notes == ("old.json: holds no report on lb3: all that it has counts as new",)
