"""What the receiving server found out about a mail's sender (Authentication-Results), and what its signature covers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from newsletter.check.evidence import Received
from newsletter.check.finding import Finding, error, warning
from newsletter.check.page.hosts import owner_of
from newsletter.check.registry import received
from newsletter.check.sample import HEADERS, Sample

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*([a-z0-9_-]+)\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r"([a-z]+\.[a-z0-9_-]+)\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_LIST_HEADERS = ("list-unsubscribe", "list-unsubscribe-post")
_ENCRYPTED = re.compile(r"\bwith\s+(?:UTF8)?(?:ESMTPSA?|LMTPSA?|HTTPS?)\b|\bTLSv?1|version=TLS|\bcipher\b", re.IGNORECASE)
_INSIDE = re.compile(
    r"\blocalhost\b|(?<![\d.])(?:127|10)\.\d|(?<![\d.])192\.168\.|(?<![\d.])172\.(?:1[6-9]|2\d|3[01])\.|(?<![\w:])::1(?!\w)",
    re.IGNORECASE,
)
_GOOGLE = "google.com"
_ASK_HOST = "Switch it on at the sending service, for the sender's own domain."


@dataclass(frozen=True, slots=True)
class Verdict:
    """One method's result, such as `dkim=pass`, and its properties (`header.d` and the like), lower case."""

    method: str
    result: str
    properties: dict[str, str] = field(default_factory=dict)


def verdicts(sample: Sample) -> tuple[Verdict, ...] | None:
    """What the server that received the mail found (RFC 8601); None where it says nothing.

    Only the topmost header counts, and those of the same house above the next `Received`: iCloud writes one for each method.
    Headers further down may have been written by anybody on the way, the sender included.
    """
    written: list[str] = []
    for header in sample.headers:
        name = header.name.lower()
        if name == "authentication-results" and (not written or owner_of(_house(header.value)) == owner_of(_house(written[0]))):
            written.append(header.value)
        elif name == "received" and written:
            break
    if not written:
        return None
    found = []
    for part in ";".join(map(_without_comments, written)).split(";"):
        if result := _RESULT.match(part):
            properties = {name.lower(): value.lower() for name, value in _PROPERTY.findall(part)}
            found.append(Verdict(result[1].lower(), result[2].lower(), properties))
    return tuple(found)


def receiver(sample: Sample) -> str:
    """The house whose server took the mail in, `google.com`; empty where it does not say."""
    return owner_of(_house(sample.value("Authentication-Results") or ""))


def _house(written: str) -> str:
    """The name of the server at the beginning of its results; empty where they begin at once, as Microsoft's do."""
    words = _without_comments(written).partition(";")[0].split()
    return words[0].lower() if words and "=" not in words[0] else ""


def _without_comments(written: str) -> str:
    for _ in range(5):  # comments can be nested
        written = _COMMENT.sub(" ", written)
    return written


def _of(mail: Received, method: str) -> list[Verdict]:
    """What the receiving server tells of one method; a question that it could not ask just then is nobody's fault."""
    return [found for found in verdicts(mail.samples[0]) or () if found.method == method and found.result != "temperror"]


def _passes(mail: Received, method: str) -> bool:
    return any(verdict.result in ("pass", "bestguesspass") for verdict in _of(mail, method))


def _failure(mail: Received, harm: str, fix: str, *, soft: bool = False) -> Finding:
    """An error; a warning where the mail is taken all the same, since DMARC passes or somebody vouches for it on the way."""
    if _passes(mail, "arc"):
        return warning(HEADERS, f"{harm} The mail was passed on by another server, which vouches for it (ARC).", fix)
    return (warning if soft or _passes(mail, "dmarc") else error)(HEADERS, harm, fix)


@received("A03")
def spf_result(mail: Received) -> Iterator[Finding]:
    """The receiving server found SPF to pass."""
    found = _of(mail, "spf")
    if not found or _passes(mail, "spf"):
        return
    result = found[0].result
    harm = f"The receiving server says spf={result}: the sending server is not among those that the domain allows."
    if result in ("none", "permerror"):
        harm = f"The receiving server says spf={result}: the domain has no list of its sending servers that can be read."
    soft = result not in ("fail", "permerror")
    yield _failure(mail, harm, "Let the sender's domain allow the sending service in its SPF record.", soft=soft)


@received("A04")
def dkim_result(mail: Received) -> Iterator[Finding]:
    """The receiving server found a DKIM signature that holds."""
    found = _of(mail, "dkim")
    if verdicts(mail.samples[0]) is None or _passes(mail, "dkim"):
        return
    if not mail.samples[0].named("DKIM-Signature") and all(verdict.result == "none" for verdict in found):
        yield warning(HEADERS, "This mail carries no DKIM signature: Gmail trusts unsigned newsletters least.", _ASK_HOST)
    elif found and found[0].result != "none":
        harm = f"The server that received this mail says dkim={found[0].result}: the signature does not hold."
        yield _failure(mail, harm, "Publish the key that the sending service shows for the sender's domain.")


@received("A05")
def dmarc_result(mail: Received) -> Iterator[Finding]:
    """The receiving server found DMARC to pass."""
    told, found = verdicts(mail.samples[0]), _of(mail, "dmarc")
    if not told or _passes(mail, "dmarc"):
        return
    if (not found and receiver(mail.samples[0]) == _GOOGLE) or (found and found[0].result in ("none", "unknown")):
        harm = "The sender's domain publishes no DMARC record: Gmail and Yahoo ask for one from those who send much."
        yield warning(HEADERS, harm, "Publish a TXT record at _dmarc under the sender's domain, to begin with: v=DMARC1; p=none")
    elif found:
        harm = f"The server that received this mail says dmarc={found[0].result}: it may be refused or go to spam."
        yield _failure(mail, harm, "Let SPF or DKIM pass for the same domain that stands in From.")


@received("A06")
def aligned_result(mail: Received) -> Iterator[Finding]:
    """The domain in From is the one that SPF or DKIM passed for (RFC 9989, identifier alignment)."""
    passed = [verdict for method in ("spf", "dkim") for verdict in _of(mail, method) if verdict.result == "pass"]
    if not mail.domain or not passed or _passes(mail, "dmarc"):
        return
    names = [v.properties.get(key, "") for v in passed for key in ("header.d", "header.i", "smtp.mailfrom")]
    domains = sorted({name.rpartition("@")[2] for name in names} - {""})
    if domains and owner_of(mail.domain) not in {owner_of(domain) for domain in domains}:
        harm = f"From says {mail.domain}, but the mail is vouched for by {', '.join(domains)} only: Gmail asks that they agree."
        yield _failure(mail, harm, "Set up the sender's own domain at the sending service (often called domain authentication).")


@received("U07")
def signature_covers_lists(mail: Received) -> Iterator[Finding]:
    """The DKIM signature covers List-Unsubscribe and List-Unsubscribe-Post (RFC 8058 section 4)."""
    sample = mail.samples[0]
    signatures = [re.sub(r"\s", "", header.value).lower() for header in sample.named("DKIM-Signature")]
    if not signatures or sample.value("List-Unsubscribe-Post") is None:
        return
    covered = [set((re.search(r"(?:^|;)h=([^;]*)", signature) or ["", ""])[1].split(":")) for signature in signatures]
    if not any(set(_LIST_HEADERS) <= names for names in covered):
        harm = "No DKIM signature covers the two unsubscribe headers: Gmail shows no one-click unsubscribe for this mail."
        yield warning(HEADERS, harm, "Ask the sending service to sign List-Unsubscribe and List-Unsubscribe-Post.")


@received("A10")
def encrypted_last_hop(mail: Received) -> Iterator[Finding]:
    """The mail came to the receiving server over an encrypted connection (RFC 3848 names it in Received)."""
    hops = [header.value for header in mail.samples[0].named("Received")]
    outside = [hop for hop in hops if _from_outside(hop)]
    if outside and re.search(r"\bwith\s+E?SMTP\b", outside[0]) and not _ENCRYPTED.search(outside[0]):
        harm = "The last server handed this mail on without encryption: Gmail asks every sender to use TLS."
        yield error(HEADERS, harm, "Switch on TLS for outgoing mail at the sending server.")


def _from_outside(hop: str) -> bool:
    """Whether a server of another house handed the mail on: not the receiver's own, from one room to the next."""
    words = hop.lower().split()
    if words[:1] != ["from"] or "by" not in words[2:-1]:
        return False
    given, taken = words[1].strip("[]"), words[words.index("by", 2) + 1].strip(";")
    before_by = hop[: hop.lower().index(" by ")] if " by " in hop.lower() else hop
    return owner_of(given) != owner_of(taken) and not _INSIDE.search(before_by)
