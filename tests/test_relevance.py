from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.advisories import read_advisories
from advisory.bug import Advisory, Kind
from advisory.config import Config, read_config
from advisory.release import Release
from advisory.relevance import Judge, Relevance, Truth, relevance_of

DATA = Path(__file__).parents[1] / "data" / "advisories"


def advisory(*config: str) -> Advisory:
    return Advisory(Kind.MEMORY_LEAK, "Tea.", "high", ("diff",), config=config)


def read(text: str) -> Config:
    return read_config([("haproxy.cfg", text)])


def asked(text: str, *config: str, release: str = "") -> tuple[Truth, list[int], tuple[str, ...]]:
    """The answer, with the numbers of the lines that it cites."""
    known = Release(release) if release else None
    found = relevance_of(advisory(*config), read(text), known)
    return found.verdict, [line.number for line in found.citations], found.reasons


def whole(*lines: str) -> str:
    """A configuration that lacks nothing: lines 1 to 7 and then those given, in its backend."""
    text = "global\ndefaults\nmode http\nfrontend www\nbind :80\ndefault_backend app\nbackend app\n"
    return text + "".join(f"{line}\n" for line in lines)


# As shown on HAProxy's forum, shortened, with the redactions made there.
FORUM = """\
global
    maxconn                     4000
    stats socket                REDACTED mode 600 level admin
    log                         REDACTED

defaults
   option                       redispatch
   errorfile                    408 /dev/null   # Workaround

frontend bitbucket_frontend_http
    bind                        *:REDACTED
    bind                        *:REDACTED ssl crt REDACTED
    default_backend             bitbucket_backend_http

backend bitbucket_backend_http
    mode                        http
    option                      http-server-close
    stick-table type            string len 52 size 5M expire 30m
    server                      REDACTED check inter 10000 rise 2 fall 5

frontend bitbucket_frontend_ssh
    bind                        *:REDACTED
    default_backend             bitbucket_backend_ssh

backend bitbucket_backend_ssh
    mode                        tcp
    server                      REDACTED check port REDACTED

listen admin
    mode                        http
    bind                        *:REDACTED
    stats                       enable
"""


def test_the_route_that_leaks_is_named_and_cited() -> None:
    assert asked(FORUM, "route tcp to http") == (
        Truth.HOLDS,
        [10, 13, 15, 16],
        (
            "frontend bitbucket_frontend_http runs in tcp mode (neither it nor its defaults says"
            " otherwise) and routes to backend bitbucket_backend_http in http mode",
        ),
    )


def test_the_workaround_ends_it() -> None:
    text = FORUM.replace(
        "    bind                        *:REDACTED ssl", "    mode http\n bind * ssl"
    )

    assert asked(text, "route tcp to http") == (
        Truth.FAILS,
        [],
        ("the configuration has no proxy in tcp mode that routes to one in http mode",),
    )


@pytest.mark.parametrize(
    ("condition", "verdict", "citations", "reasons"),
    [
        (
            "keyword stick-table",
            Truth.HOLDS,
            [18],
            "backend bitbucket_backend_http has `stick-table`",
        ),
        ("keyword option redispatch", Truth.HOLDS, [7], "defaults has `option redispatch`"),
        (
            "argument bind ssl",
            Truth.HOLDS,
            [12],
            "frontend bitbucket_frontend_http has a `bind` line with `ssl`",
        ),
        ("keyword lua-load", Truth.FAILS, [], "the configuration has no `lua-load`"),
        ("section cache", Truth.FAILS, [], "the configuration has no cache section"),
        ("mode log", Truth.FAILS, [], "the configuration has no proxy in log mode"),
        # where the certificate is hidden, more words may be
        (
            "argument bind alpn",
            Truth.UNKNOWN,
            [12],
            "frontend bitbucket_frontend_http may have a `bind` line with `alpn`:"
            " words of line 12 are not known",
        ),
        # but no address
        (
            "argument bind quic4@",
            Truth.FAILS,
            [],
            "the configuration has no `bind` line with `quic4@`",
        ),
        (
            "argument log sample",
            Truth.UNKNOWN,
            [4],
            "global may have a `log` line with `sample`: words of line 4 are not known",
        ),
    ],
)
def test_what_the_forum_shows(
    condition: str, verdict: Truth, citations: list[int], reasons: str
) -> None:
    assert asked(FORUM, condition) == (verdict, citations, (reasons,))


def test_nothing_is_known_without_a_configuration() -> None:
    assert relevance_of(advisory("mode http"), None) == Relevance(Truth.UNKNOWN)


def test_nothing_is_known_of_a_bug_without_conditions() -> None:
    assert relevance_of(advisory(), read(FORUM)) == Relevance(Truth.UNKNOWN)


def test_nothing_is_known_of_a_condition_that_is_not_of_the_language() -> None:
    assert relevance_of(advisory("weather fine"), read(FORUM)) == Relevance(Truth.UNKNOWN)


def test_every_line_of_the_conditions_must_hold() -> None:
    text = whole("http-request cache-use tea", "cache tea")

    assert asked(text, "mode http", "section cache", "keyword http-request cache-use") == (
        Truth.HOLDS,
        [4, 3, 7, 9, 8],
        (
            "frontend www runs in http mode (its defaults say so)",
            "backend app runs in http mode (its defaults say so)",
            "there is a section cache tea",
            "backend app has `http-request cache-use`",
        ),
    )
    assert asked(text, "mode http", "section cache", "keyword lua-load", "mode tcp") == (
        Truth.FAILS,
        [],
        ("the configuration has no `lua-load`",),
    )


def test_one_line_that_is_not_known_leaves_all_unknown() -> None:
    text = whole("http-request REDACTED")

    assert asked(text, "mode http", "keyword http-request use-service") == (
        Truth.UNKNOWN,
        [8],
        ("backend app may have `http-request use-service`: words of line 8 are not known",),
    )


def test_one_of_the_alternatives_will_do() -> None:
    condition = "section peers or keyword stick-table or keyword lua-load"

    assert asked(whole("stick-table type ip"), condition)[:2] == (Truth.HOLDS, [8])
    assert asked(whole(), condition) == (
        Truth.FAILS,
        [],
        ("the configuration has no peers section, no `stick-table`, no `lua-load`",),
    )


def test_alternatives_that_may_hold_are_told_and_the_others_not() -> None:
    assert asked(whole("server s a:80 REDACTED"), "keyword lua-load or argument server ssl") == (
        Truth.UNKNOWN,
        [8],
        ("backend app may have a `server` line with `ssl`: words of line 8 are not known",),
    )


def test_of_many_places_a_few_are_told() -> None:
    text = whole("log a", "log b", *(f"backend b{number}\nlog a" for number in range(9)))

    assert asked(text, "keyword log") == (
        Truth.HOLDS,
        [8, 11, 13],
        ("backend app has `log`", "backend b0 has `log`", "backend b1 has `log` (and more)"),
    )


@pytest.mark.parametrize(
    ("line", "condition", "verdict"),
    [
        # the words at the line's beginning, whole
        ("option httplog", "keyword option", Truth.HOLDS),
        ("option httplog", "keyword option http", Truth.FAILS),
        ("option", "keyword option httplog", Truth.FAILS),
        ("http-request set-var(txn.a) src", "keyword http-request set-var", Truth.HOLDS),
        ("balance random(2)", "keyword balance random", Truth.HOLDS),
        # a comment says nothing
        ("retries 3 # option httplog", "keyword option httplog", Truth.FAILS),
        # taken back, in either way; said again
        ("no option httplog", "keyword option httplog", Truth.FAILS),
        ("option httplog\nno option httplog", "keyword option httplog", Truth.FAILS),
        ("option httplog\ndefault option httplog", "keyword option httplog", Truth.FAILS),
        ("no option httplog\noption httplog", "keyword option httplog", Truth.HOLDS),
        ("log a\nno log", "keyword log", Truth.FAILS),
        # perhaps
        (
            "option httplog\n.if true\nno option httplog\n.endif",
            "keyword option httplog",
            Truth.UNKNOWN,
        ),
        (".if true\noption httplog\n.endif", "keyword option httplog", Truth.UNKNOWN),
        ('option "${LOG}"', "keyword option httplog", Truth.UNKNOWN),
        ('option "http${LOG}"', "keyword option httplog", Truth.UNKNOWN),
        ('option "tcp${LOG}"', "keyword option httplog", Truth.FAILS),
        ("tcp-request ...", "keyword tcp-request content", Truth.UNKNOWN),
        ("tcp-request content ...", "keyword tcp-request content capture", Truth.UNKNOWN),
        ("tcp-request 'content", "keyword tcp-request content", Truth.UNKNOWN),
        # other spellings
        ("redispatch", "keyword option redispatch", Truth.HOLDS),
        ("peers mine\ntable tea type ip", "keyword stick-table", Truth.HOLDS),
        ("table tea type ip", "keyword stick-table", Truth.FAILS),
        # in a proxy that is disabled, a line does nothing
        ("disabled\nlog a", "keyword log", Truth.FAILS),
        # further on in the line; names and addresses are no arguments
        ("server s a:80 ssl", "argument server ssl", Truth.HOLDS),
        ("server ssl a:80", "argument server ssl", Truth.FAILS),
        ("server s ssl(8)", "argument server ssl", Truth.FAILS),
        ("server s a:80 check # ssl", "argument server ssl", Truth.FAILS),
        ('server s "${IP}:80" check', "argument server ssl", Truth.FAILS),
        ('server s a:80 "${TLS}" check', "argument server ssl", Truth.UNKNOWN),
        ('server s a:80 "s${TLS}" check', "argument server ssl", Truth.UNKNOWN),
        ('server s a:80 "x${TLS}" check', "argument server ssl", Truth.FAILS),
        ("server REDACTED ssl", "argument server ssl", Truth.HOLDS),
        ("server REDACTED check", "argument server ssl", Truth.UNKNOWN),
        (
            'server s a:80 set-proxy-v2-tlv-fmt(0x20) "%[src]" ssl',
            "argument server ssl",
            Truth.HOLDS,
        ),
        ("server s a:80 <tls>", "argument server ssl", Truth.UNKNOWN),
        (".if true\nserver s a:80 ssl\n.endif", "argument server ssl", Truth.UNKNOWN),
        # an address, alone or in a list
        ("bind quic4@:443 ssl", "argument bind quic4@", Truth.HOLDS),
        ("bind :80,quic4@:443", "argument bind quic4@", Truth.HOLDS),
        ("bind :80 ssl crt quic4@", "argument bind quic4@", Truth.FAILS),
        ('bind "${IP}:443" ssl', "argument bind quic4@", Truth.UNKNOWN),
        ('bind "quic4@10.0.0.1:${PORT}" ssl', "argument bind quic4@", Truth.HOLDS),
        ('http-request "set-var(txn.${X})" src', "keyword http-request set-var", Truth.HOLDS),
        ('bind "quic${IP}:443" ssl', "argument bind quic4@", Truth.UNKNOWN),
        ('bind ":80,${IP}:443" ssl', "argument bind quic4@", Truth.UNKNOWN),
        ("bind *:REDACTED ssl crt REDACTED", "argument bind quic4@", Truth.FAILS),
        ("resolvers r\nnameserver a tcp@10.0.0.1:53", "argument nameserver tcp@", Truth.HOLDS),
        ("log tcp@10.0.0.1:514 local0", "argument log tcp@", Truth.HOLDS),
        # sections
        ("peers mine", "section peers", Truth.HOLDS),
        (".if true\npeers mine\n.endif", "section peers", Truth.UNKNOWN),
        ("peers are people too", "section peers", Truth.UNKNOWN),
    ],
)
def test_what_a_line_says_of_a_condition(line: str, condition: str, verdict: Truth) -> None:
    assert asked(whole(line), condition, release="2.2.4")[0] is verdict


@pytest.mark.parametrize(
    ("www", "app", "verdict"),
    [
        # inherited by one at least
        ("", "no option httplog", Truth.HOLDS),
        ("no option httplog", "no option httplog", Truth.FAILS),
        # of another option
        ("no option tcplog", "no option tcplog", Truth.HOLDS),
        # perhaps
        ("no option httplog", ".if true\nno option httplog\n.endif", Truth.HOLDS),
    ],
)
def test_what_defaults_say_counts_unless_all_take_it_back(
    www: str, app: str, verdict: Truth
) -> None:
    text = f"global\ndefaults\noption httplog\nfrontend www\n{www}\nbackend app\n{app}\n"

    assert asked(text, "keyword option httplog")[0] is verdict


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            whole().removeprefix("global\n"),
            "that is not all of the configuration: no global section is shown",
        ),
        (whole("..."), "line 8 of haproxy.cfg was not understood: it hides what it says"),
        (whole("log 'a"), "line 8 of haproxy.cfg was not understood: a quote is left open"),
    ],
)
@pytest.mark.parametrize(
    ("condition", "noun"),
    [
        ("section cache", "cache section"),
        ("keyword lua-load", "`lua-load`"),
        ("argument bind ssl", "`bind` line with `ssl`"),
        ("mode tcp", "proxy in tcp mode"),
        ("route tcp to http", "proxy in tcp mode that routes to one in http mode"),
    ],
)
def test_what_is_not_seen_is_not_absent_where_something_was_not_seen(
    text: str, reason: str, condition: str, noun: str
) -> None:
    verdict, _, reasons = asked(text, condition)

    assert (verdict, reasons) == (Truth.UNKNOWN, (f"no {noun} is shown, but {reason}",))


@pytest.mark.parametrize(
    ("condition", "text", "release", "reason"),
    [
        (
            "keyword master-worker",
            whole(),
            "2.2.4",
            "the command line can ask for it too (-W, -Ws)",
        ),
        ("section resolvers", whole(), "2.6.0", "2.6 and later make one of their own accord"),
        ("section resolvers", whole(), "", "2.6 and later make one of their own accord"),
        ("section resolvers", whole(), "2.4.9", ""),
        (
            "keyword nbthread",
            whole(),
            "2.2.4",
            "2.0 and later start several threads of their own accord",
        ),
        ("keyword nbthread", whole(), "1.8.31", ""),
        ("keyword option http-use-htx", whole(), "1.9.1", ""),
        (
            "keyword option http-use-htx",
            whole(),
            "2.0.0",
            "2.0 and later do so of their own accord",
        ),
        (
            "argument bind alpn or argument bind npn",
            whole(),
            "2.2.4",
            "from 2.0 on HTTP/2 needs no such line: a connection may begin with its preface",
        ),
        ("argument bind alpn", whole(), "1.8.31", ""),
        ("argument bind alpn", whole().replace("mode http", "mode tcp"), "2.2.4", ""),
        # servers that the Runtime API adds
        (
            "argument server namespace",
            whole("global\nstats socket /run/a level admin"),
            "2.4.0",
            "servers can be added over the stats socket",
        ),
        (
            "argument server namespace",
            whole("global\nstats socket REDACTED"),
            "",
            "servers can be added over the stats socket",
        ),
        (
            "argument server namespace",
            whole("global\nstats socket /run/a level admin"),
            "2.2.4",
            "",
        ),
        ("argument server namespace", whole("global\nstats socket /run/a", "stats enable"), "", ""),
        ("argument bind namespace", whole("global\nstats socket /run/a level admin"), "", ""),
    ],
)
def test_what_haproxy_has_without_a_line(
    condition: str, text: str, release: str, reason: str
) -> None:
    verdict, _, reasons = asked(text, condition, release=release)

    assert verdict is (Truth.UNKNOWN if reason else Truth.FAILS)
    assert reasons[0].endswith(reason)


@pytest.mark.parametrize(
    ("text", "mode", "verdict", "reasons"),
    [
        (
            "frontend f\nmode http\n",
            "http",
            Truth.HOLDS,
            ("frontend f runs in http mode (it says so)",),
        ),
        (
            "frontend f\n",
            "tcp",
            Truth.HOLDS,
            ("frontend f runs in tcp mode (nothing says otherwise)",),
        ),
        # haterm answers http requests
        (
            "frontend f\nmode haterm\n",
            "http",
            Truth.HOLDS,
            ("frontend f runs in http mode (it says so)",),
        ),
        # a backend that nothing routes to
        (
            "frontend f\nbackend b\nmode http\n",
            "http",
            Truth.UNKNOWN,
            ("backend b may run in http mode (it says so): nothing is seen to route to it",),
        ),
        # a proxy that is off, may be off, may be there
        (
            "frontend f\nlisten l\nmode http\ndisabled\n",
            "http",
            Truth.FAILS,
            ("the configuration has no proxy in http mode",),
        ),
        (
            "listen l\nmode http\n.if true\ndisabled\n.endif\n",
            "http",
            Truth.UNKNOWN,
            ("listen l may run in http mode (it says so): whether it is enabled is not known",),
        ),
        (
            ".if true\nlisten l\nmode http\n.endif\n",
            "http",
            Truth.UNKNOWN,
            ("listen l may run in http mode (it says so): line 3 stands in an .if block",),
        ),
        # a mode that is not known
        (
            'listen l\nmode "${MODE}"\n',
            "http",
            Truth.UNKNOWN,
            ("listen l may run in http mode (it says so): its mode is not known for sure",),
        ),
        (
            "listen l\n.if true\nmode http\n.endif\n",
            "http",
            Truth.UNKNOWN,
            ("listen l may run in http mode (it says so): its mode is not known for sure",),
        ),
    ],
)
def test_the_mode_that_a_proxy_runs_in(
    text: str, mode: str, verdict: Truth, reasons: tuple[str, ...]
) -> None:
    found = asked("global\n" + text, f"mode {mode}")

    assert (found[0], found[2]) == (verdict, reasons)


TCP_TO_HTTP = (
    "frontend f runs in tcp mode (nothing says otherwise) and routes to backend b in http mode"
)


@pytest.mark.parametrize(
    ("text", "verdict", "citations", "reasons"),
    [
        # by either keyword, whatever the rule's condition
        (
            "frontend f\nuse_backend b if x\nbackend b\nmode http\n",
            Truth.HOLDS,
            [2, 3, 4, 5],
            TCP_TO_HTTP,
        ),
        # by what defaults say
        (
            "defaults\ndefault_backend b\nfrontend f\nbackend b\nmode http\n",
            Truth.HOLDS,
            [4, 3, 5, 6],
            "frontend f runs in tcp mode (neither it nor its defaults says otherwise)"
            " and routes to backend b in http mode",
        ),
        # from and to a listen section; to itself is no route
        (
            "listen l\nmode tcp\nuse_backend m\nlisten m\nmode http\n",
            Truth.HOLDS,
            [2, 3, 4, 5, 6],
            "listen l runs in tcp mode (it says so) and routes to listen m in http mode",
        ),
        ("listen l\nuse_backend %[src]\n", Truth.FAILS, [], ""),
        ('listen l\nmode "$M"\nuse_backend %[src]\n', Truth.FAILS, [], ""),
        (
            "listen l\nuse_backend %[src]\nbackend b\nmode http\n",
            Truth.HOLDS,
            [2, 3, 4, 5],
            TCP_TO_HTTP.replace("frontend f", "listen l"),
        ),
        # from http, to tcp, from and to what is disabled
        ("frontend f\nmode http\nuse_backend b\nbackend b\nmode http\n", Truth.FAILS, [], ""),
        ("frontend f\nuse_backend b\nbackend b\n", Truth.FAILS, [], ""),
        ("frontend f\ndisabled\nuse_backend b\nbackend b\nmode http\n", Truth.FAILS, [], ""),
        ("frontend f\nuse_backend b\nbackend b\nmode http\ndisabled\n", Truth.FAILS, [], ""),
        # a name made from the request may be any: where all are http, each is
        (
            "frontend f\nuse_backend %[src]\nbackend b\nmode http\n",
            Truth.HOLDS,
            [2, 3, 4, 5],
            TCP_TO_HTTP,
        ),
        (
            "frontend f\nuse_backend %[src]\nbackend b\nmode http\nbackend c\n",
            Truth.UNKNOWN,
            [2, 3, 4, 5],
            "frontend f may run in tcp mode (nothing says otherwise) and may route to backend b in"
            " http mode: that backend c is the one, and in http mode, is not known",
        ),
        ("frontend f\nuse_backend %[src]\nbackend b\nbackend c\n", Truth.FAILS, [], ""),
        # so may a name that was hidden
        (
            "frontend f\nuse_backend REDACTED\nbackend REDACTED\nmode http\n",
            Truth.HOLDS,
            [2, 3, 4, 5],
            TCP_TO_HTTP.replace("backend b", "backend REDACTED"),
        ),
        (
            "frontend f\nuse_backend b\nbackend REDACTED\nmode http\n",
            Truth.HOLDS,
            [2, 3, 4, 5],
            TCP_TO_HTTP.replace("backend b", "backend REDACTED"),
        ),
        # .if blocks around the mode, the route, the default route and the backend
        (
            "frontend f\n.if true\nmode http\n.endif\nuse_backend b\nbackend b\nmode http\n",
            Truth.UNKNOWN,
            [2, 6, 7, 8],
            "frontend f may run in tcp mode (nothing says otherwise) and may route to backend b in"
            " http mode: its mode is not known for sure",
        ),
        (
            "frontend f\n.if true\nuse_backend b\n.endif\nbackend b\nmode http\n",
            Truth.UNKNOWN,
            [2, 4, 6, 7],
            "frontend f may run in tcp mode (nothing says otherwise) and may route to backend b in"
            " http mode: line 4 stands in an .if block",
        ),
        (
            "frontend f\ndefault_backend b\n.if true\ndefault_backend c\n.endif\n"
            "backend b\nmode http\nbackend c\n",
            Truth.UNKNOWN,
            [2, 3, 7, 8],
            "frontend f may run in tcp mode (nothing says otherwise) and may route to backend b in"
            " http mode: an .if block decides where it routes to",
        ),
        (
            "frontend f\nuse_backend b\n.if true\nbackend b\nmode http\n.else\nbackend b\n.endif\n",
            Truth.UNKNOWN,
            [2, 3, 5, 6],
            "frontend f may run in tcp mode (nothing says otherwise) and may route to backend b in"
            " http mode: that backend b is the one, and in http mode, is not known",
        ),
    ],
)
def test_a_route_from_tcp_to_http(
    text: str, verdict: Truth, citations: list[int], reasons: str
) -> None:
    reasons = (
        reasons or "the configuration has no proxy in tcp mode that routes to one in http mode"
    )

    assert asked("global\n" + text, "route tcp to http") == (verdict, citations, (reasons,))


def test_an_unknown_backend_may_be_one_that_is_not_shown() -> None:
    text = "frontend f\nuse_backend %[src]\nbackend b\nmode http\n"

    assert asked(text, "route tcp to http")[0] is Truth.UNKNOWN


def test_names_reach_the_reader_without_control_characters() -> None:
    _, _, reasons = asked(whole('backend "\\x1b[31mtea"', "log a"), "keyword log")

    assert reasons == ("backend ?[31mtea has `log`",)


@pytest.mark.parametrize("text", [FORUM, whole(), "", "global\n.if x\n"])
def test_a_judge_answers_every_advisory_as_if_it_were_the_only_one(text: str) -> None:
    config = read(text)
    judge = Judge(config)

    for bug, reviewed in read_advisories(DATA).items():
        assert judge.relevance_of(reviewed) == relevance_of(reviewed, config), bug


PIECES = (
    *("global\n", "defaults\n", "frontend f\n", "backend b\n", "listen l\n", "backend REDACTED\n"),
    *("mode http\n", "mode tcp\n", 'mode "$M"\n', "disabled\n", "default_backend b\n"),
    *("use_backend l\n", "use_backend %[src]\n", "bind :80 ssl\n", "bind REDACTED\n"),
    *("option httplog\n", "no option httplog\n", ".if x\n", ".else\n", ".endif\n", "'\n", "...\n"),
)
CONDITIONS = (
    *("section cache", "section defaults", "mode http", "mode tcp", "route tcp to http"),
    *("keyword option httplog", "argument bind ssl", "argument bind quic4@ or keyword lua-load"),
)


def texts() -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(PIECES), max_size=20).map("".join)


@given(texts(), st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3))
def test_what_is_said_has_its_reason(text: str, conditions: list[str]) -> None:
    found = relevance_of(advisory(*conditions), read(text))

    assert found.reasons
    assert all(found.reasons)
    assert found.citations or found.verdict is not Truth.HOLDS


@given(texts(), st.sampled_from(CONDITIONS))
def test_what_may_be_missing_is_never_absent(text: str, condition: str) -> None:
    # Without a global section the text is not the whole.
    text = text.replace("global\n", "")

    assert relevance_of(advisory(condition), read(text)).verdict is not Truth.FAILS


@given(texts(), st.sampled_from(CONDITIONS), st.integers(0, 20))
def test_a_line_that_is_taken_out_makes_nothing_absent(
    text: str, condition: str, number: int
) -> None:
    """What holds of a configuration is not denied of the same with "..." for one of its lines."""
    lines = text.splitlines()
    lines[number : number + 1] = ["..."]

    if relevance_of(advisory(condition), read(text)).verdict is not Truth.FAILS:
        cut = relevance_of(advisory(condition), read("\n".join(lines)))
        assert cut.verdict is not Truth.FAILS


@pytest.mark.parametrize(
    "text",
    [
        whole("option httplog\n" * 5_000, "no option httplog\n" * 5_000),
        "global\n" + "frontend f\nuse_backend %[src]\n" * 5_000,
        "global\n" + "".join(f"listen l{n}\nuse_backend %[src]\nmode http\n" for n in range(3_000)),
        "global\n" + "listen l\nuse_backend l\n" * 5_000,
        "global\n" + "frontend f\nuse_backend b\nbackend REDACTED\nmode http\n" * 2_500,
        "global\n" + "defaults\noption httplog\nlisten l\nno option httplog\n" * 2_500,
        "global\nlisten l\n" + "bind :80 REDACTED\n" * 10_000,
    ],
)
def test_a_large_configuration_is_judged_to_its_end(text: str) -> None:
    judge = Judge(read(text))
    answers = [judge.relevance_of(advisory(condition)) for condition in CONDITIONS]

    assert all(isinstance(answer.verdict, Truth) for answer in answers)
