"""研修: where staff train, nothing is real, and nothing real can be reached."""

import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from cast import AT, INQUIRY, LOADED_AT, PROGRAMME, PROGRAMME_FILE, RESERVATION, ROOT, SERVICE_KEY, SITE, Cast
from mynapoint.act.operations import propose
from mynapoint.console.mode import check_mode_here
from mynapoint.directory.operations import register_service
from mynapoint.directory.rules import AddressNotForTraining, ServiceKey
from mynapoint.environment import load_environment
from mynapoint.programme.operations import load_programme
from mynapoint.programme.queries import REGISTER, get_programme, list_programmes
from mynapoint.programme.rules import ProgrammeOfAnotherMode, ProgrammeUnknown
from mynapoint.reservation.models import Reservation
from mynapoint.setting_kinds import UnusableSetting
from mynapoint.site.journey.authorities import get_authorities
from mynapoint.site.paper import typesetting
from mynapoint.site.paper.typesetting import typeset

TRAINING_FILE = ROOT / "programmes" / "training-2020.toml"
TRAINING = {
    "MYNAPOINT_TRAINING": "1",
    "MYNAPOINT_DEMO": "1",
    "MYNAPOINT_REGISTRY": "authority:/srv/practice/authority",
    "MYNAPOINT_STATE_DIR": "/srv/city-training",
}
BAND = "研修中です。ここでの手続は、どれも本物ではありません。"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Take the database's address out of the environment."""
    for name in ("DATABASE_URL", "MYNAPOINT_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def training(settings: Settings, db: None) -> None:
    """Be where staff train."""
    settings.TRAINING = settings.DEMO = True
    settings.CLOCK = lambda: AT
    load_programme(TRAINING_FILE, at=LOADED_AT)


def set_all(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)


class TestSettings:
    def test_are_a_training_s_when_everything_is_apart(self, bare: pytest.MonkeyPatch) -> None:
        set_all(bare, TRAINING | {"MYNAPOINT_DATABASE_URL": "postgresql://db.example/city_training"})
        environment = load_environment()
        assert environment.training
        assert environment.get_trust_anchors() == Path("/srv/practice/authority/anchors")
        assert environment.get_database_url().endswith("city_training")

    @pytest.mark.parametrize(
        ("name", "value", "blamed"),
        [
            ("MYNAPOINT_DEMO", "", "REGISTRY"),
            ("MYNAPOINT_REGISTRY", "", "TRAINING"),
            ("MYNAPOINT_REGISTRY", "https://registry.example", "TRAINING"),
            ("MYNAPOINT_STATE_DIR", "/srv/city", "STATE_DIR"),
            ("MYNAPOINT_TRUST_ANCHORS", "/etc/anchors", "TRUST_ANCHORS"),
            ("MYNAPOINT_DATABASE_URL", "postgresql://db.example/mynapoint", "DATABASE_URL"),
            ("MYNAPOINT_TRAINING", "", "STATE_DIR"),
        ],
    )
    def test_stop_the_start_when_something_is_not(
        self, bare: pytest.MonkeyPatch, name: str, value: str, blamed: str
    ) -> None:
        set_all(bare, TRAINING | {name: value})
        with pytest.raises(UnusableSetting) as refused:
            load_environment()
        assert refused.value.name.endswith(blamed)

    def test_keep_a_training_s_database_from_anything_else(self, bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
        bare.setenv("MYNAPOINT_STATE_DIR", "/srv/city")
        bare.setenv("MYNAPOINT_DATABASE_URL", "postgresql://db.example/city_training")
        with pytest.raises(UnusableSetting):
            load_environment()
        (tmp_path / "url").write_text("postgresql://db.example/mynapoint")
        set_all(bare, TRAINING | {"MYNAPOINT_DATABASE_URL": "", "MYNAPOINT_DATABASE_URL_FILE": str(tmp_path / "url")})
        with pytest.raises(Exception, match="ends in training"):
            load_environment().get_database_url()


class TestCookies:
    NAMES = """
import django
django.setup()
from django.conf import settings
from mynapoint.signin.sessions import TERMINAL_COOKIE
from mynapoint.site.waiting.tickets import COOKIE
print(settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, TERMINAL_COOKIE, COOKIE)
"""

    def test_of_a_training_have_names_of_their_own(self, tmp_path: Path) -> None:
        training = self.read_names(tmp_path / "city-training", **TRAINING)
        real = self.read_names(tmp_path / "city")
        assert real == ["sessionid", "csrftoken", "mynapoint-terminal", "ticket"]
        assert training == [f"training-{name}" for name in real]

    def read_names(self, state: Path, **mode: str) -> list[str]:
        """Start a platform of its own as far as its settings go, and ask it."""
        environment = mode | {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "mynapoint.settings",
            "MYNAPOINT_STATE_DIR": str(state),
            "MYNAPOINT_DATABASE_URL": f"postgresql://db.example/{state.name}",
        }
        words = [sys.executable, "-c", self.NAMES]
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.django_db
class TestProgramme:
    def test_of_a_training_is_had_at_one_alone(self, training: None, settings: Settings) -> None:
        assert get_programme("training-2020", at=AT).is_training
        settings.TRAINING = False
        assert list_programmes(at=AT) == []
        with pytest.raises(ProgrammeUnknown):
            get_programme("training-2020", at=AT)

    def test_that_is_real_cannot_be_loaded_at_a_training(self, training: None) -> None:
        with pytest.raises(ProgrammeOfAnotherMode):
            load_programme(PROGRAMME_FILE, at=LOADED_AT)
        assert [programme.id for programme in list_programmes(at=AT)] == ["training-2020"]

    def test_of_a_training_cannot_be_loaded_elsewhere(self, db: None) -> None:
        with pytest.raises(ProgrammeOfAnotherMode):
            load_programme(TRAINING_FILE, at=LOADED_AT)

    def test_of_a_training_says_so_in_its_title(self, training: None, tmp_path: Path) -> None:
        text = TRAINING_FILE.read_text(encoding="utf-8")
        file = tmp_path / "quiet.toml"
        file.write_text(text.replace("training-2020", "training-2021").replace("【研修】", ""), encoding="utf-8")
        with pytest.raises(ProgrammeOfAnotherMode):
            load_programme(file, at=LOADED_AT)

    def test_that_is_real_is_out_of_a_training_s_reach_even_in_its_database(self, training: None, cast: Cast) -> None:
        """Somebody copied a real database: its programme is there, and nothing can be done with it."""
        REGISTER.add(REGISTER.read(PROGRAMME_FILE), at=LOADED_AT)
        card = cast.card("hanako")
        for proposal in (RESERVATION, INQUIRY):
            link = propose(proposal, audience=SITE, at=AT)
            signed = cast.sign(link, card)
            with pytest.raises(ProgrammeUnknown):
                cast.submit(link, signed)
        assert not Reservation.objects.exists()


@pytest.mark.django_db
class TestStart:
    def test_goes_on_where_nothing_is_real(self, training: None) -> None:
        check_mode_here(at=AT)

    @pytest.mark.parametrize("command", ["serve", "worker"])
    def test_is_refused_where_a_real_programme_is(self, training: None, command: str) -> None:
        REGISTER.add(REGISTER.read(PROGRAMME_FILE), at=LOADED_AT)
        with pytest.raises(CommandError, match=PROGRAMME):
            call_command(command)

    @pytest.mark.parametrize("command", ["serve", "worker"])
    def test_of_a_real_platform_is_refused_on_a_training_s_database(
        self, training: None, settings: Settings, command: str
    ) -> None:
        settings.TRAINING = False
        with pytest.raises(CommandError, match="training-2020"):
            call_command(command)


@pytest.mark.django_db
class TestStartWithoutAuthority:
    """Nobody could sign anything: the site says so when it starts, not at everybody's signature."""

    def test_is_refused_without_a_registry(self, settings: Settings) -> None:
        settings.REGISTRY = None
        with pytest.raises(UnusableSetting, match=r"^MYNAPOINT_REGISTRY: .*files:"):
            call_command("serve")

    @pytest.mark.parametrize("content", [None, b"", b"no certificate"])
    def test_is_refused_without_an_anchor(self, settings: Settings, tmp_path: Path, content: bytes | None) -> None:
        settings.REGISTRY, settings.TRUST_ANCHORS = "files:/srv/lists", tmp_path
        if content is not None:
            (tmp_path / "authority.pem").write_bytes(content)
        with pytest.raises(UnusableSetting, match=r"^MYNAPOINT_TRUST_ANCHORS: "):
            call_command("serve")


class TestCards:
    def test_come_from_the_training_s_own_authority_which_is_all_it_trusts(
        self, bare: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
    ) -> None:
        settings.TRAINING = settings.DEMO = True
        settings.REGISTRY = f"authority:{tmp_path / 'cards'}"
        settings.TRUST_ANCHORS = tmp_path / "cards" / "anchors"
        call_command("card", "issue", "hanako")
        assert list(settings.TRUST_ANCHORS.glob("*.pem"))
        assert get_authorities().anchors.certificates


@pytest.mark.django_db
class TestService:
    @pytest.mark.parametrize(
        ("address", "is_taken"), [("http://127.0.0.1:9/x", True), ("https://pay.example/x", False)]
    )
    def test_of_a_training_is_on_its_own_machine(self, training: None, address: str, is_taken: bool) -> None:
        key = ServiceKey.model_validate({"id": "hanamaru-1", "public_key": SERVICE_KEY, "from": LOADED_AT})
        file = ROOT / "services" / "hanamaru.toml"
        if is_taken:
            assert register_service(file, address=address, keys=[key], at=LOADED_AT)
        else:
            with pytest.raises(AddressNotForTraining):
                register_service(file, address=address, keys=[key], at=LOADED_AT)


@pytest.mark.django_db
class TestPages:
    ADDRESSES = ("/", "/office/nowhere/", "/signin/login/", "/counter/")

    def words(self, address: str) -> str:
        answer = Client(headers={"host": "127.0.0.1:8000"}).get(address, follow=True)
        return answer.content.decode()

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_say_so_in_a_band_and_a_colour(self, training: None, address: str) -> None:
        words = self.words(address)
        assert BAND in words
        assert "site/training.css" in words

    @pytest.mark.parametrize(
        ("address", "said"), [("/easy/", "ここですることは、"), ("/en/", "Nothing that is done here is real")]
    )
    def test_say_so_in_every_language(self, training: None, address: str, said: str) -> None:
        words = self.words(address)
        assert 'class="training-band"' in words
        assert said in words

    def test_say_nothing_of_it_elsewhere(self, programme: str, settings: Settings) -> None:
        settings.CLOCK = lambda: AT
        for address in self.ADDRESSES:
            assert "training" not in self.words(address)

    @pytest.mark.skipif(
        not any(folder.is_dir() for folder in typesetting.FONT_FOLDERS), reason="no Japanese letters: fonts-noto-cjk"
    )
    def test_on_paper_say_so_too(self, training: None) -> None:
        data = {"title": "集計", "lang": "ja", "footer": "集計", "lead": "", "head": ["項目", "数"], "rows": []}
        (page,) = PdfReader(BytesIO(typeset("tally", data))).pages
        assert "本物の書類ではありません" in page.extract_text()
