"""Which build feature a subsystem's bugs need, and which subsystems are programs of their own.

The table is read off the sources' conditional compilation; docs/build-features.md explains it. Only
a feature that the build itself lists as off rules a bug out.
"""

from __future__ import annotations

from functools import cache

# subsystem (or one half of "area/part"): features of which one must be in
_NEEDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "quic",
            "mux-quic",
            "h3",
            "qpack",
            "hq-interop",
            "qmux",
            "xprt-quic",
            "qcc",
            "qcs",
            "mux-h3",
        ),
        ("QUIC",),
    ),
    "quic-openssl-compat": ("QUIC_OPENSSL_COMPAT",),
    **dict.fromkeys(
        (
            "ssl",
            "ssl-sock",
            "ssl-ckch",
            "ssl-crtlist",
            "ssl-gencert",
            "ckch",
            "crt-list",
            "ocsp",
            "jwt",
            "jws",
            "jwe",
        ),
        ("OPENSSL",),
    ),
    "acme": ("OPENSSL",),
    "ech": ("ECH",),
    "ktls": ("KTLS",),
    **dict.fromkeys(("lua", "hlua", "hlua-fcn"), ("LUA",)),
    **dict.fromkeys(("compression", "flt-http-comp"), ("ZLIB", "SLZ")),
    "slz": ("SLZ",),
    "zlib": ("ZLIB",),
    "namespace": ("NS",),
    **dict.fromkeys(("51d", "51degrees"), ("51DEGREES",)),
    **dict.fromkeys(("deviceatlas", "da"), ("DEVICEATLAS",)),
    "wurfl": ("WURFL",),
    **dict.fromkeys(("opentracing", "ot"), ("OT",)),
    **dict.fromkeys(("promex", "contrib/prometheus-exporter"), ("PROMEX",)),
    "systemd": ("SYSTEMD",),
    **dict.fromkeys(("threads", "thread"), ("THREAD",)),
    "memprof": ("MEMORY_PROFILING",),
    **dict.fromkeys(("evports", "ev-evports"), ("EVPORTS",)),
    **dict.fromkeys(("kqueue", "ev-kqueue"), ("KQUEUE",)),
    **dict.fromkeys(("epoll", "ev-epoll"), ("EPOLL",)),
    "linuxcap": ("LINUX_CAP",),
}
_PROGRAMS = {
    "halog": "halog",
    "contrib/halog": "halog",
    "admin/halog": "halog",
    "systemd-wrapper": "haproxy-systemd-wrapper",
    "haload": "haload",
    **dict.fromkeys(
        ("spoa", "contrib/spoa-server", "contrib/spoa-example", "contrib/modsecurity"),
        "the SPOE agent",
    ),
    **dict.fromkeys(("spoa/python", "contrib/mod-defender"), "the SPOE agent"),
}
# subsystem: what a configuration must have for its bugs, in the language of advisory.conditions.
# Only where nothing else sets the subsystem to work: neither the CLI, nor HAProxy by itself.
_CONFIGURED: dict[str, str] = {
    **dict.fromkeys(
        ("fcgi", "mux-fcgi", "fcgi-app"),
        "section fcgi-app or keyword use-fcgi-app or argument server fcgi",
    ),
    "cache": "section cache",
    **dict.fromkeys(
        ("compression", "flt-http-comp"),
        "keyword compression or argument filter compression",
    ),
    **dict.fromkeys(("spoe", "flt-spoe", "mux-spop", "spop"), "argument filter spoe or mode spop"),
    "peers": "section peers",
    **dict.fromkeys(("mailers", "email-alert"), "section mailers or keyword email-alert"),
    "acme": "section acme",
    "log-forward": "section log-forward",
    **dict.fromkeys(("opentracing", "ot"), "argument filter opentracing"),
}
# "area/part" where the bug concerns both, so that lacking one does not rule it out.
_BOTH = {"h2/h3", "h1/h3"}


def _needs_of(tag: str) -> tuple[tuple[str, ...], ...]:
    """Every requirement of one tag; all must be met."""
    if tag in _BOTH:
        return ()
    names = (tag, *tag.split("/")) if "/" in tag else (tag,)
    needs = [_NEEDS[name] for name in names if name in _NEEDS]
    needs += [("QUIC",) for name in names if name not in _NEEDS and name.startswith("quic-")]
    return tuple(dict.fromkeys(needs))


def needs_of(subsystem: str) -> tuple[tuple[str, ...], ...]:
    """The features that bugs of this subsystem need; of each group one must be in."""
    # Of several subsystems any may do: what one of them does not need rules nothing out.
    found = {_needs_of(tag.strip()) for tag in subsystem.split(",")}
    return found.pop() if len(found) == 1 else ()


def configured_by(subsystem: str) -> str:
    """What a configuration must have for this subsystem's bugs; "" where that is not known."""
    return _CONFIGURED.get(subsystem, "")


def program_of(subsystem: str) -> str:
    """The separate program that the subsystem is, "" where it is part of haproxy itself."""
    return _PROGRAMS.get(subsystem, _PROGRAMS.get(subsystem.split("/")[0], ""))


@cache
def requirements_of(subsystem: str) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """``program_of`` and ``needs_of`` in one."""
    return program_of(subsystem), needs_of(subsystem)
