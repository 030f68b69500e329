"""The door against somebody who guesses."""

from datetime import datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from parties import LOGIN, PASSWORD, enrol, give_code, give_password
from pytest_django.fixtures import Settings

from closing_parties import TOKYO
from mynapoint.kernel.whence import find_address
from mynapoint.signin.door import begin_try
from mynapoint.signin.models import LoginTry
from mynapoint.signin.rules import (
    FREE_TRIES_OF_A_NAME,
    FREE_TRIES_OF_AN_ADDRESS,
    LONGEST_PAUSE,
    REMEMBERED,
    TooManyTries,
    Visitor,
    check_may_try,
    pause_after,
)
from mynapoint.staff.rules import Role
from races import at_once
from staff_cast import employ

NOON = datetime(2020, 10, 2, 12, tzinfo=TOKYO)
SECOND = timedelta(seconds=1)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(settings: Settings) -> Clock:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # slowness is not tested here
    settings.CLOCK = Clock()
    return settings.CLOCK


@pytest.fixture
def aoi(db: None, clock: Clock) -> User:
    user = employ("aoi", Role.OFFICE, at=NOON)
    user.set_password(PASSWORD)
    user.save()
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "never read"})
    return user


def try_door(name: str, password: str, *, address: str = "192.0.2.1"):
    return Client(REMOTE_ADDR=address).post(LOGIN, {"login": name, "password": password})


def a_visitor(name: str = "aoi", *, address: str = "192.0.2.1") -> Visitor:
    return Visitor.hashed(name, address=address, key=b"k" * 32)


class TestPauseAfter:
    @pytest.mark.parametrize(("tries", "seconds"), [(0, 0), (4, 0), (5, 1), (6, 2), (10, 32), (14, 512), (15, 900)])
    def test_doubles_with_each_try_once_the_free_ones_are_used(self, tries: int, seconds: int) -> None:
        assert pause_after(tries, free=5) == timedelta(seconds=seconds)

    def test_stays_at_the_longest_however_many_they_are(self) -> None:
        assert pause_after(10**6, free=5) == LONGEST_PAUSE


class TestCheckMayTry:
    def test_lets_one_through_to_the_second_after_the_latest(self) -> None:
        tries = [NOON - SECOND * n for n in range(6)]
        with pytest.raises(TooManyTries) as refused:
            check_may_try(tries, free=5, at=NOON + 2 * SECOND - timedelta(microseconds=1))
        assert refused.value.retry_at == NOON + 2 * SECOND
        check_may_try(tries, free=5, at=NOON + 2 * SECOND)


class TestVisitor:
    def test_does_not_tell_a_name_from_an_address(self) -> None:
        same = a_visitor("192.0.2.1")
        assert same.name != same.address
        assert b"192" not in same.name + same.address


class TestDoor:
    def test_answers_a_wrong_password_with_forbidden(self, aoi: User) -> None:
        answer = try_door("aoi", "chigau")
        assert answer.status_code == 403
        assert "利用者名かパスワードが違います" in answer.content.decode()

    def test_stays_shut_for_the_right_password_too_and_opens_to_the_second(self, aoi: User, clock: Clock) -> None:
        for _ in range(FREE_TRIES_OF_A_NAME):
            assert try_door("aoi", "chigau").status_code == 403
        shut = try_door("aoi", PASSWORD)
        assert (shut.status_code, shut["Retry-After"]) == (429, "1")
        assert "しばらく待ってから" in shut.content.decode()
        assert "利用者名かパスワードが違います" not in shut.content.decode()
        clock.now += SECOND
        assert try_door("aoi", PASSWORD).status_code == 302

    def test_is_as_slow_for_a_name_that_nobody_has(self, aoi: User) -> None:
        statuses = [try_door("dare", "chigau").status_code for _ in range(FREE_TRIES_OF_A_NAME + 1)]
        assert statuses == [403] * FREE_TRIES_OF_A_NAME + [429]

    def test_counts_wrong_codes_too_and_forgives_none_for_a_right_password(self, db: None, clock: Clock) -> None:
        hana = employ("hana", Role.OFFICE, at=NOON)
        enrol(hana)
        client = Client()
        assert give_password(client, hana).status_code == 302
        for _ in range(FREE_TRIES_OF_A_NAME - 1):
            assert give_code(client, "000000").status_code == 403
        shut = give_code(client, "000000")
        assert (shut.status_code, shut["Retry-After"]) == (429, "1")
        assert give_password(Client(), hana).status_code == 429

    def test_forgets_the_tries_of_a_name_that_came_in(self, db: None, clock: Clock) -> None:
        hana = employ("hana", Role.OFFICE, at=NOON)
        app = enrol(hana)
        for steps in (0, 1):
            client = Client()
            for _ in range(FREE_TRIES_OF_A_NAME - 2):
                assert give_password(client, hana, "chigau").status_code == 403
            assert give_password(client, hana).status_code == 302
            assert give_code(client, app.show(steps=steps)).status_code == 302
        assert not LoginTry.objects.exists()

    def test_slows_an_address_down_that_tries_many_names(self, aoi: User) -> None:
        for number in range(FREE_TRIES_OF_AN_ADDRESS):
            assert try_door(f"name{number}", "chigau").status_code == 403
        assert try_door("aoi", PASSWORD).status_code == 429
        assert try_door("aoi", PASSWORD, address="192.0.2.2").status_code == 302

    def test_forgets_tries_after_an_hour(self, aoi: User, clock: Clock) -> None:
        for _ in range(FREE_TRIES_OF_A_NAME):
            try_door("aoi", "chigau")
        clock.now += REMEMBERED
        assert try_door("aoi", "chigau").status_code == 403
        assert LoginTry.objects.count() == 1

    def test_takes_a_name_of_any_characters(self, aoi: User) -> None:
        for name in ("", "\x00", "あ" * 3000):
            assert try_door(name, "chigau").status_code == 403


@pytest.mark.django_db(transaction=True)
class TestFindAddress:
    @pytest.mark.parametrize(
        ("forwarded", "proxies", "expected"),
        [
            ("203.0.113.7", 0, "192.0.2.1"),
            ("203.0.113.7", 1, "203.0.113.7"),
            ("6.6.6.6, 203.0.113.7", 1, "203.0.113.7"),
            ("6.6.6.6,203.0.113.7 , 198.51.100.1", 2, "203.0.113.7"),
            ("198.51.100.1", 2, "192.0.2.1"),
            ("", 1, "192.0.2.1"),
            (" , ,", 1, "192.0.2.1"),
        ],
    )
    def test_believes_as_many_as_there_are_proxies(self, forwarded: str, proxies: int, expected: str) -> None:
        assert find_address("192.0.2.1", forwarded=forwarded, proxies=proxies) == expected


@pytest.mark.django_db
class TestDoorBehindAProxy:
    @pytest.mark.parametrize(("proxies", "status"), [(0, 429), (1, 302)])
    def test_counts_by_who_asks_the_proxy_once_it_is_told_of_it(
        self, aoi: User, settings: Settings, proxies: int, status: int
    ) -> None:
        settings.PROXIES = proxies
        for number in range(FREE_TRIES_OF_AN_ADDRESS):
            try_through_proxy(f"somebody-{number}", "wrong", asked_by="203.0.113.7")
        assert try_through_proxy("aoi", PASSWORD, asked_by="203.0.113.8").status_code == status

    def test_cannot_be_told_another_address_by_a_visitor(self, aoi: User, settings: Settings) -> None:
        settings.PROXIES = 1
        for number in range(FREE_TRIES_OF_AN_ADDRESS):
            try_through_proxy(f"somebody-{number}", "wrong", asked_by=f"10.0.0.{number}, 203.0.113.7")
        assert try_through_proxy("aoi", PASSWORD, asked_by="10.0.0.99, 203.0.113.7").status_code == 429


def try_through_proxy(name: str, password: str, *, asked_by: str):
    """Try the door as a proxy does that adds who asks it."""
    return Client(headers={"x-forwarded-for": asked_by}).post(LOGIN, {"login": name, "password": password})


@pytest.mark.django_db(transaction=True)
class TestGuessesAtOnce:
    def test_are_no_more_than_one_after_the_other(self) -> None:
        refused = at_once(*[lambda: begin_try(a_visitor(), at=NOON)] * 12)
        assert [type(each) for each in refused if each] == [TooManyTries] * (12 - FREE_TRIES_OF_A_NAME)

    def test_keep_nothing_of_whoever_is_told_to_wait(self) -> None:
        at_once(*[lambda: begin_try(a_visitor(), at=NOON)] * 8)
        assert LoginTry.objects.count() == FREE_TRIES_OF_A_NAME
        connection.close()
