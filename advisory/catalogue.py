"""Reading a catalogue: which releases there are, which fixes, and how old the data is.

The file is opened read-only and immutable: no lock, no journal, no writable place is needed. It is
made by ``advisory.store``; docs/catalogue.md describes its tables.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from typing import Any

from advisory.bug import Advisory, Bug, Fix, Kind, LostObject, Severity, Tier
from advisory.errors import CatalogueError, OlderSchemaError
from advisory.history import BranchHistory, BranchState, Provenance, PublishedRelease

APPLICATION_ID = 0x68617061  # "hapa": tells a catalogue from other SQLite files
SCHEMA_VERSION = 2
BUNDLED = os.path.join(os.path.dirname(__file__), "catalogue.db")

_REMEDY = "install hapadvise again, or name another with --db FILE"

_SEVERITIES = {severity.value: severity for severity in Severity}
_KINDS = {kind.value: kind for kind in Kind}
_TIERS = {tier.value: tier for tier in Tier}
_FLAGS = {None: None, 0: False, 1: True}

# SQLite holds no column to its type, and a damaged file may yield anything: each query comes with
# what its columns hold, a letter each (text, number, maybe a number).
_TYPES: dict[str, set[type]] = {"t": {str}, "n": {int}, "m": {int, type(None)}}

_APPLICATION = ("pragma application_id", "n")
_SCHEMA = ("pragma user_version", "n")
_STATES = (
    """
    select b.branch, date(b.checked_on), count(f.commit_id), coalesce(max(f.merged_on), ''),
      count(f.commit_id) - count(f.fixed_in), count(f.title),
      (select r.version from releases r where r.branch = b.branch order by version_order desc)
    from branches b left join fixes f on f.branch = b.branch
    group by b.branch order by b.branch_order
    """,
    "ttntnnt",
)
_POOLS = (
    """
    select branch, version, build, pool, size, size_untagged, merged_into, merged_size, merges,
      configured
    from pools order by position
    """,
    "ttttnmtnnn",
)
# What a branch has no fix of, with what is known of the bug; the fields of ``Missing`` first.
_MISSING = (
    """
    select n.branch, n.bug_id, n.severity,
      case when n.claim in ('between', 'asked') then n.claim end, coalesce(n.older_branch, ''),
      coalesce(n.older_commit, ''), n.newer_branch, n.newer_commit, n.newer_merged_on,
      coalesce(n.backport_to, ''), coalesce(n.introduced_in, ''), n.checked_in,
      case when n.evidence in ('code-has-flaw', 'code-lacks-flaw', 'undecided') then n.evidence end,
      b.kind, b.runtime, b.subsystem, coalesce(b.summary, b.title, '')
    from never_fixed n join bugs b on b.id = n.bug_id
    where n.branch = ? and b.program is null order by n.rowid
    """,
    "t" * 13 + "tmtt",
)
_OUTLINES = (
    """
    select branch, long_term_support,
      case
        when maintained_until is null then ''
        when maintained_until glob '[0-9][0-9][0-9][0-9]-Q[1-4]' then maintained_until
      end
    from branches order by branch_order
    """,
    "tmt",
)
_INTEGRITY = ("pragma integrity_check(1)", "t")
_REFERENCES = ("pragma foreign_key_check", "tmtn")
# What will be read as a date or a quarter yields nothing here where it is none.
_PROVENANCE = (
    """
    select source, date(data_as_of), built_at, origin, tool_version,
      (select case when count(*) then date(max(merged_on)) else '' end from fixes)
    from provenance order by id desc limit 1
    """,
    "tttttt",
)
_BRANCHES = ("select branch from branches order by branch_order", "t")
_BRANCH = (
    """
    select long_term_support,
      case
        when maintained_until is null then ''
        when maintained_until glob '[0-9][0-9][0-9][0-9]-Q[1-4]' then maintained_until
      end, date(checked_on)
    from branches where branch = ?
    """,
    "mtt",
)
_RELEASES = (
    """
    select version, version_order, date(released_on), coalesce(commit_id, ''),
      coalesce(sha256, '')
    from releases where branch = ? order by version_order
    """,
    "tnttt",
)
# A left join: a bug that is lost is damage, and not one bug less.
_FIXES = (
    """
    select b.id, b.subsystem, b.kind, b.evidence_tier, b.runtime, b.reviewed, coalesce(b.title, ''),
      f.commit_id, coalesce(f.mainline_commit, ''), f.merged_on, f.severity, f.position,
      coalesce(f.fixed_in, ''), coalesce(f.introduced_by, ''), coalesce(f.introduced_in, ''),
      coalesce(f.reverted_by, ''), coalesce(f.reverted_in, ''), coalesce(f.reapplied_by, ''),
      coalesce(f.reapplied_in, '')
    from fixes f left join bugs b on b.id = f.bug_id where f.branch = ? order by f.position
    """,
    "ttttmnt" + "ttttn" + "ttttttt",
)
_ISSUES = (
    """
    select bug_id, issue from bug_issues
    where bug_id in (select bug_id from fixes where branch = ?) order by bug_id, issue
    """,
    "tn",
)
# There are few advisories: asking of each whether the branch has its bug is the quicker way.
_ADVISORIES = (
    """
    select bug_id, kind, summary, confidence, said_by, runtime, coalesce(growth, ''), needs_oom,
      bounded, coalesce(trigger, ''), coalesce(workaround, ''), coalesce(related, ''),
      coalesce(since_commit, ''), coalesce(since_version, ''), coalesce(issues, '')
    from advisories a
    where ?1 = '' or exists (select 1 from fixes f where f.bug_id = a.bug_id and f.branch = ?1)
    """,
    "tttttmtnntttttt",
)
_OBJECTS = (
    """
    select bug_id, name, coalesce(pool, ''), size from advisory_objects o
    where ?1 = '' or exists (select 1 from fixes f where f.bug_id = o.bug_id and f.branch = ?1)
    order by bug_id, position
    """,
    "tttm",
)
_CONDITIONS = (
    """
    select bug_id, kind, condition from advisory_conditions c
    where ?1 = '' or exists (select 1 from fixes f where f.bug_id = c.bug_id and f.branch = ?1)
    order by bug_id, kind, position
    """,
    "ttt",
)


# A bug by its id, by a commit of any branch, or by the number of an issue.
_BY_COMMIT = (
    """
    select distinct bug_id from fixes
    where substr(commit_id, 1, length(?1)) = ?1 or substr(mainline_commit, 1, length(?1)) = ?1
      or substr(?1, 1, length(commit_id)) = commit_id
      or substr(?1, 1, length(mainline_commit)) = mainline_commit
      or substr(bug_id, 1, length(?1)) = ?1
    order by bug_id
    """,
    "t",
)
_BY_ISSUE = ("select bug_id from bug_issues where issue = ? order by bug_id", "t")
_BY_SUBJECT = (
    """
    select distinct bug_id from fixes where subject_key = ?1 and (?2 = '' or branch = ?2)
    order by bug_id
    """,
    "t",
)
_BY_WORDS = (
    """
    select b.id from bugs_fts join bugs b on b.rowid = bugs_fts.rowid
    where bugs_fts match ? order by rank, b.id
    """,
    "t",
)
_BRANCHES_OF = (
    """
    select distinct f.branch from fixes f join branches b on b.branch = f.branch
    where f.bug_id = ? order by b.branch_order
    """,
    "t",
)


class Catalogue:
    """The known bugs of every branch.

    Args:
        path: the SQLite file.

    Raises:
        CatalogueError: there is no such file, it is damaged, or its schema is another one.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        if not os.path.isfile(path):
            found = "is no file" if os.path.exists(path) else "there is no catalogue"
            raise CatalogueError(f"{path}: {found}; {_REMEDY}")
        address = os.path.abspath(path)
        for character, code in (("%", "%25"), ("?", "%3f"), ("#", "%23")):
            address = address.replace(character, code)
        try:
            self._db = sqlite3.connect(f"file://{address}?mode=ro&immutable=1", uri=True)
        except sqlite3.Error as error:
            raise CatalogueError(f"{path}: cannot be opened ({error}); {_REMEDY}") from error
        try:
            self._check_schema()
            rows = self._rows(_PROVENANCE)
            if not rows:
                raise self._damaged("it does not say where it comes from")
        except CatalogueError:
            self.close()
            raise
        self.provenance = Provenance._make(rows[0])

    def close(self) -> None:
        """Close the file; what was read stays."""
        self._db.close()

    def branches(self) -> tuple[str, ...]:
        """Every branch that it covers, oldest first.

        Raises:
            CatalogueError: the file is damaged.
        """
        return tuple(branch for (branch,) in self._rows(_BRANCHES))

    def history(self, branch: str) -> BranchHistory | None:
        """Releases and fixes of one branch; None for a branch that it does not cover.

        Raises:
            CatalogueError: the file is damaged.
        """
        rows = self._rows(_BRANCH, branch)
        if not rows:
            return None
        releases = tuple(map(PublishedRelease._make, self._rows(_RELEASES, branch)))
        if not releases:
            raise self._damaged(f"branch {branch} has no release")
        try:
            history = BranchHistory(
                branch=branch,
                long_term_support=_FLAGS[rows[0][0]],
                maintained_until=rows[0][1],
                releases=releases,
                fixes=self._fixes(branch),
                checked_on=rows[0][2],
            )
        except (KeyError, ValueError) as error:  # a word that no catalogue holds, no number
            raise self._damaged(f"{error} stands where it cannot") from error
        self._check_fixes(history)
        return history

    def bugs_of(self, name: str) -> tuple[str, ...]:
        """The ids of the bugs that a name stands for.

        Args:
            name: an issue's number (935, #935), or six hex digits or more of a bug's id, or of the
                commit of its fix in any branch.

        Raises:
            CatalogueError: the file is damaged.
        """
        number = name.removeprefix("#")
        if number.isdecimal() and len(number) < 6:
            return tuple(bug for (bug,) in self._rows(_BY_ISSUE, number))
        return tuple(bug for (bug,) in self._rows(_BY_COMMIT, name.lower()))

    def bugs_of_subject(self, key: str, branch: str) -> tuple[str, ...]:
        """The ids of the bugs that a fix of that subject cures: in the branch, else in any.

        Raises:
            CatalogueError: the file is damaged.
        """
        found = self._rows(_BY_SUBJECT, key, branch) or self._rows(_BY_SUBJECT, key, "")
        return tuple(bug for (bug,) in found)

    def search(self, words: Iterable[str]) -> tuple[str, ...]:
        """The ids of the bugs whose title, summary, trigger, subsystem or kind holds every word.

        Raises:
            CatalogueError: the file is damaged.
        """
        quoted = " ".join('"' + word.replace('"', '""') + '"' for word in words)
        return tuple(bug for (bug,) in self._rows(_BY_WORDS, quoted))

    def histories_of(self, bug: str) -> tuple[BranchHistory, ...]:
        """The branches that have a fix of a bug, oldest first.

        Raises:
            CatalogueError: the file is damaged.
        """
        found = (self.history(branch) for (branch,) in self._rows(_BRANCHES_OF, bug))
        return tuple(history for history in found if history is not None)

    def advisories(self) -> dict[str, Advisory]:
        """Every advisory, by its bug.

        Raises:
            CatalogueError: the file is damaged.
        """
        try:
            return self._advisories("")
        except (KeyError, ValueError) as error:
            raise self._damaged(f"{error} stands where it cannot") from error

    def states(self) -> tuple[BranchState, ...]:
        """How far each branch is known, oldest first.

        Raises:
            CatalogueError: the file is damaged.
        """
        return tuple(map(BranchState._make, self._rows(_STATES)))

    def pool_kinds(self) -> tuple[tuple[Any, ...], ...]:
        """Which kinds of objects the pools of each branch hold: the fields of ``PoolKind``.

        Raises:
            CatalogueError: the file is damaged.
        """
        return tuple((*row[:8], row[8] == 1, row[9] == 1) for row in self._rows(_POOLS))

    def missing_fixes(self, branch: str) -> tuple[tuple[Any, ...], ...]:
        """What a branch has no fix of: the fields of ``unfixed.Missing``, words for words.

        Raises:
            CatalogueError: the file is damaged.
        """
        rows = tuple(self._rows(_MISSING, branch))
        for row in rows:
            for word, words in ((row[2], _SEVERITIES), (row[13], _KINDS), (row[14], _FLAGS)):
                if word not in words:
                    raise self._damaged(f"{word!r} stands where it cannot")
        return rows

    def outlines(self) -> tuple[BranchHistory, ...]:
        """Every branch without its releases and fixes, oldest first.

        Raises:
            CatalogueError: the file is damaged.
        """
        try:
            return tuple(
                BranchHistory(branch, _FLAGS[support], until, (), ())
                for branch, support, until in self._rows(_OUTLINES)
            )
        except KeyError as error:
            raise self._damaged(f"{error} stands where it cannot") from error

    def texts(self, table: str, columns: tuple[str, ...], order: str) -> tuple[dict[str, str], ...]:
        """Rows of a table ``t`` as text, "" for NULL.

        Args:
            table: its name.
            columns: names of its columns; the keys of each row.
            order: what to order by, an expression of the schema.

        Raises:
            CatalogueError: the file is damaged.
        """
        values = ", ".join(f"coalesce(cast({column} as text), '')" for column in columns)
        sql = f"select {values} from {table} t order by {order}"
        rows = self._rows((sql, "t" * len(columns)))
        return tuple(dict(zip(columns, row, strict=True)) for row in rows)

    def check_integrity(self) -> None:
        """Read all of the file and compare its parts with one another.

        Raises:
            CatalogueError: the file is damaged.
        """
        for (answer,) in self._rows(_INTEGRITY):
            if answer != "ok":
                raise self._damaged(answer)
        for table, *_ in self._rows(_REFERENCES):
            raise self._damaged(f"a row of {table} refers to what is not there")

    def _check_schema(self) -> None:
        ((schema,),) = self._rows(_SCHEMA)
        ((application,),) = self._rows(_APPLICATION)
        if schema > SCHEMA_VERSION:
            raise CatalogueError(
                f"{self.path}: its schema {schema} is newer than this hapadvise reads "
                f"({SCHEMA_VERSION}); upgrade hapadvise, or name another with --db FILE"
            )
        if application != APPLICATION_ID:
            raise self._damaged("it is no database of hapadvise")
        if schema < SCHEMA_VERSION:
            raise OlderSchemaError(
                f"{self.path}: its schema {schema} is older than this hapadvise reads "
                f"({SCHEMA_VERSION}); {_REMEDY}"
            )

    def _check_fixes(self, history: BranchHistory) -> None:
        """What the matcher relies on: no fix is missing, and each follows the releases it names."""
        fixes = history.fixes
        orders = {release.version: release.order for release in history.releases}
        orders[""] = history.newest.order + 1
        for fix in fixes:
            for version in (fix.fixed_in, fix.introduced_in, fix.reverted_in, fix.reapplied_in):
                if version not in orders:
                    raise self._damaged(f"branch {history.branch} has no release {version!r}")
        held = [orders[fix.fixed_in] for fix in fixes]
        positions = [fix.position for fix in fixes]
        if held != sorted(held) or positions != list(range(1, len(fixes) + 1)):
            raise self._damaged(f"branch {history.branch} lacks fixes, or they are out of order")

    def _fixes(self, branch: str) -> tuple[Fix, ...]:
        issues = _grouped(self._rows(_ISSUES, branch))
        advisories = self._advisories(branch)
        return tuple(
            Fix._make(
                (
                    Bug(
                        row[0],
                        row[1],
                        _KINDS[row[2]],
                        _TIERS[row[3]],
                        _FLAGS[row[4]],
                        row[5] == 1,
                        row[6],
                        advisories.get(row[0]),
                        tuple(issues.get(row[0], ())),
                    ),
                    branch,
                    *row[7:10],
                    _SEVERITIES[row[10]],
                    *row[11:],
                )
            )
            for row in self._rows(_FIXES, branch)
        )

    def _advisories(self, branch: str) -> dict[str, Advisory]:
        objects = _grouped((row[0], LostObject(*row[1:])) for row in self._rows(_OBJECTS, branch))
        conditions = _grouped(
            ((bug, kind), condition) for bug, kind, condition in self._rows(_CONDITIONS, branch)
        )
        return {
            row[0]: Advisory(
                kind=_KINDS[row[1]],
                summary=row[2],
                confidence=row[3],
                said_by=tuple(row[4].split()),
                runtime=_FLAGS[row[5]],
                growth=row[6],
                needs_oom=row[7] == 1,
                bounded=row[8] == 1,
                trigger=row[9],
                workaround=row[10],
                related=tuple(row[11].split()),
                since_commit=row[12],
                since_version=row[13],
                objects=tuple(objects.get(row[0], ())),
                features=tuple(conditions.get((row[0], "feature"), ())),
                target=tuple(conditions.get((row[0], "target"), ())),
                config=tuple(conditions.get((row[0], "config"), ())),
                issues=tuple(map(int, row[14].split())),
            )
            for row in self._rows(_ADVISORIES, branch)
        }

    def _rows(self, query: tuple[str, str], *values: str) -> list[tuple[Any, ...]]:
        sql, letters = query
        try:
            rows = self._db.execute(sql, values).fetchall()
        except (sqlite3.Error, UnicodeDecodeError, MemoryError) as error:
            # Damage also makes messages that are no text, and sizes that no memory holds.
            raise self._damaged(str(error) or "out of memory") from error
        for letter, column in zip(letters, zip(*rows, strict=True), strict=False):
            if not _TYPES[letter].issuperset(map(type, column)):
                raise self._damaged("a value is missing or of another type")
        return rows

    def _damaged(self, reason: object) -> CatalogueError:
        return CatalogueError(f"{self.path}: the catalogue is damaged ({reason}); {_REMEDY}")


def _grouped(pairs: Iterable[tuple[Any, ...]]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def open_catalogue(
    explicit: str | None, refreshed: str | None, *, bundled: str = BUNDLED
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
    if refreshed is None or not os.path.exists(refreshed):
        return Catalogue(bundled), ()
    try:
        mine = Catalogue(refreshed)
    except CatalogueError as error:
        return Catalogue(bundled), (f"{error} (the bundled catalogue is used)",)
    try:
        theirs = Catalogue(bundled)
    except CatalogueError as error:
        return mine, (f"{error} (the refreshed catalogue is used)",)
    if mine.provenance.data_as_of >= theirs.provenance.data_as_of:
        theirs.close()
        return mine, ()
    mine.close()
    return theirs, ()
