"""Runs a planned mailing, shows it going, and tells how it ended: the counts, why it stopped, and the next step."""

from __future__ import annotations

import gc
import time

from newsletter.cli.progress import Interrupts, Progress
from newsletter.cli.send_job import Job
from newsletter.cli.send_report import plan_as_json, print_counts, server_limits
from newsletter.cli.terminal import as_json, counted, moment, say, stamp, trouble, typed
from newsletter.errors import AccountTrouble, NewsletterError
from newsletter.ledger.rows import OPEN, Status
from newsletter.send.account import Account
from newsletter.send.mailing import Run
from newsletter.send.plan import Plan
from newsletter.send.terms import LimitReached, Manner, Stopped, World

Ended = NewsletterError | Stopped | None
"""What ended a run early, or None."""


def run(job: Job, plan: Plan, account: Account, manner: Manner) -> Ended:
    """Sends; gives what ended it early, or None."""
    total = min(plan.to_send, manner.most or plan.to_send)
    with Interrupts() as interrupts, Progress(total, job.zone, quiet=job.json) as progress:
        world = World(time.time, interrupts.sleep, interrupts.asked, progress.decided, waiting=progress.waiting)
        gc.freeze()  # what lives as long as the program is not looked through again and again: a tenth of the time
        gc.set_threshold(50_000, 20, 20)
        try:
            Run(plan.mailing, account, job.write, world, manner).send()
        except (AccountTrouble, Stopped) as ended:
            return ended
    return None


def report(job: Job, plan: Plan, ended: Ended, mode: str) -> int:
    """The counts, why the run ended early, and the next step; the exit code: 0 when nobody is left waiting."""
    counts = plan.mailing.counts()
    left = sum(counts[status] for status in OPEN)
    sentence = why_it_ended(ended, job)
    later = ended.until if isinstance(ended, LimitReached) else plan.mailing.next_try(time.time())
    if job.json:
        shown = plan_as_json(plan, job.mail.issue.slug, mode)
        as_json({**shown, "stopped": sentence, "come_back_at": stamp(later) or None})
    else:
        print_counts(counts)
        if sentence:
            trouble(sentence)
        if mode == "send":
            say(_next_step(job, counts, left, later))
    if isinstance(ended, Stopped):
        return 130
    return 1 if left else 0


def why_it_ended(ended: Ended, job: Job) -> str | None:
    """A sentence, and what to do; None where nothing ended it early."""
    if isinstance(ended, Stopped):
        return "Stopped. Everybody who was not reached is still waiting."
    if isinstance(ended, LimitReached):
        when = moment(ended.until, job.zone)
        if ended.advice:
            return f"{ended}\nThe time to come back: {when}. With --wait the program waits for it."
        limits = server_limits(job.server)
        if job.server.hours:
            limits += f"{', ' if limits else ''}only {', '.join(window.text for window in job.server.hours)}"
        return f"The account's limit is reached ({limits}). Run the same command again after {when}, or add --wait."
    return str(ended) if ended else None


def _next_step(job: Job, counts: dict[Status, int], left: int, later: float | None) -> str:
    slug = job.mail.issue.slug
    if counts[Status.UNCERTAIN]:
        return f"Next: {typed('settle', slug)}   (decide about {counted(counts[Status.UNCERTAIN], 'mail')} that may have arrived)"
    if left and later and counts[Status.DEFERRED] == left:
        return f"Next: {job.send_again()}   (after {moment(later, job.zone)}; {left:,} put off until then)"
    if left:
        return f"Next: {job.send_again()}   ({left:,} still waiting; it goes on where it was)"
    return f"Next: {typed('status', slug)}"
