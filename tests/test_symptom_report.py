"""Reports on a process of which more is known than its build, in text and in JSON."""

from __future__ import annotations

import io
import json
import re
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisory.build import read_builds
from advisory.catalogue import Catalogue
from advisory.cli import main
from advisory.evidence import gather
from advisory.examination import Examiner
from advisory.finding import Verdict
from advisory.formats.json import document, render_json
from advisory.formats.text import render_text
from advisory.intake import config_in
from advisory.pools import PoolKind
from advisory.report import Question, Report, advise
from tests.processes import LEAKS, arguments_for, config, pools, pools_text
from tests.runtime_api import Behaviour, RuntimeApi

DATA = Path(__file__).parent / "data"
FORUM = DATA / "reports" / "forum-2.2.4.txt"
VV = DATA / "vv" / "2.2.4.txt"
MUX_PT = LEAKS / "mux-pt-2.2"
TASKLET = "5a7ca29061db"
SCHEMA = json.loads((Path(__file__).parent.parent / "advisory" / "report.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
EXAMINED = {
    name: jsonschema.Draft202012Validator({**schema, "$defs": SCHEMA["$defs"]})
    for name, schema in SCHEMA["$defs"]["report"]["properties"].items()
    if name in ("evidence", "suspects", "diagnosis")
}


def validate(report: dict[str, Any]) -> None:
    """Hold what is said of a process against the schema."""
    for name, validator in EXAMINED.items():
        validator.validate(report[name])


class Done(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """What was printed, without the ends of its lines."""
        return " ".join(self.out.split())

    @property
    def report(self) -> dict[str, Any]:
        """What was printed, as JSON."""
        value = json.loads(self.out)
        report: dict[str, Any] = value[0] if isinstance(value, list) else value
        validate(report)
        return report


Run = Callable[..., Done]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    catalogue_path: Path,
    tmp_path: Path,
) -> Run:
    """Run the command in a folder of its own, with standard input of that text."""
    monkeypatch.setenv("HAPADVISE_DB", str(catalogue_path))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object, stdin: str = "") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert isinstance(exit_.value.code, int)
        return Done(exit_.value.code, out, err)

    return call


# --- a forum thread, as it is --------------------------------------------------------------------


def test_the_thread_names_culprit_pool_reason_cure_and_workaround(run: Run) -> None:
    done = run(FORUM)

    assert (done.status, done.err) == (1, "")
    assert "Diagnosis: known bug One tasklet of the passthrough mux stays allocated" in done.words
    assert "The tasklet hides in the line `filter (64 bytes)`, which gained 5,350,515" in done.words
    assert (
        "Here: frontend bitbucket_frontend_http runs in tcp mode (neither it nor its defaults says "
        "otherwise) and routes to backend bitbucket_backend_http in http mode." in done.words
    )
    assert "- upgrade to 2.2.5 or later" in done.out
    assert "- until then: Put `mode http` into the frontend" in done.out
    assert "forum-2.2.4.txt, line 132: frontend bitbucket_frontend_http" in done.words
    assert done.out.index("Diagnosis") < done.out.index("known bugs")


def test_the_thread_in_json(run: Run) -> None:
    report = run(FORUM, "--format", "json").report
    evidence, suspect = report["evidence"], report["suspects"][0]

    assert evidence["pools"][0] | {"kinds": None} == {
        "name": "filter",
        "size": 64,
        "kinds": None,
        "kinds_if_configured": ["ptrcap"],
        "kinds_certain": False,
        "counts": [1682237, 7032752],
        "gained": 5350515,
        "gained_bytes": 342432960,
        "share": 1.0,
        "per_hour": None,
        "per_request": None,
        "per_connection": None,
        "maybe_caches": None,
    }
    assert evidence["pools"][0]["kinds"][0] == "filter"
    assert "tasklet" in evidence["pools"][0]["kinds"]
    assert [line["line"] for line in evidence["config"]][:4] == [132, 135, 137, 138]
    assert evidence["info"] == {
        "answers": 0,
        "dumps": 2,
        "from_start": False,
        "seconds": None,
        "requests": None,
        "connections": None,
    }
    assert (suspect["finding_id"], suspect["rank"], suspect["score"]) == (TASKLET, 1, 68)
    assert [(part["name"], part["points"]) for part in suspect["parts"]] == [
        ("pool", 40),
        ("config", 25),
        ("advisory", 3),
    ]
    assert suspect["workaround"].startswith("Put `mode http` into the frontend")
    assert report["diagnosis"]["verdict"] == "known-bug"
    assert report["diagnosis"]["explanation"] == suspect["explanation"]


def test_the_whole_of_it_fits_the_schema(run: Run) -> None:
    VALIDATOR.validate(json.loads(run(FORUM, "--format", "json").out))


def test_with_the_time_between_the_answers_growth_is_per_hour(run: Run) -> None:
    (line,) = run(FORUM, "--between", "2d12h", "--format", "json").report["evidence"]["pools"]

    assert line["per_hour"] == pytest.approx(5350515 / 60)
    assert "89,175 per hour" in run(FORUM, "--between", "2d12h").words


def test_the_thread_may_come_from_standard_input(run: Run) -> None:
    assert "Diagnosis: known bug" in run("-", stdin=FORUM.read_text()).out


def test_what_the_configuration_lacks_is_set_aside_with_its_reason(run: Run) -> None:
    report = run(FORUM, "--all", "--format", "json").report
    reasons = {
        reason
        for item in report["not_affected"]
        for reason in item["relevance"]["reasons"]
        if item["relevance"]["verdict"] == "not_affected"
    }

    assert "the configuration has no section cache" not in reasons
    assert "the configuration has no cache section" in reasons
    assert report["summary"]["set_aside"]["not_configured"] > 0
    assert {item["relevance"]["verdict"] for item in report["findings"]} == {"affected", "possible"}


def test_only_conditions_that_hold_make_a_bug_more_than_possible(run: Run) -> None:
    with_it = run(FORUM, "--format", "json").report["findings"]
    without = run(VV, "--pools", FORUM, "--format", "json").report["findings"]

    (tasklet,) = [item["relevance"] for item in with_it if item["id"] == TASKLET]
    assert tasklet["verdict"] == "affected"
    assert tasklet["citations"][0] == {
        "source": str(FORUM),
        "line": 132,
        "text": "frontend bitbucket_frontend_http",
    }
    assert {item["relevance"]["verdict"] for item in without} == {"possible"}


# --- the parts in files of their own -------------------------------------------------------------


def test_the_parts_may_be_named_by_options(run: Run) -> None:
    done = run(*arguments_for("mux-pt-2.2"))

    assert done.status == 1
    assert "Suspect 1: 5a7ca29061db, mux-pt, fixed in 2.2.5, score 83" in done.out
    assert "630 -> 10,621 -> 20,629 objects in use, 100% of all growth" in done.words
    assert "(3,789,284 per hour, 1.00 per connection, 1.00 per request)" in done.words
    assert "haproxy.cfg, line 11: frontend fe_in" in done.words


def test_the_parts_may_be_files_in_any_order(run: Run) -> None:
    names = ("haproxy.cfg", "pools-before.txt", "vv.txt", "info-before.txt", "pools-after.txt")
    report = run(*(MUX_PT / name for name in names), "--format", "json").report

    assert report["suspects"][0]["finding_id"] == TASKLET
    assert report["target"]["features"] != []


def test_a_folder_is_a_configuration(run: Run, tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "1.cfg").write_text("global\n")
    (tmp_path / "conf" / "2.cfg").write_text("frontend a\n bind :80\n default_backend b\n")
    (tmp_path / "conf" / "3.cfg").write_text("backend b\n mode http\n")
    done = run("2.2.4", "--config", "conf")

    assert "Measured: 3 sections of a configuration." in done.words
    assert "conf/2.cfg, line 3: default_backend b" in done.out


def test_a_configuration_alone_tells_what_to_measure(run: Run) -> None:
    done = run("2.2.4", "--config", MUX_PT / "haproxy.cfg")

    assert "Diagnosis: undecided" in done.out
    assert "    echo 'show pools' | socat stdio /run/haproxy.sock > pools-1.txt\n" in done.out
    assert f"Suspect 1: {TASKLET}" in done.out


def test_one_answer_shows_what_stands_out(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pools.txt").write_text(pools_text(("filter", 64, 1682237), ("stream", 1088, 29)))
    done = run("2.2.4", "--pools", "pools.txt", "--config", MUX_PT / "haproxy.cfg")

    assert "one answer only: what stands out in it is taken for what was gained" in done.words
    assert "filter (64 bytes): 1,682,237 objects in use" in done.words
    assert f"Suspect 1: {TASKLET}" in done.out


def test_more_suspects_than_are_shown_are_counted(run: Run) -> None:
    done = run("2.2.4", "--config", MUX_PT / "haproxy.cfg")
    report = run("2.2.4", "--config", MUX_PT / "haproxy.cfg", "--format", "json").report

    assert done.out.count("Suspect ") == 3
    assert f"{len(report['suspects']) - 3} more suspects with lower scores" in done.out
    assert [suspect["rank"] for suspect in report["suspects"]] == list(
        range(1, len(report["suspects"]) + 1)
    )


def test_a_build_that_cannot_be_judged_is_not_examined(run: Run) -> None:
    done = run("2.2-dev3", "--config", MUX_PT / "haproxy.cfg", "--format", "json")

    assert done.status == 3
    assert (done.report["evidence"], done.report["suspects"], done.report["diagnosis"]) == (
        None,
        [],
        None,
    )


def test_without_evidence_each_build_is_reported_on_and_what_is_none_is_told(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "prose.txt").write_text("It leaks.\n")
    done = run(VV, "prose.txt", "absent.txt", "2.2.5")

    assert done.status == 2
    assert re.findall(r"^HAProxy (.*)$", done.out, re.MULTILINE) == ["2.2.4-de456726d", "2.2.5"]
    assert "Diagnosis" not in done.out
    assert "hapadvise: prose.txt: names no version of HAProxy" in done.err
    assert "hapadvise: absent.txt: there is no such file" in done.err


def test_a_count_that_is_not_known_is_a_question_mark(run: Run, tmp_path: Path) -> None:
    texts = [pools_text(("filter", 64, count)) for count in (5, 7, 90000)]
    texts[1] = "\n".join(line for line in texts[1].split("\n") if "filter" not in line)
    (tmp_path / "pools").write_text("".join(texts))

    assert "filter (64 bytes): 5 -> ? -> 90,000 objects" in run("2.2.4", "--pools", "pools").words


def test_several_builds_have_a_report_each(run: Run) -> None:
    done = run(FORUM, "2.2.5", "--format", "json")
    reports = json.loads(done.out)

    assert [report["target"]["version"] for report in reports] == ["2.2.4", "2.2.5"]
    assert [bool(report["evidence"]) for report in reports] == [True, False]


REFUSED = [
    (["--watch", "5s"], "--watch needs a socket; add --socket /run/haproxy/admin.sock; see"),
    (["2.2.4", "--pools", "absent"], "absent: there is no such file"),
    (["2.2.4", "--info", str(VV)], "2.2.4.txt: holds no answer to 'show info'; get one with"),
    (["2.2.4", "--pools", str(VV)], "2.2.4.txt: holds no answer to 'show pools'; get one with"),
    (["2.2.4", "--config", "."], ".: has no file that ends in .cfg; name the file"),
    (["2.2.4", str(FORUM), "--between", "soon"], "--between: 'soon' is no span of time; write one"),
    (
        ["2.2.4", "2.2.5", "--pools", str(FORUM)],
        "forum-2.2.4.txt: to which of the 2 builds does it belong? pass one build at a time",
    ),
    ([str(MUX_PT / "pools-before.txt")], "tells what a process does, but not its version; add"),
    (
        ["--exec", "/absent"],
        "'/absent -vv' cannot be run: No such file or directory; pass the path",
    ),
    (["--socket", "./absent"], "there is no such socket; see the 'stats socket' lines"),
    (["2.2.4", "absent.txt", "--config", str(FORUM)], "absent.txt: there is no such file, and"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_cannot_be_used_is_said_in_one_line(
    run: Run, arguments: list[str], message: str
) -> None:
    done = run(*arguments)

    assert done.status == 2
    assert done.err.startswith("hapadvise: ")
    assert message in done.err
    assert done.err.count("\n") == 1


# --- a running process ---------------------------------------------------------------------------


def leaking(step: int) -> Behaviour:
    """A 2.2.4 whose line ``filter`` holds so many objects more at each question."""
    asked: list[str] = []

    def behave(api: RuntimeApi, connection: socket.socket, line: str) -> None:
        asked.append(line)
        rounds = asked.count(line)
        answer = (
            "Name: HAProxy\nVersion: 2.2.4\nRelease_date: 2020/09/30\nNbthread: 2\nNbproc: 1\n"
            f"Process_num: 1\nPid: 7\nUptime_sec: {rounds * 60}\nCumConns: {rounds * step}\n"
            f"CumReq: {rounds * step}\n\n"
            if line == "show info"
            else f"{pools_text(('filter', 64, 500 + rounds * step))}\n"
        )
        connection.sendall(answer.encode())

    return behave


@contextmanager
def served(behaviour: Behaviour) -> Iterator[RuntimeApi]:
    api = RuntimeApi(behaviour)
    try:
        yield api
    finally:
        api.close()


def test_a_process_is_watched(run: Run) -> None:
    with served(leaking(5000)) as api:
        done = run("--socket", api.address, "--watch", "20ms", "--config", MUX_PT / "haproxy.cfg")

    assert api.sent == ["show info\n", "show pools\n"] * 2
    assert "Diagnosis: known bug" in done.out
    assert "5,500 -> 10,500 objects in use, 100% of all growth, 300,000 per hour" in done.words
    assert "(300,000 per hour, 1.00 per connection, 1.00 per request)" in done.words


def test_a_process_is_asked_once(run: Run) -> None:
    with served(leaking(5000)) as api:
        report = run("--socket", api.address, "--format", "json").report

    assert api.sent == ["show info\n", "show pools\n"]
    assert report["target"]["version"] == "2.2.4"
    assert (report["suspects"], report["diagnosis"]["verdict"]) == ([], "undecided")


def test_a_binary_tells_what_is_built_into_the_process(run: Run, tmp_path: Path) -> None:
    binary = tmp_path / "haproxy"
    binary.write_text(f"#!/bin/sh\ncat {VV}\n")
    binary.chmod(0o755)
    with served(leaking(0)) as api:
        report = run("--exec", binary, "--socket", api.address, "--format", "json").report

    assert "+LUA" in report["target"]["features"]
    assert report["evidence"]["info"]["dumps"] == 1


def test_a_binary_alone_is_reported_on(run: Run, tmp_path: Path) -> None:
    binary = tmp_path / "haproxy"
    binary.write_text(f"#!/bin/sh\ncat {VV}\n")
    binary.chmod(0o755)
    report = run("--exec", binary, "--format", "json").report

    assert report["target"]["printed"] == "2.2.4-de456726d"
    assert report["evidence"] is None


# --- hostile input -------------------------------------------------------------------------------

LARGE = "".join(
    f"frontend f{number}\n bind 10.0.0.1:{number} ssl crt /a alpn h2\n default_backend b{number}\n"
    + f" acl a hdr(host) -i {number}.example.com\n use_backend b{number} if a\n" * 3
    + f"backend b{number}\n mode http\n"
    + "".join(f" server s{n} 10.1.{n}.{number % 250}:80 check\n" for n in range(7))
    for number in range(556)
)


def test_ten_thousand_lines_are_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "large.cfg").write_text(f"global\n{LARGE}")
    done = run(MUX_PT / "vv.txt", *arguments_for("mux-pt-2.2")[1:-1], "--config", "large.cfg")

    assert LARGE.count("\n") > 10_000
    assert f"Suspect 1: {TASKLET}" in done.out


ENDLESS = "x" * 300_000


@pytest.mark.parametrize(
    "line",
    [
        f"bind :80 name {ENDLESS}",
        f"default_backend {ENDLESS}",
        f"use_backend b if {ENDLESS}",
        f'log "{ENDLESS}',
    ],
)
def test_an_endless_line_does_not_make_an_endless_report(
    run: Run, tmp_path: Path, line: str
) -> None:
    (tmp_path / "a.cfg").write_text(f"global\nfrontend f\n {line}\nbackend b\n mode http\n")

    assert len(run("2.2.4", "--config", "a.cfg").out) < 300_000
    assert len(run("2.2.4", "--all", "--config", "a.cfg", "--format", "json").out) < 3_000_000


ESCAPES = "\x1b[31mred\x07 \x9b2J \x1b]0;title\x1b\\ \u202egnp \x08 \u2028"


def is_harmless(text: str) -> bool:
    return all(char.isprintable() or char == "\n" for char in text)


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize("option", ["--config", "--pools"])
def test_what_a_terminal_obeys_is_never_printed(
    run: Run, tmp_path: Path, option: str, output: str
) -> None:
    (tmp_path / "pools").write_text(
        pools_text((f"fil{ESCAPES}", 64, 5)) + pools_text((f"fil{ESCAPES}", 64, 90000))
    )
    name = ESCAPES.replace(" ", "")
    (tmp_path / "config").write_text(
        f"global\nfrontend {name}\n bind :80\n use_backend b if {ESCAPES}\n"
        f" default_backend b\nbackend b\n mode http\n listen {name}\n"
    )
    done = run("2.2.4", option, option[2:], "--format", output)

    assert done.status == 1
    assert is_harmless(done.out)
    assert is_harmless(done.err)


def test_what_json_escapes_is_what_was_written(run: Run, tmp_path: Path) -> None:
    name = "a\x9b\u202e\U000e0001é"
    (tmp_path / "config").write_text(
        f"global\nfrontend f\n bind :80\n use_backend b if {name}\nbackend b\n mode http\n"
    )
    cited = run("2.2.4", "--config", "config", "--format", "json").report["evidence"]["config"]

    assert f"use_backend b if {name}" in [line["text"] for line in cited]


HOSTILE = st.text(
    st.sampled_from("ab \t\"'\\#$%{}[]<>;`\r\x00\x07\x08\x1b\x7f\x9b\u202e\u2028\ufeff٣é"),
    max_size=30,
)


Examine = Callable[..., Report]


@pytest.fixture(scope="module")
def examined(catalogue: Catalogue) -> Examine:
    """Gives the report on a 2.2.4 with a configuration of which a pool of 64 bytes grew."""
    kinds = [PoolKind(*kind) for kind in catalogue.pool_kinds()]
    history = catalogue.history("2.2")
    (build,) = read_builds(VV.read_text(), source="vv.txt")
    question = Question(today="2026-07-01")

    def examine(text: str, pool: str = "filter") -> Report:
        dumps = [pools((pool, 64, 5)), pools((pool, 64, 90000))]
        evidence = gather(dumps, [], config(text), build.version.release)
        examiner = Examiner(build, evidence, kinds)
        return advise(build, history, catalogue.provenance, question, examiner)

    return examine


@settings(max_examples=40, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_any_names_give_a_harmless_report(
    examined: Examine, one: str, two: str, three: str
) -> None:
    text = (
        f"global\n stats socket {three}\nfrontend {one}\n bind {two}\n use_backend {three}\n"
        f" default_backend {two}\nbackend {two}\n mode http\n server {one} {three}\n"
    )
    report = examined(text)

    printed = render_json([report], tool_version="1")

    validate(json.loads(printed))
    assert is_harmless(printed)
    assert is_harmless(render_text([report], width=80, colour=False))


# --- the page ------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_asked_for_but_links_and_commands(
    examined: Examine, width: int
) -> None:
    reports = [
        examined(config_in(FORUM.read_text())),
        examined("global\n", pool="pipe"),
    ]
    wide = [
        line
        for page in render_text(reports, width=width, colour=False).split("Diagnosis: ")[1:]
        for line in page.partition("known bugs")[0].splitlines()[:-1]
        if len(line) > width and not re.match(r" *(?:https:\S*|echo .*|\S+)$", line)
    ]

    assert wide == []


def test_colours_change_no_word(examined: Examine) -> None:
    report = examined(config_in(FORUM.read_text()))
    plain = render_text([report], width=50, colour=False)
    coloured = render_text([report], width=50, colour=True)

    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert "\x1b[1mDiagnosis: known bug\x1b[0m\n" in coloured


def test_a_fix_that_may_be_in_is_set_aside_all_the_same_if_not_configured(
    examined: Examine,
) -> None:
    report = examined("global\nlisten a\n")
    aside = [item for item in report.not_affected if item.configured is Verdict.NOT_AFFECTED]
    doubtful = tuple(item._replace(verdict=Verdict.POSSIBLE) for item in aside)
    found = document(report._replace(not_affected=doubtful), tool_version="1")["not_affected"]

    assert {item["relevance"]["verdict"] for item in found} == {"not_affected"}
