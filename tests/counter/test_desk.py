"""Who is let in to a counter's pages: a role, at the counter of a terminal, of one's own city."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django.fixtures import Settings

from cast import AT, SECOND
from mynapoint.counter.desk import Desk, at_desk, for_staff, get_own_counter
from mynapoint.signin.sessions import IDLE_FOR, SIGNED_IN_FOR
from mynapoint.staff.operations import dismiss, register_terminal, replace_terminal, revoke_terminal
from mynapoint.staff.rules import Member, Role
from mynapoint.urls import urlpatterns as platform
from staff_cast import CITY, COUNTER, OTHER_CITY, OTHER_COUNTER, employ, install, open_counters, sit_down

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@at_desk(Role.CLERK, Role.SUPERVISOR)
def desk_page(_request: HttpRequest, desk: Desk) -> HttpResponse:
    said = (str(desk.user_id), desk.city, *sorted(desk.roles), desk.seat.counter, desk.seat.terminal_name)
    return HttpResponse("|".join(said))


@for_staff(Role.SUPERVISOR, Role.AUDITOR)
def staff_page(_request: HttpRequest, member: Member, counter: str) -> HttpResponse:
    place = get_own_counter(member, counter, Role.SUPERVISOR, Role.AUDITOR, at=AT)
    return HttpResponse(place.id)


urlpatterns = [path("t/desk/", desk_page), path("t/<slug:counter>/", staff_page), *platform]


@pytest.fixture(autouse=True)
def _open(settings: Settings) -> None:
    settings.CLOCK = lambda: AT
    # The desk's own check, without the table that is looked at before it.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != "mynapoint.access.Gate"]
    open_counters()


@pytest.fixture
def clerk() -> User:
    return employ("hana", Role.CLERK, counter=COUNTER, at=AT)


class TestForgedForms:
    @pytest.mark.parametrize(
        ("path", "room"), [("/counter/cases/", "窓口"), ("/counter/extension/", "窓口"), ("/office/", "事務局")]
    )
    def test_are_refused_in_the_words_of_the_room(self, path: str, room: str) -> None:
        answer = Client(enforce_csrf_checks=True).post(path)
        assert answer.status_code == 403
        assert f"<title>この送信は受け付けられません | {room}</title>" in answer.content.decode()


class TestAtDesk:
    def test_says_who_sits_where(self, clerk: User) -> None:
        answer = sit_down(clerk, install("2番窓口", at=AT), at=AT).get("/t/desk/")
        assert answer.content.decode() == f"{clerk.id}|{CITY}|clerk|{COUNTER}|2番窓口"
        assert "no-store" in answer["Cache-Control"]

    def test_sends_nobody_to_the_door_and_back(self) -> None:
        answer = sit_down(None, install(at=AT), at=AT).get("/t/desk/?a=1")
        assert (answer.status_code, answer["Location"].partition("?")[2]) == (302, "next=/t/desk/%3Fa%3D1")

    def test_is_closed_where_no_terminal_is(self, clerk: User) -> None:
        answer = sit_down(clerk, at=AT).get("/t/desk/")
        assert answer.status_code == 403
        assert "この端末は登録されていません" in answer.content.decode()

    @pytest.mark.parametrize("role", [Role.CITY_ADMIN, Role.AUDITOR, Role.OFFICE])
    def test_is_closed_to_other_roles(self, role: Role) -> None:
        other = employ("hana", role, at=AT)
        assert sit_down(other, install(at=AT), at=AT).get("/t/desk/").status_code == 403

    def test_is_closed_to_another_citys_clerk(self) -> None:
        other = employ("hana", Role.CLERK, city=OTHER_CITY, at=AT)
        assert sit_down(other, install(at=AT), at=AT).get("/t/desk/").status_code == 403

    def test_is_closed_at_another_counter_of_the_city(self, clerk: User) -> None:
        open_counters("minatono-yubin")
        installed = install(counter="minatono-yubin", at=AT)
        assert sit_down(clerk, installed, at=AT).get("/t/desk/").status_code == 403

    def test_belongs_to_the_terminal_at_which_one_signed_in(self, clerk: User) -> None:
        here, there = install("1番窓口", at=AT), install("2番窓口", at=AT)
        stolen = sit_down(None, there, at=AT)
        stolen.cookies["sessionid"] = sit_down(clerk, here, at=AT).cookies["sessionid"].value
        assert stolen.get("/t/desk/").status_code == 302

    def test_closes_at_once_with_post_or_terminal(self, clerk: User) -> None:
        here = install(at=AT)
        client = sit_down(clerk, here, at=AT)
        replace_terminal(here.id, by=None, at=AT)
        assert client.get("/t/desk/").status_code == 403
        there = install("2番窓口", at=AT)
        client = sit_down(clerk, there, at=AT)
        assert client.get("/t/desk/").status_code == 200
        revoke_terminal(there.id, by=None, at=AT)
        assert client.get("/t/desk/").status_code == 403
        dismiss(clerk.id, by=None, at=AT)
        assert sit_down(clerk, install("3番窓口", at=AT), at=AT).get("/t/desk/").status_code == 302

    def test_needs_both_factors(self, clerk: User) -> None:
        client = sit_down(None, install(at=AT), at=AT)
        client.force_login(clerk)
        assert client.get("/t/desk/").status_code == 302

    def test_is_closed_to_a_user_who_was_switched_off(self, clerk: User) -> None:
        client = sit_down(clerk, install(at=AT), at=AT)
        User.objects.filter(id=clerk.id).update(is_active=False)
        assert client.get("/t/desk/").status_code == 302


class TestForStaff:
    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR])
    def test_lets_a_role_in_at_any_screen(self, role: Role) -> None:
        client = sit_down(employ("hana", role, at=AT), at=AT)
        assert client.get(f"/t/{COUNTER}/").content.decode() == COUNTER

    @pytest.mark.parametrize("counter", [OTHER_COUNTER, "nowhere"])
    def test_knows_no_counter_but_the_citys(self, counter: str) -> None:
        client = sit_down(employ("hana", Role.SUPERVISOR, at=AT), at=AT)
        answer = client.get(f"/t/{counter}/")
        assert answer.status_code == 404
        assert "窓口のはじめ" in answer.content.decode()

    def test_knows_no_counter_but_ones_own(self) -> None:
        open_counters("minatono-yubin")
        client = sit_down(employ("hana", Role.SUPERVISOR, counter=COUNTER, at=AT), at=AT)
        assert client.get("/t/minatono-yubin/").status_code == 404

    @pytest.mark.parametrize("role", [Role.CLERK, Role.CITY_ADMIN, Role.OFFICE])
    def test_is_closed_to_other_roles(self, role: Role) -> None:
        assert sit_down(employ("hana", role, at=AT), at=AT).get(f"/t/{COUNTER}/").status_code == 403

    def test_is_closed_to_the_offices_auditor(self) -> None:
        client = sit_down(employ("hana", Role.AUDITOR, city="", at=AT), at=AT)
        assert client.get(f"/t/{COUNTER}/").status_code == 403


class TestSession:
    def look(self, client: Client, settings: Settings, later: timedelta) -> int:
        settings.CLOCK = lambda: AT + later
        return client.get(f"/t/{COUNTER}/").status_code

    @pytest.mark.parametrize(("later", "status"), [(-SECOND, 200), (timedelta(0), 302)])
    def test_ends_when_nobody_does_anything(self, settings: Settings, later: timedelta, status: int) -> None:
        client = sit_down(employ("hana", Role.AUDITOR, at=AT), at=AT)
        assert self.look(client, settings, IDLE_FOR + later) == status

    def test_goes_on_with_work_until_the_day_is_over(self, settings: Settings) -> None:
        client = sit_down(employ("hana", Role.AUDITOR, at=AT), at=AT)
        step = IDLE_FOR - SECOND
        at = timedelta(0)
        while at + step < SIGNED_IN_FOR - SECOND:
            at += step
            assert self.look(client, settings, at) == 200
        assert self.look(client, settings, SIGNED_IN_FOR - SECOND) == 200
        assert self.look(client, settings, SIGNED_IN_FOR) == 302

    def test_that_ended_leaves_nothing(self, settings: Settings) -> None:
        client = sit_down(employ("hana", Role.AUDITOR, at=AT), at=AT)
        assert self.look(client, settings, IDLE_FOR) == 302
        assert self.look(client, settings, timedelta(0)) == 302


class TestTerminalPage:
    PAGE = "/signin/terminal/"

    def test_makes_a_browser_the_terminal_and_says_which(self) -> None:
        _, code = register_terminal(COUNTER, "2番窓口", city=CITY, by=None, at=AT)
        client = Client()
        assert client.post(self.PAGE, {"code": f" {code.shown.lower()}"}).status_code == 302
        assert "2番窓口" in client.get(self.PAGE).content.decode()
        cookie = client.cookies["mynapoint-terminal"]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
        assert Client().post(self.PAGE, {"code": code.shown}).status_code == 422

    @pytest.mark.parametrize("code", ["", "x", "A" * 16, "あ" * 5000, "\x00"])
    def test_refuses_what_is_no_code(self, code: str) -> None:
        answer = Client().post(self.PAGE, {"code": code})
        assert answer.status_code == 422
        assert "このコードは使えません" in answer.content.decode()

    def test_slows_guesses_down(self) -> None:
        statuses = [Client().post(self.PAGE, {"code": "A" * 16}).status_code for _ in range(6)]
        assert statuses == [422] * 5 + [429]
        _, code = register_terminal(COUNTER, "2番窓口", city=CITY, by=None, at=AT)
        elsewhere = Client(REMOTE_ADDR="192.0.2.7")
        assert elsewhere.post(self.PAGE, {"code": code.shown}).status_code == 302

    def test_makes_as_many_as_a_city_has(self) -> None:
        for number in range(8):
            _, code = register_terminal(COUNTER, f"{number}番窓口", city=CITY, by=None, at=AT)
            assert Client().post(self.PAGE, {"code": code.shown}).status_code == 302
