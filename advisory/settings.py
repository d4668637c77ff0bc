"""What ``hapadvise.toml`` says: defaults of options, and bugs that are ignored.

docs/settings.md describes the file. It is looked for in the current folder and in the user's own;
one that lies in the current folder may be anybody's, so it must not say what is run, asked or
written to.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from advisory.errors import ParseError
from advisory.ignores import Ignore

FILE = "hapadvise.toml"
LARGEST_FILE = 1 << 20
NEVER = frozenset({"exec", "settings"})
"""Options that no file may set."""
TRUSTED = NEVER | {"base-url", "db", "host", "output", "socket", "url"}
"""Options that a file in the current folder may not set, unless it was named."""
_IGNORE_KEYS = ("bug", "reason", "until")
Check = Callable[[Any], Any]
"""Gives the value that an option makes of one in the file.

Raises:
    ValueError: the option takes no such value; its text says why.
"""


class Settings(NamedTuple):
    """``source`` is the file, "" for none; ``defaults`` are by command, then by option."""

    source: str = ""
    defaults: Mapping[str, Mapping[str, Any]] = {}
    ignores: tuple[Ignore, ...] = ()


def load_settings(
    named: str | None,
    commands: Mapping[str, Mapping[str, Check]],
    environment: Mapping[str, str],
) -> Settings:
    """Read the settings: of the file that was named, else of the first that there is.

    Args:
        named: the file to read; None to look in the current folder and in the user's.
        commands: the options of every command, as they are typed, without the dashes.
        environment: the variables of the process.

    Raises:
        ParseError: the file was named and cannot be read, or says what no settings say.
    """
    if named:
        return read_settings(_read(named, needed=True) or b"", commands, source=named)
    for name in (FILE, _own(environment)):
        data = _read(name, needed=False) if name else None
        if data is not None:
            forbidden = TRUSTED if name == FILE else NEVER
            return read_settings(data, commands, source=name, forbidden=forbidden)
    return Settings()


def _own(environment: Mapping[str, str]) -> str:
    home = environment.get("HOME")
    base = environment.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    return f"{base}/hapadvise/{FILE}" if base else ""


def _read(name: str, *, needed: bool) -> bytes | None:
    try:
        with open(name, "rb") as file:  # noqa: PTH123  (pathlib is slow to import)
            data = file.read(LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        if not needed:
            return None
        raise ParseError("there is no such file; see docs/settings.md", source=name) from error
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ParseError(f"cannot be read ({reason})", source=name) from error
    if len(data) > LARGEST_FILE:
        raise ParseError(f"is larger than {LARGEST_FILE >> 20} MiB", source=name)
    return data


def read_settings(
    data: bytes,
    commands: Mapping[str, Mapping[str, Check]],
    *,
    source: str,
    forbidden: frozenset[str] = NEVER,
) -> Settings:
    """Read the text of a settings file.

    Args:
        data: TOML in UTF-8. A key at the top is an option of every command that has it, a table one
            command's; ``[[ignore]]`` names a bug, the reason, and maybe the last day.
        commands: the options of every command, as they are typed, without the dashes.
        source: the file, for messages.
        forbidden: options that it may not set.

    Raises:
        ParseError: it is no TOML, names what there is not, or a value that an option does not take.
    """
    import tomllib

    try:
        found = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"is no TOML ({error})", source=source) from error
    entries = found.pop("ignore", [])
    if not isinstance(entries, list):
        raise ParseError("ignore: write [[ignore]]", source=source)
    ignores = tuple(_ignore(entry, number, source) for number, entry in enumerate(entries, 1))
    defaults: dict[str, dict[str, Any]] = {name: {} for name in commands}
    # The keys at the top first: a command's own table says more.
    for key, value in sorted(found.items(), key=lambda item: isinstance(item[1], dict)):
        for command, option, choice, where in _choices(key, value, commands, source):
            check = commands[command][option]
            defaults[command][option] = _checked(option, choice, check, forbidden, where, source)
    return Settings(source, {name: one for name, one in defaults.items() if one}, ignores)


def _choices(
    key: str, value: Any, commands: Mapping[str, Mapping[str, Check]], source: str
) -> Iterator[tuple[str, str, Any, str]]:
    """What a key says: commands, options, values, and how messages call it."""
    if not isinstance(value, dict):
        having = [name for name, options in commands.items() if key in options]
        if not having:
            raise ParseError(f"{key}: no option is called so", source=source)
        yield from ((name, key, value, key) for name in having)
        return
    if key not in commands:
        raise ParseError(f"[{key}]: no command is called so", source=source)
    for option, choice in value.items():
        if option not in commands[key]:
            raise ParseError(f"{key}.{option}: '{key}' has no such option", source=source)
        yield key, option, choice, f"{key}.{option}"


def _checked(
    key: str, value: Any, check: Check, forbidden: frozenset[str], where: str, source: str
) -> Any:
    if key in forbidden:
        why = (
            "may not be set in a file"
            if key in NEVER
            else f"may not be set by a file that lies in the current folder; name it: --settings "
            f"{source}"
        )
        raise ParseError(f"{where}: {why}", source=source)
    try:
        return check(value)
    except ValueError as error:
        raise ParseError(f"{where}: {error}", source=source) from error


def _ignore(entry: Any, number: int, source: str) -> Ignore:
    where = f"[[ignore]] number {number}"
    if not isinstance(entry, dict):
        raise ParseError(f"{where}: write bug = and reason = below it", source=source)
    unknown = sorted(entry.keys() - set(_IGNORE_KEYS))
    if unknown:
        raise ParseError(f"{where}: there is no key {unknown[0]}", source=source)
    bug, reason, until = (entry.get(key, "") for key in _IGNORE_KEYS)
    if not isinstance(bug, str) or not re.fullmatch(r"#?[0-9]{1,5}|[0-9a-fA-F]{6,40}", bug):
        raise ParseError(
            f"{where}: bug: six hex digits or more of its id or of a fix, or an issue, in quotes",
            source=source,
        )
    if not isinstance(reason, str) or not reason.strip():
        raise ParseError(f"{where}: reason: say why bug {bug} is ignored", source=source)
    if type(until) is datetime.date:
        until = until.isoformat()
    elif until != "":
        raise ParseError(f"{where}: until: a day, without quotes: 2027-01-31", source=source)
    return Ignore(bug, reason.strip(), until, source)
