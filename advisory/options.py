"""Where the value of an option comes from: command line, environment, settings file, default.

``with_settings`` gives every option of a command its variable, ``HAPADVISE_`` and its name, and the
command the option ``--settings``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click
from click.core import ParameterSource

from advisory.settings import Check, Settings, load_settings

PREFIX = "HAPADVISE_"
_KEY = "advisory.settings"
_RANKS = (
    ParameterSource.COMMANDLINE,
    ParameterSource.ENVIRONMENT,
    ParameterSource.DEFAULT_MAP,
)


def with_settings(command: click.Command) -> click.Command:
    """Let the options of a command be set by variables and by the settings file; once is enough."""
    if isinstance(command, click.Group):
        for part in command.commands.values():
            with_settings(part)
        return command
    if "settings" in _options(command):
        return command
    for option in _options(command).values():
        if not option.envvar:
            option.envvar = PREFIX + _name(option).upper().replace("-", "_")
    command.params.append(
        click.Option(
            ["--settings"],
            metavar="FILE",
            envvar=f"{PREFIX}SETTINGS",
            help="Settings to use.  [default: hapadvise.toml here, else the user's]",
            is_eager=True,
            expose_value=False,
            callback=_load,
        )
    )
    return command


def settings_of(context: click.Context) -> Settings:
    """The settings of the command that runs; empty where there are none."""
    found = context.meta.get(_KEY)
    return found if isinstance(found, Settings) else Settings()


def strongest(context: click.Context, *names: str) -> tuple[Any, ...]:
    """The values of options that exclude each other, of which what was said nearest is kept.

    What is typed counts more than a variable, and that more than the settings file.

    Args:
        context: of the command that runs.
        names: of its parameters.

    Returns:
        The value of each, that of one that gave way as if nothing had been said.

    Raises:
        click.UsageError: two were said at one place.
    """
    said = {
        name: _RANKS.index(source)
        for name in names
        if context.params[name] and (source := context.get_parameter_source(name)) in _RANKS
    }
    best = [name for name, rank in said.items() if rank == min(said.values())]
    if len(best) > 1:
        typed = {option.name: name for name, option in _options(context.command).items()}
        options = " and ".join(f"--{typed[name]}" for name in best)
        raise click.UsageError(f"{options} exclude each other; leave one out")
    return tuple(
        type(value)() if name in said and name not in best else value
        for name, value in ((name, context.params[name]) for name in names)
    )


def _load(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    """Read the settings before any other option is looked at."""
    commands = {**_commands(context.find_root().command), **_commands(context.command)}
    known = {
        name: {key: _check_of(option, command) for key, option in _options(command).items()}
        for name, command in commands.items()
    }
    settings = load_settings(value, known, os.environ)
    context.meta[_KEY] = settings
    own: Mapping[str, Any] = settings.defaults.get(context.command.name or "", {})
    context.default_map = {
        str(option.name): own[key]
        for key, option in _options(context.command).items()
        if key in own
    }


def _commands(command: click.Command) -> dict[str, click.Command]:
    """The command, or in the place of a group its commands, by their own names."""
    if not isinstance(command, click.Group):
        return {command.name or "": command}
    return {
        name: found for part in command.commands.values() for name, found in _commands(part).items()
    }


def _options(command: click.Command) -> dict[str, click.Option]:
    """The options of a command, as they are typed, without the dashes."""
    return {_name(item): item for item in command.params if isinstance(item, click.Option)}


def _name(option: click.Option) -> str:
    return max(option.opts, key=len).lstrip("-")


def _check_of(option: click.Option, command: click.Command) -> Check:
    def check(value: Any) -> Any:
        many = isinstance(value, list)
        if many != option.multiple:
            raise ValueError("write a list: [...]" if option.multiple else "write one value")
        if option.is_flag != isinstance(value, bool):
            raise ValueError("write true or false" if option.is_flag else "takes no true or false")
        if any(isinstance(one, (bool, dict, list)) for one in (value if many else ())):
            raise ValueError("write a list of texts or numbers")
        texts = [str(one) for one in value] if many else value if option.is_flag else str(value)
        try:
            option.type_cast_value(click.Context(command), texts)
        except click.BadParameter as error:
            raise ValueError(error.message.rstrip(".")) from error
        return texts

    return check
