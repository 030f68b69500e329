"""Let many random people live with their cards: ``python tests/simulate_lives.py [--lives N] [--seed N]``."""

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mynapoint.console.cluster import open_cluster
from mynapoint.console.database import describe_database

SHOWN = 20


def main() -> int:
    """Simulate on a PostgreSQL of its own, and return 1 when anything came otherwise than it must."""
    parser = argparse.ArgumentParser(prog="simulate-lives", description=__doc__)
    parser.add_argument("--lives", type=int, default=100_000, help="how many people (100,000)")
    parser.add_argument("--seed", type=int, default=None, help="the same seed gives the same lives (random)")
    arguments = parser.parse_args()
    seed = secrets.randbelow(1 << 32) if arguments.seed is None else arguments.seed
    with tempfile.TemporaryDirectory(prefix="mynapoint-lives-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # the server's user has to pass through
        os.environ |= {"MYNAPOINT_STATE_DIR": folder, "DJANGO_SETTINGS_MODULE": "mynapoint.settings"}
        django.setup()
        cluster = open_cluster(Path(folder), pg_bin=None, durable=False)
        cluster.start()
        try:
            settings.DATABASES["default"].update(describe_database(cluster.url, pool_size=8))
            return _simulate(lives=arguments.lives, seed=seed)
        finally:
            cluster.discard()


def _simulate(*, lives: int, seed: int) -> int:
    # What these import needs Django's apps.
    from cast import LOADED_AT, PROGRAMME, PROGRAMME_FILE  # noqa: PLC0415
    from lives.platform import Platform  # noqa: PLC0415
    from lives.simulation import Result, simulate  # noqa: PLC0415
    from mynapoint.programme.operations import load_programme  # noqa: PLC0415
    from mynapoint.programme.queries import get_programme  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    platform = Platform(get_programme(PROGRAMME, at=LOADED_AT))
    with Progress(TextColumn("lives"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task("lives", total=lives)

        def show(so_far: Result) -> None:
            bar.update(task, completed=so_far.lives)
            if not bar.console.is_terminal:
                bar.console.print(str(so_far), soft_wrap=True)

        result = simulate(platform, lives=lives, seed=seed, progress=show)
    for violation in result.violations[:SHOWN]:
        sys.stdout.write(f"{violation}\n")
    sys.stdout.write(f"{result}\n")
    return 1 if result.violations else 0


if __name__ == "__main__":
    sys.exit(main())
