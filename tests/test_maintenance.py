"""The commands that keep a catalogue fresh, as they are typed."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import gzip
import importlib
import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from advisory.cli import main
from advisory.maintenance import LARGEST_CHANGELOG, site_of
from tests.site import SITE, Line, Row, Site, SiteServer, changelog

TODAY = datetime.datetime.now().astimezone().date()
YESTERDAY = str(TODAY - datetime.timedelta(days=1))
# A branch that is kept up, its last fix a leak of an odd name.
LIVELY = Line(
    "2.4",
    (("2.4.0", "2021-05-14"), ("2.4.1", YESTERDAY)),
    (
        Row("7" * 9, "2021-06-01", "BUG/MINOR: kettle: close the lid", "2.4.1"),
        Row("8" * 9, YESTERDAY, "BUG/MEDIUM: stove: fix a memory leak", ""),
    ),
)
HEALTHY = Site((LIVELY,))


class Done(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def server() -> Iterator[SiteServer]:
    with contextlib.closing(SiteServer(HEALTHY)) as server:
        yield server


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command in a folder and home of its own, without proxies."""
    for name in list(os.environ):
        if re.search(r"_proxy$|^HAPADVISE_|^XDG_DATA_HOME$", name, re.IGNORECASE):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Done:
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert isinstance(exit_.value.code, int)
        return Done(exit_.value.code, out, err)

    return call


@pytest.fixture
def refresh(run: Run, server: SiteServer) -> Run:
    """Refresh ``c.db`` from the server, and from nothing else."""

    def call(*arguments: object) -> Done:
        base = ("--url", server.base) if "--url" not in arguments else ()
        db = ("--db", "c.db") if "--db" not in arguments else ()
        return run("refresh", *base, *db, "--from-scratch", "--rate", "0", *arguments)

    return call


# refresh


def test_a_refresh_tells_what_is_new(refresh: Run, server: SiteServer) -> None:
    done = refresh()

    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"complete: c.db, from {server.base}")
    for what in ("2.4.0, 2.4.1", "1 medium, 1 minor", "BUG/MEDIUM: stove: fix a memory leak"):
        assert what in done.out
    assert "nothing new" not in done.out


def test_a_refresh_with_nothing_new_says_so(refresh: Run) -> None:
    refresh()
    done = refresh()

    assert (done.status, done.err) == (0, "")
    assert done.out.endswith("\nnothing new\n")


def test_in_cron_a_refresh_that_is_well_is_silent(refresh: Run) -> None:
    assert refresh("--quiet") == Done(0, "", "")
    assert Path("c.db").exists()


def test_a_branch_that_could_not_be_read_is_named_and_gives_status_1(
    refresh: Run, server: SiteServer
) -> None:
    server.site = HEALTHY.having(SITE.lines[2])
    server.faults["/bugs/bugs-2.10.html"] = "missing"
    loud = refresh()
    quiet = refresh("-q")

    why = f"cannot fetch {server.base}bugs/bugs-2.10.html: the server answered 404 Not Found; check"
    assert (loud.status, loud.err) == (1, "")
    assert loud.out.startswith(f"partial: c.db, from {server.base}")
    assert "Not brought up to date\n  branch 2.10 keeps what it had: " in loud.out
    assert why in " ".join(loud.out.split())
    assert (quiet.status, quiet.out) == (1, "")
    assert quiet.err.startswith(f"hapadvise: branch 2.10 keeps what it had: {why}")
    assert quiet.err.count("\n") == 1


def test_what_the_sources_do_not_agree_on_is_told_even_in_cron(
    refresh: Run, server: SiteServer
) -> None:
    server.site = SITE  # its newest fix is years old
    quiet = refresh("--quiet")
    loud = refresh()

    assert (quiet.status, quiet.out, loud.status, loud.err) == (0, "", 0, "")
    assert quiet.err.startswith("hapadvise: the newest fix of any branch is of 2021-04-01, though ")
    assert "The sources do not agree\n  the newest fix of any branch is of 2021-04-01" in loud.out


@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
def test_a_refresh_that_can_do_nothing_gives_one_line_and_status_2(
    refresh: Run, server: SiteServer, quiet: tuple[str, ...]
) -> None:
    server.faults["/bugs/"] = "missing"

    assert refresh(*quiet) == Done(
        2,
        "",
        f"hapadvise: cannot fetch {server.base}bugs/: the server answered 404 Not Found; "
        "check the address, and the proxy if there is one\n",
    )
    assert not Path("c.db").exists()


def test_a_failed_refresh_is_seen_in_the_status(run: Run, refresh: Run, server: SiteServer) -> None:
    refresh()
    server.faults["/bugs/"] = "missing"
    refresh()
    done = run("status", "--db", "c.db")

    assert done.status == 1
    assert "failed" in done.out
    assert f"cannot fetch {server.base}bugs/: the server answered 404" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("pragma user_version = 99", "its schema 99 is newer than this hapadvise reads"),
        ("pragma application_id = 7", "it is no database of hapadvise"),
    ],
)
def test_a_catalogue_that_cannot_be_read_gives_one_line_and_status_2(
    refresh: Run, change: str, what: str
) -> None:
    refresh()
    with contextlib.closing(sqlite3.connect("c.db")) as db:
        db.execute(change)
        db.commit()
    before = Path("c.db").read_bytes()
    done = refresh()

    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("hapadvise: c.db: ")
    assert what in done.err
    assert Path("c.db").read_bytes() == before


def test_the_second_of_two_refreshes_leaves_with_one_line_and_status_2(
    refresh: Run, server: SiteServer
) -> None:
    with Path("c.db.lock").open("w") as file:
        file.write("4711\n")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)

        assert refresh() == Done(
            2,
            "",
            "hapadvise: c.db: another run is updating it (process 4711); let it finish\n",
        )
    assert server.asked() == []


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (
            ("--db", "/proc/nowhere/c.db"),
            "/proc/nowhere/c.db.lock: cannot be written (No such file",
        ),
        (("--db", "."), "--db .: name a file"),
        (("--db", "/"), "--db /: name a file"),
        (("--db", "folder"), "folder: is no file"),
        (("--rate", "-1"), "Invalid value for '--rate'"),
        (("--url", "ftp://127.0.0.1/"), "an address or a header is malformed"),
        (("--url", "http://[1/"), "an address or a header is malformed"),
    ],
)
def test_what_cannot_be_used_gets_one_line(
    refresh: Run, arguments: tuple[str, ...], what: str
) -> None:
    Path("folder").mkdir()
    done = refresh(*arguments)

    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert what in done.err


def test_the_catalogue_is_kept_in_the_users_data_folder(
    run: Run, server: SiteServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    options = ("refresh", "--from-scratch", "--rate", "0", "--quiet", "--url", server.base)
    run(*options)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    run(*options)
    monkeypatch.setenv("HAPADVISE_DB", str(tmp_path / "named.db"))
    run(*options)

    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.db")} == {
        ".local/share/hapadvise/catalogue.db",
        "data/hapadvise/catalogue.db",
        "named.db",
    }


def test_without_a_home_a_place_has_to_be_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    done = run("refresh", "--from-scratch")

    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "there is no home folder to keep a catalogue in; name one with --db" in done.err


def test_the_site_may_be_named_in_the_environment(
    run: Run, server: SiteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAPADVISE_URL", server.base)
    monkeypatch.setenv("HAPADVISE_DB", "c.db")

    assert run("refresh", "--from-scratch", "--rate", "0", "--quiet").status == 0


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.haproxy.org/", "https://www.haproxy.org/"),
        ("https://www.haproxy.org", "https://www.haproxy.org/"),
        ("http://www.haproxy.org/bugs/", "http://www.haproxy.org/"),
        ("http://www.haproxy.org/bugs", "http://www.haproxy.org/"),
        ("http://mirror.example/haproxy/", "http://mirror.example/haproxy/"),
        ("www.haproxy.org", "https://www.haproxy.org/"),
    ],
)
def test_the_address_of_the_list_of_bugs_will_do_as_well(url: str, site: str) -> None:
    assert site_of(url) == site


def test_who_asks_is_told_to_the_server(refresh: Run, server: SiteServer) -> None:
    refresh()

    assert {seen.headers["User-Agent"].partition("/")[0] for seen in server.seen} == {"hapadvise"}


def test_the_rate_is_kept(refresh: Run) -> None:
    started = datetime.datetime.now(datetime.UTC)
    refresh("--rate", "40")

    assert datetime.datetime.now(datetime.UTC) - started >= datetime.timedelta(seconds=4 / 40)


def test_what_a_site_says_cannot_draw_on_the_terminal(refresh: Run, server: SiteServer) -> None:
    row = Row("9" * 9, YESTERDAY, "BUG/MEDIUM: pot: \x1b[2J\x9b a memory leak", "")
    server.site = HEALTHY.having(LIVELY._replace(rows=(*LIVELY.rows, row)))
    done = refresh()

    assert done.status == 0
    assert "BUG/MEDIUM: pot: ?[2J? a memory leak" in done.out
    assert not {"\x1b", "\x9b"} & {*done.out}


def test_reports_use_what_was_refreshed(run: Run, refresh: Run) -> None:
    refresh()
    done = run("--db", "c.db", "2.4.1")

    assert done.status == 1
    assert "fix a memory leak" in done.out
    assert f"as of {TODAY}" in " ".join(done.out.split())


# The progress


@contextlib.contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Standard error is a terminal meanwhile; what is drawn on it."""
    ours, theirs = pty.openpty()
    drawn: list[bytes] = []

    def read() -> None:
        with contextlib.suppress(OSError):  # the other end is closed
            while part := os.read(ours, 65536):
                drawn.append(part)

    reader = threading.Thread(target=read)
    reader.start()
    with monkeypatch.context() as patch, os.fdopen(theirs, "w") as stderr:
        patch.setattr(sys, "stderr", stderr)
        yield drawn
    reader.join()
    os.close(ours)


def test_a_terminal_is_shown_what_is_read(refresh: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as drawn:
        done = refresh()
    text = b"".join(drawn).decode()

    assert done.status == 0
    assert done.out.startswith("complete: c.db")
    for page in ("bugs/bugs-2.4.html", "bugs/bugs-2.4.0.html", "download/2.4/src/CHANGELOG"):
        assert page in text
    assert "100%" in text
    assert text.endswith("\n")


def test_a_terminal_is_shown_what_is_waited_for(
    refresh: Run, server: SiteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.faults["/bugs/bugs-2.4.1.html"] = "missing"
    server.site = HEALTHY.having(SITE.lines[2])
    with terminal(monkeypatch) as drawn:
        done = refresh()

    assert done.status == 1
    assert "bugs/bugs-2.4.1.html" in b"".join(drawn).decode()


@pytest.mark.parametrize("quiet", [("--quiet",), ("-q",)])
def test_a_quiet_refresh_draws_nothing(
    refresh: Run, monkeypatch: pytest.MonkeyPatch, quiet: tuple[str, ...]
) -> None:
    with terminal(monkeypatch) as drawn:
        done = refresh(*quiet)

    assert (done, drawn) == (Done(0, "", ""), [])


def test_a_failure_on_a_terminal_has_a_line_of_its_own(
    refresh: Run, server: SiteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.faults["/bugs/bugs-2.4.html"] = "missing"
    with terminal(monkeypatch) as drawn:
        done = refresh()
    last, rest = b"".join(drawn).decode().splitlines()[-2:], done.out

    assert (done.status, rest) == (2, "")
    assert last[1].startswith("hapadvise: no branch could be read: branch 2.4 keeps what it had")


def test_a_closed_standard_error_changes_nothing(
    refresh: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)

    assert refresh().status == 0


# import-changelog


def test_a_changelog_of_a_distribution_is_read(run: Run) -> None:
    text = f"{TODAY:%Y/%m/%d} : 2.2.99\n    - BUG/MINOR: kettle: a new one\n\n"
    text += changelog(SITE.lines[1])
    Path("changelog.gz").write_bytes(gzip.compress(text.encode()))
    done = run("import-changelog", "--db", "c.db", "changelog.gz")
    status = json.loads(run("status", "--db", "c.db", "--format", "json").out)

    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("complete: c.db, branch 2.2\n")
    assert "new releases: 2.2.99" in done.out
    assert "only 'hapadvise refresh' brings them" in " ".join(done.out.split())
    assert [(row["command"], row["origin"], row["outcome"]) for row in status["runs"]] == [
        ("import-changelog", "changelog.gz", "complete")
    ]


def test_a_changelog_may_come_through_a_pipe_in_silence(run: Run) -> None:
    reading, writing = os.pipe()
    packed = gzip.compress(changelog(SITE.lines[1]).encode())
    os.write(writing, packed)
    os.close(writing)
    done = run("import-changelog", "--quiet", "--db", "c.db", f"/dev/fd/{reading}")
    os.close(reading)

    assert done == Done(0, "", "")
    assert Path("c.db").exists()


def test_a_file_that_is_no_changelog_gets_one_line(run: Run) -> None:
    packed = gzip.compress(changelog(SITE.lines[1]).encode() * 50)
    Path("folder").mkdir()
    Path("cut.gz").write_bytes(packed[: len(packed) // 2])
    Path("damaged.gz").write_bytes(packed[:20] + b"\xff" * 20 + packed[40:])
    Path("wrong.gz").write_bytes(packed[:-8] + b"\0" * 8)
    Path("head.gz").write_bytes(b"\x1f\x8b")
    Path("empty").touch()
    Path("prose").write_text("The kettle leaks.\n")
    Path("cut").write_text("2021/05/01 : 2.2.1\n    - BUG: half a li")
    Path("binary").write_bytes(b"\x7fELF\x02\x01\x01\0\0\0")
    Path("bomb.gz").write_bytes(gzip.compress(bytes(LARGEST_CHANGELOG + 1), 1))
    for name, what in {
        "absent": "absent: cannot be read (No such file or directory); pass HAProxy's CHANGELOG",
        "folder": "folder: cannot be read (Is a directory); pass HAProxy's CHANGELOG",
        "null\0byte": "null?byte: cannot be read (embedded null byte); pass HAProxy's CHANGELOG",
        "cut.gz": "cut.gz: cannot be read (Compressed file ended before the end-of-stream marker",
        "damaged.gz": "damaged.gz: cannot be read (Error -3 while decompressing data",
        "wrong.gz": "wrong.gz: cannot be read (CRC check failed",
        "head.gz": "head.gz: cannot be read (Compressed file ended before",
        "empty": "empty: it is empty or its last line is cut off",
        "prose": "prose: no release is in it; this is no CHANGELOG of HAProxy",
        "cut": "cut: it is empty or its last line is cut off",
        "binary": "binary: it is empty or its last line is cut off",
        "bomb.gz": "bomb.gz: is larger than 32 MiB; pass HAProxy's CHANGELOG",
    }.items():
        done = run("import-changelog", "--db", "c.db", name)

        assert (done.status, done.out, done.err.count("\n")) == (2, "", 1), done.err
        assert done.err.startswith(f"hapadvise: {what}")
    assert not Path("c.db").exists()


def test_a_changelog_of_an_unknown_branch_gets_one_line(run: Run) -> None:
    Path("CHANGELOG").write_text("2021/05/01 : 9.9.9\n    - BUG: kettle: cool it\n")
    done = run("import-changelog", "--db", "c.db", "CHANGELOG")

    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert "9.9.9, is of a branch that the catalogue does not know" in done.err
    assert not Path("c.db").exists()


# status


def test_a_catalogue_that_is_well_gives_status_0(run: Run, refresh: Run) -> None:
    refresh()
    done = run("status", "--db", "c.db")

    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("catalogue  c.db\n")
    assert f"data       as of {TODAY}, 0 days old\n" in done.out


def test_a_catalogue_that_is_too_old_gives_status_1(run: Run, catalogue_path: Path) -> None:
    done = run("status", "--db", catalogue_path, "--max-age", "3")

    assert done.status == 1
    assert "days old (more than 3); run 'hapadvise refresh'" in done.out


def test_without_a_catalogue_the_status_is_3(run: Run) -> None:
    done = run("status", "--db", "absent.db")

    assert (done.status, done.out, done.err.count("\n")) == (3, "", 1)


def test_programs_get_the_same_as_json(run: Run, refresh: Run) -> None:
    refresh()
    done = run("status", "--db", "c.db", "--format", "json")
    status = json.loads(done.out)

    assert done.status == 0
    assert (status["healthy"], status["data_as_of"], status["age_days"]) == (True, str(TODAY), 0)
    assert [row["branch"] for row in status["branches"]] == ["2.4"]


def test_metrics_are_left_in_a_file(run: Run, refresh: Run) -> None:
    refresh()
    arguments = ("status", "--db", "c.db", "--format", "prometheus")
    printed = run(*arguments)
    done = run(*arguments, "--output", "hapadvise.prom")

    assert done == Done(0, "", "")
    assert Path("hapadvise.prom").read_text() == printed.out
    assert "hapadvise_catalogue_problems 0\n" in printed.out
    assert {path.name for path in Path().iterdir()} == {"c.db", "c.db.lock", "hapadvise.prom"}


def test_the_verdict_stands_where_the_status_goes_to_a_file(run: Run, catalogue_path: Path) -> None:
    assert run("status", "--db", catalogue_path, "--output", "status.txt") == Done(1, "", "")


@pytest.mark.parametrize("name", ["folder", "absent/status.txt", "null\0byte", ""])
def test_a_file_that_cannot_be_written_gets_one_line(
    run: Run, catalogue_path: Path, name: str
) -> None:
    Path("folder").mkdir()
    done = run("status", "--db", catalogue_path, "--output", name)

    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert ": cannot be written (" in done.err
    assert {path.name for path in Path().iterdir()} == {"folder"}


# Without the extra libraries


@pytest.mark.parametrize(
    ("library", "module"), [("requests", "fetch"), ("bs4", "pages"), ("sqlite_utils", "store")]
)
@pytest.mark.parametrize("arguments", [("refresh",), ("import-changelog", "absent")])
def test_what_is_not_installed_is_named_with_what_to_type(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    library: str,
    module: str,
    arguments: tuple[str, ...],
) -> None:
    for name in ("job", module):  # to be imported once more
        importlib.import_module(f"advisory.{name}")
        monkeypatch.delitem(sys.modules, f"advisory.{name}")
    monkeypatch.setitem(sys.modules, library, None)
    done = run(*arguments, "--db", "c.db")

    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(
        f"hapadvise: {library} is not installed; type: pip install 'hapadvise[refresh]'"
    )


def test_the_status_needs_no_extra_library(catalogue_path: Path) -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(sys.argv.pop(1).split()));"
        "from advisory.cli import main; main(sys.argv[1:])"
    )
    libraries = "requests urllib3 bs4 sqlite_utils"
    done = subprocess.run(
        [sys.executable, "-c", code, libraries, "status", "--db", str(catalogue_path)],
        text=True,
        capture_output=True,
        check=False,
        cwd=Path(__file__).parent.parent,
    )

    assert (done.returncode, done.stderr) == (1, "")
