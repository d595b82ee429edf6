"""What is wrong with the tags of a page: not closed, crossed, with quotation marks missing, or words between table cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.check.markup import Element, Page, Slip

_TABLE = frozenset(["table", "thead", "tbody", "tfoot", "tr"])
_IN_TABLE = _TABLE | frozenset(["caption", "colgroup", "col", "td", "th", "script", "style", "template", "input"])
_CELLS = _TABLE - {"table"} | {"td", "th"}
_MARKUP = re.compile(r"<[a-zA-Z/]")
_NEVER_MARKUP = ("style", "class", "id", "href", "src", "width", "height", "align", "valign", "bgcolor")
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the tags; `kind` tells which of several are the same, `written` is what stands there."""

    kind: str
    harm: str
    fix: str
    written: str = ""


def faults(page: Page) -> Iterator[Fault]:
    """What is wrong, causes before their consequences, which are left out: one missing mark can upset all tags behind it."""
    swallowing = [*_quotes(page), *_comments(page)]
    yield from swallowing
    if not swallowing:
        yield from (_of_slip(slip, page) for slip in page.slips)
    if not swallowing and all(slip.what == "twice" for slip in page.slips):
        yield from _around_cells(page)
        yield from _links_in_links(page)
    yield from _ids(page)


def _quotes(page: Page) -> Iterator[Fault]:
    """Tags in which a quotation mark is missing: names with marks in them, or values that swallowed the next tags."""
    names = {name for element in page.elements for name in element.attributes}
    odd = {name for name in names if '"' in name or "'" in name or "<" in name}
    for element in page.elements:
        values = element.attributes
        swallowed = any("<" in values[name] and _MARKUP.search(values[name]) for name in _NEVER_MARKUP if name in values)
        if swallowed or (odd and not odd.isdisjoint(values)):
            shown = _shown(element, page)
            harm = f"A quotation mark is missing or too many in {shown}. Programs take the next words for a part of the tag."
            yield Fault("quote", harm, 'Write each value between two quotation marks: width="600".', f"<{element.tag}")
            return


def _comments(page: Page) -> Iterator[Fault]:
    begun = page.html.rfind("<!--")
    if begun > page.html.rfind("-->"):
        shown = " ".join(page.html[begun : begun + _SHOWN].split())
        harm = f"A comment is never ended: {shown}. Readers see nothing of what stands behind it."
        yield Fault("comment", harm, "Write --> where the comment ends.", shown)
    for words, _ in page.comments:
        inside = words.find("<!--")
        if inside >= 0 and words[inside + 4 :].strip(" -"):
            shown = " ".join(words[:_SHOWN].split())
            harm = f"A comment begins inside another, or one was never ended: {shown}. Readers miss what stands between them."
            yield Fault("comment", harm, "Write --> where the first comment ends.", shown)
            return


def _of_slip(slip: Slip, page: Page) -> Fault:
    shown = _quoted(page.html[slip.offset : slip.offset + _SHOWN + 1])
    tag = f"<{slip.tag}>"
    if slip.what == "open":
        what, fix = f"{shown} is never closed", f"Write </{slip.tag}> where it ends."
    elif slip.what == "crossed":
        what, fix = f"{shown} is still open where </{slip.other}> stands", f"Write </{slip.tag}> before that </{slip.other}>."
    elif slip.what == "stray":
        what, fix = f"</{slip.tag}> closes nothing", f"Delete it, or write {tag} where it should begin."
    else:
        harm = f"{shown} has {slip.other} twice. Programs read only the first and drop the second."
        return Fault("twice", harm, f"Write both into one {slip.other}.", f"<{slip.tag}")
    harm = f"{what}. Programs guess what was meant, and each guesses otherwise."
    return Fault("tags", harm, fix, shown if "=" in shown else "")


def _around_cells(page: Page) -> Iterator[Fault]:
    """Words or tags between the cells of a table, which programs push out of it, and cells without a table."""
    in_table: list[bool] = []
    for element in page.elements:
        above = page.elements[element.parent] if element.parent >= 0 else None
        around = above is not None and (above.tag == "table" or in_table[element.parent])
        in_table.append(around)
        if above is not None and above.tag in _TABLE and element.tag not in _IN_TABLE and ":" not in element.tag:
            harm = f"{_shown(element, page)} stands between the cells of a table. Programs show it above the table."
            yield Fault("cells", harm, "Put it into a cell, between <td> and </td>.", f"<{element.tag}")
        if element.tag in _TABLE and element.text:
            words = " ".join(element.text[0][0].split())[:_SHOWN]
            harm = f'The words "{words}" stand between the cells of a table. Programs show them above the table.'
            yield Fault("cells", harm, "Put them into a cell, between <td> and </td>.", words)
        if element.tag in _CELLS and not around:
            harm = f"{_shown(element, page)} stands in no table. Programs drop the tag, and with it its width and colors."
            yield Fault("cells", harm, "Put <table> before it, and </table> behind.", f"<{element.tag}")


def _links_in_links(page: Page) -> Iterator[Fault]:
    in_link: list[bool] = []
    for element in page.elements:
        above = page.elements[element.parent] if element.parent >= 0 else None
        around = above is not None and (above.tag == "a" or in_link[element.parent])
        in_link.append(around)
        if around and element.tag == "a":
            harm = f"{_shown(element, page)} stands inside another link. Programs end the first link there."
            yield Fault("links", harm, "End the first link with </a> before the next begins.")


def _ids(page: Page) -> Iterator[Fault]:
    seen: set[str] = set()
    for element in page.elements:
        name = element.attributes.get("id", "")
        if name and name in seen:
            harm = f'Two parts of the page have the id "{name[:_SHOWN]}". Links and screen readers go to the first for both.'
            yield Fault("ids", harm, "Give each its own id, or delete them.", f'id="{name}"')
            return
        seen.add(name)


def _shown(element: Element, page: Page) -> str:
    return _quoted(page.html[element.offset : element.offset + _SHOWN + 1])


def _quoted(markup: str) -> str:
    """The tag at the beginning of a piece of a page, cut off where it is long."""
    tag = markup[: markup.find(">") + 1] or f"{markup[:_SHOWN]} ..."
    return " ".join(tag.split())
