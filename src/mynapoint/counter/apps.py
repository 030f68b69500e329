"""The counter's Django app."""

from django.apps import AppConfig


class CounterConfig(AppConfig):
    """The counter's pages."""

    name = "mynapoint.counter"
    label = "counter"
