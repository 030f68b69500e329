"""The link to an act: the one thing that the browser hands to this program."""

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from cardagent.refusal import UnableToSign

_MAX_LENGTH: Final = 512
_PATH: Final = re.compile(r"/act/(?P<token>[A-Za-z0-9_-]{43})")
_HOST: Final = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]")
_ACT_ID_LENGTH: Final = 16


class MalformedLink(UnableToSign):
    """The text is no link to an act."""


class InsecureLink(UnableToSign):
    """The link would be followed without encryption to another machine."""


@dataclass(frozen=True, slots=True)
class ActLink:
    """Where an act waits for its signature; the token is as good as a key, so it is not shown."""

    origin: str
    token: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """This will read `{origin}/act/{token}` and nothing that only resembles it.

        :raises MalformedLink: when it is not that.
        :raises InsecureLink: when it is neither https nor on this machine.
        """
        parts = _split(text)
        path = _PATH.fullmatch(parts.path)
        origin = f"{parts.scheme}://{parts.netloc}"
        if path is None or text != f"{origin}{parts.path}":
            raise MalformedLink
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise InsecureLink
        return cls(origin=origin, token=path["token"])

    @property
    def act_id(self) -> UUID:
        """This will be the act that the token belongs to: its first half."""
        return UUID(bytes=base64.urlsafe_b64decode(self.token + "=")[:_ACT_ID_LENGTH])

    @property
    def is_on_this_machine(self) -> bool:
        """This will tell whether no network lies between."""
        return is_loopback(urlsplit(self.origin).hostname or "")

    def __repr__(self) -> str:
        return f"ActLink({self.origin}/act/…)"

    def get_address(self, part: str = "") -> str:
        """This will give the address of one part of the act, or of its page."""
        return f"{self.origin}/act/{self.token}" + (f"/{part}" if part else "")


def _split(text: str) -> SplitResult:
    if len(text) > _MAX_LENGTH or not text.isascii() or not text.isprintable():
        raise MalformedLink
    try:
        parts = urlsplit(text)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        netloc = host if parts.port is None else f"{host}:{parts.port}"
    except ValueError:
        raise MalformedLink from None
    # One spelling of an origin only: no user, no capitals, no empty port.
    if parts.scheme not in ("http", "https") or parts.netloc != netloc or not _HOST.fullmatch(host):
        raise MalformedLink
    return parts


def is_loopback(host: str) -> bool:
    """This will tell whether a host is this machine by its name alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def encode_base64url(value: bytes) -> str:
    """This will write bytes as the site reads them: base64url without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def is_base64url(text: str, *, length: int) -> bool:
    """This will tell whether the text is the one spelling of so many bytes."""
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(value) == length and encode_base64url(value) == text
