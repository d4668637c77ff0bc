#!/usr/bin/env python3
"""Ask the code of every branch whether it still has the flaws that it got no fix of.

    scripts/never_fixed_from_git.py CLONE [--data data]

CLONE holds the release tags of every branch. Read are ``branches.csv``, ``releases.csv`` and
``fixes.csv``, written is ``never_fixed.csv``: facts only, never a line of code or of a message.

A flaw is there if a fix of another branch can be merged into the files of the branch's last release
and changes them, each identifier that the fix uses is known there, no branch gave up the fix, and
the branch holds every commit that the message names. It is not there if merging changes nothing, or
if the branch lacks the commit that brought it in. All else is undecided.
docs/never-fixed.md tells how exact this is.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from advisory.identity import bug_ids
from advisory.release import branch_order
from advisory.unfixed import Evidence, Missing, missing_fixes
from scripts.facts_from_git import (
    DATA,
    FIX_FIELDS,
    RELEASE_FIELDS,
    SHORT,
    BranchFacts,
    Clone,
    Row,
    read_rows,
    unique,
    write,
)
from scripts.fix_messages import prose_of

FIELDS = Missing._fields
FIRST_BRANCH = "1.8"

FOLDERS = ("src", "include", "addons", "contrib", "ebtree")
_CODE = re.compile(rf"(?:{'|'.join(FOLDERS)})/.*\.[ch]$")
_NAMED = re.compile(r"\b[0-9a-f]{7,40}\b")
_WORD = re.compile(r"[A-Za-z_]\w{2,}")
_NO_CODE = re.compile(
    r'/\*.*?\*/|^\s*\*[^\n]*|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL | re.MULTILINE
)


class Blobs:
    """The contents of files, by one git process that is asked again and again."""

    def __init__(self, folder: Path) -> None:
        command = ["git", "-C", str(folder), "cat-file", "--batch"]
        self.git = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.read = cache(self._read)

    def _read(self, blob: str) -> bytes:
        assert self.git.stdin is not None
        assert self.git.stdout is not None
        self.git.stdin.write(f"{blob}\n".encode())
        self.git.stdin.flush()
        size = int(self.git.stdout.readline().split()[-1])
        return self.git.stdout.read(size + 1)[:-1]

    def close(self) -> None:
        self.git.communicate()


class Change:
    """What a commit does to the code.

    ``files`` are (path, blob before, blob after) of the files that were there before; ``new_words``
    are the identifiers that stand in an added line and in none about it.
    """

    def __init__(self, clone: Clone, commit: str) -> None:
        self.commit = commit
        self.files: list[tuple[str, str, str]] = []
        added, about = [], []
        show = ("show", "--format=", "--raw", "-p", "-M", "--abbrev=40", commit, "--")
        for line in clone.run(*show, *FOLDERS).splitlines():
            if line[:1] == ":":
                described, path, *_ = line.split("\t")
                _, _, before, after, status = described.split()
                if _CODE.match(path) and status[0] in "MR":
                    self.files.append((path, before, after))
            elif line[:1] == "+" and line[:3] != "+++":
                added.append(line[1:])
            elif line[:1] in "- " and line[:3] != "---":
                about.append(line[1:])
        self.new_words = words_of("\n".join(added)) - words_of("\n".join(about))


def words_of(code: str) -> set[str]:
    """The identifiers of a piece of C, without comments and strings."""
    return set(_WORD.findall(_NO_CODE.sub(" ", code)))


class Code:
    """The code of one branch at its last release."""

    def __init__(self, clone: Clone, blobs: Blobs, tag: str) -> None:
        self.clone = clone
        self.blobs = blobs
        self.files: dict[str, str] = {}
        for line in clone.run("ls-tree", "-r", tag).splitlines():
            described, path = line.split("\t")
            if _CODE.match(path):
                self.files[path] = described.split()[2]
        self._words: set[str] = set()

    @property
    def words(self) -> set[str]:
        """Every identifier, and every word of comments and texts."""
        if not self._words:
            for blob in self.files.values():
                self._words.update(_WORD.findall(self.blobs.read(blob).decode("latin-1")))
        return self._words

    def outcome(self, change: Change, folder: Path) -> Evidence:
        """What merging a change into it shows."""
        outcomes = set()
        for path, before, after in change.files:
            ours = self.files.get(path)
            if ours is None:
                return Evidence.UNDECIDED
            outcomes.add(merge(self.blobs, folder, before, ours, after))
        if outcomes == {Evidence.HAS_FLAW}:
            strange = change.new_words - self.words
            paths = tuple(path for path, _, _ in change.files)
            if any(known_before(self.clone, change.commit, paths, word) for word in strange):
                return Evidence.UNDECIDED
            return Evidence.HAS_FLAW
        return Evidence.LACKS_FLAW if outcomes == {Evidence.LACKS_FLAW} else Evidence.UNDECIDED


def merge(blobs: Blobs, folder: Path, before: str, ours: str, after: str) -> Evidence:
    """Merge one file's change into our version of it: does it change anything?"""
    if ours == after:
        return Evidence.LACKS_FLAW
    if ours == before:
        return Evidence.HAS_FLAW
    for name, blob in (("ours", ours), ("before", before), ("after", after)):
        (folder / name).write_bytes(blobs.read(blob))
    done = subprocess.run(
        ["git", "merge-file", "-p", "ours", "before", "after"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        return Evidence.UNDECIDED
    return Evidence.LACKS_FLAW if done.stdout == blobs.read(ours) else Evidence.HAS_FLAW


@cache
def known_before(clone: Clone, commit: str, paths: tuple[str, ...], word: str) -> bool:
    """Whether the code that a change was made for knew this identifier already."""
    search = ("grep", "-l", "-w", "-F", "-e", word, f"{commit}^", "--", "include", *paths)
    return bool(clone.run(*search, empty=1))


class Branch:
    """One branch: which commits it holds, and the code of its last release."""

    def __init__(self, clone: Clone, blobs: Blobs, name: str, versions: Sequence[str]) -> None:
        self.facts = BranchFacts(clone, name, versions)
        self.before = {commit[:SHORT] for commit in self.facts.before}
        self.last = versions[-1]
        self.code = Code(clone, blobs, f"v{self.last}")

    def holder(self, commits: Iterable[str]) -> str:
        """The first release that holds one of these commits (12 hex); "" where none does."""
        found = ""
        for commit in commits:
            if commit in self.before:
                return self.facts.first
            known = unique(self.facts.known, commit)
            found = found or (self.facts.entered[known].release if known else "")
        return found


class Judge:
    """Holds each fix that a branch misses against the branch's code.

    ``rows`` are the fixes of each bug, ``bodies`` the messages by commit, ``origins`` the mainline
    commit that each was picked from.
    """

    def __init__(
        self, clone: Clone, lines: Mapping[str, Sequence[str]], fixes: Iterable[Row]
    ) -> None:
        self.clone = clone
        self.blobs = Blobs(clone.folder)
        self.branches = {
            name: Branch(clone, self.blobs, name, versions) for name, versions in lines.items()
        }
        self.bodies: dict[str, str] = {}
        self.origins: dict[str, str] = {}
        for branch in self.branches.values():
            for commit in branch.facts.commits:
                self.bodies[commit.id[:SHORT]] = commit.body
                if commit.chain:
                    self.origins[commit.id[:SHORT]] = commit.chain[0][:SHORT]
        fixes = list(fixes)
        ids = bug_ids(fixes)
        self.rows: dict[str, list[Row]] = defaultdict(list)
        for row in fixes:
            self.rows[ids[row["branch"], row["commit_id"]]].append(row)
        self.change = cache(partial(Change, clone))

    def judge(self, missing: Missing, folder: Path) -> Missing | None:
        """The same with what the code says; None where the branch had the fix all along."""
        branch = self.branches[missing.branch]
        rows = self.rows[missing.bug_id]
        picked = {missing.bug_id} | {row["mainline_commit"] for row in rows} - {""}
        if branch.holder(picked):
            return None
        culprits = [row["introduced_by"] for row in rows if row["introduced_by"]]
        came_with = [self.holder(branch, commit) for commit in culprits]
        judged = missing._replace(
            checked_in=branch.last, introduced_in=next(filter(None, came_with), "")
        )
        if culprits and not any(came_with):
            return judged._replace(evidence=Evidence.LACKS_FLAW)
        standing = [row for row in rows if not row["reverted_by"] or row["reapplied_by"]]
        commits = {row["commit_id"] for row in standing} | {
            commit for commit in picked if self.clone.full(commit)
        }
        outcomes = {branch.code.outcome(self.change(commit), folder) for commit in sorted(commits)}
        if Evidence.LACKS_FLAW in outcomes:
            return judged._replace(evidence=Evidence.LACKS_FLAW)
        sure = len(standing) == len(rows) and all(
            self.holder(branch, commit) for row in rows for commit in self.named(row["commit_id"])
        )
        if sure and Evidence.HAS_FLAW in outcomes:
            return judged._replace(evidence=Evidence.HAS_FLAW)
        return judged

    def holder(self, branch: Branch, commit: str) -> str:
        return branch.holder((commit, self.origins.get(commit, commit)))

    def named(self, commit: str) -> set[str]:
        """Every commit of the clone that a fix's message names."""
        named = map(self.clone.full, _NAMED.findall(prose_of(self.bodies[commit])))
        return {identity[:SHORT] for identity in named if identity}


def judge_all(clone: Clone, data: Path) -> list[Missing]:
    """Every missed fix of the branches from 1.8 on, with what the code says."""
    fixes = read_rows(data / "fixes.csv", FIX_FIELDS)
    released = read_rows(data / "releases.csv", RELEASE_FIELDS)
    lines: dict[str, list[str]] = defaultdict(list)
    last_release_on = {}
    for row in released:
        lines[row["branch"]].append(row["version"])
        last_release_on[row["branch"]] = row["released_on"]
    judge = Judge(clone, lines, fixes)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for missing in missing_fixes(fixes, last_release_on):
            if branch_order(missing.branch) >= branch_order(FIRST_BRANCH):
                judged = judge.judge(missing, Path(folder))
                if judged is not None:
                    found.append(judged)
    judge.blobs.close()
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clone", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args(arguments)
    found = judge_all(Clone(options.clone), options.data)
    write(options.data / "never_fixed.csv", FIELDS, [item._asdict() for item in found])


if __name__ == "__main__":
    main()
