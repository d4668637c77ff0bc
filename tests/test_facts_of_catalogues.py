"""Facts as values: their newest day, a branch exchanged, and those of two catalogues in one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.bug import Advisory, Kind
from advisory.errors import CatalogueError
from advisory.facts import (
    FIX_COLUMNS,
    NUMBERS,
    RELEASE_COLUMNS,
    Facts,
    Row,
    Run,
    Validators,
    combine,
    run_of,
    same_commit,
)
from advisory.identity import bug_ids
from advisory.release import Release

RELEASES = ("2.2.0", "2.2.1", "2.2.2", "2.2.10")  # as text the last one would come third
LEAK = Advisory(kind=Kind.MEMORY_LEAK, summary="A cup.", confidence="high", said_by=("diff",))
RUN = Run(
    command="refresh",
    origin="https://kettle.example/",
    started_at="2026-07-01T03:00:00Z",
    ended_at="2026-07-01T03:01:00Z",
    outcome="partial",
    requests=23,
    new_releases=1,
    new_fixes=12,
    newly_released=3,
    taken_back=2,
    vanished=4,
    messages="branch 2.2 keeps what it had: tea\nand biscuits",
)


def a_branch(name: str = "2.2", checked_on: str = "2021-03-05", **columns: str) -> Row:
    return {
        "branch": name,
        "first_release_on": "2020-07-07",
        "long_term_support": "",
        "maintained_until": "",
        "stated_in": "",
        "checked_on": checked_on,
    } | columns


def a_release(version: str, **columns: str) -> Row:
    empty = dict.fromkeys(RELEASE_COLUMNS, "")
    branch = Release(version).branch
    return empty | {"branch": branch, "version": version, "released_on": "2020-07-07"} | columns


def a_fix(commit: str, fixed_in: str = "", **columns: str) -> Row:
    empty = dict.fromkeys(FIX_COLUMNS, "")
    names = {"branch": "2.2", "commit_id": commit, "fixed_in": fixed_in, "subject_key": commit}
    return empty | names | {"merged_on": "2020-07-20"} | columns


def the_facts(*fixes: Row, versions: tuple[str, ...] = RELEASES, **fields: Any) -> Facts:
    """Branch 2.2 with these fixes."""
    return Facts((a_branch(),), tuple(map(a_release, versions)), fixes, **fields)


def ids_of(facts: Facts) -> list[str]:
    return [row["commit_id"] for row in facts.fixes]


def only(facts: Facts) -> Row:
    (row,) = facts.fixes
    return row


def texts(run: Run) -> Row:
    """As a catalogue gives it."""
    return {name: str(value) for name, value in run._asdict().items()}


# One catalogue


def test_the_newest_day_is_that_of_the_last_fix_or_release() -> None:
    fixes = (a_fix("a", merged_on="2021-01-01"), a_fix("b", merged_on="2020-12-31"))
    released = a_release("2.2.1", released_on="2021-01-02")

    assert Facts(fixes=fixes).newest_day == "2021-01-01"
    assert Facts(fixes=fixes, releases=(released,)).newest_day == "2021-01-02"
    assert Facts().newest_day == ""


def test_a_branch_takes_its_place_by_age() -> None:
    facts = Facts()
    for name in ("2.10", "1.9", "2.2"):  # as text the first one would come second
        version = f"{name}.0"
        facts = facts.with_branch(
            a_branch(name), [a_release(version)], [a_fix(f"f{name}", version, branch=name)]
        )

    assert [row["branch"] for row in facts.branches] == ["1.9", "2.2", "2.10"]
    assert [row["version"] for row in facts.releases] == ["1.9.0", "2.2.0", "2.10.0"]
    assert ids_of(facts) == ["f1.9", "f2.2", "f2.10"]


def test_a_branch_is_replaced_whole_and_no_other() -> None:
    other = a_fix("c", "1.9.0", branch="1.9")
    facts = the_facts(a_fix("b", "2.2.1"), a_fix("a"), reviewed=frozenset({"c"}), runs=(RUN,))
    facts = facts.with_branch(a_branch("1.9"), [a_release("1.9.0")], [other])
    newer = a_branch(checked_on="2021-03-06")

    replaced = facts.with_branch(newer, [a_release("2.2.0")], [a_fix("d", "2.2.0"), a_fix("b")])

    assert replaced == facts._replace(
        branches=(a_branch("1.9"), newer),
        releases=(a_release("1.9.0"), a_release("2.2.0")),
        fixes=(other, a_fix("d", "2.2.0"), a_fix("b")),
    )


def test_a_run_is_read_back_from_text() -> None:
    assert run_of(texts(RUN)) == RUN


@pytest.mark.parametrize("column", [*NUMBERS, "started_at", "ended_at"])
def test_what_should_be_a_number_or_a_time_and_is_none_is_damage(column: str) -> None:
    with pytest.raises(CatalogueError, match=r"^the catalogue is damaged \(a run .*'soon'"):
        run_of(texts(RUN) | {column: "soon"})


# Two catalogues: what came with the package, and what a refresh has left


def test_what_one_catalogue_alone_knows_is_kept() -> None:
    mine = the_facts(a_fix("b" * 12, "2.2.1"))
    newer = a_branch("2.4"), [a_release("2.4.0")], [a_fix("d" * 9, "2.4.0", branch="2.4")]
    older = a_branch("2.0"), [a_release("2.0.0")], [a_fix("e" * 12, "2.0.0", branch="2.0")]

    both = combine(mine.with_branch(*older), mine.with_branch(*newer))

    assert both == mine.with_branch(*older).with_branch(*newer)


def test_the_row_of_the_package_counts_with_the_title_and_the_mark_of_the_other() -> None:
    mine = a_fix("abcdefabcdef", "2.2.1", mainline_commit="m" * 12, issues="7", severity="major")
    theirs = a_fix("abcdefabc", "2.2.1", title="BUG: tea", vanished_on="2021-01-01", severity="x")

    both = combine(the_facts(mine), the_facts(theirs))

    assert only(both) == mine | {"title": "BUG: tea", "vanished_on": "2021-01-01"}


def test_a_title_is_not_lost_to_one_that_was_not_read() -> None:
    both = combine(the_facts(a_fix("a" * 12, title="BUG: tea")), the_facts(a_fix("a" * 12)))

    assert only(both)["title"] == "BUG: tea"


def test_the_commit_of_a_release_is_the_packages_its_mark_the_other_ones() -> None:
    mine = the_facts(versions=())._replace(releases=(a_release("2.2.0", commit_id="c" * 12),))
    theirs = mine._replace(
        releases=(a_release("2.2.0", vanished_on="2021-01-01"), a_release("2.2.1"))
    )

    both = combine(mine, theirs)

    assert both.releases == (
        a_release("2.2.0", commit_id="c" * 12, vanished_on="2021-01-01"),
        a_release("2.2.1"),
    )


@pytest.mark.parametrize(
    ("mine", "theirs", "latest"),
    [
        ("2.2.2", "2.2.2", "2.2.2"),
        ("2.2.2", "2.2.10", "2.2.10"),
        ("2.2.10", "2.2.2", "2.2.10"),
        # it awaited a release when one of them was made
        ("", "2.2.2", "2.2.2"),
        ("2.2.2", "", "2.2.2"),
        ("", "", ""),
    ],
)
def test_of_two_releases_the_latest_holds_the_fix(mine: str, theirs: str, latest: str) -> None:
    both = combine(the_facts(a_fix("a" * 12, mine)), the_facts(a_fix("a" * 12, theirs)))

    assert only(both)["fixed_in"] == latest


def fate(reverted: str = "", reapplied: str = "") -> Row:
    """What became of a fix: commit and release of its revert, and of what brought it back."""
    names = ("reverted_by", "reverted_in", "reapplied_by", "reapplied_in")
    values = [*reverted.partition(" ")[::2], *reapplied.partition(" ")[::2]]
    return dict(zip(names, values, strict=True))


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        # one of them alone tells
        (fate(), fate("e 2.2.2"), fate("e 2.2.2")),
        (fate("e 2.2.2"), fate(), fate("e 2.2.2")),
        (fate(), fate("e 2.2.2", "d 2.2.10"), fate("e 2.2.2", "d 2.2.10")),
        (fate("e 2.2.2", "d 2.2.10"), fate("e 2.2.2"), fate("e 2.2.2", "d 2.2.10")),
        (fate("e 2.2.2"), fate("e 2.2.2", "d 2.2.10"), fate("e 2.2.2", "d 2.2.10")),
        (fate("e 2.2.2"), fate("e 2.2.2", "d"), fate("e 2.2.2", "d")),
        # a release has it since
        (fate("e"), fate("e 2.2.2"), fate("e 2.2.2")),
        (fate("e"), fate("unknown 2.2.2"), fate("e 2.2.2")),
        (fate("e 2.2.2"), fate("e"), fate("e 2.2.2")),
        (fate("e 2.2.1", "d"), fate("e 2.2.1", "d 2.2.2"), fate("e 2.2.1", "d 2.2.2")),
        (fate("e"), fate("e 2.2.1", "unknown 2.2.2"), fate("e 2.2.1", "unknown 2.2.2")),
        # where both tell, the package, which knows the commits
        (fate("e 2.2.2"), fate("unknown 2.2.10"), fate("e 2.2.2")),
        (
            fate("e 2.2.1", "d 2.2.2"),
            fate("unknown 2.2.1", "unknown 2.2.10"),
            fate("e 2.2.1", "d 2.2.2"),
        ),
        # what came back before it was taken back is gone again
        (fate("e 2.2.10"), fate("unknown 2.2.1", "unknown 2.2.2"), fate("e 2.2.10")),
    ],
)
def test_what_was_told_of_a_revert_is_kept(mine: Row, theirs: Row, expected: Row) -> None:
    both = combine(
        the_facts(a_fix("a" * 12, "2.2.0", **mine)), the_facts(a_fix("a" * 9, "2.2.0", **theirs))
    )

    assert only(both) == a_fix("a" * 12, "2.2.0", **expected)


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ("ac", "abc", "abc"),  # what is new stands where it stood
        ("ac", "abcd", "abcd"),
        ("bc", "abc", "abc"),
        ("abc", "b", "abc"),  # so does what the other lacks
        ("abc", "", "abc"),
        ("axc", "ayc", "axyc"),  # and where nothing tells, the package's comes first
    ],
)
def test_fixes_stand_in_the_order_of_both(mine: str, theirs: str, expected: str) -> None:
    def facts(names: str) -> Facts:
        return the_facts(*(a_fix(name * 12) for name in names))

    assert combine(facts(mine), facts(theirs)) == facts(expected)


def test_a_fix_that_is_released_meanwhile_stands_with_its_release() -> None:
    mine = the_facts(a_fix("a" * 12, "2.2.1"), a_fix("b" * 12), a_fix("c" * 12))
    theirs = the_facts(a_fix("a" * 12, "2.2.1"), a_fix("c" * 12, "2.2.2"))

    both = combine(mine, theirs)

    assert [(row["commit_id"][0], row["fixed_in"]) for row in both.fixes] == [
        ("a", "2.2.1"),
        ("c", "2.2.2"),
        ("b", ""),
    ]


def test_an_id_that_may_be_of_two_commits_is_a_fix_of_its_own() -> None:
    mine = the_facts(a_fix("abcdefa11111", "2.2.1"), a_fix("abcdefa22222", "2.2.1"))

    both = combine(mine, the_facts(a_fix("abcdefa", "2.2.1", title="BUG: tea")))

    assert sorted(ids_of(both)) == ["abcdefa", "abcdefa11111", "abcdefa22222"]


def test_ids_that_begin_alike_are_not_the_same() -> None:
    mine, theirs = a_fix("abcdefa11111"), a_fix("abcdefa22")

    assert not same_commit(mine, theirs)
    assert ids_of(combine(the_facts(mine), the_facts(theirs))) == ["abcdefa11111", "abcdefa22"]


@pytest.mark.parametrize(("mine", "theirs"), [("2021-01-01", "2021-01-02"), ("2021-01-02", "")])
def test_a_branch_was_checked_when_either_was(mine: str, theirs: str) -> None:
    packaged = Facts((a_branch(checked_on=mine, maintained_until="2025-Q2"),))
    refreshed = Facts((a_branch(checked_on=theirs),))

    both = combine(packaged, refreshed)

    assert both.branches == (a_branch(checked_on="2021-01-02", maintained_until="2025-Q2"),)


def test_pages_and_runs_are_those_of_the_users_catalogue() -> None:
    pages = {"bugs/bugs-2.2.html": Validators("e", "l")}

    both = combine(the_facts(a_fix("a")), the_facts(pages=pages, runs=(RUN,)))

    assert both == the_facts(a_fix("a"), pages=pages, runs=(RUN,))


def test_pools_are_those_of_the_package_if_it_has_any() -> None:
    mine, theirs = ({"pool": "pots"},), ({"pool": "cups"},)

    assert combine(Facts(pools=mine), Facts(pools=theirs)).pools == mine
    assert combine(Facts(), Facts(pools=theirs)).pools == theirs


def test_judgements_of_both_are_kept_and_those_of_the_package_count() -> None:
    fixes = [a_fix(name) for name in "abcd"]
    mine = the_facts(*fixes, reviewed=frozenset("ab"), advisories={"a": LEAK})
    other = LEAK._replace(summary="Another cup.")
    theirs = the_facts(*fixes, reviewed=frozenset("acd"), advisories={"a": other, "c": other})

    both = combine(mine, theirs)

    assert both.reviewed == frozenset("abcd")
    assert both.advisories == {"a": LEAK, "c": other}


def test_a_judgement_that_a_new_package_has_withdrawn_is_not_kept() -> None:
    # The newer package knows the mainline commit of the fix, and that the bug is no leak.
    mine = the_facts(a_fix("a", mainline_commit="m"), a_fix("b"), reviewed=frozenset("mb"))
    theirs = the_facts(
        *(a_fix("a"), a_fix("b")),
        reviewed=frozenset("ab"),
        advisories={"a": LEAK, "b": LEAK},
    )

    both = combine(mine, theirs)

    assert (both.reviewed, both.advisories) == (frozenset("mb"), {})


# The same of any two


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Facts, Facts]:
    """What two know of one branch, each up to some release and not of all that is in it.

    The second may cut ids short, and has titles, marks, and reverts that the first may lack.
    """
    places = sorted(draw(st.lists(st.integers(0, len(RELEASES)), max_size=5)))
    reverts = [draw(st.none() | st.integers(place, len(RELEASES))) for place in places]

    def facts(length: int, *, refreshed: bool) -> Facts:
        released = RELEASES[: draw(st.integers(1, len(RELEASES)))]
        versions = dict(enumerate(released))
        rows = []
        for number, (place, revert) in enumerate(zip(places, reverts, strict=True)):
            if draw(st.booleans()):
                row = a_fix(f"{number}abcdef{number}0000"[:length], versions.get(place, ""))
                if revert in versions and draw(st.booleans()):
                    row |= fate(f"e {versions[revert]}")
                if refreshed:
                    row["title"] = draw(st.sampled_from(("", "BUG: tea")))
                    row["vanished_on"] = draw(st.sampled_from(("", "2021-03-06")))
                rows.append(row)
        bugs = sorted(set(bug_ids(rows).values()))
        judged = draw(st.frozensets(st.sampled_from(bugs))) if bugs else frozenset()
        return the_facts(
            *rows, versions=released, reviewed=judged, advisories=dict.fromkeys(judged, LEAK)
        )

    lengths = draw(st.sampled_from(((12, 9), (12, 12), (9, 12), (9, 7))))
    return facts(lengths[0], refreshed=False), facts(lengths[1], refreshed=True)


@given(pairs())
def test_nothing_that_one_of_them_knows_is_lost(pair: tuple[Facts, Facts]) -> None:
    mine, theirs = pair

    both = combine(mine, theirs)
    found = {row["commit_id"][:7]: row for row in both.fixes}

    assert {row["version"] for row in both.releases} == {
        row["version"] for facts in pair for row in facts.releases
    }
    assert found.keys() == {row["commit_id"][:7] for facts in pair for row in facts.fixes}
    assert len(found) == len(both.fixes)
    for facts in pair:
        for row in facts.fixes:
            now = found[row["commit_id"][:7]]
            assert now["fixed_in"] or not row["fixed_in"]
            assert now["reverted_in"] or not row["reverted_in"]
            assert now["title"] or not row["title"]
    assert mine.reviewed <= both.reviewed
    assert mine.advisories.items() <= both.advisories.items()
    assert both.advisories.keys() <= both.reviewed


@given(pairs())
def test_fixes_stand_by_release_and_in_one_as_each_has_them(pair: tuple[Facts, Facts]) -> None:
    both = combine(*pair)

    for facts in pair:
        known = [name[:7] for name in ids_of(facts)]
        for version in (*RELEASES, ""):
            found = [row["commit_id"][:7] for row in both.fixes if row["fixed_in"] == version]
            own = [name for name in found if name in known]
            assert own == sorted(own, key=known.index)
    held = [RELEASES.index(row["fixed_in"]) if row["fixed_in"] else 9 for row in both.fixes]
    assert held == sorted(held)
    releases = [RELEASES.index(row["version"]) for row in both.releases]
    assert releases == sorted(releases)


@given(pairs())
def test_to_combine_again_changes_nothing(pair: tuple[Facts, Facts]) -> None:
    mine, _ = pair
    both = combine(*pair)

    assert combine(mine, both) == both
    assert combine(both, both) == both


@given(pairs())
def test_with_nothing_it_stays_what_it_is(pair: tuple[Facts, Facts]) -> None:
    mine, theirs = pair

    assert combine(Facts(), theirs) == theirs
    assert combine(mine, Facts()) == mine
    assert combine(mine, mine) == mine
