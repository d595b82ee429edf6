"""Telephone numbers in an issue: a slip of one or two digits against the practice's own, and numbers of a wrong length."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.check.account.country import plain
from newsletter.check.evidence import Evidence
from newsletter.check.finding import Finding, warning
from newsletter.check.words.dates import words_of
from newsletter.read.yaml_file import innermost_key

_NUMBER = re.compile(r"(?<![\w/.,=&?%$#-])(?:\+|\(\+?)?\d(?:[ .()/-]{0,2}\d){6,14}(?![\w@%]|[-./]\d)")
_NORTH_AMERICAN = re.compile(r"(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}([ .-]))\d{2,4}[ .-]\d{2,5}")
_KEYS = ("abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz")
_LETTERS = {letter: str(digit) for digit, letters in enumerate(_KEYS, 2) for letter in letters}
_CODES = {"us": "1", "usa": "1", "unitedstates": "1", "ca": "1", "canada": "1", "gb": "44", "uk": "44", "unitedkingdom": "44"}
_CODES |= {"ie": "353", "ireland": "353", "au": "61", "australia": "61", "nz": "64", "newzealand": "64", "de": "49", "fr": "33"}
_LENGTH = 10  # of a North American number (ITU-T E.164, North American Numbering Plan)
_SHORT = 7  # digits: of a shorter number, another is too easily one digit away
_NEAR = 60  # letters before a number in which words say what number it is
_NOT_READ = frozenset(["image", "credit_url", "date", "until", "type", "alt"])


def slips(evidence: Evidence) -> Iterator[Finding]:
    """What is wrong with the practice's own number, and with those in the issue."""
    clinic = evidence.practice.text.practice
    code = _CODES.get(plain(clinic.address.country), "")
    own = _digits(clinic.phone, code)
    if code == "1" and own and len(own) != _LENGTH and len(own) in range(7, 13):
        harm = (
            f"The practice's number {clinic.phone} has {len(own)} digits; a number here has {_LENGTH}. It stands in every mail."
        )
        yield warning(evidence.key_place("practice", "phone"), harm, "Correct `phone` in practice.yaml.")
        return
    honest = {own, *(_digits(found[0], code) for found in _NUMBER.finditer(evidence.practice.text.practitioner.bio or ""))}
    document = evidence.issue.document
    for path, node in document.root.strings():
        value = str(node.value)
        if path[0] in ("sources", "accept") or innermost_key(path) in _NOT_READ or not any(map(str.isdigit, value)):
            continue
        for found in _NUMBER.finditer(value):
            digits = _digits(found[0], code)
            if digits in honest or _apart(evidence, value, found):
                continue
            if harm := _wrong(found[0], digits, own, clinic.phone, code):
                line, _ = document.place(node, found[0].split("\n")[0])
                yield warning(f"{document.path}:{line}", harm, f"Write {clinic.phone} if that is the number you mean.")


def _wrong(said: str, digits: str, own: str, phone: str, code: str) -> str:
    """What is wrong with a number, as a sentence; nothing where it can be right."""
    if _nearly(digits, own):
        return f'The number "{said}" is almost the practice\'s own, {phone}, but not quite. Readers would call somebody else.'
    local = own[3:]
    if code == "1" and _nearly(digits, local) and re.fullmatch(r"\d{3}[ .-]\d{4}", said):
        return f'The number "{said}" is almost the practice\'s own, {phone}, but not quite. Readers would call somebody else.'
    if code == "1" and len(digits) not in (_LENGTH, len(local)) and _NORTH_AMERICAN.fullmatch(said):
        return f'The number "{said}" has {len(digits)} digits; a number here has {_LENGTH}. Nobody can call it.'
    if abs(len(digits) - len(own)) == 1 and len(own) > _SHORT and _one_lost(*sorted((digits, own), key=len)):
        more = "more" if len(digits) > len(own) else "less"
        return f'The number "{said}" has a digit {more} than the practice\'s own, {phone}. Readers would call somebody else.'
    return ""


def _one_lost(short: str, long: str) -> bool:
    """Whether a number is another one without one of its digits."""
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def _nearly(digits: str, own: str) -> bool:
    """Whether a number is another one with one digit wrong, or with two that changed places; a neighbor's may differ in two."""
    if len(digits) != len(own):
        return False
    apart = [(one, other) for one, other in zip(digits, own, strict=True) if one != other]
    return len(apart) == 1 or (len(apart) == 2 and apart[0] == apart[1][::-1])


def _apart(evidence: Evidence, text: str, found: re.Match[str]) -> bool:
    """Whether the words before a number say that it is another one: a fax, a hotline."""
    before = re.findall(r"[a-z-]+", text[max(0, found.start() - _NEAR) : found.start()].lower())[-4:]
    return not set(before).isdisjoint(words_of(evidence.language, "number apart"))


def _digits(written: str, code: str) -> str:
    """A number's digits without extension, country code and leading zeros; letters count as on a telephone's keys."""
    said = re.split(r"(?:ext|x)\.?\s?\d", written.lower().replace("(0)", ""), maxsplit=1)[0]
    digits = "".join(_LETTERS.get(sign, sign) for sign in said if sign.isdigit() or sign in _LETTERS)
    digits = digits.removeprefix("00")
    if code and (said.lstrip(" (").startswith(("+", "00")) or (code == "1" and len(digits) == _LENGTH + 1)):
        digits = digits.removeprefix(code)
    return digits.lstrip("0")
