"""The line at a counter: entrance, board, clerk; tickets, a locked card, and when to come again."""

import re
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader
from pytest_django import Settings
from service_api_cast import NOON as UTC_NOON
from sitting import see

from cast import LOADED_AT, PROGRAMME_FILE
from mynapoint.booking.operations import book
from mynapoint.booking.queries import get_booking
from mynapoint.grace.models import GraceTicket
from mynapoint.kernel.period import JST
from mynapoint.kernel.slip_code import group_code
from mynapoint.place.models import PlaceRevision
from mynapoint.place.queries import find_place
from mynapoint.programme.operations import load_programme
from mynapoint.queue.operations import take_number
from mynapoint.queue.queries import get_line
from mynapoint.staff.rules import Role
from staff_cast import COUNTER, Installed, employ, install, open_counters, sit_down

NOON = UTC_NOON.astimezone(JST)
SLIP = re.compile(r"/counter/entrance/(\w{12})/")


@pytest.fixture(autouse=True)
def counter(settings: Settings, db: None) -> None:
    settings.CLOCK = lambda: NOON
    settings.DEMO = True
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    open_counters()
    change_place(helps=["reservation", "application", "pin_reset"])


def change_place(**changed: Any) -> None:
    place = find_place(COUNTER, at=NOON)
    assert place is not None
    content = place.model_dump(mode="json", by_alias=True) | changed
    PlaceRevision.objects.filter(id=COUNTER).update(content=content)


@pytest.fixture
def terminal() -> Installed:
    return install(at=NOON)


@pytest.fixture
def clerk(terminal: Installed) -> Client:
    return sit_down(employ("hana", Role.CLERK, at=NOON), terminal, at=NOON)


@pytest.fixture
def entrance(terminal: Installed) -> Client:
    return sit_down(None, terminal, at=NOON)


def take(entrance: Client, **typed: str) -> str:
    """Take a number at the entrance; return its slip's code."""
    answer = entrance.post("/counter/entrance/", typed)
    found = SLIP.search(answer["Location"])
    assert found is not None
    return found[1]


def words_of(answer: Any) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)


class TestEntrance:
    def test_gives_out_numbers_to_anybody_before_a_registered_terminal(self, entrance: Client) -> None:
        code = take(entrance)
        page = see(entrance.get(f"/counter/entrance/{code}/"))
        assert "番号札 1" in page
        assert "2020年" in page
        pdf = words_of(entrance.get(f"/counter/entrance/{code}/slip.pdf"))
        assert group_code(code) in pdf  # type: ignore[arg-type]
        assert "1" in pdf

    def test_is_none_in_any_other_browser(self) -> None:
        assert Client().get("/counter/entrance/").status_code == 403
        assert Client().post("/counter/entrance/").status_code == 403
        assert get_line(COUNTER, NOON.date()).last_number == 0

    def test_takes_a_booking_by_its_code_or_qr_code(self, entrance: Client) -> None:
        slot = NOON.replace(hour=13, minute=0)
        typed, scanned = (book(COUNTER, slot, at=NOON) for _ in range(2))
        take(entrance, booking=group_code(typed).lower())
        take(entrance, booking=f"http://127.0.0.1:8000/visit/{scanned}/")
        assert get_booking(typed, at=NOON).state == get_booking(scanned, at=NOON).state == "arrived"
        answer = entrance.post("/counter/entrance/", {"booking": typed})
        assert "この来庁予約は終わっています" in see(answer, 409)
        assert "この来庁予約は見つかりません" in see(entrance.post("/counter/entrance/", {"booking": "x"}), 404)
        assert get_line(COUNTER, NOON.date()).last_number == 2

    def test_says_when_it_is_shut_and_opens_by_itself(self, entrance: Client, settings: Settings) -> None:
        assert "Refresh" not in entrance.get("/counter/entrance/")
        settings.CLOCK = lambda: NOON.replace(hour=23)
        assert "いまは番号札を出していません" in see(entrance.get("/counter/entrance/"))
        refused = entrance.post("/counter/entrance/")
        assert "いまは番号札を出していません" in see(refused, 409)
        assert refused["Refresh"] == "30; url=/counter/entrance/"

    def test_knows_no_other_code(self, entrance: Client) -> None:
        for path in ("", "slip.pdf"):
            assert entrance.get(f"/counter/entrance/AAAAAAAAAAAA/{path}").status_code == 404


class TestBoard:
    def test_shows_what_is_called_to_anybody_and_looks_again(self, clerk: Client) -> None:
        for _ in range(3):
            take_number(COUNTER, at=NOON)
        clerk.post("/counter/line/next/", {"after": "0"})
        answer = Client().get(f"/counter/board/{COUNTER}/")
        assert answer["Refresh"] == "5"
        assert "1 1番窓口" in see(answer)
        assert "待っている方 2 人" in see(answer)
        assert not answer.cookies

    @pytest.mark.parametrize("name", ["nowhere", "sodan"])
    def test_is_for_counters(self, name: str) -> None:
        assert Client().get(f"/counter/board/{name}/").status_code == 404


class TestS18Line:
    def test_is_called_by_one_click_each(self, clerk: Client) -> None:
        for _ in range(5):
            take_number(COUNTER, at=NOON)
        for after in ("0", "0", "1"):  # the second is a second click
            assert clerk.post("/counter/line/next/", {"after": after}).status_code == 302
        page = see(clerk.get("/counter/line/"))
        assert "呼び出し中: 2 番" in page
        assert clerk.post("/counter/line/absent/", {"number": "2"}).status_code == 302
        page = see(clerk.get("/counter/line/"))
        assert "この端末で呼び出している番号はありません" in page
        assert [one.number for one in get_line(COUNTER, NOON.date()).list_waiting(at=NOON)] == [3, 4, 5, 2]
        assert clerk.post("/counter/line/call/", {"after": "2", "number": "5"}).status_code == 302
        assert "呼び出し中: 5 番" in see(clerk.get("/counter/line/"))

    def test_begins_the_case_of_whom_it_has_called_by_one_click(self, clerk: Client, settings: Settings) -> None:
        take_number(COUNTER, at=NOON)
        clerk.post("/counter/line/next/", {"after": "0"})
        settings.CLOCK = lambda: NOON + timedelta(seconds=1)
        page = clerk.get("/counter/line/").content.decode()
        name = re.search(r'name="case" value="([^"]+)"', page)
        assert name is not None
        assert clerk.post("/counter/cases/", {"case": name[1]})["Location"] == f"/counter/cases/{name[1]}/"
        page = see(clerk.get("/counter/line/"))
        assert "1 番の方の件をはじめました" in page
        assert "来ていない" not in page

    @pytest.mark.parametrize(
        ("form", "typed", "status", "said"),
        [
            ("next", {"after": "0"}, 409, "待っている方はいません"),
            ("next", {"after": "x"}, 404, "この番号は今日の番号札にありません"),
            ("absent", {"number": "1"}, 404, "この番号は今日の番号札にありません"),
            ("absent", {}, 404, "この番号は今日の番号札にありません"),
            ("call", {"after": "0", "number": "99999"}, 404, "この番号は今日の番号札にありません"),
        ],
    )
    def test_says_what_stands_against_it(
        self, clerk: Client, form: str, typed: dict[str, str], status: int, said: str
    ) -> None:
        assert said in see(clerk.post(f"/counter/line/{form}/", typed), status)

    def test_lists_todays_bookings_without_anybodys_code(self, clerk: Client) -> None:
        code = book(COUNTER, NOON.replace(hour=13, minute=0), at=NOON)
        page = clerk.get("/counter/line/").content.decode()
        assert "13:00" in page
        assert code not in page


class TestTickets:
    EVENING = datetime(2021, 3, 31, 17, 5, tzinfo=JST)

    @pytest.fixture
    def supervisor(self, terminal: Installed, settings: Settings) -> Client:
        stood = self.EVENING.replace(hour=16)
        for _ in range(3):
            take_number(COUNTER, at=stood)
        settings.CLOCK = lambda: self.EVENING
        return sit_down(employ("sakura", Role.SUPERVISOR, at=NOON), terminal, at=self.EVENING)

    def test_are_printed_for_all_who_wait(self, supervisor: Client) -> None:
        page = supervisor.get("/counter/line/tickets/").content.decode()
        assert page.count("checked") == 3
        day = self.EVENING.date().isoformat()
        answer = supervisor.post("/counter/line/tickets/", {"day": day, "number": ["1", "3"]})
        assert answer["Content-Type"] == "application/pdf"
        assert len(PdfReader(BytesIO(answer.content)).pages) == 2
        assert "2021年4月14日まで" in words_of(answer).replace(" ", "")
        assert sorted(GraceTicket.objects.values_list("number", flat=True)) == [1, 3]
        again = supervisor.post("/counter/line/tickets/", {"day": day, "number": ["1"]})
        first = re.search(r"(\w{4}-\w{4}-\w{4})", words_of(answer))
        assert first is not None
        assert first[1] in words_of(again)
        assert "に出しました" in see(supervisor.get("/counter/line/tickets/"))

    @pytest.mark.parametrize("numbers", [[], ["9"], ["x"], ["1", "-1"]])
    def test_are_for_numbers_that_there_are(self, supervisor: Client, numbers: list[str]) -> None:
        assert supervisor.post("/counter/line/tickets/", {"number": numbers}).status_code == 404
        assert not GraceTicket.objects.exists()

    def test_are_the_supervisors_to_give(self, clerk: Client) -> None:
        assert clerk.get("/counter/line/tickets/").status_code == 403
        assert clerk.post("/counter/line/tickets/", {"number": ["1"]}).status_code == 403


class TestS19Pins:
    NAME = "01746c00-0000-7000-8000-000000000001"

    def begin(self, clerk: Client) -> str:
        return str(clerk.post("/counter/pins/", {"reset": self.NAME})["Location"])

    def test_are_reset_by_two_members_of_staff(self, clerk: Client, terminal: Installed) -> None:
        page = self.begin(clerk)
        assert clerk.post(f"{page}check/", {"document": "passport"}).status_code == 302
        assert "もう一人の職員の確認を待っています" in see(clerk.get(page))
        again = clerk.post(f"{page}check/", {"document": "passport"})
        assert "もう一人の職員が確認してください" in see(again, 409)
        other = sit_down(employ("bunta", Role.CLERK, at=NOON), terminal, at=NOON)
        assert "確認 1/2" in see(other.get("/counter/pins/"))
        assert other.post(f"{page}check/", {"document": "passport"}).status_code == 302
        shown = see(other.get(page))
        assert re.search(r"指示番号 \w{4}-\w{4}-\w{4}", shown)
        assert other.post(f"{page}end/", {"outcome": "done"}).status_code == 302
        assert "終わっています" in see(other.get(page))

    def test_need_a_kind_of_document_and_an_outcome(self, clerk: Client) -> None:
        page = self.begin(clerk)
        assert "見た書類の種類を選んでください" in see(clerk.post(f"{page}check/", {"document": "name"}), 422)
        assert "結果を選んでください" in see(clerk.post(f"{page}end/"), 422)
        assert "二人の確認がまだです" in see(clerk.post(f"{page}end/", {"outcome": "done"}), 409)

    def test_are_reset_only_where_the_counter_says_so(self, clerk: Client) -> None:
        assert "暗証番号の再設定" in see(clerk.get("/counter/"))
        change_place(helps=["reservation"])
        assert clerk.get("/counter/pins/").status_code == 404
        assert "暗証番号の再設定" not in see(clerk.get("/counter/"))

    def test_are_found_at_their_own_counter(self, clerk: Client) -> None:
        assert clerk.post("/counter/pins/", {"reset": "x"}).status_code == 404
        assert clerk.get(f"/counter/pins/{self.NAME}/").status_code == 404


class TestAgain:
    @pytest.mark.parametrize(
        ("usable_from", "opens"),
        [
            (NOON + timedelta(hours=1), "13:00:00"),
            (NOON.replace(hour=23), "8:30:00"),
        ],
    )
    def test_names_the_first_open_time_that_helps(self, clerk: Client, usable_from: datetime, opens: str) -> None:
        query = {"from": usable_from.isoformat()}
        page = see(clerk.get("/counter/again/", query))
        assert opens in page
        assert f"{usable_from:%H:%M:%S} から" in page
        assert "もう一度お越しください" in words_of(clerk.get("/counter/again.pdf", query)).replace(" ", "")

    @pytest.mark.parametrize("typed", ["", "x", "2020-10-05", "2020-10-05T10:00:00"])
    def test_is_a_time(self, clerk: Client, typed: str) -> None:
        assert clerk.get("/counter/again/", {"from": typed}).status_code == 404
