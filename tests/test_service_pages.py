"""The pages, drawings and documents, from values made by hand."""

from __future__ import annotations

import pytest

from tests.conftest import RELEASES, make_bug, make_fix, make_history

pytest.importorskip("datasette")

from markupsafe import Markup

from advisory.bug import Advisory, Fix, Kind, LostObject, Severity
from advisory.build import read_builds
from advisory.history import BranchHistory, Provenance, PublishedRelease
from advisory.pools import Hidden, PoolGrowth
from advisory.release import Release
from advisory.report import Question, advise
from advisory.service import pages
from advisory.service.answers import Answer, BugPage, Entry, entries_of, kinds_of
from advisory.service.documents import bug_document
from advisory.service.drawings import Bar, growth_of, way_of
from advisory.service.knowledge import Knowledge, bugs_named
from advisory.suspects import Line

PROVENANCE = Provenance("bundled", "2020-11-10", "2020-11-10T00:00:00Z", "a test", "0", "")
SITE = pages.Site("/", "/catalogue", "1", "0", PROVENANCE, today="2020-11-11")
QUESTION = Question(today="2020-12-24")
ADVISORY = Advisory(
    Kind.MEMORY_LEAK,
    "A `teapot` stays <on> the stove.",
    "high",
    ("diff",),
    runtime=True,
    growth="per-request",
    needs_oom=True,
    bounded=True,
    trigger="A guest leaves.",
    workaround="Put `mode http` in.",
    related=("beefbeef",),
    since_version="2.0-dev3",
    objects=(LostObject("teapot", "pots", 64), LostObject("lid", "", 8), LostObject("spoon", "p")),
    features=("+LUA",),
    target=("linux-glibc",),
    config=("section listen",),
)


def answer(history: BranchHistory, version: str = "2.2.0") -> Answer:
    from advisory.plan import the_way

    (build,) = read_builds(version, source="x")
    report = advise(build, history, PROVENANCE, QUESTION)
    here = history.release(version)
    return Answer(report, here, the_way(history, here, report.findings, (), QUESTION.today))


def many_releases(count: int) -> tuple[PublishedRelease, ...]:
    return tuple(
        PublishedRelease(f"2.2.{n}", Release(f"2.2.{n}").order, f"2020-07-{n % 28 + 1:02}", "")
        for n in range(count)
    )


def test_the_way_shows_what_each_release_leaves() -> None:
    history = make_history(make_fix(1, "2.2.1"), make_fix(2, "2.2.10"))

    steps = way_of(answer(history))

    assert [(step.release.version, step.bugs, step.leaves) for step in steps] == [
        ("2.2.0", 2, 2),
        ("2.2.1", 1, 1),
        ("2.2.2", 1, 1),
        ("2.2.3", 1, 1),
        ("2.2.10", 0, 0),
    ]
    assert [step.bugs_bar for step in steps] == [100.0, 50.0, 50.0, 50.0, 0.0]
    assert steps[0].marks == ("this one",)
    assert steps[-1].marks == ("first that cures", "recommended", "newest")
    tops = [step.top for step in steps]
    assert tops == sorted(tops)
    assert [step.bottom for step in steps[:-1]] == tops[1:]


def test_the_newest_release_has_no_way() -> None:
    assert way_of(answer(make_history(make_fix(1)), "2.2.10")) == ()


def test_a_long_way_is_cut_to_what_matters() -> None:
    history = make_history(make_fix(1, "2.2.30"), releases=many_releases(60))

    steps = way_of(answer(history))

    assert [step.release.version for step in steps] == ["2.2.0", "2.2.30", "2.2.59"]


def test_a_way_without_a_choice_marks_the_beginning() -> None:
    whole = answer(make_history(make_fix(1, "2.2.1")))
    report = whole.report._replace(recommendation=None)

    steps = way_of(whole._replace(report=report))

    assert [step.marks for step in steps] == [("this one",), (), (), (), ()]


def line(name: str, size: int, *counts: int | None) -> Line:
    grown = PoolGrowth(name, size, counts, 1, None, None, None, None)
    return Line(grown, Hidden((name,), (), (), True, True), 0.5)


def test_bars_of_pools_are_by_bytes() -> None:
    first, second = growth_of([line("pots", 64, 50, 100), line("cups", 32, None, 100)])

    assert first.bars == (Bar(50, 50.0), Bar(100, 100.0))
    assert second.bars == (Bar(None, 0.0), Bar(100, 50.0))


def test_of_many_answers_the_first_and_the_last_are_kept() -> None:
    (row,) = growth_of([line("pots", 1, *range(100))])

    assert [bar.objects for bar in row.bars] == [0, 20, 40, 59, 79, 99]


def test_no_pools_and_empty_pools_draw_nothing() -> None:
    assert growth_of([]) == ()
    assert growth_of([line("pots", 64, 0)])[0].bars == (Bar(0, 0.0),)


def test_text_between_backticks_is_code_and_all_is_escaped() -> None:
    assert pages.code("a `b<c>` & d") == "a <code>b&lt;c&gt;</code> &amp; d"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[31m\u202e", "\ufffd[31m\ufffd"),
        (7, 7),
        (Markup("<b>\x1b</b>"), "<b>\x1b</b>"),
    ],
)
def test_what_no_screen_can_show_is_replaced(value: object, shown: object) -> None:
    assert pages.plain(value) == shown


def test_the_age_of_data_is_told_in_words() -> None:
    assert SITE.age == "1 day old"
    assert SITE._replace(today="2020-11-20").age == "10 days old"
    assert SITE._replace(today="2020-01-01").age == "of a day yet to come"


def test_kinds_are_chosen_by_name() -> None:
    assert kinds_of([]) == {Kind.MEMORY_LEAK}
    assert kinds_of(["crash", "hang"]) == {Kind.CRASH, Kind.HANG}
    assert kinds_of(["crash", "all"]) == frozenset()


def described() -> BugPage:
    bug = make_bug(advisory=ADVISORY, issues=(7, 12), title="Upstream's words", runtime=True)
    taken_back = make_fix(
        1, "2.2.1", bug=bug, reverted_by="c0c0c0c0c0c0", reverted_in="2.2.2", reapplied_by="d0d0"
    )
    return BugPage(bug, (taken_back, make_fix(2, bug=bug, reverted_by="e0e0")), ())


def test_a_bug_page_tells_all_that_is_known() -> None:
    text = pages.render_bug(SITE, described())

    for words in (
        "A <code>teapot</code> stays &lt;on&gt; the stove.",
        "Put <code>mode http</code> in.",
        "Upstream's title: Upstream&#39;s words",
        "with each request, only once memory has run out; it ends by itself",
        "teapot (pool <code>pots</code>, 64 bytes), lid (8 bytes), spoon (pool <code>p</code>)",
        "<code>+LUA; section listen</code>",
        "linux-glibc",
        "2.0-dev3",
        "beefbeef",
        "confidence high",
        'href="https://github.com/haproxy/haproxy/issues/12"',
        "no release yet",
    ):
        assert words in text


def test_a_bug_document_says_whether_a_fix_was_taken_back() -> None:
    document = bug_document(described())

    assert [fix["taken_back"] for fix in document["fixes"]] == [False, True]
    assert document["advisory"]["objects"][1] == {"name": "lid", "pool": None, "size": 8}


def test_words_are_found_for_every_bug() -> None:
    titled = BugPage(make_bug(title="A title"), (make_fix(1),), ())
    other = BugPage(make_bug(kind=Kind.OTHER, subsystem=""), (make_fix(1),), ())

    assert "A title" in pages.render_bug(SITE, titled)
    assert "What it does is not described here" in pages.render_bug(SITE, other)
    assert "Memory leak; not described yet" in pages.render_bugs(
        SITE, "7", [BugPage(make_bug(), (make_fix(1),), ())]
    )


def test_reports_tell_of_fixes_that_await_a_release_or_were_taken_back() -> None:
    history = make_history(
        make_fix(1, "2.2.1", bug=make_bug("b1", advisory=ADVISORY, runtime=True)),
        make_fix(2, "2.2.2", reverted_by="c0c0c0c0c0c0", reverted_in="2.2.3"),
        make_fix(3, severity=Severity.UNKNOWN),
    )

    text = pages.render_answers(SITE, [answer(history)])

    assert "fixed, in no release yet" in text
    assert "cured by no release" in text
    assert "unrated" in text


def test_a_feed_is_of_leaks_that_stand_newest_first() -> None:
    history = make_history(
        make_fix(1, "2.2.1"),
        make_fix(2, "2.2.2", bug=make_bug("b2", kind=Kind.CRASH)),
        make_fix(3, "2.2.2", reverted_by="c0c0"),
        make_fix(4, "2.2.2", reverted_by="c0c0", reapplied_by="d0d0", reapplied_in="2.2.10"),
        make_fix(5),
    )

    found = [(entry.fix.position, entry.release) for entry in entries_of(history)]

    assert found == [(5, None), (4, RELEASES[4]), (1, RELEASES[1])]


def test_an_entry_changes_when_its_release_comes() -> None:
    fix: Fix = make_fix(1)._replace(merged_on="2020-08-01")

    before = pages.render_feed(SITE, make_history(fix), [Entry(fix, None)], "http://x/")
    after = pages.render_feed(SITE, make_history(fix), [Entry(fix, RELEASES[4])], "http://x/")
    empty = pages.render_feed(SITE, make_history(), [], "http://x/")

    assert "<updated>2020-08-01T00:00:00Z</updated>" in before
    assert "<updated>2020-11-07T00:00:00Z</updated>" in after
    assert "<updated>2020-07-07T00:00:00Z</updated>" in empty


def test_bugs_are_found_by_id_commit_and_issue() -> None:
    bug = make_bug("aa", issues=(7,))
    fixes = {bug.id: (make_fix(1, bug=bug),)}
    knowledge = Knowledge("", None, PROVENANCE, {}, frozenset(), (), {}, fixes, (), (), ())

    assert bugs_named(knowledge, bug.id) == (bug.id,)
    assert bugs_named(knowledge, "f1f1f1") == (bug.id,)
    assert bugs_named(knowledge, "f1f1f1f1f1f1ffff") == (bug.id,)
    assert bugs_named(knowledge, "7") == (bug.id,)
    assert bugs_named(knowledge, "8") == ()
    assert bugs_named(knowledge, "ffffff") == ()
