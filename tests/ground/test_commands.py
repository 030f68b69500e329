"""The ``mynapoint`` command: clear help, clear complaints, codes that a script can trust."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from pytest_django import Settings

from mynapoint.console.cluster import open_cluster, server_url
from mynapoint.console.main import main
from mynapoint.console.place import find_place
from published import publishing
from sealedclaim.receipt import RowReceipt, parse_receipt, write_receipt
from sealedclaim.sealing import seal


def run(*arguments: str, state_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator would, with nothing else set."""
    return start("-m", "mynapoint.console.main", *arguments, state_dir=state_dir, **environment)


def python(program: str, state_dir: Path) -> subprocess.CompletedProcess[str]:
    """Run a program that knows a state folder, and nothing else."""
    return start("-c", program, state_dir=state_dir)


def start(*words: str, state_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a bare environment."""
    bare = {name: value for name, value in os.environ.items() if name != "DATABASE_URL" and "MYNAPOINT" not in name}
    return subprocess.run(
        [sys.executable, *words],
        env=bare | {"MYNAPOINT_STATE_DIR": str(state_dir)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


class TestMain:
    @pytest.mark.parametrize("arguments", [[], ["help"], ["--help"], ["-h"]])
    def test_lists_the_platforms_own_commands(self, capsys: pytest.CaptureFixture[str], arguments: list[str]):
        assert main(arguments) == 0
        said = capsys.readouterr().out
        assert "\n  db" in said
        assert "Start, stop, show, back up or restore the platform's database." in said
        assert "\n  migrate" not in said

    def test_gives_every_command_a_sentence(self, capsys: pytest.CaptureFixture[str]):
        main([])
        rows = [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
        assert [row for row in rows if not row.endswith(".") or len(row.split()) < 4] == []

    def test_proposes_what_was_meant(self, capsys: pytest.CaptureFixture[str]):
        assert main(["migrat"]) == 2
        assert capsys.readouterr().err.startswith("mynapoint: there is no command migrat; did you mean migrate?")

    def test_refuses_an_action_that_does_not_exist(self, capsys: pytest.CaptureFixture[str]):
        with pytest.raises(SystemExit) as ended:
            main(["db", "explode"])
        assert ended.value.code == 2
        assert "explode" in capsys.readouterr().err

    def test_complains_in_one_line(self, capsys: pytest.CaptureFixture[str], tmp_path: Path):
        assert main(["db", "restore", str(tmp_path / "gone")]) == 1
        said = capsys.readouterr().err
        assert said.startswith("mynapoint: db: ")
        assert len(said.splitlines()) == 1


class TestReceipt:
    def test_says_what_is_wrong_with_a_file(self, capsys: pytest.CaptureFixture[str], tmp_path: Path):
        assert main(["receipt", "verify", str(tmp_path / "gone.json")]) == 1
        assert "gone.json を読めません" in capsys.readouterr().err
        (tmp_path / "other.json").write_text("{}")
        assert main(["receipt", "verify", str(tmp_path / "other.json")]) == 1
        assert "other.json は受領書ではありません" in capsys.readouterr().err

    @pytest.fixture
    def receipt(self, tmp_path: Path) -> Path:
        """The receipt of the second of a closing's two rows."""
        claim = seal([(bytes(15) + b"1", 100, b"s" * 16), (bytes(15) + b"2", 200, b"t" * 16)])
        receipt = RowReceipt(
            programme="p", service="s", period="2020-09", commitment=claim.commitment, opening=claim.open_row(1)
        )
        file = tmp_path / "receipt.json"
        file.write_bytes(write_receipt(receipt))
        return file

    @pytest.mark.parametrize(
        ("status", "published", "told"),
        [
            (200, {}, "確かめました: s の 2020-09 の締め(合格、2行、合計 300 ポイント)の 2 行目に、200 ポイント"),
            (200, {"total": 301}, "受領書にある締めと違います"),
            (404, {}, "公開されていません"),
            (503, {}, "答えがありません"),
            (200, {"root": "zz"}, "答えがありません"),
            (200, {"count": "many"}, "答えがありません"),
        ],
    )
    def test_says_what_became_of_the_asking(
        self,
        capsys: pytest.CaptureFixture[str],
        receipt: Path,
        status: int,
        published: dict[str, object],
        told: str,
    ) -> None:
        commitment = parse_receipt(receipt.read_bytes()).commitment
        closing = {"state": "accepted", "count": 2, "total": 300, "root": commitment.root.hex()} | published
        with publishing({"/closings/p/s/2020-09": (status, json.dumps(closing).encode())}) as site:
            code = main(["receipt", "verify", str(receipt), "--site", f"{site}/"])
        said = "".join(capsys.readouterr())
        assert told in said
        assert (code == 0) == ("確かめました" in said)

    def test_tells_a_site_that_is_away_from_an_address_that_is_none(
        self, capsys: pytest.CaptureFixture[str], receipt: Path
    ) -> None:
        with publishing({}) as gone:
            pass
        for site, told in ((gone, "答えがありません"), ("mynapoint.example", "アドレスではありません")):
            assert main(["receipt", "verify", str(receipt), "--site", site]) == 1
            assert told in capsys.readouterr().err


@pytest.mark.slow
class TestFounding:
    """One process asks in turn what begins no platform, as a slip in a folder's name would."""

    def test_is_left_to_what_begins_a_platform(self, tmp_path: Path):
        asked = [["journal", "verify"], ["receipt", "verify", "gone"], ["worker"], ["migrat"], ["db", "stop"], ["help"]]
        told = python(f"from mynapoint.console.main import main; print([main(words) for words in {asked}])", tmp_path)
        assert told.stdout.splitlines()[-1] == "[1, 1, 1, 2, 0, 0]"
        journal, receipt, worker, slip = told.stderr.splitlines()
        assert journal.startswith(f"mynapoint: journal: there is no platform in {tmp_path}: its secrets secret.key, ")
        assert journal.endswith("or begin a new one with `mynapoint migrate`")
        assert receipt == "mynapoint: receipt: gone を読めません。ファイルの名前を確かめてください"
        assert worker.startswith("mynapoint: worker: there is no platform")
        assert "did you mean migrate?" in slip
        assert list(tmp_path.iterdir()) == []

    def test_says_how_to_start_what_does_not_run(self, open_folder: Path):
        outcome = run("migrate", state_dir=open_folder, MYNAPOINT_DATABASE_POOL_SIZE="1")
        assert outcome.returncode == 1
        assert (
            outcome.stderr == "mynapoint: migrate: the database does not answer; start it with `mynapoint db start`\n"
        )
        assert (open_folder / "secrets" / "holder.key").exists()


Do = Callable[..., tuple[int, str]]


@pytest.fixture
def do(open_folder: Path, settings: Settings, capfd: pytest.CaptureFixture[str]) -> Iterator[Do]:
    """Return a way to run ``mynapoint db …`` on a server of this test's own, and to see its code and what it says."""
    settings.STATE_DIR = open_folder
    own = {"state_dir": open_folder, "database_url": None, "database_url_file": None}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=own)

    def do_one(*arguments: str) -> tuple[int, str]:
        capfd.readouterr()
        code = main(["db", *arguments])
        return code, "".join(capfd.readouterr())

    yield do_one
    open_cluster(open_folder).discard()


@pytest.mark.slow
class TestDb:
    def test_carries_a_database_through_its_life(self, open_folder: Path, do: Do):
        backup = str(open_folder / "backup")
        assert do("status")[0] == 1
        assert do("stop") == (0, "was not running\n")
        assert do("start")[1].startswith("started: PostgreSQL ")
        assert do("start")[1].startswith("is running already: ")
        assert do("status")[1].startswith("answers: PostgreSQL ")
        told = run("db", "psql", "-Atqc", "CREATE TABLE t AS SELECT 42 AS x; SELECT x FROM t", state_dir=open_folder)
        assert (told.returncode, told.stdout) == (0, "42\n")
        assert do("backup", backup)[0] == 0
        ask(open_folder, "UPDATE t SET x = 0")
        assert do("restore", backup) == (
            1,
            "mynapoint: db: the database holds 1 tables; to replace them all, say --yes\n",
        )
        assert do("restore", backup, "--yes") == (0, f"restored: {backup}\n")
        assert ask(open_folder, "SELECT x FROM t") == 42
        assert do("stop") == (0, "stopped\n")
        assert do("status")[0] == 1

    def test_removes_what_was_made_and_says_when_it_was_made_with_other_secrets(self, open_folder: Path, do: Do):
        assert do("remove")[1].startswith("there is none: ")
        do("start")
        (open_folder / "secrets" / "database.key").write_bytes(b"x" * 32)
        code, said = do("start")
        assert code == 1
        assert f"refuses the password in {open_folder / 'secrets'}" in said
        code, said = do("remove")
        assert code == 1
        assert said.endswith("to do so, say --yes\n")
        assert do("remove", "--yes")[1].startswith("removed: ")
        assert not find_place(open_folder).folder.exists()
        assert do("start")[1].startswith("started: ")

    def test_starts_no_server_that_is_somebody_elses(self, open_folder: Path, do: Do, settings: Settings):
        url = SecretStr("postgresql://db.invalid/x")
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"database_url": url})
        code, said = do("start")
        assert code == 1
        assert "MYNAPOINT_DATABASE_URL" in said
        assert not (open_folder / "postgres").exists()


def ask(state_dir: Path, statement: str) -> int | None:
    """Ask a folder's server for one number."""
    with psycopg.connect(server_url(state_dir), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None
