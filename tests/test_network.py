"""The network as `check --online` asks it: real DNS, websites and mail servers on loopback, polite and otherwise."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from check_desk import Desk
from dns_server import DnsServer, Fault, Zone
from small_internet import HERE, certificates, home_zone
from smtp_server import GARBAGE, Close, EndlessLine, EndlessReply, Hang, Offers, Phase, Raw, Say, SmtpServer, When
from web_server import Page, WebServer

from newsletter.check.network.net import INSIDE, NOT_KNOWN, Fetched, NoAnswer, fetch_all
from newsletter.check.network.real import Network
from newsletter.cli import run
from newsletter.compose.identity import NOBODYS_TOKEN
from newsletter.errors import NewsletterError
from newsletter.ledger.keys import Keys

HOST = "riverbend.example"


@contextmanager
def network(zone: Zone | None = None, *, patience: float = 1.0, loopback: bool = True) -> Iterator[Network]:
    """A network whose names are those of the zone."""
    with DnsServer({HOST: HERE} if zone is None else zone) as names:
        yield Network(names.address, patience=patience, loopback=loopback, authorities=str(certificates().authority))


def test_records_of_every_kind() -> None:
    """TXT strings are joined, mail servers sorted by preference, a null MX is a dot, and aliases are followed."""
    zone = {
        "a.example": {"TXT": ["x" * 300, "two words"], "MX": ["20 B.example.", "10 a.example."]},
        "none.example": {"MX": ["0 ."]},
        "alias.example": {"CNAME": ["a.example."]},
    }
    with network(zone) as net:
        assert net.txt("a.example") == ("two words", "x" * 300)
        assert net.txt("ALIAS.example.") == ("two words", "x" * 300)
        assert net.mx("a.example") == ((10, "a.example"), (20, "b.example"))
        assert net.mx("none.example") == ((0, "."),)
        assert net.exists("a.example", "MX")
        assert not net.exists("a.example", "SOA")


@pytest.mark.parametrize("name", ["gone.example", "a..example", "x" * 64 + ".example", "example." * 40, "", "gr\u00fcn..example"])
def test_names_without_records(name: str) -> None:
    """A name that does not exist, or cannot, has no records; that is an answer."""
    with network({"a.example": HERE}) as net:
        assert net.txt(name) == ()


def test_long_answers_come_over_tcp() -> None:
    """An answer that does not fit into one packet is asked for again."""
    with DnsServer({"a.example": {"TXT": [f"{n}" * 200 for n in range(9)]}}) as names:
        assert len(Network(names.address).txt("a.example")) == 9
        assert names.tcp_questions == 1


@pytest.mark.parametrize("fault", [Fault.SERVFAIL, Fault.REFUSED])
def test_no_answer_is_no_absence(fault: Fault) -> None:
    """A server that cannot say is not taken for one that says no; it is asked once."""
    with DnsServer({"a.example": fault}) as names:
        net = Network(names.address)
        for _ in range(2):
            with pytest.raises(NoAnswer):
                net.txt("a.example")
        assert len(names.asked) == 1


def test_a_silent_dns_server_costs_seconds_not_minutes() -> None:
    """After two questions without any answer no more are put."""
    zone = {f"{n}.example": Fault.SILENCE for n in range(20)}
    with network(zone) as net:
        began = time.monotonic()
        for n in range(20):
            with pytest.raises(NoAnswer):
                net.txt(f"{n}.example")
        assert time.monotonic() - began < 12


@pytest.mark.parametrize(
    "server", ["nonsense", "dns.example:53", "127.0.0.1:0", "127.0.0.1:99999", "127.0.0.1:dns", ":53", "[::1:53"]
)
def test_dns_servers_that_cannot_be_meant(server: str) -> None:
    """They are named in a sentence before anything is asked."""
    with pytest.raises(NewsletterError, match=re.escape(server)):
        Network.for_people(server)


def test_pages(capsys: pytest.CaptureFixture[str]) -> None:
    """Status, type, size and where a page led; the question says who asks, and brings nothing with it."""
    pages = {"/a": Page(body=b"12345"), "/b": Page(301, location="/c?x=1#y"), "/c": Page(kind="image/png")}
    with WebServer(pages) as web, network() as net:
        base = f"http://{HOST}:{web.port}"
        assert net.fetch(f"{base}/a") == Fetched(f"{base}/a", 200, "text/html", 5, f"{base}/a")
        assert net.fetch(f"{base}/a", most=3).body == b"123"
        moved = net.fetch(f"{base}/b")
        assert (moved.status, moved.content_type, moved.final_url) == (200, "image/png", f"{base}/c?x=1#y")
        assert net.fetch(f"{base}/none").status == 404
        assert web.paths == ["HEAD /a", "GET /a", "HEAD /b", "HEAD /c?x=1", "HEAD /none", "GET /none"]
        sent = web.asked[0][2]
        assert sent["Host"] == f"{HOST}:{web.port}"
        assert sent["User-Agent"].startswith("newsletter/")
        assert not {"Cookie", "Authorization", "Referer"} & set(sent)


def test_addresses_with_accents() -> None:
    """A host is looked up in the letters of DNS (RFC 5891), and a path asked for in those of HTTP."""
    with WebServer({"/%C3%BCbung": Page()}) as web, network({"xn--grn-ioa.example": HERE}) as net:
        assert net.fetch(f"http://gr\u00fcn.example:{web.port}/\u00fcbung").status == 200


@pytest.mark.parametrize(
    ("page", "trouble", "asked"),
    [
        (Page(silent=True), "it did not answer in time", False),
        (Page(drip=True), "it did not answer in time", False),
        (Page(drops=True), "it hung up", False),
        (Page(raw=b"\x00\xff nonsense\r\n\r\n"), "it hung up", False),
        (Page(raw=b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200), "it hung up", False),
        (Page(302, location="/p"), "it leads on and on, more than 5 times", True),
        (Page(302, location="ftp://riverbend.example/p"), "it leads to ftp://riverbend.example/p, which is no web page", True),
        (Page(302, location="https://10.0.0.1/"), INSIDE, True),
        (Page(302, location="http://[::1"), None, True),
        (Page(302, location="http://gone.example/"), NOT_KNOWN, True),
    ],
)
def test_pages_that_do_not_come(page: Page, trouble: str | None, asked: bool) -> None:
    """Whatever a server does, the answer is a phrase within seconds, and what may be the network's fault is told apart."""
    with WebServer({"/p": page}) as web, network() as net:
        began = time.monotonic()
        got = net.fetch(f"http://{HOST}:{web.port}/p")
        assert time.monotonic() - began < 4
        assert got.status == 0
        assert got.asked is asked
        assert got.trouble == trouble or (trouble is None and got.trouble)


@pytest.mark.parametrize("kind", ["expired", "self-signed", "wrong name"])
def test_certificates_are_verified(kind: str) -> None:
    """A page behind a certificate that browsers refuse does not count as reached."""
    with WebServer({"/": Page()}, certificates().context(kind)) as web, network() as net:
        assert net.fetch(f"https://{HOST}:{web.port}/").trouble == "its certificate is not valid"
    with WebServer({"/": Page()}, certificates().context("invented")) as web, network() as net:
        assert net.fetch(f"https://{HOST}:{web.port}/").status == 200
        assert net.fetch(f"http://{HOST}:{web.port}/").status == 0
    with WebServer({"/": Page()}) as web, network() as net:
        assert net.fetch(f"https://{HOST}:{web.port}/").trouble == "no encrypted connection came about"


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "0.0.0.0"])
def test_private_networks_are_not_entered(address: str) -> None:
    """Whatever name leads there, nothing inside a private network is asked for; that is known without asking."""
    with WebServer({"/": Page()}) as web, network({"inside.example": {"A": [address]}}, loopback=False) as net:
        assert net.fetch(f"http://inside.example:{web.port}/").trouble == INSIDE
        assert net.fetch(f"http://{address}:{web.port}/").trouble == INSIDE
        assert web.asked == []


@pytest.mark.parametrize(
    "url", ["", "http://", "http://[::1", "http://a.example:99999/", "mailto:a@b.example", "//x", "http://\ud800/"]
)
def test_what_is_no_address(url: str) -> None:
    """Anything may be asked for; nothing raises."""
    with network() as net:
        assert net.fetch(url).status == 0


def test_many_pages_side_by_side() -> None:
    """Twenty slow websites take a few times as long as one."""
    with WebServer({"/p": Page(silent=True)}) as web, network(patience=0.5) as net:
        began = time.monotonic()
        got = fetch_all(net, [f"http://{HOST}:{web.port}/p?{n}" for n in range(20)])
        assert time.monotonic() - began < 5
        assert len(got) == 20
        assert not any(one.asked for one in got.values())


def greeted(server: SmtpServer, security: str) -> tuple[dict[str, str], dict[str, str], str, bool]:
    """What the network says of a mail server on loopback."""
    with network({"smtp.riverbend.example": HERE}) as net:
        said = net.greeting("smtp.riverbend.example", server.port, security)
    return said.before, said.after, said.trouble, said.asked


def test_offers_before_and_after_encryption() -> None:
    """Keywords are heard twice with STARTTLS, once otherwise; no mail is begun and no password said."""
    context = certificates().context("invented")
    with SmtpServer(offers=Offers(starttls=context, auth=("PLAIN", "login"), size=1000)) as server:
        offers = {"SIZE": "1000", "AUTH": "PLAIN LOGIN"}
        assert greeted(server, "starttls") == ({**offers, "STARTTLS": ""}, offers, "", True)
        assert greeted(server, "none") == ({**offers, "STARTTLS": ""}, {**offers, "STARTTLS": ""}, "", True)
        assert {line.split(" ")[0] for _, line in server.lines} == {"EHLO", "STARTTLS", "QUIT"}
    with SmtpServer(offers=Offers(implicit=context)) as server:
        assert greeted(server, "tls") == ({}, {"SIZE": "50000000"}, "", True)


@pytest.mark.parametrize(
    "script",
    [
        When(Phase.CONNECT, Close()),
        When(Phase.CONNECT, Say("554 go away")),
        When(Phase.CONNECT, GARBAGE),
        When(Phase.EHLO, EndlessLine()),
        When(Phase.EHLO, EndlessReply()),
        When(Phase.EHLO, Raw(b"250-a\r\n250-b\r\n", close=True)),
        When(Phase.STARTTLS, Say("454 not now")),
        When(Phase.STARTTLS, Say("220 go ahead", close=True)),
    ],
)
def test_mail_servers_that_talk_nonsense(script: When) -> None:
    """The answer is a phrase within seconds, and blames nobody."""
    with SmtpServer([script], offers=Offers(starttls=certificates().context("invented"))) as server:
        _, after, trouble, asked = greeted(server, "starttls")
        assert (after, bool(trouble), asked) == ({}, True, False)


def test_a_mail_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The conversation ends after its seconds."""
    monkeypatch.setattr("newsletter.check.network.mail_server._PATIENCE", 0.5)
    with SmtpServer([When(Phase.EHLO, Hang())]) as server:
        assert greeted(server, "none")[2:] == ("it did not answer in time", False)


def test_the_code_that_is_nobodys() -> None:
    """The opt-out page is tried with a code that no subscriber can have, of the length that all have."""
    codes = {Keys((b"0123456789abcdef",)).token(f"{n}@mail.example") for n in range(200)}
    assert {len(code) for code in codes} == {len(NOBODYS_TOKEN)}
    assert {code[21] for code in codes} <= set("AQgw")
    assert NOBODYS_TOKEN[21] not in "AQgw"


def test_check_online_from_the_command_line(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check --online --dns` asks the records, the links and the mail server through the DNS server that is named."""
    desk = Desk.at(tmp_path_factory.mktemp("online") / "practice")
    context = certificates().context("invented")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates().authority))
    with (
        WebServer({"/": Page()}, context) as web,
        SmtpServer(offers=Offers(starttls=context, auth=("PLAIN",))) as mail,
        DnsServer({**home_zone(), "_dmarc.riverbend.example": {}}) as names,
    ):
        desk.in_practice("https://riverbend.example", f"https://riverbend.example:{web.port}")
        desk.in_practice("https://social.example", f"https://social.example:{web.port}").in_practice(
            "port: 587", f"port: {mail.port}"
        )
        asked = ["-C", str(desk.folder), "check", "--online", "--dns", names.address, "--only", "A,U09,H13", "--json"]
        assert run(asked) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(one["severity"], one["id"]) for one in found] == [
        *[("error", "H13")] * 3,  # the pages that are not there: for a visit, and two at social.example
        *[("warning", "A05"), ("warning", "U09"), ("advice", "A04")],
    ]
