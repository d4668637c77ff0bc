"""Reading what a report is made from: files, folders of configuration, standard input."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

from advisory.build import is_bare_version
from advisory.errors import ParseError

LARGEST_INPUT = 16 * 1024 * 1024
COMMAND_LINE = "the command line"


class Input(NamedTuple):
    """A text, and where it comes from, for messages."""

    source: str
    text: str


def read_input(name: str) -> Input:
    """The text of a file, of standard input for "-", or a version that stands for itself.

    Raises:
        ParseError: there is none, or it cannot be read.
    """
    if name == "-":
        data = sys.stdin.buffer.read(LARGEST_INPUT + 1)
        return Input("standard input", text_of(data, "standard input"))
    try:
        return read_file(name)
    except ParseError:
        if os.path.lexists(name) or not is_bare_version(name):
            raise
        return Input(COMMAND_LINE, name)


def read_file(name: str) -> Input:
    """The text of a file.

    Raises:
        ParseError: there is none, or it cannot be read.
    """
    source = _shown(name)
    try:
        with open(name, "rb") as file:
            data = file.read(LARGEST_INPUT + 1)
    except FileNotFoundError as error:
        raise ParseError(
            "there is no such file, and it is no version such as 2.2.4", source=source
        ) from error
    except IsADirectoryError as error:
        raise ParseError("is a directory; name the files in it", source=source) from error
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ParseError(f"cannot be read ({reason})", source=source) from error
    return Input(source, text_of(data, source))


def read_configuration(name: str) -> list[Input]:
    """The files of a configuration: one, or those of a folder as ``haproxy -f`` takes them.

    Raises:
        ParseError: there is none, or one cannot be read.
    """
    if not os.path.isdir(name):
        return [read_file(name)]
    try:
        entries = os.listdir(name)
    except OSError as error:
        raise ParseError(f"cannot be read ({error.strerror})", source=_shown(name)) from error
    found = sorted(entry for entry in entries if entry.endswith(".cfg") and entry[0] != ".")
    if not found:
        raise ParseError("has no file that ends in .cfg; name the file", source=_shown(name))
    return [read_file(os.path.join(name, entry)) for entry in found]


def _shown(name: str) -> str:
    """A name, fit for a terminal."""
    return "".join(char if char.isprintable() else "?" for char in name)


def text_of(data: bytes, source: str) -> str:
    """An input's text: UTF-8 unless a byte order mark says UTF-16; what is neither is replaced.

    Raises:
        ParseError: it is empty, too large, or no text.
    """
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
