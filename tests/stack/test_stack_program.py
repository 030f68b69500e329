"""`mynapoint-card` before the real stack: on its own, and all the way to the real platform."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from card_program_site import Site, run_site
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from reader_cards import Puller, Recorder, at, lying_in, wait_until_empty
from service_api_cast import NOON, SAKURA, a_service
from signed_peer import SignedPeer, running_peer
from stack_times import AT
from window_program import COMMAND, trust

from cardagent.link import ActLink
from cardagent.places import ReaderPlace
from cardagent.sentences import ExitCode
from cardagent.signing import CardExchanged, look_at_card, open_act, sign_at
from cardagent.site import open_http_client
from cast import BORN, ISSUED_AT, LOADED_AT, PROGRAMME_FILE, Cast
from demo.card_stack import SOCKET_VARIABLE, CardStack, Reader
from demo.people import Person
from iccard.pcsc import wait_for_card
from jpki.pin import Pin
from jpki.virtual.authority import Authority
from jpki.virtual.contents import FileMemory, Purpose, describe_card
from jpki.virtual.keys import KeyKind
from mynapoint.application.models import Application
from mynapoint.directory.models import ServiceRevision
from mynapoint.programme.operations import load_programme
from mynapoint.reservation.models import Reservation
from mynapoint.service_api.door import get_door
from paymentservice.encoding import to_base64url
from paymentservice.messages import Request, Response


@pytest.fixture
def environment(stack: CardStack, tmp_path: Path, site: Site) -> dict[str, str]:
    return make_environment(tmp_path / "clock.json", stack, at=AT, origin=site.origin)


def make_environment(clock: Path, stack: CardStack, *, at: datetime, origin: str) -> dict[str, str]:
    clock.write_text(json.dumps({"at": at.isoformat(), "since": None}))
    return {
        "PATH": os.environ["PATH"],
        "MYNAPOINT_DEMO": "1",
        "MYNAPOINT_DEMO_CLOCK": str(clock),
        "XDG_CONFIG_HOME": trust(clock.parent, origin),
        "PYTHONUTF8": "1",
        "COLUMNS": "200",
        SOCKET_VARIABLE: str(stack.socket),
    }


def run(environment: dict[str, str], *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], input=typed, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def sign(environment: dict[str, str], link: str, *options: str, pin: str = "1234") -> subprocess.CompletedProcess[str]:
    return run(environment, "sign", link, "--yes", "--pin-file", "-", "--wait", "5", *options, typed=f"{pin}\n")


@contextmanager
def served(stack: CardStack, environment: dict[str, str], card: Path, reader: Reader) -> Iterator[None]:
    """Have the program itself put the card into the reader, in the reader's own network."""
    words = ["serve-vpcd", "--card", str(card), "--port", str(reader.port)]
    server = subprocess.Popen(stack.inside(*COMMAND, *words), env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for_card(reader=reader.name, seconds=20)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=20)
    wait_until_empty(reader)


@pytest.fixture
def site() -> Iterator[Site]:
    with run_site() as site:
        yield site


class TestSign:
    def test_takes_the_card_that_the_program_itself_serves(
        self, stack: CardStack, site: Site, card_path: Path, environment: dict[str, str]
    ) -> None:
        reader = stack.readers[2]
        with served(stack, environment, card_path, reader):
            done = sign(environment, site.link, "--reader", reader.name)
        assert done.returncode == ExitCode.DONE, done.stdout
        assert "あと3回" in done.stdout
        assert "受付番号: R-0001" in done.stdout

    def test_takes_the_one_reader_that_has_a_card(
        self, stack: CardStack, site: Site, card_path: Path, environment: dict[str, str]
    ) -> None:
        with lying_in(stack.readers[4], at(card_path)):
            assert sign(environment, site.link).returncode == ExitCode.DONE

    def test_says_which_readers_have_a_card(
        self, stack: CardStack, site: Site, card_path: Path, environment: dict[str, str]
    ) -> None:
        with lying_in(stack.readers[0], at(card_path)), lying_in(stack.readers[1], at(card_path)):
            done = sign(environment, site.link)
        assert done.returncode == ExitCode.READER_UNUSABLE
        assert "「Desk 0 00 00」、「Desk 0 00 01」" in done.stdout
        assert not site.paths

    def test_asks_for_a_card_and_then_gives_up(self, stack: CardStack, site: Site, environment: dict[str, str]) -> None:
        done = run(environment, "sign", site.link, "--wait", "0.5")
        assert done.returncode == ExitCode.NO_CARD
        assert "カードをリーダーに置いてください" in done.stdout
        assert not site.paths

    def test_locks_after_three_wrong_pins_and_then_asks_for_none(
        self, stack: CardStack, site: Site, card_path: Path, environment: dict[str, str]
    ) -> None:
        with lying_in(stack.readers[0], at(card_path)):
            codes = [sign(environment, site.link, pin=pin).returncode for pin in ("9999", "9998", "9997", "1234")]
        assert codes == [ExitCode.WRONG_PIN, ExitCode.WRONG_PIN, ExitCode.PIN_LOCKED, ExitCode.PIN_LOCKED]
        assert not site.handed_in

    def test_tries_no_pin_on_a_card_that_was_exchanged(
        self, stack: CardStack, site: Site, card_path: Path, stack_authority: Authority
    ) -> None:
        other = stack_authority.issue("exchanged", birth_date=date(1990, 1, 1), at=AT)
        reader, link = stack.readers[0], ActLink.parse(site.link)
        place, recorder = ReaderPlace(reader.name), Recorder(other)
        with open_http_client(link) as http_client:
            act = open_act(link, http_client=http_client, at=AT)
        with lying_in(reader, at(card_path)):
            seen = look_at_card(place, at=AT)
        with lying_in(reader, recorder.power_up), pytest.raises(CardExchanged):
            sign_at(place, act, seen=seen, pin=Pin("1234"), at=AT)
        assert not [frame for frame in recorder.frames if frame[1] == 0x20]


class TestInfo:
    @pytest.mark.parametrize(
        ("card_path", "key"),
        [(KeyKind.RSA_2048, "RSA-2048"), (KeyKind.ECDSA_P384, "ECDSA secp384r1")],
        indirect=["card_path"],
    )
    def test_tells_what_is_on_the_card_and_nothing_of_its_holder(
        self, stack: CardStack, card_path: Path, environment: dict[str, str], key: str
    ) -> None:
        FileMemory(card_path).change(lambda card: card.with_secret(Purpose.AUTHENTICATION, tries_left=2))
        with lying_in(stack.readers[0], at(card_path)):
            told = run(environment, "info").stdout
        for words in (key, "2025年", "（4けた）を入力できる回数: あと2回", "あと5回"):
            assert words in told
        valid_until = describe_card(card_path).valid_until
        assert f"{valid_until:%m月}" not in told
        assert "花子" not in told

    def test_says_that_the_certificate_has_expired(self, stack: CardStack, card_path: Path, tmp_path: Path) -> None:
        later = describe_card(card_path).valid_until + timedelta(seconds=1)
        environment = make_environment(tmp_path / "later.json", stack, at=later, origin="https://mynapoint.example")
        with lying_in(stack.readers[0], at(card_path)):
            assert "有効期限が切れています" in run(environment, "info").stdout


class TestReaders:
    def test_are_named(self, stack: CardStack, environment: dict[str, str]) -> None:
        assert set(run(environment, "readers").stdout.splitlines()) == {reader.name for reader in stack.readers}

    def test_cannot_be_asked_without_their_service(self, environment: dict[str, str]) -> None:
        done = run(environment | {SOCKET_VARIABLE: "/nonexistent/pcscd.comm"}, "readers")
        assert done.returncode == ExitCode.READER_UNUSABLE
        assert "pcscd" in done.stdout


def answer_as_service(request: Request) -> Response:
    body = {"account_reference": to_base64url(b"r" * 32), "hint": "●●●●-9012"}
    return Response(status=200, headers={"Content-Type": "application/json"}, body=json.dumps(body).encode())


@pytest.fixture
def platform(cast: Cast, settings: Settings, live_server: LiveServer) -> Iterator[str]:
    """Run the platform itself, with one payment service; return its origin."""
    with running_peer(answer_as_service) as peer:
        cast.serve(settings, at=NOON)
        settings.SITE_ORIGIN = live_server.url
        get_door.cache_clear()
        load_programme(PROGRAMME_FILE, at=LOADED_AT)
        register(peer)
        yield live_server.url
        get_door().close()
        get_door.cache_clear()


def register(peer: SignedPeer) -> None:
    service = a_service(SAKURA, address=peer.address)
    content = service.model_dump(mode="json", by_alias=True)
    ServiceRevision.objects.create(
        id=service.id, effective_from=service.effective_from, content=content, loaded_at=LOADED_AT
    )


class TestJourney:
    def test_reserves_and_applies_over_pcsc_with_the_next_kind_of_key(
        self, stack: CardStack, platform: str, cast: Cast, tmp_path: Path
    ) -> None:
        environment = make_environment(tmp_path / "noon.json", stack, at=NOON, origin=platform)
        hanako = cast.authority.issue("hanako", birth_date=BORN, at=ISSUED_AT, kind=KeyKind.ECDSA_P384)
        with (
            httpx2.Client(base_url=platform, trust_env=False, follow_redirects=True) as browser,
            served(stack, environment, hanako, stack.readers[0]),
        ):
            account = {"account_id": "1234 5678 9012", "codes": ["8524"]}
            citizen = Person(name="hanako", card=hanako, browser=browser, clock=lambda: NOON)
            for propose in (citizen.reserve, lambda: citizen.apply("sakura", account)):
                link = propose().act_link
                done = sign(environment, link, "--reader", stack.readers[0].name)
                assert done.returncode == ExitCode.DONE, done.stdout
                assert "受付番号: " in done.stdout
                again = sign(environment, link, "--reader", stack.readers[0].name)
                assert again.returncode == ExitCode.REFUSED
        assert Reservation.objects.count() == 1
        assert Application.objects.count() == 1

    def test_can_be_gone_on_with_after_the_card_was_pulled_until_it_is_too_late(
        self, stack: CardStack, platform: str, cast: Cast, tmp_path: Path, settings: Settings
    ) -> None:
        environment = make_environment(tmp_path / "noon.json", stack, at=NOON, origin=platform)
        reader, card = stack.readers[0], cast.card("taro")
        puller = Puller(card, frame=20, is_heard=True)
        with httpx2.Client(base_url=platform, trust_env=False, follow_redirects=True) as browser:
            link = Person(name="taro", card=card, browser=browser, clock=lambda: NOON).reserve().act_link
        with lying_in(reader, puller.power_up) as puller.connection:
            pulled = sign(environment, link, "--reader", reader.name)
        assert pulled.returncode == ExitCode.CARD_REMOVED
        assert "署名は送っていません" in pulled.stdout
        time.sleep(0.5)  # pcscd looks every 0.4 s
        with lying_in(reader, at(card)):
            settings.CLOCK = lambda: NOON + timedelta(minutes=5)
            assert sign(environment, link).returncode == ExitCode.REFUSED
            settings.CLOCK = lambda: NOON + timedelta(minutes=5) - timedelta(seconds=1)
            assert sign(environment, link).returncode == ExitCode.DONE
        assert describe_card(card).pin_tries_left == 3
