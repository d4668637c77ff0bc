#!/usr/bin/env python3
"""Writes the man page of hapadvise, made from the help of its commands.

    python scripts/manpage.py [FILE]

Writes to standard output, or to FILE (hapadvise.1). The date is today's, or that of
``SOURCE_DATE_EPOCH``, which makes two pages equal. Read it with ``man -l hapadvise.1``.
"""

from __future__ import annotations

import datetime
import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from advisory import __version__
from advisory.cli import cli

NAME = "hapadvise"
STATUSES = (
    ("0", "Nothing was found."),
    ("1", "Known bugs affect the build, or what a command says above."),
    ("2", "The command could not run: wrong usage, an input that cannot be read."),
    ("3", "It cannot be told: no usable catalogue, a version that it does not cover, old data."),
)
VARIABLES = (
    ("HAPADVISE_OPTION", "Every option, such as HAPADVISE_MAX_AGE for --max-age."),
    ("XDG_DATA_HOME", "Where a refreshed catalogue is kept, in hapadvise/catalogue.db."),
    ("XDG_CONFIG_HOME", "Where settings are looked for, in hapadvise/hapadvise.toml."),
    ("COLUMNS, NO_COLOR, TERM", "Width and colours of a report."),
    ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE", "Heeded by refresh."),
)
FILES = (
    ("hapadvise.toml", "Settings, in the current folder."),
    ("~/.config/hapadvise/hapadvise.toml", "Settings of the user."),
    ("~/.local/share/hapadvise/catalogue.db", "What a refresh of the user left."),
    ("/var/lib/hapadvise/catalogue.db", "What the nightly refresh of the machine left."),
)


def escaped(text: str) -> str:
    """A text that roff prints as it is, in one line."""
    text = " ".join(text.replace("\\", r"\e").replace("-", r"\-").split())
    for character, name in (("'", "aq"), ("`", "ga"), ("^", "ha"), ("~", "ti")):
        text = text.replace(character, rf"\({name}")
    return rf"\&{text}" if text.startswith(".") else text


def wrapped(text: str) -> str:
    """The same in lines of less than 80 characters."""
    lines = textwrap.wrap(escaped(text), 78, break_long_words=False, break_on_hyphens=False)
    return "\n".join(rf"\&{line}" if line.startswith(".") else line for line in lines)


def page(group: click.Group, *, version: str, day: str) -> Iterator[str]:
    """The lines of the page."""
    context = click.Context(group, info_name=NAME, **group.context_settings)
    first, *rest = paragraphs(group)
    yield f'.TH {NAME.upper()} 1 {day} "{NAME} {escaped(version)}" "User Commands"'
    yield from (".SH NAME", wrapped(f"{NAME} - {first.rstrip('.')}"), ".SH SYNOPSIS")
    commands = list(commands_of(group))
    for number, (name, command) in enumerate(commands):
        usage = " ".join(command.collect_usage_pieces(click.Context(command)))
        yield from (".br",) if number else ()
        yield from (f".B {NAME} {escaped(name)}", escaped(usage))
    yield ".SH DESCRIPTION"
    yield "\n.PP\n".join(map(wrapped, rest))
    yield ".SH COMMANDS"
    for name, command in commands:
        yield f".SS {escaped(name)}"
        yield "\n.PP\n".join(map(wrapped, paragraphs(command)))
        child = click.Context(command, parent=context, info_name=name)
        for option in command.get_params(child):
            record = option.get_help_record(child)
            if record is not None and isinstance(option, click.Option):
                yield from entry(*record)
    for title, table in (
        ("EXIT STATUS", STATUSES),
        ("ENVIRONMENT", VARIABLES),
        ("FILES", FILES),
    ):
        yield f".SH {title}"
        for what, meaning in table:
            yield from entry(what, meaning)
    yield from (".SH SEE ALSO", ".BR haproxy (1)")


def commands_of(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command as it is typed; in the place of a group its commands."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def paragraphs(command: click.Command) -> list[str]:
    """The paragraphs of a command's help."""
    return (command.help or "").replace("\b", "").strip().split("\n\n")


def entry(what: str, meaning: str) -> Iterator[str]:
    """A term and what it means."""
    yield from (".TP", f".B {escaped(what)}", wrapped(meaning))


def main() -> None:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.datetime.now(datetime.UTC)
    if epoch:
        now = datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
    text = "".join(
        f"{line}\n" for line in page(cli, version=__version__, day=now.date().isoformat())
    )
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
