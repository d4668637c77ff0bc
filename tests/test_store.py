from __future__ import annotations

import contextlib
import copy
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from advisory.bug import Advisory, Kind, Tier
from advisory.errors import CatalogueError, ParseError
from advisory.store import build_catalogue, classify, fix_rows
from tests.conftest import ADVISORY, FACTS, write_facts

Facts = dict[str, list[dict[str, str]]]


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
        ("2.0", 2_0000_0000_0000, "2019-06-16", 1, "2024-Q2", "2.0.1"),
        ("2.2", 2_0002_0000_0000, "2020-07-07", None, None, None),
    ],
    "releases": [
        ("2.0.0", 2_0000_0000_0000, "2.0", "2019-06-16", "200000000000"),
        ("2.0.1", 2_0000_0001_0000, "2.0", "2020-10-01", "201000000000"),
        ("2.2.0", 2_0002_0000_0000, "2.2", "2020-07-07", "220000000000"),
        ("2.2.1", 2_0002_0001_0000, "2.2", "2020-09-01", "221000000000"),
        ("2.2.2", 2_0002_0002_0000, "2.2", "2020-10-01", "222000000000"),
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
            "beefbeefbeef deadbeef",
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
    "fixes": [
        (
            *("2.0", "a20a20a20a20", "aaaaaaaaaaaa", 1, "aaaaaaaaaaaa", "111111111111"),
            *("2020-08-02", "minor", "kettle", "2.0.1", "2.0.1", "released", 1),
            *("c0c0c0c0c0c0", "2.0.0", None, None, None, None, "2.0"),
        ),
        (
            *("2.2", "a22a22a22a22", "aaaaaaaaaaaa", 1, "aaaaaaaaaaaa", "111111111111"),
            *("2020-08-01", "medium", "stove", "2.2.1", "2.2.1", "released", 1),
            *(None, None, None, None, None, None, None),
        ),
        (
            *("2.2", "bbbbbbbbbbbb", "bbbbbbbbbbbb", 2, None, "222222222222"),
            *("2020-08-03", "major", "halog", "2.2.1", None, "reverted", 1),
            *(None, None, "e0e0e0e0e0e0", "2.2.2", None, None, None),
        ),
        (
            *("2.2", "dddddddddddd", "dddddddddddd", 3, None, "333333333333"),
            *("2020-10-02", "unknown", "", None, None, "merged", 1),
            *(None, None, None, None, None, None, None),
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


def test_a_build_replaces_the_catalogue_and_what_an_interrupted_one_left(
    data: Path, tmp_path: Path
) -> None:
    target = tmp_path / "catalogue.db"
    build(data, target)
    expected = target.read_bytes()
    target.write_text("an older catalogue")
    (tmp_path / "catalogue.db.new").write_text("half a catalogue")

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
    return {"branch": "2.2", "commit_id": commit, "subsystem": "", "fixed_in": fixed_in} | (
        empty | fields
    )


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


# Facts that make no catalogue


def change(table: str, row: int, **fields: str) -> Callable[[Facts], None]:
    return lambda facts: facts[table][row].update(fields)


def append(table: str, row: int, **fields: str) -> Callable[[Facts], None]:
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
    tmp_path: Path, spoil: Callable[[Facts], None], message: str
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


def test_facts_without_any_release_make_no_catalogue(tmp_path: Path) -> None:
    data = write_facts(tmp_path / "data", {table: [] for table in FACTS})
    (data / "advisories" / "aaaaaaaaaaaa.toml").unlink()

    with pytest.raises(CatalogueError) as caught:
        build(data, tmp_path / "catalogue.db")

    assert str(caught.value) == f"{data}: there is no release; correct the facts"


REVIEWED = "expected the columns bug_id; correct it"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, ": cannot be read ([Errno 2] No such file or directory: '{path}'); restore it"),
        (b"bug_id\n\xff\n", ": cannot be read ('utf-8' codec can't decode byte 0xff"),
        (b'bug_id\n"bbbb\n', ": cannot be read (unexpected end of data); restore it"),
        (b"", f", line 1: {REVIEWED}"),
        (b"bug\nbbbbbbbbbbbb\n", f", line 1: {REVIEWED}"),
        (b"bug_id,note\nbbbbbbbbbbbb,\n", f", line 1: {REVIEWED}"),
        (b"bug_id\nbbbbbbbbbbbb,\n", f", line 2: {REVIEWED}"),
        (b"bug_id\nbbbbbbbbbbbb\n\n", f", line 3: {REVIEWED}"),
    ],
)
def test_a_file_of_facts_that_cannot_be_read_is_named(
    data: Path, tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = data / "reviewed.csv"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)

    with pytest.raises(CatalogueError) as caught:
        build(data, tmp_path / "catalogue.db")

    assert str(caught.value).startswith(f"{path}{message.format(path=path)}")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_the_columns_may_stand_in_any_order(
    database: sqlite3.Connection, data: Path, tmp_path: Path
) -> None:
    path = data / "releases.csv"
    rows = [line.split(",") for line in path.read_text().splitlines()]
    path.write_text("".join(",".join(reversed(row)) + "\n" for row in rows))

    build(data, tmp_path / "other.db")

    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as other:
        assert list(other.iterdump()) == list(database.iterdump())


def test_without_the_folder_of_advisories_nothing_is_built(data: Path, tmp_path: Path) -> None:
    (data / "advisories").rename(tmp_path / "elsewhere")

    with pytest.raises(CatalogueError) as caught:
        build(data, tmp_path / "catalogue.db")

    assert str(caught.value) == (
        f"{data / 'advisories'}: is no folder; restore it from the repository"
    )


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
