#!/usr/bin/env python3
"""How long a report takes to start, as a multiple of what Python needs to import click and sqlite3.

    python benchmarks/startup.py [RUNS]

Both are measured in turns in one run; the medians of their CPU time are compared. Modules are
compiled first, as pip does when it installs a wheel. The third figure is the CPU time of a thousand
outputs judged in one process.
"""

from __future__ import annotations

import compileall
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "data" / "vv"
FLOOR = [sys.executable, "-c", "import click, sqlite3"]
REPORT = [sys.executable, "-m", "advisory", str(SAMPLES / "2.2.4.txt")]


def cpu_of(command: list[str]) -> float:
    """CPU time of a command, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak_of(command: list[str]) -> float:
    """Peak memory of a command, in MB, measured by a parent that runs nothing else."""
    script = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command], capture_output=True, text=True, check=True
    )
    return int(done.stdout) / 1024


def thousand() -> float:
    """CPU time of a thousand outputs of ``haproxy -vv`` read and judged in one process, seconds."""
    sys.path.insert(0, str(ROOT))
    from advisory.build import read_builds
    from advisory.catalogue import BUNDLED, Catalogue
    from advisory.formats.text import render_text
    from advisory.report import Adviser, Question

    texts = [path.read_text() for path in sorted(SAMPLES.glob("[123].*[0-9].txt"))]
    start = time.process_time()
    catalogue = Catalogue(BUNDLED)
    adviser = Adviser(catalogue.history, catalogue.provenance, Question(today="2026-06-26"))
    reports = [
        adviser.advise(build)
        for number in range(1000)
        for build in read_builds(texts[number % len(texts)], source=f"host {number}")
    ]
    render_text(reports, width=80, colour=False)
    return time.process_time() - start


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    compileall.compile_dir(ROOT / "advisory", quiet=1)
    floor, report = [], []
    for _ in range(runs):
        floor.append(cpu_of(FLOOR))
        report.append(cpu_of(REPORT))
    low, high = statistics.median(floor), statistics.median(report)
    print(f"floor   {low * 1000:6.1f} ms CPU (import click, sqlite3), median of {runs}")
    print(f"report  {high * 1000:6.1f} ms CPU (hapadvise vv.txt), {high / low:.2f} times the floor")
    print(f"memory  {peak_of(REPORT):6.1f} MB peak, {peak_of(FLOOR):.1f} MB for the floor")
    print(f"1000    {thousand():6.2f} s CPU (a thousand texts read, judged, rendered at once)")


if __name__ == "__main__":
    main()
