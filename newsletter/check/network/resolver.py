"""Asks the domain name system, with an answer or none within seconds; the one door to dnspython."""

from __future__ import annotations

import ipaddress
from typing import Any

import dns.exception
import dns.name
import dns.resolver

from newsletter.check.network.net import NoAnswer
from newsletter.errors import NewsletterError

_PATIENCE = 3.0  # seconds for one question
_A_TRY = 1.0  # seconds until it is put again
_SILENCES = 2  # questions without any answer, after which a server that never gave one is asked no more


class Resolver:
    """A DNS server (`host:port`, else the computer's own); each question is put once, and its answer kept."""

    def __init__(self, server: str | None = None) -> None:
        self._resolver = _resolver(server)
        self._kept: dict[tuple[str, str], tuple[Any, ...] | None] = {}  # None where nothing is known
        self._heard = False
        self._silences = 0

    def records(self, name: str, kind: str) -> tuple[Any, ...]:
        """The records of a kind, as dnspython has them; none where the name is unknown or has none. Raises NoAnswer."""
        key = (name.rstrip(".").lower(), kind)
        if key not in self._kept:
            self._kept[key] = self._asked(*key)
        found = self._kept[key]
        if found is None:
            raise NoAnswer(name)
        return found

    def addresses(self, host: str) -> tuple[str, ...]:
        """Where a host is to be found, IPv4 first; an address is itself. Raises NoAnswer."""
        if host == "localhost":
            return ("127.0.0.1", "::1")
        try:
            return (str(ipaddress.ip_address(host.strip("[]"))),)
        except ValueError:
            found = [str(record.address) for record in self.records(host, "A")]
        try:
            return tuple(found + [str(record.address) for record in self.records(host, "AAAA")])
        except NoAnswer:
            if not found:
                raise
            return tuple(found)

    def _asked(self, name: str, kind: str) -> tuple[Any, ...] | None:
        if self._resolver is None or (not self._heard and self._silences >= _SILENCES):
            return None
        try:
            answer = self._resolver.resolve(_absolute(name), kind, raise_on_no_answer=False)
        except (dns.resolver.NXDOMAIN, dns.name.NameTooLong, dns.name.LabelTooLong, dns.name.EmptyLabel, UnicodeError):
            self._heard = True
            return ()
        except (dns.resolver.NoNameservers, dns.exception.DNSException, OSError) as error:
            self._silences += isinstance(error, dns.resolver.LifetimeTimeout | OSError)
            return None
        self._heard = True
        return tuple(answer.rrset or ())


def _absolute(name: str) -> dns.name.Name:
    ascii_name = name if name.isascii() else name.encode("idna").decode("ascii")
    return dns.name.from_text(ascii_name.rstrip(".") + ".")


def _resolver(server: str | None) -> dns.resolver.Resolver | None:
    """The one to ask; None on a computer without any. Raises NewsletterError for a server that cannot be meant."""
    try:
        made = dns.resolver.Resolver(configure=server is None)
    except dns.resolver.NoResolverConfiguration:
        return None
    made.timeout, made.lifetime = _A_TRY, _PATIENCE
    if server is not None:
        host, port = host_and_port(server)
        made.nameservers, made.port = [host], port
    return made


def host_and_port(server: str) -> tuple[str, int]:
    """`127.0.0.1:5353` or `[::1]:5353` in two; port 53 where none is given. Raises NewsletterError."""
    host, _, port = server.rpartition(":") if server.count(":") == 1 or "]:" in server else (server, "", "53")
    try:
        address = str(ipaddress.ip_address(host[1:-1] if host[:1] + host[-1:] == "[]" else host))
        number = int(port)
        if not 0 < number < 65536:
            raise ValueError(port)
    except ValueError:
        said = f'"{server}" is not a DNS server that we can ask.'
        raise NewsletterError(said, "Write its address and port: --dns 9.9.9.9:53") from None
    return address, number
