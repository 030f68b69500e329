"""Everything that is held about a person, row by row, for the page that their card has opened."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import Http404

from cardagent.languages import Language
from mynapoint.act import queries as act
from mynapoint.act.queries import ActView, list_done
from mynapoint.act.rules import DOMAIN_LINE, SHOWN_FOR
from mynapoint.application import queries as application
from mynapoint.application.queries import AppliedView, find_standing, list_applications, list_objections
from mynapoint.application.rules import LinkState
from mynapoint.correction import queries as correction
from mynapoint.correction.queries import list_corrections
from mynapoint.directory.queries import list_all_services
from mynapoint.directory.rules import Service
from mynapoint.grace import queries as grace
from mynapoint.grace.queries import list_used
from mynapoint.holder import queries as holder
from mynapoint.holder.queries import get_held
from mynapoint.journal.queries import find_written, is_sequenced
from mynapoint.kernel.look import Look
from mynapoint.kernel.rows import HeldRow
from mynapoint.registry import queries as registry
from mynapoint.reservation import queries as reservation
from mynapoint.reservation.queries import find_reservation
from mynapoint.service_api.door import FINAL_LINK_REFUSALS
from mynapoint.site.shell.dates import format_time
from mynapoint.site.shell.languages import choose
from paymentservice.encoding import to_base64url

ROOMS: Final = (holder, act, reservation, application, grace, correction)
"""The rooms that hold rows about a person; a test compares what they give with the database's own catalogue."""


@dataclass(frozen=True)
class Deed:
    """One thing that a person's card has signed, as the journal has it."""

    number: UUID
    kind: str
    done_at: datetime
    is_by_representative: bool
    reason: str
    application: str


@dataclass(frozen=True)
class Applied:
    """An application with its service as it is now."""

    row: AppliedView
    service: Service | None
    name: str

    @property
    def state(self) -> LinkState:
        """Where the link stands."""
        return self.row.steps[-1][0] if self.row.steps else LinkState.PENDING

    @property
    def reason(self) -> str:
        """Why the service refused it, by a code of the protocol."""
        return self.row.steps[-1][1] if self.row.steps else ""

    @property
    def known_reason(self) -> str:
        """The refusal's code, where there is a sentence for it."""
        return self.reason if self.reason in FINAL_LINK_REFUSALS else ""

    @property
    def account_hash(self) -> str:
        """The keyed hash of the account, in hexadecimal."""
        return self.row.account_hash.hex()

    @property
    def certificate_hash(self) -> str:
        """The keyed hash of the certificate that signed it, in hexadecimal."""
        return self.row.certificate_hash.hex()

    @property
    def link_token(self) -> str:
        """The link's name between platform and service, as it travels."""
        return to_base64url(self.row.link_token)

    @property
    def reached_at(self) -> datetime:
        """Since when it stands there."""
        return self.row.steps[-1][2] if self.row.steps else self.row.applied_at


def describe_held(view: ActView, *, language: Language, at: datetime) -> dict[str, Any]:
    """This will describe everything that the platform holds about the holder of a done act, in its programme."""
    answer = view.answer
    if answer is None or answer.holder_id is None or answer.entry_id is None:
        raise Http404
    programme_id, holder_id = str(view.statement["programme"]["id"]), answer.holder_id
    return {
        "receipt": answer.entry_id,
        "is_sequenced": is_sequenced(answer.entry_id),
        "reservation": find_reservation(holder_id, programme_id=programme_id),
        "standing": find_standing(holder_id, programme_id=programme_id),
        "applications": list_applied(holder_id, programme_id=programme_id, language=language, at=at),
        "objections": list_objections(holder_id, programme_id=programme_id),
        "corrections": list_corrections(holder_id, programme_id=programme_id, at=at),
        "grace": list_used(holder_id),
        "person": get_held(holder_id),
        "deeds": list_deeds(holder_id),
        "looks": list_looks(holder_id),
        "rows": list_rows(holder_id, language=language),
        "shown_until": view.expires_at + SHOWN_FOR,
    }


def list_applied(holder_id: UUID, *, programme_id: str, language: Language, at: datetime) -> list[Applied]:
    """This will list a person's applications, the newest first, with their services' names."""
    services = {service.id: service for service in list_all_services(at=at)}
    return [
        Applied(row=row, service=service, name=choose(service.name, language)[0] if service else row.service_id)
        for row in list_applications(holder_id, programme_id=programme_id)
        for service in [services.get(row.service_id)]
    ]


def list_deeds(holder_id: UUID) -> list[Deed]:
    """This will list what a person's cards have signed, the newest first, from the journal itself."""
    found = ((number, find_written(number)) for number in list_done(holder_id))
    return [
        Deed(
            number=number,
            kind=written.kind,
            done_at=written.recorded_at,
            is_by_representative=written.facts.get("by") == "representative",
            reason=str(written.facts.get("reason", "")),
            application=str(written.facts.get("application", "")),
        )
        for number, written in found
        if written is not None
    ]


def list_looks(holder_id: UUID) -> list[tuple[str, Look]]:
    """This will list what the office has opened about a person, the newest first, each with what it was."""
    looks = [("hold", look) for look in holder.list_looks(holder_id)]
    looks += [("correction", look) for look in correction.list_looks(holder_id)]
    return sorted(looks, key=lambda one: one[1].looked_at, reverse=True)


def list_rows(holder_id: UUID, *, language: Language) -> list[HeldRow]:
    """This will list every row about a person, each value as it can be read."""
    of_rooms = (room.list_rows(holder_id) for room in ROOMS)
    return [
        HeldRow(row.table, tuple((name, _say(value, language)) for name, value in row.values))
        for rows in (*of_rooms, registry.list_rows(holder.list_certificates(holder_id)))
        for row in rows
    ]


def _say(value: object, language: Language) -> str:
    match value:
        case datetime():
            return format_time(value, language)
        case bytes() | memoryview():
            written = bytes(value)
            return written.decode() if written.startswith(DOMAIN_LINE) else written.hex()
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return "–" if value in (None, "") else str(value)
