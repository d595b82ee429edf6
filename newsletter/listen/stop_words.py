"""Whether words ask for no more mail: a clear sentence, or a short word alone, and nothing beside it that makes it doubtful.

The phrases stand in stop_words.en.yaml and stop_words.es.yaml. What is doubtful is said to be so: a person then reads the mail.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from functools import cache

from newsletter.listen.word_lists import lists_of

_LANGUAGES = ("en", "es")
_MOST_LETTERS = 1500  # what is longer is a letter, and a person reads it
_MOST_WORDS = 90
_LONGEST_SENTENCE = 200  # letters
_WRAPPED = 50  # letters of a line that a mail program may have broken, rather than the person
_LONGEST_NAME = 4  # words

_TOKENS = re.compile(r"<\w+>|[(|)]|[^\s(|)<>]+")
_ENDS = r".!?;,:\u2026\u2013\u2014()\u00a1\u00bf"
_SENTENCE = re.compile(rf"[^{_ENDS}\n]+?(?:[{_ENDS}]+|\n|$|\s(?=(?:but|so|pero|así que)\s))", re.IGNORECASE)
_SIGNS = re.compile(r"['\u2019\u2018`\u00b4]")  # apostrophes
_NOT_WORDS = re.compile(r"[^a-z0-9]+")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+\w")
_HALVES = re.compile(r"\b(?:(e) (mail(?:s|ing|ed)?)|(news) (letters?)|(un) (subscribe))\b")
_MISSPELT = re.compile(r"\b[un]\w{7,13}\b")
_WISH = "unsubscribe"
_CLOSE = 0.8  # of SequenceMatcher: unsuscribe, unsubcribe and usubscribe are meant


class Wish(Enum):
    """How surely somebody asks for no more mail."""

    CLEAR = "in a sentence that can mean nothing else"
    SHORT = "with a word such as STOP, and no other; it means what they answer"
    DOUBTFUL = "perhaps; a person has to read it"
    NONE = "no"


class _Kind(Enum):
    CLEAR = "asks for no more mail, whatever else is said"
    SHORT = "asks for something to stop; what, the rest of the mail has to show"
    NOTHING = "a greeting, a name, a telephone number"
    OTHER = "something else"


@dataclass(frozen=True, slots=True)
class _Phrases:
    """What is looked for, of all languages; each pattern takes words with a blank behind each."""

    polite: re.Pattern[str]
    sure: re.Pattern[str]
    clear: re.Pattern[str]
    short: re.Pattern[str]
    doubt: re.Pattern[str]
    after: re.Pattern[str]
    nothing: re.Pattern[str]
    hint: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence, or what stands between two commas: as written, and as `please remove me ` with a blank behind each word."""

    written: str
    words: str
    is_first: bool  # of a subject or a text, and not a question or a heading


def wish(subject: str, own: str, sender: str) -> Wish:
    """Whether a person asks for no more mail; `own` holds their own words alone, `sender` is their address, lower case.

    `subject` is one of their own, or empty: that of an answer is ours.
    """
    said = [*_sentences(subject, sender), *_sentences(_unwrapped(own[:_MOST_LETTERS]), sender)]
    kinds = [_kind(sentence) for sentence in said]
    words = sum(len(sentence.words.split()) for sentence in said)
    if words <= _MOST_WORDS and len(own) + len(subject) <= _MOST_LETTERS:
        if _Kind.CLEAR in kinds and not _has_doubt(said, kinds):
            return Wish.CLEAR
        if _Kind.SHORT in kinds and _Kind.CLEAR not in kinds and _Kind.OTHER not in kinds:
            return Wish.SHORT
    hinted = _Kind.CLEAR in kinds or _Kind.SHORT in kinds or _phrases().hint.search(_words(f"{subject}\n{own}"))
    return Wish.DOUBTFUL if hinted else Wish.NONE


def _has_doubt(said: list[_Sentence], kinds: list[_Kind]) -> bool:
    asked = kinds.index(_Kind.CLEAR)
    return any(_doubtful(sentence, number > asked) for number, sentence in enumerate(said) if kinds[number] is _Kind.OTHER)


def _kind(sentence: _Sentence) -> _Kind:
    phrases = _phrases()
    plain = phrases.polite.sub("", sentence.words)
    alone = plain == sentence.words and len(plain.split()) == 1
    begins = sentence.is_first and plain == f"{_WISH} "
    if phrases.clear.fullmatch(plain) or (phrases.sure.fullmatch(plain) and (begins or not alone)):
        return _Kind.CLEAR
    if phrases.short.fullmatch(plain):
        return _Kind.SHORT
    return _Kind.NOTHING if phrases.nothing.match(plain) or _is_name(sentence.written) else _Kind.OTHER


def _doubtful(sentence: _Sentence, after: bool) -> bool:
    """Whether a person has to read this before anybody is taken off."""
    phrases = _phrases()
    asks = sentence.written.rstrip().endswith("?")
    return asks or bool(phrases.doubt.search(sentence.words)) or (after and bool(phrases.after.search(sentence.words)))


def _is_name(written: str) -> bool:
    """`Anna Reyes`, or no word at all, as a telephone number."""
    words = re.findall(r"[^\W\d_]+", written)
    return len(words) <= _LONGEST_NAME and all(word[0].isupper() for word in words)


def _sentences(text: str, sender: str) -> Iterator[_Sentence]:
    text = _ADDRESS.sub(lambda found: " this email address " if found[0].lower() == sender else " someoneelse ", text)
    is_first = True
    for found in _SENTENCE.finditer(text):
        written = found[0][:_LONGEST_SENTENCE].strip()
        if words := _words(written):
            yield _Sentence(written, words, is_first and not written.endswith(("?", ":")))
            is_first = False


def _unwrapped(text: str) -> str:
    """Lines that a mail program broke in the middle of a sentence are joined again."""
    joined = ""
    last = 0
    for line in text.split("\n"):
        joined += (" " if last >= _WRAPPED and line.strip() else "\n") + line
        last = len(line.strip())
    return joined


def _words(text: str) -> str:
    """Small letters without accents and signs, some words in one spelling, a blank behind each word."""
    letters = unicodedata.normalize("NFKD", _SIGNS.sub("", text.lower()))
    plain = _NOT_WORDS.sub(" ", "".join(c for c in letters if not unicodedata.combining(c))).strip()
    whole = _HALVES.sub(lambda found: "".join(part or "" for part in found.groups()), plain)
    spelt = _MISSPELT.sub(lambda found: _WISH if _means_unsubscribe(found[0]) else found[0], whole)
    return f"{spelt} " if spelt else ""


def _means_unsubscribe(word: str) -> bool:
    return SequenceMatcher(None, word, _WISH, autojunk=False).ratio() >= _CLOSE


@cache
def _phrases() -> _Phrases:
    said = [_Language(language) for language in _LANGUAGES]

    def anywhere(name: str) -> re.Pattern[str]:
        return re.compile(rf"(?<![^ ])(?:{'|'.join(one.pattern(name) for one in said)})")

    def asked(name: str) -> re.Pattern[str]:
        # What stands in front is taken for good: trying each of its readings again would take for ever on odd mails.
        return re.compile("|".join(rf"{one.pattern('before')}*+{one.pattern(name)}" for one in said))

    asides = "|".join(one.pattern("asides") for one in said)
    nothing = "|".join(one.pattern("nothing") for one in said)
    return _Phrases(
        polite=anywhere("polite"),
        sure=asked("sure"),
        clear=asked("clear"),
        short=asked("short"),
        doubt=anywhere("doubt"),
        after=anywhere("after"),
        nothing=re.compile(rf"(?:{asides})|(?:{nothing})\Z"),
        hint=anywhere("hint"),
    )


class _Language:
    """The phrases of one language as regular expressions."""

    def __init__(self, language: str) -> None:
        said = lists_of(f"stop_words.{language}")
        groups = said["groups"]
        assert isinstance(groups, dict)
        self._lists = {**groups, **said}

    def pattern(self, name: str) -> str:
        """One of the phrases of that list or group."""
        phrases = self._lists[name]
        assert isinstance(phrases, list)
        return f"(?:{'|'.join(self._expression(str(phrase)) for phrase in phrases)})"

    def _expression(self, phrase: str) -> str:
        """`(remove|take) <me>`: words with a blank behind each, `(a|b|)` and groups as they are in a regular expression."""
        return "".join(map(self._token, _TOKENS.findall(phrase)))

    def _token(self, token: str) -> str:
        if token.startswith("<"):
            return self.pattern(token[1:-1])
        return {"(": "(?:", ")": ")", "|": "|"}.get(token) or re.escape(f"{token} ")
