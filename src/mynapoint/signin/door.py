"""The brake on guessing passwords: every try counts before its password is looked at."""

from datetime import datetime

from django.db import transaction
from uuid_utils import compat

from mynapoint.kernel.sql import wait_for_turn
from mynapoint.signin.models import LoginTry
from mynapoint.signin.rules import (
    FREE_TRIES_OF_A_NAME,
    FREE_TRIES_OF_AN_ADDRESS,
    REMEMBERED,
    Visitor,
    check_may_try,
)


@transaction.atomic
def begin_try(visitor: Visitor, *, at: datetime) -> None:
    """Note a try as failed, until :func:`end_tries` says otherwise. Tries at the same moment go one after the other.

    :raises TooManyTries: and notes nothing, so that a pause does not grow while somebody waits.
    """
    since = at - REMEMBERED
    for octets in sorted((visitor.name, visitor.address)):
        wait_for_turn(f"login {octets.hex()}")
    recent = LoginTry.objects.filter(tried_at__gt=since)
    by_name = recent.filter(name_hash=visitor.name).values_list("tried_at", flat=True)
    check_may_try(list(by_name), free=FREE_TRIES_OF_A_NAME, at=at)
    by_address = recent.filter(address_hash=visitor.address).values_list("tried_at", flat=True)
    check_may_try(list(by_address), free=FREE_TRIES_OF_AN_ADDRESS, at=at)
    LoginTry.objects.create(name_hash=visitor.name, id=compat.uuid7(), address_hash=visitor.address, tried_at=at)
    LoginTry.objects.filter(tried_at__lte=since).delete()


def end_tries(visitor: Visitor) -> None:
    """Forget a name's tries: somebody knew its password."""
    LoginTry.objects.filter(name_hash=visitor.name).delete()
