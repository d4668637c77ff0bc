"""Files, folders and streams: which hosts they hold, in which order, and what cannot be read."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from advisory.errors import AdvisoryError
from advisory.estate import LARGEST_LINE, Item, files_of, hosts_of
from advisory.hosts import Host


def shown(items: list[Item]) -> list[tuple[str, str]]:
    """Where each stands, and its name or what is wrong with it."""
    return [
        (item.where, str(item.host) if isinstance(item.host, AdvisoryError) else item.host.target)
        for item in items
    ]


class Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_a_folder_stands_for_the_files_in_it_and_below(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a", ".hidden", ".git/x", "c.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("2.2.4")
    os.mkfifo(tmp_path / "pipe")
    found = list(files_of(["x", str(tmp_path)]))

    assert found == ["x", *(f"{tmp_path}/{name}" for name in ("a", "c.jsonl", "b/1", "b/2"))]


def test_a_file_is_a_host_unless_it_is_a_stream(tmp_path: Path) -> None:
    (tmp_path / "lb1").write_text("2.2.4")
    (tmp_path / "all.jsonl").write_text('{"target": "lb2", "vv": "2.2.5"}\n\n{"vv": "2.2.9"}')
    items = list(hosts_of([f"{tmp_path}/lb1", f"{tmp_path}/all.jsonl", "2.8.1", "absent"]))

    assert [item.host for item in items[:4]] == [
        Host(f"{tmp_path}/lb1", "2.2.4"),
        Host("lb2", "2.2.5"),
        Host("line 3", "2.2.9"),
        Host("the command line", "2.8.1"),
    ]
    assert str(items[4].host).startswith("absent: there is no such file")
    assert [item.where for item in items[1:3]] == [
        f"{tmp_path}/all.jsonl, line 1",
        f"{tmp_path}/all.jsonl, line 3",
    ]


def test_a_bad_line_does_not_stop_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b'{"vv": "2.2.4"}\n{\n' + b"x" * (2 * LARGEST_LINE + 5) + b'\n \n{"vv": "2.2.5"}'
    monkeypatch.setattr(sys, "stdin", Stdin(data))
    found = shown(list(hosts_of(["-"])))

    assert [where for where, _ in found] == [f"standard input, line {n}" for n in (1, 2, 3, 5)]
    assert found[0][1] == "line 1"
    assert found[1][1].startswith("standard input, line 2: is no JSON (JSONDecodeError); a host is")
    assert found[2][1] == (
        "standard input, line 3: is longer than 2 MiB; pass less of what it holds"
    )
    assert found[3][1] == "line 5"


def test_a_long_line_may_be_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"x" * (LARGEST_LINE + 1)))

    assert len(list(hosts_of(["-"]))) == 1


@pytest.mark.parametrize("data", [b"", b"\n \n"])
def test_a_stream_without_hosts_is_an_error(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(data))

    assert shown(list(hosts_of(["-"]))) == [("standard input", "standard input: holds no host")]


def test_a_stream_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    name = f"{tmp_path}/\x1babsent.jsonl"
    (item,) = hosts_of([name])

    assert str(item.host) == f"{tmp_path}/?absent.jsonl: cannot be read (No such file or directory)"


def test_progress_goes_by_the_share_of_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = b'{"vv": "2.2.4"}\n'
    (tmp_path / "all.jsonl").write_bytes(line * 4)
    file = [(item.done, item.total) for item in hosts_of([f"{tmp_path}/all.jsonl", "2.2.4"])]
    reading, writing = os.pipe()
    os.write(writing, line * 2)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        monkeypatch.setattr(sys, "stdin", pipe)
        piped = [(item.done, item.total) for item in hosts_of(["-"])]
        monkeypatch.undo()

    assert file == [(250, 2000), (500, 2000), (750, 2000), (1000, 2000), (2000, 2000)]
    assert piped == [(0, 1000), (0, 1000)]  # nobody knows how much comes
