"""The maintenance that is announced, as every page and every form has to know it."""

from typing import Final

from django.conf import settings

from mynapoint.entrance.queries import find_announced
from mynapoint.entrance.rules import Closure
from mynapoint.site.kept.moments import Remembered

ANNOUNCED: Final[Remembered[Closure | None]] = Remembered(find_announced, at_first=None)


def get_closure() -> Closure | None:
    """This will give the maintenance that is to come or on; None when it is over."""
    closure = ANNOUNCED()
    return closure if closure is not None and settings.CLOCK() < closure.until_at else None
