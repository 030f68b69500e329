"""The office's Django app."""

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    """The programme office's pages."""

    name = "mynapoint.office"
    label = "office"
