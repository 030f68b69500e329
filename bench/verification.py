"""Statement verification on one core: certificate read, path and signature checked, against OpenSSL's bare RSA."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle
from statistics import median
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from bench.crowd import issue_cards
from bench.progress import say
from bench.stage import AT, empty_folder
from bench.table import Row
from jpki.path import TrustAnchors, check_certificate
from jpki.statement import check_statement_signature
from jpki.virtual.authority import Authority
from jpki.virtual.keys import KeyPool

GOAL: Final = 0.25
NAME: Final = "statement verification, one core"
STATEMENT: Final = b"mynapoint act v1\n" + b"s" * 700
"""As long as an application's."""
_SPEED: Final = re.compile(r"^\+F2:\d+:2048:(?P<sign>[0-9.]+):(?P<verify>[0-9.]+)", re.MULTILINE)

Signed = tuple[bytes, bytes]
"""A certificate and a signature over the statement."""


def measure(quick: bool) -> Iterator[Row]:
    """Yield verifications a second beside half of OpenSSL's, which is what two bare RSA verifications would allow."""
    rounds, seconds = (1, 0.2) if quick else (5, 1.0)
    anchors, signed = _prepare(8 if quick else 200)
    rates, limits = [], []
    for number in range(1, rounds + 1):
        rates.append(_verify(anchors, signed, seconds=seconds))
        limits.append(ask_openssl() / 2)
        say(f"verification: round {number} of {rounds}, {rates[-1]:.0f}/s")
    ratio = median(rate / limit for rate, limit in zip(rates, limits, strict=True))
    yield Row(NAME, median(rates), "/s", median(limits), ratio, GOAL)


def _prepare(count: int) -> tuple[TrustAnchors, list[Signed]]:
    """Have so many cards of a new authority sign, each with a certificate of its own."""
    keys = KeyPool(min(count, 50))
    with empty_folder() as folder:
        authority = Authority.create(folder / "authority", at=AT - timedelta(days=1), draw_key=keys.draw)
        cards = issue_cards(folder / "authority", count, keys=keys)
    signed = [(card.certificate, card.key.sign(STATEMENT, PKCS1v15(), SHA256())) for card in cards]
    return authority.anchors(), signed


def _verify(anchors: TrustAnchors, signed: list[Signed], *, seconds: float) -> float:
    """Return verifications a second of CPU, which is also what OpenSSL's benchmark counts by."""
    started = time.process_time()
    for done, (certificate, signature) in enumerate(cycle(signed)):
        if (used := time.process_time() - started) >= seconds:
            return done / used
        accepted = check_certificate(certificate, anchors=anchors, at=AT)
        check_statement_signature(accepted, STATEMENT, signature)
    raise AssertionError("nothing was signed")


def ask_openssl() -> float:
    """Return how many RSA-2048 verifications a second OpenSSL's own benchmark reaches on one core."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise FileNotFoundError("openssl: the limit of verification is its figure; install it")
    command = [openssl, "speed", "-mr", "-seconds", "1", "rsa2048"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = float(_SPEED.search(answer.stdout)["verify"])  # type: ignore[index]
    return 1 / seconds if seconds < 1 else seconds
