"""The commands about the way to another release: options in, one call, text out, exit status.

What they need besides click is imported in them: a report is to start at once.
"""

from __future__ import annotations

import datetime
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from advisory.bug import Kind
from advisory.build import Build, read_builds
from advisory.catalogue import Catalogue
from advisory.console import DB_OPTION, catalogue_at, day_of, echo, named, tell, width
from advisory.errors import NotKnownError, ParseError
from advisory.inputs import read_input

if TYPE_CHECKING:
    from advisory.difference import HeldBug
    from advisory.finding import Finding
    from advisory.history import BranchHistory, PublishedRelease

FORMAT_OPTION = click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the answer.",
)


@click.command(name="plan")
@click.argument("build", metavar="VERSION|FILE")
@click.option(
    "--bug",
    "names",
    multiple=True,
    metavar="BUG|COMMIT|ISSUE",
    help="Bug to be cured; may be repeated.  [default: every memory leak]",
)
@click.option("--as-of", metavar="DATE", help="Answer as of that day (YYYY-MM-DD).")
@click.option(
    "--settle",
    type=click.IntRange(min=0),
    default=7,
    show_default=True,
    metavar="DAYS",
    help="Days that a release must have been out.",
)
@FORMAT_OPTION
@DB_OPTION
def plan_command(
    build: str, names: tuple[str, ...], as_of: str | None, settle: int, output: str, db: str | None
) -> None:
    """Draw the way to the releases after this one, and choose among them.

    Exit status 0: there is one to choose; 1: there is none.
    """
    from advisory.formats.plan import render_plan
    from advisory.plan import branch_to_go_to, recommend, support_of, the_way
    from advisory.report import windows_of

    asked = day_of(as_of)
    one = _build_of(build)
    catalogue = catalogue_at(db)
    here = _standing(catalogue, one, asked)
    findings = _asked_for(catalogue, here, names)
    today = asked or _today()
    windows = windows_of(here.history, one)
    other = branch_to_go_to(catalogue.outlines(), here.history.branch, today)
    whole = catalogue.history(other.branch) if other is not None else None
    there = whole.as_of(today) if whole is not None else None
    beyond = (there, windows_of(there, one)) if there is not None else None
    way = the_way(here.history, here.release, findings, windows, today, settle)
    choice = recommend(here.history, here.release, findings, windows, today, settle, beyond)
    if output == "json":
        from advisory.formats.json import render_plan_json

        echo(render_plan_json(here.release.version, here.as_of, way, choice))
    else:
        support = support_of(here.history, today)
        echo(render_plan(here.release.version, here.as_of, way, choice, support, width=width()))
    sys.exit(0 if choice.recommended or choice.elsewhere else 1)


@click.command(name="diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in Kind if kind is not Kind.NOT_A_LEAK]),
    help="Name the bugs of this kind; may be repeated.  [default: memory-leak]",
)
@click.option("--all", "every_kind", is_flag=True, help="Name the bugs of every kind.")
@FORMAT_OPTION
@DB_OPTION
def diff_command(
    old: str, new: str, kinds: tuple[str, ...], every_kind: bool, output: str, db: str | None
) -> None:
    """Tell what a move from one release to another cures, leaves and brings in.

    OLD and NEW are versions, or files with the output of 'haproxy -vv'. A version is taken to be
    built as the file beside it.
    """
    from advisory.difference import difference
    from advisory.formats.plan import render_difference

    if every_kind and kinds:
        raise click.UsageError("--all and --kind exclude each other; leave one out")
    one, other = _build_of(old), _build_of(new)
    catalogue = catalogue_at(db)
    here = _standing(catalogue, _built_like(one, other))
    there = _standing(catalogue, _built_like(other, one))
    found = difference(_held(catalogue, here), _held(catalogue, there))
    if output == "json":
        from advisory.formats.json import render_difference_json

        echo(render_difference_json(here.release.version, there.release.version, found))
        return
    selected = frozenset(map(Kind, kinds)) or frozenset({Kind.MEMORY_LEAK})
    echo(
        render_difference(
            here.release.version,
            there.release.version,
            found,
            kinds=frozenset() if every_kind else selected,
            width=width(),
        )
    )


class _Standing(NamedTuple):
    """A build, where it stands on its branch as of an ISO day, and the bugs that it has."""

    build: Build
    history: BranchHistory
    release: PublishedRelease
    findings: tuple[Finding, ...]
    as_of: str


def _build_of(name: str) -> Build:
    item = read_input(name)
    builds = read_builds(item.text, source=item.source)
    if len(builds) > 1:
        raise ParseError(f"holds {len(builds)} builds; name one", source=item.source)
    return builds[0]


def _built_like(build: Build, other: Build) -> Build:
    """The build, with what it does not say of itself taken from the other."""
    return build._replace(
        features=build.features or other.features, target=build.target or other.target
    )


def _standing(catalogue: Catalogue, build: Build, asked: str = "") -> _Standing:
    from advisory.matcher import match
    from advisory.report import place_of, why_unknown

    history = catalogue.history(build.version.release.branch)
    day = (history.checked_on if history is not None else "") or catalogue.provenance.data_as_of
    known = history
    if asked and asked < day:
        day = asked
        known = history.as_of(day) if history is not None else None
    release = known.release(build.version.release.text) if known is not None else None
    reason = why_unknown(build, history, known, release, day)
    if reason or known is None or release is None:
        raise NotKnownError(f"{build.source}: {reason}")
    place, notes = place_of(build, known, release)
    for note in notes:
        tell(note)
    found = match(known, place, build.features, build.target)
    return _Standing(build, known, release, found.findings, day)


def _asked_for(
    catalogue: Catalogue, here: _Standing, names: tuple[str, ...]
) -> tuple[Finding, ...]:
    """The bugs that are to be cured; tells of those that the release does not have."""
    if not names:
        return tuple(item for item in here.findings if item.bug.kind is Kind.MEMORY_LEAK)
    has = {item.bug.id for item in here.findings}
    wanted = {name: has.intersection(named(catalogue, name)) for name in names}
    version = here.release.version
    lacking = [
        f"{version} is not known to have {name}; 'hapadvise contains {name} {version}' tells more"
        for name, bugs in wanted.items()
        if not bugs
    ]
    if len(lacking) == len(wanted):
        raise NotKnownError(lacking[0])
    for line in lacking:
        tell(line)
    listed = set().union(*wanted.values())
    return tuple(item for item in here.findings if item.bug.id in listed)


def _held(catalogue: Catalogue, here: _Standing) -> list[HeldBug]:
    """All that a release has: what its branch fixed later, and what it never got fixed."""
    from advisory.difference import HeldBug, held
    from advisory.report import missing_for
    from advisory.unfixed import missing_of, never_fixed

    history = here.history
    rows = map(missing_of, catalogue.missing_fixes(history.branch))
    missing = missing_for(rows, history, here.build.features, here.as_of)
    never = [
        HeldBug(
            id=one.missing.bug_id,
            severity=one.missing.severity,
            kind=one.missing.kind,
            subsystem=one.missing.subsystem,
            runtime=one.missing.runtime,
            words=one.missing.words,
            never_fixed=True,
            certain=one.proven,
        )
        for one in never_fixed(history, missing, here.as_of, here.release.version)
    ]
    return [*map(held, here.findings), *never]


def _today() -> str:
    return datetime.datetime.now().astimezone().date().isoformat()
