"""Asks websites for pages as a reader's browser would, but keeps nothing, says who asks, and gives up within seconds."""

from __future__ import annotations

import http.client
import ipaddress
import re
import ssl
import time
from urllib.parse import quote, urljoin, urlsplit

from newsletter import __version__
from newsletter.check.network.net import INSIDE, NOT_KNOWN, Fetched, NoAnswer
from newsletter.check.network.resolver import Resolver
from newsletter.check.network.timed import Timed

_REDIRECTS = 5
_REQUESTS = 3  # as many times its patience is all that one page gets, redirects and second tries included
_MOST = 65_536  # bytes of a page that are read
_MOVED = (301, 302, 303, 307, 308)
_HEADERS = {"User-Agent": f"newsletter/{__version__} (checks the links of a letter)", "Accept": "*/*", "Connection": "close"}
_PARTS = re.compile(r"(https?://)([^/?#]*)", re.IGNORECASE)
_SAFE = "/:?#[]@!$&'()*+,;=%~"  # what stays as it is in an address that is written with accents or blanks

NO_ANSWER = "it did not answer in time"


class Web:
    """One question to a website, found through a resolver and given `patience` seconds for each answer.

    `loopback` says whether names may lead to this computer, as in tests.
    """

    def __init__(self, resolver: Resolver, trusted: ssl.SSLContext, *, patience: float, loopback: bool) -> None:
        self._resolver = resolver
        self._trusted = trusted
        self._patience = patience
        self._loopback = loopback
        self._end = time.monotonic() + _REQUESTS * patience

    def fetch(self, url: str, most: int) -> Fetched:
        """Follows redirects to the page; asks with GET where HEAD is refused (RFC 9110 section 9.3.2). Never raises."""
        here = _plain(url.strip())
        for _ in range(_REDIRECTS + 1):
            try:
                got = self._once(url, here, most)
                if got.status not in _MOVED or not got.final_url:
                    return Fetched(url, got.status, got.content_type, got.size, here, got.body)
                here = _plain(_joined(here, got.final_url))
            except _Gone as gone:
                return Fetched(url, final_url=here, trouble=gone.trouble, asked=gone.asked)
        return Fetched(url, final_url=here, trouble=f"it leads on and on, more than {_REDIRECTS} times")

    def _once(self, url: str, here: str, most: int) -> Fetched:
        """One page; a HEAD that is refused or not understood is tried again as a GET. Raises _Gone."""
        if not most:
            try:
                got = self._request(url, here, "HEAD", 0)
            except _Gone as gone:
                if not gone.hung_up:
                    raise
            else:
                if 200 <= got.status < 400:
                    return got
        return self._request(url, here, "GET", min(most, _MOST))

    def _request(self, url: str, here: str, method: str, most: int) -> Fetched:
        """One answer; `final_url` is the Location it names. Raises _Gone."""
        try:
            parts = urlsplit(here)
            host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
        except (ValueError, UnicodeError):
            raise _Gone(f"{here[:80]} is no web address") from None
        if parts.scheme not in ("http", "https") or not host:
            raise _Gone(f"it leads to {here[:80]}, which is no web page")
        encrypted = parts.scheme == "https"
        line = self._connect(host, port or (443 if encrypted else 80))
        try:
            if encrypted:
                line.encrypt(self._trusted, host)
            talk = http.client.HTTPConnection(host, port or (443 if encrypted else 80))
            talk.sock = line  # it has what http.client asks of a socket
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            talk.request(method, path, headers={**_HEADERS, "Host": parts.netloc.rpartition("@")[2]})
            answer = talk.getresponse()
            size = answer.getheader("Content-Length", "")
            kind = answer.getheader("Content-Type", "").partition(";")[0].strip().lower()
            length = int(size) if size.isascii() and size.isdigit() and len(size) < 16 else -1
            return Fetched(url, answer.status, kind, length, answer.getheader("Location", ""), answer.read(most) if most else b"")
        except ssl.SSLCertVerificationError:
            raise _Gone("its certificate is not valid") from None
        except ssl.SSLEOFError:
            raise _Gone("it hung up", asked=False) from None
        except ssl.SSLError:
            raise _Gone("no encrypted connection came about") from None
        except TimeoutError:
            raise _Gone(NO_ANSWER, asked=False) from None
        except (OSError, http.client.HTTPException, ValueError):  # a control sign in the path is a ValueError
            raise _Gone("it hung up", asked=False, hung_up=True) from None
        finally:
            line.hang_up()

    def _connect(self, host: str, port: int) -> Timed:
        """A line to the first of its addresses that takes one; raises _Gone."""
        try:
            addresses = self._resolver.addresses(host)
        except NoAnswer:
            raise _Gone("the domain name system (DNS) gave no answer about its name", asked=False) from None
        if not addresses:
            raise _Gone(NOT_KNOWN)
        outside = [address for address in addresses if self._reachable(address)]
        if not outside:
            raise _Gone(INSIDE)
        trouble = _Gone("it refuses connections")
        deadline = min(time.monotonic() + self._patience, self._end)
        for address in outside:
            try:
                return Timed(address, port, deadline)
            except ConnectionRefusedError:
                continue
            except TimeoutError:
                trouble = _Gone(NO_ANSWER, asked=False)
            except OSError:  # no way there: this computer may have no network, or none of that kind
                trouble = _Gone("there is no way to it from this computer", asked=False)
        raise trouble

    def _reachable(self, address: str) -> bool:
        """Whether readers can get there: not in a private network (RFC 6890), which we do not enter either."""
        parsed = ipaddress.ip_address(address)
        return parsed.is_global or (self._loopback and parsed.is_loopback)


def _plain(url: str) -> str:
    """An address in the letters that HTTP takes, and its host in those that DNS takes."""
    found = _PARTS.match(url)
    try:
        head = found.group(1) + found.group(2).encode("idna").decode("ascii") if found else ""
    except UnicodeError:
        return ""
    return head + quote(url[found.end() if found else 0 :], safe=_SAFE, errors="replace")


def _joined(here: str, location: str) -> str:
    try:
        return urljoin(here, location)
    except ValueError:
        return location


class _Gone(Exception):
    """No page came. `asked` is False where that may be the network's fault, `hung_up` where another method may do better."""

    def __init__(self, trouble: str, *, asked: bool = True, hung_up: bool = False) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.asked = asked
        self.hung_up = hung_up
