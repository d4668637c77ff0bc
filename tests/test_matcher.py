from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.bug import Advisory, Fix, Kind, Severity
from advisory.finding import Finding, FixState, Verdict
from advisory.history import BranchHistory, PublishedRelease
from advisory.matcher import Match, Place, match, place_commit, place_release
from tests import strategies
from tests.conftest import RELEASES, make_bug, make_fix, make_history


class Says(NamedTuple):
    """What is to be said of one fix."""

    fix: Fix
    verdict: Verdict
    reason: str
    fixed_in: str = ""
    state: FixState = FixState.RELEASED


def release_of(version: str) -> PublishedRelease:
    return next(release for release in RELEASES if release.version == version)


def judged(found: Match) -> tuple[Finding, ...]:
    return found.findings + found.not_affected


def expected(*said: Says) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            bug=item.fix.bug,
            fix=item.fix,
            fixed_in=item.fixed_in,
            fix_state=item.state,
            verdict=item.verdict,
            reasons=(item.reason,),
        )
        for item in said
    )


PLAIN = make_fix(1, "2.2.2")
PENDING = make_fix(1)
LATE = make_fix(1, "2.2.10")
ENTERED = make_fix(1, "2.2.3", introduced_by="c1" * 6, introduced_in="2.2.2")
# What "reverted" means below: merged for 2.2.1, taken back in 2.2.3.
REVERTED = make_fix(1, "2.2.1", reverted_by="e1" * 6, reverted_in="2.2.3")
REVERTED_AT_ONCE = make_fix(1, "2.2.2", reverted_by="e1" * 6, reverted_in="2.2.2")
REVERT_PENDING = make_fix(1, "2.2.1", reverted_by="e1" * 6)
NEVER_RELEASED = make_fix(1, reverted_by="e1" * 6)
# The revert was itself reverted: the branch lists one fix.
RESTORED = REVERTED._replace(reapplied_by="d1" * 6, reapplied_in="2.2.10")
RESTORE_PENDING = REVERTED._replace(reapplied_by="d1" * 6)
# It came again as a commit of its own: the branch lists two fixes of one bug.
AGAIN = make_fix(2, "2.2.10", bug=REVERTED.bug)
REPLACED = REVERTED._replace(reapplied_by=AGAIN.commit, reapplied_in="2.2.10")
# One flaw fixed twice, neither taken back: the first fix was not enough.
TWICE = (make_fix(1, "2.2.1"), make_fix(2, "2.2.3", bug=make_bug("b1")))
# The second fix of a flaw was a mistake, the first one stands.
SECOND_REVERTED = (
    make_fix(1, "2.2.1"),
    make_fix(2, "2.2.2", bug=make_bug("b1"), reverted_by="e2" * 6, reverted_in="2.2.3"),
)
# Both are gone.
BOTH_REVERTED = (REVERTED, SECOND_REVERTED[1])

HELD = "holds the fix, but 2.2.3 took it back (commit e1e1e1e1e1e1): do not count on it"
LOST = "its fix was taken back in 2.2.3 (commit e1e1e1e1e1e1)"
AWAITED = "the fix is merged and awaits a release"
MAYBE = "the fix was merged before the next release; this build may hold it already"

OF_A_RELEASE = [
    # the fix came later, in the release itself, before it
    ((PLAIN,), "2.2.1", [Says(PLAIN, Verdict.AFFECTED, "the fix came later, in 2.2.2", "2.2.2")]),
    ((PLAIN,), "2.2.2", []),
    ((PLAIN,), "2.2.3", []),
    # 2.2.10 is later than 2.2.3
    ((LATE,), "2.2.3", [Says(LATE, Verdict.AFFECTED, "the fix came later, in 2.2.10", "2.2.10")]),
    ((LATE,), "2.2.10", []),
    # merged, in no release
    ((PENDING,), "2.2.10", [Says(PENDING, Verdict.AFFECTED, AWAITED, state=FixState.MERGED)]),
    # reverted: before the fix, between the two, after the revert
    ((REVERTED,), "2.2.0", [Says(REVERTED, Verdict.AFFECTED, LOST, state=FixState.REVERTED)]),
    (
        (REVERTED,),
        "2.2.1",
        [Says(REVERTED, Verdict.POSSIBLE, f"2.2.1 {HELD}", state=FixState.REVERTED)],
    ),
    (
        (REVERTED,),
        "2.2.2",
        [Says(REVERTED, Verdict.POSSIBLE, f"2.2.2 {HELD}", state=FixState.REVERTED)],
    ),
    ((REVERTED,), "2.2.3", [Says(REVERTED, Verdict.AFFECTED, LOST, state=FixState.REVERTED)]),
    # fix and revert in one release: no release ever held it
    (
        (REVERTED_AT_ONCE,),
        "2.2.2",
        [
            Says(
                REVERTED_AT_ONCE,
                Verdict.AFFECTED,
                "its fix was taken back in 2.2.2 (commit e1e1e1e1e1e1)",
                state=FixState.REVERTED,
            )
        ],
    ),
    # the revert awaits a release
    (
        (REVERT_PENDING,),
        "2.2.10",
        [
            Says(
                REVERT_PENDING,
                Verdict.POSSIBLE,
                "2.2.10 holds the fix, but it was taken back since (commit e1e1e1e1e1e1): "
                "do not count on it",
                state=FixState.REVERTED,
            )
        ],
    ),
    (
        (REVERT_PENDING,),
        "2.2.0",
        [
            Says(
                REVERT_PENDING,
                Verdict.AFFECTED,
                "its fix was taken back later (commit e1e1e1e1e1e1)",
                state=FixState.REVERTED,
            )
        ],
    ),
    # so do both
    (
        (NEVER_RELEASED,),
        "2.2.10",
        [
            Says(
                NEVER_RELEASED,
                Verdict.AFFECTED,
                "its fix was taken back later (commit e1e1e1e1e1e1)",
                state=FixState.REVERTED,
            )
        ],
    ),
    # reverted, then restored by a revert of the revert
    ((RESTORED,), "2.2.2", [Says(RESTORED, Verdict.POSSIBLE, f"2.2.2 {HELD}", "2.2.10")]),
    (
        (RESTORED,),
        "2.2.3",
        [
            Says(
                RESTORED,
                Verdict.AFFECTED,
                "its fix was taken back in 2.2.3 and came again in 2.2.10",
                "2.2.10",
            )
        ],
    ),
    ((RESTORED,), "2.2.10", []),
    # restored in the branch only
    (
        (RESTORE_PENDING,),
        "2.2.2",
        [Says(RESTORE_PENDING, Verdict.POSSIBLE, f"2.2.2 {HELD}", state=FixState.MERGED)],
    ),
    (
        (RESTORE_PENDING,),
        "2.2.10",
        [
            Says(
                RESTORE_PENDING,
                Verdict.AFFECTED,
                "its fix was taken back in 2.2.3; it is merged again and awaits a release",
                state=FixState.MERGED,
            )
        ],
    ),
    # reverted, then replaced by a commit of its own, which decides
    (
        (REPLACED, AGAIN),
        "2.2.0",
        [Says(AGAIN, Verdict.AFFECTED, "the fix came later, in 2.2.10", "2.2.10")],
    ),
    ((REPLACED, AGAIN), "2.2.2", [Says(AGAIN, Verdict.POSSIBLE, f"2.2.2 {HELD}", "2.2.10")]),
    (
        (REPLACED, AGAIN),
        "2.2.3",
        [Says(AGAIN, Verdict.AFFECTED, "the fix came later, in 2.2.10", "2.2.10")],
    ),
    ((REPLACED, AGAIN), "2.2.10", []),
    # two fixes of one flaw: the last that stands decides
    (TWICE, "2.2.1", [Says(TWICE[1], Verdict.AFFECTED, "the fix came later, in 2.2.3", "2.2.3")]),
    (TWICE, "2.2.3", []),
    (SECOND_REVERTED, "2.2.3", []),
    (
        SECOND_REVERTED,
        "2.2.0",
        [Says(SECOND_REVERTED[0], Verdict.AFFECTED, "the fix came later, in 2.2.1", "2.2.1")],
    ),
    # neither stands: the last one decides
    (
        BOTH_REVERTED,
        "2.2.3",
        [
            Says(
                BOTH_REVERTED[1],
                Verdict.AFFECTED,
                "its fix was taken back in 2.2.3 (commit e2e2e2e2e2e2)",
                state=FixState.REVERTED,
            )
        ],
    ),
    # the bug entered later, in the very release, earlier
    (
        (ENTERED,),
        "2.2.1",
        [
            Says(
                ENTERED,
                Verdict.NOT_AFFECTED,
                "entered later, in 2.2.2 (commit c1c1c1c1c1c1)",
                "2.2.3",
            )
        ],
    ),
    (
        (ENTERED,),
        "2.2.2",
        [Says(ENTERED, Verdict.AFFECTED, "the fix came later, in 2.2.3", "2.2.3")],
    ),
    ((ENTERED,), "2.2.3", []),
]


@pytest.mark.parametrize(("fixes", "version", "said"), OF_A_RELEASE)
def test_a_release_has_the_bugs_whose_fixes_it_lacks(
    fixes: tuple[Fix, ...], version: str, said: list[Says]
) -> None:
    history = make_history(*fixes)

    found = match(history, place_release(history, release_of(version)))

    assert judged(found) == expected(*said)


def test_a_match_counts_every_later_fix_and_parts_what_can_concern_the_build() -> None:
    held = make_fix(1, "2.2.1")
    plain = make_fix(2, "2.2.2", severity=Severity.MAJOR)
    entered = make_fix(3, "2.2.3", introduced_by="c3" * 6, introduced_in="2.2.2")
    pending = make_fix(4)
    history = make_history(held, plain, entered, pending)

    found = match(history, place_release(history, release_of("2.2.1")))

    assert found == Match(
        known_bugs=3,
        by_severity=(
            (Severity.CRITICAL, 0),
            (Severity.MAJOR, 1),
            (Severity.MEDIUM, 0),
            (Severity.MINOR, 2),
            (Severity.UNKNOWN, 0),
        ),
        findings=expected(
            Says(plain, Verdict.AFFECTED, "the fix came later, in 2.2.2", "2.2.2"),
            Says(pending, Verdict.AFFECTED, AWAITED, state=FixState.MERGED),
        ),
        not_affected=expected(
            Says(
                entered,
                Verdict.NOT_AFFECTED,
                "entered later, in 2.2.2 (commit c3c3c3c3c3c3)",
                "2.2.3",
            ),
        ),
    )


def test_a_branch_without_fixes_has_no_known_bugs() -> None:
    history = make_history()

    found = match(history, place_release(history, release_of("2.2.0")))

    assert found == Match(
        known_bugs=0,
        by_severity=tuple((severity, 0) for severity in Severity),
        findings=(),
        not_affected=(),
    )


# One fix before 2.2.1, three before 2.2.2, none before 2.2.3, one before 2.2.10, one pending.
SNAPSHOTS = make_history(
    make_fix(1, "2.2.1"),
    make_fix(2, "2.2.2"),
    make_fix(3, "2.2.2"),
    make_fix(4, "2.2.2"),
    make_fix(5, "2.2.10"),
    make_fix(6),
)


@pytest.mark.parametrize(
    ("version", "commit", "past", "position", "until", "doubtful"),
    [
        # a known fix: the build holds it and what came before it
        ("2.2.1", "f3f3f3f3f3f3", 7, 3, "2.2.2", set()),
        # its hash as builds print it, and whole
        ("2.2.1", "f3f3f3", 7, 3, "2.2.2", set()),
        ("2.2.1", "f3" * 20, None, 3, "2.2.2", set()),
        # no fix that is known: any of those before the next release may be in
        ("2.2.1", "999999", None, 1, "2.2.2", {2, 3, 4}),
        # not more of them than there are commits
        ("2.2.1", "999999", 2, 1, "2.2.2", {2, 3}),
        ("2.2.1", "999999", 0, 1, "2.2.2", set()),
        ("2.2.1", "999999", 99, 1, "2.2.2", {2, 3, 4}),
        # a fix that the base release holds tells nothing
        ("2.2.1", "f1f1f1", None, 1, "2.2.2", {2, 3, 4}),
        # the next release brings no fix: none is in doubt, though one came with a later release
        ("2.2.2", "999999", None, 4, "2.2.3", set()),
        # the build is past the next release, whatever it calls its base
        ("2.2.1", "f5f5f5", None, 5, "2.2.10", set()),
    ],
)
def test_a_snapshot_stands_at_its_commit_or_somewhere_before_the_next_release(
    version: str, commit: str, past: int | None, position: int, until: str, doubtful: set[int]
) -> None:
    place = place_commit(SNAPSHOTS, release_of(version), commit, past)

    assert place == Place(
        release=release_of(version),
        position=position,
        until=release_of(until).order,
        doubtful=frozenset(doubtful),
    )


@pytest.mark.parametrize(
    ("commit", "position", "doubtful"), [("f6f6f6", 6, frozenset()), ("999999", 5, frozenset({6}))]
)
def test_a_snapshot_of_the_newest_release_may_hold_what_awaits_the_next(
    commit: str, position: int, doubtful: frozenset[int]
) -> None:
    newest = release_of("2.2.10")

    place = place_commit(SNAPSHOTS, newest, commit, None)

    assert place == Place(
        release=newest, position=position, until=newest.order + 1, doubtful=doubtful
    )


OF_A_SNAPSHOT = [
    # the commit is the fix itself
    ((PLAIN,), "2.2.1", "f1f1f1", []),
    ((PENDING,), "2.2.10", "f1f1f1", []),
    # it may hold the fix, or not yet
    ((PLAIN,), "2.2.1", "999999", [Says(PLAIN, Verdict.POSSIBLE, MAYBE, "2.2.2")]),
    (
        (PENDING,),
        "2.2.10",
        "999999",
        [Says(PENDING, Verdict.POSSIBLE, MAYBE, state=FixState.MERGED)],
    ),
    # the fix comes after the next release
    (
        (LATE,),
        "2.2.1",
        "999999",
        [Says(LATE, Verdict.AFFECTED, "the fix came later, in 2.2.10", "2.2.10")],
    ),
    # it holds a fix, or may, that a later release took back
    (
        (REVERTED,),
        "2.2.0",
        "f1f1f1",
        [Says(REVERTED, Verdict.POSSIBLE, f"this build {HELD}", state=FixState.REVERTED)],
    ),
    (
        (REVERTED,),
        "2.2.0",
        "999999",
        [
            Says(
                REVERTED,
                Verdict.POSSIBLE,
                f"this build {HELD.replace('holds', 'may hold')}",
                state=FixState.REVERTED,
            )
        ],
    ),
    # the same, and it came again
    (
        (REPLACED, AGAIN),
        "2.2.0",
        "f1f1f1",
        [Says(AGAIN, Verdict.POSSIBLE, f"this build {HELD}", "2.2.10")],
    ),
    # the bug entered before the next release: the build may have it; or after
    (
        (ENTERED,),
        "2.2.1",
        "999999",
        [Says(ENTERED, Verdict.AFFECTED, "the fix came later, in 2.2.3", "2.2.3")],
    ),
    (
        (ENTERED,),
        "2.2.0",
        "999999",
        [
            Says(
                ENTERED,
                Verdict.NOT_AFFECTED,
                "entered later, in 2.2.2 (commit c1c1c1c1c1c1)",
                "2.2.3",
            )
        ],
    ),
]


@pytest.mark.parametrize(("fixes", "version", "commit", "said"), OF_A_SNAPSHOT)
def test_a_snapshot_has_the_bugs_whose_fixes_it_may_lack(
    fixes: tuple[Fix, ...], version: str, commit: str, said: list[Says]
) -> None:
    history = make_history(*fixes)

    found = match(history, place_commit(history, release_of(version), commit, None))

    assert judged(found) == expected(*said)


def of_subsystem(subsystem: str) -> Fix:
    return make_fix(1, "2.2.2", bug=make_bug(subsystem=subsystem))


def of_advisory(**conditions: tuple[str, ...]) -> Fix:
    advisory = Advisory(
        kind=Kind.MEMORY_LEAK,
        summary="A cup is never washed.",
        confidence="high",
        said_by=("diff",),
        **conditions,  # type: ignore[arg-type]
    )
    return make_fix(1, "2.2.2", bug=make_bug(advisory=advisory))


OF_A_BUILD = [
    # what the subsystem needs: off, on, not listed
    (of_subsystem("quic"), ("-QUIC", "+LUA"), "", "needs QUIC, which this build lacks"),
    (of_subsystem("quic"), ("+QUIC", "-LUA"), "", ""),
    (of_subsystem("quic"), (), "", ""),
    # one of two is enough
    (
        of_subsystem("compression"),
        ("-ZLIB", "-SLZ"),
        "",
        "needs ZLIB or SLZ, which this build lacks",
    ),
    (of_subsystem("compression"), ("-ZLIB", "+SLZ"), "", ""),
    # a program of its own, whatever the build has
    (of_subsystem("halog"), (), "", "concerns a program of its own, halog"),
    # what the advisory says that it needs; a feature that must be out rules nothing out
    (of_advisory(features=("+LUA",)), ("-LUA",), "", "needs LUA, which this build lacks"),
    (of_advisory(features=("+LUA",)), ("+LUA",), "", ""),
    (of_advisory(features=("-LUA",)), ("-LUA",), "", ""),
    # the target: another, the same, one of those named, not known
    (
        of_advisory(target=("freebsd", "netbsd")),
        (),
        "linux-glibc",
        "concerns freebsd and netbsd; this build's TARGET is linux-glibc",
    ),
    (of_advisory(target=("freebsd", "netbsd")), (), "netbsd", ""),
    (of_advisory(target=("freebsd",)), (), "", ""),
    (of_advisory(), (), "linux-glibc", ""),
]


@pytest.mark.parametrize(("fix", "features", "target", "excluded"), OF_A_BUILD)
def test_a_build_has_no_bug_of_what_it_lacks(
    fix: Fix, features: tuple[str, ...], target: str, excluded: str
) -> None:
    history = make_history(fix)

    found = match(history, place_release(history, release_of("2.2.1")), features, target)

    assert judged(found) == expected(
        Says(fix, Verdict.NOT_AFFECTED, excluded, "2.2.2")
        if excluded
        else Says(fix, Verdict.AFFECTED, "the fix came later, in 2.2.2", "2.2.2")
    )


@pytest.mark.parametrize(
    ("day", "said"),
    [
        # 2.2.3, which takes the fix back, is not out yet: nothing is known against it
        ("2020-10-06", []),
        (
            "2020-10-07",
            [Says(REVERTED, Verdict.POSSIBLE, f"2.2.2 {HELD}", state=FixState.REVERTED)],
        ),
    ],
)
def test_what_happened_later_is_not_known_on_an_earlier_day(day: str, said: list[Says]) -> None:
    history = make_history(REVERTED).as_of(day)
    assert history is not None

    found = match(history, place_release(history, release_of("2.2.2")))

    assert judged(found) == expected(*said)


def test_a_fix_whose_release_is_not_out_awaits_it() -> None:
    history = make_history(LATE).as_of("2020-11-06")
    assert history is not None

    found = match(history, place_release(history, release_of("2.2.1")))

    assert judged(found) == expected(
        Says(LATE._replace(fixed_in=""), Verdict.AFFECTED, AWAITED, state=FixState.MERGED)
    )


def test_a_bug_that_enters_with_a_later_release_is_not_there_on_an_earlier_day() -> None:
    history = make_history(ENTERED).as_of("2020-08-10")
    assert history is not None

    found = match(history, place_release(history, release_of("2.2.1")))

    assert judged(found) == expected(
        Says(
            ENTERED._replace(fixed_in=""),
            Verdict.NOT_AFFECTED,
            "entered later, in 2.2.2 (commit c1c1c1c1c1c1)",
            state=FixState.MERGED,
        )
    )


@st.composite
def histories(draw: st.DrawFn) -> BranchHistory:
    """Histories of which some bugs entered after the first release."""
    history = draw(strategies.histories())
    versions = ("", *(release.version for release in history.releases))
    fixes = tuple(
        fix._replace(introduced_by="c0" * 6, introduced_in=draw(st.sampled_from(versions)))
        for fix in history.fixes
    )
    return history._replace(fixes=fixes)


@given(histories())
def test_a_release_past_the_fix_never_matches(history: BranchHistory) -> None:
    bugs = {fix.bug.id for fix in history.fixes}
    for release in history.releases:
        held = {item.version for item in history.releases if item.order <= release.order}
        cured = {
            bug
            for bug in bugs
            if all(
                fix.fixed_in in held and not fix.reverted_by
                for fix in history.fixes
                if fix.bug.id == bug
            )
        }

        found = match(history, place_release(history, release))

        assert cured.isdisjoint(finding.bug.id for finding in judged(found))


@given(histories())
def test_a_release_before_every_fix_has_the_bug_or_says_why_not(history: BranchHistory) -> None:
    first = history.releases[0]
    lacking = {fix.bug.id for fix in history.fixes if fix.fixed_in != first.version}
    held = {fix.bug.id for fix in history.fixes if fix.fixed_in == first.version}

    found = match(history, place_release(history, first))

    assert lacking - held <= {finding.bug.id for finding in judged(found)}


@given(histories(), st.sampled_from(("f00000000002", "999999")), st.none() | st.integers(0, 2))
def test_a_bug_is_judged_once(history: BranchHistory, commit: str, past: int | None) -> None:
    for release in history.releases:
        for place in (
            place_release(history, release),
            place_commit(history, release, commit, past),
        ):
            bugs = [finding.bug.id for finding in judged(match(history, place))]

            assert sorted(bugs) == sorted(set(bugs))


@given(histories())
def test_known_bugs_never_grow_from_a_release_to_the_next(history: BranchHistory) -> None:
    counts = [
        match(history, place_release(history, release)).known_bugs for release in history.releases
    ]

    assert counts == sorted(counts, reverse=True)


@given(histories(), st.sampled_from(("f00000000002", "999999")))
def test_a_snapshot_has_no_more_known_bugs_than_its_base(
    history: BranchHistory, commit: str
) -> None:
    for release in history.releases:
        base = match(history, place_release(history, release))
        snapshot = match(history, place_commit(history, release, commit, None))

        assert snapshot.known_bugs <= base.known_bugs


@given(
    histories(),
    st.sampled_from(("quic", "compression", "lua")),
    st.permutations(("+QUIC", "-LUA", "-ZLIB", "-SLZ", "-QUIC", "+THREAD")),
)
def test_a_match_does_not_depend_on_the_order_of_the_features(
    history: BranchHistory, subsystem: str, features: list[str]
) -> None:
    history = history._replace(
        fixes=tuple(
            fix._replace(bug=fix.bug._replace(subsystem=subsystem)) for fix in history.fixes
        )
    )
    place = place_release(history, history.releases[0])

    found = match(history, place, features)

    assert found == match(history, place, sorted(features))


def test_a_fix_that_was_taken_back_because_the_bug_is_younger_sets_it_aside() -> None:
    advisory = Advisory(
        kind=Kind.MEMORY_LEAK,
        summary="Tea.",
        confidence="high",
        said_by=("message",),
        since_version="2.3-dev1",
    )
    bug = make_bug("b1", advisory=advisory)
    lost = make_fix(1, "2.2.1", bug=bug, reverted_by="e" * 12, reverted_in="2.2.2")
    history = make_history(lost)

    found = match(history, place_release(history, history.releases[3]))

    assert (found.findings, [item.reasons for item in found.not_affected]) == (
        (),
        [("entered later, in 2.3-dev1; that is why its fix was taken back",)],
    )
