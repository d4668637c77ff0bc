"""What is found about one bug and one build."""

from enum import Enum
from typing import NamedTuple

from advisory.bug import Bug, Fix


class Verdict(Enum):
    """Whether a bug, or any bug, concerns a build."""

    AFFECTED = "affected"
    POSSIBLE = "possible"
    NOT_AFFECTED = "not_affected"
    UNKNOWN = "unknown"


class FixState(Enum):
    """What became of a fix in its branch: in a release, merged and awaiting one, or taken back."""

    RELEASED = "released"
    MERGED = "merged"
    REVERTED = "reverted"


class Citation(NamedTuple):
    """A line of a configuration: the file, the line's number from 1, and its text."""

    source: str
    line: int
    text: str


class Finding(NamedTuple):
    """One bug and what it means for one build.

    ``fixed_in`` is the release from which the branch stays cured, "" where no release does.
    ``configured`` tells whether the configuration meets the bug's conditions, with ``because`` in
    words and the lines that show it; None where there is none to ask, or nothing to ask it.
    """

    bug: Bug
    fix: Fix
    fixed_in: str
    fix_state: FixState
    verdict: Verdict
    reasons: tuple[str, ...]
    configured: Verdict | None = None
    because: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
