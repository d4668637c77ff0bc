"""Whole reports, as they are printed; ``make golden`` writes them anew, and the diff is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from advisory import __version__
from advisory.build import read_builds
from advisory.catalogue import Catalogue
from advisory.formats.json import render_json
from advisory.formats.text import render_text
from advisory.report import Beyond, Question, Report, advise
from advisory.unfixed import missing_of

HERE = Path(__file__).parent
EVERYTHING = Question(today="2026-06-26", kinds=frozenset())
LEAKS = Question(today="2026-06-26")
BEFORE = Question(today="2026-06-26", as_of="2021-05-20")

# (name of the expected file, sample, question, width; 0 stands for JSON)
REPORTS = [
    ("1.8.31.txt", "1.8.31.txt", LEAKS, 80),
    ("2.2.4.txt", "2.2.4.txt", LEAKS, 80),
    ("2.2.4-narrow.txt", "2.2.4.txt", LEAKS, 40),
    ("2.2.4-as-of.txt", "2.2.4.txt", BEFORE, 80),
    ("2.4.35-all.txt", "2.4.35.txt", EVERYTHING, 100),
    ("2.8.25.txt", "2.8.25.txt", LEAKS, 80),
    ("3.4.1-quic.txt", "3.4.1-quic.txt", LEAKS, 80),
    ("2.6.30.json", "2.6.30.txt", LEAKS, 0),
]


def report(catalogue: Catalogue, sample: str, question: Question) -> Report:
    (build,) = read_builds((HERE / "data" / "vv" / sample).read_text(), source=sample)
    provenance = catalogue.provenance._replace(built_at="2026-06-26T00:00:00Z")
    beyond = Beyond(
        missing=lambda branch: [missing_of(row) for row in catalogue.missing_fixes(branch)],
        outlines=catalogue.outlines,
        history_of=catalogue.history,
    )
    history = catalogue.history(build.version.release.branch)
    return advise(build, history, provenance, question, beyond=beyond)


@pytest.mark.parametrize(("name", "sample", "question", "width"), REPORTS)
def test_a_report_is_as_expected(
    catalogue: Catalogue, name: str, sample: str, question: Question, width: int
) -> None:
    found = report(catalogue, sample, question)
    printed = (
        render_text([found], width=width, colour=False)
        if width
        else render_json([found], tool_version=__version__)
    )
    expected = HERE / "golden" / name
    if os.environ.get("HAPADVISE_GOLDEN") == "write":
        expected.write_text(printed, encoding="utf-8")

    assert printed == expected.read_text(encoding="utf-8")
