"""What many reports add up to."""

from __future__ import annotations

import json
import pickle
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisory.bug import Advisory, Kind, Severity
from advisory.build import read_builds
from advisory.catalogue import Catalogue
from advisory.finding import Verdict
from advisory.fleet import BugRow, DiagnosisRow, Summary, Tally, VersionRow, Wave
from advisory.formats.fleet import render_fleet_json, render_fleet_text
from advisory.history import Provenance
from advisory.hosts import Host, Judge
from advisory.report import Question, Report, advise
from tests.conftest import make_bug, make_fix, make_history
from tests.test_hosts import judge_with, leaking_host

TODAY = "2020-12-01"
PROVENANCE = Provenance("bundled", TODAY, f"{TODAY}T00:00:00Z")
QUESTION = Question(today=TODAY, kinds=frozenset())
LEAK = make_bug(
    "b1",
    runtime=True,
    advisory=Advisory(Kind.MEMORY_LEAK, "A spoon is lost.", "high", ("diff",)),
)
HISTORY = make_history(
    make_fix(1, "2.2.1", severity=Severity.MAJOR, bug=LEAK),
    make_fix(2, "2.2.3"),
    make_fix(3, bug=make_bug("b3", subsystem="", kind=Kind.CRASH)),
)


def report_on(version: str, question: Question = QUESTION) -> Report:
    (build,) = read_builds(version, source="")
    history = HISTORY if build.version.release.branch == "2.2" else None
    return advise(build, history, PROVENANCE, question)


REPORTS = {version: report_on(version) for version in ("2.2.0", "2.2.1", "2.2.10", "9.9.1")}


def tally_of(*versions: str) -> Tally:
    tally = Tally()
    for number, version in enumerate(versions):
        tally.add(f"lb{number}", REPORTS[version])
    return tally


def counts(**severities: int) -> tuple[tuple[Severity, int], ...]:
    return tuple((severity, severities.get(severity.value, 0)) for severity in Severity)


FLEET = ("2.2.0", "2.2.1", "9.9.1", "2.2.0", "2.2.0", "2.2.0", "2.2.10")
SUMMARY = Summary(
    hosts=7,
    by_verdict=(
        (Verdict.AFFECTED, 6),
        (Verdict.POSSIBLE, 0),
        (Verdict.UNKNOWN, 1),
        (Verdict.NOT_AFFECTED, 0),
    ),
    versions=(
        VersionRow(
            *("2.2.0", "2.2", Verdict.AFFECTED, 4, 3, 1),
            *(counts(major=1, minor=2), "", ("lb0", "lb3", "lb4")),
        ),
        VersionRow(
            *("2.2.1", "2.2", Verdict.AFFECTED, 1, 2, 0, counts(minor=2), "", ("lb1",)),
        ),
        VersionRow(
            *("2.2.10", "2.2", Verdict.AFFECTED, 1, 1, 0, counts(minor=1), "", ("lb6",)),
        ),
        VersionRow(
            *("9.9.1", "9.9", Verdict.UNKNOWN, 1, 0, 0, counts()),
            "branch 9.9 is not in the catalogue (data as of 2020-12-01)",
            ("lb2",),
        ),
    ),
    bugs=(
        BugRow(
            *("b1b1b1b1b1b1", "memory-leak", Severity.MAJOR, "kettle", "A spoon is lost.", 4),
            fixed_in=(("2.2", "2.2.1"),),
        ),
        BugRow(
            *("b3b3b3b3b3b3", "crash", Severity.MINOR, "", "", 6),
            fixed_in=(("2.2", ""),),
        ),
        BugRow(
            *("b2b2b2b2b2b2", "memory-leak", Severity.MINOR, "kettle", "", 5),
            fixed_in=(("2.2", "2.2.3"),),
        ),
    ),
    diagnoses=(),
    waves=(
        Wave(
            branch="2.2",
            hosts=6,
            moving=5,
            release="2.2.3",
            cures=9,
            leaves=6,
            bugs=3,
            gone=2,
            cures_most="2.2.3",
            elsewhere="",
            leaving=0,
        ),
    ),
    provenance=PROVENANCE,
    age_days=0,
    as_of=TODAY,
    old=False,
)


def test_the_whole_summary_of_a_small_fleet() -> None:
    assert tally_of(*FLEET).summary() == SUMMARY


def test_no_host_gives_an_empty_summary() -> None:
    summary = Tally().summary()

    assert summary.hosts == 0
    assert (summary.versions, summary.bugs, summary.waves, summary.provenance) == ((), (), (), None)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(sorted(REPORTS)), max_size=6),
    st.lists(st.sampled_from(sorted(REPORTS)), max_size=6),
)
def test_tallies_of_parts_add_up_to_that_of_the_whole(left: list[str], right: list[str]) -> None:
    parts = pickle.loads(pickle.dumps((tally_of(*left), tally_of(*right))))
    merged = parts[0].merge(parts[1]).summary()
    whole = tally_of(*left, *right).summary()

    def without_names(summary: Summary) -> Summary:
        versions = tuple(row._replace(examples=()) for row in summary.versions)
        return summary._replace(versions=versions)

    assert without_names(merged) == without_names(whole)


def test_the_first_hosts_are_the_examples() -> None:
    merged = tally_of("2.2.0", "2.2.0").merge(tally_of("2.2.0", "2.2.0")).summary()

    assert merged.versions[0].examples == ("lb0", "lb1", "lb0")
    assert merged.versions[0].hosts == 4


def test_many_different_reports_are_counted_without_being_kept() -> None:
    tally = Tally()
    for number in range(600):
        tally.add(f"lb{number}", REPORTS["2.2.0"]._replace(warnings=(str(number),)))

    assert tally.summary().versions[0].hosts == 600
    assert tally.summary().versions[0].examples == ("lb0", "lb1", "lb2")


def test_what_was_measured_on_a_host_is_not_kept(catalogue: Catalogue) -> None:
    (answer,) = judge_with(catalogue).judge(leaking_host())
    before = sys.getrefcount(answer.report)
    tally = Tally()
    tally.add("lb1", answer.report)
    after = sys.getrefcount(answer.report)

    assert after == before
    assert tally.summary().hosts == 1


def test_of_hosts_of_one_version_the_worst_is_shown() -> None:
    bad = REPORTS["2.2.0"]
    better = bad._replace(findings=bad.findings[1:], runtime_leaks=5)
    for reports in ((bad, better), (better, bad)):
        tally = Tally()
        for report in reports:
            tally.add("lb", report)
        (row,) = tally.summary().versions

        assert (row.bugs, row.leaks) == (3, 5)
        assert row.severities == counts(major=1, minor=2)


def test_a_bug_is_as_bad_as_in_its_worst_branch() -> None:
    report = REPORTS["2.2.1"]
    finding = report.findings[0]
    worse = finding._replace(fix=finding.fix._replace(severity=Severity.CRITICAL))
    tally = Tally()
    for findings in ((finding,), (worse,), (finding,)):
        tally.add("lb", report._replace(findings=findings))
    (row,) = tally.summary().bugs

    assert (row.severity, row.hosts) == (Severity.CRITICAL, 3)


@pytest.mark.parametrize(("max_age", "old"), [(7, True), (8, False)])
def test_old_data_is_told_of(max_age: int, old: bool) -> None:
    tally = Tally(max_age)
    tally.add("lb", report_on("2.2.0", QUESTION._replace(today="2020-12-09")))

    assert tally.summary().old is old


def test_a_branch_without_a_release_to_recommend_still_says_what_cures_most() -> None:
    report = REPORTS["2.2.0"]
    choice = report.recommendation
    assert choice is not None
    tally = Tally()
    tally.add(
        "lb",
        report._replace(recommendation=choice._replace(recommended=None, elsewhere=choice.latest)),
    )
    (wave,) = tally.summary().waves

    assert wave == Wave("2.2", 1, 0, "", 0, 3, 3, 0, "2.2.3", "2.2.10", 1)


def test_what_was_measured_is_counted(catalogue: Catalogue) -> None:
    judge = judge_with(catalogue)
    tally, other = Tally(), Tally()
    for name, kept in (("lb1", tally), ("lb2", tally), ("lb3", other)):
        (answer,) = judge.judge(leaking_host()._replace(target=name))
        kept.add(name, answer.report)
    quiet = leaking_host()
    (answer,) = judge.judge(quiet._replace(target="lb4", pools=quiet.pools[:1] * 2))
    other.add("lb4", answer.report)
    rows = tally.merge(other).summary().diagnoses

    assert rows[0] == DiagnosisRow("known-bug", "5a7ca29061db", 3, ("lb1", "lb2", "lb3"))
    assert rows[1].bug == ""
    assert rows[1].examples == ("lb4",)


TEXT = """\
7 hosts: 6 affected, 1 unknown
! 2 more hosts could not be read
bundled data as of 2020-12-01 (0 days old)

Hosts by version, the worst first
        4  2.2.0   affected, 3 listed (1 major, 2 minor), 1 leak at run time:
                   lb0, lb3, lb4, ...
        1  2.2.1   affected, 2 listed (2 minor): lb1
        1  2.2.10  affected, 1 listed (1 minor): lb6
        1  9.9.1   unknown; branch 9.9 is not in the catalogue (data as of
                   2020-12-01): lb2

Bugs (crash, memory-leak) by the hosts that have them, the worst first
        4  b1b1b1b1b1b1 major kettle; fixed in 2.2.1
             A spoon is lost.
        6  b3b3b3b3b3b3 minor no subsystem; not cured by any release
        5  b2b2b2b2b2b2 minor kettle; fixed in 2.2.3

One wave of upgrades, branch by branch
  2.2   to 2.2.3: 5 of 6 hosts move, 9 of 15 bugs on hosts are cured, 2 of 3
        bugs gone from the branch.
"""


def test_the_summary_as_text() -> None:
    text = render_fleet_text(SUMMARY, unread=2, top=10, kinds=["crash", "memory-leak"], width=80)

    assert text == TEXT


def test_a_table_shows_so_many_rows() -> None:
    rows = tuple(DiagnosisRow("caches", "", number, ("lb\x1b[2J",)) for number in (2, 1))
    text = render_fleet_text(SUMMARY._replace(diagnoses=rows), unread=0, top=1, kinds=[], width=200)

    assert text.count("  and 1 more: --top, --format json\n") == 1
    assert text.count("  and 3 more: --top, --format json\n") == 1
    assert "Measured\n  caches: lb?[2J and 1 more\n" in text
    assert "\nBugs by the hosts" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"old": True}, "! the data is too old to show what was found since"),
        ({"age_days": None}, "data as of 2020-12-01 (of a day yet to come)"),
        ({"age_days": 1}, "(1 day old)"),
        (
            {"waves": (Wave("2.2", 1, 0, "", 0, 3, 3, 0, "2.2.3", "2.4.9", 1),)},
            "2.2   no release can be recommended to 1 host; 2.2.3 is the first that cures all",
        ),
        (
            {"waves": (Wave("2.2", 1, 0, "", 0, 3, 3, 0, "", "2.4.9", 1),)},
            "recommended to 1 host; 2.4.9 is recommended to 1, of another branch.",
        ),
        (
            {"waves": (Wave("2.2", 1, 1, "2.2.10", 2, 0, 2, 2, "2.2.3", "", 0),)},
            "2.2   to 2.2.10: 1 of 1 host move, 2 of 2 bugs on hosts are cured, 2 of 2 bugs gone "
            "from the branch; the first release that cures as much is 2.2.3.",
        ),
        ({"diagnoses": (DiagnosisRow("known-bug", "b1", 1, ("a",)),)}, "  known bug b1: a\n"),
    ],
)
def test_what_else_the_text_tells(change: dict[str, object], words: str) -> None:
    summary = SUMMARY._replace(**change)  # type: ignore[arg-type]
    text = render_fleet_text(summary, unread=0, top=10, kinds=[], width=120)

    assert words in text.replace("\n        ", " ")


def test_an_empty_fleet_as_text() -> None:
    text = render_fleet_text(Tally().summary(), unread=1, top=10, kinds=[], width=80)

    assert text == "0 hosts\n! 1 more host could not be read\n"


@settings(max_examples=25, deadline=None)
@given(width=st.integers(0, 200), top=st.integers(1, 4))
def test_no_line_is_wider_than_asked_for(width: int, top: int) -> None:
    text = render_fleet_text(SUMMARY, unread=1, top=top, kinds=[], width=width)

    assert max(map(len, text.splitlines())) <= max(40, min(width, 120))


def test_the_summary_as_json_holds_all_of_it() -> None:
    found = json.loads(render_fleet_json(SUMMARY, unread=2, kinds=["crash"], tool_version="1.0"))

    assert found["hosts"] == 7
    assert found["unread"] == 2
    assert found["kinds"] == ["crash"]
    assert found["catalogue"] == {
        "data_as_of": TODAY,
        "source": "bundled",
        "age_days": 0,
        "too_old": False,
    }
    assert found["by_verdict"] == {
        "affected": 6,
        "possible": 0,
        "unknown": 1,
        "not_affected": 0,
    }
    assert found["versions"][0] == {
        "version": "2.2.0",
        "branch": "2.2",
        "verdict": "affected",
        "hosts": 4,
        "bugs": 3,
        "leaks": 1,
        "severities": {"critical": 0, "major": 1, "medium": 0, "minor": 2, "unknown": 0},
        "reason": None,
        "examples": ["lb0", "lb3", "lb4"],
    }
    assert found["bugs"][1] == {
        "id": "b3b3b3b3b3b3",
        "kind": "crash",
        "severity": "minor",
        "subsystem": "",
        "summary": None,
        "hosts": 6,
        "fixed_in": [{"branch": "2.2", "version": None}],
    }
    assert found["waves"][0]["elsewhere"] is None
    assert found["waves"][0]["cures"] == 9


def test_an_empty_fleet_as_json() -> None:
    found = json.loads(render_fleet_json(Tally().summary(), unread=0, kinds=[], tool_version="1.0"))

    assert (found["hosts"], found["as_of"], found["catalogue"]["data_as_of"]) == (0, None, None)


def test_a_judge_and_a_tally_agree_with_the_reports() -> None:
    judge = Judge(lambda branch: HISTORY if branch == "2.2" else None, PROVENANCE, QUESTION)
    tally = Tally()
    for number, version in enumerate(FLEET):
        for target, report in judge.judge(Host(f"lb{number}", version)):
            tally.add(target, report)

    assert tally.summary() == tally_of(*FLEET).summary()
