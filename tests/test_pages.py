from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.errors import ParseError
from advisory.pages import (
    BugPage,
    ChangelogRelease,
    CommitList,
    ListedFix,
    ListedRelease,
    nest,
    read_bug_page,
    read_changelog,
    read_commits,
    read_index,
)
from tests.site import FAULTS, SITE, STYLES, Line, Row, Site

READERS: tuple[Callable[..., object], ...] = (
    read_index,
    read_bug_page,
    read_commits,
    read_changelog,
)

LINE = SITE.lines[1]
PAGE = SITE.bug_page(LINE, "2.2.0")
INDEX = SITE.index_page()

# Small pools, so that equal days, equal subjects and empty releases come up.
RELEASES = (
    ("2.2.0", "2020-07-07"),
    ("2.2.1", "2020-07-23"),
    ("2.2.2", "2020-07-23"),
    ("2.2.10", "2021-03-05"),  # as text it would stand before 2.2.2
)
SUBJECTS = (
    "BUG/MINOR: kettle: descale it",
    "BUG/MAJOR: kettle: don't spill & hiss",
    'BUG/MEDIUM: stove: "low" <is> &lt; off',
    "[BUG] stove: a=commitdiff in words",
    "2020-07-23",  # a subject that looks like a day
)


def changed(text: str, old: str, new: str) -> str:
    """The text with the only ``old`` in it replaced."""
    assert text.count(old) == 1, old

    return text.replace(old, new)


def page_of(line: Line, version: str) -> BugPage:
    """What is to be read off a page of our site."""
    fixes = tuple(ListedFix(*row[:2], " ".join(row.subject.split())) for row in line.after(version))
    releases = tuple(ListedRelease(*release) for release in line.releases)
    return BugPage(line.branch, version, releases, len(fixes), fixes)


def commits_of(page: BugPage) -> CommitList:
    return page.total, tuple(fix.commit for fix in page.fixes)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Branch 2.2 with its first releases and fixes that were merged before, between and after."""
    releases = RELEASES[: draw(st.integers(1, len(RELEASES)))]
    versions = (*(version for version, _ in releases[1:]), "")
    places = sorted(draw(st.lists(st.integers(0, len(versions) - 1), max_size=6)))
    rows = (
        Row(
            f"{position:x}".rjust(draw(st.integers(7, 40)), "f"),
            draw(st.sampled_from(("2020-07-08", "2020-07-23"))),
            draw(st.sampled_from(SUBJECTS)),
            versions[place],
        )
        for position, place in enumerate(places)
    )
    return Line("2.2", releases, tuple(rows))


@st.composite
def spoilt_pages(draw: st.DrawFn) -> str:
    """Pages of which a piece is lost, doubled or replaced by what markup is made of."""
    site = SITE._replace(style=draw(st.sampled_from(STYLES)))
    text = draw(st.sampled_from(sorted(site.pages().values())))
    for _ in range(draw(st.integers(1, 2))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(start + 40, len(text))))
        scraps = ("", "<", "<a>", "</a>", "<!--", "&#", "<![x[", "</table>", "<td>", "2020-02-30")
        new = draw(st.sampled_from((*scraps, text[start:end] * 2)) | st.text(max_size=3))
        text = text[:start] + new + text[end:]
    return text


@pytest.mark.parametrize("style", STYLES)
def test_the_index_gives_the_branches_oldest_first(style: str) -> None:
    branches = read_index(SITE._replace(style=style).index_page(), source="index")

    assert branches == ("1.3", "2.2", "2.10")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("line", SITE.lines, ids=lambda line: line.branch)
def test_a_page_of_bugs_is_read_in_full(line: Line, style: str) -> None:
    site = SITE._replace(style=style)
    versions = ("", *(version for version, _ in line.releases))
    texts = [site.bug_page(line, version) for version in versions]

    assert [read_bug_page(text, source="page") for text in texts] == [
        page_of(line, version) for version in versions
    ]


@pytest.mark.parametrize(
    ("link", "fix"),
    [
        # as it stands on our pages
        ('<a href="/?p=h.git;a=commitdiff;h=abcdef0">BUG: x: y</a>', ("abcdef0", "BUG: x: y")),
        # entities in the address, a whole commit
        (
            f'<a href="/?p=h.git&amp;a=commitdiff&amp;h={"0123456789" * 4}">BUG: x: y</a>',
            ("0123456789" * 4, "BUG: x: y"),
        ),
        # a bare ampersand, capitals, other attributes, apostrophes
        (
            "<A class=b HREF='/?a=commitdiff&h=abcdef01' id=c>BUG: x: y</A>",
            ("abcdef01", "BUG: x: y"),
        ),
        # no quotes
        ("<a href=/?a=commitdiff;h=abcdef0>BUG: x: y</a>", ("abcdef0", "BUG: x: y")),
        # white space, spaces that do not break, and a comment
        (
            '<a href="?a=commitdiff;h=abcdef0">\n BUG:\t x:&nbsp;&nbsp;y <!-- <b> --></a>',
            ("abcdef0", "BUG: x: y"),
        ),
        # entities by name, by number and without need; marks and colours
        (
            '<a href="?a=commitdiff;h=abcdef0"><font color="#c00">BUG:</font> '
            "&lt;x&gt; &amp;lt; don&#x27;t &#34;y&quot; R&D</a>",
            ("abcdef0", 'BUG: <x> &lt; don\'t "y" R&D'),
        ),
        # marks around the link
        ('<b><a href="?a=commitdiff;h=abcdef0">BUG: x: y</a></b>', ("abcdef0", "BUG: x: y")),
    ],
)
@pytest.mark.parametrize(
    "row",
    [
        "<tr><td>2020-07-08</td><td>{}</td></tr>",
        "<TR class=x>\n<TD NOWRAP> 2020-07-08&nbsp;\n<TD>{}\n",  # rows and cells left open
        "<tr><td><tt>2020-07-08</tt></td>\n<td><!-- 2020-07-09 -->\n{}</td></tr>\n",
    ],
)
def test_a_row_is_read_however_it_is_written(link: str, fix: tuple[str, str], row: str) -> None:
    text = SITE.bug_page(LINE, "2.2.10")
    start, end = text.rindex("<tr>"), text.rindex("</table>")
    text = text[:start] + row.format(link) + text[end:]
    commit, subject = fix

    assert read_bug_page(text, source="page").fixes == (ListedFix(commit, "2020-07-08", subject),)
    assert read_commits(text, source="page") == (1, (commit,))


def test_links_to_pages_may_be_whole_addresses() -> None:
    def whole(text: str) -> str:
        return text.replace('"bugs-', '"https://www.haproxy.org/bugs/bugs-')

    assert read_index(whole(INDEX), source="index") == ("1.3", "2.2", "2.10")
    assert read_bug_page(whole(PAGE), source="page") == page_of(LINE, "2.2.0")


def test_the_totals_may_be_marked() -> None:
    text = changed(changed(PAGE, " :  5</title>", " :&nbsp;5 </title>"), " : 5</p>", ": <b> 5</b>")

    assert read_bug_page(text, source="page") == page_of(LINE, "2.2.0")


def test_a_table_within_a_table_is_found() -> None:
    text = changed(PAGE, "<body>\n", "<body><table><tr><td>\n")
    text = changed(text, "</body>", "</td></tr></table></body>")

    assert read_bug_page(text, source="page") == page_of(LINE, "2.2.0")


def test_what_is_commented_out_counts_for_nothing() -> None:
    start, end = PAGE.rindex("<tr>"), PAGE.rindex("</table>")
    text = PAGE[:end] + f"<!-- {PAGE[start:end].replace('a1b2c3d4e', 'a' * 9)} -->" + PAGE[end:]

    assert read_bug_page(text, source="page") == page_of(LINE, "2.2.0")
    assert read_commits(text, source="page") == commits_of(page_of(LINE, "2.2.0"))


ROW = '<tr><td>2020-07-19</td><td><a href="http://git.example/?p=haproxy.git;a=commitdiff;h=ddddddddd">'
RELEASE = '<tr><td>2020-07-23</td><td><a href="bugs-2.2.2.html">2.2.2</a></td>'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        # what the page says of itself
        (
            "HAProxy known bugs for version v2.2.0 (maintenance branch 2.2) :  5</t",
            "Tea</t",
            "title",
        ),
        (" :  5</title>", " :  4</title>", "4 bugs by its title, 5 above the table"),
        (" :  5</title>", "</title>", "its title is not that of a page of known bugs"),
        (" : 5</p>", " : 4</p>", "5 bugs by its title, 4 above the table"),
        ("<p>Total known bugs in this version : 5</p>", "", "nothing above the table"),
        (
            "v2.2.0 (maintenance branch 2.2) :  5</t",
            "v2.4.0 (maintenance branch 2.2) :  5</t",
            "2.4.0",
        ),
        (
            "v2.2.0 (maintenance branch 2.2) :  5</t",
            "v2.2.0.0.0 (maintenance branch 2.2) :  5</t",
            "2.2",
        ),
        (
            "v2.2.0 (maintenance branch 2.2) :  5</t",
            "v2.2.5 (maintenance branch 2.2) :  5</t",
            "2.2.5",
        ),
        # the tables
        ("<th>Merge date</th>", "<th>Day</th>", "no table of bugs"),
        ("<th>Version</th>", "<th>Name</th>", "no table of releases"),
        ("</table>\n</body>", "</body>", "cut off"),
        (ROW, "<!--" + ROW, "1 rows, the page prints 5"),  # a comment that never ends
        # its rows
        (ROW, "<tr><td></td><td>" + ROW[27:], "no day"),
        (ROW, ROW.replace("2020-07-19", "2020-02-30"), "no day"),
        (ROW, ROW.replace("2020-07-19", "19/07/2020"), "no day"),
        (ROW, ROW.replace("2020-07-19", "2020-07-19 10:00:00 +0200"), "no day"),
        (ROW, ROW.replace("2020-07-19", "2020-07-19T22:00Z"), "no day"),
        (ROW, ROW.replace("2020-07-19", "2020-W29-7"), "no day"),
        (ROW, ROW.replace("2020-07-19", "20200719"), "no day"),
        (ROW, ROW.replace("2020-07-19", "0000-07-19"), "no day"),
        (ROW, "<tr><td>2020-07-18</td></tr>" + ROW, "no day"),
        (ROW, ROW.replace("commitdiff", "commit"), "4 rows, the page prints 5; fetch it again"),
        (ROW, ROW.replace("h=d", "h=g"), "4 rows, the page prints 5"),
        (ROW, ROW.replace("h=ddddddddd", "h=dddddd"), "4 rows, the page prints 5"),  # too short
        (ROW, ROW.replace("ddddddddd", "d" * 41), "4 rows, the page prints 5"),
        (ROW, ROW.replace("ddddddddd", "DDDDDDDDD"), "4 rows, the page prints 5"),
        (ROW, ROW.replace("p=haproxy.git;a", "p=haproxy.git;ba"), "no link to a commit"),
        (ROW, ROW.replace("href=", "title="), "no link to a commit"),
        (ROW, ROW + "</a>", "no link to a commit and its subject"),
        (ROW, ROW.replace("ddddddddd", "eeeeeeeee"), "commit eeeeeeeee is listed twice"),
        (ROW, ROW + "<![x[", "it is no HTML"),
        (ROW, ROW.replace("p=", f"p=&#{'9' * 5000};"), "it is no HTML"),
        (
            "</table>\n</body>",
            "</table>a=commitdiff;h=0123456 \n</body>",
            "6 rows, the page prints 5",
        ),
        # a link that swallows the next row
        ("descale it</a>", "descale it", "other places than its rows"),
        # the releases
        (RELEASE, RELEASE.replace("2020-07-23", "2020-07-32"), "no day"),
        (RELEASE, RELEASE.replace(">2.2.2<", ">2.2.3<"), "no release of the branch"),
        (RELEASE, RELEASE.replace("2.2.2", "2.4.2"), "no release of the branch"),
        (RELEASE, RELEASE.replace("2.2.2", "2.2.x"), "no release of the branch"),
        (RELEASE, RELEASE.replace("2.2.2", "2.2.1"), "or twice"),
        (RELEASE, "<tr><td>2020-07-23</td><td>2.2.2</td>", "no day"),
    ],
)
def test_what_does_not_add_up_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_bug_page(changed(PAGE, old, new), source="bugs-2.2.0.html")

    assert caught.value.source == "bugs-2.2.0.html"
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("releases", "message"),
    [
        ("", "its releases lack 2.2.0"),
        (RELEASE, "its releases lack 2.2.0"),  # those of another
        ("<tr><td>2020-07-07</td><td>2.2.0</td></tr>", "last row of a table has no link"),
    ],
)
def test_a_release_is_among_those_of_its_branch(releases: str, message: str) -> None:
    start = PAGE.index("<tr><td>")
    text = PAGE[:start] + releases + PAGE[PAGE.index("</table>") :]

    with pytest.raises(ParseError, match=message):
        read_bug_page(text, source="bugs-2.2.0.html")


def test_a_branch_without_releases_is_refused() -> None:
    text = SITE.bug_page(LINE)
    text = text[: text.index("<tr><td>")] + text[text.index("</table>") :]

    with pytest.raises(ParseError, match="its releases lack each"):
        read_bug_page(text, source="bugs-2.2.html")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("reader", [read_bug_page, read_commits])
def test_a_spoilt_page_is_refused(reader: Callable[..., object], fault: str, style: str) -> None:
    text = FAULTS[fault](SITE._replace(style=style).bug_page(LINE, "2.2.0"))

    with pytest.raises(ParseError, match=r"^bugs-2\.2\.0\.html: "):
        reader(text, source="bugs-2.2.0.html")


@pytest.mark.parametrize("fault", sorted(FAULTS.keys() - {"fewer rows"}))
@pytest.mark.parametrize("style", STYLES)
def test_a_spoilt_index_is_refused(style: str, fault: str) -> None:
    with pytest.raises(ParseError, match=r"^index: "):
        read_index(FAULTS[fault](SITE._replace(style=style).index_page()), source="index")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bugs-2.2.html", "bugs-2.2.1.html"),  # a release
        ("bugs-2.2.html", "bugs-2.html"),  # no branch
        ("bugs-2.2.html", "bugs-12345.2.html"),  # more than a branch is numbered
        ("bugs-2.2.html", "2.2.html"),  # another page
        ('<a href="bugs-2.2.html"', "<a"),  # no page
    ],
)
def test_a_header_cell_of_the_index_links_to_a_branch(old: str, new: str) -> None:
    with pytest.raises(ParseError, match="is no link to a branch's page"):
        read_index(changed(INDEX, old, new), source="index")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "v2.2.0 (maintenance branch 2.2) :  5</t",
            "v2.4.0 (maintenance branch 2.2) :  5</t",
            "2.4.0",
        ),
        (" : 5</p>", " : 4</p>", "5 bugs by its title, 4 above the table"),
        ("</table>\n</body>", "</body>", "cut off"),
        (ROW, "<tr>", "4 rows, the page prints 5; fetch it again"),
        (ROW, ROW.replace("ddddddddd", "eeeeeeeee"), "commit eeeeeeeee is listed twice"),
    ],
)
def test_commits_alone_have_to_add_up_too(old: str, new: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        read_commits(changed(PAGE, old, new), source="page")


@pytest.mark.parametrize("version", ["2.2.0", None])
def test_commits_alone_are_those_of_the_page(version: str | None) -> None:
    read = read_commits(PAGE, source="page", version=version)

    assert read == (5, ("e" * 9, "d" * 9, "c" * 9, "b" * 9, "a1b2c3d4e"))


@pytest.mark.parametrize(
    ("served", "asked", "whose"),
    [
        ("2.2.0", "2.2.1", "2.2.0"),  # another release's
        ("", "2.2.1", "2.2"),  # the branch's
        ("2.2.0", "", "2.2.0"),  # a release's for the branch's
    ],
)
def test_the_page_of_another_version_is_refused(served: str, asked: str, whose: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_commits(SITE.bug_page(LINE, served), source="page", version=asked)

    assert str(caught.value) == f"page: this is the page of {whose}"


@given(lines())
def test_the_pages_of_any_history_nest_back_to_it(line: Line) -> None:
    read = []
    for style in STYLES:
        site = Site((line,), style)
        first, *later = (version for version, _ in line.releases)
        oldest = read_bug_page(site.bug_page(line, first), source=first)
        others = {
            version: read_commits(site.bug_page(line, version), source=version, version=version)
            for version in ("", *later)
        }
        read.append((oldest, nest(oldest, others)))

    fixed_in = {row.commit: row.fixed_in for row in reversed(line.rows)}
    assert read == [(page_of(line, "2.2.0"), fixed_in)] * 2


@given(lines(), st.data())
def test_pages_that_do_not_nest_are_refused_by_name(line: Line, data: st.DataObject) -> None:
    first, *later = (version for version, _ in line.releases)
    others = {version: commits_of(page_of(line, version)) for version in ("", *later)}
    version = data.draw(st.sampled_from(sorted(others)))
    commits = list(others[version][1])
    place = data.draw(st.integers(0, len(commits)))
    commits[place : place + data.draw(st.integers(0, 1))] = ["f" * 12]
    others[version] = (len(commits), tuple(commits))

    with pytest.raises(ParseError) as caught:
        nest(page_of(line, first), others)
    assert caught.value.source == f"bugs-{version or '2.2'}.html"


OTHERS = {
    version: commits_of(page_of(LINE, version)) for version in ("", "2.2.1", "2.2.2", "2.2.10")
}


@pytest.mark.parametrize(
    ("oldest", "others", "source"),
    [
        # a release's page was not read
        ("2.2.0", {**OTHERS, "2.2.2": None}, "bugs-2.2.2.html"),
        # a page of no release
        ("2.2.0", {**OTHERS, "2.2.3": OTHERS["2.2.2"]}, "bugs-2.2.3.html"),
        # a page lists more than the one of the release before
        (
            "2.2.0",
            {**OTHERS, "2.2.10": OTHERS["2.2.1"], "2.2.2": OTHERS["2.2.10"]},
            "bugs-2.2.10.html",
        ),
        # a page lists the oldest of them
        ("2.2.0", {**OTHERS, "2.2.10": (1, ("a1b2c3d4e",))}, "bugs-2.2.10.html"),
        # a page lists them in another order
        ("2.2.0", {**OTHERS, "2.2.1": (3, ("d" * 9, "e" * 9, "c" * 9))}, "bugs-2.2.1.html"),
        # the branch's page is behind that of its last release
        ("2.2.0", {**OTHERS, "": (0, ())}, "bugs-2.2.html"),
        # the page read in full is not that of the oldest release
        ("2.2.1", OTHERS, "bugs-2.2.0.html"),
        ("2.2.1", {**OTHERS, "2.2.0": OTHERS["2.2.1"]}, "bugs-2.2.0.html"),
        ("", OTHERS, "bugs-2.2.0.html"),
    ],
)
def test_a_page_that_does_not_nest_is_named(
    oldest: str, others: dict[str, CommitList | None], source: str
) -> None:
    read = {version: commits for version, commits in others.items() if commits is not None}

    with pytest.raises(ParseError) as caught:
        nest(page_of(LINE, oldest), read)
    assert caught.value.source == source


def test_the_branchs_own_page_may_be_left_out() -> None:
    without = {version: commits for version, commits in OTHERS.items() if version}

    assert nest(page_of(LINE, "2.2.0"), without) == nest(page_of(LINE, "2.2.0"), OTHERS)


@pytest.mark.parametrize(
    ("text", "releases"),
    [
        # two releases, the newest first, as on the site
        (
            "ChangeLog :\n===========\n\n"
            "2020/07/23 : 2.2.1\n    - BUG/MINOR: kettle: descale it\n    - DOC: kettle: say so\n\n"
            "2020/07/07 : 2.2.0\n    - exact copy of 2.2-rc1\n",
            (
                ("2.2.0", "2020-07-07", ("exact copy of 2.2-rc1",)),
                ("2.2.1", "2020-07-23", ("BUG/MINOR: kettle: descale it", "DOC: kettle: say so")),
            ),
        ),
        # a revert keeps its quotes; a long subject goes on in the next line
        (
            '2020/07/23 : 2.2.1\n    - Revert "BUG/MINOR: kettle: descale it"\n'
            "   - [BUG] kettle: mind\n     the steam - and\n\tthe lid \n",
            (
                (
                    "2.2.1",
                    "2020-07-23",
                    (
                        'Revert "BUG/MINOR: kettle: descale it"',
                        "[BUG] kettle: mind the steam - and the lid",
                    ),
                ),
            ),
        ),
        # a release of four parts and an older series beside it; a candidate; nothing in them
        ("2007/01/22 : 1.3.6.1 (1.2.16)\n\n", (("1.3.6.1", "2007-01-22", ()),)),
        ("2020/07/02 : 2.2-rc1\n", (("2.2-rc1", "2020-07-02", ()),)),
        # a version that comes twice
        (
            "2020/07/07 : 2.3-dev0\n    - a\n2020/07/07 : 2.3-dev0\n    - b\n",
            (("2.3-dev0", "2020-07-07", ("b",)), ("2.3-dev0", "2020-07-07", ("a",))),
        ),
        # headings without a version of ours: what follows is nobody's
        (
            "  - before all\n\n2005/10/09 : 1.2.7rc (1.1.33rc)\n  - a\n2005/02/13\n  - b\n"
            "2004/06/05 :\n  - c\n2001/12/16 : add a kettle.\n\t\tand a lid\n2001/12/15 : 1.0.0\n",
            (("1.0.0", "2001-12-15", ()),),
        ),
        # what is not indented goes on with no subject
        ("2020/07/07 : 2.2.0\n - BUG: x: y\nz\n", (("2.2.0", "2020-07-07", ("BUG: x: y",)),)),
        # line ends of another system
        ("2020/07/07 : 2.2.0\r\n    - BUG: x: y\r\n", (("2.2.0", "2020-07-07", ("BUG: x: y",)),)),
    ],
)
def test_a_changelog_gives_its_releases_oldest_first(
    text: str, releases: tuple[tuple[str, str, tuple[str, ...]], ...]
) -> None:
    assert read_changelog(text, source="CHANGELOG") == tuple(
        ChangelogRelease(*release) for release in releases
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "CHANGELOG: it is empty or its last line is cut off; fetch it again"),
        ("2020/07/07 : 2.2.0\n - BUG: ke", "CHANGELOG: it is empty or its last line is cut off"),
        ("<html><p>Back after tea.</p></html>\n", "CHANGELOG: no release is in it"),
        ("2020/07/07 : 2.2.x\n", "CHANGELOG: no release is in it"),
        ("ChangeLog :\n2020/02/30 : 2.2.0\n", "CHANGELOG, line 2: 2020/02/30 is no day"),
    ],
)
def test_what_is_no_changelog_is_refused(text: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_changelog(text, source="CHANGELOG")

    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("line", SITE.lines, ids=lambda line: line.branch)
def test_a_changelog_holds_the_fixes_that_the_pages_tell(line: Line) -> None:
    releases = read_changelog(SITE.pages()[f"/download/{line.branch}/src/CHANGELOG"], source="log")
    fixes = {
        release.version: [subject for subject in release.subjects if "BUG" in subject[:4]]
        for release in releases
    }

    assert fixes == {
        version: [row.subject for row in line.rows if row.fixed_in == version]
        for version, _ in line.releases
    }


@given(st.text() | spoilt_pages())
def test_any_text_gives_a_value_or_a_parse_error(text: str) -> None:
    for reader in READERS:
        with contextlib.suppress(ParseError):
            reader(text, source="page")


@given(spoilt_pages())
def test_a_page_read_in_full_has_the_commits_that_the_light_reader_finds(text: str) -> None:
    try:
        page = read_bug_page(text, source="page")
    except ParseError:
        return

    assert read_commits(text, source="page", version=page.version) == commits_of(page)
