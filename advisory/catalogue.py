"""Reading a catalogue: which releases there are, which fixes, and how old the data is.

The file is opened read-only and immutable: no lock, no journal, no writable place is needed. It is
made by ``advisory.store``; docs/catalogue.md describes its tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from advisory.bug import Advisory, Bug, Fix, Kind, LostObject, Severity, Tier
from advisory.errors import CatalogueError
from advisory.history import BranchHistory, Provenance, PublishedRelease

SCHEMA_VERSION = 1
BUNDLED = Path(__file__).with_name("catalogue.db")


_SEVERITIES = {severity.value: severity for severity in Severity}
_KINDS = {kind.value: kind for kind in Kind}
_TIERS = {tier.value: tier for tier in Tier}
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def _grouped(pairs: Iterable[tuple[_Key, _Value]]) -> dict[_Key, list[_Value]]:
    groups: dict[_Key, list[_Value]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


class Catalogue:
    """The known bugs of every branch.

    Args:
        path: the SQLite file.

    Raises:
        CatalogueError: there is no such file, it is damaged, or its schema is another one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise CatalogueError(
                f"{path}: there is no catalogue; install hapadvise again, or name another one with --db FILE"
            )
        address = str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        try:
            self._db = sqlite3.connect(f"file:{address}?mode=ro&immutable=1", uri=True)
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        (version,) = self._rows("pragma user_version")[0]
        if version != SCHEMA_VERSION:
            newer = "newer" if version > SCHEMA_VERSION else "older"
            raise CatalogueError(
                f"{path}: schema {version} is {newer} than this hapadvise reads ({SCHEMA_VERSION}); "
                f"{'upgrade hapadvise' if newer == 'newer' else 'make it again'} or name another with --db FILE"
            )
        rows = self._rows(
            "select source, data_as_of, built_at from provenance order by id desc limit 1"
        )
        if not rows:
            raise self._damaged("its provenance is missing")
        source, data_as_of, built_at = rows[0]
        self.provenance = Provenance(source=source, data_as_of=data_as_of, built_at=built_at)

    def branches(self) -> tuple[str, ...]:
        """Every branch it covers, oldest first."""
        return tuple(
            branch for (branch,) in self._rows("select branch from branches order by branch_order")
        )

    def history(self, branch: str) -> BranchHistory | None:
        """Releases and fixes of one branch; None for a branch that it does not cover."""
        rows = self._rows(
            "select long_term_support, maintained_until from branches where branch = ?", branch
        )
        if not rows:
            return None
        long_term, maintained_until = rows[0]
        releases = self._rows(
            "select version, version_order, released_on, commit_id from releases where branch = ? order by version_order",
            branch,
        )
        return BranchHistory(
            branch=branch,
            long_term_support=None if long_term is None else bool(long_term),
            maintained_until=maintained_until or "",
            releases=tuple(
                PublishedRelease(version=version, order=order, released_on=date, commit=commit)
                for version, order, date, commit in releases
            ),
            fixes=self._fixes(branch),
        )

    def _fixes(self, branch: str) -> tuple[Fix, ...]:
        issues = _grouped(
            self._rows(
                "select i.bug_id, i.issue from bug_issues i join fixes f on f.bug_id = i.bug_id "
                "where f.branch = ? group by i.bug_id, i.issue",
                branch,
            )
        )
        advisories = self._advisories(branch)
        bugs: dict[str, Bug] = {}
        fixes = []
        for row in self._rows(
            """
            select b.id, b.subsystem, b.kind, b.evidence_tier, b.runtime, b.reviewed, b.title,
              f.branch, f.commit_id, f.mainline_commit, f.merged_on, f.severity, f.position, f.fixed_in,
              f.introduced_by, f.introduced_in, f.reverted_by, f.reverted_in, f.reapplied_by, f.reapplied_in
            from fixes f join bugs b on b.id = f.bug_id
            where f.branch = ? order by f.position
            """,
            branch,
        ):
            identity, subsystem, kind, tier, runtime, reviewed, title = row[:7]
            bug = bugs.get(identity)
            if bug is None:
                bug = bugs[identity] = Bug(
                    id=identity,
                    subsystem=subsystem,
                    kind=_KINDS[kind],
                    tier=_TIERS[tier],
                    runtime=None if runtime is None else bool(runtime),
                    reviewed=bool(reviewed),
                    title=title or "",
                    advisory=advisories.get(identity),
                    issues=tuple(issues.get(identity, ())),
                )
            fixes.append(
                Fix(
                    bug=bug,
                    branch=row[7],
                    commit=row[8],
                    mainline_commit=row[9] or "",
                    merged_on=row[10],
                    severity=_SEVERITIES[row[11]],
                    position=row[12],
                    fixed_in=row[13] or "",
                    introduced_by=row[14] or "",
                    introduced_in=row[15] or "",
                    reverted_by=row[16] or "",
                    reverted_in=row[17] or "",
                    reapplied_by=row[18] or "",
                    reapplied_in=row[19] or "",
                )
            )
        return tuple(fixes)

    def _advisories(self, branch: str) -> dict[str, Advisory]:
        within = "where bug_id in (select bug_id from fixes where branch = ?)"
        objects = _grouped(
            (bug, LostObject(name=name, pool=pool or "", size=size))
            for bug, name, pool, size in self._rows(
                f"select bug_id, name, pool, size from advisory_objects {within} order by bug_id, position",
                branch,
            )
        )
        conditions = _grouped(
            ((bug, kind), condition)
            for bug, kind, condition in self._rows(
                f"select bug_id, kind, condition from advisory_conditions {within} order by bug_id, kind, position",
                branch,
            )
        )
        return {
            row[0]: Advisory(
                kind=_KINDS[row[1]],
                growth=row[2] or "",
                runtime=None if row[3] is None else bool(row[3]),
                needs_oom=bool(row[4]),
                bounded=bool(row[5]),
                summary=row[6],
                trigger=row[7] or "",
                workaround=row[8] or "",
                confidence=row[9],
                said_by=tuple(row[10].split()),
                since_commit=row[11] or "",
                since_version=row[12] or "",
                related=tuple((row[13] or "").split()),
                objects=tuple(objects.get(row[0], ())),
                features=tuple(conditions.get((row[0], "feature"), ())),
                target=tuple(conditions.get((row[0], "target"), ())),
                config=tuple(conditions.get((row[0], "config"), ())),
            )
            for row in self._rows(
                "select bug_id, kind, growth, runtime, needs_oom, bounded, summary, trigger, workaround, confidence, "
                f"said_by, since_commit, since_version, related from advisories {within}",
                branch,
            )
        }

    def _rows(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def _damaged(self, reason: object) -> CatalogueError:
        return CatalogueError(
            f"{self.path}: the catalogue is damaged ({reason}); install hapadvise again, or name another with --db FILE"
        )


def open_catalogue(
    explicit: Path | None, refreshed: Path | None, *, bundled: Path = BUNDLED
) -> tuple[Catalogue, tuple[str, ...]]:
    """Open the catalogue that a report should use, with warnings about those passed over.

    Args:
        explicit: the one that was asked for; no other is tried.
        refreshed: where a refresh leaves its own; preferred when it is sound and newer.
        bundled: the one that came with the package.

    Raises:
        CatalogueError: none can be used.
    """
    if explicit is not None:
        return Catalogue(explicit), ()
    warnings: list[str] = []
    mine = None
    if refreshed is not None and refreshed.is_file():
        try:
            mine = Catalogue(refreshed)
        except CatalogueError as error:
            warnings.append(f"{error} (the bundled catalogue is used)")
    if mine is not None and not bundled.is_file():
        return mine, tuple(warnings)
    theirs = Catalogue(bundled)
    if mine is not None and mine.provenance.data_as_of >= theirs.provenance.data_as_of:
        return mine, tuple(warnings)
    return theirs, tuple(warnings)
