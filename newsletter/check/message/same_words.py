"""Whether the page and the plain text of a mail say the same, and lead to the same places."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from functools import lru_cache
from urllib.parse import unquote

from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import WARNING, Finding, warning
from newsletter.check.registry import mail_rule
from newsletter.check.sample import TEXT_PART, Sample

_LEAST = 0.6  # of the different words of either part must stand in the other
_FEWEST = 8  # words that must be missing before two short parts are called different
_BEHIND = ".,;:!?'\u2019)]}>*_"  # signs that may stand behind a link in a sentence
_MOST_BEHIND = 4  # of them
_TOLD = 3  # words or links quoted in a finding
_LINK = re.compile(r"https?://[^\s<>\"]{1,2000}")
_ADDRESSES = ("mailto:", "tel:", "www.")
# A word; of scripts that put no blanks between words, a single sign.
_WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")
_INVISIBLE = dict.fromkeys((0xAD, 0x34F, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_FIX = "Let issue.txt of your theme say what issue.mjml says, or delete your own issue.txt: the theme has a good one."


@mail_rule(
    "M10", "a plain text that says what the page says", WARNING, source="SpamAssassin MPART_ALT_DIFF; RFC 2046 section 5.1.4"
)
def same_words(mails: Mails) -> Iterator[Finding]:
    """At least 60 % of the different words of each part stand in the other one, and the links of one are in the other."""
    for sample in _one_each(mails):
        if sample.html and sample.text:
            if apart := _words_apart(sample):
                yield apart
                return
            yield from _links_apart(sample, mails)


def _one_each(mails: Mails) -> Iterable[Sample]:
    """One mail of each audience: those of one audience differ by no more than names."""
    tags = mails.issue.tags if isinstance(mails, Evidence) else frozenset[str]()
    return {sample.subscriber.tags & tags: sample for sample in mails.samples}.values()


def _words_apart(sample: Sample) -> Finding | None:
    page, text = _words(sample.page.visible), _words(sample.text or "")
    described = _words(" ".join(picture.attributes.get("alt", "") for picture in sample.page.pictures))
    for here, there, of, inside in (
        (page, {*text}, "page", "plain text"),
        (text, {*page, *described}, "plain text", "page"),
    ):
        missing = [word for word in here if word not in there]
        if len(missing) >= _FEWEST and len(missing) > (1 - _LEAST) * len(here):
            quoted = '", "'.join(missing[:_TOLD])
            harm = (
                f"The page and the plain text say different things: of {len(here)} words of the {of}, {len(missing)} are missing "
                f'in the {inside}, as "{quoted}". Readers of one part miss what the other says, and spam filters mind.'
            )
            return warning(TEXT_PART, harm, _FIX)
    return None


def _words(text: str) -> dict[str, None]:
    """The different words of a text in their order, addresses of pages apart."""
    plain = text.lower() if text.isascii() else text.translate(_INVISIBLE).lower()
    told = " ".join(word for word in plain.split() if "://" not in word and not word.startswith(_ADDRESSES))
    return dict.fromkeys(_WORD.findall(told))


def _links_apart(sample: Sample, mails: Mails) -> Iterator[Finding]:
    """Links in one part only. The way out has rules of its own, and telephone numbers are no links in plain text."""
    out = {_place(address) for address in sample.opt_out}
    in_page = {_place(link.href): link.href for link in sample.page.links if _LINK.match(link.href)}
    in_text = {_place(url): url for url in _links_in(sample, in_page.keys() | out)}
    shown = {_place(link.href) for link in sample.page.links if not link.hidden and link.text.strip()} - out
    lost = [url for place, url in in_page.items() if place in shown and place not in in_text]
    added = [url for place, url in in_text.items() if place not in out and place not in in_page]
    if isinstance(mails, Evidence):
        lost = [url for url in lost if _is_written(url, mails)]
    else:  # services that count clicks give each link of a mail an address of its own, in each part another
        hosts = {place.partition("/")[0] for place in in_page}
        lost = [] if in_text else lost
        added = [url for url in added if _place(url).partition("/")[0] not in hosts]
    for urls, here, there in ((lost, "page", "plain text"), (added, "plain text", "page")):
        if urls:
            more = f" and {len(urls) - _TOLD} more" if len(urls) > _TOLD else ""
            named = ", ".join(url[:80] for url in urls[:_TOLD])
            harm = f"The {here} leads to {named}{more}, the {there} does not: its readers miss that."
            yield warning(mails.place_of(urls[0], TEXT_PART), harm, _FIX)


def _links_in(sample: Sample, known: Container[str]) -> Iterator[str]:
    """The links of the text part without the punctuation behind them, and without what the page shows as plain words."""
    for written in dict.fromkeys(_LINK.findall(sample.text or "")):
        url = written
        for _ in range(_MOST_BEHIND):
            if _place(url) not in known and url[-1] in _BEHIND:
                url = url[:-1]
        if _place(url) in known or url not in sample.page.visible:
            yield url


def _is_written(url: str, mails: Mails) -> bool:
    """Whether a link stands in the files of the practice: what a theme adds to the page alone is its own affair."""
    return any(form.rstrip("/").lower() in mails.written_lower for form in (url, unquote(url)))


@lru_cache(maxsize=1024)
def _place(url: str) -> str:
    """An address as it can be compared: without scheme, `www.`, fragment and last slash, in any spelling."""
    return unquote(url).partition("#")[0].partition("://")[2].lower().removeprefix("www.").rstrip("/")
