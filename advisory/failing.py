"""Which exit status a report gives: by its verdict, or by what the user says is to fail; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisory.bug import Kind, Severity
from advisory.errors import ParseError
from advisory.finding import Finding, Verdict
from advisory.history import age_of, neglected
from advisory.report import Question, Report

_STATUSES = {
    Verdict.NOT_AFFECTED: 0,
    Verdict.AFFECTED: 1,
    Verdict.POSSIBLE: 1,
    Verdict.UNKNOWN: 3,
}
_SEVERITIES = tuple(item for item in Severity if item is not Severity.UNKNOWN)
_KINDS = tuple(kind for kind in Kind if kind is not Kind.NOT_A_LEAK)
_SILENT = 365  # days without a release: a branch that does not say how long it lives is over


class FailOn(NamedTuple):
    """A bug that is to fail: at least so severe, of one of these kinds, cured by some release."""

    severity: Severity = Severity.UNKNOWN
    kinds: frozenset[Kind] = frozenset()
    fixable: bool = False

    def holds(self, finding: Finding) -> bool:
        """Whether a bug is such a one."""
        return (
            finding.fix.severity.rank <= self.severity.rank
            and (not self.kinds or finding.bug.kind in self.kinds)
            and (bool(finding.fixed_in) or not self.fixable)
        )


def parse_fail_on(text: str) -> FailOn:
    """Read ``severity:major,kind:memory-leak,fixable``.

    All that is named must hold for one bug; of several kinds, one.

    Raises:
        ParseError: it holds another word.
    """
    found = FailOn()
    for word in (part.strip() for part in text.split(",")):
        name, _, value = word.partition(":")
        if name == "severity" and value in _SEVERITIES:
            found = found._replace(severity=Severity(value))
        elif name == "kind" and value in _KINDS:
            found = found._replace(kinds=found.kinds | {Kind(value)})
        elif word == "fixable":
            found = found._replace(fixable=True)
        else:
            raise ParseError(
                f"{word!r} is none of severity:LEAST ({', '.join(_SEVERITIES)}), kind:KIND "
                f"({', '.join(_KINDS)}) and fixable; join them with commas",
                source="--fail-on",
            )
    return found


def widened(question: Question, terms: Sequence[FailOn]) -> Question:
    """The question with every kind listed that is to fail, unless the user chose what is listed.

    Raises:
        ParseError: the user chose kinds, and one that is to fail is not among them.
    """
    named = frozenset(kind for term in terms for kind in term.kinds)
    if question.narrowed:
        hidden = sorted(named - question.kinds) if question.kinds else []
        if hidden:
            raise ParseError(f"{hidden[0]} is not listed; add --kind", source="--fail-on")
        return question
    if not all(term.kinds for term in terms):
        return question._replace(kinds=frozenset())
    return question._replace(kinds=question.kinds | named if question.kinds else frozenset())


def status_of_report(
    report: Report,
    question: Question,
    terms: Sequence[FailOn] = (),
    *,
    removed: int = 0,
    listed_only: bool = False,
) -> int:
    """The exit status that a report gives.

    Args:
        report: without the bugs that were removed from it.
        question: that it answers.
        terms: the bugs that are to fail; empty for every bug.
        removed: how many listed bugs were removed, because they are ignored or were known.
        listed_only: whether bugs of other kinds than those listed do not count.

    Returns:
        1 for bugs that count; 0 for none; 3 where it cannot be told that there is none.
    """
    if report.verdict is Verdict.UNKNOWN or not (terms or removed or listed_only):
        return _STATUSES[report.verdict]
    if any(term.holds(item) for item in report.findings for term in terms or (FailOn(),)):
        return 1
    if not (terms or listed_only or question.narrowed) and _others(report) > removed:
        return 1
    return 3 if shows_no_absence(report, question) else 0


def _others(report: Report) -> int:
    """How many bugs of any kind the build has, at least."""
    known = report.known_bugs or 0
    return known - report.set_aside.known - report.taken_back


def shows_no_absence(report: Report, question: Question) -> bool:
    """Whether the data is too old, or the branch over, so that there may be more than is known."""
    ended = report.support.ended if report.support is not None else None
    if ended is None and report.newest is not None:
        ended = (age_of(report.newest.released_on, question.day) or 0) > _SILENT
    return bool(ended or neglected(report.provenance)) or report.is_old(question.max_age)
