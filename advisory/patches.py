"""What a distribution added to its package: read from its patches, or from a Debian changelog.

A patch tells by the commits that it names as its origin, and by its subject. A commit that its
prose merely mentions is none of them: it is as a rule the one that brought the bug in.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from advisory.build import Origin, Version, read_version
from advisory.errors import ParseError
from advisory.subject import is_bug_subject, subject_key

LARGEST_FILE = 8 * 1024 * 1024
SUFFIXES = (".patch", ".diff", ".patch.gz", ".diff.gz")

_SHORTEST = 7  # what git abbreviates a commit to
_UNMISTAKABLE = 12  # hex digits with which no two commits were ever alike
_LONGEST_SUBJECT = 1000

_HEX = r"([0-9a-f]{7,40})(?![0-9a-z])"
_MAIL = re.compile(r"From ([0-9a-f]{40}) ")
_SHOWN = re.compile(r"commit ([0-9a-f]{40})\b")
_PICKED = re.compile(rf"[(\[](?:cherry[ -]picked|backported) from commit {_HEX}", re.I)
_UPSTREAM = re.compile(rf"(?:\[ ?upstream )?commit {_HEX}(?: ?\]| upstream\.?)$", re.I)
_NAMED = re.compile(rf"(?:[?;&](?:h|id)=|/commit/|\bcommit[: ] ?|\b(?=\w{{40}}\b)){_HEX}", re.I)
_FIELD = re.compile(r"([A-Za-z][A-Za-z-]{1,40}):[ \t]*(.*)")
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,7}")
_REVERT = re.compile(r'Revert "(.*)"')

_ENTRY = re.compile(r"(\S+) \(([^()\s]+)\) [^;]*;")
_ITEM = re.compile(r"(\s+)[*+o-]\s+(\S.*)")
_ITEM_SUBJECT = re.compile(rf"(?:(?:d|debian)/\S+\s+)?(?:{_HEX}\s+)?(.*)")
_DROPPING = re.compile(r"(?:drop|remove|revert|disable)\b", re.I)
_CLOSING = re.compile(r"\s(?:Closes|LP): #")
_REMARK = re.compile(r"CVE-|Closes|LP:", re.I)


class Patch(NamedTuple):
    """What one patch, or one entry of a changelog, says of the fixes in it.

    ``name`` is the file's within its folder, or the entry's version. ``commits`` (7 to 40 hex, in
    lower case) are those that it was taken from, ``subjects`` those of fixes, and ``reverts`` those
    of the fixes that it takes back. ``notes`` are the CVEs and files that it names.
    """

    name: str
    commits: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    reverts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_patch(text: str, *, source: str) -> Patch:
    """Read where a patch comes from off its message; the changes themselves are not looked at.

    Args:
        text: what ``git format-patch``, ``git show`` or ``quilt`` wrote, with the fields of DEP-3
            or without; several commits may follow one another.
        source: what to call it.
    """
    commits: list[str] = []
    subjects: list[str] = []
    notes = _CVE.findall(source)
    for message in _messages(text):
        fields = list(_fields(message))
        commits += _commits(message, fields)
        subjects.append(_subject(message, fields))
        notes += (cve for line in message for cve in _CVE.findall(line))
    return _patch(source, commits, subjects, notes)


def read_patch_folder(path: str) -> tuple[Patch, ...]:
    """Read the patches of a package, in the order in which they are applied.

    A file ``series``, as Debian's packages have one, decides which are applied; without it, all
    files of the folder that end in .patch or .diff are.

    Raises:
        ParseError: there is no such folder or no patch in it, or a patch cannot be read.
    """
    source = _printable(path)
    folder = Path(path)
    series = folder / "series"
    try:
        entries = sorted(folder.iterdir())
    except (OSError, ValueError) as error:
        raise ParseError(
            f"is no folder that can be read ({_reason(error)}); name the one that holds the "
            "patches, such as debian/patches",
            source=source,
        ) from error
    if series in entries:
        files = list(_applied(folder, _read(series), source=_printable(str(series))))
    else:
        files = [file for file in entries if file.name.endswith(SUFFIXES) and file.is_file()]
        if not files:
            raise ParseError(
                "has neither a series nor a file that ends in .patch or .diff; name the folder "
                "that holds the patches, such as debian/patches",
                source=source,
            )
    return tuple(
        read_patch(_read(file), source=_printable(str(file.relative_to(folder)))) for file in files
    )


def read_debian_changelog(path: str, version: Version) -> tuple[Patch, ...]:
    """Read from a file what ``debian_changelog`` reads from its text; it may be a gzip.

    Raises:
        ParseError: it cannot be read, is no such changelog, or knows nothing of the version.
    """
    return debian_changelog(_read(Path(path)), version, source=_printable(path))


def debian_changelog(text: str, version: Version, *, source: str) -> tuple[Patch, ...]:
    """Read what the revisions of a Debian package changed in one release of HAProxy.

    Args:
        text: a ``debian/changelog``, newest entry first.
        version: that of the build. Revisions that are newer than it do not count, where it tells
            its own; an older release of HAProxy ends them.
        source: where the text comes from, for messages.

    Returns:
        A Patch per revision, oldest first.

    Raises:
        ParseError: it is no Debian changelog of haproxy, or has no entry of the version.
    """
    entries = list(_entries(text))
    if not entries or not entries[0][0].startswith("haproxy"):
        raise ParseError(
            "is no Debian changelog of haproxy; pass debian/changelog or "
            "/usr/share/doc/haproxy/changelog.Debian.gz",
            source=source,
        )
    # A rebuild of the same sources ("+b1") has no entry of its own.
    revision = re.sub(r"\+b[0-9]+$", "", version.text)
    packaged = version.origin in (Origin.PACKAGE, Origin.UNRECOGNISED)
    patches: list[Patch] = []
    for _, name, lines in entries:
        same_release = _release(name) == version.release.text
        if patches and not same_release:
            break
        if patches or (name == revision if packaged else same_release):
            patches.append(_revision(name, lines))
    if not patches:
        raise ParseError(
            f"has no entry of {revision}, its newest is {_printable(entries[0][1])}; pass the "
            "changelog of the package that this build comes from",
            source=source,
        )
    return tuple(reversed(patches))


def backported(
    patches: Iterable[Patch],
    by_commit: Callable[[str], Iterable[str]],
    by_subject: Callable[[str], Iterable[str]],
) -> dict[str, str]:
    """Tell which bugs a package has fixed.

    What fits several bugs shows none of them fixed, but for a commit of 12 hex digits or more.

    Args:
        patches: in the order in which they are applied; a later one may take a fix back.
        by_commit: the bugs of a commit, by its first hex digits, 7 or more.
        by_subject: the bugs of a subject, by its ``subject_key``.

    Returns:
        The id of each bug to the patch that fixes it and how that is known.
    """
    found: dict[str, str] = {}
    for patch in patches:
        for subject in patch.reverts:
            for bug in by_subject(subject_key(subject)):
                found.pop(bug, None)
        for commit in patch.commits:
            bugs = set(by_commit(commit)) if len(commit) >= _SHORTEST else set()
            if len(bugs) == 1 or len(commit) >= _UNMISTAKABLE:
                for bug in bugs:
                    found.setdefault(bug, f"{patch.name}, by commit {commit[:_UNMISTAKABLE]}")
        for subject in patch.subjects:
            bugs = set(by_subject(subject_key(subject)))
            if len(bugs) == 1:
                found.setdefault(bugs.pop(), f"{patch.name}, by its subject")
    return found


def _patch(
    name: str, commits: Iterable[str], subjects: Iterable[str], notes: Iterable[str]
) -> Patch:
    subjects = list(dict.fromkeys(subjects))
    reverted = (match[1] for match in map(_REVERT.match, subjects) if match)
    return Patch(
        name,
        tuple(dict.fromkeys(commit.lower() for commit in commits)),
        tuple(filter(is_bug_subject, subjects)),
        tuple(filter(is_bug_subject, reverted)),
        tuple(dict.fromkeys(notes)),
    )


def _messages(text: str) -> list[list[str]]:
    """The lines of each commit's message, or of what stands before the first change."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    messages: list[list[str]] = [[]]
    in_changes = False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        # Prose that happens to be wrapped before "commit" is not followed by an author.
        shown = _SHOWN.match(line) and following.startswith(("Author:", "Merge:"))
        if shown or _MAIL.match(line):
            messages.append([line])
            in_changes = False
        elif not in_changes:
            in_changes = line.startswith(("diff -", "Index: ")) or (
                line.startswith("--- ") and following.startswith("+++ ")
            )
            messages[-1] += [] if in_changes else [line]
    return [message for message in messages if message]


def _fields(message: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The fields of a message: their names in lower case, and their lines."""
    folded: list[str] | None = None
    for line in message:
        if folded is not None and line[:1] in (" ", "\t") and line.strip():
            folded.append(line.strip())
            continue
        field = _FIELD.match(line)
        folded = [field[2].strip()] if field else None
        if field and folded:
            yield field[1].lower(), folded


def _commits(message: list[str], fields: list[tuple[str, list[str]]]) -> Iterator[str]:
    """The commits that a patch says to be taken from."""
    first = _MAIL.match(message[0]) or _SHOWN.match(message[0])
    if first:
        yield first[1]
    before = ""
    for line in map(str.strip, message):
        picked = _PICKED.match(line) or (None if before else _UPSTREAM.match(line))
        if picked:
            yield picked[1]
        before = line
    for name, lines in fields:
        if name in ("origin", "applied-upstream"):
            for found in _NAMED.finditer(" ".join(lines)):
                yield found[1]


def _subject(message: list[str], fields: list[tuple[str, list[str]]]) -> str:
    """The subject of a commit, "" where there is none."""
    if _SHOWN.match(message[0]):  # author and date, an empty line, the message indented
        paragraphs = "\n".join(map(str.strip, message)).split("\n\n", 2)
        return _subject_of(paragraphs[1].split("\n") if len(paragraphs) > 1 else [])
    of_name = dict(reversed(fields))  # the first of each name
    if "subject" in of_name:
        return _subject_of(of_name["subject"])
    return _subject_of(of_name.get("description", [])[:1])


def _subject_of(lines: list[str]) -> str:
    """Lines joined, without "[PATCH 1/3]"."""
    subject = " ".join(lines)[:_LONGEST_SUBJECT]
    while subject.startswith("["):
        head, bracket, rest = subject.partition("]")
        if not bracket or "PATCH" not in head:
            break
        subject = rest.strip()
    return subject


def _applied(folder: Path, series: str, *, source: str) -> Iterator[Path]:
    """The patches that a series applies; one with the option -R takes something away."""
    for number, line in enumerate(series.split("\n"), 1):
        words = re.sub(r"(?:^|\s)#.*", "", line).split()
        if not words or "-R" in words[1:]:
            continue
        if not (folder / words[0]).is_file():
            raise ParseError(
                f"names {_printable(words[0])}, which is not in the folder; "
                "pass the whole of debian/patches",
                source=source,
                line=number,
            )
        yield folder / words[0]


def _entries(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """The entries of a Debian changelog: package, version, lines."""
    lines: list[str] = []
    for line in text.split("\n"):
        head = _ENTRY.match(line)
        if head:
            lines = []
            yield head[1], head[2], lines
        else:
            lines.append(line.removesuffix("\r"))


def _release(name: str) -> str:
    """The release of HAProxy that a Debian version is of, "" where it is none."""
    number = re.sub(r"~(?=(?:dev|rc)[0-9])", "-", name.rpartition(":")[2])
    try:
        return read_version(number).release.text
    except ValueError:
        return ""


def _revision(name: str, lines: list[str]) -> Patch:
    """What one entry says of itself."""
    commits: list[str] = []
    subjects: list[str] = []
    notes: list[str] = []
    for item in _items(lines):
        notes += _CVE.findall(item)
        words = (word.strip(",.:;()\"'") for word in item.split())
        notes += (word for word in words if word.endswith(SUFFIXES))
        found = _ITEM_SUBJECT.match(_without_remarks(item[:_LONGEST_SUBJECT]))
        commit, subject = found.groups() if found else (None, "")
        subjects.append(subject)
        if commit and is_bug_subject(subject):
            commits.append(commit)
    return _patch(_printable(name), commits, subjects, notes)


def _items(lines: list[str]) -> Iterator[str]:
    """The items of an entry, their lines joined; what an item lists as dropped is left out."""
    items: list[list[str]] = []
    dropping: int | None = None  # the indentation of the item that drops what is below it
    going_on = False
    for line in lines:
        item = _ITEM.match(line)
        if item is None:
            going_on = going_on and bool(line.strip())
            if going_on:
                items[-1].append(line.strip())
            continue
        indentation = len(item[1])
        if dropping is not None and indentation <= dropping:
            dropping = None
        going_on = dropping is None
        if going_on:
            items.append([item[2].rstrip()])
            dropping = indentation if _DROPPING.match(item[2]) else None
    return map(" ".join, items)


def _without_remarks(item: str) -> str:
    """An item without the bugs and CVEs that follow its text."""
    closing = _CLOSING.search(item)
    text = item[: closing.start()] if closing else item
    while text.endswith(")") and _REMARK.search(text, max(text.rfind("("), 0)):
        text = text[: max(text.rfind("("), 0)].rstrip()
    return text


def _read(path: Path) -> str:
    """The text of a file, unpacked where it is a gzip.

    Raises:
        ParseError: it cannot be read, is too large, or no text.
    """
    source = _printable(str(path))
    try:
        with path.open("rb") as file:  # once: it may be a pipe
            data = file.read(LARGEST_FILE + 1)
        if data.startswith(b"\x1f\x8b"):
            data = gzip.GzipFile(fileobj=io.BytesIO(data)).read(LARGEST_FILE + 1)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ParseError(
            f"cannot be read ({_reason(error)}); name another", source=source
        ) from error
    if len(data) > LARGEST_FILE or b"\0" in data[:4096]:
        wrong = f"larger than {LARGEST_FILE >> 20} MiB" if len(data) > LARGEST_FILE else "binary"
        raise ParseError(f"is {wrong}; pass a patch or a Debian changelog", source=source)
    return data.decode("utf-8-sig", errors="replace")


def _reason(error: Exception) -> object:
    return (error.strerror if isinstance(error, OSError) else None) or error


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
