"""An act at a counter, with real cards and the real tables: what binds, what does not, and what stays behind."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from case_parties import AT, CLERK, CLOSES_AT, NEXT_SEAT, SEAT, SECOND, new_name, turn_of
from django.db import connection
from pytest_django import Settings

from cardagent.statement import parse_statement
from cast import INQUIRY, RESERVATION, SITE, Cast
from jpki.virtual.contents import FileMemory
from mynapoint.act.models import AnsweredAct, ProposedAct
from mynapoint.act.operations import propose
from mynapoint.act.queries import get_statement
from mynapoint.act.rules import Link, Proposal
from mynapoint.case.facts import Case
from mynapoint.case.models import CaseFact, LiveCase, PausedCase
from mynapoint.case.operations import (
    continue_case,
    end_case,
    end_lapsed,
    extend_counter,
    forget_slips,
    open_case,
    pause_case,
    print_slip_again,
    report_card,
    report_removal,
    resume_case,
    show_act,
)
from mynapoint.case.queries import (
    find_open_case,
    get_case,
    get_closing,
    is_slip_printed_again,
    list_cases,
    list_slips,
)
from mynapoint.case.rules import (
    ActNotInCase,
    ActNotShown,
    AnotherCardInCase,
    CaseElsewhere,
    CaseName,
    CaseOver,
    CaseUnknown,
    CounterClosed,
    ExtensionNotLater,
    Fingerprint,
    NoCardInCase,
    Offer,
    Seat,
    Slip,
    SlipNotPrintable,
    SlipUnknown,
    SlipUsed,
    Turn,
    fingerprint_of,
)
from mynapoint.journal.models import Entry
from mynapoint.kernel.refusal import Refusal
from mynapoint.reservation.models import Reservation

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def open_at(seat: Seat = SEAT, *, name: CaseName | None = None, at: datetime = AT) -> Case:
    return open_case(name or new_name(), seat, user_id=CLERK, closes_at=CLOSES_AT, at=at)


def fingerprint(card: Path) -> Fingerprint:
    return fingerprint_of(FileMemory(card).read().credentials.authentication.certificate)


def put_down(card: Path, *, seat: Seat = SEAT, at: datetime = AT) -> None:
    report_card(seat.counter, seat.terminal, fingerprint(card), put_down_at=at, at=at)


def propose_in(case: Case, proposal: Proposal = RESERVATION, *, at: datetime = AT) -> Link:
    after = get_case(case.name, at=at).acts_proposed
    values: dict[str, Any] = {**vars(proposal), "offer": Offer(turn_of(case), after)}
    return propose(Proposal(**values), audience=SITE, at=at)


@pytest.fixture
def hanako(cast: Cast) -> Path:
    return cast.card("hanako")


@pytest.fixture
def taro(cast: Cast) -> Path:
    return cast.card("taro")


@pytest.fixture
def case(programme: str, hanako: Path) -> Case:
    """A case in which Hanako's card lies."""
    case = open_at()
    put_down(hanako)
    return case


@pytest.fixture
def link(case: Case) -> Link:
    """Hanako's reservation, shown to her."""
    link = propose_in(case)
    show_act(turn_of(case), link.id, at=AT)
    return link


def check_refused(cast: Cast, link: Link, card: Path, refusal: type[Refusal], *, at: datetime = AT) -> None:
    """Check that a card's signature is refused for this reason, and that nothing is bound."""
    with pytest.raises(refusal):
        cast.submit(link, cast.sign(link, card, at=at), at=at)
    assert not Reservation.objects.exists()
    assert AnsweredAct.objects.get().answer == refusal.code


class TestOpenCase:
    def test_numbers_and_colours_the_cases_of_a_counter_s_day(self, db: None) -> None:
        first, second = open_at(), open_at(NEXT_SEAT)
        next_day = open_case(
            new_name(), SEAT, user_id=CLERK, closes_at=CLOSES_AT + timedelta(days=1), at=AT + timedelta(days=1)
        )
        assert [case.number for case in (first, second, next_day)] == [1, 2, 1]
        assert [view.colour for view in list_cases(SEAT.counter, AT.date(), at=AT)] == ["red", "yellow"]

    def test_ends_the_case_before_at_the_same_terminal_alone(self, case: Case) -> None:
        elsewhere = open_at(NEXT_SEAT)
        new = open_at(at=AT + SECOND)
        over = get_case(case.name, at=AT + SECOND).over
        assert over is not None
        assert (over.reason, over.at) == ("another_case", AT + SECOND)
        assert get_case(elsewhere.name, at=AT + SECOND).over is None
        found = find_open_case(SEAT.counter, SEAT.terminal, at=AT + SECOND)
        assert found is not None
        assert found.name == new.name

    def test_gives_the_same_case_for_the_same_name_also_when_it_is_over(self, db: None) -> None:
        name = new_name()
        first = open_at(name=name)
        assert open_at(name=name, at=AT + SECOND).number == first.number
        end_case(turn_of(first), "finished", at=AT + SECOND)
        assert open_at(name=name, at=AT + SECOND).ended is not None
        assert find_open_case(SEAT.counter, SEAT.terminal, at=AT + SECOND) is None
        with pytest.raises(CaseElsewhere):
            open_at(NEXT_SEAT, name=name)

    def test_is_refused_from_the_second_in_which_the_counter_closes(self, db: None) -> None:
        open_at(at=CLOSES_AT - SECOND)
        with pytest.raises(CounterClosed) as refusal:
            open_at(at=CLOSES_AT)
        assert refusal.value.closed_at == CLOSES_AT
        with pytest.raises(CounterClosed):
            open_case(new_name(), SEAT, user_id=CLERK, closes_at=None, at=AT)


class TestExtendCounter:
    UNTIL = CLOSES_AT + 30 * MINUTE

    def extend(self, *, until: datetime = UNTIL, at: datetime) -> None:
        extend_counter(SEAT.counter, until=until, reason="people_waiting", user_id=CLERK, closes_at=CLOSES_AT, at=at)

    def test_keeps_open_cases_and_lets_new_ones_open_with_a_journal_entry(self, db: None) -> None:
        at = CLOSES_AT - 10 * SECOND
        case = open_at(at=at)
        self.extend(at=at)
        assert continue_case(turn_of(case), at=CLOSES_AT).closes_at == self.UNTIL
        assert open_at(NEXT_SEAT, at=self.UNTIL - SECOND).closes_at == self.UNTIL
        with pytest.raises(CounterClosed):
            open_at(NEXT_SEAT, at=self.UNTIL)
        assert get_closing(SEAT.counter, closes_at=CLOSES_AT, at=at) == self.UNTIL
        entry = Entry.objects.get()
        assert (entry.kind, "people_waiting" in entry.facts) == ("counter_extended", True)

    def test_brings_no_case_back_that_the_closing_has_ended(self, db: None) -> None:
        case = open_at(at=CLOSES_AT - SECOND)
        self.extend(at=CLOSES_AT)
        with pytest.raises(CaseOver):
            continue_case(turn_of(case), at=CLOSES_AT)
        assert open_at(at=CLOSES_AT + SECOND).closes_at == self.UNTIL

    @pytest.mark.parametrize("until", [CLOSES_AT, AT, AT + timedelta(days=1)], ids=["not-later", "past", "tomorrow"])
    def test_is_refused_when_it_makes_the_day_no_longer(self, db: None, until: datetime) -> None:
        with pytest.raises(ExtensionNotLater):
            self.extend(until=until, at=AT)
        assert not Entry.objects.exists()


class TestActInCase:
    def test_names_the_case_in_a_statement_that_the_card_program_shows(self, case: Case, link: Link) -> None:
        place = parse_statement(get_statement(link, at=AT)).place
        assert place is not None
        assert (place.case.id, place.case.number, place.case.colour) == (case.name.id, 1, "red")
        assert (place.counter.name, place.terminal.name) == ("市民課", "1番窓口")

    def test_is_done_with_its_place_in_the_journal(self, cast: Cast, hanako: Path, case: Case, link: Link) -> None:
        cast.submit(link, cast.sign(link, hanako))
        assert Reservation.objects.get().act_id == link.id
        assert f'"case":"{case.name.id}"' in Entry.objects.get().facts
        view = get_case(case.name, at=AT)
        assert (view.acts_done, view.act_id, view.over) == (1, None, None)

    def test_is_followed_by_another_in_the_same_case(self, cast: Cast, hanako: Path, case: Case, link: Link) -> None:
        cast.submit(link, cast.sign(link, hanako))
        inquiry = propose_in(case, INQUIRY)
        show_act(turn_of(case), inquiry.id, at=AT)
        cast.submit(inquiry, cast.sign(inquiry, hanako))
        assert get_case(case.name, at=AT).acts_done == 2

    def test_is_not_proposed_before_a_card_is_there(self, programme: str) -> None:
        with pytest.raises(NoCardInCase):
            propose_in(open_at())
        assert not ProposedAct.objects.exists()

    def test_is_not_proposed_in_no_case_or_from_elsewhere(self, case: Case) -> None:
        for turn, refusal in (
            (Turn(new_name(), SEAT.terminal), CaseUnknown),
            (Turn(case.name, NEXT_SEAT.terminal), CaseElsewhere),
        ):
            with pytest.raises(refusal):
                propose(Proposal(**{**vars(INQUIRY), "offer": Offer(turn, 0)}), audience=SITE, at=AT)

    def test_is_not_signed_by_another_card_which_ends_the_case(
        self, cast: Cast, taro: Path, case: Case, link: Link
    ) -> None:
        check_refused(cast, link, taro, AnotherCardInCase)
        over = get_case(case.name, at=AT).over
        assert over is not None
        assert over.reason == "second_card"
        assert not LiveCase.objects.exists()

    def test_is_not_done_before_the_citizen_has_seen_it(self, cast: Cast, hanako: Path, case: Case) -> None:
        check_refused(cast, propose_in(case), hanako, ActNotShown)

    def test_is_not_done_when_a_later_one_took_its_place(
        self, cast: Cast, hanako: Path, case: Case, link: Link
    ) -> None:
        propose_in(case)
        check_refused(cast, link, hanako, ActNotInCase)

    @pytest.mark.parametrize("end", ["removed", "finished", "next", "idle", "silent", "second"])
    def test_is_not_done_after_the_case(
        self, cast: Cast, hanako: Path, taro: Path, case: Case, link: Link, end: str
    ) -> None:
        at = AT
        match end:
            case "removed":
                report_removal(SEAT.counter, SEAT.terminal, at=AT)
            case "finished":
                end_case(turn_of(case), "finished", at=AT)
            case "next":
                open_at()
            case "second":
                put_down(taro)
            case "silent":
                at = AT + 30 * SECOND
            case "idle":
                at = AT + 90 * SECOND
                for seconds in range(0, 90, 15):
                    put_down(hanako, at=AT + seconds * SECOND)
        check_refused(cast, link, hanako, CaseOver, at=at)

    def test_is_done_at_the_last_moment(self, cast: Cast, hanako: Path, link: Link) -> None:
        at = AT + 90 * SECOND - timedelta(microseconds=1)
        for seconds in range(0, 90, 15):
            put_down(hanako, at=AT + seconds * SECOND)
        assert cast.submit(link, cast.sign(link, hanako, at=at), at=at).act_id == link.id

    def test_leaves_the_case_as_it_was_when_a_room_refuses(
        self, cast: Cast, hanako: Path, case: Case, link: Link
    ) -> None:
        cast.submit(link, cast.sign(link, hanako))
        again = propose_in(case)
        show_act(turn_of(case), again.id, at=AT)
        with pytest.raises(Refusal, match="already_reserved"):
            cast.submit(again, cast.sign(again, hanako))
        view = get_case(case.name, at=AT)
        assert (view.acts_done, view.act_id, view.over) == (1, None, None)
        assert CaseFact.objects.order_by("index").last().word == "refused"  # type: ignore[union-attr]


class TestWhatStays:
    def test_says_nothing_of_the_card_once_the_case_is_over(self, case: Case, hanako: Path) -> None:
        live = LiveCase.objects.get()
        secrets = {bytes(live.key), bytes(live.card_hash or b""), fingerprint(hanako)}
        report_removal(SEAT.counter, SEAT.terminal, at=AT)
        put_down(hanako)
        assert not LiveCase.objects.exists()
        with connection.cursor() as cursor:
            for table in ("case_openedcase", "case_casefact", "case_pausedcase"):
                cursor.execute(f"SELECT t::text FROM {table} t")
                text = str(cursor.fetchall())
                assert not any(secret.hex() in text for secret in secrets)

    def test_is_over_in_the_records_too_once_somebody_looks(self, case: Case) -> None:
        assert end_lapsed(at=AT + 29 * SECOND) == 0
        assert end_lapsed(at=AT + 500 * SECOND) == 1
        over = get_case(case.name, at=AT + 500 * SECOND).over
        assert over is not None
        assert (over.reason, over.at) == ("contact_lost", AT + 30 * SECOND)
        assert not LiveCase.objects.exists()
        assert end_lapsed(at=AT + 500 * SECOND) == 0


class TestPause:
    EXPIRES_AT = AT + timedelta(days=7)

    @pytest.fixture
    def slip(self, case: Case) -> Slip:
        return pause_case(turn_of(case), expires_at=self.EXPIRES_AT, at=AT)

    def resume(self, slip: Slip, *, at: datetime = AT + SECOND) -> Case:
        return resume_case(slip, new_name(), NEXT_SEAT, user_id=CLERK, closes_at=CLOSES_AT, at=at)

    def test_ends_the_case_and_needs_a_card(self, case: Case, slip: Slip) -> None:
        over = get_case(case.name, at=AT).over
        assert over is not None
        assert over.reason == "paused"
        with pytest.raises(NoCardInCase):
            pause_case(turn_of(open_at()), expires_at=self.EXPIRES_AT, at=AT)

    def test_is_continued_by_the_same_card_alone(self, slip: Slip, hanako: Path, taro: Path) -> None:
        resumed = self.resume(slip)
        put_down(taro, seat=NEXT_SEAT, at=AT + SECOND)
        over = get_case(resumed.name, at=AT + SECOND).over
        assert over is not None
        assert over.reason == "second_card"
        again = self.resume(slip)
        put_down(hanako, seat=NEXT_SEAT, at=AT + SECOND)
        assert get_case(again.name, at=AT + SECOND).has_card

    def test_can_be_paused_again_under_another_slip(self, slip: Slip, hanako: Path) -> None:
        resumed = self.resume(slip)
        put_down(hanako, seat=NEXT_SEAT, at=AT + SECOND)
        assert pause_case(turn_of(resumed), expires_at=self.EXPIRES_AT, at=AT + SECOND).id != slip.id

    def test_is_not_continued_by_any_text_an_old_slip_or_another_s(self, slip: Slip) -> None:
        assert Slip.parse(slip.token) == slip
        for token in ("", "x", slip.token[:-1], slip.token + "A"):
            with pytest.raises(SlipUnknown):
                Slip.parse(token)
        with pytest.raises(SlipUnknown):
            self.resume(Slip(id=slip.id, secret=b"x" * 16))
        with pytest.raises(SlipUnknown):
            resume_case(slip, new_name(), SEAT, user_id=CLERK, closes_at=CLOSES_AT, at=self.EXPIRES_AT)

    def test_is_printed_again_to_the_last_second_for_its_own_counter(self, case: Case, slip: Slip) -> None:
        last = self.EXPIRES_AT - SECOND
        assert [(one.name, one.number, one.times_printed) for one in list_slips(SEAT.counter, at=AT)] == [
            (case.name, 1, 1)
        ]
        assert is_slip_printed_again(case.name, at=last)
        assert print_slip_again(case.name, at=last) == (slip, self.EXPIRES_AT)
        assert list_slips(SEAT.counter, at=last)[0].times_printed == 2
        for name, at in ((case.name, self.EXPIRES_AT), (CaseName("elsewhere", case.name.id), AT), (new_name(), AT)):
            assert not is_slip_printed_again(name, at=at)
            with pytest.raises(SlipNotPrintable):
                print_slip_again(name, at=at)
        assert not list_slips(SEAT.counter, at=self.EXPIRES_AT)
        assert not list_slips("elsewhere", at=AT)

    def test_is_not_printed_again_once_it_was_used_and_its_key_is_kept_only_sealed_till_then(
        self, case: Case, slip: Slip
    ) -> None:
        sealed = PausedCase.objects.get().sealed_secret
        assert bytes(sealed) != slip.secret
        assert Slip.unseal(slip.id, bytes(sealed), key=b"another key" * 3) != slip
        self.resume(slip)
        with pytest.raises(SlipUsed):
            print_slip_again(case.name, at=AT + SECOND)
        assert PausedCase.objects.get().sealed_secret is None
        assert not list_slips(SEAT.counter, at=AT + SECOND)
        assert not is_slip_printed_again(case.name, at=AT + SECOND)

    def test_is_not_printed_under_another_key_for_the_paper_would_not_work(
        self, case: Case, slip: Slip, settings: Settings
    ) -> None:
        settings.HOLDER_KEY = b"another key of 32 bytes, no less"
        with pytest.raises(SlipNotPrintable):
            print_slip_again(case.name, at=AT)
        assert PausedCase.objects.get().times_printed == 1
        assert self.resume(slip).name, "the paper works as before"

    def test_is_forgotten_when_nobody_can_use_it(self, slip: Slip) -> None:
        assert forget_slips(at=self.EXPIRES_AT - SECOND) == 0
        assert forget_slips(at=self.EXPIRES_AT) == 1
        assert not PausedCase.objects.exists()
