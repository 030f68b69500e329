"""A certificate of unknown past: held, reviewed by two people or resolved by its lineage, and never a second person."""

from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from uuid_utils.compat import uuid7

from cast import AT, DAY, SECOND
from holder.review_parties import (
    HIRO,
    KEY,
    MICHI,
    SAORI,
    Held,
    Receipt,
    act,
    attempt,
    be_held,
    certificate,
    confirm,
    decide,
    propose,
    renewed,
)
from jpki.registry import FirstIssue, UnknownLineage
from mynapoint.holder.models import Hold, Holder, HolderCertificate, HoldOutcome, HoldStep
from mynapoint.holder.operations import answer_decision, propose_decision, reopen_hold, resolve_holds
from mynapoint.holder.queries import (
    count_open_holds,
    find_last_hold,
    get_hold,
    list_closed_holds,
    list_open_holds,
)
from mynapoint.holder.rules import (
    DecisionProposed,
    DecisionUnknown,
    HeldForReview,
    HoldClosed,
    HoldNotRejected,
    HoldUnknown,
    NamedActTooLate,
    NamedActUnknown,
    NamedHolderMovedOn,
    NamedHolderNotTouched,
    NothingProposed,
    OwnProposal,
    ProposedDecision,
    RejectedInReview,
    ReleaseImpossible,
    hash_certificate,
)
from mynapoint.journal.models import Entry
from mynapoint.journal.operations import record
from races import at_once

pytestmark = pytest.mark.django_db
OLD, NEW, NEWER = 1, 2, 3


def hash_of(serial: int) -> bytes:
    return hash_certificate(certificate(serial), key=KEY)


def kinds() -> list[str]:
    return list(Entry.objects.order_by("id").values_list("kind", flat=True))


@pytest.fixture
def receipt() -> Receipt:
    """Hanako reserved with her first card, the day before."""
    return act(OLD, at=AT - DAY)


@pytest.fixture
def held() -> Held:
    """She comes with a new card, and nobody knows what it followed."""
    return be_held(NEW, UnknownLineage())


@pytest.fixture
def torn() -> tuple[Receipt, Receipt, Held]:
    """Two cards were taken for two people's; a third one follows both."""
    first, second = act(OLD, at=AT - DAY), act(NEW, at=AT - DAY)
    return first, second, be_held(NEWER, renewed(NEW, OLD))


class TestHold:
    def test_is_opened_once_under_the_number_of_its_journal_entry(self, held: Held) -> None:
        again = be_held(NEW, UnknownLineage(), at=AT + DAY)
        assert isinstance(again.refusal, HeldForReview)
        assert again.id == held.id == Entry.objects.get().id
        assert count_open_holds() == 1

    def test_shows_when_the_registry_was_last_asked(self, held: Held) -> None:
        assert get_hold(held.id).last_asked_at == AT
        be_held(NEW, UnknownLineage(), at=AT + DAY)
        assert get_hold(held.id).last_asked_at == AT + DAY

    def test_knows_the_act_and_nothing_personal(self, held: Held) -> None:
        view = get_hold(held.id)
        assert (view.kind, view.programme_id, view.reason) == ("reservation", "mynapoint-2020", "predecessor_unknown")
        assert view.touched == frozenset()
        assert (NEW).to_bytes(1, "big") != view.name.certificate_hash

    def test_stands_in_the_list_until_it_is_closed_longest_first(self, held: Held) -> None:
        later = be_held(NEWER, UnknownLineage(), at=AT + SECOND)
        assert [view.id for view in list_open_holds()] == [held.id, later.id]
        decide(held, "reject")
        assert [view.id for view in list_open_holds()] == [later.id]
        assert [view.id for view in list_closed_holds()] == [held.id]
        assert count_open_holds() == 1

    def test_is_unknown_by_any_other_number(self) -> None:
        with pytest.raises(HoldUnknown):
            get_hold(uuid7())


class TestLineage:
    def test_that_arrives_later_resolves_a_hold_by_itself(self, receipt: Receipt, held: Held) -> None:
        assert act(NEW, renewed(OLD), at=AT + DAY).holder_id == receipt.holder_id
        view = get_hold(held.id)
        assert (view.outcome, view.closed_at) == ("identified", AT + DAY)
        assert kinds() == ["reservation", "hold", "hold_closed", "reservation"]

    def test_resolves_a_hold_also_when_only_a_later_card_comes(self, receipt: Receipt, held: Held) -> None:
        assert act(NEWER, renewed(NEW, OLD)).holder_id == receipt.holder_id
        assert get_hold(held.id).outcome == "identified"

    def test_resolves_a_hold_also_when_the_act_itself_is_refused(self, receipt: Receipt, held: Held) -> None:
        resolve_holds(certificate(NEW), lineage=renewed(OLD), key=KEY, at=AT)
        assert get_hold(held.id).outcome == "identified"
        assert act(NEW, UnknownLineage()).holder_id == receipt.holder_id

    def test_is_not_written_down_for_a_refused_act_that_nobody_waits_for(self, receipt: Receipt) -> None:
        resolve_holds(certificate(NEW), lineage=renewed(OLD), key=KEY, at=AT)
        assert not HolderCertificate.objects.filter(certificate_hash=hash_of(NEW)).exists()

    def test_goes_before_a_proposal(self, held: Held) -> None:
        propose(held, "release")
        act(NEW, renewed(OLD))
        with pytest.raises(HoldClosed):
            confirm(held)
        assert Holder.objects.count() == 1

    def test_goes_before_a_rejection(self, receipt: Receipt, held: Held) -> None:
        decide(held, "reject")
        assert act(NEW, renewed(OLD)).holder_id == receipt.holder_id

    def test_that_contradicts_a_release_is_held_again_and_never_merged(self, receipt: Receipt, held: Held) -> None:
        decide(held, "release")
        assert act(NEW, UnknownLineage()).holder_id != receipt.holder_id
        torn = be_held(NEW, renewed(OLD))
        assert get_hold(torn.id).reason == "two_holders"
        assert decide(torn, "attach", named=receipt).outcome == "settled"
        assert act(NEW, renewed(OLD)).holder_id == receipt.holder_id
        assert act(NEWER, renewed(NEW, OLD)).holder_id == receipt.holder_id

    def test_that_leads_to_two_holders_supersedes_the_hold(self, torn: tuple[Receipt, Receipt, Held]) -> None:
        newest = be_held(7, UnknownLineage())
        again = be_held(7, renewed(NEW, OLD))
        assert again.id != newest.id
        assert get_hold(newest.id).outcome == "superseded"
        assert get_hold(again.id).reason == "two_holders"

    def test_that_is_lost_again_leaves_the_hold_as_it_is(self, torn: tuple[Receipt, Receipt, Held]) -> None:
        assert be_held(NEWER, UnknownLineage()).id == torn[2].id


class TestRelease:
    def test_makes_a_new_holder_and_lets_the_next_act_through(self, receipt: Receipt, held: Held) -> None:
        assert decide(held, "release").outcome == "released"
        assert act(NEW, UnknownLineage()).holder_id not in {receipt.holder_id}
        assert act(NEW, UnknownLineage()).holder_id == act(NEW, UnknownLineage()).holder_id

    def test_is_impossible_when_the_past_is_known(self, torn: tuple[Receipt, Receipt, Held]) -> None:
        with pytest.raises(ReleaseImpossible):
            propose(torn[2], "release")


class TestAttach:
    def test_makes_the_certificate_the_named_acts_holders(self, receipt: Receipt, held: Held) -> None:
        assert decide(held, "attach", named=receipt).outcome == "attached"
        assert act(NEW, UnknownLineage()).holder_id == receipt.holder_id
        assert act(NEW, renewed(OLD)).holder_id == receipt.holder_id

    def test_needs_the_number_of_an_act(self, held: Held) -> None:
        with pytest.raises(NamedActUnknown):
            propose(held, "attach")

    def test_takes_no_number_but_a_done_acts(self, receipt: Receipt, held: Held) -> None:
        for number in (uuid7(), held.id):
            with pytest.raises(NamedActUnknown):
                propose(held, "attach", named=Receipt(number, receipt.holder_id))

    def test_takes_no_entry_that_this_platform_did_not_write(self, receipt: Receipt, held: Held) -> None:
        Entry.objects.filter(id=receipt.number).update(recorded_at=AT - 2 * DAY)
        with pytest.raises(NamedActUnknown):
            propose(held, "attach", named=receipt)

    def test_takes_no_act_whose_certificate_is_nobodys(self, held: Held) -> None:
        with transaction.atomic():
            entry = record(kind="reservation", facts={"holder": "00", "certificate": hash_of(9).hex()}, at=AT - DAY)
        with pytest.raises(NamedActUnknown):
            propose(held, "attach", named=Receipt(entry, uuid7()))

    def test_takes_an_act_until_just_before_the_hold(self, held: Held) -> None:
        with pytest.raises(NamedActTooLate):
            propose(held, "attach", named=act(OLD, at=AT))
        assert propose(held, "attach", named=act(OLD, at=AT - SECOND)).standing == "awaiting_second_person"

    def test_takes_no_holder_who_has_another_new_card(self, receipt: Receipt, held: Held) -> None:
        act(NEWER, renewed(OLD), at=AT + SECOND)
        with pytest.raises(NamedHolderMovedOn):
            propose(held, "attach", named=receipt)

    def test_looks_at_the_holder_again_before_it_is_carried_out(self, receipt: Receipt, held: Held) -> None:
        propose(held, "attach", named=receipt)
        act(NEWER, renewed(OLD), at=AT + SECOND)
        with pytest.raises(NamedHolderMovedOn):
            confirm(held)
        assert get_hold(held.id).standing == "awaiting_second_person"

    def test_of_a_known_past_takes_a_holder_of_that_past_only(self, torn: tuple[Receipt, Receipt, Held]) -> None:
        with pytest.raises(NamedHolderNotTouched):
            propose(torn[2], "attach", named=act(77, at=AT - DAY))
        decide(torn[2], "attach", named=torn[1])
        assert act(NEWER, renewed(NEW, OLD)).holder_id == torn[1].holder_id


class TestWrongAttach:
    """Somebody shows another person's receipt: the other's own card brings it to light."""

    @pytest.fixture
    def found_out(self, receipt: Receipt, held: Held) -> Held:
        decide(held, "attach", named=receipt)
        return be_held(OLD, FirstIssue(), at=AT + DAY)

    def test_is_found_when_the_card_that_was_replaced_is_used_again(self, found_out: Held) -> None:
        assert get_hold(found_out.id).reason == "replaced"

    def test_is_found_by_a_renewal_of_that_card_too(self, found_out: Held) -> None:
        assert get_hold(be_held(NEWER, renewed(OLD), at=AT + DAY).id).reason == "replaced"

    def test_is_corrected_on_both_sides(self, receipt: Receipt, found_out: Held) -> None:
        assert decide(found_out, "attach", named=receipt, at=AT + DAY).outcome == "settled"
        assert act(OLD, at=AT + DAY).holder_id == receipt.holder_id
        stranger = be_held(NEW, UnknownLineage(), at=AT + DAY)
        assert get_hold(stranger.id).reason == "replaced"
        assert decide(stranger, "release", at=AT + DAY).outcome == "settled"
        assert act(NEW, UnknownLineage(), at=AT + DAY).holder_id != receipt.holder_id
        assert act(OLD, at=AT + DAY).holder_id == receipt.holder_id

    def test_is_not_suspected_of_somebody_who_loses_a_card_twice(self, receipt: Receipt, held: Held) -> None:
        decide(held, "attach", named=receipt)
        again = be_held(NEWER, UnknownLineage(), at=AT + SECOND)
        decide(again, "attach", named=receipt, at=AT + DAY)
        assert act(NEWER, UnknownLineage(), at=AT + DAY).holder_id == receipt.holder_id
        assert act(NEWER, renewed(NEW, OLD), at=AT + DAY).holder_id == receipt.holder_id
        assert get_hold(be_held(NEW, UnknownLineage(), at=AT + DAY).id).reason == "replaced"


class TestReject:
    def test_refuses_the_next_act_with_the_number_to_ask_for(self, held: Held) -> None:
        decide(held, "reject")
        again = be_held(NEW, UnknownLineage())
        assert isinstance(again.refusal, RejectedInReview)
        assert again.id == held.id
        assert Hold.objects.count() == 1

    def test_can_be_reviewed_once_more(self, receipt: Receipt, held: Held) -> None:
        decide(held, "reject")
        reopened = reopen_hold(held.id, user_id=SAORI, at=AT)
        assert be_held(NEW, UnknownLineage()).id == reopened.id != held.id
        again = Held(HeldForReview(hold=str(reopened.id)))
        assert decide(again, "attach", named=receipt).outcome == "attached"
        with pytest.raises(HoldNotRejected):
            reopen_hold(held.id, user_id=SAORI, at=AT)

    def test_alone_is_reviewed_once_more(self, held: Held) -> None:
        with pytest.raises(HoldNotRejected):
            reopen_hold(held.id, user_id=SAORI, at=AT)


class TestFourEyes:
    def test_keep_a_proposal_from_its_own_author(self, held: Held) -> None:
        propose(held, "release")
        with pytest.raises(OwnProposal):
            confirm(held, user_id=HIRO)
        assert get_hold(held.id).is_open

    def test_are_held_by_the_database(self, held: Held) -> None:
        propose(held, "release")
        row = HoldStep.objects.get()
        row.slot, row.word = 2, "confirmed"
        with pytest.raises(IntegrityError, match="one_step_per_person"), transaction.atomic():
            row.save(force_insert=True)

    def test_take_one_proposal_at_a_time(self, held: Held) -> None:
        propose(held, "release")
        with pytest.raises(DecisionProposed):
            propose_decision(held.id, ProposedDecision("reject"), user_id=MICHI, at=AT)

    def test_begin_anew_after_a_refusal(self, held: Held) -> None:
        propose(held, "release")
        declined = answer_decision(held.id, "declined", round_number=1, user_id=MICHI, at=AT)
        assert declined.standing == "awaiting_proposal"
        propose(held, "reject")
        assert confirm(held).outcome == "rejected"

    def test_confirm_only_what_they_saw(self, held: Held) -> None:
        propose(held, "release")
        answer_decision(held.id, "declined", round_number=1, user_id=MICHI, at=AT)
        propose(held, "reject")
        with pytest.raises(NothingProposed):
            answer_decision(held.id, "confirmed", round_number=1, user_id=SAORI, at=AT)

    def test_confirm_nothing_where_nothing_is_proposed(self, held: Held) -> None:
        with pytest.raises(NothingProposed):
            confirm(held)

    def test_decide_once(self, held: Held) -> None:
        decide(held, "release")
        with pytest.raises(HoldClosed):
            propose(held, "reject")
        with pytest.raises(HoldClosed):
            confirm(held, user_id=SAORI)

    def test_know_no_other_decision(self, held: Held) -> None:
        with pytest.raises(DecisionUnknown):
            propose(held, "forget")  # type: ignore[arg-type]

    def test_leave_an_entry_for_each_step(self, receipt: Receipt, held: Held) -> None:
        decide(held, "attach", named=receipt)
        assert kinds() == ["reservation", "hold", "hold_proposed", "hold_answered", "hold_closed"]
        proposed = Entry.objects.get(kind="hold_proposed")
        assert str(receipt.number) in proposed.facts


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("again", range(3))
class TestAtOnce:
    def test_many_acts_open_one_hold(self, again: int) -> None:
        outcomes = at_once(*[lambda: attempt(NEW, UnknownLineage())] * 6)
        assert len({outcome.id for outcome in outcomes if isinstance(outcome, Held)}) == 1
        assert Entry.objects.filter(kind="hold").count() == 1

    def test_two_people_propose_one_decision(self, held: Held, again: int) -> None:
        outcomes = at_once(
            lambda: propose_decision(held.id, ProposedDecision("release"), user_id=HIRO, at=AT),
            lambda: propose_decision(held.id, ProposedDecision("reject"), user_id=MICHI, at=AT),
        )
        assert sum(isinstance(outcome, DecisionProposed) for outcome in outcomes) == 1
        assert HoldStep.objects.count() == Entry.objects.filter(kind="hold_proposed").count() == 1

    def test_one_of_two_answers_counts(self, held: Held, again: int) -> None:
        propose(held, "release")
        outcomes = at_once(
            lambda: answer_decision(held.id, "confirmed", round_number=1, user_id=MICHI, at=AT),
            lambda: answer_decision(held.id, "declined", round_number=1, user_id=SAORI, at=AT),
        )
        assert sum(isinstance(outcome, NothingProposed | HoldClosed) for outcome in outcomes) == 1
        assert HoldStep.objects.filter(slot=2).count() == 1
        assert Holder.objects.count() == HoldOutcome.objects.count() <= 1

    def test_one_person_answers_once(self, held: Held, again: int) -> None:
        propose(held, "release")
        outcomes = at_once(*[
            lambda: answer_decision(held.id, "confirmed", round_number=1, user_id=MICHI, at=AT)
        ] * 3)  # fmt: skip
        assert sum(isinstance(outcome, NothingProposed | HoldClosed) for outcome in outcomes) == 2
        assert HoldStep.objects.filter(user_id=MICHI).count() == HoldOutcome.objects.count() == 1

    def test_a_decision_and_the_lineage_make_one_person_or_a_hold(
        self, receipt: Receipt, held: Held, again: int
    ) -> None:
        propose(held, "release")
        at_once(lambda: confirm(held), lambda: attempt(NEW, renewed(OLD)), lambda: attempt(OLD, FirstIssue()))
        owner: UUID = HolderCertificate.objects.get(certificate_hash=hash_of(NEW)).holder_id
        last = find_last_hold(hash_certificate(certificate(NEW), key=KEY))
        assert last is not None
        # Either the lineage was first, and one person stands there; or the release was, and the contradiction is held.
        assert owner == receipt.holder_id or last.reason == "two_holders"
        assert HoldOutcome.objects.filter(number=1).count() == 1
