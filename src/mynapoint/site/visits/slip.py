"""The slip of a booking, as a PDF to print."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cardagent.languages import Language
from mynapoint.booking.queries import BookingView
from mynapoint.kernel.slip_code import SlipCode, group_code
from mynapoint.place.queries import find_place
from mynapoint.site.journey.addresses import find_address
from mynapoint.site.paper.typesetting import PaperMissing, answer_pdf, draw_qr, typeset
from mynapoint.site.shell.dates import format_time
from mynapoint.site.shell.furigana import spell_out
from mynapoint.site.shell.languages import LANG_CODES, choose, read_language
from mynapoint.site.shell.pages import get_served, go_to, show_refused
from mynapoint.site.shell.words import get_words
from mynapoint.site.visits.booking import describe, for_booking


@for_booking
def slip(request: HttpRequest, code: SlipCode, found: BookingView) -> HttpResponse:
    """Answer the slip; for a booking that no longer stands, its page says what became of it."""
    if found.state != "open" or not found.is_kept:
        return go_to(request, "booking", code=code)
    try:
        return answer_pdf(typeset("slip", _write(request, code, found)), name="mynapoint-booking")
    except PaperMissing as refusal:
        return show_refused(request, "visits/booking", refusal, at=settings.CLOCK(), **describe(code, found))


def _write(request: HttpRequest, code: SlipCode, found: BookingView) -> dict[str, object]:
    at, language = settings.CLOCK(), read_language(request)
    words, place = get_words(language), find_place(found.counter, at=at)
    assert place is not None, "a booking is for a counter that was announced"
    where = [place.name, *(words for words in (place.address, place.building, place.floor) if words)]
    link = settings.SITE_ORIGIN + find_address(request, "booking", code=code)
    read = spell_out if language is Language.EASY_JAPANESE else str
    return {
        "title": read(words.say("visits.booking.title")),
        "lang": LANG_CODES[language],
        "footer": choose(get_served(at=at).title, language)[0],
        **({"demo": words.say("shell.demo")} if settings.DEMO else {}),
        "lead": read(format_time(found.slot.start, language)),
        "rows": [
            [read(words.say("visits.where")), read(" ".join(choose(one, language)[0] for one in where))],
            [read(words.say("visits.code")), group_code(code)],
            [read(words.say("visits.bring")), read(words.say("visits.bring_what"))],
        ],
        "note": read(words.say("visits.booking.on_the_day")),
        "qr": draw_qr(link),
        "qr_alt": words.say("visits.booking.qr"),
        "token": link,
    }
