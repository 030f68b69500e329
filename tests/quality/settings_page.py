"""The page of settings, written from the class that reads them: ``python tests/quality/settings_page.py`` renews it."""

from pathlib import Path

from pydantic.fields import FieldInfo

from mynapoint.environment import CHECKOUT, PREFIX, Environment

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
FOREWORD = """# Settings

<!-- Written by tests/quality/settings_page.py from mynapoint/environment.py; a test holds the two equal. -->

Variables of the environment. What is left out has the value below; `mynapoint serve` alone needs something that has
none: a registry, and certificates of the authority whose cards it believes. A wrong or missing value stops the start
with one line that names the variable. Where a secret is wanted, the variable ends in `_FILE` and names a file, so that
the secret is in no environment; without it the platform makes one on its first start, in `secrets/` of the state
folder, readable for its own user only. Keep that folder with every backup: the pseudonyms and the journal's seals of a
database mean nothing without it.

| variable | meaning | when left out | example |
|---|---|---|---|
"""


def render() -> str:
    """Write the whole page."""
    rows = [_row(name, field) for name, field in Environment.model_fields.items()]
    return FOREWORD + "\n".join(rows) + "\n"


def _row(name: str, field: FieldInfo) -> str:
    example = (field.examples or [""])[0]
    return f"| `{PREFIX}{name.upper()}` | {field.description} | {_default(field)} | `{example}` |"


def _default(field: FieldInfo) -> str:
    if field.default is None:
        return "–"
    if isinstance(field.default, Path):
        return f"`{field.default.relative_to(CHECKOUT)}` of the checkout"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


if __name__ == "__main__":
    PAGE.write_text(render())
