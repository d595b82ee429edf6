"""The YAML files of facts that come with the tool, as plain values: ready in the wheel, else parsed once and kept as JSON."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from newsletter.read.own_cache import cache_folder
from newsletter.read.yaml_file import Plain, parse_document

READY = "facts.json"  # in the package; written into the wheel by hatch_build.py


def plain_values(file: Path) -> Plain:
    """What a YAML file of ours says. In the source tree, where it may just have been edited, the user's cache spares parsing."""
    return _ready()[file.name] if file.name in _ready() else _kept(file.name, file.read_text(encoding="utf-8"))


@cache
def _ready() -> dict[str, Plain]:
    """What the wheel has ready, by the names of the files."""
    file = Path(__file__).parents[1] / READY
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def _kept(name: str, text: str) -> Plain:
    folder = cache_folder("facts")
    kept = folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:24]}.json" if folder else None
    try:
        found: Plain = json.loads(kept.read_text(encoding="utf-8")) if kept else None
    except (OSError, ValueError):
        found = None
    if found is None:
        found = parse_document(text, name).root.plain()
        try:
            if kept:
                kept.write_text(json.dumps(found), encoding="utf-8")
        except OSError:
            pass
    return found
