"""Reports as Markdown: readable as it is, and no text in it becomes markup."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.bug import Kind, Severity
from advisory.catalogue import Catalogue
from advisory.finding import Citation, Verdict
from advisory.formats.markdown import render_markdown
from advisory.regressions import BadWindow, WindowKind
from advisory.report import Report
from tests.format_cases import (
    BUG,
    CLEAN,
    FINDING,
    REPORT,
    UNKNOWN,
    every_report,
    harmless,
    hostile,
)
from tests.test_format_html import LINK, Page

TAGS = {
    *("h1", "h2", "h3", "p", "a", "code", "pre", "ul", "li", "table", "thead", "tbody", "tr"),
    *("th", "td", "blockquote", "strong", "hr"),
}


def test_a_report_is_ready_for_a_ticket() -> None:
    assert render_markdown([REPORT]) == (
        "# HAProxy `2.2.4-de45672`\n"
        "\n"
        "Branch 2.2; 2.2.4 was released on 2020-09-30; read from `vv.txt`.\n"
        "\n"
        "Affected by 1 memory leak.\n"
        "\n"
        "3 bugs known in this release (1 major, 2 medium).\n"
        "\n"
        "## 1 memory leak in 2.2.4\n"
        "\n"
        "### Growing in a running process (1)\n"
        "\n"
        "| Bug | Severity | Where | What happens | Fixed in |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| [aaaaaaaaaaaa](<https://git.haproxy.org/?p=haproxy-2.2.git;a=commitdiff;h=bbbbbbbbbbbb>)"
        " | medium | stove | One kettle is lost per cup. When: Tea is poured twice. Until then: "
        "Drink coffee. Here: two cups are poured. `/etc/haproxy/haproxy.cfg:7:   pour twice` "
        "`more.cfg:9:   pour again` [issue 935](<https://github.com/haproxy/haproxy/issues/935>) "
        "| 2.2.5 |\n"
        "\n"
        "Data as of 2026-07-01 (bundled).\n"
    )


def test_a_build_that_cannot_be_judged_or_has_nothing() -> None:
    unknown = render_markdown([UNKNOWN._replace(warnings=("the data is old",))])

    assert "> **Note:** Unknown: nobody knows its fixes.\n" in unknown
    assert "> **Note:** the data is old.\n" in unknown
    assert "\nNothing of what was asked for is known as of 2026-07-01.\n" in render_markdown(
        [CLEAN]
    )


def test_several_reports_are_set_apart() -> None:
    assert render_markdown([REPORT, CLEAN]).count("\n---\n\n# HAProxy ") == 1


def test_the_diagnosis_names_pool_suspect_and_way(catalogue: Catalogue) -> None:
    text = render_markdown([every_report(catalogue)["process mux-pt-2.2"]])

    assert "\n## Diagnosis: known bug\n" in text
    assert "\n| `filter` | 64 | 630 → 10,621 → 20,629 | 19,999 | 100% |\n" in text
    assert "\n### Suspect 1: [5a7ca29061db](<" in text
    assert "\n- `haproxy.cfg`, line 14: `default_backend be_app`\n" in text
    assert "\n| 2.2.34 | 2025-04-23 | 17 | 0 | 0 | recommended |\n" in text
    assert "\nRecommended: 2.2.34. " in text


def test_a_command_is_a_block_to_copy(catalogue: Catalogue) -> None:
    text = render_markdown([every_report(catalogue)["process none-lua-table-2.8"]])

    assert re.search(r"\n```\n(?:ps|grep|echo) [^\n]+\n```\n", text)


def test_bugs_of_every_kind_stand_in_one_table(catalogue: Catalogue) -> None:
    text = render_markdown([every_report(catalogue)["all 2.2.4.txt 1"]])

    assert "\n### " not in text
    assert "\n## Never fixed in 2.2\n" in text


def test_what_is_doubtful_is_noted() -> None:
    doubtful = FINDING._replace(
        bug=BUG._replace(subsystem="", issues=()),
        verdict=Verdict.POSSIBLE,
        configured=Verdict.POSSIBLE,
        citations=(),
    )
    some = REPORT._replace(findings=(doubtful,), kinds=("crash", "hang"))

    text = render_markdown([some])

    assert "| not named |" in text
    assert "Here perhaps: two cups are poured. Note: the fix came later, in 2.2.5. |" in text
    assert "Affected by 1 listed bug." in text


def test_regressions_of_the_release_are_told(catalogue: Catalogue) -> None:
    window = BadWindow(
        *("2.2.4", "2.2.4", "2.2.5", Severity.MAJOR, BUG, "c" * 12, "d" * 12),
        WindowKind.REGRESSION,
        ("2.2.4",),
    )
    report = every_report(catalogue)["leaks 3.4.1.txt 1"]._replace(known_bad=(window,))

    assert "has bugs of its own, which came with a release of the branch: 1 major." in (
        render_markdown([report])
    )


def page_of(text: str) -> Page:
    """What GitHub's own Markdown makes of it."""
    cmark = pytest.importorskip("cmarkgfm", reason="PyPI's cmarkgfm is GitHub's Markdown")
    options = pytest.importorskip("cmarkgfm.cmark").Options
    page = Page()
    page.feed(cmark.github_flavored_markdown_to_html(text, options.CMARK_OPT_UNSAFE))
    page.close()
    assert page.open in ([], ["hr"] * len(page.open))
    return page


def check(page: Page) -> None:
    assert {tag for tag, _ in page.tags} <= TAGS
    for tag, attributes in page.tags:
        assert tag == "a" or not attributes
        if tag == "a":
            assert LINK.fullmatch(attributes["href"])


def columns_of(page: Page) -> set[int]:
    """How many cells the rows of its tables have."""
    tags = [tag for tag, _ in page.tags if tag in ("tr", "td", "th")]
    rows = re.findall("r(c*)", "".join("r" if tag == "tr" else "c" for tag in tags))
    return set(map(len, rows))


def test_every_sample_is_what_was_meant_on_github(catalogue: Catalogue) -> None:
    for name, report in every_report(catalogue).items():
        page = page_of(render_markdown([report]))
        check(page)
        headings = [tag for tag, _ in page.tags].count("h1")
        assert headings == 1, name
        assert columns_of(page) <= {5, 6}
        links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
        assert len(links) >= len(report.findings)


def test_hostile_texts_become_text() -> None:
    text = render_markdown([hostile()])
    page = page_of(text)

    check(page)
    assert columns_of(page) == {5}
    assert page.text.count("<script>alert(1)</script>") > 5
    assert harmless(text)


def with_text(text: str) -> Report:
    """A report with a text in every place that comes from outside."""
    bug = BUG._replace(title=text, subsystem=text, advisory=None)
    finding = FINDING._replace(
        bug=bug, reasons=(text,), because=(text,), citations=(Citation(text, 1, text),)
    )
    target = REPORT.target._replace(printed=text, source=text)
    return REPORT._replace(target=target, findings=(finding,), warnings=(text,))


TRICKS = st.text(
    alphabet=st.sampled_from("`|\\[]()<>*_~#@!&;:/.-+=1 \n\tahttpwx$^{}\"'"), max_size=24
)


@given(TRICKS)
def test_no_text_becomes_markup(text: str) -> None:
    page = page_of(render_markdown([with_text(text)]))

    check(page)
    assert columns_of(page) == {5}
    assert [tag for tag, _ in page.tags].count("h1") == 1


@pytest.mark.parametrize(
    "text",
    [
        "@everyone",
        "#1",
        "GH-1",
        "http://evil.example/",
        "www.evil.example",
        "me@evil.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "![x](http://evil.example/a.png)",
        "<img src=x onerror=alert(1)>",
        "[x]: http://evil.example/",
        "&#60;b&#62;",
        "# heading",
        "1. one",
        "- item",
        "> quoted",
        "```\ncode",
        "a | b",
        "a \\| b",
        "`` ` ``",
    ],
)
def test_no_known_trick_works(text: str) -> None:
    page = page_of(render_markdown([with_text(text)]))

    check(page)
    assert columns_of(page) == {5}


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("write to me@example.org", "write to `me@example.org`"),
        ("see #12 and `a|b`", "see `#12` and `a\\|b`"),
        ("one `tick", "one tick"),
        ("set `` to a_b", "set  to a\\_b"),
    ],
)
def test_what_could_become_a_link_is_shown_as_code(words: str, written: str) -> None:
    bug = BUG._replace(advisory=BUG.advisory and BUG.advisory._replace(summary=words))
    finding = FINDING._replace(bug=bug)

    assert f"| {written} When: " in render_markdown([REPORT._replace(findings=(finding,))])


@pytest.mark.parametrize("start", ["- ", "+ ", "= ", "# ", "1. ", "2) ", "-"])
def test_no_paragraph_becomes_a_list_or_a_heading(catalogue: Catalogue, start: str) -> None:
    report = every_report(catalogue)["process mux-pt-2.2"]
    examination = report.examination
    assert examination is not None
    diagnosis = examination.diagnosis._replace(
        explanation=f"{start}tea", next_steps=(f"{start}tea",)
    )
    changed = report._replace(examination=examination._replace(diagnosis=diagnosis))

    page = page_of(render_markdown([changed]))

    before = page_of(render_markdown([_with_steps(report, ("tea",))]))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in before.tags]


def _with_steps(report: Report, steps: tuple[str, ...]) -> Report:
    examination: Any = report.examination
    diagnosis = examination.diagnosis._replace(explanation="tea", next_steps=steps)
    return report._replace(examination=examination._replace(diagnosis=diagnosis))


def test_more_suspects_than_are_shown_are_counted(catalogue: Catalogue) -> None:
    report = every_report(catalogue)["process mux-pt-2.2"]
    examination = report.examination
    assert examination is not None
    many = examination._replace(suspects=examination.suspects[:1] * 5, lines=())
    quiet = many._replace(evidence=many.evidence._replace(notes=()))

    text = render_markdown([report._replace(examination=quiet)])

    assert "\n2 more suspects with lower scores.\n" in text
    assert "Measured" not in text


def test_a_suspect_that_is_not_listed_has_no_link(catalogue: Catalogue) -> None:
    report = every_report(catalogue)["process mux-pt-2.2"]._replace(findings=())

    assert "\n### Suspect 1: 5a7ca29061db, mux-pt, score 83\n" in render_markdown([report])


def test_the_kinds_that_were_asked_for_name_the_bugs() -> None:
    one = REPORT._replace(kinds=(Kind.STUCK_OBJECT.value,))

    assert "Affected by 1 stuck object." in render_markdown([one])
    assert "Affected by 1 bug." in render_markdown([REPORT._replace(kinds=())])
