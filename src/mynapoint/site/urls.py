"""The addresses of the citizens' site."""

from django.urls import path

from mynapoint.site import card, pages, records

app_name = "site"
urlpatterns = [
    path("", pages.start, name="start"),
    path("services/", pages.services, name="services"),
    path("reserve/", pages.reserve, name="reserve"),
    path("apply/", pages.choose_service, name="apply"),
    path("apply/<slug:service_id>/", pages.apply, name="apply-service"),
    path("status/", pages.status, name="status"),
    path("privacy/", pages.privacy, name="privacy"),
    path("act/<str:token>", pages.act, name="act"),
    path("act/<str:token>/statement", card.statement, name="statement"),
    path("act/<str:token>/signature", card.signature, name="signature"),
    path("journal/checkpoint", records.checkpoint, name="checkpoint"),
    path("journal/entries/<uuid:entry_id>", records.entry, name="entry"),
    path("closings/<slug:programme_id>/<slug:service_id>/<str:period_id>", records.closing, name="closing"),
]
