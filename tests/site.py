"""A small site of known bugs, in the form of haproxy.org's and in words of our own.

``Site`` says what was released and fixed, and renders what such a site would serve: the index, the
pages of branches and releases, and the CHANGELOGs, either as strict HTML or as tag soup (capitals,
rows and cells left open, attributes without quotes). ``FAULTS`` spoil what it serves.

``SiteServer`` serves one on loopback, honours conditional requests, and spoils what it is told to.
"""

from __future__ import annotations

import hashlib
import html
import json
import zlib
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import NamedTuple

from advisory.release import branch_order
from tests.misbehaving import Handler, Server

STYLES = ("strict", "soup")


class Row(NamedTuple):
    """A fix: ``fixed_in`` is the release that holds it, "" while it awaits one."""

    commit: str
    merged_on: str
    subject: str
    fixed_in: str


class Line(NamedTuple):
    """A branch: releases and their days, fixes and reverts, all oldest first."""

    branch: str
    releases: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    reverts: tuple[tuple[str, str], ...] = ()

    def as_of(self, day: str) -> Line:
        """The branch as it stood at the end of a day."""
        releases = tuple(release for release in self.releases if release[1] <= day)
        known = {version for version, _ in releases}
        return Line(
            self.branch,
            releases,
            tuple(
                row._replace(fixed_in=row.fixed_in if row.fixed_in in known else "")
                for row in self.rows
                if row.fixed_in in known or row.merged_on <= day
            ),
            tuple(revert for revert in self.reverts if revert[1] in known),
        )

    def after(self, version: str) -> tuple[Row, ...]:
        """What was merged after a release, newest first; after the last one for ""."""
        known = [release for release, _ in self.releases]
        held = set(known[: known.index(version) + 1] if version else known)
        return tuple(row for row in reversed(self.rows) if row.fixed_in not in held)


class Site(NamedTuple):
    """The branches of a site and the style of its markup."""

    lines: tuple[Line, ...]
    style: str = "strict"

    def having(self, *lines: Line) -> Site:
        """The same with these branches, in place of those of their names."""
        named = {line.branch: line for line in (*self.lines, *lines)}
        return self._replace(lines=tuple(named.values()))

    def lacking(self, branch: str) -> Site:
        """The same without a branch."""
        return self._replace(lines=tuple(line for line in self.lines if line.branch != branch))

    def as_of(self, day: str) -> Site:
        """The site as it stood at the end of a day."""
        lines = (line.as_of(day) for line in self.lines)
        return self._replace(lines=tuple(line for line in lines if line.releases))

    def pages(self) -> dict[str, str]:
        """Every page by its path."""
        pages = {"/bugs/": self.index_page()}
        for line in self.lines:
            for version in ("", *(release for release, _ in line.releases)):
                pages[f"/bugs/bugs-{version or line.branch}.html"] = self.bug_page(line, version)
            pages[f"/download/{line.branch}/src/CHANGELOG"] = changelog(line)
            pages[f"/download/{line.branch}/src/releases.json"] = checksums(line)
        return pages

    def index_page(self) -> str:
        """The page that links to all others, the newest branch first."""
        rows = [self._row("th", "Branch", "Versions")]
        for line in sorted(self.lines, key=lambda line: -branch_order(line.branch)):
            versions = (self._link(f"bugs-{name}.html", name) for name, _ in line.releases[::-1])
            head = self._tag("th", self._link(f"bugs-{line.branch}.html", line.branch))
            rows.append(self._tag("tr", head + self._tag("td", " ".join(versions))) + "\n")
        return self._document("HAProxy known bugs", self._table(rows))

    def bug_page(self, line: Line, version: str = "") -> str:
        """A release's page, or the branch's for ""."""
        bugs = line.after(version)
        whose = f"maintenance branch {line.branch}"
        if version:
            whose = f"version v{version} ({whose})"
        body = (
            f'<p><a href="/download/{line.branch}/src/CHANGELOG">CHANGELOG</a></p>\n'
            "<h2>Other versions in the same branch</h2>\n"
            + self._table(
                [self._row("th", "Date", "Version", "Comment"), *self._releases(line, version)]
            )
            + f"<p>Total known bugs in this version : {len(bugs)}</p>\n"
            + self._table([self._bug_header(), *map(self._bug, bugs)])
        )
        return self._document(f"HAProxy known bugs for {whose} :  {len(bugs)}", body)

    def _releases(self, line: Line, version: str) -> list[str]:
        rows = []
        for name, day in reversed(line.releases):
            comment = "&lArr; yours" if name == version else "&nbsp;"
            if name == line.releases[-1][0]:
                comment = "&lArr; last"
            rows.append(self._row("td", day, self._link(f"bugs-{name}.html", name), comment))
        return rows

    def _bug_header(self) -> str:
        severities = '<font color="#808080">minor</font>, <font color="#c00000">critical</font>'
        return self._row("th", "Merge date", f"Subject - Severity ({severities})")

    def _bug(self, row: Row) -> str:
        address = f"http://git.example/?p=haproxy.git;a=commitdiff;h={row.commit}"
        return self._row("td", row.merged_on, self._link(address, html.escape(row.subject)))

    def _link(self, address: str, text: str) -> str:
        if self.style == "soup":
            return f"<A HREF={address.replace(';', '&amp;')}>{text}</A>"
        return f'<a href="{address}">{text}</a>'

    def _row(self, kind: str, *cells: str) -> str:
        return self._tag("tr", "".join(self._tag(kind, cell) for cell in cells)) + "\n"

    def _tag(self, name: str, content: str) -> str:
        return (
            f"<{name.upper()}>{content}" if self.style == "soup" else f"<{name}>{content}</{name}>"
        )

    def _table(self, rows: list[str]) -> str:
        if self.style == "soup":
            return f"<TABLE BORDER=1>\n{''.join(rows)}</TABLE>\n"
        return f'<table border="1">\n{"".join(rows)}</table>\n'

    def _document(self, title: str, body: str) -> str:
        return (
            f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
            f"<body>\n<h1>{title}</h1>\n{body}</body></html>\n"
        )


def checksums(line: Line) -> str:
    """The tarballs of a branch; the digits are those of the version, over and over."""
    releases = {
        version: {
            "file": f"haproxy-{version}.tar.gz",
            "sha256": (version.replace(".", "") * 64)[:64],
        }
        for version, _ in line.releases
    }
    return json.dumps({"branch": line.branch, "releases": releases})


def changelog(line: Line) -> str:
    """A branch's CHANGELOG, with its reverts and with entries that are no fixes."""
    out = ["ChangeLog :", "===========", ""]
    for version, day in reversed(line.releases):
        out += [f"{day.replace('-', '/')} : {version}", "    - DOC: kettle: mention the lid"]
        out += [f"    - {row.subject}" for row in line.rows if row.fixed_in == version]
        out += [f"    - {subject}" for subject, release in line.reverts if release == version]
        out.append("")
    return "\n".join(out)


def _without_last_row(text: str) -> str:
    """The total says one more than the table of bugs has."""
    start = max(text.rfind("<tr"), text.rfind("<TR"))
    return text[:start] + text[max(text.rfind("</table"), text.rfind("</TABLE")) :]


def _without_last_table(text: str) -> str:
    """The table of bugs is gone."""
    start = max(text.rfind("<table"), text.rfind("<TABLE"))
    return text[:start] + "</body></html>\n"


# How a page that was served may be spoilt without a sign of it in the protocol.
FAULTS: Mapping[str, Callable[[str], str]] = {
    "empty": lambda text: "",
    "blank": lambda text: " \n",
    "unrelated": lambda text: "<html><title>Closed</title><p>Back after tea.</p></html>\n",
    "truncated": lambda text: text[: len(text) // 2],
    "fewer rows": _without_last_row,
    "no table": _without_last_table,
}

SITE = Site(
    (
        Line(
            "1.3",
            (("1.3.9", "2007-04-16"), ("1.3.12.4", "2007-11-02"), ("1.3.13", "2007-11-02")),
            (
                Row("1" * 9, "2007-05-01", "[BUG] kettle: do not boil it dry", "1.3.12.4"),
                Row("2" * 9, "2007-11-02", '[BUG] the stove\'s "low" was <= off', "1.3.13"),
            ),
        ),
        Line(
            "2.2",
            (
                ("2.2.0", "2020-07-07"),
                ("2.2.1", "2020-07-23"),
                ("2.2.2", "2020-07-23"),  # holds no fix
                ("2.2.10", "2021-03-05"),  # as text it would stand before 2.2.2
            ),
            (
                Row("a1b2c3d4e", "2020-07-08", "BUG/MINOR: kettle: don't spill & hiss", "2.2.1"),
                Row("b" * 9, "2020-07-20", "BUG/MAJOR: stove: keep the pilot lit", "2.2.1"),
                Row("c" * 9, "2020-07-20", "BUG/MEDIUM: teapot: warm <pot> first", "2.2.10"),
                Row("d" * 9, "2020-07-19", "BUG: teapot: a “lid” of its own", "2.2.10"),
                Row("e" * 9, "2021-04-01", "BUG/MINOR: kettle: descale it", ""),
            ),
            (('Revert "BUG/MAJOR: stove: keep the pilot lit"', "2.2.10"),),
        ),
        # A branch of one release and no fix, whose number sorts before 2.2 as text.
        Line("2.10", (("2.10.0", "2021-05-01"),), ()),
    )
)


class SiteServer(Server):
    """Serves a site until closed.

    Args:
        site: what to serve; another may be put in its place at any time.
        date: what the server says of the time; None for the truth.
    """

    def __init__(self, site: Site, *, date: str | None = None) -> None:
        self.date = date
        # By path: a name of FAULTS, or what tests/misbehaving.py serves at such an address.
        self.faults: dict[str, str] = {}
        self.replaced: dict[str, str] = {}  # the text of pages that the site has otherwise
        self.site = site
        super().__init__(handler=type("_SiteHandler", (_SiteHandler,), {"owner": self}))

    @property
    def site(self) -> Site:
        return self._site

    @site.setter
    def site(self, site: Site) -> None:
        self._site, self.pages = site, site.pages()

    def asked(self) -> list[str]:
        """The paths asked for since this was called the last time."""
        paths = [seen.path for seen in self.seen]
        self.seen.clear()
        return paths


class _SiteHandler(Handler):
    owner: SiteServer

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(timestamp) if self.owner.date is None else self.owner.date

    def serve(self, address: str) -> None:
        fault = self.owner.faults.get(address)
        text = self.owner.replaced.get(address, self.owner.pages.get(address))
        if text is None:
            self.serve_missing()
        elif fault is None:
            self._serve_page(text)
        elif fault in FAULTS:
            self._serve_page(FAULTS[fault](text))
        else:
            super().serve(fault)

    def _serve_page(self, text: str) -> None:
        etag = f'"{hashlib.sha256(text.encode()).hexdigest()}"'
        modified = formatdate(zlib.crc32(text.encode()), usegmt=True)
        if (self.headers["If-None-Match"] or self.headers["If-Modified-Since"]) in (etag, modified):
            self.answer(b"", 304)
        else:
            self.answer(text.encode(), headers={"ETag": etag, "Last-Modified": modified})
