"""A run that updates the user's catalogue: what is written, kept and cleaned, whatever happens."""

from __future__ import annotations

import contextlib
import datetime
import errno
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from advisory.catalogue import Catalogue
from advisory.changelog import Learned
from advisory.errors import AdvisoryError, CatalogueError, FetchError, NotKnownError, ParseError
from advisory.facts import Facts, Run
from advisory.fetch import Fetcher, Page, first_page
from advisory.job import Place, Refreshed, check_kept, run_import, run_refresh
from advisory.refresh import INDEX
from advisory.store import BUNDLED_ORIGIN, build_catalogue, stored_facts
from advisory.subject import subject_key
from tests.conftest import FACTS, write_facts
from tests.site import FAULTS, SITE, Line, Row, Site, SiteServer, changelog
from tests.test_refresh import DATE, DESCALE, NEW, OLD, PROTOCOL, fresh

ROOT = Path(__file__).parent.parent

NOON = datetime.datetime(2021, 5, 20, 12, tzinfo=datetime.UTC)
LATER_SITE = SITE.having(NEW)


@pytest.fixture
def server() -> Iterator[SiteServer]:
    with contextlib.closing(SiteServer(SITE, date=DATE)) as server:
        yield server


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "data" / "hapadvise" / "catalogue.db", None, "1.2.3")


def connection(server: SiteServer, **options: Any) -> Callable[[], Any]:
    plain: dict[str, Any] = {"user_agent": "hapadvise/0", "rate": 0, "retries": 0}
    return lambda: first_page(INDEX, [server.base], **(plain | options))


def run(
    place: Place,
    server: SiteServer,
    *,
    now: Callable[[], datetime.datetime] = lambda: NOON,
    connect: Callable[[], tuple[Fetcher, Page, tuple[str, ...]]] | None = None,
    **options: Any,
) -> Refreshed:
    return run_refresh(
        place,
        connect or connection(server, **options),
        now=now,
        progress=lambda what, done, total: None,
    )


def without_runs(facts: Facts) -> Facts:
    return facts._replace(runs=())


def refusal(act: Callable[[], object], kind: type[AdvisoryError] = CatalogueError) -> str:
    """What the error says, in one line."""
    with pytest.raises(kind) as caught:
        act()
    message = str(caught.value)
    assert "\n" not in message
    return message


def files_beside(place: Place) -> set[str]:
    return {path.name for path in place.target.parent.iterdir()}


# What a run leaves


def test_a_run_writes_what_it_learned_and_its_own_row(server: SiteServer, place: Place) -> None:
    moments = iter((NOON, NOON + datetime.timedelta(seconds=7)))
    done = run(place, server, now=lambda: next(moments))
    facts = stored_facts(place.target)

    assert done.run == Run(
        command="refresh",
        origin=server.base,
        started_at="2021-05-20T12:00:00Z",
        ended_at="2021-05-20T12:00:07Z",
        outcome="complete",
        requests=len(server.pages),
        new_releases=8,
        new_fixes=7,
        taken_back=1,
    )
    assert facts == done.outcome.facts._replace(runs=(done.run,))
    assert done.titles == 7
    assert files_beside(place) == {"catalogue.db", "catalogue.db.lock"}


def test_the_catalogue_says_where_it_comes_from(server: SiteServer, place: Place) -> None:
    run(place, server)
    with contextlib.closing(Catalogue(str(place.target))) as catalogue:
        provenance = catalogue.provenance

    assert provenance[:5] == (
        "refreshed",
        "2021-05-20",
        "2021-05-20T12:00:00Z",
        server.base,
        "1.2.3",
    )


def test_each_run_is_a_row(server: SiteServer, place: Place) -> None:
    run(place, server)
    server.site = LATER_SITE
    run(place, server)
    server.faults["/bugs/bugs-2.2.html"] = "missing"
    run(place, server)
    server.faults["/bugs/"] = "missing"
    refusal(lambda: run(place, server), FetchError)
    runs = stored_facts(place.target).runs

    assert [
        (row.outcome, row.requests, row.new_releases, row.new_fixes, row.newly_released)
        for row in runs
    ] == [
        ("complete", len(SITE.pages()), 8, 7, 0),
        ("complete", 9, 1, 1, 1),
        ("partial", 4, 0, 0, 0),
        ("failed", 0, 0, 0, 0),
    ]
    assert [row.messages.partition(":")[0] for row in runs] == [
        "",
        "",
        "branch 2.2 keeps what it had",
        f"cannot fetch {server.base.partition(':')[0]}",
    ]


def test_a_run_with_nothing_new_changes_no_more_than_the_day(
    server: SiteServer, place: Place
) -> None:
    before = run(place, server).outcome.facts
    server.date = "Fri, 21 May 2021 06:00:00 GMT"
    done = run(place, server, now=lambda: NOON + datetime.timedelta(days=1))

    assert (done.run.requests, done.titles, done.leaks) == (4, 0, ())
    assert without_runs(stored_facts(place.target)) == before._replace(
        branches=tuple(row | {"checked_on": "2021-05-21"} for row in before.branches)
    )


def test_the_new_leaks_are_named(server: SiteServer, place: Place) -> None:
    run(place, server)
    server.site = LATER_SITE

    assert [row["title"] for row in run(place, server).leaks] == [
        "BUG/MEDIUM: spout: fix a memory leak"
    ]


def test_why_a_better_address_was_not_taken_is_told_and_kept(
    server: SiteServer, place: Place
) -> None:
    nowhere = server.base.replace("http:", "https:")

    def connect() -> tuple[Fetcher, Page, tuple[str, ...]]:
        return first_page(INDEX, [nowhere, server.base], user_agent="h/0", rate=0, retries=0)

    done = run(place, server, connect=connect)

    (doubt,) = done.outcome.doubts
    assert doubt.startswith(f"cannot fetch {nowhere}bugs/: no TLS connection")
    assert (done.run.outcome, done.run.messages) == ("complete", doubt)


# The package's facts and the user's


LEAK = "BUG/MEDIUM: stove: pour the rest away"  # by an advisory, not by its words
NO_LEAK = "BUG/MAJOR: halog: fix a memory leak"  # by its words, but a person found none
WAITS = "BUG: kettle: let it cool"
KNOWN_LINES = (
    Line(
        "2.0",
        (("2.0.0", "2019-06-16"), ("2.0.1", "2020-10-01")),
        (Row("a20a20a20", "2020-08-02", LEAK, "2.0.1"),),
    ),
    Line(
        "2.2",
        (("2.2.0", "2020-07-07"), ("2.2.1", "2020-09-01"), ("2.2.2", "2020-10-01")),
        (
            Row("a22a22a22", "2020-08-01", LEAK, "2.2.1"),
            Row("bbbbbbbbb", "2020-08-03", NO_LEAK, "2.2.1"),
            Row("ddddddddd", "2020-10-02", WAITS, ""),
        ),
    ),
)
OTHER_LINE = Line(
    "2.4",
    (("2.4.0", "2021-05-01"),),
    (Row("4" * 9, "2021-05-02", LEAK, ""), Row("5" * 9, "2021-05-02", NO_LEAK, "")),
)


@pytest.fixture
def packaged(tmp_path: Path) -> Place:
    """A place that starts from a package, which knows two branches and has judged two bugs."""
    keys = {"1" * 12: LEAK, "2" * 12: NO_LEAK, "3" * 12: WAITS}
    rows = [row | {"subject_key": subject_key(keys[row["subject_key"]])} for row in FACTS["fixes"]]
    data = write_facts(tmp_path / "facts", {**FACTS, "fixes": rows})
    build_catalogue(data, tmp_path / "bundled.db", built_at="2020-11-01", tool_version="1.2.3")
    return Place(tmp_path / "mine" / "catalogue.db", tmp_path / "bundled.db", "1.2.3")


def test_what_came_with_the_package_gets_titles_and_what_is_new(
    server: SiteServer, packaged: Place
) -> None:
    assert packaged.bundled is not None
    before = stored_facts(packaged.bundled)
    server.site = Site((*KNOWN_LINES, OTHER_LINE))
    done = run(packaged, server)
    after = stored_facts(packaged.target)

    assert (done.run.outcome, done.run.new_fixes, done.titles) == ("complete", 2, 6)
    assert after.advisories == before.advisories
    assert after.reviewed == before.reviewed
    assert [row | {"title": ""} for row in after.fixes if row["branch"] != "2.4"] == list(
        before.fixes
    )
    assert [row["title"] for row in after.fixes] == [LEAK, LEAK, NO_LEAK, WAITS, LEAK, NO_LEAK]


def test_an_advisory_and_a_review_tell_a_leak_better_than_words(
    server: SiteServer, packaged: Place
) -> None:
    server.site = Site((*KNOWN_LINES, OTHER_LINE))

    assert [row["commit_id"] for row in run(packaged, server).leaks] == ["4" * 9]


def test_a_package_that_knows_more_than_the_users_catalogue_adds_to_it(
    server: SiteServer, packaged: Place
) -> None:
    server.site = Site((OTHER_LINE,))
    run(packaged._replace(bundled=None), server)
    done = run(packaged, server)

    assert [row["branch"] for row in stored_facts(packaged.target).branches] == [
        "2.0",
        "2.2",
        "2.4",
    ]
    assert [doubt.partition(";")[0] for doubt in done.outcome.doubts] == [
        "branch 2.0 is on the index no more",
        "branch 2.2 is on the index no more",
    ]


def test_a_failed_run_on_a_copy_of_the_packages_catalogue_leaves_it_the_packages(
    server: SiteServer, packaged: Place
) -> None:
    assert packaged.bundled is not None
    packaged.target.parent.mkdir()
    shutil.copy(packaged.bundled, packaged.target)
    server.faults["/bugs/"] = "missing"
    refusal(lambda: run(packaged, server), FetchError)
    with contextlib.closing(Catalogue(str(packaged.target))) as catalogue:
        provenance = catalogue.provenance

    assert (provenance.source, provenance.origin) == ("bundled", BUNDLED_ORIGIN)


def test_another_site_is_not_asked_by_what_this_one_said(server: SiteServer, place: Place) -> None:
    run(place, server)
    with contextlib.closing(SiteServer(SITE, date=DATE)) as mirror:
        run(place, mirror)
        run(place, mirror)
        conditional = [seen.headers["If-None-Match"] is not None for seen in mirror.seen]

    assert conditional == [False] * 4 + [False, True, True, True]


# Runs that fail


@pytest.mark.parametrize("fault", sorted({*PROTOCOL, *FAULTS} - {"fewer rows"}))
def test_an_index_that_is_broken_changes_nothing_but_the_runs(
    server: SiteServer, place: Place, fault: str
) -> None:
    before = run(place, server).outcome.facts
    server.faults["/bugs/"] = fault
    message = refusal(
        lambda: run(place, server, read_timeout=0.2 if fault == "silent" else 5, largest=2**20),
        AdvisoryError,
    )
    after = stored_facts(place.target)

    assert f"{server.base}bugs/: " in message
    assert without_runs(after) == without_runs(before)
    assert (after.runs[-1].outcome, after.runs[-1].messages) == ("failed", message)
    with contextlib.closing(Catalogue(str(place.target))) as catalogue:
        assert (catalogue.provenance.source, catalogue.provenance.origin) == (
            "refreshed",
            server.base,
        )


def test_where_no_branch_can_be_read_the_run_has_failed(server: SiteServer, place: Place) -> None:
    before = run(place, server).outcome.facts
    for line in SITE.lines:
        server.faults[f"/bugs/bugs-{line.branch}.html"] = "missing"
    message = refusal(lambda: run(place, server), FetchError)
    after = stored_facts(place.target)

    assert message.startswith("no branch could be read: branch 1.3 keeps what it had: ")
    assert without_runs(after) == without_runs(before)
    assert (after.runs[-1].outcome, after.runs[-1].requests) == ("failed", 4)


def test_a_first_run_that_fails_leaves_no_catalogue(server: SiteServer, place: Place) -> None:
    server.faults["/bugs/"] = "missing"
    refusal(lambda: run(place, server), FetchError)

    assert files_beside(place) == {"catalogue.db.lock"}


def test_a_clock_behind_what_is_known_is_an_error_before_anything_is_asked(
    server: SiteServer, place: Place
) -> None:
    run(place, server)
    server.asked()
    before = place.target.read_bytes()
    message = refusal(
        lambda: run(place, server, now=lambda: datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC))
    )

    assert message == (
        "this machine's clock says 1970-01-01, but a fix of 2021-05-01 is known; set the clock"
    )
    assert place.target.read_bytes() == before
    assert server.asked() == []


def test_a_clock_that_differs_from_the_servers_is_an_error(
    server: SiteServer, place: Place
) -> None:
    before = run(place, server).outcome.facts
    message = refusal(
        lambda: run(place, server, now=lambda: NOON + datetime.timedelta(days=3)), FetchError
    )

    assert message.startswith("this machine's clock says 2021-05-23, the server's 2021-05-20; ")
    assert without_runs(stored_facts(place.target)) == without_runs(before)


def test_what_cannot_be_stored_is_a_failed_run(server: SiteServer, place: Place) -> None:
    before = run(place, server).outcome.facts
    alike = [Row(f"abcdefabcdef{last}", "2021-05-02", f"BUG: pot: {last}", "") for last in "12"]
    server.site = SITE.having(OLD._replace(rows=(*OLD.rows, *alike)))
    message = refusal(lambda: run(place, server))
    after = stored_facts(place.target)

    assert "UNIQUE constraint failed" in message
    assert without_runs(after) == without_runs(before)
    assert (after.runs[-1].outcome, after.runs[-1].messages) == ("failed", message)


def test_nothing_that_was_known_may_be_lost(tmp_path: Path) -> None:
    known = fresh(SITE)
    check_kept(Facts(), known, tmp_path)
    check_kept(known, known, tmp_path)
    for facts, what in (
        (known._replace(releases=known.releases[1:]), "1.3 1.3.9 would be lost from its releases"),
        (known._replace(fixes=known.fixes[:-1]), "2.2 eeeeeeeee would be lost from its fixes"),
    ):
        assert refusal(lambda facts=facts: check_kept(known, facts, tmp_path)) == (  # type: ignore[misc]
            f"{tmp_path}: {what}; it stays as it was; please report it"
        )


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("pragma user_version = 99", "is newer than this hapadvise reads"),
        ("pragma application_id = 1", "it is no database of hapadvise"),
        ("delete from releases where version = '2.2.1'", "refers to what is not there"),
    ],
)
def test_a_catalogue_that_cannot_be_read_is_left_alone(
    server: SiteServer, place: Place, sql: str, what: str
) -> None:
    run(place, server)
    with contextlib.closing(sqlite3.connect(place.target)) as db:
        db.execute(sql)
        db.commit()
    before = place.target.read_bytes()
    server.asked()
    message = refusal(lambda: run(place, server))

    assert message.startswith(f"{place.target}: ")
    assert what in message
    assert message.endswith("or move it away: the next run makes a new one")
    assert place.target.read_bytes() == before
    assert server.asked() == []


def test_a_catalogue_of_an_older_version_is_set_aside_and_made_anew(
    server: SiteServer, place: Place
) -> None:
    run(place, server)
    with contextlib.closing(sqlite3.connect(place.target)) as db:
        db.execute("pragma user_version = 1")
        db.commit()
    before = place.target.read_bytes()
    done = run(place, server)

    assert without_runs(stored_facts(place.target)) == fresh(SITE)
    assert done.run.new_fixes == len(fresh(SITE).fixes)
    assert place.target.with_name("catalogue.db.old").read_bytes() == before


def test_a_place_that_cannot_be_written_to_is_told(server: SiteServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder, what in (
        (tmp_path / "file", "File exists"),
        (tmp_path / "file" / "folder", "Not a directory"),
        (Path("/proc/nowhere"), "No such file or directory"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        place = Place(folder / "catalogue.db", None, "1")

        assert refusal(lambda place=place: run(place, server)) == (  # type: ignore[misc]
            f"{folder}/catalogue.db.lock: cannot be written ({what}); "
            "name a file in a folder that can be, with --db FILE"
        )
    assert server.asked() == []


@contextlib.contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file may grow beyond that many bytes meanwhile."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("size", [0, 4096, 2**16])
def test_a_full_disk_changes_nothing(server: SiteServer, place: Place, size: int) -> None:
    run(place, server)
    before = place.target.read_bytes()
    server.site = LATER_SITE
    with full_disk(size):
        message = refusal(lambda: run(place, server))

    assert message.startswith(f"{place.target}")
    assert ": cannot be written (" in message
    assert place.target.read_bytes() == before
    assert files_beside(place) == {"catalogue.db", "catalogue.db.lock"}


def test_an_error_that_is_no_error_of_the_lock_is_not_told_as_one(
    server: SiteServer, place: Place
) -> None:
    def connect() -> tuple[Fetcher, Page, tuple[str, ...]]:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        run(place, server, connect=connect)


# Two at once, and readers


def test_of_two_runs_at_once_the_second_leaves_at_once(server: SiteServer, place: Place) -> None:
    messages = []

    def connect() -> tuple[Fetcher, Page, tuple[str, ...]]:
        messages.append(refusal(lambda: run(place, server)))
        messages.append(
            refusal(lambda: run_import(place, changelog(OLD), source="log", now=lambda: NOON))
        )
        assert server.asked() == []
        found: tuple[Fetcher, Page, tuple[str, ...]] = connection(server)()
        return found

    done = run(place, server, connect=connect)

    assert messages == 2 * [
        f"{place.target}: another run is updating it (process {os.getpid()}); let it finish"
    ]
    assert done.run.outcome == "complete"


def test_who_holds_the_lock_may_be_unknown(server: SiteServer, place: Place) -> None:
    def connect() -> tuple[Fetcher, Page, tuple[str, ...]]:
        place.target.with_name("catalogue.db.lock").write_bytes(b"")
        message = refusal(lambda: run(place, server))
        raise FetchError(message)

    assert "(process unknown)" in refusal(lambda: run(place, server, connect=connect), FetchError)


def test_the_lock_of_a_process_that_is_gone_holds_nobody(server: SiteServer, place: Place) -> None:
    place.target.parent.mkdir(parents=True)
    place.target.with_name("catalogue.db.lock").write_text("999999999\n" * 9)
    run(place, server)

    assert place.target.with_name("catalogue.db.lock").read_text() == f"{os.getpid()}\n"


def fixes_at(place: Place) -> tuple[tuple[str, str, str], ...]:
    """What a report would read of a branch."""
    with contextlib.closing(Catalogue(str(place.target))) as catalogue:
        history = catalogue.history("2.2")
        assert history is not None
        newest = history.newest.version
        return tuple((newest, fix.commit, fix.fixed_in) for fix in history.fixes)


def test_readers_see_one_whole_catalogue_or_the_other(server: SiteServer, place: Place) -> None:
    run(place, server)
    whole = [fixes_at(place)]
    seen = []
    failures: list[Exception] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                seen.append(fixes_at(place))
            except Exception as error:  # noqa: BLE001  (any failure is what is looked for)
                failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for day in ("2021-05-10", "2021-05-11", "2021-05-20"):
        server.site = LATER_SITE.as_of(day)
        run(place, server)
        whole.append(fixes_at(place))
    stop.set()
    for reader in readers:
        reader.join()

    assert failures == []
    assert len(set(whole)) == 3
    assert set(seen) <= set(whole)
    assert len(seen) > 3


# Killed

# Runs refreshes in processes of their own, each begun at once and killed after some seconds.
ZYGOTE = """
import datetime, os, signal, sys, time
from pathlib import Path
from advisory.fetch import first_page
from advisory.job import Place, run_refresh

def run():
    run_refresh(
        Place(Path(sys.argv[1]), None, "1.2.3"),
        lambda: first_page("bugs/", [sys.argv[2]], user_agent="h/0", rate=0, retries=0),
        now=lambda: datetime.datetime(2021, 5, 20, 12, tzinfo=datetime.UTC),
        progress=lambda what, done, total: None,
    )

run()
print("ready", flush=True)
for line in sys.stdin:
    started = time.monotonic()
    child = os.fork()
    if not child:
        run()
        os._exit(0)
    if line.strip():
        time.sleep(float(line))
        os.kill(child, signal.SIGKILL)
    print(os.waitpid(child, 0)[1], time.monotonic() - started, flush=True)
"""
MOMENTS = 12


def test_killed_at_any_moment_it_leaves_the_old_catalogue_or_the_new(
    server: SiteServer, place: Place, tmp_path: Path
) -> None:
    kept = tmp_path / "old.db"
    with subprocess.Popen(
        [sys.executable, "-c", ZYGOTE, str(place.target), server.base],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        cwd=ROOT,
    ) as zygote:
        lines, out = zygote.stdin, zygote.stdout
        assert lines is not None
        assert out is not None
        assert out.readline() == "ready\n"
        shutil.copy(place.target, kept)
        old = stored_facts(kept)
        server.site = LATER_SITE
        lines.write("\n")
        status, duration = out.readline().split()
        new = stored_facts(place.target)
        statuses = {}
        for moment in range(MOMENTS):
            shutil.copy(kept, place.target)
            lines.write(f"{float(duration) * moment / MOMENTS}\n")
            statuses[moment] = int(out.readline().split()[0])

            assert stored_facts(place.target) in (old, new)
        lines.close()
    run(place, server)

    assert (status, statuses[0]) == ("0", signal.SIGKILL)
    assert without_runs(old) != without_runs(new)
    assert without_runs(stored_facts(place.target)) == without_runs(new)
    assert files_beside(place) == {"catalogue.db", "catalogue.db.lock"}


def test_what_a_killed_run_left_is_cleaned_by_the_next(server: SiteServer, place: Place) -> None:
    place.target.parent.mkdir(parents=True)
    place.target.with_name("catalogue.db.new").write_bytes(b"half of it")
    run(place, server)

    assert files_beside(place) == {"catalogue.db", "catalogue.db.lock"}


# A CHANGELOG alone


def imported(place: Place, line: Line, source: str = "changelog.gz") -> Learned:
    return run_import(place, changelog(line), source=source, now=lambda: NOON)


def test_a_changelog_brings_releases_and_titles(server: SiteServer, place: Place) -> None:
    run(place, server)
    learned = imported(place, NEW)
    after = stored_facts(place.target)

    assert learned.change.new_releases == ("2.2.11",)
    assert [row["commit_id"] for row in learned.change.newly_released] == [DESCALE]
    assert (learned.titles, learned.missing) == (0, 0)
    assert after == learned.facts._replace(
        runs=(
            *after.runs[:1],
            Run(
                command="import-changelog",
                origin="changelog.gz",
                started_at="2021-05-20T12:00:00Z",
                ended_at="2021-05-20T12:00:00Z",
                outcome="complete",
                new_releases=1,
                newly_released=1,
            ),
        )
    )


def test_a_changelog_gives_titles_to_what_came_with_the_package(packaged: Place) -> None:
    learned = imported(packaged, KNOWN_LINES[1]._replace(rows=KNOWN_LINES[1].rows[:2]))

    assert learned.titles == 3  # the leak has the same subject in both branches
    assert [row["title"] for row in stored_facts(packaged.target).fixes] == [
        LEAK,
        LEAK,
        NO_LEAK,
        "",
    ]


def test_a_refresh_after_an_import_agrees_with_one_that_came_without(
    server: SiteServer, place: Place
) -> None:
    run(place, server)
    imported(place, NEW)
    server.site = LATER_SITE
    after = run(place, server).outcome.facts

    assert without_runs(after) == fresh(LATER_SITE)


# (the text, what is said)
USELESS: list[tuple[str, type[AdvisoryError], str]] = [
    ("", ParseError, "log: it is empty or its last line is cut off"),
    ("no heading\n", ParseError, "log: no release is in it"),
    ("2021/05/01 : 9.9.9\n    - BUG: x\n", NotKnownError, "9.9.9, is of a branch that the catalog"),
    ("2121/05/01 : 2.2.11\n    - BUG: x\n", CatalogueError, "a fix of 2121-05-01 is known; set"),
]


@pytest.mark.parametrize(("text", "kind", "what"), USELESS)
def test_a_changelog_that_is_none_changes_nothing(
    server: SiteServer, place: Place, text: str, kind: type[AdvisoryError], what: str
) -> None:
    run(place, server)
    before = place.target.read_bytes()

    assert what in refusal(lambda: run_import(place, text, source="log", now=lambda: NOON), kind)
    assert place.target.read_bytes() == before
