"""The facts that come with the tool: the same ready-made as parsed, each with a source and a date."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.check.facts import DATA
from newsletter.read.shipped import plain_values
from newsletter.read.yaml_file import parse_document

FILES = sorted(DATA.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_ready_made_facts_are_those_of_the_yaml(file: Path) -> None:
    """What an installed program reads is what stands in the YAML file beside it."""
    assert plain_values(file) == parse_document(file.read_text(encoding="utf-8"), file.name).root.plain()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_fact_has_a_source_and_a_date(file: Path) -> None:
    """Each entry says where it comes from and when that was read, itself or at the top of its file."""
    said = plain_values(file)
    assert isinstance(said, dict)
    entries = said["entries"]
    assert isinstance(entries, list)
    assert entries
    for entry in entries:
        assert isinstance(entry, dict)
        assert entry.get("source") or said.get("source"), entry
        assert entry.get("as_of") or said.get("as_of"), entry
