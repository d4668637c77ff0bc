"""How HAProxy spells and orders its versions.

A branch is ``2.2``, a release ``2.2.4``; a development version is ``3.3-dev3``. Branch 1.3 alone
has releases of four parts (``1.3.12.4``). A version is text and stays text: read as a number,
3.10 would be 3.1.
"""

from __future__ import annotations

import re
from functools import total_ordering
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version

_FORM = r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,4}))?(?:-(dev|rc)(\d{1,4}))?"


@total_ordering
class Release:
    """One version of HAProxy, ordered as upstream orders them: 2.5-dev3 < 2.5-rc1 < 2.5.0 < 2.5.1.

    Args:
        text: digits and dots, with ``-devN`` or ``-rcN`` at most; no hash and no package revision.

    Raises:
        ValueError: the text is no such version.
    """

    __slots__ = ("branch", "is_development", "order", "text")

    def __init__(self, text: str) -> None:
        match = re.fullmatch(_FORM, text, re.ASCII)
        if match is None:
            raise ValueError(f"{text!r} is no HAProxy version; expected the form 2.2.4")
        major, minor, *rest = match.group(1, 2, 3, 4)
        self.text = text
        self.branch = f"{int(major)}.{int(minor)}"
        self.is_development = match[5] is not None
        # A number for the catalogue's order column; development versions share that of their .0.
        self.order = 0
        for part in (major, minor, *rest):
            self.order = self.order * 10_000 + int(part or 0)

    @property
    def _key(self) -> Version:
        # Imported when two versions are compared, which the report of a known release never does.
        from packaging.version import Version

        return Version(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Release) and self._key == other._key

    def __lt__(self, other: Release) -> bool:
        return self._key < other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Release({self.text!r})"


def branch_order(branch: str) -> int:
    """A number that sorts branches by age: 1.9 before 1.10, 2.10 before 3.0."""
    return Release(branch).order
