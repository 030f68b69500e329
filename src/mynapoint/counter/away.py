"""Who cannot be asked at the moment: staff are told before somebody has waited for nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mynapoint.directory.queries import list_service_names
from mynapoint.service_api.silences import find_registry_silence, list_silent


@dataclass(frozen=True)
class Away:
    """Who cannot be asked at the moment, and when that was last noticed."""

    registry: datetime | None
    services: Mapping[str, datetime]


def find_away(*, at: datetime) -> Away | None:
    """Return who gave no answer lately; None when everybody answers."""
    names, silent = list_service_names(at=at), list_silent(at=at)
    registry = find_registry_silence(at=at)
    services = {names.get(service, service): noticed for service, noticed in silent.items()}
    return Away(registry, services) if registry or services else None
