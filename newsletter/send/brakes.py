"""Ends a run that does harm: the same refusal again and again, too many refusals, too many messages without an answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.errors import AccountTrouble
from newsletter.ledger.rows import Recipient
from newsletter.send.replies import Reply

_TELLING_REFUSALS = 3  # identical ones in a row, at two domains or more, are about us and not about the subscribers
_TELLING_BAD_ADDRESSES = 10  # the same of "nobody there": old lists have many, but a broken server says it of everybody
_FEWEST_REFUSALS = 10  # below this a share says nothing
_MOST_UNCERTAIN = 2  # in a row
_MOST_REMEMBERED = 1_000
_ONE_S_OWN = re.compile(r"\S*[@\d]\S*")  # in a reply: addresses and queue numbers


@dataclass(slots=True)
class Brakes:
    """What has happened lately in a run; `most_refused` is the share of refusals, 0 to 1, that ends it.

    `take_back` lets people wait again whose refusal turned out to be about the mail or the account.
    """

    take_back: Callable[[list[Recipient]], None]
    most_refused: float = 1.0
    _decided: int = 0
    _refused: int = 0
    _same: list[Recipient] = field(default_factory=list)
    _words: str = ""
    _uncertain: int = 0
    _last_doubt: float = 0.0

    def arrived(self) -> None:
        """A message was accepted: server and account are well."""
        self._decided += 1
        self._uncertain = 0
        self._same.clear()

    def refused(self, recipient: Recipient, reply: Reply, *, bad_address: bool) -> None:
        """A permanent no is recorded; raises AccountTrouble where it is one too many."""
        self._decided += 1
        self._refused += 1
        self._uncertain = 0
        words = f"{bad_address} {reply.code} {reply.enhanced} {_ONE_S_OWN.sub('', reply.text)}"
        if words != self._words:
            self._same.clear()
        self._words = words
        self._same.append(recipient)
        del self._same[:-_MOST_REMEMBERED]
        domains = {refused.address.rpartition("@")[2].lower() for refused in self._same[-_TELLING_BAD_ADDRESSES:]}
        if len(self._same) >= (_TELLING_BAD_ADDRESSES if bad_address else _TELLING_REFUSALS) and len(domains) > 1:
            self.take_back(self._same)
            message = f"The server refused {len(self._same)} messages in a row with the same words: {reply}"
            raise AccountTrouble(
                message, "This is about the mail or the account, not the subscribers. Ask your provider, then send again."
            )
        if self._refused >= _FEWEST_REFUSALS and self._refused > self.most_refused * self._decided:
            raise AccountTrouble(
                f"{self._refused} of the first {self._decided} mails were refused, so the run was ended:"
                " so many refusals make mailbox providers distrust a sender.",
                f"Look at who was refused (`newsletter status`), tidy the list, then send again;"
                f" to go on all the same, add --brake {min(100, round(200 * self._refused / self._decided))}.",
            )

    def uncertain(self, why: str, dot_at: float, now: float) -> None:
        """A message has no answer; its dot was written at `dot_at`. Raises AccountTrouble when it happens again and again.

        Several connections that break at once, as when a computer wakes up, are one event.
        """
        self._decided += 1
        if dot_at >= self._last_doubt:
            self._uncertain += 1
        self._last_doubt = now
        if self._uncertain > _MOST_UNCERTAIN:
            message = f"{self._uncertain} messages in a row got no answer, so the run was ended: {why}."
            raise AccountTrouble(message, "Wait a while; then decide about them with `newsletter settle`, and send again.")
