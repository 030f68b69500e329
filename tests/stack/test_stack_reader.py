"""`iccard.pcsc` through the real stack: which card, whose turn, and nothing left behind."""

import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from reader_cards import Recorder, at, lying_in

from demo.card_stack import CardStack
from iccard.frames import Command
from iccard.pcsc import list_readers, open_card, wait_for_card
from iccard.status import SECURITY_STATUS_NOT_SATISFIED, StatusWord
from iccard.unreachable import NoCard, ReaderInUse, ReaderNotFound, SeveralCards
from jpki.application import Ef
from jpki.certificate import HolderCertificate
from jpki.client import CardRefused, JpkiCard
from jpki.pin import Pin
from jpki.statement import check_statement_signature, encode_digest_info
from jpki.virtual.contents import describe_card

PIN = Pin("1234")
STATEMENT = b"mynapoint act v1\n{}"


class TestListReaders:
    def test_names_all(self, stack: CardStack) -> None:
        assert set(list_readers()) == {reader.name for reader in stack.readers}


class TestWaitForCard:
    def test_gives_the_one_reader_that_has_a_card(self, stack: CardStack, card_path: Path) -> None:
        with lying_in(stack.readers[3], at(card_path)):
            assert wait_for_card(seconds=0, tell_waiting=pytest.fail) == stack.readers[3].name

    def test_waits_until_a_card_is_laid_down(self, stack: CardStack, card_path: Path) -> None:
        told: list[float] = []
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(wait_for_card, seconds=20, tell_waiting=lambda: told.append(time.monotonic()))
            while not told:
                time.sleep(0.01)
            time.sleep(0.2)
            assert not waiting.done()
            with lying_in(stack.readers[1], at(card_path)):
                assert waiting.result(timeout=20) == stack.readers[1].name
        assert len(told) == 1

    def test_gives_up_in_time(self, stack: CardStack) -> None:
        began = time.monotonic()
        with pytest.raises(NoCard):
            wait_for_card(seconds=0.3)
        assert 0.3 <= time.monotonic() - began < 5

    def test_does_not_choose_between_two_cards(self, stack: CardStack, card_path: Path) -> None:
        first, second = stack.readers[0], stack.readers[5]
        with lying_in(first, at(card_path)), lying_in(second, at(card_path)):
            with pytest.raises(SeveralCards) as several:
                wait_for_card(seconds=0)
            assert set(several.value.readers) == {first.name, second.name}
            assert wait_for_card(reader=second.name, seconds=0) == second.name

    def test_takes_a_part_of_a_name_that_is_one_reader_s_alone(self, stack: CardStack, card_path: Path) -> None:
        with lying_in(stack.readers[3], at(card_path)):
            assert wait_for_card(reader="desk 1 00 01", seconds=0) == "Desk 1 00 01"

    @pytest.mark.parametrize("name", ["Desk 1", "Desk 9", ""])
    def test_refuses_a_name_of_none_or_several(self, stack: CardStack, name: str) -> None:
        with pytest.raises(ReaderNotFound) as refused:
            wait_for_card(reader=name, seconds=0)
        assert len(refused.value.readers) == len(stack.readers)


class TestOpenCard:
    def test_signs(self, stack: CardStack, card_path: Path) -> None:
        reader = stack.readers[0]
        with lying_in(reader, at(card_path)), open_card(reader.name) as connection:
            signed = JpkiCard(connection).sign_statement(STATEMENT, pin=PIN)
        certificate = HolderCertificate(x509.load_der_x509_certificate(signed.certificate))
        check_statement_signature(certificate, STATEMENT, signed.signature)

    def test_says_that_there_is_no_card(self, stack: CardStack) -> None:
        with pytest.raises(NoCard), open_card(stack.readers[0].name):
            pytest.fail("there is no card")

    def test_lets_what_nobody_foresaw_through_at_once(self, stack: CardStack) -> None:
        with pytest.raises(TypeError), open_card("\udcff"):
            pytest.fail("no reader has this name")

    @pytest.mark.parametrize("is_cut_short", [False, True], ids=["at the end", "when the exchange breaks off"])
    def test_resets_the_card(self, stack: CardStack, card_path: Path, is_cut_short: bool) -> None:
        reader, card = stack.readers[0], Recorder(card_path)
        with lying_in(reader, card.power_up):
            power_ups = card.power_ups
            try:
                with open_card(reader.name) as connection:
                    for apdu in ("00A4040C0AD392F000260100000001", "00A4020C020018", "002000800431323334"):
                        assert connection.transmit(bytes.fromhex(apdu)) == b"\x90\x00"
                    if is_cut_short:
                        raise CardRefused(StatusWord(0x6F00))
            except CardRefused:
                assert is_cut_short
            assert card.power_ups > power_ups
            with open_card(reader.name) as connection:
                connection.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
                connection.transmit(b"\x00\xa4\x02\x0c\x02" + Ef.AUTHENTICATION_KEY.to_bytes(2, "big"))
                sign = Command(cla=0x80, ins=0x2A, p1=0, p2=0x80, data=encode_digest_info(b""), expected_length=256)
                assert connection.transmit(sign.encode()) == SECURITY_STATUS_NOT_SATISFIED.to_bytes(2, "big")


class TestTurns:
    def test_of_many_clients_do_not_mix(self, stack: CardStack, card_path: Path) -> None:
        reader, card = stack.readers[0], Recorder(card_path)
        statements = [STATEMENT + bytes([number]) for number in range(8)]
        start = threading.Barrier(len(statements))

        def sign(statement: bytes) -> bytes:
            start.wait()
            with open_card(reader.name, patience_seconds=60) as connection:
                return JpkiCard(connection).sign_statement(statement, pin=PIN).signature

        with lying_in(reader, card.power_up), ThreadPoolExecutor(len(statements)) as pool:
            card.frames.clear()
            signatures = list(pool.map(sign, statements))
            frames = list(card.frames)
            with open_card(reader.name) as connection:
                der = JpkiCard(connection).read_certificate()
        for statement, signature in zip(statements, signatures, strict=True):
            check_statement_signature(HolderCertificate(x509.load_der_x509_certificate(der)), statement, signature)
        size = len(frames) // len(statements)
        exchanges = [frames[begin : begin + size] for begin in range(0, len(frames), size)]
        assert len(exchanges) == len(statements)
        without_digests = {tuple(frame[:5] for frame in exchange) for exchange in exchanges}
        assert len(without_digests) == 1  # each exchange is the same series of commands, with none between
        assert describe_card(card_path).pin_tries_left == 3

    def test_are_taken_with_opensc_too(self, stack: CardStack, card_path: Path, tmp_path: Path) -> None:
        reader = stack.readers[0]
        (tmp_path / "statement").write_bytes(STATEMENT)
        command = [
            "pkcs11-tool", "--module", "opensc-pkcs11.so", "--login", "--pin", "1234", "--sign",
            "--mechanism", "SHA256-RSA-PKCS", "--id", "01", "--input-file", str(tmp_path / "statement"),
            "--output-file", str(tmp_path / "signature"),
        ]  # fmt: skip
        with lying_in(reader, at(card_path)):
            theirs = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            signatures = set()
            while not signatures or theirs.poll() is None:
                with open_card(reader.name, patience_seconds=30) as connection:
                    signatures.add(JpkiCard(connection).sign_statement(STATEMENT, pin=PIN).signature)
        assert theirs.returncode == 0
        # PKCS #1 v1.5 signs the same in the same way, whoever asks.
        assert signatures == {(tmp_path / "signature").read_bytes()}

    def test_are_waited_for(self, stack: CardStack, card_path: Path) -> None:
        reader = stack.readers[0]
        with lying_in(reader, at(card_path)), ThreadPoolExecutor() as pool:
            with open_card(reader.name):
                waiting = pool.submit(_count_tries, reader.name)
                time.sleep(0.5)
                assert not waiting.done()
            assert waiting.result(timeout=20) == 3

    def test_are_not_waited_for_without_end(self, stack: CardStack, card_path: Path) -> None:
        reader = stack.readers[0]
        with lying_in(reader, at(card_path)), open_card(reader.name):  # noqa: SIM117
            with pytest.raises(ReaderInUse), open_card(reader.name, patience_seconds=0.2):
                pytest.fail("it is another's turn")


def _count_tries(reader: str) -> int:
    with open_card(reader, patience_seconds=20) as connection:
        return JpkiCard(connection).get_pin_tries_left()
