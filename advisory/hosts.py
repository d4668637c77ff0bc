"""The hosts of a fleet: one line of JSON each, read and judged; pure and picklable."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from advisory.build import Build, read_builds
from advisory.errors import ParseError
from advisory.history import BranchHistory, Provenance
from advisory.report import Beyond, Question, Report, advise
from advisory.symptoms import Case, Passed, cases_of

if TYPE_CHECKING:
    from advisory.pools import PoolKind

MOST_KEPT = 256
"""How many texts, and how many builds, are remembered."""
_ANSWERS = ("- Pool ", "Dumping pools")
_SECTIONS = ("global", "frontend", "backend", "listen")
# The one line in which the hosts of one package differ: what uname prints, where -vv prints it.
# Nothing of a build is read from a line without a colon (but in a time), a version, "Built with".
_BEFORE_KERNEL = ".html\n"
_KERNEL = (
    r"(?a)Running on: (?!.*(?:ersion|uilt))(?:[\w .,#~()+@/-]|(?<=\d):(?=\d))*\n(?=Build options)"
)


class Host(NamedTuple):
    """What one host says: ``vv`` is the output of ``haproxy -vv``, or any text around it.

    ``pools`` and ``info`` are answers to ``show pools`` and ``show info``, the oldest first,
    ``seconds`` the time between the first and the last.
    """

    target: str
    vv: str
    pools: tuple[str, ...] = ()
    info: tuple[str, ...] = ()
    config: str = ""
    seconds: float | None = None


def read_host(text: str | bytes, *, source: str, line: int | None = None) -> Host:
    """Read one line: ``{"target": "lb1", "vv": "...", "pools": [...], "info": [...]}``.

    Args:
        text: a JSON object in UTF-8, with the fields of ``Host``; all but ``vv`` may lack.
        source: where it comes from.
        line: its number, from 1; the name of a host that has none.

    Raises:
        ParseError: it is none.
    """
    import json

    def wrong(what: str) -> ParseError:
        form = '{"target": "lb1", "vv": "...", "pools": ["..."], "info": ["..."], "config": "..."}'
        return ParseError(f"{what}; a host is one line {form}", source=source, line=line)

    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise wrong(f"is no JSON ({type(error).__name__})") from error
    if not isinstance(found, dict):
        raise wrong("is JSON, but no object")
    fields: dict[str, Any] = {"target": f"line {line or 0}", "config": "", **found}
    for key in ("pools", "info"):
        answers = fields.get(key) or ()
        fields[key] = (answers,) if isinstance(answers, str) else answers
    what = _why_no_host(fields)
    if what:
        raise wrong(what)
    return Host(**fields | {key: tuple(fields[key]) for key in ("pools", "info")})


def _why_no_host(fields: Mapping[str, Any]) -> str:
    """What is wrong with the fields of a host; "" if nothing is."""
    unknown = sorted(fields.keys() - set(Host._fields))
    if unknown:
        return f"holds the unknown key {unknown[0]!r}"
    for key in ("vv", "target", "config"):
        if not isinstance(fields.get(key), str):
            return f"has no text {key!r}"
    for key in ("pools", "info"):
        answers = fields[key]
        if not isinstance(answers, (list, tuple)) or set(map(type, answers)) - {str}:
            return f"{key!r} is no list of texts"
    seconds = fields.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float, type(None))):
        return "'seconds' is no number"
    return ""


def cases_of_host(host: Host) -> tuple[Case, ...]:
    """The builds of a host, and what was measured on it.

    Raises:
        ParseError: it names no version, or what was measured cannot be read.
    """
    from advisory.info import read_info
    from advisory.intake import Parts, read_parts
    from advisory.pools import read_pools

    name = host.target
    parts = read_parts(host.vv, source=name) if is_mixed(host.vv) else Parts(_builds(host))
    more = Parts(
        dumps=tuple(dump for text in host.pools for dump in read_pools(text, source=name)),
        infos=tuple(info for text in host.info for info in read_info(text, source=name)),
        config_text=host.config,
    )
    return cases_of([Passed(name, parts)], [Passed(name, more)], host.seconds)


def is_mixed(text: str) -> bool:
    """Whether a text seems to hold more than builds: answers to ``show pools``, a configuration."""
    if any(words in text for words in _ANSWERS):
        return True
    named = "|".join(section for section in _SECTIONS if section in text)
    return bool(named) and re.search(rf"(?m)^[ \t]*(?:{named})\b", text) is not None


def without_kernel(text: str) -> str:
    """The text without the line that names the kernel, from which nothing of a build is read."""
    before, found, after = text.partition(_BEFORE_KERNEL)
    match = re.match(_KERNEL, after) if found else None
    return before + found + after[match.end() :] if match else text


def _builds(host: Host) -> tuple[Build, ...]:
    return read_builds(host.vv, source=host.target)


class Answer(NamedTuple):
    """The report on one build of a host; hosts of one build share it, so it names no source."""

    target: str
    report: Report

    @property
    def named(self) -> Report:
        """The report with the host's name as its source."""
        return self.report._replace(target=self.report.target._replace(source=self.target))


class Judge:
    """Judges hosts one after the other; what is equal is read and judged once.

    It remembers so many texts and builds, and forgets them all when there are more: its memory does
    not grow with the number of hosts.

    Args:
        history_of: gives a branch's releases and fixes; None where they are not known.
        provenance: of what ``history_of`` gives.
        question: the days, kinds and severities that are asked for.
        beyond: what is known beyond a branch.
        kinds: gives which kinds of objects the pools of each branch hold.
    """

    def __init__(
        self,
        history_of: Callable[[str], BranchHistory | None],
        provenance: Provenance,
        question: Question,
        beyond: Beyond | None = None,
        kinds: Callable[[], Sequence[PoolKind]] = tuple,
    ) -> None:
        self._history_of = cache(history_of)
        self._beyond: Beyond | None = None
        if beyond is not None:
            missing, outlines, history = beyond
            self._beyond = Beyond(cache(missing), cache(outlines), cache(history))
        self._provenance = provenance
        self._question = question
        self._kinds = cache(kinds)
        self._texts: dict[bytes, tuple[Build, ...]] = {}
        self._reports: dict[tuple[object, ...], Report] = {}

    def judge(self, host: Host) -> Iterator[Answer]:
        """Judge every build that a host runs.

        Raises:
            ParseError: it names no version, or what was measured cannot be read.
        """
        if host.pools or host.info or host.config or is_mixed(host.vv):
            for build, evidence in cases_of_host(host):
                if evidence is None:
                    yield Answer(host.target, self._report(build))
                    continue
                from advisory.examination import Examiner

                examiner = Examiner(build, evidence, self._kinds())
                history = self._history_of(build.version.release.branch)
                yield Answer(
                    host.target,
                    advise(
                        build, history, self._provenance, self._question, examiner, self._beyond
                    ),
                )
        else:
            for build in self._read(host):
                yield Answer(host.target, self._report(build))

    def _read(self, host: Host) -> tuple[Build, ...]:
        """The builds of a text without evidence; texts that differ in the kernel alone are one."""
        from hashlib import blake2b

        text = without_kernel(host.vv)
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if key not in self._texts:
            found = _builds(host._replace(vv=text))
            if len(self._texts) >= MOST_KEPT:
                self._texts.clear()
            self._texts[key] = found
        return self._texts[key]

    def _report(self, build: Build) -> Report:
        key = (build.version.text, build.version.origin, *build[2:])  # all but the source
        if key not in self._reports:
            if len(self._reports) >= MOST_KEPT:
                self._reports.clear()
            history = self._history_of(build.version.release.branch)
            self._reports[key] = advise(
                build._replace(source=""),
                history,
                self._provenance,
                self._question,
                beyond=self._beyond,
            )
        return self._reports[key]
