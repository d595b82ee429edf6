"""What links look like to readers and filters: no short or numbered addresses, and words that name the place they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.check import facts
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import WARNING, Finding, warning
from newsletter.check.page.hosts import host_of, number_of, owner_of
from newsletter.check.page.links import called, links_in, place_of
from newsletter.check.registry import details, mail_rule
from newsletter.check.sample import HTML_PART

_MOST_OWNERS = 10  # different websites in a practice's own letter, its list of sources apart
_MOST_OWNERS_ELSEWHERE = 20  # in a mail of which nobody says what are its sources
_MOST_WORDS = 500  # letters of a link's words that are looked at
_SIGNS = ".,;:!?()[]<>\"'\u201c\u201d\u2018\u2019"  # around a word
# The endings by which bare words are known to be a website; `Node.js` and `Dr.Reyes` are none.
_ENDINGS = frozenset(
    (
        *("com", "org", "net", "edu", "gov", "info", "biz", "io", "co", "app", "dev", "blog", "shop", "store", "health", "care"),
        *("clinic", "us", "uk", "ca", "au", "nz", "ie", "de", "fr", "es", "it", "nl", "mx", "example"),
    )
)


@dataclass(frozen=True, slots=True)
class Shortener:
    """A service whose links hide where they lead."""

    host: str
    source: str = ""
    as_of: str = ""


@mail_rule(
    "A14",
    "links under names that readers know",
    WARNING,
    source="Gmail sender guidelines: understandable links, limits per domain",
)
def link_names(mails: Mails) -> Iterator[Finding]:
    """No shortened or numbered addresses, no words that name another website, and not too many websites."""
    links = links_in(mails)
    short = {entry.host.lower().removeprefix("www.") for entry in _shorteners(mails)}
    for link in links:
        host = host_of(link.href)
        number = number_of(host)
        if host.removeprefix("www.") in short:
            harm = f"{called(link)} goes through {host}, which hides where it leads: filters count it with every spammer's links."
            yield warning(place_of(mails, link), harm, "Write the page's full address.")
        elif number is not None and number.is_global:
            harm = f"{called(link)} leads to a bare number ({host}) instead of a name: spam filters take that for a trap."
            yield warning(place_of(mails, link), harm, "Write the website's name in its place.")
        elif (named := _named(link.text)) and (leads := _leads_to(link.href)) and owner_of(named) != owner_of(leads):
            harm = f"The words of a link say {named}, but it leads to {leads}: that is how mails that steal passwords look."
            yield warning(
                place_of(mails, link), harm, "Let the words say what the page is, or name the website that it leads to."
            )
    yield from _too_many(
        mails, {owner_of(host) for link in links if (host := host_of(link.href)) and not _source(mails, link.href)}
    )


def _too_many(mails: Mails, owners: set[str]) -> Iterator[Finding]:
    most = _MOST_OWNERS if isinstance(mails, Evidence) else _MOST_OWNERS_ELSEWHERE
    if len(owners) > most:
        harm = (
            f"The links lead to {len(owners)} different websites ({', '.join(sorted(owners)[:3])} ...): "
            "if spam filters distrust one of them, your mail suffers."
        )
        yield warning(
            HTML_PART, harm, f"Keep the links that readers need, to {most} websites at most, or put them on a page of yours."
        )


def _shorteners(mails: Mails) -> tuple[Shortener, ...]:
    return facts.entries(Shortener, "links", mails.practice.folder if isinstance(mails, Evidence) else None)


def _source(mails: Mails, href: str) -> bool:
    """Whether a link is one of the sources that the issue lists."""
    return isinstance(mails, Evidence) and any(source.url == href for source in mails.issue.text.sources)


def _named(words: str) -> str:
    """The website that the words of a link name: one that stands alone, or one with www. or https:// before it."""
    written = [word.strip(_SIGNS) for word in words[:_MOST_WORDS].lower().split()] if "." in words else []
    for word in written:
        if word.startswith(("www.", "http://", "https://")):
            return host_of(word if "//" in word else f"https://{word}").removeprefix("www.")
    if len(written) != 1:
        return ""
    host = written[0].rpartition("@")[2].partition("/")[0].partition(":")[0]
    labels = host.split(".")
    sound = len(labels) > 1 and all(label.replace("-", "").isalnum() for label in labels)
    return host if sound and labels[-1] in _ENDINGS else ""


def _leads_to(href: str) -> str:
    """The website, or the mail address's domain, that a link leads to."""
    if href.lower().startswith("mailto:"):
        return href[7:].partition("?")[0].rpartition("@")[2].lower()
    return host_of(href).removeprefix("www.")


@details("A14")
def told() -> Iterator[str]:
    """The services that are known, by where that comes from."""
    found: dict[str, list[str]] = {}
    for entry in facts.entries(Shortener, "links"):
        found.setdefault(f"{entry.source}, {entry.as_of}", []).append(entry.host)
    for source, hosts in found.items():
        yield f"{', '.join(hosts)} ({source})"
