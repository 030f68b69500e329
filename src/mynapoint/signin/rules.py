"""How fast passwords and codes may be tried at the door, and invitations to it; pure."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.secret_link import SecretLink
from paymentservice.encoding import NotBase64Url

REMEMBERED: Final = timedelta(hours=1)
"""How long a try that failed counts."""
LONGEST_PAUSE: Final = timedelta(minutes=15)
FREE_TRIES_OF_A_NAME: Final = 5
FREE_TRIES_OF_AN_ADDRESS: Final = 20
"""An address is shared by everybody behind it, so it is slowed down later than a name."""

INVITED_FOR: Final = timedelta(hours=72)
CODE_REMEMBERED: Final = timedelta(minutes=5)
"""How long a code of an authenticator app is not taken again; it counts for a minute and a half."""


class InvitationUnusable(Refusal):
    """The invitation is none, too old, followed, or replaced by a newer one."""

    code = "invitation_unusable"


class CodeUsed(Refusal):
    """The code of an authenticator app was taken before: the next one comes within 30 seconds."""

    code = "code_used"


@dataclass(eq=False)
class PasswordTooWeak(Refusal):
    """The password is easy to guess; what is wrong with it, one sentence a line."""

    code = "password_too_weak"
    problems: str

    def __str__(self) -> str:
        return self.problems


class InvitationLink(SecretLink):
    """What an invitation's address ends in."""

    @classmethod
    def parse(cls, token: str) -> "InvitationLink":
        """Read an address's last part.

        :raises InvitationUnusable: when it cannot be one.
        """
        try:
            return cls.read(token)
        except NotBase64Url:
            raise InvitationUnusable from None


@dataclass(eq=False)
class TooManyTries(Refusal):
    """The door stays shut for a while, whatever the password; nobody learns whether the name exists."""

    code = "too_many_tries"
    retry_at: datetime


@dataclass(frozen=True)
class Visitor:
    """Who tries, as two keyed hashes: the name that was typed, and the address it came from."""

    name: bytes
    address: bytes

    @classmethod
    def hashed(cls, name: str, *, address: str, key: bytes) -> "Visitor":
        """Return a visitor of whom neither name nor address can be told."""
        return cls(name=_hash("name", name, key=key), address=_hash("address", address, key=key))


def pause_after(tries: int, *, free: int) -> timedelta:
    """Return how long to wait after this many tries that failed: nothing at first, then 1, 2, 4 … seconds."""
    if tries < free:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(tries - free, 16)), LONGEST_PAUSE)


def check_may_try(failed_at: Sequence[datetime], *, free: int, at: datetime) -> None:
    """Check that the pause after the latest of some tries, each within :data:`REMEMBERED`, is over.

    :raises TooManyTries: with the instant from which one more is taken.
    """
    if not failed_at:
        return
    retry_at = max(failed_at) + pause_after(len(failed_at), free=free)
    if at < retry_at:
        raise TooManyTries(retry_at=retry_at)


def _hash(label: str, text: str, *, key: bytes) -> bytes:
    return hmac.digest(key, f"mynapoint signin {label} v1\n{text}".encode("utf-8", "surrogatepass"), "sha256")


def facts_of_invitation(user_id: int, number: int, *, by: int | None) -> dict[str, str | int]:
    """Return what the journal says of an invitation."""
    return {"user": user_id, "number": number, "by": "console" if by is None else by}


def facts_of_following(invitation_id: UUID, user_id: int) -> dict[str, str | int]:
    """Return what the journal says of an invitation whose user now has both factors."""
    return {"invitation": str(invitation_id), "user": user_id}
