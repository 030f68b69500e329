"""Applications, the services' answers and objections as the journal has them."""

from collections.abc import Iterator
from datetime import UTC
from typing import Final

from django.conf import settings

from mynapoint.application.models import Application, LinkStep, Objection, SecondChoice
from mynapoint.application.rules import LinkState
from mynapoint.holder.rules import hash_holder
from mynapoint.journal.queries import Counterparts, Row


def _list_applications() -> Iterator[Row]:
    for row in Application.objects.order_by("act_id").iterator():
        facts = {
            **_facts_of(row),
            "application": str(row.id),
            "service": row.service,
            "account": bytes(row.account_hash).hex(),
            "certificate": bytes(row.certificate_hash).hex(),
        }
        yield Row(str(row.act_id), facts, row.applied_at)


def _list_objections() -> Iterator[Row]:
    for row in Objection.objects.order_by("act_id").iterator():
        yield Row(str(row.act_id), {**_facts_of(row), "reason": row.reason}, row.reported_at)


def _list_second_choices() -> Iterator[Row]:
    for row in SecondChoice.objects.order_by("application_id").iterator():
        facts = {"application": str(row.application_id), "choose_until": row.until.astimezone(UTC).isoformat()}
        yield Row(str(row.application_id), facts, row.given_at)


def _facts_of(row: Application | Objection) -> dict[str, str | int]:
    holder = hash_holder(row.holder_id, key=settings.HOLDER_KEY).hex()
    return {"act": str(row.act_id), "programme": row.programme, "holder": holder}


def _answers(state: LinkState) -> Counterparts:
    def list_steps() -> Iterator[Row]:
        for row in LinkStep.objects.filter(state=state).order_by("application_id").iterator():
            facts = {"application": str(row.application_id)} | ({"reason": row.reason} if row.reason else {})
            yield Row(str(row.application_id), facts, row.reached_at)

    return Counterparts(
        table=LinkStep._meta.db_table, kinds=(f"link_{state}",), key="application", list_rows=list_steps
    )


COUNTERPARTS: Final = (
    Counterparts(table=Application._meta.db_table, kinds=("application",), key="act", list_rows=_list_applications),
    Counterparts(table=Objection._meta.db_table, kinds=("objection",), key="act", list_rows=_list_objections),
    *map(_answers, LinkState),
    Counterparts(
        table=SecondChoice._meta.db_table, kinds=("link_stopped",), key="application", list_rows=_list_second_choices
    ),
)
