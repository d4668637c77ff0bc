"""What a HAProxy binary says about itself: ``haproxy -vv``, ``haproxy -v``, ``show info``.

People paste these with markdown fences, quotes, prompts, colours and prose around them, cut off,
several in one text. The banner is looked for anywhere in a line; what stands after it is read line
by line and what is not understood is left out, never guessed: of a list that is cut off, the last
name may be half a name, and is left out too.

The patterns are texts, compiled by ``re`` when first used: most inputs need few of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

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


class Version(NamedTuple):
    """A version as a binary prints it, taken apart.

    ``release`` holds digits, dots and ``-devN``/``-rcN`` only. ``commit`` is the hash that follows
    it (6 to 40 hex), ``commits_past`` how many commits a snapshot lies past that release.
    ``vendor`` is named only where the revision's own form gives it away.
    """

    text: str
    release: Release
    origin: Origin
    commit: str = ""
    commits_past: int | None = None
    vendor: str = ""


class Build(NamedTuple):
    """One binary: its version and, as far as the text goes, how it was built.

    ``features`` are ``+NAME``/``-NAME``, sorted by name; one that is missing is not known, which is
    not the same as off. ``built_on`` is the banner's date, ISO. ``status`` and ``target`` are as
    printed, "" where the text lacks them.
    """

    source: str
    version: Version
    built_on: str = ""
    status: str = ""
    target: str = ""
    features: tuple[str, ...] = ()


_NUMBER = r"[1-9][0-9]?\.[0-9]{1,2}(?:\.[0-9]{1,3}){0,2}(?:-(?:dev|rc)[0-9]{1,3})?(?!\.?[0-9]|\.x)"
_VERSION = _NUMBER + r"[0-9A-Za-z.~+_-]*"
_BARE = f"v?({_NUMBER}" + r"(?:[-~+_][0-9A-Za-z.~+_,-]*)?)"
_DATE = r"[0-9]{4}/(?:0[1-9]|1[0-2])/(?:0[1-9]|[12][0-9]|3[01])(?![0-9])"

# What may follow the number; the first form that fits decides. No vendor where several of them
# write the same: -r1 is Alpine's, Gentoo's and OpenWrt's, .el8 is whoever builds for that system.
_FORMS = (
    (r"", Origin.RELEASE, ""),
    (r"-([0-9a-f]{6,40})", Origin.COMMIT, ""),
    (r"-([0-9a-f]{6,40})-([0-9]{1,5})", Origin.SNAPSHOT, ""),
    (r"~([0-9a-f]{6,40})", Origin.SNAPSHOT, ""),
    (r"-\d+\.\d+\.\d+-\d+\.\d+.*|(?i:.*hapee.*)", Origin.ENTERPRISE, "HAProxy Enterprise"),
    (r"(?i:.*aloha.*)", Origin.ENTERPRISE, "HAProxy ALOHA"),
    (r"-[\w.+]+~bpo\d+\+\d+", Origin.PACKAGE, "Debian backports or haproxy.debian.net"),
    (r"-[\w.]+\+deb\d+u\d+", Origin.PACKAGE, "Debian"),
    (r"-[\w.~]*ppa[\w.+~]*", Origin.PACKAGE, "Ubuntu PPA"),
    (r"-[\w.]*\+ha\d[\w.+~]*", Origin.PACKAGE, "HAProxy Technologies packages"),
    (r"-[\d.]+ubuntu\d[\d.]*(?:~(?:esm|cloud)?[\d.]+)?", Origin.PACKAGE, "Ubuntu"),
    (r"-[\w.]+\.(?:el\d|fc\d|amzn)[\w.]*", Origin.PACKAGE, ""),
    (r"-r?\d{1,5}(?:[.+~][\w.+~]*|build\d+)?|_\d+(?:,\d+)?", Origin.PACKAGE, ""),
    (r"(?s).*", Origin.UNRECOGNISED, ""),
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
    found, origin, vendor = next(
        (found, origin, vendor)
        for form, origin, vendor in _FORMS
        if (found := re.fullmatch(form, rest))
    )
    commit, past = (*found.groups(), None, None)[:2]
    if release.branch in ("1.3", "1.4", "1.5") and re.fullmatch(r"-\d+", rest):
        # A packager's revision, or what clones of these append to a build past the release.
        origin = Origin.UNRECOGNISED
    if origin is not Origin.ENTERPRISE and (release.is_development or number.count(".") == 1):
        # Only -devN and -rcN stand without a release number; "2.5" alone names a branch.
        origin = Origin.DEVELOPMENT
    return Version(text, release, origin, commit or "", int(past) if past else None, vendor)


def is_bare_version(text: str) -> bool:
    """Whether a word is a version by itself, as in ``hapadvise 2.2.4``."""
    return re.fullmatch(_BARE, text) is not None


_ESCAPES = (
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]+[0-~]|[@-Z\\-_])"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
# Quote marks, comment signs, the names that docker compose puts before a line.
_MARGIN = r"\n(?:[\w.-]+[ \t]+\|(?=[ \n])|[ \t]*[>|#]+)+[ \t]?"
_UNPRINTABLE: dict[int, str] = {
    # Control characters, invisible ones, and those that turn what follows on a terminal.
    **dict.fromkeys((*range(9), *range(14, 32), *range(127, 160), 0xAD, 0xFEFF), ""),
    **dict.fromkeys((*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)), ""),
    # The ends of lines and the spaces that are not ASCII's.
    **dict.fromkeys((0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n"),
    **dict.fromkeys((0xA0, *range(0x2000, 0x200B), 0x202F), " "),
    # What a word processor or a web page makes of "-".
    **dict.fromkeys((0x2010, 0x2011, 0x2013, 0x2212), "-"),
}


def clean(text: str) -> str:
    r"""The text without colours, carriage returns, tags, quote marks, control characters.

    A ``\n`` in two characters, as JSON and logs write it, is the end of a line.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in text or "\x9b" in text:
        text = re.sub(_ESCAPES, "", text)
    if "\\n" in text:
        text = re.sub(r"(?:\\r)?\\n", "\n", text).replace("\\t", "\t").replace('\\"', '"')
    if "</" in text or "<br" in text or "<BR" in text:
        text = re.sub(r"(?i)<(?:br|/p|/div|/li)\b[^<>\n]*>", "\n", text)
        text = re.sub(r"(?i)</?[a-z][^<>\n]*>", "", text)
    if "&" in text:
        from html import unescape

        text = unescape(text)
    text = re.sub(_MARGIN, "\n", "\n" + text.translate(_UNPRINTABLE))[1:]
    if '",\n' in text or "',\n" in text:
        text = re.sub(r"(?m)^[ \t]*([\"'])(.*)\1,?[ \t]*$", r"\2", text)
    return text


def read_builds(text: str, *, source: str) -> tuple[Build, ...]:
    """Read every build that a text describes, in its order.

    The same version twice is one build (``-v``, then ``-vv``, then ``show info``), unless what the
    two say of it contradicts.

    Args:
        text: output of ``haproxy -vv``, ``-v`` or ``show info``, a bare version, or any text that
            holds one of these.
        source: where it comes from, for messages and the report.

    Raises:
        ParseError: the text names no version of HAProxy.
    """
    text = clean(text)
    builds = distinct(_build(mark, text[mark.start : end], source) for mark, end in _outputs(text))
    if builds:
        return builds
    words = text.split()
    if len(words) == 1 and is_bare_version(words[0]):
        return (Build(source=source, version=read_version(words[0].removeprefix("v"))),)
    raise ParseError(
        "names no version of HAProxy; pass the output of 'haproxy -vv', or a version (2.2.4)",
        source=source,
    )


def distinct(builds: Iterable[Build]) -> tuple[Build, ...]:
    """The builds, those together that do not contradict one another."""
    found: list[Build] = []
    for build in builds:
        for number, known in enumerate(found):
            if _same(known, build):
                found[number] = _merged(known, build)
                break
        else:
            found.append(build)
    return tuple(found)


def _same(one: Build, other: Build) -> bool:
    """Whether nothing that is said of one contradicts what is said of the other."""
    said = zip(one[2:5], other[2:5], strict=True)  # the date, the status, the target
    opposite = {feature.translate({43: "-", 45: "+"}) for feature in one.features}
    return (
        one.version.text == other.version.text
        and opposite.isdisjoint(other.features)
        and all(mine == yours for mine, yours in said if mine and yours)
    )


def _merged(one: Build, other: Build) -> Build:
    enterprise = other.version.origin is Origin.ENTERPRISE
    return one._replace(
        version=other.version if enterprise else one.version,
        built_on=one.built_on or other.built_on,
        status=one.status or other.status,
        target=one.target or other.target,
        features=tuple(sorted({*one.features, *other.features}, key=lambda name: name[1:])),
    )


class _Mark(NamedTuple):
    """Where an output begins. The lower the rank, the surer that it is one."""

    start: int
    rank: int
    version: Version
    date: str


_PRODUCTS = ("HA-Proxy", "HAProxy", "hapee-lb", "HAProxy Enterprise", "HAProxy ALOHA")
_BANNER = r" version v?(" + _VERSION + r")(?:(?:, released)?[ \t]+(" + _DATE + r"))?"
# After the date a banner ends; a sentence goes on, and has a word before the product's name.
_BANNER_END = r"(?m)[ \t]*(- https?:)|[ \t\"'`*]*(?:-?[ \t]*$|Copyright)"
_WORD_BEFORE = r"\w[ \t]+\Z"
_LINE_END = r"(?m)[ \t]*[0-9/]*[^\w\n]*$"
_NOTICE = r"\[NOTICE\].{1,30}: haproxy version is (" + _VERSION + ")"
_TYPED = r"(?:\.\d+:\w+:str)?:[ \t]*"
_INFO = (
    rf"(?m)^[ \t]*(?:(?:0\.)?Name{_TYPED}([\w-]+).*\n\s*)?(?:1\.)?Version{_TYPED}({_VERSION})"
    rf"(?:.*\n\s*(?:2\.)?Release_date{_TYPED}({_DATE}))?"
)
_VALUE = r"\b(?>.{1,600}?value\":\s*\")"
_INFO_JSON = (
    rf"(?s)name\":\s*\"Name{_VALUE}([\w-]+)(?>.{{1,600}}?name\":\s*\"Version){_VALUE}({_VERSION})"
    rf"(?>.{{1,600}}?name\":\s*\"Release_date){_VALUE}({_DATE})"
)
_KNOWN_BUGS = r"(?a)Known bugs: \S*haproxy\.org/bugs/bugs-([1-9]\d?\.\d{1,2}\.\d{1,3})\.html"
_ENTERPRISE_BUGS = r"Known bugs: \S*haproxy\.com/"
_ENTERPRISE_PROMPT = r"hapee[\w.-]*(?:/\S*)? -v+\W*\Z"


def _outputs(text: str) -> Iterator[tuple[_Mark, int]]:
    """Where outputs begin and end: those of the surest kind, and those whose banner is cut off."""
    marks = [*_banners(text), *_infos(text)]
    best = min((mark.rank for mark in marks), default=0)
    numbers = {mark.version.release.text for mark in marks if mark.rank == best}
    for page in re.finditer(_KNOWN_BUGS, text):
        if page[1] not in numbers:
            # The page's name keeps the number only: what a packager added to it is not known.
            version = read_version(page[1])._replace(origin=Origin.UNRECOGNISED)
            status = text.rfind("Status: ", max(0, page.start() - 120), page.start())
            marks.append(_Mark(page.start() if status < 0 else status, best, version, ""))
    marks.sort(key=lambda mark: mark.start)
    for number, mark in enumerate(marks, start=1):
        if mark.rank == best:
            yield mark, marks[number].start if number < len(marks) else len(text)


def _banners(text: str) -> Iterator[_Mark]:
    """The banners: rank 0 as printed, 1 with words behind, 2 alone on the line without a date."""
    for found in re.finditer(_BANNER, text):
        before = text[max(0, found.start() - 160) : found.start()]
        if not before.endswith(_PRODUCTS):
            continue
        product = next(name for name in _PRODUCTS if before.endswith(name))
        before = before.removesuffix(product)
        line = before.rpartition("\n")[2]
        alone = not any(map(str.isalnum, line))
        ends = re.compile(_BANNER_END).match(text, found.end())
        if found[2] and ((ends and ends[1]) or not re.search(_WORD_BEFORE, line)):
            rank = 0 if ends else 1
        elif alone and not found[2] and re.compile(_LINE_END).match(text, found.end()):
            rank = 2
        else:
            continue
        if "hapee" in before and re.search(_ENTERPRISE_PROMPT, before):
            product = "hapee-lb"
        version = _version(product, found[1])
        yield _Mark(found.start(), rank, version, found[2] or "")
    for found in re.finditer(_NOTICE, text) if "haproxy version is" in text else ():
        yield _Mark(found.start(), 2, _version("", found[1]), "")


def _infos(text: str) -> Iterator[_Mark]:
    """The answers to ``show info``, as lines or as JSON; "Version:" alone may be anything's."""
    for form in (_INFO, _INFO_JSON) if "Version" in text else ():
        for found in re.finditer(form, text):
            product = found[1] or ""
            if found[3] or product == "HAProxy" or "hapee" in product:
                yield _Mark(found.start(), 0, _version(product, found[2]), found[3] or "")


def _version(product: str, text: str) -> Version:
    version = read_version(text.rstrip("._"))
    if "hapee" in product:
        product = "HAProxy Enterprise"
    if product in ("HAProxy Enterprise", "HAProxy ALOHA"):
        return version._replace(origin=Origin.ENTERPRISE, vendor=product)
    return version


# Read only where the next line of -vv follows: then this one is there to its end.
_STATUS = r"(?:(?!Status:).*\n\s*)?Status: ([ -~]*\.)\s*\n\W*Known bugs"
_TARGET = r"(?am)^[^\w\n]*TARGET[ \t]*=[ \t]*([\w.+-]+)\s*\n\W*(?:CPU|CC|REGEX)\b"
# A name ends where another one or the next line of -vv begins. A terminal may have broken it.
_NEXT = r"\s*(?:Detected feature|Default settings)"
_NAMES = r"((?:\s*[+-](?:\n[ \t]*)?[A-Z0-9_]+(?:\n[ \t]*[A-Z0-9_]+)*(?=\s+[+-]|" + _NEXT + r"))*)"
_FEATURES = r"\bFeature list[ \t]*:" + _NAMES + f"({_NEXT})?"
_DETECTED = r"Detected feature list[ \t]*:" + _NAMES
_OPTIONS = r"(?s)OPTIONS[ \t]*=(.*?(?:\n\s*(DEBUG|Default settings)|\n\s*\n|\Z))"
_OPTION_OFF = r"(?a)USE_(\w+)=(?=[ \t]+USE_|\s*\n\s*(?:DEBUG|Default))"
# What -vv prints near its end: with it, a line that is missing was not printed ...
_END = r"(?m)^[^\w\n]*(?:Total: \d+ \(\d+ usable\)|Available (?:polling systems|filters))"
# ... unless somebody left lines out.
_GAP = r"(?m)^[^\w\n]*(?:\.\.|\u2026|snip|cut|trunc|skip|omit)"
# Lines of 1.x that stand for what later versions put into the feature list.
_BUILT_WITH = (
    ("OPENSSL", "Built with OpenSSL version"),
    ("LUA", "Built with Lua version"),
    ("PCRE", "Built with PCRE version"),
    ("PCRE2", "Built with PCRE2 version"),
    ("ZLIB", "Built with zlib version"),
    ("SLZ", "Built with libslz"),
    ("NS", "Built with network namespace support"),
    ("THREAD", "Built with multi-threading support"),
    ("51DEGREES", "Built with 51Degrees"),
    ("DEVICEATLAS", "Built with DeviceAtlas"),
    ("WURFL", "Built with WURFL"),
)


def _build(mark: _Mark, text: str, source: str) -> Build:
    # Options that come a second time are another output's, whose banner is cut off.
    text = "Build options".join(text.split("Build options", 2)[:2])
    status, target = re.match(_STATUS, text), re.search(_TARGET, text)
    version = mark.version
    features = _features(version.release, text)
    if "+MODULES" in features or ("haproxy.com/" in text and re.search(_ENTERPRISE_BUGS, text)):
        version = _version("hapee", version.text)
    return Build(
        source=source,
        version=version,
        built_on=mark.date.replace("/", "-"),
        status=status[1] if status else "",
        target=target[1] if target else "",
        features=features,
    )


def _features(release: Release, text: str) -> tuple[str, ...]:
    if release.branch.startswith("1."):
        known, whole = _from_lines(text)
    else:
        known, whole = _listed(release, text)
    for library in ("PCRE", "PCRE2"):
        # Until 2.7, USE_PCRE_JIT=1 or USE_STATIC_PCRE=1 alone list the library itself as off.
        implied = [known.get(f"{library}_JIT"), known.get(f"STATIC_{library}")]
        if True in implied:
            known[library] = True
        elif None in implied and not whole and known.get(library) is False:
            del known[library]
    return tuple(f"{'+' if on else '-'}{name}" for name, on in sorted(known.items()))


def _listed(release: Release, text: str) -> tuple[dict[str, bool], bool]:
    """The features of the list that 2.0 and later print, and whether it is there to its end."""
    listed = re.search(_FEATURES, text)
    if listed is None:
        return {}, False
    detected = re.search(_DETECTED, text) if "Detected feature" in text else None
    names = listed[1] + (detected[1] if detected else "")
    signed = re.findall(r"([+-])([^+-]+)", names)
    known = {"".join(name.split()): sign == "+" for sign, name in signed}
    if release.branch in ("2.0", "2.1", "2.2", "2.3"):
        # Until 2.4 the exporter is no feature but a line of its own, and the only service there is.
        if "Built with the Prometheus exporter" in text:
            known["PROMEX"] = True
        elif "Available services : none" in text:
            known["PROMEX"] = False
    return known, listed[2] is not None


def _from_lines(text: str) -> tuple[dict[str, bool], bool]:
    """What the lines of 1.x tell, which print no list, and whether they are all there."""
    options = re.search(_OPTIONS, text)
    if options is None:
        return {}, False
    whole = bool(options[2] and re.search(_END, text) and not re.search(_GAP, text))
    known = {name: line in text for name, line in _BUILT_WITH if whole or line in text}
    known |= {name: known.get(name, False) for name in re.findall(_OPTION_OFF, options[1])}
    return known | dict.fromkeys(re.findall(r"(?a)USE_(\w+)=\S", options[1]), True), whole
