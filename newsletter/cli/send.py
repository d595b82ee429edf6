"""`newsletter send`: checks, shows the plan, asks, and mails an issue to everyone still waiting for it."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import click

from newsletter.cli.practice_folder import PracticeFolder
from newsletter.cli.preflight import stop_on_errors
from newsletter.cli.progress import Interrupts
from newsletter.cli.send_job import Job, Wishes, fresh_ledger, open_ledger
from newsletter.cli.send_report import how_long, plan_as_json, print_plan, remind_of_mailbox, server_in_words
from newsletter.cli.send_run import Ended, report, run
from newsletter.cli.send_test import send_one, send_test
from newsletter.cli.start_time import start_time, wait_until
from newsletter.cli.status import slug_of
from newsletter.cli.terminal import as_json, counted, moment, say, trouble
from newsletter.errors import NotConfirmed, NothingToSend, shown_path
from newsletter.ledger.ledger import Ledger, ledger_file, sync_service
from newsletter.ledger.lock import run_lock
from newsletter.ledger.rows import OPEN, Status
from newsletter.ledger.unrecorded import recover
from newsletter.read.audience import Audience
from newsletter.send.account import Account
from newsletter.send.plan import Plan
from newsletter.send.terms import Manner, Stopped


@click.command("send")
@click.argument("issue")
@click.option("--to", "list_path", metavar="CSV", type=click.Path(path_type=Path), help="Another list than subscribers.csv.")
@click.option("--dry-run", is_flag=True, help="Show the plan, send nothing, record nothing.")
@click.option("--test", "test_address", metavar="ADDRESS", help="Send one real mail to ADDRESS, and record nothing.")
@click.option("--as", "as_email", metavar="EMAIL", help="With --test: as this subscriber would get it.")
@click.option("--rehearse", is_flag=True, help="Send to everybody into rehearsal/<slug>/; nothing leaves this computer.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Send at most N mails in this run.")
@click.option("--tag", metavar="TAG", help="Only subscribers who have this tag.")
@click.option(
    "--active-within", metavar="MONTHS", type=click.IntRange(1, 1200), help="Only those who had a visit in so many months."
)
@click.option("--correction-of", metavar="ISSUE", help="Only to those who got this earlier issue.")
@click.option("--canary", metavar="N", type=click.IntRange(min=1), help="Send to you and N subscribers first, then ask.")
@click.option("--at", metavar="TIME", help='Start at a time of the practice\'s time zone: "2026-12-01 09:00".')
@click.option("--wait", is_flag=True, help="Stay until everybody is decided: through limits, hours and second tries.")
@click.option(
    "--brake",
    metavar="PERCENT",
    type=click.IntRange(1, 100),
    default=10,
    show_default=True,
    help="Stop when more than this share of the mails is refused.",
)
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
    active_within: int | None,
    correction_of: str | None,
    canary: int | None,
    at: str | None,
    wait: bool,
    brake: int,
    yes: bool,
    json_wanted: bool,
) -> int:
    """Mail ISSUE to everyone who is still waiting for it.

    Run it again to go on where it was. Nobody gets an issue twice, and nobody who opted out gets it.
    """
    ways = sum((bool(test_address), dry_run, rehearse))
    _refuse(ways > 1, "--test, --dry-run and --rehearse exclude each other; give one of them.")
    audience = Audience(tag, active_within)
    many = limit or audience or yes or correction_of
    only_many = "--limit, --tag, --active-within, --correction-of and --yes"
    _refuse(test_address and many, f"{only_many} do nothing with --test ADDRESS; leave them out.")
    _refuse((at or canary or wait) and ways, "--at, --canary and --wait are for a real send; leave out the other options.")
    _refuse(as_email and not test_address, "--as goes with --test ADDRESS.")
    practice = PracticeFolder(folder, list_path)
    earlier = correction_of and slug_of(correction_of)
    job = Job(practice, practice.mail(issue), limit, audience, json_wanted, earlier, looking=dry_run)
    if test_address:
        return send_test(job, test_address, as_email)
    start = start_time(at, job.zone) if at else None
    stop_on_errors(job.mail, practice.subscribers, job.keys)
    if dry_run:
        return _dry_run(job)
    if rehearse:
        return _rehearse(job)
    return _for_real(job, Wishes(confirmed=yes, start=start, canary=canary, stay=wait, brake=brake / 100))


def _refuse(wrong: object, why: str) -> None:
    if wrong:
        raise click.UsageError(why)


def _dry_run(job: Job) -> int:
    """The plan alone, in a copy of the ledger: a send that is running is not disturbed."""
    ledger = Ledger.unwritten(ledger_file(job.folder))
    with ledger.transaction():
        plan = job.plan(ledger)
    if job.json:
        as_json(plan_as_json(plan, job.mail.issue.slug, "dry-run"))
    else:
        print_plan(plan, job.mail, server_in_words(job.server), job.limit)
        remind_of_mailbox(job.mail.practice, ledger, time.time())
        say("Nothing was sent and nothing was recorded.")
        say(f"Next: {job.send_again('--rehearse')}")
    return 0


def _rehearse(job: Job) -> int:
    """The whole mailing over SMTP to a server of our own, with a ledger of its own."""
    from newsletter.send.rehearsal import rehearsal_server

    target = job.folder / "rehearsal" / job.mail.issue.slug
    with run_lock(job.folder / ".newsletter" / "rehearsal-lock", "rehearsing"), rehearsal_server(target) as (account, keeper):
        real = Ledger.reading(ledger_file(job.folder))
        ledger = fresh_ledger(target / "ledger.sqlite", real)
        with ledger.transaction():
            plan = job.plan(ledger, real)
        if not job.json:
            print_plan(plan, job.mail, "the rehearsal's own, on this computer", job.limit)
        code = report(job, plan, run(job, plan, account, Manner(most=job.limit)), "rehearsal")
        ledger.close()
        if real:
            real.close()
        if not job.json:
            say(f"A rehearsal: nothing left this computer. {counted(keeper.kept, 'mail')} in {shown_path(target)}/")
            say(f"Next: {job.send_again('--test', 'YOUR-ADDRESS')}")
    return code


def _for_real(job: Job, wishes: Wishes) -> int:
    """Plan, confirmation, sending and report, under the run lock."""
    slug = job.mail.issue.slug
    if service := sync_service(job.folder):
        trouble(
            f"This folder lies in {service}, which may copy the record of sent mail while it is written."
            " Pause it while you send, and send from one computer only."
        )
    with run_lock(job.folder / ".newsletter" / "lock", f"sending {slug}"), open_ledger(job.folder) as ledger:
        recover(ledger)
        ledger.forget_finished(time.time())
        with ledger.transaction():
            plan = job.plan(ledger)
        if not job.json:
            print_plan(plan, job.mail, server_in_words(job.server), job.limit)
            remind_of_mailbox(job.mail.practice, ledger, time.time())
            if ends := how_long(plan, job.limits, job.server, wishes.start or time.time()):
                say(ends)
        if plan.to_send == 0 and not (wishes.stay and plan.mailing.next_try(time.time())):
            return _nobody_waits(job, plan)
        if not wishes.confirmed:
            _confirm(job, plan.mailing.asked_for() if wishes.stay else plan.to_send)
        account = job.account()
        if wishes.start is not None:
            if not _wait_for_start(job, wishes.start):
                return report(job, plan, Stopped(), "send")
            with ledger.transaction():
                plan = job.plan(ledger, only_known=True)
        manner = wishes.manner(job)
        if wishes.canary:
            count = min(wishes.canary, plan.to_send, job.limit or wishes.canary)
            ended, all_is_well = _canary(job, plan, account, replace(manner, most=count))
            if not all_is_well:
                return report(job, plan, ended, "send")
            manner = replace(manner, most=job.limit and job.limit - count)
        return report(job, plan, run(job, plan, account, manner), "send")


def _wait_for_start(job: Job, start: float) -> bool:
    """Waits for `--at`; False where somebody pressed Ctrl-C."""
    with Interrupts() as interrupts:
        if not job.json:
            say(f"Waiting for {moment(start, job.zone)}. Leave this window open and the computer awake; Ctrl-C ends it.")
        return wait_until(start, job.zone, interrupts.sleep, interrupts.asked)


def _canary(job: Job, plan: Plan, account: Account, manner: Manner) -> tuple[Ended, bool]:
    """One mail to the practice itself and some to subscribers; what ended that early, and whether a person is content."""
    sender, first = job.mail.practice.text.sender, counted(manner.most or 0, "subscriber")
    to = sender.answers_to
    send_one(job, account, job.practice.subscriber(None), to)
    if ended := run(job, plan, account, manner):
        return ended, False
    if not sys.stdin.isatty():
        trouble(f"Sent to {to} and the first {first}. Look at the mail, then send to the others.")
        return None, False
    trouble(f"Sent to {to} and the first {first}. Open the mail on your phone and your computer.")
    answer = click.prompt("Type yes to send to the others, or Enter to stop", default="", show_default=False, err=True)
    return None, answer.strip().lower() == "yes"


def _nobody_waits(job: Job, plan: Plan) -> int:
    """There is nobody to send to now: all have it, the rest was put off or not asked for, or nobody can be mailed."""
    if not any(plan.counts.values()):
        raise NothingToSend("There is nobody to send this to.", "Look at the rows left out above, or at --to.")
    open_now = sum(plan.counts[status] for status in OPEN)
    if job.json:
        pass
    elif later := plan.mailing.next_try(time.time()):
        say(f"{counted(open_now, 'mail')} put off by the server; the next try is after {moment(later, job.zone)}.")
    elif open_now:
        say(f"{counted(open_now, 'person', 'people')} still waiting, but nobody of them was asked for by this command.")
    elif not plan.counts[Status.UNCERTAIN]:
        say("Everybody who can have it has it already; nothing was sent.")
    return report(job, plan, None, "send")


def _confirm(job: Job, waiting: int) -> None:
    """Wants the number of recipients typed; raises NotConfirmed."""
    number = min(waiting, job.limit or waiting)
    if not sys.stdin.isatty():
        raise NotConfirmed("Nothing was sent: there is nobody to confirm it.", "To send without being asked, add --yes.")
    answer = click.prompt(
        f"Type {number} to send {counted(number, 'mail')}, or Enter to stop", default="", show_default=False, err=True
    )
    if answer.strip().replace(",", "") != str(number):
        raise NotConfirmed("Nothing was sent.", f"Next: {job.send_again('--test', 'YOUR-ADDRESS')}")
