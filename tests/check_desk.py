"""A desk on which a test writes a practice, an issue and a list, and the ways to spoil what comes of them."""

from __future__ import annotations

import binascii
import quopri
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from newsletter.check.evidence import NOTHING_KNOWN, Evidence, Record, gather
from newsletter.check.network.net import Net
from newsletter.compose.mail import Mail
from newsletter.ledger.keys import Keys
from newsletter.read.issue import read_issue
from newsletter.read.practice import read_practice
from newsletter.read.subscribers import SubscriberList

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
KEYS = Keys((b"a key for tests only, 32 bytes..",))
ISSUE = """\
title: Small Breaks
subject: '{{ first_name or "Hello" }}, small breaks help'
preheader: Short breaks do more for your back than a perfect chair, and they cost nothing.
date: 2026-12-01
opening: |
  Hello {{ first_name or "neighbor" }},

  None of us sits still for long. This is general information, not a diagnosis.
body:
  - heading: Stand up each hour
    text: Walk about for five minutes or so.
  - type: image
    image: images/back-muscles.png
    alt: A person seen from behind.
    credit: "Illustration: Riverbend Chiropractic"
"""
LIST = """\
email,first_name,tags,status
anna.petrov@mail.example,Anna,desk,active
zoe.lindqvist@mail.example,Zoë,,active
river.walks@post.example,,seniors,active
alexandra.m@longmail.example,Alexandra-Catherine,desk,active
"""


@dataclass
class Desk:
    """A practice's folder in which a test writes what it likes; `evidence` reads it as `newsletter check` does."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> Desk:
        """A folder with one practice, one issue and four people, with nothing wrong in it."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "practice.example.yaml", folder / "practice.yaml")
        (folder / "issues").mkdir()
        (folder / "images").mkdir()
        for name in ("logo.png", "ana-reyes.jpg", "back-muscles.png"):
            shutil.copy(ROOT / "issues" / "images" / name, folder / "images")
        desk = cls(folder)
        desk.issue(ISSUE)
        desk.people(LIST)
        return desk

    def issue(self, text: str) -> Desk:
        """Writes the issue."""
        (self.folder / "issues" / "small-breaks.yaml").write_text(text, encoding="utf-8")
        return self

    def people(self, text: str) -> Desk:
        """Writes the list."""
        (self.folder / "subscribers.csv").write_text(text, encoding="utf-8")
        return self

    def in_practice(self, old: str, new: str) -> Desk:
        """Changes a line of practice.yaml."""
        path = self.folder / "practice.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        return self

    def theme(self, name: str, text: str) -> Desk:
        """Gives the practice a template of its own."""
        path = self.folder / "templates" / "clinic" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return self

    @property
    def mail(self) -> Mail:
        """The issue as it is written now."""
        people = SubscriberList(self.folder / "subscribers.csv", self.folder)
        path = self.folder / "issues" / "small-breaks.yaml"
        return Mail.of(read_practice(self.folder), read_issue(path, self.folder, people.fields))

    def evidence(self, record: Record = NOTHING_KNOWN, now: datetime = NOW, net: Net | None = None) -> Evidence:
        """What the rules look at."""
        return gather(self.mail, SubscriberList(self.folder / "subscribers.csv", self.folder), KEYS, now, record, net)


Case = Callable[[Desk], Evidence]
Change = Callable[[bytes], bytes]
TRIPS: dict[str, list[Case]] = {}
NEAR_MISSES: dict[str, list[Case]] = {}
TOGETHER = {  # rules that a breach of another always breaks as well
    "A06": {"A02"},  # a mailbox that vouches only for its own provider's domain is a free one
    "U06": {"H01"},  # a page in which the footer is cut off is a page that is cut off
}


def trips(rule_id: str) -> Callable[[Case], Case]:
    """The case breaks exactly this rule."""
    return lambda case: kept(TRIPS, rule_id, case)


def near(rule_id: str) -> Callable[[Case], Case]:
    """The case looks like a breach of this rule and is none."""
    return lambda case: kept(NEAR_MISSES, rule_id, case)


def kept(table: dict[str, list[Case]], rule_id: str, case: Case) -> Case:
    """Puts a case into a table."""
    table.setdefault(rule_id, []).append(case)
    return case


def spoilt(evidence: Evidence, change: Change) -> Evidence:
    """The same, with the bytes of every mail changed; the change must change something."""
    samples = tuple(replace(sample, content=change(sample.content)) for sample in evidence.samples)
    assert any(new.content != old.content for new, old in zip(samples, evidence.samples, strict=True))
    return replace(evidence, samples=samples)


def without(name: str) -> Change:
    """Takes a header out."""
    return lambda content: re.sub(rb"(?m)^%b:.*\r\n(?:[ \t].*\r\n)*" % name.encode(), b"", content, count=1)


def with_header(name: str, value: str) -> Change:
    """Puts a header in, at the top."""
    return lambda content: f"{name}: {value}\r\n".encode() + content


def with_value(name: str, value: str) -> Change:
    """Gives a header another value."""
    return lambda content: with_header(name, value)(without(name)(content))


def in_part(kind: str, change: Callable[[str], str]) -> Change:
    """Changes the decoded words of the text or HTML part and encodes them again."""

    def spoil(content: bytes) -> bytes:
        head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
        before, _, rest = content.partition(head)
        body, boundary, after = rest.partition(b"\r\n--=_")
        old = quopri.decodestring(body).decode().replace("\r\n", "\n")
        words = change(old)
        if words == old:
            return content
        return before + head + binascii.b2a_qp(words.encode()).replace(b"\n", b"\r\n") + boundary + after

    return spoil


def in_html(old: str, new: str) -> Change:
    """Replaces words of the page."""
    return in_part("html", lambda page: page.replace(old, new))


def in_text(old: str, new: str) -> Change:
    """Replaces words of the text part."""
    return in_part("plain", lambda text: text.replace(old, new))


def body_start(markup: str) -> Change:
    """Puts markup at the beginning of the page's body, into its one element, which names the language."""
    begun = r"<body[^>]*>\s*<div[^>]*>"
    return in_part("html", lambda page: re.sub(begun, lambda found: found.group() + markup, page, count=1))
