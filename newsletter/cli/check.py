"""`newsletter check`: what is wrong with an issue, or with a mail that was received, and what to do next."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.practice_folder import PracticeFolder
from newsletter.cli.terminal import trouble

if TYPE_CHECKING:
    from newsletter.check.finding import Report
    from newsletter.check.network.net import Net
    from newsletter.compose.mail import Mail


@click.command("check")
@click.argument("issue", required=False)
@click.option("--to", "to", metavar="CSV", type=click.Path(path_type=Path), help="Check with this list of subscribers.")
@click.option("--online", is_flag=True, help="Ask the network too: your domain's records, links, the mail server.")
@click.option("--dns", metavar="HOST:PORT", help="With --online: ask this DNS server instead of the computer's own.")
@click.option("--eml", metavar="FILE", type=click.Path(path_type=Path), help="Check a mail that was received, from its file.")
@click.option("--only", metavar="IDS", multiple=True, help="Only these checks: K03,H01, or a letter for a whole family.")
@click.option("--strict", is_flag=True, help="Exit code 1 for warnings too.")
@click.option("--explain", metavar="ID", help="Say what a check looks for, and where that comes from.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_obj
def command(
    folder: Path,
    issue: str | None,
    to: Path | None,
    online: bool,
    dns: str | None,
    eml: Path | None,
    only: tuple[str, ...],
    strict: bool,
    explain: str | None,
    as_json: bool,
) -> int:
    """Say in plain words what is wrong with ISSUE, or with every issue there is. Exit code 1 if anything stops a send."""
    from newsletter.cli import check_report

    if explain:
        check_report.explain(explain)
        return 0
    if dns and not online:
        raise click.UsageError("--dns goes with --online.")
    rules = _rules(only)
    if eml:
        if issue or to or online:
            raise click.UsageError("--eml checks one file by itself: give no issue, --to or --online with it.")
        return _check_received(eml, rules, strict=strict, as_json=as_json)
    net = _network(dns) if online else None
    return _check_issues(PracticeFolder(folder, to), issue, net, rules, strict=strict, as_json=as_json)


def _rules(only: tuple[str, ...]) -> frozenset[str]:
    """The ids and letters asked for; raises Missing for one that there is not."""
    from newsletter.check.preflight import load_rules
    from newsletter.cli.check_report import not_a_check

    asked = frozenset(word.strip().upper() for words in only for word in words.split(",") if word.strip())
    known = load_rules() if asked else {}
    letters = {rule_id[0] for rule_id in known}
    for word in sorted(asked):
        if word not in known and word not in letters:
            raise not_a_check(word)
    return asked


def _network(dns: str | None) -> Net:
    from newsletter.check.network.real import Network

    return Network.for_people(dns)


def _check_received(path: Path, only: frozenset[str], *, strict: bool, as_json: bool) -> int:
    from newsletter.check.message.received import read_received
    from newsletter.check.preflight import run_received
    from newsletter.cli import check_report

    mail = read_received(path, datetime.now(UTC))
    report = run_received(mail, only)
    if as_json:
        check_report.print_json([(mail.file, report)], called="file")
    else:
        check_report.print_received(mail, report)
    return _exit_code([report], strict=strict)


def _check_issues(
    here: PracticeFolder, named: str | None, net: Net | None, only: frozenset[str], *, strict: bool, as_json: bool
) -> int:
    from newsletter.cli import check_report
    from newsletter.errors import NewsletterError

    reports: list[tuple[Mail, Report]] = []
    unreadable: list[NewsletterError] = []
    for path in _issues(here, named):
        try:
            reports.append(_check(here, path, net, only))
        except NewsletterError as error:
            if named:
                raise
            unreadable.append(error)
    for wrong in unreadable:
        trouble(str(wrong))
    if as_json:
        check_report.print_json([(mail.issue.slug, report) for mail, report in reports])
    else:
        check_report.print_issues(reports, all_readable=not unreadable)
    return 1 if unreadable else _exit_code([report for _, report in reports], strict=strict)


def _issues(here: PracticeFolder, issue: str | None) -> list[Path]:
    """The file of the issue named, or all there are; raises Missing with what to type where there is none."""
    from newsletter.read.issue import all_issues

    here.practice  # noqa: B018  # what is wrong with it is told once, not once an issue
    return all_issues(here.path) if not issue and all_issues(here.path) else [here.issue_path(issue)]


def _check(here: PracticeFolder, path: Path, net: Net | None, only: frozenset[str]) -> tuple[Mail, Report]:
    from newsletter.check.preflight import check_issue
    from newsletter.ledger.keys import keys_for_looking
    from newsletter.ledger.reading import read_record

    mail = here.mail(str(path.resolve()))
    record = read_record(here.path, mail.issue.slug)
    keys = keys_for_looking(here.path)
    return mail, check_issue(mail, here.subscribers_if_any, keys, datetime.now(UTC), record, net, only)


def _exit_code(reports: list[Report], *, strict: bool) -> int:
    from newsletter.check.finding import WARNING

    return int(any(report.errors or (strict and report.only(WARNING)) for report in reports))
