"""Everything that the site says, by dotted names that are the same in all languages: `chapter.name`."""

import tomllib
from functools import cache
from importlib import resources

from cardagent.languages import Language, Phrases, flatten


@cache
def get_words(language: Language = Language.JAPANESE) -> Phrases:
    """This will read the phrases of a language: one file a chapter, whose name stands before the phrases' own."""
    folder = resources.files("mynapoint.site").joinpath("phrases", language)
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return Phrases(
        {
            f"{file.name.removesuffix('.toml')}.{name}": text
            for file in files
            for name, text in flatten(tomllib.loads(file.read_text(encoding="utf-8")))
        }
    )
