"""What assistive technology goes by: the page's language and title, tables that are only layout, real links."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ERROR, WARNING, Finding, error, warning
from newsletter.check.markup import Element, Page
from newsletter.check.registry import mail_rule
from newsletter.check.sample import HTML_PART
from newsletter.check.words.shown_words import shortened

_DIRECTIONS = ("ltr", "rtl", "auto")
# What programs and templates leave in <title>; the words say nothing about any one mail.
_GENERIC_TITLES = frozenset(
    (
        *("untitled", "untitled document", "document", "new document", "title", "page title", "no title", "index", "home"),
        *("email", "e-mail", "mail", "message", "html email", "my email", "newsletter", "our newsletter", "email newsletter"),
        *("monthly newsletter", "template", "email template", "html email template", "responsive email template"),
        *("campaign", "test", "email test", "test email", "subject", "email title", "email subject"),
    )
)
_VML_LINK = r"(?i)<v:\w{1,40}\b[^>]{0,2000}?\shref\s{0,9}="
_LINK_TAG = r"(?i)<a\s[^>]{0,2000}?\bhref\s{0,9}="
_DATA_TAGS = frozenset(["th", "thead", "tfoot", "caption", "colgroup"])
_DATA_ROLES = frozenset(["table", "grid", "treegrid"])


@mail_rule(
    "C01",
    "its language said where mail programs keep it",
    ERROR,
    source="WCAG 2.2, 3.1.1; emailmarkup.org, accessibility report 2026",
)
def languages(mails: Mails) -> Iterator[Finding]:
    """`lang` and `dir` on <html>, and again on every part of the body that has words, because webmail drops <html>."""
    for sample in mails.unlike:
        elements = sample.page.elements
        top = next((element for element in elements if element.tag == "html"), None)
        if not sample.html:
            continue
        fix = f'Write lang="{mails.language}" dir="ltr" there; in a theme of your own, in the mjml tag of issue.mjml.'
        if problem := _language_fault(top, mails.language):
            harm = f"The page's html tag {problem}: a screen reader may speak the words as if they were of another language."
            yield error(HTML_PART, harm, fix)
        body = next((at for at, element in enumerate(elements) if element.tag == "body"), -1)
        for element in _parts_with_words(sample.page, body) if body >= 0 else ():
            if problem := _language_fault(element, mails.language):
                harm = (
                    f"Webmail drops the html tag, and the part of the page below it, <{element.tag}>, {problem}: "
                    "a screen reader may speak the words as if they were of another language."
                )
                yield error(HTML_PART, harm, fix)


def _language_fault(element: Element | None, language: str) -> str:
    """What is wrong with `lang` and `dir`, to be said after the element's name; empty where nothing is."""
    said = element.attributes if element else {}
    named = said.get("lang", "").strip().lower().partition("-")[0]
    if not (2 <= len(named) <= 3 and named.isalpha() and named.isascii()):
        return f'says "{said["lang"]}" where a language such as "{language}" belongs' if said.get("lang") else "names no language"
    if named != language:
        return f'says the language is "{named}", but the newsletter is in "{language}"'
    if said.get("dir", "").strip().lower() not in _DIRECTIONS:
        return 'does not say which way the words run (dir="ltr")'
    return ""


def _parts_with_words(page: Page, body: int) -> Iterator[Element]:
    """The body where words stand in it directly, and its children that have words or pictures with words."""
    seen = set()
    for element in page.elements[body:]:
        if element.hidden or not (element.text or element.attributes.get("alt")) or element.tag in ("style", "title", "script"):
            continue
        top = element
        while top.parent > body:
            top = page.elements[top.parent]
        if id(top) not in seen:
            seen.add(id(top))
            yield top


@mail_rule(
    "C02",
    "a title that says what the mail is about",
    WARNING,
    source="WCAG 2.2, 2.4.2; emailmarkup.org, accessibility report 2026",
)
def page_title(mails: Mails) -> Iterator[Finding]:
    """<title> is there and is neither empty nor a word that fits any mail, such as `Newsletter`."""
    for sample in mails.unlike:
        if not sample.html:
            continue
        element = next((element for element in sample.page.elements if element.tag == "title"), None)
        title = " ".join("".join(words for words, _ in element.text).split()) if element else ""
        better = shortened(mails.issue.text.title if isinstance(mails, Evidence) else sample.subject) or "Winter hours"
        if not title:
            harm = "The page has no title: a screen reader, and a browser that shows the mail, call it untitled."
            yield warning(HTML_PART, harm, f"Give it one, such as: <title>{better}</title> (in a theme: <mj-title>).")
        elif title.lower().strip(" .!-|") in _GENERIC_TITLES or title.lower().endswith((".html", ".htm")):
            harm = f'The page is titled "{shortened(title)}": that fits any mail, and tells nobody which one this is.'
            yield warning(mails.place_of(title, HTML_PART), harm, f'Say what this one is about, such as "{better}".')


@mail_rule("C03", "layout tables marked as layout", WARNING, source="WCAG 2.2, 1.3.1; emailmarkup.org, accessibility report 2026")
def layout_tables(mails: Mails) -> Iterator[Finding]:
    """Every table without header cells has role="presentation" (or "none"), those that only Outlook reads as well."""
    for sample in mails.unlike:
        tables, bare = _tables(sample.page)
        if bare:
            harm = (
                f"{bare} of {tables} tables are there for the layout and do not say so: "
                'a screen reader announces each one ("table with 3 rows") before it comes to the words.'
            )
            yield warning(HTML_PART, harm, 'Write role="presentation" into the table tags of the template.')
            return


def _tables(page: Page) -> tuple[int, int]:
    """How many tables there are, and how many of them are layout and do not say so."""
    data: set[int] = set()
    nearest: list[int] = []
    for at, element in enumerate(page.elements):
        nearest.append(at if element.tag == "table" else nearest[element.parent] if element.parent >= 0 else -1)
        if element.tag in _DATA_TAGS:
            data.add(nearest[at])
    tables = [(at, element) for at, element in enumerate(page.elements) if element.tag == "table"]
    bare = sum(
        at not in data and element.attributes.get("role", "").strip().lower() not in ("presentation", "none", *_DATA_ROLES)
        for at, element in tables
    )
    outlook = [tag for words, _ in page.comments if "<table" in words and "<th" not in words for tag in _table_tags(words)]
    return len(tables) + len(outlook), bare + sum("role=presentation" not in tag and "role=none" not in tag for tag in outlook)


def _table_tags(comment: str) -> list[str]:
    """The insides of the table tags that Outlook reads in a comment, in small letters, without blanks and quotation marks."""
    tags = [rest.partition(">")[0] for rest in comment.lower().split("<table")[1:]]
    return ["".join(tag.split()).replace('"', "").replace("'", "") for tag in tags]


@mail_rule(
    "C11",
    "links that a keyboard reaches",
    WARNING,
    source="parcel.io/blog/accessibility-checker-updates: keyboards and NVDA skip links in VML",
)
def drawn_links(mails: Mails) -> Iterator[Finding]:
    """No link or button that is a VML shape (`<v:roundrect href>`), and no link inside one."""
    for sample in mails.unlike:
        html = sample.html or ""
        if "<v:" not in html and "<V:" not in html:
            continue
        if shapes := len(re.findall(_VML_LINK, html)) + _links_in_boxes(html):
            what = "A link is" if shapes == 1 else f"{shapes} links are"
            harm = f"{what} drawn as a shape for Outlook on Windows: with a keyboard or a screen reader nobody can open it there."
            yield warning(HTML_PART, harm, "Use a padded link in a table cell instead, or <mj-button>, which is one.")
            return


def _links_in_boxes(html: str) -> int:
    """How many links stand between `<v:textbox>` and its end."""
    lower, count = html.lower(), 0
    start = lower.find("<v:textbox")
    while start >= 0 and (end := lower.find("</v:textbox", start)) >= 0:
        count += len(re.findall(_LINK_TAG, html[start:end]))
        start = lower.find("<v:textbox", end)
    return count
