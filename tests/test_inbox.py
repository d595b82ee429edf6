"""What shows in the inbox: honest and doubtful subjects, names and preheaders, in our mails and in those of others."""

from __future__ import annotations

import email.message
import email.policy
from collections.abc import Callable
from pathlib import Path

import pytest
from check_desk import ISSUE, NOW, Desk, spoilt, with_value
from dns_server import DnsServer, Fault
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trips_inbox import from_name, with_subject

from newsletter.check import preflight
from newsletter.check.evidence import Received
from newsletter.check.finding import ADVICE, ERROR, WARNING, Finding, Severity
from newsletter.check.message.received import read_received
from newsletter.check.network.real import Network
from newsletter.check.registry import RULES

preflight.load_rules()

HONEST_SUBJECTS = (
    "Why your neck aches after long drives",
    "Snow, shovels and your lower back",
    "Winter hours at our office",
    "New: evening appointments on Thursdays",
    "A sudden, severe headache: when to call 911",
    "Chest pain? Act now: call 911",
    "Urgent care or our office: where to go with back pain",
    "Five myths about TMJ",
    "NSAIDs, ice or heat?",
    "MRI, CT, EMG: what they can and cannot show",
    "COVID-19 and your back",
    "Our 5K walk is on Saturday!",
    "Is sitting the new smoking?",
    "Do NOT crack your own neck",
    "Reyes family news",
    "Regarding your pillow",
    "Forward bends, done kindly",
    "Free your shoulders: three stretches",
    "No hurry: healing takes time",
    "Save the date: open house on May 4",
    "Back to school: backpacks that fit",
    "Winner of the pumpkin contest",
    "A warning sign you should know",
    "Sleep: on your side or on your back?",
    "We moved. Here is our new address",
    "Order your thoughts: a calm start to the day",
    "Q&A: does posture matter?",
    "Re-think your chair",
    "Refresh your desk in five minutes",
    "\u00bfPor qu\u00e9 duele la espalda?",
)
DOUBTFUL_SUBJECTS: dict[str, Severity] = {
    "Re: your visit": ERROR,
    "RE: RE: small breaks": ERROR,
    "re:small breaks": ERROR,
    "Fwd: small breaks": ERROR,
    "FW: small breaks": ERROR,
    "Re (2): small breaks": ERROR,
    "WG: kleine Pausen": ERROR,
    "SV: sm\u00e5 pauser": ERROR,
    "...": ERROR,
    "STOP BACK PAIN": WARNING,
    "SMALL BREAKS HELP": WARNING,
    "Your BACK needs you NOW, TODAY and FOREVER": WARNING,
    "WINTER": WARNING,
    "Small breaks help!!!": WARNING,
    "Really?? Small breaks": WARNING,
    "Save $$$ this week": WARNING,
    "Act now and sit well": ADVICE,
    "A limited-time class": ADVICE,
    "Don\u2019t miss out: our spring class": ADVICE,
    "Last chance to sign up": ADVICE,
    "A 100% free class on Monday": ADVICE,
    "A FREE class on Monday": ADVICE,
    "You have been selected": ADVICE,
    "Once in a lifetime: our open house": ADVICE,
    "Everything that you always wanted to know about the small muscles": ADVICE,
}


def found(desk: Desk, rule_id: str) -> list[Finding]:
    """What one rule says of the desk's issue."""
    return list(preflight.run(desk.evidence(), [rule_id]).findings)


@pytest.mark.parametrize("subject", HONEST_SUBJECTS)
def test_honest_subjects_pass(subject: str, tmp_path: Path) -> None:
    """Nobody is told to change a calm subject, even one with a word that spam likes too."""
    evidence = with_subject(Desk.at(tmp_path / "practice"), subject)
    assert preflight.run(evidence, ["M12"]).findings == ()


@pytest.mark.parametrize("subject", DOUBTFUL_SUBJECTS)
def test_doubtful_subjects_are_told(subject: str, tmp_path: Path) -> None:
    """Each is told as bad as it is, on the line of the subject."""
    evidence = with_subject(Desk.at(tmp_path / "practice"), subject)
    findings = preflight.run(evidence, ["M12"]).findings
    assert findings[0].severity is DOUBTFUL_SUBJECTS[subject]
    assert {finding.place for finding in findings} == {"issues/small-breaks.yaml:2"}


def test_a_title_stands_in_for_a_subject(tmp_path: Path) -> None:
    """Where there is no `subject`, the line of the title is named."""
    desk = Desk.at(tmp_path / "practice")
    lines = [line for line in ISSUE.replace("title: Small Breaks", "title: SMALL BREAKS").splitlines() if "subject:" not in line]
    desk.issue("\n".join(lines) + "\n")
    (finding,) = found(desk, "M12")
    assert finding.place == "issues/small-breaks.yaml:1"


@pytest.mark.parametrize(
    "name", ["Dr. Reyes", "Riverbend News", "The Riverbend Team", "Ana Reyes, Chiropractor", "riverbend.example"]
)
def test_names_that_patients_know(name: str, tmp_path: Path) -> None:
    """A part of the practice's, the practitioner's or the website's name is enough."""
    assert preflight.run(from_name(Desk.at(tmp_path / "practice"), name), ["M13"]).findings == ()


@pytest.mark.parametrize(
    "name",
    [
        "URGENT REQUEST",
        "Riverbend Alert",
        "Last Chance",
        "[1] Riverbend",
        "\u2b50 Riverbend",
        "Your Appointment",
        "Fwd: Dr. Reyes",
    ],
)
def test_names_that_mislead(name: str, tmp_path: Path) -> None:
    """The kinds that Gmail's guidelines name are each one finding at the sender's line."""
    (finding,) = preflight.run(from_name(Desk.at(tmp_path / "practice"), name), ["M13"]).findings
    assert finding.place.startswith("practice.yaml:")


def test_own_words_of_spam(tmp_path: Path) -> None:
    """A practice adds phrases in rules/spam.yaml, and a wrong entry is told with its line."""
    desk = Desk.at(tmp_path / "practice")
    rules = desk.folder / "rules"
    rules.mkdir()
    (rules / "spam.yaml").write_text("entries:\n  - {phrases: small breaks, harm: bores us, instead: say it anew}\n")
    (finding,) = found(desk, "M12")
    assert (finding.harm, finding.fix) == ('"small breaks" in the subject bores us.', "In `subject` say it anew.")
    assert "rules/spam.yaml" in finding.source


def test_phrases_are_english_only(tmp_path: Path) -> None:
    """In another language the phrases are not sought, and everything else is."""
    desk = Desk.at(tmp_path / "practice").in_practice("language: en", "language: es")
    assert preflight.run(with_subject(desk, "Last chance, amigos"), ["M12"]).findings == ()
    assert [finding.severity for finding in preflight.run(with_subject(desk, "RV: amigos"), ["M12"]).findings] == [ERROR]


def test_explained_with_sources() -> None:
    """`check --explain` shows the phrases, each kind with its source and date."""
    for rule_id in ("M12", "M13", "U07", "U12"):
        details = RULES[rule_id].details
        assert details
        assert all("https://" in line and "202" in line for line in details())


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ({"desk.example": {"MX": ["10 mail.desk.example."]}}, 0),
        ({"desk.example": {"A": ["192.0.2.7"]}}, 0),
        ({"desk.example": {"MX": ["0 ."], "A": ["192.0.2.7"]}}, 1),
        ({"desk.example": {"TXT": ["v=spf1 -all"]}}, 1),
        ({}, 1),
        ({"desk.example": Fault.SERVFAIL}, 0),
    ],
)
def test_answers_need_a_mail_server(zone: dict[str, dict[str, list[str]] | Fault], told: int, tmp_path: Path) -> None:
    """Online, the domain of Reply-To must take mail; where nobody knows, nobody is blamed."""
    desk = Desk.at(tmp_path / "practice").in_practice("hello@riverbend.example", "hello@desk.example")
    with DnsServer(zone) as server:
        evidence = desk.evidence(net=Network.for_people(server.address))
        findings = preflight.run(evidence, ["M16"]).findings
    assert len(findings) == told
    assert all("desk.example" in finding.harm for finding in findings)


def foreign(tmp_path: Path, subject: str, page: str, text: str = "", **headers: str) -> Received:
    """A mail as another program makes one."""
    mail = email.message.EmailMessage(email.policy.SMTP)
    mail["From"] = headers.pop("sender", "Millbrook Yoga <letters@millbrook.example>")
    mail["To"] = "Tom Baker <tom.baker@mail.example>"
    mail["Subject"] = subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text or "Stretch a little each day. https://millbrook.example/classes")
    mail.add_alternative(page, subtype="html")
    path = tmp_path / "saved.eml"
    path.write_bytes(bytes(mail))
    return read_received(path, NOW)


PAGE = (
    '<html lang="en"><body><div style="display:none">Three easy stretches for the morning, none of them longer than a song.</div>'
    '<p>Stretch a little each day.</p><a href="https://millbrook.example/classes?id=7">Classes</a></body></html>'
)
MINE = ("M10", "M11", "M12", "M13", "M16", "M17", "M18", "H09", "U11")


def told_of(mail: Received) -> set[str]:
    """The ids of what is found in a foreign mail."""
    return {finding.id for finding in preflight.run_received(mail, MINE).findings}


def test_a_decent_foreign_mail(tmp_path: Path) -> None:
    """A mail of another program with nothing wrong has no finding, whatever it counts clicks with."""
    assert told_of(foreign(tmp_path, "Stretch with us", PAGE, List_ID="Yoga letters <letters.millbrook.example>")) == set()


def test_a_bad_foreign_mail(tmp_path: Path) -> None:
    """The same rules judge mails that others made, without any file behind them."""
    page = PAGE.replace("Three easy", "Act now: three easy").replace("</p>", "</p><p>View in browser</p>")
    text = "This mail needs a modern program. Go to https://other.example/view instead of reading these lines of plain words."
    mail = foreign(
        tmp_path, "TOM, LAST CHANCE TODAY!!", page, text, sender='"Tom Baker (1)" <no-reply@millbrook.example>', X_Priority="1"
    )
    assert told_of(mail) == {"M12", "M13", "M16", "M17", "H09", "U11", "M10"}


def test_a_foreign_mail_without_preheader(tmp_path: Path) -> None:
    """What stands first is quoted, unless it is long enough to do for a preheader."""
    bare = PAGE.replace('<div style="display:none">', "<p>View in browser</p><div hidden>")
    (finding,) = preflight.run_received(foreign(tmp_path, "Stretch with us", bare), ["H09"]).findings
    assert '"View in browser Stretch a little' in finding.harm
    shown = PAGE.replace('<div style="display:none">', "<div>")
    assert preflight.run_received(foreign(tmp_path, "Stretch with us", shown), ["H09"]).findings == ()


JUNK = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    subject=JUNK,
    name=JUNK,
    page=st.lists(st.sampled_from(["<div hidden>", "<div style='", "</div>", "<p", ">", "a" * 50, "&#847;", "'", "<!--"])),
)
def test_nothing_makes_a_rule_fail(tmp_path: Path, subject: str, name: str, page: list[str]) -> None:
    """Whatever a mail holds, each rule comes to an end, and says whole sentences with a place."""
    path = tmp_path / "junk.eml"
    named = f"From: {name} <a@b.example>\r\nTo: {name}\r\nReply-To: {name}\r\nList-ID: {name}\r\n"
    head = f"{named}Subject: {subject}\r\nContent-Type: text/html\r\n"
    path.write_bytes((head + "\r\n" + "".join(page)).encode())
    for finding in preflight.run_received(read_received(path, NOW), MINE).findings:
        assert finding.place
        assert finding.harm[-1] in ".?!"
        assert "\n" not in finding.fix


@pytest.mark.parametrize(
    "make",
    [
        lambda size: "Re:" * size,
        lambda size: "! " * size,
        lambda size: "A" * size,
        lambda size: "(1 " * size,
        lambda size: "no-" * size,
    ],
)
def test_endless_headers_are_read_in_time(make: Callable[[int], str], tmp_path: Path) -> None:
    """A header of 200 kB takes no longer than its length asks for."""
    evidence = Desk.at(tmp_path / "practice").evidence()
    for name in ("Subject", "From", "Reply-To", "List-ID"):
        evidence = spoilt(evidence, with_value(name, make(60_000)))
    preflight.run(evidence, MINE)
