"""Facts are read from a clone made here, and from messages of our own wording."""

from __future__ import annotations

import csv
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from advisory.subject import subject_key
from scripts.facts_from_git import (
    CORRECTION_FIELDS,
    FIX_FIELDS,
    BranchFacts,
    Clone,
    Row,
    correct,
    main,
    read_rows,
    unique,
    write_facts,
)
from scripts.fix_messages import (
    Revert,
    backport_to,
    culprits_of,
    flaw_key,
    issues_of,
    picked_from,
    prose_of,
    read_revert,
)

VERSION_H = """\
#define PRODUCT_BRANCH "9.0"
#define PRODUCT_STATUS "Status: long-term kitchen - cooks until around Q2 2031.\\n"
"""


class Kitchen:
    """A git repository with two branches; every commit has a name here and a day of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ids: dict[str, str] = {}
        self.days: dict[str, str] = {}
        self.subjects: dict[str, str] = {}
        self.day = 0
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "A Cook",
            "GIT_AUTHOR_EMAIL": "cook@example.org",
            "GIT_AUTHOR_DATE": "2019-12-24 12:00:00 +0000",
            "GIT_COMMITTER_NAME": "A Cook",
            "GIT_COMMITTER_EMAIL": "cook@example.org",
            "GIT_COMMITTER_DATE": f"2020-01-{self.day:02} 12:00:00 +0000",
        }
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, name: str, subject: str, *paragraphs: str) -> None:
        self.git("commit", "--quiet", "--allow-empty", "-m", "\n\n".join((subject, *paragraphs)))
        self._note(name, subject)

    def merge(self, name: str, subject: str, other: str) -> None:
        self.git("merge", "--quiet", "--no-ff", "-m", subject, other)
        self._note(name, subject)

    def _note(self, name: str, subject: str) -> None:
        self.ids[name] = self.git("rev-parse", "HEAD")
        self.days[name] = f"2020-01-{self.day:02}"
        self.subjects[name] = subject

    def release(self, version: str) -> None:
        self.commit(version, f"[RELEASE] {version}")
        self.git("tag", f"v{version}")

    def switch(self, branch: str, start: str | None = None) -> None:
        if start is None:
            self.git("switch", "--quiet", branch)
        else:
            self.git("switch", "--quiet", "--create", branch, start)

    def short(self, name: str) -> str:
        return self.ids[name][:12]

    def row(self, name: str, branch: str = "9.0", **fields: str) -> Row:
        """The row of a fix: empty where nothing is said, commits by their names."""
        plain = {
            "branch": branch,
            "commit_id": self.short(name),
            "subject_key": subject_key(self.subjects[name]),
            "merged_on": self.days[name],
            "severity": "minor",
            "subject_kind": "other",
            "message_kind": "other",
        }
        for column in ("mainline_commit", "introduced_by", "reverted_by", "reapplied_by"):
            if fields.get(column) in self.ids:
                fields[column] = self.short(fields[column])
        return {**dict.fromkeys(FIX_FIELDS, ""), **plain, **fields}


def picked(kitchen: Kitchen, *names: str) -> str:
    return "\n".join(f"(cherry picked from commit {kitchen.ids[name]})" for name in names)


def furnish(kitchen: Kitchen) -> None:
    """Two branches: 9.0 with three releases, a side line and a head; 9.1 with two releases."""
    kitchen.day = 1
    header = kitchen.folder / "include" / "haproxy" / "version.h"
    header.parent.mkdir(parents=True)
    header.write_text(VERSION_H, encoding="utf-8")
    kitchen.git("add", ".")
    kitchen.commit("timer", "MEDIUM: oven: ring when it is done")
    kitchen.release("9.0.0")

    kitchen.day = 2
    kitchen.release("9.1-dev0")
    kitchen.commit("lid", "BUG/MAJOR: lid: it does not close")
    kitchen.release("9.1.0")
    kitchen.commit("cup", "BUG/MINOR: cup: the handle is loose")
    kitchen.switch("stable-9.1", "v9.1.0")
    kitchen.day = 3
    kitchen.commit("cup-9.1", "BUG/MINOR: cup: the handle is loose", picked(kitchen, "cup"))
    kitchen.release("9.1.1")

    kitchen.switch("stable-9.0", "v9.0.0")
    kitchen.day = 4
    kitchen.commit("lid-9.0", "BUG/MAJOR: lid: it does not close", picked(kitchen, "lid"))
    kitchen.commit("plate", "MINOR: stove: add a third plate")
    kitchen.commit("knob", "BUG/MINOR: stove: the knob sticks")
    kitchen.commit("flame", "BUG/MINOR: stove: the flame goes out")
    kitchen.commit("spoon", "BUG/MINOR: spoon: it bends")
    kitchen.commit("fork", "BUG/MINOR: fork: a tine is missing")
    kitchen.release("9.0.1")
    kitchen.day = 5
    kitchen.switch("side", "v9.0.1")
    kitchen.commit("aside", "BUG/MINOR: tray: it is too short")
    kitchen.release("9.0.1.1")
    kitchen.switch("guest", "v9.0.1")
    kitchen.commit("guest", "BUG/MINOR: table: it wobbles")

    kitchen.switch("stable-9.0")
    kitchen.day = 6
    kitchen.merge("merge", "BUG/MINOR: merge: the guest's work", "guest")
    kitchen.commit(
        "plate-fix",
        "BUG/MEDIUM: stove: memory leak of the third plate",
        f"The bug was introduced by commit {kitchen.ids['plate'][:9]}, on every request.",
        "This is GH #12 and issue 7; backport it to 2.4 and 2.0.",
    )
    kitchen.commit(
        "timer-fix",
        "BUG/MINOR: oven: it rings too late",
        f"Broken since {kitchen.ids['timer'][:7]}. To be backported to all versions.",
    )
    kitchen.commit(
        "lost-fix", "BUG/MINOR: oven: it is too hot", "Broken since 0123abcd.", "No backport."
    )
    kitchen.commit(
        "cup-9.0",
        "BUG/MINOR: cup: the handle is loose",
        f"{picked(kitchen, 'cup', 'cup-9.1')}\n[ac: it cures issue #34 here; backport it to 2.0]",
    )
    kitchen.commit("no-knob", 'Revert "BUG/MINOR: stove: the knob sticks"')
    kitchen.commit("no-flame", 'Revert "BUG/MINOR: stove: the flame goes out"')
    kitchen.commit("no-spoon", "MINOR: spoon: revert it", f"Reverts commit {kitchen.ids['spoon']}.")
    kitchen.release("9.0.2")
    kitchen.day = 7
    kitchen.commit("flame-again", 'Revert "Revert "BUG/MINOR: stove: the flame goes out""')
    kitchen.commit("spoon-again", "BUG/MEDIUM: spoon: it bends (v2)")
    kitchen.commit(
        "fork-again",
        "BUG/MINOR: fork: weld it",
        f"This reverts commit {kitchen.ids['fork']}.",
    )
    kitchen.release("9.0.3")
    kitchen.day = 8
    kitchen.commit("awaiting", "BUG/CRITICAL: door: it cannot be locked")


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Kitchen:
    made = Kitchen(tmp_path_factory.mktemp("kitchen"))
    furnish(made)
    return made


@pytest.fixture(scope="module")
def clone(kitchen: Kitchen) -> Clone:
    return Clone(kitchen.folder)


@pytest.fixture(scope="module")
def fixes(kitchen: Kitchen, clone: Clone) -> dict[str, Row]:
    """The rows of 9.0, its head included, by the names of their commits."""
    facts = BranchFacts(clone, "9.0", clone.releases()["9.0"], "stable-9.0")
    names = {identity[:12]: name for name, identity in kitchen.ids.items()}
    return {names[row["commit_id"]]: row for row in facts.rows()}


def test_releases_are_those_on_the_line_to_the_newest(clone: Clone) -> None:
    assert clone.releases() == {
        "9.0": ["9.0.0", "9.0.1", "9.0.2", "9.0.3"],
        "9.1": ["9.1.0", "9.1.1"],
    }


def test_fixes_are_bugs_after_the_first_release_that_are_no_merges(fixes: dict[str, Row]) -> None:
    assert set(fixes) == {*ROWS, "spoon-again", "fork-again"}


def test_fixes_of_a_branch_stand_in_the_order_of_its_releases(fixes: dict[str, Row]) -> None:
    releases = [row["fixed_in"] for row in fixes.values()]

    assert releases == ["9.0.1"] * 5 + ["9.0.2"] * 5 + ["9.0.3"] * 2 + [""]


# What each row holds besides its commit, its subject's key and its day.
ROWS: dict[str, dict[str, str]] = {
    # picked from the mainline
    "lid-9.0": {
        "mainline_commit": "lid",
        "severity": "major",
        "subsystem": "lid",
        "fixed_in": "9.0.1",
    },
    # picked from a branch that picked it itself: the first of the chain is the mainline's; of the
    # remark of who picked it only the issue counts
    "cup-9.0": {
        "mainline_commit": "cup",
        "subsystem": "cup",
        "issues": "34",
        "fixed_in": "9.0.2",
    },
    # its culprit came with a release of the branch
    "plate-fix": {
        "severity": "medium",
        "subsystem": "stove",
        "issues": "7 12",
        "introduced_by": "plate",
        "introduced_in": "9.0.1",
        "backport_to": "2.0",
        "fixed_in": "9.0.2",
        "subject_kind": "memory-leak",
        "runtime": "1",
    },
    # its culprit is older than the branch
    "timer-fix": {
        "subsystem": "oven",
        "introduced_by": "timer",
        "introduced_in": "9.0.0",
        "backport_to": "all",
        "fixed_in": "9.0.2",
    },
    # no commit of that id is known
    "lost-fix": {"subsystem": "oven", "introduced_by": "0123abcd", "fixed_in": "9.0.2"},
    # taken back, by its subject
    "knob": {
        "subsystem": "stove",
        "reverted_by": "no-knob",
        "reverted_in": "9.0.2",
        "fixed_in": "9.0.1",
    },
    # taken back, and the revert taken back too
    "flame": {
        "subsystem": "stove",
        "reverted_by": "no-flame",
        "reverted_in": "9.0.2",
        "reapplied_by": "flame-again",
        "reapplied_in": "9.0.3",
        "fixed_in": "9.0.1",
    },
    # taken back by its id, and made anew with another severity
    "spoon": {
        "subsystem": "spoon",
        "reverted_by": "no-spoon",
        "reverted_in": "9.0.2",
        "reapplied_by": "spoon-again",
        "reapplied_in": "9.0.3",
        "fixed_in": "9.0.1",
    },
    # taken back by another fix, in the words of git
    "fork": {
        "subsystem": "fork",
        "reverted_by": "fork-again",
        "reverted_in": "9.0.3",
        "fixed_in": "9.0.1",
    },
    # on the branch that was merged
    "guest": {"subsystem": "table", "fixed_in": "9.0.2"},
    # merged, in no release yet
    "awaiting": {"severity": "critical", "subsystem": "door"},
}


@pytest.mark.parametrize("name", ROWS)
def test_a_fix_becomes_a_row(name: str, kitchen: Kitchen, fixes: dict[str, Row]) -> None:
    assert fixes[name] == kitchen.row(name, **ROWS[name])


def test_without_a_head_the_tags_decide(kitchen: Kitchen, clone: Clone) -> None:
    rows = BranchFacts(clone, "9.0", clone.releases()["9.0"]).rows()

    assert kitchen.short("awaiting") not in {row["commit_id"] for row in rows}


def test_a_fix_that_was_in_the_first_release_is_none_of_the_branch(
    kitchen: Kitchen, clone: Clone
) -> None:
    rows = list(BranchFacts(clone, "9.1", clone.releases()["9.1"]).rows())

    assert rows == [
        kitchen.row("cup-9.1", "9.1", mainline_commit="cup", subsystem="cup", fixed_in="9.1.1")
    ]


SLIPS = [
    ("BUG/MEIDUM: pan: it burns", "medium", "pan"),
    ("BUG/MEDIIM: pan: it burns", "medium", "pan"),
    ("BUG/MINIR: pan: it burns", "minor", "pan"),
    ("BUG/MINOr: pan: it burns", "minor", "pan"),
    ("BUG: MAJOR: pan: it burns", "major", "pan"),
    ("BUG/MAJOR pan: it burns", "major", "pan"),
    ("BUG: pan: it burns", "unknown", "pan"),
    ("[BUG] pan: it burns", "unknown", "pan"),
    ("[BUG] it burns", "unknown", ""),
]


def test_a_slip_of_spelling_reads_as_meant(tmp_path: Path) -> None:
    kitchen = Kitchen(tmp_path)
    kitchen.day = 1
    kitchen.release("9.0.0")
    for subject, _, _ in SLIPS:
        kitchen.commit(subject, subject)
    kitchen.release("9.0.1")

    rows = list(BranchFacts(Clone(tmp_path), "9.0", ["9.0.0", "9.0.1"]).rows())

    assert rows == [
        kitchen.row(subject, severity=severity, subsystem=subsystem, fixed_in="9.0.1")
        for subject, severity, subsystem in SLIPS
    ]


FIX = "BUG/MINOR: pan: it burns"
UNDO = f'Revert "{FIX}"'


@pytest.mark.parametrize(
    ("later", "reverted_by", "reapplied_by"),
    [
        ([], "", ""),
        ([("undo", UNDO)], "undo", ""),
        # the first revert counts, unless the fix came again in between
        ([("undo", UNDO), ("twice", UNDO)], "undo", ""),
        ([("undo", UNDO), ("redo", FIX)], "undo", "redo"),
        ([("undo", UNDO), ("redo", FIX), ("twice", UNDO)], "twice", ""),
        # what was never taken back cannot come again
        ([("redo", FIX)], "", ""),
        ([("redo", f'Revert "{UNDO}"')], "", ""),
        # by the mainline's id; again from the same commit of the mainline
        ([("undo", "MINOR: pan: revert it\n\nReverts commit aaaaaaaaa.")], "undo", ""),
        (
            [
                ("undo", UNDO),
                ("redo", f"BUG/MINOR: pan: cool it\n\n(cherry picked from commit {'a' * 40})"),
            ],
            "undo",
            "redo",
        ),
        # another one is taken back
        ([("undo", 'Revert "BUG/MINOR: pan: it smokes"')], "", ""),
    ],
)
def test_what_became_of_a_fix(
    later: list[tuple[str, str]], reverted_by: str, reapplied_by: str, tmp_path: Path
) -> None:
    kitchen = Kitchen(tmp_path)
    kitchen.day = 1
    kitchen.release("9.0.0")
    kitchen.commit("fix", FIX, f"(cherry picked from commit {'a' * 40})")
    for name, message in later:
        kitchen.commit(name, message)
    kitchen.release("9.0.1")

    row = next(BranchFacts(Clone(tmp_path), "9.0", ["9.0.0", "9.0.1"]).rows())

    assert row == {
        **kitchen.row("fix", subsystem="pan", fixed_in="9.0.1", mainline_commit="a" * 12),
        "reverted_by": kitchen.ids.get(reverted_by, "")[:12],
        "reverted_in": "9.0.1" if reverted_by else "",
        "reapplied_by": kitchen.ids.get(reapplied_by, "")[:12],
        "reapplied_in": "9.0.1" if reapplied_by else "",
    }


def test_the_culprits_of_a_fix_are_placed_in_its_branch(kitchen: Kitchen, clone: Clone) -> None:
    facts = BranchFacts(clone, "9.0", clone.releases()["9.0"])
    fix = next(commit for commit in facts.commits if commit.id == kitchen.ids["flame-again"])

    def place(*names: str) -> tuple[str, str]:
        return facts.culprit([kitchen.ids[name][:10] for name in names], fix)

    # of several the oldest, the first release's before all
    assert place("cup-9.0", "lid-9.0", "plate") == (kitchen.short("lid-9.0"), "9.0.1")
    assert place("lid-9.0", "timer") == (kitchen.short("timer"), "9.0.0")
    # one of the mainline where it was picked
    assert place("cup") == (kitchen.short("cup"), "9.0.2")
    # one of another branch, without a release; it yields to one that has a release
    assert place("aside") == (kitchen.short("aside"), "")
    assert place("aside", "plate") == (kitchen.short("plate"), "9.0.1")
    # itself, and what came later, cannot have brought it
    assert place("flame-again", "spoon-again") == ("", "")


def test_a_commit_that_was_picked_twice_came_with_the_first(tmp_path: Path) -> None:
    kitchen = Kitchen(tmp_path)
    kitchen.day = 1
    kitchen.release("9.0.0")
    for version in ("9.0.1", "9.0.2"):
        kitchen.commit(version, "MINOR: pan: a lid", f"(cherry picked from commit {'a' * 40})")
        kitchen.release(version)
    kitchen.commit("fix", FIX, "Introduced by aaaaaaaaa.")
    kitchen.release("9.0.3")

    rows = list(BranchFacts(Clone(tmp_path), "9.0", ["9.0.0", "9.0.1", "9.0.2", "9.0.3"]).rows())

    assert [(row["introduced_by"], row["introduced_in"]) for row in rows] == [("a" * 12, "9.0.1")]


@pytest.mark.parametrize(
    ("short", "found"),
    [("0a1", "0a12"), ("0b", ""), ("0b2", "0b22"), ("0c", ""), ("ff", "")],
)
def test_an_abbreviated_id_stands_for_one_commit_or_none(short: str, found: str) -> None:
    assert unique(["0a12", "0b11", "0b22"], short) == found


@pytest.fixture
def corrections(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: tuple[str, ...]) -> Path:
        path = tmp_path / "corrections.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([CORRECTION_FIELDS, *rows])
        return path

    return write


def test_two_runs_write_the_same_bytes(
    kitchen: Kitchen, tmp_path: Path, corrections: Callable[..., Path]
) -> None:
    path = corrections(("9.0", kitchen.short("lid-9.0"), "backport_to", "2.6", "we asked"))
    written = []
    for name in ("one", "other"):
        out = tmp_path / name
        out.mkdir()
        write_facts(Clone(kitchen.folder), {"9.0": "stable-9.0"}, path, out)
        written.append({file.name: file.read_bytes() for file in sorted(out.iterdir())})

    assert list(written[0]) == ["branches.csv", "fixes.csv", "releases.csv"]
    assert written[0] == written[1]


def test_the_command_writes_branches_releases_and_corrected_fixes(
    kitchen: Kitchen,
    tmp_path: Path,
    corrections: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = corrections(("9.1", kitchen.short("cup-9.1"), "issues", "5", "the paper says so"))

    main([str(kitchen.folder), "--out", str(tmp_path), "--corrections", str(path)])

    assert capsys.readouterr().out == "branches: 2\nreleases: 6\nfixes: 13\n"
    assert (tmp_path / "branches.csv").read_text(encoding="utf-8").splitlines() == [
        "branch,first_release_on,long_term_support,maintained_until,stated_in",
        "9.0,2020-01-01,1,2031-Q2,9.0.3",
        "9.1,2020-01-02,1,2031-Q2,9.1.1",
    ]
    assert (tmp_path / "releases.csv").read_text(encoding="utf-8").splitlines() == [
        "branch,version,released_on,commit_id",
        *(
            f"{version[:3]},{version},{kitchen.days[version]},{kitchen.short(version)}"
            for version in ("9.0.0", "9.0.1", "9.0.2", "9.0.3", "9.1.0", "9.1.1")
        ),
    ]
    assert read_rows(tmp_path / "fixes.csv", FIX_FIELDS)[-1] == kitchen.row(
        "cup-9.1", "9.1", mainline_commit="cup", subsystem="cup", issues="5", fixed_in="9.1.1"
    )


def test_a_head_adds_what_awaits_a_release(
    kitchen: Kitchen,
    tmp_path: Path,
    corrections: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["--out", str(tmp_path), "--corrections", str(corrections())]

    main([str(kitchen.folder), "--tip", "9.0=stable-9.0", *arguments])

    assert capsys.readouterr().out == "branches: 2\nreleases: 6\nfixes: 14\n"


@pytest.mark.parametrize(
    ("tip", "complaint"),
    [
        ("stable-9.0", "expected BRANCH=REF"),
        ("9.2=stable-9.0", "there is no branch 9.2"),
        ("9.0=nowhere", "git log failed: "),
    ],
)
def test_a_head_of_no_branch_is_refused(
    tip: str,
    complaint: str,
    kitchen: Kitchen,
    tmp_path: Path,
    corrections: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["--out", str(tmp_path / "out"), "--corrections", str(corrections())]

    with pytest.raises(SystemExit) as caught:
        main([str(kitchen.folder), "--tip", tip, *arguments])

    assert complaint in f"{caught.value}{capsys.readouterr().err}"


def test_a_branch_whose_sources_state_nothing_leaves_it_open(tmp_path: Path) -> None:
    kitchen = Kitchen(tmp_path)
    kitchen.day = 1
    kitchen.release("9.0.0")
    clone = Clone(tmp_path)

    row = clone.branch_row("9.0", [clone.release_row("9.0", "9.0.0")])

    assert row == {
        "branch": "9.0",
        "first_release_on": "2020-01-01",
        "long_term_support": "",
        "maintained_until": "",
        "stated_in": "",
    }


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([("9.0", "cccccccccccc", "issues", "5", "")], ":2: branch 9.0 has no fix cccccccccccc"),
        ([("9.2", "aaaaaaaaaaaa", "issues", "5", "")], ":2: branch 9.2 has no fix aaaaaaaaaaaa"),
        ([("9.0", "aaaaaaaaaaaa", "colour", "5", "")], ":2: no column 'colour' to correct"),
        # what git says is not for us to correct
        ([("9.0", "aaaaaaaaaaaa", "fixed_in", "9.0.2", "")], ":2: no column 'fixed_in' to correct"),
        (
            [("9.0", "aaaaaaaaaaaa", "issues", value, "") for value in ("5", "6")],
            ":3: issues of aaaaaaaaaaaa is corrected twice",
        ),
    ],
)
def test_a_correction_of_what_is_not_there_stops_the_script(
    rows: list[tuple[str, ...]], complaint: str, corrections: Callable[..., Path]
) -> None:
    path = corrections(*rows)
    fixes = [{"branch": "9.0", "commit_id": "aaaaaaaaaaaa", "issues": ""}]

    with pytest.raises(SystemExit) as caught:
        correct(fixes, read_rows(path, CORRECTION_FIELDS), path)

    assert str(caught.value).startswith(f"{path}{complaint}")
    assert "\n" not in str(caught.value)


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text("branch,value\n", encoding="utf-8")

    with pytest.raises(SystemExit, match="its columns are not branch,commit_id,column"):
        read_rows(path, CORRECTION_FIELDS)


def test_a_folder_that_is_no_clone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="git rev-list failed: "):
        Clone(tmp_path)


def test_nothing_found_is_no_failure_where_git_is_asked_whether_it_is_there(clone: Clone) -> None:
    question = ("grep", "saffron", "v9.0.0")

    assert clone.run(*question, empty=1) == ""
    with pytest.raises(SystemExit, match="git grep failed"):
        clone.run(*question)


A, B, C = "0123abcd", "4567ef01", "89abcdef01234567"
WHOLE = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("body", "commits"),
    [
        ("", ()),
        (f"Tea is cold.\n\n(cherry picked from commit {A})", (A,)),
        # the first is the oldest
        (
            f"(cherry picked from commit {A})\nSigned-off-by: X\n(cherry picked from commit {B})",
            (A, B),
        ),
        # as older versions of git wrote it
        (f"(cherry-picked from commit {A})", (A,)),
    ],
)
def test_origins_of_a_picked_commit(body: str, commits: tuple[str, ...]) -> None:
    assert picked_from(body) == commits


@pytest.mark.parametrize(
    ("body", "prose"),
    [
        ("Tea is cold.", "Tea is cold."),
        # trailers
        ("Tea is cold.\nSigned-off-by: A Cook <a@example.org>\nCc: B", "Tea is cold."),
        # what those add who pick it
        (f"Tea is cold.\n(cherry picked from commit {A})\n[ac: no milk in 9.0]", "Tea is cold."),
        # how it was made to fit, before the note
        ("Tea is cold.\n[ac: for 9.0, without milk]", "Tea is cold."),
        # a remark that asks for something stays
        ("Tea is cold.\n[ac: backport it to 2.0]", "Tea is cold.\n[ac: backport it to 2.0]"),
    ],
)
def test_prose_is_what_the_author_sent(body: str, prose: str) -> None:
    assert prose_of(body).strip() == prose


@pytest.mark.parametrize(
    ("message", "issues"),
    [
        ("Tea is cold.", []),
        ("This cures issue #12.", [12]),
        ("This cures GH #12 and github issue 7.", [7, 12]),
        ("Seen in #1234 (#567).", [567, 1234]),
        ("https://github.com/haproxy/haproxy/issues/89", [89]),
        ("Issue 12, then again issue #12.", [12]),
        # one digit by itself numbers things
        ("Cup #1 and cup #2 are cold.", []),
        ("Issue #5 stays open.", [5]),
        # another project's, a character of HTML, a longer number, none at all
        ("See tea/pot#12 and &#39;tea&#39;.", []),
        ("Order #12345 is late; there is no issue #0.", []),
        # frames of a stack
        ("#10 0x00005555 in pour ()\n#11 boil (pot=1)\n#12 <signal handler called>", []),
        # another tracker
        ("Redmine #1234 tells more.", []),
    ],
)
def test_issues_that_a_message_names(message: str, issues: list[int]) -> None:
    assert issues_of(message) == issues


@pytest.mark.parametrize(
    ("prose", "culprits"),
    [
        ("Tea is cold.", []),
        (f"The bug was introduced by commit {A}.", [A]),
        (f"It appeared in 2.4-dev3 with {A} (a faster kettle).", [A]),
        (f"It came with this commit:\n\n    {A} MINOR: kettle: hurry", [A]),
        (f"Broken recently when commit {A} was picked.", [A]),
        (f"It was caused as a side effect of {A}.", [A]),
        (f"There is a mistake in commit {A}.", [A]),
        (f"The problem exists as of {A}.", [A]),
        (f"Since the recent commit ({A}) tea is cold.", [A]),
        (f"Since {WHOLE} tea is cold.", [WHOLE]),
        (f'Commit {A} ("MINOR: kettle: hurry") introduced a rare double free.', [A]),
        (f"This fixes the recent commit {A}.", [A]),
        (f"Tea is cold.\n\nFixes: {A} (MINOR: kettle: hurry)", [A]),
        # both are named
        (f"Introduced by {A}; worse since {B}.", [A, B]),
        # what shows a bug has not made it
        (f"It was made visible since commit {A}.", []),
        (f"The bug was revealed by commit {A}.", []),
        (f"The first half was cured by commit {A}.", []),
        # too short for a commit
        ("Introduced by abcdef.", []),
    ],
)
def test_culprits_that_a_message_names(prose: str, culprits: list[str]) -> None:
    assert list(dict.fromkeys(culprits_of(prose))) == culprits


@pytest.mark.parametrize(
    ("prose", "branch"),
    [
        ("Tea is cold.", ""),
        ("This must be backported to 2.4.", "2.4"),
        # the oldest, by age and not by spelling
        ("This may be backported to 2.10, 2.8 and maybe v3.0.", "2.8"),
        ("It should be merged into 1.9 and 1.8.", "1.8"),
        ("Please back-port it as far as 2.0.", "2.0"),
        # the branch stands before the word
        ("In 2.2 too this must be backported.", "2.2"),
        # a release, a version of something else, a development version
        ("Since 2.2.4 tea is cold. Backport it to 2.6.", "2.6"),
        ("Backport it; it came with 2.1-dev3.", ""),
        ("Backport it with lid-2.4 and pot 12.4 to 2.6.", "2.6"),
        # everywhere
        ("This must be backported to all versions.", "all"),
        ("Backport it to every maintained branch.", "all"),
        ("To be backported everywhere.", "all"),
        ("It can be backported to stable branches.", "all"),
        # a branch that is named says more
        ("Backport it to all versions, down to 2.4.", "2.4"),
        # where some commit is, is not everywhere
        ("Backport it to all versions where the commit above is.", ""),
        (f"Backport it to all branches having {A}.", ""),
        # the next sentence goes on
        ("It must be backported with the others. So to 2.4.", "2.4"),
        ("It must be backported with the others. Theoretically to all versions.", "all"),
        ("It must be backported with the others. Tea of 2.4 is fine.", ""),
        # none
        ("No backport is needed.", ""),
        ("There is no need to backport it to 2.4.", ""),
        ("This does not need to be backported to 2.4.", ""),
        # two sentences, one for each
        ("Backport it to 2.6. It can be backported to 2.4 later.", "2.4"),
    ],
)
def test_branches_that_a_message_asks_for(prose: str, branch: str) -> None:
    assert backport_to(prose) == branch


@pytest.mark.parametrize(
    ("subject", "body", "revert"),
    [
        ("BUG/MINOR: pot: it leaks", "", Revert()),
        ('Revert "BUG/MINOR: pot: it leaks"', "", Revert("BUG/MINOR: pot: it leaks")),
        ("revert: 'MINOR: pot: a lid'", "", Revert("MINOR: pot: a lid")),
        (
            'Revert "MINOR: pot: a lid"',
            f"This reverts commit {WHOLE}.",
            Revert("MINOR: pot: a lid", commits=(WHOLE,)),
        ),
        # a revert of a revert brings the fix back
        ('Revert "Revert "MINOR: pot: a lid""', "", Revert("MINOR: pot: a lid", of_revert=True)),
        # ids alone, in the subject, in a sentence, in a list
        (f"Revert {A}", "", Revert(commits=(A,))),
        (
            "MINOR: pot: revert the lid",
            f"This reverts commits {A} and {B}.",
            Revert(commits=(A, B)),
        ),
        (
            "MINOR: pot: revert both",
            f"Revert the following patches:\n{A} MINOR: pot: a lid\n{C} MINOR: pot: a spout\n",
            Revert(commits=(A, C)),
        ),
        # another subject: in git's words only, and with the whole id
        ("BUG/MINOR: pot: weld it", f"This reverts commit {WHOLE}.", Revert(commits=(WHOLE,))),
        ("BUG/MINOR: pot: weld it", f"This reverts commit {A}.", Revert()),
        ("BUG/MINOR: pot: weld it", f"It partly reverts {WHOLE}.", Revert()),
    ],
)
def test_what_a_message_takes_back(subject: str, body: str, revert: Revert) -> None:
    assert read_revert(subject, body) == revert


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("BUG/MINOR: pot: it leaks", "BUG/MEDIUM: pot: it leaks", True),
        ("BUG/MINOR: pot: it leaks", "BUG/MINOR: pot: it leaks (v2)", True),
        ("BUG/MINOR: pot: it leaks", "[BUG] pot: it leaks v3", True),
        ("BUG/MINOR: pot: it leaks", "BUG/MINOR: pot: it leaks again", False),
        ("BUG/MINOR: pot: it leaks", "BUG/MINOR: cup: it leaks", False),
    ],
)
def test_a_fix_is_known_again(one: str, other: str, same: bool) -> None:
    assert (flaw_key(one) == flaw_key(other)) is same
