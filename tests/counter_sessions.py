"""Hold sessions at a counter in a real browser with two windows: ``python tests/counter_sessions.py``."""

import argparse
import logging
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

SHOWN = 20


def main() -> int:
    """Hold sessions, and return 1 when anybody was bound but by their own card to their own account."""
    parser = argparse.ArgumentParser(prog="counter-sessions", description=__doc__)
    parser.add_argument("--sessions", type=int, default=500, help="how many sessions (500)")
    parser.add_argument("--seed", type=int, default=None, help="the same seed lets the same citizens come (random)")
    arguments = parser.parse_args()
    seed = secrets.randbelow(1 << 32) if arguments.seed is None else arguments.seed
    with tempfile.TemporaryDirectory(prefix="mynapoint-sessions-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # the database's user has to pass through
        os.environ |= {
            "MYNAPOINT_STATE_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "mynapoint.settings",
            # Playwright's event loop runs beside what is asked of the database.
            "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
        }
        return _hold_in(Path(folder), sessions=arguments.sessions, seed=seed)


def _hold_in(folder: Path, *, sessions: int, seed: int) -> int:
    # What these import needs Django's apps, and the database that is only there now.
    import django  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    from mynapoint.console.cluster import open_cluster  # noqa: PLC0415
    from mynapoint.console.database import describe_database  # noqa: PLC0415

    django.setup()
    logging.disable(logging.WARNING)  # whatever is refused is counted
    cluster = open_cluster(folder, pg_bin=None, durable=False)
    cluster.start()
    try:
        settings.DATABASES["default"].update(describe_database(cluster.url, pool_size=16))
        call_command("migrate", verbosity=0)
        return _hold(folder / "authority", sessions=sessions, seed=seed)
    finally:
        cluster.discard()


def _hold(folder: Path, *, sessions: int, seed: int) -> int:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    from browser.fixtures import FLAGS  # noqa: PLC0415
    from casework.simulation import Result  # noqa: PLC0415
    from deskwork.house import open_house  # noqa: PLC0415
    from deskwork.sessions import run_sessions  # noqa: PLC0415

    columns = (TextColumn("sessions"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with open_house(folder) as house, sync_playwright() as playwright, Progress(*columns) as bar:
        task = bar.add_task("sessions", total=sessions)

        def show(so_far: Result) -> None:
            bar.update(task, completed=so_far.sessions)
            if not bar.console.is_terminal and so_far.sessions % 10 == 0:
                bar.console.print(f"sessions {so_far.sessions:,} | wrong bindings {len(so_far.wrong):,}")

        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        result = run_sessions(browser, house, sessions=sessions, seed=seed, progress=show)
        browser.close()
    for wrong in result.wrong[:SHOWN]:
        sys.stdout.write(f"{wrong}\n")
    sys.stdout.write(f"{result}\n")
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
