"""What can be asked about applications."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet

from mynapoint.application.models import AccountInService, Application, LinkStep, StandingChoice
from mynapoint.application.rules import Choice, LinkOrder, LinkState, LinkToken


@dataclass(frozen=True)
class Standing:
    """Where a holder's newest application in a programme stands."""

    service_id: str
    account_hint: str
    state: LinkState
    reason: str
    applied_at: datetime


def find_choice(holder_id: UUID, *, programme_id: str) -> Choice | None:
    """Return what a holder has chosen in a programme."""
    standing = StandingChoice.objects.filter(holder_id=holder_id, programme=programme_id).first()
    if standing is None:
        return None
    chosen = Application.objects.get(holder_id=holder_id, id=standing.application_id)
    return Choice(
        application_id=chosen.id,
        service_id=chosen.service,
        account_hash=bytes(chosen.account_hash),
        certificate_hash=bytes(chosen.certificate_hash),
    )


def find_account_owner(account_hash: bytes, *, programme_id: str, service_id: str) -> UUID | None:
    """Return the holder who applied with an account."""
    rows = AccountInService.objects.filter(account_hash=account_hash, programme=programme_id, service=service_id)
    return rows.values_list("holder_id", flat=True).first()


def get_state(holder_id: UUID, application_id: UUID) -> LinkState:
    """Return the state that an application's link has reached."""
    return _get_step(holder_id, application_id)[0]


def find_standing(holder_id: UUID, *, programme_id: str) -> Standing | None:
    """Return where a holder's newest application in a programme stands."""
    newest = (
        Application.objects.filter(holder_id=holder_id, programme=programme_id).order_by("-applied_at", "-id").first()
    )
    if newest is None:
        return None
    state, reason = _get_step(holder_id, newest.id)
    return Standing(newest.service, newest.account_hint, state, reason, newest.applied_at)


def get_link_order(holder_id: UUID, application_id: UUID) -> LinkOrder:
    """Return what the service is asked to link."""
    row = Application.objects.get(holder_id=holder_id, id=application_id)
    return LinkOrder(
        holder_id=row.holder_id,
        application_id=row.id,
        programme_id=row.programme,
        service_id=row.service,
        link_token=LinkToken(bytes(row.link_token)),
        reference=row.account_reference,
        account_hash=bytes(row.account_hash),
    )


def get_roll(programme_id: str, service_id: str, *, ends_at: datetime) -> list[bytes]:
    """Return the tokens of a service's links that were made before an instant, sorted.

    A link that was stopped stays in the roll: closings are cumulative, and what was granted before the stop stands.
    """
    linked = _linked_before(ends_at).filter(programme=programme_id, service=service_id)
    return sorted(bytes(token) for token in linked.values_list("link_token", flat=True).iterator())


def count_links(programme_id: str, *, at: datetime) -> dict[str, int]:
    """Return how many accounts were linked per service before an instant."""
    counted = _linked_before(at).filter(programme=programme_id).values("service").annotate(links=Count("id"))
    return dict(counted.order_by("service").values_list("service", "links"))


def _linked_before(at: datetime) -> QuerySet[Application]:
    steps = LinkStep.objects.filter(holder_id=OuterRef("holder_id"), application_id=OuterRef("id"), reached_at__lt=at)
    return Application.objects.filter(Exists(steps.filter(state=LinkState.LINKED)))


def _get_step(holder_id: UUID, application_id: UUID) -> tuple[LinkState, str]:
    """The last step counts: a stop comes after a link."""
    steps = dict(
        LinkStep.objects.filter(holder_id=holder_id, application_id=application_id).values_list("state", "reason")
    )
    for state in (LinkState.STOPPED, LinkState.REFUSED, LinkState.LINKED):
        if state in steps:
            return state, steps[state]
    return LinkState.PENDING, ""
