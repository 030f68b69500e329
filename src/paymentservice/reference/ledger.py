"""The two ledgers, money and points: append-only, every order once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Sum
from uuid_utils.compat import uuid7

from paymentservice.config import Config
from paymentservice.reference.database import durable_transaction
from paymentservice.reference.grants import grant_at_once
from paymentservice.reference.models import Account, MoneyEntry, PointEntry

MAX_AMOUNT: Final = 1_000_000


class UnableToMove(Exception):
    """A charge, purchase or use of points that was refused."""


class NotOffered(UnableToMove):
    """This kind of service does not do that."""


class AmountUnusable(UnableToMove):
    """The amount is not one that can be moved."""


class ShopUnknown(UnableToMove):
    """No shop of ours has this id."""


class MoneyShort(UnableToMove):
    """Not enough money is charged."""


class PointsShort(UnableToMove):
    """Not enough points are there."""


class EntryUnknown(UnableToMove):
    """There is no such entry to reverse, or it is reversed already."""


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What an account has: yen (for a credit card: yen to pay, negative) and points."""

    money: int
    points: int


def charge(owner: Account, amount: int, *, config: Config, order_key: str, at: datetime) -> None:
    """Charge money onto a wallet and grant its points at once.

    :raises UnableToMove:
    """
    if config.service.kind != "charge":
        raise NotOffered
    check_amount(amount)
    with durable_transaction():
        if not _is_done(MoneyEntry, owner, order_key):
            _enter_money(owner, MoneyEntry.Kind.CHARGE, amount, order_key=order_key, at=at)
            grant_at_once(owner, config=config, at=at)


def buy(owner: Account, amount: int, *, shop: str, config: Config, order_key: str, at: datetime) -> None:
    """Pay in a shop with money: from the wallet's balance, or on a card's account.

    :raises UnableToMove:
    """
    check_amount(amount)
    check_shop(shop, config=config)
    with durable_transaction():
        if _is_done(MoneyEntry, owner, order_key):
            return
        if config.service.kind == "charge" and get_balance(owner).money < amount:
            raise MoneyShort
        _enter_money(owner, MoneyEntry.Kind.PURCHASE, amount, shop=shop, order_key=order_key, at=at)


def spend(owner: Account, points: int, *, shop: str, config: Config, order_key: str, at: datetime) -> None:
    """Pay in a shop with points.

    :raises UnableToMove:
    """
    check_amount(points)
    check_shop(shop, config=config)
    with durable_transaction():
        if _is_done(PointEntry, owner, order_key):
            return
        if get_balance(owner).points < points:
            raise PointsShort
        PointEntry.objects.create(
            id=uuid7(),
            owner=owner,
            kind=PointEntry.Kind.SPEND,
            points=-points,
            shop=shop,
            entered_at=at,
            order_key=order_key,
        )


def reverse(owner: Account, *, order_key: str, config: Config, at: datetime) -> None:
    """Take a charge or purchase back, whole; where points come at once, those it brought go at once.

    :raises EntryUnknown:
    """
    with durable_transaction():
        entry = MoneyEntry.objects.filter(owner=owner, order_key=order_key, reverses=None).first()
        if entry is None or MoneyEntry.objects.filter(reverses=entry).exists():
            raise EntryUnknown
        key = f"{order_key[:50]} reversal"
        _enter_money(owner, entry.kind, -entry.amount, shop=entry.shop, order_key=key, at=at, reverses=entry)
        if config.service.kind == "charge":
            grant_at_once(owner, config=config, at=at)


def get_balance(owner: Account) -> Balance:
    """Add up both ledgers."""
    charged, bought = (_sum_of(owner, kind) for kind in (MoneyEntry.Kind.CHARGE, MoneyEntry.Kind.PURCHASE))
    points = PointEntry.objects.filter(owner=owner).aggregate(sum=Sum("points"))["sum"] or 0
    return Balance(money=charged - bought, points=points)


def check_amount(amount: int) -> None:
    """Check that an amount is a number of yen or points that can be moved at once.

    :raises AmountUnusable:
    """
    if not 1 <= amount <= MAX_AMOUNT:
        raise AmountUnusable


def check_shop(shop: str, *, config: Config) -> None:
    """Check that we have this shop.

    :raises ShopUnknown:
    """
    if config.get_shop(shop) is None:
        raise ShopUnknown


def _sum_of(owner: Account, kind: str) -> int:
    entries = MoneyEntry.objects.filter(owner=owner, kind=kind)
    return entries.aggregate(sum=Sum("amount"))["sum"] or 0


def _is_done(ledger: type[MoneyEntry] | type[PointEntry], owner: Account, order_key: str) -> bool:
    # The write lock is ours since the transaction began, so that nobody can do it between this and the entry.
    return ledger._default_manager.filter(owner=owner, order_key=order_key).exists()


def _enter_money(
    owner: Account,
    kind: str,
    amount: int,
    *,
    order_key: str,
    at: datetime,
    shop: str = "",
    reverses: MoneyEntry | None = None,
) -> None:
    MoneyEntry.objects.create(
        id=uuid7(),
        owner=owner,
        kind=kind,
        amount=amount,
        shop=shop,
        entered_at=at,
        order_key=order_key,
        reverses=reverses,
    )
