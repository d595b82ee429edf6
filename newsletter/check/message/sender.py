"""Who a mail says it is from, and whether an answer to it reaches anybody."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import WARNING, Finding, warning
from newsletter.check.message.spam_words import listed, spam_in, words_in
from newsletter.check.message.subject import false_answer
from newsletter.check.network.net import Net, NoAnswer
from newsletter.check.registry import details, mail_rule
from newsletter.check.sample import Sample

_GMAIL = "https://support.google.com/mail/answer/81126"
_MICROSOFT = "https://techcommunity.microsoft.com/blog/microsoftdefenderforoffice365blog/4399730"
_HONEST_SIGNS = frozenset("\u00ae\u2122\u2120\u00a9\u00b0\u2117")  # registered, trade mark, service mark, copyright, degree
_NUMBERED = re.compile(r"[(\[]\s?\d{1,2}\s?[)\]]")
_ADDRESS = re.compile(r"[^\s@<>]@[^\s@<>]{1,200}\.\w")
_ANY_NAME = "Use the name of the practice or of the practitioner, and nothing else."
_FEWEST_WORDS = 2  # of the subject in a sender's name: a single one may well be the practice's own
_SHORTEST_WORD = 3
# no-reply@, news_no.reply@, do-not-reply-2@, noresponder@, and what a mailbox for machines is called in other languages
_DEAF = re.compile(
    r"(?:^|[._+-])(?:(?:no|not|non|do[._-]?not|dont|never)[._-]?(?:reply|replies|response|respond|answer|answers)"
    r"|no[._-]?(?:responder|contestar|responda)|ne[._-]?pas[._-]?repondre|nicht[._-]?antworten|keine[._-]?antwort"
    r"|unmonitored|mailer[._-]?daemon|devnull|blackhole)(?:$|[._+\-\d])|noreply|donotreply"
)
_NOWHERE = frozenset(("invalid", "localhost", "local", "lan", "internal", "home", "localdomain"))  # RFC 6761, RFC 6762, RFC 9476


@mail_rule("M13", "a sender's name that says who writes", WARNING, source=f"Gmail guidelines for display names, {_GMAIL}")
def plain_name(mails: Mails) -> Iterator[Finding]:
    """The practice's or practitioner's name: no emoji, address, number in brackets, `Re:`, message, or name of the reader."""
    place = mails.key_place("sender", "name")
    fix = f'Write the name that patients know, as "{_own_names(mails)[0]}".' if isinstance(mails, Evidence) else _ANY_NAME
    for sample in {_name(sample): sample for sample in mails.samples}.values():
        if name := _name(sample):
            for harm in _faults(name, sample, mails):
                yield warning(place, harm, fix)
    names = {_name(sample) for sample in mails.samples}
    reader = _to(mails.samples[0]) if len(mails.samples) == 1 else ""
    if len(names) > 1 or (reader and f" {reader} " in words_in(names.pop()).lower()):
        harm = "The sender's name holds the name of the reader: Gmail takes that for an attempt to mislead."
        yield warning(place, harm, fix)


@details("M13")
def message_phrases() -> Iterator[str]:
    """The phrases that belong into a subject."""
    yield from listed("sender")


def _name(sample: Sample) -> str:
    """The words beside the sender's address; empty where there are none."""
    return next((name.strip() for header in sample.named("From") for name, _ in header.mailboxes), "")


def _to(sample: Sample) -> str:
    """The reader's name in To, lower case, where it is somebody else than the sender."""
    own = [address.lower() for header in sample.named("From") for _, address in header.mailboxes]
    to = [box for header in sample.named("To") for box in header.mailboxes]
    names = [words_in(name).strip().lower() for name, address in to if address.lower() not in own and "@" not in name]
    return names[0] if names else ""


def _own_names(evidence: Evidence) -> list[str]:
    """What the practice and whoever signs the issue are called."""
    people = [evidence.practice.text.practitioner, evidence.issue.text.author]
    return [evidence.practice.text.practice.name, *(person.name for person in people if person)]


def _faults(name: str, sample: Sample, mails: Mails) -> Iterator[str]:
    """What is wrong with a sender's name, each as a whole sentence."""
    if sign := next((sign for sign in name if unicodedata.category(sign) == "So" and sign not in _HONEST_SIGNS), ""):
        yield f'The sender\'s name "{name}" has a picture in it ({sign}): Gmail counts that against a mail.'
    if _ADDRESS.search(name):
        yield f'The sender\'s name "{name}" is or holds an email address: that looks forged, and readers do not see who writes.'
    if found := _NUMBERED.search(name):
        yield f'"{found.group()}" in the sender\'s name looks like an earlier conversation: Gmail counts that as misleading.'
    if answer := false_answer(sample, name, mails.language):
        yield f'The sender\'s name begins with "{answer}" as if you answered the reader: Gmail counts that as misleading.'
    own = words_in(" ".join(_own_names(mails))).lower() if isinstance(mails, Evidence) else " "
    rest = [word for word in words_in(name).split() if f" {word.lower()} " not in own]
    told = [phrase for phrase, _ in spam_in(" ".join(rest), "sender", mails)]
    if told:
        yield f'"{told[0]}" in the sender\'s name is part of a message: readers cannot see who writes.'
    elif _of_the_subject(rest, name, sample.subject, own):
        yield f'The sender\'s name "{name}" has the words of the subject in it: readers cannot see who writes.'
    elif isinstance(mails, Evidence) and not _related(name, mails):
        yield f'Patients know you as "{_own_names(mails)[0]}", but the mail comes from "{name}": they may take it for spam.'


def _of_the_subject(rest: list[str], name: str, subject: str, own: str) -> bool:
    """Whether words of a message stand in the name: what is left of it without the own names, or the whole subject."""
    whole, said = words_in(subject).lower(), " ".join(rest).lower()
    if own.strip() and len(rest) >= _FEWEST_WORDS and f" {said} " in whole:
        return True
    return len(whole.split()) > _FEWEST_WORDS and whole in words_in(name).lower() and whole not in own


def _related(name: str, evidence: Evidence) -> bool:
    """Whether a word, the letters or the initials of the name are those of the practice, its people or its domain."""
    known = "".join(
        words_in(" ".join([*_own_names(evidence), evidence.domain, evidence.practice.text.practice.website])).lower().split()
    )
    words = words_in(name).lower().split()
    initials = ["".join(word[0] for word in words_in(own).lower().split()) for own in _own_names(evidence)]
    if any(len(word) >= _SHORTEST_WORD and word in known for word in words) or "".join(words) in known:
        return True
    return any(len(word) > 1 and initial.startswith(word) for word in words for initial in initials)


@mail_rule("M16", "an address that takes answers", WARNING, source=f"Microsoft, requirements for senders: {_MICROSOFT}")
def repliable(mails: Mails) -> Iterator[Finding]:
    """Reply-To, or From where there is none, is no `no-reply@`, and online its domain takes mail; nor is the one for opt-outs."""
    if isinstance(mails, Evidence) and (box := mails.practice.text.unsubscribe.mailto) and (problem := _deaf(box)):
        harm = f"Opt-outs go to {box}, {problem}: people who want to leave the list go on getting mail."
        fix = "After `mailto:` in `unsubscribe` write an address that somebody reads."
        yield warning(mails.key_place("unsubscribe", "mailto"), harm, fix)
    for sample in {_answers_to(sample): sample for sample in mails.samples}.values():
        for header in sample.named("Reply-To")[:1] or sample.named("From")[:1]:
            place = mails.key_place("sender", "reply_to" if header.name.lower() == "reply-to" else "email")
            boxes = [address for _, address in header.mailboxes if "@" in address]
            for address in boxes or [header.value[:60]]:
                if problem := _deaf(address):
                    harm = f"Answers go to {address}, {problem}: a patient who asks something by answering is not heard."
                    yield warning(place, harm, "After `reply_to:` in `sender` write an address that somebody reads.")
                elif isinstance(mails, Evidence) and mails.net and address.rpartition("@")[2].lower() != mails.domain:
                    yield from _without_mail_server(address.rpartition("@")[2].lower(), mails.net, place)


def _answers_to(sample: Sample) -> str:
    return sample.value("Reply-To") or sample.value("From") or ""


def _deaf(address: str) -> str:
    """Why nobody reads what is sent to an address; empty where nothing speaks against it."""
    local, _, domain = address.lower().rpartition("@")
    if not local or not domain:
        return "which is no email address"
    if _DEAF.search(local) or _DEAF.search(domain.partition(".")[0]):
        return "an address that says nobody reads it"
    if domain.rstrip(".").rpartition(".")[2] in _NOWHERE:
        return "which no mail from outside can reach"
    return ""


def _without_mail_server(domain: str, net: Net, place: str) -> Iterator[Finding]:
    """No MX and no address, or a null MX (RFC 5321 section 5.1, RFC 7505); the sender's own domain is for rule A07."""
    try:
        servers = net.mx(domain)
        takes = any(host.rstrip(".") for _, host in servers) if servers else net.exists(domain, "A") or net.exists(domain, "AAAA")
    except NoAnswer:
        return
    if not takes:
        harm = f"Answers go to {domain}, which takes no mail: a patient who answers gets an error back."
        yield warning(place, harm, "After `reply_to:` in `sender` write an address whose domain takes mail.")
