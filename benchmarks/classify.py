#!/usr/bin/env python3
"""What the classes by words are worth, measured against the bugs whose fix a person has read.

    python benchmarks/classify.py

``data/fixes.csv`` holds the class that the subject's words give and the one that the message's
words give; ``data/reviewed.csv`` and ``data/advisories`` hold what a person found. For each rule:
of the bugs that it calls a memory leak, how many are one (precision), and of the memory leaks, how
many it finds (recall); once for every leak and once for those that grow in a serving process.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from advisory.advisories import read_advisories
from advisory.bug import Kind
from advisory.identity import bug_ids

LEAK = Kind.MEMORY_LEAK.value
RULES = ("subject", "subject or message", "the same, not set aside as start or exit")


def main() -> None:
    data = ROOT / "data"
    with (data / "fixes.csv").open(newline="", encoding="utf-8") as file:
        fixes = list(csv.DictReader(file))
    with (data / "reviewed.csv").open(newline="", encoding="utf-8") as file:
        reviewed = {row["bug_id"] for row in csv.DictReader(file)}
    advisories = read_advisories(data / "advisories")
    ids = bug_ids(fixes)
    words: dict[str, dict[str, bool]] = defaultdict(lambda: defaultdict(bool))
    for row in fixes:
        bug = ids[row["branch"], row["commit_id"]]
        if bug in reviewed:
            by_subject, by_message = row["subject_kind"] == LEAK, row["message_kind"] == LEAK
            either = by_subject or by_message
            for rule, found in zip(
                RULES, (by_subject, either, either and row["runtime"] != "0"), strict=True
            ):
                words[bug][rule] |= found
    leaks = {bug for bug, item in advisories.items() if item.kind is Kind.MEMORY_LEAK}
    serving = {bug for bug in leaks if advisories[bug].runtime}
    print(f"{len(reviewed)} bugs read, {len(leaks)} memory leaks, {len(serving)} at run time")
    for rule in RULES:
        called = {bug for bug, by_rule in words.items() if by_rule[rule]}
        for name, true in (("memory leak", leaks), ("memory leak at run time", serving)):
            right = len(called & true)
            print(
                f"{rule}: {name}: precision {right / len(called):.2f} ({right}/{len(called)}), "
                f"recall {right / len(true):.2f} ({right}/{len(true)})"
            )


if __name__ == "__main__":
    main()
