"""What is posted to the service: bodies in, texts out. Nothing of it is kept or written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from advisory.errors import AdvisoryError, ParseError
from advisory.info import read_info
from advisory.inputs import text_of
from advisory.intake import Parts, read_parts
from advisory.pools import read_pools
from advisory.symptoms import Passed

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of a request: a pasted report has ten thousand, a large configuration some million."""
MOST_FILES = 50
_PASTED = "the text"
_KEYS = ("target", "vv", "pools", "info", "config", "kind")


class Refused(AdvisoryError):
    """A request that is not answered, with the status of HTTP that says so."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Form(NamedTuple):
    """The fields of the page: the text, the files by their names, and the kinds asked for."""

    text: str
    files: tuple[tuple[str, bytes], ...]
    kinds: tuple[str, ...]


class Asked(NamedTuple):
    """What a request is about: texts with builds, evidence besides, and the kinds asked for."""

    inputs: tuple[Passed, ...]
    extra: tuple[Passed, ...]
    kinds: tuple[str, ...]


def too_large() -> Refused:
    """Of a body."""
    return Refused(
        f"more than {LARGEST_BODY >> 20} MiB were sent, and nothing of it was read; send the "
        "outputs only, or use the command 'hapadvise FILE'",
        413,
    )


def read_form(body: bytes, content_type: str) -> Form:
    """Read what a browser sends of the page's form.

    Args:
        body: as sent.
        content_type: its header; ``multipart/form-data``, else fields as in an address.

    Raises:
        Refused: it is not of that form.
    """
    kind, options = parse_options_header(content_type)
    if kind == b"multipart/form-data":
        parts = _multipart(body, options.get(b"boundary", b""))
    else:
        pairs = parse_qsl(body.decode("ascii", errors="replace"), keep_blank_values=True)
        parts = [(name, None, value.encode()) for name, value in pairs]
    texts = [data.decode("utf-8", errors="replace") for name, _, data in parts if name == "text"]
    files = [(file or "a file", data) for name, file, data in parts if name == "files" and data]
    if len(files) > MOST_FILES:
        raise Refused(f"{len(files)} files were sent; send {MOST_FILES} at most", 413)
    kinds = tuple(data.decode("utf-8", "replace") for name, _, data in parts if name == "kind")
    return Form("\n".join(texts).replace("\r\n", "\n"), tuple(files), kinds)


def _multipart(body: bytes, boundary: bytes) -> list[tuple[str, str | None, bytes]]:
    """Name, file name and content of each part."""
    parts: list[tuple[str, str | None, bytes]] = []
    name = bytearray()
    value = bytearray()
    headers: dict[bytes, bytes] = {}
    data = bytearray()

    def begin() -> None:
        headers.clear()
        data.clear()

    def header_end() -> None:
        headers[bytes(name).lower()] = bytes(value)
        name.clear()
        value.clear()

    def end() -> None:
        _, options = parse_options_header(headers.get(b"content-disposition", b""))
        file = options.get(b"filename")
        parts.append(
            (
                options.get(b"name", b"").decode("utf-8", "replace"),
                None if file is None else file.decode("utf-8", "replace"),
                bytes(data),
            )
        )

    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": begin,
                "on_header_field": lambda chunk, start, stop: name.extend(chunk[start:stop]),
                "on_header_value": lambda chunk, start, stop: value.extend(chunk[start:stop]),
                "on_header_end": header_end,
                "on_part_data": lambda chunk, start, stop: data.extend(chunk[start:stop]),
                "on_part_end": end,
            },
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise Refused("the form is broken off or malformed; send it again", 400) from error
    return parts


def asked_by_form(form: Form) -> Asked:
    """The parts of what was pasted and of the files.

    Raises:
        ParseError: there is nothing, or a file holds nothing of use.
    """
    passed = []
    if form.text.strip():
        passed.append(Passed(_PASTED, read_parts(form.text, source=_PASTED)))
    for name, data in form.files:
        source = _shown(name)
        passed.append(Passed(source, read_parts(text_of(data, source), source=source)))
    if not passed:
        raise ParseError("is empty; paste the output of 'haproxy -vv', or a version", source="form")
    return Asked(tuple(passed), (), form.kinds)


def asked_by_body(body: bytes, content_type: str) -> Asked:
    """Read the body of ``POST /advise.json``: an object of JSON, else any mixture of texts.

    Raises:
        Refused: what is meant for JSON is none.
        ParseError: it holds nothing of use.
    """
    kind, _ = parse_options_header(content_type)
    if kind == b"application/json" or body.lstrip()[:1] == b"{":
        return _asked_by_object(body)
    return Asked((Passed(_PASTED, read_parts(text_of(body, _PASTED), source=_PASTED)),), (), ())


def _asked_by_object(body: bytes) -> Asked:
    try:
        whole = json.loads(body.decode("utf-8", errors="replace"))
    except json.JSONDecodeError as error:
        raise Refused(f"the body is no JSON (line {error.lineno}: {error.msg})", 400) from error
    except (ValueError, RecursionError) as error:
        raise Refused(
            "the body is JSON that is too deep or holds too large a number", 400
        ) from error
    if not isinstance(whole, dict):
        raise Refused('the body is no object; send one, such as {"vv": "..."}', 400)
    for name in whole:
        if name not in _KEYS:
            raise Refused(f"{_shown(name)}: no such key; there are {', '.join(_KEYS)}", 422)
    source = _shown(_one(whole, "target") or "vv")
    vv = _one(whole, "vv")
    if not vv.strip():
        raise Refused("vv: is missing; give the output of 'haproxy -vv', or a version", 422)
    extra = [
        Passed(where, Parts(dumps=read_pools(text, source=where)))
        for where, text in _many(whole, "pools")
    ]
    extra += [
        Passed(where, Parts(infos=read_info(text, source=where)))
        for where, text in _many(whole, "info")
    ]
    extra += [Passed(where, Parts(config_text=text)) for where, text in _many(whole, "config")]
    kinds = tuple(text for _, text in _many(whole, "kind"))
    return Asked((Passed(source, read_parts(vv, source=source)),), tuple(extra), kinds)


def _one(whole: Mapping[str, Any], name: str) -> str:
    value = whole.get(name) or ""
    if not isinstance(value, str):
        raise Refused(f"{name}: is no text", 422)
    return _sound(value)


def _many(whole: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    """The texts of a list, or the one text, each with the place it stands in."""
    value = whole.get(name) or []
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Refused(f"{name}: is neither a text nor a list of texts", 422)
    if len(texts) > MOST_FILES:
        raise Refused(f"{name}: has {len(texts)} texts; send {MOST_FILES} at most", 422)
    if isinstance(value, str):
        return [(name, _sound(value))]
    return [(f"{name}[{number}]", _sound(text)) for number, text in enumerate(texts)]


def _sound(text: str) -> str:
    """The text without halves of characters, which JSON can hold and UTF-8 cannot."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _shown(name: str) -> str:
    """A name, short and without what is not printable."""
    return "".join(char if char.isprintable() else "?" for char in name[:100])
