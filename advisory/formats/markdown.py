"""Reports as GitHub-flavoured Markdown, to be pasted into a ticket.

Every text is escaped. What could become a mention, a reference or a link of its own is shown as
code, since no escape stops GitHub from making them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from advisory.formats.blocks import (
    Block,
    Code,
    Heading,
    Inline,
    Link,
    Listing,
    Paragraph,
    Piece,
    Table,
    blocks_of,
)
from advisory.formats.rows import visible
from advisory.report import Report

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>&|~!$^]")
_ACTIVE = re.compile(r"@|://|www\.|#[0-9]|[a-z]:/", re.IGNORECASE)
# What makes a list, a heading or a line of a text that begins so.
_OPENING = re.compile(r"(?:[-+=]+|#{1,6}|[0-9]{1,9}[.)])(?=\s|$)")


def render_markdown(reports: Sequence[Report]) -> str:
    """The reports one after the other, with a line between them."""
    return "\n---\n\n".join("\n".join(_page(report)) + "\n" for report in reports)


def _page(report: Report) -> Iterator[str]:
    first = True
    for block in blocks_of(report):
        if not first:
            yield ""
        first = False
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"{'#' * block.level} {_inline(block.text)}"
    elif isinstance(block, Paragraph):
        text = _inline(block.text)
        yield f"> **Note:** {text}" if block.warns else _begun(text)
    elif isinstance(block, Listing):
        yield from (f"- {_begun(_inline(item))}" for item in block.items)
    elif isinstance(block, Table):
        yield from _table(block)
    else:
        lines = [visible(line) for line in block.lines]
        fence = "`" * max(3, 1 + max(map(_longest_run, lines), default=0))
        yield from (fence, *lines, fence)


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(table.head)} |"
    yield f"| {' | '.join('---' for _ in table.head)} |"
    for row in table.rows:
        yield f"| {' | '.join(_inline(cell, in_table=True) or ' ' for cell in row)} |"


def _inline(pieces: Inline, *, in_table: bool = False) -> str:
    return "".join(_piece(piece, in_table) for piece in pieces).strip()


def _piece(piece: Piece, in_table: bool) -> str:
    if isinstance(piece, Code):
        return _code(piece.text, in_table)
    if isinstance(piece, Link):
        return f"[{_SPECIAL.sub(_escaped, visible(piece.text))}](<{piece.url}>)"
    return _prose(piece, in_table)


def _prose(text: str, in_table: bool) -> str:
    """A sentence: between a pair of backticks it is code, the rest is escaped."""
    parts = visible(text).split("`")
    shown = []
    for number, part in enumerate(parts):
        if number % 2 and number < len(parts) - 1:
            shown.append(_code(part, in_table))
        else:
            shown.append(re.sub(r"\S+", lambda word: _word(word[0], in_table), part))
    return "".join(shown)


def _word(word: str, in_table: bool) -> str:
    return _code(word, in_table) if _ACTIVE.search(word) else _SPECIAL.sub(_escaped, word)


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


def _code(text: str, in_table: bool) -> str:
    """A code span that the text cannot end; a table would take a bar for the end of a cell."""
    text = visible(text)
    if not text.strip():
        return ""
    if in_table:
        text = text.replace("\\|", "|").replace("|", "\\|")
    fence = "`" * (1 + _longest_run(text))
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _begun(text: str) -> str:
    """The text such that its first characters begin no list, heading or quotation."""
    opening = _OPENING.match(text)
    if opening is None:
        return text
    return f"{opening[0][:-1]}\\{opening[0][-1]}{text[opening.end() :]}"
