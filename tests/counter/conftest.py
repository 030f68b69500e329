"""The counter's tests race as closing's do, and their terminal stands in a city with one service."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings
from service_api_cast import NOON, SAKURA, a_service
from signed_peer import SignedPeer, running_peer
from sitting import Sitting
from visitor import confirm, register

from cast import LOADED_AT, PROGRAMME_FILE, Cast
from mynapoint.programme.operations import load_programme
from mynapoint.service_api.door import get_door
from mynapoint.staff.rules import Role
from staff_cast import employ, install, open_counters, sit_down


@pytest.fixture
def peer() -> Iterator[SignedPeer]:
    """Run a payment service that confirms every account."""
    with running_peer(confirm) as peer:
        yield peer


@pytest.fixture
def city(cast: Cast, settings: Settings, peer: SignedPeer, db: None) -> Iterator[None]:
    """Open a counter at noon on a working day, with one service that can be applied for there and one that cannot."""
    cast.serve(settings, at=NOON)
    get_door.cache_clear()
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    register(a_service(SAKURA, address=peer.address, channels=["pc", "counter"]))
    register(a_service(SAKURA, id="athome", name={"ja": "家だけのサービス"}))
    open_counters()
    yield
    get_door().close()
    get_door.cache_clear()


@pytest.fixture
def sitting(city: None) -> Sitting:
    """Sit a clerk down before a terminal."""
    installed = install(at=NOON)
    return Sitting(sit_down(employ("hana", Role.CLERK, at=NOON), installed, at=NOON), installed)


@pytest.fixture
def card(cast: Cast) -> Path:
    return cast.card("hanako")


@pytest.fixture
def begun(sitting: Sitting, card: Path) -> Sitting:
    """A case in which Hanako's card lies."""
    sitting.begin()
    sitting.put_down(card)
    return sitting
