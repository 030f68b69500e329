"""The Merkle-sum tree: RFC 6962's shape (section 2.1), each node committing to the sums of both its children."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import repeat
from operator import add
from struct import Struct
from typing import Final, NamedTuple

HASH_SIZE: Final = 32
SUM_LIMIT: Final = 1 << 64
"""Sums are written in 8 bytes; one that does not fit is an error, never a wrap."""
LONGEST_PATH: Final = 64
"""No row of a tree whose length fits in 8 bytes has a longer path."""
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

LEAF: Final = Struct(">xQ16sQ16s")
"""0x00, row index, token, points, salt."""
_NODE: Final = Struct(">B32sQ32sQ")
_NODE_PREFIX: Final = 0x01


class SumOverflow(ValueError):
    """Will say that a sum does not fit in 8 bytes."""


class PathLengthMismatch(ValueError):
    """Will say that a path has too few or too many nodes for its row."""


class Node(NamedTuple):
    """One node's hash and the sum of all points below it."""

    hash: bytes
    sum: int


class Level(NamedTuple):
    """One level of a tree, hashes and sums apart so that each can be mapped over."""

    hashes: list[bytes]
    sums: list[int]

    def node(self, index: int) -> Node:
        """Return the node at one place of this level."""
        return Node(self.hashes[index], self.sums[index])


def join(left: Node, right: Node) -> Node:
    """Return the node above two nodes.

    :raises SumOverflow: the two sums together do not fit in 8 bytes.
    """
    total = left.sum + right.sum
    if total >= SUM_LIMIT:
        raise SumOverflow
    return Node(hashlib.sha256(_NODE.pack(_NODE_PREFIX, *left, *right)).digest(), total)


def level_above(level: Level) -> Level:
    """Return the next level: neighbours joined, a last one without neighbour carried up as it is.

    The caller has made sure that the sum of the whole level fits in 8 bytes.
    """
    hashes, sums, sha256 = level.hashes, level.sums, hashlib.sha256
    each_hash, each_sum = iter(hashes), iter(sums)
    pairs = map(_NODE.pack, repeat(_NODE_PREFIX), each_hash, each_sum, each_hash, each_sum)
    above = Level([sha256(pair).digest() for pair in pairs], list(map(add, sums[::2], sums[1::2])))
    if len(hashes) % 2:
        above.hashes.append(hashes[-1])
        above.sums.append(sums[-1])
    return above


def levels_from(level: Level) -> list[Level]:
    """Return this level and every level above it; the last has the one root."""
    levels = [level]
    while len(levels[-1].hashes) > 1:
        levels.append(level_above(levels[-1]))
    return levels


def path_through(levels: Sequence[Level], index: int) -> Iterator[Node]:
    """Yield the neighbours that lead from a place of the lowest level to the root, lowest first."""
    for level in levels[:-1]:
        neighbour = index ^ 1
        if neighbour < len(level.hashes):
            yield level.node(neighbour)
        index >>= 1


def root_over(leaf: Node, *, index: int, count: int, path: Sequence[Node]) -> Node:
    """Return the root that a leaf and its path lead to (RFC 9162, section 2.1.3.2, with sums).

    :raises PathLengthMismatch: the path does not have the length of this row in a tree of `count` rows.
    :raises SumOverflow: a sum on the way does not fit in 8 bytes.
    """
    node, last, neighbours = leaf, count - 1, iter(path)
    while last:
        if index % 2 or index < last:
            neighbour = next(neighbours, None)
            if neighbour is None:
                raise PathLengthMismatch
            node = join(neighbour, node) if index % 2 else join(node, neighbour)
        index, last = index >> 1, last >> 1
    if next(neighbours, None) is not None:
        raise PathLengthMismatch
    return node
