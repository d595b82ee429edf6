"""`newsletter check --eml`: a saved mail of anybody's, and what the server that received it found out about its sender."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from check_desk import Desk
from check_fixtures import TRIPS
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.check.message.authentication import verdicts
from newsletter.check.message.received import read_received
from newsletter.check.page.hosts import owner_of
from newsletter.check.preflight import load_rules, run_received
from newsletter.cli import run
from newsletter.errors import NewsletterError

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TEXT = (
    "Hello, small breaks help.\n\nHarbor Physio, 4 Quay Street, Portland, OR 97201\nUnsubscribe: https://harbor.example/u/7Qx\n"
)
HTML = """<!DOCTYPE html><html lang="en" dir="ltr"><head><title>Small breaks help</title><meta charset="utf-8"></head>
<body lang="en" dir="ltr" style="margin:0"><div lang="en" dir="ltr" style="font-size:16px;line-height:1.5;color:#222222">
<div style="display:none;max-height:0;color:#222222;font-size:16px">Short breaks each hour ease a stiff back.</div>
<h1 style="font-size:24px">Small breaks help</h1><p>Hello, small breaks help.</p>
<p>Harbor Physio, 4 Quay Street, Portland, OR 97201</p>
<p><a href="https://harbor.example/u/7Qx" style="color:#1f5f78">Unsubscribe from this letter</a></p></div></body></html>
"""
AUTH = (
    "mx.google.com; dkim=pass header.i=@harbor.example header.s=k1 header.b=abc; "
    "spf=pass (google.com: domain of b@harbor.example designates 192.0.2.4 as permitted sender) smtp.mailfrom=b@harbor.example; "
    "dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=harbor.example"
)
HOP = (
    "from out.harbor.example (out.harbor.example. [192.0.2.4]) by mx.google.com with ESMTPS id 7 for <a@mail.example> "
    "(version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256); Mon, 02 Nov 2026 00:00:01 -0800 (PST)"
)
SIGNATURE = (
    "v=1; a=rsa-sha256; c=relaxed/relaxed; d=harbor.example; s=k1; "
    "h=from:to:subject:date:message-id:list-unsubscribe:list-unsubscribe-post; bh=x; b=y"
)
HEADERS = {
    "Received": HOP,
    "Authentication-Results": AUTH,
    "DKIM-Signature": SIGNATURE,
    "From": "Harbor Physio <news@harbor.example>",
    "To": "a@mail.example",
    "Subject": "Small breaks help",
    "Date": "Mon, 02 Nov 2026 08:00:00 +0000",
    "Message-ID": "<1.2@bounce.sender.example>",
    "List-ID": "Harbor letters <letters.harbor.example>",
    "List-Unsubscribe": "<https://harbor.example/u/7Qx>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "MIME-Version": "1.0",
}


def saved(folder: Path, *, html: str = HTML, text: str = TEXT, end: str = "\r\n", **changed: str | None) -> Path:
    """A saved mail; `changed` gives headers other values (`_` for `-`), None takes one out."""
    headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in changed.items()}}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    lines += ['Content-Type: multipart/alternative; boundary="b"', ""]
    for kind, body in (("plain", text), ("html", html)):
        lines += ["--b", f"Content-Type: text/{kind}; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", ""]
        lines += body.replace("=", "=3D").splitlines()
    path = folder / "mail.eml"
    path.write_bytes(end.join([*lines, "--b--", ""]).encode())
    return path


def found(path: Path) -> dict[str, str]:
    """The ids of what is wrong with a saved mail, and how bad it is; advice left out."""
    report = run_received(read_received(path, NOW))
    return {finding.id: finding.severity.word for finding in report.findings if finding.severity.word != "advice"}


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_a_good_mail_has_nothing_wrong(tmp_path: Path, end: str) -> None:
    """A careful newsletter of another sender passes, however its file's lines end."""
    assert found(saved(tmp_path, end=end)) == {}


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        (
            {"Authentication_Results": AUTH.replace("spf=pass", "spf=fail")},
            {"A03": "warning"},
        ),  # DKIM holds: as of a mail passed on
        ({"Authentication_Results": "mx.google.com; spf=fail; dkim=pass header.d=x.example; dmarc=fail"}, {"A03", "A05", "A06"}),
        ({"Authentication_Results": AUTH.replace("spf=pass", "spf=softfail")}, {"A03": "warning"}),
        ({"Authentication_Results": AUTH.replace("dkim=pass", "dkim=fail")}, {"A04": "warning"}),
        ({"Authentication_Results": "mx.google.com; dkim=none; spf=pass smtp.mailfrom=x@harbor.example"}, {"A05"}),
        (
            {"Authentication_Results": "mx.google.com; spf=pass smtp.mailfrom=x@harbor.example", "DKIM_Signature": None},
            {"A04": "warning", "A05": "warning"},
        ),
        ({"Authentication_Results": AUTH.replace("dmarc=pass", "dmarc=fail")}, {"A05": "error"}),
        (
            {
                "Authentication_Results": "mx.google.com; dkim=pass header.d=sender.example; "
                "spf=pass smtp.mailfrom=b@sender.example; dmarc=fail header.from=harbor.example"
            },
            {"A05": "error", "A06": "error"},
        ),
        ({"DKIM_Signature": SIGNATURE.replace(":list-unsubscribe-post", "")}, {"U07": "warning"}),
        ({"Received": HOP.replace("ESMTPS", "ESMTP").split(" (version")[0]}, {"A10": "error"}),
        ({"To": "a@mail.example, b@mail.example"}, {"M14": "error"}),
        ({"List_Unsubscribe": None, "List_Unsubscribe_Post": None}, {"U01": "error"}),
        ({"Message_ID": None}, {"M08": "error"}),
        ({"html": HTML.replace("Unsubscribe from this letter", "")}, {"U05"}),
        ({"html": HTML.replace("4 Quay Street, Portland, OR 97201", "by the sea")}, {"K01"}),
        ({"html": HTML.replace("Hello,", "Hello {{ first_name }},")}, {"M15"}),
    ],
)
def test_each_fault_is_found(tmp_path: Path, changed: dict[str, str | None], wrong: dict[str, str] | set[str]) -> None:
    """What the receiving server, the headers or the words tell is found, and nothing else beside it."""
    told = found(saved(tmp_path, **changed))  # type: ignore[arg-type]
    assert told == wrong if isinstance(wrong, dict) else wrong <= set(told)


@pytest.mark.parametrize(
    "changed",
    [
        {"Authentication_Results": None, "DKIM_Signature": None, "Received": None},  # a mail saved from a Sent folder
        {"Authentication_Results": AUTH.replace("dkim=pass", "dkim=fail header.d=list.example; dkim=pass", 1)},
        {"DKIM_Signature": "v=1; d=other.example;\r\n h=from:to;\r\n b=z\r\nDKIM-Signature: " + SIGNATURE},
        {"Received": HOP.replace("ESMTPS", "UTF8SMTPS")},
    ],
)
def test_honest_mails_are_left_alone(tmp_path: Path, changed: dict[str, str | None]) -> None:
    """Nothing told is nothing found; one signature of two is enough."""
    assert not set(found(saved(tmp_path, **changed))) & {"A03", "A04", "A05", "A06", "A10", "U07"}  # type: ignore[arg-type]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check --eml` needs no practice, says what Gmail would say, and ends with 1 where something is wrong."""
    assert run(["-C", str(tmp_path), "check", "--eml", str(saved(tmp_path))]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Small breaks help  (mail.eml)\nfrom Harbor Physio <news@harbor.example>\n")
    assert out.splitlines()[-1] == "Nothing in it breaks what Gmail asks of senders."
    bad = saved(tmp_path, Authentication_Results=AUTH.replace("dmarc=pass", "dmarc=fail"))
    assert run(["-C", str(tmp_path), "check", "--eml", str(bad)]) == 1
    assert "Gmail took this mail in, perhaps as spam, and may refuse the next: A05." in capsys.readouterr().out
    elsewhere = saved(tmp_path, Authentication_Results="mail.example; dmarc=fail")
    assert run(["-C", str(tmp_path), "check", "--eml", str(elsewhere)]) == 1
    assert "Gmail would probably refuse it or treat it as spam: A05." in capsys.readouterr().out
    saved(tmp_path, Authentication_Results=AUTH.replace("dmarc=pass", "dmarc=fail"))
    assert run(["-C", str(tmp_path), "check", "--eml", str(bad), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"file", "findings", "passed"}
    assert run(["-C", str(tmp_path), "check", "small-breaks", "--eml", str(bad)]) == 2


@pytest.mark.parametrize("content", [b"", b"\n\n", b"hello there", b"\x89PNG\r\n\x1a\n", b"\x00" * 5000])
def test_what_is_no_mail_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    """A file of another kind gets a sentence that tells how to save a mail."""
    path = tmp_path / "x.eml"
    path.write_bytes(content)
    with pytest.raises(NewsletterError, match="not a saved mail"):
        read_received(path, NOW)


def test_a_mail_out_of_a_mailbox_file(tmp_path: Path) -> None:
    """The line `From ...` and blank lines above the headers are no part of the mail."""
    path = saved(tmp_path, end="\n")
    path.write_bytes(b"\n\nFrom news@harbor.example Tue Dec  1 08:00:00 2026\n" + path.read_bytes())
    assert found(path) == {}


def test_authentication_results_are_read_as_written() -> None:
    """Comments, also nested ones, count for nothing; only the topmost header is trusted."""
    mail = b"Authentication-Results: mx.example (v1 (x; dkim=fail)); dkim=pass (ok; spf=fail) header.d=A.example\r\n"
    mail += b"Authentication-Results: liar.example; dmarc=pass\r\nFrom: a@a.example\r\n\r\n"
    from newsletter.check.sample import Sample
    from newsletter.read.subscribers import Subscriber

    (verdict,) = verdicts(Sample(Subscriber("", 0, frozenset(), {}), "", (), mail)) or ()
    assert (verdict.method, verdict.result, verdict.properties) == ("dkim", "pass", {"header.d": "a.example"})


@pytest.mark.parametrize(
    ("domain", "owner"),
    [
        *(("mail.riverbend.example", "riverbend.example"), ("riverbend.example", "riverbend.example"), ("a.b.co.uk", "b.co.uk")),
        *(("example", "example"), ("x.y.com.au.", "y.com.au"), ("", "")),
    ],
)
def test_subdomains_belong_together(domain: str, owner: str) -> None:
    """A sender's subdomain is the sender's."""
    assert owner_of(domain) == owner


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=3000))
def test_any_bytes_are_judged_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """However broken a file is, the answer is findings or one sentence."""
    path = tmp_path_factory.mktemp("any") / "x.eml"
    path.write_bytes(b"From: a@a.example\r\nContent-Type: text/html\r\n" + content)
    run_received(read_received(path, NOW))


def foreign(name: str) -> Path:
    """One of the mails in fixtures/received, which are like those that services and mail programs make."""
    return Path(__file__).parent / "fixtures" / "received" / name


def told(path: Path) -> set[str]:
    """What is wrong with a mail, advice and SpamAssassin's opinion left out."""
    return set(found(path)) - {"S01"}


LETTERS = {
    "apple-mail-answer.eml": "it answers another mail",
    "appointment.eml": "it is a notice about the reader's own business",
    "forwarded.eml": "it answers another mail",
    "gmail-by-hand.eml": "it is short and has no link and no picture",
}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("mailchimp.eml", {"C01", "C03", "C09", "H10"}),
        ("constant-contact.eml", {"C01", "C02", "C03", "C05", "C06", "C09", "H05", "H10", "U11"}),
        ("substack.eml", {"C01", "C05", "C08", "C09", "H10", "M10", "M11"}),
        ("text-in-mbox.eml", set[str]()),
        ("through-a-list.eml", {"A04", "A05", "A06", "K01", "U03"}),
        *((name, set[str]()) for name in LETTERS),
    ],
)
def test_mails_of_others_are_judged_by_what_they_are(name: str, wrong: set[str]) -> None:
    """Nothing is said of a mail that is not true of it, whichever program made it and whichever server took it in."""
    assert told(foreign(name)) == wrong


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("outlook-word.eml", {"U01", "U05", "K01", "A03", "A04", "A05"}, {"M09", "M01", "M11", "A06", "A10"}),
        ("nested-latin1.eml", {"U01", "A04", "M18"}, {"M09", "M04", "A03", "A05", "A10", "U05", "K01"}),
        ("phishing.eml", {"A03", "A05", "A10", "A14", "H11", "M12"}, {"A06", "M01"}),
    ],
)
def test_what_is_wrong_is_found_and_what_is_right_is_not(name: str, wrong: set[str], right: set[str]) -> None:
    """A newsletter out of Word, one of nested parts in Latin-1, and a fraud: each has its own faults."""
    assert wrong <= told(foreign(name))
    assert not right & told(foreign(name))


@pytest.mark.parametrize(("name", "reason"), LETTERS.items())
def test_a_letter_is_not_judged_as_a_newsletter(capsys: pytest.CaptureFixture[str], name: str, reason: str) -> None:
    """An answer, a notice or a short letter needs no unsubscribe link; it is said what was not checked, and why."""
    run(["check", "--eml", str(foreign(name))])
    said = " ".join(capsys.readouterr().out.split())
    assert f"for newsletters, which this mail is not: {reason}." in said
    assert "Nothing in it breaks what Gmail asks of senders." in said


def test_a_newsletter_with_the_subject_of_a_notice_is_a_newsletter(tmp_path: Path) -> None:
    """A sign of a list decides, not the words."""
    nowhere = HTML.replace("4 Quay Street, Portland, OR 97201", "by the sea")
    assert "K01" in found(saved(tmp_path, html=nowhere, Subject="Appointment reminder: fall is near"))


def test_a_fraud_is_called_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever looks at a fraud is told not to click, and not only how its maker could do better."""
    run(["check", "--eml", str(foreign("phishing.eml"))])
    assert "Click nothing in it" in " ".join(capsys.readouterr().out.split())
    run(["check", "--eml", str(foreign("mailchimp.eml"))])
    assert "Click nothing in it" not in " ".join(capsys.readouterr().out.split())


OURS = re.compile(r"`|\.ya?ml|\.mjml|\.txt\b|\btheme|\btemplate|\bissue\b|images/|rules/|<mj-|[Rr]eport it|built mail")


@pytest.mark.parametrize("rule_id", [rule.id for rule in load_rules().values() if rule.received and rule.id in TRIPS])
def test_no_finding_about_a_foreign_mail_names_our_files(tmp_path: Path, rule_id: str) -> None:
    """Who did not make the mail has no practice.yaml and no theme: every fix is one that its sender could do."""
    for number, case in enumerate(TRIPS[rule_id][:3]):
        evidence = case(Desk.at(tmp_path / str(number)))
        path = tmp_path / "mail.eml"
        path.write_bytes(evidence.samples[0].content)
        for finding in run_received(read_received(path, NOW), [rule_id]).findings:
            assert not OURS.search(f"{finding.fix} {finding.place}"), finding


def test_a_page_is_told_once_of_what_one_act_mends(tmp_path: Path) -> None:
    """Twenty pictures without words are one finding that counts them."""
    pictures = "<img src='https://harbor.example/a.png' width='9'>" * 20
    report = run_received(read_received(saved(tmp_path, html=HTML.replace("<h1", pictures + "<h1")), NOW), ["H05"])
    assert len(report.findings) <= 1


@pytest.mark.parametrize(
    ("written", "results"),
    [
        ("spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.example; dkim=none (x) header.d=none;dmarc=pass", "spf dkim dmarc"),
        ("a.icloud.example; bimi=skipped\r\nAuthentication-Results: b.icloud.example; spf=pass", "bimi spf"),
        ("a.mail.example; spf=pass\r\nAuthentication-Results: liar.example; dmarc=pass", "spf"),
        ("mail.example; spf=pass\r\nReceived: from x by y\r\nAuthentication-Results: mail.example; dmarc=pass", "spf"),
        ("mx.example 1; none", ""),
    ],
)
def test_results_are_read_of_the_house_that_took_the_mail_in(tmp_path: Path, written: str, results: str) -> None:
    """Microsoft names no server, Apple writes a header a method, and what stands further down may be anybody's."""
    sample = read_received(saved(tmp_path, Authentication_Results=written, Received=None), NOW).samples[0]
    assert " ".join(verdict.method for verdict in verdicts(sample) or ()) == results


@pytest.mark.parametrize(
    "hop",
    [
        "from mx1.mail.example by store.mail.example with ESMTP id 1; Mon, 02 Nov 2026 00:00:01 +0000",
        "from gate.other.example ([10.0.0.5]) by store.mail.example with ESMTP id 1; Mon, 02 Nov 2026 00:00:01 +0000",
        "from localhost (localhost [127.0.0.1]) by mx.mail.example with SMTP id 1; Mon, 02 Nov 2026 00:00:01 +0000",
    ],
)
def test_rooms_of_one_house_need_no_encryption(tmp_path: Path, hop: str) -> None:
    """What the receiver's own servers do among themselves says nothing of the sender."""
    assert found(saved(tmp_path, Received=hop)) == {}


@pytest.mark.parametrize("depth", [90, 300, 500, 1200, 20000])
def test_parts_in_parts_without_end(tmp_path: Path, depth: int) -> None:
    """A mail made to choke whoever reads it is judged like any other."""
    inner = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(depth))
    path = tmp_path / "deep.eml"
    path.write_bytes(f"From: a@a.example\r\n{inner}Content-Type: text/plain\r\n\r\nhello\r\n".encode())
    assert run_received(read_received(path, NOW)).findings
