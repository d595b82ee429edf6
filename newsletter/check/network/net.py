"""What the network says: the domain's records, the pages behind links, the mail server's greeting (`check --online`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

_AT_ONCE = 8  # pages asked for side by side
_PATIENCE = 30.0  # seconds for all of them

NOT_KNOWN = "its name is not known on the internet"
INSIDE = "its address lies inside a private network"


class NoAnswer(Exception):
    """The question could not be put or was not answered in time: nothing is known, which is no finding about the thing asked."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of asking for a page: its status (0: none came), type, size in bytes (-1: not told), and where it led.

    `trouble` is a short phrase where no answer came: NOT_KNOWN, INSIDE, "its certificate is not valid". `asked` is False
    where that may be the network's fault: then nothing is known of the page.
    """

    url: str
    status: int = 0
    content_type: str = ""
    size: int = -1
    final_url: str = ""
    body: bytes = b""
    trouble: str = ""
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a mail server offers: its EHLO keywords in capitals with their parameters, before TLS and as a login meets them.

    `trouble` is a short phrase where it could not be asked; `asked` is False where that may be the network's fault.
    """

    before: dict[str, str]
    after: dict[str, str]
    trouble: str = ""
    asked: bool = True


class Net(Protocol):
    """The network as the checks ask it; every call ends within seconds."""

    def txt(self, name: str) -> tuple[str, ...]:
        """The TXT records of a name, each joined (RFC 7208 section 3.3); none where there are none. Raises NoAnswer."""

    def mx(self, name: str) -> tuple[tuple[int, str], ...]:
        """The MX records as (preference, host); `.` as the host is a null MX (RFC 7505). Raises NoAnswer."""

    def exists(self, name: str, kind: str) -> bool:
        """Whether a name has a record of a kind (`A`, `AAAA`, `SOA`, `PTR`). Raises NoAnswer."""

    def fetch(self, url: str, *, most: int = 0) -> Fetched:
        """Asks for a page without its body, or for its first `most` bytes; never raises."""

    def greeting(self, host: str, port: int, security: str) -> Greeting:
        """Connects, says EHLO, starts TLS where `security` wants it, says EHLO again and QUIT; sends no mail. Never raises."""


def fetch_all(net: Net, urls: Iterable[str], *, most: int = 0) -> dict[str, Fetched]:
    """Asks for several pages side by side, as `Net.fetch` does; what has not come after half a minute was not asked."""
    from concurrent.futures import ThreadPoolExecutor, wait

    pool = ThreadPoolExecutor(_AT_ONCE, "link")
    asked = {url: pool.submit(net.fetch, url, most=most) for url in dict.fromkeys(urls)}
    wait(asked.values(), _PATIENCE)
    pool.shutdown(wait=False, cancel_futures=True)
    late = "there was no time left to ask"
    return {
        url: one.result() if one.done() and not one.cancelled() else Fetched(url, trouble=late, asked=False)
        for url, one in asked.items()
    }
