"""A mailbox on its server, read over IMAP (RFC 9051) and left exactly as it was: nothing is flagged, moved or deleted."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError
from imapclient.imapclient import ANSWERED, JUNK, SENT

from newsletter.errors import AccountTrouble, Missing

MOST_OF_A_MAIL = 1 << 18
"""Octets of a mail that are fetched: what says what a mail is stands in front of its attachments."""

_UIDS_AT_ONCE = 20_000  # in one answer, which is one line
_LIKE_A_SECRET = re.compile(r"[\w.~+/=-]{16,}")
_AGAIN = "Run the command again; it goes on where it was."


@dataclass(frozen=True, slots=True)
class MailAccount:
    """Where and as whom to read; `security` is tls, starttls or none. `token` gives an access token instead of a password.

    `refused` is what to do when the login fails, `patience` how many seconds an answer may take.
    """

    host: str
    port: int
    security: str
    username: str
    password: str | None = field(default=None, repr=False)
    token: Callable[[bool], str] | None = None
    refused: str = "Check `username` under `inbox` in practice.yaml, and type the password again."
    patience: float = 60


class View(NamedTuple):
    """A folder as it is now: so many mails, UIDs that hold while UIDVALIDITY is the same, and all below `next_uid`."""

    uidvalidity: int
    next_uid: int
    mails: int


class Fetched(NamedTuple):
    """The beginning of a mail, its UID, when it arrived (seconds since 1970), and whether somebody answered it."""

    uid: int
    at: float
    content: bytes
    answered: bool


class MailServer:
    """A login at a server; every method raises AccountTrouble with what to do."""

    def __init__(self, account: MailAccount, client: IMAPClient) -> None:
        self._account = account
        self._client = client

    def look_into(self, folder: str) -> View:
        """Opens a folder for reading only (EXAMINE); raises Missing where there is none of that name."""
        with _sentences(self._account):
            if not self._client.folder_exists(folder):
                known = ", ".join(sorted(str(name) for _, _, name in self._client.list_folders())[:20])
                raise Missing(
                    f'There is no folder "{folder}" in the mailbox of {self._account.username}.',
                    f"Correct its name under `inbox` in practice.yaml. The mailbox has: {known}.",
                )
            said = self._client.select_folder(folder, readonly=True)
            return View(int(said[b"UIDVALIDITY"]), int(said[b"UIDNEXT"]), int(said[b"EXISTS"]))

    def after(self, uid: int, view: View) -> list[int]:
        """The UIDs in the open folder above one, in order.

        They may lie billions apart, so it is asked for by place. From the end on: a mail that is deleted in between by somebody
        else moves the later ones forward, where they are then found twice and not missed.
        """
        found: set[int] = set()
        if uid + 1 < view.next_uid:
            with _sentences(self._account):
                for last in range(view.mails, 0, -_UIDS_AT_ONCE):
                    places = f"{max(1, last - _UIDS_AT_ONCE + 1)}:{last}"
                    found |= set(self._client.search([places, "UID", f"{uid + 1}:{view.next_uid - 1}"]))
        return sorted(found)

    def mails(self, uids: list[int]) -> list[Fetched]:
        """The mails with these UIDs that are still there, in order; no flag is set (BODY.PEEK).

        Exchange refuses to give out a mail that it cannot convert: of that one there are the headers, and the others do not wait.
        """
        with _sentences(self._account):
            try:
                return self._fetch(uids, f"BODY.PEEK[]<0.{MOST_OF_A_MAIL}>")
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                if len(uids) == 1:
                    return self._fetch(uids, "BODY.PEEK[HEADER]")
        return [mail for uid in uids for mail in self.mails([uid])]

    def _fetch(self, uids: list[int], what: str) -> list[Fetched]:
        said = self._client.fetch(uids, ["INTERNALDATE", "FLAGS", what])
        return [_fetched(uid, one) for uid, one in sorted(said.items())]

    def holds(self, message_id: str) -> bool:
        """Whether a mail with this Message-ID (no brackets) is in the open folder."""
        with _sentences(self._account):
            return bool(self._client.search(["HEADER", "Message-ID", message_id]))

    @property
    def junk(self) -> str | None:
        """The folder that the server puts unwanted mail into (RFC 6154), or None where it does not say."""
        with _sentences(self._account):
            found: str | None = self._client.find_special_folder(JUNK)
            return found

    @property
    def sent(self) -> str | None:
        """The folder that the server keeps sent mail in, or None."""
        with _sentences(self._account):
            found: str | None = self._client.find_special_folder(SENT)
            return found


def _fetched(uid: int, said: Mapping[bytes, Any]) -> Fetched:
    content = said.get(b"BODY[]<0>") or said.get(b"BODY[HEADER]") or b""
    return Fetched(uid, said[b"INTERNALDATE"].timestamp(), content, ANSWERED in said[b"FLAGS"])


@contextmanager
def logged_in(account: MailAccount) -> Iterator[MailServer]:
    """A login while inside; raises AccountTrouble with what to do."""
    with _sentences(account):
        context = None if account.security == "none" else ssl.create_default_context()
        client = IMAPClient(
            account.host,
            account.port,
            ssl=account.security == "tls",
            ssl_context=context,
            timeout=SocketTimeout(account.patience, account.patience),
        )
    client.normalise_times = False  # else they are of this computer's zone, and do not say so
    try:
        with _sentences(account):
            if account.security == "starttls":
                if not client.has_capability("STARTTLS"):
                    raise AccountTrouble(
                        f"{account.host} offers no encryption on port {account.port}, so nothing was read.",
                        "Delete `port` and `security` under `inbox` in practice.yaml: the usual is TLS on port 993.",
                    )
                client.starttls(context)
        _log_in(account, client)
        yield MailServer(account, client)
    finally:
        client.__exit__(None, None, None)  # says goodbye, or cuts the line


def _log_in(account: MailAccount, client: IMAPClient) -> None:
    """Once, as a wrong password said twice nears the lock of the account; a token that is refused is renewed once."""
    if account.token is None:
        error = _refusal(account, client, account.password or "")
    elif not client.has_capability("AUTH=XOAUTH2"):
        raise AccountTrouble(
            f"{account.host} does not let anybody log in with an access token (XOAUTH2).",
            "Delete `auth` and `token_command`, or ask your provider about OAuth for IMAP.",
        )
    else:
        bearer = account.token(False)
        error = _refusal(account, client, bearer)
        if error and (renewed := account.token(True)) != bearer:
            error = _refusal(account, client, renewed)
    if error:
        raise AccountTrouble(f"{account.host} did not accept the login of {account.username}: {error}", account.refused)


def _refusal(account: MailAccount, client: IMAPClient, secret: str) -> str:
    """Why a login was refused, in the server's words without the secret, or nothing where it was not."""
    with _sentences(account):
        try:
            if account.token:
                answers = iter([f"user={account.username}\x01auth=Bearer {secret}\x01\x01"])
                client.sasl_login(
                    "XOAUTH2", lambda _: next(answers, "")
                )  # a refusal comes as a challenge, which wants an empty line
            elif client.has_capability("AUTH=PLAIN"):  # takes any letters, LOGIN does not
                client.plain_login(account.username, secret)
            else:
                client.login(account.username, secret)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            return _said(error, secret) or "it gave no reason."
    return ""


@contextmanager
def _sentences(account: MailAccount) -> Iterator[None]:
    """Turns what the network, TLS and the server report into AccountTrouble with a sentence and a next step."""
    where = f"{account.host}, port {account.port},"
    check = "Check `host` and `port` under `inbox` in practice.yaml."
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        message = f"The certificate of {account.host} is not valid ({error.verify_message}), so nothing was read."
        hint = "Check `host` under `inbox` in practice.yaml. If it is right, somebody may be listening on this network."
        raise AccountTrouble(message, hint) from None
    except ssl.SSLError:
        message = f"{where} does not speak TLS as it should, so nothing was read."
        raise AccountTrouble(message, "Check `host`, `port` and `security` under `inbox` in practice.yaml.") from None
    except socket.gaierror:
        raise AccountTrouble(f"There is no server {account.host}, or no way to it.", f"{check} Is the internet there?") from None
    except TimeoutError:
        raise AccountTrouble(f"{where} did not answer within {account.patience:.0f} seconds.", _AGAIN) from None
    except ConnectionRefusedError:
        raise AccountTrouble(f"{where} takes no connections.", check) from None
    except (OSError, IMAPClientAbortError):
        raise AccountTrouble(f"The connection to {account.host} was lost.", _AGAIN) from None
    except IMAPClientError as error:
        raise AccountTrouble(f"{account.host} said no: {_said(error, account.password or '')}", _AGAIN) from None
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):
        raise AccountTrouble(f"{where} gave an answer that makes no sense.", f"{check} {_AGAIN}") from None


def _said(error: IMAPClientError, secret: str) -> str:
    """A server's words in one harmless line: no control characters, not endless, and without the secret if they repeat it."""
    first = error.args[0] if error.args else ""
    text = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
    text = text.replace(secret, "...") if secret else text
    text = _LIKE_A_SECRET.sub(lambda found: "..." if found[0] in secret else found[0], text)
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= 200 else f"{line[:200]}..."
