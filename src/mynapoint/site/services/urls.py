"""The addresses of the payment services' pages."""

from django.urls import path

from mynapoint.site.services import pages

urlpatterns = [path("services/", pages.services, name="services")]
