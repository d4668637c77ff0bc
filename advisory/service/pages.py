"""The pages: values in, HTML or Atom out; pure.

Every value is escaped by the templates, and what neither a screen nor XML can show is replaced, so
that what was pasted stays text.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from advisory.bug import Fix, Severity
from advisory.examination import citation_of, explanation_of
from advisory.finding import Finding, FixState
from advisory.formats.links import commit_url, issue_url, tarball_url
from advisory.formats.text import GROWTHS, TIERS
from advisory.history import BranchHistory, Provenance, age_of
from advisory.report import growth_class
from advisory.service.answers import Answer, BugPage, Entry
from advisory.service.drawings import growth_of, way_of
from advisory.service.knowledge import Knowledge
from advisory.status import Status

MOST_SHOWN = 1 << 20
"""Characters of a pasted text that a page shows again, where it could not be answered."""
_CLASSES = (
    "Grow in a running process",
    "May grow in a running process (not reviewed yet)",
    "Grow in a running process, but end by themselves or need memory to have run out",
    "Only while the configuration is read, at start or at exit",
)
_COMMANDS = ("echo ", "grep ", "ps ")
_STATES = {
    FixState.RELEASED: "cured in {}",
    FixState.MERGED: "fixed, in no release yet",
    FixState.REVERTED: "cured by no release",
}
_ORIGINS = {
    "official": "upstream's own release",
    "commit": "built from a commit",
    "snapshot": "a snapshot",
    "package": "a package",
    "development": "a development version",
    "enterprise": "an enterprise build",
}


class Site(NamedTuple):
    """What every page needs: where the service and its tables are, and how fresh they are.

    ``base`` ends with a slash, ``tables`` is the address of the tables; ``assets`` changes with the
    style. ``problem`` tells of a catalogue that could not take the place of this one.
    """

    base: str
    tables: str
    assets: str
    version: str
    provenance: Provenance
    today: str
    problem: str = ""

    @property
    def age(self) -> str:
        """How old the data is, in words."""
        days = age_of(self.provenance.data_as_of, self.today)
        return "of a day yet to come" if days is None else f"{many(days, 'day')} old"


def plain(value: Any) -> Any:
    """The value; a text without characters that are for no screen."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in value)


def many(count: int, noun: str) -> str:
    """A number and what it counts."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def code(text: str) -> Markup:
    """The text, escaped, what stands between backticks as code."""
    return Markup(re.sub(r"`([^`\n]{1,400})`", r"<code>\1</code>", str(escape(plain(text)))))


def _step(text: str) -> tuple[str, tuple[str, ...]]:
    """A step to take next: words, and commands to be copied."""
    words, _, command = text.partition(": ")
    if not command.startswith(_COMMANDS):
        return text, ()
    return f"{words}:", tuple(command.split(" ; "))


def _fate(finding: Finding) -> str:
    return _STATES[finding.fix_state].format(finding.fixed_in)


def _classes(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """The findings under headings, those that matter most first."""
    groups: dict[int, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(growth_class(finding), []).append(finding)
    return [(_CLASSES[place], groups[place]) for place in sorted(groups)]


def _counts(pairs: Iterable[tuple[Severity, int]]) -> str:
    found = [f"{count} {severity.value}" for severity, count in pairs if count]
    return ", ".join(found).replace("unknown", "unrated")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("advisory.service"),
        autoescape=True,
        finalize=plain,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"code": code, "many": many}
    environment.globals |= {
        "citation_of": citation_of,
        "classes": _classes,
        "commit_url": commit_url,
        "counts": _counts,
        "explanation_of": explanation_of,
        "fate": _fate,
        "growth_of": growth_of,
        "growths": GROWTHS,
        "issue_url": issue_url,
        "origins": _ORIGINS,
        "step": _step,
        "tarball_url": tarball_url,
        "tiers": TIERS,
        "way_of": way_of,
    }
    return environment


def _render(template: str, site: Site, **values: object) -> str:
    text: str = _environment().get_template(template).render(site=site, **values)
    return text


def render_home(site: Site, knowledge: Knowledge, status: Status) -> str:
    """What this is, how fresh it is, and every branch, the newest first."""
    branches = [(state, knowledge.histories[state.branch]) for state in reversed(knowledge.states)]
    return _render("home.html", site, branches=branches, status=status)


def render_form(site: Site, *, error: str = "", text: str = "", every_kind: bool = False) -> str:
    """The page to paste into; with what went wrong, and the text again."""
    return _render(
        "form.html",
        site,
        error=error,
        text=text if len(text) <= MOST_SHOWN else "",
        every_kind=every_kind,
    )


def render_answers(site: Site, answers: Sequence[Answer]) -> str:
    """The reports, one after the other."""
    return _render("report.html", site, answers=answers)


def render_release(site: Site, answer: Answer) -> str:
    """What is known of a release."""
    return _render("release.html", site, answer=answer)


def render_bug(site: Site, page: BugPage) -> str:
    """What is known of a bug, and what became of it in each branch."""
    return _render("bug.html", site, page=page)


def render_bugs(site: Site, name: str, pages: Sequence[BugPage]) -> str:
    """The bugs that one name stands for."""
    return _render("bugs.html", site, name=name, pages=pages)


def render_error(site: Site, title: str, message: str) -> str:
    """Why there is no page."""
    return _render("error.html", site, title=title, message=message)


def render_feed(site: Site, history: BranchHistory, entries: Sequence[Entry], address: str) -> str:
    """Atom 1.0 (RFC 4287) of a branch's fixes of leaks.

    Args:
        site: of the pages that the entries lead to.
        history: the branch.
        entries: newest first.
        address: of the service, as the reader sees it, with a slash at its end.
    """
    changed = max((_changed(entry) for entry in entries), default=history.releases[0].released_on)
    return _render(
        "feed.xml",
        site,
        address=address,
        branch=history.branch,
        changed=changed,
        entries=[(entry, _urn(entry.fix), _changed(entry)) for entry in entries],
        identity=f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'hapadvise feed {history.branch}')}",
    )


def _changed(entry: Entry) -> str:
    """The day of the fix, or of the release that brought it."""
    released_on = entry.release.released_on if entry.release is not None else ""
    return max(entry.fix.merged_on, released_on)


def _urn(fix: Fix) -> str:
    """A name of a fix that stays, wherever it is served."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, commit_url(fix))}"
