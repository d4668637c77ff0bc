"""Hypothesis strategies for the package's values.

Everything is drawn from small pools, so that equal ones meet: over wide ranges a ``<`` written for
a ``<=`` goes unseen.
"""

from __future__ import annotations

from hypothesis import strategies as st

from advisory.bug import Bug, Fix, Kind, Severity, Tier
from advisory.history import BranchHistory, PublishedRelease
from advisory.release import Release

# Two spellings of one version, a development version and a candidate of it, numbers that sort
# differently as text, and a release of four parts.
VERSIONS = ("2.2", "2.2.0", "2.2-dev3", "2.2-rc1", "2.2.4", "2.2.10", "2.10.0", "1.3.12.4")

# Releases of one branch, two of them on one day.
RELEASES = (
    PublishedRelease("2.2.0", Release("2.2.0").order, "2020-07-07", "a00000000000"),
    PublishedRelease("2.2.1", Release("2.2.1").order, "2020-07-23", "a10000000000"),
    PublishedRelease("2.2.2", Release("2.2.2").order, "2020-07-23", "a20000000000"),
    PublishedRelease("2.2.10", Release("2.2.10").order, "2021-03-05", "aa0000000000"),
)
# Days before, between, of and after them.
DAYS = ("2020-07-06", "2020-07-07", "2020-07-20", "2020-07-23", "2021-03-05", "2021-03-06")

BUGS = tuple(
    Bug(id=name * 12, subsystem="kettle", kind=Kind.MEMORY_LEAK, tier=Tier.SUBJECT)
    for name in "bcd"
)


def versions() -> st.SearchStrategy[str]:
    """Versions as HAProxy spells them."""
    return st.sampled_from(VERSIONS)


def releases() -> st.SearchStrategy[Release]:
    """The same as values."""
    return versions().map(Release)


def days() -> st.SearchStrategy[str]:
    """ISO days around the releases of ``histories``."""
    return st.sampled_from(DAYS)


@st.composite
def histories(draw: st.DrawFn) -> BranchHistory:
    """Branch 2.2 with its first releases and a few fixes, some of them taken back or pending."""
    published = RELEASES[: draw(st.integers(1, len(RELEASES)))]
    versions = (*(release.version for release in published), "")
    places = sorted(draw(st.lists(st.integers(0, len(published)), max_size=5)))
    return BranchHistory(
        branch="2.2",
        long_term_support=True,
        maintained_until="2025-Q2",
        releases=published,
        fixes=tuple(
            draw(_fixes(position, place, versions)) for position, place in enumerate(places, 1)
        ),
    )


@st.composite
def _fixes(draw: st.DrawFn, position: int, place: int, versions: tuple[str, ...]) -> Fix:
    """A fix that is in ``versions[place]``, taken back and brought again there or later, or not."""
    last = len(versions) - 1
    fix = Fix(
        bug=draw(st.sampled_from(BUGS)),
        branch="2.2",
        commit=f"f{position:011}",
        mainline_commit="",
        merged_on=draw(days()),
        severity=draw(st.sampled_from(Severity)),
        position=position,
        fixed_in=versions[place],
    )
    reverted = draw(st.none() | st.integers(place, last))
    if reverted is None:
        return fix
    fix = fix._replace(reverted_by=f"e{position:011}", reverted_in=versions[reverted])
    reapplied = draw(st.none() | st.integers(reverted, last))
    if reapplied is None:
        return fix
    return fix._replace(reapplied_by=f"d{position:011}", reapplied_in=versions[reapplied])


@st.composite
def fix_rows(draw: st.DrawFn) -> list[dict[str, str]]:
    """Rows as ``advisory.identity`` takes them; some commits are the mainline ones of others."""
    commits = draw(st.lists(st.sampled_from("abcdefg"), unique=True))
    return [
        {
            "branch": draw(st.sampled_from(("2.0", "2.2"))),
            "commit_id": commit,
            "mainline_commit": draw(st.sampled_from(("", "", "a", "m"))),
            "subject_key": draw(st.sampled_from(("kettle", "stove"))),
            "merged_on": draw(st.sampled_from(("2020-07-07", "2020-07-23"))),
            "reverted_by": draw(st.sampled_from(("", "z"))),
        }
        for commit in commits
    ]
