"""The names of websites in links: which host, which owner, and whether it is no name but a number."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

Number = ipaddress.IPv4Address | ipaddress.IPv6Address


def host_of(url: str) -> str:
    """`www.riverbend.example` of an http(s) address, lower case; empty where there is none."""
    try:
        parts = urlsplit(url.strip())
        return (parts.hostname or "").rstrip(".") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def number_of(host: str) -> Number | None:
    """The IP address that stands where a name should, in any spelling that browsers take (`2130706433`, `0x7f.1`)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    if not host.rpartition(".")[2][:1].isdigit():
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def owner_of(host: str) -> str:
    """About the part of a name that one owner holds: `riverbend.example` of `news.riverbend.example`.

    Without the list of public suffixes: two labels, or three below a short one of a country (`clinic.co.uk`).
    """
    labels = host.lower().strip(".").split(".")
    below_country = len(labels) > 2 and len(labels[-1]) == 2 and (len(labels[-2]) == 2 or labels[-2] in _SECOND)
    return ".".join(labels[-3:] if below_country else labels[-2:])


_SECOND = frozenset(["com", "org", "net", "gov", "edu", "nhs", "ltd", "plc"])  # under a country: clinic.com.au, trust.nhs.uk
