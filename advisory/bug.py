"""A flaw, its public notice, and the commits that cure it per branch.

The values are named tuples: a report makes a thousand of them within the time that it may take.
"""

from enum import Enum, StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """What upstream says of a bug, worst first; ``UNKNOWN`` where its subject does not say."""

    CRITICAL = "critical"
    MAJOR = "major"
    MEDIUM = "medium"
    MINOR = "minor"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Kind(StrEnum):
    """What a bug does to a process."""

    MEMORY_LEAK = "memory-leak"
    FD_LEAK = "fd-leak"
    STUCK_OBJECT = "stuck-object"
    NOT_A_LEAK = "not-a-leak"
    MEMORY_SAFETY = "memory-safety"
    CRASH = "crash"
    HANG = "hang"
    RACE = "race"
    OTHER = "other"


class Tier(Enum):
    """Who says of which kind a bug is: its subject's words, its message's words, or a person."""

    VERIFIED = "verified"
    SUBJECT = "subject"
    MESSAGE = "message"
    NONE = "none"


class LostObject(NamedTuple):
    """What a leak leaves behind; ``pool`` and ``size`` (bytes) where they are known."""

    name: str
    pool: str = ""
    size: int | None = None


class Advisory(NamedTuple):
    """What a person who read a fix says of the leak that it cures, in our own words.

    ``growth`` names what each lost object goes with; a ``bounded`` leak stops by itself, one that
    ``needs_oom`` starts only once memory has run out. ``features``, ``target`` and ``config`` are
    the conditions without which it cannot happen (advisory.conditions). ``issues`` are those of
    HAProxy's tracker that the message does not name.
    """

    kind: Kind
    summary: str
    confidence: str
    said_by: tuple[str, ...]
    runtime: bool | None = None
    growth: str = ""
    needs_oom: bool = False
    bounded: bool = False
    trigger: str = ""
    workaround: str = ""
    related: tuple[str, ...] = ()
    since_commit: str = ""
    since_version: str = ""
    objects: tuple[LostObject, ...] = ()
    features: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    issues: tuple[int, ...] = ()


class Bug(NamedTuple):
    """One flaw, across all branches.

    ``id`` is the mainline commit of its fix (12 hex), or the fix's own where no mainline one is
    known. ``title`` is upstream's, there only once a refresh has read it. ``runtime`` tells whether
    a serving process grows from it; None where nobody knows. ``reviewed``: a person read its fix.
    """

    id: str
    subsystem: str
    kind: Kind
    tier: Tier
    runtime: bool | None = None
    reviewed: bool = False
    title: str = ""
    advisory: Advisory | None = None
    issues: tuple[int, ...] = ()


class Fix(NamedTuple):
    """The commit that cures a bug in one branch, and what became of it.

    Commits are of 12 hex, dates ISO; an empty text stands for what is not so or not known.
    ``position`` counts the branch's fixes in the order in which they were merged.
    ``introduced_in`` is the first release of the branch that has the bug.
    """

    bug: Bug
    branch: str
    commit: str
    mainline_commit: str
    merged_on: str
    severity: Severity
    position: int
    fixed_in: str
    introduced_by: str = ""
    introduced_in: str = ""
    reverted_by: str = ""
    reverted_in: str = ""
    reapplied_by: str = ""
    reapplied_in: str = ""
