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
from advisory.finding import Citation, Finding, FixState, Verdict
from advisory.formats.json import document, render_json
from advisory.formats.text import render_text, wrap
from advisory.history import BranchHistory, Provenance, PublishedRelease
from advisory.plan import Candidate, Recommendation, Support
from advisory.regressions import BadWindow, WindowKind
from advisory.report import Beyond, Question, Report, SetAside, Target, advise
from advisory.unfixed import Claim, Evidence, Missing, NeverFixed, missing_of

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
NEWER = PublishedRelease("2.2.5", 5, "2020-11-05", "dddddddddddd")
ONE = Candidate(
    branch="2.2",
    release=NEWER,
    days_out=9,
    cures=(FINDING,),
    leaves=(),
    brings_in=(),
    bugs_left=((Severity.MINOR, 3),),
    reason="nothing grave is known in it",
)
CHOICE = Recommendation(minimal=ONE, recommended=ONE, latest=ONE)
NOTHING = Recommendation(minimal=None, recommended=ONE, latest=ONE)
WINDOW = BadWindow(
    first="2.2.3",
    last="2.2.4",
    fixed_in="2.2.5",
    severity=Severity.MEDIUM,
    bug=BUG,
    introduced_by="cccccccccccc",
    fix_commit="bbbbbbbbbbbb",
    kind=WindowKind.REGRESSION,
    releases=("2.2.3", "2.2.4"),
)
MISSING = Missing(
    branch="2.2",
    bug_id="eeeeeeeeeeee",
    severity=Severity.MAJOR,
    claim=Claim.BETWEEN,
    older_branch="2.0",
    older_commit="202020202020",
    newer_branch="2.4",
    newer_commit="242424242424",
    newer_merged_on="2021-01-01",
    backport_to="",
    checked_in="2.2.34",
    evidence=Evidence.HAS_FLAW,
    kind=Kind.MEMORY_LEAK,
    runtime=True,
    subsystem="kettle",
    words="Tea is lost.",
)
MISSED = NeverFixed(MISSING, proven=True, pending=False, reason="fixed in 2.4, but not in 2.2")
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
    newest=NEWER,
    way=(ONE,),
    recommendation=CHOICE,
    support=Support(long_term=True, until="2025-Q2", ended=True, soon=False),
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
        "relevance": {
            "verdict": "possible",
            "reasons": ["the fix came later, in 2.2.5"],
            "citations": [],
        },
        "references": [
            "https://git.haproxy.org/?p=haproxy-2.2.git;a=commitdiff;h=bbbbbbbbbbbb",
            "https://github.com/haproxy/haproxy/issues/7",
            "https://github.com/haproxy/haproxy/issues/935",
        ],
    }


def test_a_finding_is_certain_only_with_a_configuration_that_shows_it() -> None:
    citation = Citation("haproxy.cfg", 7, "mode http")
    shown = {
        (finding.verdict, finding.configured): document(
            REPORT._replace(findings=(finding,)), tool_version="1"
        )["findings"][0]["relevance"]["verdict"]
        for verdict in (Verdict.AFFECTED, Verdict.POSSIBLE)
        for configured in (None, Verdict.AFFECTED, Verdict.POSSIBLE, Verdict.NOT_AFFECTED)
        for finding in [FINDING._replace(verdict=verdict, configured=configured)]
    }
    told = FINDING._replace(
        configured=Verdict.AFFECTED, because=("it says so",), citations=(citation,)
    )
    (finding,) = document(REPORT._replace(findings=(told,)), tool_version="1")["findings"]

    assert shown == {
        (Verdict.AFFECTED, None): "possible",
        (Verdict.AFFECTED, Verdict.AFFECTED): "affected",
        (Verdict.AFFECTED, Verdict.POSSIBLE): "possible",
        (Verdict.AFFECTED, Verdict.NOT_AFFECTED): "not_affected",
        (Verdict.POSSIBLE, None): "possible",
        (Verdict.POSSIBLE, Verdict.AFFECTED): "possible",
        (Verdict.POSSIBLE, Verdict.POSSIBLE): "possible",
        (Verdict.POSSIBLE, Verdict.NOT_AFFECTED): "not_affected",
    }
    assert finding["relevance"] == {
        "verdict": "affected",
        "reasons": ["the fix came later, in 2.2.5", "it says so"],
        "citations": [{"source": "haproxy.cfg", "line": 7, "text": "mode http"}],
    }


def test_where_to_go_in_json_carries_all_that_is_known() -> None:
    wide = ONE._replace(
        release=NEWER._replace(sha256="f0" * 32), brings_in=(WINDOW,), against="no", reason=""
    )
    found = document(
        REPORT._replace(recommendation=CHOICE._replace(recommended=None, latest=wide)),
        tool_version="1",
    )
    window = {
        "kind": "regression",
        "bug": "aaaaaaaaaaaa",
        "severity": "medium",
        "first": "2.2.3",
        "last": "2.2.4",
        "fixed_in": "2.2.5",
        "introduced_by": "cccccccccccc",
        "fix_commit": "bbbbbbbbbbbb",
    }
    plain = {
        "branch": "2.2",
        "version": "2.2.5",
        "released_on": "2020-11-05",
        "days_out": 9,
        "cures": 1,
        "leaves": 0,
        "bugs_left": {"minor": 3},
        "brings_in": [],
        "against": None,
        "reason": "nothing grave is known in it",
        "tarball": "https://www.haproxy.org/download/2.2/src/haproxy-2.2.5.tar.gz",
        "sha256": None,
    }

    VALIDATOR.validate(found)
    assert found["recommendation"] == {
        "minimal": plain,
        "recommended": None,
        "latest": plain
        | {"brings_in": [window], "against": "no", "reason": None, "sha256": "f0" * 32},
        "elsewhere": None,
    }


def test_a_report_without_a_way_names_nowhere_to_go() -> None:
    found = document(REPORT._replace(recommendation=None), tool_version="1")

    VALIDATOR.validate(found)
    assert set(found["recommendation"].values()) == {None}


def test_regressions_in_json_say_until_when_and_by_which_commits() -> None:
    open_end = WINDOW._replace(
        fixed_in="", introduced_by="", fix_commit="unknown", kind=WindowKind.TAKEN_BACK
    )
    found = document(REPORT._replace(known_bad=(WINDOW, open_end)), tool_version="1")

    VALIDATOR.validate(found)
    assert found["known_bad"][0]["fixed_in"] == "2.2.5"
    assert found["known_bad"][1] == {
        "kind": "taken-back",
        "bug": "aaaaaaaaaaaa",
        "severity": "medium",
        "first": "2.2.3",
        "last": "2.2.4",
        "fixed_in": None,
        "introduced_by": None,
        "fix_commit": "unknown",
    }


def test_what_was_never_fixed_is_counted_apart_in_json() -> None:
    asked = MISSING._replace(older_branch="", older_commit="", words="")
    missed = (
        MISSED,
        MISSED._replace(missing=asked, proven=False),
        MISSED._replace(pending=True),
        MISSED._replace(pending=True, proven=False),
    )
    found = document(REPORT._replace(never_fixed=missed), tool_version="1")
    plain = {
        "id": "eeeeeeeeeeee",
        "severity": "major",
        "kind": "memory-leak",
        "runtime": True,
        "subsystem": "kettle",
        "summary": "Tea is lost.",
        "proven": True,
        "pending": False,
        "reason": "fixed in 2.4, but not in 2.2",
        "older": {"branch": "2.0", "commit": "202020202020"},
        "newer": {"branch": "2.4", "commit": "242424242424"},
    }

    VALIDATOR.validate(found)
    assert found["summary"]["never_fixed"] == {"proven": 1, "undecided": 1, "pending": 2}
    assert found["summary"]["known_bugs"] == 1
    assert found["never_fixed"] == [
        plain,
        plain | {"proven": False, "older": None, "summary": None},
        plain | {"pending": True},
        plain | {"pending": True, "proven": False},
    ]


@pytest.mark.parametrize("age", [None, 0, 1])
def test_the_age_in_json_is_null_for_data_of_the_future(age: int | None) -> None:
    found = document(REPORT._replace(age_days=age), tool_version="1")

    assert found["catalogue"]["age_days"] == age
    VALIDATOR.validate(found)


def test_an_id_may_be_as_short_as_the_page_has_it() -> None:
    short = with_finding(bug_id="aaaaaaaaa", of_commit="bbbbbbbbb", of_mainline_commit="")

    VALIDATOR.validate(document(short, tool_version="1"))


def test_one_report_is_an_object_and_several_are_an_array() -> None:
    one = json.loads(render_json([REPORT], tool_version="1"))
    two = json.loads(render_json([REPORT, REPORT], tool_version="1"))

    assert two == [one, one]


def beyond(catalogue: Catalogue, branch: str) -> Beyond:
    """What the catalogue knows beyond a branch; each other branch is read once."""
    missing = [missing_of(row) for row in catalogue.missing_fixes(branch)]
    other: dict[str, BranchHistory | None] = {}

    def history_of(name: str) -> BranchHistory | None:
        if name not in other:
            other[name] = catalogue.history(name)
        return other[name]

    return Beyond(missing=lambda name: missing, outlines=catalogue.outlines, history_of=history_of)


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
        wide = beyond(catalogue, branch)
        for release in history.releases[:: 24 if question.kinds else 60]:
            (build,) = read_builds(release.version, source="test")
            report = advise(build, history, catalogue.provenance, question, beyond=wide)

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
    (REPORT._replace(age_days=0), "bundled data as of 2026-06-26 (0 days old)"),
    (REPORT._replace(age_days=1), "bundled data as of 2026-06-26 (1 day old)"),
    (REPORT._replace(age_days=None), "bundled data as of 2026-06-26 (of a day yet to come)"),
    (REPORT._replace(verdict=Verdict.UNKNOWN, reason="nobody looked"), "UNKNOWN: nobody looked."),
    (
        REPORT._replace(verdict=Verdict.NOT_AFFECTED, findings=(), way=(), recommendation=NOTHING),
        "Nothing of what was asked for is known as of 2026-06-26. 0 memory leaks",
    ),
    (
        REPORT._replace(
            verdict=Verdict.NOT_AFFECTED,
            findings=(),
            way=(),
            recommendation=NOTHING,
            never_fixed=(MISSED,),
        ),
        "is known as of 2026-06-26, beside what was not fixed in 2.2.",
    ),
    (
        REPORT._replace(findings=(), way=(), recommendation=NOTHING),
        "No memory leak is listed that an upgrade would cure. For the other known bugs see --all. "
        "The newest 2.2 release is 2.2.5 (2020-11-05).",
    ),
    (
        REPORT._replace(findings=(), way=(), recommendation=NOTHING, kinds=()),
        "No bug is listed that an upgrade would cure. The newest",
    ),
    (
        REPORT._replace(way=(), recommendation=NOTHING),
        "No release of 2.2 cures any of what is listed. The newest",
    ),
    # nothing to cure, but the release has a regression of its own
    (
        REPORT._replace(way=(), recommendation=NOTHING, known_bad=(WINDOW,)),
        "2.2.4 has 1 medium regression of its own: bugs that came with a release of the branch. "
        "No release of 2.2 cures any of what is listed. "
        "Recommended: 2.2.5. nothing grave is known in it. "
        "https://www.haproxy.org/download/2.2/src/haproxy-2.2.5.tar.gz",
    ),
    (
        REPORT._replace(
            way=(),
            recommendation=Recommendation(minimal=None, recommended=None, latest=None),
            known_bad=(WINDOW, WINDOW._replace(severity=Severity.UNKNOWN)),
        ),
        "2.2.4 has 1 medium, 1 unrated regressions of its own: bugs that came with a release of "
        "the branch. No release of 2.2 cures any of what is listed. The newest",
    ),
    (
        REPORT._replace(
            findings=(FINDING, FINDING),
            recommendation=CHOICE._replace(minimal=ONE._replace(leaves=(FINDING,))),
            kinds=("fd-leak",),
        ),
        "cures 1 of the 2 fd leaks listed; no release of 2.2 cures the other 1.",
    ),
    (
        REPORT,
        "2.2.5 (2020-11-05) is the smallest release that cures the memory leak listed. "
        "Recommended: 2.2.5. nothing grave is known in it. "
        "https://www.haproxy.org/download/2.2/src/haproxy-2.2.5.tar.gz "
        "2.2.5 2020-11-05 cures 1, leaves 0 <- the smallest, recommended",
    ),
    (
        REPORT._replace(
            recommendation=CHOICE._replace(
                recommended=ONE._replace(release=NEWER._replace(sha256="f0" * 32))
            )
        ),
        f"haproxy-2.2.5.tar.gz SHA-256 {'f0' * 32} ",
    ),
    # of regressions those that speak against a release are counted
    (
        REPORT._replace(
            way=(ONE._replace(brings_in=(WINDOW, WINDOW._replace(severity=Severity.MINOR))),),
        ),
        "cures 1, leaves 0 <- the smallest, recommended, 1 medium regression The newest",
    ),
    (
        REPORT._replace(
            way=(ONE._replace(brings_in=(WINDOW._replace(severity=Severity.MINOR),) * 2),),
        ),
        "cures 1, leaves 0 <- the smallest, recommended, 2 minor regressions The newest",
    ),
    # the one to choose cures no more than the one before it
    (
        REPORT._replace(
            way=(ONE._replace(brings_in=(WINDOW,)),),
            recommendation=CHOICE._replace(
                recommended=ONE._replace(release=NEWER._replace(version="2.2.10", order=10))
            ),
        ),
        "2.2.5 2020-11-05 cures 1, leaves 0 <- the smallest, 1 medium regression "
        "2.2.10 2020-11-05 cures 1, leaves 0 <- recommended",
    ),
    (
        REPORT._replace(
            recommendation=CHOICE._replace(
                recommended=None, latest=ONE._replace(against="2.2.5 is a day old")
            )
        ),
        "None of them can be recommended yet: 2.2.5 is a day old. "
        "2.2.5 2020-11-05 cures 1, leaves 0 <- the smallest",
    ),
    # a leak of a serving process is cured sooner than one at exit
    (
        REPORT._replace(
            findings=(FINDING, FINDING._replace(bug=BUG._replace(runtime=False), fixed_in="2.2.9")),
            way=(ONE, ONE._replace(release=NEWER._replace(version="2.2.9", order=9))),
            recommendation=CHOICE._replace(
                minimal=ONE._replace(release=NEWER._replace(version="2.2.9", order=9))
            ),
        ),
        "2.2.5 (2020-11-05) is enough for the 1 of them that grow in a running process, or may.",
    ),
    (
        REPORT._replace(
            recommendation=CHOICE._replace(
                elsewhere=ONE._replace(branch="2.4", cures=(), reason="branch 2.2 is over")
            )
        ),
        "Branch 2.2 is over: go to 2.2.5 (2020-11-05). "
        "https://www.haproxy.org/download/2.4/src/haproxy-2.2.5.tar.gz",
    ),
    (
        REPORT._replace(
            recommendation=CHOICE._replace(elsewhere=ONE._replace(reason="branch 2.2 is over"))
        ),
        "Branch 2.2 is over: go to 2.2.5 (2020-11-05), which cures 1 of those listed.",
    ),
    # what the branch never got
    (
        REPORT._replace(never_fixed=(MISSED,)),
        "Never fixed in 2.2 1 more bug (1 major) that other branches got fixed: the code of 2.2.34 "
        "still has it. No page counts it. "
        "eeeeeeeeeeee major kettle: Tea is lost. Fixed in 2.4, but not in 2.2.",
    ),
    (
        REPORT._replace(never_fixed=(MISSED, MISSED), support=None),
        "Never fixed in 2.2 2 more bugs (2 major) that other branches got fixed: the code of "
        "2.2.34 still has them. No page counts them.",
    ),
    (
        REPORT._replace(
            never_fixed=(MISSED,),
            support=Support(long_term=True, until="2025-Q2", ended=False, soon=True),
        ),
        "Not fixed in 2.2 so far 1 more bug (1 major)",
    ),
    (
        REPORT._replace(
            never_fixed=(MISSED._replace(missing=MISSING._replace(words="", subsystem="")),)
        ),
        "eeeeeeeeeeee major no subsystem: memory leak, not described yet. Fixed in 2.4,",
    ),
    (
        REPORT._replace(
            never_fixed=(MISSED._replace(missing=MISSING._replace(words="BUG: tea lost")),)
        ),
        "eeeeeeeeeeee major kettle: BUG: tea lost. Fixed in 2.4,",
    ),
    (
        REPORT._replace(
            never_fixed=(MISSED, MISSED._replace(missing=MISSING._replace(runtime=False)))
        ),
        "1 leak of them happens only while the configuration is read, at start or at exit.",
    ),
    (
        REPORT._replace(
            never_fixed=(MISSED._replace(missing=MISSING._replace(runtime=False)),) * 2
        ),
        "2 leaks of them happen only while the configuration is read, at start or at exit.",
    ),
    (REPORT._replace(never_fixed=(MISSED,) * 22), "but not in 2.2. and 2 more: --format json"),
    (REPORT._replace(findings=(FINDING, FINDING), kinds=()), "cures all 2 bugs listed."),
    (REPORT._replace(kinds=("crash", "hang")), "1 listed bug in 2.2.4"),
    (
        REPORT._replace(newest=NEWER._replace(version="2.2.4")),
        "The newest 2.2 release is 2.2.4 (2020-11-05), this one.",
    ),
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


# (what is changed, what the text then does not say)
SILENCES: list[tuple[Report, str]] = [
    # what nobody has shown, and what the next release may bring
    (REPORT._replace(never_fixed=(MISSED._replace(proven=False),)), "ever fixed in 2.2"),
    (REPORT._replace(never_fixed=(MISSED._replace(pending=True),)), "ot fixed in 2.2"),
    # bugs of a kind that was not asked for are counted only
    (REPORT._replace(never_fixed=(MISSED,), kinds=("crash",)), "Tea is lost"),
    (REPORT._replace(never_fixed=(MISSED,), kinds=()), "Tea is lost"),
    (REPORT, "SHA-256"),
    (REPORT._replace(recommendation=None), "Upgrade"),
    (REPORT._replace(newest=None), "Upgrade"),
    # the smallest is enough, and so is each for all of one kind
    (REPORT, "is enough"),
    (REPORT._replace(kinds=("crash",)), "is enough"),
]


@pytest.mark.parametrize(("report", "words"), SILENCES)
def test_the_text_does_not_say_so(report: Report, words: str) -> None:
    assert words not in " ".join(text_of(report, width=120).split())


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
