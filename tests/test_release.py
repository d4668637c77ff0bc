from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.release import Release, branch_order
from tests.strategies import releases, versions

IN_ORDER = (
    "1.3.12",
    "1.3.12.1",  # branch 1.3 alone has a fourth number
    "1.3.12.4",
    "1.3.13",
    "1.9.16",
    "2.2-dev3",
    "2.2-dev12",
    "2.2-rc1",  # a candidate follows every development version
    "2.2.0",
    "2.2.1",
    "2.2.9",
    "2.2.10",  # as text it would stand before 2.2.9
    "2.3.0",
    "2.10.0",  # as a number it would be 2.1
    "3.0.0",
)


def test_releases_sort_as_upstream_orders_them() -> None:
    ordered = sorted(map(Release, reversed(IN_ORDER)))

    assert tuple(release.text for release in ordered) == IN_ORDER


@pytest.mark.parametrize(
    ("text", "branch", "is_development", "order"),
    [
        ("2.2.4", "2.2", False, 2_0002_0004_0000),  # a release
        ("2.2", "2.2", False, 2_0002_0000_0000),  # a branch, the same as its .0
        ("1.3.12.4", "1.3", False, 1_0003_0012_0004),  # a release of four parts
        ("2.10.0", "2.10", False, 2_0010_0000_0000),  # two digits stay two
        ("2.5-dev3", "2.5", True, 2_0005_0000_0000),  # shares the number of its .0
        ("2.5-rc1", "2.5", True, 2_0005_0000_0000),  # a candidate
        ("2.5.1-dev3", "2.5", True, 2_0005_0001_0000),  # a development version of a release
        ("02.02.4", "2.2", False, 2_0002_0004_0000),  # leading zeros count for nothing
        ("9999.9999", "9999.9999", False, 9999_9999_0000_0000),  # the largest parts
    ],
)
def test_a_version_is_taken_apart(text: str, branch: str, is_development: bool, order: int) -> None:
    release = Release(text)

    assert (release.text, release.branch, release.is_development, release.order) == (
        text,
        branch,
        is_development,
        order,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",  # nothing
        "2",  # no branch
        "2.2.",  # cut off
        "v2.2.4",  # a tag
        "2.2.4\n",  # more than the version
        " 2.2.4",
        "1.3.12.4.1",  # five parts
        "2.2.10000",  # a part of five digits would run into the next
        "2.5-alpha1",  # no such stage
        "2.5-dev",  # a stage without its number
        "2.2.4-de56dad",  # with the hash of a commit
        "2.2.4-1~bpo9+1",  # with a package's revision
        "2.2.\u0664",  # a digit, but not of ours
    ],
)
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is no HAProxy version; expected the form 2\.2\.4"
    ) as why:
        Release(text)

    assert str(why.value).startswith(repr(text))


def test_its_representation_makes_it_again() -> None:
    assert repr(Release("2.2.4")) == "Release('2.2.4')"


def test_a_release_equals_no_text() -> None:
    assert Release("2.2.4") != "2.2.4"


@pytest.mark.parametrize(
    ("older", "younger"),
    [
        ("1.9", "1.10"),  # not as text
        ("2.10", "3.0"),  # the first number weighs more
        ("1.3", "1.4"),
    ],
)
def test_branches_sort_by_age(older: str, younger: str) -> None:
    assert branch_order(older) < branch_order(younger)


@given(versions())
def test_the_text_stays_as_it_was_given(text: str) -> None:
    assert Release(text).text == text


@given(releases(), releases())
def test_order_is_total(one: Release, other: Release) -> None:
    assert [one < other, one == other, one > other].count(True) == 1
    assert (one <= other) == (one < other or one == other)
    assert (one >= other) == (other <= one)


@given(releases(), releases(), releases())
def test_order_is_transitive(one: Release, other: Release, third: Release) -> None:
    low, middle, high = sorted((one, other, third))

    assert low <= middle <= high
    assert low <= high


@given(releases(), releases())
def test_equal_releases_have_equal_hashes(one: Release, other: Release) -> None:
    assert len({one, other}) == (1 if one == other else 2)


@given(releases(), releases())
def test_the_order_column_agrees_with_the_order(one: Release, other: Release) -> None:
    if one.is_development or other.is_development:
        assert one.order <= other.order or one > other
    else:
        assert (one.order < other.order) == (one < other)


@given(st.text(alphabet="0123456789.-devrc+~ab", max_size=12))
def test_any_text_is_a_comparable_release_or_refused(text: str) -> None:
    try:
        release = Release(text)
    except ValueError:
        return

    assert release == Release(text)
