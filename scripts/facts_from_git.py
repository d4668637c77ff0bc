#!/usr/bin/env python3
"""Read the facts of every stable branch from a clone of HAProxy and write them as CSV.

    scripts/facts_from_git.py CLONE [--tip 2.8=REF ...] [--out data]

CLONE holds the release tags of every branch. Tags alone tell what is released; ``--tip`` names the
head of a branch where fixes that await a release are to be read too. Facts only are written:
versions, dates, commit ids, classes of words; never a subject or a message. data/README.md says
what each column means; data/corrections.csv is applied last.
"""

from __future__ import annotations

import argparse
import bisect
import csv
import itertools
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from advisory.classify import grows_at_run_time, kind_of_message, kind_of_subject
from advisory.release import Release, branch_order
from advisory.subject import is_bug_subject, read_subject, subject_key
from scripts.fix_messages import (
    backport_to,
    culprits_of,
    flaw_key,
    issues_of,
    picked_from,
    prose_of,
    read_revert,
)

Row = dict[str, str]

DATA = Path(__file__).resolve().parent.parent / "data"
FIRST_BRANCH = "1.3"
SHORT = 12

BRANCH_FIELDS = ("branch", "first_release_on", "long_term_support", "maintained_until", "stated_in")
RELEASE_FIELDS = ("branch", "version", "released_on", "commit_id")
FIX_FIELDS = (
    "branch",
    "commit_id",
    "mainline_commit",
    "subject_key",
    "merged_on",
    "severity",
    "subsystem",
    "issues",
    "introduced_by",
    "introduced_in",
    "reverted_by",
    "reverted_in",
    "reapplied_by",
    "reapplied_in",
    "backport_to",
    "fixed_in",
    "subject_kind",
    "message_kind",
    "runtime",
)
CORRECTION_FIELDS = ("branch", "commit_id", "column", "value", "reason")
# What is read out of prose, and may be read wrongly; the rest is git's.
CORRECTABLE = (
    "issues",
    "introduced_by",
    "introduced_in",
    "reverted_by",
    "reverted_in",
    "reapplied_by",
    "reapplied_in",
    "backport_to",
)

VERSION_HEADERS = ("include/haproxy/version.h", "include/common/version.h")
STATUS = re.compile(r'PRODUCT_STATUS\s+"Status: (.*?)(?:\\n)?"')
QUARTER = re.compile(r"around (Q[1-4]) (\d{4})")


@dataclass(eq=False)
class Commit:
    """One commit of a branch after its ``.0``, and what later ones made of it.

    ``position`` counts the branch's commits; ``release`` is the first that holds it, "" for none.
    ``chain`` are the commits that it was cherry-picked from, the mainline one first.
    """

    id: str
    date: str
    subject: str
    body: str
    release: str
    position: int
    chain: tuple[str, ...]
    key: str
    flaw: str
    reverted: Commit | None = None
    reapplied: Commit | None = None

    def is_known_as(self, short: str) -> bool:
        """Whether an abbreviated id means it, or one that it was cherry-picked from."""
        return any(identity.startswith(short) for identity in (self.id, *self.chain))

    def cures_same_flaw(self, other: Commit) -> bool:
        """Whether both are the same fix: by the subject, or by the mainline commit."""
        same_origin = self.chain and other.chain and self.chain[0][:SHORT] == other.chain[0][:SHORT]
        return bool(same_origin) or self.flaw == other.flaw


class Clone:
    """What is asked of git, and every commit id that it knows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ids = sorted(self.words("rev-list", "--all", "--tags"))

    def run(self, *arguments: str, empty: int = 0) -> str:
        """What git prints; ``empty`` is a further status that means "nothing found"."""
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments], capture_output=True, check=False
        )
        if done.returncode not in (0, empty):
            reason = done.stderr.decode(errors="replace").strip()
            raise SystemExit(f"{self.folder}: git {arguments[0]} failed: {reason}")
        return done.stdout.decode("utf-8", errors="replace")

    def words(self, *arguments: str) -> list[str]:
        return self.run(*arguments).split()

    def full(self, short: str) -> str:
        """The one commit whose id starts so; "" for none or several."""
        return unique(self.ids, short)

    def log(self, since: str, until: str) -> Iterator[tuple[str, str, str, str]]:
        """Id, committer date, subject and body of each non-merge commit, oldest first."""
        layout = "--format=%H%x1f%cd%x1f%s%x1f%b%x1e"
        span = f"{since}..{until}"
        text = self.run("log", "--no-merges", "--reverse", "--date=short", layout, span)
        for record in text.split("\x1e")[:-1]:
            commit, date, subject, body = record.strip("\n").split("\x1f")
            yield commit, date, subject, body

    def releases(self) -> dict[str, list[str]]:
        """Per branch, the versions that lie on the line of its last release, oldest first."""
        found: dict[str, list[Release]] = defaultdict(list)
        for tag in self.words("tag", "--list", "v*"):
            if re.fullmatch(r"v\d+\.\d+(\.\d+){1,2}", tag):
                release = Release(tag[1:])
                if branch_order(release.branch) >= branch_order(FIRST_BRANCH):
                    found[release.branch].append(release)
        lines = {}
        for branch in sorted(found, key=branch_order):
            newest = f"v{max(found[branch]).text}"
            merged = set(self.words("tag", "--list", f"v{branch}.*", "--merged", newest))
            on_line = (release.text for release in sorted(found[branch]))
            lines[branch] = [version for version in on_line if f"v{version}" in merged]
        return lines

    def release_row(self, branch: str, version: str) -> Row:
        commit, date = self.words("log", "-1", "--date=short", "--format=%H %cd", f"v{version}")
        return dict(zip(RELEASE_FIELDS, (branch, version, date, commit[:SHORT]), strict=True))

    def branch_row(self, branch: str, releases: Sequence[Row]) -> Row:
        """First release, and how long it is maintained: what the newest sources that say it say."""
        row = dict.fromkeys(BRANCH_FIELDS, "")
        row["branch"] = branch
        row["first_release_on"] = releases[0]["released_on"]
        for release in reversed(releases):
            tag = f"v{release['version']}"
            text = self.run("grep", "-h", "PRODUCT_STATUS", tag, "--", *VERSION_HEADERS, empty=1)
            status = STATUS.search(text)
            quarter = QUARTER.search(status[1]) if status else None
            if status and quarter:
                row["long_term_support"] = str(int("long-term" in status[1]))
                row["maintained_until"] = f"{quarter[2]}-{quarter[1]}"
                row["stated_in"] = release["version"]
                break
        return row


def unique(identities: Sequence[str], short: str) -> str:
    """The one of the sorted ids that starts so; "" for none or several."""
    at = bisect.bisect_left(identities, short)
    found = [identity for identity in identities[at : at + 2] if identity.startswith(short)]
    return found[0] if len(found) == 1 else ""


def commits_of(clone: Clone, versions: Sequence[str], tip: str | None) -> list[Commit]:
    """Every non-merge commit of a branch after its ``.0``, oldest first, with its release."""
    steps = [(f"v{version}", version) for version in versions]
    if tip is not None:
        steps.append((tip, ""))
    commits: list[Commit] = []
    for (since, _), (until, release) in itertools.pairwise(steps):
        for identity, date, subject, body in clone.log(since, until):
            commits.append(
                Commit(
                    id=identity,
                    date=date,
                    subject=subject,
                    body=body,
                    release=release,
                    position=len(commits),
                    chain=picked_from(body),
                    key=subject_key(subject),
                    flaw=flaw_key(subject),
                )
            )
    return commits


def find_reverts(commits: Sequence[Commit]) -> None:
    """Set on each commit which later one of its branch took it back, and which brought it again."""
    earlier: list[Commit] = []
    for commit in commits:
        take_back(commit, earlier)
        for former in earlier:
            if former.reverted and not former.reapplied and former.cures_same_flaw(commit):
                former.reapplied = commit
        earlier.append(commit)


def take_back(commit: Commit, earlier: Sequence[Commit]) -> None:
    """Note on the earlier commits what this one reverts: by the subject it quotes, else by ids."""
    revert = read_revert(commit.subject, commit.body)
    key = subject_key(revert.subject)
    named = [other for other in earlier if revert.subject and other.key == key]
    if revert.of_revert:
        for other in named:
            if other.reverted:
                other.reapplied = commit
        return
    for other in named or earlier:
        if other.reverted and not other.reapplied:
            continue
        if named or any(other.is_known_as(short) for short in revert.commits):
            other.reverted, other.reapplied = commit, None


class BranchFacts:
    """The fixes of one branch as rows."""

    def __init__(
        self, clone: Clone, branch: str, versions: Sequence[str], tip: str | None = None
    ) -> None:
        self.clone = clone
        self.branch = branch
        self.first = versions[0]
        self.commits = commits_of(clone, versions, tip)
        self.before = set(clone.words("rev-list", f"v{versions[0]}"))
        find_reverts(self.commits)
        self.entered: dict[str, Commit] = {}
        for commit in self.commits:
            for identity in (commit.id, *commit.chain):
                self.entered.setdefault(identity, commit)
        self.known = sorted(self.entered)

    def rows(self) -> Iterator[Row]:
        for commit in self.commits:
            if is_bug_subject(commit.subject):
                yield self.row(commit)

    def row(self, commit: Commit) -> Row:
        severity, subsystem = read_subject(commit.subject)
        prose = prose_of(commit.body)
        introduced_by, introduced_in = self.culprit(culprits_of(prose), commit)
        issues = issues_of(f"{commit.subject}\n{commit.body}")
        runtime = grows_at_run_time(f"{commit.subject}\n{prose}")
        return {
            "branch": self.branch,
            "commit_id": commit.id[:SHORT],
            "mainline_commit": commit.chain[0][:SHORT] if commit.chain else "",
            "subject_key": commit.key,
            "merged_on": commit.date,
            "severity": severity.value,
            "subsystem": subsystem,
            "issues": " ".join(map(str, issues)),
            "introduced_by": introduced_by,
            "introduced_in": introduced_in,
            "reverted_by": commit.reverted.id[:SHORT] if commit.reverted else "",
            "reverted_in": commit.reverted.release if commit.reverted else "",
            "reapplied_by": commit.reapplied.id[:SHORT] if commit.reapplied else "",
            "reapplied_in": commit.reapplied.release if commit.reapplied else "",
            "backport_to": backport_to(prose),
            "fixed_in": commit.release,
            "subject_kind": kind_of_subject(commit.subject).value,
            "message_kind": kind_of_message(prose).value,
            "runtime": "" if runtime is None else str(int(runtime)),
        }

    def culprit(self, shorts: Iterable[str], fix: Commit) -> tuple[str, str]:
        """The culprit's id (12 hex where git knows it) and the release of this branch it came with.

        Of several the one that came first is given: a release after it may have the bug.
        """
        unplaced = ""
        placed: list[tuple[int, str, str]] = []
        for short in shorts:
            full = self.clone.full(short)
            known = unique(self.known, short)
            if known:
                commit = self.entered[known]
                if commit.position < fix.position:
                    placed.append((commit.position, known, commit.release))
            elif full in self.before:
                placed.append((-1, full, self.first))
            else:
                unplaced = unplaced or full or short
        if placed:
            _, identity, release = min(placed)
            return identity[:SHORT], release
        return unplaced[:SHORT], ""


def read_rows(path: Path, fields: Sequence[str]) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        table = csv.DictReader(file)
        rows = list(table)
    if tuple(table.fieldnames or ()) != tuple(fields):
        raise SystemExit(f"{path}: its columns are not {','.join(fields)}")
    return rows


def correct(fixes: Iterable[Row], corrections: Iterable[Row], source: Path) -> None:
    """Put in what a person read where the rules read a message wrongly."""
    by_commit = {(row["branch"], row["commit_id"]): row for row in fixes}
    seen = set()
    for line, correction in enumerate(corrections, 2):
        branch, commit, column = (correction[name] for name in CORRECTION_FIELDS[:3])
        row = by_commit.get((branch, commit))
        if row is None:
            raise SystemExit(f"{source}:{line}: branch {branch} has no fix {commit}")
        if column not in CORRECTABLE:
            names = ", ".join(CORRECTABLE)
            raise SystemExit(f"{source}:{line}: no column {column!r} to correct; there are {names}")
        if (branch, commit, column) in seen:
            raise SystemExit(f"{source}:{line}: {column} of {commit} is corrected twice")
        seen.add((branch, commit, column))
        row[column] = correction["value"]


def write(path: Path, fields: Sequence[str], rows: Sequence[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, fields, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    print(f"{path.stem}: {len(rows)}")


def write_facts(clone: Clone, tips: dict[str, str], corrections: Path, out: Path) -> None:
    """Write branches.csv, releases.csv and fixes.csv; nothing is written if a step fails."""
    lines = clone.releases()
    if tips.keys() - lines:
        raise SystemExit(f"--tip: there is no branch {min(tips.keys() - lines)} in {clone.folder}")
    branches: list[Row] = []
    releases: list[Row] = []
    fixes: list[Row] = []
    for branch, versions in lines.items():
        published = [clone.release_row(branch, version) for version in versions]
        releases += published
        branches.append(clone.branch_row(branch, published))
        fixes += BranchFacts(clone, branch, versions, tips.get(branch)).rows()
    correct(fixes, read_rows(corrections, CORRECTION_FIELDS), corrections)
    write(out / "branches.csv", BRANCH_FIELDS, branches)
    write(out / "releases.csv", RELEASE_FIELDS, releases)
    write(out / "fixes.csv", FIX_FIELDS, fixes)


def read_tip(text: str) -> tuple[str, str]:
    branch, sign, ref = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(
            f"{text}: expected BRANCH=REF, as in 2.8=origin/stable-2.8"
        )
    return branch, ref


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clone", type=Path)
    parser.add_argument("--out", type=Path, default=DATA)
    parser.add_argument("--corrections", type=Path, default=DATA / "corrections.csv")
    parser.add_argument("--tip", action="append", default=[], metavar="BRANCH=REF", type=read_tip)
    options = parser.parse_args(arguments)
    write_facts(Clone(options.clone), dict(options.tip), options.corrections, options.out)


if __name__ == "__main__":
    main()
