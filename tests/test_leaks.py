"""Recorded processes through the command: those that leak, and those that seem to.

tests/data/leaks/README.md says how each was recorded, and why its culprit is known.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from advisory.cli import main
from tests.processes import LEAKS, arguments_for, recorded

DOCUMENT = (Path(__file__).parent.parent / "docs" / "diagnosis.md").read_text(encoding="utf-8")
CASES = recorded()
CONTROLS = [case for case, facts in CASES.items() if "control" in facts]
NEGATIVES = [case for case, facts in CASES.items() if facts["bug"] is None]
TRUE = [case for case in CASES if case not in CONTROLS and case not in NEGATIVES]
IN_POOLS = [case for case in TRUE if "pool" in CASES[case]]
ELSEWHERE = [case for case in TRUE if "pool" not in CASES[case]]
# What the evidence does not decide: connections that stay look like ones that are kept open; the
# advisory of a bug names no pool.
HARD = {"h2-2.4"}

Run = Callable[..., str]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, catalogue_path: Path
) -> Run:
    """Run the command on a case; gives what it prints."""
    monkeypatch.setenv("HAPADVISE_DB", str(catalogue_path))
    monkeypatch.setenv("COLUMNS", "80")

    def call(case: str, *options: str) -> str:
        with pytest.raises(SystemExit) as exit_:
            main([*arguments_for(case), *options])
        out, err = capsys.readouterr()
        assert (exit_.value.code, err) == (1, "")
        return out

    return call


REPORTS: dict[str, dict[str, Any]] = {}


def report_of(run: Run, case: str) -> dict[str, Any]:
    """What the command says in JSON; it is run once for each case."""
    if case not in REPORTS:
        value = json.loads(run(case, "--format", "json"))
        REPORTS[case] = value[0] if isinstance(value, list) else value  # several inputs
    return REPORTS[case]


def test_every_recording_is_used() -> None:
    recordings = {str(path.parent.relative_to(LEAKS)) for path in LEAKS.rglob("pools-after.txt")}

    assert recordings == set(CASES)
    assert len(IN_POOLS) >= 16
    assert len(CONTROLS) >= 20


@pytest.mark.parametrize("case", IN_POOLS)
def test_the_true_culprit_is_the_first_suspect(run: Run, case: str) -> None:
    facts, report = CASES[case], report_of(run, case)
    suspected = [suspect["finding_id"] for suspect in report["suspects"]]

    assert suspected.index(facts["bug"]) < (3 if case in HARD else 1)
    assert report["diagnosis"]["verdict"] == ("undecided" if case in HARD else "known-bug")


@pytest.mark.parametrize("case", IN_POOLS)
def test_the_pool_that_grew_is_measured(run: Run, case: str) -> None:
    facts, report = CASES[case], report_of(run, case)
    grown = [(line["name"], line["size"], line["gained"]) for line in report["evidence"]["pools"]]

    assert (facts["pool"], facts["size"], facts["lost"]) in grown


@pytest.mark.parametrize("case", [case for case in IN_POOLS if case not in HARD])
def test_the_text_names_pool_growth_and_release(run: Run, case: str) -> None:
    facts = CASES[case]
    text = " ".join(run(case).split())

    assert "Diagnosis: known bug" in text
    assert f"`{facts['pool']} ({facts['size']} bytes)`, which gained {facts['lost']:,} obj" in text
    assert f"- upgrade to {facts['cured_in']} or later" in text
    assert f"Suspect 1: {facts['bug']}, " in text


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_leak_outside_the_pools_is_told_from_one_within_and_listed(run: Run, case: str) -> None:
    facts, report = CASES[case], report_of(run, case)

    assert report["diagnosis"]["verdict"] == "outside-pools"
    assert report["suspects"] == []
    assert facts["bug"] in [item["id"] for item in report["findings"]]


@pytest.mark.parametrize("case", NEGATIVES)
def test_what_is_no_leak_gets_its_verdict_and_nobody_is_accused(run: Run, case: str) -> None:
    report = report_of(run, case)

    assert report["diagnosis"]["verdict"] == CASES[case]["verdict"]
    assert report["suspects"] == []


@pytest.mark.parametrize("case", CONTROLS)
def test_nobody_is_accused_where_the_leak_is_cured_or_not_set_off(run: Run, case: str) -> None:
    report = report_of(run, case)

    assert report["suspects"] == []
    assert report["diagnosis"]["verdict"] != "known-bug"


@pytest.mark.parametrize("case", [*TRUE, *NEGATIVES])
def test_the_document_says_what_is_measured(run: Run, case: str) -> None:
    facts, report = CASES[case], report_of(run, case)
    suspects = report["suspects"]
    rank = [suspect["rank"] for suspect in suspects if suspect["finding_id"] == facts["bug"]]
    scores = [str(suspect["score"]) for suspect in suspects[:3]]
    line = f"`{facts['pool']}`" if case in IN_POOLS else "none"

    assert (
        f"\n| `{case}` | {facts['release']} | {facts['bug'] or 'no leak'} | {line} "
        f"| {rank[0] if rank else '-'} | {', '.join(scores) or '-'} "
        f"| {report['diagnosis']['verdict']} |\n"
    ) in DOCUMENT
