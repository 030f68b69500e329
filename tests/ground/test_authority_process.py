"""The test authority as a process of its own: what it answers, what it keeps, and whom it is for."""

import base64
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cast import POOL
from jpki.certificate import CertificateId, HolderCertificate, parse_certificate
from jpki.client import JpkiCard
from jpki.path import check_certificate
from jpki.pin import Pin
from jpki.registry import CertificateRevoked, FirstIssue, Renewed
from jpki.registry_http import AnswerLimits, HttpRegistry
from jpki.statement import check_statement_signature
from jpki.virtual.authority import Authority
from jpki.virtual.card import VirtualCard
from jpki.virtual.contents import FileMemory
from mynapoint.kernel.period import JST
from paymentservice.clock import set_demo_clock

AT = datetime(2020, 9, 10, 10, tzinfo=JST)
FOUNDED_AT = datetime(2018, 1, 1, tzinfo=JST)
HANAKO = {"label": "花子", "birth_date": "1985-04-12"}
LIMITS = AnswerLimits(wait=timedelta(seconds=20))  # on a busy machine a new process answers late


class AuthorityProcess:
    """`mynapoint authority serve` on a folder."""

    def __init__(self, folder: Path, *, state_dir: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        clock = state_dir / "clock.json"
        set_demo_clock(clock, AT, running=False)
        environ = {name: value for name, value in os.environ.items() if not name.startswith("MYNAPOINT_")}
        environ |= {
            "MYNAPOINT_STATE_DIR": str(state_dir),
            "MYNAPOINT_DEMO": "1",
            "MYNAPOINT_DEMO_CLOCK": str(clock),
        }
        command = [sys.executable, "-m", "mynapoint.console.main", "authority", "serve"]
        command += ["--folder", str(folder), "--port", str(port)]
        self._process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait()

    def post(self, path: str, content: Any = None) -> httpx2.Response:
        return httpx2.post(self.url + path, json={} if content is None else content, timeout=20, trust_env=False)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and self._process.poll() is None:
            try:
                httpx2.get(self.url + "/anchors.pem", timeout=5, trust_env=False).raise_for_status()
            except httpx2.HTTPError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the authority did not start")


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuthorityProcess]:
    folder = tmp_path_factory.mktemp("served")
    Authority.create(folder / "authority", at=FOUNDED_AT, draw_key=POOL.draw)
    served = AuthorityProcess(folder / "authority", state_dir=folder)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def registry(process: AuthorityProcess) -> Iterator[HttpRegistry]:
    asked = HttpRegistry(process.url, anchors=Authority.open(process.folder).anchors(), limits=LIMITS)
    yield asked
    asked.close()


def decode(answer: httpx2.Response) -> HolderCertificate:
    return HolderCertificate(parse_certificate(base64.b64decode(answer.json()["certificate"])))


@pytest.mark.slow
class TestAuthorityServe:
    def test_lives_a_card_s_whole_life_over_http(self, process: AuthorityProcess, registry: HttpRegistry) -> None:
        issued = process.post("/cards", HANAKO)
        assert issued.status_code == 201
        first = decode(issued)
        registry.check_not_revoked(first, at=AT)
        assert registry.get_lineage(CertificateId.of(first), at=AT) == FirstIssue()

        second = decode(process.post("/cards/花子/renewal"))
        assert registry.get_lineage(CertificateId.of(second), at=AT) == Renewed((CertificateId.of(first),))
        with pytest.raises(CertificateRevoked):
            registry.check_not_revoked(first, at=AT)

        registry.check_not_revoked(second, at=AT)
        assert process.post("/cards/花子/revocation", {"reason": "keyCompromise"}).status_code == 200
        with pytest.raises(CertificateRevoked):
            registry.check_not_revoked(second, at=AT)
        assert process.post("/cards/花子/renewal").json() == {"code": "CertificateAlreadyRevoked"}

    def test_issues_cards_of_the_next_generation_whose_signature_counts(
        self, process: AuthorityProcess, registry: HttpRegistry
    ) -> None:
        assert process.post("/cards", HANAKO | {"label": "次郎", "key": "ecdsa-p384"}).status_code == 201
        authority = Authority.open(process.folder)
        connection = VirtualCard.open(authority.get_card_path("次郎"))
        signed = JpkiCard(connection).sign_statement(b"statement", pin=Pin("1234"))
        certificate = check_certificate(signed.certificate, anchors=authority.anchors(), at=AT)
        registry.check_not_revoked(certificate, at=AT)
        check_statement_signature(certificate, b"statement", signed.signature)

    def test_keeps_its_state_in_the_folder(self, process: AuthorityProcess, tmp_path: Path) -> None:
        process.post("/cards", HANAKO | {"label": "三郎"})
        another = AuthorityProcess(process.folder, state_dir=tmp_path)
        try:
            assert another.post("/cards/三郎/revocation", {"reason": "superseded"}).status_code == 200
        finally:
            another.stop()
        assert process.post("/cards/三郎/revocation", {"reason": "superseded"}).status_code == 409

    def test_answers_openssl(self, process: AuthorityProcess, tmp_path: Path) -> None:
        """OpenSSL asks over HTTP with SHA-1 names and a nonce of its own, and trusts what comes back."""
        process.post("/cards", HANAKO | {"label": "四郎"})
        authority = Authority.open(process.folder)
        card = FileMemory(authority.get_card_path("四郎")).read().credentials.authentication
        (tmp_path / "card.der").write_bytes(card.certificate)
        (tmp_path / "ca.der").write_bytes(card.ca_certificate)
        for name in ("card", "ca"):
            pem = x509.load_der_x509_certificate((tmp_path / f"{name}.der").read_bytes()).public_bytes(Encoding.PEM)
            (tmp_path / f"{name}.pem").write_bytes(pem)
        command = f"openssl ocsp -url {process.url}/ocsp -issuer ca.pem -cert card.pem -CAfile ca.pem -partial_chain"
        # The set clock is years away from the one that OpenSSL holds an answer's times against.
        command += f" -attime {int(AT.timestamp())} -validity_period 1000000000"
        answer = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "Response verify OK" in answer.stderr
        assert "card.pem: good" in answer.stdout

    def test_publishes_lists_and_anchors(self, process: AuthorityProcess) -> None:
        for ca in Authority.open(process.folder).anchors().certificates:
            key_id = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()
            answer = httpx2.get(f"{process.url}/crl/{key_id}.crl", timeout=20, trust_env=False)
            assert x509.load_der_x509_crl(answer.content).is_signature_valid(ca.public_key())  # type: ignore[arg-type]
        listed = httpx2.get(f"{process.url}/lineage.csv", timeout=20, trust_env=False)
        assert listed.text.startswith("mynapoint lineage v1,2020-09-10T")

    @pytest.mark.parametrize(
        ("path", "content", "status"),
        [
            ("/cards", {}, 422),
            ("/cards", HANAKO | {"name": "surplus"}, 422),
            ("/cards", HANAKO | {"label": "../x"}, 422),
            ("/cards", HANAKO | {"label": "x", "pin": "12345"}, 422),
            ("/cards", HANAKO | {"label": "x" * 70_000}, 413),
            ("/cards/nobody/renewal", {}, 404),
            ("/cards/nobody/revocation", {"reason": "superseded"}, 404),
            ("/cards/nobody/revocation", {"reason": "whim"}, 422),
            ("/lineage", {"certificate": {"issuer": "00", "serial": 1}, "nonce": "A" * 43 + "="}, 404),
            ("/lineage", {"certificate": {"issuer": "00", "serial": 1}, "nonce": "AAAA"}, 422),
            ("/ocsp", {}, 415),
            ("/elsewhere", {}, 404),
        ],
    )
    def test_refuses_by_a_code(self, process: AuthorityProcess, path: str, content: Any, status: int) -> None:
        answer = process.post(path, content)
        assert answer.status_code == status
        assert set(answer.json()) == {"code"}

    def test_takes_no_form_from_a_foreign_page(self, process: AuthorityProcess) -> None:
        answer = httpx2.post(process.url + "/cards", data={"label": "x"}, timeout=20, trust_env=False)
        assert answer.status_code == 415

    def test_is_for_demonstrations_only(self, tmp_path: Path) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("MYNAPOINT_")}
        answer = subprocess.run(
            [sys.executable, "-m", "mynapoint.console.main", "authority", "serve"],
            env=environ | {"MYNAPOINT_STATE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 1
        assert "MYNAPOINT_DEMO=1" in answer.stderr
