"""One program's side of applications under the profiler: `python -m bench.profiled SIDE FOLDER PORT`."""

import cProfile
import pickle
import pstats
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import django
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

from bench.citizens import list_answers
from bench.stage import PROGRAMME
from paymentservice.encoding import to_base64url

WARM_UP: Final = 20


def go_through_site(folder: Path, port: int) -> Iterator[Callable[[], None]]:
    """Yield what every applicant asks of the site."""
    from django.test import Client  # noqa: PLC0415

    client, headers = Client(), {"HTTP_HOST": f"127.0.0.1:{port}"}
    for way, account, code, key, certificate in pickle.loads((folder / "people.pickle").read_bytes()):
        card: Any = load_der_private_key(key, password=None, unsafe_skip_rsa_key_validation=True)

        def apply(
            way: str = way,
            answers: list[tuple[str, dict[str, str]]] = list_answers(account, code),  # noqa: B008
            card: Any = card,
            certificate: bytes = certificate,
        ) -> None:
            for step, form in answers:
                led_to = client.post(f"{way}{step}/", form, **headers)  # type: ignore[arg-type]
            act = led_to["Location"].rstrip("/")
            statement = client.get(f"{act}/statement", **headers).content  # type: ignore[arg-type]
            signature = to_base64url(card.sign(statement, PKCS1v15(), SHA256()))
            body = {"signature": signature, "certificate": to_base64url(certificate)}
            done = client.post(f"{act}/signature", body, content_type="application/json", **headers)  # type: ignore[arg-type]
            assert done.status_code == 200, done.content

        yield apply


def carry_out_links(_folder: Path, _port: int) -> Iterator[Callable[[], None]]:
    """Yield every link that waits, as the worker's job carries it out."""
    from django.conf import settings  # noqa: PLC0415
    from procrastinate.contrib.django.models import ProcrastinateJob  # noqa: PLC0415

    from mynapoint.service_api.tasks import link_application  # noqa: PLC0415

    assert settings.configured
    for job in ProcrastinateJob.objects.filter(queue_name="links"):
        yield lambda job=job: link_application(**job.args)  # type: ignore[misc]


def answer_platform(folder: Path, port: int) -> Iterator[Callable[[], None]]:
    """Yield the check and the link of one account after another, as the service answers them."""
    import secrets  # noqa: PLC0415

    from django.test import Client  # noqa: PLC0415

    from bench.accounts import open_accounts  # noqa: PLC0415
    from paymentservice.keys import read_private_key  # noqa: PLC0415
    from paymentservice.messages import Request, SigningKey, sign_request  # noqa: PLC0415
    from paymentservice.reference.configured import get_config  # noqa: PLC0415
    from paymentservice.wire import AccountCheck, AccountConfirmed, LinkOrder  # noqa: PLC0415

    config, client = get_config(), Client()
    key = SigningKey(keyid="platform-1", private_key=read_private_key(folder / "state/secrets/message_signing.pem"))

    def ask(path: str, body: bytes) -> bytes:
        url = config.service.base_url + path
        request = Request(method="POST", url=url, headers={"Content-Type": "application/json"}, body=body)
        signed = sign_request(request, key=key, at=config.clock())
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed.headers.items()}
        address = f"/mynapoint/v1{path}"
        headers |= {"HTTP_HOST": f"127.0.0.1:{port}"}
        answer = client.post(address, body, content_type="application/json", **headers)  # type: ignore[arg-type]
        assert answer.status_code in {200, 201}, answer.content
        return answer.content

    def answer(account: str, code: str) -> None:
        check = AccountCheck(programme=PROGRAMME, account_id=account, codes=[code])
        confirmed = AccountConfirmed.model_validate_json(ask("/account-checks", check.model_dump_json().encode()))
        token, reference = to_base64url(secrets.token_bytes(16)), confirmed.account_reference
        order = LinkOrder(programme=PROGRAMME, link_token=token, account_reference=reference)
        ask("/links", order.model_dump_json().encode())

    for issued in open_accounts(len(pickle.loads((folder / "people.pickle").read_bytes()))):
        yield lambda issued=issued: answer(*issued)  # type: ignore[misc]


SIDES: Final = {"site": go_through_site, "worker": carry_out_links, "service": answer_platform}


def main() -> None:
    """Do everything that the side has to do, and leave the profile in the folder."""
    side, folder, port = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    django.setup()
    profiler, done = cProfile.Profile(), 0
    for done, work in enumerate(SIDES[side](folder, port), start=1):
        if done > WARM_UP:
            profiler.enable()
        work()
        profiler.disable()
    pstats.Stats(profiler).dump_stats(folder / f"{side}.{done - WARM_UP}.profile")


if __name__ == "__main__":
    main()
