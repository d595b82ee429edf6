"""DMARC as receivers find it (RFC 9989, which replaces RFC 7489): the record that applies to a domain, by a walk up its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.check.network.net import Net

_MOST_LABELS = 7  # of the second name that is asked, so that no domain takes more than 8 questions (RFC 9989 section 4.10)
_POLICIES = ("none", "quarantine", "reject")
_REPORT = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*:[^\s,!]+(?:![0-9]+[kmgt]?)?\s*", re.IGNORECASE)
_LOOKS_LIKE = re.compile(r"\s*\W?\s*v\s*=?\s*dmarc", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dmarc:
    """The record that applies to a domain, and at which name it stands; no record where none applies.

    `doubled` are the records where more than one stands at the domain's own name, `strange` what was meant to be a record
    there and is none, `misplaced` says that it stands at the domain itself, without `_dmarc.` before it.
    """

    domain: str
    at: str = ""
    record: str = ""
    doubled: tuple[str, ...] = ()
    strange: str = ""
    misplaced: bool = False

    @property
    def tags(self) -> dict[str, str]:
        """Its tags; unknown ones do no harm (RFC 9989 section 4.7)."""
        return tags_of(self.record)

    @property
    def fault(self) -> str:
        """A phrase for why receivers apply no policy (RFC 9989 section 4.10.1), empty where they do."""
        tags = self.tags
        wrong = [name for name in ("p", "sp", "np") if name in tags and tags[name].lower() not in _POLICIES]
        if not self.record or ("p" in tags and not wrong):
            return ""
        if any(_REPORT.fullmatch(uri) for uri in tags.get("rua", "").split(",")):
            return ""  # then it counts as p=none
        if not wrong:
            return "it names no policy (p=)"
        return f'it says "{wrong[0]}={tags[wrong[0]][:30]}", and only none, quarantine and reject are known'

    @property
    def unreported(self) -> str:
        """The address for reports where it is none that anybody can send to (`rua=me@x.example` lacks `mailto:`)."""
        written = self.tags.get("rua", "")
        return "" if not written or all(_REPORT.fullmatch(uri) for uri in written.split(",")) else written[:80]


def tags_of(record: str) -> dict[str, str]:
    """`p` to `none` and so on; the first of two counts."""
    found: dict[str, str] = {}
    for part in record.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def read_dmarc(net: Net, domain: str) -> Dmarc:
    """The record of the domain itself, or else of its organization, or of the public suffix above it. Raises NoAnswer."""
    texts = net.txt(f"_dmarc.{domain}")
    own = [text for text in texts if _is_record(text)]
    if len(own) == 1:
        return Dmarc(domain, domain, own[0])
    doubled = tuple(own)
    found = {name: record for name, record in _walk(net, domain) if record}
    for at in (organization(domain, found), next((name for name in found if tags_of(found[name]).get("psd") == "y"), "")):
        if at in found:
            return Dmarc(domain, at, found[at], doubled)
    strange = next((text for text in texts if not _is_record(text) and _LOOKS_LIKE.match(text)), "")
    return Dmarc(domain, doubled=doubled, strange=strange, misplaced=any(map(_is_record, net.txt(domain))))


def organization(domain: str, found: dict[str, str]) -> str:
    """The name whose owner holds the domain too, from the records met on the way up (RFC 9989 section 4.10.2)."""
    for name, record in found.items():
        said = tags_of(record).get("psd", "u").lower()
        if said == "n":
            return name
        if said == "y" and name != domain:
            labels = domain.split(".")
            return ".".join(labels[-name.count(".") - 2 :])
    return min(found, key=lambda name: name.count("."), default=domain)


def _walk(net: Net, domain: str) -> Iterator[tuple[str, str]]:
    """Each name on the way up with its one record, or nothing (RFC 9989 section 4.10). Raises NoAnswer."""
    labels = domain.split(".")
    names = [domain, *(".".join(labels[-count:]) for count in range(min(len(labels) - 1, _MOST_LABELS), 0, -1))]
    for name in names:
        records = [text for text in net.txt(f"_dmarc.{name}") if _is_record(text)]
        record = records[0] if len(records) == 1 else ""
        yield name, record
        said = tags_of(record).get("psd", "u").lower()
        if said == "n" or (said == "y" and name != domain):
            return


def _is_record(text: str) -> bool:
    """Whether it begins with the version, exactly so (RFC 9989 section 4.7); else it is not DMARC at all."""
    name, equals, value = text.partition(";")[0].partition("=")
    return bool(equals) and name.strip().lower() == "v" and value.strip() == "DMARC1"
