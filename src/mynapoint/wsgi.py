"""The platform as a WSGI application: ``granian --interface wsgi mynapoint.wsgi:application``."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application


def get_application() -> WSGIHandler:
    """Make the application, or stop in one line when a setting is wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mynapoint.settings")
    try:
        return get_wsgi_application()
    except ImproperlyConfigured as error:
        raise SystemExit(f"mynapoint: {error}") from None


application = get_application()
