"""Binary values as they travel: base64url without padding (RFC 4648, section 5)."""

import base64
import binascii
import re

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


class NotBase64Url(ValueError):
    """A text that is not the base64url form of any bytes, or not of as many as were expected."""


def to_base64url(value: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def from_base64url(text: str, *, length: int | None = None) -> bytes:
    """Read base64url without padding, in its one canonical spelling.

    :param length: how many bytes it must be.
    :raises NotBase64Url: on any other spelling or length.
    """
    if not _ALPHABET.fullmatch(text):
        raise NotBase64Url
    try:
        value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise NotBase64Url from None
    # Two spellings of one token would be two names of one person.
    if to_base64url(value) != text or (length is not None and len(value) != length):
        raise NotBase64Url
    return value
