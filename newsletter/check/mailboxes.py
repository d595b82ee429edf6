"""Slips of the pen in the domains of the large mailbox providers: `gmial.com` was meant to be `gmail.com`."""

from __future__ import annotations

from functools import lru_cache

# The consumer mailbox domains met most on lists of US practices; order does not matter.
LARGE = (
    *("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "live.com", "msn.com", "comcast.net"),
    *("verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net", "charter.net", "protonmail.com", "ymail.com"),
    *("googlemail.com", "hotmail.co.uk", "yahoo.co.uk"),
)
# Real domains with mailboxes that are one letter away from one of these.
_REAL = frozenset(
    ["mail.com", "email.com", "fmail.com", "bmail.com", "tmail.com", "zmail.com", "hmail.com", "rmail.com", "cloud.com"]
)
_ENDINGS = ("con", "co", "cmo", "ocm", "comm", "cm", "om", "vom", "xom", "cpm", "coom", "ne", "nte", "ner")  # for .com and .net


@lru_cache(maxsize=4096)
def meant(domain: str) -> str:
    """The large mailbox domain that is one slip away (a letter too many, too few, wrong, or two swapped), or nothing.

    Of names shorter than five letters only the ending is judged: too many real domains lie one letter from `aol.com`.
    """
    if domain in LARGE or domain in _REAL:
        return ""
    for known in LARGE:
        if abs(len(known) - len(domain)) <= 1 and _one_slip(domain, known):
            name, _, ending = domain.partition(".")
            if len(known.partition(".")[0]) >= 5 or (name == known.partition(".")[0] and ending in _ENDINGS):
                return known
    return ""


def _one_slip(written: str, known: str) -> bool:
    start = 0
    while start < min(len(written), len(known)) and written[start] == known[start]:
        start += 1
    left, right = written[start:], known[start:]
    if len(left) == len(right):
        return left[1:] == right[1:] or (left[:2] == right[1::-1] and left[2:] == right[2:])
    return left[1:] == right if len(left) > len(right) else left == right[1:]
