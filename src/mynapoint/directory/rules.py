"""What a service's entry says, and the decisions that follow from it."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from mynapoint.kernel.documents import Document, Part, Words
from mynapoint.kernel.kana import write_recipient_name
from mynapoint.kernel.refusal import Refusal
from paymentservice.encoding import NotBase64Url, from_base64url

MAX_TYPED_LENGTH = 64
PUBLIC_KEY_LENGTH = 32
Channel = Literal["phone", "pc", "counter"]
ON_SITE: Final[tuple[Channel, ...]] = ("phone", "pc")
"""The ways in which a citizen applies on the site, with a card program of their own."""
# Where a citizen finds an id or a code: the site draws a picture of it.
Picture = Literal["app_screen", "card_front", "card_back", "web_page", "letter"]


def _check_public_key(text: str) -> str:
    try:
        from_base64url(text, length=PUBLIC_KEY_LENGTH)
    except NotBase64Url:
        raise ValueError("not the base64url form of an Ed25519 public key") from None
    return text


class TypedCode(Part):
    """Something that a citizen types as the service gave it to them: its label, its form and an example."""

    label: Words
    pattern: str
    example: str
    where: Words | None = None
    picture: Picture | None = None

    @model_validator(mode="after")
    def check_example(self) -> "TypedCode":
        """Refuse a pattern that its own example does not fit."""
        try:
            fits = re.fullmatch(self.pattern, self.example)
        except (re.error, OverflowError):
            raise ValueError("the pattern is no regular expression") from None
        if not fits:
            raise ValueError("the example does not fit the pattern")
        return self


class ServiceKey(Part):
    """One of the service's Ed25519 keys for signed messages (RFC 9421), with the time in which it counts."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
    public_key: Annotated[str, AfterValidator(_check_public_key)]
    from_: Annotated[AwareDatetime, Field(alias="from")]
    until: AwareDatetime | None = None

    def counts(self, *, at: datetime) -> bool:
        """Say whether the key counts at an instant."""
        return self.from_ <= at and (self.until is None or at < self.until)


class BankAccount(Part):
    """振込先: where the service is paid, as the bank-transfer file names it."""

    bank_code: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    branch_code: Annotated[str, Field(pattern=r"^[0-9]{3}$")]
    kind: Literal["ordinary", "current"]
    number: Annotated[str, Field(pattern=r"^[0-9]{7}$")]
    holder_kana: Annotated[str, Field(min_length=1, max_length=30)]


class Bonus(Part):
    """上乗せ: what the service gives on top, of its own money and on its own terms; no part of any claim."""

    text: Words
    until: AwareDatetime | None = None


class Service(Document):
    """One registered payment service as it counts from one instant on.

    `reading` is its name in hiragana, `search_words` is what people call it besides. `starts_in_own_app` says that
    applications begin in the service's own app alone. `points_within_days` is how long points take at most; 0 is at
    once, None is unknown.
    """

    name: Words
    reading: Annotated[str, Field(pattern=r"^[ぁ-ゖー・ ]*$")] = ""
    search_words: tuple[str, ...] = ()
    kind: Literal["charge", "purchase"]
    programmes: tuple[str, ...]
    summary: Words
    points_when: Words
    points_how: Words | None = None
    points_within_days: Annotated[int, Field(ge=0, le=400)] | None = None
    excluded_payments: tuple[Words, ...] = ()
    bonus: Bonus | None = None
    preparation: tuple[Words, ...] = ()
    needs_smartphone: bool = True
    starts_in_own_app: bool = False
    counter_note: Words | None = None
    application_from: AwareDatetime
    application_until: AwareDatetime
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    minors: bool
    needs_registration: bool
    account: TypedCode
    codes: Annotated[tuple[TypedCode, ...], Field(min_length=1, max_length=3)]
    terms: Words
    contact: Words
    address: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/[^\s?#]*)?[^/]$")]
    keys: Annotated[tuple[ServiceKey, ...], Field(min_length=1)]
    bank_account: BankAccount


def check_payable(service: Service) -> None:
    """Check that a transfer file can carry the name of the service's bank account.

    Asked when a text is registered, not when it is read: an older one must not keep anybody from anything else.

    :raises KanaNotAllowed, KanaTooLong: naming the field.
    """
    write_recipient_name(service.bank_account.holder_kana, field=f"{service.id}: bank_account.holder_kana")


class AddressNotForTraining(Refusal):
    """A training speaks with the reference services of its own machine alone."""

    code = "address_not_for_training"

    def __str__(self) -> str:
        return "a training's services are on this machine: give an address of 127.0.0.1 or localhost"


def check_address(address: str, *, is_training: bool) -> None:
    """Check that a service may have this address here.

    :raises AddressNotForTraining: when a training would reach out of its machine.
    """
    if is_training and urlsplit(address).hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise AddressNotForTraining


@dataclass(eq=False)
class ServiceUnknown(Refusal):
    """No service of this name is registered for the programme at this time."""

    code = "service_unknown"


@dataclass(eq=False)
class ServiceNotOpen(Refusal):
    """The service does not take applications yet."""

    code = "service_not_open"
    open_from: datetime


@dataclass(eq=False)
class ServiceClosed(Refusal):
    """The service takes no more applications."""

    code = "service_closed"
    closed_at: datetime


@dataclass(eq=False)
class ServiceStartsInOwnApp(Refusal):
    """Applications for the service begin in its own app, not on this site and not at a counter."""

    code = "service_starts_in_own_app"


@dataclass(eq=False)
class ServiceNotThisWay(Refusal):
    """The service takes no applications in this way (phone, pc or counter), but does so in another."""

    code = "service_not_this_way"
    way: Channel
    instead: Channel


@dataclass(eq=False)
class TypedWrong(Refusal):
    """What was typed does not have the form that the service's account id or code has."""

    code = "typed_wrong"
    field: str
    label: str
    example: str


def check_service_open(service: Service, *, at: datetime) -> None:
    """Check that the service takes applications here at an instant.

    :raises ServiceStartsInOwnApp: when it never does, for they begin in its own app.
    :raises ServiceNotOpen, ServiceClosed: with the instant that decides.
    """
    if service.starts_in_own_app:
        raise ServiceStartsInOwnApp
    if at < service.application_from:
        raise ServiceNotOpen(open_from=service.application_from)
    if at >= service.application_until:
        raise ServiceClosed(closed_at=service.application_until)


def check_way(service: Service, *, ways: tuple[Channel, ...]) -> None:
    """Check that the service takes applications in at least one of these ways, at some time or other.

    :raises ServiceStartsInOwnApp, ServiceNotThisWay: when it does not.
    """
    if service.starts_in_own_app:
        raise ServiceStartsInOwnApp
    if not set(ways) & set(service.channels):
        raise ServiceNotThisWay(way=ways[0], instead=service.channels[0])


def find_obstacle(service: Service, *, ways: tuple[Channel, ...], at: datetime) -> Refusal | None:
    """Return what stands against applying for the service now in any of these ways; None when nothing does."""
    try:
        check_way(service, ways=ways)
        check_service_open(service, at=at)
    except (ServiceStartsInOwnApp, ServiceNotThisWay, ServiceNotOpen, ServiceClosed) as refusal:
        return refusal
    return None


def normalise_typed(text: str) -> str:
    """Return what was typed in the one form that counts: half-width, upper case, without spaces and hyphens."""
    return re.sub(r"[\s\-‐-―−ー]", "", unicodedata.normalize("NFKC", text)).upper()


def read_typed(typed: TypedCode, text: str, *, field: str) -> str:
    """Return an account id or code in its normal form.

    :raises TypedWrong: when it does not fit the service's pattern; nothing of what was typed is kept.
    """
    normal = normalise_typed(text[:MAX_TYPED_LENGTH])
    if len(text) > MAX_TYPED_LENGTH or not re.fullmatch(typed.pattern, normal):
        raise TypedWrong(field=field, label=typed.label.ja, example=typed.example)
    return normal
