"""The sender's domain as mail servers see it in DNS: its DMARC record, who vouches for it, and a mailbox that can answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING

from newsletter.check.evidence import Evidence
from newsletter.check.finding import ADVICE, ERROR, WARNING, Finding, advice, error, warning
from newsletter.check.registry import Look, rule
from newsletter.read.providers import Provider, named, server

if TYPE_CHECKING:  # these are read when the network is asked, and not before
    from newsletter.check.account.dkim import Key
    from newsletter.check.account.dmarc import Dmarc
    from newsletter.check.account.spf import Spf
    from newsletter.check.network.net import Net

_BULK = 5_000  # mails a day, from which Gmail, Yahoo and Outlook ask for DMARC (support.google.com/mail/answer/81126)
# Mailboxes that sign with their own domain and put it into the return address, whatever From says.
_OWN_NAME_ONLY = {"gmail": ("gmail.com", "googlemail.com"), "yahoo": ("yahoo.com", "ymail.com", "rocketmail.com", "aol.com")}

LookOnline = Callable[[Evidence, "Net"], Iterator[Finding]]


def asking(subject: str) -> Callable[[LookOnline], Look]:
    """Makes a rule of one that asks the DNS: where that gives no answer, the rule says so and blames nobody."""

    def wrap(look: LookOnline) -> Look:
        @wraps(look)
        def asked(evidence: Evidence) -> Iterator[Finding]:
            from newsletter.check.network.net import NoAnswer

            assert evidence.net  # the rule needs it
            try:
                yield from look(evidence, evidence.net)
            except NoAnswer:
                harm = f"{subject} could not be checked: the domain name system (DNS) gave no answer about {evidence.domain}."
                fix = "Check this computer's connection to the internet, and check again later."
                yield advice(sender_place(evidence), harm, fix)

        return asked

    return wrap


def sender_place(evidence: Evidence) -> str:
    """Where practice.yaml says which domain sends."""
    return evidence.key_place("sender", "email")


def publish(evidence: Evidence, name: str, text: str) -> str:
    """What to ask of whom, so that a record stands in DNS."""
    return f"Ask {keeper(evidence)} to publish this TXT record for {name}: {text}"


def keeper(evidence: Evidence) -> str:
    """Who can change the domain's settings."""
    return f"the company where you bought {evidence.domain}"


def provider_of(evidence: Evidence) -> Provider | None:
    """The mail provider, where practice.yaml names it or a server of it."""
    name = server(evidence.practice.text.smtp).provider
    return named(name) if name else None


def lets_provider_send(spf: Spf, provider: Provider) -> bool:
    """Whether an SPF record names the provider's servers."""
    return not spf.fault and bool(spf.reached.intersection(provider.spf))


def keys_of(evidence: Evidence, net: Net) -> list[Key]:
    """The DKIM key under each selector that is known, at the sender's domain or at one above it. Raises NoAnswer."""
    from newsletter.check.account.dkim import read_key

    provider = provider_of(evidence)
    selectors = evidence.practice.text.sender.dkim_selectors or (provider.dkim_selectors if provider else ())
    labels = evidence.domain.split(".")
    domains = [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))]
    found = []
    for selector in dict.fromkeys(selectors):
        keys = [read_key(net, selector, domain) for domain in domains]
        found.append(next((key for key in keys if not key.missing), keys[0]))
    return found


@rule(
    "A05",
    "a DMARC record",
    *(ERROR, WARNING, ADVICE),
    source="Gmail and Yahoo sender requirements; RFC 9989 sections 4.7 and 4.10",
    needs="online",
)
@asking("DMARC")
def dmarc(evidence: Evidence, net: Net) -> Iterator[Finding]:
    """One DMARC record at the domain or above it, with a policy that receivers can read; from 5,000 mails a day without fail."""
    from newsletter.check.account.dmarc import read_dmarc

    found = read_dmarc(net, evidence.domain)
    per_day = server(evidence.practice.text.smtp).per_day or evidence.survey.to_mail
    bulk = min(evidence.survey.to_mail, per_day) >= _BULK
    if problem := _dmarc_problem(found):
        harm, fix = problem, publish(evidence, f"_dmarc.{evidence.domain}", _dmarc_record(evidence))
        if len(found.doubled) > 1:
            fix = f"Ask {keeper(evidence)} to delete all of them but this one: {found.doubled[0]}"
        elif found.misplaced:
            fix = f"Ask {keeper(evidence)} to move it to the name _dmarc.{evidence.domain}."
        yield (error if bulk else warning)(sender_place(evidence), harm, fix)
    elif found.unreported:
        harm = f'The DMARC record asks for reports to "{found.unreported}", without mailto: before the address: none arrive.'
        fix = f"Ask {keeper(evidence)} to write it like this: rua=mailto:{_postmaster(evidence)}"
        yield advice(sender_place(evidence), harm, fix)


def _dmarc_problem(found: Dmarc) -> str:
    """What is wrong, and what it does; nothing where all is well."""
    at = f"_dmarc.{found.domain}"
    harm = "Gmail and Yahoo ask for one of everybody who sends much, and anybody can forge your address."
    if found.record:
        fault = found.fault
        return f"The DMARC record of {found.at} has no effect: {fault}. Mailboxes treat you as if you had none." if fault else ""
    if found.doubled:
        return f"{len(found.doubled)} DMARC records stand at {at}: mailboxes then ignore all of them."
    if found.strange:
        written = found.strange[:80]
        return f'What stands at {at} is meant to be a DMARC record, but does not begin with "v=DMARC1;": "{written}". {harm}'
    if found.misplaced:
        return f"The DMARC record stands at {found.domain} itself, where mailboxes do not look: they look at {at}."
    return f"The settings (DNS) of {found.domain} hold no DMARC record: {harm}"


def _dmarc_record(evidence: Evidence) -> str:
    return f"v=DMARC1; p=none; rua=mailto:{_postmaster(evidence)}"


def _postmaster(evidence: Evidence) -> str:
    """A mailbox of the same domain: reports to another domain need its consent."""
    answers = evidence.practice.text.sender.answers_to
    return answers if answers.lower().endswith(f"@{evidence.domain}") else f"postmaster@{evidence.domain}"


@rule("A06", "a sender whom the mail server vouches for", ERROR, source="Gmail 5.7.32 alignment; RFC 9989 section 4.4")
def alignment(evidence: Evidence) -> Iterator[Finding]:
    """The mailbox that logs in, or what DNS says of the domain, can vouch for the domain in the sender's address."""
    used = server(evidence.practice.text.smtp)
    mailbox = (used.username or "").lower().rpartition("@")[2]
    own = _OWN_NAME_ONLY["gmail"] if used.host == "smtp.gmail.com" else _OWN_NAME_ONLY.get(used.provider or "", ())
    if mailbox in own and evidence.domain not in own:
        harm = (
            f"You log in with {used.username}, so {mailbox} vouches for the mail, not {evidence.domain} as the sender says: "
            "Gmail and others refuse such mail or mark it as spam."
        )
        fix = f"Send from {used.username}, or through a mail account of {evidence.domain} (Google Workspace, Microsoft 365 ...)."
        yield error(evidence.key_place("smtp", "username"), harm, fix)
    elif evidence.net and _nothing_vouches(evidence, evidence.net):
        provider = provider_of(evidence)
        title = provider.title if provider else used.host
        harm = (
            f"Nothing in the settings (DNS) of {evidence.domain} vouches for mail sent through {title}, neither SPF nor DKIM: "
            "Gmail refuses such mail."
        )
        fix = f"Set up your own domain at {title} (its help calls that domain authentication, or DKIM); one of the two is enough."
        yield error(sender_place(evidence), harm, fix)


def _nothing_vouches(evidence: Evidence, net: Net) -> bool:
    """Whether it is certain that neither SPF nor DKIM can pass for the domain; nothing is certain of an unknown server."""
    from newsletter.check.account.spf import read_spf
    from newsletter.check.network.net import NoAnswer

    provider = provider_of(evidence)
    if provider is None:
        return False
    try:
        keys = keys_of(evidence, net)
        spf = read_spf(net, evidence.domain)
    except NoAnswer:
        return False
    return bool(keys) and all(key.fault for key in keys) and not lets_provider_send(spf, provider)


@rule(
    "A07",
    "a domain that can receive mail",
    *(WARNING, ADVICE),
    source="Yahoo SMTP error codes: the sender's domain must resolve; RFC 7505",
    needs="online",
)
@asking("Whether the sender's domain can receive mail")
def receives(evidence: Evidence, net: Net) -> Iterator[Finding]:
    """The domain of the sender's address has mail servers (MX), none of them the null MX, and a zone of its own (SOA)."""
    domain, place = evidence.domain, sender_place(evidence)
    hosts = [host for _, host in net.mx(domain)]
    labels = domain.split(".")
    zone = any(net.exists(".".join(labels[start:]), "SOA") for start in range(max(1, len(labels) - 1)))
    fix = f"Ask {keeper(evidence)} to publish the MX record that your mail provider shows for {domain}."
    if not zone:
        harm = f"The domain {domain} is not known in the domain name system (DNS): Yahoo and others refuse mail from it."
        yield warning(place, harm, f"Check the spelling of the sender's address; if it is right, ask {keeper(evidence)}.")
    elif "." in hosts:
        harm = f"{domain} says in its settings (DNS, null MX) that it takes no mail at all: Yahoo and others refuse mail from it."
        yield warning(place, harm, fix)
    elif not hosts:
        harm = f"{domain} names no mail server (MX record): answers to {evidence.practice.text.sender.email} may be lost."
        yield warning(place, harm, fix)
