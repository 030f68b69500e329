"""What everybody is told while the database is away, or when something cannot be taken: in words, or as a problem."""

import json

import psycopg
import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings
from service_api_cast import NOON

from demo.processes import find_port
from mynapoint.kernel.connection import is_database_away
from mynapoint.service_api.answering import signed
from mynapoint.site.shell.limits import MAX_BODY
from mynapoint.site.shell.machine import for_programs
from mynapoint.site.shell.stops import Availability
from paymentservice.problems import CONTENT_TYPE

STATEMENT = "/act/" + "A" * 43 + "/statement"
SIGNATURE = "/act/" + "A" * 43 + "/signature"


@pytest.fixture(autouse=True)
def noon(settings: Settings) -> None:
    settings.CLOCK = lambda: NOON


def reach_nobody(_request: HttpRequest) -> HttpResponse:
    """Ask a database where there is none."""
    psycopg.connect(host="127.0.0.1", port=find_port(), connect_timeout=2)
    raise AssertionError


def refuse_everything(_request: HttpRequest) -> HttpResponse:
    raise Http404


class TestIsDatabaseAway:
    def test_knows_a_server_that_is_not_there(self) -> None:
        with pytest.raises(psycopg.OperationalError) as failed:
            reach_nobody(HttpRequest())
        assert is_database_away(failed.value)

    def test_knows_a_server_that_is_stopping_and_no_other_answer(self) -> None:
        assert is_database_away(psycopg.errors.AdminShutdown())
        assert not is_database_away(psycopg.errors.DiskFull())
        assert not is_database_away(ValueError())


class TestForPrograms:
    def test_says_when_to_come_back_while_the_database_is_away(self, rf: RequestFactory) -> None:
        answer = for_programs(reach_nobody)(rf.get(STATEMENT))
        assert (answer.status_code, answer["Retry-After"], answer["Content-Type"]) == (503, "30", CONTENT_TYPE)
        assert json.loads(answer.content)["code"] == "unavailable"

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("address", "method", "status", "code"),
        [
            ("/journal/checkpoint", "GET", 404, "not_found"),
            ("/closings/a/b/2020-09", "GET", 404, "not_found"),
            (SIGNATURE, "GET", 405, "method_not_allowed"),
            (STATEMENT, "POST", 405, "method_not_allowed"),
        ],
    )
    def test_answers_no_page(self, client: Client, address: str, method: str, status: int, code: str) -> None:
        answer = client.generic(method, address)
        assert (answer.status_code, answer["Content-Type"]) == (status, CONTENT_TYPE)
        assert json.loads(answer.content)["code"] == code
        assert ("Allow" in answer.headers) == (status == 405)

    def test_closes_the_connection_on_a_body_that_it_does_not_read(self, client: Client, db: None) -> None:
        answer = client.post(SIGNATURE, b"x" * (MAX_BODY + 1), content_type="application/json")
        assert (answer.status_code, answer["Content-Type"], answer["Connection"]) == (413, CONTENT_TYPE, "close")
        assert json.loads(answer.content)["code"] == "body_too_large"


class TestSigned:
    def test_tells_a_service_when_to_come_back(self, rf: RequestFactory) -> None:
        answer = signed(reach_nobody)(rf.get("/service/v1/x"))
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert json.loads(answer.content)["code"] == "unavailable"
        assert "Signature" in answer.headers


class TestAvailability:
    def test_shows_a_page_that_needs_no_database(self, rf: RequestFactory) -> None:
        with pytest.raises(psycopg.OperationalError) as failed:
            reach_nobody(HttpRequest())
        shown = Availability(refuse_everything).process_exception(rf.get("/"), failed.value)
        assert shown is not None
        assert (shown.status_code, shown["Retry-After"]) == (503, "30")
        assert "データベースが止まっています" in shown.content.decode()

    def test_leaves_what_is_no_outage_to_django(self, rf: RequestFactory) -> None:
        assert Availability(refuse_everything).process_exception(rf.get("/"), ValueError()) is None
