"""Making a catalogue of facts, whole or not at all, and reading the facts back out of one."""

from __future__ import annotations

import contextlib
import datetime
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import sqlite_utils

from advisory.bug import Advisory, Kind, Severity, Tier
from advisory.catalogue import APPLICATION_ID, SCHEMA_VERSION, Catalogue
from advisory.data import read_data
from advisory.errors import CatalogueError
from advisory.facts import COLUMNS, LEARNED, Facts, Run, Validators, run_of
from advisory.finding import FixState
from advisory.identity import bug_ids
from advisory.release import Release, branch_order
from advisory.requirements import program_of
from advisory.schema import RULES, TABLES, VIEWS

Row = dict[str, Any]
LEAKS = {Kind.MEMORY_LEAK, Kind.FD_LEAK, Kind.STUCK_OBJECT}
BUNDLED_ORIGIN = "release tags of HAProxy's stable branches"


class Origin(NamedTuple):
    """What a catalogue says of itself: ``bundled`` or ``refreshed``, from what, when, by what."""

    source: str
    origin: str
    built_at: str
    tool_version: str


def write_catalogue(facts: Facts, target: Path, origin: Origin, *, subject: str) -> None:
    """Write the catalogue of some facts, whole or not at all.

    It is written beside the target, read back and compared with the facts, and then renamed:
    whoever reads meanwhile has the old one, and so has everybody if the machine dies.

    Args:
        facts: what it is to hold.
        target: the file to write; one that is there is replaced.
        origin: what to note of where they come from.
        subject: what the facts were read from, for error messages.

    Raises:
        CatalogueError: a fact is malformed or contradicts another (an unknown release, a duplicate,
            ...), or the catalogue cannot be written.
    """
    partial = target.with_name(f"{target.name}.new")
    try:
        partial.unlink(missing_ok=True)
        with contextlib.closing(sqlite_utils.Database(partial)) as db:
            # Whoever finds this file half-written throws it away: no journal, one sync at the end.
            db.conn.execute("pragma journal_mode = off")
            db.conn.execute("pragma synchronous = off")
            fill(db, facts, origin, subject)
            db.conn.execute("analyze")
            db.conn.commit()
            db.conn.execute("vacuum")
        _check_written(partial, facts, target)
        _sync(partial)
        partial.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise CatalogueError(
            f"{target}: cannot be written ({error}); name a file in a folder that can be"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
    with contextlib.suppress(OSError):  # not every file system can; the new one is there already
        _sync(target.parent)


def _sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_written(path: Path, facts: Facts, target: Path) -> None:
    """Refuse a file that is not sound, or that does not hold what it should."""
    for name, found, expected in zip(Facts._fields, stored_facts(path), facts, strict=True):
        if found != expected:
            raise CatalogueError(
                f"{target}: its {name} read back otherwise than they were to be written; "
                "check the disk and the memory of this machine, and please report it"
            )


def build_catalogue(data: Path, target: Path, *, built_at: str, tool_version: str) -> None:
    """Write the catalogue that comes with the package.

    Args:
        data: the folder of facts.
        target: the file to write; one that is there is replaced.
        built_at: the time to note, ISO with a zone.
        tool_version: the version of hapadvise to note.

    Raises:
        CatalogueError, ParseError: as for ``read_data`` and ``write_catalogue``.
    """
    origin = Origin("bundled", BUNDLED_ORIGIN, built_at, tool_version)
    write_catalogue(read_data(data), target, origin, subject=str(data))


def stored_facts(path: Path) -> Facts:
    """Read back the facts that a catalogue was made of.

    Raises:
        CatalogueError: there is none, it is damaged, or its schema is another one.
    """
    with contextlib.closing(Catalogue(str(path))) as catalogue:
        catalogue.check_integrity()
        rows = {
            name: catalogue.texts(name, (*COLUMNS[name], *LEARNED[name]), order)
            for name, order in (
                ("branches", "branch_order"),
                ("releases", "version_order"),
                (
                    "fixes",
                    "(select branch_order from branches b where b.branch = t.branch), position",
                ),
            )
        }
        runs = catalogue.texts("runs", Run._fields, "id")
        pools = catalogue.texts("pools", COLUMNS["pools"], "position")
        never_fixed = catalogue.texts("never_fixed", COLUMNS["never_fixed"], "rowid")
        pages = catalogue.texts("pages", ("path", *Validators._fields), "path")
        reviewed = catalogue.texts("bugs", ("id", "reviewed"), "id")
        return Facts(
            **rows,
            advisories=catalogue.advisories(),
            reviewed=frozenset(row["id"] for row in reviewed if row["reviewed"] == "1"),
            pools=pools,
            never_fixed=never_fixed,
            pages={row.pop("path"): Validators(**row) for row in pages},
            runs=tuple(map(run_of, runs)),
        )


def fill(db: sqlite_utils.Database, facts: Facts, origin: Origin, subject: str) -> None:
    """Create the tables in an empty database and fill them.

    Raises:
        CatalogueError: as for ``write_catalogue``.
    """
    if not facts.branches:
        raise CatalogueError(f"{subject}: there is no branch; correct the facts")
    try:
        db.conn.executescript(TABLES)
        for table, rows in tables_of(facts, subject).items():
            db.table(table).insert_all(rows)
        checked = max(row["checked_on"] for row in facts.branches)
        db.table("provenance").insert({"id": 1, **origin._asdict(), "data_as_of": checked})
    except (ValueError, sqlite3.IntegrityError) as error:
        raise CatalogueError(f"{subject}: {error}; correct the facts") from error
    check_references(db, subject)
    check_rules(db, subject)
    db.table("bugs").enable_fts(
        ["title", "summary", "trigger", "subsystem", "kind"],
        create_triggers=True,
        tokenize="porter",  # "leak" finds "leaks" and "leaking"
    )
    for name, sql in VIEWS.items():
        db.create_view(name, sql)
    db.conn.execute(f"pragma application_id = {APPLICATION_ID}")
    db.conn.execute(f"pragma user_version = {SCHEMA_VERSION}")


def tables_of(facts: Facts, subject: str) -> dict[str, Iterable[Row]]:
    """The rows of every table but ``provenance``; nothing is compared with anything yet."""
    ids = bug_ids(facts.fixes)
    unknown = sorted({*facts.advisories, *facts.reviewed} - set(ids.values()))
    if unknown:
        raise CatalogueError(
            f"{subject}: no fix belongs to the bug {unknown[0]}, which has been judged; "
            "correct reviewed.csv or advisories/"
        )
    by_bug: dict[str, list[Row]] = defaultdict(list)
    for row in facts.fixes:
        by_bug[ids[row["branch"], row["commit_id"]]].append(row)
    advisories = facts.advisories
    return {
        "branches": branch_rows(facts.branches),
        "releases": release_rows(facts.releases),
        "bugs": (
            bug_row(bug, rows, advisories.get(bug), bug in facts.reviewed)
            for bug, rows in sorted(by_bug.items())
        ),
        "bug_issues": issue_rows(by_bug, advisories),
        "advisories": (advisory_row(bug, found) for bug, found in sorted(advisories.items())),
        "advisory_objects": object_rows(advisories),
        "advisory_conditions": condition_rows(advisories),
        "fixes": fix_rows(facts.fixes, ids),
        "pools": pool_rows(facts.pools),
        "never_fixed": (
            {name: value or None for name, value in row.items()} for row in facts.never_fixed
        ),
        "pages": ({"path": path, **known._asdict()} for path, known in sorted(facts.pages.items())),
        "runs": ({"id": number, **run._asdict()} for number, run in enumerate(facts.runs, 1)),
    }


def check_references(db: sqlite_utils.Database, subject: str) -> None:
    """Refuse facts that refer to a release, branch or bug that is not there."""
    faults = db.execute("pragma foreign_key_check").fetchall()
    if faults:
        table, row, parent, key = faults[0]
        links = db.execute(f"pragma foreign_key_list({table})").fetchall()
        column = next(link[3] for link in links if link[0] == key)
        ((value,),) = db.execute(f"select {column} from {table} where rowid = ?", [row])
        raise CatalogueError(
            f"{subject}: {column} {value} in row {row} of {table} is not in {parent}; "
            f"correct the facts ({len(faults)} of this sort)"
        )


def check_rules(db: sqlite_utils.Database, subject: str) -> None:
    """Refuse facts that break one of ``RULES``."""
    for rule, sql in RULES.items():
        faults = db.execute(sql).fetchall()
        if faults:
            raise CatalogueError(
                f"{subject}: {rule}, but not {faults[0][0]}; "
                f"correct the facts ({len(faults)} of this sort)"
            )


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
            "checked_on": day_of(row["checked_on"]),
        }


def release_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """The table ``releases``."""
    for row in rows:
        yield {
            "version": row["version"],
            "version_order": Release(row["version"]).order,
            "branch": row["branch"],
            "released_on": day_of(row["released_on"]),
            "commit_id": row["commit_id"] or None,
            "sha256": row["sha256"] or None,
            "vanished_on": row["vanished_on"] or None,
        }


def bug_row(bug: str, rows: list[Row], advisory: Advisory | None, reviewed: bool) -> Row:
    """A flaw's row: the worst severity of its fixes, the newest branch's subsystem, its kind."""
    newest, *older = sorted(rows, key=lambda row: branch_order(row["branch"]), reverse=True)
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
        "title": next((row["title"] for row in (newest, *older) if row["title"]), None),
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


def issue_rows(by_bug: dict[str, list[Row]], advisories: Mapping[str, Advisory]) -> Iterator[Row]:
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
        "issues": " ".join(map(str, advisory.issues)) or None,
    }


def object_rows(advisories: Mapping[str, Advisory]) -> Iterator[Row]:
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


def condition_rows(advisories: Mapping[str, Advisory]) -> Iterator[Row]:
    """The table ``advisory_conditions``."""
    for bug, advisory in sorted(advisories.items()):
        for kind, lines in (
            ("feature", advisory.features),
            ("target", advisory.target),
            ("config", advisory.config),
        ):
            for position, line in enumerate(lines, 1):
                yield {"bug_id": bug, "kind": kind, "position": position, "condition": line}


def pool_rows(pools: Iterable[Row]) -> Iterator[Row]:
    """The table ``pools``."""
    numbers = ("size", "merged_size", "merges", "configured")
    for position, row in enumerate(pools, 1):
        yield {
            **row,
            **{name: int(row[name]) for name in numbers},
            "position": position,
            "size_untagged": int(row["size_untagged"]) if row["size_untagged"] else None,
        }


def fix_rows(fixes: Sequence[Row], ids: dict[tuple[str, str], str]) -> Iterator[Row]:
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
                **{name: value or None for name, value in row.items()},
                "subsystem": row["subsystem"],
                "runtime": int(row["runtime"]) if row["runtime"] else None,
                "bug_id": bug,
                "position": positions[branch],
                "cured_in": cured or None,
                "fix_state": state.value,
            }
        )
    for row in rows:
        row["decides"] = int(last[row["branch"], row["bug_id"]][1] == row["position"])
        yield row
