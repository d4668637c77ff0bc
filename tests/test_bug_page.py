"""The page of one bug, and its line in a list."""

from __future__ import annotations

import pytest

from advisory.bug import Advisory, Bug, Kind, LostObject, Tier
from advisory.formats.bug import fixes_of, render_bug, render_line
from tests.conftest import make_bug, make_fix, make_history

ADVISORY = Advisory(
    kind=Kind.MEMORY_LEAK,
    summary="One kettle is lost per cup.",
    confidence="high",
    said_by=("diff",),
    runtime=True,
    growth="per-request",
    needs_oom=True,
    bounded=True,
    trigger="Tea is poured twice.",
    workaround="Drink coffee.",
    related=("abcdef123456",),
    since_version="2.1-dev3",
    objects=(LostObject(name="kettle", pool="kettle", size=64), LostObject(name="lid")),
    features=("+LUA",),
    target=("linux-musl",),
    config=("mode http",),
)


def test_the_page_tells_everything() -> None:
    bug = make_bug("b1", advisory=ADVISORY, tier=Tier.VERIFIED, runtime=True, issues=(7,))
    fixes = (
        make_fix(1, "2.2.1", bug=bug, reverted_by="e" * 12, reverted_in="2.2.2"),
        make_fix(
            2, "2.2.3", bug=bug, introduced_in="2.2.0", reverted_by="e" * 12, reapplied_by="f"
        ),
    )

    page = render_bug(fixes, width=60)

    assert page.splitlines() == [
        f"b1b1b1b1b1b1  {fixes[1].severity.value.upper()}  kettle",
        "memory leak, at run time; reviewed",
        "",
        "One kettle is lost per cup.",
        "When: Tea is poured twice.",
        "Until then: Drink coffee.",
        "Grows: with each request",
        "Only if: memory has run out",
        "Bounded: it ends by itself",
        "Lost: kettle (pool kettle, 64 bytes), lid",
        "Needs: +LUA; mode http",
        "Targets: linux-musl",
        "Entered: 2.1-dev3",
        "See also: abcdef123456",
        "Said by: diff; confidence high",
        "",
        "branch  fix           merged      fixed in   since      taken back   again in",
        f"2.2     {fixes[0].commit}  {fixes[0].merged_on}  2.2.1      ?          2.2.2",
        f"2.2     {fixes[1].commit}  {fixes[1].merged_on}  2.2.3      2.2.0      "
        "merged       merged",
        "",
        f"https://git.haproxy.org/?p=haproxy-2.2.git;a=commitdiff;h={fixes[1].commit}",
        "https://github.com/haproxy/haproxy/issues/7",
    ]


@pytest.mark.parametrize(
    ("bug", "words"),
    [
        (make_bug("b1", title="BUG: tea"), "\n\nBUG: tea\n\n"),
        (make_bug("b1", subsystem=""), "  (no subsystem)\n"),
        (make_bug("b1", runtime=False), "memory leak, not at run time; not reviewed"),
    ],
)
def test_the_page_of_a_bug_that_nobody_read_says_less(bug: Bug, words: str) -> None:
    assert words in render_bug([make_fix(1, "2.2.1", bug=bug)], width=80)


@pytest.mark.parametrize(
    ("bug", "line"),
    [
        (make_bug("b1", advisory=ADVISORY), "One kettle is lost per cup."),
        (make_bug("b1", title="BUG: tea"), "BUG: tea"),
        (make_bug("b1"), "memory leak"),
    ],
)
def test_a_line_says_what_is_known(bug: Bug, line: str) -> None:
    assert render_line(bug) == f"b1b1b1b1b1b1  memory-leak    kettle: {line}\n"


def test_the_fixes_of_a_bug_come_from_every_branch() -> None:
    bug = make_bug("b1")
    fixes = (make_fix(1, "2.2.1", bug=bug), make_fix(2, "2.2.2"), make_fix(3, "2.2.3", bug=bug))

    assert fixes_of(bug.id, [make_history(*fixes)]) == (fixes[0], fixes[2])
