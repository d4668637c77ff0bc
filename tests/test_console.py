"""What the commands share: the terminal, and the catalogue that is used."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from advisory.catalogue import BUNDLED
from advisory.console import catalogue_at, echo, printable, width
from advisory.errors import CatalogueError, OutputError


def test_a_catalogue_that_was_named_is_used_and_no_other(catalogue_path: Path) -> None:
    with pytest.raises(CatalogueError, match="there is no catalogue"):
        catalogue_at("absent.db")

    assert catalogue_at(str(catalogue_path)).path == str(catalogue_path)


def test_a_catalogue_that_is_passed_over_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    (tmp_path / "hapadvise").mkdir()
    (tmp_path / "hapadvise" / "catalogue.db").write_text("no database")
    used = catalogue_at(None)
    out, err = capsys.readouterr()

    assert (used.path, out, err.count("\n")) == (BUNDLED, "", 1)
    assert err.startswith(f"hapadvise: {tmp_path}/hapadvise/catalogue.db: the catalogue is damaged")
    assert "(the bundled catalogue is used)" in err


def test_text_goes_to_standard_output_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    echo("\x1b[1mbold\x1b[0m\n")

    assert capsys.readouterr() == ("\x1b[1mbold\x1b[0m\n", "")


def test_a_full_disk_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(OutputError) as caught:
            echo("report\n")
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())

    assert str(caught.value) == "standard output: cannot be written (No space left on device)"


def test_a_reader_that_left_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        echo("report\n")
        echo("more\n")
        monkeypatch.undo()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë's „lid“ ☕", "Zoë's „lid“ ☕"),
        ("\x1b[2J\r\n\t\0\x9b", "?[2J?????"),
        ("\u202e\u2028\ud800", "???"),  # turns the line round, ends it, and cannot be encoded
    ],
)
def test_what_a_terminal_might_obey_is_replaced(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(("columns", "wide"), [("60", 60), ("0", 80), ("", 80), ("-5", 80)])
def test_the_width_is_the_environments_or_80_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, columns: str, wide: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    with Path(os.devnull).open("w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        found = width()
        monkeypatch.undo()

    assert found == wide


def test_without_a_standard_output_the_width_is_80(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "stdout", None)

    assert width() == 80
