"""Run every measurement: `python -m bench [--json] [--quick] [--only NAME]`."""

import argparse
import importlib
import pkgutil
import signal
import sys
from collections.abc import Iterator

import bench
from bench.progress import say
from bench.table import Row, print_json, print_table


def measurements() -> list[str]:
    """Return the names of the modules beside this one that measure something."""
    names = (module.name for module in pkgutil.iter_modules(bench.__path__))
    return [name for name in sorted(names) if hasattr(importlib.import_module(f"bench.{name}"), "measure")]


def measure(names: list[str], *, quick: bool) -> Iterator[Row]:
    """Yield the rows of the named modules, one measurement at a time."""
    for name in names:
        say(f"{name} …")
        yield from importlib.import_module(f"bench.{name}").measure(quick=quick)


def main() -> int:
    """Print all rows and return 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure, each figure beside its limit.")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look")
    parser.add_argument("--only", metavar="NAME", action="append", help="this module only (may be given again)")
    arguments = parser.parse_args()
    known = [name for name in measurements() if name != "__main__"]
    names = arguments.only or known
    if unknown := set(names) - set(known):
        parser.error(f"no such measurement: {', '.join(sorted(unknown))} (there are: {', '.join(known)})")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped and folders cleared away
    show = print_json if arguments.json else print_table
    missed = [row for row in show(measure(names, quick=arguments.quick)) if not row.is_met]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
