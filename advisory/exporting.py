"""The command ``export``: the whole catalogue in a form that other programs read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from advisory.console import DB_OPTION, catalogue_at, echo, printable, tell
from advisory.errors import OutputError, ParseError

if TYPE_CHECKING:
    from advisory.catalogue import Catalogue

_SHORT = 12  # digits of a commit that a catalogue holds


@click.group(name="export")
def export_command() -> None:
    """Write the whole catalogue in a form that other programs read."""


@export_command.command(name="osv")
@click.option(
    "--output",
    metavar="DIR|FILE.zip",
    help="Where to write a file for each bug.  [default: a line for each on standard output]",
)
@click.option(
    "--commits",
    metavar="FILE",
    help="Whole commit ids, one a line ('git rev-list --all'): adds the ranges of commits.",
)
@DB_OPTION
def osv_command(output: str | None, commits: str | None, db: str | None) -> None:
    """Write every bug as an OSV record.

    A range of commits needs whole ids, which the catalogue does not hold; without --commits the
    records have ranges of releases only.
    """
    import json

    from advisory.formats.rows import json_text

    found = _records(catalogue_at(db), read_commits(commits) if commits else {})
    if output is None:
        for record in found:
            echo(json.dumps(record, separators=(",", ":")).replace("\x7f", "\\u007f") + "\n")
        return
    files = ((f"{record['id']}.json", json_text(record)) for record in found)
    write = _write_zip if output.endswith(".zip") else _write_folder
    try:
        count = write(output, files)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise OutputError(f"{printable(output)}: cannot be written ({reason})") from error
    tell(f"{count} records written to {output}")


def _records(catalogue: Catalogue, commits: dict[str, str]) -> Iterator[dict[str, Any]]:
    from advisory.formats.osv import records
    from advisory.unfixed import missing_of

    branches = [outline.branch for outline in catalogue.outlines()]
    known = [catalogue.history(branch) for branch in branches]
    missing = [missing_of(row) for branch in branches for row in catalogue.missing_fixes(branch)]
    return records([one for one in known if one is not None], missing, commits)


def read_commits(name: str) -> dict[str, str]:
    """Whole commit ids by the digits that a catalogue holds of them.

    Args:
        name: a file with one of 40 hex digits at the start of each line.

    Raises:
        ParseError: it cannot be read, or a line is no commit id.
    """
    from pathlib import Path

    found: dict[str, str] = {}
    try:
        with Path(name).open(encoding="ascii", errors="replace") as file:
            for number, line in enumerate(file, 1):
                commit = re.match(r"[0-9a-f]{40}(?![0-9a-f])", line)
                if commit is None:
                    raise ParseError(
                        "no commit id of 40 hex digits; write it with 'git rev-list --all'",
                        source=printable(name),
                        line=number,
                    )
                known = found.setdefault(commit[0][:_SHORT], commit[0])
                if known != commit[0]:
                    found[commit[0][:_SHORT]] = ""  # the digits do not tell which
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ParseError(f"cannot be read ({reason})", source=printable(name)) from error
    return found


def _write_folder(folder: str, files: Iterable[tuple[str, str]]) -> int:
    from pathlib import Path

    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, text in files:
        write_whole(str(place / name), text.encode())
        count += 1
    return count


def _write_zip(path: str, files: Iterable[tuple[str, str]]) -> int:
    """One archive, the same for the same records."""
    import io
    import zipfile

    buffer = io.BytesIO()
    count = 0
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files:
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
            count += 1
    write_whole(path, buffer.getvalue())
    return count


def write_whole(path: str, data: bytes) -> None:
    """Write a file so that nobody ever reads half of it.

    The new one is written beside it, and takes its name when it is complete.

    Raises:
        OSError: it cannot be written; the old one is left as it was.
        ValueError: no file can have this name.
    """
    from pathlib import Path

    target = Path(path)
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    with new.open("xb") as file:
        try:
            file.write(data)
            file.flush()
            new.replace(target)
        except BaseException:
            new.unlink()
            raise
