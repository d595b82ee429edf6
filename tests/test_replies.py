"""Holds what a mail server's words mean: for the account, for the subscriber, or for the message."""

from __future__ import annotations

import itertools

import pytest

from newsletter.send.replies import Phase, Reply, Verdict, judge

BAD, REFUSED, LATER, PAUSE, CROWDED, QUOTA, STOP = (
    Verdict.BAD_ADDRESS,
    Verdict.REFUSED,
    Verdict.DEFERRED,
    Verdict.PAUSE,
    Verdict.CROWDED,
    Verdict.QUOTA,
    Verdict.STOP,
)

# What providers really say, by whom: (phase, reply, verdict). Texts from their published error lists.
GMAIL = [
    (Phase.RCPT, "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking", BAD),
    (Phase.RCPT, "550 5.2.1 The email account that you tried to reach is disabled.", BAD),
    (Phase.DOT, "550 5.4.5 Daily user sending limit exceeded. For more information, go to", QUOTA),
    (Phase.MAIL, "550 5.4.5 Daily SMTP relay sending limit exceeded for customer.", QUOTA),
    (Phase.RCPT, "550 5.4.5 Daily user sending limit exceeded.", QUOTA),
    (Phase.RCPT, "450 4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend later", LATER),
    (
        Phase.RCPT,
        "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages",
        LATER,
    ),
    (Phase.RCPT, "452 4.2.2 The recipient's inbox is out of storage space.", LATER),
    (Phase.RCPT, "552 5.2.2 The recipient's inbox is out of storage space and inactive.", LATER),
    (Phase.DOT, "550 5.7.26 This mail has been blocked because the sender is unauthenticated.", REFUSED),
    (Phase.DOT, "550 5.7.1 Our system has detected that this message is likely unsolicited mail.", REFUSED),
    (Phase.DOT, "552 5.7.0 This message was blocked because its content presents a potential security issue.", REFUSED),
    (Phase.DOT, "552 5.3.4 Your message exceeded Google's message size limits.", REFUSED),
    (Phase.AUTH, "535 5.7.8 Username and Password not accepted. For more information, go to", STOP),
    (Phase.AUTH, "534 5.7.9 Application-specific password required.", STOP),
    (Phase.MAIL, "530 5.7.0 Must issue a STARTTLS command first", STOP),
    (Phase.MAIL, "530 5.7.0 Authentication Required.", STOP),
    (Phase.AUTH, "454 4.7.0 Too many login attempts, please try again later.", PAUSE),
    (Phase.MAIL, "421 4.7.0 Try again later, closing connection.", PAUSE),
]
MICROSOFT = [
    (Phase.RCPT, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", BAD),
    (Phase.RCPT, "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found", BAD),
    (Phase.AUTH, "550 5.7.30 Basic authentication is not supported for Client Submission.", STOP),
    (Phase.AUTH, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", STOP),
    (Phase.DOT, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", STOP),
    (Phase.DOT, "554 5.2.252 SendAsDenied; a@riverbend.example not allowed to send as b@riverbend.example", STOP),
    (Phase.MAIL, "530 5.7.57 Client not authenticated to send mail.", STOP),
    (Phase.RCPT, "550 5.7.1 Client was not authenticated", STOP),
    (Phase.DOT, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message", QUOTA),
    (Phase.RCPT, "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients", QUOTA),
    (Phase.MAIL, "432 4.3.2 Concurrent connections limit exceeded. Visit", CROWDED),
    (Phase.DOT, "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", CROWDED),
    (Phase.DOT, "550 5.7.606 Access denied, banned sending IP", REFUSED),
    (Phase.RCPT, "550 5.7.124 Sender not in allowed-senders list", REFUSED),
]
AMAZON = [
    (Phase.DOT, "454 Throttling failure: Maximum sending rate exceeded.", PAUSE),
    (Phase.DOT, "454 Throttling failure: Daily message quota exceeded.", QUOTA),
    (Phase.MAIL, "454 Throttling failure: Maximum sending rate exceeded.", PAUSE),
    (Phase.AUTH, "454 4.7.0 Temporary authentication failure", PAUSE),
    (Phase.DOT, "554 Message rejected: Email address is not verified. The following identities failed the check", STOP),
]
POSTFIX = [
    (Phase.RCPT, "550 5.1.1 <b@mail.example>: Recipient address rejected: User unknown in local recipient table", BAD),
    (Phase.RCPT, "550 5.1.2 <b@mail.example>: Recipient address rejected: Domain not found", BAD),
    (Phase.RCPT, "450 4.1.1 <b@mail.example>: Recipient address rejected: unverified address", LATER),
    (Phase.RCPT, "450 4.2.0 <b@mail.example>: Recipient address rejected: Greylisted, see https://grey.example", LATER),
    (Phase.RCPT, "451 4.3.0 <b@mail.example>: Temporary lookup failure", LATER),
    (Phase.RCPT, "452 4.3.1 Insufficient system storage", LATER),
    (Phase.RCPT, "554 5.7.1 <b@mail.example>: Relay access denied", REFUSED),
    (Phase.RCPT, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.blocklist.example", REFUSED),
    (Phase.RCPT, "450 4.7.1 Error: too many recipients from 192.0.2.1", PAUSE),
    (Phase.MAIL, "553 5.7.1 <a@riverbend.example>: Sender address rejected: not owned by user a", STOP),
    (Phase.MAIL, "552 5.3.4 Message size exceeds fixed limit", STOP),
    (Phase.DOT, "552 5.3.4 Message size exceeds fixed limit", REFUSED),
    (Phase.DOT, "451 4.7.1 Service unavailable - try again later", LATER),
    (Phase.DATA, "554 5.5.1 Error: no valid recipients", REFUSED),
    (Phase.DATA, "502 5.5.1 Error: command not implemented", STOP),
]
OTHERS = [  # servers without enhanced codes
    (Phase.RCPT, "550 No such user here", BAD),
    (Phase.RCPT, "550 Unknown user", BAD),
    (Phase.RCPT, "550 Requested action not taken: mailbox unavailable", BAD),
    (Phase.RCPT, "553 sorry, no mailbox here by that name. (#5.7.17)", BAD),
    (Phase.RCPT, "551 User not found", BAD),
    (Phase.RCPT, "550 Sender address rejected: domain not found", REFUSED),
    (Phase.RCPT, "550 Verification failed for <a@riverbend.example> No Such User Here Sender verify failed", REFUSED),
    (Phase.RCPT, "550 Your IP address is invalid here", REFUSED),
    (Phase.RCPT, "550 mail from address is invalid", REFUSED),
    (Phase.RCPT, "550 administrative prohibition", REFUSED),
    (Phase.RCPT, "552 Mailbox full", LATER),
    (Phase.RCPT, "552 5.2.2 over quota, the user has reached its sending limit exceeded", LATER),
    (Phase.DOT, "550 No such user here", REFUSED),  # after the body it is said of the mail
    (Phase.DOT, "554 Transaction failed: spam", REFUSED),
]
TABLE = [
    pytest.param(phase, reply, verdict, id=f"{who}: {phase}: {reply[:40]}")
    for who, rows in {"Gmail": GMAIL, "Microsoft": MICROSOFT, "SES": AMAZON, "Postfix": POSTFIX, "others": OTHERS}.items()
    for phase, reply, verdict in rows
]
ACCOUNTS = [Phase.GREETING, Phase.EHLO, Phase.STARTTLS, Phase.AUTH, Phase.MAIL, Phase.RESET]
ANYBODYS = [Phase.RCPT, Phase.DATA, Phase.BODY, Phase.DOT]


def reply_of(text: str) -> Reply:
    """`550 5.1.1 no` as a Reply."""
    code, _, words = text.partition(" ")
    return Reply(int(code), words)


@pytest.mark.parametrize(("phase", "text", "verdict"), TABLE)
def test_what_real_servers_say(phase: Phase, text: str, verdict: Verdict) -> None:
    """Each provider's words lead to what its own documentation says they mean."""
    assert judge(phase, reply_of(text)) is verdict


@pytest.mark.parametrize("code", [400, 429, 455, 499])
@pytest.mark.parametrize("words", ["", "what is this", "4.9.9 unheard of"])
def test_an_unknown_4yz_is_for_now(code: int, words: str) -> None:
    """Codes that nobody has heard of go by their first digit: 4 is a temporary no, to whom the phase belongs."""
    assert {judge(phase, Reply(code, words)) for phase in ACCOUNTS} == {PAUSE}
    assert {judge(phase, Reply(code, words)) for phase in ANYBODYS} == {LATER}


@pytest.mark.parametrize("code", [505, 520, 555, 599])
@pytest.mark.parametrize("words", ["", "what is this", "5.9.9 unheard of"])
def test_an_unknown_5yz_is_for_good_and_blames_no_address(code: int, words: str) -> None:
    """Codes that nobody has heard of go by their first digit: 5 is a permanent no, and never a bad address."""
    assert {judge(phase, Reply(code, words)) for phase in ACCOUNTS} == {STOP}
    assert {judge(phase, Reply(code, words)) for phase in ANYBODYS} == {REFUSED}


@pytest.mark.parametrize("phase", ACCOUNTS + ANYBODYS)
@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("550 5.4.5 Daily user sending limit exceeded", QUOTA),
        ("454 Throttling failure", PAUSE),
        ("421 4.3.2 closing", PAUSE),
        ("421 4.7.0 too many concurrent SMTP connections", CROWDED),
    ],
)
def test_a_limit_fails_nobody(phase: Phase, text: str, verdict: Verdict) -> None:
    """Quotas, throttling and 421 are about the account in whichever phase they come: nobody is refused or deferred for them."""
    assert judge(phase, reply_of(text)) is verdict


@pytest.mark.parametrize(("phase", "code"), list(itertools.product(ANYBODYS, (550, 551, 553, 554))))
@pytest.mark.parametrize("words", ["user unknown, says our policy", "mailbox unavailable for you", "no such user may be mailed"])
def test_a_policy_is_no_bad_address(phase: Phase, code: int, words: str) -> None:
    """5.7.x is a policy: whatever the words beside it, no address is called bad for it."""
    for detail in (1, 26, 133, 606):
        assert judge(phase, Reply(code, f"5.7.{detail} {words}")) is not BAD


@pytest.mark.parametrize("code", [550, 551, 552, 553, 554])
def test_a_5yz_alone_is_no_bad_address(code: int) -> None:
    """A permanent no without a reason refuses this message, and suppresses nobody."""
    assert judge(Phase.RCPT, Reply(code, "")) in (REFUSED, LATER)
    assert judge(Phase.RCPT, Reply(code, "rejected")) in (REFUSED, LATER)


@pytest.mark.parametrize("enhanced", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"])
def test_the_codes_of_a_bad_address(enhanced: str) -> None:
    """RFC 3463's codes for an address where nobody is: bad in every phase that is about the recipient or the message."""
    assert {judge(phase, Reply(550, f"{enhanced} x")) for phase in ANYBODYS} == {BAD}


@pytest.mark.parametrize("words", ["", "5.2.2 mailbox full", "5.3.4 too big", "5.5.3 too many"])
def test_552_to_rcpt_is_for_now(words: str) -> None:
    """RFC 5321 section 4.5.3.1.10: a 552 to RCPT is treated as 452."""
    assert judge(Phase.RCPT, Reply(552, words)) is LATER


@pytest.mark.parametrize(
    ("text", "enhanced"),
    [
        ("5.1.1 no", "5.1.1"),
        ("no 5.1.1", ""),
        ("5.1.1x no", ""),
        ("9.1.1 no", ""),
        ("5.1.1000 no", ""),
        ("", ""),
        ("5.7.606 x", "5.7.606"),
    ],
)
def test_enhanced_codes_stand_at_the_beginning(text: str, enhanced: str) -> None:
    """An enhanced status code is one only at the beginning of the text, and whole (RFC 2034 section 4)."""
    assert Reply(550, text).enhanced == enhanced
