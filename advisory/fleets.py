"""The command ``fleet``: many hosts in, one summary or a report of each out, exit status.

What it needs besides click is imported in it: other commands are to start at once.
"""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import click

from advisory import __version__
from advisory.bug import Kind, Severity
from advisory.catalogue import Catalogue
from advisory.console import (
    DB_OPTION,
    KIND_OPTION,
    SETTLE_OPTION,
    SEVERITY_OPTION,
    catalogue_at,
    day_of,
    echo,
    progress_bar,
    tell,
    width,
)
from advisory.errors import AdvisoryError
from advisory.options import settings_of, strongest

if TYPE_CHECKING:
    from advisory.estate import Item
    from advisory.failing import FailOn
    from advisory.hosts import Answer, Judge
    from advisory.ignores import Ignore
    from advisory.report import Question, Report

_LINES_KEPT = 32


@click.command(name="fleet")
@click.argument("inputs", nargs=-1, metavar="[FILE|DIR|-]...")
@click.option("--each", is_flag=True, help="Print one report per host, a line of JSON each.")
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the summary.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="ROWS",
    help="Rows of each table of the summary as text.",
)
@KIND_OPTION
@SEVERITY_OPTION
@click.option("--all", "every_kind", is_flag=True, help="List bugs of every kind.")
@click.option("--as-of", metavar="DATE", help="Answer as of that day (YYYY-MM-DD).")
@DB_OPTION
@SETTLE_OPTION
@click.option(
    "--max-age",
    type=click.IntRange(min=0),
    default=7,
    show_default=True,
    metavar="DAYS",
    help="Days after which the data cannot show that a host has no bugs.",
)
@click.option("--require-fresh", is_flag=True, help="Exit with 3 if the data is older than that.")
@click.option(
    "--fail-on",
    multiple=True,
    metavar="TERMS",
    help="Exit with 1 only for bugs such as severity:major,kind:memory-leak,fixable; may be "
    "repeated.",
)
@click.pass_context
def fleet_command(
    context: click.Context,
    inputs: tuple[str, ...],
    each: bool,
    output: str,
    top: int,
    kinds: tuple[str, ...],
    severity: str | None,
    every_kind: bool,
    as_of: str | None,
    db: str | None,
    settle: int,
    max_age: int,
    require_fresh: bool,
    fail_on: tuple[str, ...],
) -> None:
    """Report on many hosts at once.

    '-', the default, is standard input with one host in each line, as JSON: {"target": "lb1", "vv":
    "...", "pools": ["..."], "info": ["..."], "config": "..."}, all but "vv" optional; so are files
    that end in .jsonl. Any other FILE is one host, and so is each file in DIR and below.

    A host that cannot be read is told of on standard error, and gives exit status 2 in the end.
    """
    from advisory.estate import files_of, hosts_of
    from advisory.failing import parse_fail_on, widened
    from advisory.report import Question

    every_kind, kinds = strongest(context, "every_kind", "kinds")
    terms = tuple(map(parse_fail_on, fail_on))
    chosen = frozenset(map(Kind, kinds)) or frozenset({Kind.MEMORY_LEAK})
    question = widened(
        Question(
            today=datetime.date.today().isoformat(),  # noqa: DTZ011  (the user's own day)
            as_of=day_of(as_of),
            kinds=frozenset() if every_kind or (severity and not kinds) else chosen,
            least_severity=Severity(severity) if severity else Severity.UNKNOWN,
            narrowed=bool(kinds or severity),
            max_age=max_age,
            settle_days=settle,
        ),
        terms,
    )
    names = tuple(files_of(inputs or standard_input()))
    run = _Run(_judge(catalogue_at(db), question), question, terms, settings_of(context).ignores)
    with progress_bar("judging") as progress:
        for target, report in run.answers(_told(hosts_of(names), progress)):
            if each:
                echo(run.line(target, report))
    summary = run.tally.summary()
    for note in run.notes():
        tell(note)
    listed = sorted(kind.value for kind in question.kinds)
    if not each and output == "json":
        from advisory.formats.fleet import render_fleet_json

        echo(render_fleet_json(summary, unread=run.unread, kinds=listed, tool_version=__version__))
    elif not each:
        from advisory.formats.fleet import render_fleet_text

        echo(render_fleet_text(summary, unread=run.unread, top=top, kinds=listed, width=width()))
    status = 2 if run.unread else run.status
    if require_fresh and summary.old:
        tell("the data is too old, and --require-fresh was given; run 'hapadvise refresh'")
        status = status if status == 2 else 3
    sys.exit(status)


class _Judged(NamedTuple):
    """A report as it was made, what is left of it, and the exit status that it gives."""

    made: Report
    left: Report
    status: int


class _Run:
    """The hosts of one run, one after the other: what they add up to, and what went wrong."""

    def __init__(
        self,
        judge: Judge,
        question: Question,
        terms: tuple[FailOn, ...],
        ignores: tuple[Ignore, ...],
    ) -> None:
        from advisory.fleet import Tally

        self.tally = Tally(question.max_age)
        self.unread = 0
        self.status = 0
        self._judge = judge
        self._question = question
        self._terms = terms
        self._ignores = ignores
        self._used: set[Ignore] = set()
        self._judged: dict[int, _Judged] = {}
        self._lines: dict[int, tuple[Report, str, str]] = {}

    def answers(self, items: Iterable[Item]) -> Iterator[tuple[str, Report]]:
        """The name and the report of each; one that cannot be read is told of."""
        from advisory.hosts import MOST_KEPT

        for item in items:
            answers = self._answers(item)
            for target, report in answers:
                if len(self._judged) >= MOST_KEPT:
                    self._judged.clear()
                judged = self._judged.get(id(report)) or self._reduced(report)
                if report.examination is None:
                    self._judged[id(report)] = judged
                self.status = max(self.status, judged.status)
                self.tally.add(target, judged.left)
                yield target, judged.left

    def _answers(self, item: Item) -> tuple[Answer, ...]:
        where, error = "", item.host
        if not isinstance(error, AdvisoryError):
            try:
                return tuple(self._judge.judge(error))
            except AdvisoryError as failed:
                where, error = item.where, failed
        self.unread += 1
        tell(f"{where}: {error}" if where else error)
        return ()

    def line(self, target: str, report: Report) -> str:
        """The report on a host as a line of JSON; what its like share is made once."""
        if report.examination is not None:
            return _line(report)
        if id(report) not in self._lines:
            if len(self._lines) >= _LINES_KEPT:
                self._lines.clear()
            before, _, after = _line(report).partition('"source": ""')
            self._lines[id(report)] = (report, before, after)
        _, before, after = self._lines[id(report)]
        import json

        return f'{before}"source": {json.dumps(target)}{after}'

    def notes(self) -> tuple[str, ...]:
        """What is to be told in the end."""
        from advisory.ignores import notes_on

        ignored = sorted({ignore.bug for ignore in self._used})
        listed = (f"ignored, and listed nowhere: {', '.join(ignored)}",) if ignored else ()
        return (*listed, *notes_on(self._ignores, self._used, self._question.today))

    def _reduced(self, report: Report) -> _Judged:
        from advisory.failing import status_of_report
        from advisory.ignores import apply_ignores

        left, removed, used = apply_ignores(report, self._ignores, self._question.today)
        self._used |= used
        status = status_of_report(left, self._question, self._terms, removed=removed)
        return _Judged(report, left, status)


def _line(report: Report) -> str:
    import json

    from advisory.formats.json import document

    return json.dumps(document(report, tool_version=__version__)) + "\n"


def _judge(catalogue: Catalogue, question: Question) -> Judge:
    from advisory.hosts import Judge
    from advisory.pools import PoolKind
    from advisory.report import Beyond
    from advisory.unfixed import missing_of

    beyond = Beyond(
        missing=lambda branch: [missing_of(row) for row in catalogue.missing_fixes(branch)],
        outlines=catalogue.outlines,
        history_of=catalogue.history,
    )
    return Judge(
        catalogue.history,
        catalogue.provenance,
        question,
        beyond,
        lambda: [PoolKind(*kind) for kind in catalogue.pool_kinds()],
    )


def standard_input() -> tuple[str, ...]:
    """Standard input as the one input.

    Raises:
        click.UsageError: it is a terminal, or there is none.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError(
            "nothing to read; name files or folders, or pass one host in each line, as JSON"
        )
    return ("-",)


def _told(items: Iterable[Item], progress: Callable[[str, int, int], None]) -> Iterator[Item]:
    """The items; the progress bar is told ten times a second at most."""
    last = 0.0
    for count, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - last > 0.1 or item.done == item.total:
            last = now
            progress(f"{count:,} hosts", item.done, item.total)
