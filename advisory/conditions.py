"""What must hold for a bug to be possible: the small language of an advisory's conditions.

``features`` (``+QUIC``) must be built in, ``target`` must be one of those named, and every line of
``config`` must hold: one atom, or atoms joined by `` or ``.

    section NAME            a section of this kind exists
    keyword WORDS           a line begins with these words
    argument FIRST WORD     a line that begins with FIRST has WORD further on
    mode MODE               a proxy runs in this mode
    route tcp to http       a tcp-mode proxy routes to an http-mode backend
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from advisory.bug import Advisory

FEATURES = frozenset(
    {
        "51DEGREES",
        "DEVICEATLAS",
        "ECH",
        "KTLS",
        "LINUX_SPLICE",
        "LUA",
        "NS",
        "OPENSSL",
        "OPENSSL_AWSLC",
        "OPENSSL_WOLFSSL",
        "OT",
        "PCRE",
        "PCRE2",
        "PROMEX",
        "QUIC",
        "QUIC_OPENSSL_COMPAT",
        "SLZ",
        "SYSTEMD",
        "TFO",
        "THREAD",
        "WURFL",
        "ZLIB",
    }
)
_ATOM = re.compile(
    r"section [\w-]+|keyword \S.*|argument \S+ \S+|mode (?:http|tcp|log|spop|haterm)"
    r"|route tcp to http"
)


def atoms_of(line: str) -> tuple[str, ...]:
    """The alternatives of one configuration condition; none where it is not of the language."""
    atoms = tuple(atom.strip() for atom in line.split(" or "))
    return atoms if all(_ATOM.fullmatch(atom) for atom in atoms) else ()


def contradiction(advisory: Advisory, off: AbstractSet[str], target: str) -> str:
    """Which condition of an advisory a build does not meet; "" where none is known to fail.

    Args:
        advisory: what a person said of the bug.
        off: the features that the build lists as off.
        target: the TARGET that it was made for, "" where that is not known.
    """
    for feature in advisory.features:
        if feature[0] == "+" and feature[1:] in off:
            return f"needs {feature[1:]}, which this build lacks"
    if advisory.target and target and target not in advisory.target:
        return f"concerns {' and '.join(advisory.target)}; this build's TARGET is {target}"
    return ""
