"""What is told after a run that updated the catalogue."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.facts import Row, Run
from advisory.formats.changes import MOST_NAMED, render_import, render_refresh
from advisory.update import Change

RUN = Run(
    command="refresh",
    origin="https://kettle.example/",
    started_at="2026-07-01T03:00:00Z",
    ended_at="2026-07-01T03:01:00Z",
    outcome="complete",
    requests=23,
)


def a_fix(commit: str, fixed_in: str = "", severity: str = "minor", **columns: str) -> Row:
    names = {"branch": "2.2", "commit_id": commit, "fixed_in": fixed_in, "severity": severity}
    return names | {"subsystem": "kettle", "title": f"BUG: tea {commit}"} | columns


def refreshed(
    *changes: Change,
    run: Run = RUN,
    titles: int = 0,
    leaks: tuple[Row, ...] = (),
    refused: tuple[str, ...] = (),
    doubts: tuple[str, ...] = (),
    width: int = 80,
) -> str:
    return render_refresh("catalogue.db", run, changes, titles, leaks, refused, doubts, width=width)


HEAD = "complete: catalogue.db, from https://kettle.example/, requests: 23\n"


def test_a_run_that_found_nothing_new_says_so() -> None:
    assert refreshed() == f"{HEAD}nothing new\n"


def test_all_that_is_new_is_told_by_branch_and_by_name() -> None:
    leak = a_fix("a", "2.2.5", "major")
    changes = (
        Change(
            "2.2",
            new_releases=("2.2.5", "2.2.10"),
            new_fixes=(leak, a_fix("b"), a_fix("c", severity="unknown"), a_fix("d", "2.2.5")),
            newly_released=(a_fix("e", "2.2.5"),),
            taken_back=(a_fix("f", "2.2.1"),),
            brought_back=(a_fix("1", "2.2.1"),),
            vanished=("release 2.2.4", "fix 222222222222"),
            returned=("fix 333333333333",),
        ),
        Change("2.4", new_releases=("2.4.1",), newly_released=(a_fix("4", "2.4.1", branch="2.4"),)),
        Change("2.10", new_fixes=(a_fix("5", severity="critical", branch="2.10"),)),
    )

    assert refreshed(*changes, titles=7, leaks=(leak,)) == (
        f"{HEAD}"
        "new releases: 2.2.5, 2.2.10, 2.4.1\n"
        "new fixes: 5\n"
        "  2.2   1 major, 2 minor, 1 unknown\n"
        "  2.10  1 critical\n"
        "of which cure memory leaks: 1\n"
        "  2.2: BUG: tea a (a, in 2.2.5)\n"
        "fixes that awaited a release and are in one now: 2\n"
        "  2.2: BUG: tea e (e, in 2.2.5)\n"
        "  2.4: BUG: tea 4 (4, in 2.4.1)\n"
        "fixes that were taken back: 1\n"
        "  2.2: BUG: tea f (f, in 2.2.1)\n"
        "fixes that had been taken back and came again: 1\n"
        "  2.2: BUG: tea 1 (1, in 2.2.1)\n"
        "listed no more (kept, and marked): 2.2 release 2.2.4, 2.2 fix 222222222222\n"
        "listed again: 2.2 fix 333333333333\n"
        "titles read: 7\n"
    )


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ({}, "  2.2: BUG: tea a (a, in no release yet)\n"),
        ({"fixed_in": "2.2.5"}, "  2.2: BUG: tea a (a, in 2.2.5)\n"),
        # known from a package, its page not read yet
        ({"title": ""}, "  2.2: minor bug of kettle (a, in no release yet)\n"),
        (
            {"title": "", "subsystem": ""},
            "  2.2: minor bug of no subsystem (a, in no release yet)\n",
        ),
    ],
)
def test_a_fix_is_named_by_what_is_known_of_it(columns: dict[str, Any], line: str) -> None:
    assert line in refreshed(Change("2.2", taken_back=(a_fix("a", **columns),)))


def test_of_many_fixes_the_first_are_named() -> None:
    def listed(count: int) -> list[str]:
        rows = tuple(a_fix(f"{number}c") for number in range(count))
        text = refreshed(Change("2.2", new_fixes=rows), leaks=rows)
        return text.partition(f"of which cure memory leaks: {count}\n")[2].splitlines()

    names = [f"  2.2: BUG: tea {n}c ({n}c, in no release yet)" for n in range(MOST_NAMED)]
    assert listed(MOST_NAMED) == names
    assert listed(MOST_NAMED + 2) == [*names, "  and 2 more"]


def test_branches_that_kept_what_they_had_and_doubts_are_told_last() -> None:
    run = RUN._replace(outcome="partial")

    text = refreshed(
        run=run,
        refused=("branch 2.2 keeps what it had: tea", "branch 2.4 keeps what it had: milk"),
        doubts=("2.0: the page says tea, the CHANGELOG says coffee",),
        width=40,
    )

    assert text == (
        "partial: catalogue.db, from https://kettle.example/, requests: 23\n"
        "nothing new\n"
        "The sources do not agree\n"
        "  2.0: the page says tea, the CHANGELOG\n"
        "    says coffee\n"
        "Not brought up to date\n"
        "  branch 2.2 keeps what it had: tea\n"
        "  branch 2.4 keeps what it had: milk\n"
    )


def test_what_a_changelog_told() -> None:
    change = Change(
        "2.2",
        new_releases=("2.2.5",),
        newly_released=(a_fix("e", "2.2.5"),),
        doubts=("2.2: the CHANGELOG takes tea back",),
    )

    assert render_import("catalogue.db", change, 7, 3, width=80) == (
        "complete: catalogue.db, branch 2.2\n"
        "titles read: 7\n"
        "new releases: 2.2.5\n"
        "fixes that awaited a release and are in one now: 1\n"
        "  2.2: BUG: tea e (e, in 2.2.5)\n"
        "! fixes of the new releases that are not in the catalogue: 3; a CHANGELOG names\n"
        "  no commits, only 'hapadvise refresh' brings them\n"
        "The sources do not agree\n"
        "  2.2: the CHANGELOG takes tea back\n"
    )
    assert render_import("catalogue.db", Change("2.2"), 0, 0, width=80) == (
        "complete: catalogue.db, branch 2.2\ntitles read: 0\n"
    )


@given(
    st.lists(st.sampled_from(("release 2.2.4", "fix 222222222222")), max_size=9),
    st.lists(st.text("ab ", max_size=90), max_size=3),
    st.integers(50, 100),
)
def test_no_line_is_wider_than_asked_for(lost: list[str], doubts: list[str], width: int) -> None:
    rows = tuple(a_fix(str(number), title="BUG: a lid " * number) for number in range(9))
    change = Change("2.2", ("2.2.1",) * 20, rows, taken_back=rows, vanished=tuple(lost))

    lines = refreshed(change, leaks=rows, doubts=tuple(doubts), width=width).splitlines()

    assert not [
        line for line in lines[1:] if len(line) > width and max(map(len, line.split())) < width - 4
    ]
