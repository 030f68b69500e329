"""The service's side: seal a roll with its points, and open single rows of it."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import le
from typing import Final, NamedTuple

from sealedclaim.opening import SALT_SIZE, Commitment, Opening
from sealedclaim.roll import TOKEN_SIZE, RollOutOfOrder, TokenMisshapen
from sealedclaim.tree import EMPTY_ROOT, LEAF, SUM_LIMIT, Level, Node, SumOverflow, levels_from, path_through

CHUNK: Final = 1024
"""Rows per chunk: a power of two, so that the tree over chunk roots is the top of the tree over rows."""


class Row(NamedTuple):
    """One row of a closing: a link token, its cumulative points, and the salt that hides them."""

    token: bytes
    points: int
    salt: bytes


class SaltMisshapen(ValueError):
    """Will name the row whose salt is not 16 bytes."""

    def __init__(self, index: int) -> None:
        super().__init__(f"the salt of row {index} is not {SALT_SIZE} bytes")
        self.index = index


class PointsBelowZero(ValueError):
    """Will name the row whose points are negative."""

    def __init__(self, index: int) -> None:
        super().__init__(f"row {index} has points below zero")
        self.index = index


class SealedClaim:
    """A sealed closing: the commitment that is published, and the rows to open on demand.

    It holds 49 bytes a row; an opening computes the hashes of one chunk again.
    """

    def __init__(self, chunks: Sequence[bytes], roots: Sequence[Node]) -> None:
        self._chunks = chunks
        self._top = levels_from(Level([root.hash for root in roots], [root.sum for root in roots]))
        root = self._top[-1].node(0) if roots else Node(EMPTY_ROOT, 0)
        count = sum(map(len, chunks)) // LEAF.size
        self.commitment = Commitment(count=count, total=root.sum, root=root.hash)

    def open_row(self, index: int) -> Opening:
        """Return one row with its path to the root.

        :raises IndexError: there is no such row.
        """
        if not 0 <= index < self.commitment.count:
            raise IndexError(index)
        chunk, place = divmod(index, CHUNK)
        leaves = self._chunks[chunk]
        _, token, points, salt = LEAF.unpack_from(leaves, place * LEAF.size)
        bottom = levels_from(_leaf_level(leaves))
        path = (*path_through(bottom, place), *path_through(self._top, chunk))
        return Opening(index=index, token=token, points=points, salt=salt, path=path)


def seal(rows: Iterable[tuple[bytes, int, bytes]]) -> SealedClaim:
    """Seal rows of (token, points, salt) that come in roll order; they are read once.

    :raises TokenMisshapen, RollOutOfOrder, SaltMisshapen, PointsBelowZero: this row cannot be sealed.
    :raises SumOverflow: the points of all rows together do not fit in 8 bytes.
    """
    chunks: list[bytes] = []
    roots: list[Node] = []
    unread, last_token, total = iter(rows), b"", 0
    while chunk := list(islice(unread, CHUNK)):
        start = len(chunks) * CHUNK
        # Columns, not rows, from here on: mapping over them is what makes four million rows quick.
        tokens, points, salts = [row[0] for row in chunk], [row[1] for row in chunk], [row[2] for row in chunk]
        _check_tokens(tokens, start=start, last_token=last_token)
        _check_points_and_salts(points, salts, start=start)
        last_token, total = tokens[-1], total + sum(points)
        if total >= SUM_LIMIT:
            raise SumOverflow
        leaves = list(map(LEAF.pack, range(start, start + len(chunk)), tokens, points, salts))
        chunks.append(b"".join(leaves))
        roots.append(levels_from(Level(_hashes(leaves), points))[-1].node(0))
    return SealedClaim(chunks, roots)


def salt_for(token: bytes, *, closing_key: bytes, period: str, attempt: int = 1) -> bytes:
    """Return the salt of one row, derived so that a crash or a second run gives the same root.

    A further attempt at the period has salts of its own, or equal leaves would show which rows did not change.
    """
    # No period's name has a space in it.
    sealed = period if attempt == 1 else f"{period} {attempt}"
    return hmac.digest(closing_key, sealed.encode() + token, "sha256")[:SALT_SIZE]


def salted(rows: Iterable[tuple[bytes, int]], *, closing_key: bytes, period: str, attempt: int = 1) -> Iterator[Row]:
    """Yield rows of (token, points) together with their derived salts."""
    for token, points in rows:
        yield Row(token, points, salt_for(token, closing_key=closing_key, period=period, attempt=attempt))


def _check_tokens(tokens: Sequence[bytes], *, start: int, last_token: bytes) -> None:
    if set(map(len, tokens)) != {TOKEN_SIZE}:
        raise TokenMisshapen(start + next(i for i, token in enumerate(tokens) if len(token) != TOKEN_SIZE))
    before = [last_token, *tokens[:-1]]
    if any(map(le, tokens, before)):
        raise RollOutOfOrder(start + list(map(le, tokens, before)).index(True))


def _check_points_and_salts(points: Sequence[int], salts: Sequence[bytes], *, start: int) -> None:
    if min(points) < 0:
        raise PointsBelowZero(start + next(i for i, amount in enumerate(points) if amount < 0))
    if set(map(len, salts)) != {SALT_SIZE}:
        raise SaltMisshapen(start + next(i for i, salt in enumerate(salts) if len(salt) != SALT_SIZE))


def _hashes(leaves: Iterable[bytes]) -> list[bytes]:
    sha256 = hashlib.sha256
    return [sha256(leaf).digest() for leaf in leaves]


def _leaf_level(leaves: bytes) -> Level:
    size = LEAF.size
    hashes = _hashes(leaves[offset : offset + size] for offset in range(0, len(leaves), size))
    return Level(hashes, [points for _, _, points, _ in LEAF.iter_unpack(leaves)])
