"""The addresses of the journey: reservation, application, and the act that the card signs."""

from django.urls import path

from mynapoint.site.journey import pages

urlpatterns = [
    path("reserve/", pages.reserve, name="reserve"),
    path("apply/", pages.choose_service, name="apply"),
    path("apply/<slug:service_id>/", pages.apply, name="apply-service"),
    path("act/<str:token>", pages.act, name="act"),
]
