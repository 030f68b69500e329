"""The small parts of the SDK: clock, keys, encoding, problems, bodies."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from hypothesis import given
from hypothesis import strategies as st
from service_parties import NOON, PLATFORM

from paymentservice.bodies import BodyRefused, read_body
from paymentservice.clock import ClockFileUnreadable, FileClock, get_clock, set_demo_clock, system_clock
from paymentservice.encoding import NotBase64Url, from_base64url, to_base64url
from paymentservice.keys import (
    KeyUnreadable,
    public_key_text,
    read_private_key,
    read_public_keys,
    read_secret,
    write_private_key,
    write_secret,
)
from paymentservice.messages import ClockTooFar, Replayed, UnableToVerify
from paymentservice.problems import NotAProblem, Problem, problem_body, problem_for, read_problem
from paymentservice.wire import AccountCheck, LinkOrder


class TestFileClock:
    def test_stands_still_when_frozen(self, tmp_path: Path) -> None:
        path = tmp_path / "clock.json"
        set_demo_clock(path, NOON, running=False)
        clock = FileClock(path)
        assert clock() == clock() == NOON

    def test_runs_on_when_running(self, tmp_path: Path) -> None:
        path = tmp_path / "clock.json"
        set_demo_clock(path, NOON)
        clock = FileClock(path)
        assert NOON <= clock() < clock() < NOON + timedelta(minutes=1)

    def test_follows_a_new_setting_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "clock.json"
        clock = FileClock(path)
        for at in (NOON, NOON - timedelta(days=1)):
            set_demo_clock(path, at, running=False)
            assert clock() == at

    @pytest.mark.parametrize(
        "content", ["", "[]", "{}", '{"at": 1, "since": null}', '{"at":"2020-09-01","since":null}']
    )
    def test_names_the_file_that_is_no_clock(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "clock.json"
        path.write_text(content)
        with pytest.raises(ClockFileUnreadable, match=r"clock\.json"):
            FileClock(path)()

    def test_is_not_to_be_set_to_a_time_without_offset(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="offset"):
            set_demo_clock(tmp_path / "clock.json", datetime(2020, 9, 1))  # noqa: DTZ001

    def test_is_the_machine_s_clock_without_a_file(self) -> None:
        assert get_clock(None) is system_clock
        assert system_clock().tzinfo is UTC


class TestKeys:
    def test_come_back_from_their_files(self, tmp_path: Path) -> None:
        write_private_key(tmp_path / "a.key", PLATFORM.private_key)
        assert read_private_key(tmp_path / "a.key").private_bytes_raw() == PLATFORM.private_key.private_bytes_raw()
        write_secret(tmp_path / "secret")
        assert len(read_secret(tmp_path / "secret")) == 32

    def test_are_readable_by_their_owner_only(self, tmp_path: Path) -> None:
        write_private_key(tmp_path / "a.key", PLATFORM.private_key)
        assert (tmp_path / "a.key").stat().st_mode & 0o777 == 0o600

    def test_are_never_overwritten(self, tmp_path: Path) -> None:
        write_secret(tmp_path / "secret")
        with pytest.raises(FileExistsError):
            write_secret(tmp_path / "secret")

    def test_are_refused_when_they_are_something_else(self, tmp_path: Path) -> None:
        other = generate_private_key(SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        for name, content in {"ec.key": other, "empty.key": b"", "text.key": b"no key"}.items():
            (tmp_path / name).write_bytes(content)
            with pytest.raises(KeyUnreadable, match=name):
                read_private_key(tmp_path / name)
        with pytest.raises(KeyUnreadable):
            read_secret(tmp_path / "empty.key")

    @pytest.mark.parametrize("read", [read_private_key, read_secret])
    def test_are_refused_when_missing(self, tmp_path: Path, read: type) -> None:
        with pytest.raises(KeyUnreadable, match="gone"):
            read(tmp_path / "gone")

    def test_travel_as_text(self) -> None:
        key = PLATFORM.private_key.public_key()
        assert read_public_keys({"platform-1": public_key_text(key)}) == {"platform-1": key}

    @pytest.mark.parametrize("text", ["", "AAAA", "=" * 43, "A" * 42 + "B", "あ"])
    def test_malformed_are_named_by_their_id(self, text: str) -> None:
        with pytest.raises(KeyUnreadable, match="platform-1"):
            read_public_keys({"platform-1": text})


class TestBase64Url:
    @given(st.binary(max_size=70))
    def test_comes_back(self, value: bytes) -> None:
        assert from_base64url(to_base64url(value), length=len(value)) == value

    @given(st.text(max_size=30))
    def test_has_one_spelling(self, text: str) -> None:
        try:
            value = from_base64url(text)
        except NotBase64Url:
            return
        assert to_base64url(value) == text

    def test_is_of_the_length_asked_for(self) -> None:
        with pytest.raises(NotBase64Url):
            from_base64url(to_base64url(b"x" * 15), length=16)


class TestProblem:
    PROBLEM = Problem(code="period_not_ended", title="題", status=409, detail="説明", data={"ends_at": "2020-10-01"})

    def test_comes_back_with_its_data(self) -> None:
        assert read_problem(problem_body(self.PROBLEM)) == self.PROBLEM

    @given(st.binary(max_size=60) | st.sampled_from([b"[]", b"{}", b"null", b'{"code":1}', b"[" * 100_000]))
    def test_is_not_read_from_anything_else(self, body: bytes) -> None:
        with pytest.raises(NotAProblem):
            read_problem(body)

    @pytest.mark.parametrize("kind", UnableToVerify.__subclasses__())
    def test_exists_for_every_way_to_fail_verification(self, kind: type[UnableToVerify]) -> None:
        arguments = {"UnknownKey": ("platform-9",), "ClockTooFar": (61,)}.get(kind.__name__, ())
        assert 400 <= problem_for(kind(*arguments)).status < 500

    def test_tells_by_how_much_a_clock_is_off(self) -> None:
        assert problem_for(ClockTooFar(-11)).data == {"seconds": -11}

    def test_of_a_replay_is_a_conflict(self) -> None:
        assert problem_for(Replayed()).status == 409


class TestReadBody:
    CHECK = b'{"programme":"mynapoint-2020","account_id":"1234567890","codes":["123456"]}'

    def test_reads_what_fits(self) -> None:
        assert read_body(AccountCheck, self.CHECK).codes == ["123456"]

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "malformed_json"),
            (b"\xff", "malformed_json"),
            (b"[" * 5000, "malformed_json"),
            (b"[]", "invalid_field"),
            (b"{}", "invalid_field"),
            (CHECK.replace(b'"123456"', b"123456"), "invalid_field"),
            (CHECK.replace(b'["123456"]', b'["1","2","3","4"]'), "invalid_field"),
            (CHECK.replace(b"mynapoint-2020", b"../national"), "invalid_field"),
            (CHECK.replace(b'"codes"', b'"mykey_id":"ABCD2345","codes"'), "unknown_field"),
            (b" " * 65_537, "body_too_large"),
        ],
    )
    def test_refuses_what_does_not(self, body: bytes, code: str) -> None:
        with pytest.raises(BodyRefused) as refused:
            read_body(AccountCheck, body)
        assert refused.value.problem.code == code

    def test_names_the_field_but_never_repeats_its_content(self) -> None:
        with pytest.raises(BodyRefused) as refused:
            read_body(LinkOrder, b'{"programme":"n","link_token":"TATTLE","account_reference":"TATTLE"}')
        assert refused.value.problem.data == {"fields": ["account_reference", "link_token"]}
        assert b"TATTLE" not in problem_body(refused.value.problem)

    @given(st.binary(max_size=300))
    def test_refuses_random_bytes_with_a_problem(self, body: bytes) -> None:
        with pytest.raises(BodyRefused):
            read_body(LinkOrder, body)
