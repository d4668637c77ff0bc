#!/usr/bin/env python3
"""Read the facts of every stable branch from a clone of HAProxy and write them as CSV.

    scripts/facts_from_git.py CLONE [--tip 2.8=REF ...] [--out data]

CLONE holds the release tags of every branch. Tags alone tell what is released; ``--tip`` names the
head of a branch where fixes that await a release are to be read too. Facts only are written:
versions, dates, commit ids, classes of words; never a subject or a message.
"""

from __future__ import annotations

import argparse
import bisect
import csv
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from advisory.bug import is_bug_subject, read_subject, subject_key
from advisory.classify import grows_at_run_time, kind_of_message, kind_of_subject
from advisory.release import Release, branch_order

FIRST_BRANCH = "1.3"
SHORT = 12

BRANCH_FIELDS = ("branch", "first_release_on", "long_term_support", "maintained_until", "stated_in")
RELEASE_FIELDS = ("branch", "version", "released_on", "commit_id")
FIX_FIELDS = ["branch", "commit_id", "mainline_commit", "subject_key", "merged_on", "severity", "subsystem", "issues", "introduced_by", "introduced_in", "reverted_by", "reverted_in", "reapplied_by", "reapplied_in", "backport_to", "fixed_in", "subject_kind", "message_kind", "runtime"]

CHERRY_PICK = re.compile(r"cherry[- ]picked from commit ([0-9a-f]{7,40})")
REVERT_SUBJECT = re.compile(r"""revert\s*:?\s*["'](.+)["']\s*$""", re.IGNORECASE)
REVERTED_COMMITS = re.compile(
    r"\brevert(?:s|ing|ed)?\s+(?:the\s+|upstream\s+)*(?:commits?|patch)\s+((?:[0-9a-f]{7,40}[\s,.]*(?:and\s+)?)+)"
)
ISSUE = re.compile(
    r"(?:\bissues?(?:\s+(?:number|on\s+github|github))?\s*:?\s*(?:\bGH\s*)?#?|\bGH\s*(?:issue\s*)?#?|(?<![\w&])#|haproxy/issues/)(\d{1,4})\b",
    re.IGNORECASE,
)
BACKPORT = re.compile(r"\bback-?port|\bmerged\s+(?:in|into|to)\b", re.IGNORECASE)
BRANCH_NAME = re.compile(r"(?<![\w.-])([123]\.\d{1,2})(?![\w-]|\.\d)")
EVERY_BRANCH = re.compile(
    r"\b(?:all|every|each)\b[\w\s-]{0,24}\b(?:version|branch|release|stable)s?|\beverywhere\b",
    re.IGNORECASE,
)
# The forms in which a message names the commit that brought the bug in. "revealed by", "since" with
# a feature between, and "due to" name what made it visible, and are left out.
COMMIT = r"""(?:the\s+)?(?:(?:recent|following|previous|mainline|upstream)\s+)*(?:commits?|patch|fix)?\s*[:.]?\s*(?:commit\s+)?[("'\[]*([0-9a-f]{7,40})\b"""
CULPRIT = re.compile(
    r"(?:\b(?:introduced?|brought|added|appeared|caused|broken)(?:\s+(?:in\s+[\d.]+(?:-\w+)?|recently|lately|here|there))?"
    r"\s+(?:by|in|with|since)\s+"
    + COMMIT
    + r"|\b(?:bug|issue|problem|regression|mistake|typo|error)\s+(?:was\s+|is\s+)?(?:present\s+|there\s+)?(?:from|in|of)\s+"
    + COMMIT
    + r"|(?<!visible )(?<!hidden )(?<!revealed )\bsince\s+"
    + COMMIT
    + r"|\b"
    + COMMIT.replace("?:the", "?:[Tt]he", 1)
    + r"\s*(?:\([^)]*\)\s*)?,?\s*introduced\s+(?:a|the|this)\s+(?:bug|regression)"
    + r"|\bfollowing\s+(?:commit|patch)\s+introduced\s+(?:a|the|this)\s+(?:bug|regression)\s*[:.]\s*(?:commit\s+)?([0-9a-f]{7,40})\b"
    + r"|^\s*fixes\s*:\s*(?:commit\s+)?[\"'(]*([0-9a-f]{7,40})\b)",
    re.IGNORECASE | re.MULTILINE,
)
STATUS = re.compile(r'PRODUCT_STATUS\s+"Status: (.*?)(?:\\n)?"')
QUARTER = re.compile(r"around (Q[1-4]) (\d{4})")


@dataclass
class Commit:
    """One commit of a branch after its ``.0``."""

    id: str
    date: str
    subject: str
    body: str
    release: str
    chain: tuple[str, ...] = ()
    culprits: tuple[str, ...] = ()
    reverted: Commit | None = None
    reapplied: Commit | None = None
    key: str = field(default="")


class Clone:
    """What is asked of git, and every commit id that it knows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ids = sorted(self.lines("rev-list", "--all", "--tags"))

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments], capture_output=True, check=False
        )
        if done.returncode:
            raise SystemExit(
                f"{self.folder}: git {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()}"
            )
        return done.stdout.decode("utf-8", errors="replace")

    def lines(self, *arguments: str) -> list[str]:
        return self.run(*arguments).split()

    def full(self, short: str) -> str | None:
        """The one commit whose id starts so; None for none or several."""
        at = bisect.bisect_left(self.ids, short)
        found = self.ids[at : at + 2]
        if (
            not found
            or not found[0].startswith(short)
            or (len(found) == 2 and found[1].startswith(short))
        ):
            return None
        return found[0]

    def log(self, since: str, until: str) -> Iterator[tuple[str, str, str, str]]:
        """Id, committer date, subject and body of each non-merge commit, oldest first."""
        text = self.run(
            "log",
            "--no-merges",
            "--reverse",
            "--date=short",
            "--format=%H%x1f%cd%x1f%s%x1f%b%x1e",
            f"{since}..{until}",
        )
        for record in text.split("\x1e")[:-1]:
            commit, date, subject, body = record.strip("\n").split("\x1f")
            yield commit, date, subject, body


def releases_of(clone: Clone) -> dict[str, list[str]]:
    """Per branch, the versions that lie on the line of its last release, oldest first."""
    found: dict[str, list[Release]] = defaultdict(list)
    for tag in clone.lines("tag", "--list", "v*"):
        if re.fullmatch(r"v\d+\.\d+(\.\d+){1,2}", tag):
            release = Release(tag[1:])
            if branch_order(release.branch) >= branch_order(FIRST_BRANCH):
                found[release.branch].append(release)
    lines: dict[str, list[str]] = {}
    for branch in sorted(found, key=branch_order):
        newest = max(found[branch]).text
        merged = set(clone.lines("tag", "--list", f"v{branch}.*", "--merged", f"v{newest}"))
        lines[branch] = [
            release.text for release in sorted(found[branch]) if f"v{release.text}" in merged
        ]
    return lines


def commits_of(clone: Clone, branch: str, versions: list[str], tip: str | None) -> list[Commit]:
    """Every non-merge commit of the branch after its ``.0``, oldest first, with its release."""
    steps = [(f"v{version}", version) for version in versions]
    if tip is not None:
        steps.append((tip, ""))
    commits = []
    for (since, _), (until, release) in zip(steps, steps[1:], strict=False):
        for identity, date, subject, body in clone.log(since, until):
            commits.append(
                Commit(
                    id=identity,
                    date=date,
                    subject=subject,
                    body=body,
                    release=release,
                    chain=tuple(CHERRY_PICK.findall(body)),
                    key=subject_key(subject),
                )
            )
    return commits


def find_reverts(commits: list[Commit]) -> None:
    """Set on each fix the later commit of its branch that took it back, and the one after that."""
    earlier: list[Commit] = []
    for commit in commits:
        for target in reverted_by(commit, earlier):
            target.reverted = commit
        if is_bug_subject(commit.subject):
            for former in earlier:
                if former.reverted and not former.reapplied and same_flaw(former, commit):
                    former.reapplied = commit
        earlier.append(commit)


def same_flaw(one: Commit, other: Commit) -> bool:
    return one.key == other.key or bool(
        one.chain and other.chain and one.chain[0][:SHORT] == other.chain[0][:SHORT]
    )


def reverted_by(commit: Commit, earlier: list[Commit]) -> list[Commit]:
    """The commits that this one takes back: by the ids its message names, else by its subject."""
    quoted = REVERT_SUBJECT.fullmatch(commit.subject.strip())
    named = [
        found
        for group in REVERTED_COMMITS.findall(commit.body)
        for found in re.findall(r"[0-9a-f]{7,40}", group)
    ]
    if quoted is None and not commit.subject.lower().startswith(("revert", "bug")):
        return []
    by_id = [
        other
        for other in earlier
        if any(
            identity.startswith(short) for short in named for identity in (other.id, *other.chain)
        )
    ]
    if quoted is None:
        # A fix that says "this reverts" takes back one commit whole only if its subject says so too.
        return by_id if "revert" in commit.subject.lower() else []
    inner = REVERT_SUBJECT.fullmatch(quoted[1].strip())
    if inner is not None:
        taken_back = [other for other in earlier if other.key == subject_key(inner[1])]
        for other in taken_back:
            other.reapplied = commit
        return []
    by_subject = [other for other in earlier if other.key == subject_key(quoted[1])]
    return [other for other in (by_subject or by_id) if other.reverted is None]


def message_without_trailers(body: str) -> str:
    """The message's prose: no cherry-pick notes, no sign-offs, no maintainers' remarks on them."""
    kept = [
        line
        for line in body.splitlines()
        if not re.match(r"\s*(\(cherry[- ]picked|[A-Z][\w-]+-by:|Co-authored|\[\w{2,3}:)", line)
    ]
    return "\n".join(kept)


def culprits_of(prose: str) -> list[str]:
    """The commits that the message says brought the bug in, as it writes them."""
    return [next(group for group in match.groups() if group) for match in CULPRIT.finditer(prose)]


def backport_to(prose: str) -> str:
    """The oldest branch that the message asks for, ``all`` for every maintained one, "" for none."""
    asked: list[str] = []
    every = False
    for sentence in re.split(r"(?<=[.;!?])\s+(?=[A-Z(\[])|\n\s*\n", prose):
        if not BACKPORT.search(sentence) or re.search(
            r"\b(?:no|not|n't)\b[\w\s]{0,20}\bback-?port", sentence
        ):
            continue
        wanted = sentence[BACKPORT.search(sentence).start() :]  # type: ignore[union-attr]
        asked += BRANCH_NAME.findall(wanted) or BRANCH_NAME.findall(sentence)
        every = every or bool(EVERY_BRANCH.search(wanted))
    if asked:
        return min(asked, key=branch_order)
    return "all" if every else ""


class BranchFacts:
    """The fixes of one branch as rows."""

    def __init__(self, clone: Clone, branch: str, versions: list[str], tip: str | None) -> None:
        self.clone = clone
        self.branch = branch
        self.first = versions[0]
        self.commits = commits_of(clone, branch, versions, tip)
        self.before = set(clone.lines("rev-list", f"v{versions[0]}"))
        find_reverts(self.commits)
        self.entered: dict[str, Commit] = {}
        for commit in self.commits:
            for identity in (commit.id, *commit.chain):
                self.entered.setdefault(identity, commit)
        self.known = sorted(self.entered)

    def culprit(self, shorts: Iterable[str], fix: Commit) -> tuple[str, str]:
        """The culprit's id (12 hex where git knows it) and the release of this branch it came with.

        Of several the one that came first is given: a release after it may have the bug.
        """
        unplaced = ""
        placed: list[tuple[int, str, str]] = []
        order = {commit.id: number for number, commit in enumerate(self.commits)}
        for short in shorts:
            full = self.clone.full(short)
            at = bisect.bisect_left(self.known, short)
            if at < len(self.known) and self.known[at].startswith(short):
                commit = self.entered[self.known[at]]
                if commit.id != fix.id and order[commit.id] < order[fix.id]:
                    placed.append(
                        (order[commit.id], short if full is None else full, commit.release)
                    )
            elif full is not None and full in self.before:
                placed.append((-1, full, self.first))
            else:
                unplaced = unplaced or full or short
        if placed:
            _, identity, release = min(placed)
            return identity[:SHORT], release
        return unplaced[:SHORT], ""

    def rows(self) -> Iterator[dict[str, str]]:
        for commit in self.commits:
            if is_bug_subject(commit.subject):
                yield self.row(commit)

    def row(self, commit: Commit) -> dict[str, str]:
        severity, subsystem = read_subject(commit.subject)
        prose = message_without_trailers(commit.body)
        introduced_by, introduced_in = self.culprit(culprits_of(prose), commit)
        issues = sorted(
            {int(number) for number in ISSUE.findall(f"{commit.subject}\n{prose}") if int(number)}
        )
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


def branch_row(
    clone: Clone, branch: str, versions: list[str], dates: dict[str, str]
) -> dict[str, str]:
    """First release, and what the sources of the newest release that says so state of its maintenance."""
    row = dict.fromkeys(BRANCH_FIELDS, "")
    row["branch"] = branch
    row["first_release_on"] = dates[versions[0]]
    for version in reversed(versions):
        header = (
            clone.run(
                "grep",
                "-h",
                "PRODUCT_STATUS",
                f"v{version}",
                "--",
                "include/haproxy/version.h",
                "include/common/version.h",
            )
            if has_status(clone, version)
            else ""
        )
        found = STATUS.search(header)
        quarter = QUARTER.search(found[1]) if found else None
        if found and quarter:
            row["long_term_support"] = str(int("long-term" in found[1]))
            row["maintained_until"] = f"{quarter[2]}-{quarter[1]}"
            row["stated_in"] = version
            break
    return row


def has_status(clone: Clone, version: str) -> bool:
    done = subprocess.run(
        [
            "git",
            "-C",
            str(clone.folder),
            "grep",
            "-q",
            "PRODUCT_STATUS",
            f"v{version}",
            "--",
            "include/",
        ],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def write(path: Path, fields: Iterable[str], rows: Iterable[dict[str, str]]) -> int:
    rows = list(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, tuple(fields), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clone", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent / "data")
    parser.add_argument("--tip", action="append", default=[], metavar="BRANCH=REF")
    options = parser.parse_args()
    tips = dict(tip.split("=", 1) for tip in options.tip)
    clone = Clone(options.clone)
    branches, releases, fixes = [], [], []
    for branch, versions in releases_of(clone).items():
        dates = {}
        for version in versions:
            commit, dates[version] = clone.lines(
                "log", "-1", "--date=short", "--format=%H %cd", f"v{version}"
            )
            releases.append(
                {
                    "branch": branch,
                    "version": version,
                    "released_on": dates[version],
                    "commit_id": commit[:SHORT],
                }
            )
        branches.append(branch_row(clone, branch, versions, dates))
        fixes.extend(BranchFacts(clone, branch, versions, tips.get(branch)).rows())
    for name, fields, rows in (
        ("branches", BRANCH_FIELDS, branches),
        ("releases", RELEASE_FIELDS, releases),
        ("fixes", FIX_FIELDS, fixes),
    ):
        print(f"{name}: {write(options.out / f'{name}.csv', fields, rows)}")


if __name__ == "__main__":
    main()
