"""Practices that break, or nearly break, a rule about the account that sends: its address, its login, its limits."""

from __future__ import annotations

from dataclasses import replace

from check_desk import LIST, Desk, near, trips

from newsletter.check.evidence import Evidence, NothingKnown

SMTP = (
    "smtp: {host: smtp.riverbend.example, port: 587, security: starttls, username: news@riverbend.example,"
    " connections: 2, per_minute: 60, per_day: 2000}"
)
SENDER = "email: news@riverbend.example, reply_to: hello@riverbend.example}"
PATIENTS = "subscribers: {patients: yes, consent:"


def through(desk: Desk, smtp: str, sender: str = "news@riverbend.example") -> Desk:
    """The desk with another mail server and another sender."""
    desk.in_practice(SMTP, f"smtp: {{{smtp}}}")
    return desk.in_practice(SENDER, f"email: {sender}, reply_to: hello@riverbend.example}}")


def people(desk: Desk, count: int, domain: str = "mail.example") -> Desk:
    """The desk with so many people more on its list."""
    return desk.people(LIST + "".join(f"reader{number}@{domain},Eve,,active\n" for number in range(count)))


@trips("A01")
def gmail_through_another_server(desk: Desk) -> Evidence:
    return desk.in_practice(SENDER, "email: riverbend.chiro@gmail.com, reply_to: hello@riverbend.example}").evidence()


@trips("A01")
def yahoo_through_a_sending_service(desk: Desk) -> Evidence:
    return through(desk, "provider: sendgrid, username: apikey", "riverbend@yahoo.com").evidence()


@trips("A01")
def hotmail_through_gmail(desk: Desk) -> Evidence:
    return through(desk, "host: mx.hotmail.com.riverbend.example, username: a@riverbend.example", "r@hotmail.com").evidence()


@trips("A01")
def internet_provider_through_another(desk: Desk) -> Evidence:
    return desk.in_practice(SENDER, "email: riverbend@comcast.net, reply_to: hello@riverbend.example}").evidence()


@near("A01")
def own_domain_at_workspace(desk: Desk) -> Evidence:
    return through(desk, "provider: workspace, username: news@riverbend.example").evidence()


@near("A01")
def gmail_through_gmail(desk: Desk) -> Evidence:
    return through(desk, "host: SMTP.gmail.com, username: riverbend@gmail.com", "riverbend@gmail.com").evidence()


@near("A01")
def internet_provider_through_its_own(desk: Desk) -> Evidence:
    return through(desk, "host: mobile.charter.net, username: riverbend@charter.net", "riverbend@charter.net").evidence()


@near("A01")
def through_a_bridge_on_this_computer(desk: Desk) -> Evidence:
    return through(desk, "host: 127.0.0.1, port: 1025, username: riverbend@proton.me", "riverbend@proton.me").evidence()


@near("A01")
def answers_to_gmail(desk: Desk) -> Evidence:
    """Only where answers go is at Gmail."""
    return desk.in_practice("reply_to: hello@riverbend.example", "reply_to: riverbend.chiro@gmail.com").evidence()


@near("A01")
def domain_that_begins_like_one(desk: Desk) -> Evidence:
    return desk.in_practice(SENDER, "email: news@gmail.riverbend.example, reply_to: hello@riverbend.example}").evidence()


@trips("A02")
def patients_through_gmail(desk: Desk) -> Evidence:
    return through(desk, "provider: gmail, username: riverbend@gmail.com", "riverbend@gmail.com").evidence()


@trips("A02")
def neighbors_through_gmail(desk: Desk) -> Evidence:
    desk.in_practice(PATIENTS, "subscribers: {patients: no, consent:")
    return through(desk, "provider: gmail, username: riverbend@gmail.com", "riverbend@gmail.com").evidence()


@trips("A02")
def own_address_through_a_personal_account(desk: Desk) -> Evidence:
    return through(desk, "provider: icloud, username: ana.reyes@icloud.com").evidence()


@near("A02")
def patients_through_workspace(desk: Desk) -> Evidence:
    """The same server as Gmail's, with an account of the practice's own domain."""
    return through(desk, "provider: workspace, username: news@riverbend.example").evidence()


@near("A02")
def own_domain_at_fastmail(desk: Desk) -> Evidence:
    return through(desk, "provider: fastmail, username: news@riverbend.example").evidence()


@trips("A08")
def password_at_outlook_com(desk: Desk) -> Evidence:
    """Own domain and user name of one's own: only the login is at fault."""
    return through(desk, "provider: outlook, username: news@riverbend.example").evidence()


@near("A08")
def token_at_microsoft(desk: Desk) -> Evidence:
    smtp = "provider: microsoft365, username: news@riverbend.example, auth: xoauth2, token_command: get-token"
    return through(desk, smtp).evidence()


@near("A08")
def token_at_outlook_com(desk: Desk) -> Evidence:
    return through(desk, "provider: outlook, username: news@riverbend.example, token_command: get-token").evidence()


@near("A08")
def microsoft_without_login(desk: Desk) -> Evidence:
    """Mail that a server of Microsoft's takes for its own domains wants no login."""
    return through(desk, "host: riverbend-example.mail.protection.outlook.com, port: 25").evidence()


@trips("A09")
def usual_password_at_workspace(desk: Desk) -> Evidence:
    evidence = through(desk, "provider: workspace, username: news@riverbend.example").evidence()
    return replace(evidence, password="Spine&Joint2026!")


@trips("A09")
def a_letter_short(desk: Desk) -> Evidence:
    evidence = through(desk, "host: smtp.gmail.com, username: news@riverbend.example").evidence()
    return replace(evidence, password="abcd efgh ijkl mno")


@near("A09")
def app_password_in_four_groups(desk: Desk) -> Evidence:
    evidence = through(desk, "provider: workspace, username: news@riverbend.example").evidence()
    return replace(evidence, password=" abcd efgh ijkl mnop ")


@near("A09")
def any_password_at_an_own_server(desk: Desk) -> Evidence:
    return replace(desk.evidence(), password="Spine&Joint2026!")


@near("A09")
def token_instead_of_a_password(desk: Desk) -> Evidence:
    smtp = "provider: workspace, username: news@riverbend.example, auth: xoauth2"
    return replace(through(desk, smtp).evidence(), password="left over from before")


@trips("A11")
def three_days(desk: Desk) -> Evidence:
    return people(desk.in_practice("per_day: 2000", "per_day: 20"), 50).evidence()


@trips("A11")
def more_than_half_a_day(desk: Desk) -> Evidence:
    return people(desk.in_practice("per_day: 2000", "per_day: 20"), 10).evidence()


@trips("A11")
def slow_pace_in_short_hours(desk: Desk) -> Evidence:
    """Sixty a minute in one minute a day: the limit a day is not the one that holds it up."""
    return people(desk.in_practice("per_day: 2000", 'per_day: 2000, hours: ["Mon-Fri 9:00-9:01"]'), 100).evidence()


@trips("A11")
def above_what_is_published(desk: Desk) -> Evidence:
    smtp = "provider: icloud, username: news@riverbend.example, per_day: 5000"
    return people(through(desk, smtp), 1200).evidence()


@trips("A11")
def nobody_knows_which_account(desk: Desk) -> Evidence:
    """Gmail's server serves accounts with 500 and with 2,000 a day."""
    return people(through(desk, "host: smtp.gmail.com, username: news@riverbend.example"), 600).evidence()


@near("A11")
def exactly_half(desk: Desk) -> Evidence:
    return people(desk.in_practice("per_day: 2000", "per_day: 28"), 10).evidence()


@near("A11")
def most_have_it_already(desk: Desk) -> Evidence:
    return people(desk.in_practice("per_day: 2000", "per_day: 20"), 50).evidence(NothingKnown(sent=50))


@near("A11")
def many_through_a_service_without_limit(desk: Desk) -> Evidence:
    return people(through(desk, "provider: postmark, username: token-of-the-stream"), 3000).evidence()


@near("A11")
def higher_limit_that_is_not_needed(desk: Desk) -> Evidence:
    return people(through(desk, "provider: icloud, username: news@riverbend.example, per_day: 5000"), 500).evidence()


@trips("U08")
def mailbox_only(desk: Desk) -> Evidence:
    return desk.in_practice(', url: "https://riverbend.example/u/{token}"}', "}").evidence()


@trips("U08")
def mailbox_only_for_thousands_at_gmail(desk: Desk) -> Evidence:
    desk.in_practice(', url: "https://riverbend.example/u/{token}"}', "}")
    desk.in_practice(", connections: 2, per_minute: 60, per_day: 2000", "")
    return people(desk, 5000, "gmail.com").evidence()


@near("U08")
def page_only(desk: Desk) -> Evidence:
    return desk.in_practice("mailto: unsubscribe@riverbend.example, url:", "url:").evidence()


@near("U08")
def provider_adds_a_page(desk: Desk) -> Evidence:
    desk.in_practice(', url: "https://riverbend.example/u/{token}"}', "}")
    return through(desk, "provider: postmark, username: token-of-the-stream").evidence()
