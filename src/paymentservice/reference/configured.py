"""The configuration that this process runs with."""

from django.conf import settings

from paymentservice.config import Config


def get_config() -> Config:
    """Return the configuration that the settings were made from."""
    config = settings.PAYMENTSERVICE
    assert isinstance(config, Config)
    return config
