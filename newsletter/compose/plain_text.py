"""The text part's layout: paragraphs, lists and links in lines of at most 78 columns."""

from __future__ import annotations

import re
import textwrap

WIDTH = 78
_SLOT_WIDTH = 8  # letters that a merge field is taken for where only its length counts
_HANG = re.compile(r"\s*(?:[-*] |\d+\. |> )?")


class Laid(str):
    """Text that is laid out: its merge fields are slots, and braces left in it are only braces."""

    __slots__ = ()


def fold(text: str, first: str = "", rest: str | None = None, slots: re.Pattern[str] | None = None) -> Laid:
    """One paragraph in lines of 78 columns, `first` before the first and `rest` before the others.

    A paragraph with slots stays one line: only the values decide where it breaks (`refold`).
    """
    rest = " " * len(first) if rest is None else rest
    lines = []
    for number, part in enumerate(text.split("\n")):
        lead = rest if number else first
        words = " ".join(part.split())
        if slots and slots.search(words):
            lines.append(lead + words)
        else:
            lines += textwrap.wrap(
                words, WIDTH, initial_indent=lead, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
            )
    return Laid("\n".join(lines))


def blocks(marked: list[tuple[str, str]], indent: str, slots: re.Pattern[str] | None = None) -> Laid:
    """Paragraphs and list items one after the other; items follow each other without a blank line."""
    text = ""
    for number, (mark, words) in enumerate(marked):
        if number:
            previous = marked[number - 1][0]
            text += "\n" if mark.strip() and previous.strip() else "\n\n"
        text += fold(words, indent + mark, indent + " " * len(mark), slots)
    return Laid(text)


def refold(line: str) -> str:
    """A filled line broken into lines of 78 columns, hanging under the text of its list mark."""
    if len(line) <= WIDTH:
        return line
    lead = _HANG.match(line)
    hang = " " * (lead.end() if lead else 0)
    lines, current = [], ""
    for word in line[len(hang) :].split(" "):
        if current and len(hang) + len(current) + 1 + len(word) > WIDTH:
            lines.append(current)
            current = word
        else:
            current = f"{current} {word}" if current else word
    lines.append(current)
    return line[: len(hang)] + f"\n{hang}".join(lines)


def underline(text: str, sign: str = "-", slots: re.Pattern[str] | None = None) -> str:
    """A line of `sign` as long as the text's longest line."""
    if slots:
        text = slots.sub("x" * _SLOT_WIDTH, text)
    return sign * min(WIDTH, max((len(line) for line in text.split("\n")), default=0))


def tidy(text: str) -> str:
    """No blanks at line ends, at most one blank line in a row, one newline at the end."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"
