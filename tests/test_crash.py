"""Holds the promise: a kill at any instant loses nobody and silently mails nobody twice.

After every kill the ledger is compared with what the server durably accepted. NEWSLETTER_KILLS says how many random kills.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from mailings import ledger_in, message_id, people
from senders import Senders
from sending_child import POINTS, UNUSABLE, Job
from smtp_server import Call, Close, Phase, Raw, Reset, SmtpServer, When, logged

from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Status

KILLS = int(os.environ.get("NEWSLETTER_KILLS", "300"))
DOUBTFUL = (Status.UNCERTAIN, Status.SENDING)
FAULTS_AT_THE_DOT = [  # three in a hundred
    When(Phase.DOT, Close(), chance=0.01, kept=True),
    When(Phase.DOT, Reset(), chance=0.01),
    When(Phase.DOT, Raw(b"250 2.0.0 o", close=True), chance=0.01, kept=True),
]


@pytest.fixture(scope="module")
def senders() -> Iterator[Senders]:
    """One process that forks killable senders."""
    with Senders() as started:
        yield started


def check(folder: Path, log: Path, planned: dict[str, list[str]], doubts: int) -> Counter[Status]:
    """Invariants I1 to I5 between the ledger, as it lies there, and the server's accept log; the counts of all issues."""
    accepted = Counter(logged(log))
    by_id = Counter(message_id for _, message_id in accepted.elements())
    ledger = Ledger.reading(ledger_file(folder))
    total: Counter[Status] = Counter()
    if ledger is None:
        assert not accepted
        return total
    for mailing in Mailing.all(ledger):
        rows = list(mailing.recipients())
        assert sorted(row.address for row in rows) == sorted(planned[mailing.issue]), "I4: somebody is lost"
        assert sum(mailing.counts().values()) == len(rows), "I4: the statuses do not sum up"
        for row in rows:
            times = by_id[row.message_id or message_id(row.address_key, row.again, mailing.issue)]
            if row.status is Status.SENT:
                assert times == 1, f"I1: {row.address} is said to have it, and was accepted {times} times"
            if times:
                assert row.status is Status.SENT or row.status in DOUBTFUL, f"I2: {row.address} was accepted and is {row.status}"
            total[row.status] += 1
    ledger.close()
    assert max(by_id.values(), default=0) <= 1, "I3: somebody was accepted twice"
    assert sum(total[status] for status in DOUBTFUL) <= doubts, "I5: more are in doubt than kills and faults explain"
    return total


def finish(senders: Senders, job: Job, server: SmtpServer) -> None:
    """Runs until nobody waits, then once more, which must ask the server for nothing (I6)."""
    for _ in range(20):
        if senders.run(job) == 0:
            break
    else:
        pytest.fail("twenty runs did not come to an end")
    asked = len(server.lines)
    assert senders.run(job) == 0
    assert len(server.lines) == asked, "I6: a run with nobody left spoke to the server"


@pytest.mark.parametrize("passing", [1, 4])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point(senders: Senders, tmp_path: Path, point: str, passing: int) -> None:
    """Killed exactly there, at the first message or at a later one: nobody lost, nobody twice, at most one in doubt."""
    log, everybody = tmp_path / "accepted", people(7)
    with SmtpServer(log=log) as server:
        job = Job(str(tmp_path), server.port, everybody)
        killed = Job(str(tmp_path), server.port, everybody, point=point, passing=passing)
        assert senders.run(killed) == -signal.SIGKILL
        between = check(tmp_path, log, {"issue": everybody}, doubts=1)
        finish(senders, job, server)
    final = check(tmp_path, log, {"issue": everybody}, doubts=1)
    assert between[Status.SENT] == passing - 1
    in_doubt = point in ("after the intent", "after the answer", "before the outcome")
    assert between[Status.SENDING] == final[Status.UNCERTAIN] == int(in_doubt)
    assert final[Status.SENT] == 7 - int(in_doubt)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point_with_several_connections(senders: Senders, tmp_path: Path, point: str) -> None:
    """Killed exactly there while four connections are at work: nobody lost, nobody twice, at most four in doubt."""
    log, everybody = tmp_path / "accepted", people(40)
    with SmtpServer(log=log) as server:
        job = Job(str(tmp_path), server.port, everybody, connections=4)
        assert senders.run(replace(job, point=point, passing=6)) == -signal.SIGKILL
        assert server.connections == 4
        check(tmp_path, log, {"issue": everybody}, doubts=4)
        finish(senders, job, server)
    check(tmp_path, log, {"issue": everybody}, doubts=4)


@pytest.mark.parametrize(
    ("phase", "kept"),
    [
        *((phase, False) for phase in (Phase.CONNECT, Phase.EHLO, Phase.MAIL, Phase.RCPT, Phase.DATA)),
        (Phase.DOT, False),
        (Phase.DOT, True),
    ],
)
def test_killed_while_the_server_thinks(senders: Senders, tmp_path: Path, phase: Phase, kept: bool) -> None:
    """Killed between a command and its answer: only after the dot is anybody in doubt, whether the server kept it or not."""
    log, everybody, pid = tmp_path / "accepted", people(5), [0]
    known = threading.Event()

    def kill() -> None:
        assert known.wait(20)
        Senders.kill(pid[0])

    after = 0 if phase in (Phase.CONNECT, Phase.EHLO) else 2
    with SmtpServer([When(phase, Call(kill), times=1, after=after, kept=kept)], log=log) as server:
        job = Job(str(tmp_path), server.port, everybody)
        pid[0] = senders.start(job)
        known.set()
        assert senders.ended() == -signal.SIGKILL
        between = check(tmp_path, log, {"issue": everybody}, doubts=1)
        finish(senders, job, server)
    final = check(tmp_path, log, {"issue": everybody}, doubts=1)
    assert between[Status.SENT] == after
    assert final[Status.UNCERTAIN] == (1 if phase is Phase.DOT else 0)
    assert final[Status.SENT] == 5 - final[Status.UNCERTAIN]


def test_killed_again_and_again_at_random(
    senders: Senders, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Many kills at random instants, with one or four connections, 3 % faults at the dot: nobody is lost or gets it twice."""
    chance = random.Random(os.environ.get("NEWSLETTER_SEED", "20260301"))
    log, everybody, planned = tmp_path / "accepted", people(120), {}
    kills = at_risk = number = 0
    with SmtpServer(FAULTS_AT_THE_DOT, log=log) as server:
        while kills < KILLS:
            issue = f"issue-{number}"
            planned[issue] = everybody
            job = Job(str(tmp_path), server.port, everybody, issue=issue, connections=chance.choice((1, 4)))
            pid = senders.start(job)
            time.sleep(chance.uniform(0.0, 0.08))
            Senders.kill(pid)  # the process is waited for by its parent, so the id is still its own
            status = senders.ended()
            killed = status == -signal.SIGKILL
            kills += killed
            at_risk += killed * job.connections
            total = check(tmp_path, log, planned, at_risk + server.dot_faults)
            if not total[Status.WAITING] and status == 0:
                number += 1
        for issue in planned:
            finish(senders, Job(str(tmp_path), server.port, everybody, issue=issue), server)
    total = check(tmp_path, log, planned, at_risk + server.dot_faults)
    assert total[Status.SENT] + total[Status.UNCERTAIN] == sum(map(len, planned.values()))
    assert total[Status.SENT] > 60
    record_property("campaign", f"{kills} kills, {server.dot_faults} faults, {len(server.accepted)} accepted, {dict(total)}")


@pytest.mark.parametrize(
    ("point", "in_doubt"), [("before the intent", 0), ("after the answer", 1)], ids=["before the intent", "before the outcome"]
)
def test_a_full_disk(senders: Senders, tmp_path: Path, point: str, in_doubt: int) -> None:
    """No byte more fits on the disk: before the intent nothing is sent, after the answer the run ends; nobody lost or twice."""
    log, everybody = tmp_path / "accepted", people(6)
    with SmtpServer(log=log) as server:
        full = Job(str(tmp_path), server.port, everybody, point=point, passing=3, full=True)
        assert senders.run(full) == UNUSABLE
        assert len(server.accepted) == 2 + in_doubt
        between = check(tmp_path, log, {"issue": everybody}, doubts=in_doubt)
        assert between[Status.SENT] == 2
        finish(senders, Job(str(tmp_path), server.port, everybody), server)
    final = check(tmp_path, log, {"issue": everybody}, doubts=in_doubt)
    assert (final[Status.UNCERTAIN], final[Status.SENT]) == (in_doubt, 6 - in_doubt)


def test_the_campaign_would_notice(senders: Senders, tmp_path: Path) -> None:
    """The comparison itself is awake: a message accepted behind the ledger's back, or twice, is found."""
    log, everybody = tmp_path / "accepted", people(3)
    with SmtpServer(log=log) as server:
        assert senders.run(Job(str(tmp_path), server.port, everybody)) == 0
    check(tmp_path, log, {"issue": everybody}, doubts=0)
    honest = log.read_text()
    for told, complaint in (("", "I1"), (honest + honest.splitlines()[0] + "\n", "I1"), (honest, "I4")):
        log.write_text(told)
        with pytest.raises(AssertionError, match=complaint):
            check(tmp_path, log, {"issue": everybody if complaint != "I4" else people(4)}, doubts=0)
    log.write_text(honest)
    ledger = ledger_in(tmp_path)
    ledger.change("UPDATE recipient SET status = 'waiting' WHERE address = ?", everybody[0])
    ledger.close()
    with pytest.raises(AssertionError, match="I2"):
        check(tmp_path, log, {"issue": everybody}, doubts=0)
