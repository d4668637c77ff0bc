"""The commands ``plan`` and ``diff``: what they print, and the status that they exit with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from advisory.bug import Kind, Severity
from advisory.cli import main
from advisory.difference import Difference, HeldBug
from advisory.finding import Finding, FixState, Verdict
from advisory.formats.plan import render_difference, render_plan
from advisory.history import PublishedRelease
from advisory.plan import Candidate, Recommendation, Support
from advisory.regressions import BadWindow, WindowKind
from tests.conftest import make_bug, make_fix

SAMPLE = Path(__file__).parent / "data" / "vv" / "2.2.4.txt"
DATA_AS_OF = "2026-06-26"
REDISPATCH = "266d54054900"


class Done(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def words(self) -> str:
        return " ".join(self.out.split())

    @property
    def value(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    catalogue_path: Path,
    tmp_path: Path,
) -> Run:
    """Run the command with the real catalogue, in a folder and home of its own."""
    monkeypatch.setenv("HAPADVISE_DB", str(catalogue_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Done:
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert isinstance(exit_.value.code, int)
        return Done(exit_.value.code, out, err)

    return call


# The way


def test_the_way_is_a_line_for_each_release_with_the_choice_marked(run: Run) -> None:
    done = run("plan", "2.4.10", "--bug", REDISPATCH, "--as-of", "2022-01-12")

    assert (done.status, done.err) == (0, "")
    assert done.out == (
        """\
The way from 2.4.10, as of 2022-01-12
maintained until 2026-Q2; long-term support

  release  date        days  crit major medium minor  cures leaves  regressions
- 2.4.11   2022-01-07     5     0     1      1     0      1      0  1, major
> 2.4.12   2022-01-11     1     0     0      0     0      1      0  -

- minimal: 2.4.11. the first release that cures the bug; 2.4.11 has a major bug
  that came with 2.4.11 (commit 140f1a585248); 2.4.12 answers it (commit
  9328a6cdc14b).
  https://www.haproxy.org/download/2.4/src/haproxy-2.4.11.tar.gz
> recommended: 2.4.12. 2.4.12 is out since 2022-01-11, and no grave regression
  is known in it; 2.4.11 has a major bug that came with 2.4.11 (commit
  140f1a585248); 2.4.12 answers it (commit 9328a6cdc14b).
  https://www.haproxy.org/download/2.4/src/haproxy-2.4.12.tar.gz
"""
    )


@pytest.mark.parametrize(
    ("arguments", "status", "minimal", "recommended"),
    [
        (("2.4.10", "--bug", REDISPATCH, "--as-of", "2022-01-12"), 0, "2.4.11", "2.4.12"),
        (("2.4.10", "--bug", REDISPATCH, "--as-of", DATA_AS_OF), 0, "2.4.11", "2.4.28"),
        (("1.8.17", "--bug", "32211a17eb1f", "--as-of", "2019-02-12"), 0, "1.8.18", "1.8.19"),
        # every memory leak; the release that cures them came out that day
        (("3.2.13", "--as-of", DATA_AS_OF), 1, "3.2.20", None),
        (("3.2.13", "--as-of", DATA_AS_OF, "--settle", "0"), 0, "3.2.20", "3.2.20"),
    ],
)
def test_the_choice_depends_on_the_day_and_on_what_is_to_be_cured(
    run: Run,
    arguments: tuple[str, ...],
    status: int,
    minimal: str,
    recommended: str | None,
) -> None:
    done = run("plan", "--format", "json", *arguments)

    choice = done.value["recommendation"]
    assert done.status == status
    assert choice["minimal"]["version"] == minimal
    assert (choice["recommended"] or {}).get("version") == recommended


def test_releases_that_brought_in_a_regression_are_marked(run: Run) -> None:
    lines = run("plan", "3.2.13", "--as-of", DATA_AS_OF).out.splitlines()

    entered = {line[2:9].strip(): line[68:] for line in lines if line[2:6] == "3.2."}
    assert (entered["3.2.14"], entered["3.2.15"], entered["3.2.20"]) == (
        "3, medium",
        "3, medium",
        "-",
    )


def test_without_a_release_to_choose_it_says_why(run: Run) -> None:
    done = run("plan", "3.2.13", "--as-of", DATA_AS_OF)

    assert done.status == 1
    assert done.out.endswith("> recommended: none yet. 3.2.20 has been out for 0 of 7 days.\n")


def test_the_way_in_json_says_from_where_and_as_of_when(run: Run) -> None:
    found = run(
        *("plan", "2.4.10", "--bug", REDISPATCH, "--as-of", "2022-01-12", "--format", "json")
    ).value

    assert list(found) == ["from", "as_of", "way", "recommendation"]
    assert (found["from"], found["as_of"]) == ("2.4.10", "2022-01-12")
    assert [one["version"] for one in found["way"]] == ["2.4.11", "2.4.12"]
    assert [one["brings_in"] for one in found["way"]] == [
        [
            {
                "kind": "regression",
                "bug": found["way"][0]["brings_in"][0]["bug"],
                "severity": "major",
                "first": "2.4.11",
                "last": "2.4.11",
                "fixed_in": "2.4.12",
                "introduced_by": "140f1a585248",
                "fix_commit": "9328a6cdc14b",
            }
        ],
        [],
    ]


def test_from_a_branch_that_is_over_the_way_leads_to_another(run: Run) -> None:
    done = run("plan", "2.9.15", "--as-of", "2026-07-10")

    assert done.status == 0
    assert done.words == (
        "The way from 2.9.15, as of 2026-06-26 branch over: maintained until 2025-Q1; "
        "no long-term support 2.9.15 is the newest release of its branch. "
        "beyond: 3.0.24. branch 2.9 is over; 3.0 is the nearest branch with long-term support "
        "that is maintained. https://www.haproxy.org/download/3.0/src/haproxy-3.0.24.tar.gz"
    )


def test_before_its_first_release_no_other_branch_is_named(run: Run) -> None:
    done = run("plan", "1.9.0", "--as-of", "2018-12-20", "--format", "json")

    assert (done.status, done.value["way"]) == (1, [])
    assert set(done.value["recommendation"].values()) == {None}


def test_the_newest_release_of_the_newest_branch_has_nowhere_to_go(run: Run) -> None:
    done = run("plan", "3.4.1", "--as-of", DATA_AS_OF)

    assert done.status == 1
    assert done.out.endswith("\n3.4.1 is the newest release of its branch.\n")


def test_a_build_is_read_from_a_file(run: Run) -> None:
    whole, bare = (
        run("plan", name, "--as-of", DATA_AS_OF, "--format", "json").value["recommendation"]
        for name in (SAMPLE, "2.2.4")
    )

    assert whole["minimal"]["version"] == bare["minimal"]["version"] == "2.2.34"
    assert whole["minimal"]["cures"] <= bare["minimal"]["cures"]


def test_a_bug_that_the_release_does_not_have_is_passed_over_with_a_word(run: Run) -> None:
    done = run(*("plan", "2.4.10", "--bug", REDISPATCH, "--bug", "935", "--as-of", "2022-01-12"))

    assert done.status == 0
    assert done.err == (
        "hapadvise: 2.4.10 is not known to have 935; 'hapadvise contains 935 2.4.10' tells more\n"
    )


def test_what_a_packager_may_have_added_is_said(run: Run) -> None:
    done = run("plan", "2.6.12-1+deb12u1", "--as-of", DATA_AS_OF)

    assert "2.6.12-1+deb12u1 carries a revision of Debian: it is judged by its upstream" in done.err
    assert done.out.startswith("The way from 2.6.12, as of 2026-06-26\n")


UNUSABLE: list[tuple[tuple[str, ...], int, str]] = [
    (
        ("plan", "2.4.12", "--bug", REDISPATCH),
        3,
        f"hapadvise: 2.4.12 is not known to have {REDISPATCH}; 'hapadvise contains",
    ),
    (("plan", "2.4.10", "--bug", "99999"), 3, "99999: the catalogue knows no such bug"),
    (("plan", "2.4.10", "--bug", "leak"), 2, "leak: name a bug by six hex digits or more"),
    (("plan", "2.4.10", "--bug", ""), 2, ": name a bug by six hex digits or more"),
    (("plan", "2.4.10", "--as-of", "then"), 2, "--as-of then: no day of the form YYYY-MM-DD"),
    (("plan", "2.4.10", "--as-of", "2021-12-22"), 3, "was 2.4.9;"),
    (("plan", "2.4.10", "--as-of", "2020-01-01"), 3, "branch 2.4 had no release yet on 2020-01-01"),
    (("plan", "9.9.9"), 3, "the command line: branch 9.9 is not in the catalogue"),
    (("plan", "9.9.9", "--as-of", "2020-01-01"), 3, "branch 9.9 is not in the catalogue"),
    (("plan", "2.2.99"), 3, "2.2.99 is newer than the data"),
    (("plan", "3.5-dev1"), 3, "3.5-dev1 is a development version"),
    (("plan", "2.2.0-1.0.0-238.455"), 3, "is a build of HAProxy Enterprise"),
    (("plan", "soup"), 2, "soup: there is no such file"),
    (("plan", "both"), 2, "both: holds 2 builds; name one"),
    (("plan",), 2, "Missing argument 'VERSION|FILE'"),
    (("plan", "--db", "absent.db", "2.4.10"), 3, "absent.db: there is no catalogue"),
    (("diff", "2.2.4"), 2, "Missing argument 'NEW'"),
    (("diff", "2.2.4", "9.9.9"), 3, "branch 9.9 is not in the catalogue"),
    (("diff", "2.2.4", "both"), 2, "both: holds 2 builds; name one"),
    (("diff", "--all", "--kind", "crash", "2.2.4", "2.2.5"), 2, "--all and --kind exclude each"),
]


@pytest.mark.parametrize(("arguments", "status", "message"), UNUSABLE)
def test_what_cannot_be_used_gets_one_line(
    run: Run, arguments: tuple[str, ...], status: int, message: str
) -> None:
    Path("both").write_text("HAProxy version 2.2.4\nHAProxy version 2.2.5\n")

    done = run(*arguments)

    assert (done.status, done.out) == (status, "")
    assert message in done.err
    assert done.err.count("\n") == 1


# The difference


def test_a_move_within_a_branch_cures_and_brings_in_nothing_it_has_not(run: Run) -> None:
    done = run("diff", "2.4.10", "2.4.12")

    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(
        """\
From 2.4.10 to 2.4.12

cures 10 bugs (6 medium, 4 minor; 2 memory-leak, 2 stuck-object, 1
  memory-safety, 1 crash, 4 other)
  266d54054900 medium backend: The server address of a stream is lost whenever
"""
    )
    assert "\nbrings in 0 bugs\n" in done.out


def test_a_regression_is_brought_in(run: Run) -> None:
    brought = run("diff", "2.4.10", "2.4.11", "--format", "json").value["brings_in"]

    assert [(one["severity"], one["fixed_in"]) for one in brought] == [("major", "2.4.12")]


def test_what_the_new_branch_never_got_is_not_cured(run: Run) -> None:
    # by its own page the last release of 2.9 has no bug at all
    found = run("diff", "2.8.15", "2.9.15", "--format", "json").value

    assert list(found) == ["from", "to", "cures", "leaves", "brings_in", "undecided"]
    ssl_capture = {
        "id": "336170007c28",
        "severity": "medium",
        "kind": "memory-leak",
        "runtime": True,
        "subsystem": "ssl",
        "summary": "The ssl-capture entry of a connection is overwritten and lost when the client "
        "sends a second ClientHello.",
        "fixed_in": None,
        "never_fixed": True,
        "certain": True,
    }
    assert ssl_capture in found["leaves"]
    assert sum(one["never_fixed"] for one in found["leaves"] + found["brings_in"]) > 200
    assert [one for one in found["undecided"] if not one["certain"]] != []


def test_what_the_old_branch_never_got_is_cured_by_the_move_away(run: Run) -> None:
    found = run("diff", "2.9.15", "3.0.24", "--format", "json").value

    cured = [one["id"] for one in found["cures"] if one["never_fixed"]]
    assert "336170007c28" in cured
    assert len(cured) > 200


def test_a_version_is_taken_to_be_built_as_the_file_beside_it(run: Run) -> None:
    # 2.2.4.txt lists what is not built in; else those bugs would seem to come with 2.2.5
    there, back, bare = (
        run("diff", "--format", "json", *names).value
        for names in ((SAMPLE, "2.2.5"), ("2.2.5", SAMPLE), ("2.2.4", "2.2.5"))
    )

    assert there["brings_in"] == bare["brings_in"] == back["cures"]
    assert there["cures"] == back["brings_in"]
    assert len(there["leaves"]) < len(bare["leaves"])


def test_bugs_are_named_by_the_kinds_asked_for(run: Run) -> None:
    def named(*options: str) -> list[str]:
        lines = run("diff", *options, "2.4.10", "2.4.12").out.split("\nleaves")[0].splitlines()
        return [line.split()[0] for line in lines if line[2:14].isalnum() and line[:2] == "  "]

    every = named("--all")
    assert len(every) == 10
    assert named() == [name for name in every if name in (REDISPATCH, "231610ad9ccc")]
    assert set(named("--kind", "crash", "--kind", "stuck-object")) < set(every)
    assert len(named("--kind", "crash", "--kind", "stuck-object")) == 3


@pytest.mark.parametrize("columns", ["60", "100"])
def test_no_line_is_wider_than_the_terminal_but_a_link_or_the_table(
    run: Run, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    lines = [
        *run("diff", "2.4.10", "2.6.3").out.splitlines(),
        *run("plan", "2.4.10").out.split("\n\n")[-1].splitlines(),
    ]

    assert max(len(line) for line in lines if "https://" not in line) <= int(columns)


def test_the_table_fits_a_terminal_of_80_columns(run: Run) -> None:
    for version in ("1.8.0", "2.2.0", "3.0.0"):
        table = run("plan", version, "--as-of", DATA_AS_OF).out.split("\n\n")[1].splitlines()

        assert len(table) > 20
        assert max(map(len, table[1:])) < 80
        assert len(table[0]) < 80


# Their forms

NEWER = PublishedRelease("2.2.5", 5, "2020-11-05", "")
FIX = make_fix(1, "2.2.5")
LEAK = Finding(FIX.bug, FIX, "2.2.5", FixState.RELEASED, Verdict.AFFECTED, ())
ONE = Candidate(
    branch="2.2",
    release=NEWER,
    days_out=9,
    cures=(LEAK,),
    leaves=(),
    brings_in=(),
    bugs_left=((Severity.MAJOR, 3), (Severity.UNKNOWN, 7)),
    reason="it is the one",
)
WINDOW = BadWindow(
    first="2.2.3",
    last="2.2.4",
    fixed_in="2.2.5",
    severity=Severity.MEDIUM,
    bug=make_bug(),
    introduced_by="cccccccccccc",
    fix_commit="bbbbbbbbbbbb",
    kind=WindowKind.REGRESSION,
    releases=("2.2.3", "2.2.4"),
)
ALIVE = Support(long_term=True, until="2025-Q2", ended=False, soon=False)
NOBODY_SAYS = Support(long_term=None, until="", ended=None, soon=False)


def plan_of(
    *way: Candidate,
    support: Support = ALIVE,
    minimal: Candidate | None = None,
    recommended: Candidate | None = None,
    elsewhere: Candidate | None = None,
    width: int = 200,
) -> str:
    latest = way[-1] if way else None
    choice = Recommendation(minimal, recommended, latest, elsewhere)
    return render_plan("2.2.4", "2020-11-14", way, choice, support, width=width)


@pytest.mark.parametrize(
    ("support", "line"),
    [
        (ALIVE, "maintained until 2025-Q2; long-term support"),
        (ALIVE._replace(long_term=False), "maintained until 2025-Q2; no long-term support"),
        (ALIVE._replace(long_term=None), "maintained until 2025-Q2"),
        (ALIVE._replace(soon=True), "maintained until 2025-Q2, which is soon; long-term support"),
        (ALIVE._replace(ended=True), "branch over: maintained until 2025-Q2; long-term support"),
        (NOBODY_SAYS, ""),
    ],
)
def test_how_the_branch_is_maintained_comes_first(support: Support, line: str) -> None:
    assert plan_of(support=support).splitlines()[1] == line


@pytest.mark.parametrize(
    ("minimal", "recommended", "sign"),
    [(None, None, " "), (ONE, None, "-"), (None, ONE, ">"), (ONE, ONE, ">")],
)
def test_a_release_bears_the_sign_of_the_choice(
    minimal: Candidate | None, recommended: Candidate | None, sign: str
) -> None:
    lines = plan_of(ONE, minimal=minimal, recommended=recommended).splitlines()

    assert lines[4] == f"{sign} 2.2.5    2020-11-05     9     0     3      0     0      1      0  -"


def test_regressions_are_counted_with_the_worst() -> None:
    windows = (WINDOW, WINDOW._replace(severity=Severity.MAJOR))

    lines = plan_of(ONE._replace(brings_in=windows)).splitlines()

    assert lines[4].endswith("  2, major")


def test_a_long_version_widens_the_table() -> None:
    long = ONE._replace(release=NEWER._replace(version="1.3.12.10"))

    _, _, _, head, one, other, *_ = plan_of(ONE, long).splitlines()

    assert head.index("date") == one.index("2020") == other.index("2020")


def test_the_sum_of_the_tarball_is_told_where_it_is_known() -> None:
    known = ONE._replace(release=NEWER._replace(sha256="f0" * 32))

    assert plan_of(ONE, minimal=ONE, elsewhere=known).endswith(
        f"""
- minimal: 2.2.5. it is the one.
  https://www.haproxy.org/download/2.2/src/haproxy-2.2.5.tar.gz
  beyond: 2.2.5. it is the one.
  https://www.haproxy.org/download/2.2/src/haproxy-2.2.5.tar.gz
  SHA-256 {"f0" * 32}
"""
    )


@pytest.mark.parametrize(("against", "told"), [("", False), ("2.2.5 is bad", True)])
def test_why_none_is_recommended_is_told(against: str, told: bool) -> None:
    text = plan_of(ONE._replace(against=against))

    assert text.endswith("> recommended: none yet. 2.2.5 is bad.\n") is told


def bug(name: str, **fields: Any) -> HeldBug:
    plain = HeldBug(name * 12, Severity.MINOR, Kind.MEMORY_LEAK, "kettle", words="Tea is lost.")
    return plain._replace(**fields)


def test_a_difference_counts_all_and_names_those_of_the_kinds_asked_for() -> None:
    found = Difference(
        cures=(
            bug("a", severity=Severity.MAJOR, never_fixed=True),
            bug("b", words="", subsystem=""),
        ),
        leaves=(bug("c", kind=Kind.CRASH),),
        brings_in=(),
        undecided=(bug("d", severity=Severity.UNKNOWN),),
    )

    leaks, every = (
        render_difference("2.2.4", "2.4.1", found, kinds=kinds, width=200)
        for kinds in (frozenset({Kind.MEMORY_LEAK}), frozenset[Kind]())
    )

    assert leaks == (
        """\
From 2.2.4 to 2.4.1

cures 2 bugs, 1 of them never fixed in the branch (1 major, 1 minor; 2 memory-leak)
  aaaaaaaaaaaa major kettle: Tea is lost. (never fixed)
  bbbbbbbbbbbb minor no subsystem: memory-leak

leaves 1 bug (1 minor; 1 crash)

brings in 0 bugs

not known of 1 more, which 2.4.1 has or has not (1 unrated; 1 memory-leak)
"""
    )
    assert every == leaks.replace(
        "1 crash)\n", "1 crash)\n  cccccccccccc minor kettle: Tea is lost.\n"
    )


def test_of_many_bugs_the_first_are_named() -> None:
    found = Difference((), (bug("a"),) * 22, (), ())

    text = render_difference("2.2.4", "2.4.1", found, kinds=frozenset(), width=200)

    assert text.count("Tea is lost.") == 20
    assert "\n  and 2 more: --format json\n" in text
    assert "not known" not in text


def test_what_a_terminal_might_obey_is_not_printed() -> None:
    found = Difference((bug("a", words="tea\x1b[2J"),), (), (), ())

    text = render_difference("2.2.4", "2.4.1", found, kinds=frozenset(), width=200)

    assert "tea?[2J" in text
