"""Leaks that people reported and that took long to find, and what cures them without harm."""

from __future__ import annotations

import pytest

from advisory.advisories import read_advisories
from advisory.bug import Kind, Severity
from advisory.build import read_builds
from advisory.catalogue import Catalogue
from advisory.report import Adviser, Beyond, Question, Report
from advisory.unfixed import missing_of
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


def report_on(catalogue: Catalogue, version: str, **asked: str) -> Report:
    """The report on a release as the command makes it."""
    (build,) = read_builds(version, source="test")
    beyond = Beyond(
        missing=lambda branch: [missing_of(row) for row in catalogue.missing_fixes(branch)],
        outlines=catalogue.outlines,
        history_of=catalogue.history,
    )
    question = Question(**{"today": "2026-07-10", **asked})  # type: ignore[arg-type]
    return Adviser(catalogue.history, catalogue.provenance, question, beyond).advise(build)


# (version, day, the first release that cures its leaks, the one to choose)
CHOICES = [
    # the first brought in a regression of its own, and the next ends it
    ("2.4.10", "2022-01-12", "2.4.11", "2.4.12"),
    ("1.8.17", "2019-02-12", "1.8.18", "1.8.19"),
    # a fix of 2.4.34 was taken back in 2.4.35
    ("2.4.10", "2026-06-26", "2.4.34", "2.4.35"),
    # the one that cures them came out that day
    ("3.2.13", "2026-06-26", "3.2.20", None),
    ("3.2.13", "2026-07-03", "3.2.20", "3.2.20"),
]


@pytest.mark.parametrize(("version", "day", "minimal", "recommended"), CHOICES)
def test_the_release_to_choose_is_not_always_the_first_that_cures(
    catalogue: Catalogue, version: str, day: str, minimal: str, recommended: str | None
) -> None:
    choice = report_on(catalogue, version, as_of=day).recommendation

    assert choice is not None
    assert choice.minimal is not None
    assert choice.minimal.release.version == minimal
    assert (choice.recommended.release.version if choice.recommended else None) == recommended


@pytest.mark.parametrize("version", ["2.4.10", "1.8.17"])
@pytest.mark.parametrize("day", ["2026-06-26", ""])
def test_a_release_with_a_grave_regression_is_never_recommended(
    catalogue: Catalogue, version: str, day: str
) -> None:
    choice = report_on(catalogue, version, as_of=day).recommendation

    assert choice is not None
    assert choice.recommended is not None
    assert choice.recommended.release.version not in ("2.4.11", "1.8.18")
    assert choice.recommended.against == ""


@pytest.mark.parametrize(
    ("version", "first"),
    [("2.4.11", "2.4.11"), ("1.8.18", "1.8.18"), ("3.2.14", "3.2.14"), ("3.2.15", "3.2.14")],
)
def test_a_release_that_is_known_to_be_bad_says_so(
    catalogue: Catalogue, version: str, first: str
) -> None:
    grave = [
        window.first
        for window in report_on(catalogue, version).known_bad
        if window.severity.rank <= Severity.MEDIUM.rank
    ]

    assert first in grave


# What docs/never-fixed.md says: the last release of a branch, how many bugs it has that others got
# fixed, by severity and without one, and how many more of which its code does not tell.
NEVER_FIXED = [
    ("2.1.12", (1, 14, 82, 131, 0), 105, "2.4"),
    ("2.3.21", (1, 6, 68, 125, 0), 68, "2.4"),
    ("2.5.14", (1, 8, 67, 154, 0), 78, "2.6"),
    ("2.7.12", (1, 9, 101, 188, 1), 107, "2.8"),
    ("2.9.15", (1, 8, 94, 180, 1), 98, "3.0"),
    ("3.1.17", (0, 4, 51, 95, 1), 24, "3.2"),
]


@pytest.mark.parametrize(("version", "proven", "undecided", "branch"), NEVER_FIXED)
def test_the_last_release_of_a_branch_has_what_the_branch_never_got(
    catalogue: Catalogue, version: str, proven: tuple[int, ...], undecided: int, branch: str
) -> None:
    report = report_on(catalogue, version, as_of="2026-06-26")

    shown = [one.missing.severity for one in report.never_fixed if one.proven]
    assert report.known_bugs == 0
    assert tuple(map(shown.count, Severity)) == proven
    # the document also counts two of halog, a program of its own
    assert len(report.never_fixed) - len(shown) == undecided - 2 * (version == "2.9.15")
    assert {one.pending for one in report.never_fixed} == {False}
    row = (version, sum(proven), *proven[:4], undecided)
    assert f"| {' | '.join(map(str, row))} |" in (
        DATA.parent / "docs" / "never-fixed.md"
    ).read_text(encoding="utf-8")


@pytest.mark.parametrize(("version", "branch"), [(row[0], row[3]) for row in NEVER_FIXED])
def test_from_a_branch_that_is_over_the_nearest_with_long_support_is_named(
    catalogue: Catalogue, version: str, branch: str
) -> None:
    choice = report_on(catalogue, version, as_of="2026-06-26").recommendation

    assert choice is not None
    assert choice.elsewhere is not None
    assert choice.elsewhere.branch == branch


def test_the_leaks_among_them_are_in_the_report_of_leaks(catalogue: Catalogue) -> None:
    from advisory.formats.text import render_text

    report = report_on(catalogue, "2.9.15", as_of="2026-06-26")

    text = render_text([report], width=80, colour=False)
    assert "\nNever fixed in 2.9\n284 more bugs (1 critical, 8 major, " in text
    assert "\n  336170007c28 medium ssl: The ssl-capture entry of a connection " in text
