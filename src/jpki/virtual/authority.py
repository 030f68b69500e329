"""The test authority: it issues, renews and revokes the certificates of virtual cards."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from jpki.application import PASSWORD_PATTERN, PIN_PATTERN
from jpki.certificate import CertificateId, parse_certificate
from jpki.freshness import Update
from jpki.lineage import CertificateName, LineageQuestion
from jpki.lineage_list import write_lineage_list
from jpki.path import TrustAnchors
from jpki.virtual.answers import ANSWER_LIFETIME, answer_lineage_question, answer_ocsp_request, make_revocation_list
from jpki.virtual.contents import (
    SAMPLE_PASSWORD,
    SAMPLE_PIN,
    CardContents,
    Credential,
    Credentials,
    FileMemory,
    Purpose,
)
from jpki.virtual.errors import (
    AuthorityExists,
    CardExists,
    CardNotIssuedHere,
    CertificateAlreadyRevoked,
    CertificateNotIssuedHere,
    UnusableLabel,
    UnusableSecret,
)
from jpki.virtual.files import hold_lock
from jpki.virtual.issuing import (
    Extensions,
    IssuingCa,
    Validity,
    compute_validity,
    issue_ca,
    issue_certificate,
    make_authentication_extensions,
    make_ca_validity,
    make_signing_extensions,
)
from jpki.virtual.keeping import read_cas, write_cas
from jpki.virtual.keys import DrawKey, KeyKind, SigningKey, draw_key_of, generate_key
from jpki.virtual.register import REGISTER_NAME, AuthorityRegistry, Entry, Issue

_GENERATIONS: Final = ((KeyKind.RSA_2048, 5), (KeyKind.RSA_2048, 1), (KeyKind.ECDSA_P384, 1))
"""Kind of key, and age in years when the authority is created: an elder, a younger, and the next cards' own."""
_LOCK_NAME: Final = "lock"
_CARDS_NAME: Final = "cards"


class Authority:
    """A certificate authority in a folder, which several processes may use at once."""

    def __init__(self, folder: Path, *, cas: tuple[IssuingCa, ...], draw_key: DrawKey) -> None:
        self._folder = folder
        self._cas = cas
        self._draw_key = draw_key
        self._registry = AuthorityRegistry(folder)

    @classmethod
    def create(cls, folder: Path, *, at: datetime, draw_key: DrawKey = generate_key) -> Self:
        """This will found an authority of three generations, the third for the next kind of cards, for both purposes.

        :raises AuthorityExists: when there is one.
        """
        cas = tuple(_found_ca(purpose, kind=kind, age_years=age, at=at, draw_key=draw_key)
                    for purpose in Purpose for kind, age in _GENERATIONS)  # fmt: skip
        folder.parent.mkdir(parents=True, exist_ok=True)
        nursery = Path(mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        write_cas(nursery, cas)
        (nursery / REGISTER_NAME).touch(mode=0o600)
        (nursery / _CARDS_NAME).mkdir()
        try:
            nursery.rename(folder)  # which fails on a folder that is not empty
        except OSError:
            rmtree(nursery)
            raise AuthorityExists from None
        return cls(folder, cas=cas, draw_key=draw_key)

    @classmethod
    def open(cls, folder: Path, *, draw_key: DrawKey = generate_key) -> Self:
        """This will go on with the authority in the folder.

        :raises NoAuthority: when there is none.
        """
        return cls(folder, cas=read_cas(folder), draw_key=draw_key)

    @property
    def registry(self) -> AuthorityRegistry:
        """This will be the authority's register, as verifiers may ask it."""
        return self._registry

    def anchors(self) -> TrustAnchors:
        """This will give all generations that issue user-authentication certificates."""
        return TrustAnchors(ca.certificate for ca in self._get_generations(Purpose.AUTHENTICATION))

    def make_card(
        self,
        label: str,
        *,
        birth_date: date,
        at: datetime,
        pin: str = SAMPLE_PIN,
        password: str = SAMPLE_PASSWORD,
        generation: int = -1,
        kind: KeyKind = KeyKind.RSA_2048,
    ) -> CardContents:
        """This will issue a card that stands in no file yet.

        The generation counts from the eldest of those with this kind of key, as lists do.

        :raises UnusableSecret: when the card could not take the PIN or the password.
        """
        if not (PIN_PATTERN.fullmatch(pin.encode()) and PASSWORD_PATTERN.fullmatch(password.encode())):
            raise UnusableSecret
        with self._hold_register():
            issued = self._draw_up(label, birth_date=birth_date, at=at, generation=generation, kind=kind)
            self._registry.append(Entry(at=at, issued=tuple(Issue(certificate=name) for name in _get_names(issued))))
        return CardContents.make(label=label, birth_date=birth_date, pin=pin, password=password, credentials=issued)

    def get_card_path(self, label: str) -> Path:
        """This will tell the file in which the card of this label is, or would be.

        :raises UnusableLabel: when the label cannot name a file.
        """
        path = self._folder / _CARDS_NAME / f"{label}.json"
        if not label.isprintable() or path.name != f"{label}.json" or not label:
            raise UnusableLabel
        return path

    def issue(
        self,
        label: str,
        *,
        birth_date: date,
        at: datetime,
        pin: str = SAMPLE_PIN,
        password: str = SAMPLE_PASSWORD,
        kind: KeyKind = KeyKind.RSA_2048,
    ) -> Path:
        """This will issue a card into a file named by its label.

        :raises CardExists: when there is a card of this label.
        :raises UnusableLabel: when the label cannot name a file.
        :raises UnusableSecret: when the card could not take the PIN or the password.
        """
        path = self.get_card_path(label)
        with hold_lock(path.with_name(f"{path.name}.lock")):
            if path.exists():
                raise CardExists
            card = self.make_card(label, birth_date=birth_date, at=at, pin=pin, password=password, kind=kind)
            FileMemory(path).write(card)
        return path

    def renew(self, card_path: Path, *, at: datetime, kind: KeyKind | None = None) -> None:
        """This will give the card new keys and certificates, and revoke the old ones as superseded.

        The new keys are of the old ones' kind, unless another is named.

        A renewal cut off by a kill is completed, not doubled: what will be on the card is kept in its file
        before it is registered.

        :raises CardNotIssuedHere: when the register does not know the card.
        :raises CertificateAlreadyRevoked: when there is nothing valid to renew.
        """
        memory = FileMemory(card_path)
        with self._hold_register():
            card = memory.read()
            if card.renewal is None or not self._is_registered(card.renewal):
                self._check_in_force(card.credentials)
                successor = self._draw_up(
                    card.label, birth_date=card.birth_date, at=at, generation=-1, kind=kind or _get_kind(card)
                )
                memory.change(lambda contents: contents.model_copy(update={"renewal": successor}))
                self._registry.append(_make_renewal_entry(card.credentials, successor, at=at))
            memory.change(_complete_renewal)

    def revoke(self, card_path: Path, *, at: datetime, reason: x509.ReasonFlags) -> None:
        """This will revoke both of the card's certificates.

        :raises CardNotIssuedHere: when the register does not know the card.
        :raises CertificateAlreadyRevoked: when it was done before.
        """
        with self._hold_register():
            card = FileMemory(card_path).read()
            self._check_in_force(card.credentials)
            self._registry.append(Entry(at=at, revoked=_get_names(card.credentials), reason=reason))

    def unblock(self, card_path: Path, *, pin: str) -> None:
        """This will give a card issued here a new PIN with all its tries, whatever the old one was.

        :raises CardNotIssuedHere: when the register does not know the card.
        :raises CertificateAlreadyRevoked: when the card counts no more.
        :raises UnusableSecret: when the card could not take the PIN.
        """
        if not PIN_PATTERN.fullmatch(pin.encode()):
            raise UnusableSecret
        with self._hold_register():
            self._check_in_force(FileMemory(card_path).read().credentials)
            FileMemory(card_path).change(
                lambda card: card.with_secret(Purpose.AUTHENTICATION, text=pin, tries_left=card.pin.tries)
            )

    def answer_ocsp(self, request: bytes, *, at: datetime) -> bytes:
        """This will answer a DER request as the authority's OCSP responder."""
        return answer_ocsp_request(request, cas=self._cas, registry=self._registry.refresh(), at=at)

    def answer_lineage(self, question: LineageQuestion, *, at: datetime) -> bytes:
        """This will answer as the authority's lineage service.

        :raises CertificateNotIssuedHere: when no generation has the issuer's key.
        """
        return answer_lineage_question(question, cas=self._cas, registry=self._registry.refresh(), at=at)

    def make_revocation_list_of(self, key_id: bytes, *, at: datetime) -> x509.CertificateRevocationList:
        """This will publish the list of one generation.

        :raises CertificateNotIssuedHere: when no generation has this key.
        """
        ca = next((ca for ca in self._cas if ca.key_id == key_id), None)
        if ca is None:
            raise CertificateNotIssuedHere
        return make_revocation_list(ca=ca, registry=self._registry.refresh(), at=at)

    def make_lineage_list(self, *, at: datetime) -> Iterator[str]:
        """This will publish which user-authentication certificate follows which, line by line."""
        own = {ca.key_id for ca in self._get_generations(Purpose.AUTHENTICATION)}
        known = self._registry.refresh().predecessors
        update = Update(this_update=at, next_update=at + ANSWER_LIFETIME)
        return write_lineage_list({name: known[name] for name in known if name.issuer_key_id in own}, update=update)

    def make_revocation_lists(self, purpose: Purpose, *, at: datetime) -> tuple[x509.CertificateRevocationList, ...]:
        """This will publish one list for each generation, eldest first."""
        known = self._registry.refresh()
        return tuple(make_revocation_list(ca=ca, registry=known, at=at) for ca in self._get_generations(purpose))

    @contextmanager
    def _hold_register(self) -> Iterator[None]:
        with hold_lock(self._folder / _LOCK_NAME):
            self._registry.refresh()
            yield

    def _get_generations(self, purpose: Purpose, *, kind: KeyKind | None = None) -> tuple[IssuingCa, ...]:
        return tuple(ca for ca in self._cas if ca.purpose is purpose and kind in {None, ca.kind})

    def _draw_up(self, label: str, *, birth_date: date, at: datetime, generation: int, kind: KeyKind) -> Credentials:
        validity = compute_validity(issued_at=at, birth_date=birth_date)
        first = _follow_serial(self._registry.last_serial)
        ca = self._get_generations(Purpose.AUTHENTICATION, kind=kind)[generation]
        key = draw_key_of(kind, draw_rsa_key=self._draw_key)
        extensions = make_authentication_extensions(ca=ca, public_key=key.public_key())
        authentication = _make_credential(ca, key, serial=first, validity=validity, extensions=extensions)
        ca = self._get_generations(Purpose.SIGNING, kind=kind)[generation]
        key = draw_key_of(kind, draw_rsa_key=self._draw_key)
        extensions = make_signing_extensions(
            ca=ca, public_key=key.public_key(), holder_name=label, birth_date=birth_date
        )
        signing = _make_credential(ca, key, serial=_follow_serial(first), validity=validity, extensions=extensions)
        return Credentials(authentication=authentication, signing=signing)

    def _is_registered(self, credentials: Credentials) -> bool:
        return _get_names(credentials)[0].decode() in self._registry.refresh().predecessors

    def _check_in_force(self, credentials: Credentials) -> None:
        if not self._is_registered(credentials):
            raise CardNotIssuedHere
        if _get_names(credentials)[0].decode() in self._registry.refresh().revocations:
            raise CertificateAlreadyRevoked


def _found_ca(purpose: Purpose, *, kind: KeyKind, age_years: int, at: datetime, draw_key: DrawKey) -> IssuingCa:
    validity = make_ca_validity(created_at=at, age_years=age_years)
    key, responder_key = (draw_key_of(kind, draw_rsa_key=draw_key) for _ in range(2))
    return issue_ca(purpose=purpose, validity=validity, key=key, responder_key=responder_key)


def _make_credential(
    ca: IssuingCa, key: SigningKey, *, serial: int, validity: Validity, extensions: Extensions
) -> Credential:
    certificate = issue_certificate(
        ca=ca, public_key=key.public_key(), serial=serial, validity=validity, extensions=extensions
    )
    return Credential.of(
        certificate=certificate.public_bytes(Encoding.DER),
        ca_certificate=ca.certificate.public_bytes(Encoding.DER),
        key=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )


def _get_kind(card: CardContents) -> KeyKind:
    key = parse_certificate(card.credentials.authentication.certificate).public_key()
    return KeyKind.RSA_2048 if isinstance(key, RSAPublicKey) else KeyKind.ECDSA_P384


def _get_names(credentials: Credentials) -> tuple[CertificateName, CertificateName]:
    first, second = (
        CertificateName.of(CertificateId.of(parse_certificate(credential.certificate)))
        for credential in (credentials.authentication, credentials.signing)
    )
    return first, second


def _make_renewal_entry(old: Credentials, new: Credentials, *, at: datetime) -> Entry:
    pairs = zip(_get_names(new), _get_names(old), strict=True)
    return Entry(
        at=at,
        issued=tuple(Issue(certificate=name, predecessor=predecessor) for name, predecessor in pairs),
        revoked=_get_names(old),
        reason=x509.ReasonFlags.superseded,
    )


def _complete_renewal(card: CardContents) -> CardContents:
    return card.model_copy(update={"credentials": card.renewal, "renewal": None})


def _follow_serial(serial: int) -> int:
    # About 27 bits and roughly sequential, as the real ones: nobody may take a serial for a secret.
    start = serial or 1 << 26 | int.from_bytes(secrets.token_bytes(3), "big")
    return start + 1 + secrets.token_bytes(1)[0] % 8
