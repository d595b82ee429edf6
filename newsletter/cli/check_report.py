"""What `newsletter check` prints: findings in groups, the most harmful first, and the explanation of a check."""

from __future__ import annotations

from collections.abc import Iterable

import click

from newsletter.check.evidence import Received
from newsletter.check.finding import ADVICE, ERROR, WARNING, Finding, Report, Severity
from newsletter.check.message.authentication import receiver
from newsletter.check.message.foreign import no_newsletter
from newsletter.check.preflight import GMAIL, GMAIL_OF_LISTS, load_rules
from newsletter.check.registry import Rule
from newsletter.cli.terminal import as_json, counted, facts, say, typed, wrapped
from newsletter.compose.mail import Mail
from newsletter.errors import Missing, did_you_mean

_INDENT = " " * 7
_HEADINGS = {ERROR: ("Stops the send", "red"), WARNING: ("Probably does harm", "yellow"), ADVICE: ("Good to know", "cyan")}
_SIGNS_OF_FRAUD = frozenset(("A05", "A06", "A14", "H11"))  # a false sender; a link that says another place; a form
_NEEDS = {"online": "the network (add --online)", "words": "a letter in English", "tool": "SpamAssassin (not installed)"}


def print_json(reports: list[tuple[str, Report]], called: str = "issue") -> None:
    """One object an issue, or for the mail's `file`; a list of them where several issues were checked."""
    said = [
        {called: name, "findings": [finding.as_json() for finding in report.findings], "passed": report.passed}
        for name, report in reports
    ]
    as_json(said[0] if len(said) == 1 else said)


def print_issues(reports: list[tuple[Mail, Report]], *, all_readable: bool) -> None:
    """Every report, with what several issues share (the list, the practice) told once; the last line is the next step."""
    told: set[Finding] = set()
    for mail, report in reports:
        say(f"{mail.issue.text.title}  ({mail.issue.document.path})")
        _print_findings(finding for finding in report.findings if finding not in told)
        if again := sum(finding in told for finding in report.findings):
            say(f"\n  and {counted(again, 'finding that is told above', 'findings that are told above')}")
        told.update(report.findings)
        say()
        say(wrapped(_summary(report)))
        _print_left_open(report)
        say()
    say(_next_step(reports, all_readable=all_readable))


def print_received(mail: Received, report: Report) -> None:
    """A received mail's report, and what the large mailbox providers would say of it."""
    sample = mail.samples[0]
    say(f"{sample.subject or '(no subject)'}  ({mail.file})")
    say(f"from {', '.join(header.spoken for header in sample.named('From')) or 'nobody'}")
    _print_findings(report.findings, worst="Serious")
    say()
    say(wrapped(_summary(report, "in this mail")))
    _print_left_open(report)
    if left := report.skipped.get("newsletter"):
        say(wrapped(f"Not run: {counted(left, 'check')} for newsletters, which this mail is not: {no_newsletter(sample)}."))
    if len(_SIGNS_OF_FRAUD & {finding.id for finding in report.findings if finding.severity < ADVICE}) > 1:
        say(wrapped("Be careful: mails that steal passwords look like this one. Click nothing in it, and do not answer."))
    say(wrapped(_verdict(report, taken=receiver(sample) == "google.com")))


def explain(rule_id: str) -> None:
    """What a check looks for, how bad a breach is, and where that comes from; `all` lists what every check wants.

    Raises Missing for an id that there is not.
    """
    rules = load_rules()
    if rule_id.lower() == "all":
        facts((rule.id, rule.wants) for rule in sorted(rules.values(), key=lambda rule: rule.id))
        return
    rule = rules.get(rule_id.upper())
    if rule is None:
        raise not_a_check(rule_id)
    say(wrapped(f"{rule.id}  {rule.wants}"))
    rows = [("in detail", rule.about), ("how bad", _how_bad(rule)), ("source", rule.source), ("as of", rule.as_of)]
    if rule.needs:
        rows.append(("needs", _NEEDS[rule.needs]))
    facts(rows)
    lines = list(rule.details()) if rule.details else []
    if lines:
        say("  goes by")
    for line in lines:
        say(wrapped(f"- {line}", "    "))


def not_a_check(word: str) -> Missing:
    """What to raise for an id that no check has, with the closest one or the command that lists them all."""
    close = did_you_mean(word.upper(), load_rules())
    listing = f"List them with: {typed('check', '--explain', 'all')}"
    return Missing(f'There is no check called "{word}".', close if close.startswith("Did") else listing)


def _how_bad(rule: Rule) -> str:
    said = " or ".join(level.word for level in sorted(rule.levels))
    if ERROR in rule.levels and rule.protects:
        whom = "it protects people's privacy" if rule.protects == "people" else "the law asks for it"
        return f"{said}; an error of this kind cannot be accepted: {whom}"
    return said


def _print_findings(findings: Iterable[Finding], worst: str = "") -> None:
    """In groups: what stops a send (or what else the `worst` ones are), what does harm, what is good to know or accepted."""
    listed = list(findings)
    for severity in Severity:
        heading, color = _HEADINGS[severity]
        heading = worst or heading if severity is ERROR else heading
        _print_group(click.style(heading, fg=color, bold=True), [f for f in listed if f.severity is severity and not f.accepted])
    _print_group("Accepted in the issue", [finding for finding in listed if finding.accepted])


def _print_group(heading: str, findings: list[Finding]) -> None:
    if findings:
        say(f"\n{heading}")
    for finding in findings:
        say(f"  {finding.id}  {finding.place}")
        say(wrapped(finding.harm, _INDENT))
        say(wrapped(f"Accepted: {finding.accepted}" if finding.accepted else finding.fix, _INDENT))


def _summary(report: Report, goal: str = "") -> str:
    passed = f"{counted(report.passed, 'check')} passed."
    found = [(severity, len(report.only(severity))) for severity in Severity]
    counts = ", ".join(
        counted(number, severity.word, "advice" if severity is ADVICE else "") for severity, number in found if number
    )
    counts += f"{', ' if counts else ''}{len(report.accepted)} accepted" if report.accepted else ""
    if goal:
        return f"{passed} {f'{counts} {goal}' if counts else 'Nothing is wrong'}."
    if report.errors:
        return f"{passed} {counts}: nothing can be sent until the errors are gone."
    return f"{passed} {counts}: none of it stops a send." if counts else f"{passed} Nothing is wrong."


def _print_left_open(report: Report) -> None:
    """What was not checked, and what is accepted without need."""
    if report.skipped.keys() & _NEEDS.keys():
        counts = [(report.skipped[needs], what) for needs, what in _NEEDS.items() if needs in report.skipped]
        left = ", ".join(f"{number} that {'needs' if number == 1 else 'need'} {what}" for number, what in counts)
        say(wrapped(f"Not run: {left}."))
    if report.idle:
        say(wrapped(f"`accept` names {', '.join(report.idle)}, which found nothing: the line can go."))


def _verdict(report: Report, *, taken: bool) -> str:
    """What Gmail would say of the rules that it has for senders; `taken`: it is Gmail that has let this mail in."""
    worst = {finding.id: finding.severity for finding in reversed(report.findings)}
    errors = sorted(rule_id for rule_id in worst.keys() & GMAIL if worst[rule_id] is ERROR)
    others = sorted(rule_id for rule_id in worst.keys() & (GMAIL | GMAIL_OF_LISTS) if worst[rule_id] is not ADVICE)
    if errors and taken:
        return f"Gmail took this mail in, perhaps as spam, and may refuse the next: {', '.join(errors)}."
    if errors:
        return f"Gmail would probably refuse it or treat it as spam: {', '.join(errors)}."
    if others:
        return f"Gmail {'took it, but trusts' if taken else 'would take it, but trust'} its sender less: {', '.join(others)}."
    return "Nothing in it breaks what Gmail asks of senders."


def _next_step(reports: list[tuple[Mail, Report]], *, all_readable: bool) -> str:
    slugs = [mail.issue.slug for mail, _ in reports]
    one = slugs[0] if len(slugs) == 1 and all_readable else None
    if not all_readable or any(report.errors for _, report in reports):
        return f"Next: correct what is marked, then {typed('check', one)}"
    return f"Next: {typed('preview', one)}"
