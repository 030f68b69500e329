"""A draft in a case at a counter: it lives by the case's key, and only its card takes it along."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from cast import AT, PROGRAMME, RESERVATION, SECOND, SITE
from mynapoint.act.queries import get_statement
from mynapoint.act.rules import Link
from mynapoint.case.models import CaseFact
from mynapoint.case.operations import end_case, open_case, report_card
from mynapoint.case.queries import find_secret, get_case
from mynapoint.case.rules import CaseName, CaseOver, Fingerprint, FormOutdated, NoCardInCase, Offer, Seat, Slip, Turn
from mynapoint.draft.models import Draft
from mynapoint.draft.operations import (
    Beginning,
    answer,
    begin_in_case,
    forget_in_ended_cases,
    pause_in_case,
    propose_act,
    resume_in_case,
)
from mynapoint.draft.queries import DraftView, find_draft_in_case, get_draft
from mynapoint.draft.rules import ANY_SERVICE, Answers, CheckedAnswer, DraftUnknown, Step

pytestmark = pytest.mark.django_db
SEAT = Seat("mihon-shimin", "市民課", "1", "1番窓口")
CLOSES_AT = AT + timedelta(hours=5)
HANAKO, TARO = Fingerprint(b"h" * 32), Fingerprint(b"t" * 32)
ACCOUNT = CheckedAnswer(
    service="hanamaru", hint="●●●● 42", reference="R" * 43, hash=b"h" * 32, checked_at=AT, is_own=True
)
RESERVING = Beginning(kind="reservation", programme_id=PROGRAMME, answers=Answers(who="myself"))
APPLYING = Beginning(
    kind="application", programme_id=PROGRAMME, answers=Answers(who="myself", service="hanamaru", account=ACCOUNT)
)


def new_case(*, card: Fingerprint | None = HANAKO) -> Turn:
    name = CaseName(SEAT.counter, uuid4())
    open_case(name, SEAT, user_id=7, closes_at=CLOSES_AT, at=AT)
    if card:
        report_card(SEAT.counter, SEAT.terminal, card, put_down_at=AT, at=AT)
    return Turn(name, SEAT.terminal)


def begin(turn: Turn, beginning: Beginning = RESERVING) -> DraftView:
    return begin_in_case(turn, beginning, at=AT)


def agree(draft: DraftView) -> DraftView:
    return answer(draft, Step.TERMS, agreed_for=ANY_SERVICE, agreed_programme="wording")


@pytest.fixture
def turn() -> Turn:
    return new_case()


class TestDraftInCase:
    def test_begins_only_while_a_card_is_there(self) -> None:
        turn = new_case(card=None)
        with pytest.raises(NoCardInCase):
            begin(turn)
        assert not Draft.objects.exists()

    def test_is_found_through_its_case_alone_and_never_after_it(self, turn: Turn) -> None:
        draft = begin(turn)
        found = find_draft_in_case(turn.case, at=AT)
        assert found is not None
        assert found.link == draft.link
        assert find_draft_in_case(CaseName(SEAT.counter, UUID(int=1)), at=AT) is None
        end_case(turn, "finished", at=AT)
        assert find_draft_in_case(turn.case, at=AT) is None
        assert find_secret(turn.case, b"draft", at=AT) is None
        with pytest.raises(CaseOver):
            begin(turn)

    def test_is_not_found_from_the_second_in_which_time_ends_its_case(self, turn: Turn) -> None:
        begin(turn)
        assert find_draft_in_case(turn.case, at=AT + 30 * SECOND - timedelta(microseconds=1)) is not None
        assert find_draft_in_case(turn.case, at=AT + 30 * SECOND) is None

    def test_gives_way_to_the_next_one(self, turn: Turn) -> None:
        begin(turn, APPLYING)
        second = begin(turn)
        assert (second.kind, second.answers.account) == ("reservation", None)
        assert Draft.objects.count() == 1

    def test_keeps_which_proof_was_seen_with_the_case(self, turn: Turn) -> None:
        begin(turn, replace(RESERVING, answers=Answers(who="representative"), proof="family_register"))
        assert CaseFact.objects.get(kind="proof_seen").word == "family_register"

    def test_proposes_its_act_in_the_case(self, programme: str, turn: Turn) -> None:
        link = propose_reservation(turn, after=0)
        assert str(turn.case.id).encode() in get_statement(link, at=AT)
        assert get_case(turn.case, at=AT).act_id == link.id
        assert propose_again(turn, after=1) == link, "pressed twice: one act"
        begin(turn)
        with pytest.raises(FormOutdated):
            propose_reservation(turn, after=0, is_new=False)

    def test_has_the_agreement_to_the_programme_s_terms_from_an_earlier_act_of_the_same_person(
        self, turn: Turn
    ) -> None:
        agree(begin(turn))
        application = begin(turn, APPLYING).answers
        assert (application.agreed_programme, application.agreed_for) == ("wording", None)
        again = begin(turn)
        assert (again.answers.agreed_for, again.next_step) == (ANY_SERVICE, None)
        child = replace(RESERVING, answers=Answers(who="representative"), proof="family_register")
        assert begin(turn, child).answers.agreed_programme is None

    def test_has_no_agreement_from_another_case_card_or_programme(self, turn: Turn) -> None:
        agree(begin(turn))
        assert begin(turn, replace(RESERVING, programme_id="another")).answers.agreed_programme is None
        agree(begin(turn))
        end_case(turn, "next_person", at=AT)
        for card in (HANAKO, TARO):
            assert begin(new_case(card=card)).answers.agreed_programme is None

    def test_is_deleted_once_its_case_is_over(self, turn: Turn) -> None:
        begin(turn, APPLYING)
        assert forget_in_ended_cases(at=AT) == 0
        assert forget_in_ended_cases(at=AT + 30 * SECOND) == 1
        assert not Draft.objects.exists()


class TestPausedDraft:
    def test_takes_its_agreement_along_but_leaves_it_to_no_other_act(self, turn: Turn) -> None:
        agree(begin(turn))
        slip = pause(turn)
        with resumed(slip, card=HANAKO, at=AT + SECOND) as name:
            draft = find_draft_in_case(name, at=AT + SECOND)
            assert draft is not None
            assert draft.answers.agreed_programme == "wording"
            next_act = begin_in_case(Turn(name, SEAT.terminal), APPLYING, at=AT + SECOND)
            assert next_act.answers.agreed_programme is None

    def test_goes_on_with_its_slip_and_the_same_card_without_the_account(self, turn: Turn) -> None:
        begin(turn, APPLYING)
        slip = pause(turn)
        assert forget_in_ended_cases(at=AT) == 0
        with resumed(slip, card=HANAKO) as name:
            draft = find_draft_in_case(name, at=AT)
            assert draft is not None
            assert (draft.answers.service, draft.answers.account) == ("hanamaru", None)
            assert get_draft(draft.link, at=AT).link == draft.link

    def test_goes_on_again_with_the_same_slip_after_a_wrong_card(self, turn: Turn) -> None:
        begin(turn, APPLYING)
        slip = pause(turn)
        with resumed(slip, card=TARO) as wrong:
            assert get_case(wrong, at=AT).over is not None
        assert forget_in_ended_cases(at=AT) == 1
        for _ in range(2):
            with resumed(slip, card=HANAKO) as name:
                draft = find_draft_in_case(name, at=AT)
                assert draft is not None
                assert draft.answers.service == "hanamaru"

    def test_is_opened_once_by_a_double_click(self, turn: Turn) -> None:
        begin(turn, APPLYING)
        slip = pause(turn)
        with resumed(slip, card=HANAKO) as name:
            answered = find_draft_in_case(name, at=AT)
            assert answered is not None
            answer(answered, Step.PREPARATION, prepared_for="hanamaru")
            resume_in_case(slip, name, SEAT, user_id=7, closes_at=CLOSES_AT, at=AT)
            draft = find_draft_in_case(name, at=AT)
            assert draft is not None
            assert draft.answers.prepared_for == "hanamaru"

    def test_is_nobody_else_s(self, turn: Turn) -> None:
        draft = begin(turn, APPLYING)
        with resumed(pause(turn), card=TARO) as name:
            assert find_draft_in_case(name, at=AT) is None
            assert get_case(name, at=AT).over is not None
        with pytest.raises(DraftUnknown):
            get_draft(replace(draft.link, secret=b"x" * 16), at=AT)


def pause(turn: Turn) -> Slip:
    return pause_in_case(turn, expires_at=AT + timedelta(days=7), at=AT)


@contextmanager
def resumed(slip: Slip, *, card: Fingerprint, at: datetime = AT) -> Iterator[CaseName]:
    name = CaseName(SEAT.counter, uuid4())
    resume_in_case(slip, name, SEAT, user_id=7, closes_at=CLOSES_AT, at=at)
    report_card(SEAT.counter, SEAT.terminal, card, put_down_at=at, at=at)
    yield name


def propose_reservation(turn: Turn, *, after: int, is_new: bool = True) -> Link:
    if is_new:
        begin(turn)
    draft = find_draft_in_case(turn.case, at=AT)
    assert draft is not None
    answer(draft, Step.TERMS, agreed_for=ANY_SERVICE)
    return propose_again(turn, after=after)


def propose_again(turn: Turn, *, after: int) -> Link:
    draft = find_draft_in_case(turn.case, at=AT)
    assert draft is not None
    proposal = replace(RESERVATION, offer=Offer(turn, after))
    return propose_act(draft.link, proposal, seen=draft.answers.seen, audience=SITE, at=AT)
