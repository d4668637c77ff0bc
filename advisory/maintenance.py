"""The commands that keep a catalogue fresh: options in, one call, text out, exit status.

What they need besides click is imported in them: a report is to start at once.
"""

from __future__ import annotations

import contextlib
import datetime
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from advisory import __version__
from advisory.catalogue import BUNDLED
from advisory.console import (
    DB_OPTION,
    catalogue_at,
    echo,
    printable,
    progress_bar,
    refreshed_path,
    tell,
    width,
    write_whole,
)
from advisory.errors import AdvisoryError, ParseError

if TYPE_CHECKING:
    from advisory.fetch import Fetcher, Page
    from advisory.job import Place

LARGEST_CHANGELOG = 32 * 1024 * 1024
HOME_PAGE = "https://www.haproxy.org/"

QUIET_OPTION = click.option(
    "--quiet", "-q", is_flag=True, help="Print nothing but what somebody has to look at."
)
TARGET_OPTION = click.option(
    "--db",
    envvar="HAPADVISE_DB",
    metavar="FILE",
    help="Catalogue to update.  [default: in the user's data folder; env: HAPADVISE_DB]",
)


@click.command(name="refresh")
@click.option(
    "--url",
    metavar="URL",
    envvar="HAPADVISE_URL",
    help=f"Site or mirror to read.  [default: {HOME_PAGE}; env: HAPADVISE_URL]",
)
@TARGET_OPTION
@click.option(
    "--rate",
    type=click.FloatRange(min=0, max=1000),
    default=2.0,
    show_default=True,
    help="Requests per second; 0 for no limit.",
)
@click.option("--from-scratch", is_flag=True, help="Leave out what came with the package.")
@QUIET_OPTION
def refresh_command(
    url: str | None, db: str | None, rate: float, from_scratch: bool, quiet: bool
) -> None:
    """Bring the catalogue up to date from haproxy.org's pages of known bugs.

    Exit status 0: it is up to date; 1: some branch could not be read and keeps what it had;
    2: nothing could be done, and the catalogue is as it was.
    """
    with _status_2(), _extra():
        from advisory.fetch import DEFAULT_BASES, first_page
        from advisory.formats.changes import render_refresh
        from advisory.job import run_refresh
        from advisory.refresh import INDEX

        bases = (site_of(url),) if url else DEFAULT_BASES
        place = _place(db, from_scratch=from_scratch)

        def connect() -> tuple[Fetcher, Page, tuple[str, ...]]:
            return first_page(INDEX, bases, user_agent=_user_agent(), rate=rate)

        with progress_bar("reading", quiet=quiet) as progress:
            done = run_refresh(place, connect, now=_now, progress=progress)
        for line in (*done.outcome.refused, *done.outcome.doubts) if quiet else ():
            tell(line)
        if not quiet:
            outcome = done.outcome
            text = render_refresh(
                *(str(place.target), done.run, outcome.changes, done.titles, done.leaks),
                *(outcome.refused, outcome.doubts),
                width=width(),
            )
            echo("\n".join(map(printable, text.split("\n"))))
        sys.exit(1 if done.outcome.refused else 0)


@click.command(name="import-changelog")
@click.argument("file")
@TARGET_OPTION
@QUIET_OPTION
def import_command(file: str, db: str | None, quiet: bool) -> None:
    """Take titles and releases from HAProxy's own CHANGELOG.

    FILE is the CHANGELOG of a stable branch, plain or .gz, such as Debian's
    /usr/share/doc/haproxy/changelog.gz: for machines that never see the internet.
    """
    with _status_2(), _extra():
        from advisory.formats.changes import render_import
        from advisory.job import run_import

        place = _place(db)
        learned = run_import(place, _text_of(file), source=printable(file), now=_now)
        if not quiet:
            text = render_import(
                *(str(place.target), learned.change, learned.titles, learned.missing),
                width=width(),
            )
            echo("\n".join(map(printable, text.split("\n"))))


@click.command(name="status")
@DB_OPTION
@click.option(
    "--max-age",
    type=click.IntRange(min=0),
    default=7,
    show_default=True,
    metavar="DAYS",
    help="Days after which the data is too old.",
)
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "prometheus"]),
    default="text",
    show_default=True,
    help="Form of the answer.",
)
@click.option("--output", "file", metavar="FILE", help="Write to FILE, whole or not at all.")
def status_command(db: str | None, max_age: int, output: str, file: str | None) -> None:
    """Tell how fresh the catalogue is, and how its last runs went.

    Exit status 0: all is well; 1: somebody has to look at it; 3: there is no usable catalogue.
    """
    from advisory.facts import Run, run_of
    from advisory.formats.status import (
        render_status_json,
        render_status_metrics,
        render_status_text,
    )
    from advisory.status import status_of

    catalogue = catalogue_at(db)
    status = status_of(
        catalogue.path,
        catalogue.provenance,
        catalogue.states(),
        tuple(map(run_of, catalogue.texts("runs", Run._fields, "id"))),
        today=_now().astimezone().date().isoformat(),
        max_age=max_age,
        tool_version=__version__,
    )
    if output == "json":
        text = render_status_json(status)
    elif output == "prometheus":
        text = render_status_metrics(status)
    else:
        text = "\n".join(map(printable, render_status_text(status, width=width()).split("\n")))
    if file is None:
        echo(text)
    else:
        write_whole(file, text)
    sys.exit(1 if status.problems else 0)


def site_of(url: str) -> str:
    """Where a site begins, of which the address of its list of bugs may be given."""
    base = url.rstrip("/").removesuffix("/bugs") + "/"
    return base if "://" in base else f"https://{base}"


def _user_agent() -> str:
    return f"hapadvise/{__version__} (nightly refresh of known bugs; one client, few requests)"


def _now() -> datetime.datetime:
    return datetime.datetime.now().astimezone()


def _place(db: str | None, *, from_scratch: bool = False) -> Place:
    from pathlib import Path

    from advisory.job import Place

    target = db or refreshed_path()
    if target is None:
        raise click.UsageError("there is no home folder to keep a catalogue in; name one with --db")
    if not Path(target).name:
        raise click.UsageError(f"--db {target}: name a file")
    return Place(Path(target), None if from_scratch else Path(BUNDLED), __version__)


@contextlib.contextmanager
def _status_2() -> Iterator[None]:
    """Whatever goes wrong, nothing was done."""
    try:
        yield
    except AdvisoryError as error:
        tell(error)
        sys.exit(2)


@contextlib.contextmanager
def _extra() -> Iterator[None]:
    """Tell of the libraries that only these commands need."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise click.UsageError(
            f"{error.name} is not installed; type: pip install 'hapadvise[refresh]'"
        ) from error


def _text_of(file: str) -> str:
    """The text of a CHANGELOG, unpacked where it is a gzip."""
    import gzip
    import io
    import zlib
    from pathlib import Path

    try:
        with Path(file).open("rb") as stream:  # once: it may be a pipe
            data = stream.read(LARGEST_CHANGELOG + 1)
        if data.startswith(b"\x1f\x8b"):
            data = gzip.GzipFile(fileobj=io.BytesIO(data)).read(LARGEST_CHANGELOG + 1)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ParseError(
            f"cannot be read ({reason}); pass HAProxy's CHANGELOG", source=printable(file)
        ) from error
    if len(data) > LARGEST_CHANGELOG:
        raise ParseError(
            f"is larger than {LARGEST_CHANGELOG >> 20} MiB; pass HAProxy's CHANGELOG",
            source=printable(file),
        )
    return data.decode("utf-8", errors="replace")
