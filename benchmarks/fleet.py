#!/usr/bin/env python3
"""How many hosts a core judges per second, and the memory that it takes.

    python benchmarks/fleet.py [HOSTS] [MIXTURE...]

Writes HOSTS (100,000) lines of JSON, of the recorded outputs of ``haproxy -vv`` of every branch,
in five mixtures:

    packaged   every host has a name and a kernel of its own, as hosts of one package have
    own        besides, every host was compiled with flags of its own: no two texts are equal
    builds     besides, every host was built on a day of its own: no two builds are equal
    evidence   packaged, and every tenth host passes what was recorded of a process that leaks:
               'show pools' and 'show info' twice, and the configuration
    hostile    packaged, and every hundredth line is broken

and runs ``hapadvise fleet`` on each in a process of its own, in turns with the floor: a process
that reads the same lines and calls ``json.loads`` on each. CPU time and peak memory are those that
the system counts for the process.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"
MIXTURES = ("packaged", "own", "builds", "evidence", "hostile")
FLOOR = """
import json, sys
for line in sys.stdin.buffer:
    try:
        json.loads(line)
    except ValueError:
        pass
"""
COMMAND = "from advisory.fleets import fleet_command; fleet_command()"
MEASURE = (
    "import resource, subprocess, sys;"
    "done = subprocess.run(sys.argv[2:], stdin=open(sys.argv[1]), capture_output=True);"
    "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
    "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, done.returncode)"
)


def lines(mixture: str, hosts: int) -> Iterator[str]:
    """One host in each line."""
    texts = [
        path.read_text(encoding="utf-8")
        for path in sorted((DATA / "vv").glob("*.txt"))
        if "show-info" not in path.name and not path.name.endswith("-v.txt")
    ]
    leaks = [
        recorded(folder) for folder in sorted((DATA / "leaks").glob("*/")) if "-" in folder.name
    ]
    for number in range(hosts):
        text = texts[number % len(texts)]
        kernel = f"Running on: Linux 6.{number % 19}.{number} #{number} SMP PREEMPT_DYNAMIC x86_64"
        text = re.sub(r"(?m)^Running on: .*$", kernel, text)
        if mixture in ("own", "builds"):
            text = text.replace(" -g", f" -g -DHOST={number}", 1)
        if mixture == "builds":
            day = f"20{number % 77 + 10}/{number % 12 + 1:02}/{number // 12 % 28 + 1:02}"
            text = re.sub(r"\d{4}/\d\d/\d\d", day, text, count=1)
            text = re.sub(r"(TARGET  *= *)\S+", rf"\g<1>linux-{number}", text)
        host: dict[str, object] = {"target": f"lb{number:06}.example.net", "vv": text}
        if mixture == "evidence" and number % 10 == 0:
            host |= leaks[number // 10 % len(leaks)]
        line = json.dumps(host)
        yield line[:-9] if mixture == "hostile" and number % 100 == 0 else line


def recorded(folder: Path) -> dict[str, object]:
    """What was recorded of a process: the fields of a host."""

    def texts(name: str) -> list[str]:
        paths = (folder / f"{name}-{when}.txt" for when in ("before", "after"))
        return [path.read_text(encoding="utf-8") for path in paths if path.exists()]

    config = folder / "haproxy.cfg"
    return {
        "vv": (folder / "vv.txt").read_text(encoding="utf-8"),
        "pools": texts("pools"),
        "info": texts("info"),
        "config": config.read_text(encoding="utf-8") if config.exists() else "",
    }


def measured(file: Path, command: list[str]) -> tuple[float, float, int]:
    """CPU seconds, peak memory in MB and exit status of a command that reads a file."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(file), *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, peak, status = done.stdout.split()
    return float(seconds), float(peak), int(status)


def main() -> None:
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as temporary:
        for mixture in sys.argv[2:] or MIXTURES:
            file = Path(temporary) / f"{mixture}.jsonl"
            with file.open("w", encoding="utf-8") as stream:
                stream.writelines(f"{line}\n" for line in lines(mixture, hosts))
            low, _, _ = measured(file, [sys.executable, "-c", FLOOR])
            high, peak, status = measured(file, [sys.executable, "-c", COMMAND])
            print(
                f"{mixture:<9} {hosts / high:8,.0f} hosts/s per core, {high:6.1f} s CPU, "
                f"{high / low:5.1f} times json.loads ({low:.1f} s), {peak:5.1f} MB peak, "
                f"{file.stat().st_size >> 20} MB, exit status {status}"
            )


if __name__ == "__main__":
    main()
