"""What a growing process suffers from, by a table of rules; pure.

A rule holds if every quantity that it names lies where the rule says; one that was not measured
makes it fail. The first rule that holds decides. docs/diagnosis.md explains the quantities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from advisory.evidence import Evidence
from advisory.pools import PoolDump
from advisory.suspects import Suspect

MIB = 1 << 20


class Rule(NamedTuple):
    """``least`` and ``most`` bound quantities; the texts may name them in braces.

    ``source`` says where the knowledge comes from.
    """

    verdict: str
    least: Mapping[str, float]
    most: Mapping[str, float]
    explanation: str
    next_steps: tuple[str, ...]
    source: str


class Diagnosis(NamedTuple):
    """``verdict``: known-bug, caches, high-water, outside-pools or undecided; why; what to do."""

    verdict: str
    explanation: str
    next_steps: tuple[str, ...]


_POOLS = "echo 'show pools' | socat stdio {socket}"
_INFO = "echo 'show info' | socat stdio {socket}"
_GAINED = "The pool `{largest}` gained {gained_objects:,.0f} objects ({gained_mib:.1f} MiB)"
_RSS = "grep VmRSS /proc/$(pidof -s haproxy)/status"
_OLD = "see whether old processes stay after reloads: ps -C haproxy -o pid,etime,rss,args"
_AGAIN = f"measure once more after an hour of traffic: {_INFO} ; {_POOLS}"

_CACHES = "measured on 2.4.35, where the caches held some 1,900 objects of 128 bytes"

RULES = (
    Rule(
        "undecided",
        {"score": 40, "maybe_caches": 1},
        {"rate": 0.1},
        f"{_GAINED}. That many can lie in the caches of the threads, which this version does not "
        "tell apart, and they are few for so much traffic. If they become more with it, it is the "
        "first suspect.",
        (_AGAIN,),
        f"data/pools.csv; {_CACHES}, of 40,000 requests",
    ),
    Rule(
        "known-bug",
        {"score": 40},
        {},
        "{culprit}",
        ("{cure}", "{workaround}"),
        "data/advisories",
    ),
    Rule(
        "undecided",
        {"grown_pools": 1, "suspects": 1},
        {},
        f"{_GAINED}. Known leaks that fit somewhat, though none of them well: {{suspects:.0f}}.",
        (_AGAIN, "pass the configuration as well (--config FILE)"),
        "data/advisories, data/pools.csv",
    ),
    Rule(
        "undecided",
        {"grown_pools": 1, "from_start": 1},
        {},
        "The pool `{largest}` holds {gained_objects:,.0f} objects ({gained_mib:.1f} MiB), far more "
        "than this process has streams. One answer to `show pools` does not tell whether they "
        "become more, and no known leak of this release fits.",
        (_AGAIN,),
        "data/pools.csv",
    ),
    Rule(
        "undecided",
        {"grown_pools": 1, "maybe_caches": 1},
        {},
        f"{_GAINED}. That many can lie in the caches of the threads, which this version does not "
        "tell apart; no known leak of this release fits.",
        (_AGAIN,),
        f"data/pools.csv; {_CACHES}",
    ),
    Rule(
        "undecided",
        {"grown_pools": 1},
        {},
        f"{_GAINED}, and no known leak of this release fits: traffic that is kept open, or a leak "
        "that nobody knows yet.",
        (_AGAIN, "look for connections that never end: echo 'show sess' | socat stdio {socket}"),
        "data/pools.csv",
    ),
    Rule(
        "outside-pools",
        {"rss_gained_mib": 1},
        {"grown_pools": 0},
        "The process grew by {rss_gained_mib:.1f} MiB, to {rss_mib:.1f} MiB, and no pool did: the "
        "pools hold {allocated_mib:.1f} MiB. The memory is outside of them: {outside}.",
        ("{outside_step}", _OLD),
        "VmRSS in /proc/PID/status; measured with a Lua table that grows on 2.8.2",
    ),
    Rule(
        "caches",
        {"cached_share": 0.5, "cached_objects": 1000},
        {"grown_pools": 0},
        "{cached_share:.0%} of the memory in use ({cached_objects:,.0f} objects) is parked in the "
        "caches of the threads, where the next connections take it from. It does not grow without "
        "end, and no pool gained objects beyond that.",
        ("nothing has to be done; tune.memory.hot-size (2.8 and later) bounds the caches",),
        "`show pools` of 2.5 and later, which prints how much of what is used is cached",
    ),
    Rule(
        "high-water",
        {"spare_share": 0.5, "spare_mib": 1},
        {"grown_pools": 0},
        "{spare_share:.0%} of what the pools hold ({spare_mib:.1f} MiB) is free, most of it in "
        "`{sparest}`: what a peak of traffic needed stays with the process for the next one.",
        (
            "nothing has to be done; a reload starts over, SIGQUIT frees what is spare",
            "if the peak is too high, lower maxconn",
        ),
        "`show pools`: allocated far above used; measured on 2.0.9 after a burst",
    ),
    Rule(
        "outside-pools",
        {"compared": 2, "whole": 1},
        {"grown_pools": 0},
        "The pools hold {allocated_mib:.1f} MiB and did not grow. If the process does, the memory "
        "is outside of them: {outside}.",
        (
            f"see whether the process grows: {_RSS}",
            "{outside_step}",
            _OLD,
        ),
        "`show pools` counts pools only; measured with a Lua table that grows on 2.8.2",
    ),
    Rule(
        "undecided",
        {"dumps": 1},
        {},
        "One answer to `show pools` shows nothing that stands out ({allocated_mib:.1f} MiB in "
        "all); whether anything grows takes two.",
        (_AGAIN,),
        "data/pools.csv",
    ),
    Rule(
        "undecided",
        {},
        {},
        "There is no answer to `show pools` to tell what grows.",
        (
            f"measure: {_INFO} > info-1.txt ; {_POOLS} > pools-1.txt",
            "measure once more an hour later, and pass all of it",
        ),
        "",
    ),
)


def diagnose(
    evidence: Evidence,
    suspects: Sequence[Suspect],
    *,
    lua: bool,
    musl: bool,
    socket: str,
    words: Mapping[str, str],
) -> Diagnosis:
    """Decide by the first rule that holds.

    Args:
        evidence: what was measured.
        suspects: the leaks that fit it, the likeliest first.
        lua: whether the configuration loads Lua scripts.
        musl: whether the build is for musl.
        socket: the stats socket, as socat takes it, for the commands to type.
        words: what to say of the first suspect: ``culprit``, ``cure``, ``workaround``.
    """
    numbers = quantities(evidence, suspects)
    outside, step = _outside(lua, musl)
    texts = {
        "socket": socket,
        "outside": outside,
        "outside_step": step,
        "largest": _largest(evidence),
        "sparest": _sparest(evidence),
        **words,
    }
    rule = next(rule for rule in RULES if _holds(rule, numbers))
    steps = (step.format_map({**texts, **numbers}) for step in rule.next_steps)
    return Diagnosis(
        rule.verdict,
        rule.explanation.format_map({**texts, **numbers}),
        tuple(step for step in steps if step),
    )


def _holds(rule: Rule, numbers: Mapping[str, float]) -> bool:
    return all(numbers.get(name, -1) >= bound for name, bound in rule.least.items()) and all(
        numbers.get(name, bound + 1) <= bound for name, bound in rule.most.items()
    )


def quantities(evidence: Evidence, suspects: Sequence[Suspect]) -> dict[str, float]:
    """What the rules ask for, as far as it was measured."""
    grown = evidence.grown
    numbers: dict[str, float] = {
        "dumps": len(evidence.dumps),
        "grown_pools": len(grown),
        "suspects": len(suspects),
        "from_start": evidence.from_start,
    }
    if evidence.rss:
        numbers["rss_mib"] = evidence.rss[-1] / 1024
        numbers["rss_gained_mib"] = (evidence.rss[-1] - evidence.rss[0]) / 1024
    if suspects and suspects[0].grown is not None:
        numbers["score"] = suspects[0].score
    if grown:
        numbers["gained_objects"] = grown[0].gained or 0
        numbers["gained_mib"] = (grown[0].gained_bytes or 0) / MIB
        numbers["maybe_caches"] = bool(grown[0].maybe_caches)
        rates = (grown[0].per_request, grown[0].per_connection)
        known = [rate for rate in rates if rate is not None]
        if known:
            numbers["rate"] = max(known)
    if evidence.dumps:
        numbers |= _of_dump(evidence.dumps[-1])
        numbers["compared"] = 0 if evidence.from_start else len(evidence.dumps)
        numbers["whole"] = all(dump.is_complete for dump in evidence.dumps)
    return numbers


def _of_dump(dump: PoolDump) -> dict[str, float]:
    used = sum(line.size * (line.used or 0) for line in dump.lines)
    cached = sum(line.size * (line.cached or 0) for line in dump.lines)
    spare = max(0, dump.allocated_bytes - used)
    return {
        "allocated_mib": dump.allocated_bytes / MIB,
        "cached_share": cached / used if used else 0,
        "cached_objects": sum(line.cached or 0 for line in dump.lines),
        "spare_share": spare / dump.allocated_bytes if dump.allocated_bytes else 0,
        "spare_mib": spare / MIB,
    }


def _largest(evidence: Evidence) -> str:
    return f"{evidence.grown[0].name} ({evidence.grown[0].size} bytes)" if evidence.grown else ""


def _sparest(evidence: Evidence) -> str:
    """The pool with the most memory that is allocated and not used."""
    lines = evidence.dumps[-1].lines if evidence.dumps else ()
    spare = {line.name: line.allocated_bytes - line.size * (line.used or 0) for line in lines}
    return max(spare, key=lambda name: spare[name], default="")


def _outside(lua: bool, musl: bool) -> tuple[str, str]:
    """Where else memory goes, the likeliest first, and what to look at."""
    places = [
        "the TLS library, kernel buffers, maxconn and the file descriptors kept for it, old "
        "processes that long sessions keep after reloads"
    ]
    step = "2.4 and later, built with USE_MEMORY_PROFILING, tell by 'show profiling memory'"
    if musl:
        places.insert(0, "musl's allocator, which returns little to the system")
    if lua:
        places.insert(0, "what Lua scripts keep")
        step = "let the Lua scripts print collectgarbage('count') from time to time"
    return "; ".join(places), step
