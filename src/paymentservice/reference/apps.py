"""The reference service as a Django app."""

from django.apps import AppConfig


class ReferenceConfig(AppConfig):
    """The only app of the reference service."""

    name = "paymentservice.reference"
    label = "reference"
