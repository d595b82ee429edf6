"""A whole internet on loopback for the practice of a test: its domain's records, its website, its mail server.

Everything is well with it until a test changes its zone, its pages or its mail server.
"""

from __future__ import annotations

import atexit
import base64
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from certificates import Certificates
from check_desk import Desk
from dns_server import DnsServer, Fault
from smtp_server import Offers, SmtpServer, When
from web_server import Page, WebServer

from newsletter.check.evidence import Evidence
from newsletter.check.network.real import Network

HERE = {"A": ["127.0.0.1"]}
DMARC = "v=DMARC1; p=none; rua=mailto:hello@riverbend.example"
CODE = "newsletter-check-token-is-nobody-s"
PAGES = {path: Page() for path in ("/", "/book", "/riverbend-facebook", "/riverbend-instagram", f"/u/{CODE}")}

Records = Mapping[str, list[str]] | Fault


@cache
def rooms() -> ExitStack:
    """What stays open until the tests end."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack


@cache
def certificates() -> Certificates:
    """One authority for all invented names."""
    return Certificates.made_in(Path(rooms().enter_context(tempfile.TemporaryDirectory())))


@cache
def rsa_key(bits: int, form: str = "-pubout") -> str:
    """A public key, as it stands after `p=`."""
    made = subprocess.run(["openssl", "genrsa", str(bits)], check=True, capture_output=True, timeout=60).stdout
    public = ["openssl", "rsa", form, "-outform", "DER"]
    return base64.b64encode(subprocess.run(public, input=made, check=True, capture_output=True, timeout=60).stdout).decode()


def home_zone() -> dict[str, Records]:
    """The records of a practice that has done everything right."""
    return {
        "riverbend.example": {
            **HERE,
            "MX": ["10 smtp.riverbend.example."],
            "SOA": ["ns.riverbend.example. hello.riverbend.example. 1 3600 600 86400 60"],
            "TXT": ["some-proof=1234", "v=spf1 mx ip4:192.0.2.7 ~all"],
        },
        "smtp.riverbend.example": HERE,
        "social.example": HERE,
        "_dmarc.riverbend.example": {"TXT": [DMARC]},
        "k1._domainkey.riverbend.example": {"TXT": [f"v=DKIM1; k=rsa; p={rsa_key(2048)}"]},
    }


def with_txt(text: str, *more: str) -> dict[str, Records]:
    """The practice's own name with other TXT records."""
    own = home_zone()["riverbend.example"]
    assert not isinstance(own, Fault)
    return {"riverbend.example": {**own, "TXT": [text, *more]}}


def online(
    desk: Desk,
    records: Mapping[str, Records | None] | None = None,
    pages: Mapping[str, Page] | None = None,
    offers: Offers | None = None,
    *script: When,
) -> Evidence:
    """The desk's practice with its own internet, changed as told; a name without records is one that does not exist."""
    zone = {name: said for name, said in {**home_zone(), **(records or {})}.items() if said is not None}
    encrypted = certificates().context("invented")
    web = rooms().enter_context(WebServer({**PAGES, **(pages or {})}, encrypted))
    mail = rooms().enter_context(SmtpServer(script, offers or Offers(starttls=encrypted, auth=("PLAIN", "LOGIN"))))
    names = rooms().enter_context(DnsServer(zone))
    for host in ("riverbend.example", "social.example"):
        desk.in_practice(f"https://{host}", f"https://{host}:{web.port}")
    desk.in_practice("port: 587", f"port: {mail.port}")
    if "dkim_selectors" not in (desk.folder / "practice.yaml").read_text():
        desk.in_practice("reply_to: hello@riverbend.example}", "reply_to: hello@riverbend.example, dkim_selectors: [k1]}")
    return desk.evidence(net=Network(names.address, patience=1.0, loopback=True, authorities=str(certificates().authority)))
