"""訂正: a link that may be wrong, from the report to its end."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from correction_parties import (
    HIRO,
    LINKED_AT,
    MICHI,
    REPORTED_AT,
    Counterpart,
    apply_and_link,
    decide,
    object_by_card,
    tell,
)
from procrastinate.contrib.django.models import ProcrastinateJob

from cast import AT, DAY, OBJECTION, PROGRAMME, PROGRAMME_FILE, SECOND, Cast, application
from mynapoint.application.models import Application, Objection, StandingChoice
from mynapoint.application.operations import link
from mynapoint.application.queries import find_link, get_roll, get_state
from mynapoint.application.rules import LinkState, ObjectionReason, ServiceUnreachable
from mynapoint.console.counterparts import COUNTERPARTS
from mynapoint.correction.models import Correction, CorrectionStep
from mynapoint.correction.operations import add_evidence, answer, follow, freeze, propose, report
from mynapoint.correction.queries import (
    count_open_corrections,
    get_correction,
    list_closed_corrections,
    list_corrections,
    list_open_corrections,
)
from mynapoint.correction.rules import (
    AlreadyReported,
    CorrectionUnknown,
    EvidenceUnknown,
    NothingLinked,
    ObjectionWindowClosed,
    State,
    StepNotDue,
)
from mynapoint.holder.rules import DecisionProposed, DecisionUnknown, NamedActUnknown, NothingProposed, OwnProposal
from mynapoint.journal.operations import sequence
from mynapoint.journal.queries import verify_journal
from mynapoint.programme.queries import REGISTER
from mynapoint.programme.rules import (
    Programme,
    WindowClosed,
    find_objection_end,
    get_links_until,
)

pytestmark = pytest.mark.django_db
LATER = REPORTED_AT + timedelta(hours=1)
CLOSED_AT = datetime.fromisoformat("2021-04-01T00:00:00+09:00")


@pytest.fixture
def hanako(cast: Cast, programme: str) -> Path:
    card = cast.card("hanako")
    cast.reserve(card)
    return card


@pytest.fixture
def receipt(cast: Cast, hanako: Path) -> UUID:
    """Hanako's application is linked; its receipt's number."""
    return apply_and_link(cast, hanako)


@pytest.fixture
def reported(cast: Cast, hanako: Path, receipt: UUID) -> UUID:
    """Hanako has objected; the correction's number."""
    return object_by_card(cast, hanako)


def state_of(correction_id: UUID, *, at: datetime = LATER) -> State:
    return get_correction(correction_id, at=at).state


class TestReport:
    def test_begins_with_an_objection_about_a_link(self, reported: UUID) -> None:
        view = get_correction(reported, at=LATER)
        assert (view.state, view.source, view.reason, view.user_id) == (
            State.REPORTED,
            "objection",
            "not_my_account",
            None,
        )
        assert [each.id for each in list_open_corrections(at=LATER)] == [reported]

    @pytest.mark.parametrize("reason", ["not_my_reservation", "not_my_look", "other"])
    def test_does_not_begin_with_an_objection_about_something_else(
        self, cast: Cast, hanako: Path, receipt: UUID, reason: str
    ) -> None:
        cast.act(replace(OBJECTION, content={"reason": reason}), hanako, at=REPORTED_AT)
        assert Objection.objects.count() == 1
        assert not Correction.objects.exists()

    def test_does_not_begin_without_a_link(self, cast: Cast, hanako: Path) -> None:
        cast.act(application("1234567890"), hanako)
        cast.act(OBJECTION, hanako, at=REPORTED_AT)
        assert not Correction.objects.exists()

    def test_is_one_for_all_that_a_holder_says_meanwhile(self, cast: Cast, hanako: Path, reported: UUID) -> None:
        cast.act(replace(OBJECTION, content={"reason": "link_is_wrong"}), hanako, at=LATER)
        assert [row.id for row in Correction.objects.all()] == [reported]
        assert Objection.objects.count() == 2

    def test_begins_with_a_receipt_shown_to_staff(self, receipt: UUID) -> None:
        number = report(receipt, ObjectionReason.ACCOUNT, source="counter", user_id=HIRO, at=REPORTED_AT)
        view = get_correction(number, at=LATER)
        assert (view.source, view.user_id, view.service_id) == ("counter", HIRO, "hanamaru")

    def test_takes_any_receipt_of_the_person(self, cast: Cast, hanako: Path, receipt: UUID) -> None:
        other = cast.act(replace(OBJECTION, content={"reason": "other"}), hanako, at=REPORTED_AT)
        number = report(other.entry_id, ObjectionReason.LINK, source="office", user_id=HIRO, at=LATER)
        assert state_of(number) is State.REPORTED

    def test_refuses_a_number_that_is_no_act_s(self, reported: UUID) -> None:
        for number in (uuid4(), reported):
            if number != reported:
                with pytest.raises(NamedActUnknown):
                    report(number, ObjectionReason.LINK, source="office", user_id=HIRO, at=LATER)
            else:
                with pytest.raises(AlreadyReported):
                    report(number, ObjectionReason.LINK, source="office", user_id=HIRO, at=LATER)

    def test_refuses_a_person_without_a_link(self, cast: Cast, hanako: Path) -> None:
        done = cast.act(OBJECTION, hanako)
        with pytest.raises(NothingLinked):
            report(done.entry_id, ObjectionReason.ACCOUNT, source="office", user_id=HIRO, at=LATER)

    def test_is_refused_while_one_is_open_and_taken_after_it(
        self, cast: Cast, hanako: Path, receipt: UUID, reported: UUID
    ) -> None:
        with pytest.raises(AlreadyReported) as refused:
            report(receipt, ObjectionReason.LINK, source="office", user_id=HIRO, at=LATER)
        assert refused.value.correction == str(reported)
        door = Counterpart()
        decide(reported, "keep", at=LATER)
        tell(reported, door, at=LATER)
        second = report(receipt, ObjectionReason.LINK, source="office", user_id=HIRO, at=LATER)
        freeze(second, user_id=HIRO, at=LATER)
        tell(second, door, at=LATER)
        assert door.told == [(1, "held"), (2, "resumed"), (3, "held")]


class TestWindow:
    """A link that was made in September is counted by September's closing, which ends with the month."""

    END = datetime.fromisoformat("2020-10-01T00:00:00+09:00")

    def test_is_open_until_the_last_second_of_the_first_closing(self, cast: Cast, hanako: Path, receipt: UUID) -> None:
        cast.act(OBJECTION, hanako, at=self.END - SECOND)
        assert Correction.objects.exists()

    def test_is_closed_from_the_closing_s_end_on(self, cast: Cast, hanako: Path, receipt: UUID) -> None:
        with pytest.raises(ObjectionWindowClosed) as refused:
            cast.act(OBJECTION, hanako, at=self.END)
        assert refused.value.closed_at == self.END
        assert not Objection.objects.exists()

    def test_is_no_limit_for_staff(self, receipt: UUID) -> None:
        assert report(receipt, ObjectionReason.ACCOUNT, source="office", user_id=HIRO, at=self.END + DAY)

    def test_moves_to_the_next_closing_for_a_link_without_enough_days(self) -> None:
        programme = with_days(3)
        enough = datetime.fromisoformat("2020-09-28T00:00:00+09:00") - SECOND
        assert find_objection_end(programme, linked_at=enough) == self.END
        assert find_objection_end(programme, linked_at=enough + SECOND) == datetime.fromisoformat(
            "2020-11-01T00:00:00+09:00"
        )

    def test_keeps_a_link_out_of_the_roll_for_as_long(self, cast: Cast, hanako: Path, receipt: UUID) -> None:
        token = bytes(Application.objects.get().link_token)
        days = (self.END - LINKED_AT) // DAY
        for wait, roll in ((days, [token]), (days + 1, [])):
            until = get_links_until(with_days(wait), "2020-09")
            assert get_roll(PROGRAMME, "hanamaru", links_until=until) == roll

    def test_lets_the_last_closing_count_every_link(self) -> None:
        programme = with_days(30)
        last = programme.closing[-1]
        assert get_links_until(programme, last.id) == last.ends_at
        assert find_objection_end(programme, linked_at=last.ends_at - SECOND) == last.ends_at
        assert find_objection_end(programme, linked_at=last.ends_at) is None


class TestFreeze:
    def test_orders_the_service_to_hold_the_link(self, reported: UUID) -> None:
        freeze(reported, user_id=HIRO, at=LATER)
        assert state_of(reported) is State.FROZEN
        assert [job.args for job in ProcrastinateJob.objects.filter(task_name="tell_correction")] == [
            {"correction_id": str(reported)}
        ]

    def test_happens_once(self, reported: UUID) -> None:
        freeze(reported, user_id=HIRO, at=LATER)
        with pytest.raises(StepNotDue) as refused:
            freeze(reported, user_id=MICHI, at=LATER)
        assert refused.value.state == "frozen"

    def test_needs_a_correction(self, programme: str) -> None:
        with pytest.raises(CorrectionUnknown):
            freeze(uuid4(), user_id=HIRO, at=LATER)


class TestDecision:
    def test_needs_a_held_link_and_evidence(self, reported: UUID) -> None:
        with pytest.raises(StepNotDue):
            add_evidence(reported, "receipt_seen", user_id=HIRO, at=LATER)
        freeze(reported, user_id=HIRO, at=LATER)
        with pytest.raises(StepNotDue):
            propose(reported, "undo", user_id=HIRO, at=LATER)
        with pytest.raises(EvidenceUnknown):
            add_evidence(reported, "hearsay", user_id=HIRO, at=LATER)

    def test_needs_two_people(self, reported: UUID) -> None:
        self.propose(reported)
        with pytest.raises(OwnProposal):
            answer(reported, "decided", round_number=1, user_id=HIRO, at=LATER)
        assert answer(reported, "decided", round_number=1, user_id=MICHI, at=LATER).state is State.DECIDED

    def test_begins_anew_when_the_second_person_declines(self, reported: UUID) -> None:
        self.propose(reported)
        answer(reported, "declined", round_number=1, user_id=MICHI, at=LATER)
        with pytest.raises(NothingProposed):
            answer(reported, "decided", round_number=1, user_id=MICHI, at=LATER)
        propose(reported, "keep", user_id=MICHI, at=LATER)
        assert answer(reported, "decided", round_number=2, user_id=HIRO, at=LATER).state is State.DECIDED

    def test_is_one_of_two(self, reported: UUID) -> None:
        freeze(reported, user_id=HIRO, at=LATER)
        add_evidence(reported, "account_seen", user_id=MICHI, at=LATER)
        with pytest.raises(DecisionUnknown):
            propose(reported, "relink", user_id=HIRO, at=LATER)

    def test_waits_for_its_answer(self, reported: UUID) -> None:
        self.propose(reported)
        with pytest.raises(DecisionProposed):
            propose(reported, "keep", user_id=MICHI, at=LATER)
        with pytest.raises(DecisionProposed):
            add_evidence(reported, "card_seen", user_id=MICHI, at=LATER)

    def propose(self, correction_id: UUID) -> None:
        freeze(correction_id, user_id=HIRO, at=LATER)
        add_evidence(correction_id, "receipt_seen", user_id=HIRO, at=LATER)
        propose(correction_id, "undo", user_id=HIRO, at=LATER)


class TestKept:
    def test_ends_once_the_service_has_resumed(self, reported: UUID) -> None:
        decide(reported, "keep", at=LATER)
        assert follow(at=LATER) == 0
        assert state_of(reported) is State.DECIDED
        tell(reported, door := Counterpart(), at=LATER)
        assert door.told == [(1, "held"), (2, "resumed")]
        assert state_of(reported) is State.REJECTED
        assert count_open_corrections() == 0
        assert get_state(*keys()) is LinkState.LINKED


class TestUndone:
    def test_stops_the_link_and_frees_choice_and_account(self, cast: Cast, hanako: Path, reported: UUID) -> None:
        decide(reported, "undo", at=LATER)
        assert get_state(*keys()) is LinkState.STOPPED
        assert not StandingChoice.objects.exists()
        ichiro = cast.card("ichiro")
        cast.reserve(ichiro, at=LATER)
        cast.act(application("1234567890"), ichiro, at=LATER)  # the account's true owner

    def test_ends_with_the_holder_s_own_new_link(self, cast: Cast, hanako: Path, reported: UUID) -> None:
        decide(reported, "undo", at=LATER)
        tell(reported, door := Counterpart(), at=LATER)
        assert door.told == [(1, "held"), (2, "stopped")]
        assert state_of(reported) is State.DECIDED
        apply_and_link(cast, hanako, account="9876543210", at=LATER + DAY)
        follow(at=LATER + DAY)
        assert state_of(reported) is State.RELINKED
        assert [view.id for view in list_closed_corrections(limit=9, at=LATER + DAY)] == [reported]
        link = find_link(keys()[0], programme_id=PROGRAMME)
        assert link is not None
        assert link.linked_at == LATER + DAY + timedelta(minutes=1)

    def test_does_not_end_before_the_service_has_stopped(self, cast: Cast, hanako: Path, reported: UUID) -> None:
        decide(reported, "undo", at=LATER)
        apply_and_link(cast, hanako, account="9876543210", at=LATER)
        follow(at=LATER + DAY)
        assert state_of(reported) is State.DECIDED

    def test_lets_the_holder_choose_again_after_the_window(self, cast: Cast, hanako: Path, receipt: UUID) -> None:
        late = CLOSED_AT - DAY
        number = report(receipt, ObjectionReason.ACCOUNT, source="office", user_id=HIRO, at=late)
        decide(number, "undo", at=late)
        until = late + timedelta(days=60)
        with pytest.raises(WindowClosed):
            cast.act(application("5", service="sakura"), hanako, at=until)
        cast.act(application("9876543210"), hanako, at=until - SECOND)

    def test_lets_nobody_else_choose_after_the_window(self, cast: Cast, reported: UUID) -> None:
        decide(reported, "undo", at=LATER)
        ichiro = cast.card("ichiro")
        cast.reserve(ichiro, at=LATER)
        with pytest.raises(WindowClosed):
            cast.act(application("9876543210"), ichiro, at=CLOSED_AT)


class TestTellService:
    def test_loses_nothing_while_the_service_is_away(self, reported: UUID) -> None:
        decide(reported, "keep", at=LATER)
        with pytest.raises(ServiceUnreachable):
            tell(reported, Counterpart(is_away=True), at=LATER)
        tell(reported, door := Counterpart(), at=LATER)
        assert door.told == [(1, "held"), (2, "resumed")]

    def test_tells_each_order_once(self, reported: UUID) -> None:
        freeze(reported, user_id=HIRO, at=LATER)
        door = Counterpart()
        for _ in range(2):
            tell(reported, door, at=LATER)
        assert door.told == [(1, "held")]


class TestReminder:
    def test_comes_once_for_each_step_that_is_late(self, reported: UUID) -> None:
        due = REPORTED_AT + DAY
        assert follow(at=due - SECOND) == 0
        assert not get_correction(reported, at=due - SECOND).is_late(at=due - SECOND)
        assert (follow(at=due), follow(at=due + DAY)) == (1, 0)
        assert get_correction(reported, at=due).is_late(at=due)
        freeze(reported, user_id=HIRO, at=due)
        assert follow(at=due + timedelta(days=14) - SECOND) == 0
        assert follow(at=due + timedelta(days=14)) == 1
        words = CorrectionStep.objects.filter(kind="reminded").order_by("index").values_list("word", flat=True)
        assert list(words) == ["reported", "frozen"]


class TestJournal:
    def test_has_every_step(self, cast: Cast, hanako: Path, reported: UUID) -> None:
        decide(reported, "undo", at=LATER)
        tell(reported, Counterpart(), at=LATER)
        apply_and_link(cast, hanako, account="9876543210", at=LATER)
        follow(at=LATER)
        follow(at=LATER + timedelta(days=90))
        sequence(at=LATER)
        assert verify_journal(counterparts=COUNTERPARTS).findings == ()
        CorrectionStep.objects.filter(kind="evidence").update(word="card_seen")
        changed = verify_journal(counterparts=COUNTERPARTS).findings
        assert [finding.table for finding in changed] == ["correction_correctionstep"]


class TestListCorrections:
    def test_shows_a_holder_their_own(self, reported: UUID) -> None:
        holder_id, _ = keys()
        assert [view.id for view in list_corrections(holder_id, programme_id=PROGRAMME, at=LATER)] == [reported]
        assert list_corrections(uuid4(), programme_id=PROGRAMME, at=LATER) == []


def keys() -> tuple[UUID, UUID]:
    """Return the ids of the first application."""
    row = Application.objects.order_by("applied_at")[0]
    return row.holder_id, row.id


def with_days(days: int) -> Programme:
    """Return the programme with so many days for objections."""
    programme = REGISTER.read(PROGRAMME_FILE)
    return programme.model_copy(update={"objection": programme.objection.model_copy(update={"days": days})})


def test_links_are_ordered_as_before(cast: Cast, hanako: Path) -> None:
    """A correction changes nothing about the way of a link."""
    cast.act(application("1234567890"), hanako)
    assert link(*keys(), door=Counterpart(), at=AT) is LinkState.LINKED  # type: ignore[arg-type]
