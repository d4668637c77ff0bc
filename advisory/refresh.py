"""One run of the refresh: index, branches, releases and CHANGELOGs in, up-to-date facts out.

A branch is taken whole or not at all: where one of its pages cannot be had, cannot be read, does
not count up or does not nest, the branch keeps what it had and is named with the reason.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from advisory.errors import AdvisoryError, FetchError, ParseError
from advisory.facts import Facts, Row, Validators
from advisory.fetch import Fetcher, Page
from advisory.history import Provenance, neglected
from advisory.pages import (
    BugPage,
    ChangelogRelease,
    CommitList,
    nest,
    read_bug_page,
    read_changelog,
    read_checksums,
    read_commits,
    read_index,
)
from advisory.release import Release
from advisory.update import Branch, Change, assumed_pages, merge, order_of

INDEX = "bugs/"
Progress = Callable[[str, int, int], None]


class Outcome(NamedTuple):
    """What a run learned.

    ``facts`` are the whole facts afterwards, ``changes`` what is new in them. ``refused`` holds a
    line for each branch that kept what it had, ``doubts`` one for all that the sources do not agree
    on, ``checked`` the branches that are now known as they stood on the day of the run.
    """

    facts: Facts
    changes: tuple[Change, ...]
    refused: tuple[str, ...]
    doubts: tuple[str, ...]
    checked: tuple[str, ...]


def refresh(
    facts: Facts,
    fetcher: Fetcher,
    index: Page,
    *,
    today: datetime.date,
    progress: Progress = lambda what, done, total: None,
) -> Outcome:
    """Bring facts up to date from a site of known bugs.

    Args:
        facts: what is known; empty for a first run.
        fetcher: opened on the site's root.
        index: the page that lists the branches, just fetched.
        today: the day of the run.
        progress: told what is fetched next, how many pages are done and how many are to come.

    Raises:
        FetchError, ParseError: the index cannot be read, or the clock is wrong; nothing is known of
            any branch.
    """
    _check_clock(fetcher.served_at, today)
    listed = read_index(index.text, source=index.url)
    pages = _Pages(fetcher, progress, 1 + len(listed))
    runs: list[_BranchRun] = []
    refused: dict[str, str] = {}
    for name in listed:
        runs.append(_BranchRun(facts, name, pages, today.isoformat()))
        _try(runs[-1].look, name, refused)
    changes = []
    for run in runs:
        if run.name not in refused and run.waiting is not None:
            _try(run.update, run.name, refused)
        if run.name in refused:
            continue
        facts = facts.with_branch(run.row, run.branch.releases, run.branch.fixes)
        facts = facts._replace(pages={**facts.pages, run.path: run.validators})
        if run.change is not None:
            changes.append(run.change)
    return Outcome(
        facts=facts,
        changes=tuple(change for change in changes if not change.is_empty),
        refused=tuple(f"branch {name} keeps what it had: {why}" for name, why in refused.items()),
        doubts=(
            *(doubt for change in changes for doubt in change.doubts),
            *_doubts(facts, listed, today),
        ),
        checked=tuple(name for name in listed if name not in refused),
    )


def _try(step: Callable[[], None], name: str, refused: dict[str, str]) -> None:
    try:
        step()
    except AdvisoryError as error:
        refused[name] = str(error)


def _check_clock(served_at: str, today: datetime.date) -> None:
    """Refuse to date what was learned by a clock that differs from the server's by days."""
    try:
        there = parsedate_to_datetime(served_at).date()
    except (ValueError, OverflowError):  # there is none, or it is none
        return
    if abs((today - there).days) > 1:
        raise FetchError(
            f"this machine's clock says {today}, the server's {there}; set the clock, "
            "or name another server with --url"
        )


def _doubts(facts: Facts, listed: tuple[str, ...], today: datetime.date) -> list[str]:
    known = [row["branch"] for row in facts.branches]
    doubts = [
        f"branch {name} is on the index no more; it keeps what it had"
        for name in known
        if name not in listed
    ]
    newest = max((row["merged_on"] for row in facts.fixes), default="")
    now = Provenance("refreshed", today.isoformat(), "", newest_merge=newest)
    return doubts + [line for line in (neglected(now),) if line]


class _Pages:
    """The pages of a run, counted."""

    def __init__(self, fetcher: Fetcher, progress: Progress, total: int) -> None:
        self._fetcher = fetcher
        self._progress = progress
        self._done, self.total = 1, total

    def get(self, path: str, known: Validators) -> Page | None:
        """A page, or None where it is as it was."""
        self._progress(path, self._done, self.total)
        page = self._fetcher.get(path, known)
        self._done += 1
        self._progress(path, self._done, self.total)
        return page

    def whole(self, path: str) -> Page:
        """A page, whatever is known of it."""
        page = self.get(path, Validators())
        assert page is not None  # nothing was said to be known
        return page


class _BranchRun:
    """The update of one branch: what is fetched depends on what is known."""

    def __init__(self, facts: Facts, name: str, pages: _Pages, today: str) -> None:
        self.name, self.today = name, today
        self.path = f"bugs/bugs-{name}.html"
        self.branch = Branch(
            tuple(row for row in facts.releases if row["branch"] == name),
            tuple(row for row in facts.fixes if row["branch"] == name),
        )
        rows = [row for row in facts.branches if row["branch"] == name]
        self.row: Row = {**(rows[0] if rows else _new_branch(name)), "checked_on": today}
        self._pages = pages
        # What was read before says nothing while there are fixes whose titles nobody has read.
        self._titled = all(row["title"] or row["vanished_on"] for row in self.branch.fixes)
        known = facts.pages.get(self.path, Validators())
        self.validators = known if self._titled and rows else Validators()
        self.waiting: BugPage | None = None
        self.change: Change | None = None

    def look(self) -> None:
        """Read the branch's own page, unless it is as it was; ``waiting`` if it tells anything."""
        page = self._pages.get(self.path, self.validators)
        if page is None:
            return
        self.validators = page.validators
        waiting = read_bug_page(page.text, source=page.url)
        if (waiting.branch, waiting.version) != (self.name, ""):
            raise _wrong(page, waiting)
        if not self._is_known(waiting):
            self.waiting = waiting
            self._pages.total += 2 + len(self._wanted(waiting)) + self._lacks_checksums(waiting)

    def update(self) -> None:
        """Read what the branch's page says to be new, and bring the branch up to date."""
        assert self.waiting is not None
        first = self.waiting.releases[0].version
        page = self._pages.whole(f"bugs/bugs-{first}.html")
        oldest = read_bug_page(page.text, source=page.url)
        if (oldest.branch, oldest.version) != (self.name, first):
            raise _wrong(page, oldest)
        self._check(oldest, page.url)
        fixed_in = self._fixed_in(oldest, self.waiting)
        path = f"download/{self.name}/src/CHANGELOG"
        page = self._pages.whole(path)
        changelog: list[ChangelogRelease] = [
            release
            for release in read_changelog(page.text, source=page.url)
            if release.version.startswith(f"{self.name}.")
        ]
        newest = oldest.releases[-1].version
        if newest not in {release.version for release in changelog}:
            # Its reverts would be missed, and not be looked for again.
            raise ParseError(f"it does not tell of {newest} yet", source=page.url)
        self.branch, self.change = merge(self.branch, oldest, fixed_in, changelog, today=self.today)
        self.row["first_release_on"] = self.branch.releases[0]["released_on"]
        if self._lacks_checksums(self.waiting):
            self._add_checksums()

    def _lacks_checksums(self, waiting: BugPage) -> bool:
        """Whether the checksum of a release's tarball is not known."""
        known = {row["version"] for row in self.branch.releases if row["sha256"]}
        return not known.issuperset(release.version for release in waiting.releases)

    def _add_checksums(self) -> None:
        """Read the checksums of the tarballs, which a mirror may lack; one that is known stays."""
        path = f"download/{self.name}/src/releases.json"
        sums: dict[str, str] = {}
        with contextlib.suppress(AdvisoryError):
            page = self._pages.whole(path)
            sums = read_checksums(page.text, source=page.url)
        releases = tuple(
            row if row["sha256"] else {**row, "sha256": sums.get(row["version"], "")}
            for row in self.branch.releases
        )
        self.branch = self.branch._replace(releases=releases)

    def _check(self, oldest: BugPage, source: str) -> None:
        """Refuse what no catalogue could hold, or what would make every later day seem wrong."""
        versions = [release.version for release in oldest.releases]
        for version in versions:
            if not version.startswith(f"{self.name}.") or Release(version).is_development:
                raise ParseError(f"{version} is no release of a stable branch", source=source)
        if len({order_of(version) for version in versions}) < len(versions):
            raise ParseError("two of its releases are one", source=source)
        days = [release.released_on for release in oldest.releases]
        latest = max(days + [fix.merged_on for fix in oldest.fixes])
        tomorrow = datetime.date.fromisoformat(self.today) + datetime.timedelta(days=1)
        if latest > tomorrow.isoformat():
            raise ParseError(f"it tells of {latest}, and today is {self.today}", source=source)

    def _is_known(self, waiting: BugPage) -> bool:
        """Whether the branch's page tells nothing that is not known, titles included."""
        releases = [row for row in self.branch.releases if not row["vanished_on"]]
        awaiting = [
            row for row in self.branch.fixes if not row["fixed_in"] and not row["vanished_on"]
        ]
        return (
            self._titled
            and [row["version"] for row in releases]
            == [release.version for release in waiting.releases]
            and len(awaiting) == waiting.total
            and all(
                row["commit_id"][:7] == fix.commit[:7]
                for row, fix in zip(reversed(awaiting), waiting.fixes, strict=True)
            )
        )

    def _wanted(self, waiting: BugPage) -> list[str]:
        """The releases whose pages are to be read for their commits alone.

        Those of the releases that are known need not be, but for the last one: what was merged
        after it may have come with a new one.
        """
        later = [release.version for release in waiting.releases[1:]]
        known = {row["version"] for row in self.branch.releases[:-1]}
        return [version for version in later if not self._titled or version not in known]

    def _fixed_in(self, oldest: BugPage, waiting: BugPage) -> dict[str, str]:
        """The release of each fix, from the pages of the releases whose content is not known."""
        read = self._read(self._wanted(waiting))
        own = (waiting.total, tuple(fix.commit for fix in waiting.fixes))
        later = {release.version for release in oldest.releases[1:]}
        if later > read.keys():
            try:
                assumed = assumed_pages(self.branch, oldest, read)
                return nest(oldest, {version: assumed[version] for version in later} | {"": own})
            except ParseError:
                # Something was told otherwise before: every page is to be read.
                rest = [version for version in later if version not in read]
                self._pages.total += len(rest)
                read |= self._read(sorted(rest, key=order_of))
        return nest(oldest, {**read, "": own})

    def _read(self, versions: list[str]) -> dict[str, CommitList]:
        read = {}
        for version in versions:
            page = self._pages.whole(f"bugs/bugs-{version}.html")
            read[version] = read_commits(page.text, source=page.url, version=version)
        return read


def _new_branch(name: str) -> Row:
    """The row of a branch of which nothing is known."""
    unknown = ("first_release_on", "long_term_support", "maintained_until", "stated_in")
    return {"branch": name, **dict.fromkeys(unknown, "")}


def _wrong(page: Page, found: BugPage) -> ParseError:
    return ParseError(f"this is the page of {found.version or found.branch}", source=page.url)
