"""A practice that sent an issue, a mailbox to which things come back, and the mails that come: real keys, real record."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certificates import Certificates
from dovecot import PASSWORD, Dovecot, Letterbox, running
from mailings import PATIENT, Clock, plan
from samples import make_practice_folder
from smtp_server import Close, Phase, SmtpServer, When

from newsletter.compose.identity import Identities
from newsletter.compose.message import Message
from newsletter.ledger.keys import practice_keys
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Recipient
from newsletter.ledger.suppressions import Suppressed, Suppressions
from newsletter.send.account import Account
from newsletter.send.limits import Limits
from newsletter.send.mailing import Run
from newsletter.send.terms import Manner

ISSUE = "back-muscle-spasms"
PRACTICE = "news@riverbend.example"
READERS = tuple(f"{name}@mail.example" for name in ("anna", "ben", "cara", "dan", "eve", "fay", "gus", "hal", "ida", "jon"))
CORPUS = sorted(Path(__file__).with_name("corpora").joinpath("arrivals").glob("*.eml"))
CORPUS_ID = b"back-muscle-spasms.qX2v9LmT4bWk7RzYc1HdNg@riverbend.example"
CORPUS_TOKEN = b"Xy7-kQ2mLr9TzWb4nVc8Hd_sJ0pUe5VfK3"
IN_DOUBT = READERS[8:]  # the line was cut when the server had their mails
PEOPLE_TABLES = ("suppression", "suppressed_code", "bounce", "journal", "recipient")


@dataclass
class Practice:
    """A practice's folder with its record, and the mailbox that it reads."""

    folder: Path
    box: Letterbox

    def set_inbox(self, extra: str = "", port: int = 0) -> None:
        """Names the mailbox in practice.yaml."""
        path = self.folder / "practice.yaml"
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("inbox:")]
        lines.append(f"inbox: {{host: 127.0.0.1, port: {port or self.box.server.imaps}, username: {self.box.user}{extra}}}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Its ledger."""
        with closing(Ledger.open(ledger_file(self.folder))) as opened:
            yield opened

    def row(self, address: str) -> Recipient:
        """What the record says of one reader's mail."""
        with self.ledger() as ledger:
            mailing = Mailing.find(ledger, ISSUE)
            assert mailing
            return next(one for one in mailing.recipients() if one.address == address)

    def message_id(self, address: str) -> str:
        """That of one reader's mail."""
        return self.row(address).message_id or ""

    def suppressed(self, address: str) -> Suppressed | None:
        """Why a reader is not mailed any more."""
        with self.ledger() as ledger:
            return Suppressions(ledger).of(address)

    def kinds(self) -> dict[str, str]:
        """Everybody who is not mailed any more, and why."""
        return {address: found.kind.value for address in everybody() if (found := self.suppressed(address))}

    def token(self, address: str) -> str:
        """What stands in a reader's List-Unsubscribe."""
        return practice_keys(self.folder).token(address)

    def dump(self) -> dict[str, list[Any]]:
        """Everything the ledger says of people, but for when a settled mail was settled and the order of the journal."""
        with sqlite3.connect(ledger_file(self.folder)) as connection:
            found = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in PEOPLE_TABLES}
        found["recipient"] = [(row[2], row[3], row[-1]) for row in found["recipient"]]
        found["journal"] = [row[1:] for row in found["journal"]]
        return {table: sorted(rows, key=repr) for table, rows in found.items()}


@dataclass
class World:
    """A mail server with certificates, and a practice's folder to copy."""

    dovecot: Dovecot
    certificates: Certificates
    template: Path

    def practice(self, folder: Path) -> Practice:
        """A practice of its own, that sent its issue and has an empty mailbox."""
        shutil.copytree(self.template, folder)
        made = Practice(folder, self.dovecot.letterbox())
        made.set_inbox()
        return made

    def copy(self, practice: Practice, folder: Path) -> Practice:
        """The same practice once more, with the same mailbox."""
        shutil.copytree(practice.folder, folder)
        return Practice(folder, practice.box)

    def trust(self, monkeypatch: Any) -> None:
        """Commands believe the test authority, and know the password."""
        monkeypatch.setenv("SSL_CERT_FILE", str(self.certificates.authority))
        monkeypatch.setenv("NEWSLETTER_IMAP_PASSWORD", PASSWORD)


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Sends the issue once, for all tests; the mails of `IN_DOUBT` stay in doubt."""
    practice = make_practice_folder(folder / "practice")
    rows = [f"{address},{address.partition('@')[0].title()}" for address in everybody()]
    (practice / "subscribers.csv").write_text("\n".join(["email,first_name", *rows]) + "\n", encoding="utf-8")
    _send(practice)
    (folder / "certificates").mkdir()
    certificates = Certificates.made_in(folder / "certificates")
    with running(certificates) as dovecot:
        yield World(dovecot, certificates, practice)


def everybody() -> list[str]:
    """The readers, and one of their own for each mail of the corpus."""
    return [*READERS, *map(reader_of, CORPUS)]


def reader_of(mail: Path) -> str:
    """Whose mail a mail of the corpus is about."""
    return f"{mail.stem}@post.example"


def of_the_corpus(practice: Practice, mail: Path) -> bytes:
    """A mail of the corpus about the mail that its own reader got."""
    reader = reader_of(mail)
    content = mail.read_bytes().replace(CORPUS_ID, practice.message_id(reader).encode())
    return content.replace(CORPUS_TOKEN, practice.token(reader).encode())


def _send(folder: Path) -> None:
    """One small mail for each reader, with the Message-ID that a real one would have."""
    identities = Identities(practice_keys(folder), ISSUE, "riverbend.example")

    def write(recipient: Recipient) -> Message:
        own_id = identities.message_id(recipient.address_key)
        content = f"From: {PRACTICE}\r\nTo: {recipient.address}\r\nMessage-ID: <{own_id}>\r\n\r\nHello\r\n"
        return Message(PRACTICE, recipient.address, own_id, content.encode())

    cut = [When(Phase.DOT, Close(), recipient=address, kept=True) for address in IN_DOUBT]
    with SmtpServer(cut) as server, closing(Ledger.open(ledger_file(folder))) as ledger:
        account = Account("127.0.0.1", server.port, "none", timeouts=PATIENT)
        Run(plan(ledger, everybody(), issue=ISSUE), account, write, Clock().world, Manner(limits=Limits())).send()


def letter(sender: str, subject: str, text: str, **headers: str) -> bytes:
    """A mail as a person writes it; `in_reply_to` and other headers by name."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"From: {sender}\r\nTo: {PRACTICE}\r\nSubject: {subject}\r\nDate: Tue, 01 Dec 2026 09:00:00 -0700\r\n{more}"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


def bounce(recipient: str, message_id: str, status: str = "5.1.1", action: str = "failed", name: str = "") -> bytes:
    """A delivery status notification (RFC 3464) with the headers of the mail that it is about, as Postfix writes it."""
    said = f"Original-Envelope-Id: {name}\r\n" if name else ""
    return (
        f"From: MAILER-DAEMON@mx.example (Mail Delivery System)\r\nTo: {PRACTICE}\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        f"Date: Tue, 01 Dec 2026 16:01:00 +0000\r\nMessage-ID: <b1.{recipient}@mx.example>\r\nAuto-Submitted: auto-replied\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="=b"\r\n\r\n'
        "--=b\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nThis is the mail system at host mx.example.\r\n\r\n"
        f"--=b\r\nContent-Type: message/delivery-status\r\n\r\n{said}Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} as the server said\r\n\r\n"
        "--=b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"From: {PRACTICE}\r\nTo: {recipient}\r\nMessage-ID: <{message_id}>\r\nSubject: Stretch a little\r\n\r\n--=b--\r\n"
    ).encode()


def complaint(recipient: str, message_id: str) -> bytes:
    """A report of abuse (RFC 5965) about a mail, with its headers."""
    return (
        f"From: feedback@isp.example\r\nTo: {PRACTICE}\r\nSubject: FW: Stretch a little\r\nMessage-ID: <arf.{message_id}>\r\n"
        "Date: Tue, 01 Dec 2026 17:00:00 +0000\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="=c"\r\n\r\n'
        "--=c\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n\r\n"
        "--=c\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
        "User-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n"
        f"Original-Rcpt-To: <{recipient}>\r\n\r\n"
        f"--=c\r\nContent-Type: message/rfc822\r\n\r\nFrom: {PRACTICE}\r\nTo: {recipient}\r\nMessage-ID: <{message_id}>\r\n"
        "Subject: Stretch a little\r\n\r\nHello\r\n\r\n--=c--\r\n"
    ).encode()


def everything(practice: Practice) -> list[bytes]:
    """A mailbox after a mailing: one mail of each kind, and some that are nobody's business."""
    ids = {address: practice.message_id(address) for address in READERS}
    anna, ben, cara, dan, eve, fay, gus, hal, ida, _ = READERS
    return [
        letter("a.petrov@elsewhere.example", f"unsubscribe {practice.token(anna)}", ""),
        letter(ben, "Re: Stretch a little", "STOP"),
        letter("caras.husband@elsewhere.example", "Re: Stretch a little", "Please remove me.", In_Reply_To=f"<{ids[cara]}>"),
        bounce(dan, ids[dan]),
        bounce(eve, ids[eve], "4.2.2"),
        bounce(fay, ids[fay], "5.7.1"),
        complaint(gus, ids[gus]),
        letter(hal, "Re: Stretch a little", "Can I come on Tuesday? My back is stiff.", In_Reply_To=f"<{ids[hal]}>"),
        letter(hal, "Automatic reply: Stretch a little", "I am away until Monday.", Auto_Submitted="auto-replied"),
        bounce(ida, ids[ida], "4.4.1", "delayed"),
        letter("stranger@elsewhere.example", "Please", "Unsubscribe me"),
        letter("x@elsewhere.example", f"unsubscribe {practice.token(anna)[:-1]}x", ""),
        letter("sales@supplies.example", "Your order of towels", "Two boxes are on their way to you."),
        bounce("supplier@closed.example", "private.letter@riverbend.example"),
    ]


AFTERWARDS = {
    **{READERS[n]: "opted out" for n in (0, 1, 2)},
    READERS[3]: "bounced",
    READERS[6]: "complained",
}
"""Who is not mailed any more when `everything` was read."""
