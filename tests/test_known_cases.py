"""Leaks that people reported and that took long to find: each must come out right."""

from __future__ import annotations

import pytest

from advisory.advisories import read_advisories
from advisory.bug import Kind
from tests.conftest import DATA

ADVISORIES = read_advisories(DATA / "advisories")

# (bug, what it is, kind, whether a serving process grows, what the conditions name)
CASES = [
    (
        "5a7ca29061db",
        "tasklet at the upgrade from TCP to HTTP",
        Kind.MEMORY_LEAK,
        "route tcp to http",
    ),
    ("32211a17eb1f", "unique id of a stream that ends in TCP mode", Kind.MEMORY_LEAK, "unique-id"),
    ("010ab35a9118", "answer items of DNS resolutions", Kind.MEMORY_LEAK, "section resolvers"),
    ("a5efdff93c36", "blocks that Lua shrinks, where libc is musl", Kind.MEMORY_LEAK, "linux-musl"),
    ("266d54054900", "server address on redispatch", Kind.MEMORY_LEAK, "option redispatch"),
    ("eab175771dc9", "redirect with ignore-empty", Kind.MEMORY_LEAK, "ignore-empty"),
    ("bc174b2101f5", "out-of-order QUIC handshake data", Kind.MEMORY_LEAK, "+QUIC"),
    ("f6e193f1b05b", "half-closed connections with zero-copy", Kind.STUCK_OBJECT, "mode http"),
    ("76b4a12591b6", "OCSP data of a replaced certificate", Kind.MEMORY_LEAK, "+OPENSSL"),
    ("b605a736b076", "FastCGI parameter rules", Kind.MEMORY_LEAK, "section fcgi-app"),
    ("116178563c2f", "dynamic server with a check", Kind.MEMORY_LEAK, ""),
]


@pytest.mark.parametrize(("bug", "what", "kind", "condition"), CASES, ids=lambda value: str(value))
def test_a_known_leak_is_one_at_run_time(bug: str, what: str, kind: Kind, condition: str) -> None:
    found = ADVISORIES[bug]

    assert (found.kind, found.runtime) == (kind, True)
    assert condition in " ".join((*found.features, *found.target, *found.config))


def test_what_stays_open_at_a_reload_is_no_memory_leak() -> None:
    # descriptors of the server state file, of inherited listeners, of the old worker
    kinds = {bug: ADVISORIES[bug].kind for bug in ("dc6e8a9a7b19", "ab7acdcc3a01", "538aa7168fca")}

    assert set(kinds.values()) == {Kind.FD_LEAK}


def test_every_leak_that_grows_at_run_time_says_when_in_whole_words() -> None:
    vague = [
        bug for bug, found in ADVISORIES.items() if found.runtime and len(found.trigger.split()) < 5
    ]

    assert vague == []
