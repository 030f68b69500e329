"""A look that somebody of the staff has taken at what is held about a person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class Look:
    """Of what, by its number, in which role, and when."""

    number: UUID
    role: str
    looked_at: datetime
