"""An email address as it is used in the envelope: the ordinary ones by one pattern, all others by email-validator."""

from __future__ import annotations

import re

# RFC 5321 section 4.1.2 dot-string, hostnames of RFC 1123 short enough that no label can be too long.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+([A-Za-z]{{2,63}}))")
_NO_MAIL_THERE = frozenset(["test", "invalid", "local", "localhost", "arpa", "onion"])  # RFC 6761 and RFC 7686
_LONGEST_LOCAL_PART = 64  # RFC 5321 section 4.5.3.1.1
_LONGEST_LABEL = 63  # RFC 1035 section 2.3.4


class BadAddress(ValueError):
    """Something that mail cannot reach; the words say why."""


def envelope_address(raw: str) -> str:
    """The address in ASCII, its domain in lower case; raises BadAddress."""
    found = _PLAIN.fullmatch(raw)
    if found:
        local, domain, top = found.groups()
        if len(local) <= _LONGEST_LOCAL_PART and len(domain) <= _LONGEST_LABEL and top.lower() not in _NO_MAIL_THERE:
            return f"{local}@{domain.lower()}"
    if not raw:
        raise BadAddress("the address is empty.")
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(raw, check_deliverability=False, allow_smtputf8=True, allow_quoted_local=False, strict=True)
    except EmailNotValidError as error:
        raise BadAddress(f"it is not an address that mail can reach: {error}") from None
    if checked.ascii_email is None:
        raise BadAddress("there is an accent or foreign letter before the @; few mail servers can deliver that.")
    return checked.ascii_email
