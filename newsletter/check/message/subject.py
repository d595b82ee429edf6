"""The subject, which is all that most readers see of a mail before they open or delete it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ADVICE, ERROR, WARNING, Finding, advice, error, warning
from newsletter.check.message.spam_words import listed, spam_in, typical_length, words_in
from newsletter.check.registry import details, mail_rule
from newsletter.check.sample import SUBJECT, Sample
from newsletter.read.issue import all_issues

_GMAIL = "https://support.google.com/mail/answer/81126"
_SUBJECT_SHOWN = 60  # letters that a wide inbox shows; a telephone shows about 40
_START_OF_FILE = 8192  # bytes of another issue in which its subject is sought

# What mail programs put before the subject of an answer or a forwarded mail, `Re[2]:` and `AW :` among them.
_ANSWER = re.compile(
    r"\s{0,9}(re|fwd?|aw|wg|sv|antw|\u56de\u590d|\u7b54\u590d|\u8f6c\u53d1)\s{0,3}(?:[\[(]\s?\d{1,3}\s?[\])])?\s{0,3}[:\uff1a]",
    re.I,
)
# The same in languages where these letters are no words of their own, as in "RV: long drives and your back".
_ANSWER_ABROAD = re.compile(r"\s{0,9}(rv|res|enc|tr|vs|rif|odp|pd|ynt)\s{0,3}[:\uff1a]", re.I)
_PILED_UP = re.compile(r"[!\uff01](?:\s?[!\uff01])+|[?\uff1f](?:\s?[?\uff1f])+|\$(?:\s?\$)+")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
# Short forms that are rightly written in capitals in a health letter.
_SHORT_FORMS = frozenset(
    (
        *("MRI", "MRIS", "CT", "EMG", "ECG", "EKG", "TMJ", "TMD", "ACL", "MCL", "PCL", "LCL", "DOMS", "BPPV"),
        *("POTS", "NSAID", "NSAIDS", "RICE", "PEACE", "LOVE", "BMI", "ADHD", "PTSD", "COPD", "COVID", "RSV"),
        *("HPV", "DNA", "BPA", "SPF", "UV", "DC", "MD", "PT", "DO", "PHD", "RN", "LMT", "CPR", "AED", "ER"),
        *("ICU", "CDC", "NIH", "WHO", "FDA", "NHS", "HIPAA", "ACA", "HSA", "FSA", "EOB", "PPO", "HMO", "US"),
        *("USA", "UK", "EU", "NYC", "YMCA", "YWCA", "PTA", "DIY", "FAQ", "FAQS", "RSVP", "OK", "AM", "PM"),
        *("TV", "PC", "ID", "ABC", "ABCS", "II", "III", "IV", "VI", "VII", "VIII", "IX", "XL", "PS"),
    )
)


@mail_rule(
    "M12",
    "an honest, calm subject",
    ERROR,
    WARNING,
    ADVICE,
    source=f"Gmail sender guidelines, {_GMAIL}; CAN-SPAM, 15 USC 7704(a)(2)",
    protects="the law",
)
def honest_subject(mails: Mails) -> Iterator[Finding]:
    """Not empty, no false `Re:` or `Fwd:`, no shouting, no words of spam, at most 60 letters, and not an earlier issue's."""
    place = _subject_place(mails)
    for sample in {sample.subject: sample for sample in mails.samples}.values():
        if sample.named("Subject"):  # a mail without the header is another rule's
            yield from _judged(sample, place, mails)
    length = typical_length(mails.issue.text.subject) if isinstance(mails, Evidence) else len(mails.samples[0].subject)
    if length > _SUBJECT_SHOWN:
        harm = f"The subject has about {length} letters. Inboxes show some 60 of them, telephones 40: the end is cut off."
        yield advice(place, harm, "Shorten `subject`, or begin with the words that matter.")
    if isinstance(mails, Evidence):
        yield from _same_again(mails, place)


@details("M12")
def spam_phrases() -> Iterator[str]:
    """The phrases that count as spam."""
    yield from listed("subject")


def _subject_place(mails: Mails) -> str:
    """The line of `subject`, or of the title that stands in for it."""
    if not isinstance(mails, Evidence):
        return SUBJECT
    root = mails.issue.document.root.value
    return mails.issue_place("subject" if isinstance(root, dict) and "subject" in root else "title")


def _judged(sample: Sample, place: str, mails: Mails) -> Iterator[Finding]:
    subject = sample.subject
    if not any(sign.isalnum() for sign in subject):
        yield error(place, "The subject is empty: readers and spam filters take such a mail for junk.", "Write a `subject`.")
        return
    if answer := false_answer(sample, subject, mails.language):
        harm = (
            f'The subject begins with "{answer}" as if you answered the reader. That misleads, and the law and Gmail forbid it.'
        )
        yield error(place, harm, f'Delete "{answer}" from `subject`.')
    if shouted := _shouted(sample):
        loud = subject[subject.find(shouted[0]) : subject.rfind(shouted[-1]) + len(shouted[-1])]
        harm = f'The subject shouts in capitals ("{loud[:60]}"): readers and spam filters take it for advertising.'
        yield warning(place, harm, "Write `subject` in small letters, with capitals as in a sentence.")
    if piled := _PILED_UP.search(subject):
        harm = f'"{piled.group()}" in the subject looks like spam to readers and to filters.'
        yield warning(place, harm, "One sign is enough, and in most subjects none is needed.")
    for phrase, entry in spam_in(subject, "subject", mails):
        if not (shouted and phrase.isupper()):
            harm = f'"{phrase}" in the subject {entry.harm}.'
            yield advice(place, harm, f"In `subject` {entry.instead}.", entry.source)


def false_answer(sample: Sample, text: str, language: str) -> str:
    """`Re:` or the like at the beginning of a text, where the mail answers none (RFC 5322 section 3.6.5); else nothing."""
    found = _ANSWER.match(text) or (_ANSWER_ABROAD.match(text) if language != "en" else None)
    answers = sample.value("In-Reply-To") or sample.value("References")
    return found.group().strip() if found and not answers else ""


def _shouted(sample: Sample) -> list[str]:
    """The words in capitals, where they are most of a subject, or three long ones; names and short forms do not count."""
    names = words_in(" ".join([*sample.subscriber.fields.values(), *(header.spoken for header in sample.named("From"))]))
    words = [word for word in _LETTERS.findall(sample.subject) if f" {word} " not in names]
    loud = [word for word in words if word.isupper() and word not in _SHORT_FORMS]
    letters = sum(map(len, loud))
    if all(word.isupper() for word in words):
        return loud if len(loud) > 1 or letters > 4 else []
    return loud if sum(len(word) > 3 for word in loud) > 2 or (len(loud) > 1 and letters * 2 > sum(map(len, words))) else []


def _same_again(evidence: Evidence, place: str) -> Iterator[Finding]:
    """The subject of an issue that went before: the other files are only searched for the line, not read."""
    own, day = " ".join(evidence.issue.text.subject.split()), evidence.issue.text.date.isoformat()
    needle = max(_LETTERS.findall(own), key=len, default="").encode()
    for path in all_issues(evidence.practice.folder):
        if path.name == evidence.issue.path.name:
            continue
        try:
            with path.open("rb") as stream:
                start = stream.read(_START_OF_FILE)
        except OSError:
            continue
        if needle not in start:
            continue
        lines = start.decode("utf-8", "replace").splitlines()
        said = {key: value for key, _, value in (line.partition(":") for line in lines) if key in ("title", "subject", "date")}
        if _unquoted(said.get("subject") or said.get("title", "")) == own and _unquoted(said.get("date", "")) <= day:
            harm = f"{path.name} has the same subject: Gmail hides the new letter behind the old one, and readers skip it."
            yield warning(place, harm, "Write a `subject` of this issue's own.")
            return


def _unquoted(value: str) -> str:
    """What a plain or quoted value on one line of YAML says."""
    value = value.strip()
    if value[:1] == "'" and value[-1:] == "'":
        value = value[1:-1].replace("''", "'")
    elif value[:1] == '"' and value[-1:] == '"':
        value = value[1:-1].replace('\\"', '"')
    else:
        value = value.partition(" #")[0]
    return " ".join(value.split())
