"""The finder of services: what is found, in which order, and what each page says."""

import csv
import gzip
import re
from collections.abc import Callable
from datetime import datetime
from io import StringIO
from itertools import groupby

import pytest
from catalogue import SERVICES, load_catalogue
from django.http import HttpResponse, QueryDict
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from bench.manyservices import REAL_COUNT, load_many_services
from cast import LOADED_AT, ROOT, SECOND
from mynapoint.directory.queries import REGISTER
from mynapoint.directory.rules import Service
from mynapoint.kernel.period import JST
from mynapoint.site.services.comparing import Row, compare_services
from mynapoint.site.services.exports import COLUMNS, to_cell
from mynapoint.site.services.finding import PAGE_SIZE, Wish, find, get_state, loosen, read_wish
from mynapoint.site.shell.folding import fold

AT = datetime(2020, 10, 5, 12, tzinfo=JST)
KEY = {"id": "a-1", "public_key": "A" * 43, "from": "2020-01-01T00:00:00Z"}
EVERY = [REGISTER.read(path, address="https://a.example/x", keys=[KEY]) for path in SERVICES]
LANGUAGES = ["", "/easy", "/en"]


def names(wish: Wish, *, at: datetime = AT) -> list[str]:
    return [found.service.id for found in find(EVERY, wish, at=at)]


def compare(*chosen: str) -> list[Row]:
    found = {one.service.id: one for one in find(EVERY, Wish(), at=AT)}
    return compare_services([found[name] for name in chosen])


def wish(query: str) -> Wish:
    return read_wish(QueryDict(query))


class TestFind:
    def test_shows_all_with_those_first_that_one_can_apply_for_now(self) -> None:
        assert names(Wish())[:2] == ["sakura", "hanamaru"]
        assert len(names(Wish())) == len(EVERY)

    def test_shows_what_is_still_to_come_before_what_is_over(self) -> None:
        states = [found.state for found in find(EVERY, Wish(), at=AT)]
        order = ["open", "service_starts_in_own_app", "service_not_open", "service_closed"]
        assert [state for state, _ in groupby(states)] == order

    @pytest.mark.parametrize(
        "text", ["はなまる", "ハナマル", "ﾊﾅﾏﾙ", "はなまるぺい", "Hanamaru PAY", "ＨＡＮＡＭＡＲＵ", "はな まる"]
    )
    def test_finds_a_name_however_it_is_typed(self, text: str) -> None:
        assert names(Wish(text=text)) == ["hanamaru"]

    def test_finds_what_people_call_it_and_wants_every_word(self) -> None:
        assert names(Wish(text="クレカ")) == ["sakura"]
        assert names(Wish(text="くれじっと 百貨店")) == ["hibari"]
        assert names(Wish(text="そんなサービスはない")) == []

    @pytest.mark.parametrize(
        ("query", "keeps"),
        [
            ("kind=charge", lambda service: service.kind == "charge"),
            ("kind=purchase", lambda service: service.kind == "purchase"),
            ("way=counter", lambda service: "counter" in service.channels and not service.starts_in_own_app),
            ("way=pc", lambda service: "pc" in service.channels and not service.starts_in_own_app),
            ("minors=1", lambda service: service.minors),
            ("no_smartphone=1", lambda service: not service.needs_smartphone),
            ("no_registration=1", lambda service: not service.needs_registration),
            ("open_now=1", lambda service: service.id in {"hanamaru", "sakura"}),
        ],
    )
    def test_narrows(self, query: str, keeps: Callable[[Service], bool]) -> None:
        expected = {service.id for service in EVERY if keeps(service)}
        assert set(names(wish(query))) == expected
        assert 0 < len(expected) < len(EVERY)

    def test_sorts_by_name_by_soonest_points_and_by_end(self) -> None:
        by_id = {service.id: service for service in EVERY}
        assert names(Wish(sort="name"))[:3] == ["akane", "kaede", "komachi"]
        days = [by_id[name].points_within_days for name in names(Wish(sort="soon"))]
        assert days == sorted(days)
        ends = [by_id[name].application_until for name in names(Wish(sort="until"))]
        assert ends == sorted(ends)

    def test_changes_a_services_state_to_the_second(self) -> None:
        sakura = next(service for service in EVERY if service.id == "sakura")
        opens, closes = datetime(2020, 7, 1, tzinfo=JST), datetime(2021, 3, 1, tzinfo=JST)
        states = [get_state(sakura, at=at) for at in (opens - SECOND, opens, closes - SECOND, closes)]
        assert states == ["service_not_open", "open", "open", "service_closed"]


class TestWish:
    @given(st.dictionaries(st.sampled_from(["q", "kind", "way", "sort", "minors", "x"]), st.text(max_size=80)))
    def test_takes_anything_and_is_the_same_again_from_its_own_address(self, typed: dict[str, str]) -> None:
        query = QueryDict(mutable=True)
        query.update(typed)
        first = read_wish(query)
        assert read_wish(QueryDict(first.query)) == first
        find(EVERY, first, at=AT)

    def test_leaves_out_what_it_does_not_know(self) -> None:
        assert wish("kind=barter&way=fax&sort=random&page=9&q=%00") == Wish()


class TestLoosen:
    def test_names_each_condition_without_which_there_would_be_something(self) -> None:
        narrow = wish("kind=purchase&way=counter")
        assert names(narrow) == []
        assert [(one.part, one.value, one.query) for one in loosen(EVERY, narrow, at=AT)] == [
            ("kind", "purchase", "way=counter"), ("way", "counter", "kind=purchase"),
        ]  # fmt: skip


class TestFold:
    @given(st.text(alphabet="ﾊﾅﾏﾙｶﾞぺペハンパはＡaＺz　 ー・①ガ", max_size=30))
    def test_changes_nothing_that_is_folded_already(self, text: str) -> None:
        assert fold(fold(text)) == fold(text)


def words(answer: HttpResponse, status: int = 200) -> str:
    assert answer.status_code == status
    html = answer.content.decode()
    html = re.sub(r"<rp>.*?</rp>|<rt>.*?</rt>", "", html)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def client(db: None, settings: Settings) -> Client:
    load_catalogue()
    settings.CLOCK = lambda: AT
    return Client(headers={"host": "127.0.0.1"})


class TestComparison:
    """What is the same is marked, for services differ in most things."""

    def test_marks_each_row_that_is_the_same_in_all(self) -> None:
        same = {row.name for row in compare("hanamaru", "yuzu") if row.is_same}
        assert same == {"kind", "points_when", "counter", "minors", "smartphone", "registration", "until"}

    def test_takes_what_is_not_told_for_no_sameness(self) -> None:
        unknown = [found for found in find(EVERY, Wish(), at=AT) if found.service.points_how is None]
        assert len(unknown) > 1
        assert not next(row.is_same for row in compare_services(unknown) if row.name == "points_how")

    def test_marks_nothing_where_one_stands_alone(self) -> None:
        assert not any(row.is_same for row in compare("hanamaru"))


class TestS5List:
    """A list of registered services: searchable, sortable, with everything that one chooses by."""

    @pytest.mark.parametrize("prefix", LANGUAGES)
    def test_lists_every_service_with_a_page_of_its_own(self, client: Client, prefix: str) -> None:
        html = client.get(f"{prefix}/services/").content.decode()
        for service in EVERY:
            assert f'href="{prefix}/services/{service.id}/"' in html
            assert client.get(f"{prefix}/services/{service.id}/").status_code == 200

    def test_counts_and_keeps_what_was_asked(self, client: Client) -> None:
        answer = client.get("/services/", {"q": "ﾊﾅﾏﾙ", "minors": "1"})
        assert "1 件見つかりました" in words(answer)
        assert 'value="ﾊﾅﾏﾙ"' in answer.content.decode()

    def test_helps_on_when_nothing_answers(self, client: Client) -> None:
        answer = client.get("/services/", {"kind": "purchase", "way": "counter"})
        assert "この条件に合うサービスはありません" in words(answer)
        assert 'href="/services/?kind=purchase"' in answer.content.decode()

    def test_escapes_what_was_typed(self, client: Client) -> None:
        html = client.get("/services/", {"q": '"><script>alert(1)</script>'}).content.decode()
        assert "<script>alert" not in html

    @pytest.mark.parametrize("page", ["0", "-1", "999", "x"])
    def test_shows_some_page_whatever_is_asked_for(self, client: Client, page: str) -> None:
        assert client.get("/services/", {"page": page}).status_code == 200

    def test_compares_up_to_three_and_marks_where_they_are_the_same(self, client: Client) -> None:
        answer = client.get("/services/compare/?s=hanamaru&s=sakura&s=nothing&s=hanamaru")
        html = answer.content.decode()
        assert html.count('<th scope="col"><a') == 2
        assert html.count("どれも同じ") == sum(row.is_same for row in compare("hanamaru", "sakura"))
        cut = client.get("/services/compare/?s=hanamaru&s=sakura&s=yuzu&s=akane")
        assert "はじめの 3 つを表示しています" in words(cut)
        assert cut.content.decode().count('<th scope="col"><a') == 3
        assert "まだ選ばれていません" in words(client.get("/services/compare/"))

    def test_has_no_page_for_a_service_that_is_not_registered(self, client: Client) -> None:
        assert client.get("/services/nothing/").status_code == 404

    def test_sets_no_cookie_and_may_be_kept(self, client: Client) -> None:
        answer = client.get("/services/")
        assert "public" in answer["Cache-Control"]
        assert not answer.cookies
        assert client.get("/services/", headers={"if-none-match": answer["ETag"]}).status_code == 304

    def test_is_light_and_in_pages_when_there_are_as_many_as_in_the_real_programme(self, client: Client) -> None:
        load_many_services(at=LOADED_AT)
        answer = client.get("/services/")
        assert f"{len(EVERY) + REAL_COUNT} 件見つかりました" in words(answer)
        assert answer.content.count(b'class="check"') <= PAGE_SIZE + 4
        assert len(gzip.compress(answer.content)) < 20_000
        seen = set()
        for page in range(1, 7):
            html = client.get("/services/", {"page": page, "sort": "name"}).content.decode()
            seen |= set(re.findall(r'id="compare-([a-z0-9-]+)"', html))
        assert len(seen) == len(EVERY) + REAL_COUNT


class TestS3BothKinds:
    def test_are_told_apart_on_list_and_page(self, client: Client) -> None:
        assert "ポイントの対象 チャージ(入金)" in words(client.get("/services/hanamaru/"))
        assert "ポイントの対象 買い物" in words(client.get("/services/sakura/"))

    @pytest.mark.parametrize(
        ("kind", "found", "other"), [("charge", "hanamaru", "sakura"), ("purchase", "sakura", "hanamaru")]
    )
    def test_are_found_and_lead_to_an_application(self, client: Client, kind: str, found: str, other: str) -> None:
        listed = client.get(f"/services/?kind={kind}").content.decode()
        assert f'href="/services/{found}/"' in listed
        assert f'href="/services/{other}/"' not in listed
        assert f'href="/apply/with/{found}/"' in client.get(f"/services/{found}/").content.decode()


class TestServicePage:
    def test_shows_where_ids_and_codes_stand_what_to_prepare_and_what_earns_nothing(self, client: Client) -> None:
        answer = client.get("/services/sakura/")
        html = answer.content.decode()
        assert html.count("<svg") == 3
        assert "カード番号の場所の絵: カードの表。例は 9999123412341234" in html
        text = words(answer)
        for part in ("会員ページを見られるように", "キャッシング", "国のポイントとは別", "ABCD2345"):
            assert (part in text) == (part != "国のポイントとは別")
        assert "国のポイントとは別" in words(client.get("/services/hanamaru/"))

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("momiji", "サービスのアプリから申し込みます"),
            ("yuzu", "2021年3月15日 から申し込めます"),
            ("kaede", "2020年8月31日 で受付を終わりました"),
        ],
    )
    def test_says_why_one_cannot_apply_and_offers_no_form(self, client: Client, name: str, reason: str) -> None:
        answer = client.get(f"/services/{name}/")
        assert reason in words(answer)
        assert f"/apply/with/{name}/" not in answer.content.decode()

    def test_leads_to_the_application_only_while_the_window_is_open(self, client: Client, settings: Settings) -> None:
        closes = datetime(2021, 4, 1, tzinfo=JST)
        settings.CLOCK = lambda: closes - SECOND
        assert "/apply/with/hanamaru/" in client.get("/services/hanamaru/").content.decode()
        settings.CLOCK = lambda: closes
        answer = client.get("/services/hanamaru/")
        assert "/apply/with/hanamaru/" not in answer.content.decode()
        assert "受付を終わりました" in words(answer)


class TestWeight:
    def test_is_at_most_60_kilobytes_on_the_first_visit(self, client: Client) -> None:
        """HTML, styles, icon and script as they are sent to a browser."""
        html = client.get("/services/").content
        files = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html.decode()))
        sent = [client.get(path, headers={"accept-encoding": "gzip"}) for path in files]
        for answer in sent:
            answer.close()
        assert len(files) >= 7
        assert len(gzip.compress(html)) + sum(int(answer["Content-Length"]) for answer in sent) < 60_000


class TestExports:
    @pytest.mark.parametrize("prefix", LANGUAGES)
    def test_say_the_same_as_the_list_in_its_language(self, client: Client, prefix: str) -> None:
        rows = client.get(f"{prefix}/services/list.json?kind=purchase").json()["services"]
        assert [row["id"] for row in rows] == names(Wish(kind="purchase"))
        assert all(row.keys() == set(COLUMNS) for row in rows)
        assert client.get(rows[0]["page"].removeprefix("http://127.0.0.1:8000")).status_code == 200
        assert rows[0]["page"].startswith(f"http://127.0.0.1:8000{prefix}/services/")
        text = client.get(f"{prefix}/services/list.csv?kind=purchase").content.decode("utf-8-sig")
        cells = list(csv.DictReader(StringIO(text)))
        assert [cell["name"] for cell in cells] == [row["name"] for row in rows]

    def test_begin_with_a_byte_order_mark_and_hold_no_formula(self, client: Client) -> None:
        assert client.get("/services/list.csv").content.startswith(b"\xef\xbb\xbf")
        for start in "=+-@\t\r＝＋":
            assert to_cell(f"{start}1+1") == f"'{start}1+1"
        assert to_cell(["=1", "2"]) == "'=1 / 2"

    def test_are_described_field_by_field(self) -> None:
        page = (ROOT / "docs" / "service-list.md").read_text()
        assert tuple(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == COLUMNS

    def test_name_nothing_that_services_alone_should_know(self, client: Client) -> None:
        text = client.get("/services/list.json").content.decode()
        assert "bank" not in text
        assert "public_key" not in text


class TestService:
    def test_is_valid_in_every_sample(self) -> None:
        assert all(isinstance(service, Service) for service in EVERY)
