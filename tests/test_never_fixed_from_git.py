"""Branches that miss a fix are held against their code, in a clone that is made here."""

from __future__ import annotations

import csv
import os
import subprocess
from pathlib import Path

import pytest

from scripts.facts_from_git import CORRECTION_FIELDS, Clone, write, write_facts
from scripts.never_fixed_from_git import main

KETTLE = "int boil(int water)\n{\n\tint heat = water;\n\n\tstart(heat);\n\treturn heat;\n}\n"
CURED = KETTLE.replace("start(heat);", "if (heat)\n\t\tstart(heat);")
FIX = "BUG/MINOR: kettle: do not boil it dry"


class Kitchen:
    """A mainline from which the branches 3.0, 3.1 and 3.2 start, in this order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "A Cook"),
            **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "cook@example.org"),
            **dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2020-01-01 12:00:00 +0000"),
        }
        command = ["git", "-C", str(self.folder), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, message: str, **files: str) -> str:
        """Write files of src/, given by name, and commit them."""
        for name, content in files.items():
            path = self.folder / "src" / f"{name}.c"
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def release(self, version: str) -> None:
        self.git("tag", f"v{version}")
        if version.endswith(".0"):
            self.git("branch", f"stable-{version[:3]}")

    def pick(self, branch: str, commit: str) -> None:
        self.git("checkout", "--quiet", f"stable-{branch}")
        self.git("cherry-pick", "-x", commit)

    def finish(self) -> None:
        """Publish the .1 of every branch."""
        for branch in ("3.0", "3.1", "3.2"):
            self.git("checkout", "--quiet", f"stable-{branch}")
            self.commit(f"RELEASE {branch}.1")
            self.release(f"{branch}.1")


@pytest.fixture
def kitchen(tmp_path: Path) -> Kitchen:
    """Branches whose code is the same and has the flaw; the mainline is checked out."""
    made = Kitchen(tmp_path / "clone")
    made.commit("MINOR: kettle: boil water", kettle=KETTLE)
    for branch in ("3.0", "3.1", "3.2"):
        made.commit(f"RELEASE {branch}.0")
        made.release(f"{branch}.0")
    return made


def judged(kitchen: Kitchen) -> list[tuple[str, ...]]:
    """Branch, claim, evidence and release of each row that the script writes."""
    data = kitchen.folder.parent / "data"
    data.mkdir()
    write(data / "corrections.csv", CORRECTION_FIELDS, [])
    kitchen.finish()
    write_facts(Clone(kitchen.folder), {}, data / "corrections.csv", data)
    main([str(kitchen.folder), "--data", str(data)])
    with (data / "never_fixed.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [(row["branch"], row["claim"], row["evidence"], row["introduced_in"]) for row in rows]


def fix_around(kitchen: Kitchen, body: str = "", **files: str) -> str:
    """Fix the mainline, 3.0 and 3.2, but not 3.1."""
    kitchen.git("checkout", "--quiet", "main")
    commit = kitchen.commit(f"{FIX}\n\n{body}", **(files or {"kettle": CURED}))
    kitchen.pick("3.0", commit)
    kitchen.pick("3.2", commit)
    return commit


def test_code_into_which_the_fix_can_be_merged_has_the_flaw(kitchen: Kitchen) -> None:
    fix_around(kitchen)

    assert judged(kitchen) == [("3.1", "between", "code-has-flaw", "")]


def test_code_that_was_cured_under_another_name_lacks_it(kitchen: Kitchen) -> None:
    fix_around(kitchen)
    kitchen.git("checkout", "--quiet", "stable-3.1")
    kitchen.commit("MINOR: kettle: check the heat", kettle="/* a kettle */\n\n\n\n" + CURED)

    assert judged(kitchen) == [("3.1", "between", "code-lacks-flaw", "")]


def test_code_that_is_that_of_the_fix_lacks_it(kitchen: Kitchen) -> None:
    fix_around(kitchen)
    kitchen.git("checkout", "--quiet", "stable-3.1")
    kitchen.commit("MINOR: kettle: check the heat", kettle=CURED)

    assert judged(kitchen) == [("3.1", "between", "code-lacks-flaw", "")]


def test_a_branch_that_began_with_the_fix_misses_none(kitchen: Kitchen) -> None:
    commit = kitchen.commit(FIX, kettle=CURED)
    kitchen.git("tag", "--force", "v3.1.0")
    kitchen.git("branch", "--force", "stable-3.1")
    kitchen.pick("3.0", commit)
    kitchen.pick("3.2", commit)

    assert judged(kitchen) == []


def test_a_branch_that_lacks_the_culprit_lacks_the_flaw(kitchen: Kitchen) -> None:
    culprit = kitchen.commit("MINOR: tea: brew", tea="int tea;\n")
    kitchen.pick("3.0", culprit)
    kitchen.pick("3.2", culprit)
    fix_around(kitchen, f"This bug was introduced by commit {culprit[:9]}.")

    assert judged(kitchen) == [("3.1", "between", "code-lacks-flaw", "")]


def test_the_release_that_the_culprit_came_with_is_told(kitchen: Kitchen) -> None:
    culprit = kitchen.commit("MINOR: tea: brew", tea="int tea;\n")
    for branch in ("3.0", "3.1", "3.2"):
        kitchen.pick(branch, culprit)
    fix_around(kitchen, f"This bug was introduced by commit {culprit[:9]}.")

    assert judged(kitchen) == [("3.1", "between", "code-has-flaw", "3.1.1")]


def test_the_flaw_may_be_as_old_as_the_branch(kitchen: Kitchen) -> None:
    culprit = kitchen.git("rev-parse", "v3.0.0~1")
    fix_around(kitchen, f"This bug was introduced by commit {culprit[:9]}.")

    assert judged(kitchen) == [("3.1", "between", "code-has-flaw", "3.1.0")]


def test_a_commit_that_is_named_and_not_there_leaves_it_undecided(kitchen: Kitchen) -> None:
    other = kitchen.commit("MINOR: tea: brew", tea="int tea;\n")
    fix_around(kitchen, f"It needs {other[:9]}.")

    assert judged(kitchen) == [("3.1", "between", "undecided", "")]


def test_a_commit_that_is_named_by_its_id_in_a_branch_is_known(kitchen: Kitchen) -> None:
    other = kitchen.commit("MINOR: tea: brew", tea="int tea;\n")
    kitchen.pick("3.1", other)
    kitchen.pick("3.2", other)
    picked = kitchen.git("rev-parse", "HEAD")
    fix_around(kitchen, f"It needs {picked[:9]}.")

    assert judged(kitchen) == [("3.1", "between", "code-has-flaw", "")]


def test_code_that_conflicts_with_the_fix_is_undecided(kitchen: Kitchen) -> None:
    fix_around(kitchen)
    kitchen.git("checkout", "--quiet", "stable-3.1")
    kitchen.commit("MINOR: kettle: warm it", kettle=KETTLE.replace("start(heat)", "warm(heat)"))

    assert judged(kitchen) == [("3.1", "between", "undecided", "")]


def test_a_file_that_the_branch_lacks_is_undecided(kitchen: Kitchen) -> None:
    fix_around(kitchen)
    kitchen.git("checkout", "--quiet", "stable-3.1")
    kitchen.git("mv", "src/kettle.c", "src/pot.c")
    kitchen.commit("REORG: kettle: it is a pot")

    assert judged(kitchen) == [("3.1", "between", "undecided", "")]


def test_a_fix_that_changes_no_code_is_undecided(kitchen: Kitchen) -> None:
    (kitchen.folder / "README").write_text("Do not boil it dry.\n", encoding="utf-8")
    fix_around(kitchen, tea="int tea;\n")

    assert judged(kitchen) == [("3.1", "between", "undecided", "")]


@pytest.mark.parametrize(
    ("known_in_3_1", "evidence"), [(True, "code-has-flaw"), (False, "undecided")]
)
def test_a_fix_that_uses_what_the_branch_does_not_know_is_undecided(
    kitchen: Kitchen, known_in_3_1: bool, evidence: str
) -> None:
    code = KETTLE.replace("return heat;", "return heat;\n\t/* the end */") + "\nint is_empty;\n"
    change = kitchen.commit("MINOR: kettle: know when it is empty", kettle=code)
    for branch in ("3.0", "3.1", "3.2") if known_in_3_1 else ("3.0", "3.2"):
        kitchen.pick(branch, change)
    fix_around(kitchen, kettle=code.replace("start(heat);", "if (!is_empty)\n\t\tstart(heat);"))

    assert judged(kitchen) == [("3.1", "between", evidence, "")]


def test_what_the_fix_itself_declares_needs_not_be_known(kitchen: Kitchen) -> None:
    fix_around(
        kitchen, kettle=KETTLE.replace("start(heat);", "int ready = heat > 1;\n\n\tstart(ready);")
    )

    assert judged(kitchen) == [("3.1", "between", "code-has-flaw", "")]


def test_a_fix_that_a_branch_gave_up_is_undecided(kitchen: Kitchen) -> None:
    fix_around(kitchen, "This must be backported to 3.0.")
    kitchen.git("checkout", "--quiet", "stable-3.0")
    kitchen.git("revert", "--no-edit", "HEAD")

    assert judged(kitchen) == [("3.1", "asked", "undecided", "")]
