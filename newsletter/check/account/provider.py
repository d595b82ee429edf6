"""The account that sends: whose address it is, how it logs in, and whether it may send so many."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from newsletter.check.account.country import in_the_us
from newsletter.check.account.mailboxes import Mailbox, Mailboxes
from newsletter.check.evidence import PASSWORD_VARIABLE, Evidence
from newsletter.check.finding import ADVICE, ERROR, WARNING, Finding, advice, error, warning
from newsletter.check.registry import details, rule
from newsletter.read.providers import LOOPBACK, Provider, Server, named, names, server
from newsletter.read.sending_hours import opening_days

_BULK = 5_000  # mails a day to Gmail
_GMAIL = "https://support.google.com/mail/answer/81126"
_OWN_DOMAIN = "Send from an address at a domain of your own, as news@your-practice.com, through its own mail server."
_WEEK = 7


def _server(evidence: Evidence) -> Server:
    return server(evidence.practice.text.smtp)


def _provider(evidence: Evidence) -> Provider | None:
    name = _server(evidence).provider
    return named(name) if name else None


def _free_mailbox(evidence: Evidence, address: str) -> tuple[str, Mailbox] | None:
    """The domain of an address and whose mailboxes it has, where anybody can have one there."""
    domain = address.rpartition("@")[2].lower()
    mailbox = Mailboxes(evidence.practice.folder).of(domain)
    return (domain, mailbox) if mailbox else None


@rule("A01", "a sender's address that the mail server may send for", ERROR, WARNING, source=_GMAIL)
def server_of_the_address(evidence: Evidence) -> Iterator[Finding]:
    """An address at Gmail, Yahoo, AOL, iCloud, Outlook.com and the like goes out through that provider's own server.

    A server on this computer may pass the mail on to it, so nothing is said of one.
    """
    used, found = _server(evidence), _free_mailbox(evidence, evidence.practice.text.sender.email)
    if not found or used.host in LOOPBACK or found[1].sends_through(used.host):
        return
    domain, mailbox = found
    end = "refuse the letter" if mailbox.policy == "reject" else "put the letter into spam"
    harm = f"Your letter says that it comes from {domain}, but {used.host} sends it. Mailboxes take that for a forgery and {end}."
    say = error if mailbox.provider else warning
    fix = f"{_OWN_DOMAIN} Or set `smtp` to the mail server of {mailbox.name}."
    yield say(evidence.key_place("sender", "email"), harm, fix, mailbox.source)


@rule(
    "A02",
    "an account of the practice's own domain",
    ERROR,
    WARNING,
    source="45 CFR 164.502(e) and 164.504(e): https://www.ecfr.gov/current/title-45/section-164.504",
    protects="people",
)
def own_account(evidence: Evidence) -> Iterator[Finding]:
    """The letter does not go out through a free mailbox that anybody can have; with a list of patients that is an error."""
    smtp, used = evidence.practice.text.smtp, _server(evidence)
    addresses = {"sender": evidence.practice.text.sender.email, "smtp": smtp.username or ""}
    for section, key in (("sender", "email"), ("smtp", "username")):
        found = _free_mailbox(evidence, addresses[section])
        if found and found[1].sends_through(used.host):
            yield _free_account(evidence, evidence.key_place(section, key), *found)
            return


def _free_account(evidence: Evidence, place: str, domain: str, mailbox: Mailbox) -> Finding:
    known = named(mailbox.provider) if mailbox.provider in names() else None
    if evidence.practice.text.subscribers.patients and not (known and known.baa == "yes"):
        us = in_the_us(evidence.practice)
        signs = "signs no agreement" if known and known.baa == "no" else "is not known to sign any agreement"
        harm = (
            f"Your patients' addresses would go through a personal {domain} account. {mailbox.name} {signs} about patients' data"
            f" for it, and {'HIPAA' if us else 'the law on health data'} wants one from whoever carries them."
        )
        sign = "Ask its provider for a BAA (business associate agreement)." if us else "Ask its provider for such a contract."
        return error(place, harm, f"{_OWN_DOMAIN} {sign}", known.baa_source if known else "")
    cap = f" sends at most {known.per_day:,} mails a day and" if known and known.per_day else ""
    harm = f"A personal {domain} account{cap} shows readers an address that anybody could have made. More of it goes into spam."
    return warning(place, harm, _OWN_DOMAIN, mailbox.source)


@rule("A08", "a way to log in that the provider still takes", ERROR, WARNING, source="the provider's announcement")
def login_not_ended(evidence: Evidence) -> Iterator[Finding]:
    """No password where the provider has ended logins with one; a warning where it is about to."""
    used = _server(evidence)
    if used.username is None or used.auth != "password":
        return
    found = _free_mailbox(evidence, used.username)
    whose = named(found[1].provider) if found and found[1].provider in names() and found[1].sends_through(used.host) else None
    known = whose if whose and whose.password_ended else _provider(evidence)
    if known is None:
        return
    place = evidence.key_place("smtp", "auth")
    if known.password_ended:
        harm = f"{known.title} has taken no password from programs since {known.password_ended}: the login will fail."
        fix = "Under `smtp` write `auth: xoauth2` and a `token_command:`, or send through another provider."
        yield error(place, f"{harm} {known.password_note}".strip(), fix, known.password_source)
    elif known.password_ends:
        over = evidence.now.date() > date.fromisoformat(known.password_ends)
        when = "may fail now" if over else "will soon fail"
        harm = f"Logging in to {known.title} with a password {when}. {known.password_note}"
        fix = "Ask whoever looks after your account about `auth: xoauth2` (an access token), or send through another provider."
        yield warning(place, harm, fix, known.password_source)


@rule("A09", "an app password where the provider wants one", WARNING, source="https://support.google.com/accounts/answer/185833")
def app_password(evidence: Evidence) -> Iterator[Finding]:
    """The password in the environment looks like the app passwords of the provider, not like one that a person chose."""
    known, used = _provider(evidence), _server(evidence)
    if not (known and known.app_password and evidence.password and used.username and used.auth == "password"):
        return
    if not re.fullmatch(known.app_password, re.sub(r"[\s-]", "", evidence.password), re.IGNORECASE):
        harm = (
            f"{known.title} takes an app password, and the one in {PASSWORD_VARIABLE} does not look like one (16 letters)."
            " The login would be refused."
        )
        fix = "Make an app password in the settings of that account (two-step sign-in must be on), and use it instead."
        yield warning(evidence.key_place("smtp", "username"), harm, fix, known.source)


@rule("A11", "a list that the account may send to in a day", ERROR, WARNING, ADVICE, source="the provider's published limits")
def within_the_limits(evidence: Evidence) -> Iterator[Finding]:
    """How many days a mailing takes under the account's limits, and no limit above the one that the provider publishes."""
    used, known = _server(evidence), _provider(evidence)
    count = max(0, evidence.survey.to_mail - evidence.record.sent - evidence.record.uncertain)
    place = evidence.key_place("smtp", "per_day")
    days = _days(count, used, evidence.now.astimezone(ZoneInfo(evidence.practice.text.timezone)))
    beyond = list(_against_published(evidence, known, count)) if known and known.per_day else []
    if beyond:
        yield from beyond
    elif days > 1:
        harm = f"{count:,} mails take {days:,} days under the limits of this account ({_pace(used)})."
        fix = f"Nothing is lost: run newsletter send {evidence.issue.slug} --wait once, or the same without --wait each day."
        yield warning(place, harm, fix, known.source if known else "")
    elif used.per_day and 2 * count > used.per_day:
        harm = (
            f"This mailing takes {count:,} of the {used.per_day:,} mails a day that the account may send. Your other mail counts."
        )
        yield advice(place, harm, "Nothing to do, if little else is sent that day.", known.source if known else "")


def _against_published(evidence: Evidence, known: Provider, count: int) -> Iterator[Finding]:
    """What to say where practice.yaml has a limit of its own, or none, and the provider publishes one."""
    smtp, cap = evidence.practice.text.smtp, known.per_day or 0
    whose = f" for {known.caps_of}" if known.caps_of else ""
    published = f"{known.title} publishes {cap:,} mails a day{whose} (as of {known.as_of})"
    certain = smtp.provider or not known.caps_of
    if count > cap and certain and (smtp.per_day or 0) > cap:
        harm = f"{published}, and `per_day` lets {min(count, smtp.per_day or 0):,} go out: the account may be locked half-way."
        fix = f"Delete `per_day`, or set it to {cap}: the mailing then takes {-(-count // cap)} days by itself."
        yield error(evidence.key_place("smtp", "per_day"), harm, fix, known.source)
    elif count > cap and smtp.per_day is None and not certain:
        harm = f"{published}; {count:,} mails are more, and practice.yaml does not say what your account may send."
        fix = f"Under `smtp` write `per_day: {cap}`, or the number that your account may send."
        yield warning(evidence.key_place("smtp", "host"), harm, fix, known.source)


def _pace(used: Server) -> str:
    said = [f"{used.per_day:,} a day"] if used.per_day else []
    said += [f"{used.per_minute:,} a minute"] if used.per_minute else []
    said += [", ".join(map(str, used.hours))] if used.hours else []
    return "; ".join(said)


def _days(count: int, used: Server, now: datetime) -> int:
    """In how many days, counted from now, the last mail goes out: 1 where nothing holds it up."""
    hours = islice(opening_days(used.hours, now), _WEEK) if used.hours else [((timedelta(), timedelta(days=1)),)] * _WEEK
    minutes = [sum((closed - opened for opened, closed in day), timedelta()) / timedelta(minutes=1) for day in hours]
    most, pace = used.per_day or float("inf"), used.per_minute or float("inf")
    week = [min(most, pace * open_for) if open_for else 0 for open_for in minutes]
    a_week = sum(week)
    if not count or not a_week or a_week == float("inf"):
        return 1
    weeks, left = divmod(count - 1, a_week)
    days = next(day for day in range(1, _WEEK + 1) if sum(week[:day]) > left)
    return int(weeks) * _WEEK + days


@rule("U08", "an unsubscribe page besides the unsubscribe mailbox", ERROR, ADVICE, source=_GMAIL)
def page_for_unsubscribing(evidence: Evidence) -> Iterator[Finding]:
    """One-click unsubscribing needs a web page; Gmail asks for it from 5,000 mails a day to its mailboxes."""
    known = _provider(evidence)
    if evidence.practice.text.unsubscribe.url or (known and known.adds_unsubscribe == "yes"):
        return
    place, used = evidence.key_place("unsubscribe"), _server(evidence)
    fix = "Under `unsubscribe` add `url: https://your-domain/u/{token}`, a page that takes opt-outs."
    most = min(evidence.survey.at_gmail, used.per_day or evidence.survey.at_gmail)
    if most >= _BULK:
        harm = f"{most:,} mails a day would go to Gmail. From {_BULK:,} on it wants unsubscribing with one click, not by mail."
        yield error(place, harm, fix)
    else:
        harm = "Readers can unsubscribe by mail only. That is less than the one click that Gmail asks of large senders."
        yield advice(place, harm, fix)


@details("A08")
def ended_logins() -> Iterator[str]:
    """A line for each provider that has ended logins with a password, or will."""
    for known in map(named, names()):
        if known.password_ended:
            yield f"{known.title}: no password since {known.password_ended} ({known.password_source})"
        elif known.password_ends:
            yield f"{known.title}: {known.password_ends}. {known.password_note} ({known.password_source})"


@details("A11")
def published_limits() -> Iterator[str]:
    """A line for each limit that a provider publishes."""
    for known in map(named, names()):
        if known.per_day or known.per_minute:
            caps = [f"{known.per_day:,} a day"] * bool(known.per_day) + [f"{known.per_minute} a minute"] * bool(known.per_minute)
            whose = f" for {known.caps_of}" if known.caps_of else ""
            yield f"{known.title}: {', '.join(caps)}{whose} ({known.source}, {known.as_of})"


@details("A02")
def agreements() -> Iterator[str]:
    """A line for each provider of which it is known whether it signs a BAA."""
    for known in map(named, names()):
        if known.baa in ("yes", "no"):
            yield f"{known.title}: {'signs a BAA on request' if known.baa == 'yes' else 'signs no BAA'} ({known.baa_source})"
