"""Claims: what honest newsletters say passes, what boards forbid is found, and nothing hangs or is told twice."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest
from check_desk import ISSUE, NOW, Desk
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.check import preflight
from newsletter.check.evidence import Mails, Received
from newsletter.check.facts import entries
from newsletter.check.finding import ERROR, WARNING, Finding
from newsletter.check.registry import RULES
from newsletter.check.sample import Sample
from newsletter.check.statements import Statement, split_sentences
from newsletter.check.words import boards
from newsletter.check.words.claim_phrases import Claim
from newsletter.check.words.illness import Condition
from newsletter.check.words.phrases import Phrase
from newsletter.check.words.stems import read, stem
from newsletter.errors import ProblemsFound
from newsletter.read.subscribers import Subscriber
from newsletter.read.yaml_file import parse_document

preflight.load_rules()
CORPORA = Path(__file__).with_name("corpora")
OURS = ("K02", "K03", "K04", "K05", "K06", "K09", "K11", "K12")
IN_WORDS = OURS[1:]
ELSEWHERE = "Idaho"  # no rule of its board is known here
HONEST = [line for line in (CORPORA / "honest.txt").read_text("utf-8").splitlines() if line and not line.startswith("#")]


@dataclass(frozen=True)
class Letter(Mails):
    """A foreign mail that says this and nothing else."""

    text: str = ""

    @property
    def language(self) -> str:
        """English."""
        return "en"

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Its sentences."""
        return tuple(Statement(sentence, "in the built mail, HTML part", 0, ("page",)) for sentence in split_sentences(self.text))


def found(text: str, *rules: str) -> list[str]:
    """The ids of what is found in a text."""
    letter = Letter((), NOW, text)
    return [rule for rule in rules or IN_WORDS for _ in RULES[rule].received(letter)]


def told(desk: Desk, sentences: list[str], state: str) -> dict[int, list[Finding]]:
    """What our rules find in each sentence of an issue of a practice in a state."""
    practice = desk.folder / "practice.yaml"
    practice.write_text(practice.read_text("utf-8").replace("state: UT", f"state: {state}"), encoding="utf-8")
    head = "title: Small Breaks\nsubject: Small breaks\ndate: 2026-12-01\nbody:\n"
    desk.issue(head + "".join(f"  - {{heading: Note, text: {json.dumps(one)}}}\n" for one in sentences))
    evidence, first = desk.evidence(), head.count("\n") + 1
    findings: dict[int, list[Finding]] = {}
    for rule in OURS:
        for finding in RULES[rule].look(evidence):
            line = int(finding.place.rpartition(":")[2])
            assert finding.place == f"issues/small-breaks.yaml:{line}"
            findings.setdefault(line - first, []).append(finding.by(rule, ""))
    return findings


@cache
def forbidden() -> dict[str, tuple[list[str], list[str]]]:
    """For each rule the states where it is an error, and sentences that break it."""
    said = parse_document((CORPORA / "forbidden.yaml").read_text("utf-8"), "forbidden.yaml").root.plain()
    return {rule: (group["error_in"], group["sentences"]) for rule, group in said.items()}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A practice with nothing wrong in it."""
    return Desk.at(tmp_path / "practice")


@pytest.mark.parametrize("state", ["Texas", "Hawaii", "NC", ELSEWHERE])
def test_honest_sentences_pass(desk: Desk, state: str) -> None:
    """What an honest newsletter says has no finding, in strict states and elsewhere."""
    findings = told(desk, HONEST, state)
    assert {HONEST[number]: [finding.harm for finding in several] for number, several in findings.items()} == {}


@pytest.mark.parametrize("rule", sorted(forbidden()))
def test_forbidden_sentences_are_found(desk: Desk, rule: str) -> None:
    """Each forbidden sentence is found by its rule, once, as a warning where no board is known to forbid it."""
    _, sentences = forbidden()[rule]
    findings = told(desk, sentences, ELSEWHERE)
    for number, sentence in enumerate(sentences):
        severities = [finding.severity for finding in findings.get(number, []) if finding.id == rule]
        assert severities == [WARNING], sentence


@pytest.mark.parametrize(("rule", "state"), [(rule, state) for rule, (states, _) in forbidden().items() for state in states])
def test_boards_make_errors(desk: Desk, rule: str, state: str) -> None:
    """Where the state's board forbids it, the same is an error that names the state and its law."""
    findings = told(desk, forbidden()[rule][1][:3], state)
    for number in range(3):
        (finding,) = [finding for finding in findings[number] if finding.id == rule]
        law = next(entry for entry in entries(boards.BoardRule, "boards") if entry.rule == rule and state in entry.states)
        assert finding.severity is ERROR
        assert law.state in finding.harm
        assert law.law in finding.source


@pytest.mark.parametrize("state", ["TX", "tx", "Texas", "texas", '"TX "', "T.X."])
def test_state_in_any_spelling(desk: Desk, state: str) -> None:
    """The state is known as people write it."""
    assert told(desk, ["We cure back pain."], state)[0][0].severity is ERROR


def test_state_of_another_country(desk: Desk) -> None:
    """WA is Washington in America and another place in Australia."""
    desk.in_practice("country: US", "country: Australia")
    assert told(desk, ["We cure back pain."], "WA")[0][0].severity is WARNING


def test_title_is_an_error_where_nothing_says_chiropractic(desk: Desk) -> None:
    """In Texas "Dr." needs a word of chiropractic somewhere in the mail; where it is only far away it is a warning."""
    desk.in_practice("  credentials: D.C.\n", "").in_practice("state: UT", "state: TX")
    assert [finding.severity for finding in RULES["K02"].look(desk.evidence())] == [WARNING]
    practice = (desk.folder / "practice.yaml").read_text("utf-8").replace("Riverbend Chiropractic", "Riverbend Back Care")
    for words in ("D.C., ", "her chiropractic degree ", " College of Chiropractic"):
        practice = practice.replace(words, "")
    (desk.folder / "practice.yaml").write_text(practice, encoding="utf-8")
    desk.issue(ISSUE.replace("Riverbend Chiropractic", "Riverbend Back Care"))
    (finding,) = RULES["K02"].look(desk.evidence())
    assert finding.severity is ERROR
    assert "77.3" in finding.source


def test_received_mail(desk: Desk) -> None:
    """A foreign mail is judged by the strictest set, as warnings, and by its sender's name."""
    content = (
        b"From: Dr. Lee <lee@clinic.example>\r\nSubject: Hello\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        b"We cure back pain.\r\n\r\nUnlike other clinics, we care.\r\n"
    )
    mail = Received((Sample(Subscriber("a@mail.example", 0, frozenset(), {}), "a.eml", (), content),), NOW, "a.eml")
    findings = [finding.by(rule, "") for rule in OURS for finding in RULES[rule].received(mail)]
    assert [(finding.id, finding.severity) for finding in findings] == [("K02", WARNING), ("K03", WARNING), ("K05", WARNING)]


def test_several_claims_in_one_sentence_are_one_finding(desk: Desk) -> None:
    """One sentence that promises three times over is told once, with all the words."""
    (finding,) = told(desk, ["A permanent, guaranteed cure."], "UT")[0]
    assert '"guaranteed" and "cure"' in finding.harm


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("{rule: K3, phrase: x, say: X., instead: y}", 'no check for phrases is called "K3"'),
        ("{rule: K03, phrase: (a|b, say: X., instead: y}", "cannot be read"),
        ("{rule: K03, phrase: no <pian>, say: X., instead: y}", "cannot be read"),
        ("{rule: K03, phrase: x, say: X.}", "`instead` is missing"),
        ("{rule: K03, phrase: x, say: X., insted: y}", "unknown key `insted`"),
    ],
)
def test_mistakes_in_own_phrases_are_named(desk: Desk, entry: str, problem: str) -> None:
    """A slip in rules/claims.yaml is told in words, with the file."""
    (desk.folder / "rules").mkdir()
    (desk.folder / "rules" / "claims.yaml").write_text(f"entries:\n  - {entry}\n")
    with pytest.raises(ProblemsFound) as raised:
        list(RULES["K03"].look(desk.evidence()))
    assert problem in str(raised.value)
    assert "rules/claims.yaml" in str(raised.value)


def test_own_board(desk: Desk) -> None:
    """A practice adds the law of its state in rules/boards.yaml."""
    (desk.folder / "rules").mkdir()
    law = f"{{states: [{ELSEWHERE}], rule: K03, law: Rule 7, text: forbids it, source: https://board.example}}"
    (desk.folder / "rules" / "boards.yaml").write_text(f"entries:\n  - {law}\n")
    (finding,) = told(desk, ["We cure back pain."], ELSEWHERE)[0]
    assert finding.severity is ERROR
    assert f"{ELSEWHERE} forbids it (Rule 7)." in finding.harm


def test_every_phrase_can_be_read() -> None:
    """All that is shipped parses, names a rule that there is, and has a source and a date."""
    for claim in entries(Claim, "claims", None, "en"):
        assert claim.rule in RULES
        assert claim.say[-1] == "."
        for written in (*claim.phrase, *claim.unless, *claim.beside, *claim.also):
            assert Phrase.of(written).items
    for condition in entries(Condition, "conditions", None, "en"):
        assert all(Phrase.of(written).needs for written in condition.words)
    for board in entries(boards.BoardRule, "boards"):
        assert board.source
        assert board.as_of
        assert board.severity in {"error", "warning"}


@pytest.mark.parametrize(
    ("written", "text", "there"),
    [
        ("cure", "Curing takes time", True),
        ("cure", "The curator smiled, secure", False),
        ("pain free (forever|for good)", "Pain-free, forever!", True),
        ("99 percent of patients", "ninety-five % of patients", True),
        ("get rid ... pain", "get rid of all your old pain", True),
        ("get rid ... pain", "get rid of all your very old pain", False),
        ("get rid ... pain", "get rid of it; your pain", False),
        ("chiropract*", "Chiropractors", True),
        ("do not wait", "Don\u2019t wait", True),
        ("<end> <pain>", "eliminates chronic back pain", True),
        ("(99 percent|most) of patients", "After a week 83% of patients", True),
        ("(99 percent|most) of patients", "After a week percent of patients", False),
    ],
)
def test_how_phrases_are_written(written: str, text: str, there: bool) -> None:
    """Forms, gaps, choices, numbers and groups mean what claims.en.yaml says they do."""
    assert Phrase.of(written).is_in(read(text)) is there


@pytest.mark.parametrize(
    "forms",
    [
        "cure cures cured curing",
        "allergy allergies",
        "stop stops stopped stopping",
        "guarantee guaranteed",
        "succeed succeeds succeeded",
    ],
)
def test_forms_of_one_word(forms: str) -> None:
    """All regular forms of a word have one stem."""
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("A Harvard study found that adjustments help.", ["K09"]),
        ("The Mayo Clinic advises a walk after lunch.", []),
        ("Earache again, or an ear infection? An adjustment may be all she needs.", ["K11"]),
        ("Your child has an ear infection? See your pediatrician, not us.", []),
        ("Is there an adjustment for asthma? No.", []),
        ("She beat cancer twice.", []),
    ],
)
def test_what_stands_beside_the_words_decides(sentence: str, told: list[str]) -> None:
    """An institution is no study, and a question about an illness is answered with care or with a doctor."""
    assert found(sentence) == told


FILLER = st.sampled_from(
    ["On Monday", "Come by and bring a friend", "It rained all week", "Our door is open", "Thank you for reading"]
)
CLAIMS = st.sampled_from(
    ["chiropractic cures headaches", "results are guaranteed", "it always works", "we end back pain", "relief is permanent"]
)
DENIALS = st.sampled_from(["We do not say that", "Nobody can promise that", "It is not true that", "We never claim that"])


@given(FILLER, CLAIMS, FILLER, st.sampled_from([". ", "! ", "; ", " - "]))
@settings(max_examples=60)
def test_filler_hides_no_claim(before: str, claim: str, behind: str, between: str) -> None:
    """A claim is found whatever harmless words stand around it."""
    assert "K03" in found(f"{before}{between}{claim[0].upper()}{claim[1:]}{between}{behind}.")


@given(FILLER, DENIALS, CLAIMS)
@settings(max_examples=60)
def test_negator_takes_a_claim_back(before: str, denial: str, claim: str) -> None:
    """The same claim behind a denial is none."""
    assert found(f"{before}. {denial} {claim}.", "K03") == []


@given(st.text(max_size=300) | st.text(st.sampled_from("cure not, .;:()|*#9%'\u2019\u2014 pain"), max_size=300))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    """Whatever stands in a mail, looking at it ends without an exception."""
    found(text)


@pytest.mark.parametrize(
    "words", ["cure not ", "asthma help we ", "never hurt, ", "walk a little each day and rest, ", "9", "((", "pain "]
)
def test_endless_sentences(words: str) -> None:
    """A sentence of 200 kB is judged in well under a second of work."""
    begun = time.process_time()
    found(words * (200_000 // len(words)))
    assert time.process_time() - begun < 5  # generous: this machine may be busy
