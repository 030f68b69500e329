"""The statement that a card is asked to sign, read so strictly that what is shown is what is signed."""

import json
import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, NoReturn
from uuid import UUID

import rfc8785
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel, ValidationError

from cardagent.link import ActLink, is_base64url
from cardagent.refusal import UnableToSign
from jpki.japan import JST

DOMAIN_LINE: Final = b"mynapoint act v1\n"
MAX_LENGTH: Final = 16 * 1024

_NONCE_LENGTH: Final = 32
_UNSHOWABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Flaw(StrEnum):
    """What is wrong with bytes that are no statement."""

    TOO_LONG = "too_long"
    DOMAIN_LINE = "domain_line"
    JSON = "json"
    NOT_CANONICAL = "not_canonical"
    FIELDS = "fields"


class MalformedStatement(UnableToSign):
    """The bytes are no statement that this program knows in full, so nobody may be asked to sign them."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


class ForeignStatement(UnableToSign):
    """The statement was made for another site, or is another act than the link's."""


class StatementExpired(UnableToSign):
    """The time to sign the statement is over."""

    def __init__(self, expired_at: datetime) -> None:
        super().__init__("statement expired")
        self.expired_at = expired_at


def is_showable(text: str) -> bool:
    """This will tell whether a text shows as it is: no control character, none that hides or turns others."""
    return all(unicodedata.category(character) not in _UNSHOWABLE for character in text)


def _check_showable(text: str) -> str:
    if not text.strip() or not is_showable(text):
        raise ValueError("not showable")
    return text


def _check_true(value: bool) -> bool:
    if not value:
        raise ValueError("not true")
    return value


def _check_nonce(text: str) -> str:
    if not is_base64url(text, length=_NONCE_LENGTH):
        raise ValueError("no nonce")
    return text


def _read_instant(value: Any) -> datetime:
    instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    if instant is None or instant.utcoffset() != JST.utcoffset(None) or instant.isoformat() != value:
        raise ValueError("no instant in Japanese time")
    return instant


def _read_id(value: Any) -> UUID:
    name = UUID(value) if isinstance(value, str) else None
    if name is None or str(name) != value:
        raise ValueError("no id")
    return name


def _refuse_null(value: Any) -> Any:
    if value is None:
        raise ValueError("left out or whole, never null")
    return value


Shown = Annotated[str, Field(max_length=200), AfterValidator(_check_showable)]
Instant = Annotated[datetime, BeforeValidator(_read_instant)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Programme(_Part):
    """施策: the programme that the act belongs to."""

    id: Shown
    title: Shown


class Service(_Part):
    """決済サービス: the payment service that is chosen."""

    id: Shown
    name: Shown


class Account(_Part):
    """The account at the service: a masked hint that its owner recognises, and a keyed hash."""

    hint: Shown
    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Grant(_Part):
    """付与: what is granted, in percent and in points at most."""

    rate_percent: Annotated[int, Field(ge=1, le=100)]
    cap: Annotated[int, Field(ge=1, le=1_000_000)]


class NoContent(_Part):
    """An act that needs no words of its own."""


class ApplicationContent(_Part):
    """申込: everything that will be bound."""

    service: Service
    account: Account
    grant: Grant
    irrevocable: Annotated[bool, AfterValidator(_check_true)]  # Literal[True] would take 1 for it


class Case(_Part):
    """件: one citizen's turn at a counter, by the number and colour that stand on every screen there."""

    id: Annotated[UUID, BeforeValidator(_read_id)]
    number: Annotated[int, Field(ge=1, le=9999)]
    colour: Literal["red", "yellow", "green", "purple", "orange", "blue"]


class Counter(_Part):
    """窓口"""

    id: Shown
    name: Shown


class Terminal(_Part):
    """端末: one of a counter's seats."""

    id: Shown
    name: Shown


class Place(_Part):
    """Where an act is signed that a clerk helps with; at home there is none."""

    case: Case
    counter: Counter
    terminal: Terminal


class Grace(_Part):
    """猶予票: whoever signs had stood in a counter's line in time; this is why the act comes after the window's end."""

    ticket: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    counter: Counter
    number: Annotated[int, Field(ge=1, le=9999)]
    stood_at: Instant


class _Act(_Part):
    act: Annotated[UUID, BeforeValidator(_read_id)]
    audience: Shown
    nonce: Annotated[str, AfterValidator(_check_nonce)]
    created_at: Instant
    expires_at: Instant
    programme: Programme
    place: Annotated[Place | None, BeforeValidator(_refuse_null)] = None
    grace: Annotated[Grace | None, BeforeValidator(_refuse_null)] = None
    representative: Annotated[bool | None, BeforeValidator(_refuse_null), AfterValidator(_check_true)] = None


class Reservation(_Act):
    """予約"""

    kind: Literal["reservation"]
    content: NoContent


class Application(_Act):
    """申込"""

    kind: Literal["application"]
    content: ApplicationContent


class Inquiry(_Act):
    """照会"""

    kind: Literal["inquiry"]
    content: NoContent


class ObjectionContent(_Part):
    """What is said not to be so: one of a fixed list."""

    reason: Literal[
        "not_my_reservation", "not_my_application", "not_my_account", "link_is_wrong", "not_my_look", "other"
    ]


class Objection(_Act):
    """申し出"""

    kind: Literal["objection"]
    content: ObjectionContent


Statement = Reservation | Application | Inquiry | Objection


class _AnyStatement(RootModel[Annotated[Statement, Field(discriminator="kind")]]):
    pass


def parse_statement(statement: bytes) -> Statement:
    """This will read a statement of a known kind with known fields only, in its one canonical spelling (RFC 8785).

    :raises MalformedStatement: with the first flaw.
    """
    if len(statement) > MAX_LENGTH:
        raise MalformedStatement(Flaw.TOO_LONG)
    if not statement.startswith(DOMAIN_LINE):
        raise MalformedStatement(Flaw.DOMAIN_LINE)
    fields = _read_canonical_json(statement.removeprefix(DOMAIN_LINE))
    try:
        return _AnyStatement.model_validate(fields).root
    except ValidationError:
        raise MalformedStatement(Flaw.FIELDS) from None


def check_statement(statement: Statement, *, link: ActLink, at: datetime) -> None:
    """This will let pass only a statement that belongs to this link and may still be signed.

    :raises ForeignStatement: when it is for another site or another act.
    :raises StatementExpired: when it is too late.
    """
    if statement.audience != link.origin or statement.act != link.act_id:
        raise ForeignStatement
    if at >= statement.expires_at:
        raise StatementExpired(statement.expires_at)


def _read_canonical_json(body: bytes) -> Any:
    try:
        value = json.loads(body.decode("utf-8"), parse_float=_refuse_number, parse_constant=_refuse_number)
    except (ValueError, RecursionError):
        raise MalformedStatement(Flaw.JSON) from None
    try:
        canonical = rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError):
        raise MalformedStatement(Flaw.NOT_CANONICAL) from None
    if canonical != body:
        raise MalformedStatement(Flaw.NOT_CANONICAL)
    return value


def _refuse_number(_text: str) -> NoReturn:
    raise ValueError("statements count in whole numbers")
