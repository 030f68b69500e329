"""How a link stands: held while something about it is looked into, resumed, or stopped with all it was granted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from paymentservice.config import Config
from paymentservice.encoding import from_base64url
from paymentservice.reference.checks import UnableToLink
from paymentservice.reference.database import durable_transaction
from paymentservice.reference.grants import grant, grant_at_once
from paymentservice.reference.models import Account, Link
from paymentservice.wire import Standing, StandingOrder

_KEPT_AS: Final[dict[Standing, Link.Standing]] = {
    "held": Link.Standing.HELD,
    "resumed": Link.Standing.LINKED,
    "stopped": Link.Standing.STOPPED,
}


class LinkUnknown(UnableToLink):
    """No link of this programme has this token."""


class LinkEnded(UnableToLink):
    """The link was stopped, which is for good."""


class StandingDiffers(UnableToLink):
    """An order of this number said something else."""


@dataclass(frozen=True, kw_only=True)
class NewestOrder:
    """The newest order that was taken for a link."""

    number: int
    standing: Standing


def take_order(order: StandingOrder, *, config: Config, at: datetime) -> NewestOrder:
    """Take the platform's order about a link, unless it is old or known, and return the newest one.

    Committed before it is answered: whoever hears no answer sends the same order again.

    :raises LinkUnknown, LinkEnded, StandingDiffers: when it cannot be taken.
    """
    with durable_transaction():
        # The write lock is ours since the transaction began: of two orders, one finds the other taken.
        token = from_base64url(order.link_token)
        link = Link.objects.filter(link_token=token, programme=order.programme).first()
        if link is None:
            raise LinkUnknown
        newest = _get_newest(link)
        if newest is None or order.number > newest.number:
            return _change(link, order, config=config, at=at)
        if order.number == newest.number and order.standing != newest.standing:
            raise StandingDiffers
        return newest


def list_standing_links(owner: Account) -> list[Link]:
    """Return an account's links that are not over."""
    return list(Link.objects.filter(owner=owner).exclude(standing=Link.Standing.STOPPED))


def _get_newest(link: Link) -> NewestOrder | None:
    if not link.order_number:
        return None
    said = {kept: standing for standing, kept in _KEPT_AS.items()}
    return NewestOrder(number=link.order_number, standing=said[Link.Standing(link.standing)])


def _change(link: Link, order: StandingOrder, *, config: Config, at: datetime) -> NewestOrder:
    """Have a link stand otherwise: a stopped one gives back what it was granted, a resumed one gets what it missed."""
    if link.standing == Link.Standing.STOPPED:
        raise LinkEnded
    link.standing, link.order_number, link.stands_since = _KEPT_AS[order.standing], order.number, at
    link.save(update_fields=["standing", "order_number", "stands_since"])
    programme = config.get_programme(link.programme)
    if programme is not None and order.standing == "stopped":
        grant(link, programme=programme, kind=config.service.kind, at=at)
    elif order.standing == "resumed" and config.service.kind == "charge":
        grant_at_once(link.owner, config=config, at=at)
    return NewestOrder(number=order.number, standing=order.standing)
