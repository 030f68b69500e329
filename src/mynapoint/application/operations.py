"""What can be done about applications."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from procrastinate.contrib.django import app as jobs
from uuid_utils.compat import uuid7

from mynapoint.act.rules import SignedAct
from mynapoint.application.models import (
    AccountInService,
    Application,
    LinkStep,
    Objection,
    SecondChoice,
    StandingChoice,
)
from mynapoint.application.queries import (
    find_account_owner,
    find_choice,
    get_link_order,
    get_state,
    list_objections,
    may_choose_again,
)
from mynapoint.application.rules import (
    CORRECTED,
    LINK_TOKEN_BYTES,
    TERMS,
    AccountInUse,
    AlreadyObjected,
    LinkOrder,
    LinkRefused,
    LinkState,
    NotReserved,
    ObjectionReason,
    PaymentServiceDoor,
    check_account_free,
    check_not_chosen,
)
from mynapoint.directory.queries import get_service
from mynapoint.directory.rules import check_service_open
from mynapoint.grace.operations import Admitted, admit
from mynapoint.journal.operations import record
from mynapoint.kernel.integrity import constraint_name
from mynapoint.kernel.sql import insert, insert_unless
from mynapoint.programme.queries import get_programme
from mynapoint.programme.rules import WindowClosed
from mynapoint.reservation.queries import find_reservation

LINK_TASK = "link_application"
LINK_QUEUE = "links"


def apply(act: SignedAct) -> Mapping[str, str | int]:
    """Choose a service for good, inside the act's transaction, and order the link; return the journal's facts.

    :raises WindowNotOpen, WindowClosed, ServiceNotOpen, ServiceClosed: when programme or service take no applications.
    :raises UnableByGrace: when the act comes later, and its grace ticket does not help.
    :raises NotReserved: when there is no reservation.
    :raises AccountInUse: when the account serves another person.
    :raises AlreadyApplied, AnotherServiceChosen, AlreadyAppliedBeforeRenewal: when the holder has chosen before.
    """
    service_id = str(act.content["service"]["id"])
    admitted = _admit(act)
    check_service_open(get_service(service_id, at=act.at), at=admitted.as_of)
    if find_reservation(act.holder.id, programme_id=act.programme_id) is None:
        raise NotReserved
    application = _compose(act, service_id=service_id)
    _take(application)
    insert(application)
    order = {"holder_id": str(application.holder_id), "application_id": str(application.id)}
    jobs.configure_task(LINK_TASK, queue=LINK_QUEUE).defer(**order)
    facts = {"application": str(application.id), "service": service_id, "account": application.account_hash.hex()}
    terms = {TERMS: act.attachment[TERMS]} if TERMS in act.attachment else {}
    return {**facts, **terms, **admitted.facts}


def link(holder_id: UUID, application_id: UUID, *, door: PaymentServiceDoor, at: datetime) -> LinkState:
    """Have the service link an application's account and record its answer, however often this is run.

    :raises ServiceUnreachable: when there is no answer to rely on; run it again later.
    """
    order = get_link_order(holder_id, application_id)
    if order.state is not LinkState.PENDING:
        return order.state
    service = get_service(order.service_id, at=at)
    try:
        door.link(
            service,
            programme_id=order.programme_id,
            link_token=order.link_token,
            reference=order.reference,
            at=at,
        )
    except LinkRefused as refusal:
        return _record_answer(order, LinkState.REFUSED, reason=refusal.reason, at=at)
    return _record_answer(order, LinkState.LINKED, at=at)


def report_objection(act: SignedAct) -> Mapping[str, str | int]:
    """Write down that a holder objects, inside the act's transaction; return the journal's facts.

    :raises AlreadyObjected: when they said so before.
    """
    reason = ObjectionReason(act.content["reason"])
    try:
        with transaction.atomic():
            Objection.objects.create(
                holder_id=act.holder.id,
                programme=act.programme_id,
                reason=reason,
                act_id=act.id,
                reported_at=act.at,
            )
    except IntegrityError as error:
        if constraint_name(error) != "one_objection_per_reason":
            raise
        known = list_objections(act.holder.id, programme_id=act.programme_id)
        raise AlreadyObjected(reported_at=known[reason]) from None
    return {"reason": reason}


def undo(holder_id: UUID, application_id: UUID, *, choose_until: datetime, at: datetime) -> None:
    """Take a linked application back, inside the caller's transaction: its holder may choose again until an instant.

    The link itself ends with its service's word; that it was made, and when, stays.

    :raises IntegrityError: when it was taken back before, which is a bug.
    """
    order = get_link_order(holder_id, application_id)
    insert(
        LinkStep(
            holder_id=holder_id,
            application_id=application_id,
            state=LinkState.STOPPED,
            reason=CORRECTED,
            reached_at=at,
        ),
        SecondChoice(
            holder_id=holder_id,
            application_id=application_id,
            programme=order.programme_id,
            until=choose_until,
            given_at=at,
        ),
    )
    _free(order)
    facts = {"application": str(application_id), "service": order.service_id, "reason": CORRECTED}
    record(kind="link_stopped", facts=facts | {"choose_until": choose_until.astimezone(UTC).isoformat()}, at=at)


def _admit(act: SignedAct) -> Admitted:
    """Check that this holder may apply, and return as of when it is judged.

    Who may choose again after an undone application does so as if in the window's last moment: a service that took
    applications then takes this one too.
    """
    programme = get_programme(act.programme_id, at=act.at)
    try:
        return admit(act, programme, programme.application)
    except WindowClosed:
        if not may_choose_again(act.holder.id, programme_id=act.programme_id, at=act.at):
            raise
        return Admitted(programme.application.until - timedelta.resolution, {})


def _compose(act: SignedAct, *, service_id: str) -> Application:
    return Application(
        holder_id=act.holder.id,
        id=uuid7(),
        programme=act.programme_id,
        service=service_id,
        account_hash=bytes.fromhex(act.content["account"]["hash"]),
        account_hint=act.content["account"]["hint"],
        account_reference=act.attachment["account_reference"],
        certificate_hash=act.holder.certificate_hash,
        link_token=secrets.token_bytes(LINK_TOKEN_BYTES),
        act_id=act.id,
        applied_at=act.at,
    )


def _take(application: Application) -> None:
    """Take the holder's one choice, then the account's one use: so one holder's race is told as their own.

    Nothing is looked up first: the constraints know, and for nearly everybody they have nothing to say.
    """
    holder, programme = application.holder_id, application.programme
    choice = StandingChoice(holder_id=holder, programme=programme, application_id=application.id)
    if not insert_unless("one_choice_per_holder", choice):
        _check_free(application)
        raise AccountInUse
    account = AccountInService(
        account_hash=application.account_hash, programme=programme, service=application.service, holder_id=holder
    )
    if not insert_unless("one_person_per_account", account):
        raise AccountInUse


def _check_free(application: Application) -> None:
    """Name what stands against an application, as far as it can be seen."""
    owner = find_account_owner(
        bytes(application.account_hash), programme_id=application.programme, service_id=application.service
    )
    check_account_free(owner, holder_id=application.holder_id)
    check_not_chosen(
        find_choice(application.holder_id, programme_id=application.programme),
        service_id=application.service,
        certificate_hash=bytes(application.certificate_hash),
    )


def _record_answer(order: LinkOrder, state: LinkState, *, reason: str = "", at: datetime) -> LinkState:
    """Record the service's answer once; a second run that was as fast finds the first one's answer."""
    try:
        with transaction.atomic():
            step = LinkStep(
                holder_id=order.holder_id,
                application_id=order.application_id,
                state=state,
                reason=reason,
                reached_at=at,
            )
            insert(step)
            if state is LinkState.REFUSED:
                _free(order)
            facts = {"application": str(order.application_id), "service": order.service_id}
            record(kind=f"link_{state}", facts=facts | ({"reason": reason} if reason else {}), at=at)
    except IntegrityError as error:
        if constraint_name(error) not in {"one_answer_per_application", "each_state_once"}:
            raise
        return get_state(order.holder_id, order.application_id)
    return state


def _free(order: LinkOrder) -> None:
    """Let the holder choose again, and the account be used."""
    StandingChoice.objects.filter(holder_id=order.holder_id, programme=order.programme_id).delete()
    AccountInService.objects.filter(
        account_hash=order.account_hash, programme=order.programme_id, service=order.service_id
    ).delete()
