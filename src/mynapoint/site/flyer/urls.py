"""The addresses of the flyer."""

from django.urls import path

from mynapoint.site.flyer import pages

urlpatterns = [
    path("flyer/", pages.flyer, name="flyer"),
    path("flyer.pdf", pages.flyer_pdf, name="flyer-pdf"),
]
