"""What ``show info`` prints in each version and form, and what passed between two answers."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisory.errors import ParseError
from advisory.info import Interval, ProcessInfo, interval, read_info

SAMPLES = Path(__file__).parent / "data" / "vv"


def read(text: str) -> tuple[ProcessInfo, ...]:
    return read_info(text, source="paste")


def sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


def info(**fields: object) -> ProcessInfo:
    return ProcessInfo("paste", 1, {name: str(value) for name, value in fields.items()})


OLD = """\
Name: HAProxy
Version: 1.3.28
Release_date: 2013/06/17
Nbproc: 1
Process_num: 1
Pid: 7453
Uptime: 2d 1h00m27s
Uptime_sec: 176427
Memmax_MB: 0
Ulimit-n: 4041
Maxsock: 4041
Maxconn: 2000
CurrConns: 5
"""
FIELDS = {
    "Name": "HAProxy",
    "Version": "1.3.28",
    "Release_date": "2013/06/17",
    "Nbproc": "1",
    "Process_num": "1",
    "Pid": "7453",
    "Uptime": "2d 1h00m27s",
    "Uptime_sec": "176427",
    "Memmax_MB": "0",
    "Ulimit-n": "4041",
    "Maxsock": "4041",
    "Maxconn": "2000",
    "CurrConns": "5",
}


# --- reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda text: text, id="as printed"),
        pytest.param(lambda text: text.strip(), id="without the last line end"),
        pytest.param(lambda text: textwrap.indent(text, "    "), id="indented"),
        pytest.param(lambda text: textwrap.indent(text, "> "), id="quoted"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="lines end as on Windows"),
        pytest.param(lambda text: text.replace("\n", "\n\n"), id="blank lines between"),
        pytest.param(lambda text: text.replace("Maxsock", "[cut]\nMaxsock"), id="a line between"),
        pytest.param(lambda text: f"Status: bad\n{text}", id="another line before"),
        pytest.param(lambda text: f"Uptime: x\n\n\n\n\n{text}", id="a field apart before"),
    ],
)
def test_a_pasted_answer_is_read(changed: Callable[[str], str]) -> None:
    (found,) = read(changed(OLD))

    assert found.fields == FIELDS


def test_answers_are_told_apart_and_know_their_lines() -> None:
    found = read(f"one:\n{OLD}\nan hour later:\n\n\n\n\n{OLD}{OLD}")

    assert [(each.line, each.fields) for each in found] == [
        (2, FIELDS),
        (21, FIELDS),
        (34, FIELDS),
    ]


@pytest.mark.parametrize(
    ("name", "count", "version", "pid"),
    [
        ("1.8.31-show-info.txt", 54, "1.8.31-930270df7", 7453),
        ("2.6.12-debian-bookworm-show-info-typed.txt", 69, "2.6.12-1+deb12u4", 1950),
        ("2.6.12-debian-bookworm-show-info-desc.txt", 69, "2.6.12-1+deb12u4", 1950),
        ("2.6.12-debian-bookworm-show-info-json.txt", 69, "2.6.12-1+deb12u4", 1950),
        ("3.4.1-show-info.txt", 81, "3.4.1-3e888a769", 17131),
    ],
)
def test_each_form_is_read_to_its_end(name: str, count: int, version: str, pid: int) -> None:
    (found,) = read(sample(name))

    assert (len(found.fields), found.version, found.pid) == (count, version, pid)


def test_every_form_names_the_same_fields() -> None:
    forms = [
        read(sample(f"2.6.12-debian-bookworm-show-info-{form}.txt"))[0].fields
        for form in ("typed", "desc", "json")
    ]

    assert [set(form) for form in forms] == [set(forms[0])] * 3
    assert {form["Build info"] for form in forms} == {"2.6.12-1+deb12u4"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("Name: HAProxy\nVersion: 2.2.4\n", id="no field of its own"),
        pytest.param("Name: x\nMaxconn: 10\n\nMaxconn: 20\n", id="one field of its own"),
        pytest.param("Pid : 1\nCurrConns : 5\nCumConns : 7", id="another form"),
        pytest.param("CurrConns: 5" + "\n" * 6 + "CumConns: 7", id="too far apart"),
    ],
)
def test_other_text_is_no_answer(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)

    assert str(caught.value) == (
        "paste: holds no answer to 'show info'; "
        "get one with: echo 'show info' | socat stdio /run/haproxy/admin.sock"
    )


# --- values ----------------------------------------------------------------------------------


def test_a_whole_answer_has_every_value() -> None:
    (found,) = read(sample("3.4.1-show-info.txt"))

    assert (found.uptime_s, found.started_at) == (21, 1795331868)
    assert (found.curr_conns, found.cum_conns, found.cum_req) == (2, 5463, 8971)
    assert (found.curr_streams, found.tasks, found.jobs) == (1, 107, 10)
    assert (found.maxconn, found.maxsock, found.ulimit_n) == (2000, 4041, 4041)
    assert (found.nbthread, found.nbproc, found.stopping) == (2, 1, False)
    assert (found.memmax_bytes, found.pool_failed) == (0, 0)
    assert (found.pool_alloc_bytes, found.pool_used_bytes) == (1200944, 1200944)


def test_what_is_missing_is_not_known() -> None:
    found = info(CurrConns="REDACTED", Maxconn="", Tasks="12x", Jobs="٣")

    assert (found.version, found.pid, found.uptime_s, found.stopping) == ("", None, None, None)
    assert (found.curr_conns, found.maxconn, found.tasks, found.jobs) == (None, None, None, None)
    assert (found.pool_alloc_bytes, found.memmax_bytes, found.started_at) == (None, None, None)


def test_the_version_stands_in_build_info_too() -> None:
    assert ProcessInfo("paste", 1, {"Build info": "2.4.0"}).version == "2.4.0"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Uptime_sec": "27", "Uptime": "1d 0h00m27s"}, 27),
        # show info float
        ({"Uptime_sec": "27.250130"}, 27),
        ({"Uptime": "2d 1h02m27s"}, 176547),
        ({"Uptime": "2d1h"}, None),
    ],
)
def test_the_uptime_is_in_seconds(fields: dict[str, str], expected: int | None) -> None:
    assert ProcessInfo("paste", 1, fields).uptime_s == expected


@pytest.mark.parametrize(("text", "expected"), [("0", False), ("1", True)])
def test_a_process_that_waits_for_its_end_is_stopping(text: str, expected: bool) -> None:
    assert info(Stopping=text).stopping is expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # until 2.3
        ({"PoolAlloc_MB": 3}, 3 << 20),
        ({"PoolAlloc_MB": 5000}, 5000 << 20),
        ({"PoolAlloc_bytes": 1200944}, 1200944),
        ({"PoolAlloc_MB": 1, "PoolAlloc_bytes": 1200944}, 1200944),
        # 2.4.0 to 2.4.19: the bytes began again at 4 GiB
        ({"PoolAlloc_MB": 4097, "PoolAlloc_bytes": 1200944}, (1 << 32) + 1200944),
        # later they do not
        ({"PoolAlloc_MB": 4097, "PoolAlloc_bytes": (1 << 32) + 1200944}, (1 << 32) + 1200944),
        # each pool's product began again before they were added: nothing to be had
        ({"PoolAlloc_MB": 4099, "PoolAlloc_bytes": 1200944}, 1200944),
    ],
)
def test_bytes_are_restored_where_they_began_again_at_4_gib(
    fields: dict[str, int], expected: int
) -> None:
    assert info(**fields).pool_alloc_bytes == expected


# --- between two -----------------------------------------------------------------------------

BEFORE = info(Pid=7, Uptime_sec=100, CumConns=50, CumReq=70)


def test_what_passed_between_two_answers_is_counted() -> None:
    after = info(Pid=7, Uptime_sec=3700, CumConns=150, CumReq=570)

    assert interval(BEFORE, after) == Interval(False, 3600, 100, 500)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(info(Pid=8, Uptime_sec=3700, CumConns=150), id="another process"),
        pytest.param(info(Uptime_sec=99, CumConns=150), id="started later"),
        pytest.param(info(Pid=7, Uptime_sec=99, CumConns=150), id="started later, the same id"),
    ],
)
def test_a_restart_leaves_nothing_to_compare(after: ProcessInfo) -> None:
    assert interval(BEFORE, after) == Interval(True, None, None, None)


@pytest.mark.parametrize("name", ["Version", "Process_num", "Start_time_sec"])
def test_a_field_that_never_changes_tells_another_process(name: str) -> None:
    before, after = info(Uptime_sec=1, **{name: 1}), info(Uptime_sec=9, **{name: 2})

    assert interval(before, after).restarted
    assert interval(before, info(Uptime_sec=9)) == Interval(False, 8, None, None)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (2**32 - 1, 4, 5),
        (2**31, 0, 2**31),
        # reset
        (2**31 - 1, 4, None),
        # no counter of 32 bits
        (2**32, 4, None),
        (5, 5, 0),
    ],
)
def test_a_counter_that_began_again_at_2_to_the_32_is_restored(
    before: int, after: int, expected: int | None
) -> None:
    assert interval(info(CumConns=before), info(CumConns=after)).connections == expected


# --- any text --------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *OLD.splitlines(keepends=True),
        *sample("2.6.12-debian-bookworm-show-info-typed.txt").splitlines(keepends=True)[:12],
        sample("2.6.12-debian-bookworm-show-info-json.txt")[:900],
        '"processNum"',
        "CumReq: 99999999999999999999999\n",
        "Uptime: 9999999d 0h00m16s\n",
        "\0\x1b[31m",
        ': :"\n',
    ]
)


@given(st.text() | st.lists(PIECES | st.text(max_size=9), max_size=16).map("".join))
@example(OLD)
def test_any_text_gives_answers_or_says_that_there_is_none(text: str) -> None:
    try:
        found = read(text)
    except ParseError:
        return
    assert [each.line for each in found] == sorted(each.line for each in found)
    for each in found:
        assert len(each.fields) >= 2
        assert interval(each, each).restarted is False
        assert interval(each, each).seconds in (0, None)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 1_000_000, id="one line"),
        pytest.param("\0" * 1_000_000, id="NUL"),
        pytest.param(" " * 1_000_000, id="spaces"),
        pytest.param("\n" * 1_000_000, id="line ends"),
        pytest.param("Pid: 1\n" * 140_000, id="one field again and again"),
        pytest.param("Pid:" * 250_000, id="one field in a line"),
        pytest.param("0.Pid.1:POS:str:" * 60_000, id="one typed field in a line"),
        pytest.param('{"field":{"pos":1,"name":"x"},"processNum":1,"tags":{' * 19_000, id="JSON"),
    ],
)
def test_a_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        read(text)
