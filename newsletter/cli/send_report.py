"""How a plan and the end of a run are told: counts, who is left out and why, and the next step."""

from __future__ import annotations

from typing import Any

from newsletter.cli.terminal import counted, facts, moment, say, trouble, typed, wrapped
from newsletter.compose.mail import Mail
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.mailbox import first_mailed, last_read
from newsletter.ledger.rows import Status
from newsletter.read.practice import Practice
from newsletter.read.providers import Server
from newsletter.send.account import account_name
from newsletter.send.forecast import forecast
from newsletter.send.limits import Limits
from newsletter.send.plan import Plan, as_subscriber

_MOST_SHOWN = 20
_DAY = 86_400.0  # seconds
MEANINGS = {
    Status.SENT: "the server took the mail",
    Status.WAITING: "still to be sent",
    Status.DEFERRED: "the server said later; will be tried again",
    Status.REFUSED: "the server said no for good",
    Status.UNCERTAIN: "may or may not have arrived; you decide",
    Status.SENDING: "was on its way when the program stopped; may have arrived",
    Status.SKIPPED: "opted out, suppressed or no longer on the list",
}


def print_plan(plan: Plan, mail: Mail, where: str, limit: int | None = None) -> None:
    """The plan on the screen; `where` says which server, `limit` how many mails this run sends at the most."""
    sender = mail.practice.text.sender
    say(mail.issue.text.title)
    rows = [("From", f"{sender.name} <{sender.email}>"), ("Server", where)]
    if plan.first:
        subscriber = as_subscriber(plan.first)
        template = mail.template_for(subscriber)
        rows.insert(1, ("Subject", template.subject_for(subscriber)))
        rows.append(("Size", _size(mail, subscriber.tags)))
    facts(rows)
    say()
    _print_count("To send", plan.to_send, _first_and_last(plan))
    if limit is not None and limit < plan.to_send:
        _print_count("This run", limit, "the others wait for the next one (--limit)")
    if plan.together:
        mails = counted(plan.families, "mail")
        _print_count("Together", plan.together, f"people who share an address with family, in {mails}")
    if plan.not_asked:
        _print_count("Not asked", plan.not_asked, "not among those you ask for; they are not mailed")
    if plan.undated:
        _print_count("", plan.undated, "rows of the list have no last visit that can be read")
    for status in (Status.SENT, Status.REFUSED, Status.UNCERTAIN, Status.SKIPPED):
        if plan.counts[status]:
            _print_count(status.value.capitalize(), plan.counts[status], MEANINGS[status])
    _print_left_out(plan)
    say()


def _print_left_out(plan: Plan) -> None:
    if total := sum(plan.left_out_counts.values()):
        _print_count("Left out", total, "rows of the list that cannot be mailed:")
        for row in plan.left_out[:_MOST_SHOWN]:
            say(wrapped(f"line {row.line}  {row.email or '(no address)'}: {row.reason}", "      "))
        if total > _MOST_SHOWN:
            say(f"      and {total - _MOST_SHOWN:,} more; --json lists them all.")


def remind_of_mailbox(practice: Practice, ledger: Ledger, now: float) -> None:
    """Says so where people had a mail with a way out for a day or longer, and nobody looked for two whether they took it."""
    read, mailed = last_read(ledger), first_mailed(ledger)
    if not practice.text.unsubscribe.mailto or not mailed or now - mailed < _DAY or (read and now - read < 2 * _DAY):
        return
    when = f"was last read {moment(read, practice.text.timezone)}" if read else "was never read"
    trouble(wrapped(f"The mailbox {when}: people may have opted out by mail since. Read it first: {typed('inbox')}"))
    trouble("")


def plan_as_json(plan: Plan, issue: str, mode: str) -> dict[str, Any]:
    """The same as one object; after a run with the new counts."""
    return {
        "issue": issue,
        "mode": mode,
        "to_send": plan.to_send,
        "together": plan.together,
        "families": plan.families,
        "not_asked": plan.not_asked,
        "no_last_visit": plan.undated,
        **{status.value: count for status, count in plan.mailing.counts().items()},
        "left_out": [{"line": r.line, "email": r.email, "kind": r.kind, "reason": r.reason} for r in plan.left_out],
        "left_out_total": sum(plan.left_out_counts.values()),
    }


def print_counts(counts: dict[Status, int]) -> None:
    """One line a status that anybody has."""
    for status in Status:
        if counts[status] or status is Status.SENT:
            _print_count(status.value, counts[status], MEANINGS[status])


def server_in_words(server: Server) -> str:
    """`smtp.riverbend.example, port 587, encrypted (starttls)`."""
    secured = "not encrypted, this computer only" if server.security == "none" else f"encrypted ({server.security})"
    limits = [f"{n:,} a {unit}" for n, unit in ((server.per_minute, "minute"), (server.per_day, "day")) if n]
    return ", ".join([server.host, f"port {server.port}", secured, *([f"at most {' and '.join(limits)}"] if limits else [])])


def how_long(plan: Plan, limits: Limits, server: Server, start: float) -> str:
    """When the last mail can go out under the account's limits, where that takes a minute or more; else nothing."""
    account = account_name(server.username, server.host)
    ends = forecast(plan.to_send, limits, start, plan.mailing.ledger.finished(account, start - 86_400))
    if ends is not None and ends - start < 60:
        return ""
    rule = server_limits(server) or "your sending hours"
    if ends is None:
        return f"At {rule} this takes longer than 20 years."
    return f"At {rule} the last of {counted(plan.to_send, 'mail')} goes out about {moment(ends, limits.zone)}."


def server_limits(server: Server) -> str:
    """`60 a minute, 2,000 a day`, or nothing."""
    return ", ".join(f"{n:,} a {unit}" for n, unit in ((server.per_minute, "minute"), (server.per_day, "day")) if n)


def _print_count(name: str, count: int, meaning: str) -> None:
    say(f"  {name:<10} {count:>7,}  {meaning}".rstrip())


def _first_and_last(plan: Plan) -> str:
    if not plan.first or not plan.last:
        return ""
    if plan.first.address == plan.last.address:
        return plan.first.address
    return f"first {plan.first.address}, last {plan.last.address}"


def _size(mail: Mail, tags: frozenset[str]) -> str:
    rendered = mail.rendered(tags)
    pictures = sum(len(picture.content) for picture in rendered.pictures) if mail.practice.text.images.mode == "embed" else 0
    whole = sum(len(piece) for piece in mail.template(tags).pieces if isinstance(piece, bytes))
    inside = f", of it {pictures * 4 // 3000:,} kB pictures" if pictures else ", pictures on your website"
    return f"{whole // 1000:,} kB a mail{inside}"
