"""Lists of wordings from the YAML files beside this one: each list one pattern that takes any of them, in any case."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from newsletter.read.shipped import plain_values
from newsletter.read.yaml_file import Plain


def lists_of(name: str) -> dict[str, Plain]:
    """What `name.yaml` holds."""
    said = plain_values(Path(__file__).with_name(f"{name}.yaml"))
    assert isinstance(said, dict)
    return said


@cache
def one_of(name: str, listed: str) -> re.Pattern[str]:
    """The list `listed` of `name.yaml`, whose entries are regular expressions."""
    entries = lists_of(name)[listed]
    assert isinstance(entries, list)
    return re.compile("|".join(f"(?:{entry})" for entry in entries), re.IGNORECASE | re.DOTALL)
