"""A terminal with its clerk, its citizen's display, its card program, and a card to put down."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pypdf import PdfReader

from jpki.client import JpkiCard
from jpki.pin import Pin
from jpki.virtual.card import VirtualCard
from jpki.virtual.contents import FileMemory
from mynapoint.case.queries import CaseView, find_open_case, get_case
from mynapoint.case.rules import CaseName, Seat, fingerprint_of
from mynapoint.counter.case.links import find_token
from paymentservice.encoding import to_base64url
from staff_cast import COUNTER, Installed, sit_down

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
ACCOUNT = {"account": "1234 5678 9012", "code1": "８５２４"}
OK = 200
COUNTER_NAME = "市民課"


def see(answer: HttpResponse, status: int = 200) -> str:
    """Return a page's words."""
    html = answer.content.decode()
    assert answer.status_code == status, html
    html = re.sub(r"<rp>.*?</rp>|<rt>.*?</rt>", "", html)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def set_clock(at: datetime) -> None:
    """Have it be another time for everybody who reads the clock anew."""
    settings.CLOCK = lambda: at


@dataclass
class Sitting:
    """One terminal of the counter."""

    clerk: Client
    installed: Installed
    display: Client = field(default_factory=Client)
    case_id: str = ""
    set_clock: Callable[[datetime], None] = set_clock

    @property
    def at(self) -> datetime:
        return settings.CLOCK()

    @property
    def seat(self) -> Seat:
        return Seat(COUNTER, COUNTER_NAME, str(self.installed.id), "1番窓口")

    def token(self, purpose: Any) -> str:
        token = find_token(self.seat, purpose, at=self.at)
        assert token is not None
        return token

    @property
    def screen(self) -> str:
        return f"/counter/display/{self.token('display')}/"

    @property
    def page(self) -> str:
        return f"/counter/cases/{self.case_id}/"

    def sit_down_again(self) -> None:
        """Sign the clerk in anew: nobody is signed in for longer than they do something."""
        user = User.objects.get()
        self.clerk = sit_down(user, self.installed, at=self.at)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.set_clock(self.at + timedelta(seconds=seconds))

    def begin(self, **typed: str) -> str:
        """Press はじめる; return the case's page."""
        answer = self.clerk.post("/counter/cases/", {**self.hidden("/counter/"), **typed})
        assert answer.status_code == 302, answer.content.decode()
        self.case_id = answer["Location"].rstrip("/").rpartition("/")[2]
        return self.look()

    def look(self, status: int = 200) -> str:
        return see(self.clerk.get(self.page), status)

    def case(self) -> CaseView:
        return get_case(CaseName(COUNTER, UUID(self.case_id)), at=self.at)

    def hidden(self, address: str) -> dict[str, str]:
        return dict(HIDDEN.findall(self.clerk.get(address).content.decode()))

    def report(self, card: Path | None, **more: object) -> HttpResponse:
        """Have the card program say which card lies there, as a rule since just now."""
        told = None
        if card is not None:
            certificate = FileMemory(card).read().credentials.authentication.certificate
            told = to_base64url(fingerprint_of(certificate))
        body = json.dumps({"card": told, **({"lying_seconds": 0} if told else {}), **more})
        return Client().post(f"/counter/card/{self.token('card')}", body, content_type="application/json")

    def put_down(self, card: Path) -> None:
        assert self.report(card).status_code == 204

    def do(self, what: str, **typed: str) -> HttpResponse:
        """Send one of the case's forms."""
        return self.clerk.post(f"{self.page}{what}/", typed)

    def begin_act(self, status: int = 302, **typed: str) -> HttpResponse:
        answer = self.do("act", **{"kind": "reservation", "who": "myself", **typed})
        assert answer.status_code == status, answer.content.decode()
        return answer

    def watch(self, prefix: str = "") -> tuple[str, str]:
        """Look at the display as it stands: where it leads to, and what it says."""
        address = f"{prefix}{self.screen}"
        for _ in range(4):
            answer = self.display.get(address)
            if answer.status_code != 302:
                return address, see(answer, answer.status_code)
            address = answer["Location"]
        raise AssertionError("the display leads in a circle")

    def answer(self, **typed: str) -> HttpResponse:
        """Have the citizen fill in the form that the display shows."""
        address, _ = self.watch()
        hidden = dict(HIDDEN.findall(self.display.get(address).content.decode()))
        return self.display.post(address, hidden | typed)

    def answer_all(self, **typed: str) -> None:
        """Have the citizen answer everything, up to the act on the screen."""
        for given in self.answers(**typed):
            answered = self.answer(**given)
            assert answered.status_code == 302, see(answered, answered.status_code)
        self.watch()

    def answers(self, **typed: str) -> list[dict[str, str]]:
        address, shown = self.watch()
        if "予約" in shown and "サービス" not in shown:
            return [{"terms": "yes"}, {}] if "/terms/" in address else [{}]
        account = typed or ACCOUNT
        return [{"terms": "yes", "service_terms": "yes"}, account, {"own": "yes"}, {"understood": "yes"}, {}]

    def link(self) -> str:
        """Return the act's link, from the button to the card program."""
        html = self.display.get(self.watch()[0]).content.decode()
        found = re.search(r"sign\?link=[^\"]*act%2F([A-Za-z0-9_-]{43})", html)
        assert found, html
        return f"/act/{found.group(1)}"

    def sign(self, card: Path, *, link: str | None = None) -> HttpResponse:
        """Have a card sign what the display shows."""
        link = link or self.link()
        statement = self.display.get(f"{link}/statement")
        if statement.status_code != OK:
            return statement
        signed = JpkiCard(VirtualCard.open(card)).sign_statement(statement.content, pin=Pin("1234"))
        body = {"signature": to_base64url(signed.signature), "certificate": to_base64url(signed.certificate)}
        return self.display.post(f"{link}/signature", json.dumps(body), content_type="application/json")

    def reserve(self, card: Path) -> None:
        """Go the whole way of a reservation in the open case."""
        self.begin_act()
        self.answer_all()
        assert self.sign(card).status_code == 200

    def is_open(self) -> bool:
        return find_open_case(COUNTER, str(self.installed.id), at=self.at) is not None


def find_slip(pdf: bytes) -> str:
    """Return the token that stands on a slip."""
    text = PdfReader(BytesIO(pdf)).pages[0].extract_text()
    found = re.search(r"^[A-Za-z0-9_-]{43}$", text, re.MULTILINE)
    assert found, text
    return found.group()
