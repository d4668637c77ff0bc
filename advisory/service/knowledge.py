"""A catalogue as a service uses it: read whole, and read again once its file is another.

What is read are values, so that threads share them and no request waits for the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from advisory.bug import Fix
from advisory.catalogue import Catalogue
from advisory.errors import CatalogueError
from advisory.facts import Run, run_of
from advisory.history import BranchHistory, BranchState, Provenance
from advisory.pools import PoolKind
from advisory.unfixed import Missing, missing_of

_LEAST_COMMIT = 6  # hex digits; a shorter name is an issue's number
Stamp = tuple[int, int, int, int]
"""Device, inode, time of change in ns and size of a file: another one after every rename."""


class Knowledge(NamedTuple):
    """All of a catalogue that answers are made of.

    ``histories`` and ``missing`` are by branch, oldest branch first; ``fixes`` are by bug, oldest
    branch first; ``outlines`` are the branches without their content, ``versions``
    all releases.
    """

    path: str
    stamp: Stamp | None
    provenance: Provenance
    histories: Mapping[str, BranchHistory]
    versions: frozenset[str]
    outlines: tuple[BranchHistory, ...]
    missing: Mapping[str, tuple[Missing, ...]]
    fixes: Mapping[str, tuple[Fix, ...]]
    kinds: tuple[PoolKind, ...]
    states: tuple[BranchState, ...]
    runs: tuple[Run, ...]


def stamp_of(path: str) -> Stamp | None:
    """What tells a file from the one that takes its place; None where there is none."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)


def read_knowledge(path: str) -> Knowledge:
    """Read a catalogue whole; it takes a fifth of a second.

    Raises:
        CatalogueError: there is none, or it is damaged.
    """
    stamp = stamp_of(path)
    catalogue = Catalogue(path)
    try:
        histories: dict[str, BranchHistory] = {}
        fixes: dict[str, tuple[Fix, ...]] = {}
        for branch in catalogue.branches():
            history = catalogue.history(branch)
            assert history is not None
            histories[branch] = history
            for fix in history.fixes:
                fixes[fix.bug.id] = (*fixes.get(fix.bug.id, ()), fix)
        return Knowledge(
            path=path,
            stamp=stamp,
            provenance=catalogue.provenance,
            histories=histories,
            versions=frozenset(
                release.version for history in histories.values() for release in history.releases
            ),
            outlines=catalogue.outlines(),
            missing={
                branch: tuple(map(missing_of, catalogue.missing_fixes(branch)))
                for branch in histories
            },
            fixes=fixes,
            kinds=tuple(PoolKind(*kind) for kind in catalogue.pool_kinds()),
            states=catalogue.states(),
            runs=tuple(map(run_of, catalogue.texts("runs", Run._fields, "id"))),
        )
    finally:
        catalogue.close()


def bugs_named(knowledge: Knowledge, name: str) -> tuple[str, ...]:
    """The ids of the bugs that a name stands for: an id, a commit of any branch, an issue.

    Args:
        knowledge: of the catalogue.
        name: six hex digits or more, or the number of an issue.
    """
    if name in knowledge.fixes:
        return (name,)
    if len(name) < _LEAST_COMMIT:
        return tuple(
            bug for bug, fixes in knowledge.fixes.items() if int(name) in fixes[-1].bug.issues
        )
    return tuple(
        bug
        for bug, fixes in knowledge.fixes.items()
        if any(
            commit and (commit.startswith(name) or name.startswith(commit))
            for fix in fixes
            for commit in (bug, fix.commit, fix.mainline_commit)
        )
    )


class Keeper:
    """Has the knowledge of a file at hand, and reads the file anew once another took its place.

    A file that cannot be read does not take the place of one that could; ``problem`` tells of it.

    Args:
        path: the catalogue.

    Raises:
        CatalogueError: it cannot be read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.problem = ""
        self.knowledge = read_knowledge(path)
        self._seen = self.knowledge.stamp

    @property
    def is_fresh(self) -> bool:
        """Whether the file is still the one that was looked at last."""
        return self._seen == stamp_of(self.path)

    def refresh(self) -> None:
        """Read the file that is there now."""
        self._seen = stamp_of(self.path)
        try:
            self.knowledge = read_knowledge(self.path)
            self.problem = ""
        except CatalogueError as error:
            self.problem = str(error)
