"""The practice that sends: who it is, its brand, its sender and its mail server, from `practice.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from newsletter.errors import Missing
from newsletter.read import explain, merge
from newsletter.read.fields import (
    Color,
    Email,
    Language,
    Line,
    PicturePath,
    Section,
    Text,
    TimeZone,
    WebLink,
    YesNo,
    link_fault,
    refuse,
)
from newsletter.read.inbox import Inbox
from newsletter.read.providers import Smtp
from newsletter.read.yaml_file import Document, read_document

_PASSWORD_KEYS = ("password", "pass", "passwd", "secret", "token", "api_key", "app_password")
OPT_OUT_PAGE = "the opt-out page of newsletter"
"""What the page that `newsletter serve` runs says of itself: a link that is nobody's is no fault of its."""
_LONGEST_URL = 500  # with the code and the mailto address it stays far under 998 octets (RFC 5322 section 2.1.1)


class Address(Section):
    """The postal address that mail law wants in every newsletter."""

    street: Line
    city: Line
    state: Line | None = None
    postal_code: Line
    country: Line = "US"


class Clinic(Section):
    """The clinic itself."""

    name: Line
    address: Address
    phone: Line
    website: WebLink
    booking_url: WebLink | None = None
    hours: tuple[Line, ...] = ()
    social: dict[Line, WebLink] = Field(default_factory=dict)


class Practitioner(Section):
    """Who writes: name, letters after the name, portrait and a few sentences."""

    name: Line
    credentials: Line | None = None
    photo: PicturePath | None = None
    bio: Text | None = None
    license: Line | None = None

    @property
    def full_name(self) -> str:
        """`Dr. Ana Reyes, D.C.`"""
        return f"{self.name}, {self.credentials}" if self.credentials else self.name


class Brand(Section):
    """Theme, two colours and a logo."""

    theme: Line = "clinic"
    color: Color = "#1f6f78"
    accent: Color = "#e07a3f"
    logo: PicturePath | None = None


class Sender(Section):
    """The From and Reply-To of every mail; `dkim_selectors` are the names under which the domain's DKIM keys stand in DNS."""

    name: Line
    email: Email
    reply_to: Email | None = None
    dkim_selectors: tuple[Line, ...] = ()

    @property
    def answers_to(self) -> str:
        """Where readers' answers arrive: an address that somebody at the practice reads."""
        return self.reply_to or self.email


class Readers(Section):
    """Who is on the list: patients or not, and how they agreed, where no column of the list says it for each."""

    patients: YesNo = False
    consent: Line | None = None


class Images(Section):
    """Whether pictures travel inside each mail, or lie on a website."""

    mode: Literal["embed", "hosted"] = "embed"
    base_url: WebLink | None = None

    @model_validator(mode="after")
    def _hosted_somewhere(self) -> Images:
        if self.mode == "hosted" and not (self.base_url or "").startswith("https://"):
            refuse("hosted pictures need `base_url`, beginning with https://: the web folder where you put them.")
        return self


class Unsubscribe(Section):
    """Where an opt-out goes: a mailbox, a page, or both; `{token}` stands for the subscriber's own code."""

    mailto: Email | None = None
    url: Line | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Unsubscribe:
        if self.url:
            if not self.url.startswith("https://"):
                refuse(f'"{self.url}" must begin with https:// (RFC 8058, section 3.1).')
            if "{token}" not in self.url:
                refuse("`url` must hold {token}, so that the page knows who opts out: https://riverbend.example/u/{token}.")
            bare = self.url.replace("{token}", "token")
            if fault := link_fault(bare, self.url):
                refuse(fault)
            if not bare.isascii() or "," in bare or "{token}" in self.url.split("/", 3)[2]:
                refuse(f'"{self.url}" has an accent, a comma or {{token}} where mail programs cannot read it.')
            if len(self.url) > _LONGEST_URL:
                refuse(f"`url` is longer than {_LONGEST_URL} letters, more than mail programs read.")
        elif not self.mailto:
            refuse(
                "it needs `mailto: unsubscribe@your-domain` or `url: https://your-domain/u/{token}`, so that people can opt out."
            )
        return self


class PracticeText(Section):
    """The keys of practice.yaml."""

    practice: Clinic
    practitioner: Practitioner
    brand: Brand = Field(default_factory=Brand)
    sender: Sender
    smtp: Smtp
    inbox: Inbox = Field(default_factory=Inbox)
    images: Images = Field(default_factory=Images)
    unsubscribe: Unsubscribe
    subscribers: Readers = Field(default_factory=Readers)
    mail_programs: tuple[Line, ...] = ()
    language: Language = "en"
    timezone: TimeZone = "UTC"


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice's folder and what its practice.yaml says."""

    folder: Path
    text: PracticeText
    document: Document

    @property
    def domain(self) -> str:
        """The sender's domain in ASCII, for Message-IDs and Content-IDs."""
        return self.text.sender.email.rpartition("@")[2].encode("idna").decode("ascii")


def read_practice(folder: Path) -> Practice:
    """Reads practice.yaml of a folder; raises Missing with the command that makes one, or ProblemsFound."""
    path = folder / "practice.yaml"
    if not path.is_file():
        raise Missing(f"There is no practice.yaml in {folder}.", "Make a practice folder with: newsletter init my-practice")
    document = read_document(path, folder)
    return Practice(folder, explain.build(PracticeText, document, (merge.refuse_all, _no_password)), document)


def _no_password(document: Document) -> None:
    """A password in the file is named with its line, and taken out so that it is not reported as an unknown key too."""
    for name, variable in (("smtp", "NEWSLETTER_SMTP_PASSWORD"), ("inbox", "NEWSLETTER_IMAP_PASSWORD")):
        section = document.root.value.get(name) if isinstance(document.root.value, dict) else None
        if section is None or not isinstance(section.value, dict):
            continue
        for key in [key for key in section.value if key.lower() in _PASSWORD_KEYS]:
            remedy = f"Delete the line. The tool asks for the password, or takes it from {variable} or the system's keyring."
            document.problem(*section.keys[key], "a password must not stand in this file.", remedy)
            del section.value[key]
