"""What vouches for the sender in DNS: SPF, which names the servers that may send, and DKIM, which holds the key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from newsletter.check.account.domain import asking, keeper, keys_of, lets_provider_send, provider_of, publish, sender_place
from newsletter.check.evidence import Evidence
from newsletter.check.finding import ADVICE, ERROR, WARNING, Finding, advice, error, warning
from newsletter.check.registry import rule
from newsletter.read.providers import Provider, server

if TYPE_CHECKING:  # these are read when the network is asked, and not before
    from newsletter.check.account.dkim import Key
    from newsletter.check.account.spf import Spf
    from newsletter.check.network.net import Net

_MAILBOXES_ONLY = ("gmail", "yahoo")  # they send for their own domains, so there is no record to publish for another


@rule(
    "A03",
    "an SPF record that lets your mail server send",
    *(ERROR, WARNING, ADVICE),
    source="Gmail and Yahoo sender requirements; RFC 7208 sections 4.5 and 4.6.4",
    needs="online",
)
@asking("SPF")
def spf(evidence: Evidence, net: Net) -> Iterator[Finding]:
    """Exactly one SPF record, at most 10 lookups in all, closed to strangers, and with the mail provider in it."""
    from newsletter.check.account.spf import closed, merged, read_spf, with_term

    domain, place, provider = evidence.domain, sender_place(evidence), provider_of(evidence)
    found = read_spf(net, domain)
    if not found.records:
        yield _no_spf(evidence, provider)
    elif not found.record:
        harm = f"{domain} has {len(found.records)} SPF records where one is allowed: mailboxes then trust none of them."
        yield error(place, harm, f"Ask {keeper(evidence)} to put this one in their place: {merged(found.records)}")
    elif found.fault:
        harm = f"Mailboxes discard the SPF record of {domain}: {found.fault}. Your mail then counts as unproven."
        yield error(place, harm, _mended(evidence, found))
    elif found.door:
        harm = (
            f"The SPF record of {domain} lets every server in the world send in your name ({found.door}): spammers look for that."
        )
        yield error(place, harm, publish(evidence, domain, f"{closed(found.record, found.door)} (in place of the old one)"))
    elif provider and provider.spf and not lets_provider_send(found, provider):
        harm = f"The SPF record of {domain} does not name {provider.title}, which sends your mail: mailboxes may call it forged."
        record = with_term(found.record, f"include:{provider.spf[0]}")
        yield warning(place, harm, publish(evidence, domain, f"{record} (in place of the old one)"))
    elif found.nobody and not (provider and not provider.spf):
        harm = f'The SPF record of {domain} says that no server may send in its name ("{found.record}"), and one is to.'
        yield warning(place, harm, publish(evidence, domain, f"{_spf_record(evidence, provider)} (in place of the old one)"))


def _no_spf(evidence: Evidence, provider: Provider | None) -> Finding:
    """No record at all; where the provider sends with a return address of its own, receivers ask about that one."""
    domain = evidence.domain
    harm = f"The settings (DNS) of {domain} do not say which servers may send its mail (there is no SPF record): "
    fix = publish(evidence, domain, _spf_record(evidence, provider))
    if provider and not provider.spf and provider.name not in _MAILBOXES_ONLY:
        harm += f"{provider.title} is asked about its own return address instead, so your mail arrives, but others can forge it."
        return warning(sender_place(evidence), harm, fix)
    return error(sender_place(evidence), harm + "Gmail and others refuse such mail or call it spam.", fix)


def _spf_record(evidence: Evidence, provider: Provider | None) -> str:
    """A record to publish: the provider's, or the servers that can be known."""
    if provider:
        return f"v=spf1 include:{provider.spf[0]} ~all" if provider.spf else "v=spf1 mx ~all"
    return f"v=spf1 mx a:{server(evidence.practice.text.smtp).host} ~all"


def _mended(evidence: Evidence, found: Spf) -> str:
    """What to do about a record that fails: the terms that cost most, or the slip itself."""
    from newsletter.check.account.spf import MOST_LOOKUPS

    if found.lookups > MOST_LOOKUPS:
        dear = sorted(found.costs.items(), key=lambda cost: -cost[1])[:3]
        named = ", ".join(f"{term} ({count})" for term, count in dear)
        return f"Ask {keeper(evidence)} to take out what you no longer use; these cost most: {named}."
    term = f'"{found.culprit}" in it' if found.culprit else "it"
    return f"Ask {keeper(evidence)} to correct or take out {term}; the record now says: {found.record}"


@rule(
    "A04",
    "a DKIM key that receivers accept",
    *(ERROR, WARNING, ADVICE),
    source="Gmail and Yahoo: 1,024 bits or more; RFC 6376 section 3.6.1, RFC 8301 section 3.2",
    needs="online",
)
@asking("DKIM")
def dkim(evidence: Evidence, net: Net) -> Iterator[Finding]:
    """Under a selector of the practice or its provider stands a key that is whole, not taken back, and 1,024 bits or longer."""
    from newsletter.check.account.dkim import ADVISED, SHORTEST

    keys, place = keys_of(evidence, net), evidence.key_place("sender", "dkim_selectors")
    named = evidence.practice.text.sender.dkim_selectors
    if not keys:
        yield _no_selector(evidence)
    broken = [key for key in keys if key.fault]
    good = [key for key in keys if not key.fault]
    for key in broken if named else [] if good else _clearest(broken):
        harm = f"Mailboxes cannot verify mail signed under {key.name}: {key.fault}."
        if good:
            harm += f" The key under {good[0].selector} is well."
            yield advice(place, harm, f"Delete {key.selector} from `dkim_selectors` if your mail is no longer signed with it.")
        elif key.missing and not named:
            yield warning(place, _unsigned(evidence, keys), _publish_key(evidence, key))
        else:
            yield error(place, f"{harm} To them your mail is unsigned.", _publish_key(evidence, key))
    for key in good[:1]:
        if key.bits and key.bits < ADVISED:
            harm = (
                f"The DKIM key under {key.name} has {key.bits:,} bits; Gmail advises {ADVISED:,}, and takes {SHORTEST:,} or more."
            )
            yield advice(place, harm, "Ask your mail provider for a key of 2,048 bits when you next change it.")


def _clearest(broken: list[Key]) -> list[Key]:
    """Of several names that a provider may use, the one to speak of: where there is something, or else the first."""
    return sorted(broken, key=lambda key: key.missing)[:1]


def _no_selector(evidence: Evidence) -> Finding:
    harm = (
        f"Whether mail from {evidence.domain} is signed (DKIM) cannot be looked up: only your mail provider knows the key's name."
    )
    fix = "Ask your mail provider for the DKIM selector, and write it below `sender`: dkim_selectors: [that-word]"
    return advice(evidence.key_place("sender"), harm, fix)


def _unsigned(evidence: Evidence, keys: list[Key]) -> str:
    provider = provider_of(evidence)
    names = ", ".join(key.selector for key in keys[:4])
    title = provider.title if provider else "Your mail provider"
    return f"{title} seems not to sign mail for {evidence.domain} (DKIM): there is no key under its usual names ({names})."


def _publish_key(evidence: Evidence, key: Key) -> str:
    provider = provider_of(evidence)
    where = provider.title if provider else "your mail provider"
    record = f"publish the record it shows for {key.name}"
    return f"Switch DKIM on for {evidence.domain} at {where}, and ask {keeper(evidence)} to {record}."
