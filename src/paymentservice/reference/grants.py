"""Granting points: what the reward rules say of a link's movements, brought into the points ledger."""

from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from uuid_utils.compat import uuid7

from paymentservice.config import Config, Programme
from paymentservice.reference.models import Account, Link, MoneyEntry, PointEntry
from paymentservice.rewards import Award, Movement, award_for, points_for, running_total


def grant_at_once(owner: Account, *, config: Config, at: datetime) -> None:
    """Bring the grants of all the account's links up to date."""
    for link in Link.objects.filter(owner=owner).exclude(standing=Link.Standing.STOPPED):
        programme = config.get_programme(link.programme)
        if programme is not None:
            grant(link, programme=programme, kind=config.service.kind, at=at)


def grant(link: Link, *, programme: Programme, kind: str, at: datetime, until: datetime | None = None) -> Award:
    """Grant a link, or take from it, what its movements (recorded before ``until``) deserve beyond earlier grants."""
    with transaction.atomic():
        total = _get_total(link, programme=programme, kind=kind, until=until)
        award = award_for(total, terms=programme.terms, granted=get_granted(link))
        _enter(link, PointEntry.Kind.GRANT, award.points, at=at)
        _enter(link, PointEntry.Kind.BONUS, award.bonus, at=at)
    return award


def get_movements(link: Link, *, kind: str) -> list[Movement]:
    """Return everything that may count for a link, over all instruments of its account."""
    entries = MoneyEntry.objects.filter(owner=link.owner_id, kind=kind).select_related("reverses")
    return [
        Movement(
            amount=entry.amount,
            earned_at=entry.reverses.entered_at if entry.reverses else entry.entered_at,
            recorded_at=entry.entered_at,
        )
        for entry in entries
    ]


def get_granted(link: Link) -> Award:
    """Return the grants and bonuses of a link so far."""
    return Award(points=_sum_of(link, PointEntry.Kind.GRANT), bonus=_sum_of(link, PointEntry.Kind.BONUS))


def get_cumulative_points(link: Link, *, programme: Programme, kind: str, until: datetime) -> int:
    """Return a link's row of the closing at ``until``."""
    return points_for(_get_total(link, programme=programme, kind=kind, until=until), tariff=programme.terms.tariff)


def _get_total(link: Link, *, programme: Programme, kind: str, until: datetime | None) -> int:
    """Return the yen that count for a link: none once it is stopped, none since it is held."""
    if link.standing == Link.Standing.STOPPED:
        return 0
    if link.standing == Link.Standing.HELD and link.stands_since is not None:
        until = min(until or link.stands_since, link.stands_since)
    movements = get_movements(link, kind=kind)
    return running_total(movements, terms=programme.terms, linked_at=link.linked_at, until=until)


def _sum_of(link: Link, kind: str) -> int:
    entries = PointEntry.objects.filter(owner=link.owner_id, programme=link.programme, kind=kind)
    return entries.aggregate(sum=Sum("points"))["sum"] or 0


def _enter(link: Link, kind: str, points: int, *, at: datetime) -> None:
    if points:
        PointEntry.objects.create(
            id=uuid7(), owner_id=link.owner_id, kind=kind, points=points, programme=link.programme, entered_at=at
        )
