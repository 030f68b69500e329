"""The tree grown again from its entries, compared with every stored hash on the way."""

from collections.abc import Iterator
from typing import Final

from mynapoint.journal.merkle import Coordinate, fold, node_hash
from mynapoint.journal.models import Node
from mynapoint.journal.rules import FINDINGS_KEPT, Finding, Problem, Table

READ_AT_ONCE: Final = 2000


class Findings:
    """What was found so far: everything is counted, the first thousand are kept."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.count = 0

    def add(self, table: str, row: object, problem: Problem) -> None:
        """Note what is wrong with one row."""
        self.count += 1
        if len(self.kept) < FINDINGS_KEPT:
            self.kept.append(Finding(table, str(row), problem))


class StoredLevel:
    """The stored hashes of one level, read in their order beside the tree as it grows again."""

    def __init__(self, level: int, findings: Findings) -> None:
        nodes = Node.objects.filter(level=level).order_by("index")
        self._rows: Iterator[Node] = nodes.iterator(chunk_size=READ_AT_ONCE)
        self._next = next(self._rows, None)
        self._findings = findings

    def take(self, index: int) -> bytes | None:
        """Return the stored hash at a place, None when it is missing; rows before it should not be, and are noted."""
        while self._next and self._next.index < index:
            self._note_next()
        if self._next is None or self._next.index != index:
            return None
        octets = bytes(self._next.hash)
        self._next = next(self._rows, None)
        return octets

    def note_surplus(self) -> None:
        """Note every row that is left: the tree has no place for it."""
        while self._next:
            self._note_next()

    def _note_next(self) -> None:
        self._findings.add(Table.NODE, self._next, Problem.ADDED)
        self._next = next(self._rows, None)


class GrowingTree:
    """The tree grown again; where an entry cannot be relied on, the stored hash stands in for it."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._levels: dict[int, StoredLevel] = {}
        self._edge: list[tuple[bytes | None, bool]] = []
        self.size = 0

    @property
    def root(self) -> bytes | None:
        """Return the root at this size; None when too much is missing to compute it."""
        hashes = [octets for octets, _ in self._edge if octets is not None]
        return fold(hashes) if len(hashes) == len(self._edge) else None

    def append(self, leaf: bytes | None) -> None:
        """Append a leaf, the stored one when it is None, and compare every hash that it completes."""
        level, index = 0, self.size
        octets, is_sure = self._settle(Coordinate(level, index), leaf, is_sure=leaf is not None)
        while index % 2:
            left, left_is_sure = self._edge.pop()
            above = node_hash(left, octets) if left is not None and octets is not None else None
            level, index = level + 1, index >> 1
            octets, is_sure = self._settle(Coordinate(level, index), above, is_sure=is_sure and left_is_sure)
        self._edge.append((octets, is_sure))
        self.size += 1

    def finish(self) -> None:
        """Note the stored hashes that the whole tree has no place for."""
        for stored in self._levels.values():
            stored.note_surplus()
        above = Node.objects.exclude(level__in=list(self._levels)).order_by("level", "index")
        for node in above.iterator(chunk_size=READ_AT_ONCE):
            self._findings.add(Table.NODE, node, Problem.ADDED)

    def _settle(self, at: Coordinate, computed: bytes | None, *, is_sure: bool) -> tuple[bytes | None, bool]:
        """Compare a hash with the stored one; above an entry that was noted already, the stored one is believed."""
        if at.level not in self._levels:
            self._levels[at.level] = StoredLevel(at.level, self._findings)
        stored = self._levels[at.level].take(at.number)
        if stored is None:
            self._findings.add(Table.NODE, at, Problem.REMOVED)
        elif is_sure and stored != computed:
            self._findings.add(Table.NODE, at, Problem.CHANGED)
        return (computed, is_sure) if is_sure or stored is None else (stored, False)
