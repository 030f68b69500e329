"""A citizen's way to an act: one question after the other, in any number of windows, and one act at its end."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast import AT, MINUTE, PROGRAMME, RESERVATION, SECOND, SITE, Cast, application
from mynapoint.act.models import ProposedAct
from mynapoint.act.operations import forget as forget_acts
from mynapoint.act.queries import get_view
from mynapoint.act.rules import LIFETIME, SHOWN_FOR, Link
from mynapoint.draft import operations
from mynapoint.draft.models import Draft
from mynapoint.draft.operations import WAY_BACK, begin, forget, get_act, propose_act
from mynapoint.draft.queries import DraftView, get_draft
from mynapoint.draft.rules import (
    ACCOUNT_GOOD_FOR,
    ANY_SERVICE,
    STEPS,
    Answers,
    CheckedAnswer,
    DraftChanged,
    DraftDone,
    DraftExpired,
    DraftIncomplete,
    DraftLink,
    DraftUnknown,
    Step,
    can_answer,
    find_next,
    find_way_back,
    leave_way_back,
)
from races import at_once

LIVES = timedelta(days=14)
ACCOUNT = CheckedAnswer(
    service="hanamaru", hint="●●●● 42", reference="R" * 43, hash=b"h" * 32, checked_at=AT, is_own=True
)
ALL = Answers(
    who="myself",
    service="hanamaru",
    prepared_for="hanamaru",
    agreed_for="hanamaru",
    understood_for="hanamaru",
    account=ACCOUNT,
)
GIVEN: dict[Step, dict[str, Any]] = {
    Step.WHO: {"who": "myself"},
    Step.SERVICE: {"service": "hanamaru"},
    Step.PREPARATION: {"prepared_for": "hanamaru"},
    Step.TERMS: {"agreed_for": "hanamaru"},
    Step.ACCOUNT: {"account": replace(ACCOUNT, is_own=False)},
    Step.HINT: {"account": ACCOUNT},
    Step.CONSEQUENCE: {"understood_for": "hanamaru"},
}


@pytest.fixture
def draft(programme: str) -> DraftLink:
    return begin("application", programme_id=PROGRAMME, lives=LIVES, at=AT)


@pytest.fixture
def reservation(programme: str) -> DraftLink:
    link = begin("reservation", programme_id=PROGRAMME, lives=LIVES, at=AT)
    answer(link, Step.WHO, who="myself", at=AT)
    answer(link, Step.TERMS, agreed_for=ANY_SERVICE, at=AT)
    return link


def answer(link: DraftLink, step: Step, *, at: datetime, seen: str | None = None, **given_: Any) -> DraftView:
    """Answer a step of a draft as a page does that is opened now."""
    return operations.answer(get_draft(link, at=at), step, seen=seen, **given_)


def answer_all(link: DraftLink) -> None:
    for step, given_ in GIVEN.items():
        answer(link, step, at=AT, **given_)


def propose(link: DraftLink, proposal: Any = RESERVATION, *, at: datetime = AT) -> Link:
    return propose_act(link, proposal, seen=get_draft(link, at=at).answers.seen, audience=SITE, at=at)


class TestNextStep:
    def test_is_the_first_without_an_answer(self) -> None:
        answers, order = Answers(), []
        while (step := find_next(answers, kind="application", at=AT)) is not None:
            order.append(step)
            answers = replace(answers, **GIVEN[step])
        assert order == list(Step)

    def test_asks_a_reservation_for_less(self) -> None:
        assert find_next(Answers(who="myself"), kind="reservation", at=AT) is Step.TERMS
        assert find_next(Answers(who="myself", agreed_for=ANY_SERVICE), kind="reservation", at=AT) is None

    def test_counts_no_answer_for_another_service(self) -> None:
        other = replace(ALL, service="sakura")
        assert find_next(other, kind="application", at=AT) is Step.PREPARATION
        assert find_next(replace(other, service="hanamaru"), kind="application", at=AT) is None

    def test_asks_for_the_account_again_when_the_service_has_forgotten_it_to_the_second(self) -> None:
        assert find_next(ALL, kind="application", at=AT + ACCOUNT_GOOD_FOR - SECOND) is None
        assert find_next(ALL, kind="application", at=AT + ACCOUNT_GOOD_FOR) is Step.ACCOUNT

    def test_asks_for_the_hint_again_after_another_account(self) -> None:
        other = replace(ALL, account=replace(ACCOUNT, hint="●●●● 43", is_own=False))
        assert find_next(other, kind="application", at=AT) is Step.HINT

    @given(
        answers=st.builds(
            Answers,
            who=st.sampled_from([None, "myself", "representative"]),
            service=st.sampled_from([None, "hanamaru", "sakura"]),
            prepared_for=st.sampled_from([None, "hanamaru", "sakura"]),
            agreed_for=st.sampled_from([None, "hanamaru", "sakura"]),
            understood_for=st.sampled_from([None, "hanamaru", "sakura"]),
            account=st.sampled_from(
                [None, ACCOUNT, replace(ACCOUNT, is_own=False), replace(ACCOUNT, service="sakura")]
            ),
        )
    )
    def test_and_every_step_before_it_can_be_answered_and_none_behind(self, answers: Answers) -> None:
        for kind, steps in STEPS.items():
            next_step = find_next(answers, kind=kind, at=AT)
            last = steps.index(next_step) if next_step else len(steps)
            for place, step in enumerate(steps):
                assert can_answer(step, answers, kind=kind, at=AT) is (place <= last)


class TestLink:
    def test_is_stored_as_a_hash_alone(self, draft: DraftLink) -> None:
        row = Draft.objects.get()
        assert draft.secret not in bytes(row.secret_hash)
        assert get_draft(DraftLink.parse(draft.token), at=AT).answers == Answers()

    @pytest.mark.parametrize("token", ["", "A" * 42, "A" * 43, "é" * 43, "A" * 44])
    def test_of_nothing_is_unknown(self, programme: str, token: str) -> None:
        with pytest.raises(DraftUnknown):
            get_draft(DraftLink.parse(token), at=AT)

    def test_with_another_secret_opens_nothing(self, draft: DraftLink) -> None:
        with pytest.raises(DraftUnknown):
            get_draft(replace(draft, secret=b"x" * 16), at=AT)
        with pytest.raises(DraftUnknown):
            answer(replace(draft, secret=b"x" * 16), Step.WHO, who="myself", at=AT)

    def test_expires_to_the_second(self, draft: DraftLink) -> None:
        get_draft(draft, at=AT + LIVES - SECOND)
        with pytest.raises(DraftExpired) as expired:
            get_draft(draft, at=AT + LIVES)
        assert expired.value.expired_at == AT + LIVES

    def test_of_an_act_leads_back_to_its_draft_for_who_has_it(self, draft: DraftLink) -> None:
        act = Link(id=draft.id, secret=b"s" * 16)
        way_back = leave_way_back(draft, act)
        assert find_way_back(way_back, act) == draft
        assert draft.secret.hex() not in way_back
        assert find_way_back(way_back, replace(act, secret=b"t" * 16)) != draft


@pytest.mark.django_db
class TestAnswer:
    def test_is_kept_and_can_be_changed(self, draft: DraftLink) -> None:
        answer_all(draft)
        assert get_draft(draft, at=AT).answers == ALL
        answer(draft, Step.SERVICE, service="sakura", at=AT)
        assert get_draft(draft, at=AT).next_step is Step.PREPARATION

    def test_is_refused_before_the_steps_before_it(self, draft: DraftLink) -> None:
        answer(draft, Step.WHO, who="myself", at=AT)
        with pytest.raises(DraftIncomplete):
            answer(draft, Step.TERMS, agreed_for="hanamaru", at=AT)
        assert get_draft(draft, at=AT).answers == Answers(who="myself")

    def test_is_refused_for_a_step_of_another_kind(self, reservation: DraftLink) -> None:
        with pytest.raises(DraftIncomplete):
            answer(reservation, Step.SERVICE, service="hanamaru", at=AT)

    def test_is_refused_when_it_answers_what_another_window_changed(self, draft: DraftLink) -> None:
        answer_all(draft)
        seen = get_draft(draft, at=AT).answers.seen
        answer(draft, Step.ACCOUNT, account=replace(ACCOUNT, hint="●●●● 43", is_own=False), at=AT)
        with pytest.raises(DraftChanged):
            answer(draft, Step.HINT, seen=seen, account=ACCOUNT, at=AT)
        account = get_draft(draft, at=AT).answers.account
        assert account is not None
        assert not account.is_own


@pytest.mark.django_db
class TestProposeAct:
    def test_leaves_no_secret_in_the_database(self, reservation: DraftLink) -> None:
        act = propose(reservation)
        row = ProposedAct.objects.get()
        assert row.attachment == {WAY_BACK: leave_way_back(reservation, act)}
        for secret in (reservation, act):
            assert secret.secret.hex() not in str(row.attachment)
        assert find_way_back(row.attachment[WAY_BACK], act) == reservation

    def test_gives_the_same_act_again_while_it_waits(self, reservation: DraftLink) -> None:
        first = propose(reservation)
        assert propose(reservation, at=AT + LIFETIME - SECOND) == first
        assert propose(reservation, at=AT + LIFETIME) != first
        assert ProposedAct.objects.count() == 2

    def test_gives_another_act_after_another_answer(self, draft: DraftLink) -> None:
        answer_all(draft)
        first = propose(draft, application("1111222233"))
        again = propose(draft, application("1111222233"))
        other = propose(draft, application("9999888877"))
        assert first == again != other
        assert get_act(get_draft(draft, at=AT)) == other

    def test_waits_for_every_step(self, draft: DraftLink) -> None:
        answer(draft, Step.WHO, who="myself", at=AT)
        with pytest.raises(DraftIncomplete):
            propose(draft)

    def test_is_refused_for_answers_that_nobody_saw(self, reservation: DraftLink) -> None:
        with pytest.raises(DraftChanged):
            propose_act(reservation, RESERVATION, seen="other", audience=SITE, at=AT)
        assert not ProposedAct.objects.exists()

    def test_is_over_when_its_act_is_done_and_stays_so_when_the_act_is_forgotten(
        self, reservation: DraftLink, cast: Cast
    ) -> None:
        act, card = propose(reservation), cast.card("hanako")
        cast.submit(act, cast.sign(act, card))
        for at in (AT, AT + LIFETIME + SHOWN_FOR + SECOND):
            forget_acts(at=at)
            assert get_draft(reservation, at=at).is_done
            with pytest.raises(DraftDone):
                answer(reservation, Step.WHO, who="representative", at=at)
            with pytest.raises(DraftDone):
                propose(reservation, at=at)
        assert not ProposedAct.objects.exists()

    def test_can_follow_a_refused_act(self, reservation: DraftLink, cast: Cast, hanako: Path) -> None:
        cast.reserve(hanako)
        act = propose(reservation)
        with pytest.raises(Exception, match="already_reserved"):
            cast.submit(act, cast.sign(act, hanako))
        view = get_view(act, at=AT)
        assert view.answer is not None
        assert propose(reservation) != act

    @pytest.fixture
    def hanako(self, cast: Cast) -> Path:
        return cast.card("hanako")


@pytest.mark.django_db(transaction=True)
class TestTwoWindows:
    def both(self, act: Any) -> list[Any]:
        return at_once(lambda: act(0), lambda: act(1))

    def test_that_propose_at_once_get_one_act(self, reservation: DraftLink) -> None:
        first, second = self.both(lambda _number: propose(reservation))
        assert first == second
        assert ProposedAct.objects.count() == 1

    def test_that_answer_at_once_leave_one_whole_answer(self, draft: DraftLink) -> None:
        answer_all(draft)
        accounts = [replace(ACCOUNT, hint=f"●●●● {n}", hash=bytes([n]) * 32) for n in range(2)]
        opened = get_draft(draft, at=AT)
        self.both(lambda number: operations.answer(opened, Step.ACCOUNT, account=accounts[number]))
        assert get_draft(draft, at=AT).answers.account in accounts

    def test_that_answer_different_steps_lose_none(self, draft: DraftLink) -> None:
        answer_all(draft)
        changes: list[tuple[Step, dict[str, Any]]] = [
            (Step.WHO, {"who": "representative"}),
            (Step.CONSEQUENCE, {"understood_for": "sakura"}),
        ]
        opened = get_draft(draft, at=AT)
        self.both(lambda number: operations.answer(opened, changes[number][0], **changes[number][1]))
        answers = get_draft(draft, at=AT).answers
        assert (answers.who, answers.understood_for) == ("representative", "sakura")

    def test_of_which_one_is_late_are_judged_by_what_is_there_by_now(self, draft: DraftLink) -> None:
        answer_all(draft)
        opened = get_draft(draft, at=AT)
        answer(draft, Step.ACCOUNT, account=replace(ACCOUNT, hint="●●●● 43", is_own=False), at=AT)
        with pytest.raises(DraftChanged):
            operations.answer(opened, Step.HINT, seen=opened.answers.seen, account=ACCOUNT)
        answer(draft, Step.SERVICE, service="sakura", at=AT)
        with pytest.raises(DraftIncomplete):
            operations.answer(opened, Step.CONSEQUENCE, understood_for="hanamaru")
        forget(at=AT + LIVES)
        with pytest.raises(DraftUnknown):
            operations.answer(opened, Step.WHO, who="myself")


@pytest.mark.django_db
class TestForget:
    def test_deletes_what_is_over_to_the_second(self, draft: DraftLink) -> None:
        later = begin("reservation", programme_id=PROGRAMME, lives=LIVES + MINUTE, at=AT)
        assert forget(at=AT + LIVES - SECOND) == 0
        assert forget(at=AT + LIVES) == 1
        assert [row.id for row in Draft.objects.all()] == [later.id]
