"""A report for a person as headings, paragraphs, lists and tables, before it becomes a markup.

Texts may come from what was passed: only the markups make them harmless, and they do so with every
text. Between backticks stands what is to be typed or was printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from advisory.bug import Kind, Severity
from advisory.finding import Citation, Finding, Verdict
from advisory.formats.links import issue_url
from advisory.formats.rows import Row, never_fixed_of, rows_of
from advisory.report import Report, growth_class

MOST_SUSPECTS = 3
_COMMANDS = ("echo ", "grep ", "ps ")
_CLASSES = (
    "Growing in a running process",
    "Perhaps growing in a running process: nobody has reviewed these",
    "Growing, but ending by themselves or only once memory has run out",
    "Only while the configuration is read, at start or at exit",
)


class Code(NamedTuple):
    """What is shown as it is: what was passed, or is to be typed."""

    text: str


class Link(NamedTuple):
    """A text and where it leads."""

    text: str
    url: str


Piece = str | Code | Link
Inline = Sequence[Piece]


class Heading(NamedTuple):
    """Of level 1 for a report, 2 for its parts, 3 within them."""

    level: int
    text: Inline


class Paragraph(NamedTuple):
    """A paragraph; ``warns`` sets it apart."""

    text: Inline
    warns: bool = False


class Listing(NamedTuple):
    """A list."""

    items: Sequence[Inline]


class Typed(NamedTuple):
    """Lines to be copied."""

    lines: Sequence[str]


class Table(NamedTuple):
    """A table; ``caption`` says what it shows."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Inline]]


Block = Heading | Paragraph | Listing | Typed | Table


def blocks_of(report: Report) -> Iterator[Block]:
    """The whole of a report: the answer, the diagnosis, the bugs, the way to their cure."""
    yield from _answer(report)
    yield from _diagnosis(report)
    yield from _upgrade(report)
    yield from _bugs(report)
    yield from _never_fixed(report)
    provenance = report.provenance
    yield Paragraph([f"Data as of {report.as_of} ({provenance.source})."])


def _answer(report: Report) -> Iterator[Block]:
    target = report.target
    yield Heading(1, ["HAProxy ", Code(target.printed)])
    facts: list[Piece] = [f"Branch {target.branch}"]
    if target.released_on:
        facts.append(f"; {target.version} was released on {target.released_on}")
    yield Paragraph([*facts, "; read from ", Code(target.source), "."])
    if report.verdict is Verdict.UNKNOWN:
        yield Paragraph([f"Unknown: {report.reason}."], warns=True)
    elif report.verdict is Verdict.NOT_AFFECTED:
        yield Paragraph([f"Nothing of what was asked for is known as of {report.as_of}."])
    else:
        yield Paragraph([f"Affected by {_many(len(report.findings), _kinds(report))}."])
    if report.known_bugs is not None:
        counts = ", ".join(f"{n} {severity.value}" for severity, n in report.by_severity if n)
        rest = f" ({counts})" if counts else ""
        yield Paragraph([f"{_many(report.known_bugs, 'bug')} known in this release{rest}."])
    for warning in report.warnings:
        yield Paragraph([f"{warning}."], warns=True)


def _diagnosis(report: Report) -> Iterator[Block]:
    examination = report.examination
    if examination is None:
        return
    diagnosis = examination.diagnosis
    yield Heading(2, [f"Diagnosis: {diagnosis.verdict.replace('-', ' ')}"])
    yield Paragraph([diagnosis.explanation])
    for step in diagnosis.next_steps:
        yield from _step(step)
    if examination.evidence.notes:
        yield Paragraph([f"Measured: {'; '.join(examination.evidence.notes)}."])
    if examination.lines:
        yield Table(
            "Pools that grew",
            ("Pool", "Bytes each", "In use", "Gained", "Of all growth"),
            [
                (
                    [Code(line.grown.name)],
                    [str(line.grown.size)],
                    [" → ".join("?" if n is None else f"{n:,}" for n in line.grown.counts)],
                    [f"{line.grown.gained or 0:,}"],
                    [f"{line.share:.0%}"],
                )
                for line in examination.lines
            ],
        )
    yield from _suspects(report)


def _step(step: str) -> Iterator[Block]:
    """What to do next; a command is to be copied."""
    text, _, command = step.partition(": ")
    if command.startswith(_COMMANDS):
        yield Listing([[f"{text}:"]])
        yield Typed(command.split(" ; "))
    else:
        yield Listing([[step]])


def _suspects(report: Report) -> Iterator[Block]:
    from advisory.examination import citation_of

    found = report.examination.suspects if report.examination else ()
    rows = {row.bug: row for row in rows_of(report)}
    for number, suspect in enumerate(found[:MOST_SUSPECTS], 1):
        bug = suspect.finding.bug
        row = rows.get(bug.id)
        name: Piece = Link(bug.id, row.url) if row else bug.id
        fate = f", {row.fate}" if row else ""
        title = f", {bug.subsystem}{fate}, score {suspect.score}"
        yield Heading(3, [f"Suspect {number}: ", name, title])
        lines: list[Inline] = [
            [f"{part.points:+d} {part.name}: {part.text}"] for part in suspect.parts
        ]
        yield Listing(lines + _cited(tuple(map(citation_of, suspect.relevance.citations))))
    more = len(found) - MOST_SUSPECTS
    if more > 0:
        yield Paragraph([f"{_many(more, 'more suspect')} with lower scores."])


def _cited(citations: Sequence[Citation]) -> list[Inline]:
    return [[Code(line.source), f", line {line.line}: ", Code(line.text)] for line in citations]


def _bugs(report: Report) -> Iterator[Block]:
    if not report.findings:
        return
    name = _kinds(report)
    yield Heading(2, [f"{_many(len(report.findings), name)} in {report.target.version}"])
    pairs = list(zip(report.findings, rows_of(report), strict=True))
    if report.kinds != (Kind.MEMORY_LEAK.value,):
        yield _table(f"Every {name}", pairs)
        return
    for place, caption in enumerate(_CLASSES):
        there = [pair for pair in pairs if growth_class(pair[0]) == place]
        if there:
            yield Heading(3, [f"{caption} ({len(there)})"])
            yield _table(caption, there)


def _table(caption: str, pairs: Sequence[tuple[Finding, Row]]) -> Table:
    return Table(
        caption,
        ("Bug", "Severity", "Where", "What happens", "Fixed in"),
        [
            (
                [Link(row.bug, row.url)],
                [row.severity.value],
                [row.subsystem or "not named"],
                list(_told(finding, row)),
                [row.fixed_in or row.fate],
            )
            for finding, row in pairs
        ],
    )


def _told(finding: Finding, row: Row) -> Iterator[Piece]:
    """What a bug does, and when, and what shows it here."""
    yield row.words
    if row.trigger:
        yield f" When: {row.trigger}"
    if row.workaround:
        yield f" Until then: {row.workaround}"
    if finding.configured is not None:
        sure = "Here" if finding.configured is Verdict.AFFECTED else "Here perhaps"
        yield f" {sure}: {'; '.join(finding.because)}."
    for line in row.citations:
        yield " "
        yield Code(f"{line.source}:{line.line}: {line.text}")
    if finding.verdict is Verdict.POSSIBLE:
        yield f" Note: {'; '.join(finding.reasons)}."
    for number in finding.bug.issues:
        yield " "
        yield Link(f"issue {number}", issue_url(number))


def _never_fixed(report: Report) -> Iterator[Block]:
    rows = never_fixed_of(report, proven=True)
    if not rows:
        return
    yield Heading(2, [f"Never fixed in {report.target.branch}"])
    yield Table(
        f"Bugs that other branches got fixed and {report.target.branch} still has",
        ("Bug", "Severity", "Where", "What happens", "Why it is known"),
        [
            (
                [Link(row.bug, row.url)],
                [row.severity.value],
                [row.subsystem or "not named"],
                [row.words],
                ["; ".join(row.reasons)],
            )
            for row in rows
        ],
    )


def _upgrade(report: Report) -> Iterator[Block]:
    choice = report.recommendation
    if choice is None:
        return
    yield Heading(2, ["Upgrade"])
    if report.known_bad:
        worst = _counted([window.severity for window in report.known_bad])
        yield Paragraph(
            [
                f"{report.target.version} has bugs of its own, which came with a release of the "
                f"branch: {worst}."
            ]
        )
    if choice.recommended is not None:
        chosen = choice.recommended
        yield Paragraph([f"Recommended: {chosen.release.version}. {chosen.reason}."])
    elif choice.elsewhere is None:
        yield Paragraph([f"There is no release of {report.target.branch} to recommend."])
    if choice.elsewhere is not None:
        other = choice.elsewhere
        yield Paragraph(
            [
                f"{other.reason[0].upper()}{other.reason[1:]}: go to {other.release.version} "
                f"({other.release.released_on})."
            ]
        )
    yield from _way(report)


def _way(report: Report) -> Iterator[Block]:
    """The releases that cure something, a row each."""
    choice = report.recommendation
    named = {
        one.release.version: name
        for name, one in (
            ("the smallest that cures all that can be", choice.minimal if choice else None),
            ("recommended", choice.recommended if choice else None),
        )
        if one is not None
    }
    shown = {one.release: one for one in report.way}
    if choice is not None and choice.recommended is not None:
        shown.setdefault(choice.recommended.release, choice.recommended)
    if not shown:
        return
    yield Table(
        "The way to the cure",
        ("Release", "Of", "Cures", "Leaves", "Bugs known in it", "Note"),
        [
            (
                [one.release.version],
                [one.release.released_on],
                [str(len(one.cures))],
                [str(len(one.leaves))],
                [str(sum(count for _, count in one.bugs_left))],
                ["; ".join(filter(None, (named.get(one.release.version), _brings(one.brings_in))))],
            )
            for one in sorted(shown.values(), key=lambda one: one.release.order)
        ],
    )


def _brings(windows: Sequence[object]) -> str:
    return f"brings in {_many(len(windows), 'regression')}" if windows else ""


def _counted(severities: Sequence[Severity]) -> str:
    counts = Counter(severities)
    return ", ".join(f"{counts[one]} {one.value}" for one in Severity if counts[one])


def _kinds(report: Report) -> str:
    if len(report.kinds) == 1:
        return report.kinds[0].replace("-", " ")
    return "listed bug" if report.kinds else "bug"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
