"""A case after the deadline: with a grace ticket the whole way to the card's signature, without one nothing."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings
from signed_peer import SignedPeer
from sitting import Sitting, find_slip, see

from cast import PROGRAMME, SECOND
from mynapoint.act.rules import read_statement
from mynapoint.application.models import Application
from mynapoint.directory.models import ServiceRevision
from mynapoint.grace.models import GraceTicket, ShownGrace, UsedGrace
from mynapoint.grace.operations import FORGOTTEN_AFTER, forget_shown, issue
from mynapoint.kernel.period import JST
from mynapoint.kernel.slip_code import SlipCode, group_code
from mynapoint.place.models import PlaceRevision
from mynapoint.place.queries import find_place
from mynapoint.queue.operations import take_number
from mynapoint.reservation.models import Reservation
from staff_cast import COUNTER

STOOD = datetime(2021, 3, 31, 16, 40, tzinfo=JST)
LATE = datetime(2021, 4, 2, 10, tzinfo=JST)
APPLYING = {"kind": "application", "number": "1", "ready": "yes"}


@pytest.fixture
def late(sitting: Sitting, card: Path, peer: SignedPeer, settings: Settings) -> Sitting:
    """Sit down at a counter that stays open for those with a ticket, two days after the deadline."""
    place = find_place(COUNTER, at=STOOD)
    assert place is not None
    content = place.model_dump(mode="json", by_alias=True) | {"open_until": "2021-05-01T00:00:00+09:00"}
    PlaceRevision.objects.filter(id=COUNTER).update(content=content)
    settings.CLOCK = lambda: LATE
    peer.at = peer.asked_at = LATE
    sitting.sit_down_again()
    sitting.begin()
    sitting.put_down(card)
    return sitting


@pytest.fixture
def ticket(late: Sitting) -> SlipCode:
    taken = take_number(COUNTER, at=STOOD)
    return issue(COUNTER, taken.day, taken.number, programme_id=PROGRAMME, user_id=1, at=LATE).code


class TestS18LateCase:
    def test_goes_the_whole_way_by_one_ticket(self, late: Sitting, card: Path, ticket: SlipCode) -> None:
        assert "猶予票のコード" in late.look()
        late.begin_act(grace=group_code(ticket))
        late.answer_all()
        statement = read_statement(late.display.get(f"{late.link()}/statement").content)
        assert (statement["grace"]["number"], statement["grace"]["stood_at"]) == (1, STOOD.isoformat())
        assert late.sign(card).status_code == 200
        assert Reservation.objects.count() == 1
        late.begin_act(**APPLYING)  # the ticket was shown in this case
        late.answer_all()
        assert late.sign(card).status_code == 200
        assert Application.objects.count() == 1
        assert set(UsedGrace.objects.values_list("kind", flat=True)) == {"reservation", "application"}

    def test_offers_the_services_of_the_last_day(self, late: Sitting, ticket: SlipCode) -> None:
        row = ServiceRevision.objects.get(id="sakura")
        row.content["application_until"] = "2021-04-01T00:00:00+09:00"
        ServiceRevision.objects.filter(id="sakura").update(content=row.content)
        assert "申し込める決済サービスはありません" not in late.look()

    def test_is_refused_without_a_ticket_or_by_a_wrong_one(self, late: Sitting, ticket: SlipCode) -> None:
        assert "終わ" in see(late.do("act", kind="reservation", who="myself"), 422)
        for wrong in ("AAAA-AAAA-AAAA", "x"):
            answer = late.do("act", kind="reservation", who="myself", grace=wrong)
            assert "この猶予票は見つかりません" in see(answer, 404)
            assert f'value="{wrong}"' in answer.content.decode(), "nobody types twelve letters twice"
        assert not ShownGrace.objects.exists()

    def test_offers_no_service_that_had_ended_before_its_bearer_stood_in_line(
        self, late: Sitting, card: Path, ticket: SlipCode
    ) -> None:
        row = ServiceRevision.objects.get(id="sakura")
        row.content["application_until"] = STOOD.isoformat()
        ServiceRevision.objects.filter(id="sakura").update(content=row.content)
        answer = late.do("act", grace=ticket, who="myself", **APPLYING)
        assert answer.status_code == 422
        assert not late.case().acts_proposed

    def test_says_on_the_citizens_screen_that_somebody_else_has_used_the_ticket_meanwhile(
        self, late: Sitting, ticket: SlipCode
    ) -> None:
        late.begin_act(grace=ticket)
        screen, words = late.watch()
        assert "この猶予票は使われています" not in words
        row = GraceTicket.objects.get()
        used = {"kind": "reservation", "holder_id": uuid4(), "act_id": uuid4(), "used_at": LATE}
        UsedGrace.objects.create(counter=row.counter, code_hash=row.code_hash, **used)
        assert "この猶予票は使われています" in see(late.display.get(screen), 409)
        assert late.display.post(screen, {"case": late.case_id, "terms": "yes"}).status_code == 409

    def test_goes_on_by_the_same_ticket_after_a_pause(self, late: Sitting, card: Path, ticket: SlipCode) -> None:
        late.begin_act(grace=ticket)
        late.answer(terms="yes")
        slip = find_slip(late.do("pause").content)
        late.begin(slip=slip)
        late.put_down(card)
        late.answer()
        assert late.sign(card).status_code == 200
        assert UsedGrace.objects.count() == 1

    def test_keeps_what_was_shown_as_long_as_a_case_can_be_paused(self, late: Sitting, ticket: SlipCode) -> None:
        late.begin_act(grace=ticket)
        assert "この件の猶予票は読み取ってあります" in late.look()
        assert ShownGrace.objects.count() == 1
        assert forget_shown(at=LATE + FORGOTTEN_AFTER) == 0
        assert forget_shown(at=LATE + FORGOTTEN_AFTER + SECOND) == 1

    def test_needs_no_ticket_before(self, late: Sitting, settings: Settings, card: Path) -> None:
        settings.CLOCK = lambda: STOOD - timedelta(hours=1)
        late.sit_down_again()
        late.begin()
        late.put_down(card)
        assert "猶予票のコード" not in late.look()
