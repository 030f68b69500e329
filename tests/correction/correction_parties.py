"""A citizen whose link may be wrong, the service that is told, and two people of the office."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from cast import AT, MINUTE, OBJECTION, Cast, application
from mynapoint.application.models import Application
from mynapoint.application.operations import link
from mynapoint.application.rules import LinkStandingOrder, LinkToken, ServiceUnreachable
from mynapoint.correction.models import Correction
from mynapoint.correction.operations import add_evidence, answer, freeze, propose, tell_service
from mynapoint.correction.queries import CorrectionView
from mynapoint.directory.rules import Service

HIRO, MICHI = 1, 2
LINKED_AT = AT + MINUTE
REPORTED_AT = AT + timedelta(hours=1)


@dataclass
class Counterpart:
    """A service that links what it is asked to, and remembers how its links stand."""

    is_away: bool = False
    told: list[tuple[int, str]] = field(default_factory=list)

    def link(self, service: Service, *, programme_id: str, link_token: LinkToken, reference: str, at: datetime) -> None:
        pass

    def check_account(self, *_: object, **__: object) -> None:
        raise NotImplementedError

    def stand(self, service: Service, order: LinkStandingOrder, *, at: datetime) -> None:
        if self.is_away:
            raise ServiceUnreachable
        self.told.append((order.number, order.standing))


def apply_and_link(cast: Cast, card: Path, *, account: str = "1234567890", at: datetime = AT) -> UUID:
    """Apply by card, have the service link it a minute later, and return the application's receipt number."""
    done = cast.act(application(account), card, at=at)
    row = Application.objects.get(act_id=done.act_id)
    link(row.holder_id, row.id, door=Counterpart(), at=at + MINUTE)  # type: ignore[arg-type]
    return done.entry_id


def object_by_card(cast: Cast, card: Path, *, at: datetime = REPORTED_AT) -> UUID:
    """Say by card that the account is another's, and return the correction's number."""
    cast.act(OBJECTION, card, at=at)
    return Correction.objects.latest("number").id


def decide(correction_id: UUID, decision: str, *, at: datetime) -> CorrectionView:
    """Take a correction from its report to two people's decision."""
    freeze(correction_id, user_id=HIRO, at=at)
    add_evidence(correction_id, "receipt_seen", user_id=HIRO, at=at)
    proposed = propose(correction_id, decision, user_id=HIRO, at=at)
    round_number = proposed.course.next_round - 1
    return answer(correction_id, "decided", round_number=round_number, user_id=MICHI, at=at)


def tell(correction_id: UUID, door: Counterpart, *, at: datetime) -> None:
    """Run the job that tells the service."""
    tell_service(correction_id, door=door, at=at)
