"""An authenticator app on somebody's telephone (RFC 6238)."""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP = 30


@dataclass(frozen=True)
class AuthenticatorApp:
    """What an app shows, by the telephone's own time: a demonstration's clock is not a telephone's."""

    secret: str
    telephone_time: Callable[[], float] = time.time

    def show(self, *, steps: int = 0) -> str:
        """Return the code of now, or of so many steps of 30 seconds later."""
        key, sha1 = base64.b32decode(self.secret), SHA1()  # noqa: S303 (what authenticator apps know: RFC 6238, 1.2)
        totp = TOTP(key, 6, sha1, STEP, enforce_key_length=False)
        return totp.generate(int(self.telephone_time()) + steps * STEP).decode()
