"""How HAProxy spells and orders its versions.

A branch is ``2.2``, a release ``2.2.4``; a development version is ``3.3-dev3``. Branch 1.3 alone
has releases of four parts (``1.3.12.4``). A version is text and stays text: read as a number,
3.10 would be 3.1.
"""

from __future__ import annotations

import re
from functools import total_ordering

from packaging.version import Version

_FORM = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,4}))?(?:-(dev|rc)(\d{1,4}))?")


@total_ordering
class Release:
    """One version of HAProxy, ordered as upstream orders them: 2.5-dev3 < 2.5-rc1 < 2.5.0 < 2.5.1.

    Args:
        text: digits and dots, with ``-devN`` or ``-rcN`` at most; no hash and no package revision.

    Raises:
        ValueError: the text is no such version.
    """

    __slots__ = ("_key", "branch", "text")

    def __init__(self, text: str) -> None:
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no HAProxy version; expected the form 2.2.4")
        self.text = text
        self.branch = f"{int(match[1])}.{int(match[2])}"
        self._key = Version(text)

    @property
    def is_development(self) -> bool:
        """Whether this precedes the branch's first release."""
        return self._key.is_prerelease

    @property
    def order(self) -> int:
        """A number that sorts releases as they follow each other, for the catalogue's order column.

        Raises:
            ValueError: a development version, which the catalogue does not hold.
        """
        if self.is_development:
            raise ValueError(
                f"{self.text} is a development version; it has no order among releases"
            )
        parts = (*self._key.release, 0, 0)[:4]
        number = 0
        for part in parts:
            number = number * 10_000 + part
        return number

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
