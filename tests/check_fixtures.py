"""For every rule a mail that breaks it and one that nearly does: built for real, then spoilt in its bytes or its files."""

from __future__ import annotations

import binascii
import quopri
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter.check.evidence import NOTHING_KNOWN, Evidence, NothingKnown, Record, gather
from newsletter.compose.mail import Mail
from newsletter.read.issue import read_issue
from newsletter.read.practice import Practice, read_practice
from newsletter.read.subscribers import SubscriberList

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
KEY = b"a key for tests only, 32 bytes.."
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

    def evidence(self, record: Record = NOTHING_KNOWN, now: datetime = NOW) -> Evidence:
        """What the rules look at."""
        return gather(self.mail, SubscriberList(self.folder / "subscribers.csv", self.folder), KEY, now, record)


Case = Callable[[Desk], Evidence]
Change = Callable[[bytes], bytes]
TRIPS: dict[str, list[Case]] = {}
NEAR_MISSES: dict[str, list[Case]] = {}
TOGETHER = {"U06": {"H01"}}  # a page in which the footer is cut off is always a page that is cut off


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
    """Puts markup at the beginning of the page's body."""
    return in_part("html", lambda page: re.sub(r"(<body[^>]*>)", lambda found: found.group(1) + markup, page, count=1))


# Mail


@trips("M01")
def reply_to_twice(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("reply-to", "other@riverbend.example"))


@trips("M01")
def no_from(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), without("From"))


@near("M01")
def received_twice(desk: Desk) -> Evidence:
    both = with_header("Received", "from a.example"), with_header("Received", "from b.example")
    return spoilt(spoilt(desk.evidence(), both[0]), both[1])


@trips("M02")
def two_senders(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("From", "a@riverbend.example, b@riverbend.example"))


@near("M02")
def comma_in_the_name(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("From", '"Reyes, Ana" <news@riverbend.example>'))


@trips("M03")
def accent_in_the_address(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("Reply-To", "=?utf-8?q?j=C3=BCrgen?=@riverbend.example"))


@near("M03")
def accent_in_the_name(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("Reply-To", "=?utf-8?q?J=C3=BCrgen?= <hello@riverbend.example>"))


@trips("M04")
def encoded_list_id(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("List-ID", "=?utf-8?q?R=C3=ADo?= <newsletter.riverbend.example>"))


@near("M04")
def encoded_subject(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace("small breaks help", "pequeños descansos ayudan")).evidence()


@trips("M05")
def endless_line(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("X-Note", "word " * 210))


@trips("M05")
def unfolded_header(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("X-Note", "word " * 20 + "word"))


@near("M05")
def one_long_word(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("X-Note", "w" * 500))


@trips("M06")
def line_break_in_a_cell(desk: Desk) -> Evidence:
    return desk.people(LIST + 'eve@mail.example,"Eve\nBcc: all@mail.example",,active\n').evidence()


@trips("M06")
def bare_line_feed(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"Walk about", b"Walk\nabout"))


@near("M06")
def line_break_in_an_unused_cell(desk: Desk) -> Evidence:
    return desk.people(LIST.replace(",tags,", ",notes,") + 'eve@mail.example,Eve,"one\ntwo",active\n').evidence()


@trips("M07")
def no_date(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), without("Date"))


@trips("M07")
def unreadable_date(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("Date", "next Tuesday"))


@trips("M07")
def date_far_ahead(desk: Desk) -> Evidence:
    return replace(desk.evidence(), now=NOW - timedelta(hours=4))


@near("M07")
def date_a_little_ahead(desk: Desk) -> Evidence:
    return replace(desk.evidence(), now=NOW - timedelta(hours=2))


@trips("M08")
def no_message_id(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), without("Message-ID"))


@trips("M08")
def same_message_id(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("Message-ID", "<one@riverbend.example>"))


@trips("M08")
def foreign_message_id(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: re.sub(rb"(?m)^(Message-ID: <.*@)[^>]*", rb"\1localhost", content))


@near("M08")
def long_message_id(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"Message-ID: <", b"Message-ID: <" + b"x" * 400, 1))


@trips("M09")
def latin_text_part(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"text/plain; charset=utf-8", b"text/plain; charset=us-ascii"))


@trips("M09")
def page_first(desk: Desk) -> Evidence:
    def swap(content: bytes) -> bytes:
        before, boundary, rest = re.split(rb"(\r\n--=_alternative_\w+\r\n)", content, maxsplit=1)
        text, _, page = rest.partition(boundary)
        return before + boundary + page.replace(boundary[:-2] + b"--\r\n", b"") + boundary + text + boundary[:-2] + b"--\r\n"

    return spoilt(desk.evidence(), swap)


@trips("M09")
def no_text_part(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"text/plain; charset", b"text/calendar; charset"))


@near("M09")
def charset_in_capitals(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"charset=utf-8", b'charset="UTF-8"'))


@trips("M14")
def copy_to_another(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("Cc", "front.desk@riverbend.example"))


@trips("M14")
def two_in_to(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"\r\nTo: ", b"\r\nTo: x@mail.example, ", 1))


@trips("M14")
def another_reader_inside(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_text("Walk about", "Walk with Zoe.Lindqvist@mail.example about"))


@near("M14")
def longer_address_inside(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_text("Walk about", "Walk with joanna.petrov@mail.example about"))


@near("M14")
def ending_of_another_address(desk: Desk) -> Evidence:
    return desk.people(LIST + "m.o'petrov@mail.example,,,active\npetrov@mail.example,Ö,,active\n").evidence()


@near("M14")
def practice_is_on_its_own_list(desk: Desk) -> Evidence:
    return desk.people(LIST + "hello@riverbend.example,Front Desk,only,active\n").evidence()


@trips("M15")
def field_left_open(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("Walk about", "Walk about, {{ first_name }},"))


@trips("M15")
def hello_none(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_text("Hello Anna,", "Hello None,"))


@trips("M15")
def exported_nan(desk: Desk) -> Evidence:
    return desk.people(LIST + "eve@mail.example,nan,,active\n").evidence()


@trips("M15")
def note_to_self(desk: Desk) -> Evidence:
    return desk.issue(ISSUE + "  - heading: More\n    text: TODO write this\n").evidence()


@trips("M15")
def link_to_nowhere(desk: Desk) -> Evidence:
    return desk.issue(ISSUE + "  - {type: button, label: Book, url: https://www.example.com/book}\n").evidence()


@near("M15")
def honest_words(desk: Desk) -> Evidence:
    words = "None of these, null and void. Finance. Please open your file: it is local. See riverbend.example, my-example.com."
    return desk.issue(ISSUE + f'  - heading: "**None** of it"\n    text: "{words}"\n').evidence()


@near("M15")
def spanish_todo(desk: Desk) -> Evidence:
    desk.in_practice("language: en", "language: es")
    return desk.issue(ISSUE + "  - heading: TODO lo que necesita\n    text: Un paso.\n").evidence()


# Unsubscribing


@trips("U01")
def no_list_unsubscribe(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), without("List-Unsubscribe"))


@near("U01")
def mailbox_only(desk: Desk) -> Evidence:
    return desk.in_practice(', url: "https://riverbend.example/u/{token}"', "").evidence()


@trips("U02")
def bare_address(desk: Desk) -> Evidence:
    change = lambda content: re.sub(rb"(?m)^(List-Unsubscribe: )<([^>]*)>,\r\n <[^>]*>", rb"\1\2", content)  # noqa: E731
    return spoilt(spoilt(desk.evidence(), without("List-Unsubscribe-Post")), change)


@trips("U02")
def unencrypted_page(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"Unsubscribe: <https:", b"Unsubscribe: <http:", 1))


@near("U02")
def mailbox_first(desk: Desk) -> Evidence:
    swap = rb"\1 \3, \2"
    return spoilt(desk.evidence(), lambda content: re.sub(rb"(?m)^(List-Unsubscribe:) (<.*>),\r\n (<.*>)", swap, content))


@trips("U03")
def no_post(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), without("List-Unsubscribe-Post"))


@trips("U03")
def post_without_page(desk: Desk) -> Evidence:
    evidence = desk.in_practice(', url: "https://riverbend.example/u/{token}"', "").evidence()
    return spoilt(evidence, with_header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))


@trips("U03")
def other_post(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("List-Unsubscribe-Post", "List-Unsubscribe=yes"))


@near("U03")
def neither_page_nor_post(desk: Desk) -> Evidence:
    return desk.in_practice(', url: "https://riverbend.example/u/{token}"', "").evidence()


@trips("U04")
def same_for_all(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("List-Unsubscribe", "<https://riverbend.example/u/everyone>"))


@trips("U04")
def address_in_base64(desk: Desk) -> Evidence:
    evidence = desk.evidence()
    samples = []
    for sample in evidence.samples:
        coded = binascii.b2a_base64(sample.subscriber.email.encode(), newline=False).decode().replace("=", "%3D")
        change = with_value("List-Unsubscribe", f"<https://riverbend.example/u/{coded}>")
        samples.append(replace(sample, content=change(sample.content)))
    return replace(evidence, samples=tuple(samples))


@near("U04")
def only_one_subscriber(desk: Desk) -> Evidence:
    return desk.people("email\nanna.petrov@mail.example\n").evidence()


@trips("U05")
def hidden_link(desk: Desk) -> Evidence:
    hide = lambda page: re.sub(r"(<a [^>]*/u/[^ >]*)", r"\1 hidden", page)  # noqa: E731
    return spoilt(desk.evidence(), in_part("html", hide))


@trips("U05")
def no_link_in_the_text(desk: Desk) -> Evidence:
    drop = lambda text: re.sub(r"https://riverbend.example/u/\S*|mailto:\S*", "", text)  # noqa: E731
    return spoilt(desk.evidence(), in_part("plain", drop))


@near("U05")
def other_words_for_it(desk: Desk) -> Evidence:
    words = lambda page: re.sub(r"(<a [^>]*/u/[^>]*>)[^<]*", r"\1Cancelar", page)  # noqa: E731
    return spoilt(desk.evidence(), in_part("html", words))


@trips("U06")
def footer_cut_off(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start("<p>A long story.</p>" * 5200))


@near("U06")
def long_after_the_footer(desk: Desk) -> Evidence:
    return spoilt(
        desk.evidence(), in_part("html", lambda page: page.replace("</body>", "<p>A long story.</p>" * 5200 + "</body>"))
    )


# People


class Suppressing(NothingKnown):
    """A record in which one of the four opted out."""

    def suppressed(self, address_key: str) -> bool:
        return address_key == "river.walks@post.example"


@trips("U10")
def opted_out_and_listed(desk: Desk) -> Evidence:
    return desk.people(LIST.replace("river.walks", "River.Walks")).evidence(Suppressing())


@near("U10")
def opted_out_and_gone(desk: Desk) -> Evidence:
    return desk.people(LIST.replace("river.walks", "brook.walks")).evidence(Suppressing())


@trips("L01")
def bad_address(desk: Desk) -> Evidence:
    return desk.people(LIST + "tom.baker@mail,Tom,,active\n").evidence()


@trips("L01")
def second_row(desk: Desk) -> Evidence:
    return desk.people(LIST + "ANNA.petrov@mail.example,Anna,,active\n").evidence()


@trips("L01")
def unknown_status(desk: Desk) -> Evidence:
    return desk.people(LIST + "eve@mail.example,Eve,,perhaps\n").evidence()


@trips("L01")
def slip_of_the_pen(desk: Desk) -> Evidence:
    return desk.people(LIST + "eve@gmial.com,Eve,,active\n").evidence()


@trips("L01")
def nobody_to_mail(desk: Desk) -> Evidence:
    return desk.people("email,first_name\n").evidence()


@near("L01")
def unsubscribed_and_real_domains(desk: Desk) -> Evidence:
    return desk.people(LIST + "eve@mail.com,Eve,,active\nbo@ymail.com,Bo,,active\nal@aon.com,Al,,unsubscribed\n").evidence()


@trips("L05")
def gap(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace(' or "neighbor"', "")).evidence()


@near("L05")
def gap_that_nobody_sees(desk: Desk) -> Evidence:
    """The field without a fallback stands in a block for people who all have a name."""
    block = "  - heading: For desks\n    only_for: [Desk]\n    text: Hello {{ first_name }}\n"
    return desk.issue(ISSUE + block).evidence()


@trips("L06")
def changed_in_between(desk: Desk) -> Evidence:
    return desk.evidence(NothingKnown(sent=3, waiting=1, content_hash="another"))


@trips("L06")
def begun(desk: Desk) -> Evidence:
    return desk.evidence(NothingKnown(sent=3, waiting=1, content_hash=desk.mail.content_hash))


@trips("L06")
def finished(desk: Desk) -> Evidence:
    return desk.evidence(NothingKnown(sent=4, content_hash=desk.mail.content_hash))


@near("L06")
def planned_only(desk: Desk) -> Evidence:
    return desk.evidence(NothingKnown(waiting=4, content_hash="another"))


# Practice


@trips("K01")
def no_postal_code(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_text("84601", ""))


@near("K01")
def address_over_lines(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("12 Mill Lane", "12 <b>Mill</b>\n   Lane"))


def with_smtp(evidence: Evidence, **said: object) -> Evidence:
    """The same with another mail server, which the reader of practice.yaml would have refused."""
    text = evidence.practice.text
    smtp = text.smtp.model_copy(update=said)
    practice = Practice(evidence.practice.folder, text.model_copy(update={"smtp": smtp}), evidence.practice.document)
    return replace(evidence, mail=Mail.of(practice, evidence.issue))


@trips("A10")
def in_the_clear(desk: Desk) -> Evidence:
    return with_smtp(desk.evidence(), security="none")


@near("A10")
def in_the_clear_on_this_computer(desk: Desk) -> Evidence:
    return with_smtp(desk.evidence(), security="none", host="127.0.0.1", port=2525)


@trips("A12")
def password_in_yaml(desk: Desk) -> Evidence:
    (desk.folder / "old.yaml").write_text("smtp: {host: x, password: hunter2}\n")
    return desk.evidence()


@trips("A12")
def key_for_everybody(desk: Desk) -> Evidence:
    key = desk.folder / ".newsletter" / "key"
    key.parent.mkdir(exist_ok=True)
    key.write_text("ab" * 32)
    key.chmod(0o644)
    return desk.evidence()


@trips("A12")
def env_for_everybody(desk: Desk) -> Evidence:
    (desk.folder / ".env").write_text("NEWSLETTER_SMTP_PASSWORD=hunter2\n")
    (desk.folder / ".env").chmod(0o644)
    return desk.evidence()


@trips("A12")
def ledger_in_git(desk: Desk) -> Evidence:
    subprocess.run(["git", "init", "--quiet", str(desk.folder)], check=True)
    return desk.evidence()


@near("A12")
def secrets_well_kept(desk: Desk) -> Evidence:
    subprocess.run(["git", "init", "--quiet", str(desk.folder)], check=True)
    (desk.folder / ".gitignore").write_text(".newsletter/\n")
    (desk.folder / ".env").write_text("NEWSLETTER_SMTP_PASSWORD=hunter2\n")
    (desk.folder / ".env").chmod(0o600)
    (desk.folder / ".env.example").write_text("NEWSLETTER_SMTP_PASSWORD=put it here\n")
    (desk.folder / "notes.yaml").write_text("# password: none\npassword: ''\ntext: Ask for the password, please\n")
    return desk.issue(ISSUE + "  - heading: Wi-Fi\n    text: The password is at the front desk.\n").evidence()


# The page


def padded(size: int) -> Change:
    """Makes the page exactly `size` bytes long, after its footer."""
    return in_part("html", lambda page: page + "<!--" + "x" * (size - len(page) - 7) + "-->")


@trips("H01")
def clipped(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), padded(100_000))


@trips("H01")
def nearly_clipped(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), padded(90_000))


@near("H01")
def not_quite_long(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), padded(89_999))


@trips("H02")
def too_many_styles(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("</head>", "<style>" + ".a { color: red }\n" * 1000 + "</style></head>"))


@trips("H02")
def style_in_the_body(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start("<style>p { color: red }</style>"))


@near("H02")
def some_styles(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("</head>", "<style>" + ".a { color: red }\n" * 300 + "</style></head>"))


@trips("H04")
def picture_in_the_page(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<img src="data:image/png;base64,AAAA" alt="" width="1">'))


@trips("H04")
def picture_unencrypted_in_css(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start("<div style=\"background: url('http://riverbend.example/a.png')\"></div>"))


@trips("H04")
def picture_that_is_not_there(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("cid:", "cid:not-"))


@near("H04")
def pictures_on_the_web(desk: Desk) -> Evidence:
    return desk.in_practice(
        "images: {mode: embed}", "images: {mode: hosted, base_url: https://riverbend.example/news}"
    ).evidence()


@trips("H05")
def picture_without_words(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<img src="https://riverbend.example/a.png" width="1">'))


@trips("H05")
def picture_without_width(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<img src="https://riverbend.example/a.png" alt="">'))


@near("H05")
def decoration(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<img src="https://riverbend.example/a.png" alt="" width="1">'))
