"""Random bytes, and real input with bytes changed, at every parser: typed errors only (20,000 examples in all)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardagent.statement import MalformedStatement, parse_statement
from cast import POOL
from iccard.frames import Command, MalformedApdu, Response
from jpki.certificate import UnacceptableCertificate
from jpki.path import check_certificate
from jpki.virtual.authority import Authority
from jpki.virtual.card import VirtualCard
from mynapoint.directory.queries import REGISTER as SERVICES
from mynapoint.journal.notes import NoteRefused, open_checkpoint
from mynapoint.kernel.documents import DocumentMalformed
from mynapoint.programme.queries import REGISTER as PROGRAMMES
from paymentservice.bodies import BodyRefused, read_body
from paymentservice.messages import Request, SigningKey, UnableToVerify, sign_request, verify_request
from paymentservice.problems import NotAProblem, read_problem
from paymentservice.wire import SealedTotals
from sealedclaim.receipt import parse_receipt
from sealedclaim.strict_json import Unreadable
from sealedclaim.wire import parse_openings

EXAMPLES = 1_540
PARSERS = 13  # × EXAMPLES > 20,000
ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2020, 9, 10, 1, tzinfo=UTC)
KEY = SigningKey(keyid="hanamaru-1", private_key=Ed25519PrivateKey.from_private_bytes(b"S" * 32))
REQUEST = Request(method="POST", url="http://127.0.0.1:9/links", headers={}, body=b"{}")
KEYS = {KEY.keyid: KEY.private_key.public_key()}

many = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
noise = st.binary(max_size=400)


def spoilt(real: bytes) -> st.SearchStrategy[bytes]:
    """Real input with a few bytes changed, a piece cut out, or something put in: it gets deep into a parser."""
    places = st.lists(st.tuples(st.integers(0, len(real) - 1), st.integers(0, 255)), min_size=1, max_size=4)

    def change(edits: list[tuple[int, int]]) -> bytes:
        changed = bytearray(real)
        for place, value in edits:
            changed[place] = value
        return bytes(changed)

    cut = st.tuples(st.integers(0, len(real)), st.integers(0, len(real)))
    return st.one_of(
        places.map(change),
        cut.map(lambda ends: real[: min(ends)] + real[max(ends) :]),
        st.tuples(st.integers(0, len(real)), noise).map(lambda put: real[: put[0]] + put[1] + real[put[0] :]),
    )


def survives(parse: Callable[[bytes], object], octets: bytes, *expected: type[Exception]) -> None:
    """Check that a parser takes the bytes or refuses them with an error of its own."""
    with suppress(*expected):
        assert parse(octets) is not ...


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("fuzz") / "authority"
    return Authority.create(folder, at=datetime(2018, 1, 1, tzinfo=UTC), draw_key=POOL.draw)


class TestSmartCards:
    @many
    @given(apdu=noise | spoilt(bytes.fromhex("00A4040C0AD392F000260100000001")))
    def test_commands(self, apdu: bytes) -> None:
        survives(Command.decode, apdu, MalformedApdu)

    @many
    @given(answer=noise)
    def test_responses(self, answer: bytes) -> None:
        survives(Response.decode, answer, MalformedApdu)

    @many
    @given(data=st.data())
    def test_a_whole_card_answers_anything_with_a_status(self, data: st.DataObject, authority: Authority) -> None:
        if not hasattr(self, "card"):
            type(self).card = authority.make_card("fuzz", birth_date=datetime(1985, 4, 12, tzinfo=UTC).date(), at=NOW)
        connection = VirtualCard.in_memory(self.card)
        for apdu in data.draw(st.lists(noise | spoilt(bytes.fromhex("002000800431323334")), max_size=4)):
            assert len(connection.transmit(apdu)) >= 2


class TestCertificates:
    @many
    @given(data=st.data())
    def test_are_taken_or_refused(self, data: st.DataObject, authority: Authority) -> None:
        if not hasattr(self, "real"):
            card = authority.make_card("fuzz", birth_date=datetime(1985, 4, 12, tzinfo=UTC).date(), at=NOW)
            type(self).real = card.credentials.authentication.certificate
            type(self).anchors = authority.anchors()
        der = data.draw(noise | spoilt(self.real))
        survives(lambda octets: check_certificate(octets, anchors=self.anchors, at=NOW), der, UnacceptableCertificate)


class TestSignatures:
    REAL = sign_request(replace(REQUEST, headers={"Content-Type": "application/json"}), key=KEY, at=NOW)

    @many
    @given(
        name=st.sampled_from(["Signature", "Signature-Input", "Content-Digest"]),
        value=st.text(st.characters(max_codepoint=255), max_size=200)
        | st.binary(max_size=80).map(lambda b: b.decode("latin-1")),
    )
    def test_random_headers(self, name: str, value: str) -> None:
        headers = {**self.REAL.headers, name: value}
        with pytest.raises(UnableToVerify):
            verify_request(replace(self.REAL, headers=headers), keys=KEYS, at=NOW)

    @many
    @given(data=st.data(), name=st.sampled_from(["Signature", "Signature-Input", "Content-Digest"]))
    def test_spoilt_headers(self, data: st.DataObject, name: str) -> None:
        real = dict(self.REAL.headers)
        changed = data.draw(spoilt(real[name].encode())).decode("latin-1")
        request = replace(self.REAL, headers=real | {name: changed})
        survives(lambda _: verify_request(request, keys=KEYS, at=NOW), b"", UnableToVerify)


class TestJson:
    TOTALS = b'{"roll_digest":"' + b"A" * 43 + b'","count":1,"total":5000,"root":"' + b"A" * 43 + b'"}'
    STATEMENT = b'mynapoint act v1\n{"act":"01a206d7-6de9-72cf-8f0c-25d55de5f043","audience":"http://127.0.0.1:8000"}'
    PROBLEM = b'{"type":"urn:x","title":"a","status":400,"detail":"b","code":"c"}'

    @many
    @given(body=noise | spoilt(TOTALS))
    def test_bodies(self, body: bytes) -> None:
        survives(lambda octets: read_body(SealedTotals, octets), body, BodyRefused)

    @many
    @given(body=noise | spoilt(PROBLEM))
    def test_problems(self, body: bytes) -> None:
        survives(read_problem, body, NotAProblem)

    @many
    @given(statement=noise | spoilt(STATEMENT))
    def test_statements(self, statement: bytes) -> None:
        survives(parse_statement, statement, MalformedStatement)


class TestToml:
    PROGRAMME = (ROOT / "programmes/mynapoint-2020.toml").read_bytes()
    SERVICE = (ROOT / "services/sakura.toml").read_bytes()

    @many
    @given(text=noise | spoilt(PROGRAMME) | spoilt(SERVICE))
    def test_documents(self, text: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
        path = tmp_path_factory.getbasetemp() / "fuzz.toml"
        path.write_bytes(text)
        for register in (PROGRAMMES, SERVICES):
            survives(lambda _, register=register: register.read(path), text, DocumentMalformed)


class TestOpenings:
    OPENINGS = (
        b'{"openings":[{"index":0,"points":5000,"salt":"AAAAAAAAAAAAAAAAAAAAAA","token":"AAAAAAAAAAAAAAAAAAAAAA",'
        b'"path":[{"hash":"' + b"A" * 43 + b'","sum":1}]}]}'
    )
    RECEIPT = b'{"format":"mynapoint row receipt v1","programme":"p","service":"s","period":"2020-09","index":0}'
    NOTE = b"127.0.0.1:8000/journal\n19\nhTSx8HYeMeARXhy1GCfzq+LOlkoC2DZfenzmvcYgX5U=\n\n\xe2\x80\x94 x AAAA\n"

    @many
    @given(body=noise | spoilt(OPENINGS))
    def test_openings(self, body: bytes) -> None:
        survives(parse_openings, body, Unreadable)

    @many
    @given(body=noise | spoilt(RECEIPT))
    def test_receipts(self, body: bytes) -> None:
        survives(parse_receipt, body, Unreadable)

    @many
    @given(note=(noise | spoilt(NOTE)).map(lambda octets: octets.decode(errors="replace")))
    def test_checkpoints(self, note: str) -> None:
        key = KEY.private_key.public_key()
        survives(lambda _: open_checkpoint(note, origin="127.0.0.1:8000/journal", key=key), b"", NoteRefused)


def test_adds_up_to_twenty_thousand_examples() -> None:
    classes = (TestSmartCards, TestCertificates, TestSignatures, TestJson, TestToml, TestOpenings)
    tests = [name for tested in classes for name in vars(tested) if name.startswith("test_")]
    assert len(tests) == PARSERS
    assert PARSERS * EXAMPLES >= 20_000
