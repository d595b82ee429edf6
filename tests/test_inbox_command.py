"""Holds what `newsletter inbox` makes of a mailbox on a real Dovecot, and that it leaves the mailbox as it was."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from inbox_child import POINTS
from mailboxes import (
    AFTERWARDS,
    CORPUS,
    READERS,
    Practice,
    World,
    bounce,
    complaint,
    everything,
    letter,
    of_the_corpus,
    world,
)
from middleman import between

from newsletter.cli import run
from newsletter.ledger.forgetting import forget
from newsletter.ledger.keys import practice_keys
from newsletter.ledger.lock import run_lock
from newsletter.ledger.mailbox import Mailbox, last_read
from newsletter.ledger.suppressions import Suppressions
from newsletter.listen import inbox as listening

ANNA, BEN, CARA, DAN, EVE, FAY, GUS, HAL, IDA, JON = READERS


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One Dovecot and one mailing for all tests."""
    with world(tmp_path_factory.mktemp("sent")) as made:
        yield made


@pytest.fixture
def practice(sent: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Practice:
    """A practice that sent its issue, with an empty mailbox."""
    sent.trust(monkeypatch)
    return sent.practice(tmp_path / "practice")


@pytest.fixture
def inbox(practice: Practice, capsys: pytest.CaptureFixture[str]) -> Inbox:
    """A hand to type the command."""
    return Inbox(practice, capsys)


class Inbox:
    """Types `newsletter inbox`."""

    def __init__(self, practice: Practice, capsys: pytest.CaptureFixture[str]) -> None:
        self._practice = practice
        self._capsys = capsys

    def __call__(self, *words: str, code: int = 0) -> str:
        """What it prints; on stderr, where it fails."""
        done = run(["-C", str(self._practice.folder), "inbox", *words])
        out, err = self._capsys.readouterr()
        assert (done, "Traceback" in err) == (code, False), err
        return err if code else out


def test_a_mailbox_after_a_mailing(practice: Practice, inbox: Inbox) -> None:
    """Who opted out, bounced for good or complained is not mailed any more; the rest is counted, or shown to a person."""
    practice.box.deliver(*everything(practice))
    said = inbox()
    assert practice.kinds() == AFTERWARDS
    assert said.startswith(f"14 new mails in the mailbox of {practice.box.user}.\n\nNot mailed any more: 5\n")
    for line in (f"{ANNA:<42}  opted out", f"{DAN:<42}  bounced (5.1.1)", f"{GUS:<42}  called a mail spam"):
        assert f"  {line}\n" in said
    assert "No longer in doubt, the mail server had taken them: 1\n  ida@mail.example" in said
    assert "Want an answer: 1\n  hal@mail.example, " in said
    assert "    Can I come on Tuesday? My back is stiff.\n" in said
    assert "wants to be taken off, but is not on the list: " in said
    assert "suppress stranger@elsewhere.example\n" in said
    assert "wants to be taken off, with a code that is not one of ours\n" in said
    assert "1  came back this time; they are mailed on\n" in said
    assert "1  turned away as spam" in said
    assert "2  automatic" in said
    assert "2  not about the newsletter\n" in said
    assert said.endswith("\nNext: answer and decide about the 3 mails above, in your mail program.\n")
    assert all(len(line) <= 80 for line in said.splitlines() if "suppress" not in line)


def test_the_same_as_json(practice: Practice, inbox: Inbox) -> None:
    """Another program reads the same facts."""
    practice.box.deliver(*everything(practice))
    said = json.loads(inbox("--json"))
    assert [who["email"] for who in said["opted_out"]] == [ANNA, BEN, CARA]
    assert [(who["email"], who["words"]) for who in said["bounced"]] == [(DAN, "5.1.1")]
    assert [who["email"] for who in said["complained"]] == [GUS]
    assert [(who["email"], who["words"]) for who in said["settled"]] == [(IDA, "back-muscle-spasms")]
    assert [(who["email"], who["subject"]) for who in said["answer"]] == [(HAL, "Re: Stretch a little")]
    assert [who["email"] for who in said["decision"]] == ["stranger@elsewhere.example", "x@elsewhere.example"]
    assert (said["mails"], said["automatic"], said["other"], said["known_already"], said["in_doubt"]) == (14, 2, 2, 0, 1)


def test_a_second_run_finds_nothing_new(practice: Practice, inbox: Inbox) -> None:
    """What was read is not read again, and changes nothing."""
    practice.box.deliver(*everything(practice))
    inbox()
    before = practice.dump()
    said = inbox()
    assert said.startswith(f"Nothing new in the mailbox of {practice.box.user}.\n\nNext: ")
    assert practice.dump() == before
    practice.box.deliver(letter(EVE, "Re: Stretch a little", "STOP"))
    assert inbox().startswith("1 new mail in ")
    assert practice.kinds() == {**AFTERWARDS, EVE: "opted out"}


def test_every_change_is_in_the_journal(practice: Practice, inbox: Inbox) -> None:
    """Whoever asks why somebody is not mailed any more finds when and by what it was decided."""
    practice.box.deliver(letter(BEN, "Re: Stretch a little", "STOP"), at=1_790_000_000)
    inbox()
    assert practice.dump()["journal"] == [
        (1_790_000_000.0, BEN, "suppressed: opted out", "inbox", "asked by mail to be taken off")
    ]


def test_the_mailbox_stays_as_it_was(practice: Practice, inbox: Inbox) -> None:
    """No mail is marked as read, moved or deleted; what is unread stays unread."""
    practice.box.deliver(*everything(practice))
    practice.box.deliver(letter(HAL, "Win", "You have won."), folder="Junk")
    before = practice.box.files(), practice.box.files("Junk")
    inbox()
    assert (practice.box.files(), practice.box.files("Junk")) == before


def test_the_corpus(practice: Practice, inbox: Inbox) -> None:
    """Mails as real systems and people write them, each about a reader of its own: exactly the right ones are mailed no more."""
    practice.box.deliver(*(of_the_corpus(practice, mail) for mail in CORPUS))
    inbox()
    names = {mail.stem for mail in CORPUS}
    kinds = {address.partition("@")[0]: kind for address, kind in practice.kinds().items()}
    gone = {
        "opted out": {name for name in names if name.startswith(("opt-out-", "stop-"))} - WITHOUT_A_TRACE,
        "complained": {name for name in names if name.startswith(("arf-", "complaint-"))} - {"arf-not-spam"},
        "bounced": DEAD & names,
    }
    assert {name: kind for kind, some in gone.items() for name in some} == kinds


WITHOUT_A_TRACE = {
    "opt-out-encoded-words",
    "stop-subject-only",
    "stop-subject-and-reason",
}  # of the reader whose mail it is about
DEAD = {
    *("exchange-2000-text", "exim-old-unknown-user", "gmail-no-such-user", "microsoft365-recipient-not-found"),
    *("microsoft365-spanish", "postfix-auto-replied-with-envelope-id", "postfix-unknown-user"),
    *("qmail-no-mailbox", "sendmail-user-unknown", "spanish-provider-text", "yahoo-not-accepting", "yahoo-old-text"),
}


def test_the_corpus_is_nobodys_business_without_our_mails(practice: Practice, inbox: Inbox) -> None:
    """The same mails about other mails than ours suppress nobody: a practice's own letters bounce too."""
    practice.box.deliver(*(mail.read_bytes() for mail in CORPUS))
    inbox()
    assert practice.kinds() == {}


@contextmanager
def children() -> Iterator[subprocess.Popen[str]]:
    """A process that runs `newsletter inbox` in forks that can be killed."""
    command = [sys.executable, str(Path(__file__).with_name("inbox_child.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.communicate(timeout=60)


def test_killed_at_any_point(sent: World, practice: Practice, tmp_path: Path) -> None:
    """Killed between reading and committing, or right after: the next run ends where one without a kill would have ended."""
    mails = everything(practice)
    practice.box.deliver(*mails)
    practice.box.deliver(message_in_sent(practice, JON), folder="Sent")
    with children() as process:

        def inbox(folder: Path, point: str = "", passing: int = 1) -> int:
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps([str(folder), point, passing]) + "\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        expected = sent.copy(practice, tmp_path / "undisturbed")
        assert inbox(expected.folder) == 0
        assert expected.kinds() == AFTERWARDS
        for point in POINTS:
            for passing in (1, 3) if point != "before the folder of sent mail" else (1,):
                one = sent.copy(practice, tmp_path / f"{point} {passing}")
                assert inbox(one.folder, point, passing) == -9, point
                assert inbox(one.folder) == 0
                assert one.dump() == expected.dump(), (point, passing)


def test_another_numbering(practice: Practice, inbox: Inbox) -> None:
    """A mailbox that moved to another server is read again from its beginning, and nothing counts twice."""
    practice.box.deliver(*everything(practice))
    inbox()
    before = practice.dump()
    practice.box.renumber()
    said = inbox()
    assert said.startswith("14 new mails")
    assert "7  known already, or answered\n" in said
    assert "Not mailed any more" not in said
    assert practice.dump() == before


def test_who_came_back_is_not_taken_off_by_an_old_mail(practice: Practice, inbox: Inbox) -> None:
    """Where somebody subscribed again, or the practice lifted a suppression, mails from before that do not count any more."""
    practice.box.deliver(*everything(practice))
    inbox()
    keys = practice_keys(practice.folder)
    with practice.ledger() as ledger:
        Suppressions(ledger).opt_in(keys.code(ANNA), 4e9, "page")
        with ledger.transaction():
            Suppressions(ledger).lift([BEN, DAN, GUS], 4e9, "command")
    practice.box.renumber()
    inbox()
    assert practice.kinds() == {CARA: "opted out"}


def test_a_forgotten_person_is_not_written_down_again(practice: Practice, inbox: Inbox) -> None:
    """Whatever still lies in the mailbox, an address that was erased stays erased."""
    practice.box.deliver(*everything(practice))
    inbox()
    forgotten = (ANNA, BEN, DAN, GUS)
    with practice.ledger() as ledger:
        for address in forgotten:
            forget(ledger, practice_keys(practice.folder), address, 4e9)
    practice.box.renumber()
    inbox()
    assert {address for address, kind in practice.kinds().items() if kind == "forgotten"} == set(forgotten)
    assert not [address for address in forgotten if address in repr(practice.dump())]


def test_nobody_is_taken_off_by_from_alone(practice: Practice, inbox: Inbox) -> None:
    """Who answers somebody else's mail takes off the reader of that mail; of themselves a person decides."""
    practice.box.deliver(
        letter(BEN, "Re: Stretch a little", "Unsubscribe", In_Reply_To=f"<{practice.message_id(ANNA)}>"),
        letter(CARA, f"unsubscribe {practice.token(ANNA)[:-1]}!", "unsubscribe " + "x" * 34),
    )
    said = inbox()
    assert practice.kinds() == {ANNA: "opted out"}
    assert f"answered a mail to {ANNA}, who was taken off, and is on the list too" in " ".join(said.split())
    assert "a code that is not one of ours" in said


def test_a_short_word_means_what_it_answers(practice: Practice, inbox: Inbox) -> None:
    """STOP in answer to a reminder or in a conversation is for a person to decide; a whole sentence is clear there too."""
    reminder = {"In_Reply_To": "<reminder.7@booking.example>", "References": f"<{practice.message_id(BEN)}>"}
    practice.box.deliver(
        letter(BEN, "Re: Your appointment", "STOP", **reminder),
        letter(CARA, "Re: Your appointment", "Please take me off your email list.", **reminder | {"References": "<x@y.example>"}),
        letter(DAN, "Re: Stretch a little", "STOP", In_Reply_To=f"<{practice.message_id(DAN)}>"),
    )
    said = " ".join(inbox().split())
    assert practice.kinds() == {CARA: "opted out", DAN: "opted out"}
    assert 'wants something to stop, but answers another mail: "STOP"' in said
    assert f"suppress {BEN}" in said


def test_a_wish_in_doubt_is_not_lost_among_the_answers(practice: Practice, inbox: Inbox) -> None:
    """Every mail that may be a wish is shown, however many there are, with the command that takes the person off."""
    words = "My husband wants to unsubscribe, but please keep me."
    practice.box.deliver(*(letter(BEN, f"Question {number}", words) for number in range(40)))
    said = inbox()
    assert practice.kinds() == {}
    assert "Want a decision: 40\n" in said
    assert said.count("may want to be taken off: ") == said.count(f"suppress {BEN}") == 40
    practice.box.deliver(letter(BEN, "Re: Stretch a little", "Unsubscribe me"), letter(BEN, "Question 41", words))
    assert "Want a decision" not in inbox()


def test_who_asked_is_shown_where_it_is_not_the_reader(practice: Practice, inbox: Inbox) -> None:
    """Who answers a newsletter from another address takes its reader off; the practice sees who it was."""
    about = {"In_Reply_To": f"<{practice.message_id(ANNA)}>"}
    practice.box.deliver(letter("annas.friend@elsewhere.example", "Re: Stretch a little", "Unsubscribe me", **about))
    assert f"  {ANNA}\n      opted out (asked by annas.friend@elsewhere.example)\n" in inbox()
    assert practice.kinds() == {ANNA: "opted out"}


def test_the_code_of_an_old_key(practice: Practice, inbox: Inbox) -> None:
    """The unsubscribe address of a mail that was sent before the keys were renewed still works."""
    from newsletter.ledger.keys import rotate

    old = practice.token(ANNA)
    rotate(practice.folder)
    practice.box.deliver(letter("a@elsewhere.example", f"unsubscribe {old}", ""))
    assert ANNA in inbox()
    assert practice.kinds() == {ANNA: "opted out"}


def test_an_address_that_fails_again_and_again(practice: Practice, inbox: Inbox) -> None:
    """A mailbox that is full once is mailed on; the same report read in another folder counts once."""
    full = bounce(EVE, practice.message_id(EVE), "4.2.2")
    practice.box.deliver(*[full] * 7)
    practice.box.deliver(full, folder="Junk")
    assert "7  known already" in inbox()
    assert practice.kinds() == {}
    assert len(practice.dump()["bounce"]) == 1


def test_one_dead_member_of_a_family_address(practice: Practice, inbox: Inbox) -> None:
    """Where a reader's address hands mail on to several, one who is gone does not take it from the others."""
    one = bounce(DAN, practice.message_id(DAN))
    fields = b"Final-Recipient: rfc822; dans.son@mail.example\r\nAction: failed\r\nStatus: 4.2.2\r\n\r\n"
    practice.box.deliver(
        one.replace(b"--=b\r\nContent-Type: text/rfc822-headers", fields + b"--=b\r\nContent-Type: text/rfc822-headers")
    )
    assert "2  came back this time" in inbox()
    assert practice.kinds() == {}


def test_a_report_that_names_no_mail(practice: Practice, inbox: Inbox) -> None:
    """A report counts by the address where it names no mail; where it names another mail, or nobody we mailed, it does not."""
    nameless = bounce(DAN, "x").replace(b"Message-ID: <x>\r\n", b"")
    practice.box.deliver(nameless, bounce(EVE, "other@riverbend.example"), nameless.replace(DAN.encode(), b"nobody@mail.example"))
    said = inbox()
    assert practice.kinds() == {DAN: "bounced"}
    assert "2  not about the newsletter" in said


def test_a_provider_that_renames_mails(practice: Practice, inbox: Inbox) -> None:
    """Amazon SES gives mails Message-IDs of its own: a report about one counts by the address that we mailed."""
    path = practice.folder / "practice.yaml"
    text = path.read_text(encoding="utf-8")
    smtp = "smtp: {host: email-smtp.us-east-1.amazonaws.com, username: key}"
    path.write_text("\n".join(smtp if line.startswith("smtp:") else line for line in text.splitlines()), encoding="utf-8")
    practice.box.deliver(
        bounce(DAN, "0100@email.amazonses.example"),
        complaint(GUS, "0101@email.amazonses.example"),
        bounce("supplier@closed.example", "0102@email.amazonses.example"),
    )
    inbox()
    assert practice.kinds() == {DAN: "bounced", GUS: "complained"}


def message_in_sent(practice: Practice, address: str) -> bytes:
    """One reader's mail as the provider keeps it."""
    return f"From: news@riverbend.example\r\nTo: {address}\r\nMessage-ID: <{practice.message_id(address)}>\r\n\r\nHi\r\n".encode()


def test_mails_in_doubt_are_settled(practice: Practice, inbox: Inbox) -> None:
    """A mail that stands in the folder of sent mail, or that a report is about, was accepted: nobody has to decide about it."""
    assert [practice.row(address).status.value for address in (IDA, JON)] == ["uncertain", "uncertain"]
    practice.box.deliver(message_in_sent(practice, JON), message_in_sent(practice, ANNA), folder="Sent")
    practice.box.deliver(bounce(IDA, "x", name=practice.message_id(IDA)))
    said = inbox()
    assert "No longer in doubt, the mail server had taken them: 2\n" in said
    assert f"  {IDA:<42}  back-muscle-spasms\n  {JON:<42}  back-muscle-spasms\n" in said
    assert [practice.row(address).status.value for address in (IDA, JON)] == ["sent", "sent"]
    assert practice.row(JON).reply == "found in the folder of sent mail"
    assert practice.kinds() == {IDA: "bounced"}


def test_what_a_crash_left_is_settled_too(practice: Practice, inbox: Inbox) -> None:
    """A mail whose sending was cut off by a crash is in doubt, and can be found, before `settle` was ever typed."""
    with practice.ledger() as ledger:
        ledger.change("UPDATE recipient SET status = 'sending' WHERE address = ?", JON)
    practice.box.deliver(message_in_sent(practice, JON))
    assert JON in inbox()
    assert practice.row(JON).status.value == "sent"


def test_while_a_mailing_runs(practice: Practice, inbox: Inbox) -> None:
    """Opt-outs are taken while an issue is being sent; the mails on their way are left to the sender."""
    with practice.ledger() as ledger:
        ledger.change("UPDATE recipient SET status = 'sending' WHERE address = ?", JON)
    practice.box.deliver(letter(BEN, "Re: Stretch a little", "STOP"))
    with run_lock(practice.folder / ".newsletter" / "lock", "sending"):
        inbox()
    assert practice.kinds() == {BEN: "opted out"}
    assert practice.row(JON).status.value == "sending"


def test_other_folders(practice: Practice, inbox: Inbox) -> None:
    """The folder for unwanted mail is read too; where practice.yaml names folders, those and no others."""
    practice.box.deliver(letter(BEN, "Re: Stretch a little", "STOP"), folder="Junk")
    practice.box.deliver(letter(CARA, "Re: Stretch a little", "STOP"), folder="News")
    inbox()
    assert practice.kinds() == {BEN: "opted out"}
    practice.set_inbox(", folders: [INBOX, News]")
    inbox()
    assert practice.kinds() == {BEN: "opted out", CARA: "opted out"}
    practice.set_inbox(", folders: [Newz]")
    said = inbox(code=1)
    assert said.startswith(f'There is no folder "Newz" in the mailbox of {practice.box.user}.\n')
    assert "The mailbox has: INBOX, Junk, News." in said


def test_a_practice_that_never_sent(practice: Practice, inbox: Inbox) -> None:
    """Before the first mailing there is nothing of ours to find; people on the list who want to be taken off are."""
    for path in (practice.folder / ".newsletter").iterdir():
        path.unlink()
    practice.box.deliver(letter(BEN, "Newsletter", "Please take me off your list."))
    practice.box.deliver(letter("x@y.example", "unsubscribe " + "a" * 34, ""))
    inbox()
    assert practice.kinds() == {BEN: "opted out"}


def test_the_ledger_knows_when_the_mailbox_was_read(practice: Practice, inbox: Inbox) -> None:
    """Also a run that finds nothing counts as having looked."""
    with practice.ledger() as ledger:
        assert last_read(ledger) is None
    inbox()
    with practice.ledger() as ledger:
        assert last_read(ledger)


def test_a_mail_cannot_steer_the_terminal(practice: Practice, inbox: Inbox) -> None:
    """Signs that would colour, clear or rename the window are left out of what is shown."""
    practice.box.deliver(letter(HAL, "Re: \x1b[2J\x9b31m", "Do I need \x1b]0;owned\x07 to \u202eme up?"))
    said = inbox()
    assert "Want an answer: 1" in said
    assert all(c == "\n" or c.isprintable() for c in said)


def test_a_very_large_mail(practice: Practice, inbox: Inbox) -> None:
    """Of a mail with 30 MB of pictures only the beginning is fetched; what it says is understood."""
    start = letter(BEN, "Re: Stretch a little", "STOP")
    large = start.replace(b"text/plain; charset=utf-8\r\n\r\nSTOP\r\n", b'multipart/mixed; boundary="=l"\r\n\r\n')
    large += b"--=l\r\nContent-Type: text/plain\r\n\r\nSTOP\r\n--=l\r\nContent-Type: image/png\r\n"
    large += b"Content-Transfer-Encoding: base64\r\n\r\n" + (b"A" * 76 + b"\r\n") * 400_000
    practice.box.deliver(large)
    with between(practice.box.server.imaps) as middleman:
        practice.set_inbox(port=middleman.port)
        inbox()
    assert practice.kinds() == {BEN: "opted out"}
    assert middleman.passed < 300_000


def test_two_thousand_mails(practice: Practice, inbox: Inbox) -> None:
    """A mailbox of years is read in one go."""
    towels = letter("sales@supplies.example", "Your order", "Two boxes of towels are on their way to you.")
    practice.box.deliver(*[towels] * 1000, *everything(practice), *[towels] * 1000)
    assert inbox().startswith("2,014 new mails")
    assert practice.kinds() == AFTERWARDS


def test_the_line_is_cut_in_the_middle(
    practice: Practice, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was read is kept and told, then what happened; the next run goes on where it was."""
    monkeypatch.setattr(listening, "AT_ONCE", 2)
    towels = letter("sales@supplies.example", "Your order", "Two boxes of towels. " * 1000)
    practice.box.deliver(
        letter(BEN, "Re: Stretch a little", "STOP"), *[towels] * 20, letter(CARA, "Re: Stretch a little", "STOP")
    )
    with between(practice.box.server.imaps, cut_after=100_000) as middleman:
        practice.set_inbox(port=middleman.port)
        done = run(["-C", str(practice.folder), "inbox"])
        out, err = capsys.readouterr()
    assert (done, err) == (1, "The connection to 127.0.0.1 was lost.\nRun the command again; it goes on where it was.\n")
    assert f"{BEN:<42}  opted out" in out
    assert practice.kinds() == {BEN: "opted out"}
    with practice.ledger() as ledger:
        cursor = Mailbox(ledger, f"{practice.box.user} at 127.0.0.1, INBOX").cursor
        assert cursor
        assert 2 <= cursor.uid < 22
    practice.set_inbox()
    assert inbox().startswith(f"{22 - cursor.uid} new mails in ")
    assert practice.kinds() == {BEN: "opted out", CARA: "opted out"}


def test_an_answer_that_was_answered(practice: Practice, inbox: Inbox) -> None:
    """What somebody at the practice has answered in their mail program already is not listed as open."""
    question = letter(HAL, "Re: Stretch a little", "Can I come on Tuesday?")
    [path] = practice.box.deliver(question)
    path.rename(path.with_name(path.name + "RS"))  # replied, seen
    practice.box.deliver(letter(CARA, "Re: Stretch a little", "May I swim?"))
    said = inbox()
    assert "Want an answer: 1\n  cara@mail.example" in said
    assert "1  known already, or answered\n" in said
