"""Holds what the options of `newsletter send` promise: corrections, a start at a time, canaries, waiting, brakes and hours."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from desks import AS_IT_GOES, ISSUE, PEOPLE, SLUG, Desk, Done, ended, everybody
from mailings import intend, ledger_in, people, plan, record, statuses
from samples import change
from smtp_server import Call, Close, Phase, Say, When

from newsletter.cli.progress import Progress
from newsletter.cli.start_time import GRACE, wait_until
from newsletter.errors import StartMissed
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.mailbox import Cursor, Mailbox
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Outcome, Recipient, Status
from newsletter.ledger.suppressions import Suppressions

ANNA, BEN, CARA, DAN, EVE = PEOPLE
ZONE = ZoneInfo("America/Denver")  # of the practice
OWN = "hello@riverbend.example"  # its reply_to
THROTTLED = Say("454 4.7.0 Throttling failure: Maximum sending rate exceeded.")
GREYLISTED = Say("451 4.7.1 greylisted, come back later")


def went_out(desk: Desk, issue: str = "earlier", **became: Status) -> None:
    """An issue that was sent some days ago; what became of everybody's mail is given by first name, else they got it."""
    then = time.time() - 3 * 86_400
    ledger = ledger_in(desk.folder)
    mailing = plan(ledger, PEOPLE, issue=issue, content=issue, now=then)
    for recipient in [*mailing.recipients()]:
        status = became.get(recipient.address.split("@")[0], Status.SENT)
        if status is not Status.WAITING:
            assert intend(mailing, recipient, then)
            record(mailing, recipient, Outcome(status, then, 250, "as it went"))
    ledger.close()


def recorded(desk: Desk, issue: str = SLUG) -> dict[str, str]:
    """Everybody's status by address, as the record has it; empty where the issue is not in it."""
    ledger = ledger_in(desk.folder)
    mailing = Mailing.find(ledger, issue)
    found = statuses(mailing) if mailing else {}
    ledger.close()
    return found


def at_a_terminal(desk: Desk, keys: str, *words: str) -> Done:
    """Runs a command whose keyboard is a terminal on which this is typed."""
    ours, theirs = pty.openpty()
    try:
        process = desk.begin(*words, stdin=theirs)
        os.write(ours, keys.encode())
        return ended(process)
    finally:
        os.close(ours)
        os.close(theirs)


def says(process: subprocess.Popen[str], words: str) -> None:
    """Waits until a command has said this on stdout."""
    assert process.stdout
    assert any(words in line for line in iter(process.stdout.readline, "")), f"it never said {words!r}"


def in_practice_time(when: datetime) -> str:
    """As `--at` wants it."""
    return when.strftime("%Y-%m-%d %H:%M")


# --correction-of


def test_a_correction_goes_to_those_who_got_the_earlier_issue(desk: Desk) -> None:
    """Not to who was refused, skipped or in doubt, and not to new people; a later run without the option remembers it."""
    assert desk.send("--limit", "1").code == 1
    desk.write_list(*(line for line in everybody() if not line.startswith("dan")))
    desk.server.change_script(
        When(Phase.RCPT, Say("550 5.7.1 refused by policy"), recipient="ben"),
        When(Phase.DOT, Close(), recipient="cara", kept=True),
    )
    assert desk.send().code == 0
    assert recorded(desk) == dict(zip(PEOPLE, ("sent", "refused", "uncertain", "skipped", "sent"), strict=True))
    desk.server.change_script()
    desk.server.accepted.clear()
    text = ISSUE.replace("ceiling", "sky").replace("Stretch a Little", "Stretch a Little, Corrected")
    (desk.folder / "issues" / "fixed.yaml").write_text(text, encoding="utf-8")
    desk.write_list("fay@mail.example,Fay,,", *everybody(str.capitalize))
    first = desk("send", "fixed", "--yes", "--correction-of", SLUG, "--limit", "1")
    assert first.code == 1, first.err
    assert "Not asked        4" in first.out
    assert f"--correction-of {SLUG}" in first.out.splitlines()[-1]
    assert desk.server.recipients == [ANNA.capitalize()]
    again = desk("send", "fixed", "--yes", "--json")
    assert again.code == 0, again.err
    assert desk.server.recipients == [ANNA.capitalize(), EVE.capitalize()]
    assert {key: again.object[key] for key in ("sent", "waiting", "skipped")} == {"sent": 2, "waiting": 0, "skipped": 0}


def test_a_correction_respects_what_happened_since(desk: Desk) -> None:
    """Who got the earlier issue and opted out, was suppressed or left the list since gets no correction."""
    went_out(desk)
    ledger = ledger_in(desk.folder)
    Suppressions(ledger).add([DAN], "asked on the telephone", time.time())
    ledger.close()
    desk.write_list(f"{ANNA},Anna,,", f"{BEN},Ben,,unsubscribed", f"{DAN},Dan,,", f"{EVE},Eve,,")
    done = desk.send("--correction-of", "earlier")
    assert done.code == 0, done.err
    assert desk.server.recipients == [ANNA, EVE]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("earlyer", 'Did you mean "earlier"?'),
        ("planned-only", '"planned-only" was never sent, so there is nothing to correct.'),
        (SLUG, f'"{SLUG}" was never sent, so there is nothing to correct.'),
    ],
)
def test_only_what_was_sent_can_be_corrected(desk: Desk, named: str, said: str) -> None:
    """An unknown issue, one that nobody has got, and the issue itself are refused in words; nothing is sent or recorded."""
    went_out(desk)
    went_out(desk, "planned-only", **{address.split("@")[0]: Status.WAITING for address in PEOPLE})
    done = desk.send("--correction-of", named)
    assert done.code == 1
    assert said in done.err
    assert desk.server.connections == 0
    assert recorded(desk) == {}


def test_what_has_begun_does_not_become_a_correction(desk: Desk) -> None:
    """An issue that began for everybody, or as another correction, is not narrowed down afterwards; it can go on as it was."""
    went_out(desk)
    went_out(desk, "older", anna=Status.REFUSED)
    assert desk.send("--limit", "1").code == 1
    refused = desk.send("--correction-of", "earlier")
    assert refused.code == 1
    assert "has begun to go to everybody on the list" in refused.err
    assert "newsletter new TITLE" in refused.err
    assert desk.server.recipients == [ANNA]
    (desk.folder / "issues" / "fixed.yaml").write_text(ISSUE.replace("ceiling", "sky"), encoding="utf-8")
    assert desk("send", "fixed", "--yes", "--correction-of", "older", "--limit", "1").code == 1
    other = desk("send", "fixed", "--yes", "--correction-of", "earlier")
    assert other.code == 1
    assert "has begun to go as a correction of older" in other.err
    assert desk.server.recipients == [ANNA, BEN]


def test_looking_at_a_correction(desk: Desk) -> None:
    """A rehearsal and a dry run reach whom the correction would reach, and leave no trace of it in the record."""
    went_out(desk, ben=Status.REFUSED, cara=Status.UNCERTAIN, dan=Status.DEFERRED)
    looked = desk("send", SLUG, "--correction-of", "earlier", "--dry-run", "--json")
    assert looked.code == 0, looked.err
    assert (looked.object["to_send"], looked.object["not_asked"]) == (2, 3)
    rehearsed = desk("send", SLUG, "--correction-of", "earlier", "--rehearse", "--json")
    assert rehearsed.code == 0, rehearsed.err
    assert rehearsed.object["sent"] == 2
    kept = sorted(path.name.partition("-")[2] for path in (desk.folder / "rehearsal" / SLUG).glob("*.eml"))
    assert kept == ["anna-at-mail.example.eml", "eve-at-inbox.example.eml"]
    assert recorded(desk) == {}
    assert desk.server.connections == 0


@pytest.mark.parametrize("how", ["at once", "at a time"])
def test_a_correction_that_was_first_planned_for_everybody(desk: Desk, how: str) -> None:
    """Whoever forgets the option, sees the plan and does not confirm it has spoilt nothing, with or without --at."""
    went_out(desk, ben=Status.REFUSED)
    assert desk("send", SLUG).code == 1
    assert set(recorded(desk).values()) == {"waiting"}
    start = () if how == "at once" else ("--at", in_practice_time(datetime.now(ZONE)))
    desk.send("--correction-of", "earlier", *start)
    assert desk.server.recipients == [ANNA, CARA, DAN, EVE]


# --at


def test_a_start_that_was_missed(desk: Desk) -> None:
    """A time that is over by more than the grace is refused with a sentence: nobody is mailed, nothing is recorded."""
    late = datetime.now(ZONE) - timedelta(seconds=GRACE + 120)
    done = desk.send("--at", in_practice_time(late))
    assert done.code == 1
    assert f"{late:%H:%M} was missed by more than 30 minutes, so nothing was sent." in done.err
    assert "another time with --at" in done.err
    assert desk.server.connections == 0
    assert not ledger_file(desk.folder).exists()


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01 09:00", "9:00"])
def test_a_start_that_is_no_time(desk: Desk, text: str) -> None:
    """What is no time is wrong usage, and an example is given."""
    done = desk.send("--at", text)
    assert done.code == 2
    assert f'"{text}" is no time. Write it like "2026-12-01 09:00".' in done.err
    assert not ledger_file(desk.folder).exists()


@pytest.mark.parametrize("other", [("--dry-run",), ("--rehearse",), ("--test", "me@riverbend.example")])
def test_a_start_is_for_a_real_send(desk: Desk, other: tuple[str, ...]) -> None:
    """--at does nothing with what only looks, and says so."""
    done = desk.send("--at", "2099-12-01 09:00", *other)
    assert done.code == 2
    assert "Error: --" in done.err
    assert desk.server.connections == 0


@pytest.mark.parametrize("minutes", [0, 10])
def test_a_start_just_now(desk: Desk, minutes: int) -> None:
    """This very minute of the practice's time zone, or a few ago: it starts at once."""
    done = desk.send("--at", in_practice_time(datetime.now(ZONE) - timedelta(minutes=minutes)).replace(" ", "T"))
    assert done.code == 0, done.err
    assert tuple(desk.server.recipients) == PEOPLE


def test_a_start_in_a_while(desk: Desk) -> None:
    """Until then nobody is mailed; who opts out meanwhile gets nothing, and who is new in the list meanwhile does not join."""
    start = (datetime.now(ZONE) + timedelta(seconds=17)).replace(microsecond=0)
    at = start.strftime("%Y-%m-%d %H:%M:%S")
    process = desk.begin("send", SLUG, "--yes", "--at", at, "--json", stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 14
    while not recorded_already(desk) and time.monotonic() < deadline:
        time.sleep(0.05)
    rows = [line.replace("Ben,,", "Ben,,unsubscribed").replace("Eve", "Evelyn") for line in everybody()]
    desk.write_list("fay@mail.example,Fay,,", *rows)
    ledger = ledger_in(desk.folder)
    Suppressions(ledger).add([DAN], "asked on the telephone", time.time())
    ledger.close()
    edited = time.time()
    assert desk.server.connections == 0
    done = ended(process)
    assert edited < start.timestamp() <= time.time()
    assert done.code == 0
    assert desk.server.recipients == [ANNA, CARA, EVE]
    assert b"Subject: Evelyn," in desk.server.accepted[-1].content
    assert (done.object["sent"], done.object["skipped"]) == (3, 2)


def recorded_already(desk: Desk) -> bool:
    """Whether a plan is in the record."""
    return ledger_file(desk.folder).exists() and len(recorded(desk)) == len(PEOPLE)


def test_ctrl_c_while_waiting_for_the_start(desk: Desk) -> None:
    """Ctrl-C ends the waiting with 130: nobody was mailed, everybody waits, and the issue can be sent at once."""
    tomorrow = in_practice_time(datetime.now(ZONE) + timedelta(days=1))
    process = desk.begin("send", SLUG, "--yes", "--at", tomorrow)
    says(process, "Waiting for")
    process.send_signal(signal.SIGINT)
    done = ended(process)
    assert (done.code, "Traceback" in done.err) == (130, False)
    assert desk.server.connections == 0
    assert recorded(desk) == dict.fromkeys(PEOPLE, "waiting")
    assert desk.send().code == 0
    assert tuple(desk.server.recipients) == PEOPLE


def test_waiting_looks_at_the_clock_again_and_again() -> None:
    """It naps for half a minute at the most, because a computer may sleep; what it slept through is refused, not made up for."""
    naps: list[float] = []
    assert not wait_until(time.time() + 3600, "UTC", naps.append, lambda: len(naps) == 3)
    assert naps == [30.0, 30.0, 30.0]
    assert wait_until(time.time() + 0.05, "UTC", time.sleep, lambda: False)
    with pytest.raises(StartMissed):
        wait_until(time.time() - GRACE - 60, "UTC", time.sleep, lambda: False)


# --canary


def test_a_canary_and_then_the_others(desk: Desk) -> None:
    """The practice's own address and the first two come first; on a terminal "yes" lets the others follow, each once."""
    done = at_a_terminal(desk, "yes\n", "send", SLUG, "--yes", "--canary", "2")
    assert done.code == 0, done.err
    assert f"Sent to {OWN} and the first 2 subscribers." in done.err
    assert desk.server.recipients == [OWN, *PEOPLE]
    assert b"Subject: Anna, stretch a little" in desk.server.accepted[0].content
    assert len({mail.message_id for mail in desk.server.accepted}) == 6
    assert recorded(desk) == dict.fromkeys(PEOPLE, "sent")


@pytest.mark.parametrize("answer", ["\n", "no\n", "y\n"])
def test_a_canary_that_is_not_confirmed(desk: Desk, answer: str) -> None:
    """Enter, or anything else than yes, leaves the others waiting (exit 1); the next run goes on behind the canaries."""
    done = at_a_terminal(desk, answer, "send", SLUG, "--yes", "--canary", "2")
    assert done.code == 1
    assert "3 still waiting" in done.out
    assert desk.server.recipients == [OWN, ANNA, BEN]
    if answer == "\n":
        assert desk.send().code == 0
        assert desk.server.recipients == [OWN, *PEOPLE]


def test_a_canary_without_a_terminal(desk: Desk) -> None:
    """With nobody to ask the run ends after the canaries, with exit 1 and the next step; the sender's address does as well."""
    change(desk.folder, f", reply_to: {OWN}", "")
    done = desk.send("--canary", "3", "--json")
    assert done.code == 1
    assert "Sent to news@riverbend.example and the first 3 subscribers. Look at the mail, then send to the others." in done.err
    assert (done.object["sent"], done.object["waiting"]) == (3, 2)
    assert desk.server.recipients == ["news@riverbend.example", ANNA, BEN, CARA]
    again = desk.send("--canary", "9")
    assert again.code == 0, again.err
    assert desk.server.recipients[5:] == [DAN, EVE]


def test_a_canary_to_oneself_that_is_refused(desk: Desk) -> None:
    """Where the server does not take even the mail to the practice itself, no subscriber gets anything."""
    desk.server.change_script(When(Phase.RCPT, Say("550 5.7.1 relaying denied"), recipient=OWN))
    done = desk.send("--canary", "2")
    assert done.code == 1
    assert "550 5.7.1 relaying denied" in done.err
    assert desk.server.accepted == []
    assert recorded(desk) == dict.fromkeys(PEOPLE, "waiting")


@pytest.mark.parametrize(("canary", "limit"), [("2", "3"), ("5", "2")])
def test_a_canary_within_a_limit(desk: Desk, canary: str, limit: str) -> None:
    """--limit holds for the whole run: canaries and the others after them together."""
    done = at_a_terminal(desk, "yes\n", "send", SLUG, "--yes", "--canary", canary, "--limit", limit)
    assert done.code == 1
    assert desk.server.recipients == [OWN, *PEOPLE[: int(limit)]]


def test_a_canary_that_does_not_get_far(desk: Desk) -> None:
    """Where the account's limit ends the canaries, that is said, with the time to come back, and nothing that is not so."""
    desk.set_server(", per_day: 1")
    done = at_a_terminal(desk, "yes\n", "send", SLUG, "--yes", "--canary", "3", "--json")
    assert done.code == 1
    assert "limit is reached (1 a day)" in done.object["stopped"]
    assert done.object["come_back_at"]
    assert "first 3 subscribers" not in done.err
    assert desk.server.recipients == [OWN, ANNA]


def test_ctrl_c_among_the_canaries(desk: Desk) -> None:
    """Ctrl-C while canaries go out ends with 130 like anywhere else; the mail in flight is recorded, the others wait."""
    running: list[subprocess.Popen[str]] = []
    interrupt = Call(lambda: running[0].send_signal(signal.SIGINT), then=AS_IT_GOES)
    desk.server.change_script(When(Phase.RCPT, interrupt, recipient="anna"))
    running.append(desk.begin("send", SLUG, "--yes", "--canary", "2"))
    done = ended(running[0])
    assert done.code == 130, done.err
    assert desk.server.recipients == [OWN, ANNA]
    assert recorded(desk) == dict.fromkeys(PEOPLE, "waiting") | {ANNA: "sent"}


# Limits, --wait, and when to come back


def test_a_throttling_server_is_waited_for(desk: Desk) -> None:
    """A server that asks us to slow down is tried again after seconds, and everybody gets it once, in order."""
    desk.server.change_script(When(Phase.DOT, THROTTLED, recipient="ben", times=1))
    began = time.monotonic()
    done = desk.send("--wait")
    assert done.code == 0, done.err
    assert tuple(desk.server.recipients) == PEOPLE
    assert time.monotonic() - began >= 5
    assert recorded(desk) == dict.fromkeys(PEOPLE, "sent")


def test_who_was_put_off_is_tried_later(desk: Desk) -> None:
    """Greylisting ends a run with exit 1 and the time of the next try, on the screen and as JSON; nobody is asked before it."""
    desk.server.change_script(When(Phase.RCPT, GREYLISTED, recipient="ben"))
    began = time.time()
    done = desk.send()
    assert done.code == 1
    assert re.search(r"^Next: newsletter .*send stretch +\(after \w{3} \d+ \w{3} \d{4}, \d\d:\d\d; 1 put off", done.out, re.M)
    asked = len(desk.server.lines)
    again = desk.send("--json")
    assert again.code == 1
    assert (again.object["sent"], again.object["deferred"], again.object["stopped"]) == (4, 1, None)
    assert began + 299 <= datetime.fromisoformat(again.object["come_back_at"]).timestamp() <= time.time() + 301
    assert len(desk.server.lines) == asked


def test_staying_for_those_put_off_is_confirmed_with_their_number(desk: Desk) -> None:
    """Where only people who were put off are left, --wait asks for their number, not for 0."""
    desk.server.change_script(When(Phase.RCPT, GREYLISTED, recipient="ben"))
    assert desk.send().code == 1
    done = at_a_terminal(desk, "\n", "send", SLUG, "--wait")
    assert done.code == 1
    assert "Type 1 to send 1 mail," in done.out + done.err


@pytest.mark.parametrize("trouble", ["a day's limit", "greylisting"])
def test_staying_until_everybody_is_decided(desk: Desk, trouble: str) -> None:
    """With --wait a run hangs up and stays where it would else end; Ctrl-C ends it, and whoever is left still waits."""
    running: list[subprocess.Popen[str]] = []
    interrupt = When(Phase.QUIT, Call(lambda: running[0].send_signal(signal.SIGINT), then=Say("221 2.0.0 bye")))
    if trouble == "greylisting":
        desk.server.change_script(When(Phase.RCPT, GREYLISTED, recipient="cara"), interrupt)
    else:
        desk.set_server(", per_day: 2")
        desk.server.change_script(interrupt)
    running.append(desk.begin("send", SLUG, "--yes", "--wait"))
    done = ended(running[0])
    assert done.code == 130, done.err
    assert "Everybody who was not reached is still waiting." in done.err
    left = {CARA: "deferred"} if trouble == "greylisting" else dict.fromkeys(PEOPLE[2:], "waiting")
    assert recorded(desk) == dict.fromkeys(PEOPLE, "sent") | left


def test_the_limit_of_a_day_says_when_to_come_back(desk: Desk) -> None:
    """A used-up day is exit 1 with a sentence and the time a day later, in words and as `come_back_at`."""
    desk.set_server(", per_day: 2")
    began = time.time()
    done = desk.send("--json")
    assert done.code == 1
    back = datetime.fromisoformat(done.object["come_back_at"]).timestamp()
    assert began + 86_398 <= back <= time.time() + 86_401
    shown = datetime.fromtimestamp(back, ZONE)
    assert "The account's limit is reached (2 a day)." in done.object["stopped"]
    assert f"after {shown:%a} {shown.day} {shown:%b %Y, %H:%M}, or add --wait." in done.object["stopped"]
    assert desk.server.recipients == [ANNA, BEN]


def test_closed_hours(desk: Desk) -> None:
    """Outside the sending hours nobody is mailed, and the sentence names the next opening, of the practice's time zone."""
    opening = datetime.now(ZONE) + timedelta(days=3)
    desk.set_server(f', hours: ["{opening:%a} 9:00-10:00"]')
    done = desk.send("--json")
    assert done.code == 1
    assert f"after {opening:%a} {opening.day} {opening:%b %Y}, 09:00, or add --wait." in done.object["stopped"]
    assert done.object["come_back_at"].startswith(opening.replace(hour=9).astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:00"))
    assert desk.server.connections == 0
    assert recorded(desk) == dict.fromkeys(PEOPLE, "waiting")
    desk.set_server(f', hours: ["{opening:%a} 9:00-10:00", "Mon-Sun 0:00-24:00"]')
    assert desk.send().code == 0
    assert tuple(desk.server.recipients) == PEOPLE


# --brake


def with_refusals(desk: Desk) -> list[str]:
    """A list of sixty of whom every fifth is refused, each in other words; gives the twelve."""
    everyone = people(60)
    desk.write_list(*(f"{address},Pat,," for address in everyone))
    words = ("amber", "birch", "cedar", "daisy", "elder", "fern", "ginger", "hazel", "iris", "juniper", "kale", "laurel")
    refused = everyone[::5]
    desk.server.change_script(
        *(When(Phase.RCPT, Say(f"550 5.7.1 no mail for {word}"), recipient=a) for a, word in zip(refused, words, strict=True))
    )
    return refused


def test_too_many_refusals_end_a_run(desk: Desk) -> None:
    """More than a tenth refused, and ten of them: the run ends itself (exit 1), says why, and how to go on all the same."""
    refused = with_refusals(desk)
    done = desk.send()
    assert done.code == 1
    assert "10 of the first 46 mails were refused, so the run was ended" in done.err
    found = re.search(r"add --brake (\d+)\.", done.err)
    assert found
    assert len(desk.server.accepted) == 36
    assert Counter(recorded(desk).values()) == {"sent": 36, "refused": 10, "waiting": 14}
    assert desk.send("--brake", found[1]).code == 0
    assert sorted(desk.server.recipients) == sorted(set(people(60)) - set(refused))


def test_a_weaker_brake(desk: Desk) -> None:
    """--brake 50 lets a run go on through twenty in a hundred."""
    refused = with_refusals(desk)
    done = desk.send("--brake", "50")
    assert done.code == 0, done.err
    assert Counter(recorded(desk).values()) == {"sent": 48, "refused": 12}
    assert {address for address, status in recorded(desk).items() if status == "refused"} == set(refused)


# Several connections


def test_as_many_connections_as_the_practice_says(desk: Desk) -> None:
    """`connections: 4` in practice.yaml is four at the same time, and everybody gets it once."""
    everyone = people(40)
    desk.write_list(*(f"{address},Pat,," for address in everyone))
    desk.set_server(", connections: 4")
    together = Call(threading.Barrier(4, timeout=20).wait, then=Say("250 2.0.0 queued"))
    desk.server.change_script(*(When(Phase.DOT, together, connection=n, times=1, kept=True) for n in range(4)))
    done = desk.send()
    assert done.code == 0, done.err
    assert desk.server.connections == 4
    assert sorted(desk.server.recipients) == everyone
    assert set(recorded(desk).values()) == {"sent"}


# What is seen while it runs


def test_the_line_of_progress() -> None:
    """It says how many of how many, the pace, how many are left, and until when: the time today, or a day far off."""
    progress = Progress(2000, "America/Denver", quiet=True)
    progress.done = 412
    assert re.fullmatch(r"412 of 2,000 done, [\d,]+ a minute, 1,588 left, until about \d\d:\d\d", progress.line), progress.line
    far = Progress(1_000_000_000, "America/Denver", quiet=True)
    somebody = Recipient(1, ANNA, Status.SENDING, "", 0, 0, None, 0.0, None, None, None, None)
    with far:
        far.decided(somebody, Status.SENT)
    assert re.fullmatch(
        r"1 of 1,000,000,000 done, [\d,]+ a minute, 999,999,999 left, until about \w{3} \d+ \w{3} \d{4}, \d\d:\d\d", far.line
    ), far.line


def test_a_long_run_without_a_terminal(desk: Desk) -> None:
    """Every half minute there is a line on stderr; with --json there is none, and stdout is one object and nothing else."""
    desk.set_server(", per_minute: 2")
    desk.write_list(*everybody()[:2])
    silent = shutil.copytree(desk.folder, desk.folder.parent / "silent")
    runs = [desk.begin("send", SLUG, "--yes"), Desk(silent, desk.server).begin("send", SLUG, "--yes", "--json")]
    plain, as_json = map(ended, runs)
    assert (plain.code, as_json.code) == (0, 0)
    assert re.search(r"^2 of 2 done, [345] a minute, 0 left, until about \d\d:\d\d$", plain.err, re.MULTILINE), plain.err
    assert " of 2 done" not in plain.out
    assert " of 2 done" not in as_json.err
    assert json.loads(as_json.out)["sent"] == 2
    assert sorted(desk.server.recipients) == sorted([ANNA, BEN] * 2)


# The mailbox


def test_a_plan_reminds_of_opt_outs_by_mail(desk: Desk) -> None:
    """Days after a mailing people may have written; who has not read the mailbox since is told to, before the next one."""
    assert "mailbox" not in desk("send", SLUG, "--dry-run").err
    went_out(desk)
    told = desk("send", SLUG, "--dry-run").err
    assert "The mailbox was never read" in told
    assert f"newsletter -C {desk.folder} inbox" in " ".join(told.split())
    ledger = Ledger.open(ledger_file(desk.folder))
    with ledger.transaction():
        Mailbox(ledger, "inbox").advance(Cursor(1, 1), time.time() - 3600)
    ledger.close()
    assert "mailbox" not in desk("send", SLUG, "--dry-run").err
