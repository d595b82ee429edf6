"""Bounces that follow no standard, as qmail, old Exim and old Exchange write them: whom they name, through flufl.bounce."""

from __future__ import annotations

import logging
from email.message import Message

from flufl.bounce import all_failures

# It writes a traceback, addresses included, for mails that its patterns stumble over.
logging.getLogger("flufl.bounce").addHandler(logging.NullHandler())
logging.getLogger("flufl.bounce").propagate = False


def named_in(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The addresses, lower case, that a bounce says are delayed, and those that it says have failed."""
    try:
        delayed, failed = all_failures(message)
    except Exception:  # noqa: BLE001 - it raises what its many patterns raise, and then has found nothing
        return (), ()
    return _addresses(delayed), _addresses(failed)


def _addresses(found: frozenset[bytes]) -> tuple[str, ...]:
    return tuple(sorted(address.decode("ascii", "replace").strip("<> ").lower() for address in found if b"@" in address))
