"""What a person types: read field by field, so that every mistake is named at once; codes are never shown again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from cardagent.languages import Language
from mynapoint.directory.rules import Service, TypedCode, TypedWrong, read_typed
from mynapoint.site.shell.faults import Fault
from mynapoint.site.shell.languages import choose
from mynapoint.site.shell.words import get_words

ACCOUNT: Final = "account"
YES: Final = "yes"

Word = TypeVar("Word", bound=str)


class Mistaken(Exception):
    """What has to be mended before a form is taken: a sentence for each field, in the form's order."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__(", ".join(wrong))
        self.wrong = wrong

    @property
    def faults(self) -> list[Fault]:
        """The same for the summary above the page."""
        return [Fault(field, sentence) for field, sentence in self.wrong.items()]


@dataclass(frozen=True)
class Field:
    """One field of an account's form; `typed` is what is shown again."""

    name: str
    about: TypedCode
    typed: str = ""

    @property
    def is_code(self) -> bool:
        """Whether it is one of the codes, which prove that the account is one's own."""
        return self.name != ACCOUNT

    @property
    def is_number(self) -> bool:
        """Whether it is digits alone, so that keys for digits will do."""
        return self.about.example.isdecimal()


@dataclass(frozen=True)
class TypedAccount:
    """An account id and its codes, each in its normal form."""

    account_id: str
    codes: Sequence[str]


def list_fields(service: Service, typed: Mapping[str, str]) -> list[Field]:
    """This will list a service's fields in the order in which they are asked, with the account id as it was typed."""
    codes = [Field(f"code{number}", code) for number, code in enumerate(service.codes, start=1)]
    return [Field(ACCOUNT, service.account, typed.get(ACCOUNT, "")), *codes]


def read_account(service: Service, typed: Mapping[str, str], *, language: Language) -> TypedAccount:
    """This will read account id and codes.

    :raises Mistaken: naming every field that does not have its form.
    """
    normal, wrong = [], {}
    for field in list_fields(service, typed):
        try:
            normal.append(read_typed(field.about, typed.get(field.name, ""), field=field.name))
        except TypedWrong:
            wrong[field.name] = _mend(field.about, typed.get(field.name, ""), language=language)
    if wrong:
        raise Mistaken(wrong)
    return TypedAccount(account_id=normal[0], codes=normal[1:])


def read_choice(typed: Mapping[str, str], field: str, allowed: Iterable[Word], *, wrong: str) -> Word:
    """This will read one of several answers, and give it back as the one of them that it is.

    :raises Mistaken: with the sentence `wrong`, when it is none of them.
    """
    chosen = typed.get(field, "")
    for word in allowed:
        if word == chosen:
            return word
    raise Mistaken({field: wrong})


def check_ticked(typed: Mapping[str, str], fields: Mapping[str, str]) -> None:
    """Check that every box is ticked.

    :raises Mistaken: with the sentence of each one that is not.
    """
    wrong = {field: sentence for field, sentence in fields.items() if typed.get(field) != YES}
    if wrong:
        raise Mistaken(wrong)


def _mend(about: TypedCode, typed: str, *, language: Language) -> str:
    label, _ = choose(about.label, language)
    name = "journey.account.form" if typed.strip() else "journey.account.missing"
    return get_words(language).say(name, label=label, example=about.example)
