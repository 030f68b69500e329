"""What a person or a service cannot do, said by the rooms as data and by the edge as a sentence."""

from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import ClassVar


class Refusal(Exception):
    """A named reason why something is not done; subclasses are dataclasses whose fields are safe to show and to log."""

    code: ClassVar[str]

    def data(self) -> dict[str, str | int]:
        """The reason's values as they travel in a problem document: times in ISO 8601, everything else as it is."""
        if not is_dataclass(self):
            return {}
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: v.isoformat() if isinstance(v, datetime) else v for name, v in values.items() if v is not None}

    def __str__(self) -> str:
        return self.code
