"""Reports as a plugin prints them: one line, performance data, a status of its own."""

from __future__ import annotations

import re

import pytest

from advisory.bug import Severity
from advisory.catalogue import Catalogue
from advisory.formats.nagios import LONGEST, render_nagios
from advisory.report import Report
from tests.format_cases import CLEAN, FINDING, REPORT, UNKNOWN, every_report, harmless, hostile

# The guidelines of the monitoring plugins: label=value[UOM];[warn];[crit];[min];[max]
NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
DATUM = re.compile(rf"([^=' ]+)=({NUMBER});;;({NUMBER})")
LINE = re.compile(r"HAPROXY (OK|WARNING|CRITICAL|UNKNOWN) - ([^|\n]+) \| ([^|\n]+)\n")
STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
GRAVE = FINDING._replace(fix=FINDING.fix._replace(severity=Severity.MAJOR))


def answer_of(*reports: Report) -> tuple[int, str, dict[str, float]]:
    """The status, the text and the numbers; anything amiss fails."""
    output, status = render_nagios(reports)
    line = LINE.fullmatch(output)
    assert line
    assert harmless(output)
    assert STATES[status] == line[1]
    assert len(output) < 8192
    data = [DATUM.fullmatch(datum) for datum in line[3].split(" ")]
    assert all(data)
    numbers = {datum[1]: float(datum[2]) for datum in data if datum}
    assert len(numbers) == len(data)
    return status, line[2], numbers


@pytest.mark.parametrize(
    ("report", "status", "text"),
    [
        (
            CLEAN,
            0,
            "2.2.4: nothing of what was asked for is known as of 2026-07-01",
        ),
        (REPORT, 1, "2.2.4: 1 memory leak listed, 1 without end, no release to go to"),
        (
            REPORT._replace(findings=(GRAVE, FINDING), kinds=()),
            2,
            "2.2.4: 2 bugs listed, 2 without end, no release to go to",
        ),
        (UNKNOWN, 3, "2.9.1: nobody knows its fixes"),
    ],
)
def test_each_state_has_its_status_and_words(report: Report, status: int, text: str) -> None:
    assert answer_of(report)[:2] == (status, text)


def test_the_numbers_of_one_build() -> None:
    assert answer_of(REPORT)[2] == {
        "builds": 1,
        "judged": 1,
        "bugs": 1,
        "critical": 0,
        "major": 0,
        "medium": 1,
        "minor": 0,
        "unrated": 0,
        "growing": 1,
        "known_bugs": 3,
        "data_age_days": 1,
    }


def test_what_is_not_known_has_no_number() -> None:
    _, _, numbers = answer_of(UNKNOWN._replace(age_days=None))

    assert numbers == {"builds": 1, "judged": 0}


@pytest.mark.parametrize(
    ("reports", "status"),
    [
        ((CLEAN, CLEAN), 0),
        ((CLEAN, UNKNOWN), 3),
        ((CLEAN, UNKNOWN, REPORT), 1),
        ((REPORT, REPORT._replace(findings=(GRAVE,)), UNKNOWN), 2),
    ],
)
def test_of_several_builds_the_worst_counts(reports: tuple[Report, ...], status: int) -> None:
    found, text, numbers = answer_of(*reports)

    assert found == status
    assert f" of {len(reports)} builds: " in text
    assert numbers["builds"] == len(reports)


def test_only_the_first_of_many_are_named() -> None:
    _, text, numbers = answer_of(*[REPORT] * 8)

    assert text.startswith("8 of 8 builds: 2.2.4: 1 memory leak")
    assert text.endswith("; and 3 more")
    assert (numbers["bugs"], numbers["known_bugs"]) == (8, 24)


def test_a_long_text_is_cut() -> None:
    _, text, _ = answer_of(UNKNOWN._replace(reason="tea " * 1000))

    assert len(text) == LONGEST + len("...")


def test_a_process_that_suffers_from_a_known_bug_is_critical(catalogue: Catalogue) -> None:
    status, text, _ = answer_of(every_report(catalogue)["process mux-pt-2.2"])

    assert status == 2
    assert "suspected is 5a7ca29061db (mux-pt), go to 2.2.34" in text


def test_a_leak_that_does_not_grow_is_not_said_to() -> None:
    bug = FINDING.bug._replace(runtime=False)

    assert "without end" not in answer_of(REPORT._replace(findings=(FINDING._replace(bug=bug),)))[1]


def test_every_sample_keeps_the_contract(catalogue: Catalogue) -> None:
    reports = every_report(catalogue)
    statuses = {answer_of(report)[0] for report in reports.values()}

    assert statuses == {0, 1, 2, 3}
    assert answer_of(*reports.values())[2]["builds"] == len(reports)


def test_hostile_texts_neither_break_the_line_nor_begin_numbers() -> None:
    report = hostile()

    assert answer_of(report)[0] == 1
    assert answer_of(UNKNOWN._replace(reason=report.target.source))[0] == 3
