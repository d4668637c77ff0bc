"""The man page says what the commands' help says, in what roff takes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from advisory.cli import cli
from scripts.manpage import commands_of, escaped, page, wrapped

SCRIPT = Path(__file__).parent.parent / "scripts" / "manpage.py"


def text_of(group: click.Group) -> str:
    return "".join(f"{line}\n" for line in page(group, version="1.2", day="2026-07-01"))


@click.group()
def kettle() -> None:
    """Boil water.

    .leading dots and 'quotes' stay.
    """


@kettle.command()
@click.argument("cup")
@click.option("--as-of", metavar="DATE", help="A day.")
@click.option("--secret", hidden=True, help="Nobody's business.")
def pour(cup: str, as_of: str | None, secret: str | None) -> None:
    r"""Pour into CUP.

    With a back\slash.
    """


def test_the_whole_page_of_a_small_command() -> None:
    head, _, rest = text_of(kettle).partition(".SH EXIT STATUS\n")

    assert rest
    assert head == (
        '.TH HAPADVISE 1 2026-07-01 "hapadvise 1.2" "User Commands"\n'
        ".SH NAME\n"
        "hapadvise \\- Boil water\n"
        ".SH SYNOPSIS\n"
        ".B hapadvise pour\n"
        "[OPTIONS] CUP\n"
        ".SH DESCRIPTION\n"
        "\\&.leading dots and \\(aqquotes\\(aq stay.\n"
        ".SH COMMANDS\n"
        ".SS pour\n"
        "Pour into CUP.\n"
        ".PP\n"
        "With a back\\eslash.\n"
        ".TP\n"
        ".B \\-\\-as\\-of DATE\n"
        "A day.\n"
        ".TP\n"
        ".B \\-\\-help\n"
        "Show this message and exit.\n"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n  b", "a b"),
        (".TH", "\\&.TH"),
        ("it's `x` ~ ^", "it\\(aqs \\(gax\\(ga \\(ti \\(ha"),
        ("C:\\n -v", "C:\\en \\-v"),
    ],
)
def test_what_roff_might_obey_is_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_no_line_begins_with_a_request() -> None:
    assert wrapped("a" * 77 + " .so /etc/passwd").splitlines()[-1] == "\\&.so /etc/passwd"


COMMANDS = dict(commands_of(cli))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_on_the_page(name: str) -> None:
    _, _, rest = text_of(cli).partition(f"\n.SS {escaped(name)}\n")
    section = rest.split("\n.S", 1)[0]
    options = [item for item in COMMANDS[name].params if isinstance(item, click.Option)]

    assert [item.opts for item in options if escaped(item.opts[0]) not in section] == []


def test_two_pages_of_one_day_are_equal(tmp_path: Path) -> None:
    pages = []
    for arguments in ([str(tmp_path / "page.1")], []):
        done = subprocess.run(
            [sys.executable, str(SCRIPT), *arguments],
            env={"SOURCE_DATE_EPOCH": "0"},
            capture_output=True,
            check=True,
            text=True,
        )
        pages.append(done.stdout or (tmp_path / "page.1").read_text(encoding="utf-8"))

    assert pages[0] == pages[1]
    assert pages[0].startswith(".TH HAPADVISE 1 1970-01-01 ")


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff")
def test_groff_has_nothing_to_say() -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tascii"],
        input=text_of(cli),
        capture_output=True,
        check=False,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "Report on builds of HAProxy." in done.stdout
