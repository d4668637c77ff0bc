"""What ``show pools`` prints in each version, as printed and as people paste it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisory.errors import ParseError
from advisory.pools import (
    PoolDump,
    PoolKind,
    PoolLine,
    PoolUser,
    cache_budget,
    growth,
    kinds_behind,
    other_process,
    read_pools,
    shares,
)
from advisory.release import Release

HEADING = "Dumping pools usage. Use SIGQUIT to flush them.\n"


def read(text: str) -> tuple[PoolDump, ...]:
    return read_pools(text, source="paste")


def only(text: str) -> PoolLine:
    """The one line of a text that holds one."""
    ((line,),) = (dump.lines for dump in read(text))
    return line


def dump(*lines: PoolLine, missing: str = "") -> PoolDump:
    return PoolDump("paste", 1, lines, len(lines), missing)


def line(name: str, size: int, used: int | None, *, cached: int | None = None) -> PoolLine:
    return PoolLine(name, size, used, used, cached=cached, users=1)


# --- every layout ----------------------------------------------------------------------------

LAYOUTS = [
    # 1.3.11 to 1.6
    (
        "  - Pool pipe (32 bytes) : 8 allocated (256 bytes), 8 used, 2 users [SHARED]",
        PoolLine("pipe", 32, 8, 8, users=2, shared=True),
    ),
    # 1.7, 1.8: failures
    (
        "  - Pool cache_st (16 bytes) : 216 allocated (3456 bytes), 0 used, 0 failures, 3 users "
        "[SHARED]",
        PoolLine("cache_st", 16, 216, 0, failures=0, users=3, shared=True),
    ),
    # 1.9 to 2.1: the address and a place in an array
    (
        "  - Pool cache_st (32 bytes) : 302 allocated (9664 bytes), 161 used, 0 failures, 6 users, "
        "@0x5607467a4c00=10 [SHARED]",
        PoolLine(
            *("cache_st", 32, 302, 161),
            failures=0,
            users=6,
            shared=True,
            address="0x5607467a4c00",
        ),
    ),
    # the same, outside of the array
    (
        "  - Pool trash (16416 bytes) : 1 allocated (16416 bytes), 1 used, 0 failures, 1 users, "
        "@0x5607467a5100=-1",
        PoolLine("trash", 16416, 1, 1, failures=0, users=1, address="0x5607467a5100"),
    ),
    # 2.2, 2.3: the average need
    (
        "  - Pool filter (64 bytes) : 1682237 allocated (107663168 bytes), 1682237 used, "
        "needed_avg 1682232, 0 failures, 9 users, @0x556b4c5b0a80=08 [SHARED]",
        PoolLine(
            *("filter", 64, 1682237, 1682237),
            needed_avg=1682232,
            failures=0,
            users=9,
            shared=True,
            address="0x556b4c5b0a80",
        ),
    ),
    # 2.4: no place in an array
    (
        "  - Pool cache_st (32 bytes) : 279 allocated (8928 bytes), 279 used, needed_avg 291, "
        "0 failures, 8 users, @0x55dbd94c9780 [SHARED]",
        PoolLine(
            *("cache_st", 32, 279, 279),
            needed_avg=291,
            failures=0,
            users=8,
            shared=True,
            address="0x55dbd94c9780",
        ),
    ),
    # 2.5 to 3.2: what thread caches hold
    (
        "  - Pool hlua_flt_ct (56 bytes) : 681 allocated (38136 bytes), 681 used (~189 by thread "
        "caches), needed_avg 933, 0 failures, 14 users, @0x56220b76ad80 [SHARED]",
        PoolLine(
            *("hlua_flt_ct", 56, 681, 681, 189, 933, 0, 14),
            shared=True,
            address="0x56220b76ad80",
        ),
    ),
    # 2.5 and later, built without pools
    (
        "  - Pool task (128 bytes) : 80 allocated (10240 bytes), 80 used, needed_avg 8, "
        "0 failures, 1 users, @0x55babc5c1c40 [SHARED]",
        PoolLine(
            *("task", 128, 80, 80, None, 8, 0, 1),
            shared=True,
            address="0x55babc5c1c40",
        ),
    ),
    # 3.3, 3.4: the alignment
    (
        "  - Pool task (128 bytes/64) : 80 allocated (10240 bytes), 80 used (~2 by thread caches), "
        "needed_avg 8, 0 failures, 1 users, @0x55babc5c1c40",
        PoolLine("task", 128, 80, 80, 2, 8, 0, 1, address="0x55babc5c1c40"),
    ),
    # names may hold a space: 2.0 to 2.8
    (
        "  - Pool session pri (64 bytes) : 3 allocated (192 bytes), 3 used, needed_avg 1, "
        "0 failures, 1 users, @0x55dbd94c6540",
        PoolLine("session pri", 64, 3, 3, None, 1, 0, 1, address="0x55dbd94c6540"),
    ),
]


@pytest.mark.parametrize(("text", "expected"), LAYOUTS)
def test_each_layout_is_read(text: str, expected: PoolLine) -> None:
    assert only(text) == expected


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda text: textwrap.indent(text, "        "), id="indented"),
        pytest.param(lambda text: textwrap.indent(text, "> "), id="quoted"),
        pytest.param(lambda text: text.removeprefix("  - "), id="the dash lost"),
        pytest.param(
            lambda text: text.replace("\n", "\r\n") + "\r\n", id="lines end as on Windows"
        ),
        pytest.param(lambda text: "\n".join(textwrap.wrap(text, 60)), id="broken over lines"),
        pytest.param(
            lambda text: textwrap.indent("\n".join(textwrap.wrap(text, 60)), "> > "),
            id="broken over lines and quoted",
        ),
        pytest.param(lambda text: f"```\n{text}\n``` what is that?", id="fenced"),
    ],
)
@pytest.mark.parametrize(("text", "expected"), LAYOUTS)
def test_a_pasted_line_is_read(
    text: str, expected: PoolLine, changed: Callable[[str], str]
) -> None:
    assert only(changed(text)) == expected


def test_a_removed_address_is_no_address() -> None:
    found = only(
        "- Pool filter (64 bytes) : 6 allocated (384 bytes), 6 used, needed_avg 2, 0 failures, "
        "9 users, @REDACTED [SHARED]"
    )

    assert found == PoolLine("filter", 64, 6, 6, None, 2, 0, 9, shared=True)


# --- whole answers ---------------------------------------------------------------------------

WHOLE = (
    HEADING
    + """\
  - Pool cache_st (24 bytes) : 150 allocated (3600 bytes), 150 used (~150 by thread caches), \
needed_avg 284, 0 failures, 7 users, @0x56220b7744c0 [SHARED]
  - Pool buffer (16384 bytes) : 4 allocated (65536 bytes), 4 used (~1 by thread caches), \
needed_avg 9, 0 failures, 1 users, @0x56220b776540 [SHARED]
Total: 2 pools, 69136 bytes allocated, 69136 used (~19984 by thread caches).
"""
)
CACHE_ST, BUFFER = (
    PoolLine("cache_st", 24, 150, 150, 150, 284, 0, 7, shared=True, address="0x56220b7744c0"),
    PoolLine("buffer", 16384, 4, 4, 1, 9, 0, 1, shared=True, address="0x56220b776540"),
)


def test_a_whole_answer_is_read() -> None:
    (found,) = read(WHOLE)

    assert found == PoolDump("paste", 1, (CACHE_ST, BUFFER), 2, "")
    assert found.is_complete
    assert (found.allocated_bytes, found.live_bytes) == (69136, 3 * 16384)


def test_answers_are_found_in_a_thread_with_their_lines() -> None:
    thread = f"What grows here?{WHOLE}\nAnd a day later:\n\n{WHOLE}thanks"

    assert [(one.line, one.lines) for one in read(thread)] == [
        (1, (CACHE_ST, BUFFER)),
        (8, (CACHE_ST, BUFFER)),
    ]


def test_the_kinds_that_detailed_lists_belong_to_their_pool() -> None:
    (found,) = read(
        HEADING
        + """\
  - Pool h2s (192 bytes) : 103 allocated (19776 bytes), 103 used (~97 by thread caches), \
needed_avg 289, 0 failures, 2 users, @0x55e7b5c9d140 [SHARED]
      >  h2s         : size=176 flags=0x1 align=0
      >  session pri : size=168 flags=0x1 align=0
  - Pool ssl_sock_cl (256 bytes/8) : 0 allocated (0 bytes), 0 used (~0 by thread caches), \
needed_avg 0, 0 failures, 1 users, @0x556831163640
      >  ssl_sock_client_sni: size=256 flags=0 align=0 [src/ssl_sock.c:169]
Total: 2 pools, 19776 bytes allocated, 19776 used (~18624 by thread caches).
"""
    )

    assert [each.detail for each in found.lines] == [
        (PoolUser("h2s", 176), PoolUser("session pri", 168)),
        (PoolUser("ssl_sock_client_sni", 256, "src/ssl_sock.c:169"),),
    ]


def test_a_kind_without_a_pool_is_passed_over() -> None:
    kind = "      >  h2s         : size=176 flags=0x1 align=0\n"

    assert read(kind + HEADING + kind + WHOLE)[0].lines == (CACHE_ST, BUFFER)


def test_an_answer_without_lines_is_none() -> None:
    with pytest.raises(ParseError) as caught:
        read(HEADING + "Total: 0 pools, 0 bytes allocated, 0 used.\n")

    assert str(caught.value) == (
        "paste: holds no answer to 'show pools'; "
        "get one with: echo 'show pools' | socat stdio /run/haproxy/admin.sock"
    )


# --- answers that lack pools -----------------------------------------------------------------

LINES = WHOLE.splitlines(keepends=True)
LIMITED = HEADING.replace("usage.", "usage (limited to the first 1 entries).")


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        # the buffer was full: the last line is there, but not all others
        pytest.param(HEADING + LINES[2] + LINES[3], "cut", id="a line dropped"),
        pytest.param(HEADING + LINES[1] + LINES[2], "cut", id="the total dropped"),
        pytest.param(WHOLE[:-60], "cut", id="cut in the last line"),
        pytest.param(LIMITED + LINES[2] + LINES[3], "limited", id="a number asked for"),
        pytest.param(LIMITED + LINES[2], "cut", id="a number asked for, and cut"),
        # 3.2.6 says so although nothing is left out
        pytest.param(LIMITED + "".join(LINES[1:]), "", id="limited to what there is"),
        pytest.param(
            HEADING + LINES[1] + LINES[3].replace("2 pools", "1 pools"), "filtered", id="a name"
        ),
    ],
)
def test_an_answer_that_lacks_pools_is_marked(text: str, missing: str) -> None:
    (found,) = read(text)

    assert (found.missing, found.is_complete) == (missing, not missing)


def test_a_line_cut_before_its_caches_tells_of_no_live_object() -> None:
    found = only("  - Pool h2s (192 bytes) : 103 allocated (19776 bytes), 103 used (~9")

    assert (found.used, found.live, found.live_bytes) == (103, None, 0)


def test_a_line_cut_before_its_numbers_is_no_line() -> None:
    text = LINES[1] + "  - Pool h2s (192 bytes) : 103 allocated (197"

    assert [found.lines for found in read(text)] == [(CACHE_ST,)]


def test_two_cut_answers_without_headings_are_two() -> None:
    new = LINES[1] + LINES[2]
    old = "".join(
        f"  - Pool {name} ({size} bytes) : 1 allocated ({size} bytes), 1 used, 1 users [SHARED]\n"
        for name, size in (("pipe", 32), ("task", 144), ("caphdr", 144))
    )

    assert [len(found.lines) for found in read(new + new)] == [2, 2]
    assert [len(found.lines) for found in read(old + old)] == [3, 3]


def test_a_line_that_a_resumed_answer_repeats_counts_once() -> None:
    kind = "      >  cache_st    : size=24 flags=0x1 align=0\n"
    (found,) = read(HEADING + LINES[1] + kind + LINES[1] + kind + LINES[2] + LINES[3])

    assert found.is_complete
    assert found.lines == (CACHE_ST._replace(detail=(PoolUser("cache_st", 24),)), BUFFER)


# --- numbers not to be taken as they stand ---------------------------------------------------


def test_bytes_are_counted_anew_where_the_printed_ones_began_again_at_4_gib() -> None:
    (found,) = read(
        HEADING
        + """\
  - Pool buffer (16384 bytes) : 300000 allocated (620232704 bytes), 300000 used, 0 failures, \
1 users, @0x5607467a4e80=15 [SHARED]
Total: 1 pools, 620232704 bytes allocated, 620232704 used.
"""
    )

    assert (found.allocated_bytes, found.live_bytes) == (4_915_200_000, 4_915_200_000)


@pytest.mark.parametrize(
    ("allocated", "used", "expected"),
    [
        pytest.param(-2000000000, 7, (2294967296, 7), id="past 2^31"),
        pytest.param(-2000000000, -2000000001, (2294967296, 2294967295), id="both past 2^31"),
        pytest.param(-2000000001, -2000000000, (2294967295, None), id="more used than there are"),
        pytest.param(12, -2000000000, (12, None), id="more used than the few there are"),
        pytest.param(12, -1, (12, None), id="read while it changed"),
        pytest.param(-1, -1, (None, None), id="both read while they changed"),
        pytest.param(-(2**31) - 1, 0, (None, 0), id="no number of 32 bits"),
        pytest.param(-1, 5, (None, 5), id="nothing to compare with"),
        pytest.param(-(2**31), -(2**16) - 1, (2**31, None), id="the least one"),
    ],
)
def test_a_negative_count_is_restored_where_it_is_sure(
    allocated: int, used: int, expected: tuple[int | None, int | None]
) -> None:
    found = only(
        f"- Pool task (144 bytes) : {allocated} allocated (0 bytes), {used} used, 0 failures, "
        "1 users [SHARED]"
    )

    assert (found.allocated, found.used) == expected


def test_what_is_not_known_adds_no_bytes() -> None:
    found = PoolLine("task", 144, None, None, users=1)

    assert (found.allocated_bytes, found.live, found.live_bytes) == (0, None, 0)


def test_more_in_caches_than_in_use_is_none_live() -> None:
    # the caches are counted while the threads run
    assert line("task", 128, 80, cached=81).live == 0


# --- growth ----------------------------------------------------------------------------------


def test_growth_is_told_per_hour_request_and_connection() -> None:
    before, after = dump(line("filter", 64, 1682237)), dump(line("filter", 64, 7032752))
    (found,) = growth(
        (before, after), seconds=54 * 3600, requests=10_701_030, connections=5_350_515
    )

    assert found.counts == (1682237, 7032752)
    assert (found.gained, found.gained_bytes) == (5_350_515, 342_432_960)
    assert found.per_hour == pytest.approx(99083.61, abs=0.01)
    assert (found.per_request, found.per_connection) == (0.5, 1.0)
    assert (found.gained_least, found.maybe_caches) == (None, None)


def test_without_time_and_counters_there_are_no_rates() -> None:
    (found,) = growth(
        (dump(line("task", 128, 1)), dump(line("task", 128, 5))), seconds=0, requests=-3
    )

    assert (found.per_hour, found.per_request, found.per_connection) == (None, None, None)


def test_objects_parked_in_printed_caches_are_no_growth() -> None:
    before = dump(line("connection", 184, 9, cached=8))
    after = dump(line("connection", 184, 4492, cached=4491))
    (found,) = growth((before, after))

    assert (found.gained, found.gained_least, found.maybe_caches) == (0, 0, False)


@pytest.mark.parametrize(
    ("gained", "threads", "least", "maybe"),
    [
        # 2 threads of 2.4 can park 2 MiB: 16384 objects of 128 bytes
        (1497, 2, 0, True),
        (16384, 2, 0, True),
        (16385, 2, 1, False),
        (-5, 2, 0, False),
        (1497, None, None, None),
    ],
)
def test_caches_that_are_not_printed_may_explain_so_much(
    gained: int, threads: int | None, least: int | None, maybe: bool | None
) -> None:
    budget = cache_budget(Release("2.4.35"), threads)
    before, after = (
        dump(line("ssl_sock_ct", 128, 398)),
        dump(line("ssl_sock_ct", 128, 398 + gained)),
    )
    (found,) = growth((before, after), cache_bytes=budget)

    assert (found.gained_least, found.maybe_caches) == (least, maybe)


@pytest.mark.parametrize(
    ("version", "threads", "expected"),
    [
        ("1.8.31", None, 0),
        ("1.9-dev3", 4, 0),
        ("1.9.0", 4, 4 * 512 * 1024),
        ("2.2.34", 1, 512 * 1024),
        ("2.3.6", 1, 512 * 1024),
        ("2.3.7", 1, 1024 * 1024),
        ("2.4.0", 3, 3 * 1024 * 1024),
        ("2.4.0", None, None),
        # the lines tell
        ("2.5.0", 4, None),
        ("3.4.1", 4, None),
    ],
)
def test_the_caches_hold_so_much_at_most(
    version: str, threads: int | None, expected: int | None
) -> None:
    assert cache_budget(Release(version), threads) == expected


def test_a_pool_missing_from_a_whole_answer_held_nothing() -> None:
    (found,) = growth((dump(), dump(line("zlib_state", 5952, 3))))

    assert (found.counts, found.gained) == ((0, 3), 3)


def test_a_pool_missing_from_a_cut_answer_is_not_known() -> None:
    task, stream = line("task", 128, 5), line("stream", 1024, 9)
    found = growth((dump(task, missing="cut"), dump(task, stream)))

    assert [(row.name, row.counts, row.gained, row.gained_bytes) for row in found] == [
        ("task", (5, 5), 0, 0),
        ("stream", (None, 9), None, None),
    ]
    assert (found[1].maybe_caches, found[1].shrank, found[1].returned) == (None, False, False)


def test_a_pool_never_known_neither_shrank_nor_returned() -> None:
    (found,) = growth((dump(line("task", 128, None)), dump(line("task", 128, None))))

    assert (found.counts, found.shrank, found.returned) == ((None, None), False, False)


def test_a_pool_is_the_same_whatever_kind_names_it() -> None:
    # the one build has email_alert first, the other tcpcheck_ru
    before = dump(line("email_alert", 64, 10), line("task", 160, 1))
    after = dump(line("tcpcheck_ru", 64, 400), line("task", 160, 1))

    assert [(row.name, row.counts) for row in growth((before, after))] == [
        ("tcpcheck_ru", (10, 400)),
        ("task", (1, 1)),
    ]


def test_pools_of_one_size_are_told_apart_by_name_where_they_are_many() -> None:
    before = dump(line("tasklet", 64, 10), line("filter", 64, 1))
    after = dump(line("filter", 64, 1), line("tasklet", 64, 40), line("hlua_esub", 64, 0))

    assert [(row.name, row.counts) for row in growth((before, after))] == [
        ("tasklet", (10, 40)),
        ("filter", (1, 1)),
        ("hlua_esub", (0, 0)),
    ]


def test_pools_of_one_name_and_size_are_taken_together() -> None:
    # two frontends' captures, where pools are not merged
    before = dump(line("ptrcap", 16, 1), line("ptrcap", 16, 2))
    after = dump(line("ptrcap", 16, 4), line("ptrcap", 16, 4))
    unknown = dump(line("ptrcap", 16, None), line("ptrcap", 16, 4))

    assert [row.counts for row in growth((before, after, unknown))] == [(3, 8, None)]


@pytest.mark.parametrize(
    ("counts", "shrank", "returned"),
    [
        ((10, 20, 30), False, False),
        ((10, 40, 30), True, False),
        ((10, 110, 20), True, True),
        ((10, 110, 21), True, False),
        ((10, 5, 3), True, False),
        ((10, 10, 10), False, False),
    ],
)
def test_several_answers_tell_whether_it_ever_went_down(
    counts: tuple[int, ...], shrank: bool, returned: bool
) -> None:
    (found,) = growth([dump(line("task", 128, count)) for count in counts])

    assert (found.gained, found.shrank, found.returned) == (
        counts[-1] - counts[0],
        shrank,
        returned,
    )


def test_growth_needs_two_answers() -> None:
    with pytest.raises(ValueError, match="growth needs two answers"):
        growth([dump()])


def test_other_addresses_are_of_another_process() -> None:
    one, other = CACHE_ST, CACHE_ST._replace(address="0x5607467a4c00")

    assert other_process(dump(one), dump(other))
    assert not other_process(dump(one, BUFFER), dump(other, BUFFER))
    assert not other_process(dump(one), dump(one))
    assert not other_process(dump(one), dump(line("cache_st", 24, 1)))
    assert not other_process(dump(one), dump(BUFFER))


def test_shares_are_of_all_bytes_held() -> None:
    small, large = line("task", 100, 1), line("buffer", 900, 1)

    assert shares(dump(small, large)) == ((large, 0.9), (small, 0.1))
    assert shares(dump(line("task", 100, 0))) == ((line("task", 100, 0), 0.0),)


# --- the kinds behind a line -----------------------------------------------------------------


def kind(
    branch: str,
    pool: str,
    size: int,
    into: tuple[str, int],
    *,
    untagged: int | None = None,
    merges: bool = True,
    configured: bool = False,
) -> PoolKind:
    return PoolKind(
        branch, f"{branch}.9", "", pool, size, untagged, *into, merges=merges, configured=configured
    )


KINDS = (
    kind("2.0", "connection", 416, ("connection", 416)),
    kind("2.0", "appctx", 416, ("connection", 416), merges=False),
    kind("2.2", "filter", 64, ("filter", 64)),
    kind("2.2", "tasklet", 64, ("filter", 64)),
    kind("2.2", "caphdr", 96, ("vars", 96), configured=True),
    kind("2.2", "sticktables", 160, ("task", 160), configured=True),
    kind("2.2", "task", 160, ("task", 160)),
    kind("2.6", "tasklet", 56, ("tasklet", 56), untagged=64),
    kind("2.6", "mux_pt", 56, ("tasklet", 56), untagged=32),
    kind("2.6", "vars", 88, ("vars", 88), untagged=64),
    kind("2.6", "trash", 88, ("trash", 88), merges=False),
    kind("3.2", "hlua_queue", 24, ("hlua_queue", 40)),
    kind("3.2", "mux_pt", 40, ("hlua_queue", 40)),
    kind("3.2", "ptrcap", 16, ("caphdr", 24)),
    kind("3.2", "stconn", 80, ("stconn", 80)),
    kind("3.2", "vars", 64, ("vars", 64)),
    kind("3.2", "email_alert", 56, ("vars", 64)),
    kind("3.2", "zlib_prev", 65000, ("zlib_prev", 65000)),
    kind("3.2", "zlib_head", 64900, ("zlib_head", 64900)),
    kind("3.4", "filter", 96, ("filter", 96), merges=False),
    kind("3.4", "tasklet", 96, ("tasklet", 96), merges=False),
    kind("3.4", "capture", 96, ("caphdr", 96)),
    kind("3.4", "caphdr", 96, ("caphdr", 96)),
)


def shared(name: str, size: int, users: int | None, *detail: str) -> PoolLine:
    return PoolLine(
        name, size, 5, 5, users=users, detail=tuple(PoolUser(each, size) for each in detail)
    )


@pytest.mark.parametrize("name", ["filter", "tasklet", "conn_stream"])
def test_the_kinds_are_those_of_the_size_whatever_the_line_is_called(name: str) -> None:
    found = kinds_behind(KINDS, shared(name, 64, 9), "2.2")

    assert found.names == tuple(dict.fromkeys((name, "filter", "tasklet")))
    assert (found.configured, found.measured_on) == (("caphdr",), ("2.2.9",))
    assert (found.measured, found.certain) == (True, False)


def test_a_line_with_one_user_is_what_it_says() -> None:
    found = kinds_behind(KINDS, shared("filter", 64, 1), "2.2")

    assert found == (("filter",), (), (), True, True)


def test_what_detailed_lists_is_all_there_is() -> None:
    line = shared("filter", 64, 2, "filter", "resolv_requester")

    assert kinds_behind(KINDS, line, "9.9") == (("filter", "resolv_requ"), (), (), True, True)


def test_a_list_that_is_cut_is_completed_from_the_measured_sizes() -> None:
    found = kinds_behind(KINDS, shared("filter", 64, 3, "filter", "notification"), "2.2")

    assert found.names == ("filter", "notificatio", "tasklet")
    assert not found.certain


def test_a_line_cut_before_its_users_may_hide_anything_of_its_size() -> None:
    found = kinds_behind(KINDS, shared("filter", 64, None), "2.2")

    assert (found.names, found.certain) == (("filter", "tasklet"), False)


@pytest.mark.parametrize("users", [1, 2])
def test_applets_are_in_the_pool_of_connections_until_2_0(users: int) -> None:
    found = kinds_behind(KINDS, shared("connection", 416, users), "2.0")

    assert found.names == ("connection", "appctx")


def test_a_kind_sized_by_the_configuration_is_named_apart_unless_it_was_that_size() -> None:
    task = kinds_behind(KINDS, shared("task", 160, 4), "2.2")
    vars_ = kinds_behind(KINDS, shared("vars", 96, 4), "2.2")

    assert (task.names, task.configured) == (("task", "sticktables"), ("caphdr",))
    assert (vars_.names, vars_.configured) == (("vars", "caphdr"), ("sticktables",))


def test_a_run_without_tags_has_other_sizes() -> None:
    # 64 is the size of tasklet without a tag, 56 with it
    tagged = kinds_behind(KINDS, shared("tasklet", 56, 4), "2.6")
    untagged = kinds_behind(KINDS, shared("tasklet", 64, 4), "2.6")

    assert (tagged.names, untagged.names) == (("tasklet", "mux_pt"), ("tasklet", "vars"))


def test_a_kind_that_never_merges_hides_nowhere() -> None:
    assert kinds_behind(KINDS, shared("vars", 88, 4), "2.6").names == ("vars",)
    assert kinds_behind(KINDS, shared("caphdr", 96, 2), "3.4").names == ("caphdr", "capture")


def test_from_3_2_on_pools_of_nearly_one_size_are_one() -> None:
    lines = {"hlua_queue": 40, "stconn": 80, "zlib_window": 65536}

    assert [kinds_behind(KINDS, shared(*line, 2), "3.2").names for line in lines.items()] == [
        ("hlua_queue", "mux_pt"),
        ("stconn", "vars"),
        ("zlib_window", "zlib_head", "zlib_prev"),
    ]


@pytest.mark.parametrize(
    ("branch", "taken"), [("2.3", "2.2.9"), ("2.1", "2.0.9"), ("3.5", "3.4.9"), ("1.5", "2.0.9")]
)
def test_a_branch_not_measured_is_judged_by_the_one_before(branch: str, taken: str) -> None:
    found = kinds_behind(KINDS, shared("filter", 64, 9), branch)

    assert (found.measured_on, found.measured) == ((taken,), False)


def test_without_measured_kinds_the_name_alone_is_known() -> None:
    assert kinds_behind((), shared("filter", 64, 9), "2.2") == (("filter",), (), (), False, False)


# --- any text --------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *LINES,
        *(f"{text}\n" for text, _ in LAYOUTS),
        "      >  h2s         : size=176 flags=0x1 align=0\n",
        "Total: 2 pools, 0 bytes allocated, 0 used.\n",
        "\0\x1b[31m",
        "- Pool (",
        "Pool x (99999999999999999999999 bytes) : ",
        "- Pool x (0 bytes) : 0 allocated (0 bytes), 0 used, 1 users",
        "\r",
        "> ",
    ]
)
TEXTS = st.text() | st.lists(PIECES | st.text(max_size=9), max_size=12).map("".join)


@given(TEXTS)
@example("\0" * 10)
def test_any_text_gives_answers_or_says_that_there_is_none(text: str) -> None:
    try:
        found = read(text)
    except ParseError:
        return
    assert all(dump.lines for dump in found)
    assert [dump.line for dump in found] == sorted(dump.line for dump in found)
    for dump in found:
        assert {row.gained for row in growth((dump, dump))} <= {0, None}
        assert sum(share for _, share in shares(dump)) <= 1.001
        for each in dump.lines:
            assert kinds_behind(KINDS, each, "3.2").names[0] == each.name


@given(st.lists(st.integers(0, 6), min_size=2, max_size=5))
def test_what_was_gained_is_the_last_less_the_first(counts: list[int]) -> None:
    (found,) = growth([dump(line("task", 128, count)) for count in counts])

    assert found.gained == counts[-1] - counts[0]
    assert not (found.returned and not found.shrank and found.gained != 0)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 1_000_000, id="one line"),
        pytest.param("\0" * 1_000_000, id="NUL"),
        pytest.param("Pool" + " " * 1_000_000, id="spaces"),
        pytest.param("Pool " * 200_000, id="many beginnings"),
        pytest.param("- Pool a (1 bytes) : " * 50_000, id="many first halves"),
        pytest.param("Pool\n" + "a: size=" * 100_000, id="many kinds in a line"),
        pytest.param("Pool\n" * 200_000, id="many lines"),
        pytest.param("Pool (" + "9" * 1_000_000, id="digits"),
        pytest.param("Pool Dumping pools usage" * 40_000, id="many headings"),
    ],
)
def test_a_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        read(text)
