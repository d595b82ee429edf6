"""What classic Outlook shows otherwise because it draws with Word: widths, and tables that should be hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.check import css
from newsletter.check.markup import Element, Page
from newsletter.check.page.alternatives import Index
from newsletter.check.page.features import Use

_BLOCKS = frozenset(["body", "div", "section", "main", "article", "center", "header", "footer", "p"])
_LEAST, _MOST = 300, 900  # pixels: between them, a width is that of the letter
_PIXELS = re.compile(r"(\d{1,5})(?:\.\d+)?(?:px)?")
_WIDE = re.compile(r"<(?:table|td|v:rect)\b[^>]*\bwidth\s*[=:]\s*[\"']?\s*[3-8]\d\d\b", re.IGNORECASE)


def uses(page: Page, index: Index) -> Iterator[Use]:
    """Every use in a page that only Word gets wrong, and that nothing beside it puts right."""
    for name, looked in (("css-max-width", _widths(page)), ("css-display-none", _hidden(page))):
        if entry := index.by_id.get(name):
            yield from (Use(entry, one.offset, written) for one, written in looked)


def _widths(page: Page) -> Iterator[tuple[Element, str]]:
    """The first block whose width only max-width holds, where no table on the page has a width for Outlook."""
    for element in page.elements:
        if element.tag not in _BLOCKS or element.hidden or "max-width" not in element.attributes.get("style", ""):
            continue
        width = _declared(element).get("max-width", "")
        if _in_letter(width):
            if not _has_width(page):
                yield element, f"max-width:{width}"
            return


def _has_width(page: Page) -> bool:
    if any(_WIDE.search(words) for words, _ in page.comments):
        return True
    tables = (element for element in page.elements if element.tag in ("table", "td"))
    return any(_in_letter(table.attributes.get("width", "")) or _in_letter(_declared(table).get("width", "")) for table in tables)


def _in_letter(width: str) -> bool:
    found = _PIXELS.fullmatch(width.strip())
    return found is not None and _LEAST <= int(found[1]) <= _MOST


def _hidden(page: Page) -> Iterator[tuple[Element, str]]:
    """Pictures, and blocks with tables inside, that display:none alone hides: Word hides neither."""
    outermost: list[int] = []  # for each element the outermost hidden one around it, -1 where it shows
    for place, element in enumerate(page.elements):
        above = outermost[element.parent] if element.parent >= 0 else -1
        outermost.append(above if above >= 0 else place if element.hidden else -1)
        if element.tag == "img" and element.hidden and above < 0 and _only_not_displayed(element):
            yield element, "display:none"
        elif element.tag == "table" and above >= 0 and _only_not_displayed(page.elements[above]):
            yield page.elements[above], "display:none"


def _only_not_displayed(element: Element) -> bool:
    declared = _declared(element)
    return declared.get("display") == "none" and "mso-hide" not in declared


def _declared(element: Element) -> dict[str, str]:
    return {one.name: one.value.lower() for one in css.declarations(element.attributes.get("style", ""))}
