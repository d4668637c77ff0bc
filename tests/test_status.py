"""How fresh a catalogue is: what is judged a problem, and the forms in which it is told."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.facts import Run
from advisory.formats.status import (
    MOST_RUNS,
    render_status_json,
    render_status_metrics,
    render_status_text,
)
from advisory.history import BranchState, Provenance
from advisory.status import Status, status_of
from tests.exposition import metrics_of

PROVENANCE = Provenance(
    source="refreshed",
    data_as_of="2026-07-01",
    built_at="2026-07-01T03:01:00Z",
    origin="https://kettle.example/",
    tool_version="1.2",
    newest_merge="2026-06-28",
)
OLD = BranchState(
    branch="2.2",
    checked_on="2026-07-01",
    fixes=1046,
    newest_merge="2024-04-05",
    awaiting=2,
    titled=1040,
    newest_release="2.2.33",
)
NEW = BranchState(
    branch="3.4",
    checked_on="2026-07-01",
    fixes=0,
    newest_merge="",
    awaiting=0,
    titled=0,
    newest_release="3.4.0",
)
COMPLETE = Run(
    command="refresh",
    origin="https://kettle.example/",
    started_at="2026-07-01T03:00:00Z",
    ended_at="2026-07-01T03:01:00Z",
    outcome="complete",
    requests=23,
    new_releases=1,
    new_fixes=12,
)
IMPORT = COMPLETE._replace(command="import-changelog", ended_at="2026-07-01T09:00:00Z")
PARTIAL = COMPLETE._replace(
    ended_at="2026-07-02T03:01:00Z",
    outcome="partial",
    messages="branch 2.2 keeps what it had: it is empty\nbranch 2.4 keeps what it had: tea",
)
FAILED = PARTIAL._replace(outcome="failed", messages="kettle.example: no answer", requests=0)


def judge(
    *runs: Run,
    provenance: Provenance = PROVENANCE,
    branches: tuple[BranchState, ...] = (OLD, NEW),
    today: str = "2026-07-02",
    max_age: int = 7,
) -> Status:
    return status_of(
        "/var/lib/catalogue.db",
        provenance,
        branches,
        runs,
        today=today,
        max_age=max_age,
        tool_version="1.2",
    )


# What somebody has to look at


def test_a_catalogue_that_is_kept_up_has_no_problem() -> None:
    assert judge(FAILED, PARTIAL, COMPLETE) == Status(
        path="/var/lib/catalogue.db",
        provenance=PROVENANCE,
        age_days=1,
        branches=(OLD, NEW),
        behind=(),
        runs=(COMPLETE, PARTIAL, FAILED),
        problems=(),
    )


@pytest.mark.parametrize(
    ("today", "max_age", "age", "problem"),
    [
        ("2026-07-08", 7, 7, ""),
        ("2026-07-09", 7, 8, "the data is 8 days old (more than 7); run 'hapadvise refresh'"),
        ("2026-07-09", 8, 8, ""),
        ("2026-07-02", 0, 1, "the data is 1 days old (more than 0); run 'hapadvise refresh'"),
        ("2026-06-30", 0, 0, ""),  # another time zone
        (
            "2026-06-29",
            7,
            None,
            "the data is of 2026-07-01, and today is 2026-06-29: the clock is wrong, or was; "
            "set it and run 'hapadvise refresh'",
        ),
    ],
)
def test_data_that_is_too_old_or_of_the_future_is_one(
    today: str, max_age: int, age: int | None, problem: str
) -> None:
    status = judge(COMPLETE, today=today, max_age=max_age)

    assert status.age_days == age
    assert status.problems == ((problem,) if problem else ())


@pytest.mark.parametrize(
    ("runs", "problem"),
    [
        ((), ""),
        ((PARTIAL, COMPLETE), ""),
        (
            (COMPLETE, PARTIAL),
            "the last refresh (2026-07-02T03:01:00Z) was partial: "
            "branch 2.2 keeps what it had: it is empty",
        ),
        (
            (COMPLETE, FAILED),
            "the last refresh (2026-07-02T03:01:00Z) failed: kettle.example: no answer",
        ),
    ],
)
def test_a_last_run_that_did_not_read_everything_is_one(
    runs: tuple[Run, ...], problem: str
) -> None:
    assert judge(*runs).problems == ((problem,) if problem else ())


def test_a_branch_that_was_left_behind_is_one() -> None:
    status = judge(PARTIAL, branches=(OLD._replace(checked_on="2026-06-30"), NEW))

    assert status.behind == ("2.2",)
    assert status.problems[1:] == ("not brought up to date by it: 2.2",)


def test_a_branch_that_the_site_lists_no_more_is_none() -> None:
    status = judge(COMPLETE, branches=(OLD._replace(checked_on="2026-06-30"), NEW))

    assert status.behind == ("2.2",)
    assert status.problems == ()


def test_what_a_changelog_told_does_not_hide_that_the_refresh_failed() -> None:
    imported = COMPLETE._replace(command="import-changelog")

    assert len(judge(FAILED, imported).problems) == 1
    assert judge(COMPLETE, imported).problems == ()


def test_a_source_that_is_not_kept_up_is_one() -> None:
    status = judge(provenance=PROVENANCE._replace(newest_merge="2026-05-01"))

    assert status.problems == (
        "the newest fix of any branch is of 2026-05-01, though it was read on 2026-07-01: "
        "what it was read from seems not to be kept up",
    )


def test_a_catalogue_of_another_version_is_one() -> None:
    status = judge(provenance=PROVENANCE._replace(tool_version="1.1"))

    assert status.problems == (
        "it was made by hapadvise 1.1, this is 1.2; run 'hapadvise refresh'",
    )


@pytest.mark.parametrize(
    ("runs", "last"),
    [
        ((), ""),
        ((PARTIAL, FAILED), ""),
        ((COMPLETE, FAILED), "2026-07-01T03:01:00Z"),
        ((COMPLETE, IMPORT), "2026-07-01T03:01:00Z"),  # which reads no branch
        ((COMPLETE, COMPLETE._replace(ended_at="2026-07-03T03:01:00Z")), "2026-07-03T03:01:00Z"),
    ],
)
def test_the_last_refresh_that_read_all_is_known(runs: tuple[Run, ...], last: str) -> None:
    assert judge(*runs).last_complete == last


# For a person


def test_a_healthy_catalogue_in_words() -> None:
    assert render_status_text(judge(COMPLETE), width=80) == (
        "catalogue  /var/lib/catalogue.db\n"
        "source     refreshed, from https://kettle.example/\n"
        "data       as of 2026-07-01, 1 day old\n"
        "made       2026-07-01T03:01:00Z by hapadvise 1.2\n"
        "\n"
        "branch  checked on  newest merge  newest release  fixes  awaiting  titles\n"
        "2.2     2026-07-01  2024-04-05    2.2.33           1046         2    1040\n"
        "3.4     2026-07-01  -             3.4.0               0         0       0\n"
        "\n"
        "last runs\n"
        "2026-07-01T03:01:00Z  complete  refresh: requests 23, new releases 1, new fixes 12\n"
    )


def test_problems_come_before_the_branches_and_reasons_with_the_runs() -> None:
    text = render_status_text(judge(COMPLETE, FAILED, today="2026-06-01"), width=60)

    assert "data       as of 2026-07-01, of the future\n" in text
    assert (
        "\n"
        "! the data is of 2026-07-01, and today is 2026-06-01: the\n"
        "  clock is wrong, or was; set it and run 'hapadvise refresh'\n"
        "! the last refresh (2026-07-02T03:01:00Z) failed:\n"
        "  kettle.example: no answer\n"
        "\n"
        "branch  " in text
    )
    assert text.endswith(
        "last runs\n"
        "2026-07-02T03:01:00Z  failed    refresh: requests 0, new releases 1, new fixes 12\n"
        "  kettle.example: no answer\n"
        "2026-07-01T03:01:00Z  complete  refresh: requests 23, new releases 1, new fixes 12\n"
    )


def test_without_a_run_it_is_said_how_to_make_one() -> None:
    text = render_status_text(judge(), width=80)

    assert text.endswith("\nno run is recorded; 'hapadvise refresh' brings it up to date\n")


def test_only_the_last_runs_are_listed() -> None:
    runs = [COMPLETE._replace(requests=number) for number in range(MOST_RUNS + 2)]

    text = render_status_text(judge(*runs), width=80)
    document = json.loads(render_status_json(judge(*runs)))

    expected = list(range(MOST_RUNS + 1, 1, -1))
    assert [int(number) for number in re.findall(r"refresh: requests (\d+)", text)] == expected
    assert [run["requests"] for run in document["runs"]] == expected


# For programs


def test_json_holds_all_of_it() -> None:
    assert json.loads(render_status_json(judge(COMPLETE))) == {
        "catalogue": "/var/lib/catalogue.db",
        "source": "refreshed",
        "data_as_of": "2026-07-01",
        "built_at": "2026-07-01T03:01:00Z",
        "origin": "https://kettle.example/",
        "tool_version": "1.2",
        "newest_merge": "2026-06-28",
        "age_days": 1,
        "healthy": True,
        "problems": [],
        "behind": [],
        "branches": [
            {
                "branch": "2.2",
                "checked_on": "2026-07-01",
                "fixes": 1046,
                "newest_merge": "2024-04-05",
                "awaiting": 2,
                "titled": 1040,
                "newest_release": "2.2.33",
            },
            {
                "branch": "3.4",
                "checked_on": "2026-07-01",
                "fixes": 0,
                "newest_merge": "",
                "awaiting": 0,
                "titled": 0,
                "newest_release": "3.4.0",
            },
        ],
        "runs": [
            {
                "command": "refresh",
                "origin": "https://kettle.example/",
                "started_at": "2026-07-01T03:00:00Z",
                "ended_at": "2026-07-01T03:01:00Z",
                "outcome": "complete",
                "requests": 23,
                "new_releases": 1,
                "new_fixes": 12,
                "newly_released": 0,
                "taken_back": 0,
                "vanished": 0,
                "messages": [],
            }
        ],
    }


def test_json_says_what_is_wrong() -> None:
    behind = OLD._replace(checked_on="2026-06-30")
    status = judge(PARTIAL, branches=(behind, NEW), today="2026-06-01")

    document = json.loads(render_status_json(status))

    assert document["age_days"] is None
    assert document["healthy"] is False
    assert document["problems"] == list(status.problems)
    assert document["behind"] == ["2.2"]
    assert document["runs"][0]["messages"] == [
        "branch 2.2 keeps what it had: it is empty",
        "branch 2.4 keeps what it had: tea",
    ]


# For Prometheus: its text format, version 0.0.4
# (https://prometheus.io/docs/instrumenting/exposition_formats/)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tea_cups 1\n",
        "# HELP tea_cups Cups.\n# TYPE tea_cups gauge\ntea_cups 1",
        "# HELP tea_cups Cups.\n# TYPE tea_cups gauge\ntea_cups one\n",
        "# HELP tea_cups Cups.\n# TYPE tea_cups cup\ntea_cups 1\n",
        "# HELP tea_cups Cups.\n# TYPE tea_pots gauge\ntea_cups 1\n",
        "# HELP tea-cups Cups.\n# TYPE tea-cups gauge\ntea-cups 1\n",
        "# HELP tea_cups C\\ups.\n# TYPE tea_cups gauge\ntea_cups 1\n",
        "# HELP tea_cups Cups.\n# TYPE tea_cups gauge\ntea_cups 1\n" * 2,
    ],
)
def test_the_parser_of_the_metrics_is_strict(text: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        metrics_of(text)


def gauge(value: float) -> tuple[str, float]:
    return "gauge", value


def test_metrics_tell_times_and_numbers() -> None:
    status = judge(COMPLETE, IMPORT, PARTIAL, branches=(OLD, NEW._replace(checked_on="2026-06-30")))

    assert metrics_of(render_status_metrics(status)) == {
        "hapadvise_catalogue_data_timestamp_seconds": gauge(1782864000),  # date -d 2026-07-01Z +%s
        "hapadvise_catalogue_problems": gauge(2),
        "hapadvise_catalogue_branches": gauge(2),
        "hapadvise_catalogue_branches_behind": gauge(1),
        "hapadvise_catalogue_fixes": gauge(1046),
        "hapadvise_catalogue_last_run_timestamp_seconds": gauge(1782961260),
        "hapadvise_catalogue_last_complete_run_timestamp_seconds": gauge(1782874860),
    }


def test_a_run_that_never_was_has_no_time() -> None:
    without = metrics_of(render_status_metrics(judge())).keys()
    failed = metrics_of(render_status_metrics(judge(FAILED))).keys()

    assert not [name for name in without if "run" in name]
    assert failed - without == {"hapadvise_catalogue_last_run_timestamp_seconds"}


@given(
    st.lists(st.sampled_from((COMPLETE, IMPORT, PARTIAL, FAILED)), max_size=3),
    st.sampled_from(("2026-05-01", "2026-07-02", "2027-07-01")),
    st.lists(st.sampled_from((OLD, NEW, OLD._replace(checked_on="2026-06-30"))), max_size=3),
)
def test_all_forms_agree_on_any_status(
    runs: list[Run], today: str, branches: list[BranchState]
) -> None:
    status = judge(*runs, branches=tuple(branches), today=today)

    metrics = metrics_of(render_status_metrics(status))
    document = json.loads(render_status_json(status))
    text = render_status_text(status, width=80)

    problems = len(status.problems)
    assert metrics["hapadvise_catalogue_problems"] == gauge(problems)
    assert len(document["problems"]) == len(re.findall("^! ", text, re.MULTILINE)) == problems
    assert document["healthy"] is (problems == 0)
