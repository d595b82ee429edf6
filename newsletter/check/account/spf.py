"""SPF as receivers read it (RFC 7208): who may send for a domain, and what makes a record fail before it is read to its end."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

from newsletter.check.network.net import Net

MOST_LOOKUPS = 10  # RFC 7208 section 4.6.4
MOST_VOID = 2  # the same section: lookups that find nothing
_ENOUGH = 30  # lookups after which we count no further
_MOST_MX = 10  # mail hosts of one `mx` mechanism
_EVERYBODY = {4: 7, 6: 15}  # a network so wide that its owner cannot mean it: an eighth of IPv4, all of IPv6 that is in use
_TERM = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9_.-]*)(?:([:=/])(.*))?", re.DOTALL)
_MECHANISMS = frozenset(["all", "include", "a", "mx", "ptr", "exists", "ip4", "ip6"])
_ASKING = frozenset(["include", "a", "mx", "ptr", "exists", "redirect"])  # those that cost a lookup


@dataclass(slots=True)
class Spf:
    """What came of reading a domain's SPF. `records` are its own; `reached` every name that it includes or is led to.

    `fault` is a phrase for what makes receivers discard it (a permanent error), empty where nothing does; `culprit` is the
    term of the domain's own record behind it, where it is one. `door` is the term that lets everybody in, `costs` are the
    lookups by the term that causes them.
    """

    domain: str
    records: tuple[str, ...] = ()
    reached: set[str] = field(default_factory=set)
    costs: dict[str, int] = field(default_factory=dict)
    lookups: int = 0
    void: int = 0
    door: str = ""
    fault: str = ""
    culprit: str = ""

    @property
    def record(self) -> str:
        """The one record; empty where there is none, or more."""
        return self.records[0] if len(self.records) == 1 else ""

    @property
    def nobody(self) -> bool:
        """Whether it says that no server at all may send."""
        terms = self.record.lower().split()[1:]
        return terms == ["-all"]


def records_of(net: Net, domain: str) -> tuple[str, ...]:
    """The TXT records of a name that are SPF (RFC 7208 section 4.5). Raises NoAnswer."""
    return tuple(text for text in net.txt(domain) if text.lower().partition(" ")[0] == "v=spf1")


def read_spf(net: Net, domain: str) -> Spf:
    """Reads a domain's record and all that it includes, as for a sender whom no part of it names. Raises NoAnswer."""
    found = Spf(domain, records_of(net, domain))
    if len(found.records) == 1:
        walk = _Walk(net, found)
        if walk.through(domain, found.record, ()) and not found.fault:
            found.door = walk.top
        if not found.fault and found.lookups > MOST_LOOKUPS:
            found.fault = f"it takes {_counted(found.lookups)} lookups where {MOST_LOOKUPS} are allowed"
        if not found.fault and found.void > MOST_VOID:
            found.fault = f"{found.void} of the names in it lead nowhere, and {MOST_VOID} are allowed"
    return found


def with_term(record: str, term: str) -> str:
    """The record with one more term, before whatever ends it: the record to publish."""
    terms = record.split()
    ends = [place for place, said in enumerate(terms) if said.lower().lstrip("+?~-") == "all" or said.lower()[:9] == "redirect="]
    place = min(ends, default=len(terms))
    return " ".join([*terms[:place], term, *terms[place:]])


def merged(records: tuple[str, ...]) -> str:
    """Several records as one: every term once, and one end."""
    terms = [term for record in records for term in record.split()[1:]]
    redirects = [term for term in terms if term.lower().startswith("redirect=")]
    kept = [term for term in dict.fromkeys(terms) if term not in redirects and term.lower().lstrip("+?~-") != "all"]
    kept += [f"include:{term[9:]}" for term in dict.fromkeys(redirects)]
    return " ".join(["v=spf1", *kept, "~all"])


def closed(record: str, door: str) -> str:
    """The record without the term that lets everybody in, and with an end that lets nobody else in."""
    terms = [term for term in record.split() if term != door and term.lower().lstrip("+?~-") != "all"]
    return " ".join([*terms, "~all"])


class _Walk:
    """Reads records depth first, as a receiver does, and counts what it would have to ask."""

    def __init__(self, net: Net, found: Spf) -> None:
        self.net = net
        self.found = found
        self.top = ""  # the term of the domain's own record that is being followed

    def through(self, domain: str, record: str, above: tuple[str, ...]) -> bool:
        """Whether a sender whom nobody names passes all the same; stops at a fault."""
        redirect = ""
        terms = [_TERM.fullmatch(written) or written for written in record.split()[1:]]
        for term in terms:  # a slip anywhere spoils the whole record (RFC 7208 section 4.6)
            if isinstance(term, str) or not _well_formed(term):
                self._slip(term if isinstance(term, str) else term.group(), domain)
        for term in terms:
            if self.found.fault or self.found.lookups >= _ENOUGH or isinstance(term, str):
                return False
            self.top = self.top if above else term.group()
            sign, name, mark, value = term.group(1), term.group(2).lower(), term.group(3), term.group(4) or ""
            if mark == "=":
                redirect = value if name == "redirect" else redirect
            elif name == "all":
                return sign in ("", "+")
            elif self._lets_everybody_in(name, value, (*above, domain)) and sign in ("", "+"):
                return True
        if redirect and not self.found.fault:
            self.top = self.top if above else f"redirect={redirect}"
            return self._follow(redirect, (*above, domain))
        return False

    def _lets_everybody_in(self, name: str, value: str, above: tuple[str, ...]) -> bool:
        """Follows one mechanism; true where it takes any sender."""
        if name in ("ip4", "ip6"):
            network = ipaddress.ip_network(value, strict=False)
            return network.prefixlen <= _EVERYBODY[network.version]
        if name == "include":
            return self._follow(value, above)
        self._count()
        host = value.partition("/")[0] or above[-1]
        if "%" in host or name == "ptr":  # what a macro stands for hangs on the sender
            return False
        if name == "mx":
            hosts = self.net.mx(host)
            if len(hosts) > _MOST_MX:
                self._fail(f"mx:{host} has more than {_MOST_MX} mail servers")
            self.found.void += not hosts
        else:
            self.found.void += not (self.net.exists(host, "A") or (name == "a" and self.net.exists(host, "AAAA")))
        return False

    def _follow(self, target: str, above: tuple[str, ...]) -> bool:
        """Reads the record of another name; without one, the whole is in error (RFC 7208 sections 5.2 and 6.1)."""
        self._count()
        name = target.lower().rstrip(".")
        self.found.reached.add(name)
        if "%" in name:
            return False
        if name in above:
            self._fail(f"it leads from {name} back to itself")
            return False
        records = records_of(self.net, name)
        if len(records) == 1:
            return self.through(name, records[0], above)
        found = "has no SPF record" if not records else f"has {len(records)} SPF records"
        self._fail(f"it sends receivers to {name}, which {found}")
        return False

    def _count(self) -> None:
        self.found.lookups += 1
        self.found.costs[self.top] = self.found.costs.get(self.top, 0) + 1

    def _slip(self, written: str, domain: str) -> None:
        own = domain == self.found.domain
        self.top = written if own else self.top
        self._fail(f'nobody can read "{written[:60]}"' + ("" if own else f" in the record of {domain}"))

    def _fail(self, fault: str) -> None:
        """Notes the first fault, and the term that leads to it."""
        if not self.found.fault:
            self.found.fault, self.found.culprit = fault, self.top


def _well_formed(term: re.Match[str]) -> bool:
    """Whether a term is one that the grammar knows (RFC 7208 section 12); unknown modifiers are allowed."""
    sign, name, mark, value = term.group(1), term.group(2).lower(), term.group(3), term.group(4) or ""
    if mark == "=":
        return not sign and (name not in ("redirect", "exp") or bool(value))
    if name not in _MECHANISMS:
        return False
    if name in ("ip4", "ip6"):
        try:
            return mark == ":" and ipaddress.ip_network(value, strict=False).version == int(name[2])
        except ValueError:
            return False
    if name == "all":
        return mark is None
    needs_name = name in ("include", "exists")
    return bool(value) if mark == ":" else not needs_name


def _counted(lookups: int) -> str:
    return f"{_ENOUGH} or more" if lookups >= _ENOUGH else str(lookups)
