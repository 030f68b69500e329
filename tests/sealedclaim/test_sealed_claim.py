import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealing_reference import reference_leaf, reference_path, reference_root
from sealing_rows import CAP, closing_rows, flipped_bits

from sealedclaim.opening import (
    Commitment,
    IndexOutsideRoll,
    Opening,
    OpeningMisshapen,
    OpeningRefused,
    PathLengthWrong,
    PathSumOverflow,
    PointsOverCap,
    RootMismatch,
    RowNotDrawn,
    RowNotOpened,
    TokenNotInPlace,
    TotalMismatch,
    check_opening,
    check_openings,
)
from sealedclaim.roll import RollOutOfOrder, TokenMisshapen
from sealedclaim.sealing import CHUNK, PointsBelowZero, Row, SaltMisshapen, salt_for, salted, seal
from sealedclaim.tree import SUM_LIMIT, Node, SumOverflow

SIZES = st.one_of(st.integers(0, 70), st.integers(CHUNK - 2, CHUNK + 2), st.integers(2 * CHUNK - 1, 3 * CHUNK + 5))


def reference_leaves(rows: list[Row]) -> list[tuple[bytes, int]]:
    return [reference_leaf(index, *row) for index, row in enumerate(rows)]


class TestSeal:
    @given(amount=SIZES, seed=st.integers(0, 1000))
    @settings(max_examples=60)
    def test_has_the_root_and_total_of_the_reference(self, amount: int, seed: int) -> None:
        rows = closing_rows(amount, seed=seed)
        root, total = reference_root(reference_leaves(rows))
        assert seal(rows).commitment == Commitment(count=amount, total=total, root=root)

    def test_of_an_empty_roll_is_the_hash_of_nothing(self) -> None:
        assert seal([]).commitment == Commitment(count=0, total=0, root=hashlib.sha256(b"").digest())

    def test_reads_rows_once_from_any_iterator(self) -> None:
        rows = closing_rows(3)
        assert seal(iter(rows)).commitment == seal(rows).commitment

    @pytest.mark.parametrize("index", [0, 5, CHUNK - 1, CHUNK, CHUNK + 3])
    def test_names_the_row_that_it_cannot_seal(self, index: int) -> None:
        for broken, error in (
            ({"token": b"short"}, TokenMisshapen),
            ({"salt": b"short"}, SaltMisshapen),
            ({"points": -1}, PointsBelowZero),
        ):
            rows = closing_rows(CHUNK + 5)
            rows[index] = rows[index]._replace(**broken)
            with pytest.raises(error) as refused:
                seal(rows)
            assert refused.value.index == index

    @pytest.mark.parametrize("index", [1, 5, CHUNK - 1, CHUNK, CHUNK + 3])
    def test_refuses_a_token_that_comes_twice_or_out_of_order(self, index: int) -> None:
        rows = closing_rows(CHUNK + 5)
        for token in (rows[index - 1].token, bytes(16)):
            with pytest.raises(RollOutOfOrder) as refused:
                seal([*rows[:index], rows[index]._replace(token=token), *rows[index + 1 :]])
            assert refused.value.index == index

    def test_takes_points_up_to_eight_bytes_and_not_one_more(self) -> None:
        first, second = closing_rows(2)
        full = [first._replace(points=SUM_LIMIT - 1), second._replace(points=0)]
        assert seal(full).commitment.total == SUM_LIMIT - 1
        with pytest.raises(SumOverflow):
            seal([full[0], second._replace(points=1)])

    def test_finds_an_overflow_that_only_the_sum_of_all_chunks_has(self) -> None:
        rows = closing_rows(CHUNK + 1)
        rows[0] = rows[0]._replace(points=SUM_LIMIT - 1)
        with pytest.raises(SumOverflow):
            seal([row if index in {0, CHUNK} else row._replace(points=0) for index, row in enumerate(rows)])


class TestSalted:
    def test_derives_the_same_salt_every_time_and_another_for_every_key_period_and_token(self) -> None:
        token, other = closing_rows(2)[0].token, closing_rows(2)[1].token
        salt = salt_for(token, closing_key=b"k" * 32, period="2020-09")
        (row,) = salted([(token, 7)], closing_key=b"k" * 32, period="2020-09")
        assert row == Row(token, 7, salt)
        assert len(salt) == 16
        assert salt != salt_for(token, closing_key=b"j" * 32, period="2020-09")
        assert salt != salt_for(token, closing_key=b"k" * 32, period="2020-10")
        assert salt != salt_for(token, closing_key=b"k" * 32, period="2020-09", attempt=2)
        assert salt != salt_for(other, closing_key=b"k" * 32, period="2020-09")


class TestOpenRow:
    @given(amount=SIZES.filter(bool), place=st.floats(0, 1, exclude_max=True))
    @settings(max_examples=60)
    def test_has_the_path_of_the_reference_and_is_accepted(self, amount: int, place: float) -> None:
        rows, index = closing_rows(amount), int(place * amount)
        sealed = seal(rows)
        opening = sealed.open_row(index)
        assert [tuple(node) for node in opening.path] == reference_path(index, reference_leaves(rows))
        check_opening(opening, commitment=sealed.commitment, token=rows[index].token, cap=CAP)

    @pytest.mark.parametrize("amount", range(1, 40))
    def test_is_accepted_at_every_index_and_nowhere_else(self, amount: int) -> None:
        rows = closing_rows(amount)
        sealed = seal(rows)
        for index in range(amount):
            opening = sealed.open_row(index)
            for claimed in range(amount):
                moved = replace(opening, index=claimed)
                if claimed == index:
                    check_opening(moved, commitment=sealed.commitment, token=rows[index].token, cap=CAP)
                else:
                    with pytest.raises((RootMismatch, PathLengthWrong)):
                        check_opening(moved, commitment=sealed.commitment, token=rows[index].token, cap=CAP)

    @pytest.mark.parametrize("index", [-1, 3])
    def test_knows_no_row_outside_the_roll(self, index: int) -> None:
        with pytest.raises(IndexError):
            seal(closing_rows(3)).open_row(index)


class TestCheckOpening:
    rows = closing_rows(11)
    sealed = seal(rows)
    commitment = sealed.commitment

    def check(self, opening: Opening, *, commitment: Commitment | None = None, cap: int = CAP) -> None:
        token = self.rows[min(opening.index, 10)].token
        check_opening(opening, commitment=commitment or self.commitment, token=token, cap=cap)

    def test_refuses_a_row_beyond_the_last(self) -> None:
        with pytest.raises(IndexOutsideRoll):
            self.check(replace(self.sealed.open_row(10), index=11))

    def test_refuses_another_token_than_the_rolls(self) -> None:
        opening = self.sealed.open_row(4)
        with pytest.raises(TokenNotInPlace):
            check_opening(opening, commitment=self.commitment, token=self.rows[5].token, cap=CAP)

    def test_takes_points_at_the_cap_and_refuses_one_more(self) -> None:
        opening = self.sealed.open_row(4)
        self.check(opening, cap=opening.points)
        with pytest.raises(PointsOverCap) as refused:
            self.check(opening, cap=opening.points - 1)
        assert (refused.value.index, refused.value.reason) == (4, "points_over_cap")

    def test_refuses_a_path_with_a_node_too_few_or_too_many(self) -> None:
        opening = self.sealed.open_row(4)
        for path in (opening.path[:-1], opening.path[1:], (*opening.path, Node(bytes(32), 0)), ()):
            with pytest.raises(PathLengthWrong):
                self.check(replace(opening, path=path))

    def test_refuses_sums_that_do_not_fit_in_eight_bytes(self) -> None:
        opening = self.sealed.open_row(4)
        swollen = Node(opening.path[0].hash, SUM_LIMIT - 1)
        with pytest.raises(PathSumOverflow):
            self.check(replace(opening, path=(swollen, *opening.path[1:])))

    def test_refuses_a_total_that_the_sums_do_not_give(self) -> None:
        for total in (self.commitment.total - 1, self.commitment.total + 1):
            with pytest.raises(TotalMismatch):
                self.check(self.sealed.open_row(4), commitment=replace(self.commitment, total=total))

    @pytest.mark.parametrize("index", range(11))
    def test_refuses_a_changed_bit_anywhere(self, index: int) -> None:
        opening = self.sealed.open_row(index)
        changed = [replace(opening, salt=salt) for salt in flipped_bits(opening.salt)]
        changed += [replace(opening, token=token) for token in flipped_bits(opening.token)]
        changed += [replace(opening, points=opening.points ^ 1 << bit) for bit in range(64)]
        changed += [replace(opening, index=opening.index ^ 1 << bit) for bit in range(64)]
        for place, node in enumerate(opening.path):
            nodes = [Node(octets, node.sum) for octets in flipped_bits(node.hash)]
            nodes += [Node(node.hash, node.sum ^ 1 << bit) for bit in range(64)]
            changed += [replace(opening, path=(*opening.path[:place], n, *opening.path[place + 1 :])) for n in nodes]
        for other in changed:
            with pytest.raises(OpeningRefused):
                check_opening(other, commitment=self.commitment, token=other.token, cap=SUM_LIMIT)

    @pytest.mark.parametrize("index", range(11))
    def test_refuses_a_changed_bit_in_the_root(self, index: int) -> None:
        for root in flipped_bits(self.commitment.root):
            with pytest.raises(RootMismatch):
                self.check(self.sealed.open_row(index), commitment=replace(self.commitment, root=root))

    def test_cannot_be_asked_about_what_no_row_can_be(self) -> None:
        opening = self.sealed.open_row(4)
        for broken in (
            {"index": -1},
            {"points": -1},
            {"points": SUM_LIMIT},
            {"salt": bytes(15)},
            {"token": bytes(17)},
            {"path": (Node(bytes(31), 0),)},
            {"path": (Node(bytes(32), -1),)},
        ):
            with pytest.raises(OpeningMisshapen) as refused:
                replace(opening, **broken)  # type: ignore[arg-type]
            assert refused.value.field in broken


class TestCheckOpenings:
    rows = closing_rows(9)
    sealed = seal(rows)

    def check(self, opened: list[int], *, drawn: tuple[int, ...] = (1, 4, 8)) -> None:
        check_openings(
            [self.sealed.open_row(index) for index in opened],
            commitment=self.sealed.commitment,
            drawn={index: self.rows[index].token for index in drawn},
            cap=CAP,
        )

    def test_accepts_the_drawn_rows_in_any_order(self) -> None:
        self.check([8, 1, 4])
        self.check([], drawn=())

    def test_refuses_when_a_drawn_row_is_missing(self) -> None:
        with pytest.raises(RowNotOpened) as refused:
            self.check([1, 8])
        assert refused.value.index == 4

    @pytest.mark.parametrize("opened", [[1, 2, 4, 8], [1, 4, 8, 8]])
    def test_refuses_a_row_that_was_not_drawn_or_comes_twice(self, opened: list[int]) -> None:
        with pytest.raises(RowNotDrawn):
            self.check(opened)

    def test_refuses_a_row_that_fails_by_itself(self) -> None:
        with pytest.raises(TokenNotInPlace):
            check_openings(
                [self.sealed.open_row(1)], commitment=self.sealed.commitment, drawn={1: self.rows[2].token}, cap=CAP
            )
