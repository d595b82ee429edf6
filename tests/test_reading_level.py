"""How an issue reads: words, minutes, school grade, and the hardest sentences with their lines."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import HEAD, issue_of

from newsletter.check.statements import WORD, split_sentences
from newsletter.check.words.reading import Reading, grade_of, hardest, reading_of
from newsletter.check.words.syllables import syllables
from newsletter.errors import ProblemsFound
from newsletter.read.issue import Issue, read_issue
from newsletter.read.yaml_file import parse_document

ROOT = Path(__file__).parents[1]
SPOKEN = {
    1: "the back spine neck hip knee joint bone nerve disc strain sprain ice heat walk stretch care health breathe walked moved "
    "strained ached helped tired friend vague whole knees eyes aches months thigh weight fruit juice through leaves don't it's",
    2: "muscle muscles spasm spasms table people ankle shoulder needed settled headache tension motion doctor always balance "
    "stretches changes injured surgeon marriage being doing trying player poem diet science lion fluid didn't haven't sometimes "
    "homework lifestyle safely careful movement nervous conscious special patient hundred fatigue tissue argue evening organ",
    3: "exercise area idea vitamin medicine family different positive radio video calcium nausea injury ligament easier happiest "
    "library memory history dementia efficient computer hospital muscular cervical thoracic tomorrow completely insurance "
    "previous serious influence continued reaction created recipe lordosis scientist physician surfaces employee arthritis",
    4: "chiropractor chiropractic experience ingredient temperature anatomy diabetes information inflammation recovery "
    "medication circulation actually obesity variety society anxiety activity potassium sciatica osteopath category "
    "bacteria diarrhea ibuprofen biology dislocation relaxation scoliosis dehydrated",
    5: "immediately examination osteopathic individual university manipulation opportunity cardiology metabolism",
    6: "osteoporosis physiotherapy responsibility rehabilitation",
}
GETTYSBURG = """
  Four score and seven years ago our fathers brought forth on this continent, a new nation, conceived in Liberty, and
  dedicated to the proposition that all men are created equal.

  Now we are engaged in a great civil war, testing whether that nation, or any nation so conceived and so dedicated,
  can long endure. We are met on a great battle-field of that war. We have come to dedicate a portion of that field,
  as a final resting place for those who here gave their lives that that nation might live. It is altogether fitting
  and proper that we should do this.

  But, in a larger sense, we can not dedicate -- we can not consecrate -- we can not hallow -- this ground. The brave
  men, living and dead, who struggled here, have consecrated it, far above our poor power to add or detract. The world
  will little note, nor long remember what we say here, but it can never forget what they did here. It is for us the
  living, rather, to be dedicated here to the unfinished work which they who fought here have thus far so nobly
  advanced. It is rather for us to be here dedicated to the great task remaining before us -- that from these honored
  dead we take increased devotion to that cause for which they gave the last full measure of devotion -- that we here
  highly resolve that these dead shall not have died in vain -- that this nation, under God, shall have a new birth of
  freedom -- and that government of the people, by the people, for the people, shall not perish from the earth.
"""


def reading(folder: Path, text: str, language: str = "en") -> Reading:
    """How an issue of this one opening reads; its title is the one word Backs."""
    return reading_of(issue_of(folder, f"{HEAD}opening: |\n{text}\nbody: [{{heading: Go, text: Go.}}]\n"), language)


def without_frame(found: Reading) -> Reading:
    """The same without the title and the body, which the file needs."""
    sentences = found.sentences[1:-2]
    return Reading(sum(sentence.words for sentence in sentences), found.minutes, found.grade, sentences)


def sample(name: str) -> Issue:
    """One of the issues that come with the tool."""
    return read_issue(ROOT / "issues" / f"{name}.yaml", ROOT, frozenset(["first_name", "email", "last_name"]))


def test_syllables_are_counted_as_spoken() -> None:
    """Of common and medical words, at least 95 in 100 get exactly the syllables they are spoken with."""
    words = {word: count for count, listed in SPOKEN.items() for word in listed.split()}
    wrong = {word: syllables(word) for word, count in words.items() if syllables(word) != count}
    assert len(words) >= 170
    assert len(wrong) / len(words) <= 0.05, wrong


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *[("30", 2), ("17", 3), ("2017", 5), ("2005", 4), ("1900", 4), ("3.5", 3), ("911", 5), ("MS", 2), ("MRI", 3)],
        *[("follow-up", 3), ("x", 1), ("1st", 1), ("nurse's", 2), ("you've", 1), ("Zoë", 2), ("мир", 1)],
    ],
)
def test_numbers_and_capitals_are_read_aloud(word: str, count: int) -> None:
    """A year, a decimal and an abbreviation count as they are spoken; every word has at least one syllable."""
    assert syllables(word) == pytest.approx(count, abs=1 if word in ("911", "Zoë") else 0)


def test_grades_agree_with_published_ones(practice_folder: Path) -> None:
    """The Gettysburg Address is grade 11; "the cat sat on the mat" has -1.45, the platypus sentence 11.3 (by Flesch's counts)."""
    address = without_frame(reading(practice_folder, GETTYSBURG))
    assert address.words == pytest.approx(268, abs=4)
    sounds = sum(syllables(word) for sentence in address.sentences for word in WORD.findall(sentence.text))
    assert grade_of(address.words, len(address.sentences), sounds) == pytest.approx(11, abs=1)
    for text, grade in (
        ("The cat sat on the mat.", -1.45),
        ("The Australian platypus is seemingly a hybrid of a mammal and reptilian creature.", 11.26),
    ):
        (sentence,) = without_frame(reading(practice_folder, f"  {text}")).sentences
        assert sentence.grade == pytest.approx(grade, abs=1)


def test_the_samples_read_easily() -> None:
    """The issues that come with the tool keep to the grade that health bodies ask for, and say how long they take."""
    for name, minutes in (("back-muscle-spasms", 6), ("desk-breaks", 2), ("steady-on", 2)):
        found = reading_of(sample(name))
        assert found.grade is not None
        assert 2 < found.grade < 7
        assert found.minutes == minutes
        assert found.words == sum(sentence.words for sentence in found.sentences)


@pytest.mark.parametrize("name", ["back-muscle-spasms", "desk-breaks", "steady-on"])
def test_every_sentence_is_found_in_its_line(name: str) -> None:
    """The line given with a sentence is the line of the file where its first word stands."""
    issue = sample(name)
    for sentence in reading_of(issue).sentences:
        line = issue.document.lines[sentence.line - 1]
        assert sentence.text.split()[0] in line
        assert sentence.text.split()[-1].rstrip(".:?!,") in " ".join(issue.document.lines[sentence.line - 1 : sentence.line + 4])


def test_only_what_was_written_for_reading_counts(practice_folder: Path) -> None:
    """Sources, names, credits, legal lines, addresses and words for a picture are no part of the reading."""
    text = f"""{HEAD}subject: An unread subject
preheader: An unread preheader
hero: {{image: images/logo.png, alt: Unread alt, caption: Seen caption, credit: Unread credit}}
opening: Read [these words](https://riverbend.example/unread-path) or write to unread@riverbend.example today.
body:
  - {{type: quote, text: A quoted line, name: Unread Name}}
  - {{type: offer, heading: An offer, text: Come in, legal: Unread law, label: Book now, url: https://riverbend.example/u}}
  - {{type: tips, items: [First tip]}}
  - {{type: button, label: Ask us, url: https://riverbend.example/unread}}
sources: [{{title: Unread, publisher: Unread, url: https://riverbend.example/unread}}]
"""
    found = reading_of(issue_of(practice_folder, text))
    assert [sentence.text for sentence in found.sentences] == [
        "Backs",
        "Seen caption",
        "Read these words or write to today.",
        "A quoted line",
        "An offer",
        "Come in",
        "Book now",
        "First tip",
        "Ask us",
    ]
    assert [sentence.line for sentence in found.sentences] == [1, 5, 6, 8, 9, 9, 9, 10, 11]


def test_marks_and_merge_fields_are_read_as_words(practice_folder: Path) -> None:
    """Markdown is gone, list items stand alone, and a merge field is its fallback or one common word."""
    text = """  Hi {{ first_name or "neighbor" }}, {{ first_name }} **can** do _this_.

  - One thing
  - Another thing

  ### And more"""
    found = without_frame(reading(practice_folder, text))
    assert [(s.text, s.line) for s in found.sentences] == [
        ("Hi neighbor, you can do this.", 4),
        ("One thing", 6),
        ("Another thing", 7),
        ("And more", 9),
    ]


@pytest.mark.parametrize(
    ("paragraph", "count"),
    [
        ("Dr. Ana Reyes, D.C., sees you at 9 a.m. on Monday. Call her.", 2),
        ("Hold for 3.5 seconds. Rest.", 2),
        ("Use heat, e.g. a pad. It helps!", 2),
        ("Ask for J. Smith or Mary K. Jones.", 1),
        ("Take vitamin D. It may help.", 2),
        ('He said "Stop." Then he left.', 2),
        ("We open at 8 a.m. Come early.", 2),
        ("Really?! Yes... it works.", 3),
        ("No. That is wrong. See no. 5 below.", 3),
    ],
)
def test_sentences_end_where_readers_stop(paragraph: str, count: int) -> None:
    """Abbreviations, initials and decimals end no sentence."""
    assert len(list(split_sentences(paragraph))) == count, list(split_sentences(paragraph))


def test_the_hardest_sentences_come_first(practice_folder: Path) -> None:
    """A check can name the worst sentences; one long word by itself is not among them."""
    hard = "Musculoskeletal rehabilitation necessitates individualized interdisciplinary evaluation procedures immediately."
    found = reading(practice_folder, f"  We sat on the mat with the cat all day. Osteoporosis. {hard}")
    assert [sentence.text for sentence in hardest(found, 5)] == [hard, "We sat on the mat with the cat all day."]
    assert hardest(found, 1)[0].line == 4
    assert hardest(found, 0) == ()


def test_other_languages_have_no_grade(practice_folder: Path) -> None:
    """The formula is made for English: elsewhere there are words and minutes, and no grade."""
    found = reading(practice_folder, "  La espalda necesita movimiento todos los días, con calma.", "es")
    assert found.grade is None
    assert [sentence.grade for sentence in found.sentences] == [None] * len(found.sentences)
    assert found.words == 12
    assert reading(practice_folder, "  Move your back.", "en-GB").grade is not None


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=400) | st.text("ab .*_`[]()!-#>\n{}\"'1\\", max_size=400))
def test_no_text_makes_it_fail(text: str) -> None:
    """Whatever stands in a text, there is a reading of at least one minute."""
    lines = "\n".join(f"  {line}" for line in text.translate(dict.fromkeys([*range(9), *range(11, 32), 127])).splitlines())
    try:
        document = parse_document(f"title: T\nopening: |2\n  x\n{lines}\n", "x.yaml")
    except ProblemsFound:  # what YAML refuses is no text of an issue
        return
    issue = sample("desk-breaks")
    found = reading_of(Issue(issue.slug, issue.path, issue.text, document))
    assert found.minutes >= 1
    assert all(1 <= sentence.line <= len(document.lines) and sentence.words for sentence in found.sentences)


NO_HANG = 10  # seconds of work; what grows with the square of a text would take far longer


@pytest.mark.parametrize("unit", ["Your low back has long muscles that tighten when you sit. ", "a.b", "**a ", "'"])
def test_no_text_makes_it_hang(unit: str) -> None:
    """100 kB of anything are read in seconds: no pattern of ours takes longer than in step with the text."""
    text = (unit * (100_000 // len(unit))).replace(". Your", ".\n\n  Your")
    document = parse_document(f"title: T\nopening: |2\n  {text}\n", "x.yaml")
    issue = sample("desk-breaks")
    began = time.process_time()
    reading_of(Issue(issue.slug, issue.path, issue.text, document))
    assert time.process_time() - began < NO_HANG
