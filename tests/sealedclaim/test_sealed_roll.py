import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealedclaim.draw import draw
from sealedclaim.roll import RollLengthMismatch, RollOutOfOrder, TokenMisshapen, roll_digest

ROLLS = st.sets(st.binary(min_size=16, max_size=16), max_size=30).map(sorted)


class TestRollDigest:
    @given(tokens=ROLLS)
    def test_covers_the_count_and_the_tokens_in_order(self, tokens: list[bytes]) -> None:
        expected = hashlib.sha256(len(tokens).to_bytes(8, "big") + b"".join(tokens)).digest()
        assert roll_digest(iter(tokens), count=len(tokens)) == expected

    @given(tokens=ROLLS.filter(lambda tokens: len(tokens) > 1), place=st.integers(0, 28))
    def test_refuses_two_tokens_that_changed_places(self, tokens: list[bytes], place: int) -> None:
        place %= len(tokens) - 1
        tokens[place], tokens[place + 1] = tokens[place + 1], tokens[place]
        with pytest.raises(RollOutOfOrder) as refused:
            roll_digest(tokens, count=len(tokens))
        assert refused.value.index == place + 1

    def test_refuses_a_token_that_comes_twice(self) -> None:
        with pytest.raises(RollOutOfOrder):
            roll_digest([b"t" * 16, b"t" * 16], count=2)

    @pytest.mark.parametrize("token", [b"", bytes(15), bytes(17)])
    def test_refuses_a_token_of_another_length(self, token: bytes) -> None:
        with pytest.raises(TokenMisshapen):
            roll_digest([token], count=1)

    @pytest.mark.parametrize("count", [0, 2])
    def test_refuses_another_number_of_tokens_than_promised(self, count: int) -> None:
        with pytest.raises(RollLengthMismatch) as refused:
            roll_digest([b"t" * 16], count=count)
        assert (refused.value.expected, refused.value.found) == (count, 1)


class TestDraw:
    @given(count=st.integers(0, 200), sample=st.integers(0, 210), seed=st.binary(min_size=32, max_size=32))
    def test_gives_that_many_different_rows_of_the_roll_ascending(self, count: int, sample: int, seed: bytes) -> None:
        indices = draw(checkpoint_root=seed, root=bytes(32), count=count, sample=sample)
        assert indices == sorted(set(indices))
        assert len(indices) == min(count, sample)
        assert all(0 <= index < count for index in indices)

    def test_follows_from_both_hashes(self) -> None:
        checkpoint_root, root = b"c" * 32, b"r" * 32
        indices = draw(checkpoint_root=checkpoint_root, root=root, count=10**6, sample=20)
        assert indices == draw(checkpoint_root=checkpoint_root, root=root, count=10**6, sample=20)
        assert indices != draw(checkpoint_root=b"d" * 32, root=root, count=10**6, sample=20)
        assert indices != draw(checkpoint_root=checkpoint_root, root=b"s" * 32, count=10**6, sample=20)

    def test_reads_words_as_described(self) -> None:
        block = hashlib.sha256(b"\x02" + b"c" * 32 + b"r" * 32 + bytes(8)).digest()
        words = [int.from_bytes(block[place : place + 8], "big") for place in range(0, 32, 8)]
        expected = sorted({word % 10**9 for word in words})
        assert draw(checkpoint_root=b"c" * 32, root=b"r" * 32, count=10**9, sample=4) == expected

    def test_passes_over_words_that_would_favour_the_first_rows(self) -> None:
        count = (1 << 63) + 1  # nearly half of all words lie above the last whole multiple
        expected: set[int] = set()
        for counter in range(100):
            block = hashlib.sha256(b"\x02" + b"c" * 32 + b"r" * 32 + counter.to_bytes(8, "big")).digest()
            words = [int.from_bytes(block[place : place + 8], "big") for place in range(0, 32, 8)]
            for word in words:
                if word < count and len(expected) < 50:
                    expected.add(word)
        assert draw(checkpoint_root=b"c" * 32, root=b"r" * 32, count=count, sample=50) == sorted(expected)

    def test_favours_no_row(self) -> None:
        hits = [0] * 10
        for _ in range(4000):
            for index in draw(checkpoint_root=os.urandom(32), root=bytes(32), count=10, sample=3):
                hits[index] += 1
        assert max(hits) < 1400  # 1,200 expected; 1,400 is seven standard deviations away
        assert min(hits) > 1000
