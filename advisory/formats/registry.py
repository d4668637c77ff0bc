"""The forms of a report by name: what each is called elsewhere, and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from advisory.errors import OutputError
from advisory.history import BranchHistory
from advisory.report import Report
from advisory.unfixed import Missing


class Setting(NamedTuple):
    """What a form may need besides the reports.

    ``now`` is an ISO time with its zone. ``several``: more than one input was named, so that an
    array is expected. ``history_of``, ``branches`` and ``missing_of`` ask the catalogue: for a
    branch, for the names of all of them (oldest first), and for what one got no fix of.
    """

    tool_version: str
    now: str
    history_of: Callable[[str], BranchHistory | None]
    branches: Callable[[], Sequence[str]]
    missing_of: Callable[[str], Sequence[Missing]]
    several: bool = False
    width: int = 80
    colour: bool = False


class Rendered(NamedTuple):
    """A report in one form; ``status`` is what to exit with, None where the verdict decides."""

    text: str
    status: int | None = None


class Format(NamedTuple):
    """A form: its media type, how its files end, and whether it holds more than one build."""

    render: Callable[[Sequence[Report], Setting], Rendered]
    media_type: str
    suffix: str
    several: bool = True


def render(name: str, reports: Sequence[Report], setting: Setting) -> Rendered:
    """The reports in a form.

    Args:
        name: one of ``FORMATS``.
        reports: one at least.
        setting: what it may need besides.

    Raises:
        OutputError: it holds one build only, and there are several.
        NotKnownError: nothing is known, which this form cannot say.
    """
    form = FORMATS[name]
    if len(reports) > 1 and not form.several:
        raise OutputError(
            f"--format {name} holds one build, and {len(reports)} were passed; pass one, or use "
            "--format json"
        )
    return form.render(reports, setting)


def _text(reports: Sequence[Report], setting: Setting) -> Rendered:
    from advisory.formats.text import render_text

    return Rendered(render_text(reports, width=setting.width, colour=setting.colour))


def _json(reports: Sequence[Report], setting: Setting) -> Rendered:
    from advisory.formats.json import render_json

    text = render_json(reports, tool_version=setting.tool_version, several=setting.several)
    return Rendered(text)


def _markdown(reports: Sequence[Report], setting: Setting) -> Rendered:
    from advisory.formats.markdown import render_markdown

    return Rendered(render_markdown(reports))


def _html(reports: Sequence[Report], setting: Setting) -> Rendered:
    from advisory.formats.html import render_html

    return Rendered(render_html(reports, tool_version=setting.tool_version))


def _sarif(reports: Sequence[Report], setting: Setting) -> Rendered:
    from advisory.formats.sarif import render_sarif

    return Rendered(render_sarif(reports, tool_version=setting.tool_version))


def _osv(reports: Sequence[Report], setting: Setting) -> Rendered:
    from advisory.formats.osv import render_osv

    first = reports[0]
    day = first.as_of if first.as_of < first.provenance.data_as_of else ""
    known = [setting.history_of(branch) for branch in setting.branches()]
    histories = [one.as_of(day) if day and one else one for one in known]
    missing = [
        one
        for branch in setting.branches()
        for one in setting.missing_of(branch)
        if one.newer_merged_on <= first.as_of
    ]
    return Rendered(render_osv(reports, [one for one in histories if one], missing))


def _openvex(reports: Sequence[Report], setting: Setting) -> Rendered:
    from advisory.formats.openvex import render_openvex

    (report,) = reports
    history = setting.history_of(report.target.branch)
    text = render_openvex(report, history, tool_version=setting.tool_version, now=setting.now)
    return Rendered(text)


def _cyclonedx(reports: Sequence[Report], setting: Setting) -> Rendered:
    from advisory.formats.cyclonedx import render_cyclonedx

    (report,) = reports
    history = setting.history_of(report.target.branch)
    text = render_cyclonedx(report, history, tool_version=setting.tool_version, now=setting.now)
    return Rendered(text)


def _prometheus(reports: Sequence[Report], setting: Setting) -> Rendered:
    from advisory.formats.prometheus import render_prometheus

    return Rendered(render_prometheus(reports))


def _nagios(reports: Sequence[Report], setting: Setting) -> Rendered:
    from advisory.formats.nagios import render_nagios

    return Rendered(*render_nagios(reports))


def _csv(reports: Sequence[Report], setting: Setting) -> Rendered:
    from advisory.formats.csv import render_csv

    return Rendered(render_csv(reports))


FORMATS: Mapping[str, Format] = {
    "text": Format(_text, "text/plain", ".txt"),
    "json": Format(_json, "application/json", ".json"),
    "markdown": Format(_markdown, "text/markdown", ".md"),
    "html": Format(_html, "text/html", ".html"),
    "csv": Format(_csv, "text/csv", ".csv"),
    "sarif": Format(_sarif, "application/sarif+json", ".sarif"),
    "osv": Format(_osv, "application/json", ".osv.json"),
    "openvex": Format(_openvex, "application/json", ".openvex.json", several=False),
    "cyclonedx": Format(_cyclonedx, "application/vnd.cyclonedx+json", ".cdx.json", several=False),
    "prometheus": Format(_prometheus, "text/plain; version=0.0.4", ".prom"),
    "nagios": Format(_nagios, "text/plain", ".txt"),
}
