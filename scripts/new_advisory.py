#!/usr/bin/env python3
"""Start an advisory: the file with the facts filled in and what a person has to say left open.

    scripts/new_advisory.py FIX

FIX is six hex digits or more of a fix in any branch, of its mainline commit, or of the bug's id.
The file is not valid until it is filled in; docs/contributing-advisories.md says how.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from advisory.identity import bug_ids

SKELETON = """\
{facts}
kind = ""         # memory-leak, fd-leak, stuck-object or not-a-leak
runtime =         # true: a serving process grows from it
growth = ""       # per-request, per-connection, periodic, per-cli-command, per-reload,
                  # on-error-path, per-config-parse or at-exit
summary = ""      # what the operator sees or what is lost; 160 characters at most
trigger = ""      # which configuration and traffic set it off; 240 characters at most
confidence = ""   # high, medium or low
said_by = []      # subject, message, diff, issue
"""


def skeleton(bug: str, rows: list[dict[str, str]]) -> str:
    """The file's text; the facts stand in it as comments, for the eye only."""
    lines = [
        f"# {row['branch']}: {row['commit_id']}, fixed in {row['fixed_in'] or 'no release yet'}"
        for row in rows
    ]
    issues = sorted({int(number) for row in rows for number in row["issues"].split()})
    if issues:
        lines.append(f"# issues {', '.join(map(str, issues))}")
    newest = rows[-1]
    lines.append(f"# {newest['severity']}, {newest['subsystem'] or 'no subsystem'}; bug {bug}")
    return SKELETON.format(facts="\n".join(lines))


def start(fix: str, data: Path) -> Path:
    """Write the file of the bug that a commit cures, and note that its fix was read."""
    with (data / "fixes.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ids = bug_ids(rows)
    found = {
        bug
        for row in rows
        for bug in [ids[row["branch"], row["commit_id"]]]
        if len(fix) >= 6
        for name in (row["commit_id"], row["mainline_commit"], bug)
        if name and (name.startswith(fix) or fix.startswith(name))
    }
    if len(found) != 1:
        raise SystemExit(f"{fix}: {len(found)} bugs go by that; name one by six hex digits or more")
    (bug,) = found
    path = data / "advisories" / f"{bug}.toml"
    if path.exists():
        raise SystemExit(f"{path}: is there already; edit it")
    own = [row for row in rows if ids[row["branch"], row["commit_id"]] == bug]
    path.write_text(skeleton(bug, own), encoding="utf-8")
    reviewed = data / "reviewed.csv"
    header, *names = reviewed.read_text(encoding="utf-8").split()
    text = "\n".join([header, *sorted({*names, bug})]) + "\n"
    reviewed.write_text(text, encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fix")
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    options = parser.parse_args()
    print(start(options.fix.lower(), options.data))


if __name__ == "__main__":
    main()
