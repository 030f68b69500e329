"""The reference service as it is, in a process of its own, for the platform's door to ask."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from service_api_cast import NOON, a_service

import paymentservice
from mynapoint.directory.rules import Service
from mynapoint.service_api.identity import platform_key
from paymentservice.clock import set_demo_clock
from paymentservice.keys import public_key_text, write_private_key, write_secret
from paymentservice.messages import SigningKey

SAMPLE = Path(paymentservice.__file__).parent / "samples" / "hanamaru.toml"
KEY = SigningKey(keyid="hanamaru-1", private_key=Ed25519PrivateKey.from_private_bytes(b"H" * 32))


@dataclass(frozen=True)
class ReferenceService:
    """A running service: its entry in the directory, its programme and its commands."""

    entry: Service
    programme: str
    folder: Path

    def run(self, *arguments: str) -> dict[str, Any]:
        """Run one of its commands and return what it prints."""
        done = subprocess.run([*_command(self.folder), *arguments, "--json"], capture_output=True, check=True)
        printed: dict[str, Any] = json.loads(done.stdout)
        return printed


@contextmanager
def running_service(folder: Path) -> Iterator[ReferenceService]:
    """Run the sample QR wallet on a free port for as long as it is needed; its clock stands at noon."""
    sample = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _configure(folder, sample=sample, port=port)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*_command(folder), "serve"], stdout=log, stderr=log, start_new_session=True)
        try:
            _wait_for(port)
            entry = a_service(KEY, address=f"http://127.0.0.1:{port}/mynapoint/v1")
            yield ReferenceService(entry=entry, programme=sample["programmes"][0]["id"], folder=folder)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=30)


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-X", "utf8", "-m", "paymentservice.main", "--config", str(folder / "service.toml")]


def _configure(folder: Path, *, sample: dict[str, Any], port: int) -> None:
    text = SAMPLE.read_text(encoding="utf-8").replace(str(sample["service"]["port"]), str(port))
    known = sample["platform"]["public_keys"]["platform-1"]
    text = text.replace(known, public_key_text(platform_key().private_key.public_key()))
    (folder / "service.toml").write_text(text, encoding="utf-8")
    write_private_key(folder / "hanamaru.key", KEY.private_key)
    write_secret(folder / "hanamaru.closing-key")
    write_secret(folder / "hanamaru.code-key")
    set_demo_clock(folder / "clock.json", NOON, running=False)


def _wait_for(port: int, *, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return
