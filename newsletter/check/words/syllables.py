"""Counts the syllables of an English word by rules of spelling, so that reading level needs no dictionary."""

from __future__ import annotations

import re
from functools import lru_cache

# Words of every day, and of a chiropractor's day, whose spelling misleads the rules below.
_KNOWN = {
    word: count
    for count, words in {
        1: "aches ached eyes eyed ones whose hearts friend friends tired heart",
        2: "argue argued business client clients cruel diet diets evening every giant giants headaches hundred hundreds lion "
        "naked poet rescue sacred something sometimes someone somewhere somehow trial trials wicked people "
        "quiet toothaches earaches backaches heartaches wednesday lifestyle lifestyles homemade therefore acne cafe rugged rehab",
        3: "anyone area areas beloved businesses create creates created everyone everything everywhere "
        "karate recipe recipes sesame vitamin forever however furthermore apostrophe stomachaches diary violent "
        "hernia cruelty simile idea ideas",
        4: "diabetes catastrophe everybody anybody anemia variety society anxiety reality creative obesity",
    }.items()
    for word in words.split()
}
_VOWELS = re.compile(r"[aeiouy]+")
# Vowels that stand together and are spoken apart: each match is one syllable more.
_APART = tuple(
    re.compile(pattern)
    for pattern in (
        r"[^tcgs]ia(?!ge|(?<=lia)(?:r|n(?!ce)))",  # media, reliance; not social, marriage, familiar, Italian
        r"[^tcgsxaeiou]io(?<![nlv]io)|[nlv]io(?!n|r)",  # period, cardio; not motion, region, million, behavior
        r"[^tgn]iu|nium",  # calcium
        r"(?:[bdflmnrsvzk]|gg|ht|pp|th|tt)ie(?:st|rs?)$",  # easier, happiest
        r"(?:[dlnrv]|^sc)ien[ct]",  # ingredient, experience; not patient
        r"[iv]iet|[xc]iet[iy]|^(?:quie|die)t[ei]|^quietl|^scia|[ct]iat[ei]",  # variety, society
        r"[aeioy]ing|[^gq]uing",  # being, doing, trying; not arguing twice
        r"[aeou]y[aeou](?!d$)",  # player, royal; not stayed
        r"[dlmnrtx]ua|sual|[dnt]uo",  # actual, usual, continuous; not language
        r"(?:fl|[df])ue[ln]",  # fuel, influence
        r"[flnrt]ui(?:n|t[iy]|ds?$)",  # fluid, ruin; not fruit
        r"[aeiouy].*[^aeiouyp]eas?$|[aeiou]real",  # cornea, nausea, cereal; not tea
        r"[dhlnrt]eo(?!us|n|p[la]r?[ed]?)|osteo|[nrt]eous|ysio|poe[mt]",  # video, osteopath, spontaneous; not people
        r"^react|^reali|crea[tl](?!ur)|^re(?:as[cs]|app|arr|ex|en)|^pre[eo]|^coo[pr]|^deac|theat|ideal",  # reaction, create
    )
)
_SILENT_END = re.compile(
    r"(?<![aeiouy])(?<![^aeiouylr][lr])e$"  # make, whole, care; not table, acre
    r"|[gq]ue[ds]?$"  # fatigue, technique
    r"|(?<![aeiouycgszx])(?<![cs]h)(?<![^aeiouylr][lr])es$"  # times; not nurses, stretches, muscles
    r"|(?<![aeiouydt])(?<![^aeiouylr][lr])ed$"  # walked; not needed, settled
)
_SILENT_INSIDE = re.compile(
    r"(?<=[aeiouys][bcdfgklmnprstvz])e(?=(?:ly|ful|fully|less|ment|ments|ness|work|time|times|line|lines|bone|bones)$)"
    r"|^(?:some|home|life|fore|safe|base|side|knee|care|bare|like|nose|ice|fire)(?=[bcdfghjklmnpqrstvwxz])(?!st)"
)
_HUM = re.compile(r"(?:[sd]|th)ms?$")  # spasm, rhythm: the m is a syllable
_NOT = re.compile(r"(?:[ds]|ve|st|gh)n't$")  # didn't, haven't; not don't
_SPELLED = frozenset(["mri", "er", "us", "uk", "eu", "iv", "ibs", "ekg", "ent", "ai", "pa", "id", "oa", "ra", "adhd"])
_LONGEST = 40  # letters; beyond it is no word
_ONES = (2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 2, 2, 2, 2, 3, 2, 2)  # zero to nineteen
_TENS = (0, 0, 2, 2, 2, 2, 2, 3, 2, 2)


def syllables(word: str) -> int:
    """How many syllables a word has when it is read aloud, at least 1; numbers and short capitals like `MS` are read out too."""
    return max(1, sum(_count(part) for part in re.split(r"[-\u2010\u2011/]", word) if part))


@lru_cache(maxsize=8192)
def _count(word: str) -> int:
    if digits := re.match(r"\d[\d.,]*", word):
        spoken = sum(_number(part) for part in digits.group().replace(",", "").split(".") if part)
        rest = word[digits.end() :]
        return spoken + digits.group().rstrip(".").count(".") + (_count(rest) if len(rest) > 2 else 0)  # not for 1st, 30s
    plain = word.lower().replace("\u2019", "'")
    if word.isupper() and len(word) > 1 and (plain in _SPELLED or not _VOWELS.search(plain)):
        return len(word) + 2 * plain.count("w")
    stem, _, ending = plain.partition("'")
    more = 0
    if plain.endswith("n't"):
        stem, more = plain[:-3], int(bool(_NOT.search(plain)))
    elif ending == "s":
        more = int(bool(re.search(r"(?:[csxz]|[cgsz]e|[cs]h)$", stem)))
    elif ending in ("ll", "ve", "d"):
        more = int(stem[-1:] in tuple("bdgkpt"))
    return more + _of_letters(re.sub(r"[^a-z]", "", stem))


def _of_letters(word: str) -> int:
    """The syllables of a word in lower case."""
    if word in _KNOWN:
        return _KNOWN[word]
    if len(word) > _LONGEST:
        return len(word) // 3
    if word.startswith("y"):
        word = "j" + word[1:]  # a consonant there
    count = len(_VOWELS.findall(word)) + sum(len(apart.findall(word)) for apart in _APART) + bool(_HUM.search(word))
    for silent in (_SILENT_END, _SILENT_INSIDE):
        count -= count > 1 and bool(silent.search(word))
    return count


def _number(digits: str) -> int:
    """The syllables of a number read aloud: `30` has two, `2017` (twenty seventeen) five."""
    value = int(digits) if len(digits) <= 4 else -1
    if value < 0 or (digits[0] == "0" and value):
        return sum(_ONES[int(digit)] for digit in digits)
    if value < 20:
        return _ONES[value]
    if value < 100:
        return _TENS[value // 10] + (_ONES[value % 10] if value % 10 else 0)
    head, rest = (value // 100, value % 100)
    if value < 1000 or value % 1000 < 10:  # two hundred five, two thousand five
        head, rest = (head, rest) if value < 1000 else (value // 1000, value % 10)
        return _number(str(head)) + 2 + (_number(str(rest)) if rest else 0)
    return _number(str(head)) + (_number(str(rest)) + (rest < 10) if rest else 2)
