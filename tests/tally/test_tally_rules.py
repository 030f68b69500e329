"""集計: what cases add up to, what is hidden, and what stands out."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynapoint.case.rules import EndReason
from mynapoint.kernel.period import JST
from mynapoint.tally.rules import (
    LOOKS,
    OUTCOMES,
    SMALLEST_SHOWN,
    SOON,
    Deed,
    Extended,
    Visit,
    count_by_hour,
    find_alerts,
    hide_small,
    suppress,
    suppress_table,
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
COUNTS = st.integers(min_value=0, max_value=30)
ENDS = ("idle", "finished", "next_person")
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
        assert (found.cases, found.outcomes["finished"], found.outcomes["broken_off"]) == (3, 2, 1)
        assert (found.reservations, found.applications, found.others, found.minutes) == (1, 1, 1, 4)

    @pytest.mark.parametrize(
        ("outcome", "changes"),
        [
            ("finished", {"reason": "idle"}),
            ("finished", {"reason": "paused"}),
            ("finished", {"is_sent_home": True}),
            ("finished", {"ended_at": None, "reason": None}),
            ("open", {"deeds": (), "ended_at": None, "reason": None}),
            ("paused", {"deeds": (), "reason": "paused"}),
            ("sent_home", {"deeds": (), "reason": "card_removed", "is_sent_home": True}),
            ("broken_off", {"deeds": (), "reason": "card_removed"}),
            ("unused", {"deeds": (), "reason": "next_person"}),
            ("unused", {"deeds": (), "reason": "idle", "acts_proposed": 0}),
        ],
    )
    def test_says_of_a_case_what_became_of_it(self, outcome: str, changes: dict[str, Any]) -> None:
        assert replace(VISIT, **changes).outcome == outcome

    @given(
        st.lists(
            st.builds(
                replace,
                st.just(VISIT),
                deeds=st.sampled_from([(), (RESERVED,), (RESERVED, APPLIED)]),
                ended_at=st.sampled_from([None, AT]),
                reason=st.sampled_from([None, *get_args(EndReason)]),
                has_card=st.booleans(),
                acts_proposed=st.integers(0, 2),
                is_sent_home=st.booleans(),
            )
        )
    )
    def test_counts_every_case_under_one_outcome(self, visits: list[Visit]) -> None:
        found = tally(visits)
        assert tuple(found.outcomes) == OUTCOMES
        assert sum(found.outcomes.values()) == found.cases == len(visits)

    def test_has_no_length_without_a_case_that_is_over(self) -> None:
        assert tally([]).minutes is None

    def test_counts_hours_in_japan_with_the_empty_ones_between(self) -> None:
        visits = [replace(VISIT, opened_at=AT.replace(hour=hour)) for hour in (9, 9, 11)]
        assert count_by_hour(visits) == {9: 2, 10: 0, 11: 1}


def may_vary(cell: tuple[int, int], hidden: set[tuple[int, int]]) -> bool:
    """Say whether there is a change of hidden numbers, this one's among them, that no sum of a row or column shows.

    A row's total changes by as much as its parts: counted as one part more, taken away, each line has to stay at zero.
    """
    trail, seen = [(cell[0], None)], set[int]()
    while trail:
        row, _ = trail.pop()
        if row in seen:
            continue
        seen.add(row)
        for column in [x for y, x in hidden if y == row and (y, x) != cell]:
            if column == cell[1]:
                return True
            trail += [(y, None) for y, x in hidden if x == column and (y, x) != cell]
    return False


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

    def test_hides_what_a_row_or_a_column_would_tell(self) -> None:
        rows = [[3, 9, 0, 12], [9, 8, 7, 24], [12, 17, 7, 36]]
        shown = suppress_table(rows)
        assert shown == [[None, None, 0, 12], [None, None, 7, 24], [12, 17, 7, 36]]

    @given(
        st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(COUNTS, min_size=width, max_size=width), min_size=1))
    )
    def test_leaves_no_number_of_a_table_that_the_others_tell(self, days: list[list[int]]) -> None:
        """Each hidden number may be one more or one less, with all that is shown as it is: it lies on a round."""
        rows = [[*counts, sum(counts)] for counts in days]
        rows.append([sum(column) for column in zip(*rows, strict=True)])
        shown = suppress_table(rows)
        hidden = {(y, x) for y, row in enumerate(shown) for x, count in enumerate(row) if count is None}
        assert all(count is None or count == 0 or count >= SMALLEST_SHOWN for row in shown for count in row)
        for line in (*shown, *zip(*shown, strict=True)):
            assert list(line).count(None) != 1
        assert not [cell for cell in hidden if not may_vary(cell, hidden)]

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
        counted = [replace(each, reason=reason) for each, reason in zip(looks, ENDS, strict=True)]
        assert find_alerts([*counted, VISIT, VISIT])
        (alert,) = find_alerts([*looks, VISIT, VISIT])
        assert (alert.kind, len(alert.visits), alert.of) == ("looked_only", LOOKS, 5)
        assert not find_alerts([*looks, VISIT, VISIT, VISIT])
        assert not find_alerts(looks[1:])

    @pytest.mark.parametrize(
        "changes", [{"reason": "paused"}, {"is_sent_home": True}, {"acts_proposed": 1}, {"has_card": False}]
    )
    def test_counts_no_pause_no_sending_home_and_nothing_begun(self, changes: dict[str, Any]) -> None:
        looks = [replace(VISIT, number=n, deeds=(), acts_proposed=0) for n in range(LOOKS)]
        others = [replace(each, **changes) for each in looks]
        assert not find_alerts([*looks[1:], *others])
        assert find_alerts(looks)

    def test_counts_each_person_by_themselves(self) -> None:
        looks = [replace(VISIT, number=n, user_id=n, deeds=(), acts_proposed=0) for n in range(LOOKS)]
        assert not find_alerts(looks)
