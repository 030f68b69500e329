"""The addresses of the counters' and the helpdesk's pages."""

from django.urls import path

from mynapoint.site.places import pages

urlpatterns = [
    path("places/", pages.places, name="places"),
    path("places/<slug:place_id>/", pages.place, name="place"),
    path("helpdesk/", pages.helpdesk, name="helpdesk"),
]
