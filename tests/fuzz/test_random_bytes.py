"""Random bytes, and real input with bytes changed, at every parser: typed errors only (20,000 examples in all)."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

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
from mynapoint.act.rules import Proposal, SubmissionMalformed, compose_statement
from mynapoint.directory.queries import REGISTER as SERVICES
from mynapoint.directory.rules import Service
from mynapoint.journal.notes import CheckpointText, NoteRefused, open_checkpoint, sign_checkpoint
from mynapoint.kernel.documents import DocumentMalformed
from mynapoint.programme.queries import REGISTER as PROGRAMMES
from mynapoint.programme.rules import Programme
from mynapoint.site.journey.card import read_submission
from paymentservice.bodies import BodyRefused, read_body, write_body
from paymentservice.closing_book import ClosingBook
from paymentservice.encoding import to_base64url
from paymentservice.keys import public_key_text
from paymentservice.messages import Request, SigningKey, UnableToVerify, sign_request, verify_request
from paymentservice.openings import read_openings, write_openings
from paymentservice.problems import NotAProblem, Problem, problem_body, read_problem
from paymentservice.wire import SealedTotals
from sealedclaim.receipt import parse_receipt
from sealedclaim.roll import roll_digest
from sealedclaim.strict_json import Unreadable

EXAMPLES = 1_430
PARSERS = 14  # × EXAMPLES > 20,000
ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2020, 9, 10, 1, tzinfo=UTC)
ORIGIN = "127.0.0.1:8000/journal"
KEY = SigningKey(keyid="hanamaru-1", private_key=Ed25519PrivateKey.from_private_bytes(b"S" * 32))
REQUEST = Request(method="POST", url="http://127.0.0.1:9/links", headers={}, body=b"{}")
KEYS = {KEY.keyid: KEY.private_key.public_key()}

ROLL = [bytes([number]) * 16 for number in range(1, 8)]
BOOK = ClosingBook.of_rows(
    [(token, 5000) for token in ROLL],
    programme="mynapoint-2020",
    service="sakura",
    period="2020-09",
    digest=roll_digest(ROLL, count=len(ROLL)),
    closing_key=bytes(32),
)
SELECT = Command(cla=0, ins=0xA4, p1=4, p2=0x0C, data=bytes.fromhex("D392F000260100000001")).encode()
ANSWER = Response(data=bytes(20)).encode()
TOTALS = write_body(BOOK.totals)
PROBLEM = problem_body(Problem(code="period_not_ended", title="a", status=409, detail="b", data={"ends_at": "c"}))
STATEMENT = compose_statement(
    Proposal(
        kind="application",
        programme_id="mynapoint-2020",
        programme_title="見本",
        content={
            "service": {"id": "hanamaru", "name": "はなまるペイ"},
            "account": {"hint": "●●●●-9012", "hash": "0f" * 32},
            "grant": {"rate_percent": 25, "cap": 5000},
            "irrevocable": True,
        },
    ),
    act_id=UUID(int=1),
    nonce=bytes(32),
    audience="http://127.0.0.1:8000",
    created_at=NOW,
)
SUBMISSION = json.dumps({"signature": to_base64url(bytes(256)), "certificate": to_base64url(bytes(900))}).encode()
OPENINGS = write_openings(BOOK.open_rows([0, 6]))
RECEIPT = BOOK.receipt_for(ROLL[3])
NOTE = sign_checkpoint(CheckpointText(origin=ORIGIN, size=19, root=bytes(32)), key=KEY.private_key).encode()
PROGRAMME = (ROOT / "programmes/mynapoint-2020.toml").read_bytes()
SERVICE = (ROOT / "services/sakura.toml").read_bytes()

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


def read_totals(body: bytes) -> SealedTotals:
    return read_body(SealedTotals, body)


def read_note(octets: bytes) -> CheckpointText:
    return open_checkpoint(octets.decode(errors="replace"), origin=ORIGIN, key=KEY.private_key.public_key())


def read_programme(path: Path) -> Programme:
    return PROGRAMMES.read(path)


def read_service(path: Path) -> Service:
    """Read a service's text with what comes beside it when it is registered."""
    key = {"id": KEY.keyid, "public_key": public_key_text(KEY.private_key.public_key()), "from": NOW}
    return SERVICES.read(path, address="https://sakura.example/v1", keys=[key])


def real_certificate(authority: Authority) -> bytes:
    card = authority.make_card("fuzz", birth_date=datetime(1985, 4, 12, tzinfo=UTC).date(), at=NOW)
    return card.credentials.authentication.certificate


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("fuzz") / "authority"
    return Authority.create(folder, at=datetime(2018, 1, 1, tzinfo=UTC), draw_key=POOL.draw)


class TestSmartCards:
    @many
    @given(apdu=noise | spoilt(SELECT))
    def test_commands(self, apdu: bytes) -> None:
        survives(Command.decode, apdu, MalformedApdu)

    @many
    @given(answer=noise | spoilt(ANSWER))
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
            type(self).real = real_certificate(authority)
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
    @many
    @given(body=noise | spoilt(TOTALS))
    def test_bodies(self, body: bytes) -> None:
        survives(read_totals, body, BodyRefused)

    @many
    @given(body=noise | spoilt(PROBLEM))
    def test_problems(self, body: bytes) -> None:
        survives(read_problem, body, NotAProblem)

    @many
    @given(statement=noise | spoilt(STATEMENT))
    def test_statements(self, statement: bytes) -> None:
        survives(parse_statement, statement, MalformedStatement)

    @many
    @given(body=noise | spoilt(SUBMISSION))
    def test_signatures_of_acts(self, body: bytes) -> None:
        survives(read_submission, body, SubmissionMalformed)


class TestToml:
    @many
    @given(text=noise | spoilt(PROGRAMME) | spoilt(SERVICE))
    def test_documents(self, text: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
        path = tmp_path_factory.getbasetemp() / "fuzz.toml"
        path.write_bytes(text)
        for read in (read_programme, read_service):
            survives(lambda _, read=read: read(path), text, DocumentMalformed)


class TestOpenings:
    @many
    @given(body=noise | spoilt(OPENINGS))
    def test_openings(self, body: bytes) -> None:
        survives(read_openings, body, BodyRefused)

    @many
    @given(body=noise | spoilt(RECEIPT))
    def test_receipts(self, body: bytes) -> None:
        survives(parse_receipt, body, Unreadable)

    @many
    @given(note=noise | spoilt(NOTE))
    def test_checkpoints(self, note: bytes) -> None:
        survives(read_note, note, NoteRefused)


class TestRealInput:
    """What is spoilt above is taken while it is whole, or a parser would refuse it at its first look."""

    @pytest.mark.parametrize(
        ("parse", "octets"),
        [
            (Command.decode, SELECT),
            (Response.decode, ANSWER),
            (read_totals, TOTALS),
            (read_problem, PROBLEM),
            (parse_statement, STATEMENT),
            (read_submission, SUBMISSION),
            (read_openings, OPENINGS),
            (parse_receipt, RECEIPT),
            (read_note, NOTE),
        ],
    )
    def test_is_taken_by_its_parser(self, parse: Callable[[bytes], object], octets: bytes) -> None:
        assert parse(octets)

    def test_is_taken_as_a_document(self) -> None:
        assert read_programme(ROOT / "programmes/mynapoint-2020.toml").id == "mynapoint-2020"
        assert read_service(ROOT / "services/sakura.toml").id == "sakura"

    def test_is_taken_as_a_certificate(self, authority: Authority) -> None:
        assert check_certificate(real_certificate(authority), anchors=authority.anchors(), at=NOW)

    def test_is_taken_as_a_signed_request(self) -> None:
        assert verify_request(TestSignatures.REAL, keys=KEYS, at=NOW)


def test_adds_up_to_twenty_thousand_examples() -> None:
    classes = (TestSmartCards, TestCertificates, TestSignatures, TestJson, TestToml, TestOpenings)
    tests = [name for tested in classes for name in vars(tested) if name.startswith("test_")]
    assert len(tests) == PARSERS
    assert PARSERS * EXAMPLES >= 20_000
