"""The reward rules, at their boundaries and as properties."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paymentservice.rewards import (
    Award,
    EarningTerms,
    Movement,
    Tariff,
    award_for,
    points_for,
    running_total,
)

SEPTEMBER = datetime(2020, 9, 1, tzinfo=UTC)
APRIL = datetime(2021, 4, 1, tzinfo=UTC)
NATIONAL = Tariff.of_percent(25, cap=5000)
TERMS = EarningTerms(tariff=NATIONAL, earning_from=SEPTEMBER, earning_until=APRIL, bonus=Tariff.of_percent(5, cap=1000))
EARLIER = SEPTEMBER - timedelta(days=60)
MICROSECOND = timedelta(microseconds=1)

amounts = st.integers(1, 100_000)
rates = st.integers(0, 100)


def a_movement(amount: int, at: datetime = SEPTEMBER, *, recorded_at: datetime | None = None) -> Movement:
    return Movement(amount=amount, earned_at=at, recorded_at=recorded_at or at)


def points(*movements: Movement, linked_at: datetime = EARLIER, until: datetime = APRIL) -> int:
    return points_for(running_total(movements, terms=TERMS, linked_at=linked_at, until=until), tariff=NATIONAL)


class TestPointsFor:
    @pytest.mark.parametrize(
        ("total", "expected"),
        [(0, 0), (3, 0), (4, 1), (7, 1), (19_999, 4999), (20_000, 5000), (20_001, 5000), (10**9, 5000)],
    )
    def test_floors_to_the_yen_and_stops_at_the_cap(self, total: int, expected: int) -> None:
        assert points_for(total, tariff=NATIONAL) == expected

    @given(st.integers(0, 10**9), rates, st.integers(0, 10_000))
    def test_never_exceeds_cap_or_rate(self, total: int, percent: int, cap: int) -> None:
        granted = points_for(total, tariff=Tariff.of_percent(percent, cap=cap))
        assert 0 <= granted <= cap
        assert granted * 100 <= total * percent

    @given(st.integers(0, 10**6), st.integers(0, 10**6), rates)
    def test_never_falls_when_the_total_rises(self, total: int, more: int, percent: int) -> None:
        tariff = Tariff.of_percent(percent, cap=5000)
        assert points_for(total, tariff=tariff) <= points_for(total + more, tariff=tariff)


class TestCumulativePoints:
    @given(st.lists(amounts), st.randoms(use_true_random=False))
    def test_do_not_depend_on_order(self, values: list[int], random: Random) -> None:
        movements = [a_movement(value, SEPTEMBER + timedelta(days=day)) for day, value in enumerate(values)]
        shuffled = list(movements)
        random.shuffle(shuffled)
        assert points(*movements) == points(*shuffled)

    @given(st.lists(st.integers(1, 999), min_size=1))
    def test_do_not_depend_on_splitting(self, parts: list[int]) -> None:
        assert points(*map(a_movement, parts)) == points(a_movement(sum(parts)))

    @given(st.lists(amounts), amounts)
    def test_are_as_before_after_a_purchase_is_taken_back(self, values: list[int], taken_back: int) -> None:
        kept = [a_movement(value) for value in values]
        later = SEPTEMBER + timedelta(days=30)
        reversal = a_movement(-taken_back, recorded_at=later)
        assert points(*kept, a_movement(taken_back), reversal) == points(*kept)

    def test_count_old_and_reissued_instrument_together(self) -> None:
        old, new = a_movement(15_000), a_movement(15_000, SEPTEMBER + timedelta(days=9))
        assert points(old, new) == 5000

    def test_count_from_the_first_instant_and_before_the_last(self) -> None:
        assert points(a_movement(400, SEPTEMBER)) == 100
        assert points(a_movement(400, SEPTEMBER - MICROSECOND)) == 0
        assert points(a_movement(400, APRIL - MICROSECOND)) == 100
        assert points(a_movement(400, APRIL), until=APRIL + timedelta(days=1)) == 0

    def test_count_from_the_link_on(self) -> None:
        linked_at = SEPTEMBER + timedelta(days=1)
        assert points(a_movement(400, linked_at - MICROSECOND), linked_at=linked_at) == 0
        assert points(a_movement(400, linked_at), linked_at=linked_at) == 100

    def test_count_what_was_recorded_before_the_period_s_end(self) -> None:
        end = SEPTEMBER + timedelta(days=30)
        assert points(a_movement(400), a_movement(400, end), until=end) == 100
        assert points(a_movement(400), a_movement(400, end - MICROSECOND), until=end) == 200

    def test_keep_an_earlier_closing_s_answer_when_a_reversal_comes_later(self) -> None:
        end = SEPTEMBER + timedelta(days=30)
        movements = (a_movement(400), a_movement(-400, recorded_at=end))
        assert (points(*movements, until=end), points(*movements)) == (100, 0)

    def test_take_back_what_was_earned_in_the_window_even_after_its_end(self) -> None:
        later = APRIL + timedelta(days=20)
        assert points(a_movement(400), a_movement(-400, recorded_at=later), until=later + MICROSECOND) == 0

    def test_take_nothing_back_for_a_purchase_that_never_counted(self) -> None:
        too_early = SEPTEMBER - timedelta(days=1)
        assert points(a_movement(400), a_movement(-400, too_early, recorded_at=SEPTEMBER)) == 100


class TestRunningTotal:
    def test_is_never_below_zero(self) -> None:
        assert running_total([a_movement(-400)], terms=TERMS, linked_at=EARLIER, until=APRIL) == 0


class TestAwardFor:
    def test_brings_the_grants_up_to_the_total(self) -> None:
        assert award_for(1000, terms=TERMS, granted=Award(points=100, bonus=20)) == Award(points=150, bonus=30)

    def test_takes_back_after_a_reversal(self) -> None:
        assert award_for(0, terms=TERMS, granted=Award(points=250, bonus=50)) == Award(points=-250, bonus=-50)

    @given(st.lists(st.integers(-30_000, 30_000)))
    def test_adds_up_to_the_rule_whatever_came_before(self, changes: list[int]) -> None:
        total, granted = 0, Award(points=0, bonus=0)
        for change in changes:
            total = max(total + change, 0)
            award = award_for(total, terms=TERMS, granted=granted)
            granted = Award(points=granted.points + award.points, bonus=granted.bonus + award.bonus)
            assert 0 <= granted.points <= 5000
        assert granted.points == points_for(total, tariff=NATIONAL)
