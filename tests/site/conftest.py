"""Who meets the site in its tests: a reader of its pages, and Hanako with her card before one service."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings
from service_api_cast import NOON, SAKURA, a_service
from signed_peer import SignedPeer, running_peer
from site_reader import Reader, load_places
from visitor import Visitor, confirm, register

from cast import AT, LOADED_AT, PROGRAMME_FILE, Cast
from mynapoint.programme.operations import load_programme
from mynapoint.service_api.door import get_door


@pytest.fixture
def reader(settings: Settings, db: None) -> Reader:
    """Return a reader of the demonstration's site."""
    settings.CLOCK = lambda: AT
    settings.DEMO = True
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    load_places()
    return Reader(Client(headers={"host": "127.0.0.1:8000"}))


@pytest.fixture
def peer() -> Iterator[SignedPeer]:
    with running_peer(confirm) as peer:
        yield peer


@pytest.fixture
def hanako(cast: Cast, settings: Settings, peer: SignedPeer, db: None) -> Iterator[Visitor]:
    cast.serve(settings, at=NOON)
    get_door.cache_clear()
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    register(a_service(SAKURA, address=peer.address))
    yield Visitor(client=Client(headers={"host": "127.0.0.1:8000"}), card=cast.card("hanako"))
    get_door().close()
    get_door.cache_clear()
