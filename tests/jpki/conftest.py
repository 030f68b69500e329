"""One test authority for all tests that do not change it in the others' way."""

from pathlib import Path

import pytest
from card_world import AT, BIRTH_DATE, found_authority

from jpki.path import TrustAnchors
from jpki.virtual.authority import Authority
from jpki.virtual.contents import CardContents


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return found_authority(tmp_path_factory.mktemp("jpki") / "authority")


@pytest.fixture(scope="session")
def anchors(authority: Authority) -> TrustAnchors:
    return authority.anchors()


@pytest.fixture(scope="session")
def hanako(authority: Authority) -> CardContents:
    """A card as it was issued; contents do not change, only memories do."""
    return authority.make_card("花子", birth_date=BIRTH_DATE, at=AT)


@pytest.fixture
def own_authority(tmp_path: Path) -> Authority:
    return found_authority(tmp_path / "authority")
