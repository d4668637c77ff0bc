"""Where the hosts of a fleet come from: files, folders, streams of one host in each line."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from advisory.console import printable
from advisory.errors import AdvisoryError, ParseError
from advisory.hosts import Host, read_host
from advisory.inputs import read_input

STREAMS = (".jsonl", ".ndjson")
"""How the names of files end that hold one host in each line."""
LARGEST_LINE = 2 * 1024 * 1024
_UNITS = 1000  # of progress, for each input


class Item(NamedTuple):
    """A host, or why it could not be read; how far the input is read, and how much there is.

    ``where`` is the line that it stands in, "" for a file of its own.
    """

    where: str
    host: Host | AdvisoryError
    done: int
    total: int


class _Line(NamedTuple):
    where: str
    host: Host | AdvisoryError
    share: float


def files_of(names: Iterable[str]) -> Iterator[str]:
    """The names, and in the place of a folder those of the files in it and below."""
    for name in names:
        if not Path(name).is_dir():
            yield name
            continue
        for folder, folders, files in os.walk(name):
            folders[:] = sorted(entry for entry in folders if entry[0] != ".")
            paths = (Path(folder, entry) for entry in sorted(files) if entry[0] != ".")
            yield from (str(path) for path in paths if path.is_file())  # a pipe would be waited for


def hosts_of(names: Sequence[str]) -> Iterator[Item]:
    """Every host of the files, one after the other.

    Args:
        names: "-" for standard input; what is no stream is one host, as in ``hapadvise FILE``.
    """
    total = len(names) * _UNITS
    for number, name in enumerate(names):
        done = number * _UNITS
        if name == "-" or name.endswith(STREAMS):
            for where, host, share in _stream(name):
                yield Item(where, host, done + int(share * _UNITS), total)
        else:
            yield Item("", _one(name), done + _UNITS, total)


def _one(name: str) -> Host | AdvisoryError:
    try:
        found = read_input(name)
    except AdvisoryError as error:
        return error
    return Host(found.source, found.text)


def _stream(name: str) -> Iterator[_Line]:
    source = "standard input" if name == "-" else printable(name)
    try:
        with contextlib.ExitStack() as stack:
            stream = sys.stdin.buffer
            if name != "-":
                stream = stack.enter_context(Path(name).open("rb"))
            yield from _lines_of(stream, source)
    except OSError as error:
        wrong = ParseError(f"cannot be read ({error.strerror})", source=source)
        yield _Line(source, wrong, 1.0)


def _lines_of(stream: BinaryIO, source: str) -> Iterator[_Line]:
    """Every line that is not empty."""
    size, read, number, found = _size_of(stream), 0, 0, False
    while data := stream.readline(LARGEST_LINE + 1):
        number += 1
        read += len(data)
        long = len(data) > LARGEST_LINE
        while long and data[-1:] != b"\n" and (data := stream.readline(LARGEST_LINE)):
            read += len(data)
        if not long and not data.strip():
            continue
        found = True
        share = min(1.0, read / size) if size else 0.0
        yield _Line(f"{source}, line {number}", _read(data, source, number, long=long), share)
    if not found:
        yield _Line(source, ParseError("holds no host", source=source), 1.0)


def _read(data: bytes, source: str, number: int, *, long: bool) -> Host | AdvisoryError:
    if long:
        what = f"is longer than {LARGEST_LINE >> 20} MiB; pass less of what it holds"
        return ParseError(what, source=source, line=number)
    try:
        return read_host(data, source=source, line=number)
    except ParseError as error:
        return error


def _size_of(stream: BinaryIO) -> int:
    """How many bytes there are to read; 0 where that cannot be known."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, AttributeError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0
