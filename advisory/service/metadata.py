"""What Datasette is told of the catalogue: ``metadata.json``, words, labels, facets, queries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DATABASE = "catalogue"
"""Name that the catalogue is served under, whatever its file is called."""
PATH = Path(__file__).parent / "metadata.json"


def metadata() -> dict[str, Any]:
    """The metadata; Datasette 1.0 takes it as its configuration too, where it finds the queries."""
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return found
