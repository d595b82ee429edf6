"""Asks the server to name our Message-ID and the subscriber in every bounce (delivery status notifications, RFC 3461)."""

from __future__ import annotations

from newsletter.send.replies import Phase, Reply

OFFER = "DSN"  # as EHLO says it
_LONGEST_NAME = 100  # characters of ENVID (RFC 3461 section 4.4)
_PARAMETER_REFUSED = (455, 500, 501, 504, 555)  # RFC 5321 section 4.2.2: a parameter, not the one who is named before it


def for_sender(message_id: str) -> str:
    """What follows the sender: with a bounce come our headers, not the whole mail, and our Message-ID (no brackets).

    A Message-ID that does not fit is left out: a piece of it would be nobody's.
    """
    name = xtext(message_id)
    return f" RET=HDRS ENVID={name}" if 0 < len(name) <= _LONGEST_NAME else " RET=HDRS"


def for_recipient(address: str) -> str:
    """What follows the recipient: when to tell us, and the address that we wrote to, wherever it is forwarded from there."""
    return f" NOTIFY=FAILURE,DELAY ORCPT=rfc822;{xtext(address)}"


def refused(phase: Phase, reply: Reply) -> bool:
    """Whether a no may be meant for these parameters; RFC 3463 has 5.1.x for what is wrong with an address."""
    parameter = reply.code in _PARAMETER_REFUSED and not reply.enhanced.startswith("5.1.")
    return phase in (Phase.MAIL, Phase.RCPT) and parameter


def xtext(text: str) -> str:
    """ASCII text as a parameter can hold it: what is no printable sign, and + and =, as + and two hex digits (section 4)."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)
