"""The ways to sign an act, the one that fits the device in hand first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest

from mynapoint.directory.rules import Channel, Service
from mynapoint.site.journey.addresses import find_address
from mynapoint.site.shell.languages import read_language

_PHONE: Final = "Mobi"
"""what every browser on a phone says of itself, and no other (RFC 9110, 10.1.5; MDN)"""


@dataclass(frozen=True)
class Way:
    """One way to sign: where its button leads, and the phrases `journey.act.…` on it and below it."""

    name: str
    href: str
    hint: str


_CHANNELS: Final[Mapping[str, Channel]] = {"pc": "pc", "phone": "phone", "qr": "phone", "counter": "counter"}


def get_link(token: str) -> str:
    """This will give an act's link as programs know it."""
    return f"{settings.SITE_ORIGIN}/act/{token}"


def list_ways(request: HttpRequest, token: str, *, draft: str | None) -> list[Way]:
    """This will list the ways to sign an act; a counter can go on with it when it came from a draft."""
    asked = f"/{read_language(request)}/sign?link={quote(get_link(token), safe='')}"
    computer = Way("pc", settings.CARD_PROGRAM + asked, "pc_hint")
    ways = [Way("qr", find_address(request, "act-phone", token=token), "qr_hint")]
    if draft:
        ways.append(Way("counter", f"{draft}counter/", "counter_hint"))
    if settings.DEMO:  # which has no phone: its card program, which shows whose card to take, plays one
        ways.insert(0, Way("phone", settings.CARD_PROGRAM + asked, "phone_demo"))
    elif settings.PHONE_PROGRAM:
        ways.insert(0, Way("phone", settings.PHONE_PROGRAM + asked, "phone_hint"))
    is_phone = _PHONE in request.headers.get("User-Agent", "")
    return [*ways, computer] if is_phone else [computer, *ways]


def choose_ways(ways: Sequence[Way], service: Service | None) -> list[Way]:
    """This will leave those ways in which a service takes applications; without one, all of them."""
    return [way for way in ways if service is None or _CHANNELS[way.name] in service.channels]
