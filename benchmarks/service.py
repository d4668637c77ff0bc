"""How many requests per second the service answers, beside Datasette's own table page.

    python benchmarks/service.py [--seconds 5] [--clients 4] [--db FILE]

One server on loopback, one run: the table page first, then ours, each by clients that keep their
connection. The clients share the machine with the server.
"""

from __future__ import annotations

import argparse
import http.client
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from advisory.catalogue import BUNDLED

THREAD = ROOT / "tests" / "data" / "reports" / "forum-2.2.4.txt"
PROGRAM = "import sys; from advisory.serving import serve_command; serve_command()"


class Load(NamedTuple):
    """A request, and how it is named in the table."""

    name: str
    method: str
    path: str
    body: bytes


class Measured(NamedTuple):
    """Answers per second, and the 50th and 99th of a hundred in ms."""

    rate: float
    median: float
    p99: float


def measure(port: int, load: Load, seconds: float, clients: int) -> Measured:
    """Send as many requests as the server answers in that time."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    def run() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < end:
            start = time.perf_counter()
            connection.request(load.method, load.path, load.body or None)
            reply = connection.getresponse()
            reply.read()
            assert reply.status == 200, (load.name, reply.status)
            times.append(time.perf_counter() - start)

    threads = [threading.Thread(target=run) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = time.perf_counter() - start
    times.sort()
    return Measured(
        len(times) / whole,
        1000 * times[len(times) // 2],
        1000 * times[min(len(times) - 1, int(len(times) * 0.99))],
    )


def main() -> None:
    """Serve, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--db", default=BUNDLED)
    options = parser.parse_args()
    loads = (
        Load("GET /catalogue/bugs (Datasette)", "GET", "/catalogue/bugs", b""),
        Load("POST /advise.json", "POST", "/advise.json", THREAD.read_bytes()),
        Load("GET /release/2.2.4", "GET", "/release/2.2.4", b""),
        Load("GET /bug/84cdbe478a82", "GET", "/bug/84cdbe478a82", b""),
    )
    server = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--port", "0", "--db", options.db],
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    try:
        assert server.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", server.stderr.readline())
        assert found is not None
        port = int(found[1])
        print(f"{'request':<34} {'per second':>10} {'median ms':>10} {'p99 ms':>8} {'multiple':>9}")
        first = None
        for load in loads:
            measure(port, load, 1, options.clients)  # warm
            found_here = measure(port, load, options.seconds, options.clients)
            first = first or found_here
            print(
                f"{load.name:<34} {found_here.rate:>10.1f} {found_here.median:>10.1f} "
                f"{found_here.p99:>8.1f} {found_here.rate / first.rate:>8.2f}x"
            )
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
