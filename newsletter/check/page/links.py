"""Where links lead: to pages that are there, in a way that every mail program can follow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ADVICE, ERROR, WARNING, Finding, Severity, advice, warning
from newsletter.check.page.hosts import host_of, number_of
from newsletter.check.registry import mail_rule
from newsletter.check.sample import HTML_PART

if TYPE_CHECKING:
    from newsletter.check.markup import Link
    from newsletter.check.network.net import Fetched

_MOST_ASKED = 60  # different pages of one issue
_SHOWN = 80
_SHORT_NAME = 8  # letters of a host; of shorter ones another may well be one letter away
_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(?=:)", re.IGNORECASE)  # a dot before the colon is a host with a port
_PROGRAMS = frozenset(["javascript", "vbscript", "data"])
_NUMBERS = frozenset(["tel", "sms", "callto"])
_INSIDE = (".local", ".lan", ".internal", ".intranet", ".home", ".corp")  # names that mean something in one network only
_GONE = {404: "is not there (404)", 410: "was taken away (410)"}
# Where only the practice itself gets in, or where readers could change what they see.
_WORKSHOP = re.compile(
    r"https?://(?:docs\.google\.com/\S{1,200}/edit|drive\.google\.com/drive/(?:u/\d/)?(?:my-drive|home)|mail\.google\.com/"
    r"|calendar\.google\.com/calendar/(?:u/|r\b)|outlook\.(?:office|live|office365)\.com/(?:mail|calendar)|studio\.youtube\.com/"
    r"|www\.canva\.com/design/\S{1,200}/edit|[\w-]{1,60}-my\.sharepoint\.com/|[^/\s]{1,200}/wp-admin/)"
    r"|https?://\S{1,300}[?&]preview=true",
    re.IGNORECASE,
)
_COPY = "Copy the whole address from your browser; it begins with https://."
_OUR_COMPUTER = ("localhost", "127.0.0.1")  # told as a placeholder

Fault = tuple[Severity, str, str]
"""How bad it is, what is wrong as it is said after the name of the link, and what to do about it."""


def links_in(mails: Mails) -> list[Link]:
    """Every link of the mails once, by its address and its words."""
    found: dict[tuple[str, str], Link] = {}
    seen: set[str] = set()
    for sample in mails.unlike:
        if sample.html and sample.html not in seen:
            seen.add(sample.html)
            for link in sample.page.links:
                found.setdefault((link.href, " ".join(link.text.split())), link)
    return list(found.values())


def words_of(link: Link) -> str:
    """What readers click on, or the address where that is a picture."""
    return (" ".join(link.text.split()) or link.href.strip() or "without words")[:_SHOWN]


def called(link: Link) -> str:
    """`The link "Book a visit"`."""
    return f'The link "{words_of(link)}"'


def place_of(mails: Mails, link: Link) -> str:
    """Where its address was written, or its words where there is no address to look for."""
    sought = link.href.strip() if len(link.href.strip()) > 3 else " ".join(link.text.split())
    return mails.place_of(sought, HTML_PART) if sought else HTML_PART


@mail_rule("H13", "links that lead somewhere", *(ERROR, WARNING, ADVICE), source="Gmail: links must be understandable; RFC 3986")
def links_lead_somewhere(mails: Mails) -> Iterator[Finding]:
    """Not empty, no program, no draft that only we can open, no slip in our own name, https://; online, the page is asked for."""
    links = links_in(mails)
    sound = []
    for link in links:
        if fault := _fault(link.href):
            severity, what, fix = fault
            yield Finding(severity, place_of(mails, link), f"{called(link)} {what}", fix)
        elif (meant := _almost_ours(mails, link.href)) and meant[1] not in link.text.lower():  # words that name us: A14
            harm = f"{called(link)} leads to {meant[0]}, which is almost your own {meant[1]}, but not quite."
            yield warning(place_of(mails, link), f"{harm} Readers reach somebody else, or nobody.", f"Write {meant[1]}.")
        if not fault or fault[0] is not ERROR:
            sound.append(link)
    if isinstance(mails, Evidence) and mails.net:
        yield from _asked(mails, sound)


def _fault(href: str) -> Fault | None:
    """What is wrong with an address by itself; None where nothing is."""
    written = href.strip()
    found = _SCHEME.match(written)
    scheme = found.group().lower() if found else ""
    if (written.startswith("#") and len(written) > 1) or scheme in ("file", "cid") or "{{" in written:
        return None  # other rules tell these
    if scheme in ("http", "https"):
        return _page_fault(written, scheme)
    what, fix = _other_fault(written, scheme)
    return (ERROR, what, fix) if what else None


def _almost_ours(mails: Mails, href: str) -> tuple[str, str] | None:
    """The host of a link and the practice's own one, where they differ in one letter, or in two that changed places."""
    own = {mails.domain}
    if isinstance(mails, Evidence):
        clinic = mails.practice.text.practice
        own |= {host_of(address).removeprefix("www.") for address in (clinic.website, clinic.booking_url or "")}
    address = href.strip().partition("?")[0]
    host = address.rpartition("@")[2].lower() if address.lower().startswith("mailto:") else host_of(address).removeprefix("www.")
    if not host or any(host == mine or host.endswith(f".{mine}") for mine in own):
        return None
    return next(((host, mine) for mine in sorted(own) if len(mine) > _SHORT_NAME and _one_slip(host, mine)), None)


def _one_slip(one: str, other: str) -> bool:
    """Whether two names differ in one letter that is wrong, missing or too many, or in two that changed places."""
    if abs(len(one) - len(other)) > 1:
        return False
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, others = one[same:], other[same:]
    if len(one) != len(other):
        return rest[1:] == others or rest == others[1:]
    return rest[1:] == others[1:] or (rest[2:] == others[2:] and rest[:2] == others[1::-1])


def _other_fault(written: str, scheme: str) -> tuple[str, str]:
    """What is wrong with an address that leads to no web page, and what to do; nothing for `webcal:` and its kind."""
    what, fix = "", _COPY
    shown, rest = written[:_SHOWN], written.partition(":")[2]
    if written in ("", "#"):
        what, fix = "leads nowhere: it has no address.", "Write the page's address after `url:`, or take the link out."
    elif scheme in _PROGRAMS:
        what = f"runs a program ({scheme}:) instead of leading to a page: mail programs block it."
    elif scheme == "mailto":
        address = rest.partition("?")[0]
        domain = address.replace("%40", "@").rpartition("@")[2].split(",")[0]
        if address and (("@" not in address and "%40" not in address) or "." not in domain):
            what, fix = f'writes to "{address[:_SHOWN]}", which is no mail address.', "Write the whole address."
    elif scheme in _NUMBERS:
        if sum(letter.isdigit() for letter in rest) < 3:
            what, fix = f'calls "{shown}", which is no number.', "Write the number with its digits."
    elif not scheme or (rest.startswith("//") and "tp" in scheme):  # `htps:` and `ttps:`, not `webcal:`
        what = f'has the address "{shown}", which does not begin with https://: it leads nowhere.'
    return what, fix


def _page_fault(written: str, scheme: str) -> Fault | None:
    """The same for the address of a web page."""
    shown, host = written[:_SHOWN], host_of(written)
    number = number_of(host)
    if not host or not _readable(written):
        return ERROR, f'has the address "{shown}", which browsers cannot read.', _COPY
    if host not in _OUR_COMPUTER and number is None and ("." not in host or host.endswith(_INSIDE)):
        return ERROR, f'leads to "{host}", which is no name on the internet: readers get an error.', _COPY
    if number is not None and number.is_private and not number.is_loopback:
        return ERROR, f"leads to {host}, a computer inside your own network: readers cannot reach it.", _COPY
    return _page_doubt(written, scheme, host)


def _page_doubt(written: str, scheme: str, host: str) -> Fault | None:
    """The same for an address that may work, but not for everybody."""
    shown = written[:_SHOWN]
    if re.search(r"\s", written):
        return WARNING, f'has a blank inside its address ("{shown}"): some mail programs cut it off there.', _COPY
    if _WORKSHOP.match(written):
        harm = f"leads to where you write or edit ({shown}): readers are asked to log in, or could change it."
        return WARNING, harm, "Put what it shows on your website, and link to that page."
    if scheme == "http" and host not in _OUR_COMPUTER:
        harm = f"leads to a page without encryption ({shown}): browsers warn readers of it."
        return WARNING, harm, "Write https:// instead of http://, and try whether the page opens."
    return None


def _readable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0) and not set(parts.hostname or "") & set(",;!\"'<>")
    except ValueError:
        return False


def _asked(evidence: Evidence, links: list[Link]) -> Iterator[Finding]:
    """What the network says of the pages."""
    from newsletter.check.network.net import fetch_all

    assert evidence.net
    pages: dict[str, Link] = {}
    for link in links:
        if host_of(link.href) not in ("", *_OUR_COMPUTER) and link.href not in pages and _impersonal(evidence, link.href):
            pages[link.href] = link
    answers = fetch_all(evidence.net, list(pages)[:_MOST_ASKED])
    for url, answer in answers.items():
        if answer.asked and (fault := _page_trouble(answer)):
            severity, what, fix = fault
            link = pages[url]
            shown = called(link) if words_of(link) in url else f"{called(link)} ({url[:_SHOWN]})"
            yield Finding(severity, place_of(evidence, link), f"{shown} {what}", fix)
    unasked = {url: answer.trouble for url, answer in answers.items() if not answer.asked}
    unasked |= dict.fromkeys(list(pages)[_MOST_ASKED:], f"only {_MOST_ASKED} are asked")
    if unasked:
        yield _not_found_out(unasked)


def _not_found_out(unasked: dict[str, str]) -> Finding:
    """One finding for all pages that could not be asked for, by the reason why."""
    reasons: dict[str, list[str]] = {}
    for url, reason in unasked.items():
        reasons.setdefault(reason, []).append(url[:_SHOWN])
    told = [", ".join(urls[:3]) + (f" and {len(urls) - 3} more" if len(urls) > 3 else "") for urls in reasons.values()]
    many = "1 page" if len(unasked) == 1 else f"{len(unasked)} pages"
    why = "; ".join(f"{urls} ({reason})" for urls, reason in zip(told, reasons, strict=True))
    harm = f"Whether {many} behind your links can be reached was not found out: {why}."
    return advice(HTML_PART, harm, "Click these links yourself in the preview, or check again later.")


def _impersonal(evidence: Evidence, url: str) -> bool:
    """Whether a link says nothing about its reader: it stands so in the practice's own words, or in every mail.

    A link with a subscriber's name or code in it is never asked for: it would tell a website who is on the list.
    """
    if any(url in sample.opt_out for sample in evidence.samples):
        return False
    if url.lower() in evidence.written_lower:
        return True
    return all(any(link.href == url for link in sample.page.links) for sample in evidence.samples)


def _page_trouble(answer: Fetched) -> Fault | None:
    """What readers meet there; pages that only refuse to talk to programs are let pass."""
    from newsletter.check.network.net import INSIDE, NOT_KNOWN

    if answer.status in _GONE:
        return ERROR, f"leads to a page that {_GONE[answer.status]}.", "Open the website, find the page, and copy its address."
    if answer.status >= 500:
        harm = f"leads to a website that is out of order ({answer.status})."
        return WARNING, harm, "Try it in your browser; if it stays so, ask whoever looks after that website."
    if answer.trouble in (NOT_KNOWN, INSIDE):
        return ERROR, f"leads nowhere: {answer.trouble}. Readers get an error.", "Correct its address, or take the link out."
    if answer.trouble.startswith("it leads"):
        return ERROR, f"opens no page: {answer.trouble}.", "Open it in your browser, and copy the address of the page you want."
    if answer.trouble:
        return WARNING, f"opens no page: {answer.trouble}.", "Try it in your browser, and correct the address or tell its owner."
    return None


@mail_rule("H14", "no links to another place in the same mail", ADVICE, source="caniemail: local anchors (Gmail on iOS, Outlook)")
def no_jumps(mails: Mails) -> Iterator[Finding]:
    """Links that begin with `#` and a name, as in a table of contents."""
    jumps = [link for link in links_in(mails) if link.href.strip().startswith("#") and len(link.href.strip()) > 1]
    if jumps:
        many = "1 link jumps" if len(jumps) == 1 else f"{len(jumps)} links jump"
        harm = f'{many} to another place in the mail ("{words_of(jumps[0])}"): in Gmail on iPhones and others nothing happens.'
        yield advice(place_of(mails, jumps[0]), harm, "Delete the table of contents, or link to a page on your site.")
