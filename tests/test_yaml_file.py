"""Holds that a YAML file is read as it was typed, or refused with the line and the reason, and never in another way."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import Missing, NewsletterError, ProblemsFound
from newsletter.read.yaml_file import LARGEST_FILE, parse_document, read_document


def problems(text: str) -> list[str]:
    """What is said about a file, whether or not something could be read of it."""
    try:
        return [str(problem) for problem in parse_document(text, "a.yaml").problems]
    except ProblemsFound as error:
        return [str(problem) for problem in error.problems]


@pytest.mark.parametrize(
    "typed", ["no", "012", "1:30", "2026-12-01", "1e3", "0x1F", "yes", "off", "1_000", "+1", ".5", "=", "<<"]
)
def test_a_scalar_stays_the_text_that_was_typed(typed: str) -> None:
    """YAML's own types never change what a practitioner wrote."""
    assert parse_document(f"key: {typed}\nlist: [{typed}]\n", "a.yaml").root.plain() == {"key": typed, "list": [typed]}


@pytest.mark.parametrize("nothing", ["", "~", "null", "Null", "NULL"])
def test_only_an_unquoted_nothing_is_empty(nothing: str) -> None:
    """A key without a value is empty; the same letters in quotes are text."""
    assert parse_document(f'a: {nothing}\nb: "{nothing}"\n', "a.yaml").root.plain() == {"a": None, "b": nothing}


@pytest.mark.parametrize(
    "text",
    [
        "a: one\nb: |\n  two\n  three\n",
        "\ufeffa: one\nb: |\n  two\n  three\n",
        "a: one\r\nb: |\r\n  two\r\n  three\r\n",
        "a: one\rb: |\r  two\r  three\r",
    ],
)
def test_line_ends_and_byte_order_mark_make_no_difference(tmp_path: Path, text: str) -> None:
    """Files of Windows, old Macs and Notepad read like any other."""
    (tmp_path / "a.yaml").write_bytes(text.encode())
    assert read_document(tmp_path / "a.yaml").root.plain() == {"a": "one", "b": "two\nthree\n"}


REFUSED: dict[str, tuple[str, str, str]] = {
    "merge field without quotes": ("a: b\nsubject: {{ first_name }}, hi\n", "2:11", "must stand in quotes"),
    "quote never closed": ('a: b\nc: "never closed\nd: e\nf: g\n', "2:4", "never closed"),
    "bracket never closed": ("a: b\nc: [x, y\nd: e\n", "2:4", "bracket"),
    "tab before a key": ("a:\n\tb: c\n", "2:1", "tab"),
    "tab after a colon": ("a:\tb\n", "1:3", "tab"),
    "colon inside text": ("a: b\nnote: Note: stretch\n", "2:11", "colon inside the text"),
    "text that begins with *": ("a:\n  - b\n  - **bold** words\n", "3:5", "text cannot begin with `*`"),
    "anchor": ("a: &b c\n", "1:4", "text cannot begin with `&`"),
    "alias": ("a: b\nc: *d\n", "2:4", "text cannot begin with `*`"),
    "alias of a group": ("a: &x {b: c}\nd: *x\n", "2:4", "anchors"),
    "tag": ("a: b\nc: !!python/object:os.system x\n", "2:4", "a YAML tag"),
    "text that begins with %": ("a: b\nc: %d\n", "2:4", "cannot begin with '%'"),
    "text that begins with @": ("c: @d\n", "1:4", "cannot begin with '@'"),
    "text that begins with a backtick": ("c: `d`\n", "1:4", "cannot begin with '`'"),
    "second document": ("a: b\n---\nc: {d: [e]}\n", "2:1", "second document"),
    "third document": ("a: b\n---\n- c\n---\nd\n", "2:1", "second document"),
    "key twice": ("a: b\nc: d\na: e\n", "3:1", "the key `a` stands twice. The first is in line 1"),
    "key twice inside brackets": ("x: {a: b, a: c}\n", "1:11", "stands twice"),
    "words lost behind a #": ("title: The #1 cause\n", "1:12", "`#1 cause` would be left out"),
    "colour without quotes": ("color: #1f6f78\n", "1:8", "`#1f6f78` would be left out"),
    "hidden line separator": ("a: b\nc: one\u2028two\n", "2:7", "invisible line break"),
    "next-line sign": ("a: one\x85two\n", "1:7", "invisible line break"),
    "NUL": ("a: b\nc: d\0e\n", "2:5", "character that text files must not have"),
    "form feed": ("a: b\x0cc\n", "1:5", "character that text files must not have"),
    "escape beyond Unicode": ('a: b\nc: "\\U00110000"\n', "2:5", "character"),
    "escape that is none": ('a: "\\q"\n', "1:6", "backslash"),
    "nested too deeply": ("a: " + "[" * 5000, "1:15", "nested too deeply"),
    "nested too deeply in lists": ("a:\n" + "\n".join("  " * n + "-" for n in range(1, 40)), "", "nested too deeply"),
    "list as a key": ("? [a]\n: b\n", "1:3", "not a plain key"),
    "list at the top": ("- a\n- b\n", "1:1", "holds no keys"),
    "a word at the top": ("hello\n", "1:1", "holds no keys"),
    "nothing": ("", "1:1", "holds no keys"),
    "remarks only": ("# nothing yet\n", "1:1", "holds no keys"),
    "line without a colon": ("text: |\n  one\ntwo words\nb: c\n", "3:1", "no colon"),
    "list in a line": ("a: - b\n", "1:4", "list begins in the middle"),
    "quote inside quotes": ("a: 'it's'\n", "1:8", "quotes"),
    "indent that fits nothing": ("a:\n    b: c\n  d: e\n", "3:3", "does not fit"),
    "version of YAML": ("%YAML 9.9\n---\na: b\n", "1:1", "not YAML we can read"),
    "ends in the middle": ("a: b\nc: [", "", "Close"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_named_with_its_place(name: str) -> None:
    """Each of YAML's traps is told in plain words, with line and column."""
    text, place, words = REFUSED[name]
    said = problems(text)
    assert any(row.startswith(f"a.yaml:{place}") and words in row for row in said), said


@pytest.mark.parametrize("name", REFUSED)
def test_one_cause_is_told_once(name: str) -> None:
    """A line that is wrong in one way has one row, not two."""
    lines = [row.split(": ")[0].split(":")[1] for row in problems(REFUSED[name][0])]
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize(
    "fine", ["a: b # a remark", 'a: "The #1 cause"', "a: b#1", "a: |\n  see #1\n", "a: 'x' #remark", "# a\na: b"]
)
def test_a_remark_or_a_sign_that_loses_nothing_is_fine(fine: str) -> None:
    """Only text that YAML would drop is refused."""
    assert problems(fine) == []


def test_all_problems_of_the_structure_come_at_once() -> None:
    """Duplicate key, tag and anchor in one file are three rows, in the order of their lines."""
    said = problems("a: b\na: c\nd: !x e\nf: &g h\n")
    assert [row.split(": ")[0] for row in said] == ["a.yaml:2:1", "a.yaml:3:4", "a.yaml:4:4"]


def test_a_syntax_error_does_not_hide_what_came_before_it() -> None:
    """What was found before the reader had to give up is told too."""
    assert len(problems('a: b\na: c\nd: "open\n')) == 2


def test_escapes_of_an_emoji_become_the_emoji() -> None:
    """A pair of surrogate escapes, as JSON writes them, is one character; no half character comes through."""
    assert parse_document('a: "\\ud83d\\ude00"\nb: "\\ud83d!"\n', "a.yaml").root.plain() == {"a": "😀", "b": "\ufffd!"}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("a: caf\u00e9\n".encode("cp1252"), "a.yaml:1: the file is not UTF-8"),
        (b"a: b\nc: \xff\n", "a.yaml:2: the file is not UTF-8"),
        ("a: b\n".encode("utf-16"), "a.yaml:1: the file is not UTF-8"),
        (b"a: b\n" * (LARGEST_FILE // 5 + 1), "a.yaml: the file is 1.0 MB large"),
        (b"x" * 10_000_000, "a.yaml: the file is 10.0 MB large"),
    ],
)
def test_a_file_that_is_no_text_of_ours_is_refused(tmp_path: Path, raw: bytes, words: str) -> None:
    """Another encoding and a file that is far too large are named before anything is read of them."""
    (tmp_path / "a.yaml").write_bytes(raw)
    with pytest.raises(ProblemsFound, match=words):
        read_document(tmp_path / "a.yaml", tmp_path)


@pytest.mark.parametrize("name", ["nothing.yaml", "folder.yaml"])
def test_what_is_no_file_is_missing(tmp_path: Path, name: str) -> None:
    """A file that is not there and a folder in its place are told, not raised as they come."""
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(Missing, match=name):
        read_document(tmp_path / name, tmp_path)


def test_a_megabyte_of_anything_ends_in_words() -> None:
    """Large files of brackets, quotes and dashes are refused, not crashed on."""
    for piece in ("[", "{", "- ", '"', "'", "? ", "a: ", "|\n", "!", "&a ", "*a ", "\t"):
        with pytest.raises(NewsletterError):
            parse_document(piece * 50_000, "a.yaml")
