"""A first kind for a bug, from the words of its subject or message; a person has the last word.

The rules are a table, tried from the top. What they are worth is stated in docs/advisories.md.
"""

from __future__ import annotations

import re

from advisory.bug import Kind

_RULES: tuple[tuple[Kind, str], ...] = (
    (
        Kind.OTHER,
        r"(information|info|data|header|secret|credential)s? leak|leak\w* (of )?(info|data)",
    ),
    (
        Kind.FD_LEAK,
        r"\b(fds?|file ?descriptors?|descriptors?|sockets?|pipes?)\b[\w\s-]{0,20}\bleak",
    ),
    (
        Kind.FD_LEAK,
        r"\bleak\w*\b[\w\s()-]{0,24}\b(fds?|file ?descriptors?|descriptors?|sockets?)\b",
    ),
    (
        Kind.STUCK_OBJECT,
        r"\b(connections?|conns?|streams?|slots?|sessions?|locks?|refcounts?)\b( slot)? leak",
    ),
    (
        Kind.STUCK_OBJECT,
        r"\bleak\w* (of |the |some |idle )*(connections?|streams?|slots?|locks?|refcount)",
    ),
    (Kind.MEMORY_LEAK, r"leak"),
    (
        Kind.MEMORY_SAFETY,
        r"use[- ]after[- ]free|\buaf\b|double[- ]free|out[- ]of[- ]bounds?|overflow",
    ),
    (Kind.MEMORY_SAFETY, r"over-?read|uninitiali[sz]ed|dangling|memory corruption|buffer overrun"),
    (Kind.CRASH, r"crash|segv|segfault|sigsegv|null[- ]?(pointer|deref)|\babort|bug_on|panic"),
    (Kind.HANG, r"dead ?lock|live ?lock|(infinite|endless) loop|\bhang|watchdog|freez|busy.?loop"),
    (Kind.HANG, r"\b(spin|stuck|stall)\w*|100% (of )?cpu|wake.?up loop|cpu (usage|loop)"),
    (Kind.RACE, r"\brac(e|y|ing)\b|thread.?safe"),
)
_SUBJECT_RULES = tuple((kind, re.compile(words, re.IGNORECASE)) for kind, words in _RULES)
_MESSAGE_RULES = (
    *_SUBJECT_RULES[:5],
    (
        Kind.MEMORY_LEAK,
        re.compile(
            r"leak|(never|not|n't|without)( \w+){0,2} "
            r"(freed|released|destroyed|deallocated|freeing|releasing)"
            r"|(forg[oe]t\w*|missing|missed|lack\w*)( \w+){0,3} (to )?(free|release|destroy)",
            re.IGNORECASE,
        ),
    ),
    *_SUBJECT_RULES[6:],
)
_NOT_SERVING = re.compile(
    r"\bdeinit|\b(at|on|upon|during) (exit|startup|start-up|boot|shutdown|stop|init\w*)\b"
    r"|\bpars(e|er|ing)\b|config(uration)? (check|error|parsing|file)"
    r"|\bstartup\b|valgrind|\basan\b",
    re.IGNORECASE,
)
_SERVING = re.compile(
    r"(each|every|per)[ -](request|connection|stream|session|response|reload|handshake)"
    r"|at run-?time|over time|keeps? growing|grow(s|ing)|memory usage",
    re.IGNORECASE,
)


def _first(rules: tuple[tuple[Kind, re.Pattern[str]], ...], text: str) -> Kind:
    return next((kind for kind, words in rules if words.search(text)), Kind.OTHER)


def kind_of_subject(subject: str) -> Kind:
    """The kind that a subject (or scraped title) names; ``OTHER`` if it names none."""
    return _first(_SUBJECT_RULES, subject)


def kind_of_message(message: str) -> Kind:
    """The kind that the body of a message names; it also finds leaks that are not called so."""
    return _first(_MESSAGE_RULES, message)


def grows_at_run_time(text: str) -> bool | None:
    """Whether the words put a leak into a serving process (True), elsewhere (False), or neither."""
    if _SERVING.search(text):
        return True
    return False if _NOT_SERVING.search(text) else None
