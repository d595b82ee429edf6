"""People who want no more mail: by the unsubscribe address in each mail's header, or in their own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from newsletter.listen.incoming import Mail
from newsletter.listen.stop_words import Wish, wish

_LETTER = r"[A-Za-z0-9_-]"
_TOKEN = rf"(?<!{_LETTER})({_LETTER}{{34}})(?!{_LETTER})"  # 22 letters of a subscriber's code and 12 of its seal: ledger/keys.py
_ASKED = re.compile(rf"\bunsubscribe\b[\s:+=]{{1,10}}{_TOKEN}", re.IGNORECASE)
_PLUS = re.compile(rf"\+{_TOKEN}@")
_RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to")
_ASKS = (Wish.CLEAR, Wish.SHORT)
_ANSWERED = re.compile(r"\s*(?:(?:re|fwd?|fw|rv|aw|wg|tr|antw|reenv)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OptOutByCode:
    """What the mailto of List-Unsubscribe asks for (RFC 2369 section 3.2): the token in the mail says for whom, not From."""

    token: str


@dataclass(frozen=True, slots=True)
class StopRequest:
    """A person asks in words to be taken off; `about` are the Message-IDs that their mail answers, without brackets.

    A `short` one says STOP or the like: what is to stop is what they answer.
    """

    words: str
    about: tuple[str, ...]
    short: bool = False


def opt_out_by_code(mail: Mail) -> OptOutByCode | None:
    """The token in the subject, in the first line of the text, or behind a `+` in the address that the mail went to.

    A person who writes on in a conversation that began as such a mail is not opted out by its subject once more.
    """
    own = mail.own_words
    written_on = is_answer(mail) and mail.about and own
    if written_on and wish("", own, mail.sender) not in _ASKS and not _ASKED.search(unquote(own)):
        return None
    for text in (mail.header("subject"), own.partition("\n")[0][:1000]):
        if found := _ASKED.search(unquote(text)):
            return OptOutByCode(found.group(1))
    for name in _RECIPIENTS:
        for value in mail.headers(name):
            if found := _PLUS.search(value):
                return OptOutByCode(found.group(1))
    return None


def stop_request(mail: Mail) -> StopRequest | None:
    """A clear wish for no more mail, in the subject of a new mail or in the person's own words; in doubt, none."""
    subject, found = _own_subject(mail), _wish_of(mail)
    if found not in _ASKS:
        return None
    return StopRequest(first_words(f"{subject}\n{mail.own_words}"), mail.about, found is Wish.SHORT)


def may_ask_to_stop(mail: Mail) -> bool:
    """Whether a person has to look if this is a wish for no more mail."""
    return _wish_of(mail) is not Wish.NONE


def _wish_of(mail: Mail) -> Wish:
    return wish(_own_subject(mail), mail.own_words, mail.sender)


def _own_subject(mail: Mail) -> str:
    """That of an answered or forwarded mail is somebody else's."""
    return "" if is_answer(mail) else mail.header("subject")


def is_answer(mail: Mail) -> bool:
    """Whether the subject says that this mail answers or forwards another."""
    return bool(_ANSWERED.match(mail.header("subject")))


def first_words(own: str, most: int = 300) -> str:
    """The beginning of what a person wrote, on one line of at most that many letters."""
    text = " ".join(own[: most * 4].split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
