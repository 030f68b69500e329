"""Which rows an audit opens: fixed by two hashes, one of each side, of which the service's comes first."""

import hashlib
from collections.abc import Iterator
from itertools import count as count_up
from struct import Struct
from typing import Final

_PREFIX: Final = b"\x02"
_WORDS: Final = Struct(">4Q")
_WORD_LIMIT: Final = 1 << 64


def draw(*, checkpoint_root: bytes, root: bytes, count: int, sample: int) -> list[int]:
    """Return the indices, ascending, of `sample` of `count` rows (all, when there are no more).

    Words of SHA-256(0x02, checkpoint root, closing root, counter) that would favour some rows are passed over.
    """
    if sample >= count:
        return list(range(count))
    fair = _WORD_LIMIT - _WORD_LIMIT % count
    drawn: set[int] = set()
    words = _words(_PREFIX + checkpoint_root + root)
    while len(drawn) < sample:
        word = next(words)
        if word < fair:
            drawn.add(word % count)
    return sorted(drawn)


def _words(seed: bytes) -> Iterator[int]:
    for counter in count_up():
        yield from _WORDS.unpack(hashlib.sha256(seed + counter.to_bytes(8, "big")).digest())
