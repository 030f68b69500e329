"""The auditor's side: check opened rows against the published commitment."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from sealedclaim.roll import TOKEN_SIZE
from sealedclaim.tree import HASH_SIZE, LEAF, SUM_LIMIT, Node, PathLengthMismatch, SumOverflow, root_over

SALT_SIZE: Final = 16


class OpeningMisshapen(ValueError):
    """Will name the field of an opening that has an impossible size or value."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} has an impossible size or value")
        self.field = field


class OpeningRefused(ValueError):
    """Will say for which row, and by its `reason`, why the audit fails."""

    reason: ClassVar[str]

    def __init__(self, index: int) -> None:
        super().__init__(f"row {index}: {self.reason}")
        self.index = index


class IndexOutsideRoll(OpeningRefused):
    """Will say that there is no such row."""

    reason = "index_outside_roll"


class TokenNotInPlace(OpeningRefused):
    """Will say that the roll has another token at this index."""

    reason = "token_not_in_place"


class PointsOverCap(OpeningRefused):
    """Will say that the row has more points than the programme grants."""

    reason = "points_over_cap"


class PathLengthWrong(OpeningRefused):
    """Will say that the path is longer or shorter than this row's."""

    reason = "path_length_wrong"


class PathSumOverflow(OpeningRefused):
    """Will say that the sums on the path do not fit in 8 bytes."""

    reason = "sum_overflow"


class RootMismatch(OpeningRefused):
    """Will say that the row does not lead to the published root."""

    reason = "root_mismatch"


class TotalMismatch(OpeningRefused):
    """Will say that the sums on the path do not add up to the published total."""

    reason = "total_mismatch"


class RowNotOpened(OpeningRefused):
    """Will say that a drawn row was not opened."""

    reason = "row_not_opened"


class RowNotDrawn(OpeningRefused):
    """Will say that a row was opened that was not drawn, or one was opened twice."""

    reason = "row_not_drawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What a service publishes of a closing: how many rows, their points together, and the root over them."""

    count: int
    total: int
    root: bytes

    def __post_init__(self) -> None:
        """Refuse what no closing can have.

        :raises OpeningMisshapen: a field has an impossible size or value.
        """
        _check_number("count", self.count)
        _check_number("total", self.total)
        _check_size("root", self.root, HASH_SIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One opened row: what was sealed at an index, and the path from it to the root, lowest neighbour first."""

    index: int
    token: bytes
    points: int
    salt: bytes
    path: tuple[Node, ...]

    def __post_init__(self) -> None:
        """Refuse what no sealed row can have.

        :raises OpeningMisshapen: a field has an impossible size or value.
        """
        _check_number("index", self.index)
        _check_number("points", self.points)
        _check_size("token", self.token, TOKEN_SIZE)
        _check_size("salt", self.salt, SALT_SIZE)
        for node in self.path:
            _check_size("path", node.hash, HASH_SIZE)
            _check_number("path", node.sum)

    @property
    def leaf(self) -> Node:
        """Return the leaf that seals this row."""
        packed = LEAF.pack(self.index, self.token, self.points, self.salt)
        return Node(hashlib.sha256(packed).digest(), self.points)


def check_opening(opening: Opening, *, commitment: Commitment, token: bytes, cap: int) -> None:
    """Check one opened row: (1) its place, (2) the roll's token there, (3) the cap, (4) path and root, (5) the total.

    :raises OpeningRefused: the first of these that fails.
    """
    index = opening.index
    # (1) its place
    if index >= commitment.count:
        raise IndexOutsideRoll(index)
    # (2) the roll's token there
    if opening.token != token:
        raise TokenNotInPlace(index)
    # (3) the cap
    if opening.points > cap:
        raise PointsOverCap(index)
    check_path(opening, commitment=commitment)


def check_path(opening: Opening, *, commitment: Commitment) -> None:
    """Check that an opened row is one of those committed to.

    :raises OpeningRefused: path, root or total do not match.
    """
    index = opening.index
    # (4) path and root
    try:
        root = root_over(opening.leaf, index=index, count=commitment.count, path=opening.path)
    except PathLengthMismatch:
        raise PathLengthWrong(index) from None
    except SumOverflow:
        raise PathSumOverflow(index) from None
    if root.hash != commitment.root:
        raise RootMismatch(index)
    # (5) the total
    if root.sum != commitment.total:
        raise TotalMismatch(index)


def check_openings(
    openings: Sequence[Opening], *, commitment: Commitment, drawn: Mapping[int, bytes], cap: int
) -> None:
    """Check that exactly the drawn rows were opened (`drawn`: index → the roll's token there), and each of them.

    :raises OpeningRefused: the first row that fails.
    """
    unopened = dict(drawn)
    for opening in openings:
        token = unopened.pop(opening.index, None)
        if token is None:
            raise RowNotDrawn(opening.index)
        check_opening(opening, commitment=commitment, token=token, cap=cap)
    if unopened:
        raise RowNotOpened(min(unopened))


def _check_number(field: str, number: int) -> None:
    if not 0 <= number < SUM_LIMIT:
        raise OpeningMisshapen(field)


def _check_size(field: str, octets: bytes, size: int) -> None:
    if len(octets) != size:
        raise OpeningMisshapen(field)
