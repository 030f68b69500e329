"""Cards of the next generation: ECDSA P-384, from the command to the statement's signature."""

import hashlib

import pytest
from card_world import AT, BIRTH_DATE, power_up
from hypothesis import given, settings
from hypothesis import strategies as st

from iccard import status
from iccard.frames import Command, Response
from jpki.application import COORDINATE_LENGTH, Ef, Instruction
from jpki.certificate import HolderCertificate, parse_certificate
from jpki.client import JpkiCard, UnreadableSignature
from jpki.path import TrustAnchors, check_certificate
from jpki.pin import Pin
from jpki.statement import (
    MalformedCardSignature,
    StatementSignatureInvalid,
    check_statement_signature,
    decode_from_card,
    is_curve_certificate,
)
from jpki.virtual.authority import Authority
from jpki.virtual.card import VirtualCard
from jpki.virtual.contents import CardContents
from jpki.virtual.keys import KeyKind

STATEMENT = b"mynapoint act v1\n{}"


@pytest.fixture(scope="module")
def jiro(authority: Authority) -> CardContents:
    return authority.make_card("次郎", birth_date=BIRTH_DATE, at=AT, kind=KeyKind.ECDSA_P384)


def compute_signature(card: VirtualCard, data: bytes) -> Response:
    """Everything that the card wants before it signs, and then the one command."""
    for frame in ("00A4040C0AD392F000260100000001", "00A4020C020018", "0020008004" + b"1234".hex(), "00A4020C020017"):
        assert card.transmit(bytes.fromhex(frame)) == b"\x90\x00"
    command = Command(
        cla=0x80, ins=Instruction.COMPUTE_DIGITAL_SIGNATURE, p1=0, p2=0x80, data=data, expected_length=256
    )
    return Response.decode(card.transmit(command.encode()))


class TestVirtualCardWithACurve:
    def test_answers_two_numbers_of_48_bytes(self, jiro: CardContents) -> None:
        card, _ = power_up(jiro)
        answer = compute_signature(card, hashlib.sha384(STATEMENT).digest())
        assert (answer.status, len(answer.data)) == (status.OK, 2 * COORDINATE_LENGTH)

    @pytest.mark.parametrize("length", [1, 32, 47, 49, 51])
    def test_signs_a_digest_of_its_hash_only(self, jiro: CardContents, length: int) -> None:
        card, _ = power_up(jiro)
        assert compute_signature(card, b"d" * length).status == status.WRONG_LENGTH

    def test_signs_a_statement_that_its_certificate_confirms(self, jiro: CardContents, anchors: TrustAnchors) -> None:
        card, _ = power_up(jiro)
        signed = JpkiCard(card).sign_statement(STATEMENT, pin=Pin("1234"))
        certificate = check_certificate(signed.certificate, anchors=anchors, at=AT)
        check_statement_signature(certificate, STATEMENT, signed.signature)
        with pytest.raises(StatementSignatureInvalid):
            check_statement_signature(certificate, STATEMENT + b" ", signed.signature)

    def test_is_not_confirmed_by_another_card_s_certificate(self, jiro: CardContents, hanako: CardContents) -> None:
        card, _ = power_up(jiro)
        signature = JpkiCard(card).sign_statement(STATEMENT, pin=Pin("1234")).signature
        other = HolderCertificate(parse_certificate(hanako.credentials.authentication.certificate))
        with pytest.raises(StatementSignatureInvalid):
            check_statement_signature(other, STATEMENT, signature)

    def test_reads_its_files_by_name(self, jiro: CardContents) -> None:
        card, _ = power_up(jiro)
        assert JpkiCard(card).read_certificate() == jiro.credentials.authentication.certificate
        assert Ef.AUTHENTICATION_KEY == 0x0017


class TestDecodeFromCard:
    def test_leaves_today_s_signature_as_it_is(self) -> None:
        assert decode_from_card(b"s" * 256, on_curve=False) == b"s" * 256

    @pytest.mark.parametrize("length", [0, 95, 97, 256])
    def test_refuses_what_cannot_be_two_numbers(self, length: int) -> None:
        with pytest.raises(MalformedCardSignature):
            decode_from_card(b"s" * length, on_curve=True)

    @settings(max_examples=200)
    @given(noise=st.binary(max_size=300))
    def test_takes_an_unreadable_certificate_for_one_of_today_s(self, noise: bytes) -> None:
        assert not is_curve_certificate(noise)

    def test_becomes_an_error_of_the_client_s_own(self, jiro: CardContents) -> None:
        class Cut:
            """The card, but for the last byte of its signature."""

            def __init__(self, card: VirtualCard) -> None:
                self._card = card

            def transmit(self, apdu: bytes, /) -> bytes:
                answer = self._card.transmit(apdu)
                return answer[:-3] + answer[-2:] if apdu[1] == Instruction.COMPUTE_DIGITAL_SIGNATURE else answer

        with pytest.raises(UnreadableSignature):
            JpkiCard(Cut(power_up(jiro)[0])).sign_statement(STATEMENT, pin=Pin("1234"))
