"""The citizens' site: pages that work without JavaScript, say what is wrong, and bind nobody by themselves."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as fewer
from hypothesis import strategies as st
from pytest_django import Settings
from service_api_cast import NOON, SAKURA, a_service
from signed_peer import SignedPeer, running_peer

from cast import LOADED_AT, PROGRAMME_FILE, Cast
from jpki.client import JpkiCard
from jpki.pin import Pin
from jpki.virtual.card import VirtualCard
from mynapoint.act.models import AnsweredAct, ProposedAct, UsedAct
from mynapoint.application.models import Application, LinkStep
from mynapoint.application.operations import link
from mynapoint.directory.models import ServiceRevision
from mynapoint.holder.rules import UnableToReview
from mynapoint.journal.merkle import check_inclusion, leaf_hash
from mynapoint.journal.models import Entry
from mynapoint.journal.operations import sequence
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.operations import load_programme
from mynapoint.reservation.models import Reservation
from mynapoint.service_api.door import get_door
from mynapoint.site.shell.refusals import STATUSES, explain
from mynapoint.site.shell.stops import broken
from mynapoint.site.shell.words import get_words
from paymentservice.encoding import to_base64url
from paymentservice.messages import Request, Response
from paymentservice.problems import Problem, problem_body

pytestmark = pytest.mark.django_db

ACCOUNT = {"account": "1234 5678 9012", "code1": "８５２４", "terms": "yes"}
REFERENCE = to_base64url(b"r" * 32)


def confirm(_request: Request) -> Response:
    body = json.dumps({"account_reference": REFERENCE, "hint": "●●●●-9012"}).encode()
    return Response(status=200, headers={"Content-Type": "application/json"}, body=body)


def linked(request: Request) -> Response:
    body = json.dumps({"link_token": json.loads(request.body)["link_token"], "state": "linked"}).encode()
    return Response(status=201, headers={"Content-Type": "application/json"}, body=body)


def refuse(code: str, status: int, **data: int) -> Response:
    body = problem_body(Problem(code=code, title="見本", status=status, detail="見本", data=data))
    return Response(status=status, headers={"Content-Type": "application/problem+json"}, body=body)


@dataclass
class Visitor:
    """A browser with a card beside it."""

    client: Client
    card: Path

    def see(self, address: str, status: int = 200) -> str:
        return read(self.client.get(address), status)

    def fill_in(self, address: str, **typed: str) -> str:
        """Fill a form in and return the address of the act that it leads to."""
        answer = self.client.post(address, typed)
        assert answer.status_code == 302, answer.content.decode()
        return str(answer["Location"])

    def sign(self, act: str) -> HttpResponse:
        statement = self.client.get(f"{act}/statement")
        assert statement.status_code == 200, statement.content
        signed = JpkiCard(VirtualCard.open(self.card)).sign_statement(statement.content, pin=Pin("1234"))
        return self.hand_in(act, signature=to_base64url(signed.signature), certificate=to_base64url(signed.certificate))

    def hand_in(self, act: str, **body: object) -> HttpResponse:
        return self.client.post(f"{act}/signature", json.dumps(body), content_type="application/json")


def read(answer: HttpResponse, status: int = 200) -> str:
    """Check what every page must have; return its words."""
    html = answer.content.decode()
    assert answer.status_code == status, html
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "<script" not in html
    assert "style=" not in html
    assert not answer.cookies
    assert "公式のサイトではありません" in html
    assert '<html lang="ja">' in html
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


@pytest.fixture
def peer() -> Iterator[SignedPeer]:
    with running_peer(confirm) as peer:
        yield peer


@pytest.fixture
def hanako(cast: Cast, settings: Settings, peer: SignedPeer, db: None) -> Iterator[Visitor]:
    settings.CLOCK = lambda: NOON
    settings.DEMO = True
    settings.REGISTRY = f"authority:{cast.authority._folder}"
    settings.TRUST_ANCHORS = cast.authority._folder / "anchors"
    get_door.cache_clear()
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    service = a_service(SAKURA, address=peer.address)
    content = service.model_dump(mode="json", by_alias=True)
    ServiceRevision.objects.create(
        id=service.id, effective_from=service.effective_from, content=content, loaded_at=LOADED_AT
    )
    yield Visitor(client=Client(headers={"host": "127.0.0.1:8000"}), card=cast.card("hanako"))
    get_door().close()
    get_door.cache_clear()


@pytest.fixture
def applied(hanako: Visitor) -> str:
    """Hanako reserves and applies; return the application's act."""
    hanako.sign(hanako.fill_in("/reserve/", terms="yes"))
    act = hanako.fill_in("/apply/sakura/", **ACCOUNT)
    assert hanako.sign(act).status_code == 200
    return act


class TestPages:
    @pytest.mark.parametrize(
        ("address", "word"),
        [
            ("/", "5,000円分までのポイント"),
            ("/services/", "見本のサービス"),
            ("/reserve/", "マイキーIDを設定する"),
            ("/apply/", "選べるのは一人一つです"),
            ("/apply/sakura/", "一度申し込むと"),
            ("/status/", "いまの状況をカードで見る"),
            ("/privacy/", "国が持つ情報と、持てない情報"),
        ],
    )
    def test_are_shown_without_cookie_script_or_style(self, hanako: Visitor, address: str, word: str) -> None:
        assert word in hanako.see(address)

    def test_show_dates_from_the_programme(self, hanako: Visitor) -> None:
        assert "2020年7月1日から2021年3月31日まで" in hanako.see("/")

    @pytest.mark.parametrize("address", ["/apply/momiji/", "/nothing/"])
    def test_are_not_found_when_there_is_nothing(self, hanako: Visitor, address: str) -> None:
        assert "ページがありません" in hanako.see(address, 404)

    def test_say_so_when_no_programme_is_loaded(self, settings: Settings, db: None) -> None:
        settings.DEMO = True
        assert "ページがありません" in read(Client(headers={"host": "127.0.0.1:8000"}).get("/"), 404)

    def test_say_so_when_something_breaks(self, settings: Settings, rf: RequestFactory) -> None:
        settings.DEMO = True
        answer = broken(rf.get("/"))
        assert answer.status_code == 500
        assert "途中の手続は登録されていません" in answer.content.decode()
        assert "公式のサイトではありません" in answer.content.decode()

    @pytest.mark.parametrize("address", ["/reserve/", "/apply/sakura/", "/status/", f"/act/{'A' * 43}/signature"])
    def test_refuse_more_than_a_form_can_hold(self, hanako: Visitor, address: str) -> None:
        answer = hanako.client.post(address, {"account": "9" * 20_000})
        assert answer.status_code == 413
        assert "大きすぎます" in answer.content.decode()
        assert not ProposedAct.objects.exists()

    def test_answer_a_question_for_their_head(self, hanako: Visitor) -> None:
        answer = hanako.client.head("/")
        assert (answer.status_code, answer.content) == (200, b"")

    def test_say_no_band_when_this_is_no_demonstration(self, hanako: Visitor, settings: Settings) -> None:
        settings.DEMO = False
        assert "公式のサイトではありません" not in hanako.client.get("/").content.decode()


class TestReserve:
    def test_goes_from_the_form_over_the_card_to_a_mykey_id(self, hanako: Visitor) -> None:
        act = hanako.fill_in("/reserve/", terms="yes")
        waiting = hanako.see(act)
        assert f"mynapoint-card sign http://127.0.0.1:8000{act}" in waiting
        link = quote(f"http://127.0.0.1:8000{act}", safe="")
        assert f'href="http://127.0.0.1:39390/sign?link={link}"' in hanako.client.get(act).content.decode()
        answer = hanako.sign(act)
        assert answer.status_code == 200
        assert set(answer.json()) == {"receipt", "kind", "done_at", "words"}
        assert Reservation.objects.get().mykey_id in hanako.see(act)

    def test_asks_for_agreement_first_and_points_to_the_box(self, hanako: Visitor) -> None:
        answer = hanako.client.post("/reserve/")
        assert "同意の欄に印がありません" in read(answer, 422)
        assert 'href="#terms"' in answer.content.decode()
        assert not ProposedAct.objects.exists()

    def test_shows_a_refusal_on_the_acts_page_and_in_the_answer(self, hanako: Visitor) -> None:
        hanako.sign(hanako.fill_in("/reserve/", terms="yes"))
        act = hanako.fill_in("/reserve/", terms="yes")
        problem = hanako.sign(act)
        assert problem.status_code == 409
        assert problem["Content-Type"] == "application/problem+json"
        assert problem.json()["code"] == "already_reserved"
        assert "予約は済んでいます" in hanako.see(act)
        assert "2020年10月5日 12時00分00秒 に予約しています" in hanako.see(act)


class TestApply:
    def test_shows_the_hint_and_never_the_account(self, hanako: Visitor, applied: str, peer: SignedPeer) -> None:
        words = hanako.see(applied)
        assert "●●●●-9012" in words
        assert "123456789012" not in words
        assert "決済サービスの返事を待っています" in words
        row = Application.objects.get()
        peer.answer = linked
        link(row.holder_id, row.id, door=get_door(), at=NOON)
        assert "ポイントの対象です" in hanako.see(applied)

    def test_sends_what_was_typed_in_its_normal_form_to_the_service_only(
        self, hanako: Visitor, peer: SignedPeer
    ) -> None:
        hanako.fill_in("/apply/sakura/", **ACCOUNT)
        asked = json.loads(peer.asked[0].body)
        assert asked == {"programme": "mynapoint-2020", "account_id": "123456789012", "codes": ["8524"]}
        row = ProposedAct.objects.get()
        assert b"123456789012" not in bytes(row.statement)
        assert row.attachment == {"account_reference": REFERENCE}

    @pytest.mark.parametrize(
        ("wrong", "anchor"), [({"account": "12345"}, "account"), ({"code1": "85x4"}, "code1"), ({"terms": ""}, "terms")]
    )
    def test_marks_the_field_keeps_the_account_and_forgets_the_code(
        self, hanako: Visitor, peer: SignedPeer, wrong: dict[str, str], anchor: str
    ) -> None:
        typed = ACCOUNT | wrong
        answer = hanako.client.post("/apply/sakura/", typed)
        html = answer.content.decode()
        read(answer, 422)
        assert f'href="#{anchor}"' in html
        assert f'value="{typed["account"]}"' in html
        assert "８５２４" not in html
        assert not peer.asked
        assert not ProposedAct.objects.exists()

    @pytest.mark.parametrize(
        ("code", "status", "words", "shown"),
        [
            ("account_not_confirmed", 422, "IDとコードを確認できませんでした", 422),
            ("account_closed", 409, "このアカウントは閉じられています", 422),
            ("account_already_linked", 409, "すでに結び付けられています", 409),
            ("something_new", 409, "いま返事がありません", 503),
        ],
    )
    def test_says_what_the_service_says(
        self, hanako: Visitor, peer: SignedPeer, code: str, status: int, words: str, shown: int
    ) -> None:
        peer.answer = lambda _: refuse(code, status)
        assert words in read(hanako.client.post("/apply/sakura/", ACCOUNT), shown)
        assert not ProposedAct.objects.exists()

    def test_says_how_long_to_wait_after_too_many_tries(self, hanako: Visitor, peer: SignedPeer) -> None:
        peer.answer = lambda _: refuse("too_many_attempts", 429, retry_after=90)
        assert "90 秒たってから" in read(hanako.client.post("/apply/sakura/", ACCOUNT), 429)


class TestStatus:
    def test_shows_everything_that_is_held_and_writes_down_that_somebody_looked(
        self, hanako: Visitor, applied: str
    ) -> None:
        act = hanako.fill_in("/status/")
        hanako.sign(act)
        words = hanako.see(act)
        assert Reservation.objects.get().mykey_id in words
        assert "見本のサービス、アカウント ●●●●-9012" in words
        assert Entry.objects.filter(kind="inquiry").count() == 1

    def test_shows_a_stranger_that_nothing_is_held(self, hanako: Visitor) -> None:
        act = hanako.fill_in("/status/")
        hanako.sign(act)
        assert "予約 まだです" in hanako.see(act)


class TestAct:
    def test_is_not_found_under_another_link(self, hanako: Visitor) -> None:
        act = hanako.fill_in("/status/")
        other = act[:-1] + ("A" if act[-1] != "A" else "Q")
        assert "この手続は見つかりません" in hanako.see(other, 404)
        assert hanako.client.get(f"{other}/statement").json()["code"] == "act_unknown"

    def test_expires_to_the_second_and_says_so(self, hanako: Visitor, settings: Settings) -> None:
        act = hanako.fill_in("/status/")
        settings.CLOCK = lambda: NOON + timedelta(minutes=5, seconds=-1)
        assert hanako.client.get(f"{act}/statement").status_code == 200
        settings.CLOCK = lambda: NOON + timedelta(minutes=5)
        assert hanako.client.get(f"{act}/statement").status_code == 410
        assert "署名の時間が過ぎました" in hanako.see(act)

    def test_is_used_up_by_the_first_signature(self, hanako: Visitor) -> None:
        act = hanako.fill_in("/status/")
        assert hanako.sign(act).status_code == 200
        answer = hanako.client.get(f"{act}/statement")
        assert (answer.status_code, answer.json()["code"]) == (409, "act_already_used")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{}",
            b"[]",
            b'{"signature": "AA", "certificate": "AA", "pin": "1234"}',
            b'{"signature": "A", "certificate": "AA"}',
            b'{"signature": "AA==", "certificate": "AA"}',
            b'{"signature": 1, "certificate": "AA"}',
            b'{"signature": "' + b"A" * 2_000 + b'", "certificate": "AA"}',
        ],
    )
    def test_refuses_a_body_that_is_none_and_stays_open(self, hanako: Visitor, body: bytes) -> None:
        act = hanako.fill_in("/status/")
        answer = hanako.client.post(f"{act}/signature", body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "submission_malformed")
        assert not UsedAct.objects.exists()
        assert hanako.sign(act).status_code == 200

    @given(body=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: json.dumps(text).encode()))
    @fewer(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_answers_any_bytes_with_a_problem(self, hanako: Visitor, body: bytes) -> None:
        act = hanako.fill_in("/status/")
        answer = hanako.client.post(f"{act}/signature", body, content_type="application/json")
        assert answer.status_code == 400
        assert not AnsweredAct.objects.exists()


class TestRecords:
    def test_prove_an_act_to_anybody(self, hanako: Visitor) -> None:
        act = hanako.fill_in("/reserve/", terms="yes")
        receipt = hanako.sign(act).json()["receipt"]
        assert hanako.client.get(f"/journal/entries/{receipt}").status_code == 404
        sequence(at=NOON)
        proof = hanako.client.get(f"/journal/entries/{receipt}").json()
        note = hanako.client.get("/journal/checkpoint").content.decode()
        assert proof["checkpoint"] == note
        size, root = note.splitlines()[1:3]
        path = [b64decode(node) for node in proof["path"]]
        leaf = leaf_hash(proof["entry"].encode())
        check_inclusion(leaf, index=proof["index"], size=int(size), path=path, root=b64decode(root))
        assert "証明を見る" in hanako.see(act)

    def test_hold_nothing_that_a_person_typed_or_has(self, hanako: Visitor, applied: str) -> None:
        words = " ".join(Entry.objects.values_list("facts", flat=True))
        for secret in ("123456789012", "8524", Reservation.objects.get().mykey_id, REFERENCE, "hanako"):
            assert secret not in words
        assert not LinkStep.objects.exists()


class TestSentences:
    def test_speak_of_every_refusal_that_a_citizen_can_meet(self) -> None:
        rooms = {"act", "holder", "programme", "reservation", "application", "directory", "site"}
        codes = {
            refusal.code
            for refusal in _all_refusals(Refusal)
            if refusal.__module__.split(".")[1] in rooms
            and hasattr(refusal, "code")
            and not issubclass(refusal, UnableToReview)  # the office meets these
        }
        assert codes - set(STATUSES) <= {"period_unknown", "link_refused"}

    def test_have_a_place_for_every_value_they_name(self) -> None:
        for refusal in _all_refusals(Refusal):
            code = getattr(refusal, "code", "")
            if code not in STATUSES:
                continue
            phrases = get_words().texts
            named = set(
                re.findall(r"\{(\w+)\}", phrases[f"refusals.{code}.title"] + phrases[f"refusals.{code}.detail"])
            )
            assert named <= set(getattr(refusal, "__dataclass_fields__", {})), refusal

    def test_name_services_as_people_know_them(self) -> None:
        sentence = explain("already_applied", {"service": "sakura"}, names={"sakura": "さくらカード"})
        assert sentence.detail.startswith("さくらカード に申込済みです")


def _all_refusals(of: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in of.__subclasses__():
        yield child
        yield from _all_refusals(child)
