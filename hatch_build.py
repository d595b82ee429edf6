"""Puts the facts into the wheel as JSON too: YAML is for people to read and change, and takes a second to parse."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent


class FactsAsJson(BuildHookInterface):  # type: ignore[type-arg]  # takes no settings
    """Parses every YAML file of facts below `newsletter/` as the program itself would."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # the same for every kind of wheel
        """Adds one JSON file, by the names of the YAML files."""
        sys.path.insert(0, str(ROOT))
        from newsletter.read.shipped import READY
        from newsletter.read.yaml_file import parse_document

        files = sorted((ROOT / "newsletter").rglob("*.yaml"))
        said = {file.name: parse_document(file.read_text(encoding="utf-8"), file.name).root.plain() for file in files}
        made = Path(tempfile.mkdtemp()) / READY
        made.write_text(json.dumps(said), encoding="utf-8")
        build_data["force_include"][str(made)] = f"newsletter/{READY}"
