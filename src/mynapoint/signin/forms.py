"""What browsers hand in of a passkey: whatever cannot be read is refused as a wrong one is.

allauth's forms let some errors of the library through that reads it (fido2), and a stranger could break the page.
"""

import struct
from typing import Any, Final

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, LoginWebAuthnForm

UNREADABLE: Final = (AttributeError, IndexError, KeyError, TypeError, ValueError, struct.error)


class _Reading:
    def clean_credential(self) -> Any:
        """Read an answer to a challenge.

        :raises ValidationError: when it is none, or a wrong one.
        """
        try:
            return super().clean_credential()  # type: ignore[misc]
        except UNREADABLE:
            raise get_adapter().validation_error("incorrect_code") from None


class PasskeyAtDoor(_Reading, LoginWebAuthnForm):  # type: ignore[misc]
    """Both factors at once."""


class PasskeyAsSecond(_Reading, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """The second factor, after a password."""


class NewPasskey(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey that is registered."""

    def clean(self) -> Any:
        """Read a new credential.

        :raises ValidationError: when it is none.
        """
        try:
            return super().clean()
        except UNREADABLE:
            raise get_adapter().validation_error("incorrect_code") from None
