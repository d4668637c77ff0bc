"""Fetching pages: the only module that opens a socket.

requests and urllib3 do the work. Added is what a job that nobody watches needs: limits on time and
size, no way to another host, and every failure told in one line of plain words.
"""

from __future__ import annotations

import contextlib
import http.client
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Self
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ProxyError, ReadTimeoutError
from urllib3.util import Retry, parse_url

from advisory.errors import FetchError
from advisory.facts import Validators

DEFAULT_BASES = ("https://www.haproxy.org/", "http://www.haproxy.org/")
MOST_REDIRECTS = 5
RETRIED = frozenset({429, 500, 502, 503, 504})

_LATER = "try again later"
_ADDRESS = "check the address, and the proxy if there is one"
_NETWORK = f"check the network, DNS, and the proxy if there is one, or {_LATER}"
_LOOK = "look at what the server sends"
_CLOCK = "check the clock, or name the CA's file in REQUESTS_CA_BUNDLE"
# What a failure is told as: the first row whose class, with that attribute, is among its causes.
_PLAIN_WORDS: tuple[tuple[type[BaseException], str, str, str], ...] = (
    (ssl.SSLCertVerificationError, "verify_message", "its certificate is not trusted, {}", _CLOCK),
    (ssl.SSLError, "reason", "no TLS connection, {}", _ADDRESS),
    (http.client.RemoteDisconnected, "args", "the server hung up without an answer", _LATER),
    (http.client.IncompleteRead, "args", "it was cut short", _LATER),
    (http.client.HTTPException, "args", "the answer is not HTTP", _ADDRESS),
    (ReadTimeoutError, "args", "nothing came within the read timeout", _LATER),
    (OSError, "strerror", "the connection failed, {}", _NETWORK),
    (ConnectTimeoutError, "args", "no connection within the connect timeout", _NETWORK),
    (zlib.error, "args", "its gzip is damaged", _LATER),
    (UnicodeDecodeError, "start", "it is not UTF-8 at byte {}", _LOOK),
    (ValueError, "args", "an address or a header is malformed", _ADDRESS),
)


class Page(NamedTuple):
    """A page: where it came from after redirects, its text, and what to send the next time."""

    url: str
    text: str
    validators: Validators


NOTHING_KNOWN = Validators()


class Fetcher:
    """Gets pages below one address, one at a time, by way of the environment's proxies and CAs.

    Args:
        base: where the site begins, perhaps with a path; a password belongs in ~/.netrc.
        user_agent: what the server gets to know of us.
        rate: requests per second, redirects and retries included; 0 for no limit.
        connect_timeout, read_timeout: seconds to connect, and in which something has to come.
        page_timeout: seconds for a whole body, give or take one ``read_timeout``.
        largest: bytes of a body, as sent and as unpacked.
        retries: how often to try again after a lost connection or a status in RETRIED.
        backoff, retry_after_max: seconds that a wait before a retry begins from and doubles, and
            that neither this nor a Retry-After makes it exceed.
        session: one to use as it is, its adapters and their retries too; closed with the Fetcher.
        sleep, clock: wait some seconds; tell the seconds.

    Raises:
        FetchError: the base cannot be read as an address.
    """

    def __init__(
        self,
        base: str,
        *,
        user_agent: str,
        rate: float = 2.0,
        connect_timeout: float = 10,
        read_timeout: float = 30,
        page_timeout: float = 120,
        largest: int = 16 * 2**20,
        retries: int = 3,
        backoff: float = 1.0,
        retry_after_max: float = 60,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        with _in_plain_words(base):
            self.base = parse_url(base.rstrip("/") + "/")._replace(auth=None).url
        self.requests = 0  # sent so far, redirects and retries included
        self.has_answered = False
        self.served_at = ""  # the Date of the last answer, if it had one
        self._user_agent, self._timeouts = user_agent, (connect_timeout, read_timeout)
        self._page_timeout, self._largest = page_timeout, largest
        self._longest_wait, self._interval = retry_after_max, 1 / rate if rate else 0.0
        self._sleep, self._clock, self._next_turn = sleep, clock, clock()
        self._session = session or requests.Session()
        if session is None:
            adapter = HTTPAdapter(max_retries=_patience(self._pause, retries, backoff))
            self._session.mount("http://", adapter)
            self._session.mount("https://", adapter)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def get(self, path: str, known: Validators = NOTHING_KNOWN) -> Page | None:
        """Fetch a page, unless it is the one that is known already (RFC 9110, 13.1).

        Args:
            path: where it is, relative to the base: ``bugs/bugs-2.2.html``.
            known: what came with the page the last time.

        Returns:
            The page; None if the server says that it has not changed since.

        Raises:
            FetchError: there is no page to be had, or not from where it should come.
        """
        url = self.base + path
        for _ in range(MOST_REDIRECTS + 1):
            with _in_plain_words(url), contextlib.closing(self._send(url, known)) as response:
                if response.status_code == 304 and known != NOTHING_KNOWN:
                    if not response.raw.chunked:  # no body, then: the connection can be kept
                        response.raw.drain_conn()
                    return None
                if not response.is_redirect:
                    return self._page(url, response)
                url = _redirected(url, response.headers["Location"])
        raise _failure(url, f"it was redirected more than {MOST_REDIRECTS} times", _LOOK)

    def _send(self, url: str, known: Validators = NOTHING_KNOWN) -> requests.Response:
        conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        headers = {name: value for name, value in conditions.items() if value}
        headers |= {"User-Agent": self._user_agent, "Accept-Encoding": "gzip"}
        request = self._session.prepare_request(requests.Request("GET", url, headers=headers))
        settings: Any = self._session.merge_environment_settings(url, {}, True, None, None)
        self._pause(0)
        # Not Session.send(): it reads all of a redirect's body, which may never end.
        response = self._session.get_adapter(url).send(request, timeout=self._timeouts, **settings)
        self.has_answered, self.served_at = True, response.headers.get("Date", "")
        return response

    def _pause(self, wait: float) -> None:
        """Wait that long, and then for the next turn that the rate permits."""
        now = self._clock()
        turn = max(now + min(wait, self._longest_wait), self._next_turn)
        if turn > now:
            self._sleep(turn - now)
        self._next_turn = turn + self._interval
        self.requests += 1

    def _page(self, url: str, response: requests.Response) -> Page:
        status, headers = response.status_code, response.headers
        if status != 200:
            remedy = _LATER if status in RETRIED else _ADDRESS
            raise _failure(url, f"the server answered {status} {response.reason}", remedy)
        gzipped = headers.get("Content-Encoding", "").lower() in {"gzip", "x-gzip"}
        known = Validators(headers.get("ETag", ""), headers.get("Last-Modified", ""))
        return Page(url, self._body(url, response.raw, gzipped).decode("utf-8"), known)

    def _body(self, url: str, raw: Any, gzipped: bool) -> bytes:
        """All of it, unpacked; not by urllib3, which heeds no deadline and no missing end."""
        too_large = _failure(url, f"it is larger than {self._largest} bytes; refused", _LOOK)
        body, part, deadline = bytearray(), b"-", self._clock() + self._page_timeout
        while part:
            if len(body) + (raw.length_remaining or 0) > self._largest:
                raise too_large
            if self._clock() > deadline:
                raise _failure(url, f"it took more than {self._page_timeout:g} s", _LATER)
            part = raw.read1(2**16, decode_content=False)
            body += part
        if gzipped:
            gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            body = bytearray(gzip.decompress(body, self._largest + 1))
            if len(body) > self._largest:
                raise too_large
            if not gzip.eof or gzip.unused_data:
                raise _failure(url, "its gzip does not end where the body ends", _LATER)
        if not body:
            raise _failure(url, "it is empty", _LATER)
        return bytes(body)


def first_page(
    path: str, bases: Iterable[str] = DEFAULT_BASES, **options: Any
) -> tuple[Fetcher, Page, tuple[str, ...]]:
    """A page from the first address where anything answers, were it an error.

    Args:
        path: where the page is, relative to the base.
        bases: the addresses, best first; where https fails, an http one after it is taken.
        options: those of Fetcher.

    Returns:
        The Fetcher, to be closed; the page; and why the addresses before could not be had.

    Raises:
        FetchError: no address answers, or the first that does has no page; it tells why, of each.
    """
    reasons: list[str] = []
    for base in bases:
        fetcher = Fetcher(base, **options)
        try:
            page = fetcher.get(path)
            assert page is not None  # nothing was said to be known
            return fetcher, page, tuple(reasons)
        except FetchError as error:
            fetcher.close()
            reasons.append(str(error))
            if fetcher.has_answered:
                break
    raise FetchError(" | ".join(reasons) or "there is no address to fetch from; name one")


def _patience(pause: Callable[[float], None], retries: int, backoff: float) -> Retry:
    """urllib3's Retry, but it leaves the waits to us and survives odd servers."""

    class Patience(Retry):
        def increment(self, *args: Any, **circumstances: Any) -> Self:
            if response := circumstances.get("response"):
                response.close()  # or urllib3 would read its body, which may never end
            return super().increment(*args, **circumstances)

        def sleep(self, response: Any = None) -> None:
            asked = None
            with contextlib.suppress(HTTPError, ValueError, OverflowError):  # no number, no date
                asked = response and self.get_retry_after(response)
            pause(asked or self.get_backoff_time())

    return Patience(
        retries, status_forcelist=RETRIED, backoff_factor=backoff, raise_on_status=False
    )


def _redirected(url: str, location: str) -> str:
    """Where a redirect leads, if it may; read by urllib3, as urllib.parse sees other hosts."""
    target = parse_url(urljoin(url, location))._replace(auth=None)
    old, new = (
        (there.scheme, there.host, there.port or {"http": 80, "https": 443}.get(there.scheme or ""))
        for there in (parse_url(url), target)
    )
    if new not in {old, ("https", old[1], 443 if old[0] == "http" else old[2])}:
        downgraded = (old[0], *new[:2]) == ("https", "http", old[1])
        elsewhere = "plain http" if downgraded else "another host"
        raise _failure(url, f"it redirects to {elsewhere}, {target.netloc}; refused", _ADDRESS)
    return target.url


@contextlib.contextmanager
def _in_plain_words(url: str) -> Iterator[None]:
    """Turn every failure of the libraries into a FetchError."""
    try:
        yield
    except (requests.RequestException, HTTPError, OSError, ValueError, zlib.error) as error:
        causes: list[BaseException] = [error]
        for cause in causes:  # what they wrap is added meanwhile; not what merely came before
            wrapped = (cause.__cause__, getattr(cause, "reason", None), *cause.args)
            inner = [each for each in wrapped if isinstance(each, BaseException)]
            causes += [each for each in inner if each not in causes]
        where = "at the proxy, " if any(isinstance(cause, ProxyError) for cause in causes) else ""
        for kind, attribute, words, remedy in _PLAIN_WORDS:
            for cause in causes:
                detail = getattr(cause, attribute, None)
                if isinstance(cause, kind) and detail is not None:
                    raise _failure(url, where + words.format(detail), remedy) from error
        known = str(causes[-1]) if type(causes[-1]) is OSError else type(causes[-1]).__name__
        raise _failure(url, f"{where}it failed, {known}", _ADDRESS) from error


def _failure(url: str, what: str, remedy: str) -> FetchError:
    """One line; of what the server chose, only what can be printed, and not too much of it."""
    line = f"cannot fetch {url[:200]}: {what[:200]}; {remedy}"
    return FetchError("".join(char if char.isprintable() else "?" for char in line))
