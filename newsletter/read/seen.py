"""Addresses met so far, in a few bytes each, so that a list of a million is read in flat memory."""

from __future__ import annotations

from array import array

_SMALLEST = 1 << 13  # slots


class Seen:
    """Addresses and the line each was met first, in 12 bytes a slot: a hash table of two flat arrays.

    Two different addresses share a 64-bit hash once in 30 million lists of a million; the second would be listed as a duplicate.
    """

    def __init__(self) -> None:
        self._make(_SMALLEST)

    def add(self, key: str, line: int) -> int:
        """The line where `key` was met first, or 0 when it is new; it is kept then."""
        fingerprint = hash(key) & 0xFFFFFFFFFFFFFFFF or 1
        hashes, mask = self._hashes, self._mask
        slot = fingerprint & mask
        while met := hashes[slot]:
            if met == fingerprint:
                return self._lines[slot]
            slot = (slot + 1) & mask
        hashes[slot] = fingerprint
        self._lines[slot] = line
        self._free -= 1
        if not self._free:
            self._grow()
        return 0

    def line_of(self, key: str) -> int:
        """The line where `key` was met first, or 0."""
        fingerprint = hash(key) & 0xFFFFFFFFFFFFFFFF or 1
        slot = self._slot(fingerprint)
        return self._lines[slot] if self._hashes[slot] else 0

    def _make(self, slots: int) -> None:
        self._hashes = array("Q", bytes(8 * slots))
        self._lines = array("I", bytes(4 * slots))
        self._mask = slots - 1
        self._free = slots * 2 // 3

    def _slot(self, fingerprint: int) -> int:
        slot = fingerprint & self._mask
        while self._hashes[slot] and self._hashes[slot] != fingerprint:
            slot = (slot + 1) & self._mask
        return slot

    def _grow(self) -> None:
        hashes, lines = self._hashes, self._lines
        self._make(len(hashes) * 4)
        for fingerprint, line in zip(hashes, lines, strict=True):
            if fingerprint:
                slot = self._slot(fingerprint)
                self._hashes[slot] = fingerprint
                self._lines[slot] = line
                self._free -= 1
