"""Every refusal as a sentence in the visitor's language: what happened, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cardagent.languages import Language
from mynapoint.site.shell.dates import format_end, format_time, format_wait
from mynapoint.site.shell.words import get_words

# The HTTP status of each refusal that a citizen can meet; its sentence is the phrase `refusals.CODE`.
STATUSES: Final[Mapping[str, int]] = {
    "act_unknown": 404,
    "act_expired": 410,
    "act_already_used": 409,
    "audience_mismatch": 409,
    "submission_malformed": 400,
    "certificate_not_accepted": 422,
    "certificate_expired": 422,
    "certificate_revoked": 422,
    "signature_invalid": 422,
    "try_later": 503,
    "held_for_review": 409,
    "rejected_in_review": 409,
    "within_renewal_wait": 422,
    "programme_unknown": 404,
    "window_not_open": 422,
    "window_closed": 422,
    "no_places_left": 422,
    "already_reserved": 409,
    "not_reserved": 422,
    "already_applied": 409,
    "another_service_chosen": 409,
    "already_applied_before_renewal": 409,
    "account_in_use": 409,
    "account_not_confirmed": 422,
    "account_closed": 422,
    "account_already_linked": 409,
    "too_many_attempts": 429,
    "service_unreachable": 503,
    "service_unknown": 404,
    "service_not_open": 422,
    "service_closed": 422,
    "service_starts_in_own_app": 422,
    "service_not_this_way": 422,
    "typed_wrong": 422,
    "terms_not_accepted": 422,
    "already_objected": 409,
    "objection_window_closed": 422,
    "case_unknown": 404,
    "case_over": 409,
    "case_elsewhere": 409,
    "no_card_in_case": 409,
    "form_outdated": 409,
    "act_not_in_case": 409,
    "act_not_shown": 409,
    "another_card_in_case": 409,
    "counter_closed": 409,
    "slip_unknown": 404,
    "slip_used": 409,
    "slip_not_printable": 409,
    "extension_not_later": 422,
    "grace_unknown": 404,
    "grace_over": 422,
    "grace_elsewhere": 422,
    "grace_used": 409,
    "not_in_line_in_time": 422,
    "no_grace": 422,
    "booking_unknown": 404,
    "booking_over": 409,
    "no_bookings_here": 404,
    "slot_unknown": 409,
    "slot_full": 409,
    "booked_another_day": 409,
    "booked_elsewhere": 409,
    "too_many_bookings": 429,
    "number_unknown": 404,
    "not_waiting": 409,
    "line_closed": 409,
    "line_full": 409,
    "draft_unknown": 404,
    "draft_expired": 410,
    "draft_done": 409,
    "draft_incomplete": 409,
    "draft_changed": 409,
    "paper_missing": 503,
    "kept_proof_refused": 422,
}


@dataclass(frozen=True)
class Sentence:
    """A refusal's HTTP status, its title, and what to do next."""

    status: int
    title: str
    detail: str


def explain(
    code: str, data: Mapping[str, str | int], *, names: Mapping[str, str], language: Language = Language.JAPANESE
) -> Sentence:
    """Return the sentence for a refusal, with its values as people read them; `names` are the services' names."""
    words = get_words(language)
    shown = {name: _show(name, value, names, language) for name, value in data.items()}
    return Sentence(
        STATUSES[code], words.say(f"refusals.{code}.title", **shown), words.say(f"refusals.{code}.detail", **shown)
    )


def _show(name: str, value: str | int, names: Mapping[str, str], language: Language) -> str:
    match name:
        case "open_from" | "reserved_at" | "expired_at" | "reported_at" | "stood_at" | "over_at" | "booked_for":
            return format_time(datetime.fromisoformat(str(value)), language)
        case "closed_at":
            return format_end(datetime.fromisoformat(str(value)), language)
        case "way" | "instead":
            return get_words(language).say(f"services.way.{value}")
        case "retry_after":
            return format_wait(-(-int(value) // 60), language)  # a minute that has begun counts
        case "service":
            return names.get(str(value), str(value))
        case _:
            return str(value)
