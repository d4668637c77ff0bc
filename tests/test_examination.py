"""What was measured on a process, held against the bugs of its build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from advisory.bug import Advisory, Kind, LostObject
from advisory.build import Build, read_version
from advisory.config import Line
from advisory.evidence import Evidence, gather
from advisory.examination import (
    DEFAULT_SOCKET,
    Examination,
    Examiner,
    citation_of,
    explanation_of,
    socket_of,
)
from advisory.finding import Citation, Finding, FixState, Verdict
from advisory.info import ProcessInfo
from advisory.pools import PoolKind
from advisory.release import Release
from advisory.requirements import configured_by
from tests.conftest import make_bug, make_fix
from tests.processes import config, info, pools

BUILD = Build("vv", read_version("2.2.4"), target="linux-glibc", features=("+LUA", "-QUIC"))
KINDS = (
    PoolKind("2.2", "2.2.9", "", "filter", 64, None, "filter", 64, True, False),
    PoolKind("2.2", "2.2.9", "", "tasklet", 64, None, "filter", 64, True, False),
    PoolKind("2.2", "2.2.9", "quic", "quic_frame", 64, None, "filter", 64, True, False),
)
LEAKING = """\
global
    lua-load /etc/a.lua
frontend www
    bind :80
    default_backend app
backend app
    mode http
"""
CURED = LEAKING.replace("    bind", "    mode http\n    bind")
ADVISORY = Advisory(
    kind=Kind.MEMORY_LEAK,
    summary="A tasklet is lost.",
    confidence="medium",
    said_by=("diff",),
    growth="per-connection",
    workaround="Say `mode http`.",
    objects=(LostObject("tasklet", "tasklet"),),
    config=("route tcp to http",),
)


def finding(
    advisory: Advisory | None = ADVISORY, state: FixState = FixState.RELEASED, **bug: Any
) -> Finding:
    flaw = make_bug(advisory=advisory, runtime=True, **bug)
    fixed_in = "2.2.5" if state is FixState.RELEASED else ""
    fix = make_fix(1)._replace(bug=flaw)
    return Finding(flaw, fix, fixed_in, state, Verdict.AFFECTED, ("it came later",))


def evidence(
    text: str | None = LEAKING, *, gained: int = 9000, infos: Sequence[ProcessInfo] = ()
) -> Evidence:
    dumps = [pools(("filter", 64, 0)), pools(("filter", 64, gained))]
    read = None if text is None else config(text)
    return gather(dumps, infos, read, Release("2.2.4"))


def judged(item: Finding, text: str | None) -> Finding:
    return Examiner(BUILD, evidence(text), KINDS).judge(item)


def concluded(
    *findings: Finding,
    text: str | None = LEAKING,
    build: Build = BUILD,
    gained: int = 9000,
    infos: Sequence[ProcessInfo] = (),
    advice: str = "",
) -> Examination:
    examiner = Examiner(build, evidence(text, gained=gained, infos=infos), KINDS)
    return examiner.conclude(findings, lambda finding: advice)


# --- a bug and the configuration -----------------------------------------------------------------


def test_a_bug_whose_conditions_hold_concerns_the_process_and_the_lines_are_cited() -> None:
    found = judged(finding(), LEAKING)

    assert found.configured is Verdict.AFFECTED
    assert found.because == (
        "frontend www runs in tcp mode (nothing says otherwise) and routes to backend app "
        "in http mode",
    )
    assert found.citations == (
        Citation("haproxy.cfg", 3, "frontend www"),
        Citation("haproxy.cfg", 5, "default_backend app"),
        Citation("haproxy.cfg", 6, "backend app"),
        Citation("haproxy.cfg", 7, "mode http"),
    )


def test_a_bug_whose_conditions_fail_does_not() -> None:
    found = judged(finding(), CURED)

    assert found.configured is Verdict.NOT_AFFECTED
    assert found.because == (
        "the configuration has no proxy in tcp mode that routes to one in http mode",
    )


def test_a_bug_whose_conditions_are_not_shown_may() -> None:
    found = judged(finding(), CURED.replace("default_backend app", "default_backend other"))

    assert found.configured is Verdict.POSSIBLE
    assert found.because != ()


@pytest.mark.parametrize("item", [finding(), finding(None, subsystem="peers")])
def test_without_a_configuration_nothing_is_said(item: Finding) -> None:
    assert judged(item, None) is item


@pytest.mark.parametrize(
    "item", [finding(None), finding(ADVISORY._replace(config=())), finding(None, subsystem="mux")]
)
def test_without_conditions_nothing_is_said(item: Finding) -> None:
    assert judged(item, LEAKING) is item


def test_a_subsystem_that_is_not_configured_rules_its_bugs_out() -> None:
    item = finding(None, subsystem="peers")

    assert judged(item, LEAKING).because == ("the configuration has no peers section",)
    assert judged(item, LEAKING).configured is Verdict.NOT_AFFECTED


def test_a_subsystem_that_is_configured_proves_nothing() -> None:
    item = finding(None, subsystem="peers")

    assert judged(item, LEAKING + "peers mine\n") is item


@pytest.mark.parametrize(
    ("subsystem", "condition"),
    [("cache", "section cache"), ("stick-table", ""), ("resolvers", ""), ("", "")],
)
def test_only_what_nothing_else_sets_to_work_has_a_condition(
    subsystem: str, condition: str
) -> None:
    assert configured_by(subsystem) == condition


def test_of_an_endless_line_the_beginning_is_cited() -> None:
    text = f"acl a {'x' * 500}"

    assert citation_of(Line("a.cfg", 7, (), text)) == Citation("a.cfg", 7, f"{text[:300]}...")
    assert citation_of(Line("a.cfg", 7, (), text[:300])) == Citation("a.cfg", 7, text[:300])


# --- the socket to type --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "socket"),
    [
        ("stats socket /run/h.sock mode 600", "/run/h.sock"),
        ("stats socket unix@/run/h-1.sock", "/run/h-1.sock"),
        # the first that can be typed
        ("stats socket ipv4@127.0.0.1:9999\n    stats socket /run/h.sock", "/run/h.sock"),
        ("stats timeout 30s", DEFAULT_SOCKET),
        ("stats socket", DEFAULT_SOCKET),
        ("stats socket REDACTED", DEFAULT_SOCKET),
        ('stats socket "/run/${NAME}.sock"', DEFAULT_SOCKET),
        ("stats socket run/h.sock", DEFAULT_SOCKET),
        # what a shell would take apart, or obey
        ("stats socket /run/a;id", DEFAULT_SOCKET),
        ("stats socket /run/a\\ b", DEFAULT_SOCKET),
        ("stats socket /run/$(id)", DEFAULT_SOCKET),
        ("stats socket /run/a\x1b[2J", DEFAULT_SOCKET),
        ("stats socket /run/\u202ea", DEFAULT_SOCKET),
    ],
)
def test_the_commands_name_the_socket_of_the_configuration(line: str, socket: str) -> None:
    assert socket_of(config(f"global\n    {line}\n")) == socket


def test_without_a_configuration_the_commands_name_the_usual_socket() -> None:
    assert socket_of(None) == DEFAULT_SOCKET


# --- the conclusion ------------------------------------------------------------------------------


def test_the_culprit_is_named_with_pool_reason_cure_and_workaround() -> None:
    infos = [
        info(Uptime_sec=0, CumReq=0, CumConns=0),
        info(Uptime_sec=3600, CumReq=18000, CumConns=9000),
    ]
    found = concluded(finding(), infos=infos)

    assert [suspect.score for suspect in found.suspects] == [80]
    assert found.diagnosis.verdict == "known-bug"
    assert found.diagnosis.explanation == (
        "A tasklet is lost. The tasklet hides in the line `filter (64 bytes)`, which gained 9,000 "
        "objects (9,000 per hour, 1.00 per connection, 0.50 per request). Here: frontend www runs "
        "in tcp mode (nothing says otherwise) and routes to backend app in http mode."
    )
    assert found.diagnosis.next_steps == (
        "upgrade to 2.2.5 or later",
        "until then: Say `mode http`.",
    )


@pytest.mark.parametrize(
    ("state", "cure"),
    [
        (FixState.RELEASED, "upgrade to 2.2.5 or later"),
        (FixState.MERGED, "upgrade to the next release, which will have the fix"),
        (FixState.REVERTED, "no release of this branch cures it; see what other branches do"),
    ],
)
def test_the_cure_is_what_became_of_the_fix(state: FixState, cure: str) -> None:
    item = finding(ADVISORY._replace(workaround=""), state)

    assert concluded(item).diagnosis.next_steps == (cure,)


def test_what_else_is_to_be_said_of_the_cure_is_said() -> None:
    found = concluded(finding(), advice="better still, to 2.2.33")

    assert found.diagnosis.next_steps[0] == "upgrade to 2.2.5 or later; better still, to 2.2.33"


def test_a_line_that_bears_the_kinds_name_hides_nothing() -> None:
    plain = ADVISORY._replace(objects=(LostObject("filter", "filter"),), config=())
    (suspect,) = concluded(finding(plain)).suspects

    assert explanation_of(suspect) == (
        "A tasklet is lost. It shows in the line `filter (64 bytes)`, which gained 9,000 objects."
    )


def test_without_a_pool_the_configuration_alone_is_told() -> None:
    alone = gather([], [], config(LEAKING), Release("2.2.4"))
    found = Examiner(BUILD, alone, KINDS).conclude([finding()], lambda finding: "")

    assert found.diagnosis.verdict == "undecided"
    assert explanation_of(found.suspects[0]).startswith("A tasklet is lost. Here: frontend www")


def test_a_build_without_quic_hides_no_object_of_quic() -> None:
    (without,) = concluded().lines
    (with_it,) = concluded(build=BUILD._replace(features=())).lines

    assert without.hidden.names == ("filter", "tasklet")
    assert with_it.hidden.names == ("filter", "quic_frame", "tasklet")


@pytest.mark.parametrize(
    ("text", "target", "place"),
    [
        (LEAKING, "linux-glibc", "what Lua scripts keep; the TLS library"),
        (LEAKING.replace("lua-load", "lua-load-per-thread"), "", "what Lua scripts keep; the TLS"),
        (LEAKING, "linux-musl", "what Lua scripts keep; musl's allocator"),
        (CURED.replace("lua-load", "log"), "linux-musl", "outside of them: musl's allocator"),
        (None, "linux-glibc", "outside of them: the TLS library"),
    ],
)
def test_where_else_memory_goes_depends_on_build_and_configuration(
    text: str | None, target: str, place: str
) -> None:
    found = concluded(text=text, build=BUILD._replace(target=target), gained=0)

    assert found.diagnosis.verdict == "outside-pools"
    assert place in found.diagnosis.explanation
