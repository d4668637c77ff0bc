"""What the plugin keeps for one Datasette: the catalogue at hand, threads, pages made before."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from datasette.database import Database

from advisory import __version__
from advisory.service.knowledge import Keeper
from advisory.service.pages import Site
from advisory.service.pasted import LARGEST_BODY, Refused, too_large

STATIC = Path(__file__).parent / "static"
_THREADS = 4
_DRAINED = 16 * LARGEST_BODY
"""Bytes that are read and dropped before a large request is refused: a browser that is cut off
earlier shows no answer."""
_Made = TypeVar("_Made")
Receive = Callable[[], Awaitable[dict[str, Any]]]


class Service:
    """The service over one database of a Datasette.

    Args:
        datasette: the Datasette.
        database: the database's name.
        most_pages: how many pages are kept that were made before.

    Raises:
        CatalogueError: the database is no catalogue.
    """

    def __init__(self, datasette: Any, database: str, most_pages: int = 512) -> None:
        self.datasette = datasette
        self.database = database
        self.keeper = Keeper(datasette.databases[database].path)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="hapadvise")
        self._pages: dict[object, object] = {}
        self._most_pages = most_pages
        self._following = asyncio.Lock()

    async def run(self, work: Callable[[], _Made]) -> _Made:
        """The result of work that takes a while, done beside the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def page(self, key: object, work: Callable[[], _Made]) -> _Made:
        """What the catalogue, the day and a key decide: made once, and kept for a while."""
        whole = (key, self.keeper.knowledge.stamp, today())
        found = self._pages.get(whole)
        if found is None:
            found = await self.run(work)
            while len(self._pages) >= self._most_pages:
                self._pages.pop(next(iter(self._pages)))
            self._pages[whole] = found
        return found  # type: ignore[return-value]

    async def follow(self) -> None:
        """Serve what is in the file that is there now, if it is another and sound."""
        if self.keeper.is_fresh:
            return
        async with self._following:
            if self.keeper.is_fresh:
                return
            before = self.keeper.knowledge
            await self.run(self.keeper.refresh)
            if self.keeper.knowledge is not before:
                self._reopen()

    def _reopen(self) -> None:
        """Give Datasette the new file, and new threads, as its threads keep their connections.

        A request that is under way goes on with the old file; it is closed with the last of them.
        """
        datasette = self.datasette
        old = datasette.databases[self.database]
        new = Database(datasette, path=old.path, is_mutable=old.is_mutable)
        new.name, new.route = old.name, old.route
        databases = datasette.databases.copy()
        databases[self.database] = new
        datasette.databases = databases
        if datasette.executor is not None:
            datasette.executor.shutdown(wait=False)
            datasette.executor = ThreadPoolExecutor(datasette.setting("num_sql_threads"))

    def site(self) -> Site:
        """What every page needs."""
        urls = self.datasette.urls
        return Site(
            base=str(urls.path("/")),
            tables=str(urls.database(self.database)),
            assets=assets_version(),
            version=__version__,
            provenance=self.keeper.knowledge.provenance,
            today=today(),
            problem=self.keeper.problem,
        )


def today() -> str:
    """The day, as the machine has it."""
    return datetime.datetime.now().astimezone().date().isoformat()


@cache
def assets_version() -> str:
    """What changes with the style and the script."""
    whole = b"".join(path.read_bytes() for path in sorted(STATIC.iterdir()))
    return hashlib.sha256(whole).hexdigest()[:12]


async def read_body(length: str, receive: Receive, seconds: float = 60) -> bytes:
    """The body of a request; one that is too large is read to its end and kept nowhere.

    Args:
        length: the header ``Content-Length``; "" where there is none.
        receive: gives the messages of ASGI.
        seconds: in which it has to be there.

    Raises:
        Refused: it is too large, broken off, or does not come.
    """
    if length.isdecimal() and int(length) > _DRAINED:
        raise too_large()
    body = bytearray()
    size = 0
    try:
        async with asyncio.timeout(seconds):
            more = True
            while more and size <= _DRAINED:
                message = await receive()
                if message["type"] != "http.request":
                    raise Refused("the request was broken off", 400)
                chunk = message.get("body", b"")
                size += len(chunk)
                if size <= LARGEST_BODY:
                    body += chunk
                more = message.get("more_body", False)
    except TimeoutError as error:
        raise Refused(f"the body did not come within {seconds:g} seconds", 408) from error
    if size > LARGEST_BODY:
        raise too_large()
    return bytes(body)
