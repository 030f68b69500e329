"""The roll: the link tokens of one programme, service and period, in ascending order."""

import hashlib
from collections.abc import Iterable
from typing import Final

TOKEN_SIZE: Final = 16
"""A link token is 128 random bits."""


class UnusableRoll(ValueError):
    """Will name what keeps a list of tokens from being a roll."""


class TokenMisshapen(UnusableRoll):
    """Will name the row whose token is not 16 bytes."""

    def __init__(self, index: int) -> None:
        super().__init__(f"the token of row {index} is not {TOKEN_SIZE} bytes")
        self.index = index


class RollOutOfOrder(UnusableRoll):
    """Will name the row whose token does not come after the one before it."""

    def __init__(self, index: int) -> None:
        super().__init__(f"the token of row {index} does not come after the token before it")
        self.index = index


class RollLengthMismatch(UnusableRoll):
    """Will tell how many tokens were promised and how many came."""

    def __init__(self, *, expected: int, found: int) -> None:
        super().__init__(f"{expected} tokens were promised, {found} came")
        self.expected = expected
        self.found = found


def roll_digest(tokens: Iterable[bytes], *, count: int) -> bytes:
    """Return SHA-256 over the count (8 bytes) and the tokens, refusing any that are not strictly ascending.

    The count is handed in so that a roll of millions can be read from a cursor.

    :raises UnusableRoll: a token's length or place is wrong, or the count is.
    """
    digest = hashlib.sha256(count.to_bytes(8, "big"))
    before, found = b"", 0
    for token in tokens:
        if len(token) != TOKEN_SIZE:
            raise TokenMisshapen(found)
        if token <= before:
            raise RollOutOfOrder(found)
        digest.update(token)
        before, found = token, found + 1
    if found != count:
        raise RollLengthMismatch(expected=count, found=found)
    return digest.digest()
