"""The command line: options in, one library call, text out, exit status.

0 nothing found, 1 findings, 2 could not run, 3 cannot tell. A crash is never 1.

What one command alone needs is imported in it: a report is to start at once.
"""

from __future__ import annotations

import datetime
import os
import re
import sys
from typing import NoReturn

import click
from click_default_group import DefaultGroup

from advisory import __version__
from advisory.bug import Kind, Severity
from advisory.build import Build, is_bare_version, read_builds
from advisory.catalogue import Catalogue, open_catalogue
from advisory.errors import AdvisoryError, NotKnownError, OutputError, ParseError
from advisory.finding import Verdict
from advisory.report import Adviser, Question, Report

LARGEST_INPUT = 16 * 1024 * 1024
_EXIT_STATUS = {
    Verdict.NOT_AFFECTED: 0,
    Verdict.AFFECTED: 1,
    Verdict.POSSIBLE: 1,
    Verdict.UNKNOWN: 3,
}


DB_OPTION = click.option(
    "--db", envvar="HAPADVISE_DB", metavar="FILE", help="Catalogue to use.  [env: HAPADVISE_DB]"
)


@click.group(
    cls=DefaultGroup,
    default="advise",
    default_if_no_args=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(
    __version__, "-V", "--version", prog_name="hapadvise", message="%(prog)s %(version)s"
)
def cli() -> None:
    """Tell which known bugs of HAProxy bite a build, which leak memory, and what cures them.

    'hapadvise FILE' is short for 'hapadvise advise FILE'.
    """


@click.command(name="advise")
@click.argument("inputs", nargs=-1, metavar="[FILE|VERSION|-]...")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in Kind if kind is not Kind.NOT_A_LEAK]),
    help="List bugs of this kind; may be repeated.  [default: memory-leak; all with --severity]",
)
@click.option(
    "--severity",
    type=click.Choice([item.value for item in Severity if item is not Severity.UNKNOWN]),
    help="List only bugs at least this severe.",
)
@click.option("--all", "every_kind", is_flag=True, help="List bugs of every kind.")
@click.option("--as-of", metavar="DATE", help="Answer as of that day (YYYY-MM-DD).")
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@DB_OPTION
@click.option(
    "--max-age",
    type=click.IntRange(min=0),
    default=7,
    show_default=True,
    metavar="DAYS",
    help="Warn of older data, and do not let it show that a build has no bugs.",
)
def advise_command(
    inputs: tuple[str, ...],
    kinds: tuple[str, ...],
    severity: str | None,
    every_kind: bool,
    as_of: str | None,
    output: str,
    db: str | None,
    max_age: int,
) -> None:
    """Report on builds of HAProxy.

    FILE holds the output of 'haproxy -vv' (or -v, or 'show info'), '-' is standard input; a VERSION
    such as 2.2.4 may stand for a file.
    """
    if every_kind and kinds:
        raise click.UsageError("--all and --kind exclude each other; leave one out")
    every_kind = every_kind or bool(severity and not kinds)
    selected = frozenset(map(Kind, kinds)) or frozenset({Kind.MEMORY_LEAK})
    question = Question(
        today=datetime.date.today().isoformat(),  # noqa: DTZ011  (the user's own day)
        as_of=_day(as_of),
        kinds=frozenset() if every_kind else selected,
        least_severity=Severity(severity) if severity else Severity.UNKNOWN,
        narrowed=bool(kinds or severity),
        max_age=max_age,
    )
    builds: list[Build] = []
    status = 0
    for name in inputs or _standard_input():
        try:
            builds += _read(name)
        except AdvisoryError as error:
            _tell(error)
            status = error.exit_status
    if builds:
        catalogue = _catalogue(db)
        adviser = Adviser(catalogue.history, catalogue.provenance, question)
        reports = [adviser.advise(build) for build in builds]
        _print(reports, output, several=len(inputs) > 1)
        status = status or max(_EXIT_STATUS[report.verdict] for report in reports)
    sys.exit(status)


@click.command(name="show")
@click.argument("name", metavar="BUG|COMMIT|ISSUE")
@DB_OPTION
def show_command(name: str, db: str | None) -> None:
    """Show all that is known of a bug.

    Name it by its id, by the commit of its fix in any branch, or by the number of an issue.
    """
    from advisory.formats.bug import fixes_of, render_bug

    catalogue = _catalogue(db)
    pages = [
        render_bug(fixes_of(bug, catalogue.histories_of(bug)), width=_width())
        for bug in _named(catalogue, name)
    ]
    _echo("\n".join(pages))


@click.command(name="search")
@click.argument("words", nargs=-1, required=True)
@DB_OPTION
def search_command(words: tuple[str, ...], db: str | None) -> None:
    """List the bugs that hold every word, the best match first.

    Exit status 0: there are some; 1: there are none.
    """
    from advisory.formats.bug import fixes_of, render_line

    catalogue = _catalogue(db)
    found = catalogue.search(words)
    for bug in found:
        _echo(render_line(fixes_of(bug, catalogue.histories_of(bug))[-1].bug))
    sys.exit(0 if found else 1)


@click.command(name="contains")
@click.argument("fix", metavar="BUG|COMMIT|ISSUE")
@click.argument("version")
@DB_OPTION
def contains_command(fix: str, version: str, db: str | None) -> None:
    """Tell whether a fix is in a release.

    Exit status 0: it is; 1: it is not; 3: that is not known.
    """
    from advisory.formats.bug import fixes_of
    from advisory.holds import holds

    catalogue = _catalogue(db)
    (build,) = read_builds(version, source="the command line")
    history = catalogue.history(build.version.release.branch)
    statuses = []
    for bug in _named(catalogue, fix):
        fixes = fixes_of(bug, catalogue.histories_of(bug))
        answer = holds(bug, fixes, history, build.version)
        _echo(f"{answer.text}\n")
        statuses.append({True: 0, False: 1, None: 3}[answer.held])
    sys.exit(max(statuses))


for command in (advise_command, show_command, search_command, contains_command):
    cli.add_command(command)


def _catalogue(db: str | None) -> Catalogue:
    catalogue, warnings = open_catalogue(db or None, _refreshed())
    for warning in warnings:
        _tell(warning)
    return catalogue


def _named(catalogue: Catalogue, name: str) -> tuple[str, ...]:
    """The bugs that a name stands for, one at least."""
    if not re.fullmatch(r"#?[0-9]{1,5}|[0-9a-fA-F]{6,40}", name):
        raise click.UsageError(
            f"{name}: name a bug by six hex digits or more of its id or of a fix, or by an issue"
        )
    found = catalogue.bugs_of(name)
    if not found:
        raise NotKnownError(f"{name}: the catalogue knows no such bug, fix or issue")
    return found


def _print(reports: list[Report], output: str, *, several: bool) -> None:
    if output == "json":
        from advisory.formats.json import render_json

        text = render_json(reports, tool_version=__version__, several=several)
    else:
        from advisory.formats.text import render_text

        terminal = (
            sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        )
        colour = terminal and not os.environ.get("NO_COLOR")
        text = render_text(reports, width=_width(), colour=colour)
    _echo(text)


def _echo(text: str) -> None:
    try:
        click.echo(text, nl=False, color=True)
    except BrokenPipeError:
        # The reader left (a pager, head): the verdict stands, and nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise OutputError(f"standard output: cannot be written ({error.strerror})") from error


def _width() -> int:
    """The terminal's width in columns; 80 where there is no terminal."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):  # no terminal, or no standard output at all
        return 80


def _day(text: str | None) -> str:
    if text is None:
        return ""
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise click.UsageError(
            f"--as-of {text}: no day of the form YYYY-MM-DD, such as 2021-05-20"
        ) from error


def _standard_input() -> tuple[str, ...]:
    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError(
            "nothing to read; try 'haproxy -vv | hapadvise', 'hapadvise FILE', 'hapadvise 2.2.4'"
        )
    return ("-",)


def _read(name: str) -> tuple[Build, ...]:
    """The builds that a file, standard input or a bare version names."""
    if name == "-":
        data = sys.stdin.buffer.read(LARGEST_INPUT + 1)
        return read_builds(_text_of(data, "standard input"), source="standard input")
    try:
        with open(name, "rb") as file:
            data = file.read(LARGEST_INPUT + 1)
    except FileNotFoundError as error:
        if is_bare_version(name):
            return read_builds(name, source="the command line")
        raise ParseError(
            "there is no such file, and it is no version such as 2.2.4", source=name
        ) from error
    except IsADirectoryError as error:
        raise ParseError("is a directory; name the files in it", source=name) from error
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ParseError(f"cannot be read ({reason})", source=name) from error
    return read_builds(_text_of(data, name), source=_printable(name))


def _text_of(data: bytes, source: str) -> str:
    """An input's text: UTF-8 unless a byte order mark says UTF-16; what is neither is replaced."""
    if len(data) > LARGEST_INPUT:
        raise ParseError(
            f"is larger than {LARGEST_INPUT >> 20} MiB; pass only the output of 'haproxy -vv'",
            source=source,
        )
    if not data.strip():
        raise ParseError("is empty; pass the output of 'haproxy -vv'", source=source)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data[:4096]:
        raise ParseError("is binary, not text; pass the output of 'haproxy -vv'", source=source)
    return data.decode("utf-8-sig", errors="replace")


def _refreshed() -> str | None:
    """Where a refresh leaves its catalogue: in the user's data folder."""
    home = os.environ.get("HOME")
    base = os.environ.get("XDG_DATA_HOME") or (f"{home}/.local/share" if home else None)
    return f"{base}/hapadvise/catalogue.db" if base else None


def _tell(message: object) -> None:
    click.echo(f"hapadvise: {_printable(str(message))}", err=True)


def _printable(text: str) -> str:
    """The text with every character that a terminal might obey replaced."""
    return "".join(character if character.isprintable() else "?" for character in text)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command; every failure becomes one line and a status, here and nowhere else."""
    try:
        sys.exit(cli.main(arguments, prog_name="hapadvise", standalone_mode=False) or 0)
    except click.Abort:
        _tell("interrupted")
        sys.exit(2)
    except click.ClickException as error:
        _tell(f"{error.format_message().rstrip('.')}; see 'hapadvise --help'")
        sys.exit(2)
    except AdvisoryError as error:
        _tell(error)
        sys.exit(error.exit_status)
    except Exception as error:  # noqa: BLE001  (a crash must not look like a finding)
        _tell(f"internal error: {type(error).__name__}: {error}; please report it")
        sys.exit(2)
