"""Holds what an issue file may say, and that everything wrong in it is told in one run with the right lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples import FIELDS, HEAD, ROOT, issue_of

from newsletter.errors import Missing, ProblemsFound
from newsletter.read.blocks import KINDS
from newsletter.read.issue import all_issues, find_issue, read_issue

BODY = "body:\n  - {heading: a, text: b}\n"


def said_of(folder: Path, text: str) -> list[str]:
    """Every problem of an issue with this text, as it is shown."""
    with pytest.raises(ProblemsFound) as caught:
        issue_of(folder, text)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("path", sorted((ROOT / "issues").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_issue_is_right(practice_folder: Path, path: Path) -> None:
    """What people start from is read without a word."""
    assert read_issue(path, practice_folder, FIELDS).text.title


def test_everything_wrong_in_an_issue_comes_in_one_run(practice_folder: Path) -> None:
    """Unknown key, missing field, bad link, block type, date, picture, and a merge field inside a block of text."""
    text = """\
titel: Backs
title: Backs
date: 2026-02-30
hero: {image: ../x.png}
body:
  - headng: A
    text: B
  - type: tisp
    items: [a]
  - type: button
    label: Book
    url: javascript:alert(1)
  - heading: C
    text: |
      one

      two {{ first_nam }} and {{ first_name }}
      three {{ frist_name }}
  - type: tips
    items: []
sources:
  - {title: a, publisher: b, url: "ftp://a.example"}
"""
    said = said_of(practice_folder, text)
    assert [row.removeprefix("issues/probe.yaml:").split(": ")[0] for row in said] == [
        "1:1", "3:7", "4:7", "4:15", "6:5", "6:5", "8:11", "12:10", "17:11", "18:13", "20:5", "22:35",
    ]  # fmt: skip
    for words in ('`titel`. Did you mean "title"', '"tisp". Did you mean "tips"', '"first_nam". Did you mean "first_name"'):
        assert any(words in row for row in said), said


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_merge_field_deep_inside_a_text_is_found_at_its_line(practice_folder: Path, newline: str) -> None:
    """The third line of a block of text is counted from the file's beginning, whatever ends the lines."""
    text = f"{HEAD}body:\n  - heading: a\n    text: |\n      one {{{{ first_name }}}}\n      two\n      three {{{{ nobody }}}}\n"
    assert said_of(practice_folder, text.replace("\n", newline))[0].startswith("issues/probe.yaml:8:13: there is no merge field")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BODY + "title: a\n", "`date` is missing"),
        ("date: 2026-12-01\n" + BODY, "`title` is missing"),
        (HEAD, "`body` is missing"),
        (HEAD + "body: []\n", "`body` holds nothing"),
        (HEAD + "body: words\n", "`body` should be a list"),
        (HEAD + "body: {a: b}\n", "`body` should be a list"),
        (HEAD + "body: [words]\n", "`body[1]` should be a group of keys"),
        (HEAD + "body: [[a]]\n", "`body[1]` should be a group of keys"),
        (HEAD + "body:\n  -\n", "`body[1]` is empty"),
        (HEAD + "body:\n  - type: [tips]\n", "unknown block type"),
        (HEAD + "body:\n  - {heading: a, text: b, only_for: [a/b]}\n", "is more than one tag"),
        (HEAD + "body:\n  - type: Tips\n    items: [a]\n", 'Did you mean "tips"?'),
        (HEAD + "body:\n  - type:\n    heading: a\n    text: b\n", "`body[1].type` is empty"),
        (HEAD + "body:\n  - type: exercise\n    heading: a\n", "`body[1].steps` is missing"),
        (
            HEAD + "body:\n  - type: choices\n    question: a\n    answers: [{labl: b}]\n",
            'unknown key `labl`. Did you mean "label"?',
        ),
        (HEAD + "body:\n  - heading: a\n    text: b\n    image: images/a.png\n", "a picture needs `alt`"),
        (HEAD + "body:\n  - heading: a\n    text: b\n    image: images/a.png\n    alt:\n", "a picture needs `alt`"),
        (HEAD + "body:\n  - heading: ''\n    text: b\n", "`body[1].heading`: it is empty"),
        (HEAD + 'body:\n  - heading: "a\\nb"\n    text: b\n', "must be one line"),
        (HEAD + 'body:\n  - heading: "a\\x07"\n    text: b\n', "control character (number 7)"),
        (HEAD + "body:\n  - heading: a\ufffd\n    text: b\n", "was lost when the text was copied"),
        (HEAD + "body:\n  - heading: a\n    text: [b]\n", "`body[1].text` should be text"),
        (HEAD + "only_for: [a]\n" + BODY, "unknown key `only_for`"),
        (HEAD + "sources: [{title: a}]\n" + BODY, "`sources[1].publisher` is missing"),
        ("title: a\ndate: 1.12.2026\n" + BODY, '"1.12.2026" is not a date'),
        ("title: a\ndate: 0000-01-01\n" + BODY, "is not a day of the calendar"),
        ("title: a\ndate: [2026-12-01]\n" + BODY, "should be a date"),
        (HEAD + "body:\n  - {type: button, label: a, url: 'https://{{ first_name }}.example'}\n", "in a website's name"),
        (HEAD + "body:\n  - {type: button, label: a, url: 'mailto:{{ email }}'}\n", "only in a link to a website"),
        (HEAD + "body:\n  - {type: button, label: a, url: '{{ email }}'}\n", "not a link we can put in a mail"),
        (HEAD + "body:\n  - {type: button, label: a, url: 'https://a b.example'}\n", "a space or a sign"),
        (HEAD + "body:\n  - {type: button, label: a, url: 'https://'}\n", "not a link"),
        (HEAD + "body:\n  - {type: button, label: a, url: 'mailto:'}\n", "not a link"),
        (HEAD + "body:\n  - {type: button, label: a, url: //a.example}\n", "not a link"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(practice_folder: Path, text: str, words: str) -> None:
    """Every field says what is wrong, and where."""
    said = said_of(practice_folder, text)
    assert any(words in row for row in said), said
    assert all(row.startswith("issues/probe.yaml:") for row in said)


def test_a_list_with_bad_entries_is_not_called_empty(practice_folder: Path) -> None:
    """Only what the person can see is said: the entries are there, and each is wrong."""
    assert not any("holds nothing" in row for row in said_of(practice_folder, HEAD + "body: [{heading: a}]\n"))


def test_the_subject_is_the_title_unless_it_is_said(practice_folder: Path) -> None:
    """Most issues need no subject of their own."""
    assert issue_of(practice_folder, HEAD + BODY).text.subject == "Backs"
    assert issue_of(practice_folder, HEAD + "subject: Hello\n" + BODY).text.subject == "Hello"


def test_surprising_words_stay_what_they_are(practice_folder: Path) -> None:
    """`no`, `012` and `1:30` are headings like any other."""
    issue = issue_of(practice_folder, HEAD + "body:\n  - {heading: no, text: 012}\n  - {heading: 1:30, text: yes}\n")
    assert [(block.heading, block.text) for block in issue.text.body] == [("no", "012"), ("1:30", "yes")]


def test_letters_are_put_together(practice_folder: Path) -> None:
    """A letter and its accent, typed apart as a Mac does, are one letter (NFC)."""
    assert issue_of(practice_folder, "title: Jose\u0301\ndate: 2026-12-01\n" + BODY).text.title == "José"


@pytest.mark.parametrize("named", ["back-muscle-spasms", "issues/back-muscle-spasms.yaml"])
def test_an_issue_is_found_by_slug_and_by_path(practice_folder: Path, named: str) -> None:
    """Whatever a person types first is right."""
    assert find_issue(practice_folder, named) == practice_folder / "issues" / "back-muscle-spasms.yaml"


@pytest.mark.parametrize(
    ("named", "words"), [("back-muscle-spasm", 'Did you mean "back-muscle-spasms"'), ("zzz", "Known here: back-muscle-spasms")]
)
def test_an_unknown_slug_is_answered_with_the_closest(practice_folder: Path, named: str, words: str) -> None:
    """A slip of the pen has a `did you mean`."""
    with pytest.raises(Missing, match=words):
        find_issue(practice_folder, named)


def test_a_practice_without_issues_hears_how_to_make_one(tmp_path: Path) -> None:
    """The next step is a command."""
    assert all_issues(tmp_path) == []
    with pytest.raises(Missing, match="newsletter new"):
        find_issue(tmp_path, "x")


def test_every_kind_of_block_knows_its_own_name() -> None:
    """The list of kinds and the models agree, so that an issue's `type` always finds its model."""
    for name, model in KINDS.items():
        assert model.model_fields["type"].annotation.__args__ == (name,)  # type: ignore[union-attr]
