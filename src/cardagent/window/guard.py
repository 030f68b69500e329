"""Who may speak to the window: the person's own browser, from a page of the window's own, and no page of others."""

import ipaddress
from typing import Final

from werkzeug.wrappers import Request, Response

MAX_BODY: Final = 4096
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src data:",
        "form-action 'self'{target}",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), usb=()",
    # Not "no-referrer": under it browsers send "Origin: null" with a form.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class ForgedRequest(Exception):
    """The request is none that a person's browser makes of its own accord; `status` is what it is answered."""

    def __init__(self, *, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def check_request(request: Request, *, origin: str) -> None:
    """This will let pass only what the person at this machine may have done:

    (1) it comes from this machine;
    (2) it names this very address: a name that somebody bends to loopback (DNS rebinding) is another one;
    (3) it opens a page, in a window of its own: no frame, image, script or fetch of another page (Fetch Metadata);
    (4) what changes something comes from a page of our own.

    :raises ForgedRequest: for the first that fails.
    """
    # (1)
    if not ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback:  # noqa: S104 - stands for "unknown"
        raise ForgedRequest(status=403)
    # (2)
    if f"http://{request.headers.get('Host', '')}" != origin:
        raise ForgedRequest(status=421)
    # (3)
    if not (_is_navigation(request) or _is_own_style(request)):
        raise ForgedRequest(status=403)
    # (4)
    if request.method not in ("GET", "HEAD") and not _is_own_form(request, origin=origin):
        raise ForgedRequest(status=403)


def dress(response: Response, *, form_target: str | None = None) -> Response:
    """This will add what keeps other pages away; a form may lead nowhere but here and to the site that asks."""
    target = "" if form_target is None else f" {form_target}"
    response.headers.update(_HEADERS)
    response.headers["Content-Security-Policy"] = _POLICY.format(target=target)
    return response


def _is_navigation(request: Request) -> bool:
    # A browser that is too old to say is let through: (2) and (4) hold without it.
    mode, destination = request.headers.get("Sec-Fetch-Mode"), request.headers.get("Sec-Fetch-Dest")
    is_ahead_of_time = "prefetch" in request.headers.get("Sec-Purpose", "")
    return mode in (None, "navigate") and destination in (None, "document") and not is_ahead_of_time


def _is_own_style(request: Request) -> bool:
    is_style = request.headers.get("Sec-Fetch-Dest") == "style"
    return is_style and request.headers.get("Sec-Fetch-Site") == "same-origin" and request.path.startswith("/static/")


def _is_own_form(request: Request, *, origin: str) -> bool:
    is_ours = request.headers.get("Origin") == origin
    return request.method == "POST" and is_ours and request.headers.get("Sec-Fetch-Site") in (None, "same-origin")
