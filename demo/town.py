"""The town: the platform, its worker, two payment services and the authority, each a process, at one clock."""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from demo.commands import Commands
from demo.processes import Process, claim_port
from paymentservice.clock import FileClock, set_demo_clock

ROOT: Final = Path(__file__).resolve().parents[1]
PROGRAMME: Final = "mynapoint-2020"
SERVICE_NAMES: Final = ("hanamaru", "sakura")
WANTED_PORTS: Final = {"site": 8000, "card": 39390, "authority": 8090, "hanamaru": 9101, "sakura": 9102}


@dataclass
class Service:
    """One reference service: its folder with configuration, keys and database, its process, and its port for others."""

    name: str
    config: Path
    port: int
    process: Process
    environment: Mapping[str, str]
    run: Commands

    @property
    def address(self) -> str:
        """Where the platform reaches it."""
        return f"http://127.0.0.1:{self.port}/mynapoint/v1"

    def ask(self, *words: str) -> dict[str, Any]:
        """Run one of the service's own commands and return its answer."""
        said = self.run(
            ["paymentservice.main", "--config", str(self.config), *words, "--json"], environment=self.environment
        )
        answer: dict[str, Any] = json.loads(said)
        return answer


@dataclass
class Town:
    """Everything that runs, in one folder. Where somebody stands before a program, the others know it by that port.

    Without a port for the authority there is no such process, and the site looks into its folder itself.
    """

    folder: Path
    site_port: int
    environment: Mapping[str, str]
    run: Commands
    known_ports: Mapping[str, int] = field(default_factory=dict)
    programme: str = PROGRAMME
    services: dict[str, Service] = field(default_factory=dict)
    authority: Process | None = None

    @classmethod
    def found(
        cls,
        folder: Path,
        *,
        run: Commands,
        at: datetime,
        clock_runs: bool = True,
        database_url: str | None = None,
        ports: Mapping[str, int] = WANTED_PORTS,
        known_ports: Mapping[str, int] | None = None,
        more: Mapping[str, str] | None = None,
        programme: str = PROGRAMME,
    ) -> Self:
        """Lay out a town in an empty folder; nothing runs yet. Without a database's address it brings its own."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)  # the database's user has to pass through
        clock = folder / "clock.json"
        set_demo_clock(clock, at, running=clock_runs)
        site_port, known = claim_port(ports.get("site")), dict(known_ports or {})
        origin_port = known.get("site", site_port)
        environment = _platform_environment(folder, clock=clock, site_port=origin_port, database_url=database_url)
        if "card" in ports:
            environment["MYNAPOINT_CARD_PROGRAM"] = f"http://127.0.0.1:{claim_port(ports['card'])}"
        environment |= dict(more or {})
        town = cls(
            folder=folder, site_port=site_port, environment=environment, known_ports=known, programme=programme, run=run
        )
        if "authority" in ports:
            port = claim_port(ports["authority"])
            town.authority = town.process("authority", "authority", "serve", "--port", str(port), port=port)
        for name in SERVICE_NAMES:
            town.services[name] = town._lay_out(name, port=claim_port(ports.get(name)))
        return town

    @property
    def site(self) -> str:
        """Where the citizens' site is."""
        return f"http://127.0.0.1:{self.known_ports.get('site', self.site_port)}"

    @property
    def clock(self) -> FileClock:
        """The clock that everybody in town goes by."""
        return FileClock(self.folder / "clock.json")

    def set_clock(self, at: datetime, *, running: bool = True) -> None:
        """Set the town's clock."""
        set_demo_clock(self.folder / "clock.json", at, running=running)

    def command(self, *words: str, told: str = "") -> str:
        """Run one of the platform's own commands and return what it said."""
        return self.run(["mynapoint.console.main", *words], environment=self.environment, told=told)

    def process(self, name: str, *words: str, port: int | None = None) -> Process:
        """Return one of the platform's programs, not yet started."""
        log = self.folder / f"{name}.log"
        return Process(name, ["mynapoint.console.main", *words], self.environment, log=log, port=port)

    def web(self, *, workers: int = 2) -> Process:
        """Return the platform's web server, not yet started."""
        words = ["serve", "--port", str(self.site_port), "--workers", str(workers)]
        site = self.process("site", *words, port=self.site_port)
        if self.authority is not None:
            site.environment = {**site.environment, "MYNAPOINT_REGISTRY": f"http://127.0.0.1:{self.authority.port}"}
        return site

    def worker(self) -> Process:
        """Return the platform's job worker, not yet started."""
        return self.process("worker", "worker")

    def card_program(self, reader: Path | None = None, *, report_to: str = "", name: str = "card") -> Process:
        """Return the card program, not yet started: it plays the phone, with everybody's card at hand.

        :param reader: a folder instead: the card file that is put into it lies in the reader of a counter's terminal.
        :param report_to: where that terminal's cards are reported.
        :param name: of a second one, which finds itself another port than pages lead to.
        """
        config = self.folder / f"{name}.toml"
        text = f'[[sites]]\norigin = "{self.site}"\nname = "マイナポイント（見本）"\n'
        text += f'\n[counter]\nreport_to = "{report_to}"\n' if report_to else ""
        config.write_text(text, encoding="utf-8")
        port = int(self.environment["MYNAPOINT_CARD_PROGRAM"].rpartition(":")[2]) if name == "card" else 0
        words = ["cardagent.main", "serve", "--config", str(config), "--port", str(port)]
        words += ["--demo-cards", str(reader or self.folder / "authority" / "cards")]
        log = self.folder / f"{name}.log"
        return Process(name, words, self.environment, log=log, port=port, shares_port=False)

    def start_database(self) -> None:
        """Start the town's own database, unless it was given another, and bring it to this version."""
        if "DATABASE_URL" not in self.environment:
            self.command("db", "start")
        self.command("migrate", "--verbosity", "0")

    def stop_database(self) -> None:
        """Stop the town's own database."""
        if "DATABASE_URL" not in self.environment:
            self.command("db", "stop")

    def load(self) -> None:
        """Load the programme and register the services, with the keys that they made for themselves."""
        self.command("programme", "load", str(ROOT / "programmes" / f"{self.programme}.toml"))
        for service in self.services.values():
            key = service.ask("keys", "generate")
            file = str(self._announce_for_programme(service))
            words = ["--address", service.address, "--key", f"{key['keyid']}={key['public_key']}"]
            self.command("service", "register", file, *words)

    def announce(self) -> None:
        """Load the counters and the helpdesk, and services that nobody runs in town: for reading only.

        A training knows services of its own machine alone.
        """
        self.command("place", "load", *map(str, sorted((ROOT / "places").glob("*.toml"))))
        if "MYNAPOINT_TRAINING" in self.environment:
            return
        paths = [path for path in sorted((ROOT / "services").glob("*.toml")) if path.stem not in self.services]
        self.run(["demo.announced", *map(str, paths)], environment=self.environment)

    def _announce_for_programme(self, service: Service) -> Path:
        """Write a service's text down as one that takes part in this town's programme."""
        text = (ROOT / "services" / f"{service.name}.toml").read_text(encoding="utf-8")
        file = service.config.with_name(f"{service.name}.announced.toml")
        file.write_text(text.replace(f'"{PROGRAMME}"', f'"{self.programme}"'), encoding="utf-8")
        return file

    def _lay_out(self, name: str, *, port: int) -> Service:
        """Write a service's configuration from its sample: this town's ports, programme and platform key."""
        folder = self.folder / name
        folder.mkdir()
        config = folder / f"{name}.toml"
        known_port = self.known_ports.get(name, port)
        config.write_text(_configure(name, town=self, port=port, known_port=known_port), encoding="utf-8")
        environment = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "HOME": str(folder)}
        words = ["paymentservice.main", "--config", str(config)]
        self.run([*words, "keys", "generate", "--json"], environment=environment)
        process = Process(name, [*words, "serve"], environment, log=self.folder / f"{name}.log", port=port)
        return Service(
            name=name, config=config, port=known_port, process=process, environment=environment, run=self.run
        )


def _platform_environment(folder: Path, *, clock: Path, site_port: int, database_url: str | None) -> dict[str, str]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONUTF8": "1",
        "HOME": str(folder),
        "MYNAPOINT_DEMO": "1",
        "MYNAPOINT_DEMO_CLOCK": str(clock),
        "MYNAPOINT_STATE_DIR": str(folder / "state"),
        "MYNAPOINT_SITE_ORIGIN": f"http://127.0.0.1:{site_port}",
        "MYNAPOINT_REGISTRY": f"authority:{folder / 'authority'}",
    }
    return environment | ({"DATABASE_URL": database_url} if database_url else {})


def _configure(name: str, *, town: Town, port: int, known_port: int) -> str:
    """Return a sample's configuration with its placeholders filled in."""
    sample = (ROOT / "src/paymentservice/samples" / f"{name}.toml").read_text(encoding="utf-8")
    known = tomllib.loads(sample)
    usual = known["service"]["port"]
    text = sample.replace(f"127.0.0.1:{usual}", f"127.0.0.1:{known_port}")
    text = text.replace(f"port = {usual}", f"port = {port}")
    text = text.replace(f'"{PROGRAMME}"', f'"{town.programme}"')
    text = text.replace(known["platform"]["base_url"], f"{town.site}/service/v1")
    text = text.replace(known["platform"]["public_keys"]["platform-1"], town.command("service", "platform-key"))
    return re.sub(r'demo_clock = ".*"', f'demo_clock = "{town.folder / "clock.json"}"', text)
