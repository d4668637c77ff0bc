from __future__ import annotations

import contextlib
import copy
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisory.bug import Advisory, Kind, LostObject, Tier
from advisory.data import read_data
from advisory.errors import CatalogueError, ParseError
from advisory.facts import COLUMNS, FIX_COLUMNS, RELEASE_COLUMNS, Facts, Row, Run, Validators
from advisory.identity import bug_ids
from advisory.store import (
    Origin,
    bug_row,
    build_catalogue,
    classify,
    fix_rows,
    stored_facts,
    write_catalogue,
)
from tests.conftest import ADVISORY, DATA, FACTS, write_facts

Tables = dict[str, list[dict[str, str]]]
ORIGIN = Origin("refreshed", "https://kettle.example/", "2020-10-03T12:00:00Z", "0.0.0")


def build(data: Path, target: Path) -> None:
    build_catalogue(data, target, built_at="2020-10-03T12:00:00Z", tool_version="0.0.0")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_facts(tmp_path / "data")


@pytest.fixture
def database(data: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    build(data, tmp_path / "catalogue.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "catalogue.db")) as db:
        yield db


TABLES: dict[str, list[tuple[Any, ...]]] = {
    "branches": [
        ("2.0", 2_0000_0000_0000, "2019-06-16", 1, "2024-Q2", "2.0.1", "2020-10-02"),
        ("2.2", 2_0002_0000_0000, "2020-07-07", None, None, None, "2020-10-02"),
    ],
    "releases": [
        ("2.0.0", 2_0000_0000_0000, "2.0", "2019-06-16", "200000000000", None, None),
        ("2.0.1", 2_0000_0001_0000, "2.0", "2020-10-01", "201000000000", None, None),
        ("2.2.0", 2_0002_0000_0000, "2.2", "2020-07-07", "220000000000", None, None),
        ("2.2.1", 2_0002_0001_0000, "2.2", "2020-09-01", "221000000000", None, None),
        ("2.2.2", 2_0002_0002_0000, "2.2", "2020-10-01", "222000000000", None, None),
    ],
    "bugs": [
        (
            # the worst severity of its fixes, the subsystem of the newest branch
            *("aaaaaaaaaaaa", "medium", "stove", None, "memory-leak", "verified", 1, 1, None),
            "A teapot stays on the stove for every cup that is poured.",
            "A guest leaves before the water boils.",
            *("memory-leak", "other", "111111111111", "2020-08-01"),
        ),
        (
            # its subject speaks of a leak, but a person found none: the message decides
            *("bbbbbbbbbbbb", "major", "halog", "halog", "crash", "message", None, 1),
            *(None, None, None, "memory-leak", "crash", "222222222222", "2020-08-03"),
        ),
        (
            *("dddddddddddd", "unknown", "", None, "hang", "message", None, 0),
            *(None, None, None, "other", "hang", "333333333333", "2020-10-02"),
        ),
    ],
    "advisories": [
        (
            *("aaaaaaaaaaaa", "memory-leak", "per-request", 1, 0, 1),
            "A teapot stays on the stove for every cup that is poured.",
            "A guest leaves before the water boils.",
            *("Serve coffee.", "high", "subject diff", "c0c0c0c0c0c0", "2.0-dev3"),
            2_0000_0000_0000,  # as 2.0.0
            *("beefbeefbeef deadbeef", None),
        )
    ],
    "advisory_objects": [
        ("aaaaaaaaaaaa", 1, "teapot", "pots", 64),
        ("aaaaaaaaaaaa", 2, "spoon", None, None),
    ],
    "advisory_conditions": [
        ("aaaaaaaaaaaa", "feature", 1, "+LUA"),
        ("aaaaaaaaaaaa", "feature", 2, "+QUIC"),
        ("aaaaaaaaaaaa", "target", 1, "linux-glibc"),
        ("aaaaaaaaaaaa", "config", 1, "section listen"),
    ],
    "bug_issues": [("aaaaaaaaaaaa", 7), ("aaaaaaaaaaaa", 12)],
    "pools": [(1, "2.2", "2.2.2", "", "pots", 64, None, "cups", 64, 1, 0)],
    "never_fixed": [
        (
            *("2.0", "dddddddddddd", "unknown", "asked", None, None, "2.2", "dddddddddddd"),
            *("2020-10-02", "all", None, "2.0.1", "code-has-flaw"),
        )
    ],
    "pages": [],
    "runs": [],
    "fixes": [
        (
            *("2.0", "a20a20a20a20", "aaaaaaaaaaaa", 1, "aaaaaaaaaaaa", "111111111111"),
            *("2020-08-02", "minor", "kettle", "2.0.1", "2.0.1", "released", 1),
            *("c0c0c0c0c0c0", "2.0.0", None, None, None, None, "2.0"),
            *("12 7", "memory-leak", "other", 1, None, None),
        ),
        (
            *("2.2", "a22a22a22a22", "aaaaaaaaaaaa", 1, "aaaaaaaaaaaa", "111111111111"),
            *("2020-08-01", "medium", "stove", "2.2.1", "2.2.1", "released", 1),
            *(None, None, None, None, None, None, None),
            *("7", "memory-leak", "other", None, None, None),
        ),
        (
            *("2.2", "bbbbbbbbbbbb", "bbbbbbbbbbbb", 2, None, "222222222222"),
            *("2020-08-03", "major", "halog", "2.2.1", None, "reverted", 1),
            *(None, None, "e0e0e0e0e0e0", "2.2.2", None, None, None),
            *(None, "memory-leak", "crash", None, None, None),
        ),
        (
            *("2.2", "dddddddddddd", "dddddddddddd", 3, None, "333333333333"),
            *("2020-10-02", "unknown", "", None, None, "merged", 1),
            *(None, None, None, None, None, None, None),
            *(None, "other", "hang", None, None, None),
        ),
    ],
    "provenance": [
        (
            *(1, "bundled", "release tags of HAProxy's stable branches"),
            *("2020-10-02", "2020-10-03T12:00:00Z", "0.0.0"),
        )
    ],
    "release_bugs": [
        (
            *("2.0.0", 2_0000_0000_0000, "aaaaaaaaaaaa", "affected", "memory-leak", "verified", 1),
            *("minor", "kettle", None),
            "A teapot stays on the stove for every cup that is poured.",
            *("2.0", "a20a20a20a20", "2020-08-02", "2.0.0", "2.0.1", "released"),
        ),
        (
            *("2.2.0", 2_0002_0000_0000, "aaaaaaaaaaaa", "affected", "memory-leak", "verified", 1),
            *("medium", "stove", None),
            "A teapot stays on the stove for every cup that is poured.",
            *("2.2", "a22a22a22a22", "2020-08-01", None, "2.2.1", "released"),
        ),
        *(
            (
                *(version, order, "dddddddddddd", "affected", "hang", "message", None),
                *("unknown", "", None, None),
                *("2.2", "dddddddddddd", "2020-10-02", None, None, "merged"),
            )
            for version, order in (
                ("2.2.0", 2_0002_0000_0000),
                ("2.2.1", 2_0002_0001_0000),
                ("2.2.2", 2_0002_0002_0000),
            )
        ),
    ],
    "release_leaks": [
        ("2.0.0", 2_0000_0000_0000, 1, 1),
        ("2.0.1", 2_0000_0001_0000, 0, 0),
        ("2.2.0", 2_0002_0000_0000, 1, 1),
        ("2.2.1", 2_0002_0001_0000, 0, 0),
        ("2.2.2", 2_0002_0002_0000, 0, 0),
    ],
    "release_totals": [
        ("2.0.0", 2_0000_0000_0000, "minor", 1),
        ("2.2.0", 2_0002_0000_0000, "major", 1),
        ("2.2.0", 2_0002_0000_0000, "medium", 1),
        ("2.2.0", 2_0002_0000_0000, "unknown", 1),
        ("2.2.1", 2_0002_0001_0000, "unknown", 1),
        ("2.2.2", 2_0002_0002_0000, "unknown", 1),
    ],
}


@pytest.mark.parametrize("table", TABLES)
def test_every_row_is_as_the_facts_say(database: sqlite3.Connection, table: str) -> None:
    rows = database.execute(f"select * from {table}").fetchall()

    assert sorted(rows, key=repr) == sorted(TABLES[table], key=repr)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("teapot", ["aaaaaaaaaaaa"]),
        # a word of the trigger, the kind, the subsystem
        ("guest", ["aaaaaaaaaaaa"]),
        ("crash", ["bbbbbbbbbbbb"]),
        ("halog", ["bbbbbbbbbbbb"]),
        # another form of a word
        ("teapots pouring", ["aaaaaaaaaaaa"]),
        ("saucer", []),
    ],
)
def test_a_bug_is_found_by_its_words(
    database: sqlite3.Connection, words: str, found: list[str]
) -> None:
    rows = database.execute(
        "select id from bugs_fts join bugs on bugs.rowid = bugs_fts.rowid where bugs_fts match ?",
        [words],
    ).fetchall()

    assert rows == [(bug,) for bug in found]


def test_a_title_that_is_read_later_is_found_too(database: sqlite3.Connection) -> None:
    database.execute("update bugs set title = 'The bell is silent' where id = 'dddddddddddd'")

    rows = database.execute(
        "select bugs.id from bugs_fts join bugs on bugs.rowid = bugs_fts.rowid "
        "where bugs_fts match 'bell'"
    ).fetchall()

    assert rows == [("dddddddddddd",)]


def test_two_builds_at_one_time_are_equal_to_the_byte(data: Path, tmp_path: Path) -> None:
    build(data, tmp_path / "one.db")
    build(data, tmp_path / "other.db")

    assert (tmp_path / "one.db").read_bytes() == (tmp_path / "other.db").read_bytes()


def journal_of(folder: Path) -> bytes:
    """The journal that SQLite would play back into a database, had its writer died."""
    folder.mkdir()
    with contextlib.closing(sqlite3.connect(folder / "some.db")) as db:
        db.executescript("create table cups (tea); insert into cups values ('Assam')")
        db.execute("pragma cache_size = 0")
        db.execute("insert into cups values ('Darjeeling')")
        journal = (folder / "some.db-journal").read_bytes()
    (folder / "some.db").unlink()
    folder.rmdir()
    assert journal
    return journal


def test_a_build_replaces_the_catalogue_and_what_an_interrupted_one_left(
    data: Path, tmp_path: Path
) -> None:
    target = tmp_path / "catalogue.db"
    build(data, target)
    expected = target.read_bytes()
    target.write_text("an older catalogue")
    (tmp_path / "catalogue.db.new").write_text("half a catalogue")
    (tmp_path / "catalogue.db.new-journal").write_bytes(journal_of(tmp_path / "elsewhere"))

    build(data, target)

    assert target.read_bytes() == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalogue.db", "data"]


# Of which kind a bug is

LEAK = Advisory(
    kind=Kind.MEMORY_LEAK, summary="A cup.", confidence="high", said_by=("diff",), runtime=False
)
NO_LEAK = Advisory(kind=Kind.NOT_A_LEAK, summary="No cup.", confidence="high", said_by=("diff",))


def words(subject: str, message: str, runtime: str = "") -> dict[str, str]:
    return {"subject_kind": subject, "message_kind": message, "runtime": runtime}


@pytest.mark.parametrize(
    ("rows", "advisory", "reviewed", "expected"),
    [
        # an advisory decides, whatever the words say
        ([words("crash", "hang", "1")], LEAK, False, (Kind.MEMORY_LEAK, Tier.VERIFIED, False)),
        ([words("memory-leak", "hang")], NO_LEAK, True, (Kind.NOT_A_LEAK, Tier.VERIFIED, None)),
        # the subject is worth more than the message
        ([words("crash", "hang")], None, False, (Kind.CRASH, Tier.SUBJECT, None)),
        ([words("other", "hang")], None, False, (Kind.HANG, Tier.MESSAGE, None)),
        ([words("other", "other")], None, False, (Kind.OTHER, Tier.NONE, None)),
        # one branch's subject is worth more than another one's message
        (
            [words("other", "hang"), words("crash", "other")],
            None,
            False,
            (Kind.CRASH, Tier.SUBJECT, None),
        ),
        # a leak's words may tell whether a serving process grows; another kind's do not
        ([words("fd-leak", "other", "1")], None, False, (Kind.FD_LEAK, Tier.SUBJECT, True)),
        (
            [words("other", "memory-leak", "0")],
            None,
            False,
            (Kind.MEMORY_LEAK, Tier.MESSAGE, False),
        ),
        ([words("stuck-object", "other")], None, False, (Kind.STUCK_OBJECT, Tier.SUBJECT, None)),
        ([words("race", "other", "1")], None, False, (Kind.RACE, Tier.SUBJECT, None)),
        # read and found to be no leak: what else the words say, or nothing
        ([words("memory-leak", "crash")], None, True, (Kind.CRASH, Tier.MESSAGE, None)),
        ([words("crash", "memory-leak")], None, True, (Kind.CRASH, Tier.SUBJECT, None)),
        ([words("memory-leak", "fd-leak", "1")], None, True, (Kind.OTHER, Tier.VERIFIED, None)),
        ([words("other", "other")], None, True, (Kind.OTHER, Tier.VERIFIED, None)),
    ],
)
def test_the_best_evidence_names_the_kind(
    rows: list[dict[str, str]],
    advisory: Advisory | None,
    reviewed: bool,
    expected: tuple[Kind, Tier, bool | None],
) -> None:
    assert classify(rows, advisory, reviewed) == expected


# What became of a fix


def fact(commit: str, fixed_in: str, **fields: str) -> dict[str, str]:
    empty = dict.fromkeys(("reverted_by", "reverted_in", "reapplied_by", "reapplied_in"), "")
    names = {"branch": "2.2", "commit_id": commit, "subsystem": "", "fixed_in": fixed_in}
    return names | {"runtime": ""} | empty | fields


GONE = {"reverted_by": "e", "reverted_in": "2.2.3"}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        # in a release; awaiting one
        ([fact("a", "2.2.1")], [("2.2.1", "released", 1)]),
        ([fact("a", "")], [(None, "merged", 1)]),
        # taken back, in a release or not yet
        ([fact("a", "2.2.1", **GONE)], [(None, "reverted", 1)]),
        ([fact("a", "2.2.1", reverted_by="e")], [(None, "reverted", 1)]),
        # it came again, in a release or not yet
        (
            [fact("a", "2.2.1", **GONE, reapplied_by="d", reapplied_in="2.2.4")],
            [("2.2.4", "released", 1)],
        ),
        ([fact("a", "2.2.1", **GONE, reapplied_by="d")], [(None, "merged", 1)]),
        # it came again as a commit of its own, which decides
        (
            [
                fact("a", "2.2.1", **GONE, reapplied_by="b", reapplied_in="2.2.4"),
                fact("b", "2.2.4"),
            ],
            [("2.2.4", "released", 0), ("2.2.4", "released", 1)],
        ),
        # of two that stand the last; of one that stands this one; of two taken back the last
        (
            [fact("a", "2.2.1"), fact("b", "2.2.2")],
            [("2.2.1", "released", 0), ("2.2.2", "released", 1)],
        ),
        (
            [fact("a", "2.2.1"), fact("b", "2.2.2", **GONE)],
            [("2.2.1", "released", 1), (None, "reverted", 0)],
        ),
        (
            [fact("a", "2.2.1", **GONE), fact("b", "2.2.2", **GONE)],
            [(None, "reverted", 0), (None, "reverted", 1)],
        ),
        # each branch has its own
        (
            [fact("a", "2.0.1") | {"branch": "2.0"}, fact("b", "2.2.2")],
            [("2.0.1", "released", 1), ("2.2.2", "released", 1)],
        ),
    ],
)
def test_a_fix_cures_from_the_release_from_which_it_stays(
    facts: list[dict[str, str]], expected: list[tuple[str | None, str, int]]
) -> None:
    ids = {(row["branch"], row["commit_id"]): "bug" for row in facts}

    rows = [(row["cured_in"], row["fix_state"], row["decides"]) for row in fix_rows(facts, ids)]

    assert rows == expected


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        ({"2.0": "BUG: tea", "2.2": "BUG: coffee"}, "BUG: coffee"),  # the newest branch's
        ({"2.0": "BUG: tea", "2.2": ""}, "BUG: tea"),  # the one that was read
        ({"2.10": "BUG: milk", "2.2": "BUG: coffee"}, "BUG: milk"),
        ({"2.0": "", "2.2": ""}, None),
    ],
)
def test_a_bug_has_the_title_of_the_newest_branch_that_has_one(
    titles: dict[str, str], expected: str | None
) -> None:
    fixes = [
        dict.fromkeys(FIX_COLUMNS, "")
        | {"branch": branch, "title": title, "merged_on": "2020-07-07", "severity": "minor"}
        | {"subject_kind": "other", "message_kind": "other"}
        for branch, title in titles.items()
    ]

    assert bug_row("a", fixes, None, False)["title"] == expected


# Facts in and out

LINE = st.text(st.characters(codec="utf-8"), max_size=12)
DAY = st.sampled_from(("2020-07-07", "2020-07-23", "2021-03-05"))
MAYBE_DAY = st.sampled_from(("", "2021-03-06"))
COMMITS = tuple(f"{letter * 9}{tail}" for letter in "abcdef" for tail in ("", "000"))
RUN = st.builds(
    Run,
    *(LINE, LINE, DAY, DAY, st.sampled_from(("complete", "partial", "failed"))),
    *(st.integers(0, 2**40) for _ in range(6)),
    LINE,
)
POOL = st.fixed_dictionaries(
    {
        **dict.fromkeys(COLUMNS["pools"], LINE),
        **dict.fromkeys(("size", "merged_size"), st.sampled_from(("0", "64"))),
        **dict.fromkeys(("merges", "configured"), st.sampled_from(("0", "1"))),
        "size_untagged": st.sampled_from(("", "56")),
    }
)
ADVISORIES = st.builds(
    Advisory,
    kind=st.sampled_from(Kind),
    summary=LINE,
    confidence=st.sampled_from(("high", "low")),
    said_by=st.sampled_from(((), ("diff",), ("subject", "issue"))),
    runtime=st.sampled_from((None, True, False)),
    growth=st.sampled_from(("", "per-request")),
    needs_oom=st.booleans(),
    bounded=st.booleans(),
    trigger=LINE,
    workaround=LINE,
    related=st.sampled_from(((), ("beefbeefbeef", "deadbeef"))),
    since_commit=st.sampled_from(("", "c0c0c0")),
    since_version=st.sampled_from(("", "2.0-dev3")),
    objects=st.sampled_from(((), (LostObject("pot"), LostObject("spoon", "spoons", 64)))),
    features=st.sampled_from(((), ("+LUA", "+QUIC"))),
    target=st.sampled_from(((), ("linux-musl",))),
    config=st.sampled_from(((), ("mode tcp", "section resolvers"))),
    issues=st.sampled_from(((), (7, 935))),
)


@st.composite
def branches_of_facts(draw: st.DrawFn, branch: str) -> tuple[Row, list[Row], list[Row]]:
    """A branch as a refresh may know it: ids cut at two lengths, titles, reverts, marks."""
    versions = [f"{branch}.{number}" for number in (0, 1, 10)[: draw(st.integers(1, 3))]]
    releases = [
        dict.fromkeys(RELEASE_COLUMNS, "")
        | {"branch": branch, "version": version, "released_on": draw(DAY)}
        | {"commit_id": draw(st.sampled_from(("", "222222222222"))), "vanished_on": draw(MAYBE_DAY)}
        for version in versions
    ]
    anywhere = st.sampled_from(("", *versions))
    ids = draw(st.lists(st.sampled_from(COMMITS), unique=True, max_size=4))
    places = sorted(draw(st.integers(0, len(versions))) for _ in ids)
    fixes = [
        {
            "branch": branch,
            "commit_id": commit,
            "mainline_commit": draw(st.sampled_from(("", "", "aaaaaaaaaaaa"))),
            "subject_key": draw(st.sampled_from(("111111111111", "222222222222"))),
            "merged_on": draw(DAY),
            "severity": draw(st.sampled_from(("unknown", "minor", "critical"))),
            "subsystem": draw(st.sampled_from(("", "kettle", "halog"))),
            "issues": draw(st.sampled_from(("", "7", "12 7"))),
            "introduced_by": draw(st.sampled_from(("", "c0c0c0c0c0c0"))),
            "introduced_in": draw(anywhere),
            "reverted_by": draw(st.sampled_from(("", "unknown", "e0e0e0e0e0e0"))),
            "reverted_in": draw(anywhere),
            "reapplied_by": draw(st.sampled_from(("", "unknown"))),
            "reapplied_in": draw(anywhere),
            "backport_to": draw(st.sampled_from(("", "2.0", "all"))),
            "fixed_in": (*versions, "")[place],
            "subject_kind": draw(st.sampled_from(("other", "memory-leak"))),
            "message_kind": draw(st.sampled_from(("other", "crash"))),
            "runtime": draw(st.sampled_from(("", "0", "1"))),
            "title": draw(LINE),
            "vanished_on": draw(MAYBE_DAY),
        }
        for commit, place in zip(ids, places, strict=True)
    ]
    row = {
        "branch": branch,
        "first_release_on": draw(DAY),
        "long_term_support": draw(st.sampled_from(("", "0", "1"))),
        "maintained_until": draw(st.sampled_from(("", "2025-Q2"))),
        "stated_in": draw(anywhere),
        "checked_on": draw(DAY),
    }
    return row, releases, fixes


@st.composite
def all_facts(draw: st.DrawFn) -> Facts:
    """Facts of a few branches, as a refresh may leave them."""
    facts = Facts(
        pools=tuple(draw(st.lists(POOL, max_size=2))),
        pages=draw(st.dictionaries(LINE, st.builds(Validators, LINE, LINE), max_size=2)),
        runs=tuple(draw(st.lists(RUN, max_size=2))),
    )
    # 2.10 comes after 2.2, and as text before it.
    for branch in draw(st.lists(st.sampled_from(("1.9", "2.2", "2.10")), min_size=1, unique=True)):
        facts = facts.with_branch(*draw(branches_of_facts(branch)))
    bugs = sorted(set(bug_ids(facts.fixes).values()))
    some = st.lists(st.sampled_from(bugs), unique=True) if bugs else st.just([])
    advisories = {bug: draw(ADVISORIES) for bug in draw(some)}
    return facts._replace(advisories=advisories, reviewed=frozenset({*advisories, *draw(some)}))


@given(all_facts())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back(facts: Facts) -> None:
    with TemporaryDirectory() as folder:
        target = Path(folder) / "catalogue.db"
        write_catalogue(facts, target, ORIGIN, subject="test")

        assert stored_facts(target) == facts
        assert [path.name for path in target.parent.iterdir()] == ["catalogue.db"]


def test_the_real_facts_are_read_back(catalogue_path: Path) -> None:
    assert stored_facts(catalogue_path) == read_data(DATA)


def test_a_catalogue_says_what_it_was_read_from_and_when(data: Path, tmp_path: Path) -> None:
    facts = read_data(data)
    older, newer = facts.branches
    facts = facts._replace(branches=(older, newer | {"checked_on": "2020-10-03"}))
    write_catalogue(facts, tmp_path / "catalogue.db", ORIGIN, subject="test")

    with contextlib.closing(sqlite3.connect(tmp_path / "catalogue.db")) as db:
        rows = db.execute("select * from provenance").fetchall()

    # the day of the branch that was checked last
    assert rows == [
        (
            *(1, "refreshed", "https://kettle.example/", "2020-10-03"),
            *("2020-10-03T12:00:00Z", "0.0.0"),
        )
    ]


@pytest.mark.parametrize(
    ("field", "spoil"),
    [
        # what SQLite gives back otherwise than it was told
        ("branches", lambda facts: facts._replace(branches=facts.branches[::-1])),
        ("releases", lambda facts: facts._replace(releases=facts.releases[::-1])),
        ("reviewed", lambda facts: facts._replace(reviewed=frozenset())),
        (
            "fixes",
            lambda facts: facts._replace(
                fixes=(facts.fixes[0] | {"runtime": "01"}, *facts.fixes[1:])
            ),
        ),
    ],
)
def test_a_catalogue_that_reads_back_otherwise_is_refused_and_the_old_one_stays(
    data: Path, tmp_path: Path, field: str, spoil: Callable[[Facts], Facts]
) -> None:
    target = tmp_path / "catalogue.db"
    target.write_text("the old catalogue")

    with pytest.raises(CatalogueError) as caught:
        write_catalogue(spoil(read_data(data)), target, ORIGIN, subject="test")

    assert str(caught.value) == (
        f"{target}: its {field} read back otherwise than they were to be written; "
        "check the disk and the memory of this machine, and please report it"
    )
    assert target.read_text() == "the old catalogue"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalogue.db", "data"]


# Facts that make no catalogue


def change(table: str, row: int, **fields: str) -> Callable[[Tables], None]:
    return lambda facts: facts[table][row].update(fields)


def append(table: str, row: int, **fields: str) -> Callable[[Tables], None]:
    return lambda facts: facts[table].append(facts[table][row] | fields)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        # it names what is not there
        (
            change("fixes", 1, introduced_in="2.2.9"),
            "introduced_in 2.2.9 in row 2 of fixes is not in releases; "
            "correct the facts (1 of this sort)",
        ),
        (
            change("releases", 4, branch="2.3"),
            "branch 2.3 in row 5 of releases is not in branches; "
            "correct the facts (1 of this sort)",
        ),
        (
            append("reviewed", 0, bug_id="999999999999"),
            "no fix belongs to the bug 999999999999, which has been judged; "
            "correct reviewed.csv or advisories/",
        ),
        # it is there twice
        (
            append("branches", 0),
            "UNIQUE constraint failed: branches.branch; correct the facts",
        ),
        (
            append("fixes", 3),
            "UNIQUE constraint failed: fixes.branch, fixes.commit_id; correct the facts",
        ),
        # it is not of its form
        (
            change("releases", 0, version="two"),
            "'two' is no HAProxy version; expected the form 2.2.4; correct the facts",
        ),
        (
            change("releases", 0, released_on="lately"),
            "Invalid isoformat string: 'lately'; correct the facts",
        ),
        (
            change("fixes", 0, merged_on="soon"),
            "Invalid isoformat string: 'soon'; correct the facts",
        ),
        (
            change("fixes", 0, severity="dire"),
            "'dire' is not a valid Severity; correct the facts",
        ),
        (
            change("fixes", 2, message_kind="soup"),
            "'soup' is not a valid Kind; correct the facts",
        ),
        (
            change("fixes", 0, issues="#7"),
            "invalid literal for int() with base 10: '#7'; correct the facts",
        ),
        # it contradicts another
        (
            append("branches", 0, branch="2.4"),
            "a branch has a release, but not 2.4; correct the facts (1 of this sort)",
        ),
        (
            change("releases", 4, branch="2.0"),
            "a release belongs to the branch of its version, but not 2.2.2; "
            "correct the facts (1 of this sort)",
        ),
        (
            change("fixes", 1, introduced_in="2.0.0"),
            "a fix names releases of its own branch, but not 2.2 a22a22a22a22; "
            "correct the facts (1 of this sort)",
        ),
        (
            change("fixes", 1, fixed_in="2.2.2"),
            "fixes stand in the order of the releases that hold them, but not 2.2 a22a22a22a22; "
            "correct the facts (1 of this sort)",
        ),
        (
            change("fixes", 1, fixed_in=""),
            "fixes stand in the order of the releases that hold them, but not 2.2 a22a22a22a22; "
            "correct the facts (1 of this sort)",
        ),
    ],
)
def test_a_fact_that_cannot_be_is_told_and_the_old_catalogue_stays(
    tmp_path: Path, spoil: Callable[[Tables], None], message: str
) -> None:
    facts = copy.deepcopy(FACTS)
    spoil(facts)
    data = write_facts(tmp_path / "data", facts)
    target = tmp_path / "catalogue.db"
    target.write_text("the old catalogue")

    with pytest.raises(CatalogueError) as caught:
        build(data, target)

    assert str(caught.value) == f"{data}: {message}"
    assert target.read_text() == "the old catalogue"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalogue.db", "data"]


def test_facts_without_any_branch_make_no_catalogue(tmp_path: Path) -> None:
    data = write_facts(tmp_path / "data", {table: [] for table in FACTS})
    (data / "advisories" / "aaaaaaaaaaaa.toml").unlink()

    with pytest.raises(CatalogueError) as caught:
        build(data, tmp_path / "catalogue.db")

    assert str(caught.value) == f"{data}: there is no branch; correct the facts"


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("999999999999", ADVISORY, CatalogueError),
        ("aaaaaaaaaaaa", "kind = 'soup'", ParseError),
    ],
)
def test_an_advisory_that_fits_no_bug_or_no_form_leaves_the_old_catalogue(
    data: Path, tmp_path: Path, name: str, text: str, error: type[Exception]
) -> None:
    (data / "advisories" / f"{name}.toml").write_text(text)
    target = tmp_path / "catalogue.db"
    target.write_text("the old catalogue")

    with pytest.raises(error, match=name):
        build(data, target)

    assert target.read_text() == "the old catalogue"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalogue.db", "data"]


def make_folder(target: Path) -> None:
    target.mkdir()


def make_file_of_its_folder(target: Path) -> None:
    target.parent.write_text("no folder")


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda target: target.parent.joinpath("inner").mkdir(parents=True), "Is a directory"),
        (lambda target: None, "unable to open database file"),
        (make_file_of_its_folder, "Not a directory"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_named(
    data: Path, tmp_path: Path, prepare: Callable[[Path], None], reason: str
) -> None:
    target = tmp_path / "outer" / "inner"
    prepare(target)

    with pytest.raises(CatalogueError, match=reason) as caught:
        build(data, target)

    assert str(caught.value).startswith(f"{target}: cannot be written (")
    assert str(caught.value).endswith("; name a file in a folder that can be")
    assert not target.with_name("inner.new").exists()


WRITER = """
import resource, sys
from pathlib import Path
from advisory.errors import CatalogueError
from advisory.store import build_catalogue

data, target, limit = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    build_catalogue(Path(data), Path(target), built_at="now", tool_version="0.0.0")
except CatalogueError as error:
    print(error)
"""


@pytest.mark.parametrize("limit", [0, 4096, 60_000])
def test_a_disk_that_holds_no_more_leaves_the_old_catalogue(
    data: Path, tmp_path: Path, limit: int
) -> None:
    target = tmp_path / "catalogue.db"
    target.write_text("the old catalogue")

    written = subprocess.run(
        [sys.executable, "-c", WRITER, data, target, str(limit)],
        capture_output=True,
        check=True,
        text=True,
        cwd=Path(__file__).parent.parent,
    )

    assert written.stdout.startswith(f"{target}: cannot be written (")
    assert written.stdout.count("\n") == 1
    assert written.stderr == ""
    assert target.read_text() == "the old catalogue"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalogue.db", "data"]
