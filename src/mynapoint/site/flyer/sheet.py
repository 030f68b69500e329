"""What stands on the flyer, in one language, from the texts that count."""

from typing import Final

from django.conf import settings

from cardagent.languages import Language, Phrases
from mynapoint.kernel.documents import Words
from mynapoint.place.rules import Place
from mynapoint.programme.rules import Programme, Window
from mynapoint.site.paper.typesetting import draw_qr
from mynapoint.site.shell.dates import format_day, format_last_day
from mynapoint.site.shell.languages import LANG_CODES, PREFIXES, choose
from mynapoint.site.shell.words import get_words

STEPS: Final = ("card", "reserve", "apply")
NEEDS: Final = ("card", "pin", "means", "device")
Row = tuple[str, str]


def describe(
    programme: Programme, *, language: Language, counter: Place | None, helpdesk: Place | None
) -> dict[str, object]:
    """This will give the sheet's data: everything that it says, as values."""
    words = get_words(language)
    address = f"{settings.SITE_ORIGIN}/{PREFIXES[language]}"
    texts = [programme, *(place for place in (counter, helpdesk) if place)]
    changed = format_day(max(text.effective_from for text in texts), language)
    data: dict[str, object] = {
        name: words.say(f"flyer.sheet.{name}")
        for name in (
            "title",
            "steps",
            "dates",
            "need",
            "beware",
            "beware_text",
            "privacy",
            "counter",
            "helpdesk",
            "site",
        )
    }
    grant = programme.grant
    return data | {
        "lang": LANG_CODES[language],
        "programme": choose(programme.title, language)[0],
        "headline": words.say("flyer.sheet.headline", cap=f"{grant.cap:,}"),
        "sub": words.say("flyer.sheet.sub", rate=grant.rate_percent),
        "step_list": [
            [words.say(f"flyer.sheet.{step}"), words.say(f"flyer.sheet.{step}_text", months=programme.card.months)]
            for step in STEPS
        ],
        "date_rows": [
            [words.say("flyer.sheet.application"), _say_window(programme.application, words, language)],
            [words.say("flyer.sheet.earning"), _say_window(programme.earning, words, language)],
        ],
        "needs": [words.say(f"flyer.sheet.need_{need}") for need in NEEDS],
        "counter_name": choose(counter.name, language)[0] if counter else "",
        "counter_rows": _describe_counter(counter, words, language) if counter else [],
        "helpdesk_lines": _describe_helpdesk(helpdesk, words, language) if helpdesk else [],
        "phone": helpdesk.contact.phone if helpdesk else "",
        "qr": draw_qr(address),
        "qr_alt": words.say("flyer.sheet.qr"),
        "address": address,
        "footer": words.say("flyer.sheet.changed", day=changed),
        **({"demo": words.say("shell.demo")} if settings.DEMO else {}),
    }


def list_hours(place: Place, words: Phrases) -> list[str]:
    """This will say a place's usual week, its days off and that it opens on others, one line each."""
    calendar = place.calendar
    usual = [
        words.say(
            "flyer.sheet.line",
            days=_join_days(line.days, words),
            hours=", ".join(f"{one.from_:%-H:%M}–{one.until:%-H:%M}" for one in line.hours),
        )
        for line in calendar.weekly
        if line.hours
    ]
    closed = [
        words.say("flyer.sheet.closed", first=_shorten(closure.from_), last=_shorten(closure.until))
        for closure in calendar.closed_yearly
    ]
    special = [words.say("flyer.sheet.special")] if any(days.hours for days in calendar.special) else []
    return [*usual, *closed, *special]


def _shorten(name: str) -> str:
    """Return a day of every year, MM-DD, as 1/3."""
    return "/".join(str(int(part)) for part in name.split("-"))


def _describe_counter(place: Place, words: Phrases, language: Language) -> list[Row]:
    def say(text: Words | None) -> str:
        return choose(text, language)[0] if text else ""

    where = " ".join(filter(None, (say(place.address), say(place.building), say(place.floor))))
    return [
        (words.say("flyer.sheet.where"), where),
        (words.say("flyer.sheet.hours"), "\n".join(list_hours(place, words))),
        (words.say("flyer.sheet.phone"), place.contact.phone),
    ]


def _describe_helpdesk(place: Place, words: Phrases, language: Language) -> list[str]:
    digit = place.contact.menu_digit
    return [
        choose(place.name, language)[0],
        *([words.say("flyer.sheet.digit", digit=digit)] if digit else []),
        *list_hours(place, words),
    ]


def _join_days(days: tuple[str, ...], words: Phrases) -> str:
    names = [
        words.say("flyer.sheet.holiday") if day == "holiday" else words.say(f"places.weekday.{day}") for day in days
    ]
    return words.say("flyer.sheet.between").join(names)


def _say_window(window: Window, words: Phrases, language: Language) -> str:
    first, last = format_day(window.from_, language), format_last_day(window.until, language)
    return words.say("flyer.sheet.period", first=first, last=last)
