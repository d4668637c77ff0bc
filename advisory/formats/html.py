"""Reports as one HTML page: no script, no request; light or dark as the reader's system is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

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

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #8881; --link: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --link: #8ab4f8; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
h1, h2, h3 { line-height: 1.2; overflow-wrap: anywhere; }
a { color: var(--link); }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; background: var(--soft); }
code { overflow-wrap: anywhere; }
pre { padding: .75rem; overflow-x: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding: .5rem 0; }
th, td { border: 1px solid var(--line); padding: .4rem .6rem; text-align: left; }
th, td { vertical-align: top; }
th[scope], td:nth-child(2) { white-space: nowrap; }
.warns { border-left: .3rem solid currentColor; padding: .25rem .75rem; background: var(--soft); }
article + article { border-top: 3px double var(--line); margin-top: 2rem; }
"""


def render_html(reports: Sequence[Report], *, tool_version: str) -> str:
    """A page with an article for each report."""
    title = ", ".join(dict.fromkeys(report.target.version for report in reports))
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f'<meta name="generator" content="hapadvise {_safe(tool_version)}">',
            f"<title>Known bugs of HAProxy {_safe(title)}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            "<main>",
            *(line for report in reports for line in _article(report)),
            "</main>",
            "</body>",
            "</html>",
            "",
        )
    )


def _article(report: Report) -> Iterator[str]:
    yield "<article>"
    for block in blocks_of(report):
        yield from _block(block)
    yield "</article>"


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"<h{block.level}>{_inline(block.text)}</h{block.level}>"
    elif isinstance(block, Paragraph):
        kind = ' class="warns"' if block.warns else ""
        yield f"<p{kind}>{_inline(block.text)}</p>"
    elif isinstance(block, Listing):
        yield f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in block.items)}</ul>"
    elif isinstance(block, Table):
        yield from _table(block)
    else:
        lines = "\n".join(map(_safe, block.lines))
        yield f'<pre tabindex="0">{lines}</pre>'


def _table(table: Table) -> Iterator[str]:
    caption = _safe(table.caption)
    yield f'<div class="scroll" role="region" aria-label="{caption}" tabindex="0">'
    yield f"<table><caption>{caption}</caption>"
    head = "".join(f'<th scope="col">{_safe(cell)}</th>' for cell in table.head)
    yield f"<thead><tr>{head}</tr></thead><tbody>"
    for first, *rest in table.rows:
        cells = "".join(f"<td>{_inline(cell)}</td>" for cell in rest)
        yield f'<tr><th scope="row">{_inline(first)}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _inline(pieces: Inline) -> str:
    return "".join(map(_piece, pieces))


def _piece(piece: Piece) -> str:
    if isinstance(piece, Code):
        return f"<code>{_safe(piece.text)}</code>"
    if isinstance(piece, Link):
        return f'<a href="{_safe(piece.url)}" rel="noreferrer">{_safe(piece.text)}</a>'
    return "".join(_prose(piece))


def _prose(text: str) -> Iterator[str]:
    """A sentence: between a pair of backticks it is code."""
    parts = _safe(text).split("`")
    for number, part in enumerate(parts):
        if number % 2 and number < len(parts) - 1:
            yield f"<code>{part}</code>"
        else:
            yield part


def _safe(text: str) -> str:
    return escape(visible(text))
