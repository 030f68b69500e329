"""Nothing that could name a person or open a door stands in a log line."""

import base64
import json
import logging
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from mynapoint.logging_config import DiscreetHandler, configure
from mynapoint.logging_redaction import MASK, SAFE_FIELDS, redact, scrub
from paymentservice.encoding import to_base64url

PIN = "4739"
TOKEN = to_base64url(bytes(range(100, 132)))
FIELD_NAMES = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """Return a way to read what was logged since the last reading."""
    level = logging.getLogger().level
    handlers = logging.getLogger().handlers[:]
    configure({"level": "info", "format": "json"})
    capsys.readouterr()
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def tokens(length: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=length, max_size=length).map(
        lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    )


class TestRedact:
    @given(
        st.dictionaries(st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1), st.text() | st.integers())
    )
    def test_masks_every_field_that_is_not_known(self, fields: dict[str, Any]):
        redacted = redact(None, "info", dict(fields))
        assert all(redacted[name] == MASK for name in fields.keys() - SAFE_FIELDS)

    @pytest.mark.parametrize(
        "name", ["pin", "name", "address", "amount", "account_id", "codes", "serial", "certificate", "token", "body",
                 "shop", "hint", "path", "url", "user", "ip", "exception", "error"]
    )  # fmt: skip
    def test_knows_no_field_of_a_person(self, name: str):
        assert redact(None, "info", {name: "x"}) == {name: MASK}

    @pytest.mark.parametrize("value", [{"pin": PIN}, [PIN], (PIN,), {PIN}, b"certificate", object()])
    def test_writes_plain_values_only(self, value: object):
        assert redact(None, "info", {"reason": value}) == {"reason": MASK}

    @pytest.mark.parametrize("value", [PIN, "123456789012", "0120950178"])
    def test_masks_digits_that_are_no_number_of_ours(self, value: str):
        assert redact(None, "info", {"reason": value}) == {"reason": MASK}

    @pytest.mark.parametrize("value", [None, 3, True, 0.5, "pending", uuid4(), datetime(2020, 9, 1, tzinfo=UTC)])
    def test_keeps_plain_values_of_known_fields(self, value: object):
        assert redact(None, "info", {"state": value}) == {"state": value}


class TestScrub:
    @given(tokens(16) | tokens(32) | tokens(48))
    def test_masks_tokens(self, token: str):
        # One in millions of random tokens is a plain word; those that a person could read as one are let pass.
        if any(map(str.isdigit, token)) and any(map(str.isalpha, token)):
            assert token not in scrub(f"GET /act/{token}/statement")

    @given(st.binary(min_size=40, max_size=400))
    def test_masks_keys_and_certificates(self, raw: bytes):
        body = base64.encodebytes(raw).decode()
        for kind in ("CERTIFICATE", "PRIVATE KEY"):
            assert scrub(f"-----BEGIN {kind}-----\n{body}-----END {kind}-----\n") == MASK + " "
            assert scrub(f"broken off: -----BEGIN {kind}-----\n{body}") == f"broken off: {MASK}"

    @given(st.integers(0, 9999))
    def test_masks_pins(self, number: int):
        pin = f"{number:04}"
        for text in (f"pin={pin}", f"PIN: {pin}", f"the card got {pin}", f'{{"pin": "{pin}"}}', f"暗証番号は {pin}"):
            assert pin not in scrub(text)

    @given(st.integers(0, 10**12 - 1))
    def test_masks_twelve_digits(self, number: int):
        digits = f"{number:012}"
        grouped = f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"
        assert digits not in scrub(f"number {digits} given")
        assert digits[4:8] not in scrub(f"number {grouped} given").replace(MASK, "") or digits[:4] == digits[4:8]

    @pytest.mark.parametrize(
        "text",
        ["password=kotoba", "Password: 'two words'", "Authorization: Bearer x", "cookie=abc", "serial 1a2b3c",
         "postgresql://me:kotoba@db/x"],
    )  # fmt: skip
    def test_masks_what_is_named_a_secret(self, text: str):
        scrubbed = scrub(text)
        assert MASK in scrubbed
        assert not any(word in scrubbed for word in ("kotoba", "two words", "abc", "1a2b3c"))

    @pytest.mark.parametrize(
        "text",
        [
            "Listening at: http://127.0.0.1:8000",
            "Shutting down worker-1",
            "one_person_per_account",
            "job for act 01938f5e-7c1a-7000-8000-0123456789ab done",
            "予約を受け付けました",
        ],
    )
    def test_keeps_what_an_operator_needs(self, text: str):
        assert scrub(text) == text

    @given(st.text())
    def test_gives_one_line_that_ends(self, text: str):
        scrubbed = scrub(text)
        assert len(scrubbed.splitlines()) <= 1 or "\x85" in text
        assert len(scrubbed) <= 500


class TestLog:
    def test_writes_one_json_object_an_event(self, lines: Any):
        structlog.get_logger("mynapoint.act").info("act done", kind="reservation", account_id="hanako", count=3)
        (line,) = lines()
        assert datetime.fromisoformat(line.pop("timestamp")).tzinfo
        assert line == {
            "event": "act done", "level": "info", "logger": "mynapoint.act",
            "kind": "reservation", "account_id": MASK, "count": 3,
        }  # fmt: skip

    def test_gives_an_errors_places_and_never_its_words(self, lines: Any):
        try:
            try:
                raise ValueError(f"bad pin {PIN} of hanako")
            except ValueError as error:
                raise RuntimeError("hanako again") from error
        except RuntimeError:
            structlog.get_logger("mynapoint.act").exception("act failed")
        (line,) = lines()
        assert line["exception"].startswith("builtins.RuntimeError\n  ")
        assert "builtins.ValueError" in line["exception"]
        assert "test_gives_an_errors_places_and_never_its_words" in line["exception"]
        assert "hanako" not in json.dumps(line)

    def test_names_the_constraint_and_not_the_row(self, lines: Any, database_url: str):
        with psycopg.connect(database_url) as connection:
            connection.execute("CREATE TEMPORARY TABLE t (name text CONSTRAINT one_name PRIMARY KEY)")
            connection.execute("INSERT INTO t VALUES ('hanako')")
            try:
                connection.execute("INSERT INTO t VALUES ('hanako')")
            except psycopg.errors.UniqueViolation:
                logging.getLogger("mynapoint.holder").exception("failed")
        (line,) = lines()
        assert "UniqueViolation (one_name)" in line["exception"]
        assert "hanako" not in json.dumps(line)

    def test_takes_djangos_requests_by_their_route(self, lines: Any, client: Any):
        client.get(f"/act/{TOKEN}/no-such-page?pin={PIN}")
        (line,) = lines()
        assert {name: line[name] for name in ("event", "status", "method")} == {
            "event": "request refused", "status": 404, "method": "GET",
        }  # fmt: skip
        assert TOKEN not in json.dumps(line)
        assert PIN not in json.dumps(line)

    def test_takes_a_job_without_its_arguments(self, lines: Any):
        job = {
            "id": 7,
            "task_name": "link",
            "queue": "links",
            "task_kwargs": {"token": TOKEN},
            "call_string": f"link[7]({TOKEN})",
        }
        extra = {"action": "start_job", "job": job, "worker": {"name": "w"}}
        logging.getLogger("procrastinate.worker").info("Starting job link[7](token=%s)", TOKEN, extra=extra)
        logging.getLogger("procrastinate.jobs").info(f"Deferring link(account='hanako', token='{TOKEN}')")
        known, unknown = lines()
        assert (known["event"], known["job"], known["task"]) == ("start job", 7, "link")
        assert unknown["event"] == "Deferring link"

    def test_tells_of_a_job_once(self, lines: Any):
        job = {"id": 7, "task_name": "link", "queue": "links"}
        for name, action in (
            ("procrastinate.jobs", "jobs_deferred"),
            ("procrastinate.worker.worker", "start_job"),
            ("procrastinate.worker.worker", "job_error_retry"),
            ("procrastinate.worker", "job_success"),
        ):
            logging.getLogger(name).info("what a job does", extra={"action": action, "job": job})
        assert [line["event"] for line in lines()] == ["job error retry", "job success"]

    @pytest.mark.parametrize("name", ["_granian", "granian.access", "django", "py.warnings", "some.library"])
    def test_takes_every_librarys_lines(self, lines: Any, name: str):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = name == "some.library"
        configure({"level": "info", "format": "json"})
        logger.warning("token %s of the card with PIN %s", TOKEN, PIN)
        (line,) = lines()
        assert line["logger"] == name
        assert TOKEN not in line["event"]
        assert PIN not in line["event"]

    def test_says_no_more_than_that_a_line_was_lost(self, lines: Any, capsys: pytest.CaptureFixture[str]):
        class Unprintable:
            def __str__(self) -> str:
                raise ValueError(PIN)

        record = logging.LogRecord("some.library", logging.INFO, __file__, 1, "%s hanako", (Unprintable(),), None)
        next(handler for handler in logging.getLogger().handlers if isinstance(handler, DiscreetHandler)).handle(record)
        said = capsys.readouterr().err
        assert said.startswith("a log line of some.library:")
        assert said.endswith("could not be written (ValueError)\n")

    def test_never_writes_sql(self, lines: Any):
        configure({"level": "debug", "format": "json"})
        logging.getLogger("django.db.backends").debug("SELECT %s", secrets.token_hex(4))
        assert lines() == []

    def test_is_read_by_people_too(self, capsys: pytest.CaptureFixture[str]):
        configure({"level": "info", "format": "console"})
        try:
            raise KeyError(PIN)
        except KeyError:
            structlog.get_logger("mynapoint.act").exception("act failed", pin=PIN)
        said = capsys.readouterr().err
        configure({"level": "info", "format": "json"})
        assert "act failed" in said
        assert "builtins.KeyError\n" in said
        assert PIN not in said
