"""The command ``serve``: options in, a server that runs until it is stopped.

What it alone needs is imported in it: a report is to start at once.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import click

from advisory.console import DB_OPTION, catalogue_at, echo, tell
from advisory.errors import OutputError

MOST_CONNECTIONS = 200
"""At a time; further ones are told to come again (503)."""


@click.command(name="serve")
@click.option(
    "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to serve on."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8001,
    show_default=True,
    help="Port to serve on; 0 for any that is free.",
)
@click.option(
    "--base-url",
    default="/",
    show_default=True,
    metavar="PATH",
    help="Path before every address, where a proxy in front passes on one.",
)
@click.option(
    "--print-metadata", is_flag=True, help="Print what 'datasette -m' needs to know, and exit."
)
@DB_OPTION
def serve_command(
    host: str, port: int, base_url: str, print_metadata: bool, db: str | None
) -> None:
    """Serve the catalogue, and a page that reports on what is pasted into it.

    Read-only; nothing pasted is stored or logged. It runs until it is stopped, and serves a
    refreshed catalogue without a restart.
    """
    if print_metadata:
        import json

        from advisory.service.metadata import metadata

        echo(json.dumps(metadata(), indent=2, ensure_ascii=False) + "\n")
        return
    import socket

    catalogue = catalogue_at(db)
    path = catalogue.path
    catalogue.close()
    base = f"/{base_url.strip('/')}/".replace("//", "/")
    try:
        import uvicorn

        app = application(path, base_url=base)
    except ImportError as error:
        raise OutputError(
            f"serve: {error.name} is not there; install it with: pip install 'hapadvise[serve]'"
        ) from error
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        reason = (error.strerror or "").partition(" (")[0]
        raise OutputError(f"{host}, port {port}: cannot serve ({reason})") from error
    # What asyncio sets only for sockets that it made; without it small pages wait for 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    number = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    tell(f"serving {path} on http://{shown}:{number}{base}; stop with Ctrl-C")
    # No access log: nothing that was sent is to be written anywhere.
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="on",
        limit_concurrency=MOST_CONNECTIONS,
        server_header=False,
    )
    server = uvicorn.Server(config)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    sys.exit(0 if server.started else 2)


def application(path: str, *, base_url: str = "/") -> Any:
    """The service as an application of ASGI, over a catalogue.

    Args:
        path: the catalogue; it is opened read-only and never locked.
        base_url: path that every address of it begins with.

    Raises:
        ImportError: Datasette is not installed.
    """
    return datasette_of(path, base_url=base_url).app()


def datasette_of(path: str, *, base_url: str = "/") -> Any:
    """The Datasette behind ``application``."""
    from datasette import __version_info__
    from datasette.app import Datasette
    from datasette.database import Database
    from datasette.plugins import pm

    from advisory.service import plugin
    from advisory.service.metadata import DATABASE, metadata

    if not pm.is_registered(plugin):
        pm.register(plugin, "hapadvise")
    whole = metadata()
    # Since 1.0 queries are configuration, and no longer metadata.
    options = {"config": whole} if int(__version_info__[0]) >= 1 else {}
    datasette = Datasette(
        files=[],
        metadata=whole,
        settings={
            "base_url": base_url,
            "default_cache_ttl": 60,
            "num_sql_threads": 3,
            "sql_time_limit_ms": 2000,
        },
        **options,
    )
    datasette.databases.pop("_memory", None)
    datasette.add_database(Database(datasette, path=path, is_mutable=False), name=DATABASE)
    # The client of 0.65 made its application before the database was there.
    datasette.client = type(datasette.client)(datasette)
    return datasette
