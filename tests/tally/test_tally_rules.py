"""集計: what cases add up to, what is hidden, and what stands out."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mynapoint.kernel.period import JST
from mynapoint.tally.rules import (
    LOOKS,
    SMALLEST_SHOWN,
    SOON,
    Deed,
    Extended,
    Visit,
    count_by_hour,
    find_alerts,
    hide_small,
    suppress,
    tally,
)

AT = datetime(2020, 9, 10, 10, tzinfo=JST)
SECOND = timedelta(seconds=1)
APPLIED = Deed("application", holder="h1", account="a1")
RESERVED = Deed("reservation", holder="h1")
VISIT = Visit(
    counter="mihon",
    number=1,
    terminal="t1",
    terminal_name="1番窓口",
    user_id=7,
    opened_at=AT,
    ended_at=AT + timedelta(minutes=4),
    reason="finished",
    has_card=True,
    acts_proposed=1,
    deeds=(RESERVED, APPLIED),
)
BROKEN = replace(VISIT, deeds=(), reason="idle")


def after(visit: Visit, wait: timedelta, **changes: object) -> Visit:
    """Return the next case at the same terminal, so long after another's end."""
    assert visit.ended_at is not None
    opened_at = visit.ended_at + wait
    return replace(
        VISIT,
        number=2,
        opened_at=opened_at,
        ended_at=opened_at + timedelta(minutes=4),
        **changes,  # type: ignore[arg-type]
    )


class TestTally:
    def test_adds_up_cases_and_what_was_done_in_them(self) -> None:
        found = tally([VISIT, BROKEN, replace(VISIT, deeds=(Deed("inquiry", "h2"),), ended_at=None)])
        assert (found.cases, found.finished, found.broken_off) == (3, 2, 1)
        assert (found.reservations, found.applications, found.others, found.minutes) == (1, 1, 1, 4)

    def test_has_no_length_without_a_case_that_is_over(self) -> None:
        assert tally([]).minutes is None

    def test_counts_hours_in_japan_with_the_empty_ones_between(self) -> None:
        visits = [replace(VISIT, opened_at=AT.replace(hour=hour)) for hour in (9, 9, 11)]
        assert count_by_hour(visits) == {9: 2, 10: 0, 11: 1}


class TestSuppress:
    def test_hides_what_is_small_and_never_zero(self) -> None:
        assert suppress([0, 1, 4, 5, 20]) == [0, None, None, 5, 20]

    def test_hides_a_second_one_when_the_total_would_tell_the_first(self) -> None:
        assert suppress([3, 9, 20]) == [None, None, 20]

    @given(st.lists(st.integers(min_value=0, max_value=30)))
    def test_leaves_no_single_number_that_the_total_tells(self, counts: list[int]) -> None:
        shown = suppress(counts)
        assert all(count is None or count == 0 or count >= SMALLEST_SHOWN for count in shown)
        others = sum(count > 0 for count in counts)
        assert shown.count(None) != 1 or others == 1

    def test_hides_a_number_alone(self) -> None:
        assert [hide_small(count) for count in (0, 1, 4, 5)] == [0, None, None, 5]


class TestLinkedAfterBreak:
    def test_is_told_when_the_next_case_of_the_terminal_applies_soon(self) -> None:
        then = after(BROKEN, timedelta(minutes=3))
        (alert,) = find_alerts([then, BROKEN])
        assert (alert.kind, alert.visits, alert.minutes) == ("linked_after_break", (BROKEN, then), 3)

    def test_is_told_up_to_ten_minutes_and_not_a_second_longer(self) -> None:
        assert find_alerts([BROKEN, after(BROKEN, SOON)])
        assert not find_alerts([BROKEN, after(BROKEN, SOON + SECOND)])

    def test_is_not_told_of_another_terminal_another_act_or_a_case_between(self) -> None:
        assert not find_alerts([BROKEN, after(BROKEN, SECOND, terminal="t2")])
        assert not find_alerts([BROKEN, after(BROKEN, SECOND, deeds=(RESERVED,))])
        between = after(BROKEN, SECOND, deeds=(RESERVED,))
        assert not find_alerts([BROKEN, between, after(between, SECOND)])

    def test_is_not_told_when_somebody_ended_it_or_nothing_was_proposed(self) -> None:
        for ended in (replace(BROKEN, reason="next_person"), replace(BROKEN, acts_proposed=0)):
            assert not find_alerts([ended, after(ended, SECOND)])


class TestSameAccount:
    def test_is_told_when_two_people_applied_with_it(self) -> None:
        earlier = replace(VISIT, opened_at=AT - timedelta(days=3))
        today = replace(VISIT, deeds=(replace(APPLIED, holder="h2"),))
        (alert,) = find_alerts([today], before=[earlier])
        assert (alert.kind, alert.visits) == ("same_account", (earlier, today))

    def test_is_not_told_of_one_person_or_of_other_days_alone(self) -> None:
        assert not find_alerts([VISIT], before=[VISIT])
        other = replace(VISIT, deeds=(replace(APPLIED, holder="h2"),))
        assert not find_alerts([], before=[VISIT, other])

    def test_shows_no_hash(self) -> None:
        assert "h1" not in repr(APPLIED)
        assert "a1" not in repr(APPLIED)


class TestOutsideHours:
    def test_is_told_once_for_all_cases_that_began_outside_by_the_same_word(self) -> None:
        late = replace(VISIT, is_outside=True, extended=Extended("people_waiting", user_id=3))
        later = replace(late, number=2, opened_at=AT + SECOND)
        unsaid = replace(late, number=3, opened_at=AT + 2 * SECOND, extended=None)
        said, without = find_alerts([unsaid, later, VISIT, late])
        assert (said.kind, said.visits) == ("outside_hours", (late, later))
        assert (without.kind, without.visits) == ("outside_hours", (unsaid,))


class TestLookedOnly:
    def test_is_told_from_three_on_when_they_are_more_than_half(self) -> None:
        looks = [replace(VISIT, number=n, deeds=(), acts_proposed=0) for n in range(LOOKS)]
        (alert,) = find_alerts([*looks, VISIT, VISIT])
        assert (alert.kind, len(alert.visits), alert.of) == ("looked_only", LOOKS, 5)
        assert not find_alerts([*looks, VISIT, VISIT, VISIT])
        assert not find_alerts(looks[1:])

    def test_counts_each_person_by_themselves(self) -> None:
        looks = [replace(VISIT, number=n, user_id=n, deeds=(), acts_proposed=0) for n in range(LOOKS)]
        assert not find_alerts(looks)
