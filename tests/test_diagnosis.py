"""The rules that decide what a process suffers from."""

from __future__ import annotations

import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from advisory.diagnosis import RULES, Diagnosis, Rule, diagnose, quantities
from advisory.evidence import Evidence, gather
from advisory.finding import Finding, FixState, Verdict
from advisory.info import ProcessInfo
from advisory.pools import PoolDump, read_pools
from advisory.release import Release
from advisory.relevance import Relevance, Truth
from advisory.suspects import Part, Suspect
from tests.conftest import make_bug, make_fix
from tests.processes import config, info, pools

WORDS = {"culprit": "It is the kettle.", "cure": "upgrade", "workaround": "until then: coffee"}
GROWN = (pools(("filter", 64, 500)), pools(("filter", 64, 17000)))
FLAT = (pools(("filter", 64, 500)), pools(("filter", 64, 501)))


def evidence_of(
    *dumps: PoolDump,
    infos: Sequence[ProcessInfo] = (),
    rss: Sequence[int] = (),
    release: str = "2.2.4",
) -> Evidence:
    return gather(dumps, infos, None, Release(release), rss=rss)


def suspect(score: int, evidence: Evidence) -> Suspect:
    """A bug with so many points, told by the pool that grew most, if one did."""
    bug = make_bug()
    finding = Finding(
        bug, make_fix(1)._replace(bug=bug), "2.2.5", FixState.RELEASED, Verdict.AFFECTED, ("",)
    )
    row = evidence.grown[0] if evidence.grown else None
    parts = (Part("pool", score, ""),)
    return Suspect(finding, score, parts, row, None, Relevance(Truth.UNKNOWN))


def diagnosed(evidence: Evidence, *scores: int, **about: Any) -> Diagnosis:
    about = {"lua": False, "musl": False, "socket": "/run/h.sock", "words": WORDS, **about}
    return diagnose(evidence, [suspect(score, evidence) for score in scores], **about)


def cached(live: int, parked: int, *, name: str = "connection", size: int = 488) -> PoolDump:
    """An answer of 2.6, whose lines tell what thread caches hold."""
    (dump,) = read_pools(
        "Dumping pools usage.\n"
        f"  - Pool {name} ({size} bytes) : {live + parked} allocated (1 bytes), {live + parked} "
        f"used (~{parked} by thread caches), needed_avg 9, 0 failures, 1 users, @0x1\n"
        "  - Pool buffer (16384 bytes) : 2 allocated (1 bytes), 2 used (~0 by thread caches), "
        "needed_avg 9, 0 failures, 1 users, @0x2\n"
        "Total: 2 pools, 1 bytes allocated, 1 used (~1 by thread caches).\n",
        source="cached",
    )
    return dump


# --- the table -----------------------------------------------------------------------------------

KNOWN = {
    *("dumps", "compared", "whole", "grown_pools", "suspects", "from_start", "score"),
    *("gained_objects", "gained_mib", "maybe_caches", "rate", "rss_mib", "rss_gained_mib"),
    *("allocated_mib", "cached_share", "cached_objects", "spare_share", "spare_mib"),
}
TEXTS = {"socket", "outside", "outside_step", "largest", "sparest", *WORDS}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.explanation[:30])
def test_a_rule_speaks_only_of_what_is_known(rule: Rule) -> None:
    named = {
        name
        for text in (rule.explanation, *rule.next_steps)
        for _, name, _, _ in string.Formatter().parse(text)
        if name
    }

    assert {*rule.least, *rule.most} <= KNOWN
    assert named <= KNOWN | TEXTS
    assert rule.verdict in ("known-bug", "caches", "high-water", "outside-pools", "undecided")


def test_all_that_the_rules_ask_for_can_be_measured() -> None:
    evidence = evidence_of(*GROWN, infos=[info(CumReq=0), info(CumReq=9)], rss=(1024, 4096))

    assert set(quantities(evidence, [suspect(50, evidence)])) == KNOWN


def test_all_that_the_rules_ask_for_is_documented() -> None:
    text = (Path(__file__).parent.parent / "docs" / "diagnosis.md").read_text(encoding="utf-8")

    assert {name for name in KNOWN if f"`{name}`" not in text} == set()
    assert {rule.verdict for rule in RULES if f"`{rule.verdict}`" not in text} == set()


def test_some_rule_holds_where_nothing_was_measured() -> None:
    assert diagnosed(Evidence()) == Diagnosis(
        "undecided",
        "There is no answer to `show pools` to tell what grows.",
        (
            "measure: echo 'show info' | socat stdio /run/h.sock > info-1.txt ; "
            "echo 'show pools' | socat stdio /run/h.sock > pools-1.txt",
            "measure once more an hour later, and pass all of it",
        ),
    )


# --- each rule -----------------------------------------------------------------------------------


def test_a_suspect_with_points_enough_is_the_culprit() -> None:
    assert diagnosed(evidence_of(*GROWN), 40) == Diagnosis(
        "known-bug", "It is the kettle.", ("upgrade", "until then: coffee")
    )


@pytest.mark.parametrize(
    ("threads", "requests", "connections", "verdict"),
    [
        # 16,500 objects that the caches of four threads can hold
        (4, 165000, 165000, "undecided"),
        (4, 164999, 165000, "known-bug"),
        (4, 165000, 16500, "known-bug"),
        # too many for those of two
        (2, 165000, 165000, "known-bug"),
    ],
)
def test_what_thread_caches_may_hold_is_no_culprits_unless_it_goes_with_the_traffic(
    threads: int, requests: int, connections: int, verdict: str
) -> None:
    passed = [
        info(Nbthread=threads, CumReq=0, CumConns=0),
        info(Nbthread=threads, CumReq=requests, CumConns=connections),
    ]
    found = diagnosed(evidence_of(*GROWN, infos=passed), 76)

    assert found.verdict == verdict
    assert ("If they become more with it" in found.explanation) is (verdict == "undecided")


def test_steps_that_say_nothing_are_left_out() -> None:
    found = diagnosed(evidence_of(*GROWN), 40, words={**WORDS, "workaround": ""})

    assert found.next_steps == ("upgrade",)


def test_a_suspect_that_no_pool_tells_of_is_no_culprit() -> None:
    assert diagnosed(evidence_of(), 90).verdict == "undecided"


def test_suspects_with_fewer_points_leave_it_undecided() -> None:
    found = diagnosed(evidence_of(*GROWN), 39, 12)

    assert found.verdict == "undecided"
    assert found.explanation == (
        "The pool `filter (64 bytes)` gained 16,500 objects (1.0 MiB). "
        "Known leaks that fit somewhat, though none of them well: 2."
    )
    assert "pass the configuration as well (--config FILE)" in found.next_steps


def test_one_answer_does_not_tell_whether_a_large_pool_grows() -> None:
    found = diagnosed(evidence_of(GROWN[1]))

    assert found.verdict == "undecided"
    assert found.explanation.startswith(
        "The pool `filter (64 bytes)` holds 17,000 objects (1.0 MiB), far more"
    )


def test_what_thread_caches_may_hold_is_not_called_a_leak() -> None:
    threads = [info(Nbthread=4)]

    caches = diagnosed(evidence_of(*GROWN, infos=threads))
    leak = diagnosed(evidence_of(*GROWN, infos=[info(Nbthread=2)]))

    assert caches.verdict == leak.verdict == "undecided"
    assert "That many can lie in the caches of the threads" in caches.explanation
    assert "or a leak that nobody knows yet" in leak.explanation


def test_memory_that_no_pool_gained_is_outside_of_them() -> None:
    found = diagnosed(evidence_of(*FLAT, rss=(17424, 31156)))

    assert found.verdict == "outside-pools"
    assert found.explanation.startswith(
        "The process grew by 13.4 MiB, to 30.4 MiB, and no pool did: the pools hold 0.2 MiB. "
        "The memory is outside of them: the TLS library, kernel buffers,"
    )


@pytest.mark.parametrize("rss", [(17424,), (17424, 18000), (31156, 17424)])
def test_a_process_that_did_not_grow_is_not_said_to_have(rss: tuple[int, ...]) -> None:
    assert "The process grew" not in diagnosed(evidence_of(*FLAT, rss=rss)).explanation


@pytest.mark.parametrize(
    ("lua", "musl", "places", "step"),
    [
        (False, False, "them: the TLS library", "2.4 and later, built with USE_MEMORY_PROFILING"),
        (True, False, "them: what Lua scripts keep; the TLS", "let the Lua scripts print"),
        (False, True, "them: musl's allocator, which returns", "2.4 and later, built with"),
        (True, True, "them: what Lua scripts keep; musl's", "let the Lua scripts print"),
    ],
)
def test_the_likeliest_place_outside_the_pools_is_named_first(
    lua: bool, musl: bool, places: str, step: str
) -> None:
    found = diagnosed(evidence_of(*FLAT), lua=lua, musl=musl)

    assert found.verdict == "outside-pools"
    assert places in found.explanation
    assert found.next_steps[0] == (
        "see whether the process grows: grep VmRSS /proc/$(pidof -s haproxy)/status"
    )
    assert found.next_steps[1].startswith(step)


def test_a_cut_answer_does_not_tell_that_no_pool_grew() -> None:
    cut = FLAT[1]._replace(missing="cut")

    assert diagnosed(evidence_of(FLAT[0], cut)).verdict == "undecided"


@pytest.mark.parametrize("again", [1, 2])
def test_objects_parked_in_thread_caches_are_no_leak(again: int) -> None:
    found = diagnosed(evidence_of(*[cached(1, 4491)] * again, release="2.6.7"))

    assert found.verdict == "caches"
    assert found.explanation.startswith(
        "99% of the memory in use (4,491 objects) is parked in the caches of the threads"
    )


@pytest.mark.parametrize(
    ("live", "parked", "verdict"),
    [(0, 1000, "caches"), (0, 999, "undecided"), (1400, 1500, "caches"), (1500, 1500, "undecided")],
)
def test_so_many_must_be_parked(live: int, parked: int, verdict: str) -> None:
    assert diagnosed(evidence_of(cached(live, parked), release="2.6.7")).verdict == verdict


def test_what_is_allocated_far_above_what_is_used_is_a_peaks() -> None:
    (dump,) = read_pools(
        "Dumping pools usage.\n"
        "  - Pool pipe (32 bytes) : 9 allocated (1 bytes), 9 used, 0 failures, 1 users, @0x1=00\n"
        "  - Pool buffer (16384 bytes) : 21353 allocated (1 bytes), 265 used, 0 failures, 1 users, "
        "@0x2=01\nTotal: 2 pools, 1 bytes allocated, 1 used.\n",
        source="peak",
    )
    found = diagnosed(evidence_of(dump, release="2.0.9"))

    assert found.verdict == "high-water"
    assert found.explanation.startswith(
        "99% of what the pools hold (329.5 MiB) is free, most of it in `buffer`"
    )


def test_little_that_is_spare_is_no_peaks() -> None:
    assert diagnosed(evidence_of(pools(spare=63))).verdict == "undecided"
    assert diagnosed(evidence_of(pools(spare=64))).verdict == "high-water"


def test_one_answer_in_which_nothing_stands_out_leaves_it_undecided() -> None:
    found = diagnosed(evidence_of(FLAT[0]))

    assert found.verdict == "undecided"
    assert found.explanation.startswith("One answer to `show pools` shows nothing that stands out")


def test_a_pool_without_memory_divides_nothing() -> None:
    (empty,) = read_pools(
        "Dumping pools usage.\n  - Pool buffer (64 bytes) : 0 allocated (0 bytes), 0 used, 1 users"
        "\nTotal: 1 pools, 0 bytes allocated, 0 used.",
        source="empty",
    )

    assert diagnosed(evidence_of(empty, empty)).verdict == "outside-pools"


def test_braces_in_names_are_taken_as_they_are() -> None:
    odd = (pools(("{socket}", 64, 500)), pools(("{socket}", 64, 17000)))

    assert "`{socket} (64 bytes)`" in diagnosed(evidence_of(*odd)).explanation


def test_a_configuration_alone_needs_no_pools() -> None:
    alone = gather([], [], config("global\n"), Release("2.2.4"))

    assert diagnosed(alone).verdict == "undecided"
