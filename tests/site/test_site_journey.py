"""The ways to a reservation and an application: one question a page, nothing lost, one act at the end."""

import json
import re
from datetime import datetime, timedelta
from io import BytesIO
from typing import Final
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from django.db import connection
from paper_reader import check_qr
from pypdf import PdfReader
from pytest_django import Settings
from service_api_cast import FUJI, NOON, SAKURA, a_service
from signed_peer import SignedPeer, running_peer
from visitor import ACCOUNT, FIELD, REFERENCE, Visitor, confirm, link_of, linked, read, refuse, register

from cardagent.languages import Language
from cast import SECOND, Cast
from mynapoint.act.models import ProposedAct
from mynapoint.act.rules import LIFETIME, SHOWN_FOR
from mynapoint.application.models import Application, Objection, SecondChoice
from mynapoint.application.operations import link
from mynapoint.correction.models import Correction, CorrectionLook, CorrectionStep
from mynapoint.directory.models import ServiceRevision
from mynapoint.directory.queries import get_service
from mynapoint.draft.models import Draft
from mynapoint.draft.rules import ACCOUNT_GOOD_FOR
from mynapoint.grace.models import UsedGrace
from mynapoint.holder.models import (
    Hold,
    HoldAttempt,
    HolderCertificate,
    HoldLook,
    HoldOutcome,
    HoldStep,
    ReplacedCertificate,
    TouchedHolder,
)
from mynapoint.holder.queries import list_looks, list_rows
from mynapoint.journal.models import Entry
from mynapoint.journal.operations import sequence
from mynapoint.kernel.documents import Words
from mynapoint.kernel.period import JST
from mynapoint.registry.models import KnownLineage, RevokedCertificate
from mynapoint.reservation.models import Reservation
from mynapoint.service_api.door import get_door
from mynapoint.site.shell.dates import format_time
from paymentservice.encoding import to_base64url
from races import at_once

pytestmark = pytest.mark.django_db

PHONE = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36"
MINUTE = timedelta(minutes=1)


def resume(page: str) -> str:
    """Return a draft's own address from one of its pages."""
    return re.sub(r"[^/]+/$", "", page)


@pytest.fixture
def applied(hanako: Visitor) -> str:
    """Hanako reserves and applies; return the application's act."""
    hanako.reserve()
    return hanako.apply()


class TestS13Reservation:
    """A MyKey ID, with the user-authentication certificate."""

    def test_goes_over_every_question_and_the_card_to_a_mykey_id(self, hanako: Visitor) -> None:
        check = hanako.begin_reservation()
        assert "まだ何も登録されていません" in hanako.see(check)
        act = hanako.fill_in(check)
        answer = hanako.sign(act)
        assert answer.status_code == 200
        assert set(answer.json()) == {"receipt", "kind", "done_at", "words"}
        words = hanako.see(act)
        assert Reservation.objects.get().mykey_id in words
        assert "決済サービスを一つ選んで、申し込みます" in words

    @pytest.mark.parametrize(
        ("typed", "anchor", "words"),
        [
            ({}, "who", "だれの手続かを選んでください"),
            ({"who": "myself"}, "terms", "同意するときは、印を付けてください"),
        ],
    )
    def test_asks_again_and_points_to_the_question(
        self, hanako: Visitor, typed: dict[str, str], anchor: str, words: str
    ) -> None:
        step = hanako.fill_in("/reserve/")
        if typed:
            step = hanako.fill_in(step, **typed)
        answer = hanako.send(step)
        html = answer.content.decode()
        assert read(answer, 422).count(words) == 2  # in the summary and beside the field
        assert f'<a href="#{anchor}">' in html
        assert f'id="{anchor}"' in html
        assert "<title>エラー: " in html
        assert not ProposedAct.objects.exists()

    def test_offers_four_ways_to_sign(self, hanako: Visitor) -> None:
        act = hanako.fill_in(hanako.begin_reservation())
        html = hanako.client.get(act).content.decode()
        link = f"http://127.0.0.1:8000{link_of(act)}"
        assert html.count(f'href="http://127.0.0.1:39390/ja/sign?link={quote(link, safe="")}"') == 2
        assert f"mynapoint-card sign {link}" in html
        assert f'href="{act}phone/"' in html
        assert re.search(r'href="/reserve/[\w-]{43}/counter/"', html)

    def test_offers_first_what_one_holds_in_hand(self, hanako: Visitor) -> None:
        act = hanako.fill_in(hanako.begin_reservation())
        words = [read(hanako.client.get(act, headers={"User-Agent": browser})) for browser in (PHONE, "Mozilla/5.0")]
        ways = [[one.index("このスマートフォンで署名する"), one.index("このパソコンで署名する")] for one in words]
        assert ways[0] == sorted(ways[0])
        assert ways[1] == sorted(ways[1], reverse=True)

    def test_offers_no_phone_where_there_is_no_program_for_it(self, hanako: Visitor, settings: Settings) -> None:
        act = hanako.fill_in(hanako.begin_reservation())
        settings.DEMO = False
        html = hanako.client.get(act, headers={"User-Agent": PHONE}).content.decode()
        places = [
            html.index(f">{words}</a>") for words in ("ほかの機器で署名する", "窓口で続ける", "このパソコンで署名する")
        ]
        assert places == sorted(places)
        assert "このスマートフォンで署名する" not in html

    @pytest.mark.parametrize("program", ["https://card.mynapoint.example", "mynapoint-card:"])
    def test_opens_a_phone_s_program_where_it_takes_links(
        self, hanako: Visitor, settings: Settings, program: str
    ) -> None:
        act = hanako.fill_in(hanako.begin_reservation())
        settings.DEMO, settings.PHONE_PROGRAM = False, program
        html = hanako.client.get(act, headers={"User-Agent": PHONE}).content.decode()
        link = quote(f"http://127.0.0.1:8000{link_of(act)}", safe="")
        assert re.search(rf'<ul class="ways">\s*<li><a class="button" href="{program}/ja/sign\?link={link}">', html)

    def test_shows_a_refusal_and_where_to_go(self, hanako: Visitor) -> None:
        hanako.reserve()
        act = hanako.fill_in(hanako.begin_reservation())
        problem = hanako.sign(act)
        assert (problem.status_code, problem.json()["code"]) == (409, "already_reserved")
        words = hanako.see(act)
        assert "予約は済んでいます" in words
        assert "2020年10月5日 12時00分00秒 に予約しています" in words
        assert "申込に進む" in words


class TestS14Application:
    """After a reservation, one service, with the card."""

    def test_shows_the_hint_and_never_the_account(self, hanako: Visitor, applied: str, peer: SignedPeer) -> None:
        words = hanako.see(applied)
        assert "●●●●-9012" in words
        assert "123456789012" not in words
        assert "決済サービスの返事を待っています" in words
        row = Application.objects.get()
        peer.answer = linked
        link(row.holder_id, row.id, door=get_door(), at=NOON)
        assert "ポイントの対象になります" in hanako.see(applied)

    def test_sends_what_was_typed_in_its_normal_form_to_the_service_only(
        self, hanako: Visitor, peer: SignedPeer
    ) -> None:
        hanako.fill_in(hanako.begin_application())
        asked = json.loads(peer.asked[0].body)
        assert asked == {"programme": "mynapoint-2020", "account_id": "123456789012", "codes": ["8524"]}
        row = ProposedAct.objects.get()
        assert b"123456789012" not in bytes(row.statement)
        assert row.attachment["account_reference"] == REFERENCE
        assert "123456789012" not in str(Draft.objects.values())

    def test_names_every_mistake_keeps_the_account_and_forgets_the_codes(
        self, hanako: Visitor, peer: SignedPeer
    ) -> None:
        answer = hanako.send(hanako.begin_account(), account="12345", code1="85x4")
        html = answer.content.decode()
        words = read(answer, 422)
        for field, sentence in (("account", "会員番号の形が違います"), ("code1", "セキュリティコードの形が違います")):
            assert f'<a href="#{field}">' in html
            assert f'id="{field}-error"' in html
            assert words.count(sentence) == 2
        assert 'value="12345"' in html
        assert "85x4" not in html
        assert not peer.asked

    def test_draws_where_id_and_code_are_found(self, hanako: Visitor) -> None:
        codes = [{"label": {"ja": "番号"}, "pattern": "[0-9]{4}", "example": "8524", "picture": "card_back"}]
        register(a_service(FUJI, codes=codes))
        html = hanako.client.get(hanako.begin_account("fuji")).content.decode()
        assert '<title id="code1-picture-title">' in html
        assert "account-picture" not in html  # that one has no picture

    def test_names_what_is_missing(self, hanako: Visitor) -> None:
        words = read(hanako.send(hanako.begin_account()), 422)
        assert "会員番号を入れてください" in words
        assert "セキュリティコードを入れてください" in words

    @pytest.mark.parametrize(
        ("code", "status", "words", "shown"),
        [
            ("account_not_confirmed", 422, "IDとコードを確認できませんでした", 422),
            ("account_closed", 409, "このアカウントは閉じられています", 422),
            ("account_already_linked", 409, "すでに結び付けられています", 409),
            ("something_new", 409, "いま返事がありません", 503),
        ],
    )
    def test_says_what_the_service_says_and_loses_nothing(
        self, hanako: Visitor, peer: SignedPeer, code: str, status: int, words: str, shown: int
    ) -> None:
        step = hanako.begin_account()
        good, peer.answer = peer.answer, lambda _: refuse(code, status)
        answer = hanako.send(step, **ACCOUNT)
        assert words in read(answer, shown)
        assert 'value="1234 5678 9012"' in answer.content.decode()
        peer.answer = good
        assert "これはあなたのアカウントですか" in hanako.see(hanako.fill_in(step, **ACCOUNT))

    def test_loses_nothing_while_the_service_is_down(self, hanako: Visitor) -> None:
        with running_peer(confirm) as gone:
            pass
        register(a_service(FUJI, address=gone.address))
        step = hanako.begin_account("fuji")
        answer = hanako.send(step, **ACCOUNT)
        words = read(answer, 503)
        assert "いま返事がありません" in words
        assert 'value="1234 5678 9012"' in answer.content.decode()
        assert "8524" not in words
        assert hanako.client.get(resume(step))["Location"] == step

    def test_says_how_long_to_wait_after_too_many_tries(self, hanako: Visitor, peer: SignedPeer) -> None:
        step = hanako.begin_account()
        peer.answer = lambda _: refuse("too_many_attempts", 429, retry_after=90)
        assert "2分たってから" in read(hanako.send(step, **ACCOUNT), 429)

    def test_types_the_account_again_when_it_is_another_persons(self, hanako: Visitor) -> None:
        step = hanako.fill_in(hanako.begin_account(), **ACCOUNT)
        assert hanako.fill_in(step, own="no").endswith("/account/")
        assert Draft.objects.get().account_hash is None

    def test_says_on_a_page_of_its_own_that_it_is_for_good(self, hanako: Visitor) -> None:
        step = hanako.fill_in(hanako.begin_account(), **ACCOUNT)
        step = hanako.fill_in(step, own="yes")
        assert step.endswith("/consequence/")
        assert "ほかの決済サービスに変えることはできません" in hanako.see(step)
        assert "変えられないことがわかったら" in read(hanako.send(step), 422)

    def test_lets_the_service_be_chosen_on_the_way(self, hanako: Visitor) -> None:
        step = hanako.fill_in(hanako.fill_in("/apply/"), who="myself")
        assert "見本のサービス" in hanako.see(step)
        assert "決済サービスを一つ選んでください" in read(hanako.send(step, service="momiji"), 422)
        assert hanako.fill_in(step, service="sakura").endswith("/preparation/")

    def test_asks_for_a_new_choice_when_the_service_has_closed_meanwhile(
        self, hanako: Visitor, settings: Settings, peer: SignedPeer
    ) -> None:
        closes = NOON + timedelta(days=1)
        register(a_service(FUJI, address=peer.address, application_until=closes.isoformat()))
        step = hanako.begin_account("fuji")
        settings.CLOCK = lambda: closes - SECOND
        hanako.see(step)
        settings.CLOCK = lambda: closes
        asked = len(peer.asked)
        assert hanako.client.post(step, {"service": "fuji", **ACCOUNT}).status_code == 422
        assert len(peer.asked) == asked
        words = hanako.see(step, 422)
        assert "この決済サービスの受付は終わりました" in words
        assert "ほかの決済サービスを選ぶ" in words
        assert "見本のサービス" in hanako.see(f"{resume(step)}service/")

    def test_names_the_terms_that_were_agreed_to_and_writes_them_down(self, hanako: Visitor) -> None:
        hanako.reserve()
        check = hanako.begin_application()
        assert "2020年1月1日からの規約" in hanako.see(f"{resume(check)}terms/")
        assert "読んで同意しました (2020年1月1日からの規約)" in hanako.see(check)
        hanako.signed(hanako.fill_in(check))
        assert json.loads(Entry.objects.get(kind="application").facts)["terms"] == "2020-01-01T00:00:00+09:00"

    def test_asks_again_when_the_terms_have_changed_and_only_then(self, hanako: Visitor, settings: Settings) -> None:
        sakura = get_service("sakura", at=NOON)
        register(sakura.model_copy(update={"effective_from": NOON + MINUTE, "summary": Words(ja="別の説明")}))
        register(sakura.model_copy(update={"effective_from": NOON + 2 * MINUTE, "terms": Words(ja="新しい規約")}))
        check = hanako.begin_application()
        settings.CLOCK = lambda: NOON + 2 * MINUTE - SECOND
        assert "2020年1月1日からの規約" in hanako.see(check)
        settings.CLOCK = lambda: NOON + 2 * MINUTE
        terms = str(hanako.client.post(check, {"seen": "x"})["Location"])
        assert terms.endswith("/terms/")
        seen_before = {
            "service": "sakura",
            "terms": "yes",
            "service_terms": "yes",
            "revision": "2019-12-31T15:00:00+00:00",
        }
        assert hanako.client.post(terms, seen_before)["Location"].endswith("?changed=1")
        assert "新しい規約" in hanako.see(terms)
        assert hanako.fill_in(terms, terms="yes", service_terms="yes") == check
        assert "2020年10月5日からの規約" in hanako.see(check)

    def test_of_which_the_terms_are_sent_twice_are_taken_twice(self, hanako: Visitor) -> None:
        """A double click, or Back: by the second time the programme's terms are known."""
        terms = f"{resume(hanako.begin_account())}terms/"
        page = hanako.client.get(terms).content.decode()
        assert 'name="terms"' not in page
        assert "すでに同意いただいています" in page
        for _ in range(2):
            assert hanako.fill_in(terms, service_terms="yes").endswith("/account/")

    def test_of_which_the_terms_were_worded_otherwise_are_read_again(self, hanako: Visitor) -> None:
        terms = f"{resume(hanako.begin_account())}terms/"
        assert hanako.fill_in(terms, service_terms="yes", wording="0" * 32).endswith("?changed=1")

    def test_without_a_reservation_leads_to_one(self, hanako: Visitor) -> None:
        act = hanako.fill_in(hanako.begin_application())
        assert hanako.sign(act).json()["code"] == "not_reserved"
        words = hanako.see(act)
        assert "まだ予約していません" in words
        assert "入力の続きに戻る" in words


class TestForms:
    """A form has its own fields and no other, each once: what does not belong there is refused, and nothing is kept."""

    @pytest.mark.parametrize("address", ["/reserve/", "/apply/", "/status/", "/objection/other/", "/receipts/"])
    @pytest.mark.parametrize("sent", [{"pin": "1234"}, {"ticket": ["", ""]}])
    def test_begin_nothing_with_a_field_that_they_do_not_have(
        self, hanako: Visitor, address: str, sent: dict[str, object]
    ) -> None:
        assert "送られた内容を読み取れません" in read(hanako.client.post(address, sent), 400)
        assert not Draft.objects.exists()
        assert not ProposedAct.objects.exists()

    @pytest.mark.parametrize(
        "sent", [ACCOUNT | {"code2": "1"}, ACCOUNT | {"pin": "1234"}, {**ACCOUNT, "code1": ["1", "2"]}]
    )
    def test_take_no_answer_with_one(self, hanako: Visitor, peer: SignedPeer, sent: dict[str, object]) -> None:
        step = hanako.begin_account()
        answer = hanako.client.post(step, {"service": "sakura", **sent})
        assert "何も登録されていません" in read(answer, 400)
        assert not peer.asked
        hanako.fill_in(step, **ACCOUNT)

    def test_propose_no_act_with_one(self, hanako: Visitor) -> None:
        check = hanako.begin_reservation()
        assert hanako.send(check, name="花子").status_code == 400
        assert not ProposedAct.objects.exists()


class TestS12Window:
    """Applications from 2020-07-01 to 2021-03-31, to the second."""

    OPENS, CLOSES = datetime(2020, 7, 1, tzinfo=JST), datetime(2021, 4, 1, tzinfo=JST)

    @pytest.mark.parametrize(
        ("at", "status", "words"),
        [
            (OPENS - SECOND, 422, "まだ受付が始まっていません"),
            (OPENS, 200, "申込を始める"),
            (CLOSES - SECOND, 200, "申込を始める"),
            (CLOSES, 422, "受付は終わりました"),
        ],
    )
    def test_offers_no_form_that_could_only_fail(
        self, hanako: Visitor, settings: Settings, at: datetime, status: int, words: str
    ) -> None:
        settings.CLOCK = lambda: at
        assert words in hanako.see("/apply/", status)
        assert ("<button" in hanako.client.get("/apply/").content.decode()) is (status == 200)
        assert hanako.client.post("/apply/").status_code == (302 if status == 200 else 422)

    def test_stops_a_draft_that_was_begun_in_time(self, hanako: Visitor, settings: Settings) -> None:
        step = hanako.begin_account()
        settings.DRAFT_LIFETIME = timedelta(days=365)
        Draft.objects.update(expires_at=self.CLOSES + timedelta(days=1))
        settings.CLOCK = lambda: self.CLOSES
        assert "受付は終わりました" in hanako.see(step, 422)
        assert hanako.client.post(step, ACCOUNT).status_code == 422

    def test_signs_nothing_once_it_has_closed(self, hanako: Visitor, settings: Settings) -> None:
        """The window closes while the statement lies before the citizen."""
        settings.CLOCK = lambda: self.CLOSES - SECOND
        act = hanako.fill_in(hanako.begin_reservation())
        settings.CLOCK = lambda: self.CLOSES
        assert hanako.sign(act).json()["code"] == "window_closed"
        assert "受付は終わりました" in hanako.see(act)
        assert not Reservation.objects.exists()


class TestS16RenewalWait:
    def test_says_from_when_and_keeps_the_answers(self, hanako: Visitor, cast: object, settings: Settings) -> None:
        act = hanako.fill_in(hanako.begin_reservation())
        cast.authority.renew(hanako.card, at=NOON - timedelta(hours=24) + SECOND)  # type: ignore[attr-defined]
        assert hanako.sign(act).json()["code"] == "within_renewal_wait"
        words = hanako.see(act)
        assert "2020年10月5日 12時00分01秒 から手続できます" in words
        html = hanako.client.get(act).content.decode()
        again = re.search(r'href="(/reserve/[\w-]{43}/)"', html)
        assert again
        settings.CLOCK = lambda: NOON + SECOND
        check = hanako.client.get(again[1], follow=True)
        assert "まだ何も登録されていません" in read(check)
        hanako.signed(hanako.fill_in(again[1] + "check/"))


class TestS6OnePerson:
    """At most once per person, over renewals and service changes."""

    OTHER: Final = {"account": "999900001111", "code1": "1111"}

    def test_is_told_what_was_chosen_before(self, hanako: Visitor, applied: str) -> None:
        act = hanako.fill_in(hanako.begin_application(**self.OTHER))
        assert hanako.sign(act).json()["code"] == "already_applied"
        assert "いまの状況を見る" in hanako.see(act)
        assert Application.objects.count() == 1

    def test_cannot_choose_another_service(self, hanako: Visitor, applied: str, peer: SignedPeer) -> None:
        fuji = a_service(SAKURA, id="fuji", address=peer.address, name={"ja": "ふじのサービス"})
        register(fuji)
        act = hanako.fill_in(hanako.begin_application("fuji", **self.OTHER))
        assert hanako.sign(act).json()["code"] == "another_service_chosen"
        words = hanako.see(act)
        assert "ほかの決済サービスに申込済みです" in words
        assert "見本のサービス に申込済みです" in words
        assert Application.objects.count() == 1

    def test_is_known_again_with_a_renewed_certificate(
        self, hanako: Visitor, applied: str, cast: Cast, settings: Settings
    ) -> None:
        cast.authority.renew(hanako.card, at=NOON - timedelta(hours=24))
        act = hanako.fill_in(hanako.begin_application(**self.OTHER))
        assert hanako.sign(act).json()["code"] == "already_applied_before_renewal"
        words = hanako.see(act)
        assert "前の電子証明書で申込が済んでいます" in words
        assert "いまの状況を見る" in words
        assert Application.objects.count() == 1


class TestDraft:
    def test_goes_on_from_its_own_address_in_another_browser(self, hanako: Visitor) -> None:
        step = hanako.begin_account()
        answer = hanako.client.get(resume(step))
        assert (answer.status_code, answer["Location"]) == (302, step)
        assert answer["Cache-Control"].count("no-store") == 1

    def test_shows_on_the_way_back_what_was_answered(self, hanako: Visitor) -> None:
        check = hanako.begin_application()
        html = hanako.client.get(f"{resume(check)}who/").content.decode()
        assert re.search(r'value="myself"[^>]* checked', html)
        assert hanako.fill_in(f"{resume(check)}who/", who="representative") == check
        assert "15歳未満の子の法定代理人として" in hanako.see(check)

    def test_cannot_jump_ahead(self, hanako: Visitor) -> None:
        step = hanako.fill_in("/reserve/")
        assert hanako.client.get(f"{resume(step)}terms/")["Location"] == step
        assert hanako.client.get(f"{resume(step)}check/")["Location"] == step
        assert hanako.client.post(f"{resume(step)}check/", {"seen": "x"})["Location"] == step
        assert hanako.client.get(f"{resume(step)}account/")["Location"] == step

    def test_expires_to_the_second(self, hanako: Visitor, settings: Settings) -> None:
        step = hanako.fill_in("/reserve/")
        settings.CLOCK = lambda: NOON + settings.DRAFT_LIFETIME - SECOND
        hanako.see(step)
        settings.CLOCK = lambda: NOON + settings.DRAFT_LIFETIME
        assert "下書きの期限が過ぎました" in hanako.see(step, 410)
        assert "下書きの期限が過ぎました" in hanako.see(resume(step).removesuffix("who/"), 410)

    @pytest.mark.parametrize("page", ["", "who/", "check/", "counter/", "counter.pdf"])
    def test_is_not_found_under_another_link(self, hanako: Visitor, page: str) -> None:
        assert "下書きが見つかりません" in hanako.see(f"/reserve/{'A' * 43}/{page}", 404)

    def test_of_another_way_is_not_found(self, hanako: Visitor) -> None:
        step = hanako.fill_in("/reserve/")
        assert hanako.client.get(step.replace("/reserve/", "/apply/")).status_code == 404

    def test_stays_in_its_language(self, hanako: Visitor) -> None:
        hanako.prefix = "/en"
        check = hanako.begin_application()
        assert check.startswith("/en/apply/")
        act = hanako.fill_in(check)
        assert "Sign with your card" in hanako.see(act)
        assert hanako.client.get(link_of(act))["Location"] == act
        assert "まだ何も登録されていません" in hanako.see(check.removeprefix("/en"))


class TestAct:
    """What happens around a signature that does not come as it should."""

    def test_is_one_for_a_double_click(self, hanako: Visitor) -> None:
        check = hanako.begin_reservation()
        first, second = hanako.fill_in(check), hanako.fill_in(check)
        assert first == second
        assert ProposedAct.objects.count() == 1

    def test_begins_again_from_the_answers_when_it_has_expired(self, hanako: Visitor, settings: Settings) -> None:
        check = hanako.begin_application()
        act = hanako.fill_in(check)
        settings.CLOCK = lambda: NOON + LIFETIME
        words = hanako.see(act)
        assert "署名の時間が過ぎました" in words
        assert "入れた答えは残っています" in words
        assert f'href="{resume(check)}"' in hanako.client.get(act).content.decode()
        again = hanako.fill_in(check)
        assert again != act
        hanako.see(again)

    def test_asks_for_the_codes_only_when_the_service_has_forgotten_them(
        self, hanako: Visitor, settings: Settings
    ) -> None:
        check = hanako.begin_application()
        settings.CLOCK = lambda: NOON + ACCOUNT_GOOD_FOR - SECOND
        assert hanako.client.get(resume(check))["Location"] == check
        settings.CLOCK = lambda: NOON + ACCOUNT_GOOD_FOR
        step = hanako.client.get(resume(check))["Location"]
        assert step.endswith("/account/")
        step = hanako.fill_in(step, **ACCOUNT)
        assert hanako.fill_in(step, own="yes") == check

    def test_is_signed_in_a_window_that_was_closed_meanwhile(self, hanako: Visitor) -> None:
        check = hanako.begin_reservation()
        act = hanako.fill_in(check)
        hanako.client.cookies.clear()
        hanako.signed(act)
        assert Reservation.objects.count() == 1

    def test_leads_back_to_its_end_after_the_browsers_back(self, hanako: Visitor) -> None:
        check = hanako.begin_reservation()
        assert "no-store" in hanako.client.get(check)["Cache-Control"]  # Back asks again
        act = hanako.signed(hanako.fill_in(check))
        for page in (check, f"{resume(check)}terms/", f"{resume(check)}counter/"):
            assert hanako.client.get(page)["Location"] == act
        assert hanako.client.post(check, {"seen": "x"})["Location"] == act
        assert Reservation.objects.count() == 1

    def test_of_a_done_draft_is_told_when_its_page_is_gone(self, hanako: Visitor, settings: Settings) -> None:
        check = hanako.begin_reservation()
        act = hanako.signed(hanako.fill_in(check))
        settings.CLOCK = lambda: NOON + LIFETIME + SHOWN_FOR
        assert "この手続は見つかりません" in hanako.see(act, 404)
        assert "この下書きの手続は済んでいます" in hanako.see(check, 409)

    def test_follows_the_answers_that_were_seen(self, hanako: Visitor) -> None:
        check = hanako.begin_application()
        seen = dict(FIELD.findall(hanako.client.get(check).content.decode()))
        hanako.fill_in(f"{resume(check)}who/", who="representative")
        answer = hanako.client.post(check, seen)
        assert answer["Location"] == f"{check}?changed=1"
        assert "別の画面で内容が変わりました" in hanako.see(answer["Location"])
        assert not ProposedAct.objects.exists()

    def test_takes_no_answer_about_a_service_that_another_window_changed(self, hanako: Visitor) -> None:
        register(a_service(FUJI))
        step = hanako.begin_account()
        seen = dict(FIELD.findall(hanako.client.get(step).content.decode()))
        hanako.fill_in(f"{resume(step)}service/", service="fuji")
        assert hanako.client.post(step, seen | ACCOUNT).status_code == 302
        assert Draft.objects.get().account_hash is None

    def test_waits_with_a_header_while_it_is_checked_elsewhere(self, hanako: Visitor) -> None:
        act = hanako.fill_in(hanako.begin_reservation())
        phone = hanako.client.get(f"{act}phone/")
        assert "QRコード" in read(phone)
        assert phone["Refresh"] == "5"
        hanako.signed(act)
        assert hanako.client.get(f"{act}phone/")["Location"] == act

    def test_leads_every_program_to_its_page(self, hanako: Visitor) -> None:
        act = hanako.fill_in(hanako.begin_reservation())
        assert hanako.client.get(link_of(act))["Location"] == act
        assert hanako.client.get(f"/act/{'A' * 43}")["Location"] == f"/act/{'A' * 43}/"


@pytest.mark.django_db(transaction=True)
class TestTwoClicksAtOnce:
    def test_make_one_act(self, hanako: Visitor) -> None:
        check = hanako.begin_reservation()
        seen = dict(FIELD.findall(hanako.client.get(check).content.decode()))
        first, second = at_once(*[lambda: hanako.client.post(check, seen)["Location"]] * 2)
        assert first == second
        assert ProposedAct.objects.count() == 1


class TestWaysOfAService:
    """A service takes applications in its own ways alone; the site offers no other."""

    @pytest.fixture
    def at_counters(self, hanako: Visitor) -> Visitor:
        register(a_service(FUJI, channels=["counter"], name={"ja": "窓口のサービス"}))
        return hanako

    def test_at_counters_alone_cannot_be_begun_on_the_site(self, at_counters: Visitor) -> None:
        assert 'href="/apply/with/fuji/"' not in at_counters.client.get("/services/fuji/").content.decode()
        assert "窓口で申し込みます" in at_counters.see("/services/fuji/")
        for answer in (at_counters.client.get("/apply/with/fuji/"), at_counters.client.post("/apply/with/fuji/")):
            assert "この決済サービスは、窓口で申し込めます。" in read(answer, 422)

    def test_at_counters_alone_cannot_be_chosen_on_the_way(self, at_counters: Visitor) -> None:
        step = at_counters.fill_in(at_counters.fill_in("/apply/"), who="myself")
        offered, _, others = at_counters.client.get(step).content.decode().partition("<details>")
        assert "窓口のサービス" not in offered
        assert "窓口のサービス" in others
        assert at_counters.send(step, service="fuji").status_code == 422

    def test_that_become_others_on_the_way_end_it_before_the_signature(self, hanako: Visitor) -> None:
        check = hanako.begin_application()
        self.change(["counter"])
        assert "窓口で申し込めます" in read(hanako.client.post(check, {}), 422)
        assert not ProposedAct.objects.exists()

    @pytest.mark.parametrize(
        ("channels", "ways"),
        [(["phone", "pc", "counter"], {"pc", "phone", "counter"}), (["pc"], {"pc"}), (["phone"], {"phone"})],
    )
    def test_are_those_in_which_the_act_can_be_signed(
        self, hanako: Visitor, channels: list[str], ways: set[str]
    ) -> None:
        self.change(channels)
        words = hanako.see(hanako.fill_in(hanako.begin_application()))
        said = {"pc": "このパソコンで署名する", "phone": "このスマートフォンで署名する", "counter": "窓口で続ける"}
        assert {way for way, button in said.items() if button in words} == ways

    def change(self, channels: list[str]) -> None:
        """Let Sakura take applications in these ways alone."""
        content = ServiceRevision.objects.get(id="sakura").content
        ServiceRevision.objects.filter(id="sakura").update(content={**content, "channels": channels})


class TestMinors:
    """Under 15 the legal representative acts with the child's card."""

    def test_are_acted_for_by_a_representative_and_the_statement_says_so(self, hanako: Visitor) -> None:
        act = hanako.fill_in(hanako.begin_reservation("representative"))
        statement = hanako.client.get(f"{link_of(act)}/statement").content
        assert b'"representative":true' in statement
        assert "15歳未満の子の法定代理人として" in hanako.see(act)
        hanako.signed(act)
        assert json.loads(Entry.objects.get().facts)["by"] == "representative"

    def test_can_only_choose_services_for_minors(self, hanako: Visitor) -> None:
        register(a_service(FUJI, minors=False, name={"ja": "大人のサービス"}))
        step = hanako.fill_in(hanako.fill_in("/apply/with/fuji/"), who="representative")
        assert step.endswith("/service/")
        offered, _, others = hanako.client.get(step).content.decode().partition("<details>")
        assert "大人のサービス" not in offered
        assert "大人のサービス" in others
        assert hanako.send(step, service="fuji").status_code == 422

    def test_are_objected_for_by_a_representative_and_the_statement_says_so(self, hanako: Visitor) -> None:
        confirm = "/objection/not_my_reservation/"
        assert f'action="{confirm}child/"' in hanako.client.get(confirm).content.decode()
        act = hanako.fill_in(f"{confirm}child/")
        assert b'"representative":true' in hanako.client.get(f"{link_of(act)}/statement").content
        assert "15歳未満の子の法定代理人として" in hanako.see(act)
        hanako.signed(act)
        assert json.loads(Entry.objects.get().facts)["by"] == "representative"
        own = hanako.fill_in(confirm)
        assert b"representative" not in hanako.client.get(f"{link_of(own)}/statement").content


class TestS10NothingAsked:
    def test_asks_for_no_pin_and_no_name_on_any_page_of_the_way(self, hanako: Visitor) -> None:
        names = set()
        check = hanako.begin_application()
        unread = hanako.fill_in(hanako.fill_in(hanako.fill_in("/apply/with/sakura/"), who="myself"), prepared="yes")
        steps = ("who", "service", "preparation", "terms", "account", "hint", "consequence")
        for page in (unread, *(f"{resume(check)}{step}/" for step in steps)):
            html = hanako.client.get(page).content.decode()
            names |= set(re.findall(r'<(?:input|textarea|select)[^>]* name="(\w+)"', html))
        assert names == {"who", "service", "prepared", "terms", "service_terms", "account", "code1", "own", "seen",
                         "revision", "wording", "understood"}  # fmt: skip

    def test_sends_no_mail(self, hanako: Visitor, applied: str, mailoutbox: list[object]) -> None:
        hanako.look()
        hanako.signed(hanako.fill_in("/objection/not_my_account/"))
        assert mailoutbox == []


class TestS21Sheet:
    """Decided and prepared before coming, and resumed at the counter."""

    def test_says_what_to_bring_and_leads_on(self, hanako: Visitor) -> None:
        step = hanako.begin_account()
        sheet = f"{resume(step)}counter/"
        words = hanako.see(sheet)
        assert "窓口では申し込めません" in words  # this service's channels: pc alone
        assert "暗証番号(数字4けた)" in words
        assert f'href="http://127.0.0.1:8000{resume(step)}"' in hanako.client.get(sheet).content.decode()

    def test_is_a_pdf_too(self, hanako: Visitor) -> None:
        step = hanako.begin_account()
        answer = hanako.client.get(f"{resume(step)}counter.pdf")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF-")
        check_qr(PdfReader(BytesIO(answer.content)), "続きを開くQRコード", f"http://127.0.0.1:8000{resume(step)}")


class TestReceipt:
    def test_is_a_pdf_for_who_has_signed(self, hanako: Visitor) -> None:
        act = hanako.reserve()
        receipt = str(Entry.objects.get().id)
        answer = hanako.client.get(f"{act}receipts/{receipt}.pdf")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        address = f"http://127.0.0.1:8000/receipts/{receipt}/"
        check_qr(PdfReader(BytesIO(answer.content)), "確かめるページのQRコード", address)
        assert f'href="{act}receipts/{receipt}.pdf"' in hanako.client.get(act).content.decode()

    def test_of_somebody_else_is_not_found(self, hanako: Visitor, cast: object) -> None:
        hanako.reserve()
        receipt = Entry.objects.get().id
        taro = Visitor(client=hanako.client, card=cast.card("taro"))  # type: ignore[attr-defined]
        assert hanako.client.get(f"{taro.look()}receipts/{receipt}.pdf").status_code == 404

    def test_is_checked_by_its_number_by_anybody(self, hanako: Visitor) -> None:
        hanako.reserve()
        number = Entry.objects.get().id
        assert "この受領書は、まだ記録簿に入っていません" in hanako.see(f"/receipts/{number}/")
        sequence(at=NOON)
        words = hanako.see(hanako.client.get("/receipts/", {"number": f" {number} "})["Location"])
        assert "この受領書は記録簿にあります" in words
        assert Reservation.objects.get().mykey_id not in words

    @pytest.mark.parametrize(
        ("number", "status", "words"),
        [
            ("12", 422, "のような形です"),
            ("0192f0c1-1111-7222-8333-444455556666", 404, "この受付番号の記録はありません"),
        ],
    )
    def test_that_is_none_is_refused_and_what_was_typed_kept(
        self, hanako: Visitor, number: str, status: int, words: str
    ) -> None:
        answer = hanako.client.get("/receipts/", {"number": number}, follow=True)
        assert words in read(answer, status)
        assert f'value="{number}"' in answer.content.decode()

    def test_file_proves_itself_until_it_is_changed(self, hanako: Visitor) -> None:
        hanako.reserve()
        sequence(at=NOON)
        file = hanako.client.get(f"/journal/entries/{Entry.objects.get().id}").content.decode()
        assert "この受領書は本物です" in read(hanako.client.post("/receipts/", {"receipt": file}))
        changed = file.replace("reservation", "application")
        assert "この受領書は確かめられません" in read(hanako.client.post("/receipts/", {"receipt": changed}), 422)
        for nothing in ("", "{", "[]", '{"entry": 1}'):
            assert "読めません" in read(hanako.client.post("/receipts/", {"receipt": nothing}), 422)


class TestStatus:
    def test_shows_everything_that_is_held_and_who_looked(self, hanako: Visitor, applied: str) -> None:
        words = hanako.see(hanako.look())
        assert Reservation.objects.get().mykey_id in words
        assert "●●●●-9012" in words
        assert words.count("あなたのカード") >= Entry.objects.count() == 3
        assert re.search(r"日時 手続 だれが 受領書 .*照会 .*申込 .*予約", words)

    def test_shows_a_stranger_that_nothing_is_held(self, hanako: Visitor) -> None:
        words = hanako.see(hanako.look())
        assert "予約 まだです" in words
        assert "事務局があなたの記録を開いたことはありません" in words

    def test_shows_a_refused_link_with_its_reason_and_the_way_on(
        self, hanako: Visitor, applied: str, peer: SignedPeer
    ) -> None:
        row = Application.objects.get()
        peer.answer = lambda _: refuse("account_closed", 409)
        link(row.holder_id, row.id, door=get_door(), at=NOON)
        words = hanako.see(hanako.look())
        assert "決済サービスが受け付けませんでした" in words
        assert "このアカウントは閉じられています" in words
        assert "もう一度申し込めます" in words

    def test_of_a_child_says_that_a_representative_looked(self, hanako: Visitor) -> None:
        act = hanako.signed(hanako.fill_in("/status/child/"))
        assert "法定代理人(このカード)" in hanako.see(act)


class TestObjection:
    def test_goes_over_one_question_to_the_office(self, hanako: Visitor, applied: str) -> None:
        assert "一つ選んでください" in hanako.see("/objection/?reason=", 422)
        confirm = str(hanako.client.get("/objection/", {"reason": "not_my_account"})["Location"])
        assert "アカウントが自分のものではない" in hanako.see(confirm)
        act = hanako.signed(hanako.fill_in(confirm))
        assert "申し出を受け付けました" in hanako.see(act)
        assert Objection.objects.get().reason == "not_my_account"
        assert "アカウントが自分のものではない" in hanako.see(hanako.look())

    def test_of_a_kind_that_is_none_is_not_found(self, hanako: Visitor) -> None:
        assert hanako.client.get("/objection/everything/").status_code == 404

    def test_twice_is_told_when_it_came(self, hanako: Visitor) -> None:
        hanako.signed(hanako.fill_in("/objection/other/"))
        act = hanako.fill_in("/objection/other/")
        assert hanako.sign(act).json()["code"] == "already_objected"
        assert "2020年10月5日 12時00分00秒 に受け付けました" in hanako.see(act)


class TestEverythingHeld:
    """The page that says "this is all" is held to the database's own catalogue, value by value."""

    OF_STAFF = "user_id"

    @pytest.fixture
    def page(self, hanako: Visitor, applied: str, peer: SignedPeer) -> str:
        """Give Hanako a row in every table that names a person; return her page's words."""
        row = Application.objects.get()
        person, link_id = row.holder_id, row.id
        peer.answer = linked
        link(person, link_id, door=get_door(), at=NOON)
        hanako.signed(hanako.fill_in("/objection/not_my_account/"))
        SecondChoice.objects.create(
            holder_id=person, application_id=link_id, programme=row.programme, until=NOON + MINUTE, given_at=NOON
        )
        waited = {"certificate_hash": b"w" * 32, "number": 1}
        Hold.objects.create(
            **waited, reason="x2", act_id=uuid4(), kind="inquiry", programme=row.programme, entry_id=uuid4(),
            held_at=NOON - MINUTE,
        )  # fmt: skip
        HoldAttempt.objects.create(**waited, act_id=uuid4(), attempted_at=NOON - 2 * MINUTE)
        TouchedHolder.objects.create(**waited, holder_id=person)
        ReplacedCertificate.objects.create(certificate_hash=b"w" * 32, replaced_by=b"r" * 32, entry_id=uuid4())
        RevokedCertificate.objects.create(
            certificate_hash=b"w" * 32, list_name="crl", revoked_at=NOON - 6 * MINUTE, reason="superseded"
        )
        KnownLineage.objects.create(
            certificate_hash=b"w" * 32, predecessor_hash=b"p" * 32, sealed_predecessor=b"s" * 40, is_disputed=False
        )
        HoldLook.objects.create(**waited, id=uuid4(), role="auditor", user_id=7, looked_at=NOON + MINUTE)
        CorrectionLook.objects.create(
            holder_id=person, correction_id=Correction.objects.get().id, id=uuid4(), role="office", user_id=7,
            looked_at=NOON + 2 * MINUTE,
        )  # fmt: skip
        HoldStep.objects.create(
            **waited, round=1, slot=1, word="attach", holder_id=person, named_entry_id=uuid4(), user_id=7,
            entry_id=uuid4(), taken_at=NOON - 3 * MINUTE,
        )  # fmt: skip
        HoldOutcome.objects.create(
            **waited, outcome="attached", holder_id=person, entry_id=uuid4(), closed_at=NOON - 4 * MINUTE
        )
        UsedGrace.objects.create(
            counter="mihon", code_hash=b"g" * 32, kind="application", holder_id=person, act_id=uuid4(), used_at=NOON
        )
        CorrectionStep.objects.create(
            holder_id=person, correction_id=Correction.objects.get().id, index=1, kind="frozen", round=1, user_id=7,
            entry_id=uuid4(), taken_at=NOON - 5 * MINUTE,
        )  # fmt: skip
        return hanako.see(hanako.look())

    def test_stands_on_the_page(self, page: str) -> None:
        person = Application.objects.get().holder_id
        missing, empty = [], []
        for table in self.list_tables():
            rows = self.read(table, person)
            if not rows:
                empty.append(table)
            missing += [
                f"{table}.{name}"
                for row in rows
                for name, value in row.items()
                if name != self.OF_STAFF and not any(form in page for form in self.write(value))
            ]
        assert not empty, "give Hanako a row there"
        assert not missing

    def test_has_no_review_that_found_somebody_else(self, page: str) -> None:
        person = Application.objects.get().holder_id
        assert len(list_looks(person)) == 1
        HolderCertificate.objects.create(certificate_hash=b"w" * 32, holder_id=uuid4(), recorded_at=NOON)
        assert list_looks(person) == []
        assert not {"holder_hold", "holder_holdlook"} & {row.table for row in list_rows(person)}

    def test_names_who_of_the_staff_it_was_nowhere(self, page: str) -> None:
        assert self.OF_STAFF not in page

    def test_is_said_in_plain_words_above_the_rows(self, page: str) -> None:
        above, _, _ = page.partition("データベースの行")
        row = Application.objects.get()
        for value in (row.account_reference, row.certificate_hash, row.account_hash, row.act_id, row.holder_id):
            assert any(form in above for form in self.write(value))
        certificate = HolderCertificate.objects.exclude(certificate_hash=b"w" * 32).get()
        assert f"{bytes(certificate.certificate_hash).hex()} {self.write(certificate.recorded_at)[0]}から" in above
        assert to_base64url(bytes(row.link_token)) in above
        assert f"確認番号 {Hold.objects.get().entry_id}" in above
        for part in ("あなたを表す番号", "はじめて手続した日時", "使った猶予票 申込"):
            assert part in above

    def test_says_when_the_office_looked_and_as_what(self, page: str) -> None:
        review, correction = Hold.objects.get().entry_id, Correction.objects.get().id
        assert (
            f"2020年10月5日 12時02分00秒 訂正の記録(番号 {correction}) 事務局の職員 "
            f"2020年10月5日 12時01分00秒 確認の記録(確認番号 {review}) 監査の職員"
        ) in page
        assert "事務局があなたの記録を開いたことはありません" not in page

    def list_tables(self) -> dict[str, str]:
        """Return which rows of which table are about a person: by themselves, or by a certificate of theirs."""
        by_person = "holder_id = %(person)s"
        by_certificate = " UNION ".join(
            f"SELECT certificate_hash FROM holder_{table} WHERE {by_person}"
            for table in ("holdercertificate", "touchedholder")
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_name, bool_or(column_name = 'holder_id') FROM information_schema.columns"
                " WHERE column_name IN ('holder_id', 'certificate_hash') GROUP BY table_name"
            )
            found = {
                table: by_person if has_person else f"certificate_hash IN ({by_certificate})"
                for table, has_person in cursor.fetchall()
            }
        return found | {"holder_holder": "id = %(person)s"}

    def read(self, table: str, person: UUID) -> list[dict[str, object]]:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}" WHERE {self.list_tables()[table]}', {"person": person})
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def write(self, value: object) -> tuple[str, ...]:
        """Return how a value may stand on a page."""
        match value:
            case datetime():
                return (format_time(value, Language.JAPANESE),)
            case bytes() | memoryview():
                return (bytes(value).hex(),)
            case None | "":
                return ("–",)
            case _:
                return (str(value),)
