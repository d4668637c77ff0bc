from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.advisories import read_advisories, read_advisory
from advisory.bug import Advisory, Kind, LostObject
from advisory.errors import ParseError

CURATED = Path(__file__).parent.parent / "data" / "advisories"

LEAK = """\
kind = "memory-leak"
runtime = true
growth = "per-request"
summary = "A spoon is lost each time the lid opens."
trigger = "The kettle boils while the stove is off."
confidence = "high"
said_by = ["message", "diff"]
"""
FULL = """\
kind = "fd-leak"
runtime = true
growth = "on-error-path"
needs_oom = true
bounded = true
summary = "A spoon is lost each time the lid opens."
trigger = "The kettle boils while the stove is off."
workaround = "Turn the stove on."
confidence = "low"
said_by = ["subject", "issue"]
related = ["0123456789ab", "abcdef"]
since_commit = "ba9876543210"
since_version = "2.2-dev3"

[[objects]]
name = "spoon"

[[objects]]
name = "cup"
pool = "cups"
size = 64

[conditions]
features = ["+LUA", "-THREAD"]
target = ["linux-glibc"]
config = ["section peers or keyword stick-table", "mode http"]
"""


def test_a_leak_says_what_is_lost_when_and_how_fast() -> None:
    assert read_advisory(LEAK, source="kettle.toml") == Advisory(
        kind=Kind.MEMORY_LEAK,
        summary="A spoon is lost each time the lid opens.",
        confidence="high",
        said_by=("message", "diff"),
        runtime=True,
        growth="per-request",
        trigger="The kettle boils while the stove is off.",
    )


def test_every_field_is_read() -> None:
    assert read_advisory(FULL, source="kettle.toml") == Advisory(
        kind=Kind.FD_LEAK,
        summary="A spoon is lost each time the lid opens.",
        confidence="low",
        said_by=("subject", "issue"),
        runtime=True,
        growth="on-error-path",
        needs_oom=True,
        bounded=True,
        trigger="The kettle boils while the stove is off.",
        workaround="Turn the stove on.",
        related=("0123456789ab", "abcdef"),
        since_commit="ba9876543210",
        since_version="2.2-dev3",
        objects=(LostObject("spoon"), LostObject("cup", "cups", 64)),
        features=("+LUA", "-THREAD"),
        target=("linux-glibc",),
        config=("section peers or keyword stick-table", "mode http"),
    )


def test_what_is_no_leak_needs_no_more_than_a_summary() -> None:
    text = 'kind = "not-a-leak"\nsummary = "It boils."\nconfidence = "high"\nsaid_by = ["diff"]\n'

    assert read_advisory(text, source="kettle.toml") == Advisory(
        kind=Kind.NOT_A_LEAK, summary="It boils.", confidence="high", said_by=("diff",)
    )


@pytest.mark.parametrize(
    "line",
    [
        'kind = "stuck-object"',  # each kind
        'growth = "periodic"',  # each growth of a process that serves
        'growth = "per-connection"',
        'growth = "per-cli-command"',
        'growth = "per-reload"',
        'runtime = false\ngrowth = "at-exit"',  # those of one that does not
        'runtime = false\ngrowth = "per-config-parse"',
        'confidence = "medium"',
        "needs_oom = false",
        f'summary = "{"s" * 160}"',  # the longest of each
        f'trigger = "{"t" * 240}"',
        f'workaround = "{"w" * 200}"',
        'since_version = "2.2"',  # a branch
        'since_version = "1.3.12.4"',  # four parts
        'since_version = "2.2-rc1"',
        'since_commit = "012345"',  # the shortest
        "conditions = {}",  # none
        'conditions = {config = ["mode tcp"]}',  # one of the three
    ],
)
def test_a_field_may_hold(line: str) -> None:
    names = {part.split(" = ")[0] for part in line.splitlines()}
    others = [kept for kept in LEAK.splitlines() if kept.split(" = ")[0] not in names]

    assert isinstance(read_advisory("\n".join([line, *others]), source="x"), Advisory)


@pytest.mark.parametrize(
    "line",
    [
        'kind = "crash"',  # a kind of bug, but not of leak
        'kind = ["memory-leak"]',
        'runtime = "yes"',  # no flag
        "runtime = 1",
        "needs_oom = 0",
        "bounded = []",
        'growth = "per-cup"',  # no such growth
        'confidence = "certain"',
        'said_by = "diff"',  # no list
        "said_by = []",  # an empty one
        'said_by = ["rumour"]',  # nobody who counts
        'summary = ""',  # empty
        'summary = "  "',
        f'summary = "{"s" * 161}"',  # too long
        'summary = "two\\nlines"',
        "summary = 3",  # no text
        f'trigger = "{"t" * 241}"',
        f'workaround = "{"w" * 201}"',
        'related = ["01234"]',  # too short for a commit
        'related = ["0123456789abc"]',  # too long
        'related = ["kettle"]',  # no hex
        "related = [123456]",  # no text
        'since_commit = "ABCDEF"',  # capitals
        'since_version = "v2.2"',  # a tag
        'since_version = "2"',
        "since_version = 2.2",  # a number: 2.10 would be 2.1
        'objects = ["spoon"]',  # no table
        'objects = [{pool = "cups"}]',  # nameless
        'objects = [{name = ""}]',
        "objects = [{name = 3}]",
        'objects = [{name = "spoon", pool = 3}]',
        'objects = [{name = "spoon", pool = ""}]',
        'objects = [{name = "spoon", size = "64"}]',
        'objects = [{name = "spoon", size = true}]',
        'objects = [{name = "spoon", size = 0}]',
        'objects = [{name = "spoon", colour = "red"}]',  # with a field too many
        'conditions.features = ["LUA"]',  # without its sign
        'conditions.features = [""]',
        'conditions.features = ["+KETTLE"]',  # no such feature
        "conditions.features = [1]",
        'conditions.target = ""',
        'conditions.target = [""]',
        "conditions.target = [1]",
        'conditions.config = ["stove on"]',  # not of the language
        "conditions.config = [1]",
    ],
)
def test_a_field_may_not_hold(line: str) -> None:
    name = line.split(" = ")[0].removeprefix("conditions.")
    others = [kept for kept in LEAK.splitlines() if not kept.startswith(f"{name} =")]

    with pytest.raises(ParseError) as why:
        read_advisory("\n".join([line, *others]), source="kettle.toml")

    assert str(why.value).startswith(f"kettle.toml: {name} = ")
    assert str(why.value).endswith(" is not allowed; see docs/advisories.md")


MISPLACED = "features, target and config belong under [conditions], and nothing else does"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # no TOML
        ("kind = ", "is no TOML: Invalid value (at end of document)"),
        # a field that there is not
        (f'{LEAK}colour = "red"', "colour is no field of an advisory; see docs/advisories.md"),
        # a condition that there is not, conditions that are no table, one outside of them
        (f'{LEAK}[conditions]\nweather = ["rain"]', MISPLACED),
        (f"{LEAK}conditions = 3", MISPLACED),
        (f'{LEAK}target = ["linux-glibc"]', MISPLACED),
        # nothing at all
        ("", "lacks confidence, growth, kind, runtime, said_by, summary, trigger"),
        # a leak of which half is not said
        (
            'kind = "fd-leak"\nsummary = "It boils."\nsaid_by = ["diff"]\nruntime = true',
            "lacks confidence, growth, trigger",
        ),
        # no leak, but nobody says so
        ('kind = "not-a-leak"\nsummary = "It boils."\nconfidence = "high"', "lacks said_by"),
        # two fields that contradict each other
        (LEAK.replace("per-request", "at-exit"), "growth at-exit does not happen at run time"),
        (
            LEAK.replace("per-request", "per-config-parse"),
            "growth per-config-parse does not happen at run time",
        ),
    ],
)
def test_an_advisory_that_is_not_valid_is_refused(text: str, message: str) -> None:
    with pytest.raises(ParseError) as why:
        read_advisory(text, source="kettle.toml")

    assert str(why.value) == f"kettle.toml: {message}"


@given(
    st.lists(
        st.sampled_from(
            [
                *LEAK.splitlines(),
                *FULL.splitlines(),
                'kind = "not-a-leak"',
                'growth = "at-exit"',
                "runtime = false",
                "conditions = 3",
                "[[conditions]]",
                "[objects]",
                "[kind]",
                "said_by = [[]]",
            ]
        ),
        unique=True,
    )
)
def test_any_lines_give_an_advisory_or_a_parse_error(lines: list[str]) -> None:
    try:
        advisory = read_advisory("\n".join(lines), source="kettle.toml")
    except ParseError:
        return

    assert isinstance(advisory, Advisory)


def test_a_folder_is_read_by_the_names_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "aaaaaaaaaaaa.toml").write_text(LEAK, encoding="utf-8")
    (tmp_path / "bbbbbbbbbbbb.toml").write_text(FULL, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no advisory", encoding="utf-8")

    assert read_advisories(tmp_path) == {
        "aaaaaaaaaaaa": read_advisory(LEAK, source="a"),
        "bbbbbbbbbbbb": read_advisory(FULL, source="b"),
    }


def test_a_fault_in_a_folder_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "aaaaaaaaaaaa.toml"
    path.write_text("kind = ", encoding="utf-8")

    with pytest.raises(ParseError) as why:
        read_advisories(tmp_path)

    assert why.value.source == str(path)


def test_a_file_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "aaaaaaaaaaaa.toml"
    path.write_bytes(LEAK.replace("spoon", "L\xf6ffel").encode("latin-1"))

    with pytest.raises(ParseError, match="is no UTF-8") as why:
        read_advisories(tmp_path)

    assert why.value.source == str(path)


def test_every_curated_advisory_is_valid_and_named_after_its_bug() -> None:
    names = read_advisories(CURATED)

    assert names
    assert [name for name in names if not re.fullmatch(r"[0-9a-f]{12}", name)] == []
