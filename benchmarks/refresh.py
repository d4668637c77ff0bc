#!/usr/bin/env python3
"""What it takes to read all pages of known bugs, as a multiple of a plain lxml reader's time.

    python benchmarks/refresh.py FOLDER [RUNS]

FOLDER holds the pages as served: FOLDER/bugs/index.html, FOLDER/bugs/bugs-2.2.4.html and so on.
Both read them from memory, in turns in one process; the medians of their CPU time are compared.

The plain reader parses each page with lxml and takes day, commit and subject of every row, with one
XPath per column and page (one per row takes more than twice as long); it keeps and checks nothing.
Ours reads what a refresh of everything reads: the index, the page of each branch and that of its
oldest release in full, the commits of all other pages, and from these the release of each fix.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from lxml import html

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from advisory.pages import BugPage, nest, read_bug_page, read_commits, read_index

LINKS = '//td/a[contains(@href, "commitdiff")]'
DAYS = '//td[following-sibling::td/a[contains(@href, "commitdiff")]]/text()'


def plain_rows(text: str) -> list[tuple[str, str, str]]:
    """Commit, day and subject of every row of a page."""
    tree = html.fromstring(text)
    return [
        (link.get("href").rpartition("=")[2], day.strip(), link.text)
        for link, day in zip(tree.xpath(LINKS), tree.xpath(DAYS), strict=True)
    ]


def plain(pages: Mapping[str, str]) -> int:
    """The number of rows of all pages."""
    return sum(len(plain_rows(text)) for text in pages.values())


def ours(pages: Mapping[str, str]) -> list[tuple[BugPage, dict[str, str]]]:
    """For each branch the page of its oldest release, and the release of each of its fixes."""
    read = []
    for branch in read_index(pages["index.html"], source="index.html"):
        name = f"bugs-{branch}.html"
        own = read_bug_page(pages[name], source=name)
        others = {"": (own.total, tuple(fix.commit for fix in own.fixes))}
        first, *later = (f"bugs-{release.version}.html" for release in own.releases)
        for release, name in zip(own.releases[1:], later, strict=True):
            others[release.version] = read_commits(
                pages[name], source=name, version=release.version
            )
        oldest = read_bug_page(pages[first], source=first)
        read.append((oldest, nest(oldest, others)))
    return read


def cpu_of(reader: Callable[[Mapping[str, str]], object], pages: Mapping[str, str]) -> float:
    """CPU time of one reading, in seconds."""
    start = time.process_time()
    reader(pages)
    return time.process_time() - start


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    folder = Path(sys.argv[1]) / "bugs"
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    pages = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.html"))}
    rows, read = plain(pages), ours(pages)
    for page, _ in read:
        name = f"bugs-{page.version}.html"
        if [fix[:2] for fix in page.fixes] != [row[:2] for row in plain_rows(pages[name])]:
            raise SystemExit(f"{name}: the two readers disagree")
    theirs, mine = [], []
    for _ in range(runs):
        theirs.append(cpu_of(plain, pages))
        mine.append(cpu_of(ours, pages))
    floor, median = statistics.median(theirs), statistics.median(mine)
    fixes = sum(page.total for page, _ in read)
    print(f"plain {floor:6.2f} s CPU, {len(pages)} pages, {rows} rows, median of {runs}")
    print(f"ours  {median:6.2f} s CPU, {fixes} fixes, {median / floor:.2f} times the plain reader")


if __name__ == "__main__":
    main()
