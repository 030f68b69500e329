"""A reference service as it is: a process of its own, asked over HTTP and by its commands."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import command_lines
import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from service_parties import PLATFORM, public_keys

import paymentservice
from paymentservice.clock import FileClock, set_demo_clock
from paymentservice.config import Config, read_config
from paymentservice.exchange import Peer, SignedClient
from paymentservice.keys import public_key_text, write_private_key, write_secret
from paymentservice.messages import SigningKey

SAMPLES = Path(paymentservice.__file__).parent / "samples"
START = datetime.fromisoformat("2020-09-05T10:00:00+09:00")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class ServiceProcess:
    """One service in a folder of its own."""

    name: str
    folder: Path
    port: int
    running: subprocess.Popen[bytes] | None = field(default=None, init=False)
    commands: subprocess.Popen[str] | None = field(default=None, init=False)

    @classmethod
    def prepare(cls, name: str, folder: Path, *, platform_url: str = "http://127.0.0.1:9/service/v1") -> Self:
        """Write the sample's configuration for a free port, its keys and its clock."""
        service = cls(name=name, folder=folder, port=free_port())
        text = (SAMPLES / f"{name}.toml").read_text(encoding="utf-8")
        sample = tomllib.loads(text)
        text = text.replace(str(sample["service"]["port"]), str(service.port))
        text = text.replace(sample["platform"]["base_url"], platform_url)
        text = text.replace(
            sample["platform"]["public_keys"]["platform-1"], public_key_text(PLATFORM.private_key.public_key())
        )
        service.config_path.write_text(text, encoding="utf-8")
        write_private_key(folder / f"{name}.key", Ed25519PrivateKey.generate())
        write_secret(folder / f"{name}.closing-key")
        write_secret(folder / f"{name}.code-key")
        service.set_clock(START)
        return service

    @property
    def config_path(self) -> Path:
        return self.folder / f"{self.name}.toml"

    @property
    def config(self) -> Config:
        return read_config(self.config_path)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def clock(self) -> FileClock:
        return FileClock(self.folder / "clock.json")

    def set_clock(self, at: datetime, *, running: bool = True) -> None:
        set_demo_clock(self.folder / "clock.json", at, running)

    def start(self) -> Self:
        """Start serving and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.running = subprocess.Popen(
                self._command("serve"), stdout=log, stderr=log, env=self._environment(), start_new_session=True
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx2.get(self.origin, timeout=5, trust_env=False)
                return self
            except httpx2.TransportError:
                if self.running.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError((self.folder / "log").read_text()) from None
                time.sleep(0.05)

    def kill(self) -> None:
        """End the server and its workers at once, with no chance to tidy up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the server to end, and the process of the commands."""
        if self.running is not None:
            self._end(signal.SIGTERM)
        if self.commands is not None:
            self.commands.communicate(timeout=30)
            self.commands = None

    def client(self, *, key: SigningKey = PLATFORM, timeout: float = 30.0) -> SignedClient:
        """A client that asks as the platform does."""
        signing = self.config.signing_key
        peer = Peer(base_url=self.config.service.base_url, public_keys=public_keys(signing))
        return SignedClient(peer=peer, key=key, clock=self.clock, timeout=timeout)

    def run(self, *arguments: str) -> dict[str, Any]:
        """Run a command and return what it prints as JSON."""
        done = self.try_run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def try_run(self, *arguments: str) -> Ended:
        """Run a command, however it ends, in the process that runs all of this service's commands."""
        if self.commands is None:
            self.commands = subprocess.Popen(
                [sys.executable, str(Path(command_lines.__file__))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=self._environment(),
            )
        assert self.commands.stdin
        assert self.commands.stdout
        self.commands.stdin.write(json.dumps(["--config", str(self.config_path), *arguments]) + "\n")
        self.commands.stdin.flush()
        return Ended(**json.loads(self.commands.stdout.readline()))

    def run_alone(self, *arguments: str) -> Ended:
        """Run a command in a process of its own, as an operator does."""
        done = subprocess.run(
            self._command(*arguments), capture_output=True, text=True, env=self._environment(), timeout=60, check=False
        )
        return Ended(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "paymentservice.main", "--config", str(self.config_path), *arguments]

    def _environment(self) -> dict[str, str]:
        # Japanese on any terminal; nothing else of the caller's environment matters.
        return {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "COLUMNS": "120", "HOME": str(self.folder)}

    def _end(self, how: signal.Signals) -> None:
        assert self.running is not None
        os.killpg(self.running.pid, how)
        self.running.wait(timeout=30)
        self.running = None
