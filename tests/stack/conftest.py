"""The real driver stack for the tests in this folder, and a loud word where it cannot run."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from stack_times import AT

from demo.card_stack import CardStack, find_missing, running_card_stack
from jpki.virtual.authority import Authority
from jpki.virtual.keys import KeyKind, KeyPool
from left_out import STACK_NOT_TESTED

_DESKS = 7  # with two readers each; pcscd takes 16 at most


@pytest.fixture(scope="session")
def stack() -> Iterator[CardStack]:
    missing = find_missing()
    if missing:
        pytest.skip(f"{STACK_NOT_TESTED}, MISSING: {', '.join(missing)}")
    with running_card_stack(desks=_DESKS) as stack:
        yield stack


@pytest.fixture(scope="session")
def stack_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("stack") / "authority"
    return Authority.create(folder, at=AT - timedelta(days=30), draw_key=KeyPool(4).draw)


@pytest.fixture
def card_path(stack_authority: Authority, request: pytest.FixtureRequest) -> Path:
    """A card of its own for each test, with today's kind of key unless the test names others."""
    kind = getattr(request, "param", KeyKind.RSA_2048)
    return stack_authority.issue(f"花子{os.urandom(8).hex()}", birth_date=date(1985, 4, 3), at=AT, kind=kind)
