"""The measured kinds of objects: whole, in order, in agreement with HAProxy's rules of rounding."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisory.pools import PoolKind, PoolLine, kinds_behind
from advisory.release import Release, branch_order

DATA = Path(__file__).parent.parent / "data"
COLUMNS = PoolKind._fields
# Pools that are made in exactly the size that is asked for.
EXACT = {
    *("buffer", "trash", "hpack_tbl", "h2_rx_bufs", "sbuf"),
    *("large_buffe", "large_trash", "small_buffe", "small_trash"),
}


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def kinds() -> Iterator[PoolKind]:
    for row in rows_of("pools"):
        yield PoolKind(
            branch=row["branch"],
            version=row["version"],
            build=row["build"],
            pool=row["pool"],
            size=int(row["size"]),
            size_untagged=int(row["size_untagged"]) if row["size_untagged"] else None,
            merged_into=row["merged_into"],
            merged_size=int(row["merged_size"]),
            merges=bool(int(row["merges"])),
            configured=bool(int(row["configured"])),
        )


KINDS = tuple(kinds())


def test_the_columns_are_the_fields_of_a_kind() -> None:
    with (DATA / "pools.csv").open(newline="", encoding="utf-8") as file:
        assert tuple(next(csv.reader(file))) == COLUMNS


def test_the_rows_are_in_order_and_each_is_there_once() -> None:
    keys = [(Release(kind.version).order, kind.build, kind.size, kind.pool) for kind in KINDS]

    assert keys == sorted(set(keys))


def test_every_branch_since_1_5_was_measured_on_a_release_of_it() -> None:
    branches = {row["branch"] for row in rows_of("branches")}
    released = {row["version"]: row["branch"] for row in rows_of("releases")}

    assert {kind.branch for kind in KINDS} == {
        branch for branch in branches if branch_order(branch) >= branch_order("1.5")
    }
    assert {kind.version: kind.branch for kind in KINDS}.items() <= released.items()


def test_names_are_as_printed() -> None:
    for kind in KINDS:
        for name in (kind.pool, kind.merged_into):
            assert 1 <= len(name) <= 11, kind
            assert name.isascii(), kind
            assert name.isprintable(), kind
            assert name == name.strip(), kind


def test_builds_are_of_four_sorts() -> None:
    assert {kind.build for kind in KINDS} == {"", "bare", "debian", "quic"}


def test_flags_are_zero_or_one() -> None:
    flags = {row[name] for row in rows_of("pools") for name in ("merges", "configured")}

    assert flags == {"0", "1"}


@pytest.mark.parametrize("version", sorted({kind.version for kind in KINDS}))
def test_sizes_are_rounded_as_the_version_rounds_them(version: str) -> None:
    release = Release(version)
    if release < Release("1.9.0"):
        step, tag = 16, 0
    elif release < Release("2.6.0"):
        step, tag = 32, 0
    elif release < Release("2.9.0"):
        step, tag = 32, 8
    else:
        step, tag = 8, 0
    for kind in KINDS:
        if kind.version == version and kind.pool not in EXACT and not kind.lodges:
            assert kind.size > 0, kind
            assert (kind.size + tag) % step == 0, kind


def test_sizes_without_a_tag_are_measured_from_2_6_on() -> None:
    for kind in KINDS:
        if kind.size_untagged is not None:
            release = Release(kind.version)
            assert release >= Release("2.6.0"), kind
            assert kind.size_untagged % (32 if release < Release("2.9.0") else 16) == 0, kind


def test_a_kind_is_counted_under_a_line_of_its_size_or_nearly() -> None:
    for kind in KINDS:
        spread = kind.merged_size - kind.size
        # Within 15 of the mean of the pool's other kinds, and rounded.
        near = 30 if branch_order(kind.branch) >= branch_order("3.2") else 0
        assert 0 <= spread <= max(near, kind.size // 100), kind


def test_the_kind_that_names_a_line_is_in_it() -> None:
    heads = {(kind.version, kind.pool, kind.merged_into) for kind in KINDS}

    assert {(kind.version, kind.merged_into) for kind in KINDS} == {
        (version, into) for version, pool, into in heads if pool == into
    }


def test_what_never_merges_is_a_line_of_its_own() -> None:
    for kind in KINDS:
        if not kind.merges and kind.pool != "appctx":
            assert (kind.merged_into, kind.merged_size) == (kind.pool, kind.size), kind


def test_from_3_3_on_only_pools_made_while_the_configuration_is_read_merge() -> None:
    merging = {
        kind.pool
        for kind in KINDS
        if kind.merges and branch_order(kind.branch) >= branch_order("3.3")
    }

    assert merging <= {
        *("buffer", "caphdr", "capture", "h2_rx_bufs", "hpack_tbl", "large_buffe", "pid_list"),
        *(
            "ptrcap",
            "quic_retry_",
            "requri",
            "sbuf",
            "small_buffe",
            "ssl-capture",
            "ssl-keylogf",
            "sticktables",
        ),
        *("stk_ctr", "zlib_head", "zlib_pendin", "zlib_prev", "zlib_state", "zlib_window"),
    }
    assert {"caphdr", "capture", "sticktables"} <= merging


# --- answers that are known ------------------------------------------------------------------


def shared(name: str, size: int) -> PoolLine:
    return PoolLine(name, size, 9, 9, users=9)


@pytest.mark.parametrize(
    ("branch", "line", "hidden"),
    [
        ("1.7", shared("connection", 352), {"appctx"}),
        # the same flaw of 2.1 was reported of both lines
        ("2.1", shared("email_alert", 64), {"tasklet", "conn_stream"}),
        ("2.1", shared("tcpcheck_ru", 64), {"tasklet", "conn_stream"}),
        ("2.2", shared("filter", 64), {"tasklet", "notificatio", "session ser"}),
        ("2.4", shared("resolv_requ", 64), {"tasklet", "session pri"}),
        ("2.6", shared("hlua_flt_ct", 56), {"tasklet", "sedesc", "session ser", "session pri"}),
        ("2.8", shared("h2s", 184), {"h1s", "h1c", "connection"}),
        ("3.0", shared("h1s", 184), {"h1c", "fcgi_strm"}),
        ("3.2", shared("ssl_sock_cl", 256), {"connection"}),
        ("3.5", shared("caphdr", 64), {"capture"}),
    ],
)
def test_a_line_hides_what_was_seen_in_it(branch: str, line: PoolLine, hidden: set[str]) -> None:
    found = kinds_behind(KINDS, line, branch)

    assert hidden <= set(found.names)
    assert found.measured == (branch != "3.5")


@pytest.mark.parametrize(
    ("branch", "line", "absent"),
    [
        ("2.2", shared("filter", 64), {"stream", "task", "connection"}),
        # 2.2.4 has streams of H2 in 192 bytes, 2.2.5 in 160
        ("2.2", shared("authority", 256), {"h2s"}),
        ("3.4", shared("caphdr", 64), {"tasklet", "hlua_esub"}),
    ],
)
def test_a_line_hides_nothing_of_another_size(
    branch: str, line: PoolLine, absent: set[str]
) -> None:
    assert not absent & set(kinds_behind(KINDS, line, branch).names)


def test_a_kind_whose_size_changed_within_a_branch_is_looked_for_in_both() -> None:
    names = [kinds_behind(KINDS, shared("h1s", size), "2.2").names for size in (160, 192)]

    assert ["h2s" in each for each in names] == [True, True]
