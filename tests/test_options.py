"""Where the value of an option comes from."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from advisory.errors import ParseError
from advisory.options import settings_of, strongest, with_settings


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test has a current folder of its own."""
    monkeypatch.chdir(tmp_path)


def make_group() -> click.Group:
    """A group with every sort of option that there is."""

    @click.group()
    def group() -> None:
        pass

    @click.command(name="pour")
    @click.argument("cup", required=False)
    @click.option("--max-age", type=click.IntRange(min=0), default=7)
    @click.option("--kind", "kinds", multiple=True, type=click.Choice(["tea", "milk"]))
    @click.option("--all", "every_kind", is_flag=True)
    @click.option("--as-of")
    @click.option("--db", envvar="KETTLE_DB")
    @click.pass_context
    def pour(context: click.Context, /, **values: object) -> None:
        values["ignores"] = len(settings_of(context).ignores)
        click.echo(json.dumps(values))

    @click.command(name="stir")
    @click.option("--all", "every_kind", is_flag=True)
    @click.option("--kind", "kinds", multiple=True)
    @click.pass_context
    def stir(context: click.Context, /, **values: object) -> None:
        click.echo(json.dumps(strongest(context, "every_kind", "kinds")))

    group.add_command(with_settings(pour))
    group.add_command(with_settings(stir))

    @group.group(name="wash")
    def wash() -> None:
        pass

    @wash.command(name="cups")
    @click.option("--soap")
    def cups(soap: str | None) -> None:
        click.echo(json.dumps({"soap": soap}))

    with_settings(wash)
    return group


def call(*arguments: str, toml: str = "", **variables: str) -> Result:
    Path("hapadvise.toml").write_text(toml)
    return CliRunner(env={"HOME": "/nowhere", **variables}).invoke(make_group(), arguments)


# Command line, environment, settings file, default: the first that says something counts.
ROWS = [
    (["--max-age", "1"], {"HAPADVISE_MAX_AGE": "2"}, "max-age = 3", "max_age", 1),
    ([], {"HAPADVISE_MAX_AGE": "2"}, "max-age = 3", "max_age", 2),
    ([], {}, "max-age = 3", "max_age", 3),
    ([], {}, "max-age = 3\n[pour]\nmax-age = 4", "max_age", 4),
    ([], {}, "", "max_age", 7),
    ([], {"HAPADVISE_MAX_AGE": ""}, "", "max_age", 7),
    (["--kind", "tea"], {"HAPADVISE_KIND": "milk"}, "kind = ['milk']", "kinds", ["tea"]),
    ([], {"HAPADVISE_KIND": "milk tea"}, "kind = ['tea']", "kinds", ["milk", "tea"]),
    ([], {}, "kind = ['milk']", "kinds", ["milk"]),
    ([], {}, "", "kinds", []),
    (["--all"], {"HAPADVISE_ALL": "0"}, "all = false", "every_kind", True),
    ([], {"HAPADVISE_ALL": "0"}, "all = true", "every_kind", False),
    ([], {}, "all = true", "every_kind", True),
    ([], {}, "", "every_kind", False),
    (["--as-of", "x"], {"HAPADVISE_AS_OF": "y"}, "as-of = 2026-01-01", "as_of", "x"),
    ([], {"HAPADVISE_AS_OF": "y"}, "as-of = 2026-01-01", "as_of", "y"),
    ([], {}, "as-of = 2026-01-01", "as_of", "2026-01-01"),
    ([], {"KETTLE_DB": "y", "HAPADVISE_DB": "z"}, "", "db", "y"),  # a name of its own stays
    ([], {"HAPADVISE_DB": "z"}, "", "db", None),
]


@pytest.mark.parametrize(("arguments", "variables", "toml", "name", "value"), ROWS)
def test_the_nearest_place_that_says_something_counts(
    arguments: list[str], variables: dict[str, str], toml: str, name: str, value: object
) -> None:
    done = call("pour", *arguments, toml=toml, **variables)

    assert (done.exit_code, done.exception) == (0, None)
    assert json.loads(done.output)[name] == value


@pytest.mark.parametrize(
    ("toml", "variables", "soap"),
    [
        ("soap = 'a'\nmax-age = 3", {}, "a"),
        ("[cups]\nsoap = 'a'", {}, "a"),
        ("soap = 'a'", {"HAPADVISE_SOAP": "b"}, "b"),
    ],
)
def test_a_command_of_a_command_has_settings_as_well(
    toml: str, variables: dict[str, str], soap: str
) -> None:
    assert json.loads(call("wash", "cups", toml=toml, **variables).output) == {"soap": soap}


def test_the_settings_may_be_named_by_option_or_variable(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.toml").write_text(f"max-age = {number}")
    variable = {"HAPADVISE_SETTINGS": f"{tmp_path}/1.toml"}
    ages = [
        json.loads(call("pour", *arguments, toml="max-age = 3", **variables).output)["max_age"]
        for arguments, variables in (
            (("--settings", f"{tmp_path}/2.toml"), variable),
            ((), variable),
            ((), {}),
        )
    ]

    assert ages == [2, 1, 3]


@pytest.mark.parametrize(
    ("toml", "wrong"),
    [
        ("max-age = 'x'", "max-age: 'x' is not a valid integer range"),
        ("max-age = -1", "max-age: -1 is not in the range x>=0"),
        ("max-age = true", "max-age: takes no true or false"),
        ("max-age = [1]", "max-age: write one value"),
        ("kind = 'tea'", "kind: write a list: [...]"),
        ("kind = ['rum']", "kind: 'rum' is not one of 'tea', 'milk'"),
        ("[pour]\nkind = [['tea']]", "pour.kind: write a list of texts or numbers"),
        ("all = 1", "all: write true or false"),
        ("cup = 'x'", "cup: no option is called so"),
    ],
)
def test_a_value_that_the_option_does_not_take_is_refused_by_file_and_key(
    toml: str, wrong: str
) -> None:
    done = call("pour", toml=toml)

    assert isinstance(done.exception, ParseError)
    assert str(done.exception).startswith(f"hapadvise.toml: {wrong}")


def test_ignored_bugs_reach_the_command() -> None:
    toml = "[[ignore]]\nbug = '935'\nreason = 'x'"

    assert json.loads(call("pour", toml=toml).output)["ignores"] == 1


@pytest.mark.parametrize(
    ("arguments", "variables", "toml", "kept"),
    [
        ([], {}, "", [False, []]),
        (["--all"], {}, "", [True, []]),
        (["--kind", "tea"], {}, "", [False, ["tea"]]),
        (["--kind", "tea"], {"HAPADVISE_ALL": "1"}, "", [False, ["tea"]]),
        (["--all"], {"HAPADVISE_KIND": "tea"}, "", [True, []]),
        ([], {"HAPADVISE_ALL": "1"}, "kind = ['tea']", [True, []]),
        ([], {"HAPADVISE_KIND": "tea"}, "all = true", [False, ["tea"]]),
    ],
)
def test_of_options_that_exclude_each_other_the_nearest_counts(
    arguments: list[str], variables: dict[str, str], toml: str, kept: list[object]
) -> None:
    done = call("stir", *arguments, toml=toml, **variables)

    assert json.loads(done.output) == kept


@pytest.mark.parametrize(
    ("arguments", "variables", "toml"),
    [
        (["--all", "--kind", "tea"], {}, ""),
        ([], {"HAPADVISE_ALL": "1", "HAPADVISE_KIND": "tea"}, ""),
        ([], {}, "all = true\nkind = ['tea']"),
    ],
)
def test_both_at_one_place_are_refused(
    arguments: list[str], variables: dict[str, str], toml: str
) -> None:
    done = call("stir", *arguments, toml=toml, **variables)

    assert done.exit_code == 2
    assert "--all and --kind exclude each other; leave one out" in done.output


def test_a_command_by_itself_has_settings_as_well() -> None:
    Path("hapadvise.toml").write_text("all = true")
    done = CliRunner(env={"HOME": "/nowhere"}).invoke(make_group().commands["stir"], [])

    assert json.loads(done.output) == [True, []]


def test_a_command_is_given_settings_once() -> None:
    command = make_group().commands["stir"]
    names = [parameter.name for parameter in command.params]

    assert [parameter.name for parameter in with_settings(command).params] == names
    assert names.count("settings") == 1


def test_a_command_without_settings_has_none() -> None:
    assert settings_of(click.Context(click.Command("x"))).ignores == ()
