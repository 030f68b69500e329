"""猶予票: whoever stood in line in time may finish, to the second, once, with their own card, in the same city."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from cardagent.statement import parse_statement
from cardagent.words import put_into_words
from cast import PROGRAMME, RESERVATION, ROOT, SECOND, SITE, Cast, application
from jpki.virtual.contents import FileMemory
from mynapoint.act.operations import Done, propose
from mynapoint.act.queries import get_statement
from mynapoint.act.rules import Late, Link, Proposal
from mynapoint.case.operations import open_case, report_card, show_act
from mynapoint.case.rules import CaseName, Offer, Seat, Turn, fingerprint_of
from mynapoint.console.counterparts import COUNTERPARTS
from mynapoint.grace.models import GraceTicket, ShownGrace, UsedGrace
from mynapoint.grace.operations import Issued, issue, show
from mynapoint.grace.queries import find_late, list_graced, list_open
from mynapoint.grace.rules import (
    GraceElsewhere,
    GraceOver,
    GraceUnknown,
    GraceUsed,
    NotInLineInTime,
    ServedAlready,
    read_grace_code,
)
from mynapoint.journal.models import Entry
from mynapoint.journal.operations import sequence
from mynapoint.journal.queries import verify_journal
from mynapoint.journal.rules import Problem
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.slip_code import SlipCode
from mynapoint.place.models import PlaceRevision
from mynapoint.place.operations import load_place
from mynapoint.place.queries import find_place
from mynapoint.programme.queries import get_programme
from mynapoint.programme.rules import WindowClosed
from mynapoint.queue.operations import call_next, take_number
from mynapoint.queue.rules import NumberUnknown
from races import at_once

SHIMIN, HIGASHI, ELSEWHERE = "mihon-shimin", "mihon-higashi", "kazeno-yakuba"
UNTIL = datetime(2021, 4, 1, tzinfo=JST)
STOOD = datetime(2021, 3, 31, 16, 40, tzinfo=JST)
EVENING = datetime(2021, 3, 31, 17, 5, tzinfo=JST)
END = UNTIL + timedelta(days=14)
LOADED_AT = datetime(2020, 6, 1, tzinfo=JST)
CLERK = 7


def seat_at(counter: str) -> Seat:
    return Seat(counter, "市民課", f"{counter}-1", "1番窓口")


@pytest.fixture(autouse=True)
def places(programme: str) -> None:
    for name in (SHIMIN, HIGASHI, ELSEWHERE):
        load_place(ROOT / "places" / f"{name}.toml", at=LOADED_AT)


def stay_open(counter: str, *, until: datetime) -> None:
    place = find_place(counter, at=EVENING)
    assert place is not None
    content = place.model_dump(mode="json", by_alias=True) | {"open_until": until.isoformat()}
    PlaceRevision.objects.filter(id=counter).update(content=content)


def ticket(*, stood_at: datetime = STOOD, at: datetime = EVENING, counter: str = SHIMIN) -> Issued:
    taken = take_number(counter, at=stood_at)
    return issue(counter, taken.day, taken.number, programme_id=PROGRAMME, user_id=CLERK, at=at)


def late_by(code: SlipCode, *, counter: str = SHIMIN, at: datetime, kind: str = "reservation") -> Late | None:
    programme = get_programme(PROGRAMME, at=at)
    window = programme.reservation if kind == "reservation" else programme.application
    return find_late(code, window, kind=kind, counter=counter, at=at)  # type: ignore[arg-type]


def offer(cast: Cast, card: Path, proposal: Proposal, late: Late | None, *, at: datetime, counter: str) -> Link:
    """Open a case at a counter, put the card down, and propose."""
    seat, name = seat_at(counter), CaseName(counter, uuid4())
    open_case(name, seat, user_id=CLERK, closes_at=at + timedelta(hours=1), at=at)
    certificate = FileMemory(card).read().credentials.authentication.certificate
    report_card(counter, seat.terminal, fingerprint_of(certificate), put_down_at=at, at=at)
    turn = Turn(name, seat.terminal)
    link = propose(replace(proposal, offer=Offer(turn, 0), late=late), audience=SITE, at=at)
    show_act(turn, link.id, at=at)
    return link


def act(
    cast: Cast, card: Path, late: Late | None, *, at: datetime, counter: str = SHIMIN, proposal: Proposal = RESERVATION
) -> Done:
    link = offer(cast, card, proposal, late, at=at, counter=counter)
    return cast.submit(link, cast.sign(link, card, at=at), at=at)


@pytest.mark.django_db
class TestTicket:
    def test_is_the_same_however_often_it_is_printed(self) -> None:
        first = ticket()
        again = issue(SHIMIN, STOOD.date(), 1, programme_id=PROGRAMME, user_id=CLERK + 1, at=EVENING + SECOND)
        assert again == first
        assert (GraceTicket.objects.count(), Entry.objects.count()) == (1, 1)
        assert list_graced(SHIMIN, STOOD.date(), programme_id=PROGRAMME) == {1: EVENING}

    def test_has_its_evidence_in_the_journal_without_the_code(self) -> None:
        issued = ticket()
        facts = Entry.objects.get(kind="grace_issued").facts
        for part in ('"counter":"mihon-shimin"', '"number":1', "2021-03-31T07:40:00", bytes(
            GraceTicket.objects.get().code_hash
        ).hex()):  # fmt: skip
            assert part in facts
        assert issued.code not in facts

    @pytest.mark.parametrize(
        ("stood_at", "counts"),
        [
            (datetime(2021, 3, 31, 7, 30, tzinfo=JST), True),
            (datetime(2021, 3, 30, 16, 59, 59, tzinfo=JST), False),
        ],
    )
    def test_is_for_those_who_stood_there_in_the_time_that_counts(self, stood_at: datetime, counts: bool) -> None:
        if counts:
            assert ticket(stood_at=stood_at).stood_at == stood_at
        else:
            with pytest.raises(NotInLineInTime):
                ticket(stood_at=stood_at)

    @pytest.mark.parametrize(("at", "counts"), [(END - SECOND, True), (END, False)])
    def test_is_given_out_while_it_helps(self, at: datetime, counts: bool) -> None:
        if counts:
            ticket(at=at)
        else:
            with pytest.raises(GraceOver):
                ticket(at=at)

    def test_is_not_for_who_was_served_or_never_there(self) -> None:
        for _ in range(2):
            take_number(SHIMIN, at=STOOD)
        for after in range(2):
            call_next(seat_at(SHIMIN), after=after, user_id=CLERK, at=STOOD)
        with pytest.raises(ServedAlready):
            issue(SHIMIN, STOOD.date(), 1, programme_id=PROGRAMME, user_id=CLERK, at=EVENING)
        issue(SHIMIN, STOOD.date(), 2, programme_id=PROGRAMME, user_id=CLERK, at=EVENING)
        with pytest.raises(NumberUnknown):
            issue(SHIMIN, STOOD.date(), 3, programme_id=PROGRAMME, user_id=CLERK, at=EVENING)

    def test_is_unknown_by_another_code(self) -> None:
        with pytest.raises(GraceUnknown):
            late_by(SlipCode("A" * 12), at=UNTIL)
        with pytest.raises(GraceUnknown):
            read_grace_code("A")


@pytest.mark.django_db
class TestOpen:
    def test_names_the_counters_of_the_city_that_are_open_in_its_days(self) -> None:
        programme = get_programme(PROGRAMME, at=EVENING)
        assert list_open(SHIMIN, programme, at=EVENING) == []
        stay_open(HIGASHI, until=END + timedelta(days=30))
        stay_open(ELSEWHERE, until=END + timedelta(days=30))
        assert [(one.id, opens) for one, opens in list_open(SHIMIN, programme, at=EVENING)] == [
            (HIGASHI, UNTIL.replace(hour=8, minute=30))
        ]
        assert [one.id for one, _ in list_open(SHIMIN, programme, at=END - timedelta(hours=7, minutes=1))] == [HIGASHI]
        assert list_open(SHIMIN, programme, at=END - timedelta(hours=6)) == []


class TestWindow:
    @pytest.fixture
    def hanako(self, cast: Cast) -> Path:
        return cast.card("hanako")

    @pytest.mark.parametrize("at", [UNTIL, END - SECOND])
    def test_is_open_to_a_ticket_for_its_days(self, cast: Cast, hanako: Path, at: datetime) -> None:
        issued = ticket()
        act(cast, hanako, late_by(issued.code, at=at), at=at)
        facts = Entry.objects.get(kind="reservation").facts
        hash_ = bytes(UsedGrace.objects.get().code_hash).hex()
        assert f'"ticket":"{hash_}"' in facts
        assert '"stood_at":"2021-03-31T07:40:00+00:00"' in facts

    def test_is_closed_after_them_even_to_a_statement_made_before(self, cast: Cast, hanako: Path) -> None:
        issued = ticket()
        with pytest.raises(GraceOver):
            late_by(issued.code, at=END)
        proposed_at = END - SECOND
        link = offer(cast, hanako, RESERVATION, late_by(issued.code, at=proposed_at), at=proposed_at, counter=SHIMIN)
        with pytest.raises(GraceOver) as refused:
            cast.submit(link, cast.sign(link, hanako, at=END), at=END)
        assert refused.value.over_at == END
        assert not UsedGrace.objects.exists()

    def test_is_closed_without_a_ticket(self, cast: Cast, hanako: Path) -> None:
        with pytest.raises(WindowClosed):
            act(cast, hanako, None, at=UNTIL)

    def test_needs_no_ticket_before_its_end(self, cast: Cast, hanako: Path) -> None:
        issued = ticket()
        assert late_by(issued.code, at=UNTIL - SECOND) is None
        act(cast, hanako, None, at=UNTIL - SECOND)
        assert not UsedGrace.objects.exists()

    def test_is_open_at_another_counter_of_the_city_and_at_no_other_citys(self, cast: Cast, hanako: Path) -> None:
        issued = ticket()
        with pytest.raises(GraceElsewhere):
            late_by(issued.code, counter=ELSEWHERE, at=UNTIL)
        late = late_by(issued.code, counter=HIGASHI, at=UNTIL)
        with pytest.raises(GraceElsewhere):  # also when a page forgets to ask
            act(cast, hanako, late, at=UNTIL, counter=ELSEWHERE)
        act(cast, hanako, late, at=UNTIL, counter=HIGASHI)

    def test_is_never_open_at_home(self, cast: Cast, hanako: Path) -> None:
        late = late_by(ticket().code, at=UNTIL)
        with pytest.raises(GraceElsewhere):
            cast.act(replace(RESERVATION, late=late), hanako, at=UNTIL)

    def test_opens_once_for_each_kind_of_act_and_for_one_person(self, cast: Cast, hanako: Path) -> None:
        issued, taro = ticket(), cast.card("taro")
        late = late_by(issued.code, at=UNTIL)
        act(cast, hanako, late, at=UNTIL)
        with pytest.raises(GraceUsed):
            late_by(issued.code, at=UNTIL)
        with pytest.raises(GraceUsed):
            act(cast, taro, late, at=UNTIL)
        applying = late_by(issued.code, at=UNTIL, kind="application")
        cast.reserve(taro, at=STOOD)
        with pytest.raises(GraceUsed):
            act(cast, taro, applying, at=UNTIL, proposal=application("A1"))
        act(cast, hanako, applying, at=UNTIL, proposal=application("A2"))
        assert set(UsedGrace.objects.values_list("kind", flat=True)) == {"reservation", "application"}

    def test_stays_unused_by_an_act_that_is_refused(self, cast: Cast, hanako: Path) -> None:
        issued = ticket()
        cast.reserve(hanako, at=STOOD)
        with pytest.raises(Refusal):
            act(cast, hanako, late_by(issued.code, at=UNTIL), at=UNTIL)
        assert late_by(issued.code, at=UNTIL) is not None

    def test_agrees_with_the_journal(self, cast: Cast, hanako: Path) -> None:
        act(cast, hanako, late_by(ticket().code, at=UNTIL), at=UNTIL)
        sequence(at=UNTIL)
        assert not verify_journal(counterparts=COUNTERPARTS).findings
        GraceTicket.objects.update(stood_at=STOOD - SECOND)
        assert [one.table for one in verify_journal(counterparts=COUNTERPARTS).findings] == ["grace_graceticket"]

    def test_is_missed_by_the_journal_when_its_use_is_deleted(self, cast: Cast, hanako: Path) -> None:
        act(cast, hanako, late_by(ticket().code, at=UNTIL), at=UNTIL)
        sequence(at=UNTIL)
        UsedGrace.objects.all().delete()
        found = verify_journal(counterparts=COUNTERPARTS).findings
        assert [(each.table, each.problem) for each in found] == [("grace_usedgrace", Problem.ROW_REMOVED)]

    def test_is_named_in_the_statement_that_the_citizen_reads(self, cast: Cast, hanako: Path) -> None:
        link = offer(cast, hanako, RESERVATION, late_by(ticket().code, at=UNTIL), at=UNTIL, counter=HIGASHI)
        rows = dict(put_into_words(parse_statement(get_statement(link, at=UNTIL))).rows)
        assert "市民" in rows["猶予票"]
        assert "番号札1番を2021年03月31日 16時40分00秒に取りました" in rows["猶予票"]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_one_number_gets_one_ticket(self) -> None:
        taken = take_number(SHIMIN, at=STOOD)
        issued = at_once(*[lambda: issue(SHIMIN, taken.day, 1, programme_id=PROGRAMME, user_id=CLERK, at=EVENING)] * 3)
        assert len({one.code for one in issued if isinstance(one, Issued)}) == 1
        assert (GraceTicket.objects.count(), Entry.objects.count()) == (1, 1)

    def test_one_case_goes_by_one_ticket(self) -> None:
        late = late_by(ticket().code, at=UNTIL)
        assert late is not None
        case = CaseName(SHIMIN, uuid4())
        at_once(*[lambda: show(case, late, at=UNTIL)] * 4)
        assert ShownGrace.objects.count() == 1

    def test_one_ticket_lets_one_of_two_people_in(self, cast: Cast) -> None:
        late = late_by(ticket().code, at=UNTIL)
        cards = [cast.card("hanako"), cast.card("taro")]
        links = [
            offer(cast, card, RESERVATION, late, at=UNTIL, counter=counter)
            for card, counter in zip(cards, (SHIMIN, HIGASHI), strict=True)
        ]
        signed = [cast.sign(link, card, at=UNTIL) for link, card in zip(links, cards, strict=True)]
        answers = at_once(*[
            lambda n=n: cast.submit(links[n], signed[n], at=UNTIL) for n in range(2)
        ])  # fmt: skip
        assert sorted(type(answer).__name__ for answer in answers) == ["Done", "GraceUsed"]
        assert UsedGrace.objects.count() == 1
