"""Constraints by name: how a breach in the database becomes one named refusal."""

from django.db import IntegrityError
from django.db.migrations import RunSQL
from psycopg import errors


def constraint_name(error: IntegrityError) -> str | None:
    """Return the name of the unique rule that was breached; None when it was anything else, which is a bug."""
    cause = error.__cause__
    return cause.diag.constraint_name if isinstance(cause, errors.UniqueViolation) else None


class NamePrimaryKey(RunSQL):
    """Give a table's primary key the name of the rule that it holds, so that its breach can be read."""

    def __init__(self, table: str, name: str) -> None:
        rename = "ALTER TABLE {} RENAME CONSTRAINT {} TO {}"
        super().__init__(rename.format(table, f"{table}_pkey", name), rename.format(table, name, f"{table}_pkey"))
        self.table, self.name = table, name

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        """As the migration writer needs it: the class and its two words."""
        return type(self).__qualname__, [self.table, self.name], {}
