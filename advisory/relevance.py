"""What a configuration says of the conditions under which a bug can happen.

Every line of an advisory's ``config`` must hold (advisory.conditions), each by itself: that two of
them hold in one proxy is not asked. What a configuration does not show is not taken for absent:
text that is cut, hidden or was not read, what an ``.if`` block or the environment decides, what
the command line or the Runtime API can add, and what HAProxy does of its own accord.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from advisory.bug import Advisory
from advisory.conditions import atoms_of
from advisory.config import Config, Line, Mode, Proxy, Section, is_hidden, target_of
from advisory.release import Release


class Truth(Enum):
    """Whether conditions hold; they are unknown where the configuration does not tell."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


class Relevance(NamedTuple):
    """Whether the conditions hold, the lines that show it or leave it open, and why in words."""

    verdict: Truth
    citations: tuple[Line, ...] = ()
    reasons: tuple[str, ...] = ()


# What HAProxy has without a line that asks for it: the condition, since which version, and how.
_H2 = "from 2.0 on HTTP/2 needs no such line: a connection may begin with its preface"
_IMPLIED = {
    "section resolvers": ("2.6", "2.6 and later make one of their own accord"),
    "keyword master-worker": ("1.8", "the command line can ask for it too (-W, -Ws)"),
    "keyword nbthread": ("2.0", "2.0 and later start several threads of their own accord"),
    "keyword option http-use-htx": ("2.0", "2.0 and later do so of their own accord"),
    **{f"argument bind {word}": ("2.0", _H2) for word in ("alpn", "npn", "proto")},
}
# Other spellings of a keyword: the section that they belong to, "" for any, and the words.
_SPELT_TOO = {
    ("option", "redispatch"): (("", ("redispatch",)), ("", ("redisp",))),
    ("stick-table",): (("peers", ("table",)),),
}
# A haterm proxy is an http one that answers by itself.
_MODES = {"http": frozenset(["http", "haterm"])}
_CITED = 3  # of many places that show the same


def relevance_of(
    advisory: Advisory, config: Config | None, release: Release | None = None
) -> Relevance:
    """Hold one advisory's conditions against a configuration; ``Judge`` is for many.

    Args:
        advisory: what a person said of the bug.
        config: the configuration, None where there is none.
        release: HAProxy's, where it is known: what it does of its own accord depends on it.
    """
    return Judge(config, release).relevance_of(advisory)


class Judge:
    """Holds advisories against one configuration; what was asked already is answered at once.

    Args:
        config: the configuration, None where there is none.
        release: HAProxy's, where it is known.
    """

    def __init__(self, config: Config | None, release: Release | None = None) -> None:
        self._facts = None if config is None else _Facts(config, release)
        self._answers: dict[str, Relevance] = {}

    def relevance_of(self, advisory: Advisory) -> Relevance:
        """Whether all conditions on the configuration hold; unknown where there are none."""
        if self._facts is None or not advisory.config:
            return Relevance(Truth.UNKNOWN)
        answers = []
        for condition in advisory.config:
            answer = self._answers.get(condition)
            if answer is None:
                answers_of_atoms = [self._facts.answer(atom) for atom in atoms_of(condition)]
                answer = self._answers[condition] = _any_of(answers_of_atoms)
            if answer.verdict is Truth.FAILS:
                return answer
            answers.append(answer)
        doubts = [answer for answer in answers if answer.verdict is Truth.UNKNOWN]
        return _joined(Truth.UNKNOWN, doubts) if doubts else _joined(Truth.HOLDS, answers)


class _Answer(NamedTuple):
    """The answer to one atom.

    ``missing`` names what was not found; ``reasons`` then tell why it may be there nevertheless.
    """

    verdict: Truth
    citations: tuple[Line, ...]
    reasons: tuple[str, ...]
    missing: str = ""


def _any_of(answers: list[_Answer]) -> Relevance:
    """The answer to alternatives: the first that holds, else all that may hold."""
    for answer in answers:
        if answer.verdict is Truth.HOLDS:
            return Relevance(Truth.HOLDS, answer.citations, answer.reasons)
    seen = [answer for answer in answers if not answer.missing]
    if seen or not answers:
        return _joined(Truth.UNKNOWN, seen)
    missing = ", ".join(answer.missing for answer in answers)
    for answer in answers:
        if answer.verdict is Truth.UNKNOWN:
            reason = f"{missing} is shown, but {answer.reasons[0]}"
            return Relevance(Truth.UNKNOWN, answer.citations, (reason,))
    return Relevance(Truth.FAILS, (), (f"the configuration has {missing}",))


def _joined(verdict: Truth, answers: Iterable[_Answer | Relevance]) -> Relevance:
    citations: dict[tuple[str, int], Line] = {}
    reasons: dict[str, None] = {}
    for answer in answers:
        citations.update({(line.source, line.number): line for line in answer.citations})
        reasons.update(dict.fromkeys(answer.reasons))
    return Relevance(verdict, tuple(citations.values()), tuple(reasons))


class _Case(NamedTuple):
    """A place that shows what was asked for, or may show it: then ``doubt`` says why only may."""

    words: str
    citations: tuple[Line, ...]
    doubt: str = ""


class _Facts:
    """What the atoms of conditions are asked of."""

    def __init__(self, config: Config, release: Release | None) -> None:
        self._config = config
        self._release = release
        self._heirs: dict[int, list[int]] = {}  # positions, by the id of what they inherit from
        self._odd = {(unread.line.source, unread.line.number) for unread in config.unread}
        self._disabled = {proxy.position for proxy in config.proxies if proxy.enabled is False}
        self._live = [proxy for proxy in config.proxies if proxy.enabled is not False]
        for proxy in self._live:
            self._heirs.setdefault(id(proxy.section.defaults), []).append(proxy.position)
        self._http = any(_runs_in(proxy, "http") is not False for proxy in self._live)

    def answer(self, atom: str) -> _Answer:
        kind, _, rest = atom.partition(" ")
        words = tuple(rest.split())
        if kind == "section":
            return self._judged(f"{rest} section", self._sections(rest), atom)
        if kind == "keyword":
            return self._judged(f"`{rest}`", self._keyword(words), atom)
        if kind == "argument":
            first, word = words
            noun = f"`{first}` line with `{word}`"
            return self._judged(noun, self._argument(first, word), atom)
        if kind == "mode":
            return self._judged(f"proxy in {rest} mode", self._mode(rest), atom)
        noun = "proxy in tcp mode that routes to one in http mode"
        return self._judged(noun, self._routes(), atom)

    def _judged(self, noun: str, cases: Iterable[_Case], atom: str) -> _Answer:
        sure: dict[str, _Case] = {}
        doubtful: dict[str, _Case] = {}
        for case in cases:
            (doubtful if case.doubt else sure).setdefault(case.words, case)
            if len(sure) > _CITED:
                break
        found = [*(sure or doubtful).values()]
        if not found:
            why, citations = self._why_not_absent(atom)
            verdict = Truth.UNKNOWN if why else Truth.FAILS
            return _Answer(verdict, citations, (why,), f"no {noun}")
        shown = found[:_CITED]
        reasons = [f"{case.words}: {case.doubt}" if case.doubt else case.words for case in shown]
        if len(found) > len(shown):
            reasons[-1] += " (and more)"
        citations = tuple(line for case in shown for line in case.citations)
        return _Answer(Truth.HOLDS if sure else Truth.UNKNOWN, citations, tuple(reasons))

    def _why_not_absent(self, atom: str) -> tuple[str, tuple[Line, ...]]:
        """Why what is not seen may be there nevertheless; "" where nothing speaks for it."""
        since, how = _IMPLIED.get(atom, ("", ""))
        if since and self._reaches(since) and (how is not _H2 or self._http):
            return how, ()
        if atom.startswith("argument server ") and self._reaches("2.4"):
            for _, line in self._config.lines.get("stats", ()):
                if _begins(line, ("stats", "socket")) and _has(line, "admin") is not False:
                    return "servers can be added over the stats socket", (line,)
        for line, reason in self._config.unread:
            return f"line {line.number} of {line.source} was not understood: {reason}", (line,)
        for gap in self._config.gaps:
            return f"that is not all of the configuration: {gap}", ()
        return "", ()

    def _reaches(self, since: str) -> bool:
        return self._release is None or self._release.order >= Release(since).order

    def _sections(self, kind: str) -> Iterator[_Case]:
        for position, section in enumerate(self._config.sections):
            if section.kind == kind and position not in self._disabled:
                odd = (section.line.source, section.line.number) in self._odd
                doubt = "its line was not understood" if odd else _arm(section.line)
                yield _Case(f"there is a section {_label(section)}", (section.line,), doubt)

    def _keyword(self, words: tuple[str, ...]) -> Iterator[_Case]:
        spellings = (("", words), *_SPELT_TOO.get(words, ()))
        for kind, spelling in spellings:
            cancelled = {
                position: line
                for modifier in ("no", "default")
                for position, line in self._config.lines.get(modifier, ())
                if _begins(line, (modifier, *spelling))
            }
            for position, line in self._lines(spelling[0]):
                section = self._config.sections[position]
                begins = _begins(line, spelling)
                if begins is False or (kind and section.kind != kind):
                    continue
                doubt = _arm(line) or _arm(section.line)
                if begins is None:
                    doubt = f"words of line {line.number} are not known"
                if position in cancelled and cancelled[position].number > line.number:
                    doubt = _arm(cancelled[position])
                    if not doubt:
                        continue
                elif cancelled and self._overruled(section, cancelled):
                    continue
                has = "may have" if doubt else "has"
                yield _Case(f"{_label(section)} {has} `{' '.join(spelling)}`", (line,), doubt)

    def _overruled(self, section: Section, cancelled: dict[int, Line]) -> bool:
        """Whether all who inherit a line take it back."""
        heirs = self._heirs.get(id(section.line), ())
        return bool(heirs) and all(
            position in cancelled and not cancelled[position].arm for position in heirs
        )

    def _argument(self, first: str, word: str) -> Iterator[_Case]:
        for position, line in self._lines(first):
            has = _has(line, word)
            if has is not False:
                section = self._config.sections[position]
                doubt = _arm(line) or _arm(section.line)
                if has is None:
                    doubt = f"words of line {line.number} are not known"
                verb = "may have" if doubt else "has"
                words = f"{_label(section)} {verb} a `{first}` line with `{word}`"
                yield _Case(words, (line,), doubt)

    def _lines(self, first: str) -> Iterator[tuple[int, Line]]:
        """The lines that begin with a word, without those of proxies that are disabled."""
        for position, line in self._config.lines.get(first, ()):
            if position not in self._disabled:
                yield position, line

    def _mode(self, mode: str) -> Iterator[_Case]:
        targets = {target_of(line) for proxy in self._live for line in proxy.routes}
        for proxy in self._live:
            runs = _runs_in(proxy, mode)
            if runs is False:
                continue
            section = proxy.section
            doubt = _doubt(proxy, runs)
            if section.kind == "backend" and section.name not in targets:
                doubt = doubt or "nothing is seen to route to it"
            verb = "may run" if doubt else "runs"
            words = f"{_label(section)} {verb} in {mode} mode ({_says(proxy, mode)})"
            yield _Case(words, _mode_lines(proxy, mode), doubt)

    def _routes(self) -> Iterator[_Case]:
        backends = [proxy for proxy in self._live if proxy.section.kind != "frontend"]
        by_name: dict[str, list[Proxy]] = {}
        for proxy in backends:
            known = 1 not in proxy.section.line.unknown
            by_name.setdefault(proxy.section.name if known else "", []).append(proxy)
        targets = {name: _Targets.of(found) for name, found in by_name.items()}
        any_of_them = _Targets.of(backends)
        for proxy in self._live:
            runs = _runs_in(proxy, "tcp")
            if runs is False:
                continue
            for line in proxy.routes:
                name = target_of(line)
                # A name that is not seen may be one that is hidden.
                named = targets.get(name, targets.get("")) if name else any_of_them
                target = named and named.http_for(proxy)
                if named is None or target is None:
                    continue
                doubt = _doubt(proxy, runs) or _arm(line) or named.doubt_for(proxy)
                if line.words[0] == "default_backend" and line is not proxy.routes[-1]:
                    doubt = doubt or "an .if block decides where it routes to"
                if not name and (self._config.gaps or self._config.unread):
                    doubt = doubt or "which backend it routes to is not known"
                yield _route_case(proxy, line, target, doubt)


class _Targets(NamedTuple):
    """Backends of which a line means one: some that may be in http mode, some that need not be.

    Two of each do: one of them may be the proxy that routes, and that to itself does not count.
    """

    http: list[Proxy]
    unsure: list[Proxy]

    @classmethod
    def of(cls, backends: list[Proxy]) -> _Targets:
        return cls(
            http=[proxy for proxy in backends if _runs_in(proxy, "http") is not False][:2],
            unsure=[proxy for proxy in backends if _doubt(proxy, _runs_in(proxy, "http"))][:2],
        )

    def http_for(self, proxy: Proxy) -> Proxy | None:
        return next((other for other in self.http if other is not proxy), None)

    def doubt_for(self, proxy: Proxy) -> str:
        for other in self.unsure:
            if other is not proxy:
                return f"that {_label(other.section)} is the one, and in http mode, is not known"
        return ""


def _begins(line: Line, words: tuple[str, ...]) -> bool | None:
    """Whether a line begins with these words; None where it hides too much to tell."""
    for position, word in enumerate(words):
        if position >= len(line.words):
            return False
        if not _is(line, position, word):
            return None if _may_be(line, position, word) else False
    return True


# On which word of a line its address is; what comes before that is a name.
_ADDRESS = {"bind": 1, "nameserver": 2, "peer": 2, "server": 2, "server-template": 3}


def _has(line: Line, word: str) -> bool | None:
    """Whether a line has the word behind its first; None where it hides too much to tell."""
    address = _ADDRESS.get(line.words[0], 0)
    begin, end = address + 1, len(line.words)
    if word[-1] == "@":
        begin, end = 1, address + 1 if address else end
    elif not line.unknown and "(" not in line.text:
        return word in line.words[begin:]  # by far the most lines, of ten thousand
    elif line.hides:
        begin = 1  # the first words may be missing
    places = range(begin, min(end, len(line.words)))
    if any(_is(line, position, word) for position in places):
        return True
    if any(_may_be(line, position, word) for position in places):
        return None
    return None if line.hides and word[-1] != "@" else False


def _is(line: Line, position: int, word: str) -> bool:
    """Whether a word is meant: ``word``, ``word(...)``, or an address where it ends in "@"."""
    text = line.words[position]
    known = _known(text) if position in line.unknown else text
    if word[-1] == "@":
        return word in known and any(part.startswith(word) for part in known.split(","))
    return text == word or known.startswith(word + "(")


def _may_be(line: Line, position: int, word: str) -> bool:
    """Whether a word may be the one, by what is known of it, which is its beginning if not all."""
    if position not in line.unknown:
        return False
    text = line.words[position]
    is_list = word[-1] == "@" and "," in text
    return is_hidden(text) or is_list or word.startswith(_known(text))


def _known(text: str) -> str:
    """What comes before that part of a word that is not known."""
    return re.split(r"(?i)\$|redacted", text, maxsplit=1)[0]


def _runs_in(proxy: Proxy, mode: str) -> bool | None:
    """Whether a proxy runs in a mode; None where it may."""
    wanted = _MODES.get(mode, {mode})
    known = [own.name in wanted for own in proxy.modes]
    if all(known):
        return True
    return None if any(known) or any(not own.name for own in proxy.modes) else False


def _doubt(proxy: Proxy, runs: bool | None) -> str:
    """Why a proxy need not be there, or not run in the mode asked for; "" if it must."""
    if not runs:
        return "its mode is not known for sure"
    if proxy.enabled is None:
        return "whether it is enabled is not known"
    return _arm(proxy.section.line)


def _arm(line: Line) -> str:
    return f"line {line.number} stands in an .if block" if line.arm else ""


def _route_case(proxy: Proxy, line: Line, target: Proxy, doubt: str) -> _Case:
    run, route = ("may run", "may route") if doubt else ("runs", "routes")
    words = (
        f"{_label(proxy.section)} {run} in tcp mode ({_says(proxy, 'tcp')})"
        f" and {route} to {_label(target.section)} in http mode"
    )
    lines = (*_mode_lines(proxy, "tcp"), line, *_mode_lines(target, "http"))
    return _Case(words, tuple({(line.source, line.number): line for line in lines}.values()), doubt)


def _decisive(proxy: Proxy, mode: str) -> Mode:
    """What says that a proxy runs, or may run, in a mode."""
    wanted = _MODES.get(mode, {mode})
    return next((own for own in proxy.modes if own.name in wanted), proxy.modes[0])


def _mode_lines(proxy: Proxy, mode: str) -> tuple[Line, ...]:
    line = _decisive(proxy, mode).line
    return (proxy.section.line,) if line is None else (proxy.section.line, line)


def _says(proxy: Proxy, mode: str) -> str:
    """Who says that a proxy runs in a mode."""
    line = _decisive(proxy, mode).line
    if line is None:
        return (
            "neither it nor its defaults says otherwise"
            if proxy.section.defaults
            else ("nothing says otherwise")
        )
    return (
        "it says so" if any(line is own for own in proxy.section.lines) else "its defaults say so"
    )


def _label(section: Section) -> str:
    """A section's kind and name, fit for a terminal."""
    text = f"{section.kind} {section.name}".strip()[:80]
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else "?" for sign in text)
