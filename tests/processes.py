"""Processes: recorded ones, and what one that is made up would answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from advisory.config import Config, read_config
from advisory.info import ProcessInfo, read_info
from advisory.pools import PoolDump, read_pools

LEAKS = Path(__file__).parent / "data" / "leaks"


def recorded() -> dict[str, dict[str, Any]]:
    """What was measured on each recorded process, by its folder in ``LEAKS``."""
    return {
        str(path.parent.relative_to(LEAKS)): json.loads(path.read_text())
        for path in sorted(LEAKS.rglob("facts.json"))
    }


def arguments_for(case: str) -> list[str]:
    """What to type to have a recorded process examined."""
    folder = LEAKS / case
    vv = folder / "vv.txt"
    arguments = [str(vv if vv.exists() else folder.parent / "vv.txt")]
    times = ("before", "mid", "after")
    arguments += [str(path) for when in times if (path := folder / f"rss-{when}.txt").exists()]
    for option in ("pools", "info"):
        paths = (folder / f"{option}-{when}.txt" for when in times)
        arguments += [f"--{option}={path}" for path in paths if path.exists()]
    return [*arguments, f"--config={folder / 'haproxy.cfg'}"]


def pools_text(*rows: tuple[str, int, int], spare: int = 0, start: int = 0x1000) -> str:
    """An answer of 2.2 to ``show pools``, of the name, size and count of each pool."""
    lines = [
        f"  - Pool {name} ({size} bytes) : {used + spare} allocated (1 bytes), "
        f"{used} used, needed_avg {used}, 0 failures, 3 users, @0x{start + number:x}=00 [SHARED]\n"
        for number, (name, size, used) in enumerate((*rows, ("buffer", 16384, 9)))
    ]
    return (
        f"Dumping pools usage. Use SIGQUIT to flush them.\n{''.join(lines)}"
        f"Total: {len(lines)} pools, 1 bytes allocated, 1 used.\n"
    )


def pools(*rows: tuple[str, int, int], spare: int = 0, start: int = 0x1000) -> PoolDump:
    """The same, read."""
    (dump,) = read_pools(pools_text(*rows, spare=spare, start=start), source="pools")
    return dump


def info(**fields: object) -> ProcessInfo:
    """An answer to ``show info`` with these fields and two more, without which it is none."""
    fields = {"Name": "HAProxy", "Nbproc": 1, "Process_num": 1, **fields}
    text = "".join(f"{name}: {value}\n" for name, value in fields.items())
    (found,) = read_info(text, source="info")
    return found


def config(text: str) -> Config:
    """A configuration."""
    return read_config([("haproxy.cfg", text)])
