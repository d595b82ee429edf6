"""Holds the ledger's rules on a real file: who joins, waits, is skipped, comes back; what is frozen; what is refused."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from mailings import NOW, due, intend, ledger_in, message_id, people, plan, planned, read_list, record, row, statuses
from sending_child import Job
from smtp_server import Offers, SmtpServer

from newsletter.errors import LedgerUnusable
from newsletter.ledger import database
from newsletter.ledger.keys import key_file, keys_for_looking, practice_keys
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.reading import read_record
from newsletter.ledger.rows import GONE, OPTED_OUT, Outcome, Status
from newsletter.ledger.suppressions import Suppressions

ANNA, BEN, CARA, DAN = "anna@mail.example", "ben@post.example", "cara@mail.example", "dan@post.example"
FOUR = [ANNA, BEN, CARA, DAN]
CHILD = Path(__file__).with_name("sending_child.py")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A real ledger file."""
    opened = ledger_in(tmp_path)
    yield opened
    opened.close()


def bring(mailing: Mailing, address: str, status: Status) -> None:
    """Brings a waiting address to a status by the way a run would."""
    recipient = row(mailing, address)
    if status in (Status.SENT, Status.UNCERTAIN, Status.SENDING):
        assert intend(mailing, recipient, NOW)
    if status is not Status.SENDING:
        again = NOW + 300 if status is Status.DEFERRED else 0.0
        record(mailing, recipient, Outcome(status, NOW, 250, "said the server", again))


# Planning


def test_a_plan_makes_everybody_wait(ledger: Ledger) -> None:
    """A first plan has one row a subscriber, waiting, in the order of the list, with its values."""
    mailing = plan(ledger, FOUR, payload="values")
    assert statuses(mailing) == dict.fromkeys(FOUR, "waiting")
    assert [r.address for r in mailing.claim(NOW, 10)] == FOUR
    assert [(r.payload, r.message_id) for r in mailing.recipients()] == [("values", None)] * 4
    assert mailing.asked_for() == 4
    assert [mailing.end(last=last).address for last in (False, True)] == [ANNA, DAN]  # type: ignore[union-attr]


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.SKIPPED])
@pytest.mark.parametrize("event", ["still there", "gone", "opted out", "suppressed", "in capitals", "new values"])
def test_what_a_new_plan_does_to_a_row(ledger: Ledger, status: Status, event: str) -> None:
    """Only waiting and deferred rows can become skipped, or take a new spelling and new values; others stay as they are."""
    mailing = plan(ledger, FOUR, payload="old")
    if status is not Status.WAITING:
        bring(mailing, BEN, status)
    before = row(mailing, BEN)
    addresses = [ANNA, CARA] if event in ("gone", "opted out") else [ANNA, BEN.upper() if event == "in capitals" else BEN, CARA]
    if event == "suppressed":
        Suppressions(ledger).add([BEN], "asked by phone", NOW)
    plan(ledger, addresses, payload="new" if event == "new values" else "old", opted_out=[BEN] if event == "opted out" else [])
    after = row(mailing, BEN)
    still_open = status in (Status.WAITING, Status.DEFERRED)
    leaves = event in ("gone", "opted out", "suppressed")
    if still_open and leaves:
        reason = {"gone": GONE, "opted out": OPTED_OUT, "suppressed": "asked by phone"}[event]
        assert (after.status, after.reply, after.payload) == (Status.SKIPPED, reason, None)
    else:
        assert (after.status, after.reply) == (status, before.reply)
        assert after.payload == (("new" if event == "new values" else "old") if still_open else before.payload)
        assert after.address == (BEN.upper() if still_open and event == "in capitals" else BEN)
    assert after.message_id == before.message_id
    assert (after.code, after.attempts, after.due_at) == (before.code, before.attempts, before.due_at)


def test_who_comes_back_waits_again(ledger: Ledger) -> None:
    """Gone from the list and back: waiting again with fresh values. It can happen any number of times."""
    for turn in range(3):
        mailing = plan(ledger, FOUR, payload=f"turn {turn}")
        assert (row(mailing, BEN).status, row(mailing, BEN).payload) == (Status.WAITING, f"turn {turn}")
        plan(ledger, [ANNA, CARA, DAN])
        assert row(mailing, BEN).reply == GONE
        assert mailing.asked_for() == 3


def test_who_opted_out_does_not_come_back_by_the_list(ledger: Ledger) -> None:
    """Opting out holds for this issue even if a later list calls the person active again."""
    plan(ledger, [ANNA], opted_out=[])
    mailing = plan(ledger, [], opted_out=[ANNA])
    assert row(mailing, ANNA).reply == OPTED_OUT
    plan(ledger, FOUR)
    assert row(mailing, ANNA).status is Status.SKIPPED
    assert ANNA not in [r.address for r in mailing.claim(NOW, 10)]


def test_first_gone_then_opted_out(ledger: Ledger) -> None:
    """Who was only gone, and then opts out, has opted out; coming back to the list changes nothing any more."""
    mailing = plan(ledger, FOUR)
    plan(ledger, [BEN, CARA, DAN])
    plan(ledger, [BEN, CARA, DAN], opted_out=[ANNA])
    assert row(mailing, ANNA).reply == OPTED_OUT
    plan(ledger, FOUR)
    assert row(mailing, ANNA).status is Status.SKIPPED


def test_suppression_outranks_every_list(ledger: Ledger) -> None:
    """A suppressed address never waits, whichever way it comes: before the plan, after it, gone and back, in other letters."""
    Suppressions(ledger).add([ANNA], "asked by phone", NOW)
    mailing = plan(ledger, FOUR)
    plan(ledger, [BEN])
    plan(ledger, [ANNA.upper(), BEN])
    assert row(mailing, ANNA).status is Status.SKIPPED
    assert mailing.claim(NOW, 10)[0].address == BEN
    Suppressions(ledger).add([BEN], GONE, NOW)  # a reason in the ledger's own words changes nothing
    plan(ledger, FOUR)
    assert row(mailing, BEN).status is Status.SKIPPED
    assert [one.who for one in Suppressions(ledger).by_address()] == [ANNA, BEN]


def test_suppressing_is_counted_and_kept_as_it_was_first(ledger: Ledger) -> None:
    """Only new addresses count, and the first reason and time stay."""
    assert Suppressions(ledger).add([ANNA, BEN], "first", NOW) == 2
    assert Suppressions(ledger).add([ANNA, CARA], "second", NOW + 1) == 1
    assert [(one.who, one.reason, one.at) for one in Suppressions(ledger).by_address()] == [
        (ANNA, "first", NOW),
        (BEN, "first", NOW),
        (CARA, "second", NOW + 1),
    ]


def test_between_claim_and_intent_suppression_wins(ledger: Ledger) -> None:
    """Who is suppressed after being claimed gets no intent, and so no dot."""
    mailing = plan(ledger, FOUR)
    claimed = mailing.claim(NOW, 10)
    Suppressions(ledger).add([CARA], "asked by phone", NOW)
    assert [intend(mailing, recipient, NOW) for recipient in claimed] == [True, True, False, True]
    assert row(mailing, CARA).status is Status.WAITING


def test_a_tag_run_asks_only_for_its_own(ledger: Ledger) -> None:
    """With a tag the others who wait go on waiting; those not in the mailing yet do not join; a whole run then has all."""
    mailing = plan(ledger, [ANNA, BEN])
    plan(ledger, FOUR, joins=lambda address: address in (ANNA, CARA))
    assert statuses(mailing) == dict.fromkeys([ANNA, BEN, CARA], "waiting")
    assert [r.address for r in mailing.claim(NOW, 10)] == [ANNA, CARA]
    assert mailing.asked_for() == 2
    assert [mailing.end(last=last).address for last in (False, True)] == [ANNA, CARA]  # type: ignore[union-attr]
    plan(ledger, FOUR, payload="whole")
    assert [(r.address, r.payload) for r in mailing.claim(NOW, 10)] == [(a, "whole") for a in FOUR]


def test_a_tag_run_before_any_other(ledger: Ledger) -> None:
    """A mailing that begins with a tag has only those people: nobody else is set down as waiting, or without a Message-ID."""
    mailing = plan(ledger, FOUR, joins=lambda address: address == BEN)
    assert statuses(mailing) == {BEN: "waiting"}
    assert mailing.asked_for() == 1


def test_a_tag_run_still_skips_and_brings_back(ledger: Ledger) -> None:
    """Also a run for a tag reads the whole list: who is gone is skipped, who is back waits, without being asked for."""
    mailing = plan(ledger, [ANNA, BEN, CARA])
    plan(ledger, [ANNA, CARA], joins=lambda address: address == ANNA)
    assert row(mailing, BEN).reply == GONE
    plan(ledger, [ANNA, BEN, CARA], joins=lambda address: address == ANNA)
    assert statuses(mailing) == dict.fromkeys([ANNA, BEN, CARA], "waiting")
    assert [r.address for r in mailing.claim(NOW, 10)] == [ANNA]


@pytest.mark.parametrize("seed", range(5))
def test_order_and_edits_of_the_list_never_matter(ledger: Ledger, seed: int) -> None:
    """However a list is shuffled, spelled and stretched between plans, each address is one row and is intended once."""
    shuffle = random.Random(seed)
    everybody = people(30)
    intended: list[str] = []
    for _ in range(8):
        now = [shuffle.choice([str, str.upper, str.title])(a) for a in shuffle.sample(everybody, shuffle.randint(10, 30))]
        mailing = plan(ledger, now)
        claimed = mailing.claim(NOW, shuffle.randint(1, 6))
        assert {r.address for r in claimed} <= {a for a in now if a.lower() not in intended}
        assert [r.number for r in claimed] == sorted(r.number for r in claimed)
        for recipient in claimed:
            assert intend(mailing, recipient, NOW)
            record(mailing, recipient, Outcome(Status.SENT, NOW, 250, "ok"))
            intended.append(recipient.address_key)
    mailing = plan(ledger, everybody)
    assert len(intended) == len(set(intended))
    assert sum(mailing.counts().values()) == 30
    assert {r.address_key for r in mailing.claim(NOW, 99)} == set(everybody) - set(intended)


def test_two_spellings_are_one_subscriber(ledger: Ledger) -> None:
    """An address in other letters is the same row, whatever its status; who still waits is written to as the list spells it."""
    mailing = plan(ledger, ["Anna@Mail.example", BEN])
    bring(mailing, BEN, Status.SENT)
    plan(ledger, [ANNA.upper(), BEN.upper()])
    assert statuses(mailing) == {ANNA.upper(): "waiting", BEN: "sent"}


def test_a_plan_is_whole_or_not_at_all(ledger: Ledger) -> None:
    """A list that breaks off in the middle leaves the mailing exactly as it was."""
    mailing = plan(ledger, [ANNA, BEN])
    before = [*mailing.recipients()]

    def broken() -> Iterator[object]:
        yield from planned([CARA, DAN])
        raise RuntimeError("the list cannot be read any further")

    with pytest.raises(RuntimeError), ledger.transaction():
        read_list(mailing, "other content", broken(), [], NOW)  # type: ignore[arg-type]
    assert [*mailing.recipients()] == before
    assert mailing.content_hash == "content"


def test_claims_go_down_the_list_in_helpings(ledger: Ledger) -> None:
    """Claimed piece by piece, everybody comes once, also where places in the list are shared by a shrunken list's leftovers."""
    mailing = plan(ledger, people(25))
    found: list[str] = []
    after = 0
    while batch := mailing.claim(NOW, 4, after):
        found += [r.address for r in batch]
        after = batch[-1].number
    assert found == people(25)


def test_deferred_is_claimed_when_due(ledger: Ledger) -> None:
    """A deferred row is claimed from its due time on, and not a moment before."""
    mailing = plan(ledger, [ANNA])
    bring(mailing, ANNA, Status.DEFERRED)
    assert due(mailing, NOW + 299.9) == []
    assert [r.address for r in due(mailing, NOW + 300)] == [ANNA]
    assert [r.address for r in due(mailing, NOW - 3 * 86_400)] == [ANNA], "the clock was set back: it is due at once"


# What is frozen


def test_content_is_frozen_by_the_first_intent(ledger: Ledger) -> None:
    """A mailing has not started while nothing was finished; from the first intent on it has, whatever becomes of the message."""
    mailing = plan(ledger, FOUR)
    assert not mailing.started
    record(mailing, row(mailing, ANNA), Outcome(Status.REFUSED, NOW, 550, "no"))
    assert not mailing.started
    plan(ledger, FOUR, content="another")
    assert mailing.content_hash == "another"
    assert intend(mailing, row(mailing, BEN), NOW)
    assert mailing.started
    record(mailing, row(mailing, BEN), Outcome(Status.WAITING, NOW, 451, "quota"))
    assert mailing.started


@pytest.mark.parametrize("status", [Status.SENT, Status.REFUSED, Status.UNCERTAIN, Status.SKIPPED])
def test_a_decided_row_is_not_decided_again(ledger: Ledger, status: Status) -> None:
    """An outcome is recorded once: a second one is an error, and no intent can follow."""
    mailing = plan(ledger, [ANNA])
    recipient = row(mailing, ANNA)
    bring(mailing, ANNA, status)
    kept = row(mailing, ANNA)
    with pytest.raises(LedgerUnusable, match="changed while"):
        record(mailing, recipient, Outcome(Status.DEFERRED, NOW, 451, "no"))
    assert not intend(mailing, recipient, NOW)
    assert row(mailing, ANNA) == kept
    assert kept.payload is None


def test_a_second_intent_is_refused(ledger: Ledger) -> None:
    """Exactly one intent can stand for a row: a sender with an old claim must not write the dot."""
    mailing = plan(ledger, [ANNA])
    first, second = mailing.claim(NOW, 1)[0], mailing.claim(NOW, 1)[0]
    assert intend(mailing, first, NOW)
    assert not intend(mailing, second, NOW)


def test_a_message_id_comes_with_the_intent_and_stays(ledger: Ledger) -> None:
    """The Message-ID is on the disk before the dot is written, and no plan changes it."""
    mailing = plan(ledger, FOUR)
    assert intend(mailing, row(mailing, BEN), NOW)
    plan(ledger, FOUR[::-1])
    assert [r.message_id for r in mailing.recipients()] == [None, message_id(BEN), None, None]


# After a crash, and settling


def test_recovery_makes_sending_uncertain_and_nothing_else(ledger: Ledger) -> None:
    """After a crash only rows with an intent and no outcome change, to uncertain with a reason; a second recovery finds none."""
    mailing = plan(ledger, people(7))
    targets = [s for s in Status if s not in (Status.WAITING,)]
    for address, status in zip(people(7), targets, strict=False):
        bring(mailing, address, status)
    before = statuses(mailing)
    assert mailing.recover() == 1
    assert mailing.recover() == 0
    assert statuses(mailing) == {a: "uncertain" if s == "sending" else s for a, s in before.items()}
    assert "stopped before the server answered" in str(row(mailing, people(7)[targets.index(Status.SENDING)]).reply)


def test_settled_as_arrived_is_sent_for_good(ledger: Ledger) -> None:
    """Deciding that it arrived makes it sent; it is never claimed again and cannot be settled again."""
    mailing = plan(ledger, [ANNA, BEN])
    bring(mailing, ANNA, Status.UNCERTAIN)
    doubtful = [*mailing.recipients(Status.UNCERTAIN)]
    assert mailing.settle_arrived(doubtful, NOW + 5) == 1
    assert (row(mailing, ANNA).status, row(mailing, ANNA).at) == (Status.SENT, NOW + 5)
    assert row(mailing, ANNA).message_id == message_id(ANNA)
    assert mailing.settle_arrived(doubtful, NOW) == mailing.settle_resend(doubtful, NOW) == 0
    plan(ledger, [ANNA, BEN])
    assert [r.address for r in mailing.claim(NOW, 10)] == [BEN]


def test_settled_as_send_again_has_a_message_id_of_its_own(ledger: Ledger) -> None:
    """Each decision to send again gives a new Message-ID, so that both can be told apart where they arrive."""
    mailing = plan(ledger, [ANNA, BEN])
    seen = set()
    for again in (1, 2, 3):
        bring(mailing, ANNA, Status.UNCERTAIN)
        seen.add(row(mailing, ANNA).message_id)
        assert mailing.settle_resend(mailing.recipients(Status.UNCERTAIN), NOW) == 1
        plan(ledger, [ANNA, BEN])
        found = row(mailing, ANNA)
        assert (found.status, found.again, found.message_id) == (Status.WAITING, again, None)
        assert ANNA in [r.address for r in mailing.claim(NOW, 10)]
    assert len(seen) == 3


def test_sending_again_respects_what_happened_since(ledger: Ledger) -> None:
    """Who is to be sent to again, but opted out, is suppressed or gone by now, gets nothing."""
    mailing = plan(ledger, FOUR)
    for address in FOUR:
        bring(mailing, address, Status.UNCERTAIN)
    mailing.settle_resend([*mailing.recipients(Status.UNCERTAIN)], NOW)
    assert mailing.claim(NOW, 10) == [], "before the list was read again there is nothing to write the mail with"
    Suppressions(ledger).add([ANNA], "asked by phone", NOW)
    plan(ledger, [ANNA, CARA], opted_out=[BEN])
    assert [r.address for r in mailing.claim(NOW, 10)] == [CARA]
    assert statuses(mailing) == {ANNA: "skipped", BEN: "skipped", CARA: "waiting", DAN: "skipped"}


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.UNCERTAIN])
def test_only_doubt_can_be_settled(ledger: Ledger, status: Status) -> None:
    """Neither decision touches a row that is not uncertain."""
    mailing = plan(ledger, [ANNA])
    if status is not Status.WAITING:
        bring(mailing, ANNA, status)
    before = row(mailing, ANNA)
    assert mailing.settle_arrived([before], NOW + 1) == mailing.settle_resend([before], NOW + 1) == 0
    assert row(mailing, ANNA) == before


# The file


def test_the_file_is_private_and_synced(ledger: Ledger, tmp_path: Path) -> None:
    """Ledger and side files can be read by nobody else; every commit is synced: WAL and FULL, read back."""
    plan(ledger, FOUR)
    assert ledger.value("PRAGMA journal_mode") == "wal"
    assert ledger.value("PRAGMA synchronous") == 2  # FULL
    assert ledger.value("PRAGMA foreign_keys") == 1
    files = [path for path in (tmp_path / ".newsletter").iterdir() if path.name.startswith("ledger")]
    assert {path.name for path in files} == {"ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / ".newsletter").stat().st_mode) == 0o700


def test_what_is_said_is_said_again_by_another_process(ledger: Ledger, tmp_path: Path) -> None:
    """What was committed is there for whoever opens the file next, also while the first still has it open."""
    mailing = plan(ledger, FOUR)
    bring(mailing, ANNA, Status.SENT)
    reader = Ledger.reading(ledger_file(tmp_path))
    assert reader
    assert [m.issue for m in Mailing.all(reader)] == ["issue"]
    assert statuses(Mailing.all(reader)[0]) == statuses(mailing)
    with pytest.raises(LedgerUnusable):
        Suppressions(reader).add([ANNA], "no", NOW)
    reader.close()


def test_reading_makes_no_ledger(tmp_path: Path) -> None:
    """Whoever only looks finds nothing where nothing is, and leaves nothing behind."""
    assert Ledger.reading(ledger_file(tmp_path)) is None
    assert read_record(tmp_path, "issue").sent == 0
    assert list(tmp_path.iterdir()) == []


def test_a_copy_for_looking_changes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    """A plan in an unwritten copy sees all that is recorded, and leaves the file's every byte as it was."""
    bring(plan(ledger, FOUR), ANNA, Status.SENT)
    files = {path: path.read_bytes() for path in (tmp_path / ".newsletter").iterdir() if not path.name.endswith("-shm")}
    copy = Ledger.unwritten(ledger_file(tmp_path))
    mailing = plan(copy, [ANNA, "new@mail.example"])
    assert statuses(mailing)[ANNA] == "sent"
    assert mailing.asked_for() == 1
    assert {path: path.read_bytes() for path in files} == files
    nowhere = Ledger.unwritten(tmp_path / "nowhere" / "ledger.sqlite")
    assert plan(nowhere, FOUR).asked_for() == 4
    assert not (tmp_path / "nowhere").exists()


def test_the_record_for_looking(ledger: Ledger, tmp_path: Path) -> None:
    """Numbers, suppressions and the frozen content as checks and previews want them."""
    mailing = plan(ledger, FOUR)
    assert read_record(tmp_path, "issue").content_hash is None
    bring(mailing, ANNA, Status.SENT)
    bring(mailing, BEN, Status.SENDING)
    bring(mailing, CARA, Status.DEFERRED)
    Suppressions(ledger).add([DAN], "asked by phone", NOW)
    found = read_record(tmp_path, "issue")
    assert (found.sent, found.uncertain, found.waiting, found.content_hash) == (1, 1, 2, "content")
    assert found.suppressed(DAN)
    assert not found.suppressed(ANNA)


def unusable(path: Path) -> LedgerUnusable:
    """What opening says, for writing and for reading; the file is left as it is."""
    before = path.read_bytes() if path.is_file() else None
    said = []
    for way in (lambda: Ledger.open(path), lambda: [*Mailing.all(Ledger.reading(path))]):  # type: ignore[union-attr]
        with pytest.raises(LedgerUnusable) as refused:
            way()
        said.append(refused.value)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert str(path) in said[0].message
    assert said[0].next_step
    return said[0]


def test_a_newer_version_is_not_touched(ledger: Ledger) -> None:
    """A ledger that a later program wrote is refused with what to do."""
    ledger.change(f"PRAGMA user_version = {database.VERSION + 1}")
    ledger.close()
    assert "newer version of newsletter (format 4)" in unusable(ledger.path).message


def test_a_foreign_database_is_not_touched(tmp_path: Path) -> None:
    """Another program's database is refused."""
    path = tmp_path / "ledger.sqlite"
    foreign = sqlite3.connect(path)
    foreign.executescript("CREATE TABLE recipient (mailing); PRAGMA user_version = 1;")
    foreign.close()
    assert "another program" in unusable(path).message


@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\0", b"email,first_name\r\n" * 20, b"\0" * 4096], ids=["empty", "head only", "CSV", "zeros"]
)
def test_what_is_no_database_is_not_touched(tmp_path: Path, content: bytes) -> None:
    """An empty or foreign file is refused: it is not taken for a new ledger, or everybody could be mailed again."""
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(content)
    assert "do not delete it" in unusable(path).next_step


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    """A folder where the ledger should be is a sentence."""
    path = tmp_path / "ledger.sqlite"
    path.mkdir()
    assert "cannot be used" in unusable(path).message


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed ledger of several pages, of one file."""
    folder = tmp_path_factory.mktemp("whole")
    ledger = ledger_in(folder)
    plan(ledger, people(200), payload="x" * 100)
    ledger.close()
    assert ledger_file(folder).stat().st_size > 8 * 4096
    return ledger_file(folder)


@pytest.mark.parametrize("part", [0.0005, 0.002, 0.01, 0.1, 0.25, 0.4, 0.5, 0.75, 0.9, 0.99, 0.9999])
def test_a_ledger_cut_off_anywhere_is_not_used(whole: Path, tmp_path: Path, part: float) -> None:
    """A file that lost its end, wherever, is refused when it is opened, not somewhere in the middle of a mailing."""
    path = tmp_path / "ledger.sqlite"
    content = whole.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    told = unusable(path)
    assert "cut off" in told.message or "damaged" in told.message
    assert "backup" in told.next_step


def test_a_damaged_ledger_after_a_crash_is_not_used(ledger: Ledger, tmp_path: Path) -> None:
    """After an unclean end the whole file is checked: damage in the middle is found before anything is sent."""
    mailing = plan(ledger, people(200), payload="x" * 100)
    ledger.value("PRAGMA wal_checkpoint(TRUNCATE)")
    bring(mailing, people(1)[0], Status.SENT)
    copied = tmp_path / "copy" / "ledger.sqlite"
    copied.parent.mkdir()
    for name in ("ledger.sqlite", "ledger.sqlite-wal"):
        shutil.copy(ledger.path.with_name(name), copied.with_name(name))
    content = bytearray(copied.read_bytes())
    for start in range(2 * 4096, len(content) - 4096, 4096):
        content[start : start + 2000] = b"\xa5" * 2000
    copied.write_bytes(content)
    with pytest.raises(LedgerUnusable, match="damaged"):
        Ledger.open(copied)


def test_locked_by_another_program(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """While another program holds the file, writing ends with a sentence after a while, and nothing has changed."""
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.1)
    mailing = plan(ledger, FOUR)
    impatient = ledger_in(tmp_path)
    with ledger.transaction():
        ledger.change("UPDATE mailing SET planned_at = 0")
        again = Mailing.find(impatient, "issue")
        assert again
        with pytest.raises(LedgerUnusable, match="Another program uses") as refused:
            intend(again, row(again, ANNA), NOW)
        assert "run the command again" in refused.value.next_step
    assert statuses(mailing) == dict.fromkeys(FOUR, "waiting")
    assert intend(again, row(again, ANNA), NOW)
    impatient.close()


def _as_nobody(folder: str, results: multiprocessing.Queue[str]) -> None:
    os.setuid(65534)
    path = Path(folder) / "ledger.sqlite"
    for way in (Ledger.open, lambda path: ledger_in(path.parent / "new")):
        try:
            Suppressions(way(path)).add([ANNA], "no", NOW)
            results.put("written")
        except LedgerUnusable as error:
            results.put(str(error))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only the superuser can become somebody without rights")
def test_without_rights_to_write() -> None:
    """A ledger or folder that may only be read is a sentence about rights, for an existing ledger and for a new one."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        ledger = Ledger.open(Path(folder) / "ledger.sqlite")
        ledger.close()
        ledger.path.chmod(0o644)
        context = multiprocessing.get_context("fork")
        results: multiprocessing.Queue[str] = context.Queue()
        child = context.Process(target=_as_nobody, args=(folder, results))
        child.start()
        said = [results.get(timeout=30), results.get(timeout=30)]
        child.join()
    assert "cannot be written" in said[0]
    assert "rights" in said[0]
    assert "cannot be used: Permission denied" in said[1]


@pytest.mark.parametrize("step", ["plan", "intend", "record", "suppress"])
def test_a_full_disk_is_a_sentence_and_nothing_half_done(ledger: Ledger, step: str) -> None:
    """Where no page more fits, each step says that the disk is full and leaves everything as it was."""
    mailing = plan(ledger, FOUR)
    recipient = row(mailing, ANNA)
    if step == "record":
        assert intend(mailing, recipient, NOW)
    before = [*mailing.recipients()]
    pages = ledger.value("PRAGMA page_count")
    assert ledger.value(f"PRAGMA max_page_count = {pages}") == pages

    def fill(turn: int) -> None:
        if step == "plan":
            plan(ledger, people(400), payload="y" * 500)
        elif step == "suppress":
            Suppressions(ledger).add([f"{turn}-{'z' * 300}@mail.example"], "r" * 500, NOW)
        elif step == "intend":
            ledger.change("INSERT INTO suppression VALUES (?, 'asked', ?, 0)", f"{turn}", "s" * 300)
            intend(mailing, recipient, NOW)
        else:
            record(mailing, recipient, Outcome(Status.SENT, NOW, 250, "x" * 9000))

    def until_full() -> None:
        for turn in itertools.count():
            fill(turn)

    with pytest.raises(LedgerUnusable) as full:
        until_full()
    assert "The disk is full" in full.value.message
    assert "goes on where it was" in full.value.next_step
    after = [*mailing.recipients()]
    if step in ("plan", "suppress"):
        assert after == before
    else:
        assert [r.address for r in after] == [r.address for r in before]
        assert {r.status for r in after} <= {Status.WAITING, Status.SENDING}
    assert not ledger._connection.in_transaction


def test_two_commands_that_make_the_ledger_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two commands find no ledger and both make one, the first one's entries stay."""
    path = ledger_file(tmp_path)
    fsync = os.fsync

    def slow(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", fsync)
        other = ledger_in(tmp_path)
        Suppressions(other).add([ANNA], "asked by phone", NOW)
        other.close()
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    ledger = Ledger.open(path)
    assert Suppressions(ledger).of(ANNA)
    ledger.close()
    assert [p.name for p in path.parent.iterdir()] == ["ledger.sqlite"]


# The key


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    """A practice's key is made on first use, can be read by nobody else, and stays; looking makes none."""
    assert keys_for_looking(tmp_path)
    assert list(tmp_path.iterdir()) == []
    first = practice_keys(tmp_path)
    assert len(first.secrets[0]) == 32
    assert practice_keys(tmp_path) == keys_for_looking(tmp_path) == first
    assert stat.S_IMODE(key_file(tmp_path).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"abc", b"\xff\xfe", b"0" * 63 + b"g\n", b"0" * 65 + b"\n"])
def test_a_damaged_key_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    """A key that cannot be right is refused, not made anew: old unsubscribe links depend on it."""
    key_file(tmp_path).parent.mkdir()
    key_file(tmp_path).write_bytes(content)
    for way in (practice_keys, keys_for_looking):
        with pytest.raises(LedgerUnusable, match="key file") as refused:
            way(tmp_path)
        assert "backup" in refused.value.next_step
    assert key_file(tmp_path).read_bytes() == content


# On the disk before the dot


@pytest.mark.parametrize(("connections", "pipelining"), [(1, False), (4, False), (4, True)])
def test_the_intent_is_on_the_disk_before_the_dot(tmp_path: Path, connections: int, pipelining: bool) -> None:
    """For each message the system is asked to sync between the body and the final dot, as strace sees it, on each connection."""
    strace = shutil.which("strace")
    if strace is None:
        _missing("strace is missing: apt-get install strace")
    trace = tmp_path / "trace"
    with SmtpServer(offers=Offers(pipelining=pipelining)) as server:
        line = Job(str(tmp_path), server.port, people(20), connections=connections).as_line()
        watched = "trace=fsync,fdatasync,sendto,sendmsg,write"
        done = subprocess.run(
            [strace, "-f", "-e", watched, "-s", "40", "-o", str(trace), sys.executable, str(CHILD), line],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if "PTRACE" in done.stderr.upper():
            _missing(f"strace may not trace here: {done.stderr[:200]}")
        assert done.returncode == 0, done.stderr
        assert len(server.accepted) == 20
    syncs, dots, last_body = 0, 0, {}
    for call in trace.read_text().splitlines():
        syncs += bool(re.search(r"f(data)?sync\(\d+\)\s+= 0", call))
        if sent := re.search(r'send(?:to|msg)\((\d+), "(From: |\.\\r\\n)', call):
            connection, said = sent.groups()
            if said == "From: ":
                last_body[connection] = syncs
            else:
                dots += 1
                assert syncs > last_body.pop(connection), "a dot was written without a sync since its body"
    assert dots == 20


def _missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def test_what_no_limit_counts_is_forgotten(ledger: Ledger) -> None:
    """Finished messages are counted by account and time; those older than two days go, and nothing else."""
    for account, age in (("a@one", 0.0), ("a@one", 80_000.0), ("a@one", 90_000.0), ("b@two", 10.0), ("a@one", 200_000.0)):
        with ledger.transaction():
            ledger.note_finished(account, 2, NOW - age)
    assert ledger.finished("a@one", NOW - 86_400) == [NOW - 80_000] * 2 + [NOW] * 2
    ledger.forget_finished(NOW)
    assert ledger.finished("a@one", 0) == [NOW - 90_000] * 2 + [NOW - 80_000] * 2 + [NOW] * 2
    assert ledger.finished("b@two", 0) == [NOW - 10] * 2


def test_who_was_put_off_is_asked_for_when_due(ledger: Ledger) -> None:
    """A deferred subscriber counts as waiting, but is not asked for before the next try is due; the ledger says when that is."""
    mailing = plan(ledger, [ANNA, BEN])
    assert mailing.next_try(NOW) is None
    recipient = mailing.claim(NOW, 1)[0]
    record(mailing, recipient, Outcome(Status.DEFERRED, NOW, 450, "later", NOW + 300))
    again = plan(ledger, [ANNA, BEN])
    assert again.asked_for(NOW) == 1
    assert again.asked_for(NOW + 300) == 2
    assert again.next_try(NOW) == NOW + 300
    assert again.next_try(NOW + 300) is None
