"""What can be done with the directory."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from mynapoint.directory.queries import REGISTER
from mynapoint.directory.rules import Service, ServiceKey, check_address, check_payable


@transaction.atomic
def register_service(path: Path, *, address: str, keys: Sequence[ServiceKey], at: datetime) -> tuple[Service, bool]:
    """Register a service from its TOML file, its address and its keys; return it and whether its text is new.

    Address and keys come beside the file, because the service alone can tell them and changes them on its own.

    :raises DocumentMalformed, DocumentDiffers: when the file cannot be taken as it is.
    :raises KanaNotAllowed, KanaTooLong: when banks could not write its account's name.
    :raises AddressNotForTraining: when a training would speak with a service that is not on its own machine.
    """
    check_address(address, is_training=settings.TRAINING)
    service = REGISTER.read(path, address=address, keys=[key.model_dump(by_alias=True) for key in keys])
    check_payable(service)
    return service, REGISTER.add(service, at=at)
