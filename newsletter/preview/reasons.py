"""What the codes of a mail server's no mean in plain words, without a word of what it wrote."""

from __future__ import annotations

# Subject and detail of an enhanced status code (RFC 3463 section 3; those marked R are of the IANA registry of RFC 5248).
_EXACT = {
    "1.1": "there is no such mailbox",
    "1.2": "there is no such mail domain",
    "1.3": "the address is not written as addresses are",
    "1.4": "the address fits more than one mailbox",
    "1.6": "the mailbox has moved, and nobody said where to",
    "1.7": "the sender's address is not written as addresses are",
    "1.8": "the server does not know the sender's domain",
    "1.10": "the domain says that it takes no mail at all",  # R: RFC 7505
    "2.1": "the mailbox is closed or takes no mail now",
    "2.2": "the mailbox is full",
    "2.3": "the mail is larger than this mailbox takes",
    "2.4": "a mailing list behind the address could not be opened",
    "3.1": "the receiving mail system is full",
    "3.2": "the receiving mail system takes no mail now",
    "3.3": "the receiving mail system cannot do what was asked",
    "3.4": "the mail is larger than the receiving system takes",
    "3.5": "the receiving mail system is not set up rightly",
    "4.1": "the receiving server does not answer",
    "4.2": "the connection to the receiving server is bad",
    "4.3": "the domain could not be looked up",
    "4.4": "no way to the receiving server was found",
    "4.5": "the receiving mail system is too busy",
    "4.6": "the mail was sent round in circles",
    "4.7": "the mail could not be delivered in time",
    "5.3": "too many recipients at once",
    "6.0": "the server does not take the mail's content",
    "6.1": "the server does not take this kind of content",
    "7.0": "a rule of the server does not let the mail in",
    "7.1": "the server does not want this mail",
    "7.2": "the server does not let this sender write to that list",
    "7.8": "the server did not accept the login",
    "7.20": "the mail's DKIM signature did not pass",  # R: RFC 7372
    "7.21": "the mail's DKIM signature is not one the server accepts",
    "7.23": "the sending server is not one the sender's domain names (SPF)",
    "7.24": "the sender's SPF record could not be checked",
    "7.25": "the sending server has no name of its own (reverse DNS)",
    "7.26": "neither SPF nor DKIM vouches for the mail",
}
_SUBJECT = {
    "0": "the server gave no closer reason",
    "1": "something is wrong with the address",
    "2": "something is wrong with the mailbox",
    "3": "the receiving mail system has a difficulty",
    "4": "the mail found no way to the mailbox",
    "5": "the two mail servers did not understand each other",
    "6": "the server does not take the mail's content",
    "7": "a rule of the server does not let the mail in",
}
# Reply codes alone (RFC 5321 section 4.2.3): where a server gives no enhanced one.
_REPLY = {
    421: "the receiving mail system takes no mail now",
    450: "the mailbox cannot be used now",
    451: "the receiving mail system has a difficulty",
    452: "the receiving mail system has no room now",
    550: "the mailbox is not there, or does not want this mail",
    551: "the mailbox is at another server",
    552: "the mailbox is full, or the mail is too large for it",
    553: "the server does not take this address",
    554: "the server does not want this mail",
}


def in_words(code: int | None, enhanced: str) -> str:
    """`5.1.1`: "there is no such mailbox"; the class of the code where the exact one is not known."""
    _, _, rest = enhanced.partition(".")
    subject = rest.partition(".")[0]
    if rest in _EXACT:
        return _EXACT[rest]
    if subject in _SUBJECT and (subject != "0" or code not in _REPLY):
        return _SUBJECT[subject]
    if code in _REPLY:
        return _REPLY[code]
    return "the server gave no closer reason" if code else "no server's answer was recorded"
