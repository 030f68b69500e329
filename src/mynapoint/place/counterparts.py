"""Places' texts that were changed by staff as the journal has them."""

from collections.abc import Iterator
from typing import Final

from mynapoint.journal.queries import Counterparts, Row
from mynapoint.place.models import PlaceChange, PlaceRevision
from mynapoint.place.operations import digest_of


def _list_changes() -> Iterator[Row]:
    for row in PlaceChange.objects.order_by("entry_id").iterator():
        text = PlaceRevision.objects.filter(id=row.id, effective_from=row.effective_from).first()
        digest = digest_of(text.content) if text else ""
        yield Row(str(row.entry_id), {"place": row.id, "digest": digest, "user": row.user_id}, row.changed_at)


COUNTERPARTS: Final = (
    Counterparts(table=PlaceChange._meta.db_table, kinds=("place_changed",), list_rows=_list_changes),
)
