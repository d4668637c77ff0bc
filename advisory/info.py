"""What ``show info`` says of a process: text in, values out; and what passed between two.

The plain form is ``Name: value``, ``typed`` is ``index.Name.process:tags:type:value``, and ``desc``
adds ``:"what it is"`` to either. Every version knows fields that others lack, so all are kept as
text; a number is read when it is asked for, and is None where it is missing or no number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from advisory.build import clean
from advisory.errors import ParseError


class ProcessInfo(NamedTuple):
    """One answer to ``show info``.

    Args:
        source: where the text comes from.
        line: the number of its first line in that text, from 1.
        fields: the values as printed, by their names.
    """

    source: str
    line: int
    fields: Mapping[str, str]

    def number(self, name: str) -> int | None:
        """A field as a whole number; None if it is missing or none."""
        found = re.match(r"(-?\d{1,20})(?:\.\d{1,20})?\s*\Z", self.fields.get(name, ""), re.ASCII)
        return int(found[1]) if found else None

    @property
    def version(self) -> str:
        """As the banner of the binary has it; "" if it is missing."""
        return self.fields.get("Version", self.fields.get("Build info", ""))

    @property
    def pid(self) -> int | None:
        """The process."""
        return self.number("Pid")

    @property
    def uptime_s(self) -> int | None:
        """Seconds since it started."""
        seconds = self.number("Uptime_sec")
        if seconds is not None:
            return seconds
        # As in "0d 0h00m16s".
        form = r"(\d{1,6})d ?(\d{1,2})h(\d{1,2})m(\d{1,2})s\s*\Z"
        found = re.match(form, self.fields.get("Uptime", ""), re.ASCII)
        if found is None:
            return None
        days, hours, minutes, rest = map(int, found.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + rest

    @property
    def started_at(self) -> int | None:
        """When it started, in seconds since 1970, which 2.4 and later tell."""
        return self.number("Start_time_sec")

    @property
    def curr_conns(self) -> int | None:
        """Connections of clients that are open."""
        return self.number("CurrConns")

    @property
    def cum_conns(self) -> int | None:
        """Connections accepted since it started."""
        return self.number("CumConns")

    @property
    def cum_req(self) -> int | None:
        """Requests since it started."""
        return self.number("CumReq")

    @property
    def curr_streams(self) -> int | None:
        """Streams that are open, which 3.0.6 and later tell."""
        return self.number("CurrStreams")

    @property
    def maxconn(self) -> int | None:
        """The most connections it takes at a time."""
        return self.number("Maxconn")

    @property
    def maxsock(self) -> int | None:
        """The most file descriptors it expects to need."""
        return self.number("Maxsock")

    @property
    def ulimit_n(self) -> int | None:
        """The most file descriptors it may open."""
        return self.number("Ulimit-n")

    @property
    def nbthread(self) -> int | None:
        """Its threads, which 1.8.5 and later tell."""
        return self.number("Nbthread")

    @property
    def nbproc(self) -> int | None:
        """Processes of the configuration; this answer is of one of them."""
        return self.number("Nbproc")

    @property
    def memmax_bytes(self) -> int | None:
        """The limit on its memory, in bytes; 0 for none."""
        return self._bytes("Memmax")

    @property
    def pool_alloc_bytes(self) -> int | None:
        """What its pools hold, in bytes; exact to a MiB until 2.3."""
        return self._bytes("PoolAlloc")

    @property
    def pool_used_bytes(self) -> int | None:
        """What of it is in use, with what lies in thread caches."""
        return self._bytes("PoolUsed")

    @property
    def pool_failed(self) -> int | None:
        """Allocations that failed."""
        return self.number("PoolFailed")

    @property
    def stopping(self) -> bool | None:
        """Whether it was told to end and waits for its last connections."""
        number = self.number("Stopping")
        return None if number is None else number != 0

    @property
    def jobs(self) -> int | None:
        """What keeps it from ending: listeners, connections, peers."""
        return self.number("Jobs")

    @property
    def tasks(self) -> int | None:
        """Tasks that exist."""
        return self.number("Tasks")

    def _bytes(self, name: str) -> int | None:
        exact, rounded = self.number(f"{name}_bytes"), self.number(f"{name}_MB")
        if exact is None:
            return None if rounded is None else rounded << 20
        # The bytes are of 32 bits until 2.4.20 and begin again at 4 GiB; the MiB do not.
        wraps, rest = divmod(rounded or 0, 1 << 12)
        return exact + (wraps << 32) if exact >> 20 == rest else exact


class Interval(NamedTuple):
    """What passed between two answers of one process.

    Args:
        restarted: whether the second is of a process that started later; then all else is None.
        seconds: between them.
        connections: accepted in between.
        requests: served in between.
    """

    restarted: bool
    seconds: int | None
    connections: int | None
    requests: int | None


# Fields that no other program prints, two of which make an answer; the ones before them; any.
_OWN = {
    *("Nbthread", "Nbproc", "Process_num", "Uptime_sec", "Memmax_MB", "PoolAlloc_MB"),
    *("PoolUsed_MB", "PoolFailed", "Ulimit-n", "Maxsock", "Maxconn", "Hard_maxconn", "CurrConns"),
    *("CumConns", "CumReq", "Maxpipes", "ConnRate", "MaxConnRate", "MaxSessRate", "Run_queue"),
    *("Idle_pct", "PoolAlloc_bytes", "PoolUsed_bytes"),
}
_FIRST = {"Name", "Version", "Release_date"}
_FIELD = r"""(?mxa) ^ [ \t]{0,40} (?:
  \d{1,4}\.([A-Za-z][\w -]{0,40})\.\d{1,6}:[A-Za-z]{1,9}:[a-z]\w{1,3}:
| ([A-Za-z][\w-]{0,40}(?:[ ][a-zA-Z][\w-]{0,40})?):(?=[ \t]|$)
) ([^\n]{0,400}) $"""
_JSON = r"""(?xa) \{"field":\{"pos":\d{1,4},"name":"([^"\\]{1,60})"\},"processNum":\d{1,6},
  "tags":\{[^{}]{0,200}\},"value":\{"type":"()\w{1,9}","value":"?([^"{}]{0,400})"?\}\}"""
# How many ends of lines may lie between two fields of one answer: a blank line, or one that is not
# of the answer.
_GAP = 4


def read_info(text: str, *, source: str) -> tuple[ProcessInfo, ...]:
    """Read every answer to ``show info`` that a text holds, in its order.

    Args:
        text: answers of any version, also to ``show info typed``, ``desc`` and ``json``, with
            anything around them.
        source: the file, option or socket it comes from, for messages.

    Raises:
        ParseError: there is none.
    """
    text = clean(text)
    infos = []
    number, position = 1, 0
    for start, fields in _answers(text):
        number += text.count("\n", position, start)
        position = start
        infos.append(ProcessInfo(source, number, fields))
    if not infos:
        raise ParseError(
            "holds no answer to 'show info'; "
            "get one with: echo 'show info' | socat stdio /run/haproxy/admin.sock",
            source=source,
        )
    return tuple(infos)


def _answers(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Where each answer starts, and its fields."""
    fields: dict[str, str] = {}
    start = end = own = 0
    form = _JSON if '"processNum"' in text else _FIELD
    for found in re.finditer(form, text):
        name, value = found[1] or found[2], found[3].strip()
        lines = text.count("\n", end, found.start())
        end = found.end()
        if name in fields or lines > _GAP:
            if own > 1:
                yield start, fields
            fields, own = {}, 0
        if own == 0 and name not in _FIRST and name not in _OWN:
            fields = {}
            continue
        if not fields:
            start = found.start()
        own += name in _OWN
        fields[name] = value.rsplit(':"', 1)[0] if value.endswith('"') else value
    if own > 1:
        yield start, fields


def interval(before: ProcessInfo, after: ProcessInfo) -> Interval:
    """What passed between two answers, the older one first.

    Without a field that both have, and that tells one process from another, they are taken to be of
    one.
    """
    if _restarted(before, after):
        return Interval(restarted=True, seconds=None, connections=None, requests=None)
    return Interval(
        restarted=False,
        seconds=_passed(before.uptime_s, after.uptime_s),
        connections=_counted(before.cum_conns, after.cum_conns),
        requests=_counted(before.cum_req, after.cum_req),
    )


def _restarted(before: ProcessInfo, after: ProcessInfo) -> bool:
    same = ("Pid", "Process_num", "Start_time_sec", "Version")
    if any(
        name in before.fields and name in after.fields and before.fields[name] != after.fields[name]
        for name in same
    ):
        return True
    seconds = _passed(before.uptime_s, after.uptime_s)
    return seconds is not None and seconds < 0


def _passed(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before


def _counted(before: int | None, after: int | None) -> int | None:
    """What a counter gained; one of 32 bits begins again at 2^32."""
    gained = _passed(before, after)
    if gained is None or gained >= 0:
        return gained
    # From below 2^31 it would have needed more than it ever counts in a day: it was reset.
    return gained + 2**32 if 2**31 <= (before or 0) < 2**32 else None
