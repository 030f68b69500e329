"""Let many citizens come to counters where everything goes wrong: ``python tests/simulate_counter.py``."""

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

SHOWN = 20


def main() -> int:
    """Simulate, and return 1 when anybody was bound but by their own card to their own account."""
    parser = argparse.ArgumentParser(prog="simulate-counter", description=__doc__)
    parser.add_argument("--sessions", type=int, default=1_000_000, help="how many sessions (1,000,000)")
    parser.add_argument("--seed", type=int, default=None, help="the same seed gives the same run (random)")
    parser.add_argument("--database", action="store_true", help="through PostgreSQL and whole acts: a few hundred")
    arguments = parser.parse_args()
    seed = secrets.randbelow(1 << 32) if arguments.seed is None else arguments.seed
    with tempfile.TemporaryDirectory(prefix="mynapoint-counter-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # the database's user has to pass through
        os.environ |= {"MYNAPOINT_STATE_DIR": folder, "DJANGO_SETTINGS_MODULE": "mynapoint.settings"}
        if arguments.database:
            return _simulate_in_database(Path(folder), sessions=arguments.sessions, seed=seed)
        return _simulate_in_memory(sessions=arguments.sessions, seed=seed)


def _simulate_in_memory(*, sessions: int, seed: int) -> int:
    from casework.platform import MemoryPlatform  # noqa: PLC0415

    platform = MemoryPlatform()
    return _show(platform, sessions=sessions, seed=seed, between=lambda _town: platform.forget_old())


def _simulate_in_database(folder: Path, *, sessions: int, seed: int) -> int:
    # What these import needs Django's apps, and the database that is only there now.
    import django  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    from mynapoint.console.cluster import open_cluster  # noqa: PLC0415
    from mynapoint.console.database import describe_database  # noqa: PLC0415

    django.setup()
    cluster = open_cluster(folder, pg_bin=None, durable=False)
    cluster.start()
    try:
        settings.DATABASES["default"].update(describe_database(cluster.url, pool_size=4))
        call_command("migrate", verbosity=0)
        from casework.database import DatabasePlatform  # noqa: PLC0415
        from casework.town import Town  # noqa: PLC0415
        from cast import announce  # noqa: PLC0415
        from mynapoint.case.operations import end_lapsed  # noqa: PLC0415

        def look_in(town: Town) -> None:
            if town.is_at_a_round_minute:
                end_lapsed(at=town.at)

        announce()
        platform = DatabasePlatform(folder / "authority")
        return _show(platform, sessions=sessions, seed=seed, between=look_in)
    finally:
        cluster.discard()


def _show(platform, *, sessions: int, seed: int, between) -> int:
    from casework.simulation import Result, simulate  # noqa: PLC0415

    with Progress(TextColumn("sessions"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task("sessions", total=sessions)

        def show(so_far: Result) -> None:
            bar.update(task, completed=so_far.sessions)
            if not bar.console.is_terminal:
                bar.console.print(f"sessions {so_far.sessions:,} | wrong bindings {len(so_far.wrong):,}")

        result = simulate(platform, sessions=sessions, seed=seed, progress=show, between=between)
    for wrong in result.wrong[:SHOWN]:
        sys.stdout.write(f"{wrong}\n")
    sys.stdout.write(f"{result}\n")
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
