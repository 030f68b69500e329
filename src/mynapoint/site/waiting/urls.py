"""The addresses of the waiting room, and of how the site is doing."""

from django.urls import path

from mynapoint.site.waiting import condition, pages

urlpatterns = [
    path("line/<str:ticket>", pages.line, name="line"),
    path("condition/", condition.condition, name="condition"),
]
