"""What a host does with a card."""

import logging

import pytest
from card_world import AT, BIRTH_DATE, power_up
from hypothesis import given, settings
from hypothesis import strategies as st

from iccard.connection import CardConnection
from iccard.frames import MalformedApdu
from iccard.status import StatusWord
from jpki.client import (
    CardRefused,
    JpkiCard,
    NotAMyNumberCard,
    PinLocked,
    UnableToUseCard,
    UnreadableCertificate,
    WrongPin,
)
from jpki.path import TrustAnchors, check_certificate
from jpki.pin import MalformedPin, Pin
from jpki.statement import check_statement_signature
from jpki.virtual.authority import Authority
from jpki.virtual.contents import CardContents, Purpose

STATEMENT = b"mynapoint act v1\n{}"
RIGHT, WRONG = Pin("1234"), Pin("9999")


class Recording:
    """A connection that keeps the commands' names."""

    def __init__(self, connection: CardConnection) -> None:
        self._connection = connection
        self.frames: list[bytes] = []

    def transmit(self, apdu: bytes, /) -> bytes:
        self.frames.append(apdu)
        return self._connection.transmit(apdu)


SHORT_FILE = bytes.fromhex("308200049000")
"""Four bytes, whatever is read: a file that looks like a certificate's from outside."""


class Scripted:
    """A card that answers every frame alike, or by its instruction byte."""

    def __init__(self, default: bytes, **by_instruction: bytes) -> None:
        self._default = default
        self._by_instruction = {int(key[1:], 16): value for key, value in by_instruction.items()}

    def transmit(self, apdu: bytes, /) -> bytes:
        return self._by_instruction.get(apdu[1], self._default)


class TestPin:
    @pytest.mark.parametrize(
        "typed", ["1234", "１２３４", " 1234\n", "１2３4"], ids=["ascii", "full-width", "blanks", "mixed"]
    )
    def test_takes_four_digits_as_people_type_them(self, typed: str) -> None:
        assert Pin(typed).encode() == b"1234"

    @pytest.mark.parametrize("typed", ["", "123", "12345", "12a4", "12 34", "一二三四", "١٢٣٤", "-123"], ids=range(8))
    def test_refuses_everything_else_without_repeating_it(self, typed: str) -> None:
        with pytest.raises(MalformedPin) as refused:
            Pin(typed)
        assert not typed or typed not in f"{refused.value!r}{refused.value}"

    def test_never_shows_itself(self) -> None:
        assert "1234" not in f"{RIGHT!r}{RIGHT}{[RIGHT]}"
        assert not hasattr(RIGHT, "__dict__")


class TestReadCertificate:
    def test_reads_the_whole_certificate_and_no_byte_more(self, hanako: CardContents) -> None:
        card, _ = power_up(hanako)
        assert JpkiCard(card).read_certificate() == hanako.credentials.authentication.certificate

    @pytest.mark.parametrize("length", [4, 5, 256, 257, 259, 260, 261, 512, 4096])
    def test_reads_every_length_of_certificate(self, hanako: CardContents, length: int) -> None:
        der = b"\x30\x82" + (length - 4).to_bytes(2, "big") + bytes(length - 4)
        credential = hanako.credentials.authentication.model_copy(update={"certificate": der})
        credentials = hanako.credentials.model_copy(update={"authentication": credential})
        card, _ = power_up(hanako.model_copy(update={"credentials": credentials}))
        assert JpkiCard(card).read_certificate() == der

    @pytest.mark.parametrize(
        "read",
        [b"\x30\x82\x10\x00", b"\x30\x81\x00\x80", b"\x04\x82\x01\x00", b"", bytes(5)],
        ids=["too-long", "other-length-form", "no-sequence", "empty", "more-than-asked"],
    )
    def test_refuses_a_file_without_certificate(self, read: bytes) -> None:
        with pytest.raises(UnreadableCertificate):
            JpkiCard(Scripted(b"\x90\x00", xB0=read + b"\x90\x00")).read_certificate()

    def test_wants_no_pin(self, hanako: CardContents) -> None:
        card, _ = power_up(hanako)
        recording = Recording(card)
        JpkiCard(recording).read_certificate()
        assert all(frame[1] != 0x20 for frame in recording.frames)


class TestGetPinTriesLeft:
    @pytest.mark.parametrize("tries_left", range(4))
    def test_tells_the_card_s_counter(self, hanako: CardContents, tries_left: int) -> None:
        pin = hanako.pin.model_copy(update={"tries_left": tries_left})
        card, _ = power_up(hanako.model_copy(update={"pin": pin}))
        assert JpkiCard(card).get_pin_tries_left() == tries_left

    @pytest.mark.parametrize("locked", [b"\x63\xc0", b"\x69\x83", b"\x69\x84"], ids=["63C0", "6983", "6984"])
    def test_takes_every_locked_status_as_none_left(self, locked: bytes) -> None:
        assert JpkiCard(Scripted(b"\x90\x00", x20=locked)).get_pin_tries_left() == 0

    def test_uses_no_try_up(self, hanako: CardContents) -> None:
        card, memory = power_up(hanako)
        JpkiCard(card).get_pin_tries_left()
        assert memory.read() == hanako

    @pytest.mark.parametrize("answer", [b"\x90\x00", b"\x6d\x00"], ids=["9000", "6D00"])
    def test_refuses_a_card_that_does_not_tell(self, answer: bytes) -> None:
        with pytest.raises(CardRefused) as refused:
            JpkiCard(Scripted(b"\x90\x00", x20=answer)).get_pin_tries_left()
        assert refused.value.status == StatusWord.from_bytes(answer, "big")


class TestGetPasswordTriesLeft:
    def test_tells_the_signing_password_s_counter(self, hanako: CardContents) -> None:
        password = hanako.password.model_copy(update={"tries_left": 4})
        card, memory = power_up(hanako.model_copy(update={"password": password}))
        assert JpkiCard(card).get_password_tries_left() == 4
        assert JpkiCard(card).get_pin_tries_left() == 3
        assert memory.read().password == password


class TestIsCardOf:
    def test_knows_the_card_by_its_certificate(self, hanako: CardContents) -> None:
        card = JpkiCard(power_up(hanako)[0])
        assert card.is_card_of(card.read_certificate())

    def test_knows_another_card_of_the_same_day(self, hanako: CardContents, own_authority: Authority) -> None:
        first, second = (own_authority.make_card(name, birth_date=BIRTH_DATE, at=AT) for name in ("一", "二"))
        certificate = JpkiCard(power_up(first)[0]).read_certificate()
        assert not JpkiCard(power_up(second)[0]).is_card_of(certificate)

    def test_spends_no_try(self, hanako: CardContents) -> None:
        card, memory = power_up(hanako)
        JpkiCard(card).is_card_of(b"\x30\x82")
        assert memory.read() == hanako


class TestSignStatement:
    def test_gives_a_signature_that_the_card_s_certificate_confirms(
        self, hanako: CardContents, anchors: TrustAnchors
    ) -> None:
        card, _ = power_up(hanako)
        signed = JpkiCard(card).sign_statement(STATEMENT, pin=RIGHT)
        certificate = check_certificate(signed.certificate, anchors=anchors, at=AT)
        check_statement_signature(certificate, STATEMENT, signed.signature)

    def test_goes_certificate_then_pin_then_key_and_ends_without_pin(self, hanako: CardContents) -> None:
        card, _ = power_up(hanako)
        recording = Recording(card)
        JpkiCard(recording).sign_statement(STATEMENT, pin=RIGHT)
        application = "00A4040C0AD392F000260100000001"
        heads = [frame.hex().upper() for frame in recording.frames if frame[1] != 0xB0]
        assert [head if head[:4] == "00A4" else head[:8] for head in heads] == [
            application,
            "00A4020C02000A",
            "00A4020C020018",
            "00200080",
            "00A4020C020017",
            "802A0080",
            application,
        ]
        assert card.transmit(bytes.fromhex("00A4020C020017")) == b"\x90\x00"
        assert card.transmit(bytes.fromhex("802A00800100" + "00")) == b"\x69\x82"

    def test_forgets_the_pin_even_when_the_card_fails_to_sign(self) -> None:
        recording = Recording(Scripted(b"\x90\x00", xB0=SHORT_FILE, x2A=b"\x6f\x00"))
        with pytest.raises(CardRefused):
            JpkiCard(recording).sign_statement(STATEMENT, pin=RIGHT)
        assert recording.frames[-1].hex().upper().startswith("00A4040C")

    def test_spends_no_try_on_a_card_without_a_certificate(self) -> None:
        recording = Recording(Scripted(b"\x90\x00"))
        with pytest.raises(UnreadableCertificate):
            JpkiCard(recording).sign_statement(STATEMENT, pin=RIGHT)
        assert 0x20 not in {frame[1] for frame in recording.frames}

    def test_tells_the_tries_left_after_a_wrong_pin_and_tries_once_only(self, hanako: CardContents) -> None:
        card, memory = power_up(hanako)
        for tries_left in (2, 1):
            with pytest.raises(WrongPin) as wrong:
                JpkiCard(card).sign_statement(STATEMENT, pin=WRONG)
            assert wrong.value.tries_left == memory.read().pin.tries_left == tries_left

    def test_tells_of_the_lock_at_the_third_error_and_ever_after(self, hanako: CardContents) -> None:
        card, _ = power_up(hanako.with_secret(Purpose.AUTHENTICATION, tries_left=1))
        for pin in (WRONG, WRONG, RIGHT):
            with pytest.raises(PinLocked):
                JpkiCard(card).sign_statement(STATEMENT, pin=pin)

    @pytest.mark.parametrize("status", [b"\x63\xc0", b"\x69\x83", b"\x69\x84"], ids=["63C0", "6983", "6984"])
    def test_takes_every_locked_status_as_locked(self, status: bytes) -> None:
        with pytest.raises(PinLocked):
            JpkiCard(Scripted(b"\x90\x00", xB0=SHORT_FILE, x20=status)).sign_statement(STATEMENT, pin=RIGHT)

    def test_logs_and_raises_no_pin(self, hanako: CardContents, caplog: pytest.LogCaptureFixture) -> None:
        card, _ = power_up(hanako)
        with caplog.at_level(logging.DEBUG), pytest.raises(WrongPin) as wrong:
            JpkiCard(card).sign_statement(STATEMENT, pin=WRONG)
        assert "9999" not in f"{wrong.value!r}{caplog.text}"


class TestJpkiCard:
    def test_is_refused_when_it_is_another_card(self) -> None:
        with pytest.raises(NotAMyNumberCard):
            JpkiCard(Scripted(b"\x6a\x82")).get_pin_tries_left()

    @settings(max_examples=1500)
    @given(answers=st.lists(st.binary(max_size=260) | st.sampled_from([b"\x90\x00"]), min_size=1, max_size=12))
    def test_meets_random_answers_with_errors_of_its_own(self, answers: list[bytes]) -> None:
        class Random:
            def transmit(self, apdu: bytes, /) -> bytes:
                return answers.pop(0) if len(answers) > 1 else answers[0]

        card = JpkiCard(Random())
        for question in (card.read_certificate, card.get_pin_tries_left, lambda: card.sign_statement(b"", pin=RIGHT)):
            try:
                question()
            except (UnableToUseCard, MalformedApdu):
                continue
