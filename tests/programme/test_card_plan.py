"""When a card would come that is asked for on a day (S2)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast import PROGRAMME_FILE
from mynapoint.kernel.period import JST
from mynapoint.programme.queries import REGISTER
from mynapoint.programme.rules import CardWait, Programme, plan_card


def national(**card: int) -> Programme:
    return REGISTER.read(PROGRAMME_FILE).model_copy(update={"card": CardWait(**card)})


class TestPlanCard:
    @pytest.mark.parametrize(
        ("asked", "ready"),
        [
            (date(2020, 10, 27), date(2020, 12, 27)),
            (date(2020, 12, 31), date(2021, 2, 28)),
            (date(2020, 12, 15), date(2021, 2, 15)),
            (date(2019, 12, 30), date(2020, 2, 29)),
        ],
    )
    def test_lets_the_card_come_two_months_later_or_on_that_months_last_day(self, asked: date, ready: date) -> None:
        assert plan_card(national(), asked=asked).ready == ready

    @pytest.mark.parametrize(
        ("asked", "verdict"),
        [
            (date(2021, 1, 1), "in_time"),  # ready on 1 March: 30 days before the last day
            (date(2021, 1, 2), "tight"),
            (date(2021, 1, 31), "tight"),  # ready on 31 March, the last day
            (date(2021, 2, 1), "late"),
        ],
    )
    def test_judges_to_the_day(self, asked: date, verdict: str) -> None:
        assert plan_card(national(), asked=asked).verdict == verdict

    def test_counts_the_last_day_of_a_window_that_ends_within_a_day(self) -> None:
        until = datetime(2021, 3, 31, 12, tzinfo=JST)
        programme = national()
        window = programme.application.model_copy(update={"until": until})
        ended = programme.model_copy(update={"application": window})
        assert plan_card(ended, asked=date(2021, 1, 31)).last_day == date(2021, 3, 31)

    def test_follows_what_the_programme_says(self) -> None:
        plan = plan_card(national(months=3, rush_days=0), asked=date(2020, 12, 31))
        assert (plan.ready, plan.verdict, plan.ask_by) == (date(2021, 3, 31), "in_time", date(2020, 12, 31))

    @given(asked=st.dates(date(2016, 1, 1), date(2099, 12, 31)), months=st.integers(0, 24))
    def test_names_a_last_day_to_ask_that_is_in_time_itself(self, asked: date, months: int) -> None:
        programme = national(months=months)
        ask_by = plan_card(programme, asked=asked).ask_by
        assert plan_card(programme, asked=ask_by).verdict != "late"
        assert asked <= plan_card(programme, asked=asked).ready <= asked + timedelta(days=31 * months)
