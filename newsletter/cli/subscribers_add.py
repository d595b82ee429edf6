"""`newsletter subscribers add`: puts somebody on the list who agreed to be mailed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from newsletter.cli.list_change import KeptOut, ListChange, list_of, say_what_was_before
from newsletter.cli.terminal import say, typed
from newsletter.errors import Problem, ProblemsFound
from newsletter.ledger.journal import Change
from newsletter.ledger.suppressions import Kind, Suppressed
from newsletter.read import opt_outs
from newsletter.read.exports.incoming import Incoming
from newsletter.read.joining import Terms, join
from newsletter.read.list_file import Edits, ListFile
from newsletter.read.locale import Locale
from newsletter.read.practice import read_practice
from newsletter.read.same_person import person_key
from newsletter.read.subscribers import LeftOut, address_of, tags_of

_SOURCE = "subscribers add"
_SAID = {
    Kind.OPTED_OUT: "They opted out",
    Kind.BOUNCED: "Mail to this address came back",
    Kind.ASKED: "They asked not to be mailed",
    Kind.COMPLAINED: "They called a mail of yours spam",
    Kind.FORGOTTEN: "They had all that is known of them erased",
}


@click.command("add")
@click.argument("address")
@click.option("--first-name", default="", help="As the mail is to greet them.")
@click.option("--last-name", default="")
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="Repeat for more.")
@click.option("--language", default="", help="Such as en or es.")
@click.option("--consent", metavar="TEXT", required=True, help='How they agreed: "sign-up form at the front desk".')
@click.option("--again", is_flag=True, help="They had left, and asked to be mailed again.")
@click.pass_obj
def command(
    folder: Path,
    /,
    address: str,
    first_name: str,
    last_name: str,
    tags: tuple[str, ...],
    language: str,
    consent: str,
    again: bool,
) -> None:
    """Put ADDRESS on the list, with today as the day they agreed. Several people may share an address.

    Whoever opted out is refused, unless they asked to come back (--again).
    """
    if not consent.strip():
        raise click.BadParameter("say in a few words how they agreed.", param_hint="--consent")
    locale = Locale.of(read_practice(folder), datetime.now(UTC))
    email = address_of(address.strip())
    if isinstance(email, LeftOut):
        raise ProblemsFound([Problem(address, 0, 0, email.reason)])
    suppressed = KeptOut(folder).of(email.lower())
    if suppressed and not again:
        raise ProblemsFound([_refused(address, suppressed)])
    all_tags = tuple(tag for said in tags for tag in sorted(tags_of(said)))
    today = locale.today.isoformat()
    person = Incoming(0, email, first_name, last_name, all_tags, language, True, consent, today, False, None, ())
    listed = list_of(folder)
    edits = (_brought_back(person, listed) if again else None) or _joined(person, listed, address)
    if not edits and not suppressed:
        say(f"{email} is on the list already, with all of this.")
        return
    what = "added to the list" if edits.added else "changed on the list"
    journal = Change(time.time(), email.lower(), what, _SOURCE, f"agreed: {consent}")
    ListChange(_SOURCE, edits, [journal], lifted=[email.lower()] if suppressed else []).make(listed, folder)
    say(f"{email} is on the list." if edits.added else f"{email} was on the list; what is new was written there.")
    if suppressed:
        say("They may be mailed again.")
    say_what_was_before(listed)
    say(f"Next: {typed('subscribers', 'list')}")


def _refused(address: str, suppressed: Suppressed) -> Problem:
    message = f"not added. {_SAID[suppressed.kind]}: {suppressed.reason.rstrip('.')}."
    return Problem(address, 0, 0, message, "Only if they asked you to mail them again, add --again.")


def _joined(person: Incoming, listed: ListFile, address: str) -> Edits:
    """As an import would; raises ProblemsFound where the list keeps them out."""
    changes = join([person], listed, Terms(), lambda _line, _email: None)
    for row in changes.left_out:
        remedy = "Only if they asked you to mail them again, add --again."
        raise ProblemsFound([Problem(address, 0, 0, f"not added. {row.reason}", remedy)])
    return changes.edits


def _brought_back(person: Incoming, listed: ListFile) -> Edits | None:
    """Their rows with the new consent and no status that forbids mail; None where they have none.

    Raises ProblemsFound where another column, or the row of somebody else, forbids mail to the address; and where nobody can
    tell who of several people it was that came back.
    """
    rows = {row: dict(zip(listed.columns, row.cells, strict=True)) for row in listed.rows if row.key == person.email.lower()}
    names = {person_key(values.get("first_name", "")): values.get("first_name", "") for values in rows.values()}
    wanted = person_key(person.first_name)
    if not wanted and len(names) > 1 and any(row.left_out for row in rows):
        who = ", ".join(filter(None, names.values()))
        message = f"several people share this address: {who}."
        raise ProblemsFound([Problem(person.email, 0, 0, message, "Say who of them asked, with --first-name.")])
    consent = {"consent_source": person.consent_source, "consent_date": person.consent_date}
    signs = opt_outs.signs(listed.columns)
    own: dict[int, dict[str, str]] = {}
    problems = []
    for row, values in rows.items():
        name = person_key(values.get("first_name", ""))
        is_own = not (name and wanted) or name == wanted
        if is_own:
            own[row.line] = consent | ({"status": ""} if row.left_out else {})
        refusal = opt_outs.refusal(signs, list((values | own.get(row.line, {})).values()))
        if refusal and (is_own or refusal.whom is opt_outs.Whom.ADDRESS):
            remedy = "Change it there first, if it is not right any more."
            problems.append(Problem(listed.shown, row.line, 0, refusal.reason, remedy))
    if problems:
        raise ProblemsFound(problems)
    return Edits(changed=own) if own else None
