"""What was meant to be replaced before anyone saw it: open merge fields, sample words, addresses of nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.check.evidence import Evidence
from newsletter.check.finding import Finding, error
from newsletter.check.registry import rule
from newsletter.check.sample import HTML_PART, TEXT_PART, Sample

_NOTHING = r"(?:None|undefined|nan|NaN|null|NULL)"
_EMPTY = "an empty value"


@dataclass(frozen=True, slots=True)
class Sign:
    """What gives a placeholder away: a pattern, what it is called, and text without which it cannot match (lower case)."""

    pattern: re.Pattern[str]
    what: str
    needles: tuple[str, ...]

    def found_in(self, words: str, lower: str) -> Iterator[str]:
        """Every placeholder of this kind in a text."""
        if any(needle in lower for needle in self.needles):
            yield from (found.group(0).strip() for found in self.pattern.finditer(words))


def _sign(pattern: str, what: str, *needles: str, flags: re.RegexFlag = re.MULTILINE) -> Sign:
    return Sign(re.compile(pattern, flags), what, needles)


_NOTHINGS = ("none", "undefined", "nan", "null")
_ANY_CASE = re.IGNORECASE
# `None` and its kind count only where a value clearly should stand: they are honest words as well.
_SIGNS = (
    _sign(r"\{\{.*?\}\}|\{%.*?%\}|\{\{|\}\}|\{%|%\}", "an unfilled merge field", "{{", "}}", "{%", "%}"),
    _sign(r"\bZslott*\d+Z", "an unfilled merge field", "zslot"),
    _sign(rf"^{_NOTHING}$|\A{_NOTHING}, |https?://\S*[=/]{_NOTHING}(?![\w-])", _EMPTY, *_NOTHINGS),
    _sign(rf"\b(?:Hello|Hi|Hey|Dear|Hola|Bonjour|Hallo) {_NOTHING}(?=\s*[,!.:]|$)", _EMPTY, *_NOTHINGS),
    _sign(r"\blorem ipsum\b", "sample text", "lorem", flags=_ANY_CASE),
    _sign(r"\bXXX\b", "a note to yourself", "xxx"),
    _sign(
        r"(?<![\w.-])(?:[\w-]+\.)*example\.(?:com|org|net)\b",
        "an address that leads nowhere",
        *(f"example.{ending}" for ending in ("com", "org", "net")),
        flags=_ANY_CASE,
    ),
    _sign(r"\blocalhost\b|//127\.0\.0\.1\b", "an address on your own computer", "localhost", "127.0", flags=_ANY_CASE),
    _sign(r"\bfile:/\S*", "a file on your own computer", "file:/", flags=_ANY_CASE),
)
_TODO = _sign(r"\bTODO\b", "a note to yourself", "todo")
_TODO_ABROAD = _sign(r"\bTODO(?=:)|\[TODO\b", "a note to yourself", "todo")  # in Spanish, `TODO` is a plain word in capitals


@rule("M15", "nothing left to fill in", source="quality")
def no_placeholders(evidence: Evidence) -> Iterator[Finding]:
    """No placeholder in the subject, the text part or the page, nor in a cell that goes into them."""
    for name, rows in evidence.survey.placeholders.items():
        stands = f"{rows.spoken('cell', 'cells')} of the column {name} ({rows.where}) {'says' if rows.count == 1 else 'say'} "
        harm = f'{stands}"{rows.first}", which a program wrote for an empty cell: patients would read it.'
        yield error(evidence.row(rows.lines[0]), harm, "Empty these cells in the list.")
    english = evidence.practice.text.language.partition("-")[0] == "en"
    signs: tuple[Sign, ...] = (*_SIGNS, _TODO if english else _TODO_ABROAD)
    if evidence.survey.placeholders:  # told above
        signs = tuple(sign for sign in signs if sign.what != _EMPTY)
    for sample in evidence.samples:
        own = [value for value in sample.subscriber.fields.values() if value]
        for part, words in _said(sample):
            lower = words.lower()
            for sign in signs:
                for written in sign.found_in(words, lower):
                    if not any(written in value for value in own):
                        harm = f'"{written[:60]}" still stands in the mail: {sign.what}.'
                        yield error(evidence.place_of(written, part), harm, "Write what should stand there, or delete it.")


def _said(sample: Sample) -> Iterator[tuple[str, str]]:
    """The places of a mail where words stand, and the words, a line for each run."""
    yield "in the built mail, subject", sample.subject
    yield TEXT_PART, sample.text or ""
    yield HTML_PART, "\n".join(sample.page.words)
