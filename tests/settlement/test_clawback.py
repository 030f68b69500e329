"""清算のし直し: what was paid for a link that a correction undid comes back, over the service's own closings."""

from datetime import timedelta
from uuid import uuid4

import pytest

from closing_parties import ENDS, announce, close, link
from mynapoint.application.models import Application
from mynapoint.application.queries import get_roll
from mynapoint.correction.models import Correction
from mynapoint.correction.operations import add_evidence, answer, freeze, propose
from mynapoint.programme.queries import get_programme
from mynapoint.settlement.operations import raise_claims
from mynapoint.settlement.queries import list_claims

pytestmark = pytest.mark.django_db
PROGRAMME, SERVICE = "mynapoint-2020", "sakura"
HIRO, MICHI = 1, 2
MINUTES = timedelta(minutes=3)


def settle(points: dict[bytes, int], period_id: str) -> None:
    """Close a period as the service's book has it then, and raise its claim."""
    at = ENDS[period_id]
    assert close(get_programme(PROGRAMME, at=at), points, period_id=period_id).accepted
    assert raise_claims(service_id=SERVICE, programme_id=PROGRAMME, at=at + MINUTES) == 1


def undo(token: bytes, *, after: str) -> None:
    """Have two people undo the application that a token belongs to, after a period was paid."""
    at = ENDS[after] + timedelta(days=2)
    application = Application.objects.get(link_token=token)
    row = Correction.objects.create(
        holder_id=application.holder_id,
        id=uuid4(),
        application_id=application.id,
        number=1,
        programme=PROGRAMME,
        service=SERVICE,
        source="office",
        reason="not_my_account",
        user_id=HIRO,
        reported_at=at,
    )
    freeze(row.id, user_id=HIRO, at=at)
    add_evidence(row.id, "account_seen", user_id=HIRO, at=at)
    propose(row.id, "undo", user_id=HIRO, at=at)
    answer(row.id, "decided", round_number=1, user_id=MICHI, at=at)


def claims() -> list[tuple[int, int, int]]:
    """Return what each claim asks for, and what it carries on."""
    return sorted((claim.name.number, claim.amount, claim.carried) for claim in list_claims(PROGRAMME))


class TestClawback:
    """Two people were paid for, 3,000 and 5,000; the second one's link was wrong."""

    def test_lowers_the_next_claim_by_what_was_paid_for_the_undone_link(self) -> None:
        announce()
        right, wrong = link(2)
        settle({right: 3000, wrong: 1000}, "2020-09")
        undo(wrong, after="2020-09")
        settle({right: 5000, wrong: 0}, "2020-10")
        assert claims() == [(1, 4000, 0), (2, 1000, 0)]

    def test_carries_what_the_next_claim_does_not_cover(self) -> None:
        announce()
        right, wrong = link(2)
        settle({right: 3000, wrong: 5000}, "2020-09")
        undo(wrong, after="2020-09")
        settle({right: 3500, wrong: 0}, "2020-10")
        assert claims() == [(1, 8000, 0), (2, 0, -4500)]
        settle({right: 5000, wrong: 0}, "2020-11")
        assert claims()[2] == (3, 0, -3000)

    def test_keeps_the_undone_link_in_the_roll_so_that_its_nothing_is_audited(self) -> None:
        announce()
        right, wrong = link(2)
        undo(wrong, after="2020-09")
        assert set(get_roll(PROGRAMME, SERVICE, links_until=ENDS["2020-10"])) == {right, wrong}
