"""`newsletter send`: checks, shows the plan, asks, and mails an issue to everyone still waiting for it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from newsletter.cli.practice_folder import PracticeFolder
from newsletter.cli.preflight import stop_on_errors
from newsletter.cli.progress import Interrupts, Progress
from newsletter.cli.send_job import Job, fresh_ledger, open_ledger
from newsletter.cli.send_report import how_long, plan_as_json, print_counts, print_plan, server_in_words, server_limits
from newsletter.cli.send_test import send_test
from newsletter.cli.terminal import as_json, counted, moment, say, trouble, typed
from newsletter.errors import AccountTrouble, NewsletterError, NotConfirmed, NothingToSend, shown_path
from newsletter.ledger.ledger import Ledger, ledger_file, sync_service
from newsletter.ledger.lock import run_lock
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import OPEN, Status
from newsletter.send.account import Account
from newsletter.send.connection import Connection
from newsletter.send.limits import Limits
from newsletter.send.mailing import LimitReached, Run, Stopped, World
from newsletter.send.plan import Plan
from newsletter.send.rehearsal import rehearsal_server


@click.command("send")
@click.argument("issue")
@click.option("--to", "list_path", metavar="CSV", type=click.Path(path_type=Path), help="Another list than subscribers.csv.")
@click.option("--dry-run", is_flag=True, help="Show the plan, send nothing, record nothing.")
@click.option("--test", "test_address", metavar="ADDRESS", help="Send one real mail to ADDRESS, and record nothing.")
@click.option("--as", "as_email", metavar="EMAIL", help="With --test: as this subscriber would get it.")
@click.option("--rehearse", is_flag=True, help="Send to everybody into rehearsal/<slug>/; nothing leaves this computer.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Send at most N mails in this run.")
@click.option("--tag", metavar="TAG", help="Only subscribers who have this tag.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object at the end.")
@click.pass_obj
def command(
    folder: Path,
    /,
    issue: str,
    list_path: Path | None,
    dry_run: bool,
    test_address: str | None,
    as_email: str | None,
    rehearse: bool,
    limit: int | None,
    tag: str | None,
    yes: bool,
    json_wanted: bool,
) -> int:
    """Mail ISSUE to everyone who is still waiting for it.

    Run it again to go on where it was. Nobody gets an issue twice, and nobody who opted out gets it.
    """
    if sum((bool(test_address), dry_run, rehearse)) > 1:
        raise click.UsageError("--test, --dry-run and --rehearse exclude each other; give one of them.")
    if test_address and (limit or tag or yes):
        raise click.UsageError("--limit, --tag and --yes do nothing with --test ADDRESS; leave them out.")
    if as_email and not test_address:
        raise click.UsageError("--as goes with --test ADDRESS.")
    practice = PracticeFolder(folder, list_path)
    job = Job(practice, practice.mail(issue), limit, tag, json_wanted, looking=dry_run)
    if test_address:
        return send_test(job, test_address, as_email)
    stop_on_errors(job.mail, practice.subscribers, job.key)
    if dry_run:
        return _dry_run(job)
    return _rehearse(job) if rehearse else _for_real(job, confirmed=yes)


def _dry_run(job: Job) -> int:
    """The plan alone, in a copy of the ledger: a send that is running is not disturbed."""
    ledger = Ledger.unwritten(ledger_file(job.folder))
    with ledger.transaction():
        plan = job.plan(ledger)
    if job.json:
        as_json(plan_as_json(plan, job.mail.issue.slug, "dry-run"))
    else:
        print_plan(plan, job.mail, server_in_words(job.server), job.limit)
        say("Nothing was sent and nothing was recorded.")
        say(f"Next: {job.send_again('--rehearse')}")
    return 0


def _rehearse(job: Job) -> int:
    """The whole mailing over SMTP to a server of our own, with a ledger of its own."""
    target = job.folder / "rehearsal" / job.mail.issue.slug
    with run_lock(job.folder / ".newsletter" / "rehearsal-lock", "rehearsing"), rehearsal_server(target) as (account, keeper):
        ledger = fresh_ledger(target / "ledger.sqlite", Ledger.reading(ledger_file(job.folder)))
        with ledger.transaction():
            plan = job.plan(ledger)
        if not job.json:
            print_plan(plan, job.mail, "the rehearsal's own, on this computer", job.limit)
        code = _report(job, plan, _run(job, plan, account, Limits()), "rehearsal")
        ledger.close()
        if not job.json:
            say(f"A rehearsal: nothing left this computer. {counted(keeper.kept, 'mail')} in {shown_path(target)}/")
            say(f"Next: {job.send_again('--test', 'YOUR-ADDRESS')}")
    return code


def _for_real(job: Job, *, confirmed: bool) -> int:
    """Plan, confirmation, sending and report, under the run lock."""
    slug = job.mail.issue.slug
    if service := sync_service(job.folder):
        trouble(
            f"This folder lies in {service}, which may copy the record of sent mail while it is written."
            " Pause it while you send, and send from one computer only."
        )
    with run_lock(job.folder / ".newsletter" / "lock", f"sending {slug}"), open_ledger(job.folder) as ledger:
        for mailing in Mailing.all(ledger):
            mailing.recover()
        with ledger.transaction():
            plan = job.plan(ledger)
        if not job.json:
            print_plan(plan, job.mail, server_in_words(job.server), job.limit)
            if ends := how_long(plan, job.server, time.time(), job.zone):
                say(ends)
        if plan.to_send == 0:
            return _nobody_waits(job, plan)
        if not confirmed:
            _confirm(job, plan)
        account = job.account()
        stopped = _run(job, plan, account, Limits(job.server.per_minute, job.server.per_day))
        return _report(job, plan, stopped, "send")


def _run(job: Job, plan: Plan, account: Account, limits: Limits) -> NewsletterError | Stopped | None:
    """Sends; gives what ended it early, or None."""
    with Interrupts() as interrupts, Progress(min(plan.to_send, job.limit or plan.to_send), quiet=job.json) as progress:
        run = Run(
            mailing=plan.mailing,
            write=job.write,
            connect=lambda: Connection(account, job.mail.practice.domain),
            world=World(time.time, interrupts.sleep, interrupts.asked, progress.decided),
            limits=limits,
            most=job.limit,
        )
        try:
            run.send()
        except (AccountTrouble, Stopped) as ended:
            return ended
    return None


def _report(job: Job, plan: Plan, ended: NewsletterError | Stopped | None, mode: str) -> int:
    """The counts, why the run ended early, and the next step; the exit code: 0 when nobody is left waiting."""
    counts = plan.mailing.counts()
    left = sum(counts[status] for status in OPEN)
    sentence = _why_it_ended(ended, job)
    if job.json:
        as_json({**plan_as_json(plan, job.mail.issue.slug, mode), "stopped": sentence})
    else:
        print_counts(counts)
        if sentence:
            trouble(sentence)
        if mode == "send":
            say(_next_step(job, counts, left))
    if isinstance(ended, Stopped):
        return 130
    return 1 if left else 0


def _why_it_ended(ended: NewsletterError | Stopped | None, job: Job) -> str | None:
    if isinstance(ended, Stopped):
        return "Stopped. Everybody who was not reached is still waiting."
    if isinstance(ended, LimitReached):
        when = moment(ended.until, job.zone)
        return f"The account's limit is reached ({server_limits(job.server)}). Run the same command again after {when}."
    return str(ended) if ended else None


def _next_step(job: Job, counts: dict[Status, int], left: int) -> str:
    slug = job.mail.issue.slug
    if counts[Status.UNCERTAIN]:
        return f"Next: {typed('settle', slug)}   (decide about {counted(counts[Status.UNCERTAIN], 'mail')} that may have arrived)"
    if left:
        return f"Next: {job.send_again()}   ({left:,} still waiting; it goes on where it was)"
    return f"Next: {typed('status', slug)}"


def _nobody_waits(job: Job, plan: Plan) -> int:
    """There is nobody to send to now: all have it, the rest was put off or not asked for, or nobody can be mailed."""
    if not any(plan.counts.values()):
        raise NothingToSend("There is nobody to send this to.", "Look at the rows left out above, or at --tag and --to.")
    open_now = sum(plan.counts[status] for status in OPEN)
    if job.json:
        pass
    elif later := plan.mailing.next_try(time.time()):
        say(f"{counted(open_now, 'mail')} put off by the server; the next try is after {moment(later, job.zone)}.")
    elif open_now:
        say(f"{counted(open_now, 'person', 'people')} still waiting, but nobody of them was asked for by this command.")
    elif not plan.counts[Status.UNCERTAIN]:
        say("Everybody who can have it has it already; nothing was sent.")
    return _report(job, plan, None, "send")


def _confirm(job: Job, plan: Plan) -> None:
    """Wants the number of recipients typed; raises NotConfirmed."""
    number = min(plan.to_send, job.limit or plan.to_send)
    if not sys.stdin.isatty():
        raise NotConfirmed("Nothing was sent: there is nobody to confirm it.", "To send without being asked, add --yes.")
    answer = click.prompt(
        f"Type {number} to send {counted(number, 'mail')}, or Enter to stop", default="", show_default=False, err=True
    )
    if answer.strip().replace(",", "") != str(number):
        raise NotConfirmed("Nothing was sent.", f"Next: {job.send_again('--test', 'YOUR-ADDRESS')}")
