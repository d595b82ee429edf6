"""What was meant to be replaced before anyone saw it: open merge fields, sample words, addresses of nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from newsletter.check.evidence import Evidence, Mails, Received
from newsletter.check.finding import ERROR, Finding, error
from newsletter.check.registry import received, rule
from newsletter.check.sample import HTML_PART, TEXT_PART, Sample

_NOTHING = r"(?:None|undefined|nan|NaN|null|NULL)"
_EMPTY = "an empty value"
_FIX = "Write what should stand there, or delete it."


@dataclass(frozen=True, slots=True)
class Sign:
    """What gives a placeholder away: a pattern, what it is called, and text without which it cannot match (lower case)."""

    pattern: re.Pattern[str]
    what: str
    needles: tuple[str, ...]
    fix: str = _FIX
    once: bool = False  # tell the first only: where one is, there are many

    def found_in(self, words: str, lower: str) -> Iterator[str]:
        """Every placeholder of this kind in a text."""
        if any(needle in lower for needle in self.needles):
            yield from (found.group(0).strip() for found in self.pattern.finditer(words))


def _sign(
    pattern: str, what: str, *needles: str, flags: re.RegexFlag = re.MULTILINE, fix: str = _FIX, once: bool = False
) -> Sign:
    return Sign(re.compile(pattern, flags), what, needles, fix, once)


_NOTHINGS = ("none", "undefined", "nan", "null")
_ANY_CASE = re.IGNORECASE
_EXAMPLE = _sign(
    r"(?<![\w.-])(?:[\w-]+\.)*riverbend\.example\b|\bsocial\.example/riverbend[\w-]*",
    "an address of the example practice",
    *("riverbend.example", "social.example"),
    flags=_ANY_CASE,
)
# `None` and its kind count only where a value clearly should stand: they are honest words as well.
_SIGNS = (
    _sign(r"\{\{.*?\}\}|\{%.*?%\}|\{\{|\}\}|\{%|%\}", "an unfilled merge field", "{{", "}}", "{%", "%}"),
    _sign(r"\bZslott*\d+Z", "an unfilled merge field", "zslot"),
    _sign(rf"^{_NOTHING}$|\A{_NOTHING}, |https?://\S*[=/]{_NOTHING}(?![\w-])", _EMPTY, *_NOTHINGS),
    _sign(rf"\b(?:Hello|Hi|Hey|Dear|Hola|Bonjour|Hallo) {_NOTHING}(?=\s*[,!.:]|$)", _EMPTY, *_NOTHINGS),
    _sign(r"\blorem ipsum\b", "sample text", "lorem", flags=_ANY_CASE),
    _sign(r"(?<![A-Za-z])X{3,}(?![A-Za-z])|\bXX[:/.-]XX\b", "a note to yourself", "xx"),
    _sign(
        r"\[(?:(?:insert|fill in|add your|enter your|type your) ?[^\[\]\n]{0,60}|your (?:first |last |full )?(?:\w{1,20} )?"
        r"(?:name|number|phone|email|address|website|link|text|date|here)|(?:first|last|full|patient|practice|clinic|doctor)?"
        r"[ _']?s?[ _]?name(?: here)?|date|time|phone(?: number)?|date here|tbd|tba|xx?)\]",
        "words to be replaced",
        "[",
        flags=_ANY_CASE,
    ),
    _sign(
        r"\*\|[\w:]{2,40}\|\*|\|(?:[fl]name|first_?name|last_?name|email|unsub|merge\d)\||%{1,2}[\w.]{0,20}name%{1,2}"
        r"|(?<!\{)\{\s?\w{0,20}name\s?\}(?!\})|<<[ \w]{2,30}>>|\u00ab\s?\w{0,10}[ _]?name\s?\u00bb|\[\[\w{2,30}\]\]",
        "a merge field of another program",
        *("|", "name%", "name}", "name }", "<<", "\u00ab", "[["),
        flags=_ANY_CASE,
        fix='Write {{ first_name or "there" }}, or the field that you mean.',
    ),
    _sign(
        r"<(?:p|br|b|i|u|em|strong|font|span|div|a|img|iframe|center|table|t[rdh]|ul|ol|li|h[1-6])(?:\s[^<>\n]{0,300})?/?>",
        "HTML, which readers see just as it is typed",
        "<",
        flags=_ANY_CASE,
        fix="Delete such signs; **two stars** make words bold, and [words](https://...) makes a link.",
        once=True,
    ),
    _sign(
        r"\w{0,20}(?:\u00e2\u20ac[^\s\w]?|\u00c3[\u00a0-\u00bf]|\u00c2[\u00a0-\u00bf]|\u00ef\u00bb\u00bf|\ufffd|[\uf020-\uf0ff])\w{0,20}",
        "letters that broke when the text was copied",
        *(
            "\u00e2\u20ac",
            "\u00e3",
            "\u00e2",
            "\u00ef\u00bb",
            "\ufffd",
            "\uf0b7",
            "\uf0a7",
            "\uf0fc",
            "\uf0d8",
            "\uf0e0",
            "\uf04a",
        ),
        fix="Type these letters again, or copy the text once more and paste it without its formatting.",
        once=True,
    ),
    _sign(
        r"(?<![\w.-])(?:[\w-]+\.)*example\.(?:com|org|net)\b",
        "an address that leads nowhere",
        *(f"example.{ending}" for ending in ("com", "org", "net")),
        flags=_ANY_CASE,
    ),
    _sign(r"\blocalhost\b|//127\.0\.0\.1\b", "an address on your own computer", "localhost", "127.0", flags=_ANY_CASE),
    _sign(r"\bfile:/\S*", "a file on your own computer", "file:/", flags=_ANY_CASE),
)
_TABLE = _sign(
    r"\|[ :]{0,3}-{2,}[ :]{0,3}\|",
    "a table of lines and bars, which mails show just as they are typed",
    *("|-", "| -", "|:"),
    fix="Write a list instead: a line for each row, beginning with a hyphen.",
    once=True,
)
_TODO = _sign(r"\bTODO\b", "a note to yourself", "todo")
_TODO_ABROAD = _sign(r"\bTODO(?=:)|\[TODO\b", "a note to yourself", "todo")  # in Spanish, `TODO` is a plain word in capitals


@rule("M15", "nothing left to fill in", ERROR, source="quality")
def no_placeholders(evidence: Evidence) -> Iterator[Finding]:
    """No placeholder, no HTML as it is typed and no broken letters in subject, text part or page, nor in a cell for them."""
    for name, rows in evidence.survey.placeholders.items():
        stands = f"{rows.spoken('cell', 'cells')} of the column {name} ({rows.where}) {'says' if rows.count == 1 else 'say'} "
        harm = f'{stands}"{rows.first}", which a program wrote for an empty cell: patients would read it.'
        yield error(evidence.row(rows.lines[0]), harm, "Empty these cells in the list.")
    english = evidence.practice.text.language.partition("-")[0] == "en"
    signs: tuple[Sign, ...] = (*_SIGNS, _TODO if english else _TODO_ABROAD)
    signs += (_TABLE,)
    if "riverbend" not in f"{evidence.domain} {evidence.practice.text.practice.name.lower()}":
        signs += (_EXAMPLE,)
    if evidence.survey.placeholders:  # told above
        signs = tuple(sign for sign in signs if sign.what != _EMPTY)
    yield from _told(evidence, signs)


@received("M15")
def nothing_open(mail: Received) -> Iterator[Finding]:
    """No placeholder in the subject, the text part or the page."""
    yield from _told(mail, (*_SIGNS, _TODO if mail.language == "en" else _TODO_ABROAD))


def _told(mails: Mails, signs: tuple[Sign, ...]) -> Iterator[Finding]:
    for sample in mails.unlike:
        own = [value for value in sample.subscriber.fields.values() if value]
        for part, words in _said(sample):
            lower = words.lower()
            for sign in signs:
                met = (written for written in sign.found_in(words, lower) if not any(written in value for value in own))
                for written in islice(met, 1 if sign.once else None):
                    harm = f'"{written[:60]}" still stands in the mail: {sign.what}.'
                    yield error(mails.place_of(written, part), harm, sign.fix)


def _said(sample: Sample) -> Iterator[tuple[str, str]]:
    """The places of a mail where words stand, and the words, a line for each run."""
    yield "in the built mail, subject", sample.subject
    yield TEXT_PART, sample.text or ""
    yield HTML_PART, "\n".join(sample.page.words)
