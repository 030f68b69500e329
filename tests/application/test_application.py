"""申込: one person, one service, one account, for good; and the link's way to its answer."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from cast import AT, DAY, INQUIRY, MINUTE, OBJECTION, PROGRAMME, SECOND, SITE, Cast, application
from mynapoint.act.operations import propose
from mynapoint.application.models import AccountInService, Application, LinkStep, Objection, StandingChoice
from mynapoint.application.operations import link
from mynapoint.application.queries import count_links, find_standing, get_roll, get_state, list_objections
from mynapoint.application.rules import (
    AccountInUse,
    AlreadyApplied,
    AlreadyAppliedBeforeRenewal,
    AlreadyObjected,
    AnotherServiceChosen,
    CheckedAccount,
    LinkRefused,
    LinkState,
    LinkToken,
    NotReserved,
    ObjectionReason,
    ServiceUnreachable,
    UnableToApply,
    hash_account,
)
from mynapoint.directory.rules import Service, ServiceClosed
from mynapoint.journal.models import Entry
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from races import at_once, list_ends

pytestmark = pytest.mark.django_db


class Door:
    """A service that answers as it is told, and remembers what it linked."""

    def __init__(self, answer: UnableToApply | None = None) -> None:
        self.answer = answer
        self.linked: list[bytes] = []

    def check_account(
        self, service: Service, *, programme_id: str, account_id: str, codes: Sequence[str], at: datetime
    ) -> CheckedAccount:
        raise NotImplementedError

    def link(self, service: Service, *, programme_id: str, link_token: LinkToken, reference: str, at: datetime) -> None:
        if self.answer:
            raise self.answer
        self.linked.append(link_token)


@pytest.fixture
def hanako(cast: Cast, programme: str) -> Path:
    card = cast.card("hanako")
    cast.reserve(card)
    return card


def keys() -> tuple[UUID, UUID]:
    row = Application.objects.get()
    return row.holder_id, row.id


class TestHashAccount:
    def test_is_the_same_for_the_same_account_of_the_same_service_only(self) -> None:
        key = b"k" * 32
        assert hash_account("a", "12", key=key) == hash_account("a", "12", key=key)
        assert (
            len({hash_account("a", "12", key=key), hash_account("a1", "2", key=key), hash_account("b", "12", key=key)})
            == 3
        )
        assert hash_account("a", "12", key=key) != hash_account("a", "12", key=b"x" * 32)


class TestApply:
    def test_chooses_a_service_and_orders_the_link_in_one_transaction(self, cast: Cast, hanako: Path) -> None:
        cast.act(application("1234567890"), hanako)
        row = Application.objects.get()
        assert get_state(row.holder_id, row.id) is LinkState.PENDING
        job = ProcrastinateJob.objects.get()
        assert (job.task_name, job.queue_name) == ("link_application", "links")
        assert job.args == {"holder_id": str(row.holder_id), "application_id": str(row.id)}

    def test_stores_no_account_id_in_clear(self, cast: Cast, hanako: Path) -> None:
        cast.act(application("1234567890"), hanako)
        with connection.cursor() as cursor:
            cursor.execute("SELECT a::text FROM application_application a UNION SELECT e::text FROM journal_entry e")
            assert not any("1234567890" in text for (text,) in cursor.fetchall())

    def test_refuses_without_a_reservation(self, cast: Cast, programme: str) -> None:
        with pytest.raises(NotReserved):
            cast.act(application("1234567890"), cast.card("taro"))

    def test_refuses_the_same_service_again(self, cast: Cast, hanako: Path) -> None:
        cast.act(application("1234567890"), hanako)
        assert self._refusal(cast, hanako, "1234567890", AlreadyApplied).data() == {"service": "hanamaru"}
        self._refusal(cast, hanako, "9876543210", AlreadyApplied)

    def test_refuses_another_service(self, cast: Cast, hanako: Path) -> None:
        cast.act(application("1234567890"), hanako)
        with pytest.raises(AnotherServiceChosen) as refusal:
            cast.act(application("9999123412341234", service="sakura"), hanako)
        assert refusal.value.service == "hanamaru"

    def test_knows_a_person_again_after_a_renewal(self, cast: Cast, hanako: Path) -> None:
        cast.act(application("1234567890"), hanako)
        cast.authority.renew(hanako, at=AT)
        self._refusal(cast, hanako, "9876543210", AlreadyAppliedBeforeRenewal, at=AT + DAY)

    def test_refuses_an_account_that_serves_another_person(self, cast: Cast, hanako: Path) -> None:
        cast.act(application("1234567890"), hanako)
        taro = cast.card("taro")
        cast.reserve(taro)
        self._refusal(cast, taro, "1234567890", AccountInUse)
        cast.act(application("9876543210"), taro)

    def test_closes_with_the_service_before_the_programme(self, cast: Cast, hanako: Path) -> None:
        closes = datetime(2021, 3, 1, tzinfo=JST)
        with pytest.raises(ServiceClosed):
            cast.act(application("9999123412341234", service="sakura"), hanako, at=closes)
        cast.act(application("9999123412341234", service="sakura"), hanako, at=closes - SECOND)

    def _refusal(
        self, cast: Cast, card: Path, account: str, error: type[Refusal], *, at: datetime = AT + MINUTE
    ) -> Refusal:
        known = Application.objects.count(), ProcrastinateJob.objects.count()
        with pytest.raises(error) as refusal:
            cast.act(application(account), card, at=at)
        assert (Application.objects.count(), ProcrastinateJob.objects.count()) == known
        return refusal.value


class TestLink:
    def test_links_once_however_often_it_is_run(self, cast: Cast, hanako: Path) -> None:
        cast.act(application("1234567890"), hanako)
        door = Door()
        assert link(*keys(), door=door, at=AT + MINUTE) is LinkState.LINKED
        assert link(*keys(), door=door, at=AT + MINUTE) is LinkState.LINKED
        assert door.linked == [bytes(Application.objects.get().link_token)]
        assert Entry.objects.filter(kind="link_linked").count() == 1

    def test_lets_the_citizen_choose_again_after_a_refusal(self, cast: Cast, hanako: Path) -> None:
        cast.act(application("1234567890"), hanako)
        assert link(*keys(), door=Door(LinkRefused(reason="account_closed")), at=AT) is LinkState.REFUSED
        holder_id = keys()[0]
        standing = find_standing(holder_id, programme_id=PROGRAMME)
        assert standing is not None
        assert (standing.state, standing.reason) == (LinkState.REFUSED, "account_closed")
        assert not StandingChoice.objects.exists()
        assert not AccountInService.objects.exists()
        cast.act(application("9999123412341234", service="sakura"), hanako, at=AT + MINUTE)

    def test_stays_pending_when_the_service_does_not_answer(self, cast: Cast, hanako: Path) -> None:
        cast.act(application("1234567890"), hanako)
        with pytest.raises(ServiceUnreachable):
            link(*keys(), door=Door(ServiceUnreachable()), at=AT)
        assert get_state(*keys()) is LinkState.PENDING
        assert link(*keys(), door=Door(), at=AT + MINUTE) is LinkState.LINKED


class TestGetRoll:
    def test_lists_the_links_that_were_made_before_the_periods_end(self, cast: Cast, hanako: Path) -> None:
        cast.act(application("1234567890"), hanako)
        link(*keys(), door=Door(), at=AT + MINUTE)
        token = bytes(Application.objects.get().link_token)
        assert get_roll(PROGRAMME, "hanamaru", links_until=AT + MINUTE) == []
        assert get_roll(PROGRAMME, "hanamaru", links_until=AT + MINUTE + SECOND) == [token]
        assert get_roll(PROGRAMME, "sakura", links_until=AT + DAY) == []
        assert count_links(PROGRAMME, at=AT + DAY) == {"hanamaru": 1}

    def test_keeps_what_was_stopped_because_its_points_were_granted(self, cast: Cast, hanako: Path) -> None:
        cast.act(application("1234567890"), hanako)
        link(*keys(), door=Door(), at=AT)
        holder_id, application_id = keys()
        LinkStep.objects.create(
            holder_id=holder_id, application_id=application_id, state="stopped", reached_at=AT + DAY
        )
        assert len(get_roll(PROGRAMME, "hanamaru", links_until=AT + 2 * DAY)) == 1
        assert count_links(PROGRAMME, at=AT + DAY) == {"hanamaru": 1}
        assert count_links(PROGRAMME, at=AT + DAY + SECOND) == {}


@pytest.mark.django_db(transaction=True)
class TestApplyAtOnce:
    def test_lets_one_person_choose_one_service(self, cast: Cast, hanako: Path) -> None:
        proposals = [
            application("1234567890") if number % 2 else application("9999123412341234", service="sakura")
            for number in range(8)
        ]
        outcomes = self._race(cast, proposals, [hanako] * 8)
        assert outcomes.count("done") == 1
        assert set(outcomes) <= {"done", "already_applied", "another_service_chosen"}
        assert Application.objects.count() == ProcrastinateJob.objects.count() == AccountInService.objects.count() == 1

    def test_lets_one_account_serve_one_person(self, cast: Cast, hanako: Path) -> None:
        cards = [hanako]
        for name in ("taro", "jiro", "saburo"):
            cards.append(cast.card(name))
            cast.reserve(cards[-1])
        outcomes = self._race(cast, [application("1234567890")] * 4, cards)
        assert sorted(outcomes) == ["account_in_use"] * 3 + ["done"]
        assert Application.objects.count() == StandingChoice.objects.count() == 1

    def test_records_one_answer_of_a_service_however_many_jobs_ask(self, cast: Cast, hanako: Path) -> None:
        cast.act(application("1234567890"), hanako)
        holder_id, application_id = keys()

        def attempt(door: Door) -> LinkState:
            return link(holder_id, application_id, door=door, at=AT)

        doors = [Door(), Door(LinkRefused(reason="account_closed"))] * 3
        states = set(at_once(*[partial(attempt, door) for door in doors]))
        assert len(states) == 1
        assert LinkStep.objects.count() == 1
        assert StandingChoice.objects.exists() is (states == {LinkState.LINKED})

    def _race(self, cast: Cast, proposals: Sequence[object], cards: Sequence[Path]) -> list[str]:
        at = AT + timedelta(minutes=2)
        links = [propose(proposal, audience=SITE, at=at) for proposal in proposals]  # type: ignore[arg-type]
        signed = [cast.sign(link, card, at=at) for link, card in zip(links, cards, strict=True)]
        acts = [partial(cast.submit, link, signature, at=at) for link, signature in zip(links, signed, strict=True)]
        return list_ends(at_once(*acts))


class TestObjection:
    def test_is_written_down_with_its_reason_alone(self, cast: Cast, hanako: Path) -> None:
        done = cast.act(OBJECTION, hanako)
        row = Objection.objects.get()
        assert (row.reason, row.reported_at, row.act_id) == ("not_my_account", AT, done.act_id)
        assert list_objections(row.holder_id, programme_id=PROGRAMME) == {ObjectionReason.ACCOUNT: AT}
        assert json.loads(Entry.objects.get(id=done.entry_id).facts)["reason"] == "not_my_account"

    def test_is_taken_once_for_each_reason(self, cast: Cast, hanako: Path) -> None:
        cast.act(OBJECTION, hanako)
        with pytest.raises(AlreadyObjected) as refused:
            cast.act(OBJECTION, hanako, at=AT + DAY)
        assert refused.value.reported_at == AT
        cast.act(replace(OBJECTION, content={"reason": "other"}), hanako, at=AT + DAY)
        assert Objection.objects.count() == 2

    def test_of_a_representative_says_so_in_the_journal(self, cast: Cast, hanako: Path) -> None:
        done = cast.act(replace(OBJECTION, by_representative=True), hanako)
        assert json.loads(Entry.objects.get(id=done.entry_id).facts)["by"] == "representative"


@pytest.mark.django_db(transaction=True)
class TestTwoObjectionsAtOnce:
    def test_leave_one(self, cast: Cast, hanako: Path) -> None:
        links = [propose(OBJECTION, audience=SITE, at=AT) for _ in range(2)]
        signed = [cast.sign(link, hanako) for link in links]
        cast.act(INQUIRY, hanako)
        acts = [partial(cast.submit, link, signature) for link, signature in zip(links, signed, strict=True)]
        assert list_ends(at_once(*acts)) == [AlreadyObjected.code, "done"]
        assert Objection.objects.count() == 1
