"""Says hello to a mail server and hears what it offers, without sending any mail (RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

import contextlib
import io
import ssl
import time
from collections.abc import Sequence

from newsletter.check.network.net import Greeting
from newsletter.check.network.timed import Timed

_PATIENCE = 10.0  # seconds for the whole conversation; some servers make strangers wait for their greeting
_MOST_LINES = 100
_LONGEST = 4096
_NAME = b"[127.0.0.1]"  # an address where a name is wanted and there is none (RFC 5321 section 4.1.3)


class _Unexpected(Exception):
    """The server said something else than was asked for."""


def greeting(addresses: Sequence[str], host: str, port: int, security: str, trusted: ssl.SSLContext) -> Greeting:
    """What the server offers in the clear and then encrypted; never raises."""
    trouble, asked, before = "it refuses connections", True, dict[str, str]()
    deadline = time.monotonic() + _PATIENCE
    for address in addresses:
        try:
            line = Timed(address, port, deadline)
        except ConnectionRefusedError:
            continue
        except OSError:
            trouble, asked = "it did not answer in time", False
            continue
        try:
            return _talk(line, host, security, trusted, before)
        except ssl.SSLCertVerificationError:
            trouble, asked = f"its certificate is not valid for {host}", True
        except ssl.SSLEOFError:
            trouble, asked = "it hung up", False
        except ssl.SSLError:
            trouble, asked = "no encrypted connection came about", True
        except TimeoutError:
            trouble, asked = "it did not answer in time", False
        except (OSError, _Unexpected):
            trouble, asked = "it did not talk like a mail server", False
        finally:
            line.hang_up()
        return Greeting(before, {}, trouble, asked)
    return Greeting({}, {}, trouble, asked)


def _talk(line: Timed, host: str, security: str, trusted: ssl.SSLContext, before: dict[str, str]) -> Greeting:
    """The conversation; fills `before` as soon as that is known."""
    if security == "tls":
        line.encrypt(trusted, host)
    _reply(file := line.makefile(), 220)
    before.update(_hello(line, file))
    if security != "starttls":
        _goodbye(line)
        return Greeting({} if security == "tls" else before, before)
    if "STARTTLS" not in before:
        _goodbye(line)
        return Greeting(before, {})
    line.sendall(b"STARTTLS\r\n")
    _reply(file, 220)
    line.encrypt(trusted, host)
    after = _hello(line, line.makefile())  # what was said before it is forgotten (RFC 3207 section 4.2)
    _goodbye(line)
    return Greeting(before, after)


def _hello(line: Timed, file: io.BufferedReader) -> dict[str, str]:
    """EHLO and its keywords (RFC 5321 section 4.1.1.1)."""
    line.sendall(b"EHLO " + _NAME + b"\r\n")
    offers: dict[str, str] = {}
    for said in _reply(file, 250)[1:]:
        name, _, parameters = said.replace("=", " ", 1).partition(" ")  # "AUTH=LOGIN" was once usual
        offers[name.upper()] = f"{offers.get(name.upper(), '')} {parameters.upper()}".strip()
    return offers


def _goodbye(line: Timed) -> None:
    with contextlib.suppress(OSError):
        line.sendall(b"QUIT\r\n")


def _reply(file: io.BufferedReader, wanted: int) -> list[str]:
    """The lines of one reply without their codes; raises _Unexpected for another code or no reply at all."""
    lines: list[str] = []
    while len(lines) < _MOST_LINES:
        said = file.readline(_LONGEST)
        if not said.endswith(b"\n") or not said.startswith(str(wanted).encode()):
            raise _Unexpected
        lines.append(said[4:].decode("utf-8", "replace").strip())
        if said[3:4] != b"-":
            return lines
    raise _Unexpected
