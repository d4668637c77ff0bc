"""What many reports add up to: one summary of a fleet; pure.

A tally counts what it is told of and keeps no report: its size depends on the number of releases
and bugs, not on that of the hosts. Tallies of parts of a fleet can be pickled and put together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from advisory.bug import Severity
from advisory.finding import Finding, Verdict
from advisory.history import Provenance
from advisory.release import Release
from advisory.report import Report

EXAMPLES = 3
"""How many hosts are named in a row."""
_PENDING = 256  # reports that wait to be counted together with their like
_WORST = (Verdict.AFFECTED, Verdict.POSSIBLE, Verdict.UNKNOWN, Verdict.NOT_AFFECTED)


class VersionRow(NamedTuple):
    """The hosts of one release that have one verdict.

    ``bugs`` and ``leaks`` (at run time) are the most that one of them has of what is listed,
    ``severities`` those of that host. ``reason`` says why a verdict is unknown. ``examples`` are
    the first few hosts.
    """

    version: str
    branch: str
    verdict: Verdict
    hosts: int
    bugs: int
    leaks: int
    severities: tuple[tuple[Severity, int], ...]
    reason: str
    examples: tuple[str, ...]


class BugRow(NamedTuple):
    """A listed bug, the worst that is said of it in any branch, and how many hosts have it.

    ``fixed_in`` holds the releases that cure it, one for each branch, "" where none does.
    """

    id: str
    kind: str
    severity: Severity
    subsystem: str
    summary: str
    hosts: int
    fixed_in: tuple[tuple[str, str], ...]


class DiagnosisRow(NamedTuple):
    """The hosts on which was measured what points to one bug ("" for none)."""

    verdict: str
    bug: str
    hosts: int
    examples: tuple[str, ...]


class Wave(NamedTuple):
    """What one wave of upgrades does to the hosts of a branch.

    ``release`` is the newest of the releases that are recommended to them, "" for none, and
    ``moving`` the hosts that are older. ``cures`` and ``leaves`` count each bug once for each host
    that has it; ``bugs`` counts the bugs, ``gone`` those that no host of the branch has afterwards.
    ``cures_most`` is the first release that cures all that one cures. ``elsewhere`` is the release
    of another branch that was recommended to ``leaving`` hosts, because theirs is over or leaves
    something uncured.
    """

    branch: str
    hosts: int
    moving: int
    release: str
    cures: int
    leaves: int
    bugs: int
    gone: int
    cures_most: str
    elsewhere: str
    leaving: int


class Summary(NamedTuple):
    """One summary of a fleet, the worst first. ``hosts`` counts the builds that were judged.

    ``provenance`` and ``age_days`` are the data's, ``as_of`` the oldest day that an answer is for;
    ``old`` tells that it is too old to show that there is nothing.
    """

    hosts: int
    by_verdict: tuple[tuple[Verdict, int], ...]
    versions: tuple[VersionRow, ...]
    bugs: tuple[BugRow, ...]
    diagnoses: tuple[DiagnosisRow, ...]
    waves: tuple[Wave, ...]
    provenance: Provenance | None
    age_days: int | None
    as_of: str
    old: bool


class Tally:
    """Counts reports.

    Args:
        max_age: days after which the data is too old.
    """

    def __init__(self, max_age: int = 7) -> None:
        self._max_age = max_age
        self._pending: dict[int, tuple[Report, list[str], int]] = {}
        self._head: tuple[Provenance, int | None] | None = None
        self._as_of = ""
        self._old = False
        self._versions: dict[tuple[str, str, Verdict], VersionRow] = {}
        self._bugs: dict[str, BugRow] = {}
        self._fixes: Counter[tuple[str, str, str]] = Counter()
        self._recommended: Counter[tuple[str, str]] = Counter()
        self._elsewhere: Counter[tuple[str, str]] = Counter()
        self._diagnoses: dict[tuple[str, str], DiagnosisRow] = {}

    def __getstate__(self) -> dict[str, object]:
        self._count_pending()
        return self.__dict__

    def add(self, target: str, report: Report) -> None:
        """Count the report on a host; quick for a report that is the same object as before."""
        if report.examination is not None:  # it is like no other, and holds what was measured
            self._count(report, (target,), 1)
            return
        found = self._pending.get(id(report))
        if found is None:
            if len(self._pending) >= _PENDING:
                self._count_pending()
            found = (report, [], 0)
        _, examples, hosts = found
        if len(examples) < EXAMPLES:
            examples.append(target)
        self._pending[id(report)] = (report, examples, hosts + 1)

    def merge(self, other: Tally) -> Tally:
        """Count what another tally counted as well; returns this one."""
        self._count_pending()
        other._count_pending()
        if other._head is not None:
            self._dated(*other._head, other._as_of, other._old)
        for row in other._versions.values():
            self._add_version(row)
        for bug in other._bugs.values():
            self._add_bug(bug)
        for diagnosis in other._diagnoses.values():
            self._add_diagnosis(diagnosis)
        self._fixes.update(other._fixes)
        self._recommended.update(other._recommended)
        self._elsewhere.update(other._elsewhere)
        return self

    def summary(self) -> Summary:
        """All that was counted so far."""
        self._count_pending()
        verdicts: Counter[Verdict] = Counter()
        for row in self._versions.values():
            verdicts[row.verdict] += row.hosts
        provenance, age = self._head or (None, None)
        branches = {row.branch for row in self._versions.values()}
        cures: dict[str, list[tuple[str, str]]] = {}
        for branch, bug, version in sorted(self._fixes, key=lambda key: Release(key[0]).order):
            cures.setdefault(bug, []).append((branch, version))
        return Summary(
            hosts=verdicts.total(),
            by_verdict=tuple((verdict, verdicts[verdict]) for verdict in _WORST),
            versions=tuple(sorted(self._versions.values(), key=_badness)),
            bugs=tuple(
                sorted(
                    (row._replace(fixed_in=tuple(cures[row.id])) for row in self._bugs.values()),
                    key=lambda row: (row.severity.rank, -row.hosts, row.id),
                )
            ),
            diagnoses=tuple(
                sorted(self._diagnoses.values(), key=lambda row: (not row.bug, -row.hosts))
            ),
            waves=tuple(
                wave
                for branch in sorted(branches, key=lambda branch: Release(branch).order)
                if (wave := self._wave(branch)) is not None
            ),
            provenance=provenance,
            age_days=age,
            as_of=self._as_of,
            old=self._old,
        )

    def _count_pending(self) -> None:
        for report, examples, hosts in self._pending.values():
            self._count(report, tuple(examples), hosts)
        self._pending = {}

    def _count(self, report: Report, examples: tuple[str, ...], hosts: int) -> None:
        target, findings = report.target, report.findings
        self._dated(report.provenance, report.age_days, report.as_of, report.is_old(self._max_age))
        counts = Counter(finding.fix.severity for finding in findings)
        self._add_version(
            VersionRow(
                version=target.version,
                branch=target.branch,
                verdict=report.verdict,
                hosts=hosts,
                bugs=len(findings),
                leaks=report.runtime_leaks or 0,
                severities=tuple((severity, counts[severity]) for severity in Severity),
                reason=report.reason,
                examples=examples,
            )
        )
        for finding in findings:
            self._add_bug(_bug_row(finding, hosts))
            self._fixes[target.branch, finding.bug.id, finding.fixed_in] += hosts
        choice = report.recommendation
        if choice is not None and choice.recommended is not None:
            self._recommended[target.branch, choice.recommended.release.version] += hosts
        if choice is not None and choice.elsewhere is not None:
            self._elsewhere[target.branch, choice.elsewhere.release.version] += hosts
        if report.examination is not None:
            suspects = report.examination.suspects
            verdict = report.examination.diagnosis.verdict
            bug = suspects[0].finding.bug.id if verdict == "known-bug" and suspects else ""
            self._add_diagnosis(DiagnosisRow(verdict, bug, hosts, examples))

    def _dated(self, provenance: Provenance, age: int | None, as_of: str, old: bool) -> None:
        self._head = self._head or (provenance, age)
        self._as_of = min(self._as_of or as_of, as_of)
        self._old = self._old or old

    def _add_version(self, row: VersionRow) -> None:
        key = (row.version, row.branch, row.verdict)
        known = self._versions.get(key)
        if known is not None:
            worse = min(row, known, key=_severities)
            row = worse._replace(
                hosts=row.hosts + known.hosts,
                bugs=max(row.bugs, known.bugs),
                leaks=max(row.leaks, known.leaks),
                reason=known.reason,
                examples=(known.examples + row.examples)[:EXAMPLES],
            )
        self._versions[key] = row

    def _add_bug(self, row: BugRow) -> None:
        known = self._bugs.get(row.id)
        if known is not None:
            worst = min(row.severity, known.severity, key=lambda severity: severity.rank)
            row = known._replace(severity=worst, hosts=row.hosts + known.hosts)
        self._bugs[row.id] = row

    def _add_diagnosis(self, row: DiagnosisRow) -> None:
        known = self._diagnoses.get((row.verdict, row.bug))
        if known is not None:
            row = known._replace(
                hosts=row.hosts + known.hosts,
                examples=(known.examples + row.examples)[:EXAMPLES],
            )
        self._diagnoses[row.verdict, row.bug] = row

    def _wave(self, branch: str) -> Wave | None:
        """What one wave does to a branch; None where nothing of it could be judged."""
        rows = [row for row in self._versions.values() if row.branch == branch]
        fixes = {key[1:]: hosts for key, hosts in self._fixes.items() if key[0] == branch}
        release = _newest(to for here, to in self._recommended if here == branch)
        elsewhere = _newest(to for here, to in self._elsewhere if here == branch)
        if not fixes and not release and not elsewhere:
            return None
        cured = {key for key in fixes if release and key[1] and not _is_older(release, key[1])}
        bugs = {bug for bug, _ in fixes}
        return Wave(
            branch=branch,
            hosts=sum(row.hosts for row in rows),
            moving=sum(row.hosts for row in rows if release and _is_older(row.version, release)),
            release=release,
            cures=sum(fixes[key] for key in cured),
            leaves=sum(hosts for key, hosts in fixes.items() if key not in cured),
            bugs=len(bugs),
            gone=len(bugs - {bug for bug, version in fixes.keys() - cured}),
            cures_most=_newest(version for _, version in fixes if version),
            elsewhere=elsewhere,
            leaving=sum(hosts for key, hosts in self._elsewhere.items() if key[0] == branch),
        )


def _bug_row(finding: Finding, hosts: int) -> BugRow:
    bug = finding.bug
    return BugRow(
        id=bug.id,
        kind=bug.kind.value,
        severity=finding.fix.severity,
        subsystem=bug.subsystem,
        summary=bug.advisory.summary if bug.advisory is not None else bug.title,
        hosts=hosts,
        fixed_in=(),
    )


def _severities(row: VersionRow) -> tuple[int, ...]:
    """The lower, the worse: more of the worst severity, then of the next."""
    return tuple(-count for _, count in row.severities)


def _badness(row: VersionRow) -> tuple[object, ...]:
    return (_WORST.index(row.verdict), _severities(row), -row.hosts, row.version)


def _newest(versions: Iterable[str]) -> str:
    return max(versions, key=lambda version: Release(version).order, default="")


def _is_older(version: str, release: str) -> bool:
    return Release(version).order < Release(release).order
