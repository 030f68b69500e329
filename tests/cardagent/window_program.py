"""The card program as a process of its own, and a browser that sends what browsers send."""

import html
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

import httpx2
from card_program_site import AT

COMMAND = [sys.executable, "-c", "from cardagent.main import main; main()"]
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"}


@dataclass
class Program:
    """A running `mynapoint-card serve`."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def write_configuration(path: Path, *origins: str) -> Path:
    sites = "\n".join(f'[[sites]]\norigin = "{origin}"\nname = "見本のサイト"' for origin in origins)
    path.write_text(sites, encoding="utf-8")
    return path


def trust(folder: Path, *origins: str) -> str:
    """Put sites on the list where the program looks for it; return what XDG_CONFIG_HOME has to be."""
    (folder / "mynapoint-card").mkdir(exist_ok=True)
    write_configuration(folder / "mynapoint-card" / "config.toml", *origins)
    return str(folder)


def make_environment(folder: Path, **more: str) -> dict[str, str]:
    clock = folder / "clock.json"
    clock.write_text(json.dumps({"at": AT.isoformat(), "since": None}))
    return {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "COLUMNS": "200", "HOME": str(folder), **more}


@contextmanager
def run_program(folder: Path, *words: str, environment: dict[str, str]) -> Iterator[Program]:
    log = folder / "program.log"
    with log.open("wb") as file:
        command = [*COMMAND, "serve", "--port", "0", *words]
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        yield Program(port=read_port(log, process), log=log, process=process)
    finally:
        process.terminate()
        process.wait(timeout=20)


def read_port(log: Path, process: subprocess.Popen[bytes]) -> int:
    """Wait until the program says where it waits: from then on it does."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        said = re.search(r"^http://127\.0\.0\.1:(\d+) で待っています", log.read_text(), re.MULTILINE)
        if said:
            return int(said[1])
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@dataclass
class Page:
    """One answer as its reader sees it."""

    response: httpx2.Response
    address: str

    @property
    def words(self) -> str:
        main = self.response.text.partition("<main")[2]
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))

    @property
    def token(self) -> str:
        found = re.search(r'name="token" value="([\w-]+)"', self.response.text)
        assert found, self.words
        return found[1]

    @property
    def title(self) -> str:
        return html.unescape(self.response.text.partition("<title>")[2].partition("</title>")[0])


@dataclass
class Browser:
    """A browser without JavaScript: it follows redirects within the program and stops where they lead away."""

    program: Program
    client: httpx2.Client = field(default_factory=lambda: httpx2.Client(trust_env=False, timeout=30))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def go(self, path: str, **headers: str) -> Page:
        return self._follow(self.client.get(self.program.origin + path, headers=NAVIGATION | headers))

    def open(self, link: str, **headers: str) -> Page:
        return self.go(f"/sign?{urlencode({'link': link})}", **headers)

    def press(self, page: Page, **form: str) -> Page:
        """Send the form of a page, as a browser does."""
        return self._follow(self.post(page, **form))

    def post(self, page: Page, headers: dict[str, str] | None = None, **form: str) -> httpx2.Response:
        own = NAVIGATION | {"Sec-Fetch-Site": "same-origin", "Origin": self.program.origin}
        data = {"token": page.token} | form
        return self.client.post(page.address, data=data, headers=own if headers is None else headers)

    def _follow(self, response: httpx2.Response) -> Page:
        while response.status_code == 303:
            target = str(response.url.join(response.headers["Location"]))
            if not target.startswith(self.program.origin):
                return Page(response, target)
            response = self.client.get(target, headers=NAVIGATION)
        return Page(response, str(response.url))
