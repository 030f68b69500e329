"""Signed messages: what is accepted, and each single thing that makes one refused."""

import contextlib
import re
import string
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, InvalidSignature, MappingKeyResolver
from http_message_signatures.algorithms import ED25519
from hypothesis import given, settings
from hypothesis import strategies as st
from service_parties import NOON, PLATFORM, SERVICE, STRANGER, a_request, an_answer, public_keys

from paymentservice.messages import (
    ClockTooFar,
    DigestMismatch,
    Request,
    SignatureInvalid,
    SignatureMissing,
    SigningKey,
    UnableToVerify,
    UnknownKey,
    Verified,
    sign_request,
    sign_response,
    verify_request,
    verify_response,
)

KEYS = public_keys(PLATFORM)
SECOND = timedelta(seconds=1)


def verify(request: Request) -> Verified:
    return verify_request(request, keys=KEYS, at=NOON)


def signed_otherwise(**changes: object) -> Request:
    """A request signed with the right key by a signer that does one thing otherwise than we do."""
    options: dict[str, object] = {
        "key_id": PLATFORM.keyid,
        "created": NOON,
        "nonce": "AAAAAAAAAAAAAAAAAAAAAA",
        "label": "mynapoint",
        "tag": "mynapoint-v1",
        "covered_component_ids": ("@method", "@target-uri", "content-digest", "content-type"),
        "body": a_request().body,
    } | changes
    request = replace(a_request(), headers=dict(a_request().headers))
    keys = MappingKeyResolver(public_keys={}, private_keys={PLATFORM.keyid: PLATFORM.private_key})
    HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=keys).sign(request, **options)
    return request


class OtherVerifier(HTTPMessageVerifier):
    """http-message-signatures alone, for which every time is the right one."""

    def validate_created_and_expires(self, sig_input: object, max_age: timedelta | None = None) -> None:
        """Let every time pass."""


def is_valid_to_others(request: Request) -> bool:
    """Say whether http-message-signatures alone accepts a request, body and all."""
    keys = MappingKeyResolver(public_keys=KEYS, private_keys={})
    required = ("@method", "@target-uri", "content-digest", *(["content-type"] if request.body else []))
    verifier = OtherVerifier(signature_algorithm=ED25519, key_resolver=keys)
    try:
        return bool(verifier.verify(request, expect_tag="mynapoint-v1", require_components=required, body=request.body))
    except InvalidSignature:
        return False


class TestVerifyRequest:
    def test_names_key_nonce_and_time_of_what_was_signed(self) -> None:
        verified = verify(sign_request(a_request(), key=PLATFORM, at=NOON))
        assert (verified.keyid, verified.created_at) == ("platform-1", NOON)
        assert re.fullmatch(r"[A-Za-z0-9_-]{22}", verified.nonce)

    def test_accepts_an_empty_body(self) -> None:
        assert verify(sign_request(a_request(b""), key=PLATFORM, at=NOON))

    def test_accepts_an_independent_signer(self) -> None:
        assert verify(signed_otherwise())

    def test_accepts_another_order_of_components(self) -> None:
        assert verify(
            signed_otherwise(covered_component_ids=("content-type", "content-digest", "@target-uri", "@method"))
        )

    def test_is_passed_by_an_independent_verifier_too(self) -> None:
        assert is_valid_to_others(sign_request(a_request(), key=PLATFORM, at=NOON))
        assert is_valid_to_others(sign_request(a_request(b""), key=PLATFORM, at=NOON))

    @settings(max_examples=400)
    @given(
        st.sampled_from(["Signature-Input", "Signature", "Content-Digest", "Content-Type", "url", "body"]), st.data()
    )
    def test_accepts_nothing_that_an_independent_verifier_refuses(self, part: str, data: st.DataObject) -> None:
        signed = sign_request(a_request(), key=PLATFORM, at=NOON)
        value = {"url": signed.url, "body": signed.body.decode()}.get(part) or signed.headers[part]
        start = data.draw(st.integers(0, len(value) - 1))
        typed = data.draw(st.text(alphabet=string.printable, max_size=3))
        changed = value[:start] + typed + value[start + data.draw(st.integers(0, 3)) :]
        other = {"url": replace(signed, url=changed), "body": replace(signed, body=changed.encode())}.get(part)
        other = other or replace(signed, headers=dict(signed.headers) | {part: changed})
        with contextlib.suppress(UnableToVerify):
            verify(other)
            assert is_valid_to_others(other)

    @pytest.mark.parametrize("spelling", ["keyid=platform-1", "created=01600000000", "created=-1", "nonce=AA"])
    def test_refuses_parameters_that_are_spelt_loosely(self, spelling: str) -> None:
        signed = sign_request(a_request(), key=PLATFORM, at=NOON)
        name = spelling.partition("=")[0]
        inputs = re.sub(rf'{name}=("[^"]*"|\d+)', spelling, signed.headers["Signature-Input"])
        with pytest.raises(UnableToVerify):
            verify(replace(signed, headers=dict(signed.headers) | {"Signature-Input": inputs}))

    def test_reads_headers_in_any_case(self) -> None:
        signed = sign_request(a_request(), key=PLATFORM, at=NOON)
        assert verify(replace(signed, headers={name.upper(): value for name, value in signed.headers.items()}))

    def test_gives_every_message_a_nonce_of_its_own(self) -> None:
        first, second = (verify(sign_request(a_request(), key=PLATFORM, at=NOON)) for _ in range(2))
        assert first.nonce != second.nonce

    @pytest.mark.parametrize("age", [-10, 0, 60])
    def test_accepts_up_to_ten_seconds_ahead_and_sixty_old(self, age: int) -> None:
        assert verify(sign_request(a_request(), key=PLATFORM, at=NOON - age * SECOND))

    @pytest.mark.parametrize("age", [-11, 61])
    def test_tells_by_how_many_seconds_a_clock_is_off(self, age: int) -> None:
        with pytest.raises(ClockTooFar) as refused:
            verify(sign_request(a_request(), key=PLATFORM, at=NOON - age * SECOND))
        assert refused.value.seconds == age

    def test_refuses_a_microsecond_after_the_sixtieth_second(self) -> None:
        signed = sign_request(a_request(), key=PLATFORM, at=NOON)
        with pytest.raises(ClockTooFar) as refused:
            verify_request(signed, keys=KEYS, at=NOON + timedelta(seconds=60, microseconds=1))
        assert refused.value.seconds == 61

    def test_refuses_a_key_that_we_were_not_given(self) -> None:
        with pytest.raises(UnknownKey) as refused:
            verify(sign_request(a_request(), key=STRANGER, at=NOON))
        assert refused.value.keyid == "stranger-1"

    def test_refuses_another_key_under_a_known_name(self) -> None:
        impostor = SigningKey(keyid=PLATFORM.keyid, private_key=Ed25519PrivateKey.generate())
        with pytest.raises(SignatureInvalid):
            verify(sign_request(a_request(), key=impostor, at=NOON))

    @pytest.mark.parametrize("header", ["Signature", "Signature-Input"])
    def test_misses_a_signature_without_either_header(self, header: str) -> None:
        signed = sign_request(a_request(), key=PLATFORM, at=NOON)
        with pytest.raises(SignatureMissing):
            verify(replace(signed, headers={k: v for k, v in signed.headers.items() if k != header}))

    def test_refuses_another_method(self) -> None:
        with pytest.raises(SignatureInvalid):
            verify(replace(sign_request(a_request(), key=PLATFORM, at=NOON), method="PUT"))

    def test_refuses_another_address(self) -> None:
        with pytest.raises(SignatureInvalid):
            verify(replace(sign_request(a_request(), key=PLATFORM, at=NOON), url="http://127.0.0.1:9102/x"))

    def test_refuses_another_content_type(self) -> None:
        signed = sign_request(a_request(), key=PLATFORM, at=NOON)
        with pytest.raises(SignatureInvalid):
            verify(replace(signed, headers=dict(signed.headers) | {"Content-Type": "text/plain"}))

    def test_refuses_another_body(self) -> None:
        with pytest.raises(DigestMismatch):
            verify(replace(sign_request(a_request(), key=PLATFORM, at=NOON), body=b'{"programme":"other"}'))

    def test_refuses_another_body_with_its_digest_replaced(self) -> None:
        signed = sign_request(a_request(), key=PLATFORM, at=NOON)
        other = sign_request(a_request(b"{}"), key=STRANGER, at=NOON)
        digest = {"Content-Digest": other.headers["Content-Digest"]}
        with pytest.raises(SignatureInvalid):
            verify(replace(signed, body=b"{}", headers=dict(signed.headers) | digest))

    @pytest.mark.parametrize("left_out", ["@method", "@target-uri", "content-type"])
    def test_refuses_a_signature_that_leaves_something_out(self, left_out: str) -> None:
        covered = [name for name in ("@method", "@target-uri", "content-digest", "content-type") if name != left_out]
        with pytest.raises(SignatureInvalid):
            verify(signed_otherwise(covered_component_ids=covered))

    def test_refuses_a_body_whose_digest_is_not_signed(self) -> None:
        with pytest.raises(SignatureInvalid):
            verify(signed_otherwise(covered_component_ids=("@method", "@target-uri", "content-type"), body=None))

    @pytest.mark.parametrize(
        "change",
        [
            {"tag": "mynapoint-v2"},
            {"tag": None},
            {"label": "sig1"},
            {"nonce": None},
            {"nonce": "short"},
            {"include_alg": False},
            {"expires": NOON + SECOND},
        ],
        ids=repr,
    )
    def test_refuses_other_parameters_than_ours(self, change: dict[str, object]) -> None:
        with pytest.raises(SignatureInvalid):
            verify(signed_otherwise(**change))

    @settings(max_examples=300)
    @given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=60))
    def test_answers_any_header_text_with_a_typed_error(self, inputs: str, signature: str, digest: str) -> None:
        headers = {"Signature-Input": inputs, "Signature": signature, "Content-Digest": digest}
        with pytest.raises(UnableToVerify):
            verify(Request(method="POST", url=a_request().url, headers=headers, body=b"{}"))

    @settings(max_examples=300)
    @given(st.sampled_from(["Signature-Input", "Signature", "Content-Digest"]), st.data())
    def test_answers_any_change_of_one_header_with_a_typed_error(self, name: str, data: st.DataObject) -> None:
        signed = sign_request(a_request(), key=PLATFORM, at=NOON)
        value = signed.headers[name]
        start = data.draw(st.integers(0, len(value) - 1))
        changed = value[:start] + data.draw(st.text(max_size=4)) + value[start + data.draw(st.integers(1, 4)) :]
        # Structured fields have several spellings of one value, so that not every change breaks the signature.
        with contextlib.suppress(UnableToVerify):
            assert verify(replace(signed, headers=dict(signed.headers) | {name: changed})) == verify(signed)


class TestVerifyResponse:
    REQUEST = sign_request(a_request(), key=PLATFORM, at=NOON)
    KEYS = public_keys(SERVICE)

    def test_names_who_answered(self) -> None:
        answer = sign_response(an_answer(), request=self.REQUEST, key=SERVICE, at=NOON)
        assert verify_response(answer, request=self.REQUEST, keys=self.KEYS, at=NOON).keyid == "hanamaru-1"

    @pytest.mark.parametrize("body", [b'{"state":"linked"}', b""])
    def test_is_passed_by_an_independent_verifier_too(self, body: bytes) -> None:
        answer = sign_response(an_answer(body), request=self.REQUEST, key=SERVICE, at=NOON)
        seen = SimpleNamespace(status_code=answer.status, headers=dict(answer.headers), request=self.REQUEST)
        keys = MappingKeyResolver(public_keys=self.KEYS, private_keys={})
        verifier = OtherVerifier(signature_algorithm=ED25519, key_resolver=keys)
        required = ("@status", "content-digest", '"@method";req', '"@target-uri";req')
        bound = '"signature";req;key="mynapoint"'
        assert verifier.verify(seen, expect_tag="mynapoint-v1", require_components=(*required, bound), body=answer.body)

    def test_accepts_an_answer_without_body(self) -> None:
        answer = sign_response(an_answer(b""), request=self.REQUEST, key=SERVICE, at=NOON)
        assert verify_response(answer, request=self.REQUEST, keys=self.KEYS, at=NOON)

    def test_refuses_the_answer_to_another_request_of_the_same_content(self) -> None:
        answer = sign_response(an_answer(), request=self.REQUEST, key=SERVICE, at=NOON)
        same_again = sign_request(a_request(), key=PLATFORM, at=NOON)
        with pytest.raises(SignatureInvalid):
            verify_response(answer, request=same_again, keys=self.KEYS, at=NOON)

    def test_refuses_another_status(self) -> None:
        answer = sign_response(an_answer(), request=self.REQUEST, key=SERVICE, at=NOON)
        with pytest.raises(SignatureInvalid):
            verify_response(replace(answer, status=200), request=self.REQUEST, keys=self.KEYS, at=NOON)

    def test_refuses_another_body(self) -> None:
        answer = sign_response(an_answer(), request=self.REQUEST, key=SERVICE, at=NOON)
        with pytest.raises(DigestMismatch):
            verify_response(replace(answer, body=b"{}"), request=self.REQUEST, keys=self.KEYS, at=NOON)

    def test_refuses_the_platform_s_own_key(self) -> None:
        answer = sign_response(an_answer(), request=self.REQUEST, key=PLATFORM, at=NOON)
        with pytest.raises(UnknownKey):
            verify_response(answer, request=self.REQUEST, keys=self.KEYS, at=NOON)

    def test_refuses_an_answer_too_old(self) -> None:
        answer = sign_response(an_answer(), request=self.REQUEST, key=SERVICE, at=NOON)
        with pytest.raises(ClockTooFar):
            verify_response(answer, request=self.REQUEST, keys=self.KEYS, at=NOON + 61 * SECOND)

    @pytest.mark.parametrize("signature", [None, "nonsense(", "mynapoint=", "other=:AAAA:", "mynapoint=:AAAA:", "あ"])
    def test_an_answer_to_a_request_without_signature_can_be_signed_but_proves_nothing(
        self, signature: str | None
    ) -> None:
        headers = {"Content-Type": "application/json"} | ({"Signature": signature} if signature else {})
        request = replace(a_request(), headers=headers)
        answer = sign_response(an_answer(), request=request, key=SERVICE, at=NOON)
        with pytest.raises(SignatureInvalid):
            verify_response(answer, request=self.REQUEST, keys=self.KEYS, at=NOON)


class TestSigningKey:
    def test_keeps_its_secret_out_of_its_description(self) -> None:
        assert "private_key" not in repr(PLATFORM)
