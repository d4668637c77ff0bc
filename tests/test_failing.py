"""Which exit status a report gives, and what the user may say of it."""

from __future__ import annotations

import pytest

from advisory.bug import Kind, Severity
from advisory.build import read_builds
from advisory.errors import ParseError
from advisory.failing import FailOn, parse_fail_on, shows_no_absence, status_of_report, widened
from advisory.finding import Verdict
from advisory.history import BranchHistory, Provenance
from advisory.report import Question, Report, advise
from tests.conftest import make_bug, make_fix, make_history

PROVENANCE = Provenance("bundled", "2020-12-01", "2020-12-01T00:00:00Z")
ALL = Question(today="2020-12-01", kinds=frozenset())
LEAK = make_fix(1, "2.2.1", severity=Severity.MAJOR)
CRASH = make_fix(2, severity=Severity.MEDIUM, bug=make_bug("c2", kind=Kind.CRASH))


def report_on(
    history: BranchHistory, question: Question = ALL, provenance: Provenance = PROVENANCE
) -> Report:
    (build,) = read_builds("2.2.0", source="lb1")
    return advise(build, history, provenance, question)


REPORT = report_on(make_history(LEAK, CRASH))
NOTHING = REPORT._replace(findings=())


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("fixable", FailOn(fixable=True)),
        ("severity:major", FailOn(severity=Severity.MAJOR)),
        ("kind:crash,kind:hang", FailOn(kinds=frozenset({Kind.CRASH, Kind.HANG}))),
        (
            "severity:minor, kind:memory-leak ,fixable",
            FailOn(Severity.MINOR, frozenset({Kind.MEMORY_LEAK}), fixable=True),
        ),
    ],
)
def test_what_is_to_fail_is_read(text: str, meaning: FailOn) -> None:
    assert parse_fail_on(text) == meaning


@pytest.mark.parametrize(
    "word", ["", "major", "severity:unknown", "severity", "kind:not-a-leak", "kind:", "fixable:x"]
)
def test_another_word_is_refused(word: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_fail_on(f"fixable,{word}")

    assert str(caught.value).startswith(f"--fail-on: {word!r} is none of severity:LEAST (critical,")


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("fixable", [True, False]),
        ("severity:critical", [False, False]),
        ("severity:major", [True, False]),
        ("severity:medium", [True, True]),
        ("kind:crash", [False, True]),
        ("kind:crash,kind:memory-leak", [True, True]),
        ("kind:crash,fixable", [False, False]),
    ],
)
def test_all_terms_must_hold_for_one_bug(text: str, held: list[bool]) -> None:
    term = parse_fail_on(text)
    findings = sorted(REPORT.findings, key=lambda item: item.fix.position)

    assert [term.holds(item) for item in findings] == held


LEAKS = frozenset({Kind.MEMORY_LEAK})


@pytest.mark.parametrize(
    ("kinds", "terms", "listed"),
    [
        (LEAKS, [], LEAKS),
        (LEAKS, ["kind:crash"], LEAKS | {Kind.CRASH}),
        (LEAKS, ["severity:major"], frozenset()),
        (LEAKS, ["kind:crash", "fixable"], frozenset()),
        (frozenset(), ["kind:crash"], frozenset()),
    ],
)
def test_what_is_to_fail_is_listed(
    kinds: frozenset[Kind], terms: list[str], listed: frozenset[Kind]
) -> None:
    question = widened(ALL._replace(kinds=kinds), [parse_fail_on(text) for text in terms])

    assert question == ALL._replace(kinds=listed)


@pytest.mark.parametrize(
    ("kinds", "term"), [(LEAKS, "severity:major"), (LEAKS, "kind:memory-leak"), ((), "kind:hang")]
)
def test_what_the_user_chose_to_list_stays(kinds: frozenset[Kind], term: str) -> None:
    question = ALL._replace(kinds=frozenset(kinds), narrowed=True)

    assert widened(question, [parse_fail_on(term)]) == question


def test_what_the_user_does_not_list_cannot_fail() -> None:
    with pytest.raises(ParseError, match=r"^--fail-on: crash is not listed; add --kind$"):
        widened(ALL._replace(kinds=LEAKS, narrowed=True), [parse_fail_on("kind:crash")])


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.AFFECTED, 1),
        (Verdict.POSSIBLE, 1),
        (Verdict.NOT_AFFECTED, 0),
        (Verdict.UNKNOWN, 3),
    ],
)
def test_the_verdict_decides_if_nothing_else_is_said(verdict: Verdict, status: int) -> None:
    assert status_of_report(REPORT._replace(verdict=verdict), ALL) == status


@pytest.mark.parametrize(
    ("report", "terms", "status"),
    [
        (REPORT, ["severity:major"], 1),
        (REPORT, ["severity:critical"], 0),
        (REPORT, ["severity:critical", "kind:crash"], 1),
        (REPORT._replace(verdict=Verdict.UNKNOWN), ["severity:critical"], 3),
        (REPORT._replace(age_days=8), ["severity:critical"], 3),
        (REPORT._replace(age_days=8), ["severity:major"], 1),
    ],
)
def test_the_terms_decide_if_there_are_any(report: Report, terms: list[str], status: int) -> None:
    assert status_of_report(report, ALL, [parse_fail_on(text) for text in terms]) == status


NARROW = ALL._replace(narrowed=True)


@pytest.mark.parametrize(
    ("report", "question", "removed", "listed_only", "status"),
    [
        (REPORT, ALL, 1, False, 1),  # something is left
        (NOTHING, ALL, 2, False, 0),  # nothing but what was removed
        (NOTHING, ALL, 1, False, 1),  # a bug of a kind that is not listed
        (NOTHING, NARROW, 1, False, 0),  # which does not count if kinds were chosen
        (NOTHING, ALL, 1, True, 0),  # nor where only what is new counts
        (NOTHING, ALL, 0, True, 0),
        (NOTHING._replace(age_days=None), NARROW, 1, False, 3),
        (NOTHING._replace(known_bugs=None), ALL, 1, False, 0),
    ],
)
def test_bugs_that_were_removed_do_not_count(
    report: Report, question: Question, removed: int, listed_only: bool, status: int
) -> None:
    found = status_of_report(report, question, removed=removed, listed_only=listed_only)

    assert found == status


@pytest.mark.parametrize(
    ("day", "until", "newest_merge", "shown"),
    [
        ("2020-12-01", "2025-Q2", "", True),
        ("2020-12-09", "2025-Q2", "", False),  # old data
        ("2020-12-01", "2020-Q2", "", False),  # a branch that is over
        ("2020-12-01", "", "", True),
        ("2020-12-01", "2025-Q2", "2020-09-01", False),  # data that nobody keeps up
    ],
)
def test_absence_is_shown_only_by_data_that_would_show_it(
    day: str, until: str, newest_merge: str, shown: bool
) -> None:
    question = ALL._replace(today=day)
    history = make_history(LEAK)._replace(maintained_until=until)
    report = report_on(history, question, PROVENANCE._replace(newest_merge=newest_merge))

    assert shows_no_absence(report, question) is not shown


def test_a_branch_without_releases_for_a_year_is_over() -> None:
    question = ALL._replace(today="2021-11-08")
    history = make_history(LEAK)._replace(maintained_until="")
    report = report_on(history, question, PROVENANCE._replace(data_as_of="2021-11-08"))

    assert shows_no_absence(report, question)


def test_without_a_branch_the_age_alone_decides() -> None:
    assert not shows_no_absence(REPORT._replace(support=None, newest=None), ALL)
