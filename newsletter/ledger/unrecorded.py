"""What the ledger could not take any more, as on a full disk: set down in a text file, and read back by the next run."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from newsletter.ledger.database import sentences
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Outcome, Recipient, Status

_NAME = "unrecorded.jsonl"
_MOST = 1 << 53  # larger numbers are none of ours, and more than SQLite takes


def set_down(ledger: Path, issue: str, outcomes: Iterable[tuple[Recipient, Outcome]]) -> None:
    """Appends the messages that a server accepted; where even that fails they stay uncertain, and nobody is mailed twice."""
    accepted = [
        json.dumps({"issue": issue, "number": recipient.number, "at": o.at, "code": o.code, "reply": o.reply}) + "\n"
        for recipient, o in outcomes
        if o.status is Status.SENT
    ]
    if accepted:
        with contextlib.suppress(OSError):
            path = ledger.with_name(_NAME)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8") as stream:
                stream.writelines(accepted)
                stream.flush()
                os.fsync(stream.fileno())


def recover(ledger: Ledger) -> None:
    """After a crash: a message whose intent stands without an outcome may have arrived; it has where that was set down."""
    for mailing in Mailing.all(ledger):
        mailing.recover()
        for number, at, code, reply in _accepted(ledger.path.with_name(_NAME), mailing.issue):
            mailing.was_accepted(number, at, code, reply)


def erase(ledger: Path, address_key: str) -> None:
    """Takes out the lines in which an address stands; raises LedgerUnusable. Call it after `recover`, which needs them."""
    path = ledger.with_name(_NAME)
    with sentences(path):
        if not path.exists():
            return
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        kept = [line for line in lines if address_key not in line.lower()]
        if len(kept) < len(lines):
            path.write_text("".join(kept), encoding="utf-8")


def _accepted(path: Path, issue: str) -> Iterator[tuple[int, float, int, str]]:
    """What was set down for an issue; lines that make no sense are passed over."""
    with contextlib.suppress(OSError):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError, OverflowError, RecursionError):
                said = json.loads(line)
                number, code = int(said["number"]), int(said["code"])
                if said["issue"] == issue and 0 < number < _MOST and 0 < code < _MOST:
                    yield number, float(said["at"]), code, str(said["reply"])
