"""What a text holds, whatever stands around it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisory.errors import ParseError
from advisory.intake import Parts, config_in, read_config_parts, read_parts
from tests.processes import pools_text

FORUM = (Path(__file__).parent / "data" / "reports" / "forum-2.2.4.txt").read_text()
VERSION = "HA-Proxy version 2.2.4-de45672 2020/09/30 - https://haproxy.org/\n"
INFO = "Name: HAProxy\nVersion: 2.2.4-de45672\nNbproc: 1\nUptime_sec: 60\nMaxconn: 100\n"
CONFIG = "frontend www\n    bind :80\n    default_backend app\nbackend app\n    mode http\n"
RSS = "VmHWM:\t   20000 kB\nVmRSS:\t   17424 kB\n"
PARTS = {
    "builds": VERSION,
    "dumps": pools_text(("filter", 64, 1682237)),
    "infos": INFO,
    "config_text": CONFIG,
    "rss": RSS,
}


def read(text: str) -> Parts:
    return read_parts(text, source="paste")


def found_in(parts: Parts) -> set[str]:
    """The names of what is there."""
    return {name for name, value in parts._asdict().items() if value}


def test_a_forum_thread_is_taken_apart() -> None:
    parts = read(FORUM)

    assert [build.version.text for build in parts.builds] == ["2.2.4-de45672"]
    assert [{line.name: line.used for line in dump.lines}["filter"] for dump in parts.dumps] == [
        1682237,
        7032752,
    ]
    assert parts.config_text.splitlines()[131].split() == ["frontend", "bitbucket_frontend_http"]
    assert parts.config_text.strip().startswith("global")
    assert parts.config_text.strip().endswith("REDACTED")


@pytest.mark.parametrize("name", PARTS)
def test_each_part_is_known_by_itself(name: str) -> None:
    parts = read(PARTS[name])

    assert found_in(parts) == ({"builds", "infos"} if name == "infos" else {name})


@pytest.mark.parametrize("order", list(itertools.permutations(PARTS)), ids="-".join)
def test_the_order_does_not_matter(order: tuple[str, ...]) -> None:
    parts = read("\nThis is what it says:\n\n".join(PARTS[name] for name in order))

    assert len(parts.builds) == len(parts.dumps) == len(parts.infos) == 1
    assert parts.rss == (17424,)
    assert [line.strip() for line in parts.config_text.split("\n") if line.strip()] == [
        line.strip() for line in CONFIG.splitlines()
    ]


def test_sizes_of_the_process_are_read_in_their_order() -> None:
    assert read(RSS + RSS.replace("17424", "31156")).rss == (17424, 31156)


@pytest.mark.parametrize(
    "text", ["", "nothing of the sort", "Pool party, Uptime and Maxconn", "server app is slow"]
)
def test_a_text_without_any_part_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match=r"^paste: names no version of HAProxy; pass the output"):
        read(text)


# --- the configuration in a text -----------------------------------------------------------------

EXCERPTS = [
    # prose before and after
    ("My file:\nglobal\n daemon\nThanks", ["", "global", " daemon", ""]),
    # prose between two parts of it
    ("global\n daemon\nThen\nlisten a\n", ["global", " daemon", "", "listen a", ""]),
    # all of it indented, as a code block is
    ("    listen a\n        bind :80\n    Why?", ["    listen a", "        bind :80", ""]),
    # a fence around it, and prose that begins with a small letter
    ("```\nlisten a\n bind :80\n```\nno idea", ["", "listen a", " bind :80", "", ""]),
    # quoted in a mail, twice
    ("> > listen a\n> > bind :80\n> Hm.", ["listen a", "bind :80", ""]),
    # other parts after it
    ("listen a\n  - Pool pipe (32 bytes)", ["listen a", ""]),
    ("listen a\nTotal: 1 pools", ["listen a", ""]),
    (f"listen a\n{VERSION}", ["listen a", "", ""]),
    # ends of lines as on Windows
    ("listen a\r\n bind :80\r\nBye\r\n", ["listen a\r", " bind :80\r", "", ""]),
    # capitals within a line are none of prose
    ("listen a\n http-request set-header X-A B", ["listen a", " http-request set-header X-A B"]),
    # comments and empty lines are part of it
    ("listen a\n\n # Why\n bind :80", ["listen a", "", " # Why", " bind :80"]),
]


@pytest.mark.parametrize(("text", "lines"), EXCERPTS)
def test_only_lines_of_a_configuration_are_kept_each_in_its_place(
    text: str, lines: list[str]
) -> None:
    assert config_in(text).split("\n") == lines


@pytest.mark.parametrize(
    "text",
    [
        "The backend is slow\nand the frontend too\n",
        "listen to this: it leaks\n",
        # sections of which every one alone may be anything
        "cache\nring\nprogram a\n",
    ],
)
def test_prose_is_no_configuration(text: str) -> None:
    assert config_in(text) == ""


def test_other_sections_count_beside_a_proxy() -> None:
    assert config_in("resolvers dns\nlisten a") == "resolvers dns\nlisten a"


def test_several_texts_are_one_configuration() -> None:
    config = read_config_parts([("a.cfg", "global"), ("b.cfg", "\n\n"), ("c.cfg", "\nlisten a")])

    assert config is not None
    assert [(item.kind, item.line.source, item.line.number) for item in config.sections] == [
        ("global", "a.cfg", 1),
        ("listen", "c.cfg", 2),
    ]


def test_no_text_is_no_configuration() -> None:
    assert read_config_parts([("a.cfg", ""), ("b.cfg", " \n")]) is None


# --- any text ------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *("global", "frontend", "listen a", " bind :80", '"', "\\", "'", ".if", "> ", "```", "#"),
        *("- Pool ", "filter (64 bytes) : ", "1 allocated (64 bytes), 1 used", "Total: ", "Uptime"),
        *("HA-Proxy version ", "2.2.4", "VmRSS: ", "17 kB", "Maxconn: 5", "Nbproc: 1", "Thanks"),
        *("\n", " ", "\t", "\r", "\0", "\x1b[31m", "\x9b", "\u202e", "\ud7ff", "\U000e0001", "٣"),
    ]
)


@given(st.lists(PIECES | st.text(max_size=8), max_size=60).map("".join))
@example("frontend\0a\n bind\x1b]0;x\x07")
def test_any_text_gives_parts_or_a_clear_error(text: str) -> None:
    try:
        parts = read(text)
    except ParseError as error:
        message = str(error)
    else:
        message = "paste: "
        assert parts != Parts()
        assert parts.config_text == "" or parts.config_text.count("\n") == text.count("\n")
        read_config_parts([("paste", parts.config_text)])

    assert message.startswith("paste: ")
    assert "\n" not in message


@given(st.lists(PIECES, max_size=40).map("".join))
def test_what_is_around_a_part_does_not_hide_it(text: str) -> None:
    parts = read(f"{text}\n\nSo it says:\n\n{PARTS['dumps']}\n")

    assert [line.name for line in parts.dumps[-1].lines] == ["filter", "buffer"]


HOSTILE = [
    *("A", " ", "\t", "\n", "\r", "\0", "> ", "#", "'", '"', "\\", "a ", "a\n", "$(", "%[", "-"),
    *("global\n", "frontend a\n", "  - Pool a (1 bytes) : ", "Total: 1 pools, ", "VmRSS: "),
    *("Nbproc: 1\n", "HA-Proxy version ", "frontend a\nUptime", '"${', ".if\n", "\x1b[", "<b>"),
]


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("start", ["", "Maxconn Pool \nlisten a\n "])
def test_an_endless_text_is_read_or_refused(start: str, piece: str) -> None:
    text = start + piece * (50_000 // len(piece))
    try:
        parts = read(text)
    except ParseError:
        parts = None

    assert parts != Parts()
