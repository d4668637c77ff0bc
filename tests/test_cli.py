"""The command as it is typed: what it prints where, and the status that it exits with."""

from __future__ import annotations

import io
import json
import os
import runpy
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.shell_completion import ShellComplete

from advisory import __version__
from advisory.cli import cli, main
from advisory.formats.registry import FORMATS
from advisory.inputs import LARGEST_INPUT

SAMPLES = Path(__file__).parent / "data" / "vv"
SAMPLE = SAMPLES / "2.2.4.txt"
DATA_AS_OF = "2026-06-26"


class Done(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    catalogue_path: Path,
    tmp_path: Path,
) -> Run:
    """Run the command with the real catalogue, in a folder and home of its own."""
    monkeypatch.setenv("HAPADVISE_DB", str(catalogue_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object, stdin: bytes | None = None) -> Done:
        monkeypatch.setattr(sys, "stdin", Stdin(stdin))
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert isinstance(exit_.value.code, int)
        return Done(exit_.value.code, out, err)

    return call


class Stdin:
    """Standard input that holds bytes, or is a terminal (None)."""

    def __init__(self, data: bytes | None) -> None:
        self.buffer = io.BytesIO(data or b"")
        self.terminal = data is None

    def isatty(self) -> bool:
        return self.terminal


def report_of(done: Done) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(done.out)
    return value


def test_a_file_is_reported_on_and_findings_give_status_1(run: Run) -> None:
    done = run(SAMPLE)

    assert done.status == 1
    assert done.err == ""
    assert done.out.startswith("HAProxy 2.2.4-de456726d\n")
    assert "2.2.4 is affected by 714 known bugs (" in done.out
    assert f"as of {DATA_AS_OF}; the newest 2.2 release is 2.2.34." in " ".join(done.out.split())


def test_the_tasklet_leak_comes_first_for_2_2_4(run: Run) -> None:
    first = report_of(run("--format", "json", SAMPLE))["findings"][0]

    assert (first["commit"], first["fixed_in"], first["subsystem"]) == (
        "827b4fc10101",
        "2.2.5",
        "mux-pt",
    )


def test_a_fix_that_was_taken_back_is_not_offered_as_a_cure(run: Run) -> None:
    taken_back = {}
    for version in ("2.4.33", "2.4.34", "2.4.35"):
        report = report_of(run("--format", "json", "--all", version))
        taken_back[version] = [
            (item["fixed_in"], item["fix_state"], item["relevance"]["reasons"][0].split(" (")[0])
            for item in report["findings"]
            if item["commit"] == "09f0127f3244"
        ]

    assert taken_back == {
        "2.4.33": [(None, "reverted", "its fix was taken back in 2.4.35")],
        "2.4.34": [(None, "reverted", "2.4.34 holds the fix, but 2.4.35 took it back")],
        "2.4.35": [(None, "reverted", "its fix was taken back in 2.4.35")],
    }


@pytest.mark.parametrize("arguments", [(), ("-",), ("advise",), ("advise", "-")])
def test_standard_input_is_read_when_nothing_else_is_named(
    run: Run, arguments: tuple[str, ...]
) -> None:
    done = run(*arguments, stdin=SAMPLE.read_bytes())

    assert done.status == 1
    assert "read from standard input" in done.out


def test_a_terminal_as_standard_input_gets_a_hint(run: Run) -> None:
    done = run()

    assert (done.status, done.out) == (2, "")
    assert "haproxy -vv | hapadvise" in done.err


def test_a_bare_version_stands_for_a_file(run: Run) -> None:
    assert report_of(run("--format", "json", "2.2.4"))["target"]["source"] == "the command line"


def test_a_file_with_the_name_of_a_version_is_read_as_a_file(run: Run) -> None:
    Path("2.2.4").write_bytes((SAMPLES / "2.4.35.txt").read_bytes())

    assert report_of(run("--format", "json", "2.2.4"))["target"]["version"] == "2.4.35"


def test_several_builds_give_an_array_in_their_order(run: Run) -> None:
    done = run("--format", "json", SAMPLE, "2.2.5", "9.9.9")

    versions = [report["target"]["version"] for report in json.loads(done.out)]
    assert versions == ["2.2.4", "2.2.5", "9.9.9"]
    assert done.status == 3


# (arguments, status, what standard error says)
UNUSABLE: list[tuple[tuple[str, ...], int, str]] = [
    (("absent.txt",), 2, "hapadvise: absent.txt: there is no such file, and it is no version"),
    (("folder",), 2, "hapadvise: folder: is a directory; name the files in it"),
    (("empty",), 2, "hapadvise: empty: is empty; pass the output of 'haproxy -vv'"),
    (("blank",), 2, "hapadvise: blank: is empty; pass the output of 'haproxy -vv'"),
    (("binary",), 2, "hapadvise: binary: is binary, not text;"),
    (("huge",), 2, "hapadvise: huge: is larger than 16 MiB;"),
    (("prose",), 2, "hapadvise: prose: names no version of HAProxy;"),
    (("nul\0name",), 2, "hapadvise: nul?name: cannot be read (embedded null byte)"),
    (("x" * 5000,), 2, "cannot be read (File name too long)"),
    (("--kind", "leak", "2.2.4"), 2, "hapadvise: Invalid value for '--kind': 'leak' is not one of"),
    (("--all", "--kind", "crash", "2.2.4"), 2, "hapadvise: --all and --kind exclude each other"),
    (("--as-of", "yesterday", "2.2.4"), 2, "hapadvise: --as-of yesterday: no day of the form"),
    (("--max-age", "-1", "2.2.4"), 2, "hapadvise: Invalid value for '--max-age'"),
    (("--nonsense",), 2, "hapadvise: No such option"),
    (("--db", "absent.db", "2.2.4"), 3, "hapadvise: absent.db: there is no catalogue;"),
    (("--db", "prose", "2.2.4"), 3, "hapadvise: prose: the catalogue is damaged"),
    (("--db", "empty", "2.2.4"), 3, "hapadvise: empty: the catalogue is damaged"),
    (("--db", "newer.db", "2.2.4"), 3, "is newer than this hapadvise reads"),
]


@pytest.mark.parametrize(("arguments", "status", "message"), UNUSABLE)
def test_what_cannot_be_used_gets_one_line(
    run: Run, arguments: tuple[str, ...], status: int, message: str
) -> None:
    Path("folder").mkdir()
    Path("empty").touch()
    Path("blank").write_text(" \n\t\n")
    Path("binary").write_bytes(b"\x7fELF\x02\x01\x01\0\0\0")
    Path("huge").write_bytes(b"x" * (LARGEST_INPUT + 1))
    Path("prose").write_text("The balancer eats memory, and nobody knows why.\n" * 100)
    with sqlite3.connect("newer.db") as db:
        db.execute("pragma user_version = 99")
    db.close()

    done = run(*arguments)

    assert (done.status, done.out) == (status, "")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_a_file_that_may_not_be_read_gets_one_line(run: Run) -> None:
    if os.geteuid() == 0:
        pytest.skip("the superuser may read every file")
    Path("secret").write_text("HAProxy version 2.2.4")
    Path("secret").chmod(0)

    assert run("secret").err == "hapadvise: secret: cannot be read (Permission denied)\n"


def test_one_bad_input_does_not_hide_the_others(run: Run) -> None:
    done = run("absent.txt", SAMPLE)

    assert done.status == 2
    assert "HAProxy 2.2.4" in done.out
    assert done.err.startswith("hapadvise: absent.txt: ")


# (arguments, status)
STATUSES: list[tuple[tuple[str, ...], int]] = [
    (("--as-of", DATA_AS_OF, "3.4.1"), 0),  # the newest release, on the day of the data
    (("3.4.1",), 3),  # the same, with data that is too old to tell
    (("--max-age", "100000", "3.4.1"), 0),
    (("--as-of", DATA_AS_OF, "3.4.0"), 1),
    (("--as-of", DATA_AS_OF, "--kind", "fd-leak", "3.4.0"), 0),  # none of what was asked for
    # the last release of a branch that is no longer maintained: its page lists nothing, but it
    # has what was never fixed in it
    (("--as-of", DATA_AS_OF, "--kind", "crash", "2.9.15"), 1),
    (("--as-of", DATA_AS_OF, "1.8.31"), 1),
    (("--as-of", DATA_AS_OF, "--kind", "race", "1.8.31"), 3),
    # its page lists no bug, but a fix in it was taken back
    (("--as-of", "2025-03-25", "2.9.15"), 1),
    (("9.9.9",), 3),
    (("3.5-dev1",), 3),
    (("2.2.99",), 3),
    (("2.2.0-1.0.0-238.455",), 3),
    (("--as-of", "2020-10-15", "2.2.5"), 3),  # not released yet on that day
    (("--help",), 0),
    (("advise", "--help"), 0),
    (("--version",), 0),
]


@pytest.mark.parametrize(("arguments", "status"), STATUSES)
def test_the_status_tells_found_nothing_found_and_cannot_tell_apart(
    run: Run, arguments: tuple[str, ...], status: int
) -> None:
    assert run(*arguments).status == status


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("2.2.4",), 3, True),  # the data is of an earlier day
        (("--max-age", "100000", "2.2.4"), 1, False),
        (("--as-of", DATA_AS_OF, "2.2.4"), 1, False),
        # whatever else there is to say
        (("2.2.4", "absent.txt"), 2, True),
        (("9.9.9",), 3, True),
    ],
)
def test_old_data_can_be_refused(
    run: Run, arguments: tuple[str, ...], status: int, told: bool
) -> None:
    done = run("--require-fresh", *arguments)

    words = "the data is too old, and --require-fresh was given; run 'hapadvise refresh'"
    assert done.status == status
    assert (words in done.err) is told
    assert done.out != ""


def test_a_release_that_has_not_been_out_for_long_is_not_recommended(run: Run) -> None:
    def recommended(*arguments: str) -> str | None:
        report = report_of(run("--format", "json", "--as-of", DATA_AS_OF, *arguments, "3.2.13"))
        found = report["recommendation"]["recommended"]
        return found and str(found["version"])

    assert (recommended(), recommended("--settle", "0")) == (None, "3.2.20")


def test_what_the_branch_never_got_is_in_the_report(run: Run) -> None:
    report = report_of(run("--format", "json", "--as-of", DATA_AS_OF, "2.9.15"))

    assert report["summary"]["known_bugs"] == 0
    assert report["summary"]["never_fixed"]["proven"] == 284
    assert report["recommendation"]["elsewhere"]["branch"] == "3.0"
    assert "\nNever fixed in 2.9\n" in run("--as-of", DATA_AS_OF, "2.9.15").out


def test_what_a_package_has_patches_for_is_not_listed(run: Run) -> None:
    Path("patches").mkdir()
    Path("patches", "series").write_text("tasklet.patch\n")
    Path("patches", "tasklet.patch").write_text(
        "Description: keep no tasklet\n"
        "Origin: upstream, https://git.haproxy.org/?p=haproxy-2.2.git;a=commit;h=827b4fc10101\n"
        "---\n--- a/src/mux_pt.c\n+++ b/src/mux_pt.c\n"
    )
    Path("changelog").write_text(
        "haproxy (2.2.4-1+deb12u1) bookworm; urgency=medium\n\n"
        "  * 827b4fc10101 BUG/MEDIUM: keep no tasklet\n\n"
        " -- A Maintainer <maintainer@example.org>  Fri, 01 Jan 2021 00:00:00 +0000\n"
    )

    listed = {
        option: [
            (finding["commit"], finding["relevance"]["reasons"])
            for finding in report_of(run("--format", "json", *option, "2.2.4-1+deb12u1"))[
                "not_affected"
            ]
            if finding["commit"] == "827b4fc10101"
        ]
        for option in ((), ("--patches", "patches"), ("--debian-changelog", "changelog"))
    }

    assert listed[()] == []
    for option in (("--patches", "patches"), ("--debian-changelog", "changelog")):
        ((commit, reasons),) = listed[option]
        assert commit == "827b4fc10101"
        assert reasons[0].startswith("the package has it: ")


def test_patches_are_those_of_one_build(run: Run) -> None:
    Path("patches").mkdir()
    Path("patches", "series").write_text("")

    done = run("--patches", "patches", "2.2.4", "2.2.5")

    assert (done.status, done.out) == (2, "")
    assert "patches belong to one build; pass one at a time" in done.err


def test_the_version_is_the_packages(run: Run) -> None:
    assert run("--version").out == f"hapadvise {__version__}\n"


def test_a_damaged_refreshed_catalogue_is_passed_over_with_a_word(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAPADVISE_DB", "")
    mine = tmp_path / ".local" / "share" / "hapadvise" / "catalogue.db"
    mine.parent.mkdir(parents=True)
    mine.write_text("no database")

    done = run("2.2.4")

    assert done.status == 1
    assert "the bundled catalogue is used" in done.err


def test_without_a_home_the_bundled_catalogue_answers(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAPADVISE_DB", "")
    monkeypatch.delenv("HOME")

    assert run("2.2.4").status == 1


@pytest.mark.parametrize(("columns", "widest"), [("60", 60), ("100", 100), ("0", 80), ("x", 80)])
def test_no_line_is_wider_than_the_terminal_but_a_link(
    run: Run, monkeypatch: pytest.MonkeyPatch, columns: str, widest: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    lines = run(SAMPLE).out.splitlines()

    assert max(len(line) for line in lines if "https://" not in line) <= widest


def test_text_in_utf_16_is_read(run: Run) -> None:
    Path("vv.txt").write_text(SAMPLE.read_text(), encoding="utf-16")

    assert "HAProxy 2.2.4" in run("vv.txt").out


def test_a_crash_is_told_in_one_line_and_is_no_finding(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def isatty(self) -> bool:
            return False

    monkeypatch.setattr(sys, "stdin", Broken())
    with pytest.raises(SystemExit) as exit_:
        main([])

    assert exit_.value.code == 2
    assert capsys.readouterr().err.startswith("hapadvise: internal error: AttributeError: ")


def test_a_closed_standard_input_gets_the_hint(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit) as exit_:
        main([])

    assert exit_.value.code == 2
    assert "haproxy -vv | hapadvise" in capsys.readouterr().err


def test_a_closed_standard_output_changes_no_verdict(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "")
    monkeypatch.setattr(sys, "stdout", None)
    done = run("2.2.4")

    assert done == Done(1, "", "")


def test_a_full_disk_is_told_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        done = run("2.2.4")
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())

    assert done == Done(
        2, "", "hapadvise: standard output: cannot be written (No space left on device)\n"
    )


def test_severity_alone_lists_bugs_of_every_kind(run: Run) -> None:
    severe = report_of(run("--format", "json", "--severity", "critical", "2.2.4"))["findings"]
    leaks = report_of(
        run("--format", "json", "--severity", "medium", "--kind", "memory-leak", "2.2.4")
    )["findings"]

    assert [item["severity"] for item in severe] == ["critical"]
    assert {(item["kind"], item["severity"]) for item in leaks} == {("memory-leak", "medium")}


def test_several_inputs_give_an_array_whatever_can_be_read(run: Run) -> None:
    done = run("--format", "json", SAMPLE, "absent.txt")

    assert [report["target"]["version"] for report in json.loads(done.out)] == ["2.2.4"]
    assert done.status == 2


def test_an_interrupt_is_no_finding(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Stdin):
        def isatty(self) -> bool:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Interrupted(None))
    with pytest.raises(SystemExit) as exit_:
        main([])

    assert exit_.value.code == 2
    assert capsys.readouterr().err.endswith("hapadvise: interrupted\n")


def test_control_characters_never_reach_the_terminal(run: Run) -> None:
    Path("evil\x1b[2Jname").write_bytes(b"HAProxy version 2.2.4\x1b[31m 2020/09/30\x07\x9b\n")

    done = run("evil\x1b[2Jname", "absent\x1b[2J")

    assert "\x1b" not in done.out + done.err
    assert "\x07" not in done.out


def command(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "advisory", *arguments],
        text=True,
        capture_output=True,
        check=False,
        **options,
    )


def test_the_installed_command_is_the_module(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (script,) = entry_points(group="console_scripts", name="hapadvise")
    monkeypatch.setattr(sys, "argv", ["hapadvise", "--version"])
    monkeypatch.setattr(os, "_exit", sys.exit)
    monkeypatch.delitem(sys.modules, "advisory.__main__", raising=False)
    for start in (
        lambda: runpy.run_module("advisory", run_name="__main__"),
        lambda: script.load()(),
    ):
        with pytest.raises(SystemExit) as exit_:
            start()

        assert (exit_.value.code, capsys.readouterr().out) == (0, f"hapadvise {__version__}\n")


def test_the_command_starts_from_anywhere_and_writes_nothing(tmp_path: Path) -> None:
    done = command("2.2.4", cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)})

    assert (done.returncode, done.stderr) == (1, "")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_leaves_early_changes_no_verdict(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        done = run("--all", "2.0.0")

    assert done == Done(1, "", "")


def test_colours_are_for_terminals_only() -> None:
    script = (
        "import pty, sys; sys.exit(pty.spawn([sys.executable, '-m', 'advisory', '2.2.4']) >> 8)"
    )
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    environment.pop("NO_COLOR", None)

    def coloured(**more: str) -> bool:
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        assert b"2.2.4" in done.stdout
        return b"\x1b[" in done.stdout

    assert (coloured(), coloured(NO_COLOR="1"), coloured(TERM="dumb")) == (True, False, False)
    assert "\x1b[" not in command("2.2.4").stdout


def test_an_issue_shows_the_fix_in_every_branch(run: Run) -> None:
    done = run("show", "935")

    assert done.status == 0
    fixed = {line.split()[0]: line.split()[3] for line in done.out.splitlines() if line[:2] == "2."}
    assert fixed == {"2.0": "2.0.19", "2.1": "2.1.10", "2.2": "2.2.5"}


@pytest.mark.parametrize(
    "name", ["935", "#935", "5a7ca29061db", "5A7CA2", "827b4fc10", "827b4fc10101847da0953a556120"]
)
def test_a_bug_goes_by_its_issue_its_id_and_each_of_its_commits(run: Run, name: str) -> None:
    assert run("show", name).out.startswith("5a7ca29061db  MEDIUM  mux-pt\n")


# (arguments, status, what standard error says)
UNKNOWN: list[tuple[tuple[str, ...], int, str]] = [
    (("show", "99999"), 3, "hapadvise: 99999: the catalogue knows no such bug, fix or issue"),
    (("show", "ffffffffffff"), 3, "hapadvise: ffffffffffff: the catalogue knows no such bug"),
    (("show", "leak"), 2, "hapadvise: leak: name a bug by six hex digits or more"),
    (("show", "abc12"), 2, "hapadvise: abc12: name a bug by six hex digits or more"),
    (("show",), 2, "hapadvise: Missing argument 'BUG|COMMIT|ISSUE'"),
    (("search",), 2, "hapadvise: Missing argument 'WORDS...'"),
    (("contains", "935", "soup"), 2, "names no version of HAProxy"),
    (("show", "--db", "absent.db", "935"), 3, "hapadvise: absent.db: there is no catalogue"),
]


@pytest.mark.parametrize(("arguments", "status", "message"), UNKNOWN)
def test_what_cannot_be_looked_up_gets_one_line(
    run: Run, arguments: tuple[str, ...], status: int, message: str
) -> None:
    done = run(*arguments)

    assert (done.status, done.out) == (status, "")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_a_search_lists_the_bugs_that_hold_every_word(run: Run) -> None:
    found = run("search", "tasklet", "passthrough")
    nothing = run("search", "no such thing \" '")

    assert found.status == 0
    assert found.out.startswith("5a7ca29061db  memory-leak    mux-pt: One tasklet of the ")
    assert nothing == Done(1, "", "")


@pytest.mark.parametrize(
    ("fix", "version", "status"),
    [
        ("935", "2.2.4", 1),
        ("935", "2.2.5", 0),
        ("827b4fc10", "2.1.10", 0),
        ("935", "2.4.0", 3),  # no fix in this branch: it may have it from the start
        ("935", "9.9.9", 3),
    ],
)
def test_contains_tells_by_its_status(run: Run, fix: str, version: str, status: int) -> None:
    done = run("contains", fix, version)

    assert (done.status, done.err) == (status, "")
    assert done.out.startswith(version)


# Forms, and what is left out or to fail


@pytest.mark.parametrize("form", list(FORMATS))
def test_every_form_is_printed(run: Run, form: str) -> None:
    done = run("--as-of", DATA_AS_OF, "--format", form, "2.2.4")

    assert (done.status, done.err) == (1, "")
    assert "2.2.4" in done.out


def test_a_plugin_has_statuses_of_its_own(run: Run) -> None:
    assert run("--as-of", DATA_AS_OF, "--format", "nagios", "9.9.9").status == 3


@pytest.mark.parametrize(
    ("term", "status"),
    [("severity:critical", 0), ("severity:medium", 1), ("kind:memory-leak", 1), ("fixable", 1)],
)
def test_what_is_to_fail_can_be_chosen(run: Run, term: str, status: int) -> None:
    done = run("--as-of", "2021-05-20", "--fail-on", term, "2.2.4")

    assert (done.status, done.err) == (status, "")


def test_what_a_baseline_lists_is_not_listed_again(run: Run, tmp_path: Path) -> None:
    older = run("--as-of", "2020-11-20", "--format", "json", "2.2.4")
    (tmp_path / "older.json").write_text(older.out)
    done = run("--as-of", "2021-05-20", "--baseline", "older.json", "--format", "json", "2.2.4")
    known = {finding["id"] for finding in json.loads(older.out)["findings"]}
    listed = {finding["id"] for finding in json.loads(done.out)["findings"]}

    assert done.status == 1
    assert known
    assert listed
    assert not known & listed


def test_the_baseline_of_another_build_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "older.json").write_text(run("--format", "json", "2.4.10").out)
    done = run("--as-of", "2021-05-20", "--baseline", "older.json", "2.2.4")

    assert "2.4.10" in done.err


def test_a_bug_can_be_ignored_and_the_report_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "hapadvise.toml").write_text(
        '[[ignore]]\nbug = "5a7ca29061db"\nreason = "we run no tcp frontend"\n'
        '[[ignore]]\nbug = "000000000000"\nreason = "of no use"\n'
    )
    done = run("--as-of", DATA_AS_OF, "2.2.4")

    assert "  5a7ca29061db" not in done.out
    assert "we run no tcp frontend" in " ".join(done.out.split())
    assert "000000000000" in done.err


@pytest.mark.parametrize(
    ("words", "incomplete", "offered"),
    [
        ([], "re", "refresh"),
        ([], "", "plan"),
        ([], "--fo", "--format"),  # of advise, which need not be named
        (["refresh"], "--ra", "--rate"),
        (["2.2.4"], "--fo", "--format"),
        (["--format"], "sa", "sarif"),
    ],
)
def test_commands_and_options_are_completed(
    words: list[str], incomplete: str, offered: str
) -> None:
    shell = ShellComplete(cli, {}, "hapadvise", "_HAPADVISE_COMPLETE")

    assert offered in [item.value for item in shell.get_completions(words, incomplete)]


def test_a_report_is_written_whole_or_not_at_all(run: Run, tmp_path: Path) -> None:
    shown = run("--as-of", DATA_AS_OF, "--format", "prometheus", "2.2.4").out
    (tmp_path / "lb1.prom").write_text("older")
    done = run("--as-of", DATA_AS_OF, "--format", "prometheus", "--output", "lb1.prom", "2.2.4")

    assert (done.status, done.out, done.err) == (1, "", "")
    assert (tmp_path / "lb1.prom").read_text() == shown
    assert [path.name for path in tmp_path.iterdir()] == ["lb1.prom"]


def test_a_report_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    done = run("--output", "folder", "2.2.4")

    assert done.status == 2
    assert done.err.startswith("hapadvise: folder: cannot be written (")
