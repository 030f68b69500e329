"""Which tests a run has, and in which order: the longest files first, and on a second database those that meet one."""

from pathlib import Path
from typing import Final

import pytest

LONGEST_FIRST: Final = (
    "demo/test_demo.py",
    "town/test_survival.py",
    "casework/test_casework.py",
    "bench/test_bench_rows.py",
    "town/test_non_interference.py",
    "lives/test_lives.py",
    "counter/test_counter_browser.py",
    "deskwork/test_deskwork.py",
    "demo/test_demo_training.py",
    "stack/test_stack_program.py",
    "fuzz/test_random_bytes.py",
    "site/test_site_journey_browser.py",
    "browser/test_every_page.py",
    "access/test_access.py",
    "counter/test_counter_case.py",
    "site/test_site_visits_browser.py",
    "ground/test_commands.py",
    "paymentservice/test_service_survival.py",
    "cardagent/test_card_window.py",
    "town/test_database_survival.py",
    "cardagent/test_card_program_statement.py",
    "service_api/test_service_api_robustness.py",
    "service_api/test_service_api_jobs.py",
    "ground/test_cluster.py",
    "signin/test_sign_in.py",
    "signin/test_passkey_browser.py",
    "cardagent/test_card_window_browser.py",
)
"""Files that take more than five seconds: one of them at the end would keep one core busy while the others wait."""

_DATABASE: Final = frozenset({"db", "transactional_db", "django_db_setup", "database_url"})
_BROWSER: Final = "chromium"
"""What a page looks like in a browser is another database's doing no more than this one's."""
_HERE: Final = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to run what meets the database alone."""
    parser.addoption(
        "--database-only",
        action="store_true",
        help="run the tests alone that meet the suite's database, without `once`",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of what one database shows as well as another."""
    config.addinivalue_line("markers", "once: meets the database, but another version of it would show nothing new")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first, after everybody else has had their say; leave out what was not asked for."""
    items.sort(key=_turn)  # stable: the rest stays as it was
    if config.getoption("--database-only"):
        left_out = [item for item in items if not _meets_database(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if _meets_database(item)]


def _turn(item: pytest.Item) -> int:
    name = item.path.relative_to(_HERE).as_posix() if item.path.is_relative_to(_HERE) else ""
    return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)


def _meets_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    if item.get_closest_marker("once") or _BROWSER in fixtures:
        return False
    return item.get_closest_marker("django_db") is not None or bool(fixtures & _DATABASE)
