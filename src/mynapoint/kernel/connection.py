"""Telling a database that cannot be reached from one that answered with an error."""

from typing import Final

import psycopg
from django.db import OperationalError

Unreached: Final = (OperationalError, psycopg.OperationalError)


def is_database_away(error: Exception) -> bool:
    """Tell a server that was not reached from one that answered: only the second has a code for what went wrong.

    A server that is being stopped or started still answers, with a code of class 57P (admin_shutdown and its kin).
    """
    if not isinstance(error, Unreached):
        return False
    source = error if isinstance(error, psycopg.Error) else error.__cause__
    code = getattr(source, "sqlstate", None)
    return code is None or str(code).startswith("57P")
