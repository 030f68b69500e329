"""What a citizen sees of a correction, step by step, and the end of the time for objecting by card."""

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings
from service_api_cast import NOON
from signed_peer import SignedPeer
from visitor import Visitor, linked

from mynapoint.application.models import Application
from mynapoint.application.operations import link
from mynapoint.correction.models import Correction
from mynapoint.correction.operations import add_evidence, answer, follow, freeze, propose
from mynapoint.service_api.door import get_door

pytestmark = pytest.mark.django_db
END = datetime.fromisoformat("2020-11-01T00:00:00+09:00")
SECOND = timedelta(seconds=1)


@pytest.fixture
def hanako(hanako: Visitor, peer: SignedPeer) -> Visitor:
    """Hanako has applied, and the service has linked her."""
    hanako.reserve()
    hanako.apply()
    peer.answer = linked
    row = Application.objects.get()
    link(row.holder_id, row.id, door=get_door(), at=NOON)
    return hanako


def objected(hanako: Visitor) -> Correction:
    hanako.signed(hanako.fill_in("/objection/not_my_account/"))
    return Correction.objects.get()


class TestStatusPage:
    def test_tells_each_step_in_plain_words(self, hanako: Visitor) -> None:
        correction = objected(hanako)
        words = hanako.see(hanako.look())
        for told in (
            str(correction.id),
            "あなたがカードで申し出ました",
            "付与を止めるか確かめます",
            "までに次の手順に進めます",
        ):
            assert told in words
        freeze(correction.id, user_id=1, at=NOON)
        add_evidence(correction.id, "account_seen", user_id=1, at=NOON)
        propose(correction.id, "undo", user_id=1, at=NOON)
        answer(correction.id, "decided", round_number=1, user_id=2, at=NOON)
        words = hanako.see(hanako.look())
        for told in (
            "付与を止めることにしました",
            "画面をあなたと確かめました",
            "二人の職員が、申込を取り消すと決めました",
        ):
            assert told in words
        assert "2020年12月4日 12時00分00秒になるまで、もう一度選べます" in words

    @pytest.mark.parametrize(
        ("prefix", "told"),
        [("/easy", ("くなっているので", "どうするかを")), ("/en", ("It is late", "proposed what to do"))],
    )
    def test_tells_it_in_every_language(self, hanako: Visitor, prefix: str, told: tuple[str, ...]) -> None:
        correction = objected(hanako)
        freeze(correction.id, user_id=1, at=NOON)
        follow(at=NOON + timedelta(days=20))
        add_evidence(correction.id, "card_seen", user_id=1, at=NOON)
        propose(correction.id, "keep", user_id=1, at=NOON)
        hanako.prefix = prefix
        words = hanako.see(hanako.look())
        for sentence in told:
            assert sentence in words


class TestTime:
    def test_for_objecting_ends_with_the_first_closing(self, hanako: Visitor, settings: Settings) -> None:
        settings.CLOCK = lambda: END
        act = hanako.fill_in("/objection/not_my_account/")
        assert hanako.sign(act).json()["code"] == "objection_window_closed"
        words = hanako.see(act)
        assert "受領書を持って、窓口か事務局に申し出てください" in words
        assert "窓口をさがす" in words

    def test_for_objecting_lasts_until_its_last_second(self, hanako: Visitor, settings: Settings) -> None:
        settings.CLOCK = lambda: END - SECOND
        assert objected(hanako).reported_at == END - SECOND
