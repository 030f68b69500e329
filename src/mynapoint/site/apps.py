"""The site's Django app; its label keeps clear of the standard library's `site`."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The citizens' site."""

    name = "mynapoint.site"
    label = "site"
