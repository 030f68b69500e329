"""Names as the banks' transfer network writes them: half-width capitals, one byte a character (JIS X 0201)."""

from dataclasses import dataclass
from typing import Final

import jaconv

from mynapoint.kernel.refusal import Refusal

# The network knows no small kana, no ヲ and no long-vowel mark: banks write a large kana and a hyphen in their place.
_LARGE: Final = str.maketrans("ァィゥェォッャュョヮヵヶー", "アイウエオツヤユヨワカケ-")
_KANA: Final = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝﾞﾟ"
ALLOWED: Final = frozenset(_KANA + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + "0123456789" + "().-/ ")
PAYER_NAME_SIZE: Final = 40
RECIPIENT_NAME_SIZE: Final = 30
"""Characters that a transfer file has for a name."""


@dataclass(eq=False)
class KanaNotAllowed(Refusal):
    """A name has a character that the banks' network cannot carry."""

    code = "kana_not_allowed"
    field: str
    character: str

    def __str__(self) -> str:
        return (
            f"{self.field}: the banks' network cannot carry {self.character!r};"
            " use katakana, capital letters, digits, spaces and ( ) . - / alone"
        )


@dataclass(eq=False)
class KanaTooLong(Refusal):
    """A name is longer than its place in the file; a voiced kana counts twice."""

    code = "kana_too_long"
    field: str
    limit: int
    length: int

    def __str__(self) -> str:
        return f"{self.field}: {self.length} characters (a voiced kana counts twice) where {self.limit} have room"


def write_kana(text: str, *, field: str, limit: int) -> str:
    """Return a name as the transfer file writes it.

    :raises KanaNotAllowed, KanaTooLong: naming the field.
    """
    large = jaconv.h2z(text, kana=True, ascii=False, digit=False).translate(_LARGE)
    half = jaconv.z2h(large, kana=True, ascii=True, digit=True).upper().replace("　", " ")
    for character in half:
        if character not in ALLOWED:
            raise KanaNotAllowed(field=field, character=character)
    if len(half) > limit:
        raise KanaTooLong(field=field, limit=limit, length=len(half))
    return half


def write_payer_name(text: str, *, field: str) -> str:
    """Return the payer's name as a transfer file's header takes it.

    :raises KanaNotAllowed, KanaTooLong: naming the field.
    """
    return write_kana(text, field=field, limit=PAYER_NAME_SIZE)


def write_recipient_name(text: str, *, field: str) -> str:
    """Return a recipient's name as a transfer file's data record takes it.

    :raises KanaNotAllowed, KanaTooLong: naming the field.
    """
    return write_kana(text, field=field, limit=RECIPIENT_NAME_SIZE)
