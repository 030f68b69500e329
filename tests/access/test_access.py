"""Every person, every address, every method: nobody gets in but whom the table lets in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pytest
from django.conf import settings as live
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.fixtures import Settings

from cast import AT
from mynapoint.access import ACCESS, RULES, Staff, name_address
from mynapoint.kernel.slip_code import CODE_ALPHABET, CODE_LENGTH
from mynapoint.staff.operations import dismiss
from mynapoint.staff.queries import find_member
from mynapoint.staff.rules import OFFICE, Member, Role
from staff_cast import CITY, COUNTER, OTHER_CITY, OTHER_COUNTER, employ, install, open_counters, sit_down

pytestmark = pytest.mark.django_db
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PARAMETER: Final = re.compile(r"<(?:(\w+):)?(\w+)>")
SAMPLES: Final = {
    "uuid": "01890000-0000-7000-8000-000000000000",
    "slug": "mynapoint-2020",
    "str": "A" * 43,
    "int": "1",
    "way": "reserve",
    "draft": "A" * 43,
    "step": "who",
    "day": "2020-09-09",
    "month": "2020-08",
    "visit_day": "2020-09-11",
    "clock": "0930",
    "code": CODE_ALPHABET[0] * CODE_LENGTH,
}
"""One value for each kind of part of an address; a new kind needs one here."""
CITIES: Final = {CITY: COUNTER, OTHER_CITY: OTHER_COUNTER}


@dataclass(frozen=True)
class Address:
    """One entry of the whole list of addresses, with parts filled in."""

    name: str
    path: str
    view: object
    counter: str | None
    """Which counter the path names, if it names one."""


def list_addresses(counter: str = COUNTER) -> list[Address]:
    """Return every address of the platform."""
    return [_fill(name, route, pattern, counter) for name, route, pattern in _walk(get_resolver(live.ROOT_URLCONF))]


def _walk(resolver: URLResolver, names: str = "", route: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    for pattern in resolver.url_patterns:
        longer = route + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield f"{names}{pattern.name}", longer, pattern
        else:
            yield from _walk(pattern, f"{names}{pattern.namespace}:" if pattern.namespace else names, longer)


def _fill(name: str, route: str, pattern: URLPattern, counter: str) -> Address:
    def sample(part: re.Match[str]) -> str:
        return counter if part[2] == "counter" else SAMPLES[part[1] or "str"]

    names_counter = any(part == "counter" for _, part in PARAMETER.findall(route))
    path = "/" + PARAMETER.sub(sample, route).replace(".*/$", "nothing/there/")
    return Address(name_address(name), path, pattern.callback, counter if names_counter else None)


@dataclass(frozen=True)
class Person:
    """Somebody with a browser."""

    client: Client
    member: Member | None

    def may(self, address: Address, method: str) -> bool:
        """Say whether the table lets them in, at the counter that the address names if it names one."""
        who = ACCESS[address.name].get("GET" if method == "HEAD" else method)
        if not isinstance(who, Staff):
            return who is not None
        if self.member is None:
            return False
        is_elsewhere = address.counter not in {None, CITIES.get(self.member.city)}
        return who.has(self.member) and not is_elsewhere


@pytest.fixture
def people(settings: Settings) -> dict[str, Person]:
    """Return nobody, somebody with one factor, somebody who left, and each role of two cities and of the office."""
    settings.CLOCK = lambda: AT + timedelta(minutes=1)
    open_counters()
    terminals = {city: install(counter=counter, city=city, at=AT) for city, counter in CITIES.items()}
    everyone = {"nobody": Person(Client(), None)}
    half = Client()
    half.force_login(employ("half", Role.CLERK, at=AT))
    everyone["one factor"] = Person(half, None)
    posts = [(role, city) for role in (Role.CLERK, Role.SUPERVISOR, Role.CITY_ADMIN, Role.AUDITOR) for city in CITIES]
    for role, city in [*posts, (Role.OFFICE, OFFICE), (Role.AUDITOR, OFFICE)]:
        user = employ(f"{role}-{city or 'office'}".replace("_", "-"), role, city=city, at=AT)
        client = sit_down(user, terminals.get(city), at=AT)
        everyone[f"{role} of {city or 'the office'}"] = Person(client, find_member(user.id, at=AT))
    gone = employ("gone", Role.SUPERVISOR, at=AT)
    everyone["who left"] = Person(sit_down(gone, terminals[CITY], at=AT), None)
    dismiss(gone.id, by=None, at=AT)
    return everyone


class TestTable:
    def test_has_every_address(self) -> None:
        names = {address.name for address in list_addresses()}
        assert names - ACCESS.keys() == set(), "a new address needs a row in src/mynapoint/access.py"

    def test_has_nothing_else(self) -> None:
        names = {address.name for address in list_addresses()}
        assert ACCESS.keys() - names == set(), "rows of src/mynapoint/access.py that no address has"

    def test_says_one_thing_of_each(self) -> None:
        said = [(name, method) for rule in RULES for name in rule.names for method in rule.methods]
        assert len(said) == len(set(said))

    def test_agrees_with_the_desks(self) -> None:
        for address in list_addresses():
            roles = getattr(address.view, "roles", None)
            whos = {who.roles for who in ACCESS[address.name].values() if isinstance(who, Staff)}
            if roles is not None:
                assert whos == {roles}, address.name
            elif address.path.startswith("/counter/") and not address.name.startswith(("display:", "card-report")):
                assert not whos, f"{address.name} asks nobody which desk it is"

    def test_gives_no_role_to_everybody(self) -> None:
        for name in ACCESS:
            if name.startswith(("office:", "counter:")):
                assert all(isinstance(who, Staff) for who in ACCESS[name].values()), name


class TestMatrix:
    @pytest.mark.parametrize("counter", list(CITIES.values()))
    def test_lets_nobody_in_whom_the_table_does_not(self, people: dict[str, Person], counter: str) -> None:
        let_in = []
        for address in list_addresses(counter):
            for who, person in people.items():
                let_in += _list_unexpected(address, who, person)
        assert let_in == []

    def test_lets_everybody_in_whom_the_table_does(self, people: dict[str, Person]) -> None:
        kept_out = []
        for counter in CITIES.values():
            for address in list_addresses(counter):
                if not any(isinstance(who, Staff) for who in ACCESS[address.name].values()):
                    continue
                for who, person in people.items():
                    status = person.client.get(address.path).status_code if person.may(address, "GET") else 200
                    if status in {403, 405} or status >= 500:
                        kept_out.append((who, address.name, status))
        assert kept_out == []


@pytest.mark.urls("access.unguarded")
class TestGate:
    """Views that forgot to ask, behind the table."""

    def test_keeps_an_address_shut_that_the_table_lacks(self, people: dict[str, Person]) -> None:
        assert {person.client.get("/new/").status_code for person in people.values()} == {404}

    def test_asks_for_a_view_that_does_not(self, people: dict[str, Person]) -> None:
        statuses = {who: person.client.get("/office/").status_code for who, person in people.items()}
        let_in = {who for who, status in statuses.items() if status == 200}
        assert let_in == {"office of the office", "auditor of the office"}
        assert {statuses[who] for who in ("nobody", "one factor", "who left")} == {302}

    def test_has_a_view_answer_no_other_method(self, people: dict[str, Person]) -> None:
        answer = people["office of the office"].client.post("/office/")
        assert (answer.status_code, answer["Allow"]) == (405, "GET")


def _list_unexpected(address: Address, who: str, person: Person) -> list[str]:
    """Try every method that is not for this person; return those that were answered with success."""
    is_ours = any(isinstance(rule, Staff) for rule in ACCESS[address.name].values())
    if not is_ours and who not in {"nobody", f"{Role.CLERK} of {CITY}"}:
        return []
    return [
        f"{who}: {method} {address.path} {status}"
        for method in METHODS
        if not person.may(address, method)
        and (status := person.client.generic(method, address.path).status_code) // 100 == 2
    ]
