#!/usr/bin/env python3
"""What it takes to read and judge a configuration, as a multiple of splitting its lines.

    python benchmarks/diagnosis.py [LINES] [RUNS]

A configuration of so many lines (10,000) is made; both read it from memory, in turns in one
process, and the medians of their CPU time are compared. The floor splits every line into words and
notes those that begin a section. Ours finds the configuration in the text, takes it apart, settles
the mode and the routes of each proxy, and holds every advisory's conditions against it.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from advisory.advisories import read_advisories
from advisory.bug import Advisory
from advisory.conditions import SECTIONS
from advisory.intake import config_in, read_config_parts
from advisory.relevance import Judge

ADVISORIES = Path(__file__).resolve().parent.parent / "data" / "advisories"


def made(lines: int) -> str:
    """A configuration of about so many lines."""
    blocks = ["global\n maxconn 4000\n", "defaults\n mode http\n option httplog\n"]
    for number in range(lines // 18):
        servers = "".join(
            f" server s{n} 10.1.{n}.{number % 250}:80 check inter 2s  # {n}\n" for n in range(8)
        )
        blocks.append(
            f"frontend f{number}\n bind 10.0.0.1:{number} ssl crt /a alpn h2\n"
            f' acl a{number} hdr(host) -i "{number}.example.com"\n'
            f" http-request set-header X-A '{number} b' if a{number}\n"
            f" use_backend b{number} if a{number}\n default_backend b{number}\n"
            f"backend b{number}\n mode http\n balance roundrobin\n{servers}"
        )
    return "".join(blocks)


def floor(text: str) -> int:
    """The number of lines that begin a section."""
    return sum(bool(words) and words[0] in SECTIONS for words in map(str.split, text.split("\n")))


def ours(text: str, advisories: list[Advisory]) -> int:
    """How many advisories' conditions hold."""
    config = read_config_parts([("haproxy.cfg", config_in(text))])
    judge = Judge(config)
    return sum(judge.relevance_of(advisory).verdict.value == "holds" for advisory in advisories)


def cpu_of(work: Callable[[], int]) -> float:
    """CPU time in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    text, advisories = made(lines), list(read_advisories(ADVISORIES).values())
    times: dict[str, list[float]] = {"floor": [], "ours": []}
    for _ in range(runs):
        times["floor"].append(cpu_of(lambda: floor(text)))
        times["ours"].append(cpu_of(lambda: ours(text, advisories)))
    least, mine = (statistics.median(times[name]) for name in ("floor", "ours"))
    print(f"{text.count(chr(10))} lines, {len(advisories)} advisories, median of {runs} runs")
    print(f"splitting the lines   {least * 1000:8.1f} ms")
    print(f"reading and judging   {mine * 1000:8.1f} ms, {mine / least:.1f} times as much")


if __name__ == "__main__":
    main()
