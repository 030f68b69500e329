"""The office's pages about links that may be wrong, as two of its people use them."""

from pathlib import Path
from typing import get_args
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from cast import DAY, PROGRAMME, SECOND, Cast
from correction.correction_parties import REPORTED_AT, Counterpart, apply_and_link, tell
from mynapoint.application.models import Application
from mynapoint.correction import rules
from mynapoint.correction.models import Correction, CorrectionLook
from mynapoint.correction.queries import get_correction, list_looks
from mynapoint.correction.rules import Decision, Evidence, Source, State, StepKind
from mynapoint.kernel.refusal import Refusal
from mynapoint.office.sentences import knows
from mynapoint.office.templatetags.office_words import in_correction_words
from mynapoint.staff.rules import OFFICE, Role
from staff_cast import employ, open_counters, sit_down

pytestmark = pytest.mark.django_db
LIST = "office:corrections"
# What only a card meets.
ONLY_CITIZENS = {"objection_window_closed"}


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> None:
    settings.CLOCK = lambda: REPORTED_AT


def sign_in(username: str) -> Client:
    return sit_down(employ(username, Role.OFFICE, at=REPORTED_AT), at=REPORTED_AT)


@pytest.fixture
def hiro() -> Client:
    return sign_in("hiro")


@pytest.fixture
def michi() -> Client:
    return sign_in("michi")


@pytest.fixture
def receipt(cast: Cast, programme: str) -> UUID:
    card: Path = cast.card("hanako")
    cast.reserve(card)
    return apply_and_link(cast, card)


@pytest.fixture
def correction(hiro: Client, receipt: UUID) -> UUID:
    """Hiro takes a report; the correction's number."""
    begin(hiro, receipt)
    return Correction.objects.get().id


def begin(client: Client, receipt: object, reason: str = "not_my_account") -> str:
    said = {"receipt": str(receipt), "reason": reason}
    return client.post(reverse(LIST), said, follow=True).content.decode()


def say(client: Client, correction: UUID, **said: str) -> str:
    """Send a form, and return what the page says then."""
    return client.post(reverse("office:correction", args=[correction]), said, follow=True).content.decode()


class TestLooks:
    """Whoever opens a correction's page is written down, for its holder to see."""

    def test_are_written_down_each_time_with_the_role(self, michi: Client, correction: UUID) -> None:
        before = CorrectionLook.objects.count()
        assert michi.get(reverse("office:correction", args=[correction])).status_code == 200
        auditor = sit_down(employ("kanri", Role.AUDITOR, city=OFFICE, at=REPORTED_AT), at=REPORTED_AT)
        assert auditor.get(reverse("office:correction", args=[correction])).status_code == 200
        looks = list_looks(Correction.objects.get().holder_id)[before:]
        assert [(look.number, look.role) for look in looks] == [(correction, "office"), (correction, "auditor")]


class TestList:
    def test_is_one_step_from_every_page(self, hiro: Client) -> None:
        assert f'href="{reverse(LIST)}"' in hiro.get(reverse("office:start")).content.decode()

    def test_begins_a_correction_for_a_receipt(self, hiro: Client, correction: UUID) -> None:
        text = hiro.get(reverse(LIST)).content.decode()
        assert "1 件を確認しています" in text
        assert str(correction) in text

    def test_marks_what_is_late(self, hiro: Client, correction: UUID, settings: Settings) -> None:
        assert "過ぎています" not in hiro.get(reverse(LIST)).content.decode()
        settings.CLOCK = lambda: REPORTED_AT + DAY
        tomorrow = sit_down(User.objects.get(username="hiro"), at=REPORTED_AT + DAY)
        assert "過ぎています" in tomorrow.get(reverse(LIST)).content.decode()

    def test_reminds_on_the_first_page_from_the_very_second(
        self, hiro: Client, correction: UUID, settings: Settings
    ) -> None:
        said = "期限を過ぎた訂正が 1 件あります"
        settings.CLOCK = lambda: REPORTED_AT + DAY - SECOND
        others = sit_down(employ("yuki", Role.OFFICE, at=REPORTED_AT), at=REPORTED_AT + DAY - SECOND)
        assert said not in others.get(reverse("office:start")).content.decode()
        settings.CLOCK = lambda: REPORTED_AT + DAY
        assert said in others.get(reverse("office:start")).content.decode()

    @pytest.mark.parametrize(
        ("receipt_number", "reason", "told"),
        [("1", "not_my_account", "この番号の手続はありません"), ("1", "other", "理由を選んでください")],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(
        self, hiro: Client, receipt_number: str, reason: str, told: str
    ) -> None:
        text = begin(hiro, receipt_number, reason)
        assert told in text
        assert f'value="{receipt_number}"' in text

    def test_names_the_correction_that_there_is(self, hiro: Client, receipt: UUID, correction: UUID) -> None:
        text = begin(hiro, receipt)
        assert "すでに確認しています" in text
        assert str(correction) in text


class TestPage:
    def test_goes_from_the_report_to_its_end(self, hiro: Client, michi: Client, correction: UUID) -> None:
        assert "付与を止めるように" in say(hiro, correction, step="freeze")
        assert "受領書を見た" in say(hiro, correction, step="evidence", evidence="receipt_seen")
        assert "あなたの提案です" in say(hiro, correction, step="propose", decision="keep")
        assert "再開を確認すると終わります" in say(michi, correction, step="confirm", round="1")
        tell(correction, Counterpart(), at=REPORTED_AT)
        text = hiro.get(reverse(LIST)).content.decode()
        assert "終わった訂正" in text
        assert "そのままとした" in text

    def test_wants_another_person_for_the_decision(self, hiro: Client, michi: Client, correction: UUID) -> None:
        say(hiro, correction, step="freeze")
        say(hiro, correction, step="evidence", evidence="receipt_seen")
        say(hiro, correction, step="propose", decision="undo")
        assert "別の人がします" in say(hiro, correction, step="confirm", round="1")
        assert "もう一度提案できます" in say(michi, correction, step="decline", round="1")
        assert get_correction(correction, at=REPORTED_AT).state is State.EVIDENCE

    def test_shows_nothing_of_the_person(self, hiro: Client, correction: UUID) -> None:
        text = hiro.get(reverse("office:correction", args=[correction])).content.decode()
        row = Application.objects.get()
        for kept in (str(row.holder_id), row.account_hint, bytes(row.account_hash).hex(), bytes(row.link_token).hex()):
            assert kept not in text

    def test_of_a_number_that_there_is_not_is_not_found(self, hiro: Client, receipt: UUID) -> None:
        assert hiro.get(reverse("office:correction", args=[receipt])).status_code == 404

    def test_is_for_the_office_alone(self, correction: UUID) -> None:
        open_counters()
        client = sit_down(employ("stranger", Role.CITY_ADMIN, at=REPORTED_AT), at=REPORTED_AT)
        for address in (reverse(LIST), reverse("office:correction", args=[correction])):
            assert client.get(address).status_code == 403
            assert client.post(address, {"step": "freeze"}).status_code == 403
        assert get_correction(correction, at=REPORTED_AT).state is State.REPORTED


class TestWords:
    def test_there_are_for_every_code(self) -> None:
        for codes in (StepKind, State, get_args(Evidence), get_args(Decision), get_args(Source), rules.ABOUT_THE_LINK):
            for code in codes:
                assert in_correction_words(code) != code, code

    def test_there_are_for_every_refusal(self) -> None:
        refusals = [each for each in vars(rules).values() if isinstance(each, type) and issubclass(each, Refusal)]
        named = [each for each in refusals if "code" in vars(each) and each.code not in ONLY_CITIZENS]
        assert len(named) > 5
        assert [each.code for each in named if not knows(each.__new__(each))] == []


def test_names_of_programme_and_service_stand_on_the_page(hiro: Client, correction: UUID) -> None:
    """The page names both as people know them."""
    words = hiro.get(reverse("office:correction", args=[correction])).content.decode()
    assert PROGRAMME not in words
    assert "はなまるペイ(見本)" in words
