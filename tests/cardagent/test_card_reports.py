"""At a counter's terminal: which card lies in the reader is told to the site, at once and again and again."""

import base64
import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from card_program_site import AT, PROBLEM, Site, reply_json, run_site
from window_program import make_environment, run_program, write_configuration

from cardagent.cards import NamedPlace, VirtualCards
from cardagent.reporting import LOOK_SECONDS, REPEAT_SECONDS, CardReports
from cardagent.trust import Configuration, MalformedConfiguration
from cardagent.window.desk import Desk
from iccard.connection import CardConnection
from iccard.unreachable import CardRemoved, ReaderInUse, UnableToReachCard
from jpki.virtual.contents import FileMemory

TOKEN = "T" * 43
ADDRESS = f"/counter/card/{TOKEN}"


def fingerprint(card: Path) -> str:
    digest = hashlib.sha256(FileMemory(card).read().credentials.authentication.certificate).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.fixture
def reader(tmp_path: Path) -> Path:
    """A terminal's reader: the card file that lies in this folder."""
    folder = tmp_path / "reader"
    folder.mkdir()
    return folder


@pytest.fixture
def desk(reader: Path) -> Desk:
    return Desk(sites=(), cards=VirtualCards(reader), clock=lambda: AT)


@pytest.fixture
def reports(site: Site, desk: Desk) -> Iterator[CardReports]:
    site.post = lambda _site: (204, "text/plain", b"")
    with httpx2.Client() as http_client:
        yield CardReports(f"{site.origin}{ADDRESS}", desk, http_client)


class TestCardReports:
    def test_tell_of_a_card_that_is_put_down_and_taken_away_at_once(
        self, reports: CardReports, site: Site, reader: Path, card_path: Path
    ) -> None:
        reports.look(now=0)
        laid = Path(shutil.copy(card_path, reader))
        reports.look(now=1)
        laid.unlink()
        reports.look(now=2)
        assert [told["card"] for told in site.handed_in] == [None, fingerprint(card_path), None]
        assert set(site.paths) == {f"POST {ADDRESS}"}

    def test_say_for_how_long_a_card_has_lain_there_and_nothing_of_one_that_was_there_at_first(
        self, reports: CardReports, site: Site, reader: Path, card_path: Path
    ) -> None:
        laid = Path(shutil.copy(card_path, reader))
        reports.look(now=0)
        reports.look(now=REPEAT_SECONDS)
        laid.unlink()
        reports.look(now=7)
        shutil.copy(card_path, reader)
        reports.look(now=8)
        reports.look(now=8 + REPEAT_SECONDS)
        assert [told["lying_seconds"] for told in site.handed_in] == [None, None, None, 0, REPEAT_SECONDS]

    def test_do_not_say_since_when_a_card_lies_there_that_came_while_nobody_could_look(
        self, site: Site, reader: Path, card_path: Path
    ) -> None:
        site.post = lambda _site: (204, "text/plain", b"")
        troubled = Desk(sites=(), cards=Troubled(ReaderInUse()), clock=lambda: AT)
        well = Desk(sites=(), cards=VirtualCards(reader), clock=lambda: AT)
        with httpx2.Client() as http_client:
            reports = CardReports(f"{site.origin}{ADDRESS}", well, http_client)
            reports.look(now=0)
            reports.desk = troubled
            reports.look(now=1)
            shutil.copy(card_path, reader)
            reports.desk = well
            reports.look(now=2)
        assert [told["lying_seconds"] for told in site.handed_in] == [None, None]

    def test_say_the_same_again_only_now_and_then(
        self, reports: CardReports, site: Site, reader: Path, card_path: Path
    ) -> None:
        shutil.copy(card_path, reader)
        for now in (0.0, REPEAT_SECONDS - 0.1, REPEAT_SECONDS, REPEAT_SECONDS + 1):
            reports.look(now=now)
        assert len(site.handed_in) == 2

    def test_tell_that_somebody_types_and_not_what(self, reports: CardReports, site: Site, desk: Desk) -> None:
        reports.look(now=0)
        desk.note_press()
        reports.look(now=1)
        reports.look(now=2)
        assert [told["is_active"] for told in site.handed_in] == [False, True]

    def test_are_repeated_until_the_site_has_them(self, reports: CardReports, site: Site, desk: Desk) -> None:
        site.post = lambda _site: reply_json(404, {}, PROBLEM)
        desk.note_press()
        reports.look(now=0)
        site.post = lambda _site: (204, "text/plain", b"")
        reports.look(now=1)
        assert [told["is_active"] for told in site.handed_in] == [True, True]

    def test_tell_of_each_card_of_two(self, reports: CardReports, site: Site, reader: Path, card_path: Path) -> None:
        shutil.copy(card_path, reader / "a.json")
        shutil.copy(card_path, reader / "b.json")
        reports.look(now=0)
        assert len(site.handed_in) == 2

    @pytest.mark.parametrize(("trouble", "told"), [(ReaderInUse(), []), (CardRemoved(), [None])])
    def test_say_nothing_when_nobody_can_tell(self, site: Site, trouble: UnableToReachCard, told: list[None]) -> None:
        site.post = lambda _site: (204, "text/plain", b"")
        desk = Desk(sites=(), cards=Troubled(trouble), clock=lambda: AT)
        with httpx2.Client() as http_client:
            CardReports(f"{site.origin}{ADDRESS}", desk, http_client).look(now=0)
        assert [report["card"] for report in site.handed_in] == told


@dataclass(frozen=True)
class Troubled:
    """A reader in which something is wrong."""

    trouble: UnableToReachCard
    is_virtual = False

    def list_places(self) -> list[NamedPlace]:
        return [NamedPlace(name="見本", place=self)]

    @contextmanager
    def open(self) -> Iterator[CardConnection]:
        raise self.trouble
        yield


class TestServe:
    def test_reports_where_its_configuration_says(self, tmp_path: Path, reader: Path, card_path: Path) -> None:
        with run_site() as site:
            site.post = lambda _site: (204, "text/plain", b"")
            config = write_configuration(tmp_path / "config.toml", site.origin)
            config.write_text(f'{config.read_text()}\n[counter]\nreport_to = "{site.origin}{ADDRESS}"\n')
            words = ["--config", str(config), "--demo-cards", str(reader)]
            with run_program(tmp_path, *words, environment=make_environment(tmp_path, MYNAPOINT_DEMO="1")):
                shutil.copy(card_path, reader)
                deadline = time.monotonic() + 20 * LOOK_SECONDS
                while fingerprint(card_path) not in {told["card"] for told in site.handed_in}:
                    assert time.monotonic() < deadline
                    time.sleep(LOOK_SECONDS / 10)


class TestConfiguration:
    @pytest.mark.parametrize(
        "address", ["https://other.example" + ADDRESS, "https://mynapoint.example/act/" + TOKEN, "nonsense"]
    )
    def test_names_no_other_place_to_report_to(self, tmp_path: Path, address: str) -> None:
        config = write_configuration(tmp_path / "config.toml", "https://mynapoint.example")
        config.write_text(f'{config.read_text()}\n[counter]\nreport_to = "{address}"\n')
        with pytest.raises(MalformedConfiguration) as refusal:
            Configuration.read(config)
        assert TOKEN not in refusal.value.problem
