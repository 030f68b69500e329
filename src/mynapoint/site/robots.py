"""What search engines may keep (RFC 9309): the pages that inform; of a demonstration, nothing."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from mynapoint.site.shell.languages import PREFIXES

PRIVATE: Final = ("act/", "apply/", "line/", "reserve/", "status/")


@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """Answer /robots.txt."""
    if settings.DEMO:
        paths = ["/"]
    else:
        paths = ["/office/", "/service/", *(f"/{prefix}{path}" for prefix in PREFIXES.values() for path in PRIVATE)]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in paths)]
    answer = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
