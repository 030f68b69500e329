"""Who stands at the door, as the brake on guessing knows them."""

from django.conf import settings
from django.http import HttpRequest

from mynapoint.kernel.whence import find_address
from mynapoint.signin.rules import Visitor


def get_visitor(request: HttpRequest, name: str) -> Visitor:
    """Return who tries a user name, and from where."""
    address = find_address(
        request.META.get("REMOTE_ADDR", ""),
        forwarded=request.META.get("HTTP_X_FORWARDED_FOR", ""),
        proxies=settings.PROXIES,
    )
    return Visitor.hashed(name.strip().lower(), address=address, key=settings.SECRET_KEY.encode())
