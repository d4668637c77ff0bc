"""What was measured on a process, put together."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from advisory.evidence import LEAST_OBJECTS, OUTSTANDING, Evidence, gather
from advisory.info import Interval, ProcessInfo
from advisory.pools import PoolDump, PoolGrowth, read_pools
from advisory.release import Release
from tests.processes import config, info, pools

RELEASE = Release("2.2.4")
RESTARTED = "the process was restarted in between: only what came after that is compared"


def gathered(
    *dumps: PoolDump, infos: Sequence[ProcessInfo] = (), seconds: float | None = None
) -> Evidence:
    return gather(dumps, infos, None, RELEASE, seconds)


def grown(*counts: int) -> tuple[int | None, ...]:
    """The pool ``filter`` with these counts, if it has grown."""
    evidence = gathered(*(pools(("filter", 64, count)) for count in counts))
    return tuple(row.gained for row in evidence.grown)


def test_the_pools_that_gained_are_listed_the_most_bytes_first() -> None:
    evidence = gathered(
        pools(("filter", 64, 500), ("stream", 1088, 10), ("pipe", 32, 7)),
        pools(("filter", 64, 9500), ("stream", 1088, 1010), ("pipe", 32, 8)),
    )

    assert [(row.name, row.gained) for row in evidence.grown] == [
        ("stream", 1000),
        ("filter", 9000),
    ]
    assert evidence.gained_bytes == 1000 * 1088 + 9000 * 64
    assert evidence.from_start is False


@pytest.mark.parametrize(
    ("counts", "gained"),
    [
        ((0, LEAST_OBJECTS), (LEAST_OBJECTS,)),
        ((0, LEAST_OBJECTS - 1), ()),
        ((900, 500), ()),
        # what is given back in between is no leak's, up to a tenth of the gain
        ((0, 1100, 1000), (1000,)),
        ((0, 1101, 1000), ()),
        ((0, 5000, 100), ()),
    ],
)
def test_a_pool_has_grown_if_it_gained_some_and_gave_back_next_to_none(
    counts: tuple[int, ...], gained: tuple[int, ...]
) -> None:
    assert grown(*counts) == gained


def test_rates_are_by_what_passed_between_the_answers() -> None:
    evidence = gathered(
        pools(("filter", 64, 500)),
        pools(("filter", 64, 1500)),
        infos=[
            info(Uptime_sec=60, CumReq=100, CumConns=10),
            info(Uptime_sec=1860, CumReq=4100, CumConns=510),
        ],
    )
    (row,) = evidence.grown

    assert evidence.passed == Interval(False, 1800, 500, 4000)
    assert evidence.seconds == 1800
    assert (row.per_hour, row.per_request, row.per_connection) == (2000, 0.25, 2)


def test_the_time_that_is_told_goes_before_the_uptime() -> None:
    infos = [info(Uptime_sec=60), info(Uptime_sec=1860)]

    assert gathered(pools(), pools(), infos=infos, seconds=3600).seconds == 3600


def test_without_uptime_the_time_is_not_known() -> None:
    evidence = gathered(pools(), pools(), infos=[info(CumReq=1), info(CumReq=2)])

    assert (evidence.passed, evidence.seconds) == (Interval(False, None, None, 1), None)


@pytest.mark.parametrize(
    ("release", "threads", "maybe"),
    [("2.2.4", 2, True), ("2.2.4", 0, False), ("1.8.31", 2, False), ("2.2.4", None, None)],
)
def test_what_thread_caches_may_hold_is_told(
    release: str, threads: int | None, maybe: bool | None
) -> None:
    infos = [] if threads is None else [info(Nbthread=threads)]
    dumps = [pools(("filter", 64, 500)), pools(("filter", 64, 9500))]
    (row,) = gather(dumps, infos, None, Release(release)).grown

    assert row.maybe_caches is maybe


# --- restarts ------------------------------------------------------------------------------------


def test_a_restart_shows_in_the_addresses_of_the_pools() -> None:
    evidence = gathered(
        pools(("filter", 64, 9000), start=0x1000),
        pools(("filter", 64, 500), start=0x2000),
        pools(("filter", 64, 800), start=0x2000),
        infos=[info(Pid=2, Uptime_sec=10), info(Pid=2, Uptime_sec=20)],
        seconds=86400,
    )

    assert [row.counts for row in evidence.grown] == [(500, 800)]
    assert evidence.seconds == 10  # what was told is the time of the first answer
    assert RESTARTED in evidence.notes


@pytest.mark.parametrize(
    ("pids", "counts"),
    [
        ((1, 2, 2), [(500, 800)]),
        ((1, 1, 2), []),
        ((2, 2, 2), []),  # none was, and most is given back
        # not as many answers as dumps: which are of the last process is not known
        ((1, 2), []),
    ],
)
def test_a_restart_shows_in_the_process_ids(
    pids: tuple[int, ...], counts: list[tuple[int, ...]]
) -> None:
    evidence = gathered(
        pools(("filter", 64, 9000)),
        pools(("filter", 64, 500)),
        pools(("filter", 64, 800)),
        infos=[info(Pid=pid) for pid in pids],
    )

    assert [row.counts for row in evidence.grown] == counts
    assert (RESTARTED in evidence.notes) is (1 in pids)


def test_the_dumps_go_before_the_answers_where_both_tell_of_a_restart() -> None:
    evidence = gathered(
        pools(("filter", 64, 9000), start=0x1000),
        pools(("filter", 64, 500), start=0x2000),
        pools(("filter", 64, 800), start=0x2000),
        infos=[info(Pid=1, Uptime_sec=900), info(Pid=2, Uptime_sec=20)],
    )

    assert [row.counts for row in evidence.grown] == [(500, 800)]
    assert evidence.passed is None


# --- one answer ----------------------------------------------------------------------------------


def test_of_one_answer_those_pools_count_that_stand_out() -> None:
    evidence = gathered(
        pools(("filter", 64, OUTSTANDING), ("task", 128, OUTSTANDING - 1), ("stream", 1088, 20)),
        infos=[info(Uptime_sec=7200, CumReq=40000, CumConns=5000)],
    )

    assert evidence.from_start is True
    assert evidence.growths == (
        PoolGrowth("filter", 64, (OUTSTANDING,), OUTSTANDING, None, 5000, 0.25, 2),
    )
    assert evidence.line_of(evidence.growths[0]).users == 3


def test_what_a_busy_process_needs_does_not_stand_out() -> None:
    busy = pools(("filter", 64, 50 * 1000 - 1), ("stream", 1088, 1000))
    more = pools(("filter", 64, 50 * 1000), ("stream", 1088, 1000))

    assert gathered(busy).grown == ()
    assert [row.gained for row in gathered(more).grown] == [50000]


def test_without_show_info_one_answer_gives_no_rates() -> None:
    (row,) = gathered(pools(("filter", 64, OUTSTANDING))).grown

    assert (row.per_hour, row.per_request, row.per_connection) == (None, None, None)


# --- what is told --------------------------------------------------------------------------------


def test_the_notes_tell_what_was_found() -> None:
    evidence = gather(
        [pools(), pools()],
        [info()],
        config("global\nlisten a\n"),
        RELEASE,
        rss=(17424, 31156),
    )

    assert evidence.notes == (
        "2 answers to 'show pools'",
        "1 answer to 'show info'",
        "2 sizes of the process",
        "2 sections of a configuration",
        "the time between them is not known, so no rate per hour (--between 2d)",
    )


def test_the_notes_tell_what_is_missing() -> None:
    (cut,) = read_pools(
        "Dumping pools usage.\n  - Pool pipe (32 bytes) : 5 allocated (160 bytes), 4 used, 2 users",
        source="cut",
    )

    assert gathered(cut).notes == (
        "1 answer to 'show pools'",
        "an answer to 'show pools' is not whole (cut): a pool that it lacks is not known",
        "one answer only: what stands out in it is taken for what was gained",
    )


def test_a_pool_that_a_cut_answer_lacks_has_not_grown() -> None:
    (cut,) = read_pools(
        "Dumping pools usage.\n  - Pool pipe (32 bytes) : 5 allocated (160 bytes), 4 used, 2 users",
        source="cut",
    )

    assert gathered(cut, pools(("filter", 64, 9000))).grown == ()
