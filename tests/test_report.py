"""What is said of a build: which verdict, with which reason and warnings, and which way up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import pytest

from advisory.bug import Advisory, Bug, Fix, Kind, Severity, Tier
from advisory.build import read_builds
from advisory.finding import Finding, Verdict
from advisory.history import BranchHistory, Provenance, PublishedRelease
from advisory.plan import Candidate, Recommendation, Support
from advisory.regressions import BadWindow, WindowKind
from advisory.release import Release
from advisory.report import Adviser, Beyond, Question, Report, advise, growth_class
from advisory.unfixed import Claim, Evidence, Missing, NeverFixed

if TYPE_CHECKING:
    from advisory.examination import Examination, Examiner

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


def counted(one: Candidate | None) -> tuple[str, int, int] | None:
    """A release, and how much of what is listed it cures and leaves."""
    return (one.release.version, len(one.cures), len(one.leaves)) if one is not None else None


def chosen(report: Report) -> Recommendation:
    assert report.recommendation is not None
    return report.recommendation


def test_the_minimal_release_cures_all_that_is_listed_and_no_more() -> None:
    report = judge("7.1.0", LEAKY)

    assert [counted(one) for one in report.way] == [("7.1.1", 1, 1), ("7.1.2", 2, 0)]
    assert counted(chosen(report).minimal) == ("7.1.2", 2, 0)
    assert counted(chosen(report).recommended) == ("7.1.2", 2, 0)
    assert counted(chosen(report).latest) == ("7.1.3", 2, 0)


def test_what_no_release_cures_is_left_by_the_minimal_release() -> None:
    report = judge("7.1.0", history(fix(1, "7.1.1"), fix(2, "")))

    assert counted(chosen(report).minimal) == ("7.1.1", 1, 1)


def test_nothing_curable_gives_no_minimal_release() -> None:
    report = judge("7.1.0", history(fix(1, "")))

    assert (chosen(report).minimal, report.way) == (None, ())


def test_what_cannot_be_judged_gets_no_recommendation() -> None:
    report = judge("7.1.9", LEAKY)

    assert (report.recommendation, report.support, report.known_bad) == (None, None, ())


def entered(position: int, introduced_in: str, fixed_in: str, **changes: object) -> Fix:
    """The fix of a crash that came with a release."""
    known = {"introduced_in": introduced_in, "introduced_by": "cafecafecafe", "kind": Kind.CRASH}
    return fix(position, fixed_in, **{**known, **changes})


def test_a_release_with_a_regression_is_minimal_and_the_next_is_recommended() -> None:
    worse = entered(2, "7.1.1", "7.1.2", severity=Severity.MAJOR)

    choice = chosen(judge("7.1.0", history(fix(1, "7.1.1"), worse)))

    assert counted(choice.minimal) == ("7.1.1", 1, 0)
    assert counted(choice.recommended) == ("7.1.2", 1, 0)
    assert choice.minimal is not None
    assert [window.fix_commit for window in choice.minimal.brings_in] == [worse.commit]


def test_the_regressions_of_the_release_itself_are_named() -> None:
    worse = entered(1, "7.1.1", "7.1.2", severity=Severity.MEDIUM)
    known = history(worse)
    window = BadWindow(
        first="7.1.1",
        last="7.1.1",
        fixed_in="7.1.2",
        severity=Severity.MEDIUM,
        bug=worse.bug,
        introduced_by="cafecafecafe",
        fix_commit=worse.commit,
        kind=WindowKind.REGRESSION,
        releases=("7.1.1",),
    )

    found = {version: judge(version, known).known_bad for version in ("7.1.0", "7.1.1", "7.1.2")}

    assert found == {"7.1.0": (), "7.1.1": (window,), "7.1.2": ()}


def test_a_regression_of_what_is_not_built_in_is_none() -> None:
    known = history(fix(1, "7.1.1"), entered(2, "7.1.1", "7.1.2", subsystem="quic"))
    (plain,) = read_builds("7.1.1", source="test")

    bad = [
        advise(build, known, PROVENANCE, Question(today=TODAY)).known_bad
        for build in (plain, plain._replace(features=("-QUIC",)))
    ]

    assert [len(windows) for windows in bad] == [1, 0]


def test_a_release_must_have_been_out_for_as_long_as_is_asked() -> None:
    recommended = {
        days: counted(chosen(judge("7.1.1", LEAKY, question)).recommended)
        for days in (0, 122, 123)
        for question in [Question(today=TODAY, settle_days=days)]
    }

    # 7.1.2 had been out for 122 days
    assert recommended == {0: ("7.1.2", 1, 0), 122: ("7.1.2", 1, 0), 123: None}


def test_the_choice_is_that_of_the_day_asked_for() -> None:
    question = Question(today=TODAY, as_of="2020-03-03")

    choice = chosen(judge("7.1.0", LEAKY, question))

    assert counted(choice.minimal) == counted(choice.latest) == ("7.1.2", 2, 0)
    assert choice.recommended is None
    assert choice.latest is not None
    assert choice.latest.against == "7.1.2 has been out for 2 of 7 days"


MISSING = Missing(
    branch="7.1",
    bug_id="abcabcabcabc",
    severity=Severity.MEDIUM,
    claim=Claim.BETWEEN,
    older_branch="7.0",
    older_commit="070707070707",
    newer_branch="7.2",
    newer_commit="727272727272",
    newer_merged_on="2020-05-05",
    backport_to="",
    checked_in="7.1.3",
    evidence=Evidence.HAS_FLAW,
    kind=Kind.MEMORY_LEAK,
    subsystem="quic",
    words="Tea is lost.",
)
NEXT = history(maintained_until="2024-Q2")._replace(
    branch="7.2",
    releases=tuple(
        PublishedRelease(version, Release(version).order, day, "")
        for version, day in (("7.2.0", "2020-05-01"), ("7.2.1", "2020-06-10"))
    ),
)


def beyond(*missing: Missing, others: Sequence[BranchHistory] = (NEXT,)) -> Beyond:
    """What is known beyond branch 7.1."""
    return Beyond(
        missing=lambda branch: [one for one in missing if one.branch == branch],
        outlines=lambda: [history(), *others],
        history_of={other.branch: other for other in others}.get,
    )


def judged_with(
    known: BranchHistory,
    wide: Beyond | None,
    version: str = "7.1.1",
    features: tuple[str, ...] = (),
    **asked: object,
) -> Report:
    (build,) = read_builds(version, source="test")
    question = Question(**{"today": TODAY, **asked})  # type: ignore[arg-type]
    return advise(build._replace(features=features), known, PROVENANCE, question, beyond=wide)


def test_what_the_branch_never_got_is_told_apart() -> None:
    undecided = MISSING._replace(bug_id="bbbbbbbbbbbb", evidence=Evidence.UNDECIDED)
    refuted = MISSING._replace(bug_id="cccccccccccc", evidence=Evidence.LACKS_FLAW)
    reason = "fixed in 7.0 (commit 070707070707) and in 7.2 (commit 727272727272), but not in 7.1"

    report = judged_with(LEAKY, beyond(MISSING, undecided, refuted))

    assert report.never_fixed == (
        NeverFixed(MISSING, proven=True, pending=False, reason=reason),
        NeverFixed(undecided, proven=False, pending=False, reason=reason),
    )
    assert report._replace(never_fixed=()) == judged_with(LEAKY, beyond())


@pytest.mark.parametrize(
    ("changes", "asked", "verdict"),
    [
        ({}, {}, Verdict.AFFECTED),
        ({}, {"kinds": frozenset()}, Verdict.AFFECTED),
        ({}, {"least_severity": Severity.MEDIUM}, Verdict.AFFECTED),
        # not what was asked for
        ({}, {"kinds": frozenset({Kind.CRASH})}, Verdict.NOT_AFFECTED),
        ({}, {"least_severity": Severity.MAJOR}, Verdict.NOT_AFFECTED),
        # nobody knows whether it is there, or the next release may have its fix
        ({"evidence": Evidence.UNDECIDED}, {}, Verdict.NOT_AFFECTED),
        ({"newer_merged_on": "2020-06-09"}, {}, Verdict.NOT_AFFECTED),
    ],
)
def test_what_the_code_still_has_affects_the_build(
    changes: dict[str, Any], asked: dict[str, Any], verdict: Verdict
) -> None:
    asked = {"narrowed": True, "max_age": 9999, **asked}
    report = judged_with(history(), beyond(MISSING._replace(**changes)), "7.1.3", **asked)

    assert (report.findings, report.verdict, report.reason) == ((), verdict, "")


@pytest.mark.parametrize(
    ("features", "subsystem", "told"),
    [
        (("-QUIC",), "quic", False),
        (("+QUIC",), "quic", True),
        ((), "quic", True),  # not listed is not known
        (("-QUIC",), "ssl", True),
        (("-SLZ",), "compression", True),  # ZLIB will do
        (("-SLZ", "-ZLIB"), "compression", False),
    ],
)
def test_a_bug_of_what_is_not_built_in_need_not_be_fixed(
    features: tuple[str, ...], subsystem: str, told: bool
) -> None:
    missing = MISSING._replace(subsystem=subsystem)

    assert bool(judged_with(LEAKY, beyond(missing), features=features).never_fixed) is told


@pytest.mark.parametrize(("as_of", "told"), [("2020-05-04", 0), ("2020-05-05", 1), ("", 1)])
def test_what_was_fixed_elsewhere_later_was_not_missed_yet(as_of: str, told: int) -> None:
    assert len(judged_with(LEAKY, beyond(MISSING), as_of=as_of).never_fixed) == told


def test_what_may_come_with_the_next_release_is_pending() -> None:
    late = MISSING._replace(newer_merged_on="2020-06-02")  # 7.1.3 is of the day before

    (alive,) = judged_with(LEAKY, beyond(late)).never_fixed
    (over,) = judged_with(LEAKY._replace(maintained_until="2020-Q1"), beyond(late)).never_fixed

    assert (alive.pending, over.pending) == (True, False)


@pytest.mark.parametrize(
    ("maintained_until", "support"),
    [
        ("2022-Q1", Support(long_term=True, until="2022-Q1", ended=False, soon=False)),
        ("2020-Q3", Support(long_term=True, until="2020-Q3", ended=False, soon=True)),
        ("2020-Q1", Support(long_term=True, until="2020-Q1", ended=True, soon=False)),
    ],
)
def test_how_the_branch_is_maintained_is_told(maintained_until: str, support: Support) -> None:
    assert judge("7.1.0", history(maintained_until=maintained_until)).support == support


@pytest.mark.parametrize(
    ("wide", "words"),
    [
        (beyond(), ": plan the move to 7.2"),
        (beyond(others=()), ""),
        (None, ""),
    ],
    ids=["another branch", "no other branch", "nothing known"],
)
def test_the_end_is_warned_of_before_it_comes(wide: Beyond | None, words: str) -> None:
    report = judged_with(history(maintained_until="2020-Q3"), wide)

    assert report.warnings == (f"branch 7.1 is to be maintained until 2020-Q3 only{words}",)


def test_from_a_branch_that_is_over_another_is_named() -> None:
    over = history(fix(1, "7.1.2", mainline_commit="abab"), maintained_until="2020-Q1")

    there = chosen(judged_with(over, beyond())).elsewhere

    assert there is not None
    assert counted(there) == ("7.2.1", 1, 0)
    assert there.branch == "7.2"


@pytest.mark.parametrize(
    ("known", "named"),
    [
        (history(fix(1, "7.1.2")), False),  # maintained, and all is cured
        (history(fix(1, "")), True),
        (history(fix(1, "7.1.2"), maintained_until="2020-Q1"), True),
    ],
    ids=["cured", "uncured", "over"],
)
def test_it_is_named_only_where_it_is_needed(known: BranchHistory, named: bool) -> None:
    assert (chosen(judged_with(known, beyond())).elsewhere is not None) is named


@pytest.mark.parametrize(
    ("others", "as_of"),
    [
        ((), ""),
        ((NEXT._replace(long_term_support=False),), ""),
        ((NEXT,), "2020-04-30"),  # before its first release
    ],
    ids=["none", "not for long", "not yet"],
)
def test_without_another_branch_none_is_named(
    others: tuple[BranchHistory, ...], as_of: str
) -> None:
    over = history(fix(1, "7.1.2"), maintained_until="2020-Q1")

    assert chosen(judged_with(over, beyond(others=others), as_of=as_of)).elsewhere is None


def test_a_branch_that_is_unknown_to_the_source_is_not_named() -> None:
    over = history(fix(1, "7.1.2"), maintained_until="2020-Q1")
    wide = beyond()._replace(history_of=lambda branch: None)

    assert chosen(judged_with(over, wide)).elsewhere is None


EXAMINATION = cast("Examination", object())


class Examined:
    """Rules out the bugs of a subsystem, and notes what is advised of the others."""

    def __init__(self) -> None:
        self.advice: dict[str, str] = {}

    def judge(self, finding: Finding) -> Finding:
        absent = finding.bug.subsystem == "oven"
        return finding._replace(configured=Verdict.NOT_AFFECTED if absent else Verdict.AFFECTED)

    def conclude(
        self, findings: Sequence[Finding], advice_on: Callable[[Finding], str]
    ) -> Examination:
        self.advice = {finding.bug.id: advice_on(finding) for finding in findings}
        return EXAMINATION


def test_what_was_measured_is_judged_and_advised_on() -> None:
    bad = entered(2, "7.1.1", "7.1.2", severity=Severity.MAJOR)
    known = history(fix(1, "7.1.1"), bad, fix(3, "7.1.3"), fix(4, "7.1.3", subsystem="oven"))
    (build,) = read_builds("7.1.0", source="test")
    examiner = Examined()

    adviser = Adviser(lambda branch: known, PROVENANCE, Question(today=TODAY))
    report = adviser.advise(build, cast("Examiner", examiner))

    assert report.examination is EXAMINATION
    assert (report.set_aside.not_configured, report.set_aside.known) == (1, 2)
    assert [item.bug.subsystem for item in report.not_affected] == ["oven"]
    assert examiner.advice == {
        "000000000001": "better 7.1.2, since 7.1.1 has a major bug that came with 7.1.1 (commit "
        "cafecafecafe); 7.1.2 answers it (commit f00000000002)",
        "000000000003": "",  # the one that cures it is the one to choose
    }


def test_what_is_known_beyond_a_branch_is_read_once() -> None:
    asked: list[str] = []

    def missing(branch: str) -> tuple[Missing, ...]:
        asked.append(branch)
        return (MISSING,)

    wide = beyond()._replace(missing=missing)
    adviser = Adviser(lambda branch: LEAKY, PROVENANCE, Question(today=TODAY), wide)
    reports = [
        adviser.advise(build)
        for version in ("7.1.0", "7.1.1")
        for build in read_builds(version, source="test")
    ]

    assert [len(report.never_fixed) for report in reports] == [1, 1]
    assert asked == ["7.1"]


@pytest.mark.parametrize(
    ("today", "newest_merge", "old"),
    [
        ("2020-07-07", "", False),
        ("2020-07-08", "", True),
        ("2020-06-01", "", True),  # of the future: nobody knows how old it is
        ("2020-07-01", "2020-04-01", True),  # read from what is not kept up
    ],
)
def test_data_is_old_after_a_week_or_where_that_is_not_known(
    today: str, newest_merge: str, old: bool
) -> None:
    (build,) = read_builds("7.1.0", source="test")
    provenance = PROVENANCE._replace(newest_merge=newest_merge)

    assert advise(build, LEAKY, provenance, Question(today=today)).is_old(7) is old


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


@pytest.mark.parametrize("checked_on", ["2020-06-20", "2020-06-30"])
def test_the_age_is_that_of_the_branch(checked_on: str) -> None:
    # A refresh that could read other branches says nothing of this one.
    report = judge("7.1.0", LEAKY._replace(checked_on=checked_on))

    assert report.provenance == PROVENANCE._replace(data_as_of=checked_on)
    assert report.as_of == checked_on
    assert report.age_days == {"2020-06-20": 11, "2020-06-30": 1}[checked_on]


def test_a_branch_that_was_left_behind_cannot_show_that_there_is_nothing() -> None:
    known = CLEAN._replace(checked_on="2020-06-20")

    assert judge("7.1.3", CLEAN).verdict is Verdict.NOT_AFFECTED
    report = judge("7.1.3", known)
    assert report.verdict is Verdict.UNKNOWN
    assert report.reason.startswith("nothing was known on 2020-06-20, 11 days ago; ")


def test_an_unknown_branch_is_as_old_as_the_catalogue() -> None:
    assert judge("7.2.0", None).as_of == PROVENANCE.data_as_of


@pytest.mark.parametrize(
    ("today", "as_of", "age"),
    [
        ("2020-06-30", "", 0),
        ("2020-06-29", "", 0),  # it is later elsewhere
        ("2020-06-28", "", None),
        # what was known on an earlier day does not age
        ("2020-06-28", "2020-06-27", 0),
        ("2020-06-28", "2020-06-30", 0),
        ("2020-07-10", "2020-07-05", 5),
    ],
)
def test_data_of_the_future_has_no_age(today: str, as_of: str, age: int | None) -> None:
    assert judge("7.1.0", LEAKY, Question(today=today, as_of=as_of)).age_days == age


def test_data_of_the_future_is_warned_of_and_shows_nothing() -> None:
    words = "the data is of 2020-06-30, which is yet to come: the clock is wrong, or was; "

    clean = judge("7.1.3", CLEAN, Question(today="2020-06-01"))
    leaky = judge("7.1.0", LEAKY, Question(today="2020-06-01"))

    assert (clean.verdict, leaky.verdict) == (Verdict.UNKNOWN, Verdict.AFFECTED)
    assert clean.reason == f"nothing is listed, but {words}its age is unknown"
    assert clean.warnings == leaky.warnings == (f"{words}its age is unknown",)


def test_a_source_that_is_not_kept_up_is_warned_of_and_shows_nothing() -> None:
    provenance = PROVENANCE._replace(newest_merge="2020-04-01")
    words = "the newest fix of any branch is of 2020-04-01, though it was read on 2020-06-30: "

    reports = [
        advise(build, known, provenance, Question(today=TODAY))
        for version, known in (("7.1.3", CLEAN), ("7.1.0", LEAKY))
        for build in read_builds(version, source="test")
    ]

    assert [report.verdict for report in reports] == [Verdict.UNKNOWN, Verdict.AFFECTED]
    assert reports[0].reason.startswith(f"nothing is listed, but {words}")
    for report in reports:
        (warning,) = report.warnings
        assert warning.startswith(words)


# (version as printed, words of the warning)
FROM_PAGES = [
    ("7.1.1", ""),
    ("7.1.1-1111111", "whether that is 7.1.1's own is not known"),
    ("7.1.1-abcdef-1", "1 fixes that were merged after 7.1.1 may be in it"),
]


@pytest.mark.parametrize(("version", "words"), FROM_PAGES)
def test_a_release_whose_own_commit_is_unknown_has_no_official_build(
    version: str, words: str
) -> None:
    releases = tuple(release._replace(commit="") for release in RELEASES)

    report = judge(version, LEAKY._replace(releases=releases))

    assert report.target.origin != "official"
    assert [item.fixed_in for item in report.findings] == ["7.1.2"]
    assert words in (report.warnings[0] if report.warnings else "")
    assert bool(words) == bool(report.warnings)


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


def test_what_entered_with_a_release_of_a_later_day_is_not_there_yet() -> None:
    # the fix was merged before the release that has its bug
    odd = entered(3, "7.1.3", "", severity=Severity.MEDIUM)
    known = history(fix(1, "7.1.1"), odd)
    late = MISSING._replace(introduced_in="7.1.3", newer_merged_on="2020-02-02")

    before = judged_with(known, beyond(late), as_of="2020-03-03")
    after = judged_with(known, beyond(late), version="7.1.3")

    assert (before.never_fixed, before.known_bad) == ((), ())
    assert (len(after.never_fixed), len(after.known_bad)) == (1, 1)


def test_what_the_package_has_a_patch_for_is_set_aside() -> None:
    question = Question(today=TODAY, patched={"000000000002": "tea.patch, by its subject"})

    report = judge("7.1.0-1+deb12u1", LEAKY, question)

    assert [item.bug.id for item in report.findings] == ["000000000001"]
    assert [(item.verdict, item.reasons) for item in report.not_affected] == [
        (Verdict.NOT_AFFECTED, ("the package has it: tea.patch, by its subject",))
    ]
    assert (report.set_aside.patched, report.set_aside.known) == (1, 1)
    assert report.known_bugs == 3  # as the page of 7.1.0 says
    assert report.warnings == (
        "7.1.0-1+deb12u1 carries a revision of Debian: it is judged by its upstream version 7.1.0; "
        "1 of its bugs are fixed by patches of the package",
    )


def test_what_came_with_a_patch_of_the_package_may_be_there() -> None:
    known = history(
        *(entered(place, "7.1.2", "7.1.3", kind=Kind.MEMORY_LEAK) for place in (1, 2)),
    )
    other = known.fixes[1]._replace(introduced_by="beefbeefbeef")
    question = Question(today=TODAY, patched={}, added=("cafecafe",))

    report = judge("7.1.1-1", known._replace(fixes=(known.fixes[0], other)), question)

    assert [(item.bug.id, item.verdict, item.reasons) for item in report.findings] == [
        (
            "000000000001",
            Verdict.POSSIBLE,
            ("it came with commit cafecafecafe, which the package has added",),
        )
    ]
    assert [item.bug.id for item in report.not_affected] == ["000000000002"]


def test_what_the_package_patched_itself_is_not_missed() -> None:
    told = [
        judged_with(LEAKY, beyond(MISSING), patched=patched).never_fixed
        for patched in (None, {"000000000001": "tea.patch"}, {MISSING.bug_id: "tea.patch"})
    ]

    assert [len(found) for found in told] == [1, 1, 0]
