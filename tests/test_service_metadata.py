"""What Datasette is told of the catalogue is what docs/catalogue.md says; its queries hold."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisory.bug import Kind
from advisory.catalogue import Catalogue
from advisory.matcher import match, place_release
from advisory.regressions import known_bad
from advisory.service.metadata import DATABASE, PATH, metadata
from advisory.unfixed import Evidence, missing_of

DOCUMENT = Path(__file__).parent.parent / "docs" / "catalogue.md"


def documented() -> dict[str, dict[str, Any]]:
    """Description and columns of every table and view, as the document has them."""
    tables = {}
    for section in DOCUMENT.read_text(encoding="utf-8").split("\n### ")[1:]:
        title, _, rest = section.partition("\n")
        lines = rest.split("\n## ")[0].splitlines()
        words = " ".join(line for line in lines if not line.startswith("|"))
        columns = {}
        for line in (line for line in lines if line.startswith("| `")):
            name, holds, empty = (cell.strip() for cell in line.split(" | "))
            never = empty.rstrip(" |") == "never"
            known = "" if never else f" (empty: {empty.rstrip(' |')})"
            columns[name.strip("| `")] = plain(holds + known)
        described = plain(words) or f"The {title.strip('` ')} that the catalogue knows."
        tables[title.strip("` ")] = {"description": described, "columns": columns}
    return tables


def plain(text: str) -> str:
    return " ".join(re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).replace("`", "").split())


@pytest.fixture
def database(catalogue_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{catalogue_path}?mode=ro", uri=True)
    yield connection
    connection.close()


def queries() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = metadata()["databases"][DATABASE]["queries"]
    return found


def tables() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = metadata()["databases"][DATABASE]["tables"]
    return found


def test_every_table_and_column_is_described_as_in_the_document() -> None:
    described = metadata()
    if os.environ.get("HAPADVISE_GOLDEN") == "write":
        for name, words in documented().items():
            described["databases"][DATABASE]["tables"].setdefault(name, {}).update(words)
        text = json.dumps(described, indent=2, ensure_ascii=False) + "\n"
        PATH.write_text(text, encoding="utf-8")

    shown = {
        name: {"description": table["description"], "columns": table["columns"]}
        for name, table in tables().items()
        if "columns" in table
    }
    assert shown == documented()


def test_every_table_and_column_of_the_catalogue_is_described(
    database: sqlite3.Connection,
) -> None:
    names = database.execute("select name from sqlite_schema where type in ('table', 'view')")
    columns = {
        name: {row[1] for row in database.execute(f"pragma table_info({name})")}
        for (name,) in names
        if not re.match("bugs_fts_|sqlite_", name)
    }

    assert columns == {
        name: set(table["columns"]) for name, table in tables().items() if "columns" in table
    }


def test_what_the_metadata_names_is_there(database: sqlite3.Connection) -> None:
    for name, table in tables().items():
        columns = {row[1] for row in database.execute(f"pragma table_info({name})")}
        named = [table.get("label_column"), table.get("sort"), table.get("sort_desc")]
        named += table.get("facets", [])

        assert columns != set(), name
        assert {column for column in named if column} <= columns, name


def test_the_shadow_tables_of_the_index_are_hidden(database: sqlite3.Connection) -> None:
    shadows = [
        row[0]
        for row in database.execute("select name from sqlite_schema where name like 'bugs_fts%'")
    ]

    assert len(shadows) == 5
    assert all(tables()[name]["hidden"] for name in shadows)


@pytest.mark.parametrize("name", queries())
def test_a_query_is_titled_described_and_has_parameters_with_its_sql(name: str) -> None:
    query = queries()[name]
    parameters = set(re.findall(r":(\w+)", query["sql"]))

    assert query["title"]
    assert query["description"]
    assert parameters == set(query.get("params", []))


def ask(database: sqlite3.Connection, name: str, **values: str) -> list[dict[str, Any]]:
    cursor = database.execute(queries()[name]["sql"], values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def findings(catalogue: Catalogue, version: str) -> set[tuple[str, Kind]]:
    history = catalogue.history(version.rpartition(".")[0])
    assert history is not None
    release = history.release(version)
    assert release is not None
    found = match(history, place_release(history, release), (), "")
    return {(item.bug.id, item.bug.kind) for item in found.findings}


@pytest.mark.parametrize("version", ["1.8.4", "2.2.4", "2.4.0"])
def test_bugs_and_leaks_of_a_release_are_those_of_the_command(
    database: sqlite3.Connection, catalogue: Catalogue, version: str
) -> None:
    expected = findings(catalogue, version)

    bugs = ask(database, "bugs_of_a_release", version=version)
    leaks = ask(database, "leaks_of_a_release", version=version)
    assert {row["bug_id"] for row in bugs} == {bug for bug, _ in expected}
    assert {row["bug_id"] for row in leaks} == {
        bug for bug, kind in expected if kind is Kind.MEMORY_LEAK
    }


def test_an_upgrade_cures_what_only_the_old_release_has(
    database: sqlite3.Connection, catalogue: Catalogue
) -> None:
    rows = ask(database, "upgrade_cures", old="2.2.4", new="2.2.9")

    cured = findings(catalogue, "2.2.4") - findings(catalogue, "2.2.9")
    assert {row["bug_id"] for row in rows} == {bug for bug, _ in cured}


def test_never_fixed_are_those_that_the_code_still_has(
    database: sqlite3.Connection, catalogue: Catalogue
) -> None:
    rows = ask(database, "never_fixed_in_a_branch", branch="2.2")

    missing = [missing_of(row) for row in catalogue.missing_fixes("2.2")]
    expected = {one.bug_id for one in missing if one.evidence is Evidence.HAS_FLAW}
    assert {row["bug_id"] for row in rows} == expected
    assert expected != set()


def test_the_newest_fixes_come_first(database: sqlite3.Connection) -> None:
    days = [row["merged_on"] for row in ask(database, "newest_fixes", branch="2.2")]

    assert days == sorted(days, reverse=True)
    assert len(days) == 100


def test_known_bad_releases_are_those_of_the_command(
    database: sqlite3.Connection, catalogue: Catalogue
) -> None:
    for branch in catalogue.branches():
        history = catalogue.history(branch)
        assert history is not None
        windows = {
            (window.first, window.fixed_in or None, window.bug.id, window.kind.value)
            for window in known_bad(history)
        }
        rows = ask(database, "known_bad_releases", branch=branch)

        assert {
            (row["first_bad"], row["fixed_in"], row["bug_id"], row["why"]) for row in rows
        } == windows
