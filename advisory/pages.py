"""What haproxy.org publishes of its fixes: the pages of known bugs and the CHANGELOGs.

A branch's page (``bugs-2.2.html``) lists the fixes that await its next release, a release's page
(``bugs-2.2.4.html``) all that were merged after it. The page of a branch's oldest release thus
lists every fix, and is read in full; of the others the commits tell what each release holds.

The pages may be tag soup, in capitals and with rows and cells left open. So no tree of rows and
cells is built: a row is a day and the link that follows it. Whatever does not add up is an error,
since a page half read would pass for a branch with fewer bugs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup
from bs4.filter import SoupStrainer

from advisory.errors import ParseError
from advisory.release import Release, branch_order

CommitList = tuple[int, tuple[str, ...]]

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TITLE = re.compile(
    r"<title[^<>]*>[^<]{0,80}known\s+bugs\s+for\s+(?:version\s+v?(?P<version>[0-9.]+)\s*\(\s*)?"
    r"maintenance\s+branch\s+(?P<branch>[0-9]+\.[0-9]+)\s*\)?\s*"
    r":(?:\s|&nbsp;)*(?P<total>[0-9]{1,6})\s*</title",
    re.IGNORECASE,
)
_TOTAL = re.compile(r"\bTotal\b[^<:]{0,80}:(?:\s|&nbsp;|<[^<>]*>)*([0-9]{1,6})\b")
_NEXT_CELL = r"\s*(?:</th\s*>\s*)?<th\b[^<>]*>\s*"
_RELEASES = re.compile(rf"<th\b[^<>]*>\s*Date{_NEXT_CELL}Version\b", re.IGNORECASE)
_BUGS = re.compile(rf"<th\b[^<>]*>\s*Merge\s+date{_NEXT_CELL}Subject\b", re.IGNORECASE)
_TABLE_END = re.compile(r"</table\b", re.IGNORECASE)
_ROW_OR_CELL = re.compile(r"</?t[rdh]\b[^<>]*>", re.IGNORECASE)
_HEADER_CELL = re.compile(r"<th\b[^<>]*>(.*?)(?=</?t(?:[rdh]|able)\b)", re.IGNORECASE | re.DOTALL)
_BRANCH_LINK = re.compile(r"(?:\S*/)?bugs-([0-9]{1,4}\.[0-9]{1,4})\.html")
_COMMIT_LINK = re.compile(r"\S*[?;&]a=commitdiff[;&]h=([0-9a-f]{7,40})")
# The same as the markup has it; it starts with letters, to be searched for in megabytes.
_COMMIT_IN_MARKUP = re.compile(r"a=commitdiff(?:;|&amp;|&)h=([0-9a-f]{7,40})[\"'\s>]")
_CHANGELOG_RELEASE = re.compile(r"([0-9]{4}/[0-9]{2}/[0-9]{2})\b(?:\s*:\s*(\S+))?")
_CHANGELOG_ENTRY = re.compile(r"\s+-\s+(.*)")


class ListedRelease(NamedTuple):
    """A row of a branch's table of releases; the day is ISO."""

    version: str
    released_on: str


class ListedFix(NamedTuple):
    """A row of a table of bugs: the commit in hex as linked, the ISO day, upstream's subject."""

    commit: str
    merged_on: str
    subject: str


class BugPage(NamedTuple):
    """A page of known bugs, with as many as it says that there are.

    ``version`` is "" on a branch's page; releases are oldest first, fixes newest first.
    """

    branch: str
    version: str
    releases: tuple[ListedRelease, ...]
    total: int
    fixes: tuple[ListedFix, ...]


class ChangelogRelease(NamedTuple):
    """A release in a CHANGELOG, its ISO day, and the subjects of all its commits."""

    version: str
    released_on: str
    subjects: tuple[str, ...]


def read_index(text: str, *, source: str) -> tuple[str, ...]:
    """Read the branches off the index, whose header cells link to their pages.

    Args:
        text: the whole page, https://www.haproxy.org/bugs/.
        source: where it came from, for error messages.

    Returns:
        The branches, oldest first.

    Raises:
        ParseError: no branch is linked, a header cell links elsewhere, or the page is cut off.
    """
    text = _without_comments(text, source)
    cells = list(_HEADER_CELL.finditer(text))
    branches = set()
    for node in _soup("".join(cell[1] for cell in cells), source).find_all("a"):
        link = _BRANCH_LINK.fullmatch(str(node.get("href")))
        if link is None:
            raise ParseError(f"{_shown(str(node))} is no link to a branch's page", source=source)
        branches.add(link[1])
    if not branches:
        raise ParseError("no branch is listed; this is not the index of bugs", source=source)
    _table_from(text, cells[-1].end(), source)
    return tuple(sorted(branches, key=branch_order))


def read_bug_page(text: str, *, source: str) -> BugPage:
    """Read the page of a branch or of a release in full.

    Args:
        text: the whole page, e.g. https://www.haproxy.org/bugs/bugs-2.2.4.html.
        source: where it came from, for error messages.

    Raises:
        ParseError: this is no such page, a table is missing or cut off, a row is not of the known
            form, a version or commit is unfit or comes twice, or the rows are not as many as the
            title and the line above the table say.
    """
    head = _read_head(text, source)
    releases = _read_releases(head, source)
    total, commits = _read_commits(head, source)
    fixes = []
    for day, address, subject in _rows(_table_from(head.text, head.bugs_at, source), source):
        link = _COMMIT_LINK.fullmatch(address)
        if link is None or not subject:
            raise ParseError(
                f"{_shown(address)} is no link to a commit and its subject", source=source
            )
        fixes.append(ListedFix(link[1], day, subject))
    if tuple(fix.commit for fix in fixes) != commits:
        raise ParseError("it links commits in other places than its rows", source=source)
    return BugPage(head.branch, head.version, releases, total, tuple(fixes))


def read_commits(text: str, *, source: str, version: str | None = None) -> CommitList:
    """Read no more than the commits of a page, for ``nest``.

    Args:
        text: the whole page of a branch or of a release.
        source: where it came from, for error messages.
        version: whose page it has to be, "" for a branch's; None for whichever it is.

    Returns:
        The total that the page prints, and as many commits in hex as linked, newest first.

    Raises:
        ParseError: this is no such page or another version's, the table is missing or cut off, a
            commit comes twice, or they are not as many as the page says.
    """
    head = _read_head(text, source)
    if version is not None and version != head.version:
        raise ParseError(f"this is the page of {head.version or head.branch}", source=source)
    return _read_commits(head, source)


def nest(oldest: BugPage, others: Mapping[str, CommitList]) -> dict[str, str]:
    """Tell by the pages that list a fix which release it came with.

    Args:
        oldest: the page of the branch's oldest release, which lists every fix.
        others: what ``read_commits`` says of the pages of all later releases, by version, and, if
            wanted, of the branch's own, as "". Each page lists what was merged after its release,
            and so must be the newest part of that of the release before.

    Returns:
        For each commit, newest first, the first release whose page lacks it; "" where every page
        lists it, for it awaits the next release.

    Raises:
        ParseError: a page is missing, is of no release of the branch, or does not nest.
    """
    first, *later = (release.version for release in oldest.releases)
    wrong = {first, *later} - {oldest.version, *others} | others.keys() - {first, *later, ""}
    if wrong or oldest.version != first:
        name = f"bugs-{min(wrong, default=first)}.html"
        raise ParseError("it is missing, or of no release of the branch", source=name)
    listed = tuple(fix.commit for fix in oldest.fixes)
    fixed_in = dict.fromkeys(listed, "")
    for version in later:
        _, commits = others[version]
        if commits != listed[: len(commits)]:
            name = f"bugs-{version}.html"
            raise ParseError("its bugs are not the newest of the page before", source=name)
        fixed_in |= dict.fromkeys(listed[len(commits) :], version)
        listed = commits
    if "" in others and others[""][1] != listed:
        name = f"bugs-{oldest.branch}.html"
        raise ParseError("its bugs are not those of the last release's page", source=name)
    return fixed_in


def read_changelog(text: str, *, source: str) -> tuple[ChangelogRelease, ...]:
    """Read the releases off a CHANGELOG, which goes back to before 1.0.

    What stands under a heading without a version, as before 1.3, is passed over; a version may
    come twice, as 2.3-dev0 does.

    Args:
        text: the whole file, e.g. https://www.haproxy.org/download/2.2/src/CHANGELOG.
        source: where it came from, for error messages.

    Returns:
        The releases, oldest first, development versions among them; their subjects in order, not
        fixes and reverts alone, each in one line however it was wrapped.

    Raises:
        ParseError: no release is in it, a day does not exist, or the last line is cut off.
    """
    if not text.endswith("\n"):
        raise ParseError("it is empty or its last line is cut off; fetch it again", source=source)
    found: list[tuple[str, str, list[list[str]]]] = []
    entries: list[list[str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if heading := _CHANGELOG_RELEASE.match(line):
            day, entries = heading[1].replace("/", "-"), []
            if not _is_day(day):
                raise ParseError(f"{heading[1]} is no day", source=source, line=number)
            if _branch_of(heading[2] or ""):
                found.append((heading[2], day, entries))
        elif entry := _CHANGELOG_ENTRY.match(line):
            entries.append(entry[1].split())
        elif entries and line[:1].isspace():
            entries[-1] += line.split()
    if not found:
        raise ParseError("no release is in it; this is no CHANGELOG of HAProxy", source=source)
    return tuple(
        ChangelogRelease(version, day, tuple(" ".join(words) for words in entries))
        for version, day, entries in reversed(found)
    )


def read_checksums(text: str, *, source: str) -> dict[str, str]:
    """Read the SHA-256 of each release's tarball off a branch's ``releases.json``.

    Args:
        text: the whole file, e.g. https://www.haproxy.org/download/2.2/src/releases.json.
        source: where it came from, for error messages.

    Returns:
        64 hex digits by version; releases of which it gives none are left out.

    Raises:
        ParseError: it is no such file.
    """
    try:
        releases = json.loads(text)["releases"]
        sums = {version: entry.get("sha256", "") for version, entry in releases.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ParseError("it is no list of releases", source=source) from error
    return {
        version: digest
        for version, digest in sums.items()
        if isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest)
    }


class _Head(NamedTuple):
    """What a page says of itself; ``bugs_at`` is where the table of bugs starts in ``text``."""

    text: str
    bugs_at: int
    branch: str
    version: str
    total: int


def _read_head(text: str, source: str) -> _Head:
    text = _without_comments(text, source)
    title = _TITLE.search(text)
    if title is None:
        raise ParseError("its title is not that of a page of known bugs", source=source)
    branch, version, total = title["branch"], title["version"] or "", int(title["total"])
    if _branch_of(version or branch) != branch:
        raise ParseError(f"{version or branch} is no version of branch {branch}", source=source)
    header = _BUGS.search(text, title.end())
    if header is None:
        raise ParseError("it has no table of bugs; fetch it again", source=source)
    printed = _TOTAL.search(text, title.end(), header.start())
    if printed is None or int(printed[1]) != total:
        found = printed[1] if printed else "nothing"
        raise ParseError(f"{total} bugs by its title, {found} above the table", source=source)
    return _Head(text, header.start(), branch, version, total)


def _read_commits(head: _Head, source: str) -> CommitList:
    commits = _COMMIT_IN_MARKUP.findall(head.text, head.bugs_at)
    if len(commits) != head.total:
        found = f"{len(commits)} rows, the page prints {head.total}"
        raise ParseError(f"{found}; fetch it again", source=source)
    if len(set(commits)) != head.total:
        twice = next(commit for commit in commits if commits.count(commit) > 1)
        raise ParseError(f"commit {twice} is listed twice", source=source)
    _table_from(head.text, head.text.rfind(commits[-1]) if commits else head.bugs_at, source)
    return head.total, tuple(commits)


def _read_releases(head: _Head, source: str) -> tuple[ListedRelease, ...]:
    header = _RELEASES.search(head.text)
    if header is None:
        raise ParseError("it has no table of releases; fetch it again", source=source)
    days: dict[str, str] = {}
    for day, address, version in _rows(_table_from(head.text, header.start(), source), source):
        is_link = address.rpartition("/")[2] == f"bugs-{version}.html"
        if not is_link or _branch_of(version) != head.branch or version in days:
            raise ParseError(
                f"{_shown(address)} is no release of the branch, or twice", source=source
            )
        days[version] = day
    if not days or (head.version and head.version not in days):
        raise ParseError(f"its releases lack {head.version or 'each'}; fetch it", source=source)
    return tuple(ListedRelease(one, days[one]) for one in sorted(days, key=branch_order))


def _rows(table: str, source: str) -> Iterator[tuple[str, str, str]]:
    """The day, the link's address and the link's text of each row of a table."""
    before = ""
    for node in _soup(_ROW_OR_CELL.sub("\n", table), source).contents:
        if not isinstance(node, Tag):
            before += str(node)
            continue
        lines = [line.strip() for line in before.split("\n") if line.strip()]
        text = " ".join(node.get_text().split())
        if not lines or [line for line in lines if _is_day(line)] != lines[-1:]:
            raise ParseError(
                f"{_shown(' '.join(lines[-2:]))} before {_shown(text)} is no day", source=source
            )
        yield lines[-1], str(node.get("href")), text
        before = ""
    if any(_is_day(line.strip()) for line in before.split("\n")):
        raise ParseError("the last row of a table has no link", source=source)


class _LinksAndText(SoupStrainer):
    """With "a": keeps links and the text around them, and no other tag."""

    def allow_string_creation(self, string: str) -> bool:
        return True


def _soup(markup: str, source: str) -> BeautifulSoup:
    """The links of a piece of a page and the text around them, side by side."""
    try:
        return BeautifulSoup(markup, "html.parser", parse_only=_LinksAndText("a"))
    except (ParserRejectedMarkup, ValueError) as error:  # a number of thousands of digits
        raise ParseError(f"it is no HTML: {error}", source=source) from error


def _without_comments(text: str, source: str) -> str:
    if not text.strip():
        raise ParseError("the page is empty; fetch it again", source=source)
    return _COMMENT.sub("", text) if "<!--" in text else text


def _table_from(text: str, start: int, source: str) -> str:
    """The rest of the table that ``start`` is in."""
    end = _TABLE_END.search(text, start)
    if end is None:
        raise ParseError("a table is cut off; fetch the page again", source=source)
    return text[start : end.start()]


def _shown(text: str) -> str:
    """What a page has in the place of something else, as far as one line holds it."""
    return repr(text if len(text) <= 80 else f"{text[:80]}...")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text  # it takes weeks, too
    except ValueError:
        return False


def _branch_of(version: str) -> str:
    """The branch that a version belongs to; "" if it is none."""
    try:
        return Release(version).branch
    except ValueError:
        return ""
