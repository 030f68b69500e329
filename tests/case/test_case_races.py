"""Two at once at a counter, with real threads: one case a terminal, one end of a case, nothing in between."""

from collections.abc import Callable
from pathlib import Path

import pytest
from case_parties import AT, CLERK, CLOSES_AT, HANAKO, NEXT_SEAT, SEAT, TARO, new_name, turn_of
from test_case_acts import fingerprint

from cast import RESERVATION, SITE, Cast
from mynapoint.act.operations import propose
from mynapoint.act.rules import Link, Proposal
from mynapoint.case.facts import Case
from mynapoint.case.models import CaseFact, CounterExtension, LiveCase, OpenedCase, PausedCase
from mynapoint.case.operations import (
    extend_counter,
    open_case,
    pause_case,
    print_slip_again,
    report_card,
    report_removal,
    show_act,
)
from mynapoint.case.queries import find_open_case, get_case
from mynapoint.case.rules import Offer, Seat
from mynapoint.kernel.refusal import Refusal
from mynapoint.reservation.models import Reservation
from races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def opening(seat: Seat = SEAT) -> Callable[[], Case]:
    name = new_name()
    return lambda: open_case(name, seat, user_id=CLERK, closes_at=CLOSES_AT, at=AT)


class TestOpenCaseAtOnce:
    def test_leaves_one_case_open_at_a_terminal(self) -> None:
        at_once(*(opening() for _ in range(6)))
        assert LiveCase.objects.count() == 1
        assert sorted(OpenedCase.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
        assert CaseFact.objects.filter(kind="ended", word="another_case").count() == 5
        found = find_open_case(SEAT.counter, SEAT.terminal, at=AT)
        assert found is not None
        assert found.number == 6

    def test_opens_one_case_for_a_double_click(self) -> None:
        click = opening()
        cases = at_once(click, click, click, click)
        assert {case.number for case in cases if isinstance(case, Case)} == {1}
        assert OpenedCase.objects.count() == 1

    def test_numbers_the_cases_of_two_terminals_apart(self) -> None:
        at_once(*(opening(seat) for seat in (SEAT, NEXT_SEAT) for _ in range(3)))
        assert sorted(OpenedCase.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
        assert LiveCase.objects.count() == 2


class TestReportCardAtOnce:
    def test_takes_one_of_two_cards_and_ends_the_case_for_the_other(self) -> None:
        case = opening()()
        at_once(
            *(
                lambda card=card: report_card(SEAT.counter, SEAT.terminal, card, put_down_at=AT, at=AT)
                for card in (HANAKO, TARO)
            )
        )
        assert list(CaseFact.objects.order_by("index").values_list("kind", flat=True)) == ["card_seen", "ended"]
        over = get_case(case.name, at=AT).over
        assert over is not None
        assert over.reason == "second_card"


class TestPrintSlipAgainAtOnce:
    def test_gives_the_same_slip_to_all_and_counts_them(self) -> None:
        case = opening()()
        report_card(SEAT.counter, SEAT.terminal, HANAKO, put_down_at=AT, at=AT)
        slip = pause_case(turn_of(case), expires_at=CLOSES_AT, at=AT)
        printed = at_once(*(lambda: print_slip_again(case.name, at=AT) for _ in range(4)))
        assert printed == [(slip, CLOSES_AT)] * 4
        assert PausedCase.objects.get().times_printed == 5


class TestCommitAtOnce:
    @pytest.fixture
    def hanako(self, cast: Cast, programme: str) -> Path:
        return cast.card("hanako")

    @pytest.fixture
    def link(self, hanako: Path) -> Link:
        case = opening()()
        report_card(SEAT.counter, SEAT.terminal, fingerprint(hanako), put_down_at=AT, at=AT)
        link = propose(Proposal(**{**vars(RESERVATION), "offer": Offer(turn_of(case), 0)}), audience=SITE, at=AT)
        show_act(turn_of(case), link.id, at=AT)
        return link

    @pytest.mark.parametrize("end", ["removal", "another_case"])
    def test_is_done_before_the_end_or_not_at_all(self, cast: Cast, hanako: Path, link: Link, end: str) -> None:
        signed = cast.sign(link, hanako)
        ending = {
            "removal": lambda: report_removal(SEAT.counter, SEAT.terminal, at=AT),
            "another_case": opening(),
        }[end]
        done, _ = at_once(lambda: cast.submit(link, signed), ending)
        kinds = [kind for kind in CaseFact.objects.order_by("index").values_list("kind", flat=True) if "end" in kind]
        assert kinds == (["ended"] if isinstance(done, Refusal) else ["act_ended", "ended"])
        assert Reservation.objects.exists() is not isinstance(done, Refusal)


class TestExtendCounterAtOnce:
    def test_keeps_the_word_of_each_supervisor_or_tells_that_it_is_said(self) -> None:
        def extend() -> object:
            until = CLOSES_AT.replace(minute=30)
            return extend_counter(
                SEAT.counter, until=until, reason="disruption", user_id=CLERK, closes_at=CLOSES_AT, at=AT
            )

        answers = at_once(extend, extend, extend)
        assert sum(isinstance(answer, Refusal) for answer in answers) == 2
        assert CounterExtension.objects.count() == 1
