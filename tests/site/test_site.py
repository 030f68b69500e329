"""The citizens' site: pages that work without JavaScript, say what is wrong, and bind nobody by themselves."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as fewer
from hypothesis import strategies as st
from pytest_django import Settings
from service_api_cast import NOON
from visitor import REFERENCE, Visitor, link_of, read

from mynapoint.act.models import AnsweredAct, ProposedAct, UsedAct
from mynapoint.application.models import LinkStep
from mynapoint.directory.keys import KeysRefused
from mynapoint.directory.rules import AddressNotForTraining
from mynapoint.holder.rules import UnableToReview
from mynapoint.journal.merkle import check_inclusion, leaf_hash
from mynapoint.journal.models import Entry
from mynapoint.journal.operations import sequence
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.rules import ProgrammeOfAnotherMode
from mynapoint.reservation.models import Reservation
from mynapoint.site.shell.refusals import STATUSES, explain
from mynapoint.site.shell.stops import broken
from mynapoint.site.shell.words import get_words

pytestmark = pytest.mark.django_db
OFFICE_ALONE = (AddressNotForTraining, KeysRefused, ProgrammeOfAnotherMode, UnableToReview)
"""Whoever reviews holders, or sets programmes and services up, meets these; no citizen does."""


@pytest.fixture
def applied(hanako: Visitor) -> str:
    """Hanako reserves and applies; return the application's act."""
    hanako.reserve()
    return hanako.apply()


class TestPages:
    @pytest.mark.parametrize(
        ("address", "word"),
        [
            ("/", "5,000円分までのポイント"),
            ("/services/", "見本のサービス"),
            ("/reserve/", "マイキーIDを作ります"),
            ("/apply/", "申込は一人一回です"),
            ("/apply/with/sakura/", "選んだ決済サービス: 見本のサービス"),
            ("/status/", "いまの状況を見る"),
            ("/objection/", "何が正しくありませんか"),
            ("/receipts/", "受領書を確かめる"),
            ("/privacy/", "国が持つ情報と、持てない情報"),
        ],
    )
    def test_are_shown_without_cookie_script_or_style(self, hanako: Visitor, address: str, word: str) -> None:
        assert word in hanako.see(address)

    def test_show_dates_from_the_programme(self, hanako: Visitor) -> None:
        assert "2020年7月1日から2021年3月31日まで" in hanako.see("/")

    @pytest.mark.parametrize("address", ["/apply/with/momiji/", "/nothing/"])
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

    @pytest.mark.parametrize(
        ("address", "lang", "said"),
        [
            ("/reserve/", "ja", "送られた内容が大きすぎます"),
            ("/easy/apply/with/sakura/", "ja", "送った内容が大きすぎます"),
            ("/en/status/", "en", "What was sent is too large"),
        ],
    )
    def test_refuse_more_than_a_form_can_hold(self, hanako: Visitor, address: str, lang: str, said: str) -> None:
        answer = hanako.client.post(address, {"account": "9" * 20_000})
        assert said in read(answer, 413, lang=lang)
        assert answer["Connection"] == "close"
        assert not ProposedAct.objects.exists()

    def test_answer_a_question_for_their_head(self, hanako: Visitor) -> None:
        answer = hanako.client.head("/")
        assert (answer.status_code, answer.content) == (200, b"")

    def test_say_no_band_when_this_is_no_demonstration(self, hanako: Visitor, settings: Settings) -> None:
        settings.DEMO = False
        assert "公式のサイトではありません" not in hanako.client.get("/").content.decode()


class TestAct:
    def test_is_not_found_under_another_link(self, hanako: Visitor) -> None:
        act = hanako.fill_in("/status/")
        other = f"{act[:-2]}{'A' if act[-2] != 'A' else 'Q'}/"
        assert "この手続は見つかりません" in hanako.see(other, 404)
        assert hanako.client.get(f"{link_of(other)}/statement").json()["code"] == "act_unknown"

    def test_expires_to_the_second_and_says_so(self, hanako: Visitor, settings: Settings) -> None:
        act = hanako.fill_in("/status/")
        settings.CLOCK = lambda: NOON + timedelta(minutes=5, seconds=-1)
        assert hanako.client.get(f"{link_of(act)}/statement").status_code == 200
        settings.CLOCK = lambda: NOON + timedelta(minutes=5)
        assert hanako.client.get(f"{link_of(act)}/statement").status_code == 410
        assert "署名の時間が過ぎました" in hanako.see(act)

    def test_is_used_up_by_the_first_signature(self, hanako: Visitor) -> None:
        act = hanako.fill_in("/status/")
        assert hanako.sign(act).status_code == 200
        answer = hanako.client.get(f"{link_of(act)}/statement")
        assert (answer.status_code, answer.json()["code"]) == (409, "act_already_used")

    def test_tells_whoever_repeats_a_signature_late_where_to_look(self, hanako: Visitor, settings: Settings) -> None:
        act = hanako.fill_in("/status/")
        hanako.sign(act)
        settings.CLOCK = lambda: NOON + timedelta(minutes=5)
        again = hanako.client.get(f"{link_of(act)}/statement")
        assert (again.status_code, again.json()["code"]) == (409, "act_already_used")
        assert "何も登録されていません" not in again.content.decode()
        assert "いまの状況" in again.json()["detail"]

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
        answer = hanako.client.post(f"{link_of(act)}/signature", body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "submission_malformed")
        assert not UsedAct.objects.exists()
        assert hanako.sign(act).status_code == 200

    @given(body=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: json.dumps(text).encode()))
    @fewer(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_answers_any_bytes_with_a_problem(self, hanako: Visitor, body: bytes) -> None:
        act = hanako.fill_in("/status/")
        answer = hanako.client.post(f"{link_of(act)}/signature", body, content_type="application/json")
        assert answer.status_code == 400
        assert not AnsweredAct.objects.exists()


class TestLanguageForPrograms:
    """A card program asks for the language of its own page."""

    @pytest.mark.parametrize(
        ("asked", "tag", "words"),
        [
            ("en", "en", "has been signed already"),
            ("en-GB,ja;q=0.5", "en", "has been signed already"),
            ("ja-x-easy", "ja-x-easy", "もう署名が終わっています"),
            ("fr", "ja", "この手続は署名が済んでいます"),
            ("*;;q=x", "ja", "この手続は署名が済んでいます"),
        ],
    )
    def test_is_that_of_a_refusal(self, hanako: Visitor, asked: str, tag: str, words: str) -> None:
        act = hanako.reserve()
        answer = hanako.client.get(f"{link_of(act)}/statement", headers={"Accept-Language": asked})
        assert words in answer.json()["title"]
        assert answer["Content-Language"] == tag

    def test_is_that_of_what_was_done_and_of_what_cannot_be_read(self, hanako: Visitor) -> None:
        english = Visitor(Client(headers={"host": "127.0.0.1:8000", "accept-language": "en"}), hanako.card)
        done = english.sign(english.fill_in(english.begin_reservation()))
        assert (done.json()["words"][0], done["Content-Language"]) == ("Your reservation is made.", "en")
        assert (
            english.client.put(f"{link_of(english.fill_in('/status/'))}/signature").json()["title"]
            == "It cannot be used in this way"
        )


class TestRecords:
    def test_prove_an_act_to_anybody(self, hanako: Visitor) -> None:
        act = hanako.fill_in(hanako.begin_reservation())
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
        assert "後から変えられない記録簿に入りました" in hanako.see(act)

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
            and not issubclass(refusal, OFFICE_ALONE)
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
