"""What can be asked about the registered services."""

from datetime import datetime

from django.db.models import Max

from mynapoint.directory.models import ServiceRevision
from mynapoint.directory.rules import Service, ServiceKey, ServiceUnknown
from mynapoint.kernel.register import KEPT_SECONDS, Register

REGISTER = Register(kind=Service, table=ServiceRevision, rule="one_text_per_service_and_instant", seconds=KEPT_SECONDS)


def get_service(service_id: str, *, at: datetime) -> Service:
    """Return a service as it counts at an instant.

    :raises ServiceUnknown: when none of this name is registered then.
    """
    service = REGISTER.find(service_id, at=at)
    if service is None:
        raise ServiceUnknown
    return service


def get_newest_instant(service_id: str) -> datetime | None:
    """Return from when a service's newest text counts, also when that is still to come; None if there is none."""
    newest = ServiceRevision.objects.filter(id=service_id).aggregate(at=Max("effective_from"))
    at: datetime | None = newest["at"]
    return at


def find_terms_since(service: Service, *, at: datetime) -> datetime:
    """Return since when a service's terms have been what they are: that is their revision's name."""
    since = service.effective_from
    for text in REGISTER.look_back(service.id, at=at):
        if text.terms != service.terms:
            break
        since = text.effective_from
    return since


def list_services(*, programme: str, at: datetime) -> list[Service]:
    """Return the services that take part in a programme."""
    return [service for service in REGISTER.all(at=at) if programme in service.programmes]


def find_key(key_id: str, *, at: datetime) -> tuple[Service, ServiceKey] | None:
    """Return the service whose key this is, with the key, if it counts at an instant."""
    for service in REGISTER.all(at=at):
        for key in service.keys:
            if key.id == key_id and key.counts(at=at):
                return service, key
    return None


def list_service_names(*, at: datetime) -> dict[str, str]:
    """Return every service's Japanese name by its id."""
    return {service.id: service.name.ja for service in REGISTER.all(at=at)}


def list_all_services(*, at: datetime) -> list[Service]:
    """Return every service that is registered."""
    return REGISTER.all(at=at)
