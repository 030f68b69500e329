"""What a person types to apply: shown again after an error, the codes never."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mynapoint.directory.rules import Service, TypedCode
from mynapoint.kernel.refusal import Refusal


class TermsNotAccepted(Refusal):
    """The box that says "I agree" is empty."""

    code = "terms_not_accepted"


@dataclass
class Field:
    """One field of the form."""

    name: str
    about: TypedCode
    typed: str
    is_wrong: bool = False


@dataclass
class ApplicationForm:
    """The fields for one service: its account id and its one to three codes."""

    account: Field
    codes: list[Field] = field(default_factory=list)

    @classmethod
    def of(cls, service: Service, typed: Mapping[str, str]) -> "ApplicationForm":
        """Return the service's fields, with what was typed."""
        codes = [
            Field(name=f"code{number}", about=code, typed=typed.get(f"code{number}", ""))
            for number, code in enumerate(service.codes, start=1)
        ]
        return cls(account=Field(name="account", about=service.account, typed=typed.get("account", "")), codes=codes)

    @property
    def fields(self) -> list[Field]:
        """All fields in the order in which they are asked."""
        return [self.account, *self.codes]

    def mark(self, name: str) -> None:
        """Mark the field that is wrong."""
        for one in self.fields:
            one.is_wrong = one.name == name


def check_terms(typed: Mapping[str, str]) -> None:
    """Check that the person agreed.

    :raises TermsNotAccepted: when they did not.
    """
    if typed.get("terms") != "yes":
        raise TermsNotAccepted
