"""Carry out the links that wait, one after another, and end: `python -m bench.onejob`, in a platform's environment."""

import django
from django.conf import settings


def carry_out_links() -> None:
    """Run one worker for the links' queue alone until it is empty, as `mynapoint worker` does for all queues."""
    # Jobs exist only once Django is set up.
    from procrastinate.contrib.django import app  # noqa: PLC0415
    from procrastinate.contrib.django.django_connector import DjangoConnector  # noqa: PLC0415

    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    with app.replace_connector(connector.get_worker_connector()):
        app.run_worker(queues=["links"], concurrency=1, wait=False, delete_jobs="successful")


if __name__ == "__main__":
    django.setup()
    assert settings.configured
    carry_out_links()
