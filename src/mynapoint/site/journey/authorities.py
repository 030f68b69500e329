"""Whom this platform believes about certificates, as its settings say."""

from functools import cache
from pathlib import Path

from django.conf import settings

from jpki.path import TrustAnchors, UnsuitableAnchors, read_anchors
from jpki.registry import Registry
from jpki.registry_http import AnswerLimits, HttpRegistry
from jpki.virtual.register import AuthorityRegistry
from mynapoint.act.rules import Authorities
from mynapoint.registry.queries import ImportedRegistry
from mynapoint.setting_kinds import UnusableSetting


def get_authorities() -> Authorities:
    """Return the trusted anchors and the registry.

    :raises UnusableSetting: naming the one without which no card can be believed.
    """
    if settings.REGISTRY is None:
        raise UnusableSetting(
            name="MYNAPOINT_REGISTRY",
            problem="is missing; it says where revocations and renewals are asked, and nobody could sign anything",
            example="files:/var/lib/mynapoint/lists",
        )
    return _open_authorities(settings.REGISTRY, settings.TRUST_ANCHORS)


@cache
def _open_authorities(registry: str, folder: Path) -> Authorities:
    try:
        anchors = read_anchors(folder)
    except UnsuitableAnchors:
        problem = (
            "its folder holds no certificates of one authority, so that no card could be believed; put the authority's "
            "(.pem, .der) there, or name another folder"
        )
        raise UnusableSetting(name="MYNAPOINT_TRUST_ANCHORS", problem=problem) from None
    return Authorities(anchors=anchors, registry=_open_registry(registry, anchors=anchors))


def _open_registry(registry: str, *, anchors: TrustAnchors) -> Registry:
    scheme, _, place = registry.partition(":")
    match scheme:
        case "authority":
            return AuthorityRegistry(Path(place))
        case "files":
            return ImportedRegistry(
                key=settings.HOLDER_KEY,
                crl_max_age=settings.REGISTRY_CRL_AGE,
                lineage_max_age=settings.REGISTRY_LINEAGE_LIST_AGE,
            )
        case _:
            limits = AnswerLimits(
                ocsp_max_age=settings.REGISTRY_OCSP_AGE,
                lineage_max_age=settings.REGISTRY_LINEAGE_AGE,
                wait=settings.REGISTRY_WAIT,
            )
            return HttpRegistry(registry, anchors=anchors, limits=limits)
