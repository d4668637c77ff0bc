"""What is passed on the command line becomes text, or a line that says what is wrong with it."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from advisory.errors import ParseError
from advisory.inputs import (
    LARGEST_INPUT,
    Input,
    read_configuration,
    read_file,
    read_input,
    text_of,
)


def refusal_of(name: str) -> str:
    with pytest.raises(ParseError) as caught:
        read_input(name)
    return str(caught.value)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the command is typed in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_is_read(folder: Path) -> None:
    (folder / "vv.txt").write_text("HAProxy")

    assert read_input("vv.txt") == Input("vv.txt", "HAProxy")


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"HAProxy")))

    assert read_input("-") == Input("standard input", "HAProxy")


def test_a_version_stands_for_itself_unless_a_file_has_its_name(folder: Path) -> None:
    assert read_input("2.2.4") == Input("the command line", "2.2.4")

    (folder / "2.2.4").write_text("HAProxy")

    assert read_input("2.2.4") == Input("2.2.4", "HAProxy")


def test_what_is_neither_is_refused() -> None:
    assert refusal_of("vv.txt") == (
        "vv.txt: there is no such file, and it is no version such as 2.2.4"
    )


def test_a_file_that_cannot_be_read_is_no_version(folder: Path) -> None:
    (folder / "2.2.4").mkdir()

    assert refusal_of("2.2.4") == "2.2.4: is a directory; name the files in it"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a\0b", "a?b: cannot be read (embedded null byte)"),
        ("a" * 300, f"{'a' * 300}: cannot be read (File name too long)"),
        ("\x1b[31m", "?[31m: there is no such file"),
    ],
)
def test_an_odd_name_is_shown_as_a_terminal_can_bear_it(name: str, message: str) -> None:
    assert refusal_of(name).startswith(message)


# --- bytes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"caf\xc3\xa9", "café"),
        (b"\xef\xbb\xbfHAProxy", "HAProxy"),
        ("\ufeffHAProxy".encode("utf-16-le"), "HAProxy"),
        ("\ufeffHAProxy".encode("utf-16-be"), "HAProxy"),
        (b"caf\xe9", "caf\ufffd"),
        # a NUL that comes late is for those to judge who read the text
        (b"a" * 4096 + b"\0", "a" * 4096 + "\0"),
    ],
)
def test_bytes_become_text(data: bytes, text: str) -> None:
    assert text_of(data, "paste") == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b" \n\t", "paste: is empty; pass the output of 'haproxy -vv'"),
        (b"\x7fELF\0", "paste: is binary, not text; pass the output of 'haproxy -vv'"),
        (b"a" * (LARGEST_INPUT + 1), "paste: is larger than 16 MiB; pass only the output of"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        text_of(data, "paste")

    assert str(caught.value).startswith(message)


def test_an_endless_file_is_read_up_to_a_limit() -> None:
    with pytest.raises(ParseError, match="is larger than 16 MiB"):
        read_file("/dev/zero")


# --- a configuration -----------------------------------------------------------------------------


def test_of_a_folder_those_files_are_read_that_haproxy_reads_in_its_order(folder: Path) -> None:
    (folder / "conf").mkdir()
    for name in ("b.cfg", "a.cfg", ".hidden.cfg", "a.cfg.bak", "README"):
        (folder / "conf" / name).write_text(name)

    assert read_configuration("conf") == [
        Input("conf/a.cfg", "a.cfg"),
        Input("conf/b.cfg", "b.cfg"),
    ]


def test_a_file_is_a_configuration_by_itself(folder: Path) -> None:
    (folder / "haproxy.conf").write_text("global")

    assert read_configuration("haproxy.conf") == [Input("haproxy.conf", "global")]


def test_a_folder_without_configuration_is_refused(folder: Path) -> None:
    (folder / "conf\x07").mkdir()

    with pytest.raises(ParseError, match=r"^conf\?: has no file that ends in .cfg; name the file$"):
        read_configuration("conf\x07")


def test_a_folder_that_may_not_be_read_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> list[str]:
        raise PermissionError(13, "Permission denied", name)

    monkeypatch.setattr(os, "listdir", refuse)  # the tests may run as root, whom nothing stops

    with pytest.raises(ParseError, match=r": cannot be read \(Permission denied\)$"):
        read_configuration(str(folder))
