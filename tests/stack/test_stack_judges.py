"""Programs that nobody here wrote take the virtual card for a real one: OpenSC's tools and OpenSSL."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from reader_cards import at, lying_in

from demo.card_stack import CardStack
from jpki.client import JpkiCard
from jpki.virtual.card import VirtualCard
from jpki.virtual.contents import describe_card

MODULE = "opensc-pkcs11.so"
SIGN = ["--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", "01"]


def ask(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(words, capture_output=True, check=False, timeout=60)


def sign(pin: str, statement: Path, signature: Path) -> subprocess.CompletedProcess[bytes]:
    files = ["--input-file", str(statement), "--output-file", str(signature)]
    return ask("pkcs11-tool", "--module", MODULE, "--login", "--pin", pin, *SIGN, *files)


@pytest.fixture
def lying_card(stack: CardStack, card_path: Path) -> Iterator[Path]:
    with lying_in(stack.readers[0], at(card_path)):
        yield card_path


class TestOpenSc:
    def test_says_jpki(self, lying_card: Path) -> None:
        assert ask("opensc-tool", "-n").stdout.strip() == b"jpki"

    def test_reads_the_whole_card(self, lying_card: Path) -> None:
        dump = ask("pkcs15-tool", "--dump").stdout.decode()
        for words in ("[JPKI]", "[User Authentication Key]", "[Digital Signature Key]", "Tries left     : 3"):
            assert words in dump

    def test_reads_the_certificate_that_we_read(self, lying_card: Path) -> None:
        pem = ask("pkcs15-tool", "--read-certificate", "1").stdout
        ours = JpkiCard(VirtualCard.open(lying_card)).read_certificate()
        assert x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER) == ours

    def test_signs_what_openssl_verifies(self, lying_card: Path, tmp_path: Path) -> None:
        statement, signature, key = (tmp_path / name for name in ("statement", "signature", "key.pem"))
        statement.write_bytes(b"mynapoint act v1\n{}")
        signed = sign("1234", statement, signature)
        assert signed.returncode == 0, signed.stderr
        certificate = x509.load_pem_x509_certificate(ask("pkcs15-tool", "--read-certificate", "1").stdout)
        public = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        key.write_bytes(public)
        verify = ["openssl", "dgst", "-sha256", "-verify", str(key), "-signature", str(signature)]
        assert ask(*verify, str(statement)).stdout.strip() == b"Verified OK"
        statement.write_bytes(b"mynapoint act v1\n{ }")
        assert ask(*verify, str(statement)).returncode == 1

    def test_is_locked_out_by_three_wrong_pins_even_with_the_right_one(self, lying_card: Path, tmp_path: Path) -> None:
        statement, signature = tmp_path / "statement", tmp_path / "signature"
        statement.write_bytes(b"x")
        for pin in ("9999", "9998", "9997"):
            assert b"CKR_PIN_INCORRECT" in sign(pin, statement, signature).stderr
        for pin in ("9996", "1234"):
            assert b"CKR_PIN_LOCKED" in sign(pin, statement, signature).stderr
        assert describe_card(lying_card).pin_tries_left == 0
        assert not signature.exists() or not signature.read_bytes()
        assert "Tries left     : 0" in ask("pkcs15-tool", "--dump").stdout.decode()
