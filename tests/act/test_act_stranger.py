"""Whoever has read the protocol's page can write a program for it: one that knows nothing else passes."""

import ast
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import stranger
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from stranger import Stop

from cast import AT, BORN, INQUIRY, ISSUED_AT, RESERVATION, Cast
from jpki.virtual.card import VirtualCard
from jpki.virtual.keys import KeyKind
from mynapoint.act.operations import propose
from mynapoint.reservation.models import Reservation

VECTORS = Path(__file__).parents[2] / "vectors" / "act"


def read(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def judge_link(text: str) -> tuple[str, str | None]:
    try:
        return "act", stranger.read_link(text).act
    except Stop as stop:
        return str(stop), None


def judge_statement(case: dict[str, str]) -> str:
    link, now = stranger.read_link(case["link"]), datetime.fromisoformat(case["at"])
    try:
        stranger.read_statement(stranger.decode(case["statement"]), link, now=now)
    except Stop as stop:
        return str(stop)
    return "shown"


class TestStranger:
    def test_knows_nothing_but_the_page(self) -> None:
        tree = ast.parse(Path(str(stranger.__file__)).read_text(encoding="utf-8"))
        named = {
            alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        named |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert named - sys.stdlib_module_names == {"cryptography", "httpx2"}

    @pytest.mark.parametrize("case", read("links"), ids=lambda case: case["link"])
    def test_reads_links_as_the_vectors_say(self, case: dict[str, str]) -> None:
        assert judge_link(case["link"]) == (case["expected"], case.get("act"))

    @pytest.mark.parametrize("case", read("statements"), ids=lambda case: case["name"])
    def test_reads_statements_as_the_vectors_say(self, case: dict[str, str]) -> None:
        assert judge_statement(case) == case["expected"]

    def test_prepares_what_the_card_signs_as_the_vectors_say(self) -> None:
        cases = [case for case in read("signatures")["cases"] if len(case["certificate"]) > 8]
        assert len({case["algorithm"] for case in cases}) == 2
        for case in cases:
            statement, certificate = (stranger.decode(case[name]) for name in ("statement", "certificate"))
            assert stranger.prepare(statement, certificate).hex() == case["for_card"], case["name"]


class TestSite:
    @pytest.fixture
    def origin(self, cast: Cast, programme: str, settings: Settings, live_server: LiveServer) -> str:
        cast.serve(settings, at=AT)
        settings.SITE_ORIGIN = live_server.url
        return live_server.url

    @pytest.mark.parametrize("kind", KeyKind)
    def test_takes_a_reservation_and_an_inquiry_from_a_stranger(self, origin: str, cast: Cast, kind: KeyKind) -> None:
        card = VirtualCard.open(cast.authority.issue("花子", birth_date=BORN, at=ISSUED_AT, kind=kind))
        for proposal in (RESERVATION, INQUIRY):
            link = f"{origin}/act/{propose(proposal, audience=origin, at=AT).token}"
            answer = stranger.sign_act(link, card.transmit, pin="1234", now=AT, trusted={origin})
            assert (answer["kind"], bool(answer["receipt"])) == (proposal.kind, True)
            with pytest.raises(Stop, match="act_already_used"):
                stranger.sign_act(link, card.transmit, pin="1234", now=AT, trusted={origin})
        assert Reservation.objects.count() == 1
