"""What ``show pools`` says of a process's memory: text in, values out; and what grew between two.

HAProxy has printed seven layouts since 1.3.11; one pattern reads them all, also indented, quoted,
or broken over lines by a mail client. Three things that it prints are not taken as they stand:

- totals in bytes, which are products of 32 bits in many versions and begin again at 4 GiB; they are
  computed anew from size and count;
- counts printed as negative numbers, which are those past 2^31;
- an answer without some of its lines, cut by the buffer it was made in or by whoever pasted it. A
  pool that it lacks is not known, which is not the same as empty.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from advisory.build import clean
from advisory.errors import ParseError
from advisory.release import Release, branch_order


class PoolUser(NamedTuple):
    """One kind of object that ``show pools detailed`` lists below its pool.

    ``name`` is cut to 11 characters in 3.2 and whole from 3.3; ``size`` is what was asked for, in
    bytes, not rounded. ``place`` is the file and line that declare it, from 3.3.
    """

    name: str
    size: int
    place: str = ""


class PoolLine(NamedTuple):
    """One line of the answer.

    Args:
        name: of the pool's first kind, cut to 11 characters; others may be counted here too.
        size: bytes of one object, rounded as the pool rounds it.
        allocated: objects held; None if the number printed can be no count.
        used: those in use, with those parked in thread caches from 1.9 on; None as above.
        cached: those parked, which 2.5 and later print.
        needed_avg: the average need, which 2.2 and later print.
        failures: allocations that failed, which 1.7 and later print.
        users: how many registrations share the pool; None on a line that is cut before it.
        shared: whether the line ends with ``[SHARED]``.
        address: of the pool in memory, "" where it is not printed or was removed.
        detail: the kinds below the line, in ``show pools detailed``.
    """

    name: str
    size: int
    allocated: int | None
    used: int | None
    cached: int | None = None
    needed_avg: int | None = None
    failures: int | None = None
    users: int | None = None
    shared: bool = False
    address: str = ""
    detail: tuple[PoolUser, ...] = ()

    @property
    def live(self) -> int | None:
        """Objects in use and not parked, as far as the line tells: see ``used`` for 1.9 to 2.4."""
        if self.used is None or (self.cached is None and self.users is None):
            return None
        return max(self.used - (self.cached or 0), 0)

    @property
    def allocated_bytes(self) -> int:
        """Bytes that the pool holds; 0 if the count is not known."""
        return self.size * (self.allocated or 0)

    @property
    def live_bytes(self) -> int:
        """Bytes of ``live``; 0 if it is not known."""
        return self.size * (self.live or 0)


class PoolDump(NamedTuple):
    """One answer to ``show pools``.

    Args:
        source: where the text comes from.
        line: the number of its first line in that text, from 1.
        lines: the pools, in the order printed.
        total: how many pools its last line counts; None where there is no such line.
        missing: why pools may be missing: ``cut`` (lines are), ``limited`` (a number of pools was
            asked for), ``filtered`` (names were); "" for a whole answer.
    """

    source: str
    line: int
    lines: tuple[PoolLine, ...]
    total: int | None
    missing: str

    @property
    def is_complete(self) -> bool:
        """Whether a pool that it does not name holds no object."""
        return not self.missing

    @property
    def allocated_bytes(self) -> int:
        """Bytes that the pools printed hold, those lying free in them included."""
        return sum(line.allocated_bytes for line in self.lines)

    @property
    def live_bytes(self) -> int:
        """Bytes of the objects in use, without those in thread caches where these are printed."""
        return sum(line.live_bytes for line in self.lines)


# Every repetition has a bound: a text is read in a time that its length alone decides. A space may
# be the end of a line, with its indentation, where a mail client broke it.
_W = r"\s{1,40}"
_N = r"(-?\d{1,20})"
_EVENT = rf"""(?mxa)
  (Dumping{_W}pools{_W}usage) ({_W}\(limited)?
| \bPool{_W}([^\s():][^()\n:]{{0,30}}?){_W}\((\d{{1,20}}){_W}bytes(?:/\d{{1,9}})?\)\s{{0,9}}:
  {_W}{_N}{_W}allocated(?:{_W}\(\d{{1,20}}{_W}bytes\))?,{_W}{_N}{_W}used
  (?:{_W}\(~(\d{{1,20}}){_W}by{_W}thread{_W}caches\))?
  (?:,{_W}needed_avg{_W}(\d{{1,20}}))?
  (?:,{_W}{_N}{_W}failures)?
  (?:,{_W}{_N}{_W}users)?
  (?:,{_W}@(0x[0-9a-fA-F]{{1,16}})?\S{{0,40}})?
  ({_W}\[SHARED\])?
| ^[ \t>]{{0,40}}([^\s:>][^:\n]{{0,40}}?)[ \t]{{0,40}}:[ \t]{{1,9}}size=(\d{{1,20}})
  [ ]flags=0[x0-9a-f]{{0,16}}[ ]align=\d{{1,9}}(?:[ ]\[([^\]\n]{{1,80}})\])?
| \bTotal:{_W}(\d{{1,9}}){_W}pools,{_W}\d{{1,20}}{_W}bytes{_W}allocated,{_W}\d{{1,20}}{_W}used
"""
# Pools that every process has and uses: an answer that counts its lines right and lacks both was
# asked for certain names.
_ALWAYS = {"buffer", "trash"}


def read_pools(text: str, *, source: str) -> tuple[PoolDump, ...]:
    """Read every answer to ``show pools`` that a text holds, in its order.

    Args:
        text: answers of any version from 1.3.11 on, with or without ``detailed``, with anything
            around them, as people paste them.
        source: the file, option or socket it comes from, for messages.

    Raises:
        ParseError: there is none.
    """
    text = clean(text) if "Pool" in text else ""
    dumps: list[PoolDump] = []
    number, position = 1, 0
    for answer in _answers(text):
        number += text.count("\n", position, answer.start)
        position = answer.start
        missing = _missing(answer)
        dumps.append(PoolDump(source, number, tuple(answer.lines), answer.total, missing))
    if not dumps:
        raise ParseError(
            "holds no answer to 'show pools'; "
            "get one with: echo 'show pools' | socat stdio /run/haproxy/admin.sock",
            source=source,
        )
    return tuple(dumps)


class _Answer:
    """What has been read of an answer: where it starts, its lines and what stands around them."""

    __slots__ = ("addresses", "limited", "lines", "start", "total")

    def __init__(self, start: int, *, limited: bool = False) -> None:
        self.start = start
        self.limited = limited
        self.lines: list[PoolLine] = []
        self.addresses: set[str] = set()
        self.total: int | None = None

    def repeats(self, line: PoolLine) -> bool:
        """Whether the line must be of another answer, whose heading is lost.

        A pool occurs once, and until 2.1, whose lines have no average, the sizes ascend.
        """
        if line.address or not self.lines:
            return line.address in self.addresses and line.address != self.lines[-1].address
        return line.needed_avg is None and line.size < self.lines[-1].size

    def add(self, line: PoolLine) -> None:
        # From 3.2.6 on an answer that waits for its reader begins again with the line it was at.
        if line.address and line.address in self.addresses:
            self.lines.pop()
        self.lines.append(line)
        self.addresses.add(line.address)


def _answers(text: str) -> list[_Answer]:
    answers: list[_Answer] = []
    current: _Answer | None = None
    for found in re.finditer(_EVENT, text):
        if found[1]:
            current = _Answer(found.start(), limited=found[2] is not None)
            answers.append(current)
        elif found[3]:
            line = _line(found)
            if current is None or current.repeats(line):
                current = _Answer(found.start())
                answers.append(current)
            current.add(line)
        elif current is None:
            continue
        elif found[16]:
            current.total = int(found[16])
            current = None
        elif current.lines:
            user = PoolUser(found[13], int(found[14]), found[15] or "")
            last = current.lines[-1]
            current.lines[-1] = last._replace(detail=(*last.detail, user))
    return [answer for answer in answers if answer.lines]


def _line(found: re.Match[str]) -> PoolLine:
    name, size, allocated, used, cached, average, failures, users, address, shared = found.group(
        *range(3, 13)
    )
    counted, in_use = _count(allocated), _count(used)
    if used.startswith("-") and (in_use or 0) > (counted or 0):
        in_use = None
    return PoolLine(
        name=name,
        size=int(size),
        allocated=counted,
        used=in_use,
        cached=_optional(cached),
        needed_avg=_optional(average),
        failures=_optional(failures),
        users=_optional(users),
        shared=shared is not None,
        address=address or "",
    )


def _optional(number: str | None) -> int | None:
    return None if number is None else _count(number)


def _count(number: str) -> int | None:
    """A count as it was before it was printed with a sign, if that is sure.

    One just below zero is not a process's four thousand millions of objects but a count that was
    read while it changed.
    """
    count = int(number)
    if count >= 0:
        return count
    return count + 2**32 if -(2**31) <= count < -(2**16) else None


def _missing(answer: _Answer) -> str:
    if answer.total is None:
        return "cut"
    if answer.total != len(answer.lines):
        return "limited" if answer.limited else "cut"
    return "" if any(line.name in _ALWAYS for line in answer.lines) else "filtered"


def cache_budget(release: Release, threads: int | None) -> int | None:
    """How many bytes the thread caches of a process can hold at most; None if that is not known.

    Needed where objects in them are counted as used and not told apart: 1.9 to 2.4. Until 1.8 there
    are no such caches; from 2.5 on the lines tell, and what a cache may hold can be configured.

    Args:
        release: the version that runs.
        threads: its number of threads, ``Nbthread`` in ``show info``.
    """
    if release < Release("1.9-dev4"):
        return 0
    if threads is None or release >= Release("2.5-dev9"):
        return None
    large = release >= Release("2.4-dev11") or (
        release.branch == "2.3" and release >= Release("2.3.7")
    )
    return threads * (1 << 20 if large else 512 << 10)


class PoolGrowth(NamedTuple):
    """How the objects of one pool became more, or fewer, over two answers or more.

    Args:
        name: as in the newest answer that has the pool.
        size: bytes of one object.
        counts: objects in use in each answer, oldest first, without those in thread caches where
            these are printed; None where an answer leaves it unknown.
        gained: the last of them minus the first; negative if they became fewer.
        gained_least: how many of those cannot lie in thread caches; None if that is not known.
        per_hour: ``gained`` by the time between the first and the last answer.
        per_request: by the requests between them.
        per_connection: by the connections between them.
    """

    name: str
    size: int
    counts: tuple[int | None, ...]
    gained: int | None
    gained_least: int | None
    per_hour: float | None
    per_request: float | None
    per_connection: float | None

    @property
    def gained_bytes(self) -> int | None:
        """Bytes of ``gained``."""
        return None if self.gained is None else self.gained * self.size

    @property
    def maybe_caches(self) -> bool | None:
        """Whether thread caches alone may account for all that was gained; None if not known."""
        if self.gained is None or self.gained_least is None:
            return None
        return self.gained > 0 and self.gained_least == 0

    @property
    def shrank(self) -> bool:
        """Whether it was smaller in one answer than in the one before."""
        known = [count for count in self.counts if count is not None]
        return any(later < count for count, later in pairwise(known))

    @property
    def returned(self) -> bool:
        """Whether it rose and came back to within a tenth of the rise above its start."""
        known = [count for count in self.counts if count is not None]
        rise = max(known, default=0) - known[0] if known else 0
        return rise > 0 and 10 * (known[-1] - known[0]) <= rise


def growth(
    dumps: Sequence[PoolDump],
    *,
    seconds: float | None = None,
    requests: int | None = None,
    connections: int | None = None,
    cache_bytes: int | None = None,
) -> tuple[PoolGrowth, ...]:
    """What grew in one process, by the bytes gained, most first; what is not known comes last.

    Pools are the same if name and size are; those of equal name and size are taken together. Where
    only the name of a size's single pool differs, that is taken for the same too: which kind
    names a pool depends on the build.

    Args:
        dumps: two answers or more of one process, oldest first.
        seconds: the time between the first and the last.
        requests: how many the process served in between.
        connections: how many it accepted in between.
        cache_bytes: what its thread caches can hold, where the answers do not tell them apart;
            see ``cache_budget``.

    Raises:
        ValueError: there are fewer than two answers.
    """
    if len(dumps) < 2:
        raise ValueError("growth needs two answers to 'show pools'")
    held = _aligned([_held(dump) for dump in dumps])
    told = any(line.cached is not None for dump in dumps for line in dump.lines)
    rows = []
    for name, size in dict.fromkeys(key for pools in reversed(held) for key in pools):
        counts = tuple(
            pools.get((name, size), 0 if dump.is_complete else None)
            for dump, pools in zip(dumps, held, strict=True)
        )
        first, last = counts[0], counts[-1]
        gained = None if first is None or last is None else last - first
        rows.append(
            PoolGrowth(
                name=name,
                size=size,
                counts=counts,
                gained=gained,
                gained_least=_least(gained, size, 0 if told else cache_bytes),
                per_hour=_per(gained, seconds and seconds / 3600),
                per_request=_per(gained, requests),
                per_connection=_per(gained, connections),
            )
        )
    return tuple(
        sorted(rows, key=lambda row: (row.gained is None, -(row.gained_bytes or 0), row.size))
    )


_Held = dict[tuple[str, int], int | None]


def _held(dump: PoolDump) -> _Held:
    """Objects in use by name and size."""
    held: _Held = {}
    for line in dump.lines:
        known = held.get((line.name, line.size), 0)
        held[line.name, line.size] = (
            None if known is None or line.live is None else known + line.live
        )
    return held


def _aligned(all_held: list[_Held]) -> list[_Held]:
    """The same, each pool under the name that the newest answer has for it."""
    newest = all_held[-1]
    names = {size: name for name, size in newest}
    many = {size for size, count in Counter(size for _, size in newest).items() if count > 1}
    aligned = []
    for held in all_held:
        sizes = Counter(size for _, size in held)
        aligned.append(
            {
                (names.get(size, name) if sizes[size] == 1 and size not in many else name, size): n
                for (name, size), n in held.items()
            }
        )
    return aligned


def _least(gained: int | None, size: int, cache_bytes: int | None) -> int | None:
    if gained is None or cache_bytes is None:
        return None
    return max(gained - cache_bytes // max(size, 1), 0)


def _per(gained: int | None, amount: float | None) -> float | None:
    return gained / amount if gained is not None and amount and amount > 0 else None


def other_process(before: PoolDump, after: PoolDump) -> bool:
    """Whether two answers are surely of two processes: no pool lies at the same address in both.

    False proves nothing: addresses may be missing, or be the same by the way the binary was linked.
    """
    earlier = {(line.name, line.size): line.address for line in before.lines if line.address}
    pairs = [
        (earlier[line.name, line.size], line.address)
        for line in after.lines
        if line.address and (line.name, line.size) in earlier
    ]
    return bool(pairs) and all(one != other for one, other in pairs)


def shares(dump: PoolDump) -> tuple[tuple[PoolLine, float], ...]:
    """Each pool with its part, 0 to 1, of the bytes that the pools hold; the largest first."""
    whole = max(dump.allocated_bytes, 1)
    lines = sorted(dump.lines, key=lambda line: -line.allocated_bytes)
    return tuple((line, line.allocated_bytes / whole) for line in lines)


class PoolKind(NamedTuple):
    """One kind of object as measured on one build: a row of ``data/pools.csv``.

    Args:
        branch: the branch it was measured on.
        version: the release.
        build: ``quic`` where only builds with QUIC have it or have it in this size, ``debian`` for
            Debian's package, ``bare`` for a build without TLS and Lua, else "".
        pool: the name as printed, cut to 11 characters.
        size: bytes of one object, as printed when the kind has its pool for itself.
        size_untagged: the same run with ``-dMno-tag``, from 2.6; None where it was not measured.
        merged_into: the name of the line that it is counted under by default.
        merged_size: the size that this line prints.
        merges: whether it shares a pool with others of its size.
        configured: whether the configuration sets its size.
    """

    branch: str
    version: str
    build: str
    pool: str
    size: int
    size_untagged: int | None
    merged_into: str
    merged_size: int
    merges: bool
    configured: bool

    @property
    def lodges(self) -> bool:
        """Whether it has no pool but takes objects of another: applets, until 2.0."""
        return not self.merges and self.pool != self.merged_into


class Hidden(NamedTuple):
    """Which kinds of objects a line of ``show pools`` may count.

    Args:
        names: the line's own first, as printed; the others sorted.
        configured: more that may be there, if the configuration gives them this size.
        measured_on: the releases whose sizes this follows; () if the line itself tells.
        measured: whether these are of the branch asked for; else they are of the nearest one.
        certain: whether every kind in the line is named.
    """

    names: tuple[str, ...]
    configured: tuple[str, ...]
    measured_on: tuple[str, ...]
    measured: bool
    certain: bool


def kinds_behind(kinds: Iterable[PoolKind], line: PoolLine, branch: str) -> Hidden:
    """Which kinds can hide behind a line: those of its size, for its name depends on the build.

    A line that lists its kinds, or has one user, needs no table. Else pools of one size are one
    pool, if they share at all; from 3.2 on, those of nearly one size too.

    Args:
        kinds: the measured ones, of every branch; without those of builds with QUIC if it is known
            that this one has none.
        line: as read.
        branch: the branch of the process.
    """
    kinds = list(kinds)
    nearest = _nearest({kind.branch for kind in kinds}, branch)
    kinds = [kind for kind in kinds if kind.branch == nearest]
    found = {user.name[:11] for user in line.detail} | {line.name}
    configured: set[str] = set()
    told = line.users in (1, len(line.detail) or 1)
    for kind in () if told else _of_size(kinds, line, branch):
        (configured if kind.configured and kind.size != line.size else found).add(kind.pool)
    lodgers = {kind.pool for kind in kinds if kind.lodges and kind.merged_into in found}
    return Hidden(
        names=(line.name, *sorted((found | lodgers) - {line.name})),
        configured=tuple(sorted(configured - found)),
        measured_on=() if told else tuple(dict.fromkeys(kind.version for kind in kinds)),
        measured=told or nearest == branch,
        certain=told,
    )


def _of_size(kinds: list[PoolKind], line: PoolLine, branch: str) -> Iterator[PoolKind]:
    """Those that can share the line's pool, and those whose configured size may make them."""
    own = [kind for kind in kinds if kind.pool == line.name]
    untagged = line.size in {kind.size_untagged for kind in own} - {kind.size for kind in own}
    near = max(16, line.size // 100) if branch_order(branch) >= branch_order("3.2") else 0
    for kind in kinds:
        size = kind.size_untagged if untagged else kind.size
        merged = (kind.merged_into, kind.merged_size) == (line.name, line.size)
        fits = size is not None and 0 <= line.size - size <= near
        if kind.merges and (merged or fits or (kind.configured and 2 * line.size >= kind.size)):
            yield kind


def _nearest(branches: set[str], branch: str) -> str:
    """The branch itself, else the newest one before it, else the oldest one."""
    wanted = branch_order(branch)
    ordered = sorted(branches, key=branch_order)
    before = [other for other in ordered if branch_order(other) <= wanted]
    return [*ordered[:1], *before][-1] if ordered else ""
