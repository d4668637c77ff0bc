"""Bugs as OSV 1.7 records: https://ossf.github.io/osv-schema/.

A record holds every branch that has the bug. The versions that have it are written out; a range
says the same. Where a branch has no cure, its range ends at its newest release, as far as that is
known. A range of commits needs whole hashes, which a catalogue does not hold: it is there for
those that are passed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from advisory.bug import Bug, Fix
from advisory.formats.links import issue_url
from advisory.formats.rows import (
    commit_page,
    json_text,
    name_of,
    purl_of,
    visible,
    words_of,
)
from advisory.history import BranchHistory, PublishedRelease
from advisory.release import Release
from advisory.report import Report
from advisory.requirements import program_of
from advisory.unfixed import Evidence, Missing

SCHEMA_VERSION = "1.7.5"


class _Affected(NamedTuple):
    """What a branch has of a bug: its releases that have it, and the one that cures it."""

    history: BranchHistory
    releases: tuple[PublishedRelease, ...]
    cured_in: str
    commits: tuple[str, str]
    facts: dict[str, Any]


def render_osv(
    reports: Sequence[Report],
    histories: Sequence[BranchHistory],
    missing: Iterable[Missing] = (),
    commits: Mapping[str, str] | None = None,
) -> str:
    """The records of the bugs that are listed, as OSV's own interface answers: under ``vulns``.

    Args:
        reports: the builds.
        histories: all branches, oldest first.
        missing: what branches got no fix of.
        commits: whole hashes by their first 12 digits.
    """
    wanted = {finding.bug.id for report in reports for finding in report.findings}
    return json_text({"vulns": list(records(histories, missing, commits, wanted))})


def records(
    histories: Sequence[BranchHistory],
    missing: Iterable[Missing] = (),
    commits: Mapping[str, str] | None = None,
    wanted: Iterable[str] | None = None,
) -> Iterator[dict[str, Any]]:
    """A record for each bug, by its id; nothing is ``affected`` by one that no release has.

    Args:
        histories: all branches, oldest first.
        missing: what branches got no fix of; what their code does not show is left out.
        commits: whole hashes by their first 12 digits.
        wanted: ids of bugs; all where it is None.
    """
    fixes: dict[str, list[tuple[Fix, BranchHistory]]] = defaultdict(list)
    for history in histories:
        for fix in history.fixes:
            fixes[fix.bug.id].append((fix, history))
    unfixed: dict[str, list[Missing]] = defaultdict(list)
    for one in missing:
        if one.evidence is Evidence.HAS_FLAW:
            unfixed[one.bug_id].append(one)
    by_branch = {history.branch: history for history in histories}
    for bug in sorted(fixes if wanted is None else fixes.keys() & set(wanted)):
        places = [*_fixed(fixes[bug]), *_unfixed(unfixed[bug], by_branch, fixes[bug])]
        entries = [_entry(place, commits or {}) for place in places]
        yield _record(
            [fix for fix, _ in fixes[bug]],
            [entry for entry in entries if entry["ranges"]],
            [place for place in places if place.releases],
            fixes,
        )


def _fixed(found: Sequence[tuple[Fix, BranchHistory]]) -> Iterator[_Affected]:
    """The branches that got a fix; of several fixes the one that stands counts, or the last."""
    deciding: dict[str, tuple[Fix, BranchHistory]] = {}
    for fix, history in found:
        known = deciding.get(history.branch)
        if known is None or _stands(fix) >= _stands(known[0]):
            deciding[history.branch] = (fix, history)
    for fix, history in deciding.values():
        cured_in = (fix.reapplied_in or fix.fixed_in) if _stands(fix) else ""
        state = "taken back" if not _stands(fix) else "released" if cured_in else "merged"
        yield _Affected(
            history,
            _having(fix, history, cured_in),
            cured_in,
            (fix.introduced_by, (fix.reapplied_by or fix.commit) if _stands(fix) else ""),
            {
                "branch": history.branch,
                "severity": fix.severity.value,
                "fix_commit": fix.commit,
                "fix_state": state,
                "introduced_in_known": bool(fix.introduced_in),
            },
        )


def _stands(fix: Fix) -> bool:
    return not fix.reverted_by or bool(fix.reapplied_by)


def _having(fix: Fix, history: BranchHistory, cured_in: str) -> tuple[PublishedRelease, ...]:
    """The releases that have a bug: from where it entered, else from the branch's first on."""
    orders = {release.version: release.order for release in history.releases}
    since = orders[fix.introduced_in or history.releases[0].version]
    advisory = fix.bug.advisory
    if advisory is not None and advisory.since_version and not _stands(fix):
        since = max(since, Release(advisory.since_version).order)
    until = orders.get(cured_in, history.newest.order + 1)
    return tuple(one for one in history.releases if since <= one.order < until)


def _unfixed(
    missing: Iterable[Missing],
    by_branch: Mapping[str, BranchHistory],
    found: Sequence[tuple[Fix, BranchHistory]],
) -> Iterator[_Affected]:
    """The branches that got none though their code has the bug."""
    fixed = {history.branch for _, history in found}
    for one in missing:
        history = by_branch.get(one.branch)
        if history is None or one.branch in fixed:
            continue
        orders = {release.version: release.order for release in history.releases}
        since = orders.get(one.introduced_in, history.releases[0].order)
        yield _Affected(
            history,
            tuple(release for release in history.releases if since <= release.order),
            "",
            ("", ""),
            {
                "branch": one.branch,
                "severity": one.severity.value,
                "fix_state": "never fixed",
                "introduced_in_known": bool(one.introduced_in),
            },
        )


def _entry(place: _Affected, commits: Mapping[str, str]) -> dict[str, Any]:
    """A branch as OSV has it; ``GIT`` is the ecosystem of what no registry holds."""
    versions = [release.version for release in place.releases]
    ranges: list[dict[str, Any]] = []
    entered, fixed = (commits.get(commit, "") for commit in place.commits)
    if fixed:
        repository = f"https://git.haproxy.org/git/haproxy-{place.history.branch}.git"
        events = [{"introduced": entered or "0"}, {"fixed": fixed}]
        ranges.append({"type": "GIT", "repo": repository, "events": events})
    if versions:
        semantic = all(one.version.count(".") == 2 for one in place.history.releases)
        end = {"fixed": place.cured_in} if place.cured_in else {"last_affected": versions[-1]}
        events = [{"introduced": versions[0]}, end]
        ranges.append({"type": "SEMVER" if semantic else "ECOSYSTEM", "events": events})
    return {
        "package": {"ecosystem": "GIT", "name": "haproxy", "purl": purl_of("")},
        "ranges": ranges,
        "versions": versions,
        "database_specific": place.facts,
    }


def _record(
    fixes: Sequence[Fix],
    entries: Sequence[dict[str, Any]],
    places: Sequence[_Affected],
    known: Mapping[str, object],
) -> dict[str, Any]:
    bug = fixes[-1].bug
    record: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "id": name_of(bug.id),
        "modified": f"{max(_days(fixes, places))}T00:00:00Z",
        "published": f"{min(fix.merged_on for fix in fixes)}T00:00:00Z",
    }
    related = sorted({one[:12] for one in (bug.advisory.related if bug.advisory else ())})
    related = [name_of(one) for one in related if one in known and one != bug.id]
    if related:
        record["related"] = related
    return record | {
        "summary": visible(words_of(bug)),
        "details": visible(_details(bug)),
        "affected": list(entries),
        "references": _references(fixes),
        "database_specific": _facts(fixes),
    }


def _days(fixes: Sequence[Fix], places: Sequence[_Affected]) -> Iterator[str]:
    """When what a record says came to be: merges, and the releases that hold or lack the fix."""
    for fix in fixes:
        yield fix.merged_on
    for place in places:
        yield place.releases[-1].released_on
        cured = place.history.release(place.cured_in)
        if cured is not None:
            yield cured.released_on


def _details(bug: Bug) -> str:
    advisory = bug.advisory
    if advisory is None:
        return f"{words_of(bug)} Nobody has described it yet; the fix's own message does."
    parts = [
        advisory.summary,
        f"When: {advisory.trigger}" if advisory.trigger else "",
        f"Until a cured release runs: {advisory.workaround}" if advisory.workaround else "",
        f"Needed in the build: {'; '.join(advisory.features)}." if advisory.features else "",
        f"Needed in the configuration: {'; '.join(advisory.config)}." if advisory.config else "",
    ]
    return " ".join(filter(None, parts))


def _references(fixes: Sequence[Fix]) -> list[dict[str, str]]:
    found = [{"type": "FIX", "url": commit_page(fix.branch, fix.commit)} for fix in fixes]
    issues = sorted({number for fix in fixes for number in fix.bug.issues})
    return found + [{"type": "REPORT", "url": issue_url(number)} for number in issues]


def _facts(fixes: Sequence[Fix]) -> dict[str, Any]:
    bug = fixes[-1].bug
    facts = {
        "severity": min((fix.severity for fix in fixes), key=lambda one: one.rank).value,
        "kind": bug.kind.value,
        "subsystem": bug.subsystem,
        "program": program_of(bug.subsystem),
        "runtime": bug.runtime,
        "reviewed": bug.reviewed,
        "evidence": bug.tier.value,
        "growth": bug.advisory.growth if bug.advisory else "",
    }
    return {name: value for name, value in facts.items() if value not in ("", None)}
