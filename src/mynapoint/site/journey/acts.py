"""The acts of the site: what each one proposes, and which room does it once the card has signed it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings

from mynapoint.act.operations import propose
from mynapoint.act.rules import Kind, Link, Perform, Proposal, SignedAct
from mynapoint.application.operations import apply, report_objection
from mynapoint.application.rules import hash_account
from mynapoint.directory.rules import Service, check_service_open, read_typed
from mynapoint.programme.rules import Programme, check_open
from mynapoint.reservation.operations import reserve
from mynapoint.service_api.door import get_door


def inquire(_act: SignedAct) -> Mapping[str, str | int]:
    """Let a holder look: the journal entry is the act, so that they can see who looked and when."""
    return {}


PERFORMERS: Mapping[Kind, Perform] = {
    "reservation": reserve,
    "application": apply,
    "inquiry": inquire,
    "objection": report_objection,
}


def propose_reservation(programme: Programme, *, at: datetime) -> Link:
    """Propose that a holder gets a MyKey ID.

    :raises WindowNotOpen, WindowClosed: when the programme takes no reservations.
    """
    check_open(programme.reservation, at=at)
    return _propose("reservation", programme, at=at)


def propose_inquiry(programme: Programme, *, at: datetime) -> Link:
    """Propose that a holder sees what is held about them."""
    return _propose("inquiry", programme, at=at)


def propose_application(
    programme: Programme, service: Service, *, account: str, codes: Sequence[str], at: datetime
) -> Link:
    """Propose that a holder chooses a service for good, after the service has confirmed account and codes.

    :raises WindowNotOpen, WindowClosed, ServiceNotOpen, ServiceClosed: when no applications are taken.
    :raises TypedWrong: when account or a code does not have the service's form.
    :raises UnableToApply: when the service does not confirm them, or gives no answer.
    """
    check_open(programme.application, at=at)
    check_service_open(service, at=at)
    account_id = read_typed(service.account, account, field="account")
    fields = zip(service.codes, codes, strict=True)
    normal = [read_typed(code, typed, field=f"code{n}") for n, (code, typed) in enumerate(fields, start=1)]
    checked = get_door().check_account(service, programme_id=programme.id, account_id=account_id, codes=normal, at=at)
    account_hash = hash_account(service.id, account_id, key=settings.ACCOUNT_KEY)
    content = {
        "service": {"id": service.id, "name": service.name.ja},
        "account": {"hint": checked.hint, "hash": account_hash.hex()},
        "grant": {"rate_percent": programme.grant.rate_percent, "cap": programme.grant.cap},
        "irrevocable": True,
    }
    attachment = {"account_reference": checked.reference}
    return _propose("application", programme, content=content, attachment=attachment, at=at)


def _propose(
    kind: Kind,
    programme: Programme,
    *,
    content: Mapping[str, object] | None = None,
    attachment: Mapping[str, str] | None = None,
    at: datetime,
) -> Link:
    proposal = Proposal(
        kind=kind,
        programme_id=programme.id,
        programme_title=programme.title.ja,
        content=content or {},
        attachment=attachment or {},
    )
    return propose(proposal, audience=settings.SITE_ORIGIN, at=at)
