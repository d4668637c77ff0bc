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
SECTIONS = frozenset(
    [
        "acme",
        "backend",
        "cache",
        "crt-store",
        "defaults",
        "fcgi-app",
        "frontend",
        "global",
        "healthcheck",
        "http-errors",
        "listen",
        "log-forward",
        "log-profile",
        "mailers",
        "namespace_list",
        "peers",
        "program",
        "resolvers",
        "ring",
        "traces",
        "userlist",
    ]
)
# The words that begin a line of a configuration, as far as advisories speak of them.
KEYWORDS = frozenset(
    [
        "acl",
        "backing-file",
        "balance",
        "bind",
        "capture",
        "compression",
        "cookie",
        "declare",
        "default-server",
        "default_backend",
        "dynamic-cookie-key",
        "email-alert",
        "errorfile",
        "errorfiles",
        "external-check",
        "filter",
        "force-persist",
        "group",
        "hard-stop-after",
        "hash-type",
        "http-after-response",
        "http-check",
        "http-error",
        "http-request",
        "http-response",
        "http-reuse",
        "http-send-name-header",
        "ignore-persist",
        "key-base",
        "log",
        "log-format",
        "log-tag",
        "lua-load",
        "lua-load-per-thread",
        "master-worker",
        "maxconn",
        "mode",
        "nameserver",
        "nbproc",
        "nbthread",
        "option",
        "parse-resolv-conf",
        "persist",
        "process-vary",
        "redirect",
        "retry-on",
        "server",
        "server-state-file",
        "server-state-file-name",
        "server-template",
        "set-param",
        "shm-stats-file",
        "source",
        "ssl-f-use",
        "ssl-mode-async",
        "ssl-passphrase-cmd",
        "stats",
        "stick",
        "stick-table",
        "tcp-check",
        "tcp-request",
        "tcp-response",
        "timeout",
        "tune.ssl.capture-buffer-size",
        "tune.ssl.capture-cipherlist-size",
        "tune.ssl.keylog",
        "unique-id-format",
        "unique-id-header",
        "use-fcgi-app",
        "use-server",
        "use_backend",
        "user",
    ]
)
_ATOM = re.compile(
    r"section (?P<section>[\w-]+)|keyword (?P<keyword>[\w.-]+)(?: \S+)*"
    r"|argument (?P<line>[\w.-]+) \S+|mode (?:http|tcp|log|spop|haterm)|route tcp to http"
)


def atoms_of(line: str) -> tuple[str, ...]:
    """The alternatives of one configuration condition; none where it is not of the language.

    A section or a first word that is not known is most likely misspelt, and not of the language.
    """
    atoms = tuple(atom.strip() for atom in line.split(" or "))
    return atoms if all(map(_is_atom, atoms)) else ()


def _is_atom(text: str) -> bool:
    match = _ATOM.fullmatch(text)
    if match is None:
        return False
    section, keyword = match["section"], match["keyword"] or match["line"]
    return (section is None or section in SECTIONS) and (keyword is None or keyword in KEYWORDS)


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
