"""An email address as it is used in the envelope: the ordinary ones by one pattern, all others by email-validator."""

from __future__ import annotations

import re

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++"
LOCAL_PART = rf"{_ATOM}(?:\.{_ATOM})*+"  # the dot-string of RFC 5321 section 4.1.2
LONGEST_LOCAL_PART = 64  # RFC 5321 section 4.5.3.1.1
_LABEL = r"[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*"
_LOCAL_PART = re.compile(LOCAL_PART)
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+([A-Za-z]{{2,63}})")  # hostnames of RFC 1123
_LONGEST_LABEL = 63  # RFC 1035 section 2.3.4: in a domain as short as that, no label can be too long
_NO_MAIL_THERE = frozenset(["test", "invalid", "local", "localhost", "arpa", "onion"])  # RFC 6761 and RFC 7686


class BadAddress(ValueError):
    """Something that mail cannot reach; the words say why."""


def plain_domain(domain: str) -> str:
    """An ordinary domain in lower case; nothing where it takes more than a pattern to know one."""
    found = _DOMAIN.fullmatch(domain)
    usual = found and len(domain) <= _LONGEST_LABEL and found.group(1).lower() not in _NO_MAIL_THERE
    return domain.lower() if usual else ""


def envelope_address(raw: str) -> str:
    """The address in ASCII, its domain in lower case; raises BadAddress."""
    local, _, domain = raw.partition("@")
    if len(local) <= LONGEST_LOCAL_PART and _LOCAL_PART.fullmatch(local) and (plain := plain_domain(domain)):
        return f"{local}@{plain}"
    if not raw:
        raise BadAddress("the address is empty.")
    if local and domain.isalnum():  # a frequent slip, for which the library need not be read in
        raise BadAddress("it is not an address that mail can reach: there is no dot in what stands after the @.")
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(raw, check_deliverability=False, allow_smtputf8=True, allow_quoted_local=False, strict=True)
    except EmailNotValidError as error:
        raise BadAddress(f"it is not an address that mail can reach: {error}") from None
    if checked.ascii_email is None:
        raise BadAddress("there is an accent or foreign letter before the @; few mail servers can deliver that.")
    return checked.ascii_email
