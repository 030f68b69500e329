"""What becomes of a case: every limit to the second, every refusal with an input that meets it alone."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from case_parties import (
    ACT,
    AT,
    CLOSES_AT,
    HANAKO,
    OPENED,
    OTHER_ACT,
    PROPOSED,
    SEAT,
    SECOND,
    SHOWN,
    TARO,
    WITH_CARD,
)
from hypothesis import given
from hypothesis import strategies as st

from mynapoint.case.decisions import (
    ActDisplayed,
    ActOffered,
    ActRefused,
    ActSigned,
    AnotherCaseOpened,
    CardReported,
    Event,
    Lacking,
    Leave,
    Pause,
    RemovalReported,
    TimePassed,
    TimeWanted,
    WorkWanted,
    decide,
)
from mynapoint.case.facts import (
    ActEnded,
    CardSeen,
    CardStillIn,
    Case,
    Continued,
    Ended,
    Extension,
    LeftCardSeen,
    ProofSeen,
    ReaderEmptied,
    SentHome,
)
from mynapoint.case.rules import (
    COLOURS,
    ActNotInCase,
    ActNotShown,
    AnotherCardInCase,
    CaseElsewhere,
    CaseOver,
    FormOutdated,
    NoCardInCase,
    Over,
    UnableAtCounter,
    colour_of,
)

HERE, ELSEWHERE = SEAT.terminal, "another"
REQUESTS = (
    ActOffered(HERE, OTHER_ACT, 1),
    ActDisplayed(HERE, ACT),
    ActSigned(HERE, ACT, HANAKO),
    TimeWanted(HERE),
    WorkWanted(HERE),
    Lacking(HERE, "no_card"),
    Pause(HERE),
)
REPORTS = (
    CardReported(HANAKO, AT), CardReported(TARO, AT), CardReported(TARO, None), RemovalReported(),
    ActRefused(ACT, None), ActRefused(ACT, TARO),
    Leave(HERE, "finished"), AnotherCaseOpened(), TimePassed(),
)  # fmt: skip
IN_CONTACT = timedelta(days=1)


def touched(case: Case, *, at: datetime) -> Case:
    """Keep the card program's word fresh, so that another limit is the first."""
    return replace(case, contact_at=at) if case.contact_at else case


class TestColours:
    def test_never_repeat_from_one_number_to_the_next(self) -> None:
        assert colour_of(12) == "blue"
        assert all(colour_of(number) != colour_of(number + 1) for number in range(1, 100))
        assert {colour_of(number) for number in range(1, 7)} == set(COLOURS)


class TestOver:
    @pytest.mark.parametrize(
        ("case", "limit", "reason"),
        [
            pytest.param(OPENED, 90 * SECOND, "idle", id="idle"),
            pytest.param(WITH_CARD, 30 * SECOND, "contact_lost", id="contact-lost"),
            pytest.param(replace(OPENED, closes_at=AT + 50 * SECOND), 50 * SECOND, "counter_closed", id="closed"),
            pytest.param(OPENED.with_facts([Continued(AT + SECOND)]), 91 * SECOND, "idle", id="continued"),
        ],
    )
    def test_comes_by_time_alone_and_to_the_instant(self, case: Case, limit: timedelta, reason: str) -> None:
        assert case.over(at=AT + limit - timedelta(microseconds=1)) is None
        assert case.over(at=AT + limit) == Over(AT + limit, reason)
        assert case.over(at=AT + limit + 1000 * SECOND) == Over(AT + limit, reason)

    def test_is_warned_of_at_sixty_seconds(self) -> None:
        assert OPENED.warned_at() == AT + 60 * SECOND
        assert OPENED.idle_at() == AT + 90 * SECOND

    def test_is_put_off_by_everything_that_somebody_does_but_not_by_a_card_that_lies_there(self) -> None:
        later = AT + 30 * SECOND
        for event in (ActOffered(HERE, OTHER_ACT, 1), ActDisplayed(HERE, ACT), TimeWanted(HERE)):
            case = touched(PROPOSED, at=later)
            assert case.with_facts(decide(case, event, at=later)).idle_at() == later + 90 * SECOND
        lying = touched(PROPOSED, at=later)
        assert decide(lying, CardReported(HANAKO, AT), at=later) == [CardStillIn(later)]
        assert lying.with_facts([CardStillIn(later)]).idle_at() == AT + 90 * SECOND

    def test_is_not_put_off_by_what_comes_late_from_the_past(self) -> None:
        assert OPENED.with_facts([Continued(AT + 9 * SECOND), Continued(AT)]).active_at == AT + 9 * SECOND

    def test_is_put_off_by_a_supervisor_who_was_in_time(self) -> None:
        until = CLOSES_AT + timedelta(minutes=30)
        assert OPENED.extended(Extension(CLOSES_AT - SECOND, until)).closes_at == until
        assert OPENED.extended(Extension(CLOSES_AT, until)).closes_at == CLOSES_AT


class TestRequests:
    @pytest.mark.parametrize("event", REQUESTS)
    def test_are_refused_at_another_terminal(self, event: Event) -> None:
        for case in (SHOWN, SHOWN.with_facts([Ended(AT, "finished")])):
            with pytest.raises(CaseElsewhere):
                decide(case, replace(event, terminal=ELSEWHERE), at=AT)

    @pytest.mark.parametrize("event", REQUESTS)
    def test_are_refused_when_the_case_is_over_with_the_reason(self, event: Event) -> None:
        with pytest.raises(CaseOver) as refusal:
            decide(SHOWN.with_facts([Ended(AT, "card_removed")]), event, at=AT)
        assert refusal.value.data() == {"reason": "card_removed"}
        with pytest.raises(CaseOver) as refusal:
            decide(touched(SHOWN, at=AT + 90 * SECOND), event, at=AT + 90 * SECOND)
        assert refusal.value.reason == "idle"
        decide(touched(SHOWN, at=AT + 89 * SECOND), event, at=AT + 89 * SECOND)

    @pytest.mark.parametrize("event", [ActOffered(HERE, ACT, 0), Pause(HERE)])
    def test_need_a_card_first(self, event: Event) -> None:
        with pytest.raises(NoCardInCase):
            decide(OPENED, event, at=AT)
        decide(WITH_CARD, event, at=AT)

    @pytest.mark.parametrize("after", [0, 2])
    def test_are_refused_from_a_form_that_is_not_the_newest(self, after: int) -> None:
        for case in (PROPOSED, PROPOSED.with_facts([ActEnded(AT, ACT, "refused")])):
            with pytest.raises(FormOutdated):
                decide(case, ActOffered(HERE, OTHER_ACT, after), at=AT)
            decide(case, ActOffered(HERE, OTHER_ACT, 1), at=AT)

    def test_show_the_case_s_newest_act_alone_and_note_it_once(self) -> None:
        newer = PROPOSED.with_facts(decide(PROPOSED, ActOffered(HERE, OTHER_ACT, 1), at=AT))
        with pytest.raises(ActNotInCase):
            decide(newer, ActDisplayed(HERE, ACT), at=AT)
        assert decide(SHOWN, ActDisplayed(HERE, ACT), at=AT) == []


class TestSigned:
    def test_is_the_end_of_the_act(self) -> None:
        facts = decide(SHOWN, ActSigned(HERE, ACT, HANAKO), at=AT)
        assert facts == [ActEnded(AT, ACT, "done")]
        after = SHOWN.with_facts(facts)
        assert (after.acts_done, after.act_id) == (1, None)

    @pytest.mark.parametrize(
        ("case", "event", "refusal"),
        [
            pytest.param(SHOWN, ActSigned(HERE, OTHER_ACT, HANAKO), ActNotInCase, id="another-act"),
            pytest.param(
                SHOWN.with_facts([ActEnded(AT, ACT, "done")]), ActSigned(HERE, ACT, HANAKO), ActNotInCase, id="twice"
            ),
            pytest.param(PROPOSED, ActSigned(HERE, ACT, HANAKO), ActNotShown, id="not-shown"),
            pytest.param(SHOWN, ActSigned(HERE, ACT, TARO), AnotherCardInCase, id="another-card"),
        ],
    )
    def test_is_refused(self, case: Case, event: ActSigned, refusal: type[UnableAtCounter]) -> None:
        with pytest.raises(refusal):
            decide(case, event, at=AT)

    def test_is_refused_for_a_correction_that_was_not_shown(self) -> None:
        corrected = SHOWN.with_facts(decide(SHOWN, ActOffered(HERE, OTHER_ACT, 1), at=AT))
        with pytest.raises(ActNotShown):
            decide(corrected, ActSigned(HERE, OTHER_ACT, HANAKO), at=AT)


class TestReports:
    @pytest.mark.parametrize("event", REPORTS)
    def test_add_nothing_to_a_case_that_was_ended(self, event: Event) -> None:
        assert decide(SHOWN.with_facts([Ended(AT, "finished")]), event, at=AT) == []

    @pytest.mark.parametrize("event", REPORTS)
    def test_find_that_time_has_ended_it_at_the_instant_at_which_it_did(self, event: Event) -> None:
        assert decide(OPENED, event, at=AT + 500 * SECOND) == [Ended(AT + 90 * SECOND, "idle")]

    @pytest.mark.parametrize(
        ("case", "event", "facts"),
        [
            pytest.param(WITH_CARD, CardReported(TARO, AT), [Ended(AT, "second_card")], id="second-card"),
            pytest.param(WITH_CARD, CardReported(HANAKO, AT), [CardStillIn(AT)], id="same-card"),
            pytest.param(WITH_CARD, RemovalReported(), [Ended(AT, "card_removed")], id="removal"),
            pytest.param(OPENED, RemovalReported(), [], id="no-card-yet"),
            pytest.param(SHOWN, ActRefused(ACT, None), [ActEnded(AT, ACT, "refused")], id="refused"),
            pytest.param(SHOWN, ActRefused(OTHER_ACT, HANAKO), [], id="another-act-refused"),
            pytest.param(
                SHOWN,
                ActRefused(ACT, TARO),
                [ActEnded(AT, ACT, "refused"), Ended(AT, "second_card")],
                id="signed-by-another-card",
            ),
            pytest.param(SHOWN, Leave(HERE, "next_person"), [Ended(AT, "next_person")], id="next-person"),
            pytest.param(SHOWN, AnotherCaseOpened(), [Ended(AT, "another_case")], id="another-case"),
            pytest.param(SHOWN, TimePassed(), [], id="nothing"),
        ],
    )
    def test_decide(self, case: Case, event: Event, facts: list[object]) -> None:
        assert decide(case, event, at=AT) == facts

    def test_take_the_card_of_a_slip_and_no_other(self) -> None:
        resumed = replace(OPENED, card=WITH_CARD.card)
        with pytest.raises(NoCardInCase):
            decide(resumed, ActOffered(HERE, ACT, 0), at=AT)
        assert decide(resumed, CardReported(TARO, AT), at=AT) == [Ended(AT, "second_card")]
        there = resumed.with_facts(decide(resumed, CardReported(HANAKO, AT), at=AT))
        assert there.contact_at == AT

    @pytest.mark.parametrize("put_down_at", [AT - timedelta(microseconds=1), None])
    def test_take_no_card_that_lay_there_before_the_case_until_it_was_taken_out(
        self, put_down_at: datetime | None
    ) -> None:
        there = CardReported(HANAKO, put_down_at)
        assert decide(OPENED, there, at=AT) == [LeftCardSeen(AT)]
        left = OPENED.with_facts([LeftCardSeen(AT)])
        assert decide(left, there, at=AT) == []
        with pytest.raises(NoCardInCase):
            decide(left, ActOffered(HERE, ACT, 0), at=AT)
        assert decide(left, RemovalReported(), at=AT) == [ReaderEmptied(AT)]
        emptied = left.with_facts([ReaderEmptied(AT)])
        assert not emptied.is_card_left
        assert decide(emptied, there, at=AT) == [LeftCardSeen(AT)], "the word of its removal was a late one"
        assert isinstance(decide(emptied, CardReported(HANAKO, AT), at=AT)[0], CardSeen)

    def test_take_the_card_that_is_put_down_in_the_place_of_one_that_was_left(self) -> None:
        left = OPENED.with_facts([LeftCardSeen(AT)])
        (seen,) = decide(left, CardReported(TARO, AT), at=AT)
        assert isinstance(seen, CardSeen)
        assert not left.with_facts([seen]).is_card_left

    def test_of_a_card_that_was_left_put_the_end_off_for_nobody(self) -> None:
        assert OPENED.with_facts([LeftCardSeen(AT + SECOND)]).idle_at() == OPENED.idle_at()

    def test_of_a_card_that_lay_there_before_do_not_end_a_case_that_waits_for_its_slip_s(self) -> None:
        resumed = replace(OPENED, card=WITH_CARD.card)
        for card in (HANAKO, TARO):
            assert decide(resumed, CardReported(card, AT - SECOND), at=AT) == [LeftCardSeen(AT)]

    def test_of_another_terminal_s_clerk_end_nothing(self) -> None:
        with pytest.raises(CaseElsewhere):
            decide(SHOWN, Leave(ELSEWHERE, "next_person"), at=AT)


EVENTS = st.sampled_from([*REQUESTS, *REPORTS, ActOffered(HERE, OTHER_ACT, 1), ActSigned(HERE, OTHER_ACT, TARO)])


class TestAnyOrderOfEvents:
    @given(st.lists(st.tuples(EVENTS, st.integers(0, 40)), max_size=30))
    def test_lets_only_the_first_card_sign_and_nothing_happen_after_the_end(
        self, events: list[tuple[Event, int]]
    ) -> None:
        case, at, over = OPENED, AT, None
        for event, pause in events:
            at += pause * SECOND
            over = over or case.over(at=at)
            try:
                facts = decide(case, event, at=at)
            except UnableAtCounter:
                continue
            signed = [fact for fact in facts if isinstance(fact, ActEnded) and fact.outcome == "done"]
            if signed:
                assert over is None
                assert isinstance(event, ActSigned)
                assert case.card == WITH_CARD.card if event.fingerprint == HANAKO else case.card != WITH_CARD.card
                assert case.is_shown
            if over:
                assert all(fact == Ended(over.at, over.reason) for fact in facts)
            case = case.with_facts(facts)


class TestWork:
    def test_goes_on_only_while_a_card_is_there(self) -> None:
        assert decide(WITH_CARD, WorkWanted(HERE), at=AT) == [Continued(AT)]
        with pytest.raises(NoCardInCase):
            decide(OPENED, WorkWanted(HERE), at=AT)

    def test_keeps_the_kind_of_a_proof_and_nothing_of_it(self) -> None:
        facts = decide(WITH_CARD, WorkWanted(HERE, "child_handbook"), at=AT)
        assert facts == [Continued(AT), ProofSeen(AT, "child_handbook")]


class TestLack:
    def test_ends_a_case_and_is_kept_also_where_no_card_came(self) -> None:
        facts = decide(OPENED, Lacking(HERE, "no_card"), at=AT)
        assert facts == [SentHome(AT, "no_card"), Ended(AT, "finished")]
        assert OPENED.with_facts(facts).lack == "no_card"
