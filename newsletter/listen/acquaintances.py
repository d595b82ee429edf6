"""Whom the practice knows: the people of its list and of its record of sent mail, by address and by code."""

from __future__ import annotations

import contextlib
from functools import cached_property
from pathlib import Path

from newsletter.errors import NewsletterError
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.suppressions import Suppressions
from newsletter.read.csv_file import CsvFile
from newsletter.read.opt_outs import addresses_in


class Acquaintances:
    """Addresses are in lower case; those of the list count whatever its rows say, and none where it cannot be read."""

    def __init__(self, ledger: Ledger, list_path: Path) -> None:
        self._ledger = ledger
        self._mailings = Mailing.all(ledger)
        self._listed: set[str] = set()
        with contextlib.suppress(NewsletterError, OSError):  # other commands say what is wrong with it
            for _, cells, _ in CsvFile(list_path, list_path.name).records():
                self._listed.update(addresses_in(" ".join(cells)))

    def has(self, address_key: str) -> bool:
        """Whether an address is on the list, or was when an issue was planned."""
        return address_key in self._listed or any(mailing.has(address_key) for mailing in self._mailings)

    def was_mailed(self, address_key: str) -> bool:
        """Whether an address ever got an issue."""
        return any(mailing.reached(address_key) for mailing in self._mailings)

    def address_of(self, code: str) -> str:
        """The address that a code stands for, or nothing where nobody known has it."""
        return self._by_code.get(code, "")

    @cached_property
    def _by_code(self) -> dict[str, str]:
        recorded = {row.address_key for mailing in self._mailings for row in mailing.recipients()}
        suppressions = Suppressions(self._ledger)
        return {code: key for key in self._listed | recorded for code in suppressions.codes(key)}
