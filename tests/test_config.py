from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisory.config import (
    PROXIES,
    Config,
    Line,
    Mode,
    is_hidden,
    is_section_header,
    read_config,
    target_of,
)


def read(text: str) -> Config:
    return read_config([("haproxy.cfg", text)])


def words_of(line: str) -> tuple[str, ...]:
    """How a line of a section is taken apart."""
    (section,) = read(f"global\n{line}\n").sections
    return section.lines[0].words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        # white space of any kind and length, before and after too
        ("\t maxconn   4000 \t", ("maxconn", "4000")),
        # the ends of lines that Windows writes
        ("maxconn 4000\r", ("maxconn", "4000")),
        # a comment begins at any "#" outside quotes, even within a word
        ("maxconn 4000#many", ("maxconn", "4000")),
        ("maxconn 4000 # many", ("maxconn", "4000")),
        ('acl tea path "/a#b" # "', ("acl", "tea", "path", "/a#b")),
        # quotes join, are taken away, and each makes the other kind a common sign
        ('log-format "a b"\'c "d\'e', ("log-format", 'a bc "de')),
        ('log-format "it\'s"', ("log-format", "it's")),
        # backslashes: the signs that they protect, and those of C
        (r"a\ b \# \\ \" \' \t \x41", ("a b", "#", "\\", '"', "'", "\t", "A")),
        # any other sign keeps its backslash, as in a regular expression; so does the line's end
        (r"regsub \d+\.\$", ("regsub", r"\d+\.\$")),
        # within double quotes the same, within single ones they stand for themselves
        (r'"\"a\x41\ \$"', ('"aA $',)),
        (r"b '\x41\'", ("b", "\\x41\\")),
        # a dollar outside double quotes is a dollar
        ("acl tea $HOME '$HOME'", ("acl", "tea", "$HOME", "$HOME")),
        # an empty word ends the line
        ('server s "" check', ("server", "s")),
    ],
)
def test_a_line_is_taken_apart_as_haproxy_does(line: str, words: tuple[str, ...]) -> None:
    assert words_of(line) == words


@pytest.mark.parametrize(
    ("line", "words", "unknown", "hides"),
    [
        # a variable makes one word unknown
        ('bind "${IP}:443" ssl', ("bind", "${IP}:443", "ssl"), (1,), False),
        ('bind "$IP" ssl', ("bind", "$IP", "ssl"), (1,), False),
        # this form makes as many words as the value has
        ('bind :443 "${REST[*]}"', ("bind", ":443", "${REST[*]}"), (2,), True),
        # a redaction may stand for several words, or for a part of one
        ("stats socket REDACTED mode 600", ("stats", "socket", "REDACTED", "mode", "600"), (2,), 1),
        ("bind *:REDACTED ssl", ("bind", "*:REDACTED", "ssl"), (1,), False),
        ("crt <redacted>", ("crt", "<redacted>"), (1,), True),
        ("server s 10.0.0.1:80 ...", ("server", "s", "10.0.0.1:80", "..."), (3,), True),
        # a backslash at the end: HAProxy takes it as it is, but the line may have been cut there
        ("reqadd X:\\ a\\", ("reqadd", "X: a\\"), (1,), True),
    ],
)
def test_words_that_are_not_known_are_marked(
    line: str, words: tuple[str, ...], unknown: tuple[int, ...], hides: bool
) -> None:
    config = read(f"global\n{line}\n")

    assert config.sections[0].lines == (
        Line("haproxy.cfg", 2, words, line, unknown=unknown, hides=bool(hides)),
    )
    assert config.unread == ()


@pytest.mark.parametrize(
    "word",
    [
        "REDACTED",
        "[redacted]",
        "<ip>",
        "***",
        "XXXX",
        "x.x.x.x",
        "x.x.x.x:80",
        "...",
        "…",
        "[snip]",
    ],
)
def test_what_people_write_for_what_they_hide(word: str) -> None:
    assert is_hidden(word)


@pytest.mark.parametrize("word", ["", "redactedly", "<%ci>", "10.0.0.1", "*:80", "xx", "http"])
def test_what_hides_nothing(word: str) -> None:
    assert not is_hidden(word)


@pytest.mark.parametrize(
    ("text", "number", "reason"),
    [
        # a quote that is never closed, of either kind
        ('global\nlog-format "a b\n', 2, "a quote is left open"),
        ("global\nlog-format 'a b\n", 2, "a quote is left open"),
        ('global\nlog-format "" \'a b\n', 2, "a quote is left open"),
        # what HAProxy stops at
        ("global\nlog a\0b\n", 2, "it holds a NUL or a carriage return"),
        ("global\nlog a\rlog b\n", 2, "it holds a NUL or a carriage return"),
        # lines that were taken out
        ("global\n[...]\n", 2, "it hides what it says"),
        ("global\n...\n", 2, "it hides what it says"),
        ('global\n"${LINE}"\n', 2, "it hides what it says"),
        # lines that belong to nothing
        ("maxconn 10\nglobal\n", 1, "it stands before any section"),
        # prose that begins like a section
        ("global\nbackend servers were restarted\n", 2, "backend is followed by more than a name"),
        ("listen\n", 1, "listen is followed by more than a name"),
        # blocks without a beginning
        ("global\n.else\n", 2, ".else without .if"),
        ("global\n.endif\n", 2, ".endif without .if"),
        # to which section this line belongs depends on the condition
        (
            ".if true\nglobal\n.endif\nmaxconn 10\n",
            4,
            "its section began in an .if block that is over",
        ),
    ],
)
def test_what_cannot_be_read_is_told(text: str, number: int, reason: str) -> None:
    told = [(unread.line.number, unread.reason) for unread in read(text).unread]

    assert told == [(number, reason)]


def test_a_line_with_an_open_quote_still_counts_as_far_as_it_goes() -> None:
    line = Line("haproxy.cfg", 2, ("http-request", "use-service", '"lua.tea x'), "", (2,), True)

    (read_line,) = read('global\nhttp-request use-service "lua.tea x\n').sections[0].lines

    assert read_line._replace(text="") == line


def test_an_open_quote_belongs_to_the_word_before_it() -> None:
    config = read("global\nlog \"$X\"'b c\nlog a'b c\n")

    assert [(line.words, line.unknown) for line in config.sections[0].lines] == [
        (("log", "$X'b c"), (1,)),
        (("log", "a'b c"), (1,)),
    ]


def test_sections_begin_at_their_keyword_wherever_it_stands() -> None:
    config = read("\n# tea\n  global\nmaxconn 1\nuserlist staff\n\tuser a\nnamespace_list\n")

    assert [
        (section.kind, section.name, section.line.number, [line.number for line in section.lines])
        for section in config.sections
    ] == [("global", "", 3, [4]), ("userlist", "staff", 5, [6]), ("namespace_list", "", 7, [])]


def test_lines_are_found_by_their_first_word() -> None:
    config = read("global\nlog a\nfrontend f\nlog b\nbind :80\nglobal\n")

    assert {
        word: [(position, line.number) for position, line in lines]
        for word, lines in config.lines.items()
    } == {"log": [(0, 2), (1, 4)], "bind": [(1, 5)]}


def test_a_scope_of_an_spoe_file_is_no_line() -> None:
    config = read("[tea]\nspoe-agent a\nmessages m\n")

    assert [section.kind for section in config.sections] == ["spoe-agent"]
    assert config.unread == ()


def modes_of(text: str) -> dict[str, list[tuple[str, int | None]]]:
    """The modes that each proxy may have, with the lines that say so."""
    return {
        proxy.section.name: [(mode.name, mode.line and mode.line.number) for mode in proxy.modes]
        for proxy in read(text).proxies
    }


@pytest.mark.parametrize(
    ("text", "modes"),
    [
        # nobody says: HAProxy's default
        ("frontend f\n", {"f": [("tcp", None)]}),
        # its own, the last one counts
        ("backend b\nmode tcp\nmode http\n", {"b": [("http", 3)]}),
        # its defaults', unless it says otherwise
        (
            "defaults\nmode http\nlisten l\nlisten m\nmode tcp\n",
            {"l": [("http", 2)], "m": [("tcp", 5)]},
        ),
        # the last defaults section counts, named or not; it begins from scratch
        ("defaults\nmode http\ndefaults tea\nlisten l\n", {"l": [("tcp", None)]}),
        # one that is asked for by name, through another
        (
            "defaults a\nmode http\ndefaults b from a\ndefaults\nlisten l from b\nlisten m\n",
            {"l": [("http", 2)], "m": [("tcp", None)]},
        ),
        # an unnamed one that inherits
        ("defaults a\nmode http\ndefaults from a\nlisten l\n", {"l": [("http", 2)]}),
        # one that is not there, or hidden
        ("listen l from tea\n", {"l": [("", None)]}),
        ("defaults a\nlisten l from REDACTED\n", {"l": [("", None)]}),
        # a mode that is not known
        ('listen l\nmode "${MODE}"\n', {"l": [("", 2)]}),
        ("listen l\nmode REDACTED\n", {"l": [("", 2)]}),
        ("listen l\nmode\n", {"l": [("", 2)]}),
        # .if: each arm counts, and so does what holds without them
        (
            "listen l\n.if true\nmode http\n.elif false\nmode log\n.else\nmode tcp\n.endif\n",
            {"l": [("tcp", 7), ("http", 3), ("log", 5)]},
        ),
        # for a section within an arm, its lines are certain
        (".if true\nlisten l\nmode http\n.endif\n", {"l": [("http", 3)]}),
        # defaults within an arm may or may not be the last
        (
            "defaults\nmode http\n.if true\ndefaults\nmode tcp\n.endif\nlisten l\n",
            {"l": [("http", 2), ("tcp", 5)]},
        ),
        # what follows a block is certain again
        ("listen l\n.if true\nmode tcp\n.endif\nmode http\n", {"l": [("http", 5)]}),
    ],
)
def test_the_mode_of_a_proxy(text: str, modes: dict[str, list[tuple[str, int | None]]]) -> None:
    assert modes_of(text) == modes


def test_a_proxy_names_the_defaults_that_it_inherits_from() -> None:
    config = read("defaults a\ndefaults\nlisten l from a\nlisten m\n")

    headers = [section.defaults and section.defaults.number for section in config.sections]
    assert headers == [None, None, 1, 2]


@pytest.mark.parametrize(
    ("text", "enabled"),
    [
        ("listen l\n", True),
        ("listen l\ndisabled\n", False),
        ("defaults\ndisabled\nlisten l\n", False),
        ("defaults\ndisabled\nlisten l\nenabled\n", True),
        ("listen l\n.if true\ndisabled\n.endif\n", None),
        ("listen l\n.if true\nenabled\n.endif\n", True),
        (".if true\ndefaults\ndisabled\n.endif\nlisten l\n", None),
        (".if true\ndefaults\n.endif\nlisten l\n", True),
    ],
)
def test_whether_a_proxy_is_enabled(text: str, enabled: bool | None) -> None:
    assert [proxy.enabled for proxy in read(text).proxies] == [enabled]


def routes_of(text: str) -> dict[str, list[str]]:
    return {
        proxy.section.name: [target_of(line) for line in proxy.routes]
        for proxy in read(text).proxies
    }


@pytest.mark.parametrize(
    ("text", "routes"),
    [
        # use_backend lines, and the last default_backend
        (
            "frontend f\ndefault_backend a\nuse_backend b if t\nuse_backend c\ndefault_backend d\n",
            {"f": ["b", "c", "d"]},
        ),
        # inherited, unless it has its own; a backend does not route
        (
            "defaults\ndefault_backend a\nfrontend f\nlisten l\ndefault_backend b\nbackend a\n",
            {"f": ["a"], "l": ["b"], "a": []},
        ),
        # names made from the request, from the environment, hidden, or missing
        (
            'frontend f\nuse_backend %[src]\nuse_backend "$B"\nuse_backend REDACTED\nuse_backend\n',
            {"f": ["", "", "", ""]},
        ),
        # in an arm of an .if block
        ("frontend f\ndefault_backend a\n.if true\ndefault_backend b\n.endif\n", {"f": ["a", "b"]}),
        # of very many, any
        (
            "frontend f\n.if true\n" + "".join(f"default_backend {n}\n" for n in range(9)),
            {"f": [""]},
        ),
    ],
)
def test_where_a_proxy_routes_to(text: str, routes: dict[str, list[str]]) -> None:
    assert routes_of(text) == routes


WHOLE = "global\nfrontend f\ndefault_backend b\nbackend b\n"


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        (WHOLE, ()),
        ("", ("no global section is shown", "no frontend or listen section is shown")),
        (WHOLE.removeprefix("global\n"), ("no global section is shown",)),
        (WHOLE.removesuffix("backend b\n"), ("no backend named b is shown",)),
        # told once
        (WHOLE + "frontend g\nuse_backend c\nuse_backend c\n", ("no backend named c is shown",)),
        # it may be the one whose name is hidden
        (WHOLE.replace("backend b", "backend REDACTED"), ()),
        (WHOLE + "listen l from tea\n", ("no defaults section named tea is shown",)),
        (
            WHOLE + "listen l from REDACTED\n",
            ("it hides which defaults a section inherits from",),
        ),
        (WHOLE + ".if true\n", ("haproxy.cfg ends within an .if block",)),
    ],
)
def test_what_a_text_lacks_is_told(text: str, gaps: tuple[str, ...]) -> None:
    assert read(text).gaps == gaps


def test_files_follow_one_another() -> None:
    # The second file begins outside any section, but inherits from the first one's defaults.
    config = read_config([("a.cfg", "defaults\nmode http\n"), ("b.cfg", "retries 3\nlisten l\n")])

    assert [(unread.line.source, unread.line.number) for unread in config.unread] == [("b.cfg", 1)]
    assert config.proxies[0].modes == (
        Mode("http", Line("a.cfg", 2, ("mode", "http"), "mode http")),
    )


def test_an_if_block_ends_with_its_file() -> None:
    config = read_config([("a.cfg", "global\n.if true\n"), ("b.cfg", "listen l\nmode http\n")])

    assert config.proxies[0].section.line.arm == 0


def test_a_byte_order_mark_is_no_part_of_the_first_word() -> None:
    assert read("\ufeffglobal\n").unread == ()


@pytest.mark.parametrize(
    "line",
    [
        "global",
        "  global # tea",
        "global#tea",
        "namespace_list",
        "defaults",
        "defaults tea",
        "defaults tea from kettle",
        "defaults from kettle",
        "frontend www",
        "frontend www from tea",
        "backend be-app_1.example:80",
        'backend "be"',
        "backend REDACTED",
        "listen <name>",
        "listen stats :1936",
        "listen stats *:8404",
        "listen web 10.0.0.1:80,[::1]:443",
        "listen web REDACTED",
        "userlist staff",
        "crt-store",
        "crt-store web",
        "peers mine",
    ],
)
def test_what_begins_a_section(line: str) -> None:
    assert is_section_header(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "# global",
        "Global",
        "global:",
        "global warming",
        "listen to me please",
        "listen carefully.",
        "frontend www:",
        "frontend problems, again",
        "frontend ",
        "frontend a b",
        "frontend a from",
        "backend app 10.0.0.1:80",
        "defaults are fine",
        "defaults a b from c",
        "cache is full",
        "peers",
        "maxconn 10",
        'frontend "www',
        "frontend café",
        "frontend " + "a" * 1_000,
    ],
)
def test_what_is_prose_or_no_section(line: str) -> None:
    assert not is_section_header(line)


# Pieces that meet: quotes and backslashes with each other, sections, blocks and what they need.
PIECES = (
    *('"', "'", "\\", "#", "$X", "${X}", "${X[*]}", " ", "\t", "\n", "\n", "\r", "\0", "\x1b[31m"),
    *("\nglobal\n", "\ndefaults d\n", "\nlisten l from d\n", "\nfrontend f\n", "\nbackend b\n"),
    *("\n.if x\n", "\n.else\n", "\n.elif y\n", "\n.endif\n", "\nmode http\n", "\nmode tcp\n"),
    *("\ndefault_backend b\n", "\nuse_backend l\n", "\ndisabled\n", "REDACTED", "...", "[x]", "é"),
)


def texts() -> st.SearchStrategy[str]:
    """Texts that look like a configuration, and any others."""
    return st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text()


@given(st.lists(texts(), max_size=3))
def test_any_text_has_a_value_whose_lines_are_its_own(files: list[str]) -> None:
    named = {f"{number}.cfg": text for number, text in enumerate(files)}

    config = read_config(named.items())

    lines = [
        *(unread.line for unread in config.unread),
        *(line for section in config.sections for line in (section.line, *section.lines)),
        *(line for proxy in config.proxies for line in proxy.routes),
        *(mode.line for proxy in config.proxies for mode in proxy.modes if mode.line),
    ]
    for line in lines:
        assert (
            line.text
            == named[line.source].removeprefix("\ufeff").split("\n")[line.number - 1].strip()
        )
        assert all(0 <= position < len(line.words) for position in line.unknown)


@given(texts())
def test_every_line_that_says_something_is_read_or_told(text: str) -> None:
    config = read(text)

    told = {unread.line.number for unread in config.unread}
    told |= {line.number for s in config.sections for line in (s.line, *s.lines)}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if line.strip()[:1].isalpha():
            assert number in told


@given(texts())
def test_each_proxy_has_a_mode_and_only_proxies_have(text: str) -> None:
    config = read(text)

    assert [proxy.section for proxy in config.proxies] == [
        section for section in config.sections if section.kind in PROXIES
    ]
    assert all(proxy.modes for proxy in config.proxies)


@given(st.lists(st.text(alphabet="ab\"'\\# $\t\x1bé", min_size=1), min_size=1, max_size=5))
def test_words_come_back_as_they_were_quoted(words: list[str]) -> None:
    quoted = [word.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") for word in words]

    assert words_of("x " + " ".join(f'"{word}"' for word in quoted)) == ("x", *words)


@given(st.text())
@settings(max_examples=200)
def test_any_line_is_a_header_or_not(line: str) -> None:
    if is_section_header(line) and "\n" not in line:
        assert len(read(line).sections) == 1


HOSTILE = {
    "10,000 lines": "global\n" + "log 127.0.0.1:514 local0 notice\n" * 10_000,
    "10,000 proxies": "".join(f"listen l{n}\nuse_backend %[path]\n" for n in range(5_000)),
    "10,000 defaults": "".join(f"defaults d{n} from d{n - 1}\n" for n in range(10_000)),
    "defaults in blocks": ".if x\n"
    + "".join(f"defaults\ndefault_backend b{n}\nfrontend f{n}\n" for n in range(3_000)),
    "blocks in blocks": ".if x\n" * 10_000,
    "a line of words": "global\n" + "a " * 500_000,
    "a line of one word": "global\n" + "a" * 1_000_000,
    "a line of backslashes": "global\n" + "\\" * 1_000_000,
    "a line of escapes": 'global\n"' + r"\x41" * 200_000 + '"',
    "a line of quotes": "global\n" + "'" * 999_999,
    "a line of empty words": "global\n" + '"" ' * 300_000,
    "a line of variables": 'global\n"' + "${X}" * 250_000 + '"',
    "a line of redactions": "global\n" + "REDACTED " * 100_000,
    "a line of dots": "global\n" + "." * 1_000_000,
    "a line of x": "global\n" + "x.x" * 300_000,
    "a line of brackets": "global\n" + "<" * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_read_to_its_end(name: str) -> None:
    config = read(HOSTILE[name])

    assert config.sections or config.unread or config.gaps
