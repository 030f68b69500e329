"""The list of services for programs and spreadsheets (docs/service-list.md)."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import StringIO
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from cardagent.languages import Language
from mynapoint.directory.queries import list_services
from mynapoint.directory.rules import Service
from mynapoint.kernel.documents import Words
from mynapoint.site.services.finding import find, get_state, read_wish
from mynapoint.site.shell.informational import informational
from mynapoint.site.shell.languages import NAMESPACES, choose, read_language
from mynapoint.site.shell.pages import get_served

COLUMNS: Final[tuple[str, ...]] = (
    *("id", "name", "kind", "state", "application_from", "application_until", "channels", "starts_in_own_app"),
    *("minors", "needs_smartphone", "needs_registration", "points_when", "points_within_days", "bonus"),
    *("excluded_payments", "account", "codes", "contact", "effective_from", "page"),
)
# With these a spreadsheet would begin a formula (OWASP, CSV Injection).
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@informational
def as_json(request: HttpRequest) -> HttpResponse:
    """Answer the list as JSON: the services that answer to the same wish as on the page."""
    rows = list(_rows(request))
    return JsonResponse({"services": rows}, json_dumps_params={"ensure_ascii": False})


@informational
def as_csv(request: HttpRequest) -> HttpResponse:
    """Answer the list as CSV (RFC 4180), with a byte order mark so that spreadsheets read the Japanese."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([to_cell(row[name]) for name in COLUMNS] for row in _rows(request))
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="services.csv"'
    return answer


def _rows(request: HttpRequest) -> Iterator[dict[str, object]]:
    at, language = settings.CLOCK(), read_language(request)
    everything = list_services(programme=get_served(at=at).id, at=at)
    for found in find(everything, read_wish(request.GET), at=at):
        yield _to_row(found.service, language=language, at=at)


def _to_row(service: Service, *, language: Language, at: datetime) -> dict[str, object]:
    def say(words: Words | None) -> str | None:
        return choose(words, language)[0] if words else None

    row = {name: value for name, value in service.model_dump(mode="json").items() if name in COLUMNS}
    return row | {
        "name": say(service.name),
        "state": get_state(service, at=at),
        "points_when": say(service.points_when),
        "bonus": say(service.bonus.text) if service.bonus else None,
        "excluded_payments": [say(words) for words in service.excluded_payments],
        "account": say(service.account.label),
        "codes": [say(code.label) for code in service.codes],
        "contact": say(service.contact),
        "page": settings.SITE_ORIGIN + reverse("site:service", args=(service.id,), current_app=NAMESPACES[language]),
    }


def to_cell(value: object) -> str:
    """Return a value as a cell holds it: words in one line, nothing that a spreadsheet would compute."""
    match value:
        case None:
            text = ""
        case bool():
            text = str(value).lower()
        case str() | int():
            text = str(value)
        case Sequence():
            text = " / ".join(map(str, value))
        case _:
            text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
