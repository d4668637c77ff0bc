"""What was measured on a process: answers of the Runtime API, and its configuration; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

from advisory.config import Config
from advisory.info import Interval, ProcessInfo, interval
from advisory.pools import (
    PoolDump,
    PoolGrowth,
    PoolLine,
    cache_budget,
    growth,
    other_process,
)
from advisory.release import Release

LEAST_OBJECTS = 100
"""How many objects a pool must have gained to count as grown: the working set of a quiet process
moves by less."""
OUTSTANDING = 10_000
"""How many objects a pool must hold to stand out in a single answer."""
_PER_CONNECTION = {"stream", "connection", "session"}
_Answer = TypeVar("_Answer", PoolDump, ProcessInfo)


class Evidence(NamedTuple):
    """What is known of one process besides its build.

    ``dumps`` are the answers to ``show pools`` of the process that ran last, oldest first, and
    ``infos`` those to ``show info``. ``passed`` is what lies between the first and the last of
    them, as far as it is known, ``seconds`` the time. ``growths`` are by pool, most bytes first;
    with one dump they are of the pools that stand out in it, counted ``from_start``. ``rss``
    are the process's sizes in kB, where they were passed. ``notes`` say what was found
    and what could not be used.
    """

    dumps: tuple[PoolDump, ...] = ()
    infos: tuple[ProcessInfo, ...] = ()
    config: Config | None = None
    passed: Interval | None = None
    seconds: float | None = None
    growths: tuple[PoolGrowth, ...] = ()
    from_start: bool = False
    rss: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def grown(self) -> tuple[PoolGrowth, ...]:
        """The pools that hold more than before, beyond what moves anyhow."""
        return tuple(row for row in self.growths if _has_grown(row))

    @property
    def gained_bytes(self) -> int:
        """Bytes that ``grown`` gained."""
        return sum(row.gained_bytes or 0 for row in self.grown)

    def line_of(self, row: PoolGrowth) -> PoolLine:
        """The newest line of a pool that grew."""
        return next(
            line
            for dump in reversed(self.dumps)
            for line in dump.lines
            if (line.name, line.size) == (row.name, row.size)
        )


def _has_grown(row: PoolGrowth) -> bool:
    """Whether it gained objects and gave back next to none of them in between."""
    known = [count for count in row.counts if count is not None]
    given_back = sum(max(0, count - later) for count, later in pairwise(known))
    gained = row.gained or 0
    return gained >= LEAST_OBJECTS and given_back * 10 <= gained


def gather(
    dumps: Sequence[PoolDump],
    infos: Sequence[ProcessInfo],
    config: Config | None,
    release: Release,
    seconds: float | None = None,
    rss: Sequence[int] = (),
) -> Evidence:
    """Put together what was measured.

    Args:
        dumps: answers to ``show pools``, oldest first.
        infos: answers to ``show info``, oldest first, taken with the dumps.
        config: the configuration, None where there is none.
        release: the version that runs.
        seconds: the time between the first and the last dump, where it is known otherwise.
        rss: the process's sizes in kB, oldest first.
    """
    notes = [_count(len(dumps), "answer", "to 'show pools'")] if dumps else []
    notes += [_count(len(infos), "answer", "to 'show info'")] if infos else []
    if rss:
        notes.append(_count(len(rss), "size", "of the process"))
    if config is not None:
        notes.append(_count(len(config.sections), "section", "of a configuration"))
    kept = _since_restart(dumps, other_process)
    recent = _since_restart(infos, _started_later)
    if len(kept) == len(dumps) and len(recent) < len(infos):  # the dumps do not tell
        kept = kept[-len(recent) :] if len(dumps) == len(infos) else kept[-1:]
    if len(kept) < len(dumps) or len(recent) < len(infos):
        notes.append("the process was restarted in between: only what came after that is compared")
        seconds = None
    passed = interval(recent[0], recent[-1]) if len(recent) > 1 else None
    if passed is not None and seconds is None and passed.seconds is not None:
        seconds = float(passed.seconds)
    for dump in kept:
        if not dump.is_complete:
            notes.append(
                f"an answer to 'show pools' is not whole ({dump.missing}): a pool that it "
                "lacks is not known"
            )
    threads = infos[-1].nbthread if infos else None
    rows: tuple[PoolGrowth, ...] = ()
    if len(kept) == 1:
        rows = _outstanding(kept[0], infos[-1] if infos else None)
        notes.append("one answer only: what stands out in it is taken for what was gained")
    elif kept:
        untimed = "the time between them is not known, so no rate per hour (--between 2d)"
        notes += [untimed] if seconds is None else []
        rows = growth(
            kept,
            seconds=seconds,
            requests=passed.requests if passed else None,
            connections=passed.connections if passed else None,
            cache_bytes=cache_budget(release, threads),
        )
    return Evidence(
        dumps=tuple(kept),
        infos=tuple(infos),
        config=config,
        passed=passed,
        seconds=seconds,
        growths=rows,
        from_start=len(kept) == 1,
        rss=tuple(rss),
        notes=tuple(notes),
    )


def _outstanding(dump: PoolDump, info: ProcessInfo | None) -> tuple[PoolGrowth, ...]:
    """The pools of one dump that hold far more than the process has streams and connections."""
    busy = max((line.live or 0 for line in dump.lines if line.name in _PER_CONNECTION), default=0)
    hours = (info.uptime_s or 0) / 3600 if info else 0
    requests = (info.cum_req if info else None) or 0
    connections = (info.cum_conns if info else None) or 0
    found = [
        PoolGrowth(
            name=line.name,
            size=line.size,
            counts=(line.live,),
            gained=line.live,
            gained_least=None,
            per_hour=line.live / hours if hours else None,
            per_request=line.live / requests if requests else None,
            per_connection=line.live / connections if connections else None,
        )
        for line in dump.lines
        if line.live is not None and line.live >= max(OUTSTANDING, 50 * busy)
    ]
    return tuple(sorted(found, key=lambda row: -(row.gained_bytes or 0)))


def _since_restart(
    answers: Sequence[_Answer], restarted: Callable[[_Answer, _Answer], bool]
) -> list[_Answer]:
    """The answers since the last restart that shows between two of them."""
    kept = list(answers[-1:])
    for answer in reversed(answers[:-1]):
        if restarted(answer, kept[0]):
            break
        kept.insert(0, answer)
    return kept


def _started_later(before: ProcessInfo, after: ProcessInfo) -> bool:
    return interval(before, after).restarted


def _count(number: int, one: str, rest: str) -> str:
    return f"{number} {one}{'' if number == 1 else 's'} {rest}"
