"""Draws the page by which people leave the list: one calm card in the practice's colour, without a script or a picture."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from newsletter.listen.page_words import WORDS, Said, Words
from newsletter.read.practice import OPT_OUT_PAGE, PracticeText

LEAVE, RETURN = b"wish=leave", b"wish=return"
"""What the page's two buttons post."""

_PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
_STYLE = Template(Path(__file__).with_name("page.css").read_text(encoding="utf-8"))
_LONGEST_HEADER = 200  # letters of Accept-Language that are looked at


@dataclass(frozen=True)
class OptOutPage:
    """The page of one practice, in every state and language."""

    practice: PracticeText

    @cached_property
    def style(self) -> str:
        """The style sheet with the practice's colour, and black or white on it, whichever can be read better."""
        brand = self.practice.brand.color
        return _STYLE.substitute(brand=brand, on_brand="#ffffff" if _is_dark(brand) else "#000000")

    @cached_property
    def policy(self) -> str:
        """The Content-Security-Policy: its own style sheet, its own form, nothing else."""
        digest = base64.b64encode(hashlib.sha256(self.style.encode()).digest()).decode("ascii")
        return (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )

    def words(self, accept_language: str) -> tuple[str, Words]:
        """The language that a browser likes best among ours (RFC 9110 section 12.5.4), else the practice's, else English."""
        for language in (*_preferred(accept_language[:_LONGEST_HEADER]), self.practice.language.lower().split("-")[0]):
            if language in WORDS:
                return language, WORDS[language]
        return "en", WORDS["en"]

    def draw(self, accept_language: str, which: str) -> bytes:
        """One page as HTML; `which` is a field of Words."""
        language, words = self.words(accept_language)
        said: Said = getattr(words, which)
        fills = {"practice": escape(self.practice.practice.name), "contact": self._contact(words)}
        parts = [f"<p>{text.format(**fills)}</p>" for text in said.paragraphs]
        if said.button:
            look = "loud" if which == "ask" else "quiet"
            parts.append(_button(said.button, RETURN if which == "left" else LEAVE, look))
        if said.small:
            parts.append(f'<p class="small">{said.small}</p>')
        filled = {"practice": fills["practice"], "style": self.style, "body": "\n".join(parts), "itself": OPT_OUT_PAGE}
        return _PAGE.substitute(filled, language=language, title=said.title).encode()

    def _contact(self, words: Words) -> str:
        """How to tell the practice itself, as two links: its mailbox, and its telephone."""
        mailbox, phone = self.practice.sender.answers_to, self.practice.practice.phone
        mail = f'<a href="mailto:{escape(quote(mailbox, safe="@"))}?subject=unsubscribe">{escape(mailbox)}</a>'
        call = f'<a href="tel:{re.sub("[^0-9+]", "", phone)}">{escape(phone)}</a>'
        return words.write_or_call.format(mail=mail, phone=call)


def _button(label: str, wish: bytes, look: str) -> str:
    name, _, value = wish.decode().partition("=")
    hidden = f'<input type="hidden" name="{name}" value="{value}">'
    return f'<form method="post">{hidden}<button class="{look}">{label}</button></form>'


def _preferred(header: str) -> list[str]:
    """The languages of an Accept-Language header without their regions, the most wanted first."""
    wanted = []
    for number, item in enumerate(header.lower().split(",")):
        language, _, weight = item.partition(";")
        found = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", weight)
        quality = float(found.group(1)) if found else float(not weight)
        if quality:
            wanted.append((-quality, number, language.strip().split("-")[0]))
    return [language for _, _, language in sorted(wanted)]


def _is_dark(color: str) -> bool:
    """Whether white can be read better on a colour than black; one of the two always has 4.5:1 (WCAG 2.2, relative luminance)."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179
