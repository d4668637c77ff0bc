"""What a settings file may say, and what is refused, by file and key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.errors import ParseError
from advisory.ignores import Ignore
from advisory.settings import LARGEST_FILE, TRUSTED, Settings, load_settings, read_settings


def number(value: Any) -> Any:
    if not isinstance(value, int):
        raise ValueError("no number")  # noqa: TRY004  (as a Check does)
    return value


def anything(value: Any) -> Any:
    return value


COMMANDS: dict[str, Mapping[str, Any]] = {
    "pour": {"max-age": number, "sugar": anything, "db": anything},
    "boil": {"max-age": number, "exec": anything},
}


def read(text: str, **more: Any) -> Settings:
    return read_settings(text.encode(), COMMANDS, source="my.toml", **more)


def test_a_key_at_the_top_is_for_every_command_that_has_it() -> None:
    assert read("sugar = 'two'\nmax-age = 3\n[boil]\nmax-age = 4\n") == Settings(
        "my.toml", {"pour": {"sugar": "two", "max-age": 3}, "boil": {"max-age": 4}}
    )


def test_ignored_bugs_are_read() -> None:
    text = (
        '[[ignore]]\nbug = "827b4fc10101"\nreason = " no tcp "\nuntil = 2027-01-01\n'
        '[[ignore]]\nbug = "#935"\nreason = "why not"\n'
    )

    assert read(text) == Settings(
        "my.toml",
        {},
        (
            Ignore("827b4fc10101", "no tcp", "2027-01-01", "my.toml"),
            Ignore("#935", "why not", "", "my.toml"),
        ),
    )


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("max-age", "is no TOML (Expected '=' after a key"),
        ("a = " + "[" * 10_000, "is no TOML ("),
        ("age = 3", "age: no option is called so"),
        ("max_age = 3", "max_age: no option is called so"),
        ("[stir]", "[stir]: no command is called so"),
        ("[boil]\nsugar = 3", "boil.sugar: 'boil' has no such option"),
        ("max-age = 'x'", "max-age: no number"),
        ("[pour]\nmax-age = 'x'", "pour.max-age: no number"),
        ("exec = 'x'", "exec: may not be set in a file"),
        ("ignore = 3", "ignore: write [[ignore]]"),
        ("ignore = [3]", "[[ignore]] number 1: write bug = and reason = below it"),
        ("[ignore]", "ignore: write [[ignore]]"),
        ("[[ignore]]\nbugs = 3", "[[ignore]] number 1: there is no key bugs"),
        ("[[ignore]]\nreason = 'x'", "[[ignore]] number 1: bug: six hex digits or more"),
        ("[[ignore]]\nbug = 935\nreason = 'x'", "[[ignore]] number 1: bug: six hex digits or"),
        ("[[ignore]]\nbug = '827b'\nreason = 'x'", "[[ignore]] number 1: bug: six hex digits"),
        ("[[ignore]]\nbug = '935'", "[[ignore]] number 1: reason: say why bug 935 is ignored"),
        ("[[ignore]]\nbug = '935'\nreason = ' '", "[[ignore]] number 1: reason: say why"),
        (
            "[[ignore]]\nbug = '935'\nreason = 'x'\n[[ignore]]\nbug = '936'\nreason = 'x'\n"
            "until = '2027-01-01'",
            "[[ignore]] number 2: until: a day, without quotes: 2027-01-31",
        ),
        (
            "[[ignore]]\nbug = '935'\nreason = 'x'\nuntil = 2027-01-01T00:00:00",
            "[[ignore]] number 1: until: a day, without quotes",
        ),
    ],
)
def test_what_no_settings_say_is_refused_by_file_and_key(text: str, wrong: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)

    assert str(caught.value).startswith(f"my.toml: {wrong}")


def test_what_is_not_text_is_refused() -> None:
    with pytest.raises(ParseError, match=r"^my.toml: is no TOML \('utf-8' codec"):
        read_settings(b"\xff", COMMANDS, source="my.toml")


@given(st.text("abc=[]\"'\n.0123456789{},-") | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found: object = read_settings(
            text.encode("utf-8", "surrogatepass"), COMMANDS, source="my.toml"
        )
    except ParseError as error:
        found = str(error)

    assert isinstance(found, Settings) or str(found).startswith("my.toml: ")


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


# Which files there are, what is named, and which one is read.
PLACES = [
    ("named here home config", "named", "named"),
    ("here home config", None, "here"),
    ("home config", None, "config"),
    ("home", None, "home"),
    ("", None, ""),
]


@pytest.mark.parametrize(("there", "named", "read_one"), PLACES)
def test_the_first_file_of_these_places_is_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    there: str,
    named: str | None,
    read_one: str,
) -> None:
    places = {
        "named": tmp_path / "named.toml",
        "here": tmp_path / "here" / "hapadvise.toml",
        "home": tmp_path / "home" / ".config" / "hapadvise" / "hapadvise.toml",
        "config": tmp_path / "config" / "hapadvise" / "hapadvise.toml",
    }
    for place in there.split():
        write(places[place], f"sugar = '{place}'")
    (tmp_path / "here").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "here")
    environment = {"HOME": str(tmp_path / "home")}
    if "config" in there:
        environment["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    settings = load_settings(str(places[named]) if named else None, COMMANDS, environment)

    assert settings.defaults.get("pour", {}).get("sugar", "") == read_one
    assert bool(settings.source) is bool(read_one)


def test_without_a_home_only_the_current_folder_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert load_settings(None, COMMANDS, {}) == Settings()


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"absent.toml: there is no such file; see docs/settings"):
        load_settings(f"{tmp_path}/absent.toml", COMMANDS, {})


def test_a_file_that_cannot_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hapadvise.toml").mkdir()
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ParseError, match=r"^hapadvise.toml: cannot be read \(Is a directory\)$"):
        load_settings(None, COMMANDS, {})
    with pytest.raises(ParseError, match=r"cannot be read \(embedded null byte\)$"):
        load_settings("\0", COMMANDS, {})


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    name = write(tmp_path / "huge.toml", "#" * (LARGEST_FILE + 1))

    with pytest.raises(ParseError, match="is larger than 1 MiB"):
        load_settings(name, COMMANDS, {})


@pytest.mark.parametrize("option", sorted(TRUSTED))
def test_a_file_in_the_current_folder_cannot_say_what_is_run_or_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    name = write(tmp_path / "hapadvise.toml", f"{option} = 'x'")
    monkeypatch.chdir(tmp_path)
    commands = {"pour": {option: anything}}

    with pytest.raises(ParseError, match=f"^hapadvise.toml: {option}: may not be set"):
        load_settings(None, commands, {})
    if option in ("exec", "settings"):
        with pytest.raises(ParseError, match=f"{option}: may not be set in a file"):
            load_settings(name, commands, {})
    else:
        assert load_settings(name, commands, {}).defaults == {"pour": {option: "x"}}
