"""The service answers people and programs, keeps nothing, and follows the catalogue's file."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import sqlite3
import tempfile
import xml.etree.ElementTree as ElementTree
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.asking import Reply, ask, multipart, post, post_form, post_urlencoded
from tests.conftest import write_facts

pytest.importorskip("datasette")

from datasette.app import Datasette

from advisory.catalogue import Catalogue
from advisory.service import pasted, plugin
from advisory.service.metadata import DATABASE, metadata
from advisory.service.service import Service, read_body
from advisory.serving import application, datasette_of
from advisory.store import build_catalogue

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")

THREAD = Path(__file__).parent / "data" / "reports" / "forum-2.2.4.txt"
CULPRIT = "5a7ca29061db"
SCHEMA = json.loads(
    (Path(pasted.__file__).parent.parent / "report.schema.json").read_text(encoding="utf-8")
)
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def app(catalogue_path: Path) -> Any:
    return application(str(catalogue_path))


@pytest.fixture(scope="module")
def thread() -> str:
    return THREAD.read_text(encoding="utf-8")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A catalogue of two branches, which a test may replace."""
    path = tmp_path / "catalogue.db"
    build_catalogue(
        write_facts(tmp_path / "facts"), path, built_at="2020-10-02T00:00:00Z", tool_version="0"
    )
    return path


# Pages


def test_the_home_page_says_what_this_is_and_how_fresh(app: Any, catalogue: Catalogue) -> None:
    page = ask(app, "/")

    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert f"As of {catalogue.provenance.data_as_of}" in page.text
    assert "Which known bugs bite a build of HAProxy" in page.text
    for branch in catalogue.branches():
        assert f'href="/feed/{branch}.atom"' in page.text


def test_the_home_page_leads_to_a_release(app: Any) -> None:
    found = ask(app, "/release?version=2.2.4")
    wrong = ask(app, "/release?version=javascript:alert(1)")

    assert (found.status, found.headers["location"]) == (302, "/release/2.2.4")
    assert (wrong.status, "no version" in wrong.text) == (404, True)


def test_a_pasted_thread_names_the_culprit_first(app: Any, thread: str) -> None:
    page = post_form(app, thread)

    assert page.status == 200
    diagnosis = page.text.index("Diagnosis: known bug")
    assert diagnosis < page.text.index("known bugs</strong>") < page.text.index(">Upgrade<")
    assert f'<a class="culprit" href="/bug/{CULPRIT}">' in page.text
    assert page.text.count("<svg") == 2
    assert "upgrade_cures?old=2.2.4&amp;new=" in page.text


def test_files_and_text_are_read_together(app: Any, thread: str) -> None:
    vv, _, rest = thread.partition("Output of: show pools")

    page = post_form(app, vv, ("pools.txt", rest.encode()))
    dropped = post_form(app, "", ("all of it.txt", thread.encode()))
    plain = post_urlencoded(app, text=thread)

    for one in (page, dropped, plain):
        assert f'class="culprit" href="/bug/{CULPRIT}"' in one.text


def test_a_bare_version_is_answered_without_a_diagnosis(app: Any) -> None:
    page = post_form(app, "2.2.4")

    assert page.status == 200
    assert "Diagnosis" not in page.text
    assert "memory leaks in 2.2.4" in page.text


def test_every_kind_is_listed_where_it_is_asked_for(app: Any) -> None:
    page = post_form(app, "2.4.30", kind="all")

    assert "bugs in 2.4.30" in page.text
    assert "<td>crash</td>" in page.text


def test_several_builds_have_a_report_each(app: Any) -> None:
    page = post_form(app, "HAProxy version 2.2.4\nHAProxy version 2.4.0\n")

    assert page.text.count("<article") == 2


def test_a_build_of_no_known_branch_has_no_verdict(app: Any) -> None:
    page = post_form(app, "HA-Proxy version 9.9.1 2030/01/01")

    assert "Not known:" in page.text
    assert "<svg" not in page.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty; paste the output"),
        ("  \n", "is empty; paste the output"),
        ("good morning", "names no version of HAProxy"),
        ("".join(f"HAProxy version 2.2.{number}\n" for number in range(1, 30)), "29 builds"),
    ],
)
def test_what_cannot_be_answered_comes_back_with_the_reason(app: Any, text: str, told: str) -> None:
    page = post_form(app, text, kind="all")

    assert page.status == 422
    assert told in page.text
    assert 'role="alert"' in page.text
    assert f"{text.strip()}" in page.text.replace("&#34;", '"')
    assert 'value="all" checked' in page.text


def test_a_release_has_a_stable_page_and_document(app: Any) -> None:
    page = ask(app, "/release/2.2.4")
    whole = ask(app, "/release/2.2.4?kind=all")
    report = ask(app, "/release/2.2.4.json")

    assert (page.status, whole.status, report.status) == (200, 200, 200)
    assert '<h1 id="release">HAProxy 2.2.4</h1>' in page.text
    assert len(whole.body) > len(page.body)
    Draft202012Validator(SCHEMA).validate(report.json)
    assert report.json["target"]["version"] == "2.2.4"
    assert ask(app, "/release/2.2.4.json").body == report.body


@pytest.mark.parametrize("version", ["2.2.99", "9.9.9", "2.2", "1.3.12.99"])
def test_a_release_that_is_none_is_not_found(app: Any, version: str) -> None:
    page = ask(app, f"/release/{version}")
    report = ask(app, f"/release/{version}.json")

    assert (page.status, report.status) == (404, 404)
    assert list(report.json) == ["error"]


def test_a_kind_that_is_none_is_refused(app: Any) -> None:
    refused = ask(app, "/release/2.2.4.json?kind=teapot")

    assert refused.status == 422
    assert refused.json["error"].startswith("kind: there is no such kind")


def test_a_bug_has_a_stable_page_and_document(app: Any) -> None:
    page = ask(app, f"/bug/{CULPRIT}")
    document = ask(app, f"/bug/{CULPRIT}.json")
    described = ask(app, "/openapi.json").json["components"]["schemas"]["Bug"]

    assert page.status == 200
    assert 'href="/release/2.2.5">2.2.5</a>' in page.text
    Draft202012Validator(described).validate(document.json)
    assert document.json["id"] == CULPRIT
    assert {fix["branch"] for fix in document.json["fixes"]} >= {"2.2"}


def test_a_bug_without_an_advisory_and_one_never_fixed_have_pages(
    app: Any, catalogue: Catalogue
) -> None:
    described = set(catalogue.advisories())
    missing = [row for branch in catalogue.branches() for row in catalogue.missing_fixes(branch)]
    bug = next(row[1] for row in missing if row[1] not in described and row[12] == "code-has-flaw")

    page = ask(app, f"/bug/{bug}")
    document = ask(app, f"/bug/{bug}.json").json

    assert "Branches without a fix" in page.text
    assert document["advisory"] is None
    assert any(one["proven"] for one in document["never_fixed"])


def test_another_name_of_a_bug_leads_to_it(app: Any, catalogue: Catalogue) -> None:
    history = catalogue.history("2.2")
    assert history is not None
    fix = next(fix for fix in history.fixes if fix.commit != fix.bug.id and fix.bug.issues)
    issue = fix.bug.issues[0]

    by_commit = ask(app, f"/bug/{fix.commit}")
    by_long = ask(app, f"/bug/{fix.commit}0000.json")
    by_issue = ask(app, f"/bug/{issue}")

    assert (by_commit.status, by_commit.headers["location"]) == (302, f"/bug/{fix.bug.id}")
    assert by_long.headers["location"] == f"/bug/{fix.bug.id}.json"
    assert by_issue.status in (200, 302)
    assert fix.bug.id in by_issue.headers.get("location", "") + by_issue.text


def test_a_name_of_several_bugs_lists_them(app: Any, catalogue: Catalogue) -> None:
    history = catalogue.history("2.2")
    assert history is not None
    issues = [number for fix in history.fixes for number in fix.bug.issues]
    issue = next(number for number in issues if len(catalogue.bugs_of(str(number))) > 1)
    bugs = catalogue.bugs_of(str(issue))

    page = ask(app, f"/bug/{issue}")
    document = ask(app, f"/bug/{issue}.json")

    assert page.status == 200
    assert all(f'href="/bug/{bug}"' in page.text for bug in bugs)
    assert document.status == 404
    assert all(bug in document.json["error"] for bug in bugs)


def test_a_bug_that_is_not_known_is_not_found(app: Any) -> None:
    page = ask(app, "/bug/ffffffffffff")
    document = ask(app, "/bug/ffffffffffff.json")

    assert (page.status, document.status) == (404, 404)
    assert document.json == {"error": "ffffffffffff: the catalogue knows no such bug, fix or issue"}


# For programs


def test_the_thread_as_text_gives_the_report_of_the_command(app: Any, thread: str) -> None:
    reply = post(app, "/advise.json", thread)

    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    Draft202012Validator(SCHEMA).validate(reply.json)
    assert reply.json["diagnosis"]["verdict"] == "known-bug"
    assert reply.json["suspects"][0]["finding_id"] == CULPRIT


def test_the_parts_as_json_give_the_same_diagnosis(app: Any, thread: str) -> None:
    vv, _, rest = thread.partition("Output of: show pools")
    pools, _, config = rest.partition("The configuration")
    first, *others = pools.split("Dumping pools usage")[1:]
    body = {
        "target": "lb1",
        "vv": vv,
        "pools": [f"Dumping pools usage{text}" for text in (first, *others)],
        "config": config,
    }

    reply = post(app, "/advise.json", json.dumps(body), "application/json")

    assert reply.status == 200, reply.text
    assert reply.json["target"]["source"] == "lb1"
    assert reply.json["evidence"]["info"]["dumps"] == len(others) + 1
    assert reply.json["suspects"][0]["finding_id"] == CULPRIT


def test_json_may_hold_single_texts_and_answers_to_show_info(app: Any) -> None:
    info = "Name: HAProxy\nVersion: 2.2.4-de45672\nPid: 7\nUptime_sec: 60\nMaxconn: 1\n"
    pools = "Dumping pools usage.\n  - Pool filter (64 bytes) : 9 allocated (576 bytes), 9 used\n"
    body = json.dumps({"vv": "2.2.4", "pools": pools, "info": info, "kind": "all"})

    reply = post(app, "/advise.json", body)

    assert reply.status == 200, reply.text
    assert reply.json["evidence"]["info"]["answers"] == 1
    assert {one["kind"] for one in reply.json["findings"]} > {"memory-leak"}


def test_several_builds_give_an_array(app: Any) -> None:
    reply = post(
        app, "/advise.json?kind=memory-leak", "HAProxy version 2.2.4\nHAProxy version 2.4.0\n"
    )

    assert [one["target"]["version"] for one in reply.json] == ["2.2.4", "2.4.0"]


@pytest.mark.parametrize(
    ("body", "kind", "status", "told"),
    [
        ("", "text/plain", 422, "the text: is empty"),
        ("good morning", "text/plain", 422, "the text: names no version of HAProxy"),
        ("{", "application/json", 400, "the body is no JSON (line 1"),
        ('{"vv": ', "text/plain", 400, "the body is no JSON (line 1"),
        ("[" * 100_000, "application/json", 400, "the body is JSON that is too deep"),
        ('{"vv": ' + "1" * 5000 + "}", "application/json", 400, "the body is JSON that is too"),
        ("[]", "application/json", 400, "the body is no object"),
        ('{"VV": "2.2.4"}', "application/json", 422, "VV: no such key; there are target, vv"),
        ("{}", "application/json", 422, "vv: is missing"),
        ('{"vv": 2.2}', "application/json", 422, "vv: is no text"),
        ('{"vv": "2.2.4", "pools": 1}', "application/json", 422, "pools: is neither"),
        ('{"vv": "2.2.4", "info": [1]}', "application/json", 422, "info: is neither"),
        (
            json.dumps({"vv": "2.2.4", "pools": [""] * 51}),
            "application/json",
            422,
            "pools: has 51 texts",
        ),
        ('{"vv": "2.2.4", "pools": ["none"]}', "application/json", 422, "pools[0]: "),
        ('{"vv": "2.2.4", "kind": "teapot"}', "application/json", 422, "kind: there is no"),
    ],
)
def test_a_body_that_cannot_be_answered_is_refused_in_one_line(
    app: Any, body: str, kind: str, status: int, told: str
) -> None:
    reply = post(app, "/advise.json", body, kind)

    assert reply.status == status
    assert list(reply.json) == ["error"]
    assert reply.json["error"].startswith(told)
    assert "\n" not in reply.json["error"]


def test_only_what_posts_is_answered(app: Any) -> None:
    assert ask(app, "/advise.json").status == 405
    assert ask(app, "/advise", method="PUT").status == 405
    assert ask(app, "/advise", method="HEAD").status == 200


def test_the_description_is_sound_openapi(app: Any) -> None:
    document = ask(app, "/openapi.json").json

    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        "/advise.json",
        "/bug/{id}.json",
        "/feed/{branch}.atom",
        "/release/{version}.json",
    }
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(document)


def test_the_description_holds_the_schema_of_a_report(app: Any, thread: str) -> None:
    document = ask(app, "/openapi.json").json

    schema = {**document, "$ref": "#/components/schemas/Report"}
    Draft202012Validator(schema).validate(post(app, "/advise.json", thread).json)
    assert list(Draft202012Validator(schema).iter_errors({})) != []


def test_the_feed_of_a_branch_is_atom(app: Any) -> None:
    reply = ask(app, "/feed/2.2.atom", headers={"host": "lb.example:8001"})
    feed = ElementTree.fromstring(reply.text)
    entries = feed.findall(f"{ATOM}entry")

    assert reply.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert feed.tag == f"{ATOM}feed"
    for one in (feed, *entries):
        assert (one.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")
        assert one.findtext(f"{ATOM}title")
        assert (one.findtext(f"{ATOM}updated") or "").endswith("T00:00:00Z")
    identities = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(identities)) == len(identities) == 50
    days = [entry.findtext(f"{ATOM}published") or "" for entry in entries]
    assert days == sorted(days, reverse=True)
    link = entries[0].find(f"{ATOM}link")
    assert link is not None
    assert link.get("href", "").startswith("http://lb.example:8001/bug/")


def test_identities_of_a_feed_do_not_depend_on_where_it_is_served(
    app: Any, catalogue_path: Path
) -> None:
    elsewhere = application(str(catalogue_path), base_url="/bugs/")

    def identities(reply: Reply) -> list[str | None]:
        return [one.text for one in ElementTree.fromstring(reply.text).iter(f"{ATOM}id")]

    there = ask(elsewhere, "/bugs/feed/2.2.atom")
    assert identities(there) == identities(ask(app, "/feed/2.2.atom"))
    assert "http://localhost/bugs/bug/" in there.text


def test_a_feed_of_no_branch_is_not_found(app: Any) -> None:
    assert ask(app, "/feed/9.9.atom").status == 404


def test_fixes_that_await_a_release_are_in_the_feed(small: Path) -> None:
    feed = ask(application(str(small)), "/feed/2.0.atom").text

    assert "stove: memory leak, fixed in 2.0.1" in feed or "kettle" in feed
    assert "A teapot stays on the stove" in feed


# What is not harmless


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><svg onload=alert(1)>",
    "\x1b]0;owned\x07\x1b[31mred",
    "'; drop table bugs; --",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe",
    "\x00\x01\x08",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_pasted_comes_back_as_text(app: Any, thread: str, text: str) -> None:
    config = thread.replace("bitbucket_frontend_http", f"a{text}b").replace("\x00", "")

    replies = [
        post_form(app, f"{text}\n{config}\n{text}"),
        post_form(app, text),
        post_form(app, "2.2.4", (f"{text}.txt", b"nothing")),
        post_form(app, f"HA-Proxy version 2.2.4-{text} 2020/09/30\n"),
    ]

    for reply in replies:
        assert reply.status in (200, 422)
        assert "<script>alert" not in reply.text
        assert "<img" not in reply.text
        assert "<svg onload" not in reply.text
        assert reply.text.count("</textarea>") <= 1
        assert not {"\x1b", "\x07", "\x00", "\x01", "\x08", "\u202e"} & set(reply.text)
        assert "49{" not in reply.text


@pytest.mark.parametrize("text", HOSTILE)
def test_addresses_are_no_way_in(app: Any, text: str) -> None:
    from urllib.parse import quote

    for path in ("/bug/", "/release/", "/feed/", "/release?version="):
        reply = ask(app, f"{path}{quote(text, safe='')}")

        assert reply.status in (302, 404)
        assert "<script>alert" not in reply.text
        assert reply.headers.get("location", "/").startswith("/")


def test_broken_utf8_is_replaced(app: Any) -> None:
    body, kind = multipart([("text", None, b"\xff\xfe HA-Proxy version 2.2.4 2020/09/30 \xc3\x28")])

    page = post(app, "/advise", body, kind)
    report = post(app, "/advise.json", b"\xc3\x28 \xed\xa0\x80 HA-Proxy version 2.2.4 \xff")
    halves = post(app, "/advise.json", '{"vv": "2.2.4", "target": "\\ud800"}')
    name = post_form(app, "", ("a\ud7ff.txt", b"\xff HA-Proxy version 2.2.4 2020/09/30"))

    assert (page.status, report.status, halves.status, name.status) == (200, 200, 200, 200)


def test_fifty_megabytes_are_refused_in_one_line(app: Any) -> None:
    chunk = b"x" * (1 << 20)
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for _ in range(50)]

    page = ask(app, "/advise", method="POST", body=list(messages))
    reply = ask(app, "/advise.json", method="POST", body=[*messages, {"type": "http.request"}])
    told = ask(
        app, "/advise.json", method="POST", headers={"content-length": str(1 << 40)}, body=[]
    )
    endless = ask(
        app,
        "/advise.json",
        method="POST",
        body=({"type": "http.request", "body": chunk * 64, "more_body": True} for _ in range(99)),
    )

    assert page.status == 400  # cut off: it ended before its end was said
    assert (reply.status, told.status, endless.status) == (413, 413, 413)
    assert reply.json["error"].startswith("more than 8 MiB were sent")
    assert "\n" not in reply.json["error"]


def test_a_form_that_is_too_large_is_refused_on_the_page(app: Any) -> None:
    page = post_form(app, "x" * (pasted.LARGEST_BODY + 1))

    assert page.status == 413
    assert "more than 8 MiB were sent" in page.text


def test_a_long_text_is_not_shown_again(app: Any) -> None:
    page = post_form(app, "teapot " * 200_000)

    assert page.status == 422
    assert "teapot" not in page.text


def test_too_many_files_are_refused(app: Any) -> None:
    page = post_form(app, "2.2.4", *[(f"{number}", b"x") for number in range(51)])

    assert (page.status, "51 files were sent" in page.text) == (413, True)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"no edge at all", "multipart/form-data; boundary=edge"),
        (b"--edge\r\nno header\r\n\r\n", "multipart/form-data; boundary=edge"),
        (b"x", "multipart/form-data"),
    ],
)
def test_a_broken_form_is_refused(app: Any, body: bytes, kind: str) -> None:
    page = post(app, "/advise", body, kind)

    assert page.status in (400, 422)
    assert 'role="alert"' in page.text


def test_a_request_that_is_broken_off_or_fails_tells_nothing_of_its_text(app: Any) -> None:
    broken = ask(app, "/advise.json", method="POST", body=[{"type": "http.disconnect"}])
    failed = ask(app, "/advise.json", method="POST", body=[RuntimeError("the secret")])

    assert broken.json == {"error": "the request was broken off"}
    assert failed.status == 500
    assert failed.json == {"error": "internal error (RuntimeError); please report it"}


def test_a_body_that_does_not_come_is_given_up() -> None:
    async def never() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    with pytest.raises(pasted.Refused, match=r"did not come within 0.01 seconds") as caught:
        asyncio.run(read_body("", never, seconds=0.01))

    assert caught.value.status == 408


def test_nothing_pasted_is_stored_or_logged(
    app: Any,
    thread: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    caplog.set_level(logging.DEBUG)
    secret = "a-secret-of-the-operator"
    text = f"{secret}\n{thread}" + "# filler\n" * 20_000

    replies = [
        post_form(app, text, (f"{secret}.txt", text.encode())),
        post_form(app, secret),
        post(app, "/advise.json", text),
        post(app, "/advise.json", f"{{{secret}"),
    ]
    out, err = capfd.readouterr()

    assert [reply.status for reply in replies] == [200, 422, 200, 400]
    assert list(tmp_path.iterdir()) == []
    assert secret not in caplog.text + out + err
    assert all("set-cookie" not in reply.headers for reply in replies)
    assert [reply.headers["cache-control"] for reply in replies] == [
        "private, no-cache",
        *["no-store"] * 3,
    ]


def test_a_form_needs_no_cookie_and_minds_none(app: Any, thread: str) -> None:
    body, kind = multipart([("text", None, thread.encode())])
    headers = {
        "content-type": kind,
        "cookie": "ds_csrftoken=x; other=y",
        "origin": "http://localhost",
    }

    page = ask(app, "/advise", method="POST", body=body, headers=headers)

    assert (page.status, "set-cookie" in page.headers) == (200, False)


def test_only_our_own_posts_need_no_token(catalogue_path: Path, tmp_path: Path) -> None:
    datasette = datasette_of(str(catalogue_path), base_url="/bugs/")
    paths = ("/advise", "/bugs/advise.json", "/bugs/catalogue/advise", "/other/advise")

    assert [plugin.skip_csrf(datasette, {"path": path}) for path in paths] == [
        True,
        True,
        False,
        False,
    ]
    assert plugin.skip_csrf(Datasette(memory=True), {"path": "/advise"}) is False


def test_pages_forbid_what_they_do_not_need(app: Any) -> None:
    for address in ("/", "/advise", "/release/2.2.4", f"/bug/{CULPRIT}", "/bug/ffffffffffff"):
        headers = ask(app, address).headers

        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "set-cookie" not in headers


def test_pages_keep_their_own_policy(app: Any, thread: str) -> None:
    pages = [ask(app, "/"), ask(app, "/advise"), post_form(app, thread)]
    pages += [ask(app, "/release/2.2.4"), ask(app, f"/bug/{CULPRIT}")]

    for page in pages:
        assert " style=" not in page.text
        assert "<style" not in page.text
        assert " onclick=" not in page.text
        assert "<script>" not in page.text


def test_the_style_and_the_script_are_served(app: Any) -> None:
    style = ask(app, "/-/hapadvise/style.css")
    script = ask(app, "/-/hapadvise/drop.js")

    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert ask(app, "/-/hapadvise/../plugin.py").status == 404


# Datasette


def test_tables_are_served_with_our_words(app: Any) -> None:
    page = ask(app, f"/{DATABASE}/bugs")

    assert page.status == 200
    assert "what it does" not in ask(app, f"/{DATABASE}/fixes").text[:1]
    assert metadata()["databases"][DATABASE]["tables"]["bugs"]["columns"]["runtime"] in page.text


def test_tables_can_be_searched(app: Any) -> None:
    reply = ask(app, f"/{DATABASE}/bugs.json?_search=tasklet&_shape=array")

    assert reply.status == 200
    assert len(reply.json) > 0


@pytest.mark.parametrize("name", metadata()["databases"][DATABASE]["queries"])
def test_stored_queries_run(app: Any, name: str) -> None:
    values = "version=2.2.4&old=2.2.4&new=2.2.9&branch=2.2"

    reply = ask(app, f"/{DATABASE}/{name}.json?{values}&_shape=array")

    assert reply.status == 200
    assert len(reply.json) > 0


def test_tables_lead_to_our_pages(app: Any) -> None:
    rows = ask(app, f"/{DATABASE}/leaks_of_a_release?version=2.2.4").text

    assert f'<a href="/bug/{CULPRIT}">{CULPRIT}</a>' in rows
    assert '<a href="/release/2.2.5">2.2.5</a>' in rows
    assert 'href="/advise"' in rows


def test_nothing_can_be_written(app: Any, catalogue_path: Path) -> None:
    before = catalogue_path.read_bytes()

    for sql in ("delete from bugs", "drop table bugs", "pragma user_version = 9"):
        reply = ask(app, f"/{DATABASE}.json?sql={sql.replace(' ', '+')}")
        assert reply.status in (302, 400, 403)
    assert ask(app, f"/{DATABASE}/bugs/-/drop", method="POST").status in (403, 404, 405)
    assert catalogue_path.read_bytes() == before


def test_a_database_that_is_no_catalogue_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table pots (id text)")
    connection.close()
    datasette = Datasette(files=[str(path)])

    assert plugin.service_of(datasette) is None
    assert ask(datasette.app(), "/advise").status == 404
    assert ask(datasette.app(), "/").status == 200
    assert plugin.menu_links(datasette) == []
    assert plugin.render_cell("2.2.4", "version", datasette) is None


def test_a_plain_datasette_serves_our_pages_too(catalogue_path: Path, thread: str) -> None:
    datasette = Datasette(files=[str(catalogue_path)], metadata=metadata())

    page = post_form(datasette.app(), thread)

    assert (page.status, CULPRIT in page.text) == (200, True)


# The catalogue's file


def renewed(path: Path) -> None:
    """Put another catalogue in the place of this one, as a refresh does."""
    with sqlite3.connect(path) as connection:
        connection.execute("update provenance set data_as_of = '2020-12-24'")
        connection.execute("update bugs set summary = 'Coffee is lost.'")
        connection.execute("update advisories set summary = 'Coffee is lost.'")
    connection.close()


def test_a_refreshed_catalogue_is_served_without_a_restart(small: Path) -> None:
    app = application(str(small))
    table = f"/{DATABASE}/advisories.json?_shape=array"
    before = [ask(app, "/bug/aaaaaaaaaaaa").text, ask(app, table).text]
    other = small.with_name("new.db")
    shutil.copy(small, other)
    renewed(other)
    other.replace(small)
    after = [ask(app, "/bug/aaaaaaaaaaaa").text, ask(app, table).text]

    assert all("A teapot stays" in text for text in before)
    assert all("Coffee is lost." in text and "teapot stays" not in text for text in after)
    assert "2020-10-02" in ask(app, "/").text


def test_a_new_file_is_read_once_for_all_who_ask(small: Path) -> None:
    datasette = datasette_of(str(small))
    service = Service(datasette, DATABASE)
    other = small.with_name("new.db")
    shutil.copy(small, other)
    renewed(other)
    other.replace(small)

    async def follow() -> list[Any]:
        both = asyncio.gather(service.follow(), service.follow())
        await both
        return [service.keeper.knowledge, datasette.databases[DATABASE]]

    first = asyncio.run(follow())
    second = asyncio.run(follow())

    assert all(one is other for one, other in zip(first, second, strict=True))


def test_without_threads_it_is_served_too(small: Path) -> None:
    datasette = datasette_of(str(small))
    datasette.executor = None
    app = datasette.app()
    other = small.with_name("new.db")
    shutil.copy(small, other)
    renewed(other)
    assert "teapot stays" in ask(app, "/bug/aaaaaaaaaaaa").text
    other.replace(small)

    assert "Coffee is lost." in ask(app, "/bug/aaaaaaaaaaaa").text


def test_a_file_that_is_no_catalogue_does_not_take_the_place_of_one(small: Path) -> None:
    app = application(str(small))
    assert ask(app, "/").status == 200
    other = small.with_name("new.db")
    other.write_bytes(b"no catalogue at all")
    other.replace(small)
    page = ask(app, "/")

    assert page.status == 200
    assert "A newer catalogue cannot be read, this one is shown instead" in page.text
    assert ask(app, "/release/2.2.1").status == 200

    small.unlink()
    assert ask(app, "/release/2.2.1").status == 200


def test_pages_made_before_are_kept_and_bounded(small: Path) -> None:
    service = Service(datasette_of(str(small)), DATABASE, most_pages=2)
    made: list[str] = []

    def make(key: str) -> str:
        made.append(key)
        return key

    async def several(keys: str) -> None:
        for key in keys:
            assert await service.page(key, partial(make, key)) == key

    asyncio.run(several("aabbcca"))

    assert "".join(made) == "abca"


def test_what_another_request_has_read_meanwhile_is_not_read_again() -> None:
    class Reader:
        is_fresh = False
        knowledge = None

        def refresh(self) -> None:
            raise AssertionError("it was read twice")

    async def meanwhile() -> bool:
        service = object.__new__(Service)
        service.keeper = reader = Reader()  # type: ignore[assignment]
        service._following = asyncio.Lock()
        async with service._following:
            waiting = asyncio.create_task(service.follow())
            await asyncio.sleep(0)
            reader.is_fresh = True
        await waiting
        return reader.is_fresh

    assert asyncio.run(meanwhile())
