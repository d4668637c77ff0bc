from __future__ import annotations

import pytest
from hypothesis import given

from advisory.bug import Fix, Severity
from advisory.history import STALE_AFTER, BranchHistory, Provenance, age_of, neglected
from tests.strategies import BUGS, DAYS, RELEASES, days, histories


def a_fix(position: int, *, merged_on: str, fixed_in: str) -> Fix:
    return Fix(
        bug=BUGS[0],
        branch="2.2",
        commit=f"f{position:011}",
        mainline_commit="",
        merged_on=merged_on,
        severity=Severity.MINOR,
        position=position,
        fixed_in=fixed_in,
    )


def a_branch(*fixes: Fix, maintained_until: str = "") -> BranchHistory:
    return BranchHistory(
        branch="2.2",
        long_term_support=None,
        maintained_until=maintained_until,
        releases=RELEASES,
        fixes=fixes,
    )


def test_a_release_is_found_by_its_version() -> None:
    assert a_branch().release("2.2.1") == RELEASES[1]


@pytest.mark.parametrize(
    "version",
    [
        "2.2.5",  # skipped
        "2.2.01",  # another spelling
        "2.2",  # the branch
        "",
    ],
)
def test_a_version_that_was_not_published_is_no_release(version: str) -> None:
    assert a_branch().release(version) is None


def test_the_newest_release_is_the_last() -> None:
    assert a_branch().newest == RELEASES[-1]


@pytest.mark.parametrize(
    ("maintained_until", "day", "ended"),
    [
        ("2025-Q1", "2025-03-31", False),  # the last day of each quarter still counts
        ("2025-Q1", "2025-04-01", True),
        ("2025-Q2", "2025-06-30", False),
        ("2025-Q2", "2025-07-01", True),
        ("2025-Q3", "2025-09-30", False),
        ("2025-Q3", "2025-10-01", True),
        ("2025-Q4", "2025-12-31", False),
        ("2025-Q4", "2026-01-01", True),
        ("2025-Q2", "2024-12-31", False),  # a year before
        ("", "2025-04-01", None),  # nobody says
    ],
)
def test_maintenance_ends_with_its_quarter(
    maintained_until: str, day: str, ended: bool | None
) -> None:
    assert a_branch(maintained_until=maintained_until).maintenance_ended(day) is ended


@pytest.mark.parametrize(
    ("day", "today", "age"),
    [
        ("2020-07-07", "2020-07-07", 0),
        ("2020-07-07", "2020-07-08", 1),
        ("2020-02-28", "2020-03-01", 2),  # a leap year
        ("2019-07-07", "2020-07-07", 366),
        ("2020-07-08", "2020-07-07", 0),  # east of here it is tomorrow
        ("2020-07-09", "2020-07-07", None),  # nowhere is it the day after
    ],
)
def test_a_day_is_as_old_as_the_days_since_unless_it_is_yet_to_come(
    day: str, today: str, age: int | None
) -> None:
    assert age_of(day, today) == age


@pytest.mark.parametrize(
    ("newest", "is_neglected"),
    [
        ("2020-07-06", False),
        ("2020-05-07", False),  # STALE_AFTER days before
        ("2020-05-06", True),
        ("2019-07-06", True),
        ("2020-07-08", False),  # after it was read: a commit may bear any date
        ("", False),  # there is no fix to tell by
    ],
)
def test_a_source_without_a_fix_for_long_is_not_believed_to_be_kept_up(
    newest: str, is_neglected: bool
) -> None:
    said = neglected(Provenance("refreshed", "2020-07-06", "2020-07-06", newest_merge=newest))

    assert STALE_AFTER == 60
    assert bool(said) == is_neglected
    assert not said or (newest in said and "2020-07-06" in said)


def test_a_branch_has_no_past_before_its_first_release() -> None:
    assert a_branch().as_of("2020-07-06") is None


def test_a_day_ends_after_its_releases() -> None:
    assert a_branch().as_of("2020-07-23") == a_branch()._replace(releases=RELEASES[:3])


def test_a_fix_that_was_merged_later_is_not_known_yet() -> None:
    early = a_fix(1, merged_on="2020-07-20", fixed_in="2.2.1")
    late = a_fix(2, merged_on="2021-03-05", fixed_in="2.2.10")
    pending = a_fix(3, merged_on="2021-03-06", fixed_in="")

    assert a_branch(early, late, pending).as_of("2020-07-23") == a_branch(early)._replace(
        releases=RELEASES[:3]
    )


def test_a_fix_that_awaited_its_release_awaits_it() -> None:
    fix = a_fix(1, merged_on="2020-07-20", fixed_in="2.2.1")

    assert a_branch(fix).as_of("2020-07-20") == a_branch(fix._replace(fixed_in=""))._replace(
        releases=RELEASES[:1]
    )


def test_a_release_holds_its_fixes_whatever_date_they_bear() -> None:
    fix = a_fix(1, merged_on="2021-03-06", fixed_in="2.2.1")

    assert a_branch(fix).as_of("2020-07-23") == a_branch(fix)._replace(releases=RELEASES[:3])


REAPPLIED = a_fix(1, merged_on="2020-07-07", fixed_in="2.2.0")._replace(
    reverted_by="e00000000000",
    reverted_in="2.2.2",
    reapplied_by="d00000000000",
    reapplied_in="2.2.10",
)
REVERTED = REAPPLIED._replace(reapplied_by="", reapplied_in="")
STANDING = REVERTED._replace(reverted_by="", reverted_in="")


@pytest.mark.parametrize(
    ("fix", "day", "as_it_stood"),
    [
        (REAPPLIED, "2020-07-20", STANDING),  # before it was taken back
        (REAPPLIED, "2020-07-23", REVERTED),  # before it came again
        (REAPPLIED, "2021-03-05", REAPPLIED),  # after
        # what awaits a release even now came after all of them
        (REVERTED._replace(reverted_in=""), "2020-07-23", STANDING),
        (REVERTED._replace(reverted_in=""), "2021-03-05", REVERTED._replace(reverted_in="")),
        (REAPPLIED._replace(reapplied_in=""), "2020-07-23", REVERTED),
        (REAPPLIED._replace(reapplied_in=""), "2021-03-05", REAPPLIED._replace(reapplied_in="")),
    ],
)
def test_a_fix_stands_until_the_release_that_takes_it_back(
    fix: Fix, day: str, as_it_stood: Fix
) -> None:
    past = a_branch(fix).as_of(day)

    assert past is not None
    assert past.fixes == (as_it_stood,)


@given(histories())
def test_after_all_that_happened_a_branch_is_as_it_is(history: BranchHistory) -> None:
    assert history.as_of(DAYS[-1]) == history


@given(histories(), days())
def test_the_past_names_no_release_of_the_future(history: BranchHistory, day: str) -> None:
    past = history.as_of(day)
    if past is None:
        return
    known = {release.version for release in past.releases} | {""}
    named = {
        version
        for fix in past.fixes
        for version in (fix.fixed_in, fix.reverted_in, fix.reapplied_in)
    }

    assert named <= known


@given(histories(), days(), days())
def test_the_past_of_a_past_is_the_earlier_of_both(
    history: BranchHistory, one: str, other: str
) -> None:
    past = history.as_of(max(one, other))
    earlier = None if past is None else past.as_of(min(one, other))

    assert earlier == history.as_of(min(one, other))
