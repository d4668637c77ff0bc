"""Which of a build's leaks fit what was measured: each with a score whose parts can be read; pure.

The points are a judgement, not a measurement: they order the suspects. docs/diagnosis.md explains
them, and says how often they were right on processes that really leaked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from advisory.bug import Advisory, Kind, LostObject
from advisory.evidence import Evidence
from advisory.finding import Finding
from advisory.pools import Hidden, PoolGrowth, PoolKind, PoolLine, kinds_behind
from advisory.relevance import Relevance, Truth

SUSPECTED = frozenset({Kind.MEMORY_LEAK, Kind.STUCK_OBJECT})
LEAST_SCORE = 10
MOST_SUSPECTS = 10


class Part(NamedTuple):
    """One reason for or against a suspect: ``pool``, ``size``, ``rate``, ``config``, ..."""

    name: str
    points: int
    text: str


class Suspect(NamedTuple):
    """A leak that fits. ``grown`` is the pool that tells of it, None where no pool does."""

    finding: Finding
    score: int
    parts: tuple[Part, ...]
    grown: PoolGrowth | None
    lost: LostObject | None
    relevance: Relevance


class Line(NamedTuple):
    """A pool that grew, with the kinds that may hide in it and its part of all growth."""

    grown: PoolGrowth
    hidden: Hidden
    share: float


def rank(
    findings: Iterable[Finding],
    evidence: Evidence,
    kinds: Sequence[PoolKind],
    relevance_of: Callable[[Advisory], Relevance],
    *,
    branch: str,
    features: frozenset[str],
) -> tuple[Suspect, ...]:
    """The leaks that fit what was measured, the likeliest first.

    Args:
        findings: the bugs that the build may have.
        evidence: what was measured; where nothing in it points anywhere, nobody is suspected.
        kinds: which kinds of objects the pools of each branch hold.
        relevance_of: holds a bug's conditions against the configuration.
        branch: the build's.
        features: what it lists as built in.
    """
    if not evidence.grown and (evidence.growths or evidence.config is None):
        return ()
    lines = lines_of(evidence, kinds, branch)
    measured = {kind.pool for kind in kinds if kind.branch == branch}
    strangers: dict[str, set[int]] = {}
    for kind in kinds:
        if kind.pool not in measured:
            strangers.setdefault(kind.pool, set()).add(kind.size)
    suspects = []
    for finding in findings:
        advisory = finding.bug.advisory
        if advisory is None or advisory.kind not in SUSPECTED or finding.bug.runtime is False:
            continue
        relevance = relevance_of(advisory)
        if relevance.verdict is Truth.FAILS:
            continue
        near = [_with_strangers(line, advisory, strangers) for line in lines]
        suspects.append(_judged(finding, advisory, relevance, near, features))
    fit = [item for item in suspects if item.score >= LEAST_SCORE and _points(item)]
    return tuple(sorted(fit, key=_order)[:MOST_SUSPECTS])


def lines_of(evidence: Evidence, kinds: Sequence[PoolKind], branch: str) -> tuple[Line, ...]:
    """The pools that grew, most bytes first."""
    whole = max(evidence.gained_bytes, 1)
    return tuple(
        Line(
            row,
            kinds_behind(kinds, _line(evidence, row), branch),
            (row.gained_bytes or 0) / whole,
        )
        for row in evidence.grown
    )


def _line(evidence: Evidence, row: PoolGrowth) -> PoolLine:
    return evidence.line_of(row)


def _with_strangers(
    line: Line, advisory: Advisory, strangers: Mapping[str, AbstractSet[int]]
) -> Line:
    """The line with the kinds that a bug loses, if the branch was measured without them.

    A kind may come and go within a branch; its size is then that which other branches tell.
    """
    hidden = line.hidden
    if hidden.certain:
        return line
    more = {
        lost.pool[:11]
        for lost in advisory.objects
        if line.grown.size in strangers.get(lost.pool[:11], ())
    }
    return line._replace(hidden=hidden._replace(configured=(*hidden.configured, *sorted(more))))


def _points(suspect: Suspect) -> bool:
    """Whether more than its mere presence in the build points at it."""
    return suspect.grown is not None or suspect.relevance.verdict is Truth.HOLDS


def _order(suspect: Suspect) -> tuple[int, int, int]:
    finding = suspect.finding
    return (-suspect.score, finding.fix.severity.rank, finding.fix.position)


def _judged(
    finding: Finding,
    advisory: Advisory,
    relevance: Relevance,
    lines: Sequence[Line],
    features: frozenset[str],
) -> Suspect:
    line, lost, parts = _pool_parts(advisory, lines)
    parts += _rate_parts(advisory, line.grown if line else None)
    parts += _condition_parts(advisory, relevance, features)
    if advisory.bounded:
        parts.append(Part("growth", -15, "it ends by itself"))
    if advisory.needs_oom:
        parts.append(Part("growth", -15, "it needs memory to have run out"))
    if advisory.confidence == "high":
        parts.append(Part("advisory", 3, "what it loses is certain"))
    return Suspect(
        finding=finding,
        score=sum(part.points for part in parts),
        parts=tuple(parts),
        grown=line.grown if line else None,
        lost=lost,
        relevance=relevance,
    )


def _pool_parts(
    advisory: Advisory, lines: Sequence[Line]
) -> tuple[Line | None, LostObject | None, list[Part]]:
    """What the pools say: whether what the bug loses lies in one that grew."""
    if not lines:
        return None, None, []
    pooled = [lost for lost in advisory.objects if lost.pool]
    found = [
        (line, lost)
        for lost in pooled
        for line in lines
        if lost.pool[:11] in line.hidden.names + line.hidden.configured
    ]
    if found:
        line, lost = max(found, key=lambda pair: pair[0].share)
        share = sum({pair[0].grown: pair[0].share for pair in found}.values())
        parts = [Part("pool", max(5, round(40 * share)), _in_line(lost, line))]
        if lost.pool[:11] in line.hidden.configured:
            parts.append(Part("pool", -5, "whether it lies there hangs on build and configuration"))
        if not _among_all(pooled, lines):
            parts.append(Part("pool", -10, "other objects that it loses did not become more"))
        if _may_be_working_set(line.grown):
            few = "so few more may be what the process works with, or keeps in caches"
            parts.append(Part("pool", -20, few))
        return line, lost, parts
    if pooled:
        names = ", ".join(sorted({lost.pool for lost in pooled}))
        return None, None, [Part("pool", -40, f"what it loses ({names}) did not become more")]
    return None, None, [Part("pool", -20, "what it loses is in no pool, as far as is known")]


def _may_be_working_set(row: PoolGrowth) -> bool:
    """Whether the pool gained little, and less than it held or than thread caches hold."""
    gained, first = row.gained or 0, row.counts[0] or 0
    return gained < 1000 and (gained < first or row.maybe_caches is True)


def _among_all(pooled: Sequence[LostObject], lines: Sequence[Line]) -> bool:
    """Whether every kind that the bug loses may lie in a pool that grew."""
    names = {name for line in lines for name in line.hidden.names + line.hidden.configured}
    return all(lost.pool[:11] in names for lost in pooled)


def _in_line(lost: LostObject, line: Line) -> str:
    row = line.grown
    where = f"`{row.name} ({row.size} bytes)`"
    if lost.pool[:11] == row.name:
        return f"it loses objects of the pool {where}, which grew"
    return f"what it loses ({lost.pool}) is counted in the line {where}, which grew"


def _rate_parts(advisory: Advisory, row: PoolGrowth | None) -> list[Part]:
    """Whether the pool grew with what the bug grows with."""
    if row is None:
        return []
    per_connection, per_request = row.per_connection, row.per_request
    rates = {"per-connection": per_connection, "per-request": per_request}
    rate = rates.get(advisory.growth)
    if rate is None or per_connection is None or per_request is None:
        return []
    what = advisory.growth.removeprefix("per-")
    text = f"{rate:.3g} objects for each {what}"
    if rate < 0.01:
        return [Part("rate", -10, f"the pool gained only {text}")]
    whole = abs(rate - round(rate)) < 0.02 and round(rate) >= 1
    return [Part("rate", 15 if whole else 8, f"the pool gained {text}")]


def _condition_parts(
    advisory: Advisory, relevance: Relevance, features: frozenset[str]
) -> list[Part]:
    parts = []
    if relevance.verdict is Truth.HOLDS:
        points = 20 + 5 * min(len(advisory.config), 2)
        parts.append(Part("config", points, "; ".join(relevance.reasons)))
    needed = [feature for feature in advisory.features if feature[0] == "+"]
    if needed and features.issuperset(needed):
        parts.append(Part("build", 5, f"{', '.join(needed)} is built in"))
    return parts
