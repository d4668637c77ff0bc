"""Reports for Prometheus: gauges that add up, and no label without bound."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from advisory.catalogue import Catalogue
from advisory.formats.prometheus import render_prometheus
from advisory.report import Report
from tests.exposition import Labels, Samples, samples_of
from tests.format_cases import CLEAN, REPORT, UNKNOWN, every_report, hostile

BUILD = (("branch", "2.2"), ("version", "2.2.4"))


def gauges_of(*reports: Report) -> dict[str, dict[Labels, float]]:
    samples: Samples = samples_of(render_prometheus(reports))
    assert {kind for kind, _ in samples.values()} == {"gauge"}
    return {name.removeprefix("hapadvise_"): values for name, (_, values) in samples.items()}


def test_the_numbers_of_one_build() -> None:
    assert gauges_of(REPORT) == {
        "builds": {(*BUILD, ("verdict", "affected")): 1},
        "bugs": {(*BUILD, ("kind", "memory-leak"), ("severity", "medium")): 1},
        "growing_leaks": {BUILD: 1},
        "known_bugs": {
            (*BUILD, ("severity", "major")): 1,
            (*BUILD, ("severity", "medium")): 2,
            (*BUILD, ("severity", "minor")): 0,
        },
        "data_timestamp_seconds": {(): 1782864000},  # date -d 2026-07-01Z +%s
    }


def test_a_build_that_cannot_be_judged_has_no_numbers() -> None:
    gauges = gauges_of(UNKNOWN)

    assert gauges.keys() == {"builds", "data_timestamp_seconds"}


def test_builds_of_one_release_are_added() -> None:
    gauges = gauges_of(REPORT, CLEAN, REPORT, UNKNOWN._replace(as_of="2026-06-30"))

    assert gauges["builds"] == {
        (*BUILD, ("verdict", "affected")): 2,
        (*BUILD, ("verdict", "not_affected")): 1,
        (("branch", "2.9"), ("version", "2.9.1"), ("verdict", "unknown")): 1,
    }
    assert gauges["growing_leaks"] == {BUILD: 2}
    assert gauges["data_timestamp_seconds"] == {(): 1782864000 - 86400}


def test_nothing_gives_nothing() -> None:
    assert render_prometheus([]) == ""


def test_labels_are_escaped() -> None:
    target = REPORT.target._replace(version='2"\\\n')

    gauges = gauges_of(REPORT._replace(target=target))

    assert gauges["growing_leaks"] == {(("branch", "2.2"), ("version", r"2\"\\\n")): 1}


def test_every_sample_reads_back(catalogue: Catalogue) -> None:
    reports = every_report(catalogue)

    for report in reports.values():
        gauges = gauges_of(report)
        assert sum(gauges["builds"].values()) == 1
        assert sum(gauges.get("bugs", {}).values()) == len(report.findings)
        assert sum(gauges.get("known_bugs", {}).values()) == (report.known_bugs or 0)
        assert sum(gauges.get("never_fixed", {}).values()) == sum(
            one.proven for one in report.never_fixed
        )
        assert ("diagnoses" in gauges) is (report.examination is not None)


def test_no_label_is_without_bound(catalogue: Catalogue) -> None:
    gauges = gauges_of(*every_report(catalogue).values(), hostile())

    names = {name for samples in gauges.values() for labels in samples for name, _ in labels}
    assert names == {"branch", "version", "verdict", "kind", "severity"}


def test_promtool_finds_nothing_amiss(catalogue: Catalogue) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; Debian's package prometheus has it")
    reports = every_report(catalogue)
    for text in (
        *(render_prometheus([report]) for report in reports.values()),
        render_prometheus(list(reports.values())),
    ):
        done = subprocess.run(
            [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
        )

        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
