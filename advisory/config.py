"""A configuration of HAProxy: its sections, and what each proxy really is.

It reads, it does not validate. Lines are taken apart as HAProxy does it (``parse_line()`` in
src/tools.c): quotes, backslashes, comments, environment variables within double quotes. A keyword
that names a section begins one, wherever it stands; a file begins outside any section, while the
last ``defaults`` of the file before it still counts. Of ``.if`` blocks every arm is read.

What cannot be known stays unknown: words that come from the environment or were made unreadable
before the text was shown ("REDACTED"), lines that are no configuration, and what the text lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from advisory.conditions import SECTIONS

MODES = frozenset(["http", "tcp", "health", "log", "spop", "haterm"])
PROXIES = frozenset(["frontend", "listen", "backend"])


class Line(NamedTuple):
    """A line that says something: comments and empty lines are none.

    ``number`` counts from 1 in its ``source``; ``text`` is as written, without what surrounds it,
    and may hold control characters. ``unknown`` are the positions of words whose text is not, or
    not wholly, known; ``hides`` tells that words may be missing from there on. ``arm`` numbers the
    arm of an ``.if`` block that the line stands in, 0 where it is in none.
    """

    source: str
    number: int
    words: tuple[str, ...]
    text: str
    unknown: tuple[int, ...] = ()
    hides: bool = False
    arm: int = 0


class Unread(NamedTuple):
    """A line that was not understood, and why."""

    line: Line
    reason: str


class Section(NamedTuple):
    """A section: ``line`` is its header, ``lines`` are those below.

    ``name`` is "" where it has none; it is not the real one where the header's second word is
    unknown. ``defaults`` is the header of the defaults section that a proxy inherits from.
    """

    kind: str
    name: str
    line: Line
    lines: tuple[Line, ...]
    defaults: Line | None = None


class Mode(NamedTuple):
    """A mode that a proxy may run in: "" where it is not known, ``line`` where something says so.

    With no line it is HAProxy's own default, which is tcp.
    """

    name: str
    line: Line | None


class Proxy(NamedTuple):
    """A frontend, backend or listen section with what it inherits.

    ``position`` is that of its section in ``Config.sections``. One of ``modes`` is the real one.
    ``routes`` are its ``use_backend`` lines and then the ``default_backend`` line that counts (or
    those of which one counts). ``enabled`` is None where that hangs on an ``.if`` block.
    """

    section: Section
    position: int
    modes: tuple[Mode, ...]
    routes: tuple[Line, ...]
    enabled: bool | None


class Config(NamedTuple):
    """A configuration as far as it was shown.

    ``lines`` leads from a first word to each line that begins with it, with the position of its
    section. ``gaps`` say what shows that the text is not the whole, or hides something.
    """

    sections: tuple[Section, ...]
    proxies: tuple[Proxy, ...]
    unread: tuple[Unread, ...]
    gaps: tuple[str, ...]
    lines: Mapping[str, Sequence[tuple[int, Line]]]


# spoe-* are the sections of an SPOE filter's own file; ruleset is 1.5's.
_KINDS = SECTIONS | {"ruleset", "spoe-agent", "spoe-group", "spoe-message"}
_NAMELESS = frozenset(["global", "namespace_list", "traces"])
# The patterns are texts, compiled when first used: a report without a configuration needs none.
# What people write for what they do not show. It may stand for several words.
_HIDDEN = (
    r"(?i)[<\[(]?redacted[>\])]?|<[^%<>]*>|\[(?:\.{3}|…|snip)\]|<?\.{3,}>?|…|\*{3,}|x{3,}"
    r"|[x*](?:\.[x*]){3}(?::\w+)?"
)
# A sign of that, anywhere in a line; and of what else makes taking a line apart more than a split.
_HIDES = r"<|…|\.\.\.|\*\*\*|[xX*]\.[xX*]|XXX|xxx|[Rr][Ee][Dd][Aa][Cc][Tt][Ee][Dd]|\[snip"
_SPECIAL = rf"[\"'\\#\0\r]|{_HIDES}"
_QUOTED = r"'(?P<single>[^']*+)'|\"(?P<double>(?:[^\"\\]++|\\.)*+)\""
_WORD = rf"(?s)\s*+((?:[^\s\"'\\#]++|\\(?:.|$)|{_QUOTED})++)"
_PIECE = rf"(?s)(?P<plain>(?:[^\"'\\]++|\\(?:.|$))++)|{_QUOTED}"
_ESCAPE = r"(?s)\\(?:x([0-9a-fA-F]{2})|(.))"
_VARIABLE = r"(?s)\\.|(\$)"
_NAME = r"(?a)[\w.:-]*[\w-]"
_ADDRESS = r"(?a)[\w.:*@\[\],-]*:[0-9][\w.:*@\[\],-]*"


_compiled = cache(re.compile)


def is_section_header(line: str) -> bool:
    """Whether a line begins a section, told from prose as far as a line by itself allows.

    It must be a section's keyword with no more than a name, ``from NAME`` and, on a frontend or
    listen line as old configurations have it, an address.
    """
    first = line[:500].split(None, 1)[:1]
    if len(line) > 500 or not first or first[0].partition("#")[0] not in _KINDS:
        return False
    words, unknown, _, reason = _take_apart(line.strip())
    named = all(
        position in unknown or re.fullmatch(_NAME, word) or re.fullmatch(_ADDRESS, word)
        for position, word in enumerate(words)
    )
    return not reason and named and _is_header(words, unknown)


def _is_header(words: tuple[str, ...], unknown: tuple[int, ...]) -> bool:
    """Whether the words that follow a section's keyword fit it."""
    kind, count = words[0], len(words)
    if kind in _NAMELESS:
        return count == 1
    if kind == "defaults":
        return count <= 2 or (words[-2] == "from" and count <= 4)
    if kind in PROXIES:
        legacy = (
            count == 3 and kind != "backend" and (2 in unknown or re.fullmatch(_ADDRESS, words[2]))
        )
        return count == 2 or bool(legacy) or (count == 4 and words[2] == "from")
    return count == 2 or (count == 1 and kind == "crt-store")


def read_config(files: Iterable[tuple[str, str]]) -> Config:
    """Read a configuration, given as HAProxy reads it with one ``-f`` per file.

    Args:
        files: name and text of each file, in order; of a directory, in the order of their names.

    Returns:
        What was understood; any text has some value, an empty one where nothing was.
    """
    reader = _Reader()
    for source, text in files:
        reader.read(source, text)
    proxies = _proxies(reader)
    return Config(
        sections=tuple(reader.sections),
        proxies=proxies,
        unread=tuple(reader.unread),
        gaps=tuple(dict.fromkeys((*_gaps(reader.sections, proxies), *reader.gaps))),
        lines=reader.lines,
    )


class _Reader:
    """Gathers sections line by line."""

    def __init__(self) -> None:
        self.sections: list[Section] = []
        self.unread: list[Unread] = []
        self.gaps: list[str] = []
        self.lines: dict[str, list[tuple[int, Line]]] = {}
        self._header: Line | None = None
        self._below: list[Line] = []
        self._arms: list[int] = []  # those around the line, the innermost last
        self._arm_count = 0
        self._torn = False  # the arm that the section began in is over

    def read(self, source: str, text: str) -> None:
        """Read a file, from outside any section to its end."""
        special = _compiled(_SPECIAL).search
        for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
            stripped = raw.strip()
            if not stripped or stripped[0] == "#":
                continue
            arm = self._arms[-1] if self._arms else 0
            shown = stripped
            if "#" in shown and not ('"' in shown or "'" in shown or "\\" in shown):
                shown = shown.partition("#")[0]
            if not special(shown):
                self._add(Line(source, number, tuple(shown.split()), stripped, arm=arm))
                continue
            words, unknown, hides, reason = _take_apart(stripped)
            line = Line(source, number, words, stripped, unknown, hides, arm)
            if 0 in unknown and not reason:
                reason = "it hides what it says"
            if reason:
                self.unread.append(Unread(line, reason))
            if words and 0 not in unknown:
                self._add(line)
        self._close()
        if self._arms:
            self.gaps.append(f"{source} ends within an .if block")
            self._arms.clear()

    def _add(self, line: Line) -> None:
        first = line.words[0]
        if first[0] == ".":
            self._directive(line)
        elif first[0] == "[":
            pass  # a scope of an SPOE filter's file
        elif first in _KINDS:
            self._close()
            self._header, self._torn = line, False
            if not line.hides and not _is_header(line.words, line.unknown):
                self.unread.append(Unread(line, f"{first} is followed by more than a name"))
        elif self._header is None:
            self.unread.append(Unread(line, "it stands before any section"))
        else:
            if self._torn:
                self.unread.append(Unread(line, "its section began in an .if block that is over"))
            self._below.append(line)
            self.lines.setdefault(first, []).append((len(self.sections), line))

    def _directive(self, line: Line) -> None:
        """Follow ``.if`` blocks; what the others do has no bearing on what is configured."""
        first = line.words[0]
        if first in (".elif", ".else", ".endif"):
            if not self._arms:
                self.unread.append(Unread(line, f"{first} without .if"))
                return
            over = self._arms.pop()
            self._torn = self._torn or (self._header is not None and self._header.arm == over)
        if first in (".if", ".elif", ".else"):
            self._arm_count += 1
            self._arms.append(self._arm_count)

    def _close(self) -> None:
        """End the section that is being read, if there is one."""
        if self._header is not None:
            kind, *rest = self._header.words
            name = rest[0] if rest and rest[0] != "from" else ""
            self.sections.append(Section(kind, name, self._header, tuple(self._below)))
        self._header, self._below = None, []


def is_hidden(word: str) -> bool:
    """Whether a word stands for what its author does not show, such as REDACTED, ``***``, <ip>."""
    return _compiled(_HIDDEN).fullmatch(word) is not None


def _take_apart(text: str) -> tuple[tuple[str, ...], tuple[int, ...], bool, str]:
    """The words of a line, which of them are unknown, whether it hides some, and what is wrong."""
    words: list[str] = []
    unknown: list[int] = []
    hides, reason, at, ended = False, "", 0, False
    hiding = _compiled(_HIDES).search(text) is not None
    take = _compiled(_WORD).match
    while found := take(text, at):
        at = found.end()
        word, doubt = found[1], ""
        if "\\" in word or '"' in word or "'" in word:
            word, doubt = _unquoted(word)
            ended = ended or (not word and not doubt)
        if ended:
            continue  # HAProxy ignores an empty word and what follows it
        hidden = hiding and is_hidden(word)
        if doubt or hidden or (hiding and "redacted" in word.lower()):
            unknown.append(len(words))
        hides = hides or hidden or doubt == "words"
        words.append(word)
    rest = text[at:].lstrip()
    if rest and rest[0] != "#":
        reason = "a quote is left open"
        # Without a space before it, the quote belongs to the word before.
        begin = len(words) - (bool(words) and not ended and not text[at].isspace())
        unknown = [*(position for position in unknown if position < begin), begin]
        words[begin:] = ["".join((*words[begin:], rest))]
    if "\0" in text or "\r" in text:
        # HAProxy stops at either; what was meant is anyone's guess.
        reason = "it holds a NUL or a carriage return"
    return tuple(words), tuple(unknown), hides or reason != "", reason


def _unquoted(raw: str) -> tuple[str, str]:
    """A word without its quotes and escapes, and whether its text or how many it is are unknown.

    The latter is "text", or "words" where more may follow, or "".
    """
    parts = []
    doubt = ""
    for piece in _compiled(_PIECE).finditer(raw):
        part = piece[piece.lastgroup or 0]
        if piece.lastgroup == "double" and any(_compiled(_VARIABLE).findall(part)):
            doubt = "words" if "[*]" in part or doubt == "words" else "text"
        if piece.lastgroup != "single" and "\\" in part:
            unescaped = _unescaped_quoted if piece.lastgroup == "double" else _unescaped
            part = _compiled(_ESCAPE).sub(unescaped, part)
        parts.append(part)
    if piece.lastgroup == "plain" and (len(raw) - len(raw.rstrip("\\"))) % 2:
        doubt = "words"  # a backslash stands for itself at the end, unless the line was cut there
    return "".join(parts), doubt


_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", **{sign: sign for sign in " \\#'\""}}


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _ESCAPES.get(match[2], match[0])


def _unescaped_quoted(match: re.Match[str]) -> str:
    return "$" if match[2] == "$" else _unescaped(match)


class _State(NamedTuple):
    """What a proxy or defaults section settles, for itself or for those that inherit from it."""

    modes: tuple[Mode, ...] = (Mode("tcp", None),)
    default_backend: tuple[Line, ...] = ()
    enabled: bool | None = True
    defaults: Line | None = None


def _proxies(reader: _Reader) -> tuple[Proxy, ...]:
    """Let every proxy inherit; fills in ``Section.defaults`` and notes what cannot be found."""
    latest = _State()
    named: dict[str, _State] = {}
    proxies = []
    for position, section in enumerate(reader.sections):
        is_defaults = section.kind == "defaults"
        if not is_defaults and section.kind not in PROXIES:
            continue
        state = _State() if is_defaults else latest
        words, unknown = section.line.words, section.line.unknown
        if "from" in words[-2:-1]:
            parent = words[-1]
            known = len(words) - 1 not in unknown
            state = named.get(parent, _UNKNOWN) if known else _UNKNOWN
            if state is _UNKNOWN:
                reader.gaps.append(
                    f"no defaults section named {parent} is shown"
                    if known
                    else "it hides which defaults a section inherits from"
                )
        section = section._replace(defaults=state.defaults)
        reader.sections[position] = section
        state, rules = _settled(section, state)
        if is_defaults:
            state = state._replace(defaults=section.line)
            named[section.name] = state
            # Whether a defaults section in an arm of an .if block is read is not known.
            latest = _merged(latest, state) if section.line.arm else state
        else:
            routes = (*rules, *state.default_backend) if section.kind != "backend" else ()
            proxies.append(Proxy(section, position, state.modes, routes, state.enabled))
    return tuple(proxies)


_UNKNOWN = _State(modes=(Mode("", None),), enabled=None)


def _settled(section: Section, state: _State) -> tuple[_State, list[Line]]:
    """What the lines of a section make of what it inherits, and its ``use_backend`` lines."""
    modes, backends, enabled, defaults = state
    rules = []
    for line in section.lines:
        certain = line.arm in (0, section.line.arm)
        first = line.words[0]
        if first == "mode":
            mode = Mode(_mode(line), line)
            modes = (mode,) if certain else _united(modes, (mode,))
        elif first == "default_backend":
            backends = (line,) if certain else _either(backends, (line,))
        elif first == "use_backend":
            rules.append(line)
        elif first in ("enabled", "disabled"):
            says = first == "enabled"
            enabled = says if certain or enabled == says else None
    return _State(modes, backends, enabled, defaults), rules


def _mode(line: Line) -> str:
    known = len(line.words) > 1 and not line.unknown and line.words[1] in MODES
    return line.words[1] if known else ""


def _merged(one: _State, other: _State) -> _State:
    """What is inherited where either may be the one that counts."""
    return _State(
        modes=_united(one.modes, other.modes),
        default_backend=_either(one.default_backend, other.default_backend),
        enabled=one.enabled if one.enabled == other.enabled else None,
        defaults=other.defaults,
    )


def _united(one: tuple[Mode, ...], other: tuple[Mode, ...]) -> tuple[Mode, ...]:
    return tuple({mode.name: mode for mode in (*one, *other)}.values())


def _either(one: tuple[Line, ...], other: tuple[Line, ...]) -> tuple[Line, ...]:
    lines = (*one, *other)
    # Of very many, any may be the one; then one line stands for all.
    return lines if len(lines) <= 8 else (lines[-1]._replace(unknown=(1,)),)


def _gaps(sections: list[Section], proxies: tuple[Proxy, ...]) -> Iterable[str]:
    """What shows that a text is not a whole configuration: HAProxy could not start from it."""
    kinds = {section.kind for section in sections}
    if "global" not in kinds:
        yield "no global section is shown"
    if not kinds & {"frontend", "listen"}:
        yield "no frontend or listen section is shown"
    names = {proxy.section.name for proxy in proxies if proxy.section.kind != "frontend"}
    hidden = any(1 in proxy.section.line.unknown for proxy in proxies)
    for proxy in proxies:
        for line in proxy.routes:
            name = target_of(line)
            if name and name not in names and not hidden:
                yield f"no backend named {name} is shown"


def target_of(line: Line) -> str:
    """The backend that a ``use_backend`` or ``default_backend`` line names, "" where none is known.

    A name made from the request (``%[...]``) may come out as any backend's.
    """
    if len(line.words) < 2 or 1 in line.unknown or "%" in line.words[1]:
        return ""
    return line.words[1]
