"""Dated documents: what the office announces, as strict and immutable values."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from mynapoint.kernel.refusal import Refusal


class Part(BaseModel):
    """A strict, immutable part of a document: an unknown or misspelt key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Words(Part):
    """One text in the three languages of the site; Japanese comes first and stands in for the others."""

    ja: str
    easy: str | None = None
    en: str | None = None


class Document(Part):
    """What every dated document has: its name and the instant from which it counts."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    effective_from: AwareDatetime


@dataclass(eq=False)
class DocumentMalformed(Refusal):
    """A file does not say what a document must say."""

    code = "document_malformed"
    file: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


@dataclass(eq=False)
class DocumentDiffers(Refusal):
    """Another text already counts from the same instant: give the new one a later `effective_from`."""

    code = "document_differs"
    document: str
    effective_from: datetime

    def __str__(self) -> str:
        return (
            f"{self.document}: another text already counts from {self.effective_from.isoformat()};"
            " give the new one a later effective_from"
        )
