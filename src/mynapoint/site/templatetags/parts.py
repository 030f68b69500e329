"""Looking a value up by a name that is only known in the page."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.simple_tag
def part(values: Mapping[str, str] | str, name: str) -> str:
    """Return one of several sentences by its name; nothing where there is none."""
    return values.get(name, "") if isinstance(values, Mapping) else ""
