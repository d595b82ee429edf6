"""Holds what is a merge field and what is not, and that everything else with braces is named at its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples import HEAD, issue_of

from newsletter.errors import ProblemsFound
from newsletter.read.merge import MergeField, parse, split


@pytest.mark.parametrize(
    ("inside", "field"),
    [
        ("first_name", MergeField("first_name")),
        (" first_name ", MergeField("first_name")),
        (' first_name or "there" ', MergeField("first_name", "there")),
        (" first_name or 'it\"s' ", MergeField("first_name", 'it"s')),
        (' first_name or "" ', MergeField("first_name", "")),
        ('first_name or"there"', MergeField("first_name", "there")),
        ("or", MergeField("or")),
        ("", None),
        (' color "red"', None),
        (" first_name | upper", None),
        (" first_name or there", None),
        (" first name", None),
        (" 1st", None),
        (" self.__class__", None),
        (" a or 'b' or 'c'", None),
    ],
)
def test_a_merge_field_is_a_name_and_perhaps_a_fallback(inside: str, field: MergeField | None) -> None:
    """Two forms and nothing more: no filters, no code, no dots."""
    assert parse(inside) == field


@pytest.mark.parametrize("text", ["", "no braces", "{{ a }}", "x {{ a }} y {{ b or 'c' }}", "{{ 1 }} {{ a", "}} {{ a }} {{"])
def test_splitting_loses_nothing(text: str) -> None:
    """What is no merge field stays as text, letter by letter."""
    pieces = [piece if isinstance(piece, str) else None for piece in split(text)]
    rest = text
    for piece in pieces:
        if piece is None:
            assert rest.startswith("{{")
            rest = rest.partition("}}")[2]
        else:
            assert rest.startswith(piece)
            rest = rest.removeprefix(piece)
    assert rest == ""


@pytest.mark.parametrize(
    ("opening", "place", "words"),
    [
        ("{{ first_nam }}", "4:3", 'Did you mean "first_name"?'),
        ("{{ zzz }}", "4:3", "Known here: email, first_name"),
        ("a {{ first_name | upper }}", "4:5", "is not a merge field"),
        ("a {{ first_name }} b }}", "4:24", "`}}` has no partner"),
        ("a {{ first_name }} b {{ last_name", "4:24", "`{{` has no partner"),
        ("{% if first_name %}", "4:3", "`{%` has no partner or no meaning here"),
        ("{# note #}", "4:3", "`{#` has no partner"),
        ("{{ zzz }} {{ zzz }}", "4:13", "zzz"),
        ("https://{{ first_name }}.example/", "4:11", "in a website's name"),
        ("[book](https://{{ first_name }}.example/)", "4:18", "in a website's name"),
    ],
)
def test_braces_that_mean_nothing_are_told_at_their_place(practice_folder: Path, opening: str, place: str, words: str) -> None:
    """A slip in a merge field is found with line and column, the second of two as well as the first."""
    with pytest.raises(ProblemsFound) as caught:
        issue_of(practice_folder, f"{HEAD}opening: |\n  {opening}\nbody:\n  - {{heading: a, text: b}}\n")
    said = [str(problem) for problem in caught.value.problems]
    assert any(row.startswith(f"issues/probe.yaml:{place}: ") and words in row for row in said), said


@pytest.mark.parametrize("key", ["date", "hero: {alt: a, image", "body: [{heading: a, text: b, only_for"])
def test_a_field_that_is_the_same_for_all_takes_no_merge_field(practice_folder: Path, key: str) -> None:
    """Dates, pictures and types cannot hang on the subscriber."""
    closing = {"d": "", "h": "}", "b": "}]"}[key[0]]
    with pytest.raises(ProblemsFound, match="cannot hold a merge field"):
        issue_of(practice_folder, f"title: T\n{key}: '{{{{ first_name }}}}'{closing}\n")


def test_an_endless_merge_field_is_shown_short(practice_folder: Path) -> None:
    """Where a brace is closed pages later, the message names its beginning, not the pages."""
    words = "word " * 500
    with pytest.raises(ProblemsFound) as caught:
        issue_of(practice_folder, f"{HEAD}opening: |\n  {{{{ {words}\n  {words} }}}}\nbody:\n  - {{heading: a, text: b}}\n")
    assert len(str(caught.value)) < 300
