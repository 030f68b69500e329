"""Answers and lists of the authority with one thing changed by hand, and rightly signed again by whom they name.

The library's builders make nothing that is wrong; asn1crypto does.
"""

from collections.abc import Callable
from typing import Any

from asn1crypto import algos, core
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.lineage import DOMAIN_LINE, LineageStatement, SignedLineage
from jpki.virtual.issuing import IssuingCa
from jpki.virtual.keys import SigningKey, choose_hash, sign

Change = Callable[[Any], None]
"""What is done to a parsed answer (asn1crypto's `BasicOCSPResponse`) or list (`TbsCertList`)."""

WEAK = hashes.SHA224()
"""A hash that the library still signs with, and that no authority may use."""


def keep(_parsed: Any) -> None:
    """Change nothing."""


def craft_ocsp_answer(der: bytes, ca: IssuingCa, *, change: Change = keep, weakly: bool = False) -> bytes:
    """Change an answer and have the generation's responder sign it."""
    basic = asn1_ocsp.OCSPResponse.load(der)["response_bytes"]["response"].parsed
    change(basic)
    signed = basic["tbs_response_data"].dump(force=True)
    basic["signature_algorithm"] = _name_algorithm(ca.responder_key, weakly=weakly)
    basic["signature"] = core.OctetBitString(_sign(ca.responder_key, signed, weakly=weakly))
    answer = {"response_type": "basic_ocsp_response", "response": core.ParsableOctetString(basic.dump(force=True))}
    return asn1_ocsp.OCSPResponse({"response_status": "successful", "response_bytes": answer}).dump()


def craft_lineage_answer(body: bytes, ca: IssuingCa, **change: Any) -> bytes:
    """Change a lineage's statement and have the generation's responder sign it."""
    envelope = SignedLineage.model_validate_json(body)
    told = LineageStatement.model_validate_json(envelope.statement).model_copy(update=change)
    statement = told.model_dump_json().encode()
    signature = sign(ca.responder_key, DOMAIN_LINE + statement)
    return envelope.model_copy(update={"statement": statement, "signature": signature}).model_dump_json().encode()


def craft_list(der: bytes, ca: IssuingCa, *, change: Change = keep, weakly: bool = False) -> bytes:
    """Change a revocation list and have its generation sign it."""
    parsed = asn1_crl.CertificateList.load(der)
    algorithm = _name_algorithm(ca.key, weakly=weakly)
    change(parsed["tbs_cert_list"])
    parsed["tbs_cert_list"]["signature"] = parsed["signature_algorithm"] = algorithm
    signed = parsed["tbs_cert_list"].dump(force=True)
    parsed["signature"] = core.OctetBitString(_sign(ca.key, signed, weakly=weakly))
    return parsed.dump(force=True)


def _sign(key: SigningKey, message: bytes, *, weakly: bool) -> bytes:
    if not weakly:
        return sign(key, message)
    return key.sign(message, PKCS1v15(), WEAK) if isinstance(key, RSAPrivateKey) else key.sign(message, ec.ECDSA(WEAK))


def _name_algorithm(key: SigningKey, *, weakly: bool) -> algos.SignedDigestAlgorithm:
    name = (WEAK if weakly else choose_hash(key)).name
    kind = "rsa" if isinstance(key, RSAPrivateKey) else "ecdsa"
    return algos.SignedDigestAlgorithm({"algorithm": f"{name}_{kind}"})
