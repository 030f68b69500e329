"""The opened rows as they come: read as strictly as every other body, and described in the OpenAPI document."""

from typing import Annotated, Final

from pydantic import Field

from paymentservice.bodies import Body, Digest, Token
from paymentservice.wire import Count, Points

MOST_ROWS: Final = 1000
"""No programme draws more."""
LONGEST_PATH: Final = 63
"""No row of a roll whose length fits in 8 bytes has a longer path."""


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
