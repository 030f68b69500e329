"""A worker as a process of its own, as an operator starts it: what a test kills."""

import django

django.setup()

from mynapoint.service_api.worker import run_worker  # noqa: E402  (Django has to be set up first)

if __name__ == "__main__":
    run_worker()
