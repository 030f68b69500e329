"""What a run had to leave out, said so loudly that nobody can take the run for a whole one."""

import pytest

STACK_NOT_TESTED = "THE REAL CARD STACK WAS NOT TESTED"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what is missing for the real card stack: here, where every worker's tests are heard of."""
    reasons = {str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])}
    missing = {reason.partition("MISSING: ")[2].upper() for reason in reasons if STACK_NOT_TESTED in reason}
    if missing:
        terminalreporter.section(STACK_NOT_TESTED, sep="!", red=True, bold=True)
        terminalreporter.line(f"MISSING: {', '.join(sorted(missing))}")
        terminalreporter.line("AS ROOT, `make test` INSTALLS IT ON DEBIAN.")
