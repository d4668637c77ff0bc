"""One bug for a person: what is known of it, and what became of it in each branch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisory.bug import Advisory, Bug, Fix
from advisory.formats.links import commit_url, issue_url
from advisory.formats.text import GROWTHS, TIERS, wrap
from advisory.history import BranchHistory


def fixes_of(bug: str, histories: Sequence[BranchHistory]) -> tuple[Fix, ...]:
    """The fixes of a bug, branch by branch."""
    return tuple(fix for history in histories for fix in history.fixes if fix.bug.id == bug)


def render_bug(fixes: Sequence[Fix], *, width: int) -> str:
    """Everything that is known of the bug that these fixes cure."""
    newest = fixes[-1]
    bug = newest.bug
    lines = [f"{bug.id}  {newest.severity.value.upper()}  {bug.subsystem or '(no subsystem)'}"]
    lines += wrap(f"{_kind(bug)}; {TIERS[bug.tier]}", width)
    if bug.advisory is not None:
        lines += ["", *_advised(bug.advisory, width)]
    elif bug.title:
        lines += ["", *wrap(bug.title, width)]
    lines += ["", *_table(fixes), "", commit_url(newest), *map(issue_url, bug.issues)]
    return "\n".join(lines) + "\n"


def render_line(bug: Bug) -> str:
    """A bug in one line, for a list."""
    what = bug.advisory.summary if bug.advisory is not None else bug.title or _kind(bug)
    return f"{bug.id}  {bug.kind.value:<13}  {bug.subsystem}: {what}\n"


def _kind(bug: Bug) -> str:
    runtime = {True: ", at run time", False: ", not at run time", None: ""}[bug.runtime]
    return f"{bug.kind.value.replace('-', ' ')}{runtime}"


def _advised(advisory: Advisory, width: int) -> Iterator[str]:
    facts = (
        ("", advisory.summary),
        ("When: ", advisory.trigger),
        ("Until then: ", advisory.workaround),
        ("Grows: ", GROWTHS.get(advisory.growth, "")),
        ("Only if: ", "memory has run out" if advisory.needs_oom else ""),
        ("Bounded: ", "it ends by itself" if advisory.bounded else ""),
        (
            "Lost: ",
            ", ".join(_object(item.name, item.pool, item.size) for item in advisory.objects),
        ),
        ("Needs: ", "; ".join((*advisory.features, *advisory.config))),
        ("Targets: ", ", ".join(advisory.target)),
        ("Entered: ", advisory.since_version or advisory.since_commit),
        ("See also: ", ", ".join(advisory.related)),
        ("Said by: ", f"{', '.join(advisory.said_by)}; confidence {advisory.confidence}"),
    )
    for label, text in facts:
        if text:
            yield from wrap(text, width, first=label, rest="  " if label else "")


def _object(name: str, pool: str, size: int | None) -> str:
    more = [f"pool {pool}"] * bool(pool) + [f"{size} bytes"] * (size is not None)
    return f"{name} ({', '.join(more)})" if more else name


def _table(fixes: Sequence[Fix]) -> Iterator[str]:
    yield "branch  fix           merged      fixed in   since      taken back   again in"
    for fix in fixes:
        taken_back = (fix.reverted_in or "merged") if fix.reverted_by else ""
        again = (fix.reapplied_in or "merged") if fix.reapplied_by else ""
        yield (
            f"{fix.branch:<6}  {fix.commit:<12}  {fix.merged_on}  {fix.fixed_in or '-':<9}  "
            f"{fix.introduced_in or '?':<9}  {taken_back:<11}  {again}"
        ).rstrip()
