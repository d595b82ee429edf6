"""Holds what a mail server is used with: practice.yaml first, then what its provider publishes."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from pydantic import ValidationError
from samples import change, practice_of

from newsletter.cli.schema import schemas
from newsletter.read.providers import Server, Smtp, named, names, recognised, server
from newsletter.read.sending_hours import Window

PRESETS = (
    *("gmail", "workspace", "microsoft365", "outlook", "ses", "postmark", "sendgrid", "mailgun", "brevo", "mailjet", "resend"),
    *("fastmail", "zoho", "icloud", "yahoo", "aol"),
)


def used(**said: object) -> Server:
    """The server for these keys below `smtp`, with a user name."""
    return server(Smtp.model_validate({"username": "news@riverbend.example", **said}))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"host": "a.example"}, (587, "starttls")),
        ({"host": "a.example", "port": "465"}, (465, "tls")),
        ({"host": "a.example", "security": "tls"}, (465, "tls")),
        ({"host": "a.example", "port": "2525"}, (2525, "starttls")),
        ({"provider": "gmail"}, (587, "starttls")),
        ({"provider": "gmail", "port": "465"}, (465, "tls")),
        ({"provider": "fastmail"}, (465, "tls")),
        ({"provider": "fastmail", "security": "starttls"}, (587, "starttls")),
        ({"provider": "fastmail", "port": "587"}, (587, "starttls")),
        ({"provider": "mailgun", "host": "relay.example"}, (587, "starttls")),
    ],
)
def test_port_and_security_always_fit_each_other(said: dict[str, str], expected: tuple[int, str]) -> None:
    """TLS from the first byte is port 465, STARTTLS 587, whichever of the two is said, and by whom."""
    known = used(**said)
    assert (known.port, known.security) == expected


def test_these_providers_are_known() -> None:
    """A preset that a practice uses does not vanish."""
    assert tuple(names()) == PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_every_provider_can_be_used(name: str) -> None:
    """Each provider's facts make a server, with the way to log in and where they were read; one without a host asks for it."""
    host = {"host": "email-smtp.us-east-1.amazonaws.com"} if name == "ses" else {}
    known = used(provider=name, **host)
    assert known.host
    assert (known.port, known.security) in ((587, "starttls"), (465, "tls"))
    assert known.provider == name
    facts = named(name)
    assert datetime.date.fromisoformat(facts.as_of) <= datetime.datetime.now(datetime.UTC).date()
    assert facts.source.startswith("https://")
    assert facts.username
    assert facts.login
    assert "practice.yaml" in facts.refused
    assert set(facts.auth) <= {"password", "xoauth2"}


@pytest.mark.parametrize("name", PRESETS)
def test_a_provider_without_user_name_says_which_one_to_write(name: str) -> None:
    """Nobody finds out at the login that a user name was missing."""
    host = {"host": "email-smtp.us-east-1.amazonaws.com"} if name == "ses" else {}
    with pytest.raises(ValidationError) as refused:
        Smtp.model_validate({"provider": name, **host})
    assert named(name).username in str(refused.value)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("smtp.gmail.com", "gmail"),
        ("SMTP.Gmail.com.", "gmail"),
        ("smtp.office365.com", "microsoft365"),
        ("email-smtp.eu-west-1.amazonaws.com", "ses"),
        ("smtp.postmarkapp.com", "postmark"),
        ("smtp.eu.mailgun.org", "mailgun"),
        ("smtppro.zoho.eu", "zoho"),
        ("smtp-relay.gmail.com", None),  # it takes mail without a login too
        ("smtp.riverbend.example", None),
        ("notsmtp.gmail.com", None),
        ("smtp.gmail.com.riverbend.example", None),
    ],
)
def test_a_provider_is_known_by_its_host(host: str, name: str | None) -> None:
    """Whoever writes only the host gets the same advice."""
    assert recognised(host) == name
    assert used(host=host).provider == name


@pytest.mark.parametrize(
    ("said", "limits"),
    [
        ({"provider": "gmail"}, (None, 500)),
        ({"provider": "workspace"}, (None, 2000)),
        ({"provider": "microsoft365"}, (30, 10_000)),
        ({"provider": "microsoft365", "per_minute": "20", "per_day": "400"}, (20, 400)),
        ({"provider": "gmail", "per_day": "2000"}, (None, 2000)),
        ({"host": "smtp.office365.com"}, (30, 10_000)),
        ({"host": "smtp.gmail.com"}, (None, None)),  # it serves two kinds of accounts
        ({"host": "smtp-relay.brevo.com"}, (None, None)),  # 300 a day are for one plan
        ({"host": "smtp.riverbend.example"}, (None, None)),
        ({"provider": "resend"}, (None, None)),
    ],
)
def test_published_limits_hold_where_practice_yaml_says_nothing(
    said: dict[str, str], limits: tuple[int | None, int | None]
) -> None:
    """The practice's own figures outrank published ones, and no limit is made up for an account that we cannot know."""
    known = used(**said)
    assert (known.per_minute, known.per_day) == limits


@pytest.mark.parametrize(
    ("said", "connections"),
    [({}, 1), ({"connections": "3"}, 3), ({"connections": "5"}, 5)],
)
def test_connections_are_one_unless_practice_yaml_says_more(said: dict[str, str], connections: int) -> None:
    """Nobody opens more connections than they asked for; who asks for more than is published gets them."""
    assert named("microsoft365").connections == 3
    assert used(provider="microsoft365", **said).connections == connections


@pytest.mark.parametrize(
    ("said", "auth"),
    [
        ({"provider": "gmail"}, "password"),
        ({"provider": "gmail", "auth": "password"}, "password"),
        ({"provider": "gmail", "auth": "xoauth2"}, "xoauth2"),
        ({"provider": "gmail", "token_command": "oama access news@riverbend.example"}, "xoauth2"),
        ({"host": "smtp.riverbend.example", "auth": "xoauth2", "token_command": "get-token"}, "xoauth2"),
    ],
)
def test_a_command_for_a_token_means_a_login_with_one(said: dict[str, str], auth: str) -> None:
    """A practice that says how to get a token need not say that it logs in with it."""
    known = used(**said)
    assert known.auth == auth
    assert known.token_command == said.get("token_command")


def test_hours_are_read_from_practice_yaml(practice_folder: Path) -> None:
    """Sending hours are written like the practice's own, and reach the server that is used."""
    folder = change(practice_folder, "port: 587", 'port: 587, hours: ["Mon–Fri 9:00–17:00", "Sat 9:00-12:00"]')  # noqa: RUF001
    known = server(practice_of(folder).text.smtp)
    assert known.hours == (Window(frozenset(range(5)), 540, 1020), Window(frozenset([5]), 540, 720))


def test_the_schema_shows_the_new_keys() -> None:
    """An editor completes the keys, and knows hours as a list of texts."""
    keys = schemas()["practice.schema.json"]["$defs"]["Smtp"]["properties"]
    assert {"auth", "token_command", "hours"} <= set(keys)
    assert keys["hours"]["items"] == {"type": "string"}
