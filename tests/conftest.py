"""The suite's ground: its own state folder, and a PostgreSQL that is thrown away at the end."""

import os
import signal
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import django
import hypothesis
import pytest
from django.conf import settings
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection
from django.db.models.signals import post_migrate
from hypothesis import HealthCheck

from mynapoint.console.cluster import open_cluster
from mynapoint.console.database import describe_database

# Settings read their environment when they are first touched: before that, the suite gives itself a folder of its own.
_STATE = tempfile.TemporaryDirectory(prefix="mynapoint-test-", ignore_cleanup_errors=True)
Path(_STATE.name).chmod(0o711)  # the server's user has to pass through; the secrets in it are private by themselves
os.environ["MYNAPOINT_STATE_DIR"] = _STATE.name
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mynapoint.settings")
django.setup()

# Started in the background, a suite is deaf to the keyboard's interrupt, and so is all that it starts and stops.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No test is timed: a busy machine says nothing about what is tested.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")

from mynapoint.directory import queries as directory  # noqa: E402
from mynapoint.programme import queries as programme  # noqa: E402

# What the plugins import needs Django's apps.
pytest_plugins = ("cast", "left_out", "browser.fixtures", "turns")


@pytest.fixture(scope="session")
def state_dir() -> Path:
    """Return the suite's own state folder."""
    return Path(_STATE.name)


@pytest.fixture(scope="session")
def database_url(state_dir: Path) -> Iterator[str]:
    """Return the address of the suite's PostgreSQL: DATABASE_URL's, or a server started for this run."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    pg_bin = os.environ.get("MYNAPOINT_PG_BIN")
    cluster = open_cluster(state_dir, pg_bin=Path(pg_bin) if pg_bin else None, durable=False)
    cluster.start()
    try:
        yield cluster.url
    finally:
        cluster.discard()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_url: str, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Point Django at the suite's PostgreSQL: started only when a test of this run uses it."""
    settings.DATABASES["default"].update(describe_database(database_url, pool_size=24))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_modify_db_settings: None) -> None:
    """Empty the tables after a test by deleting: TRUNCATE makes a new file for each of eighty that nobody wrote to.

    Django's own tables of kinds and permissions stay as they are: making them anew took longer than most tests.
    """
    operations = type(connection.ops)
    post_migrate.disconnect(create_contenttypes)
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")

    def delete_all(self: Any, _style: object, tables: Sequence[str], **_options: object) -> list[str]:
        for kept in (programme.REGISTER, directory.REGISTER):
            kept.forget()
        jobs = ("procrastinate_periodic_defers", "procrastinate_jobs")  # which Django does not manage
        emptied = (*jobs, *(table for table in tables if table not in {"django_content_type", "auth_permission"}))
        return ["; ".join(f"DELETE FROM {self.quote_name(table)}" for table in emptied)] if tables else []

    operations.sql_flush = delete_all
