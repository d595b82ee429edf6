"""What a mail server's no to the whole account means, in words, and what to do about it at this provider."""

from __future__ import annotations

import re

from newsletter.read.providers import Provider, named
from newsletter.send.account import Account
from newsletter.send.replies import Phase, Reply, Verdict, judge

Advice = tuple[str, str]

_GO_ON = "Nobody was left out: run the command again afterwards, and it goes on where it was."
_LATER = "Nobody was left out; run the command again later and it goes on where it was."
_RENEW = (
    "Access tokens live for about an hour. Put a new one into the environment variable NEWSLETTER_SMTP_TOKEN, or let "
    "`token_command` under `smtp` in practice.yaml print one each time. `username` must be the address that the token is for, "
    "and the token must allow sending over SMTP."
)
_APP_PASSWORD_WANTED = re.compile(r"application-specific password|InvalidSecondFactor", re.IGNORECASE)  # Google, 534 5.7.9
_NOT_VERIFIED = re.compile(r"email address is not verified", re.IGNORECASE)  # Amazon SES, 554 after the end of the message
_LOGIN_REFUSED = (534, 535, 538)  # RFC 4954 section 6
_LOGIN_WANTED = 530
_TLS_AT_ONCE = (465, 2465)  # RFC 8314 section 3.3; 2465 and 2587 are second doors at Amazon SES and Resend
_TLS_LATER = (25, 587, 2525, 2587)

# What Microsoft 365 says at the login, what it means, and what to do.
_MICROSOFT = [
    (
        re.compile(r"basic authentication", re.IGNORECASE),  # 550 5.7.30, 535 5.7.139
        "Microsoft no longer takes a password for this mailbox",
        "Ask your Microsoft 365 administrator whether SMTP AUTH with a password can still be allowed for it. Otherwise log in "
        "with an access token: under `smtp` in practice.yaml write `auth: xoauth2`, and `token_command:` with the command "
        "that prints one.",
    ),
    (
        re.compile(r"SmtpClientAuthentication is disabled", re.IGNORECASE),  # 535 5.7.139
        "Microsoft 365 has sending by programs (SMTP AUTH) switched off here",
        "Ask your Microsoft 365 administrator to allow it for this mailbox: in the admin center, under Users, Active users, the "
        'mailbox, Mail, Manage email apps, tick "Authenticated SMTP". Where it is off for the whole organization, '
        "https://aka.ms/smtp_auth_disabled says how to switch it on.",
    ),
    (
        re.compile(r"security defaults|conditional access|did not meet the criteria", re.IGNORECASE),  # 535 5.7.139
        "A sign-in rule of your organization at Microsoft 365 keeps this login out",
        "Ask your Microsoft 365 administrator to let this mailbox send with SMTP AUTH: security defaults or a conditional access "
        "rule block it. An access token (`auth: xoauth2` under `smtp` in practice.yaml) may pass where a password does not.",
    ),
]


def about_account(account: Account, phase: Phase, reply: Reply) -> Advice:
    """What happened, with the server's own words, and what to do: for a reply in `phase` that is a no to the whole account."""
    known = named(account.provider) if account.provider else None
    verdict = judge(phase, reply)
    if verdict in (Verdict.PAUSE, Verdict.CROWDED, Verdict.QUOTA):
        return _about_waiting(known, verdict, reply)
    if _NOT_VERIFIED.search(reply.text):
        return _about_unverified(reply)
    if phase is Phase.AUTH or reply.code in _LOGIN_REFUSED or _MICROSOFT[0][0].search(reply.text):
        return _about_login(account, known, reply)
    if reply.code == _LOGIN_WANTED:
        return f"{_who(known)} wants a login or encryption first: {reply}", f"{_missing(account, known, reply)} {_GO_ON}"
    if phase is Phase.MAIL:
        return _about_sender(known, reply)
    return f"{_who(known)} refused ({phase}): {reply}", f"Ask your provider what it means. {_LATER}"


def about_wrong_port(account: Account) -> str | None:
    """What to change where port and `security` do not fit each other (RFC 8314 section 3); None where they do, or may."""
    if account.port in _TLS_AT_ONCE and account.security == "starttls":
        return (
            f"Port {account.port} is encrypted from the first byte. Under `smtp` in practice.yaml write `security: tls`, "
            "or `port: 587` with `security: starttls`."
        )
    if account.port in _TLS_LATER and account.security == "tls":
        return (
            f"Port {account.port} begins without encryption and switches to it when asked. Under `smtp` in practice.yaml write "
            "`security: starttls`, or `port: 465` with `security: tls`."
        )
    return None


def _who(known: Provider | None) -> str:
    return known.title if known else "The mail server"


def _about_waiting(known: Provider | None, verdict: Verdict, reply: Reply) -> Advice:
    message = f"{_who(known)} asks us to wait: {reply}"
    if verdict is Verdict.CROWDED:
        most = f"{known.title} takes {known.connections:,} connections at a time. " if known and known.connections else ""
        return message, f"{most}Write a smaller `connections` under `smtp` in practice.yaml. {_LATER}"
    if verdict is Verdict.QUOTA:
        return message, f"The account has sent all that it may for now. {_published(known)}{_LATER}"
    return message, _LATER


def _published(known: Provider | None) -> str:
    if not known or not known.per_day:
        return ""
    whose = f" for {known.caps_of}" if known.caps_of else ""
    return f"{known.title} publishes {known.per_day:,} a day{whose}; mails that other programs send from it count too. "


def _about_login(account: Account, known: Provider | None, reply: Reply) -> Advice:
    for pattern, what, remedy in _MICROSOFT:
        if pattern.search(reply.text):
            return f"{what}, so it did not accept the login: {reply}", f"{remedy} {_GO_ON}"
    if account.token is not None:
        return f"{_who(known)} did not accept the access token of {account.username}: {reply}", f"{_RENEW} {_GO_ON}"
    message = f"{_who(known)} did not accept user name and password: {reply}"
    if _APP_PASSWORD_WANTED.search(reply.text):
        message = f"{_who(known)} did not accept your usual password, and wants an app password: {reply}"
    if known:
        return message, f"{known.refused} {_GO_ON}"
    return message, (
        "Check `username` under `smtp` in practice.yaml, and type the password again. Many providers want an app password that "
        f"is made in the account's settings, Gmail, iCloud, Yahoo and Fastmail among them. {_GO_ON}"
    )


def _missing(account: Account, known: Provider | None, reply: Reply) -> str:
    """What to add where a server wants a login or encryption that it did not get."""
    if "STARTTLS" in reply.text.upper():
        return "Write `security: starttls` under `smtp` in practice.yaml."
    if account.username:
        return "Check `username` and `security` under `smtp` in practice.yaml."
    whose = f": {known.username}" if known else ", as your provider names it"
    return f"Add `username` under `smtp` in practice.yaml{whose}."


def _about_sender(known: Provider | None, reply: Reply) -> Advice:
    if reply.code == 552 or reply.enhanced == "5.3.4":
        return f"The mail is larger than the mail server takes: {reply}", "Use fewer or smaller pictures."
    message = f"{_who(known)} does not let this account send as the sender's address: {reply}"
    return message, (
        "Check `sender.email` in practice.yaml, and that the account may use it; at a sending service the sender or its domain "
        f"must be verified first. {_GO_ON}"
    )


def _about_unverified(reply: Reply) -> Advice:
    """Amazon SES: the sender is unknown to it, or the account is in the sandbox, where subscribers must be verified too.

    Source: docs.aws.amazon.com/ses/latest/dg/request-production-access.html.
    """
    return f"Amazon SES does not know an address of this mail: {reply}", (
        "If it names your sender, verify your domain in the SES console, in the same region as `host` in practice.yaml. If it "
        "names a subscriber, your account is still in the SES sandbox, which reaches verified addresses only: request production "
        f"access in the SES console, and wait for Amazon's answer. {_GO_ON}"
    )
