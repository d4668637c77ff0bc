"""Making a catalogue from the facts in ``data/``: its tables, indexes, search and views."""

from __future__ import annotations

import contextlib
import csv
import datetime
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import sqlite_utils

from advisory.advisories import read_advisories
from advisory.bug import Advisory, Kind, Severity, Tier
from advisory.catalogue import APPLICATION_ID, SCHEMA_VERSION
from advisory.errors import CatalogueError
from advisory.finding import FixState
from advisory.identity import bug_ids
from advisory.release import Release, branch_order
from advisory.requirements import program_of

Row = dict[str, Any]
LEAKS = {Kind.MEMORY_LEAK, Kind.FD_LEAK, Kind.STUCK_OBJECT}

# What scripts/facts_from_git.py writes.
COLUMNS = {
    "branches": (
        *("branch", "first_release_on", "long_term_support", "maintained_until", "stated_in"),
    ),
    "releases": ("branch", "version", "released_on", "commit_id"),
    "fixes": (
        *("branch", "commit_id", "mainline_commit", "subject_key", "merged_on", "severity"),
        *("subsystem", "issues", "introduced_by", "introduced_in", "reverted_by", "reverted_in"),
        *("reapplied_by", "reapplied_in", "backport_to", "fixed_in", "subject_kind"),
        *("message_kind", "runtime"),
    ),
    "reviewed": ("bug_id",),
}
NOT_OF_A_FIX = {"issues", "subject_kind", "message_kind", "runtime"}

# docs/catalogue.md says what every column holds.
TABLES = """
create table branches (
  branch text primary key not null,
  branch_order integer not null,
  first_release_on text not null,
  long_term_support integer,
  maintained_until text,
  stated_in text references releases (version)
);
create table releases (
  version text primary key not null,
  version_order integer not null,
  branch text not null references branches (branch),
  released_on text not null,
  commit_id text not null
);
create table bugs (
  id text primary key not null,
  severity text not null,
  subsystem text not null,
  program text,
  kind text not null,
  evidence_tier text not null,
  runtime integer,
  reviewed integer not null,
  title text,
  summary text,
  trigger text,
  subject_kind text not null,
  message_kind text not null,
  subject_key text not null,
  first_merged_on text not null
);
create table advisories (
  bug_id text primary key not null references bugs (id),
  kind text not null,
  growth text,
  runtime integer,
  needs_oom integer not null,
  bounded integer not null,
  summary text not null,
  trigger text,
  workaround text,
  confidence text not null,
  said_by text not null,
  since_commit text,
  since_version text,
  since_order integer,
  related text
);
create table advisory_objects (
  bug_id text not null references advisories (bug_id),
  position integer not null,
  name text not null,
  pool text,
  size integer,
  primary key (bug_id, position)
);
create table advisory_conditions (
  bug_id text not null references advisories (bug_id),
  kind text not null,
  position integer not null,
  condition text not null,
  primary key (bug_id, kind, position)
);
create table bug_issues (
  bug_id text not null references bugs (id),
  issue integer not null,
  primary key (bug_id, issue)
);
create table fixes (
  branch text not null references branches (branch),
  commit_id text not null,
  bug_id text not null references bugs (id),
  position integer not null,
  mainline_commit text,
  subject_key text not null,
  merged_on text not null,
  severity text not null,
  subsystem text not null,
  fixed_in text references releases (version),
  cured_in text references releases (version),
  fix_state text not null,
  decides integer not null,
  introduced_by text,
  introduced_in text references releases (version),
  reverted_by text,
  reverted_in text references releases (version),
  reapplied_by text,
  reapplied_in text references releases (version),
  backport_to text,
  primary key (branch, commit_id)
);
create table provenance (
  id integer primary key not null,
  source text not null,
  origin text not null,
  data_as_of text not null,
  built_at text not null,
  tool_version text not null
);
create unique index releases_of_a_branch on releases (branch, version_order);
create unique index fixes_of_a_branch on fixes (branch, position);
create index fixes_of_a_bug on fixes (bug_id, branch);
create index fixes_by_subject on fixes (subject_key);
create index bugs_by_kind on bugs (kind);
create index bugs_by_issue on bug_issues (issue);
"""
VIEWS = {
    # One row per release and flaw that affects it; the same rule as advisory.matcher.
    "release_bugs": """
        select r.version, r.version_order, f.bug_id,
          case when exists (
            select 1 from fixes lost
              join releases held on held.version = lost.fixed_in
              left join releases taken on taken.version = lost.reverted_in
            where lost.branch = f.branch and lost.bug_id = f.bug_id and lost.reverted_by is not null
              and held.version_order <= r.version_order
              and (taken.version_order is null or taken.version_order > r.version_order)
          ) then 'possible' else 'affected' end as verdict,
          b.kind, b.evidence_tier, b.runtime, f.severity, f.subsystem, b.title, b.summary, f.branch,
          f.commit_id, f.merged_on, f.introduced_in, f.cured_in, f.fix_state
        from releases r
          join fixes f on f.branch = r.branch
          join bugs b on b.id = f.bug_id
          left join releases cured on cured.version = f.cured_in
          left join releases entered on entered.version = f.introduced_in
          left join advisories a on a.bug_id = f.bug_id
        where f.decides = 1 and b.program is null
          and (f.fix_state <> 'reverted' or coalesce(a.since_order, 0) <= r.version_order)
          and (cured.version_order is null or cured.version_order > r.version_order)
          and (entered.version_order is null or entered.version_order <= r.version_order)
    """,
    # One row per release; runtime_leaks are those known to grow in a serving process.
    "release_leaks": """
        select r.version, r.version_order, count(l.bug_id) as memory_leaks,
          coalesce(sum(l.runtime), 0) as runtime_leaks
        from releases r
          left join release_bugs l on l.version = r.version and l.kind = 'memory-leak'
        group by r.version, r.version_order
    """,
    # As haproxy.org's page of a release counts: every fix merged into the branch after it.
    "release_totals": """
        select r.version, r.version_order, f.severity, count(*) as known_bugs
        from releases r
          join fixes f on f.branch = r.branch
          left join releases held on held.version = f.fixed_in
        where held.version_order is null or held.version_order > r.version_order
        group by r.version, r.version_order, f.severity
    """,
}
# What no foreign key can say: a sentence, and a query of the facts that contradict it.
RULES = {
    "a branch has a release": """
        select branch from branches where branch not in (select branch from releases)
    """,
    "a release belongs to the branch of its version": """
        select version from releases where version not like branch || '.%'
    """,
    "a fix names releases of its own branch": """
        select f.branch || ' ' || f.commit_id from fixes f
          join releases r on r.version in
            (f.fixed_in, f.introduced_in, f.reverted_in, f.reapplied_in)
        where r.branch <> f.branch
    """,
    "fixes stand in the order of the releases that hold them": """
        select f.branch || ' ' || f.commit_id from fixes f
          left join releases r on r.version = f.fixed_in
          join fixes g on g.branch = f.branch and g.position = f.position + 1
          left join releases s on s.version = g.fixed_in
        where s.version is not null
          and (r.version is null or r.version_order > s.version_order)
    """,
}


def build_catalogue(data: Path, target: Path, *, built_at: str, tool_version: str) -> None:
    """Write the catalogue of the facts in ``data`` to ``target``, whole or not at all.

    Args:
        data: the folder of branches.csv, releases.csv, fixes.csv, reviewed.csv and advisories/.
        target: the file to write; one that is there is replaced.
        built_at: the time to note, ISO with a zone.
        tool_version: the version of hapadvise to note.

    Raises:
        CatalogueError: a file of facts is missing, a fact is malformed or contradicts another (an
            unknown release, a duplicate, ...), or the catalogue cannot be written.
        ParseError: an advisory is not valid.
    """
    partial = target.with_name(f"{target.name}.new")
    try:
        partial.unlink(missing_ok=True)
        with contextlib.closing(sqlite_utils.Database(partial)) as db:
            fill(db, data, built_at=built_at, tool_version=tool_version)
            db.conn.execute("analyze")
            db.conn.commit()
            db.conn.execute("vacuum")
        partial.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise CatalogueError(
            f"{target}: cannot be written ({error}); name a file in a folder that can be"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def fill(db: sqlite_utils.Database, data: Path, *, built_at: str, tool_version: str) -> None:
    """Create the tables in an empty database and fill them from ``data``.

    Raises:
        CatalogueError, ParseError: as for ``build_catalogue``.
    """
    try:
        insert_facts(db, data)
        db.table("provenance").insert(
            {
                "id": 1,
                "source": "bundled",
                "origin": "release tags of HAProxy's stable branches",
                "data_as_of": newest_day(db),
                "built_at": built_at,
                "tool_version": tool_version,
            }
        )
    except (ValueError, sqlite3.IntegrityError) as error:
        raise CatalogueError(f"{data}: {error}; correct the facts") from error
    check_references(db, data)
    check_rules(db, data)
    db.table("bugs").enable_fts(
        ["title", "summary", "trigger", "subsystem", "kind"],
        create_triggers=True,
        tokenize="porter",  # "leak" finds "leaks" and "leaking"
    )
    for name, sql in VIEWS.items():
        db.create_view(name, sql)
    db.conn.execute(f"pragma application_id = {APPLICATION_ID}")
    db.conn.execute(f"pragma user_version = {SCHEMA_VERSION}")


def insert_facts(db: sqlite_utils.Database, data: Path) -> None:
    """Create the tables and insert what ``data`` holds; nothing is compared with anything yet."""
    db.conn.executescript(TABLES)
    fixes = rows_of(data, "fixes")
    advisories = advisories_of(data)
    reviewed = {row["bug_id"] for row in rows_of(data, "reviewed")}
    ids = bug_ids(fixes)
    unknown = sorted({*advisories, *reviewed} - set(ids.values()))
    if unknown:
        raise CatalogueError(
            f"{data}: no fix belongs to the bug {unknown[0]}, which has been judged; "
            "correct reviewed.csv or advisories/"
        )
    by_bug: dict[str, list[Row]] = defaultdict(list)
    for row in fixes:
        by_bug[ids[row["branch"], row["commit_id"]]].append(row)
    tables: dict[str, Iterable[Row]] = {
        "branches": branch_rows(rows_of(data, "branches")),
        "releases": release_rows(rows_of(data, "releases")),
        "bugs": (
            bug_row(bug, rows, advisories.get(bug), bug in reviewed)
            for bug, rows in sorted(by_bug.items())
        ),
        "bug_issues": issue_rows(by_bug, advisories),
        "advisories": (advisory_row(bug, found) for bug, found in sorted(advisories.items())),
        "advisory_objects": object_rows(advisories),
        "advisory_conditions": condition_rows(advisories),
        "fixes": fix_rows(fixes, ids),
    }
    for table, rows in tables.items():
        db.table(table).insert_all(rows)


def check_references(db: sqlite_utils.Database, data: Path) -> None:
    """Refuse facts that refer to a release, branch or bug that is not there."""
    faults = db.execute("pragma foreign_key_check").fetchall()
    if faults:
        table, row, parent, key = faults[0]
        links = db.execute(f"pragma foreign_key_list({table})").fetchall()
        column = next(link[3] for link in links if link[0] == key)
        ((value,),) = db.execute(f"select {column} from {table} where rowid = ?", [row])
        raise CatalogueError(
            f"{data}: {column} {value} in row {row} of {table} is not in {parent}; "
            f"correct the facts ({len(faults)} of this sort)"
        )


def check_rules(db: sqlite_utils.Database, data: Path) -> None:
    """Refuse facts that break one of ``RULES``."""
    for rule, sql in RULES.items():
        faults = db.execute(sql).fetchall()
        if faults:
            raise CatalogueError(
                f"{data}: {rule}, but not {faults[0][0]}; "
                f"correct the facts ({len(faults)} of this sort)"
            )


def newest_day(db: sqlite_utils.Database) -> str:
    """The last day of which the facts tell."""
    ((day,),) = db.execute(
        "select max(day) from "
        "(select merged_on as day from fixes union all select released_on from releases)"
    )
    if day is None:
        raise ValueError("there is no release")
    return str(day)


def rows_of(data: Path, table: str) -> list[Row]:
    """The rows of a CSV file of facts, each with exactly the columns that it should have.

    Raises:
        CatalogueError: there is no such file, or a row is not of that form.
    """
    path = data / f"{table}.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file, strict=True)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CatalogueError(
            f"{path}: cannot be read ({error}); restore it from the repository"
        ) from error
    for line, row in enumerate((header, *rows), 1):
        if len(row) != len(COLUMNS[table]) or (line == 1 and set(row) != set(COLUMNS[table])):
            raise CatalogueError(
                f"{path}, line {line}: expected the columns {', '.join(COLUMNS[table])}; correct it"
            )
    return [dict(zip(header, row, strict=True)) for row in rows]


def advisories_of(data: Path) -> dict[str, Advisory]:
    """The advisories, by bug; a missing folder is an error, as without it nothing is verified."""
    folder = data / "advisories"
    if not folder.is_dir():
        raise CatalogueError(f"{folder}: is no folder; restore it from the repository")
    return read_advisories(folder)


def day_of(text: str) -> str:
    """An ISO date, checked."""
    return datetime.date.fromisoformat(text).isoformat()


def branch_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """The table ``branches``."""
    for row in rows:
        lts = row["long_term_support"]
        yield {
            "branch": row["branch"],
            "branch_order": branch_order(row["branch"]),
            "first_release_on": day_of(row["first_release_on"]),
            "long_term_support": int(lts) if lts else None,
            "maintained_until": row["maintained_until"] or None,
            "stated_in": row["stated_in"] or None,
        }


def release_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """The table ``releases``."""
    for row in rows:
        yield {
            "version": row["version"],
            "version_order": Release(row["version"]).order,
            "branch": row["branch"],
            "released_on": day_of(row["released_on"]),
            "commit_id": row["commit_id"],
        }


def bug_row(bug: str, rows: list[Row], advisory: Advisory | None, reviewed: bool) -> Row:
    """A flaw's row: the worst severity of its fixes, the newest branch's subsystem, its kind."""
    newest = max(rows, key=lambda row: branch_order(row["branch"]))
    kind, tier, runtime = classify(rows, advisory, reviewed)
    return {
        "id": bug,
        "severity": min((Severity(row["severity"]) for row in rows), key=lambda s: s.rank).value,
        "subsystem": newest["subsystem"],
        "program": program_of(newest["subsystem"]) or None,
        "kind": kind.value,
        "evidence_tier": tier.value,
        "runtime": None if runtime is None else int(runtime),
        "reviewed": int(reviewed or advisory is not None),
        "title": None,
        "summary": advisory.summary if advisory else None,
        "trigger": advisory.trigger or None if advisory else None,
        "subject_kind": newest["subject_kind"],
        "message_kind": newest["message_kind"],
        "subject_key": newest["subject_key"],
        "first_merged_on": min(day_of(row["merged_on"]) for row in rows),
    }


def classify(
    rows: list[Row], advisory: Advisory | None, reviewed: bool
) -> tuple[Kind, Tier, bool | None]:
    """Kind, tier of its evidence, and whether a serving process grows from it (None: nobody knows).

    An advisory decides. A bug that was read and found to be no leak keeps the kind that words give
    it only if that kind is no leak.
    """
    if advisory is not None:
        return advisory.kind, Tier.VERIFIED, advisory.runtime
    for tier, column in ((Tier.SUBJECT, "subject_kind"), (Tier.MESSAGE, "message_kind")):
        for row in rows:
            kind = Kind(row[column])
            if kind is not Kind.OTHER and not (reviewed and kind in LEAKS):
                runtime = {"1": True, "0": False}.get(row["runtime"]) if kind in LEAKS else None
                return kind, tier, runtime
    return Kind.OTHER, Tier.VERIFIED if reviewed else Tier.NONE, None


def issue_rows(by_bug: dict[str, list[Row]], advisories: dict[str, Advisory]) -> Iterator[Row]:
    """The table ``bug_issues``: what the messages name, and what an advisory adds."""
    for bug, rows in sorted(by_bug.items()):
        issues = {int(number) for row in rows for number in row["issues"].split()}
        if bug in advisories:
            issues.update(advisories[bug].issues)
        for issue in sorted(issues):
            yield {"bug_id": bug, "issue": issue}


def advisory_row(bug: str, advisory: Advisory) -> Row:
    """One row of the table ``advisories``."""
    return {
        "bug_id": bug,
        "kind": advisory.kind.value,
        "growth": advisory.growth or None,
        "runtime": None if advisory.runtime is None else int(advisory.runtime),
        "needs_oom": int(advisory.needs_oom),
        "bounded": int(advisory.bounded),
        "summary": advisory.summary,
        "trigger": advisory.trigger or None,
        "workaround": advisory.workaround or None,
        "confidence": advisory.confidence,
        "said_by": " ".join(advisory.said_by),
        "since_commit": advisory.since_commit or None,
        "since_version": advisory.since_version or None,
        "since_order": Release(advisory.since_version).order if advisory.since_version else None,
        "related": " ".join(advisory.related) or None,
    }


def object_rows(advisories: dict[str, Advisory]) -> Iterator[Row]:
    """The table ``advisory_objects``."""
    for bug, advisory in sorted(advisories.items()):
        for position, lost in enumerate(advisory.objects, 1):
            yield {
                "bug_id": bug,
                "position": position,
                "name": lost.name,
                "pool": lost.pool or None,
                "size": lost.size,
            }


def condition_rows(advisories: dict[str, Advisory]) -> Iterator[Row]:
    """The table ``advisory_conditions``."""
    for bug, advisory in sorted(advisories.items()):
        for kind, lines in (
            ("feature", advisory.features),
            ("target", advisory.target),
            ("config", advisory.config),
        ):
            for position, line in enumerate(lines, 1):
                yield {"bug_id": bug, "kind": kind, "position": position, "condition": line}


def fix_rows(fixes: list[Row], ids: dict[tuple[str, str], str]) -> Iterator[Row]:
    """The fixes, with what became of each: the release from which the flaw stays cured, if any.

    Of several fixes of one flaw in one branch one ``decides``: the last one that stands, or the
    last one where none does.
    """
    positions: dict[str, int] = defaultdict(int)
    last: dict[tuple[str, str], tuple[bool, int]] = {}
    rows = []
    for row in fixes:
        branch, bug = row["branch"], ids[row["branch"], row["commit_id"]]
        positions[branch] += 1
        stands = not row["reverted_by"] or bool(row["reapplied_by"])
        cured = (row["reapplied_in"] if row["reapplied_by"] else row["fixed_in"]) if stands else ""
        state = FixState.RELEASED if cured else FixState.MERGED if stands else FixState.REVERTED
        place = (stands, positions[branch])
        last[branch, bug] = max(last.get((branch, bug), place), place)
        rows.append(
            {
                **{name: value or None for name, value in row.items() if name not in NOT_OF_A_FIX},
                "subsystem": row["subsystem"],
                "bug_id": bug,
                "position": positions[branch],
                "cured_in": cured or None,
                "fix_state": state.value,
            }
        )
    for row in rows:
        row["decides"] = int(last[row["branch"], row["bug_id"]][1] == row["position"])
        yield row
