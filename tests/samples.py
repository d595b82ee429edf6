"""Practices, issues, subscribers and opened mails for tests, made of real files and read by the real readers."""

from __future__ import annotations

import email
import email.policy
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

from newsletter.compose.identity import Identities
from newsletter.compose.mail import Mail
from newsletter.ledger.keys import Keys
from newsletter.read.issue import Issue, read_issue
from newsletter.read.practice import Practice, read_practice
from newsletter.read.subscribers import Subscriber

ROOT = Path(__file__).parents[1]
FIELDS = frozenset(["email", "first_name", "last_name", "nickname"])
NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)

# One place of every kind that a value can stand in: text, attribute, link, a comment that Outlook reads, and plain text.
PROBE_MJML = """\
<mjml lang="{{ language }}">
  <mj-head><mj-title>{{ issue.title }}</mj-title></mj-head>
  <mj-body>
    <mj-raw><div>{{ issue.preheader or "" }}</div></mj-raw>
    <mj-raw><!--[if mso]><table><tr><td title="{{ issue.title }}">{{ issue.title }}</td></tr></table><![endif]--></mj-raw>
    <mj-section><mj-column>
      <mj-text><h1>{{ issue.title }}</h1>{{ (issue.opening or "") | md }}</mj-text>
      {% for block in blocks %}
      {% if block.type == "button" %}
      <mj-button href="{{ block.url }}">{{ block.label }}</mj-button>
      {% elif block.type == "tips" %}
      <mj-text><h2>{{ block.heading }}</h2><ul>{% for tip in block["items"] %}<li>{{ tip | mdi }}</li>{% endfor %}</ul></mj-text>
      {% else %}
      <mj-text><h2>{{ block.heading }}</h2><div>{{ block.text | md }}</div></mj-text>
      {% if block.image %}
      {% set shown = picture(block.image, 200) %}
      <mj-image src="{{ shown.src }}" alt="{{ block.alt }}" width="{{ shown.width }}px" />
      <mj-text>{{ block.caption or "" }}</mj-text>
      {% endif %}
      {% endif %}
      {% endfor %}
      <mj-text>{{ sender.name }} <a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>
    </mj-column></mj-section>
  </mj-body>
</mjml>
"""
PROBE_TEXT = """\
{{ issue.title | fold }}
{{ issue.title | fold | underline }}

{{ (issue.opening or "") | md }}

{% for block in blocks %}
{% if block.type == "button" %}
{{ block.label | fold }}: {{ block.url }}

{% elif block.type == "tips" %}
{{ block.heading | fold }}

{% for tip in block["items"] %}
{{ tip | mdi | fold("- ") }}
{% endfor %}

{% else %}
{{ block.heading | fold }}

{{ block.text | md }}

{% endif %}
{% endfor %}
Unsubscribe: {{ unsubscribe_url }}
"""
HEAD = "title: Backs\ndate: 2026-12-01\n"


def make_practice_folder(folder: Path) -> Path:
    """The files that `newsletter init` gives, in a folder of their own."""
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "practice.example.yaml", folder / "practice.yaml")
    shutil.copy(ROOT / "subscribers.example.csv", folder / "subscribers.csv")
    shutil.copytree(ROOT / "issues", folder / "issues", ignore=shutil.ignore_patterns("images"))
    shutil.copytree(ROOT / "issues" / "images", folder / "images")
    return folder


def use_probe_theme(folder: Path) -> Path:
    """Puts the small theme above into a practice's folder, so that a test does not hang on how the shipped one looks."""
    theme = folder / "templates" / "probe"
    theme.mkdir(parents=True, exist_ok=True)
    (theme / "issue.mjml").write_text(PROBE_MJML, encoding="utf-8")
    (theme / "issue.txt").write_text(PROBE_TEXT, encoding="utf-8")
    (theme / "inline.css").write_text("h1 { color: {{ colors.link }} }\n", encoding="utf-8")
    return change(folder, "theme: clinic", "theme: probe")


def change(folder: Path, old: str, new: str, name: str = "practice.yaml") -> Path:
    """Writes something else into a file of the folder; what it replaces must be there."""
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {name}"
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def issue_of(folder: Path, text: str, slug: str = "probe") -> Issue:
    """An issue with this text, as a file of the practice."""
    path = folder / "issues" / f"{slug}.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    return read_issue(path, folder, FIELDS)


def practice_of(folder: Path) -> Practice:
    """The practice of a folder."""
    return read_practice(folder)


def mail_of(folder: Path, text: str) -> Mail:
    """The mail of an issue with this text."""
    return Mail.of(read_practice(folder), issue_of(folder, text))


def someone(**fields: str) -> Subscriber:
    """A subscriber with these merge values; the tags are separated by commas."""
    tags = frozenset(tag for tag in fields.pop("tags", "").split(",") if tag)
    address = fields.setdefault("email", "anna@mail.example")
    return Subscriber(address, 2, tags, fields)


@dataclass(frozen=True)
class Opened:
    """A mail, opened with the standard library."""

    content: bytes
    subject: str
    text: str
    html: str
    parsed: EmailMessage

    @property
    def head(self) -> bytes:
        """The header block."""
        return self.content.partition(b"\r\n\r\n")[0] + b"\r\n"


def send_to(mail: Mail, subscriber: Subscriber) -> Opened:
    """The mail that a subscriber gets, opened."""
    identities = Identities(Keys((b"0123456789abcdef",)), mail.issue.slug, mail.practice.domain)
    return opened(mail.message(subscriber, identities.of(subscriber.key, NOON)).content)


def opened(content: bytes) -> Opened:
    """Both bodies with LF at their line ends."""
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return Opened(content, str(parsed["Subject"]), _body(parsed, "plain"), _body(parsed, "html"), parsed)


def _body(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    payload = part.get_payload(decode=True) if part is not None else None
    assert isinstance(payload, bytes)
    return payload.decode("utf-8").replace("\r\n", "\n")


class Page(HTMLParser):
    """A page taken apart: its tags with their attributes in order, its comments, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.comments: list[str] = []
        self.words = ""
        self._raw = 0
        self.feed(page)
        self.close()

    @property
    def shape(self) -> list[str]:
        """The tags and names of attributes: what a value must never change."""
        return [" ".join([tag, *attributes]) for tag, attributes in self.tags]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps a tag."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._raw += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        """Keeps where a tag ends."""
        self.tags.append((f"/{tag}", {}))
        self._raw -= tag in ("style", "script")

    def handle_comment(self, data: str) -> None:
        """Keeps a comment."""
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        """Keeps the words that a reader sees."""
        self.words += "" if self._raw else data
