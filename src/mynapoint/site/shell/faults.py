"""What is wrong with a form's fields: listed at the head of the page, and said again beside each field."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One wrong field: its element's id, and the sentence that says how to mend it."""

    field: str
    text: str
