"""What every page of the site says."""

from django.conf import settings
from django.http import HttpRequest

from mynapoint.site.shell.languages import LANG_CODES, read_language


def every_page(request: HttpRequest) -> dict[str, object]:
    """Say whether this is a demonstration, what time it is here, and the page's language; nothing of the database."""
    language = read_language(request)
    return {
        "is_demo": settings.DEMO,
        "is_training": settings.TRAINING,
        "now": settings.CLOCK(),
        "language": language,
        "lang": LANG_CODES[language],
    }
