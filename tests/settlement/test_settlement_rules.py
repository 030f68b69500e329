"""What a closing makes due: arithmetic alone."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynapoint.kernel.money import Points, Yen
from mynapoint.settlement.rules import compute_due, get_standing


def settle(totals: list[int]) -> list[tuple[int, int]]:
    """Claim one closing after the other; return what each paid and carried."""
    claimed, dues = 0, []
    for total in totals:
        due = compute_due(Points(total), claimed_before=Yen(claimed))
        claimed += due.amount
        dues.append((int(due.amount), int(due.carried)))
    return dues


class TestComputeDue:
    def test_pays_the_first_total_whole(self) -> None:
        assert settle([5000]) == [(5000, 0)]

    def test_pays_the_difference_next_time(self) -> None:
        assert settle([5000, 7000]) == [(5000, 0), (2000, 0)]

    def test_pays_nothing_for_the_same_total(self) -> None:
        assert settle([5000, 5000]) == [(5000, 0), (0, 0)]

    def test_carries_what_was_paid_too_much_until_it_is_made_up(self) -> None:
        assert settle([5000, 4000, 4500, 6000]) == [(5000, 0), (0, -1000), (0, -500), (1000, 0)]

    @given(st.lists(st.integers(0, 10**12), min_size=1, max_size=12))
    def test_adds_up_after_every_closing(self, totals: list[int]) -> None:
        dues = settle(totals)
        paid = accumulate(amount for amount, _ in dues)
        for total, so_far, (amount, carried) in zip(totals, paid, dues, strict=True):
            assert so_far + carried == total
            assert amount >= 0 >= carried

    @given(st.lists(st.integers(0, 10**12), min_size=1, max_size=12))
    def test_pays_in_all_the_highest_total_that_was_accepted(self, totals: list[int]) -> None:
        assert sum(amount for amount, _ in settle(totals)) == max(totals)


class TestGetStanding:
    @pytest.mark.parametrize(
        ("amount", "approvals", "transferred", "expected"),
        [
            (0, 0, False, "nothing_due"),
            (1, 0, False, "awaiting_approval"),
            (1, 1, False, "awaiting_approval"),
            (1, 2, False, "payable"),
            (1, 2, True, "in_transfer_file"),
        ],
    )
    def test_follows_amount_approvals_and_transfer(
        self, amount: int, approvals: int, transferred: bool, expected: str
    ) -> None:
        assert get_standing(amount=Yen(amount), approvals=approvals, transferred=transferred) == expected
