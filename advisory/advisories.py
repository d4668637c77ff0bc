"""The curated advisories in ``data/advisories``: one TOML file per flaw, checked when it is read.

docs/advisories.md says what each field means and how leaks are judged.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from advisory.bug import Advisory, Kind, LostObject
from advisory.conditions import FEATURES, atoms_of
from advisory.errors import ParseError

KINDS = {Kind.MEMORY_LEAK, Kind.FD_LEAK, Kind.STUCK_OBJECT, Kind.NOT_A_LEAK}
GROWTHS = (
    "per-request",
    "per-connection",
    "periodic",
    "per-cli-command",
    "per-reload",
    "on-error-path",
    "per-config-parse",
    "at-exit",
)
CONFIDENCES = ("high", "medium", "low")
SAID_BY = ("subject", "message", "diff", "issue")
CONDITIONS = {"features", "target", "config"}
LENGTHS = {"summary": 160, "trigger": 240, "workaround": 200}
_COMMIT = re.compile(r"[0-9a-f]{6,12}")


def read_advisories(folder: Path) -> dict[str, Advisory]:
    """Read every advisory of a folder, by the id of its bug (the file's name).

    Raises:
        ParseError: a file is no TOML, or a field is unknown, missing, too long or not of its form.
    """
    found = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ParseError(f"is no UTF-8: {error}", source=str(path)) from error
        found[path.stem] = read_advisory(text, source=str(path))
    return found


def read_advisory(text: str, *, source: str) -> Advisory:
    """Read one advisory.

    Raises:
        ParseError: as for ``read_advisories``.
    """
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParseError(f"is no TOML: {error}", source=source) from error
    conditions = fields.pop("conditions", {})
    if (
        not isinstance(conditions, dict)
        or set(conditions) - CONDITIONS
        or CONDITIONS.intersection(fields)
    ):
        raise ParseError(
            "features, target and config belong under [conditions], and nothing else does",
            source=source,
        )
    fields.update(conditions)
    for name, value in fields.items():
        check = _CHECKS.get(name)
        if check is None:
            raise ParseError(
                f"{name} is no field of an advisory; see docs/advisories.md", source=source
            )
        if not check(value):
            raise ParseError(
                f"{name} = {value!r} is not allowed; see docs/advisories.md", source=source
            )
    is_leak = fields.get("kind") != Kind.NOT_A_LEAK.value
    required = {"kind", "summary", "confidence", "said_by"} | (
        {"runtime", "growth", "trigger"} if is_leak else set()
    )
    missing = sorted(required - set(fields))
    if missing:
        raise ParseError(f"lacks {', '.join(missing)}", source=source)
    if fields.get("runtime") and fields.get("growth") in ("per-config-parse", "at-exit"):
        raise ParseError(f"growth {fields['growth']} does not happen at run time", source=source)
    lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    objects = tuple(LostObject(**item) for item in fields.get("objects", ()))
    return Advisory(**{**fields, **lists, "objects": objects, "kind": Kind(fields["kind"])})


def _one_of(*values: str) -> Callable[[Any], bool]:
    return lambda value: value in values


def _line(name: str) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, str) and 0 < len(value.strip()) <= LENGTHS[name] and "\n" not in value
    )


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_commit(value: Any) -> bool:
    return isinstance(value, str) and _COMMIT.fullmatch(value) is not None


def _each(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, list) and bool(value) and all(check(item) for item in value)
    )


def _is_object(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and {"name"} <= set(value) <= {"name", "pool", "size"}
        and all(isinstance(text, str) and text for text in (value["name"], value.get("pool", "-")))
        and type(size := value.get("size", 1)) is int  # TOML's true is an int too
        and size > 0
    )


def _is_version(value: Any) -> bool:
    return (
        isinstance(value, str)
        and re.fullmatch(r"\d+\.\d+(\.\d+){0,2}(-(dev|rc)\d+)?", value) is not None
    )


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "kind": _one_of(*(kind.value for kind in KINDS)),
    "runtime": _is_flag,
    "growth": _one_of(*GROWTHS),
    "needs_oom": _is_flag,
    "bounded": _is_flag,
    "summary": _line("summary"),
    "trigger": _line("trigger"),
    "workaround": _line("workaround"),
    "confidence": _one_of(*CONFIDENCES),
    "said_by": _each(_one_of(*SAID_BY)),
    "related": _each(_is_commit),
    "since_commit": _is_commit,
    "since_version": _is_version,
    "objects": _each(_is_object),
    "issues": _each(lambda value: isinstance(value, int) and value > 0),
    "features": _each(
        lambda value: isinstance(value, str) and value[:1] in "+-" and value[1:] in FEATURES
    ),
    "target": _each(lambda value: isinstance(value, str) and value != ""),
    "config": _each(lambda value: isinstance(value, str) and bool(atoms_of(value))),
}
