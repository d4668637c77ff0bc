"""What the tests of the forms share: a report of every sample, and two made by hand."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisory.bug import Advisory, Bug, Fix, Kind, Severity, Tier
from advisory.build import read_builds
from advisory.catalogue import Catalogue
from advisory.examination import Examiner
from advisory.finding import Citation, Finding, FixState, Verdict
from advisory.formats.registry import Setting
from advisory.history import Provenance
from advisory.info import read_info
from advisory.inputs import read_configuration, read_file
from advisory.intake import Parts, read_parts
from advisory.pools import PoolKind, read_pools
from advisory.report import Adviser, Beyond, Question, Report, Target
from advisory.symptoms import Passed, cases_of
from advisory.unfixed import missing_of
from tests.processes import arguments_for, recorded

SAMPLES = sorted((Path(__file__).parent / "data" / "vv").glob("*.txt"))
NOW = "2026-07-02T12:00:00Z"
TODAY = "2026-07-02"

# What nobody should be able to smuggle in: markup, mentions, terminal and direction controls.
HOSTILE = (
    "<script>alert(1)</script> [x](javascript:alert(1)) ![y](http://evil.example/a.png) `` ` ``` "
    "|a|b| **bold** # head\n\n# head\n- item\n=cmd|' /C calc'!A0 @everyone #1 www.evil.example "
    "\x1b[31mred\x1b[0m \x07\x9b1m \u202egpj.exe \u200b &lt; \\ \x7f $x$ ~~s~~ \ud800"
)


def of_samples(catalogue: Catalogue, *kinds: Kind) -> dict[str, Report]:
    """A report for each recorded build, of every kind of bug where none is named."""
    adviser = _adviser(catalogue, frozenset(kinds))
    return {
        f"{path.name} {number}": adviser.advise(build)
        for path in SAMPLES
        for number, build in enumerate(
            read_builds(path.read_text(encoding="utf-8"), source=path.name), 1
        )
    }


def of_processes(catalogue: Catalogue) -> dict[str, Report]:
    """A report for each recorded process, with what was measured on it."""
    adviser = _adviser(catalogue, frozenset({Kind.MEMORY_LEAK}))
    kinds = [PoolKind(*kind) for kind in catalogue.pool_kinds()]
    found = {}
    for name in recorded():
        passed, extra = [], []
        for argument in arguments_for(name):
            option, _, value = argument.partition("=")
            if option == "--config":
                extra += [
                    Passed("haproxy.cfg", Parts(config_text=item.text))
                    for item in read_configuration(value)
                ]
            elif option in ("--pools", "--info"):
                extra.append(_answer(option, value))
            else:
                text = read_file(argument).text
                file = Path(argument).name
                passed.append(Passed(file, read_parts(text, source=file)))
        ((build, evidence),) = cases_of(passed, extra, None)
        assert evidence is not None
        found[name] = adviser.advise(build, Examiner(build, evidence, kinds))
    return found


@cache
def every_report(catalogue: Catalogue) -> dict[str, Report]:
    """A report of everything that was recorded: of leaks, of all bugs, and of processes."""
    return {
        **{f"leaks {name}": one for name, one in of_samples(catalogue, Kind.MEMORY_LEAK).items()},
        **{f"all {name}": one for name, one in of_samples(catalogue).items()},
        **{f"process {name}": one for name, one in of_processes(catalogue).items()},
    }


def _answer(option: str, path: str) -> Passed:
    text, file = read_file(path).text, Path(path).name
    if option == "--pools":
        return Passed(file, Parts(dumps=read_pools(text, source=file)))
    return Passed(file, Parts(infos=read_info(text, source=file)))


def _adviser(catalogue: Catalogue, kinds: frozenset[Kind]) -> Adviser:
    beyond = Beyond(
        missing=lambda branch: [missing_of(row) for row in catalogue.missing_fixes(branch)],
        outlines=catalogue.outlines,
        history_of=catalogue.history,
    )
    question = Question(today=TODAY, kinds=kinds)
    return Adviser(catalogue.history, catalogue.provenance, question, beyond)


def setting(catalogue: Catalogue, **fields: Any) -> Setting:
    """What the forms may ask for, of a catalogue."""
    plain = Setting(
        tool_version="1.2",
        now=NOW,
        history_of=cache(catalogue.history),
        branches=cache(lambda: [outline.branch for outline in catalogue.outlines()]),
        missing_of=lambda branch: [missing_of(row) for row in catalogue.missing_fixes(branch)],
    )
    return plain._replace(**fields)


def published(name: str) -> Any:
    """The validator of a schema as its authors publish it, from the folder HAPADVISE_SCHEMAS.

    Their schemas are theirs: none is kept here. Without the folder the test is skipped.
    """
    folder = os.environ.get("HAPADVISE_SCHEMAS")
    path = Path(folder or "") / name
    if not folder or not path.is_file():
        pytest.skip(f"HAPADVISE_SCHEMAS names no folder with {name}")
    schema = json.loads(path.read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def harmless(text: str) -> bool:
    """Whether nothing in it acts on a terminal, turns what follows, or hides."""
    return all(char.isprintable() or char == "\n" for char in text)


def texts_in(document: Any) -> Iterator[str]:
    """Every text in a document of JSON, the names of its members as well."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, list):
        for item in document:
            yield from texts_in(item)
    elif isinstance(document, dict):
        for name, item in document.items():
            yield name
            yield from texts_in(item)


# Two reports made by hand: of a build with a leak that its configuration sets off, and of one that
# cannot be judged.

ADVISORY = Advisory(
    kind=Kind.MEMORY_LEAK,
    summary="One kettle is lost per cup.",
    confidence="high",
    said_by=("diff",),
    runtime=True,
    growth="per-request",
    trigger="Tea is poured twice.",
    workaround="Drink coffee.",
)
BUG = Bug(
    id="aaaaaaaaaaaa",
    subsystem="stove",
    kind=Kind.MEMORY_LEAK,
    tier=Tier.VERIFIED,
    runtime=True,
    reviewed=True,
    advisory=ADVISORY,
    issues=(935,),
)
FIX = Fix(
    bug=BUG,
    branch="2.2",
    commit="bbbbbbbbbbbb",
    mainline_commit="aaaaaaaaaaaa",
    merged_on="2020-10-02",
    severity=Severity.MEDIUM,
    position=2,
    fixed_in="2.2.5",
    introduced_in="2.2.1",
    introduced_by="cccccccccccc",
)
FINDING = Finding(
    bug=BUG,
    fix=FIX,
    fixed_in="2.2.5",
    fix_state=FixState.RELEASED,
    verdict=Verdict.AFFECTED,
    reasons=("the fix came later, in 2.2.5",),
    configured=Verdict.AFFECTED,
    because=("two cups are poured",),
    citations=(
        Citation("/etc/haproxy/haproxy.cfg", 7, "  pour twice"),
        Citation("more.cfg", 9, "  pour again"),
    ),
)
REPORT = Report(
    target=Target(
        source="vv.txt",
        printed="2.2.4-de45672",
        version="2.2.4",
        branch="2.2",
        released_on="2020-09-30",
        commit="de45672",
        origin="official",
        vendor="",
        status="",
        features=("+LUA", "-QUIC"),
    ),
    provenance=Provenance("bundled", "2026-07-01", "2026-07-01T12:00:00Z"),
    age_days=1,
    as_of="2026-07-01",
    verdict=Verdict.AFFECTED,
    known_bugs=3,
    by_severity=((Severity.MAJOR, 1), (Severity.MEDIUM, 2), (Severity.MINOR, 0)),
    kinds=("memory-leak",),
    findings=(FINDING,),
)
UNKNOWN = REPORT._replace(
    target=REPORT.target._replace(printed="2.9-hapee", version="2.9.1", branch="2.9"),
    verdict=Verdict.UNKNOWN,
    reason="nobody knows its fixes",
    known_bugs=None,
    by_severity=(),
    findings=(),
)
CLEAN = REPORT._replace(verdict=Verdict.NOT_AFFECTED, findings=(), known_bugs=0, by_severity=())


def hostile() -> Report:
    """A report in which every text that comes from outside is made to do harm."""
    bug = BUG._replace(title=HOSTILE, subsystem=HOSTILE, advisory=None)
    finding = FINDING._replace(
        bug=bug,
        fix=FIX._replace(bug=bug),
        reasons=(HOSTILE,),
        because=(HOSTILE,),
        citations=(Citation(HOSTILE, 7, HOSTILE),),
    )
    return REPORT._replace(
        target=REPORT.target._replace(source=HOSTILE, printed=HOSTILE, vendor=HOSTILE),
        findings=(finding,),
        not_affected=(
            finding._replace(
                bug=bug._replace(id="dddddddddddd"), verdict=Verdict.NOT_AFFECTED, citations=()
            ),
        ),
        warnings=(HOSTILE,),
    )
