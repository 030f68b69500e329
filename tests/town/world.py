"""One world: a town of frozen processes behind a recorder, and what its people, services and office do there."""

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from socket import socket
from typing import Final, Self

import httpx2
from evidence import Evidence, dump_database
from frozen import MACHINE_TIME, frozen_environment
from recorder import Recorder
from running_town import STARTS_AT, open_folder, own_database, processes_of, wait_until
from shopping import SERVICE_OF, Movement
from two_sides import find_service_database

from demo.commands import CommandFailed, Commands
from demo.office import Clerk
from demo.people import Person
from demo.processes import Process, start
from demo.town import SERVICE_NAMES, Town

_ROWS: Final = """
SELECT period, account_id, points FROM reference_closingrow
JOIN reference_link USING (link_token) JOIN reference_instrument USING (owner_id)
"""
PLATFORM_PROGRAMS: Final = ("mynapoint.console.main", "upkeep_jobs")


class FrozenCommands(Commands):
    """Runs a town's commands in frozen processes, one for the platform and one for each service."""

    def __call__(self, words: Sequence[str], *, environment: Mapping[str, str], told: str = "") -> str:
        """Run a command to its end and return what it said."""
        seed = f"commands in {Path(environment['HOME']).name}"
        return super().__call__(words, environment={**environment, **frozen_environment(seed)}, told=told)


@dataclass
class World:
    """A running town; nothing in it happens by itself, and its clock stands until it is set."""

    town: Town
    commands: FrozenCommands
    recorder: Recorder
    site: Process
    database_url: str
    people: dict[str, Person]
    guests: ExitStack
    accounts: dict[str, str] = field(default_factory=dict)
    read_log: int = 0

    @classmethod
    @contextmanager
    def founded(cls, *, authority: Path, fronts: Mapping[str, socket], server_url: str) -> Iterator[Self]:
        """Found a world where a test authority has given out cards; it is known by the same sockets as the other."""
        with own_database(server_url) as url, open_folder() as folder, ExitStack() as guests:
            with FrozenCommands() as commands:
                known_ports = {name: front.getsockname()[1] for name, front in fronts.items()}
                town = Town.found(
                    folder / "town", at=STARTS_AT, clock_runs=False, database_url=url,
                    ports={}, known_ports=known_ports, run=commands,
                )  # fmt: skip
                shutil.copytree(authority, town.folder, dirs_exist_ok=True)
                town.start_database()
                town.load()
                with serving(town) as site, record(town, fronts) as recorder:
                    people = {name: _move_in(town, name, guests) for name in SERVICE_OF}
                    world = cls(town, commands, recorder, site, url, people, guests)
                    world.look()  # what a server says of its own start names its process
                    yield world
                    guests.close()
            wait_until(lambda: not processes_of(town), "the end of every process", seconds=10)

    def look(self, outcome: str = "") -> Evidence:
        """Return what the state's side is left with, and what it said and heard since the last look."""
        lines = self.site.log.read_text(encoding="utf-8")
        complaints, self.commands.complaints = self.commands.complaints, []
        said = "".join(text for program, text in complaints if program in PLATFORM_PROGRAMS)
        log, self.read_log = lines[self.read_log :] + said, len(lines)
        return Evidence(dump_database(self.database_url), log, self.recorder.take(), outcome)

    def set_clock(self, at: str) -> None:
        """Set the clock of everybody, in Japanese time; it stands."""
        self.town.set_clock(datetime.fromisoformat(f"{at}+09:00"), running=False)

    def run_jobs(self) -> None:
        """Have the platform's jobs done, until none is left."""
        self.commands(["upkeep_jobs"], environment=self.town.environment)

    def apply(self, name: str) -> None:
        """Have somebody reserve, open an account and apply."""
        person, service = self.people[name], SERVICE_OF[name]
        person.sign(person.reserve())
        account = self.town.services[service].ask("account", "open")
        self.accounts[name] = str(account["account_id"])
        person.sign(person.apply(service, account))

    def shop(self, movements: Sequence[Movement]) -> None:
        """Have people charge, buy, spend and take back."""
        for movement in movements:
            self.town.set_clock(movement.at, running=False)
            verb, *words = movement.words
            self.town.services[SERVICE_OF[movement.who]].ask("wallet", verb, self.accounts[movement.who], *words)

    def get_points(self) -> dict[str, dict[str, int]]:
        """Return everybody's points by period, as their services sealed them."""
        points: dict[str, dict[str, int]] = {}
        for name in SERVICE_NAMES:
            with closing(sqlite3.connect(find_service_database(self.town, name))) as service:
                for period, account_id, row in service.execute(_ROWS).fetchall():
                    points.setdefault(period, {})[self._name_of(account_id)] = row
        return points

    def _name_of(self, account_id: str) -> str:
        return next(name for name, account in self.accounts.items() if account == account_id)

    def try_command(self, service: str, *words: str, mutant: str | None = None) -> str:
        """Run a service's command, or a mutant's; return the state it answers or the code of its refusal."""
        named = self.town.services[service]
        program = ["mutant_service", mutant, "paymentservice.main"] if mutant else ["paymentservice.main"]
        try:
            said = self.commands(
                [*program, "--config", str(named.config), *words, "--json"], environment=named.environment
            )
        except CommandFailed as failed:
            code = re.search(r"\[(\w+)\]$", failed.said)
            assert code, failed.said
            return code[1]
        return str(json.loads(said)["state"])

    def hire(self, name: str, password: str) -> Clerk:
        """Let somebody work for the office."""
        clerk = Clerk.hire(self.town, name, password, telephone_time=MACHINE_TIME.timestamp)
        self.guests.callback(clerk.browser.close)
        return clerk


@contextmanager
def serving(town: Town) -> Iterator[Process]:
    """Run the site with one worker and one thread, and the services; all frozen."""
    site = town.web(workers=1)
    one_thread = {"MYNAPOINT_DATABASE_POOL_SIZE": "1"}
    site = replace(site, environment={**site.environment, **one_thread, **frozen_environment("site")})
    services = [
        replace(service.process, environment={**service.environment, **frozen_environment(f"{service.name} serves")})
        for service in town.services.values()
    ]
    processes = [site, *services]
    try:
        start(*processes)
        yield site
    finally:
        for process in reversed(processes):
            process.stop()


@contextmanager
def record(town: Town, fronts: Mapping[str, socket]) -> Iterator[Recorder]:
    """Record everything that comes to the platform, and everything that the platform sends to the services."""
    behind = {"site": town.site_port} | {name: town.services[name].process.port or 0 for name in SERVICE_NAMES}
    with Recorder.between({name: (front, behind[name]) for name, front in fronts.items()}) as recorder:
        yield recorder


def _move_in(town: Town, name: str, guests: ExitStack) -> Person:
    browser = httpx2.Client(base_url=town.site, follow_redirects=True, timeout=30, trust_env=False)
    guests.callback(browser.close)
    return Person(
        name=name, card=town.folder / "authority" / "cards" / f"{name}.json", browser=browser, clock=town.clock
    )
