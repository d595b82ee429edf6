"""Slows down who tries links that do not work; a link that works is never slowed down."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

MINUTE = 60.0  # seconds
WRONG = 20  # links that do not work which a visitor may try in a minute
VISITORS = 10_000  # remembered at a time; beyond that the one who was not seen for longest is forgotten


class Guesses:
    """Counts the wrong links of each visitor in memory that does not grow; not for several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wrong(self, address: str) -> int:
        """Counts one more from an address; the seconds until it may go on, 0 where it may now."""
        visitor, now = _visitor(address), self._clock()
        began, count = self._seen.pop(visitor, (now, 0))
        if now - began >= MINUTE:
            began, count = now, 0
        self._seen[visitor] = began, count + 1
        if len(self._seen) > VISITORS:
            self._seen.popitem(last=False)
        return math.ceil(began + MINUTE - now) if count >= WRONG else 0


def _visitor(address: str) -> str:
    """An IPv6 network of 64 bits is one visitor (RFC 6177), as one IPv4 address is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(found) if found.version == 4 else found.exploded[:19]
