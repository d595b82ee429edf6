"""Holds the exact bytes of a mail: its headers, its bodies, who reads what, and what changes its fingerprint."""

from __future__ import annotations

import email
import email.policy
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from samples import HEAD, NOON, ROOT, Page, change, issue_of, mail_of, opened, practice_of, send_to, someone, use_probe_theme

from newsletter.compose.headers import audit, mailbox, unstructured
from newsletter.compose.identity import Identities
from newsletter.compose.mail import Mail
from newsletter.errors import MessageUnsafe, ProblemsFound
from newsletter.ledger.keys import Keys

HEADERS = [
    "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "List-ID", "List-Unsubscribe", "List-Unsubscribe-Post",
    "Precedence", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
]  # fmt: skip
PLAIN = f"{HEAD}body:\n  - {{heading: a, text: b}}\n"
SLUGS = sorted(path.stem for path in (ROOT / "issues").glob("*.yaml"))


def check_bytes(content: bytes) -> None:
    """What RFC 5322, RFC 2045 and RFC 2047 want of every line of a mail."""
    head, _, body = content.partition(b"\r\n\r\n")
    assert content.isascii()
    assert b"\n." not in content, "a relay that forgets about dots would lose one"
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", content)
    for line in head.split(b"\r\n"):
        assert len(line) <= 998
        assert len(line) <= 78 or b" " not in line.strip().partition(b": ")[2], line
        assert b"=?" not in line or len(line) <= 76, line
    assert max(map(len, body.split(b"\r\n"))) <= 76


@pytest.mark.parametrize("slug", SLUGS)
def test_a_shipped_issue_makes_a_mail_that_every_reader_understands(practice_folder: Path, slug: str) -> None:
    """Right headers in order, two bodies, pictures that the page shows, and clean bytes throughout."""
    mail = mail_of(practice_folder, (practice_folder / "issues" / f"{slug}.yaml").read_text(encoding="utf-8"))
    letter = send_to(mail, someone(first_name="Anna"))
    check_bytes(letter.content)
    assert [name for name, _ in email.message_from_bytes(letter.content).items()] == HEADERS
    assert letter.parsed["To"] == "anna@mail.example"
    assert letter.parsed["From"] == "Riverbend Chiropractic <news@riverbend.example>"
    assert letter.parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert max(map(len, letter.text.split("\n"))) <= 78 or any(len(word) > 60 for word in letter.text.split())
    linked = {attributes["src"] for tag, attributes in Page(letter.html).tags if tag == "img"}
    carried = {f"cid:{part['Content-ID'][1:-1]}" for part in letter.parsed.walk() if part.get_content_maintype() == "image"}
    assert linked == carried
    assert carried


def test_a_mail_without_merge_fields_is_complete(practice_folder: Path) -> None:
    """An issue that greets nobody by name is a mail like any other."""
    letter = send_to(mail_of(use_probe_theme(practice_folder), PLAIN), someone())
    check_bytes(letter.content)
    assert letter.subject == "Backs"
    assert letter.text.startswith("Backs\n-----\n")
    assert letter.text.endswith("\n")


def test_everyone_gets_one_to_and_the_own_way_out(practice_folder: Path) -> None:
    """Each mail names its recipient alone, and its unsubscribe code stands in header, page and text."""
    mail = mail_of(use_probe_theme(practice_folder), PLAIN)
    seen = set()
    for address in ("anna@mail.example", "bo@mail.example"):
        letter = send_to(mail, someone(email=address))
        assert letter.parsed.get_all("To") == [address]
        code = Keys((b"0123456789abcdef",)).token(address)
        page = f"https://riverbend.example/u/{code}"
        ways = f"<{page}>, <mailto:unsubscribe@riverbend.example?subject=unsubscribe%20{code}>"
        assert re.sub(r"\r\n", "", letter.parsed["List-Unsubscribe"]) == ways
        assert page in letter.text
        assert ("a", page) in [(tag, attributes.get("href")) for tag, attributes in Page(letter.html).tags]
        seen.add(letter.parsed["Message-ID"])
    assert len(seen) == 2


def test_without_a_page_the_way_out_is_a_mailbox(practice_folder: Path) -> None:
    """The header of RFC 8058 is sent only where there is a page that can answer it."""
    change(use_probe_theme(practice_folder), ', url: "https://riverbend.example/u/{token}"', "")
    change(practice_folder, ", reply_to: hello@riverbend.example", "")
    letter = send_to(mail_of(practice_folder, PLAIN), someone())
    names = [name for name, _ in letter.parsed.items()]
    assert names == [name for name in HEADERS if name not in ("List-Unsubscribe-Post", "Reply-To")]
    assert letter.parsed["List-Unsubscribe"].startswith("<mailto:unsubscribe@riverbend.example?subject=unsubscribe%20")


VALUES = {
    "quotes": "\"'`",
    "markup": "<b>&amp;</b><!-- --><script>",
    "closing": "--></style></title></a>",
    "template": '{{ email }} {% raw %} Zslot0Z {{ last_name or "x" }}',
    "quoted-printable": "=3D=\n=20 =E2=82",
    "header": "x\r\nBcc: evil@mail.example\r\n\r\nbody",
    "bare line ends": "a\nb\rc\x0bd\x0ce\x1cf\x85g\u2028h",
    "end of mail": "\r\n.\r\n",
    "from line": "From x",
    "dots": "." * 300,
    "a dot first": ".com .org",
    "NUL": "a\0b",
    "encoded word": "=?utf-8?q?x?=",
    "long": "x" * 40,
    "very long": "word " * 60,
    "one endless word": "x" * 1200,
    "emoji": "👩\u200d⚕️🏳️\u200d🌈",
    "right to left": "مرحبا \u202eabc",
    "combining": "Zo\u0308e\u0301\u0323",
    "astral": "\U0001d49c\U0001d4c3",
    "percent": "100% & ?a=b#c /../",
    "boundary": "--=_alternative_0000",
    "formula": "=cmd|' /C calc'!A0",
    "empty": "",
}
EVERYWHERE = """\
title: 'T {{ first_name }}'
subject: '{{ first_name }}, why {{ last_name or "friend" }}?'
preheader: 'P {{ first_name }}'
date: 2026-12-01
opening: |
  Dear {{ first_name or "neighbor" }}, [see](https://a.example/?n={{ first_name }}&m=1) **{{ last_name }}** and quite a few more.
body:
  - heading: '{{ first_name }}'
    text: "- {{ first_name }}\\n- b"
    image: images/logo.png
    alt: 'Alt {{ first_name }}'
    caption: 'C {{ first_name }}'
  - {type: button, label: 'L {{ first_name }}', url: 'https://a.example/b?n={{ first_name }}'}
  - {type: tips, items: ['{{ last_name }}', 'x']}
"""


def one_line(value: str) -> str:
    """What a reader sees of a value: control characters and line ends are blanks, blanks are one."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in unicodedata.normalize("NFC", value))
    return " ".join(kept.split())


@pytest.mark.parametrize("name", VALUES)
def test_no_value_changes_a_mail_beyond_its_own_place(practice_folder: Path, name: str) -> None:
    """Whatever stands in a cell is shown as it is, and is never read as a header, markup, a link or a merge field."""
    mail = mail_of(use_probe_theme(practice_folder), EVERYWHERE)
    value = VALUES[name]
    harmless = Page(send_to(mail, someone(first_name="Anna", last_name="Reyes")).html)
    letter = send_to(mail, someone(first_name=value, last_name=value))
    check_bytes(letter.content)
    assert [header for header, _ in letter.parsed.items()] == HEADERS
    assert letter.parsed.get_all("To") == ["anna@mail.example"]
    seen = one_line(value)
    assert letter.subject == one_line(f"{seen}, why {seen or 'friend'}?")
    page = Page(letter.html)
    assert page.shape == harmless.shape
    assert f"Dear {seen or 'neighbor'}, see {seen} and quite" in page.words
    attributes = [attributes for tag, attributes in page.tags if tag in ("img", "a")]
    assert f"Alt {seen}" in [found.get("alt") for found in attributes]
    assert f"https://a.example/b?n={quote(seen, safe='')}" in [found.get("href") for found in attributes]
    assert f"https://a.example/?n={quote(seen, safe='')}&m=1" in [found.get("href") for found in attributes]
    words = " ".join(letter.text.split())
    assert f"https://a.example/b?n={quote(seen, safe='')}" in words
    assert one_line(f"Dear {seen or 'neighbor'}, see (https://a.example/?n={quote(seen, safe='')}&m=1) {seen} and") in words
    assert all(len(line) <= 78 or len(max(line.split(), key=len)) > 60 for line in letter.text.split("\n"))


@pytest.mark.parametrize("length", range(60, 140))
def test_no_width_of_value_or_text_makes_a_line_too_long(practice_folder: Path, length: int) -> None:
    """The borders between text and value fall on every column once, and none is a column too far."""
    mail = mail_of(
        use_probe_theme(practice_folder), f"{HEAD}body:\n  - {{heading: '{'x' * length}{{{{ first_name }}}}y', text: b}}\n"
    )
    letter = send_to(mail, someone(first_name="z" * length))
    check_bytes(letter.content)
    assert f"{'x' * length}{'z' * length}y" in Page(letter.html).words


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        "",
        "a" * 200,
        "word " * 60 + "end",
        "é" * 300,
        "a" * 901,
        "=?utf-8?b?eA==?=",
        "日本語" * 50,
        "👩\u200d⚕️" * 30,
        "x é",
        "a: b; c, d",
        "…",
    ],
)
def test_a_subject_reads_as_it_was_written(text: str) -> None:
    """Folded or encoded, it decodes to the same words, and no line of it is too long."""
    block = b"Subject: " + unstructured("Subject", text) + b"\r\n"
    audit(block, ["Subject"])
    assert str(email.message_from_bytes(block + b"\r\n", policy=email.policy.default)["Subject"]) == text
    raw = str(email.message_from_bytes(block + b"\r\n")["Subject"])
    assert str(make_header(decode_header(re.sub(r"\r\n(?=[ \t])", "", raw)))) == text
    for line in block.split(b"\r\n"):
        assert b"=?" not in line or text.startswith("=?") or len(line) <= 76
        assert len(line) <= 78 or b" " not in line[9:]


@pytest.mark.parametrize(
    "name",
    [
        "Riverbend",
        "Dr. Ana Reyes, D.C.",
        'The "Back" Room',
        "a\\b",
        "Praxis Müller",
        "整骨院",
        "=?x?=",
        "word " * 30 + "end",
        "é" * 100,
        "x" * 950,
        "a@b",
        "(c)",
    ],
)
def test_a_senders_name_reads_as_it_was_written(name: str) -> None:
    """Quoted, folded or encoded, the name and the address come out as they are."""
    block = b"From: " + mailbox("From", name, "news@riverbend.example") + b"\r\n"
    audit(block, ["From"])
    raw = str(email.message_from_bytes(block + b"\r\n")["From"])
    shown, address = parseaddr(re.sub(r"\r\n(?=[ \t])", "", raw))
    assert (str(make_header(decode_header(shown))), address) == (name, "news@riverbend.example")
    assert all(len(line) <= 78 for line in block.split(b"\r\n")) or max(map(len, name.split())) > 60


GOOD = b"From: a\r\nTo: b@c.example\r\nSubject: d\r\n e\r\n"


@pytest.mark.parametrize(
    "block",
    [
        GOOD.replace(b"\r\n", b"\n"),
        GOOD.replace(b"d\r\n e", b"d\nBcc: x@y.example"),
        GOOD.replace(b"d\r\n e", b"d\rBcc: x@y.example"),
        GOOD + b"Bcc: x@y.example\r\n",
        GOOD.replace(b"To:", b"Bcc: x@y.example\r\nTo:"),
        GOOD.replace(b"To:", b"To: x@y.example\r\nTo:"),
        GOOD.replace(b"To: b@c.example\r\n", b""),
        b"To: b@c.example\r\nFrom: a\r\nSubject: d\r\n",
        GOOD.replace(b"d\r\n e", b"d\r\n\r\ne"),
        GOOD.replace(b"d\r\n e", b"d\r\n \r\n e"),
        GOOD.replace(b"d\r\n e", b"d\0e"),
        GOOD.replace(b"d\r\n e", b"d\x0be"),
        GOOD.replace(b"d\r\n e", b"d\x7fe"),
        GOOD.replace(b"d\r\n e", "dé".encode()),
        GOOD.replace(b"d\r\n e", b"d" * 990),
        GOOD.replace(b" e", b" " + b"e" * 998),
        GOOD.replace(b"From:", b"from:"),
        GOOD.replace(b"From:", b"From :"),
        GOOD[:-2],
        GOOD + b"\r\n",
        b" x\r\n" + GOOD,
        b"",
    ],
)
def test_a_forged_header_block_is_never_sent(block: bytes) -> None:
    """The last look before sending is at bytes: exactly the headers that were meant, on clean lines."""
    with pytest.raises(MessageUnsafe):
        audit(block, ["From", "To", "Subject"])


@pytest.mark.parametrize(
    "block", [GOOD, GOOD.replace(b"d\r\n e", b""), GOOD.replace(b"d\r\n e", b"d" * 989), GOOD.replace(b" e", b"\t" + b"e" * 997)]
)
def test_a_right_header_block_passes(block: bytes) -> None:
    """An empty subject, a folded one and one of exactly 998 octets are as they should be."""
    audit(block, ["From", "To", "Subject"])


def test_a_value_that_reaches_the_headers_stops_the_mail(practice_folder: Path) -> None:
    """Were an address or an id to hold a line end, no mail would be made."""
    mail = mail_of(use_probe_theme(practice_folder), PLAIN)
    identity = Identities(Keys((b"0123456789abcdef",)), "probe", "riverbend.example").of("a", NOON)
    with pytest.raises(MessageUnsafe):
        mail.message(replace(someone(), email="a@b.example\r\nBcc: x@y.example"), identity)
    with pytest.raises(MessageUnsafe):
        mail.message(someone(), replace(identity, message_id="x>\r\nBcc: <x@y.example"))


def test_a_block_for_some_is_seen_by_them_alone(practice_folder: Path) -> None:
    """`only_for` decides by tags in any case; everybody else has a mail without a trace of the block."""
    text = f"{HEAD}body:\n  - {{heading: all, text: b}}\n  - {{heading: Secret, text: hidden, only_for: [Seniors, desk]}}\n"
    mail = mail_of(use_probe_theme(practice_folder), text)
    for tags, seen in {"seniors": True, "desk,patient": True, "patient": False, "": False}.items():
        letter = send_to(mail, someone(tags=tags))
        assert ("Secret" in letter.html) == seen
        assert ("hidden" in letter.text) == seen


def test_pictures_of_a_block_go_to_its_readers_alone(practice_folder: Path) -> None:
    """A mail carries the pictures that it shows, each once."""
    text = (
        f"{HEAD}body:\n  - {{heading: a, text: b, image: images/logo.png, alt: a}}\n"
        "  - {heading: a, text: b, image: images/./logo.png, alt: a}\n"
        "  - {heading: c, text: d, image: images/back-muscles.png, alt: c, only_for: [x]}\n"
    )
    mail = mail_of(use_probe_theme(practice_folder), text)
    for tags, count in {"": 1, "x": 2}.items():
        parts = [part for part in send_to(mail, someone(tags=tags)).parsed.walk() if part.get_content_maintype() == "image"]
        assert len(parts) == count


def test_hosted_pictures_are_linked_and_not_carried(practice_folder: Path) -> None:
    """With pictures on a website the mail has two parts, and links to where they lie."""
    change(use_probe_theme(practice_folder), "images: {mode: embed}", "images: {mode: hosted, base_url: https://a.example/news}")
    mail = mail_of(practice_folder, f"{HEAD}body:\n  - {{heading: a, text: b, image: images/logo.png, alt: a}}\n")
    letter = send_to(mail, someone())
    check_bytes(letter.content)
    assert [part.get_content_type() for part in letter.parsed.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    (picture,) = mail.rendered(None).pictures
    assert [attributes["src"] for tag, attributes in Page(letter.html).tags if tag == "img"] == [
        f"https://a.example/news/{picture.name}"
    ]


@pytest.mark.parametrize(
    ("sender", "shown"),
    [("Praxis Müller & Söhne", "Praxis Müller & Söhne"), ("Reyes, Ana", "Reyes, Ana"), ("x " * 60, ("x " * 60).strip())],
)
def test_a_practice_may_be_called_what_it_likes(practice_folder: Path, sender: str, shown: str) -> None:
    """Accents, commas and long names in the sender make right headers."""
    change(use_probe_theme(practice_folder), "sender: {name: Riverbend Chiropractic", f"sender: {{name: '{sender}'")
    letter = send_to(mail_of(practice_folder, PLAIN), someone())
    check_bytes(letter.content)
    assert letter.parsed["From"].addresses[0].display_name == shown
    assert letter.parsed["From"].addresses[0].addr_spec == "news@riverbend.example"


def test_an_international_domain_makes_ascii_headers(practice_folder: Path) -> None:
    """Sender, answer and way out at a domain with an umlaut are sent in its ASCII form."""
    change(use_probe_theme(practice_folder), "email: news@riverbend.example", "email: news@bücher.example")
    change(practice_folder, "reply_to: hello@riverbend.example", "reply_to: hello@bücher.example")
    change(practice_folder, "mailto: unsubscribe@riverbend.example", "mailto: weg@bücher.example")
    letter = send_to(mail_of(practice_folder, PLAIN), someone())
    check_bytes(letter.content)
    assert letter.head.count(b"xn--bcher-kva.example") == 5


def test_rendering_twice_makes_the_same_bytes(practice_folder: Path) -> None:
    """What was previewed is byte for byte what is sent."""
    use_probe_theme(practice_folder)
    one, other = mail_of(practice_folder, EVERYWHERE), mail_of(practice_folder, EVERYWHERE)
    assert one.content_hash == other.content_hash
    reader = someone(first_name="Anna", last_name="Reyes")
    assert send_to(one, reader).content == send_to(other, reader).content


CHANGES: dict[str, Callable[[Path], object]] = {
    "a word": lambda folder: change(folder, "quite a few", "rather a few", "issues/probe.yaml"),
    "a heading's merge field": lambda folder: change(
        folder, "heading: '{{ first_name }}'", "heading: '{{ last_name }}'", "issues/probe.yaml"
    ),
    "a fallback": lambda folder: change(folder, '"neighbor"', '"friend"', "issues/probe.yaml"),
    "a caption": lambda folder: change(folder, "caption: 'C ", "caption: 'D ", "issues/probe.yaml"),
    "a picture's words": lambda folder: change(folder, "alt: 'Alt ", "alt: 'Other ", "issues/probe.yaml"),
    "a link": lambda folder: change(folder, "https://a.example/b", "https://a.example/c", "issues/probe.yaml"),
    "the subject": lambda folder: change(folder, ", why ", ", how ", "issues/probe.yaml"),
    "the preheader": lambda folder: change(folder, "preheader: 'P", "preheader: 'Q", "issues/probe.yaml"),
    "who a block is for": lambda folder: change(folder, "- {type: tips", "- {only_for: [x], type: tips", "issues/probe.yaml"),
    "a colour": lambda folder: change(folder, "#1f6f78", "#1f6f00"),
    "the sender's name": lambda folder: change(folder, "sender: {name: Riverbend", "sender: {name: Riverside"),
    "the sender's address": lambda folder: change(folder, "email: news@", "email: post@"),
    "the answer's address": lambda folder: change(folder, "reply_to: hello@", "reply_to: hallo@"),
    "a template": lambda folder: change(folder, "Unsubscribe</a>", "Leave</a>", "templates/probe/issue.mjml"),
    "the text template": lambda folder: change(folder, "Unsubscribe:", "Leave:", "templates/probe/issue.txt"),
    "a picture file": lambda folder: Image.new("RGB", (90, 90), "red").save(folder / "images" / "logo.png"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_a_reader_could_notice_changes_the_fingerprint(practice_folder: Path, what: str) -> None:
    """A mailing that was begun is not continued with other words, pictures, colours or readers."""
    before = mail_of(use_probe_theme(practice_folder), EVERYWHERE).content_hash
    CHANGES[what](practice_folder)
    text = (practice_folder / "issues" / "probe.yaml").read_text(encoding="utf-8")
    assert mail_of(practice_folder, text).content_hash != before


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("# Your practice", "# Our practice", "practice.yaml"),
        ("connections: 2", "connections: 1", "practice.yaml"),
        ("title:", "# a remark\ntitle:", "issues/probe.yaml"),
    ],
)
def test_what_no_reader_could_notice_does_not(practice_folder: Path, old: str, new: str, name: str) -> None:
    """A remark in a file or another pace of sending is no other newsletter."""
    before = mail_of(use_probe_theme(practice_folder), EVERYWHERE).content_hash
    change(practice_folder, old, new, name)
    text = (practice_folder / "issues" / "probe.yaml").read_text(encoding="utf-8")
    assert mail_of(practice_folder, text).content_hash == before


def test_the_fields_of_a_mail_are_those_that_anybody_reads(practice_folder: Path) -> None:
    """The send asks for empty values of exactly these."""
    mail = mail_of(
        use_probe_theme(practice_folder),
        f"{HEAD}subject: '{{{{ nickname }}}}'\nbody:\n  - {{heading: '{{{{ last_name }}}}', text: b, only_for: [x]}}\n",
    )
    assert mail.fields == {"nickname", "last_name"}


def test_everything_unusable_in_texts_and_pictures_is_told_at_once_with_lines(practice_folder: Path) -> None:
    """Two bad links, a picture inside text and two missing pictures are five rows, each at its place in the file."""
    text = f"""{HEAD}opening: |
  one [a](page.html)
  two [b]({{{{ first_name }}}}) three
body:
  - heading: a
    text: |
      ok

      ![c](https://a.example/c.png)
    image: images/none.png
    alt: x
  - {{heading: a, text: b, image: images/neither.png, alt: x}}
"""
    mail = mail_of(use_probe_theme(practice_folder), text)
    with pytest.raises(ProblemsFound) as caught:
        mail.rendered(None)
    rows = [str(problem).removeprefix("issues/probe.yaml:") for problem in caught.value.problems]
    assert [row.split(": ")[0] for row in rows] == ["4:9", "5:9", "11:7", "12:12", "14:34"]
    assert "{{ first_name }}" in rows[1]
    assert not any("slot" in row.lower() for row in rows)


def test_a_bad_link_in_the_practices_own_words_is_told_with_that_file(practice_folder: Path) -> None:
    """The author's few sentences stand in practice.yaml, and so does the mistake."""
    change(practice_folder, "Dr. Ana Reyes, D.C., earned", "[Dr. Ana Reyes](page), earned")
    mail = Mail.of(practice_of(practice_folder), issue_of(practice_folder, PLAIN))
    with pytest.raises(ProblemsFound, match=r'^practice\.yaml:\d+:\d+: "page" is not a link'):
        mail.rendered(None)


def test_a_mail_is_the_same_to_old_and_new_parsers(practice_folder: Path) -> None:
    """The standard library's two ways of reading a mail agree on every part."""
    content = send_to(mail_of(use_probe_theme(practice_folder), EVERYWHERE), someone(first_name="Zoë", last_name="=?x")).content
    old = email.message_from_bytes(content, policy=email.policy.compat32)
    assert not old.defects
    assert not opened(content).parsed.defects
    assert [part.get_payload(decode=True) for part in old.walk()] == [
        part.get_payload(decode=True) for part in opened(content).parsed.walk()
    ]
