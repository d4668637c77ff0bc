"""What binaries say of themselves, as printed and as people paste it.

Banners whose comment has an address were found there in public; whole outputs lie in ``data/vv``
(origins in ``data/README.md``).
"""

from __future__ import annotations

import html
import json
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from advisory.build import Build, Origin, Version, is_bare_version, read_builds, read_version
from advisory.errors import ParseError
from advisory.release import Release

SAMPLES = Path(__file__).parent / "data" / "vv"
OUTPUTS = tuple(sorted(path.name for path in SAMPLES.glob("*.txt")))
# Those of -vv, which alone list features.
LISTS = tuple(name for name in OUTPUTS if "-show-info" not in name and "-v." not in name)

NOTHING = (
    "paste: names no version of HAProxy; pass the output of 'haproxy -vv', or a version (2.2.4)"
)
HAPEE = "HAProxy Enterprise"
BACKPORTS = "Debian backports or haproxy.debian.net"
TECHNOLOGIES = "HAProxy Technologies packages"


def sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


def read(text: str) -> tuple[Build, ...]:
    return read_builds(text, source="paste")


def version(
    text: str,
    release: str,
    origin: Origin,
    commit: str = "",
    past: int | None = None,
    vendor: str = "",
) -> Version:
    return Version(
        text=text,
        release=Release(release),
        origin=origin,
        commit=commit,
        commits_past=past,
        vendor=vendor,
    )


def plain(text: str, *, built_on: str = "", status: str = "") -> Build:
    """A build of which the banner alone is known."""
    return Build(
        source="paste", version=read_version(text), built_on=built_on, status=status, target=""
    )


# --- the version -----------------------------------------------------------------------------

RELEASE, COMMIT, SNAPSHOT = Origin.RELEASE, Origin.COMMIT, Origin.SNAPSHOT
PACKAGE, DEVELOPMENT = Origin.PACKAGE, Origin.DEVELOPMENT
ENTERPRISE, UNRECOGNISED = Origin.ENTERPRISE, Origin.UNRECOGNISED

VERSIONS = [
    # a release, built where nothing is appended
    version("2.2.4", "2.2.4", RELEASE),
    # the first release of a branch: the .0 is always written
    version("2.9.0", "2.9.0", RELEASE),
    # two digits everywhere
    version("2.10.12", "2.10.12", RELEASE),
    # 1.3 alone has a fourth number
    version("1.3.14.2", "1.3.14.2", RELEASE),
    # a candidate of a release of 1.3
    version("1.3.16-rc1", "1.3.16-rc1", DEVELOPMENT),
    # the last candidates there were
    version("1.8-rc4", "1.8-rc4", DEVELOPMENT),
    # a development version; release tarball without a hash
    version("2.4-dev19", "2.4-dev19", DEVELOPMENT),
    # the same with the commit that was packed
    version("3.3-dev3-d4d72e2", "3.3-dev3", DEVELOPMENT, "d4d72e2"),
    # past a development version, and a hash of digits alone
    version("2.2-dev3-210465-1", "2.2-dev3", DEVELOPMENT, "210465", 1),
    # a packaged development version is still none that pages of bugs cover
    version("2.9-dev12-1~bpo12+1", "2.9-dev12", DEVELOPMENT, vendor=BACKPORTS),
    # a branch is no release
    version("2.5", "2.5", DEVELOPMENT),
    # official tarball: the hash of the tag's commit, seven digits
    version("2.2.4-de45672", "2.2.4", COMMIT, "de45672"),
    # nine digits, from a larger clone
    version("2.8.25-5cf5d0683", "2.8.25", COMMIT, "5cf5d0683"),
    # a hash that begins like a packager's revision and has "deb" in it
    version("1.8.4-1deb90d", "1.8.4", COMMIT, "1deb90d"),
    # a whole hash
    version("2.2.4-" + "a1" * 20, "2.2.4", COMMIT, "a1" * 20),
    # no hash: one digit too few, one too many
    version("2.2.4-de456", "2.2.4", UNRECOGNISED),
    version("2.2.4-" + "a" * 41, "2.2.4", UNRECOGNISED),
    # from a clone, 23 commits past the release
    version("2.2.4-b16390-23", "2.2.4", SNAPSHOT, "b16390", 23),
    version("2.9.4-efc6b7-1", "2.9.4", SNAPSHOT, "efc6b7", 1),
    # a nightly snapshot
    version("2.0.15~d982a8e8", "2.0.15", SNAPSHOT, "d982a8e8"),
    # Debian unstable's revision, or anybody's
    version("3.2.26-1", "3.2.26", PACKAGE),
    # until 1.5 a clone appends -N, too: whose it is cannot be told
    version("1.4.24-2", "1.4.24", UNRECOGNISED),
    # revisions with a point, rebuilds
    version("2.2.9-1.1", "2.2.9", PACKAGE),
    version("2.4.18-1build2", "2.4.18", PACKAGE),
    version("2.2.9-2+b1", "2.2.9", PACKAGE),
    # Debian stable, with security fixes of its own
    version("2.6.12-1+deb12u4", "2.6.12", PACKAGE, vendor="Debian"),
    version("1.5.8-3+deb8u2", "1.5.8", PACKAGE, vendor="Debian"),
    # somebody's rebuild of that
    version("2.6.12-1+deb12u3+local1", "2.6.12", PACKAGE),
    # backports: Debian's own and haproxy.debian.net write the same
    version("2.4.25-1~bpo10+1", "2.4.25", PACKAGE, vendor=BACKPORTS),
    version("2.6.12-1+deb12u1~bpo11+1", "2.6.12", PACKAGE, vendor=BACKPORTS),
    # Ubuntu: with and without a revision of Debian's, security fixes, extended maintenance, cloud
    version("2.8.5-1ubuntu3.2", "2.8.5", PACKAGE, vendor="Ubuntu"),
    version("2.4.30-0ubuntu0.22.04.1", "2.4.30", PACKAGE, vendor="Ubuntu"),
    version("1.8.8-1ubuntu0.4~esm1", "1.8.8", PACKAGE, vendor="Ubuntu"),
    version("2.0.31-0ubuntu0.3~cloud0", "2.0.31", PACKAGE, vendor="Ubuntu"),
    # made for Ubuntu, but not by it
    version("2.8.5-1~ubuntu22.04.1", "2.8.5", PACKAGE),
    version("2.2.1-1+ubuntu18.04.1+deb.sury.org+1", "2.2.1", PACKAGE),
    # a personal archive; one that names the Ubuntu revision it is made from
    version("2.9.5-1ppa1~jammy", "2.9.5", PACKAGE, vendor="Ubuntu PPA"),
    version("2.2.13-1ubuntu1~ppa1", "2.2.13", PACKAGE, vendor="Ubuntu PPA"),
    # packages of HAProxy Technologies, which name the distribution behind
    version("3.3.10-0+ha33+ubuntu24.04u1", "3.3.10", PACKAGE, vendor=TECHNOLOGIES),
    # RPM: the system it is for says nothing of who built it
    version("2.4.22-3.el9_3.1", "2.4.22", PACKAGE),
    version("2.1.7-1.fc32", "2.1.7", PACKAGE),
    version("2.8.3-1.amzn2023.0.2", "2.8.3", PACKAGE),
    # -rN is Alpine's, Gentoo's and OpenWrt's
    version("2.8.10-r0", "2.8.10", PACKAGE),
    # _N is written by FreeBSD's ports, Homebrew and Void; the epoch after the comma by FreeBSD
    version("2.8.3_1", "2.8.3", PACKAGE),
    version("2.8.3_1,1", "2.8.3", PACKAGE),
    # HAProxy Enterprise: the number stays that of the branch's beginning
    version("2.2.0-1.0.0-238.455", "2.2.0", ENTERPRISE, vendor=HAPEE),
    version("2.9-dev1-1.0.0-1.2", "2.9-dev1", ENTERPRISE, vendor=HAPEE),
    # no such banners are public; the names of the products suffice
    version("2.4.0-hapee1", "2.4.0", ENTERPRISE, vendor=HAPEE),
    version("2.4.0-Aloha14", "2.4.0", ENTERPRISE, vendor="HAProxy ALOHA"),
    # known to nobody: an own scheme, openSUSE's source service, an end that a line break cut off
    version("1.9.11-v2", "1.9.11", UNRECOGNISED),
    version("2.3.6+git0.7851701a3", "2.3.6", UNRECOGNISED),
    version("2.6.12-", "2.6.12", UNRECOGNISED),
]


@pytest.mark.parametrize("expected", VERSIONS, ids=lambda expected: expected.text)
def test_a_version_is_taken_apart(expected: Version) -> None:
    found = read_version(expected.text)

    assert found == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "haproxy",
        "2",  # no branch
        "02.2.4",  # nothing of HAProxy's begins with 0
        "2.2.x",
        "v2.2.4",  # the v is not part of it
        "2.2.4567",  # too large for a release: 2.2.456 would be another one
        "1.3.15.10.2",  # five parts
        "2026.11",
        "٢.٢.٤",  # digits that are not ASCII's
    ],
)
def test_what_does_not_begin_with_a_number_of_haproxys_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="is no HAProxy version; expected the form") as caught:
        read_version(text)

    assert str(caught.value) == f"{text!r} is no HAProxy version; expected the form 2.2.4"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.2.4", True),
        ("v2.2.4", True),  # as tags are called
        ("2.2", True),  # a branch; that it is no release is said later
        ("3.3-dev3", True),
        ("2.6.12-1+deb12u4", True),
        ("2.8.3_1,1", True),
        ("2.2.4 ", False),
        ("2.2.4.", False),
        ("2.2.4.txt", False),  # the name of a file
        ("2.2.4-\u0663", False),
        ("haproxy-2.2.4", False),
        ("", False),
    ],
)
def test_a_word_is_a_version_by_itself_or_not(text: str, expected: bool) -> None:
    assert is_bare_version(text) is expected


# --- the banner ------------------------------------------------------------------------------

BANNERS = [
    # 1.3 to 1.8: no address
    ("HA-Proxy version 1.3.15.3 2008/09/02", plain("1.3.15.3", built_on="2008-09-02")),
    # CentOS 7, whose package adds nothing
    ("HA-Proxy version 1.5.18 2016/05/10", plain("1.5.18", built_on="2016-05-10")),
    # Ubuntu 18.04
    (
        "HA-Proxy version 1.8.8-1ubuntu0.11 2020/06/22",
        plain("1.8.8-1ubuntu0.11", built_on="2020-06-22"),
    ),
    # 1.9 to 2.4-dev18: the hyphen and an address
    (
        "HA-Proxy version 2.0.13-2ubuntu0.2 2021/08/16 - https://haproxy.org/",
        plain("2.0.13-2ubuntu0.2", built_on="2021-08-16"),
    ),
    # FreeBSD's port, https://github.com/haproxy/haproxy/issues/1045
    (
        "HA-Proxy version 2.2.7-f10629d 2021/01/08 - https://haproxy.org/",
        plain("2.2.7-f10629d", built_on="2021-01-08"),
    ),
    # from a clone, on FreeBSD, https://github.com/haproxy/haproxy/issues/137
    (
        "HA-Proxy version 2.0.0-3f0b1d-9 2019/06/19 - https://haproxy.org/",
        plain("2.0.0-3f0b1d-9", built_on="2019-06-19"),
    ),
    # a packager's own scheme behind an open comment, https://github.com/haproxy/haproxy/issues/329
    (
        "<!-- HA-Proxy version 1.9.11-v2 2019/10/16 - https://haproxy.org/",
        plain("1.9.11-v2", built_on="2019-10-16"),
    ),
    # since 2.4: no hyphen; personal archive, https://github.com/haproxy/haproxy/issues/2454
    (
        "HAProxy version 2.9.5-1ppa1~jammy 2024/02/15 - https://haproxy.org/",
        plain("2.9.5-1ppa1~jammy", built_on="2024-02-15"),
    ),
    # Fedora and RHEL: the tarball's hash
    (
        "HAProxy version 3.0.5-8e879a5 2024/09/19 - https://haproxy.org/",
        plain("3.0.5-8e879a5", built_on="2024-09-19"),
    ),
    # a development version, https://github.com/haproxy/haproxy/issues/2793
    (
        "HAProxy version 3.1-dev14-c5d0342 2024/11/21 - https://haproxy.org/",
        plain("3.1-dev14-c5d0342", built_on="2024-11-21"),
    ),
    # HAProxy Enterprise
    (
        "HA-Proxy version 2.2.0-1.0.0-238.455 2021/07/08 - https://haproxy.org/",
        plain("2.2.0-1.0.0-238.455", built_on="2021-07-08"),
    ),
    # a packager lost the last number: a branch, no release
    ("HA-Proxy version 1.7. 2017/07/07", plain("1.7", built_on="2017-07-07")),
    # the page of statistics
    (
        '<h1><a href="http://www.haproxy.org/" style="text-decoration: none;">'
        "HAProxy version 2.6.12-1+deb12u4, released 2026/10/17</a></h1>",
        plain("2.6.12-1+deb12u4", built_on="2026-10-17"),
    ),
    # `show dev` and the watchdog's last words: no date, alone on the line
    ("HAProxy version 3.4.1-3e888a769", plain("3.4.1-3e888a769")),
    ("  **HAProxy version 2.4.22-f8e3218**", plain("2.4.22-f8e3218")),
    # cut off within the date
    ("HAProxy version 2.4.22-f8e3218 2023/0", plain("2.4.22-f8e3218")),
    # no such day
    ("HAProxy version 2.4.22-f8e3218 2023/13/45", plain("2.4.22-f8e3218")),
    # start-up messages: 2.2 writes day and time, later ones do not
    ("[NOTICE] 261/154118 (1099) : haproxy version is 2.2.3-0e58a34", plain("2.2.3-0e58a34")),
    (
        "Jun 01 15:31:05 lb haproxy[2139]: [NOTICE]   (2139) : "
        "haproxy version is 2.4.30-0ubuntu0.22.04.1",
        plain("2.4.30-0ubuntu0.22.04.1"),
    ),
    # the answer to `show version`, an argument, a tag
    ("2.6.12-1+deb12u4\n\n", plain("2.6.12-1+deb12u4")),
    (" v2.2.4 ", plain("2.2.4")),
    # behind a prompt, a label, a mark of a list
    (
        "docker run --rm haproxy -v HA-Proxy version 2.1.2 2019/12/21 - https://haproxy.org/",
        plain("2.1.2", built_on="2019-12-21"),
    ),
    ("lb1.txt:HA-Proxy version 1.8.8 2018/04/19", plain("1.8.8", built_on="2018-04-19")),
    (
        "+ HA-Proxy version 1.8.8-1ubuntu0.7 2019/11/04 (from Ubuntu)",
        plain("1.8.8-1ubuntu0.7", built_on="2019-11-04"),
    ),
]


@pytest.mark.parametrize(("text", "expected"), BANNERS)
def test_a_banner_is_read(text: str, expected: Build) -> None:
    found = read(text)

    assert found == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "haproxy is a load balancer",
        # sentences: what is compared, wished for or gone is not what runs
        "We upgraded from HAProxy version 2.0 to 2.2.4.",
        "HAProxy version 2.0.5 routes by host.",
        "We upgraded from HA-Proxy version 2.0.13 2020/04/01 to 2.2.14.",
        "We upgraded from HA-Proxy version 2.0.13 2020/04/01\nto 2.2.14.",
        "This needs HAProxy version 2.4.0/2.4.1",
        "前用 HAProxy version 2.4.22。",
        "see http://www.haproxy.org/bugs/bugs-2.2.4.html",
        # a placeholder
        "HAProxy version 2.x.x",
        "HAProxy version 2.2.4567 2020/09/30",
        # the version of something else
        "nginx version: nginx/1.18.0",
        "Built with gcc compiler version 12.2.0",
        "OS version 22.04 2022/04/21",
        # other things that are called Version: an RPM's spec, Debian's database of packages
        "Name: haproxy\nVersion: 1.6.9\nRelease: 1%{?dist}",
        "Package: libssl3\nVersion: 3.0.19-1~deb12u2\n",
        "Version: 22.04",
        # an output of 1.x whose banner is cut off
        "Build options :\n  TARGET  = linux2628\n  CPU     = generic\n",
        # digits that are not ASCII's
        "Known bugs: http://www.haproxy.org/bugs/bugs-2.2.\u0664.html\n",
        # two words
        "haproxy 2.2.4",
        # cut off within the number
        "HA-Proxy version 2.",
    ],
)
def test_a_text_without_an_output_is_an_error(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)

    assert (str(caught.value), caught.value.source) == (NOTHING, "paste")


# --- what follows the banner -----------------------------------------------------------------

LONG_TERM = "long-term supported branch - will stop receiving fixes around Q2 2025."
BANNER = "HA-Proxy version 2.2.4-de45672 2020/09/30 - https://haproxy.org/\n"
BUGS = "Known bugs: http://www.haproxy.org/bugs/bugs-2.2.4.html\n"
DATED = plain("2.2.4-de45672", built_on="2020-09-30")

BODIES = [
    # -v until 2.0
    (BANNER, DATED),
    # -v since 2.1
    (BANNER + f"Status: {LONG_TERM}\n" + BUGS, DATED._replace(status=LONG_TERM)),
    # lines doubled by a web page
    (BANNER + f"\nStatus: {LONG_TERM}\n\n" + BUGS, DATED._replace(status=LONG_TERM)),
    # a status that is cut off, broken by a terminal, or something else's
    (BANNER + "Status: long-term supported branch.", DATED),
    (BANNER + "Status: End of life - please upgrade to branch 2.\n", DATED),
    (BANNER + "Status: long-term supported branch - will stop\nreceiving fixes.\n" + BUGS, DATED),
    (BANNER + "\nhaproxy.service\n  Status: Ready.\n" + BUGS, DATED),
    # a target; the narrower layout of 1.3.14
    (
        BANNER + "Build options :\n  TARGET  = linux-glibc\n  CPU     = generic\n",
        DATED._replace(target="linux-glibc"),
    ),
    (
        BANNER + "Build options :\n  TARGET = linux26\n  REGEX  = pcre\n",
        DATED._replace(target="linux26"),
    ),
    # since 3.0: no CPU
    (
        BANNER + "Build options : \n  TARGET  = linux-musl\n  CC      = cc\n",
        DATED._replace(target="linux-musl"),
    ),
    # cut off within the target
    (BANNER + "Build options :\n  TARGET  = linux-gl\n", DATED),
    # the options of another output, whose banner is cut off
    (
        BANNER + "Build options :\nBuild options :\n  TARGET  = freebsd\n  CC      = cc\n",
        DATED,
    ),
    # the banner is cut off: the page of bugs keeps the number only
    (
        f"Status: {LONG_TERM}\n{BUGS}",
        Build(source="paste", version=version("2.2.4", "2.2.4", UNRECOGNISED), status=LONG_TERM),
    ),
    (
        BUGS + "Build options :\n  TARGET  = linux-glibc\n  CC      = gcc\n",
        Build(
            source="paste", version=version("2.2.4", "2.2.4", UNRECOGNISED), target="linux-glibc"
        ),
    ),
]


@pytest.mark.parametrize(("text", "expected"), BODIES)
def test_what_follows_the_banner_is_read_where_it_is_whole(text: str, expected: Build) -> None:
    found = read(text)

    assert found == (expected,)


SIGNS = [
    # the revision
    "HA-Proxy version 2.2.0-1.0.0-238.455 2021/07/08 - https://haproxy.org/\n",
    # the page of bugs
    "HA-Proxy version 2.2.0 2021/07/08 - https://haproxy.org/\n"
    "Status: long-term supported branch - will stop receiving fixes around February 2025.\n"
    "Known bugs: https://www.haproxy.com/documentation/hapee/2-2r1/onepage/changelog/#2.2.0\n",
    # modules, which only Enterprise loads
    "HA-Proxy version 2.2.0 2021/07/08\nFeature list : +MODULES -OT\n\nDefault settings :\n",
    # the program's name: typed, in `show info` of all forms, on the page of statistics
    "$ /opt/hapee-2.2/sbin/hapee-lb -v\nHA-Proxy version 2.2.0 2021/07/08 - https://haproxy.org/\n",
    "# hapee-lb -vv\n\n```\nHA-Proxy version 2.2.0 2021/07/08\n",
    "Name: hapee-lb\nVersion: 2.2.0\nRelease_date: 2021/07/08\n",
    "Name: hapee-lb\nVersion: 2.2.0\n",
    "0.Name.1:POS:str:hapee-lb\n1.Version.1:POS:str:2.2.0\n2.Release_date.1:POS:str:2021/07/08\n",
    "hapee-lb version 2.2.0, released 2021/07/08",
    "HAProxy Enterprise version 2.2.0 2021/07/08",
    # twice, once without a sign
    "HA-Proxy version 2.2.0 2021/07/08\n\nName: hapee-lb\nVersion: 2.2.0\n",
]


@pytest.mark.parametrize("text", SIGNS)
def test_haproxy_enterprise_is_told_by_any_of_its_signs(text: str) -> None:
    (found,) = read(text)

    assert (found.version.release.text, found.version.origin, found.version.vendor) == (
        "2.2.0",
        ENTERPRISE,
        HAPEE,
    )


@pytest.mark.parametrize(
    "text",
    [
        "HAProxy ALOHA version 2.4.0 2021/07/08",
        "HAProxy version 2.4.0-aloha14.0 2021/07/08 - https://haproxy.org/",
    ],
)
def test_aloha_is_enterprise_too(text: str) -> None:
    (found,) = read(text)

    assert (found.version.origin, found.version.vendor) == (ENTERPRISE, "HAProxy ALOHA")


def test_speaking_of_haproxy_enterprise_does_not_make_it_that() -> None:
    found = read(
        "We come from hapee-lb.\n"
        + BANNER
        + "We may go back to hapee-lb 2.8, with +MODULES:\n"
        + "https://www.haproxy.com/documentation/hapee/latest/"
    )

    assert found == (DATED,)


# --- features --------------------------------------------------------------------------------


def listed(names: str, after: str = "\n\nDefault settings :\n") -> tuple[str, ...]:
    """The features of a 2.4 that prints this list."""
    (found,) = read(
        "HAProxy version 2.4.0-6cbbecf 2021/05/14 - https://haproxy.org/\n"
        f"Build options :\n  DEBUG   = \n\nFeature list : {names}{after}"
    )
    return found.features


FEATURES = [
    # sorted, as printed since 2.0.31, 2.2.27, 2.4.21, 2.5.11, 2.6.8, 2.7.2
    ("-51DEGREES +ACCEPT4 -H2 +ZLIB", ("-51DEGREES", "+ACCEPT4", "-H2", "+ZLIB")),
    # unsorted, as before
    ("+EPOLL -KQUEUE +ZLIB -51DEGREES", ("-51DEGREES", "+EPOLL", "-KQUEUE", "+ZLIB")),
    # appended at run time, as 2.9 to 3.4-dev4 do
    ("+SSL -ZLIB +ACME", ("+ACME", "+SSL", "-ZLIB")),
    # wrapped at a space, as mail does; indented
    ("+LUA\n-NS +SSL", ("+LUA", "-NS", "+SSL")),
    ("+LUA \n  -NS\n  +SSL", ("+LUA", "-NS", "+SSL")),
    # broken by a terminal: within names, https://github.com/haproxy/haproxy/issues/137
    ("-VSYSCA\nLL +TH\nREAD -51DEGR\nEES -ZLIB", ("-51DEGREES", "+THREAD", "-VSYSCALL", "-ZLIB")),
    # where the shorter name exists as well; the line indented afterwards
    ("-PCRE2\n_JIT +PCRE\n    2 -ZLIB", ("+PCRE2", "-PCRE2_JIT", "-ZLIB")),
    # after the sign; within the last name
    ("+LUA -\nNS +SSL", ("+LUA", "-NS", "+SSL")),
    ("+LUA +ZL\nIB", ("+LUA", "+ZLIB")),
    # another list below, since 3.4; empty, as on FreeBSD
    ("+LUA\nDetected feature list : +HAVE_X", ("+HAVE_X", "+LUA")),
    ("+LUA\nDetected feature list :", ("+LUA",)),
    # none
    ("", ()),
    # something that is no name ends the list: what stands before it is kept, but for the last
    ("+LUA +NS [...] +ZLIB", ("+LUA",)),
    ("+LUA +NS ... +ZLIB", ("+LUA",)),
    ("+LUA +NS, +ZLIB", ("+LUA",)),
    # PCRE until 2.7: its parts alone list the library itself as off
    ("-PCRE -PCRE2 -PCRE2_JIT +PCRE_JIT -STATIC_PCRE -STATIC_PCRE2", (
        "+PCRE", "-PCRE2", "-PCRE2_JIT", "+PCRE_JIT", "-STATIC_PCRE", "-STATIC_PCRE2",
    )),
    ("-PCRE -PCRE2 -PCRE2_JIT -PCRE_JIT -STATIC_PCRE +STATIC_PCRE2", (
        "-PCRE", "+PCRE2", "-PCRE2_JIT", "-PCRE_JIT", "-STATIC_PCRE", "+STATIC_PCRE2",
    )),
    # a whole list that does not know the parts
    ("-PCRE -ZLIB", ("-PCRE", "-ZLIB")),
]  # fmt: skip


@pytest.mark.parametrize(("names", "expected"), FEATURES)
def test_the_list_of_features_is_read(names: str, expected: tuple[str, ...]) -> None:
    found = listed(names)

    assert found == expected


@pytest.mark.parametrize(
    ("names", "after", "expected"),
    [
        # cut off within +PCRE2_JIT, at the end of the text, of a line, before something else
        ("+LUA +NS +PCRE2", "", ("+LUA", "+NS")),
        ("+LUA +NS +PCRE2", "\n", ("+LUA", "+NS")),
        ("+LUA +NS +PCRE2", "\n```\n", ("+LUA", "+NS")),
        ("+LUA +NS +PCRE2", "\n\nThat is all.", ("+LUA", "+NS")),
        ("+LUA +NS +PCRE2", "...", ("+LUA", "+NS")),
        # behind a name, and behind the next sign, which shows that the name is whole
        ("+LUA +NS ", "", ("+LUA",)),
        ("+LUA +NS -", "", ("+LUA", "+NS")),
        # -PCRE is not known to be off before its parts are
        ("+LUA -PCRE -PCRE2 -PCRE2_JIT +PC", "", ("+LUA", "-PCRE2_JIT")),
        ("+LUA -PCRE -PCRE_JIT -STATIC_PCR", "", ("+LUA", "-PCRE_JIT")),
        # they are: the list is cut off behind them
        ("-PCRE -PCRE_JIT -STATIC_PCRE +ZL", "", ("-PCRE", "-PCRE_JIT", "-STATIC_PCRE")),
    ],
)
def test_a_name_that_may_be_cut_off_is_left_out(
    names: str, after: str, expected: tuple[str, ...]
) -> None:
    found = listed(names, after)

    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # until 2.3 the exporter is a line of its own
        ("2.2.4", ("+LUA", "+PROMEX")),
        ("2.0.5", ("+LUA", "+PROMEX")),
        # since 2.4 the list says
        ("2.4.0", ("+LUA",)),
    ],
)
def test_the_exporter_is_a_line_of_its_own_until_2_3(text: str, expected: tuple[str, ...]) -> None:
    (found,) = read(
        f"HA-Proxy version {text} 2020/09/30 - https://haproxy.org/\n"
        "Feature list : +LUA\n\nDefault settings :\n"
        "Built with the Prometheus exporter as a service\n"
    )

    assert found.features == expected


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ("Available services : none\n", ("+LUA", "-PROMEX")),
        # cut off before the services: not known
        ("Available polling systems :\n", ("+LUA",)),
        ("Available services :", ("+LUA",)),
        # the line itself is gone, the service is listed
        ("Available services :\n\tprometheus-exporter\n", ("+LUA",)),
    ],
)
def test_the_exporter_is_off_where_no_service_is_there(
    services: str, expected: tuple[str, ...]
) -> None:
    (found,) = read(BANNER + f"Feature list : +LUA\n\nDefault settings :\n\n{services}")

    assert found.features == expected


USABLE = "\nTotal: 3 (3 usable), will use epoll.\n"


def lines_of_1(options: str, built: str = "", end: str = USABLE) -> tuple[str, ...]:
    """The features of a 1.8 that prints this."""
    (found,) = read(
        "HA-Proxy version 1.8.31 2022/12/09\nCopyright 2000-2022\n\nBuild options :\n"
        f"  CFLAGS  = -O2\n  OPTIONS ={options}\n\nDefault settings :\n  maxconn = 2000\n\n"
        f"{built}{end}"
    )
    return found.features


NONE_OF_1 = (
    "-51DEGREES", "-DEVICEATLAS", "-LUA", "-NS", "-OPENSSL", "-PCRE", "-PCRE2", "-SLZ", "-THREAD",
    "-WURFL", "-ZLIB",
)  # fmt: skip


@pytest.mark.parametrize(
    ("options", "built", "expected"),
    [
        # nothing chosen: no library is there
        ("", "", NONE_OF_1),
        (" ", "", NONE_OF_1),
        # a library is known by its line, not by the wish for it alone
        (
            " USE_OPENSSL=1",
            "Built with OpenSSL version : OpenSSL 3.0.22\nBuilt with multi-threading support.\n",
            (
                "-51DEGREES", "-DEVICEATLAS", "-LUA", "-NS", "+OPENSSL", "-PCRE", "-PCRE2", "-SLZ",
                "+THREAD", "-WURFL", "-ZLIB",
            ),
        ),
        # what has no line is known by the wish: any value means on, an empty one off
        (
            " USE_TFO=1 USE_SYSTEMD=0 USE_REGPARM= USE_NS=1 USE_VSYSCALL=",
            "Built with network namespace support.\n",
            (
                "-51DEGREES", "-DEVICEATLAS", "-LUA", "+NS", "-OPENSSL", "-PCRE", "-PCRE2",
                "-REGPARM", "-SLZ", "+SYSTEMD", "+TFO", "-THREAD", "-VSYSCALL", "-WURFL", "-ZLIB",
            ),
        ),
        # an empty wish does not undo a line
        (
            " USE_ZLIB= USE_TFO=1",
            "Built with zlib version : 1.2.13\n",
            (
                "-51DEGREES", "-DEVICEATLAS", "-LUA", "-NS", "-OPENSSL", "-PCRE", "-PCRE2", "-SLZ",
                "+TFO", "-THREAD", "-WURFL", "+ZLIB",
            ),
        ),
        # wrapped at spaces
        (
            " USE_TFO=1\n    USE_REGPARM=1",
            "",
            (
                "-51DEGREES", "-DEVICEATLAS", "-LUA", "-NS", "-OPENSSL", "-PCRE", "-PCRE2",
                "+REGPARM", "-SLZ", "+TFO", "-THREAD", "-WURFL", "-ZLIB",
            ),
        ),
        # lines that somebody left out may have been any: nothing is off
        (" USE_TFO=1", "[...snipp...]\nBuilt with zlib version : 1.2.13\n", ("+TFO", "+ZLIB")),
        (" USE_TFO=1", "...\n", ("+TFO",)),
    ],
)  # fmt: skip
def test_features_of_1_x_are_read_from_its_lines(
    options: str, built: str, expected: tuple[str, ...]
) -> None:
    found = lines_of_1(options, built)

    assert found == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        # the end is missing: only what is there is known
        (" USE_TFO=1 USE_REGPARM= USE_LUA=1", ("+LUA", "-REGPARM", "+TFO")),
        # the library is not known to be off while the parts are not
        (" USE_PCRE= USE_TFO=1", ("+TFO",)),
        (" USE_PCRE= USE_STATIC_PCRE=1", ("+PCRE", "+STATIC_PCRE")),
        # a value that is broken off
        (" USE_TFO=\n1 USE_NS=1", ("+NS",)),
    ],
)
def test_of_a_1_x_that_is_cut_off_nothing_is_off_but_what_says_so(
    options: str, expected: tuple[str, ...]
) -> None:
    found = lines_of_1(options, end="")

    assert found == expected


def test_a_1_x_without_options_tells_nothing() -> None:
    (found,) = read("HA-Proxy version 1.8.31 2022/12/09\nBuilt with Lua version : Lua 5.3.6\n")

    assert found.features == ()


# --- the recorded outputs --------------------------------------------------------------------

RECORDED = {
    "1.3.17-build.txt": ("1.3.17", RELEASE, "", "2009-03-29", "linux26", "+PCRE"),
    "1.3.28-build.txt": ("1.3.28", RELEASE, "", "2016-03-14", "linux26", "-OPENSSL +PCRE"),
    "1.4.27-build.txt": ("1.4.27", RELEASE, "", "2016-03-14", "linux2628", "-LUA +PCRE -ZLIB"),
    "1.5.19-build.txt": ("1.5.19", RELEASE, "", "2016-12-25", "linux2628", "-OPENSSL +PCRE +ZLIB"),
    "1.7.14-build.txt": (
        "1.7.14", RELEASE, "", "2021-03-31", "linux2628", "-LUA +NS +PCRE +STATIC_PCRE -THREAD",
    ),
    "1.8.31.txt": (
        "1.8.31-930270df7", COMMIT, "", "2022-12-09", "linux2628", "+OPENSSL -PCRE +PCRE2 +THREAD",
    ),
    "1.8.31-v.txt": ("1.8.31-930270df7", COMMIT, "", "2022-12-09", "", ""),
    "1.8.31-show-info.txt": ("1.8.31-930270df7", COMMIT, "", "2022-12-09", "", ""),
    "1.9.16-build.txt": (
        "1.9.16", RELEASE, "", "2020-07-31", "linux2628", "+PCRE +PCRE_JIT +STATIC_PCRE +THREAD",
    ),
    "2.0.35.txt": (
        "2.0.35-9627b4787", COMMIT, "", "2024-04-05", "linux-glibc", "+LUA -PROMEX -SYSTEMD",
    ),
    "2.2.4.txt": ("2.2.4-de456726d", COMMIT, "", "2020-09-30", "linux-glibc", "+PCRE2 -PROMEX"),
    "2.2.5.txt": ("2.2.5-34b2b1066", COMMIT, "", "2020-11-05", "linux-glibc", "-CLOSEFROM +ZLIB"),
    "2.2.9-debian-bullseye.txt": (
        "2.2.9-2+deb11u6", PACKAGE, "Debian", "2023-12-23", "linux-glibc", "+PROMEX +SYSTEMD +ZLIB",
    ),
    "2.4.35.txt": ("2.4.35-fe925c077", COMMIT, "", "2026-05-11", "linux-glibc", "-PROMEX -QUIC"),
    "2.6.12-debian-bookworm.txt": (
        "2.6.12-1+deb12u4", PACKAGE, "Debian", "2026-10-17", "linux-glibc",
        "+OT -PCRE +PCRE2_JIT +PROMEX +SLZ -ZLIB",
    ),
    "2.6.12-debian-bookworm-v.txt": ("2.6.12-1+deb12u4", PACKAGE, "Debian", "2026-10-17", "", ""),
    "2.6.12-debian-bookworm-show-info-desc.txt": (
        "2.6.12-1+deb12u4", PACKAGE, "Debian", "2026-10-17", "", "",
    ),
    "2.6.12-debian-bookworm-show-info-json.txt": (
        "2.6.12-1+deb12u4", PACKAGE, "Debian", "2026-10-17", "", "",
    ),
    "2.6.12-debian-bookworm-show-info-typed.txt": (
        "2.6.12-1+deb12u4", PACKAGE, "Debian", "2026-10-17", "", "",
    ),
    "2.6.30.txt": ("2.6.30-cfcf6ccd5", COMMIT, "", "2026-06-26", "linux-glibc", "-ENGINE +LUA"),
    "2.8.25.txt": ("2.8.25-5cf5d0683", COMMIT, "", "2026-06-26", "linux-glibc", "+MATH +SSL"),
    "3.0.11-debian-trixie.txt": (
        "3.0.11-1+deb13u3", PACKAGE, "Debian", "2026-05-20", "linux-glibc",
        "+PROMEX +QUIC +QUIC_OPENSSL_COMPAT +SYSTEMD",
    ),
    "3.0.24.txt": ("3.0.24-9c3963573", COMMIT, "", "2026-06-26", "linux-glibc", "-QUIC +SHM_OPEN"),
    "3.2.20.txt": ("3.2.20-9d6f82e72", COMMIT, "", "2026-06-26", "linux-glibc", "+ACME -OT"),
    "3.2.26-debian-sid.txt": (
        "3.2.26-1", PACKAGE, "", "2026-10-14", "linux-glibc", "+ACME +OT +QUIC -ZLIB",
    ),
    "3.4.1.txt": (
        "3.4.1-3e888a769", COMMIT, "", "2026-06-25", "linux-glibc",
        "+HAVE_TCP_MD5SIG +HAVE_WORKING_TCP_MD5SIG -QUIC +ZLIB",
    ),
    "3.4.1-quic.txt": (
        "3.4.1-3e888a769", COMMIT, "", "2026-06-25", "linux-glibc", "+KTLS +QUIC -SLZ",
    ),
    "3.4.1-show-info.txt": ("3.4.1-3e888a769", COMMIT, "", "2026-06-25", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_recorded_output_is_read(name: str) -> None:
    (found,) = read(sample(name))
    features = RECORDED[name][5].split()
    known = tuple(feature for feature in found.features if feature in features)

    assert (
        found.version.text,
        found.version.origin,
        found.version.vendor,
        found.built_on,
        found.target,
        " ".join(known),
    ) == RECORDED[name]


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_branch_of_a_recorded_output_is_that_of_its_name(name: str) -> None:
    (found,) = read(sample(name))

    assert found.version.release.branch == ".".join(name.split(".")[:2])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2.0.35.txt", ""),  # 2.0 prints none
        ("2.2.4.txt", LONG_TERM),
        (
            "2.6.12-debian-bookworm-v.txt",
            "long-term supported branch - will stop receiving fixes around Q2 2027.",
        ),
    ],
)
def test_the_status_is_kept_as_printed(name: str, expected: str) -> None:
    (found,) = read(sample(name))

    assert found.status == expected


def test_a_whole_build_of_1_5_is_read() -> None:
    found = read(sample("1.5.19-build.txt"))

    assert found == (
        Build(
            source="paste",
            version=version("1.5.19", "1.5.19", RELEASE),
            built_on="2016-12-25",
            target="linux2628",
            features=(
                "-51DEGREES", "-DEVICEATLAS", "-LUA", "-NS", "-OPENSSL", "+PCRE", "-PCRE2", "-SLZ",
                "-THREAD", "-WURFL", "+ZLIB",
            ),
        ),
    )  # fmt: skip


def test_a_whole_package_is_read() -> None:
    found = read(sample("2.2.9-debian-bullseye.txt"))

    assert found == (
        Build(
            source="paste",
            version=version("2.2.9-2+deb11u6", "2.2.9", PACKAGE, vendor="Debian"),
            built_on="2023-12-23",
            status=LONG_TERM,
            target="linux-glibc",
            features=(
                "-51DEGREES", "+ACCEPT4", "+BACKTRACE", "-CLOSEFROM", "+CPU_AFFINITY", "+CRYPT_H",
                "-DEVICEATLAS", "+DL", "+EPOLL", "-EVPORTS", "+FUTEX", "+GETADDRINFO", "-KQUEUE",
                "+LIBCRYPT", "+LINUX_SPLICE", "+LINUX_TPROXY", "+LUA", "+NETFILTER", "+NS",
                "-OBSOLETE_LINKER", "+OPENSSL", "-PCRE", "+PCRE2", "+PCRE2_JIT", "-PCRE_JIT",
                "+POLL", "+PRCTL", "-PRIVATE_CACHE", "+PROMEX", "-PTHREAD_PSHARED", "+RT", "-SLZ",
                "-STATIC_PCRE", "-STATIC_PCRE2", "+SYSTEMD", "+TFO", "+THREAD", "+THREAD_DUMP",
                "+TPROXY", "-WURFL", "+ZLIB",
            ),
        ),
    )  # fmt: skip


# --- as people paste it ----------------------------------------------------------------------


def each_line(text: str, change: Callable[[str], str]) -> str:
    return "\n".join(map(change, text.split("\n")))


def broken(text: str) -> str:
    """As a terminal of 80 columns shows it when it is copied from there."""
    return each_line(text, lambda line: "\n".join(re.findall(r".{1,80}", line)))


def filled(text: str) -> str:
    """As a mail program wraps it at spaces."""
    return each_line(
        text,
        lambda line: textwrap.fill(
            line,
            80,
            subsequent_indent="    ",
            break_on_hyphens=False,
            break_long_words=False,
            replace_whitespace=False,
        ),
    )


NOISE: dict[str, Callable[[str], str]] = {
    "in a fence": lambda text: f"Here it is:\n\n```plain\n{text}```\nThanks.\n",
    "quoted": lambda text: each_line(text, lambda line: f"> {line}"),
    "quoted twice": lambda text: each_line(text, lambda line: f"> > {line}"),
    "quoted by old mail": lambda text: each_line(text, lambda line: f">>{line}"),
    "as a comment": lambda text: each_line(text, lambda line: f"# {line}"),
    "indented": lambda text: each_line(text, lambda line: f"    {line}"),
    "indented by a tab": lambda text: each_line(text, lambda line: f"\t{line}"),
    "after a prompt": lambda text: f"$ haproxy -vv\n{text}$ ",
    "after root's prompt": lambda text: f"root@lb:~# haproxy -vv\n{text}root@lb:~# ",
    "lines of Windows": lambda text: text.replace("\n", "\r\n"),
    "lines of Windows, twice": lambda text: text.replace("\n", "\r\r\n"),
    "lines of old Macs": lambda text: text.replace("\n", "\r"),
    "lines doubled": lambda text: text.replace("\n", "\n\n"),
    "no last end of line": lambda text: text.rstrip("\n"),
    "found by grep": lambda text: re.sub(
        "(HA-?Proxy|TARGET|ZLIB)", "\x1b[01;31m\x1b[K\\1\x1b[m\x1b[K", text
    ),
    "reset by tput": lambda text: each_line(text, lambda line: f"\x1b(B\x1b[m{line}\x1b[K"),
    "colours in one byte": lambda text: each_line(text, lambda line: f"\x9b1m{line}\x9b0m"),
    "after a window's title": lambda text: f"\x1b]0;root@lb: ~\x07{text}",
    "after a title without an end": lambda text: f"\x1b]0;root@lb: ~\n{text}",
    "as HTML": lambda text: f"<pre><code>{html.escape(text)}</code></pre>",
    "as HTML with breaks": lambda text: html.escape(text).replace("\n", "<br />\n"),
    "as HTML of old": lambda text: "<PRE>" + html.escape(text).replace("\n", "<BR>") + "</PRE>",
    "as HTML in one line": lambda text: html.escape(text).replace("\n", "<br>"),
    "as paragraphs": lambda text: each_line(text, lambda line: f"<p>{html.escape(line)}</p>"),
    "HTML's spaces": lambda text: text.replace(" ", "&nbsp;"),
    "spaces that do not break": lambda text: text.replace(" ", "\xa0"),
    "narrow spaces": lambda text: text.replace(" ", "\u202f"),
    "spaces of no width": lambda text: text.replace(" ", " \u200b"),
    "a byte order mark": lambda text: f"\ufeff{text}",
    "dashes of a word processor": lambda text: text.replace("-", "\u2013"),
    "lines of Unicode": lambda text: text.replace("\n", "\u2028"),
    # The two characters \n are what JSON, logs and Python's repr() make of an end of line.
    "as a string of JSON": lambda text: json.dumps({"rc": 0, "stdout": text}),
    "as Python prints bytes": lambda text: repr(text.replace("\n", "\r\n").encode()),
    "as lines of JSON": lambda text: json.dumps({"stdout_lines": text.split("\n")}, indent=4),
    "as lines of Python": lambda text: "[\n" + each_line(text, lambda line: f"  {line!r},") + "\n]",
    "named by docker compose": lambda text: each_line(text, lambda line: f"haproxy-1  | {line}"),
    "wrapped at spaces": filled,
    "twice": lambda text: f"{text}\n{text}",
    "twice, once cut off": lambda text: f"{text}\n{text[: 2 * len(text) // 3]}",
    "after its banner": lambda text: text.partition("Build options")[0] + "\n" + text,
    "in a text that names others": lambda text: (
        "HA-Proxy version 1.8.8 2018/04/19 was bad. We went from HAProxy version 2.0 to 2.2,\n"
        f"from HA-Proxy version 2.0.13 2020/04/01\nto this:\n\n{text}\n"
        "Would HAProxy version 2.2.14 be better? HAProxy version 1.9.0\n"
    ),
    "before a log": lambda text: f"{text}\n[NOTICE]   (33) : haproxy version is 2.8.9-1842fd0\n",
}  # fmt: skip


@pytest.mark.parametrize("noise", NOISE)
def test_noise_changes_nothing(noise: str) -> None:
    texts = {name: sample(name) for name in OUTPUTS if "json" not in name}
    found = {name: read(NOISE[noise](text)) for name, text in texts.items()}

    assert found == {name: read(text) for name, text in texts.items()}


@pytest.mark.parametrize("name", LISTS)
def test_a_terminals_line_breaks_change_no_list(name: str) -> None:
    (expected,) = read(sample(name))
    (found,) = read(broken(sample(name)))
    lost = {"+TFO"} if name == "1.8.31.txt" else set()  # broken within a name of OPTIONS

    assert found == expected._replace(
        features=tuple(name for name in expected.features if name not in lost)
    )


def test_a_prompt_may_stand_in_the_line_of_the_banner() -> None:
    found = read(f"docker run --rm haproxy -v: {BANNER}")

    assert found == (DATED,)


def test_an_escape_within_a_version_does_not_cut_it() -> None:
    found = read("HA-Proxy version \x1b[1m2.2.4\x1b[0m-de45672\x1b[m 2020/09/30")

    assert found == (DATED,)


# --- several outputs -------------------------------------------------------------------------


def test_several_outputs_are_several_builds_in_their_order() -> None:
    names = ("2.2.5.txt", "1.8.31.txt", "3.4.1-show-info.txt", "2.6.12-debian-bookworm-v.txt")
    found = read("\n".join(map(sample, names)))

    assert found == tuple(build for name in names for build in read(sample(name)))


def test_two_builds_of_one_version_stay_two_where_their_features_differ() -> None:
    found = read(sample("3.4.1.txt") + sample("3.4.1-quic.txt"))

    assert found == read(sample("3.4.1.txt")) + read(sample("3.4.1-quic.txt"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # a package that was built anew under the same name
        ("HAProxy version 2.4.1-1 2021/06/17", "HAProxy version 2.4.1-1 2021/07/01"),
        # the same number from two packagers
        ("HAProxy version 2.4.1-1 2021/06/17", "HAProxy version 2.4.1-2 2021/06/17"),
        # the process that runs is not the program that is installed
        ("HAProxy version 2.4.1 2021/06/17", "Name: HAProxy\nVersion: 2.4.0\n"),
    ],
)
def test_what_contradicts_is_two_builds(one: str, other: str) -> None:
    found = read(f"{one}\n\n{other}\n")

    assert found == read(one) + read(other)


@pytest.mark.parametrize(
    "names",
    [
        ("2.6.12-debian-bookworm-v.txt", "2.6.12-debian-bookworm.txt"),
        ("2.6.12-debian-bookworm.txt", "2.6.12-debian-bookworm-show-info-typed.txt"),
        ("2.6.12-debian-bookworm-show-info-desc.txt", "2.6.12-debian-bookworm.txt"),
        ("2.6.12-debian-bookworm-show-info-json.txt", "2.6.12-debian-bookworm.txt"),
    ],
)
def test_what_several_outputs_say_of_one_build_is_put_together(names: tuple[str, ...]) -> None:
    found = read("\n".join(map(sample, names)))

    assert found == read(sample("2.6.12-debian-bookworm.txt"))


def test_an_output_whose_banner_is_cut_off_does_not_pass_for_the_next_one() -> None:
    headless = sample("2.4.35.txt").partition("\n")[2]
    (expected,) = read(sample("2.4.35.txt"))
    found = read(headless + sample("2.2.4.txt") + headless)
    cut = expected._replace(version=version("2.4.35", "2.4.35", UNRECOGNISED), built_on="")

    assert found == (cut, *read(sample("2.2.4.txt")))


def test_a_banner_without_a_date_keeps_its_features_to_itself() -> None:
    other = "HAProxy version 2.4.0\nFeature list : +QUIC +ZLIB\n\nDefault settings :\n"
    found = read(BANNER + other)

    assert found == (DATED,)


# --- properties ------------------------------------------------------------------------------

NUMBERS = ("2.2.4", "2.2.0", "2.2", "2.10.0", "1.3.14.2", "1.8-rc4", "3.3-dev3")
SUFFIXES = (
    "-de45672", "-b16390-23", "~d982a8e8", "-1", "-1+deb12u4", "-1~bpo10+1", "-1ppa1~jammy",
    "-1ubuntu3.2", "-0+ha33+ubuntu24.04u1", "-3.el9", "-r0", "_1,1", "-1.0.0-238.455", "-v2", "-x",
)  # fmt: skip
FRAGMENTS = (
    "HA-Proxy version ", "HAProxy version ", "haproxy version is ", "[NOTICE] (1) : ", "2.2.4",
    "2.2.5-1", "1.8.31", " 2020/09/30", " - https://haproxy.org/", "\n", "\n\n", " ", "> ", "| ",
    "Status: stable branch.", "Known bugs: http://www.haproxy.org/bugs/bugs-2.2.4.html",
    "Build options :", "  TARGET  = linux-glibc\n  CC = cc", "  OPTIONS = USE_PCRE= USE_NS=1",
    "Feature list : ", "Detected feature list : ", "+LUA ", "-PCRE ", "+PCRE_JIT", "-", "+PC",
    "Default settings :", "Built with Lua version", "Available polling systems", "Name: HAProxy\n",
    "Version: 2.2.4", "Release_date: 2020/09/30", '"name":"Name","value":"HAProxy"',
    '"name":"Version","value":"2.2.4"', '"name":"Release_date","value":"2020/09/30"', "\x1b[31m",
    "\x1b", "\x9b", "\r", "\\n", "&lt;", "<br>", "</p>", '"', "\xa0", "\u202e", "\x00",
)  # fmt: skip
TEXTS = st.text() | st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)


@given(TEXTS)
@example("HAProxy version 2.2.4-\u0663 2020/09/30")
@example("HA-Proxy version 1.8.31 2022/12/09\nOPTIONS = USE_\u0416=1")
def test_any_text_gives_builds_or_a_parse_error(text: str) -> None:
    try:
        builds = read(text)
    except ParseError:
        return

    assert builds


@given(st.sampled_from(NUMBERS), st.sampled_from(SUFFIXES) | st.from_regex(r"\A[-~+_][\w.~+-]*\Z"))
def test_a_suffix_never_changes_the_release(number: str, suffix: str) -> None:
    assume(not re.match(r"-(dev|rc)\d", suffix))

    assert read_version(number + suffix).release.text == number


@given(st.sampled_from(NUMBERS), st.sampled_from(SUFFIXES))
def test_a_printed_version_comes_back_as_printed(number: str, suffix: str) -> None:
    text = number + suffix.replace(",1", "")
    found = read(f"HAProxy version {text} 2020/09/30 - https://haproxy.org/\n")

    assert found == (plain(text, built_on="2020-09-30"),)


@given(
    st.sampled_from(LISTS),
    st.integers(0, 9999),
    st.sampled_from(("", "\n", "\n\n", "...", "\n```\n", "\n\nIs that bad?\n", "\n2 of them run")),
)
def test_cutting_an_output_off_changes_no_version_and_no_feature(
    name: str, length: int, after: str
) -> None:
    banner, end, body = sample(name).partition("\n")
    (whole,) = read(sample(name))
    (found,) = read(banner + end + body[: length % len(body)] + after)

    assert (
        found.version,
        found.built_on,
        found.status in ("", whole.status),
        found.target in ("", whole.target),
        set(found.features) - set(whole.features),
    ) == (whole.version, whole.built_on, True, True, set())


@given(st.sampled_from(LISTS), st.integers(0, 9999))
def test_cutting_the_beginning_off_changes_no_number_and_no_feature(name: str, start: int) -> None:
    text = sample(name)
    (whole,) = read(text)
    try:
        (found,) = read(text[start % len(text) :])
    except ParseError:
        found = whole

    assert (found.version.release, set(found.features) - set(whole.features)) == (
        whole.version.release,
        set(),
    )


@given(
    st.sampled_from(OUTPUTS),
    st.lists(st.tuples(st.integers(0, 9999), st.characters(categories=("Cc", "Cf")))),
)
def test_control_characters_never_survive_into_a_field(
    name: str, marks: list[tuple[int, str]]
) -> None:
    text = sample(name)
    for place, mark in marks:
        text = text[: place % len(text)] + mark + text[place % len(text) :]
    try:
        builds = read(text)
    except ParseError:
        builds = ()
    fields = [
        field
        for build in builds
        for field in (
            *(build.version.text, build.version.commit, build.version.vendor),
            *(build.built_on, build.status, build.target),
            *build.features,
        )
    ]

    assert [field for field in fields if not (field.isascii() and field.isprintable())] == []


@given(st.permutations(["+LUA", "-NS", "+OPENSSL", "-PCRE", "-PCRE_JIT", "-STATIC_PCRE", "+ZLIB"]))
def test_the_order_of_a_list_tells_nothing(names: list[str]) -> None:
    found = listed(" ".join(names))

    assert found == ("+LUA", "-NS", "+OPENSSL", "-PCRE", "-PCRE_JIT", "-STATIC_PCRE", "+ZLIB")


@given(st.lists(st.sampled_from(OUTPUTS), min_size=1, max_size=4))
def test_reading_twice_is_reading_once(names: list[str]) -> None:
    text = "\n".join(map(sample, names))

    assert read(f"{text}\n{text}") == read(text)
