"""Commands, run as ``python -m`` runs them, but many in one process: starting Python costs a second."""

import faulthandler
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Final, Self

LIMIT_SECONDS: Final = 300
"""for which a command may run; where one that hangs does so is then told on standard error"""


class CommandFailed(Exception):
    """A command ended with an error."""

    def __init__(self, words: Sequence[str], *, said: str) -> None:
        super().__init__(f"{' '.join(words)}: {said}")
        self.said = said


@dataclass
class Commands:
    """Runs commands in a process for each environment; what they wrote to standard error is kept, by their program."""

    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    complaints: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, words: Sequence[str], *, environment: Mapping[str, str], told: str = "") -> str:
        """Run a command to its end, tell it something on its standard input, and return what it said.

        :raises CommandFailed: with what it complained of.
        """
        ended = self._ask(environment, list(words), told)
        self.complaints.append((words[0], ended["complained"]))
        if ended["code"] != 0:
            raise CommandFailed(words, said=(ended["complained"] or ended["said"]).strip())
        return str(ended["said"]).strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self.running.values():
            process.communicate(timeout=60)

    def _ask(self, environment: Mapping[str, str], words: list[str], told: str) -> dict[str, Any]:
        """Ask the process for this environment; one that was not heard to the end of a command is asked no other."""
        name = json.dumps(sorted(environment.items()))
        process = self._find(name, environment)
        assert process.stdin and process.stdout  # noqa: PT018
        try:
            process.stdin.write(json.dumps([words, told]) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            if not answer:
                raise CommandFailed(words, said="it was ended")
        except BaseException:
            self.running.pop(name).kill()
            raise
        ended: dict[str, Any] = json.loads(answer)
        return ended

    def _find(self, name: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        """Find the process for an environment, which no command may change under another."""
        if name not in self.running:
            self.running[name] = subprocess.Popen(
                [sys.executable, __file__],
                env={**environment, "PYTHONPATH": os.pathsep.join([*_paths_of(environment), os.getcwd()])},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,  # a Ctrl-C is for whoever runs the commands, who ends this process by itself
            )
        return self.running[name]


def run_lines() -> None:
    """Read JSON of (words, standard input), run the command, and write JSON of how it ended."""
    answers = sys.stdout
    for line in sys.stdin:
        words, told = json.loads(line)
        faulthandler.dump_traceback_later(LIMIT_SECONDS, exit=True)
        answers.write(json.dumps(_run(words, told=told)) + "\n")
        answers.flush()
        faulthandler.cancel_dump_traceback_later()


def _run(words: list[str], *, told: str) -> dict[str, Any]:
    said, complained, code = StringIO(), StringIO(), 0
    around, sys.stdin, sys.argv = (sys.stdin, sys.argv), StringIO(told), list(words)
    try:
        with redirect_stdout(said), redirect_stderr(complained):
            runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    finally:
        sys.stdin, sys.argv = around
        _let_go_of_the_database()
    return {"code": code, "said": said.getvalue(), "complained": complained.getvalue()}


def _let_go_of_the_database() -> None:
    """Do what the end of a process would do: keep no connection, for its server may be gone by the next command."""
    database = sys.modules.get("django.db")
    for connection in database.connections.all(initialized_only=True) if database else ():
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()


def _paths_of(environment: Mapping[str, str]) -> list[str]:
    return [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]


if __name__ == "__main__":
    run_lines()
