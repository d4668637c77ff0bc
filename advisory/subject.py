"""How upstream's subjects name a fix: severity, subsystem, and a key by which it is known again."""

from __future__ import annotations

import hashlib
import re

from advisory.bug import Severity

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
