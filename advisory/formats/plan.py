"""The way from one release to the newest, a line each; and what a move changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisory.bug import Kind, Severity
from advisory.difference import Difference, HeldBug, by_kind, by_severity
from advisory.formats.links import tarball_url
from advisory.formats.text import MIN_WIDTH, wrap
from advisory.plan import Candidate, Recommendation, Support

_SEVERITIES = (Severity.CRITICAL, Severity.MAJOR, Severity.MEDIUM, Severity.MINOR)
MOST_NAMED = 20


def render_plan(
    version: str,
    as_of: str,
    way: Sequence[Candidate],
    choice: Recommendation,
    support: Support,
    *,
    width: int,
) -> str:
    """Each release after this one: bugs left by severity, what is cured, the regressions in it."""
    width = max(MIN_WIDTH, width)
    lines = [f"The way from {version}, as of {as_of}", *_support(support), ""]
    if way:
        lines += _table(way, choice)
    else:
        lines.append(f"{version} is the newest release of its branch.")
    lines.append("")
    for sign, name, one in (
        ("-", "minimal", choice.minimal),
        (">", "recommended", choice.recommended),
    ):
        if one is not None:
            lines += wrap(
                f"{name}: {one.release.version}. {one.reason}.", width, first=f"{sign} ", rest="  "
            )
            lines += _tarball(one)
    if choice.recommended is None and choice.latest is not None and choice.latest.against:
        lines += wrap(
            f"recommended: none yet. {choice.latest.against}.", width, first="> ", rest="  "
        )
    if choice.elsewhere is not None:
        other = choice.elsewhere
        lines += wrap(
            f"beyond: {other.release.version}. {other.reason}.", width, first="  ", rest="  "
        )
        lines += _tarball(other)
    return "\n".join(lines).rstrip() + "\n"


def _support(support: Support) -> Iterator[str]:
    term = {True: "long-term support", False: "no long-term support", None: ""}[support.long_term]
    if support.ended:
        yield f"branch over: maintained until {support.until}; {term}".rstrip("; ")
    elif support.until:
        soon = ", which is soon" if support.soon else ""
        yield f"maintained until {support.until}{soon}; {term}".rstrip("; ")


def _tarball(one: Candidate) -> Iterator[str]:
    yield f"  {tarball_url(one.branch, one.release.version)}"
    if one.release.sha256:
        yield f"  SHA-256 {one.release.sha256}"


def _table(way: Sequence[Candidate], choice: Recommendation) -> Iterator[str]:
    """A line for each release, marked as the choice is below; no wider than 80 columns."""
    wide = max(7, *(len(one.release.version) for one in way))
    columns = "date        days  crit major medium minor  cures leaves  regressions"
    yield f"  {'release':<{wide}}  {columns}"
    for one in way:
        left = dict(one.bugs_left)
        counts = " ".join(
            f"{left.get(severity, 0):>{size}}"
            for severity, size in zip(_SEVERITIES, (4, 5, 6, 5), strict=True)
        )
        sign = " "
        for name, chosen in (("-", choice.minimal), (">", choice.recommended)):
            if chosen is not None and chosen.release == one.release:
                sign = name
        yield (
            f"{sign} {one.release.version:<{wide}}  {one.release.released_on}  {one.days_out:>4}  "
            f"{counts}  {len(one.cures):>5} {len(one.leaves):>6}  {_regressions(one)}"
        )


def _regressions(one: Candidate) -> str:
    """How many regressions, and how grave the worst is."""
    worst = min((window.severity for window in one.brings_in), key=_rank, default=None)
    return "-" if worst is None else f"{len(one.brings_in)}, {worst.value}"


def _rank(severity: Severity) -> int:
    return severity.rank


def render_difference(
    old: str, new: str, found: Difference, *, kinds: frozenset[Kind], width: int
) -> str:
    """What a move cures, leaves and brings in: numbers, and the bugs of some kinds by name."""
    width = max(MIN_WIDTH, width)
    lines = [f"From {old} to {new}"]
    for what, bugs in (
        ("cures", found.cures),
        ("leaves", found.leaves),
        ("brings in", found.brings_in),
    ):
        never = sum(bug.never_fixed for bug in bugs)
        apart = f", {never} of them never fixed in the branch" if never else ""
        text = f"{what} {len(bugs)} bug{'s'[len(bugs) == 1 :]}{apart}{_counted(bugs)}"
        lines += ["", *wrap(text, width, rest="  ")]
        named = [bug for bug in bugs if not kinds or bug.kind in kinds]
        for bug in named[:MOST_NAMED]:
            lines += wrap(_named(bug), width, first="  ", rest="      ")
        if len(named) > MOST_NAMED:
            lines.append(f"  and {len(named) - MOST_NAMED} more: --format json")
    if found.undecided:
        text = f"not known of {len(found.undecided)} more, which {new} has or has not"
        lines += ["", *wrap(f"{text}{_counted(found.undecided)}", width, rest="  ")]
    return "\n".join(lines) + "\n"


def _counted(bugs: Sequence[HeldBug]) -> str:
    if not bugs:
        return ""
    severities = ", ".join(f"{n} {one.value}" for one, n in by_severity(bugs).items())
    kinds = ", ".join(f"{n} {one.value}" for one, n in by_kind(bugs).items())
    return f" ({severities}; {kinds})".replace("unknown", "unrated")


def _named(bug: HeldBug) -> str:
    words = bug.words or bug.kind.value
    never = " (never fixed)" if bug.never_fixed else ""
    return f"{bug.id}  {bug.severity.value}  {bug.subsystem or 'no subsystem'}: {words}{never}"
