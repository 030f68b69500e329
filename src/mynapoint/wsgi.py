"""The platform as a WSGI application: ``granian --interface wsgi mynapoint.wsgi:application``."""

import os
from wsgiref.types import WSGIApplication

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application


def get_application() -> WSGIApplication:
    """Make the application, with pages kept ready before it, or stop in one line when a setting is wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mynapoint.settings")
    try:
        application = get_wsgi_application()
        # Not before the settings are read.
        from mynapoint.site.kept.moments import get_moment  # noqa: PLC0415
        from mynapoint.site.kept.pages import KeptPages  # noqa: PLC0415

        return KeptPages(application, moment=get_moment)
    except ImproperlyConfigured as error:
        raise SystemExit(f"mynapoint: {error}") from None


application = get_application()
