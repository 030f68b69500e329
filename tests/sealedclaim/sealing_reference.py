"""The Merkle-sum tree written a second time, as RFC 6962 (section 2.1) writes it: recursive, slow, plain."""

import hashlib

Leaf = tuple[bytes, int]


def reference_leaf(index: int, token: bytes, points: int, salt: bytes) -> Leaf:
    octets = b"\x00" + index.to_bytes(8, "big") + token + points.to_bytes(8, "big") + salt
    return hashlib.sha256(octets).digest(), points


def reference_root(leaves: list[Leaf]) -> Leaf:
    if not leaves:
        return hashlib.sha256(b"").digest(), 0
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return _above(reference_root(leaves[:split]), reference_root(leaves[split:]))


def reference_path(index: int, leaves: list[Leaf]) -> list[Leaf]:
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*reference_path(index, leaves[:split]), reference_root(leaves[split:])]
    return [*reference_path(index - split, leaves[split:]), reference_root(leaves[:split])]


def _split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def _above(left: Leaf, right: Leaf) -> Leaf:
    octets = b"\x01" + left[0] + left[1].to_bytes(8, "big") + right[0] + right[1].to_bytes(8, "big")
    return hashlib.sha256(octets).digest(), left[1] + right[1]


def reference_draw(checkpoint_root: bytes, root: bytes, count: int, sample: int) -> list[int]:
    indices: list[int] = []
    counter = 0
    while len(indices) < min(sample, count):
        block = hashlib.sha256(b"\x02" + checkpoint_root + root + counter.to_bytes(8, "big")).digest()
        for place in (0, 8, 16, 24):
            word = int.from_bytes(block[place : place + 8], "big")
            if word < 2**64 // count * count and word % count not in indices and len(indices) < min(sample, count):
                indices.append(word % count)
        counter += 1
    return sorted(indices)
