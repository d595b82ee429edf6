"""What a page loads from elsewhere when it is opened, and whether that is the sender's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.check import css
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.markup import Element, Page
from newsletter.check.page.hosts import host_of, owner_of

_URL = re.compile(r"url\(\s*[\"']?([^\"')\s]+)", re.IGNORECASE)
_WRITTEN = re.compile(r"[\"'(]\s*[\"']?((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)
_SOURCES = {  # attributes that load; scripts, frames and objects are another rule's
    "img": ("src",),
    "source": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "input": ("src",),
    "image": ("href", "xlink:href"),
    **dict.fromkeys(("body", "table", "tr", "td", "th"), ("background",)),
}
_CONTACTS = frozenset(["stylesheet", "preconnect", "dns-prefetch", "preload", "prefetch", "icon", "modulepreload"])
_HIDING = {("display", "none"), ("visibility", "hidden"), ("opacity", "0")}


@dataclass(frozen=True, slots=True)
class Load:
    """One address that opening the page asks for: `picture`, `pixel` (too small to be seen) or `style` (rules, fonts)."""

    kind: str
    url: str
    offset: int

    @property
    def host(self) -> str:
        """The name of the computer that is asked, lower case; empty where the address names none."""
        return _host(self.url)


def _host(url: str) -> str:
    """`cdn.example` of `https://cdn.example/a.png` and `//cdn.example/a.png`; empty where there is none (`cid:`, a path)."""
    return host_of(f"https:{url}" if url.startswith("//") else url)


def loads_of(page: Page) -> Iterator[Load]:
    """Everything that a mail program may ask for when the page is opened, in the order of the page."""
    for element in page.elements:
        attributes = element.attributes
        if element.tag in _SOURCES:
            kind = "pixel" if element.tag == "img" and _is_pixel(element) else "picture"
            for name in _SOURCES[element.tag]:
                if name in attributes:
                    yield Load(kind, attributes[name], element.offset)
            for candidate in attributes.get("srcset", "").split(","):
                yield from (Load(kind, url, element.offset) for url in candidate.split()[:1])
        elif element.tag == "link" and not _CONTACTS.isdisjoint(attributes.get("rel", "").lower().split()):
            yield Load("style", attributes.get("href", ""), element.offset)
        elif element.tag == "style":
            for sheet, offset in element.text:
                yield from _in_sheet(sheet, offset)
        style = attributes.get("style", "")
        if "url(" in style or "URL(" in style:
            yield from (Load("picture", url, element.offset) for url in _URL.findall(style))


def sheet_host(page: Page, offset: int, written: str) -> str:
    """The host from which a `<link>` at an offset, or an `@import` as it is `written`, takes a style sheet."""
    if written.startswith("@import"):
        return next((_host(url) for url in _WRITTEN.findall(written)), "")
    return next((_host(e.attributes.get("href", "")) for e in page.elements if e.offset == offset), "")


def _in_sheet(sheet: str, offset: int) -> Iterator[Load]:
    if "url(" not in sheet.lower() and "@import" not in sheet.lower():
        return
    for rule in css.style_sheet(sheet):
        if rule.selector.startswith("@import"):
            yield from (Load("style", url, offset) for url in _WRITTEN.findall(rule.selector)[:1])
        for declared in rule.declarations:
            kind = "style" if rule.selector.startswith("@font-face") else "picture"
            yield from (Load(kind, url, offset) for url in _URL.findall(declared.value))


def _is_pixel(element: Element) -> bool:
    """Whether a picture is too small to be seen, or hides itself and has no words either."""
    sizes = {name: element.attributes.get(name, "") for name in ("width", "height")}
    hides = False
    for declared in css.declarations(element.attributes.get("style", "")):
        if declared.name in sizes:
            sizes[declared.name] = declared.value
        hides |= {declared.name: declared.value.lower()}.items() <= _HIDING
    tiny = all(size.strip().removesuffix("px") in ("0", "1", "2") for size in sizes.values())
    return tiny or (hides and not element.attributes.get("alt"))


def own_domains(mails: Mails) -> frozenset[str]:
    """The domains whose computers are the sender's own, and all below them."""
    hosts = {mails.domain}
    if isinstance(mails, Evidence):
        practice = mails.practice.text
        hosts |= {host_of(url) for url in (practice.practice.website, practice.images.base_url or "")}
        return frozenset(host.removeprefix("www.") for host in hosts if host)
    return frozenset(owner_of(host) for host in hosts if host)


def is_foreign(host: str, own: frozenset[str]) -> bool:
    """Whether a computer is none of the sender's."""
    return bool(host) and not any(host == domain or host.endswith(f".{domain}") for domain in own)
