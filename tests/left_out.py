"""What a run had to leave out, said so loudly that nobody can take the run for a whole one."""

from typing import Final

import pytest

from browser.machine import NOT_TESTED as BROWSER_NOT_TESTED

STACK_NOT_TESTED = "THE REAL CARD STACK WAS NOT TESTED"
PAGES_NOT_MEASURED = "MEASURING THE PAGES WAS NOT TESTED"

_LEFT_OUT: Final = (STACK_NOT_TESTED, BROWSER_NOT_TESTED, PAGES_NOT_MEASURED)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what is missing: here, where every worker's tests are heard of."""
    reasons = {str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])}
    for title in _LEFT_OUT:
        missing = {reason.partition("MISSING: ")[2].upper() for reason in reasons if title in reason}
        if missing:
            terminalreporter.section(title, sep="!", red=True, bold=True)
            terminalreporter.line(f"MISSING: {', '.join(sorted(missing))}")
            terminalreporter.line("AS ROOT, `make test` INSTALLS IT ON DEBIAN.")
