"""What a CHANGELOG alone adds to the facts, where no page can be had; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from advisory.errors import NotKnownError
from advisory.facts import RELEASE_COLUMNS, Facts, Row
from advisory.pages import ChangelogRelease
from advisory.release import Release
from advisory.subject import is_bug_subject, subject_key
from advisory.update import Change, Log, apply_reverts, order_of


class Learned(NamedTuple):
    """What was learned: the facts, the branch's change, and how many titles were read.

    ``missing`` counts the fixes of the new releases that no commit is known of: they are in none of
    the facts.
    """

    facts: Facts
    change: Change
    titles: int
    missing: int


def learn(facts: Facts, changelog: Iterable[ChangelogRelease]) -> Learned:
    """Take titles, releases and reverts from the CHANGELOG of a branch.

    A CHANGELOG names no commits: a fix that is not known by one stays unknown.

    Args:
        facts: what is known.
        changelog: its releases, the newest of which is of the branch.

    Raises:
        NotKnownError: the facts know nothing of its branch.
    """
    told = sorted(changelog, key=lambda release: order_of(release.version))
    newest = Release(told[-1].version)
    rows = [row for row in facts.branches if row["branch"] == newest.branch]
    if not rows or newest.is_development:
        raise NotKnownError(
            f"the newest release of the CHANGELOG, {newest.text}, is of a branch that the "
            "catalogue does not know; pass the CHANGELOG of a stable branch that it knows"
        )
    titles = {
        subject_key(subject): subject
        for release in told
        for subject in release.subjects
        if is_bug_subject(subject)
    }
    before = facts
    fixes = tuple(
        row if row["title"] else {**row, "title": titles.get(row["subject_key"], "")}
        for row in facts.fixes
    )
    facts = facts._replace(fixes=fixes)
    own = [release for release in told if Release(release.version).branch == newest.branch]
    facts, change, missing = _released(facts, rows[0], own)
    return Learned(facts, change, titles_in(facts) - titles_in(before), missing)


def titles_in(facts: Facts) -> int:
    """How many fixes have a title."""
    return sum(bool(row["title"]) for row in facts.fixes)


def _released(facts: Facts, branch: Row, own: list[ChangelogRelease]) -> tuple[Facts, Change, int]:
    """The releases of the branch that are new, with what they hold and take back."""
    name = branch["branch"]
    releases = [row for row in facts.releases if row["branch"] == name]
    known = {row["version"] for row in releases}
    new = [
        release
        for release in own
        if release.version not in known and not Release(release.version).is_development
    ]
    added = (
        dict.fromkeys(RELEASE_COLUMNS, "")
        | {"branch": name, "version": release.version, "released_on": release.released_on}
        for release in new
    )
    releases = sorted([*releases, *added], key=lambda row: order_of(row["version"]))
    held = {
        subject_key(subject): release.version
        for release in reversed(new)
        for subject in release.subjects
        if is_bug_subject(subject)
    }
    fixes = [dict(row) for row in facts.fixes if row["branch"] == name]
    released = [row for row in fixes if not row["fixed_in"] and row["subject_key"] in held]
    for row in released:
        row["fixed_in"] = held[row["subject_key"]]
    fixes.sort(key=lambda row: order_of(row["fixed_in"]))  # what was known stays in its order
    doubts: list[str] = []
    log = Log({row["version"] for row in releases}, own)
    taken_back, brought_back = apply_reverts(fixes, log.reverts, doubts)
    change = Change(
        branch=name,
        new_releases=tuple(release.version for release in new),
        newly_released=tuple(released),
        taken_back=tuple(taken_back),
        brought_back=tuple(brought_back),
        doubts=tuple(doubts),
    )
    missing = len(held.keys() - {row["subject_key"] for row in fixes})
    return facts.with_branch(branch, releases, fixes), change, missing
