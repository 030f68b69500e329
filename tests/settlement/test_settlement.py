"""Claims, approvals and transfers."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zengin_reader import read_file

from closing_parties import (
    ENDS,
    NOVEMBER_ENDS,
    TOKYO,
    announce,
    close,
    draw_rows,
    hand_in,
    keep_book,
    link,
    open_rows,
    rename_account,
)
from mynapoint.directory.queries import get_service
from mynapoint.journal.models import Entry
from mynapoint.kernel.kana import KanaNotAllowed
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.rules import Programme
from mynapoint.settlement.models import Approval, Claim, Transfer, TransferredClaim
from mynapoint.settlement.operations import approve_claim, make_transfer, raise_claims, raise_missing_claims
from mynapoint.settlement.queries import (
    ClaimView,
    TransferView,
    get_claim,
    get_claim_for_closing,
    get_transfer,
    get_transfer_content,
    list_claims,
    list_payable,
    list_transfers,
    sum_claims,
)
from mynapoint.settlement.rules import (
    ClaimAlreadyApproved,
    ClaimName,
    ClaimUnknown,
    NothingDue,
    NothingPayable,
    SecondPersonNeeded,
    TransferUnknown,
)
from races import at_once

PROGRAMME = "mynapoint-2020"
FRIDAY = datetime(2020, 10, 2, 16, tzinfo=TOKYO)
HIRO, MICHI, TOKU = 1, 2, 3


@pytest.fixture
def programme() -> Programme:
    return announce()


def settle(programme: Programme, points: int, *, service_id: str = "sakura", period_id: str = "2020-09") -> None:
    """Close a period with these points for everybody, and raise the claim."""
    assert close(programme, points, service_id=service_id, period_id=period_id).accepted
    assert raise_claims(service_id=service_id, programme_id=PROGRAMME, at=ENDS[period_id] + timedelta(minutes=3)) == 1


def approve(user_id: int, *, number: int = 1, service_id: str = "sakura", at: datetime = FRIDAY) -> ClaimView:
    return approve_claim(service_id=service_id, programme_id=PROGRAMME, number=number, user_id=user_id, at=at)


def transfer(programme: Programme, *, at: datetime = FRIDAY) -> TransferView:
    return make_transfer(programme, user_id=HIRO, at=at)


def get_first() -> ClaimView:
    return get_claim(ClaimName("sakura", PROGRAMME, 1))


@pytest.mark.django_db
class TestRaiseClaims:
    def test_makes_an_accepted_total_a_claim_in_yen(self, programme: Programme) -> None:
        link(3)
        settle(programme, 5000)
        claim = get_claim_for_closing("sakura", PROGRAMME, "2020-09")
        assert claim is not None
        assert (claim.amount, claim.carried, claim.total, claim.state) == (15_000, 0, 15_000, "awaiting_approval")

    def test_is_idle_when_nothing_is_new(self, programme: Programme) -> None:
        link(1)
        settle(programme, 10)
        assert raise_claims(service_id="sakura", programme_id=PROGRAMME, at=FRIDAY) == 0
        assert len(list_claims(PROGRAMME)) == 1

    def test_claims_nothing_for_a_rejected_closing(self, programme: Programme) -> None:
        link(2)
        book = keep_book(programme, 100)
        hand_in(programme, book)
        draw_rows()
        assert not open_rows(programme, []).accepted
        assert raise_claims(service_id="sakura", programme_id=PROGRAMME, at=FRIDAY) == 0
        assert get_claim_for_closing("sakura", PROGRAMME, "2020-09") is None

    def test_carries_what_was_paid_too_much(self, programme: Programme) -> None:
        link(2)
        for period_id, points in (("2020-09", 1000), ("2020-10", 900), ("2020-11", 1100)):
            settle(programme, points, period_id=period_id)
        claims = sorted((claim.name.number, claim.amount, claim.carried) for claim in list_claims(PROGRAMME))
        assert claims == [(1, 2000, 0), (2, 0, -200), (3, 200, 0)]
        assert sum_claims(PROGRAMME).claimed == 2200

    def test_pays_nothing_for_an_empty_roll(self, programme: Programme) -> None:
        settle(programme, 0)
        assert get_first().state == "nothing_due"

    def test_keeps_services_apart(self, programme: Programme) -> None:
        link(1)
        link(2, service_id="hanamaru")
        settle(programme, 100)
        settle(programme, 100, service_id="hanamaru")
        assert {claim.name.service_id: claim.amount for claim in list_claims(PROGRAMME)} == {
            "sakura": 100,
            "hanamaru": 200,
        }

    def test_makes_good_what_a_crash_left_undone(self, programme: Programme) -> None:
        link(1)
        close(programme, 100)
        close(programme, 300, period_id="2020-10")
        close(programme, 0, service_id="hanamaru")
        assert raise_missing_claims(at=NOVEMBER_ENDS) == 3
        assert raise_missing_claims(at=NOVEMBER_ENDS) == 0
        amounts = {(claim.name.service_id, claim.name.number): claim.amount for claim in list_claims(PROGRAMME)}
        assert amounts == {("sakura", 1): 100, ("sakura", 2): 200, ("hanamaru", 1): 0}

    def test_writes_one_journal_entry_for_each(self, programme: Programme) -> None:
        link(1)
        settle(programme, 100)
        assert Entry.objects.filter(kind="claim_raised").count() == 1

    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.integers(0, 5000), min_size=1, max_size=3))
    def test_adds_up_in_the_database(self, programme: Programme, points: list[int]) -> None:
        with transaction.atomic():
            link(2)
            for period_id, each in zip(ENDS, points, strict=False):
                settle(programme, each, period_id=period_id)
                newest = max(list_claims(PROGRAMME), key=lambda claim: claim.name.number)
                assert sum_claims(PROGRAMME).claimed + newest.carried == 2 * each
            transaction.set_rollback(True)


@pytest.mark.django_db
class TestApproveClaim:
    @pytest.fixture(autouse=True)
    def claim(self, programme: Programme) -> None:
        link(1)
        settle(programme, 5000)

    def test_needs_two_people(self) -> None:
        assert approve(HIRO).state == "awaiting_approval"
        assert approve(MICHI).state == "payable"
        assert [approval.user_id for approval in get_first().approvals] == [HIRO, MICHI]

    def test_refuses_the_same_person_twice(self) -> None:
        approve(HIRO)
        with pytest.raises(SecondPersonNeeded):
            approve(HIRO)
        assert get_first().state == "awaiting_approval"

    @pytest.mark.parametrize("user_id", [HIRO, TOKU])
    def test_refuses_a_third_approval(self, user_id: int) -> None:
        approve(HIRO)
        approve(MICHI)
        with pytest.raises(ClaimAlreadyApproved):
            approve(user_id)

    def test_refuses_a_claim_over_nothing(self, programme: Programme) -> None:
        settle(programme, 0, service_id="hanamaru")
        with pytest.raises(NothingDue):
            approve(HIRO, service_id="hanamaru")

    def test_refuses_a_claim_that_there_is_not(self) -> None:
        with pytest.raises(ClaimUnknown):
            approve(HIRO, number=2)

    def test_writes_who_and_which_into_the_journal(self) -> None:
        approve(HIRO)
        facts = Entry.objects.get(kind="claim_approved").facts
        assert '"user":1' in facts
        assert '"slot":1' in facts


@pytest.mark.django_db
class TestMakeTransfer:
    @pytest.fixture(autouse=True)
    def payable(self, programme: Programme) -> None:
        link(3)
        settle(programme, 5000)
        approve(HIRO)
        approve(MICHI)

    def test_pays_the_claim_on_the_next_bank_day(self, programme: Programme) -> None:
        made = transfer(programme)
        assert (made.transfer_date, made.count, made.total) == (date(2020, 10, 5), 1, 15_000)
        found = read_file(get_transfer_content(made.id))
        account = get_service("sakura", at=FRIDAY).bank_account
        assert (found.date, found.consignor) == ("1005", programme.payer.consignor_code)
        (payment,) = found.payments
        assert (payment.bank, payment.branch, payment.account) == (
            account.bank_code,
            account.branch_code,
            account.number,
        )
        assert (payment.amount, payment.customer_1, payment.customer_2) == (15_000, "0000010001", "0000202009")

    def test_gives_the_same_bytes_at_every_download(self, programme: Programme) -> None:
        made = transfer(programme)
        first = get_transfer_content(made.id)
        settle(programme, 5000, period_id="2020-10")
        assert get_transfer_content(made.id) == first

    def test_pays_no_claim_twice(self, programme: Programme) -> None:
        made = transfer(programme)
        assert get_first().transfer_id == made.id
        with pytest.raises(NothingPayable):
            transfer(programme)

    def test_leaves_out_what_one_person_approved(self, programme: Programme) -> None:
        link(1, service_id="hanamaru")
        settle(programme, 4000, service_id="hanamaru")
        approve(HIRO, service_id="hanamaru")
        assert transfer(programme).total == 15_000
        approve(MICHI, service_id="hanamaru")
        assert transfer(programme).total == 4000
        assert sum_claims(PROGRAMME).transferred == 19_000

    def test_puts_several_services_into_one_file_in_their_order(self, programme: Programme) -> None:
        link(1, service_id="hanamaru")
        settle(programme, 4000, service_id="hanamaru")
        approve(HIRO, service_id="hanamaru")
        approve(MICHI, service_id="hanamaru")
        payments = read_file(get_transfer_content(transfer(programme).id)).payments
        assert [payment.amount for payment in payments] == [4000, 15_000]

    def test_makes_nothing_when_a_name_cannot_travel(self, programme: Programme) -> None:
        rename_account("ヲカシ・ドウ")
        with pytest.raises(KanaNotAllowed) as refused:
            transfer(programme)
        assert refused.value.data() == {"field": "sakura: bank_account.holder_kana", "character": "ｦ"}
        assert not Transfer.objects.exists()
        assert [claim.state for claim in list_payable(PROGRAMME)] == ["payable"]

    def test_is_listed_without_its_bytes(self, programme: Programme) -> None:
        made = transfer(programme)
        assert list_transfers(PROGRAMME) == [made]
        assert get_transfer(made.id) == made

    def test_is_unknown_by_any_other_id(self) -> None:
        for ask in (get_transfer, get_transfer_content):
            with pytest.raises(TransferUnknown):
                ask(uuid4())


@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.fixture(autouse=True)
    def closing(self, programme: Programme) -> None:
        link(1)
        close(programme, 100)
        close(programme, 300, period_id="2020-10")

    @pytest.mark.parametrize("_round", range(3))
    def test_raise_each_claim_once(self, _round: int) -> None:
        raised = at_once(*[lambda: raise_missing_claims(at=NOVEMBER_ENDS)] * 4)
        assert sum(count for count in raised if isinstance(count, int)) == 2
        amounts = [(claim.name.number, claim.amount) for claim in reversed(list_claims(PROGRAMME))]
        assert sorted(amounts) == [(1, 100), (2, 200)]
        assert Entry.objects.filter(kind="claim_raised").count() == 2

    @pytest.mark.parametrize("_round", range(3))
    def test_let_two_of_three_people_approve(self, _round: int) -> None:
        raise_missing_claims(at=NOVEMBER_ENDS)
        answers = at_once(*[self.approve_as(user) for user in (HIRO, MICHI, TOKU)])
        refused = [answer for answer in answers if isinstance(answer, Refusal)]
        assert [type(refusal) for refusal in refused] == [ClaimAlreadyApproved]
        assert sorted(Approval.objects.values_list("slot", flat=True)) == [1, 2]
        assert Entry.objects.filter(kind="claim_approved").count() == 2

    @pytest.mark.parametrize("_round", range(3))
    def test_let_one_person_approve_once(self, _round: int) -> None:
        raise_missing_claims(at=NOVEMBER_ENDS)
        answers = at_once(*[self.approve_as(HIRO)] * 4)
        refused = [answer for answer in answers if isinstance(answer, Refusal)]
        assert [type(refusal) for refusal in refused] == [SecondPersonNeeded] * 3
        assert Approval.objects.count() == 1

    @pytest.mark.parametrize("_round", range(3))
    def test_put_a_claim_into_one_file(self, programme: Programme, _round: int) -> None:
        raise_missing_claims(at=NOVEMBER_ENDS)
        for number in (1, 2):
            approve(HIRO, number=number)
            approve(MICHI, number=number)
        answers = at_once(*[lambda: transfer(programme)] * 4)
        made = [answer for answer in answers if isinstance(answer, TransferView)]
        assert [view.total for view in made] == [300]
        assert sum(isinstance(answer, NothingPayable) for answer in answers) == 3
        assert Transfer.objects.count() == Entry.objects.filter(kind="transfer_made").count() == 1
        assert TransferredClaim.objects.count() == 2

    def approve_as(self, user_id: int) -> Callable[[], ClaimView]:
        return lambda: approve(user_id)


@pytest.mark.django_db
class TestChecksOfTheDatabase:
    @pytest.fixture(autouse=True)
    def claim(self, programme: Programme) -> None:
        link(1)
        settle(programme, 100)

    @pytest.mark.parametrize(
        ("values", "constraint"),
        [
            ({"amount": 99}, "claims_add_up_to_total"),
            ({"amount": 101, "carried": -1}, "claim_pays_or_carries"),
            ({"amount": -1, "carried": 101}, "claim_pays_or_carries"),
        ],
    )
    def test_keep_sums_out_that_do_not_add_up(self, values: dict[str, int], constraint: str) -> None:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Claim.objects.update(**values)

    @pytest.mark.parametrize("slot", [0, 3])
    def test_keep_a_third_approval_out(self, slot: int) -> None:
        row = {"service": "sakura", "programme": PROGRAMME, "number": 1, "slot": slot}
        with pytest.raises(IntegrityError, match="two_approvals_per_claim"), transaction.atomic():
            Approval.objects.create(**row, user_id=TOKU, entry_id=uuid4(), approved_at=FRIDAY)
