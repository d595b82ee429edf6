"""The mailboxes that anybody can have (data/mailboxes.yaml): whose they are, what sends for them, and slips in typing them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newsletter.check import facts
from newsletter.read.ordinary import Remembered

_FEWEST_LETTERS = 5  # too many real domains lie one letter from `aol.com`


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One provider's domains, or what else mailboxes.yaml says of domains; the fields are explained there."""

    name: str
    source: str
    as_of: str
    domains: tuple[str, ...] = ()
    large: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    provider: str = ""
    policy: str = ""
    neighbors: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()

    def sends_through(self, host: str) -> bool:
        """Whether a mail server may send in the name of these domains."""
        host = host.lower().rstrip(".")
        return host in self.servers or any(f".{host}".endswith(f".{domain}") for domain in self.domains)


class Mailboxes:
    """All that are known, a practice's own among them."""

    def __init__(self, folder: Path | None = None) -> None:
        known = facts.entries(Mailbox, "mailboxes", folder)
        self.large = tuple(domain for mailbox in known for domain in mailbox.large)
        self._of = {domain.lower(): mailbox for mailbox in known for domain in mailbox.domains}
        self._real = {*self._of, *self.large, *(domain for mailbox in known for domain in mailbox.neighbors)}
        self._endings = frozenset(ending for mailbox in known for ending in mailbox.endings)
        self.meant = Remembered(self._meant)

    def of(self, domain: str) -> Mailbox | None:
        """Whose mailboxes a domain has, where anybody can have one there."""
        return self._of.get(domain.lower())

    def domains_at(self, provider: str) -> list[str]:
        """The domains of one provider."""
        return [domain for domain, mailbox in self._of.items() if mailbox.provider == provider]

    def _meant(self, domain: str) -> str:
        """The large mailbox domain that is one slip away (a letter too many, too few, wrong, or two swapped), or nothing.

        Of names shorter than five letters only the ending is judged.
        """
        if domain in self._real:
            return ""
        name, _, ending = domain.partition(".")
        for large in self.large:
            if abs(len(large) - len(domain)) <= 1 and _one_slip(domain, large):
                its_name = large.partition(".")[0]
                if len(its_name) >= _FEWEST_LETTERS or (name == its_name and ending in self._endings):
                    return large
        return ""


def _one_slip(written: str, known: str) -> bool:
    start = 0
    while start < min(len(written), len(known)) and written[start] == known[start]:
        start += 1
    left, right = written[start:], known[start:]
    if len(left) == len(right):
        return left[1:] == right[1:] or (left[:2] == right[1::-1] and left[2:] == right[2:])
    return left[1:] == right if len(left) > len(right) else left == right[1:]
