from __future__ import annotations

import csv
from collections import Counter
from typing import Any

import pytest

from advisory.bug import Severity
from advisory.catalogue import Catalogue
from advisory.unfixed import (
    Claim,
    Evidence,
    Missing,
    NeverFixed,
    missing_fixes,
    never_fixed,
    read_missing,
)
from tests.conftest import DATA, make_bug, make_fix, make_history

BUG = "aaaaaaaaaaaa"
# The branches of the rows below; the last release of each.
LAST = {"2.0": "2024-04-05", "2.1": "2021-03-18", "2.2": "2025-04-23", "2.3": "2022-07-27"}


def row(branch: str, **fields: str) -> dict[str, str]:
    """A fix of one bug, as data/fixes.csv has it."""
    plain = {
        "branch": branch,
        "commit_id": branch.replace(".", "") * 6,
        "mainline_commit": BUG,
        "subject_key": "kettle",
        "merged_on": "2021-05-01",
        "severity": "minor",
        "backport_to": "",
        "reverted_by": "",
        "reapplied_by": "",
    }
    return {**plain, **fields}


OLD, NEW = row("2.0"), row("2.2")
BETWEEN = Missing(
    branch="2.1",
    bug_id=BUG,
    severity=Severity.MINOR,
    claim=Claim.BETWEEN,
    older_branch="2.0",
    older_commit="20" * 6,
    newer_branch="2.2",
    newer_commit="22" * 6,
    newer_merged_on="2021-05-01",
    backport_to="",
)
ASKED = BETWEEN._replace(
    claim=Claim.ASKED, older_branch="", older_commit="", backport_to="2.0", branch="2.1"
)


def in_2_1(*rows: dict[str, str], last: str = LAST["2.1"]) -> tuple[Missing, ...]:
    return missing_fixes(rows, {"2.1": last})


def test_a_fix_of_an_older_and_a_newer_branch_is_missed_between() -> None:
    assert in_2_1(OLD, NEW) == (BETWEEN,)


def test_the_nearest_neighbours_prove_it() -> None:
    rows = (row("1.8"), OLD, row("2.3"), NEW)

    assert in_2_1(*rows) == (BETWEEN,)


def test_the_worst_of_its_severities_counts() -> None:
    assert in_2_1(OLD, row("2.2", severity="major")) == (BETWEEN._replace(severity=Severity.MAJOR),)


@pytest.mark.parametrize(
    "rows",
    [
        (OLD,),  # only an older branch needed it
        (NEW,),  # nobody asked for more
        (OLD, NEW, row("2.1")),
        # under another id, but the same subject
        (OLD, NEW, row("2.1", commit_id="21" * 6, mainline_commit="bbbbbbbbbbbb")),
        (OLD, row("2.2", reverted_by="e" * 12)),  # the newer one gave it up
        (row("2.0", reverted_by="e" * 12), NEW),
        (row("2.2", backport_to="2.2"),),
        (row("2.2", backport_to="all"),),  # the branch was over by then
    ],
)
def test_these_are_not_missed(rows: tuple[dict[str, str], ...]) -> None:
    assert in_2_1(*rows) == ()


def test_a_fix_that_came_again_counts() -> None:
    newer = row("2.2", reverted_by="e" * 12, reapplied_by="d" * 12)

    assert in_2_1(OLD, newer) == (BETWEEN,)


@pytest.mark.parametrize("asked", ["2.0", "2.1"])
def test_a_fix_that_its_message_asks_for_is_missed(asked: str) -> None:
    assert in_2_1(row("2.2", backport_to=asked)) == (ASKED._replace(backport_to=asked),)


def test_of_several_requests_the_oldest_branch_counts() -> None:
    rows = (row("2.2", backport_to="all"), row("2.3", backport_to="2.0"))

    assert in_2_1(*rows) == (ASKED,)


def test_a_fix_for_every_branch_is_missed_in_those_that_still_got_releases() -> None:
    rows = (row("2.2", backport_to="all", merged_on="2021-03-18"),)

    assert in_2_1(*rows) == (ASKED._replace(backport_to="all", newer_merged_on="2021-03-18"),)


def test_what_is_missed_stands_by_branch_and_bug() -> None:
    second = row("2.0", mainline_commit="bbbbbbbbbbbb", subject_key="stove", commit_id="b" * 12)
    third = {**second, "branch": "2.3", "commit_id": "d" * 12}
    found = missing_fixes(
        (third, second, row("2.3"), OLD), {"2.2": "2025-04-23", "2.1": "2021-03-18"}
    )

    assert [(one.branch, one.bug_id[0]) for one in found] == [
        ("2.1", "a"),
        ("2.1", "b"),
        ("2.2", "a"),
        ("2.2", "b"),
    ]


# Branch 2.2 of the tests: 2.2.0 to 2.2.10, the last of 2020-11-07, maintained until 2025-Q2.
HERE = BETWEEN._replace(
    branch="2.2",
    older_branch="2.1",
    older_commit="21" * 6,
    newer_branch="2.3",
    newer_commit="23" * 6,
    newer_merged_on="2020-11-01",
    evidence=Evidence.HAS_FLAW,
    checked_in="2.2.10",
)
REASON = "fixed in 2.1 (commit 212121212121) and in 2.3 (commit 232323232323), but not in 2.2"
DAY = "2025-07-01"


def test_a_bug_is_proven_by_the_code_of_the_last_release() -> None:
    assert never_fixed(make_history(), (HERE,), DAY) == (
        NeverFixed(missing=HERE, proven=True, pending=False, reason=REASON),
    )


def test_what_the_code_does_not_decide_is_not_proven() -> None:
    undecided = HERE._replace(evidence=Evidence.UNDECIDED)

    assert never_fixed(make_history(), (undecided,), DAY) == (
        NeverFixed(missing=undecided, proven=False, pending=False, reason=REASON),
    )


@pytest.mark.parametrize(
    "item",
    [
        HERE._replace(evidence=Evidence.LACKS_FLAW),
        HERE._replace(branch="2.1"),
        HERE._replace(bug_id="b1" * 6),  # the branch got its fix since
    ],
)
def test_these_are_left_out(item: Missing) -> None:
    assert never_fixed(make_history(make_fix(1)), (item,), DAY) == ()


@pytest.mark.parametrize(("version", "count"), [("2.2.1", 0), ("2.2.2", 1), ("2.2.3", 1), ("", 1)])
def test_a_release_lacks_what_entered_later(version: str, count: int) -> None:
    item = HERE._replace(introduced_in="2.2.2")

    assert len(never_fixed(make_history(), (item,), DAY, version)) == count


@pytest.mark.parametrize(
    ("merged_on", "today", "pending"),
    [
        ("2020-11-08", "2025-06-30", True),  # after the last release, the branch maintained
        ("2020-11-07", "2025-06-30", False),  # a release passed it by
        ("2020-11-08", "2025-07-01", False),  # no release will come
    ],
)
def test_a_fix_may_still_come(merged_on: str, today: str, pending: bool) -> None:
    item = HERE._replace(newer_merged_on=merged_on)

    assert [one.pending for one in never_fixed(make_history(), (item,), today)] == [pending]


@pytest.mark.parametrize(("asked", "words"), [("all", "every branch"), ("1.8", "1.8 and later")])
def test_the_reason_says_for_which_branches_a_message_asks(asked: str, words: str) -> None:
    item = HERE._replace(claim=Claim.ASKED, older_branch="", older_commit="", backport_to=asked)
    (found,) = never_fixed(make_history(), (item,), DAY)

    assert found.reason == (
        f"fixed in 2.3 (commit 232323232323); its message asks for {words}, but 2.2 has no fix"
    )


def test_the_worst_stand_first() -> None:
    fields: tuple[dict[str, Any], ...] = (
        {"bug_id": "c"},
        {"bug_id": "b"},
        {"bug_id": "d", "severity": Severity.CRITICAL},
    )
    items = [HERE._replace(**one) for one in fields]

    assert [one.missing.bug_id for one in never_fixed(make_history(), items, DAY)] == [
        "d",
        "b",
        "c",
    ]


def test_bugs_are_told_apart_by_their_id() -> None:
    history = make_history(make_fix(1, bug=make_bug("b2")))

    assert len(never_fixed(history, (HERE,), DAY)) == 1


def test_a_row_is_read_as_it_is_written() -> None:
    assert read_missing({name: str(value) for name, value in HERE._asdict().items()}) == HERE


@pytest.mark.parametrize("column", ["severity", "claim", "evidence"])
def test_a_word_that_stands_for_nothing_is_refused(column: str) -> None:
    with pytest.raises(ValueError, match="kettle"):
        read_missing({**HERE._asdict(), column: "kettle"})


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


ROWS = [read_missing(row) for row in rows_of("never_fixed")]


def test_the_committed_rows_name_what_the_facts_hold() -> None:
    fixes = {row["commit_id"] for row in rows_of("fixes")}
    released = {row["version"] for row in rows_of("releases")}

    assert {row.newer_commit for row in ROWS} <= fixes
    assert {row.older_commit for row in ROWS} <= fixes | {""}
    assert {row.checked_in for row in ROWS} <= released
    assert {row.introduced_in for row in ROWS} <= released | {""}
    assert all((row.claim is Claim.BETWEEN) == bool(row.older_commit) for row in ROWS)


@pytest.mark.parametrize(
    ("branch", "proven", "undecided"),
    [
        ("2.1", 228, 105),
        ("2.3", 200, 68),
        ("2.5", 230, 78),
        ("2.7", 300, 107),
        ("2.9", 284, 98),
        ("3.1", 151, 24),
    ],
)
def test_the_branches_that_are_over_still_have_bugs(
    catalogue: Catalogue, branch: str, proven: int, undecided: int
) -> None:
    history = catalogue.history(branch)
    assert history is not None
    found = never_fixed(history, ROWS, "2026-06-26")

    assert Counter(one.proven for one in found) == {True: proven, False: undecided}
    assert not any(one.pending for one in found)
