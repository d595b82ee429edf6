"""Holds how a mailbox is reached: TLS that is verified, one login, and a sentence with a next step for whatever goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dovecot import PASSWORD
from imap_server import ImapServer, scripted
from mailboxes import Practice, World, letter, world
from middleman import between

from newsletter.cli import run
from newsletter.errors import AccountTrouble, Missing, ProblemsFound
from newsletter.listen import imap
from newsletter.listen.imap import MailAccount, logged_in
from newsletter.read.inbox import Inbox, MailboxServer, mailbox_server
from newsletter.read.practice import read_practice
from newsletter.read.providers import Smtp, named, names

OURS = "hello@riverbend.example"


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One Dovecot for all tests."""
    with world(tmp_path_factory.mktemp("sent")) as made:
        yield made


@pytest.fixture
def practice(sent: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Practice:
    """A practice with an empty mailbox."""
    sent.trust(monkeypatch)
    return sent.practice(tmp_path / "practice")


def inbox(practice: Practice, capsys: pytest.CaptureFixture[str], code: int = 1) -> str:
    """What `newsletter inbox` says went wrong."""
    done = run(["-C", str(practice.folder), "inbox"])
    _, err = capsys.readouterr()
    assert (done, "Traceback" in err) == (code, False), err
    return err


def account_of(practice: Practice, **other: object) -> MailAccount:
    """The mailbox of a practice on the real server."""
    made = MailAccount("127.0.0.1", practice.box.server.imaps, "tls", practice.box.user, PASSWORD, patience=5)
    return replace(made, **other)  # type: ignore[arg-type]


def refusal(account: MailAccount) -> str:
    """Why there is no login."""
    with pytest.raises(AccountTrouble) as refused, logged_in(account):
        pass
    return str(refused.value)


@pytest.mark.parametrize("kind", ["expired", "self-signed", "wrong name"])
def test_a_certificate_that_does_not_hold(sent: World, practice: Practice, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    """Nothing is said to a server that cannot prove who it is, least of all a password."""
    with scripted(ImapServer(context=sent.certificates.context(kind))) as server:
        practice.set_inbox(port=server.port)
        said = inbox(practice, capsys)
    assert said.startswith("The certificate of 127.0.0.1 is not valid (")
    assert "so nothing was read.\nCheck `host` under `inbox` in practice.yaml." in said
    assert server.lines == []


def test_encryption_that_begins_later(practice: Practice, capsys: pytest.CaptureFixture[str]) -> None:
    """STARTTLS works where practice.yaml asks for it."""
    practice.box.deliver(letter("ben@mail.example", "Re: Stretch a little", "STOP"))
    practice.set_inbox(", security: starttls", port=practice.box.server.imap)
    inbox(practice, capsys, code=0)
    assert practice.kinds() == {"ben@mail.example": "opted out"}


def test_encryption_that_is_not_offered(practice: Practice, capsys: pytest.CaptureFixture[str]) -> None:
    """Where encryption is asked for and not offered, no password is said."""
    with scripted(ImapServer()) as server:
        practice.set_inbox(", security: starttls", port=server.port)
        said = inbox(practice, capsys)
    assert said.startswith(f"127.0.0.1 offers no encryption on port {server.port}, so nothing was read.")
    assert not any("LOGIN" in line or "AUTHENTICATE" in line for line in server.lines)


def test_a_wrong_password(practice: Practice, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A login that is refused says whose, and what to check."""
    monkeypatch.setenv("NEWSLETTER_IMAP_PASSWORD", "hunter22")
    said = inbox(practice, capsys)
    assert said.startswith(f"127.0.0.1 did not accept the login of {practice.box.user}: [AUTHENTICATIONFAILED]")
    assert said.endswith("\nCheck `username` under `inbox` in practice.yaml, and type the password again.\n")


def test_a_server_that_repeats_the_password(practice: Practice) -> None:
    """A server's words are shown without the password, without control characters, and not endlessly."""
    account = account_of(practice, security="none", password="hunter22")
    with scripted(ImapServer(refusal="no\x1b[2J " + "blah " * 99)) as server:
        said = refusal(replace(account, port=server.port)).splitlines()[0]
    assert sum("LOGIN" in line for line in server.lines) == 1
    assert said.isprintable()
    assert len(said) < 400
    with scripted(ImapServer(refusal="no,")) as server:
        said = refusal(replace(account, port=server.port))
    assert "no, " in said
    assert "hunter22" not in said


def test_a_password_with_accents(practice: Practice) -> None:
    """A password may have any letters; a wrong one of that kind is refused like another."""
    assert "did not accept the login" in refusal(account_of(practice, password="pässwörd→"))


def test_an_access_token_is_renewed_once(practice: Practice) -> None:
    """A token that is refused is replaced by a new one; the refusal is closed as Google and Microsoft want it."""
    asked = []

    def token(new: bool) -> str:
        asked.append(new)
        return "second-token-0123456789" if new else "first-token-0123456789"

    account = account_of(practice, security="none", password=None, token=token)
    with scripted(ImapServer("IMAP4rev1 AUTH=XOAUTH2", ("second-token-0123456789",))) as server:
        with logged_in(replace(account, port=server.port)) as opened:
            assert opened.look_into("INBOX").uidvalidity == 7
        assert asked == [False, True]
        assert server.lines.count("") == 1
    with scripted(ImapServer("IMAP4rev1 AUTH=XOAUTH2")) as server:
        assert "token-0123456789" not in refusal(replace(account, port=server.port))
    with scripted(ImapServer()) as server:
        assert "does not let anybody log in with an access token" in refusal(replace(account, port=server.port))


def test_a_server_that_falls_silent(practice: Practice) -> None:
    """Nobody waits for ever: in the middle of an answer, and before the first word."""
    practice.box.deliver(letter("a@mail.example", "Long", "words " * 9_000))
    with between(practice.box.server.imaps, silent_after=20_000) as middleman:
        account = account_of(practice, port=middleman.port, patience=2)
        with logged_in(account) as server:
            view = server.look_into("INBOX")
            with pytest.raises(AccountTrouble, match=r"did not answer within .* seconds") as silent:
                server.mails(server.after(0, view))
    assert silent.value.next_step == "Run the command again; it goes on where it was."
    with between(practice.box.server.imaps, silent_after=0) as middleman:
        assert "did not answer" in refusal(replace(account, port=middleman.port, patience=0.5))


def test_no_server_there(practice: Practice) -> None:
    """A server that does not exist, takes no connections or speaks no TLS is told from a wrong password."""
    assert "There is no server imap.invalid" in refusal(account_of(practice, host="imap.invalid"))
    with between(1) as middleman:
        port = middleman.port
    assert "takes no connections" in refusal(account_of(practice, port=port))
    with scripted(ImapServer()) as server:
        assert "does not speak TLS" in refusal(account_of(practice, port=server.port))


def test_nothing_is_asked_of_a_mailbox_without_news(practice: Practice) -> None:
    """A server gives the last mail where one asks for all beyond it (RFC 9051 section 6.4.9): it is not taken for new."""
    practice.box.deliver(letter("a@mail.example", "One", "One"), letter("a@mail.example", "Two", "Two"))
    with logged_in(account_of(practice)) as server:
        view = server.look_into("INBOX")
        assert [server.after(uid, view) for uid in (0, 1, 2, 9)] == [[1, 2], [2], [], []]


def test_uids_that_lie_billions_apart(practice: Practice) -> None:
    """Some servers number mails by the clock: it is asked for the mails that there are, not for the numbers between them."""
    account = account_of(practice, security="none", password=None, token=lambda _new: "t")
    with scripted(ImapServer("IMAP4rev1 AUTH=XOAUTH2", ("t",), uids=(1_700_000_000, 4_294_967_290))) as server:
        with logged_in(replace(account, port=server.port)) as opened:
            view = opened.look_into("INBOX")
            assert opened.after(1_700_000_000, view) == [4_294_967_290]
        assert sum(line.partition(" ")[2].startswith("UID SEARCH") for line in server.lines) == 1


def test_a_mail_that_the_server_cannot_give_out(practice: Practice) -> None:
    """One such mail does not keep the others from being read, now and for ever; of it the headers are."""
    account = account_of(practice, security="none", password=None, token=lambda _new: "t")
    exchange = ImapServer("IMAP4rev1 AUTH=XOAUTH2", ("t",), uids=(3, 4, 5), broken=4)
    with scripted(exchange), logged_in(replace(account, port=exchange.port)) as opened:
        opened.look_into("INBOX")
        mails = opened.mails([3, 4, 5])
    assert [(mail.uid, mail.content[:13]) for mail in mails] == [
        (3, b"Subject: hi\r\n"),
        (4, b"Subject: odd\r"),
        (5, b"Subject: hi\r\n"),
    ]


def test_a_large_mailbox_is_asked_for_in_pieces(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """No mail is missed where two pieces meet."""
    monkeypatch.setattr(imap, "_UIDS_AT_ONCE", 2)
    practice.box.deliver(*[letter("a@mail.example", "One", "One")] * 5)
    with logged_in(account_of(practice)) as server:
        view = server.look_into("INBOX")
        assert [server.after(uid, view) for uid in (0, 2, 4)] == [[1, 2, 3, 4, 5], [3, 4, 5], [5]]


def settings(smtp: dict[str, object], inbox: dict[str, object] | None = None) -> MailboxServer:
    """The mailbox for these keys of practice.yaml."""
    return mailbox_server(Inbox.model_validate(inbox or {}), Smtp.model_validate(smtp), OURS)


@pytest.mark.parametrize("provider", [name for name in names() if named(name).imap_host])
def test_a_provider_with_mailboxes_needs_no_more_lines(provider: str) -> None:
    """Who named the provider for sending has said enough."""
    way = {} if "password" in named(provider).auth else {"auth": "xoauth2"}
    known = settings({"provider": provider, "username": OURS, **way})
    assert (known.host, known.port, known.security, known.username) == (named(provider).imap_host, 993, "tls", OURS)
    assert known.provider == named(provider)
    assert known.auth == way.get("auth", "password")


@pytest.mark.parametrize("smtp", [{"provider": "sendgrid", "username": "apikey"}, {"host": "smtp.riverbend.example"}])
def test_a_mailbox_that_nobody_named(smtp: dict[str, object]) -> None:
    """Where the server or the user cannot be known, the sentence shows the line to write."""
    with pytest.raises(Missing) as missing:
        settings(smtp)
    assert missing.value.next_step.endswith(f"\n  inbox: {{host: imap.your-provider.com, username: {OURS}}}")
    with pytest.raises(Missing) as missing:
        settings(smtp, {"host": "imap.riverbend.example"})
    assert missing.value.next_step.endswith(f"\n  inbox: {{host: imap.riverbend.example, username: {OURS}}}")


def test_what_is_written_wins() -> None:
    """Each line of `inbox` is taken as it is; port and security fit each other."""
    smtp = {"provider": "workspace", "username": OURS, "token_command": "print-token"}
    assert (settings(smtp).auth, settings(smtp).token_command) == ("xoauth2", "print-token")
    other = settings(smtp, {"username": "desk@riverbend.example"})
    assert (other.username, other.auth, other.token_command) == ("desk@riverbend.example", "password", None)
    assert settings(smtp, {"port": "143"}).security == "starttls"
    assert settings(smtp, {"security": "starttls"}).port == 143
    assert settings(smtp, {"auth": "password"}).auth == "password"
    assert settings({"host": "smtp.zoho.eu", "username": OURS}, {"host": "imap.zoho.eu"}).host == "imap.zoho.eu"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("inbox: {password: hunter22}", "a password must not stand in this file. Delete the line."),
        ("inbox: {password: hunter22}", "NEWSLETTER_IMAP_PASSWORD"),
        ("inbox: {host: imap.riverbend.example, security: none}", "`security: none` would show your patients' mails"),
        ("inbox: {auth: password, token_command: x}", "Delete one of the two lines."),
        ("inbox: {folder: [INBOX]}", 'unknown key `folder`. Did you mean "folders"?'),
        ("inbox: {folders: INBOX}", "`inbox.folders` should be a list"),
    ],
)
def test_mistakes_in_practice_yaml(practice: Practice, line: str, expected: str) -> None:
    """Each is told with its line, and what would be right."""
    path = practice.folder / "practice.yaml"
    rest = [one for one in path.read_text(encoding="utf-8").splitlines() if not one.startswith("inbox:")]
    path.write_text("\n".join([*rest, line]) + "\n", encoding="utf-8")
    with pytest.raises(ProblemsFound) as found:
        read_practice(practice.folder)
    assert f"practice.yaml:{len(rest) + 1}:" in str(found.value)
    assert expected in str(found.value)
    assert "hunter22" not in str(found.value)


def test_a_provider_that_takes_no_password(practice: Practice, capsys: pytest.CaptureFixture[str]) -> None:
    """Microsoft 365 is not asked with a password that it would refuse; the sentence says what it takes."""
    practice.set_inbox(", auth: password")
    path = practice.folder / "practice.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("inbox: {host: 127.0.0.1", "inbox: {host: outlook.office365.com"))
    said = inbox(practice, capsys)
    assert said.startswith("Microsoft 365 takes no password from programs that read a mailbox.\n")
    assert "`auth: xoauth2`" in said


def test_nobody_to_ask_for_the_password(
    practice: Practice, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password for sending is not tried on another account's mailbox; the sentence names the variable to set."""
    monkeypatch.delenv("NEWSLETTER_IMAP_PASSWORD")
    monkeypatch.setenv("NEWSLETTER_SMTP_PASSWORD", PASSWORD)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    said = inbox(practice, capsys)
    assert "Put it into the environment variable NEWSLETTER_IMAP_PASSWORD" in said
    path = practice.folder / "practice.yaml"
    smtp = f"smtp: {{host: smtp.riverbend.example, username: {practice.box.user}}}"
    lines = [smtp if line.startswith("smtp:") else line for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    inbox(practice, capsys, code=0)


def test_nothing_to_get_a_token_from(
    practice: Practice, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A login with an access token says where to put one for the mailbox."""
    monkeypatch.delenv("NEWSLETTER_IMAP_TOKEN", raising=False)
    practice.set_inbox(", auth: xoauth2")
    path = practice.folder / "practice.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("inbox: {host: 127.0.0.1", "inbox: {security: none, host: 127.0.0.1")
    )
    with scripted(ImapServer("IMAP4rev1 AUTH=XOAUTH2")) as server:
        text = path.read_text(encoding="utf-8").replace(f"port: {practice.box.server.imaps}", f"port: {server.port}")
        path.write_text(text, encoding="utf-8")
        said = inbox(practice, capsys)
    assert "the environment variable NEWSLETTER_IMAP_TOKEN is not set.\n" in said
    assert "let `token_command` under `inbox` in practice.yaml print a token." in said
