"""Registers services that nobody runs, all in one process: ``python -m demo.announced FILE …``."""

import os
import sys
from pathlib import Path

import django
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mynapoint.settings")
django.setup()

from django.conf import settings  # noqa: E402  (what follows needs Django's apps)

from mynapoint.directory.operations import register_service  # noqa: E402
from mynapoint.directory.rules import ServiceKey  # noqa: E402
from paymentservice.keys import public_key_text  # noqa: E402


def announce(path: Path) -> None:
    """Register a service under an address where nobody answers, with a key whose secret half is thrown away."""
    at = settings.CLOCK()
    public_key = public_key_text(Ed25519PrivateKey.generate().public_key())
    key = ServiceKey.model_validate({"id": f"{path.stem}-1", "public_key": public_key, "from": at})
    register_service(path, address=f"https://{path.stem}.example/mynapoint/v1", keys=[key], at=at)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        announce(Path(name))
