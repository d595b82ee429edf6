"""Mails that break, or nearly break, a rule about how they are put together and marked as a list's."""

from __future__ import annotations

import base64
import quopri
import re

from check_desk import (
    ISSUE,
    Change,
    Desk,
    in_html,
    in_part,
    in_text,
    near,
    spoilt,
    trips,
    with_header,
    with_value,
    without,
)

from newsletter.check.evidence import Evidence

SMTP = "host: smtp.riverbend.example, port: 587, security: starttls"
LINK = "  - {type: button, label: Plan your day, url: https://riverbend.example/plan}\n"
OWN_PAGE = ', url: "https://riverbend.example/u/{token}"'


def encoded(kind: str, name: str, encode: Change) -> Change:
    """Gives the text or HTML part another transfer encoding."""

    def spoil(content: bytes) -> bytes:
        head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: ".encode()
        before, _, rest = content.partition(head + b"quoted-printable\r\n\r\n")
        body, boundary, after = rest.partition(b"\r\n--=_")
        return before + head + name.encode() + b"\r\n\r\n" + encode(quopri.decodestring(body)) + boundary + after

    return spoil


def in_base64(words: bytes) -> bytes:
    """Lines of 76 letters."""
    return base64.encodebytes(words).strip().replace(b"\n", b"\r\n")


def with_part(head: str, body: bytes = b"") -> Change:
    """Adds a part behind the others."""

    def spoil(content: bytes) -> bytes:
        end = re.search(rb"(--=_alternative_\w+)--\r\n\Z", content)
        assert end
        part = f"{head}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() + in_base64(body) + b"\r\n"
        return content[: end.start()] + end[1] + b"\r\n" + part + end[0]

    return spoil


@trips("M10")
def another_text(desk: Desk) -> Evidence:
    def stub(text: str) -> str:
        foot = text[text.index("-" * 78) :]
        return "Your mail program cannot show this letter. Please read it in your browser.\n\n" + foot

    return spoilt(
        desk.issue(ISSUE + "    caption: Long muscles run beside it, from the neck to the hips.\n").evidence(),
        in_part("plain", stub),
    )


@trips("M10")
def text_with_more_to_say(desk: Desk) -> Evidence:
    story = " ".join(f"Word{number} tale{number} line{number}" for number in range(60))
    return spoilt(desk.evidence(), in_text("Walk about", f"{story} Walk about"))


@trips("M10")
def link_in_the_page_alone(desk: Desk) -> Evidence:
    return spoilt(desk.issue(ISSUE + LINK).evidence(), in_text("https://riverbend.example/plan", "see our website"))


@trips("M10")
def link_in_the_text_alone(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_text("Walk about", "Walk about (https://riverbend.example/walks)"))


@near("M10")
def a_few_words_apart(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("Walk about for five minutes or so.", "Stroll around for a while. View online."))


@near("M10")
def links_in_other_spellings(desk: Desk) -> Evidence:
    """Brackets, a full stop, a last slash, an escape, and an address that the page shows as plain words."""
    text = "See [the map](https://www.riverbend.example/a_(b)/) and [this](https://riverbend.example/ca%C3%B1on). Or https://walks.example/x."
    evidence = desk.issue(ISSUE.replace("Walk about for five minutes or so.", text)).evidence()
    return spoilt(
        evidence, in_part("plain", lambda words: words.replace("/ca%C3%B1on", "/ca\u00f1on").replace("/a_(b)/", "/a_(b)"))
    )


@near("M10")
def in_a_script_without_blanks(desk: Desk) -> Evidence:
    words = "\u80cc\u4e2d\u304c\u75db\u3044\u3068\u304d\u306f\u5c11\u3057\u6b69\u304d\u307e\u3057\u3087\u3046\u3002" * 8
    return desk.issue(ISSUE.replace("Walk about for five minutes or so.", words)).evidence()


@trips("M11")
def page_in_base64(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), encoded("html", "base64", in_base64))


@trips("M11")
def text_in_base64(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), encoded("plain", "base64", in_base64))


@trips("M11")
def page_in_8bit(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), encoded("html", "8bit", lambda words: words.replace(b"><", b">\r\n<")))


@near("M11")
def page_in_7bit(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), encoded("plain", "7bit", lambda words: words))


@near("M11")
def cyrillic_in_base64(desk: Desk) -> Evidence:
    words = (
        "\u0421\u043f\u0438\u043d\u0430 \u043b\u044e\u0431\u0438\u0442 \u0434\u0432\u0438\u0436\u0435\u043d\u0438\u0435. " * 40
    )
    return spoilt(desk.evidence(), encoded("plain", "base64", lambda text: in_base64(text + words.encode())))


@trips("M17")
def urgent(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("X-Priority", "1 (Highest)"))


@trips("M17")
def answered_by_a_machine(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("Auto-Submitted", "auto-replied; owner-email=news@riverbend.example"))


@trips("M17")
def receipt_wanted(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("Disposition-Notification-To", "news@riverbend.example"))


@near("M17")
def ordinary_weight(desk: Desk) -> Evidence:
    evidence = spoilt(desk.evidence(), with_header("X-Priority", "3 (Normal)"))
    return spoilt(spoilt(evidence, with_header("Importance", "normal")), with_header("Auto-Submitted", "auto-generated"))


@trips("M18")
def attached_file(desk: Desk) -> Evidence:
    head = 'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="stretches.pdf"'
    return spoilt(desk.evidence(), with_part(head, b"%PDF-1.7 "))


@trips("M18")
def large_file(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_part('Content-Type: application/zip; name="forms.zip"', b"PK" * 400_000))


@trips("M18")
def forwarded_mail(desk: Desk) -> Evidence:
    mail = b"Content-Type: message/rfc822\r\n\r\nFrom: a@mail.example\r\nContent-Type: application/octet-stream\r\n\r\nHello\r\n"

    def spoil(content: bytes) -> bytes:
        end = re.search(rb"(--=_alternative_\w+)--\r\n\Z", content)
        assert end
        return content[: end.start()] + end[1] + b"\r\n" + mail + end[0]

    return spoilt(desk.evidence(), spoil)


@near("M18")
def signature(desk: Desk) -> Evidence:
    head = 'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\nContent-Disposition: attachment; filename="smime.p7s"'
    return spoilt(desk.evidence(), with_part(head, b"0" * 3000))


@near("M18")
def many_pictures(desk: Desk) -> Evidence:
    """The pictures are parts with names, and belong to the page."""
    return desk.issue(ISSUE + "  - {type: image, image: images/ana-reyes.jpg, alt: Dr. Reyes.}\n").evidence()


@near("M18")
def mail_of_nearly_a_megabyte(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("X-Note", ("w" * 70 + "\r\n ") * 10_000 + "w"))


@trips("U07")
def unsigned_headers(desk: Desk) -> Evidence:
    return (
        desk.in_practice(SMTP, "provider: microsoft365, auth: xoauth2, token_command: oauth2-token")
        .in_practice("per_minute: 60", "per_minute: 30")
        .evidence()
    )


@near("U07")
def no_button_to_sign(desk: Desk) -> Evidence:
    return desk.in_practice(SMTP, "provider: microsoft365").in_practice(OWN_PAGE, "").evidence()


@near("U07")
def nothing_known_of_the_server(desk: Desk) -> Evidence:
    return desk.in_practice("smtp.riverbend.example", "office365.riverbend.example").evidence()


@trips("U11")
def no_list_id(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), without("List-ID"))


@trips("U11")
def list_id_without_a_dot(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("List-ID", "Riverbend Chiropractic <newsletter>"))


@trips("U11")
def list_id_without_brackets(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("List-ID", "newsletter.riverbend.example"))


@trips("U11")
def list_id_without_words(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("List-ID", "<newsletter.riverbend.example>"))


@trips("U11")
def list_id_of_each_reader(desk: Desk) -> Evidence:
    own = lambda content: re.sub(rb"(?ms)^(Message-ID: <small-breaks\.([A-Za-z0-9]+).*?<)newsletter\.", rb"\1\2.", content)  # noqa: E731
    return spoilt(desk.evidence(), own)


@near("U11")
def list_id_with_signs(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("List-ID", '"Riverbend, Provo" <news_2-us.riverbend.example> (monthly)'))


@near("U11")
def list_id_in_another_spelling(desk: Desk) -> Evidence:
    return spoilt(spoilt(desk.evidence(), without("List-ID")), with_header("List-Id", "News <n.riverbend.example>"))


@trips("U12")
def provider_with_a_link_of_its_own(desk: Desk) -> Evidence:
    return desk.in_practice(SMTP, "provider: postmark").evidence()


@near("U12")
def server_named_like_a_provider(desk: Desk) -> Evidence:
    return desk.in_practice("smtp.riverbend.example", "postmark.riverbend.example").evidence()
