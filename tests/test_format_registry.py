"""The forms by name: each can be made of every sample, and says what it needs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from advisory.catalogue import Catalogue
from advisory.errors import OutputError
from advisory.formats.registry import FORMATS, render
from tests.format_cases import CLEAN, REPORT, UNKNOWN, every_report, harmless, hostile, setting

SINGLE = {"openvex", "cyclonedx"}


def test_the_forms_and_their_media_types() -> None:
    assert {name: (form.media_type, form.suffix) for name, form in FORMATS.items()} == {
        "text": ("text/plain", ".txt"),
        "json": ("application/json", ".json"),
        "markdown": ("text/markdown", ".md"),
        "html": ("text/html", ".html"),
        "csv": ("text/csv", ".csv"),
        "sarif": ("application/sarif+json", ".sarif"),
        "osv": ("application/json", ".osv.json"),
        "openvex": ("application/json", ".openvex.json"),
        "cyclonedx": ("application/vnd.cyclonedx+json", ".cdx.json"),
        "prometheus": ("text/plain; version=0.0.4", ".prom"),
        "nagios": ("text/plain", ".txt"),
    }


@pytest.mark.parametrize("name", FORMATS)
def test_every_form_can_be_made_of_a_sample(name: str, catalogue: Catalogue) -> None:
    report = every_report(catalogue)["process mux-pt-2.2"]

    rendered = render(name, [report], setting(catalogue))

    assert rendered.text.endswith("\n")
    assert harmless(rendered.text.replace("\r\n", "\n"))
    assert rendered.status == (2 if name == "nagios" else None)
    assert name == "prometheus" or "5a7ca29061db" in rendered.text


@pytest.mark.parametrize("name", FORMATS)
def test_several_builds_are_taken_or_refused(name: str, catalogue: Catalogue) -> None:
    reports = [REPORT, CLEAN, UNKNOWN]
    if name not in SINGLE:
        assert render(name, reports, setting(catalogue)).text
        return

    with pytest.raises(OutputError, match=f"^--format {name} holds one build, and 3 were passed"):
        render(name, reports, setting(catalogue))


@pytest.mark.parametrize("name", set(FORMATS) - {"text"})
def test_no_form_lets_hostile_texts_through(name: str, catalogue: Catalogue) -> None:
    text = render(name, [hostile()], setting(catalogue)).text

    assert harmless(text.replace("\r\n", "\n"))
    assert text.encode()


def test_osv_answers_as_of_the_day_of_the_report(catalogue: Catalogue) -> None:
    def latest(as_of: str) -> str:
        report = every_report(catalogue)["leaks 2.2.4.txt 1"]._replace(as_of=as_of)
        document = json.loads(render("osv", [report], setting(catalogue)).text)
        return max(str(record["modified"]) for record in document["vulns"])

    now = every_report(catalogue)["leaks 2.2.4.txt 1"].as_of
    assert latest("2021-01-01") <= "2021-01-01T00:00:00Z" < latest(now)


def test_json_of_several_inputs_is_an_array(catalogue: Catalogue) -> None:
    one = json.loads(render("json", [REPORT], setting(catalogue)).text)
    several = json.loads(render("json", [REPORT], setting(catalogue, several=True)).text)

    assert several == [one]


def test_the_names_cost_nothing_to_know() -> None:
    program = (
        "import sys, advisory.cli; before = set(sys.modules); import advisory.formats.registry; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert set(done.stdout.split()) <= {"advisory.formats", "advisory.formats.registry"}
