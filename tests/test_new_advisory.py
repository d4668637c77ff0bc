"""Starting an advisory: the facts are filled in, and nothing that is there is touched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scripts.new_advisory import start
from tests.conftest import DATA

HERE = "5a7ca29061db"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The facts, with one advisory less and one bug that nobody read."""
    (tmp_path / "advisories").mkdir()
    shutil.copy(DATA / "fixes.csv", tmp_path)
    (tmp_path / "reviewed.csv").write_text("bug_id\nffffffffffff\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("fix", ["827b4fc10", "5a7ca29061dbc5736b53", "612e30768f50"])
def test_any_commit_of_the_fix_starts_its_bugs_advisory(data: Path, fix: str) -> None:
    path = start(fix, data)

    assert path == data / "advisories" / f"{HERE}.toml"
    assert path.read_text(encoding="utf-8").splitlines()[:5] == [
        "# 2.0: 612e30768f50, fixed in 2.0.19",
        "# 2.1: aef36e784391, fixed in 2.1.10",
        "# 2.2: 827b4fc10101, fixed in 2.2.5",
        "# issues 935",
        "# medium, mux-pt; bug 5a7ca29061db",
    ]
    reviewed = (data / "reviewed.csv").read_text(encoding="utf-8")
    assert reviewed == "bug_id\n5a7ca29061db\nffffffffffff\n"


@pytest.mark.parametrize("fix", ["827b4", "ffffffffffff", "935"])
def test_what_names_no_bug_is_refused(data: Path, fix: str) -> None:
    with pytest.raises(SystemExit, match="bugs go by that"):
        start(fix, data)

    assert list((data / "advisories").iterdir()) == []


def test_an_advisory_that_is_there_is_not_touched(data: Path) -> None:
    path = data / "advisories" / f"{HERE}.toml"
    path.write_text("mine", encoding="utf-8")

    with pytest.raises(SystemExit, match="is there already"):
        start("827b4fc10", data)

    assert path.read_text(encoding="utf-8") == "mine"
