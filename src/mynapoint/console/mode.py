"""Whether the database is one for training or not, asked before anything is begun on it."""

from datetime import datetime

from django.conf import settings
from django.core.management.base import CommandError
from django.db import ProgrammingError

from mynapoint.kernel.connection import Unreached, is_database_away
from mynapoint.programme.queries import check_modes
from mynapoint.programme.rules import ProgrammeOfAnotherMode


def check_mode_here(*, at: datetime) -> None:
    """Check that a training has no real programme before it, and nothing else a training's.

    A database that does not answer stops nothing here: no programme of the other mode is found in it afterwards either.

    :raises CommandError: when it has, or has no tables yet.
    """
    try:
        check_modes(is_training=settings.TRAINING, at=at)
    except ProgrammeOfAnotherMode as refusal:
        raise CommandError(
            f"this database is not for {'training' if settings.TRAINING else 'this'}: {refusal}"
        ) from None
    except ProgrammingError:
        raise CommandError("the database has no tables yet; `mynapoint migrate` makes them") from None
    except Unreached as error:
        if not is_database_away(error):
            raise
