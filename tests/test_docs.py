"""The documents say what the command says; what is not documented fails here."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from advisory.advisories import CONFIDENCES, GROWTHS, KINDS, SAID_BY
from advisory.cli import cli
from advisory.errors import AdvisoryError

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFRESH = (ROOT / "docs" / "refresh.md").read_text(encoding="utf-8")


def replaced(text: str, start: str, end: str, content: str) -> str:
    """The document with the block between two marks replaced, when golden files are written."""
    before, rest = text.split(start, 1)
    _, after = rest.split(end, 1)
    return before + start + content + end + after


def block(start: str, end: str) -> str:
    return README.split(start, 1)[1].split(end, 1)[0]


def check(start: str, end: str, expected: str) -> None:
    if os.environ.get("HAPADVISE_GOLDEN") == "write":
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        (ROOT / "README.md").write_text(replaced(text, start, end, expected), encoding="utf-8")
    else:
        assert block(start, end) == expected


def test_the_readme_shows_the_help() -> None:
    shown = CliRunner().invoke(cli, ["advise", "--help"], prog_name="hapadvise").output

    check("<!-- help -->\n```text\n", "```\n<!-- /help -->", shown)


def test_the_readme_shows_a_real_session() -> None:
    golden = (ROOT / "tests" / "golden" / "2.2.4.txt").read_text(encoding="utf-8")
    lines = golden.splitlines()
    second = next(number for number, line in enumerate(lines) if line.startswith("  2. "))
    upgrade = lines.index("Upgrade")
    shown = "\n".join([*lines[: second - 1], "", "[...]", "", *lines[upgrade:]])

    check("$ hapadvise vv.txt\n", "```\n<!-- /session -->", shown.rstrip() + "\n")


def test_the_readme_shows_a_real_plan(catalogue_path: Path) -> None:
    arguments = ("plan", "2.4.10", "--bug", "266d54054900", "--as-of", "2022-01-12")

    done = CliRunner(env={"COLUMNS": "80"}).invoke(cli, [*arguments, "--db", str(catalogue_path)])

    assert done.exit_code == 0
    check(f"$ hapadvise {' '.join(arguments)}\n", "```\n<!-- /plan -->", done.output)


OPTIONS = [
    (command.name, option, getattr(item, "help", None))
    for command in cli.commands.values()
    for item in command.params
    for option in item.opts
    if isinstance(item, click.Option)
]


@pytest.mark.parametrize(("command", "option", "text"), OPTIONS)
def test_every_option_has_help(command: str, option: str, text: str | None) -> None:
    assert text


@pytest.mark.parametrize("command", cli.commands)
def test_every_command_is_in_the_readme(command: str) -> None:
    assert command == "advise" or f"hapadvise {command}" in README or command in REFRESH


def test_every_exit_status_of_an_error_is_documented() -> None:
    documented = {int(status) for status in re.findall(r"^\| (\d) \|", README, re.MULTILINE)}

    errors: list[type[AdvisoryError]] = [AdvisoryError, *AdvisoryError.__subclasses__()]
    statuses = {error.exit_status for error in errors}

    assert documented == {0, 1, 2, 3}
    assert statuses == {2, 3}


def test_every_value_of_an_advisory_is_documented() -> None:
    text = (ROOT / "docs" / "advisories.md").read_text(encoding="utf-8")

    values = [*(kind.value for kind in KINDS), *GROWTHS, *CONFIDENCES, *SAID_BY]
    assert [value for value in values if value not in text] == []


@pytest.mark.parametrize(
    "document", [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")], ids=lambda path: path.name
)
def test_every_link_within_the_documents_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)

    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_every_module_is_in_the_design() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    modules = {path.stem for path in (ROOT / "advisory").glob("*.py")} - {"__init__", "__main__"}

    assert {name for name in modules if f"`{name}`" not in text} == set()


def test_every_target_of_the_makefile_is_described() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    targets = set(phony.split())

    assert set(re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE)) == targets
