"""Holds what `newsletter send`, `settle` and `status` do as real processes, against a real server."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import signal
import subprocess
from collections import Counter

import pytest
from desks import AS_IT_GOES, ISSUE, NAMES, PEOPLE, SLUG, Desk, Done, ended, everybody
from smtp_server import Call, Close, Offers, Phase, Say, SmtpServer, When

from newsletter.ledger.ledger import ledger_file

PASSWORD = "correct horse battery staple"
ASKS = "Type 5 to send 5 mails"


def test_send_twice_and_once_more_with_another_list(desk: Desk) -> None:
    """Everybody gets it once: a second run sends nothing, whatever was shuffled, respelled, added or taken off in between."""
    first = desk.send()
    assert (first.code, first.err.count("Traceback")) == (0, 0)
    assert tuple(desk.server.recipients) == PEOPLE
    assert "To send          5  first anna@mail.example, last eve@inbox.example" in first.out
    assert "sent             5" in first.out
    assert re.search(rf"^Next: newsletter .*status {SLUG}$", first.out, re.MULTILINE)
    again = desk.send()
    assert again.code == 0
    assert "Everybody who can have it has it already; nothing was sent." in again.out
    desk.write_list("new@mail.example,Nora,,", *reversed(everybody(str.upper)))
    assert desk.send().code == 0
    assert desk.server.recipients == [*PEOPLE, "new@mail.example"]
    subjects = [message.content.split(b"Subject: ")[1].split(b"\r\n")[0] for message in desk.server.accepted]
    assert subjects == [f"{name}, stretch a little".encode() for name in (*NAMES, "Nora")]


def test_a_rehearsal_reaches_nobody(desk: Desk) -> None:
    """A rehearsal keeps every mail as a file, asks the real server for nothing, and leaves no trace in the real ledger."""
    done = desk("send", SLUG, "--rehearse", "--json")
    assert done.code == 0, done.err
    assert (done.object["mode"], done.object["sent"], done.object["waiting"]) == ("rehearsal", 5, 0)
    kept = sorted(path.name for path in (desk.folder / "rehearsal" / SLUG).glob("*.eml"))
    assert kept == [f"{n:04}-{address.replace('@', '-at-')}.eml" for n, address in enumerate(PEOPLE, 1)]
    assert desk.server.connections == 0
    assert not ledger_file(desk.folder).exists()
    assert desk.send().code == 0
    assert tuple(desk.server.recipients) == PEOPLE


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    """The plan alone: no mail, no ledger where there was none, and not one byte of another where there was."""
    done = desk("send", SLUG, "--dry-run")
    assert done.code == 0
    assert "Nothing was sent and nothing was recorded." in done.out
    assert not ledger_file(desk.folder).exists()
    assert desk.send("--limit", "2").code == 1
    files = {path: path.read_bytes() for path in (desk.folder / ".newsletter").rglob("*") if path.is_file()}
    desk.write_list(*everybody()[1:], "new@mail.example,Nora,,", "bad@@mail.example,,,")
    plan = desk("send", SLUG, "--dry-run", "--json")
    assert plan.code == 0
    assert (plan.object["mode"], plan.object["sent"], plan.object["waiting"]) == ("dry-run", 2, 4)
    assert [(row["email"], row["kind"]) for row in plan.object["left_out"]] == [("bad@@mail.example", "address")]
    assert {path: path.read_bytes() for path in files} == files
    assert len(desk.server.accepted) == 2


def test_a_test_mail_is_one_mail_and_no_record(desk: Desk) -> None:
    """One real mail to the address given, written as for the subscriber named; the ledger is not asked and not told."""
    done = desk("send", SLUG, "--test", "me@riverbend.example", "--as", "CARA@mail.example")
    assert done.code == 0, done.err
    assert desk.server.recipients == ["me@riverbend.example"]
    assert b"Subject: Cara, stretch a little" in desk.server.accepted[0].content
    assert not ledger_file(desk.folder).exists()
    told = desk("send", SLUG, "--test", "me@riverbend.example", "--json")
    assert told.object["reply"] == "250 2.0.0 queued"
    assert len({message.message_id for message in desk.server.accepted}) == 2
    desk.server.change_script(When(Phase.DOT, Close(), kept=True))
    lost = desk("send", SLUG, "--test", "me@riverbend.example")
    assert lost.code == 1
    assert "may or may not have been sent" in lost.err


def test_in_helpings(desk: Desk) -> None:
    """--limit sends that many and says that others wait (exit 1); the next run goes on behind them."""
    first = desk.send("--limit", "2")
    assert first.code == 1
    assert "3 still waiting; it goes on where it was" in first.out
    assert tuple(desk.server.recipients) == PEOPLE[:2]
    assert desk.send("--limit", "3").code == 0
    assert tuple(desk.server.recipients) == PEOPLE


def test_for_a_tag_and_then_for_all(desk: Desk) -> None:
    """--tag sends to those who have it; the others join with the next run without a tag, and nobody gets it twice."""
    tagged = desk.send("--tag", "DESK", "--json")
    assert tagged.code == 0, tagged.err
    assert desk.server.recipients == ["anna@mail.example", "cara@mail.example"]
    assert tagged.object["waiting"] == 0
    assert desk.send().code == 0
    assert Counter(desk.server.recipients) == dict.fromkeys(PEOPLE, 1)
    assert all(row["message_id"] for row in desk("status", SLUG, "--json").object["recipients"])


def test_another_list(desk: Desk) -> None:
    """--to takes another file, and a list that does not exist is a sentence."""
    desk.write_list("zoe@mail.example,Zoë,,", name="board.csv")
    assert desk.send("--to", str(desk.folder / "board.csv")).code == 0
    assert desk.server.recipients == ["zoe@mail.example"]
    missing = desk.send("--to", "nowhere.csv")
    assert missing.code == 1
    assert "nowhere.csv" in missing.err


def test_one_json_object(desk: Desk) -> None:
    """With --json stdout is one object with a count for each status, whatever else is said on stderr."""
    desk.server.change_script(When(Phase.RCPT, Say("550 5.1.1 no such user"), recipient="ben"))
    done = desk.send("--json")
    counts = {key: done.object[key] for key in ("sent", "refused", "waiting", "sending", "deferred", "uncertain", "skipped")}
    assert counts == {"sent": 4, "refused": 1, "waiting": 0, "sending": 0, "deferred": 0, "uncertain": 0, "skipped": 0}
    assert (done.object["issue"], done.object["mode"], done.object["stopped"]) == (SLUG, "send", None)
    suppressed = json.loads(desk("suppressions", "--json").out)
    assert [(row["email"], row["reason"]) for row in suppressed] == [("ben@post.example", "bounced: 550 5.1.1 no such user")]


@pytest.mark.parametrize(("typed", "code"), [("5", 0), ("4", 1), ("", 1), ("yes", 1)])
def test_confirmation(desk: Desk, typed: str, code: int) -> None:
    """On a terminal only the number of recipients, typed, sends; anything else, and Enter, sends nothing."""
    ours, theirs = pty.openpty()
    try:
        process = desk.begin("send", SLUG, stdin=theirs)
        os.write(ours, f"{typed}\n".encode())
        done = ended(process)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.code == code, done.err
    assert ASKS in done.out + done.err
    assert len(desk.server.accepted) == (5 if code == 0 else 0)
    if code:
        assert "Nothing was sent." in done.err


def test_nobody_to_ask(desk: Desk) -> None:
    """Without a terminal and without --yes nothing is sent, and the sentence names --yes."""
    done = desk("send", SLUG)
    assert done.code == 1
    assert "add --yes" in done.err
    assert desk.server.connections == 0


@pytest.mark.parametrize("moment", ["before the dot", "after the dot"])
def test_killed_and_run_again(desk: Desk, moment: str) -> None:
    """After kill -9 the same command goes on; who may have got it is shown, not sent to; settle decides, and only then."""
    running: list[subprocess.Popen[str]] = []
    after_the_dot = moment == "after the dot"
    rule = When(
        Phase.DOT if after_the_dot else Phase.RCPT,
        Call(lambda: running[0].kill()),  # noqa: PLW0108  # there is no process yet
        recipient="cara",
        times=1,
        kept=after_the_dot,
    )
    desk.server.change_script(rule)
    running.append(desk.begin("send", SLUG, "--yes"))
    assert ended(running[0]).code == -signal.SIGKILL
    done = desk.send()
    assert done.code == 0, done.err
    assert Counter(desk.server.recipients) == dict.fromkeys(PEOPLE, 1)
    if after_the_dot:
        assert re.search(rf"^Next: newsletter .*settle {SLUG} +\(decide", done.out, re.MULTILINE)
        assert desk.status()["cara@mail.example"] == "uncertain"
        assert desk("settle", SLUG, "--arrived").code == 0
    assert desk.status() == dict.fromkeys(PEOPLE, "sent")
    assert desk.send().code == 0
    assert len(desk.server.accepted) == 5


def test_settling_by_sending_again(desk: Desk) -> None:
    """A doubtful mail is explained with its Message-ID; --resend sends that one again, with another Message-ID, and no other."""
    desk.server.change_script(When(Phase.DOT, Close(), recipient="cara", times=1, kept=True))
    assert desk.send().code == 0
    told = desk("settle", SLUG)
    assert told.code == 0
    first = next(message.message_id for message in desk.server.accepted if "cara" in message.recipient)
    assert first in told.out
    assert "--arrived" in told.out
    assert desk("settle", SLUG, "ben@post.example", "--resend").code == 1
    assert "1 mail will be sent again" in desk("settle", SLUG, "CARA@mail.example", "--resend").out
    assert desk.send().code == 0
    again = [message.message_id for message in desk.server.accepted if "cara" in message.recipient]
    assert len(set(again)) == len(again) == 2
    assert Counter(desk.server.recipients) == dict.fromkeys(PEOPLE, 1) | {"cara@mail.example": 2}
    assert "No mail of this issue is in doubt." in desk("settle", SLUG).out


def test_the_list_between_two_runs(desk: Desk) -> None:
    """Shuffled, respelled, with people gone, new and unsubscribed: those who have it keep it, the others get what they should."""
    assert desk.send("--limit", "2").code == 1
    desk.write_list(
        "EVE@inbox.example,Evelyn,,",
        "dan@post.example,Dan,,unsubscribed",
        "ben@POST.example,Benjamin,,",
        "Anna@Mail.example,Anna,,",
        "fay@mail.example,Fay,,",
    )
    assert desk.send().code == 0
    assert [address.lower() for address in desk.server.recipients] == [*PEOPLE[:2], "eve@inbox.example", "fay@mail.example"]
    assert b"Subject: Evelyn," in desk.server.accepted[2].content
    final = {address.lower(): status for address, status in desk.status().items()}
    assert (final["cara@mail.example"], final["dan@post.example"]) == ("skipped", "skipped")


def test_an_issue_that_changed_on_the_way(desk: Desk) -> None:
    """A changed text stops the rest of a mailing with both choices and mails nobody; taken back, it goes on."""
    assert desk.send("--limit", "2").code == 1
    path = desk.folder / "issues" / f"{SLUG}.yaml"
    path.write_text(ISSUE.replace("ceiling", "sky"), encoding="utf-8")
    changed = desk.send()
    assert changed.code == 1
    said = " ".join(changed.err.split())
    assert "2 readers have this issue already, and it was changed since" in said
    assert "Undo the change, or save what you wrote as a new issue" in said
    assert len(desk.server.accepted) == 2
    path.write_text(ISSUE, encoding="utf-8")
    assert desk.send().code == 0
    assert tuple(desk.server.recipients) == PEOPLE


def test_an_issue_that_changed_after_a_first_refusal(desk: Desk) -> None:
    """The text is frozen with the first message that was finished, even if the server then refused it."""
    desk.server.change_script(When(Phase.DOT, Say("554 5.6.0 content rejected"), times=1))
    assert desk.send("--limit", "1").code == 1
    path = desk.folder / "issues" / f"{SLUG}.yaml"
    path.write_text(ISSUE.replace("ceiling", "sky"), encoding="utf-8")
    changed = desk.send()
    assert changed.code == 1
    assert "was changed after its sending began; 0 have the earlier text" in changed.err
    assert "Take the change back" in changed.err
    assert re.search(rf"newsletter .*new TITLE --from {SLUG}", changed.err)
    assert desk.server.accepted == []


def test_opting_out_while_it_runs(desk: Desk) -> None:
    """`suppress` in another window holds at once: who was still to come gets nothing, not even the one being written to."""
    answers: list[Done] = []

    def suppress(address: str) -> Call:
        return Call(lambda: answers.append(desk("suppress", address)), then=AS_IT_GOES)

    desk.server.change_script(
        When(Phase.RCPT, suppress("DAN@post.example"), recipient="ben"),
        When(Phase.RCPT, suppress("cara@mail.example"), recipient="cara"),
    )
    done = desk.send()
    assert [answer.code for answer in answers] == [0, 0]
    assert done.code == 0, done.err
    assert desk.server.recipients == ["anna@mail.example", "ben@post.example", "eve@inbox.example"]
    assert [desk.status()[address] for address in PEOPLE] == ["sent", "sent", "skipped", "skipped", "sent"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_once(desk: Desk, number: signal.Signals) -> None:
    """Ctrl-C lets the mail in flight arrive, records it, and ends with 130; the next run finishes the rest."""
    running: list[subprocess.Popen[str]] = []
    interrupt = Call(lambda: running[0].send_signal(number), then=AS_IT_GOES)
    desk.server.change_script(When(Phase.RCPT, interrupt, recipient="ben"))
    running.append(desk.begin("send", SLUG, "--yes"))
    done = ended(running[0])
    assert done.code == 130
    assert "Stopping after the mail that is on its way" in done.err
    assert "still waiting" in done.out + done.err
    assert tuple(desk.server.recipients) == PEOPLE[:2]
    assert Counter(desk.status().values()) == {"sent": 2, "waiting": 3}
    desk.server.change_script()
    assert desk.send().code == 0
    assert tuple(desk.server.recipients) == PEOPLE


def test_two_at_once(desk: Desk) -> None:
    """A second `send` while one runs is told who is at work, and so is `settle`; the first is not disturbed, nor by a look."""
    answers: list[Done] = []

    def meanwhile() -> None:
        answers.extend([desk.send(), desk("settle", SLUG, "--resend"), desk("send", SLUG, "--dry-run"), desk("status", SLUG)])

    desk.server.change_script(When(Phase.RCPT, Call(meanwhile, then=AS_IT_GOES), recipient="cara"))
    first = desk.begin("send", SLUG, "--yes")
    assert ended(first).code == 0
    assert [answer.code for answer in answers] == [1, 1, 0, 0]
    assert f"Process {first.pid}, begun at" in answers[0].err
    assert f"sending {SLUG}, is at work" in answers[1].err
    assert "sent             2" in answers[3].out
    assert tuple(desk.server.recipients) == PEOPLE


def test_the_password(desk: Desk) -> None:
    """Without a terminal a missing password is a sentence; from the environment it works; a wrong one charges nobody."""
    login = SmtpServer(offers=Offers(auth=("PLAIN",), logins=(("news@riverbend.example", PASSWORD),)))
    with login as desk.server:
        desk.set_server(", username: news@riverbend.example")
        missing = desk.send()
        assert missing.code == 1
        assert "There is no password for news@riverbend.example" in missing.err
        assert "NEWSLETTER_SMTP_PASSWORD" in missing.err
        assert desk.server.connections == 0
        desk.env["NEWSLETTER_SMTP_PASSWORD"] = "wrong-and-private"
        wrong = desk.send()
        assert wrong.code == 1
        assert "did not accept user name and password" in wrong.err
        assert "wrong-and-private" not in wrong.out + wrong.err
        assert desk.server.accepted == []
        assert set(desk.status().values()) == {"waiting"}
        desk.env["NEWSLETTER_SMTP_PASSWORD"] = PASSWORD
        assert desk.send().code == 0
        assert tuple(desk.server.recipients) == PEOPLE
    said = b"".join(path.read_bytes() for path in (desk.folder / ".newsletter").rglob("*") if path.is_file())
    assert PASSWORD.encode() not in said
    assert b"wrong-and-private" not in said


def test_the_limit_of_the_day(desk: Desk) -> None:
    """A limit in practice.yaml ends the run with the time to come back, and a new process has not forgotten it."""
    desk.set_server(", per_day: 2")
    for _ in range(2):
        done = desk.send()
        assert done.code == 1
        assert "limit is reached (2 a day)" in done.err
        assert "Run the same command again after" in done.err
        assert tuple(desk.server.recipients) == PEOPLE[:2]


def test_trouble_with_the_account_is_a_sentence(desk: Desk) -> None:
    """A quota in the middle ends with exit 1, the server's words and the next step; nobody is charged; later it goes on."""
    quota = "550 5.4.5 Daily user sending limit exceeded"
    desk.server.change_script(When(Phase.RCPT, Say(quota), recipient="cara"))
    done = desk.send("--json")
    assert done.code == 1
    assert quota in done.object["stopped"]
    assert (done.object["sent"], done.object["waiting"], done.object["refused"]) == (2, 3, 0)
    desk.server.change_script()
    assert desk.send().code == 0
    assert tuple(desk.server.recipients) == PEOPLE


def test_the_table_for_a_spreadsheet(desk: Desk) -> None:
    """status --csv has the agreed columns, one row a subscriber, private, and no cell that a spreadsheet would run."""
    desk.write_list("=cmd@mail.example,Eve,,", "+1@mail.example,Plus,,", "plain@mail.example,Ann,,")
    desk.server.change_script(
        When(Phase.RCPT, Say('550 =HYPERLINK("https://evil.example")'), recipient="plain"),
        When(Phase.DOT, Say("250 @SUM(1)"), recipient="+1", kept=True),
    )
    assert desk.send().code == 0
    path = desk.folder / "who.csv"
    assert desk("status", SLUG, "--csv", str(path)).code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["email", "status", "code", "reply", "message_id", "at"]
    assert [row[:4] for row in rows[1:]] == [
        ["'=cmd@mail.example", "sent", "250", "2.0.0 queued"],
        ["'+1@mail.example", "sent", "250", "'@SUM(1)"],
        ["plain@mail.example", "refused", "550", '\'=HYPERLINK("https://evil.example")'],
    ]
    ids = {message.message_id for message in desk.server.accepted}
    assert {row[4] for row in rows[1:3]} == ids
    assert all(row[5].endswith("+00:00") for row in rows[1:])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("send",), 2, "Missing argument 'ISSUE'"),
        (("send", SLUG, "--limit", "0"), 2, "--limit"),
        (("send", SLUG, "--dry-run", "--rehearse"), 2, "exclude each other"),
        (("send", SLUG, "--as", "anna@mail.example"), 2, "--as goes with --test"),
        (("send", SLUG, "--test", "not an address"), 2, "--test"),
        (("send", "strech", "--yes"), 1, 'Did you mean "stretch"?'),
        (("send", SLUG, "--yes", "--tag", "nobody"), 1, 'Nobody on the list has the tag "nobody"'),
        (("settle", SLUG), 1, "Nothing was sent yet"),
        (("status", "--csv", "x.csv"), 2, "needs the ISSUE"),
        (("status", SLUG), 0, ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_exit_codes(desk: Desk, words: tuple[str, ...], code: int, said: str) -> None:
    """0 done, 1 something the person can fix, 2 wrong usage; always a sentence on stderr, never a traceback, nobody mailed."""
    done = desk(*words)
    assert (done.code, said in done.err, "Traceback" in done.err) == (code, True, False), done.err
    assert desk.server.accepted == []
