from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.bug import Advisory, Kind
from advisory.conditions import FEATURES, atoms_of, contradiction

ATOMS = (
    "section resolvers",
    "section http-errors",  # a hyphen within the name
    "keyword http-request set-var",
    "keyword bind",
    "argument bind ssl",
    "mode http",
    "mode tcp",
    "mode log",
    "mode spop",
    "mode haterm",
    "route tcp to http",
)


@pytest.mark.parametrize("atom", ATOMS)
def test_an_atom_holds_by_itself(atom: str) -> None:
    assert atoms_of(atom) == (atom,)


@pytest.mark.parametrize(
    ("line", "atoms"),
    [
        # two alternatives, three
        ("section peers or keyword stick-table", ("section peers", "keyword stick-table")),
        ("mode http or mode tcp or mode log", ("mode http", "mode tcp", "mode log")),
        # spaces around them
        ("  mode http  or  mode tcp ", ("mode http", "mode tcp")),
        # "or" within a word
        ("keyword option ordinary word", ("keyword option ordinary word",)),
    ],
)
def test_alternatives_are_joined_by_or(line: str, atoms: tuple[str, ...]) -> None:
    assert atoms_of(line) == atoms


@pytest.mark.parametrize(
    "line",
    [
        "",  # nothing
        "resolvers",  # no word of the language
        "section",  # without its name
        "section two names",  # with two
        "keyword",  # without its words
        "keyword ",
        "argument bind",  # without the argument
        "argument bind ssl crt",  # with two
        "mode health",  # no such mode
        "route http to tcp",  # the other way round
        "Mode http",  # capitals
        "mode http or",  # an alternative is missing
        "mode http or health",  # an alternative is none
        "mode http and mode tcp",  # joined by another word
        "keyword bind\nkeyword peers",  # two lines
    ],
)
def test_any_other_line_has_no_atoms(line: str) -> None:
    assert atoms_of(line) == ()


@given(st.lists(st.sampled_from(ATOMS), min_size=1, max_size=4))
def test_atoms_come_back_as_they_were_joined(atoms: list[str]) -> None:
    assert atoms_of(" or ".join(atoms)) == tuple(atoms)


@given(st.lists(st.sampled_from((*ATOMS, "or", "", "mode", "kettle")), max_size=4))
def test_a_line_is_of_the_language_or_gives_nothing(words: list[str]) -> None:
    line = " or ".join(words)

    assert atoms_of(line) in ((), tuple(atom.strip() for atom in line.split(" or ")))


def test_features_are_spelt_as_a_build_lists_them() -> None:
    assert [name for name in FEATURES if name != name.upper() or " " in name] == []


ADVISORY = Advisory(
    kind=Kind.MEMORY_LEAK,
    summary="Tea.",
    confidence="high",
    said_by=("diff",),
    features=("+QUIC", "-LUA"),
    target=("linux-musl", "freebsd"),
)


@pytest.mark.parametrize(
    ("off", "target", "words"),
    [
        (set(), "", ""),  # nothing is known of the build, nothing is ruled out
        (set(), "linux-musl", ""),
        ({"LUA"}, "freebsd", ""),  # a feature that must be off rules nothing out yet
        ({"QUIC"}, "linux-musl", "needs QUIC, which this build lacks"),
        (
            set(),
            "linux-glibc",
            "concerns linux-musl and freebsd; this build's TARGET is linux-glibc",
        ),
    ],
)
def test_only_what_a_build_contradicts_rules_a_bug_out(
    off: set[str], target: str, words: str
) -> None:
    assert contradiction(ADVISORY, off, target) == words


@pytest.mark.parametrize(
    "line",
    [
        "section kitchen",
        "keyword unique-id-fromat",
        "argument bnid ssl",
        "mode http or section tea",
    ],
)
def test_a_section_or_keyword_that_does_not_exist_is_refused(line: str) -> None:
    assert atoms_of(line) == ()
