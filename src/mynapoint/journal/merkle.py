"""The tree over all entries (RFC 6962, section 2.1), known by the hashes of its complete subtrees."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import Final, NamedTuple

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


class ProofRefused(ValueError):
    """Will say that a proof does not show what it should."""


class Coordinate(NamedTuple):
    """Which complete subtree: `level` 0 are the leaves, `number` counts the subtrees of a level from the left."""

    level: int
    number: int

    def __str__(self) -> str:
        return f"{self.level}/{self.number}"


class Span(NamedTuple):
    """A run of leaves, half-open, that has a hash of its own in a proof."""

    start: int
    end: int


def leaf_hash(octets: bytes) -> bytes:
    """Return the hash of one entry as a leaf."""
    return hashlib.sha256(b"\x00" + octets).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash above two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees given from left to right, each smaller than the one before."""
    if not hashes:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes[:-1]), hashes[-1])


def complete_subtrees(span: Span) -> list[Coordinate]:
    """Return the complete subtrees that make up a span of a tree, from left to right."""
    subtrees, start = [], span.start
    while start < span.end:
        level = (span.end - start).bit_length() - 1
        subtrees.append(Coordinate(level, start >> level))
        start += 1 << level
    return subtrees


class Frontier:
    """The right edge of a growing tree: all that is needed to append to it and to know its root."""

    def __init__(self, *, size: int, hashes: Iterable[bytes]) -> None:
        self.size = size
        self._hashes = list(hashes)

    @property
    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        return fold(self._hashes)

    def append(self, leaf: bytes) -> Iterator[tuple[Coordinate, bytes]]:
        """Append a leaf and yield the subtrees that it completes, the leaf itself first."""
        level, index, octets = 0, self.size, leaf
        yield Coordinate(level, index), octets
        while index % 2:
            octets = node_hash(self._hashes.pop(), octets)
            level, index = level + 1, index >> 1
            yield Coordinate(level, index), octets
        self._hashes.append(octets)
        self.size += 1


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Return the spans whose hashes prove that a leaf is in a tree (RFC 6962, section 2.1.1), lowest first."""
    spans, tree = [], Span(0, size)
    while tree.end - tree.start > 1:
        middle = tree.start + _split(tree.end - tree.start)
        near, far = Span(tree.start, middle), Span(middle, tree.end)
        tree, other = (near, far) if index < middle else (far, near)
        spans.append(other)
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """Return the spans whose hashes prove that a tree has only grown (RFC 6962, section 2.1.2)."""
    spans, tree = [], Span(0, new)
    if old == 0:
        return []
    while tree.end != old:
        middle = tree.start + _split(tree.end - tree.start)
        near, far = Span(tree.start, middle), Span(middle, tree.end)
        tree, other = (near, far) if old <= middle else (far, near)
        spans.append(other)
    return ([tree] if tree.start else []) + spans[::-1]


def prove(spans: Iterable[Span], *, hash_at: Callable[[Coordinate], bytes]) -> tuple[bytes, ...]:
    """Return the hash of each span, made from complete subtrees."""
    return tuple(fold([hash_at(coordinate) for coordinate in complete_subtrees(span)]) for span in spans)


def check_inclusion(leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf is at its place in the tree of this root (RFC 9162, section 2.1.3.2).

    :raises ProofRefused: it is not, or the path is no proof.
    """
    if not 0 <= index < size:
        raise ProofRefused
    octets, place, last = leaf, index, size - 1
    for other in path:
        if last == 0:
            raise ProofRefused
        if place % 2 or place == last:
            octets = node_hash(other, octets)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            octets = node_hash(octets, other)
        place, last = place >> 1, last >> 1
    if last or octets != root:
        raise ProofRefused


def check_consistency(*, old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of one root has only grown into that of another (RFC 9162, section 2.1.4.2).

    :raises ProofRefused: it has not, or the path is no proof.
    """
    if not 0 <= old <= new:
        raise ProofRefused
    if old in {0, new}:
        if path or old_root != (EMPTY_ROOT if old == 0 else new_root):
            raise ProofRefused
        return
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        raise ProofRefused
    if _both_roots(old, new, hashes) != (old_root, new_root):
        raise ProofRefused


def _both_roots(old: int, new: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    place, last = old - 1, new - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    old_root = new_root = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            raise ProofRefused
        if place % 2 or place == last:
            old_root, new_root = node_hash(other, old_root), node_hash(other, new_root)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            new_root = node_hash(new_root, other)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofRefused
    return old_root, new_root


def _split(count: int) -> int:
    """Return the largest power of two below a number of leaves."""
    return 1 << (count - 1).bit_length() - 1
