"""Addresses that belong to no one person, as `info@` and `postmaster@` (data/role_addresses.yaml)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newsletter.check import facts


@dataclass(frozen=True, slots=True)
class RoleAddress:
    """One kind of them; the fields are explained in role_addresses.yaml."""

    what: str
    harm: str
    fix: str
    names: tuple[str, ...]
    source: str
    as_of: str
    domains: tuple[str, ...] = ()


class RoleAddresses:
    """All that are known, a practice's own among them."""

    def __init__(self, folder: Path | None = None) -> None:
        known = facts.entries(RoleAddress, "role_addresses", folder)
        self._names = {name.lower(): role for role in reversed(known) for name in role.names}
        self._domains = {domain.lower(): role for role in known for domain in role.domains}

    def of(self, local: str, domain: str) -> tuple[RoleAddress, str] | None:
        """Which kind an address is of, and the part that tells it; what stands behind a plus does not count."""
        if role := self._names.get(local.partition("+")[0].lower()):
            return role, f"{local}@"
        role = self._domains.get(domain)
        return (role, f"@{domain}") if role else None
