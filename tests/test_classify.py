from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.bug import Kind
from advisory.classify import grows_at_run_time, kind_of_message, kind_of_subject

SUBJECTS = [
    # what leaks out to others is no resource lost
    ("the kettle may leak information to guests", Kind.OTHER),
    ("header leak between two guests", Kind.OTHER),
    ("guests' credentials leaked in the steam", Kind.OTHER),
    # file descriptors, named before or after the leak
    ("an fd leak when the lid opens", Kind.FD_LEAK),
    ("file descriptor may leak when the lid opens", Kind.FD_LEAK),
    ("sockets of the stove are leaked", Kind.FD_LEAK),
    ("do not leak the knob's pipes", Kind.MEMORY_LEAK),  # pipes count before the leak only
    ("leaking a (listening) socket", Kind.FD_LEAK),
    ("leak of file descriptors", Kind.FD_LEAK),
    # objects that stay in use, named before or after the leak
    ("connection leak when the lid opens", Kind.STUCK_OBJECT),
    ("slot leak when the lid opens", Kind.STUCK_OBJECT),
    ("a stream slot leak", Kind.STUCK_OBJECT),
    ("leaking the idle connections", Kind.STUCK_OBJECT),
    ("leak of some streams", Kind.STUCK_OBJECT),
    ("the refcount leak of a spoon", Kind.STUCK_OBJECT),
    # any other leak is one of memory
    ("memory leak when the lid opens", Kind.MEMORY_LEAK),
    ("the spoon is leaked", Kind.MEMORY_LEAK),
    ("a LEAK in capitals", Kind.MEMORY_LEAK),
    # a leak weighs more than what else the words say
    ("a leak and a crash when the lid opens", Kind.MEMORY_LEAK),
    # memory used wrongly
    ("use-after-free of the spoon", Kind.MEMORY_SAFETY),
    ("use after free of the spoon", Kind.MEMORY_SAFETY),
    ("possible UAF of the spoon", Kind.MEMORY_SAFETY),
    ("double-free of the spoon", Kind.MEMORY_SAFETY),
    ("out-of-bound access to the drawer", Kind.MEMORY_SAFETY),
    ("the cup may overflow", Kind.MEMORY_SAFETY),
    ("over-read of the recipe", Kind.MEMORY_SAFETY),
    ("uninitialised spoon", Kind.MEMORY_SAFETY),
    ("uninitialized spoon", Kind.MEMORY_SAFETY),
    ("dangling spoon", Kind.MEMORY_SAFETY),
    ("memory corruption in the drawer", Kind.MEMORY_SAFETY),
    # a wrong use of memory weighs more than the crash that follows
    ("crash by use-after-free of the spoon", Kind.MEMORY_SAFETY),
    # the process ends
    ("crash when the lid opens", Kind.CRASH),
    ("segfault when the lid opens", Kind.CRASH),
    ("NULL pointer when the lid opens", Kind.CRASH),
    ("null-deref when the lid opens", Kind.CRASH),
    ("the stove aborts", Kind.CRASH),
    ("a BUG_ON() when the lid opens", Kind.CRASH),
    ("panic when the lid opens", Kind.CRASH),
    # the process does nothing more, or nothing else
    ("deadlock of two cooks", Kind.HANG),
    ("infinite loop around the table", Kind.HANG),
    ("the watchdog bites", Kind.HANG),
    ("the stove freezes", Kind.HANG),
    ("guests stuck at the door", Kind.HANG),
    ("the stove spins", Kind.HANG),
    ("100% of CPU when the lid opens", Kind.HANG),
    ("wake-up loop of a cook", Kind.HANG),
    # two at once
    ("race between two cooks", Kind.RACE),
    ("the stove is not thread-safe", Kind.RACE),
    # words that only look like it
    ("changes of the trace are bleak", Kind.MEMORY_LEAK),  # "leak" counts within words
    ("change the brace of the stove", Kind.OTHER),
    # nothing of this kind
    ("the stove shows the wrong time", Kind.OTHER),
    ("the spoon is never freed", Kind.OTHER),
    ("", Kind.OTHER),
]


@pytest.mark.parametrize(("subject", "kind"), SUBJECTS)
def test_a_subject_is_classed_by_its_words(subject: str, kind: Kind) -> None:
    assert kind_of_subject(subject) is kind


MESSAGES = [
    # never given back
    ("the spoon is never freed", Kind.MEMORY_LEAK),
    ("the spoon was not properly released", Kind.MEMORY_LEAK),
    ("the spoon isn't destroyed", Kind.MEMORY_LEAK),
    ("it leaves without ever releasing the spoon", Kind.MEMORY_LEAK),
    # forgotten
    ("the cook forgot to free the spoon", Kind.MEMORY_LEAK),
    ("a missing release of the spoon", Kind.MEMORY_LEAK),
    ("the door lacks a call to destroy the spoon", Kind.MEMORY_LEAK),
    # this weighs more than what else is said
    ("the spoon is never freed, which ends in a crash", Kind.MEMORY_LEAK),
    # the words of a subject count here too, those of other leaks before
    ("a socket of the stove is leaked and never freed", Kind.FD_LEAK),
    ("a memory leak when the lid opens", Kind.MEMORY_LEAK),
    ("a use-after-free of the spoon", Kind.MEMORY_SAFETY),
    ("a race between two cooks", Kind.RACE),
    # given back at last, or no word of it
    ("the spoon is freed", Kind.OTHER),
    ("the stove shows the wrong time", Kind.OTHER),
]


@pytest.mark.parametrize(("message", "kind"), MESSAGES)
def test_a_message_also_tells_leaks_that_are_not_called_so(message: str, kind: Kind) -> None:
    assert kind_of_message(message) is kind


@given(st.sampled_from(SUBJECTS))
def test_a_message_is_never_less_than_a_subject_of_its_words(row: tuple[str, Kind]) -> None:
    text, kind = row

    assert kind is Kind.OTHER or kind_of_message(text) is kind


@pytest.mark.parametrize(
    ("text", "grows"),
    [
        # with what a process serves, or with time
        ("a spoon is lost with each request", True),
        ("a spoon is lost per-connection", True),
        ("every reload loses a spoon", True),
        ("this happens at run-time", True),
        ("the drawer keeps growing", True),
        ("memory usage rises", True),
        # before it serves, or after
        ("a spoon is lost on deinit", False),
        ("a spoon is lost at exit", False),
        ("a spoon is lost during initialisation", False),
        ("a spoon is lost while parsing the recipe", False),
        ("a spoon is lost upon a configuration error", False),
        ("valgrind complains", False),
        # both are said: what grows weighs more
        ("lost at exit, and with each request", True),
        # neither is said
        ("a spoon is lost", None),
        ("", None),
    ],
)
def test_the_words_may_tell_whether_a_leak_grows_at_run_time(text: str, grows: bool | None) -> None:
    assert grows_at_run_time(text) is grows
