"""The parts of a text: builds, answers of the Runtime API, a configuration, in any mixture."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from typing import NamedTuple

from advisory.build import Build, read_builds
from advisory.config import Config, is_section_header, read_config
from advisory.errors import ParseError
from advisory.info import ProcessInfo, read_info
from advisory.pools import PoolDump, read_pools

# No keyword of HAProxy begins with a capital: a line that does is prose, or another part. A fence
# ends what it began.
_PROSE = re.compile(r"[A-Z][\w']*[a-z]|[A-Z] |HA-|- Pool |```|~~~")
_QUOTE = r"(?m)^(?:>[ \t]?)+"
_PROXIES = ("global", "defaults", "frontend", "backend", "listen")


class Parts(NamedTuple):
    """What a text holds, each in the order in which it comes; ``rss`` in kB."""

    builds: tuple[Build, ...] = ()
    dumps: tuple[PoolDump, ...] = ()
    infos: tuple[ProcessInfo, ...] = ()
    config_text: str = ""
    rss: tuple[int, ...] = ()


def read_parts(text: str, *, source: str) -> Parts:
    """Find the parts of a text.

    Args:
        text: as pasted: with prose around, in any order.
        source: the file or option it comes from, for messages.

    Raises:
        ParseError: it holds none of them; what ``read_builds`` says of it.
    """
    sizes = re.findall(r"\bVmRSS:\s{0,9}(\d{1,12}) kB", text)
    parts = Parts(config_text=config_in(text), rss=tuple(map(int, sizes)))
    if "Pool " in text:
        with contextlib.suppress(ParseError):
            parts = parts._replace(dumps=read_pools(text, source=source))
    if "axconn" in text or "Uptime" in text:
        with contextlib.suppress(ParseError):
            parts = parts._replace(infos=read_info(text, source=source))
    try:
        return parts._replace(builds=read_builds(text, source=source))
    except ParseError:
        if parts == Parts():
            raise
        return parts


def config_in(text: str) -> str:
    """The text with every line emptied that is not of a configuration; "" if there is none.

    A configuration begins with the header of a section and ends before a line of prose, so that the
    numbers of its lines are those of the text.
    """
    kept: list[str] = []
    inside = found = False
    for line in (re.sub(_QUOTE, "", text) if ">" in text else text).split("\n"):
        if is_section_header(line):
            inside = True
            found = found or line.split(None, 1)[0] in _PROXIES
        elif inside and _PROSE.match(line.lstrip() if line[:1].isspace() else line):
            inside = False
        kept.append(line if inside else "")
    return "\n".join(kept) if found else ""


def read_config_parts(texts: Iterable[tuple[str, str]]) -> Config | None:
    """The configuration of several texts, in their order; None if there is none.

    Args:
        texts: source and text of each, as ``config_in`` gives them.
    """
    files = [(source, text) for source, text in texts if text.strip()]
    return read_config(files) if files else None
