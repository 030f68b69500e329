"""MyKey IDs and the reasons why a reservation is not made; pure."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.slip_code import CODE_ALPHABET

MyKeyId = NewType("MyKeyId", str)

MYKEY_LENGTH = 8


class UnableToReserve(Refusal):
    """Why a reservation is not made."""


@dataclass(eq=False)
class AlreadyReserved(UnableToReserve):
    """The holder has a MyKey ID in this programme."""

    code = "already_reserved"
    reserved_at: datetime


def draw_mykey_id() -> MyKeyId:
    """Return a random MyKey ID: 8 characters, of 25 each (about 37 bits)."""
    return MyKeyId("".join(secrets.choice(CODE_ALPHABET) for _ in range(MYKEY_LENGTH)))
