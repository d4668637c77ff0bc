"""A stats socket on a Unix path or on loopback that answers, or misbehaves, as it is told."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

INFO = """\
Name: HAProxy
Version: 2.6.12
Release_date: 2022/12/15
Nbthread: 2
Nbproc: 1
Process_num: 1
Pid: 4242
Uptime_sec: 60
CumReq: 7

"""
POOLS = (
    "Dumping pools usage. Use SIGQUIT to flush them.\n"
    + "".join(
        f"  - Pool {name} ({size} bytes) : 2 allocated ({2 * size} bytes), 2 used "
        f"(~1 by thread caches), needed_avg 1, 0 failures, 2 users, @0x55cea60a{size} [SHARED]\n"
        for name, size in (("h2s", 1840), ("pipe", 2160), ("stream", 8960), ("buffer", 16384))
    )
    + "Total: 4 pools, 58688 bytes allocated, 58688 used (~29344 by thread caches).\n\n"
)
UNKNOWN = "Unknown command, but maybe one of the following ones is a better match:\n  quit\n\n"

Behaviour = Callable[["RuntimeApi", socket.socket, str], None]


class RuntimeApi:
    """The socket, until closed.

    Args:
        behaviour: what becomes of each connection: called with this, the connection and the line
            that was sent; the connection is closed after it.
        family: of the socket.
        where: its path, or host and port; a free port of 127.0.0.1 if left out.
    """

    def __init__(
        self,
        behaviour: Behaviour,
        *,
        family: socket.AddressFamily = socket.AF_INET,
        where: Any = ("127.0.0.1", 0),
    ) -> None:
        self.behaviour = behaviour
        self.sent: list[str] = []  # the line of each connection
        self.stopping = threading.Event()
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.bind(where)
        self._listener.listen()
        self.port = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        """Stop, and wait for it."""
        self.stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # shut down
                return
            with connection, contextlib.suppress(ConnectionError):
                line = connection.makefile("rb").readline().decode()
                self.sent.append(line)
                self.behaviour(self, connection, line.rstrip("\n"))


def worker(api: RuntimeApi, connection: socket.socket, line: str) -> None:
    """Answer as the process that serves traffic does."""
    answers = {"show info": INFO, "show pools": POOLS}
    connection.sendall(answers.get(line, UNKNOWN).encode())


def master(api: RuntimeApi, connection: socket.socket, line: str) -> None:
    """Answer for the worker only if asked to, and close when the other side has."""
    prefix, _, command = line.partition(" ")
    if prefix == "@1":
        worker(api, connection, command)
    else:
        connection.sendall(UNKNOWN.encode())
    connection.recv(1)


def says(text: str | bytes) -> Behaviour:
    """Answer that to everything."""
    answer = text.encode() if isinstance(text, str) else text

    def behave(api: RuntimeApi, connection: socket.socket, line: str) -> None:
        connection.sendall(answer)

    return behave


def byte_by_byte(api: RuntimeApi, connection: socket.socket, line: str) -> None:
    """Answer rightly, in parts of one byte each."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in (INFO if line == "show info" else POOLS).encode():
        connection.sendall(bytes([byte]))


def drips(api: RuntimeApi, connection: socket.socket, line: str) -> None:
    """Send a little now and then, and never end."""
    while not api.stopping.wait(0.02):
        connection.sendall(b"Name: HAProxy\n")


def hangs(api: RuntimeApi, connection: socket.socket, line: str) -> None:
    """Answer rightly and never close."""
    connection.sendall(INFO.encode())
    api.stopping.wait()


def floods(api: RuntimeApi, connection: socket.socket, line: str) -> None:
    """Send as fast as can be, and never end."""
    while True:
        connection.sendall(b"Name: HAProxy\n" * 1000)


def resets(api: RuntimeApi, connection: socket.socket, line: str) -> None:
    """Send half an answer, and reset."""
    connection.sendall(b"Name: HAPr")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
