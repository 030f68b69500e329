"""Who reads the site in its tests."""

import pytest
from django.test import Client
from pytest_django import Settings
from site_reader import Reader, load_places

from cast import AT, LOADED_AT, PROGRAMME_FILE
from mynapoint.programme.operations import load_programme


@pytest.fixture
def reader(settings: Settings, db: None) -> Reader:
    """Return a reader of the demonstration's site."""
    settings.CLOCK = lambda: AT
    settings.DEMO = True
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    load_places()
    return Reader(Client(headers={"host": "127.0.0.1:8000"}))
