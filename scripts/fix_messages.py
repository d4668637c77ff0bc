"""What the message of a fix says of it: issues, culprits, where to backport it, what it takes back.

Text in, values out: nothing here asks git. The rules are what the messages of 1.3 to 3.4 need;
where a single message would need a rule of its own, data/corrections.csv says what it means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from advisory.release import branch_order
from advisory.subject import subject_key

_ID = r"[0-9a-f]{7,40}"

_PICKED_FROM = re.compile(rf"cherry[- ]picked from commit ({_ID})")
_NOTE_OF_PICK = re.compile(r"\(?cherry[- ]picked from commit")
_TRAILER = re.compile(r"^\s*(?:[A-Z][\w-]+-[Bb]y:|Co-authored|Cc:).*$", re.MULTILINE)
_ADAPTATION = re.compile(r"\[\w{2,3}\s*:\s*for\b[^\]]*\]", re.IGNORECASE)


def picked_from(body: str) -> tuple[str, ...]:
    """The commits that a cherry-pick names as its origins, the first (mainline) one first."""
    return tuple(_PICKED_FROM.findall(body))


def prose_of(body: str) -> str:
    """The message as its author sent it.

    What follows the first note of a cherry-pick concerns the branch that it went to; trailers, and
    remarks in brackets on how it was adapted, say nothing of the bug.
    """
    return _ADAPTATION.sub("", _TRAILER.sub("", _NOTE_OF_PICK.split(body, maxsplit=1)[0]))


# A frame of a stack, and the number of another tracker.
_NOT_AN_ISSUE = re.compile(
    r"^.*#\d{1,2}[ \t]+(?:0x[0-9a-f]{4,}|<signal|\w+[ \t]*\().*$|\bredmine\b[^\d#]{0,12}#?\d+",
    re.IGNORECASE | re.MULTILINE,
)
# One digit counts only after a word: "#1" by itself numbers a list, a thread, an argument.
_ISSUE = re.compile(
    r"(?:\b(?:issues?|GH)\s*#?|(?<![\w&])#(?=\d\d)|haproxy/issues/)(\d{1,4})\b", re.IGNORECASE
)


def issues_of(message: str) -> list[int]:
    """The issues and pull requests of the project on GitHub that a whole message names, sorted."""
    text = _NOT_AN_ISSUE.sub("", message)
    return sorted({int(number) for number in _ISSUE.findall(text)} - {0})


_THE_COMMIT = (
    r"(?:(?:the|this) )?(?:(?:recent|following|previous|mainline|upstream|last|initial) )*"
    rf"(?:commits?|patch|fix)? ?[:.]? ?(?:commit )?[(\"'\[]*({_ID})\b"
)
# The forms in which a message names the commit that brought the bug in. One that only made it
# visible ("revealed by", "due to") is no culprit.
_CULPRIT_FORMS = (
    r"\b(?:introduced?|brought|added|appeared|arrived|came|caused|broken)"
    r"(?: in [\d.]+(?:-\w+)?| recently| lately| here| there)?"
    rf" (?:by|in|with|since|when|as a side effect of) {_THE_COMMIT}",
    r"\b(?:bug|issue|problem|regression|mistake|typo|error)"
    rf" (?:was |is |exists )?(?:present |there )?(?:from|in|of|as of) {_THE_COMMIT}",
    rf"(?<!visible )\bsince {_THE_COMMIT}",
    rf"\bfixes (?:the |recent )*commit ({_ID})\b",
    rf"\b{_THE_COMMIT} ?(?:\([^)]*\) ?)?,? ?introduced (?:an?|the|this|another) (?:[\w-]+ ){{0,3}}?"
    r"(?:bug|regression|problem|issue|leak|crash|free|deadlock|error|race|typo|mistake)",
)
_CULPRIT = re.compile("|".join(_CULPRIT_FORMS), re.IGNORECASE)
_FIXES_LINE = re.compile(
    rf"^\s*fixes\s*:\s*(?:commit\s+)?[\"'(]*({_ID})\b", re.IGNORECASE | re.MULTILINE
)


def culprits_of(prose: str) -> list[str]:
    """The commits that the message says brought the bug in, as it writes them."""
    sentences = _CULPRIT.finditer(" ".join(prose.split()))
    named = [next(group for group in match.groups() if group) for match in sentences]
    return named + _FIXES_LINE.findall(prose)


_SENTENCE_END = re.compile(r"(?<=[.;!?])\s+(?=[A-Z(\[])|\n\s*\n")
_BACKPORT = re.compile(r"\bback-?port|\bmerged (?:in|into|to)\b", re.IGNORECASE)
_NO_BACKPORT = re.compile(
    r"\bno (?:need (?:to|for)(?: an?| any)? )?back-?port"
    r"|(?:not|n't|never)(?: (?:be|to|need|needed|have|necessary|required|worth|really|strictly))+"
    r" back-?port",
    re.IGNORECASE,
)
_BRANCH = re.compile(r"(?<![\w.-])v?([1-4]\.\d{1,2})(?![\w-]|\.\d)")
_EVERY_BRANCH = re.compile(
    r"\b(?:all|every|each)\b[\w\s-]{0,24}\b(?:version|branche?|release|stable)s?\b|\beverywhere\b"
    r"|\b(?:to|in|into) (?:the |older |maintained )*(?:stable|supported|maintained)"
    r" (?:version|branche|release)s\b",
    re.IGNORECASE,
)
# After "all versions": those that hold some commit, which are not all.
_THAT_HOLD_A_COMMIT = re.compile(
    r" (?:the|this|that|(?:\w+ )?(?:where\w*|containing|including|having|using)|with the)"
    rf" (?:\w+ ){{0,4}}?(?:above|commit|patch|fix|{_ID})\b| {_ID}\b",
    re.IGNORECASE,
)
# How a sentence begins that still speaks of the backport that the one before it asked for.
_GOES_ON = re.compile(r"(?:So|Thus|It means|This means|For now|Theor\w+|At least)\b")


def backport_to(prose: str) -> str:
    """The oldest branch that the message asks for, ``all`` for every maintained one, or ""."""
    branches: list[str] = []
    every = False
    for wanted, sentence in _requests(prose):
        branches += _BRANCH.findall(wanted) or _BRANCH.findall(sentence)
        every = every or any(
            not _THAT_HOLD_A_COMMIT.match(wanted, found.end())
            for found in _EVERY_BRANCH.finditer(wanted)
        )
    if branches:
        return min(branches, key=branch_order)
    return "all" if every else ""


def _requests(prose: str) -> list[tuple[str, str]]:
    """Each sentence that asks for a backport: from the word on, and whole."""
    found = []
    before = False
    for text in _SENTENCE_END.split(prose):
        sentence = " ".join(text.split())
        asks = _BACKPORT.search(sentence)
        goes_on = before and _GOES_ON.match(sentence)
        before = asks is not None
        if (asks or goes_on) and not _NO_BACKPORT.search(sentence):
            found.append((sentence[asks.start() :] if asks else sentence, sentence))
    return found


@dataclass(frozen=True, slots=True)
class Revert:
    """What a message takes back: the subject that it quotes, and commits by their ids.

    ``of_revert`` tells that it takes back a revert: the fix of that subject is there again.
    """

    subject: str = ""
    of_revert: bool = False
    commits: tuple[str, ...] = ()


_QUOTED = re.compile(r"""revert\s*:?\s*["'](.+)["']\s*""", re.IGNORECASE)
_WHOLE_REVERT = re.compile(r"^This reverts commit ([0-9a-f]{40})\.?$", re.MULTILINE)
_REVERTED = re.compile(
    r"\brevert(?:s|ing|ed)?\s+(?:the\s+|upstream\s+|following\s+)*"
    r"(?:(?:commits?|patch(?:es)?)\s*[;:]?\s+)?"
    rf"((?:(?:\*\s+)?{_ID}\b(?:[ \t]+[A-Z][A-Z/]+:[^\n]*)?[\s,.]*(?:and\s+)?)+)",
    re.IGNORECASE,
)


def read_revert(subject: str, body: str) -> Revert:
    """Read what a commit takes back whole.

    Where the subject does not say that it reverts, only git's own line with a full id counts: a
    fix often tells which part of an earlier one it undoes.
    """
    if "revert" not in subject.lower():
        return Revert(commits=tuple(_WHOLE_REVERT.findall(body)))
    lists = _REVERTED.findall(f"{subject}\n{body}")
    commits = tuple(commit for text in lists for commit in re.findall(rf"\b{_ID}\b", text))
    quoted = _QUOTED.fullmatch(subject.strip())
    if quoted is None:
        return Revert(commits=commits)
    inner = _QUOTED.fullmatch(quoted[1].strip())
    if inner is not None:
        return Revert(subject=inner[1], of_revert=True, commits=commits)
    return Revert(subject=quoted[1], commits=commits)


_VARIES = re.compile(r"^\[?BUG\]?(?:\s*/\s*[A-Z]+)?|\(?\bv\d\)?\s*$")


def flaw_key(subject: str) -> str:
    """The subject's key less what may change when a fix comes again: severity, a last "v2"."""
    return subject_key(_VARIES.sub("", subject))
