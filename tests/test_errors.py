from __future__ import annotations

import re

import pytest

from advisory import errors
from advisory.errors import AdvisoryError, CatalogueError, FetchError, ParseError


def test_a_parse_error_says_where() -> None:
    error = ParseError("holds no version", source="build.txt", line=3)

    assert (str(error), error.source, error.line) == (
        "build.txt, line 3: holds no version",
        "build.txt",
        3,
    )


def test_a_parse_error_may_blame_no_line() -> None:
    error = ParseError("holds no version", source="build.txt")

    assert (str(error), error.source, error.line) == (
        "build.txt: holds no version",
        "build.txt",
        None,
    )


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AdvisoryError("it failed"), 2),  # could not run
        (ParseError("holds no version", source="build.txt"), 2),
        (FetchError("no answer"), 2),
        (CatalogueError("there is no catalogue"), 3),  # cannot tell
    ],
)
def test_each_error_carries_its_exit_status(error: AdvisoryError, status: int) -> None:
    assert error.exit_status == status


def test_no_error_leaves_with_the_status_of_findings_or_of_none() -> None:
    assert {error.exit_status for error in _all()} == {2, 3}


def test_the_tree_in_the_docstring_names_every_error() -> None:
    tree = re.findall(r"^ +(?:[├└]── )?(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)

    assert sorted(tree) == sorted(error.__name__ for error in _all())


def _all() -> list[type[AdvisoryError]]:
    # Other modules may have errors of their own.
    found: list[type[AdvisoryError]] = [AdvisoryError, *AdvisoryError.__subclasses__()]
    return [error for error in found if error.__module__ == errors.__name__]
