"""The addresses of what a person sees about themselves."""

from django.urls import path

from mynapoint.site.mine import pages

urlpatterns = [
    path("status/", pages.status, name="status"),
    path("status/child/", pages.status, {"by_representative": True}, name="status-child"),
    path("objection/", pages.choose_objection, name="objections"),
    path("objection/<str:reason>/", pages.object_to, name="objection"),
    path("objection/<str:reason>/child/", pages.object_to, {"by_representative": True}, name="objection-child"),
]
