"""The command line: options in, one library call, text out, exit status.

0 nothing found, 1 findings, 2 could not run, 3 cannot tell. A crash is never 1.

What one command alone needs is imported in it: a report is to start at once.
"""

from __future__ import annotations

import datetime
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

import click
from click_default_group import DefaultGroup

from advisory import __version__
from advisory.bug import Kind, Severity
from advisory.build import Build, read_builds
from advisory.catalogue import Catalogue
from advisory.console import (
    DB_OPTION,
    KIND_OPTION,
    SETTLE_OPTION,
    SEVERITY_OPTION,
    catalogue_at,
    day_of,
    echo,
    named,
    printable,
    progress_bar,
    tell,
    width,
    write_whole,
)
from advisory.errors import AdvisoryError
from advisory.exporting import export_command
from advisory.failing import FailOn, parse_fail_on, widened
from advisory.fleets import fleet_command
from advisory.formats.registry import FORMATS, Rendered, Setting, render
from advisory.ignores import Ignore
from advisory.inputs import Input, read_configuration, read_file, read_input
from advisory.maintenance import import_command, refresh_command, status_command
from advisory.options import settings_of, strongest, with_settings
from advisory.report import Adviser, Beyond, Question, Report
from advisory.serving import serve_command
from advisory.unfixed import missing_of
from advisory.upgrades import diff_command, plan_command

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from advisory.evidence import Evidence
    from advisory.examination import Examiner

# What makes it worth while to look for more than a build in a text.
_HINT = re.compile(
    r"- Pool |Dumping pools|^[ \t]*(?:global|frontend|backend|listen)\b", re.MULTILINE
)


class CommandGroup(DefaultGroup):
    """The commands, and ``advise`` where none is named; both are completed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Name the default command, but not where a word is to be completed."""
        if ctx.resilient_parsing and not args:
            return click.Group.parse_args(self, ctx, args)
        found: list[str] = super().parse_args(ctx, args)  # type: ignore[no-untyped-call]
        return found

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, and what ``advise`` takes."""
        found: list[CompletionItem] = super().shell_complete(ctx, incomplete)
        with click.Context(
            advise_command, ctx, info_name="advise", resilient_parsing=True
        ) as inner:
            return found + advise_command.shell_complete(inner, incomplete)


@click.group(
    cls=CommandGroup,
    default="advise",
    default_if_no_args=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(
    __version__, "-V", "--version", prog_name="hapadvise", message="%(prog)s %(version)s"
)
def cli() -> None:
    """Tell which known bugs of HAProxy bite a build, which leak memory, and what cures them.

    'hapadvise FILE' is short for 'hapadvise advise FILE'.
    """


@click.command(name="advise")
@click.argument("inputs", nargs=-1, metavar="[FILE|VERSION|-]...")
@KIND_OPTION
@SEVERITY_OPTION
@click.option("--all", "every_kind", is_flag=True, help="List bugs of every kind.")
@click.option(
    "--pools",
    "pool_files",
    multiple=True,
    metavar="FILE",
    help="An answer to 'show pools'; may be repeated, the oldest first.",
)
@click.option(
    "--info",
    "info_files",
    multiple=True,
    metavar="FILE",
    help="An answer to 'show info'; may be repeated, the oldest first.",
)
@click.option(
    "--config",
    "config_files",
    multiple=True,
    metavar="FILE|DIR",
    help="HAProxy's configuration; may be repeated, as 'haproxy -f'.",
)
@click.option("--between", metavar="TIME", help="Time between the first and the last 'show pools'.")
@click.option("--socket", metavar="ADDRESS", help="Stats socket to ask: a path or HOST:PORT.")
@click.option("--watch", metavar="TIME", help="With --socket: ask twice, so far apart (10m).")
@click.option("--exec", "binary", metavar="BINARY", help="Run BINARY -vv and report on it.")
@click.option(
    "--patches", metavar="DIR", help="Patches of the package, such as debian/patches: not listed."
)
@click.option(
    "--debian-changelog", metavar="FILE", help="The package's changelog: what it fixed, not listed."
)
@click.option("--as-of", metavar="DATE", help="Answer as of that day (YYYY-MM-DD).")
@click.option(
    "--format",
    "output",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@click.option("--output", "file", metavar="FILE", help="Write to FILE, whole or not at all.")
@click.option(
    "--fail-on",
    multiple=True,
    metavar="TERM,...",
    help="Exit with 1 for these bugs only: severity:major, kind:crash, fixable; may be repeated.",
)
@click.option(
    "--baseline", metavar="FILE", help="An older report as JSON: list only what it does not."
)
@DB_OPTION
@SETTLE_OPTION
@click.option(
    "--max-age",
    type=click.IntRange(min=0),
    default=7,
    show_default=True,
    metavar="DAYS",
    help="Warn of older data, and do not let it show that a build has no bugs.",
)
@click.option("--require-fresh", is_flag=True, help="Exit with 3 if the data is older than that.")
@click.pass_context
def advise_command(
    context: click.Context,
    inputs: tuple[str, ...],
    kinds: tuple[str, ...],
    severity: str | None,
    every_kind: bool,
    pool_files: tuple[str, ...],
    info_files: tuple[str, ...],
    config_files: tuple[str, ...],
    between: str | None,
    socket: str | None,
    watch: str | None,
    binary: str | None,
    patches: str | None,
    debian_changelog: str | None,
    as_of: str | None,
    output: str,
    file: str | None,
    fail_on: tuple[str, ...],
    baseline: str | None,
    db: str | None,
    settle: int,
    max_age: int,
    require_fresh: bool,
) -> None:
    """Report on builds of HAProxy.

    FILE holds the output of 'haproxy -vv' (or -v, or 'show info'), '-' is standard input; a VERSION
    such as 2.2.4 may stand for a file. Answers to 'show pools' and a configuration may stand in the
    same FILE, in others, or be named by options: they tell which bug it is.
    """
    every_kind, kinds = strongest(context, "every_kind", "kinds")
    terms = tuple(map(parse_fail_on, fail_on))
    every_kind = every_kind or bool(severity and not kinds)
    selected = frozenset(map(Kind, kinds)) or frozenset({Kind.MEMORY_LEAK})
    question = Question(
        today=datetime.date.today().isoformat(),  # noqa: DTZ011  (the user's own day)
        as_of=day_of(as_of),
        kinds=frozenset() if every_kind else selected,
        least_severity=Severity(severity) if severity else Severity.UNKNOWN,
        narrowed=bool(kinds or severity),
        max_age=max_age,
        settle_days=settle,
    )
    question = widened(question, terms) if terms else question
    if watch and not socket:
        raise click.UsageError("--watch needs a socket; add --socket /run/haproxy/admin.sock")
    live = _live(socket, watch, binary) if socket or binary else []
    # An answer to 'show info' names the version as well.
    texts, status = _texts(inputs or (() if live or info_files else _standard_input()))
    options = {"pools": pool_files, "info": info_files, "config": config_files}
    if live or any(options.values()) or any(_HINT.search(item.text) for item in texts):
        cases = _cases([*live, *texts], options, between)
    else:
        cases, failed = _builds(texts)
        status = status or failed
    if cases:
        catalogue = catalogue_at(db)
        beyond = Beyond(
            missing=lambda branch: [missing_of(row) for row in catalogue.missing_fixes(branch)],
            outlines=catalogue.outlines,
            history_of=catalogue.history,
        )
        if patches or debian_changelog:
            builds = [build for build, _ in cases]
            question = _patched(question, builds, catalogue, patches, debian_changelog)
        adviser = Adviser(catalogue.history, catalogue.provenance, question, beyond)
        reports = [
            adviser.advise(build, _examiner(build, found, catalogue)) for build, found in cases
        ]
        reports, found_status = _less_known(
            reports, question, terms, settings_of(context).ignores, baseline
        )
        rendered = _rendered(reports, output, catalogue, several=len(inputs) > 1)
        if file is None:
            echo(rendered.text)
        else:
            write_whole(file, rendered.text)
        status = status or (found_status if rendered.status is None else rendered.status)
        if require_fresh and any(report.is_old(max_age) for report in reports):
            tell("the data is too old, and --require-fresh was given; run 'hapadvise refresh'")
            status = status if status == 2 else 3
    sys.exit(status)


@click.command(name="show")
@click.argument("name", metavar="BUG|COMMIT|ISSUE")
@DB_OPTION
def show_command(name: str, db: str | None) -> None:
    """Show all that is known of a bug.

    Name it by its id, by the commit of its fix in any branch, or by the number of an issue.
    """
    from advisory.formats.bug import fixes_of, render_bug

    catalogue = catalogue_at(db)
    pages = [
        render_bug(fixes_of(bug, catalogue.histories_of(bug)), width=width())
        for bug in named(catalogue, name)
    ]
    echo("\n".join(pages))


@click.command(name="search")
@click.argument("words", nargs=-1, required=True)
@DB_OPTION
def search_command(words: tuple[str, ...], db: str | None) -> None:
    """List the bugs that hold every word, the best match first.

    Exit status 0: there are some; 1: there are none.
    """
    from advisory.formats.bug import fixes_of, render_line

    catalogue = catalogue_at(db)
    found = catalogue.search(words)
    for bug in found:
        echo(render_line(fixes_of(bug, catalogue.histories_of(bug))[-1].bug))
    sys.exit(0 if found else 1)


@click.command(name="contains")
@click.argument("fix", metavar="BUG|COMMIT|ISSUE")
@click.argument("version")
@DB_OPTION
def contains_command(fix: str, version: str, db: str | None) -> None:
    """Tell whether a fix is in a release.

    Exit status 0: it is; 1: it is not; 3: that is not known.
    """
    from advisory.formats.bug import fixes_of
    from advisory.holds import holds

    catalogue = catalogue_at(db)
    (build,) = read_builds(version, source="the command line")
    history = catalogue.history(build.version.release.branch)
    statuses = []
    for bug in named(catalogue, fix):
        fixes = fixes_of(bug, catalogue.histories_of(bug))
        answer = holds(bug, fixes, history, build.version)
        echo(f"{answer.text}\n")
        statuses.append({True: 0, False: 1, None: 3}[answer.held])
    sys.exit(max(statuses))


for command in (
    *(fleet_command, serve_command, export_command),
    *(advise_command, show_command, search_command, contains_command),
    *(plan_command, diff_command),
    *(refresh_command, import_command, status_command),
):
    cli.add_command(with_settings(command))


def _rendered(
    reports: Sequence[Report], output: str, catalogue: Catalogue, *, several: bool
) -> Rendered:
    terminal = sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    setting = Setting(
        tool_version=__version__,
        now=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        history_of=catalogue.history,
        branches=catalogue.branches,
        missing_of=lambda branch: [missing_of(row) for row in catalogue.missing_fixes(branch)],
        several=several,
        width=width(),
        colour=terminal and not os.environ.get("NO_COLOR"),
    )
    return render(output, reports, setting)


def _less_known(
    reports: Iterable[Report],
    question: Question,
    terms: Sequence[FailOn],
    ignores: Sequence[Ignore],
    baseline: str | None,
) -> tuple[list[Report], int]:
    """The reports without what is ignored or was known, and the exit status that they give."""
    from advisory.baseline import only_new, read_baseline
    from advisory.failing import status_of_report
    from advisory.ignores import apply_ignores, notes_on

    known = None
    if baseline is not None:
        item = read_file(baseline)
        known = read_baseline(item.text, source=item.source)
    left, statuses = [], []
    used: set[Ignore] = set()
    for report in reports:
        applied = apply_ignores(report, ignores, question.today)
        kept, removed = applied.report, applied.removed
        used |= applied.used
        if known is not None:
            new = only_new(kept, known)
            kept, removed = new.report, removed + new.removed
            for note in new.notes:
                tell(note)
        left.append(kept)
        statuses.append(
            status_of_report(kept, question, terms, removed=removed, listed_only=known is not None)
        )
    for note in notes_on(ignores, used, question.today):
        tell(note)
    return left, max(statuses)


def _standard_input() -> tuple[str, ...]:
    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError(
            "nothing to read; try 'haproxy -vv | hapadvise', 'hapadvise FILE', 'hapadvise 2.2.4'"
        )
    return ("-",)


def _texts(names: Iterable[str]) -> tuple[list[Input], int]:
    """The inputs that can be read; those that cannot are told of, and give the exit status."""
    texts, status = [], 0
    for name in names:
        try:
            texts.append(read_input(name))
        except AdvisoryError as error:
            tell(error)
            status = error.exit_status
    return texts, status


def _builds(texts: Iterable[Input]) -> tuple[list[tuple[Build, None]], int]:
    """The builds that texts name of which nothing was measured."""
    cases: list[tuple[Build, None]] = []
    status = 0
    for item in texts:
        try:
            cases += [(build, None) for build in read_builds(item.text, source=item.source)]
        except AdvisoryError as error:
            tell(error)
            status = error.exit_status
    return cases, status


def _cases(
    texts: Iterable[Input], options: Mapping[str, Iterable[str]], between: str | None
) -> Sequence[tuple[Build, Evidence | None]]:
    """The builds that texts name, and what was measured on a process of each."""
    from advisory.info import read_info
    from advisory.intake import Parts, read_parts
    from advisory.live import parse_span
    from advisory.pools import read_pools
    from advisory.symptoms import Passed, cases_of

    passed = [Passed(item.source, read_parts(item.text, source=item.source)) for item in texts]
    extra = []
    for name in options["pools"]:
        item = read_file(name)
        extra.append(Passed(item.source, Parts(dumps=read_pools(item.text, source=item.source))))
    for name in options["info"]:
        item = read_file(name)
        infos = read_info(item.text, source=item.source)
        parts = read_parts(item.text, source=item.source)
        extra.append(Passed(item.source, Parts(builds=parts.builds, infos=infos)))
    for name in options["config"]:
        for item in read_configuration(name):
            extra.append(Passed(item.source, Parts(config_text=item.text)))
    seconds = parse_span(between, source="--between") if between else None
    return cases_of(passed, extra, seconds)


def _patched(
    question: Question,
    builds: Sequence[Build],
    catalogue: Catalogue,
    folder: str | None,
    changelog: str | None,
) -> Question:
    """The question, with what the package has added to its release."""
    from advisory.patches import backported, read_debian_changelog, read_patch_folder

    if len(builds) > 1:
        raise click.UsageError("patches belong to one build; pass one at a time")
    version = builds[0].version
    found = list(read_patch_folder(folder)) if folder else []
    found += read_debian_changelog(changelog, version) if changelog else []
    branch = version.release.branch
    return question._replace(
        patched=backported(
            found, catalogue.bugs_of, lambda key: catalogue.bugs_of_subject(key, branch)
        ),
        added=tuple(commit for patch in found for commit in patch.commits),
    )


def _examiner(build: Build, evidence: Evidence | None, catalogue: Catalogue) -> Examiner | None:
    if evidence is None:
        return None
    from advisory.examination import Examiner
    from advisory.pools import PoolKind

    return Examiner(build, evidence, [PoolKind(*kind) for kind in catalogue.pool_kinds()])


def _live(socket: str | None, watch: str | None, binary: str | None) -> list[Input]:
    """What a running process and a binary say."""
    from advisory.live import parse_span, run_vv, sample
    from advisory.live import watch as watch_process

    found = []
    if binary:
        found.append(Input(printable(binary), run_vv(binary)))
    if socket and watch:
        with progress_bar("watching") as progress:
            texts = watch_process(
                socket,
                seconds=parse_span(watch),
                progress=lambda done, whole: progress("", int(done), max(1, int(whole))),
            )
        found.append(Input(printable(socket), "\n".join(texts)))
    elif socket:
        found.append(Input(printable(socket), "\n".join(sample(socket))))
    return found


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command; every failure becomes one line and a status, here and nowhere else."""
    try:
        sys.exit(cli.main(arguments, prog_name="hapadvise", standalone_mode=False) or 0)
    except click.Abort:
        tell("interrupted")
        sys.exit(2)
    except click.ClickException as error:
        tell(f"{error.format_message().rstrip('.')}; see 'hapadvise --help'")
        sys.exit(2)
    except AdvisoryError as error:
        tell(error)
        sys.exit(error.exit_status)
    except Exception as error:  # noqa: BLE001  (a crash must not look like a finding)
        tell(f"internal error: {type(error).__name__}: {error}; please report it")
        sys.exit(2)
