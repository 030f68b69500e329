"""Headers that no answer goes without, and that Django does not know."""

from collections.abc import Callable, Mapping
from typing import Final

from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse

# Nothing on any page asks for a sensor, and nobody else's page may take ours in, not even a picture.
HEADERS: Final[Mapping[str, str]] = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def guard(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that adds them, and the policy for what a page may load and do: the same for every page."""
    policy = build_policy()

    def answer(request: HttpRequest) -> HttpResponse:
        answered = get_response(request)
        for name, value in HEADERS.items():
            answered.headers.setdefault(name, value)
        answered.headers.setdefault("Content-Security-Policy", policy)
        return answered

    return answer
