"""The opened rows as they travel: one body, written by the service and read by the platform."""

from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import Field

from paymentservice.bodies import OPENINGS_LIMIT, Body, Digest, Token, read_body, write_body
from paymentservice.encoding import from_base64url, to_base64url
from paymentservice.wire import Count, Points
from sealedclaim.opening import Opening
from sealedclaim.tree import LONGEST_PATH, Node

MOST_ROWS: Final = 1000
"""No programme draws more."""


class PathStep(Body):
    """One neighbour on the way from a row to the root."""

    hash: Digest
    sum: Points


class RowOpening(Body):
    """One opened row, and the path from it to the root, lowest neighbour first."""

    index: Count
    points: Points
    salt: Token
    token: Token
    path: Annotated[list[PathStep], Field(max_length=LONGEST_PATH)]


class Openings(Body):
    """Service → platform: the rows that were drawn."""

    openings: Annotated[list[RowOpening], Field(max_length=MOST_ROWS)]


def read_openings(body: bytes) -> list[Opening]:
    """Return the opened rows of a body.

    :raises BodyRefused: with the problem to answer.
    """
    return [_read_row(row) for row in read_body(Openings, body, limit=OPENINGS_LIMIT).openings]


def write_openings(openings: Iterable[Opening]) -> bytes:
    """Return the body that `read_openings` reads."""
    return write_body(Openings(openings=[_write_row(opening) for opening in openings]))


def _read_row(row: RowOpening) -> Opening:
    return Opening(
        index=row.index,
        token=from_base64url(row.token),
        points=row.points,
        salt=from_base64url(row.salt),
        path=tuple(Node(from_base64url(step.hash), step.sum) for step in row.path),
    )


def _write_row(opening: Opening) -> RowOpening:
    return RowOpening(
        index=opening.index,
        token=to_base64url(opening.token),
        points=opening.points,
        salt=to_base64url(opening.salt),
        path=[PathStep(hash=to_base64url(node.hash), sum=node.sum) for node in opening.path],
    )
