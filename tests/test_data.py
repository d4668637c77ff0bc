"""Reading the folder of facts that comes with a checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisory.advisories import read_advisory
from advisory.data import read_data
from advisory.errors import CatalogueError, ParseError
from advisory.facts import COLUMNS, FIX_COLUMNS, RELEASE_COLUMNS, Facts
from advisory.identity import bug_ids
from advisory.unfixed import read_missing
from tests.conftest import ADVISORY, DATA, FACTS, write_facts

TABLES = ("branches", "releases", "fixes", "reviewed", "pools", "never_fixed")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_facts(tmp_path / "data")


def test_the_rows_are_those_of_the_files_with_the_columns_of_a_refresh(data: Path) -> None:
    facts = read_data(data)

    assert facts == Facts(
        branches=(
            # known as they stood on the last day of which the facts tell
            *(FACTS["branches"][0] | {"checked_on": "2020-10-02"},),
            {
                "branch": "2.2",
                "first_release_on": "2020-07-07",
                "long_term_support": "",
                "maintained_until": "",
                "stated_in": "",
                "checked_on": "2020-10-02",
            },
        ),
        releases=tuple(dict.fromkeys(RELEASE_COLUMNS, "") | row for row in FACTS["releases"]),
        fixes=tuple(dict.fromkeys(FIX_COLUMNS, "") | row for row in FACTS["fixes"]),
        advisories={"aaaaaaaaaaaa": read_advisory(ADVISORY, source="test")},
        # who described a bug has read it
        reviewed=frozenset({"aaaaaaaaaaaa", "bbbbbbbbbbbb"}),
        pools=tuple(dict.fromkeys(COLUMNS["pools"], "") | row for row in FACTS["pools"]),
        never_fixed=tuple(
            dict.fromkeys(COLUMNS["never_fixed"], "") | row for row in FACTS["never_fixed"]
        ),
    )


def test_the_columns_may_stand_in_any_order(data: Path) -> None:
    expected = read_data(data)
    for table in TABLES:
        path = data / f"{table}.csv"
        rows = [line.split(",") for line in path.read_text().splitlines()]
        path.write_text("".join(",".join(reversed(row)) + "\n" for row in rows))

    assert read_data(data) == expected


def test_files_without_rows_are_facts_of_nothing(tmp_path: Path) -> None:
    data = write_facts(tmp_path / "data", {table: [] for table in TABLES})
    (data / "advisories" / "aaaaaaaaaaaa.toml").unlink()

    assert read_data(data) == Facts()


def test_the_real_facts_name_what_is_there() -> None:
    facts = read_data(DATA)

    branches = {row["branch"] for row in facts.branches}
    versions = {row["version"] for row in facts.releases}
    assert {row["branch"] for row in facts.releases + facts.fixes} == branches
    assert {row["fixed_in"] for row in facts.fixes} <= versions | {""}
    assert {row["checked_on"] for row in facts.branches} == {facts.newest_day}


def test_what_was_never_fixed_is_a_bug_of_its_neighbours_and_not_of_the_branch() -> None:
    facts = read_data(DATA)
    ids = bug_ids(facts.fixes)
    fixed = {(row["branch"], ids[row["branch"], row["commit_id"]]) for row in facts.fixes}
    last = {row["branch"]: row["version"] for row in facts.releases}  # the oldest come first

    missing = [read_missing(row) for row in facts.never_fixed]
    assert [one for one in missing if (one.branch, one.bug_id) in fixed] == []
    assert {(one.newer_branch, one.bug_id) for one in missing} <= fixed
    assert {(one.older_branch, one.bug_id) for one in missing if one.older_branch} <= fixed
    assert {one.checked_in for one in missing} == {last[one.branch] for one in missing}
    assert len({(one.branch, one.bug_id) for one in missing}) == len(missing)


CANNOT = ": cannot be read ("


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, f"{CANNOT}[Errno 2] No such file or directory: '{{path}}'); restore it"),
        (b"bug_id\n\xff\n", f"{CANNOT}'utf-8' codec can't decode byte 0xff"),
        (b'bug_id\n"bbbb\n', f"{CANNOT}unexpected end of data); restore it"),
        (b"", ", line 1: expected the columns bug_id; correct it"),
        (b"bug\nbbbbbbbbbbbb\n", ", line 1: expected the columns bug_id; correct it"),
        (b"bug_id,note\nbbbb,\n", ", line 1: expected the columns bug_id; correct it"),
        (b"bug_id\nbbbbbbbbbbbb,\n", ", line 2: expected the columns bug_id; correct it"),
        (b"bug_id\nbbbbbbbbbbbb\n\n", ", line 3: expected the columns bug_id; correct it"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    data: Path, content: bytes | None, message: str
) -> None:
    path = data / "reviewed.csv"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)

    with pytest.raises(CatalogueError) as caught:
        read_data(data)

    assert str(caught.value).startswith(f"{path}{message.format(path=path)}")


@pytest.mark.parametrize("table", TABLES)
def test_what_a_refresh_adds_is_no_column_of_a_file(data: Path, table: str) -> None:
    path = data / f"{table}.csv"
    rows = path.read_text().splitlines()
    path.write_text("".join(f"{row},{'checked_on' if row is rows[0] else ''}\n" for row in rows))

    with pytest.raises(CatalogueError, match=r"\.csv, line 1: expected the columns "):
        read_data(data)


def test_without_the_folder_of_advisories_nothing_is_read(data: Path, tmp_path: Path) -> None:
    (data / "advisories").rename(tmp_path / "elsewhere")

    with pytest.raises(CatalogueError) as caught:
        read_data(data)

    assert str(caught.value) == (
        f"{data / 'advisories'}: is no folder; restore it from the repository"
    )


def test_an_advisory_that_is_not_valid_is_named(data: Path) -> None:
    (data / "advisories" / "bbbbbbbbbbbb.toml").write_text("kind = 'soup'")

    with pytest.raises(ParseError, match=r"bbbbbbbbbbbb\.toml"):
        read_data(data)
