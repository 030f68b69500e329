"""Corrections that several people or jobs take further at the same instant, with real threads."""

from pathlib import Path
from uuid import UUID

import pytest
from correction_parties import HIRO, MICHI, REPORTED_AT, Counterpart, apply_and_link, decide, tell
from django.db import IntegrityError, transaction

from cast import DAY, OBJECTION, SITE, Cast
from mynapoint.act.operations import propose as propose_act
from mynapoint.application.models import Objection, SecondChoice
from mynapoint.application.rules import ObjectionReason
from mynapoint.correction.models import Correction, CorrectionStep
from mynapoint.correction.operations import add_evidence, answer, follow, freeze, propose, report
from mynapoint.kernel.integrity import constraint_name
from races import at_once, list_ends

pytestmark = pytest.mark.django_db(transaction=True)
YUKI = 3


@pytest.fixture
def receipt(cast: Cast, programme: str) -> UUID:
    card: Path = cast.card("hanako")
    cast.reserve(card)
    return apply_and_link(cast, card)


@pytest.fixture
def correction(cast: Cast, receipt: UUID) -> UUID:
    return report(receipt, ObjectionReason.ACCOUNT, source="office", user_id=HIRO, at=REPORTED_AT)


class TestAtOnce:
    def test_reports_leave_one_correction(self, receipt: UUID) -> None:
        def reported() -> None:
            report(receipt, ObjectionReason.ACCOUNT, source="counter", user_id=HIRO, at=REPORTED_AT)

        assert list_ends(at_once(*[reported] * 4)) == ["already_reported"] * 3 + ["done"]
        assert Correction.objects.count() == 1

    def test_people_freeze_once(self, correction: UUID) -> None:
        ended = at_once(*[lambda who=who: freeze(correction, user_id=who, at=REPORTED_AT) for who in (HIRO, MICHI)])
        assert list_ends(ended) == ["done", "step_not_due"]

    def test_pieces_of_evidence_are_all_kept(self, correction: UUID) -> None:
        freeze(correction, user_id=HIRO, at=REPORTED_AT)
        kinds = ("card_seen", "receipt_seen", "account_seen")
        at_once(*[lambda kind=kind: add_evidence(correction, kind, user_id=HIRO, at=REPORTED_AT) for kind in kinds])
        assert CorrectionStep.objects.filter(kind="evidence").count() == 3

    def test_second_people_decide_once_and_it_is_undone_once(self, correction: UUID) -> None:
        freeze(correction, user_id=HIRO, at=REPORTED_AT)
        add_evidence(correction, "receipt_seen", user_id=HIRO, at=REPORTED_AT)
        propose(correction, "undo", user_id=HIRO, at=REPORTED_AT)

        def confirm(who: int) -> None:
            answer(correction, "decided", round_number=1, user_id=who, at=REPORTED_AT)

        assert list_ends(at_once(lambda: confirm(MICHI), lambda: confirm(YUKI))) == ["done", "step_not_due"]
        assert SecondChoice.objects.count() == 1

    def test_jobs_tell_and_end_once(self, correction: UUID) -> None:
        decide(correction, "keep", at=REPORTED_AT)
        assert set(list_ends(at_once(*[lambda: tell(correction, Counterpart(), at=REPORTED_AT)] * 3))) == {"done"}
        told = CorrectionStep.objects.filter(kind__in=("told", "rejected")).order_by("index")
        assert list(told.values_list("kind", "word")) == [("told", "held"), ("told", "resumed"), ("rejected", "")]

    def test_workers_remind_once(self, correction: UUID) -> None:
        late = REPORTED_AT + DAY
        at_once(*[lambda: follow(at=late)] * 3)
        assert CorrectionStep.objects.filter(kind="reminded").count() == 1


class TestTwoPeopleDecide:
    def test_is_held_by_the_database(self, cast: Cast, correction: UUID) -> None:
        freeze(correction, user_id=HIRO, at=REPORTED_AT)
        add_evidence(correction, "receipt_seen", user_id=HIRO, at=REPORTED_AT)
        propose(correction, "undo", user_id=HIRO, at=REPORTED_AT)
        row = CorrectionStep.objects.get(kind="proposed")
        row.index, row.kind = row.index + 1, "decided"
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            row.save(force_insert=True)
        assert constraint_name(refused.value) == "two_people_decide"


class TestReport:
    def test_meets_an_objection_in_one_correction(self, cast: Cast, programme: str) -> None:
        card = cast.card("taro")
        cast.reserve(card)
        shown = apply_and_link(cast, card)
        links = propose_act(OBJECTION, audience=SITE, at=REPORTED_AT)
        signed = cast.sign(links, card, at=REPORTED_AT)
        ended = at_once(
            lambda: cast.submit(links, signed, at=REPORTED_AT),
            lambda: report(shown, ObjectionReason.ACCOUNT, source="counter", user_id=HIRO, at=REPORTED_AT),
        )
        assert set(list_ends(ended)) <= {"done", "already_reported"}
        assert (Correction.objects.count(), Objection.objects.count()) == (1, 1)
