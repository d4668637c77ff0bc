from __future__ import annotations

from typing import Any

import pytest

from advisory.bug import Advisory, Fix, Kind, Severity
from advisory.catalogue import Catalogue
from advisory.regressions import BadWindow, WindowKind, bad_at, concerning, known_bad
from tests.conftest import make_bug, make_fix, make_history

CULPRIT = "c1" * 6


def regression(position: int, first: str, fixed_in: str, **fields: Any) -> BadWindow:
    """The window of the fix at that position, made worse by ``CULPRIT``."""
    versions = ["2.2.0", "2.2.1", "2.2.2", "2.2.3", "2.2.10"]
    end = versions.index(fixed_in) if fixed_in else len(versions)
    held = tuple(versions[versions.index(first) : end])
    window = BadWindow(
        first=first,
        last=held[-1],
        fixed_in=fixed_in,
        severity=Severity.MINOR,
        bug=make_bug(f"b{position}"),
        introduced_by=CULPRIT,
        fix_commit=f"f{position}" * 6,
        kind=WindowKind.REGRESSION,
        releases=held,
    )
    return window._replace(**fields)


def entered(position: int, introduced_in: str, fixed_in: str, **fields: Any) -> Fix:
    return make_fix(
        position, fixed_in, introduced_by=CULPRIT, introduced_in=introduced_in, **fields
    )


def test_what_came_with_a_release_is_bad_until_its_fix() -> None:
    history = make_history(entered(1, "2.2.1", "2.2.3", severity=Severity.MAJOR))

    assert known_bad(history) == (regression(1, "2.2.1", "2.2.3", severity=Severity.MAJOR),)


def test_it_is_bad_to_the_last_release_where_the_fix_awaits_one() -> None:
    history = make_history(entered(1, "2.2.3", ""))

    assert known_bad(history) == (regression(1, "2.2.3", ""),)


@pytest.mark.parametrize(
    "fix",
    [
        make_fix(1, "2.2.3"),  # nobody knows since when
        entered(1, "2.2.0", "2.2.3"),  # the branch began with it
        entered(1, "2.2.2", "2.2.2"),  # came and went between two releases
        # the fix was given up for good
        entered(1, "2.2.1", "2.2.2", reverted_by="e1" * 6, reverted_in="2.2.2"),
        # so was this one, before any release held it
        make_fix(1, "2.2.2", reverted_by="e1" * 6, reverted_in="2.2.2"),
        make_fix(1, reverted_by="e1" * 6),
    ],
)
def test_these_make_no_release_bad(fix: Fix) -> None:
    assert known_bad(make_history(fix)) == ()


def test_a_fix_that_came_again_ends_it_the_second_time() -> None:
    fix = entered(
        1,
        "2.2.1",
        "2.2.2",
        reverted_by="e1" * 6,
        reverted_in="2.2.2",
        reapplied_by="d1" * 6,
        reapplied_in="2.2.10",
    )

    assert known_bad(make_history(fix)) == (regression(1, "2.2.1", "2.2.10", fix_commit="d1" * 6),)


def test_a_fix_that_was_taken_back_is_bad_where_it_was_released() -> None:
    fix = make_fix(1, "2.2.1", severity=Severity.MEDIUM, reverted_by="e1" * 6, reverted_in="2.2.3")

    assert known_bad(make_history(fix)) == (
        regression(
            1,
            "2.2.1",
            "2.2.3",
            severity=Severity.MEDIUM,
            introduced_by=fix.commit,
            fix_commit="e1" * 6,
            kind=WindowKind.TAKEN_BACK,
        ),
    )


def test_a_revert_that_awaits_a_release_ends_nothing_yet() -> None:
    fix = make_fix(1, "2.2.3", reverted_by="e1" * 6)
    (window,) = known_bad(make_history(fix))

    assert (window.fixed_in, window.releases) == ("", ("2.2.3", "2.2.10"))


def test_a_revert_with_a_severity_of_its_own_lends_it() -> None:
    taken_back = make_fix(1, "2.2.1", reverted_by="f2" * 6, reverted_in="2.2.3")
    history = make_history(taken_back, make_fix(2, "2.2.3", severity=Severity.MAJOR))

    assert [window.severity for window in known_bad(history)] == [Severity.MAJOR]


@pytest.mark.parametrize("named", ["f1" * 6, "a1" * 6])
def test_a_fix_that_was_taken_back_for_its_harm_stands_once(named: str) -> None:
    taken_back = make_fix(
        1, "2.2.1", mainline_commit="a1" * 6, reverted_by="f2" * 6, reverted_in="2.2.3"
    )
    harm = make_fix(2, "2.2.3", introduced_by=named, introduced_in="2.2.1")

    assert [window.kind for window in known_bad(make_history(taken_back, harm))] == [
        WindowKind.REGRESSION
    ]


def test_windows_stand_by_their_first_release_and_the_worst_first() -> None:
    history = make_history(
        entered(1, "2.2.2", "2.2.3"),
        entered(2, "2.2.1", "2.2.3"),
        entered(3, "2.2.1", "2.2.10", severity=Severity.MAJOR),
    )

    assert [window.bug.id for window in known_bad(history)] == ["b3" * 6, "b2" * 6, "b1" * 6]


def test_a_release_lies_in_the_windows_that_hold_it() -> None:
    windows = known_bad(make_history(entered(1, "2.2.1", "2.2.2"), entered(2, "2.2.1", "2.2.3")))

    assert [len(bad_at(windows, version)) for version in ("2.2.0", "2.2.1", "2.2.2", "2.2.3")] == [
        0,
        2,
        1,
        0,
    ]


NEEDS_LUA = Advisory(
    kind=Kind.MEMORY_LEAK, summary="", confidence="high", said_by=(), features=("+LUA",)
)


@pytest.mark.parametrize(
    ("fields", "concerns"),
    [
        ({}, True),
        ({"subsystem": "quic"}, False),
        ({"subsystem": "halog"}, False),  # a program of its own
        ({"subsystem": "ssl"}, True),  # listed neither way
        ({"advisory": NEEDS_LUA}, False),
        ({"advisory": NEEDS_LUA._replace(features=("+NS",))}, True),
        ({"advisory": NEEDS_LUA._replace(features=(), target=("linux-musl",))}, False),
    ],
)
def test_what_a_build_lists_as_off_cannot_make_it_worse(
    fields: dict[str, Any], concerns: bool
) -> None:
    windows = (regression(1, "2.2.1", "2.2.3", bug=make_bug(**fields)),)

    assert (concerning(windows, ("-QUIC", "-LUA", "+NS"), "linux-glibc") == windows) is concerns


@pytest.mark.parametrize(
    ("version", "severity", "fixed_in", "commit"),
    [
        ("2.4.11", Severity.MAJOR, "2.4.12", "9328a6cdc14b"),
        ("1.8.18", Severity.MAJOR, "1.8.19", "109b76f51c28"),
        ("2.4.34", Severity.MEDIUM, "2.4.35", "315896f4f0a6"),
        ("3.2.14", Severity.MEDIUM, "3.2.16", "d6bc4aa1fbf4"),
        ("3.2.15", Severity.MEDIUM, "3.2.16", "d6bc4aa1fbf4"),
        ("1.8.10", Severity.MAJOR, "1.8.11", "de9d4c677b9b"),
        ("2.2.25", Severity.MEDIUM, "2.2.26", "95f7d284070a"),
    ],
)
def test_a_release_that_is_known_to_be_bad_is_marked(
    catalogue: Catalogue, version: str, severity: Severity, fixed_in: str, commit: str
) -> None:
    history = catalogue.history(version.rsplit(".", 1)[0])
    assert history is not None
    found = bad_at(known_bad(history), version)

    assert (severity, fixed_in, commit) in [
        (window.severity, window.fixed_in, window.fix_commit) for window in found
    ]
