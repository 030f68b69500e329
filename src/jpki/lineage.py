"""One question to the authority's lineage service, and what its answer is worth.

No protocol for this is open. This one holds the answer to what OCSP holds its own to: it is about the certificate asked
for, to this question, signed by the responder of the generation that issued the certificate, and fresh.
"""

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AwareDatetime, Base64UrlBytes, BaseModel, ConfigDict, Field, ValidationError

from jpki.certificate import UNREADABLE, CertificateId
from jpki.freshness import Update
from jpki.registry import Fault, FirstIssue, Lineage, Renewed, UnknownLineage, UnusableAnswer
from jpki.responder import check_responder, check_word

DOMAIN_LINE: Final = b"mynapoint lineage v1\n"
"""What stands before every signed lineage, so that no other signature of the responder can be taken for one."""

NONCE_LENGTH: Final = 32
_MOST_PREDECESSORS: Final = 64


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CertificateName(_Message):
    """A certificate's id as JSON."""

    issuer: str = Field(pattern="^([0-9a-f]{2}){1,255}$")
    serial: int = Field(gt=0, lt=1 << 160)

    @classmethod
    def of(cls, certificate_id: CertificateId) -> Self:
        """This will write the id."""
        return cls(issuer=certificate_id.issuer_key_id.hex(), serial=certificate_id.serial)

    def decode(self) -> CertificateId:
        """This will read the id."""
        return CertificateId(bytes.fromhex(self.issuer), self.serial)


class LineageQuestion(_Message):
    """What is asked: which certificates this one follows."""

    certificate: CertificateName
    nonce: Annotated[Base64UrlBytes, Field(min_length=NONCE_LENGTH, max_length=NONCE_LENGTH)]

    @classmethod
    def about(cls, certificate_id: CertificateId) -> Self:
        """This will put the question for one certificate, with a nonce of its own."""
        return cls.model_construct(
            certificate=CertificateName.of(certificate_id), nonce=secrets.token_bytes(NONCE_LENGTH)
        )

    def check_answer(self, body: bytes, *, issuer: x509.Certificate, max_age: timedelta, at: datetime) -> Lineage:
        """This will give the lineage that a trusted answer to this question tells.

        :raises UnusableAnswer: for every other answer, with the first check that it fails.
        """
        # (1) It can be read.
        envelope = _read(SignedLineage, body)
        told = _read(LineageStatement, envelope.statement)
        # (2) It is about the certificate asked for.
        if told.certificate != self.certificate:
            raise UnusableAnswer(Fault.OTHER_CERTIFICATE)
        # (3) It answers this question and no earlier one.
        if told.nonce != self.nonce:
            raise UnusableAnswer(Fault.REPLAYED)
        # (4) The issuer lets the signer speak for it; (5) the signer said this.
        envelope.check_signature(issuer=issuer, at=at)
        # (6) It is fresh.
        Update(this_update=told.this_update, next_update=told.next_update).check_fresh(max_age=max_age, at=at)
        return told.decode()


class LineageStatement(_Message):
    """What the authority says of one certificate's predecessors: newest first, back to the first."""

    certificate: CertificateName
    nonce: Base64UrlBytes
    this_update: AwareDatetime
    next_update: AwareDatetime
    lineage: Literal["first", "renewed", "unknown"]
    predecessors: tuple[CertificateName, ...] = Field(default=(), max_length=_MOST_PREDECESSORS)

    @classmethod
    def answer(cls, question: LineageQuestion, lineage: Lineage, *, update: Update) -> Self:
        """This will put an answer into words."""
        words: dict[type, Any] = {FirstIssue: "first", Renewed: "renewed", UnknownLineage: "unknown"}
        predecessors = lineage.predecessors if isinstance(lineage, Renewed) else ()
        return cls.model_construct(
            certificate=question.certificate,
            nonce=question.nonce,
            this_update=update.this_update,
            next_update=update.next_update,
            lineage=words[type(lineage)],
            predecessors=tuple(map(CertificateName.of, predecessors)),
        )

    def decode(self) -> Lineage:
        """This will read the lineage.

        :raises UnusableAnswer: when word and predecessors contradict each other.
        """
        if (self.lineage == "renewed") != bool(self.predecessors):
            raise UnusableAnswer(Fault.UNREADABLE)
        if self.lineage == "renewed":
            return Renewed(tuple(name.decode() for name in self.predecessors))
        return FirstIssue() if self.lineage == "first" else UnknownLineage()


class SignedLineage(_Message):
    """A statement's bytes, the responder's signature over the domain line and them, and its certificate (DER)."""

    statement: Base64UrlBytes
    signature: Base64UrlBytes
    responder: Base64UrlBytes

    def check_signature(self, *, issuer: x509.Certificate, at: datetime) -> None:
        """This will let pass what a responder of this issuer signed.

        :raises UnusableAnswer: when none did.
        """
        try:
            responder = x509.load_der_x509_certificate(self.responder)
            key, _ = responder.public_key(), responder.extensions
        except UNREADABLE:
            raise UnusableAnswer(Fault.UNREADABLE) from None
        check_responder(responder, issuer=issuer, at=at)
        algorithm = hashes.SHA384() if isinstance(key, ec.EllipticCurvePublicKey) else hashes.SHA256()
        check_word(key, signature=self.signature, message=DOMAIN_LINE + self.statement, algorithm=algorithm)


MessageT = TypeVar("MessageT", bound=_Message)


def _read(message: type[MessageT], body: bytes) -> MessageT:
    try:
        return message.model_validate_json(body)
    except ValidationError:
        raise UnusableAnswer(Fault.UNREADABLE) from None
