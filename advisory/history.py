"""The releases and fixes of one branch, as they stand or as they stood on an earlier day."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace

from advisory.bug import Fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a catalogue's data comes from: ``source`` is ``bundled`` or ``refreshed``; ISO dates."""

    source: str
    data_as_of: str
    built_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRelease:
    """A release that upstream published: its own commit (12 hex) and its ISO date."""

    version: str
    order: int
    released_on: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchHistory:
    """One branch: releases and fixes, both oldest first.

    ``maintained_until`` is a quarter (``2025-Q2``) as the branch's own sources state it, "" if they
    do not; ``long_term_support`` is None then.
    """

    branch: str
    long_term_support: bool | None
    maintained_until: str
    releases: tuple[PublishedRelease, ...]
    fixes: tuple[Fix, ...]

    def release(self, version: str) -> PublishedRelease | None:
        return next((release for release in self.releases if release.version == version), None)

    @property
    def newest(self) -> PublishedRelease:
        return self.releases[-1]

    def maintenance_ended(self, day: str) -> bool | None:
        """Whether the quarter in which maintenance was to end lies before that ISO day; None if unknown."""
        if not self.maintained_until:
            return None
        year, quarter = self.maintained_until.split("-Q")
        month = 3 * int(quarter)
        return day > f"{year}-{month:02}-{calendar.monthrange(int(year), month)[1]}"

    def as_of(self, day: str) -> BranchHistory | None:
        """The branch as it stood at the end of that ISO day; None if it had no release yet."""
        releases = tuple(release for release in self.releases if release.released_on <= day)
        if not releases:
            return None
        known = {release.version for release in releases} | {""}
        fixes = []
        for fix in self.fixes:
            if fix.merged_on > day:
                continue
            if (
                fix.reverted_in not in known
                or fix.reapplied_in not in known
                or fix.fixed_in not in known
            ):
                fix = replace(
                    fix,
                    fixed_in=fix.fixed_in if fix.fixed_in in known else "",
                    reverted_by=fix.reverted_by if fix.reverted_in in known else "",
                    reverted_in=fix.reverted_in if fix.reverted_in in known else "",
                    reapplied_by=fix.reapplied_by if fix.reapplied_in in known else "",
                    reapplied_in=fix.reapplied_in if fix.reapplied_in in known else "",
                )
            fixes.append(fix)
        return replace(self, releases=releases, fixes=tuple(fixes))
