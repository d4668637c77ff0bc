from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.bug import Severity
from advisory.subject import is_bug_subject, read_subject, subject_key

SUBJECTS = [
    # the form in use, at each severity
    ("BUG/CRITICAL: kettle: it boils over", Severity.CRITICAL, "kettle"),
    ("BUG/MAJOR: kettle: it boils over", Severity.MAJOR, "kettle"),
    ("BUG/MEDIUM: kettle: it boils over", Severity.MEDIUM, "kettle"),
    ("BUG/MINOR: kettle: it boils over", Severity.MINOR, "kettle"),
    # no severity
    ("BUG: kettle: it boils over", Severity.UNKNOWN, "kettle"),
    ("BUG: Kettle: it boils over", Severity.UNKNOWN, "kettle"),
    # a word that is no severity stands in the severity's place
    ("BUG/LOUD: kettle: it boils over", Severity.UNKNOWN, "kettle"),
    # in lower case it is the subsystem
    ("BUG/kettle: it boils over", Severity.UNKNOWN, "kettle"),
    # severity said to be unknown
    ("BUG/UNKNOWN: kettle: it boils over", Severity.UNKNOWN, "kettle"),
    # the form of before 1.5
    ("[BUG] kettle: it boils over", Severity.UNKNOWN, "kettle"),
    ("[BUG] the kettle boils over", Severity.UNKNOWN, ""),
    ("[BUG] Kettles boil over", Severity.UNKNOWN, ""),
    # misspelt severities
    ("BUG/MEIDUM: stove: the kettle boils over", Severity.MEDIUM, "stove"),
    ("BUG/MEDIIM: stove: the kettle boils over", Severity.MEDIUM, "stove"),
    ("BUG/MINIR: stove: the kettle boils over", Severity.MINOR, "stove"),
    # capitals only to begin with
    ("BUG/Minor: stove: the kettle boils over", Severity.MINOR, "stove"),
    # a colon for the slash, with and without a space
    ("BUG:MINOR: stove: the kettle boils over", Severity.MINOR, "stove"),
    ("BUG: MINOR: stove: the kettle boils over", Severity.MINOR, "stove"),
    # a space for the slash, spaces around it
    ("BUG MINOR: stove: the kettle boils over", Severity.MINOR, "stove"),
    ("BUG / MINOR : stove : the kettle boils over", Severity.MINOR, "stove"),
    # the colon after the severity is missing, or a semicolon
    ("BUG/MINOR stove: the kettle boils over", Severity.MINOR, "stove"),
    ("BUG/MINOR; stove; the kettle boils over", Severity.MINOR, "stove"),
    # an underscore reads as a hyphen, capitals as small letters
    ("BUG/MINOR: Tea_Pot: it drips", Severity.MINOR, "tea-pot"),
    # an area and a part of it, a name with a dot, a plus, digits
    ("BUG/MINOR: stove/knob: it sticks", Severity.MINOR, "stove/knob"),
    ("BUG/MINOR: stove2.c: it sticks", Severity.MINOR, "stove2.c"),
    ("BUG/MINOR: tea+milk: it curdles", Severity.MINOR, "tea+milk"),
    # several subsystems
    ("BUG/MINOR: stove, kettle: both leak", Severity.MINOR, "stove, kettle"),
    ("BUG/MINOR: stove,kettle/lid: both leak", Severity.MINOR, "stove,kettle/lid"),
    # no subsystem; a colon within a word names none either
    ("BUG/MINOR: the kettle boils over", Severity.MINOR, ""),
    ("BUG/MINOR: lid::open() waits", Severity.MINOR, ""),
    # the subsystem and nothing more
    ("BUG/MINOR: stove:", Severity.MINOR, "stove"),
    ("BUG/MINOR", Severity.MINOR, ""),
    ("BUG", Severity.UNKNOWN, ""),
    ("", Severity.UNKNOWN, ""),
    # no bug at all: what it says is read all the same
    ("MINOR: stove: add a timer", Severity.MINOR, "stove"),
    ('Revert "BUG/MINOR: stove: turn it off"', Severity.UNKNOWN, ""),
]


@pytest.mark.parametrize(("subject", "severity", "subsystem"), SUBJECTS)
def test_severity_and_subsystem_are_read_off_a_subject(
    subject: str, severity: Severity, subsystem: str
) -> None:
    assert read_subject(subject) == (severity, subsystem)


@given(
    st.sampled_from(Severity),
    st.sampled_from(("kettle", "tea-pot", "stove/knob", "stove, kettle")),
    st.text(max_size=20),
)
def test_what_follows_the_subsystem_changes_nothing(
    severity: Severity, subsystem: str, rest: str
) -> None:
    subject = f"BUG/{severity.name}: {subsystem}: {rest}"

    assert read_subject(subject) == (severity, subsystem)


@given(st.text(alphabet="[]BUG/MINOR:; ,.-_stove", max_size=24))
def test_any_text_names_a_subsystem_in_lower_case_or_none(subject: str) -> None:
    _, subsystem = read_subject(subject)

    assert subsystem == subsystem.lower().replace("_", "-")


@pytest.mark.parametrize(
    ("subject", "is_one"),
    [
        ("BUG/MINOR: stove: the kettle boils over", True),  # the form in use
        ("BUG: stove: the kettle boils over", True),  # without a severity
        ("[BUG] the kettle boils over", True),  # the form of before 1.5
        ("BUILD: stove: name the knob", False),  # another mark
        ("bug in the kettle", False),  # a word, no mark
        ('Revert "BUG/MINOR: stove: turn it off"', False),  # takes one back
        (" BUG/MINOR: stove: the kettle boils over", False),  # not at the beginning
    ],
)
def test_bugs_are_told_by_how_their_subject_begins(subject: str, is_one: bool) -> None:
    assert is_bug_subject(subject) is is_one


def test_the_key_of_a_subject_never_changes() -> None:
    # Catalogues and data/fixes.csv store keys; another way to make them would match none of these.
    assert subject_key("BUG/MINOR: stove: the kettle boils over") == "828327b1b359"


@pytest.mark.parametrize(
    "same",
    [
        "bug/minor: STOVE: The Kettle boils over",  # case
        "BUG/MINOR: stove:  the kettle\tboils over\n",  # white space
        "BUG/MINOR: stove: the 'kettle' boils over.",  # quotes, full stop
        "BUG-MINOR stove the \u201ckettle\u201d boils-over",  # other punctuation
    ],
)
def test_case_space_and_punctuation_leave_the_key_as_it_is(same: str) -> None:
    assert subject_key(same) == subject_key("BUG/MINOR: stove: the kettle boils over")


@pytest.mark.parametrize(
    "other",
    [
        "BUG/MINOR: stove: the kettle boils over 2",  # a digit more
        "BUG/MEDIUM: stove: the kettle boils over",  # another severity
        "BUG/MINOR: stove: the kettle boilsover",  # other words
        "BUG/MINOR: stove: over boils the kettle",  # another order
    ],
)
def test_words_digits_and_their_order_make_the_key(other: str) -> None:
    assert subject_key(other) != subject_key("BUG/MINOR: stove: the kettle boils over")


@given(
    st.lists(st.sampled_from(("stove", "kettle", "2")), min_size=1, max_size=4),
    st.lists(st.sampled_from((" ", ": ", "/", "' \"")), min_size=3, max_size=3),
)
def test_what_stands_between_the_words_leaves_the_key_as_it_is(
    words: list[str], separators: list[str]
) -> None:
    pieces = [piece for pair in zip(words, [*separators, ""], strict=False) for piece in pair]

    assert subject_key("".join(pieces).upper()) == subject_key(" ".join(words))


def test_severities_rank_from_the_worst() -> None:
    assert [(severity.name, severity.rank) for severity in Severity] == [
        ("CRITICAL", 0),
        ("MAJOR", 1),
        ("MEDIUM", 2),
        ("MINOR", 3),
        ("UNKNOWN", 4),
    ]
