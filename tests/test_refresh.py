"""One run of the refresh against a small site: what is asked for, learned, refused and kept."""

from __future__ import annotations

import contextlib
import datetime
import functools
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from advisory.errors import FetchError, ParseError
from advisory.facts import Facts, Validators
from advisory.fetch import Fetcher
from advisory.refresh import INDEX, Outcome, refresh
from advisory.update import UNKNOWN
from tests.site import FAULTS, SITE, STYLES, Line, Row, Site, SiteServer, changelog

TODAY = datetime.date(2021, 5, 20)
DATE = "Thu, 20 May 2021 06:00:00 GMT"
OLD = SITE.lines[1]
DESCALE = "e" * 9  # awaits a release
# The branch later on: a release that holds the fix that waited, and a new fix.
NEW = OLD._replace(
    releases=(*OLD.releases, ("2.2.11", "2021-05-10")),
    rows=(
        *(row._replace(fixed_in=row.fixed_in or "2.2.11") for row in OLD.rows),
        Row("f" * 9, "2021-05-11", "BUG/MEDIUM: spout: fix a memory leak", ""),
    ),
)
# A branch with what pages do not show: a fix that was taken back, and one that came again.
WAVERING = Line(
    "2.4",
    (("2.4.0", "2021-01-01"), ("2.4.1", "2021-02-01"), ("2.4.2", "2021-04-05")),
    (
        Row("7" * 9, "2021-01-05", "BUG/MINOR: kettle: close the lid", "2.4.1"),
        Row("8" * 9, "2021-01-06", "BUG/MAJOR: stove: vent the gas", "2.4.1"),
    ),
    (
        ('Revert "BUG/MINOR: kettle: close the lid"', "2.4.2"),
        ('Revert "BUG/MAJOR: stove: vent the gas"', "2.4.1"),
        ('Revert "Revert "BUG/MAJOR: stove: vent the gas""', "2.4.2"),
    ),
)
WHOLE = SITE.having(WAVERING)
DAYS = sorted(
    {day for line in WHOLE.lines for _, day in line.releases}
    | {row.merged_on for line in WHOLE.lines for row in line.rows}
)


@pytest.fixture
def server() -> Iterator[SiteServer]:
    with contextlib.closing(SiteServer(SITE, date=DATE)) as server:
        yield server


def run(server: SiteServer, known: Facts | None = None, **options: Any) -> Outcome:
    """What a refresh makes of what is known, of nothing unless given."""
    today = options.pop("today", TODAY)
    progress = options.pop("progress", lambda what, done, total: None)
    plain: dict[str, Any] = {"user_agent": "hapadvise/0", "rate": 0, "retries": 0, "largest": 2**20}
    with Fetcher(server.base, **(plain | options)) as fetcher:
        index = fetcher.get(INDEX)
        assert index is not None
        return refresh(known or Facts(), fetcher, index, today=today, progress=progress)


@functools.cache
def fresh(site: Site) -> Facts:
    """What is known of a site that was read from nothing."""
    with contextlib.closing(SiteServer(site, date=DATE)) as server:
        outcome = run(server)

    assert outcome.refused == ()

    return outcome.facts


def fixes_of(facts: Facts, branch: str, *columns: str) -> dict[str, tuple[str, ...]]:
    return {
        row["commit_id"]: tuple(row[name] for name in columns)
        for row in facts.fixes
        if row["branch"] == branch
    }


def branch_of(facts: Facts, name: str) -> tuple[object, ...]:
    """All that is known of a branch."""
    return (
        *([row for row in rows if row["branch"] == name] for rows in facts[:3]),
        {path: known for path, known in facts.pages.items() if path.endswith(f"-{name}.html")},
    )


# What is learned, and what is asked for


def test_from_nothing_all_is_learned_and_every_page_asked_for_once(server: SiteServer) -> None:
    outcome = run(server)

    assert sorted(server.asked()) == sorted(server.pages)
    assert [row["branch"] for row in outcome.facts.branches] == ["1.3", "2.2", "2.10"]
    assert outcome.checked == ("1.3", "2.2", "2.10")
    assert fixes_of(outcome.facts, "2.2", "fixed_in", "merged_on", "title", "severity") == {
        row.commit: (row.fixed_in, row.merged_on, row.subject, severity)
        for row, severity in zip(
            OLD.rows, ("minor", "major", "medium", "unknown", "minor"), strict=True
        )
    }
    assert [change.new_releases for change in outcome.changes] == [
        tuple(version for version, _ in line.releases) for line in SITE.lines
    ]
    assert (outcome.refused, outcome.doubts) == ((), ())


def test_a_new_branch_is_known_since_its_first_release(server: SiteServer) -> None:
    rows = {row["branch"]: row for row in run(server).facts.branches}

    assert rows["2.2"] == {
        "branch": "2.2",
        "first_release_on": "2020-07-07",
        "long_term_support": "",
        "maintained_until": "",
        "stated_in": "",
        "checked_on": "2021-05-20",
    }


def test_what_is_known_of_a_branch_besides_stays(server: SiteServer) -> None:
    known = fresh(SITE)
    stated = {"long_term_support": "1", "maintained_until": "2025-Q2", "stated_in": "2.2.1"}
    known = known._replace(
        branches=tuple(row | (stated if row["branch"] == "2.2" else {}) for row in known.branches)
    )
    server.site = SITE.having(NEW)
    branches = run(server, known, today=TODAY).facts.branches

    assert branches[1] == known.branches[1]


def test_with_nothing_new_a_branch_costs_one_request(server: SiteServer) -> None:
    known = fresh(SITE)
    tomorrow = TODAY + datetime.timedelta(days=1)
    outcome = run(server, known, today=tomorrow)

    assert server.asked() == [
        "/bugs/",
        "/bugs/bugs-1.3.html",
        "/bugs/bugs-2.2.html",
        "/bugs/bugs-2.10.html",
    ]
    assert outcome.changes == ()
    assert outcome.facts == known._replace(
        branches=tuple(row | {"checked_on": "2021-05-21"} for row in known.branches)
    )


def test_without_validators_it_costs_no_more(server: SiteServer) -> None:
    known = fresh(SITE)
    outcome = run(server, known._replace(pages={}))

    assert len(server.asked()) == 4
    assert outcome.changes == ()
    assert outcome.facts == known


def test_only_what_changed_is_fetched(server: SiteServer) -> None:
    known = fresh(SITE)
    server.site = SITE.having(NEW)
    outcome = run(server, known)

    assert server.asked() == [
        "/bugs/",
        "/bugs/bugs-1.3.html",
        "/bugs/bugs-2.2.html",
        "/bugs/bugs-2.10.html",
        "/bugs/bugs-2.2.0.html",  # lists every fix
        "/bugs/bugs-2.2.10.html",  # was the last: what came after it may be in the new one
        "/bugs/bugs-2.2.11.html",
        "/download/2.2/src/CHANGELOG",
        "/download/2.2/src/releases.json",
    ]
    (change,) = outcome.changes
    assert change.new_releases == ("2.2.11",)
    assert [row["commit_id"] for row in change.new_fixes] == ["f" * 9]
    assert [row["commit_id"] for row in change.newly_released] == [DESCALE]
    assert fixes_of(outcome.facts, "2.2", "fixed_in")[DESCALE] == ("2.2.11",)


def test_a_fix_that_awaits_a_release_is_new_too(server: SiteServer) -> None:
    known = fresh(SITE)
    row = Row("f" * 9, "2021-05-11", "BUG/MEDIUM: spout: fix a memory leak", "")
    server.site = SITE.having(OLD._replace(rows=(*OLD.rows, row)))
    outcome = run(server, known)

    (change,) = outcome.changes
    assert (change.new_releases, change.newly_released) == ((), ())
    assert [row["commit_id"] for row in change.new_fixes] == ["f" * 9]


@pytest.mark.parametrize("day", DAYS[:-1])
def test_what_is_added_to_an_earlier_day_is_the_same_as_a_fresh_run(
    server: SiteServer, day: str
) -> None:
    server.site = WHOLE

    assert run(server, fresh(WHOLE.as_of(day))).facts == fresh(WHOLE)


def test_day_after_day_comes_to_the_same_as_a_fresh_run(server: SiteServer) -> None:
    known = Facts()
    for day in DAYS:
        server.site = WHOLE.as_of(day)
        known = run(server, known).facts

    assert known == fresh(WHOLE)


def test_tag_soup_tells_the_same(server: SiteServer) -> None:
    strict, soup = (fresh(WHOLE._replace(style=style))._replace(pages={}) for style in STYLES)

    assert strict == soup


def test_a_new_style_of_markup_changes_nothing(server: SiteServer) -> None:
    known = fresh(WHOLE)
    server.site = WHOLE._replace(style="soup")
    outcome = run(server, known)

    assert outcome.changes == ()
    assert outcome.facts._replace(pages={}) == known._replace(pages={})
    assert len(server.asked()) == 5


def test_what_was_taken_back_is_seen_in_the_changelog_alone(server: SiteServer) -> None:
    known = fresh(WHOLE.as_of("2021-04-01"))
    columns = ("fixed_in", "reverted_by", "reverted_in", "reapplied_by", "reapplied_in")
    before = fixes_of(known, "2.4", *columns)
    server.site = WHOLE
    outcome = run(server, known)

    assert before == {
        "7" * 9: ("2.4.1", "", "", "", ""),
        "8" * 9: ("2.4.1", UNKNOWN, "2.4.1", "", ""),
    }
    assert fixes_of(outcome.facts, "2.4", *columns) == {
        "7" * 9: ("2.4.1", UNKNOWN, "2.4.2", "", ""),
        "8" * 9: ("2.4.1", UNKNOWN, "2.4.1", UNKNOWN, "2.4.2"),
    }
    change = outcome.changes[-2]
    assert [row["commit_id"] for row in change.taken_back] == ["7" * 9]
    assert [row["commit_id"] for row in change.brought_back] == ["8" * 9]


def test_facts_without_titles_get_them_and_change_in_nothing_else(server: SiteServer) -> None:
    whole = fresh(SITE)
    known = whole._replace(
        fixes=tuple(row | {"title": ""} for row in whole.fixes), pages=dict(whole.pages)
    )
    outcome = run(server, known)

    assert outcome.facts == whole
    assert outcome.changes == ()
    # A branch without a fix has no title to be read.
    assert len(server.asked()) == len(server.pages) - 2 - len(SITE.lines)


def test_the_later_release_counts_where_page_and_changelog_differ(server: SiteServer) -> None:
    line = OLD._replace(reverts=())
    lid = "    - BUG: teapot: a “lid” of its own\n"
    server.site = SITE.having(line._replace(releases=(*line.releases, ("2.2.11", "2021-05-10"))))
    server.replaced["/download/2.2/src/CHANGELOG"] = f"2021/05/10 : 2.2.11\n{lid}\n" + changelog(
        line
    ).replace(lid, "")
    outcome = run(server)

    (doubt,) = outcome.doubts
    assert doubt == (
        "2.2: the page puts ddddddddd into 2.2.10, the CHANGELOG into 2.2.11; "
        "taken as fixed in 2.2.11"
    )
    assert fixes_of(outcome.facts, "2.2", "fixed_in")["d" * 9] == ("2.2.11",)


# What vanishes


def test_what_vanishes_is_marked_and_kept_and_comes_back(server: SiteServer) -> None:
    site = SITE.having(NEW)
    known = fresh(site)
    server.site = SITE
    later = TODAY + datetime.timedelta(days=1)
    gone = run(server, known, today=later)
    server.site = site
    back = run(server, gone.facts, today=later)

    assert [change.vanished for change in gone.changes] == [("release 2.2.11", "fix fffffffff")]
    assert fixes_of(gone.facts, "2.2", "vanished_on")["f" * 9] == ("2021-05-21",)
    assert [row["vanished_on"] for row in gone.facts.releases][-2:] == ["2021-05-21", ""]
    assert len(gone.facts.fixes) == len(known.fixes)
    assert [change.returned for change in back.changes] == [("release 2.2.11", "fix fffffffff")]
    # The fix was told to be in no release for a while: that is what the cautious go by.
    assert {row["vanished_on"] for row in (*back.facts.releases, *back.facts.fixes)} == {""}


def test_what_has_vanished_is_not_asked_for_every_night(server: SiteServer) -> None:
    server.site = SITE
    gone = run(server, fresh(SITE.having(NEW))).facts
    server.asked()
    outcome = run(server, gone._replace(pages={}))

    assert len(server.asked()) == 4
    assert outcome.changes == ()
    assert outcome.facts == gone


def test_a_fix_that_awaited_a_release_and_is_listed_no_more_has_vanished(
    server: SiteServer,
) -> None:
    server.site = SITE.having(OLD._replace(rows=OLD.rows[:-1]))
    outcome = run(server, fresh(SITE))

    assert [change.vanished for change in outcome.changes] == [("fix eeeeeeeee",)]
    assert fixes_of(outcome.facts, "2.2", "fixed_in", "vanished_on")[DESCALE] == ("", "2021-05-20")


def test_a_branch_that_is_listed_no_more_is_kept_and_named(server: SiteServer) -> None:
    known = fresh(SITE)
    server.site = SITE.lacking("1.3")
    later = TODAY + datetime.timedelta(days=1)
    outcome = run(server, known, today=later)

    assert outcome.doubts == ("branch 1.3 is on the index no more; it keeps what it had",)
    assert outcome.checked == ("2.2", "2.10")
    assert branch_of(outcome.facts, "1.3") == branch_of(known, "1.3")
    assert [row["checked_on"] for row in outcome.facts.branches] == [
        "2021-05-20",
        "2021-05-21",
        "2021-05-21",
    ]


def test_a_site_that_is_not_kept_up_is_told(server: SiteServer) -> None:
    server.date = "Tue, 01 Jun 2021 06:00:00 GMT"
    outcome = run(server, today=datetime.date(2021, 6, 1))

    (doubt,) = outcome.doubts
    assert doubt.startswith("the newest fix of any branch is of 2021-04-01, though it was read on")


# A branch that cannot be read

PROTOCOL = {
    "missing": "the server answered 404 Not Found",
    "status?code=503&after=1": "the server answered 503 Service Unavailable",
    "cut": "it was cut short",
    "empty": "it is empty",
    "latin1": "it is not UTF-8",
    "huge": "it is larger than",
    "endless": "it is larger than",
    "reset": "the connection failed",
    "silent": "nothing came within the read timeout",
    "redirect?to=http://192.0.2.1/": "it redirects to another host",
}
# What the update of the branch needs.
NEEDED = (
    "/bugs/bugs-2.2.html",
    "/bugs/bugs-2.2.0.html",
    "/bugs/bugs-2.2.11.html",
    "/download/2.2/src/CHANGELOG",
)
OF_PAGES = ("fewer rows", "no table")


# A CHANGELOG has neither tables nor totals.
BROKEN = [
    (path, fault)
    for path in NEEDED
    for fault in dict.fromkeys((*PROTOCOL, *FAULTS))
    if fault not in OF_PAGES or path.endswith("html")
]


@pytest.mark.parametrize(("path", "fault"), BROKEN)
def test_a_branch_with_a_page_that_is_broken_keeps_what_it_had(
    server: SiteServer, path: str, fault: str
) -> None:
    known = fresh(SITE)
    grown = SITE.lines[2]._replace(releases=(("2.10.0", "2021-05-01"), ("2.10.1", "2021-05-12")))
    server.site = SITE.having(NEW, grown)
    server.faults[path] = fault
    outcome = run(server, known, read_timeout=0.2 if fault == "silent" else 5)

    (refused,) = outcome.refused
    assert refused.startswith("branch 2.2 keeps what it had: ")
    assert f"{server.base.rstrip('/')}{path}: {PROTOCOL.get(fault, '')}" in refused
    assert "\n" not in refused
    assert outcome.checked == ("1.3", "2.10")
    assert branch_of(outcome.facts, "2.2") == branch_of(known, "2.2")
    assert [change.new_releases for change in outcome.changes] == [("2.10.1",)]


def test_a_branch_that_was_refused_is_whole_the_next_time(server: SiteServer) -> None:
    known = fresh(SITE)
    server.site = SITE.having(NEW)
    server.faults["/bugs/bugs-2.2.0.html"] = "missing"
    known = run(server, known).facts
    server.faults.clear()

    assert run(server, known).facts == fresh(SITE.having(NEW))


def test_from_nothing_a_branch_that_cannot_be_read_is_left_out(server: SiteServer) -> None:
    server.faults["/bugs/bugs-2.2.html"] = "missing"
    outcome = run(server)

    assert [row["branch"] for row in outcome.facts.branches] == ["1.3", "2.10"]


# (page, the page in its place, what is said)
MISPLACED = [
    ("bugs/bugs-2.2.html", "bugs/bugs-1.3.html", "this is the page of 1.3"),
    ("bugs/bugs-2.2.html", "bugs/bugs-2.2.1.html", "this is the page of 2.2.1"),
    ("bugs/bugs-2.2.0.html", "bugs/bugs-2.2.1.html", "this is the page of 2.2.1"),
    ("bugs/bugs-2.2.0.html", "bugs/bugs-2.10.0.html", "this is the page of 2.10.0"),
    ("bugs/bugs-2.2.1.html", "bugs/bugs-2.2.html", "this is the page of 2.2"),
    ("download/2.2/src/CHANGELOG", "download/1.3/src/CHANGELOG", "it does not tell of 2.2.10 yet"),
]


@pytest.mark.parametrize(("path", "other", "what"), MISPLACED)
def test_a_page_in_the_place_of_another_is_refused(
    server: SiteServer, path: str, other: str, what: str
) -> None:
    server.replaced[f"/{path}"] = server.pages[f"/{other}"]
    outcome = run(server)

    assert outcome.refused == (f"branch 2.2 keeps what it had: {server.base}{path}: {what}",)


def test_a_changelog_that_lags_behind_is_refused_for_its_reverts_would_be_missed(
    server: SiteServer,
) -> None:
    known = fresh(WHOLE.as_of("2021-04-01"))
    server.site = WHOLE
    server.replaced["/download/2.4/src/CHANGELOG"] = changelog(WAVERING.as_of("2021-04-01"))
    outcome = run(server, known)
    server.replaced.clear()

    assert outcome.refused == (
        f"branch 2.4 keeps what it had: {server.base}download/2.4/src/CHANGELOG: "
        "it does not tell of 2.4.2 yet",
    )
    assert run(server, outcome.facts).facts == fresh(WHOLE)


def test_pages_that_do_not_nest_are_refused(server: SiteServer) -> None:
    server.site = SITE.having(NEW)
    server.replaced["/bugs/bugs-2.2.11.html"] = server.pages["/bugs/bugs-2.2.10.html"].replace(
        "2.2.10", "2.2.11"
    )
    outcome = run(server, fresh(SITE))

    assert outcome.refused == (
        "branch 2.2 keeps what it had: bugs-2.2.html: "
        "its bugs are not those of the last release's page",
    )


def test_where_more_changed_than_is_assumed_all_pages_are_read(server: SiteServer) -> None:
    row = Row("f" * 9, "2020-07-09", "BUG/MINOR: spout: not listed at first", "2.2.1")
    site = SITE.having(OLD._replace(rows=(OLD.rows[0], row, *OLD.rows[1:])))
    server.site = site.having(NEW._replace(rows=(NEW.rows[0], row, *NEW.rows[1:-1])))
    outcome = run(server, fresh(SITE))

    assert {f"/bugs/bugs-2.2.{number}.html" for number in (0, 1, 2, 10, 11)} <= {*server.asked()}
    assert outcome.facts == fresh(server.site)


@pytest.mark.parametrize("version", ["2.2.11-dev1", "2.02.11"])
def test_a_release_that_is_none_of_a_stable_branch_is_refused(
    server: SiteServer, version: str
) -> None:
    server.site = SITE.having(OLD._replace(releases=(*OLD.releases, (version, "2021-05-10"))))
    (refused,) = run(server).refused

    assert refused.endswith(f"{version} is no release of a stable branch")


def test_two_spellings_of_one_release_are_refused(server: SiteServer) -> None:
    server.site = SITE.having(OLD._replace(releases=(*OLD.releases, ("2.2.10.0", "2021-05-10"))))
    (refused,) = run(server).refused

    assert refused.endswith("two of its releases are one")


@pytest.mark.parametrize(
    "line",
    [
        OLD._replace(releases=(*OLD.releases, ("2.2.11", "2021-05-22"))),
        OLD._replace(rows=(*OLD.rows[:-1], OLD.rows[-1]._replace(merged_on="2121-04-01"))),
    ],
    ids=["release", "fix"],
)
def test_what_is_of_the_future_is_refused_or_every_later_clock_would_seem_wrong(
    server: SiteServer, line: Line
) -> None:
    server.site = SITE.having(line)
    (refused,) = run(server).refused

    assert refused.endswith(", and today is 2021-05-20")


def test_tomorrow_is_not_the_future_for_it_is_another_time_zones_day(server: SiteServer) -> None:
    server.site = SITE.having(OLD._replace(releases=(*OLD.releases, ("2.2.11", "2021-05-21"))))

    assert run(server).refused == ()


# The index and the clock


@pytest.mark.parametrize("fault", ["blank", "unrelated", "truncated", "no table"])
def test_an_index_that_is_none_is_an_error(server: SiteServer, fault: str) -> None:
    server.faults["/bugs/"] = fault
    with pytest.raises(ParseError) as caught:
        run(server)

    assert str(caught.value).startswith(f"{server.base}bugs/: ")
    assert server.asked() == ["/bugs/"]


@pytest.mark.parametrize("fault", PROTOCOL)
def test_an_index_that_cannot_be_had_is_an_error(server: SiteServer, fault: str) -> None:
    server.faults["/bugs/"] = fault
    with pytest.raises(FetchError):
        run(server, read_timeout=0.2 if fault == "silent" else 5)


@pytest.mark.parametrize("day", ["2021-05-18", "2021-05-22", "2001-01-01"])
def test_a_clock_that_differs_from_the_servers_by_days_is_an_error(
    server: SiteServer, day: str
) -> None:
    with pytest.raises(FetchError) as caught:
        run(server, today=datetime.date.fromisoformat(day))

    assert str(caught.value) == (
        f"this machine's clock says {day}, the server's 2021-05-20; set the clock, "
        "or name another server with --url"
    )
    assert server.asked() == ["/bugs/"]


@pytest.mark.parametrize("day", ["2021-05-19", "2021-05-20", "2021-05-21"])
def test_a_clock_of_another_time_zone_is_right(server: SiteServer, day: str) -> None:
    assert run(server, today=datetime.date.fromisoformat(day)).refused == ()


@pytest.mark.parametrize("date", ["", "soon", "Tue, 07 Jul 99999999999 14:00:00 GMT"])
def test_a_server_that_does_not_know_the_time_is_believed(server: SiteServer, date: str) -> None:
    server.date = date

    assert run(server).refused == ()


# Telling what goes on


def test_the_progress_counts_up_to_the_number_of_requests(server: SiteServer) -> None:
    told: list[tuple[str, int, int]] = []
    run(server, progress=lambda what, done, total: told.append((what, done, total)))
    asked = server.asked()

    assert [f"/{what}" for what, _, _ in told[::2]] == asked[1:]
    assert [done for _, done, _ in told] == [
        *itertools.chain.from_iterable((done, done + 1) for done in range(1, len(asked)))
    ]
    assert all(done <= total for _, done, total in told)
    assert told[-1][1:] == (len(asked), len(asked))


def test_the_progress_counts_pages_that_turn_out_to_be_needed(server: SiteServer) -> None:
    known = fresh(SITE)
    server.site = SITE.having(NEW)
    told: list[tuple[int, int]] = []
    run(server, known, progress=lambda what, done, total: told.append((done, total)))

    assert told[0] == (1, 4)
    assert told[-1] == (9, 9)


def test_validators_are_those_of_the_page_that_was_read_last(server: SiteServer) -> None:
    known = fresh(SITE)
    again = fresh(SITE.having(NEW))

    assert {path for path in known.pages if known.pages[path] != again.pages[path]} == {
        "bugs/bugs-2.2.html"
    }
    assert Validators() not in again.pages.values()


# The checksums of the tarballs


def sums_of(facts: Facts, branch: str) -> dict[str, str]:
    return {row["version"]: row["sha256"] for row in facts.releases if row["branch"] == branch}


def test_the_checksum_of_each_tarball_is_read(server: SiteServer) -> None:
    assert sums_of(run(server).facts, "2.2")["2.2.10"] == ("2210" * 16)


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"releases": []}', "<html>", '{"releases": {"2.2.1": 7}}']
)
def test_without_checksums_the_rest_is_taken(server: SiteServer, text: str) -> None:
    server.replaced["/download/2.2/src/releases.json"] = text
    outcome = run(server)

    assert outcome.refused == ()
    assert set(sums_of(outcome.facts, "2.2").values()) == {""}


def test_a_checksum_that_is_none_is_left_out(server: SiteServer) -> None:
    server.replaced["/download/2.2/src/releases.json"] = (
        '{"releases": {"2.2.1": {"sha256": "soup"}, "2.2.2": {"sha256": 7}, "2.2.10": {}}}'
    )

    assert set(sums_of(run(server).facts, "2.2").values()) == {""}


def test_a_mirror_may_lack_the_checksums(server: SiteServer) -> None:
    server.faults["/download/2.2/src/releases.json"] = "missing"
    outcome = run(server)

    assert outcome.refused == ()
    assert outcome.checked == ("1.3", "2.2", "2.10")


def test_a_checksum_that_is_known_stays(server: SiteServer) -> None:
    known = fresh(SITE)
    server.site = SITE.having(NEW)
    told = {"2.2.10": {"sha256": "0" * 64}, "2.2.11": {"sha256": "a" * 64}}
    server.replaced["/download/2.2/src/releases.json"] = json.dumps({"releases": told})
    sums = sums_of(run(server, known).facts, "2.2")

    assert (sums["2.2.10"], sums["2.2.11"]) == ("2210" * 16, "a" * 64)
