"""The command that serves: it prints what Datasette needs, runs, and tells why it cannot."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("datasette")

from advisory.errors import OutputError
from advisory.service.metadata import PATH
from advisory.serving import serve_command

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        number: int = found.getsockname()[1]
    return number


def get(address: str) -> str:
    """What is there, once something is."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=5) as reply:
                text: str = reply.read().decode()
                return text
        except OSError:
            time.sleep(0.1)
    return ""


def stopped_after(work: Callable[[], None]) -> threading.Thread:
    """Work beside the command, which Ctrl-C ends afterwards."""

    def run() -> None:
        try:
            work()
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_the_metadata_is_printed() -> None:
    done = CliRunner().invoke(serve_command, ["--print-metadata"])

    assert done.exit_code == 0
    assert done.output == PATH.read_text(encoding="utf-8")


@pytest.mark.parametrize(("base", "address"), [("/", "/"), ("bugs", "/bugs/")])
def test_it_serves_until_it_is_stopped(catalogue_path: Path, base: str, address: str) -> None:
    port = free_port()
    found: list[str] = []
    thread = stopped_after(
        lambda: found.append(get(f"http://127.0.0.1:{port}{address}release/2.2.4"))
    )

    done = CliRunner().invoke(
        serve_command, ["--db", str(catalogue_path), "--port", str(port), "--base-url", base]
    )
    thread.join()

    assert f"serving {catalogue_path} on http://127.0.0.1:{port}{address};" in done.output
    assert "HAProxy 2.2.4" in found[0]
    assert "2.2.4 HTTP" not in done.output  # no access log
    assert done.exit_code == 0


def test_it_serves_on_ipv6(catalogue_path: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    thread = stopped_after(lambda: time.sleep(2))

    done = CliRunner().invoke(
        serve_command, ["--db", str(catalogue_path), "--port", "0", "--host", "::1"]
    )
    thread.join()

    assert "on http://[::1]:" in done.output


def test_a_port_that_is_taken_is_told(catalogue_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = CliRunner().invoke(serve_command, ["--db", str(catalogue_path), "--port", str(port)])

    assert isinstance(done.exception, OutputError)
    assert str(done.exception) == f"127.0.0.1, port {port}: cannot serve (Address already in use)"


def test_without_the_extra_it_says_what_to_install(
    catalogue_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)

    done = CliRunner().invoke(serve_command, ["--db", str(catalogue_path)])

    assert isinstance(done.exception, OutputError)
    assert "pip install 'hapadvise[serve]'" in str(done.exception)


def test_a_catalogue_that_is_none_is_told_before_anything_is_served(tmp_path: Path) -> None:
    done = CliRunner().invoke(serve_command, ["--db", str(tmp_path / "none.db")])

    assert "there is no catalogue" in str(done.exception)


def test_the_command_line_does_not_load_it() -> None:
    program = "import sys, advisory.serving; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )

    assert {"datasette", "jinja2", "json", "socket", "uvicorn"} & set(done.stdout.split()) == set()


def test_the_plugin_is_there_where_no_entry_point_tells_of_it(catalogue_path: Path) -> None:
    from datasette.plugins import pm

    from advisory.service import plugin
    from advisory.serving import datasette_of

    if pm.is_registered(plugin):
        pm.unregister(plugin)
    datasette_of(str(catalogue_path))

    assert pm.is_registered(plugin)
