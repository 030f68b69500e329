"""Who may apply for what, and what platform and service say to each other about an application; pure."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, NewType, Protocol
from uuid import UUID

from mynapoint.directory.rules import Service
from mynapoint.kernel.refusal import Refusal

AccountHash = NewType("AccountHash", bytes)
LinkToken = NewType("LinkToken", bytes)

TERMS: Final = "terms"
"""What an act's attachment and its entry call the day since which the terms that were agreed to have been so."""
LINK_TOKEN_BYTES = 16
MAX_HINT_LENGTH = 40
CORRECTED = "corrected"
"""Why a link is stopped that was found to be wrong."""


class LinkState(StrEnum):
    """Where an application stands with its service."""

    PENDING = "pending"
    LINKED = "linked"
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclass(frozen=True)
class CheckedAccount:
    """An account as its service confirmed it: an opaque reference for the link, and a hint the citizen recognises."""

    reference: str
    hint: str


@dataclass(frozen=True)
class Choice:
    """What a holder has chosen in a programme."""

    application_id: UUID
    service_id: str
    account_hash: bytes
    certificate_hash: bytes


@dataclass(frozen=True)
class LinkOrder:
    """What the platform asks a service to link, and how far that has come."""

    holder_id: UUID
    application_id: UUID
    programme_id: str
    service_id: str
    link_token: LinkToken
    reference: str
    account_hash: bytes
    state: LinkState


LinkStanding = Literal["held", "resumed", "stopped"]


@dataclass(frozen=True)
class LinkStandingOrder:
    """What the platform tells a service about a link it has; orders about one link are numbered from 1."""

    programme_id: str
    link_token: LinkToken
    number: int
    standing: LinkStanding


class PaymentServiceDoor(Protocol):
    """How the platform reaches a payment service; the edge brings the real one."""

    def check_account(
        self, service: Service, *, programme_id: str, account_id: str, codes: Sequence[str], at: datetime
    ) -> CheckedAccount:
        """Ask whether account id and codes belong together.

        :raises AccountNotConfirmed, AccountClosed, AccountAlreadyLinked, TooManyAttempts, ServiceUnreachable:
        """

    def link(self, service: Service, *, programme_id: str, link_token: LinkToken, reference: str, at: datetime) -> None:
        """Have the service link an account; the same token again changes nothing.

        :raises LinkRefused: with the service's reason, which is final.
        :raises ServiceUnreachable: when there is no answer to rely on.
        """


class StandingDoor(Protocol):
    """How the platform tells a payment service how a link stands; the edge brings the real one."""

    def stand(self, service: Service, order: LinkStandingOrder, *, at: datetime) -> None:
        """Have a link held, resumed or stopped; the same order again changes nothing.

        :raises ServiceUnreachable: when there is no answer to rely on.
        """


class ObjectionReason(StrEnum):
    """What a holder says is not so; never in words of their own, so that nothing personal is written."""

    RESERVATION = "not_my_reservation"
    APPLICATION = "not_my_application"
    ACCOUNT = "not_my_account"
    LINK = "link_is_wrong"
    LOOK = "not_my_look"
    OTHER = "other"


class UnableToApply(Refusal):
    """Why an application is not made."""


class NotReserved(UnableToApply):
    """The holder has no reservation in this programme."""

    code = "not_reserved"


@dataclass(eq=False)
class AlreadyApplied(UnableToApply):
    """The holder applied with this very service before."""

    code = "already_applied"
    service: str


@dataclass(eq=False)
class AnotherServiceChosen(UnableToApply):
    """The holder applied with another service before; the choice is for good."""

    code = "another_service_chosen"
    service: str


@dataclass(eq=False)
class AlreadyAppliedBeforeRenewal(UnableToApply):
    """The holder applied before the certificate was renewed; a new certificate is still the same person."""

    code = "already_applied_before_renewal"
    service: str


class AccountInUse(UnableToApply):
    """Another person applied with this account; one account serves one person."""

    code = "account_in_use"


class AccountNotConfirmed(UnableToApply):
    """The service does not confirm that account id and codes belong together."""

    code = "account_not_confirmed"


class AccountClosed(UnableToApply):
    """The service says that the account is closed."""

    code = "account_closed"


class AccountAlreadyLinked(UnableToApply):
    """The service says that the account is linked already."""

    code = "account_already_linked"


@dataclass(eq=False)
class TooManyAttempts(UnableToApply):
    """The service takes no more tries for this account for a while."""

    code = "too_many_attempts"
    retry_after: int


class ServiceUnreachable(UnableToApply):
    """The service gives no answer to rely on."""

    code = "service_unreachable"


@dataclass(eq=False)
class AlreadyObjected(Refusal):
    """The holder has said so before; the office has it."""

    code = "already_objected"
    reported_at: datetime


@dataclass(eq=False)
class LinkRefused(UnableToApply):
    """The service refuses the link, for a reason that it names by a code."""

    code = "link_refused"
    reason: str


def hash_account(service_id: str, account_id: str, *, key: bytes) -> AccountHash:
    """Return the keyed hash (HMAC-SHA256) that stands for an account in its normal form."""
    return AccountHash(hmac.new(key, f"{service_id}\n{account_id}".encode(), hashlib.sha256).digest())


def check_account_free(owner: UUID | None, *, holder_id: UUID) -> None:
    """Check that nobody else applied with this account.

    :raises AccountInUse: when somebody did.
    """
    if owner is not None and owner != holder_id:
        raise AccountInUse


def check_not_chosen(choice: Choice | None, *, service_id: str, certificate_hash: bytes) -> None:
    """Check that the holder has not chosen yet.

    :raises AnotherServiceChosen, AlreadyAppliedBeforeRenewal, AlreadyApplied: naming the service that was chosen.
    """
    if choice is None:
        return
    if choice.service_id != service_id:
        raise AnotherServiceChosen(service=choice.service_id)
    if choice.certificate_hash != certificate_hash:
        raise AlreadyAppliedBeforeRenewal(service=choice.service_id)
    raise AlreadyApplied(service=choice.service_id)
