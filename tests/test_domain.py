"""SPF, DKIM and DMARC read as receivers read them, record by record."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import pytest
from check_desk import LIST, Desk
from dns_server import DnsServer
from hypothesis import given
from hypothesis import strategies as st
from small_internet import HERE, home_zone, online, rsa_key, with_txt
from trips_practice import with_smtp

from newsletter.check import preflight
from newsletter.check.account.dkim import read_key, rsa_bits
from newsletter.check.account.dmarc import read_dmarc
from newsletter.check.account.spf import Spf, closed, merged, read_spf, with_term
from newsletter.check.evidence import Evidence
from newsletter.check.network.real import Network

A = "a.example"
Txt = Mapping[str, list[str]]


def spf(records: Txt) -> Spf:
    """What comes of reading a.example's SPF; x.example is a host with mail."""
    zone = {name: {"TXT": texts} for name, texts in records.items()}
    with DnsServer({"x.example": {**HERE, "MX": ["1 x.example."]}, **zone}) as names:
        return read_spf(Network(names.address), A)


@pytest.mark.parametrize(
    ("record", "lookups", "fault"),
    [
        ("v=spf1", 0, ""),
        ("v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all", 0, ""),
        ("v=spf1 a:x.example mx:x.example ~all", 2, ""),
        ("v=spf1 a:x.example/24 mx:x.example/24//64 ptr exists:%{ir}.x.example ?all", 4, ""),
        ("v=spf1 " + "a:x.example " * 10 + "-all", 10, ""),
        ("v=spf1 " + "a:x.example " * 11 + "-all", 11, "11 lookups"),
        ("v=spf1 -all " + "a:x.example " * 11, 0, ""),
        ("v=spf1 redirect=b.example -all", 0, ""),
        ("v=spf1 redirect=b.example", 1, "b.example, which has no SPF record"),
        ("v=spf1 include:two.example", 1, "two.example, which has 2 SPF records"),
        ("v=spf1 ipv4:192.0.2.1", 0, '"ipv4:192.0.2.1"'),
        ("v=spf1 ip4:192.0.2.300", 0, '"ip4:192.0.2.300"'),
        ("v=spf1 ip4=192.0.2.1", 0, ""),
        ("v=spf1, mx, ~all", 0, None),
        ("v=spf1 mx; ~all", 0, '"mx;"'),
        ("v=spf1 a:x.example \u201cmx\u201d", 0, "mx"),
        ("v=spf1 include", 0, '"include"'),
        ("v=spf1 all:x", 0, '"all:x"'),
        ("v=spf1 redirect=", 0, '"redirect="'),
    ],
)
def test_spf_records(record: str, lookups: int, fault: str | None) -> None:
    """Lookups are counted through all that is included, and what makes receivers discard a record is named."""
    found = spf({A: [record], "two.example": ["v=spf1 -all", "v=spf1 mx -all"]})
    if fault is None:
        assert found.records == ()
    else:
        assert found.lookups == lookups
        assert fault in found.fault
        assert bool(fault) == bool(found.fault)


def test_a_nest_of_includes_ends() -> None:
    """Includes that lead to one another, or fan out without end, are read in a moment."""
    assert "back to itself" in spf({A: ["v=spf1 include:b.example"], "b.example": ["v=spf1 include:a.example"]}).fault
    fan = {f"{n}.example": ["v=spf1 " + f"include:{n + 1}.example " * 9 + "-all"] for n in range(40)}
    assert "30 or more lookups" in spf({A: ["v=spf1 include:0.example"], **fan}).fault


@pytest.mark.parametrize(
    ("records", "everybody"),
    [
        ({A: ["v=spf1 all"]}, True),
        ({A: ["v=spf1 ~all +all"]}, False),
        ({A: ["v=spf1 include:b.example -all"], "b.example": ["v=spf1 +all"]}, True),
        ({A: ["v=spf1 -include:b.example ~all"], "b.example": ["v=spf1 +all"]}, False),
        ({A: ["v=spf1 include:b.example -all"], "b.example": ["v=spf1 ?all"]}, False),
        ({A: ["v=spf1 redirect=b.example"], "b.example": ["v=spf1 ip4:10.0.0.0/3"]}, True),
        ({A: ["v=spf1 ip6:::/0 -all"]}, True),
        ({A: ["v=spf1 ip4:17.0.0.0/8 ip6:2600::/24 -all"]}, False),
    ],
)
def test_who_lets_everybody_in(records: Txt, everybody: bool) -> None:
    """An open door is found wherever it is, and a sign before it turns it round."""
    assert bool(spf(records).door) is everybody


def test_records_to_publish() -> None:
    """What a finding tells to publish is a whole record that keeps what was there."""
    assert with_term("v=spf1 mx ~all", "include:b") == "v=spf1 mx include:b ~all"
    assert with_term("v=spf1 redirect=c", "include:b") == "v=spf1 include:b redirect=c"
    assert merged(("v=spf1 mx -all", "v=spf1 mx include:b ~all", "v=spf1 redirect=c")) == "v=spf1 mx include:b include:c ~all"
    assert closed("v=spf1 mx +all", "+all") == "v=spf1 mx ~all"
    assert closed("v=spf1 mx include:b -all", "include:b") == "v=spf1 mx ~all"


@pytest.mark.parametrize("bits", [512, 768, 1024, 2048, 4096])
def test_lengths_of_keys(bits: int) -> None:
    """The bits of a real key are counted, with and without the wrapping that names its kind."""
    assert rsa_bits(base64.b64decode(rsa_key(bits))) == bits
    assert rsa_bits(base64.b64decode(rsa_key(bits, "-RSAPublicKey_out"))) == bits


@given(st.binary(max_size=400))
def test_damaged_keys(der: bytes) -> None:
    """No bytes at all make the reader fail."""
    assert rsa_bits(der) >= 0
    assert rsa_bits(b"\x30\x82" + der) >= 0


@given(st.text(max_size=200))
def test_strange_key_records(text: str) -> None:
    """Whatever stands under a selector is a key, a phrase for what is wrong with it, or both."""

    class Answering(Network):
        def txt(self, name: str) -> tuple[str, ...]:
            return (text,)

    assert read_key(Answering("127.0.0.1:53"), "k", A).fault


def dmarc(domain: str, records: Txt) -> tuple[str, str]:
    """Where the record stands that applies, and which names were asked."""
    with DnsServer({f"_dmarc.{name}": {"TXT": texts} for name, texts in records.items()}) as names:
        found = read_dmarc(Network(names.address), domain)
        return found.at, " ".join(name.removeprefix("_dmarc.") for name, _ in names.asked if name.startswith("_dmarc."))


P = "v=DMARC1; p=none"


@pytest.mark.parametrize(
    ("domain", "records", "at"),
    [
        ("a.mail.b.example", {"a.mail.b.example": [P]}, "a.mail.b.example"),
        ("a.mail.b.example", {"mail.b.example": [P], "b.example": [P]}, "b.example"),
        ("a.mail.b.example", {"mail.b.example": [f"{P}; psd=n"], "b.example": [P]}, "mail.b.example"),
        ("a.mail.b.example", {"example": [f"{P}; psd=y"], "b.example": [P]}, "b.example"),
        ("a.mail.b.example", {"example": [f"{P}; psd=y"]}, "example"),
        ("a.mail.b.example", {"b.example": [P, f"{P};"]}, ""),
        ("a.b.example", {"a.b.example": [P, f"{P};"], "b.example": [P]}, "b.example"),
        ("a.b.example", {"b.example": ["something else", "V=DMARC1;p=none"]}, "b.example"),
    ],
)
def test_where_the_dmarc_record_stands(domain: str, records: Txt, at: str) -> None:
    """At the domain itself, or at that of its organization, or above that: by the walk of RFC 9989, section 4.10."""
    assert dmarc(domain, records)[0] == at


def test_the_walk_is_short() -> None:
    """A name of many parts takes eight questions, and the seven last parts are asked for."""
    asked = dmarc("a.b.c.d.e.f.g.h.i.example", {})[1].split()
    assert asked[0] == "a.b.c.d.e.f.g.h.i.example"
    assert asked[1:] == [*(".".join("defghi"[n:]) + ".example" for n in range(6)), "example"]


def ids(evidence: Evidence, *only: str) -> list[tuple[str, str]]:
    """Severity and id of what is found about the domain."""
    return [(finding.severity.word, finding.id) for finding in preflight.run(evidence, only or ("A",)).findings]


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A practice with nothing wrong in it."""
    return Desk.at(tmp_path_factory.mktemp("domain") / "practice")


def test_from_five_thousand_mails_a_day_dmarc_must_be(desk: Desk) -> None:
    """A large list makes the warning an error, but not where the mails go out in smaller portions."""
    desk.people(LIST + "".join(f"reader{n}@mail.example,R,,active\n" for n in range(5000)))
    desk.in_practice("per_day: 2000", "per_day: 9000")
    records = {"_dmarc.riverbend.example": None}
    evidence = online(desk, records)
    assert ids(evidence, "A05") == [("error", "A05")]
    assert ids(with_smtp(evidence, per_day=2000), "A05") == [("warning", "A05")]


def test_nothing_vouches_for_the_sender(desk: Desk) -> None:
    """Neither the provider's SPF nor any of its keys: then the mail is refused, and one of the two would do."""
    desk.in_practice("reply_to: hello@riverbend.example}", "reply_to: hello@riverbend.example, dkim_selectors: []}")
    evidence = with_smtp(online(desk), provider="workspace")
    assert ids(evidence, "A03", "A04", "A06") == [("error", "A06"), ("warning", "A03"), ("warning", "A04")]


def test_a_service_with_a_return_address_of_its_own(desk: Desk) -> None:
    """Receivers ask about the service's domain then, so a practice without SPF is only warned."""
    evidence = with_smtp(online(desk, with_txt("no record")), provider="postmark")
    assert ids(evidence, "A03") == [("warning", "A03")]


def test_two_selectors_of_which_one_is_gone(desk: Desk) -> None:
    """While one key holds, another that is gone is worth a word and no more."""
    desk.in_practice("reply_to: hello@riverbend.example}", "reply_to: hello@riverbend.example, dkim_selectors: [old, k1]}")
    assert ids(online(desk), "A04") == [("advice", "A04")]


def test_a_key_at_the_domain_above(desk: Desk) -> None:
    """Mail from a subdomain may be signed by the domain itself."""
    desk.in_practice("email: news@riverbend.example", "email: news@letter.riverbend.example")
    assert ids(online(desk, {"letter.riverbend.example": home_zone()["riverbend.example"]}), "A04") == []
