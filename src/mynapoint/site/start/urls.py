"""The addresses of the start pages."""

from django.urls import path

from mynapoint.site.start import pages

urlpatterns = [
    path("", pages.start, name="start"),
    path("check/", pages.check, name="check"),
    path("card/", pages.planner, name="planner"),
]
