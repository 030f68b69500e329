"""The cast: invented people with cards of a test authority, and the platform's side of an act around them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django import Settings

from jpki.client import JpkiCard
from jpki.pin import Pin
from jpki.virtual.authority import Authority
from jpki.virtual.card import VirtualCard
from jpki.virtual.keys import KeyPool
from mynapoint.act.operations import Done, propose, submit
from mynapoint.act.queries import get_statement
from mynapoint.act.rules import Authorities, Kind, Link, Perform, Proposal, Submission
from mynapoint.application.operations import apply
from mynapoint.application.rules import hash_account
from mynapoint.correction.operations import take_objection
from mynapoint.directory.operations import register_service
from mynapoint.directory.rules import ServiceKey
from mynapoint.kernel.period import JST
from mynapoint.programme.operations import load_programme
from mynapoint.reservation.operations import reserve

ROOT = Path(__file__).resolve().parents[1]
PROGRAMME = "mynapoint-2020"
PROGRAMME_FILE = ROOT / "programmes" / f"{PROGRAMME}.toml"
SITE = "http://127.0.0.1:8000"
SERVICE_KEY = "A" * 43

LOADED_AT = datetime(2020, 6, 1, tzinfo=JST)
ISSUED_AT = datetime(2020, 5, 1, 9, tzinfo=JST)
AT = datetime(2020, 9, 10, 10, tzinfo=JST)
BORN = date(1985, 4, 12)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

PERFORMERS: Mapping[Kind, Perform] = {
    "reservation": reserve,
    "application": apply,
    "inquiry": lambda _act: {},
    "objection": take_objection,
}
POOL = KeyPool(8)


@dataclass(frozen=True)
class Cast:
    """A test authority with its people."""

    authority: Authority

    def card(self, name: str, *, at: datetime = ISSUED_AT) -> Path:
        """Issue a person's card, in a file so that it can be renewed."""
        return self.authority.issue(name, birth_date=BORN, at=at)

    def authorities(self) -> Authorities:
        """Return what the platform believes."""
        return Authorities(anchors=self.authority.anchors(), registry=self.authority.registry)

    def serve(self, platform: Settings, *, at: datetime) -> None:
        """Have the platform be a demonstration at a time, which asks the cast's own authority."""
        platform.DEMO, platform.CLOCK = True, lambda: at
        platform.REGISTRY = f"authority:{self.authority._folder}"
        platform.TRUST_ANCHORS = self.authority._folder / "anchors"

    def sign(self, link: Link, card: Path, *, at: datetime = AT) -> Submission:
        """Have a card sign what is proposed under a link."""
        return sign(get_statement(link, at=at), card)

    def submit(self, link: Link, submission: Submission, *, at: datetime = AT, **changed: Any) -> Done:
        """Hand a signature in to the platform."""
        given: dict[str, Any] = {"audience": SITE, "authorities": self.authorities(), "performers": PERFORMERS}
        return submit(link, submission, **(given | changed), at=at)

    def act(self, proposal: Proposal, card: Path, *, at: datetime = AT) -> Done:
        """Propose, sign and hand in."""
        link = propose(proposal, audience=SITE, at=at)
        return self.submit(link, self.sign(link, card, at=at), at=at)

    def reserve(self, card: Path, *, at: datetime = AT) -> Done:
        """Make a whole reservation."""
        return self.act(RESERVATION, card, at=at)


def sign(statement: bytes, card: Path) -> Submission:
    """Have a card sign any bytes."""
    connection = VirtualCard.open(card)
    signed = JpkiCard(connection).sign_statement(statement, pin=Pin("1234"))
    return Submission(signature=signed.signature, certificate=signed.certificate)


RESERVATION = Proposal(kind="reservation", programme_id=PROGRAMME, programme_title="見本", content={})
OBJECTION = Proposal(
    kind="objection", programme_id=PROGRAMME, programme_title="見本", content={"reason": "not_my_account"}
)
INQUIRY = Proposal(kind="inquiry", programme_id=PROGRAMME, programme_title="見本", content={})


def application(account: str, *, service: str = "hanamaru") -> Proposal:
    """Propose an application as the site does after the service's check."""
    account_hash = hash_account(service, account, key=settings.ACCOUNT_KEY)
    content = {
        "service": {"id": service, "name": service},
        "account": {"hint": "●●●● 42", "hash": account_hash.hex()},
        "grant": {"rate_percent": 25, "cap": 5000},
        "irrevocable": True,
    }
    return Proposal(
        kind="application",
        programme_id=PROGRAMME,
        programme_title="見本",
        content=content,
        attachment={"account_reference": "R" * 43},
    )


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    """Return a test authority with people to come."""
    return Cast(Authority.create(tmp_path / "authority", at=datetime(2018, 1, 1, tzinfo=JST), draw_key=POOL.draw))


@pytest.fixture
def programme(db: None) -> str:
    """Load the national round of 2020 and both sample services; return its name."""
    announce()
    return PROGRAMME


def announce() -> None:
    """Load the national round of 2020 and both sample services."""
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    for name in ("hanamaru", "sakura"):
        key = ServiceKey.model_validate({"id": f"{name}-1", "public_key": SERVICE_KEY, "from": LOADED_AT})
        register_service(ROOT / "services" / f"{name}.toml", address="http://127.0.0.1:9/x", keys=[key], at=LOADED_AT)
