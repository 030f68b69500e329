"""A browser with a card beside it, on its way through the site; each page is checked for what all pages have."""

import json
import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from django.http import HttpResponse
from django.test import Client

from cast import LOADED_AT
from jpki.client import JpkiCard
from jpki.pin import Pin
from jpki.virtual.card import VirtualCard
from mynapoint.directory.models import ServiceRevision
from mynapoint.directory.rules import Service
from paymentservice.encoding import to_base64url
from paymentservice.messages import Request, Response
from paymentservice.problems import Problem, problem_body

REFERENCE = to_base64url(b"r" * 32)
ACCOUNT = {"account": "1234 5678 9012", "code1": "８５２４"}
FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
READING = re.compile(r"<rp>.*?</rp>|<rt>.*?</rt>")


def confirm(_request: Request) -> Response:
    body = json.dumps({"account_reference": REFERENCE, "hint": "●●●●-9012"}).encode()
    return Response(status=200, headers={"Content-Type": "application/json"}, body=body)


def linked(request: Request) -> Response:
    body = json.dumps({"link_token": json.loads(request.body)["link_token"], "state": "linked"}).encode()
    return Response(status=201, headers={"Content-Type": "application/json"}, body=body)


def refuse(code: str, status: int, **data: int) -> Response:
    body = problem_body(Problem(code=code, title="見本", status=status, detail="見本", data=data))
    return Response(status=status, headers={"Content-Type": "application/problem+json"}, body=body)


def register(service: Service) -> None:
    """Register a service with an address of its own."""
    content = service.model_dump(mode="json", by_alias=True)
    ServiceRevision.objects.create(
        id=service.id, effective_from=service.effective_from, content=content, loaded_at=LOADED_AT
    )


def find_foreign(html: str) -> list[str]:
    """Return what no page may have: scripts and styles in its own text, and parts from anywhere but this site."""
    inline = re.findall(r"<script\b[^>]*>[^<]+|<style\b|\sstyle=|<\w[^>]*\son\w+=|javascript:", html)
    sourceless = re.findall(r"<script\b(?![^>]*\ssrc=)[^>]*>", html)
    parts = re.findall(r'<(?:script|img|iframe|object|link rel="\w+")[^>]*?\s(?:src|data|href)="([^"]*)"', html)
    return [*inline, *sourceless, *(part for part in parts if not re.match(r"/[^/]", part))]


def read(answer: HttpResponse, status: int = 200, *, lang: str = "ja") -> str:
    """Check what every page must have; return its words."""
    html = answer.content.decode()
    assert answer.status_code == status, html
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert not find_foreign(html)
    assert not answer.cookies
    assert f'<html lang="{lang}">' in html
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", READING.sub("", html))))


@dataclass
class Visitor:
    """A browser with a card beside it."""

    client: Client
    card: Path
    prefix: str = ""

    def see(self, address: str, status: int = 200) -> str:
        return read(self.client.get(address), status, lang="en" if address.startswith("/en/") else "ja")

    def fill_in(self, address: str, **typed: str) -> str:
        """Fill in a page's form, with its hidden fields, and return the address to which it leads."""
        answer = self.send(address, **typed)
        assert answer.status_code == 302, answer.content.decode()
        return str(answer["Location"])

    def send(self, address: str, **typed: str) -> HttpResponse:
        """Fill in a page's form, with its hidden fields."""
        hidden = dict(FIELD.findall(self.client.get(address).content.decode()))
        return self.client.post(address, hidden | typed)

    def begin_reservation(self, who: str = "myself") -> str:
        """Answer every question of a reservation and return the address of the check."""
        step = self.fill_in(f"{self.prefix}/reserve/")
        step = self.fill_in(step, who=who)
        return self.fill_in(step, terms="yes")

    def begin_application(self, service: str = "sakura", **account: str) -> str:
        """Answer every question of an application and return the address of the check."""
        step = self.begin_account(service)
        step = self.fill_in(step, **(account or ACCOUNT))
        step = self.fill_in(step, own="yes")
        return self.fill_in(step, understood="yes")

    def begin_account(self, service: str = "sakura") -> str:
        """Answer an application's questions up to the account's."""
        step = self.fill_in(f"{self.prefix}/apply/with/{service}/")
        step = self.fill_in(step, who="myself")
        step = self.fill_in(step, prepared="yes")
        return self.fill_in(step, terms="yes", service_terms="yes")

    def reserve(self) -> str:
        """Reserve and return the act's page."""
        return self.signed(self.fill_in(self.begin_reservation()))

    def apply(self, service: str = "sakura") -> str:
        """Apply and return the act's page."""
        return self.signed(self.fill_in(self.begin_application(service)))

    def look(self) -> str:
        """Look at what is held and return the act's page."""
        return self.signed(self.fill_in(f"{self.prefix}/status/"))

    def signed(self, page: str) -> str:
        answer = self.sign(page)
        assert answer.status_code == 200, answer.content
        return page

    def sign(self, page: str) -> HttpResponse:
        statement = self.client.get(f"{link_of(page)}/statement")
        assert statement.status_code == 200, statement.content
        signed = JpkiCard(VirtualCard.open(self.card)).sign_statement(statement.content, pin=Pin("1234"))
        return self.hand_in(
            page, signature=to_base64url(signed.signature), certificate=to_base64url(signed.certificate)
        )

    def hand_in(self, page: str, **body: object) -> HttpResponse:
        return self.client.post(f"{link_of(page)}/signature", json.dumps(body), content_type="application/json")


def link_of(page: str) -> str:
    """Return an act's link, as programs know it, from its page in any language."""
    return "/act/" + page.rstrip("/").rpartition("/")[2]
