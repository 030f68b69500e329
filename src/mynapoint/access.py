"""権限: who may ask for which address, and how. One table, looked at before every view; what it lacks is nobody's.

A new address gets its row here, in the same commit. Which counter or terminal it must be, the views look at themselves
(`counter/desk.py`): this knows roles alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed

from mynapoint.signin.sessions import ask_to_sign_in, find_presence
from mynapoint.signin.stops import stop
from mynapoint.staff.rules import OFFICE, Member, Role

Open = Literal["everybody", "link", "service", "enrolling"]
"""Whom no role decides about: everybody; who has an address that cannot be guessed; a payment service, by its
signature; staff who follow an invitation or have just signed in."""


@dataclass(frozen=True, slots=True)
class Staff:
    """People with one of these roles, of a city or of the office."""

    roles: frozenset[Role]
    is_office: bool = False

    def has(self, member: Member) -> bool:
        """Say whether somebody is one of them."""
        return (member.city == OFFICE) is self.is_office and bool(member.roles & self.roles)


Who = Open | Staff


@dataclass(frozen=True, slots=True)
class Rule:
    """Whom some addresses are for, by their names and their methods; HEAD goes with GET."""

    who: Who
    methods: tuple[str, ...]
    names: tuple[str, ...]


READ: Final = ("GET",)
WRITE: Final = ("POST",)
BOTH: Final = ("GET", "POST")
ANY: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

OFFICE_WORK: Final = Staff(frozenset({Role.OFFICE}), is_office=True)
OFFICE_LOOK: Final = Staff(frozenset({Role.OFFICE, Role.AUDITOR}), is_office=True)
AT_DESK: Final = Staff(frozenset({Role.CLERK, Role.SUPERVISOR}))
SUPERVISING: Final = Staff(frozenset({Role.SUPERVISOR}))
CITY: Final = Staff(frozenset({Role.CITY_ADMIN}))
LOOKING_BACK: Final = Staff(frozenset({Role.SUPERVISOR, Role.CITY_ADMIN, Role.AUDITOR}))

RULES: Final = (
    Rule(
        "everybody",
        READ,
        (
            *(f"site:{page}" for page in ("start", "check", "planner", "howto", "fraud", "never", "terms", "faq")),
            "site:program",
            *(f"site:{page}" for page in ("privacy", "accessibility", "news", "feed", "news-item", "contact")),
            *(f"site:{page}" for page in ("sitemap", "services", "services-json", "services-csv", "compare")),
            *(f"site:{page}" for page in ("service", "places", "place", "helpdesk", "flyer", "flyer-pdf")),
            *(f"site:{page}" for page in ("receipt", "objections", "line", "condition", "book", "book-day", "visit")),
            *(f"machine:{page}" for page in ("robots", "checkpoint", "journal-key", "consistency")),
            *(f"machine:{page}" for page in ("entry", "closing")),
            "signin_work",
        ),
    ),
    Rule(
        "everybody",
        BOTH,
        (
            *(f"site:{page}" for page in ("reserve", "apply", "apply-service", "receipts", "status", "status-child")),
            *(
                "site:book-slot",
                "site:objection",
                "site:objection-child",
                "account_login",
                "mfa_authenticate",
                "mfa_login_webauthn",
                "signin_terminal",
            ),
        ),
    ),
    Rule("everybody", WRITE, ("account_logout",)),
    Rule("link", READ, (*(f"site:{page}" for page in ("draft", "act", "act-phone", "receipt-pdf")),)),
    Rule(
        "link",
        BOTH,
        tuple(f"site:{page}" for page in ("number", "booking", "change", "change-day", "change-slot", "cancel")),
    ),
    Rule("link", BOTH, ("site:booking-slip",)),
    Rule("link", READ, ("machine:act-link", "machine:statement")),
    Rule("link", WRITE, ("machine:signature", "card-report")),
    Rule("link", BOTH, (*(f"site:{page}" for page in ("step", "answers", "sheet", "sheet-pdf")), "signin_invitation")),
    Rule("link", BOTH, tuple(f"display:{page}" for page in ("display", "state", "continue", "check", "step"))),
    Rule(
        "service",
        ANY,
        tuple(
            f"service_api:{name}"
            for name in ("get_roll", "put_closing", "get_closing", "post_openings", "api-root", "unknown")
        ),
    ),
    Rule("enrolling", READ, ("mfa_index", "mfa_view_recovery_codes")),
    Rule(
        "enrolling",
        BOTH,
        (
            *("mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn", "mfa_remove_webauthn"),
            "mfa_generate_recovery_codes",
        ),
    ),
    Rule(
        OFFICE_LOOK,
        READ,
        (
            *(f"office:{page}" for page in ("start", "entrance", "holds", "hold", "corrections", "correction")),
            *(f"office:{page}" for page in ("programme", "closings", "closing", "claims", "claim", "transfers")),
            *("office:transfer-file", "office:unknown"),
        ),
    ),
    Rule(
        OFFICE_WORK,
        WRITE,
        tuple(
            f"office:{page}"
            for page in ("entrance", "hold", "corrections", "correction", "closing", "claim", "transfers", "unknown")
        ),
    ),
    Rule(
        AT_DESK,
        READ,
        tuple(f"counter:{page}" for page in ("desk", "terminal", "case", "case-state", "receipt", "slips")),
    ),
    Rule("everybody", READ, ("hall:board",)),
    Rule("link", BOTH, ("hall:entrance",)),  # the terminal's cookie is what they have
    Rule("link", READ, ("hall:slip", "hall:slip-pdf")),
    Rule(AT_DESK, READ, tuple(f"counter:{page}" for page in ("line", "pins", "pin", "again", "again-pdf"))),
    Rule(
        AT_DESK,
        WRITE,
        tuple(f"counter:{page}" for page in ("next-number", "call-number", "absent", "pins", "pin-check", "pin-end")),
    ),
    Rule(SUPERVISING, BOTH, ("counter:tickets",)),
    Rule(
        AT_DESK,
        WRITE,
        tuple(f"counter:{page}" for page in ("begin-case", "begin-act", "continue", "lack", "finish", "pause", "slip")),
    ),
    Rule(CITY, READ, ("counter:city",)),
    Rule(CITY, BOTH, ("counter:city-people", "counter:city-new", "counter:city-counter")),
    Rule(SUPERVISING, BOTH, ("counter:extension", "counter:after-corrections")),
    Rule(
        LOOKING_BACK,
        READ,
        tuple(
            f"counter:{page}" for page in ("after", "after-day", "after-day-file", "after-month", "after-month-file")
        ),
    ),
)

ACCESS: Final[Mapping[str, Mapping[str, Who]]] = {
    name: {method: rule.who for rule in RULES if name in rule.names for method in rule.methods}
    for name in {name for rule in RULES for name in rule.names}
}
_LANGUAGES: Final = ("-easy:", "-en:")


def name_address(name: str) -> str:
    """Return a view's name as it is in every language."""
    for language in _LANGUAGES:
        name = name.replace(language, ":", 1)
    return name


class Gate:
    """Middleware that looks at the table before every view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Let the view answer, or say why not.

        :raises Http404: when the table lacks the address.
        """
        assert request.resolver_match is not None, "a view was found"
        rules = ACCESS.get(name_address(request.resolver_match.view_name))
        if rules is None:
            raise Http404
        method = "GET" if request.method == "HEAD" else request.method or ""
        who = rules.get(method)
        if who is None:
            return self._refuse_method(request, tuple(rules))
        if isinstance(who, Staff):
            presence = find_presence(request, at=settings.CLOCK())
            if presence is None:
                return ask_to_sign_in(request)
            if not who.has(presence.member):
                return stop(request, "forbidden", status=403)
        return None

    def _refuse_method(self, request: HttpRequest, known: tuple[str, ...]) -> HttpResponse | None:
        """Answer that there is no such method here; what programs ask answers for itself, with a problem document."""
        match = request.resolver_match
        if match is not None and (match.namespace == "machine" or match.view_name == "card-report"):
            return None
        return HttpResponseNotAllowed(known)
