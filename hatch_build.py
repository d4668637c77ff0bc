"""Builds the catalogue from ``data/`` when the package is built or installed from a checkout."""

from __future__ import annotations

import datetime
import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueBuildHook(BuildHookInterface[Any]):
    """Writes ``advisory/catalogue.db``, which the wheel carries."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the catalogue; ``SOURCE_DATE_EPOCH`` makes two builds equal."""
        root = Path(self.root)
        if self.target_name != "wheel":
            return
        sys.path.insert(0, str(root))
        from advisory import __version__
        from advisory.store import build_catalogue

        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        now = (
            datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
            if epoch
            else datetime.datetime.now(datetime.UTC)
        )
        build_catalogue(
            root / "data",
            root / "advisory" / "catalogue.db",
            built_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            tool_version=__version__,
        )
