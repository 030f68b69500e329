"""Booking a visit and a number's page: in three languages, by a code alone, whatever is typed."""

import re
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.test import Client
from paper_reader import check_qr
from pypdf import PdfReader
from pytest_django import Settings
from site_reader import Reader

from cast import AT, MINUTE, SECOND
from mynapoint.booking.models import BookedVisit, BookingStep
from mynapoint.booking.operations import book
from mynapoint.booking.queries import get_booking
from mynapoint.case.rules import Seat
from mynapoint.entrance.operations import open_waiting_room
from mynapoint.kernel.slip_code import group_code
from mynapoint.place.models import PlaceRevision
from mynapoint.place.queries import find_place
from mynapoint.queue.operations import call_next, report_absent, take_number
from mynapoint.site.visits.booking import _BRAKE
from mynapoint.site.visits.brake import MOST, WITHIN, Brake, TooManyBookings
from mynapoint.site.visits.number import round_up

MALL = "mihon-mall"
TWO = AT.replace(hour=14)
LANGUAGES = ["", "/easy", "/en"]
SEAT = Seat(MALL, "特設窓口", f"{MALL}-1", "1番窓口")


@pytest.fixture(autouse=True)
def free_brake() -> None:
    _BRAKE._seen.clear()


@pytest.fixture
def walker(reader: Reader) -> Client:
    return reader.client


def slot(prefix: str = "", *, at: datetime = TWO) -> str:
    return f"{prefix}/places/{MALL}/book/{at.date().isoformat()}/{at:%H%M}/"


class TestBook:
    @pytest.mark.parametrize("prefix", LANGUAGES)
    def test_leads_from_the_counter_by_day_and_time_to_a_code(
        self, reader: Reader, walker: Client, prefix: str
    ) -> None:
        for page in (f"/places/{MALL}/", f"/places/{MALL}/book/", f"/places/{MALL}/book/{TWO.date().isoformat()}/"):
            links = re.findall(r'href="([^"]+)"', reader.source(prefix + page))
            following = slot(prefix) if page.endswith(f"{TWO.date().isoformat()}/") else None
            assert following is None or following in links
        assert "14:00" in reader.words(slot(prefix))
        answer = walker.post(slot(prefix))
        assert answer.status_code == 302
        words = reader.words(answer["Location"])
        assert answer["Location"].startswith(f"{prefix}/visit/")
        assert group_code(answer["Location"].split("/")[-2]) in words
        assert "14:00" in words
        assert not answer.cookies

    def test_shows_what_is_full_and_refuses_it(self, reader: Reader, walker: Client) -> None:
        for _ in range(5):
            book(MALL, TWO, at=AT)
        answer = walker.post(slot())
        assert answer.status_code == 409
        text = answer.content.decode()
        assert "この時間はいっぱいになりました" in text
        assert f'<a href="{slot()}"' not in text
        assert BookedVisit.objects.count() == 5

    @pytest.mark.parametrize(
        "path",
        [f"/places/{MALL}/book/2020-02-30/", f"/places/{MALL}/book/2020-09-10/9900/",
         f"/places/{MALL}/book/0000-00-00/", "/places/kazeno-yakuba/book/",
         "/places/nowhere/book/", "/places/sodan/book/"],
    )  # fmt: skip
    def test_knows_no_other_day_time_or_counter(self, reader: Reader, path: str) -> None:
        reader.source(path, 404)

    @pytest.mark.parametrize("at", [AT.replace(hour=10, minute=0), TWO + timedelta(days=60), TWO + MINUTE])
    def test_refuses_a_slot_that_is_none(self, walker: Client, at: datetime) -> None:
        assert walker.post(slot(at=at)).status_code == 409
        assert not BookedVisit.objects.exists()

    def test_waits_in_the_waiting_room_like_every_beginning(self, walker: Client) -> None:
        open_waiting_room(per_minute=1, at=AT)
        answer = walker.post(slot())
        assert "/line/" in answer["Location"]
        assert not BookedVisit.objects.exists()

    def test_is_braked_for_one_address(self, walker: Client, settings: Settings) -> None:
        for _ in range(MOST):
            assert walker.post(slot(at=TWO + timedelta(minutes=20 * BookedVisit.objects.count()))).status_code == 302
        assert walker.post(slot(at=TWO + timedelta(hours=4))).status_code == 429
        assert BookedVisit.objects.count() == MOST
        settings.CLOCK = lambda: AT + WITHIN
        assert walker.post(slot(at=TWO + timedelta(hours=4))).status_code == 302


class TestBrake:
    def test_lets_go_to_the_second_and_knows_addresses_apart(self) -> None:
        brake = Brake()
        for _ in range(MOST):
            brake.take("192.0.2.1", at=AT)
        brake.take("192.0.2.2", at=AT)
        with pytest.raises(TooManyBookings):
            brake.take("192.0.2.1", at=AT + WITHIN - SECOND)
        brake.take("192.0.2.1", at=AT + WITHIN)

    def test_keeps_no_address(self) -> None:
        brake = Brake()
        brake.take("192.0.2.1", at=AT)
        assert b"192.0.2.1" not in b"".join(name for _, name in brake._seen)


class TestS18Booking:
    @pytest.mark.parametrize("prefix", LANGUAGES)
    def test_is_found_moved_printed_and_cancelled_by_its_code(
        self, reader: Reader, walker: Client, prefix: str
    ) -> None:
        code = book(MALL, TWO, at=AT)
        found = walker.get(f"{prefix}/visit/", {"code": group_code(code).lower()})
        assert found["Location"] == f"{prefix}/visit/{code}/"
        to = f"{prefix}/visit/{code}/change/{TWO.date().isoformat()}/1420/"
        assert to in reader.source(f"{prefix}/visit/{code}/change/{TWO.date().isoformat()}/")
        assert f"/visit/{code}/change/{TWO.date().isoformat()}/" in reader.source(f"{prefix}/visit/{code}/change/")
        assert "14:20" in reader.words(to)
        assert walker.post(to)["Location"] == f"{prefix}/visit/{code}/"
        assert "14:20" in reader.words(f"{prefix}/visit/{code}/")
        pdf = walker.get(f"{prefix}/visit/{code}/slip.pdf")
        assert group_code(code) in PdfReader(BytesIO(pdf.content)).pages[0].extract_text()
        reader.source(f"{prefix}/visit/{code}/cancel/")
        for _ in range(2):
            assert walker.post(f"{prefix}/visit/{code}/cancel/").status_code == 302
        assert f"/visit/{code}/cancel/" not in reader.source(f"{prefix}/visit/{code}/")
        assert walker.get(f"{prefix}/visit/{code}/slip.pdf")["Location"] == f"{prefix}/visit/{code}/"
        assert BookingStep.objects.count() == 3

    def test_has_a_slip_to_the_second_until_its_time_is_over(self, walker: Client, settings: Settings) -> None:
        code = book(MALL, TWO, at=AT)
        end = get_booking(code, at=AT).slot.end
        settings.CLOCK = lambda: end - SECOND
        slip = walker.get(f"/visit/{code}/slip.pdf")
        assert slip["Content-Type"] == "application/pdf"
        check_qr(PdfReader(BytesIO(slip.content)), "予約のページのQRコード", f"http://127.0.0.1:8000/visit/{code}/")
        settings.CLOCK = lambda: end
        assert walker.get(f"/visit/{code}/slip.pdf")["Location"] == f"/visit/{code}/"

    def test_has_a_slip_with_readings_in_easy_japanese(self, walker: Client) -> None:
        code = book(MALL, TWO, at=AT)
        pdf = walker.get(f"/easy/visit/{code}/slip.pdf")
        text = re.sub(r"\s", "", PdfReader(BytesIO(pdf.content)).pages[0].extract_text())
        assert "予約(よやく)" in text
        assert "3階(がい)" in text

    def test_keeps_a_wrong_code_in_its_field_and_reads_the_error_aloud(self, walker: Client) -> None:
        text = walker.get("/easy/visit/", {"code": 'acde-"9'}).content.decode()
        assert 'value="acde-&quot;9"' in text
        alert = text[text.index('role="alert"') : text.index("</div>", text.index('role="alert"'))]
        assert "<rt>よやく</rt>" in alert
        assert 'value="AAAAAAAAAAAA"' in walker.get("/visit/AAAAAAAAAAAA/").content.decode()

    @pytest.mark.parametrize("typed", ["", "ACDE", "AAAAAAAAAAAA", "\x00" * 12, "あ" * 300])
    def test_is_not_found_by_a_wrong_code(self, walker: Client, typed: str) -> None:
        answer = walker.get("/visit/", {"code": typed})
        assert answer.status_code == 404
        assert "この来庁予約は見つかりません" in answer.content.decode()

    def test_is_told_on_its_page_when_it_is_over_or_full(self, walker: Client, settings: Settings) -> None:
        code = book(MALL, TWO, at=AT)
        for _ in range(5):
            book(MALL, TWO + timedelta(minutes=20), at=AT)
        to = f"/visit/{code}/change/{TWO.date().isoformat()}/1420/"
        assert walker.post(to).status_code == 409
        settings.CLOCK = lambda: TWO + timedelta(minutes=20)
        assert walker.post(f"/visit/{code}/cancel/").status_code == 409
        assert "この予約の時間は過ぎました" in walker.get(f"/visit/{code}/").content.decode()

    def test_says_when_the_counter_has_closed_its_day(self, reader: Reader, walker: Client) -> None:
        code, place = book(MALL, TWO, at=AT), find_place(MALL, at=AT)
        assert place is not None
        content = place.model_dump(mode="json", by_alias=True)
        content["calendar"]["special"] = [{"days": [TWO.date().isoformat()], "hours": [], "reason": {"ja": "台風"}}]
        PlaceRevision.objects.create(id=MALL, effective_from=AT - SECOND, content=content, loaded_at=AT)
        assert "この時間に窓口が開かないことになりました" in reader.words(f"/visit/{code}/")
        assert walker.get(f"/visit/{code}/slip.pdf")["Location"] == f"/visit/{code}/"


class TestNumber:
    @pytest.mark.parametrize("prefix", LANGUAGES)
    def test_shows_where_it_stands_until_its_end(self, reader: Reader, walker: Client, prefix: str) -> None:
        first, second = (take_number(MALL, at=AT) for _ in range(2))
        page = f"{prefix}/places/{MALL}/number/{second.code}/"
        answer = walker.get(page)
        assert answer["Refresh"] == "30"
        assert "20" in reader.words(page)  # minutes
        called = call_next(SEAT, after=0, user_id=7, at=AT)
        assert "1番窓口" in reader.words(f"{prefix}/places/{MALL}/number/{first.code}/")
        report_absent(SEAT, called.number, user_id=7, at=AT)
        reader.source(f"{prefix}/places/{MALL}/number/{first.code}/")
        for _ in range(2):
            assert walker.post(page)["Location"] == page
        assert "Refresh" not in walker.get(page)

    def test_is_for_its_day(self, reader: Reader, settings: Settings) -> None:
        taken = take_number(MALL, at=AT)
        settings.CLOCK = lambda: AT + timedelta(days=1)
        page = f"/places/{MALL}/number/{taken.code}/"
        assert "この番号札の日は終わりました" in reader.words(page)
        assert reader.client.post(page).status_code == 404

    def test_is_unknown_by_another_code(self, reader: Reader) -> None:
        assert "番号札が見つかりません" in reader.words(f"/places/{MALL}/number/AAAAAAAAAAAA/", 404)
        reader.source("/places/nowhere/number/AAAAAAAAAAAA/", 404)

    @pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (1, 5), (300, 5), (301, 10)])
    def test_rounds_its_wait_up(self, seconds: int, minutes: int) -> None:
        assert round_up(timedelta(seconds=seconds)) == minutes

    def test_that_is_called_is_not_given_up(self, walker: Client) -> None:
        taken = take_number(MALL, at=AT)
        call_next(SEAT, after=0, user_id=7, at=AT)
        assert walker.post(f"/places/{MALL}/number/{taken.code}/").status_code == 409
