"""Holds what practice.yaml may say, and how everything else in it is answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples import change, practice_of

from newsletter.compose.theme import Theme
from newsletter.errors import Missing, ProblemsFound
from newsletter.read.providers import server

SMTP = (
    "smtp: {host: smtp.riverbend.example, port: 587, security: starttls, username: news@riverbend.example, "
    "connections: 2, per_minute: 60, per_day: 2000}"
)
UNSUBSCRIBE = 'unsubscribe: {mailto: unsubscribe@riverbend.example, url: "https://riverbend.example/u/{token}"}'


def said_of(folder: Path) -> list[str]:
    """Every problem of the folder's practice.yaml, each as it is shown."""
    with pytest.raises(ProblemsFound) as caught:
        practice_of(folder)
    return [str(problem) for problem in caught.value.problems]


def test_the_example_is_right(practice_folder: Path) -> None:
    """The file that people start from is read without a word."""
    practice = practice_of(practice_folder)
    assert practice.text.practitioner.full_name == "Dr. Ana Reyes, D.C."
    assert practice.domain == "riverbend.example"


def test_a_folder_without_one_names_the_command_that_makes_it(tmp_path: Path) -> None:
    """Nobody is left with a missing file and no next step."""
    with pytest.raises(Missing, match="newsletter init"):
        practice_of(tmp_path)


@pytest.mark.parametrize("key", ["password", "Password", "pass", "secret", "api_key", "app_password"])
def test_a_password_in_the_file_is_named_once_with_its_line(practice_folder: Path, key: str) -> None:
    """A secret in practice.yaml is refused, is not repeated on the screen, and is not called an unknown key as well."""
    change(practice_folder, SMTP, f"smtp:\n  host: smtp.riverbend.example\n  {key}: hunter22")
    line = 1 + (practice_folder / "practice.yaml").read_text().split("\n").index(f"  {key}: hunter22")
    said = said_of(practice_folder)
    assert len(said) == 1
    assert said[0].startswith(f"practice.yaml:{line}:3: a password must not stand in this file.")
    assert "NEWSLETTER_SMTP_PASSWORD" in said[0]
    assert "hunter22" not in said[0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("language: en", "langauge: en", 'unknown key `langauge`. Did you mean "language"?'),
        ("  phone: (801) 555-0142", "  fone: (801) 555-0142", 'unknown key `fone`. Did you mean "phone"?'),
        ("  phone: (801) 555-0142\n", "", "`practice.phone` is missing"),
        ("host: smtp.riverbend.example,", "provider: gmial,", 'unknown provider "gmial". Did you mean "gmail"?'),
        ("host: smtp.riverbend.example,", "", "names no server"),
        ("host: smtp.riverbend.example,", "provider: ses,", "email-smtp.us-east-1.amazonaws.com"),
        (SMTP, "smtp: {provider: gmail}", "Gmail wants a login. Add `username:` with the whole Gmail address, as you@gmail.com."),
        (SMTP, "smtp: {host: smtp.sendgrid.net}", "SendGrid wants a login. Add `username:` with the word apikey itself."),
        (SMTP, "smtp: {host: smtp.riverbend.example, auth: xoauth2}", "needs `username`"),
        (SMTP, "smtp: {host: smtp.riverbend.example, token_command: get-token}", "needs `username`"),
        ("port: 587", "port: 587, auth: oauth", '`smtp.auth` cannot be `oauth`. Did you mean "xoauth2"?'),
        ("port: 587", "port: 587, auth: password, token_command: get-token", "Delete one of the two lines"),
        (SMTP, "smtp: {provider: resend, username: resend, auth: xoauth2}", "takes no access tokens"),
        ("port: 587", "port: 587, hours: Mon-Fri 9:00-17:00", "`smtp.hours` should be a list"),
        (
            "port: 587",
            'port: 587, hours: ["Mon-Fri 9:00-17:00", "Sat noon"]',
            '`smtp.hours[2]`: "Sat noon" names no weekdays and hours',
        ),
        ("port: 587", "port: 587, hours: [[Mon]]", "`smtp.hours[1]`: it should be text"),
        ("port: 587", "port: 012", '"012" is not a whole number'),
        ("port: 587", "port: 1:30", '"1:30" is not a whole number'),
        ("port: 587", "port: 70000", "`smtp.port` must be at most 65535"),
        ("connections: 2", "connections: 0", "`smtp.connections` must be at least 1"),
        ("port: 587", "port: [587]", "`smtp.port` should be a whole number"),
        ("security: starttls", "security: startls", '`smtp.security` cannot be `startls`. Did you mean "starttls"?'),
        ("security: starttls", "security: none", "in the clear"),
        ('color: "#1f6f78"', 'color: "#1f6f7"', "is not a colour"),
        ('color: "#1f6f78"', "color: teal", "is not a colour"),
        ("timezone: America/Denver", "timezone: Denver", '"Denver" is not a time zone'),
        ("timezone: America/Denver", 'timezone: ""', "is not a time zone"),
        ("timezone: America/Denver", "timezone: America", "is not a time zone"),
        ("timezone: America/Denver", "timezone: ../../etc/passwd", "is not a time zone"),
        ("language: en", "language: english!", "is not a language code"),
        ("language: en", "language: {a: b}", "should be text"),
        ("photo: images/ana-reyes.jpg", "photo: ../ana.jpg", "lies outside the practice's folder"),
        ("photo: images/ana-reyes.jpg", "photo: /etc/ana.jpg", "lies outside the practice's folder"),
        ("photo: images/ana-reyes.jpg", "photo: C:\\ana.jpg", "lies outside the practice's folder"),
        ("photo: images/ana-reyes.jpg", "photo: https://a.example/ana.jpg", "not from the web"),
        ("email: news@riverbend.example", "email: news.riverbend.example", "not an address that mail can reach"),
        ("email: news@riverbend.example", 'email: "a@b.example\\nBcc: x@y.example"', "must be one line"),
        ("email: news@riverbend.example", "email: josé@riverbend.example", "before the @"),
        ("reply_to: hello@riverbend.example", "reply_to: hello", "not an address that mail can reach"),
        ("sender: {name: Riverbend Chiropractic", 'sender: {name: "River\\r\\nBcc: x"', "control character"),
        ("website: https://riverbend.example", "website: riverbend.example", "Begin it with https://"),
        ("website: https://riverbend.example", "website: 'https://[riverbend'", "not a link"),
        ("website: https://riverbend.example", "website: tel:+18015550142", "not a web address"),
        ("images: {mode: embed}", "images: {mode: hosted}", "need `base_url`"),
        ("images: {mode: embed}", "images: {mode: hosted, base_url: http://a.example}", "beginning with https://"),
        ("name: Riverbend Chiropractic\n", "name: '{{ first_name }}'\n", "merge fields work only in issues"),
        (UNSUBSCRIBE, "unsubscribe: {}", "so that people can opt out"),
        (UNSUBSCRIBE, "unsubscribe: {url: 'http://a.example/{token}'}", "must begin with https://"),
        (UNSUBSCRIBE, "unsubscribe: {url: 'https://a.example/u'}", "must hold {token}"),
        (UNSUBSCRIBE, "unsubscribe: {url: 'https://{token}'}", "{token} where"),
        (UNSUBSCRIBE, "unsubscribe: {url: 'https://a.example/é/{token}'}", "accent"),
        (UNSUBSCRIBE, "unsubscribe: {url: 'https://a.example/a,b/{token}'}", "comma"),
        (UNSUBSCRIBE, "unsubscribe: {url: 'https://a.example/{token}>'}", "a sign that links must not have"),
        (UNSUBSCRIBE, f"unsubscribe: {{url: 'https://a.example/{'x' * 900}/{{token}}'}}", "longer than"),
    ],
)
def test_a_wrong_value_is_told_with_its_line_and_what_would_be_right(
    practice_folder: Path, old: str, new: str, words: str
) -> None:
    """Every field says in plain words what it takes, at the line where it stands."""
    change(practice_folder, old, new)
    said = said_of(practice_folder)
    assert any(words in row for row in said), said
    assert all(row.startswith("practice.yaml:") and row.split(":")[1].isdigit() for row in said)


def test_all_problems_come_in_one_run_in_the_order_of_the_file(practice_folder: Path) -> None:
    """Nobody corrects a file one mistake at a time."""
    change(practice_folder, "  phone: (801) 555-0142", "  fone: (801) 555-0142")
    change(practice_folder, 'color: "#1f6f78"', 'color: "teal"')
    change(practice_folder, "per_minute: 60", "per_minute: many")
    change(practice_folder, "timezone: America/Denver", "timezone: Mars")
    said = said_of(practice_folder)
    assert len(said) == 5
    lines = [int(row.split(":")[1]) for row in said]
    assert lines == sorted(lines)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", '"::1"'])
def test_mail_in_the_clear_stays_on_this_machine(practice_folder: Path, host: str) -> None:
    """`security: none` is for a server on loopback."""
    change(practice_folder, SMTP, f"smtp: {{host: {host}, security: none}}")
    assert server(practice_of(practice_folder).text.smtp).port == 25


def test_an_international_domain_is_used_in_ascii(practice_folder: Path) -> None:
    """Headers and envelope are ASCII, so an address with an accent in its domain is turned into what servers know."""
    change(practice_folder, "email: news@riverbend.example", "email: news@flüsschen.example")
    practice = practice_of(practice_folder)
    assert practice.text.sender.email == "news@xn--flsschen-75a.example"
    assert practice.domain == "xn--flsschen-75a.example"


@pytest.mark.parametrize(("typed", "used"), [('"#EEE"', "#eeeeee"), ("1F6F78", "#1f6f78"), ('" #1f6f78 "', "#1f6f78")])
def test_a_colour_is_six_small_hex_digits(practice_folder: Path, typed: str, used: str) -> None:
    """The MJML compiler does not expand `#eee`, so we do."""
    change(practice_folder, 'color: "#1f6f78"', f"color: {typed}")
    assert practice_of(practice_folder).text.brand.color == used


def test_an_unknown_theme_is_named_with_its_line_and_the_ones_there_are(practice_folder: Path) -> None:
    """A misspelt theme has a `did you mean` too."""
    change(practice_folder, "theme: clinic", "theme: clnic")
    with pytest.raises(ProblemsFound, match=r'practice.yaml:\d+.*there is no theme "clnic"\. Did you mean "clinic"\?'):
        Theme(practice_of(practice_folder))


def test_a_theme_that_is_not_there_is_told_even_where_the_file_names_no_brand(practice_folder: Path) -> None:
    """A practice without `brand` gets the default theme and colours."""
    text = (practice_folder / "practice.yaml").read_text()
    (practice_folder / "practice.yaml").write_text("\n".join(line for line in text.split("\n") if not line.startswith("brand")))
    assert practice_of(practice_folder).text.brand.theme == "clinic"
