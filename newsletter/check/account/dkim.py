"""DKIM keys as they stand in DNS (RFC 6376 section 3.6.1): whether a key is there, whole and long enough."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from newsletter.check.network.net import Net

SHORTEST = 1024  # bits; receivers count a signature with a shorter key as none (RFC 8301 section 3.2)
ADVISED = 2048  # the same section
_ED25519 = 32  # bytes (RFC 8463 section 4)
_DER_SEQUENCE, _DER_INTEGER, _DER_BITS = 0x30, 0x02, 0x03


@dataclass(frozen=True, slots=True)
class Key:
    """The key under one selector. `fault` is a phrase for why no signature holds with it; `bits` are those of an RSA key."""

    selector: str
    domain: str
    fault: str = ""
    missing: bool = False
    bits: int = 0

    @property
    def name(self) -> str:
        """Where it stands in DNS."""
        return f"{self.selector}._domainkey.{self.domain}"


def read_key(net: Net, selector: str, domain: str) -> Key:
    """Looks a key up. Raises NoAnswer."""
    texts = net.txt(f"{selector}._domainkey.{domain}")
    keys = [_key(selector, domain, text) for text in texts]
    if not keys:
        return Key(selector, domain, "there is no key", missing=True)
    return next((key for key in keys if not key.fault), keys[0])


def _key(selector: str, domain: str, text: str) -> Key:
    """One record, read."""
    tags = dict(_tag(part) for part in text.split(";") if "=" in part)
    written = re.sub(r"\s", "", tags.get("p", ""))
    kind = tags.get("k", "rsa").lower()
    bits = 0
    if tags.get("v", "DKIM1") != "DKIM1" or "p" not in tags:
        fault = "what stands there is no DKIM key"
    elif not written:
        fault = "the key was taken back: the record says p= and nothing after it"
    elif kind == "ed25519":
        fault = "" if len(_decoded(written)) == _ED25519 else "the key is damaged"
    elif kind != "rsa":
        fault = f"the key is of a kind that receivers do not know ({kind[:20]})"
    else:
        bits = rsa_bits(_decoded(written))
        short = f"the key has {bits:,} bits, and under {SHORTEST:,} count as none"
        fault = short if 0 < bits < SHORTEST else "" if bits else "the key is damaged or cut off"
    return Key(selector, domain, fault, bits=bits)


def _tag(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.strip(), value.strip()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def rsa_bits(der: bytes) -> int:
    """The length of an RSA key's modulus in bits; 0 for what is no whole RSA key.

    SubjectPublicKeyInfo (RFC 5280 section 4.1) around RSAPublicKey (RFC 8017 appendix A.1.1), or the latter alone.
    """
    try:
        whole, rest = _element(der, _DER_SEQUENCE)
        if rest:
            return 0
        if whole[:1] == bytes([_DER_SEQUENCE]):
            _, bits = _element(whole, _DER_SEQUENCE)
            inside, _ = _element(bits, _DER_BITS)
            whole, _ = _element(inside[1:], _DER_SEQUENCE)
        modulus, exponent = _element(whole, _DER_INTEGER)
        _element(exponent, _DER_INTEGER)
        return int.from_bytes(modulus, "big").bit_length()
    except ValueError:
        return 0


def _element(data: bytes, kind: int) -> tuple[bytes, bytes]:
    """The content of the first element and what comes after it; raises ValueError where it is another or is cut off."""
    if len(data) < 2 or data[0] != kind:
        raise ValueError(kind)
    length, start = data[1], 2
    if length & 0x80:
        count = length & 0x7F
        start += count
        length = int.from_bytes(data[2:start], "big")
        if not 0 < count <= 4:
            raise ValueError(count)
    if len(data) < start + length:
        raise ValueError(length)
    return data[start : start + length], data[start + length :]
