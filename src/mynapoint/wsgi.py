"""The platform as a WSGI application: ``granian --interface wsgi mynapoint.wsgi:application``."""

import gc
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


def spare_collector() -> None:
    """Take what was loaded out of the garbage collector's sight, and have it look at the rest less often.

    What an act leaves is freed by its reference counts; looking through it all for circles took a tenth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


application = get_application()
spare_collector()
