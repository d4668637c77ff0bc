"""Leaks held against what was measured: which are suspected, and for which points."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from advisory.bug import Advisory, Kind, LostObject, Severity
from advisory.evidence import Evidence, gather
from advisory.finding import Finding, FixState, Verdict
from advisory.info import ProcessInfo
from advisory.pools import PoolKind
from advisory.release import Release
from advisory.relevance import Relevance, Truth
from advisory.suspects import MOST_SUSPECTS, Part, Suspect, lines_of, rank
from tests.conftest import make_bug, make_fix
from tests.processes import config, info, pools


def kind(pool: str, size: int, *, branch: str = "2.2", configured: bool = False) -> PoolKind:
    return PoolKind(branch, f"{branch}.9", "", pool, size, None, pool, size, True, configured)


# Two kinds of one size, one whose size the configuration sets, one that other branches have.
KINDS = (
    kind("filter", 64),
    kind("tasklet", 64),
    kind("stream", 1088),
    kind("caphdr", 48, configured=True),
    kind("http_txn", 64, branch="2.4"),
)
HOLDS = Relevance(Truth.HOLDS, (), ("there is a kettle",))
UNKNOWN = Relevance(Truth.UNKNOWN)
FAILS = Relevance(Truth.FAILS, (), ("there is no kettle",))
TASKLET = (LostObject("a tasklet", "tasklet"),)


def leak(number: int = 0, *, bug: dict[str, Any] | None = None, **fields: Any) -> Finding:
    """A leak of a tasklet, unless its fields say otherwise; the number is its fix's position."""
    plain = Advisory(Kind.MEMORY_LEAK, "A tasklet is lost.", "medium", ("diff",), objects=TASKLET)
    advisory = plain._replace(**fields)
    flaw = make_bug(f"b{number}", advisory=advisory, runtime=True)._replace(**(bug or {}))
    fix = make_fix(number)._replace(bug=flaw)
    return Finding(flaw, fix, "2.2.5", FixState.RELEASED, Verdict.AFFECTED, ("later",))


def grown(
    *rows: tuple[str, int, int], infos: Iterable[ProcessInfo] = (), start: int = 0
) -> Evidence:
    """What shows if these pools grew from ``start`` objects each by so many."""
    before = pools(*((name, size, start) for name, size, _ in rows))
    after = pools(*((name, size, start + gained) for name, size, gained in rows))
    return gather([before, after], list(infos), None, Release("2.2.4"))


FILTER = grown(("filter", 64, 9000))


def ranked(
    *findings: Finding,
    evidence: Evidence = FILTER,
    relevance: Relevance = UNKNOWN,
    features: Iterable[str] = (),
    kinds: tuple[PoolKind, ...] = KINDS,
) -> tuple[Suspect, ...]:
    return rank(
        findings,
        evidence,
        kinds,
        lambda advisory: relevance,
        branch="2.2",
        features=frozenset(features),
    )


def parts_of(finding: Finding, **rest: Any) -> list[tuple[str, int]]:
    """The points of the one suspect."""
    (suspect,) = ranked(finding, **rest)
    assert suspect.score == sum(part.points for part in suspect.parts)
    return [(part.name, part.points) for part in suspect.parts]


# --- the pool ------------------------------------------------------------------------------------


def test_what_hides_in_a_pool_that_grew_is_suspected() -> None:
    (suspect,) = ranked(leak())

    assert suspect.parts == (
        Part(
            "pool",
            40,
            "what it loses (tasklet) is counted in the line `filter (64 bytes)`, which grew",
        ),
    )
    assert suspect.grown is FILTER.grown[0]
    assert suspect.lost == TASKLET[0]


def test_the_line_that_bears_its_name_is_told_plainly() -> None:
    (suspect,) = ranked(leak(objects=(LostObject("a filter", "filter"),)))

    assert suspect.parts[0].text == "it loses objects of the pool `filter (64 bytes)`, which grew"


def test_a_pool_counts_by_its_part_of_all_growth() -> None:
    half = grown(("filter", 64, 17000), ("stream", 1088, 1000))
    little = grown(("filter", 64, 200), ("stream", 1088, 1000))

    assert parts_of(leak(), evidence=half) == [("pool", 20)]
    assert parts_of(leak(), evidence=little, relevance=HOLDS) == [("pool", 5), ("config", 20)]


def test_of_several_pools_that_it_explains_the_one_with_the_most_bytes_tells() -> None:
    both = (LostObject("a tasklet", "tasklet"), LostObject("a stream", "stream"))
    (suspect,) = ranked(
        leak(objects=both), evidence=grown(("filter", 64, 9000), ("stream", 1088, 9000))
    )

    assert suspect.lost == both[1]
    assert [part.points for part in suspect.parts] == [40]


def test_it_weighs_against_a_bug_if_not_all_that_it_loses_became_more() -> None:
    both = (*TASKLET, LostObject("a stream", "stream"), LostObject("a string"))

    assert parts_of(leak(objects=both)) == [("pool", 40), ("pool", -10)]


def test_it_weighs_against_a_bug_if_what_it_loses_did_not_become_more() -> None:
    stream = leak(objects=(LostObject("a stream", "stream"),))

    assert ranked(stream, relevance=HOLDS) == ()  # 20 for the configuration, 40 off


def test_what_is_in_no_pool_counts_less_where_one_grew() -> None:
    string = leak(objects=(LostObject("a string"),), config=("section a", "section b"))

    assert parts_of(string, relevance=HOLDS) == [("pool", -20), ("config", 30)]
    assert ranked(string) == ()


@pytest.mark.parametrize(
    ("start", "gained", "parts"),
    [
        (500, 400, [("pool", 40), ("pool", -20)]),
        (400, 400, [("pool", 40)]),
        (5000, 999, [("pool", 40), ("pool", -20)]),
        (5000, 1000, [("pool", 40)]),
    ],
)
def test_a_few_more_than_there_were_may_be_the_working_set(
    start: int, gained: int, parts: list[tuple[str, int]]
) -> None:
    assert parts_of(leak(), evidence=grown(("filter", 64, gained), start=start)) == parts


@pytest.mark.parametrize(
    ("gained", "threads", "parts"),
    [
        (999, 1, [("pool", 40), ("pool", -20)]),
        (999, 0, [("pool", 40)]),
        (1000, 1, [("pool", 40)]),
    ],
)
def test_a_few_that_thread_caches_can_hold_may_lie_in_them(
    gained: int, threads: int, parts: list[tuple[str, int]]
) -> None:
    few = grown(("filter", 64, gained), infos=[info(Nbthread=threads)])

    assert parts_of(leak(), evidence=few) == parts


def test_what_may_lie_there_by_its_configured_size_counts_less() -> None:
    captured = leak(objects=(LostObject("captured headers", "caphdr"),))

    assert parts_of(captured) == [("pool", 40), ("pool", -5)]


def test_what_only_other_branches_were_measured_with_counts_less() -> None:
    other = leak(objects=(LostObject("a transaction", "http_txn"),))

    assert parts_of(other) == [("pool", 40), ("pool", -5)]


def test_it_must_be_of_the_size_that_other_branches_tell() -> None:
    other = leak(objects=(LostObject("a transaction", "http_txn"),))

    assert ranked(other, evidence=grown(("stream", 1088, 9000))) == ()


def test_a_line_with_one_user_hides_nothing() -> None:
    one = pools(("filter", 64, 0)), pools(("filter", 64, 9000))
    alone = [
        dump._replace(lines=tuple(line._replace(users=1) for line in dump.lines)) for dump in one
    ]
    evidence = gather(alone, [], None, Release("2.2.4"))

    assert ranked(leak(), evidence=evidence) == ()
    assert ranked(leak(objects=(LostObject("a filter", "filter"),)), evidence=evidence) != ()
    assert ranked(leak(objects=(LostObject("any", "http_txn"),)), evidence=evidence) == ()


def test_names_are_compared_as_they_are_printed() -> None:
    rules = grown(("tcpcheck_ru", 224, 9000))
    long = leak(objects=(LostObject("a rule", "tcpcheck_rule"),))

    assert parts_of(long, evidence=rules) == [("pool", 40)]


# --- rates, configuration, build -----------------------------------------------------------------


def rates(requests: int, connections: int, growth: str) -> list[tuple[str, int]]:
    """The points for how 9,000 objects go with what passed."""
    infos = [info(CumReq=0, CumConns=0), info(CumReq=requests, CumConns=connections)]
    parts = parts_of(leak(growth=growth), evidence=grown(("filter", 64, 9000), infos=infos))
    return [part for part in parts if part[0] == "rate"]


@pytest.mark.parametrize(
    ("requests", "connections", "growth", "parts"),
    [
        (9000, 50, "per-request", [("rate", 15)]),
        (50, 9000, "per-connection", [("rate", 15)]),
        (3000, 50, "per-request", [("rate", 15)]),
        # a leak that not every request sets off
        (18000, 50, "per-request", [("rate", 8)]),
        (899999, 50, "per-request", [("rate", 8)]),
        (900001, 50, "per-request", [("rate", -10)]),
        # what goes with neither
        (9000, 9000, "periodic", []),
        # nothing passed
        (0, 0, "per-request", []),
    ],
)
def test_a_pool_that_grew_with_what_the_bug_grows_with_counts(
    requests: int, connections: int, growth: str, parts: list[tuple[str, int]]
) -> None:
    assert rates(requests, connections, growth) == parts


def test_without_show_info_nothing_is_said_of_rates() -> None:
    assert parts_of(leak(growth="per-request")) == [("pool", 40)]


@pytest.mark.parametrize(("count", "points"), [(0, 20), (1, 25), (2, 30), (3, 30)])
def test_conditions_that_hold_count_the_more_the_more_they_ask(count: int, points: int) -> None:
    conditions = tuple(f"section {name}" for name in "abc"[:count])
    (suspect,) = ranked(leak(config=conditions), relevance=HOLDS)

    assert suspect.parts[1] == Part("config", points, "there is a kettle")


@pytest.mark.parametrize(
    ("needed", "features", "parts"),
    [
        (("+LUA",), ["+LUA", "-QUIC"], [("pool", 40), ("build", 5)]),
        (("+LUA", "+QUIC"), ["+LUA"], [("pool", 40)]),
        (("-LUA",), ["-LUA"], [("pool", 40)]),
    ],
)
def test_a_feature_that_is_built_in_counts(
    needed: tuple[str, ...], features: list[str], parts: list[tuple[str, int]]
) -> None:
    assert parts_of(leak(features=needed), features=features) == parts


def test_what_ends_by_itself_counts_less_and_what_is_certain_more() -> None:
    odd = leak(bounded=True, needs_oom=True, confidence="high")

    assert parts_of(odd) == [("pool", 40), ("growth", -15), ("growth", -15), ("advisory", 3)]


# --- who is suspected at all ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "finding",
    [
        leak(bug={"advisory": None}),
        leak(bug={"runtime": False}),
        leak(kind=Kind.NOT_A_LEAK),
        leak(kind=Kind.FD_LEAK),
    ],
)
def test_only_leaks_of_a_serving_process_are_suspected(finding: Finding) -> None:
    assert ranked(finding) == ()


def test_objects_that_are_stuck_are_suspected_too() -> None:
    assert len(ranked(leak(kind=Kind.STUCK_OBJECT))) == 1


def test_what_the_configuration_rules_out_is_not_suspected() -> None:
    assert ranked(leak(), relevance=FAILS) == ()


def test_nobody_is_suspected_where_nothing_grew() -> None:
    flat = grown(("filter", 64, 0))._replace(config=config("listen a\n"))

    assert ranked(leak(), evidence=flat, relevance=HOLDS) == ()
    assert ranked(leak(), evidence=Evidence(), relevance=HOLDS) == ()


def test_with_a_configuration_alone_those_are_suspected_whose_conditions_hold() -> None:
    alone = Evidence(config=config("listen a\n"))

    assert parts_of(leak(), evidence=alone, relevance=HOLDS) == [("config", 20)]
    assert ranked(leak(), evidence=alone) == ()


def test_the_higher_score_goes_first_then_the_worse_and_the_older_bug() -> None:
    worse = leak(5)
    worse = worse._replace(fix=worse.fix._replace(severity=Severity.MAJOR))
    suspects = ranked(leak(7), leak(6), worse, leak(9, confidence="high"))

    assert [suspect.finding.fix.position for suspect in suspects] == [9, 5, 6, 7]


def test_no_more_are_named_than_can_be_looked_at() -> None:
    suspects = ranked(*(leak(number) for number in range(MOST_SUSPECTS + 2)))

    assert len(suspects) == MOST_SUSPECTS


def test_the_lines_tell_what_may_hide_in_them_and_their_part_of_all_growth() -> None:
    evidence = grown(("filter", 64, 17000), ("stream", 1088, 3000))

    assert [
        (line.grown.name, line.hidden.names, line.hidden.configured, line.share)
        for line in lines_of(evidence, KINDS, "2.2")
    ] == [
        ("stream", ("stream",), ("caphdr",), 0.75),
        ("filter", ("filter", "tasklet"), ("caphdr",), 0.25),
    ]
