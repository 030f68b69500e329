"""準備の用紙: what was decided at home, what to bring, and a QR code with which a counter goes on."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cardagent.languages import Phrases
from mynapoint.kernel.refusal import Refusal
from mynapoint.site.journey.addresses import find_address, name_parts
from mynapoint.site.journey.opening import Opened, opening
from mynapoint.site.paper.typesetting import PaperMissing, answer_pdf, draw_qr, typeset
from mynapoint.site.shell.dates import format_time
from mynapoint.site.shell.languages import LANG_CODES, choose, read_language
from mynapoint.site.shell.pages import show, show_refused
from mynapoint.site.shell.words import get_words

BRING = ("card", "pin", "payment")


@opening
def sheet(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Show the sheet as a page that can be printed."""
    return show(request, "journey/sheet", at=opened.at, **_describe(request, opened))


@opening
def sheet_pdf(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Answer the sheet as a PDF."""
    try:
        return answer_pdf(typeset("preparation", _write(request, opened)), name="mynapoint-counter")
    except PaperMissing as refusal:
        return _show_refused(request, opened, refusal)


def _show_refused(request: HttpRequest, opened: Opened, refusal: Refusal) -> HttpResponse:
    return show_refused(request, "journey/sheet", refusal, at=opened.at, **_describe(request, opened))


def _describe(request: HttpRequest, opened: Opened) -> dict[str, Any]:
    return {
        "opened": opened,
        "answers": opened.draft.answers,
        "service": opened.service,
        "is_possible": is_possible(opened),
        "parts": name_parts(opened.draft),
        "bring": [f"bring_{thing}" for thing in BRING],
        "resume": _find_link(request, opened),
        "qr": draw_qr(_find_link(request, opened)),
    }


def is_possible(opened: Opened) -> bool:
    """This will say whether a counter can go on with this draft: some services cannot be applied for there."""
    return opened.service is None or "counter" in opened.service.channels


def _find_link(request: HttpRequest, opened: Opened) -> str:
    return settings.SITE_ORIGIN + find_address(request, "draft", **name_parts(opened.draft))


def _write(request: HttpRequest, opened: Opened) -> dict[str, object]:
    language = read_language(request)
    words, link = get_words(language), _find_link(request, opened)
    title, _ = choose(opened.programme.title, language)
    return {
        "title": words.say("journey.sheet.title"),
        "lang": LANG_CODES[language],
        "footer": title,
        **({"demo": words.say("shell.demo")} if settings.DEMO else {}),
        "lead": words.say("journey.sheet.lead"),
        "bring_title": words.say("journey.sheet.bring"),
        "bring": [words.say(f"journey.sheet.bring_{thing}") for thing in BRING],
        "qr": draw_qr(link),
        "qr_alt": words.say("journey.sheet.qr"),
        "qr_text": words.say("journey.sheet.qr_text", time=format_time(opened.draft.expires_at, language)),
        "answers_title": words.say("journey.sheet.decided"),
        "rows": _list_rows(words, opened, request),
        "steps_title": words.say("journey.sheet.before"),
        "steps": _list_steps(words, opened),
        "note_title": words.say("journey.sheet.notes"),
        "notes": [words.say("journey.sheet.note_codes"), words.say("journey.sheet.note_sign")],
        "address": link,
    }


def _list_rows(words: Phrases, opened: Opened, request: HttpRequest) -> list[list[str]]:
    kind = opened.draft.kind
    rows = [[words.say("journey.row.act"), words.say(f"journey.kind.{kind}")]]
    if opened.draft.answers.who:
        rows.append([words.say("journey.row.who"), words.say(f"journey.who.{opened.draft.answers.who}")])
    if opened.service:
        rows.append([words.say("journey.row.service"), choose(opened.service.name, read_language(request))[0]])
    return rows


def _list_steps(words: Phrases, opened: Opened) -> list[str]:
    if opened.draft.kind == "reservation":
        return []
    steps = ["journey.sheet.before_service", "journey.sheet.before_ready", "journey.sheet.before_ids"]
    if not is_possible(opened):
        steps.insert(0, "journey.sheet.impossible")
    return [words.say(step) for step in steps]
