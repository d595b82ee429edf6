"""`newsletter check`: what is wrong with an issue, most harmful first, and what to do next."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.practice_folder import PracticeFolder
from newsletter.cli.terminal import as_json as print_json
from newsletter.cli.terminal import counted, say, trouble, typed, wrapped

if TYPE_CHECKING:
    from newsletter.check.finding import Finding, Report
    from newsletter.compose.mail import Mail

_INDENT = " " * 11
_COLORS = {"error": "red", "warning": "yellow", "advice": "cyan"}


@click.command("check")
@click.argument("issue", required=False)
@click.option("--to", "to", metavar="CSV", type=click.Path(path_type=Path), help="Check with this list of subscribers.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_obj
def command(folder: Path, issue: str | None, to: Path | None, as_json: bool) -> int:
    """Say in plain words what is wrong with ISSUE, or with every issue there is. Exit code 1 if anything stops a send."""
    from newsletter.errors import NewsletterError

    here = PracticeFolder(folder, to)
    reports: list[tuple[Mail, Report]] = []
    unreadable: list[NewsletterError] = []
    for path in _issues(here, issue):
        try:
            reports.append(_check(here, path))
        except NewsletterError as error:
            if issue:
                raise
            unreadable.append(error)
    for wrong in unreadable:
        trouble(str(wrong))
    if as_json:
        print_json(_said(reports))
    else:
        _print(reports, all_readable=not unreadable)
    return 1 if unreadable or any(report.errors for _, report in reports) else 0


def _issues(here: PracticeFolder, issue: str | None) -> list[Path]:
    """The file of the issue named, or all there are; raises Missing with what to type where there is none."""
    from newsletter.read.issue import all_issues

    here.practice  # noqa: B018  # what is wrong with it is told once, not once an issue
    return all_issues(here.path) if not issue and all_issues(here.path) else [here.issue_path(issue)]


def _check(here: PracticeFolder, path: Path) -> tuple[Mail, Report]:
    from newsletter.check.preflight import check_issue
    from newsletter.ledger.keys import key_for_looking
    from newsletter.ledger.reading import read_record

    mail = here.mail(str(path.resolve()))
    record = read_record(here.path, mail.issue.slug)
    return mail, check_issue(mail, here.subscribers_if_any, key_for_looking(here.path), datetime.now(UTC), record)


def _said(reports: list[tuple[Mail, Report]]) -> object:
    """One object an issue; a list of them where several issues were checked."""
    said = [
        {"issue": mail.issue.slug, "findings": [finding.as_json() for finding in report.findings], "passed": report.passed}
        for mail, report in reports
    ]
    return said[0] if len(said) == 1 else said


def _print(reports: list[tuple[Mail, Report]], *, all_readable: bool) -> None:
    """Every report, with what several issues share (the list, the practice) told once; the last line is the next step."""
    told: set[Finding] = set()
    for mail, report in reports:
        say(f"{mail.issue.text.title}  ({mail.issue.document.path})")
        again = [finding for finding in report.findings if finding in told]
        for finding in report.findings:
            if finding not in told:
                _print_finding(finding)
        if again:
            say(f"  and {counted(len(again), 'finding that is told above', 'findings that are told above')}")
        told.update(report.findings)
        say(wrapped(_summary(report)))
        say()
    say(_next_step(reports, all_readable=all_readable))


def _print_finding(finding: Finding) -> None:
    word = finding.severity.word
    say("  " + click.style(f"{word.upper():<8}", fg=_COLORS[word]) + f" {finding.id:<4} {finding.place}")
    say(wrapped(finding.harm, _INDENT))
    say(wrapped(finding.fix, _INDENT))


def _summary(report: Report) -> str:
    from newsletter.check.finding import Severity

    passed = f"{counted(report.passed, 'check')} passed."
    found = [(severity, len(report.only(severity))) for severity in Severity]
    counts = ", ".join(
        counted(number, severity.word, "advice" if severity is Severity.ADVICE else "") for severity, number in found if number
    )
    if report.errors:
        return f"{passed} {counts}: nothing can be sent until the errors are gone."
    return f"{passed} {counts}: none of it stops a send." if counts else f"{passed} Nothing is wrong."


def _next_step(reports: list[tuple[Mail, Report]], *, all_readable: bool) -> str:
    slugs = [mail.issue.slug for mail, _ in reports]
    one = slugs[0] if len(slugs) == 1 and all_readable else None
    if not all_readable or any(report.errors for _, report in reports):
        return f"Next: correct what is marked, then {typed('check', one)}"
    return f"Next: {typed('preview', one)}"
