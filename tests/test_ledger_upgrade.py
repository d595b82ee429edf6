"""Holds that the record of sent mail loses nothing: neither when its format is renewed, nor while it cannot be written."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from desks import ISSUE, PEOPLE, SLUG, Desk
from mailings import ledger_in
from smtp_server import Call, Close, Phase, Say, When

from newsletter.cli.practice_folder import PracticeFolder
from newsletter.errors import LedgerUnusable
from newsletter.ledger.database import APPLICATION_ID
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Recipient, Status
from newsletter.ledger.suppressions import Suppressions

THEN = 1_780_000_000.0
VERSION_1 = """
CREATE TABLE mailing (
    id           INTEGER PRIMARY KEY,
    issue        TEXT    NOT NULL UNIQUE,
    content_hash TEXT    NOT NULL,
    planned_at   REAL    NOT NULL,
    generation   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE recipient (
    mailing     INTEGER NOT NULL REFERENCES mailing (id),
    address_key TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    generation  INTEGER NOT NULL,
    status      TEXT    NOT NULL DEFAULT 'waiting'
                CHECK (status IN ('waiting', 'sending', 'sent', 'refused', 'deferred', 'uncertain', 'skipped')),
    message_id  TEXT    NOT NULL,
    again       INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    due_at      REAL    NOT NULL DEFAULT 0,
    dot_at      REAL,
    at          REAL,
    code        INTEGER,
    reply       TEXT,
    payload     TEXT,
    PRIMARY KEY (mailing, address_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipient_open ON recipient (mailing, position) WHERE status IN ('waiting', 'deferred');
CREATE INDEX recipient_dots ON recipient (dot_at) WHERE dot_at IS NOT NULL;
CREATE TABLE suppression (
    address_key TEXT PRIMARY KEY,
    reason      TEXT NOT NULL,
    at          REAL NOT NULL
) STRICT, WITHOUT ROWID;
"""
# In the order of the list: address, status, again, attempts, due_at, whether a dot was written, code, reply, payload.
ROWS: list[tuple[str, str, int, int, float, bool, int | None, str | None, str | None]] = [
    ("Ida@mail.example", "waiting", 1, 0, 0.0, True, None, "settled by hand: send again", "{}"),
    ("hal@post.example", "waiting", 0, 0, 0.0, False, None, None, ""),
    ("gus@mail.example", "skipped", 0, 0, 0.0, False, None, "opted out", None),
    ("fay@post.example", "sending", 0, 0, 0.0, True, None, None, "{}"),
    ("Eve@inbox.example", "deferred", 0, 2, THEN + 900, False, 451, "4.7.1 greylisted", "{}"),
    ("dan@post.example", "waiting", 0, 0, 0.0, False, None, None, "{}"),
    ("cara@mail.example", "uncertain", 0, 0, 0.0, True, None, "no valid answer", None),
    ("ben@post.example", "refused", 0, 0, 0.0, False, 550, "5.1.1 no such user", None),
    ("anna@mail.example", "sent", 2, 1, 0.0, True, 250, "2.0.0 queued", None),
]
SUPPRESSED = [("ben@post.example", "bounced: 550 5.1.1 no such user", THEN), ("zoe@mail.example", "asked", THEN + 1)]
STEPS = (
    *("ALTER TABLE mailing", "ALTER TABLE suppression", "CREATE TABLE recipient_key", "INSERT INTO recipient_key"),
    *("INSERT INTO suppression", "DROP TABLE old_recipient", "PRAGMA user_version = 3", "COMMIT"),
)


def message_id(address: str) -> str:
    """As version 1 planned it."""
    return f"old.{address.replace('@', '.').lower()}@riverbend.example"


def write_version_1(path: Path, content_hash: str = "content", more: int = 0) -> None:
    """A ledger as version 1 left it: an issue that is finished, one that is under way with every status, and suppressions."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.executescript(
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;{VERSION_1}"
        )
        old.execute("BEGIN")
        old.execute("INSERT INTO mailing VALUES (7, 'spring', 'earlier', ?, 3)", (THEN - 9000,))
        old.execute("INSERT INTO mailing VALUES (8, ?, ?, ?, 2)", (SLUG, content_hash, THEN))
        old.execute("INSERT INTO mailing VALUES (9, 'planned-only', 'later', ?, 1)", (THEN + 5,))
        sql = """
            INSERT INTO recipient (mailing, address, address_key, position, generation, status, again, attempts, due_at,
                                   dot_at, at, code, reply, payload, message_id)
            VALUES (?, ?, lower(?2), ?, 2, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
        for number, (address, status, again, attempts, due_at, dot, code, reply, payload) in enumerate(ROWS):
            dot_at = THEN + number if dot else None
            values = (8, address, 10 * number, status, again, attempts, due_at, dot_at, THEN + number, code, reply, payload)
            old.execute(sql, (*values, message_id(address)))
            was = (THEN - 5000 + number, THEN - 5000, 250, "ok", None)
            old.execute(sql, (7, address, number, "sent", 0, 0, 0.0, *was, message_id(address)))
            old.execute(sql, (9, address, number, "waiting", 0, 0, 0.0, None, None, None, None, "{}", message_id(address)))
        old.executemany(
            sql,
            (
                (9, f"p{n}@mail.example", n, "waiting", 0, 0, 0.0, None, None, None, None, "x" * 100, f"{n}@riverbend.example")
                for n in range(100, 100 + more)
            ),
        )
        old.executemany("INSERT INTO suppression VALUES (?, ?, ?)", SUPPRESSED)
        old.execute("COMMIT")
    path.chmod(0o600)


def version(path: Path) -> int:
    """The format of the file, as SQLite sees it."""
    with closing(sqlite3.connect(path)) as opened:
        return int(opened.execute("PRAGMA user_version").fetchone()[0])


def dumped(path: Path) -> list[str]:
    """Everything that stands in the file."""
    with closing(sqlite3.connect(path)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return list(opened.iterdump())


def assert_nothing_lost(path: Path, more: int = 0) -> None:
    """The file is of this version, and holds what version 1 held."""
    ledger = Ledger.open(path)
    assert version(path) == 3
    assert [(mailing.issue, mailing.started) for mailing in Mailing.all(ledger)] == [
        ("planned-only", False),
        (SLUG, True),
        ("spring", True),
    ]
    assert [(one.who, one.reason, one.at) for one in Suppressions(ledger).by_address()] == SUPPRESSED
    mailing, spring, planned = (Mailing.find(ledger, issue) for issue in (SLUG, "spring", "planned-only"))
    assert mailing
    assert spring
    assert planned
    assert list(mailing.recipients()) == [
        Recipient(
            *(number, address, Status(status), payload, again, attempts, None, due_at, message_id(address) if dot else None),
            *(THEN + number - 1, code, reply),
        )
        for number, (address, status, again, attempts, due_at, dot, code, reply, payload) in enumerate(ROWS, 1)
    ]
    assert mailing.latest() == THEN + 8
    assert [(r.address, r.message_id) for r in spring.recipients(Status.SENT)] == [(row[0], message_id(row[0])) for row in ROWS]
    assert all(spring.reached(row[0].lower()) and planned.has(row[0].lower()) for row in ROWS)
    assert planned.counts()[Status.WAITING] == len(ROWS) + more
    ledger.close()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger of version 1."""
    path = ledger_file(tmp_path)
    write_version_1(path)
    return path


def in_a_child(act: Callable[[], object]) -> int:
    """Does it in a process of its own; the exit code, negative for a signal."""
    child = multiprocessing.get_context("fork").Process(target=act)
    child.start()
    child.join(60)
    assert child.exitcode is not None
    return child.exitcode


# From version 1


@pytest.fixture
def desk(quick_desk: Desk) -> Desk:
    """Its commands need no processes of their own."""
    return quick_desk


def test_opening_an_older_ledger_loses_nothing(old: Path) -> None:
    """Statuses, replies, times, tries, suppressions and order are kept, and the Message-IDs under which mail went out."""
    Ledger.open(old).close()
    assert_nothing_lost(old)
    assert old.stat().st_mode & 0o777 == 0o600


def test_a_look_renews_the_ledger_as_well(old: Path) -> None:
    """Reading shows everything too, and a copy for a plan that is only shown has it."""
    ledger = Ledger.reading(old)
    assert ledger
    found = Mailing.find(ledger, SLUG)
    assert found
    assert [recipient.address for recipient in found.recipients()] == [row[0] for row in ROWS]
    ledger.close()
    assert_nothing_lost(old)
    copy = Ledger.unwritten(old)
    assert len(list(Suppressions(copy).by_address())) == 2
    copy.close()


def test_a_mailing_of_an_older_ledger_goes_on(desk: Desk) -> None:
    """`status` shows it, `send` mails those still waiting once, in order, and nobody who has it, may have it or opted out."""
    path = ledger_file(desk.folder)
    write_version_1(path, PracticeFolder(desk.folder).mail(SLUG).content_hash)
    shown = desk("status", SLUG, "--json").object
    assert version(path) == 3
    assert [row["email"] for row in shown["recipients"]] == [row[0] for row in ROWS]
    assert {status: shown[status] for status in Status} == dict.fromkeys(Status, 1) | {"waiting": 3}
    desk.write_list(*(f"{row[0]},Pat,," for row in reversed(ROWS)), "new@mail.example,Nora,,")
    done = desk.send()
    assert done.code == 0, done.err
    assert Counter(desk.server.recipients) == dict.fromkeys(
        ("Ida@mail.example", "hal@post.example", "dan@post.example", "Eve@inbox.example", "new@mail.example"), 1
    )
    final = desk("status", SLUG, "--json").object["recipients"]
    became = {row["email"].split("@")[0].lower(): row["status"] for row in final}
    assert became == dict.fromkeys(("ida", "hal", "dan", "eve", "new", "anna"), "sent") | {
        **dict.fromkeys(("cara", "fay"), "uncertain"),
        **{"ben": "refused", "gus": "skipped"},
    }
    accepted = {mail.recipient: mail.message_id for mail in desk.server.accepted}
    assert {row["email"]: row["message_id"] for row in final if row["email"] in accepted} == accepted
    kept = {row["email"]: row["message_id"] for row in final if row["email"].startswith(("anna", "cara", "fay"))}
    assert kept == {address: message_id(address) for address in kept}


def test_a_correction_of_an_issue_from_an_older_ledger(desk: Desk) -> None:
    """What version 1 sent can be corrected: exactly those get it whom that issue reached."""
    write_version_1(ledger_file(desk.folder), "another content")
    (desk.folder / "issues" / "fixed.yaml").write_text(ISSUE.replace("ceiling", "sky"), encoding="utf-8")
    desk.write_list(*(f"{row[0]},Pat,," for row in ROWS))
    done = desk("send", "fixed", "--yes", "--correction-of", SLUG)
    assert done.code == 0, done.err
    assert desk.server.recipients == ["anna@mail.example"]


@pytest.mark.parametrize(("step", "more"), [*((step, 0) for step in STEPS), ("DROP TABLE old_recipient", 30_000)])
def test_killed_while_it_is_renewed(tmp_path: Path, step: str, more: int) -> None:
    """Killed at any step the old ledger is whole, and the next command renews it; also when much of it was written already."""
    path = ledger_file(tmp_path)
    write_version_1(path, more=more)
    before = dumped(path)
    connect = sqlite3.connect

    def strike(statement: str) -> None:
        if step in statement:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(*arguments: object, **more: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **more)  # type: ignore[call-overload]
        connection.set_trace_callback(strike)
        return connection

    def renew() -> None:
        sqlite3.connect = watched  # type: ignore[assignment]  # in the child alone
        Ledger.open(path)

    assert in_a_child(renew) == -signal.SIGKILL
    assert version(path) == 1
    assert dumped(path) == before
    assert_nothing_lost(path, more)


@pytest.mark.parametrize(("most", "more"), [(0, 0), (33_000, 0), (2_000_000, 30_000)])
def test_no_room_to_renew_it(tmp_path: Path, most: int, more: int) -> None:
    """Where no file may grow any more there is a sentence, the old ledger stays whole, and with room again it is renewed."""
    path = ledger_file(tmp_path)
    write_version_1(path, more=more)
    before = dumped(path)

    def renew() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
        try:
            Ledger.open(path)
        except LedgerUnusable as error:
            os._exit(11 if error.next_step else 12)

    assert in_a_child(renew) == 11
    assert version(path) == 1
    assert dumped(path) == before
    assert_nothing_lost(path, more)


def test_several_commands_that_renew_it_at_once(tmp_path: Path) -> None:
    """Whoever comes second finds it done; nobody is turned away."""
    path = ledger_file(tmp_path)
    write_version_1(path, more=5_000)
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(4)

    def renew() -> None:
        ready.wait(20)
        Ledger.open(path).close()

    children = [context.Process(target=renew) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0, 0, 0, 0]
    assert_nothing_lost(path, 5_000)


# While it cannot be written


def set_down_file(desk: Desk) -> Path:
    """Where accepted mails stand that the ledger could not take."""
    return ledger_file(desk.folder).with_name("unrecorded.jsonl")


def recorded(desk: Desk) -> dict[str, Recipient]:
    """Everybody's row by address."""
    ledger = ledger_in(desk.folder)
    mailing = Mailing.find(ledger, SLUG)
    assert mailing
    found = {recipient.address: recipient for recipient in mailing.recipients()}
    ledger.close()
    return found


def test_an_accepted_mail_that_could_not_be_recorded(desk: Desk) -> None:
    """Another program holds the ledger when the server says yes: that is set down beside it, and the next run knows it."""
    others: list[sqlite3.Connection] = []

    def hold() -> None:
        others.append(sqlite3.connect(ledger_file(desk.folder), isolation_level=None, check_same_thread=False))
        others[0].execute("BEGIN IMMEDIATE")

    desk.server.change_script(When(Phase.DOT, Call(hold, then=Say("250 2.0.0 queued")), recipient="cara", times=1, kept=True))
    began = time.time()
    done = desk.send()
    others[0].close()
    assert done.code == 1
    assert "Another program uses the record of sent mail" in done.err
    assert "Traceback" not in done.err
    path = set_down_file(desk)
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text(encoding="utf-8")
    assert "cara" not in text
    line = json.loads(text)
    doubtful = recorded(desk)[PEOPLE[2]]
    assert doubtful.status is Status.SENDING
    assert line == {"issue": SLUG, "number": doubtful.number, "at": line["at"], "code": 250, "reply": "2.0.0 queued"}
    assert began < line["at"] < time.time()
    again = desk.send()
    assert again.code == 0, again.err
    assert tuple(desk.server.recipients) == PEOPLE
    assert [(row.status, row.code, row.reply) for row in recorded(desk).values()] == [(Status.SENT, 250, "2.0.0 queued")] * 5


def test_what_was_set_down_is_known_to_settle_and_nothing_else_is_believed(desk: Desk) -> None:
    """`settle` takes it over; lines that are damaged, of another issue, too old, or of somebody not in doubt change nothing."""
    desk.server.change_script(When(Phase.DOT, Close(), recipient="anna", times=1))
    assert desk.send("--limit", "1").code == 1
    with closing(sqlite3.connect(ledger_file(desk.folder))) as opened:
        opened.execute(
            "CREATE TRIGGER stubborn BEFORE UPDATE ON recipient WHEN NEW.status = 'sent' BEGIN SELECT raise(ABORT, 'no'); END"
        )
    stopped = desk.send()
    assert stopped.code == 1
    assert "Traceback" not in stopped.err
    assert desk.server.recipients == [PEOPLE[1]]
    with closing(sqlite3.connect(ledger_file(desk.folder))) as opened:
        opened.execute("DROP TRIGGER stubborn")
    path = set_down_file(desk)
    kept = path.read_bytes()
    good, numbers = json.loads(kept), [row.number for row in recorded(desk).values()]
    assert good["number"] == numbers[1]
    foreign = [
        b"",
        b"not JSON",
        kept[:20],
        b"\xff\xfe\x00",
        *(json.dumps(value).encode() for value in (None, 5, [], "text", {}, {"issue": SLUG}, {**good, "number": "two"})),
        *(
            json.dumps({**good, **said}).encode()
            for said in (
                *({"issue": "other", "number": numbers[0]}, {"number": 99}, {"number": numbers[3]}),
                {"number": numbers[0], "at": THEN},
            )
        ),
    ]
    path.write_bytes(b"\n".join([*foreign, kept.strip(), b'{"issue": "' + SLUG.encode()]))
    told = desk("settle", SLUG)
    assert told.code == 0, told.err
    assert PEOPLE[0] in told.out
    assert PEOPLE[1] not in told.out
    now = {address: row.status.value for address, row in recorded(desk).items()}
    assert now == dict.fromkeys(PEOPLE, "waiting") | {PEOPLE[0]: "uncertain", PEOPLE[1]: "sent"}
    assert desk.send().code == 0
    assert tuple(desk.server.recipients) == PEOPLE[1:]
