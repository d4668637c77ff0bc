"""The command ``fleet`` as it is typed: what it prints where, and the status that it exits with."""

from __future__ import annotations

import datetime
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click
import jsonschema
import pytest

from advisory.console import tell
from advisory.errors import AdvisoryError
from advisory.fleets import fleet_command, standard_input
from tests.test_hosts import SAMPLES, leaking_host

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "advisory" / "report.schema.json").read_text(encoding="utf-8"))
AS_OF = ("--as-of", "2026-06-26")
LEAK = "827b4fc10101"


class Done(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Done]


class Stdin:
    """Standard input that holds bytes, or is a terminal (None)."""

    def __init__(self, data: bytes | None) -> None:
        self.buffer = io.BytesIO(data or b"")
        self.terminal = data is None

    def isatty(self) -> bool:
        return self.terminal


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
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object, stdin: bytes | None = None) -> Done:
        monkeypatch.setattr(sys, "stdin", Stdin(stdin))
        status: object = 0
        try:
            fleet_command.main([str(argument) for argument in arguments], standalone_mode=False)
        except SystemExit as exit_:
            status = exit_.code
        except click.ClickException as error:
            tell(error.format_message())
            status = 2
        except AdvisoryError as error:
            tell(error)
            status = error.exit_status
        out, err = capsys.readouterr()
        assert isinstance(status, int)
        return Done(status, out, err)

    return call


def lines(*hosts: tuple[str, str]) -> bytes:
    return "".join(json.dumps({"target": name, "vv": vv}) + "\n" for name, vv in hosts).encode()


def with_kernel(name: str, number: int) -> str:
    return SAMPLES[name].replace("6.18.44 #1", f"6.1.{number} #{number}")


def test_a_stream_of_hosts_gives_one_summary(run: Run) -> None:
    hosts = [(f"lb{number}", with_kernel("2.2.4.txt", number)) for number in range(5)]
    done = run(*AS_OF, stdin=lines(*hosts, ("lb9", SAMPLES["3.4.1.txt"])))

    assert (done.status, done.err) == (1, "")
    assert done.out.startswith("6 hosts: 5 affected, 1 not affected\n")
    assert "        5  2.2.4  affected, 29 listed" in done.out
    assert "lb0, lb1, lb2, ...\n" in done.out
    assert "Bugs (memory-leak) by the hosts that have them, the worst first\n" in done.out
    assert "  2.2   to 2.2.34: 5 of 5 hosts move, 145 of 145 bugs on hosts are cured" in done.out


def test_files_folders_and_versions_are_hosts(run: Run, tmp_path: Path) -> None:
    (tmp_path / "all" / "rack").mkdir(parents=True)
    (tmp_path / "all" / "lb1").write_text(SAMPLES["2.2.4.txt"])
    (tmp_path / "all" / "rack" / "lb2.jsonl").write_bytes(lines(("lb2", "2.2.5"), ("lb3", "2.2.5")))
    done = run("--format", "json", *AS_OF, "all", "2.2.9")
    found = json.loads(done.out)

    assert (done.status, done.err) == (1, "")
    assert [(row["version"], row["examples"]) for row in found["versions"]] == [
        ("2.2.4", ["all/lb1"]),
        ("2.2.5", ["lb2", "lb3"]),
        ("2.2.9", ["the command line"]),
    ]
    assert (found["hosts"], found["unread"], found["kinds"]) == (4, 0, ["memory-leak"])


def test_one_bad_line_is_told_of_and_the_rest_is_judged(run: Run) -> None:
    good = lines(("lb1", "2.2.4"))
    done = run(*AS_OF, stdin=good + b'{"vv"}\n' + lines(("lb2", "no version")) + good)

    assert done.status == 2
    assert done.out.startswith("2 hosts: 2 affected\n! 2 more hosts could not be read\n")
    first, second = done.err.splitlines()
    assert first.startswith("hapadvise: standard input, line 2: is no JSON (JSONDecodeError); a ")
    assert second.startswith("hapadvise: standard input, line 3: lb2: names no version of HAProxy")


def test_a_file_that_cannot_be_read_is_told_of(run: Run) -> None:
    done = run(*AS_OF, "absent", "2.2.4")

    assert done.status == 2
    assert done.err.startswith("hapadvise: absent: there is no such file")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("stdin", [b"", b"\n\n"])
def test_no_host_at_all_is_an_error(run: Run, stdin: bytes) -> None:
    assert run(stdin=stdin) == (
        2,
        "0 hosts\n! 1 more host could not be read\n",
        "hapadvise: standard input: holds no host\n",
    )


def test_a_terminal_as_standard_input_gets_a_hint(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run()

    assert (done.status, done.out) == (2, "")
    assert "one host in each line" in done.err

    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(click.UsageError):
        standard_input()


def test_each_host_may_have_its_report(run: Run) -> None:
    hosts = [(f'l"b{number}', with_kernel("2.2.4.txt", number)) for number in range(3)]
    leaking = {**leaking_host()._asdict(), "target": "lb9"}
    stdin = lines(*hosts) + json.dumps(leaking).encode() + b"\n"
    done = run("--each", *AS_OF, stdin=stdin)
    reports = [json.loads(line) for line in done.out.splitlines()]

    assert done.status == 1
    assert [one["target"]["source"] for one in reports] == ['l"b0', 'l"b1', 'l"b2', "lb9"]
    assert reports[3]["diagnosis"]["verdict"] == "known-bug"
    assert {**reports[0], "target": None} == {**reports[1], "target": None}
    for report in reports:
        jsonschema.validate(report, SCHEMA)


def test_lines_of_many_different_builds_are_not_kept(run: Run) -> None:
    versions = [f"2.2.{number}" for number in range(35)] * 2
    done = run("--each", *AS_OF, stdin=lines(*zip(versions, versions, strict=True)))
    reports = [json.loads(line) for line in done.out.splitlines()]

    assert [one["target"]["source"] for one in reports] == versions
    assert [one["target"]["version"] for one in reports] == versions


def test_hosts_that_are_all_different_are_judged_as_well(run: Run) -> None:
    versions = [f"2.2.{number}" for number in range(300)]
    done = run("--format", "json", *AS_OF, stdin=lines(*zip(versions, versions, strict=True)))

    assert json.loads(done.out)["hosts"] == 300


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ((), 1),
        (("--fail-on", "severity:medium,fixable"), 1),
        (("--fail-on", "severity:critical,kind:memory-leak"), 0),
        (("--fail-on", "severity:critical,kind:memory-leak", "--fail-on", "kind:crash"), 1),
        (("--kind", "race", "--severity", "critical"), 0),
        (("--severity", "critical"), 1),
        (("--all", "--kind", "race"), 2),
        (("--fail-on", "everything"), 2),
        (("--kind", "race", "--fail-on", "kind:crash"), 2),
    ],
)
def test_what_fails_gives_status_1(run: Run, arguments: tuple[str, ...], status: int) -> None:
    # The branch is over since 2025-Q2.
    assert run(*arguments, "--as-of", "2025-01-01", "2.2.4").status == status


def test_severity_lists_every_kind(run: Run) -> None:
    done = run("--format", "json", "--severity", "critical", *AS_OF, "2.2.4")

    assert json.loads(done.out)["kinds"] == []
    assert {row["severity"] for row in json.loads(done.out)["bugs"]} == {"critical"}


def test_old_data_may_be_refused(run: Run) -> None:
    plain, fresh = run("2.2.4"), run("2.2.4", "--require-fresh")
    unread = run("2.2.4", "absent", "--require-fresh")

    assert datetime.date.today() > datetime.date(2026, 7, 4)  # noqa: DTZ011
    assert plain.status == 1
    assert "! the data is too old to show what was found since" in plain.out
    assert fresh.status == 3
    assert fresh.err.startswith("hapadvise: the data is too old, and --require-fresh was given")
    assert unread.status == 2


def test_settings_of_the_command_leave_bugs_out(run: Run, tmp_path: Path) -> None:
    from advisory.options import with_settings

    (tmp_path / "hapadvise.toml").write_text(
        f'top = 1\n[[ignore]]\nbug = "{LEAK}"\nreason = "no tcp"\n'
        '[[ignore]]\nbug = "999999"\nreason = "typing error"\n'
    )
    parameters = list(fleet_command.params)
    try:
        with_settings(fleet_command)
        done = run(*AS_OF, "2.2.4", "2.2.4")
    finally:
        fleet_command.params[:] = parameters

    assert done.status == 1
    assert "        2  2.2.4  affected, 28 listed" in done.out
    assert "  and 27 more: --top, --format json" in done.out
    assert done.err == (
        f"hapadvise: ignored, and listed nowhere: {LEAK}\n"
        "hapadvise: hapadvise.toml: the entry for bug 999999 is not used: no such bug is among "
        "those listed\n"
    )


def test_a_terminal_shows_how_far_it_is(catalogue_path: Path, tmp_path: Path) -> None:
    (tmp_path / "hosts.jsonl").write_bytes(lines(*[("lb", "2.2.4")] * 50))
    parent, child = pty.openpty()
    program = "from advisory.fleets import fleet_command; fleet_command()"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "hosts.jsonl"), "--db", str(catalogue_path)],
        cwd=ROOT,
        stderr=child,
        stdout=subprocess.PIPE,
        env={**os.environ, "HOME": str(tmp_path), "TERM": "xterm"},
    ) as process:
        out, _ = process.communicate(timeout=60)
    os.close(child)
    shown = os.read(parent, 65536).decode()
    os.close(parent)

    assert out.startswith(b"50 hosts: 50 affected\n")
    assert "judging" in shown
    assert "100%" in shown
    assert "50 hosts" in shown
