"""The drawings of a report as rows of bars, in parts of the whole width; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisory.history import PublishedRelease
from advisory.service.answers import Answer
from advisory.suspects import Line

MOST_RELEASES = 40
MOST_POOLS = 8
MOST_COUNTS = 6
_HEAD, _ROW, _MARKED_ROW = 24, 22, 40  # pixels


class Step(NamedTuple):
    """One release on the way: what it leaves, the lengths of its bars in percent, and its marks.

    ``top`` is where its row begins, in pixels; one with marks has a second line for them.
    """

    release: PublishedRelease
    bugs: int
    leaves: int
    bugs_bar: float
    leaves_bar: float
    marks: tuple[str, ...]
    warning: str
    top: int

    @property
    def bottom(self) -> int:
        """Where its row ends."""
        return self.top + (_MARKED_ROW if self.marks else _ROW)


class Bar(NamedTuple):
    """Objects of a pool, None where an answer did not tell; the bar's length in percent."""

    objects: int | None
    length: float


class Growth(NamedTuple):
    """One pool that grew: its line, and a bar for each answer."""

    line: Line
    bars: tuple[Bar, ...]


def way_of(answer: Answer) -> tuple[Step, ...]:
    """The way from a release to the newest, that release first.

    Of a long way only the releases that cure something or are to choose from are kept.
    """
    report, here = answer.report, answer.here
    if here is None or not answer.way:
        return ()
    choice = report.recommendation
    marks: dict[str, list[str]] = {here.version: ["this one"]}
    if choice is not None:
        for name, one in (
            ("first that cures", choice.minimal),
            ("recommended", choice.recommended),
            ("newest", choice.latest),
        ):
            if one is not None:
                marks.setdefault(one.release.version, []).append(name)
    rows = [(here, report.known_bugs or 0, len(report.findings), "")]
    for one in answer.way:
        left = sum(count for _, count in one.bugs_left)
        rows.append((one.release, left, len(one.leaves), one.against))
    if len(rows) > MOST_RELEASES:
        rows = [
            row
            for number, row in enumerate(rows)
            if row[0].version in marks or row[2] < rows[number - 1][2]
        ]
    bugs = max(1, *(row[1] for row in rows))
    leaves = max(1, *(row[2] for row in rows))
    steps: list[Step] = []
    for release, left, uncured, against in rows:
        steps.append(
            Step(
                release=release,
                bugs=left,
                leaves=uncured,
                bugs_bar=round(100 * left / bugs, 2),
                leaves_bar=round(100 * uncured / leaves, 2),
                marks=tuple(marks.get(release.version, ())),
                warning=against,
                top=steps[-1].bottom if steps else _HEAD,
            )
        )
    return tuple(steps)


def growth_of(lines: Sequence[Line]) -> tuple[Growth, ...]:
    """The pools that gained most, each with its counts in the order of the answers."""
    shown = [(line, _sample(line.grown.counts)) for line in lines[:MOST_POOLS]]
    largest = max(
        (line.grown.size * (count or 0) for line, counts in shown for count in counts), default=0
    )
    return tuple(
        Growth(
            line,
            tuple(
                Bar(count, round(100 * line.grown.size * (count or 0) / max(largest, 1), 2))
                for count in counts
            ),
        )
        for line, counts in shown
    )


def _sample(counts: Sequence[int | None]) -> Sequence[int | None]:
    """The first and the last count, and of those between as many as there is room for."""
    if len(counts) <= MOST_COUNTS:
        return counts
    last = MOST_COUNTS - 1
    return [counts[round(number * (len(counts) - 1) / last)] for number in range(MOST_COUNTS)]
