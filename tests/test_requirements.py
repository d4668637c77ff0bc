from __future__ import annotations

import pytest

from advisory.requirements import needs_of, program_of


@pytest.mark.parametrize(
    ("subsystem", "needs"),
    [
        ("quic", (("QUIC",),)),  # compiled in as a whole
        ("ssl", (("OPENSSL",),)),
        ("ssl-ckch", (("OPENSSL",),)),  # a source file of it
        ("hlua", (("LUA",),)),  # by its file's name, not its feature's
        ("compression", (("ZLIB", "SLZ"),)),  # either of two will do
        ("memprof", (("MEMORY_PROFILING",),)),
        ("quic-frame", (("QUIC",),)),  # a part of QUIC that the table does not name
        ("quic-openssl-compat", (("QUIC_OPENSSL_COMPAT",),)),  # one that it does
        ("ssl/kettle", (("OPENSSL",),)),  # a part of an area
        ("kettle/ssl", (("OPENSSL",),)),  # a part that has the need itself
        ("lua/ssl", (("LUA",), ("OPENSSL",))),  # both needed
        ("quic/h3", (("QUIC",),)),  # one need, once
        ("quic-conn/kettle", (("QUIC",),)),  # an unnamed part of QUIC, and a part of that
        ("contrib/prometheus-exporter", (("PROMEX",),)),  # a whole name with a slash
        ("h2/h3", ()),  # concerns both, and one needs nothing
        ("ssl, ssl-ckch", (("OPENSSL",),)),  # several of one need
        ("ssl,ssl-ckch", (("OPENSSL",),)),
        ("ssl, quic", ()),  # several of different needs: either makes it possible
        ("ssl, kettle", ()),  # one of them needs nothing
        ("kettle", ()),  # part of every build
        ("equicost", ()),  # quic only within
        ("", ()),  # none named
    ],
)
def test_a_subsystem_needs_the_features_without_which_it_is_not_compiled(
    subsystem: str, needs: tuple[tuple[str, ...], ...]
) -> None:
    assert needs_of(subsystem) == needs


@pytest.mark.parametrize(
    ("subsystem", "program"),
    [
        ("halog", "halog"),  # by its name
        ("admin/halog", "halog"),  # by its place, which moved
        ("contrib/halog", "halog"),
        ("halog/kettle", "halog"),  # a part of it
        ("systemd-wrapper", "haproxy-systemd-wrapper"),
        ("haload", "haload"),
        ("contrib/modsecurity", "the SPOE agent"),
        ("spoa/python", "the SPOE agent"),  # a part that the table names
        ("spoa/kettle", "the SPOE agent"),  # one that it does not
        ("contrib", ""),  # a place of many
        ("contrib/kettle", ""),
        ("spoe", ""),  # haproxy's side of it
        ("kettle", ""),
        ("", ""),
    ],
)
def test_a_subsystem_may_be_a_program_of_its_own(subsystem: str, program: str) -> None:
    assert program_of(subsystem) == program


def test_no_program_of_its_own_is_ruled_out_by_what_haproxy_lacks() -> None:
    assert [needs_of(name) for name in ("halog", "systemd-wrapper", "haload", "spoa")] == [()] * 4
