"""What is said of a build: which verdict, with which reason and warnings, and which way up."""

from __future__ import annotations

import pytest

from advisory.bug import Advisory, Bug, Fix, Kind, Severity, Tier
from advisory.build import read_builds
from advisory.finding import Verdict
from advisory.history import BranchHistory, Provenance, PublishedRelease
from advisory.release import Release
from advisory.report import Adviser, Question, Report, Step, advise, growth_class

PROVENANCE = Provenance(source="bundled", data_as_of="2020-06-30", built_at="2020-06-30T00:00:00Z")
TODAY = "2020-07-01"
RELEASES = tuple(
    PublishedRelease(version=version, order=Release(version).order, released_on=day, commit=commit)
    for version, day, commit in (
        ("7.1.0", "2020-01-01", "000000000000"),
        ("7.1.1", "2020-02-01", "111111111111"),
        ("7.1.2", "2020-03-01", "222222222222"),
        ("7.1.3", "2020-06-01", "333333333333"),
    )
)


def fix(position: int, fixed_in: str, **changes: object) -> Fix:
    """A fix of a memory leak that grows at run time, in release 7.1.position, unless changed."""
    names = {name: value for name, value in changes.items() if name in Bug._fields}
    bug = Bug(
        id=f"{position:012}",
        subsystem="stove",
        kind=Kind.MEMORY_LEAK,
        tier=Tier.SUBJECT,
        runtime=True,
    )._replace(**names)  # type: ignore[arg-type]
    whole = Fix(
        bug=bug,
        branch="7.1",
        commit=f"f{position:011}",
        mainline_commit="",
        merged_on="2020-01-15",
        severity=Severity.MINOR,
        position=position,
        fixed_in=fixed_in,
    )
    own = {name: value for name, value in changes.items() if name in Fix._fields}
    return whole._replace(**own)  # type: ignore[arg-type]


def history(*fixes: Fix, maintained_until: str = "2022-Q1") -> BranchHistory:
    return BranchHistory(
        branch="7.1",
        long_term_support=True,
        maintained_until=maintained_until,
        releases=RELEASES,
        fixes=fixes,
    )


def judge(version: str, known: BranchHistory | None, question: Question | None = None) -> Report:
    (build,) = read_builds(version, source="test")
    return advise(build, known, PROVENANCE, question or Question(today=TODAY))


LEAKY = history(fix(1, "7.1.1"), fix(2, "7.1.2"), fix(3, "7.1.3", kind=Kind.CRASH))


def test_a_build_with_a_leak_is_affected() -> None:
    report = judge("7.1.0", LEAKY)

    assert (report.verdict, report.reason) == (Verdict.AFFECTED, "")
    assert (report.known_bugs, report.memory_leaks, report.runtime_leaks) == (3, 2, 2)
    assert [item.fixed_in for item in report.findings] == ["7.1.1", "7.1.2"]


def test_the_minimal_release_cures_all_that_is_listed_and_no_more() -> None:
    report = judge("7.1.0", LEAKY)

    assert report.steps == (
        Step(version="7.1.1", released_on="2020-02-01", cures=1, leaves=1),
        Step(version="7.1.2", released_on="2020-03-01", cures=2, leaves=0),
    )
    assert report.minimal == report.steps[-1]
    assert report.latest == Step(version="7.1.3", released_on="2020-06-01", cures=2, leaves=0)


def test_what_no_release_cures_is_left_by_the_minimal_release() -> None:
    report = judge("7.1.0", history(fix(1, "7.1.1"), fix(2, "")))

    assert report.minimal == Step(version="7.1.1", released_on="2020-02-01", cures=1, leaves=1)


def test_nothing_curable_gives_no_minimal_release() -> None:
    assert judge("7.1.0", history(fix(1, ""))).minimal is None


def test_a_bug_that_is_not_asked_for_still_affects() -> None:
    report = judge("7.1.2", LEAKY)

    assert (report.verdict, report.findings) == (Verdict.AFFECTED, ())


def test_a_narrowed_question_is_answered_for_itself() -> None:
    question = Question(today=TODAY, kinds=frozenset({Kind.HANG}), narrowed=True)

    assert judge("7.1.0", LEAKY, question).verdict is Verdict.NOT_AFFECTED


@pytest.mark.parametrize(
    ("least", "listed"),
    [
        (Severity.MAJOR, ["7.1.1"]),
        (Severity.MEDIUM, ["7.1.1", "7.1.2"]),
        (Severity.UNKNOWN, ["7.1.1", "7.1.2", "7.1.3"]),
    ],
)
def test_severity_is_a_lower_bound(least: Severity, listed: list[str]) -> None:
    known = history(
        fix(1, "7.1.1", severity=Severity.MAJOR),
        fix(2, "7.1.2", severity=Severity.MEDIUM),
        fix(3, "7.1.3", severity=Severity.UNKNOWN),
    )

    report = judge("7.1.0", known, Question(today=TODAY, least_severity=least))

    assert [item.fixed_in for item in report.findings] == listed


CLEAN = history(fix(1, "7.1.1"))

# (version, history, question, verdict, words of the reason)
VERDICTS = [
    # nothing is left to fix, the branch lives, the data is fresh
    ("7.1.3", CLEAN, Question(today=TODAY), Verdict.NOT_AFFECTED, ""),
    # the same, a week and a day after the data
    ("7.1.3", CLEAN, Question(today="2020-07-08"), Verdict.UNKNOWN, "8 days ago"),
    ("7.1.3", CLEAN, Question(today="2020-07-07"), Verdict.NOT_AFFECTED, ""),
    ("7.1.3", CLEAN, Question(today="2020-07-08", max_age=8), Verdict.NOT_AFFECTED, ""),
    # asked of a day that the data covers, its age does not matter
    ("7.1.3", CLEAN, Question(today="2021-01-01", as_of="2020-06-30"), Verdict.NOT_AFFECTED, ""),
    ("7.1.3", CLEAN, Question(today="2021-01-01", as_of="2020-09-30"), Verdict.UNKNOWN, "92 days"),
    # maintenance has ended: a short list shows nothing
    (
        "7.1.3",
        history(maintained_until="2020-Q1"),
        Question(today=TODAY),
        Verdict.UNKNOWN,
        "was to be maintained until 2020-Q1",
    ),
    ("7.1.3", history(maintained_until=""), Question(today=TODAY), Verdict.NOT_AFFECTED, ""),
    (
        "7.1.3",
        history(maintained_until=""),
        Question(today="2021-07-01", max_age=1000),
        Verdict.UNKNOWN,
        "has had no release since 2020-06-01",
    ),
    # what the catalogue does not know
    ("7.1.4", CLEAN, Question(today=TODAY), Verdict.UNKNOWN, "newer than the data"),
    ("7.1.1.1", CLEAN, Question(today=TODAY), Verdict.UNKNOWN, "has no release 7.1.1.1"),
    ("7.2.0", None, Question(today=TODAY), Verdict.UNKNOWN, "branch 7.2 is not in the catalogue"),
    ("7.1-dev3", CLEAN, Question(today=TODAY), Verdict.UNKNOWN, "is a development version"),
    ("7.1", CLEAN, Question(today=TODAY), Verdict.UNKNOWN, "7.1 is a branch"),
    ("7.1.0-1.0.0-238.455", CLEAN, Question(today=TODAY), Verdict.UNKNOWN, "HAProxy Enterprise"),
    # before the branch, before the release
    (
        "7.1.0",
        CLEAN,
        Question(today=TODAY, as_of="2019-12-31"),
        Verdict.UNKNOWN,
        "had no release yet on 2019-12-31",
    ),
    ("7.1.2", CLEAN, Question(today=TODAY, as_of="2020-02-15"), Verdict.UNKNOWN, "was 7.1.1;"),
]


@pytest.mark.parametrize(("version", "known", "question", "verdict", "words"), VERDICTS)
def test_the_verdict_says_no_more_than_the_data_shows(
    version: str,
    known: BranchHistory | None,
    question: Question,
    verdict: Verdict,
    words: str,
) -> None:
    report = judge(version, known, question)

    assert report.verdict is verdict
    assert words in report.reason
    assert bool(words) == bool(report.reason)


# (version as printed, words of the first warning, how many leaks are listed)
BUILDS = [
    ("7.1.1-1111111", "", 1),  # the release's own commit
    ("7.1.1-1+deb12u3", "carries a revision of Debian: it is judged by its upstream version", 1),
    ("7.1.1-3", "carries a revision of a packager", 1),
    ("7.1.1-foo", "what follows the number in 7.1.1-foo is of no known form", 1),
    ("7.1.1-f00000000002", "a fix merged after 7.1.1: it is judged as of that commit", 0),
    ("7.1.1-abcdef-1", "1 fixes that were merged after 7.1.1 may be in it", 1),
]


@pytest.mark.parametrize(("version", "words", "leaks"), BUILDS)
def test_what_follows_the_number_is_told(version: str, words: str, leaks: int) -> None:
    report = judge(version, LEAKY)

    assert len(report.findings) == leaks
    assert words in (report.warnings[0] if report.warnings else "")
    assert bool(words) == bool(report.warnings)


def test_a_banner_that_is_cut_off_is_told() -> None:
    report = judge("Known bugs: http://www.haproxy.org/bugs/bugs-7.1.1.html\n", LEAKY)

    assert report.warnings == (
        "what the packager may have added to the version is cut off; it is judged as 7.1.1",
    )


def test_the_own_commit_of_the_release_makes_it_official() -> None:
    origins = {
        text: judge(text, LEAKY).target.origin
        for text in ("7.1.1", "7.1.1-1111111", "7.1.1-2222222", "7.1.1-3")
    }

    assert origins == {
        "7.1.1": "release",
        "7.1.1-1111111": "official",
        "7.1.1-2222222": "commit",
        "7.1.1-3": "package",
    }


@pytest.mark.parametrize(
    ("maintained_until", "today", "words"),
    [
        ("2022-Q1", "2020-07-01", None),
        ("2022-Q1", "2020-07-31", "the data is 31 days old"),
        ("2020-Q1", "2020-07-01", "branch 7.1 was to be maintained until 2020-Q1"),
        ("", "2020-07-01", None),
        ("", "2021-07-01", "branch 7.1 has had no release since 2020-06-01"),
    ],
)
def test_old_data_and_dead_branches_are_warned_of(
    maintained_until: str, today: str, words: str | None
) -> None:
    known = history(fix(3, "7.1.3"), maintained_until=maintained_until)

    warnings = judge("7.1.0", known, Question(today=today)).warnings

    assert (words is None) == (warnings == ())
    assert words is None or words in warnings[-1]


def advisory(**changes: object) -> Advisory:
    whole = Advisory(
        kind=Kind.MEMORY_LEAK, summary="Tea.", confidence="high", said_by=("diff",), runtime=True
    )
    return whole._replace(**changes)  # type: ignore[arg-type]


def test_leaks_that_grow_without_end_come_first_then_the_severe() -> None:
    known = history(
        fix(1, "7.1.1", runtime=False, severity=Severity.CRITICAL),
        fix(2, "7.1.1", advisory=advisory(bounded=True), severity=Severity.CRITICAL),
        fix(3, "7.1.1", advisory=advisory(needs_oom=True), severity=Severity.MAJOR),
        fix(4, "7.1.1", runtime=None, severity=Severity.CRITICAL),
        fix(5, "7.1.1", advisory=advisory(growth="per-reload"), severity=Severity.MEDIUM),
        fix(6, "7.1.1", advisory=advisory(growth="per-connection"), severity=Severity.MEDIUM),
        fix(7, "7.1.1", severity=Severity.MINOR),
    )

    report = judge("7.1.0", known)

    assert [(item.fix.position, growth_class(item)) for item in report.findings] == [
        (6, 0),
        (5, 0),
        (7, 0),
        (4, 1),
        (2, 2),
        (3, 2),
        (1, 3),
    ]


def test_equal_builds_are_judged_once_and_keep_their_names() -> None:
    asked = []

    def history_of(branch: str) -> BranchHistory:
        asked.append(branch)
        return LEAKY

    adviser = Adviser(history_of, PROVENANCE, Question(today=TODAY))
    one, other, newer = (
        adviser.advise(build)
        for source, version in (("lb1", "7.1.0"), ("lb2", "7.1.0"), ("lb3", "7.1.1"))
        for build in read_builds(version, source=source)
    )

    assert asked == ["7.1"]
    assert [report.target.source for report in (one, other, newer)] == ["lb1", "lb2", "lb3"]
    assert one._replace(target=other.target) == other
    assert one.findings is other.findings
    assert newer == judge("7.1.1", LEAKY)._replace(target=newer.target)
