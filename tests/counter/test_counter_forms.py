"""A case's forms where they have no business: from another terminal, after the end, or from no page at all."""

from pathlib import Path
from typing import get_args

import pytest
from django.contrib.auth.models import User
from service_api_cast import NOON
from sitting import Sitting, see

from mynapoint.case.models import OpenedCase
from mynapoint.case.rules import Lack
from mynapoint.counter.case.sentences import LACKS, TO_SAY
from staff_cast import install, sit_down

pytestmark = pytest.mark.django_db
FORMS = ("act", "continue", "lack", "finish", "pause")


@pytest.fixture
def neighbour(begun: Sitting) -> Sitting:
    """The same clerk before the counter's second terminal, with the first one's case in mind."""
    installed = install("2番窓口", at=NOON)
    return Sitting(sit_down(User.objects.get(), installed, at=NOON), installed, case_id=begun.case_id)


class TestAnotherTerminal:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("typed", [{}, {"kind": "reservation", "who": "myself", "lack": "no_card"}])
    def test_finds_no_such_case(self, begun: Sitting, neighbour: Sitting, form: str, typed: dict[str, str]) -> None:
        before = begun.case()
        assert "この件は見つかりません" in see(neighbour.do(form, **typed), 404)
        assert begun.case() == before

    def test_finds_no_page_of_it(self, neighbour: Sitting) -> None:
        for page in ("", "state", "receipt.pdf"):
            assert neighbour.clerk.get(f"{neighbour.page}{page}").status_code == 404


class TestFinish:
    def test_says_when_the_case_was_over_already_and_why(self, begun: Sitting) -> None:
        begun.report(None)
        page = see(begun.do("finish"), 409)
        assert "この件は終わっています" in page
        assert "カードが取り出されました" in page

    def test_is_the_same_twice(self, begun: Sitting) -> None:
        assert [begun.do("finish")["Location"] for _ in range(2)] == ["/counter/", "/counter/"]


class TestBegin:
    @pytest.mark.parametrize("case", ["zzz", "", "de7f12d4-b4ee-426b-a2e0-d21ff759b07"])
    def test_is_refused_without_the_id_that_the_page_has_drawn(self, begun: Sitting, case: str) -> None:
        refused = begun.clerk.post("/counter/cases/", {"case": case})
        assert "古い画面から送られました" in see(refused, 409)
        assert begun.is_open()
        assert OpenedCase.objects.count() == 1


class TestReceipt:
    def test_is_an_error_page_when_there_is_none_to_print(self, begun: Sitting, card: Path) -> None:
        address = f"{begun.page}receipt.pdf"
        assert begun.clerk.get(address).status_code == 404
        begun.reserve(card)
        assert begun.clerk.get(address)["Content-Type"] == "application/pdf"
        begun.do("finish")
        assert "この件は終わっています" in see(begun.clerk.get(address), 409)


class TestEnds:
    def test_offer_no_slip_once_there_is_nothing_left_to_come_again_for(self, begun: Sitting, card: Path) -> None:
        begun.reserve(card)
        assert "中断票を出す" in begun.look(), "an application may follow"
        begun.begin_act(kind="application", number="1", ready="yes")
        begun.answer_all()
        begun.sign(card)
        page = begun.look()
        assert "申込を受け付けました" in page
        assert "中断票" not in page
        assert "署名が済んでいない手続" not in page

    def test_tell_what_to_say_to_whoever_has_to_come_again(self, begun: Sitting) -> None:
        assert set(TO_SAY) == set(LACKS) == set(get_args(Lack))
        begun.do("lack", lack="not_prepared")
        assert TO_SAY["not_prepared"] in begun.look()

    def test_say_before_anything_is_typed_that_only_the_signature_shows_a_reservation(self, begun: Sitting) -> None:
        assert "予約があるかどうかは、カードで署名するまでだれにもわかりません" in begun.look()
