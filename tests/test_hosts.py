"""One host in each line: what is read, what is refused, and that equal ones are judged once."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisory.build import read_builds
from advisory.catalogue import Catalogue
from advisory.errors import ParseError
from advisory.hosts import MOST_KEPT, Answer, Host, Judge, cases_of_host, read_host, without_kernel
from advisory.pools import PoolKind
from advisory.report import Adviser, Beyond, Question
from advisory.unfixed import missing_of

DATA = Path(__file__).parent / "data"
SAMPLES = {
    path.name: path.read_text(encoding="utf-8") for path in sorted((DATA / "vv").glob("*.txt"))
}
LEAK = DATA / "leaks" / "mux-pt-2.2"
QUESTION = Question(today="2026-06-26")
KERNEL = "Running on: Linux 6.18.44 #1 SMP PREEMPT_DYNAMIC @0 x86_64\n"


def leaking_host() -> Host:
    def texts(name: str) -> tuple[str, ...]:
        return tuple((LEAK / f"{name}-{when}.txt").read_text() for when in ("before", "after"))

    return Host(
        "lb1",
        (LEAK / "vv.txt").read_text(),
        texts("pools"),
        texts("info"),
        (LEAK / "haproxy.cfg").read_text(),
    )


def judge_with(catalogue: Catalogue, calls: list[str] | None = None) -> Judge:
    def history(branch: str) -> Any:
        if calls is not None:
            calls.append(branch)
        return catalogue.history(branch)

    return Judge(
        history,
        catalogue.provenance,
        QUESTION,
        Beyond(
            lambda branch: [missing_of(row) for row in catalogue.missing_fixes(branch)],
            catalogue.outlines,
            catalogue.history,
        ),
        lambda: [PoolKind(*kind) for kind in catalogue.pool_kinds()],
    )


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ({"vv": "2.2.4"}, Host("line 7", "2.2.4")),
        ({"target": "lb1", "vv": "2.2.4"}, Host("lb1", "2.2.4")),
        ({"vv": "x", "pools": "a", "info": ["b", "c"]}, Host("line 7", "x", ("a",), ("b", "c"))),
        (
            {"vv": "x", "pools": None, "config": "global", "seconds": 60},
            Host("line 7", "x", config="global", seconds=60),
        ),
    ],
)
def test_a_line_is_a_host(line: dict[str, Any], host: Host) -> None:
    assert read_host(json.dumps(line), source="hosts", line=7) == host


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("{", "is no JSON (JSONDecodeError)"),
        (b'{"vv": "\xff"}', "is no JSON (UnicodeDecodeError)"),
        ("[" * 100_000, "is no JSON (RecursionError)"),
        ("[]", "is JSON, but no object"),
        ("{}", "has no text 'vv'"),
        ('{"vv": 2.2}', "has no text 'vv'"),
        ('{"vv": "2.2.4", "pool": "x"}', "holds the unknown key 'pool'"),
        ('{"vv": "2.2.4", "target": 1}', "has no text 'target'"),
        ('{"vv": "2.2.4", "config": null}', "has no text 'config'"),
        ('{"vv": "2.2.4", "pools": [1]}', "'pools' is no list of texts"),
        ('{"vv": "2.2.4", "info": {"a": "b"}}', "'info' is no list of texts"),
        ('{"vv": "2.2.4", "info": 3}', "'info' is no list of texts"),
        ('{"vv": "2.2.4", "seconds": "60"}', "'seconds' is no number"),
        ('{"vv": "2.2.4", "seconds": true}', "'seconds' is no number"),
    ],
)
def test_what_is_no_host_is_refused_in_one_line(line: str | bytes, wrong: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_host(line, source="hosts", line=7)

    assert str(caught.value).startswith(f"hosts, line 7: {wrong}; a host is one line {{")
    assert "\n" not in str(caught.value)


@given(st.text() | st.binary() | st.dictionaries(st.text(), st.text()).map(json.dumps))
def test_any_line_is_a_host_or_refused(line: str | bytes) -> None:
    try:
        found: object = read_host(line, source="hosts")
    except ParseError as error:
        found = str(error)

    assert isinstance(found, Host) or str(found).startswith("hosts: ")


# What is read elsewhere in an output, and so must not be passed over here.
TELLING = (
    *("HA-Proxy version 2.2.5 2020/11/05", "HAProxy", "Version: 2.2.5", "Name: HAProxy"),
    *("Known bugs: http://www.haproxy.org/bugs/bugs-2.2.5.html", "Status: x.", "TARGET = aix"),
    *("Feature list : +LUA -SSL Default settings", "OPTIONS = USE_LUA=1", "USE_LUA=1 DEBUG"),
    *("Built with the Prometheus exporter", "Built with Lua version", "Available services : none"),
    *("[NOTICE] (1) : haproxy version is 2.2.5", "...", "snip", "+MODULES", "Total: 3 (3 usable)"),
    *("Linux", "6.1.0-13-amd64", "#1 SMP Debian 6.1.55-1 (2023-09-29)", "14:30:08", "\\n", "<b>"),
)


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from([name for name in SAMPLES if KERNEL in SAMPLES[name]]),
    kernel=st.lists(st.sampled_from(TELLING), max_size=4).map(" ".join),
)
def test_the_kernel_tells_nothing_of_a_build(name: str, kernel: str) -> None:
    text = SAMPLES[name].replace(KERNEL, f"Running on: {kernel}\n")

    assert read_builds(without_kernel(text), source="x") == read_builds(text, source="x")


def test_hosts_that_differ_in_their_kernel_share_one_text() -> None:
    texts = [
        SAMPLES["2.2.4.txt"].replace("6.18.44 #1", kernel) for kernel in ("5.10.0 #2", "6.1.0 #3")
    ]

    assert texts[0] != texts[1]
    assert without_kernel(texts[0]) == without_kernel(texts[1])


def test_a_host_is_judged_as_its_parts_are(catalogue: Catalogue) -> None:
    judge = judge_with(catalogue)
    beyond = Beyond(
        lambda branch: [missing_of(row) for row in catalogue.missing_fixes(branch)],
        catalogue.outlines,
        catalogue.history,
    )
    adviser = Adviser(catalogue.history, catalogue.provenance, QUESTION, beyond)
    for text in SAMPLES.values():
        reports = [answer.named for answer in judge.judge(Host("lb1", text))]

        assert reports == [adviser.advise(build) for build in read_builds(text, source="lb1")]


def test_without_what_lies_beyond_the_branch_a_host_is_judged_as_well(
    catalogue: Catalogue,
) -> None:
    judge = Judge(catalogue.history, catalogue.provenance, QUESTION)
    adviser = Adviser(catalogue.history, catalogue.provenance, QUESTION)
    (build,) = read_builds("2.2.4", source="lb1")

    assert [answer.named for answer in judge.judge(Host("lb1", "2.2.4"))] == [adviser.advise(build)]


def test_equal_builds_share_one_report_and_a_branch_is_read_once(catalogue: Catalogue) -> None:
    calls: list[str] = []
    judge = judge_with(catalogue, calls)
    answers = [
        answer
        for name in ("lb1", "lb2")
        for answer in judge.judge(Host(name, SAMPLES["2.2.4.txt"].replace("SMP", f"SMP {name}")))
    ]

    assert answers[0].report is answers[1].report
    assert [answer.named.target.source for answer in answers] == ["lb1", "lb2"]
    assert calls == ["2.2"]


def test_what_is_remembered_is_bounded(catalogue: Catalogue) -> None:
    judge = judge_with(catalogue)
    first = [answer.report for answer in judge.judge(Host("a", "2.2.4"))]
    for number in range(MOST_KEPT):
        (answer,) = judge.judge(Host("b", f"2.2.{number + 100}"))
        assert answer.report.target.version == f"2.2.{number + 100}"
    again = [answer.report for answer in judge.judge(Host("a", "2.2.4"))]

    assert again == first
    assert again[0] is not first[0]


def test_what_was_measured_names_the_culprit(catalogue: Catalogue) -> None:
    (answer,) = judge_with(catalogue).judge(leaking_host())
    examination = answer.report.examination

    assert examination is not None
    assert examination.diagnosis.verdict == "known-bug"
    assert examination.suspects[0].finding.bug.id == "5a7ca29061db"
    assert answer.named == answer.report


def test_a_text_may_hold_all_of_it(catalogue: Catalogue) -> None:
    host = leaking_host()
    mixed = Host("lb1", "\n".join([host.vv, *host.pools]), config=host.config)
    (answer,) = judge_with(catalogue).judge(mixed)

    assert answer.report.examination is not None
    assert answer.report.examination.diagnosis.verdict == "known-bug"


def test_the_word_of_a_section_alone_is_no_configuration(catalogue: Catalogue) -> None:
    (answer,) = judge_with(catalogue).judge(Host("lb1", SAMPLES["2.2.4.txt"] + "the global one"))

    assert answer.report.examination is None


def test_connections_alone_are_no_evidence(catalogue: Catalogue) -> None:
    host = leaking_host()._replace(pools=(), config="")
    (answer,) = judge_with(catalogue).judge(host)

    assert answer.report.examination is None


def test_the_time_between_two_answers_counts() -> None:
    host = leaking_host()._replace(info=(), seconds=3600.0)
    (case,) = cases_of_host(host)

    assert case.evidence is not None
    assert case.evidence.seconds == 3600.0


def test_a_host_without_a_version_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(ParseError, match=r"^lb1: names no version of HAProxy"):
        list(judge_with(catalogue).judge(Host("lb1", "nothing")))


def test_every_value_survives_pickling(catalogue: Catalogue) -> None:
    host = leaking_host()
    (case,) = cases_of_host(host)
    (answer,) = judge_with(catalogue).judge(host)
    plain = Answer("lb2", answer.report._replace(examination=None))
    values = (host, case, answer, plain, QUESTION, catalogue.history("2.2"))

    assert pickle.loads(pickle.dumps(values)) == values
