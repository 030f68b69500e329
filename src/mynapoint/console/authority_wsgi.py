"""The test authority as a WSGI application, for `mynapoint authority serve`."""

from pathlib import Path

import django
from django.conf import settings

from jpki.virtual.authority import Authority
from jpki.virtual.service import AuthorityService


def get_application() -> AuthorityService:
    """Make the application of the authority that the settings name."""
    django.setup()
    folder = Path((settings.REGISTRY or "").removeprefix("authority:"))
    return AuthorityService(Authority.open(folder), clock=settings.CLOCK)


application = get_application()
