"""The office's pages about held certificates, as two of its people use them."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from cast import AT, DAY
from holder.review_parties import Held, Receipt, act, be_held, renewed
from jpki.registry import FirstIssue, UnknownLineage
from mynapoint.holder import rules
from mynapoint.holder.models import HoldLook
from mynapoint.holder.queries import get_hold, list_looks
from mynapoint.kernel.refusal import Refusal
from mynapoint.office.sentences import knows
from mynapoint.office.templatetags.office_words import in_review_words
from mynapoint.staff.rules import OFFICE, Role
from staff_cast import CITY, employ, open_counters, sit_down

pytestmark = pytest.mark.django_db
OLD, NEW, NEWER = 1, 2, 3


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> None:
    settings.CLOCK = lambda: AT + timedelta(minutes=1)


def sign_in(username: str) -> Client:
    return sit_down(employ(username, Role.OFFICE, at=AT), at=AT)


@pytest.fixture
def hiro() -> Client:
    return sign_in("hiro")


@pytest.fixture
def michi() -> Client:
    return sign_in("michi")


@pytest.fixture
def receipt() -> Receipt:
    return act(OLD, at=AT - DAY)


@pytest.fixture
def held(receipt: Receipt) -> Held:
    return be_held(NEW, UnknownLineage())


def page_of(held: Held) -> str:
    return reverse("office:hold", args=[held.id])


def say(client: Client, held: Held, **said: str) -> str:
    """Send a form, and return what the page says then."""
    return client.post(page_of(held), said, follow=True).content.decode()


class TestList:
    def test_shows_what_waits_and_what_is_over(self, hiro: Client, michi: Client, held: Held) -> None:
        page = reverse("office:holds")
        assert "1 件が待っています" in hiro.get(page).content.decode()
        say(hiro, held, step="propose", decision="reject")
        say(michi, held, step="confirm", round="1")
        text = hiro.get(page).content.decode()
        assert "0 件が待っています" in text
        assert "終わった確認" in text
        assert "認めなかった" in text

    def test_is_one_step_from_every_page(self, hiro: Client) -> None:
        assert f'href="{reverse("office:holds")}"' in hiro.get(reverse("office:start")).content.decode()


class TestLooks:
    """Whoever opens a hold's page is written down, for its holder to see."""

    def test_are_written_down_each_time_with_the_role(self, hiro: Client, held: Held, receipt: Receipt) -> None:
        auditor = sit_down(employ("kanri", Role.AUDITOR, city=OFFICE, at=AT), at=AT)
        assert auditor.get(page_of(held)).status_code == 200
        assert hiro.get(page_of(held)).status_code == 200
        hiro.get(reverse("office:holds"))
        assert [(row.role, row.looked_at) for row in HoldLook.objects.order_by("id")] == [
            ("auditor", AT + timedelta(minutes=1)),
            ("office", AT + timedelta(minutes=1)),
        ]

    def test_are_shown_to_whose_the_certificate_is(
        self, hiro: Client, michi: Client, held: Held, receipt: Receipt
    ) -> None:
        say(hiro, held, step="propose", decision="attach", receipt=str(receipt.number))
        assert list_looks(receipt.holder_id) == []
        say(michi, held, step="confirm", round="1")
        looks = list_looks(receipt.holder_id)
        assert {(look.number, look.role) for look in looks} == {(held.id, "office")}
        assert len(looks) == 2

    def test_of_nothing_leave_nothing(self, hiro: Client, held: Held) -> None:
        assert hiro.get(reverse("office:hold", args=[uuid4()])).status_code == 404
        assert not HoldLook.objects.exists()


class TestPage:
    def test_shows_the_evidence_and_nothing_else(self, hiro: Client, held: Held) -> None:
        be_held(NEW, UnknownLineage(), at=AT + timedelta(seconds=5))
        text = hiro.get(page_of(held)).content.decode()
        view = get_hold(held.id)
        for shown in (str(held.id), str(view.act_id), "まだ届いていません", "前の証明書が分からない", "1 回"):
            assert shown in text
        assert view.name.certificate_hash.hex() not in text

    def test_works_without_scripts_and_is_kept_by_no_browser(self, hiro: Client, held: Held) -> None:
        for page in (page_of(held), reverse("office:holds")):
            answer = hiro.get(page)
            assert "<script" not in answer.content.decode()
            assert " style=" not in answer.content.decode()
            assert "no-store" in answer["Cache-Control"]
            assert "script-src 'self'" in answer["Content-Security-Policy"]

    def test_is_not_found_for_another_number(self, hiro: Client) -> None:
        page = reverse("office:hold", args=["01890000-0000-7000-8000-000000000000"])
        assert hiro.get(page).status_code == hiro.post(page, {"step": "reopen"}).status_code == 404

    def test_never_shows_which_holders_a_conflict_touches(self, hiro: Client, receipt: Receipt) -> None:
        other = act(NEW, at=AT - DAY)
        torn = be_held(NEWER, renewed(NEW, OLD))
        text = hiro.get(page_of(torn)).content.decode()
        assert "2 人に触れています" in text
        assert "新しい本人とする" not in text
        assert not {str(receipt.holder_id), str(other.holder_id)} & set(text.split())


class TestDoor:
    def test_is_closed_to_strangers_and_to_users_outside_the_office(self, held: Held) -> None:
        open_counters()
        outside = sit_down(employ("yoso", Role.AUDITOR, city=CITY, at=AT), at=AT)
        for page in (page_of(held), reverse("office:holds")):
            assert Client().get(page).status_code == 302
            assert outside.get(page).status_code == 403
        said = {"step": "propose", "decision": "release"}
        assert Client().post(page_of(held), said).status_code == 302
        assert outside.post(page_of(held), said).status_code == 403
        assert get_hold(held.id).steps == ()

    def test_refuses_a_form_that_another_site_sent(self, hiro: Client, held: Held) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = hiro.cookies
        assert strict.post(page_of(held), {"step": "propose", "decision": "release"}).status_code == 403


class TestReview:
    def test_attaches_by_a_receipt_and_two_people(
        self, hiro: Client, michi: Client, receipt: Receipt, held: Held
    ) -> None:
        text = say(hiro, held, step="propose", decision="attach", receipt=f" {receipt.number} ")
        assert "提案しました" in text
        assert "あなたの提案です" in text
        assert str(receipt.number) in say(michi, held, step="confirm", round="1")
        assert get_hold(held.id).outcome == "attached"
        assert act(NEW, UnknownLineage()).holder_id == receipt.holder_id

    def test_needs_a_second_person(self, hiro: Client, held: Held) -> None:
        say(hiro, held, step="propose", decision="release")
        answer = hiro.post(page_of(held), {"step": "confirm", "round": "1"})
        assert answer.status_code == 409
        assert "別の人がします" in answer.content.decode()

    def test_begins_anew_when_the_second_person_declines(self, hiro: Client, michi: Client, held: Held) -> None:
        say(hiro, held, step="propose", decision="release")
        assert "もう一度提案できます" in say(michi, held, step="decline", round="1")
        assert get_hold(held.id).standing == "awaiting_proposal"

    def test_is_done_once_more_after_a_rejection(self, hiro: Client, michi: Client, held: Held) -> None:
        say(hiro, held, step="propose", decision="reject")
        say(michi, held, step="confirm", round="1")
        assert "もう一度確認を始めました" in say(michi, held, step="reopen")

    def test_says_when_the_lineage_was_first(self, hiro: Client, michi: Client, held: Held) -> None:
        say(hiro, held, step="propose", decision="release")
        act(NEW, renewed(OLD))
        answer = michi.post(page_of(held), {"step": "confirm", "round": "1"})
        assert answer.status_code == 409
        assert "自動で終わった" in answer.content.decode()

    @pytest.mark.parametrize("receipt_typed", ["", "x", "1234", "0" * 5000, "01890000-0000-7000-8000-000000000000"])
    def test_keeps_what_was_typed_and_says_what_is_wrong(self, hiro: Client, held: Held, receipt_typed: str) -> None:
        answer = hiro.post(page_of(held), {"step": "propose", "decision": "attach", "receipt": receipt_typed})
        assert answer.status_code == 422
        assert "この番号の手続はありません" in answer.content.decode()
        assert f'value="{receipt_typed[:64]}"' in answer.content.decode()

    @pytest.mark.parametrize(
        "said", [{}, {"step": "propose"}, {"step": "x"}, {"step": "propose", "decision": "x" * 999}]
    )
    def test_asks_for_a_decision(self, hiro: Client, held: Held, said: dict[str, str]) -> None:
        answer = hiro.post(page_of(held), said)
        assert answer.status_code == 422
        assert "決め方を選んでください" in answer.content.decode()

    @pytest.mark.parametrize("typed", ["", "0", "2", "-1", "１", "9" * 5000])
    def test_confirms_only_the_proposal_that_was_shown(
        self, hiro: Client, michi: Client, held: Held, typed: str
    ) -> None:
        say(hiro, held, step="propose", decision="release")
        assert michi.post(page_of(held), {"step": "confirm", "round": typed}).status_code == 409
        assert get_hold(held.id).is_open

    def test_shows_a_contradicted_attachment(self, hiro: Client, michi: Client, receipt: Receipt, held: Held) -> None:
        say(hiro, held, step="propose", decision="attach", receipt=str(receipt.number))
        say(michi, held, step="confirm", round="1")
        text = hiro.get(page_of(be_held(OLD, FirstIssue(), at=AT + DAY))).content.decode()
        assert "取り替えたはずの証明書がまた使われた" in text


class TestSentences:
    def test_are_there_for_every_refusal_of_a_review(self) -> None:
        kinds: list[type[Refusal]] = rules.UnableToReview.__subclasses__()
        assert kinds
        assert all(knows(kind()) for kind in kinds)

    @pytest.mark.parametrize(
        "codes", [rules.Decision, rules.Answer, rules.HoldReason, rules.Outcome, rules.AwaitedStep]
    )
    def test_are_there_for_every_word(self, codes: Callable[..., object]) -> None:
        assert all(in_review_words(code) != code for code in codes.__args__)  # type: ignore[attr-defined]
