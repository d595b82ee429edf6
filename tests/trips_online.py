"""Domains, mail servers and opt-out pages that break, or nearly break, a rule about what only the network can say."""

from __future__ import annotations

import base64

from check_desk import Desk, near, trips
from dns_server import Fault
from small_internet import CODE, DMARC, HERE, certificates, home_zone, online, rsa_key, with_txt
from smtp_server import Close, Offers, Phase, SmtpServer, When
from trips_practice import with_smtp
from web_server import Page

from newsletter.check.evidence import Evidence
from newsletter.listen.page import OptOutPage

KEY = "k1._domainkey.riverbend.example"
AT = "_dmarc.riverbend.example"


@trips("A03")
def no_spf(desk: Desk) -> Evidence:
    return online(desk, with_txt("some-proof=1234", "v=spf10 mx", "V=SPF1mx"))


@trips("A03")
def two_spf_records(desk: Desk) -> Evidence:
    return online(desk, with_txt("v=spf1 mx ~all", "v=spf1 include:_spf.sender.example -all"))


@trips("A03")
def open_to_everybody(desk: Desk) -> Evidence:
    return online(desk, with_txt("v=spf1 mx +all"))


@trips("A03")
def open_through_an_include(desk: Desk) -> Evidence:
    records = {"_spf.sender.example": {"TXT": ["v=spf1 ip4:0.0.0.0/0 -all"]}}
    return online(desk, {**with_txt("v=spf1 include:_spf.sender.example -all"), **records})


@trips("A03")
def too_many_lookups(desk: Desk) -> Evidence:
    """Eleven, of which the domain's own record shows three."""
    inside = {f"{part}.sender.example": {"TXT": [f"v=spf1 {'a mx a mx'} -all"], **HERE, "MX": ["1 x.example."]} for part in "ab"}
    return online(desk, {**with_txt("v=spf1 mx include:a.sender.example include:b.sender.example ~all"), **inside})


@trips("A03")
def include_of_nothing(desk: Desk) -> Evidence:
    return online(desk, with_txt("v=spf1 mx include:_spf.gone.example ~all"))


@trips("A03")
def include_of_itself(desk: Desk) -> Evidence:
    return online(desk, with_txt("v=spf1 mx include:riverbend.example ~all"))


@trips("A03")
def blank_behind_the_colon(desk: Desk) -> Evidence:
    return online(desk, with_txt("v=spf1 mx include: _spf.sender.example ~all"))


@trips("A03")
def three_names_that_lead_nowhere(desk: Desk) -> Evidence:
    return online(desk, with_txt("v=spf1 mx a:one.gone.example a:two.gone.example mx:three.gone.example ~all"))


@trips("A03")
def nobody_may_send(desk: Desk) -> Evidence:
    return online(desk, with_txt("v=spf1 -all"))


@trips("A03")
def dns_is_out_of_order(desk: Desk) -> Evidence:
    return online(desk, {**with_txt("v=spf1 include:_spf.sender.example ~all"), "_spf.sender.example": Fault.SERVFAIL})


@trips("A03")
def provider_not_named(desk: Desk) -> Evidence:
    evidence = online(desk, {"google._domainkey.riverbend.example": home_zone()[KEY]})
    return at_provider(evidence, "workspace")


@near("A03")
def exactly_ten_lookups(desk: Desk) -> Evidence:
    """The last two of the included record stand behind its `all`, where nobody reads; macros and modifiers are no slips."""
    records = {
        "_spf.sender.example": {
            "TXT": ["v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a mx a mx a mx exists:%{i}.x.example -all a mx"]
        },
        "sender.example": HERE,
    }
    own = "V=SPF1  mx include:_spf.sender.example ?ptr exp=why.riverbend.example unknown-thing=1 -ALL"
    return online(
        desk, {**with_txt(own), **records, "_spf.sender.example": {**records["_spf.sender.example"], **HERE, "MX": ["1 x."]}}
    )


@near("A03")
def long_record_over_tcp(desk: Desk) -> Evidence:
    numbers = " ".join(f"ip4:192.0.2.{number}" for number in range(100))
    return online(desk, with_txt("proof=" + "x" * 400, f"v=spf1 {numbers} ~all"))


@near("A03")
def led_to_another_name(desk: Desk) -> Evidence:
    return online(
        desk, {**with_txt("v=spf1 redirect=_spf.riverbend.example"), "_spf.riverbend.example": {"TXT": ["v=spf1 mx -all"]}}
    )


@near("A03")
def provider_named_below_another(desk: Desk) -> Evidence:
    records = {
        **with_txt("v=spf1 include:_spf.riverbend.example ~all"),
        "_spf.riverbend.example": {"TXT": ["v=spf1 include:_spf.google.com ~all"]},
        "_spf.google.com": {"TXT": ["v=spf1 ip4:192.0.2.0/24 ~all"]},
        "google._domainkey.riverbend.example": home_zone()[KEY],
    }
    return at_provider(online(desk, records), "workspace")


def at_provider(evidence: Evidence, name: str) -> Evidence:
    """The same practice through a provider's servers, which are ours."""
    return with_smtp(evidence, provider=name)


@trips("A04")
def no_key(desk: Desk) -> Evidence:
    return online(desk, {KEY: None})


@trips("A04")
def key_taken_back(desk: Desk) -> Evidence:
    return online(desk, {KEY: {"TXT": ["v=DKIM1; k=rsa; p="]}})


@trips("A04")
def key_too_short(desk: Desk) -> Evidence:
    return online(desk, {KEY: {"TXT": [f"v=DKIM1; p={rsa_key(768)}"]}})


@trips("A04")
def key_cut_off(desk: Desk) -> Evidence:
    """As by a web form that takes 255 letters."""
    return online(desk, {KEY: {"TXT": [f"v=DKIM1; k=rsa; p={rsa_key(2048)}"[:255]]}})


@trips("A04")
def key_that_is_only_just_long_enough(desk: Desk) -> Evidence:
    return online(desk, {KEY: {"TXT": [f"k=rsa; p={rsa_key(1024)}"]}})


@trips("A04")
def selector_unknown(desk: Desk) -> Evidence:
    desk.in_practice("reply_to: hello@riverbend.example}", "reply_to: hello@riverbend.example, dkim_selectors: []}")
    return online(desk)


@trips("A04")
def key_not_under_the_usual_name(desk: Desk) -> Evidence:
    desk.in_practice("reply_to: hello@riverbend.example}", "reply_to: hello@riverbend.example, dkim_selectors: []}")
    records = {**with_txt("v=spf1 include:_spf.google.com ~all"), "_spf.google.com": {"TXT": ["v=spf1 ip4:192.0.2.0/24 ~all"]}}
    return at_provider(online(desk, records), "workspace")


@near("A04")
def key_behind_an_alias(desk: Desk) -> Evidence:
    return online(desk, {KEY: {"CNAME": ["k1.keys.example."]}, "k1.keys.example": home_zone()[KEY]})


@near("A04")
def key_in_pieces_with_blanks(desk: Desk) -> Evidence:
    key = rsa_key(2048)
    return online(desk, {KEY: {"TXT": [f"v=DKIM1; h=sha256; k=rsa; n=ask us; p={key[:100]} \t{key[100:]} ; t=s;"]}})


@near("A04")
def key_of_the_other_kind(desk: Desk) -> Evidence:
    return online(desk, {KEY: {"TXT": [f"v=DKIM1; k=ed25519; p={base64.b64encode(bytes(32)).decode()}"]}})


@near("A04")
def one_of_two_usual_names(desk: Desk) -> Evidence:
    """Microsoft has two names and uses one at a time."""
    desk.in_practice("reply_to: hello@riverbend.example}", "reply_to: hello@riverbend.example, dkim_selectors: []}")
    spf = "spf.protection.outlook.com"
    records = {
        **with_txt(f"v=spf1 include:{spf} -all"),
        spf: {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]},
        "selector2._domainkey.riverbend.example": home_zone()[KEY],
        "selector1._domainkey.riverbend.example": {"TXT": ["v=DKIM1; p="]},
    }
    return at_provider(online(desk, records), "microsoft365")


@trips("A05")
def no_dmarc(desk: Desk) -> Evidence:
    return online(desk, {AT: None})


@trips("A05")
def two_dmarc_records(desk: Desk) -> Evidence:
    return online(desk, {AT: {"TXT": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}})


@trips("A05")
def dmarc_in_small_letters(desk: Desk) -> Evidence:
    return online(desk, {AT: {"TXT": ["v=dmarc1; p=none"]}})


@trips("A05")
def dmarc_at_the_wrong_name(desk: Desk) -> Evidence:
    return online(desk, {AT: None, **with_txt("v=spf1 mx ~all", DMARC)})


@trips("A05")
def dmarc_with_an_unknown_policy(desk: Desk) -> Evidence:
    return online(desk, {AT: {"TXT": ["v=DMARC1; p=monitor"]}})


@trips("A05")
def reports_to_no_address(desk: Desk) -> Evidence:
    return online(desk, {AT: {"TXT": ["v=DMARC1; p=none; rua=hello@riverbend.example"]}})


@near("A05")
def dmarc_with_old_and_unknown_tags(desk: Desk) -> Evidence:
    said = "v=DMARC1;p=quarantine;pct=20;rf=afrf;ri=3600;t=y;np=reject;psd=u;shoe=43;rua=mailto:a@riverbend.example!10m,https://x.example/r"
    return online(desk, {AT: {"TXT": ["unrelated", said]}})


@near("A05")
def dmarc_without_policy_but_with_reports(desk: Desk) -> Evidence:
    return online(desk, {AT: {"TXT": ["v = DMARC1 ; rua=mailto:hello@riverbend.example ;"]}})


@near("A05")
def dmarc_of_the_suffix(desk: Desk) -> Evidence:
    return online(desk, {AT: None, "_dmarc.example": {"TXT": ["v=DMARC1; p=reject; psd=y"]}})


@trips("A06")
def private_mailbox_with_the_address_of_the_practice(desk: Desk) -> Evidence:
    desk.in_practice("patients: yes", "patients: no")
    return with_smtp(desk.evidence(), provider="gmail", host="smtp.gmail.com", username="ana.reyes.chiro@gmail.com")


@near("A06")
def mailbox_of_the_practice_at_the_same_server(desk: Desk) -> Evidence:
    return with_smtp(desk.evidence(), provider="gmail", host="smtp.gmail.com", username="news@riverbend.example")


@near("A06")
def mailbox_of_another_domain_elsewhere(desk: Desk) -> Evidence:
    """A hosting company may vouch for several domains of one customer; nobody can know."""
    return with_smtp(desk.evidence(), username="ana@reyes.example")


@trips("A07")
def domain_without_mail_servers(desk: Desk) -> Evidence:
    own = {key: value for key, value in with_txt("v=spf1 a ~all")["riverbend.example"].items() if key != "MX"}
    return online(desk, {"riverbend.example": own})


@trips("A07")
def null_mx(desk: Desk) -> Evidence:
    own = dict(with_txt("v=spf1 a ~all")["riverbend.example"])
    return online(desk, {"riverbend.example": {**own, "MX": ["0 ."]}})


@trips("A07")
def no_zone(desk: Desk) -> Evidence:
    own = {key: value for key, value in with_txt("v=spf1 a ~all")["riverbend.example"].items() if key != "SOA"}
    return online(desk, {"riverbend.example": own})


@near("A07")
def several_mail_servers(desk: Desk) -> Evidence:
    own = dict(with_txt("v=spf1 a ~all")["riverbend.example"])
    return online(desk, {"riverbend.example": {**own, "MX": ["20 b.other.example.", "10 a.other.example."]}})


@near("A07")
def subdomain_without_a_zone_of_its_own(desk: Desk) -> Evidence:
    desk.in_practice("email: news@riverbend.example", "email: news@letter.riverbend.example")
    return online(desk, {"letter.riverbend.example": {"MX": ["10 smtp.riverbend.example."], "TXT": ["v=spf1 mx -all"]}})


@trips("A13")
def no_encryption_offered(desk: Desk) -> Evidence:
    return online(desk, offers=Offers(auth=("PLAIN",)))


@trips("A13")
def no_way_to_log_in(desk: Desk) -> Evidence:
    return online(desk, None, None, Offers(starttls=certificates().context("invented"), auth=("GSSAPI", "NTLM")))


@trips("A13")
def mail_larger_than_taken(desk: Desk) -> Evidence:
    return online(desk, None, None, Offers(starttls=certificates().context("invented"), auth=("PLAIN",), size=20_000))


@trips("A13")
def certificate_of_another(desk: Desk) -> Evidence:
    return online(desk, None, None, Offers(starttls=certificates().context("wrong name"), auth=("PLAIN",)))


@trips("A13")
def nobody_listens(desk: Desk) -> Evidence:
    with SmtpServer() as gone:
        pass
    return with_smtp(online(desk), port=gone.port)


@trips("A13")
def hangs_up(desk: Desk) -> Evidence:
    return online(desk, None, None, None, When(Phase.EHLO, Close()))


@trips("A13")
def mail_server_with_a_slip_in_its_name(desk: Desk) -> Evidence:
    return with_smtp(online(desk), host="smpt.riverbend.example")


@near("A13")
def mail_server_without_limit(desk: Desk) -> Evidence:
    return online(desk, None, None, Offers(starttls=certificates().context("invented"), auth=("CRAM-MD5", "LOGIN"), size=0))


@near("A13")
def encrypted_from_the_start(desk: Desk) -> Evidence:
    desk.in_practice("security: starttls", "security: tls")
    return online(desk, None, None, Offers(implicit=certificates().context("invented"), auth=("PLAIN",)))


@trips("U09")
def opt_out_page_is_gone(desk: Desk) -> Evidence:
    return online(desk, None, {f"/u/{CODE}": Page(404)})


@trips("U09")
def opt_out_behind_a_login(desk: Desk) -> Evidence:
    return online(desk, None, {f"/u/{CODE}": Page(302, location="/wp-login.php?next=u"), "/wp-login.php": Page()})


@trips("U09")
def opt_out_asks_for_a_password(desk: Desk) -> Evidence:
    return online(desk, None, {f"/u/{CODE}": Page(body=b"<form><input name=p type='password'></form>")})


@trips("U09")
def opt_out_page_takes_only_clicks_of_machines(desk: Desk) -> Evidence:
    return online(desk, None, {f"/u/{CODE}": Page(405)})


@trips("U09")
def opt_out_page_says_nothing(desk: Desk) -> Evidence:
    return online(desk, None, {f"/u/{CODE}": Page(silent=True)})


@near("U09")
def opt_out_page_moved(desk: Desk) -> Evidence:
    """Led on to a page whose name has a login in it, and that is none."""
    body = b"<p>Leave the list?</p><form method=post><button>Leave</button></form><p>No login or password needed.</p>"
    return online(desk, None, {f"/u/{CODE}": Page(301, location="/leave/blogin-list"), "/leave/blogin-list": Page(body=body)})


@near("U09")
def own_page_knows_no_such_link(desk: Desk) -> Evidence:
    """The page of `newsletter serve` answers a link that is nobody's so."""
    body = OptOutPage(desk.mail.practice.text).draw("", "no_such_link")
    return online(desk, None, {f"/u/{CODE}": Page(404, body=body)})


@near("U09")
def mailbox_for_opting_out(desk: Desk) -> Evidence:
    desk.in_practice(', url: "https://riverbend.example/u/{token}"', "")
    return online(desk, None, {f"/u/{CODE}": Page(500)})
