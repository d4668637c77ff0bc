"""Reading the facts in ``data/``, which data/README.md describes."""

from __future__ import annotations

import csv
from pathlib import Path

from advisory.advisories import read_advisories
from advisory.errors import CatalogueError
from advisory.facts import COLUMNS, LEARNED, Facts, Row


def read_data(data: Path) -> Facts:
    """Read what is in a folder of facts; nothing is compared with anything yet.

    Args:
        data: the folder of branches.csv, releases.csv, fixes.csv, reviewed.csv, pools.csv and
            advisories/.

    Raises:
        CatalogueError: a file is missing or cannot be read, or a row has not the columns.
        ParseError: an advisory is not valid.
    """
    folder = data / "advisories"
    if not folder.is_dir():  # without it nothing would be verified
        raise CatalogueError(f"{folder}: is no folder; restore it from the repository")
    advisories = read_advisories(folder)
    facts = Facts(
        branches=_rows(data, "branches"),
        releases=_rows(data, "releases"),
        fixes=_rows(data, "fixes"),
        advisories=advisories,
        reviewed=frozenset(advisories).union(row["bug_id"] for row in _rows(data, "reviewed")),
        pools=_rows(data, "pools"),
        never_fixed=_rows(data, "never_fixed"),
    )
    checked = {"checked_on": facts.newest_day}
    return facts._replace(branches=tuple(row | checked for row in facts.branches))


def _rows(data: Path, table: str) -> tuple[Row, ...]:
    """The rows of a CSV file, each with exactly the columns that it should have."""
    path = data / f"{table}.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file, strict=True)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CatalogueError(
            f"{path}: cannot be read ({error}); restore it from the repository"
        ) from error
    for line, row in enumerate((header, *rows), 1):
        if len(row) != len(COLUMNS[table]) or (line == 1 and set(row) != set(COLUMNS[table])):
            raise CatalogueError(
                f"{path}, line {line}: expected the columns {', '.join(COLUMNS[table])}; correct it"
            )
    added = dict.fromkeys(LEARNED.get(table, ()), "")
    return tuple(dict(zip(header, row, strict=True)) | added for row in rows)
