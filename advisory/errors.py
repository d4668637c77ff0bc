"""Every error that hapadvise raises on purpose.

    AdvisoryError
    ├── ParseError       a text is not of the form that it should have (source, line)
    ├── FetchError       a page or an answer could not be had
    ├── CatalogueError   a catalogue is missing, damaged or of another schema
    │   └── OlderSchemaError   it was made by an older version
    ├── NotKnownError    the catalogue holds nothing of that name
    └── OutputError      the report cannot be written

``cli.main`` turns each into one line on standard error and the exit status that it carries.
"""

from __future__ import annotations


class AdvisoryError(Exception):
    """What went wrong, on what, and what to type next, in one line.

    ``exit_status`` is what the command exits with: 2, it could not run; 3, it cannot tell.
    """

    exit_status = 2


class ParseError(AdvisoryError):
    """A text that does not have the form it should have.

    Args:
        message: what is wrong and what to do about it.
        source: the file, option or socket that the text came from.
        line: the number of the line, from 1, where one line is to blame.
    """

    def __init__(self, message: str, *, source: str, line: int | None = None) -> None:
        where = source if line is None else f"{source}, line {line}"
        super().__init__(f"{where}: {message}")
        self.source = source
        self.line = line


class FetchError(AdvisoryError):
    """A page or an answer that could not be had, or that came from where it should not."""


class CatalogueError(AdvisoryError):
    """A catalogue that is missing, damaged, or of a schema that this version does not know."""

    exit_status = 3


class OlderSchemaError(CatalogueError):
    """A catalogue that an older version made."""


class OutputError(AdvisoryError):
    """A report that cannot be written: the disk is full, say."""


class NotKnownError(AdvisoryError):
    """A bug, fix or issue that the catalogue does not hold."""

    exit_status = 3
