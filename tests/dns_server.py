"""A DNS server on loopback that knows what a test tells it, over UDP and TCP, and misbehaves on order.

    with DnsServer({"riverbend.example": {"MX": ["10 mail.riverbend.example."], "TXT": ["v=spf1 mx ~all"]}}) as server: ...

A name that is not in the zone does not exist; one whose value is a Fault gets that instead of an answer.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Mapping
from enum import StrEnum
from types import TracebackType

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset


class Fault(StrEnum):
    """What can go wrong with a question."""

    SERVFAIL = "the server could not find out"
    REFUSED = "the server does not want to say"
    SILENCE = "no answer at all"
    GARBAGE = "bytes that are no answer"


Zone = Mapping[str, Mapping[str, list[str]] | Fault]
_LONGEST = 512  # bytes over UDP, so that longer answers must be asked for again over TCP (RFC 1035 section 4.2.1)


class DnsServer:
    """Listens while inside `with`; `asked` are the (name, kind) of every question, in order."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.asked: list[tuple[str, str]] = []
        self.tcp_questions = 0

    def __enter__(self) -> DnsServer:
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        for listen in (self._listen_udp, self._listen_tcp):
            threading.Thread(target=listen, daemon=True).start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        for listener in (self._udp, self._tcp):
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    @property
    def address(self) -> str:
        """As `--dns` takes it."""
        return f"127.0.0.1:{self.port}"

    def _listen_udp(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                question, client = self._udp.recvfrom(4096)
                if not question:  # the socket was shut down
                    return
                if answer := self._answer(question):
                    wire = answer if isinstance(answer, bytes) else answer.to_wire(max_size=65535)
                    if len(wire) > _LONGEST and not isinstance(answer, bytes):
                        short = dns.message.make_response(dns.message.from_wire(question))
                        short.flags |= dns.flags.TC
                        wire = short.to_wire()
                    self._udp.sendto(wire, client)

    def _listen_tcp(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._tcp.accept()
                with client:
                    client.settimeout(5)
                    (length,) = struct.unpack("!H", client.recv(2))
                    self.tcp_questions += 1
                    if answer := self._answer(client.recv(length)):
                        wire = answer if isinstance(answer, bytes) else answer.to_wire()
                        client.sendall(struct.pack("!H", len(wire)) + wire)

    def _answer(self, wire: bytes) -> dns.message.Message | bytes | None:
        """The answer, or bytes that are none, or nothing."""
        question = dns.message.from_wire(wire)
        answer = dns.message.make_response(question)
        (asked,) = question.question
        name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind))
        said = self.zone.get(name)
        if said is Fault.SILENCE:
            return None
        if said is Fault.GARBAGE:
            return wire[:2] + b"\x00garbage"
        if isinstance(said, Fault):
            answer.set_rcode(dns.rcode.SERVFAIL if said is Fault.SERVFAIL else dns.rcode.REFUSED)
        elif said is None and not any(known.endswith(f".{name}") for known in self.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif said:
            self._fill(answer, asked.name, said, kind)
        return answer

    def _fill(self, answer: dns.message.Message, name: dns.name.Name, said: Mapping[str, list[str]], kind: str) -> None:
        """The records of a kind, and what an alias leads to."""
        while "CNAME" in said and kind != "CNAME":
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", *said["CNAME"]))
            name = dns.name.from_text(said["CNAME"][0])
            target = self.zone.get(name.to_text(omit_final_dot=True).lower(), {})
            said = {} if isinstance(target, Fault) else target
        records = [quoted(text) for text in said.get(kind, [])] if kind == "TXT" else said.get(kind, [])
        if records:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *records))


def quoted(text: str) -> str:
    """A TXT record's text in strings of at most 255 bytes, as zone files have it."""
    escaped = [text[start : start + 200].replace("\\", "\\\\").replace('"', '\\"') for start in range(0, len(text), 200)]
    return " ".join(f'"{part}"' for part in escaped or [""])
