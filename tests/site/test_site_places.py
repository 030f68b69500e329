"""Counters and the helpdesk: found without a map, with what a visitor wants to know before going."""

import re
from datetime import date, datetime
from pathlib import Path

import pytest
from catalogue import load_catalogue
from django.http import HttpResponse, QueryDict
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from cast import LOADED_AT, ROOT, SECOND
from mynapoint.kernel.period import JST
from mynapoint.place.operations import load_place
from mynapoint.place.queries import REGISTER
from mynapoint.site.places.finding import find_counters, get_openness, list_cities, read_ask
from mynapoint.site.places.months import get_month, read_month

AT = datetime(2020, 10, 5, 12, tzinfo=JST)  # a Monday at noon
PLACES = [REGISTER.read(path) for path in sorted((ROOT / "places").glob("*.toml"))]
COUNTERS = [place for place in PLACES if place.kind == "counter"]
SHIMIN = next(place for place in PLACES if place.id == "mihon-shimin")
LANGUAGES = ["", "/easy", "/en"]


def names(query: str, *, at: datetime = AT) -> set[str]:
    return {found.place.id for found in find_counters(COUNTERS, read_ask(QueryDict(query)), at=at)}


class TestFindCounters:
    def test_shows_all_until_they_are_over(self) -> None:
        assert names("") == {place.id for place in COUNTERS}
        ends = datetime(2021, 1, 1, tzinfo=JST)
        assert "minatono-shima" in names("", at=ends - SECOND)
        assert "minatono-shima" not in names("", at=ends)

    def test_narrows_by_city_service_and_need(self) -> None:
        assert names("city=992011") == {"mihon-shimin", "mihon-higashi", "mihon-mall"}
        assert "minatono-yubin" not in names("service=hanamaru")
        assert "kazeno-yakuba" not in names("help=application")
        assert names("help=pin_reset&city=992011") == {"mihon-shimin"}
        assert names("city=000000") == set()

    def test_knows_who_is_open_at_noon_and_who_on_weekends(self) -> None:
        assert "mihon-higashi" not in names("open_now=1")
        assert "mihon-shimin" in names("open_now=1")
        assert "mihon-shimin" in names("weekends=1")
        assert "minatono-yubin" not in names("weekends=1")

    @given(st.dictionaries(st.sampled_from(["city", "service", "help", "open_now", "weekends"]), st.text(max_size=60)))
    def test_takes_anything(self, typed: dict[str, str]) -> None:
        query = QueryDict(mutable=True)
        query.update(typed)
        find_counters(COUNTERS, read_ask(query), at=AT)

    def test_lists_each_city_once(self) -> None:
        codes = [city.code for city in list_cities(COUNTERS)]
        assert codes == sorted(set(codes))


class TestMonth:
    def test_has_every_day_once_under_its_day_of_the_week(self) -> None:
        month = get_month(SHIMIN, date(2020, 10, 1), at=AT)
        days = [day.date for week in month.weeks for day in week if day]
        assert days == [date(2020, 10, n) for n in range(1, 32)]
        assert all(week[0] is None or week[0].date.isoweekday() == 7 for week in month.weeks)
        assert [day.date.day for week in month.weeks for day in week if day and day.is_today] == [5]

    def test_names_the_days_that_are_not_as_the_week_has_them(self) -> None:
        assert [day.date.day for day in get_month(SHIMIN, date(2020, 10, 1), at=AT).unusual] == [10, 25]
        january = get_month(SHIMIN, date(2021, 1, 1), at=AT)
        assert [day.date.day for day in january.unusual] == [1, 2, 3, 9, 11, 24]

    def test_leads_no_further_than_the_place_exists(self) -> None:
        assert get_month(SHIMIN, date(2021, 3, 1), at=AT).next is None
        assert get_month(SHIMIN, date(2020, 1, 1), at=AT).previous is None
        assert get_month(SHIMIN, date(2020, 12, 1), at=AT).next == date(2021, 1, 1)

    @pytest.mark.parametrize("text", ["", "2020-13", "2019-12", "2021-04", "9999-99", "x", "2020-10-05", "２０２０"])
    def test_is_the_current_one_for_anything_else(self, text: str) -> None:
        assert read_month(text, SHIMIN, at=AT) == date(2020, 10, 1)

    def test_is_the_last_one_after_the_end(self) -> None:
        assert read_month("", SHIMIN, at=datetime(2022, 1, 1, tzinfo=JST)) == date(2021, 3, 1)


def words(answer: HttpResponse, status: int = 200) -> str:
    assert answer.status_code == status
    html = re.sub(r"<rp>.*?</rp>|<rt>.*?</rt>", "", answer.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def client(db: None, settings: Settings) -> Client:
    load_catalogue()
    settings.CLOCK = lambda: AT
    return Client(headers={"host": "127.0.0.1"})


class TestS11Helpdesk:
    """The number, the digit, the hours; open now, or from when again."""

    @pytest.mark.parametrize(
        ("at", "shown"),
        [
            (datetime(2020, 10, 5, 9, 29, 59, tzinfo=JST), "次は 10月5日(月) 9:30 に開きます"),
            (datetime(2020, 10, 5, 9, 30, tzinfo=JST), "いま開いています 今日は 20:00 まで"),
            (datetime(2020, 10, 5, 19, 59, 59, tzinfo=JST), "いま開いています 今日は 20:00 まで"),
            (datetime(2020, 10, 5, 20, tzinfo=JST), "次は 10月6日(火) 9:30 に開きます"),
            (datetime(2020, 10, 10, 17, 29, 59, tzinfo=JST), "いま開いています 今日は 17:30 まで"),
            (datetime(2020, 12, 28, 20, tzinfo=JST), "次は 1月4日(月) 9:30 に開きます"),
        ],
    )
    def test_says_whether_somebody_is_there_to_the_second(
        self, client: Client, settings: Settings, at: datetime, shown: str
    ) -> None:
        settings.CLOCK = lambda: at
        assert shown in words(client.get("/helpdesk/"))

    def test_names_number_digit_and_the_days_off(self, client: Client) -> None:
        text = words(client.get("/helpdesk/"))
        for part in (
            "0120-00-0178",
            "「5番」",
            "9:30から20:00まで",
            "9:30から17:30まで",
            "12月29日 から 1月3日 は休みです",
        ):
            assert part in text

    def test_says_so_where_none_is_announced(self, client: Client, settings: Settings) -> None:
        settings.CLOCK = lambda: datetime(2019, 12, 31, tzinfo=JST)
        assert client.get("/helpdesk/").status_code == 404


class TestS18Counters:
    @pytest.mark.parametrize("prefix", LANGUAGES)
    def test_are_listed_each_with_a_page_of_its_own(self, client: Client, prefix: str) -> None:
        html = client.get(f"{prefix}/places/").content.decode()
        for place in COUNTERS:
            assert f'href="{prefix}/places/{place.id}/"' in html
            assert client.get(f"{prefix}/places/{place.id}/?month=2020-12").status_code == 200

    def test_say_where_and_when(self, client: Client) -> None:
        text = words(client.get("/places/mihon-shimin/"))
        for part in (
            "第2庁舎 1階",
            "いま開いています 今日は 17:00 まで",
            "2021年3月31日",
            "10月10日(土): 9:00から13:00まで",
            "休日開庁日",
        ):
            assert part in text

    def test_are_closed_for_good_after_the_last_day(self, client: Client, settings: Settings) -> None:
        settings.CLOCK = lambda: datetime(2021, 4, 1, tzinfo=JST)
        assert "受付を終わりました" in words(client.get("/places/mihon-shimin/"))
        assert "この条件に合う窓口はありません" in words(client.get("/places/"))

    @pytest.mark.parametrize("path", ["/places/nowhere/", "/places/sodan/"])
    def test_have_no_page_where_there_is_none(self, client: Client, path: str) -> None:
        assert client.get(path).status_code == 404


class TestS19Bring:
    def test_lists_card_pin_and_means_with_the_lock_as_a_way_forward(self, client: Client) -> None:
        text = words(client.get("/places/mihon-shimin/"))
        for part in (
            "マイナンバーカード",
            "暗証番号(数字4けた)",
            "3回間違えると",
            "この窓口で再設定できます",
            "2020年7月1日から",
        ):
            assert part in text
        assert "この窓口で再設定できます" not in words(client.get("/places/mihon-higashi/"))


class TestS20PossibleHere:
    def test_tells_the_services_that_can_be_applied_for_from_those_that_cannot(self, client: Client) -> None:
        html = client.get("/places/mihon-shimin/").content.decode()
        possible, impossible = html.split('id="services"')[1].split("<details>")
        assert 'href="/services/hanamaru/"' in possible
        assert 'href="/services/sakura/"' in impossible
        assert "サービスのアプリからだけ申し込めます" in words(client.get("/places/mihon-shimin/"))

    def test_says_where_no_applications_are_helped_with(self, client: Client) -> None:
        assert "申込の手伝いをしていません" in words(client.get("/places/kazeno-yakuba/"))
        assert "いま申し込めるサービスはありません" in words(client.get("/places/minatono-yubin/"))


class TestS21DecideBefore:
    def test_says_what_to_finish_before_coming(self, client: Client) -> None:
        text = words(client.get("/places/mihon-shimin/"))
        assert "決済サービスを一つ決めます" in text
        assert "準備を終えます" in text


class TestS22Notices:
    def test_are_shown_while_they_count(self, client: Client, settings: Settings) -> None:
        assert "窓口を消毒しています" in words(client.get("/places/mihon-shimin/"))
        settings.CLOCK = lambda: datetime(2020, 4, 7, tzinfo=JST) - SECOND
        assert "窓口を消毒しています" not in words(client.get("/places/mihon-shimin/"))


class TestS23Contact:
    def test_shows_the_mail_address_so_that_no_program_collects_it(self, client: Client) -> None:
        answer = client.get("/places/mihon-shimin/")
        assert "shimin(at)mihon.example" in words(answer)
        assert "shimin@" not in answer.content.decode()
        assert "@ に置き換えてください" in words(answer)


class TestS24Changed:
    def test_is_the_day_of_the_newest_text(self, client: Client, tmp_path: Path, settings: Settings) -> None:
        assert "更新日 2020年1月1日" in words(client.get("/places/mihon-shimin/"))
        moved = (ROOT / "places" / "mihon-shimin.toml").read_text().replace(
            "effective_from = 2020-01-01", "effective_from = 2020-10-01"
        )  # fmt: skip
        path = tmp_path / "newer.toml"
        path.write_text(moved)
        load_place(path, at=LOADED_AT)
        assert "更新日 2020年10月1日" in words(client.get("/places/mihon-shimin/"))
        assert "更新日 2020年10月1日" in words(client.get("/places/"))


class TestOpenness:
    def test_is_one_or_the_other_or_over(self) -> None:
        assert get_openness(SHIMIN, at=AT).closes_at == datetime(2020, 10, 5, 17, tzinfo=JST)
        over = get_openness(SHIMIN, at=datetime(2021, 4, 1, tzinfo=JST))
        assert (over.closes_at, over.opens_at) == (None, None)
