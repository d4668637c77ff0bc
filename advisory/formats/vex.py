"""What a VEX document says of a build: each bug with its status, and the reason for it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from advisory.bug import Fix
from advisory.finding import Verdict
from advisory.formats.links import references
from advisory.formats.rows import (
    Row,
    aside_of,
    commit_page,
    never_fixed_of,
    rows_of,
    visible,
    words_of,
)
from advisory.history import BranchHistory
from advisory.report import Report


class Status(StrEnum):
    """Whether the build has the bug, in OpenVEX's words."""

    AFFECTED = "affected"
    NOT_AFFECTED = "not_affected"
    FIXED = "fixed"
    INVESTIGATED = "under_investigation"


class Why(StrEnum):
    """Why a bug cannot concern a build: it lacks the part or the code, or does not run it."""

    NO_PART = "component_not_present"
    NO_CODE = "vulnerable_code_not_present"
    NOT_RUN = "vulnerable_code_not_in_execute_path"


class Statement(NamedTuple):
    """One bug. ``why`` is there for what is not affected, ``action`` for what is."""

    row: Row
    status: Status
    notes: str
    why: Why | None = None
    action: str = ""


_STATES = {
    Verdict.AFFECTED: Status.AFFECTED,
    Verdict.POSSIBLE: Status.INVESTIGATED,
    Verdict.UNKNOWN: Status.INVESTIGATED,
}


def statements_of(report: Report, history: BranchHistory | None) -> tuple[Statement, ...]:
    """What is known of every bug of the kinds that were asked for, each once.

    Args:
        report: the build.
        history: its branch, which tells what is fixed in it; None where that is not known.
    """
    found: dict[str, Statement] = {}
    for statement in _statements(report, history):
        found.setdefault(statement.row.bug, statement)
    return tuple(found.values())


def _statements(report: Report, history: BranchHistory | None) -> Iterator[Statement]:
    for row in rows_of(report) + never_fixed_of(report):
        status = _STATES[row.verdict]
        action = row.cure if status is Status.AFFECTED else ""
        yield Statement(row, status, _notes(row), action=visible(action))
    for row in aside_of(report):
        yield Statement(row, Status.NOT_AFFECTED, _notes(row), _why(row))
    for fix in _held(report, history):
        row = _fixed_row(fix)
        yield Statement(row, Status.FIXED, _notes(row))


def _notes(row: Row) -> str:
    notes = list(row.reasons)
    if row.verdict is Verdict.AFFECTED and row.relevance is Verdict.POSSIBLE:
        notes.append("whether its configuration sets it off is not known")
    return visible("; ".join(notes))


def _why(row: Row) -> Why:
    reason = row.reasons[0]
    if row.relevance is Verdict.NOT_AFFECTED and len(row.reasons) > 1:
        return Why.NOT_RUN  # the configuration rules it out
    return Why.NO_PART if reason.startswith("concerns a program") else Why.NO_CODE


def _held(report: Report, history: BranchHistory | None) -> Sequence[Fix]:
    """The fixes that the release holds for good."""
    release = history.release(report.target.version) if history is not None else None
    if history is None or release is None:
        return ()
    orders = {one.version: one.order for one in history.releases}
    return [
        fix
        for fix in history.fixes
        if (not report.kinds or fix.bug.kind.value in report.kinds)
        and not (fix.reverted_by and not fix.reapplied_by)
        and orders.get(fix.reapplied_in or fix.fixed_in, release.order + 1) <= release.order
    ]


def _fixed_row(fix: Fix) -> Row:
    """As a report's bug, of which there is none for what is fixed."""
    bug, held = fix.bug, fix.reapplied_in or fix.fixed_in
    return Row(
        bug=bug.id,
        kind=bug.kind,
        severity=fix.severity,
        subsystem=bug.subsystem,
        words=words_of(bug),
        verdict=Verdict.NOT_AFFECTED,
        relevance=Verdict.NOT_AFFECTED,
        fate=f"fixed in {held}",
        cure="",
        fixed_in=held,
        commit=fix.commit,
        merged_on=fix.merged_on,
        url=commit_page(fix.branch, fix.commit),
        reasons=(f"the fix is in {held}",),
        references=references(fix),
    )


def identity_of(document: Any) -> str:
    """A UUID that is the same for the same content."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, repr(document)))
