"""Runs the service's commands, one for each line read, in a process of its own: starting Python costs a second."""

import json
import sys
import traceback

from typer.testing import CliRunner

from paymentservice.main import app


def run_lines() -> None:
    """Read JSON lists of arguments, write JSON of how each command ended."""
    runner = CliRunner()
    for line in sys.stdin:
        result = runner.invoke(app, json.loads(line))
        unexpected = result.exception is not None and not isinstance(result.exception, SystemExit)
        trace = "".join(traceback.format_exception(*result.exc_info)) if unexpected and result.exc_info else ""
        ended = {"returncode": result.exit_code, "stdout": result.stdout, "stderr": result.stderr + trace}
        sys.stdout.write(json.dumps(ended) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    run_lines()
