"""Letters over a conversation: brought to where only the final dot is missing, then finished; pipelined where offered."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from newsletter.send import notices
from newsletter.send.account import Account, Lost, Rejected
from newsletter.send.conversation import CLOSING, Conversation, is_yes, lines
from newsletter.send.replies import Phase, Reply
from newsletter.send.wire import Talk, Wire

_MAILS_A_CONNECTION = 100
_ENVELOPE = (Phase.MAIL, Phase.RCPT, Phase.DATA)


class Letter(NamedTuple):
    """What is sent to one recipient: the envelope's two addresses, the bytes before dot-stuffing, and the Message-ID in them."""

    sender: str
    recipient: str
    content: bytes
    message_id: str


class Connection(Conversation):
    """A conversation with one server: `open`, then for each letter `offer` and `finish`, then `close`.

    `offer` brings a letter to where only its final dot is missing; until `finish` writes it, the server cannot deliver it.
    """

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._dirty = False
        self._announced: Letter | None = None  # its envelope went out together with the dot of the one before
        self._mails = 0

    def offer(self, letter: Letter) -> Talk[None]:
        """MAIL, RCPT, DATA and the body without its final dot; raises Rejected or Lost, nothing being accepted either way."""
        self.patience = self.account.timeouts.command
        try:
            yield from self._offer_envelope(letter)
        except Rejected as no:
            if notices.OFFER not in self.features or not notices.refused(no.phase, no.reply):
                raise
            yield from self._open_again()  # nobody is to blame for our parameters: once more, and from here on, without
            self.features.pop(notices.OFFER, None)
            yield from self._offer_envelope(letter)
        self.patience = self.account.timeouts.body
        yield from self._send_body(dot_stuffed(letter.content))

    def _offer_envelope(self, letter: Letter) -> Talk[None]:
        if self._announced is letter:
            yield from self._hear_envelope()
        else:
            if self._dirty:
                yield from self.ask(Phase.RESET, "RSET")
            self._dirty = True
            if self.pipelines:
                with self.losing(Phase.MAIL):
                    yield from self.wire.write(lines(*self._envelope(letter)), self.patience)
                yield from self._hear_envelope()
            else:
                for phase, line in zip(_ENVELOPE, self._envelope(letter), strict=True):
                    self.expect(phase, (yield from self.ask(phase, line)))

    def finish(self, then: Letter | None = None) -> Talk[Reply]:
        """Writes the final dot and gives the server's answer; Lost here means that the letter may have been accepted.

        The envelope of the letter that comes `then` goes out in the same breath where the server offers PIPELINING, which
        saves a round trip (RFC 2920 section 3.1: the end of a message may be the first of a group of commands).
        """
        self.patience = self.account.timeouts.dot
        self._mails += 1
        self._announced = then if self.pipelines and not self.worn else None
        more = self._envelope(self._announced) if self._announced else []
        with self.losing(Phase.DOT):
            yield from self.wire.write(lines(".", *more), self.patience)
        reply = yield from self.answer(Phase.DOT)
        self._dirty = not reply.accepted or self._announced is not None
        return reply

    @property
    def pipelines(self) -> bool:
        """Whether the server takes several commands at once."""
        return "PIPELINING" in self.features

    @property
    def cut(self) -> bool:
        """Whether the line is not open any more."""
        return self.wire.fileno() < 0

    @property
    def worn(self) -> bool:
        """Whether it is time for a fresh connection: some servers count messages on one."""
        return self._mails >= _MAILS_A_CONNECTION

    def _open_again(self) -> Talk[None]:
        """A fresh line: whether the server keeps the old one after such a no, and what it takes it for, is anybody's guess."""
        self.abort()
        self.wire, self._dirty = Wire(), False
        self.patience = self.account.timeouts.connect
        yield from self.open()

    def _envelope(self, letter: Letter) -> list[str]:
        """The commands of `_ENVELOPE`."""
        size = f" SIZE={len(letter.content)}" if "SIZE" in self.features else ""
        sender, recipient = f"MAIL FROM:<{letter.sender}>{size}", f"RCPT TO:<{letter.recipient}>"
        if notices.OFFER in self.features:
            sender += notices.for_sender(letter.message_id)
            recipient += notices.for_recipient(letter.recipient)
        return [sender, recipient, "DATA"]

    def _hear_envelope(self) -> Talk[None]:
        """Every answer to an envelope that was written at once (RFC 2920): one round trip instead of three, or of none."""
        self._announced = None
        codes: dict[Phase, int] = {}
        no: Rejected | None = None
        for phase in _ENVELOPE:
            try:
                codes[phase], text = yield from self.hear(phase)
            except Lost:
                if no:  # the server said why before it went
                    break
                raise
            if not is_yes(phase, codes[phase]):
                no = no or Rejected(phase, Reply.read(codes[phase], text))
                if codes[phase] == CLOSING:
                    self.abort()
                    break
        if no:
            yield from self._leave_data(codes)
            raise no

    def _leave_data(self, codes: dict[Phase, int]) -> Talk[None]:
        """Where the server waits for a message without recipient: a lone dot (RFC 2920, section 3.1), else the line is cut."""
        if codes.get(Phase.DATA) == 354:
            if is_yes(Phase.RCPT, codes[Phase.RCPT]):
                self.abort()  # a dot would deliver an empty mail
            else:
                with contextlib.suppress(Lost):
                    yield from self.ask(Phase.DOT, ".")

    def _send_body(self, stuffed: bytes) -> Talk[None]:
        with self.losing(Phase.BODY):
            yield from self.wire.write(stuffed, self.patience)
        if self.said_more(Phase.BODY):
            reply = yield from self.answer(Phase.BODY)
            self.abort()
            self.expect(Phase.BODY, reply)
            raise Lost(Phase.BODY, "the server answered before the message was complete")


def dot_stuffed(content: bytes) -> bytes:
    """A message as DATA wants it: each line that begins with a dot gets another (RFC 5321 section 4.5.2), and the last ends."""
    stuffed = content.replace(b"\r\n.", b"\r\n..") if b"\r\n." in content else content  # looking is five times as fast
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"
