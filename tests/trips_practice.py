"""Lists and practices that break, or nearly break, a rule about people, addresses and secrets."""

from __future__ import annotations

import subprocess
from dataclasses import replace

from check_desk import ISSUE, LIST, Desk, in_html, in_text, near, spoilt, trips

from newsletter.check.evidence import Evidence, NothingKnown
from newsletter.compose.mail import Mail
from newsletter.read.practice import Practice


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
