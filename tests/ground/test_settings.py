"""Settings: a wrong one stops the start in one line, and no line repeats a secret."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from mynapoint.console.database import describe_database
from mynapoint.environment import Environment, load_environment
from mynapoint.setting_kinds import UnusableSetting

PASSWORD = "himitsu-no-kotoba"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every setting out of the environment but the suite's own folder."""
    for name in set(os.environ):
        if name == "DATABASE_URL" or (name.startswith("MYNAPOINT_") and name != "MYNAPOINT_STATE_DIR"):
            monkeypatch.delenv(name)


def refusal(monkeypatch: pytest.MonkeyPatch, **values: str) -> UnusableSetting:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UnusableSetting) as refused:
        load_environment()
    return refused.value


class TestEnvironment:
    def test_needs_nothing(self):
        assert load_environment().is_embedded

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("MYNAPOINT_DATABASE_POOL_SIZE", "many"),
            ("MYNAPOINT_DATABASE_POOL_SIZE", "0"),
            ("MYNAPOINT_DATABASE_POOL_SIZE", "501"),
            ("MYNAPOINT_DEMO", "perhaps"),
            ("MYNAPOINT_LOG_LEVEL", "loud"),
            ("MYNAPOINT_LOG_FORMAT", "xml"),
            ("MYNAPOINT_SITE_ORIGIN", "mynapoint.example"),
            ("MYNAPOINT_SITE_ORIGIN", "https://mynapoint.example/"),
            ("MYNAPOINT_SITE_ORIGIN", "https://mynapoint.example/path"),
            ("MYNAPOINT_SITE_ORIGIN", "https://user@mynapoint.example"),
            ("MYNAPOINT_SITE_ORIGIN", "https://MynaPoint.example"),
            ("MYNAPOINT_SITE_ORIGIN", "ftp://mynapoint.example"),
            ("MYNAPOINT_SITE_ORIGIN", "http://mynapoint.example"),
            ("MYNAPOINT_DATABASE_URL", "sqlite:///db"),
            ("MYNAPOINT_DATABASE_URL", "dbname=mynapoint"),
            ("MYNAPOINT_CARD_PROGRAM_PAGE", "http://city.example/program"),
            ("MYNAPOINT_CARD_PROGRAM_PAGE", "https://user@city.example/program"),
            ("MYNAPOINT_CARD_PROGRAM_PAGE", "https://"),
            ("MYNAPOINT_CARD_PROGRAM_PUBLISHER", "見本市\n企画部"),
            ("MYNAPOINT_CARD_PROGRAM_PUBLISHER", "市" * 101),
            ("MYNAPOINT_MESSAGE_KEY_ID", "platform 2"),
            ("MYNAPOINT_REGISTRY", "authority:"),
            ("MYNAPOINT_REGISTRY", "file:/x"),
            ("MYNAPOINT_REGISTRY", "files:"),
            ("MYNAPOINT_REGISTRY", "http:"),
            ("MYNAPOINT_REGISTRY", "https://"),
            ("MYNAPOINT_REGISTRY", "https://user@registry.example"),
            ("MYNAPOINT_REGISTRY_WAIT_SECONDS", "0"),
            ("MYNAPOINT_REGISTRY_OCSP_MINUTES", "0"),
            ("MYNAPOINT_REGISTRY_LINEAGE_MINUTES", "0"),
            ("MYNAPOINT_REGISTRY_CRL_HOURS", "721"),
            ("MYNAPOINT_REGISTRY_LINEAGE_LIST_HOURS", "721"),
            ("MYNAPOINT_REGISTRY", "authority:/x"),
            ("MYNAPOINT_DEMO_CLOCK", "/x"),
            ("MYNAPOINT_PHONE_PROGRAM", "http://card.mynapoint.example"),
            ("MYNAPOINT_PHONE_PROGRAM", "https://card.mynapoint.example/"),
            ("MYNAPOINT_PHONE_PROGRAM", "https://Card.mynapoint.example"),
            ("MYNAPOINT_PHONE_PROGRAM", "https://user@card.mynapoint.example"),
            ("MYNAPOINT_PHONE_PROGRAM", "https://127.0.0.1"),
            ("MYNAPOINT_PHONE_PROGRAM", "mynapoint-card://"),
            ("MYNAPOINT_PHONE_PROGRAM", "card.mynapoint.example"),
        ],
    )
    def test_refuses_by_name_and_with_an_example(self, monkeypatch: pytest.MonkeyPatch, name: str, value: str):
        error = refusal(monkeypatch, **{name: value})
        assert error.name == name
        assert str(error).startswith(f"{name}: ")
        assert f"for example {name}=" in str(error)
        assert "\n" not in str(error)

    @pytest.mark.parametrize("name", ["DATABASE_URL", "MYNAPOINT_DATABASE_URL"])
    def test_repeats_no_secret(self, monkeypatch: pytest.MonkeyPatch, name: str):
        error = refusal(monkeypatch, **{name: f"mysql://me:{PASSWORD}@db/x"})
        assert error.name == "MYNAPOINT_DATABASE_URL"
        assert PASSWORD not in str(error)

    def test_refuses_a_slip_of_the_pen(self, monkeypatch: pytest.MonkeyPatch):
        assert "did you mean MYNAPOINT_DEMO_CLOCK?" in str(refusal(monkeypatch, MYNAPOINT_DEMO_CLOK="/x"))

    def test_refuses_a_name_that_is_like_no_settings(self, monkeypatch: pytest.MonkeyPatch):
        assert "docs/settings.md lists them" in str(refusal(monkeypatch, MYNAPOINT_QQQQQQ="1"))

    def test_leaves_other_programs_variables_alone(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("MYNAPOINTCARD_READER", "1")
        assert load_environment()

    def test_takes_the_first_of_two_names_for_the_database(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("DATABASE_URL", "postgresql://a/one")
        assert load_environment().get_database_url() == "postgresql://a/one"
        monkeypatch.setenv("MYNAPOINT_DATABASE_URL", "postgresql://a/two")
        assert load_environment().get_database_url() == "postgresql://a/two"

    def test_reads_the_database_from_a_file(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        (tmp_path / "url").write_text("postgresql://a/three\n")
        monkeypatch.setenv("MYNAPOINT_DATABASE_URL_FILE", str(tmp_path / "url"))
        assert load_environment().get_database_url() == "postgresql://a/three"

    def test_refuses_two_databases(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        error = refusal(monkeypatch, DATABASE_URL="postgresql://a/x", MYNAPOINT_DATABASE_URL_FILE=str(tmp_path))
        assert error.name == "MYNAPOINT_DATABASE_URL_FILE"

    @pytest.mark.parametrize("place", ["https://registry.example/x", "http://127.0.0.1:8090", "files:/srv/lists"])
    def test_takes_a_registry_without_a_demonstration(self, monkeypatch: pytest.MonkeyPatch, place: str):
        monkeypatch.setenv("MYNAPOINT_REGISTRY", place)
        assert load_environment().registry == place

    @pytest.mark.parametrize("place", ["https://card.mynapoint.example", "mynapoint-card:"])
    def test_takes_a_phone_s_program_by_a_host_or_a_scheme_of_its_own(
        self, monkeypatch: pytest.MonkeyPatch, place: str
    ):
        monkeypatch.setenv("MYNAPOINT_PHONE_PROGRAM", place)
        assert load_environment().phone_program == place

    def test_allows_a_demonstration_its_own(self, monkeypatch: pytest.MonkeyPatch):
        demonstration = {
            "DEMO": "1",
            "DEMO_CLOCK": "/x",
            "REGISTRY": "authority:/y",
            "SITE_ORIGIN": "http://demo.example",
        }
        for name, value in demonstration.items():
            monkeypatch.setenv(f"MYNAPOINT_{name}", value)
        assert load_environment().demo

    def test_prints_no_secret(self):
        environment = Environment.model_validate({"DATABASE_URL": f"postgresql://me:{PASSWORD}@db/x"})
        assert PASSWORD not in repr(environment)

    @pytest.mark.parametrize(
        ("origin", "host"),
        [
            ("http://127.0.0.1:8000", "127.0.0.1"),
            ("http://localhost", "localhost"),
            ("http://[::1]:8000", "[::1]"),
            ("http://[::1]", "[::1]"),
            ("https://mynapoint.example:8443", "mynapoint.example"),
        ],
    )
    def test_takes_the_host_from_the_origin(self, monkeypatch: pytest.MonkeyPatch, origin: str, host: str):
        monkeypatch.setenv("MYNAPOINT_SITE_ORIGIN", origin)
        assert load_environment().host == host


class TestDescribeDatabase:
    def test_hands_what_django_has_no_word_for_to_the_driver(self):
        described = describe_database("postgresql://me:pass@db:5433/name?sslmode=require", pool_size=7)
        named = {name: described[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
        assert named == {"NAME": "name", "USER": "me", "PASSWORD": "pass", "HOST": "db", "PORT": "5433"}
        assert described["OPTIONS"]["sslmode"] == "require"
        assert described["OPTIONS"]["pool"]["max_size"] == 7

    def test_keeps_a_socket_for_the_host(self):
        assert describe_database("postgresql:///name?host=%2Frun%2Fpg", pool_size=1)["HOST"] == "/run/pg"


@pytest.mark.slow
class TestStart:
    @pytest.mark.parametrize(
        ("arguments", "code"),
        [(["-m", "mynapoint.console.main", "help"], 2), (["-c", "import mynapoint.wsgi"], 1)],
        ids=["command", "server"],
    )
    def test_stops_in_one_line(self, arguments: list[str], code: int):
        wrong = os.environ | {"MYNAPOINT_LOG_LEVEL": "loud"}
        outcome = subprocess.run([sys.executable, *arguments], env=wrong, capture_output=True, text=True, check=False)
        assert outcome.returncode == code
        assert len(outcome.stderr.splitlines()) == 1
        assert outcome.stderr.startswith("mynapoint: MYNAPOINT_LOG_LEVEL: ")

    def test_names_the_file_of_a_missing_key(self, tmp_path: Path):
        wrong = os.environ | {"MYNAPOINT_HOLDER_KEY_FILE": str(tmp_path / "gone.key")}
        command = [sys.executable, "-m", "mynapoint.console.main", "help"]
        outcome = subprocess.run(command, env=wrong, capture_output=True, text=True, check=False)
        assert outcome.returncode == 2
        assert outcome.stderr.startswith("mynapoint: MYNAPOINT_HOLDER_KEY_FILE: gone.key ")


class TestAnswers:
    """What every answer of the site carries, found or not."""

    @pytest.fixture
    def answer(self, client: Client) -> Any:
        return client.get("/no-such-page")

    def test_allow_nothing_but_the_sites_own(self, answer: Any):
        policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
        assert policy.pop("default-src") == policy.pop("frame-ancestors") == policy.pop("base-uri") == "'none'"
        assert policy == dict.fromkeys(
            ["script-src", "style-src", "img-src", "font-src", "connect-src", "form-action"], "'self'"
        )

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("X-Frame-Options", "DENY"),
        ],
    )
    def test_carry(self, answer: Any, name: str, value: str):
        assert answer[name] == value

    def test_never_show_the_machinery(self):
        assert settings.DEBUG is False
