"""The acts of the site: what each one proposes, and which room does it once the card has signed it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.conf import settings

from cardagent.languages import Language
from mynapoint.act.operations import propose
from mynapoint.act.rules import Kind, Link, Perform, Proposal, SignedAct
from mynapoint.application.operations import apply
from mynapoint.application.rules import TERMS, ObjectionReason, hash_account
from mynapoint.correction.operations import take_objection
from mynapoint.directory.rules import Service
from mynapoint.draft.rules import CheckedAnswer
from mynapoint.kernel.period import JST
from mynapoint.programme.rules import Programme
from mynapoint.reservation.operations import reserve
from mynapoint.service_api.door import get_door
from mynapoint.site.journey.typed import TypedAccount

LANGUAGE: Final = "language"
"""What an act's attachment says beside its reference: in which language its page is shown."""
PAGE: Final = "page"
"""And where that page is, when it is none of the site's: an act at a counter belongs on the citizen's display."""


def inquire(_act: SignedAct) -> Mapping[str, str | int]:
    """Let a holder look: the journal entry is the act, so that they can see who looked and when."""
    return {}


PERFORMERS: Final[Mapping[Kind, Perform]] = {
    "reservation": reserve,
    "application": apply,
    "inquiry": inquire,
    "objection": take_objection,
}


def check_account(programme: Programme, service: Service, typed: TypedAccount, *, at: datetime) -> CheckedAnswer:
    """Have a service check what was typed, in its normal form; keep its reference, its hint and a keyed hash.

    :raises UnableToApply: when the service does not confirm them, or gives no answer.
    """
    checked = get_door().check_account(
        service, programme_id=programme.id, account_id=typed.account_id, codes=typed.codes, at=at
    )
    account_hash = hash_account(service.id, typed.account_id, key=settings.ACCOUNT_KEY)
    return CheckedAnswer(
        service=service.id, hint=checked.hint, reference=checked.reference, hash=account_hash, checked_at=at
    )


def compose_reservation(programme: Programme, *, by_representative: bool, language: Language) -> Proposal:
    """Compose the act by which a holder gets a MyKey ID."""
    return _compose("reservation", programme, by_representative=by_representative, language=language)


def compose_application(
    programme: Programme,
    service: Service,
    account: CheckedAnswer,
    *,
    terms_since: datetime | None,
    by_representative: bool,
    language: Language,
) -> Proposal:
    """Compose the act by which a holder chooses a service for good, having agreed to its terms of a date."""
    content = {
        "service": {"id": service.id, "name": service.name.ja},
        "account": {"hint": account.hint, "hash": account.hash.hex()},
        "grant": {"rate_percent": programme.grant.rate_percent, "cap": programme.grant.cap},
        "irrevocable": True,
    }
    return _compose(
        "application",
        programme,
        content=content,
        attachment={
            "account_reference": account.reference,
            **({TERMS: terms_since.astimezone(JST).isoformat()} if terms_since else {}),
        },
        by_representative=by_representative,
        language=language,
    )


def propose_inquiry(programme: Programme, *, by_representative: bool, language: Language, at: datetime) -> Link:
    """Propose that a holder sees what is held about them."""
    proposal = _compose("inquiry", programme, by_representative=by_representative, language=language)
    return propose(proposal, audience=settings.SITE_ORIGIN, at=at)


def propose_objection(
    programme: Programme, reason: ObjectionReason, *, by_representative: bool, language: Language, at: datetime
) -> Link:
    """Propose that a holder says that something held about them is not so."""
    proposal = _compose(
        "objection",
        programme,
        content={"reason": reason.value},
        by_representative=by_representative,
        language=language,
    )
    return propose(proposal, audience=settings.SITE_ORIGIN, at=at)


def _compose(
    kind: Kind,
    programme: Programme,
    *,
    content: Mapping[str, object] | None = None,
    attachment: Mapping[str, str] | None = None,
    by_representative: bool = False,
    language: Language,
) -> Proposal:
    return Proposal(
        kind=kind,
        programme_id=programme.id,
        programme_title=programme.title.ja,
        content=content or {},
        attachment={LANGUAGE: language.value, **(attachment or {})},
        by_representative=by_representative,
    )
