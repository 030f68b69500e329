"""A locked card: two different members of staff, one order, one card; and the card itself afterwards."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from cryptography.x509 import ReasonFlags
from django.core.management import CommandError, call_command
from pytest_django import Settings

from cast import AT, SECOND, Cast
from jpki.client import JpkiCard
from jpki.pin import Pin
from jpki.virtual.card import VirtualCard
from jpki.virtual.contents import FileMemory
from jpki.virtual.errors import CertificateAlreadyRevoked, UnusableSecret
from mynapoint.console.counterparts import COUNTERPARTS
from mynapoint.journal.models import Entry
from mynapoint.journal.operations import sequence
from mynapoint.journal.queries import verify_journal
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.slip_code import SlipCode, group_code
from mynapoint.pinreset.models import EndedReset, IdentityCheck, OpenedReset
from mynapoint.pinreset.operations import check_identity, end_reset, get_order, open_reset, unblock
from mynapoint.pinreset.queries import get_reset, list_resets
from mynapoint.pinreset.rules import (
    CHECK_LIFE,
    ORDER_LIFE,
    CheckedTwice,
    NotChecked,
    Reset,
    ResetOver,
    ResetUnknown,
    SameMember,
    read_order,
)
from races import at_once

COUNTER = "mihon-shimin"
AOI, BUNTA, CHIYO = 7, 8, 9


def opened(at: datetime = AT) -> Reset:
    return open_reset(COUNTER, uuid4(), user_id=AOI, at=at)


def check(reset: Reset, member: int, *, at: datetime = AT) -> Reset:
    return check_identity(COUNTER, reset.id, "driving_licence", user_id=member, at=at)


def ordered() -> Reset:
    reset = opened()
    check(reset, AOI)
    return check(reset, BUNTA)


@pytest.mark.django_db
class TestReset:
    def test_is_opened_once_for_a_double_click_and_numbered(self) -> None:
        name = uuid4()
        resets = [open_reset(COUNTER, name, user_id=AOI, at=AT) for _ in range(2)]
        assert resets[0] == resets[1]
        assert (resets[0].number, opened().number) == (1, 2)

    def test_needs_two_different_members_of_staff(self) -> None:
        reset = opened()
        with pytest.raises(NotChecked):
            get_order(COUNTER, reset.id, at=AT)
        assert not check(reset, AOI).is_ordered(at=AT)
        with pytest.raises(SameMember):
            check(reset, AOI)
        with pytest.raises(NotChecked):
            get_order(COUNTER, reset.id, at=AT)
        assert check(reset, BUNTA).is_ordered(at=AT)
        with pytest.raises(CheckedTwice):
            check(reset, CHIYO)
        assert get_order(COUNTER, reset.id, at=AT) == get_order(COUNTER, reset.id, at=AT)

    @pytest.mark.parametrize(("late", "counts"), [(-SECOND, True), (timedelta(0), False)])
    def test_gives_each_step_half_an_hour(self, late: timedelta, counts: bool) -> None:
        def try_it(step: object) -> bool:
            try:
                step()  # type: ignore[operator]
            except ResetOver:
                return False
            return True

        reset = opened()
        first_at = AT + CHECK_LIFE + late
        assert try_it(lambda: check(reset, AOI, at=first_at)) is counts
        another = opened()
        check(another, AOI)
        assert try_it(lambda: check(another, BUNTA, at=AT + CHECK_LIFE + late)) is counts
        assert try_it(lambda: get_order(COUNTER, ordered().id, at=AT + ORDER_LIFE + late)) is counts

    def test_keeps_the_kind_of_document_alone(self) -> None:
        reset = opened()
        check_identity(COUNTER, reset.id, "residence_card", user_id=AOI, at=AT)
        entry = Entry.objects.get()
        assert f'"reset":"{reset.id}"' in entry.facts
        assert '"document":"residence_card"' in entry.facts
        assert IdentityCheck.objects.get().document == "residence_card"

    def test_is_on_the_list_until_it_is_over(self) -> None:
        reset = ordered()
        assert [one.id for one in list_resets(COUNTER, AT.date(), at=AT)] == [reset.id]
        end_reset(COUNTER, reset.id, "failed", user_id=AOI, at=AT)
        assert list_resets(COUNTER, AT.date(), at=AT) == []
        with pytest.raises(ResetOver):
            end_reset(COUNTER, reset.id, "failed", user_id=AOI, at=AT)

    def test_is_done_only_when_it_was_ordered(self) -> None:
        reset = opened()
        with pytest.raises(NotChecked):
            end_reset(COUNTER, reset.id, "done", user_id=AOI, at=AT)
        end_reset(COUNTER, reset.id, "given_up", user_id=AOI, at=AT)
        with pytest.raises(ResetOver):
            check(reset, AOI)

    def test_is_unknown_elsewhere_and_by_no_code(self) -> None:
        with pytest.raises(ResetUnknown):
            get_reset("mihon-mall", opened().id)
        for wrong in (lambda: read_order("12"), lambda: unblock(SlipCode("A" * 12), lambda: None, at=AT)):
            with pytest.raises(ResetUnknown):
                wrong()

    def test_agrees_with_the_journal(self) -> None:
        unblock(get_order(COUNTER, ordered().id, at=AT), lambda: None, at=AT)
        end_reset(COUNTER, ordered().id, "given_up", user_id=AOI, at=AT)
        sequence(at=AT)
        assert not verify_journal(counterparts=COUNTERPARTS).findings
        EndedReset.objects.filter(outcome="given_up").update(outcome="failed")
        assert [one.table for one in verify_journal(counterparts=COUNTERPARTS).findings] == ["pinreset_endedreset"]


@pytest.mark.django_db
class TestUnblock:
    def test_makes_a_locked_card_usable_with_the_new_pin(self, cast: Cast) -> None:
        card = cast.card("hanako")
        client = JpkiCard(VirtualCard.open(card))
        for _ in range(3):
            with pytest.raises(Exception):  # noqa: B017 - the card's own refusals, the last of them its lock
                client.sign_statement(b"x", pin=Pin("0000"))
        assert FileMemory(card).read().pin.tries_left == 0
        order = get_order(COUNTER, ordered().id, at=AT)
        unblock(order, lambda: cast.authority.unblock(card, pin="4321"), at=AT)
        assert FileMemory(card).read().pin.tries_left == 3
        assert JpkiCard(VirtualCard.open(card)).sign_statement(b"x", pin=Pin("4321")).signature

    def test_uses_the_order_up(self, cast: Cast) -> None:
        order = get_order(COUNTER, ordered().id, at=AT)
        unblock(order, lambda: None, at=AT)
        with pytest.raises(ResetOver):
            unblock(order, lambda: None, at=AT)

    def test_leaves_the_order_when_the_card_cannot_be_unblocked(self, cast: Cast) -> None:
        card, order = cast.card("hanako"), get_order(COUNTER, ordered().id, at=AT)
        with pytest.raises(UnusableSecret):
            unblock(order, lambda: cast.authority.unblock(card, pin="12"), at=AT)
        unblock(order, lambda: cast.authority.unblock(card, pin="4321"), at=AT)
        assert EndedReset.objects.count() == 1

    def test_is_done_in_a_demonstration_by_the_order_at_a_command(self, cast: Cast, settings: Settings) -> None:
        cast.serve(settings, at=AT)
        card, order = cast.card("hanako"), get_order(COUNTER, ordered().id, at=AT)
        for wrong, said in (("ACDE-ACDE-ACDE", "no such order"), ("x", "no such order")):
            with pytest.raises(CommandError, match=said):
                call_command("card", "unblock", card, wrong, "--pin", "4321")
        with pytest.raises(CommandError, match="four digits"):
            call_command("card", "unblock", card, group_code(order), "--pin", "43")
        call_command("card", "unblock", card, group_code(order), "--pin", "4321")
        assert JpkiCard(VirtualCard.open(card)).sign_statement(b"x", pin=Pin("4321")).signature
        with pytest.raises(CommandError, match="used up"):
            call_command("card", "unblock", card, group_code(order), "--pin", "9999")

    def test_is_refused_to_a_revoked_card(self, cast: Cast) -> None:
        card = cast.card("hanako")
        cast.authority.revoke(card, at=AT, reason=ReasonFlags.key_compromise)
        with pytest.raises(CertificateAlreadyRevoked):
            cast.authority.unblock(card, pin="4321")


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_one_member_checks_once_however_often_they_click(self) -> None:
        reset = opened()
        answers = at_once(*[lambda: check(reset, AOI)] * 3)
        assert sum(isinstance(answer, SameMember | CheckedTwice) for answer in answers) == 2
        assert IdentityCheck.objects.count() == 1

    def test_three_members_make_one_order(self) -> None:
        reset = opened()
        at_once(*[lambda member=member: check(reset, member) for member in (AOI, BUNTA, CHIYO)])
        checks = list(IdentityCheck.objects.order_by("slot").values_list("slot", flat=True))
        assert checks in ([0], [0, 1])
        assert Entry.objects.count() == len(checks)

    def test_two_terminals_use_one_order_once(self) -> None:
        order = get_order(COUNTER, ordered().id, at=AT)
        answers = at_once(*[lambda: unblock(order, lambda: None, at=AT)] * 3)
        assert sum(isinstance(answer, Refusal) for answer in answers) == 2
        assert EndedReset.objects.count() == 1

    def test_resets_are_numbered_apart(self) -> None:
        at_once(*[lambda n=n: open_reset(COUNTER, UUID(int=n), user_id=AOI, at=AT) for n in range(4)])
        assert sorted(OpenedReset.objects.values_list("number", flat=True)) == [1, 2, 3, 4]

    def test_one_reset_is_opened_however_often_they_click(self) -> None:
        resets = at_once(*[lambda: open_reset(COUNTER, UUID(int=1), user_id=AOI, at=AT)] * 4)
        assert {reset.number for reset in resets if isinstance(reset, Reset)} == {1}
        assert OpenedReset.objects.count() == 1
