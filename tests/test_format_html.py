"""Reports as HTML: one page, nothing fetched, nothing run, everything escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from advisory.catalogue import Catalogue
from advisory.finding import Citation
from advisory.formats.html import render_html
from advisory.report import Report
from tests.format_cases import FINDING, REPORT, UNKNOWN, every_report, harmless, hostile

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "article", "h1", "h2", "h3", "p"),
    *("a", "code", "pre", "ul", "li", "div", "table", "caption", "thead", "tbody", "tr", "th"),
    "td",
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "href", "rel", "class", "role"),
    *("aria-label", "tabindex", "scope"),
}
LINK = re.compile(
    r"https://git\.haproxy\.org/\?p=haproxy-[0-9.]+\.git;a=commitdiff;h=[0-9a-f]{12}"
    r"|https://github\.com/haproxy/haproxy/issues/[0-9]+"
)
VOID = {"meta"}


class Page(HTMLParser):
    """What a page holds; a tag that is not closed where it should be fails."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(*reports: Report) -> Page:
    text = render_html(reports, tool_version="1.2")
    assert text.startswith("<!DOCTYPE html>\n")
    assert harmless(text)
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    assert {tag for tag, _ in page.tags} <= TAGS
    assert {name for _, attributes in page.tags for name in attributes} <= ATTRIBUTES
    for tag, attributes in page.tags:
        if tag == "a":
            assert LINK.fullmatch(attributes["href"])
    return page


def test_a_page_says_what_was_found_and_what_to_do() -> None:
    page = page_of(REPORT)

    for text in (
        "Known bugs of HAProxy 2.2.4",
        "Affected by 1 memory leak.",
        "One kettle is lost per cup. When: Tea is poured twice. Until then: Drink coffee. "
        "Here: two cups are poured. /etc/haproxy/haproxy.cfg:7:   pour twice",
    ):
        assert text in page.text


def test_nothing_is_fetched_or_run() -> None:
    text = render_html([REPORT], tool_version="1.2")

    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|\bsrc=|\son\w+=", text)


def test_headings_are_in_order_and_tables_have_captions(catalogue: Catalogue) -> None:
    for report in every_report(catalogue).values():
        tags = [tag for tag, _ in page_of(report).tags]
        levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert tags.count("caption") == tags.count("table")


def test_several_reports_stand_on_one_page() -> None:
    page = page_of(REPORT, UNKNOWN)

    assert [tag for tag, _ in page.tags].count("article") == 2
    assert "Known bugs of HAProxy 2.2.4, 2.9.1" in page.text


def test_commands_are_shown_to_be_copied(catalogue: Catalogue) -> None:
    page = page_of(every_report(catalogue)["process none-lua-table-2.8"])

    assert "pre" in {tag for tag, _ in page.tags}
    assert re.search(r"\n(?:ps|grep|echo) ", page.text)


def test_hostile_texts_become_text() -> None:
    page = page_of(hostile())

    assert page.text.count("<script>alert(1)</script>") > 5


@pytest.mark.parametrize("text", ["`", "``", "`a", "a`b`c`d", "`<b>`", "` `x"])
def test_backticks_never_unbalance_the_page(text: str) -> None:
    finding = FINDING._replace(because=(text,), citations=(Citation(text, 1, text),))

    page_of(REPORT._replace(findings=(finding,), warnings=(text,)))


def test_every_sample_is_html_for_another_parser(catalogue: Catalogue) -> None:
    html5lib = pytest.importorskip("html5lib", reason="PyPI's html5lib tells errors")
    reports = list(every_report(catalogue).values())

    for chosen in (*([report] for report in reports), [hostile(), *reports[:9]]):
        text = render_html(chosen, tool_version="1.2")
        html5lib.HTMLParser(strict=True).parse(text)  # raises where there is any error
