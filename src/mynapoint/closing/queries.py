"""What can be asked about closings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Max

from mynapoint.closing.models import AcceptedClosing, FixedRoll, JudgedClosing, ReopenedClosing, SealedClosing
from mynapoint.closing.rolls import fix_roll, read_tokens
from mynapoint.closing.rules import ClosingName, ClosingUnknown, get_open_by
from mynapoint.closing.standing import DrawnFrom, find_checkpoint, find_judged, find_sealed, get_draw, is_reopened
from mynapoint.directory.queries import list_services
from mynapoint.kernel.money import Points
from mynapoint.programme.rules import ClosingPeriod, Programme, get_links_until


@dataclass(frozen=True)
class RollPage:
    """A run of a roll's link tokens; `next` is the `after` of the following run, None when this is the last."""

    count: int
    digest: bytes
    tokens: list[bytes]
    next: bytes | None


@dataclass(frozen=True)
class ClosingView:
    """The newest attempt at a closing, and where it stands."""

    name: ClosingName
    attempt: int
    state: Literal["sealed", "drawn", "accepted", "rejected"]
    count: int
    total: Points
    root: bytes
    sealed_at: datetime
    checkpoint: DrawnFrom | None
    draw: list[int] | None
    reason: str | None
    judged_at: datetime | None
    reopened: bool

    def get_open_by(self, programme: Programme) -> datetime | None:
        """Return the instant from which the drawn rows are overdue; None when none wait to be opened."""
        drawn_at = self.checkpoint.signed_at if self.checkpoint else None
        return get_open_by(drawn_at, programme.audit) if drawn_at and self.state == "drawn" else None

    def is_overdue(self, programme: Programme, *, at: datetime) -> bool:
        """Tell whether the service has let the time for opening the drawn rows pass."""
        open_by = self.get_open_by(programme)
        return open_by is not None and at >= open_by


@dataclass(frozen=True)
class MissingClosing:
    """A closing that its service never sent, and since when it could; `count` is None until it has fetched its roll."""

    name: ClosingName
    due_since: datetime
    count: int | None


@dataclass(frozen=True)
class Acceptance:
    """One accepted closing in the order in which a service's closings were accepted, which is that of their periods."""

    number: int
    period_id: str
    total: Points
    accepted_at: datetime


def get_roll_page(
    service_id: str, programme: Programme, period_id: str, *, after: bytes | None, limit: int, at: datetime
) -> RollPage:
    """Return a run of a period's roll; the first question after the period's end fixes the roll.

    :raises PeriodUnknown: when the programme has no such period.
    :raises PeriodNotEnded: before the period's end.
    """
    name = ClosingName(service_id, programme.id, period_id)
    roll = fix_roll(name, programme, at=at)
    tokens = read_tokens(name, after=after, limit=limit + 1)
    page = tokens[:limit]
    return RollPage(count=roll.count, digest=roll.digest, tokens=page, next=page[-1] if len(tokens) > limit else None)


def get_closing(service_id: str, programme_id: str, period_id: str) -> ClosingView:
    """Return where a closing's newest attempt stands.

    :raises ClosingUnknown: when nothing was sealed.
    """
    name = ClosingName(service_id, programme_id, period_id)
    sealed = find_sealed(name)
    if sealed is None:
        raise ClosingUnknown
    judged = find_judged(name, attempt=sealed.attempt)
    return _view(sealed, judged, reopened=is_reopened(name, attempt=sealed.attempt))


def list_closings(programme_id: str) -> list[ClosingView]:
    """Return the newest attempt at every closing of a programme, newest period first, then by service."""
    rows = SealedClosing.objects.filter(programme=programme_id).order_by("-ends_at", "service", "-attempt")
    judged = {row.pk: row for row in JudgedClosing.objects.filter(programme=programme_id)}
    reopened = {row.pk for row in ReopenedClosing.objects.filter(programme=programme_id)}
    newest = rows.distinct("ends_at", "service")
    return [_view(row, judged.get(row.pk), reopened=row.pk in reopened) for row in newest]


def list_missing(programme: Programme, *, at: datetime) -> list[MissingClosing]:
    """Return what services have not sent of the periods that have ended, the longest due first, then by service.

    What can no longer be sent, since a later period with the same points was accepted, is not missing.
    """
    ended = [period for period in programme.closing if period.ends_at <= at]
    due = [(period, service_id) for period in ended for service_id in _list_parties(programme, period)]
    sealed = set(SealedClosing.objects.filter(programme=programme.id).values_list("service", "period"))
    accepted = _get_last_ends(programme.id)
    rolls = {(row.service, row.period): row.count for row in FixedRoll.objects.filter(programme=programme.id)}
    return [
        MissingClosing(
            name=ClosingName(service_id, programme.id, period.id),
            due_since=period.ends_at,
            count=rolls.get((service_id, period.id)),
        )
        for period, service_id in due
        if (service_id, period.id) not in sealed and not _is_included(period, accepted.get(service_id))
    ]


def list_acceptances(service_id: str, programme_id: str) -> list[Acceptance]:
    """Return a service's accepted closings, first one first."""
    rows = AcceptedClosing.objects.filter(service=service_id, programme=programme_id).order_by("number")
    return [Acceptance(row.number, row.period, Points(row.total), row.accepted_at) for row in rows]


def count_acceptances() -> dict[tuple[str, str], int]:
    """Return how many closings were accepted per service and programme."""
    counted = AcceptedClosing.objects.values("service", "programme").annotate(last=Max("number"))
    rows = counted.order_by("service", "programme").values_list("service", "programme", "last")
    return {(service, programme): last for service, programme, last in rows}


def sum_accepted(programme_id: str) -> dict[str, Points]:
    """Return the cumulative points of each service's last accepted closing."""
    rows = AcceptedClosing.objects.filter(programme=programme_id).order_by("service", "-number").distinct("service")
    return {service: Points(total) for service, total in rows.values_list("service", "total")}


def _list_parties(programme: Programme, period: ClosingPeriod) -> list[str]:
    """Return which services close a period: who took part at its end, and took applications that it may count."""
    counted = get_links_until(programme, period.id)
    parties = list_services(programme=programme.id, at=period.ends_at)
    return [service.id for service in parties if service.application_from < counted]


def _is_included(period: ClosingPeriod, last_ended: datetime | None) -> bool:
    """Tell whether the points of a period are in those of the last accepted one."""
    return last_ended is not None and last_ended > period.ends_at


def _get_last_ends(programme_id: str) -> dict[str, datetime]:
    """Return when each service's last accepted period ended."""
    last = AcceptedClosing.objects.filter(programme=programme_id).values("service").annotate(last=Max("ends_at"))
    return dict(last.order_by("service").values_list("service", "last"))


def _view(sealed: SealedClosing, judged: JudgedClosing | None, *, reopened: bool) -> ClosingView:
    checkpoint = _recorded_checkpoint(judged) if judged else find_checkpoint(sealed)
    return ClosingView(
        name=ClosingName(sealed.service, sealed.programme, sealed.period),
        attempt=sealed.attempt,
        state=_get_state(judged, checkpoint),
        count=sealed.count,
        total=Points(sealed.total),
        root=bytes(sealed.root),
        sealed_at=sealed.sealed_at,
        checkpoint=checkpoint,
        draw=get_draw(sealed, checkpoint) if checkpoint else None,
        reason=judged.reason or None if judged else None,
        judged_at=judged.judged_at if judged else None,
        reopened=reopened,
    )


def _recorded_checkpoint(judged: JudgedClosing) -> DrawnFrom:
    return DrawnFrom(size=judged.checkpoint_size, root=bytes(judged.checkpoint_root))


def _get_state(
    judged: JudgedClosing | None, checkpoint: DrawnFrom | None
) -> Literal["sealed", "drawn", "accepted", "rejected"]:
    if judged:
        return "accepted" if judged.accepted else "rejected"
    return "drawn" if checkpoint else "sealed"
