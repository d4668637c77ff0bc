"""From what was passed to reports, and what the pages show besides; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from advisory.bug import Bug, Fix, Kind
from advisory.build import read_builds
from advisory.errors import ParseError
from advisory.examination import Examiner
from advisory.history import BranchHistory, PublishedRelease
from advisory.plan import Candidate, the_way
from advisory.regressions import concerning, known_bad
from advisory.report import Beyond, Question, Report, advise
from advisory.service.knowledge import Knowledge
from advisory.symptoms import Case, Passed, cases_of
from advisory.unfixed import NeverFixed, never_fixed

MOST_BUILDS = 20
"""Builds of one request; for more there is the command."""
LEAKS = frozenset({Kind.MEMORY_LEAK, Kind.STUCK_OBJECT, Kind.FD_LEAK})
MOST_ENTRIES = 50


class Answer(NamedTuple):
    """A report, the release that the build is of, and every release after it in its branch.

    ``here`` is None and ``way`` empty where the build cannot be judged, or no way was asked for.
    """

    report: Report
    here: PublishedRelease | None = None
    way: tuple[Candidate, ...] = ()


class BugPage(NamedTuple):
    """A bug, its fixes by branch, and the branches that have it and no fix, oldest first."""

    bug: Bug
    fixes: tuple[Fix, ...]
    never_fixed: tuple[NeverFixed, ...]


class Entry(NamedTuple):
    """A fix of a leak, and the release that has it; None where none has yet."""

    fix: Fix
    release: PublishedRelease | None


def answers_to(
    knowledge: Knowledge,
    inputs: Sequence[Passed],
    extra: Sequence[Passed],
    question: Question,
    *,
    with_way: bool,
) -> tuple[Answer, ...]:
    """Report on every build that was passed.

    Args:
        knowledge: of the catalogue.
        inputs: what may hold builds, or mixtures.
        extra: what is evidence only.
        question: what is asked.
        with_way: whether the releases after each are asked for, too.

    Raises:
        ParseError: there is no build, more than ``MOST_BUILDS``, or evidence of no one build.
    """
    cases = cases_of(inputs, extra, None)
    if len(cases) > MOST_BUILDS:
        raise ParseError(
            f"holds {len(cases)} builds, and {MOST_BUILDS} are answered at a time; "
            "use the command 'hapadvise FILE'",
            source=inputs[0].source,
        )
    return tuple(answer_to(knowledge, case, question, with_way=with_way) for case in cases)


def answer_to(knowledge: Knowledge, case: Case, question: Question, *, with_way: bool) -> Answer:
    """Report on one build, and on what was measured on a process of it."""
    build, evidence = case
    history = knowledge.histories.get(build.version.release.branch)
    examiner = None if evidence is None else Examiner(build, evidence, knowledge.kinds)
    beyond = Beyond(
        missing=lambda branch: knowledge.missing.get(branch, ()),
        outlines=lambda: knowledge.outlines,
        history_of=knowledge.histories.get,
    )
    report = advise(build, history, knowledge.provenance, question, examiner, beyond)
    here = history.release(report.target.version) if history is not None else None
    if not with_way or history is None or here is None:
        return Answer(report)
    windows = concerning(known_bad(history), build.features, build.target)
    way = the_way(history, here, report.findings, windows, question.day, question.settle_days)
    return Answer(report, here, way)


def answer_for(knowledge: Knowledge, version: str, question: Question, *, with_way: bool) -> Answer:
    """Report on a release by its version."""
    (build,) = read_builds(version, source="the address")
    return answer_to(knowledge, Case(build, None), question, with_way=with_way)


def bug_page(knowledge: Knowledge, bug: str, today: str) -> BugPage:
    """What is known of a bug that the catalogue has.

    Args:
        knowledge: of the catalogue.
        bug: its id.
        today: ISO day, against which the maintenance of branches is held.
    """
    fixes = knowledge.fixes[bug]
    missed = [
        one
        for branch, history in knowledge.histories.items()
        for one in never_fixed(
            history, [row for row in knowledge.missing[branch] if row.bug_id == bug], today
        )
    ]
    return BugPage(fixes[-1].bug, fixes, tuple(missed))


def entries_of(history: BranchHistory) -> tuple[Entry, ...]:
    """The newest fixes of leaks in a branch that were not taken back, newest first."""
    stands = (fix for fix in reversed(history.fixes) if not fix.reverted_by or fix.reapplied_by)
    leaks = [fix for fix in stands if fix.bug.kind in LEAKS]
    found = [Entry(fix, history.release(fix.reapplied_in or fix.fixed_in)) for fix in leaks]
    return tuple(sorted(found, key=_day, reverse=True)[:MOST_ENTRIES])


def _day(entry: Entry) -> str:
    return entry.fix.merged_on


def kinds_of(names: Iterable[str]) -> frozenset[Kind]:
    """The kinds that a request names; memory leaks where it names none, every kind for ``all``.

    Raises:
        ParseError: one is no kind.
    """
    chosen = set(names)
    if "all" in chosen:
        return frozenset()
    known = {kind.value: kind for kind in Kind if kind is not Kind.NOT_A_LEAK}
    wrong = sorted(chosen - set(known))
    if wrong:
        raise ParseError(f"there is no such kind; kinds are all, {', '.join(known)}", source="kind")
    return frozenset(known[name] for name in chosen) or frozenset({Kind.MEMORY_LEAK})
