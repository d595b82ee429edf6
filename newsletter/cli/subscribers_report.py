"""`newsletter subscribers report`: everything that the tool knows of one person, as they may ask for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click

from newsletter.cli.last_changes import show_changes
from newsletter.cli.practice_folder import LIST_NAME, PracticeFolder
from newsletter.cli.send_report import MEANINGS
from newsletter.cli.terminal import as_json, facts, moment, say, stamp, typed, wrapped
from newsletter.errors import Problem, ProblemsFound, shown_path
from newsletter.ledger.bounces import Bounce, Bounces, Weight
from newsletter.ledger.journal import Change, Journal
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.rows import Status
from newsletter.ledger.sent_record import Mailed, mails_to
from newsletter.ledger.suppressions import Kind, Suppressed, Suppressions
from newsletter.read.list_file import ListFile, ListRow
from newsletter.read.subscribers import LeftOut, Subscriber, SubscriberList, address_of
from newsletter.read.traces import Copies, Standing, broken_off, copies, standing
from newsletter.send.replies import Reply

ELSEWHERE = (
    "mails in the practice's mailbox (Inbox and Sent)",
    "the practice system, and exports and backups that were made of it or of this folder",
)
_BOUNCES = {
    Weight.HARD: "came back for good: there is no such mailbox",
    Weight.SOFT: "came back for a passing reason, such as a full mailbox",
    Weight.POLICY: "came back by a rule of the other server; it says nothing of the address",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an address (lower case): where it stands in the list and in other files, and what the ledger holds.

    `verdicts` are what the list comes to: whom a mail would go to, and rows that are left out.
    """

    key: str
    list: Standing
    copies: Copies
    suppressed: Suppressed | None = None
    journal: tuple[Change, ...] = ()
    mails: tuple[Mailed, ...] = ()
    bounces: tuple[Bounce, ...] = ()
    verdicts: tuple[Subscriber | LeftOut, ...] = ()

    @property
    def forgotten(self) -> Suppressed | None:
        """When they were erased, where they were."""
        return self.suppressed if self.suppressed and self.suppressed.kind is Kind.FORGOTTEN else None

    @property
    def anything(self) -> bool:
        """Whether this program holds anything of them but that they were erased."""
        noted = not self.forgotten and (self.suppressed or self.journal)
        return bool(noted or self.list.rows or self.list.named or self.copies.ours or self.mails or self.bounces)


@click.command("report")
@click.argument("address", required=False)
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(folder: Path, address: str | None, json_wanted: bool) -> None:
    """Show all that is known of ADDRESS: for somebody who asks, or a complaint to answer.

    It begins with how and when they agreed to be mailed. If several people share the address, all of them are in it.
    Without ADDRESS: the last changes of the list and of who may be mailed.
    """
    practice = PracticeFolder(folder)
    text = practice.practice.text
    if address is None:
        show_changes(folder, text.timezone, json_wanted=json_wanted)
        return
    ledger = Ledger.reading(ledger_file(folder))
    known = look_up(folder, ListFile(folder / LIST_NAME, folder), ledger, key_of(address))
    known = replace(known, verdicts=tuple(_verdicts(practice.subscribers_if_any, known)))
    if ledger:
        ledger.close()
    if json_wanted:
        as_json(_as_object(known))
    else:
        say(wrapped(f"{text.practice.name}: what is known of {known.key}, {moment(time.time(), text.timezone)}"))
        _print(known, text.timezone)


def key_of(address: str) -> str:
    """An address as typed, in the spelling of the ledger; raises ProblemsFound where it is none."""
    found = address_of(address.strip())
    if isinstance(found, LeftOut):
        raise ProblemsFound([Problem(address, 0, 0, found.reason, "Give the whole address, as in name@place.example.")])
    return found.lower()


def look_up(folder: Path, listed: ListFile, ledger: Ledger | None, key: str) -> Known:
    """Gathers it."""
    where, elsewhere = standing(listed, key), copies(folder, key)
    if ledger is None:
        return Known(key, where, elsewhere)
    suppressions = Suppressions(ledger)
    return Known(
        key,
        where,
        elsewhere,
        suppressions.of(key),
        tuple(Journal(ledger).of(key, *suppressions.codes(key))),
        tuple(mails_to(ledger, key)),
        tuple(Bounces(ledger).of(key)),
    )


def cells(known: Known, row: ListRow) -> dict[str, str]:
    """What stands in a row, by column; of lines that run into other people's rows only those with this address."""
    if broken_off(row):
        own = [line for line in row.text.splitlines() if known.key in line.lower()]
        return {"text": "\n".join(own)}
    return dict(zip(known.list.columns, row.cells, strict=True))


def _verdicts(listed: SubscriberList | None, known: Known) -> Iterator[Subscriber | LeftOut]:
    lines = {row.line for row in known.list.rows}
    for found in listed.rows() if listed and lines else ():
        if found.line in lines or (isinstance(found, Subscriber) and found.key == known.key):
            yield found


def _print(known: Known, zone: str) -> None:
    if known.forgotten and not known.anything:
        say(wrapped(f"This person was erased on request, {moment(known.forgotten.at, zone)}."))
        say(wrapped("Nothing else is known of them here. A code that stands for the address keeps them from being mailed again."))
    elif not known.anything:
        say("Nothing is known of this address: it is neither on the list nor on the record.")
    else:
        _print_all(known, zone)
    for path in (*known.copies.ours, *known.copies.others):
        say(f"Copies in {shown_path(path)}")
    say(wrapped(f"Out of reach of this program: {'; '.join(ELSEWHERE)}."))
    if known.anything:
        say(f"If they ask to be erased: {typed('subscribers', 'forget', known.key)}")


def _print_all(known: Known, zone: str) -> None:
    for row in known.list.rows:
        _print_row(known, row)
    for line, column in known.list.named:
        say(f"Also named in line {line} of {known.list.shown}, in the column {column}")
    say(wrapped(f"May be mailed: {_may_be_mailed(known, zone)}"))
    _print_ledger(known, zone)


def _print_row(known: Known, row: ListRow) -> None:
    """One row of the list: how they agreed comes first."""
    said = cells(known, row)
    consent = ", ".join(filter(None, (said.get("consent_source", ""), said.get("consent_date", ""))))
    say(f"In {known.list.shown}, line {row.line}")
    others = [(name, cell) for name, cell in said.items() if cell and name not in ("consent_source", "consent_date")]
    facts([("agreed by", consent or "nothing is written down"), *others])


def _may_be_mailed(known: Known, zone: str) -> str:
    if known.suppressed:
        kind, reason = known.suppressed.kind, known.suppressed.reason
        why = reason if reason.startswith(kind) else f"{kind}: {reason}"
        return f"no, since {moment(known.suppressed.at, zone)}; {why}"
    if not known.list.rows:
        return "no; not on the list"
    greeted = next((found.fields.get("first_name", "") for found in known.verdicts if isinstance(found, Subscriber)), None)
    answer = "no" if greeted is None else "yes" + (f", greeted as {greeted}" if greeted else "")
    return "; ".join([answer, *(f"line {row.line}: {row.reason}" for row in known.verdicts if isinstance(row, LeftOut))])


def _print_ledger(known: Known, zone: str) -> None:
    say("Mailings")
    for mail in known.mails:
        say(f"  {_when(mail.at, zone):<23} {mail.issue}")
        say(wrapped(f"{mail.status}: {_what_became(mail)}", "      "))
    if not known.mails:
        say("  none")
    if known.bounces:
        say("Came back")
    for bounce in known.bounces:
        say(f"  {_when(bounce.at, zone):<23} {bounce.issue or '(issue not known)'}")
        say(wrapped(f"{bounce.weight}: {_BOUNCES[bounce.weight]} {bounce.status}".rstrip(), "      "))
    if known.journal:
        say("Changes")
    for change in known.journal:
        say(f"  {_when(change.at, zone):<23} {change.what} ({change.source})")
        if change.detail:
            say(wrapped(change.detail, "      "))


def _what_became(mail: Mailed) -> str:
    """In our words, with no more of the server's than its codes."""
    if mail.status in (Status.SKIPPED, Status.UNCERTAIN):
        return mail.reply or MEANINGS[mail.status]
    return f"{MEANINGS[mail.status]} {_codes(mail)}".rstrip()


def _codes(mail: Mailed) -> str:
    if mail.code is None:
        return ""
    enhanced = Reply(mail.code, mail.reply).enhanced
    return f"({mail.code} {enhanced})" if enhanced else f"({mail.code})"


def _when(at: float | None, zone: str) -> str:
    return "" if at is None else moment(at, zone)


def _as_object(known: Known) -> dict[str, object]:
    suppressed = known.suppressed
    left_out = {found.line: found.reason for found in known.verdicts if isinstance(found, LeftOut)}
    mailed = suppressed is None and any(isinstance(found, Subscriber) for found in known.verdicts)
    return {
        "address": known.key,
        "known": known.anything,
        "may_be_mailed": mailed,
        "consent": [
            {"line": row.line, "source": said.get("consent_source", ""), "date": said.get("consent_date", "")}
            for row in known.list.rows
            if (said := cells(known, row))
        ],
        "suppressed": suppressed and {"kind": suppressed.kind, "reason": suppressed.reason, "at": stamp(suppressed.at)},
        "list": [{"line": row.line, "left_out": left_out.get(row.line), "columns": cells(known, row)} for row in known.list.rows],
        "named_in": [{"line": line, "column": column} for line, column in known.list.named],
        "mailings": [
            {
                "issue": mail.issue,
                "status": mail.status,
                "at": stamp(mail.at),
                "code": mail.code,
                "enhanced_code": Reply(mail.code, mail.reply).enhanced if mail.code else "",
                "message_id": mail.message_id,
            }
            for mail in known.mails
        ],
        "bounces": [{"issue": b.issue, "kind": b.weight, "status": b.status, "at": stamp(b.at)} for b in known.bounces],
        "journal": [{"at": stamp(c.at), "what": c.what, "source": c.source, "detail": c.detail} for c in known.journal],
        "copies": [shown_path(path) for path in (*known.copies.ours, *known.copies.others)],
        "out_of_reach": ELSEWHERE,
    }
