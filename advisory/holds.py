"""Whether a release holds the fix of a bug; pure."""

from typing import NamedTuple

from advisory.bug import Fix
from advisory.build import Version
from advisory.finding import FixState, Verdict
from advisory.history import BranchHistory
from advisory.matcher import match, place_release


class Answer(NamedTuple):
    """``held`` is None where it is not known; ``text`` says why in one line."""

    held: bool | None
    text: str


def holds(
    bug: str, fixes: tuple[Fix, ...], history: BranchHistory | None, version: Version
) -> Answer:
    """Tell whether a release holds the fix of a bug.

    Args:
        bug: its id.
        fixes: its fixes in every branch.
        history: that branch; None where the catalogue does not cover it.
        version: the release as it was asked for.
    """
    text = version.release.text
    release = history.release(text) if history is not None else None
    if history is None or release is None:
        return Answer(None, f"{text}: the catalogue knows no such release")
    own_commit = bool(version.commit) and release.commit.startswith(version.commit[:12])
    if version.text != text and not own_commit:
        return Answer(None, f"{version.text}: name a release, such as {text}")
    own = [fix for fix in fixes if fix.branch == history.branch]
    if not own:
        return _before(bug, fixes, history, text)
    found = match(history, place_release(history, release))
    for finding in found.findings + found.not_affected:
        if finding.bug.id == bug and finding.verdict is not Verdict.POSSIBLE:
            when = {
                FixState.RELEASED: f"it comes with {finding.fixed_in}",
                FixState.MERGED: "it is merged and awaits a release",
                FixState.REVERTED: f"it was taken back (commit {finding.fix.reverted_by})",
            }[finding.fix_state]
            return Answer(False, f"{text} does not hold the fix of {bug}: {when}")
        if finding.bug.id == bug:
            return Answer(True, f"{text}, for {bug}: {finding.reasons[0]}")
    return Answer(True, f"{text} holds the fix of {bug}: {own[-1].commit}, in {own[-1].fixed_in}")


def _before(bug: str, fixes: tuple[Fix, ...], history: BranchHistory, text: str) -> Answer:
    """A branch without a fix may have it from the start, or not need it, or lack it: not known."""
    began = history.releases[0]
    answer = f"{text}: no fix of {bug} was merged into branch {history.branch}"
    earlier = [fix for fix in fixes if fix.merged_on < began.released_on]
    if earlier:
        answer += (
            f"; {earlier[0].branch} got one on {earlier[0].merged_on}, before {began.version} "
            f"({began.released_on}), which may hold it from the start"
        )
    return Answer(None, answer)
