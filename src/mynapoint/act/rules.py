"""Statements, links and the reasons why an act is not done; pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import rfc8785

from jpki.path import TrustAnchors
from jpki.registry import Registry
from mynapoint.case.rules import Offer, Turn, read_place
from mynapoint.holder.rules import KnownHolder
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.secret_link import SecretLink
from paymentservice.encoding import NotBase64Url, to_base64url

DOMAIN_LINE = b"mynapoint act v1\n"
LIFETIME = timedelta(minutes=5)
SHOWN_FOR = timedelta(minutes=30)

Kind = Literal["reservation", "application", "inquiry", "objection"]


class Link(SecretLink):
    """The unguessable name of an act."""

    @classmethod
    def parse(cls, token: str) -> "Link":
        """Read a link's last part.

        :raises ActUnknown: when it cannot be the name of an act.
        """
        try:
            return cls.read(token)
        except NotBase64Url:
            raise ActUnknown from None


@dataclass(frozen=True)
class Late:
    """猶予票: whoever signs had stood in a counter's line in time, and could not be served; `ticket` is its hash."""

    ticket: bytes
    counter: str
    counter_name: str
    number: int
    stood_at: datetime


@dataclass(frozen=True)
class Proposal:
    """What someone is about to sign: everything that is shown to them, and what only the platform needs later."""

    kind: Kind
    programme_id: str
    programme_title: str
    content: Mapping[str, Any]
    attachment: Mapping[str, str] = field(default_factory=dict)
    by_representative: bool = False
    offer: Offer | None = None
    """The case at a counter in which it is proposed; None at home."""
    late: Late | None = None
    """What lets it be done after its window's end, at a counter alone."""


@dataclass(frozen=True)
class SignedAct:
    """An act whose signature was verified: the only thing that a room's operation acts upon."""

    id: UUID
    kind: Kind
    programme_id: str
    content: Mapping[str, Any]
    attachment: Mapping[str, str]
    holder: KnownHolder
    at: datetime
    counter: str | None = None
    late: Late | None = None


@dataclass(frozen=True)
class Submission:
    """What the card program hands in: the card's signature and its certificate, both as bytes."""

    signature: bytes
    certificate: bytes


@dataclass(frozen=True)
class Authorities:
    """Whom the platform believes about certificates."""

    anchors: TrustAnchors
    registry: Registry


Perform = Callable[[SignedAct], Mapping[str, str | int]]
"""A room's operation on a signed act: it returns the facts that go into the journal."""


class UnableToAct(Refusal):
    """Why an act is not done."""


class ActUnknown(UnableToAct):
    """No act has this link, or it is long over."""

    code = "act_unknown"


@dataclass(eq=False)
class ActExpired(UnableToAct):
    """The time to sign is over."""

    code = "act_expired"
    expired_at: datetime


class ActAlreadyUsed(UnableToAct):
    """A signature for this act was handed in before."""

    code = "act_already_used"


class AudienceMismatch(UnableToAct):
    """The act belongs to another site."""

    code = "audience_mismatch"


class CertificateNotAccepted(UnableToAct):
    """The certificate is not a user-authentication certificate that this platform trusts at this time."""

    code = "certificate_not_accepted"


class CertificateIsExpired(UnableToAct):
    """The certificate's time is over; the day is not told, because it is the holder's birthday."""

    code = "certificate_expired"


class CertificateIsRevoked(UnableToAct):
    """The certificate was revoked."""

    code = "certificate_revoked"


class TryLater(UnableToAct):
    """The authority's answer is missing, so nothing can be decided now."""

    code = "try_later"


class SignatureInvalid(UnableToAct):
    """The signature is not this card's signature over this very statement."""

    code = "signature_invalid"


class SubmissionMalformed(UnableToAct):
    """The signature or the certificate cannot be read."""

    code = "submission_malformed"


def compose_statement(
    proposal: Proposal,
    *,
    act_id: UUID,
    nonce: bytes,
    audience: str,
    created_at: datetime,
    place: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the bytes that the card signs: the domain line and the statement in canonical JSON (RFC 8785).

    `place` is what the case says of itself, when the act is proposed in one.
    """
    return DOMAIN_LINE + rfc8785.dumps(
        {
            "act": str(act_id),
            "kind": proposal.kind,
            "audience": audience,
            "nonce": to_base64url(nonce),
            "created_at": created_at.astimezone(JST).isoformat(timespec="seconds"),
            "expires_at": (created_at + LIFETIME).astimezone(JST).isoformat(timespec="seconds"),
            "programme": {"id": proposal.programme_id, "title": proposal.programme_title},
            "content": dict(proposal.content),
            **({"representative": True} if proposal.by_representative else {}),
            **({"place": dict(place)} if place else {}),
            **({"grace": _write_late(proposal.late)} if proposal.late else {}),
        }
    )


def read_statement(statement: bytes) -> dict[str, Any]:
    """Return the fields of a statement that this platform composed."""
    fields: dict[str, Any] = json.loads(statement.removeprefix(DOMAIN_LINE))
    return fields


def find_late(statement: Mapping[str, Any]) -> Late | None:
    """Return the grace ticket that a statement names; None without one."""
    grace = statement.get("grace")
    if grace is None:
        return None
    counter, stood_at = grace["counter"], datetime.fromisoformat(grace["stood_at"])
    return Late(bytes.fromhex(grace["ticket"]), counter["id"], counter["name"], grace["number"], stood_at)


def find_turn(statement: Mapping[str, Any]) -> Turn | None:
    """Return the case that a statement names; None when it was made for home."""
    place = statement.get("place")
    return read_place(place) if place else None


def check_in_time(*, expires_at: datetime, at: datetime) -> None:
    """Check that there is still time to sign.

    :raises ActExpired: with the instant at which it was over.
    """
    if at >= expires_at:
        raise ActExpired(expired_at=expires_at)


def check_to_sign(*, expires_at: datetime, is_used: bool, at: datetime) -> None:
    """Check that a signature can still be handed in: whoever comes late with a second one is not told that none came.

    :raises ActAlreadyUsed: when one was, for as long as the act is known.
    :raises ActExpired: with the instant at which it was over, when none was.
    """
    if is_used:
        raise ActAlreadyUsed
    check_in_time(expires_at=expires_at, at=at)


def check_audience(statement: Mapping[str, Any], *, audience: str) -> None:
    """Check that a statement was made for this site.

    :raises AudienceMismatch: when it was made for another.
    """
    if statement["audience"] != audience:
        raise AudienceMismatch


def _write_late(late: Late) -> dict[str, Any]:
    return {
        "ticket": late.ticket.hex(),
        "counter": {"id": late.counter, "name": late.counter_name},
        "number": late.number,
        "stood_at": late.stood_at.astimezone(JST).isoformat(timespec="seconds"),
    }
