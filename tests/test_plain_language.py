"""Plain words, reading level and spelling, on sentences such as practices write."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import pytest
from check_desk import ISSUE, ROOT, Desk
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.check import facts, preflight
from newsletter.check.finding import Finding, Severity
from newsletter.check.words import spelling_program
from newsletter.check.words.phrase_book import PhraseBook
from newsletter.check.words.plain_language import Jargon, is_explained
from newsletter.check.words.spelling import Spelling
from newsletter.check.words.spelling_program import slips, sure_slips

JARGON = facts.entries(Jargon, "jargon", language="en")
SPELLING = facts.entries(Spelling, "spelling", language="en")
HONEST = (
    "Take a breath in through your nose, then let your breath out slowly.",
    "Your left side affects your right side when you walk.",
    "Do one more, then rest. You should of course stop if it hurts.",
    "We practise what we teach: our practice has an hour for exercise.",
    "The effect you feel may be small, and that that helps is not proven.",
    "What you had had before can come back.",
    "Dr. Noel Wether and Mrs. Teh will be there.",
)


def found(desk: Desk, rule_id: str, text: str) -> list[Finding]:
    """What a rule says of the issue with this text in it."""
    written = text.replace("'", "''")
    desk.issue(ISSUE.replace("Walk about for five minutes or so.", f"'{written}'"))
    return list(preflight.run(desk.evidence(), [rule_id]).findings)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A practice with nothing wrong in it."""
    return Desk.at(tmp_path / "practice")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("You may have a radiculopathy.", ["radiculopathy"]),
        ("Low fluids (dehydration) and low body salts (electrolytes) are blamed.", []),
        ("Stenosis (a narrow space for the nerves) can hurt.", []),
        ("Your sacroiliac joints may ache.", ["sacroiliac joints"]),
        ("The sacroiliac joint is where your spine meets the hip bone.", []),
        ("A sore tendon, also called tendinitis, needs rest.", []),
        ("This is known as bursitis.", []),
        ("Heat is contraindicated. Ask about modalities.", ["contraindicated", "modalities"]),
        ("Your range of motion may grow, laterally too.", ["range of motion", "laterally"]),
        ("LUMBAR PAIN", ["LUMBAR"]),
        ("Carpal tunnel, sciatica, arthritis and a herniated disc are words that most people know.", []),
        ("We were at the Institute of Musculoskeletal Health.", []),
        ("Some modalities help. A modality is a kind of treatment.", []),
    ],
)
def test_words_of_the_clinic(desk: Desk, text: str, words: list[str]) -> None:
    """A word that patients do not know is told, unless the issue explains it."""
    told = [re.search(r'the word "(.+?)"', finding.harm) for finding in found(desk, "K13", text)]
    assert [word[1] for word in told if word] == words


def test_five_words_are_named_and_the_rest_counted(desk: Desk) -> None:
    """Ten words of the clinic are five findings, not ten."""
    told = found(desk, "K13", "Edema, syncope, tinnitus, dyspnea, bruxism, cavitation, myalgia and arthralgia.")
    assert len(told) == 5
    assert told[-1].harm.endswith('And 3 more: "cavitation", "myalgia", "arthralgia".')


def test_a_practice_can_allow_a_word(desk: Desk) -> None:
    """An entry of its own that says a word means itself goes before ours."""
    (desk.folder / "rules").mkdir()
    (desk.folder / "rules" / "jargon.yaml").write_text("entries:\n  - {word: subluxation, plain: subluxation}\n")
    assert found(desk, "K13", "What is a subluxation then?") == []


def test_each_long_sentence_is_named_once(desk: Desk) -> None:
    """Long sentences are one finding with their lines; those that the grade names already are not told again."""
    long = "we sit and " * 9 + "stand."
    (finding,) = found(desk, "K13", f"Now {long} Then {long}")
    assert finding.severity is Severity.ADVICE
    assert finding.harm.startswith("2 sentences have more than 25 words")
    assert finding.harm.count("line 11") == 2


def test_only_words_are_counted_in_another_language(desk: Desk) -> None:
    """The grade and the lists are made for English; the length is told in any language."""
    desk.in_practice("language: en", "language: es")
    assert found(desk, "K13", "Radiculopathy " * 300) == []
    (finding,) = found(desk, "K13", "La espalda. " * 400)
    assert "words" in finding.harm


def test_lists_are_sound() -> None:
    """No word stands twice, nothing that is right counts as wrong, and every entry says where it is from."""
    words = [word for entry in JARGON for word in entry.word]
    slips_listed = [wrong for entry in SPELLING for wrong in entry.wrong]
    assert len(words) == len(set(words)) > 300
    assert len(slips_listed) == len(set(slips_listed)) > 1000
    right = {entry.right for entry in SPELLING} | set(words)
    assert right.isdisjoint(slips_listed)
    assert all(entry.source and entry.as_of for entry in (*JARGON, *SPELLING))


@pytest.mark.parametrize("text", HONEST)
def test_right_words_are_left_alone(desk: Desk, text: str) -> None:
    """What only looks like a slip is none."""
    assert found(desk, "K20", text) == []


@pytest.mark.parametrize("slug", ["back-muscle-spasms", "desk-breaks", "steady-on"])
def test_no_slip_in_what_is_shipped(desk: Desk, slug: str) -> None:
    """The issues that come with the tool are spelt right, and are easy to read but for their length."""
    desk.issue((ROOT / "issues" / f"{slug}.yaml").read_text(encoding="utf-8"))
    for name in (ROOT / "issues" / "images").iterdir():
        (desk.folder / "images" / name.name).write_bytes(name.read_bytes())
    told = preflight.run(desk.evidence(), ["K13", "K20"]).findings
    assert [finding.harm.split(",")[0] for finding in told] == (["The letter has 1"] if slug == "back-muscle-spasms" else [])


def test_a_slip_is_found_in_any_case(desk: Desk) -> None:
    """In a title all words may be large; in a name they are left alone."""
    desk.issue(ISSUE.replace("Stand up each hour", "Excercise For Your Vertabrae"))
    told = [finding.harm for finding in preflight.run(desk.evidence(), ["K20"]).findings]
    assert told == ['"Excercise" should probably be "Exercise".', '"Vertabrae" should probably be "Vertebrae".']


def program(desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> None:
    """Puts a spelling program on the PATH, and its memory into the desk's folder."""
    folder = desk.folder / "bin"
    folder.mkdir()
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_an_installed_program_is_asked_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What codespell says is kept: the next check does not run it."""
    script = f"echo asked >> '{desk.folder}/log'\ncat > /dev/null\nprintf '1: knaw\\n\\tfifve ==> five\\n'\nexit 65"
    program(desk, monkeypatch, "codespell", script)
    for _ in range(2):
        (finding,) = found(desk, "K20", "Walk for fifve minutes.")
        assert finding.harm == '"fifve" should probably be "five".'
    assert (desk.folder / "log").read_text() == "asked\n"


@pytest.mark.parametrize("script", ["exit 1", "sleep 30", "echo 'Cannot open dictionary' >&2"])
def test_a_broken_program_is_no_finding(desk: Desk, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """It costs a second at most, and nothing is told."""
    program(desk, monkeypatch, "hunspell", script)
    begun = time.monotonic()
    assert slips(["fifve", "walkign"]) == {}
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("name", ["codespell", "hunspell"])
def test_the_real_program(desk: Desk, installed: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is installed, a slip that our list does not hold is found, and right words of both Englishes are not."""
    there = shutil.which(name, path=installed)
    if there is None:
        pytest.skip(f"{name} is not installed")
    (desk.folder / "bin").mkdir()
    (desk.folder / "bin" / name).symlink_to(there)
    monkeypatch.setenv("PATH", str(desk.folder / "bin"))
    monkeypatch.setattr(spelling_program, "_PATIENCE", 30)  # the computer that tests may be busy
    assert slips(["tounge", "wakling", "colour", "travelled", "flyer", "myofascial", "spine"]).items() & {
        ("tounge", "tongue"),
        ("wakling", "walking"),
    }
    assert (
        not {"colour", "travelled", "flyer", "myofascial", "spine"} & slips(["colour", "travelled", "flyer", "myofascial"]).keys()
    )


def test_only_sure_slips_are_guessed() -> None:
    """Letters swapped or doubled; never another word that is merely near."""
    assert "back" in sure_slips("bakc")
    assert "swelling" in sure_slips("sweling")
    assert "knees" in sure_slips("kneees")
    assert "flayer" not in sure_slips("flyer")
    assert "traveled" not in sure_slips("travelled")


@given(st.text(max_size=300), st.text(max_size=300))
@settings(deadline=None, max_examples=60)
def test_any_text_can_be_looked_through(text: str, after: str) -> None:
    """No text makes the search fail, and what it finds stands in the text."""
    book = PhraseBook((word, entry) for entry in JARGON for word in entry.word)
    for met in book.met_in(f"{text} range of motion {after}"):
        assert f"{text} range of motion {after}"[met.start : met.end] == met.said
        is_explained(text, met, after)


def test_a_huge_text_takes_no_time() -> None:
    """Time grows with the length of a text, and with nothing else."""
    book = PhraseBook((word, entry) for entry in JARGON for word in entry.word)
    begun = time.monotonic()
    assert sum(1 for _ in book.met_in("the range of the motion is lumbar " * 20_000)) == 20_000
    assert time.monotonic() - begun < 3
