"""What can be asked about applications."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, Model, OuterRef

from mynapoint.application.models import (
    AccountInService,
    Application,
    LinkStep,
    Objection,
    SecondChoice,
    StandingChoice,
)
from mynapoint.application.rules import Choice, LinkOrder, LinkState, LinkToken, ObjectionReason
from mynapoint.kernel.rows import HeldRow, copy_rows
from mynapoint.kernel.sql import ask

_ORDERED = """
    SELECT programme, service, link_token, account_reference, account_hash, ARRAY(
        SELECT state FROM application_linkstep AS step
        WHERE step.holder_id = application.holder_id AND step.application_id = application.id
    ) FROM application_application AS application WHERE holder_id = %s AND id = %s
"""


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


@dataclass(frozen=True)
class AppliedView:
    """One application as everything that is held of it is shown to its holder."""

    id: UUID
    service_id: str
    account_hint: str
    account_hash: bytes
    account_reference: str
    certificate_hash: bytes
    link_token: bytes
    act_id: UUID
    applied_at: datetime
    is_standing: bool
    steps: tuple[tuple[LinkState, str, datetime], ...]


def list_applications(holder_id: UUID, *, programme_id: str) -> list[AppliedView]:
    """Return everything that a holder applied for in a programme, the newest first."""
    rows = Application.objects.filter(holder_id=holder_id, programme=programme_id).order_by("-applied_at", "-id")
    chosen = find_choice(holder_id, programme_id=programme_id)
    return [
        AppliedView(
            id=row.id,
            service_id=row.service,
            account_hint=row.account_hint,
            account_hash=bytes(row.account_hash),
            account_reference=row.account_reference,
            certificate_hash=bytes(row.certificate_hash),
            link_token=bytes(row.link_token),
            act_id=row.act_id,
            applied_at=row.applied_at,
            is_standing=chosen is not None and chosen.application_id == row.id,
            steps=_list_steps(holder_id, row.id),
        )
        for row in rows
    ]


def list_objections(holder_id: UUID, *, programme_id: str) -> dict[ObjectionReason, datetime]:
    """Return what a holder objected to in a programme, and when."""
    rows = Objection.objects.filter(holder_id=holder_id, programme=programme_id).order_by("reported_at")
    return {ObjectionReason(row.reason): row.reported_at for row in rows}


@dataclass(frozen=True)
class StandingLink:
    """The link that a holder's standing choice has with its service."""

    application_id: UUID
    service_id: str
    linked_at: datetime


def find_link(holder_id: UUID, *, programme_id: str) -> StandingLink | None:
    """Return the link of a holder's standing choice, once its service has made it."""
    choice = find_choice(holder_id, programme_id=programme_id)
    if choice is None:
        return None
    steps = LinkStep.objects.filter(holder_id=holder_id, application_id=choice.application_id, state=LinkState.LINKED)
    linked_at = steps.values_list("reached_at", flat=True).first()
    return StandingLink(choice.application_id, choice.service_id, linked_at) if linked_at else None


def may_choose_again(holder_id: UUID, *, programme_id: str, at: datetime) -> bool:
    """Say whether an application of a holder was undone, and the time in which they may choose again is not over."""
    return SecondChoice.objects.filter(holder_id=holder_id, programme=programme_id, until__gt=at).exists()


def find_second_choice(holder_id: UUID, application_id: UUID) -> datetime | None:
    """Return until when a holder may choose again after an undone application."""
    given = SecondChoice.objects.filter(holder_id=holder_id, application_id=application_id)
    return given.values_list("until", flat=True).first()


def get_link_order(holder_id: UUID, application_id: UUID) -> LinkOrder:
    """Return what the service is asked to link, and how far that has come.

    :raises Application.DoesNotExist: when there is no such application, which is a bug.
    """
    rows = ask(_ORDERED, [holder_id, application_id])
    if not rows:
        raise Application.DoesNotExist
    programme_id, service_id, link_token, reference, account_hash, states = rows[0]
    return LinkOrder(
        holder_id=holder_id,
        application_id=application_id,
        programme_id=programme_id,
        service_id=service_id,
        link_token=LinkToken(link_token),
        reference=reference,
        account_hash=account_hash,
        state=_last(states),
    )


def get_roll(programme_id: str, service_id: str, *, links_until: datetime) -> list[bytes]:
    """Return the tokens of a service's links that were made before an instant, sorted.

    A link that was stopped stays in the roll: closings are cumulative, and what was granted before the stop stands.
    """
    applied = Application.objects.filter(programme=programme_id, service=service_id)
    linked = applied.filter(_has_reached(LinkState.LINKED, before=links_until))
    return sorted(bytes(token) for token in linked.values_list("link_token", flat=True).iterator())


def count_links(programme_id: str, *, at: datetime) -> dict[str, int]:
    """Return how many accounts are linked per service at an instant: linked before it, and not stopped before it."""
    linked = Application.objects.filter(_has_reached(LinkState.LINKED, before=at), programme=programme_id)
    standing = linked.exclude(_has_reached(LinkState.STOPPED, before=at))
    counted = standing.values("service").annotate(links=Count("id"))
    return dict(counted.order_by("service").values_list("service", "links"))


def _has_reached(state: LinkState, *, before: datetime) -> Exists:
    steps = LinkStep.objects.filter(holder_id=OuterRef("holder_id"), application_id=OuterRef("id"), state=state)
    return Exists(steps.filter(reached_at__lt=before))


def _list_steps(holder_id: UUID, application_id: UUID) -> tuple[tuple[LinkState, str, datetime], ...]:
    rows = LinkStep.objects.filter(holder_id=holder_id, application_id=application_id).order_by("reached_at")
    return tuple((LinkState(row.state), row.reason, row.reached_at) for row in rows)


def _get_step(holder_id: UUID, application_id: UUID) -> tuple[LinkState, str]:
    steps = dict(
        LinkStep.objects.filter(holder_id=holder_id, application_id=application_id).values_list("state", "reason")
    )
    state = _last(steps)
    return state, steps.get(state, "")


def _last(states: Collection[str]) -> LinkState:
    """The last step counts: a stop comes after a link."""
    last = (state for state in (LinkState.STOPPED, LinkState.REFUSED, LinkState.LINKED) if state in states)
    return next(last, LinkState.PENDING)


def list_rows(holder_id: UUID) -> list[HeldRow]:
    """Return every row about a holder's applications and objections."""
    kinds: tuple[type[Model], ...] = (Application, StandingChoice, AccountInService, LinkStep, SecondChoice, Objection)
    return copy_rows(*(kind._default_manager.filter(holder_id=holder_id) for kind in kinds))
