"""Erases a person from the ledger on request; a code that stands for the address stays, so that nobody mails them again."""

from __future__ import annotations

from newsletter.ledger import unrecorded
from newsletter.ledger.keys import Keys
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.suppressions import Kind, Suppressed, Suppressions

NOBODY = "forgotten"
"""What stands in the record of a mailing instead of the address."""

ERASED = "erased on request"
_NAMED = "(what stood here named somebody who was erased)"

_ERASE = f"""
    UPDATE recipient SET address = '{NOBODY}', payload = NULL, message_id = NULL, due_at = 0,
        reply = iif(status IN ('sent', 'refused'), NULL, '{ERASED}'),
        status = iif(status IN ('sent', 'refused'), status, 'skipped')
    WHERE lower(address) = ?
"""  # noqa: S608  # constants of ours
_WORDS = {"journal": "detail", "suppression": "reason", "recipient": "reply"}  # where an address may stand in somebody's words


def forget(ledger: Ledger, keys: Keys, address_key: str, now: float) -> int:
    """Erases an address from every table, and the room it took from the file; in how many mailings it stood.

    Call it under the run lock: nobody may be sending. The counts of the mailings stay. Done again it changes nothing, but
    finishes what was interrupted.
    """
    suppressions = Suppressions(ledger)
    codes = keys.codes(address_key)
    with ledger.transaction():
        stood = ledger.change(_ERASE, address_key)
        ledger.change("DELETE FROM recipient_key WHERE address_key = ?", address_key)
        ledger.change("DELETE FROM suppression WHERE address_key = ?", address_key)
        ledger.change("DELETE FROM bounce WHERE address_key = ?", address_key)
        ledger.change("DELETE FROM journal WHERE who = ?", address_key)
        for code in codes:
            ledger.change("DELETE FROM journal WHERE who = ? AND detail <> ?", code, ERASED)
            ledger.change("DELETE FROM suppressed_code WHERE code = ? AND kind <> ?", code, Kind.FORGOTTEN)
        for table, column in _WORDS.items():
            ledger.change(f"UPDATE {table} SET {column} = ? WHERE instr(lower({column}), ?)", _NAMED, address_key)  # noqa: S608
        if not any(map(suppressions.of_code, codes)):
            suppressions.note(Suppressed(codes[0], Kind.FORGOTTEN, ERASED, now), "command")
    unrecorded.erase(ledger.path, address_key)
    ledger.shrink()
    return stood
