"""A flaw, the commits that cure it per branch, and how upstream's subjects name both."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import Enum


class Severity(Enum):
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


class Kind(Enum):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LostObject:
    """What a leak leaves behind; ``pool`` and ``size`` (bytes) where they are known."""

    name: str
    pool: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """What a person who read a fix says of the leak that it cures, in our own words.

    ``growth`` names what each lost object goes with; a ``bounded`` leak stops by itself, one that
    ``needs_oom`` starts only once memory has run out. ``features``, ``target`` and ``config`` are
    the conditions without which it cannot happen (advisory.conditions).
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
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
    title: str = field(default="", compare=False)
    advisory: Advisory | None = None
    issues: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
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


_MISSPELT = {
    "MEIDUM": Severity.MEDIUM,
    "MEDIIM": Severity.MEDIUM,
    "MINIR": Severity.MINOR,
}
_MARK = re.compile(r"\[?BUG\]?\s*[/:]?\s*")
_SEVERITY = re.compile(r"([A-Za-z]+)\b\s*[:;]?\s*")
_SUBSYSTEM = re.compile(r"([\w.+-]+(?:/[\w.+-]+)*(?:, ?[\w./+-]+)*)\s*[:;](?:\s|$)")


def is_bug_subject(subject: str) -> bool:
    """Whether haproxy.org's pages would list a commit of this subject."""
    return subject.startswith(("BUG", "[BUG"))


def read_subject(subject: str) -> tuple[Severity, str]:
    """Read severity and subsystem off the subject of a fix.

    Upstream's forms are ``BUG/MINOR: ssl: ...``, ``BUG: ssl: ...`` and, until 1.4, ``[BUG] ...``;
    its slips (a misspelt severity, a colon for the slash, a missing colon) read as meant.

    Returns:
        The severity, and the subsystem in lower case with hyphens ("" if none is named).
    """
    mark = _MARK.match(subject)
    rest = subject[mark.end() :] if mark else subject
    severity = Severity.UNKNOWN
    word = _SEVERITY.match(rest)
    if word is not None and not word[1].islower():
        name = word[1].upper()
        found = _MISSPELT.get(name) or Severity.__members__.get(name)
        if found is not None:
            severity = found
        if found is not None or subject.startswith("BUG/"):
            rest = rest[word.end() :]
    tag = _SUBSYSTEM.match(rest)
    return severity, tag[1].lower().replace("_", "-") if tag else ""


def subject_key(subject: str) -> str:
    """A key of 12 hex by which the same subject is known again, its wording not stored.

    The words and digits count; case, white space, quotes and other punctuation do not, so that a
    scraped title, a line of a CHANGELOG and the commit itself give the same key.
    """
    words = " ".join(re.findall(r"\w+", subject.lower()))
    return hashlib.sha256(words.encode()).hexdigest()[:12]
