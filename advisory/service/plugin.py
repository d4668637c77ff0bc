"""The Datasette plugin: our pages beside Datasette's, for a database that is a catalogue.

Where no database is one, it does nothing. What is posted is read from the connection with a limit,
is answered from memory, and appears in no log, exception or file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from datasette import Response, hookimpl
from markupsafe import Markup

from advisory import __version__
from advisory.errors import CatalogueError, ParseError
from advisory.formats.json import render_json
from advisory.report import Question
from advisory.service import pages, pasted
from advisory.service.answers import (
    answer_for,
    answers_to,
    bug_page,
    entries_of,
    kinds_of,
)
from advisory.service.documents import bug_document, description
from advisory.service.knowledge import bugs_named
from advisory.service.service import STATIC, Receive, Service, read_body, today
from advisory.status import status_of

_SCHEMA = STATIC.parent.parent / "report.schema.json"
_MAX_AGE = 7  # days after which the data is said to be old
_POSTED = "no-store"
_REPORT = "private, no-cache"
"""A browser may go back to a report from a bug that it names; without, it would have to post again
what is nowhere kept."""
_PAGE = "max-age=60"
_VERSION_COLUMNS = frozenset(
    {"version", "fixed_in", "cured_in", "introduced_in", "reverted_in", "reapplied_in"}
)
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    # With "no-referrer" a browser hides the origin of its own form, which Datasette 1.0 checks.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
"""Of every page of ours; Datasette's own pages need scripts within."""
_KINDS = {"": "text/html; charset=utf-8", ".json": "application/json; charset=utf-8"}
_services: WeakKeyDictionary[Any, Service] = WeakKeyDictionary()


class Call(NamedTuple):
    """A request: its address's variables, the service, and how to read its body."""

    service: Service
    request: Any
    receive: Receive
    variables: dict[str, str]

    @property
    def form(self) -> str:
        """``.json`` for a program, "" for a person."""
        return self.variables.get("form") or ""

    async def body(self) -> bytes:
        """The body, within the limit."""
        return await read_body(self.request.headers.get("content-length", ""), self.receive)

    def reply(
        self, text: str, *, form: str | None = None, status: int = 200, cache: str = _PAGE
    ) -> Any:
        """A response with our headers."""
        kind = _KINDS[self.form if form is None else form]
        headers = {**HEADERS, "cache-control": cache}
        return Response(text, status=status, headers=headers, content_type=kind)

    def refuse(self, status: int, message: str) -> Any:
        """Say in one line why there is no answer."""
        if self.form:
            text = json.dumps({"error": message}, ensure_ascii=False) + "\n"
        else:
            title = {404: "Not found", 405: "Not allowed"}.get(status, "Not answered")
            text = pages.render_error(self.service.site(), title, message)
        return self.reply(text, status=status, cache=_POSTED)


View = Callable[[Call], Awaitable[Any]]


def _question(names: Iterable[str]) -> Question:
    kinds = kinds_of(names)
    return Question(today=today(), kinds=kinds, narrowed=False)


async def home(call: Call) -> Any:
    """What this is, and how fresh."""
    service = call.service
    knowledge = service.keeper.knowledge
    status = status_of(
        service.keeper.path,
        knowledge.provenance,
        knowledge.states,
        knowledge.runs,
        today=today(),
        max_age=_MAX_AGE,
        tool_version=__version__,
    )
    return call.reply(pages.render_home(service.site(), knowledge, status))


async def advise_page(call: Call) -> Any:
    """The page to paste into, and the reports."""
    service, site = call.service, call.service.site()
    if call.request.method in ("GET", "HEAD"):
        return call.reply(pages.render_form(site))
    if call.request.method != "POST":
        return call.refuse(405, "Open the page, or post its form.")
    form = pasted.Form("", (), ())
    try:
        body = await call.body()
        form = pasted.read_form(body, call.request.headers.get("content-type", ""))

        def work() -> str:
            asked = pasted.asked_by_form(form)
            question = _question(asked.kinds)
            knowledge = service.keeper.knowledge
            answers = answers_to(knowledge, asked.inputs, asked.extra, question, with_way=True)
            return pages.render_answers(site, answers)

        return call.reply(await service.run(work), cache=_REPORT)
    except (ParseError, pasted.Refused) as error:
        status = error.status if isinstance(error, pasted.Refused) else 422
        text = pages.render_form(
            site, error=str(error), text=form.text, every_kind="all" in form.kinds
        )
        return call.reply(text, status=status, cache=_POSTED)


async def advise_json(call: Call) -> Any:
    """The reports for a program."""
    if call.request.method != "POST":
        return call.refuse(405, "post the text, or an object of JSON; /openapi.json describes it")
    body = await call.body()
    service = call.service
    names = call.request.args.getlist("kind")
    content_type = call.request.headers.get("content-type", "")

    def work() -> str:
        asked = pasted.asked_by_body(body, content_type)
        question = _question((*names, *asked.kinds))
        knowledge = service.keeper.knowledge
        answers = answers_to(knowledge, asked.inputs, asked.extra, question, with_way=False)
        return render_json([answer.report for answer in answers], tool_version=__version__)

    return call.reply(await service.run(work), cache=_POSTED)


async def bug(call: Call) -> Any:
    """A bug by its id; by another name, the way to it."""
    service, name = call.service, call.variables["name"]
    knowledge = service.keeper.knowledge
    found = await service.run(lambda: bugs_named(knowledge, name))
    if not found:
        return call.refuse(404, f"{name}: the catalogue knows no such bug, fix or issue")
    if found != (name,):
        if len(found) == 1:
            address = f"{service.site().base}bug/{found[0]}{call.form}"
            return Response("", status=302, headers={**HEADERS, "location": address})
        if call.form:
            return call.refuse(404, f"{name}: stands for {len(found)} bugs: {', '.join(found)}")
        several = [bug_page(knowledge, one, today()) for one in found]
        return call.reply(pages.render_bugs(service.site(), name, several))

    def work() -> str:
        page = bug_page(knowledge, name, today())
        if call.form:
            return json.dumps(bug_document(page), indent=2, ensure_ascii=False) + "\n"
        return pages.render_bug(service.site(), page)

    return call.reply(await service.page(("bug", name, call.form), work))


async def release(call: Call) -> Any:
    """A release by its version."""
    service, version = call.service, call.variables["version"]
    knowledge = service.keeper.knowledge
    question = _question(call.request.args.getlist("kind"))

    def work() -> str:
        answer = answer_for(knowledge, version, question, with_way=not call.form)
        if call.form:
            return render_json([answer.report], tool_version=__version__)
        return pages.render_release(service.site(), answer)

    if version not in knowledge.versions:
        answer = answer_for(knowledge, version, question, with_way=False)
        return call.refuse(404, f"{answer.report.reason}.")
    return call.reply(await service.page(("release", version, question.kinds, call.form), work))


async def look_up(call: Call) -> Any:
    """The page of a release that was typed into the home page."""
    version = (call.request.args.get("version") or "").strip()
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4}){1,3}", version):
        return call.refuse(404, "That is no version; one is of the form 2.2.4.")
    address = f"{call.service.site().base}release/{version}"
    return Response("", status=302, headers={**HEADERS, "location": address})


async def feed(call: Call) -> Any:
    """The newest fixes of leaks in a branch."""
    service, branch = call.service, call.variables["branch"]
    history = service.keeper.knowledge.histories.get(branch)
    if history is None:
        return call.refuse(404, f"The catalogue knows no branch {branch}.")
    site = service.site()
    address = service.datasette.absolute_url(call.request, site.base)
    text = pages.render_feed(site, history, entries_of(history), address)
    headers = {**HEADERS, "cache-control": _PAGE}
    return Response(text, headers=headers, content_type="application/atom+xml; charset=utf-8")


async def openapi(call: Call) -> Any:
    """The description of the service."""
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    whole = description(call.service.site().base, __version__, schema)
    return call.reply(json.dumps(whole, indent=2) + "\n", form=".json")


async def asset(call: Call) -> Any:
    """The style or the script."""
    name = call.variables["name"]
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    return Response(
        (STATIC / name).read_text(encoding="utf-8"),
        headers={"cache-control": "max-age=86400", "x-content-type-options": "nosniff"},
        content_type=f"{kind}; charset=utf-8",
    )


ROUTES: tuple[tuple[str, View], ...] = (
    (r"^/$", home),
    (r"^/advise$", advise_page),
    (r"^/advise(?P<form>\.json)$", advise_json),
    (r"^/bug/(?P<name>[0-9a-f]{6,40}|[0-9]{1,5})(?P<form>\.json)?$", bug),
    (r"^/release/(?P<version>[0-9]{1,4}(?:\.[0-9]{1,4}){1,3})(?P<form>\.json)?$", release),
    (r"^/release$", look_up),
    (r"^/feed/(?P<branch>[0-9]{1,4}\.[0-9]{1,4})\.atom$", feed),
    (r"^/openapi(?P<form>\.json)$", openapi),
    (r"^/-/hapadvise/(?P<name>style\.css|drop\.js)$", asset),
)


def _guarded(service: Service, view: View) -> Callable[[Any, Any], Awaitable[Any]]:
    """A view as Datasette calls it: no error leaves it, for it may hold what was pasted."""

    async def answer(request: Any, receive: Any) -> Any:
        call = Call(service, request, receive, request.url_vars)
        try:
            return await view(call)
        except ParseError as error:
            return call.refuse(422, str(error))
        except pasted.Refused as error:
            return call.refuse(error.status, str(error))
        except Exception as error:  # noqa: BLE001  (its text may hold what was pasted)
            return call.refuse(500, f"internal error ({type(error).__name__}); please report it")

    return answer


def service_of(datasette: Any) -> Service | None:
    """The service of a Datasette; None if none of its databases is a catalogue."""
    if datasette not in _services:
        for name, database in datasette.databases.items():
            if not database.path or database.is_memory:
                continue
            try:
                _services[datasette] = Service(datasette, name)
            except CatalogueError:
                continue
            break
    return _services.get(datasette)


@hookimpl  # type: ignore[untyped-decorator]
def register_routes(datasette: Any) -> list[tuple[str, Any]]:
    """Our pages; they come before Datasette's."""
    service = service_of(datasette)
    if service is None:
        return []
    return [(pattern, _guarded(service, view)) for pattern, view in ROUTES]


@hookimpl  # type: ignore[untyped-decorator]
def skip_csrf(datasette: Any, scope: dict[str, Any]) -> bool:
    """Posting a text changes nothing and no cookie is read, so there is nothing to forge."""
    if service_of(datasette) is None:
        return False
    ours = ("/advise", "/advise.json")
    return scope["path"] in (*ours, *map(datasette.urls.path, ours))


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    """Before each request: see whether the catalogue is another one."""

    def wrap(app: Any) -> Any:
        async def wrapped(scope: Any, receive: Any, send: Any) -> None:
            service = service_of(datasette)
            if service is not None and scope["type"] == "http":
                await service.follow()
            await app(scope, receive, send)

        return wrapped

    return wrap


@hookimpl  # type: ignore[untyped-decorator]
def menu_links(datasette: Any) -> list[dict[str, str]]:
    """The way from Datasette's pages to ours."""
    if service_of(datasette) is None:
        return []
    return [{"href": datasette.urls.path("/advise"), "label": "Advise"}]


@hookimpl  # type: ignore[untyped-decorator]
def render_cell(value: Any, column: str, datasette: Any) -> Markup | None:
    """The way from a bug or a release in a table to its page."""
    service = _services.get(datasette)
    if service is None or not isinstance(value, str):
        return None
    base = datasette.urls.path("/")
    if column == "bug_id":
        return Markup('<a href="{}bug/{}">{}</a>').format(base, value, value)
    if column in _VERSION_COLUMNS:
        return Markup('<a href="{}release/{}">{}</a>').format(base, value, value)
    return None
