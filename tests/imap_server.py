"""A small IMAP server that says what a script makes it say, for what a real one would not: old servers and access tokens."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class ImapServer:
    """Says what it `offers`; takes these access `tokens`, no password; has mails of these `uids`. `lines` holds what it heard."""

    offers: str = "IMAP4rev1"
    tokens: tuple[str, ...] = ()
    context: ssl.SSLContext | None = None
    refusal: str = "[AUTHENTICATIONFAILED] no"
    uids: tuple[int, ...] = ()
    broken: int = 0  # the UID of a mail of which it gives nothing but the headers
    port: int = 0
    lines: list[str] = field(default_factory=list)

    def _serve(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                with contextlib.suppress(OSError, ValueError):
                    self._talk(self.context.wrap_socket(client, server_side=True) if self.context else client)

    def _talk(self, client: socket.socket) -> None:
        stream = client.makefile("rwb", buffering=0)
        stream.write(b"* OK ready\r\n")
        while line := stream.readline().decode():
            self.lines.append(line.strip())
            tag, command, *words = line.split()
            if command == "CAPABILITY":
                stream.write(f"* CAPABILITY {self.offers}\r\n".encode())
            elif command == "AUTHENTICATE" and words[0] == "XOAUTH2":
                stream.write(b"+ \r\n")
                said = base64.b64decode(stream.readline()).decode()
                if not any(said.endswith(f"\x01auth=Bearer {token}\x01\x01") for token in self.tokens):
                    stream.write(b"+ " + base64.b64encode(b'{"status":"401"}') + b"\r\n")
                    self.lines.append(stream.readline().decode().strip())
                    stream.write(f"{tag} NO {self.refusal} {said}\r\n".encode())
                    continue
            elif command in ("LOGIN", "AUTHENTICATE"):
                stream.write(f"{tag} NO {self.refusal} {' '.join(words)}\r\n".encode())
                continue
            elif words[:1] == ["FETCH"] and "PEEK[]" in line and str(self.broken) in words[1].split(","):
                stream.write(f"{tag} NO this mail cannot be converted\r\n".encode())
                continue
            stream.write(self._mailbox(command, words))
            stream.write(f"{tag} OK done\r\n".encode())

    def _mailbox(self, command: str, words: list[str]) -> bytes:
        """What is said of the folder and its mails."""
        if command == "LIST" and "INBOX" in words[-1]:
            return b'* LIST () "/" INBOX\r\n'
        if command == "EXAMINE":
            known = f"* {len(self.uids)} EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT {max(self.uids, default=0) + 1}]\r\n"
            return f"{known}* 0 RECENT\r\n* FLAGS ()\r\n".encode()
        if words[:1] == ["SEARCH"]:
            first, last = map(int, words[-1].split(":"))
            return f"* SEARCH {' '.join(str(uid) for uid in self.uids if first <= uid <= last)}\r\n".encode()
        if words[:1] == ["FETCH"]:
            whole = "PEEK[]" in words[-1]
            part, content = ("BODY[]<0>", "Subject: hi\r\n\r\nhi") if whole else ("BODY[HEADER]", "Subject: odd\r\n\r\n")
            told = f'INTERNALDATE "01-Dec-2026 09:00:00 +0000" FLAGS () {part} {{{len(content)}}}\r\n{content}'
            return "".join(f"* {uid} FETCH (UID {uid} {told})\r\n" for uid in words[1].split(",")).encode()
        return b""


@contextmanager
def scripted(server: ImapServer) -> Iterator[ImapServer]:
    """The server while inside."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]
        threading.Thread(target=server._serve, args=(listening,), daemon=True).start()
        yield server
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
