"""Closings to seal in tests: rows with tokens in order, drawn from one number so that a failure can be seen again."""

import hashlib

from sealedclaim.sealing import Row

CAP = 5000


def closing_rows(amount: int, *, seed: int = 0) -> list[Row]:
    return [_row(index, seed=seed) for index in range(amount)]


def _row(index: int, *, seed: int) -> Row:
    octets = hashlib.sha512(b"%d %d" % (seed, index)).digest()
    token = index.to_bytes(8, "big") + octets[:8]
    return Row(token, int.from_bytes(octets[8:12], "big") % (CAP + 1), octets[16:32])


def flipped_bits(octets: bytes) -> list[bytes]:
    """Return every variant of these bytes in which one bit is another."""
    whole, size = int.from_bytes(octets, "big"), len(octets)
    return [(whole ^ 1 << bit).to_bytes(size, "big") for bit in range(size * 8)]
