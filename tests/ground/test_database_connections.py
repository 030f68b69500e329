"""Connections that are kept: one that the server has ended is found out before a request has it."""

from collections.abc import Callable

import psycopg
import pytest
from django.db import connection

from mynapoint.kernel.sql import ask, tell

END_ALL_OTHERS = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
)
Give = Callable[[], int]


@pytest.mark.django_db(transaction=True)
class TestKeptConnection:
    @pytest.fixture
    def give(self) -> Give:
        """Give the connection back, as at the end of a request, and return its server's process."""

        def give() -> int:
            [(process,)] = ask("SELECT pg_backend_pid()", [])
            connection.close()
            return int(process)

        return give

    def test_serves_the_next_request(self, give: Give) -> None:
        served = {give() for _ in range(30)}
        assert len(served) < 30

    def test_that_was_ended_is_replaced_by_one_that_answers(self, give: Give) -> None:
        before = {give() for _ in range(30)}
        with psycopg.connect(_describe()) as other:
            ended = other.execute(END_ALL_OTHERS, [connection.settings_dict["NAME"]]).fetchall()
        assert len(ended) >= len(before)
        assert before.isdisjoint({give() for _ in range(30)})

    def test_that_has_something_harmless_to_say_is_kept(self, give: Give) -> None:
        """A notice from another session is no reason to begin anew."""
        tell("LISTEN somebody", [])
        listening = give()
        tell("NOTIFY somebody", [])
        give()
        assert listening in {give() for _ in range(30)}


def _describe() -> str:
    known = connection.settings_dict
    return psycopg.conninfo.make_conninfo(
        dbname=known["NAME"], user=known["USER"], password=known["PASSWORD"], host=known["HOST"], port=known["PORT"]
    )
