#!/usr/bin/env python3
"""Refuse advisories that share a run of six words with the messages of the fixes they describe.

    scripts/check_wording.py CLONE

CLONE holds the release tags of every branch of HAProxy.
"""

from __future__ import annotations

import argparse
import csv
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from advisory.advisories import read_advisories
from advisory.identity import bug_ids

RUN = 6


def words_of(text: str) -> list[str]:
    return re.findall(r"[\w'-]+", text.lower())


def runs_of(text: str) -> set[tuple[str, ...]]:
    words = words_of(text)
    return {tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


def messages(clone: Path, commits: list[str]) -> dict[str, str]:
    """The whole messages of commits, by the first 12 hex of their ids."""
    done = subprocess.run(
        ["git", "-C", str(clone), "log", "--no-walk", "--stdin", "--format=%x1e%H%x1f%B"],
        input="\n".join(commits),
        capture_output=True,
        text=True,
        errors="replace",
        check=True,
    )
    pairs = (record.split("\x1f", 1) for record in done.stdout.split("\x1e")[1:])
    return {commit[:12]: message for commit, message in pairs}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clone", type=Path)
    clone = parser.parse_args().clone
    advisories = read_advisories(ROOT / "data" / "advisories")
    with (ROOT / "data" / "fixes.csv").open(newline="", encoding="utf-8") as file:
        fixes = list(csv.DictReader(file))
    commits = defaultdict(list)
    for (_, commit), bug in bug_ids(fixes).items():
        if bug in advisories:
            commits[bug].append(commit)
    texts = messages(clone, [commit for group in commits.values() for commit in group])
    faults = 0
    for bug, advisory in advisories.items():
        theirs = set().union(*(runs_of(texts[commit]) for commit in commits[bug]))
        for name in ("summary", "trigger", "workaround"):
            shared = runs_of(getattr(advisory, name)) & theirs
            if shared:
                faults += 1
                print(f"{bug}.toml: {name} shares words with the message: {' '.join(min(shared))}")
    print(f"{len(advisories)} advisories, {faults} share wording")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
