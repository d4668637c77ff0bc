"""How fresh a catalogue is: for a person, for programs, and for Prometheus."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator

from advisory.formats.text import wrap
from advisory.status import Status

MOST_RUNS = 7


def render_status_text(status: Status, *, width: int) -> str:
    """For a person."""
    return "\n".join(_lines(status, width)) + "\n"


def _lines(status: Status, width: int) -> Iterator[str]:
    provenance = status.provenance
    age = {None: "of the future", 1: "1 day old"}.get(
        status.age_days, f"{status.age_days} days old"
    )
    yield f"catalogue  {status.path}"
    yield f"source     {provenance.source}, from {provenance.origin}"
    yield f"data       as of {provenance.data_as_of}, {age}"
    yield f"made       {provenance.built_at} by hapadvise {provenance.tool_version}"
    yield ""
    if status.problems:
        for problem in status.problems:
            yield from wrap(problem, width, first="! ", rest="  ")
        yield ""
    yield "branch  checked on  newest merge  newest release  fixes  awaiting  titles"
    for state in status.branches:
        yield (
            f"{state.branch:<6}  {state.checked_on}  {state.newest_merge or '-':<12}  "
            f"{state.newest_release:<14}  {state.fixes:>5}  {state.awaiting:>8}  {state.titled:>6}"
        )
    yield ""
    if not status.runs:
        yield from wrap("no run is recorded; 'hapadvise refresh' brings it up to date", width)
        return
    yield "last runs"
    for run in status.runs[:MOST_RUNS]:
        yield (
            f"{run.ended_at}  {run.outcome:<8}  {run.command}: requests {run.requests}, "
            f"new releases {run.new_releases}, new fixes {run.new_fixes}"
        )
        if run.outcome != "complete":
            first = run.messages.partition("\n")[0]
            yield from wrap(first, width, first="  ", rest="  ")


def render_status_json(status: Status) -> str:
    """For programs."""
    document = {
        "catalogue": status.path,
        **status.provenance._asdict(),
        "age_days": status.age_days,
        "healthy": not status.problems,
        "problems": list(status.problems),
        "behind": list(status.behind),
        "branches": [state._asdict() for state in status.branches],
        "runs": [
            run._asdict() | {"messages": run.messages.splitlines()}
            for run in status.runs[:MOST_RUNS]
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def render_status_metrics(status: Status) -> str:
    """For Prometheus, in its text format 0.0.4."""
    return "".join(_metrics(status))


def _metrics(status: Status) -> Iterator[str]:
    gauges = (
        ("data_timestamp_seconds", "Day of the data.", _seconds(status.provenance.data_as_of)),
        ("problems", "Number of things to look at.", len(status.problems)),
        ("branches", "Number of branches.", len(status.branches)),
        ("branches_behind", "Branches that the last run left behind.", len(status.behind)),
        ("fixes", "Number of fixes.", sum(state.fixes for state in status.branches)),
        *(
            (f"last_{name}_timestamp_seconds", f"End of the last {what}.", _seconds(at))
            for name, what, at in (
                ("run", "run", status.runs[0].ended_at if status.runs else ""),
                ("complete_run", "run that read every branch", status.last_complete),
            )
            if at
        ),
    )
    for name, text, value in gauges:
        full = f"hapadvise_catalogue_{name}"
        yield f"# HELP {full} {text}\n# TYPE {full} gauge\n{full} {value}\n"


def _seconds(moment: str) -> int:
    there = datetime.datetime.fromisoformat(moment)
    return int((there if there.tzinfo else there.replace(tzinfo=datetime.UTC)).timestamp())
