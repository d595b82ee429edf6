"""Reads what is new in the folders of a mailbox into the ledger: each batch, and how far it goes, in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from newsletter.ledger.ledger import Ledger
from newsletter.ledger.mailbox import Cursor, Mailbox, owners
from newsletter.listen.arrival import understand
from newsletter.listen.consequences import Consequences, Letter, fingerprint, mentioned
from newsletter.listen.effects import Summary
from newsletter.listen.imap import Fetched, MailServer

AT_ONCE = 100  # mails in one transaction


class Inbox:
    """One mailbox and one open ledger; `own` is the practice's sender address, `account` names the mailbox in the ledger."""

    def __init__(self, ledger: Ledger, consequences: Consequences, own: str, account: str, clock: Callable[[], float]) -> None:
        self.summary = Summary()
        self._ledger = ledger
        self._consequences = consequences
        self._own = own
        self._account = account
        self._clock = clock

    def read(self, server: MailServer, folder: str, progress: Callable[[int, int], None]) -> None:
        """Reads what is new in a folder; `progress` is told how many mails of how many were read."""
        view, mailbox = server.look_into(folder), Mailbox(self._ledger, f"{self._account}, {folder}")
        cursor = mailbox.cursor
        last = cursor.uid if cursor and cursor.uidvalidity == view.uidvalidity else 0
        uids = server.after(last, view)
        for start in range(0, len(uids), AT_ONCE) or [0]:  # also where nothing is new: the ledger knows when it was looked for
            batch = uids[start : start + AT_ONCE]
            letters = [self._understood(mail) for mail in server.mails(batch)]
            whose = owners(self._ledger, {message_id for letter in letters for message_id in mentioned(letter.arrival)})
            with self._ledger.transaction():
                effects = [effect for letter in letters for effect in self._consequences.of(letter, whose)]
                mailbox.advance(Cursor(view.uidvalidity, batch[-1] if batch else last), self._clock())
            self.summary.add(len(letters), effects)
            progress(start + len(batch), len(uids))

    def look_for_sent(self, server: MailServer, named: str | None) -> None:
        """Settles mails in doubt that stand in the folder of sent mail: the one named, or the one that the server calls so."""
        folder = self._consequences.in_doubt and (named or server.sent)
        if not folder:
            return
        server.look_into(folder)
        found = [message_id for message_id in sorted(self._consequences.in_doubt) if server.holds(message_id)]
        with self._ledger.transaction():
            effects = [effect for one in found for effect in self._consequences.settle(one, "found in the folder of sent mail")]
        self.summary.add(0, effects)

    def _understood(self, mail: Fetched) -> Letter:
        arrival = understand(mail.content, self._own)
        name = arrival.message_id or fingerprint(mail.content.decode("latin-1"))
        return Letter(min(mail.at, self._clock()), arrival, name, mail.answered)
