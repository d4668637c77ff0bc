"""What a move from one release to another changes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from advisory.bug import Advisory, Kind, Severity
from advisory.difference import Difference, HeldBug, by_kind, by_severity, difference, held
from advisory.finding import Finding, FixState, Verdict
from tests.conftest import make_bug, make_fix


def bug(name: str, **fields: Any) -> HeldBug:
    plain = HeldBug(name, Severity.MINOR, Kind.CRASH, "kettle")
    return plain._replace(**fields)


def names(found: Difference) -> tuple[str, ...]:
    """The ids of each part, in its order."""
    return tuple("".join(one.id for one in part) for part in found)


def test_a_move_cures_leaves_and_brings_in() -> None:
    found = difference([bug("a"), bug("b")], [bug("b"), bug("c")])

    assert found == Difference((bug("a"),), (bug("b"),), (bug("c"),), ())


def test_what_stays_is_told_as_the_new_release_has_it() -> None:
    found = difference([bug("a", fixed_in="2.2.5")], [bug("a", never_fixed=True)])

    assert found.leaves == (bug("a", never_fixed=True),)


def test_what_the_new_release_may_have_is_neither_cured_nor_left() -> None:
    found = difference([bug("a"), bug("b")], [bug("a", certain=False), bug("c", certain=False)])

    assert names(found) == ("b", "", "", "ac")


def test_what_the_old_release_may_have_is_neither_left_nor_brought_in() -> None:
    found = difference([bug("a", certain=False), bug("b", certain=False)], [bug("a")])

    # of the other nobody knows whether there was anything to cure
    assert names(found) == ("", "", "", "a")


def test_the_worst_come_first_and_last_what_no_serving_process_grows_from() -> None:
    found = difference(
        [
            bug("a", severity=Severity.CRITICAL, runtime=False),
            bug("b", severity=Severity.MINOR),
            bug("c", severity=Severity.MAJOR, runtime=True),
            bug("d", severity=Severity.MAJOR),
        ],
        [],
    )

    assert names(found) == ("cdba", "", "", "")


BUGS = st.lists(
    st.builds(bug, st.sampled_from("abcd"), certain=st.booleans()), unique_by=lambda one: one.id
)


@given(BUGS)
def test_a_move_to_the_same_changes_nothing(bugs: list[HeldBug]) -> None:
    found = difference(bugs, bugs)

    assert (found.cures, found.brings_in) == ((), ())
    assert {*found.leaves, *found.undecided} == {*bugs}


@given(BUGS, BUGS)
def test_a_move_back_brings_in_what_the_move_cured(old: list[HeldBug], new: list[HeldBug]) -> None:
    there, back = difference(old, new), difference(new, old)

    assert there.cures == back.brings_in
    assert names(there)[1] == names(back)[1]


@given(BUGS, BUGS)
def test_every_bug_of_the_new_release_is_told_once(old: list[HeldBug], new: list[HeldBug]) -> None:
    found = difference(old, new)

    told = [one.id for part in found[1:] for one in part]
    assert sorted(told) == sorted(one.id for one in new)
    assert {one.id for one in found.cures}.isdisjoint(told)


def test_a_finding_is_a_bug_that_a_release_has() -> None:
    fix = make_fix(1, "2.2.5", severity=Severity.MEDIUM)
    words = Advisory(Kind.MEMORY_LEAK, "Tea is lost.", "high", ("diff",))
    plain = make_bug("b1", title="BUG: tea", runtime=True)

    told = [
        held(Finding(one, fix, "2.2.5", FixState.RELEASED, Verdict.AFFECTED, ()))
        for one in (plain, plain._replace(advisory=words))
    ]

    leak = HeldBug(
        id="b1" * 6,
        severity=Severity.MEDIUM,
        kind=Kind.MEMORY_LEAK,
        subsystem="kettle",
        runtime=True,
        words="BUG: tea",
        fixed_in="2.2.5",
    )
    assert told == [leak, leak._replace(words="Tea is lost.")]


def test_bugs_are_counted_in_the_order_of_severities_and_kinds() -> None:
    bugs = [
        bug("a"),
        bug("b", severity=Severity.MAJOR, kind=Kind.MEMORY_LEAK),
        bug("c", kind=Kind.MEMORY_LEAK),
    ]

    assert list(by_severity(bugs).items()) == [(Severity.MAJOR, 1), (Severity.MINOR, 2)]
    assert list(by_kind(bugs).items()) == [(Kind.MEMORY_LEAK, 2), (Kind.CRASH, 1)]
    assert (by_severity([]), by_kind([])) == ({}, {})
