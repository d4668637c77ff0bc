"""The committed facts: whole, in order, in agreement with each other and with the public pages."""

from __future__ import annotations

import csv
import datetime
import re
from collections import Counter
from pathlib import Path

import pytest

from advisory.bug import Kind, Severity
from advisory.release import Release, branch_order
from scripts.facts_from_git import (
    BRANCH_FIELDS,
    CORRECTABLE,
    CORRECTION_FIELDS,
    FIX_FIELDS,
    RELEASE_FIELDS,
)

Row = dict[str, str]

ROOT = Path(__file__).parent.parent
FIELDS = {
    "branches": BRANCH_FIELDS,
    "releases": RELEASE_FIELDS,
    "fixes": FIX_FIELDS,
    "corrections": CORRECTION_FIELDS,
}


def read(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


BRANCHES, RELEASES, FIXES, CORRECTIONS = (read(ROOT / "data" / f"{name}.csv") for name in FIELDS)
TOTALS = read(ROOT / "tests" / "data" / "public_totals.csv")
ORDERS = {row["version"]: Release(row["version"]).order for row in RELEASES}
NEVER = max(ORDERS.values()) + 1

# A page that was read between two pushes of one day: the total lies within what that day added.
READ_WITHIN_A_DAY = {"3.1.4": "2025-12-15"}


def name_of(fix: Row) -> str:
    return f"{fix['branch']} {fix['commit_id']}"


def order_of(version: str) -> int:
    """The release's place among all; behind every one for what awaits its release."""
    return ORDERS[version] if version else NEVER


@pytest.mark.parametrize(
    ("rows", "count"),
    [(BRANCHES, 22), (RELEASES, 488), (FIXES, 11_877)],
    ids=["branches", "releases", "fixes"],
)
def test_no_row_has_been_lost(rows: list[Row], count: int) -> None:
    assert len(rows) == count


@pytest.mark.parametrize("name", FIELDS)
def test_the_columns_are_those_that_the_script_writes(name: str) -> None:
    header = (ROOT / "data" / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]

    assert header.split(",") == list(FIELDS[name])


@pytest.mark.parametrize("name", [*FIELDS, "reviewed"])
def test_every_column_is_documented(name: str) -> None:
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {name}.csv", 1)[1].split("\n## ", 1)[0]
    header = (ROOT / "data" / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]

    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == header.split(",")


@pytest.mark.parametrize("name", [*FIELDS, "reviewed"])
def test_lines_end_as_git_keeps_them(name: str) -> None:
    content = (ROOT / "data" / f"{name}.csv").read_bytes()

    assert content.endswith(b"\n")
    assert b"\r" not in content


def test_branches_stand_in_their_order() -> None:
    names = [row["branch"] for row in BRANCHES]

    assert names == sorted(set(names), key=branch_order)


def test_releases_stand_in_their_order() -> None:
    places = [(branch_order(row["branch"]), order_of(row["version"])) for row in RELEASES]

    assert places == sorted(set(places))


def test_fixes_stand_in_the_order_in_which_they_were_merged() -> None:
    places = [
        (branch_order(row["branch"]), order_of(row["fixed_in"]), row["merged_on"]) for row in FIXES
    ]

    assert places == sorted(places)


def test_every_branch_begins_with_its_first_release() -> None:
    first: dict[str, Row] = {}
    for row in RELEASES:
        first.setdefault(row["branch"], row)

    assert [(row["branch"], f"{row['branch']}.0", row["first_release_on"]) for row in BRANCHES] == [
        (branch, row["version"], row["released_on"]) for branch, row in first.items()
    ]


def test_no_fix_stands_twice() -> None:
    count = Counter(name_of(row) for row in FIXES)

    assert [name for name, times in count.items() if times > 1] == []


def test_every_release_belongs_to_its_branch() -> None:
    assert [row for row in RELEASES if Release(row["version"]).branch != row["branch"]] == []


@pytest.mark.parametrize("column", ["introduced_in", "reverted_in", "reapplied_in", "fixed_in"])
def test_every_release_that_a_fix_names_is_one_of_its_branch(column: str) -> None:
    published = {(row["branch"], row["version"]) for row in RELEASES}

    assert [
        name_of(row)
        for row in FIXES
        if row[column] and (row["branch"], row[column]) not in published
    ] == []


def test_every_branch_that_a_fix_names_exists() -> None:
    known = {row["branch"] for row in BRANCHES}

    assert {row["branch"] for row in FIXES} <= known
    assert {row["backport_to"] for row in FIXES} <= known | {"", "all"}


def test_no_fix_comes_before_its_bug() -> None:
    assert [
        name_of(row)
        for row in FIXES
        if row["introduced_in"] and order_of(row["introduced_in"]) > order_of(row["fixed_in"])
    ] == []


def test_no_fix_is_taken_back_before_it_came() -> None:
    assert [
        name_of(row)
        for row in FIXES
        if row["reverted_by"] and order_of(row["reverted_in"]) < order_of(row["fixed_in"])
    ] == []


@pytest.mark.parametrize(
    ("column", "needed"),
    [
        ("introduced_in", "introduced_by"),
        ("reverted_in", "reverted_by"),
        ("reapplied_in", "reapplied_by"),
        ("reapplied_by", "reverted_by"),
    ],
)
def test_no_column_is_filled_without_the_one_that_it_follows_from(column: str, needed: str) -> None:
    assert [name_of(row) for row in FIXES if row[column] and not row[needed]] == []


@pytest.mark.parametrize(
    ("column", "form"),
    [
        ("commit_id", r"[0-9a-f]{12}"),
        ("mainline_commit", r"([0-9a-f]{12})?"),
        ("subject_key", r"[0-9a-f]{12}"),
        # shorter where the message abbreviates a commit that the clone does not hold
        ("introduced_by", r"([0-9a-f]{7,12})?"),
        ("reverted_by", r"([0-9a-f]{12})?"),
        ("reapplied_by", r"([0-9a-f]{12})?"),
        ("issues", r"([1-9]\d{0,3}( [1-9]\d{0,3})*)?"),
        ("severity", "|".join(severity.value for severity in Severity)),
        ("subject_kind", "|".join(kind.value for kind in Kind)),
        ("message_kind", "|".join(kind.value for kind in Kind)),
        ("runtime", "[01]?"),
    ],
)
def test_every_value_has_its_form(column: str, form: str) -> None:
    assert [name_of(row) for row in FIXES if not re.fullmatch(form, row[column])] == []


def test_every_release_has_a_whole_commit_id() -> None:
    assert [row for row in RELEASES if not re.fullmatch("[0-9a-f]{12}", row["commit_id"])] == []


@pytest.mark.parametrize(
    ("rows", "column"),
    [(BRANCHES, "first_release_on"), (RELEASES, "released_on"), (FIXES, "merged_on")],
    ids=["branches", "releases", "fixes"],
)
def test_every_date_is_iso(rows: list[Row], column: str) -> None:
    days = {row[column] for row in rows}

    assert {datetime.date.fromisoformat(day).isoformat() for day in days} == days


def test_issues_ascend() -> None:
    numbers = [[int(number) for number in row["issues"].split()] for row in FIXES]

    assert [row for row in numbers if row != sorted(set(row))] == []


@pytest.mark.parametrize("page", TOTALS, ids=lambda page: page["version"])
def test_the_total_of_a_public_page_is_reproduced(page: Row) -> None:
    merged = merged_per_day(page["version"])
    first, last = days_of(page["latest_release_named"])
    days = [day for day in sorted({*merged, first}) if first <= day < last]
    at_its_end = {day: sum(merged[one] for one in merged if one <= day) for day in days}
    if page["version"] in READ_WITHIN_A_DAY:
        day = READ_WITHIN_A_DAY[page["version"]]
        possible = list(range(at_its_end[day] - merged[day] + 1, at_its_end[day]))
    else:
        possible = list(at_its_end.values())

    assert int(page["total"]) in possible


def merged_per_day(version: str) -> Counter[str]:
    """How many fixes that a release lacks its branch received on each day."""
    release = Release(version)
    return Counter(
        row["merged_on"]
        for row in FIXES
        if row["branch"] == release.branch and order_of(row["fixed_in"]) > release.order
    )


def days_of(version: str) -> tuple[str, str]:
    """From which day on a release was the newest of its branch, and from which no longer."""
    line = [row for row in RELEASES if row["branch"] == Release(version).branch]
    following = [row["released_on"] for row in line if order_of(row["version"]) > order_of(version)]
    published = next(row["released_on"] for row in line if row["version"] == version)
    return published, following[0] if following else "9999-12-31"


def test_every_correction_is_in_effect() -> None:
    fixes = {name_of(row): row for row in FIXES}

    assert [
        row
        for row in CORRECTIONS
        if row["column"] not in CORRECTABLE or fixes[name_of(row)][row["column"]] != row["value"]
    ] == []


def test_every_correction_stands_once_with_its_reason() -> None:
    places = Counter((name_of(row), row["column"]) for row in CORRECTIONS)

    assert [place for place, times in places.items() if times > 1] == []
    assert [row for row in CORRECTIONS if not row["reason"]] == []


@pytest.mark.parametrize(
    ("branch", "commit", "reverted_in", "cured_in"),
    [
        # the same fix again
        ("2.4", "5628038a9645", "2.4.20", "2.4.21"),
        # again with another severity
        ("2.8", "f5a90c448585", "2.8.7", "2.8.12"),
        # a second version of it
        ("2.6", "098e4b83f83c", "2.6.5", "2.6.5"),
        # another cure
        ("3.1", "80a4e535ee79", "3.1.11", "3.1.11"),
        # another cure, after which the fix was no longer needed
        ("2.8", "8333a3854db8", "2.8.21", "2.8.20"),
        # taken back without a word
        ("1.9", "90658e35689b", "1.9.7", "1.9.8"),
    ],
)
def test_a_flaw_that_was_cured_anew_is_cured(
    branch: str, commit: str, reverted_in: str, cured_in: str
) -> None:
    row = next(row for row in FIXES if (row["branch"], row["commit_id"]) == (branch, commit))

    assert (row["reverted_in"], row["reapplied_in"]) == (reverted_in, cured_in)


@pytest.mark.parametrize(
    ("branch", "commit", "reverted_in"),
    [
        ("2.4", "09f0127f3244", "2.4.35"),
        ("2.6", "c00bf6ccf203", "2.6.29"),
        ("2.8", "e244a4fbc5f4", "2.8.24"),
        ("3.0", "2ae6900e8282", "3.0.23"),
        ("3.2", "64020d43ba9e", "3.2.19"),
        ("3.3", "dfc8ce5343a3", "3.3.10"),
    ],
)
def test_the_leak_of_slots_of_the_master_cli_is_cured_nowhere(
    branch: str, commit: str, reverted_in: str
) -> None:
    row = next(row for row in FIXES if (row["branch"], row["commit_id"]) == (branch, commit))

    assert (row["reverted_in"], row["reapplied_by"], row["reapplied_in"]) == (reverted_in, "", "")
