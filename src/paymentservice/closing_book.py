"""The closing book: one row for every link of a period's roll, sealed, opened where it is asked, receipted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from paymentservice.client import Roll
from paymentservice.encoding import to_base64url
from paymentservice.wire import SealedTotals
from sealedclaim.opening import Opening
from sealedclaim.receipt import RowReceipt, write_receipt
from sealedclaim.roll import UnusableRoll, roll_digest
from sealedclaim.sealing import SealedClaim, salted, seal


class UnableToClose(Exception):
    """A period that cannot be sealed."""


class RollDigestMismatch(UnableToClose):
    """The roll's tokens are not those of its digest."""


class LinksUnknown(UnableToClose):
    """The roll has ``count`` links that this service never made."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class PointsOutOfRange(UnableToClose):
    """The row at ``index`` has points below zero or over the programme's cap."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class RowUnknown(Exception):
    """The closing has no row for this link."""


Row = tuple[bytes, int]


def fill_roll(roll: Roll, points: Mapping[bytes, int], *, cap: int) -> list[Row]:
    """Return one row (token, cumulative points) for every link of the roll, in its order, zeros too.

    :param points: by link token; links that are not on the roll wait for a later one.
    :raises UnableToClose: its subclass says why.
    """
    check_roll(roll)
    unknown = sum(token not in points for token in roll.tokens)
    if unknown:
        raise LinksUnknown(unknown)
    rows = [(token, points[token]) for token in roll.tokens]
    for index, (_, row_points) in enumerate(rows):
        if not 0 <= row_points <= cap:
            raise PointsOutOfRange(index)
    return rows


def check_roll(roll: Roll) -> None:
    """Check that the tokens are those whose digest the platform fixed.

    :raises RollDigestMismatch:
    """
    try:
        digest = roll_digest(roll.tokens, count=len(roll.tokens))
    except UnusableRoll as error:
        raise RollDigestMismatch from error
    if digest != roll.digest:
        raise RollDigestMismatch


@dataclass(frozen=True, kw_only=True)
class ClosingBook:
    """A sealed closing, made again at will: the same rows and closing key give the same root."""

    programme: str
    service: str
    period: str
    roll_digest: bytes
    sealed: SealedClaim = field(repr=False)
    places: Mapping[bytes, int] = field(repr=False)

    @classmethod
    def of_rows(
        cls,
        rows: Sequence[Row],
        *,
        programme: str,
        service: str,
        period: str,
        digest: bytes,
        closing_key: bytes,
        attempt: int = 1,
    ) -> Self:
        """Seal rows in roll order; each further attempt at a period that was reopened has salts of its own."""
        return cls(
            programme=programme,
            service=service,
            period=period,
            roll_digest=digest,
            sealed=seal(salted(rows, closing_key=closing_key, period=period, attempt=attempt)),
            places={token: index for index, (token, _) in enumerate(rows)},
        )

    @property
    def totals(self) -> SealedTotals:
        """All that the platform is told before it draws."""
        commitment = self.sealed.commitment
        return SealedTotals(
            roll_digest=to_base64url(self.roll_digest),
            count=commitment.count,
            total=commitment.total,
            root=to_base64url(commitment.root),
        )

    def open_rows(self, indices: Iterable[int]) -> list[Opening]:
        """Open the drawn rows.

        :raises IndexError: for a row that does not exist.
        """
        return [self.sealed.open_row(index) for index in indices]

    def receipt_for(self, token: bytes) -> bytes:
        """Return the file with which a citizen checks their own row.

        :raises RowUnknown: the link is not on this closing's roll.
        """
        if token not in self.places:
            raise RowUnknown
        receipt = RowReceipt(
            programme=self.programme,
            service=self.service,
            period=self.period,
            commitment=self.sealed.commitment,
            opening=self.sealed.open_row(self.places[token]),
        )
        return write_receipt(receipt)
