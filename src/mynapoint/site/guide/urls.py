"""The addresses of the guide."""

from django.urls import path

from mynapoint.site.guide import pages

urlpatterns = [path("privacy/", pages.privacy, name="privacy")]
