"""The addresses of the waiting room."""

from django.urls import path

from mynapoint.site.waiting import pages

urlpatterns = [path("line/<str:ticket>", pages.line, name="line")]
