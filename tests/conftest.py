"""What tests share: the real catalogue, built once, and small histories made by hand."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from advisory.bug import Bug, Fix, Kind, Severity, Tier
from advisory.catalogue import Catalogue
from advisory.facts import COLUMNS
from advisory.history import BranchHistory, PublishedRelease
from advisory.release import Release
from advisory.store import build_catalogue

# A test says what is true, not how fast: how long one example takes is the machine's affair.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")

DATA = Path(__file__).parent.parent / "data"

# The releases of a branch made by hand; as text the last one would come second.
RELEASES = tuple(
    PublishedRelease(version, Release(version).order, released_on, f"a{number}" * 6)
    for number, (version, released_on) in enumerate(
        (
            ("2.2.0", "2020-07-07"),
            ("2.2.1", "2020-08-07"),
            ("2.2.2", "2020-09-07"),
            ("2.2.3", "2020-10-07"),
            ("2.2.10", "2020-11-07"),
        )
    )
)

# Facts made by hand: a leak fixed in two branches, which an advisory describes; a bug of another
# program, read and found to be no leak, its fix taken back; a fix that awaits a release. A column
# that a row does not name is empty.
FACTS: dict[str, list[dict[str, str]]] = {
    "branches": [
        {
            "branch": "2.0",
            "first_release_on": "2019-06-16",
            "long_term_support": "1",
            "maintained_until": "2024-Q2",
            "stated_in": "2.0.1",
        },
        {"branch": "2.2", "first_release_on": "2020-07-07"},
    ],
    "releases": [
        {"branch": branch, "version": version, "released_on": day, "commit_id": commit}
        for branch, version, day, commit in (
            ("2.0", "2.0.0", "2019-06-16", "200000000000"),
            ("2.0", "2.0.1", "2020-10-01", "201000000000"),
            ("2.2", "2.2.0", "2020-07-07", "220000000000"),
            ("2.2", "2.2.1", "2020-09-01", "221000000000"),
            ("2.2", "2.2.2", "2020-10-01", "222000000000"),
        )
    ],
    "fixes": [
        {
            "branch": "2.0",
            "commit_id": "a20a20a20a20",
            "mainline_commit": "aaaaaaaaaaaa",
            "subject_key": "111111111111",
            "merged_on": "2020-08-02",
            "severity": "minor",
            "subsystem": "kettle",
            "issues": "12 7",
            "introduced_by": "c0c0c0c0c0c0",
            "introduced_in": "2.0.0",
            "backport_to": "2.0",
            "fixed_in": "2.0.1",
            "subject_kind": "memory-leak",
            "message_kind": "other",
            "runtime": "1",
        },
        {
            "branch": "2.2",
            "commit_id": "a22a22a22a22",
            "mainline_commit": "aaaaaaaaaaaa",
            "subject_key": "111111111111",
            "merged_on": "2020-08-01",
            "severity": "medium",
            "subsystem": "stove",
            "issues": "7",
            "fixed_in": "2.2.1",
            "subject_kind": "memory-leak",
            "message_kind": "other",
        },
        {
            "branch": "2.2",
            "commit_id": "bbbbbbbbbbbb",
            "subject_key": "222222222222",
            "merged_on": "2020-08-03",
            "severity": "major",
            "subsystem": "halog",
            "reverted_by": "e0e0e0e0e0e0",
            "reverted_in": "2.2.2",
            "fixed_in": "2.2.1",
            "subject_kind": "memory-leak",
            "message_kind": "crash",
        },
        {
            "branch": "2.2",
            "commit_id": "dddddddddddd",
            "subject_key": "333333333333",
            "merged_on": "2020-10-02",
            "severity": "unknown",
            "subject_kind": "other",
            "message_kind": "hang",
        },
    ],
    "reviewed": [{"bug_id": "bbbbbbbbbbbb"}],
    "never_fixed": [
        {
            "branch": "2.0",
            "bug_id": "dddddddddddd",
            "severity": "unknown",
            "claim": "asked",
            "newer_branch": "2.2",
            "newer_commit": "dddddddddddd",
            "newer_merged_on": "2020-10-02",
            "backport_to": "all",
            "checked_in": "2.0.1",
            "evidence": "code-has-flaw",
        }
    ],
    "pools": [
        {
            "branch": "2.2",
            "version": "2.2.2",
            "pool": "pots",
            "size": "64",
            "merged_into": "cups",
            "merged_size": "64",
            "merges": "1",
            "configured": "0",
        }
    ],
}
ADVISORY = """
kind = "memory-leak"
runtime = true
growth = "per-request"
needs_oom = false
bounded = true
summary = "A teapot stays on the stove for every cup that is poured."
trigger = "A guest leaves before the water boils."
workaround = "Serve coffee."
confidence = "high"
said_by = ["subject", "diff"]
related = ["beefbeefbeef", "deadbeef"]
since_commit = "c0c0c0c0c0c0"
since_version = "2.0-dev3"
[[objects]]
name = "teapot"
pool = "pots"
size = 64
[[objects]]
name = "spoon"
[conditions]
features = ["+LUA", "+QUIC"]
target = ["linux-glibc"]
config = ["section listen"]
"""


def write_facts(folder: Path, facts: dict[str, list[dict[str, str]]] = FACTS) -> Path:
    """Write facts as ``data/`` holds them, with the advisory of the leak."""
    (folder / "advisories").mkdir(parents=True)
    (folder / "advisories" / "aaaaaaaaaaaa.toml").write_text(ADVISORY, encoding="utf-8")
    for table, rows in facts.items():
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS[table], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


@pytest.fixture(scope="session")
def catalogue_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue of the real facts; not to be written to."""
    path = tmp_path_factory.mktemp("catalogue") / "catalogue.db"
    build_catalogue(DATA, path, built_at="2026-07-01T12:00:00Z", tool_version="0.0.0")
    return path


@pytest.fixture(scope="session")
def catalogue(catalogue_path: Path) -> Iterator[Catalogue]:
    """The same, open."""
    with contextlib.closing(Catalogue(str(catalogue_path))) as opened:
        yield opened


def make_bug(identity: str = "b1", **fields: Any) -> Bug:
    """A leak that nothing rules out, unless its fields say otherwise."""
    plain = Bug(id=identity * 6, subsystem="kettle", kind=Kind.MEMORY_LEAK, tier=Tier.SUBJECT)
    return plain._replace(**fields)


def make_fix(position: int, fixed_in: str = "", **fields: Any) -> Fix:
    """The fix at that position, of a bug of its own, in a release ("" for none yet)."""
    plain = Fix(
        bug=make_bug(f"b{position}"),
        branch="2.2",
        commit=f"f{position}" * 6,
        mainline_commit="",
        merged_on=f"2020-07-{position + 9}",
        severity=Severity.MINOR,
        position=position,
        fixed_in=fixed_in,
    )
    return plain._replace(**fields)


def make_history(*fixes: Fix, releases: tuple[PublishedRelease, ...] = RELEASES) -> BranchHistory:
    """Branch 2.2 with these fixes, oldest first."""
    return BranchHistory(
        branch="2.2",
        long_term_support=True,
        maintained_until="2025-Q2",
        releases=releases,
        fixes=fixes,
    )
