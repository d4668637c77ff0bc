"""Asks an application of ASGI, without a network; every chunk of a body is the test's to send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import urlencode

Message = dict[str, Any]


class Reply(NamedTuple):
    """What came back; the names of headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    app: Any,
    address: str,
    *,
    method: str = "GET",
    body: bytes | Iterable[Message | Exception] = b"",
    headers: dict[str, str] | None = None,
) -> Reply:
    """One request: a body, or the messages that the server would pass on."""
    path, _, query = address.partition("?")
    messages = iter([{"type": "http.request", "body": body}] if isinstance(body, bytes) else body)
    sent: list[Message] = []

    async def receive() -> Message:
        message = next(messages, {"type": "http.disconnect"})
        if isinstance(message, Exception):
            raise message
        return message

    async def send(message: Message) -> None:
        sent.append(message)

    given = {"host": "localhost", **(headers or {})}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    asyncio.run(app(scope, receive, send))
    start = next(message for message in sent if message["type"] == "http.response.start")
    return Reply(
        start["status"],
        {name.decode().lower(): value.decode() for name, value in start["headers"]},
        b"".join(message.get("body", b"") for message in sent),
    )


def post(app: Any, address: str, body: bytes | str, kind: str = "text/plain") -> Reply:
    data = body.encode() if isinstance(body, str) else body
    headers = {"content-type": kind, "content-length": str(len(data))}
    return ask(app, address, method="POST", body=data, headers=headers)


def multipart(fields: Iterable[tuple[str, str | None, bytes]]) -> tuple[bytes, str]:
    """The body of a form and its content type: name, file name and content of each field."""
    parts = []
    for name, file, data in fields:
        more = "" if file is None else f'; filename="{file}"'
        head = f'--edge\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
        parts.append(head.encode() + data + b"\r\n")
    return b"".join(parts) + b"--edge--\r\n", "multipart/form-data; boundary=edge"


def post_form(app: Any, text: str, *files: tuple[str, bytes], **fields: str) -> Reply:
    """The page's form, as a browser sends it."""
    whole: list[tuple[str, str | None, bytes]] = [("text", None, text.encode())]
    whole += [("files", name, data) for name, data in files] or [("files", "", b"")]
    whole += [(name, None, value.encode()) for name, value in fields.items()]
    body, kind = multipart(whole)
    return post(app, "/advise", body, kind)


def post_urlencoded(app: Any, **fields: str) -> Reply:
    return post(app, "/advise", urlencode(fields), "application/x-www-form-urlencoded")
