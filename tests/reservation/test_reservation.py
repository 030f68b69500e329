"""予約: a MyKey ID once per holder and programme."""

import re
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from django.db import transaction

from cast import AT, DAY, PROGRAMME, PROGRAMME_FILE, RESERVATION, SECOND, SITE, Cast
from mynapoint.act.models import AnsweredAct
from mynapoint.act.operations import propose
from mynapoint.journal.models import Entry
from mynapoint.kernel.period import JST
from mynapoint.kernel.slip_code import CODE_ALPHABET
from mynapoint.programme.operations import load_programme
from mynapoint.programme.queries import count_places_taken
from mynapoint.programme.rules import NoPlacesLeft, WindowClosed
from mynapoint.reservation.models import IssuedMyKeyId, Reservation
from mynapoint.reservation.operations import issue_mykey_id
from mynapoint.reservation.queries import find_reservation
from mynapoint.reservation.rules import AlreadyReserved, MyKeyId, draw_mykey_id
from races import at_once, list_ends

pytestmark = pytest.mark.django_db


class TestDrawMykeyId:
    def test_has_eight_characters_that_nobody_misreads(self) -> None:
        for _ in range(500):
            assert re.fullmatch(r"[A-Z0-9]{8}", draw := draw_mykey_id())
            assert not set(draw) & set("0O1IL2Z5S8B")
        assert len(CODE_ALPHABET) == len(set(CODE_ALPHABET)) == 25


class TestReserve:
    def test_gives_a_mykey_id_and_takes_a_place(self, cast: Cast, programme: str) -> None:
        cast.reserve(cast.card("hanako"))
        row = Reservation.objects.get()
        reserved = find_reservation(row.holder_id, programme_id=PROGRAMME)
        assert reserved is not None
        assert IssuedMyKeyId.objects.get().mykey_id == reserved.mykey_id
        assert count_places_taken(PROGRAMME) == 1

    def test_refuses_a_second_one_and_says_since_when(self, cast: Cast, programme: str) -> None:
        hanako = cast.card("hanako")
        cast.reserve(hanako)
        with pytest.raises(AlreadyReserved) as refusal:
            cast.reserve(hanako, at=AT + DAY)
        assert refusal.value.reserved_at == AT
        assert count_places_taken(PROGRAMME) == 1

    def test_refuses_a_second_one_with_a_renewed_card(self, cast: Cast, programme: str) -> None:
        hanako = cast.card("hanako")
        cast.reserve(hanako)
        cast.authority.renew(hanako, at=AT + SECOND)
        with pytest.raises(AlreadyReserved):
            cast.reserve(hanako, at=AT + timedelta(days=2))

    def test_gives_two_people_two_ids(self, cast: Cast, programme: str) -> None:
        cast.reserve(cast.card("hanako"))
        cast.reserve(cast.card("taro"))
        assert IssuedMyKeyId.objects.count() == 2

    def test_closes_to_the_second(self, cast: Cast, programme: str) -> None:
        closes = datetime(2021, 4, 1, tzinfo=JST)
        hanako, taro = cast.card("hanako"), cast.card("taro")
        cast.reserve(hanako, at=closes - SECOND)
        with pytest.raises(WindowClosed):
            cast.reserve(taro, at=closes)

    def test_gives_no_id_when_all_places_are_taken(self, cast: Cast, tmp_path: Path, db: None) -> None:
        path = tmp_path / "small.toml"
        path.write_text(PROGRAMME_FILE.read_text().replace("places = 40_000_000", "places = 1"))
        load_programme(path, at=AT)
        cast.reserve(cast.card("hanako"))
        with pytest.raises(NoPlacesLeft):
            cast.reserve(cast.card("taro"))
        assert Reservation.objects.count() == IssuedMyKeyId.objects.count() == Entry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestReserveAtOnce:
    def test_gives_one_person_one_id_however_many_acts_are_signed(self, cast: Cast, programme: str) -> None:
        hanako = cast.card("hanako")
        links = [propose(RESERVATION, audience=SITE, at=AT) for _ in range(8)]
        signed = [cast.sign(link, hanako) for link in links]
        acts = [partial(cast.submit, link, signature) for link, signature in zip(links, signed, strict=True)]
        assert list_ends(at_once(*acts)) == [AlreadyReserved.code] * 7 + ["done"]
        assert Reservation.objects.count() == IssuedMyKeyId.objects.count() == count_places_taken(PROGRAMME) == 1
        assert sorted(AnsweredAct.objects.values_list("answer", flat=True)) == ["already_reserved"] * 7 + ["done"]


@pytest.mark.django_db(transaction=True)
class TestIssueMykeyIdAtOnce:
    def test_draws_again_when_somebody_else_was_given_the_same(self) -> None:
        """Both are told the same ID first; whoever is second waits, and draws another."""

        @transaction.atomic
        def issue(number: int) -> str:
            draws = iter([MyKeyId("ACDEFGHJ"), MyKeyId("ACDEFGHJ"), MyKeyId(f"ACDEFGH{number}")])
            return issue_mykey_id(UUID(int=number), draw=draws.__next__)

        given = at_once(*[partial(issue, number) for number in (3, 4, 6)])
        assert sorted(given)[2] == "ACDEFGHJ"
        assert len(set(given)) == IssuedMyKeyId.objects.count() == 3
