"""The addresses of the payment services' pages."""

from django.urls import path

from mynapoint.site.services import exports, pages

urlpatterns = [
    path("services/", pages.services, name="services"),
    path("services/list.json", exports.as_json, name="services-json"),
    path("services/list.csv", exports.as_csv, name="services-csv"),
    path("services/compare/", pages.compare, name="compare"),
    path("services/<slug:service_id>/", pages.service, name="service"),
]
