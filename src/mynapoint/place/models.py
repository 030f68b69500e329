"""The places' texts, and which of them staff have made."""

from django.db import models

from mynapoint.kernel.register import Revision


class PlaceRevision(Revision):
    """One text of one place."""


class PlaceChange(models.Model):
    """Who of the staff has made a text, with its journal entry; texts that were loaded from files have none."""

    pk = models.CompositePrimaryKey("id", "effective_from")
    id = models.CharField(max_length=40)
    effective_from = models.DateTimeField()
    user_id = models.IntegerField()
    entry_id = models.UUIDField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.id} from {self.effective_from.isoformat()}"
