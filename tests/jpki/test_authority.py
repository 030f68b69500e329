"""The test authority: what it issues, renews and revokes, and who agrees that it did."""

import multiprocessing
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from card_keys import POOL
from card_world import AT, BIRTH_DATE, JST, SECOND, found_authority, found_stranger
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from jpki.certificate import CertificateId, parse_certificate
from jpki.client import JpkiCard
from jpki.path import check_certificate, read_anchors
from jpki.pin import Pin
from jpki.registry import CertificateRevoked, FirstIssue, RegistryUnavailable, Renewed, UnknownLineage
from jpki.virtual.authority import Authority
from jpki.virtual.card import VirtualCard
from jpki.virtual.contents import FileMemory, Purpose
from jpki.virtual.errors import (
    AuthorityExists,
    CardExists,
    CardNotIssuedHere,
    CertificateAlreadyRevoked,
    NoAuthority,
    UnusableLabel,
    UnusableSecret,
)
from jpki.virtual.files import write_durably
from jpki.virtual.issuing import compute_validity
from jpki.virtual.register import AuthorityRegistry

LATER = AT + timedelta(days=100)
NO_HEX = b'{"at":"2020-09-01T00:00:00Z","issued":[{"certificate":{"issuer":"zz","serial":1}}]}\n'
SUPERSEDED = x509.ReasonFlags.superseded
LOST = x509.ReasonFlags.cessation_of_operation


def read_certificate(path: Path, purpose: Purpose = Purpose.AUTHENTICATION) -> x509.Certificate:
    return parse_certificate(FileMemory(path).read().get_credential(purpose).certificate)


def get_id(path: Path) -> CertificateId:
    return CertificateId.of(read_certificate(path))


def issue(authority: Authority, label: str = "花子") -> Path:
    return authority.issue(label, birth_date=BIRTH_DATE, at=AT)


class TestComputeValidity:
    @pytest.mark.parametrize(
        ("issued_at", "birth_date", "last_day"),
        [
            pytest.param(datetime(2020, 9, 1, 10, tzinfo=JST), date(1985, 4, 3), "2025-04-03", id="birthday-was"),
            pytest.param(datetime(2020, 3, 1, 10, tzinfo=JST), date(1985, 4, 3), "2024-04-03", id="birthday-to-come"),
            pytest.param(datetime(2020, 4, 2, 23, 59, tzinfo=JST), date(1985, 4, 3), "2024-04-03", id="eve"),
            pytest.param(datetime(2020, 4, 3, 0, 0, tzinfo=JST), date(1985, 4, 3), "2025-04-03", id="birthday"),
            pytest.param(datetime(2020, 9, 1, 10, tzinfo=JST), date(2000, 2, 29), "2025-02-28", id="leap-day"),
            pytest.param(datetime(2019, 9, 1, 10, tzinfo=JST), date(2000, 2, 29), "2024-02-28", id="leap-year"),
        ],
    )  # fmt: skip
    def test_reaches_to_the_end_of_the_fifth_birthday(
        self, issued_at: datetime, birth_date: date, last_day: str
    ) -> None:
        validity = compute_validity(issued_at=issued_at, birth_date=birth_date)
        assert validity.not_after.isoformat() == f"{last_day}T23:59:59+09:00"
        assert validity.not_before == issued_at


class TestIssue:
    def test_gives_a_certificate_of_the_profile(self, own_authority: Authority) -> None:
        path = issue(own_authority)
        der = read_certificate(path).public_bytes(Encoding.DER)
        certificate = check_certificate(der, anchors=own_authority.anchors(), at=AT)
        assert certificate.not_valid_before_utc == AT
        assert certificate.not_valid_after_utc == datetime(2025, 4, 3, 23, 59, 59, tzinfo=JST)
        assert 1 << 26 <= certificate.serial_number < 1 << 28
        assert 1200 < len(der) < 1800

    def test_names_the_holder_in_the_signing_certificate_only(self, own_authority: Authority) -> None:
        path = issue(own_authority)
        name = "花子".encode()
        assert name in read_certificate(path, Purpose.SIGNING).public_bytes(Encoding.DER)
        assert name not in read_certificate(path).public_bytes(Encoding.DER)

    def test_is_a_first_issue_to_the_registry(self, own_authority: Authority) -> None:
        path = issue(own_authority)
        assert own_authority.registry.get_lineage(get_id(path), at=AT) == FirstIssue()

    def test_gives_no_serial_twice(self, own_authority: Authority) -> None:
        paths = [issue(own_authority, label) for label in ("花子", "太郎", "次郎")]
        serials = [read_certificate(path, purpose).serial_number for path in paths for purpose in Purpose]
        assert len(set(serials)) == 6
        assert serials == sorted(serials)

    def test_refuses_a_second_card_of_the_same_label(self, own_authority: Authority) -> None:
        issue(own_authority)
        with pytest.raises(CardExists):
            issue(own_authority)

    @pytest.mark.parametrize("label", ["../花子", "a/b", "", "a\n"])
    def test_refuses_a_label_that_leads_elsewhere(self, own_authority: Authority, label: str) -> None:
        with pytest.raises(UnusableLabel):
            issue(own_authority, label)

    @pytest.mark.parametrize(
        "secrets",
        [{"pin": "123"}, {"pin": "12345"}, {"pin": "１２３４"}, {"password": "ABC12"}, {"password": "abc123"}],
        ids=["short-pin", "long-pin", "full-width-pin", "short-password", "small-letters"],
    )
    def test_refuses_a_secret_that_the_card_cannot_take(
        self, own_authority: Authority, secrets: dict[str, str]
    ) -> None:
        with pytest.raises(UnusableSecret):
            own_authority.issue("花子", birth_date=BIRTH_DATE, at=AT, **secrets)


class TestRenew:
    def test_gives_a_new_key_and_serial_and_leaves_the_pin_counter(self, own_authority: Authority) -> None:
        path = issue(own_authority)
        old = read_certificate(path)
        memory = FileMemory(path)
        memory.change(lambda card: card.with_secret(Purpose.AUTHENTICATION, tries_left=1))
        own_authority.renew(path, at=LATER)
        new = read_certificate(path)
        assert new.serial_number > old.serial_number
        assert new.public_key() != old.public_key()
        assert new.not_valid_before_utc == LATER
        assert memory.read().pin.tries_left == 1

    def test_revokes_the_old_certificate_as_superseded_from_that_instant(self, own_authority: Authority) -> None:
        path = issue(own_authority)
        der = read_certificate(path).public_bytes(Encoding.DER)
        old = check_certificate(der, anchors=own_authority.anchors(), at=AT)
        own_authority.renew(path, at=LATER)
        own_authority.registry.check_not_revoked(old, at=LATER - SECOND)
        with pytest.raises(CertificateRevoked) as refused:
            own_authority.registry.check_not_revoked(old, at=LATER)
        assert (refused.value.revoked_at, refused.value.reason) == (LATER, SUPERSEDED)

    def test_leaves_a_lineage_back_to_the_first(self, own_authority: Authority) -> None:
        path = issue(own_authority)
        first = get_id(path)
        own_authority.renew(path, at=LATER)
        second = get_id(path)
        own_authority.renew(path, at=LATER + SECOND)
        assert own_authority.registry.get_lineage(get_id(path), at=LATER) == Renewed((second, first))

    def test_signs_with_the_new_key_on_a_card_under_power(self, own_authority: Authority) -> None:
        path = issue(own_authority)
        card = JpkiCard(VirtualCard.open(path))
        old = card.sign_statement(b"statement", pin=Pin("1234"))
        own_authority.renew(path, at=LATER)
        new = card.sign_statement(b"statement", pin=Pin("1234"))
        assert new.certificate != old.certificate
        assert new.signature != old.signature

    def test_refuses_a_card_of_another_authority(self, own_authority: Authority, tmp_path: Path) -> None:
        stranger = issue(found_stranger(tmp_path / "elsewhere"))
        for attempt in (
            lambda: own_authority.renew(stranger, at=LATER),
            lambda: own_authority.revoke(stranger, at=LATER, reason=LOST),
        ):
            with pytest.raises(CardNotIssuedHere):
                attempt()

    def test_refuses_a_revoked_card(self, own_authority: Authority) -> None:
        path = issue(own_authority)
        own_authority.revoke(path, at=LATER, reason=LOST)
        with pytest.raises(CertificateAlreadyRevoked):
            own_authority.renew(path, at=LATER)

    @pytest.mark.parametrize("is_registered", [False, True], ids=["before-register", "after-register"])
    def test_is_completed_once_after_a_kill(
        self, own_authority: Authority, monkeypatch: pytest.MonkeyPatch, is_registered: bool
    ) -> None:
        path = issue(own_authority)
        first = get_id(path)
        append = AuthorityRegistry.append

        def die(registry: AuthorityRegistry, entry) -> None:  # type: ignore[no-untyped-def]
            if is_registered:
                append(registry, entry)
            raise KeyboardInterrupt

        with monkeypatch.context() as killed:
            killed.setattr(AuthorityRegistry, "append", die)
            with pytest.raises(KeyboardInterrupt):
                own_authority.renew(path, at=LATER)
        own_authority.renew(path, at=LATER + SECOND)
        lineage = own_authority.registry.get_lineage(get_id(path), at=LATER + SECOND)
        assert lineage == Renewed((first,))
        assert FileMemory(path).read().renewal is None


class TestRevoke:
    def test_revokes_both_certificates_with_the_reason(self, own_authority: Authority) -> None:
        path = issue(own_authority)
        own_authority.revoke(path, at=LATER, reason=LOST)
        for purpose in Purpose:
            certificate_id = CertificateId.of(read_certificate(path, purpose))
            assert own_authority.registry.refresh().revocations[certificate_id].reason is LOST

    def test_is_done_once(self, own_authority: Authority) -> None:
        path = issue(own_authority)
        own_authority.revoke(path, at=LATER, reason=LOST)
        with pytest.raises(CertificateAlreadyRevoked):
            own_authority.revoke(path, at=LATER, reason=LOST)


def issue_five(folder: Path, name: str) -> None:
    authority = Authority.open(folder, draw_key=POOL.draw)
    for number in range(5):
        authority.make_card(f"{name}{number}", birth_date=BIRTH_DATE, at=AT)


class TestAuthority:
    def test_is_founded_once(self, tmp_path: Path, own_authority: Authority) -> None:
        with pytest.raises(AuthorityExists):
            found_authority(tmp_path / "authority")

    def test_goes_on_when_opened_again(self, tmp_path: Path, own_authority: Authority) -> None:
        path = issue(own_authority)
        reopened = Authority.open(tmp_path / "authority", draw_key=POOL.draw)
        reopened.renew(path, at=LATER)
        assert isinstance(own_authority.registry.get_lineage(get_id(path), at=LATER), Renewed)
        assert reopened.anchors().certificates == own_authority.anchors().certificates
        assert read_anchors(tmp_path / "authority" / "anchors").certificates == own_authority.anchors().certificates

    @pytest.mark.parametrize("remains", ["nothing", "ca.pem"])
    def test_is_not_opened_where_it_is_not_whole(self, tmp_path: Path, own_authority: Authority, remains: str) -> None:
        for file in (tmp_path / "authority").rglob("*.pem"):
            if file.name != remains:
                file.unlink()
        with pytest.raises(NoAuthority):
            Authority.open(tmp_path / "authority")

    def test_may_be_used_by_several_processes_at_once(self, tmp_path: Path, own_authority: Authority) -> None:
        fork = multiprocessing.get_context("fork")
        workers = [fork.Process(target=issue_five, args=(tmp_path / "authority", name)) for name in "ABC"]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        known = own_authority.registry.refresh().predecessors
        assert [worker.exitcode for worker in workers] == [0, 0, 0]
        assert len({certificate_id.serial for certificate_id in known}) == 30


class TestAuthorityRegistry:
    def test_sees_what_another_process_wrote(self, tmp_path: Path, own_authority: Authority) -> None:
        server = AuthorityRegistry(tmp_path / "authority")
        path = issue(own_authority)
        assert server.get_lineage(get_id(path), at=AT) == FirstIssue()
        old = get_id(path)
        own_authority.renew(path, at=LATER)
        assert server.get_lineage(get_id(path), at=LATER) == Renewed((old,))

    def test_leaves_out_half_a_line_and_takes_the_next_whole_one(
        self, tmp_path: Path, own_authority: Authority
    ) -> None:
        register = tmp_path / "authority" / "register.jsonl"
        server = AuthorityRegistry(tmp_path / "authority")
        first = issue(own_authority)
        with register.open("ab") as torn:
            torn.write(b'{"at":"2020-09')
        assert server.get_lineage(get_id(first), at=AT) == FirstIssue()
        second = issue(own_authority, "太郎")
        assert server.get_lineage(get_id(second), at=AT) == FirstIssue()

    def test_starts_again_when_the_authority_is_founded_again(self, tmp_path: Path, own_authority: Authority) -> None:
        server = AuthorityRegistry(tmp_path / "authority")
        old = get_id(issue(own_authority))
        assert server.get_lineage(old, at=AT) == FirstIssue()
        (tmp_path / "authority").rename(tmp_path / "old")
        with pytest.raises(RegistryUnavailable):
            server.get_lineage(old, at=AT)
        found_authority(tmp_path / "authority")
        assert server.get_lineage(old, at=AT) == UnknownLineage()

    @pytest.mark.parametrize("line", [b"{}\n", b"\xff\n", b"[]\n", NO_HEX], ids=range(4))
    def test_fails_closed_on_a_line_that_it_cannot_read(
        self, tmp_path: Path, own_authority: Authority, line: bytes
    ) -> None:
        issued = get_id(issue(own_authority))
        with (tmp_path / "authority" / "register.jsonl").open("ab") as register:
            register.write(line)
        for _ in range(2):
            with pytest.raises(RegistryUnavailable):
                AuthorityRegistry(tmp_path / "authority").get_lineage(issued, at=AT)


def write_pem(path: Path, *items: x509.Certificate | x509.CertificateRevocationList) -> None:
    write_durably(path, b"".join(item.public_bytes(Encoding.PEM) for item in items))


def openssl(*arguments: str | Path) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    return f"{done.stdout}{done.stderr} exit {done.returncode}"


@pytest.fixture
def judged(own_authority: Authority, tmp_path: Path) -> Path:
    """The same card's files for the openssl command."""
    path = issue(own_authority)
    certificate = read_certificate(path)
    write_pem(tmp_path / "card.pem", certificate)
    key = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write_durably(tmp_path / "key.pem", key)
    generations = own_authority.anchors().certificates
    write_pem(tmp_path / "ca.pem", *generations)
    write_pem(tmp_path / "issuer.pem", generations[0])
    return path


class TestOpensslAgrees:
    """A judge that nobody here wrote."""

    AT = ("-attime", str(int(AT.timestamp())))

    def test_on_the_certificate(self, judged: Path, tmp_path: Path) -> None:
        text = openssl("x509", "-in", tmp_path / "card.pem", "-noout", "-text")
        assert "X509v3 Certificate Policies: critical" in text
        assert "1.2.392.200149.8.5.1.3.30" in text
        assert "TLS Web Client Authentication" in text
        assert "Not After : Apr  3 14:59:59 2025 GMT" in text

    def test_on_the_path(self, judged: Path, tmp_path: Path) -> None:
        question = ("verify", "-x509_strict", "-purpose", "sslclient", *self.AT, "-CAfile", tmp_path / "ca.pem")
        assert openssl(*question, tmp_path / "card.pem").endswith("card.pem: OK\n exit 0")

    def test_on_a_signature_of_the_card(self, judged: Path, tmp_path: Path) -> None:
        statement = b"mynapoint act v1\n{}"
        signed = JpkiCard(VirtualCard.open(judged)).sign_statement(statement, pin=Pin("1234"))
        (tmp_path / "statement").write_bytes(statement)
        (tmp_path / "signature").write_bytes(signed.signature)
        check = ("dgst", "-sha256", "-verify", tmp_path / "key.pem", "-signature", tmp_path / "signature")
        assert "Verified OK" in openssl(*check, tmp_path / "statement")

    def test_on_the_revocation_list(self, own_authority: Authority, judged: Path, tmp_path: Path) -> None:
        for at, verdict in ((AT, "exit 0"), (LATER, "certificate revoked")):
            if at == LATER:
                own_authority.revoke(judged, at=LATER, reason=LOST)
            lists = own_authority.make_revocation_lists(Purpose.AUTHENTICATION, at=at)
            write_pem(tmp_path / "crl.pem", *lists)
            time = ("-attime", str(int(at.timestamp())))
            trust = ("-CAfile", tmp_path / "ca.pem", "-CRLfile", tmp_path / "crl.pem")
            answer = openssl("verify", "-crl_check", *time, *trust, tmp_path / "card.pem")
            assert verdict in answer

    @pytest.mark.parametrize(
        ("is_revoked", "verdict"), [(False, "card.pem: good"), (True, "card.pem: revoked")], ids=["good", "revoked"]
    )
    def test_on_the_ocsp_answer(
        self, own_authority: Authority, judged: Path, tmp_path: Path, is_revoked: bool, verdict: str
    ) -> None:
        if is_revoked:
            own_authority.renew(judged, at=AT)
        question = ("ocsp", "-no_nonce", "-issuer", tmp_path / "issuer.pem", "-cert", tmp_path / "card.pem")
        openssl(*question, "-reqout", tmp_path / "question")
        answer = own_authority.answer_ocsp((tmp_path / "question").read_bytes(), at=AT)
        (tmp_path / "answer").write_bytes(answer)
        period = ("-validity_period", str(10**9))  # the answer is of the demonstration's year
        trust = ("-CAfile", tmp_path / "ca.pem")
        heard = openssl(*question, "-respin", tmp_path / "answer", *trust, *self.AT, *period)
        assert "Response verify OK" in heard
        assert verdict in heard


class TestAnswerOcsp:
    def ask(
        self, authority: Authority, path: Path, algorithm: HashAlgorithm, issuer: x509.Certificate
    ) -> ocsp.OCSPResponse:
        builder = ocsp.OCSPRequestBuilder().add_certificate(read_certificate(path), issuer, algorithm)
        request = builder.add_extension(x509.OCSPNonce(b"once"), critical=False).build()
        return ocsp.load_der_ocsp_response(authority.answer_ocsp(request.public_bytes(Encoding.DER), at=AT))

    @pytest.mark.parametrize("algorithm", [SHA1(), SHA256()], ids=["sha1", "sha256"])
    def test_gives_the_nonce_back(self, own_authority: Authority, algorithm: HashAlgorithm) -> None:
        issuer = own_authority.anchors().certificates[0]
        answer = self.ask(own_authority, issue(own_authority), algorithm, issuer)
        assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"once"
        assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD

    def test_does_not_speak_for_another_authority(self, own_authority: Authority, tmp_path: Path) -> None:
        other = found_stranger(tmp_path / "other")
        answer = self.ask(own_authority, issue(other), SHA256(), other.anchors().certificates[0])
        assert answer.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED

    def test_does_not_know_what_was_never_issued(self, own_authority: Authority) -> None:
        issuer = own_authority.anchors().certificates[0]
        request = ocsp.OCSPRequestBuilder().add_certificate(issuer, issuer, SHA256()).build()
        der = own_authority.answer_ocsp(request.public_bytes(Encoding.DER), at=AT)
        assert ocsp.load_der_ocsp_response(der).certificate_status is ocsp.OCSPCertStatus.UNKNOWN

    def test_refuses_what_is_no_request(self, own_authority: Authority) -> None:
        answer = ocsp.load_der_ocsp_response(own_authority.answer_ocsp(b"what?", at=AT))
        assert answer.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
