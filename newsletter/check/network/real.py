"""The real network behind `check --online`: DNS, websites and the mail server's greeting, each asked once."""

from __future__ import annotations

import ipaddress
import ssl
from functools import cached_property

from newsletter.check.network.net import NOT_KNOWN, Fetched, Greeting, NoAnswer
from newsletter.check.network.resolver import Resolver, host_and_port


class Network:
    """What `Net` promises. `dns` is a DNS server as `host:port`, `patience` the seconds for one page.

    `loopback` says whether websites may be on this computer, `authorities` is a file of certificates to trust instead of
    the computer's own.
    """

    def __init__(
        self, dns: str | None = None, *, patience: float = 5.0, loopback: bool = False, authorities: str | None = None
    ) -> None:
        self._resolver = Resolver(dns)
        self._patience = patience
        self._loopback = loopback
        self._authorities = authorities
        self._pages: dict[tuple[str, int], Fetched] = {}
        self._greetings: dict[tuple[str, int, str], Greeting] = {}

    @classmethod
    def for_people(cls, dns: str | None) -> Network:
        """As `newsletter check --online` asks. Raises NewsletterError for a DNS server that cannot be meant.

        Websites inside a private network are not asked, because readers cannot reach them; only where the DNS server that
        is named is on this computer, names may lead to this computer too: so a practice's whole net can be tried at home.
        """
        return cls(dns, loopback=dns is not None and ipaddress.ip_address(host_and_port(dns)[0]).is_loopback)

    def txt(self, name: str) -> tuple[str, ...]:
        """See `Net`."""
        found = self._resolver.records(name, "TXT")
        return tuple(sorted(b"".join(record.strings).decode("utf-8", "replace") for record in found))

    def mx(self, name: str) -> tuple[tuple[int, str], ...]:
        """See `Net`."""
        found = self._resolver.records(name, "MX")
        return tuple(sorted((record.preference, record.exchange.to_text(omit_final_dot=True).lower()) for record in found))

    def exists(self, name: str, kind: str) -> bool:
        """See `Net`."""
        return bool(self._resolver.records(name, kind))

    def fetch(self, url: str, *, most: int = 0) -> Fetched:
        """See `Net`."""
        from newsletter.check.network.web import Web

        key = (url, most)
        if key not in self._pages:
            web = Web(self._resolver, self._trusted, patience=self._patience, loopback=self._loopback)
            self._pages[key] = web.fetch(url, most)
        return self._pages[key]

    def greeting(self, host: str, port: int, security: str) -> Greeting:
        """See `Net`."""
        key = (host, port, security)
        if key not in self._greetings:
            self._greetings[key] = self._greeting(host, port, security)
        return self._greetings[key]

    def _greeting(self, host: str, port: int, security: str) -> Greeting:
        from newsletter.check.network.mail_server import greeting

        try:
            addresses = self._resolver.addresses(host)
        except NoAnswer:
            return Greeting({}, {}, "the domain name system (DNS) gave no answer about its name", asked=False)
        return greeting(addresses, host, port, security, self._trusted) if addresses else Greeting({}, {}, NOT_KNOWN)

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """Certificates are verified; SSL_CERT_FILE names other authorities than the computer's, as for the mail server."""
        return ssl.create_default_context(cafile=self._authorities)
