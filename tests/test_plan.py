from __future__ import annotations

from typing import Any

import pytest

from advisory.bug import Fix, Severity
from advisory.catalogue import Catalogue
from advisory.finding import Finding, FixState, Verdict
from advisory.history import BranchHistory
from advisory.matcher import match, place_release
from advisory.plan import (
    Candidate,
    Recommendation,
    Support,
    branch_to_go_to,
    recommend,
    support_of,
    the_way,
)
from advisory.regressions import BadWindow, WindowKind, known_bad
from tests.conftest import RELEASES, make_bug, make_fix, make_history

# 2.2.0 to 2.2.3 came monthly from 2020-07-07 on, 2.2.10 on 2020-11-07; maintained until 2025-Q2.
DAY = "2020-12-24"


def finding(fixed_in: str, position: int = 1, **fields: Any) -> Finding:
    """A bug that the branch cures with that release, "" for none."""
    fix = make_fix(position, fixed_in, **fields)
    return Finding(fix.bug, fix, fixed_in, FixState.RELEASED, Verdict.AFFECTED, ())


def window(first: str, fixed_in: str, severity: Severity = Severity.MEDIUM) -> BadWindow:
    versions = [release.version for release in RELEASES]
    end = versions.index(fixed_in) if fixed_in else len(versions)
    held = tuple(versions[versions.index(first) : end])
    return BadWindow(
        first=first,
        last=held[-1],
        fixed_in=fixed_in,
        severity=severity,
        bug=make_bug("e1"),
        introduced_by="c1" * 6,
        fix_commit="f1" * 6,
        kind=WindowKind.REGRESSION,
        releases=held,
    )


def versions_of(found: Recommendation) -> tuple[str | None, ...]:
    return tuple(
        one.release.version if one is not None else None
        for one in (found.minimal, found.recommended, found.latest)
    )


def from_start(
    *findings: Finding, windows: tuple[BadWindow, ...] = (), today: str = DAY, settle_days: int = 7
) -> Recommendation:
    return recommend(make_history(), RELEASES[0], findings, windows, today, settle_days)


def test_the_way_names_every_later_release() -> None:
    leak, stays = finding("2.2.2"), finding("", 2)
    bad, worse = window("2.2.1", "2.2.3", Severity.MINOR), window("2.2.3", "")
    history = make_history(make_fix(1, "2.2.3", severity=Severity.MAJOR), make_fix(2))
    way = the_way(history, RELEASES[1], (leak, stays), (bad, worse), DAY)
    awaited = tuple((severity, int(severity is Severity.MINOR)) for severity in Severity)
    both = tuple(
        (severity, int(severity in (Severity.MAJOR, Severity.MINOR))) for severity in Severity
    )
    against = (
        "has a medium bug that came with 2.2.3 (commit c1c1c1c1c1c1); "
        "no release answers it yet (commit f1f1f1f1f1f1)"
    )

    assert way == (
        Candidate("2.2", RELEASES[2], 108, (leak,), (stays,), (), both),
        Candidate("2.2", RELEASES[3], 78, (leak,), (stays,), (worse,), awaited, f"2.2.3 {against}"),
        Candidate(
            "2.2", RELEASES[4], 47, (leak,), (stays,), (worse,), awaited, f"2.2.10 {against}"
        ),
    )


def test_the_first_release_that_cures_what_can_be_cured_is_minimal() -> None:
    found = from_start(finding("2.2.1"), finding("2.2.2", 2), finding("", 3))

    assert versions_of(found) == ("2.2.2", "2.2.2", "2.2.10")


def test_a_bad_release_is_minimal_but_not_recommended() -> None:
    found = from_start(finding("2.2.1"), windows=(window("2.2.1", "2.2.2", Severity.MAJOR),))

    assert versions_of(found) == ("2.2.1", "2.2.2", "2.2.10")
    assert (found.minimal.reason if found.minimal else "") == (
        "the first release that cures the bug; 2.2.1 has a major bug that came with 2.2.1 "
        "(commit c1c1c1c1c1c1); 2.2.2 answers it (commit f1f1f1f1f1f1)"
    )
    assert (found.recommended.reason if found.recommended else "") == (
        "2.2.2 is out since 2020-09-07, and no grave regression is known in it; "
        "2.2.1 has a major bug that came with 2.2.1 (commit c1c1c1c1c1c1); "
        "2.2.2 answers it (commit f1f1f1f1f1f1)"
    )


def test_a_minor_regression_does_not_count() -> None:
    found = from_start(finding("2.2.1"), windows=(window("2.2.1", "2.2.2", Severity.MINOR),))

    assert versions_of(found) == ("2.2.1", "2.2.1", "2.2.10")


def test_of_many_bad_releases_two_are_named() -> None:
    found = from_start(finding("2.2.1"), windows=(window("2.2.1", "2.2.10"),))

    assert found.recommended is not None
    assert found.recommended.reason.endswith("; 1 more are passed over likewise")


def test_several_bugs_are_counted() -> None:
    found = from_start(finding("2.2.1"), finding("2.2.1", 2))

    assert found.minimal is not None
    assert found.minimal.reason == "the first release that cures all 2 bugs that a release cures"


@pytest.mark.parametrize(("today", "recommended"), [("2020-11-13", None), ("2020-11-14", "2.2.10")])
def test_a_release_must_have_been_out_for_a_while(today: str, recommended: str | None) -> None:
    found = from_start(finding("2.2.10"), today=today)

    assert versions_of(found) == ("2.2.10", recommended, "2.2.10")
    assert (found.latest.against if found.latest else "") == (
        "" if recommended else "2.2.10 has been out for 6 of 7 days"
    )


@pytest.mark.parametrize(
    ("cure", "windows"),
    [
        (finding("2.2.10", severity=Severity.MAJOR), ()),
        (finding("2.2.10"), (window("2.2.3", "2.2.10", Severity.MAJOR),)),
    ],
)
def test_what_cures_a_major_bug_need_not_wait(cure: Finding, windows: tuple[BadWindow]) -> None:
    found = from_start(cure, windows=windows, today="2020-11-08")

    assert versions_of(found) == ("2.2.10", "2.2.10", "2.2.10")


def test_an_older_major_cure_is_no_reason_for_haste() -> None:
    cures = (finding("2.2.10"), finding("2.2.3", 2, severity=Severity.MAJOR))

    assert versions_of(from_start(*cures, today="2020-11-08")) == ("2.2.10", None, "2.2.10")


@pytest.mark.parametrize("findings", [(), (finding(""),)])
def test_with_nothing_to_cure_the_last_fit_release_is_recommended(
    findings: tuple[Finding, ...],
) -> None:
    found = from_start(*findings, windows=(window("2.2.10", ""),))

    assert versions_of(found) == (None, "2.2.3", "2.2.10")


def test_after_the_last_release_nothing_comes() -> None:
    found = recommend(make_history(), RELEASES[-1], (), (), DAY)

    assert found == Recommendation(None, None, None)


NEXT = make_history()._replace(
    branch="2.4",
    maintained_until="2026-Q2",
    releases=(
        RELEASES[0]._replace(version="2.4.0", order=1, released_on="2021-05-14"),
        RELEASES[1]._replace(version="2.4.1", order=2, released_on="2025-06-17"),
        RELEASES[2]._replace(version="2.4.2", order=3, released_on="2025-07-05"),
    ),
)
OVER = "2025-07-08"


def beyond(
    *findings: Finding,
    other: BranchHistory = NEXT,
    windows: tuple[BadWindow, ...] = (),
    today: str = OVER,
    **branch: Any,
) -> Candidate | None:
    history = make_history()._replace(**branch)
    return recommend(
        history, RELEASES[-1], findings, (), today, elsewhere=(other, windows)
    ).elsewhere


def test_from_a_branch_that_is_over_the_last_fit_release_of_another_is_named() -> None:
    found = beyond()

    assert found is not None
    assert (found.release.version, found.reason) == (
        "2.4.1",
        "branch 2.2 is over; 2.4 is the nearest branch with long-term support that is maintained",
    )


def test_so_it_is_where_the_branch_leaves_a_bug() -> None:
    found = beyond(finding("2.2.1"), finding("", 2), today="2022-01-01")

    assert found is not None
    assert found.reason.startswith("branch 2.2 does not cure everything; 2.4 is ")


@pytest.mark.parametrize(
    ("today", "fields", "named"),
    [
        ("2025-06-30", {}, False),  # maintained, and every bug cured
        ("2021-11-07", {"maintained_until": ""}, False),  # nobody says, and releases still come
        ("2021-11-08", {"maintained_until": ""}, True),  # none for over a year
    ],
)
def test_a_branch_is_left_when_it_is_over(today: str, fields: dict[str, Any], named: bool) -> None:
    assert (beyond(finding("2.2.1"), today=today, **fields) is not None) is named


def test_where_no_release_is_fit_none_is_named() -> None:
    bad = window("2.2.0", "")._replace(releases=("2.4.0", "2.4.1", "2.4.2"))

    assert beyond(windows=(bad,)) is None


def there(fixed_in: str, **fields: Any) -> Fix:
    return make_fix(1, fixed_in, branch="2.4", **fields)


@pytest.mark.parametrize(
    ("fix", "own", "cured"),
    [
        (there("2.4.1"), {}, True),
        (there("2.4.2"), {}, False),  # later than the release that is named
        (there(""), {}, False),
        (there("2.4.1", reverted_by="e1" * 6), {}, False),
        (there("2.4.1", reverted_by="e1" * 6, reapplied_by="d1", reapplied_in="2.4.1"), {}, True),
        # no fix there: it is older than the branch, or not known
        (None, {"mainline_commit": "a1" * 6, "merged_on": "2021-05-13"}, True),
        (None, {"mainline_commit": "a1" * 6, "merged_on": "2021-05-14"}, False),
        (None, {"merged_on": "2021-05-13"}, False),
        (
            None,
            {"mainline_commit": "a1" * 6, "merged_on": "2021-05-13", "reverted_by": "e1" * 6},
            False,
        ),
    ],
)
def test_what_the_other_branch_cures(fix: Fix | None, own: dict[str, Any], cured: bool) -> None:
    leak = finding("2.2.1", **own)
    found = beyond(leak, other=NEXT._replace(fixes=(fix,) if fix else ()))

    assert found is not None
    assert (found.cures, found.leaves) == (((leak,), ()) if cured else ((), (leak,)))


@pytest.mark.parametrize(
    ("today", "support"),
    [
        ("2025-01-01", Support(True, "2025-Q2", False, False)),
        ("2025-01-02", Support(True, "2025-Q2", False, True)),
        ("2025-06-30", Support(True, "2025-Q2", False, True)),
        ("2025-07-01", Support(True, "2025-Q2", True, False)),
    ],
)
def test_the_end_of_a_branch_is_told_before_it_comes(today: str, support: Support) -> None:
    assert support_of(make_history(), today) == support


def test_of_a_branch_that_says_nothing_nothing_is_told() -> None:
    history = make_history()._replace(long_term_support=None, maintained_until="")

    assert support_of(history, DAY) == Support(None, "", None, False)


@pytest.mark.parametrize(
    ("branch", "today", "other"),
    [
        ("2.1", "2022-01-01", "2.2"),
        ("2.2", "2022-01-01", "2.4"),  # past 2.3, which is not for long
        ("2.1", "2025-07-01", "2.4"),  # 2.2 is over, too
        ("2.4", "2022-01-01", None),
        ("2.1", "2026-07-01", None),
    ],
)
def test_the_nearest_branch_with_long_support_is_next(
    branch: str, today: str, other: str | None
) -> None:
    histories = (
        make_history()._replace(branch="2.1", long_term_support=False, maintained_until="2021-Q1"),
        make_history(),
        make_history()._replace(branch="2.3", long_term_support=False, maintained_until="2099-Q1"),
        NEXT,
    )
    found = branch_to_go_to(histories, branch, today)

    assert (found.branch if found is not None else None) == other


@pytest.mark.parametrize(
    ("version", "bug", "day", "minimal", "recommended"),
    [
        ("2.4.10", "266d54054900", "2026-06-26", "2.4.11", "2.4.28"),
        ("2.4.10", "266d54054900", "2022-01-12", "2.4.11", "2.4.12"),
        ("1.8.17", "32211a17eb1f", "2026-06-26", "1.8.18", "1.8.30"),
        ("1.8.17", "32211a17eb1f", "2019-02-12", "1.8.18", "1.8.19"),
    ],
)
def test_the_first_cure_is_not_always_the_answer(
    catalogue: Catalogue, version: str, bug: str, day: str, minimal: str, recommended: str
) -> None:
    whole = catalogue.history(version.rsplit(".", 1)[0])
    history = whole.as_of(day) if whole is not None else None
    here = history.release(version) if history is not None else None
    assert history is not None
    assert here is not None
    leaks = [
        one for one in match(history, place_release(history, here)).findings if one.bug.id == bug
    ]
    found = recommend(history, here, leaks, known_bad(history), day)

    assert versions_of(found)[:2] == (minimal, recommended)


def test_a_release_that_is_fit_only_for_its_age_is_not_named() -> None:
    old = NEXT._replace(
        releases=(
            NEXT.releases[0],
            NEXT.releases[1]._replace(released_on="2021-06-17"),
            NEXT.newest,
        )
    )
    found = beyond(other=old)

    assert found is not None
    assert found.release.version == "2.4.2"
    assert found.reason.endswith("; 2.4.2 has been out for 3 of 7 days")
