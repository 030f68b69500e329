"""Every constraint of the room, breached by two at the same time."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from closing_parties import (
    ENDS,
    SEPTEMBER_ENDS,
    announce,
    close,
    draw_rows,
    hand_in,
    keep_book,
    link,
    open_rows,
)
from mynapoint.closing.models import (
    AcceptedClosing,
    FixedRoll,
    JudgedClosing,
    ReopenedClosing,
    RollPart,
    SealedClosing,
)
from mynapoint.closing.operations import reopen_closing
from mynapoint.closing.queries import RollPage, get_closing, get_roll_page, list_acceptances
from mynapoint.closing.rules import (
    ClosingAlreadyReopened,
    ClosingAlreadySealed,
    LaterPeriodAccepted,
    Verdict,
)
from mynapoint.journal.models import Entry
from mynapoint.programme.rules import Programme
from races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = range(3)


@pytest.fixture
def programme() -> Programme:
    return announce()


class TestOneRollPerPeriod:
    @pytest.mark.parametrize("_round", ROUNDS)
    def test_is_the_same_for_all_who_ask_first(self, programme: Programme, _round: int) -> None:
        link(20)

        def ask() -> RollPage:
            return get_roll_page("sakura", programme, "2020-09", after=None, limit=100, at=SEPTEMBER_ENDS)

        def ask_after_one_more() -> RollPage:
            link()
            return ask()

        pages = at_once(ask, ask_after_one_more, ask, ask_after_one_more)
        assert all(page == pages[0] for page in pages)
        assert (FixedRoll.objects.count(), RollPart.objects.count()) == (1, 1)


class TestOneClosingPerAttempt:
    @pytest.mark.parametrize("_round", ROUNDS)
    def test_takes_the_same_total_as_new_only_once(self, programme: Programme, _round: int) -> None:
        link(5)
        book = keep_book(programme, 10)
        answers = at_once(*[lambda: hand_in(programme, book)] * 4)
        assert sorted(map(bool, answers)) == [False, False, False, True]
        assert SealedClosing.objects.count() == Entry.objects.filter(kind="closing_sealed").count() == 1

    @pytest.mark.parametrize("_round", ROUNDS)
    def test_takes_one_of_two_totals(self, programme: Programme, _round: int) -> None:
        link(5)
        books = [keep_book(programme, points) for points in (10, 20, 30)]
        answers = at_once(*[lambda book=book: hand_in(programme, book) for book in books])
        assert [answer for answer in answers if answer is True] == [True]
        assert sum(isinstance(answer, ClosingAlreadySealed) for answer in answers) == 2
        assert SealedClosing.objects.count() == 1


class TestOneVerdictPerAttempt:
    @pytest.mark.parametrize("_round", ROUNDS)
    def test_is_the_same_for_all_who_open_at_once(self, programme: Programme, _round: int) -> None:
        link(5)
        book = keep_book(programme, 10)
        hand_in(programme, book)
        opened = book.open(draw_rows())
        verdicts = at_once(*[lambda: open_rows(programme, opened), lambda: open_rows(programme, [])] * 2)
        outcomes = {verdict.accepted for verdict in verdicts if isinstance(verdict, Verdict)}
        assert len(verdicts) == 4
        assert outcomes == {get_closing("sakura", programme.id, "2020-09").state == "accepted"}
        assert JudgedClosing.objects.count() == Entry.objects.filter(kind="closing_judged").count() == 1
        assert AcceptedClosing.objects.count() == int(outcomes == {True})


class TestOneAcceptancePerNumber:
    @pytest.mark.parametrize("_round", ROUNDS)
    def test_numbers_two_periods_in_their_order_or_refuses_the_earlier_one(
        self, programme: Programme, _round: int
    ) -> None:
        link(5)
        opened = {}
        for period_id, points in (("2020-09", 10), ("2020-10", 20)):
            book = keep_book(programme, points, period_id=period_id)
            hand_in(programme, book, period_id=period_id)
            opened[period_id] = book.open(draw_rows(period_id=period_id))

        def judge(period_id: str) -> Callable[[], Verdict]:
            at = max(ENDS.values())
            return lambda: open_rows(programme, opened[period_id], period_id=period_id, at=at)

        september, october = at_once(judge("2020-09"), judge("2020-10"))
        assert october == Verdict(accepted=True)
        accepted = [(each.number, each.period_id) for each in list_acceptances("sakura", programme.id)]
        if isinstance(september, LaterPeriodAccepted):
            assert accepted == [(1, "2020-10")]
        else:
            assert accepted == [(1, "2020-09"), (2, "2020-10")]


class TestOneReopeningPerAttempt:
    @pytest.mark.parametrize("_round", ROUNDS)
    def test_lets_one_of_two_office_users_through(self, programme: Programme, _round: int) -> None:
        link(5)
        hand_in(programme, keep_book(programme, 10))
        draw_rows()
        open_rows(programme, [])

        def reopen(user_id: int) -> Callable[[], int]:
            return lambda: reopen_closing(
                service_id="sakura",
                programme_id=programme.id,
                period_id="2020-09",
                user_id=user_id,
                reason="transmission_fault",
                at=SEPTEMBER_ENDS,
            )

        answers = at_once(reopen(1), reopen(2))
        assert sorted(str(answer) for answer in answers) == ["2", "closing_already_reopened"]
        assert any(isinstance(answer, ClosingAlreadyReopened) for answer in answers)
        assert ReopenedClosing.objects.count() == 1


class TestChecksOfTheDatabase:
    def test_keep_a_total_above_the_cap_out(self, programme: Programme) -> None:
        link(2)
        close(programme, 10)
        with pytest.raises(IntegrityError, match="sealed_total_possible"), transaction.atomic():
            SealedClosing.objects.update(total=10_001)

    def test_keep_a_rejection_without_a_reason_out(self, programme: Programme) -> None:
        close(programme, 0)
        with pytest.raises(IntegrityError, match="reason_when_rejected"), transaction.atomic():
            JudgedClosing.objects.update(accepted=False)

    def test_keep_a_second_acceptance_of_one_period_out(self, programme: Programme) -> None:
        close(programme, 0)
        again = AcceptedClosing.objects.get()
        again.number = 2
        with pytest.raises(IntegrityError, match="one_acceptance_per_period"), transaction.atomic():
            again.save(force_insert=True)
