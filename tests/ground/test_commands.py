"""The ``mynapoint`` command: clear help, clear complaints, codes that a script can trust."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mynapoint.console.main import main


def run(*arguments: str, state_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator would, with nothing else set."""
    bare = {name: value for name, value in os.environ.items() if name != "DATABASE_URL" and "MYNAPOINT" not in name}
    return subprocess.run(
        [sys.executable, "-m", "mynapoint.console.main", *arguments],
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


@pytest.mark.slow
class TestDb:
    def test_carries_a_database_through_its_life(self, open_folder: Path):
        def do(*arguments: str) -> tuple[int, str]:
            outcome = run("db", *arguments, state_dir=open_folder)
            return outcome.returncode, outcome.stdout + outcome.stderr

        backup = str(open_folder / "backup")
        try:
            assert do("status")[0] == 1
            assert do("stop") == (0, "was not running\n")
            assert do("start")[1].startswith("started: PostgreSQL ")
            assert do("start")[1].startswith("is running already: ")
            assert do("status")[1].startswith("answers: PostgreSQL ")
            assert do("psql", "-Atqc", "CREATE TABLE t AS SELECT 42 AS x")[0] == 0
            assert do("backup", backup)[0] == 0
            assert do("psql", "-Atqc", "UPDATE t SET x = 0")[0] == 0
            assert do("restore", backup) == (
                1,
                "mynapoint: db: the database holds 1 tables; to replace them all, say --yes\n",
            )
            assert do("restore", backup, "--yes") == (0, f"restored: {backup}\n")
            assert do("psql", "-Atqc", "SELECT x FROM t") == (0, "42\n")
            assert do("stop") == (0, "stopped\n")
            assert do("status")[0] == 1
        finally:
            do("stop")

    def test_says_how_to_start_what_does_not_run(self, open_folder: Path):
        outcome = run("migrate", state_dir=open_folder, MYNAPOINT_DATABASE_POOL_SIZE="1")
        assert outcome.returncode == 1
        assert (
            outcome.stderr == "mynapoint: migrate: the database does not answer; start it with `mynapoint db start`\n"
        )

    def test_starts_no_server_that_is_somebody_elses(self, open_folder: Path):
        outcome = run("db", "start", state_dir=open_folder, DATABASE_URL="postgresql://db.invalid/x")
        assert outcome.returncode == 1
        assert "MYNAPOINT_DATABASE_URL" in outcome.stderr
        assert not (open_folder / "postgres").exists()
