"""The summary of a fleet: for a person, and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from advisory.bug import Severity
from advisory.fleet import Summary, VersionRow
from advisory.formats.text import MAX_WIDTH, MIN_WIDTH, wrap

SCHEMA_VERSION = 1
_VERDICTS = {
    "affected": "affected",
    "possible": "perhaps affected",
    "unknown": "unknown",
    "not_affected": "not affected",
}


def render_fleet_text(
    summary: Summary, *, unread: int, top: int, kinds: Sequence[str], width: int
) -> str:
    """For a person.

    Args:
        summary: of the fleet.
        unread: how many hosts could not be read.
        top: how many rows a table shows at most.
        kinds: of the bugs that are listed; empty for every kind.
        width: of a line, in columns.
    """
    width = max(MIN_WIDTH, min(width, MAX_WIDTH))
    blocks = (
        _answer(summary, unread, width),
        _diagnoses(summary, top, width),
        _versions(summary, top, width),
        _bugs(summary, top, kinds, width),
        _waves(summary, width),
    )
    return "\n".join(f"{text}\n" for text in map("\n".join, blocks) if text)


def _answer(summary: Summary, unread: int, width: int) -> Iterator[str]:
    counts = [
        f"{count:,} {_VERDICTS[verdict.value]}" for verdict, count in summary.by_verdict if count
    ]
    told = f": {', '.join(counts)}" if counts else ""
    yield from wrap(f"{_many(summary.hosts, 'host')}{told}", width)
    if unread:
        yield from wrap(f"! {_many(unread, 'more host')} could not be read", width, rest="  ")
    if summary.provenance is not None:
        age = "of a day yet to come"
        if summary.age_days is not None:
            age = f"{_many(summary.age_days, 'day')} old"
        source = summary.provenance.source
        yield from wrap(
            f"{source} data as of {summary.provenance.data_as_of} ({age})", width, rest="  "
        )
    if summary.old:
        yield from wrap(
            "the data is too old to show what was found since; run 'hapadvise refresh'",
            width,
            first="! ",
            rest="  ",
        )


def _diagnoses(summary: Summary, top: int, width: int) -> Iterator[str]:
    if not summary.diagnoses:
        return
    yield "Measured"
    for row in summary.diagnoses[:top]:
        what = row.verdict.replace("-", " ") + (f" {row.bug}" if row.bug else "")
        hosts = _hosts(row.hosts, row.examples)
        yield from wrap(f"{what}: {hosts}", width, first="  ", rest="    ")
    yield from _more(len(summary.diagnoses) - top)


def _versions(summary: Summary, top: int, width: int) -> Iterator[str]:
    if not summary.versions:
        return
    yield "Hosts by version, the worst first"
    wide = max(len(row.version) for row in summary.versions[:top])
    for row in summary.versions[:top]:
        start = f"{row.hosts:>9,}  {row.version:<{wide}}  "
        yield from wrap(
            f"{_judged(row)}: {', '.join(row.examples)}"
            + (", ..." * (row.hosts > len(row.examples))),
            width,
            first=start,
            rest=" " * len(start),
        )
    yield from _more(len(summary.versions) - top)


def _judged(row: VersionRow) -> str:
    text = _VERDICTS[row.verdict.value]
    if row.bugs:
        text += f", {row.bugs:,} listed ({_severities(row.severities)})"
    if row.leaks:
        text += f", {_many(row.leaks, 'leak')} at run time"
    return f"{text}; {row.reason}" if row.reason else text


def _bugs(summary: Summary, top: int, kinds: Sequence[str], width: int) -> Iterator[str]:
    if not summary.bugs:
        return
    what = f"Bugs ({', '.join(kinds)})" if kinds else "Bugs"
    yield from wrap(f"{what} by the hosts that have them, the worst first", width)
    for row in summary.bugs[:top]:
        releases = [version for _, version in row.fixed_in if version]
        cured = f"fixed in {', '.join(releases)}" if releases else "not cured by any release"
        text = f"{row.id}  {row.severity.value} {row.subsystem or 'no subsystem'}; {cured}"
        start = f"{row.hosts:>9,}  "
        yield from wrap(text, width, first=start, rest=" " * len(start))
        if row.summary:
            yield from wrap(row.summary, width, first=" " * 13, rest=" " * 13)
    yield from _more(len(summary.bugs) - top)


def _waves(summary: Summary, width: int) -> Iterator[str]:
    if not summary.waves:
        return
    yield "One wave of upgrades, branch by branch"
    for wave in summary.waves:
        start = f"  {wave.branch:<5} "
        if wave.release:
            whole = wave.cures + wave.leaves
            text = (
                f"to {wave.release}: {wave.moving:,} of {_many(wave.hosts, 'host')} move, "
                f"{wave.cures:,} of {whole:,} bugs on hosts are cured, "
                f"{wave.gone} of {_many(wave.bugs, 'bug')} gone from the branch"
            )
            if wave.cures_most and wave.cures_most != wave.release:
                text += f"; the first release that cures as much is {wave.cures_most}"
        else:
            text = f"no release can be recommended to {_many(wave.hosts, 'host')}"
            if wave.cures_most:
                text += f"; {wave.cures_most} is the first that cures all that one cures"
        if wave.elsewhere:
            text += f"; {wave.elsewhere} is recommended to {wave.leaving:,}, of another branch"
        yield from wrap(f"{text}.", width, first=start, rest=" " * 8)


def _hosts(count: int, examples: Sequence[str]) -> str:
    rest = count - len(examples)
    return f"{', '.join(examples)}" + (f" and {rest:,} more" if rest else "")


def _more(count: int) -> Iterator[str]:
    if count > 0:
        yield f"  and {count:,} more: --top, --format json"


def _severities(counts: Iterable[tuple[Severity, int]]) -> str:
    found = ", ".join(f"{count} {severity.value}" for severity, count in counts if count)
    return found.replace("unknown", "unrated")


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def render_fleet_json(
    summary: Summary, *, unread: int, kinds: Sequence[str], tool_version: str
) -> str:
    """For programs: all of the summary, one object."""
    provenance = summary.provenance
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "hapadvise", "version": tool_version},
        "catalogue": {
            "data_as_of": provenance.data_as_of if provenance is not None else None,
            "source": provenance.source if provenance is not None else None,
            "age_days": summary.age_days,
            "too_old": summary.old,
        },
        "as_of": summary.as_of or None,
        "kinds": list(kinds),
        "hosts": summary.hosts,
        "unread": unread,
        "by_verdict": {verdict.value: count for verdict, count in summary.by_verdict},
        "versions": [
            row._asdict()
            | {
                "verdict": row.verdict.value,
                "severities": {severity.value: count for severity, count in row.severities},
                "reason": row.reason or None,
            }
            for row in summary.versions
        ],
        "bugs": [
            row._asdict()
            | {
                "severity": row.severity.value,
                "summary": row.summary or None,
                "fixed_in": [
                    {"branch": branch, "version": version or None}
                    for branch, version in row.fixed_in
                ],
            }
            for row in summary.bugs
        ],
        "diagnoses": [row._asdict() | {"bug": row.bug or None} for row in summary.diagnoses],
        "waves": [
            {key: None if value == "" else value for key, value in wave._asdict().items()}
            for wave in summary.waves
        ],
    }
    return json.dumps(document, indent=2) + "\n"
