"""What the forms for programs share: a report's bugs as rows, and texts made harmless."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from advisory.bug import Bug, Kind, Severity
from advisory.finding import Citation, Finding, FixState, Verdict
from advisory.formats.links import references
from advisory.report import Report
from advisory.unfixed import NeverFixed


class Row(NamedTuple):
    """One bug of a report; an empty text stands for what is not known.

    ``verdict`` tells whether the build has the bug, ``relevance`` whether its configuration sets it
    off as well: at most possible where none was given. ``fate`` says in words what became of the
    fix, ``cure`` what to do. ``merged_on`` is ISO. ``tracked`` is False where the branch itself
    never got a fix: ``url`` then shows that of a newer branch.
    """

    bug: str
    kind: Kind
    severity: Severity
    subsystem: str
    words: str
    verdict: Verdict
    relevance: Verdict
    fate: str
    cure: str
    fixed_in: str
    commit: str
    merged_on: str
    url: str
    reasons: tuple[str, ...]
    tracked: bool = True
    since: str = ""
    growth: str = ""
    trigger: str = ""
    workaround: str = ""
    citations: tuple[Citation, ...] = ()
    references: tuple[str, ...] = ()


def visible(text: str) -> str:
    """The text in one line, without what a terminal or a viewer might obey."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " if char in "\t\n" else "?" for char in text)


def json_text(document: Any) -> str:
    """A document as JSON in ASCII, so that nothing in it can act on a terminal; with a newline."""
    return json.dumps(document, indent=2).replace("\x7f", "\\u007f") + "\n"


def name_of(bug: str) -> str:
    """A bug's name outside of this program; ``x_`` marks what no public database holds."""
    return f"x_HAPROXY-{bug}"


def purl_of(version: str) -> str:
    """A release as a package URL; "" stands for all of them."""
    return f"pkg:generic/haproxy@{version}" if version else "pkg:generic/haproxy"


def commit_page(branch: str, commit: str) -> str:
    """Where upstream shows a commit of a branch."""
    return f"https://git.haproxy.org/?p=haproxy-{branch}.git;a=commitdiff;h={commit}"


def words_of(bug: Bug) -> str:
    """What a bug is: as an advisory says it, as its title does, or by its kind."""
    return bug.advisory.summary if bug.advisory else bug.title or _named(bug.kind, bug.subsystem)


def _named(kind: Kind, subsystem: str) -> str:
    what = "Bug" if kind is Kind.OTHER else kind.value.replace("-", " ").capitalize()
    return f"{what} in {subsystem or 'a subsystem that is not named'}."


def rows_of(report: Report) -> tuple[Row, ...]:
    """The bugs that are listed, in the report's order."""
    return tuple(map(_row, report.findings))


def aside_of(report: Report) -> tuple[Row, ...]:
    """The bugs that were set aside, with the reason first."""
    return tuple(map(_row, report.not_affected))


def never_fixed_of(report: Report, *, proven: bool = False) -> tuple[Row, ...]:
    """The bugs that the branch got no fix of, of the kinds that were asked for.

    ``proven`` leaves out those of which it is not known whether the code has them, and those that
    the next release may fix.
    """
    return tuple(
        _missing_row(one)
        for one in report.never_fixed
        if (not report.kinds or one.missing.kind.value in report.kinds)
        and not (proven and (not one.proven or one.pending))
    )


def _row(finding: Finding) -> Row:
    bug, fix, advisory = finding.bug, finding.fix, finding.bug.advisory
    return Row(
        bug=bug.id,
        kind=bug.kind,
        severity=fix.severity,
        subsystem=bug.subsystem,
        words=words_of(bug),
        verdict=_verdict(finding),
        relevance=_relevance(finding),
        fate=_fate(finding),
        cure=_cure(finding),
        fixed_in=finding.fixed_in,
        commit=fix.commit,
        merged_on=fix.merged_on,
        url=commit_page(fix.branch, fix.commit),
        reasons=(*finding.reasons, *finding.because),
        since=fix.introduced_in or (advisory.since_version if advisory else ""),
        growth=advisory.growth if advisory else "",
        trigger=advisory.trigger if advisory else "",
        workaround=advisory.workaround if advisory else "",
        citations=finding.citations,
        references=references(fix),
    )


def _verdict(finding: Finding) -> Verdict:
    if finding.configured is Verdict.NOT_AFFECTED:
        return Verdict.NOT_AFFECTED
    return finding.verdict


def _relevance(finding: Finding) -> Verdict:
    if _verdict(finding) is Verdict.AFFECTED:
        return finding.configured or Verdict.POSSIBLE
    return _verdict(finding)


def _fate(finding: Finding) -> str:
    return {
        FixState.RELEASED: f"fixed in {finding.fixed_in}",
        FixState.MERGED: "fixed, not released yet",
        FixState.REVERTED: "not cured by any release",
    }[finding.fix_state]


def _cure(finding: Finding) -> str:
    """What to do about a bug, in a sentence or two."""
    cure = {
        FixState.RELEASED: f"Upgrade to {finding.fixed_in} or later.",
        FixState.MERGED: "Upgrade to the next release, which will have the fix.",
        FixState.REVERTED: f"No release of {finding.fix.branch} cures it: its fix was taken back.",
    }[finding.fix_state]
    workaround = finding.bug.advisory.workaround if finding.bug.advisory else ""
    return f"{cure} Until then: {workaround}" if workaround else cure


def _missing_row(one: NeverFixed) -> Row:
    missing = one.missing
    verdict = Verdict.AFFECTED if one.proven else Verdict.POSSIBLE
    fate = "fixed in newer branches, not here"
    if one.pending:
        fate += ", where the next release may have it"
    return Row(
        bug=missing.bug_id,
        kind=missing.kind,
        severity=missing.severity,
        subsystem=missing.subsystem,
        words=missing.words or _named(missing.kind, missing.subsystem),
        verdict=verdict,
        relevance=Verdict.POSSIBLE,
        fate=fate,
        cure=f"No release of {missing.branch} cures it; {missing.newer_branch} has a fix.",
        fixed_in="",
        commit=missing.newer_commit,
        merged_on=missing.newer_merged_on,
        url=commit_page(missing.newer_branch, missing.newer_commit),
        reasons=(one.reason,),
        tracked=False,
        since=missing.introduced_in,
        references=(commit_page(missing.newer_branch, missing.newer_commit),),
    )


def recommended_release(report: Report) -> str:
    """The release to choose, of this branch or of another; "" where there is none."""
    choice = report.recommendation
    if choice is None:
        return ""
    chosen = choice.recommended or choice.elsewhere
    return chosen.release.version if chosen else ""
