"""What the tests in a browser need of the machine, as Debian's packages; run as a program it lists what is missing."""

import shutil
import subprocess
import sys

NOT_TESTED = "THE PAGES WERE NOT TESTED IN A BROWSER"

_PROGRAMS = {"chromium": "chromium", "java": "default-jre-headless"}


def find_missing() -> list[str]:
    """Name the Debian packages that are missing."""
    missing = [package for program, package in _PROGRAMS.items() if shutil.which(program) is None]
    return missing if _has_japanese_letters() else [*missing, "fonts-noto-cjk"]


def _has_japanese_letters() -> bool:
    listing = shutil.which("fc-list")
    return listing is not None and bool(subprocess.run([listing, ":lang=ja"], capture_output=True, check=True).stdout)


if __name__ == "__main__":
    sys.stdout.write(" ".join(find_missing()))
