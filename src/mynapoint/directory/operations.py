"""What can be done with the directory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from mynapoint.directory.keys import KeysRefused, end_keys, keep_known, with_keys
from mynapoint.directory.queries import REGISTER, get_newest_instant, get_service
from mynapoint.directory.rules import Service, ServiceKey, check_address, check_payable
from mynapoint.kernel.sql import wait_for_turn


@transaction.atomic
def register_service(
    path: Path, *, address: str, keys: Sequence[ServiceKey], ends: Mapping[str, datetime] | None = None, at: datetime
) -> tuple[Service, bool]:
    """Register a service from its TOML file, its address and its keys; return it and whether its text is new.

    Address and keys come beside the file, because the service alone can tell them and changes them on its own. A key
    that is known already counts since it was first registered, and until the end that it has or is given in `ends`.

    :raises DocumentMalformed, DocumentDiffers: when the file cannot be taken as it is.
    :raises KanaNotAllowed, KanaTooLong: when banks could not write its account's name.
    :raises AddressNotForTraining: when a training would speak with a service that is not on its own machine.
    :raises KeysRefused: when a key ends that is not given.
    """
    check_address(address, is_training=settings.TRAINING)
    given = REGISTER.read(path, address=address, keys=[key.model_dump(by_alias=True) for key in keys])
    before = REGISTER.find(given.id, at=given.effective_from)
    kept = end_keys(keep_known(given.keys, before.keys if before else ()), ends or {})
    service = given.model_copy(update={"keys": tuple(kept)})
    check_payable(service)
    return service, REGISTER.add(service, at=at)


@transaction.atomic
def change_keys(
    service_id: str, *, new: Sequence[ServiceKey], ends: Mapping[str, datetime], at: datetime
) -> tuple[Service, bool]:
    """Give a registered service other keys from now on; return it and whether anything is new.

    :raises ServiceUnknown: when none of this name is registered.
    :raises KeysRefused: when it cannot be so, or another text is to follow, whose keys would be the old ones.
    """
    wait_for_turn(f"service {service_id}")
    service = get_service(service_id, at=at)
    if get_newest_instant(service_id) != service.effective_from:
        raise KeysRefused("later_text")
    changed = with_keys(service, new=new, ends=ends, at=at)
    return changed, changed.keys != service.keys and REGISTER.add(changed, at=at)
