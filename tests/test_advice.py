"""Holds what people are told when the mail server says no to their account: whose words, what they mean, what to do."""

from __future__ import annotations

import dataclasses

import pytest

from newsletter.read.providers import names
from newsletter.send.account import Account
from newsletter.send.advice import about_account, about_wrong_port
from newsletter.send.replies import Phase, Reply

PLAIN = Account("smtp.riverbend.example", 587, "starttls", "news@riverbend.example", "hunter22")


def at(provider: str | None, **said: object) -> Account:
    """The account at a provider."""
    return dataclasses.replace(PLAIN, provider=provider, **said)  # type: ignore[arg-type]


def reply_of(text: str) -> Reply:
    """`535 5.7.8 no`."""
    return Reply(int(text[:3]), text[4:])


@pytest.mark.parametrize(
    ("provider", "reply", "happened", "remedy"),
    [
        ("gmail", "534 5.7.9 Application-specific password required.", "Gmail", "https://myaccount.google.com/apppasswords"),
        ("gmail", "535 5.7.8 Username and Password not accepted.", "user name and password", "2-Step Verification"),
        ("workspace", "535 5.7.8 Username and Password not accepted.", "Google Workspace", "administrator"),
        ("microsoft365", "535 5.7.3 Authentication unsuccessful", "Microsoft 365", "Manage email apps"),
        (
            "microsoft365",
            "550 5.7.30 Basic authentication is not supported for Client Submission.",
            "no longer takes a password",
            "auth: xoauth2",
        ),
        (
            "microsoft365",
            "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
            "no longer takes a password",
            "administrator",
        ),
        (
            "microsoft365",
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit "
            "https://aka.ms/smtp_auth_disabled for more information.",
            "switched off",
            "Authenticated SMTP",
        ),
        (
            "microsoft365",
            "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy.",
            "sign-in rule",
            "conditional access",
        ),
        ("ses", "535 Authentication Credentials Invalid", "Amazon SES", "not your AWS access keys"),
        ("postmark", "535 5.7.8 Error: authentication failed", "Postmark", "Access Key"),
        ("sendgrid", "535 Authentication failed: Bad username / password", "SendGrid", "the word apikey itself"),
        ("mailgun", "535 Authentication failed", "Mailgun", "smtp.eu.mailgun.org"),
        ("brevo", "535 5.7.8 Authentication failed", "Brevo", "SMTP key"),
        ("mailjet", "535 5.7.8 Error: authentication failed", "Mailjet", "secret key"),
        ("resend", "535 Authentication credentials invalid", "Resend", "the word resend itself"),
        ("fastmail", "535 5.7.0 Incorrect username or password.", "Fastmail", "Privacy & Security"),
        ("zoho", "535 Authentication Failed", "Zoho Mail", "smtppro.zoho.com"),
        ("icloud", "535 5.7.8 Error: authentication failed: authentication failure", "iCloud Mail", "https://account.apple.com"),
        ("yahoo", "535 5.7.0 (#AUTH005) Too many bad auth attempts.", "Yahoo Mail", "app password"),
        (None, "535 5.7.8 no", "The mail server did not accept", "app password"),
    ],
)
def test_a_refused_login_says_what_to_do_at_this_provider(provider: str | None, reply: str, happened: str, remedy: str) -> None:
    """Whoever reads it learns who said no, in which words, and the next click; nobody fears that subscribers were lost."""
    said, then = about_account(at(provider), Phase.AUTH, reply_of(reply))
    assert happened in said
    assert reply in said
    assert remedy in then
    assert "Nobody was left out" in then
    assert "hunter22" not in said + then


@pytest.mark.parametrize("provider", names())
def test_every_provider_has_advice_of_its_own(provider: str) -> None:
    """No provider is known whose login we cannot explain."""
    usual = about_account(at(None), Phase.AUTH, Reply(535, "no"))
    said, then = about_account(at(provider), Phase.AUTH, Reply(535, "no"))
    assert then != usual[1]
    assert not said.startswith("The mail server")
    assert "practice.yaml" in then


def test_a_refused_token_is_to_be_renewed() -> None:
    """A login with an access token gets no advice about passwords, but where a new token comes from."""
    account = at("gmail", password=None, token=lambda fresh: "ya29.secret")
    said, then = about_account(account, Phase.AUTH, Reply(535, "5.7.8 Username and Password not accepted."))
    assert "did not accept the access token of news@riverbend.example" in said
    assert "NEWSLETTER_SMTP_TOKEN" in then
    assert "token_command" in then
    assert "apppasswords" not in then
    assert "secret" not in said + then


def test_a_switched_off_tenant_refuses_tokens_too() -> None:
    """Where Microsoft has SMTP switched off, a new token does not help."""
    account = at("microsoft365", password=None, token=lambda fresh: "secret")
    words = "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."
    _, then = about_account(account, Phase.AUTH, Reply(535, words))
    assert "Authenticated SMTP" in then
    assert "NEWSLETTER_SMTP_TOKEN" not in then


@pytest.mark.parametrize(
    ("account", "phase", "reply", "happened", "remedy"),
    [
        (at("gmail"), Phase.AUTH, "454 4.7.0 Too many login attempts, please try again later.", "Gmail asks us to wait", "later"),
        (at(None), Phase.GREETING, "421 4.3.2 busy", "The mail server asks us to wait", "later"),
        (
            at("microsoft365"),
            Phase.MAIL,
            "432 4.3.2 Concurrent connections limit exceeded.",
            "asks us to wait",
            "takes 3 connection",
        ),
        (at(None), Phase.MAIL, "432 4.3.2 Concurrent connections limit exceeded.", "asks us to wait", "`connections`"),
        (at("gmail"), Phase.DOT, "550 5.4.5 Daily user sending limit exceeded.", "asks us to wait", "500 a day for a personal"),
        (at("icloud"), Phase.DOT, "550 5.4.5 Daily user sending limit exceeded.", "asks us to wait", "1,000 a day; mails"),
        (at(None), Phase.DOT, "550 5.4.5 Daily user sending limit exceeded.", "asks us to wait", "for now. Nobody"),
        (at(None), Phase.MAIL, "530 5.7.0 Must issue a STARTTLS command first", "wants a login or encryption", "starttls"),
        (
            at("resend", username=None),
            Phase.MAIL,
            "530 Authentication required",
            "Resend wants a login",
            "the word resend itself",
        ),
        (at(None, username=None), Phase.MAIL, "530 5.7.0 Authentication required", "wants a login", "Add `username`"),
        (at(None), Phase.MAIL, "530 5.7.0 Authentication required", "wants a login", "Check `username`"),
        (at("ses"), Phase.DOT, "554 Message rejected: Email address is not verified.", "Amazon SES", "request production access"),
        (at(None), Phase.MAIL, "553 5.7.1 not owned", "send as the sender's address", "sender.email"),
        (at(None), Phase.MAIL, "552 5.3.4 too big", "larger than the mail server takes", "pictures"),
        (at(None), Phase.GREETING, "554 5.3.2 go away", "refused (greeting)", "Ask your provider"),
        (at("gmail"), Phase.DOT, "550 5.7.30 DKIM did not pass.", "Gmail refused", "Ask your provider"),
    ],
)
def test_a_no_to_the_account_is_said_in_words(account: Account, phase: Phase, reply: str, happened: str, remedy: str) -> None:
    """Whoever reads it learns what the server said, what it means, and what to do."""
    said, then = about_account(account, phase, reply_of(reply))
    assert happened in said
    assert reply in said
    assert remedy in then


@pytest.mark.parametrize(
    ("port", "security", "words"),
    [
        (465, "starttls", "`security: tls`"),
        (2465, "starttls", "`security: tls`"),
        (587, "tls", "`security: starttls`"),
        (25, "tls", "`security: starttls`"),
        (465, "tls", None),
        (587, "starttls", None),
        (2525, "starttls", None),
        (1025, "tls", None),
        (1025, "none", None),
    ],
)
def test_a_port_that_does_not_fit_the_encryption_is_told(port: int, security: str, words: str | None) -> None:
    """465 is encrypted at once and 587 later; whoever mixes them up is told which line to change."""
    told = about_wrong_port(at(None, port=port, security=security))
    assert (told is None) if words is None else (words in str(told) and str(port) in str(told))
