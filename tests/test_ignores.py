"""Bugs that somebody decided to live with: left out, told of, and not for ever."""

from __future__ import annotations

import pytest

from advisory.build import read_builds
from advisory.finding import Finding, FixState, Verdict
from advisory.history import BranchHistory, Provenance
from advisory.ignores import Applied, Ignore, apply_ignores, notes_on, without
from advisory.report import Question, Report, advise
from tests.conftest import make_bug, make_fix, make_history

TODAY = "2020-12-01"
PROVENANCE = Provenance("bundled", TODAY, f"{TODAY}T00:00:00Z")
FIRST = make_fix(1, "2.2.1", bug=make_bug("b1", issues=(935,)), mainline_commit="aaaaaaaaaaaa")
SECOND = make_fix(2, "2.2.3")
UNCURED = make_fix(3)


def report_on(history: BranchHistory, day: str = TODAY) -> Report:
    (build,) = read_builds("2.2.0", source="lb1")
    return advise(build, history, PROVENANCE, Question(today=day))


REPORT = report_on(make_history(FIRST, SECOND, UNCURED))
B1 = Ignore("b1b1b1b1b1b1", "no kettle")


def ids(report: Report) -> list[str]:
    return [finding.bug.id for finding in report.findings]


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("b1b1b1", True),  # the bug's id
        ("B1B1B1B1B1B1", True),
        ("b1b1b1b1b1b1" + "0" * 28, True),  # longer than the catalogue keeps it
        ("f1f1f1", True),  # the commit of the fix
        ("aaaaaaaa", True),  # the mainline commit
        ("935", True),
        ("#935", True),
        ("93", False),
        ("b2b2b2", False),
    ],
)
def test_a_bug_has_many_names(name: str, named: bool) -> None:
    finding = Finding(FIRST.bug, FIRST, "2.2.1", FixState.RELEASED, Verdict.AFFECTED, ())

    assert Ignore(name, "why").names(finding) is named


def test_a_fix_without_a_mainline_commit_is_not_named_by_anything() -> None:
    finding = Finding(SECOND.bug, SECOND, "2.2.3", FixState.RELEASED, Verdict.AFFECTED, ())

    assert not Ignore("abcdef", "why").names(finding)


def test_an_ignored_bug_is_left_out_and_told_of() -> None:
    applied = apply_ignores(REPORT, [B1], TODAY)

    assert ids(REPORT) == ["b1b1b1b1b1b1", "b2b2b2b2b2b2", "b3b3b3b3b3b3"]
    assert ids(applied.report) == ["b2b2b2b2b2b2", "b3b3b3b3b3b3"]
    assert (applied.removed, applied.used) == (1, frozenset({B1}))
    assert applied.report.verdict is Verdict.AFFECTED
    assert applied.report.warnings == (
        *REPORT.warnings,
        "bug b1b1b1b1b1b1 is not listed, hapadvise.toml ignores it: no kettle",
    )


@pytest.mark.parametrize(
    ("until", "over"), [("2020-11-30", True), ("2020-12-01", False), ("2021-01-01", False)]
)
def test_an_entry_holds_up_to_its_last_day(until: str, over: bool) -> None:
    ignore = B1._replace(until=until)
    applied = apply_ignores(REPORT, [ignore], TODAY)
    notes = notes_on([ignore], applied.used, TODAY)

    if over:
        assert applied == Applied(REPORT, 0, frozenset())
        assert notes == (
            "hapadvise.toml: the entry for bug b1b1b1b1b1b1 "
            f"ended on {until}: the bug counts again",
        )
    else:
        assert applied.report.warnings[-1].endswith(f"ignores it: no kettle (until {until})")
        assert notes == ()


def test_an_entry_that_names_nothing_is_told_of() -> None:
    unused = Ignore("935000", "typing error", source="my.toml")
    applied = apply_ignores(REPORT, [unused], TODAY)

    assert applied == Applied(REPORT, 0, frozenset())
    assert notes_on([unused], applied.used, TODAY) == (
        "my.toml: the entry for bug 935000 is not used: no such bug is among those listed",
    )


def test_the_way_counts_what_is_left() -> None:
    assert REPORT.recommendation is not None
    reduced = without(REPORT, frozenset({"b2b2b2b2b2b2"}))
    choice = reduced.recommendation

    assert [one.release.version for one in REPORT.way] == ["2.2.1", "2.2.3"]
    assert [one.release.version for one in reduced.way] == ["2.2.1"]
    assert choice is not None
    assert choice.minimal is not None
    assert choice.minimal.release.version == "2.2.1"
    assert choice.minimal.reason == "the first release that cures the bug"
    assert [[item.bug.id for item in one.cures] for one in reduced.way] == [["b1b1b1b1b1b1"]]
    assert [[item.bug.id for item in one.leaves] for one in reduced.way] == [["b3b3b3b3b3b3"]]
    assert choice.recommended is not None
    assert choice.recommended.release == REPORT.recommendation.recommended.release  # type: ignore[union-attr]
    assert [item.bug.id for item in choice.recommended.cures] == ["b1b1b1b1b1b1"]


def test_leaving_out_nothing_changes_nothing() -> None:
    assert without(REPORT, frozenset()) == REPORT


def test_with_nothing_left_nothing_has_to_be_cured() -> None:
    reduced = without(REPORT, frozenset(ids(REPORT)))

    assert (reduced.findings, reduced.way) == ((), ())
    assert reduced.recommendation is not None
    assert reduced.recommendation.minimal is None
    assert reduced.recommendation.recommended is not None


def test_a_branch_is_not_to_be_left_for_a_bug_that_is_ignored() -> None:
    assert REPORT.recommendation is not None
    leave = REPORT._replace(
        recommendation=REPORT.recommendation._replace(elsewhere=REPORT.recommendation.latest)
    )
    over = leave._replace(support=None)
    bugs = frozenset({"b3b3b3b3b3b3"})
    kept = [without(report, bugs).recommendation for report in (leave, over)]
    also = without(leave, frozenset({"b1b1b1b1b1b1"})).recommendation

    assert [choice is not None and choice.elsewhere is not None for choice in kept] == [False, True]
    assert also is not None
    assert also.elsewhere is not None


def test_a_report_on_an_unknown_version_has_no_way() -> None:
    report = REPORT._replace(recommendation=None, findings=(), way=())

    assert without(report, frozenset({"b1b1b1b1b1b1"})) == report
