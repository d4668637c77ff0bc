"""What a distribution added to its package: patches as git and quilt write them, changelogs."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.build import read_version
from advisory.errors import ParseError
from advisory.patches import (
    LARGEST_FILE,
    Patch,
    backported,
    debian_changelog,
    read_debian_changelog,
    read_patch,
    read_patch_folder,
)
from advisory.subject import subject_key

TEA = "BUG/MINOR: kettle: descale it before the water boils"
COFFEE = "BUG/MEDIUM: stove: don't spill (again)"
MILK = "BUG/MAJOR: teapot: warm the pot()"
A, B, C, D = (digit * 40 for digit in "abcd")

CHANGES = """\
---
 src/kettle.c | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

diff --git a/src/kettle.c b/src/kettle.c
--- a/src/kettle.c
+++ b/src/kettle.c
@@ -1,1 +1,1 @@
-Subject: BUG/MAJOR: not: a subject
+(cherry picked from commit dddddddddddddddddddddddddddddddddddddddd)
 CVE-2020-99999
--
2.39.5
"""
MAIL = f"""\
From {A} Mon Sep 17 00:00:00 2001
From: A Cook <cook@example.org>
Date: Tue, 4 Aug 2020 10:00:00 +0200
Subject: [PATCH 1/3] BUG/MINOR: kettle: descale it
 before the water boils

"""


def mail(body: str) -> str:
    return f"{MAIL}{body}\n{CHANGES}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # git format-patch, its subject folded
        (MAIL + CHANGES, Patch("p", (A,), (TEA,))),
        (MAIL.replace("\n", "\r\n"), Patch("p", (A,), (TEA,))),
        # what stable branches add to it, once per branch
        (
            mail(
                f"(cherry picked from commit {B})\nSigned-off-by: A Cook\n"
                f"(cherry picked from commit {B})\n(cherry-picked from commit {C}, adapted)\n"
                "(backported from commit DDDDDDDDDDDD)"
            ),
            Patch("p", (A, B, C, "d" * 12), (TEA,)),
        ),
        # as the stable branches of Linux write it
        (mail("commit bbbbbbb upstream.\n\nThe lid."), Patch("p", (A, "b" * 7), (TEA,))),
        (mail(f"[ Upstream commit {B} ]"), Patch("p", (A, B), (TEA,))),
        # what prose mentions, wrapped as it may be, brought the bug in
        (
            mail(
                f'This came with commit {B} ("{MILK}").\nIt was in fact\ncommit {B}\nand\n'
                f"commit {C} upstream.\nFixes: {D}\nThis is libtea upstream commit {D}."
            ),
            Patch("p", (A,), (TEA,)),
        ),
        (mail("(cherry picked from commit bbbbbb)"), Patch("p", (A,), (TEA,))),
        (mail(f"(cherry picked from commit {B}0)"), Patch("p", (A,), (TEA,))),
        # git show
        (
            f"commit {A}\nAuthor: A Cook <cook@example.org>\nDate:   Tue Aug 4 2020\n\n"
            "    BUG/MINOR: kettle: descale it\n    before the water boils\n    \n"
            f"    It boils.\n    \n    (cherry picked from commit {B})\n\n{CHANGES}",
            Patch("p", (A, B), (TEA,)),
        ),
        (f"commit {A} (HEAD)\nMerge: 1 2\nAuthor: A Cook", Patch("p", (A,))),
        # several commits in one file
        (
            f"{MAIL}{CHANGES}From {B} Mon Sep 17 00:00:00 2001\nSubject: [PATCH v2] {COFFEE}\n",
            Patch("p", (A, B), (TEA, COFFEE)),
        ),
        # DEP-3
        (
            f"Description: {TEA}\n It boils.\nOrigin: upstream,\n"
            f" https://git.haproxy.org/?p=haproxy-2.6.git;a=commit;h={A}\n"
            "Bug: https://github.com/haproxy/haproxy/issues/1234567\n"
            f"Forwarded: https://example.org/commit/{D}\n"
            f"Applied-Upstream: 2.6.13, https://github.com/haproxy/haproxy/commit/{B}.patch\n"
            "Last-Update: 2020-08-04\n",
            Patch("p", (A, B), (TEA,)),
        ),
        (
            f"Subject: {COFFEE}\nDescription: {TEA}\nSubject: {MILK}\n"
            f"Origin: backport, commit:{'a' * 10}, commit {'b' * 12}, {C}, 20200804\n",
            Patch("p", ("a" * 10, "b" * 12, C), (COFFEE,)),
        ),
        (f"Subject: {TEA}\n \n It boils.\n", Patch("p", (), (TEA,))),
        ("Description:\n spread over lines\n", Patch("p")),
        # what is no fix of a bug has no subject here
        ("Subject: [PATCH] MINOR: lid: polish it\n", Patch("p")),
        # until 1.4
        ("Subject: [PATCH] [BUG] lid: it is hot\n", Patch("p", (), ("[BUG] lid: it is hot",))),
        ("Subject: [PATCH", Patch("p")),
        ("Subject: " + "[PATCH]" * 1000 + TEA, Patch("p")),
        # taken back
        (f'Subject: [PATCH] Revert "{TEA}"\n', Patch("p", (), (), (TEA,))),
        ('Subject: Revert "DOC: lid: hot"\n', Patch("p")),
        # the flaw's number
        (
            mail("Fixes CVE-2020-12345 and\nCVE-2020-12345."),
            Patch("p", (A,), (TEA,), (), ("CVE-2020-12345",)),
        ),
        # quilt: no word of where it is from
        ("Index: haproxy/Makefile\n" + CHANGES, Patch("p")),
        ("--- lid.c.orig\n+++ lid.c\n@@ -1 +1 @@\nSubject: BUG: no\n", Patch("p")),
        ("--- a cook\nSubject: BUG: lid\n", Patch("p", (), ("BUG: lid",))),
        ("", Patch("p")),
    ],
)
def test_a_patch_names_what_it_was_taken_from(text: str, expected: Patch) -> None:
    assert read_patch(text, source="p") == expected


def test_a_flaws_number_may_stand_in_the_name() -> None:
    assert read_patch("", source="CVE-2020-12345.patch").notes == ("CVE-2020-12345",)


HEX = st.text("0123456789abcdef", min_size=40, max_size=40)
WORDS = st.lists(
    st.text("abcdefghij", min_size=1, max_size=8) | st.sampled_from(("[PATCH", "(lid)", "-")),
    min_size=1,
    max_size=20,
).map(" ".join)


@given(HEX, st.lists(HEX, max_size=3), WORDS, st.sampled_from(("", "[PATCH] ", "[PATCH 2.4 1/2] ")))
def test_what_git_writes_is_read_back(
    commit: str, picked: list[str], words: str, prefix: str
) -> None:
    subject = f"BUG/MINOR: kettle: {words}"
    folded = f"Subject: {prefix}{subject}".replace(" kettle:", "\n kettle:")
    body = "".join(f"(cherry picked from commit {one})\n" for one in picked)

    patch = read_patch(f"From {commit} Mon\n{folded}\n\n{body}{CHANGES}", source="p")

    assert patch == Patch("p", tuple(dict.fromkeys((commit, *picked))), (subject,))


PIECES = st.lists(
    st.sampled_from(
        [
            *("\n", " ", "\t", "\r", "(", ")", "[", '"', "#", "~", "-", ":", "; ", "\0", "ü"),
            *(f"From {A} ", f"commit {A}", "\nAuthor:", "Subject: ", "Origin: ", "Description: "),
            *("diff --git", "--- ", "+++ ", "[PATCH]", "Revert ", TEA, f";h={A}", "upstream"),
            *(
                "haproxy (2.2.4-1) stable;",
                "haproxy (",
                "2.2.4",
                "\n  * ",
                "Closes: #1",
                "CVE-2020",
            ),
            "(cherry picked from commit ",
        ]
    ),
    max_size=30,
).map("".join)


@given(PIECES | st.text())
def test_any_text_is_a_patch(text: str) -> None:
    patch = read_patch(text, source="p")

    assert all(7 <= len(commit) <= 40 for commit in patch.commits)
    assert all(subject.startswith(("BUG", "[BUG")) for subject in patch.subjects + patch.reverts)


@given(PIECES | st.text())
def test_any_text_is_a_changelog_or_an_error(text: str) -> None:
    try:
        patches = debian_changelog(text, read_version("2.2.4"), source="c")
    except ParseError:
        return
    assert patches


def folder(path: Path, **files: str) -> str:
    for name, text in files.items():
        file = path / name.replace("__", "/")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return str(path)


def test_a_series_decides_which_patches_are_applied_and_in_which_order(tmp_path: Path) -> None:
    files = {
        "z.patch": f"Subject: {TEA}\n",
        "old__a.patch": f"Subject: {COFFEE}\n",
        "b": f"Subject: {MILK}\n",
        "left-out.patch": f"Subject: {MILK}\n",
        "taken-off.patch": f"Subject: {MILK}\n",
    }
    series = "z.patch -p1\n\n# left-out.patch\nold/a.patch # warm\ntaken-off.patch -p1 -R\nb\n"

    found = read_patch_folder(folder(tmp_path, series=series, **files))

    assert found == (
        Patch("z.patch", (), (TEA,)),
        Patch("old/a.patch", (), (COFFEE,)),
        Patch("b", (), (MILK,)),
    )


def test_a_package_may_apply_no_patch(tmp_path: Path) -> None:
    assert read_patch_folder(folder(tmp_path, series="# nothing\n")) == ()


def test_without_a_series_all_patches_are_applied_by_their_names(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        **{
            "010-b.patch": f"Subject: {TEA}\n",
            "002-a.diff": f"Subject: {COFFEE}\n",
            "haproxy.spec": f"Subject: {MILK}\n",
            "deeper.patch__x.patch": f"Subject: {MILK}\n",
        },
    )
    (tmp_path / "000.patch.gz").write_bytes(gzip.compress(f"Subject: {MILK}\n".encode()))

    assert read_patch_folder(path) == (
        Patch("000.patch.gz", (), (MILK,)),
        Patch("002-a.diff", (), (COFFEE,)),
        Patch("010-b.patch", (), (TEA,)),
    )


def test_a_patch_need_not_be_utf_8(tmp_path: Path) -> None:
    (tmp_path / "a.patch").write_bytes(f"From: K\xf6chin\nSubject: {TEA}\n".encode("latin-1"))

    assert read_patch_folder(str(tmp_path)) == (Patch("a.patch", (), (TEA,)),)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"README": "tea"}, ": has neither a series nor a file that ends in .patch or .diff; "),
        (
            {"series": "a.patch\n\ngone\x1b.patch -p1\n", "a.patch": ""},
            "/series, line 3: names gone?.patch, which is not in the folder; ",
        ),
        ({"series": "..\n"}, "/series, line 1: names .., which is not in the folder; "),
        ({"a.patch": "tea\0pot"}, "/a.patch: is binary; pass a patch "),
        ({"a.patch": "t" * (LARGEST_FILE + 1)}, "/a.patch: is larger than 8 MiB; pass a patch "),
    ],
)
def test_a_folder_without_its_patches_is_an_error(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    with pytest.raises(ParseError) as caught:
        read_patch_folder(folder(tmp_path, **files))

    assert str(caught.value).startswith(str(tmp_path) + message)


@pytest.mark.parametrize("name", ["gone", "file", "\0"])
def test_what_is_no_folder_is_an_error(tmp_path: Path, name: str) -> None:
    folder(tmp_path, file="tea")

    with pytest.raises(ParseError, match="is no folder that can be read"):
        read_patch_folder(str(tmp_path / name))


def test_a_damaged_gzip_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.patch.gz").write_bytes(gzip.compress(b"tea" * 1000)[:20])

    with pytest.raises(ParseError, match=r"a\.patch\.gz: cannot be read \(Compressed file ended"):
        read_patch_folder(str(tmp_path))


CHANGELOG = f"""\
haproxy (2.6.12-1+deb12u2) bookworm; urgency=medium

  [ A Cook ]
  * Revert "{COFFEE}"
  * CVE-2020-12345: the lid was hot (see debian/patches/lid.patch).

 -- A Cook <cook@example.org>  Tue, 05 May 2020 10:00:00 +0200

haproxy (2.6.12-1+deb12u1) bookworm-security; urgency=high

  * BUG/MINOR: kettle: descale it before
    the water boils (CVE-2020-12346)
    (Closes: #1043502) (LP: #12)
  * MINOR: lid: polish it
  * Cherry-pick the following:
    - bbbbbbb {COFFEE} Closes: #974977.
    - deadbee the herd
    + d/patches: {MILK}
  * Drop what the release has:
    - BUG/MINOR: lid: dropped
      and dropped again
      + BUG/MINOR: lid: dropped deeper
    - BUG/MINOR: lid: dropped too
  * BUG/MINOR: lid: kept (hot)

 -- A Cook <cook@example.org>  Mon, 04 May 2020 10:00:00 +0200

haproxy (2.6.12-1) unstable; urgency=medium

  * New upstream version.

 -- A Cook <cook@example.org>  Sun, 03 May 2020 10:00:00 +0200

haproxy (2.6.11-1) unstable; urgency=medium

  * BUG/MINOR: lid: of an older release

haproxy (2.6.12~dev1-1) experimental; urgency=medium

  * BUG/MINOR: lid: of one before it
"""
FIRST = Patch("2.6.12-1")
SECOND = Patch(
    "2.6.12-1+deb12u1",
    ("bbbbbbb",),
    (TEA, COFFEE, MILK, "BUG/MINOR: lid: kept (hot)"),
    (),
    ("CVE-2020-12346",),
)
THIRD = Patch("2.6.12-1+deb12u2", (), (), (COFFEE,), ("CVE-2020-12345", "debian/patches/lid.patch"))


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2.6.12-1+deb12u2", (FIRST, SECOND, THIRD)),
        # a build that is older than the changelog
        ("2.6.12-1+deb12u1", (FIRST, SECOND)),
        ("2.6.12-1", (FIRST,)),
        # a rebuild of the same sources
        ("2.6.12-1+b2", (FIRST,)),
        # a build that does not tell its revision
        ("2.6.12", (FIRST, SECOND, THIRD)),
        ("2.6.12-0123abc", (FIRST, SECOND, THIRD)),
        ("2.6.11", (Patch("2.6.11-1", (), ("BUG/MINOR: lid: of an older release",)),)),
    ],
)
def test_the_revisions_of_a_build_tell_what_was_added(
    version: str, expected: tuple[Patch, ...]
) -> None:
    assert debian_changelog(CHANGELOG, read_version(version), source="c") == expected


def test_a_tilde_stands_before_a_development_version() -> None:
    text = "haproxy-tea (1:2.9~dev3-1) stable;\n\n  * BUG: lid\n\nhaproxy (snapshot-1) stable;\n"

    found = debian_changelog(text, read_version("2.9-dev3"), source="c")

    assert found == (Patch("1:2.9~dev3-1", (), ("BUG: lid",)),)


def test_a_changelog_may_be_compressed(tmp_path: Path) -> None:
    file = tmp_path / "changelog.Debian.gz"
    file.write_bytes(gzip.compress(CHANGELOG.replace("\n", "\r\n").encode()))

    found = read_debian_changelog(str(file), read_version("2.6.12-1+deb12u2"))

    assert found == (FIRST, SECOND, THIRD)


NO_CHANGELOG = "c: is no Debian changelog of haproxy; pass debian/changelog or /usr/share/doc/"


@pytest.mark.parametrize(
    ("text", "version", "message"),
    [
        ("", "2.6.12", NO_CHANGELOG),
        # HAProxy's own, which Debian installs beside it
        ("ChangeLog :\n===========\n\n2023/03/28 : 2.6.12\n", "2.6.12", NO_CHANGELOG),
        (CHANGELOG.replace("haproxy (", "teapot ("), "2.6.12", NO_CHANGELOG),
        (CHANGELOG, "2.6.13", "c: has no entry of 2.6.13, its newest is 2.6.12-1+deb12u2; "),
        (CHANGELOG, "2.6.12-1ubuntu1", "c: has no entry of 2.6.12-1ubuntu1, its newest is 2.6"),
        (CHANGELOG, "2.6.12+tea", "c: has no entry of 2.6.12+tea, its newest is 2.6.12-1+deb"),
    ],
)
def test_a_changelog_of_something_else_is_an_error(text: str, version: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        debian_changelog(text, read_version(version), source="c")

    assert str(caught.value).startswith(message)


def test_a_changelog_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"gone: cannot be read \(No such file"):
        read_debian_changelog(str(tmp_path / "gone"), read_version("2.6.12"))


BUGS = {
    "aaaaaaaaaaaa": ("first",),
    "bbbbbbbbbbbb": ("second",),
    "cccccccccccc": ("second", "third"),
}
SUBJECTS = {TEA: ("first",), COFFEE: ("second",), MILK: ("first", "third")}


def by_commit(commit: str) -> list[str]:
    return [bug for known, bugs in BUGS.items() if known.startswith(commit[:12]) for bug in bugs]


def by_subject(key: str) -> tuple[str, ...]:
    return {subject_key(subject): bugs for subject, bugs in SUBJECTS.items()}.get(key, ())


@pytest.mark.parametrize(
    ("patches", "expected"),
    [
        ([Patch("p", (A, D))], {"first": "p, by commit aaaaaaaaaaaa"}),
        ([Patch("p", ("a" * 7,))], {"first": "p, by commit aaaaaaa"}),
        # six digits are a number, or a word
        ([Patch("p", ("a" * 6,))], {}),
        # what is short and fits several shows nothing
        ([Patch("p", ("c" * 11,))], {}),
        (
            [Patch("p", ("c" * 12,))],
            {"second": "p, by commit cccccccccccc", "third": "p, by commit cccccccccccc"},
        ),
        # a subject counts whole, however it is written
        ([Patch("p", (), (TEA.upper() + ".",))], {"first": "p, by its subject"}),
        ([Patch("p", (), (TEA[:-6],))], {}),
        ([Patch("p", (), (MILK,))], {}),
        # the first that says it, and by the commit rather than by the subject
        ([Patch("p", (B,), (COFFEE,)), Patch("q", (B,))], {"second": "p, by commit bbbbbbbbbbbb"}),
        # taken back, and brought back
        (
            [Patch("p", (A, B)), Patch("q", reverts=(COFFEE,))],
            {"first": "p, by commit aaaaaaaaaaaa"},
        ),
        ([Patch("p", (A,)), Patch("q", reverts=(MILK, COFFEE))], {}),
        (
            [Patch("p", (A,)), Patch("q", reverts=(TEA,)), Patch("r", (), (TEA,))],
            {"first": "r, by its subject"},
        ),
        ([], {}),
    ],
)
def test_a_package_has_fixed_what_its_patches_prove(
    patches: list[Patch], expected: dict[str, str]
) -> None:
    assert backported(patches, by_commit, by_subject) == expected
