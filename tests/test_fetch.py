from __future__ import annotations

import contextlib
import errno
import io
import itertools
import os
import re
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ClosedPoolError

from advisory.errors import FetchError
from advisory.facts import Validators
from advisory.fetch import DEFAULT_BASES, Fetcher, Page, first_page
from tests.misbehaving import ETAG, LAST_MODIFIED, PAGE, Server

KNOWN = Validators(ETAG, LAST_MODIFIED)
# What an exception of a library looks like, and must not be shown.
INTERNALS = re.compile(r"Pool|Max retries|Caused by|\wError\b|Errno|object at|[<>(){}\n]")


class Clock:
    """Time that passes only where someone sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Scripted(BaseAdapter):
    """What answers instead of the network: status, headers and body by address."""

    def __init__(self, answers: dict[str, tuple[int, dict[str, str], bytes] | Exception]) -> None:
        super().__init__()
        self.answers = answers
        self.closed = False

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        answer = self.answers[request.url or ""]
        if isinstance(answer, Exception):
            raise answer
        status, headers, body = answer
        raw = HTTPResponse(io.BytesIO(body), headers, status, preload_content=False)
        return HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if re.search(r"_proxy$|_CA_BUNDLE$", name, re.IGNORECASE):
            monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[Server]:
    with contextlib.closing(Server()) as server:
        yield server


@pytest.fixture
def fetcher(server: Server) -> Iterator[Fetcher]:
    """One that neither waits nor tries again."""
    with make_fetcher(server.base) as fetcher:
        yield fetcher


def make_fetcher(base: str, **options: Any) -> Fetcher:
    plain: dict[str, Any] = {"user_agent": "hapadvise/0", "rate": 0, "retries": 0, "backoff": 0}
    return Fetcher(base, **(plain | options))


def scripted(answers: dict[str, tuple[int, dict[str, str], bytes] | Exception]) -> requests.Session:
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, Scripted(answers))
    return session


def failure(fetch: Callable[[], object]) -> str:
    """What the error says, if its one line is in plain words."""
    with pytest.raises(FetchError) as caught:
        fetch()
    message = str(caught.value)
    assert not INTERNALS.search(message)
    assert re.fullmatch(r"cannot fetch \S+: [^;]+; (refused; )?[^;]+", message)
    return message


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


# What comes of a page


def test_a_page_is_its_address_its_text_and_its_validators(
    server: Server, fetcher: Fetcher
) -> None:
    assert fetcher.get("page") == Page(server.base + "page", PAGE, KNOWN)


def test_a_page_may_come_without_validators(server: Server, fetcher: Fetcher) -> None:
    assert fetcher.get("unnamed") == Page(server.base + "unnamed", PAGE, Validators())


@pytest.mark.parametrize("base", ["mirror", "mirror/", "a/b//"])
def test_a_path_is_relative_to_the_base(server: Server, base: str) -> None:
    with make_fetcher(server.base + base) as fetcher:
        page = fetcher.get("bugs/page")

    assert page == Page(f"{server.base}{base.rstrip('/')}/bugs/page", PAGE, KNOWN)


@pytest.mark.parametrize("path", ["//192.0.2.1/page", "http://192.0.2.1/page", r"\@192.0.2.1/page"])
def test_no_path_leads_to_another_host(server: Server, fetcher: Fetcher, path: str) -> None:
    page = fetcher.get(path)

    assert page is not None
    assert page.url.startswith(server.base)
    assert len(server.seen) == 1


@pytest.mark.parametrize("path", ["chunked", "gzip"])
def test_a_page_in_chunks_or_packed_is_the_same(fetcher: Fetcher, path: str) -> None:
    page = fetcher.get(path)

    assert page is not None
    assert page.text == PAGE


def test_the_server_is_told_who_asks_and_nothing_else(server: Server, fetcher: Fetcher) -> None:
    fetcher.get("page")

    assert dict(server.seen[0].headers) == {
        "Host": f"127.0.0.1:{server.port}",
        "User-Agent": "hapadvise/0",
        "Accept-Encoding": "gzip",
        "Accept": "*/*",
        "Connection": "keep-alive",
    }


def test_one_connection_serves_many_pages(server: Server, fetcher: Fetcher) -> None:
    for path in ("page", "chunked", "gzip", "page"):
        fetcher.get(path)
        fetcher.get("page", KNOWN)

    assert (server.connections, len(server.seen)) == (1, 8)


# Asking only for what is new


@pytest.mark.parametrize(
    "known", [KNOWN, Validators(etag=ETAG), Validators(last_modified=LAST_MODIFIED)]
)
def test_a_page_that_is_known_already_is_none(fetcher: Fetcher, known: Validators) -> None:
    assert fetcher.get("page", known) is None


def test_a_page_that_has_changed_is_fetched(server: Server, fetcher: Fetcher) -> None:
    page = fetcher.get("page", Validators('"older"', "Mon, 06 Jul 2020 14:00:00 GMT"))

    assert page == Page(server.base + "page", PAGE, KNOWN)


def test_not_modified_with_a_body_announced_is_none_too(server: Server, fetcher: Fetcher) -> None:
    assert fetcher.get("chunked-304", KNOWN) is None
    assert fetcher.get("page", KNOWN) is None
    assert server.connections == 2


def test_not_modified_without_being_asked_is_a_failure(fetcher: Fetcher) -> None:
    assert "the server answered 304 Not Modified;" in failure(
        lambda: fetcher.get("changed-nothing")
    )


# Statuses and retries


@pytest.mark.parametrize(
    ("status", "said", "remedy"),
    [
        (404, "404 Not Found", "check the address, and the proxy if there is one"),
        (403, "403 Forbidden", "check the address, and the proxy if there is one"),
        (206, "206 Partial Content", "check the address, and the proxy if there is one"),
        (302, "302 Found", "check the address, and the proxy if there is one"),  # no Location
        (503, "503 Service Unavailable", "try again later"),
    ],
)
def test_any_other_status_is_told_with_its_reason(
    server: Server, fetcher: Fetcher, status: int, said: str, remedy: str
) -> None:
    path = f"status?code={status}"

    assert failure(lambda: fetcher.get(path)) == (
        f"cannot fetch {server.base}{path}: the server answered {said}; {remedy}"
    )


def test_what_the_server_says_cannot_draw_on_the_terminal(fetcher: Fetcher) -> None:
    reason = quote("\x1b[2J" + "x" * 9000, safe="")
    with pytest.raises(FetchError) as caught:
        fetcher.get(f"status?code=500&reason={reason}")

    assert "answered 500 ?[2Jxxx" in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(server: Server, status: int) -> None:
    with make_fetcher(server.base, retries=3) as fetcher:
        page = fetcher.get(f"status?code={status}&times=3")

    assert page is not None
    assert page.text == PAGE
    assert (fetcher.requests, len(server.seen)) == (4, 4)


def test_what_does_not_pass_is_given_up(server: Server) -> None:
    with make_fetcher(server.base, retries=3) as fetcher:
        message = failure(lambda: fetcher.get("status?code=502"))

    assert "502 Bad Gateway; try again later" in message
    assert (fetcher.requests, len(server.seen)) == (4, 4)


def test_a_lasting_failure_is_not_tried_again(server: Server) -> None:
    with make_fetcher(server.base, retries=3) as fetcher:
        failure(lambda: fetcher.get("missing"))

    assert (fetcher.requests, len(server.seen)) == (1, 1)


@pytest.mark.parametrize("path", ["reset", "hangup"])
def test_a_lost_connection_is_tried_again(server: Server, path: str) -> None:
    with make_fetcher(server.base, retries=2) as fetcher:
        failure(lambda: fetcher.get(path))

    assert (fetcher.requests, len(server.seen)) == (3, 3)


def test_waits_before_retries_double(server: Server) -> None:
    clock = Clock()
    with make_fetcher(server.base, retries=4, backoff=1, sleep=clock.sleep, clock=clock) as fetcher:
        failure(lambda: fetcher.get("status?code=500"))

    assert clock.slept == [2, 4, 8]  # the first retry comes at once
    assert fetcher.requests == 5


@pytest.mark.parametrize(
    ("after", "slept"),
    [
        ("7", [7]),
        ("86400", [60]),  # no longer than retry_after_max
        ("Tue, 07 Jul 2099 14:00:00 GMT", [60]),
        ("Tue, 07 Jul 2020 14:00:00 GMT", []),  # over
        ("soon", []),
        ("9" * 5000, []),  # more digits than Python reads
        ("Tue, 07 Jul 99999999999 14:00:00 GMT", []),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_server_may_ask_for_some_patience(
    server: Server, status: int, after: str, slept: list[float]
) -> None:
    clock = Clock()
    with make_fetcher(server.base, retries=1, sleep=clock.sleep, clock=clock) as fetcher:
        page = fetcher.get(f"status?code={status}&times=1&after={quote(after)}")

    assert page is not None
    assert clock.slept == slept


def test_the_bound_on_patience_is_an_argument(server: Server) -> None:
    clock = Clock()
    with make_fetcher(
        server.base, retries=1, retry_after_max=5, sleep=clock.sleep, clock=clock
    ) as fetcher:
        fetcher.get("status?code=503&times=1&after=7")

    assert clock.slept == [5]


def test_an_error_whose_body_never_ends_is_tried_again(server: Server) -> None:
    with make_fetcher(server.base, retries=1) as fetcher:
        page = fetcher.get("status?code=503&times=1&endless=1")

    assert page is not None
    assert page.text == PAGE


# The rate


def test_requests_keep_to_the_rate(server: Server) -> None:
    clock = Clock()
    with make_fetcher(server.base, rate=2, sleep=clock.sleep, clock=clock) as fetcher:
        for _ in range(3):
            fetcher.get("page")

    assert clock.slept == [0.5, 0.5]


def test_time_that_has_passed_counts_towards_the_rate(server: Server) -> None:
    clock = Clock()
    with make_fetcher(server.base, rate=2, sleep=clock.sleep, clock=clock) as fetcher:
        fetcher.get("page")
        clock.now += 0.375
        fetcher.get("page")
        clock.now += 9
        fetcher.get("page")

    assert clock.slept == [0.125]


def test_redirects_and_retries_keep_to_the_rate_too(server: Server) -> None:
    clock = Clock()
    with make_fetcher(server.base, rate=2, retries=1, sleep=clock.sleep, clock=clock) as fetcher:
        fetcher.get("redirect?to=/page")
        failure(lambda: fetcher.get("status?code=503"))

    assert clock.slept == [0.5, 0.5, 0.5]
    assert fetcher.requests == 4


# Redirects


@pytest.mark.parametrize("to", ["page", "/page", "{base}page"])
def test_a_redirect_within_the_host_is_followed(server: Server, fetcher: Fetcher, to: str) -> None:
    page = fetcher.get(f"redirect?to={to.format(base=server.base)}")

    assert page == Page(server.base + "page", PAGE, KNOWN)
    assert fetcher.requests == 2


def test_what_is_known_counts_after_a_redirect_too(fetcher: Fetcher) -> None:
    assert fetcher.get("redirect?to=/page", KNOWN) is None


@pytest.mark.parametrize(
    ("to", "where"),
    [
        ("http://192.0.2.1/", "192.0.2.1"),
        ("//192.0.2.1/page", "192.0.2.1"),
        ("http://127.0.0.1/page", "127.0.0.1"),  # the port that http stands for
        ("http://127.0.0.1:1/page", "127.0.0.1:1"),
        ("http://127.0.0.1@192.0.2.1/", "192.0.2.1"),
        ("https://192.0.2.1/", "192.0.2.1"),
        ("https://127.0.0.1:8443/", "127.0.0.1:8443"),
        # urllib.parse takes the host of this to be 127.0.0.1, urllib3 would go to the other
        (r"http://192.0.2.1\@127.0.0.1:{port}/", "192.0.2.1"),
        ("ftp://127.0.0.1/", "127.0.0.1"),
    ],
)
def test_a_redirect_to_another_host_is_refused(
    server: Server, fetcher: Fetcher, to: str, where: str
) -> None:
    to = quote(to.format(port=server.port))

    assert f": it redirects to another host, {where}; refused; " in failure(
        lambda: fetcher.get(f"redirect?to={to}")
    )
    assert fetcher.requests == 1


def test_a_redirect_to_no_address_is_refused(fetcher: Fetcher) -> None:
    assert "an address or a header is malformed" in failure(
        lambda: fetcher.get("redirect?to=http://[1/")
    )


def test_a_redirect_whose_body_never_ends_is_followed(server: Server, fetcher: Fetcher) -> None:
    page = fetcher.get("redirect?to=/page&endless=1")

    assert page == Page(server.base + "page", PAGE, KNOWN)


def test_a_redirect_that_leads_back_is_given_up(fetcher: Fetcher) -> None:
    assert "it was redirected more than 5 times" in failure(lambda: fetcher.get("loop"))
    assert fetcher.requests == 6


def test_a_redirect_cannot_bring_a_password(server: Server, fetcher: Fetcher) -> None:
    page = fetcher.get(f"redirect?to=http://me:secret@127.0.0.1:{server.port}/page")

    assert page == Page(server.base + "page", PAGE, KNOWN)
    assert "Authorization" not in server.seen[1].headers


def test_a_redirect_may_take_http_to_https() -> None:
    session = scripted(
        {
            "http://www.haproxy.org/bugs/": (301, {"Location": "https://www.haproxy.org/b/"}, b""),
            "https://www.haproxy.org/b/": (200, {}, b"found"),
        }
    )
    with make_fetcher("http://www.haproxy.org", session=session) as fetcher:
        page = fetcher.get("bugs/")

    assert page == Page("https://www.haproxy.org/b/", "found", Validators())


def test_a_redirect_may_not_take_https_to_another_port() -> None:
    location = "https://www.haproxy.org/"
    session = scripted({"https://www.haproxy.org:8443/": (301, {"Location": location}, b"")})
    with make_fetcher("https://www.haproxy.org:8443", session=session) as fetcher:
        message = failure(lambda: fetcher.get(""))

    assert "it redirects to another host, www.haproxy.org; refused" in message


@pytest.mark.parametrize("port", ["", ":8080"])
def test_a_redirect_may_not_take_https_to_http(port: str) -> None:
    location = f"http://www.haproxy.org{port}/"
    session = scripted({"https://www.haproxy.org/": (301, {"Location": location}, b"")})
    with make_fetcher("https://www.haproxy.org", session=session) as fetcher:
        message = failure(lambda: fetcher.get(""))

    assert f"it redirects to plain http, www.haproxy.org{port}; refused" in message


# Bodies


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("cut", "it was cut short"),
        ("chunked-cut", "it was cut short"),
        ("empty", "it is empty"),
        ("latin1", "it is not UTF-8 at byte 44"),
        ("gzip-cut", "its gzip does not end where the body ends"),
        ("gzip-more", "its gzip does not end where the body ends"),
        ("gzip-not", "its gzip is damaged"),
        ("two-lengths", "an address or a header is malformed"),
        ("nonsense", "the answer is not HTTP"),
        ("hangup", "the server hung up without an answer"),
        ("reset", "the connection failed, Connection reset by peer"),
    ],
)
def test_a_body_that_is_not_whole_or_no_text_is_a_failure(
    server: Server, fetcher: Fetcher, path: str, what: str
) -> None:
    message = failure(lambda: fetcher.get(path))

    assert message.startswith(f"cannot fetch {server.base}{path}: {what}; ")


def test_after_a_failure_the_next_page_is_whole(server: Server, fetcher: Fetcher) -> None:
    for path in ("cut", "chunked-cut", "reset", "gzip-cut"):
        failure(lambda path=path: fetcher.get(path))  # type: ignore[misc]

        assert fetcher.get("page") == Page(server.base + "page", PAGE, KNOWN)


@pytest.mark.parametrize("path", ["huge", "endless", "bomb"])
def test_a_body_that_is_too_large_is_refused(server: Server, path: str) -> None:
    with make_fetcher(server.base, largest=2**20) as fetcher:
        message = failure(lambda: fetcher.get(path))

    assert "it is larger than 1048576 bytes; refused; " in message


def test_a_body_that_would_unpack_to_much_is_not_unpacked(server: Server) -> None:
    with make_fetcher(server.base, largest=2**20) as fetcher:
        tracemalloc.start()
        try:
            failure(lambda: fetcher.get("bomb"))
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert most < 8 * 2**20 < 2**24


@pytest.mark.parametrize("path", ["unnamed", "chunked", "gzip"])
def test_the_largest_body_is_one_of_just_that_size(server: Server, path: str) -> None:
    size = len(PAGE.encode()) if path != "gzip" else 100
    with make_fetcher(server.base, largest=size) as fetcher:
        page = fetcher.get(path)

    assert page is not None
    assert page.text == PAGE
    with make_fetcher(server.base, largest=len(PAGE.encode()) - 1) as fetcher:
        assert "it is larger than 46 bytes" in failure(lambda: fetcher.get(path))


# Time


@pytest.mark.parametrize("path", ["drip", "gzip-drip"])
def test_a_body_that_drips_is_given_up(server: Server, path: str) -> None:
    seconds = itertools.count(1000.0)
    with make_fetcher(server.base, page_timeout=20, clock=lambda: next(seconds)) as fetcher:
        message = failure(lambda: fetcher.get(path))

    assert "it took more than 20 s; try again later" in message


@pytest.mark.parametrize("path", ["silent", "huge"])
def test_a_server_that_falls_silent_is_given_up(server: Server, path: str) -> None:
    with make_fetcher(server.base, read_timeout=0.05, largest=2**41) as fetcher:
        message = failure(lambda: fetcher.get(path))

    assert "nothing came within the read timeout; try again later" in message


# Connections


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (TimeoutError("timed out"), "no connection within the connect timeout"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "Network is unreachable"),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
    ],
)
@pytest.mark.parametrize("base", DEFAULT_BASES)
def test_a_connection_that_fails_is_told_in_plain_words(
    monkeypatch: pytest.MonkeyPatch, base: str, error: OSError, what: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("urllib3.util.connection.create_connection", refuse)
    with make_fetcher(base, retries=2) as fetcher:
        message = failure(lambda: fetcher.get("bugs/"))

    assert message.startswith(f"cannot fetch {base}bugs/: ")
    assert what in message
    assert fetcher.requests == 3


def test_a_refused_connection_is_told_in_plain_words() -> None:
    with make_fetcher(f"http://127.0.0.1:{closed_port()}/") as fetcher:
        message = failure(lambda: fetcher.get("bugs/"))

    assert "/bugs/: the connection failed, Connection refused; " in message


def test_an_earlier_failure_is_not_told_as_this_one(server: Server, fetcher: Fetcher) -> None:
    nowhere = make_fetcher(f"http://127.0.0.1:{closed_port()}/")
    try:
        nowhere.get("page")
    except FetchError:
        message = failure(lambda: fetcher.get("hangup"))

    assert "the server hung up without an answer" in message


@pytest.mark.parametrize(
    "base", ["www.haproxy.org", "ftp://www.haproxy.org", "file:///etc/passwd", "http://", ""]
)
def test_a_base_that_is_no_web_address_fails_in_plain_words(base: str) -> None:
    with make_fetcher(base) as fetcher:
        assert "an address or a header is malformed" in failure(lambda: fetcher.get("bugs/"))


def test_a_base_that_is_no_address_at_all_fails_at_once() -> None:
    assert "an address or a header is malformed" in failure(lambda: make_fetcher("http://[1/"))


def test_what_cannot_be_sent_is_a_failure(fetcher: Fetcher) -> None:
    assert "an address or a header is malformed" in failure(
        lambda: fetcher.get("page", Validators("€"))
    )


def test_a_password_in_the_base_is_neither_sent_nor_shown(server: Server) -> None:
    with make_fetcher(f"http://me:secret@127.0.0.1:{server.port}/") as fetcher:
        page = fetcher.get("page")

    assert page == Page(server.base + "page", PAGE, KNOWN)
    assert "Authorization" not in server.seen[0].headers


def test_a_failure_without_plain_words_is_told_by_its_kind() -> None:
    error = requests.ConnectionError(ClosedPoolError(None, "closed"))  # type: ignore[arg-type]
    with (
        make_fetcher("http://a", session=scripted({"http://a/": error})) as fetcher,
        pytest.raises(FetchError) as caught,
    ):
        fetcher.get("")

    assert ": it failed, ClosedPoolError; " in str(caught.value)


# TLS and proxies


def test_a_certificate_counts_if_the_environment_names_its_ca(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = tmp_path / "server.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    with contextlib.closing(Server(pem)) as server, make_fetcher(server.base) as fetcher:
        page = fetcher.get("page")

    assert page == Page(server.base + "page", PAGE, KNOWN)


def test_a_certificate_that_nobody_vouches_for_is_a_failure(tmp_path: Path) -> None:
    with (
        contextlib.closing(Server(tmp_path / "server.pem")) as server,
        make_fetcher(server.base) as fetcher,
    ):
        message = failure(lambda: fetcher.get("page"))

    assert "its certificate is not trusted, self-signed certificate; check the clock, " in message
    assert server.seen == []


def test_a_server_without_tls_is_a_failure(server: Server) -> None:
    with make_fetcher(server.base.replace("http:", "https:")) as fetcher:
        message = failure(lambda: fetcher.get("page"))

    assert "no TLS connection, " in message


def test_a_missing_ca_file_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with make_fetcher("https://127.0.0.1:1/") as fetcher:
        message = failure(lambda: fetcher.get("page"))

    assert "/nowhere/ca.pem" in message


def test_the_proxy_of_the_environment_is_asked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.base)
    with make_fetcher("http://www.haproxy.invalid/") as fetcher:
        page = fetcher.get("bugs/page")

    assert page == Page("http://www.haproxy.invalid/bugs/page", PAGE, KNOWN)
    assert [seen.path for seen in server.seen] == ["http://www.haproxy.invalid/bugs/page"]


def test_a_proxy_that_refuses_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", server.base)
    with make_fetcher("https://www.haproxy.invalid/") as fetcher:
        message = failure(lambda: fetcher.get("bugs/"))

    assert ": at the proxy, it failed, Tunnel connection failed: 403 No way out; " in message


def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    with make_fetcher("http://www.haproxy.invalid/") as fetcher:
        message = failure(lambda: fetcher.get("bugs/"))

    assert ": at the proxy, the connection failed, Connection refused; " in message


# Which address to use


def reach(*bases: str) -> tuple[Fetcher, Page, tuple[str, ...]]:
    return first_page("page", bases, user_agent="hapadvise/0", rate=0, retries=0)


def test_https_is_tried_before_http() -> None:
    assert [base.partition(":")[0] for base in DEFAULT_BASES] == ["https", "http"]


def test_the_page_comes_from_the_first_address_that_answers(server: Server) -> None:
    fetcher, page, reasons = reach(server.base + "first", server.base + "second")
    with fetcher:
        fetcher.get("chunked")

    assert page == Page(server.base + "first/page", PAGE, KNOWN)
    assert (fetcher.base, reasons) == (server.base + "first/", ())
    assert [seen.path for seen in server.seen] == ["/first/page", "/first/chunked"]


def test_an_address_that_does_not_answer_is_passed_over_with_the_reason(server: Server) -> None:
    nowhere = server.base.replace("http:", "https:")
    fetcher, page, reasons = reach(nowhere, server.base)
    fetcher.close()

    assert page == Page(server.base + "page", PAGE, KNOWN)
    assert fetcher.base == server.base
    assert len(reasons) == 1
    assert reasons[0].startswith(f"cannot fetch {nowhere}page: no TLS connection, ")


@pytest.mark.parametrize("answer", ["missing", "endless", "empty", "loop", "cut", "latin1"])
def test_no_other_address_is_tried_where_one_answers(server: Server, answer: str) -> None:
    bases = (server.base + "first", server.base + "second")
    with pytest.raises(FetchError) as caught:
        first_page(answer, bases, user_agent="hapadvise/0", rate=0, retries=0, largest=2**20)

    assert " | " not in str(caught.value)
    assert "/second/" not in {seen.path.removesuffix(answer) for seen in server.seen}


def test_where_no_address_answers_each_reason_is_told(server: Server) -> None:
    bases = (f"http://127.0.0.1:{closed_port()}/", server.base.replace("http:", "https:"))
    with pytest.raises(FetchError) as caught:
        reach(*bases)

    first, second = str(caught.value).split(" | ")
    assert first.startswith(f"cannot fetch {bases[0]}page: the connection failed, Connection ref")
    assert second.startswith(f"cannot fetch {bases[1]}page: no TLS connection, ")


def test_an_address_that_does_not_answer_is_let_go() -> None:
    session = scripted({"http://a/page": requests.ConnectionError("no")})
    with pytest.raises(FetchError):
        first_page("page", ["http://a/"], user_agent="hapadvise/0", session=session)

    adapter = session.get_adapter("http://a/")
    assert isinstance(adapter, Scripted)
    assert adapter.closed


def test_without_an_address_there_is_nothing_to_use() -> None:
    with pytest.raises(FetchError, match="there is no address to fetch from; name one"):
        reach()


def test_the_time_of_the_last_answer_is_the_servers() -> None:
    date = "Tue, 07 Jul 2020 14:00:00 GMT"
    answers = {"http://a/one": (200, {"Date": date}, b"one"), "http://a/two": (200, {}, b"two")}
    with make_fetcher("http://a", session=scripted(dict(answers))) as fetcher:
        told = [fetcher.served_at]
        for path in ("one", "two"):
            fetcher.get(path)
            told.append(fetcher.served_at)

    assert told == ["", date, ""]
