"""What a move from one release to another changes; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from advisory.bug import Kind, Severity
from advisory.finding import Finding


class HeldBug(NamedTuple):
    """One bug that a release has.

    ``runtime`` tells whether a serving process grows from it; ``words`` are those of its advisory,
    else its title, else "". ``fixed_in`` is the release from
    which the branch stays cured, "" where none does; ``never_fixed``: the branch got no fix of it.
    ``certain`` is False where nobody knows whether the release has it.
    """

    id: str
    severity: Severity
    kind: Kind
    subsystem: str
    runtime: bool | None = None
    words: str = ""
    fixed_in: str = ""
    never_fixed: bool = False
    certain: bool = True


class Difference(NamedTuple):
    """The bugs that a move cures, leaves, and brings in, and those of which that is not known.

    Each holds the worst first, and last what no serving process grows from. ``undecided`` are those
    that the release to move to may have, or of which nobody knows whether they were there before.
    """

    cures: tuple[HeldBug, ...]
    leaves: tuple[HeldBug, ...]
    brings_in: tuple[HeldBug, ...]
    undecided: tuple[HeldBug, ...]


def held(finding: Finding) -> HeldBug:
    """The bug that the matcher found in a release."""
    bug = finding.bug
    return HeldBug(
        id=bug.id,
        severity=finding.fix.severity,
        kind=bug.kind,
        subsystem=bug.subsystem,
        runtime=bug.runtime,
        words=bug.advisory.summary if bug.advisory is not None else bug.title,
        fixed_in=finding.fixed_in,
    )


def difference(old: Iterable[HeldBug], new: Iterable[HeldBug]) -> Difference:
    """Compare what two releases have.

    A bug that the new release does not list is cured: it has the fix, or never had the bug. Who
    compares releases of two branches must therefore pass what these never got fixed, too.

    Args:
        old: the bugs of the release to leave.
        new: those of the release to move to, perhaps of another branch.
    """
    before = {bug.id: bug for bug in old}
    after = {bug.id: bug for bug in new}
    sure = {name for name, bug in after.items() if bug.certain}
    doubtful = {name for name in sure if name in before and not before[name].certain}
    return Difference(
        cures=_sorted(bug for bug in before.values() if bug.certain and bug.id not in after),
        leaves=_sorted(after[name] for name in sure - doubtful if name in before),
        brings_in=_sorted(after[name] for name in sure if name not in before),
        undecided=_sorted(after[name] for name in (after.keys() - sure) | doubtful),
    )


def _sorted(bugs: Iterable[HeldBug]) -> tuple[HeldBug, ...]:
    return tuple(sorted(bugs, key=lambda bug: (bug.runtime is False, bug.severity.rank, bug.id)))


def by_severity(bugs: Iterable[HeldBug]) -> dict[Severity, int]:
    """How many of each severity, the worst first; those of which there are none are left out."""
    counts = Counter(bug.severity for bug in bugs)
    return {severity: counts[severity] for severity in Severity if counts[severity]}


def by_kind(bugs: Iterable[HeldBug]) -> dict[Kind, int]:
    """How many of each kind; those of which there are none are left out."""
    counts = Counter(bug.kind for bug in bugs)
    return {kind: counts[kind] for kind in Kind if counts[kind]}
