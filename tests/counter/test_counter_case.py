"""A case on its two screens: what each shows when, what ends it, and what cannot be done."""

import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from pypdf import PdfReader
from sitting import ACCOUNT, HIDDEN, Sitting, find_slip, see
from visitor import register

from cast import Cast
from mynapoint.application.models import Application
from mynapoint.case.models import CaseFact, LiveCase, PausedCase
from mynapoint.directory.queries import get_service
from mynapoint.draft.models import Draft
from mynapoint.kernel.documents import Words
from mynapoint.reservation.models import Reservation

pytestmark = pytest.mark.django_db
APPLYING = {"kind": "application", "number": "1", "ready": "yes"}


class TestS21WholeApplication:
    def test_is_done_by_the_card_with_the_clerk_typing_nothing_of_the_citizen_s(
        self, begun: Sitting, card: Path
    ) -> None:
        begun.reserve(card)
        assert "予約ができました" in begun.look()
        assert "マイキーID" in begun.watch()[1]
        begun.begin_act(**APPLYING)
        assert "市民の画面で入力しています" in begun.look()
        begun.answer_all()
        shown = begun.watch()[1]
        assert "●●●●-9012" in shown
        assert "1234" not in shown
        assert begun.sign(card).status_code == 200
        page = begun.look()
        assert "申込を受け付けました" in page
        assert "9012" not in page, "not even the hint is on the clerk's screen"
        assert (Reservation.objects.count(), Application.objects.count()) == (1, 1)

    def test_says_to_leave_the_card_where_it_is_until_all_is_done(self, begun: Sitting, card: Path) -> None:
        begun.reserve(card)
        assert "カードを置いたまま" in begun.look()
        assert "続けて申し込むときは、カードを置いたまま" in begun.watch()[1]
        begun.begin_act(**APPLYING)
        begun.answer_all()
        begun.sign(card)
        assert "受け取ったら、カードを取ってください" in begun.watch()[1]

    def test_goes_on_with_another_account_when_one_is_somebody_else_s(
        self, begun: Sitting, card: Path, cast: Cast
    ) -> None:
        for someone in (cast.card("taro"), card):
            begun.begin()
            begun.put_down(someone)
            begun.reserve(someone)
            begun.begin_act(**APPLYING)
            begun.answer_all()
            begun.sign(someone)
        address, refused = begun.watch()
        assert "ほかの人の申込に使われています" in refused
        again = re.findall(r'class="button second" href="([^"]+)"', begun.display.get(address).content.decode())[0]
        hidden = dict(HIDDEN.findall(begun.display.get(unescape(again)).content.decode()))
        begun.display.post(unescape(again), hidden | {"account": "999956781111", "code1": "8524"})
        for given in ({"own": "yes"}, {"understood": "yes"}, {}):
            begun.answer(**given)
        assert begun.sign(card).status_code == 200
        assert Application.objects.count() == 2

    def test_prints_its_receipt_as_long_as_the_case_is_open(self, begun: Sitting, card: Path) -> None:
        begun.reserve(card)
        printed = begun.clerk.get(f"{begun.page}receipt.pdf")
        assert (printed.status_code, printed.content[:5]) == (200, b"%PDF-")
        begun.do("finish")
        assert "終わりました" in see(begun.clerk.get(f"{begun.page}receipt.pdf"), 409)

    def test_gives_no_statement_to_a_card_program_once_its_case_is_over_or_the_act_replaced(
        self, begun: Sitting, card: Path
    ) -> None:
        begun.begin_act()
        begun.answer_all()
        link = begun.link()
        assert begun.display.get(f"{link}/statement").status_code == 200
        begun.begin()
        refused = begun.display.get(f"{link}/statement")
        assert (refused.status_code, refused.json()["code"]) == (409, "case_over")

    def test_leads_the_card_program_back_to_the_display(self, begun: Sitting, card: Path) -> None:
        begun.begin_act()
        begun.answer_all()
        link = begun.link()
        begun.sign(card)
        back = begun.display.get(link)
        assert back.status_code == 302
        assert back["Location"].startswith(begun.screen)


class TestS18Counter:
    def test_opens_cases_only_while_it_is_open(self, sitting: Sitting) -> None:
        sitting.later(5 * 3600 - 1)
        sitting.sit_down_again()
        assert "今日の受付は 17:00 まで" in see(sitting.clerk.get("/counter/"))
        sitting.begin()
        sitting.later(1)
        assert "受付時間の外" in see(sitting.clerk.get("/counter/"))
        refused = sitting.clerk.post("/counter/cases/", {"case": str(uuid4())})
        assert "受付時間の外" in see(refused, 409)


class TestS19Checklist:
    def test_is_shown_before_the_card_is_there_and_nothing_can_begin(self, sitting: Sitting) -> None:
        page = sitting.begin()
        assert "暗証番号(数字4けた)。職員は聞きません。" in page
        assert "カードがまだ置かれていません" in see(sitting.begin_act(status=409), 409)
        assert not Draft.objects.exists()

    def test_notes_what_was_missing_and_ends_the_case(self, sitting: Sitting) -> None:
        sitting.begin()
        assert sitting.do("lack", lack="pin_locked").status_code == 302
        assert "暗証番号がロックされている" in sitting.look()
        assert CaseFact.objects.get(kind="sent_home").word == "pin_locked"
        sitting.begin()
        assert "足りないものを選んでください" in see(sitting.do("lack"), 422)
        assert sitting.is_open()

    @pytest.mark.parametrize(("lack", "is_led"), [("pin_locked", True), ("pin_unknown", True), ("no_payment", False)])
    def test_leads_from_a_locked_card_to_its_reset_here(self, begun: Sitting, lack: str, is_led: bool) -> None:
        begun.do("lack", lack=lack)
        assert ("暗証番号をこの窓口で再設定する" in begun.look()) is is_led


class TestS20ServiceNotHere:
    def test_is_listed_with_its_reason_and_cannot_be_begun(self, begun: Sitting) -> None:
        assert "家だけのサービス: 窓口では申し込めません" in begun.look()
        for typed in ({"service": "athome"}, {"number": "2"}, {"number": ""}):
            begun.begin_act(status=422, **{**APPLYING, "number": "", **typed})
        assert not Draft.objects.exists()

    def test_needs_the_preparation_to_be_checked(self, begun: Sitting) -> None:
        answer = begun.begin_act(status=422, kind="application", number="1")
        assert "印を付けてください" in see(answer, 422)


class TestS16RenewalWait:
    def test_is_told_to_the_second_with_when_this_counter_is_open_then(
        self, cast: Cast, sitting: Sitting, card: Path
    ) -> None:
        cast.authority.renew(card, at=sitting.at - timedelta(minutes=11))
        sitting.begin()
        sitting.put_down(card)
        sitting.begin_act()
        sitting.answer_all()
        assert sitting.sign(card).status_code == 422
        assert not Reservation.objects.exists()
        link = re.search(r'href="(/counter/again/[^"]+)"', sitting.clerk.get(sitting.page).content.decode())
        assert link is not None
        page = sitting.clerk.get(unescape(link[1]))
        assert "2020年10月6日 11:49:00 から" in see(page)
        paper = re.search(r'href="(/counter/again.pdf[^"]+)"', page.content.decode())
        assert paper is not None
        pdf = PdfReader(BytesIO(sitting.clerk.get(unescape(paper[1])).content)).pages[0].extract_text()
        assert "2020年10月6日11時49分00秒" in pdf.replace(" ", "")


class TestRepresentative:
    def test_is_refused_with_a_service_that_children_cannot_use(self, begun: Sitting) -> None:
        grown_ups_only = {"effective_from": begun.at + timedelta(seconds=1), "minors": False}
        register(get_service("sakura", at=begun.at).model_copy(update=grown_ups_only))
        begun.later(1)
        child = {**APPLYING, "who": "representative", "proof": "child_handbook"}
        assert "15歳未満の方は使えません" in see(begun.begin_act(status=422, **child), 422)
        begun.begin_act(**APPLYING)

    def test_is_begun_with_the_kind_of_a_proof_alone(self, begun: Sitting) -> None:
        begun.begin_act(status=422, who="representative")
        begun.begin_act(who="representative", proof="child_handbook")
        assert CaseFact.objects.get(kind="proof_seen").word == "child_handbook"
        begun.answer_all()
        assert "法定代理人" in begun.watch()[1]


class TestDisplay:
    def test_is_in_three_languages_and_large_before_and_within_a_case(self, sitting: Sitting, card: Path) -> None:
        assert "お呼びするまで" in sitting.watch()[1]
        assert "wait until you are called" in sitting.watch("/en")[1]
        sitting.begin()
        assert "件 1" in sitting.watch()[1]
        assert "赤" in sitting.watch()[1]
        assert "put your My Number Card" in sitting.watch("/en")[1]
        sitting.put_down(card)
        assert "待ってください" in sitting.watch("/easy")[1]

    def test_is_nobody_s_without_its_whole_address(self, sitting: Sitting) -> None:
        token = sitting.token("display")
        for wrong in ("x", token[:-1] + ("A" if token[-1] != "A" else "B"), sitting.token("card")):
            assert sitting.display.get(f"/counter/display/{wrong}/").status_code == 404

    def test_never_shows_a_code_again(self, begun: Sitting, card: Path) -> None:
        begun.reserve(card)
        begun.begin_act(**APPLYING)
        begun.answer(terms="yes", service_terms="yes")
        wrong = begun.answer(account="12", code1="8524")
        assert wrong.status_code == 422
        assert 'type="password" id="code1"' in wrong.content.decode()
        assert "8524" not in wrong.content.decode()

    def test_lets_no_form_of_one_case_into_the_next(self, begun: Sitting, card: Path) -> None:
        begun.begin_act()
        address, _ = begun.watch()
        old = begun.case_id
        begun.begin()
        begun.put_down(card)
        begun.begin_act()
        answer = begun.display.post(address, {"case": old, "terms": "yes"})
        assert answer.status_code == 302
        ended = begun.display.get(answer["Location"])
        assert "手続は終わりました" in see(ended)
        assert ended["Clear-Site-Data"] == '"cache", "storage"'
        assert Draft.objects.get(id=begun.case_id).agreed_for == ""

    def test_goes_back_to_japanese_for_the_next_citizen(self, begun: Sitting) -> None:
        begun.do("finish")
        ended = begun.display.get(f"/en{begun.screen}?case={begun.case_id}")
        assert ended["Refresh"].endswith(f"url={begun.screen}")

    def test_keeps_the_account_off_the_clerk_s_pages(self, begun: Sitting, card: Path) -> None:
        begun.reserve(card)
        begun.begin_act(**APPLYING)
        for step in ("service", "who", "preparation"):
            assert begun.display.get(f"{begun.screen}{step}/?case={begun.case_id}").status_code == 404


class TestCardReport:
    def test_ends_the_case_when_the_card_goes(self, begun: Sitting) -> None:
        assert begun.report(None).status_code == 204
        assert "カードが取り出されました" in begun.look()
        assert not LiveCase.objects.exists()

    def test_ends_the_case_at_a_second_card(self, begun: Sitting, cast: Cast) -> None:
        begun.put_down(cast.card("taro"))
        assert "ほかのカードが置かれました" in begun.look()

    def test_takes_no_card_that_was_left_before_the_case_until_it_is_taken_out_and_says_so(
        self, begun: Sitting, card: Path
    ) -> None:
        begun.do("finish")
        begun.later(20)
        begun.begin()
        begun.report(card, lying_seconds=21)
        assert "前の方のカードが残っています。取り出してください" in begun.look()
        assert "カードをいちど取り出してください" in begun.watch()[1]
        assert "カードがまだ置かれていません" in see(begun.begin_act(status=409), 409)
        begun.report(None)
        assert "カードを置いてもらってください" in begun.look()
        begun.put_down(card)
        assert "手続を選んでください" in begun.look()

    def test_means_nothing_without_a_case(self, sitting: Sitting, card: Path) -> None:
        sitting.put_down(card)
        assert sitting.report(None).status_code == 204

    @pytest.mark.parametrize(
        ("body", "status"),
        [("", 400), ("{}", 400), ('{"card": "AAAA"}', 400), ('{"card": 5}', 400), ('{"card": null, "pin": "1"}', 400),
         ('{"card": null, "lying_seconds": -1}', 400), ('{"card": null, "lying_seconds": 1e10}', 400),
         ('{"card": "' + "A" * 20_000 + '"}', 413)],
    )  # fmt: skip
    def test_is_refused_when_it_is_none(self, sitting: Sitting, body: str, status: int) -> None:
        answer = Client().post(f"/counter/card/{sitting.token('card')}", body, content_type="application/json")
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"

    def test_is_refused_at_an_address_that_is_no_terminal_s(self, sitting: Sitting) -> None:
        for token in ("x", "A" * 43, sitting.token("display")):
            answer = Client().post(f"/counter/card/{token}", '{"card": null}', content_type="application/json")
            assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


class TestTerms:
    def test_of_the_programme_are_agreed_to_once_in_a_case(self, begun: Sitting, card: Path) -> None:
        begun.reserve(card)
        begun.begin_act(**APPLYING)
        asked = begun.watch()[1]
        assert "この約束には、すでに同意いただいています" in asked
        assert "この事業の約束を読み、同意します" not in asked
        assert "決済サービスの規約に同意するときは" in see(begun.answer(), 422)
        assert begun.answer(service_terms="yes").status_code == 302
        assert "IDとコード" in begun.watch()[1]
        begun.begin_act()
        assert "内容を確かめてください" in begun.watch()[1]

    def test_are_agreed_to_anew_once_they_are_worded_in_another_way(self, begun: Sitting, card: Path) -> None:
        begun.begin_act()
        begun.answer(terms="yes")
        Draft.objects.update(agreed_programme="before")
        assert "この事業の約束を読み、同意します" in begun.watch()[1], "asked before it is signed"
        begun.answer(terms="yes")
        assert "内容を確かめてください" in begun.watch()[1]
        Draft.objects.update(agreed_programme="before")
        begun.begin_act(**APPLYING)
        assert "この事業の約束を読み、同意します" in begun.watch()[1]
        assert "この事業の約束に同意するときは" in see(begun.answer(service_terms="yes"), 422)

    def test_are_agreed_to_in_every_case(self, begun: Sitting, card: Path) -> None:
        begun.reserve(card)
        begun.begin()
        begun.put_down(card)
        begun.begin_act(**APPLYING)
        assert "この事業の約束を読み、同意します" in begun.watch()[1]


class TestPause:
    def pause(self, sitting: Sitting) -> str:
        printed = sitting.do("pause")
        assert (printed.status_code, printed.content[:5]) == (200, b"%PDF-")
        return find_slip(printed.content)

    def test_goes_on_with_its_slip_where_the_citizen_stopped(self, begun: Sitting, card: Path) -> None:
        begun.reserve(card)
        begun.begin_act(**APPLYING)
        begun.answer(terms="yes", service_terms="yes")
        slip = self.pause(begun)
        assert "中断しました" in begun.look()
        begun.begin(slip=slip)
        assert "カードを置いてもらってください" in begun.look()
        begun.put_down(card)
        assert "IDとコードの入力" in begun.look()

    def test_goes_on_with_no_other_card_and_then_still_with_its_own(
        self, begun: Sitting, card: Path, cast: Cast
    ) -> None:
        begun.begin_act()
        slip = self.pause(begun)
        begun.begin(slip=slip)
        begun.put_down(cast.card("taro"))
        assert "ほかのカードが置かれました" in begun.look()
        begun.begin(slip=slip)
        begun.put_down(card)
        assert "市民の画面で入力しています" in begun.look()

    def test_prints_a_slip_that_denies_nothing_that_was_signed(self, begun: Sitting, card: Path) -> None:
        begun.reserve(card)
        begun.begin_act(**APPLYING)
        slip = begun.do("pause").content
        text = "".join(PdfReader(BytesIO(slip)).pages[0].extract_text().split())
        assert "受領書を受け取った手続は、登録されています。" in text
        assert "登録された手続: 1 件" in begun.look()

    def test_prints_the_same_slip_again_from_the_case_and_from_the_list(self, begun: Sitting, card: Path) -> None:
        begun.reserve(card)
        begun.begin_act(**APPLYING)
        begun.answer(terms="yes", service_terms="yes")
        begun.answer(**ACCOUNT)
        slip = self.pause(begun)
        again = f"/counter/slips/{begun.case_id}/"
        assert f'action="{again}"' in begun.clerk.get(begun.page).content.decode()
        page = begun.clerk.get("/counter/slips/")
        assert "件 1 赤 10月5日 12:00 にはじめた・1番窓口 10月19日 12:00 まで使えます。1回印刷しました。" in see(page)
        assert f'action="{again}"' in page.content.decode()
        assert not [secret for secret in ("9012", slip, "はなまる") if secret in page.content.decode()]
        printed = begun.clerk.post(again)
        assert find_slip(printed.content) == slip
        assert "10 月 19 日" in PdfReader(BytesIO(printed.content)).pages[0].extract_text()
        assert "2回印刷しました" in see(begun.clerk.get("/counter/slips/"))

    def test_prints_no_slip_again_that_was_used_or_is_too_old(self, begun: Sitting, card: Path) -> None:
        begun.begin_act()
        slip, again = self.pause(begun), f"/counter/slips/{begun.case_id}/"
        paused = begun.page
        assert "中断票をもう一度印刷する" in see(begun.clerk.get(paused))
        begun.begin(slip=slip)
        assert "中断票をもう一度印刷する" not in see(begun.clerk.get(paused)), "what would be refused is not offered"
        used = see(begun.clerk.post(again), 409)
        assert "この中断票は、もう使われました" in used
        assert "印刷し直せる中断票はありません" in used
        begun.later(14 * 24 * 3600)
        begun.sit_down_again()
        assert "紙がお手もとにあれば、期限まではその紙で続けられます" in see(begun.clerk.post(again), 409)

    def test_says_that_the_paper_works_when_the_slip_was_paused_before_it_could_be_printed_again(
        self, begun: Sitting, card: Path
    ) -> None:
        begun.begin_act()
        slip, again = self.pause(begun), f"/counter/slips/{begun.case_id}/"
        PausedCase.objects.update(counter="", sealed_secret=None)
        assert "この中断票は印刷できません 紙がお手もとにあれば" in see(begun.clerk.post(again), 409)
        begun.begin(slip=slip)
        begun.put_down(card)
        assert "市民の画面で入力しています" in begun.look()

    def test_knows_no_other_slip(self, sitting: Sitting) -> None:
        for slip in ("x", "A" * 43):
            refused = sitting.clerk.post("/counter/cases/", {"case": str(uuid4()), "slip": slip})
            assert "この中断票は使えません" in see(refused, 404)


class TestS21Sheet:
    def test_brings_the_service_and_a_fresh_account_along(self, begun: Sitting, card: Path) -> None:
        begun.reserve(card)
        begun.begin_act(sheet=prepare(begun))
        page = begun.watch()[1]
        assert "これはあなたのアカウントですか" in page
        assert begun.answer(own="yes").status_code == 302
        begun.answer()
        assert begun.sign(card).status_code == 200
        assert Application.objects.count() == 1

    def test_asks_for_the_account_anew_when_its_check_is_old(self, begun: Sitting, card: Path) -> None:
        begun.reserve(card)
        sheet = prepare(begun)
        begun.later(1800)
        begun.sit_down_again()
        begun.begin()
        begun.put_down(card)
        begun.begin_act(sheet=f"http://127.0.0.1:8000/apply/{sheet}/")
        assert "IDとコードを入れてください" in begun.watch()[1]

    def test_asks_for_the_terms_anew_when_they_have_changed(self, begun: Sitting, card: Path) -> None:
        begun.reserve(card)
        begun.begin_act(sheet=prepare(begun))
        begun.answer(own="yes")
        terms = {"effective_from": begun.at + timedelta(seconds=1), "terms": Words(ja="新しい規約")}
        register(get_service("sakura", at=begun.at).model_copy(update=terms))
        assert "2020年1月1日からの規約" in begun.watch()[1]
        begun.later(1)
        assert "新しい規約" in begun.watch()[1]
        begun.answer(terms="yes", service_terms="yes")
        begun.answer()
        assert begun.sign(card).status_code == 200

    def test_is_refused_when_it_is_none(self, begun: Sitting) -> None:
        for sheet in ("x", "A" * 43, "http://127.0.0.1:8000/apply/"):
            assert "この用紙は使えません" in see(begun.begin_act(status=422, sheet=sheet), 422)

    def test_is_refused_when_its_service_cannot_be_had_here(self, begun: Sitting) -> None:
        sheet = prepare(begun, service="athome", until=1)
        assert "窓口では申し込めません" in see(begun.begin_act(status=422, sheet=sheet), 422)


def prepare(sitting: Sitting, *, service: str = "sakura", until: int = 9) -> str:
    """Fill in an application at home, as far as so many answers; return its draft."""
    at_home = Client(headers={"host": "127.0.0.1:8000"})
    step = at_home.post(f"/apply/with/{service}/")["Location"]
    given = [{"who": "myself"}, {"prepared": "yes"}, {"terms": "yes", "service_terms": "yes"},
             {"account": "123456789012", "code1": "8524"}, {"own": "yes"}, {"understood": "yes"}]  # fmt: skip
    for typed in given[:until]:
        hidden = dict(HIDDEN.findall(at_home.get(step).content.decode()))
        answer = at_home.post(step, hidden | typed)
        assert answer.status_code == 302, answer.content.decode()
        step = answer["Location"]
    return str(step).split("/")[2]
