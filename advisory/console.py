"""What the commands share: the terminal, the catalogue that is used, lines on standard error."""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import sys
from collections.abc import Callable, Iterator

import click

from advisory.bug import Kind, Severity
from advisory.catalogue import Catalogue, open_catalogue
from advisory.errors import NotKnownError, OutputError

SYSTEM_PATH = "/var/lib/hapadvise/catalogue.db"
"""Where the nightly job of a machine leaves its catalogue (deploy/systemd)."""
DB_OPTION = click.option(
    "--db", envvar="HAPADVISE_DB", metavar="FILE", help="Catalogue to use.  [env: HAPADVISE_DB]"
)
KIND_OPTION = click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in Kind if kind is not Kind.NOT_A_LEAK]),
    help="List bugs of this kind; may be repeated.  [default: memory-leak; all with --severity]",
)
SEVERITY_OPTION = click.option(
    "--severity",
    type=click.Choice([item.value for item in Severity if item is not Severity.UNKNOWN]),
    help="List only bugs at least this severe.",
)
SETTLE_OPTION = click.option(
    "--settle",
    type=click.IntRange(min=0),
    default=7,
    show_default=True,
    metavar="DAYS",
    help="Recommend no release that has been out for less.",
)


def catalogue_at(db: str | None) -> Catalogue:
    """The catalogue that was asked for, or the best; tells of those passed over."""
    mine = refreshed_path()
    refreshed = mine if mine and os.path.exists(mine) else SYSTEM_PATH
    catalogue, warnings = open_catalogue(db or None, refreshed)
    for warning in warnings:
        tell(warning)
    return catalogue


def named(catalogue: Catalogue, name: str) -> tuple[str, ...]:
    """The bugs that a name stands for, one at least.

    Raises:
        click.UsageError: it has not the form of a name.
        NotKnownError: there is no such bug.
    """
    if not re.fullmatch(r"#?[0-9]{1,5}|[0-9a-fA-F]{6,40}", name):
        raise click.UsageError(
            f"{name}: name a bug by six hex digits or more of its id or of a fix, or by an issue"
        )
    found = catalogue.bugs_of(name)
    if not found:
        raise NotKnownError(f"{name}: the catalogue knows no such bug, fix or issue")
    return found


def day_of(text: str | None) -> str:
    """The ISO day that ``--as-of`` names, "" where it is not given.

    Raises:
        click.UsageError: it names none.
    """
    if text is None:
        return ""
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise click.UsageError(
            f"--as-of {text}: no day of the form YYYY-MM-DD, such as 2021-05-20"
        ) from error


def refreshed_path() -> str | None:
    """Where a refresh leaves its catalogue: in the user's data folder; None without a home."""
    home = os.environ.get("HOME")
    base = os.environ.get("XDG_DATA_HOME") or (f"{home}/.local/share" if home else None)
    return f"{base}/hapadvise/catalogue.db" if base else None


def echo(text: str) -> None:
    """Write to standard output.

    Raises:
        OutputError: it cannot be written to.
    """
    try:
        click.echo(text, nl=False, color=True)
    except BrokenPipeError:
        # The reader left (a pager, head): the verdict stands, and nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise OutputError(f"standard output: cannot be written ({error.strerror})") from error


def tell(message: object) -> None:
    """A line on standard error."""
    click.echo(f"hapadvise: {printable(str(message))}", err=True)


def printable(text: str) -> str:
    """The text with every character that a terminal might obey replaced."""
    return "".join(character if character.isprintable() else "?" for character in text)


@contextlib.contextmanager
def progress_bar(label: str, *, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error, where that is a terminal.

    Yields:
        What is to be told of progress: what comes next, how much is done, and how much there is.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    with click.progressbar(
        length=1, label=label, file=sys.stderr, item_show_func=lambda what: what or ""
    ) as bar:

        def show(what: str, done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos, what)
            bar.render_progress()  # update() alone does not, before the page is there

        yield show


def write_whole(file: str, text: str) -> None:
    """Write a file beside its place and rename it, for whoever reads it meanwhile.

    Raises:
        OutputError: it cannot be written; the old one is left as it was.
    """
    from pathlib import Path

    partial = Path(f"{file}.{os.getpid()}.new")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError, ValueError):
            partial.unlink()
        raise OutputError(f"{printable(file)}: cannot be written ({error})") from error


def width() -> int:
    """The terminal's width in columns; 80 where there is no terminal."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):  # no terminal, or no standard output at all
        return 80
