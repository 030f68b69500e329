"""利用者証明用暗証番号: four digits that nothing may show, log or raise."""

import re
import unicodedata
from typing import Final

_FOUR_DIGITS: Final = re.compile(r"[0-9]{4}")


class MalformedPin(Exception):
    """What was typed is not four digits; it reached no card, so it wasted no try."""

    def __init__(self) -> None:
        super().__init__("a PIN is four digits")


class Pin:
    """A well-formed PIN whose text never leaves it but for the card."""

    __slots__ = ("_digits",)

    def __init__(self, typed: str) -> None:
        """This will take four digits; full-width digits, as Japanese keyboards write them, are digits too.

        :raises MalformedPin: for anything else.
        """
        digits = unicodedata.normalize("NFKC", typed).strip()
        if not _FOUR_DIGITS.fullmatch(digits):
            raise MalformedPin
        self._digits = digits

    def encode(self) -> bytes:
        """This will give the bytes that VERIFY carries to the card."""
        return self._digits.encode("ascii")

    def __repr__(self) -> str:
        return "Pin(****)"
