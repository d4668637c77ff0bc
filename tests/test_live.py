"""What is asked of a running HAProxy, and what is said when it does not answer as it should."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisory.errors import FetchError, ParseError
from advisory.info import read_info
from advisory.live import (
    READ_ONLY,
    Address,
    ask,
    parse_address,
    parse_span,
    run_vv,
    sample,
    watch,
)
from advisory.pools import read_pools
from tests.runtime_api import (
    INFO,
    POOLS,
    UNKNOWN,
    Behaviour,
    RuntimeApi,
    byte_by_byte,
    drips,
    floods,
    hangs,
    master,
    resets,
    says,
    worker,
)

Start = Callable[[Behaviour], RuntimeApi]
LOOK = "see the 'stats socket' lines of haproxy.cfg for the right one"


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a server on loopback, which is closed in the end."""
    with contextlib.ExitStack() as running:

        def start(behaviour: Behaviour) -> RuntimeApi:
            return running.enter_context(contextlib.closing(RuntimeApi(behaviour)))

        yield start


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("/run/haproxy/admin.sock", Address(socket.AF_UNIX, "/run/haproxy/admin.sock")),
        ("./admin.sock", Address(socket.AF_UNIX, "./admin.sock")),
        ("./a@b:1", Address(socket.AF_UNIX, "./a@b:1")),
        ("unix@/run/a@b", Address(socket.AF_UNIX, "/run/a@b")),
        ("unix@admin.sock", Address(socket.AF_UNIX, "admin.sock")),
        ("uxst@/run/a", Address(socket.AF_UNIX, "/run/a")),
        ("abns@name", Address(socket.AF_UNIX, "\0name" + 103 * "\0")),
        ("abnsz@name", Address(socket.AF_UNIX, "\0name")),
        ("127.0.0.1:9999", Address(socket.AF_UNSPEC, "127.0.0.1", 9999)),
        ("lb-1.example:9999", Address(socket.AF_UNSPEC, "lb-1.example", 9999)),
        ("tcp@localhost:1", Address(socket.AF_UNSPEC, "localhost", 1)),
        ("ipv4@127.0.0.1:9999", Address(socket.AF_INET, "127.0.0.1", 9999)),
        ("tcp4@localhost:65535", Address(socket.AF_INET, "localhost", 65535)),
        ("[::1]:9999", Address(socket.AF_UNSPEC, "::1", 9999)),
        ("ipv6@[::1]:9999", Address(socket.AF_INET6, "::1", 9999)),
        # The last colon is the port's, as HAProxy reads it too.
        ("tcp6@::1:9999", Address(socket.AF_INET6, "::1", 9999)),
        ("[fe80::1%eth0]:9999", Address(socket.AF_UNSPEC, "fe80::1%eth0", 9999)),
    ],
)
def test_an_address_is_spelt_as_in_haproxy_cfg(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "admin.sock",  # most likely a path, but it could be a host without its port
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "127.0.0.1:٣",
        "127.0.0.1:9 9",
        ":9999",
        "*:9999",  # where HAProxy listens is no place to go to
        "[]:9999",
        "tcp:127.0.0.1:9999",
        "a b:80",
        "ipv4@/run/a:1",
        "ipv4@",
        "unix@",
        "abns@",
        "fd@3",
        "fd@3:1",
        "/run/\0a",
        "/run/a\n",
        "\x1b[2J:80",
        "/run/\udcff",
    ],
)
def test_what_is_no_address_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ParseError, match=r"^--socket: '.*' is no address of a .*; write") as caught:
        parse_address(text)

    assert str(caught.value).isprintable()


@given(st.text(st.sampled_from("@:[]/.*1a \0\n\x1bé\udcff") | st.characters()))
@example("abns@" + 200 * "é")
def test_any_text_is_an_address_or_a_clear_error(text: str) -> None:
    try:
        shown = parse_address(text).place.strip("\0")
    except ParseError as error:
        shown = str(error)

    assert shown.isprintable()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("5s", 5),
        ("10m", 600),
        ("2h", 7200),
        ("1d", 86400),
        ("1h30m", 5400),
        ("1d2h3m4s", 93784),
        ("500ms", 0.5),
        ("250us", 0.00025),
        ("1m1ms", 60.001),
        ("007s", 7),
    ],
)
def test_a_span_is_written_in_the_units_of_haproxy(text: str, seconds: float) -> None:
    assert parse_span(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "0s", "-5s", "5 s", "1.5h", "s", "5x", "5M", "30m1h", "1h30", "5s5s", "٣s"),
        *("9\n", 10 * "1", 10000 * "1", 10000 * "1" + "s", "\x1b[2J"),
    ],
)
def test_what_is_no_span_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ParseError, match=r"(?s)^--watch: '.*' is no span of time; wr") as caught:
        parse_span(text)

    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 250


@given(st.tuples(*[st.integers(0, 999999)] * 4).filter(any))
def test_a_span_is_the_sum_of_its_parts(parts: tuple[int, ...]) -> None:
    days, hours, minutes, seconds = parts

    assert parse_span(f"{days}d{hours}h{minutes}m{seconds}s") == (
        ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    )


def test_a_whole_answer_is_returned_as_it_is(start: Start) -> None:
    api = start(worker)

    assert ask(api.address, "show info") == INFO
    assert ask(api.address, "show pools") == POOLS
    assert api.sent == ["show info\n", "show pools\n"]


def test_an_answer_may_come_byte_by_byte(start: Start) -> None:
    assert sample(start(byte_by_byte).address) == (INFO, POOLS)


@pytest.mark.parametrize("abstract", ["", "abns", "abnsz"])
def test_sockets_of_unix_are_asked_as_well(abstract: str, tmp_path: Path) -> None:
    place = str(tmp_path / "admin.sock")
    where = {"": place, "abns": f"\0{place}".ljust(108, "\0"), "abnsz": f"\0{place}"}[abstract]
    with contextlib.closing(RuntimeApi(worker, family=socket.AF_UNIX, where=where)):
        answers = sample(f"{abstract}@{place}" if abstract else place)

    assert answers == (INFO, POOLS)


def test_a_master_passes_the_commands_on_to_its_worker(start: Start) -> None:
    api = start(master)

    assert sample(api.address) == (INFO, POOLS)
    assert api.sent == ["show info\n", "@1 show info\n", "show pools\n", "@1 show pools\n"]


@pytest.mark.parametrize(
    "command",
    ["", "help", "show info; quit", "show pools\n", "@1 show info", "SHOW INFO", "set maxconn 1"],
)
def test_nothing_else_is_ever_sent(command: str, start: Start) -> None:
    api = start(worker)
    with pytest.raises(ValueError, match="not one of the commands"):
        ask(api.address, command)

    assert api.sent == []
    assert set(READ_ONLY) == {"show info", "show pools"}


def test_every_address_of_a_host_is_tried(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    api = start(worker)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and does not listen
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", there)
            for there in (silent.getsockname(), ("127.0.0.1", api.port))
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: list(found))

        assert ask("lb.example:9999", "show info") == INFO


def test_what_is_no_text_and_what_a_terminal_obeys_is_left_to_the_readers(start: Start) -> None:
    api = start(says(b"Name: HAProxy\nnode: \xff\0\x1b[2J\n\n"))

    assert ask(api.address, "show info") == "Name: HAProxy\nnode: \ufffd\0\x1b[2J\n\n"


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (says(""), f"it closed without an answer; is it HAProxy's? {LOOK}"),
        (says("\n\n"), f"it closed without an answer; is it HAProxy's? {LOOK}"),
        (floods, f"it sends more than 100000 bytes; refused; is it HAProxy's? {LOOK}"),
        (
            resets,
            "it hung up before the end of its answer; "
            "HAProxy may have just been stopped or reloaded; try again",
        ),
        (
            says(INFO[:20]),
            "its answer to 'show info' ends in the middle, after 20 characters; "
            "HAProxy may have just been stopped or reloaded; try again",
        ),
        (
            says("Permission denied\n\n"),
            "HAProxy does not permit 'show info' on this socket; "
            "give its 'stats socket' line 'level operator', and reload",
        ),
        (
            says(UNKNOWN),
            "HAProxy does not know 'show info'; "
            "it is older than 1.5, or of another make; pass a file",
        ),
        (
            says("Can't find the target PID matching the prefix '@1'\n"),
            "this is a master's socket, and the master has no worker; "
            "look at its log, or pass the socket of a worker",
        ),
        (
            says("HTTP/1.1 400 Bad request\r\n\r\n"),
            f"a web server answers, not a stats socket; {LOOK}",
        ),
        (
            says("220 mail \x1b[2J\0" + 200 * "x" + "\n"),
            "to 'show info' it answers '220 mail ?[2J?"
            + 106 * "x"
            + f"...'; is it HAProxy's? {LOOK}",
        ),
        (says(POOLS), "to 'show info' it answers 'Dumping pools usage. Use SIGQUIT to flush them."),
    ],
)
def test_a_fault_is_told_in_one_line(behaviour: Behaviour, message: str, start: Start) -> None:
    api = start(behaviour)
    with pytest.raises(FetchError) as caught:
        ask(api.address, "show info", largest=100_000)

    assert str(caught.value).startswith(f"{api.address}: {message}")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("behaviour", "timeout"),
    [
        (hangs, 0.2),  # all has come but the end
        (drips, 0.2),  # something comes all the time
        (worker, 0),
    ],
)
def test_the_deadline_is_for_all_of_it(behaviour: Behaviour, timeout: float, start: Start) -> None:
    api = start(behaviour)
    with pytest.raises(FetchError) as caught:
        ask(api.address, "show info", timeout=timeout)

    assert str(caught.value) == (
        f"{api.address}: no whole answer within {timeout} s; "
        "HAProxy may be busy, or out of places (stats maxconn); try again"
    )


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("./none.sock", f"./none.sock: there is no such socket; {LOOK}"),
        ("./file", f"./file: nothing listens there; is HAProxy running? {LOOK}"),
        (
            "abnsz@hapadvise-none",
            f"abnsz@hapadvise-none: nothing listens there; is HAProxy running? {LOOK}",
        ),
        ("./" + 120 * "x", f"./{118 * 'x'}...: AF_UNIX path too long; {LOOK}"),
        ("ipv6@127.0.0.1:9", f"ipv6@127.0.0.1:9: no address is known of this host; {LOOK}"),
        (64 * "x" + ":9", 64 * "x" + ":9: encoding with 'idna' codec failed"),
    ],
)
def test_where_nobody_answers_is_told(
    address: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(FetchError) as caught:
        ask(address, "show info")

    assert str(caught.value).startswith(message)


def test_a_port_where_nobody_listens_is_told() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and does not listen
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(FetchError, match=f"{address}: nothing listens there; is HAProxy run"):
            ask(address, "show info")


def test_a_socket_that_one_may_not_use_is_told(tmp_path: Path) -> None:
    place = tmp_path / "admin.sock"
    with contextlib.closing(RuntimeApi(worker, family=socket.AF_UNIX, where=str(place))):
        place.chmod(0)
        user = os.geteuid()
        if user == 0:  # who may use any
            os.seteuid(65534)
        try:
            with pytest.raises(FetchError) as caught:
                ask(f"unix@{place}", "show info")
        finally:
            os.seteuid(user)

    assert str(caught.value) == (
        f"unix@{place}: permission denied; run this as root or in the group of the socket, "
        f"or type: echo 'show pools' | sudo socat stdio {place} > pools.txt"
    )


class Clock:
    """A clock that only a sleep moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0

        self.now += seconds


def test_watching_takes_two_samples_that_far_apart(start: Start) -> None:
    clock, api, seen = Clock(), start(worker), []
    texts = watch(
        api.address,
        seconds=2.5,
        progress=lambda done, total: seen.append((done, total, len(api.sent))),
        sleep=clock.sleep,
        clock=clock,
    )

    assert texts == (INFO, POOLS, INFO, POOLS)
    assert seen == [(0, 2.5, 2), (1, 2.5, 2), (2, 2.5, 2), (2.5, 2.5, 2)]
    assert clock.now == 1002.5


def test_what_watching_returns_can_be_read_as_one_text(start: Start) -> None:
    clock, api = Clock(), start(worker)
    texts = watch(api.address, seconds=1, progress=lambda *_: None, sleep=clock.sleep, clock=clock)
    text = "".join(texts)

    assert [dump.missing for dump in read_pools(text, source="x")] == ["", ""]
    assert [info.pid for info in read_info(text, source="x")] == [4242, 4242]


def test_watching_what_does_not_answer_waits_for_nothing(start: Start) -> None:
    api, seen = start(says("")), []
    with pytest.raises(FetchError, match="closed without an answer"):
        watch(api.address, seconds=60, progress=lambda *step: seen.append(step))

    assert seen == []


def test_an_interrupt_ends_the_wait(start: Start) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(start(worker).address, seconds=60, progress=lambda *_: None, sleep=interrupted)


def program(folder: Path, script: str) -> str:
    """An executable with a shell script in it."""
    path = folder / "haproxy"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(stat.S_IRWXU)
    return str(path)


def test_a_binary_is_run_with_one_argument(tmp_path: Path) -> None:
    binary = program(tmp_path, 'echo "$# $*"; echo a warning >&2; printf "\\377"')

    assert run_vv(binary) == "1 -vv\n\ufffd"


def test_a_binary_does_not_take_what_is_typed(tmp_path: Path) -> None:
    binary = program(tmp_path, "cat")
    code = f"import sys, advisory.live as live; print([live.run_vv({binary!r}), sys.stdin.read()])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        input="typed",
        capture_output=True,
        check=True,
        text=True,
    )

    assert done.stdout == "['', 'typed']\n"


def test_a_binary_may_write_much(tmp_path: Path) -> None:
    binary = program(tmp_path, "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero")

    assert run_vv(binary) == 300000 * "\0"


def test_no_shell_reads_the_name_of_a_binary(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="No such file or directory"):
        run_vv(f"true; touch {tmp_path}/seen; true")

    assert not (tmp_path / "seen").exists()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo well; echo 'no lib\033c' >&2; exit 127", "fails with status 127: no lib?c; pass"),
        ("echo 'of no use'; exit 3", "fails with status 3: of no use; pass the path of"),
        ("exit 1", "fails with status 1: no message; pass the path of an haproxy binary, such as"),
        ("kill -9 $$", "fails with status -9: no message; pass"),
        ("exec yes", "writes more than 100000 bytes; pass"),
        ("exec yes >&2", "writes more than 100000 bytes; pass"),
    ],
)
def test_a_binary_that_fails_is_told_in_one_line(script: str, message: str, tmp_path: Path) -> None:
    binary = program(tmp_path, script)
    with pytest.raises(FetchError) as caught:
        run_vv(binary, largest=100_000)

    assert f"haproxy -vv' {message}" in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "script",
    [
        "exec sleep 9",
        "exec >&- 2>&-; exec sleep 9",  # it has said all
        "sleep 2 &",  # it has ended, but another process may still write
    ],
)
def test_a_binary_is_not_waited_for_long(script: str, tmp_path: Path) -> None:
    binary = program(tmp_path, script)
    with pytest.raises(FetchError, match=r"haproxy.* takes more than 0\.3 s; pass the path"):
        run_vv(binary, timeout=0.3)


@pytest.mark.parametrize(
    ("binary", "reason"),
    [
        ("hapadvise-none", "No such file or directory"),
        ("./hapadvise-none", "No such file or directory"),
        (".", "Permission denied"),
        ("./file", "Permission denied"),
        ("a\0b", "embedded null byte"),
    ],
)
def test_what_cannot_be_run_is_told(
    binary: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(FetchError) as caught:
        run_vv(binary)

    assert re.fullmatch(
        rf"'.* -vv' cannot be run: {reason}; pass the path of an haproxy binary, such as \S+",
        str(caught.value),
    )
