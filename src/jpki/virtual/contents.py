"""What a virtual card holds, and where it keeps it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, Protocol, Self

from cryptography import x509
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from jpki.application import PASSWORD_TRIES, PIN_TRIES
from jpki.certificate import parse_certificate
from jpki.virtual.files import hold_lock, write_durably

SAMPLE_PIN: Final = "1234"
SAMPLE_PASSWORD: Final = "ABC123"  # noqa: S105 - of invented people


class MalformedCardFile(Exception):
    """The file holds no virtual card."""


class Purpose(StrEnum):
    """What a key of the card is for."""

    AUTHENTICATION = "authentication"
    SIGNING = "signing"


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Credential(_Stored):
    """A certificate, its issuer's certificate (both DER) and its key (PKCS #8)."""

    certificate: Base64Bytes = Field(repr=False)
    ca_certificate: Base64Bytes = Field(repr=False)
    key: Base64Bytes = Field(repr=False)

    @classmethod
    def of(cls, *, certificate: bytes, ca_certificate: bytes, key: bytes) -> Self:
        """This will hold the bytes as they are."""
        return cls.model_construct(certificate=certificate, ca_certificate=ca_certificate, key=key)


class Credentials(_Stored):
    """The card's two certificates, which are issued and renewed together."""

    authentication: Credential
    signing: Credential


class Secret(_Stored):
    """A PIN or password and how many wrong ones it still bears."""

    text: str = Field(repr=False)
    tries_left: Annotated[int, Field(ge=0)]
    tries: Annotated[int, Field(gt=0)]


class CardContents(_Stored):
    """The whole card; a renewal that has begun but is not registered yet stands apart."""

    format: Literal["mynapoint virtual card 1"] = "mynapoint virtual card 1"
    label: str
    birth_date: date
    pin: Secret
    password: Secret
    credentials: Credentials
    renewal: Credentials | None = None

    @classmethod
    def make(cls, *, label: str, birth_date: date, pin: str, password: str, credentials: Credentials) -> Self:
        """This will put a new card together, with all its tries."""
        return cls(
            label=label,
            birth_date=birth_date,
            pin=Secret(text=pin, tries_left=PIN_TRIES, tries=PIN_TRIES),
            password=Secret(text=password, tries_left=PASSWORD_TRIES, tries=PASSWORD_TRIES),
            credentials=credentials,
        )

    def get_secret(self, purpose: Purpose) -> Secret:
        """This will give what guards the key."""
        return self.pin if purpose is Purpose.AUTHENTICATION else self.password

    def get_credential(self, purpose: Purpose) -> Credential:
        """This will give the certificate and key."""
        return self.credentials.authentication if purpose is Purpose.AUTHENTICATION else self.credentials.signing

    def with_secret(self, purpose: Purpose, *, tries_left: int | None = None, text: str | None = None) -> Self:
        """This will give the same card with another counter or another secret."""
        secret = self.get_secret(purpose)
        changed = Secret(
            text=secret.text if text is None else text,
            tries_left=secret.tries_left if tries_left is None else tries_left,
            tries=secret.tries,
        )
        return self.model_copy(update={"pin" if purpose is Purpose.AUTHENTICATION else "password": changed})


class CardMemory(Protocol):
    """Where a card's contents live."""

    def read(self) -> CardContents:
        """This will give the contents as they stand."""

    def change(self, change: Callable[[CardContents], CardContents], /) -> CardContents:
        """This will make the change durable, with nobody between, and give what stood before."""


class VolatileMemory:
    """Contents that end with the process."""

    def __init__(self, contents: CardContents) -> None:
        self._contents = contents

    def read(self) -> CardContents:
        """See `CardMemory`."""
        return self._contents

    def change(self, change: Callable[[CardContents], CardContents], /) -> CardContents:
        """See `CardMemory`."""
        before = self._contents
        self._contents = change(before)
        return before


class FileMemory:
    """Contents in a JSON file, which several processes may open at once without gaining a try."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = path.with_name(f"{path.name}.lock")

    def read(self) -> CardContents:
        """See `CardMemory`.

        :raises MalformedCardFile: when the file holds no card.
        """
        try:
            return CardContents.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            raise MalformedCardFile from None

    def change(self, change: Callable[[CardContents], CardContents], /) -> CardContents:
        """See `CardMemory`."""
        with hold_lock(self._lock):
            before = self.read()
            after = change(before)
            if after is not before:
                self.write(after)
        return before

    def write(self, contents: CardContents) -> None:
        """This will put the contents in the file's place."""
        write_durably(self._path, contents.model_dump_json(indent=1).encode())


@dataclass(frozen=True, kw_only=True, slots=True)
class CardDescription:
    """What may be shown of a card: nothing secret, no serial."""

    label: str
    pin_tries_left: int
    password_tries_left: int
    issued_at: datetime
    valid_until: datetime


def describe_card(path: Path) -> CardDescription:
    """This will tell how the card in the file stands.

    :raises MalformedCardFile: when there is none.
    """
    contents = FileMemory(path).read()
    certificate: x509.Certificate = parse_certificate(contents.credentials.authentication.certificate)
    return CardDescription(
        label=contents.label,
        pin_tries_left=contents.pin.tries_left,
        password_tries_left=contents.password.tries_left,
        issued_at=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
    )
