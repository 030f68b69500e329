"""The office's pages, as two of its people use them."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from closing_parties import (
    SECOND,
    SEPTEMBER_ENDS,
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
from mynapoint.closing.queries import get_closing
from mynapoint.programme.rules import Programme
from mynapoint.settlement.operations import raise_claims
from mynapoint.settlement.queries import get_claim, get_transfer_content, list_transfers
from mynapoint.settlement.rules import ClaimName
from mynapoint.staff.operations import dismiss
from mynapoint.staff.rules import OFFICE, Role
from staff_cast import employ, open_counters, sit_down

pytestmark = pytest.mark.django_db

PROGRAMME = "mynapoint-2020"
FRIDAY = datetime(2020, 10, 2, 16, tzinfo=TOKYO)
GET_PAGES = [
    reverse("office:start"),
    reverse("office:programme", args=[PROGRAMME]),
    reverse("office:closings", args=[PROGRAMME]),
    reverse("office:closing", args=[PROGRAMME, "sakura", "2020-09"]),
    reverse("office:claims", args=[PROGRAMME]),
    reverse("office:claim", args=[PROGRAMME, "sakura", 1]),
    reverse("office:transfers", args=[PROGRAMME]),
]
POST_PAGES = [
    reverse("office:closing", args=[PROGRAMME, "sakura", "2020-09"]),
    reverse("office:claim", args=[PROGRAMME, "sakura", 1]),
    reverse("office:transfers", args=[PROGRAMME]),
]


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> None:
    settings.CLOCK = lambda: FRIDAY


@pytest.fixture
def programme() -> Programme:
    return announce()


@pytest.fixture
def accepted(programme: Programme) -> Programme:
    """Sakura's September was accepted and claimed."""
    link(3)
    assert close(programme, 5000).accepted
    raise_claims(service_id="sakura", programme_id=PROGRAMME, at=SEPTEMBER_ENDS)
    return programme


@pytest.fixture
def rejected(programme: Programme) -> Programme:
    """Sakura's September was rejected."""
    link(3)
    hand_in(programme, keep_book(programme, 5000))
    draw_rows()
    open_rows(programme, [])
    return programme


def sign_in(username: str, *, at: datetime = FRIDAY) -> Client:
    """Sign somebody of the office in."""
    user = User.objects.filter(username=username).first() or employ(username, Role.OFFICE, at=at)
    return sit_down(user, at=at)


@pytest.fixture
def hiro() -> Client:
    return sign_in("hiro")


@pytest.fixture
def michi() -> Client:
    return sign_in("michi")


def read(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(f"office:{name}", args=args))
    assert answer.status_code == 200
    return answer.content.decode()


class TestDoor:
    @pytest.mark.parametrize("page", GET_PAGES)
    def test_sends_a_stranger_to_the_login(self, accepted: Programme, page: str) -> None:
        answer = Client().get(page)
        assert (answer.status_code, answer["Location"]) == (302, f"{reverse('account_login')}?next={page}")

    @pytest.mark.parametrize("page", POST_PAGES)
    def test_does_nothing_for_a_stranger(self, accepted: Programme, page: str) -> None:
        assert Client().post(page).status_code == 302
        assert get_claim(ClaimName("sakura", PROGRAMME, 1)).approvals == ()

    @pytest.mark.parametrize("page", [*GET_PAGES, *POST_PAGES])
    def test_is_closed_to_a_user_outside_the_office(self, accepted: Programme, page: str) -> None:
        open_counters()
        client = sit_down(employ("yoso", Role.CITY_ADMIN, at=FRIDAY), at=FRIDAY)
        for answer in (client.get(page), client.post(page)):
            assert answer.status_code in {403, 405}
        assert get_claim(ClaimName("sakura", PROGRAMME, 1)).approvals == ()

    def test_closes_at_once_for_somebody_who_leaves(self, accepted: Programme, hiro: Client) -> None:
        dismiss(User.objects.get(username="hiro").id, by=None, at=FRIDAY)
        assert hiro.get(reverse("office:start")).status_code == 302

    @pytest.mark.parametrize("page", GET_PAGES)
    def test_lets_an_auditor_look(self, accepted: Programme, page: str) -> None:
        auditor = sit_down(employ("mimi", Role.AUDITOR, city=OFFICE, at=FRIDAY), at=FRIDAY)
        assert auditor.get(page).status_code == 200

    @pytest.mark.parametrize("page", POST_PAGES)
    def test_lets_an_auditor_do_nothing(self, accepted: Programme, page: str) -> None:
        auditor = sit_down(employ("mimi", Role.AUDITOR, city=OFFICE, at=FRIDAY), at=FRIDAY)
        assert auditor.post(page).status_code == 403
        assert get_claim(ClaimName("sakura", PROGRAMME, 1)).approvals == ()

    @pytest.mark.parametrize("page", POST_PAGES)
    def test_refuses_a_form_that_another_site_sent(self, accepted: Programme, hiro: Client, page: str) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = hiro.cookies
        answer = strict.post(page)
        assert answer.status_code == 403
        assert "この送信は受け付けられません" in answer.content.decode()


class TestPages:
    @pytest.mark.parametrize("page", GET_PAGES)
    def test_work_without_scripts_and_are_kept_by_no_browser(
        self, accepted: Programme, hiro: Client, page: str
    ) -> None:
        answer = hiro.get(page)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "<script" not in text
        assert " style=" not in text
        assert "no-store" in answer["Cache-Control"]
        assert "script-src 'self'" in answer["Content-Security-Policy"]

    @pytest.mark.parametrize("is_demo", [True, False])
    def test_carry_the_band_while_this_is_a_sample(
        self, accepted: Programme, hiro: Client, settings: Settings, is_demo: bool
    ) -> None:
        settings.DEMO = is_demo
        for page in GET_PAGES:
            text = hiro.get(page).content.decode()
            assert ("これは見本です。公式のサイトではありません。" in text) == is_demo

    @pytest.mark.parametrize(
        "page",
        [
            reverse("office:programme", args=["nothing"]),
            reverse("office:closing", args=[PROGRAMME, "sakura", "2020-08"]),
            reverse("office:closing", args=[PROGRAMME, "nobody", "2020-09"]),
            reverse("office:claim", args=[PROGRAMME, "sakura", 2]),
            reverse("office:transfer-file", args=[PROGRAMME, "019aaf00-0000-7000-8000-000000000000"]),
        ],
    )
    def test_are_not_found_under_an_unknown_name(self, accepted: Programme, hiro: Client, page: str) -> None:
        answer = hiro.get(page)
        assert answer.status_code == 404
        assert "事務局のはじめのページ" in answer.content.decode()
        assert hiro.post(page).status_code in {404, 405}

    def test_are_not_found_under_an_unknown_address(self, accepted: Programme, hiro: Client) -> None:
        answer = hiro.get(f"/office/{PROGRAMME}/nothing", follow=True)
        assert answer.status_code == 404
        assert "事務局のはじめのページ" in answer.content.decode()
        assert Client().get("/office/nothing/").status_code == 302

    def test_show_places_links_points_and_money(self, accepted: Programme, hiro: Client) -> None:
        text = read(hiro, "programme", PROGRAMME)
        assert "40,000,000" in text
        assert "200,000,000,000 円" in text
        assert "15,000 円" in text
        assert "さくらカード" in text

    def test_say_what_to_do_before_a_programme_is_loaded(self, hiro: Client) -> None:
        assert "mynapoint programme load" in read(hiro, "start")


class TestClaims:
    def test_are_approved_by_two_people(self, accepted: Programme, hiro: Client, michi: Client) -> None:
        page = reverse("office:claim", args=[PROGRAMME, "sakura", 1])
        assert "15,000 円の支払いを承認する" in hiro.get(page).content.decode()
        assert "請求を承認しました" in hiro.post(page, follow=True).content.decode()
        mine = hiro.get(page).content.decode()
        assert "hiro(あなた)" in mine
        assert "あなたは承認済みです" in mine
        assert "支払いを承認する" not in mine
        assert "支払いを承認する" in michi.get(page).content.decode()
        michi.post(page)
        assert get_claim(ClaimName("sakura", PROGRAMME, 1)).state == "payable"

    def test_refuse_the_same_person_twice_and_say_what_to_do(self, accepted: Programme, hiro: Client) -> None:
        page = reverse("office:claim", args=[PROGRAMME, "sakura", 1])
        hiro.post(page)
        answer = hiro.post(page)
        assert answer.status_code == 409
        assert "もう一人の担当者に頼んでください" in answer.content.decode()

    def test_are_listed_with_their_approvals(self, accepted: Programme, hiro: Client) -> None:
        hiro.post(reverse("office:claim", args=[PROGRAMME, "sakura", 1]))
        text = read(hiro, "claims", PROGRAMME)
        assert "1 / 2" in text
        assert "承認待ち" in text


class TestTransfers:
    @pytest.fixture(autouse=True)
    def payable(self, accepted: Programme, hiro: Client, michi: Client) -> None:
        for client in (hiro, michi):
            client.post(reverse("office:claim", args=[PROGRAMME, "sakura", 1]))

    def test_are_made_once_and_downloaded_as_often_as_one_likes(self, hiro: Client, michi: Client) -> None:
        page = reverse("office:transfers", args=[PROGRAMME])
        assert "振込データを作る</button>" in hiro.get(page).content.decode()
        assert "振込データを作りました" in hiro.post(page, follow=True).content.decode()
        assert michi.post(page).status_code == 409
        (made,) = list_transfers(PROGRAMME)
        link = reverse("office:transfer-file", args=[PROGRAMME, made.id])
        text = hiro.get(page).content.decode()
        assert link in text
        assert "まず、何が支払われたかを銀行に確かめてください。" in text
        answers = [client.get(link) for client in (hiro, michi, hiro)]
        assert {answer.content for answer in answers} == {get_transfer_content(made.id)}
        assert answers[0]["Content-Disposition"].startswith(f'attachment; filename="{PROGRAMME}-20201005-')

    def test_are_not_made_while_a_name_cannot_travel_and_the_page_says_whose(self, hiro: Client) -> None:
        rename_account("株式会社さくらカード")
        answer = hiro.post(reverse("office:transfers", args=[PROGRAMME]))
        assert answer.status_code == 422
        assert "sakura: bank_account.holder_kana の「株」は銀行に送れません。" in answer.content.decode()
        assert list_transfers(PROGRAMME) == []

    def test_are_found_under_their_own_programme_only(self, hiro: Client) -> None:
        hiro.post(reverse("office:transfers", args=[PROGRAMME]))
        (made,) = list_transfers(PROGRAMME)
        assert hiro.get(reverse("office:transfer-file", args=["another", made.id])).status_code == 404

    def test_are_not_handed_to_strangers(self, hiro: Client) -> None:
        hiro.post(reverse("office:transfers", args=[PROGRAMME]))
        (made,) = list_transfers(PROGRAMME)
        assert Client().get(reverse("office:transfer-file", args=[PROGRAMME, made.id])).status_code == 302


class TestClosings:
    def test_are_missing_from_the_period_s_end_until_they_are_sent(
        self, programme: Programme, settings: Settings
    ) -> None:
        for at, missing in ((SEPTEMBER_ENDS - SECOND, False), (SEPTEMBER_ENDS, True)):
            settings.CLOCK = lambda at=at: at
            client = sign_in("hiro", at=at)
            assert ("届いていない締め</h2>" in read(client, "closings", PROGRAMME)) is missing
            for page in (("start",), ("programme", PROGRAMME)):
                assert ("9 件</a>" in read(client, *page)) is missing
        link(3)
        book = keep_book(programme, 5000)
        hanging = "<td>さくらカード(見本)</td>\n<td>2020-10-01 00:00</td>\n"
        text = read(client, "closings", PROGRAMME)
        assert f'{hanging}<td class="number">0</td>\n<td>取得済み(3 行)</td>' in text
        assert text.count("取りに来ていません") == 8
        hand_in(programme, book)
        text = read(client, "closings", PROGRAMME)
        assert hanging not in text
        assert "封緘済み" in text

    def test_show_when_drawn_rows_are_not_opened_in_time(
        self, programme: Programme, hiro: Client, settings: Settings
    ) -> None:
        link(3)
        hand_in(programme, keep_book(programme, 5000))
        draw_rows()
        open_by = get_closing("sakura", PROGRAMME, "2020-09").get_open_by(programme)
        assert open_by is not None
        for late, is_shown in ((-1, False), (0, True)):
            at = open_by + timedelta(seconds=late)
            settings.CLOCK = lambda at=at: at
            hiro = sign_in("hiro", at=at)
            for page in (("closings", PROGRAMME), ("closing", PROGRAMME, "sakura", "2020-09")):
                assert ("開示の期限切れ" in read(hiro, *page)) is is_shown

    def test_show_why_one_was_rejected(self, rejected: Programme, hiro: Client) -> None:
        assert "不合格" in read(hiro, "closings", PROGRAMME)
        text = read(hiro, "closing", PROGRAMME, "sakura", "2020-09")
        assert "抽出した行が開示されていない" in text

    def test_are_reopened_with_a_reason(self, rejected: Programme, hiro: Client, michi: Client) -> None:
        page = reverse("office:closing", args=[PROGRAMME, "sakura", "2020-09"])
        assert "締めを再開しました" in hiro.post(page, {"reason": "service_corrects"}, follow=True).content.decode()
        assert get_closing("sakura", PROGRAMME, "2020-09").reopened
        answer = michi.post(page, {"reason": "service_corrects"})
        assert answer.status_code == 409
        assert "すでに再開されています" in answer.content.decode()

    @pytest.mark.parametrize("reason", ["", "なんとなく", "x" * 5000])
    def test_are_not_reopened_without_one(self, rejected: Programme, hiro: Client, reason: str) -> None:
        answer = hiro.post(reverse("office:closing", args=[PROGRAMME, "sakura", "2020-09"]), {"reason": reason})
        assert answer.status_code == 422
        assert "理由を選んでください" in answer.content.decode()
        assert not get_closing("sakura", PROGRAMME, "2020-09").reopened

    def test_are_not_reopened_once_accepted(self, accepted: Programme, hiro: Client) -> None:
        page = reverse("office:closing", args=[PROGRAMME, "sakura", "2020-09"])
        assert "再開する</button>" not in hiro.get(page).content.decode()
        assert hiro.post(page, {"reason": "service_corrects"}).status_code == 409
