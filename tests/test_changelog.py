"""What a CHANGELOG alone tells: titles, releases that are new, what they hold and take back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.changelog import learn, titles_in
from advisory.errors import NotKnownError
from advisory.facts import FIX_COLUMNS, RELEASE_COLUMNS, Facts, Row
from advisory.pages import ChangelogRelease
from advisory.release import Release
from advisory.subject import subject_key
from advisory.update import Change, order_of

TEA = "BUG/MINOR: kettle: descale it"
COFFEE = "BUG/MEDIUM: stove: don't spill & hiss"
MILK = "BUG/MAJOR: teapot: warm the pot first"


def a_fix(commit: str, subject: str, fixed_in: str = "", **columns: str) -> Row:
    names = {"branch": "2.2", "commit_id": commit * 12, "subject_key": subject_key(subject)}
    return dict.fromkeys(FIX_COLUMNS, "") | names | {"fixed_in": fixed_in} | columns


def a_release(version: str, released_on: str = "2020-07-07") -> Row:
    names = {"branch": Release(version).branch, "version": version, "released_on": released_on}
    return dict.fromkeys(RELEASE_COLUMNS, "") | names


def the_facts(*fixes: Row, versions: tuple[str, ...] = ("2.2.0", "2.2.1")) -> Facts:
    """Branches 2.0 and 2.2, the latter with these fixes."""
    return Facts(
        branches=({"branch": "2.0"}, {"branch": "2.2", "checked_on": "2020-07-07"}),
        releases=(a_release("2.0.0"), *map(a_release, versions)),
        fixes=fixes,
    )


def told(version: str, *subjects: str, released_on: str = "2020-08-01") -> ChangelogRelease:
    return ChangelogRelease(version, released_on, subjects)


def test_a_changelog_gives_titles_to_the_fixes_of_all_branches() -> None:
    facts = the_facts(
        a_fix("a", TEA, "2.0.0", branch="2.0"),
        a_fix("b", TEA, "2.2.1"),
        a_fix("c", MILK, "2.2.1"),
        a_fix("d", COFFEE, title="as a page had it"),
    )

    found = learn(facts, [told("2.2-dev1", TEA), told("2.2.1", COFFEE, "DOC: teapot")])

    assert found.facts == facts._replace(
        fixes=(
            facts.fixes[0] | {"title": TEA},
            facts.fixes[1] | {"title": TEA},
            *facts.fixes[2:],
        )
    )
    assert (found.titles, found.missing) == (2, 0)
    assert found.change == Change("2.2")


def test_a_subject_is_known_again_however_it_is_written() -> None:
    facts = the_facts(a_fix("a", COFFEE.upper(), "2.2.1"))

    found = learn(facts, [told("2.2.1", COFFEE)])

    assert found.facts.fixes[0]["title"] == COFFEE


def test_a_subject_that_is_no_fix_is_no_title() -> None:
    facts = the_facts(a_fix("a", f'Revert "{TEA}"', "2.2.1"), a_fix("b", "DOC: lid", "2.2.1"))

    found = learn(facts, [told("2.2.1", f'Revert "{TEA}"', "DOC: lid")])

    assert titles_in(found.facts) == found.titles == 0


def test_a_release_that_is_new_is_learned_with_what_it_holds() -> None:
    facts = the_facts(a_fix("a", TEA, "2.2.1"), a_fix("b", COFFEE), a_fix("c", MILK))
    log = [
        told("2.2.1", TEA),
        told("2.2.2", MILK, "BUG/MINOR: lid: of no commit that is known", released_on="2020-08-01"),
        told("2.2.10", "BUG/MINOR: lid: of no commit that is known", released_on="2020-09-01"),
    ]

    found = learn(facts, log)

    released = a_fix("c", MILK, "2.2.2", title=MILK)
    assert found.facts == facts._replace(
        releases=(
            *facts.releases,
            a_release("2.2.2", "2020-08-01"),
            a_release("2.2.10", "2020-09-01"),
        ),
        # what awaits a release stands after what is in one
        fixes=(a_fix("a", TEA, "2.2.1", title=TEA), released, a_fix("b", COFFEE)),
    )
    assert found.change == Change(
        "2.2", new_releases=("2.2.2", "2.2.10"), newly_released=(released,)
    )
    assert found.missing == 1


def test_the_first_release_that_lists_a_fix_holds_it() -> None:
    facts = the_facts(a_fix("a", TEA), a_fix("b", COFFEE))

    found = learn(facts, [told("2.2.2", COFFEE, TEA), told("2.2.3", COFFEE)])

    assert [row["fixed_in"] for row in found.facts.fixes] == ["2.2.2", "2.2.2"]


def test_what_a_known_release_is_said_to_hold_changes_nothing() -> None:
    # The pages tell by commits; a subject may be that of another fix.
    facts = the_facts(a_fix("a", TEA), a_fix("b", COFFEE, title=COFFEE))

    found = learn(facts, [told("2.2.1", COFFEE)])

    assert found.facts == facts
    assert found.change == Change("2.2")


def test_development_versions_and_other_branches_are_no_releases() -> None:
    facts = the_facts(a_fix("a", TEA), versions=("2.2.1",))
    log = [told("2.1.0"), told("2.2-dev1", TEA), told("2.2-rc1", TEA), told("2.2.1")]

    found = learn(facts, log)

    assert found.facts == facts._replace(fixes=(a_fix("a", TEA, title=TEA),))
    assert found.change == Change("2.2")


def test_the_first_release_of_a_branch_counts_before_its_development_versions() -> None:
    facts = the_facts(a_fix("a", TEA, "2.2.0"))

    found = learn(facts, [told("2.2-dev0"), told("2.2-dev1", TEA), told("2.2.0")])

    assert found.change.branch == "2.2"
    assert found.titles == 1


def test_a_fix_that_a_release_takes_back_cures_no_more() -> None:
    facts = the_facts(a_fix("a", TEA, "2.2.1"), a_fix("b", COFFEE, "2.2.1"))
    log = [
        told("2.2.2", f'Revert "{TEA}"', f'Revert "{COFFEE}"'),
        told("2.2.3", f'Revert "Revert "{COFFEE}""'),
    ]

    found = learn(facts, log)

    gone = {"reverted_by": "unknown", "reverted_in": "2.2.2"}
    back = {"reapplied_by": "unknown", "reapplied_in": "2.2.3"}
    assert found.facts.fixes == (facts.fixes[0] | gone, facts.fixes[1] | gone | back)
    assert found.change.taken_back == found.facts.fixes
    assert found.change.brought_back == found.facts.fixes[1:]


def test_a_fix_that_comes_and_goes_in_a_new_release_is_both() -> None:
    found = learn(the_facts(a_fix("a", TEA)), [told("2.2.2", TEA, f'Revert "{TEA}"')])

    (row,) = found.facts.fixes
    assert (row["fixed_in"], row["reverted_in"]) == ("2.2.2", "2.2.2")
    assert found.change.newly_released == found.change.taken_back == (row,)


def test_where_a_changelog_contradicts_what_is_known_it_is_said() -> None:
    fate = {"reverted_by": "e", "reverted_in": "2.2.1", "reapplied_by": "d"}
    facts = the_facts(a_fix("a", TEA, "2.2.0", **fate, reapplied_in="2.2.1"))

    found = learn(facts, [told("2.2.2", f'Revert "{TEA}"')])

    (doubt,) = found.change.doubts
    assert doubt.startswith("2.2: the CHANGELOG takes aaaaaaaaaaaa back in 2.2.2; left as ")


@pytest.mark.parametrize("newest", ["2.4.1", "2.4-dev3", "2.2-dev3"])
def test_a_changelog_of_a_branch_that_is_not_known_is_refused(newest: str) -> None:
    facts = the_facts(a_fix("a", TEA))._replace(branches=({"branch": "2.2"},))

    with pytest.raises(NotKnownError) as caught:
        learn(facts, [told("2.1.0"), told(newest, TEA)])

    assert str(caught.value) == (
        f"the newest release of the CHANGELOG, {newest}, is of a branch that the catalogue does "
        "not know; pass the CHANGELOG of a stable branch that it knows"
    )


SUBJECTS = st.sampled_from((TEA, COFFEE, MILK, f'Revert "{TEA}"', "DOC: lid"))
VERSIONS = ("2.2.0", "2.2.1", "2.2.2", "2.2.10")


@st.composite
def facts_and_logs(draw: st.DrawFn) -> tuple[Facts, list[ChangelogRelease]]:
    """Facts up to some release, and a CHANGELOG that goes further or less far."""
    known = VERSIONS[: draw(st.integers(1, len(VERSIONS)))]
    places = sorted(draw(st.lists(st.integers(0, len(known)), max_size=4)))
    fixes = (
        a_fix("abcd"[number], draw(SUBJECTS), (*known, "")[place])
        for number, place in enumerate(places)
    )
    log = [
        told(version, *draw(st.lists(SUBJECTS, max_size=3)))
        for version in VERSIONS[: draw(st.integers(1, len(VERSIONS)))]
    ]
    return the_facts(*fixes, versions=known), log


@given(facts_and_logs())
def test_to_read_it_again_tells_nothing_new(
    facts_and_log: tuple[Facts, list[ChangelogRelease]],
) -> None:
    facts, log = facts_and_log

    once = learn(facts, log)
    twice = learn(once.facts, log)

    assert twice.facts == once.facts
    assert twice.change == Change("2.2", doubts=twice.change.doubts)
    assert twice.titles == 0


@given(facts_and_logs())
def test_nothing_is_lost_and_fixes_stand_in_the_order_of_their_releases(
    facts_and_log: tuple[Facts, list[ChangelogRelease]],
) -> None:
    facts, log = facts_and_log

    found = learn(facts, log).facts

    assert set(map(repr, facts.releases)) <= set(map(repr, found.releases))
    assert sorted(row["commit_id"] for row in found.fixes) == [
        row["commit_id"] for row in facts.fixes
    ]
    before = {row["commit_id"]: row["fixed_in"] for row in facts.fixes}
    assert all(
        row["fixed_in"] == before[row["commit_id"]] or not before[row["commit_id"]]
        for row in found.fixes
    )
    orders = [order_of(row["fixed_in"]) for row in found.fixes]
    assert orders == sorted(orders)
