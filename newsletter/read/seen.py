"""Addresses met so far, in a few bytes each, so that a list of a million is read in flat memory."""

from __future__ import annotations

from array import array

_SHARDS = 1024  # small tables that grow one at a time: a single large one would need room for two of itself
_SMALLEST = 8  # slots
_FULLEST = 0.8
_GROWTH = 1.3
_LINE_BITS = 24
_LAST_LINE = (1 << _LINE_BITS) - 1  # that can be told; later ones are told as this one
_MARK = (1 << 64 - _LINE_BITS) - 1


class Seen:
    """Addresses and the line each was met first, in about 11 bytes each: hash tables of marks (40 bits) with lines (24 bits).

    Two addresses are taken for one once in two thousand lists of a million: what follows from it compares the addresses
    themselves.
    """

    def __init__(self) -> None:
        self._shards = [array("Q", bytes(8 * _SMALLEST)) for _ in range(_SHARDS)]
        self._free = array("I", [int(_SMALLEST * _FULLEST)] * _SHARDS)
        self._any = False

    def __bool__(self) -> bool:
        return self._any

    def add(self, key: str, line: int) -> int:
        """The line where `key` was met first, or 0 when it is new; it is kept then."""
        number = hash(key)
        which, mark = number % _SHARDS, number // _SHARDS & _MARK
        shard = self._shards[which]
        slot = mark % len(shard)  # as in _slot, but this is done for every row of a list
        while entry := shard[slot]:
            if entry >> _LINE_BITS == mark:
                return entry & _LAST_LINE
            slot = slot + 1 if slot + 1 < len(shard) else 0
        shard[slot] = mark << _LINE_BITS | min(line, _LAST_LINE)
        self._any = True
        self._free[which] -= 1
        if not self._free[which]:
            self._grow(which)
        return 0

    def line_of(self, key: str) -> int:
        """The line where `key` was met first, or 0."""
        number = hash(key)
        shard = self._shards[number % _SHARDS]
        return shard[_slot(shard, number // _SHARDS & _MARK)] & _LAST_LINE

    def _grow(self, which: int) -> None:
        old = self._shards[which]
        size = int(len(old) * _GROWTH) + 1
        new = self._shards[which] = array("Q", bytes(8 * size))
        for entry in filter(None, old):
            new[_slot(new, entry >> _LINE_BITS)] = entry
        self._free[which] = int(size * _FULLEST) - int(len(old) * _FULLEST)


def _slot(shard: array[int], mark: int) -> int:
    """Where a mark stands in a table, or the free slot where it would stand."""
    slot = mark % len(shard)
    while (entry := shard[slot]) and entry >> _LINE_BITS != mark:
        slot = slot + 1 if slot + 1 < len(shard) else 0
    return slot
