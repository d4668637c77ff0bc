"""The releases and fixes of one branch, as they stand or as they stood on an earlier day."""

import datetime
from typing import NamedTuple

from advisory.bug import Fix

STALE_AFTER = 60
"""Days without a fix in any branch, after which a source is not believed to be kept up: upstream
has merged several a week for years."""
_QUARTER_ENDS = {"Q1": "03-31", "Q2": "06-30", "Q3": "09-30", "Q4": "12-31"}


class Provenance(NamedTuple):
    """Where a catalogue's data comes from (``bundled``, ``refreshed``) and its ISO dates.

    ``origin`` is what it was read from, ``tool_version`` the version of hapadvise that made it,
    ``newest_merge`` the day of the newest fix in any branch.
    """

    source: str
    data_as_of: str
    built_at: str
    origin: str = ""
    tool_version: str = ""
    newest_merge: str = ""


class BranchState(NamedTuple):
    """How far a branch is known: on which ISO day it stood like this, and its newest merge.

    ``fixes`` counts all fixes, ``awaiting`` those in no release yet, ``titled`` those whose titles
    a refresh has read.
    """

    branch: str
    checked_on: str
    fixes: int
    newest_merge: str
    awaiting: int
    titled: int
    newest_release: str


class PublishedRelease(NamedTuple):
    """A release that upstream published: its ISO date, its own commit (12 hex; "" if unknown).

    ``sha256`` is that of its tarball, "" where no refresh has read it.
    """

    version: str
    order: int
    released_on: str
    commit: str
    sha256: str = ""


class BranchHistory(NamedTuple):
    """One branch: releases and fixes, both oldest first.

    ``maintained_until`` is a quarter (``2025-Q2``) as the branch's own sources state it, "" if they
    do not; ``long_term_support`` is None then. ``checked_on`` is the ISO day on which the branch
    stood like this.
    """

    branch: str
    long_term_support: bool | None
    maintained_until: str
    releases: tuple[PublishedRelease, ...]
    fixes: tuple[Fix, ...]
    checked_on: str = ""

    def release(self, version: str) -> PublishedRelease | None:
        """The release of this version; None if the branch has none."""
        return next((release for release in self.releases if release.version == version), None)

    @property
    def newest(self) -> PublishedRelease:
        """The last release."""
        return self.releases[-1]

    def maintenance_ended(self, day: str) -> bool | None:
        """Whether the last quarter of maintenance lies before that ISO day; None if unknown."""
        if not self.maintained_until:
            return None
        year, quarter = self.maintained_until.split("-")
        return day > f"{year}-{_QUARTER_ENDS[quarter]}"

    def as_of(self, day: str) -> "BranchHistory | None":
        """The branch as it stood at the end of that ISO day; None if it had no release yet."""
        releases = tuple(release for release in self.releases if release.released_on <= day)
        if not releases:
            return None
        known = {release.version for release in releases}
        if len(releases) == len(self.releases):
            known.add("")  # a revert that awaits a release came after all of them
        fixes = []
        for fix in self.fixes:
            # A release holds what it holds, whatever date a commit bears.
            if fix.merged_on > day and (not fix.fixed_in or fix.fixed_in not in known):
                continue
            if (
                fix.fixed_in not in known
                or (fix.reverted_by and fix.reverted_in not in known)
                or (fix.reapplied_by and fix.reapplied_in not in known)
            ):
                fix = fix._replace(
                    fixed_in=fix.fixed_in if fix.fixed_in in known else "",
                    reverted_by=fix.reverted_by if fix.reverted_in in known else "",
                    reverted_in=fix.reverted_in if fix.reverted_in in known else "",
                    reapplied_by=fix.reapplied_by if fix.reapplied_in in known else "",
                    reapplied_in=fix.reapplied_in if fix.reapplied_in in known else "",
                )
            fixes.append(fix)
        return self._replace(releases=releases, fixes=tuple(fixes))


def neglected(provenance: Provenance) -> str:
    """What tells that the data was read from something that is not kept up; "" if nothing does."""
    newest = provenance.newest_merge
    if not newest or (age_of(newest, provenance.data_as_of) or 0) <= STALE_AFTER:
        return ""
    return (
        f"the newest fix of any branch is of {newest}, though it was read on "
        f"{provenance.data_as_of}: what it was read from seems not to be kept up"
    )


def age_of(day: str, today: str) -> int | None:
    """Days since an ISO day; None if it lies in the future, further than another time zone does."""
    days = (datetime.date.fromisoformat(today) - datetime.date.fromisoformat(day)).days
    return max(0, days) if days >= -1 else None
