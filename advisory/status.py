"""How fresh a catalogue is, as one value; pure."""

from __future__ import annotations

from typing import NamedTuple

from advisory.facts import Run
from advisory.history import BranchState, Provenance, age_of, neglected


class Status(NamedTuple):
    """Where a catalogue stands on a day.

    ``age_days`` is None where the data seems to be of the future. ``behind`` are the branches that
    the last run did not bring up to date, ``runs`` the last runs, newest first. ``problems`` are
    what somebody has to look at, a line each; there is none in a healthy catalogue.
    """

    path: str
    provenance: Provenance
    age_days: int | None
    branches: tuple[BranchState, ...]
    behind: tuple[str, ...]
    runs: tuple[Run, ...]
    problems: tuple[str, ...]

    @property
    def last_complete(self) -> str:
        """When the last refresh ended that read every branch; "" if none is recorded."""
        for run in self.runs:
            if (run.command, run.outcome) == ("refresh", "complete"):
                return run.ended_at
        return ""


def status_of(
    path: str,
    provenance: Provenance,
    branches: tuple[BranchState, ...],
    runs: tuple[Run, ...],
    *,
    today: str,
    max_age: int,
    tool_version: str,
) -> Status:
    """Judge how fresh a catalogue is.

    Args:
        path: of the catalogue.
        provenance: what it says of itself.
        branches: how far each is known.
        runs: all that it records, oldest first.
        today: the ISO day.
        max_age: days after which the data is too old.
        tool_version: the version of hapadvise that asks.
    """
    age = age_of(provenance.data_as_of, today)
    behind = tuple(state.branch for state in branches if state.checked_on < provenance.data_as_of)
    last = next((run for run in reversed(runs) if run.command == "refresh"), None)
    problems = []
    if age is None:
        problems.append(
            f"the data is of {provenance.data_as_of}, and today is {today}: the clock is wrong, or "
            "was; set it and run 'hapadvise refresh'"
        )
    elif age > max_age:
        problems.append(
            f"the data is {age} days old (more than {max_age}); run 'hapadvise refresh'"
        )
    if last is not None and last.outcome != "complete":
        reason = last.messages.partition("\n")[0]
        ended = "failed" if last.outcome == "failed" else f"was {last.outcome}"
        problems.append(f"the last refresh ({last.ended_at}) {ended}: {reason}")
        if last.outcome == "partial" and behind:
            problems.append(f"not brought up to date by it: {', '.join(behind)}")
    if neglected(provenance):
        problems.append(neglected(provenance))
    if provenance.tool_version != tool_version:
        problems.append(
            f"it was made by hapadvise {provenance.tool_version}, this is {tool_version}; "
            "run 'hapadvise refresh'"
        )
    return Status(path, provenance, age, branches, behind, tuple(reversed(runs)), tuple(problems))
