"""Run the suite against a server that it did not start: ``python tests/on_server.py PROGRAMS [pytest's arguments]``."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from mynapoint.console.cluster import open_cluster


def main(programs: str, *arguments: str) -> int:
    """Start a server over these programs, run the suite with its address in DATABASE_URL, and throw it away."""
    with tempfile.TemporaryDirectory(prefix="mynapoint-server-") as state_dir:
        Path(state_dir).chmod(0o711)
        cluster = open_cluster(Path(state_dir), pg_bin=Path(programs), durable=False)
        cluster.start()
        try:
            suite = [sys.executable, "-m", "pytest", *arguments]
            return subprocess.run(suite, env=os.environ | {"DATABASE_URL": cluster.url}, check=False).returncode
        finally:
            cluster.discard()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
