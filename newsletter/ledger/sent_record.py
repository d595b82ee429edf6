"""Who was sent what, and when: what the record says of one person in all mailings, and of everybody in one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from newsletter.ledger.ledger import Ledger
from newsletter.ledger.rows import Status

_OF_ONE = """
    SELECT issue, status, iif(status = 'sent', ifnull(dot_at, recipient.at), recipient.at), code, reply, message_id
    FROM mailing JOIN recipient_key ON recipient_key.mailing = id AND address_key = ?
        JOIN recipient ON recipient.mailing = id AND recipient.number = recipient_key.number
    ORDER BY planned_at, id
"""
_OF_ISSUE = """
    SELECT lower(address), ifnull(dot_at, at) FROM recipient
    WHERE mailing = (SELECT id FROM mailing WHERE issue = ?) AND status = 'sent' AND address LIKE '%@%'
"""


class Mailed(NamedTuple):
    """One issue's mail to one person: what became of it, when (seconds since 1970), and the server's code and words."""

    issue: str
    status: Status
    at: float | None
    code: int | None
    reply: str
    message_id: str


def mails_to(ledger: Ledger, address_key: str) -> Iterator[Mailed]:
    """Every mailing in which an address (lower case) stands, the earliest plan first."""
    for issue, status, at, code, reply, message_id in ledger.rows(_OF_ONE, address_key):
        yield Mailed(issue, Status(status), at, code, reply or "", message_id or "")


def sent_at(ledger: Ledger, issue: str) -> dict[str, float]:
    """Who got an issue, by address in lower case, and when; people who were erased since are not among them."""
    return dict(ledger.rows(_OF_ISSUE, issue))


def came_back(ledger: Ledger, issue: str) -> int:
    """Of how many people an issue's mail came back after the server had taken it."""
    return int(ledger.value("SELECT count(DISTINCT address_key) FROM bounce WHERE issue = ?", issue))
