"""What a running HAProxy, or its binary, says of itself; the only module that speaks to either.

Two commands are ever sent to the Runtime API, both read-only: ``show info`` and ``show pools``. No
version from 1.5 to 3.4 asks for a level above ``user`` for them. HAProxy takes one line, answers,
ends the answer with an empty line and closes, a master only once the client has closed its side. A
master's socket passes a command on to its current worker if it begins with ``@1`` (1.9 and later).
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, NamedTuple

from advisory.errors import FetchError, ParseError

LARGEST_ANSWER = 16 * 1024 * 1024
READ_ONLY = {"show info": "Name: ", "show pools": "Dumping pools usage"}
"""The commands that may be sent, and how a line of the answer begins."""

_CURRENT_WORKER = "@1"
_SUN_PATH = 108  # bytes that the name of a Unix socket may have on Linux
_SHOWN = 120  # characters of an answer or argument that a message repeats
_LOOK = "see the 'stats socket' lines of haproxy.cfg for the right one"
_LATER = "HAProxy may be busy, or out of places (stats maxconn); try again"
_LEFT = "HAProxy may have just been stopped or reloaded; try again"
_NOT_ALLOWED = (
    "run this as root or in the group of the socket, or type: "
    "echo 'show pools' | sudo socat stdio {} > pools.txt"
)
# What is said of an error of the system: what happened, and what to do about it.
_PLAIN_WORDS = {
    errno.ENOENT: ("there is no such socket", _LOOK),
    errno.EACCES: ("permission denied", _NOT_ALLOWED),
    errno.EPERM: ("permission denied", _NOT_ALLOWED),
    errno.ECONNREFUSED: ("nothing listens there", f"is HAProxy running? {_LOOK}"),
    errno.EAGAIN: ("it takes no more connections", _LATER),
    errno.ECONNRESET: ("it hung up before the end of its answer", _LEFT),
    errno.EPIPE: ("it hung up before the end of its answer", _LEFT),
}


class Address(NamedTuple):
    """Where a stats socket is.

    Args:
        family: of the socket; ``AF_UNSPEC`` for a host of either IP version.
        place: the path, with a NUL in front for an abstract one; or the host.
        port: of TCP; 0 for a path.
    """

    family: socket.AddressFamily
    place: str
    port: int = 0


_FAMILIES = {
    "unix": socket.AF_UNIX,
    "uxst": socket.AF_UNIX,
    "abns": socket.AF_UNIX,
    "abnsz": socket.AF_UNIX,
    "ipv4": socket.AF_INET,
    "tcp4": socket.AF_INET,
    "ipv6": socket.AF_INET6,
    "tcp6": socket.AF_INET6,
    "tcp": socket.AF_UNSPEC,
}


def parse_address(text: str, *, source: str = "--socket") -> Address:
    """Read the address of a stats socket, as HAProxy spells it on ``stats socket`` lines.

    That is a path, ``HOST:PORT``, ``[IPV6]:PORT``, or one after ``unix@``, ``uxst@``, ``abns@``,
    ``abnsz@``, ``ipv4@``, ``ipv6@``, ``tcp@``, ``tcp4@`` or ``tcp6@``.

    Raises:
        ParseError: it is none of these.
    """
    prefix, _, place = text.partition("@")
    if prefix not in _FAMILIES:
        prefix, place = "", text
    family = _FAMILIES.get(prefix, socket.AF_UNIX if "/" in place else socket.AF_UNSPEC)
    if not place or not place.isprintable():
        family, there = socket.AF_UNSPEC, None
    elif family != socket.AF_UNIX:
        there = _host_and_port(place)
    elif prefix == "abns":  # HAProxy fills such a name up with NULs, to the end of sun_path
        there = "\0" + place + "\0" * (_SUN_PATH - 1 - len(place.encode())), 0
    else:
        there = ("\0" if prefix == "abnsz" else "") + place, 0
    if there is None:
        raise ParseError(
            f"'{_shown(text)}' is no address of a stats socket; write a path such as "
            "/run/haproxy/admin.sock (./NAME in this folder) or HOST:PORT such as 127.0.0.1:9999",
            source=source,
        )
    return Address(family, *there)


def _host_and_port(text: str) -> tuple[str, int] | None:
    """Both, if there are both; a host with colons is an IPv6 address, in brackets or not."""
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        try:
            socket.inet_pton(socket.AF_INET6, host)
        except (OSError, UnicodeError):
            return None
    if re.fullmatch(r"[^*/@\s]+", host) is None or re.fullmatch("[0-9]{1,5}", port) is None:
        return None
    return (host, int(port)) if 0 < int(port) < 2**16 else None


def ask(
    address: str,
    command: str,
    *,
    timeout: float = 10.0,
    largest: int = LARGEST_ANSWER,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Send one read-only command to a stats socket, or through a master's to its worker.

    Args:
        address: as ``parse_address`` reads it.
        command: one of ``READ_ONLY``.
        timeout: seconds for all of it; finding the address of a host by its name comes on top.
        largest: bytes that are read at most.
        clock: seconds that only ever grow.

    Returns:
        The answer, whole and of that command; bytes that are no UTF-8 are replaced.

    Raises:
        ParseError: the address is none.
        FetchError: there is no answer to be had, or one that HAProxy does not give.
        ValueError: the command is not permitted.
    """
    if command not in READ_ONLY:
        raise ValueError(f"{command!r} is not one of the commands that are sent")
    there = parse_address(address)
    deadline = clock() + timeout
    try:
        answer = _exchange(there, address, command, deadline, largest, clock)
        if "Unknown command" in answer[:200]:
            passed_on = f"{_CURRENT_WORKER} {command}"
            answer = _exchange(there, address, passed_on, deadline, largest, clock)
    except TimeoutError as error:
        raise _failure(address, f"no whole answer within {timeout:g} s", _LATER) from error
    except socket.gaierror as error:
        raise _failure(address, "no address is known of this host", _LOOK) from error
    except (OSError, UnicodeError) as error:
        known = (getattr(error, "strerror", None) or str(error), _LOOK)
        what, remedy = _PLAIN_WORDS.get(getattr(error, "errno", None) or 0, known)
        raise _failure(address, what, remedy.format(_shown(there.place))) from error
    _check(address, command, answer)
    return answer


def _exchange(
    there: Address,
    address: str,
    command: str,
    deadline: float,
    largest: int,
    clock: Callable[[], float],
) -> str:
    """Send a line and read until the other side closes."""
    answer = bytearray()
    with _connected(there, deadline, clock) as connection:
        connection.settimeout(_left(deadline, clock))
        connection.sendall(f"{command}\n".encode())
        with contextlib.suppress(OSError):  # it closed already: what it sent can still be read
            connection.shutdown(socket.SHUT_WR)
        while True:
            connection.settimeout(_left(deadline, clock))
            part = connection.recv(2**16)
            if not part:
                return answer.decode("utf-8", "replace")
            answer += part
            if len(answer) > largest:
                what = f"it sends more than {largest} bytes; refused"
                raise _failure(address, what, f"is it HAProxy's? {_LOOK}")


@contextlib.contextmanager
def _connected(
    there: Address, deadline: float, clock: Callable[[], float]
) -> Iterator[socket.socket]:
    """A connection to the first address of it that takes one."""
    targets: list[tuple[int, Any]] = [(there.family, there.place)]
    if there.family != socket.AF_UNIX:
        found = socket.getaddrinfo(there.place, there.port, there.family, socket.SOCK_STREAM)
        targets = [(family, target) for family, _, _, _, target in found]
    while True:
        family, target = targets.pop(0)
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(_left(deadline, clock))
            try:
                connection.connect(target)
            except OSError:
                if targets:
                    continue
                raise
            yield connection
            return


def _left(deadline: float, clock: Callable[[], float]) -> float:
    """Seconds until then, of which there are some."""
    left = deadline - clock()
    if left <= 0:
        raise TimeoutError
    return left


def _check(address: str, command: str, answer: str) -> None:
    """Refuse what is not the whole answer to that command."""
    first = answer.strip().partition("\n")[0]
    if not first:
        raise _failure(address, "it closed without an answer", f"is it HAProxy's? {_LOOK}")
    if "Permission denied" in first:
        what = f"HAProxy does not permit '{command}' on this socket"
        raise _failure(address, what, "give its 'stats socket' line 'level operator', and reload")
    if "Can't find the target PID" in first:
        what = "this is a master's socket, and the master has no worker"
        raise _failure(address, what, "look at its log, or pass the socket of a worker")
    if "Unknown command" in first:
        what = f"HAProxy does not know '{command}'"
        raise _failure(address, what, "it is older than 1.5, or of another make; pass a file")
    if first.startswith("HTTP/"):
        raise _failure(address, "a web server answers, not a stats socket", _LOOK)
    if re.search(rf"(?m)^{READ_ONLY[command]}", answer) is None:
        what = f"to '{command}' it answers '{_shown(first)}'"
        raise _failure(address, what, f"is it HAProxy's? {_LOOK}")
    if not answer.endswith("\n\n"):
        what = f"its answer to '{command}' ends in the middle, after {len(answer)} characters"
        raise _failure(address, what, _LEFT)


def sample(
    address: str, *, timeout: float = 10.0, clock: Callable[[], float] = time.monotonic
) -> tuple[str, str]:
    """The answers to ``show info`` and ``show pools``, in this order.

    The arguments and errors are those of ``ask``, ``timeout`` being for each.
    """
    info = ask(address, "show info", timeout=timeout, clock=clock)
    return info, ask(address, "show pools", timeout=timeout, clock=clock)


def watch(
    address: str,
    *,
    seconds: float,
    progress: Callable[[float, float], None],
    timeout: float = 10.0,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[str, ...]:
    """Take a sample, wait, and take another.

    Args:
        address: as ``parse_address`` reads it.
        seconds: how long to wait between the two.
        progress: called each second with the seconds waited and all of them, from 0 to the end.
        timeout: seconds for each answer.
        sleep: waits so many seconds.
        clock: seconds that only ever grow.

    Returns:
        The answers to ``show info`` and ``show pools``, then both again.

    Raises:
        AdvisoryError: as ``ask`` does.
    """
    before = sample(address, timeout=timeout, clock=clock)
    start = clock()
    while (waited := clock() - start) < seconds:
        progress(waited, seconds)
        sleep(min(1.0, seconds - waited))
    progress(seconds, seconds)
    return before + sample(address, timeout=timeout, clock=clock)


def parse_span(text: str, *, source: str = "--watch") -> float:
    """Read a span of time such as ``90``, ``10m`` or ``1h30m``, into seconds.

    The units are HAProxy's: d, h, m, s, ms, us, the largest first; a number alone is of seconds.

    Raises:
        ParseError: it is none, or zero.
    """
    number = "([0-9]{1,9})"
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6}
    seconds = 0.0
    if re.fullmatch(number, text):
        seconds = float(text)
    elif found := re.fullmatch("".join(f"(?:{number}{unit})?" for unit in units), text):
        counts = found.groups(default="0")
        seconds = sum(int(count) * unit for count, unit in zip(counts, units.values(), strict=True))
    if seconds <= 0:
        raise ParseError(
            f"'{_shown(text)}' is no span of time; write one such as 90s, 10m or 1h30m",
            source=source,
        )
    return seconds


def run_vv(
    binary: str,
    *,
    timeout: float = 10.0,
    largest: int = LARGEST_ANSWER,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Run a binary with the one argument ``-vv``, without a shell.

    Args:
        binary: a path, or a name that is looked for in PATH.
        timeout: seconds that it may take.
        largest: bytes that are read at most.
        clock: seconds that only ever grow.

    Returns:
        What it writes to its standard output; bytes that are no UTF-8 are replaced.

    Raises:
        FetchError: it cannot be run, fails, takes too long or writes too much.
    """
    import subprocess

    command = f"'{_shown(binary)} -vv'"
    hint = "pass the path of an haproxy binary, such as /usr/sbin/haproxy"
    deadline = clock() + timeout
    null, pipe = subprocess.DEVNULL, subprocess.PIPE
    try:
        process = subprocess.Popen([binary, "-vv"], stdin=null, stdout=pipe, stderr=pipe)
    except (OSError, ValueError) as error:  # ValueError: what can be no name of a file
        why = getattr(error, "strerror", None) or error
        raise FetchError(f"{command} cannot be run: {why}; {hint}") from error
    with process:
        try:
            written = _read_all([process.stdout, process.stderr], deadline, largest, clock)
            status = process.wait(_left(deadline, clock))
        except (TimeoutError, subprocess.TimeoutExpired) as error:
            raise FetchError(f"{command} takes more than {timeout:g} s; {hint}") from error
        except OverflowError as error:
            raise FetchError(f"{command} writes more than {largest} bytes; {hint}") from error
        finally:
            process.kill()
    text, complaint = (each.decode("utf-8", "replace") for each in written)
    if status:
        said = _shown((complaint.strip() or text.strip()).rpartition("\n")[2]) or "no message"
        raise FetchError(f"{command} fails with status {status}: {said}; {hint}")
    return text


def _read_all(
    pipes: Sequence[IO[bytes] | None], deadline: float, largest: int, clock: Callable[[], float]
) -> list[bytes]:
    """Read pipes until each is closed.

    Raises:
        TimeoutError: that takes longer.
        OverflowError: they hold more than that many bytes.
    """
    read = {pipe.fileno(): bytearray() for pipe in pipes if pipe}
    still_open = set(read)
    while still_open:
        for pipe in select.select(list(still_open), [], [], _left(deadline, clock))[0]:
            part = os.read(pipe, 2**16)
            read[pipe] += part
            if not part:
                still_open.remove(pipe)
        if sum(map(len, read.values())) > largest:
            raise OverflowError
    return [bytes(each) for each in read.values()]


def _failure(address: str, what: str, remedy: str) -> FetchError:
    return FetchError(f"{_shown(address)}: {what}; {remedy}")


def _shown(text: str) -> str:
    """As much of it as a message repeats, without what a terminal might obey."""
    shown = "".join(char if char.isprintable() else "?" for char in text[:_SHOWN])
    return shown if len(text) <= _SHOWN else f"{shown}..."
