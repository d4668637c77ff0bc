"""What was measured on a process, held against the bugs of its build; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from advisory.bug import Advisory, Kind
from advisory.build import Build
from advisory.config import Config
from advisory.config import Line as ConfigLine
from advisory.diagnosis import Diagnosis, diagnose
from advisory.evidence import Evidence
from advisory.finding import Citation, Finding, FixState, Verdict
from advisory.pools import PoolKind
from advisory.relevance import Judge, Relevance, Truth
from advisory.requirements import configured_by
from advisory.suspects import Line, Suspect, lines_of, rank

DEFAULT_SOCKET = "/run/haproxy/admin.sock"
_MOST = 300  # characters that are shown of what may be endless
_VERDICTS = {
    Truth.HOLDS: Verdict.AFFECTED,
    Truth.UNKNOWN: Verdict.POSSIBLE,
    Truth.FAILS: Verdict.NOT_AFFECTED,
}


class Examination(NamedTuple):
    """The evidence, the pools that grew with what may hide in them, the suspects, the diagnosis."""

    evidence: Evidence
    lines: tuple[Line, ...]
    suspects: tuple[Suspect, ...]
    diagnosis: Diagnosis


class Examiner:
    """Knows what was measured on one process.

    Args:
        build: the binary that it runs.
        evidence: what was measured.
        kinds: which kinds of objects the pools of each branch hold.
    """

    def __init__(self, build: Build, evidence: Evidence, kinds: Sequence[PoolKind]) -> None:
        self._build = build
        self._evidence = evidence
        no_quic = "-QUIC" in build.features
        self._kinds = [kind for kind in kinds if not (no_quic and kind.build == "quic")]
        self._judge = Judge(evidence.config, build.version.release)

    def judge(self, finding: Finding) -> Finding:
        """Hold a bug's conditions against the configuration."""
        if self._evidence.config is None:
            return finding
        relevance = self._relevance_of(finding)
        if relevance is None:
            return finding
        return finding._replace(
            configured=_VERDICTS[relevance.verdict],
            because=tuple(map(_beginning, relevance.reasons)),
            citations=tuple(map(citation_of, relevance.citations)),
        )

    def _relevance_of(self, finding: Finding) -> Relevance | None:
        """None where nothing is known of what has to be configured."""
        advisory = finding.bug.advisory
        if advisory is not None and advisory.config:
            return self._judge.relevance_of(advisory)
        condition = configured_by(finding.bug.subsystem)
        if not condition:
            return None
        needed = self._judge.relevance_of(_needing(condition))
        return needed if needed.verdict is Truth.FAILS else None

    def conclude(
        self, findings: Iterable[Finding], advice_on: Callable[[Finding], str]
    ) -> Examination:
        """Name the suspects among the bugs, and diagnose.

        Args:
            findings: the bugs that the build may have.
            advice_on: what to say, besides the release that cures it, of the way to a bug's cure.
        """
        branch = self._build.version.release.branch
        suspects = rank(
            findings,
            self._evidence,
            self._kinds,
            self._judge.relevance_of,
            branch=branch,
            features=frozenset(self._build.features),
        )
        diagnosis = diagnose(
            self._evidence,
            suspects,
            lua=_has(self._evidence.config, "lua-load", "lua-load-per-thread"),
            musl="musl" in self._build.target,
            socket=socket_of(self._evidence.config),
            words=_words(suspects, advice_on),
        )
        lines = lines_of(self._evidence, self._kinds, branch)
        return Examination(self._evidence, lines, suspects, diagnosis)


def citation_of(line: ConfigLine) -> Citation:
    """A line as a report shows it: the beginning of one that does not end."""
    return Citation(line.source, line.number, _beginning(line.text))


def _beginning(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[:_MOST]}..."


def _needing(condition: str) -> Advisory:
    return Advisory(Kind.OTHER, "", "low", (), config=(condition,))


def _has(config: Config | None, *keywords: str) -> bool:
    return config is not None and any(keyword in config.lines for keyword in keywords)


def socket_of(config: Config | None) -> str:
    """The stats socket that the configuration names, else the usual one."""
    for _, line in config.lines.get("stats", ()) if config else ():
        if line.words[1:2] == ("socket",) and len(line.words) > 2 and 2 not in line.unknown:
            path = line.words[2].removeprefix("unix@")
            if re.fullmatch(r"(?a)/[\w./@%+:,-]+", path):  # it is to be typed into a shell
                return path
    return DEFAULT_SOCKET


def _words(suspects: Sequence[Suspect], advice_on: Callable[[Finding], str]) -> dict[str, str]:
    """What the diagnosis says of the first suspect."""
    if not suspects:
        return {"culprit": "", "cure": "", "workaround": ""}
    finding = suspects[0].finding
    advisory = finding.bug.advisory
    cure = {
        FixState.RELEASED: f"upgrade to {finding.fixed_in} or later",
        FixState.MERGED: "upgrade to the next release, which will have the fix",
        FixState.REVERTED: "no release of this branch cures it; see what other branches do",
    }[finding.fix_state]
    workaround = advisory.workaround if advisory else ""
    return {
        "culprit": explanation_of(suspects[0]),
        "cure": "; ".join(filter(None, (cure, advice_on(finding)))),
        "workaround": f"until then: {workaround}" if workaround else "",
    }


def explanation_of(suspect: Suspect) -> str:
    """Why this bug is suspected, in sentences."""
    advisory = suspect.finding.bug.advisory
    sentences = [advisory.summary.rstrip(".")] if advisory else []
    row, lost = suspect.grown, suspect.lost
    if row is not None and lost is not None:
        where = f"`{row.name} ({row.size} bytes)`"
        hides = "" if lost.pool[:11] == row.name else f"The {lost.pool} hides in the line "
        grew = f"{where}, which gained {row.gained or 0:,} objects"
        rates = [
            f"{rate:,.{digits}f} {what}"
            for rate, digits, what in (
                (row.per_hour, 0, "per hour"),
                (row.per_connection, 2, "per connection"),
                (row.per_request, 2, "per request"),
            )
            if rate is not None
        ]
        told = f" ({', '.join(rates)})" if rates else ""
        sentences.append((hides or "It shows in the line ") + grew + told)
    if suspect.relevance.verdict is Truth.HOLDS:
        sentences.append(f"Here: {'; '.join(suspect.relevance.reasons)}")
    return ". ".join(sentences) + "."
