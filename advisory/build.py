"""What a HAProxy binary says about itself: ``haproxy -vv``, ``haproxy -v``, ``show info``.

People paste these with markdown fences, quotes, prompts, colours and prose around them, cut off,
several in one text. The banner is looked for anywhere in a line; what stands after it is read line
by line and what is not understood is left out, never guessed.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from enum import Enum

from advisory.errors import ParseError
from advisory.release import Release


class Origin(Enum):
    """What the text after the version's number tells about where the build comes from."""

    RELEASE = "release"
    COMMIT = "commit"
    SNAPSHOT = "snapshot"
    PACKAGE = "package"
    DEVELOPMENT = "development"
    ENTERPRISE = "enterprise"
    UNRECOGNISED = "unrecognised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version as a binary prints it, taken apart.

    ``release`` holds digits, dots and ``-devN``/``-rcN`` only. ``commit`` is the hash that follows
    it (6 to 40 hex), ``commits_past`` how many commits a snapshot lies past that release. ``vendor``
    is named only where the revision's own form gives it away.
    """

    text: str
    release: Release
    origin: Origin
    commit: str = ""
    commits_past: int | None = None
    vendor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One binary: its version and, as far as the text goes, how it was built.

    ``features`` are ``+NAME``/``-NAME``, sorted; a name that is missing is not known, which is not
    the same as off. ``status`` and ``target`` are as printed, "" where the text lacks them.
    """

    source: str
    version: Version
    built_on: str = ""
    status: str = ""
    target: str = ""
    features: tuple[str, ...] = ()

    def has(self, feature: str) -> bool | None:
        """Whether a feature is built in; None where the text does not tell."""
        if f"+{feature}" in self.features:
            return True
        return False if f"-{feature}" in self.features else None


_NUMBER = r"[1-9]\d?\.\d{1,2}(?:\.\d{1,3}){0,2}(?:-(?:dev|rc)\d{1,3})?"
_BANNER = re.compile(
    rf"HA-?Proxy(?: Technologies)?(?: Enterprise| ALOHA)? version v?({_NUMBER}[^\s,;]*)"
    r"(?:[ \t]+(\d{4}/\d\d/\d\d))?"
)
_BARE = re.compile(rf"v?({_NUMBER}(?:[-~+][\w.~+-]*)?)")
_INFO_VERSION = re.compile(
    rf"^[\s>|]*(?:\d+\.)?Version(?:\.\d+:\w+:str)?:\s*({_NUMBER}\S*)", re.MULTILINE
)
_INFO_DATE = re.compile(
    r"^[\s>|]*(?:\d+\.)?Release_date(?:\.\d+:\w+:str)?:\s*(\d{4}/\d\d/\d\d)", re.MULTILINE
)
_KNOWN_BUGS = re.compile(rf"haproxy\.org/bugs/bugs-({_NUMBER})\.html")
_ENTERPRISE_SIGNS = re.compile(
    r"hapee-lb|haproxy\.com/documentation/hapee|\+MODULES\b|HAProxy ALOHA"
)

_FORMS: tuple[tuple[re.Pattern[str], Origin, str], ...] = tuple(
    (re.compile(form), origin, vendor)
    for form, origin, vendor in (
        (r"", Origin.RELEASE, ""),
        (r"-(?P<commit>[0-9a-f]{6,40})", Origin.COMMIT, ""),
        (r"-(?P<commit>[0-9a-f]{6,40})-(?P<past>\d{1,5})", Origin.SNAPSHOT, ""),
        (r"~(?P<commit>[0-9a-f]{6,40})", Origin.SNAPSHOT, ""),
        (r"-\d+\.\d+\.\d+-\d+\.\d+.*", Origin.ENTERPRISE, "HAProxy Enterprise"),
        (r"-[\w.]*~bpo[\w.+~]+", Origin.PACKAGE, "Debian backports"),
        (r"-[\w.]+\+deb\d[\w.+~]*", Origin.PACKAGE, "Debian"),
        (r"-[\w.]*ppa[\w.+~]*", Origin.PACKAGE, "Ubuntu PPA"),
        (r"-[\w.]*\+ha\d[\w.+~]*", Origin.PACKAGE, "HAProxy Technologies packages"),
        (r"-[\w.+]*ubuntu[\w.+~]*", Origin.PACKAGE, "Ubuntu"),
        (r"-r\d+", Origin.PACKAGE, "Alpine"),
        (r"-[\w.]+\.(?:el\d|fc\d|amzn)[\w.]*", Origin.PACKAGE, "RPM distribution"),
        (r"_\d+(?:,\d+)?", Origin.PACKAGE, "FreeBSD ports"),
        (r"-\d{1,5}(?:[+~][\w.+~]*)?", Origin.PACKAGE, ""),
    )
)


def read_version(text: str) -> Version:
    """Take a version apart as a binary prints it (``2.2.4-de45672``, ``2.6.12-1+deb12u3``).

    Raises:
        ValueError: the text does not begin with a number of HAProxy's.
    """
    match = re.match(_NUMBER, text)
    if match is None:
        raise ValueError(f"{text!r} is no HAProxy version; expected the form 2.2.4")
    number, rest = match[0], text[match.end() :]
    release = Release(number)
    version = Version(text=text, release=release, origin=Origin.UNRECOGNISED)
    for form, origin, vendor in _FORMS:
        found = form.fullmatch(rest)
        if found is not None:
            groups = found.groupdict()
            past = groups.get("past")
            version = replace(
                version,
                origin=origin,
                vendor=vendor,
                commit=groups.get("commit") or "",
                commits_past=None if past is None else int(past),
            )
            break
    if version.origin is Origin.ENTERPRISE:
        return version
    # A branch without a release number ("2.5") is no release; only -devN and -rcN stand without one.
    if release.is_development or number.count(".") == 1:
        return replace(version, origin=Origin.DEVELOPMENT)
    return version


def is_bare_version(text: str) -> bool:
    """Whether a word is a version by itself, as in ``hapadvise 2.2.4``."""
    return _BARE.fullmatch(text) is not None


_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_MARGIN = re.compile(r"^(?:[ \t]*(?:>|\||&gt;)+)+[ \t]?", re.MULTILINE)


def clean(text: str) -> str:
    """The text without colours, carriage returns, quote marks, HTML entities and control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if "&" in text:
        text = html.unescape(text)
    if ">" in text or "|" in text:
        text = _MARGIN.sub("", text)
    return _CONTROLS.sub("", text).replace("\xa0", " ")


def read_builds(text: str, *, source: str) -> tuple[Build, ...]:
    """Read every build that a text describes, in its order.

    The same version twice is one build (``-v``, then ``-vv``), unless both list features that differ.

    Args:
        text: output of ``haproxy -vv``, ``-v`` or ``show info``, a bare version, or a text around them.
        source: where it comes from, for messages and the report.

    Raises:
        ParseError: the text names no version of HAProxy.
    """
    text = clean(text)
    builds: list[Build] = []
    for build in (
        _from_banners(text, source) or _from_info(text, source) or _from_bare(text, source)
    ):
        for number, known in enumerate(builds):
            if known.version.text == build.version.text and (
                not known.features or not build.features or known.features == build.features
            ):
                builds[number] = _merged(known, build)
                break
        else:
            builds.append(build)
    if not builds:
        raise ParseError(
            "names no version of HAProxy; pass the output of 'haproxy -vv', or a version such as 2.2.4",
            source=source,
        )
    return tuple(builds)


def _merged(one: Build, other: Build) -> Build:
    return replace(
        one,
        built_on=one.built_on or other.built_on,
        status=one.status or other.status,
        target=one.target or other.target,
        features=one.features or other.features,
    )


def _from_banners(text: str, source: str) -> list[Build]:
    """A build per banner; a banner without a date counts only where no other has one."""
    found = list(_BANNER.finditer(text))
    dated = [match for match in found if match[2]]
    banners = dated or found
    ends = [*(match.start() for match in banners[1:]), len(text)][: len(banners)]
    builds = []
    for match, end in zip(banners, ends, strict=True):
        version = read_version(match[1].rstrip(".:`'\")*"))
        builds.append(_body(version, match[2] or "", text[match.start() : end], source))
    return builds


def _from_info(text: str, source: str) -> list[Build]:
    """A build per ``show info``, or from the address of the page of known bugs where the banner is cut off."""
    dates = _INFO_DATE.findall(text)
    builds = []
    for number, match in enumerate(_INFO_VERSION.finditer(text)):
        date = dates[number] if number < len(dates) else ""
        builds.append(_body(read_version(match[1]), date, text, source))
    if builds:
        return builds
    page = _KNOWN_BUGS.search(text)
    if page is None:
        return []
    # The page's name keeps the number only: what a packager added to it is not known.
    version = replace(read_version(page[1]), origin=Origin.UNRECOGNISED)
    return [_body(version, "", text, source)]


def _from_bare(text: str, source: str) -> list[Build]:
    words = text.split()
    if len(words) == 1 and is_bare_version(words[0]):
        return [Build(source=source, version=read_version(words[0].removeprefix("v")))]
    return []


_STATUS = re.compile(r"^[ \t]*Status: (.+?)[ \t]*$", re.MULTILINE)
_TARGET = re.compile(r"^[ \t]*TARGET[ \t]*=[ \t]*(\S+)", re.MULTILINE)
_FEATURES = re.compile(
    r"^[ \t]*(?:Detected feature|Feature) list :((?:\s*[+-]\w+(?![\w.]))*)", re.MULTILINE
)
_OPTIONS = re.compile(r"^[ \t]*OPTIONS[ \t]*=[ \t]*(.*)", re.MULTILINE)
_WHOLE = re.compile(
    r"^[ \t]*Total: \d+ \(\d+ usable\)|^[ \t]*Available (?:polling systems|filters)", re.MULTILINE
)
# Lines of 1.x that stand for what later versions put into the feature list (docs/build-features.md).
_BUILT_WITH = {
    "OPENSSL": re.compile(r"Built with OpenSSL version"),
    "LUA": re.compile(r"Built with Lua version"),
    "PCRE": re.compile(r"Built with PCRE version"),
    "PCRE2": re.compile(r"Built with PCRE2 version"),
    "ZLIB": re.compile(r"Built with zlib version"),
    "SLZ": re.compile(r"Built with libslz"),
    "NS": re.compile(r"Built with network namespace support"),
    "THREAD": re.compile(r"Built with multi-threading support"),
    "51DEGREES": re.compile(r"Built with 51Degrees"),
    "DEVICEATLAS": re.compile(r"Built with DeviceAtlas"),
    "WURFL": re.compile(r"Built with WURFL"),
}
_PROMEX = re.compile(r"Built with the Prometheus exporter")
_WITHOUT_LIST_BEFORE = Release("2.0.0")
_PROMEX_LISTED_FROM = Release("2.4.0")


def _body(version: Version, date: str, text: str, source: str) -> Build:
    if _ENTERPRISE_SIGNS.search(text):
        version = replace(version, origin=Origin.ENTERPRISE, vendor="HAProxy Enterprise")
    status = _STATUS.search(text)
    target = _TARGET.search(text)
    return Build(
        source=source,
        version=version,
        built_on=date.replace("/", "-"),
        status=status[1] if status else "",
        target=target[1] if target else "",
        features=_features(version.release, text),
    )


def _features(release: Release, text: str) -> tuple[str, ...]:
    listed = _FEATURES.findall(text)
    known: dict[str, bool] = {}
    for tokens in listed:
        for token in tokens.split():
            known[token[1:]] = token[0] == "+"
    if listed and release < _PROMEX_LISTED_FROM and _WHOLE.search(text):
        known["PROMEX"] = bool(_PROMEX.search(text))
    if not listed and release < _WITHOUT_LIST_BEFORE and "Build options" in text:
        whole = _WHOLE.search(text) is not None
        for name, line in _BUILT_WITH.items():
            if line.search(text):
                known[name] = True
            elif whole:
                known[name] = False
        options = _OPTIONS.search(text)
        for name, value in re.findall(r"USE_(\w+)=(\w*)", options[1] if options else ""):
            known[name] = known.get(name, False) or bool(value)
    for library in ("PCRE", "PCRE2"):
        # Until 2.7 a build with USE_PCRE_JIT=1 or USE_STATIC_PCRE=1 alone lists the library itself as off.
        if known.get(f"{library}_JIT") or known.get(f"STATIC_{library}"):
            known[library] = True
    return tuple(f"{'+' if on else '-'}{name}" for name, on in sorted(known.items()))
