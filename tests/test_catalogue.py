from __future__ import annotations

import contextlib
import csv
import os
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from advisory.bug import Advisory, Bug, Fix, Kind, LostObject, Severity, Tier
from advisory.catalogue import APPLICATION_ID, SCHEMA_VERSION, Catalogue, open_catalogue
from advisory.errors import CatalogueError
from advisory.history import BranchHistory, BranchState, Provenance, PublishedRelease, neglected
from advisory.matcher import Match, match, place_commit, place_release
from advisory.store import build_catalogue
from advisory.unfixed import Claim, Evidence, Missing, missing_of
from tests.conftest import DATA, RELEASES, write_facts

DOCUMENT = (Path(__file__).parent.parent / "docs" / "catalogue.md").read_text(encoding="utf-8")
REMEDY = "install hapadvise again, or name another with --db FILE"
with (DATA / "branches.csv").open(encoding="utf-8") as file:
    BRANCHES = [row["branch"] for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def database(catalogue_path: Path) -> Iterator[sqlite3.Connection]:
    """The real catalogue as someone who queries it has it."""
    with contextlib.closing(sqlite3.connect(f"file:{catalogue_path}?mode=ro", uri=True)) as db:
        yield db


@pytest.fixture
def copy(catalogue_path: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    path = tmp_path / "copy.db"
    path.write_bytes(catalogue_path.read_bytes())
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A catalogue of facts made by hand."""
    path = tmp_path / "small.db"
    build_catalogue(write_facts(tmp_path / "data"), path, built_at="now", tool_version="0.0.0")
    return path


def edit(path: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(sql)


def matches_of(catalogue: Catalogue, branch: str) -> dict[str, Match]:
    """What the matcher says of every release, as a build without features."""
    history = catalogue.history(branch)
    assert history is not None
    return {
        release.version: match(history, place_release(history, release))
        for release in history.releases
    }


# What the real catalogue holds


def test_it_covers_every_branch_and_release(database: sqlite3.Connection) -> None:
    counts = database.execute(
        "select (select count(*) from branches), (select count(*) from releases)"
    )

    assert counts.fetchall() == [(22, 488)]


def test_its_branches_are_in_the_order_of_their_age(catalogue: Catalogue) -> None:
    assert catalogue.branches() == tuple(BRANCHES)


def test_it_is_sound_and_marked_as_what_it_is(database: sqlite3.Connection) -> None:
    pragmas = ("integrity_check", "foreign_key_check", "application_id", "user_version")

    answers = [database.execute(f"pragma {pragma}").fetchall() for pragma in pragmas]

    assert answers == [[("ok",)], [], [(APPLICATION_ID,)], [(SCHEMA_VERSION,)]]


def test_it_is_small(catalogue_path: Path, copy: Path) -> None:
    edit(copy, "vacuum")

    size = catalogue_path.stat().st_size

    assert size <= copy.stat().st_size
    assert size < 12_000_000


def test_sqlite_knows_how_its_tables_are_filled(database: sqlite3.Connection) -> None:
    ((counted,),) = database.execute("select count(*) from sqlite_stat1 where tbl = 'fixes'")

    assert counted > 0


def test_it_says_where_it_comes_from(catalogue: Catalogue, database: sqlite3.Connection) -> None:
    ((newest,),) = database.execute(
        "select max(day) from "
        "(select merged_on as day from fixes union all select released_on from releases)"
    )

    ((merged,),) = database.execute("select max(merged_on) from fixes")
    assert catalogue.provenance == Provenance(
        source="bundled",
        data_as_of=newest,
        built_at="2026-07-01T12:00:00Z",
        origin="release tags of HAProxy's stable branches",
        tool_version="0.0.0",
        newest_merge=merged,
    )


def test_a_branch_that_it_does_not_cover_has_no_history(catalogue: Catalogue) -> None:
    assert catalogue.history("9.9") is None


def test_a_branch_is_read_whole(small: Path) -> None:
    leak = Bug(
        id="aaaaaaaaaaaa",
        subsystem="stove",
        kind=Kind.MEMORY_LEAK,
        tier=Tier.VERIFIED,
        runtime=True,
        reviewed=True,
        advisory=Advisory(
            kind=Kind.MEMORY_LEAK,
            summary="A teapot stays on the stove for every cup that is poured.",
            confidence="high",
            said_by=("subject", "diff"),
            runtime=True,
            growth="per-request",
            needs_oom=False,
            bounded=True,
            trigger="A guest leaves before the water boils.",
            workaround="Serve coffee.",
            related=("beefbeefbeef", "deadbeef"),
            since_commit="c0c0c0c0c0c0",
            since_version="2.0-dev3",
            objects=(LostObject("teapot", "pots", 64), LostObject("spoon")),
            features=("+LUA", "+QUIC"),
            target=("linux-glibc",),
            config=("section listen",),
        ),
        issues=(7, 12),
    )
    crash = Bug(
        id="bbbbbbbbbbbb", subsystem="halog", kind=Kind.CRASH, tier=Tier.MESSAGE, reviewed=True
    )
    hang = Bug(id="dddddddddddd", subsystem="", kind=Kind.HANG, tier=Tier.MESSAGE)

    with contextlib.closing(Catalogue(str(small))) as catalogue:
        found = tuple(map(catalogue.history, catalogue.branches()))

    assert found == (
        BranchHistory(
            branch="2.0",
            long_term_support=True,
            maintained_until="2024-Q2",
            releases=(
                PublishedRelease("2.0.0", 2_0000_0000_0000, "2019-06-16", "200000000000"),
                PublishedRelease("2.0.1", 2_0000_0001_0000, "2020-10-01", "201000000000"),
            ),
            fixes=(
                Fix(
                    bug=leak,
                    branch="2.0",
                    commit="a20a20a20a20",
                    mainline_commit="aaaaaaaaaaaa",
                    merged_on="2020-08-02",
                    severity=Severity.MINOR,
                    position=1,
                    fixed_in="2.0.1",
                    introduced_by="c0c0c0c0c0c0",
                    introduced_in="2.0.0",
                ),
            ),
            checked_on="2020-10-02",
        ),
        BranchHistory(
            branch="2.2",
            long_term_support=None,
            maintained_until="",
            releases=(
                PublishedRelease("2.2.0", 2_0002_0000_0000, "2020-07-07", "220000000000"),
                PublishedRelease("2.2.1", 2_0002_0001_0000, "2020-09-01", "221000000000"),
                PublishedRelease("2.2.2", 2_0002_0002_0000, "2020-10-01", "222000000000"),
            ),
            fixes=(
                Fix(
                    bug=leak,
                    branch="2.2",
                    commit="a22a22a22a22",
                    mainline_commit="aaaaaaaaaaaa",
                    merged_on="2020-08-01",
                    severity=Severity.MEDIUM,
                    position=1,
                    fixed_in="2.2.1",
                ),
                Fix(
                    bug=crash,
                    branch="2.2",
                    commit="bbbbbbbbbbbb",
                    mainline_commit="",
                    merged_on="2020-08-03",
                    severity=Severity.MAJOR,
                    position=2,
                    fixed_in="2.2.1",
                    reverted_by="e0e0e0e0e0e0",
                    reverted_in="2.2.2",
                ),
                Fix(
                    bug=hang,
                    branch="2.2",
                    commit="dddddddddddd",
                    mainline_commit="",
                    merged_on="2020-10-02",
                    severity=Severity.UNKNOWN,
                    position=3,
                    fixed_in="",
                ),
            ),
            checked_on="2020-10-02",
        ),
    )


def test_of_a_release_that_a_refresh_learned_of_the_commit_is_not_known(small: Path) -> None:
    edit(small, "update releases set commit_id = null where version = '2.2.1'")

    with contextlib.closing(Catalogue(str(small))) as catalogue:
        history = catalogue.history("2.2")

    assert history is not None
    assert [release.commit for release in history.releases] == ["220000000000", "", "222000000000"]


def test_a_branch_tells_how_far_it_is_known(small: Path) -> None:
    edit(small, "update branches set checked_on = '2020-10-03' where branch = '2.2'")
    edit(small, "update fixes set title = 'The stove is cold' where commit_id < 'b'")
    edit(small, "delete from fixes where branch = '2.0'")

    with contextlib.closing(Catalogue(str(small))) as catalogue:
        states = catalogue.states()

    assert states == (
        BranchState("2.0", "2020-10-02", 0, "", 0, 0, "2.0.1"),
        BranchState("2.2", "2020-10-03", 3, "2020-10-02", 1, 1, "2.2.2"),
    )


def test_a_catalogue_without_any_fix_has_no_newest(small: Path) -> None:
    edit(small, "delete from fixes")

    with contextlib.closing(Catalogue(str(small))) as catalogue:
        assert catalogue.provenance.newest_merge == ""


def test_all_advisories_are_those_of_all_branches(catalogue: Catalogue) -> None:
    histories = [catalogue.history(branch) for branch in catalogue.branches()]
    found = {
        fix.bug.id: fix.bug.advisory
        for history in histories
        if history is not None
        for fix in history.fixes
        if fix.bug.advisory is not None
    }

    assert catalogue.advisories() == found


def test_rows_are_read_as_text_with_nothing_for_null(small: Path) -> None:
    columns = ("branch", "branch_order", "long_term_support", "stated_in")

    with contextlib.closing(Catalogue(str(small))) as catalogue:
        rows = catalogue.texts("branches", columns, "branch_order desc")

    assert rows == (
        dict(zip(columns, ("2.2", "2000200000000", "", ""), strict=True)),
        dict(zip(columns, ("2.0", "2000000000000", "1", "2.0.1"), strict=True)),
    )


def test_the_kinds_of_objects_are_those_that_were_measured(small: Path) -> None:
    with contextlib.closing(Catalogue(str(small))) as catalogue:
        kinds = catalogue.pool_kinds()

    assert kinds == (("2.2", "2.2.2", "", "pots", 64, None, "cups", 64, True, False),)


def test_what_a_branch_never_got_is_told_with_what_is_known_of_the_bug(small: Path) -> None:
    edit(small, "update bugs set subsystem = 'stove', runtime = 0 where id = 'dddddddddddd'")

    with contextlib.closing(Catalogue(str(small))) as catalogue:
        rows = {branch: catalogue.missing_fixes(branch) for branch in ("2.0", "2.2", "9.9")}

    hang = Missing(
        branch="2.0",
        bug_id="dddddddddddd",
        severity=Severity.UNKNOWN,
        claim=Claim.ASKED,
        older_branch="",
        older_commit="",
        newer_branch="2.2",
        newer_commit="dddddddddddd",
        newer_merged_on="2020-10-02",
        backport_to="all",
        introduced_in="",
        checked_in="2.0.1",
        evidence=Evidence.HAS_FLAW,
        kind=Kind.HANG,
        runtime=False,
        subsystem="stove",
        words="",
    )
    assert {branch: tuple(map(missing_of, found)) for branch, found in rows.items()} == {
        "2.0": (hang,),
        "2.2": (),
        "9.9": (),
    }


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("update bugs set title = 'The stove hangs'", ["The stove hangs"]),
        ("update bugs set title = 'The stove hangs', summary = 'Cold tea.'", ["Cold tea."]),
        # a program of its own is none of haproxy's concern
        ("update bugs set program = 'halog'", []),
    ],
)
def test_words_of_ours_go_before_upstreams(small: Path, sql: str, words: list[str]) -> None:
    edit(small, sql)

    with contextlib.closing(Catalogue(str(small))) as catalogue:
        assert [missing_of(row).words for row in catalogue.missing_fixes("2.0")] == words


def test_an_outline_is_a_branch_without_what_is_in_it(small: Path) -> None:
    with contextlib.closing(Catalogue(str(small))) as catalogue:
        outlines = catalogue.outlines()

    assert outlines == (
        BranchHistory("2.0", True, "2024-Q2", (), ()),
        BranchHistory("2.2", None, "", (), ()),
    )


def test_the_sum_of_a_tarball_is_that_which_a_refresh_has_read(small: Path) -> None:
    edit(small, f"update releases set sha256 = '{'f0' * 32}' where version = '2.2.1'")

    with contextlib.closing(Catalogue(str(small))) as catalogue:
        history = catalogue.history("2.2")

    assert history is not None
    assert [release.sha256 for release in history.releases] == ["", "f0" * 32, ""]


# A bug by its name, or by words


@pytest.mark.parametrize(
    ("name", "bugs"),
    [
        # an issue
        ("7", ("aaaaaaaaaaaa",)),
        ("#12", ("aaaaaaaaaaaa",)),
        ("8", ()),
        # a bug, the commit of its fix in a branch, its mainline one; cut short or in full
        ("bbbbbb", ("bbbbbbbbbbbb",)),
        ("A22A22A22A22", ("aaaaaaaaaaaa",)),
        ("aaaaaaa", ("aaaaaaaaaaaa",)),
        ("a20a20a20a20" + "f" * 28, ("aaaaaaaaaaaa",)),
        ("aaaaaaaaaaaa" + "0" * 28, ("aaaaaaaaaaaa",)),
        ("a20a20b", ()),
        ("000000", ()),
    ],
)
def test_a_bug_is_found_by_its_names(small: Path, name: str, bugs: tuple[str, ...]) -> None:
    with contextlib.closing(Catalogue(str(small))) as catalogue:
        assert catalogue.bugs_of(name) == bugs


@pytest.mark.parametrize(
    ("key", "branch", "bugs"),
    [
        ("111111111111", "2.0", ("aaaaaaaaaaaa",)),
        ("222222222222", "2.2", ("bbbbbbbbbbbb",)),
        ("222222222222", "2.0", ("bbbbbbbbbbbb",)),  # not in that branch, but in another
        ("444444444444", "2.2", ()),
    ],
)
def test_a_bug_is_found_by_the_subject_of_its_fix(
    small: Path, key: str, branch: str, bugs: tuple[str, ...]
) -> None:
    with contextlib.closing(Catalogue(str(small))) as catalogue:
        assert catalogue.bugs_of_subject(key, branch) == bugs


@pytest.mark.parametrize(
    ("words", "bugs"),
    [
        (["teapot"], ("aaaaaaaaaaaa",)),
        (["teapot", "guest"], ("aaaaaaaaaaaa",)),
        (["teapot", "halog"], ()),
        (["halog"], ("bbbbbbbbbbbb",)),
        # signs that the search would take for its own
        (['"', "*", "teapot OR halog"], ()),
        (["title:teapot"], ()),
    ],
)
def test_bugs_are_found_by_their_words(
    small: Path, words: list[str], bugs: tuple[str, ...]
) -> None:
    with contextlib.closing(Catalogue(str(small))) as catalogue:
        assert catalogue.search(words) == bugs


def test_a_bug_has_the_branches_that_have_its_fix(small: Path) -> None:
    with contextlib.closing(Catalogue(str(small))) as catalogue:
        both = catalogue.histories_of("aaaaaaaaaaaa")
        one = catalogue.histories_of("bbbbbbbbbbbb")

        assert both == (catalogue.history("2.0"), catalogue.history("2.2"))
        assert one == (catalogue.history("2.2"),)
        assert catalogue.histories_of("000000000000") == ()


def bugs_of(catalogue: Catalogue, branch: str) -> list[tuple[str | None, ...]]:
    """What the matcher finds in every release, as ``listed_bugs`` gives it."""
    return [
        (
            version,
            finding.bug.id,
            finding.fix.commit,
            finding.fixed_in or None,
            finding.fix_state.value,
            finding.verdict.value,
            finding.bug.kind.value,
            finding.fix.severity.value,
        )
        for version, found in matches_of(catalogue, branch).items()
        for finding in sorted(found.findings, key=lambda finding: finding.bug.id)
    ]


def listed_bugs(database: sqlite3.Connection, branch: str) -> list[tuple[str | None, ...]]:
    """What the view of bugs lists of every release of a branch."""
    return database.execute(
        "select version, bug_id, commit_id, cured_in, fix_state, verdict, kind, severity "
        "from release_bugs where branch = ? order by version_order, bug_id",
        [branch],
    ).fetchall()


@pytest.mark.parametrize("branch", BRANCHES)
def test_the_view_of_bugs_and_the_matcher_agree_on_every_release(
    catalogue: Catalogue, database: sqlite3.Connection, branch: str
) -> None:
    assert listed_bugs(database, branch) == bugs_of(catalogue, branch)


def test_they_agree_on_what_the_real_branches_lack(tmp_path: Path) -> None:
    def taken_back(release: str = "") -> dict[str, str]:
        return {"reverted_by": "eeeeeeeeeeee", "reverted_in": release}

    def again(release: str = "") -> dict[str, str]:
        return {"reapplied_by": "dddddddddddd", "reapplied_in": release}

    odd: list[tuple[str, str, dict[str, str]]] = [
        # bug, release that holds the fix, what else became of it
        ("reverted", "2.2.1", taken_back("2.2.3")),
        ("revert pending", "2.2.1", taken_back()),
        ("restored", "2.2.1", taken_back("2.2.2") | again("2.2.10")),
        ("restore pending", "2.2.1", taken_back("2.2.2") | again()),
        ("replaced", "2.2.1", taken_back("2.2.3") | again("2.2.10")),
        ("twice", "2.2.1", {}),
        ("second reverted", "2.2.1", {}),
        ("reverted at once", "2.2.2", taken_back("2.2.2")),
        ("second reverted", "2.2.2", taken_back("2.2.3")),
        ("entered", "2.2.3", {"introduced_by": "cccccccccccc", "introduced_in": "2.2.2"}),
        ("twice", "2.2.3", {}),
        ("late", "2.2.10", {}),
        ("replaced", "2.2.10", {}),
        ("never released", "", taken_back()),
        ("pending", "", {}),
    ]
    fixes = [
        {
            "branch": "2.2",
            "commit_id": f"{number:012}",
            "mainline_commit": bug,
            "subject_key": bug,
            "merged_on": "2020-07-07",
            "severity": "minor",
            "subsystem": "kettle",
            "fixed_in": release,
            "subject_kind": "other",
            "message_kind": "other",
            **fate,
        }
        for number, (bug, release, fate) in enumerate(odd)
    ]
    # The revert of another branch's fix says nothing of this one.
    other = fixes[-4] | {"branch": "2.0", "fixed_in": "2.0.0"} | taken_back()
    releases = [
        {
            "branch": release.version[:3],
            "version": release.version,
            "released_on": release.released_on,
            "commit_id": release.commit,
        }
        for release in (RELEASES[0]._replace(version="2.0.0"), *RELEASES)
    ]
    branches = [{"branch": branch, "first_release_on": "2020-07-07"} for branch in ("2.0", "2.2")]
    facts = {"branches": branches, "releases": releases, "fixes": [other, *fixes]}
    facts |= {"reviewed": [], "pools": [], "never_fixed": []}
    data = write_facts(tmp_path / "data", facts)
    (data / "advisories" / "aaaaaaaaaaaa.toml").unlink()
    path = tmp_path / "odd.db"
    build_catalogue(data, path, built_at="now", tool_version="0.0.0")

    with (
        contextlib.closing(Catalogue(str(path))) as catalogue,
        contextlib.closing(sqlite3.connect(path)) as database,
    ):
        listed = listed_bugs(database, "2.2")
        found = bugs_of(catalogue, "2.2")

    assert listed == found
    assert {row[1] for row in listed} == {bug for bug, _, _ in odd}


@pytest.mark.parametrize("branch", BRANCHES)
def test_the_view_of_totals_and_the_matcher_agree_on_every_release(
    catalogue: Catalogue, database: sqlite3.Connection, branch: str
) -> None:
    listed: dict[str, dict[str, int]] = defaultdict(dict)
    for version, severity, count in database.execute(
        "select version, severity, known_bugs from release_totals where version like ? || '.%'",
        [branch],
    ):
        listed[version][severity] = count

    matches = matches_of(catalogue, branch)

    assert listed == {
        version: {severity.value: count for severity, count in found.by_severity if count}
        for version, found in matches.items()
        if found.known_bugs
    }
    assert {version: sum(counts.values()) for version, counts in listed.items()} == {
        version: found.known_bugs for version, found in matches.items() if found.known_bugs
    }


@pytest.mark.parametrize("branch", BRANCHES)
def test_the_view_of_leaks_and_the_matcher_agree_on_every_release(
    catalogue: Catalogue, database: sqlite3.Connection, branch: str
) -> None:
    listed = database.execute(
        "select version, memory_leaks, runtime_leaks from release_leaks "
        "where version like ? || '.%' order by version_order",
        [branch],
    ).fetchall()

    leaks = {
        version: [
            finding.bug.runtime
            for finding in found.findings
            if finding.bug.kind is Kind.MEMORY_LEAK
        ]
        for version, found in matches_of(catalogue, branch).items()
    }
    assert listed == [(version, len(found), found.count(True)) for version, found in leaks.items()]


def test_the_views_pass_over_other_programs_as_the_matcher_does(
    catalogue: Catalogue, database: sqlite3.Connection
) -> None:
    named = dict(database.execute("select id, program from bugs where program is not null"))
    set_aside = {
        finding.bug.id: finding.reasons[0].removeprefix("concerns a program of its own, ")
        for branch in BRANCHES
        for found in matches_of(catalogue, branch).values()
        for finding in found.not_affected
        if "a program of its own" in finding.reasons[0]
    }

    assert named
    assert set_aside.items() <= named.items()


# Opening


def spoil_nothing(_path: Path) -> None: ...


def make_newer(path: Path) -> None:
    edit(path, f"pragma user_version = {SCHEMA_VERSION + 1}")


def make_older(path: Path) -> None:
    edit(path, f"pragma user_version = {SCHEMA_VERSION - 1}")


def make_anothers(path: Path) -> None:
    path.unlink()
    edit(path, "pragma user_version = 1; create table provenance (source)")


def make_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_text(path: Path) -> None:
    path.write_text("HA-Proxy version 2.2.4\n" * 99)


def truncate(path: Path) -> None:
    os.truncate(path, 100_000)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (Path.unlink, f"there is no catalogue; {REMEDY}"),
        (make_directory, f"is no file; {REMEDY}"),
        (
            lambda path: path.write_bytes(b""),
            f"the catalogue is damaged (it is no database of hapadvise); {REMEDY}",
        ),
        (make_text, f"the catalogue is damaged (file is not a database); {REMEDY}"),
        (truncate, f"the catalogue is damaged (database disk image is malformed); {REMEDY}"),
        (
            make_anothers,
            f"the catalogue is damaged (it is no database of hapadvise); {REMEDY}",
        ),
        (
            make_newer,
            f"its schema {SCHEMA_VERSION + 1} is newer than this hapadvise reads "
            f"({SCHEMA_VERSION}); upgrade hapadvise, or name another with --db FILE",
        ),
        (
            make_older,
            f"its schema {SCHEMA_VERSION - 1} is older than this hapadvise reads "
            f"({SCHEMA_VERSION}); {REMEDY}",
        ),
        (
            lambda path: edit(path, "delete from provenance"),
            f"the catalogue is damaged (it does not say where it comes from); {REMEDY}",
        ),
        (
            lambda path: edit(path, "update provenance set data_as_of = 'lately'"),
            f"the catalogue is damaged (a value is missing or of another type); {REMEDY}",
        ),
        (
            lambda path: edit(path, "drop table provenance"),
            f"the catalogue is damaged (no such table: provenance); {REMEDY}",
        ),
        *(
            (
                lambda path, sql=sql: edit(path, sql),
                f"the catalogue is damaged (a value is missing or of another type); {REMEDY}",
            )
            for sql in (
                "update provenance set tool_version = x'00'",
                "update fixes set merged_on = x'00'",
                "update fixes set merged_on = 'lately'",
            )
        ),
        (
            lambda path: edit(path, "drop table fixes"),
            f"the catalogue is damaged (no such table: fixes); {REMEDY}",
        ),
    ],
)
def test_what_cannot_be_opened_is_named_with_what_to_do_next(
    copy: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(copy)

    with pytest.raises(CatalogueError) as caught:
        Catalogue(str(copy))

    assert str(caught.value) == f"{copy}: {message}"


def test_a_path_longer_than_sqlite_takes_cannot_be_opened(copy: Path) -> None:
    folder = copy.parent / ("deep" * 40) / ("deeper" * 30) / ("deepest" * 30)
    folder.mkdir(parents=True)
    path = copy.rename(folder / "catalogue.db")

    with pytest.raises(CatalogueError) as caught:
        Catalogue(str(path))

    assert str(caught.value) == (
        f"{path}: cannot be opened (unable to open database file); {REMEDY}"
    )


@pytest.mark.parametrize(
    "name",
    [
        "plain.db",
        "with space.db",
        "what?mode=rwc",
        "number#1.db",
        "100%.db",
        "100%25.db",
        "a&b=c;d.db",
        "back\\slash.db",
        "quote'\".db",
        "schöne Grüße 漢字.db",
        "new\nline.db",
        "no-utf8-\udcff.db",
    ],
)
def test_a_path_may_hold_any_character(copy: Path, name: str) -> None:
    path = copy.rename(copy.with_name(name))

    with contextlib.closing(Catalogue(str(path))) as catalogue:
        assert catalogue.branches() == tuple(BRANCHES)


def test_a_path_may_be_relative_or_begin_with_two_slashes(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy.parent)
    for path in (copy.name, f"./{copy.name}", f"/{copy}"):
        with contextlib.closing(Catalogue(path)) as catalogue:
            assert catalogue.branches() == tuple(BRANCHES)


def test_a_read_only_folder_will_do_and_no_file_appears_in_it(copy: Path) -> None:
    before = copy.read_bytes()
    copy.chmod(0o444)
    copy.parent.chmod(0o555)

    with contextlib.closing(Catalogue(str(copy))) as catalogue:
        catalogue.history("2.2")
        beside = [path.name for path in copy.parent.iterdir()]

    assert beside == ["copy.db"]
    assert copy.read_bytes() == before


def test_no_file_appears_beside_a_catalogue_that_keeps_a_write_ahead_log(copy: Path) -> None:
    edit(copy, "pragma journal_mode = wal")

    with contextlib.closing(Catalogue(str(copy))) as catalogue:
        catalogue.history("2.2")
        beside = [path.name for path in copy.parent.iterdir()]

    assert beside == ["copy.db"]


def test_what_was_read_stays_when_the_catalogue_is_closed(copy: Path) -> None:
    catalogue = Catalogue(str(copy))
    history = catalogue.history("2.2")
    catalogue.close()

    assert history is not None
    assert history.newest.version == history.releases[-1].version


# Which catalogue is used

NEWER = "update provenance set data_as_of = '2999-01-01'"
OLDER = "update provenance set data_as_of = '1999-01-01'"
SAME = "select 1"
GONE = "there is no catalogue"
NO_FILE = "is no file"


@pytest.mark.parametrize(
    ("explicit", "refreshed", "bundled", "used", "warnings"),
    [
        # the one that was asked for, and no other
        (OLDER, NEWER, SAME, "explicit", ()),
        # none was refreshed, or it is gone
        (None, None, SAME, "bundled", ()),
        (None, GONE, SAME, "bundled", ()),
        # refreshed and newer, older, of the same day
        (None, NEWER, SAME, "refreshed", ()),
        (None, OLDER, SAME, "bundled", ()),
        (None, SAME, SAME, "refreshed", ()),
        # one of the two cannot be used
        (None, "drop table provenance", SAME, "bundled", ("the bundled catalogue is used",)),
        (None, NO_FILE, SAME, "bundled", ("the bundled catalogue is used",)),
        (None, OLDER, GONE, "refreshed", ("the refreshed catalogue is used",)),
        # none can
        (GONE, NEWER, SAME, "", ("explicit.db: there is no catalogue",)),
        (None, None, GONE, "", ("bundled.db: there is no catalogue",)),
        (None, GONE, GONE, "", ("bundled.db: there is no catalogue",)),
        (None, "drop table provenance", GONE, "", ("bundled.db: there is no catalogue",)),
    ],
)
def test_the_newest_sound_catalogue_is_used_unless_one_is_named(
    catalogue_path: Path,
    tmp_path: Path,
    explicit: str | None,
    refreshed: str | None,
    bundled: str,
    used: str,
    warnings: tuple[str, ...],
) -> None:
    def place(name: str, state: str) -> str:
        path = tmp_path / f"{name}.db"
        if state == NO_FILE:
            path.mkdir()
        elif state != GONE:
            path.write_bytes(catalogue_path.read_bytes())
            edit(path, state)
        return str(path)

    arguments = (
        explicit and place("explicit", explicit),
        refreshed and place("refreshed", refreshed),
    )
    if not used:
        with pytest.raises(CatalogueError, match=re.escape(warnings[0])):
            open_catalogue(*arguments, bundled=place("bundled", bundled))
        return

    catalogue, told = open_catalogue(*arguments, bundled=place("bundled", bundled))
    catalogue.close()

    assert catalogue.path == str(tmp_path / f"{used}.db")
    assert [text.rpartition("(")[2].rstrip(")") for text in told] == list(warnings)


# Damage

SPOILT = [
    # what no catalogue says
    ("update bugs set kind = 'soup'", "'soup' stands where it cannot"),
    ("update bugs set evidence_tier = 'gossip'", "'gossip' stands where it cannot"),
    ("update bugs set runtime = 7", "7 stands where it cannot"),
    ("update fixes set severity = 'dire'", "'dire' stands where it cannot"),
    ("update advisories set kind = 'soup'", "'soup' stands where it cannot"),
    (
        "update advisories set issues = '#7'",
        "invalid literal for int() with base 10: '#7' stands where it cannot",
    ),
    ("update branches set long_term_support = 2", "2 stands where it cannot"),
    # values of another type, dates and quarters that are none
    ("update fixes set introduced_by = x'00'", "a value is missing or of another type"),
    ("update branches set checked_on = 'lately'", "a value is missing or of another type"),
    ("update bugs set reviewed = 'yes'", "a value is missing or of another type"),
    ("update releases set released_on = 'lately'", "a value is missing or of another type"),
    ("update branches set maintained_until = 'Q2'", "a value is missing or of another type"),
    ("update advisory_objects set size = 'big'", "a value is missing or of another type"),
    # what is not there, or not in its place
    ("delete from releases where branch = '2.2'", "branch 2.2 has no release"),
    ("delete from releases where version = '2.2.4'", "branch 2.2 has no release '2.2.4'"),
    (
        "update fixes set introduced_in = '2.4.1' where branch = '2.2'",
        "branch 2.2 has no release '2.4.1'",
    ),
    ("delete from bugs", "a value is missing or of another type"),
    (
        "delete from fixes where branch = '2.2' and position = 7",
        "branch 2.2 lacks fixes, or they are out of order",
    ),
    (
        "update fixes set fixed_in = '2.2.30' where branch = '2.2' and position = 7",
        "branch 2.2 lacks fixes, or they are out of order",
    ),
    ("drop table bug_issues", "no such table: bug_issues"),
]


@pytest.mark.parametrize(("sql", "reason"), SPOILT)
def test_what_cannot_be_is_damage(copy: Path, sql: str, reason: str) -> None:
    edit(copy, sql)

    with (
        contextlib.closing(Catalogue(str(copy))) as catalogue,
        pytest.raises(CatalogueError) as caught,
    ):
        catalogue.history("2.2")

    assert str(caught.value) == f"{copy}: the catalogue is damaged ({reason}); {REMEDY}"


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("update advisories set kind = 'soup'", "'soup' stands where it cannot"),
        (
            "update advisories set issues = '#7'",
            "invalid literal for int() with base 10: '#7' stands where it cannot",
        ),
        ("drop table advisories", "no such table: advisories"),
    ],
)
def test_so_is_what_no_advisory_says(small: Path, sql: str, reason: str) -> None:
    edit(small, sql)

    with (
        contextlib.closing(Catalogue(str(small))) as catalogue,
        pytest.raises(CatalogueError) as caught,
    ):
        catalogue.advisories()

    assert str(caught.value) == f"{small}: the catalogue is damaged ({reason}); {REMEDY}"


@pytest.mark.parametrize(
    ("sql", "read", "reason"),
    [
        (
            "update never_fixed set newer_commit = x'00'",
            lambda catalogue: catalogue.missing_fixes("2.0"),
            "a value is missing or of another type",
        ),
        (
            "drop table never_fixed",
            lambda catalogue: catalogue.missing_fixes("2.0"),
            "no such table: never_fixed",
        ),
        (
            "update pools set size = 'big'",
            Catalogue.pool_kinds,
            "a value is missing or of another type",
        ),
        ("drop table pools", Catalogue.pool_kinds, "no such table: pools"),
        (
            "update branches set maintained_until = x'00'",
            Catalogue.outlines,
            "a value is missing or of another type",
        ),
        (
            "update branches set long_term_support = 2",
            Catalogue.outlines,
            "2 stands where it cannot",
        ),
        (
            "update branches set maintained_until = 'soon'",
            Catalogue.outlines,
            "a value is missing or of another type",
        ),
        (
            "update never_fixed set evidence = 'gossip'",
            lambda catalogue: catalogue.missing_fixes("2.0"),
            "a value is missing or of another type",
        ),
        (
            "update never_fixed set claim = 'gossip'",
            lambda catalogue: catalogue.missing_fixes("2.0"),
            "a value is missing or of another type",
        ),
        (
            "update never_fixed set severity = 'dire'",
            lambda catalogue: catalogue.missing_fixes("2.0"),
            "'dire' stands where it cannot",
        ),
        (
            "update bugs set kind = 'soup'",
            lambda catalogue: catalogue.missing_fixes("2.0"),
            "'soup' stands where it cannot",
        ),
        (
            "update bugs set runtime = 7",
            lambda catalogue: catalogue.missing_fixes("2.0"),
            "7 stands where it cannot",
        ),
    ],
)
def test_so_is_what_no_other_table_says(
    small: Path, sql: str, read: Callable[[Catalogue], object], reason: str
) -> None:
    edit(small, sql)

    with (
        contextlib.closing(Catalogue(str(small))) as catalogue,
        pytest.raises(CatalogueError) as caught,
    ):
        read(catalogue)

    assert str(caught.value) == f"{small}: the catalogue is damaged ({reason}); {REMEDY}"


def test_a_sound_catalogue_passes_the_check_of_all_of_it(catalogue: Catalogue) -> None:
    catalogue.check_integrity()


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "delete from bugs where id = 'bbbbbbbbbbbb'",
            "a row of fixes refers to what is not there",
        ),
        # an index that lacks what its table has
        (
            "pragma writable_schema = on; "
            "update sqlite_master set sql = sql || ' where 0' where name = 'bugs_by_kind'",
            "wrong # of entries in index bugs_by_kind",
        ),
    ],
)
def test_parts_that_contradict_one_another_are_damage(small: Path, sql: str, reason: str) -> None:
    edit(small, sql)

    with (
        contextlib.closing(Catalogue(str(small))) as catalogue,
        pytest.raises(CatalogueError) as caught,
    ):
        catalogue.check_integrity()

    assert str(caught.value) == f"{small}: the catalogue is damaged ({reason}); {REMEDY}"


def use(history: BranchHistory) -> None:
    """What a report does with a history."""
    history.maintenance_ended("2026-01-01")
    for known in (history, history.as_of(history.newest.released_on)):
        assert known is not None
        match(known, place_release(known, known.releases[0]))
        match(known, place_commit(known, known.releases[0], "f1f1f1", None))


def outcomes_of(path: Path, starts: Iterable[int], length: int, filler: bytes) -> set[type]:
    """What reading gives when ``length`` bytes from each start are overwritten."""
    sound = path.read_bytes()
    outcomes: set[type] = set()
    with path.open("r+b", buffering=0) as file:
        for start in starts:
            file.seek(start)
            file.write(filler * min(length, len(sound) - start))
            try:
                with contextlib.closing(Catalogue(str(path))) as catalogue:
                    neglected(catalogue.provenance)
                    catalogue.states()
                    catalogue.pool_kinds()
                    for branch in catalogue.outlines():
                        branch.maintenance_ended("2026-01-01")
                        tuple(map(missing_of, catalogue.missing_fixes(branch.branch)))
                    history = catalogue.history("2.2")
                    outcomes.add(type(history))
                    if history is not None:
                        use(history)
            except CatalogueError as error:
                outcomes.add(type(error))
            file.seek(start)
            file.write(sound[start : start + length])
    return outcomes


@pytest.mark.parametrize("filler", [b"\0", b"\xff", b"2"])
@pytest.mark.parametrize(("step", "length"), [(211, 1), (197, 16), (1021, 300), (4096, 4096)])
def test_damage_anywhere_gives_a_usable_value_or_an_error_of_ours(
    small: Path, filler: bytes, step: int, length: int
) -> None:
    outcomes = outcomes_of(small, range(0, small.stat().st_size, step), length, filler)

    assert {CatalogueError} <= outcomes <= {BranchHistory, CatalogueError, type(None)}


def test_so_does_damage_in_the_real_catalogue(copy: Path) -> None:
    outcomes = outcomes_of(copy, range(0, copy.stat().st_size, 4096 * 23), 4096, b"\0")

    assert {CatalogueError} <= outcomes <= {BranchHistory, CatalogueError, type(None)}


def test_a_size_that_no_memory_holds_is_damage(small: Path) -> None:
    # The schema's names of indexes follow the sizes of their records.
    starts = [found.start() - 64 for found in re.finditer(b"_autoindex_", small.read_bytes())]

    outcomes = outcomes_of(small, starts, 64, b"\xff")

    assert {CatalogueError} <= outcomes <= {BranchHistory, CatalogueError}


def test_a_file_cut_off_anywhere_gives_a_usable_value_or_an_error_of_ours(copy: Path) -> None:
    outcomes: set[type] = set()
    for size in (*range(copy.stat().st_size - 1, 0, -150_001), 99, 16, 1):
        os.truncate(copy, size)
        try:
            with contextlib.closing(Catalogue(str(copy))) as catalogue:
                history = catalogue.history("2.2")
                assert history is not None
                use(history)
                outcomes.add(type(history))
        except CatalogueError as error:
            outcomes.add(type(error))

    assert CatalogueError in outcomes
    assert outcomes <= {BranchHistory, CatalogueError}


# The document

# A heading for each table or view, then a table: column, what it holds, what empty means there.
SECTIONS = {
    name: dict(re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", text, re.MULTILINE))
    for name, text in re.findall(
        r"^### `(\w+)`\n(.*?)(?=^#|\Z)", DOCUMENT, re.MULTILINE | re.DOTALL
    )
}
EXAMPLES = re.findall(r"^```sql\n(.*)\n```$", DOCUMENT, re.MULTILINE)


def test_every_table_view_and_column_is_documented_and_no_other(
    database: sqlite3.Connection,
) -> None:
    names = database.execute(
        "select name from sqlite_master where type in ('table', 'view') "
        "and name not like 'sqlite_%' and name not like 'bugs_fts_%'"
    ).fetchall()

    columns = {
        name: [row[1] for row in database.execute(f"pragma table_info({name})")]
        for (name,) in names
    }
    assert columns == {name: list(described) for name, described in SECTIONS.items()}


def test_the_document_names_the_schema() -> None:
    numbers = re.findall(r"`pragma (\w+)`.*? (\d+)\b", DOCUMENT)

    assert numbers == [
        ("application_id", str(APPLICATION_ID)),
        ("user_version", str(SCHEMA_VERSION)),
    ]


@pytest.mark.parametrize("name", SECTIONS)
def test_what_is_never_empty_never_is(database: sqlite3.Connection, name: str) -> None:
    never = [column for column, empty in SECTIONS[name].items() if empty == "never"]
    counts = ", ".join(f"count(*) - count({column})" for column in never)

    assert database.execute(f"select {counts} from {name}").fetchone() == (0,) * len(never)


@pytest.mark.parametrize("sql", EXAMPLES)
def test_every_example_of_the_document_has_an_answer(
    database: sqlite3.Connection, sql: str
) -> None:
    rows = database.execute(sql).fetchall()

    assert rows
    assert len(rows[0]) >= 1


def test_the_document_has_examples() -> None:
    assert len(EXAMPLES) >= 5
    assert DOCUMENT.count("```sql") == len(EXAMPLES)


def test_a_bug_is_found_by_a_word_of_its_summary(database: sqlite3.Connection) -> None:
    identity, summary = database.execute(
        "select id, summary from bugs where summary like '%tasklet%' limit 1"
    ).fetchone()

    found = database.execute(
        "select b.id, b.summary from bugs_fts join bugs b on b.rowid = bugs_fts.rowid "
        "where bugs_fts match 'tasklet'"
    ).fetchall()

    assert (identity, summary) in found
