"""Where the time of an application goes, in stages: `python -m bench.profile [--acts N]`."""

import argparse
import pickle
import pstats
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from rich.console import Console
from rich.table import Table

from bench.crowd import Applicant, gather
from bench.profiled import SIDES, WARM_UP
from bench.progress import say
from bench.stage import SERVICE, running, settled_town
from bench.stages import NAMES, share_out
from demo.town import Town
from jpki.virtual.keys import KeyPool

ACTS: Final = 200


def main() -> None:
    """Print each stage's share on each of the three sides, and how many milliseconds an act takes there."""
    parser = argparse.ArgumentParser(prog="bench.profile", description=__doc__)
    parser.add_argument("--acts", type=int, default=ACTS)
    acts = parser.parse_args().acts
    with settled_town() as town:
        people = gather(town, acts + WARM_UP, keys=KeyPool(8))
        (town.folder / "people.pickle").write_bytes(pickle.dumps([_pack(person) for person in people]))
        with running(town, SERVICE):
            stages = {side: _profile(town, side) for side in ("site", "worker")}
        stages["service"] = _profile(town, "service")
    print_stages(stages)


def print_stages(stages: dict[str, Counter[str]]) -> None:
    """Print milliseconds an act: the profiler at least doubles them, so the shares are what counts."""
    table = Table("stage", *(f"{side}, ms" for side in stages), "share", title="an application under the profiler")
    total = sum(sum(seconds.values()) for seconds in stages.values())
    for name in NAMES:
        figures = [seconds[name] * 1000 for seconds in stages.values()]
        table.add_row(name, *(f"{figure:.2f}" for figure in figures), f"{sum(figures) / total / 10:.0f} %")
    table.add_section()
    table.add_row("all", *(f"{sum(seconds.values()) * 1000:.2f}" for seconds in stages.values()), "100 %")
    Console(width=110).print(table)


def _pack(person: Applicant) -> tuple[str, str, str, bytes, bytes]:
    key = person.card.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return person.way, person.account_id, person.code, key, person.card.certificate


def _profile(town: Town, side: str) -> Counter[str]:
    """Run one side under the profiler, in that program's own environment; return seconds an act."""
    assert side in SIDES
    say(f"profile: {side}")
    service = town.services[SERVICE]
    environment = dict(town.environment) | {"DJANGO_SETTINGS_MODULE": "mynapoint.settings"}
    if side == "service":
        settings = {"DJANGO_SETTINGS_MODULE": "paymentservice.reference.settings"}
        environment = dict(service.environment) | settings | {"PAYMENTSERVICE_CONFIG": str(service.config)}
    port = service.port if side == "service" else town.site_port
    command = [sys.executable, "-m", "bench.profiled", side, str(town.folder), str(port)]
    subprocess.run(command, env=environment, check=True, stderr=subprocess.DEVNULL)
    (path,) = town.folder.glob(f"{side}.*.profile")
    return _per_act(path)


def _per_act(path: Path) -> Counter[str]:
    acts = int(path.suffixes[-2].removeprefix("."))
    return Counter({stage: seconds / acts for stage, seconds in share_out(pstats.Stats(str(path))).items()})


if __name__ == "__main__":
    main()
