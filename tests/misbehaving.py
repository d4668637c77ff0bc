"""A web server on loopback that misbehaves on request: the path says how.

``/cut`` stops half-way, ``/status?code=503&times=2`` fails twice and then serves the page, and so
on: a method ``serve_...`` of ``Handler`` for each.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

PAGE = "<title>Known bugs</title> 3 rows, read by Zoë\n"
ETAG = '"4f2-5d1"'
LAST_MODIFIED = "Tue, 07 Jul 2020 14:00:00 GMT"
BOMB = gzip.compress(bytes(2**24))

# For 127.0.0.1 only, good from 2020 to 2120, its own CA; the key is no secret.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBoTCCAUegAwIBAgIBATAKBggqhkjOPQQDAjAeMRwwGgYDVQQDDBNsb29wYmFj
aywgZm9yIHRlc3RzMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAe
MRwwGgYDVQQDDBNsb29wYmFjaywgZm9yIHRlc3RzMFkwEwYHKoZIzj0CAQYIKoZI
zj0DAQcDQgAE+eow8FLX27hRggWV3MYsTJTekE0b+tvgyIQfZEmy03aX3+Aq9H9g
4iGoNdOuGjK5MwIreysgjly6xEoXf2XmXaN0MHIwDwYDVR0RBAgwBocEfwAAATAP
BgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIChDAdBgNVHQ4EFgQUyf9WFBEC
te/Y7wN9r+nYDVzV0gQwHwYDVR0jBBgwFoAUyf9WFBECte/Y7wN9r+nYDVzV0gQw
CgYIKoZIzj0EAwIDSAAwRQIhAO5pQmIvxcnFFOuF6lxDhVzYa7BkUA/sDIi9LaKk
ghCjAiAOiPdmz0ZgvInN0kK/Fi3NNiHFpIwYjz6UG1uqQyNSdg==
-----END CERTIFICATE-----
"""
_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtYhzDTTnCLLTH7Lf
q+mxZCQDFNIeFrI+z+avwKi8V/2hRANCAAT56jDwUtfbuFGCBZXcxixMlN6QTRv6
2+DIhB9kSbLTdpff4Cr0f2DiIag1064aMrkzAit7KyCOXLrEShd/ZeZd
-----END PRIVATE KEY-----
"""


class Seen(NamedTuple):
    """A request as it came in."""

    path: str
    headers: Message


class Server:
    """The server, running until closed.

    Args:
        pem: where to leave certificate and key, to serve TLS; plain HTTP without.
        handler: what answers.
    """

    def __init__(self, pem: Path | None = None, handler: type[Handler] | None = None) -> None:
        self.seen: list[Seen] = []
        self._httpd = _Httpd(("127.0.0.1", 0), handler or Handler)
        self._httpd.seen = self.seen
        if pem:
            pem.write_text(CERTIFICATE + _KEY, encoding="ascii")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
            self._httpd.socket = context.wrap_socket(self._httpd.socket, server_side=True)
        self.port = self._httpd.server_port
        self.base = f"{'https' if pem else 'http'}://127.0.0.1:{self.port}/"
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def connections(self) -> int:
        """How many there have been."""
        return len(self._httpd.clients)

    def close(self) -> None:
        """Stop, hang up on who is still there, and wait for every thread."""
        self._httpd.stopping.set()
        for client in self._httpd.clients:
            with contextlib.suppress(OSError):  # gone already
                client.shutdown(socket.SHUT_RDWR)
        self._httpd.shutdown()
        self._thread.join()
        self._httpd.server_close()


class _Httpd(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close() waits for them
    seen: list[Seen]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.stopping = threading.Event()
        self.clients: list[socket.socket] = []

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.clients.append(request)
        super().finish_request(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5
    disable_nagle_algorithm = True  # or head and body of an answer come 40 ms apart
    server: _Httpd

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the client has had enough
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.seen.append(Seen(self.path, self.headers))
        self.serve(self.path)

    def serve(self, address: str) -> None:
        asked = urlsplit(address)  # of a proxy, the whole address is asked for
        self.options = {name: values[-1] for name, values in parse_qs(asked.query).items()}
        name = asked.path.strip("/").rpartition("/")[2] or "page"
        serve = getattr(self, f"serve_{name.replace('-', '_')}", self.serve_missing)
        serve()

    def do_CONNECT(self) -> None:
        self.answer(b"", 403, reason="No way out")

    def answer(
        self,
        body: bytes = PAGE.encode(),
        status: int = 200,
        headers: dict[str, str] | None = None,
        *,
        reason: str | None = None,
        length: int | None = -1,
    ) -> None:
        """Send that; ``length`` is announced instead of the body's, None for no announcement."""
        self.send_response(status, reason)
        if length is None:
            self.close_connection = True
            self.send_header("Connection", "close")
        elif status != 304:
            self.send_header("Content-Length", str(len(body) if length < 0 else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def chunks(self, *bodies: bytes) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for body in bodies:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(body), body))

    def forever(self, block: bytes, pause: float = 0) -> Iterator[bytes]:
        while not self.server.stopping.is_set():
            yield block
            time.sleep(pause)

    def send_forever(self) -> None:
        for block in self.forever(b"x" * 2**16):
            self.wfile.write(block)

    # What works

    def serve_page(self) -> None:
        known = (self.headers["If-None-Match"], self.headers["If-Modified-Since"])
        if ETAG in known or LAST_MODIFIED in known:
            self.answer(b"", 304)
        else:
            self.answer(headers={"ETag": ETAG, "Last-Modified": LAST_MODIFIED})

    def serve_unnamed(self) -> None:
        self.answer()

    def serve_chunked(self) -> None:
        self.chunks(PAGE.encode()[:7], PAGE.encode()[7:], b"")

    def serve_gzip(self) -> None:
        self.answer(gzip.compress(PAGE.encode()), headers={"Content-Encoding": "gzip"})

    # What does not

    def serve_missing(self) -> None:
        self.answer(b"nothing here", 404)

    def serve_status(self) -> None:
        times = int(self.options.get("times", "99"))
        if len(self.server.seen) > times:
            self.serve_page()
            return
        headers = {"Retry-After": self.options["after"]} if "after" in self.options else {}
        endless = "endless" in self.options
        self.answer(
            b"in trouble",
            int(self.options["code"]),
            headers,
            reason=self.options.get("reason"),
            length=None if endless else -1,
        )
        if endless:
            self.send_forever()

    def serve_changed_nothing(self) -> None:
        self.answer(b"", 304)

    def serve_chunked_304(self) -> None:
        self.answer(b"0\r\n\r\n", 304, {"Transfer-Encoding": "chunked"})

    def serve_cut(self) -> None:
        self.answer(PAGE.encode()[:20], length=len(PAGE.encode()))
        self.close_connection = True

    def serve_chunked_cut(self) -> None:
        self.chunks(PAGE.encode()[:7])
        self.close_connection = True

    def serve_empty(self) -> None:
        self.answer(b"")

    def serve_huge(self) -> None:
        self.answer(b"x", length=2**40)
        self.server.stopping.wait()

    def serve_endless(self) -> None:
        self.answer(b"", length=None)
        self.send_forever()

    def serve_drip(self) -> None:
        self.answer(b"", length=2**20)
        for byte in self.forever(b"x", pause=0.005):
            self.wfile.write(byte)

    def serve_gzip_drip(self) -> None:
        """Of gzip's header, a file name that does not end: nothing comes of it, ever."""
        self.answer(b"\x1f\x8b\x08\x08" + bytes(6), 200, {"Content-Encoding": "gzip"}, length=None)
        for byte in self.forever(b"n", pause=0.005):
            self.wfile.write(byte)

    def serve_silent(self) -> None:
        self.server.stopping.wait()

    def serve_reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def serve_hangup(self) -> None:
        self.close_connection = True

    def serve_nonsense(self) -> None:
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        self.close_connection = True

    def serve_two_lengths(self) -> None:
        self.answer(headers={"Content-Length": "7"})

    def serve_latin1(self) -> None:
        self.answer(PAGE.encode("latin-1"))

    def serve_redirect(self) -> None:
        endless = "endless" in self.options
        self.answer(b"", 302, {"Location": self.options["to"]}, length=None if endless else -1)
        if endless:
            self.send_forever()

    def serve_loop(self) -> None:
        self.answer(b"", 302, {"Location": "/loop"})

    def serve_bomb(self) -> None:
        self.answer(BOMB, headers={"Content-Encoding": "gzip"})

    def serve_gzip_cut(self) -> None:
        self.answer(gzip.compress(PAGE.encode())[:-9], headers={"Content-Encoding": "gzip"})

    def serve_gzip_more(self) -> None:
        body = gzip.compress(PAGE.encode()) * 2
        self.answer(body, headers={"Content-Encoding": "gzip"})

    def serve_gzip_not(self) -> None:
        self.answer(headers={"Content-Encoding": "gzip"})
