"""Only what is new: a report held against one that was printed before, as JSON; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from advisory.errors import ParseError
from advisory.ignores import without
from advisory.report import Report

_FORM = "pass what 'hapadvise --format json' or 'hapadvise fleet --each' printed"


class Known(NamedTuple):
    """What an older report says: of which build it is, and the ids of the bugs that it lists."""

    printed: str
    bugs: frozenset[str]


class Baseline(NamedTuple):
    """Older reports by the name of what they were made of, and the file that holds them."""

    source: str
    reports: Mapping[str, Known]


class New(NamedTuple):
    """A report with nothing but the new bugs, how many were known, and what is to be told."""

    report: Report
    removed: int
    notes: tuple[str, ...]


def read_baseline(text: str, *, source: str) -> Baseline:
    """Read older reports: an object, an array of them, or one in each line.

    Args:
        text: as ``--format json`` or ``fleet --each`` printed it.
        source: where it comes from, for messages.

    Raises:
        ParseError: it is something else.
    """
    try:
        try:
            found = json.loads(text)
        except ValueError:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise ParseError(f"is no JSON; {_FORM}", source=source) from error
    documents = found if isinstance(found, list) else [found]
    try:
        reports = dict(map(_known, documents))
    except (KeyError, TypeError) as error:
        raise ParseError(f"is JSON, but no report; {_FORM}", source=source) from error
    if not reports:
        raise ParseError(f"holds no report; {_FORM}", source=source)
    return Baseline(source, reports)


def _known(document: Any) -> tuple[str, Known]:
    target, findings = document["target"], document["findings"]
    ids = frozenset(finding["id"] for finding in findings)
    name, printed = target["source"], target["printed"]
    if not all(isinstance(text, str) for text in (*ids, name, printed)):
        raise TypeError
    return name, Known(printed, ids)


def only_new(report: Report, baseline: Baseline) -> New:
    """Leave out of a report what its baseline lists already.

    The older report is the one of the same name; one that stands alone is taken whatever its name.
    """
    name = report.target.source
    known = baseline.reports.get(name)
    if known is None and len(baseline.reports) == 1:
        (known,) = baseline.reports.values()
    if known is None:
        note = f"{baseline.source}: holds no report on {name}: all that it has counts as new"
        return New(report, 0, (note,))
    notes: tuple[str, ...] = ()
    if known.printed != report.target.printed:
        notes = (
            f"{baseline.source}: is of {known.printed}, and {name} is {report.target.printed}: "
            "new is what the other one did not list",
        )
    reduced = without(report, known.bugs)
    removed = len(report.findings) - len(reduced.findings)
    what = "1 bug that it lists is" if removed == 1 else f"{removed} bugs that it lists are"
    told = f"only what is new since {baseline.source}: {what} left out here"
    return New(reduced._replace(warnings=(*reduced.warnings, told)), removed, notes)
