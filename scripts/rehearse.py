#!/usr/bin/env python3
"""Rehearses the whole refresh against a site that is served.

    python scripts/rehearse.py SITE

Four runs in a folder of their own: one that starts from nothing and one that has nothing new to
find, one that starts from the bundled catalogue and one after it. Then the number of bugs that each
page of the site prints is compared with what both catalogues count.
"""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from advisory.catalogue import Catalogue
from advisory.facts import Run, run_of
from advisory.fetch import Fetcher
from advisory.maintenance import site_of
from advisory.pages import read_commits
from advisory.store import stored_facts


def refresh(site: str, target: Path, *options: str) -> Run:
    """One run; what its row in the catalogue says."""
    command = [sys.executable, "-m", "advisory", "refresh", "--url", site, "--rate", "0"]
    start = time.monotonic()
    done = subprocess.run(
        [*command, "--quiet", "--db", str(target), *options],
        cwd=Path(__file__).resolve().parent.parent,
        check=False,
    )
    if done.returncode == 2:
        raise SystemExit(2)
    with contextlib.closing(Catalogue(str(target))) as catalogue:
        run = run_of(catalogue.texts("runs", Run._fields, "id")[-1])
        fixes = sum(state.fixes for state in catalogue.states())
        releases = len(catalogue.texts("releases", ("version",), "version_order"))
    print(
        f"{target.stem:<8} {run.outcome}: {run.requests} requests, {releases} releases, "
        f"{fixes} fixes, {time.monotonic() - start:.1f} s, exit status {done.returncode}"
    )
    return run


def totals(target: Path) -> dict[str, int]:
    """The number of known bugs of each release and branch, as a catalogue counts them."""
    with contextlib.closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as db:
        known = dict(db.execute("select version, 0 from releases"))
        known |= dict(
            db.execute("select version, sum(known_bugs) from release_totals group by version")
        )
        waiting = db.execute(
            "select branch, (select count(*) from fixes f where f.branch = b.branch "
            "and f.fixed_in is null) from branches b"
        )
        return known | dict(waiting)


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    site = site_of(sys.argv[1])
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        scratch, bundled = Path(folder) / "scratch.db", Path(folder) / "bundled.db"
        for target, options in ((scratch, ["--from-scratch"]), (bundled, [])):
            refresh(site, target, *options)
            again = refresh(site, target, *options)
            branches = len(stored_facts(target).branches)
            if again.requests > branches + 1:
                faults.append(f"{target.stem}: {again.requests} requests for nothing new")
        counted = {"scratch": totals(scratch), "bundled": totals(bundled)}
        printed = {}
        with Fetcher(site, user_agent="hapadvise rehearsal", rate=0) as fetcher:
            for version in counted["scratch"]:
                page = fetcher.get(f"bugs/bugs-{version}.html")
                assert page is not None
                printed[version], _ = read_commits(page.text, source=page.url)
    for name, numbers in counted.items():
        differing = [version for version in numbers if numbers[version] != printed.get(version)]
        print(f"{name:<8} {len(numbers) - len(differing)} of {len(numbers)} pages count the same")
        faults += [
            f"{name}: {version} has {numbers[version]} bugs, its page prints {printed.get(version)}"
            for version in differing
        ]
    print(*faults, sep="\n", end="\n" if faults else "")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
