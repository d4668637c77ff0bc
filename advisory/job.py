"""A run that updates the user's catalogue, from the lock to the rename."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from advisory.bug import Kind
from advisory.changelog import Learned, learn, titles_in
from advisory.errors import AdvisoryError, CatalogueError, FetchError, OlderSchemaError
from advisory.facts import Facts, Row, Run, combine
from advisory.fetch import Fetcher, Page
from advisory.identity import bug_ids
from advisory.pages import read_changelog
from advisory.refresh import Outcome, Progress, refresh
from advisory.store import BUNDLED_ORIGIN, Origin, stored_facts, write_catalogue


class Place(NamedTuple):
    """Where a catalogue is kept, and what it starts from: the bundled one, or nothing (None)."""

    target: Path
    bundled: Path | None
    tool_version: str


class Refreshed(NamedTuple):
    """What a refresh did: its row in the catalogue, what it learned, new titles and leaks."""

    run: Run
    outcome: Outcome
    titles: int
    leaks: tuple[Row, ...]


def run_refresh(
    place: Place,
    connect: Callable[[], tuple[Fetcher, Page, tuple[str, ...]]],
    *,
    now: Callable[[], datetime.datetime],
    progress: Progress,
) -> Refreshed:
    """Bring the catalogue up to date from a site.

    Args:
        place: what to update.
        connect: opens the site and gets its index; with reasons why a better address was not taken.
        now: tells the time, with a zone.
        progress: as for ``refresh``.

    Raises:
        AdvisoryError: nothing was learned. The catalogue is as it was, but for the row of this run.
    """
    with _locked(place.target):
        facts = _known(place)
        started = now()
        _check_day(facts, started.date())
        run = Run("refresh", "", _utc(started), "", "failed")
        try:
            fetcher, index, passed_over = connect()
            with fetcher:
                run = run._replace(origin=fetcher.base, requests=fetcher.requests)
                known = _read_there(facts, fetcher.base)
                outcome = refresh(known, fetcher, index, today=started.date(), progress=progress)
                run = run._replace(requests=fetcher.requests)
            if not outcome.checked:
                raise FetchError(f"no branch could be read: {outcome.refused[0]}")
            outcome = outcome._replace(doubts=(*passed_over, *outcome.doubts))
            done = _counted(run, outcome)._replace(ended_at=_utc(now()))
            _write(place, facts, outcome.facts, done)
        except AdvisoryError as error:
            run = run._replace(ended_at=_utc(now()), messages=str(error))
            if place.target.exists():
                with contextlib.suppress(CatalogueError):  # the first error is the one to tell
                    _write(place, facts, facts, run)
            raise
        titles = titles_in(outcome.facts) - titles_in(facts)
        return Refreshed(done, outcome, titles, _leaks(outcome))


def _read_there(facts: Facts, base: str) -> Facts:
    """The facts, without the validators of pages where another site was read the last time."""
    bases = [
        run.origin for run in facts.runs if run.command == "refresh" and run.outcome != "failed"
    ]
    return facts if bases[-1:] == [base] else facts._replace(pages={})


def _counted(run: Run, outcome: Outcome) -> Run:
    """The row of a run that came to its end."""
    changes = outcome.changes
    return run._replace(
        outcome="partial" if outcome.refused else "complete",
        new_releases=sum(len(change.new_releases) for change in changes),
        new_fixes=sum(len(change.new_fixes) for change in changes),
        newly_released=sum(len(change.newly_released) for change in changes),
        taken_back=sum(len(change.taken_back) for change in changes),
        vanished=sum(len(change.vanished) for change in changes),
        messages="\n".join((*outcome.refused, *outcome.doubts)),
    )


def run_import(
    place: Place, text: str, *, source: str, now: Callable[[], datetime.datetime]
) -> Learned:
    """Take titles and releases from the text of a CHANGELOG.

    Raises:
        AdvisoryError: nothing was learned; the catalogue is as it was.
    """
    changelog = read_changelog(text, source=source)
    with _locked(place.target):
        facts = _known(place)
        started = now()
        learned = learn(facts, changelog)
        _check_day(learned.facts, started.date())
        run = Run(
            command="import-changelog",
            origin=source,
            started_at=_utc(started),
            ended_at=_utc(now()),
            outcome="complete",
            new_releases=len(learned.change.new_releases),
            newly_released=len(learned.change.newly_released),
            taken_back=len(learned.change.taken_back),
            messages="\n".join(learned.change.doubts),
        )
        _write(place, facts, learned.facts, run)
        return learned


def _utc(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextlib.contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Be the only one that updates the catalogue; the lock goes with the process that holds it.

    Raises:
        CatalogueError: another one does already, or the folder cannot be written to.
    """
    path = target.with_name(f"{target.name}.lock")
    with contextlib.ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(path.open("ab+", buffering=0))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read(20).decode(errors="replace").strip() or "unknown"
                raise CatalogueError(
                    f"{target}: another run is updating it (process {holder}); let it finish"
                ) from None
            file.truncate(0)
            file.write(b"%d\n" % os.getpid())
        except OSError as error:
            raise CatalogueError(
                f"{path}: cannot be written ({error.strerror}); name a file in a folder that can "
                "be, with --db FILE"
            ) from error
        yield


def _known(place: Place) -> Facts:
    """What the user's catalogue holds and the bundled one."""
    facts = stored_facts(place.bundled) if place.bundled else Facts()
    if not place.target.exists():
        return facts
    try:
        return combine(facts, stored_facts(place.target))
    except OlderSchemaError:
        # Of no use to this version; what it learned is learned anew.
        place.target.rename(place.target.with_name(f"{place.target.name}.old"))
        return facts
    except CatalogueError as error:
        raise CatalogueError(f"{error}; or move it away: the next run makes a new one") from error


def _check_day(facts: Facts, today: datetime.date) -> None:
    """Refuse a clock that is behind what is known already."""
    newest = facts.newest_day
    if newest and today < datetime.date.fromisoformat(newest) - datetime.timedelta(days=1):
        raise CatalogueError(
            f"this machine's clock says {today}, but a fix of {newest} is known; set the clock"
        )


def check_kept(before: Facts, after: Facts, target: Path) -> None:
    """Refuse facts that lack a release or a fix that was known before.

    Raises:
        CatalogueError: something would be lost from the catalogue at ``target``.
    """
    for table, key in (("releases", "version"), ("fixes", "commit_id")):
        had, has = (
            {(row["branch"], row[key]) for row in getattr(facts, table)}
            for facts in (before, after)
        )
        if lost := had - has:
            raise CatalogueError(
                f"{target}: {' '.join(min(lost))} would be lost from its {table}; "
                "it stays as it was; please report it"
            )


def _write(place: Place, before: Facts, after: Facts, run: Run) -> None:
    """Write the facts with the row of this run, unless anything is missing from them."""
    check_kept(before, after, place.target)
    runs = (*after.runs, run)
    sources = [("refreshed", run.origin) for run in runs if run.outcome != "failed"]
    source, origin = sources[-1] if sources else ("bundled", BUNDLED_ORIGIN)
    write_catalogue(
        after._replace(runs=runs),
        place.target,
        Origin(source, origin, run.ended_at, place.tool_version),
        subject=origin,
    )


def _leaks(outcome: Outcome) -> tuple[Row, ...]:
    """The new fixes that cure memory leaks: by an advisory, or by the words of their subject."""
    ids = bug_ids(outcome.facts.fixes)
    found = []
    for row in (row for change in outcome.changes for row in change.new_fixes):
        bug = ids[row["branch"], row["commit_id"]]
        advisory = outcome.facts.advisories.get(bug)
        unread = bug not in outcome.facts.reviewed
        if (
            advisory.kind is Kind.MEMORY_LEAK
            if advisory
            else (unread and row["subject_kind"] == Kind.MEMORY_LEAK.value)
        ):
            found.append(row)
    return tuple(found)
