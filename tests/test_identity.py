from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from advisory.identity import bug_ids
from tests.strategies import fix_rows


def row(
    branch: str,
    commit: str,
    *,
    mainline: str = "",
    subject: str = "kettle",
    merged_on: str = "2020-07-07",
    reverted_by: str = "",
) -> dict[str, str]:
    return {
        "branch": branch,
        "commit_id": commit,
        "mainline_commit": mainline,
        "subject_key": subject,
        "merged_on": merged_on,
        "reverted_by": reverted_by,
    }


def test_no_fixes_have_no_ids() -> None:
    assert bug_ids([]) == {}


def test_fixes_with_one_mainline_commit_cure_one_bug() -> None:
    rows = [
        row("2.2", "a", mainline="m", subject="kettle"),
        row("2.0", "b", mainline="m", subject="reworded"),
    ]

    assert bug_ids(rows) == {("2.2", "a"): "m", ("2.0", "b"): "m"}


def test_one_subject_with_two_mainline_commits_is_two_bugs() -> None:
    rows = [row("2.2", "a", mainline="m"), row("2.0", "b", mainline="n")]

    assert bug_ids(rows) == {("2.2", "a"): "m", ("2.0", "b"): "n"}


def test_a_commit_that_others_name_as_their_mainline_one_is_their_bug() -> None:
    rows = [row("2.2", "m", subject="stove"), row("2.0", "b", mainline="m", subject="kettle")]

    assert bug_ids(rows) == {("2.2", "m"): "m", ("2.0", "b"): "m"}


def test_a_fix_that_names_none_joins_the_bug_that_alone_has_its_subject() -> None:
    rows = [row("2.2", "a", mainline="m"), row("2.0", "b"), row("1.8", "c")]

    assert bug_ids(rows) == {("2.2", "a"): "m", ("2.0", "b"): "m", ("1.8", "c"): "m"}


def test_it_joins_none_of_several_with_its_subject() -> None:
    rows = [row("2.2", "a", mainline="m"), row("2.2", "b", mainline="n"), row("2.0", "c")]

    assert bug_ids(rows) == {("2.2", "a"): "m", ("2.2", "b"): "n", ("2.0", "c"): "c"}


def test_a_subject_comes_again_in_a_branch_for_another_bug() -> None:
    rows = [row("2.2", "a", mainline="m"), row("2.2", "b")]

    assert bug_ids(rows) == {("2.2", "a"): "m", ("2.2", "b"): "b"}


def test_a_fix_that_was_taken_back_leaves_its_place_to_the_next() -> None:
    rows = [row("2.2", "a", mainline="m", reverted_by="r"), row("2.2", "b"), row("2.2", "c")]

    assert bug_ids(rows) == {("2.2", "a"): "m", ("2.2", "b"): "m", ("2.2", "c"): "c"}


def test_fixes_that_name_none_and_have_one_subject_are_the_bug_of_the_first() -> None:
    rows = [
        row("2.2", "a", merged_on="2020-07-23"),
        row("2.0", "b", merged_on="2020-07-07"),
        row("1.8", "c", merged_on="2021-03-05"),
    ]

    assert bug_ids(rows) == {("2.2", "a"): "b", ("2.0", "b"): "b", ("1.8", "c"): "b"}


def test_fixes_of_different_subjects_that_name_none_are_bugs_of_their_own() -> None:
    rows = [row("2.2", "a", subject="kettle"), row("2.0", "b", subject="stove")]

    assert bug_ids(rows) == {("2.2", "a"): "a", ("2.0", "b"): "b"}


def test_a_fix_that_came_again_is_of_the_bug_of_the_first_try() -> None:
    rows = [
        row("2.2", "a", merged_on="2020-07-07", reverted_by="r"),
        row("2.2", "b", merged_on="2020-07-23"),
    ]

    assert bug_ids(rows) == {("2.2", "a"): "a", ("2.2", "b"): "a"}


@given(fix_rows())
def test_every_fix_has_one_id(rows: list[dict[str, str]]) -> None:
    assert set(bug_ids(rows)) == {(fix["branch"], fix["commit_id"]) for fix in rows}


@given(fix_rows(), st.randoms())
def test_the_order_of_the_rows_changes_nothing(rows: list[dict[str, str]], random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)

    assert bug_ids(shuffled) == bug_ids(rows)


@given(fix_rows())
def test_a_mainline_commit_that_is_named_is_the_id(rows: list[dict[str, str]]) -> None:
    ids = bug_ids(rows)

    assert all(
        ids[fix["branch"], fix["commit_id"]] == fix["mainline_commit"]
        for fix in rows
        if fix["mainline_commit"]
    )


@given(fix_rows())
def test_a_bug_is_guessed_for_one_standing_fix_of_a_branch_at_most(
    rows: list[dict[str, str]],
) -> None:
    ids = bug_ids(rows)
    named = {fix["mainline_commit"] for fix in rows}
    guessed = Counter(
        (fix["branch"], ids[fix["branch"], fix["commit_id"]])
        for fix in rows
        if not fix["mainline_commit"] and fix["commit_id"] not in named and not fix["reverted_by"]
    )

    assert max(guessed.values(), default=1) == 1
