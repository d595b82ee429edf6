"""Finds the line of a practice's own template behind something that stands in the finished page."""

from __future__ import annotations

import re

from newsletter.check.evidence import Evidence, Mails
from newsletter.check.sample import HTML_PART
from newsletter.errors import shown_path

_TEMPLATES = frozenset([".mjml", ".css"])
_LONGEST = 400_000  # bytes of one template
_TOKEN = re.compile(r"[\w.#-]+|\S")
_TOKENS = 12  # of what is looked for; more would find less, because the page is written anew


def theme_place(mails: Mails, *written: str) -> str:
    """`templates/clinic/head.css:12`, the first line that has one of these, blanks aside; else the HTML part of the mail.

    What comes first is looked for first, in all files.
    """
    if not isinstance(mails, Evidence):
        return HTML_PART
    files = [path for path in mails.mail.theme.own_files if path.suffix in _TEMPLATES]
    texts = [(path, path.read_bytes()[:_LONGEST].decode("utf-8", "replace")) for path in files]
    for words in filter(None, written):
        wanted = re.compile(r"\s*".join(re.escape(token) for token in _TOKEN.findall(words)[:_TOKENS]), re.IGNORECASE)
        for path, text in texts:
            if found := wanted.search(text):
                return f"{shown_path(path, mails.practice.folder)}:{text.count(chr(10), 0, found.start()) + 1}"
    return HTML_PART
