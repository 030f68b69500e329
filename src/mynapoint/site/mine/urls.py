"""The addresses of what a person sees about themselves."""

from django.urls import path

from mynapoint.site.mine import pages

urlpatterns = [path("status/", pages.status, name="status")]
