"""Points and yen: whole numbers that are never mixed up."""

from typing import NewType

Points = NewType("Points", int)
Yen = NewType("Yen", int)
