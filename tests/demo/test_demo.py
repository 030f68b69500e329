"""`make demo`: the whole journey, over real processes."""

import fcntl
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import httpx2
import pytest
from rich.console import Console

from cast import ROOT
from demo.__main__ import revive
from demo.processes import DidNotStart, Process, claim_port, find_port
from demo.story import Stopping, Story


class TestDemo:
    def test_clears_up_after_one_that_was_killed_tells_the_whole_journey_and_leaves_nothing_running(
        self, folder: Path
    ) -> None:
        with started(folder) as killed:
            read_until(killed, "✔  1")
            killed.kill()
        wait_until(lambda: not [line for line in processes_of(folder) if "postgres" not in line])
        words = [sys.executable, "-m", "demo", "--once", "--folder", str(folder)]
        told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
        assert told.returncode == 0, told.stdout + told.stderr
        assert re.findall(r"^✔ +(\d+) ", told.stdout, re.MULTILINE) == [str(number) for number in range(1, 40)]
        assert "いま電子証明書を確かめられません。何も登録されていません。" in told.stdout
        assert "残り 4,800 ポイント" in told.stdout
        assert "5,000 円を 10月02日に振り込む" in told.stdout
        assert "1 行目に、5,000 ポイントが入っています。" in told.stdout
        assert "断られた: この件をはじめたカードとちがうカードです" in told.stdout
        assert "職員の画面には出ない" in told.stdout
        assert not processes_of(folder)

    def test_ends_with_an_error_when_one_runs_already(self, folder: Path) -> None:
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            words = [sys.executable, "-m", "demo", "--once", "--folder", str(folder)]
            told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert told.returncode == 1
        assert "もう動いています" in told.stdout
        assert ".log" not in told.stdout

    def test_ends_with_one_sentence_and_an_error_when_it_cannot_go_on(self, folder: Path) -> None:
        folder.write_text("not a folder")
        words = [sys.executable, "-m", "demo", "--once", "--folder", str(folder)]
        told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert told.returncode == 1
        folder.unlink()
        assert re.search(r"^ここで止まりました: .+$", told.stdout, re.MULTILINE)
        assert f"\n記録は {folder} の *.log にあります。\n" in told.stdout
        assert "Traceback" not in told.stdout + told.stderr

    def test_ends_what_runs_when_it_is_told_to_end(self, folder: Path) -> None:
        with started(folder) as demo:
            read_until(demo, "✔  1")
            demo.terminate()
            assert "途中で終わります" in demo.communicate(timeout=60)[0]
        assert demo.returncode == 130
        assert not processes_of(folder)


class TestClaimPort:
    def test_gives_a_port_to_one_only_and_lets_a_web_server_listen_on_it(self) -> None:
        port = claim_port()
        assert claim_port(port) != port
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            server.bind(("127.0.0.1", port))
            server.listen()
            with socket.create_connection(("127.0.0.1", port)):
                pass


class TestProcess:
    def test_takes_nobody_elses_answer_for_its_own(self, tmp_path: Path) -> None:
        port = find_port()
        other, ours = (serve_files(tmp_path / f"{name}.log", port=port) for name in ("other", "ours"))
        try:
            other.start()
            with pytest.raises(DidNotStart, match="Address already in use"):
                ours.start()
        finally:
            other.stop()

    def test_finds_itself_a_port_when_it_needs_no_certain_one(self, tmp_path: Path) -> None:
        program = serve_files(tmp_path / "ours.log", port=0)
        try:
            program.start()
            assert not program.has_died
        finally:
            program.stop()


class TestStory:
    def test_that_stops_says_what_happened_at_which_address_and_where_the_logs_are(self, tmp_path: Path) -> None:
        story = Story(console=Console(file=StringIO(), soft_wrap=True))
        address = f"http://127.0.0.1:{find_port()}/"
        with Stopping(story, tmp_path) as stopping, story.step("花子さんが [サイト] を見る"):
            httpx2.get(address, trust_env=False)
        assert stopping.has_stopped
        stopped, logs = story.console.file.getvalue().splitlines()
        assert stopped.startswith("ここで止まりました:  1 花子さんが [サイト] を見る: ConnectError: ")
        assert stopped.endswith(f"(GET {address})")
        assert logs == f"記録は {tmp_path} の *.log にあります。"
        assert "Traceback" in (tmp_path / "demo.log").read_text()

    def test_is_ended_from_outside_without_a_word(self, tmp_path: Path) -> None:
        story = Story(console=Console(file=StringIO()))
        with pytest.raises(KeyboardInterrupt), Stopping(story, tmp_path):
            raise KeyboardInterrupt
        assert story.console.file.getvalue() == ""


class TestRevive:
    def test_starts_a_dead_program_again_and_says_so(self, tmp_path: Path) -> None:
        port = find_port()
        site = serve_files(tmp_path / "site.log", port=port)
        story = Story(console=Console(file=StringIO(), soft_wrap=True))
        try:
            site.start()
            revive(site, story)
            assert story.console.file.getvalue() == ""
            assert site.running is not None
            site.running.kill()
            site.running.wait()
            revive(site, story)
            assert not site.has_died
            assert httpx2.get(f"http://127.0.0.1:{port}/", trust_env=False).status_code == 200
        finally:
            site.stop()
        assert story.console.file.getvalue() == (
            "site が止まっていました。もう一度始めます。\nsite がまた動いています。\n"
        )


def serve_files(log: Path, *, port: int) -> Process:
    """Return a program that serves the files of a folder, not yet started."""
    words = ["http.server", "--bind", "127.0.0.1", "--directory", str(log.parent), str(port)]
    return Process(log.stem, words, {"PATH": os.environ["PATH"]}, log=log, port=port)


def started(folder: Path) -> subprocess.Popen[str]:
    """Start a demonstration that stays."""
    words = [sys.executable, "-u", "-m", "demo", "--folder", str(folder)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def read_until(demo: subprocess.Popen[str], words: str) -> None:
    """Read what a demonstration says until it has said some words."""
    assert demo.stdout is not None
    said = []
    for line in demo.stdout:
        said.append(line)
        if words in line:
            return
    raise AssertionError("".join(said))


def wait_until(is_so: Callable[[], bool]) -> None:
    """Ask until it is so, or fail."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of processes that work in a folder."""
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command:
            lines.append(command)
    return lines
