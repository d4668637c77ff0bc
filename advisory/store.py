"""Making a catalogue from the facts in ``data/``: its tables, indexes, search and views."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import sqlite_utils

from advisory.advisories import read_advisories
from advisory.bug import Advisory, Kind, Severity, Tier
from advisory.catalogue import SCHEMA_VERSION
from advisory.errors import CatalogueError
from advisory.identity import bug_ids
from advisory.release import Release, branch_order

Row = dict[str, Any]
LEAKS = {Kind.MEMORY_LEAK.value, Kind.FD_LEAK.value, Kind.STUCK_OBJECT.value}

VIEWS = {
    # One row per release and flaw that affects it; the same rule as advisory.matcher.
    "release_bugs": """
        select r.version, r.version_order, f.bug_id, b.kind, b.evidence_tier, b.runtime, f.severity,
          f.subsystem, b.title, b.summary, f.branch, f.commit_id, f.merged_on, f.introduced_in,
          f.cured_in, f.fix_state
        from releases r
          join fixes f on f.branch = r.branch
          join bugs b on b.id = f.bug_id
          left join releases cured on cured.version = f.cured_in
          left join releases entered on entered.version = f.introduced_in
        where f.decides = 1
          and (cured.version_order is null or cured.version_order > r.version_order)
          and (entered.version_order is null or entered.version_order <= r.version_order)
    """,
    # Leaks per release; runtime_leaks are those known to grow in a serving process.
    "release_leaks": """
        select version, version_order, count(*) as memory_leaks, coalesce(sum(runtime), 0) as runtime_leaks
        from release_bugs where kind = 'memory-leak' group by version, version_order
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


def build_catalogue(data: Path, target: Path, *, built_at: str, tool_version: str) -> None:
    """Write the catalogue of the facts in ``data`` to ``target``, whole or not at all.

    Args:
        data: the folder of branches.csv, releases.csv, fixes.csv, reviewed.csv and advisories/.
        target: the file to write; one that is there is replaced.
        built_at: the time to note, ISO with a zone.
        tool_version: the version of hapadvise to note.

    Raises:
        CatalogueError: a fact contradicts another (an unknown release, a duplicate, ...).
        ParseError: an advisory is not valid.
    """
    partial = target.with_name(target.name + ".new")
    partial.unlink(missing_ok=True)
    db = sqlite_utils.Database(partial)
    try:
        db.conn.execute("pragma foreign_keys = on")
        fill(db, data, built_at=built_at, tool_version=tool_version)
        faults = db.execute("pragma foreign_key_check").fetchall()
        if faults:
            raise CatalogueError(
                f"{data}: {len(faults)} facts refer to what is not there, first {faults[0]}"
            )
        db.execute(f"pragma user_version = {SCHEMA_VERSION}")
        db.conn.commit()
        db.execute("vacuum")
        db.execute("analyze")
        db.conn.commit()
    except BaseException:
        db.close()
        partial.unlink(missing_ok=True)
        raise
    db.close()
    os.replace(partial, target)  # noqa: PTH105  (atomic, and says so)


def fill(db: sqlite_utils.Database, data: Path, *, built_at: str, tool_version: str) -> None:
    """Create the tables in an empty database and fill them from ``data``."""
    branches = rows_of(data / "branches.csv")
    releases = rows_of(data / "releases.csv")
    fixes = rows_of(data / "fixes.csv")
    advisories = read_advisories(data / "advisories")
    reviewed = {row["bug_id"] for row in rows_of(data / "reviewed.csv")}
    ids = bug_ids(fixes)
    unknown = sorted({*advisories, *reviewed} - set(ids.values()))
    if unknown:
        raise CatalogueError(
            f"{data}: no fix belongs to the bug {unknown[0]}, which has been judged"
        )

    create_tables(db)
    db.table("branches").insert_all(branch_rows(branches))
    db.table("releases").insert_all(release_rows(releases))
    by_bug: dict[str, list[Row]] = defaultdict(list)
    for row in fixes:
        by_bug[ids[row["branch"], row["commit_id"]]].append(row)
    db.table("bugs").insert_all(
        bug_row(bug, rows, advisories.get(bug), bug in reviewed)
        for bug, rows in sorted(by_bug.items())
    )
    db.table("advisories").insert_all(
        advisory_row(bug, advisory) for bug, advisory in sorted(advisories.items())
    )
    db.table("advisory_objects").insert_all(object_rows(advisories))
    db.table("advisory_conditions").insert_all(condition_rows(advisories))
    db.table("bug_issues").insert_all(
        {"bug_id": bug, "issue": issue}
        for bug, rows in sorted(by_bug.items())
        for issue in sorted({int(number) for row in rows for number in row["issues"].split()})
    )
    db.table("fixes").insert_all(fix_rows(fixes, ids))
    db.table("provenance").insert(
        {
            "id": 1,
            "source": "bundled",
            "origin": "release tags of HAProxy's stable branches",
            "data_as_of": max(
                max(row["merged_on"] for row in fixes), max(row["released_on"] for row in releases)
            ),
            "built_at": built_at,
            "tool_version": tool_version,
        }
    )
    db.table("bugs").enable_fts(
        ["title", "summary", "trigger", "subsystem", "kind"], create_triggers=True
    )
    for name, sql in VIEWS.items():
        db.create_view(name, sql)


def create_tables(db: sqlite_utils.Database) -> None:
    """The schema; docs/catalogue.md says what every column holds."""
    db.table("branches").create(
        {
            "branch": str,
            "branch_order": int,
            "first_release_on": str,
            "long_term_support": int,
            "maintained_until": str,
            "stated_in": str,
        },
        pk="branch",
        not_null={"branch_order", "first_release_on"},
    )
    db.table("releases").create(
        {"version": str, "branch": str, "version_order": int, "released_on": str, "commit_id": str},
        pk="version",
        not_null={"branch", "version_order", "released_on", "commit_id"},
        foreign_keys=[("branch", "branches", "branch")],
    )
    db.table("bugs").create(
        {
            "id": str,
            "severity": str,
            "subsystem": str,
            "kind": str,
            "evidence_tier": str,
            "runtime": int,
            "reviewed": int,
            "title": str,
            "summary": str,
            "trigger": str,
            "subject_kind": str,
            "message_kind": str,
            "subject_key": str,
            "first_merged_on": str,
        },
        pk="id",
        not_null={"severity", "subsystem", "kind", "evidence_tier", "reviewed", "subject_key"},
    )
    db.table("advisories").create(
        {
            "bug_id": str,
            "kind": str,
            "growth": str,
            "runtime": int,
            "needs_oom": int,
            "bounded": int,
            "summary": str,
            "trigger": str,
            "workaround": str,
            "confidence": str,
            "said_by": str,
            "since_commit": str,
            "since_version": str,
            "related": str,
        },
        pk="bug_id",
        not_null={"kind", "summary", "confidence"},
        foreign_keys=[("bug_id", "bugs", "id")],
    )
    db.table("advisory_objects").create(
        {"bug_id": str, "position": int, "name": str, "pool": str, "size": int},
        pk=("bug_id", "position"),
        not_null={"name"},
        foreign_keys=[("bug_id", "advisories", "bug_id")],
    )
    db.table("advisory_conditions").create(
        {"bug_id": str, "kind": str, "position": int, "condition": str},
        pk=("bug_id", "kind", "position"),
        not_null={"condition"},
        foreign_keys=[("bug_id", "advisories", "bug_id")],
    )
    db.table("bug_issues").create(
        {"bug_id": str, "issue": int},
        pk=("bug_id", "issue"),
        foreign_keys=[("bug_id", "bugs", "id")],
    )
    db.table("fixes").create(
        {
            "branch": str,
            "commit_id": str,
            "bug_id": str,
            "position": int,
            "mainline_commit": str,
            "subject_key": str,
            "merged_on": str,
            "severity": str,
            "subsystem": str,
            "fixed_in": str,
            "cured_in": str,
            "fix_state": str,
            "decides": int,
            "introduced_by": str,
            "introduced_in": str,
            "reverted_by": str,
            "reverted_in": str,
            "reapplied_by": str,
            "reapplied_in": str,
            "backport_to": str,
        },
        pk=("branch", "commit_id"),
        not_null={
            "bug_id",
            "position",
            "merged_on",
            "severity",
            "fix_state",
            "decides",
            "subject_key",
        },
        foreign_keys=[
            ("branch", "branches", "branch"),
            ("bug_id", "bugs", "id"),
            *(
                (column, "releases", "version")
                for column in (
                    "fixed_in",
                    "cured_in",
                    "introduced_in",
                    "reverted_in",
                    "reapplied_in",
                )
            ),
        ],
    )
    db.table("provenance").create(
        {
            "id": int,
            "source": str,
            "origin": str,
            "data_as_of": str,
            "built_at": str,
            "tool_version": str,
        },
        pk="id",
        not_null={"source", "data_as_of", "built_at"},
    )
    for table, columns in (
        ("releases", ["branch", "version_order"]),
        ("fixes", ["branch", "position"]),
        ("fixes", ["bug_id"]),
        ("fixes", ["subject_key"]),
        ("bugs", ["kind"]),
        ("bug_issues", ["issue"]),
    ):
        db.table(table).create_index(columns)


def rows_of(path: Path) -> list[Row]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read ({error.strerror})") from error


def branch_rows(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        lts = row["long_term_support"]
        yield {
            "branch": row["branch"],
            "branch_order": branch_order(row["branch"]),
            "first_release_on": row["first_release_on"],
            "long_term_support": int(lts) if lts else None,
            "maintained_until": row["maintained_until"] or None,
            "stated_in": row["stated_in"] or None,
        }


def release_rows(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        yield {**row, "version_order": Release(row["version"]).order}


def bug_row(bug: str, rows: list[Row], advisory: Advisory | None, reviewed: bool) -> Row:
    """A flaw's row: the worst severity of its fixes, the newest branch's subsystem, the best evidence of its kind."""
    newest = max(rows, key=lambda row: branch_order(row["branch"]))
    kind, tier, runtime = classify(rows, advisory, reviewed)
    return {
        "id": bug,
        "severity": min((row["severity"] for row in rows), key=lambda name: Severity(name).rank),
        "subsystem": newest["subsystem"],
        "kind": kind,
        "evidence_tier": tier,
        "runtime": None if runtime is None else int(runtime),
        "reviewed": int(reviewed or advisory is not None),
        "title": None,
        "summary": advisory.summary if advisory else None,
        "trigger": advisory.trigger or None if advisory else None,
        "subject_kind": newest["subject_kind"],
        "message_kind": newest["message_kind"],
        "subject_key": newest["subject_key"],
        "first_merged_on": min(row["merged_on"] for row in rows),
    }


def classify(
    rows: list[Row], advisory: Advisory | None, reviewed: bool
) -> tuple[str, str, bool | None]:
    """Kind, tier of its evidence, and whether a serving process grows from it (None: nobody knows).

    An advisory decides. A bug that was read and found to be no leak keeps the kind that words give
    it only if that kind is no leak.
    """
    if advisory is not None:
        return advisory.kind.value, Tier.VERIFIED.value, advisory.runtime
    for tier, column in ((Tier.SUBJECT, "subject_kind"), (Tier.MESSAGE, "message_kind")):
        for row in rows:
            kind = row[column]
            if kind != Kind.OTHER.value and not (reviewed and kind in LEAKS):
                runtime = {"1": True, "0": False}.get(row["runtime"]) if kind in LEAKS else None
                return kind, tier.value, runtime
    return Kind.OTHER.value, (Tier.VERIFIED if reviewed else Tier.NONE).value, None


def advisory_row(bug: str, advisory: Advisory) -> Row:
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
        "related": " ".join(advisory.related) or None,
    }


def object_rows(advisories: dict[str, Advisory]) -> Iterator[Row]:
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
        taken_back = bool(row["reverted_by"]) and not row["reapplied_by"]
        cured = (
            "" if taken_back else row["reapplied_in"] if row["reapplied_by"] else row["fixed_in"]
        )
        state = "reverted" if taken_back else "released" if cured else "merged"
        place = (not taken_back, positions[branch])
        last[branch, bug] = max(last.get((branch, bug), place), place)
        rows.append(
            {
                **{name: value or None for name, value in row.items() if name not in NOT_OF_A_FIX},
                "subsystem": row["subsystem"],
                "bug_id": bug,
                "position": positions[branch],
                "cured_in": cured or None,
                "fix_state": state,
            }
        )
    for row in rows:
        row["decides"] = int(last[row["branch"], row["bug_id"]][1] == row["position"])
        yield row


NOT_OF_A_FIX = {"issues", "subject_kind", "message_kind", "runtime"}
