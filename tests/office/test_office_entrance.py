"""The office opens and closes the waiting room."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from cast import AT, MINUTE
from mynapoint.entrance.operations import draw
from mynapoint.entrance.queries import get_admission
from mynapoint.staff.rules import Role
from staff_cast import employ, sit_down

pytestmark = pytest.mark.django_db

PAGE = reverse("office:entrance")


@pytest.fixture
def hiro(settings: Settings) -> Client:
    settings.CLOCK = lambda: AT
    return sit_down(employ("hiro", Role.OFFICE, at=AT), at=AT)


class TestEntrance:
    def test_opens_changes_and_closes(self, hiro: Client, settings: Settings) -> None:
        assert "閉じています" in hiro.get(PAGE).content.decode()
        assert hiro.post(PAGE, {"do": "open", "per_minute": "６０"}).status_code == 302
        for _ in range(5):
            draw()
        shown = hiro.get(PAGE).content.decode()
        assert "待合室を開きました。1分に 60 人ずつ" in shown
        assert "<dd>5 人</dd>" in shown
        settings.CLOCK = lambda: AT + MINUTE
        hiro.post(PAGE, {"do": "open", "per_minute": "1,200"})
        assert (get_admission().per_minute, get_admission().opened_at) == (1200, AT)
        hiro.post(PAGE, {"do": "close"})
        assert not get_admission().is_waiting_room_open

    @pytest.mark.parametrize("typed", ["", "0", "-5", "many", "1000001", "1.5"])
    def test_refuses_what_is_no_pace_and_keeps_it_typed(self, hiro: Client, typed: str) -> None:
        answer = hiro.post(PAGE, {"do": "open", "per_minute": typed})
        assert answer.status_code == 422
        assert "人数を読み取れません" in answer.content.decode()
        assert f'value="{typed}"' in answer.content.decode()
        assert not get_admission().is_waiting_room_open

    def test_is_the_offices_alone(self, settings: Settings) -> None:
        settings.CLOCK = lambda: AT
        assert "/signin/" in Client().post(PAGE, {"do": "open", "per_minute": "1"})["Location"]
        assert not get_admission().is_waiting_room_open
