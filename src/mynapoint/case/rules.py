"""What a case is, when it is over, and the reasons why something is not done at a counter; pure."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, NewType
from uuid import UUID

from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.secret_link import SECRET_BYTES, SecretLink, mask
from paymentservice.encoding import NotBase64Url

WARNED_AFTER: Final = timedelta(seconds=60)
IDLE_AFTER: Final = timedelta(seconds=90)
CONTACT_LOST_AFTER: Final = timedelta(seconds=30)
"""A card program that is silent for so long is taken to have no card any more."""

Colour = Literal["red", "yellow", "green", "purple", "orange", "blue"]
COLOURS: Final[tuple[Colour, ...]] = ("red", "yellow", "green", "purple", "orange", "blue")
Farewell = Literal["finished", "next_person"]
EndReason = Literal[
    Farewell, "paused", "card_removed", "second_card", "another_case", "idle", "contact_lost", "counter_closed"
]
ExtensionReason = Literal["people_waiting", "disruption", "instructed"]
Lack = Literal[
    "no_card",
    "pin_unknown",
    "pin_locked",
    "no_payment",
    "not_decided",
    "not_prepared",
    "not_here",
    "renewed",
    "no_proof",
]
"""Why somebody has to come again."""
Proof = Literal["family_register", "residence_record", "child_handbook", "guardian_register"]
"""The kind of document by which somebody is a child's legal representative; of the document nothing is kept."""

Fingerprint = NewType("Fingerprint", bytes)
"""SHA-256 of a card's user-authentication certificate (DER), as the card program tells it."""
CardHash = NewType("CardHash", bytes)
"""A fingerprint under a case's own key, which leaves the database when the case ends."""


@dataclass(frozen=True, slots=True)
class CaseName:
    """What a case is found by: its counter, and an id that the one who opens it has made."""

    counter: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Seat:
    """One of a counter's terminals, with the words that stand on its screens."""

    counter: str
    counter_name: str
    terminal: str
    terminal_name: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A case as somebody at a terminal means it."""

    case: CaseName
    terminal: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What a page in a case wants to be signed; `after` is how many acts the case had when its form was made."""

    turn: Turn
    after: int


@dataclass(frozen=True, slots=True)
class Over:
    """When and why a case was over."""

    at: datetime
    reason: EndReason


class Slip(SecretLink):
    """What a paused case is continued with: its id and its key, which is on paper, and kept sealed until it is used."""

    @classmethod
    def parse(cls, token: str) -> "Slip":
        """Read a slip's 43 characters.

        :raises SlipUnknown: when they cannot be one.
        """
        try:
            return cls.read(token)
        except NotBase64Url:
            raise SlipUnknown from None

    def seal(self, *, key: bytes) -> bytes:
        """Return its secret as it is stored until it is used: so that it can be printed again, by the key's holder."""
        return mask(self.secret, _pad_for(self.id, key=key))

    @classmethod
    def unseal(cls, id_: UUID, sealed: bytes, *, key: bytes) -> "Slip":
        """Return the slip of a paused case again; under another key it is one that does not open the case."""
        return cls(id=id_, secret=mask(sealed, _pad_for(id_, key=key)))


class UnableAtCounter(Refusal):
    """Why something is not done at a counter."""


class CaseUnknown(UnableAtCounter):
    """There is no such case."""

    code = "case_unknown"


@dataclass(eq=False)
class CaseOver(UnableAtCounter):
    """The case is over, for the reason that is named."""

    code = "case_over"
    reason: EndReason


class CaseElsewhere(UnableAtCounter):
    """The case belongs to another terminal."""

    code = "case_elsewhere"


class NoCardInCase(UnableAtCounter):
    """No card has been put down yet: nothing may be typed before it."""

    code = "no_card_in_case"


class FormOutdated(UnableAtCounter):
    """The form was made before the case's newest act: somebody went back, clicked twice, or has two windows."""

    code = "form_outdated"


class ActNotInCase(UnableAtCounter):
    """The act is none of this case, or another one took its place."""

    code = "act_not_in_case"


class ActNotShown(UnableAtCounter):
    """The citizen's own screen has not shown this act."""

    code = "act_not_shown"


class AnotherCardInCase(UnableAtCounter):
    """Another card signed than the one that this case began with."""

    code = "another_card_in_case"


@dataclass(eq=False)
class CounterClosed(UnableAtCounter):
    """The counter takes no more cases."""

    code = "counter_closed"
    closed_at: datetime | None = None


class ExtensionNotLater(UnableAtCounter):
    """The counter is open until then anyway, or the time is past or not today."""

    code = "extension_not_later"


class SlipUnknown(UnableAtCounter):
    """No paused case has this slip, or it is too old."""

    code = "slip_unknown"


class SlipNotPrintable(UnableAtCounter):
    """The slip cannot be printed at this counter (any more); on paper it is as good as it was."""

    code = "slip_not_printable"


class SlipUsed(UnableAtCounter):
    """The slip was used: whoever has it has it on paper, and it is not printed again."""

    code = "slip_used"


def colour_of(number: int) -> Colour:
    """Return a case's colour: neighbours in a counter's day never have the same."""
    return COLOURS[(number - 1) % len(COLOURS)]


def day_of(at: datetime) -> date:
    """Return the day at a counter, in which its cases are numbered."""
    return at.astimezone(JST).date()


def check_extension(until: datetime, *, standing: datetime | None, at: datetime) -> None:
    """Check that an extension makes a counter's day longer; `standing` is when it closes without.

    :raises ExtensionNotLater: when it does not.
    """
    if until <= at or day_of(until) != day_of(at) or (standing is not None and until <= standing):
        raise ExtensionNotLater


def fingerprint_of(certificate: bytes) -> Fingerprint:
    """Return the fingerprint of a certificate (DER)."""
    return Fingerprint(hashlib.sha256(certificate).digest())


def hash_card(fingerprint: Fingerprint, *, key: bytes) -> CardHash:
    """Return the keyed hash (HMAC-SHA256) by which a case knows its card again."""
    return CardHash(hmac.digest(key, fingerprint, "sha256"))


def compose_place(seat: Seat, case_id: UUID, *, number: int) -> dict[str, Any]:
    """Return what a statement says about the counter at which it is signed."""
    return {
        "case": {"id": str(case_id), "number": number, "colour": colour_of(number)},
        "counter": {"id": seat.counter, "name": seat.counter_name},
        "terminal": {"id": seat.terminal, "name": seat.terminal_name},
    }


def read_place(place: dict[str, Any]) -> Turn:
    """Return the case that a statement names."""
    return Turn(CaseName(place["counter"]["id"], UUID(place["case"]["id"])), place["terminal"]["id"])


def _pad_for(slip: UUID, *, key: bytes) -> bytes:
    return hmac.digest(key, b"slip v1\n" + slip.bytes, "sha256")[:SECRET_BYTES]
