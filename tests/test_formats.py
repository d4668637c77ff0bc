"""The forms of a report: every output fits the schema, and the text says what the value holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.bug import Advisory, Bug, Fix, Kind, LostObject, Severity, Tier
from advisory.build import read_builds
from advisory.catalogue import Catalogue
from advisory.finding import Finding, FixState, Verdict
from advisory.formats.json import document, render_json
from advisory.formats.text import render_text, wrap
from advisory.history import Provenance
from advisory.report import Question, Report, SetAside, Step, Target, advise

SCHEMA = json.loads((Path(__file__).parent.parent / "advisory" / "report.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(
    SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)
TARGET = Target(
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
)
ADVISORY = Advisory(
    kind=Kind.MEMORY_LEAK,
    summary="One kettle is lost per cup.",
    confidence="high",
    said_by=("diff",),
    runtime=True,
    growth="per-request",
    trigger="Tea is poured twice.",
    workaround="Drink coffee.",
    objects=(LostObject(name="kettle", pool="kettle", size=64), LostObject(name="lid")),
)
BUG = Bug(
    id="aaaaaaaaaaaa",
    subsystem="stove",
    kind=Kind.MEMORY_LEAK,
    tier=Tier.VERIFIED,
    runtime=True,
    reviewed=True,
    advisory=ADVISORY,
    issues=(7, 935),
)
FIX = Fix(
    bug=BUG,
    branch="2.2",
    commit="bbbbbbbbbbbb",
    mainline_commit="aaaaaaaaaaaa",
    merged_on="2020-11-03",
    severity=Severity.MEDIUM,
    position=9,
    fixed_in="2.2.5",
    introduced_in="2.2.0",
    introduced_by="cccccccccccc",
)
FINDING = Finding(
    bug=BUG,
    fix=FIX,
    fixed_in="2.2.5",
    fix_state=FixState.RELEASED,
    verdict=Verdict.AFFECTED,
    reasons=("the fix came later, in 2.2.5",),
)
STEP = Step(version="2.2.5", released_on="2020-11-05", cures=1, leaves=0)
REPORT = Report(
    target=TARGET,
    provenance=Provenance(
        source="bundled", data_as_of="2026-06-26", built_at="2026-06-27T00:00:00Z"
    ),
    age_days=1,
    as_of="2026-06-26",
    verdict=Verdict.AFFECTED,
    known_bugs=1,
    by_severity=((Severity.MEDIUM, 1),),
    memory_leaks=1,
    runtime_leaks=1,
    kinds=("memory-leak",),
    findings=(FINDING,),
    steps=(STEP,),
    minimal=STEP,
    latest=STEP,
)


def text_of(report: Report, *, width: int = 80, colour: bool = False) -> str:
    return render_text([report], width=width, colour=colour)


def with_finding(**changes: Any) -> Report:
    """The report with its one finding changed: fields of Finding, Fix (of_*) or Bug (bug_*)."""
    bug = BUG._replace(**{name[4:]: v for name, v in changes.items() if name.startswith("bug_")})
    fix = FIX._replace(
        bug=bug, **{name[3:]: v for name, v in changes.items() if name.startswith("of_")}
    )
    own = {name: v for name, v in changes.items() if name in Finding._fields}
    return REPORT._replace(findings=(FINDING._replace(bug=bug, fix=fix, **own),))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_finding_in_json_carries_all_that_is_known() -> None:
    (finding,) = document(REPORT, tool_version="1")["findings"]

    assert finding == {
        "id": "aaaaaaaaaaaa",
        "kind": "memory-leak",
        "runtime": True,
        "growth": "per-request",
        "needs_oom": False,
        "bounded": False,
        "evidence_tier": "verified",
        "reviewed": True,
        "severity": "medium",
        "subsystem": "stove",
        "title": None,
        "summary": "One kettle is lost per cup.",
        "trigger": "Tea is poured twice.",
        "workaround": "Drink coffee.",
        "objects": [
            {"name": "kettle", "pool": "kettle", "size": 64},
            {"name": "lid", "pool": None, "size": None},
        ],
        "commit": "bbbbbbbbbbbb",
        "mainline_commit": "aaaaaaaaaaaa",
        "merged_on": "2020-11-03",
        "introduced_in": "2.2.0",
        "introduced_by": "cccccccccccc",
        "fixed_in": "2.2.5",
        "fix_state": "released",
        "relevance": {"verdict": "affected", "reasons": ["the fix came later, in 2.2.5"]},
        "references": [
            "https://git.haproxy.org/?p=haproxy-2.2.git;a=commitdiff;h=bbbbbbbbbbbb",
            "https://github.com/haproxy/haproxy/issues/7",
            "https://github.com/haproxy/haproxy/issues/935",
        ],
    }


def test_one_report_is_an_object_and_several_are_an_array() -> None:
    one = json.loads(render_json([REPORT], tool_version="1"))
    two = json.loads(render_json([REPORT, REPORT], tool_version="1"))

    assert two == [one, one]


@pytest.mark.parametrize(
    "question",
    [
        Question(today="2026-11-22"),
        Question(today="2026-11-22", kinds=frozenset()),
        Question(today="2026-11-22", as_of="2022-02-02", kinds=frozenset()),
    ],
    ids=["leaks", "all", "as of"],
)
def test_every_report_of_every_release_fits_the_schema(
    catalogue: Catalogue, question: Question
) -> None:
    for branch in catalogue.branches():
        history = catalogue.history(branch)
        assert history is not None
        for release in history.releases[:: 12 if question.kinds else 30]:
            (build,) = read_builds(release.version, source="test")
            report = advise(build, history, catalogue.provenance, question)

            VALIDATOR.validate(document(report, tool_version="1"))


@pytest.mark.parametrize(
    "text",
    ["9.9.9", "3.5-dev1", "2.2.99", "2.2.0-1.0.0-238.455", "2.2.4-1+deb12u1", "2.2.4-b16390-23"],
)
def test_what_cannot_be_judged_fits_the_schema_too(catalogue: Catalogue, text: str) -> None:
    (build,) = read_builds(text, source="test")
    history = catalogue.history(build.version.release.branch)

    report = advise(build, history, catalogue.provenance, Question(today="2026-11-22"))

    VALIDATOR.validate(document(report, tool_version="1"))


def test_the_text_of_a_finding_says_what_where_when_and_since() -> None:
    lines = text_of(REPORT).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("  1. "))

    assert lines[start : start + 6] == [
        "  1. MEDIUM  stove  fixed in 2.2.5",
        "     One kettle is lost per cup.",
        "     When: Tea is poured twice.",
        "     Until then: Drink coffee.",
        "     grows with each request; since 2.2.0 or before; issue 7, 935; reviewed",
        "     https://git.haproxy.org/?p=haproxy-2.2.git;a=commitdiff;h=bbbbbbbbbbbb",
    ]


# (what is changed, what the text then says)
WORDINGS: list[tuple[Report, str]] = [
    (with_finding(fix_state=FixState.MERGED, fixed_in=""), "stove  fixed, not released yet"),
    (with_finding(fix_state=FixState.REVERTED, fixed_in=""), "stove  not cured by any release"),
    (
        with_finding(verdict=Verdict.POSSIBLE, reasons=("it may hold the fix",)),
        "Note: it may hold the fix.",
    ),
    (
        with_finding(fix_state=FixState.REVERTED, reasons=("it was taken back",)),
        "Note: it was taken back; perhaps the branch does not have the bug, the link tells why.",
    ),
    (with_finding(bug_advisory=None, bug_kind=Kind.OTHER), "; reviewed: no leak"),
    (with_finding(bug_subsystem=""), "MEDIUM  (subsystem not named)  fixed in 2.2.5"),
    (with_finding(bug_advisory=None, bug_title="BUG: tea"), "     BUG: tea\n"),
    (
        with_finding(bug_advisory=None, bug_tier=Tier.SUBJECT),
        "     Memory leak in stove; more behind the link.\n",
    ),
    (
        with_finding(bug_advisory=None, bug_tier=Tier.MESSAGE),
        "not reviewed: classed by the words of the fix's message",
    ),
    (
        with_finding(bug_advisory=None, bug_kind=Kind.OTHER, bug_tier=Tier.NONE),
        "A bug in stove; the catalogue does not say what it does, the link does.",
    ),
    (with_finding(of_introduced_in="2.2.3"), "; since 2.2.3; "),
    (with_finding(of_introduced_in=""), "; since when is not known; "),
    (
        with_finding(of_introduced_in="", bug_advisory=ADVISORY._replace(since_version="2.1-dev3")),
        "; since 2.1-dev3; ",
    ),
    (with_finding(bug_runtime=False), "with each request; since"),
    (REPORT._replace(target=TARGET._replace(origin="package")), "a package of an unnamed packager"),
    (
        REPORT._replace(target=TARGET._replace(origin="package", vendor="Debian")),
        "a package of Debian",
    ),
    (REPORT._replace(target=TARGET._replace(origin="release")), "released on 2020-09-30\n"),
    (
        REPORT._replace(set_aside=SetAside(entered_later=1, feature_missing=2, elsewhere=3)),
        "6 of these cannot bite this build: 1 entered later, 2 need a feature that it lacks, "
        "3 concern another program or target. 0 fixes of the branch are in it.",
    ),
    (
        REPORT._replace(set_aside=SetAside(feature_missing=1, elsewhere=1, fixed=1)),
        "2 of these cannot bite this build: 1 needs a feature that it lacks, "
        "1 concerns another program or target. 1 fix of the branch is in it.",
    ),
    (REPORT._replace(set_aside=SetAside(fixed=9)), "release is 2.2.5. 9 fixes of the branch are"),
    (REPORT._replace(taken_back=1), "1 more bug may be open: the fix was merged and taken back."),
    (REPORT._replace(taken_back=2), "2 more bugs may be open: the fix was merged and taken back."),
    (REPORT._replace(by_severity=((Severity.UNKNOWN, 4),)), "(4 unrated)"),
    (REPORT._replace(by_severity=((Severity.UNKNOWN, 0),)), "by 1 known bug as of"),
    (REPORT._replace(warnings=("the data is old",)), "! the data is old.\n"),
    (REPORT._replace(verdict=Verdict.UNKNOWN, reason="nobody looked"), "UNKNOWN: nobody looked."),
    (
        REPORT._replace(verdict=Verdict.NOT_AFFECTED, findings=(), steps=(), minimal=None),
        "Nothing of what was asked for is known as of 2026-06-26.",
    ),
    (
        REPORT._replace(findings=(), steps=(), minimal=None),
        "No memory leak is listed that an upgrade would cure. For the other known bugs see --all.",
    ),
    (REPORT._replace(steps=(), minimal=None), "No release of 2.2 cures any of what is listed."),
    (
        REPORT._replace(
            findings=(FINDING, FINDING), minimal=STEP._replace(leaves=1), kinds=("fd-leak",)
        ),
        "cures 1 of the 2 fd leaks listed; no release of 2.2 cures the other 1.",
    ),
    (REPORT._replace(findings=(FINDING, FINDING), kinds=()), "cures all 2 bugs listed."),
    (REPORT._replace(kinds=("crash", "hang")), "1 listed bug in 2.2.4"),
    (REPORT._replace(latest=STEP._replace(version="2.2.4")), ", this one."),
    (
        REPORT._replace(
            not_affected=(
                FINDING._replace(reasons=("entered later, in 2.2.6 (commit dddddddddddd)",)),
                FINDING._replace(reasons=("needs QUIC, which this build lacks",)),
            )
        ),
        "1 memory leak in 2.2.4 (2 more set aside: 1 entered later, 1 cannot concern this build)",
    ),
]


@pytest.mark.parametrize(("report", "words"), WORDINGS)
def test_the_text_says_so(report: Report, words: str) -> None:
    assert " ".join(words.split()) in " ".join(text_of(report, width=120).split())


def test_leaks_are_grouped_by_how_much_they_matter_to_a_serving_process() -> None:
    def leak(advisory: Advisory | None, runtime: bool | None) -> Finding:
        return FINDING._replace(bug=BUG._replace(advisory=advisory, runtime=runtime))

    report = REPORT._replace(
        findings=(
            leak(ADVISORY, True),
            leak(None, None),
            leak(ADVISORY._replace(bounded=True), True),
            leak(ADVISORY, False),
        )
    )

    headings = [line for line in text_of(report, width=120).splitlines() if line[:2] == "1 "]
    assert headings == [
        "1 grow in a running process",
        "1 may grow in a running process (nobody has reviewed these)",
        "1 grow in a running process, but end by themselves or need memory to have run out",
        "1 happen only while the configuration is read, at start or at exit",
    ]


def test_colour_adds_codes_and_changes_no_word() -> None:
    import re

    plain = text_of(REPORT)
    coloured = text_of(REPORT, colour=True)

    assert "\x1b[33mMEDIUM\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


@given(
    st.text(alphabet="ab \n", max_size=200),
    st.integers(min_value=4, max_value=30),
    st.sampled_from(["", "  ", "! "]),
)
def test_wrapping_keeps_every_word_and_the_width(text: str, width: int, first: str) -> None:
    lines = list(wrap(text, width, first=first, rest="  "))

    assert " ".join(lines).removeprefix(first).split() == text.split()
    for line in lines:
        assert len(line) <= width or len(line.removeprefix(first).split()) <= 1


def test_alike_reports_differ_by_their_source_only() -> None:
    other = REPORT._replace(target=TARGET._replace(source="lb2.txt"))

    both = render_text([REPORT, other], width=80, colour=False)

    assert both == f"{text_of(REPORT)}\n{text_of(other)}"
    assert text_of(other) == text_of(REPORT).replace("vv.txt", "lb2.txt")
