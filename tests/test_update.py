from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.errors import ParseError
from advisory.facts import FIX_COLUMNS, Row
from advisory.pages import (
    BugPage,
    ChangelogRelease,
    CommitList,
    nest,
    read_bug_page,
    read_changelog,
    read_commits,
)
from advisory.subject import subject_key
from advisory.update import UNKNOWN, Branch, Change, assumed_pages, merge, order_of
from tests.site import SITE, Line, Site, changelog
from tests.site import Row as Fix

TODAY = "2021-06-01"
LATER = "2021-06-02"
NOTHING = Branch((), ())
LINE = SITE.lines[1]

# Small pools, so that equal subjects and empty releases come up.
RELEASES = (
    ("2.2.0", "2020-07-07"),
    ("2.2.1", "2020-07-23"),
    ("2.2.2", "2020-07-23"),
    ("2.2.10", "2021-03-05"),  # as text it would stand before 2.2.2
)
DESCALE = "BUG/MINOR: kettle: descale it"
SPILL = "BUG/MAJOR: stove: don't spill & hiss"
SUBJECTS = (DESCALE, SPILL)
A, B, C, D = "a" * 9, "b" * 9, "c" * 9, "d" * 9


def line_of(*rows: Fix, reverts: tuple[tuple[str, str], ...] = ()) -> Line:
    """A history on all releases of branch 2.2."""
    return Line("2.2", RELEASES, rows, reverts)


def fix(commit: str, fixed_in: str, subject: str = DESCALE) -> Fix:
    return Fix(commit, "2020-07-20", subject, fixed_in)


def oldest_of(line: Line) -> BugPage:
    """The page of the oldest release."""
    return read_bug_page(Site((line,)).bug_page(line, line.releases[0][0]), source="oldest")


def commits_of(line: Line) -> dict[str, CommitList]:
    """The pages of all later releases and of the branch."""
    return {
        version: read_commits(Site((line,)).bug_page(line, version), source=version)
        for version in ("", *(version for version, _ in line.releases[1:]))
    }


def log_of(line: Line) -> tuple[ChangelogRelease, ...]:
    return read_changelog(changelog(line), source="CHANGELOG")


def update(
    line: Line,
    known: Branch = NOTHING,
    *,
    log: tuple[ChangelogRelease, ...] | None = None,
    today: str = TODAY,
) -> tuple[Branch, Change]:
    """What a history's pages and CHANGELOG, or another CHANGELOG, make of what is known."""
    oldest = oldest_of(line)
    fixed_in = nest(oldest, commits_of(line))
    return merge(known, oldest, fixed_in, log_of(line) if log is None else log, today=today)


def with_columns(branch: Branch, commit: str, **columns: str) -> Branch:
    """The branch with other columns of one fix."""
    assert sum(row["commit_id"] == commit for row in branch.fixes) == 1, commit

    fixes = (row | columns if row["commit_id"] == commit else row for row in branch.fixes)
    return branch._replace(fixes=tuple(fixes))


def columns_of(branch: Branch, *columns: str) -> dict[str, tuple[str, ...]]:
    """Some columns of every fix, in its order, by its commit."""
    return {row["commit_id"]: tuple(row[name] for name in columns) for row in branch.fixes}


def releases_of(branch: Branch) -> dict[str, str]:
    """The release of every fix."""
    return {row["commit_id"]: row["fixed_in"] for row in branch.fixes}


def marks_of(branch: Branch) -> dict[str, tuple[str, ...]]:
    """What is told of the reverts of every fix that was taken back."""
    names = ("reverted_by", "reverted_in", "reapplied_by", "reapplied_in")
    return {commit: marks for commit, marks in columns_of(branch, *names).items() if any(marks)}


def without_days(branch: Branch) -> tuple[list[Row], list[Row]]:
    """The branch less the days on which things vanished."""
    releases, fixes = ([{**row, "vanished_on": ""} for row in rows] for rows in branch)
    return releases, fixes


@st.composite
def histories(draw: st.DrawFn) -> Line:
    """Branch 2.2 with its first releases, with fixes and with reverts of these and of others."""
    releases = RELEASES[: draw(st.integers(1, len(RELEASES)))]
    versions = (*(version for version, _ in releases[1:]), "")
    places = sorted(draw(st.lists(st.integers(0, len(versions) - 1), max_size=6)))
    length = draw(st.integers(7, 40))
    rows = tuple(
        fix(f"{position}a".ljust(length, "0"), versions[place], draw(st.sampled_from(SUBJECTS)))
        for position, place in enumerate(places)
    )
    forms = ('Revert "{}"', 'Revert "Revert "{}""', 'Revert "Revert "Revert "{}"""')
    texts = st.tuples(st.sampled_from(forms), st.sampled_from(SUBJECTS)).map(
        lambda drawn: drawn[0].format(drawn[1])
    )
    reverts = draw(
        st.lists(
            st.tuples(texts, st.sampled_from([version for version, _ in releases])), max_size=5
        )
    )
    return Line("2.2", releases, rows, tuple(reverts))


def as_of(line: Line, data: st.DataObject) -> Line:
    """The history on an earlier day: fewer releases, fewer fixes, some of these awaiting one."""
    releases = line.releases[: data.draw(st.integers(1, len(line.releases)))]
    versions = {version for version, _ in releases}
    held = sum(row.fixed_in in versions for row in line.rows)
    rows = line.rows[: data.draw(st.integers(held, len(line.rows)))]
    return Line(
        line.branch,
        releases,
        tuple(
            row._replace(fixed_in=row.fixed_in if row.fixed_in in versions else "") for row in rows
        ),
        tuple(revert for revert in line.reverts if revert[1] in versions),
    )


@given(histories(), st.data())
def test_two_steps_lead_where_one_does(line: Line, data: st.DataObject) -> None:
    first, _ = update(as_of(line, data))
    second, change = update(line, first, today=LATER)
    at_once, _ = update(line, today=LATER)

    assert without_days(second) == without_days(at_once)
    assert (change.vanished, change.returned, change.doubts) == ((), (), ())
    assert change.is_empty == (first == second)


@given(histories(), histories())
def test_the_same_pages_again_change_nothing(line: Line, other: Line) -> None:
    try:
        once, change = update(line, update(other)[0])
    except ParseError:
        return
    twice, again = update(line, once)

    assert (twice, again) == (once, Change("2.2", doubts=again.doubts))
    assert len(again.doubts) <= len(change.doubts)


@given(histories(), histories())
def test_nothing_is_lost_whatever_the_pages_list(line: Line, other: Line) -> None:
    known, _ = update(other)
    try:
        found, change = update(line, known, today=LATER)
    except ParseError:
        return

    lost = {
        row["commit_id"]
        for row in known.fixes
        if not any(fix.commit[:7] == row["commit_id"][:7] for fix in line.rows)
    }
    lost_releases = {version for version, _ in other.releases} - {
        version for version, _ in line.releases
    }
    orders = [order_of(row["fixed_in"]) for row in found.fixes]
    assert {row["commit_id"] for row in found.fixes if row["vanished_on"]} == lost
    assert {row["commit_id"] for row in known.fixes} <= {row["commit_id"] for row in found.fixes}
    assert {row["version"] for row in found.releases if row["vanished_on"]} == lost_releases
    assert {*change.vanished} == {
        *(f"fix {commit}" for commit in lost),
        *(f"release {version}" for version in lost_releases),
    }
    assert orders == sorted(orders)


@given(histories(), st.data())
def test_what_is_known_stands_in_for_pages_that_were_not_read(
    line: Line, data: st.DataObject
) -> None:
    earlier = as_of(line, data)
    known, _ = update(earlier)
    released = {version for version, _ in earlier.releases}
    pages = commits_of(line)
    read = {version: pages[version] for version in pages if version not in released}
    oldest = oldest_of(line)
    assumed = assumed_pages(known, oldest, read)

    assert assumed.pop("2.2.0") == (oldest.total, tuple(fix.commit for fix in oldest.fixes))
    assert assumed == pages
    assert nest(oldest, assumed) == nest(oldest, pages)


@pytest.mark.parametrize("line", SITE.lines, ids=lambda line: line.branch)
def test_a_branch_that_is_new_is_taken_as_it_stands(line: Line) -> None:
    found, change = update(line)

    assert releases_of(found) == {row.commit: row.fixed_in for row in line.rows}
    assert change == Change(
        line.branch,
        new_releases=tuple(version for version, _ in line.releases),
        new_fixes=found.fixes,
        taken_back=tuple(row for row in found.fixes if row["reverted_in"]),
    )
    assert not change.is_empty


def test_a_release_that_is_new_is_noted_among_those_known() -> None:
    release = {"branch": "2.2", "released_on": "2020-07-23", "sha256": "", "vanished_on": ""}
    known = Branch(({**release, "version": "2.2.2", "commit_id": "0123456789ab"},), ())
    found, change = update(line_of()._replace(releases=RELEASES[1:]), known)

    assert found.releases == (
        {**release, "version": "2.2.1", "commit_id": ""},
        {**release, "version": "2.2.2", "commit_id": "0123456789ab"},
        {**release, "version": "2.2.10", "commit_id": "", "released_on": "2021-03-05"},
    )
    assert change.new_releases == ("2.2.1", "2.2.10")


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        (DESCALE, ("minor", "kettle", "other", "")),
        ("[BUG] the lid is shut", ("unknown", "", "other", "")),
        ("BUG/MEDIUM: tea_pot: leak on each request", ("medium", "tea-pot", "memory-leak", "1")),
        ("BUG/MAJOR: stove: crash on startup", ("major", "stove", "crash", "0")),
    ],
)
def test_a_fix_that_is_new_holds_what_its_subject_tells(
    subject: str, told: tuple[str, str, str, str]
) -> None:
    found, _ = update(line_of(fix("0123456789abcdef", "2.2.1", subject)))
    severity, subsystem, kind, runtime = told

    assert found.fixes == (
        dict.fromkeys(FIX_COLUMNS, "")
        | {
            "branch": "2.2",
            "commit_id": "0123456789ab",
            "subject_key": subject_key(subject),
            "merged_on": "2020-07-20",
            "severity": severity,
            "subsystem": subsystem,
            "fixed_in": "2.2.1",
            "subject_kind": kind,
            "message_kind": "other",
            "runtime": runtime,
            "title": subject,
        },
    )


@pytest.mark.parametrize("listed", ["0123456", "012345678", "0123456789abcdef", "0123456789ab"])
def test_a_commit_is_known_again_by_its_first_digits(listed: str) -> None:
    known, _ = update(line_of(fix("0123456789ab", "2.2.1")))
    known = with_columns(known, "0123456789ab", title="", mainline_commit="fedcba987654")
    known = with_columns(known, "0123456789ab", severity="major", merged_on="2020-07-19")
    found, change = update(line_of(fix(listed, "2.2.1")), known)

    assert found == with_columns(known, "0123456789ab", title=DESCALE)
    assert change.is_empty


@pytest.mark.parametrize("last", ["8", "9"])
def test_commits_of_the_same_seven_digits_are_told_apart(last: str) -> None:
    known, _ = update(line_of(fix("01234567aaaa", "2.2.1"), fix("0123456baaaa", "2.2.1")))
    found, change = update(
        line_of(*(fix(commit, "2.2.1") for commit in ("01234567a", "0123456ba", f"012345{last}a"))),
        known,
    )

    assert [*releases_of(found)] == ["01234567aaaa", "0123456baaaa", f"012345{last}a"]
    assert [row["commit_id"] for row in change.new_fixes] == [f"012345{last}a"]


@pytest.mark.parametrize(
    ("known", "listed"),
    [
        (("01234567aaaa", "0123456baaaa"), ("0123456",)),
        (("0123456",), ("01234567a", "0123456ba")),
    ],
)
def test_a_commit_that_may_be_one_or_another_is_refused(
    known: tuple[str, ...], listed: tuple[str, ...]
) -> None:
    branch, _ = update(line_of(*(fix(commit, "2.2.1") for commit in known)))
    line = line_of(*(fix(commit, "2.2.1") for commit in listed))

    with pytest.raises(ParseError, match=r"^branch 2\.2: commit 0123456\w* may be more than one"):
        update(line, branch)
    with pytest.raises(ParseError, match=r"^branch 2\.2: commit 0123456\w* may be more than one"):
        assumed_pages(branch, oldest_of(line), {})


def test_a_fix_that_awaited_a_release_gets_it() -> None:
    known, _ = update(line_of(fix(A, "2.2.2"), fix(B, ""), fix(C, "")))
    found, change = update(line_of(fix(A, "2.2.2"), fix(B, "2.2.10"), fix(C, "")), known)

    assert found == with_columns(known, B, fixed_in="2.2.10")
    assert change == Change("2.2", newly_released=(found.fixes[1],))


def test_a_fix_that_is_listed_no_more_is_marked_once_and_comes_back() -> None:
    whole = line_of(fix(A, "2.2.1"), fix(B, "2.2.1"), fix(C, ""))
    known, _ = update(whole)
    part = line_of(fix(A, "2.2.1"), fix(C, ""))
    first, vanished = update(part, known)
    same_day, again = update(part, first)
    next_day, later = update(part, same_day, today=LATER)
    back, returned = update(whole, next_day, today=LATER)

    assert first == same_day == next_day == with_columns(known, B, vanished_on=TODAY)
    assert vanished == Change("2.2", vanished=(f"fix {B}",))
    assert again.is_empty
    assert later.is_empty
    assert back == known
    assert returned == Change("2.2", returned=(f"fix {B}",))


def test_a_release_that_is_listed_no_more_is_marked_once_and_comes_back() -> None:
    whole = line_of(fix(A, "2.2.1"))
    known, _ = update(whole)
    part = whole._replace(releases=(RELEASES[0], RELEASES[1], RELEASES[3]))
    first, vanished = update(part, known)
    next_day, later = update(part, first, today=LATER)
    back, returned = update(whole, next_day, today=LATER)

    assert [row["vanished_on"] for row in first.releases] == ["", "", TODAY, ""]
    assert vanished == Change("2.2", vanished=("release 2.2.2",))
    assert next_day == first
    assert later.is_empty
    assert back == known
    assert returned == Change("2.2", returned=("release 2.2.2",))


@pytest.mark.parametrize(
    ("known", "listed", "order"),
    [
        # between those it stood between
        ([(A, "2.2.1"), (B, "2.2.1"), (C, "2.2.1")], [(A, "2.2.1"), (C, "2.2.1")], [A, B, C]),
        ([(A, "2.2.1"), (B, "2.2.1")], [(B, "2.2.1")], [A, B]),
        # several keep their order, and stand before what is new
        (
            [(A, "2.2.1"), (B, ""), (C, "")],
            [(A, "2.2.1"), (D, "")],
            [A, B, C, D],
        ),
        # it awaited a release when it vanished, and one holds what came after it
        ([(A, ""), (B, ""), (C, "")], [(C, "2.2.1"), (D, "")], [C, A, B, D]),
        # nothing else is left
        ([(A, "2.2.1"), (B, "")], [], [A, B]),
    ],
)
def test_what_vanished_stays_in_its_place(
    known: list[tuple[str, str]], listed: list[tuple[str, str]], order: list[str]
) -> None:
    branch, _ = update(line_of(*(fix(*one) for one in known)))
    found, _ = update(line_of(*(fix(*one) for one in listed)), branch)

    assert [*releases_of(found)] == order


@pytest.mark.parametrize(
    ("before", "now", "taken"),
    [
        ("2.2.1", "2.2.10", "2.2.10"),
        ("2.2.10", "2.2.2", "2.2.10"),
        ("2.2.10", "", ""),
    ],
)
def test_the_later_of_the_releases_that_a_page_has_told_counts(
    before: str, now: str, taken: str
) -> None:
    known, _ = update(line_of(fix(A, before)))
    found, change = update(line_of(fix(A, now)), known)

    assert found == with_columns(known, A, fixed_in=taken)
    assert change == Change(
        "2.2",
        doubts=(
            f"2.2: {A} was in {before}, the page puts it into {now or 'no release yet'}; "
            f"taken as fixed in {taken or 'no release yet'}",
        ),
    )


@pytest.mark.parametrize(
    ("page", "told", "taken"),
    [
        ("2.2.1", ("2.2.2",), "2.2.2"),
        ("2.2.2", ("2.2.1",), "2.2.2"),
        ("2.2.1", ("2.2.2", "2.2.10"), "2.2.10"),
        ("", ("2.2.10",), ""),
    ],
)
def test_the_later_of_page_and_changelog_counts(
    page: str, told: tuple[str, ...], taken: str
) -> None:
    log = tuple(ChangelogRelease(version, "2020-07-23", (DESCALE.upper(),)) for version in told)
    line = line_of(fix(A, page))
    found, change = update(line, log=log)
    again, second = update(line, found, log=log)

    assert releases_of(found) == {A: taken}
    assert change.doubts == (
        f"2.2: the page puts {A} into {page or 'no release yet'}, the CHANGELOG into "
        f"{' and '.join(told)}; taken as fixed in {taken or 'no release yet'}",
    )
    assert (again, second) == (found, Change("2.2", doubts=change.doubts))


def test_a_fix_gets_its_release_as_the_changelog_tells_it() -> None:
    known, _ = update(line_of(fix(A, "")))
    log = (ChangelogRelease("2.2.10", "2021-03-05", (DESCALE,)),)
    found, change = update(line_of(fix(A, "2.2.2")), known, log=log)

    assert releases_of(found) == {A: "2.2.10"}
    assert (change.newly_released, len(change.doubts)) == (found.fixes, 1)


@pytest.mark.parametrize(
    "log",
    [
        (),
        # other subjects
        (ChangelogRelease("2.2.2", "2020-07-23", (SPILL, "DOC: kettle: say so")),),
        # the page's release among others
        (
            ChangelogRelease("2.2.1", "2020-07-23", (DESCALE,)),
            ChangelogRelease("2.2.2", "2020-07-23", (DESCALE,)),
        ),
        # a development version, a release that the page does not list, another branch's
        (ChangelogRelease("2.2-dev3", "2020-07-23", (DESCALE, f'Revert "{DESCALE}"')),),
        (ChangelogRelease("2.2.11", "2021-07-23", (DESCALE, f'Revert "{DESCALE}"')),),
        (ChangelogRelease("2.4.1", "2021-07-23", (DESCALE, f'Revert "{DESCALE}"')),),
    ],
)
def test_a_changelog_that_does_not_contradict_changes_nothing(
    log: tuple[ChangelogRelease, ...],
) -> None:
    line = line_of(fix(A, "2.2.1"))

    assert update(line, log=log) == update(line)


def test_a_development_version_that_is_known_counts_for_nothing_either() -> None:
    release = {"branch": "2.2", "released_on": "2020-06-01", "commit_id": "", "vanished_on": ""}
    known = Branch(({**release, "version": "2.2-dev3"},), ())
    line = line_of(fix(A, "2.2.1"))
    log = (ChangelogRelease("2.2-dev3", "2020-06-01", (DESCALE,)),)

    assert update(line, known, log=log) == update(line, known)


def test_a_fix_of_the_same_subject_in_another_release_is_another() -> None:
    line = line_of(fix(A, "2.2.1"), fix(B, "2.2.2"), fix(C, ""))
    log = (ChangelogRelease("2.2.2", "2020-07-23", (DESCALE,)),)
    found, change = update(line, log=log)

    assert releases_of(found) == {A: "2.2.1", B: "2.2.2", C: ""}
    assert change.doubts == ()


def test_a_fix_of_the_same_subject_that_vanished_is_another_too() -> None:
    known, _ = update(line_of(fix(A, "2.2.1")))
    log = (ChangelogRelease("2.2.1", "2020-07-23", (DESCALE,)),)
    found, change = update(line_of(fix(B, "2.2.2")), known, log=log)

    assert releases_of(found) == {A: "2.2.1", B: "2.2.2"}
    assert change.doubts == ()


@pytest.mark.parametrize(
    ("known", "log", "message"),
    [
        # the CHANGELOG has a fix later than the one after it
        (
            {},
            (ChangelogRelease("2.2.10", "2021-03-05", (DESCALE,)),),
            f"branch 2.2: commit {A} would be fixed in 2.2.10, though {B}, merged after it, "
            "is in 2.2.1",
        ),
        # so had the page
        (
            {A: "2.2.2"},
            (),
            f"branch 2.2: commit {A} would be fixed in 2.2.2, though {B}, merged after it, "
            "is in 2.2.1",
        ),
        # and the CHANGELOG agrees with it no more than with the page
        (
            {A: "2.2.2"},
            (ChangelogRelease("2.2.10", "2021-03-05", (DESCALE,)),),
            f"branch 2.2: commit {A} would be fixed in 2.2.10, though {B}, merged after it, "
            "is in 2.2.1",
        ),
    ],
)
def test_what_would_break_the_order_of_fixes_is_refused(
    known: Mapping[str, str], log: tuple[ChangelogRelease, ...], message: str
) -> None:
    branch, _ = update(line_of(*(fix(*one) for one in known.items())))

    with pytest.raises(ParseError) as caught:
        update(line_of(fix(A, "2.2.1"), fix(B, "2.2.1", SPILL)), branch, log=log)
    assert str(caught.value) == message


def test_a_fix_that_awaits_a_release_again_may_not_stand_before_one_that_has_it() -> None:
    line = line_of(fix(A, "2.2.1"), fix(B, "2.2.1", SPILL))
    oldest = oldest_of(line)

    with pytest.raises(ParseError, match=f"{A} would be fixed in no release yet, though {B}"):
        merge(NOTHING, oldest, {A: "", B: "2.2.1"}, (), today=TODAY)


TAKEN = f'Revert "{DESCALE}"'
BACK = f'Revert "{TAKEN}"'


@pytest.mark.parametrize(
    ("fixes", "log", "marks"),
    [
        # a later release takes it back, and one brings it back
        ({A: "2.2.1"}, {"2.2.2": [TAKEN]}, {A: ("2.2.2", "")}),
        ({A: "2.2.1"}, {"2.2.2": [TAKEN], "2.2.10": [BACK]}, {A: ("2.2.2", "2.2.10")}),
        # the same release does
        ({A: "2.2.1"}, {"2.2.1": [DESCALE, TAKEN]}, {A: ("2.2.1", "")}),
        ({A: "2.2.1"}, {"2.2.1": [DESCALE, TAKEN, BACK]}, {A: ("2.2.1", "2.2.1")}),
        # however it is written
        ({A: "2.2.1"}, {"2.2.2": [f"revert: '{DESCALE.lower()}'"]}, {A: ("2.2.2", "")}),
        # it is taken back again
        (
            {A: "2.2.1"},
            {"2.2.1": [DESCALE, TAKEN], "2.2.2": [BACK], "2.2.10": [TAKEN]},
            {A: ("2.2.10", "")},
        ),
        (
            {A: "2.2.1"},
            {"2.2.1": [DESCALE, TAKEN], "2.2.2": [BACK, f'Revert "{BACK}"']},
            {A: ("2.2.2", "")},
        ),
        # once is enough
        ({A: "2.2.1"}, {"2.2.2": [TAKEN], "2.2.10": [TAKEN]}, {A: ("2.2.2", "")}),
        ({A: "2.2.1", B: "2.2.1"}, {"2.2.2": [TAKEN, TAKEN]}, {B: ("2.2.2", "")}),
        (
            {A: "2.2.1"},
            {"2.2.1": [DESCALE, TAKEN], "2.2.2": [BACK], "2.2.10": [BACK]},
            {A: ("2.2.1", "2.2.2")},
        ),
        # of several fixes it is the last that the release holds
        ({A: "2.2.1", B: "2.2.2", C: "2.2.10"}, {"2.2.2": [DESCALE, TAKEN]}, {B: ("2.2.2", "")}),
        ({A: "2.2.1", B: "2.2.10"}, {"2.2.2": [TAKEN]}, {A: ("2.2.2", "")}),
        (
            {A: "2.2.1", B: "2.2.10"},
            {"2.2.2": [TAKEN], "2.2.10": [DESCALE, TAKEN]},
            {A: ("2.2.2", ""), B: ("2.2.10", "")},
        ),
        # it was fixed anew, in the release that had taken it back
        ({A: "2.2.1", B: "2.2.2"}, {"2.2.2": [TAKEN, DESCALE]}, {A: ("2.2.2", "")}),
        (
            {A: "2.2.1", B: "2.2.1"},
            {"2.2.1": [DESCALE, TAKEN, DESCALE]},
            {A: ("2.2.1", "")},
        ),
        # of several fixes the one that was taken back is brought back
        (
            {A: "2.2.1", B: "2.2.2"},
            {"2.2.1": [DESCALE, TAKEN], "2.2.10": [BACK]},
            {A: ("2.2.1", "2.2.10")},
        ),
        (
            {A: "2.2.1", B: "2.2.2"},
            {"2.2.1": [DESCALE, TAKEN], "2.2.2": [DESCALE, TAKEN], "2.2.10": [BACK]},
            {A: ("2.2.1", ""), B: ("2.2.2", "2.2.10")},
        ),
        # the page does not list the fix that came anew
        (
            {A: "2.2.1"},
            {"2.2.1": [DESCALE], "2.2.2": [TAKEN, DESCALE]},
            {A: ("2.2.2", "")},
        ),
        # a revert of a revert of a revert of a revert
        (
            {A: "2.2.1"},
            {"2.2.2": [TAKEN], "2.2.10": [f'Revert "Revert "{BACK}""']},
            {A: ("2.2.2", "2.2.10")},
        ),
        # there is nothing to take back, or to bring back
        ({A: ""}, {"2.2.2": [TAKEN]}, {}),
        ({A: "2.2.10"}, {"2.2.2": [TAKEN, BACK]}, {}),
        ({A: "2.2.1"}, {"2.2.2": [BACK]}, {}),
        ({A: "2.2.1"}, {"2.2.2": [f'Revert "{SPILL}"', "Reverted: all", "Revert"]}, {}),
        # a revert that is a fix of its own
        ({A: "2.2.1"}, {"2.2.2": [f'BUG/MINOR: kettle: revert "{DESCALE}"']}, {}),
    ],
)
def test_a_changelog_takes_back_and_brings_back(
    fixes: Mapping[str, str],
    log: Mapping[str, list[str]],
    marks: Mapping[str, tuple[str, str]],
) -> None:
    line = line_of(*(fix(*one) for one in fixes.items()))
    told = tuple(
        ChangelogRelease(version, "2020-07-23", tuple(subjects))
        for version, subjects in log.items()
    )
    found, change = update(line, log=told[::-1])
    again, second = update(line, found, log=told)

    assert marks_of(found) == {
        commit: (UNKNOWN, taken_in, UNKNOWN if back_in else "", back_in)
        for commit, (taken_in, back_in) in marks.items()
    }
    assert change.taken_back == tuple(row for row in found.fixes if row["reverted_in"])
    assert change.brought_back == tuple(row for row in found.fixes if row["reapplied_in"])
    assert (again, second.is_empty) == (found, True)


REVERTER, RESTORER = "0123456789ab", "ba9876543210"


@pytest.mark.parametrize(
    ("known", "log", "marks"),
    [
        # what is known stays
        ((REVERTER, "2.2.2", "", ""), {"2.2.2": [TAKEN]}, None),
        ((REVERTER, "2.2.2", "", ""), {"2.2.1": [DESCALE, TAKEN]}, None),
        ((REVERTER, "2.2.2", "", ""), {"2.2.10": [TAKEN]}, None),
        ((REVERTER, "2.2.2", RESTORER, "2.2.10"), {"2.2.2": [TAKEN, BACK]}, None),
        ((REVERTER, "2.2.2", RESTORER, "2.2.10"), {"2.2.2": [TAKEN], "2.2.10": [BACK]}, None),
        # a CHANGELOG that lacks the revert takes nothing away
        ((REVERTER, "2.2.2", RESTORER, "2.2.10"), {}, None),
        ((UNKNOWN, "2.2.2", UNKNOWN, "2.2.10"), {}, None),
        ((UNKNOWN, "2.2.2", UNKNOWN, "2.2.10"), {"2.2.2": [TAKEN]}, None),
        # it was brought back before it was taken back
        ((REVERTER, "2.2.10", "", ""), {"2.2.2": [BACK]}, None),
        ((REVERTER, "2.2.10", "", ""), {"2.2.1": [DESCALE, TAKEN], "2.2.2": [BACK]}, None),
        # it is brought back, whatever the CHANGELOG says of the revert
        ((REVERTER, "2.2.2", "", ""), {"2.2.10": [BACK]}, (REVERTER, "2.2.2", UNKNOWN, "2.2.10")),
        (
            (REVERTER, "2.2.2", "", ""),
            {"2.2.1": [DESCALE, TAKEN], "2.2.10": [BACK]},
            (REVERTER, "2.2.2", UNKNOWN, "2.2.10"),
        ),
        # the commits were known, and awaited a release
        ((REVERTER, "", "", ""), {"2.2.2": [TAKEN]}, (REVERTER, "2.2.2", "", "")),
        (
            (REVERTER, "", RESTORER, ""),
            {"2.2.2": [TAKEN, BACK]},
            (REVERTER, "2.2.2", RESTORER, "2.2.2"),
        ),
        # the CHANGELOG alone told of the revert, and tells of one after it
        (
            (UNKNOWN, "2.2.1", UNKNOWN, "2.2.2"),
            {"2.2.1": [DESCALE, TAKEN], "2.2.2": [BACK], "2.2.10": [TAKEN]},
            (UNKNOWN, "2.2.10", "", ""),
        ),
    ],
)
def test_what_is_known_of_a_revert_stays(
    known: tuple[str, ...], log: Mapping[str, list[str]], marks: tuple[str, ...] | None
) -> None:
    line = line_of(fix(A, "2.2.1"))
    names = ("reverted_by", "reverted_in", "reapplied_by", "reapplied_in")
    before = with_columns(update(line, log=())[0], A, **dict(zip(names, known, strict=True)))
    told = tuple(
        ChangelogRelease(version, "2020-07-23", tuple(subjects))
        for version, subjects in log.items()
    )
    found, change = update(line, before, log=told)

    assert marks_of(found) == {A: marks or known}
    assert change.is_empty == (marks is None)
    assert change.doubts == ()


def test_what_is_brought_back_was_taken_back_before() -> None:
    line = line_of(fix(A, "2.2.1"), fix(B, "2.2.1"), reverts=((BACK, "2.2.2"),))
    known = with_columns(update(line, log=())[0], A, reverted_by=REVERTER, reverted_in="2.2.1")
    known = with_columns(known, B, reverted_by=RESTORER, reverted_in="2.2.10")
    found, _ = update(line, known)

    assert found == with_columns(known, A, reapplied_by=UNKNOWN, reapplied_in="2.2.2")


def test_a_revert_after_those_known_is_a_doubt() -> None:
    line = line_of(fix(A, "2.2.1"), reverts=((TAKEN, "2.2.10"),))
    known = with_columns(
        update(line, log=())[0],
        A,
        **{"reverted_by": REVERTER, "reverted_in": "2.2.1"},
        **{"reapplied_by": RESTORER, "reapplied_in": "2.2.2"},
    )

    assert update(line, known) == (
        known,
        Change(
            "2.2",
            doubts=(
                f"2.2: the CHANGELOG takes {A} back in 2.2.10; left as taken back in 2.2.1 "
                "and brought back in 2.2.2",
            ),
        ),
    )


def test_what_is_known_is_not_changed_in_place() -> None:
    line = line_of(fix(A, ""), fix(B, ""))
    known, _ = update(line)
    before = without_days(known)
    update(line_of(fix(A, "2.2.1"), reverts=((TAKEN, "2.2.2"),)), known)

    assert without_days(known) == before
    assert not any(row["vanished_on"] for row in known.fixes)


def test_what_awaits_a_release_comes_after_every_release() -> None:
    versions = ["", "2.2.10", "2.2.2", "2.2.0"]

    assert sorted(versions, key=order_of) == versions[::-1]
