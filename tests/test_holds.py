"""Whether a release holds a fix: yes, no, or not known, each with the reason."""

from __future__ import annotations

import pytest

from advisory.bug import Fix
from advisory.build import read_version
from advisory.holds import Answer, holds
from tests.conftest import make_bug, make_fix, make_history

BUG = make_bug("b1")
BEFORE = make_fix(1, "2.0.9", bug=BUG, branch="2.0", merged_on="2020-01-01")
AFTER = BEFORE._replace(merged_on="2021-01-01")
RELEASED = make_fix(1, "2.2.2", bug=BUG)
MERGED = make_fix(1, "", bug=BUG)
TAKEN_BACK = make_fix(1, "2.2.2", bug=BUG, reverted_by="e" * 12, reverted_in="2.2.3")

# (fixes of the branch, fixes of other branches, release, held, words of the answer)
CASES = [
    ([RELEASED], [], "2.2.1", False, "it comes with 2.2.2"),
    ([RELEASED], [], "2.2.2", True, f"{RELEASED.commit}, in 2.2.2"),
    ([RELEASED], [], "2.2.10", True, "2.2.10 holds the fix"),
    ([MERGED], [], "2.2.10", False, "it is merged and awaits a release"),
    ([TAKEN_BACK], [], "2.2.1", False, "it was taken back (commit eeeeeeeeeeee)"),
    ([TAKEN_BACK], [], "2.2.2", True, "do not count on it"),
    ([TAKEN_BACK], [], "2.2.3", False, "it was taken back (commit eeeeeeeeeeee)"),
    # another branch got it before this branch began: it may be in, or have been taken back
    ([], [BEFORE], "2.2.1", None, "2.0 got one on 2020-01-01, before 2.2.0 (2020-07-07)"),
    ([], [AFTER], "2.2.1", None, "no fix of b1b1b1b1b1b1 was merged into branch 2.2"),
    ([], [], "2.2.1", None, "no fix of b1b1b1b1b1b1 was merged into branch 2.2"),
    ([RELEASED], [], "2.2.7", None, "2.2.7: the catalogue knows no such release"),
    ([RELEASED], [], "2.2.1-1+deb12u1", None, "name a release, such as 2.2.1"),
    ([RELEASED], [], "2.2.2-a2a2a2a2", True, "2.2.2 holds the fix"),
]


@pytest.mark.parametrize(("own", "others", "version", "held", "words"), CASES)
def test_a_release_holds_a_fix_or_not(
    own: list[Fix], others: list[Fix], version: str, held: bool | None, words: str
) -> None:
    history = make_history(*own)

    answer = holds(BUG.id, (*others, *own), history, read_version(version))

    assert answer.held is held
    assert words in answer.text


def test_a_branch_that_is_not_covered_is_not_known() -> None:
    assert holds(BUG.id, (), None, read_version("9.9.9")) == Answer(
        None, "9.9.9: the catalogue knows no such release"
    )
