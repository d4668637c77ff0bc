"""Reports as CSV: a line for each bug, that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.catalogue import Catalogue
from advisory.formats.csv import COLUMNS, render_csv
from advisory.report import Report
from tests.format_cases import (
    FINDING,
    REPORT,
    UNKNOWN,
    every_report,
    harmless,
    hostile,
)

# RFC 4180: CRLF after every line; a field with a quote, a comma or a break is in quotes
FIELD = r'(?:[^",\r\n]*|"(?:[^"]|"")*")'
FILE = re.compile(rf"(?:{FIELD}(?:,{FIELD})*\r\n)+")


def rows_of(*reports: Report) -> list[dict[str, str]]:
    text = render_csv(reports)
    assert FILE.fullmatch(text)
    assert harmless(text.replace("\r\n", ""))
    return list(csv.DictReader(text.splitlines(keepends=True), strict=True))


def test_a_line_holds_what_is_known_of_a_bug() -> None:
    assert rows_of(REPORT) == [
        {
            "target": "vv.txt",
            "version": "2.2.4",
            "branch": "2.2",
            "verdict": "affected",
            "as_of": "2026-07-01",
            "list": "listed",
            "bug": "aaaaaaaaaaaa",
            "relevance": "affected",
            "kind": "memory-leak",
            "severity": "medium",
            "subsystem": "stove",
            "fixed_in": "2.2.5",
            "since": "2.2.1",
            "growth": "per-request",
            "suspect": "",
            "score": "",
            "summary": "One kettle is lost per cup.",
            "reason": "the fix came later, in 2.2.5; two cups are poured",
            "commit": "bbbbbbbbbbbb",
            "merged_on": "2020-10-02",
            "url": "https://git.haproxy.org/?p=haproxy-2.2.git;a=commitdiff;h=bbbbbbbbbbbb",
            "recommended": "",
        }
    ]


def test_a_build_that_cannot_be_judged_has_a_line_as_well() -> None:
    (row,) = rows_of(UNKNOWN)

    assert (row["version"], row["verdict"], row["bug"]) == ("2.9.1", "unknown", "")


def test_every_bug_of_every_sample_has_a_line(catalogue: Catalogue) -> None:
    for report in every_report(catalogue).values():
        rows = rows_of(report)

        listed = [row["bug"] for row in rows if row["list"] == "listed"]
        aside = [row["bug"] for row in rows if row["list"] == "set-aside"]
        assert listed == [finding.bug.id for finding in report.findings]
        assert aside == [finding.bug.id for finding in report.not_affected]
        assert {row["verdict"] for row in rows} == {report.verdict.value}


def test_the_suspect_of_a_process_is_marked(catalogue: Catalogue) -> None:
    rows = rows_of(every_report(catalogue)["process mux-pt-2.2"])

    assert [row["bug"] for row in rows if row["suspect"] == "1"] == ["5a7ca29061db"]
    assert {row["recommended"] for row in rows} == {"2.2.34"}


def test_many_reports_share_one_header(catalogue: Catalogue) -> None:
    text = render_csv(list(every_report(catalogue).values()))

    assert FILE.fullmatch(text)
    assert text.count(",".join(COLUMNS)) == 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " =", "\t=", "\r=", "\n@"])
def test_no_cell_is_a_formula(start: str) -> None:
    target = REPORT.target._replace(source=f"{start}cmd|' /C calc'!A0")

    (row,) = rows_of(REPORT._replace(target=target))

    assert row["target"][0] in "'?"


@given(st.text(max_size=20))
def test_any_text_stays_in_its_cell(text: str) -> None:
    finding = FINDING._replace(reasons=(text,), because=())

    (row,) = rows_of(REPORT._replace(findings=(finding,)))

    assert row["url"].startswith("https://git.haproxy.org/")
    assert not row["reason"].startswith(("=", "+", "-", "@"))


def test_hostile_texts_become_harmless() -> None:
    rows = rows_of(hostile())

    assert [row["bug"] for row in rows] == ["aaaaaaaaaaaa", "dddddddddddd"]
