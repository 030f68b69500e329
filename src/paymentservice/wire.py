"""The bodies that platform and service exchange: all that either ever tells the other."""

from typing import Annotated, Final, Literal

from pydantic import Field

from paymentservice.bodies import Body, Digest, Name, Token

MAX_CODES: Final = 3
ROLL_PAGE: Final = 1000
REFERENCE_DAYS: Final = 30
"""For how long a service keeps an account reference good, at least: links are asked for until a service answers."""

Points = Annotated[int, Field(ge=0, lt=2**63)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Typed = Annotated[str, Field(min_length=1, max_length=64)]


class AccountCheck(Body):
    """Platform → service: is this account id right, do the codes belong to it, and may it be linked?"""

    programme: Name
    account_id: Typed
    codes: Annotated[list[Typed], Field(min_length=1, max_length=MAX_CODES)]


class AccountConfirmed(Body):
    """Service → platform: a name for this one check, and a masked form that the citizen will recognise."""

    account_reference: Digest
    hint: Annotated[str, Field(min_length=1, max_length=80)]


class LinkOrder(Body):
    """Platform → service: from now on this token is the one name for the checked account in this programme."""

    programme: Name
    link_token: Token
    account_reference: Digest


class Linked(Body):
    """Service → platform: the token stands for the account."""

    link_token: Token
    state: Literal["linked"] = "linked"


Standing = Literal["held", "resumed", "stopped"]


class StandingOrder(Body):
    """Platform → service: hold a link's grants, resume them, or stop the link and take back what it was granted.

    ``number`` counts a link's orders from 1; one that is not newer than the last that was taken changes nothing.
    """

    programme: Name
    link_token: Token
    number: Annotated[int, Field(ge=1, lt=2**31)]
    standing: Standing


class LinkStands(Body):
    """Service → platform: the newest order that it has taken for the link."""

    link_token: Token
    number: Annotated[int, Field(ge=1, lt=2**31)]
    standing: Standing


class RollPage(Body):
    """Platform → service: link tokens of a period's roll, sorted; ``next`` is the ``after`` of the next page."""

    programme: Name
    period: Name
    count: Count
    digest: Digest
    tokens: list[Token]
    next: Token | None


class SealedTotals(Body):
    """Service → platform: a sealed closing."""

    roll_digest: Digest
    count: Count
    total: Points
    root: Digest


class ClaimState(Body):
    """What became of a closing's claim (yen, may be negative when an earlier closing paid too much)."""

    amount: int
    state: str


class ClosingState(Body):
    """Platform → service: where a closing stands, and which rows were drawn to be opened.

    ``reopened`` is a rejected closing that may be sealed once more; ``reason`` still says why it was rejected.
    """

    state: Literal["sealed", "drawn", "accepted", "rejected", "reopened"]
    draw: list[Count] | None = None
    reason: str | None = None
    claim: ClaimState | None = None


class AuditVerdict(Body):
    """Platform → service: the verdict over the opened rows, which the platform does not keep."""

    state: Literal["accepted", "rejected"]
    reason: str | None = None
    index: int | None = None
