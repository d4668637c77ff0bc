"""Which evidence belongs to which build."""

from __future__ import annotations

import pytest

from advisory.build import Build, read_version
from advisory.errors import ParseError
from advisory.intake import Parts
from advisory.symptoms import Case, Passed, cases_of
from tests.processes import info, pools

OLD = Build("old", read_version("2.2.4"), features=("+LUA",))
NEW = Build("new", read_version("2.2.5"), features=("+LUA",))
DUMPS = (pools(("filter", 64, 500)), pools(("filter", 64, 900)))
CONFIG = "frontend www\n bind :80\n"


def case_of(*passed: Parts, extra: tuple[Parts, ...] = (), seconds: float | None = None) -> Case:
    """The one case of these parts."""
    inputs = [Passed(f"input {number}", parts) for number, parts in enumerate(passed)]
    more = [Passed(f"extra {number}", parts) for number, parts in enumerate(extra)]
    (case,) = cases_of(inputs, more, seconds)
    return case


def test_all_is_evidence_for_a_single_build_the_extra_parts_last() -> None:
    case = case_of(
        Parts(builds=(OLD,), dumps=DUMPS[:1]),
        Parts(rss=(17424,)),
        extra=(Parts(dumps=DUMPS[1:]), Parts(config_text=CONFIG), Parts(rss=(31156,))),
        seconds=3600,
    )

    assert case.build == OLD
    assert case.evidence is not None
    assert case.evidence.dumps == DUMPS
    assert case.evidence.rss == (17424, 31156)
    assert case.evidence.seconds == 3600
    assert case.evidence.config is not None
    assert [section.line.source for section in case.evidence.config.sections] == ["extra 1"]


@pytest.mark.parametrize(
    "parts",
    [
        Parts(builds=(OLD,)),
        Parts(builds=(OLD,), infos=(info(Uptime_sec=5),)),
        Parts(builds=(OLD,), rss=(17424, 31156)),
        Parts(builds=(OLD,), config_text="\n\n"),
    ],
)
def test_without_pools_and_configuration_there_is_no_evidence(parts: Parts) -> None:
    assert case_of(parts) == Case(OLD, None)


def test_a_configuration_alone_is_evidence() -> None:
    evidence = case_of(Parts(builds=(OLD,)), extra=(Parts(config_text=CONFIG),)).evidence

    assert evidence is not None
    assert evidence.notes == ("1 section of a configuration",)


def test_what_show_info_says_of_a_build_is_no_other_build() -> None:
    told = Build("info", read_version("2.2.4-de45672"))

    assert case_of(Parts(builds=(told,), infos=(info(),)), Parts(builds=(OLD,))).build == OLD


def test_outputs_that_do_not_contradict_are_one_build() -> None:
    more = OLD._replace(target="linux-glibc", features=("-QUIC",))

    assert case_of(Parts(builds=(OLD,)), Parts(builds=(more,))).build == OLD._replace(
        target="linux-glibc", features=("+LUA", "-QUIC")
    )


def test_of_several_builds_each_has_what_stands_in_its_own_input() -> None:
    cases = cases_of(
        [
            Passed("old.txt", Parts(builds=(OLD,), dumps=DUMPS[:1])),
            Passed("new.txt", Parts(builds=(NEW,))),
        ],
        [],
        None,
    )

    assert [case.build for case in cases] == [OLD, NEW]
    assert [case.evidence and case.evidence.dumps for case in cases] == [DUMPS[:1], None]


def test_evidence_that_may_be_of_either_build_is_refused() -> None:
    inputs = [Passed("old.txt", Parts(builds=(OLD,))), Passed("new.txt", Parts(builds=(NEW,)))]

    with pytest.raises(ParseError) as caught:
        cases_of(inputs, [Passed("pools.txt", Parts(dumps=DUMPS))], None)

    assert str(caught.value) == (
        "pools.txt: to which of the 2 builds does it belong? pass one build at a time"
    )


def test_evidence_without_a_build_is_refused() -> None:
    with pytest.raises(ParseError) as caught:
        cases_of([], [Passed("pools.txt", Parts(dumps=DUMPS))], None)

    assert str(caught.value) == (
        "pools.txt: tells what a process does, but not its version; add the output of 'haproxy -vv'"
    )
