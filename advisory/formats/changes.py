"""What a run that updates the catalogue has changed, for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from advisory.bug import Severity
from advisory.facts import Row, Run
from advisory.formats.text import wrap
from advisory.update import Change

MOST_NAMED = 20


def render_refresh(
    target: str,
    run: Run,
    changes: Sequence[Change],
    titles: int,
    leaks: Sequence[Row],
    refused: Sequence[str],
    doubts: Sequence[str],
    *,
    width: int,
) -> str:
    """What a refresh changed: new releases, new fixes by branch and severity, new leaks by name."""
    lines = [f"{run.outcome}: {target}, from {run.origin}, requests: {run.requests}"]
    changed = _changed(changes, leaks, width)
    if titles:
        changed.append(f"titles read: {titles}")
    lines += changed or ["nothing new"]
    lines += _block("The sources do not agree", doubts, width)
    lines += _block("Not brought up to date", refused, width)
    return "\n".join(lines) + "\n"


def render_import(target: str, change: Change, titles: int, missing: int, *, width: int) -> str:
    """What the CHANGELOG of a branch told."""
    lines = [f"complete: {target}, branch {change.branch}", f"titles read: {titles}"]
    lines += _changed([change], (), width)
    if missing:
        lines += wrap(
            f"fixes of the new releases that are not in the catalogue: {missing}; a CHANGELOG "
            "names no commits, only 'hapadvise refresh' brings them",
            width,
            first="! ",
            rest="  ",
        )
    lines += _block("The sources do not agree", change.doubts, width)
    return "\n".join(lines) + "\n"


def _changed(changes: Sequence[Change], leaks: Sequence[Row], width: int) -> list[str]:
    lines: list[str] = []
    releases = [version for change in changes for version in change.new_releases]
    if releases:
        lines += wrap(f"new releases: {', '.join(releases)}", width, rest="  ")
    fixed = [(change.branch, change.new_fixes) for change in changes if change.new_fixes]
    if fixed:
        lines.append(f"new fixes: {sum(len(rows) for _, rows in fixed)}")
        lines += [f"  {branch:<5} {_by_severity(rows)}" for branch, rows in fixed]
    if leaks:
        lines.append(f"of which cure memory leaks: {len(leaks)}")
        lines += _named(leaks, width)
    for name, what in (
        ("newly_released", "fixes that awaited a release and are in one now"),
        ("taken_back", "fixes that were taken back"),
        ("brought_back", "fixes that had been taken back and came again"),
    ):
        rows = [row for change in changes for row in getattr(change, name)]
        if rows:
            lines.append(f"{what}: {len(rows)}")
            lines += _named(rows, width)
    for name, what in (
        ("vanished", "listed no more (kept, and marked)"),
        ("returned", "listed again"),
    ):
        names = [f"{change.branch} {one}" for change in changes for one in getattr(change, name)]
        if names:
            lines += wrap(f"{what}: {', '.join(names)}", width, rest="  ")
    return lines


def _by_severity(rows: Sequence[Row]) -> str:
    counts = Counter(row["severity"] for row in rows)
    return ", ".join(
        f"{counts[severity.value]} {severity.value}"
        for severity in Severity
        if counts[severity.value]
    )


def _named(rows: Sequence[Row], width: int) -> Iterator[str]:
    for row in rows[:MOST_NAMED]:
        what = row["title"] or f"{row['severity']} bug of {row['subsystem'] or 'no subsystem'}"
        held = row["fixed_in"] or "no release yet"
        yield from wrap(
            f"{row['branch']}: {what} ({row['commit_id']}, in {held})",
            width,
            first="  ",
            rest="    ",
        )
    if len(rows) > MOST_NAMED:
        yield f"  and {len(rows) - MOST_NAMED} more"


def _block(heading: str, lines: Sequence[str], width: int) -> list[str]:
    if not lines:
        return []
    shown = [heading]
    for line in lines:
        shown += wrap(line, width, first="  ", rest="    ")
    return shown
