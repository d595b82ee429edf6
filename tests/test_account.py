"""The account that sends: how many days a mailing takes, which logins have ended, and whose mailboxes are whose."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from check_desk import Desk
from trips_account import people, through

from newsletter.check import preflight
from newsletter.check.account.mailboxes import Mailboxes
from newsletter.check.evidence import Evidence
from newsletter.check.finding import Finding, Severity
from newsletter.read.providers import named, names

MAILBOXES = Mailboxes()
LONG_AFTER = datetime(2027, 1, 15, 9, 0, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A practice with nothing wrong in it."""
    return Desk.at(tmp_path / "practice")


def only(rule_id: str, evidence: Evidence) -> Finding:
    """The one finding of a rule."""
    (finding,) = preflight.run(evidence, [rule_id]).findings
    return finding


@pytest.mark.parametrize(
    ("limits", "count", "days"),
    [
        ("per_day: 500", 1196, "3 days"),
        ("per_day: 500", 996, "2 days"),
        ("per_minute: 1", 1496, "2 days"),
        ("per_day: 1", 96, "100 days"),
        ('per_day: 100, hours: ["Mon 9:00-17:00"]', 196, "14 days"),  # from a Tuesday on: the next Monday, and the one after
        ('per_day: 100, hours: ["Mon-Fri 9:00-17:00"]', 496, "7 days"),  # Tuesday to Friday, then the weekend
        ('per_day: 100, hours: ["Tue-Fri 9:00-17:00"]', 396, "4 days"),  # the days without hours behind them do not count
        ('per_minute: 1, hours: ["Mon-Sun 9:00-10:00"]', 116, "2 days"),
    ],
)
def test_the_plan_in_days(desk: Desk, limits: str, count: int, days: str) -> None:
    """A limit a day, a pace a minute and sending hours all count, and the plan says how it is done."""
    desk.in_practice("per_minute: 60, per_day: 2000", limits).in_practice("timezone: America/Denver", "timezone: UTC")
    finding = only("A11", people(desk, count).evidence())
    assert finding.severity is Severity.WARNING
    assert f" {days} " in finding.harm
    assert "newsletter send small-breaks --wait" in finding.fix


def test_microsoft_ends_passwords(desk: Desk) -> None:
    """Before the day the login will fail soon; from the next day on it may fail now. It is a warning both times."""
    through(desk, "provider: microsoft365, username: news@riverbend.example")
    soon, now = only("A08", desk.evidence()), only("A08", desk.evidence(now=LONG_AFTER))
    assert (soon.severity, now.severity) == (Severity.WARNING, Severity.WARNING)
    assert "will soon fail" in soon.harm
    assert "may fail now" in now.harm
    assert soon.source == named("microsoft365").password_source


def test_a_personal_address_at_the_server_of_microsoft_365(desk: Desk) -> None:
    """Whose login it is tells the user name, where one server serves two kinds of accounts."""
    through(desk, "host: smtp.office365.com, username: riverbend@hotmail.com", "riverbend@hotmail.com")
    finding = only("A08", desk.evidence())
    assert finding.severity is Severity.ERROR
    assert "Outlook.com has taken no password" in finding.harm


def test_a_password_is_never_shown(desk: Desk) -> None:
    """Not in the finding about it, and not where the evidence is printed."""
    evidence = replace(through(desk, "provider: gmail, username: news@riverbend.example").evidence(), password="hunter2")
    finding = only("A09", evidence)
    assert "hunter2" not in repr(finding) + repr(evidence)


def test_free_accounts_weigh_more_where_the_list_is_of_patients(desk: Desk) -> None:
    """Without patients it is a warning with the limit a day; with them an error that names the missing agreement."""
    through(desk, "provider: gmail, username: riverbend@gmail.com", "riverbend@gmail.com")
    patients = only("A02", desk.evidence())
    neighbors = only("A02", desk.in_practice("patients: yes", "patients: no").evidence())
    assert (patients.severity, neighbors.severity) == (Severity.ERROR, Severity.WARNING)
    assert "HIPAA" in patients.harm
    assert "500 mails a day" in neighbors.harm


def test_five_thousand_at_gmail_count_only_if_they_go_out_in_a_day(desk: Desk) -> None:
    """A list of 5,000 mailboxes at Gmail that is mailed in several days stays under Gmail's line."""
    desk.in_practice(', url: "https://riverbend.example/u/{token}"}', "}")
    evidence = people(desk, 5000, "gmail.com").evidence()
    assert evidence.survey.at_gmail == 5000
    assert only("U08", evidence).severity is Severity.ADVICE


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        *(("gmail.com", "smtp.gmail.com"), ("yahoo.co.uk", "smtp.mail.yahoo.com"), ("aol.com", "smtp.aol.com")),
        *(("me.com", "smtp.mail.me.com"), ("msn.com", "SMTP-mail.outlook.com."), ("att.net", "smtp.mail.att.net")),
        *(("charter.net", "mobile.charter.net"), ("web.de", "smtp.web.de")),
    ],
)
def test_each_mailbox_has_its_servers(domain: str, host: str) -> None:
    """What a provider tells its own people to use is no forgery, and a name that only contains it is one."""
    mailbox = MAILBOXES.of(domain)
    assert mailbox
    assert mailbox.sends_through(host)
    assert not mailbox.sends_through(f"{host.rstrip('.')}.riverbend.example")
    assert not mailbox.sends_through("smtp.riverbend.example")


def test_mailboxes_name_providers_that_there_are() -> None:
    """The two files of facts fit each other."""
    said = {mailbox.provider for domain in MAILBOXES.large if (mailbox := MAILBOXES.of(domain))} - {""}
    assert {"gmail", "yahoo", "aol", "icloud", "outlook"} <= said <= set(names())


@pytest.mark.parametrize("name", names())
def test_facts_of_providers_are_whole(name: str) -> None:
    """A fact that hangs on a day or on a contract says where it was read."""
    known = named(name)
    assert {known.dkim_lists, known.adds_unsubscribe, known.baa} <= {"yes", "no", "unknown"}
    assert bool(known.password_ended or known.password_ends) == bool(known.password_source)
    assert (known.baa != "unknown") == known.baa_source.startswith("https://")
    for day in (known.password_ended, known.password_ends):
        assert day is None or datetime.fromisoformat(day)
