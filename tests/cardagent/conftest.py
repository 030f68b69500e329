"""A card file of a test authority and a site for the card program."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from card_program_site import AT, Site, run_site
from window_program import Program, make_environment, run_program, write_configuration

from jpki.virtual.authority import Authority
from jpki.virtual.keys import KeyKind, KeyPool


@pytest.fixture(scope="session")
def card_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("cardagent") / "authority"
    return Authority.create(folder, at=AT - timedelta(days=30), draw_key=KeyPool(4).draw)


@pytest.fixture
def card_path(card_authority: Authority, request: pytest.FixtureRequest) -> Path:
    """A card of its own for each test, with today's kind of key unless the test names others."""
    kind = getattr(request, "param", KeyKind.RSA_2048)
    return card_authority.issue(f"花子{os.urandom(8).hex()}", birth_date=date(1985, 4, 3), at=AT, kind=kind)


@pytest.fixture
def site() -> Iterator[Site]:
    with run_site() as site:
        yield site


@pytest.fixture(scope="module")
def trusted() -> Iterator[Site]:
    with run_site() as site:
        yield site


@pytest.fixture(scope="module")
def program(trusted: Site, card_authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("program")
    words = ["--config", str(write_configuration(folder / "config.toml", trusted.origin))]
    words += ["--demo-cards", str(card_authority._folder / "cards"), "--demo-clock", str(folder / "clock.json")]
    with run_program(folder, *words, environment=make_environment(folder, MYNAPOINT_DEMO="1")) as program:
        yield program
