"""``mynapoint db``: the database server that comes with the platform, and backups of any."""

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mynapoint.console.backup import back_up, connection_environment, restore
from mynapoint.console.cluster import Cluster, open_cluster
from mynapoint.console.complaints import EXPLAINED, explain
from mynapoint.console.programs import Programs, find_client_programs

_TAKES_ALL: Final[dict[str, Any]] = {"prefix_chars": "\0", "add_help": False}


class Command(BaseCommand):
    """The actions on the database. None of them needs a running one to be asked for."""

    help = "Start, stop, show, back up or restore the platform's database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the actions."""
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        actions.add_parser("start", help="Start the server that comes with the platform; make it first if need be.")
        actions.add_parser("stop", help="Stop that server.")
        remove = actions.add_parser("remove", help="Stop that server and delete all of its data, for good.")
        remove.add_argument("--yes", action="store_true", help="Do so even though there are data.")
        actions.add_parser("status", help="Say where the database is and whether it answers; fail when it does not.")
        # No argument of psql's own begins with this character: so all of them pass through, its options too.
        psql = actions.add_parser("psql", help="Open PostgreSQL's own prompt on the database.", **_TAKES_ALL)
        psql.add_argument("arguments", nargs="*", help="Handed to psql, for example: -c 'SELECT 1'")
        back = actions.add_parser("backup", help="Write the whole database to a new file.")
        back.add_argument("file", type=Path)
        forth = actions.add_parser("restore", help="Replace the whole database by a backup, or change nothing.")
        forth.add_argument("file", type=Path)
        forth.add_argument("--yes", action="store_true", help="Do so even when the database is not empty.")

    def handle(self, *, action: str, **options: Any) -> None:
        """Do one action."""
        with _explained():
            getattr(self, f"_{action}")(options)

    def _start(self, _options: dict[str, Any]) -> None:
        cluster = _embedded()
        started = cluster.start()
        _check_that_it_lets_us_in(cluster)
        self.stdout.write(f"{'started' if started else 'is running already'}: {_describe(cluster)}")

    def _stop(self, _options: dict[str, Any]) -> None:
        self.stdout.write("stopped" if _embedded().stop() else "was not running")

    def _remove(self, options: dict[str, Any]) -> None:
        cluster = _embedded()
        if not cluster.place.data.exists():
            self.stdout.write(f"there is none: {_describe(cluster)}")
        elif not options["yes"]:
            raise CommandError(f"this deletes everything in {cluster.place.data}; to do so, say --yes")
        else:
            cluster.discard()
            self.stdout.write(f"removed: {_describe(cluster)}")

    def _status(self, _options: dict[str, Any]) -> None:
        if settings.ENVIRONMENT.is_embedded and not (cluster := _embedded()).is_running():
            raise CommandError(f"not running: {_describe(cluster)}; start it with `mynapoint db start`")
        with psycopg.connect(_url(), connect_timeout=10) as connection:
            version = connection.info.parameter_status("server_version")
            size = connection.execute("SELECT pg_size_pretty(pg_database_size(current_database()))").fetchone()
            where = f"{connection.info.dbname} at {connection.info.host}:{connection.info.port}"
        self.stdout.write(f"answers: PostgreSQL {version}, database {where}, {size[0] if size else '?'}")

    def _psql(self, options: dict[str, Any]) -> None:
        program = _client_programs().path("psql")
        os.execve(program, [program, *options["arguments"]], connection_environment(_url()))  # noqa: S606

    def _backup(self, options: dict[str, Any]) -> None:
        size = back_up(_url(), to=options["file"], programs=_client_programs())
        self.stdout.write(f"written: {options['file']} ({size:,} bytes)")
        self.stdout.write(f"Keep {settings.STATE_DIR / 'secrets'} too: without its keys this backup proves nothing.")

    def _restore(self, options: dict[str, Any]) -> None:
        restore(_url(), path=options["file"], programs=_client_programs(), overwrite=options["yes"])
        self.stdout.write(f"restored: {options['file']}")


def _embedded() -> Cluster:
    if not settings.ENVIRONMENT.is_embedded:
        raise CommandError("MYNAPOINT_DATABASE_URL names a server of your own: start and stop it where it runs")
    return open_cluster(settings.STATE_DIR, pg_bin=settings.ENVIRONMENT.pg_bin)


def _check_that_it_lets_us_in(cluster: Cluster) -> None:
    """Find out whether data and secrets belong together: data outlive a state folder that somebody deleted."""
    try:
        psycopg.connect(cluster.url, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        raise CommandError(
            f"the server runs, but refuses the password in {settings.STATE_DIR / 'secrets'}: {cluster.place.data} was "
            "made with another; put that folder back, or delete the data with `mynapoint db remove --yes`"
        ) from None


def _client_programs() -> Programs:
    if settings.ENVIRONMENT.is_embedded:
        return _embedded().programs
    with psycopg.connect(_url(), connect_timeout=10) as connection:
        major = connection.info.server_version // 10_000
    return find_client_programs(setting=settings.ENVIRONMENT.pg_bin, server_major=major)


def _url() -> str:
    return str(settings.ENVIRONMENT.get_database_url())


def _describe(cluster: Cluster) -> str:
    return f"PostgreSQL {cluster.programs.major}, data in {cluster.place.data}"


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except EXPLAINED as error:
        raise CommandError(explain(error)) from None
