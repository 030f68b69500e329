"""What every page of the site says."""

from django.conf import settings
from django.http import HttpRequest


def every_page(_request: HttpRequest) -> dict[str, object]:
    """Say whether this is a demonstration, and what time it is here; nothing that needs the database."""
    return {"is_demo": settings.DEMO, "now": settings.CLOCK()}
