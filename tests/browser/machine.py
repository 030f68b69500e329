"""What the tests in a browser need of the machine, as Debian's packages; run as a program it lists what is missing."""

import shutil
import subprocess
import sys

NOT_TESTED = "THE PAGES WERE NOT TESTED IN A BROWSER"

# The browser without its own windows needs half of the other's work for a page; either will do.
_BROWSERS = ("chromium-headless-shell", "chromium")
_JAVA = "default-jre-headless"


def find_chromium() -> str | None:
    """Find the browser's program."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def find_missing() -> list[str]:
    """Name the Debian packages that are missing."""
    is_there = {_BROWSERS[0]: find_chromium(), _JAVA: shutil.which("java"), "fonts-noto-cjk": _has_japanese_letters()}
    return [package for package, there in is_there.items() if not there]


def _has_japanese_letters() -> bool:
    listing = shutil.which("fc-list")
    return listing is not None and bool(subprocess.run([listing, ":lang=ja"], capture_output=True, check=True).stdout)


if __name__ == "__main__":
    sys.stdout.write(" ".join(find_missing()))
