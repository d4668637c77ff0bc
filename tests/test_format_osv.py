"""Bugs as OSV records: every branch with the releases that have it, and the fix of each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given

from advisory.bug import Advisory, Kind, Severity, Tier
from advisory.catalogue import Catalogue
from advisory.formats.osv import records, render_osv
from advisory.history import BranchHistory, PublishedRelease
from advisory.release import Release
from advisory.unfixed import Claim, Evidence, Missing, missing_of
from tests.conftest import make_bug, make_fix, make_history
from tests.format_cases import ADVISORY, REPORT, every_report, hostile, published
from tests.strategies import histories

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T00:00:00Z")
WHOLE = re.compile(r"0|[0-9a-f]{40}")
MISSING = Missing(
    branch="2.4",
    bug_id="b1" * 6,
    severity=Severity.MAJOR,
    claim=Claim.ASKED,
    older_branch="2.2",
    older_commit="f1" * 6,
    newer_branch="2.6",
    newer_commit="c1" * 6,
    newer_merged_on="2021-01-01",
    backport_to="all",
    checked_in="2.4.1",
    evidence=Evidence.HAS_FLAW,
)
NEWER = BranchHistory(
    branch="2.4",
    long_term_support=True,
    maintained_until="",
    releases=(
        PublishedRelease("2.4.0", Release("2.4.0").order, "2021-05-14", ""),
        PublishedRelease("2.4.1", Release("2.4.1").order, "2021-06-17", ""),
    ),
    fixes=(),
)


def check(record: Mapping[str, Any]) -> None:
    """The rules of the format that a record of ours can break; those of its linter as well."""
    assert re.fullmatch(r"x_HAPROXY-[0-9a-z]{12}", record["id"])
    assert record["schema_version"] == "1.7.5"
    assert DAY.fullmatch(record["published"])
    assert DAY.fullmatch(record["modified"])
    assert record["published"] <= record["modified"]
    assert record["summary"]
    urls = [reference["url"] for reference in record["references"]]
    assert len(urls) == len(set(urls)) > 0
    assert record["id"] not in record.get("related", ())
    for affected in record["affected"]:
        assert affected["package"]["ecosystem"] == "GIT"
        assert affected["ranges"]
        for span in affected["ranges"]:
            check_range(span, affected)


def check_range(span: Mapping[str, Any], affected: Mapping[str, Any]) -> None:
    introduced, end = (next(iter(event.items())) for event in span["events"])
    assert introduced[0] == "introduced"
    assert introduced[1] != end[1] or end[0] == "last_affected"
    if span["type"] == "GIT":
        assert end[0] == "fixed"
        assert span["repo"].startswith("https://git.haproxy.org/git/haproxy-")
        assert WHOLE.fullmatch(introduced[1])
        assert WHOLE.fullmatch(end[1])
        return
    assert affected["versions"][0] == introduced[1]
    if end[0] == "last_affected":
        assert affected["versions"][-1] == end[1]
    else:
        assert end[0] == "fixed"
        assert end[1] not in affected["versions"]


def records_of(
    *found: BranchHistory,
    missing: Iterable[Missing] = (),
    commits: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    made = list(records(found, missing, commits))
    for record in made:
        check(record)
    return made


def affected_by(history: BranchHistory, **options: Any) -> Any:
    """The releases of the only bug, and its range."""
    (record,) = records_of(history, **options)
    if not record["affected"]:
        return None
    (affected,) = record["affected"]
    (span,) = affected["ranges"]
    return affected["versions"], span["events"]


@pytest.mark.parametrize(
    ("fix", "expected"),
    [
        (
            make_fix(1, "2.2.2", introduced_in="2.2.1", introduced_by="c1" * 6),
            (["2.2.1"], [{"introduced": "2.2.1"}, {"fixed": "2.2.2"}]),
        ),
        (
            make_fix(1, "2.2.2"),  # nobody knows since when
            (["2.2.0", "2.2.1"], [{"introduced": "2.2.0"}, {"fixed": "2.2.2"}]),
        ),
        (
            make_fix(1, introduced_in="2.2.3"),  # merged, not released
            (["2.2.3", "2.2.10"], [{"introduced": "2.2.3"}, {"last_affected": "2.2.10"}]),
        ),
        (
            make_fix(1, "2.2.1", reverted_by="e1" * 6, reverted_in="2.2.3"),
            (
                ["2.2.0", "2.2.1", "2.2.2", "2.2.3", "2.2.10"],
                [{"introduced": "2.2.0"}, {"last_affected": "2.2.10"}],
            ),
        ),
        (
            make_fix(
                1,
                "2.2.1",
                reverted_by="e1" * 6,
                reverted_in="2.2.2",
                reapplied_by="d1" * 6,
                reapplied_in="2.2.3",
            ),
            (["2.2.0", "2.2.1", "2.2.2"], [{"introduced": "2.2.0"}, {"fixed": "2.2.3"}]),
        ),
        (make_fix(1, "2.2.1", introduced_in="2.2.1"), None),  # no release ever had it
    ],
)
def test_the_releases_that_have_a_bug(fix: Any, expected: Any) -> None:
    assert affected_by(make_history(fix)) == expected


def test_where_a_fix_was_taken_back_the_advisory_tells_since_when() -> None:
    advisory = ADVISORY._replace(since_version="2.2.3")
    bug = make_bug("b1", advisory=advisory)
    fix = make_fix(1, "2.2.1", bug=bug, reverted_by="e1" * 6, reverted_in="2.2.3")

    versions, _ = affected_by(make_history(fix))

    assert versions == ["2.2.3", "2.2.10"]


def test_of_several_fixes_the_last_that_stands_counts() -> None:
    bug = make_bug("b1")
    lost = {"reverted_by": "e1" * 6, "reverted_in": "2.2.2"}
    history = make_history(
        make_fix(1, "2.2.1", bug=bug, **lost),
        make_fix(2, "2.2.3", bug=bug),
        make_fix(3, "2.2.10", bug=bug, **lost),
    )

    versions, _ = affected_by(history)

    assert versions == ["2.2.0", "2.2.1", "2.2.2"]


def test_commits_make_ranges_where_their_whole_hashes_are_known() -> None:
    whole = {"f1" * 6: "f1" * 20, "c1" * 6: "c1" * 20, "d2" * 6: "d2" * 20}
    history = make_history(
        make_fix(1, "2.2.1", introduced_by="c1" * 6),
        make_fix(2, "2.2.1", reverted_by="e2" * 6, reapplied_by="d2" * 6),
        make_fix(3, "2.2.1"),
        make_fix(4, "2.2.2", introduced_in="2.2.2", introduced_by="c1" * 6, commit="f1" * 6),
    )

    found = [
        [span["events"] for span in affected["ranges"] if span["type"] == "GIT"]
        for record in records_of(history, commits=whole)
        for affected in record["affected"]
    ]

    assert found == [
        [[{"introduced": "c1" * 20}, {"fixed": "f1" * 20}]],
        [[{"introduced": "0"}, {"fixed": "d2" * 20}]],
        [],
        [[{"introduced": "c1" * 20}, {"fixed": "f1" * 20}]],  # no release ever had it
    ]


def test_a_branch_whose_code_has_the_bug_is_affected_without_a_fix() -> None:
    history = make_history(make_fix(1, "2.2.1"))
    elsewhere = MISSING._replace(branch="2.6")
    undecided = MISSING._replace(evidence=Evidence.UNDECIDED)
    own = MISSING._replace(branch="2.2")

    (record,) = records_of(history, NEWER, missing=(MISSING, elsewhere, own))
    (alone,) = records_of(history, NEWER, missing=(undecided,))

    assert [one["database_specific"]["branch"] for one in record["affected"]] == ["2.2", "2.4"]
    assert record["affected"][1]["versions"] == ["2.4.0", "2.4.1"]
    assert record["affected"][1]["database_specific"] == {
        "branch": "2.4",
        "severity": "major",
        "fix_state": "never fixed",
        "introduced_in_known": False,
    }
    assert len(alone["affected"]) == 1


def test_versions_of_four_parts_are_no_semantic_ones() -> None:
    releases = (
        PublishedRelease("1.3.6", 1, "2007-01-07", ""),
        PublishedRelease("1.3.6.1", 2, "2007-01-26", ""),
    )
    history = make_history(make_fix(1, "1.3.6.1"), releases=releases)

    (record,) = records_of(history)

    assert [span["type"] for span in record["affected"][0]["ranges"]] == ["ECOSYSTEM"]


def test_a_record_says_what_is_known_in_our_own_words() -> None:
    advisory = ADVISORY._replace(
        features=("+LUA",), config=("mode http",), related=("b2" * 6, "deadbeefdead", "b1" * 6)
    )
    bug = make_bug("b1", advisory=advisory, tier=Tier.VERIFIED, runtime=True, issues=(935,))
    history = make_history(make_fix(1, "2.2.1", bug=bug), make_fix(2, "2.2.2"))

    first, second = records_of(history)

    assert {name: value for name, value in first.items() if name != "affected"} == {
        "schema_version": "1.7.5",
        "id": f"x_HAPROXY-{'b1' * 6}",
        "modified": "2020-08-07T00:00:00Z",
        "published": "2020-07-10T00:00:00Z",
        "related": [f"x_HAPROXY-{'b2' * 6}"],
        "summary": "One kettle is lost per cup.",
        "details": "One kettle is lost per cup. When: Tea is poured twice. "
        "Until a cured release runs: Drink coffee. Needed in the build: +LUA. "
        "Needed in the configuration: mode http.",
        "references": [
            {
                "type": "FIX",
                "url": f"https://git.haproxy.org/?p=haproxy-2.2.git;a=commitdiff;h={'f1' * 6}",
            },
            {"type": "REPORT", "url": "https://github.com/haproxy/haproxy/issues/935"},
        ],
        "database_specific": {
            "severity": "minor",
            "kind": "memory-leak",
            "subsystem": "kettle",
            "runtime": True,
            "reviewed": False,
            "evidence": "verified",
            "growth": "per-request",
        },
    }
    assert second["summary"] == "Memory leak in kettle."
    assert "related" not in second


@pytest.mark.parametrize(
    ("bug", "summary"),
    [
        (make_bug(title="Tea is cold."), "Tea is cold."),
        (make_bug(kind=Kind.FD_LEAK), "Fd leak in kettle."),
        (make_bug(kind=Kind.OTHER, subsystem=""), "Bug in a subsystem that is not named."),
        (make_bug(advisory=Advisory(Kind.OTHER, "Tea.", "low", ())), "Tea."),
    ],
)
def test_a_bug_is_named_by_what_is_known_of_it(bug: Any, summary: str) -> None:
    (record,) = records_of(make_history(make_fix(1, "2.2.1", bug=bug)))

    assert record["summary"] == summary
    assert record["details"].startswith(summary)


@given(histories())
def test_any_history_gives_sound_records_one_for_each_bug(history: BranchHistory) -> None:
    commits = {fix.commit: fix.commit.ljust(40, "0") for fix in history.fixes}

    found = records_of(history, commits=commits)

    assert [record["id"] for record in found] == sorted(
        {f"x_HAPROXY-{fix.bug.id}" for fix in history.fixes}
    )


def whole_catalogue(catalogue: Catalogue) -> tuple[list[BranchHistory], list[Missing]]:
    branches = [outline.branch for outline in catalogue.outlines()]
    found = [history for branch in branches if (history := catalogue.history(branch))]
    missing = [missing_of(row) for branch in branches for row in catalogue.missing_fixes(branch)]
    return found, missing


def test_every_bug_of_the_catalogue_has_a_sound_record(catalogue: Catalogue) -> None:
    found, missing = whole_catalogue(catalogue)
    made = records_of(*found, missing=missing)

    assert len(made) == len({fix.bug.id for history in found for fix in history.fixes}) > 4000


def test_a_record_agrees_with_the_report_of_every_sample(catalogue: Catalogue) -> None:
    found, missing = whole_catalogue(catalogue)
    having: dict[str, set[str]] = {}
    for record in records(found, missing):
        for affected in record["affected"]:
            for version in affected["versions"]:
                having.setdefault(version, set()).add(record["id"].removeprefix("x_HAPROXY-"))

    for report in every_report(catalogue).values():
        listed = {finding.bug.id for finding in report.findings}
        never = {
            one.missing.bug_id for one in report.never_fixed if one.proven and one.missing.subsystem
        }
        assert listed - having.get(report.target.version, set()) == set()
        assert never - having.get(report.target.version, set()) == set()


def test_a_report_gives_the_records_of_its_bugs(catalogue: Catalogue) -> None:
    found, missing = whole_catalogue(catalogue)
    report = every_report(catalogue)["leaks 2.2.4.txt 1"]
    document = json.loads(render_osv([report, REPORT, report], found, missing))

    for record in document["vulns"]:
        check(record)
    assert {record["id"] for record in document["vulns"]} == {
        f"x_HAPROXY-{finding.bug.id}" for finding in report.findings
    }


def test_hostile_titles_become_harmless() -> None:
    bug = hostile().findings[0].bug
    (record,) = records_of(make_history(make_fix(1, "2.2.1", bug=bug)))

    assert record["summary"].isprintable()
    assert record["details"].isprintable()


def test_every_record_fits_the_published_schema(catalogue: Catalogue) -> None:
    validator = published("osv-1.7.schema.json")
    found, missing = whole_catalogue(catalogue)
    commits = {fix.commit: fix.commit.ljust(40, "0") for one in found for fix in one.fixes}

    for record in records(found, missing, commits):
        assert [error.message for error in validator.iter_errors(record)] == []
