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


class Finding(NamedTuple):
    """One bug and what it means for one build.

    ``fixed_in`` is the release from which the branch stays cured, "" where no release does.
    """

    bug: Bug
    fix: Fix
    fixed_in: str
    fix_state: FixState
    verdict: Verdict
    reasons: tuple[str, ...]
