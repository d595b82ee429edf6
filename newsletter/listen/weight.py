"""How much a failed delivery says against an address: by its enhanced status code (RFC 3463), then by the server's words."""

from __future__ import annotations

import re
from enum import StrEnum

from newsletter.listen.word_lists import one_of


class Weight(StrEnum):
    """What follows from one report."""

    HARD = "hard"  # nobody can be reached there: suppressed at once
    SOFT = "soft"  # did not arrive this time: counts
    POLICY = "policy"  # the sender or the message was not wanted: says nothing against the address, never counts
    NONE = "none"  # nothing failed, or not yet


CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
"""An enhanced status code in a text; an IP address or a version of four numbers is none."""

_BAD_ADDRESS = frozenset(["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"])
# Codes that are about the sender, our account or the mail: the sender's address (RFC 3463 section 3.2), the mail's size
# (sections 3.3 and 3.4) and contents (3.7), a daily limit (Gmail 5.4.5, Microsoft 365 5.1.90), security and policy (3.8).
_ABOUT_US = re.compile(r"5\.1\.(?:7|8|90)|5\.2\.3|5\.3\.4|5\.4\.5|5\.[67]\.\d+")
_SAYS_LITTLE = re.compile(r"5\.(?:\d+\.0|5\.\d+)|")  # "other" of its class, the fault of a conversation, or no code at all
_WORDS = "server_words"


def weigh(action: str, status: str, diagnostic: str) -> Weight:
    """The weight of one recipient's report: `action` in small letters, `status` as `5.1.1` or nothing, the server's own words.

    A bad-address code counts at once, unless the words speak of spam, a policy or a full mailbox alone: some servers and relays
    turn every 550 into 5.1.1. A code that says little is decided by the words. What stays open is soft.
    """
    if action != "failed":
        return Weight.NONE
    if _ABOUT_US.fullmatch(status):
        return Weight.POLICY
    bad_address, says_little = status in _BAD_ADDRESS, _SAYS_LITTLE.fullmatch(status)
    if not (bad_address or says_little) or one_of(_WORDS, "no_room").search(diagnostic):
        return Weight.SOFT
    nobody_there = one_of(_WORDS, "nobody_there").search(diagnostic)
    if one_of(_WORDS, "not_wanted").search(diagnostic) and not (bad_address and nobody_there):
        return Weight.POLICY
    return Weight.HARD if bad_address or nobody_there else Weight.SOFT


def telling_code(status: str, diagnostic: str) -> str:
    """The code that says most: one that is about us, else the receiving server's own in its words, else the reporter's.

    `5.0.0` says least of all.
    """
    said = [*CODE.findall(diagnostic)[:1], *CODE.findall(status)[:1]]
    about_us = [code for code in said if _ABOUT_US.fullmatch(code)]
    specific = [code for code in said if not code.endswith(".0")]
    return str(next(iter([*about_us, *specific, *said]), ""))
