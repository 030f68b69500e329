"""A directory with two services and one programme, at noon."""

from pathlib import Path

import pytest
from pytest_django import Settings
from service_api_cast import FUJI, NOON, SAKURA, a_service

from mynapoint.directory.queries import REGISTER
from mynapoint.programme.operations import load_programme

PROGRAMMES = Path(__file__).resolve().parents[2] / "programmes"


@pytest.fixture
def noon(settings: Settings) -> None:
    """Stop the clock, and mount the API."""
    settings.CLOCK = lambda: NOON
    settings.ROOT_URLCONF = "mounted_urls"


@pytest.fixture
def registered(db: None, noon: None) -> None:
    """Register the programme and both services."""
    load_programme(PROGRAMMES / "mynapoint-2020.toml", at=NOON)
    for key in (SAKURA, FUJI):
        REGISTER.add(a_service(key), at=NOON)
