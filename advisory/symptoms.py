"""Which evidence belongs to which build, of all that was passed; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from advisory.build import Build, distinct
from advisory.errors import ParseError
from advisory.evidence import Evidence, gather
from advisory.intake import Parts, read_config_parts


class Passed(NamedTuple):
    """One input that was passed: its name, and its parts."""

    source: str
    parts: Parts


class Case(NamedTuple):
    """A build, and what was measured on a process of it; None where nothing was."""

    build: Build
    evidence: Evidence | None


def cases_of(
    inputs: Sequence[Passed], extra: Sequence[Passed], seconds: float | None
) -> tuple[Case, ...]:
    """Give every build the evidence that belongs to it.

    With one build in all, everything is evidence for it. With several, each has what stands in its
    own input.

    Args:
        inputs: what was passed as builds, or as mixtures.
        extra: what was passed as evidence, the oldest first.
        seconds: the time between the first and the last dump, where it was told.

    Raises:
        ParseError: there is evidence, and no build or not one build that it belongs to.
    """
    everything = [*inputs, *extra]
    builds = _builds(build for item in everything for build in item.parts.builds)
    loose = [item for item in everything if not item.parts.builds]
    if not builds:
        raise ParseError(
            "tells what a process does, but not its version; add the output of 'haproxy -vv'",
            source=loose[0].source,
        )
    if len(builds) == 1:
        return (_case(builds[0], everything, seconds),)
    if loose:
        raise ParseError(
            f"to which of the {len(builds)} builds does it belong? pass one build at a time",
            source=loose[0].source,
        )
    return tuple(_case(build, [item], seconds) for item in inputs for build in item.parts.builds)


def _builds(found: Iterable[Build]) -> tuple[Build, ...]:
    """The builds; what ``show info`` says of one that ``-vv`` describes is no other."""
    builds = distinct(found)
    described = {build.version.release.text for build in builds if build.features}
    return tuple(
        build for build in builds if build.features or build.version.release.text not in described
    )


def _case(build: Build, passed: Iterable[Passed], seconds: float | None) -> Case:
    items = list(passed)
    dumps = [dump for item in items for dump in item.parts.dumps]
    infos = [info for item in items for info in item.parts.infos]
    config = read_config_parts((item.source, item.parts.config_text) for item in items)
    if not dumps and config is None:
        return Case(build, None)  # what only counts connections says nothing of memory
    rss = [size for item in items for size in item.parts.rss]
    return Case(build, gather(dumps, infos, config, build.version.release, seconds, rss))
