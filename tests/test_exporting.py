"""The whole catalogue for other programs: files, an archive or lines, whole or not at all."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from advisory.errors import AdvisoryError, OutputError, ParseError
from advisory.exporting import export_command, read_commits, write_whole
from advisory.store import build_catalogue
from tests.conftest import write_facts

IDS = ["x_HAPROXY-aaaaaaaaaaaa", "x_HAPROXY-bbbbbbbbbbbb", "x_HAPROXY-dddddddddddd"]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.db"
    build_catalogue(
        write_facts(tmp_path / "facts"), path, built_at="2026-07-01T12:00:00Z", tool_version="0"
    )
    return path


def run(db: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(export_command, ["osv", "--db", str(db), *arguments])
    if isinstance(result.exception, AdvisoryError):
        raise result.exception
    assert result.exit_code == 0
    return result


def test_standard_output_gets_a_record_a_line(db: Path) -> None:
    result = run(db)

    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == IDS
    assert result.stderr == ""


def test_a_folder_gets_a_file_for_each(db: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "osv"

    result = run(db, "--output", str(folder))

    assert sorted(path.name for path in folder.iterdir()) == [f"{name}.json" for name in IDS]
    record = json.loads((folder / f"{IDS[0]}.json").read_text(encoding="utf-8"))
    assert record["summary"] == "A teapot stays on the stove for every cup that is poured."
    assert result.stderr == f"hapadvise: 3 records written to {folder}\n"


def test_an_archive_is_the_same_for_the_same_facts(db: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "one.zip", tmp_path / "two.zip"

    run(db, "--output", str(first))
    run(db, "--output", str(second))

    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.namelist() == [f"{name}.json" for name in IDS]
        assert archive.testzip() is None


def git_ranges(result: Result) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for line in result.stdout.splitlines():
        record = json.loads(line)
        for affected in record["affected"]:
            for span in affected["ranges"]:
                if span["type"] == "GIT":
                    found.setdefault(record["id"], []).append((span["repo"], span["events"]))
    return found


def test_whole_commits_add_ranges_of_commits(db: Path, tmp_path: Path) -> None:
    commits = tmp_path / "commits.txt"
    commits.write_text(f"{'a20' * 4}{'0' * 28}\n{'c0' * 6}{'1' * 28} more\n", encoding="utf-8")

    assert git_ranges(run(db)) == {}
    assert git_ranges(run(db, "--commits", str(commits))) == {
        IDS[0]: [
            (
                "https://git.haproxy.org/git/haproxy-2.0.git",
                [
                    {"introduced": f"{'c0' * 6}{'1' * 28}"},
                    {"fixed": f"{'a20' * 4}{'0' * 28}"},
                ],
            )
        ]
    }


def test_commits_that_their_first_digits_do_not_tell_apart_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "commits.txt"
    same = "ab" * 6
    path.write_text("".join(f"{same}{rest * 28}\n" for rest in "001"), encoding="utf-8")

    assert read_commits(str(path)) == {same: ""}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("abc\n", ", line 1: no commit id of 40 hex digits; write it with 'git rev-list --all'"),
        (f"{'a' * 40}\n{'b' * 41}\n", ", line 2: no commit id of 40 hex digits"),
        ("\xff\xfe\x00", ", line 1: no commit id of 40 hex digits"),
    ],
)
def test_what_is_no_list_of_commits_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "commits.txt"
    path.write_text(content, encoding="latin-1")

    with pytest.raises(ParseError) as error:
        read_commits(str(path))

    assert str(error.value).startswith(f"{path}{message}")


def test_a_list_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"none\.txt: cannot be read \(No such file"):
        read_commits(str(tmp_path / "none.txt"))
    with pytest.raises(ParseError, match=r"cannot be read \(embedded null byte\)"):
        read_commits("\0")


def test_what_cannot_be_written_is_told(db: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(OutputError, match=r"file/osv: cannot be written \(Not a directory\)$"):
        run(db, "--output", str(tmp_path / "file" / "osv"))
    with pytest.raises(OutputError, match=r"cannot be written \(No such file or directory\)$"):
        run(db, "--output", str(tmp_path / "none" / "osv.zip"))
    with pytest.raises(OutputError, match=r"\?\.zip: cannot be written \(embedded null byte\)$"):
        run(db, "--output", "\0.zip")


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics.prom"

    write_whole(str(path), b"one")
    write_whole(str(path), b"two")

    assert path.read_bytes() == b"two"
    assert [file.name for file in tmp_path.iterdir()] == ["metrics.prom"]


def test_what_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.prom"
    path.mkdir()

    with pytest.raises(OSError, match="Is a directory"):
        write_whole(str(path), b"one")

    assert [file.name for file in tmp_path.iterdir()] == ["metrics.prom"]


def test_what_somebody_else_is_writing_is_not_touched(tmp_path: Path) -> None:
    other = tmp_path / f".metrics.prom.{os.getpid()}.new"
    other.write_text("theirs", encoding="utf-8")

    with pytest.raises(FileExistsError):
        write_whole(str(tmp_path / "metrics.prom"), b"one")

    assert other.read_text(encoding="utf-8") == "theirs"
