"""The site's main pages, as its header and footer list them."""

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest
from django.urls import reverse

from mynapoint.site.shell.languages import LANG_CODES, NAMES, NAMESPACES, put_into, read_language


@dataclass(frozen=True)
class Place:
    """One line of a navigation: an address, the phrase that names it, and whether the visitor is there."""

    href: str
    phrase: str
    is_here: bool


@dataclass(frozen=True)
class Tongue:
    """The same page in one of the languages."""

    href: str
    name: str
    code: str
    is_here: bool


MAIN: Final = ("start", "services", "reserve", "status", "places", "faq")
# What a line of the navigation stands for besides its own page.
INSIDE: Final = {"reserve": ("apply",), "status": ("objections",)}
# Every page that does not belong to one service, one place or one person, by the name of its address.
EVERYTHING: Final = {
    "before": ("start", "check", "planner", "services", "howto", "program"),
    "act": ("reserve", "apply", "status"),
    "help": ("places", "visit", "helpdesk", "faq", "contact", "fraud", "never", "news", "flyer"),
    "about": ("privacy", "accessibility", "terms", "condition", "sitemap"),
}
# The pages of the footer, besides the main ones.
FOOT: Final = (
    *("check", "planner", "howto", "program", "visit", "helpdesk", "contact", "fraud", "never", "news", "flyer"),
    *("privacy", "accessibility", "terms", "condition", "sitemap"),
)


def list_places(request: HttpRequest, names: tuple[str, ...]) -> list[Place]:
    """This will list pages by the names of their addresses, in the visitor's language."""
    language = read_language(request)
    places = []
    for name in names:
        href = reverse(f"site:{name}", current_app=NAMESPACES[language])
        inside = (href, *(reverse(f"site:{other}", current_app=NAMESPACES[language]) for other in INSIDE.get(name, ())))
        is_here = request.path == href or (name != "start" and request.path.startswith(inside))
        places.append(Place(href=href, phrase=f"shell.nav.{name}", is_here=is_here))
    return places


def list_tongues(request: HttpRequest) -> list[Tongue]:
    """This will list this page in every language."""
    own = read_language(request)
    return [
        Tongue(href=put_into(language, request), name=name, code=LANG_CODES[language], is_here=language is own)
        for language, name in NAMES.items()
    ]
