"""How a case is called on screens."""

from typing import Final

from django import template

from cardagent.languages import Language
from mynapoint.case.rules import Colour
from mynapoint.site.shell.languages import LANG_CODES, NAMES

register = template.Library()
_COLOURS: Final[dict[Colour, str]] = {
    "red": "赤",
    "yellow": "黄",
    "green": "緑",
    "purple": "紫",
    "orange": "橙",
    "blue": "青",
}


@register.filter
def colour_name(colour: Colour) -> str:
    """Return a colour's name: nobody has to see colours to tell cases apart."""
    return _COLOURS[colour]


@register.filter
def tongue_name(language: Language) -> str:
    """Return a language's own name."""
    return NAMES[language]


@register.filter
def tongue_code(language: Language) -> str:
    """Return a language's code (BCP 47)."""
    return LANG_CODES[language]
