"""Closings as this service keeps them: sealed once, and from then on the same book again, unless they are reopened."""

from datetime import datetime

from paymentservice.client import Roll
from paymentservice.closing_book import ClosingBook, Row, RowUnknown, UnableToClose, fill_roll
from paymentservice.config import ClosingPeriod, Config, Programme
from paymentservice.reference.database import durable_transaction
from paymentservice.reference.grants import get_cumulative_points
from paymentservice.reference.models import Account, Closing, ClosingRow, Link
from paymentservice.reference.standings import list_standing_links
from paymentservice.reference.statements import is_granted_until


class PeriodUnknown(UnableToClose):
    """The configuration has no such period."""


class PeriodNotEnded(UnableToClose):
    """The period runs until ``ends_at``."""

    def __init__(self, ends_at: datetime) -> None:
        super().__init__(ends_at)
        self.ends_at = ends_at


class StatementOutstanding(UnableToClose):
    """Points of this period are not granted yet: the statement of its last month comes first."""


class RollChanged(UnableToClose):
    """The closing was sealed over another roll."""


class NotReopened(UnableToClose):
    """Only a closing that was rejected, and then reopened by the programme office, is sealed again."""


class NotSealed(UnableToClose):
    """The period has no sealed closing yet."""


def check_closable(programme: Programme, *, period: str, kind: str, at: datetime) -> ClosingPeriod:
    """Check that a period has ended and that what it would claim has been granted.

    :raises UnableToClose: its subclass says why.
    """
    found = programme.get_period(period)
    if found is None:
        raise PeriodUnknown
    if at < found.ends_at:
        raise PeriodNotEnded(found.ends_at)
    if kind == "purchase" and not is_granted_until(found.ends_at, programme=programme):
        raise StatementOutstanding
    return found


def seal_period(roll: Roll, *, programme: Programme, config: Config, at: datetime, again: bool = False) -> ClosingBook:
    """Fill the roll's rows and seal them; a period that was sealed keeps its rows, unless they are sealed again.

    :raises UnableToClose: its subclass says why.
    """
    period = check_closable(programme, period=roll.period, kind=config.service.kind, at=at)
    with durable_transaction():
        closing = _find_closing(programme.id, period.id)
        if closing is not None and bytes(closing.roll_digest) != roll.digest:
            raise RollChanged
        if closing is None or again:
            attempt = closing.attempt + 1 if closing else 1
            points = _get_points(programme, kind=config.service.kind, until=period.ends_at)
            _keep(roll, fill_roll(roll, points, cap=programme.cap), attempt=attempt, config=config, at=at)
    return get_book(programme, period=period.id, config=config)


def get_book(programme: Programme, *, period: str, config: Config) -> ClosingBook:
    """Return the book of a sealed period.

    :raises NotSealed:
    """
    closing = _find_closing(programme.id, period)
    if closing is None:
        raise NotSealed
    kept = ClosingRow.objects.filter(programme=programme.id, period=period).order_by("index")
    rows = [(bytes(token), points) for token, points in kept.values_list("link_token", "points").iterator()]
    digest = bytes(closing.roll_digest)
    return _book(rows, programme=programme.id, period=period, attempt=closing.attempt, digest=digest, config=config)


def get_receipt(owner: Account, *, programme: Programme, period: str, config: Config) -> bytes:
    """Return the file with which the account's owner checks their row of a closing.

    :raises NotSealed, RowUnknown:
    """
    for link in list_standing_links(owner):
        if link.programme == programme.id:
            return get_book(programme, period=period, config=config).receipt_for(bytes(link.link_token))
    raise RowUnknown


def get_sealed_periods(owner: Account) -> list[tuple[str, str]]:
    """Return programme and period of the closings that have a row of this account."""
    rows = ClosingRow.objects.filter(link_token__in=[link.link_token for link in list_standing_links(owner)])
    return list(rows.order_by("programme", "period").values_list("programme", "period"))


def _get_points(programme: Programme, *, kind: str, until: datetime) -> dict[bytes, int]:
    return {
        bytes(link.link_token): get_cumulative_points(link, programme=programme, kind=kind, until=until)
        for link in Link.objects.filter(programme=programme.id)
    }


def _keep(roll: Roll, rows: list[Row], *, attempt: int, config: Config, at: datetime) -> None:
    """Keep what is sealed; the rows of a rejected attempt before it are never asked for any more."""
    name = {"programme": roll.programme, "period": roll.period}
    book = _book(rows, **name, attempt=attempt, digest=roll.digest, config=config)
    commitment = book.sealed.commitment
    ClosingRow.objects.filter(**name).delete()
    Closing.objects.filter(**name).delete()
    Closing.objects.create(
        **name,
        attempt=attempt,
        roll_digest=roll.digest,
        count=commitment.count,
        total=commitment.total,
        root=commitment.root,
        sealed_at=at,
    )
    ClosingRow.objects.bulk_create(
        ClosingRow(**name, index=index, link_token=token, points=points) for index, (token, points) in enumerate(rows)
    )


def _book(rows: list[Row], *, programme: str, period: str, attempt: int, digest: bytes, config: Config) -> ClosingBook:
    return ClosingBook.of_rows(
        rows,
        programme=programme,
        service=config.service.id,
        period=period,
        digest=digest,
        closing_key=config.closing_key,
        attempt=attempt,
    )


def _find_closing(programme: str, period: str) -> Closing | None:
    return Closing.objects.filter(programme=programme, period=period).first()
