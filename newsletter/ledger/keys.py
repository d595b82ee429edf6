"""The practice's secret keys, and what is made of them: Message-IDs, and the codes by which people opt out without an address.

`.newsletter/key`, mode 0600: a line of hex digits for each key, the one in use first. Older ones stay, so that links in old
mails keep working. A server without the list needs only the serving keys, from which nobody's code can be made.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from newsletter.errors import CannotWrite, LedgerUnusable
from newsletter.ledger.new_file import put_in_place

_BYTES = 32
_CODE = 22  # letters: 128 bits
_SEAL = 12  # letters: 72 bits
MARK = 8  # letters that say which key a code is of
_RESTORE = "Restore it from a backup: old unsubscribe links need it."


@dataclass(frozen=True, slots=True)
class ServingKeys:
    """What tells a real unsubscribe token from an invented one, and no more: neither addresses nor codes can be made of it."""

    secrets: tuple[bytes, ...] = field(repr=False)

    def code_of(self, token: str) -> str | None:
        """The code in a token, or None where it is not one of ours; takes as long for every token of the usual length."""
        letters, seal = token[:_CODE], token[_CODE:]
        if len(seal) != _SEAL or not token.isascii():
            return None
        real = [secret for secret in self.secrets if hmac.compare_digest(seal, _seal(secret, letters))]
        return f"{_mark(real[0])}.{letters}" if real else None


@dataclass(frozen=True, slots=True)
class Keys:
    """The practice's keys, at least one, each of at least 16 bytes: the one in use first."""

    secrets: tuple[bytes, ...] = field(repr=False)

    def message_code(self, issue: str, again: int, address_key: str) -> str:
        """What makes a Message-ID that nobody can guess, and that comes out the same each time."""
        return _code(self.secrets[0], f"message\n{issue}\n{again}\n{address_key}")

    def token(self, address_key: str) -> str:
        """What stands in a subscriber's unsubscribe link, the same in every issue: their code, and its seal; 34 letters."""
        letters = _code(self.secrets[0], f"unsubscribe\n{address_key}")
        return letters + _seal(_serving(self.secrets[0]), letters)

    def code(self, address_key: str) -> str:
        """What stands for an address without naming it: the mark of the key in use, a dot, and 22 letters."""
        return self.codes(address_key)[0]

    def codes(self, address_key: str) -> tuple[str, ...]:
        """The code of an address under every key: what old mails may say."""
        said = f"unsubscribe\n{address_key}"
        return tuple([f"{mark}.{_code(secret, said)}" for secret, mark in zip(self.secrets, self.marks, strict=True)])

    @property
    def marks(self) -> tuple[str, ...]:
        """What the codes of each key begin with."""
        return tuple([_mark(_serving(secret)) for secret in self.secrets])

    @property
    def serving(self) -> ServingKeys:
        """What a server needs that takes opt-outs."""
        return ServingKeys(tuple(_serving(secret) for secret in self.secrets))


STAND_IN = Keys((b"a key for looking only, never for mail that is sent",))


def key_file(folder: Path) -> Path:
    """Where a practice keeps its keys."""
    return folder / ".newsletter" / "key"


def serving_key_file(folder: Path) -> Path:
    """Where a server that has no list keeps its keys."""
    return folder / ".newsletter" / "serving-key"


def practice_keys(folder: Path) -> Keys:
    """The practice's keys, made on first use; raises CannotWrite or LedgerUnusable."""
    path = key_file(folder)
    if not (found := _read(path)):
        _write(path, [secrets.token_bytes(_BYTES)], replace=False)
        found = _read(path)
    return Keys(found)


def keys_for_looking(folder: Path) -> Keys:
    """The practice's keys where there are any, else a stand-in: checks write nothing."""
    return keys_beside(key_file(folder)) or STAND_IN


def keys_beside(ledger: Path) -> Keys | None:
    """The keys in a ledger's folder, or None where there are none."""
    found = _read(ledger.with_name("key"))
    return Keys(found) if found else None


def rotate(folder: Path) -> int:
    """Makes a new key for the mails to come, and keeps the others for those that are out; how many there are now."""
    old = practice_keys(folder).secrets
    _write(key_file(folder), [secrets.token_bytes(_BYTES), *old], replace=True)
    return len(old) + 1


def write_serving_keys(folder: Path, server: Path) -> Path:
    """Puts what a server without the list needs into a folder that is to be its practice folder; the file."""
    path = serving_key_file(server)
    _write(path, practice_keys(folder).serving.secrets, replace=True)
    return path


def serving_keys(folder: Path) -> ServingKeys | None:
    """The keys by which a server knows real tokens: the practice's own, or those it was given; None where there are none."""
    if own := keys_beside(key_file(folder)):
        return own.serving
    given = _read(serving_key_file(folder))
    return ServingKeys(given) if given else None


@lru_cache(maxsize=16)
def _serving(secret: bytes) -> bytes:
    return hmac.digest(secret, b"serving", "sha256")


@lru_cache(maxsize=16)
def _mark(serving: bytes) -> str:
    return hashlib.sha256(serving).hexdigest()[:MARK]


def _seal(serving: bytes, code: str) -> str:
    return _letters(hmac.digest(serving, code.encode(), "sha256"), _SEAL)


def _code(secret: bytes, what: str) -> str:
    return _letters(hmac.digest(secret, what.encode(), "sha256")[:16], _CODE)


def _letters(digest: bytes, count: int) -> str:
    return base64.urlsafe_b64encode(digest)[:count].decode("ascii")


def _write(path: Path, keys: Sequence[bytes], *, replace: bool) -> None:
    """Complete or not at all; a file that somebody else made a moment ago counts, unless it is to be replaced."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-key-")  # mode 0600
        made = Path(name)
        try:
            with os.fdopen(descriptor, "w") as stream:
                stream.writelines(f"{secret.hex()}\n" for secret in keys)
                stream.flush()
                os.fsync(stream.fileno())
            if replace:
                made.replace(path)
            else:
                put_in_place(made, path)
        finally:
            with contextlib.suppress(OSError):
                made.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(
            f"{path} cannot be written: {error.strerror or error}.", "Check the folder's rights and the disk."
        ) from None


def _read(path: Path) -> tuple[bytes, ...]:
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerUnusable(f"The key file {path} cannot be read: {error}.", _RESTORE) from None
    lines = text.split()
    if not lines or any(len(line) != _BYTES * 2 or set(line) - set("0123456789abcdef") for line in lines):
        raise LedgerUnusable(f"The key file {path} is damaged.", _RESTORE)
    return tuple(bytes.fromhex(line) for line in lines)
